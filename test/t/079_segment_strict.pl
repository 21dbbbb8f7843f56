# Strict numbers: each is above every number that had been returned anywhere before its call began, on the server that is the
# root, on others, and beside numbers of chunks; callers that wait are served together; what fails, fails all that wait.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use IdgenTest::Etcd;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $root = new_server('root', preload => 1, conf => "listen_addresses = '127.0.0.1'\nmax_connections = 100\n");
my $leaf = new_server('leaf', preload => 1, streaming => 1, conf => "max_connections = 100\n");

append_to_file($root->data_dir . '/pg_hba.conf', "host all all 127.0.0.1/32 trust\n");
$root->reload;
$_->safe_psql('postgres', 'CREATE SEQUENCE orders') foreach $root, $leaf;
$root->safe_psql('postgres', 'CREATE ROLE leaf LOGIN; GRANT USAGE ON SEQUENCE orders TO leaf');
$leaf->safe_psql('postgres',
	"SELECT segment_set_roots('orders', ARRAY['postgresql://leaf\@127.0.0.1:" . $root->port . "/postgres'])");

# Numbers that are drawn one after the other increase, wherever they are drawn: strict ones are above all that came before.
sub check_order
{
	my %session = (root => session($root), leaf => session($leaf));
	my $highest = 0;
	my $lower = 0;
	my %seen;

	foreach my $turn (1 .. 40)
	{
		foreach my $where (qw(root leaf))
		{
			my $cached = $session{$where}->query("SELECT segment_nextval('orders')");
			my $strict = $session{$where}->query("SELECT segment_nextval_strict('orders')");

			$lower++ if $strict <= $highest || $strict <= $cached;
			$seen{$_}++ foreach $cached, $strict;
			($highest) = sort { $b <=> $a } $highest, $cached, $strict;
		}
	}
	is($lower, 0, 'a strict number is above all that were returned before, here and there');
	is(scalar(grep { $_ > 1 } values %seen), 0, '... and none comes twice, beside numbers of chunks');
	like($session{root}->query("SELECT segment_take_strict('orders', 10)"), qr/^\[\d+,\d+\)$/, 'a range is taken, too');
	is($session{root}->query("BEGIN READ ONLY; SELECT segment_nextval_strict('orders') > $highest; COMMIT"), 't', '... in a read-only transaction');
	$_->quit foreach values %session;
	return;
}

# A sequence that the transaction has created, and the end of one.
sub check_sequences
{
	my $session = session($root);

	is($session->query("BEGIN; CREATE SEQUENCE new; SELECT segment_nextval_strict('new'); ROLLBACK"), 1, 'a sequence of the transaction');
	$session->query('CREATE SEQUENCE short MAXVALUE 3');
	is($session->query("SELECT string_agg(segment_nextval_strict('short')::text, ' ') FROM generate_series(1, 3)"), '1 2 3', 'to the end');
	like($session->error("SELECT segment_nextval_strict('short')"), qr/2200H: reached maximum value of sequence "short" \(3\)/, '... and not beyond');
	like($session->error("SELECT segment_nextval_strict('short')"), qr/2200H/, '... each time');
	like($session->error("SELECT segment_take_strict('orders', 0)"), qr/22023: count must be between/, 'no range without numbers');
	$session->query('SET ROLE leaf');
	like($session->error("SELECT segment_nextval_strict('short')"), qr/42501: permission denied for sequence short/, 'it takes the privilege that nextval() takes');
	$session->quit;
	return;
}

# A call that need not wait does not fail as it may not, and an answer that is there is taken, however late that is seen.
sub check_deadline
{
	my $session = session($root);
	my $waiting = session($leaf);
	my ($output, $error);

	$session->query('SET idgen.max_wait = 0');
	is(scalar(grep { $session->error("SELECT segment_nextval_strict('orders')") ne '' } 1 .. 5), 0, 'without a wait, numbers of the local root are drawn');
	$waiting->query("SET idgen.max_wait = '3s'; SELECT segment_nextval_strict('orders')");
	$session->query('BEGIN; ALTER SEQUENCE orders MAXVALUE 1000000000');
	$waiting->send("SELECT segment_nextval_strict('orders')");
	my $deadline = time + 3;
	is_seen_waiting($leaf, $waiting, 'IdgenSegment', 'a call waits for its root');
	kill('STOP', $waiting->pid);
	$session->query('ROLLBACK');
	wait_until { $root->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE usename = 'leaf' AND state <> 'idle'") == 0 } 'the root to answer';
	sleep(0.1) while time < $deadline + 0.5;
	kill('CONT', $waiting->pid);
	($output, $error) = $waiting->finish;
	like($output . $error, qr/^\d+\s*$/, '... and takes its answer');
	$_->quit foreach $session, $waiting;
	return;
}

# Many sessions at once.  Each sees its own numbers increase; none comes twice; rounds serve several.
sub check_load
{
	my ($where, $node) = @_;
	my ($clients, $numbers) = (16, full_run() ? 200 : 40);
	my $taken = sub { return $root->safe_psql('postgres', "SELECT last_value FROM orders") };
	my $before = $taken->();
	my @drawn = run_clients(
		$node,
		map { "SELECT segment_nextval_strict('orders');\n" x $numbers } 1 .. $clients);
	my %seen;
	my $decreases = 0;

	foreach my $client (@drawn)
	{
		$seen{$_}++ foreach @$client;
		$decreases += grep { $client->[$_] <= $client->[ $_ - 1 ] } 1 .. $#$client;
	}
	is(scalar(keys %seen), $clients * $numbers, "$where: $clients sessions draw at the same time, and none comes twice");
	is($decreases, 0, '... and in each of them, numbers increase');
	cmp_ok($taken->() - $before, '>=', $clients * $numbers, '... and all are taken from the root');
	return;
}

# Takes of one counter of etcd compete: no round fails time and again because another one is always ahead of it.
sub check_far_store
{
	my $etcd = new_etcd('etcd');
	my ($port) = $etcd->store =~ /:(\d+)/;
	my $far = PostgreSQL::Test::Cluster::get_free_port();
	my $network = IPC::Run::start([ $^X, "$FindBin::RealBin/../../bench/delay.pl", 50, "$far:$port" ]);
	my ($clients, $numbers) = (16, 5);
	my %seen;

	$leaf->safe_psql('postgres', "CREATE SEQUENCE far; SELECT segment_create_counter('etcd://127.0.0.1:$port', 'far');
		SELECT segment_set_roots('far', ARRAY['etcd://127.0.0.1:$far'], counter => 'far')");
	foreach my $client (run_clients($leaf, map { "SELECT segment_nextval_strict('far');\n" x $numbers } 1 .. $clients))
	{
		$seen{$_}++ foreach @$client;
	}
	is(scalar(keys %seen), $clients * $numbers, "etcd, far away: $clients sessions draw at the same time, and all are served");
	is($leaf->safe_psql('postgres', "SET idgen.max_wait = '5s'; SELECT segment_nextval_strict('far') IS NOT NULL"), 't', '... and a session that comes alone after that does not wait for the others');
	$network->kill_kill;
	return;
}

# The root goes away: those who wait are told, and those who come later, too.
sub check_absence
{
	my $session = session($leaf);

	$root->stop('fast');
	like($session->error("SELECT segment_nextval_strict('orders')"), qr/55000: could not take a number of sequence "orders" from its root\n.*DETAIL:  .*(refused|closed)/s, 'without its root, there is no strict number');
	$root->start;
	wait_until { $session->error("SELECT segment_nextval_strict('orders')") eq '' } 'the root to be asked again';
	pass('... until it is back');
	$session->quit;
	return;
}

# What says on this server that a strict number of another one is used is on its synchronous standby before it is returned.
sub check_standby
{
	my $session = session($leaf);
	my $error;

	set_synchronous($leaf, 0, 'nobody');
	$error = $session->error("SET idgen.max_wait = '300ms'; SELECT segment_nextval_strict('orders')");
	like($error, qr/55000: could not take a number of sequence "orders" from its root\n.*DETAIL:  No synchronous standby has confirmed/s, 'a strict number waits for the synchronous standby of the server that it is drawn on');
	set_synchronous($leaf, 0, '');
	wait_until { $session->error("SELECT segment_nextval_strict('orders')") eq '' } 'no standby to be waited for';
	$session->quit;
	return;
}

check_order();
check_sequences();
check_deadline();
check_standby();
check_load('local', $root);
check_load('remote', $leaf);
SKIP:
{
	chomp(my $libdir = qx(pg_config --pkglibdir));
	skip 'etcd, or what idgen_etcd is built with, is not installed', 1
	  if system('etcd --version >/dev/null 2>&1') != 0 || !-e "$libdir/idgen_etcd.so";
	check_far_store();
}
crash_server($root);
check_order();
check_absence();

$_->stop('fast') foreach $leaf, $root;
done_testing();
