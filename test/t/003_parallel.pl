# Guards: the functions are safe in parallel workers.  Workers never repeat an ID
# of each other or of their leader, and once they are gone their session goes on
# above what they drew, even within the same statement.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use Test::More;

my $ROWS = 50_000;
my $WORKERS = 4;

my $node = new_server('parallel', conf => "idgen.max_drift = '10min'");

# 16: force_parallel_mode has another name.
my $force = $node->pg_version >= 16 ? 'debug_parallel_query' : 'force_parallel_mode';

sub ids_issued
{
	return $node->safe_psql('postgres', 'SELECT ids_issued FROM idgen_status()');
}

# Workers draw, below the Gather, and their IDs are distinct.
sub check_table_of_ids
{
	my ($leader_participates) = @_;
	my $session = parallel_session($node, $leader_participates);
	my $kind = "leader participation $leader_participates";
	my $query = 'SELECT snowflake_nextval() AS id FROM many';

	my $before = $session->query('SELECT snowflake_nextval()');
	my $issued = ids_issued();
	my $plan = $session->query(
		"EXPLAIN (ANALYZE, VERBOSE, COSTS OFF, TIMING OFF) CREATE TABLE drawn AS $query");
	my $after = $session->query('SELECT snowflake_nextval()');

	like($plan, qr/Gather.*Workers Launched: $WORKERS.*Parallel Seq Scan.*Output: snowflake_nextval\(\)/s,
		"$kind: drawn by workers");
	my @by_worker = $plan =~ /Worker \d+:\s+actual rows=(\d+)/g;
	cmp_ok(scalar(grep { $_ > 0 } @by_worker),
		'>', 1, "$kind: by more than one worker")
	  if $leader_participates eq 'off';
	is($session->query("SELECT count(DISTINCT id) FROM drawn"), $ROWS,
		"$kind: all distinct");
	is($session->query("SELECT min(id) > $before AND max(id) < $after FROM drawn"),
		't', "$kind: between the session's IDs before and after");
	is(ids_issued() - $issued, $ROWS + 1, "$kind: those of the workers were counted");

	$session->query('DROP TABLE drawn');
	$session->quit;
	return;
}

# A loop leaves the leader in the midst of a chunk; workers draw above it; then the
# leader draws again.  With the timeline ahead of the clock, the rest of that chunk
# is not in the past, and only the mark that the workers leave keeps the leader
# from using it.
sub check_within_statement
{
	my ($leader_participates, $draw, $highest) = @_;
	my $session = parallel_session($node, $leader_participates);

	$session->query(push_ahead(60_000));
	my $result = $session->query("SELECT * FROM draw_around_workers('$draw', '$highest', 20)");
	my ($below, $leader_drew) = split /\|/, $result;

	is($below, 0, "leader participation $leader_participates, $draw: above the workers' IDs");
	is($leader_drew, 0, "... which were really drawn by workers")
	  if $leader_participates eq 'off';
	$session->quit;
	return;
}

$node->safe_psql(
	'postgres', qq{
	CREATE TABLE many AS SELECT generate_series(1, $ROWS) AS n;
	ALTER TABLE many SET (parallel_workers = $WORKERS);
	ANALYZE many;
	CREATE TABLE few AS SELECT n FROM many LIMIT 2000;
	ALTER TABLE few SET (parallel_workers = 2);
	ANALYZE few;
	});

# Returns how often the leader drew an ID that was not above all before, and how
# many IDs it drew itself during the parallel queries.
$node->safe_psql(
	'postgres', q{
	CREATE FUNCTION own_ids_issued() RETURNS bigint LANGUAGE sql PARALLEL RESTRICTED AS
		'SELECT ids_issued FROM idgen_slots WHERE pid = pg_backend_pid()';
	CREATE FUNCTION draw_around_workers(draw text, highest text, rounds integer,
		OUT below integer, OUT leader_drew bigint) LANGUAGE plpgsql AS $$
	DECLARE
		last bigint;
		by_workers bigint;
		own bigint;
	BEGIN
		below := 0;
		leader_drew := 0;
		FOR round IN 1 .. rounds LOOP
			FOR i IN 1 .. 300 + round LOOP
				last := snowflake_nextval();
			END LOOP;
			own := own_ids_issued();
			EXECUTE format('SELECT max(%s) FROM (SELECT %s AS id FROM few OFFSET 0) AS drawn', highest, draw)
				INTO by_workers;
			leader_drew := leader_drew + own_ids_issued() - own;
			IF by_workers <= last THEN
				below := below + 1;
			END IF;
			last := snowflake_nextval();
			IF last <= by_workers THEN
				below := below + 1;
			END IF;
		END LOOP;
	END $$;
	});

check_table_of_ids($_) foreach qw(off on);

foreach my $leader_participates (qw(off on))
{
	check_within_statement($leader_participates, 'snowflake_nextval()', 'id');
	check_within_statement($leader_participates, 'snowflake_nextvals(3)', 'id[3]');
	check_within_statement($leader_participates, 'snowflake_next_block(3)', 'id + 2');
}

# Every query in a worker of its own: the session's IDs come from a new process each.
my $forced = session($node);
$forced->query("SET $force = on");
like($forced->query('EXPLAIN SELECT snowflake_nextval()'), qr/Gather/, "$force works");
my @ids = map { $forced->query('SELECT snowflake_nextval()') } 1 .. 20;
is_increasing(\@ids, 'each ID by another worker');
is($forced->query('SELECT count(*) FROM idgen_slots WHERE pid = pg_backend_pid()'),
	0, '... and none by the leader');
$forced->quit;

# The slots of workers that have gone are free again.
$node->poll_query_until('postgres', 'SELECT count(*) = 0 FROM idgen_slots');
is($node->safe_psql('postgres', 'SELECT count(*) FROM idgen_slots'),
	0, 'no slot is left behind');

done_testing();
