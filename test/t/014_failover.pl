# Guards: a promoted standby goes on above every ID of its primary, although its clock is
# behind: any standby that a reservation waited for, and under steady load one that lagged
# behind by less than half of idgen.reserve_ahead.  While a synchronous standby is missing,
# calls go on up to the reservation which it has, and no further; a call that waits for it
# can be cancelled.
#
# The primary's timeline is hours ahead of its clock, so that IDs alone move it and nothing
# depends on how fast this machine is.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use PostgreSQL::Test::Cluster;
use Test::More;

skip_all_without_faketime();

my $AHEAD = 7200;
my $BLOCK = whole_ticks(1);
my $IN_RECOVERY = qr/ERROR:  25006: cannot execute snowflake_nextval\(\) during recovery/;
my $UNCONFIRMED = qr/ERROR:  55000: .*synchronous standby/;

my @records;

# (primary, record of its IDs)
sub new_primary
{
	my ($name, $worker) = @_;
	my $clock = fake_clock("+$AHEAD");
	my $primary = new_server(
		$name,
		streaming => 1,
		clock => $clock,
		conf => <<"END");
restart_after_crash = on
idgen.worker_id = $worker
idgen.reserve_ahead = '300ms'
idgen.max_drift = '1d'
END
	my $record = id_record();

	$record->add("$name: the first ID", [ $primary->safe_psql('postgres', 'SELECT snowflake_nextval()') ]);
	$clock->set_ahead(0);
	push @records, $record;
	return ($primary, $record);
}

# A standby whose clock is behind the primary's timeline by some seconds.
sub new_standby
{
	my ($primary, $name, %option) = @_;
	my $standby = PostgreSQL::Test::Cluster->new($name);

	$standby->init_from_backup($primary, 'base', has_streaming => 1);
	$standby->append_conf('postgresql.conf', "shared_preload_libraries = 'idgen'")
	  if $option{preload};
	$standby->append_conf('postgresql.conf', "idgen.worker_id = $option{worker}")
	  if $option{worker};
	start_server($standby, fake_clock('+' . ($AHEAD - $option{behind})));
	return $standby;
}

sub caught_up
{
	my ($primary, @standbys) = @_;

	$primary->wait_for_catchup($_, 'replay', $primary->lsn('flush')) foreach @standbys;
	return;
}

sub wait_until_waiting
{
	my ($node, @sessions) = @_;

	foreach my $session (@sessions)
	{
		$node->poll_query_until('postgres',
			"SELECT state = 'active' AND wait_event IS NOT NULL FROM pg_stat_activity WHERE pid = " . $session->pid)
		  or die 'the session does not wait';
	}
	return;
}

# Draws blocks until a call fails: (IDs, error).
sub draw_until_refused
{
	my ($session) = @_;
	my @ids;

	while (@ids < 1_000)
	{
		my ($output, $error) = $session->run($BLOCK);
		return (\@ids, $error) if $error ne '';
		push @ids, split /\|/, $output;
	}
	return (\@ids, '');
}

# Stops a synchronous standby.  The primary goes as far as the reservation which that has.
sub check_refusal
{
	my ($primary, $standby, $record, $name) = @_;
	my $reader = session($standby);
	my $session = session($primary);

	caught_up($primary, $standby);
	my $end = origin_progress($reader, 'idgen') / 1_000_000;
	$reader->quit;
	$standby->stop;

	$session->query($_) foreach "SET idgen.max_wait = '200ms'", 'SET synchronous_commit = off';
	my ($ids, $error) = draw_until_refused($session);
	like($error, $UNCONFIRMED, "$name: calls end in an error");
	$record->add('... until then, IDs go on', $ids);
	my $left = $session->query("SELECT $end - extract(epoch FROM snowflake_timestamp($ids->[-1]))");
	ok($left > 0 && $left < 0.003, '... up to the reservation and no further') or diag("$left s are left");
	my $other = session($primary);
	$other->query("SET idgen.max_wait = '200ms'");
	like($other->error('SELECT snowflake_nextval()'), $UNCONFIRMED, '... so do those of others');
	$_->quit foreach $session, $other;
	return;
}

# Sessions which wait for ever, for a standby that is missing.
sub waiting_sessions
{
	my ($primary, $count) = @_;
	my @sessions = map { session($primary) } 1 .. $count;

	foreach my $session (@sessions)
	{
		$session->query("SET idgen.max_wait = '1h'");
		$session->send('SELECT snowflake_nextval()');
		wait_until_waiting($primary, $session);
	}
	return @sessions;
}

# Of the sessions that wait, the first is the one that extends the reservation.
sub check_cancelling
{
	my ($primary) = @_;
	my ($first, $second, $third, @others) = waiting_sessions($primary, 5);
	my $session = session($primary);

	foreach my $cancelled ([ $second, 'that waits for another' ], [ $first, 'that extends' ])
	{
		$session->query('SELECT pg_cancel_backend(' . $cancelled->[0]->pid . ')');
		like(($cancelled->[0]->finish)[1], qr/ERROR:  57014: canceling statement due to user request/,
			"a call $cancelled->[1] is cancelled");
		wait_until_waiting($primary, $third, @others);
	}
	$session->query($_) foreach "SET idgen.max_wait = '1h'", "SET statement_timeout = '200ms'";
	like($session->error('SELECT snowflake_nextval()'),
		qr/ERROR:  57014: canceling statement due to statement timeout/, 'a call that waits has a timeout');

	$session->query($_) foreach 'RESET statement_timeout', "SET idgen.max_wait = '200ms'";
	like($session->error('SELECT snowflake_nextval()'), $UNCONFIRMED, '... after that, calls wait and fail as before');
	$session->query('SELECT pg_terminate_backend(' . $third->pid . ')');
	wait_until { $session->query('SELECT count(*) FROM pg_stat_activity WHERE pid = ' . $third->pid) == 0 }
	'the terminated session to end';
	wait_until_waiting($primary, @others);
	like($session->error('SELECT snowflake_nextval()'), $UNCONFIRMED, '... also when one was terminated');

	$third->abandon;
	$_->quit foreach $first, $second, $session;
	return @others;
}

# Calls that wait end well.
sub check_going_on
{
	my ($record, $name, @sessions) = @_;
	my @results = map { [ $_->finish ] } @sessions;

	is(join('', map { $_->[1] } @results), '', "$name: calls that wait go on");
	$record->add('... with IDs above all', map { [ split ' ', $_->[0] ] } @results);
	$_->quit foreach @sessions;
	return;
}

# Promotes a standby with the sessions that it has, and lets it crash.
sub check_promotion
{
	my ($standby, $record, $name) = @_;
	my @sessions = map { session($standby) } 1 .. 2;
	my $own_record = id_record($record);

	push @records, $own_record;
	like($sessions[0]->error('SELECT snowflake_nextval()'), $IN_RECOVERY, "$name: no IDs in recovery");
	$standby->promote;
	$own_record->add("$name, promoted: sessions which were there go on above all of the primary's IDs",
		[ map { $_->ids('SELECT snowflake_nextval()'), $_->ids(whole_ticks(400)) } @sessions ]);
	$own_record->add('... and so do new ones', [ session($standby)->ids($BLOCK) ]);

	kill_backend($standby, $sessions[1]->pid);
	$_->abandon foreach @sessions;
	$own_record->add('... after a crash', [ session($standby)->ids($BLOCK) ]);
	$standby->stop('immediate');
	start_server($standby);
	$own_record->add('... after another', [ session($standby)->ids($BLOCK) ]);
	$standby->stop;
	return;
}

sub check_synchronous
{
	my ($primary, $record) = new_primary('primary', 1);
	$primary->backup('base');
	my $near = new_standby($primary, 'near', behind => 60, preload => 1);
	my $far = new_standby($primary, 'far', behind => 3600, worker => 2);
	my @both = (2, '2 (near, far)');

	set_synchronous($primary, @both);
	my $session = session($primary);
	$record->add('two synchronous standbys: IDs go on', [ $session->ids(whole_ticks(400)) ]);
	$session->quit;

	check_refusal($primary, $near, $record, 'one of two synchronous standbys is down');
	my @waiting = check_cancelling($primary);
	start_server($near);
	check_going_on($record, 'the standby is back', @waiting);

	check_refusal($primary, $near, $record, 'it is down again');
	@waiting = waiting_sessions($primary, 2);
	set_synchronous($primary, 0, '');
	check_going_on($record, 'no synchronous standby is wanted any more', @waiting);

	start_server($near);
	caught_up($primary, $near, $far);
	set_synchronous($primary, @both);
	check_refusal($primary, $far, $record, 'the other one is down');
	$primary->stop('immediate');
	start_server($far);
	check_promotion($near, $record, 'synchronous, 60 s behind');
	check_promotion($far, $record, 'synchronous, 1 h behind');
	return;
}

# Draws until one more reservation has been made.
sub draw_reservation
{
	my ($session, $record, $name) = @_;
	my $count = 'SELECT reservations FROM idgen_status()';
	my $before = $session->query($count);
	my @ids;

	while ($session->query($count) == $before && @ids < 1_000)
	{
		push @ids, $session->ids(whole_ticks(10));
	}
	$record->add($name, \@ids);
	return;
}

# The standbys do not get the primary's last reservation, but all before it.
sub check_asynchronous
{
	my ($primary, $record) = new_primary('async_primary', 3);
	$primary->backup('base');
	my $near = new_standby($primary, 'async_near', behind => 60);
	my $far = new_standby($primary, 'async_far', behind => 3600, worker => 4, preload => 1);
	my $session = session($primary);

	draw_reservation($session, $record, 'asynchronous standbys: IDs go on');
	caught_up($primary, $near, $far);
	foreach my $standby ($near, $far)
	{
		$standby->append_conf('postgresql.conf', "primary_conninfo = ''");
		$standby->reload;
	}
	$primary->poll_query_until('postgres', 'SELECT count(*) = 0 FROM pg_stat_replication')
	  or die 'the standbys are still connected';

	draw_reservation($session, $record, '... up to a reservation that they do not get');
	$record->add('... and for less than half of it', [ $session->ids(whole_ticks(120)) ]);
	$primary->stop('immediate');
	$session->abandon;
	check_promotion($near, $record, 'asynchronous, 60 s behind');
	check_promotion($far, $record, 'asynchronous, 1 h behind');
	return;
}

check_synchronous();
check_asynchronous();
are_distinct([ map { $_->ids } @records ], 'no ID came twice on any of these servers');

done_testing();
