# Guards: the time in IDs runs ahead of the clock by no more than idgen.max_drift;
# a call that has to wait for the clock does so visibly, interruptibly, for no
# longer than idgen.max_wait, and wastes hardly any of the layout's room.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use Test::More;
use Time::HiRes qw(time);

my $IDS_PER_MS = 4096;

# Takes 25 s if nobody ends it.
my $LONG_BATCH = 'SELECT cardinality(snowflake_nextvals(100000000))';

my $TOO_FAR =
  qr/ERROR:  55000: snowflake timeline is too far ahead of the system clock\n.*DETAIL:.*, (\d+)\.\d{3} ms ahead of the clock\. "idgen.max_drift" is 0 ms, "idgen.max_wait" is (\d+) ms/s;

my $node = new_server('limits', conf => "idgen.max_drift = 0");
my $observer = session($node);
my $session = session($node);

# "IDs whose time is past the clock, as read after the call|duplicates"
sub ahead_and_duplicates
{
	my ($draw, $calls) = @_;
	return $session->query(
		qq{
		SELECT count(*) FILTER (WHERE snowflake_timestamp(id) > drawn_at),
			count(id) - count(DISTINCT id)
		FROM (SELECT ids, clock_timestamp() AS drawn_at
			FROM (SELECT $draw AS ids FROM generate_series(1, $calls) OFFSET 0) AS calls
			OFFSET 0) AS drawn, unnest(ids) AS id});
}

# IDs a ms of a batch, as the client sees it: the best of some attempts, as others
# may be busy on this machine.
sub best_rate
{
	my ($count) = @_;
	my $best = 0;

	for (1 .. 5)
	{
		my $start = time;
		$session->query("SELECT cardinality(snowflake_nextvals($count))");
		my $rate = $count / (time - $start) / 1000;
		$best = $rate if $rate > $best;
		last if $best > $IDS_PER_MS / 4;
	}
	note "$best IDs a ms";
	return $best;
}

# Cancels what the session runs, and returns the error it gets.
sub cancel
{
	my ($waiter) = @_;

	$observer->query('SELECT pg_cancel_backend(' . $waiter->pid . ')');
	return ($waiter->finish)[1];
}

sub set_max_drift
{
	my ($value) = @_;

	$node->adjust_conf('postgresql.conf', 'idgen.max_drift', "'$value'");
	reload_until($node, $_, 'idgen.max_drift', $value) foreach $session, $observer;
	return;
}

# Takes the timeline ms ahead although idgen.max_drift is 0, and returns the
# highest ID drawn by that.
sub push_beyond_drift
{
	my ($ms) = @_;

	set_max_drift('1h');
	my $highest = $session->query(
		"SELECT max(id) + 4095 FROM (SELECT snowflake_next_block(4096) AS id FROM generate_series(1, $ms)) AS pushed"
	);
	set_max_drift('0');
	return $highest;
}

#
# No drift at all: an ID is never of a later tick than the clock's.
#
foreach my $draw (
	[ 'ARRAY[snowflake_nextval()]', 100 ],
	[ 'ARRAY[snowflake_nextval()]', 40_000 ],
	[ 'ARRAY[snowflake_next_block(1000)]', 100 ],
	[ 'snowflake_nextvals(1000)', 100 ],
	[ 'snowflake_nextvals(100000)', 1 ])
{
	is(ahead_and_duplicates(@$draw), '0|0',
		"none ahead of the clock, no duplicate: $draw->[1] x $draw->[0]");
}
cmp_ok(best_rate(1_000_000), '>', $IDS_PER_MS / 4, 'near the full rate');
is( $session->query(
		"SELECT waits > 0 AND time_waited > interval '0' FROM idgen_slots WHERE pid = pg_backend_pid()"
	),
	't',
	'the waits are counted');

# Those who wait at the same time all get their turn before idgen.max_wait.
$node->pgbench(
	'--no-vacuum --client=8 --jobs=2 --transactions=30',
	0,
	[qr{processed: 240/240}],
	[qr{^$}],
	'many wait together',
	{
		'limits_batch' => 'SELECT cardinality(snowflake_nextvals(5000))',
		'limits_burst' =>
		  'SELECT count(snowflake_nextval()) FROM generate_series(1, 5000)',
		'limits_block' => 'SELECT snowflake_next_block(500)'
	});

#
# A large batch can be ended, and the session goes on.
#
my $start = time;
$session->query("SET statement_timeout = '200ms'");
like($session->error($LONG_BATCH), qr/57014: canceling statement due to statement timeout/,
	'statement_timeout ends a large batch');
cmp_ok(time - $start, '<', 12, '... soon');
$session->query('RESET statement_timeout');
is(ahead_and_duplicates('snowflake_nextvals(5000)', 2), '0|0', '... and the session works');

$start = time;
$session->send($LONG_BATCH);
is_seen_waiting($node, $session, 'IdgenClock', 'a large batch is seen to wait');
like(cancel($session), qr/57014: canceling statement due to user request/, '... and can be cancelled');
cmp_ok(time - $start, '<', 12, '... soon');
is(ahead_and_duplicates('snowflake_nextvals(5000)', 2), '0|0', '... and the session works');

#
# Near the limit: a short wait is just taken, and one that is refused is no harm.
#
$session->query("SET idgen.max_wait = '10min'");
my $highest = push_beyond_drift(1000);
is( $session->query(
		"SELECT id > $highest AND snowflake_timestamp(id) <= clock_timestamp() FROM (SELECT snowflake_nextval() AS id OFFSET 0) AS drawn"
	),
	't',
	'a call that may wait for long is served when the clock is there');

$highest = push_beyond_drift(3000);
$session->query('SET idgen.max_wait = 0');
like($session->error('SELECT snowflake_nextval()'), $TOO_FAR, 'one that may not fails');
my $later = wait_until { ($session->run('SELECT snowflake_nextval()'))[0] } 'the clock to catch up';
cmp_ok($later, '>', $highest, '... until the clock is there');
is($session->query("SELECT snowflake_timestamp($later) <= clock_timestamp()"),
	't', '... which it is not before');

#
# The timeline far ahead.
#
$highest = push_beyond_drift(60_000);
is( $observer->query(
		"SELECT ahead_of_clock BETWEEN interval '1s' AND interval '61s', snowflake_timestamp($highest) - timeline_at FROM idgen_status()"
	),
	't|00:00:00',
	'idgen_status() tells how far ahead the timeline is');

foreach my $call ('snowflake_nextval()', 'snowflake_nextvals(10)', 'snowflake_next_block(10)')
{
	$session->query('SET idgen.max_wait = 0');
	like($session->error("SELECT $call"), $TOO_FAR, "$call fails if it may not wait");

	$start = time;
	$session->query("SET idgen.max_wait = '150ms'");
	my ($distance, $patience) = $session->error("SELECT $call") =~ $TOO_FAR;
	my $passed = time - $start;
	ok($passed >= 0.15 && $passed < 10, '... and not before idgen.max_wait') or diag($passed);
	ok($distance > 1000 && $distance < 61_000, '... and tells how far off the clock is')
	  or diag($distance);
	is($patience, 150, '... and how long it waited');
}
is( $session->query(
		"SELECT time_waited >= interval '0.45s' FROM idgen_slots WHERE pid = pg_backend_pid()"),
	't',
	'the waits that failed are counted');

$session->query("SET idgen.max_wait = '1h'");
foreach my $call ('snowflake_nextval()', 'snowflake_nextvals(10)', 'snowflake_next_block(10)')
{
	$session->send("SELECT $call");
	is_seen_waiting($node, $session, 'IdgenClock', "$call is seen to wait");
	like(cancel($session), qr/57014: canceling statement due to user request/, '... and can be cancelled');
}

$session->send('SELECT snowflake_nextval()');
is_seen_waiting($node, $session, 'IdgenClock', 'a session waits');
is($observer->query('SELECT public.uuidv7() IS NOT NULL AND snowflake_timestamp(1) IS NOT NULL'),
	't', '... and what needs no ID does not');
$observer->query('SELECT pg_terminate_backend(' . $session->pid . ')');
ok( $node->poll_query_until(
		'postgres',
		'SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = ' . $session->pid),
	'... and can be terminated');

$observer->quit;
done_testing();
