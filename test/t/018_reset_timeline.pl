# Guards: a server whose timeline is ahead of a clock that has been corrected is brought
# back by idgen_reset_timeline(): safely, that is under a node that has made no IDs yet,
# or else only by force; for ever, that is over a crash; and without a repeat for those
# who draw meanwhile.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use PostgreSQL::Test::Cluster;
use Test::More;

skip_all_without_faketime();

my $RESET = 'SELECT idgen_reset_timeline()';
my $FORCED_RESET = 'SELECT idgen_reset_timeline(force => true)';

# The default leaves a timeline where it is that is ahead within idgen.max_drift.
my $RESET_TO_CLOCK = 'SELECT idgen_reset_timeline(clock_timestamp())';

my $TOO_FAR =
  qr/ERROR:  55000: snowflake timeline is too far ahead of the system clock\n.*HINT: .*idgen_reset_timeline/s;
my $MIGHT_REPEAT = qr/ERROR:  55000: .*\n.*DETAIL: .*20\d\d-\d\d-\d\d .*HINT: .*idgen\.worker_id.*force/s;

my $BARRED = qr/ERROR:  55000: node has already issued snowflake IDs for this time/;

my $clock = fake_clock();

# Servers that start with a node of their own, and all IDs they have given.  A fresh
# node is one that has not been used in this test.
my $record = id_record();
my $last_node = 0;    # of 31
my ($node, @sessions);

sub open_session
{
	my $session = session($node, @_);
	push @sessions, $session;
	return $session;
}

sub close_sessions
{
	$_->quit foreach splice @sessions;
	return;
}

# As the runbook says.
sub take_fresh_node
{
	my ($session) = @_;

	alter_system($node, $session, 'idgen.worker_id', ++$last_node);
	return;
}

# Passes if IDs are made at the clock, and none has been there before.
sub draws_at_clock
{
	my ($session, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my @ids = map { $session->ids($_) } burst(500), 'SELECT unnest(snowflake_nextvals(50))';

	is( $session->query(
			"SELECT snowflake_timestamp($ids[0]) BETWEEN clock_timestamp() - interval '10min' AND clock_timestamp() + interval '5s'"),
		't',
		$name) or diag("@ids");
	is_increasing(\@ids, '... in order');
	push @{ $record->{ids} }, @ids;
	return are_distinct([ $record->ids ], '... none of which has been there before');
}

# Some time passes.  Then a start of now is above what was reserved for an hour ago.
my $hours = 0;

sub pass_hour
{
	$hours++;
	$clock->set("+${hours}h");
	return;
}

# Ten years ahead for a while, which leaves the timeline there.
sub draw_ahead
{
	my ($session) = @_;

	$clock->set('+3650d');
	draw($session);
	pass_hour();
	return;
}

sub draw
{
	my ($session) = @_;

	push @{ $record->{ids} }, $session->ids(burst(100));
	return;
}

sub is_stuck
{
	my ($session, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	$session->query('SET idgen.max_wait = 0');
	like($session->error('SELECT snowflake_nextval()'), $TOO_FAR, $name);
	$session->query('RESET idgen.max_wait');
	return;
}

# Stops the server without a checkpoint; its timeline goes on.
sub survives_crash
{
	my ($name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	crash_server($node, splice @sessions);
	return draws_at_clock(open_session(), "$name: after a crash, IDs are made at the clock");
}

sub check_arguments
{
	my $session = open_session();
	my $first = $session->query('SELECT snowflake_nextval()');

	$node->safe_psql('postgres', 'CREATE ROLE regress_reset LOGIN');
	my $user = open_session(user => 'regress_reset');
	like($user->error($_), qr/ERROR:  42501: permission denied for function idgen_reset_timeline/, "not for everyone: $_")
	  foreach $RESET, $FORCED_RESET;
	$node->safe_psql('postgres', 'GRANT EXECUTE ON FUNCTION idgen_reset_timeline TO regress_reset');
	is($user->error($RESET), '', '... but for whom a superuser lets');

	foreach my $start ('infinity', '-infinity', '2019-12-31 23:59:59.999+00', '2089-09-06 15:47:35.552+00', '0001-01-01 BC', '294276-12-31')
	{
		foreach my $force ('false', 'true')
		{
			like($session->error("SELECT idgen_reset_timeline('$start', $force)"),
				qr/ERROR:  22008: (?!.*internal).*DETAIL: .*2020-01-01.*2089-09-06/s, "no start at $start, force => $force");
		}
	}
	is( $session->query(
			"SELECT idgen_reset_timeline(NULL, NULL) BETWEEN clock_timestamp() - interval '1min' AND clock_timestamp() + interval '1min'"),
		't',
		'NULL stands for the default');
	like($session->error("SELECT idgen_reset_timeline(clock_timestamp() - interval '1min', NULL)"),
		$MIGHT_REPEAT, '... and is not force');
	like($session->error('BEGIN READ ONLY; SELECT idgen_reset_timeline(clock_timestamp() - interval \'1min\')'),
		qr/ERROR:  (25006|55000): /, 'nothing is reset in a read-only transaction');
	$session->query('ROLLBACK');
	cmp_ok($session->query('SELECT snowflake_nextval()'), '>', $first, 'none of these has moved the timeline back');
	close_sessions();
	return;
}

# The clock was years ahead, and is right again.
sub check_way_out
{
	my $session = open_session();
	my $other = open_session();

	take_fresh_node($session);
	draws_at_clock($_, 'before the clock is wrong') foreach $session, $other;
	draw_ahead($session);
	$session->query('SELECT snowflake_horizon()');
	is_stuck($session, 'after it was, calls fail and tell the way out, also if somebody has read the horizon');
	is_stuck($other, '... in all sessions');

	my $error = $session->error($RESET);
	like($error, $MIGHT_REPEAT, 'no reset under the same node, and the way out is told');
	my ($year) = $session->query("SELECT extract(year FROM clock_timestamp() + interval '3650 days')");
	like($error, qr/DETAIL: .*$year-/, '... with the time up to which there are IDs');
	is_stuck($session, '... and nothing has changed');

	take_fresh_node($session);
	is_stuck($_, '... under a fresh node, as readers have a horizon ahead') foreach $session, $other;
	my $log_start = -s $node->logfile;
	is( $session->query("SELECT $1 BETWEEN clock_timestamp() - interval '1min' AND clock_timestamp() + interval '1min'"),
		't',
		'a reset under a fresh node succeeds')
	  if $RESET =~ /SELECT (.*)/;
	$node->wait_for_log(qr/LOG: .*timeline was reset/, $log_start);
	draws_at_clock($_, '... and IDs are made at the clock') foreach $session, $other, open_session();
	is($session->query("SELECT ahead_of_clock < interval '5s' AND reserved_until < clock_timestamp() + interval '10s' FROM idgen_status()"),
		't', '... as idgen_status() tells');
	survives_crash('reset');

	# Once more in the same life of the server.
	draw_ahead($sessions[0]);
	take_fresh_node($sessions[0]);
	is($sessions[0]->error($RESET), '', 'the same in the next life of the server');
	draws_at_clock($sessions[0], '... IDs are made at the clock');
	draw_ahead($sessions[0]);
	$sessions[0]->query('SELECT snowflake_horizon()');
	is_stuck($sessions[0], 'the clock is wrong a second time');
	like($sessions[0]->error($RESET), $MIGHT_REPEAT, '... no reset under the same node');
	take_fresh_node($sessions[0]);
	is($sessions[0]->error($RESET), '', '... but under a fresh one');
	draws_at_clock($sessions[0], '... IDs are made at the clock');
	close_sessions();
	return;
}

# A node counts by what it has issued at or above the time to go back to.
sub check_used_node
{
	my $session = open_session();
	my @nodes;

	foreach (1 .. 2)
	{
		take_fresh_node($session);
		push @nodes, $last_node;
		push @{ $record->{ids} }, $session->query('SELECT snowflake_nextval()');
	}
	draw_ahead($session);
	like($session->error($RESET), $MIGHT_REPEAT, 'no reset under a node that was used ahead of the clock');
	alter_system($node, $session, 'idgen.worker_id', $nodes[0]);
	is($session->error($RESET), '', '... but under one that was used before that');
	draws_at_clock($session, '... IDs are made at the clock');
	draw_ahead($session);
	foreach my $used (@nodes)
	{
		alter_system($node, $session, 'idgen.worker_id', $used);
		like($session->error($RESET), $MIGHT_REPEAT, "no reset under another node that was ($used)");
	}
	alter_system($node, $session, 'idgen.datacenter_id', 1);
	is($session->error($RESET), '', '... unless it is in another datacenter');
	draws_at_clock($session, '... IDs are made at the clock');
	alter_system($node, $session, 'idgen.datacenter_id', 0);
	close_sessions();
	return;
}

# Who comes back to the node that made IDs ahead, or goes by it still, makes none until
# the clock has passed those.
sub check_barred_node
{
	# A new life of the server, which has not made any ID years ahead.
	crash_server($node, splice @sessions);
	my $session = open_session();

	take_fresh_node($session);
	my $old_node = $last_node;
	draws_at_clock($session, 'before the clock is wrong');
	$clock->set('+' . ($hours + 3) . 'h');
	draw($session);
	pass_hour();
	take_fresh_node($session);
	is($session->error($RESET), '', 'reset after the clock was ahead by some hours');
	draws_at_clock($session, '... and IDs are made at the clock');

	alter_system($node, $session, 'idgen.worker_id', $old_node);
	like($session->error($_), $BARRED, "back to the old node: no $_")
	  foreach 'SELECT snowflake_nextval()', 'SELECT snowflake_nextvals(3)', 'SELECT snowflake_next_block(3)';
	like($session->error($RESET), $MIGHT_REPEAT, '... where another reset is refused');
	like($session->error('SELECT snowflake_nextval()'), $BARRED, '... and changes nothing');
	take_fresh_node($session);
	draws_at_clock($session, '... but under another one');

	pass_hour() for 1 .. 3;
	alter_system($node, $session, 'idgen.worker_id', $old_node);
	draws_at_clock($session, '... and under the old one when its time has passed');
	close_sessions();
	return;
}

sub check_force
{
	my $session = open_session();

	take_fresh_node($session);
	draws_at_clock($session, 'before the clock is wrong');
	draw_ahead($session);
	like($session->error($RESET), $MIGHT_REPEAT, 'no reset under the same node');
	is($session->error($FORCED_RESET), '', '... but by force');
	draws_at_clock($session, '... IDs are made at the clock');
	survives_crash('reset by force');
	close_sessions();
	return;
}

# What an earlier life of the server has made, and under which node, is not known.
sub check_earlier_life
{
	my $session = open_session();

	take_fresh_node($session);
	draws_at_clock($session, 'before the clock is wrong');
	draw_ahead($session);
	crash_server($node, splice @sessions);
	$session = open_session();
	is_stuck($session, 'after a crash, the timeline is where it was');
	take_fresh_node($session);
	like($session->error($RESET), qr/ERROR:  55000: .*DETAIL: .*before the server was last started.*HINT: .*generator.*force/si,
		'... and a fresh node is not enough');
	$session->query("SELECT snowflake_create_generator('own', 'default', worker_id => 3), snowflake_create_generator('follower', 'default')");
	like($session->error($FORCED_RESET), qr/WARNING:  01000: generators .*DETAIL: .* are "own"\.\n.*HINT: .*another node/s,
		'... so it takes force, and a warning tells of generators with a node of their own');
	$session->query("SELECT snowflake_drop_generator('own'), snowflake_drop_generator('follower')");
	draws_at_clock($session, '... IDs are made at the clock');

	# Whoever has answered for the earlier life need not do so again.
	draw_ahead($session);
	is_stuck($session, 'and if it happens again');
	take_fresh_node($session);
	is($session->error($RESET), '', '... a fresh node is enough');
	draws_at_clock($session, '... and IDs are made at the clock');

	# A slip that has made no IDs is taken back.
	like($session->error("SELECT idgen_reset_timeline(clock_timestamp() + interval '30 years')"),
		qr/WARNING: .*begin \d+\.\d+ s ahead/, 'a start far ahead is warned about');
	is_stuck($session, '... and calls wait for it');
	is($session->error($RESET), '', '... but it is taken back without force');
	draws_at_clock($session, '... and IDs are made at the clock');
	survives_crash('reset by force in a later life');
	close_sessions();
	return;
}

# Those of 128 bits that draw from a timeline, and nothing else: they have the server's node,
# or none, so they keep nobody from going back to the clock under another one.
sub check_moments
{
	my @calls = ('uuidv7_sequential()', 'ulid_sequential()', 'snowflake128_nextval()', 'uuidv6()');

	# A new life of the server, which knows of no snowflakes.
	crash_server($node, splice @sessions);
	my $session = open_session();
	my %made;

	$session->query('SET idgen.uuid_node = server');
	foreach my $hours_ahead (0, 3650 * 24)
	{
		take_fresh_node($session);
		$clock->set('+' . ($hours + $hours_ahead) . 'h');
		push @{ $made{$_} }, $session->query("SELECT $_") foreach @calls;
	}
	pass_hour();
	$session->query('SET idgen.max_wait = 0');
	like($session->error("SELECT $_"), $TOO_FAR, "the clock was ahead: no $_") foreach @calls;
	$session->query('RESET idgen.max_wait');
	like($session->error($RESET), $MIGHT_REPEAT, 'no reset under the same node');

	is($session->query(q{SELECT count(*) FROM idgen_check() WHERE subject = 'timeline' AND finding LIKE 'IDs of 128 bits %'}),
		1, '... which idgen_check() tells');

	# A reset that fails bars no node.
	my $old_node = $last_node;
	my $holder = open_session();
	take_fresh_node($session);
	$holder->query("SELECT pg_replication_origin_session_setup('idgen')");
	like($session->error($RESET), qr/ERROR:  55006: /, '... nor under another one, while somebody holds the origin');
	$holder->query('SELECT pg_replication_origin_session_reset()');
	alter_system($node, $session, 'idgen.worker_id', $old_node);
	draws_at_clock($session, '... which leaves snowflakes as they were');

	take_fresh_node($session);
	is($session->error($RESET), '', '... but under a fresh one');
	foreach my $call (@calls)
	{
		my $id = $session->query("SELECT $call");
		my ($before, $ahead) = @{ $made{$call} };

		ok($before lt $id && $id lt $ahead, "... and $call is made at the clock") or diag("$before $id $ahead");
	}
	alter_system($node, $session, 'idgen.worker_id', $old_node);
	like($session->error("SELECT $_"), $BARRED, "back to the old node: no $_") foreach @calls[ 2, 3 ];
	is($session->error("SELECT $_"), '', "... but $_, which has no node") foreach @calls[ 0, 1 ];
	close_sessions();
	return;
}

# A call that waits for a clock years ahead gets its ID after a reset.
sub check_waiting
{
	my $session = open_session();
	my @waiters = map { open_session() } 1 .. 3;

	take_fresh_node($session);
	draw_ahead($session);
	$_->query("SET idgen.max_wait = '1h'") foreach @waiters;
	reload_until($node, $_, 'idgen.worker_id', $last_node) foreach @waiters;
	$_->send('SELECT snowflake_nextval()') foreach @waiters;
	$node->poll_query_until('postgres',
		"SELECT count(*) = 3 FROM pg_stat_activity WHERE state = 'active' AND wait_event_type = 'Extension'")
	  or die 'the calls do not wait';
	is($session->error($FORCED_RESET), '', 'reset while calls wait');
	my @results = map { [ $_->finish ] } @waiters;
	is(join('', map { $_->[1] } @results), '', '... which have their IDs then');
	push @{ $record->{ids} }, map { $_->[0] } @results;
	draws_at_clock($session, '... and others go on');
	close_sessions();
	return;
}

# Where to: a time to come, within what is normal or beyond it.
sub check_start
{
	my $session = open_session();

	take_fresh_node($session);
	draws_at_clock($session, 'before a start is given');
	my $start = $session->query("SELECT date_trunc('milliseconds', clock_timestamp() + interval '500ms')");
	is($session->query("SELECT idgen_reset_timeline('$start') = '$start'"), 't', 'forward a little');
	my ($id) = $session->ids('SELECT snowflake_nextval()');
	is($session->query("SELECT snowflake_timestamp($id) BETWEEN '$start' AND clock_timestamp() + interval '2s'"),
		't', '... and IDs go on there');

	$start = $session->query("SELECT clock_timestamp() + interval '1h'");
	is( $session->query("SELECT idgen_reset_timeline('$start') - '$start' BETWEEN '0' AND interval '1ms'"),
		't',
		'forward an hour, which is always allowed');
	is_stuck($session, '... and nothing is made before that');
	crash_server($node, splice @sessions);
	$session = open_session();
	is_stuck($session, '... nor after a crash');
	pass_hour() for 1 .. 2;
	($id) = $session->ids('SELECT snowflake_nextval()');
	is($session->query("SELECT snowflake_timestamp($id) >= '$start'"), 't', '... until the clock is there');
	push @{ $record->{ids} }, $id;

	# A start in the past is no more than the clock.
	take_fresh_node($session);
	is($session->error("SELECT idgen_reset_timeline(clock_timestamp() - interval '1 year', true)"), '', 'a year ago, by force');
	draws_at_clock($session, '... and IDs go on at the clock');
	survives_crash('a start a year ago');
	close_sessions();
	return;
}

# A reset that cannot be made durable is none.
sub check_failure
{
	my $session = open_session();
	my $holder = open_session();

	take_fresh_node($session);
	draws_at_clock($session, 'before a reset that fails');
	draw_ahead($session);
	take_fresh_node($session);
	$holder->query("SELECT pg_replication_origin_session_setup('idgen')");
	like($session->error($RESET), qr/ERROR:  55\w{3}: .*replication origin/, 'no reset while somebody holds the origin');
	$holder->query('SELECT pg_replication_origin_session_reset()');
	is_stuck($session, '... and the timeline is where it was');
	is($session->error($RESET), '', '... and can be reset later');
	draws_at_clock($session, '... IDs are made at the clock');

	draw_ahead($session);
	take_fresh_node($session);
	$session->query(q(SET idgen.max_wait = '200ms'));
	$holder->query('BEGIN; LOCK TABLE pg_replication_origin IN EXCLUSIVE MODE');
	like($session->error($RESET), qr/ERROR:  55006: .*replication origin/, 'no reset while somebody has locked the origins');
	is_stuck($session, '... and the timeline is where it was');
	$holder->query('COMMIT');
	$session->query('RESET idgen.max_wait');
	is($session->error($RESET), '', '... and can be reset later');
	draws_at_clock($session, '... IDs are made at the clock');
	survives_crash('reset after a failure');
	close_sessions();
	return;
}

# Somebody is in a statement that began before the node was changed, and goes on to make
# IDs of the old node after the reset.
sub check_statement_of_old_node
{
	my $dba = open_session();
	my $session = open_session();

	take_fresh_node($dba);
	reload_until($node, $session, 'idgen.worker_id', $last_node);
	$dba->query('SELECT pg_advisory_lock(18)');
	$session->query('CREATE TABLE ticks (first bigint)');
	$session->send(
		q{DO $$
		BEGIN
			INSERT INTO ticks SELECT snowflake_next_block(4096) FROM generate_series(1, 60000);
			PERFORM pg_advisory_lock(18);
			INSERT INTO ticks SELECT snowflake_next_block(4096) FROM generate_series(1, 60000);
		EXCEPTION WHEN object_not_in_prerequisite_state THEN
			INSERT INTO ticks SELECT unnest(ARRAY[-1, -2]);
		END $$});
	$node->poll_query_until('postgres',
		"SELECT wait_event = 'advisory' FROM pg_stat_activity WHERE pid = " . $session->pid)
	  or die 'the statement does not wait';
	take_fresh_node($dba);
	is($dba->error($RESET_TO_CLOCK), '', 'a reset while a statement of the old node is under way');
	$dba->query('SELECT pg_advisory_unlock(18)');
	is(($session->finish)[1], '', '... which goes on');
	is($session->query('SELECT count(*) - count(DISTINCT first) FROM ticks'), 0, '... and repeats no ID');
	$session->query('DROP TABLE ticks');
	close_sessions();
	return;
}

# Everybody is drawing whole ticks far ahead of the clock, and each reset lets the same
# times come again under the next node.
sub check_under_load
{
	my $rounds = 12;
	my $dba = open_session();
	my @drawers = map { open_session() } 1 .. 3;
	my ($resets, $refused, $errors) = (0, 0, '');

	$dba->query('CREATE TABLE ticks (first bigint); CREATE TABLE singles (id bigint)');
	$_->query(
		q{CREATE PROCEDURE pg_temp.draw() LANGUAGE sql AS $$
			INSERT INTO ticks SELECT snowflake_next_block(4096) FROM generate_series(1, 100);
			INSERT INTO singles SELECT snowflake_nextval() FROM generate_series(1, 50) $$}) foreach @drawers;
	foreach (1 .. $rounds)
	{
		# Single statements, between which a backend reads the configuration.
		$_->send(join(";\n", ('CALL pg_temp.draw()') x 120)) foreach @drawers;
		$dba->query("LOAD 'idgen'; ALTER SYSTEM SET idgen.worker_id = " . ++$last_node);
		$node->reload;
		foreach (1 .. 20)
		{
			my $error = $dba->error($RESET_TO_CLOCK);
			$resets++ if !$error;
			$refused++ if $error =~ $MIGHT_REPEAT;
		}
		$errors .= join('', map { ($_->finish)[1] } @drawers);
	}
	note "$resets resets, $refused refused";
	is($resets + $refused, $rounds * 20, 'resets under load succeed, or are refused for good reason');
	my @other_errors = grep { !/$BARRED/ } $errors =~ /ERROR: .*/g;
	is("@other_errors", '', '... and IDs go on, but under a node that was left');
	is($dba->query('SELECT count(*) - count(DISTINCT first) FROM ticks'), 0, '... all distinct');
	is($dba->query('SELECT count(*) - count(DISTINCT id) FROM singles'), 0, '... also single ones');
	is($dba->query('SELECT count(*) FROM singles JOIN ticks ON id >> 12 = first >> 12'), 0, '... and they among the others');
	close_sessions();
	return;
}

sub check_standby
{
	my $primary = new_server('primary', streaming => 1, conf => 'idgen.worker_id = 1');
	my $id = $primary->safe_psql('postgres', 'SELECT snowflake_nextval()');
	$primary->backup('base');
	my $standby = PostgreSQL::Test::Cluster->new('standby');
	$standby->init_from_backup($primary, 'base', has_streaming => 1);
	$standby->start;

	my $session = session($standby);
	like($session->error($_), qr/ERROR:  25006: cannot execute idgen_reset_timeline\(\) during recovery/, "on a standby: no $_")
	  foreach $RESET, $FORCED_RESET;

	# What is reset on the primary is so on the standby.
	$primary->safe_psql('postgres', "SELECT idgen_reset_timeline(clock_timestamp() + interval '1h')");
	$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
	$standby->promote;
	$session->query('SET idgen.max_wait = 0');
	like($session->error('SELECT snowflake_nextval()'), $TOO_FAR, 'promoted, it begins where its primary was set to');
	$primary->stop;
	is($session->error($FORCED_RESET), '', '... and can be reset');
	cmp_ok($session->query('SELECT snowflake_nextval()'), '>', $id, '... and draws');
	$session->quit;
	$standby->stop;
	return;
}

$node = new_server('clock', clock => $clock, conf => "timezone = 'UTC'");
check_arguments();
check_way_out();
check_used_node();
check_barred_node();
check_force();
check_earlier_life();
check_moments();
check_waiting();
check_start();
check_failure();
$node->stop;

$last_node = 0;
$node = new_server('ahead', conf => "idgen.max_drift = '1h'");
check_statement_of_old_node();
check_under_load();
$node->stop;

check_standby();

done_testing();
