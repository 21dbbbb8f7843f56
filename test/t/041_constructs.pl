# Guards: what takes an operator by its bare name, in each place where an expression is
# stored, comes back from a dump and goes through pg_upgrade with what it says, its rows and
# its indexes, wherever the extension is.  While a dump is read, the search path is empty.
# So do domains, functions and ranges that need a cast, which pg_upgrade creates before it.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest::Tables;
use IdgenTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# Of each type two values, and IDs a minute each; a condition on a column that an index serves.
my %TYPES = (
	ulid => {
		one => '01ARZ3NDEKTSV4RRFFQ69G5FAV',
		two => '01ARZ3NDEKTSV4RRFFQ69G5FAW',
		id => q{ulid_lower_bound(timestamptz '2026-01-01 00:00:00+00' + n * interval '1 minute')},
		equals => sub { qr/\($_[0] = '$_[1]'::ulid\)/ },
	},
	snowflake => {
		one => '100000000000000000',
		two => '200000000000000000',
		id => q{(snowflake_lower_bound(timestamptz '2026-01-01 00:00:00+00' + n * interval '1 minute'))::snowflake},
		equals => sub { qr/\(\(?$_[0]\)?(?:::bigint)? = '$_[1]'::bigint\)/ },
	});

# One object of each construct.  T stands for the type, ONE and TWO for values.
my $CONSTRUCTS = <<'END';
CREATE DOMAIN T_since AS T CHECK (VALUE::timestamptz > '2020-01-01 00:00:00+00');
CREATE DOMAIN T_but AS T DEFAULT 'ONE' CHECK (VALUE IS DISTINCT FROM 'TWO' AND NULLIF(VALUE, 'TWO') IS NOT NULL);
CREATE TABLE T_rows (
	id T PRIMARY KEY, n integer, p T DEFAULT NULLIF(T 'ONE', 'TWO'), since T_since, but T_but,
	other T GENERATED ALWAYS AS (NULLIF(id, p)) STORED,
	same boolean GENERATED ALWAYS AS (id IS NOT DISTINCT FROM p) STORED,
	CHECK (id IS DISTINCT FROM p),
	CHECK (CASE id WHEN 'TWO' THEN n <> 1 ELSE true END),
	CHECK ((id, n) > ('ONE', -1)),
	CHECK ((n, id) > (-1, 'ONE')),
	CHECK (ROW (id, n) IS DISTINCT FROM ROW (p, n)));
CREATE INDEX T_case ON T_rows ((CASE p WHEN 'ONE' THEN id ELSE p END));
CREATE INDEX T_nullif ON T_rows (NULLIF(p, 'ONE'));
CREATE INDEX T_partial ON T_rows (n) WHERE p IS DISTINCT FROM 'ONE';
CREATE INDEX T_pair ON T_rows (p, n);
CREATE STATISTICS T_statistics ON (NULLIF(id, p)), n FROM T_rows;
CREATE TABLE T_hash (id T, note text);
CREATE INDEX T_hash_id ON T_hash USING hash (id);
CREATE TABLE T_brin (id T, note text);
CREATE INDEX T_brin_id ON T_brin USING brin (id);
CREATE FUNCTION T_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.n := NEW.n + 1000; RETURN NEW; END $$;
CREATE TRIGGER changed BEFORE UPDATE ON T_rows FOR EACH ROW WHEN (OLD.p IS DISTINCT FROM NEW.p) EXECUTE FUNCTION T_changed();
CREATE TABLE T_log (id T, p T);
CREATE RULE log AS ON UPDATE TO T_rows WHERE NULLIF(OLD.p, NEW.p) IS NOT NULL DO ALSO INSERT INTO T_log VALUES (NEW.id, NEW.p);
CREATE POLICY others ON T_rows USING (id IS DISTINCT FROM 'TWO');
CREATE VIEW T_natural AS SELECT * FROM T_hash NATURAL JOIN (SELECT id, n FROM T_rows) AS numbers;
CREATE VIEW T_using AS SELECT id, note, n FROM T_brin JOIN T_rows USING (id);
CREATE VIEW T_full AS SELECT id, note, n FROM T_brin FULL JOIN T_rows USING (id);
CREATE VIEW T_row AS SELECT id FROM T_rows WHERE (p, n) >= ('TWO', 500) AND (n, id) > (501, 'ONE');
CREATE VIEW T_row_equal AS SELECT id FROM T_rows WHERE (id, n) = ('TWO', 500) OR (n, id) <> (500, 'TWO');
CREATE VIEW T_in AS SELECT id FROM T_rows WHERE id IN (SELECT id FROM T_hash) AND id NOT IN (SELECT id FROM T_brin WHERE note > '9');
CREATE VIEW T_row_in AS SELECT id FROM T_rows WHERE (id, n) IN (SELECT id, length(note) FROM T_hash) OR (n, id) IN (SELECT length(note), id FROM T_hash);
CREATE VIEW T_row_any AS SELECT id FROM T_rows
	WHERE (id, n) = (SELECT id, 1 FROM T_hash LIMIT 1) OR id >= ALL (SELECT id FROM T_hash) OR id = ANY ('{ONE,TWO}');
CREATE VIEW T_case_when AS SELECT CASE id WHEN 'ONE' THEN 1 WHEN 'TWO' THEN 2 END AS which, NULLIF(id, 'ONE') AS id FROM T_rows;
CREATE VIEW T_sorted AS SELECT DISTINCT ON (id) id, greatest(id, p), least(p, id),
	count(*) FILTER (WHERE id IS DISTINCT FROM p) OVER (PARTITION BY p ORDER BY id)
	FROM T_rows WHERE id BETWEEN SYMMETRIC 'TWO' AND 'ONE' ORDER BY id USING >;
CREATE MATERIALIZED VIEW T_kept AS SELECT NULLIF(id, p) AS id, n FROM T_rows JOIN T_hash USING (id);
CREATE UNIQUE INDEX T_kept_id ON T_kept (id);
CREATE VIEW T_tree AS WITH RECURSIVE tree AS (
	SELECT id, p FROM T_rows WHERE id = 'TWO' UNION SELECT parent.id, parent.p FROM tree JOIN T_rows AS parent ON parent.id = tree.p)
	CYCLE id SET is_cycle USING path SELECT id, p, is_cycle FROM tree;
CREATE FUNCTION T_atomic(a T, b T) RETURNS SETOF T LANGUAGE sql STABLE
	BEGIN ATOMIC SELECT NULLIF(id, a) FROM T_rows JOIN T_hash USING (id)
	WHERE id IS NOT DISTINCT FROM b OR (id, n) < (a, 0) OR CASE a WHEN b THEN a::timestamptz < now() END; END;
CREATE FUNCTION T_return(a T, b T) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN (a, 1) IS NOT DISTINCT FROM (b, 1);
CREATE FUNCTION T_text(a T) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT a > 'ONE' AND a IS DISTINCT FROM 'TWO' $$;
CREATE INDEX T_by_text ON T_rows (T_text(id));
CREATE DOMAIN T_parsed AS T CHECK (T_return(VALUE, NULLIF(VALUE, 'ONE')::T));
CREATE TABLE T_parts (id T, CHECK (T_return(id, id))) PARTITION BY LIST ((NULLIF(id, 'ONE')));
CREATE TABLE T_parts_one PARTITION OF T_parts FOR VALUES IN ('TWO', NULL);
CREATE TABLE T_parts_rest PARTITION OF T_parts DEFAULT;
INSERT INTO T_rows (id, n, since, p) SELECT ID, n, ID, lag(ID) OVER (ORDER BY n) FROM generate_series(1, 1000) AS n;
INSERT INTO T_hash SELECT id, n FROM T_rows;
INSERT INTO T_brin SELECT id, n FROM T_rows;
INSERT INTO T_parts SELECT id FROM T_rows;
REFRESH MATERIALIZED VIEW T_kept;
END

# The type of layouts has an equality of its own, too; of snowflake there are operators with times.
my $OTHERS = <<'END';
CREATE TABLE sources (id integer PRIMARY KEY, layout snowflake_layout CHECK (layout IS DISTINCT FROM 'discord'),
	own boolean GENERATED ALWAYS AS (NULLIF(layout, 'default') IS NULL) STORED);
CREATE VIEW same_layout AS SELECT * FROM sources NATURAL JOIN (SELECT layout FROM sources) AS others WHERE CASE layout WHEN 'default' THEN true END;
INSERT INTO sources VALUES (1, 'default'), (2, 'twitter');
CREATE TABLE members (id snowflake, u ulid, CHECK (u::timestamptz > '2020-01-01'));
CREATE VIEW recent AS SELECT id, u::timestamptz AS at FROM members WHERE id::timestamptz > '2020-01-01';
CREATE FUNCTION is_recent(r recent) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN r.id IS NOT NULL; END';
CREATE DOMAIN member AS members CHECK ((VALUE).id IS NOT NULL);
CREATE DOMAIN recent_member AS recent CHECK (is_recent(VALUE));
CREATE DOMAIN numbered_snowflake AS snowflake DEFAULT 42 CHECK (VALUE > 0 AND VALUE::numeric < 1e18);
CREATE DOMAIN snowflake_at AS snowflake DEFAULT snowflake_nextval()
	CHECK (VALUE >= timestamptz '2020-01-01 00:00:00+00' AND VALUE <@ tstzrange '[2020-01-01 00:00:00+00,)');
CREATE TYPE snowflakes AS RANGE (subtype = snowflake, subtype_opclass = int8_ops);
CREATE TYPE ulids AS RANGE (subtype = ulid, multirange_type_name = ulid_ranges);
CREATE TABLE reserved (ids snowflakes, ulids ulids, at snowflake_at, number numbered_snowflake, EXCLUDE USING gist (ulids WITH &&));
INSERT INTO reserved (ids, ulids) VALUES ('[1,2]', '[01ARZ3NDEKTSV4RRFFQ69G5FAV,01ARZ3NDEKTSV4RRFFQ69G5FAW]');
END

sub constructs
{
	my ($type) = @_;
	my %value = %{ $TYPES{$type} };

	return $CONSTRUCTS =~ s/\bT(?=\b|_)/$type/gr =~ s/\bONE\b/$value{one}/gr =~ s/\bTWO\b/$value{two}/gr =~ s/\bID\b/$value{id}/gr;
}

# The casts of the extension, but those of the type that only its own tables have.
my $CASTS = q{
	pg_cast AS c JOIN pg_depend ON classid = 'pg_cast'::regclass AND objid = c.oid AND deptype = 'e'
	WHERE NOT EXISTS (SELECT FROM pg_type AS t WHERE t.oid IN (castsource, casttarget) AND typname = 'idgen_relation')};

# A domain for each of them, over the type it is from.
my $DOMAINS_OF_CASTS = qq{
	SELECT format('CREATE DOMAIN cast_%s AS %s CHECK (VALUE::%s IS NOT NULL)', row_number() OVER (ORDER BY c.oid), castsource::regtype, casttarget::regtype)
	FROM $CASTS};

sub fill
{
	my ($node, $database) = @_;

	query($node, $database, $_) foreach (map { constructs($_) } sort keys %TYPES), $OTHERS;
	query($node, $database, join ';', split /\n/, query($node, $database, $DOMAINS_OF_CASTS));
	return;
}

# Everything as pg_dump has it, but for the order of what has no order.
sub dump_of
{
	my ($node, $database) = @_;
	my ($dump) = run_command([ 'pg_dump', '--no-sync', $node->connstr($database) ]);

	return join "\n", sort grep { !/^\\(?:un)?restrict/ } split /\n/, $dump;
}

sub queries
{
	my ($node, $database, $type) = @_;
	my $id = query($node, $database, "SELECT id FROM ${type}_rows WHERE n = 42");
	my $before = query($node, $database, "SELECT id FROM ${type}_rows WHERE n = 41");
	my %value = %{ $TYPES{$type} };
	my $equals = $value{equals};

	return (
		[ "SELECT n FROM ${type}_natural WHERE id = '$id'", 42, "${type}_hash_id", $equals->('id', $id) ],
		[ "SELECT n FROM ${type}_using WHERE id = '$id'", 42, "${type}_brin_id", $equals->('id', $id) ],
		[ "SELECT n FROM ${type}_using WHERE id = '$id'", 42, "${type}_rows_pkey", $equals->('id', $id) ],
		[ "SELECT n FROM ${type}_kept WHERE id = '$id'", 42, "${type}_kept_id", $equals->('id', $id) ],
		[ "SELECT n FROM ${type}_rows WHERE CASE p WHEN '$value{one}' THEN id ELSE p END = '$before'", 42, "${type}_case",
			qr/\(\(?CASE .* END\)?(?:::bigint)? = '$before'::\w+\)/ ],
		[ "SELECT n FROM ${type}_rows WHERE NULLIF(p, '$value{one}') = '$before'", 42, "${type}_nullif",
			qr/\(\(?NULLIF\(.*\)\)?(?:::bigint)? = '$before'::\w+\)/ ],
		[ "SELECT count(*) FROM ${type}_rows WHERE n = 42 AND p IS DISTINCT FROM '$value{one}'", 1, "${type}_partial", qr/\(n = 42\)/ ],
		[ "SELECT count(*) FROM ${type}_row", 500, "${type}_pair", qr/\(\(ROW\(\(?p\)?(?:::bigint)?, n\) >= ROW\('$value{two}'::\w+, 500\)\)/ ]);
}

# What trigger and rule see.
sub check_changes
{
	my ($node, $database, $type, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	is( query($node, $database, qq{BEGIN;
		UPDATE ${type}_rows SET p = p WHERE n = 42; UPDATE ${type}_rows SET p = '$TYPES{$type}{one}' WHERE n = 43;
		SELECT count(*) FROM ${type}_rows WHERE n > 1000; SELECT count(*) FROM ${type}_log; ROLLBACK}),
		"1\n1", "$name: trigger and rule of $type tell a change");
	return;
}

sub check
{
	my ($node, $database, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	query($node, $database, 'ANALYZE');
	foreach my $type (sort keys %TYPES)
	{
		uses_indexes($node, $database, "$name: $type", queries($node, $database, $type));
		check_changes($node, $database, $type, $name);
	}
	my ($output, $error) = try($node, $database, q(SELECT ulid_lower_bound('2019-01-01')::ulid_since));
	like($error, qr/ERROR:  23514:/, "$name: a domain checks times of ULIDs");
	($output, $error) = try($node, $database, q(SELECT 0::snowflake_since));
	like($error, qr/ERROR:  23514:/, '... and of Snowflakes');
	is( query($node, $database, "SELECT count(*) FROM $CASTS"),
		query($node, $database, q{SELECT count(*) FROM pg_type WHERE typname LIKE 'cast\_%'}), '... and there is a domain for each cast');
	return;
}

# What belongs to the extension, and where it is.
sub members
{
	my ($node, $database) = @_;

	return $node->safe_psql($database, q{SET search_path = '';
		SELECT pg_describe_object(classid, objid, 0) FROM pg_depend
		WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
			AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'idgen') ORDER BY 1});
}

# Of ours there is none without the extension.
my $OPERATORS = q{SELECT count(*) FROM pg_operator WHERE oid >= 16384};

my $node = new_server('constructs');
my %schemas = (postgres => 'public', moved => 'ids');

new_database($node, 'moved', 'CREATE EXTENSION idgen');
fill($node, $_) foreach keys %schemas;
query($node, 'moved', 'CREATE SCHEMA ids');
query($node, 'moved', 'ALTER EXTENSION idgen SET SCHEMA ids');

my %dumps;
foreach my $database (sort keys %schemas)
{
	my $copy = "${database}_restored";

	$dumps{$database} = dump_of($node, $database);
	dump_database($node, $database, $copy);
	new_database($node, $copy);
	restore($node, $copy, $copy, 'plain');
	is(dump_of($node, $copy), $dumps{$database}, '... and so is all that it says');
	check($node, $copy, $copy);
	query($node, 'postgres', "DROP DATABASE $copy");
}

my %members = map { $_ => members($node, $_) } keys %schemas;
my $upgraded = PostgreSQL::Test::Cluster->new('upgraded');
$upgraded->init;
$node->stop;
upgrade_cluster($node, $upgraded);
$upgraded->start;
foreach my $database (sort keys %schemas)
{
	is(dump_of($upgraded, $database), $dumps{$database}, "upgraded $database: everything is as it was");
	is(members($upgraded, $database), $members{$database}, '... also what the extension consists of');
	check($upgraded, $database, "upgraded $database");
}

# It can move again, and what goes with it does.
query($upgraded, 'moved', 'ALTER EXTENSION idgen SET SCHEMA public');
is(members($upgraded, 'moved'), $members{postgres}, 'moved after the upgrade: all but the operators');
query($upgraded, 'moved', 'SET client_min_messages = warning; DROP EXTENSION idgen CASCADE');
is(query($upgraded, 'moved', $OPERATORS), 0, '... and dropped with them');
$upgraded->stop;

done_testing();
