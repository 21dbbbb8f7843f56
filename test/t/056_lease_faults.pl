# Guards: what a server does when the store that it leases its worker ID from fails, refuses it, or lies as far as
# stores may: it goes on as long as its lease lasts, says what the store answered, goes on soon after the store does,
# and never issues an ID that somebody else may issue.  No password is seen anywhere.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use IdgenTest::Lease;
use IdgenTest::Server;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $PASSWORD = 'never-to-be-seen';
my $secret = PostgreSQL::Test::Utils::tempdir() . '/secret';

sub write_secret
{
	my ($text, $mode) = @_;

	unlink $secret;
	append_to_file($secret, $text);
	chmod($mode, $secret) or die "could not change the mode of $secret: $!";
	return;
}

write_secret("# of the store\nuser = lease\npassword = $PASSWORD\n", 0600);
my $store = postgres_store('store', password => $PASSWORD);
my $issued = issued();
my $one = leasing_server(
	'one', $store,
	conf => "idgen.max_wait = '300ms'\nrestart_after_crash = on\n",
	lease => { secret_file => $secret, ttl => '2s', reach => '6s' });
my $session = session($one);

# The error of an ID.
sub refusal
{
	my ($of) = @_;

	return ($of // $session)->error('SELECT snowflake_nextval()');
}

# Waits until an error says what it should, and passes then.
sub is_refused_until
{
	my ($expected, $name, $of) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $error;

	ok(eval { wait_until { ($error = refusal($of)) =~ $expected } $name }, $name) or diag($error);
	return;
}

# Waits until IDs are issued again, and returns how long that took, in seconds.
sub goes_on_in
{
	my $began = time;
	my $ids;

	wait_until { $ids = eval { issue($session) } } 'IDs to go on';
	$issued->add('IDs go on', 'one', $ids);
	return time - $began;
}

sub count_lines
{
	my ($pattern) = @_;
	my @lines = slurp_file($one->logfile) =~ /$pattern/g;

	return scalar @lines;
}

# ---------------------------------------------------------------------------------------------------- secrets

sub reload
{
	$one->reload;
	return;
}

sub check_secrets
{
	wait_for_lease($session, 'claiming');
	$session->query("SET idgen.max_wait = '10s'");
	create_pool($session, 0, 3);
	wait_for_lease($session, 'held');
	$issued->add('a server that has a password from a file issues IDs', 'one', issue($session, 10));
	$session->query('SELECT idgen_lease_release()');
	$session->query('RESET idgen.max_wait');

	write_secret("user = lease\npassword = wrong-$PASSWORD\n", 0600);
	reload();
	# The agent may have claimed before it has read the new password.
	is_refused_until(
		qr/ERROR:  55000: (?:this server holds no worker ID|lease of this server's worker ID has not been extended).*password authentication failed for user "lease"/s,
		'a wrong password is reported');
	write_secret("user = lease\npassword = $PASSWORD\n", 0640);
	reload();
	is_refused_until(qr/secret file ".*secret" can be used by others/, 'a secret file that others can read is refused');
	unlink $secret;
	reload();
	is_refused_until(qr/could not open secret file ".*secret": No such file or directory/, '... and one that is not there');
	write_secret("user = lease\npasword $PASSWORD\n", 0600);
	reload();
	is_refused_until(qr/invalid line 2 in secret file/, '... and one with a line that is none');
	write_secret("user = lease\npassword = $PASSWORD\n", 0600);
	reload();
	goes_on_in();
	return;
}

# A store's address with a password is refused, and not shown.
sub check_password_in_address
{
	my $address = $store->address =~ s{//}{//lease:$PASSWORD@}r;
	my $parameter = $store->address . "&password=$PASSWORD";

	foreach my $value ($address, $parameter)
	{
		my $error = $session->error("ALTER SYSTEM SET idgen.lease_store = '$value'");
		like($error, qr/ERROR:  22023: invalid value for parameter "idgen.lease_store".*It contains a password.*idgen.lease_secret_file/s, 'a password in the address is refused');
		unlike($error, qr/$PASSWORD/, '... and not repeated');
	}
	my $log_start = -s $one->logfile;
	my $config = slurp_file($one->data_dir . '/postgresql.conf');
	$one->append_conf('postgresql.conf', "idgen.lease_store = '$parameter'");
	reload();
	$one->wait_for_log(qr/invalid value for parameter "idgen.lease_store".*It contains a password/s, $log_start);
	is($session->query('SHOW idgen.lease_store'), $store->address, 'a reload with a password in postgresql.conf leaves the store as it is');
	goes_on_in();

	$session->quit;
	$one->stop('fast');
	start_server($one);
	$session = session($one);
	is_refused_until(qr/invalid value for parameter "idgen.lease_store".*It contains a password/s, '... and after a restart, no ID is issued');
	is($session->query('SHOW idgen.lease_store'), '(invalid)', '... SHOW does not show it');
	unlike($session->query(q{SELECT coalesce(string_agg(setting, ' '), '') FROM pg_settings WHERE name = 'idgen.lease_store'}), qr/$PASSWORD/, '... nor does pg_settings');
	unlike($session->query('SELECT idgen_lease()::text || (SELECT string_agg(idgen_check::text, $$ $$) FROM idgen_check())'), qr/$PASSWORD/, '... nor do our functions');
	unlike($session->error('SELECT idgen_lease_workers()') . refusal(), qr/$PASSWORD/, '... nor an error');
	sleep 1.5;
	unlike(slurp_file($one->logfile) =~ s/^.*STATEMENT:.*$//mgr, qr/$PASSWORD/, '... nor has the log of the server, but for statements that failed');
	open(my $file, '>', $one->data_dir . '/postgresql.conf') or die "could not write postgresql.conf: $!";
	print $file $config;
	close($file);
	reload();
	wait_until { $session->query('SHOW idgen.lease_store') ne '(invalid)' } 'the setting';
	goes_on_in();
	return;
}

# ---------------------------------------------------------------------------------------------------- the store is away

# IDs go on for the rest of the lease, then end, and begin again soon after the store has come back.
sub check_store_killed
{
	my $busy = session($one);

	issue($session);
	my $warnings = count_lines(qr/WARNING:  could not extend the lease/);
	my $began = time;
	$store->kill;
	start_issuing($busy, 8);
	wait_for_lease($session, 'adrift');
	pass('a server whose store is killed is adrift');
	wait_for_lease($session, 'stopped');
	cmp_ok(time - $began, '>=', 1, '... and goes on for the rest of its lease');
	like(refusal(), qr/ERROR:  55000: lease of this server's worker ID has not been extended in time.*IDs may be issued up to .*(?:No such file or directory|Connection refused)/s, '... then stops, and says what is wrong');
	like($session->query(q{SELECT string_agg(finding, ' ') FROM idgen_check() WHERE subject = 'idgen.lease_store'}), qr/has not been extended, and ended at/, '... as idgen_check() does');
	sleep 1;
	$store->start;
	my $seconds = goes_on_in();
	note sprintf 'IDs go on %.2f s after the store has come back', $seconds;
	cmp_ok($seconds, '<=', 3 + 2, 'IDs go on within 3 s after the store has come back, on a machine that has nothing else to do');
	is(lease($session)->{state}, 'held', '... with the same worker ID');
	my ($ids, $errors) = finish_issuing($busy);
	$issued->add('IDs of a session that went on all the time', 'busy', $ids);
	cmp_ok(count_lines(qr/WARNING:  could not extend the lease/) - $warnings, '<=', 2, 'an outage is one line in the log, or two if the end of the lease is another');
	$issued->are_below_fences($store, 'all IDs lie below the fences');
	$busy->quit;
	return;
}

sub check_away_at_start
{
	$session->quit;
	$one->stop('fast');
	$store->kill;
	start_server($one);
	$session = session($one);
	is_refused_until(qr/ERROR:  55000: this server holds no worker ID.*max_wait", which is 300 ms\. .*(?:No such file or directory|Connection refused)/s, 'a server that starts while its store is away says what is wrong');
	my $began = time;
	refusal();
	cmp_ok(time - $began, '<=', 2, '... soon after idgen.max_wait');
	$store->start;
	goes_on_in();
	return;
}

# A lock keeps the store from answering.
sub check_slow
{
	my $lock = session($store->node);

	issue($session);
	$lock->query("BEGIN; LOCK TABLE idgen_lease.workers, idgen_lease.holds");
	wait_for_lease($session, 'adrift');
	like(last_error($session), qr/lock timeout|statement timeout|not answered/, 'a store that does not answer in time is adrift');
	wait_for_lease($session, 'stopped') if full_run();
	$lock->query('COMMIT');
	goes_on_in();
	wait_for_lease($session, 'held');
	$lock->quit;
	$issued->are_below_fences($store, 'all IDs lie below the fences');
	return;
}

# ---------------------------------------------------------------------------------------------------- the agent

sub check_agent_signals
{
	my $worker = wait_for_lease($session, 'held')->{worker_id};
	my $epoch = lease($session)->{epoch};

	restart_agent($one);
	goes_on_in();
	my $lease = wait_for_lease($session, 'held');
	ok($lease->{epoch} > $epoch, 'after SIGTERM another agent claims anew');
	is($lease->{worker_id}, $worker, '... the same worker ID');

	my $log_start = -s $one->logfile;
	signal_agent($one, 'KILL');
	$one->wait_for_log(qr/reinitializing.*database system is ready to accept connections/s, $log_start);
	$session->abandon;
	$session = session($one);
	goes_on_in();
	pass('after SIGKILL the server restarts, and claims anew');
	return;
}

# ---------------------------------------------------------------------------------------------------- lies and losses

# Servers that issue IDs all the time.
sub start_servers
{
	my ($where, $conf, @names) = @_;
	my @nodes =
	  map { leasing_server($_, $where, lease => { ttl => '1s', reach => '2s' }, conf => "idgen.max_wait = '300ms'\nidgen.max_regression = '1s'\n$conf") } @names;
	my @sessions = map { session($_) } @nodes;

	create_pool($sessions[0], 0, $#names);
	wait_for_lease($_, 'held') foreach @sessions;
	return (\@nodes, \@sessions);
}

sub finish_all
{
	my ($name, @busy) = @_;

	foreach (0 .. $#busy)
	{
		$issued->add("$name: IDs of a busy session", "$name $_", (finish_issuing($busy[$_]))[0]);
		$busy[$_]->quit;
	}
	return;
}

# Waits until each of some servers issues IDs, and has a worker ID of its own.
sub all_go_on
{
	my ($name, @sessions) = @_;
	my %worker;

	foreach my $number (0 .. $#sessions)
	{
		my $ids;

		wait_until { $ids = eval { issue($sessions[$number]) } } 'IDs to go on';
		$issued->add("$name: a server goes on", "$name server $number", $ids);
	}
	wait_until {
		my %seen = map { lease($_)->{state} eq 'held' ? (lease($_)->{worker_id} // '' => 1) : () } @sessions;
		keys %seen == @sessions
	}
	'worker IDs of all servers';
	return;
}

# What a store may do, until it is told something else.
sub lies
{
	my @kinds = ('any', 'write', 'write', 'keep', 'read');
	my @lies = (
		'late %s - ' . int(rand 1500), 'unreachable %s -', 'request-lost %s -', 'answer-lost %s -', 'answer-lost %s -',
		'applied-late %s - ' . int(rand 1500), 'holds-vanish any -', 'clock any - ' . int(rand 5_000_000));

	return map { sprintf $lies[ rand @lies ], $kinds[ rand @kinds ] } 1 .. 2;
}

sub check_lies
{
	my $lying = lying_store();
	my ($nodes, $sessions) = start_servers($lying, $lying->conf, 'six', 'seven', 'eight');
	my $seconds = full_run() ? 90 : 5;
	my @busy = map { my $node = $_; map { start_issuing(session($node), $seconds) } 1 .. 2 } @$nodes;
	my $until = time + $seconds - 1;

	while (time < $until)
	{
		$lying->behave(lies());
		sleep 0.1 + rand 0.5;
		$sessions->[ rand @$sessions ]->query(q{SET idgen.max_wait = '50ms'; DO 'BEGIN PERFORM idgen_lease_release(); EXCEPTION WHEN OTHERS THEN END'; RESET idgen.max_wait})
		  if rand() < 0.1;
	}
	$lying->behave();
	my %answers;
	$answers{$_}++ foreach slurp_file($lying->directory . '/log') =~ / (\w+)$/mg;
	note join ', ', map { "$answers{$_} $_" } sort keys %answers;
	cmp_ok($answers{unknown} // 0, '>', 0, 'a store lies');
	finish_all('a store that lies', @busy);
	all_go_on('lies', @$sessions);
	$issued->are_below_fences($lying, 'a store that lies: all IDs lie below the fences');

	# It goes back to what it was, with and without a sign.
	foreach my $sign ('revision', full_run() ? 'none' : ())
	{
		$lying->save;
		@busy = map { start_issuing(session($_), 4) } @$nodes;
		sleep 2;
		$lying->restore;
		$lying->behave('revision any - 1000') if $sign eq 'revision';
		finish_all("a store that went back, sign: $sign", @busy);
		all_go_on("went back, sign: $sign", @$sessions);
	}
	$_->quit foreach @$sessions;
	$_->stop('fast') foreach @$nodes;
	return;
}

# A base backup of the store takes its place.
sub check_restored_postgres
{
	my $store = postgres_store('restored', streaming => 1);
	my ($nodes, $sessions) = start_servers($store, '', 'four', 'five');
	my $backup = $store->node->backup_dir . '/old';

	$issued->add('IDs before a backup of the store', $_, issue($sessions->[$_], 10)) foreach 0, 1;
	$store->node->backup('old');

	my @busy = map { start_issuing(session($_), 6) } @$nodes;
	my $identity = ($store->pool =~ / identity=(\S+)/)[0];
	sleep 3;
	$store->node->stop('immediate');
	my $data = $store->node->data_dir;
	rename($data, "$data.lost") or die "could not rename $data: $!";
	PostgreSQL::Test::RecursiveCopy::copypath($backup, $data);
	chmod(0700, $data);
	append_to_file("$data/recovery.signal", '');
	$store->node->append_conf('postgresql.conf', "restore_command = 'false'\nport = " . $store->node->port);
	$store->node->start;
	wait_until { eval { $store->pool } && $store->pool !~ / identity=$identity/ } 'the restored store to be noticed';
	pass('servers notice that the store was restored, and give the pool another identity');
	finish_all('restored', @busy);
	all_go_on('restored', @$sessions);
	$_->quit foreach @$sessions;
	return;
}

check_secrets();
check_password_in_address();
check_store_killed();
check_away_at_start();
check_slow();
check_agent_signals();
$session->quit;
$one->stop('fast');
$issued = issued();
check_restored_postgres() if full_run();
$issued = issued();
check_lies();

done_testing();
