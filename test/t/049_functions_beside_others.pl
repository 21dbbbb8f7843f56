# Guards: functions and operators that share a name with those of others, or with PostgreSQL's, neither keep
# these from being created, before or after, nor change what their calls mean; and what is written with them is
# dumped, restored with an empty search_path, and upgraded.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# What TimescaleDB 2.23 and many an application have.
my $OTHERS = <<'END';
CREATE FUNCTION uuid_version(uuid uuid) RETURNS integer LANGUAGE sql IMMUTABLE STRICT AS 'SELECT 42';
CREATE FUNCTION uuid_smaller(uuid, uuid) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT AS 'SELECT CASE WHEN $1 < $2 THEN $1 ELSE $2 END';
CREATE FUNCTION uuid_least(uuid, uuid) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT AS 'SELECT LEAST($1, $2)';
CREATE AGGREGATE min(uuid) (SFUNC = uuid_smaller, STYPE = uuid);
CREATE FUNCTION typeid_encode(prefix text, id uuid) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$SELECT prefix || '-' || id$$;
CREATE FUNCTION generate_uuidv7() RETURNS uuid LANGUAGE sql AS 'SELECT gen_random_uuid()';
CREATE TABLE theirs (id uuid, v integer GENERATED ALWAYS AS (uuid_version(id)) STORED);
INSERT INTO theirs VALUES ('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
END

# Each is unique with the others alone, and stays what it was.
my @THEIR_CALLS = (
	q(uuid_version('017f22e2-79b0-7cc3-98c4-dc0c0c07398f')),
	q(uuid_version(id) FROM theirs), q(uuid_version(uuid => id) FROM theirs), q(min(id) FROM theirs), q(uuid_least(id, id) FROM theirs),
	q(uuid_least(id, '00000000-0000-0000-0000-000000000000') FROM theirs),
	q(uuid_least('ffffffff-ffff-ffff-ffff-ffffffffffff', '00000000-0000-0000-0000-000000000000')),
	q(typeid_encode('user', '017f22e2-79b0-7cc3-98c4-dc0c0c07398f')), q(v FROM theirs));

my $node = new_server('beside');

sub their_calls
{
	my ($database) = @_;
	return join "\n", map { $node->safe_psql($database, "SELECT $_") } @THEIR_CALLS;
}

$node->safe_psql('postgres', 'CREATE DATABASE alone');
$node->safe_psql('alone', $OTHERS);
my $alone = their_calls('alone');
like($alone, qr/^42\n/, 'the calls of others alone');

foreach my $order ([ 'before', $OTHERS, 'CREATE EXTENSION idgen' ], [ 'after', 'CREATE EXTENSION idgen', $OTHERS ])
{
	my ($when, @steps) = @$order;
	$node->safe_psql('postgres', "CREATE DATABASE $when");
	$node->safe_psql($when, $_) foreach @steps;
	is(their_calls($when), $alone, "created $when idgen they mean the same");
	is($node->safe_psql($when, 'SELECT uuid_least(id), uuid_version(VARIADIC ARRAY[id]) FROM theirs GROUP BY id'),
		'017f22e2-79b0-7cc3-98c4-dc0c0c07398f|7', '... and ours can be called');
	$node->safe_psql('postgres', "CREATE DATABASE restored_$when");
	$node->command_ok([ 'pg_dump', '-f', $node->basedir . "/$when.sql", $node->connstr($when) ], '... dumped');
	$node->command_ok([ 'psql', '-X', '-v', 'ON_ERROR_STOP=1', '-q', '-f', $node->basedir . "/$when.sql", $node->connstr("restored_$when") ],
		'... and restored');
	is(their_calls("restored_$when"), $alone, '... they mean the same');
}

# Objects of others that are in the way are named, with what to do; one of each name that the extension has is found.
$node->safe_psql('postgres', 'CREATE DATABASE taken');
$node->safe_psql('taken', <<'END');
CREATE EXTENSION idgen;
CREATE TABLE ours AS
	WITH members AS (SELECT objid FROM pg_depend JOIN pg_extension e ON refobjid = e.oid AND deptype = 'e' WHERE extname = 'idgen')
	SELECT oid::regclass || '' AS name, format('CREATE TABLE %s ()', oid::regclass) AS command
	FROM pg_class WHERE oid IN (TABLE members)
	UNION ALL SELECT oid::regtype || '', format('CREATE DOMAIN %s AS text', oid::regtype)
	FROM pg_type WHERE typelem = 0 AND typrelid = 0 AND typtype <> 'm' AND oid IN (TABLE members)
	UNION ALL SELECT oid::regprocedure || '', format('CREATE PROCEDURE %s LANGUAGE sql AS $$$$', oid::regprocedure)
	FROM pg_proc WHERE oid IN (TABLE members) AND 'internal'::regtype <> ALL (proargtypes) AND 'cstring'::regtype <> ALL (proargtypes)
		AND NOT EXISTS (SELECT FROM unnest(proargtypes) AS t WHERE t >= 16384);
DROP EXTENSION idgen;
END
foreach (
	[ 'CREATE TABLE segments ()', 'table public.segments' ],
	[ 'CREATE TABLE ulid ()', 'table public.ulid' ],
	[ q{CREATE TYPE ulid AS ENUM ('a')}, 'type public.ulid' ],
	[ q{CREATE FUNCTION uuidv7() RETURNS uuid LANGUAGE sql RETURN '017f22e2-79b0-7cc3-98c4-dc0c0c07398f'::uuid}, 'function public.uuidv7()' ])
{
	my ($command, $object) = @$_;
	my (undef, undef, $said) = $node->psql('taken', "BEGIN; $command; CREATE EXTENSION idgen");
	like($said, qr/ERROR:  \Q$object\E already exists\n.*HINT:  [^\n]*CREATE EXTENSION idgen SCHEMA/s, "$object is in the way");
	is($node->psql('taken', "BEGIN; $command; CREATE SCHEMA ids; CREATE EXTENSION idgen SCHEMA ids; ROLLBACK"), 0, '... and not of another schema');
}
$node->safe_psql('taken', q{DO $$ DECLARE c text; BEGIN FOR c IN SELECT command FROM ours LOOP EXECUTE c; END LOOP; END $$});
my (undef, undef, $taken) = $node->psql('taken', 'CREATE EXTENSION idgen');
my ($list) = $taken =~ /DETAIL:  [^:\n]*: ([^\n]*)\.\n/;
is(join("\n", sort map { s/^\w+ public\.//r } split /, (?=\w+ public\.)/, $list // $taken), join("\n", sort split /\n/, $node->safe_psql('taken', 'SELECT name FROM ours')),
	'all names of the extension are known to its script');

# What is written with ours, in everything that holds an expression.
my $OURS = <<'END';
CREATE DOMAIN slug AS text CHECK (uuid_decode(VALUE, 'base58') IS NOT NULL);
CREATE DOMAIN user_id AS text CHECK (uuid_decode_typeid(VALUE, 'user') IS NOT NULL);
CREATE DOMAIN late_id AS snowflake;
CREATE TABLE users (
	id uuid PRIMARY KEY CHECK (uuid_version(id) IN (4, 7)),
	slug slug GENERATED ALWAYS AS (uuid_encode(id, 'base58')) STORED,
	typeid text DEFAULT uuid_encode_typeid(public.uuidv7(), 'user'),
	other user_id);
CREATE INDEX ON users (uuid_encode(id, 'hex')) WHERE uuid_version(id) = 7;
CREATE TABLE orders (id snowflake PRIMARY KEY, small late_id CHECK (small <@ int8range(0, 1000)),
	CHECK (id <@ int8range(1, NULL) AND int8range(1, NULL) @> id));
CREATE VIEW days AS SELECT id::date AS day, id::timestamp AS moment, date_trunc('month', id) AS month, date_part('year', id) AS year,
	id::float8 AS f, uuid_least(u) AS least FROM orders, (SELECT users.id AS u FROM users) v GROUP BY id;
CREATE FUNCTION in_body() RETURNS SETOF uuid LANGUAGE sql
	BEGIN ATOMIC SELECT uuidv7_series('2026-01-01', 3, '1 s', 1) UNION ALL SELECT uuid_greatest(id) FROM users; END;
INSERT INTO users (id, other) SELECT id, 'user_01h45ytscbebyvny4gc8cr8ma2' FROM uuidv7_series('2026-01-01 00:00+00', 100, '1 s', 1) id;
INSERT INTO orders SELECT id, 5 FROM snowflake_series('2026-01-01 00:00+00', 100, '1 day') id;
END

sub ours
{
	my ($server, $database) = @_;
	return $server->safe_psql($database,
		q{SET TimeZone = 'UTC'; SELECT count(*), min(slug), max(slug), count(DISTINCT other) FROM users;
		  SELECT day, moment, month, year, least, count(*) OVER () FROM days ORDER BY day LIMIT 3; SELECT * FROM in_body()});
}

$node->safe_psql('postgres', 'CREATE DATABASE ours');
$node->safe_psql('ours', 'CREATE EXTENSION idgen');
$node->safe_psql('ours', $OURS);
my $ours = ours($node, 'ours');
like($ours, qr/^100\|.*\|1\n2026-01-01\|2026-01-01 00:00:00\|2026-01-01 00:00:00\+00\|2026\|.*\|100\n/, 'what is written with ours');
$node->safe_psql('postgres', 'CREATE DATABASE restored_ours');
$node->command_ok([ 'pg_dump', '-f', $node->basedir . '/ours.sql', $node->connstr('ours') ], 'is dumped');
$node->command_ok([ 'psql', '-X', '-v', 'ON_ERROR_STOP=1', '-q', '-f', $node->basedir . '/ours.sql', $node->connstr('restored_ours') ],
	'and restored');
is(ours($node, 'restored_ours'), $ours, '... as it was');
foreach (
	[ q(INSERT INTO users (id) VALUES ('c232ab00-9414-11ec-b3c8-9f6bdeced846')), qr/violates check constraint/ ],
	[ q(INSERT INTO users (id, other) VALUES (gen_random_uuid(), 'org_01h45ytscbebyvny4gc8cr8ma2')), qr/TypeID is not of type "user"/ ],
	[ 'INSERT INTO orders VALUES (7, 1000)', qr/violates check constraint/ ])
{
	my ($sql, $error) = @$_;
	my ($result, $stdout, $stderr) = $node->psql('restored_ours', $sql);
	like($stderr, $error, "its constraints hold: $sql");
}

my $new = PostgreSQL::Test::Cluster->new('upgraded');
$new->init;
$node->stop;
upgrade_cluster($node, $new);
$new->start;
is(ours($new, 'ours'), $ours, '... with all as it was');

done_testing();
