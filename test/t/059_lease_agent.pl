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
use IPC::Run ();
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
	# A session reads a changed configuration between its statements.
	foreach my $name (sort keys %value)
	{
		wait_until { $session->query("SHOW $name") eq $value{$name} } "the session to see $name";
	}
	return;
}

mkdir $directory;
my ($one, $session) = start('one', conf => "idgen.max_wait = '500ms'\nmax_files_per_process = 100\n");
behave('answer-lost write_pool 1');
is($session->error('SELECT idgen_lease_create_pool(0, 3)'), '', 'a pool is created once, whether the store says so or not');
behave();
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

# ------------------------------------------------------------------------------------------------ a slow release

# The worker ID is no longer there as soon as the release begins, so the next request comes before it has ended.
sub check_slow_release
{
	wait_for_lease($session, 'held');
	issue($session);
	behave('late write 1 350');
	is($session->error('SELECT idgen_reset_timeline(clock_timestamp())'), '', 'the timeline is reset while the store is slow');
	$session->query("SET idgen.max_wait = '3s'");
	$issued->add('... and another worker ID is claimed at once', 'slow release', issue($session));
	$session->query('RESET idgen.max_wait');
	behave();
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

# ------------------------------------------------------------------------------------------------ changes of the pool

sub pool_has { return slurp_file("$directory/default.pool") =~ /$_[0]/; }

# A store does what it is asked, or does not, and nobody hears of it.
sub check_unconfirmed_changes
{
	my $last = 3;

	foreach my $behavior ('answer-lost write_pool 1', 'request-lost write_pool 1', 'answer-lost write_pool 2', 'answer-lost prepare 2')
	{
		$last++;
		behave($behavior);
		is($session->error("SELECT idgen_lease_widen_pool(0, $last)"), '', "$behavior: the pool is widened");
		ok(pool_has(" last=$last "), '... in the store');
	}
	behave('answer-lost write_pool 1');
	is($session->error("SELECT idgen_lease_propose_layout('time 41 bits of 1 ms since 2020-01-01, datacenter 6, worker 4, sequence 12')"), '', 'a layout is proposed once');
	behave('answer-lost write_pool 1');
	is($session->error('SELECT idgen_lease_abort_layout()'), '', '... and withdrawn');

	$last++;
	behave('answer-lost write_pool -');
	like($session->error("SELECT idgen_lease_widen_pool(0, $last)"),
		qr/ERROR:  08006: coordination store has not confirmed the change\n.*HINT:  The change may have been made. You can repeat the command/s,
		'who is not answered at all is told to repeat the command');
	behave();
	is($session->error("SELECT idgen_lease_widen_pool(0, $last)"), '', '... which does no harm');
	issue($session);
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

my %only = map { $_ => 1 } split /,/, $ENV{ONLY} // 'release,pool,slow,leave,wiped,changes,secret';
check_error_while_releasing() if $only{release};
check_other_pool_meanwhile() if $only{pool};
check_slow_release() if $only{slow};
check_leaving() if $only{leave};
check_wiped() if $only{wiped};
check_unconfirmed_changes() if $only{changes};
check_secret_file() if $only{secret};
check_nulls();
$session->quit;
$one->stop('fast');

# Nobody starts an agent there.
my $output = '';
IPC::Run::run([ 'postgres', '--single', '-D', $one->data_dir, 'postgres' ], '<', \"SELECT snowflake_nextval()\n", '>&', \$output, IPC::Run::timeout(60));
like($output, qr/ERROR:  cannot lease a worker ID in single-user mode/, 'no worker ID can be leased in single-user mode');

# ------------------------------------------------------------------------------------------------ what people are told

# A stopped agent reports nothing, so the lease is seen to have ended by its fence.
# Calls that do not wait ask for a worker ID, and for the extension of a lease that nobody has used for a while, so that
# the next one has it.
sub check_impatient
{
	my ($node, $on) = start('impatient', conf => "idgen.max_wait = 0\n", lease => { reach => '300ms' });

	wait_until { $on->error('SELECT snowflake_nextval()') eq '' } 'a call that does not wait to have a worker ID';
	foreach (1 .. (full_run() ? 3 : 1))
	{
		wait_until { $on->query('SELECT fence < clock_timestamp() FROM idgen_lease()') eq 't' } 'the lease to end';
		wait_until { $on->error('SELECT snowflake_nextval()') eq '' } 'a call that does not wait to succeed';
	}
	is(lease($on)->{state}, 'held', 'calls that do not wait have a lease extended');
	$on->quit;
	$node->stop('fast');
	return;
}

sub check_stopped_agent
{
	my ($node, $on) = start('stopped', lease => { reach => '1s' });

	wait_for_lease($on, 'held');
	issue($on);
	signal_agent($node, 'STOP');
	wait_until { $on->error('SELECT snowflake_nextval()') =~ /does not respond/ } 'calls to fail';
	is(lease($on)->{state}, 'stopped', 'with an agent that does not respond, the lease is seen to have ended');
	like($on->query('SELECT severity, finding FROM idgen_check()'), qr/^error\|The lease of worker ID .* does not respond\.$/m, '... and checked');
	$on->query('CREATE ROLE regress_idgen_nobody');
	$on->query('SET ROLE regress_idgen_nobody');
	like($on->query('SELECT finding FROM idgen_check()'), qr/Members of pg_read_all_settings see what the store answered\.$/m, '... but nobody else sees what the store answered');
	$on->query('RESET ROLE');
	signal_agent($node, 'CONT');
	wait_until { $on->error('SELECT snowflake_nextval()') eq '' } 'calls to succeed';
	$on->quit;
	$node->stop('fast');
	return;
}

# Not the default pool in place of one whose name is wrong: its servers may share the same worker IDs with others.
sub check_invalid_pool
{
	my ($node, $on) = start('misnamed');

	wait_for_lease($on, 'held');
	$on->quit;
	$node->append_conf('postgresql.conf', "idgen.lease_pool = 'fleet b'");
	$node->restart;
	$on = session($node);
	$on->query("SET idgen.max_wait = '500ms'");
	like($on->error('SELECT snowflake_nextval()'), qr/ERROR:  22023: invalid value for parameter "idgen.lease_pool": "fleet b"/, 'with an invalid name of the pool, no IDs are issued');
	is(lease($on)->{worker_id}, undef, '... and no worker ID is held');
	like($on->query('SELECT severity, subject FROM idgen_check()'), qr/^error\|idgen.lease_pool$/m, '... and checked');
	$on->quit;
	$node->stop('fast');
	return;
}

# Without a layout, the agent claims nothing, and says so rather than that the store does not answer.
sub check_invalid_layout
{
	my ($node, $on) = start('without_layout', conf => "idgen.layout = 'leafy'\n");
	my $why = qr/No worker ID is leased while "idgen\.layout" is invalid\./;

	like($on->error('SELECT snowflake_nextval()'), qr/ERROR:  22023: invalid value for parameter "idgen\.layout"/, 'with an invalid layout, no IDs are issued');
	wait_until { (lease($on)->{last_error} // '') ne '' } 'the agent to look at the layout';
	like(lease($on)->{last_error}, $why, '... and idgen_lease() tells that no worker ID is leased');
	like($on->query('SELECT severity, subject, finding FROM idgen_check()'), qr/^error\|idgen\.lease_store\|This server holds no worker ID\. $why$/m, '... as idgen_check() does');
	$on->query("SELECT snowflake_create_generator('own', 'twitter', worker_id => 2, datacenter_id => 1)");
	like($on->error("SELECT snowflake_nextval('own')"), qr/ERROR:  22023: invalid value for parameter "idgen\.layout"/, '... nor are those of a generator with a layout and a node of its own, which could be equal to those of the pool');
	configure($on, 'idgen.layout' => 'default');
	wait_until { $on->error('SELECT snowflake_nextval()') eq '' } 'IDs with a valid layout';
	is(lease($on)->{last_error} // '', '', '... until it is valid');
	$on->quit;
	$node->stop('fast');
	return;
}

# Arguments that are NULL do not pass for a pool that was created.
sub check_nulls
{
	foreach my $call ('create_pool(NULL, 5)', 'create_pool(0, 5, NULL)', 'widen_pool(0, NULL)', 'propose_layout(NULL)')
	{
		like($session->error("SELECT idgen_lease_$call"), qr/ERROR:  22004: /, "$call is an error");
	}
	return;
}

check_impatient();
check_stopped_agent();
check_invalid_pool();
check_invalid_layout();

done_testing();
