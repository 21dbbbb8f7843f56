# Guards: as long as the reservation is not used up, nothing that keeps it from being
# extended early fails a call; it is logged once, and said by the calls that fail when
# nothing is left.  Whoever waits for another backend's flush can be cancelled, has
# timeouts, and waits no longer than idgen.max_wait; the others go on when it is done.
#
# Where it matters how much is left, the timeline is far ahead of the clock, so that IDs
# alone move it.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $EARLY = qr/LOG:  could not extend the reservation of time for snowflake IDs early: /;
my $BEING_WRITTEN = qr/ERROR:  55000: reservation of time for snowflake IDs is still being written by another session/;

# With commit_delay, which works only so, and nobody else to flush what somebody waits for.
my $SLOW_FLUSH = "fsync = on\nwal_writer_delay = '10s'";

my ($node, $record, $observer);

# So that servers end even if the test dies.
my $stopped_pid;
END { kill('CONT', $stopped_pid) if $stopped_pid }

# A server on which IDs wait for nothing but the reservation.
sub begin_server
{
	my ($name, $conf, %option) = @_;

	$node = new_server($name, %option, conf => "idgen.max_drift = '1d'\n$conf");
	$record = id_record();
	$observer = session($node);
	$observer->query('SET client_min_messages = error');
	$record->add("$name: the first ID", [ $observer->ids('SELECT snowflake_nextval()') ]);
	return;
}

# From here on IDs alone move the timeline.
sub set_far_ahead
{
	$observer->query("SELECT idgen_reset_timeline(clock_timestamp() + interval '1h')");
	return;
}

sub end_server
{
	$observer->quit;
	$node->stop;
	are_distinct([ $record->ids ], $node->name . ': no ID came twice');
	return;
}

sub status
{
	return $observer->query("SELECT $_[0] FROM idgen_status()");
}

sub ms_left
{
	return status('ceil(extract(epoch FROM reserved_until - timeline_at) * 1000)');
}

sub early_failures
{
	my ($log_start) = @_;
	return slurp_file($node->logfile, $log_start) =~ /$EARLY(.*)/g;
}

# Draws 20 ms of IDs at a time until a call fails, and returns the error.  Passes if that
# is when nothing is left.
sub draw_until_refused
{
	my ($session, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my ($output, $error) = ('', '');
	my @ids;

	for (1 .. 200)
	{
		push @ids, split /[\s|]+/, $output;
		($output, $error) = $session->run(whole_ticks(20));
		last if $error;
	}
	$record->add("$name: IDs go on", \@ids);
	cmp_ok(ms_left(), '<=', 2, '... until nothing is left');
	return $error;
}

#
# What keeps the reservation from being extended
#

# Begins in the session that draws, or in another one.
my $DROP = "BEGIN; SELECT pg_replication_origin_drop('idgen')";
my @hindrances = (
	{
		name => 'the origin is held by another session',
		begin => sub { $_[0]->query("SELECT pg_replication_origin_session_setup('idgen')") },
		end => sub { $_[0]->query('SELECT pg_replication_origin_session_reset()') },
		reason => qr/already active/,
	},
	{
		name => 'the origin is held by the session itself',
		begin => sub { $_[1]->query("SELECT pg_replication_origin_session_setup('idgen')") },
		end => sub { $_[1]->query('SELECT pg_replication_origin_session_reset()') },
		reason => qr/already active/,
	},
	{
		name => 'the origins are locked',
		begin => sub { $_[0]->query('BEGIN; LOCK TABLE pg_replication_origin IN ACCESS EXCLUSIVE MODE') },
		end => sub { $_[0]->query('COMMIT') },
		reason => qr/locked by another transaction/,
	},
	{
		name => 'another session drops the origin',
		begin => sub { $_[0]->query($DROP) },
		end => sub { $_[0]->query('ROLLBACK') },
		reason => qr/locked by another transaction/,
	},
	{
		name => 'the transaction itself drops the origin',
		begin => sub { $_[1]->query($DROP) },
		end => sub { $_[1]->query('ROLLBACK') },
		reason => qr/has been dropped/,
		refusal => qr/55006: cannot create replication origin/,
	},
	{
		name => 'the transaction itself creates the origin',
		begin => sub { $_[1]->query("$DROP; SELECT pg_replication_origin_create('idgen')") },
		end => sub { $_[1]->query('ROLLBACK') },
		reason => qr/has been dropped/,
		refusal => qr/55006: .*created by the current transaction/,
	},
	{
		name => 'there is no memory for locks',
		begin => sub { $_[0]->error('SELECT count(pg_advisory_lock(i)) FROM generate_series(1, 1000000) AS i') },
		end => sub { $_[0]->query('SELECT pg_advisory_unlock_all()') },
		reason => qr/out of shared memory/,
	});

# Twice, as the log must tell again what began anew.
sub check_hindered
{
	my ($hindrance, $session, $name) = @_;
	my $dba = session($node);

	foreach my $time ('once', 'again')
	{
		my $log_start = -s $node->logfile;
		$record->add("$name: with nothing in the way", [ $session->ids(whole_ticks(1)) ]);
		my $before = status('reservations');
		$hindrance->{begin}->($dba, $session);
		my $error = draw_until_refused($session, "$name, $time");
		like($error, $hindrance->{refusal} // $hindrance->{reason}, '... and then the reason is told');
		is(status('reservations'), $before, '... no reservation was made');
		my @logged = early_failures($log_start);
		is(scalar @logged, 1, '... the log tells once that it could not be extended') or diag("@logged");
		like($logged[0] // '', $hindrance->{reason}, '... and why');
		$hindrance->{end}->($dba, $session);
	}
	$record->add("$name no more: IDs go on", [ $session->ids(whole_ticks(2000)) ]);
	$_->quit foreach $dba, $session;
	return;
}

sub check_hindrances
{
	my $force = $node->pg_version >= 16 ? 'debug_parallel_query' : 'force_parallel_mode';

	check_hindered($_, session($node), $_->{name}) foreach @hindrances;

	my $session = session($node);
	$session->query("SET $force = on");
	check_hindered($hindrances[0], $session, "in a parallel worker, $hindrances[0]->{name}");
	return;
}

# In each life of the server, somebody has to read what the one before left.
sub check_first_of_all
{
	$observer->quit;
	$node->restart;
	my $dba = session($node);
	my $session = session($node);

	$dba->query('BEGIN; LOCK TABLE pg_replication_origin IN ACCESS EXCLUSIVE MODE');
	like($session->error("SET statement_timeout = '30s'; SELECT snowflake_nextval()"),
		qr/ERROR:  55006: .*locked by another transaction/, 'the first call after a start waits for a lock up to idgen.max_wait');
	$session->query("LOAD 'idgen'; SET idgen.max_wait = '1h'");
	$session->send('SELECT snowflake_nextval()');
	$dba->query('COMMIT');
	my ($id, $error) = $session->finish;
	is($error, '', '... or until it is released');
	$record->add('... and has its ID', [$id]);
	$_->quit foreach $dba, $session;
	$observer = session($node);
	return;
}

# Within one statement, an attempt now and then is enough; and what one failure leaves
# behind is no harm to the next statements of the transaction.
sub check_transaction
{
	my $dba = session($node);
	my $session = session($node);

	$record->add('a transaction', [ $session->ids(whole_ticks(1)) ]);
	$session->query('CREATE TABLE t AS SELECT 1 AS one');
	$dba->query("SELECT pg_replication_origin_session_setup('idgen')");
	my $log_start = -s $node->logfile;
	$session->query('BEGIN; UPDATE t SET one = 2');
	$record->add('... draws beyond half of the reservation in one statement',
		[ $session->ids(whole_ticks(ms_left() - 20)) ]);
	is(scalar(() = early_failures($log_start)), 1, '... which cannot be extended then');
	is($session->query('UPDATE t SET one = one + 1; COMMIT; SELECT one FROM t'), 3, '... and commits what it did');
	is( $observer->query(
			"SELECT count(*) FROM pg_locks WHERE relation = 'pg_replication_origin'::regclass OR classid = 'pg_replication_origin'::regclass"
		),
		0,
		'... and no lock is left');
	$dba->query('SELECT pg_replication_origin_session_reset()');
	my $before = status('reservations');
	$record->add('the origin is free: IDs go on', [ $session->ids(whole_ticks(10)) ]);
	is(status('reservations'), $before + 1, '... and near the end the reservation is extended all the same');
	unlike(slurp_file($node->logfile, $log_start), qr/WARNING|leak/, '... and nothing was left behind');
	$_->quit foreach $dba, $session;
	return;
}

#
# Waiting for another backend's flush
#
sub state_of
{
	my ($session) = @_;
	return $observer->query("SELECT state FROM pg_stat_activity WHERE pid = " . $session->pid);
}

# Stops a session in its flush, which takes 0.1 s; false if it was not there.
sub stop_in_flush
{
	my ($writer, $is_there) = @_;
	my $before = status('reservations');

	for (1 .. 1000)
	{
		last if $is_there->() || state_of($writer) eq 'idle';
	}
	$stopped_pid = $writer->pid;
	stop_processes($stopped_pid);
	return 1 if state_of($writer) eq 'active' && status('reservations') == $before && $is_there->();
	kill('CONT', $writer->pid);
	return 0;
}

sub writing_session
{
	my $writer = session($node);

	$writer->query('SET commit_delay = 100000; SET commit_siblings = 0');
	return $writer;
}

# For another one to finish; before 17 that has no name.
sub is_waiting
{
	my ($session) = @_;
	return $observer->query(
		"SELECT wait_event IN ('Extension', 'IdgenReservation') FROM pg_stat_activity WHERE pid = " . $session->pid) eq 't';
}

# Passes if a call fails in some way, sooner or later: somebody else may happen to flush.  On a disk that is fast at the
# moment it may take very long, so the check is skipped then.
sub ends_some_time
{
	my ($session, $error, $name) = @_;
	my $give_up = time + 30;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	while (time < $give_up)
	{
		return pass($name) if $session->error('SELECT snowflake_nextval()') =~ $error;
	}
  SKIP:
	{
		skip "no flush was slow enough: $name", 1;
	}
	return;
}

# The clock runs ten times as fast, so a flush takes a second of it.
sub check_slow
{
	my $session = writing_session();

	$session->query("SET statement_timeout = '30s'");
	$record->add('a flush that takes longer than the first reservation after a pause: the next one is longer',
		[ $session->ids('SELECT snowflake_nextval()') ]);

	alter_system($node, $observer, 'idgen.reserve_ahead', '300ms');
	reload_until($node, $session, 'idgen.reserve_ahead', '300ms');
	$session->query("SET idgen.max_wait = '300ms'");
	ends_some_time($session,
		qr/ERROR:  55000: reservation of time for snowflake IDs expired before it was written\nDETAIL: .*\nHINT:  /,
		'a flush that takes longer than any: an error says so');
	$session->query("SET idgen.max_wait = '1h'; SET statement_timeout = '300ms'");
	ends_some_time($session, qr/ERROR:  57014: canceling statement due to statement timeout/,
		'... and calls can be cancelled');
	$session->quit;
	return;
}

# Somebody who writes a reservation, as the old one is used up, and somebody who waits.
sub stopped_writer
{
	for (1 .. 50)
	{
		my $writer = writing_session();
		my $waiter = session($node);

		$waiter->query("SET idgen.max_wait = '1h'");
		$_->query('SELECT 1 FROM idgen_status()') foreach $writer, $waiter;
		outlive_reservation($observer);
		my $before = status('reservations');
		$writer->send('SELECT snowflake_nextval()');
		wait_until { state_of($writer) eq 'active' || status('reservations') > $before } 'the writer to begin';
		$waiter->send('SELECT snowflake_nextval()');
		return ($writer, $waiter) if stop_in_flush($writer, sub { is_waiting($waiter) });
		$record->add('too late to stop it: once more', map { [ ($_->finish)[0] ] } $writer, $waiter);
		$_->quit foreach $writer, $waiter;
	}
	die 'no writer could be stopped in its flush';
}

# Passes if a statement that was sent ends by itself, with an error.
sub ends_with
{
	my ($session, $error, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	for (1 .. 200)
	{
		return like(($session->finish)[1], $error, $name) if state_of($session) ne 'active';
		usleep(50_000);
	}
	return fail($name);
}

# Nobody may be left waiting if the test fails.
sub check_waiting
{
	my ($writer, $waiter) = stopped_writer();
	my @others = map { session($node) } 1 .. 4;
	my ($patient, $hasty, $timed, $resetting) = @others;

	$_->query("SET idgen.max_wait = '1h'") foreach $patient, $timed;
	$_->query("SET idgen.max_wait = '300ms'") foreach $hasty, $resetting;
	$timed->query("SET statement_timeout = '300ms'");
	$_->send('SELECT snowflake_nextval()') foreach $patient, $hasty, $timed;
	$resetting->send('SELECT idgen_reset_timeline()');
	ends_with($hasty, qr/$BEING_WRITTEN\nDETAIL: .* ${\$writer->pid} .*\nHINT:  /,
		"a flush that takes long: calls wait for it up to idgen.max_wait");
	ends_with($timed, qr/ERROR:  57014: canceling statement due to statement timeout/, '... or statement_timeout');
	ends_with($resetting, $BEING_WRITTEN, '... also idgen_reset_timeline()');
	$observer->query('SELECT pg_cancel_backend(' . $waiter->pid . ')');
	ends_with($waiter, qr/ERROR:  57014: canceling statement due to user request/, '... or until they are cancelled');
	$resetting->query("SET idgen.max_wait = '1h'");
	$resetting->send('SELECT idgen_reset_timeline()');
	wait_until { state_of($resetting) eq 'active' } 'the reset to begin';
	$observer->query('SELECT pg_cancel_backend(' . $resetting->pid . ')');
	ends_with($resetting, qr/ERROR:  57014: canceling statement due to user request/, '... also idgen_reset_timeline()');
	ok(is_waiting($patient), '... the others wait');

	kill('CONT', $writer->pid);
	my @results = map { [ $_->finish ] } $writer, $patient;
	is(join('', map { $_->[1] } @results), '', '... until it is done');
	$record->add('... and then have their IDs', map { [ $_->[0] ] } @results);
	$record->add('... as has everybody', map { [ $_->ids('SELECT snowflake_nextval()') ] } $waiter, @others);
	$_->quit foreach $writer, $waiter, @others;
	return;
}

sub check_terminated
{
	my ($writer, $waiter) = stopped_writer();

	$observer->query('SELECT pg_terminate_backend(' . $writer->pid . ')');
	kill('CONT', $writer->pid);
	my ($id, $error) = $waiter->finish;
	is($error, '', 'the one who writes is terminated: calls that wait go on');
	$record->add('... with IDs above all', [ $id ]);
	$writer->abandon;
	$waiter->quit;
	return;
}

# Somebody who extends the reservation at half-way, and is stopped there.
sub stopped_early
{
	for (1 .. 50)
	{
		my $writer = writing_session();

		$record->add('far from the end', [ $writer->ids(whole_ticks(1)) ]);
		my $half = int(ms_left() / 2) + 2;
		$writer->send(whole_ticks($half + 100));
		return $writer if stop_in_flush($writer, sub { ms_left() <= $half });
		$record->add('too late to stop it: once more', [ split /[\s|]+/, ($writer->finish)[0] ]);
		$writer->quit;
		$observer->query("SELECT idgen_reset_timeline((SELECT reserved_until FROM idgen_status()) + interval '10s')");
	}
	die 'no early extension could be stopped in its flush';
}

sub check_early_flush
{
	my $writer = stopped_early();
	my $session = session($node);

	$session->query("SET idgen.max_wait = '200ms'");
	like(draw_until_refused($session, 'an early extension that takes long'), $BEING_WRITTEN, '... and then it is waited for');
	kill('CONT', $writer->pid);
	my ($output, $error) = $writer->finish;
	is($error, '', '... until it is done');
	my $ids = [ split /[\s|]+/, $output ];
	is_increasing($ids, '... the one who extended goes on');
	$record->add('... and so does everybody', [ $session->ids(whole_ticks(1)) ]);
	$_->quit foreach $writer, $session;
	return;
}

begin_server('hindered', "idgen.max_wait = '200ms'\nmax_locks_per_transaction = 10\nidgen.reserve_ahead = '3s'");
set_far_ahead();
check_hindrances();
check_transaction();
check_first_of_all();
end_server();

begin_server('slow', "$SLOW_FLUSH\nidgen.reserve_ahead = '400ms'");
check_waiting();
check_terminated();
alter_system($node, $observer, 'idgen.reserve_ahead', '3s');
set_far_ahead();
check_early_flush();
end_server();

SKIP:
{
	skip 'libfaketime is not installed', 1 unless IdgenTest::Clock::library();

	begin_server('fast_clock', "$SLOW_FLUSH\nidgen.reserve_ahead = '2500ms'", clock => fake_clock('+0 x10'));
	check_slow();
	end_server();
}

done_testing();
