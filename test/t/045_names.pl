# Functions that others have under names of the extension's, or near them: what was called
# before the extension came is called afterwards, in the same schema and in another one,
# and is restored from a dump.  Where that cannot be, the extension is refused and leaves
# nothing behind, and lives in another schema.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $UUID = "'017f22e2-79b0-7cc3-98c4-dc0c0c07398f'";
my $TIME = "'2026-11-21 12:00+00'";

# By signature, calls of them: those of TimescaleDB, pg_uuidv7, pgx_ulid, pg_idkit and
# uuid-ossp, and some that applications have in public code.
my %BESIDE = (
	'generate_uuidv7()' => ['generate_uuidv7()'],
	'to_uuidv7(timestamptz)' => ["to_uuidv7($TIME)"],
	'to_uuidv7_boundary(timestamptz)' => ["to_uuidv7_boundary($TIME)"],
	'uuid_timestamp(uuid)' => [ "uuid_timestamp($UUID)", "uuid_timestamp($UUID\::uuid)", 'uuid_timestamp(NULL)' ],
	'uuid_timestamp_micros(uuid)' => ["uuid_timestamp_micros($UUID)"],
	'uuid_version(uuid)' => ["uuid_version($UUID)"],
	'uuid_variant(uuid)' => ["uuid_variant($UUID)"],
	'uuid_generate_v7()' => ['uuid_generate_v7()'],
	'uuid_v7_to_timestamptz(uuid)' => ["uuid_v7_to_timestamptz($UUID)"],
	'uuid_timestamptz_to_v7(timestamptz, boolean DEFAULT false)' => ["uuid_timestamptz_to_v7($TIME)"],
	'gen_ulid()' => ['gen_ulid()'],
	'gen_monotonic_ulid()' => ['gen_monotonic_ulid()'],
	'idkit_uuidv7_generate()' => ['idkit_uuidv7_generate()'],
	'uuid_generate_v4()' => ['uuid_generate_v4()'],
	'uuid_nil()' => ['uuid_nil()'],
	'snowflake_id()' => ['snowflake_id()'],
	'snowflake_timestamp(text)' => [ "snowflake_timestamp('5')", "snowflake_timestamp('5'::text)" ],
	'snowflake_period(text)' => ["snowflake_period('month')"],
	'ulid_timestamp(text)' => ["ulid_timestamp('01ARZ3NDEKTSV4RRFFQ69G5FAV')"],
	'snowflake_make(text)' => ["snowflake_make('x')"]);

# Which cannot be in one schema with the extension's: the same signature, default arguments
# that make two fit one call, or as many arguments, for which a literal does not choose.
my %INSTEAD = (
	'snowflake_timestamp(bigint)' => 'snowflake_timestamp(5)',
	'snowflake_parse(bigint)' => 'snowflake_parse(5)',
	'snowflake_capacity()' => 'snowflake_capacity()',
	'snowflake_lower_bound(date)' => [ "snowflake_lower_bound('2026-01-01')", "snowflake_lower_bound(date '2026-01-01')" ],
	'ulid_at(timestamp)' => [ "ulid_at('2026-01-01')", "ulid_at(timestamp '2026-01-01')" ],
	'uuid_least(VARIADIC uuid[])' => "uuid_least(gen_random_uuid(), gen_random_uuid())",
	'snowflake_nextval(regclass)' => [ "snowflake_nextval('pg_class')", "snowflake_nextval(regclass 'pg_class')" ],
	'snowflake_inspect(numeric)' => [ "snowflake_inspect('5')", 'snowflake_inspect(5.0)' ],
	'ulid(text)' => [ "ulid('x')", "ulid('x'::text)" ],
	# of two searched schemas, PostgreSQL chooses by type for a literal, too
	'uuid_encode(uuid, varchar)' => [ "uuid_encode($UUID\::uuid, 'base58')", "uuid_encode($UUID\::uuid, varchar 'base58')" ],
	'ulid_at(date)' => [ "ulid_at('2024-01-01')", "ulid_at(date '2024-01-01')" ],
	'snowflake_lower_bound(timestamptz)' => 'snowflake_lower_bound(now())',
	'snowflake_created_in(bigint, tstzrange)' => "snowflake_created_in(5, '(,)')",
	'snowflake_make(timestamptz)' => 'snowflake_make(now())',
	'snowflake_create_generator(name)' => "snowflake_create_generator('x')",
	'idgen_reset_timeline()' => 'idgen_reset_timeline()',
	'snowflake_timestamp(bigint, timestamp)' => "snowflake_timestamp(5, now()::timestamp)",
	'snowflake_created_in(bigint, timestamptz, timestamptz)' => "snowflake_created_in(5, now(), now())",
	'uuidv7(bigint)' => 'public.uuidv7(5)',
	'uuidv7(timestamptz DEFAULT clock_timestamp())' => 'public.uuidv7()',
	'uuidv7()' => 'public.uuidv7()');

# A function that says its signature.
sub create
{
	my ($signature) = @_;

	return "CREATE FUNCTION public.$signature RETURNS text LANGUAGE sql IMMUTABLE AS \$\$ SELECT '$signature' \$\$";
}

my $node = PostgreSQL::Test::Cluster->new('names');
$node->init;
$node->start;

# Everything that was there before: functions, what calls them by name, and what has stored a call.
$node->safe_psql('postgres', 'CREATE DATABASE beside');
$node->safe_psql('beside', create($_)) foreach sort keys %BESIDE;
$node->safe_psql('beside', <<"END");
CREATE TABLE stored (id uuid, created text GENERATED ALWAYS AS (uuid_timestamp(id)) STORED);
CREATE INDEX ON stored (uuid_timestamp(id));
CREATE VIEW viewed AS SELECT uuid_timestamp(id) FROM stored;
CREATE FUNCTION calling(id uuid) RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN uuid_timestamp(id); END';
INSERT INTO stored VALUES ($UUID);
END

sub calls_are_theirs
{
	my ($dbname, $name) = @_;
	my $session = session($node, dbname => $dbname);
	my @wrong;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	foreach my $signature (sort keys %BESIDE)
	{
		foreach my $call (@{ $BESIDE{$signature} })
		{
			my ($output, $error) = $session->run("SELECT $call");
			push @wrong, "$call: $output$error" if $output ne $signature;
		}
	}
	push @wrong, $session->error("INSERT INTO stored VALUES ($UUID)");
	push @wrong, $session->query("SELECT 'calling' WHERE calling($UUID) <> 'uuid_timestamp(uuid)'");
	push @wrong, $session->query("SELECT 'stored' FROM stored, viewed v WHERE created <> 'uuid_timestamp(uuid)' OR v <> ROW(created)");
	$session->quit;
	is(join("\n", grep { $_ ne '' } @wrong), '', $name);
	return;
}

calls_are_theirs('beside', 'before the extension is there');
$node->safe_psql('beside', 'CREATE EXTENSION idgen');
calls_are_theirs('beside', 'in one schema with it');
is($node->safe_psql('beside', "SELECT uuid_timestamp($UUID, false)"), '2022-02-22 19:22:22+00', '... which has its own')
  if $node->safe_psql('beside', 'SHOW TimeZone') =~ /^(Etc\/)?UTC$/;

my $dump = $node->backup_dir . '.dump';
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, '-d', $node->connstr('beside') ], 'all that is dumped');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('restored'), $dump ], '... and restored');
calls_are_theirs('restored', '... and calls what it called');

$node->safe_psql('beside', 'DROP EXTENSION idgen; CREATE SCHEMA ids; CREATE EXTENSION idgen SCHEMA ids');
calls_are_theirs('beside', 'while it is in another schema');
$node->safe_psql('postgres', 'ALTER DATABASE beside SET search_path = public, ids');
calls_are_theirs('beside', '... which is searched, too');

# A call that was ambiguous before is no obstacle.
$node->safe_psql('postgres', 'CREATE DATABASE ambiguous');
$node->safe_psql('ambiguous', join('; ', map { create($_) } 'snowflake_inspect(date)', 'snowflake_inspect(inet)') . "; CREATE EXTENSION idgen");
is($node->safe_psql('ambiguous', "SELECT snowflake_inspect(date '2024-01-01')"), 'snowflake_inspect(date)', 'functions whose calls were ambiguous before are called as before');

foreach my $signature (sort keys %INSTEAD)
{
	my ($call, $searched) = ref $INSTEAD{$signature} ? @{ $INSTEAD{$signature} } : ($INSTEAD{$signature}) x 2;
	my $expected = $signature;

	$node->safe_psql('postgres', 'CREATE DATABASE instead');
	$node->safe_psql('instead', create($signature));
	my ($status, undef, $error) = $node->psql('instead', '\set VERBOSITY verbose' . "\nCREATE EXTENSION idgen");
	like($error, qr/ERROR:  (42723|42725): /, "$signature: refused");
	is($node->safe_psql('instead', "SELECT $call"), $expected, '... and it works as before');
	$node->safe_psql('instead', 'CREATE SCHEMA ids; CREATE EXTENSION idgen SCHEMA ids');
	is($node->safe_psql('instead', "SET search_path = public, ids; SELECT $searched"), $expected, '... also with the extension in another schema');
	is($node->safe_psql('instead', "SET search_path = ids, public; SELECT ids.snowflake_nextval() > 0"), 't', '... which works, too');
	$node->safe_psql('postgres', 'DROP DATABASE instead');
}

done_testing();
