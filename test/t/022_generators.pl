# Guards: generators repeat no ID of their layout and node, and increase within a session,
# whoever draws in whatever way, under however many names and in however many databases;
# while they are dropped, created and changed; over crashes with the clock set back; on a
# promoted standby.  Their definitions go along with dumps, pg_upgrade and replication.
# They need no room that a server does not have, and where there is none they say so.
#
# The IDs that count are those that clients were given, committed or not.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IPC::Run;
use IdgenTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $BARRIER = 20200122;
my $directory = PostgreSQL::Test::Utils::tempdir();

# ---------------------------------------------------------------------- clients

# A psql that waits for the barrier and then runs SQL.  What it is given are lines
# "generator|first ID|count", with whatever else after that.
my $clients = 0;

sub start_client
{
	my ($node, $dbname, $sql) = @_;
	my $base = "$directory/client" . ++$clients;

	append_to_file("$base.sql", "DO 'BEGIN PERFORM pg_advisory_lock_shared($BARRIER); END';\n$sql");
	my $run = IPC::Run::start(
		[ 'psql', '-XAtq', '-d', $node->connstr($dbname), '-f', "$base.sql" ],
		'>', "$base.out", '2>', "$base.err");
	return { run => $run, base => $base };
}

# Begins clients together, [database, SQL] each, and calls code while they run.  Returns
# their lines, a list of lists each; errors that are not expected fail the test.
sub run_clients_meanwhile
{
	my ($node, $scripts, $meanwhile, $expected_error, $name) = @_;
	my $gate = session($node);
	my $other_gate = session($node, dbname => 'other');

	$_->query("DO 'BEGIN PERFORM pg_advisory_lock($BARRIER); END'") foreach $gate, $other_gate;
	my @started = map { start_client($node, @$_) } @$scripts;
	$node->poll_query_until('postgres',
		'SELECT count(*) = ' . @$scripts . " FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
	  or die 'the clients did not start';
	$_->quit foreach $gate, $other_gate;
	$meanwhile->() if $meanwhile;

	my (@drawn, @errors);
	foreach my $client (@started)
	{
		$client->{run}->finish;
		push @drawn, [ map { [ split /\|/ ] } split /\n/, slurp_file("$client->{base}.out") ];
		push @errors, grep { /ERROR|FATAL|PANIC/ && !($expected_error && /$expected_error/) } split /\n/,
		  slurp_file("$client->{base}.err");
	}
	is(join("\n", @errors[ 0 .. ($#errors < 4 ? $#errors : 4) ]), '', "$name: no errors but those that are expected");
	return @drawn;
}

# Passes if no two of these ranges of IDs, [first, count], overlap.
sub are_disjoint
{
	my ($ranges, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my @sorted = sort { $a->[0] <=> $b->[0] } @$ranges;
	my @overlaps = grep { $sorted[$_][0] < $sorted[ $_ - 1 ][0] + $sorted[ $_ - 1 ][1] } 1 .. $#sorted;

	return ok(@sorted > 0 && !@overlaps, $name)
	  || diag(scalar(@overlaps) . ' of ' . @sorted . ' overlap, the first at ' . ($sorted[ $overlaps[0] // 0 ][0] // 'none'));
}

# The lines of clients: disjoint in each space, which a hash has by generator, and in order
# in each client.
sub check_drawn
{
	my ($drawn, $space_of, $name) = @_;
	my (%by_space, $decreases);

	foreach my $client (@$drawn)
	{
		my %last;
		foreach my $line (@$client)
		{
			my ($generator, $first, $count) = @$line;
			$decreases++ if $first <= ($last{$generator} // -1);
			$last{$generator} = $first + $count - 1;
			push @{ $by_space{ $space_of->{$generator} } }, [ $first, $count ];
		}
	}
	are_disjoint($by_space{$_}, "$name: no ID of $_ comes twice") foreach sort keys %by_space;
	is($decreases // 0, 0, "$name: IDs increase in each client");
	return;
}

# ---------------------------------------------------------------------- concurrency

# All ways to draw from a generator.
sub shapes
{
	my ($generator, $has_blocks) = @_;
	my @shapes = (
		"SELECT '$generator', snowflake_nextval('$generator'), 1;\n" x 10,
		"SELECT '$generator', snowflake_nextval('$generator'), 1 FROM generate_series(1, 300);\n",
		"SELECT '$generator', unnest(snowflake_nextvals('$generator', 200)), 1;\n",
		"BEGIN; SELECT '$generator', snowflake_nextval('$generator'), 1 FROM generate_series(1, 50); ROLLBACK;\n",
		"INSERT INTO \"of $generator\" SELECT FROM generate_series(1, 100) RETURNING '$generator', id, 1;\n",
		"EXECUTE \"draw $generator\";\n");

	push @shapes, "SELECT '$generator', snowflake_next_block('$generator', 100), 100;\n" if $has_blocks;
	return @shapes;
}

# Generators of both databases, and the space of each.
my %SPACES = (
	'leaf 1' => 'leaf 1', 'again' => 'leaf 1', 'leaf 2' => 'leaf 2', 'rolling' => 'leaf 2',
	'random' => 'leaf 2', 'sony' => 'sonyflake 7', 'like server' => 'default', 'here' => 'leaf 1', 'sony here' => 'sonyflake 7');
my %DEFINITIONS = (
	postgres => {
		'leaf 1' => q('leaf', 1), 'again' => q('leaf', 1), 'leaf 2' => q('leaf', 2), 'rolling' => q('leaf', 2, sequence_start => 'rolling'),
		'random' => q('leaf', 2, sequence_start => 'random'), 'sony' => q('sonyflake', 7), 'like server' => q('default') },
	other => { 'here' => q('leaf', 1), 'sony here' => q('sonyflake', 7) });

sub client_script
{
	my ($dbname, $number, $rounds) = @_;
	my @generators = sort keys %{ $DEFINITIONS{$dbname} };
	my @shapes = map { shapes($_, !/sony/) } @generators;
	my $sql = join '', map { "PREPARE \"draw $_\" AS SELECT '$_', snowflake_nextval('$_'), 1 FROM generate_series(1, 10);\n" } @generators;

	push @shapes, "SELECT 'server', snowflake_nextval(), 1;\n" x 10, "SELECT 'server', unnest(snowflake_nextvals(200)), 1;\n";
	$sql .= $shapes[ ($number * 5 + $_ * 3) % @shapes ] foreach 1 .. $rounds * @shapes;
	return $sql;
}

sub create_generators
{
	my ($node) = @_;

	$node->safe_psql('postgres', 'CREATE DATABASE other');
	$node->safe_psql('other', 'CREATE EXTENSION idgen');
	foreach my $dbname (sort keys %DEFINITIONS)
	{
		foreach my $generator (sort keys %{ $DEFINITIONS{$dbname} })
		{
			$node->safe_psql($dbname,
				"SELECT snowflake_create_generator('$generator', $DEFINITIONS{$dbname}{$generator}); CREATE TABLE \"of $generator\" (id bigint PRIMARY KEY DEFAULT snowflake_nextval('$generator'))"
			);
		}
	}
	return;
}

sub check_concurrency
{
	my ($node, $kind) = @_;
	my @scripts = ((map { [ 'postgres', client_script('postgres', $_, 3) ] } 1 .. 10), (map { [ 'other', client_script('other', $_, 8) ] } 1 .. 4));

	my @drawn = run_clients_meanwhile($node, \@scripts, undef, undef, $kind);
	check_drawn(\@drawn, { %SPACES, server => 'default' }, "$kind: many clients");
	cmp_ok(scalar(map { @$_ } @drawn), '>', 100_000, '... of very many');
	return;
}

# Workers draw below the Gather, and none repeats another's ID.
sub check_parallel
{
	my ($node, $kind) = @_;
	my $session = session($node);
	my $force = $node->pg_version >= 16 ? 'debug_parallel_query' : 'force_parallel_mode';

	$session->query($_) foreach
	  'SET parallel_setup_cost = 0', 'SET parallel_tuple_cost = 0', 'SET min_parallel_table_scan_size = 0',
	  'SET max_parallel_workers_per_gather = 4', "SET idgen.max_wait = '1h'",
	  'CREATE TABLE many AS SELECT generate_series(1, 50000) AS n', 'ALTER TABLE many SET (parallel_workers = 4)', 'ANALYZE many';
	foreach my $generator ('sony', 'random')
	{
		my $before = $session->query("SELECT snowflake_nextval('$generator')");
		my $plan = $session->query("EXPLAIN (ANALYZE, VERBOSE, COSTS OFF, TIMING OFF) CREATE TABLE drawn AS SELECT snowflake_nextval('$generator') AS id FROM many");
		like($plan, qr/Gather.*Workers Launched: [1-4].*Parallel Seq Scan.*Output: snowflake_nextval\(/s, "$kind, $generator: drawn by workers");
		is($session->query("SELECT count(DISTINCT id), min(id) > $before, max(id) < snowflake_nextval('$generator') FROM drawn"),
			'50000|t|t', '... no ID twice, all between those of the session before and after');
		$session->query('DROP TABLE drawn');
	}
	$session->query("SET $force = on");
	is_increasing([ map { $session->ids("SELECT snowflake_nextval('leaf 1')") } 1 .. 10 ], "$kind: each ID by another worker");
	$session->query('DROP TABLE many');
	$session->quit;
	return;
}

# Dropped and created, in a transaction or not, while clients draw.
sub check_recreation
{
	my ($node, $kind) = @_;
	my $create = q{SELECT snowflake_create_generator('fleeting', 'leaf', 31)};
	my $drop = q{SELECT snowflake_drop_generator('fleeting')};
	my $draw = join '', map { "SELECT 'fleeting', $_;\n" } q{snowflake_nextval('fleeting'), 1}, q{unnest(snowflake_nextvals('fleeting', 20)), 1},
	  q{snowflake_next_block('fleeting', 20), 20};
	my @lasting = map { "SELECT 'lasting', $_;\n" } q{snowflake_nextval('lasting'), 1}, q{unnest(snowflake_nextvals('lasting', 20)), 1};
	my $session = session($node);
	my $rounds = 0;

	$session->query("$create, snowflake_create_generator('lasting', 'leaf', 31)");
	my @drawn = run_clients_meanwhile(
		$node,
		[ (map { [ 'postgres', $draw x 1500 ] } 1 .. 4), [ 'postgres', join('', @lasting) x 2000 ] ],
		sub {
			foreach (1 .. 60)
			{
				$session->query($_) foreach $drop, $create;
				$session->query("BEGIN; $drop; $create; COMMIT");
				$session->query("BEGIN; $drop; ROLLBACK");
				$rounds++;
			}
		},
		qr/generator "fleeting" does not exist|foreign server with OID \d+ does not exist/,
		"$kind: dropped and created");
	check_drawn(\@drawn, { fleeting => 'leaf 31', lasting => 'leaf 31' }, "$kind: dropped and created $rounds times");
	$session->query("$drop, snowflake_drop_generator('lasting')");
	$session->quit;
	return;
}

# Whoever has seen that the worker was changed draws no ID of the one before.
sub check_alteration
{
	my ($node, $kind) = @_;
	my $session = session($node);
	my $draw = "SELECT max(worker) AS seen FROM altered \\gset\n" . join '', map { "SELECT 'altered', $_;\n" }
	  "snowflake_nextval('altered'), 1, :seen", "unnest(snowflake_nextvals('altered', 5)), 1, :seen", "snowflake_next_block('altered', 7), 7, :seen";

	$session->query("SELECT snowflake_create_generator('altered', 'leaf', 40); CREATE TABLE altered AS SELECT 40 AS worker");
	my @drawn = run_clients_meanwhile(
		$node,
		[ ([ 'postgres', $draw x 1000 ]) x 4 ],
		sub {
			foreach my $worker (41 .. 160)
			{
				$session->query("ALTER SERVER altered OPTIONS (SET worker_id '$worker')");
				$session->query("INSERT INTO altered VALUES ($worker)");
			}
		},
		undef,
		"$kind: altered");
	my @old = grep { ($_->[1] >> 12 & 1023) < $_->[3] } map { @$_ } @drawn;
	is(scalar(@old), 0, "$kind: no ID of a worker that was changed before");
	my %workers = map { ($_->[1] >> 12 & 1023) => 1 } map { @$_ } @drawn;
	cmp_ok(scalar(keys %workers), '>', 5, '... of ' . keys(%workers) . ' workers');
	are_disjoint([ map { [ @$_[ 1, 2 ] ] } map { @$_ } @drawn ], '... and none comes twice');
	is_increasing([ map { ($_->[1], $_->[2] > 1 ? $_->[1] + $_->[2] - 1 : ()) } @$_ ], '... and they increase in each client') foreach @drawn;

	# Back to workers that there were.
	my @again;
	foreach my $worker (41 .. 60)
	{
		$session->query("ALTER SERVER altered OPTIONS (SET worker_id '$worker')");
		push @again, $session->ids("SELECT snowflake_nextval('altered') FROM generate_series(1, 30)");
	}
	are_disjoint([ (map { [ @$_[ 1, 2 ] ] } map { @$_ } @drawn), map { [ $_, 1 ] } @again ], '... also when workers come back');
	$session->query("DROP TABLE altered; SELECT snowflake_drop_generator('altered')");
	$session->quit;
	return;
}

# ---------------------------------------------------------------------- lives

# Layouts of long and short ticks, with a low and a high sequence.
my %LIFE_GENERATORS = (
	near => q('leaf', 21),
	ahead => q('leaf', 22),
	rolling => q('leaf', 23, sequence_start => 'rolling'),
	random => q('leaf', 24, sequence_start => 'random'),
	sony => q('sonyflake', 25),
	slow => q('time 31 bits of 1 s since 2024-01-01, worker 22, sequence 10', 26),
	half => q('time 32 bits of 500 ms since 2024-01-01, worker 21, sequence 10', 27),
	quick => q('cockroach', 28),
	shard => q('instagram', shard_id => 29),
	like_server => q('default'));

sub create_life_generators
{
	my ($node) = @_;

	$node->safe_psql('postgres', "SELECT snowflake_create_generator('$_', $LIFE_GENERATORS{$_})") foreach sort keys %LIFE_GENERATORS;
	return;
}

# Some IDs of each, and many of one, which gets ahead of the clock.
sub draw_life
{
	my ($session, $records, $name) = @_;
	my %drawn;

	foreach my $generator (sort keys %LIFE_GENERATORS)
	{
		push @{ $drawn{$generator} }, map { $session->ids($_) } "SELECT snowflake_nextval('$generator')",
		  "SELECT unnest(snowflake_nextvals('$generator', 20))", "SELECT snowflake_nextval('$generator') FROM generate_series(1, 20)";
	}
	push @{ $drawn{ahead} }, $session->ids("SELECT id + 4095 FROM (SELECT snowflake_next_block('ahead', 4096) AS id FROM generate_series(1, 700) OFFSET 0) AS blocks");
	my @failed = grep { !$records->{$_}->add("$name: $_: IDs go on", $drawn{$_}) } sort keys %drawn;
	return !@failed;
}

sub new_records
{
	my ($originals) = @_;
	return { map { $_ => id_record($originals ? $originals->{$_} : undef) } keys %LIFE_GENERATORS };
}

my $LIFE_CONF = <<'END';
restart_after_crash = on
idgen.reserve_ahead = '100ms'
idgen.max_drift = '1d'
END

sub check_lives
{
	my ($kind, %option) = @_;
	my $clock = fake_clock();
	my $node = new_server("lives_$kind", clock => $clock, conf => $LIFE_CONF, preload => $kind eq 'preloaded');
	my $records = new_records();
	my $behind = 0;

	create_life_generators($node);
	draw_life(session($node), $records, "$kind: at first");
	foreach my $way ('a backend killed', 'stopped immediately', 'restarted', 'a backend killed')
	{
		foreach my $step (2, 3600)
		{
			my $session = session($node);

			$behind += $step;
			next_life($way, $node, $session, $clock, -$behind);
			$session = session($node);
			draw_life($session, $records, "$kind: $way, $behind s behind");
			is($session->query('SELECT timeline_at < reserved_until FROM idgen_status()'), 't', '... below the reservation');
			$session->quit;
		}
	}

	# What was dropped before a crash and is created after it goes on, too.
	$node->safe_psql('postgres', 'SELECT count(snowflake_drop_generator(generator)::text) FROM snowflake_generators');
	$node->stop('immediate');
	$clock->set_ahead(-$behind - 600);
	start_server($node);
	create_life_generators($node);
	draw_life(session($node), $records, "$kind: dropped before a crash, created after it");
	$node->stop;
	return;
}

# ---------------------------------------------------------------------- standbys

# The standby is synchronous, and its clock two hours behind the primary's timelines.
sub check_standby
{
	my $clock = fake_clock('+7200');
	my $primary = new_server('primary', streaming => 1, clock => $clock, conf => $LIFE_CONF);
	my $records = new_records();

	create_life_generators($primary);
	draw_life(session($primary), $records, 'primary');
	$primary->backup('base');
	my $standby = PostgreSQL::Test::Cluster->new('standby');
	$standby->init_from_backup($primary, 'base', has_streaming => 1);
	start_server($standby, fake_clock());

	set_synchronous($primary, 1, 'standby');
	my $session = session($primary);
	$session->query("SET idgen.max_wait = '1h'");
	$session->query("CREATE ROLE regress_late; SELECT snowflake_create_generator('late', 'leaf', 99); GRANT USAGE ON FOREIGN SERVER late TO regress_late");
	draw_life($session, $records, 'primary with a synchronous standby');
	my $late = $session->query("SELECT snowflake_nextval('late')");
	$primary->wait_for_catchup($standby, 'replay', $primary->lsn('flush'));

	my $reader = session($standby);
	my $definitions = 'SELECT * FROM snowflake_generators ORDER BY generator';
	is($reader->query($definitions), $session->query($definitions), 'standby: the definitions are there');
	like($reader->error($_), qr/ERROR:  25006: /, "standby: refused: $_") foreach "SELECT snowflake_nextval('near')",
	  "SELECT snowflake_nextvals('near', 2)", "SELECT snowflake_next_block('near', 2)", "SELECT snowflake_create_generator('x')", "SELECT snowflake_drop_generator('near')";
	$primary->stop('immediate');
	$session->abandon;
	$standby->promote;
	draw_life($reader, $records, 'promoted, the clock 2 h behind');
	cmp_ok($reader->query("SELECT snowflake_nextval('late')"), '>', $late, '... also what was created since the backup');
	$reader->query('SET ROLE regress_late');
	like($reader->error("SELECT snowflake_nextval('near')"), qr/ERROR:  42501/, '... with the rights');
	is($reader->error("SELECT snowflake_nextval('late')"), '', '... that were granted');
	$standby->stop('immediate');
	$reader->abandon;
	start_server($standby);
	draw_life(session($standby), $records, '... and after a crash');
	$standby->stop;
	return;
}

# ---------------------------------------------------------------------- dumps and upgrades

my $PICTURE = q{SELECT g.*, s.srvacl, obj_description(s.oid, 'pg_foreign_server'), s.srvtype, s.srvversion
	FROM snowflake_generators g JOIN pg_foreign_server s ON srvname = generator ORDER BY generator COLLATE "C"};
my $WRAPPER_RIGHTS = q{SELECT has_foreign_data_wrapper_privilege('regress_owner', 'idgen', 'USAGE'), has_foreign_data_wrapper_privilege('regress_user', 'idgen', 'USAGE')};

sub create_dumped
{
	my ($node) = @_;

	$node->safe_psql(
		'postgres', q{
		CREATE ROLE regress_owner; CREATE ROLE regress_user;
		GRANT USAGE ON FOREIGN DATA WRAPPER idgen TO regress_owner;
		SET ROLE regress_owner;
		SELECT snowflake_create_generator('Odd "name"', 'leaf', 1, sequence_start => 'rolling');
		GRANT USAGE ON FOREIGN SERVER "Odd ""name""" TO regress_user WITH GRANT OPTION;
		COMMENT ON SERVER "Odd ""name""" IS 'a comment';
		RESET ROLE;
		SELECT snowflake_create_generator('plain');
		SELECT snowflake_create_generator('words', 'time 41 bits of 1 ms since 2021-01-01, shard 4, worker 6, sequence 12', 5, shard_id => 15);
		CREATE SERVER ended FOREIGN DATA WRAPPER idgen OPTIONS (layout 'baidu', worker_id '1');
		CREATE SERVER early FOREIGN DATA WRAPPER idgen OPTIONS (layout 'time 41 bits of 1 ms since 2099-01-01, sequence 22');
		CREATE TABLE t (id bigint PRIMARY KEY DEFAULT snowflake_nextval('words'), at timestamptz DEFAULT clock_timestamp());
		INSERT INTO t SELECT FROM generate_series(1, 100)});
	return;
}

sub check_copy
{
	my ($node, $dbname, $expected, $name) = @_;

	is($node->safe_psql($dbname, $PICTURE), $expected, "$name: definitions, owners, rights and comments");
	is($node->safe_psql($dbname, $WRAPPER_RIGHTS), 't|f', '... and who may create generators');
	$node->safe_psql($dbname, 'INSERT INTO t SELECT FROM generate_series(1, 1000)');
	is($node->safe_psql($dbname, 'SELECT count(*) FROM (SELECT id <= lag(id) OVER (ORDER BY at, id) AS wrong FROM t) AS t WHERE wrong'), 0, '... and IDs go on');
	my ($status, $output, $error) = $node->psql($dbname, q(SET ROLE regress_user; SELECT snowflake_nextval('Odd "name"') >> 12 & 1023; SELECT snowflake_nextval('plain')));
	is($output, 1, '... for who may draw');
	like($error, qr/permission denied for foreign server plain/, '... and only for them');
	like(($node->psql($dbname, "SELECT snowflake_nextval('ended')"))[2], qr/time field of the snowflake layout is used up/, '... what has ended is there, and makes none');
	return;
}

sub check_dump
{
	my ($node) = @_;
	my $expected = $node->safe_psql('postgres', $PICTURE);
	my $target = PostgreSQL::Test::Cluster->new('restored');

	$target->init;
	$target->start;
	$target->safe_psql('postgres', 'CREATE ROLE regress_owner; CREATE ROLE regress_user');
	$node->safe_psql('postgres', 'CREATE DATABASE copy');
	foreach my $format ('plain', 'custom')
	{
		$node->command_ok([ 'pg_dump', '--no-sync', "--format=$format", '--file', "$directory/dump.$format", $node->connstr('postgres') ], "dumped: $format");
	}
	$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', "$directory/dump.plain", $node->connstr('copy') ],
		'restored into another database');
	check_copy($node, 'copy', $expected, 'another database');
	is($node->safe_psql('postgres', 'INSERT INTO t SELECT FROM generate_series(1, 1000); SELECT count(*) FROM t'), 1100, '... beside the one it comes from');
	my @ids = map { split /\n/, $node->safe_psql($_, 'SELECT id FROM t ORDER BY id OFFSET 100') } 'postgres', 'copy';
	are_distinct(\@ids, '... none of whose IDs it repeats');

	$target->command_ok([ 'pg_restore', '--exit-on-error', '--dbname', $target->connstr('postgres'), "$directory/dump.custom" ], 'restored into another cluster');
	check_copy($target, 'postgres', $expected, 'another cluster');
	$target->stop;
	return;
}

sub check_extension
{
	my ($node) = @_;
	my $before = $node->safe_psql('copy', 'SELECT max(id) FROM t');

	my $session = session($node, dbname => 'copy');
	$session->query("SELECT snowflake_nextval('words')");
	like($session->error('DROP EXTENSION idgen'), qr/ERROR:  2BP01: .*server words depends on foreign-data wrapper idgen/s,
		'generators keep the extension from being dropped');
	$session->query('SET client_min_messages = warning');
	is($session->query('DROP EXTENSION idgen CASCADE; SELECT count(*) FROM pg_foreign_server'), 0, '... but by CASCADE, which drops them');
	$session->query(q{CREATE EXTENSION idgen;
		SELECT snowflake_create_generator('words', 'time 41 bits of 1 ms since 2021-01-01, shard 4, worker 6, sequence 12', 5, shard_id => 15)});
	cmp_ok($session->query("SELECT snowflake_nextval('words')"), '>', $before, '... created again, they go on');
	$session->quit;
	$node->safe_psql('postgres', 'DROP DATABASE copy');
	return;
}

sub check_upgrade
{
	my ($node) = @_;
	my $expected = $node->safe_psql('postgres', $PICTURE);
	my $new = PostgreSQL::Test::Cluster->new('upgraded');

	$new->init;
	$node->stop;
	upgrade_cluster($node, $new);
	$new->start;
	check_copy($new, 'postgres', $expected, 'upgraded');
	$new->stop;
	return;
}

# ---------------------------------------------------------------------- memory

# A procedure that draws from spaces with numbers from .. to, and commits each.
my $DRAW_FROM_SPACES = <<'END';
CREATE PROCEDURE draw_from_spaces(first integer, last integer) LANGUAGE plpgsql AS $$
BEGIN
	FOR space IN first .. last LOOP
		EXECUTE format('ALTER SERVER space OPTIONS (SET slab_id %L)', space);
		INSERT INTO drawn SELECT space, unnest(snowflake_nextvals('space', 3));
		COMMIT;
	END LOOP;
END $$;
CREATE TABLE drawn (space integer, id bigint);
SELECT snowflake_create_generator('space', 'slab 14, time 41 bits of 1 ms since 2024-01-01, sequence 8', slab_id => 1);
SELECT snowflake_create_generator('first', 'leaf', 1);
END

# Draws from new spaces until there is no room, and returns the error and the number of
# those that there was room for.
sub fill_up
{
	my ($session, $first) = @_;
	my $error = $session->error("CALL draw_from_spaces($first, 5000)");

	return ($error, $session->query("SELECT count(DISTINCT space) FROM drawn WHERE space >= $first"));
}

sub check_drawn_from_spaces
{
	my ($session, $name) = @_;
	return is($session->query('SELECT count(*) - count(DISTINCT id), count(*) FILTER (WHERE id >> 49 <> space) FROM drawn'), '0|0', $name);
}

sub check_memory
{
	my $no_room = qr/ERROR:  53200: not enough shared memory .*HINT:  .*"shared_preload_libraries"/s;
	my $node = new_server('memory',
		conf => "idgen.max_drift = '1min'\nmax_connections = 100\nmax_locks_per_transaction = 10\nmax_pred_locks_per_transaction = 10");
	my $session = session($node);

	$session->query($DRAW_FROM_SPACES);
	my $id = $session->query("SELECT snowflake_nextval('first')");
	use_up_shared_memory($node);
	my ($error, $count) = fill_up($session, 1);
	like($error, $no_room, 'no room for the timeline of another space, and what to do');
	is($count, 31, '... beyond those that there is room for');
	$session->query("ALTER SERVER space OPTIONS (SET slab_id '99')");
	like($session->error("SELECT $_"), $no_room, "... refused: $_") foreach "snowflake_nextval('space')", "snowflake_nextvals('space', 2)";
	my $other = session($node);
	like($other->error("SELECT snowflake_nextval('space')"), $no_room, '... in another session, too');
	is($_->query("SELECT snowflake_nextval('first') > $id, snowflake_nextval() > 0"), 't|t', '... while others go on') foreach $session, $other;
	is($session->query("DO \$\$ BEGIN PERFORM snowflake_nextval('space'); EXCEPTION WHEN out_of_memory THEN NULL; END \$\$; SELECT 'caught'"),
		'caught', '... the error can be caught');
	$session->query('CALL draw_from_spaces(1, 31)');
	$session->query('ALTER SERVER space OPTIONS (SET slab_id \'31\')');
	is($other->error("SELECT snowflake_nextval('space')"), '', '... and spaces that there were are there');
	check_drawn_from_spaces($session, '... no ID came twice');
	$_->quit foreach $session, $other;

	$node->append_conf('postgresql.conf', "shared_preload_libraries = 'idgen'\nidgen.max_generators = 1000");
	$node->restart;
	use_up_shared_memory($node);
	$session = session($node);
	$session->query($_) foreach 'TRUNCATE drawn', "SET idgen.max_wait = '1h'";
	is($session->error('CALL draw_from_spaces(1, 1000)'), '', 'preloaded, with idgen.max_generators = 1000: a thousand spaces');
	$other = session($node);
	$other->query("SELECT snowflake_nextval('first')");
	$other->query($_) foreach "SET idgen.max_wait = '1h'", 'CALL draw_from_spaces(1, 1000)';
	is($session->query('SELECT count(DISTINCT space), count(*) FROM drawn'), '1000|6000', '... are drawn from by all');
	check_drawn_from_spaces($session, '... no ID came twice');
	($error, $count) = fill_up($session, 1001);
	like($error, qr/ERROR:  53200: .*HINT:  .*"(idgen\.max_generators|shared_preload_libraries)"/s, '... beyond what was set aside there is an error');
	is($other->query("SELECT snowflake_nextval('first') > $id, snowflake_nextval() > 0"), 't|t', '... and the server goes on');
	$session->query("SELECT idgen_reset_timeline()");
	$session->query('CALL draw_from_spaces(500, 520)');
	check_drawn_from_spaces($session, '... after a reset of all these timelines, too');
	$_->quit foreach $session, $other;
	$node->stop;
	return;
}

# ---------------------------------------------------------------------- all

my $node = new_server('generators', conf => "idgen.max_wait = '1h'");
create_generators($node);
foreach my $kind ('not preloaded', (full_run() ? 'preloaded' : ()))
{
	if ($kind eq 'preloaded')
	{
		$node->append_conf('postgresql.conf', "shared_preload_libraries = 'idgen'");
		$node->restart;
	}
	check_concurrency($node, $kind);
	check_parallel($node, $kind);
	check_recreation($node, $kind);
	check_alteration($node, $kind);
}
$node->stop;

check_memory();

$node = new_server('dumped');
create_dumped($node);
check_dump($node);
check_extension($node);
check_upgrade($node);

SKIP:
{
	skip 'libfaketime is not installed', 1 unless IdgenTest::Clock::library();
	check_lives($_) foreach 'plain', (full_run() ? 'preloaded' : ());
	check_standby();
}

done_testing();
