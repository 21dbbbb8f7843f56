# Guards: the lease agent ends by an error, or the store loses its data, or settings change while there is no agent: no
# ID comes twice, the agent does not ask without a pause, and what was wrong can be put right without a restart.

use strict;
use warnings;

use File::Basename qw(dirname);
use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use IdgenTest::Lease;
use IdgenTest::Server;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $library = build_library('idgen_teststore', 'lease');
my $directory = PostgreSQL::Test::Utils::tempdir() . '/store';
my $conf = "dynamic_library_path = '\$libdir:" . dirname($library) . "'\n";
my $issued = issued();

# What a store does from now on; see test/lease/idgen_teststore.c.
sub behave
{
	my (@lines) = @_;

	unlink "$directory/behavior";
	append_to_file("$directory/behavior", join '', map { "$_\n" } @lines);
	return;
}

sub start
{
	my ($name, %option) = @_;
	my $node = leasing_server($name, "teststore://$directory", conf => $conf . ($option{conf} // ''), lease => { ttl => '3s', %{ $option{lease} // {} } });

	return ($node, session($node));
}

sub configure
{
	my ($session, %value) = @_;

	$session->query("ALTER SYSTEM SET $_ = '$value{$_}'") foreach sort keys %value;
	$session->query('SELECT pg_reload_conf()');
	return;
}

mkdir $directory;
my ($one, $session) = start('one', conf => "idgen.max_wait = '500ms'\nmax_files_per_process = 100\n");
create_pool($session, 0, 3);
wait_for_lease($session, 'held');

# ------------------------------------------------------------------------------------------------ errors while releasing

# The store has lowered the fence, so another server may go on from there: what we had is no longer ours.
sub check_error_while_releasing
{
	my ($left, $session) = start('left', conf => "idgen.max_wait = '300ms'\n", lease => { pool => 'single' });

	create_pool($session, 7, 7);
	wait_for_lease($session, 'held');
	my ($right, $other) = start('right', conf => "idgen.max_wait = '5s'\n", lease => { pool => 'single' });
	$issued->add('IDs before a release', 'left', issue($session, 100));
	sleep 0.5;
	behave('error write 1');
	$session->send('SELECT idgen_lease_release()');
	wait_until { slurp_file($left->logfile) =~ /ERROR:  the test says so/ } 'the agent to fail';
	$session->finish;
	wait_for_lease($other, 'held');
	start_issuing($other, 3);
	start_issuing($session, 3);
	my ($of_left) = finish_issuing($session);
	my ($of_right) = finish_issuing($other);
	$issued->add('another server takes a worker ID whose release was applied while the agent failed', 'right', $of_right);
	is(scalar(@$of_left), 0, '... and the first one has none any more');
	$issued->add('... or issues what the other one has, too', 'left', $of_left) if @$of_left;
	$_->quit foreach $session, $other;
	$_->stop('fast') foreach $left, $right;
	behave();
	return;
}

# ------------------------------------------------------------------------------------------------ another store meanwhile

# What the agent held is of the pool that was set then.
sub check_other_pool_meanwhile
{
	my $errors = sub { scalar(() = slurp_file($one->logfile) =~ /ERROR:  the test says so/g) };
	my $before = $errors->();

	wait_for_lease($session, 'held');
	configure($session, 'idgen.lease_pool' => 'other');
	wait_until { last_error($session) =~ /no pool "other"/ } 'the agent to look for the other pool';
	create_pool($session, 0, 3);
	my $pool = slurp_file("$directory/other.pool");
	configure($session, 'idgen.lease_pool' => 'default');
	wait_until { my $lease = lease($session); $lease->{pool} eq 'default' && $lease->{state} eq 'held' && -s "$directory/default.$lease->{worker_id}.hold" } 'the first pool';
	issue($session);
	behave('error keep 1');
	wait_until { $errors->() > $before } 'the agent to fail';
	configure($session, 'idgen.lease_pool' => 'other');
	wait_until { glob("$directory/other.*.hold") } 'a worker ID of the other pool';
	$issued->add('an agent that finds another pool set claims a worker ID of it', 'one', issue($session));
	is(slurp_file("$directory/other.pool"), $pool, '... and does not take the pool for its own that has gone back');
	configure($session, 'idgen.lease_pool' => 'default');
	wait_until { glob("$directory/other.*.hold") == 0 } 'the worker ID to be released';
	return;
}

# ------------------------------------------------------------------------------------------------ leaving leases

sub check_leaving
{
	wait_for_lease($session, 'held');
	signal_agent($one, 'TERM');
	wait_until { !agent_pid($one) } 'the agent to end';
	configure($session, 'idgen.lease_store' => '');
	$session->query("SET idgen.max_wait = '5s'");
	is($session->error('SELECT snowflake_nextval()'), '', 'the setting counts after leases have been left while there was no agent');
	$session->query('RESET idgen.max_wait');
	configure($session, 'idgen.lease_store' => "teststore://$directory");
	return;
}

# ------------------------------------------------------------------------------------------------ a wiped store

sub lines { my $text = slurp_file("$directory/log"); return scalar(() = $text =~ /\n/g); }

sub check_wiped
{
	$session->query("SET idgen.max_wait = '10s'");
	issue($session);
	rename "$directory/default.pool", "$directory/kept";
	behave('revision any - 1000');
	wait_until { last_error($session) =~ /no pool "default"/ } 'the agent to see it';
	my $from = lines();
	sleep 2;
	my $asked = lines() - $from;
	cmp_ok($asked, '<=', 10, 'a wiped store is not asked without a pause');
	rename "$directory/kept", "$directory/default.pool";
	behave();
	$session->query('RESET idgen.max_wait');
	return;
}

# ------------------------------------------------------------------------------------------------ the secret file

sub check_secret_file
{
	my $secret = PostgreSQL::Test::Utils::tempdir() . '/secret';

	append_to_file($secret, "user = x\n");
	chmod 0644, $secret;
	configure($session, 'idgen.lease_secret_file' => $secret);
	my $pid = agent_pid($one);
	my $count = sub { scalar(() = glob("/proc/$pid/fd/*")) };
	sleep 3;
	my $before = $count->();
	sleep 5;
	my $after = $count->();
	cmp_ok($after - $before, '<=', 1, 'a refused secret file is not kept open') or diag "$before, $after";
	chmod 0600, $secret;
	configure($session, 'idgen.lease_secret_file' => '');
	return;
}

my %only = map { $_ => 1 } split /,/, $ENV{ONLY} // 'release,pool,leave,wiped,secret';
check_error_while_releasing() if $only{release};
check_other_pool_meanwhile() if $only{pool};
check_leaving() if $only{leave};
check_wiped() if $only{wiped};
check_secret_file() if $only{secret};
$session->quit;
$one->stop('fast');
done_testing();
