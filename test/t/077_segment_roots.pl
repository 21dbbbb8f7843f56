# Segments whose root is another server: no number is used twice, in whatever server it was drawn, over lost replies, crashes,
# promotions and servers that take each other's place; numbers increase in each server.  A root that does not answer makes
# nobody wait for longer than idgen.max_wait, and is reported.  A region hands on what it has taken from its root.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use IdgenTest::Provider;
use IdgenTest::Proxy;
use IO::Socket::INET;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $PORT_CONF = "listen_addresses = '127.0.0.1'\n";

# A server that may be a root, by TCP.
sub new_root
{
	my ($name, %option) = @_;
	my $node = new_server($name, preload => 1, streaming => $option{streaming}, conf => $PORT_CONF . ($option{conf} // ''));
	my $hba = $node->data_dir . '/pg_hba.conf';

	append_to_file($hba, "host all all 127.0.0.1/32 trust\n");
	$node->reload;
	$node->safe_psql('postgres', 'CREATE ROLE leaf LOGIN; CREATE SEQUENCE orders; GRANT USAGE ON SEQUENCE orders TO leaf');
	return $node;
}

# The address of roots, each a node or a port.
sub address
{
	return 'postgresql://leaf@' . join(',', map { '127.0.0.1:' . (ref $_ ? $_->port : $_) } @_) . '/postgres';
}

# Lets a server's segment have these roots, each an address.
sub set_roots
{
	my ($node, $roots, %option) = @_;
	my $more = join '', map { ", $_ => $option{$_}" } sort keys %option;

	$node->safe_psql('postgres',
		"SELECT segment_set_roots('orders', ARRAY[" . join(',', map { "'$_'" } @$roots) . "]::text[], counter => 'public.orders'$more)");
	return;
}

my %seen;
my $twice = 0;

# Draws numbers on a server, and counts those that had been drawn before, anywhere.
sub draw
{
	my ($node, $count) = @_;
	my @numbers = split /\n/, $node->safe_psql('postgres', "SELECT segment_nextval('orders') FROM generate_series(1, $count)");

	$twice += grep { $seen{$_}++ } @numbers;
	return @numbers;
}

sub last_error
{
	my ($node, $sequence) = @_;

	return $node->safe_psql('postgres', "SELECT last_error FROM segments WHERE sequence = '" . ($sequence // 'orders') . "'::regclass");
}

sub increases
{
	my @numbers = @_;

	return !grep { $numbers[$_] <= $numbers[ $_ - 1 ] } 1 .. $#numbers;
}

# ---------------------------------------------------------------------- one root

my $root = new_root('root', streaming => 1);
my $leaf = new_root('leaf');

sub check_naming
{
	my $session = session($leaf);
	my $set = sub { return $session->error("SELECT segment_set_roots('orders', " . ($_[0] // 'NULL') . ')') };
	my $secret = 'never-to-be-seen';

	unlike($set->("ARRAY['postgresql://u:$secret\@127.0.0.1/postgres']"), qr/$secret/, 'a password is not repeated');
	like($set->("ARRAY['postgresql://u:$secret\@127.0.0.1/postgres']"), qr/22023: invalid address of a root.*contains a password.*"idgen\.segment_secret_file"/s, '... nor accepted in an address');
	like($set->("ARRAY['http://x']"), qr/22023: invalid address of a root/, 'an address of another kind');
	like($set->("ARRAY['']"), qr/22023: invalid address of a root/, '... or none');
	like($set->("ARRAY[NULL]::text[]"), qr/22023: invalid roots of a segment/, '... or null');
	like($set->("array_fill('redis://127.0.0.1'::text, ARRAY[5])"), qr/22023: invalid roots of a segment/, '... or too many');
	like($session->error("SELECT segment_set_roots('pg_class', NULL)"), qr/42809/, 'no sequence');
	$session->query('GRANT EXECUTE ON FUNCTION segment_set_roots TO leaf; GRANT EXECUTE ON FUNCTION segment_create_counter TO leaf; SET ROLE leaf');
	like($set->("ARRAY['redis://127.0.0.1']"), qr/42501.*Only superusers name roots/s, 'only superusers name roots');
	like($session->error("SELECT segment_create_counter('redis://127.0.0.1', 'c')"), qr/42501/, '... and create counters');
	$session->quit;
	return;
}

sub check_root
{
	my @before = draw($leaf, 100);

	draw($root, 10);
	$leaf->safe_psql('postgres', 'DISCARD ALL');
	%seen = ();
	$twice = 0;
	set_roots($leaf, [ address($root) ]);
	my @numbers = draw($leaf, 12_000);
	is(scalar(@numbers), 12_000, 'numbers come from the root');
	cmp_ok($numbers[0], '>', $before[-1], '... above those that were drawn here before');
	ok(increases(@numbers), '... and increase');
	draw($root, 11_000);
	draw($leaf, 11_000);
	is($twice, 0, '... none of them is drawn there, too');
	is($leaf->safe_psql('postgres', "SELECT root FROM segments WHERE sequence = 'orders'::regclass"), 'elsewhere', '... which the view says');
	is($leaf->safe_psql('postgres', "SET default_transaction_read_only = on; SELECT segment_nextval('orders') > 0"), 't', 'a read-only transaction draws');
	crash_server($leaf);
	draw($leaf, 5000);
	crash_server($root);
	draw($leaf, 5000);
	is($twice, 0, '... nor after crashes');
	like($leaf->safe_psql('postgres', "SELECT last_value > 10000 FROM orders"), qr/t/, 'the local sequence follows');
	return;
}

# A segment is moved to the server itself when little of its first range is used.
sub check_move
{
	my $numbers = "array_agg(segment_nextval('moved')) FROM generate_series(1, 5)";

	$root->safe_psql('postgres', 'CREATE SEQUENCE moved; GRANT USAGE ON SEQUENCE moved TO leaf');
	$leaf->safe_psql('postgres', "CREATE SEQUENCE moved; SELECT segment_set_roots('moved', ARRAY['" . address($root) . "'], counter => 'public.moved')");
	is($leaf->safe_psql('postgres', "SELECT $numbers"), '{1,2,3,4,5}', 'a segment begins with numbers of a root');
	crash_server($leaf);
	$leaf->safe_psql('postgres', "SELECT segment_set_roots('moved', NULL)");
	is($leaf->safe_psql('postgres', "SELECT $numbers"), '{10001,10002,10003,10004,10005}', '... and goes on above them without it, also after a crash');
	draw($leaf, 10);
	return;
}

# A sequence on the root, and a segment of the leaf with it as its root.  $here: of what type the leaf's is.
sub new_leaf_segment
{
	my ($name, $there, $here) = @_;

	$root->safe_psql('postgres', "CREATE SEQUENCE $name $there; GRANT USAGE ON SEQUENCE $name TO leaf");
	$leaf->safe_psql('postgres', "CREATE SEQUENCE $name $here; SELECT segment_set_roots('$name', ARRAY['" . address($root) . "'], counter => 'public.$name')");
	return;
}

# In a transaction that has changed the sequence, its file is new.  Its numbers are those of others, so none is drawn from it.
sub check_changes
{
	my $session = session($leaf);
	my $set = "SELECT segment_set_roots('created', ARRAY['" . address($root) . "'], counter => 'public.created')";
	my $draw = "SELECT segment_nextval('changed')";
	my $expected = qr/55000: cannot draw numbers of sequence "(changed|created)" in the transaction that has created or changed it.*HINT:  Commit/s;
	my @changes = ('ALTER SEQUENCE changed MAXVALUE 100000000', 'ALTER SEQUENCE changed RESTART WITH 5', 'TRUNCATE items RESTART IDENTITY');
	my @calls = map { "SELECT $_" } "segment_nextval('changed')", "segment_nextvals('changed', 2)", "segment_next_block('changed', 2)",
	  "segment_take('changed', 2)", "segment_grant('changed', 2)", "segment_nextval_strict('changed')", "segment_take_strict('changed', 2)",
	  "segment_nextval_scattered('changed')", "lamport_tick('changed')", "slab_nextval('changed')";
	my (@numbers, %count);

	new_leaf_segment('changed', '', '');
	$session->query('CREATE TABLE items (id bigint); ALTER SEQUENCE changed OWNED BY items.id');
	push @numbers, $session->query($draw), $root->safe_psql('postgres', $draw);
	foreach my $change (@changes)
	{
		$session->query("BEGIN; SAVEPOINT before; $change; SAVEPOINT after");
		my @errors = map { my $error = $session->error($_); $session->query('ROLLBACK TO after'); $error } @calls;
		is(scalar(grep { /$expected/ } @errors), scalar(@calls), "$change: no number is drawn in the transaction") or diag("@errors");
		$session->query('ROLLBACK TO before');
		push @numbers, $session->query($draw);
		$session->query('COMMIT');
		$session->query("BEGIN; $change; COMMIT");
		push @numbers, map { $_->query($draw) } $session, session($leaf);
		push @numbers, $root->safe_psql('postgres', $draw);
	}
	$count{$_}++ foreach @numbers;
	is(scalar(grep { $_ > 1 } values %count), 0, '... and those that are drawn before and after are drawn once') or diag("@numbers");

	# The roots are of the transaction, too.
	$root->safe_psql('postgres', 'CREATE SEQUENCE created; GRANT USAGE ON SEQUENCE created TO leaf');
	$session->query('BEGIN; CREATE SEQUENCE created');
	is($session->query("SELECT segment_nextval('created')"), 1, 'a new sequence has numbers of its own');
	$session->query($set);
	like($session->error("SELECT segment_nextval('created')"), $expected, '... and none any more when it gets a root elsewhere');
	$session->query("ROLLBACK; CREATE SEQUENCE created; BEGIN; SAVEPOINT before; $set");
	is($root->safe_psql('postgres', "SELECT segment_take('created', 100)"), '[1,101)', 'others draw');
	is($session->query("SELECT segment_nextval('created')"), 101, '... and a transaction that has set roots draws others');
	$session->query('ROLLBACK TO before');
	is($session->query("SELECT segment_nextval('created')"), 10101, '... above which the server goes on if that is rolled back');
	$session->query('COMMIT');
	$session->quit;
	return;
}

# How far the root has got with its chunk, and with its sequence.
sub root_state { return $root->safe_psql('postgres', "SELECT next, last_value FROM segments, $_[0] WHERE sequence = '$_[0]'::regclass"); }

# What idgen_check() says of a segment, with hints.
sub findings { return $leaf->safe_psql('postgres', "SELECT finding || ' ' || hint FROM idgen_check() WHERE subject = 'segment public.$_[0]'"); }

# The root has numbers that the sequence here may not have: calls fail as at the end of any sequence, at once.
sub check_maximum
{
	my $session = session($leaf);
	my $ended = qr/2200H: reached maximum value of sequence "(above|ends)" \((32767|25)\)/;
	my $state;

	new_leaf_segment('above', 'START 40000', 'AS smallint');
	$session->query("SET idgen.max_wait = '60s'");
	like($session->error("SELECT segment_nextval('above')"), $ended, 'the root is above the maximum value: the error says so');
	like($session->error("SELECT segment_nextval('above')"), $ended, '... each time');
	cmp_ok((split /\|/, root_state('above'))[0], '<', 40100, '... and few numbers are lost');
	like($session->error("SELECT segment_nextval_strict('above')"), $ended, '... as it does for a strict number');
	like($session->error("SELECT segment_take_strict('above', 3)"), $ended, '... or several');
	like(last_error($leaf, 'above'), qr/above the maximum value/, '... and the view does');
	like(findings('above'), qr/^No numbers come from its root: The numbers of the root are above the maximum value of the sequence\. What .* on this server\.$/m, '... and idgen_check()');
	$session->query('ALTER SEQUENCE above AS bigint');
	is($session->query("SELECT segment_nextval('above') > 40000"), 't', '... until the sequence may have them');

	new_leaf_segment('denied', '', '');
	$root->safe_psql('postgres', 'REVOKE ALL ON SEQUENCE denied FROM leaf');
	$session->query("SET idgen.max_wait = '20s'");
	like($session->error("SELECT segment_nextval('denied')"), qr/55000: .*DETAIL:  No numbers come from its root: permission denied/s, 'a root that refuses is not called one that cannot be reached');
	like(findings('denied'), qr/^Root 1 of 1 gives no numbers: permission denied/m, '... nor does idgen_check() call it so');
	$session->query("SET idgen.max_wait = '60s'");

	new_leaf_segment('ends', '', 'AS smallint MAXVALUE 25');
	is($session->query("SELECT array_agg(segment_nextval('ends')) = array_agg(n) FROM generate_series(1::bigint, 25) n"), 't', 'the last number of a sequence is drawn');
	$state = root_state('ends');
	like($session->error("SELECT segment_$_)"), $ended, "... and none is after it: $_")
	  foreach "nextval('ends'", "next_block('ends', 2", "nextval_strict('ends'", "take_strict('ends', 2";
	is(root_state('ends'), $state, '... for which the root is not asked');
	$session->quit;
	return;
}

# The agent has no row in pg_stat_activity, as it uses no database.
sub agent_pid
{
	my $postmaster = (split /\n/, slurp_file($leaf->data_dir . '/postmaster.pid'))[0];
	my ($pid) = map { /^\s*(\d+) .*idgen segment agent/ ? $1 : () } qx(ps -o pid=,args= --ppid $postmaster);

	return $pid;
}

# The agent ends, and another one begins.
sub check_agent
{
	my $pid = agent_pid();

	kill('TERM', $pid);
	wait_until { (agent_pid() // $pid) != $pid } 'another agent';
	draw($leaf, 30_000);
	is($twice, 0, 'another agent goes on');
	return;
}

# ---------------------------------------------------------------------- a root that does not answer

sub check_absence
{
	my $start;
	my $session = session($leaf);
	my $error = '';

	$root->stop('fast');
	wait_until { $error = $session->error("SET idgen.max_wait = '20s'; SELECT segment_next_block('orders', 100000)") } 'the end of the numbers';
	like($error, qr/55000: no numbers of sequence "orders" are left on this server.*DETAIL:  No numbers come from its root: .*refused/s, 'a root is gone: the error says why');
	$start = time;
	$error = $session->error("SELECT segment_next_block('orders', 100000)");
	like($error, qr/55000/, '... and comes at once');
	cmp_ok(time - $start, '<', 10, '... while the breaker is open');
	like(last_error($leaf), qr/refused/, '... as the view says');
	like(last_error($leaf), qr/(^| )(Is|Is the|Is the server|running|on|that|host|and|accepting)\.\.\.$/, '... which ends with a word');
	is($leaf->safe_psql('postgres', "SELECT count(*) FROM segment_root_states WHERE sequence = 'orders'::regclass AND failures >= 3 AND last_error ~ 'refused'"), 1, '... with the failures in a row');
	like($leaf->safe_psql('postgres', "SELECT severity || ' ' || finding FROM idgen_check() WHERE subject = 'segment public.orders'"), qr/^error Root 1 of 1 gives no numbers: .*refused/m, '... and idgen_check()');
	$root->start;
	wait_until { $session->error("SELECT segment_next_block('orders', 100000)") eq '' } 'the root to be asked again';
	draw($leaf, 1000);
	is($twice, 0, '... it is back');
	$session->quit;
	return;
}

# A host that accepts connections and says nothing.
sub check_silence
{
	my $mute = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1') or die "could not listen: $@";
	my $session = session($leaf);
	my ($output, $error);

	$session->query("SET idgen.max_wait = '300s'; SELECT segment_nextval('orders')");
	set_roots($leaf, [ address($mute->sockport) ]);
	$session->send("SELECT segment_nextval('orders')");
	is_seen_waiting($leaf, $session, 'IdgenSegment', 'a call waits for a root that does not answer');
	$leaf->safe_psql('postgres', 'SELECT pg_cancel_backend(' . $session->pid . ')');
	(undef, $error) = $session->finish;
	like($error, qr/57014/, '... and can be canceled');
	$error = $session->error("SET idgen.max_wait = '100ms'; SELECT segment_nextval('orders')");
	like($error, qr/55000: no numbers of sequence "orders" are left/, '... and waits no longer than idgen.max_wait');
	set_roots($leaf, [ address($mute->sockport, $root) ]);
	draw($leaf, 10);
	is($twice, 0, 'of the hosts of one address, the next one answers');
	set_roots($leaf, [ address($root) ]);
	$session->quit;
	return;
}

# ---------------------------------------------------------------------- replies that are cut off

sub check_cut_replies
{
	my $cut = PostgreSQL::Test::Utils::tempdir() . '/cut';
	my ($port, $pid) = start_proxy($root->port, qr/segment_(take|grant)/, $cut);
	my $session = session($leaf);
	my ($taken, $lost);

	set_roots($leaf, [ address($port) ]);
	draw($leaf, 10);
	$taken = $root->safe_psql('postgres', 'SELECT last_value FROM orders');
	append_to_file($cut, '');
	like($session->error("SET idgen.max_wait = '5s'; SELECT segment_next_block('orders', 50000)"), qr/55000/, 'replies are cut off');
	draw($leaf, 10);
	unlink($cut);
	wait_until { $session->error("SELECT segment_next_block('orders', 50000)") eq '' } 'a reply';
	draw($leaf, 1000);
	draw($root, 1000);
	is($twice, 0, '... and what was taken is lost, not used twice');
	set_roots($leaf, [ address($root) ]);
	kill('TERM', $pid);
	waitpid($pid, 0);
	$session->quit;
	return;
}

# ---------------------------------------------------------------------- a hierarchy

my ($east, $west);

sub check_region
{
	($east, $west) = map { new_root($_) } qw(east west);
	set_roots($_, [ address($root) ]) foreach $east, $west;
	set_roots($leaf, [ address($east), address($west), address($root) ]);
	my @numbers = draw($leaf, 30_000);
	ok(increases(@numbers), 'a region hands on what it has taken from its root');
	draw($east, 5000);
	draw($west, 5000);
	draw($root, 5000);
	draw($leaf, 5000);
	is($twice, 0, '... none comes twice in the hierarchy');
	is($leaf->safe_psql('postgres', "SELECT string_agg(root || is_used::text, ' ' ORDER BY root) FROM segment_root_states WHERE sequence = 'orders'::regclass"), '1true 2false 3false', '... the first of the roots is used');
	return;
}

sub check_siblings
{
	my @numbers = draw($leaf, 10);

	$east->stop('immediate');
	push @numbers, draw($leaf, 60_000);
	ok(increases(@numbers), 'a region is gone: its sibling helps out, with numbers that are above');
	is($leaf->safe_psql('postgres', "SELECT root FROM segment_root_states WHERE sequence = 'orders'::regclass AND is_used"), 2, '... the second of the roots');
	$west->stop('immediate');
	push @numbers, draw($leaf, 60_000);
	ok(increases(@numbers), '... and the root, if all are gone');
	is($leaf->safe_psql('postgres', "SELECT root FROM segment_root_states WHERE sequence = 'orders'::regclass AND is_used"), 3, '... the third');
	$_->start foreach $east, $west;
	draw($east, 1000);
	draw($west, 1000);
	draw($leaf, 1000);
	is($twice, 0, '... none comes twice');
	set_roots($leaf, [ address($root) ]);
	return;
}

# ---------------------------------------------------------------------- promotions

sub new_standby
{
	my ($name) = @_;
	my $standby = PostgreSQL::Test::Cluster->new($name);

	$root->backup("of_$name");
	$standby->init_from_backup($root, "of_$name", has_streaming => 1);
	$standby->start;
	$root->wait_for_catchup($standby);
	return $standby;
}

# A synchronous standby has all that was answered.
sub check_promotion
{
	my $standby = new_standby('standby');
	my $log_start;

	set_synchronous($root, 1, 'standby');
	$standby->append_conf('postgresql.conf', "synchronous_standby_names = ''");
	set_roots($leaf, [ address($root, $standby) ], skip => 1_000_000);
	draw($leaf, 20_000);
	$log_start = -s $leaf->logfile;
	$root->stop('immediate');
	$standby->promote;
	my @numbers = draw($leaf, 40_000);
	is($twice, 0, 'a standby takes the place of the root: none comes twice');
	ok(increases(@numbers), '... and they increase');

	# Its timeline is told, as it has no synchronous standby, so that it may lack something.
	my $log = substr(slurp_file($leaf->logfile), $log_start);
	like($log, qr/WARNING:  root 1 of the segment of "public.orders" may have gone back/, '... it may have gone back');
	like($log, qr/1000000 numbers are skipped/, '... and so many numbers are skipped');
	cmp_ok($numbers[-1], '>', 1_000_000, '... as is seen');
	return $standby;
}

check_naming();
check_root();
check_move();
check_changes();
check_maximum();
check_agent();
check_absence();
check_silence();
check_cut_replies();
check_region();
check_siblings();
$east->stop('fast');
$west->stop('fast');
my $promoted = check_promotion();

# Back to numbers of its own, above all others.
set_roots($leaf, []);
draw($leaf, 1000);
is($twice, 0, 'the root is the server itself again');

$_->stop('fast') foreach $leaf, $promoted;
done_testing();
