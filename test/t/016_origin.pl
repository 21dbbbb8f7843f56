# Guards: whatever is done by hand to the replication origin that keeps the reservation,
# no ID comes twice, calls go on or fail with an error that says why, and what is mended
# works again without a restart.  Where no origin is to be had, the error names the
# setting that makes room; so does the log of a standby that has none.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# An error that somebody who knows nothing of us can act upon: it is about the origin,
# and neither internal nor the end of an endless wait.
my $ABOUT_ORIGIN = qr/ERROR:  (?!57014|XX000)\w{5}: .*replication origin/s;

my $TOO_FAR =
  qr/ERROR:  55000: snowflake timeline is too far ahead of the system clock\n.*HINT:  /s;
my $NOT_YET = qr/ERROR:  (55000|54000): /;

# As the origin records it.
my $HOUR_AHEAD = "'0/0'::pg_lsn + (extract(epoch FROM clock_timestamp()) * 1000000 + 3600000000)::bigint";

# Calls fail before a test does.
my $CONF = "idgen.max_wait = '10s'\nstatement_timeout = '60s'\n";

# The server under test, its clock if it is not the machine's, its open sessions, and
# all IDs it has given.
my ($node, $clock, @sessions, $record);
my $hours_ahead;

# With a clock of its own, reservations are for an hour, so that everything may take
# its time within them; otherwise they are over at once.
sub begin_server
{
	my ($name, %option) = @_;
	my $reserve_ahead = $option{clock} ? '1h' : '100ms';

	$node = new_server($name, %option, conf => $CONF . "idgen.reserve_ahead = '$reserve_ahead'");
	$clock = $option{clock};
	$hours_ahead = 0;
	$record = id_record();
	return;
}

# Until the next call has to have another reservation.
sub leave_reservation
{
	my ($session) = @_;

	pass_hours(2) if $clock;
	outlive_reservation($session);
	return;
}

sub pass_hours
{
	$hours_ahead += $_[0];
	$clock->set("+${hours_ahead}h");
	return;
}

sub open_session
{
	my $session = session($node, @_);
	push @sessions, $session;
	return $session;
}

sub end_server
{
	$_->quit foreach splice @sessions;
	$node->stop;
	return;
}

# Where the server has too little room for origins.
sub room_setting
{
	return $node->pg_version >= 18 ? 'max_active_replication_origins' : 'max_replication_slots';
}

sub restart_with
{
	my ($setting, $value) = @_;

	$_->quit foreach splice @sessions;
	$node->adjust_conf('postgresql.conf', $setting);
	$node->append_conf('postgresql.conf', "$setting = $value");
	$node->restart;
	return;
}

sub draws
{
	my ($session, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	return $record->add($name, [ $session->ids(burst(300)) ]);
}

# The same when the reservation is used up.
sub draws_beyond
{
	my ($session, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	leave_reservation($session);
	return draws($session, $name);
}

# Passes if a call that needs another reservation fails for the origin's sake.
sub is_refused_beyond
{
	my ($session, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	leave_reservation(open_session());
	return like($session->error('SELECT snowflake_nextval()'), $ABOUT_ORIGIN, $name);
}

# IDs ahead of the clock, then the end of the server: they must not come again.
sub survives_crash
{
	my ($name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	$record->add("$name: IDs ahead of the clock", [ open_session()->ids('SELECT max(id) FROM (SELECT snowflake_next_block(4096) + 4095 AS id FROM generate_series(1, 900)) AS ahead') ]);
	crash_server($node, splice @sessions);
	return draws(open_session(), "$name: after a crash, IDs go on above");
}

# Passes if an origin that comes into being now has not got the progress of ours.
sub leaves_nothing_behind
{
	my ($session, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	$session->query("SELECT pg_replication_origin_create('regress_other')");
	my $progress = origin_progress($session, 'regress_other');
	$session->query("SELECT pg_replication_origin_drop('regress_other')");
	return is($progress, '', "$name: nothing left behind for another origin");
}

sub origin_exists
{
	my ($session) = @_;
	return $session->query("SELECT pg_replication_origin_oid('idgen') IS NOT NULL") eq 't';
}

sub drop_origin
{
	my ($session) = @_;
	return $session->query("SELECT pg_replication_origin_drop('idgen')");
}

# The same with no ID ahead of the clock, which nothing protects until there is an
# origin again.
sub drop_at_clock
{
	my ($session) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	draws_beyond($session, 'at the clock');
	drop_origin($session);
	return;
}

# Waits until a statement that was sent is done or waits for something.
sub settle
{
	my ($session) = @_;

	$node->poll_query_until('postgres',
		"SELECT state = 'idle' OR wait_event IS NOT NULL FROM pg_stat_activity WHERE pid = " . $session->pid)
	  or die 'the session neither ends nor waits';
	return;
}

# Passes if a statement that was sent waits.
sub is_waiting
{
	my ($session, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	settle($session);
	return is($node->safe_psql('postgres', 'SELECT state FROM pg_stat_activity WHERE pid = ' . $session->pid),
		'active', $name);
}

sub can_be_cancelled
{
	my ($session, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	$node->safe_psql('postgres', 'SELECT pg_cancel_backend(' . $session->pid . ')');
	return like(($session->finish)[1], qr/57014: canceling statement due to user request/, $name);
}

# Passes if statements that were sent and draw one ID each end now.
sub finish_with_ids
{
	my ($name, @waiters) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my @results = map { [ $_->finish ] } @waiters;

	is(join('', map { $_->[1] } @results), '', $name);
	return $record->add('... with IDs above all before', map { [ $_->[0] || () ] } @results);
}

#
# Dropped
#
sub check_drop
{
	my $dba = open_session();
	my $session = open_session();

	draws($session, 'with the origin there');
	is($session->query('SELECT count(*) FROM pg_replication_origin'), 1, '... which came by itself');
	my $log_start = -s $node->logfile;
	drop_origin($dba);
	draws($session, 'dropped: IDs go on');
	draws_beyond($session, '... also beyond the reservation');
	ok(origin_exists($dba), '... the origin is there again');
	cmp_ok(origin_progress($dba, 'idgen'), '>', 0, '... with the reservation');
	like(slurp_file($node->logfile, $log_start), qr/LOG: .*replication origin "idgen"/, '... and the log tells');
	survives_crash('dropped');

	$dba = open_session();
	drop_at_clock($dba);
	crash_server($node, splice @sessions);
	draws(open_session(), 'dropped right before a crash');
	$_->quit foreach splice @sessions;
	return;
}

sub check_drop_rolled_back
{
	my $dba = open_session();
	my $session = open_session();

	draws($session, 'before a drop that is rolled back');
	$dba->query("BEGIN; SELECT pg_replication_origin_drop('idgen'); ROLLBACK");
	draws($session, '... and after it');
	draws_beyond($session, '... also beyond the reservation');
	cmp_ok(origin_progress($dba, 'idgen'), '>', 0, '... which is recorded again');
	survives_crash('drop rolled back');
	$_->quit foreach splice @sessions;
	return;
}

# Who has dropped the origin and not committed yet cannot get a new one.
sub check_drop_in_own_transaction
{
	my $dba = open_session();
	my $force = $node->pg_version >= 16 ? 'debug_parallel_query' : 'force_parallel_mode';

	draws($dba, 'before a drop in a transaction of its own');
	$dba->query("BEGIN; SELECT pg_replication_origin_drop('idgen')");
	is_refused_beyond($dba, "drop in one's own transaction: no reservation");
	$dba->query('ROLLBACK');
	draws($dba, '... and after ROLLBACK IDs go on');

	$dba->query("BEGIN; SELECT pg_replication_origin_drop('idgen'); SAVEPOINT dropped; SET LOCAL $force = on");
	is_refused_beyond($dba, '... nor by a parallel worker');
	$dba->query('ROLLBACK TO dropped; COMMIT');
	leaves_nothing_behind($dba, '... after COMMIT');
	draws($dba, '... and IDs go on');
	survives_crash("drop in one's own transaction");
	$_->quit foreach splice @sessions;
	return;
}

# Another session needs a reservation while a drop is under way.  The dropped origin's
# number goes to the next one that is created.
sub check_drop_under_way
{
	my ($end) = @_;
	my $dba = open_session();
	my $session = open_session();

	draws_beyond($session, 'before a drop that takes its time');
	$dba->query("BEGIN; SELECT pg_replication_origin_drop('idgen')");
	leave_reservation($dba);
	$session->send('SELECT snowflake_nextval()');
	settle($session);
	$dba->query("SELECT pg_replication_origin_create('regress_other')") if $end eq 'COMMIT';
	$dba->query($end);
	finish_with_ids("drop under way, then $end: the call goes on", $session);
	if ($end eq 'COMMIT')
	{
		is(origin_progress($dba, 'regress_other'), '', '... nothing left behind for an origin created with the drop');
		$dba->query("SELECT pg_replication_origin_drop('regress_other')");
	}
	draws_beyond($session, '... and IDs go on');
	survives_crash("drop under way, then $end");
	$_->quit foreach splice @sessions;
	return;
}

#
# Created
#
sub check_create_in_own_transaction
{
	my $dba = open_session();

	drop_origin($dba);
	leave_reservation($dba);
	$dba->query("BEGIN; SELECT pg_replication_origin_create('idgen')");
	my $error = $dba->error('SELECT snowflake_nextval()');
	like($error, $ABOUT_ORIGIN, "created in one's own transaction: no reservation");
	$dba->query('ROLLBACK');
	leaves_nothing_behind($dba, '... after ROLLBACK');
	draws($dba, '... and IDs go on');

	drop_origin($dba);
	$dba->query("SELECT pg_replication_origin_create('idgen')");
	draws_beyond($dba, 'created by hand and committed: IDs go on');
	survives_crash('created by hand');
	$_->quit foreach splice @sessions;
	return;
}

# A transaction that has read the catalog of origins has locked it, and does not see by a new lock that it has changed.
sub check_create_after_a_look
{
	my $dba = open_session();

	drop_origin($dba);
	leave_reservation($dba);
	$dba->query('BEGIN; SELECT count(*) FROM pg_replication_origin');
	draws($dba, 'missing, and looked for before: it is created');
	$dba->query('COMMIT');
	$_->quit foreach splice @sessions;
	return;
}

# The catalog is locked, and there is no origin: calls wait, and idgen_check() says so.
sub check_missing_and_locked
{
	my $dba = open_session();
	my $session = open_session();

	drop_origin($dba);
	leave_reservation($dba);
	$dba->query('BEGIN; LOCK TABLE pg_catalog.pg_replication_origin IN ROW EXCLUSIVE MODE');
	like($session->query("SELECT string_agg(finding, ' ') FROM idgen_check()"), qr/locked/, 'missing, while its catalog is locked: idgen_check() says so');
	$session->query("SET idgen.max_wait = '1h'");
	$session->send('SELECT snowflake_nextval()');
	is_waiting($session, '... a call waits');
	$dba->query('COMMIT');
	finish_with_ids('... until it is free', $session);
	$_->quit foreach splice @sessions;
	return;
}

sub check_create_under_way
{
	my ($end) = @_;
	my $dba = open_session();
	my $session = open_session();

	drop_origin($dba);
	leave_reservation($dba);
	$dba->query("BEGIN; SELECT pg_replication_origin_create('idgen')");
	$session->query("SET idgen.max_wait = '1h'");
	$session->send('SELECT snowflake_nextval()');
	is_waiting($session, 'created by somebody who takes his time: a call waits');
	can_be_cancelled($session, '... and can be cancelled');
	$session->send('SELECT snowflake_nextval()');
	is_waiting($session, '... the next one waits too');
	$dba->query($end);
	finish_with_ids("... until $end", $session);
	$_->quit foreach splice @sessions;
	return;
}

#
# Moved
#
sub move_origin
{
	my ($session, $progress) = @_;
	return $session->query("SELECT pg_replication_origin_advance('idgen', $progress)");
}

# The running server knows better than a record that others have moved.
sub check_moved
{
	my ($kind, $progress) = @_;
	my $dba = open_session();
	my $session = open_session();

	draws($session, "before the origin is moved $kind");
	my $log_start = -s $node->logfile;
	move_origin($dba, $progress);
	draws($session, "moved $kind: IDs go on");
	draws_beyond($session, '... also beyond the reservation');
	is( $dba->query(
			"SELECT pg_replication_origin_progress('idgen', true) - '0/0' - extract(epoch FROM reserved_until) * 1000000 FROM idgen_status()"
		) + 0,
		0,
		'... the record is right again');
	like(slurp_file($node->logfile, $log_start), qr/LOG: .*replication origin "idgen"/, '... and the log tells');
	survives_crash("moved $kind");
	$_->quit foreach splice @sessions;
	return;
}

sub check_moved_back_before_crash
{
	my $dba = open_session();

	draws_beyond($dba, 'at the clock');
	move_origin($dba, "'0/1'");
	$dba->query('CHECKPOINT');
	crash_server($node, splice @sessions);
	draws(open_session(), 'moved back right before a crash');
	$_->quit foreach splice @sessions;
	return;
}

# A server that starts with such a record has its timeline there.
sub check_moved_forward_before_crash
{
	my ($kind, $progress, $refused) = @_;
	my $dba = open_session();

	draws_beyond($dba, "before the origin is moved forward $kind");
	move_origin($dba, $progress);
	$dba->query('CHECKPOINT');
	crash_server($node, splice @sessions);

	my $session = open_session();
	$session->query('SET idgen.max_wait = 0');
	like($session->error('SELECT snowflake_nextval()'), $refused, "moved forward $kind right before a crash: IDs are refused");
	is($session->query('SELECT count(*) FROM idgen_status()'), 1, '... which idgen_status() can show');
	$session->query('SELECT idgen_reset_timeline(force => true)');
	draws($session, '... until the timeline is reset');
	$_->quit foreach splice @sessions;
	return;
}

#
# Held, or locked
#
sub check_held
{
	my $dba = open_session();
	my $session = open_session();

	$session->query("SET idgen.max_wait = '200ms'");
	draws_beyond($session, 'before a session holds the origin');
	$dba->query("SELECT pg_replication_origin_session_setup('idgen')");
	draws($session, 'held: IDs go on within the reservation');
	is_refused_beyond($session, '... and then are refused');
	is_refused_beyond($dba, '... also to the holder');
	is($session->query('SELECT count(*) FROM idgen_status()'), 1, '... and looking goes on');
	$dba->query('SELECT pg_replication_origin_session_reset()');
	draws($session, '... until it is released');

	$dba->query("SELECT pg_replication_origin_session_setup('idgen')");
	is_refused_beyond($session, 'held once more');
	$dba->quit;
	@sessions = grep { $_ != $dba } @sessions;
	wait_until { $session->error('SELECT snowflake_nextval()') eq '' } 'the end of the holder';
	draws($session, '... until the holder is gone');
	$_->quit foreach splice @sessions;
	return;
}

sub check_locked
{
	my ($mode) = @_;
	my $dba = open_session();
	my @waiters = map { open_session() } 1 .. 3;

	$_->query("SET idgen.max_wait = '1h'") foreach @waiters;
	draws_beyond($_, "before the origins are locked $mode") foreach @waiters;
	$dba->query("BEGIN; LOCK TABLE pg_replication_origin IN $mode MODE");
	draws($_, "locked $mode: IDs go on within the reservation") foreach @waiters;
	pass_hours($dba->query('SELECT extract(epoch FROM reserved_until - clock_timestamp()) / 3600 * 0.75 FROM idgen_status()'));
	draws($_, '... also near its end') foreach @waiters;

	leave_reservation($dba);
	$_->send('SELECT snowflake_nextval()') foreach @waiters;
	is_waiting($_, '... and then calls wait') foreach @waiters;
	can_be_cancelled($waiters[0], '... one can be cancelled');
	can_be_cancelled($waiters[2], '... so can another one');
	$_->send('SELECT snowflake_nextval()') foreach @waiters[ 0, 2 ];
	is_waiting($_, '... and the next ones wait') foreach @waiters;
	$dba->query('COMMIT');
	finish_with_ids('... and end when the lock is released', @waiters);
	$_->quit foreach splice @sessions;
	return;
}

# Who holds the lock needs a reservation while another one waits for the lock in order
# to make one.
sub check_locked_by_drawer
{
	my $dba = open_session();
	my $session = open_session();

	draws($_, 'before the lock') foreach $dba, $session;
	$session->query("SET idgen.max_wait = '1h'");
	$dba->query(
		"BEGIN; LOCK TABLE pg_replication_origin IN EXCLUSIVE MODE; SET LOCAL idgen.max_wait = '3s'; SAVEPOINT locked");
	leave_reservation($dba);
	$session->send('SELECT snowflake_nextval()');
	settle($session);
	my ($id, $error) = $dba->run('SELECT snowflake_nextval()');
	unlike($error, qr/57014/, 'the holder of the lock does not wait for ever for one who waits for it')
	  or diag($error);
	$dba->query('ROLLBACK TO locked') if $error;
	$dba->query('COMMIT');
	my ($other, $other_error) = $session->finish;
	is($other_error, '', '... who has his ID in the end');
	$record->add('... another one', [ $id || () ], [ $other || () ]);
	draws_beyond($_, 'after the lock') foreach $dba, $session;
	$_->quit foreach splice @sessions;
	return;
}

#
# No room
#
sub check_all_taken
{
	my $setting = room_setting();
	my $no_room = qr/ERROR:  53400: .*$setting/s;

	restart_with($setting, 0);
	like(open_session()->error('SELECT snowflake_nextval()'), $no_room, "$setting = 0 from the start: IDs are refused");

	restart_with($setting, 1);
	my $dba = open_session();
	$dba->query("SELECT pg_replication_origin_create('regress_other')");
	$dba->query("SELECT pg_replication_origin_advance('regress_other', '0/1')");
	foreach my $call ('snowflake_nextval()', 'snowflake_nextvals(2)', 'snowflake_next_block(2)')
	{
		like($dba->error("SELECT $call"), $no_room, "$setting = 1, taken: $call is refused");
	}
	is($dba->query('SELECT ids_issued FROM idgen_status()'), 0, '... and idgen_status() tells that none was made');
	$dba->query("SELECT pg_replication_origin_drop('regress_other')");
	draws($dba, '... until the other origin is dropped');
	survives_crash("$setting = 1");

	restart_with($setting, 0);
	like(open_session()->error('SELECT snowflake_nextval()'), $no_room, "$setting = 0: IDs are refused");
	restart_with($setting, 2);
	draws(open_session(), '... until there is room');
	return;
}

# With one process, that of logical replication has it.
sub check_no_workers
{
	my $no_worker = qr/ERROR:  53\w{3}: .*max_worker_processes/s;

	drop_at_clock(open_session());
	foreach my $room (1, 0)
	{
		restart_with('max_worker_processes', $room);
		my $session = open_session();
		$session->query('SET idgen.max_wait = 0');
		like($session->error('SELECT snowflake_nextval()'), $no_worker, "max_worker_processes = $room: IDs are refused");
		ok(!origin_exists($session), '... and there is no origin');
	}
	my $dba = open_session();
	$dba->query("SELECT pg_replication_origin_create('idgen')");
	draws($dba, '... until somebody creates the origin');
	draws_beyond($dba, '... also beyond the reservation');
	drop_at_clock($dba);
	outlive_reservation($dba);
	$dba->query('SET idgen.max_wait = 0');
	like($dba->error('SELECT snowflake_nextval()'), $no_worker, '... or drops it');
	restart_with('max_worker_processes', 8);
	draws(open_session(), '... or there is room');
	return;
}

# A server for one user, without a process to create the origin.
sub single_user
{
	my ($sql) = @_;
	my ($output, $error) = ('', '');

	IPC::Run::run([ 'postgres', '--single', '-c', 'idgen.max_wait=0', '-D', $node->data_dir, 'postgres' ],
		'<', \"$sql\n", '>', \$output, '2>', \$error)
	  or diag($error);
	return ($output, $error);
}

sub check_single_user
{
	drop_at_clock(open_session());
	$_->quit foreach splice @sessions;
	$node->stop;
	my ($output, $error) = single_user('SELECT snowflake_nextval()');
	like($error, qr/ERROR: .*(replication origin|max_worker_processes)/s, 'single-user mode: refused while the origin is missing');
	single_user("SELECT pg_replication_origin_create('idgen')");
	($output, $error) = single_user('SELECT snowflake_nextval()');
	my ($id) = $output =~ /snowflake_nextval = "(\d+)"/;
	ok($id, '... and made when it is there') or diag($error);
	$node->start;
	$record->add('... and the server goes on above', [ $id // (), open_session()->ids('SELECT snowflake_nextval()') ]);
	return;
}

# Replay stops at the first reservation that it has no room for.
sub check_standby
{
	begin_server('primary', streaming => 1);
	my $setting = room_setting();
	my $primary = $node;
	$primary->backup('base');

	my $standby = PostgreSQL::Test::Cluster->new('standby');
	$standby->init_from_backup($primary, 'base', has_streaming => 1);
	$standby->append_conf('postgresql.conf', "$setting = 0");
	$standby->start;

	draws(open_session(), 'on the primary');
	$standby->wait_for_log(qr/FATAL: .*could not find free replication state.*HINT: .*$setting.*shut down/s);
	wait_until { !-e $standby->data_dir . '/postmaster.pid' } 'the end of the standby';
	$standby->_update_pid(0);
	pass("a standby with $setting = 0 stops, and its log names the setting");

	$standby->adjust_conf('postgresql.conf', $setting, 1);
	$standby->start;
	$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
	is($standby->safe_psql('postgres', "SELECT pg_replication_origin_progress('idgen', false)"),
		$primary->safe_psql('postgres', "SELECT pg_replication_origin_progress('idgen', false)"),
		'... and once it has room, it has the reservation');
	end_server();

	$node = $standby;
	$node->promote;
	draws(open_session(), '... and as the new primary goes on above');
	end_server();
	return;
}

begin_server('hands');
check_drop();
check_drop_rolled_back();
check_drop_in_own_transaction();
check_drop_under_way($_) foreach 'COMMIT', 'ROLLBACK';
check_create_in_own_transaction();
check_create_after_a_look();
check_missing_and_locked();
check_create_under_way($_) foreach 'COMMIT', 'ROLLBACK';
check_moved(@$_)
  foreach [ 'back', "'0/1'" ], [ 'forward by an hour', $HOUR_AHEAD ], [ 'to the end', "'FFFFFFFF/FFFFFFFF'" ];
check_moved_back_before_crash();
check_moved_forward_before_crash(@$_)
  foreach [ 'by an hour', $HOUR_AHEAD, $TOO_FAR ],
  [ 'past the end of the layout', "'0/0'::pg_lsn + 5000000000000000", $NOT_YET ],
  [ 'to the end', "'FFFFFFFF/FFFFFFFF'", $NOT_YET ];
survives_crash('moved forward, then reset');
end_server();

SKIP:
{
	skip 'libfaketime is not installed', 1 unless IdgenTest::Clock::library();

	begin_server('locked', clock => fake_clock());
	check_held();
	check_locked($_) foreach 'EXCLUSIVE', 'ACCESS EXCLUSIVE';
	check_locked_by_drawer();
	end_server();
}

begin_server('room');
check_all_taken();
check_no_workers();
check_single_user();
end_server();

check_standby();

done_testing();
