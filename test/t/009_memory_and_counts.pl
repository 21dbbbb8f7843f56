# Guards: idgen needs no room that a stock server does not have, and where there is
# none the error says what to do and does no harm.  What idgen_status() and
# idgen_slots count is exact, whatever becomes of the backends that drew.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use Test::More;

#
# Memory
#
my $NO_ROOM =
  qr/ERROR:  53200: not enough shared memory .*HINT:  Add "idgen" to "shared_preload_libraries"/s;

# Few locks, so that the memory beside the lock table is small and soon used up.
my $node = new_server('memory',
	conf => "max_connections = 400\nmax_locks_per_transaction = 10\nmax_pred_locks_per_transaction = 10");

sub check_works_without
{
	my ($session) = @_;

	is($session->query("SELECT public.uuidv7() IS NOT NULL, snowflake_timestamp(0, 'default') IS NOT NULL"),
		't|t', 'what needs no memory works without');
	is($session->query("SELECT count(*) FROM pg_class WHERE relname = 'pg_class'"), 1, '... and the session too');
	return;
}

$node->safe_psql('postgres', 'CREATE SEQUENCE numbers');
use_up_shared_memory($node);
my @sessions = map { session($node) } 1 .. 2;
foreach my $sql (
	'SELECT snowflake_nextval()', 'SELECT snowflake_nextvals(2)',
	'SELECT snowflake_next_block(2)', 'SELECT * FROM idgen_status()',
	'SELECT * FROM idgen_slots', "SELECT segment_nextval('numbers')")
{
	like($_->error($sql), $NO_ROOM, "no room: $sql") foreach @sessions;
}
is($sessions[0]->query('SELECT count(*) FROM segments'), 0, '... no segment is in use, which the view says');
check_works_without($sessions[0]);
is( $sessions[0]->query(
		q{DO $$
		BEGIN
			PERFORM snowflake_nextval();
		EXCEPTION WHEN out_of_memory THEN
			NULL;
		END $$;
		SELECT 'caught'}),
	'caught',
	'the error can be caught');
$_->quit foreach @sessions;

$node->restart;
like($node->safe_psql('postgres', 'SELECT snowflake_nextval()'), qr/^\d+$/, 'with room it works');

$node->append_conf('postgresql.conf', "shared_preload_libraries = 'idgen'");
$node->restart;
use_up_shared_memory($node);
like($node->safe_psql('postgres', 'SELECT snowflake_nextval()'), qr/^\d+$/, 'preloaded it works in any case');
is($node->safe_psql('postgres', 'SELECT preloaded FROM idgen_status()'), 't', '... and says that it is');

# As many backends as make the area larger than what PostgreSQL 19 keeps spare, by little and by much.
$node->adjust_conf('postgresql.conf', 'shared_preload_libraries', "''");
foreach my $connections (500, 700, 1000)
{
	$node->adjust_conf('postgresql.conf', 'max_connections', $connections);
	$node->restart;
	my ($first, $second) = map { session($node) } 1 .. 2;
	my $error = $first->error('SELECT snowflake_nextval()');

	like($error, qr/^$|$NO_ROOM/, "$connections connections, not preloaded: an ID, or the error");
	like($first->error('SELECT snowflake_nextval()'), $error eq '' ? qr/^$/ : $NO_ROOM, '... again');
	is($second->query("SELECT snowflake_timestamp(0, 'default') IS NOT NULL"), 't', '... and no lock is left behind');
	is($second->error('SELECT count(*) FROM segments'), '', '... and the view of segments can be read');
	$_->quit foreach $first, $second;
}
$node->adjust_conf('postgresql.conf', 'shared_preload_libraries', "'idgen'");

# Many backends, preloaded or not.
$node->append_conf('postgresql.conf', 'max_connections = 5000');
$node->restart;
like($node->safe_psql('postgres', 'SELECT snowflake_nextval()'), qr/^\d+$/, '5000 connections, preloaded');
$node->adjust_conf('postgresql.conf', 'shared_preload_libraries', "''");
$node->restart;
my $session = session($node);
if ($session->query('SHOW server_version_num') < 190000)
{
	like($session->query('SELECT snowflake_nextval()'), qr/^\d+$/, '5000 connections, not preloaded');
	is($session->query('SELECT preloaded FROM idgen_status()'), 'f', '... which is said, too');
}
else
{
	like($session->error('SELECT snowflake_nextval()'), $NO_ROOM, '5000 connections, not preloaded: the lock table leaves no room');
}
$session->quit;
$node->stop;

#
# Counts
#
sub total
{
	my ($observer) = @_;
	return $observer->query('SELECT ids_issued FROM idgen_status()');
}

# "pid|IDs" of everyone who has drawn and is there.
sub slots
{
	my ($observer) = @_;
	return $observer->query('SELECT pid, ids_issued FROM idgen_slots ORDER BY pid');
}

sub expected_slots
{
	my (%ids) = @_;
	return join("\n", map { "$_|$ids{$_}" } sort { $a <=> $b } keys %ids);
}

sub wait_for_end
{
	my ($session) = @_;
	$node->poll_query_until('postgres',
		'SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = ' . $session->pid)
	  or die 'the backend is still there';
	return;
}

sub check_counts
{
	my ($kind) = @_;
	my $observer = session($node);

	is(slots($observer), '', "$kind: nobody has drawn");
	is( $observer->query(
			'SELECT ids_issued, chunks_taken, sequence_waits + drift_waits + reservation_waits, time_waited, timeline_at IS NULL, ahead_of_clock IS NULL FROM idgen_status()'
		),
		'0|0|0|00:00:00|t|t',
		"$kind: the counts say so");

	# Every way of drawing, counted as drawn.
	my @drawers = map { session($node) } 1 .. 4;
	$drawers[0]->query('SELECT snowflake_nextval()') for 1 .. 7;
	$drawers[1]->query(burst(1000));
	$drawers[2]->query('SELECT snowflake_nextvals(12345)');
	$drawers[3]->query('SELECT snowflake_next_block(4096)');
	my %ids = (
		$drawers[0]->pid => 7,
		$drawers[1]->pid => 1000,
		$drawers[2]->pid => 12345,
		$drawers[3]->pid => 4096);
	is(slots($observer), expected_slots(%ids), "$kind: each drawer has its count");
	is(total($observer), 17448, "$kind: and the total is their sum");
	is( $observer->query('SELECT chunks_taken FROM idgen_slots WHERE pid = ' . $drawers[0]->pid),
		7, "$kind: a quiet session takes one position at a time");
	cmp_ok(
		$observer->query('SELECT chunks_taken FROM idgen_slots WHERE pid = ' . $drawers[1]->pid),
		'<', 200, "$kind: a burst takes many");

	# last_id_at is the time of the last ID, also of one that lies ahead.
	my $last = $drawers[0]->query('SELECT max(id) FROM (SELECT snowflake_nextval() AS id FROM generate_series(1, 100000) OFFSET 0) AS drawn');
	is( $observer->query(
			"SELECT last_id_at = snowflake_timestamp($last) FROM idgen_slots WHERE pid = " . $drawers[0]->pid),
		't',
		"$kind: last_id_at is the last ID's time");
	$ids{ $drawers[0]->pid } += 100_000;

	# An error after the draw, or a rollback, does not give anything back.
	$drawers[1]->error('SELECT 1 / (snowflake_nextval() & 0)');
	$drawers[1]->query('BEGIN; SELECT snowflake_nextval(); ROLLBACK');
	$ids{ $drawers[1]->pid } += 2;
	is(slots($observer), expected_slots(%ids), "$kind: what a transaction drew in vain counts");

	# Backends go in every way there is.
	my $sum = 117_450;
	$drawers[0]->quit;
	wait_for_end($drawers[0]);
	is(total($observer), $sum, "$kind: the total stays when a session ends");
	$observer->query('SELECT pg_terminate_backend(' . $drawers[1]->pid . ')');
	wait_for_end($drawers[1]);
	is(total($observer), $sum, "$kind: ... and when one is terminated");
	delete $ids{ $_->pid } foreach @drawers[ 0, 1 ];
	is(slots($observer), expected_slots(%ids), "$kind: their slots are gone");

	# A new session begins at 0, in a slot that has been used.
	my @later = map { session($node) } 1 .. 4;
	$_->query('SELECT snowflake_timestamp(0), public.uuidv7()') foreach @later;
	is(slots($observer), expected_slots(%ids), "$kind: who does not draw has no slot");
	$later[$_]->query("SELECT snowflake_nextvals(10 + $_)") foreach 0 .. 3;
	$ids{ $later[$_]->pid } = 10 + $_ foreach 0 .. 3;
	$sum += 46;
	is(slots($observer), expected_slots(%ids), "$kind: used slots are used again");
	is(total($observer), $sum, "$kind: and nothing is counted twice");

	# Parallel workers.
	my $force = $node->pg_version >= 16 ? 'debug_parallel_query' : 'force_parallel_mode';
	$later[0]->query("SET $force = on");
	$later[0]->query('SELECT snowflake_nextval() FROM generate_series(1, 500)') for 1 .. 3;
	$sum += 1500;
	is(total($observer), $sum, "$kind: what workers drew stays in the total");
	is(slots($observer), expected_slots(%ids), "$kind: but their slots do not stay");

	# In the end only the total is left.
	$_->quit foreach @later, @drawers[ 2, 3 ];
	wait_for_end($_) foreach @later, @drawers[ 2, 3 ];
	is(slots($observer), '', "$kind: no slot is left");
	is(total($observer), $sum, "$kind: the total is that of all clients");
	$observer->quit;
	return;
}

$node = new_server('counts');
check_counts('not preloaded');
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'idgen'");
$node->restart;
check_counts('preloaded');

done_testing();
