# Guards: IDs can be drawn wherever PostgreSQL evaluates a default or calls a function,
# and no road back (rollback, restore, DROP EXTENSION, another apply of the same
# change) ever gives one a second time.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $publisher = new_server('publisher', streaming => 'logical', conf => "max_prepared_transactions = 5");
my $subscriber = new_server('subscriber', streaming => 'logical', conf => 'idgen.worker_id = 2');
my $session = session($publisher);

sub check_copy
{
	$session->query('CREATE TABLE copied (id bigint PRIMARY KEY DEFAULT snowflake_nextval(), line integer)');
	my $before = $session->query('SELECT snowflake_nextval()');
	my $rows = join("\n", 1 .. 5000);
	$publisher->safe_psql('postgres', "COPY copied (line) FROM STDIN;\n$rows\n\\.\n");
	$session->query(
		"COPY copied (line) FROM PROGRAM 'printf \"5001\\n5002\\n\"'");
	my $after = $session->query('SELECT snowflake_nextval()');

	is($session->query('SELECT count(*), count(DISTINCT id) FROM copied'), '5002|5002', 'COPY: a default for each row');
	is($session->query('SELECT count(*) FROM (SELECT line < lag(line) OVER (ORDER BY id) AS disorder FROM copied) AS lines WHERE disorder'),
		0, '... in the order of the lines');
	is($session->query("SELECT min(id) > $before AND max(id) < $after FROM copied"), 't', '... between the IDs before and after');
	return;
}

sub check_statements
{
	$session->query(
		q{
		CREATE TABLE made (id bigint PRIMARY KEY DEFAULT snowflake_nextval(), name text UNIQUE, version bigint);
		CREATE FUNCTION set_version() RETURNS trigger LANGUAGE plpgsql AS
			$$ BEGIN NEW.version := snowflake_nextval(); RETURN NEW; END $$;
		CREATE TRIGGER versions BEFORE INSERT OR UPDATE ON made FOR EACH ROW EXECUTE FUNCTION set_version();
		CREATE FUNCTION make(names text[]) RETURNS SETOF bigint LANGUAGE sql AS
			'INSERT INTO made (name) SELECT unnest(names) RETURNING id'});

	my @ids = $session->ids("SELECT make(ARRAY['a', 'b', 'c'])");
	push @ids, $session->ids("INSERT INTO made (name) VALUES ('c'), ('d') ON CONFLICT (name) DO UPDATE SET name = made.name || '!' RETURNING version");
	push @ids, $session->ids("INSERT INTO made (name) VALUES ('a'), ('e') ON CONFLICT (name) DO NOTHING RETURNING id");
	push @ids, $session->ids("UPDATE made SET name = 'f' WHERE name = 'e' RETURNING version");
	push @ids, $session->ids("MERGE INTO made USING (VALUES ('f'), ('g')) AS new (name) ON made.name = new.name WHEN NOT MATCHED THEN INSERT (name) VALUES (new.name) WHEN MATCHED THEN UPDATE SET name = 'h'; SELECT max(id) FROM made");
	is(scalar @ids, 8, 'functions, triggers, ON CONFLICT, MERGE: all get IDs');
	is_increasing(\@ids, '... in order');
	is($session->query('SELECT count(*), count(DISTINCT id) FROM (SELECT id FROM made UNION ALL SELECT version FROM made) AS drawn'),
		'12|12', '... and distinct ones');

	# A table rewritten with a new column: an ID for every row.
	$session->query('ALTER TABLE copied ADD COLUMN extra bigint DEFAULT snowflake_nextval()');
	is($session->query('SELECT count(DISTINCT extra) FROM copied'), 5002, 'ALTER TABLE ADD COLUMN: an ID for each row');

	# Partitions, where the ID is the key.
	$session->query(
		q{
		CREATE TABLE parts (id bigint DEFAULT snowflake_nextval()) PARTITION BY HASH (id);
		CREATE TABLE parts_0 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
		CREATE TABLE parts_1 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
		INSERT INTO parts SELECT FROM generate_series(1, 1000)});
	is($session->query('SELECT count(*), count(DISTINCT id) FROM parts'), '1000|1000', 'a default in a partitioned table');

	# A query that is written down is not evaluated once and for all.
	$session->query('PREPARE draw AS SELECT snowflake_nextval()');
	is_increasing([ map { $session->query('EXECUTE draw') } 1 .. 10 ], 'a prepared statement');
	$session->query('SET plan_cache_mode = force_generic_plan');
	is_increasing([ map { $session->query('EXECUTE draw') } 1 .. 10 ], '... with a generic plan');
	$session->query('RESET plan_cache_mode; DEALLOCATE draw');
	return;
}

sub check_ways_back
{
	my @ids;

	foreach my $end (
		'ROLLBACK', 'COMMIT',
		"PREPARE TRANSACTION 'p'; ROLLBACK PREPARED 'p'",
		"PREPARE TRANSACTION 'p'; COMMIT PREPARED 'p'",
		"SAVEPOINT s; SELECT 1 / 0; ROLLBACK TO s; COMMIT")
	{
		push @ids,
		  $session->ids('BEGIN; INSERT INTO copied DEFAULT VALUES RETURNING id'),
		  $session->ids(burst(100));
		$session->run($end);
		push @ids, $session->ids(burst(100));
	}
	is_increasing(\@ids, 'no end of a transaction gives IDs back');
	return;
}

# The same timeline before and after, in the same session.
sub check_drop_extension
{
	my $before = $session->query('SELECT snowflake_nextval()');

	like($session->error('DROP EXTENSION idgen'), qr/ERROR:  2BP01/, 'defaults protect the extension');
	$session->query("SET client_min_messages = 'warning'; DROP EXTENSION idgen CASCADE; CREATE EXTENSION idgen; RESET client_min_messages");
	is_increasing([ $before, $session->ids(burst(100)), $session->ids(burst(100)) ], 'DROP and CREATE EXTENSION: the order goes on');
	is($session->query('SELECT count(*) FROM idgen_slots WHERE pid = pg_backend_pid()'), 1, '... in the same slot');
	return;
}

sub check_dump
{
	my $dump = PostgreSQL::Test::Utils::tempdir() . '/dump.sql';

	$session->query('CREATE TABLE dumped (id bigint PRIMARY KEY DEFAULT snowflake_nextval(), n integer)');
	$session->query('INSERT INTO dumped (n) SELECT generate_series(1, 100)');
	$session->query('CREATE DATABASE restored');
	$publisher->command_ok(
		[ 'pg_dump', '--no-sync', '--file', $dump, '--table', 'dumped', '--extension', 'idgen', $publisher->connstr('postgres') ],
		'pg_dump');
	$publisher->command_ok(
		[ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-f', $dump, '-o', $dump . '.out', $publisher->connstr('restored') ],
		'restore');
	$publisher->safe_psql('restored', 'INSERT INTO dumped (n) SELECT generate_series(101, 200)');
	my $digest = 'SELECT md5(string_agg(id::text, \',\' ORDER BY n)) FROM dumped WHERE n <= 100';
	is($publisher->safe_psql('restored', $digest), $session->query($digest), '... keeps the IDs');
	is($publisher->safe_psql('restored', 'SELECT count(*), count(DISTINCT id) FROM dumped'),
		'200|200', '... and the default, which goes on above them');
	is($publisher->safe_psql('restored', 'SELECT max(id) FILTER (WHERE n <= 100) < min(id) FILTER (WHERE n > 100) FROM dumped'),
		't', '... in order');
	return;
}

# What may refuse new IDs is warned of, and nothing is said of times that there are none of.
sub check_what_conversion_says
{
	$session->query('CREATE DATABASE warned');
	$publisher->safe_psql('warned', <<'END');
CREATE EXTENSION idgen;
CREATE DOMAIN small AS bigint CONSTRAINT is_small CHECK (VALUE < 1000);
CREATE DOMAIN of_small AS small;
CREATE TABLE bounded (id bigint CONSTRAINT below CHECK (id < 1000), other of_small) PARTITION BY RANGE (id);
CREATE TABLE hashed (id bigint) PARTITION BY HASH (id);
CREATE TABLE negative (id bigint PRIMARY KEY);
INSERT INTO negative VALUES (-5);
END
	my (undef, undef, $said) = $publisher->psql('warned', q{SELECT idgen_convert_default('bounded', 'id'), idgen_convert_default('bounded', 'other')});
	like($said, qr/WARNING:  conditions on column "id" apply to new IDs\n.*DETAIL:  constraint below on table public\.bounded, partitions of table public\.bounded$/m, 'CHECK constraints and bounds of partitions are warned of');
	like($said, qr/WARNING:  conditions on column "other" apply to new IDs\n.*DETAIL:  constraint is_small of domain public\.small$/m, '... and those of a domain, also below another one');
	(undef, undef, $said) = $publisher->psql('warned', q{SELECT idgen_convert_default('hashed', 'id'), idgen_convert_default('negative', 'id')});
	is($said, '', '... partitions by hash are not, and of negative numbers no time is said');
	check_what_conversion_says_of_values();
	return;
}

# The query that the hint about values that are not read has.
sub query_of_hint
{
	my ($said) = @_;
	my ($query) = $said =~ /HINT:  If (SELECT [^\n]*;) finds/ or die "no query in: $said";
	return $query;
}

# The same for the numbers of a sequence, and for IDs of a generator.
sub check_queries_of_sequences
{
	$publisher->safe_psql('warned', <<'END');
CREATE TABLE large (id snowflake) WITH (fillfactor = 10);
INSERT INTO large SELECT i FROM generate_series(1, 25000) AS i;
CREATE SEQUENCE numbers START 50000;
CREATE SEQUENCE segment START 50000;
SELECT snowflake_create_generator('nine', 'twitter', worker_id => 9, datacenter_id => 1);
END
	foreach my $expression (q{nextval('numbers')}, q{segment_nextval('segment')}, q{snowflake_nextval('nine')})
	{
		my $convert = sprintf 'SELECT idgen_convert_default($$large$$, $$id$$, $$%s$$)', $expression;
		my (undef, undef, $said) = $publisher->psql('warned', $convert);
		my $query = query_of_hint($said);
		is($publisher->safe_psql('warned', "INSERT INTO large DEFAULT VALUES; $query"), '', "the query for $expression does not find new numbers");
		is($publisher->safe_psql('warned', "BEGIN; UPDATE large SET id = $expression + (10::bigint << 40) WHERE id = 7::bigint; $query ROLLBACK") ne '', 1, '... but values that they will come to');
	}
	return;
}

# A foreign partition may have values that its bounds exclude, and can have no index.
sub check_foreign_partition
{
	my ($host, $port) = ($publisher->host, $publisher->port);

	$publisher->safe_psql('warned', <<"END");
CREATE EXTENSION postgres_fdw;
CREATE SERVER there FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'warned');
CREATE USER MAPPING FOR CURRENT_USER SERVER there;
CREATE TABLE elsewhere (id bigint);
INSERT INTO elsewhere VALUES (1), (snowflake_upper_bound(now() + '1 day'));
CREATE TABLE m (id bigint) PARTITION BY RANGE (id);
CREATE FOREIGN TABLE m_there PARTITION OF m FOR VALUES FROM (0) TO (1000) SERVER there OPTIONS (table_name 'elsewhere');
CREATE TABLE m_new PARTITION OF m DEFAULT;
END
	my (undef, undef, $said) = $publisher->psql('warned', q{SELECT idgen_convert_default('m', 'id')});
	isnt($publisher->safe_psql('warned', query_of_hint($said)), '', 'a foreign partition is read whatever its bounds are');
	unlike($said, qr/create such an index/, '... and an index is not advised');
	return;
}

# Values that are not looked at, expressions that are not known, and columns that reference others.
sub check_what_conversion_says_of_values
{
	$publisher->safe_psql('warned', <<'END');
CREATE TABLE "Large" (id bigint, number bigint) PARTITION BY LIST (number);
CREATE TABLE large_1 PARTITION OF "Large" FOR VALUES IN (1) WITH (fillfactor = 10);
CREATE TABLE large_2 PARTITION OF "Large" FOR VALUES IN (2) WITH (fillfactor = 10);
CREATE TABLE large_3 PARTITION OF "Large" FOR VALUES IN (3);
INSERT INTO "Large" SELECT i, 1 + i % 2 FROM generate_series(1, 50000) AS i;
INSERT INTO "Large" VALUES (70000, 3);
CREATE INDEX ON large_1 (id);
CREATE TABLE referenced (id bigint PRIMARY KEY);
CREATE TABLE referencing (id bigint PRIMARY KEY CONSTRAINT reference REFERENCES referenced);
END
	my (undef, undef, $said) = $publisher->psql('warned', q{SELECT idgen_convert_default('"Large"', 'id')});
	like($said, qr/WARNING:  values of column "id" of table "Large" have not all been compared with new IDs\n.*DETAIL:  [^\n]*: public\.large_2\.$/m, 'large partitions without an index are not read');
	like($said, qr/HINT:  If SELECT [^\n]*; finds a value, new IDs[^\n]* create such an index/, '... and how to do so is said');
	like($said, qr/NOTICE:  conditions on time take.*DETAIL:  The greatest value is 70000\./s, '... while others are');
	$publisher->safe_psql('warned', q{INSERT INTO "Large" (number) VALUES (2)});
	is($publisher->safe_psql('warned', query_of_hint($said)), '', '... with a query that does not find new IDs');
	$publisher->safe_psql('warned', q{INSERT INTO large_2 VALUES (snowflake_upper_bound(now() + '1 day'), 2)});
	isnt($publisher->safe_psql('warned', query_of_hint($said)), '', '... but values that they will come to');
	(undef, undef, $said) = $publisher->psql('warned', q{SET TimeZone = 'UTC'; DELETE FROM large_2 WHERE id > 70000; UPDATE large_1 SET id = snowflake_lower_bound('2023-05-06 07:00+00') + id; DELETE FROM large_3; SELECT idgen_convert_default('large_1', 'id')});
	like($said, qr/for IDs of 2023-05-06 07:00:00\+00 to 2023-05-06 07:00/, 'the times that old values seem to be of are those of the least and the greatest');
	check_queries_of_sequences();
	check_foreign_partition();
	(undef, undef, $said) = $publisher->psql('warned', q{SELECT idgen_convert_default('referencing', 'id')});
	like($said, qr/^[^\n]*WARNING:  column "id" references others, which new IDs are not in\n.*DETAIL:  constraint reference on table public\.referencing$/m, 'a column that references another is warned of');
	(undef, undef, $said) = $publisher->psql('warned', q{SELECT idgen_convert_default('referenced', 'id', 'abs(-1)')});
	like($said, qr/^[^\n]*NOTICE:  values of column "id" of table "referenced" are not compared with those of expression abs\(-1\)$/m, 'an expression of one\'s own is not known');
	$publisher->safe_psql('warned', <<'END');
CREATE SEQUENCE int8inc;
CREATE TABLE texts (id bigint DEFAULT nextval('int8inc'));
CREATE FUNCTION draws() RETURNS bigint LANGUAGE sql AS $$SELECT nextval('public.Int8Inc')$$;
CREATE FUNCTION other_name() RETURNS bigint LANGUAGE plpgsql AS $$DECLARE my_int8inc int; int8inc_2 int; BEGIN RETURN 1; END$$;
END
	(undef, undef, $said) = $publisher->psql('warned', q{SELECT idgen_convert_default('texts', 'id')});
	like($said, qr/WARNING:  sequence "int8inc" has other uses\n.*DETAIL:  function public\.draws\(\)$/m, 'functions that have the name of the sequence, and no part of another one, are named as its users');
	like($said, qr/HINT:  [^\n]*Functions are named if their text has the sequence's name/, '... and why');
	$publisher->safe_psql('warned', q{CREATE SEQUENCE s; CREATE TABLE sampled (id bigint DEFAULT nextval('s'))});
	(undef, undef, $said) = $publisher->psql('warned', q{SELECT idgen_convert_default('sampled', 'id')});
	unlike($said, qr/other uses/, 'functions of PostgreSQL itself are none of them');
	$publisher->safe_psql('warned', q{CREATE SEQUENCE shared; CREATE TABLE sharing (id bigint DEFAULT nextval('shared')); SELECT idgen_convert_default('sharing', 'id'); DROP SEQUENCE shared});
	(undef, undef, $said) = $publisher->psql('warned', q{SELECT idgen_revert_default('sharing', 'id')});
	like($said, qr/ERROR:  relation "public\.shared" does not exist\n.*HINT:  [^\n]*SET DEFAULT/s, 'what to do about a sequence that is gone is said');
	return;
}

# What defaults were before they were converted, without those of tables that are gone: their OIDs may be other tables there.
sub check_dump_of_converted
{
	my $dump = PostgreSQL::Test::Utils::tempdir() . '/converted.sql';

	$session->query('CREATE DATABASE converted');
	$session->query('CREATE DATABASE reverted');
	$publisher->safe_psql('converted', <<'END');
CREATE SCHEMA ids;
CREATE EXTENSION idgen SCHEMA ids;
CREATE TABLE serials (id bigserial PRIMARY KEY, item text);
CREATE TABLE "Always" ("ID" bigint GENERATED ALWAYS AS IDENTITY (START 100 INCREMENT 5) PRIMARY KEY, item text);
CREATE TABLE gone (id bigserial);
INSERT INTO serials (item) VALUES ('old'), ('old');
INSERT INTO "Always" (item) VALUES ('old'), ('old');
SELECT ids.idgen_convert_default('serials', 'id'), ids.idgen_convert_default('"Always"', 'ID'), ids.idgen_convert_default('gone', 'id');
DROP TABLE gone;
END
	$publisher->command_ok([ 'pg_dump', '--no-sync', '--file', $dump, $publisher->connstr('converted') ], 'converted defaults are dumped');
	$publisher->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-f', $dump, '-o', $dump . '.out', $publisher->connstr('reverted') ], 'restored');
	is($publisher->safe_psql('reverted', 'SELECT relation, was FROM ids.idgen_converted_defaults ORDER BY was'),
		qq("Always"|generated always as identity\nserials|serial), '... with what they were, of tables that are there');
	is($publisher->safe_psql('reverted', q{SELECT ids.idgen_revert_default('serials', 'id'), ids.idgen_revert_default('"Always"', 'ID')}),
		q{nextval('public.serials_id_seq'::regclass)|generated always as identity},
		'... and can be reverted');
	is($publisher->safe_psql('reverted', q{INSERT INTO serials (item) VALUES ('new') RETURNING id; INSERT INTO "Always" (item) VALUES ('new') RETURNING "ID"}),
		"3\n110", '... to go on from where they were');
	return;
}

# An apply worker has no client; it draws all the same.
sub check_logical_replication
{
	my $connstr = $publisher->connstr . ' dbname=postgres';

	$session->query(
		q{
		CREATE TABLE events (id bigint PRIMARY KEY DEFAULT snowflake_nextval());
		INSERT INTO events SELECT FROM generate_series(1, 100);
		CREATE PUBLICATION pub FOR TABLE events});
	$subscriber->safe_psql(
		'postgres', qq{
		CREATE TABLE events (id bigint PRIMARY KEY, received bigint UNIQUE DEFAULT snowflake_nextval());
		CREATE SUBSCRIPTION sub CONNECTION '$connstr' PUBLICATION pub});
	$subscriber->wait_for_subscription_sync($publisher, 'sub');

	$session->query('INSERT INTO events SELECT FROM generate_series(1, 100)') for 1 .. 5;
	$session->query('INSERT INTO events DEFAULT VALUES') for 1 .. 50;
	$session->query('BEGIN; INSERT INTO events DEFAULT VALUES; ROLLBACK');
	$publisher->wait_for_catchup('sub');

	is($subscriber->safe_psql('postgres', 'SELECT count(*), count(received), count(DISTINCT received) FROM events'),
		'650|650|650', 'logical replication: an ID for every row that is applied');
	is($subscriber->safe_psql('postgres', 'SELECT count(*) FROM (SELECT received < lag(received) OVER (ORDER BY id) AS disorder FROM events) AS pairs WHERE disorder'),
		0, '... in the order of the changes');
	is($subscriber->safe_psql('postgres', 'SELECT DISTINCT a.worker_id, b.worker_id FROM events, snowflake_parse(id) AS a, snowflake_parse(received) AS b'),
		'0|2', '... of the node that applies them');

	# A quiet session on the subscriber is above what has been applied.
	my $highest = $subscriber->safe_psql('postgres', 'SELECT max(received) FROM events');
	cmp_ok($subscriber->safe_psql('postgres', 'SELECT snowflake_nextval()'), '>', $highest, '... with the others in one order');
	$subscriber->safe_psql('postgres', 'DROP SUBSCRIPTION sub');
	return;
}

check_copy();
check_statements();
check_ways_back();
check_dump();
check_what_conversion_says();
check_dump_of_converted();
check_logical_replication();
check_drop_extension();
$session->quit;

done_testing();
