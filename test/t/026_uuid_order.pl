# Guards: no UUID or ULID of any kind comes twice, whoever makes them, beside parallel
# workers, too, who share no random bits; those of a session increase where that is said
# of them; and those that hold a moment of the server's are above all that statements
# made which had ended before, also those of another kind.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use Test::More;

my $CLIENTS = 32;
my $ROUNDS = 4;
my $ROWS = 10_000;
my @OF_SERVER = kinds_of_server();
my @OF_SESSION = qw(uuidv1 uuidv6 uuidv7 ulid ulid_monotonic);
my @KINDS = ('uuidv4', @OF_SESSION, @OF_SERVER);

# ---------------------------------------------------------------------- clients

# The script of a client.  Each starts with another kind.
sub script
{
	my ($client) = @_;
	my $sql = '';

	foreach my $step (1 .. $ROUNDS * @KINDS)
	{
		my $kind = $KINDS[ ($client + $step) % @KINDS ];
		$sql .= draw_uuids($kind, $_) foreach 1, 100, 1;
	}
	return $sql;
}

# The digits of a UUID of version 1 so that they sort by time, or those of any other.
sub sorted_by_time
{
	my ($kind, $id) = @_;

	$id =~ s/^(\w{8})-(\w{4})-(\w{4})/$3-$2-$1/ if $kind =~ /uuidv1/;
	return $id;
}

sub check_concurrency
{
	my ($node, $name) = @_;
	my (%ids, @moments, %decreases);

	foreach my $lines (run_clients($node, map { script($_) } 1 .. $CLIENTS))
	{
		my (%last, @moments_of_client);

		foreach (@$lines)
		{
			my ($kind, $id, $moment) = split /\|/;
			my $digits = sorted_by_time($kind, $id);

			$ids{$kind}{$id} = 1;
			$decreases{$kind}++ if $digits le ($last{$kind} // '');
			$last{$kind} = $digits;
			push @moments_of_client, $moment if $moment;
		}
		$decreases{moments} += grep { $moments_of_client[$_] <= $moments_of_client[ $_ - 1 ] } 1 .. $#moments_of_client;
		push @moments, @moments_of_client;
	}
	my $expected = $CLIENTS * $ROUNDS * 102;
	is(scalar(keys %{ $ids{$_} }), $expected, "$name: none of $expected comes twice: $_") foreach @KINDS;
	is($decreases{$_} // 0, 0, "$name: each client saw no decrease: $_") foreach @OF_SESSION, @OF_SERVER, 'moments';
	are_distinct(\@moments, "$name: no moment of the server is in two, of whatever kind");
	return;
}

# ---------------------------------------------------------------------- order

# A after B after A ..., with statements of all kinds, long and short, in every session.
sub check_turns
{
	my ($sessions, $name) = @_;
	my (@moments, %ids);

	foreach my $turn (0 .. 60 * @OF_SERVER)
	{
		my $kind = $OF_SERVER[ $turn % @OF_SERVER ];

		foreach (split /\n/, $sessions->[ $turn % @$sessions ]->query(draw_uuids($kind, (300, 1, 7)[ $turn % 3 ])))
		{
			my (undef, $id, $moment) = split /\|/;

			push @moments, $moment;
			push @{ $ids{$kind} }, sorted_by_time($kind, $id);
		}
	}
	is_increasing(\@moments, "$name: the moments of all kinds are in order");
	is_increasing_text($ids{$_}, "$name: in order: $_") foreach @OF_SERVER;
	return;
}

# Sessions that take turns as fast as a lock lets them: each draws a burst of any kind, and
# finds out in a table whether it lies above all that were there before.
sub check_fast_turns
{
	my ($node, $mode, $when) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	$node->pgbench(
		"--no-vacuum --client=4 --jobs=2 --transactions=250 --protocol=$mode",
		0,
		[qr{processed: 1000/1000}],
		[qr{^$}],
		"fast turns, $mode protocol, $when",
		{
			"uuid_turns_${mode}_" . $when =~ tr/ /_/r => '\set kind random(1, ' . @OF_SERVER . ")\n"
			  . "SELECT pg_advisory_lock(1);\n"
			  . "SELECT draw_above_the_last(:kind, 30);\n"
			  . "SELECT draw_above_the_last(:kind, 1);\n"
			  . "SELECT pg_advisory_unlock(1);\n"
		});
	return;
}

sub create_board
{
	my ($node) = @_;
	my $kinds = join ', ', map { "'$_'" } @OF_SERVER;

	$node->safe_psql(
		'postgres', qq{
		CREATE TABLE board (kind text, moment bigint, id uuid);
		INSERT INTO board SELECT unnest(ARRAY[$kinds]), 0, '00000000-0000-0000-0000-000000000000';
		CREATE FUNCTION draw_above_the_last(number integer, count integer) RETURNS void LANGUAGE plpgsql
			SET idgen.uuid_node = server AS \$\$
		DECLARE
			drawn_kind text := (ARRAY[$kinds])[number];
			drawn record;
			before record;
		BEGIN
			EXECUTE format('SELECT min(m) AS least, max(m) AS greatest, min(id::text)::uuid AS first, max(id::text)::uuid AS last
				FROM (SELECT id, moment_of(%1\$L, id) AS m FROM (SELECT unnest(array_agg(%2\$s()::uuid)) AS id FROM generate_series(1, \$1) OFFSET 0) AS ids) AS moments',
				drawn_kind, split_part(drawn_kind, ' ', 1)) INTO drawn USING count;
			SELECT max(moment) AS moment, max(id::text) FILTER (WHERE kind = drawn_kind) AS id INTO before FROM board;
			IF drawn.least <= before.moment THEN
				RAISE '% was drawn after %', drawn.least, before.moment;
			END IF;
			IF drawn.first::text <= before.id AND drawn_kind NOT LIKE 'uuidv1 %' THEN
				RAISE '% was drawn after %', drawn.first, before.id;
			END IF;
			UPDATE board SET moment = drawn.greatest, id = drawn.last WHERE kind = drawn_kind;
		END \$\$});
	return;
}

# ---------------------------------------------------------------------- parallel workers

# A condition that is always true, and takes long enough that all workers get to draw.
my $SLOWLY = 'octet_length(sha512(repeat(n::text, 1000)::bytea)) = 64';

# Workers draw, below the Gather, and what they make is like what one process makes.
sub check_workers
{
	my ($node, $leader_participates) = @_;
	my $session = parallel_session($node, $leader_participates);

	foreach my $kind (@KINDS)
	{
		my $name = "leader participation $leader_participates, $kind";
		my ($function, $of_server) = $kind =~ /^(\w+)( of server)?$/;
		my $draw = "public.$function()::uuid";

		$session->query('SET idgen.uuid_node = server') if $of_server;
		my $moment = sub { return $session->query("SELECT moment_of('$kind', (SELECT $draw OFFSET 0))") };
		my $before = $moment->();
		my $plan = $session->query("EXPLAIN (ANALYZE, VERBOSE, COSTS OFF, TIMING OFF) CREATE TABLE drawn AS SELECT $draw AS id FROM many WHERE $SLOWLY");
		my $after = $moment->();
		like($plan, qr/Gather.*Workers Launched: [1-4].*Parallel Seq Scan.*Output: [^\n]*\b$function\(\)/s, "$name: drawn by workers");
		my @by_worker = $plan =~ /Worker \d+:\s+actual rows=(\d+)/g;
		cmp_ok(scalar(grep { $_ > 0 } @by_worker), '>', 1, '... by more than one') if $leader_participates eq 'off';
		is($session->query('SELECT count(DISTINCT id) FROM drawn'), $ROWS, '... none twice');
		is( $session->query("SELECT min(moment_of('$kind', id)) > $before, max(moment_of('$kind', id)) < $after, count(DISTINCT moment_of('$kind', id)) FROM drawn"),
			"t|t|$ROWS",
			'... all between those of the session before and after') if $before;

		# Of version 4 all bits are random but those of version and variant, which are left out of both halves.
		is( $session->query(q{SELECT count(DISTINCT ('x' || half)::bit(64) & x'3FFFFFFFFFFF0FFF')
			FROM (SELECT unnest(ARRAY[left(d, 16), right(d, 16)]) AS half FROM (SELECT replace(id::text, '-', '') AS d FROM drawn) AS digits) AS halves}),
			2 * $ROWS,
			'... no 64 random bits twice') if $kind eq 'uuidv4';
		is($session->query(q{SELECT count(DISTINCT right(replace(id::text, '-', ''), 13)) FROM drawn}),
			$ROWS, '... no 52 random bits twice') if $kind eq 'uuidv7_sequential';
		is($session->query('SELECT count(DISTINCT right(id::text, 12)) > 1 FROM drawn'), 't', '... each process has a node of its own')
		  if $kind =~ /^uuidv[16]$/;
		$session->query('DROP TABLE drawn; RESET idgen.uuid_node');
	}
	$session->quit;
	return;
}

# A loop leaves the leader in the midst of a chunk; workers draw above it; then the leader
# draws again, and must not go on with that chunk.  The timeline is ahead of the clock, so
# it is not in the past.
sub check_within_statement
{
	my ($node, $leader_participates) = @_;
	my $session = parallel_session($node, $leader_participates);

	$session->query('SET idgen.uuid_node = server');
	is( $session->query(q{SELECT draw_around_workers('ulid_sequential', 'uuidv7_sequential', 40), draw_around_workers('uuidv6 of server', 'snowflake128_nextval', 40)}),
		'0|0',
		"leader participation $leader_participates: above what workers drew, within a statement");
	$session->quit;
	return;
}

my $node = new_server('order', conf => "idgen.max_drift = '1h'");
create_moment_of($node);
create_board($node);
$node->safe_psql(
	'postgres', qq{
	CREATE TABLE many AS SELECT generate_series(1, $ROWS) AS n;
	ALTER TABLE many SET (parallel_workers = 4);
	ANALYZE many;
	CREATE TABLE few AS SELECT n FROM many LIMIT 2000;
	ALTER TABLE few SET (parallel_workers = 2);
	ANALYZE few;
	});

# Returns how often the leader drew a moment that was not above all before.
$node->safe_psql(
	'postgres', q{
	CREATE FUNCTION draw_around_workers(leaders text, workers text, rounds integer) RETURNS integer LANGUAGE plpgsql AS $$
	DECLARE
		own text := format('SELECT moment_of(%L, (SELECT %s()::uuid OFFSET 0)) FROM generate_series(1, $1)', leaders, split_part(leaders, ' ', 1));
		last bigint;
		least bigint;
		greatest bigint;
		below integer := 0;
	BEGIN
		FOR round IN 1 .. rounds LOOP
			EXECUTE format('SELECT moment_of(%L, (array_agg(%s()::uuid))[$1]) FROM generate_series(1, $1)',
				leaders, split_part(leaders, ' ', 1)) INTO last USING 100 + round;
			EXECUTE format('SELECT min(moment_of(%1$L, id)), max(moment_of(%1$L, id)) FROM (SELECT %2$s()::uuid AS id FROM few OFFSET 0) AS drawn',
				workers, split_part(workers, ' ', 1)) INTO least, greatest;
			below := below + (least <= last)::integer;
			EXECUTE own INTO last USING 1;
			below := below + (last <= greatest)::integer;
		END LOOP;
		RETURN below;
	END $$;
	});

my @sessions = map { session($node) } 1 .. 3;
check_concurrency($node, 'beside the clock');
check_turns(\@sessions, 'beside the clock');
check_fast_turns($node, $_, 'beside the clock') foreach 'prepared', (full_run() ? qw(simple extended) : ());
check_workers($node, $_) foreach qw(off on);

# Nothing that is left of a chunk is in the past when its session comes to draw again.
$node->safe_psql('postgres', "SELECT idgen_reset_timeline(clock_timestamp() + interval '5 min')");
check_concurrency($node, 'ahead of the clock');
check_turns(\@sessions, 'ahead of the clock');
check_fast_turns($node, $_, 'ahead of the clock') foreach 'prepared', (full_run() ? 'simple' : ());
check_within_statement($node, $_) foreach qw(off on);

$_->quit foreach @sessions;
done_testing();
