# Guards: an extension of a former version, once updated, is what a new one is, to the last comment, privilege and
# dependency.  Until it is updated, the new library serves its functions as they were.  Tables, generators and the order of
# IDs go on.  What test/upgrade holds are the install scripts of releases; a version made here, which comes after this one,
# shows that all that can be wrong with an upgrade script is found.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest::Extension;
use IdgenTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $TOP = "$FindBin::RealBin/../..";
my ($CURRENT) = slurp_file("$TOP/idgen.control") =~ /^default_version = '(.+)'$/m;
my $SCRIPT = slurp_file("$TOP/idgen--$CURRENT.sql");
my %RELEASED = map { m|idgen--(.+)\.sql$| => slurp_file($_) } glob "$TOP/test/upgrade/idgen--*.sql";

my $GUARD = qq(\\echo Use "CREATE EXTENSION idgen" to load this file. \\quit\n);
my $directory;
my @installed;

# Scripts lie where the server finds all others.  They go when this file ends.
sub install_script
{
	my ($versions, $sql) = @_;
	my $file = "$directory/extension/idgen--$versions.sql";

	return if -e $file;
	push @installed, $file;
	append_to_file($file, $sql);
	return;
}

END
{
	unlink @installed;
}

sub database_with
{
	my ($node, $database, $version) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, "CREATE EXTENSION idgen VERSION '$version'");
	return;
}

# What the library has to serve, "symbol|what it is called with, and what it returns".
sub interface
{
	my ($node, $database) = @_;

	return split /\n/, $node->safe_psql($database, q{
		SELECT prosrc, concat_ws(' ', pg_get_function_arguments(p.oid), '->', pg_get_function_result(p.oid),
			CASE WHEN proisstrict THEN 'STRICT' END)
		FROM pg_proc AS p JOIN pg_language AS l ON l.oid = prolang
		JOIN pg_depend ON classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e'
		WHERE lanname = 'c' AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'idgen') ORDER BY 1, 2});
}

# What is wrong with a database whose extension is of a former version, under this library: functions whose symbol is now
# called in another way.  A changed function needs a new symbol.  That the library has the symbols is checked by CREATE
# EXTENSION.
sub not_served
{
	my ($node, $database, @interface) = @_;
	my %is = map { $_ => 1 } @interface;

	return grep { !$is{$_} } interface($node, $database);
}

# ---------------------------------------------------------------------- what uses the extension

my $USES = <<'END';
CREATE TABLE orders (id snowflake PRIMARY KEY DEFAULT snowflake_nextval(), at timestamptz DEFAULT now());
CREATE TABLE items (id ulid PRIMARY KEY DEFAULT ulid(), order_id snowflake REFERENCES orders);
CREATE TABLE events (id uuid PRIMARY KEY DEFAULT uuidv7_sequential(), made hlc DEFAULT hlc_now());
CREATE INDEX events_time ON events (uuid_timestamp(id));
CREATE VIEW recent AS SELECT id FROM orders WHERE id >= now() - interval '1 day';
CREATE VIEW state AS SELECT * FROM idgen_status();
SELECT snowflake_create_generator('invoices', 'twitter');
CREATE TABLE invoices (id bigint PRIMARY KEY DEFAULT snowflake_nextval('invoices'));
END

# Rows in each table, and what was issued: the highest of each kind before and after, and "t" if they increase.
sub use_tables
{
	my ($node, $database) = @_;

	return $node->safe_psql(
		$database, q{
		CREATE TEMP TABLE before AS SELECT max(o.id) AS id, max(i.id) AS invoice, count(*) AS rows FROM orders AS o, invoices AS i;
		INSERT INTO orders SELECT FROM generate_series(1, 100);
		INSERT INTO items (order_id) SELECT id FROM orders;
		INSERT INTO events SELECT FROM generate_series(1, 100);
		INSERT INTO invoices SELECT FROM generate_series(1, 100);
		SELECT NOT EXISTS (SELECT FROM before WHERE id >= (SELECT max(id) FROM orders) OR invoice >= (SELECT max(id) FROM invoices)),
			(SELECT count(*) FROM recent) = (SELECT count(*) FROM orders), (SELECT count(*) FROM state),
			(SELECT count(DISTINCT id) FROM events) = (SELECT count(*) FROM events)});
}

# ---------------------------------------------------------------------- the checks

# The picture of a new extension of a version, and its interface, from a database of its own.
sub fresh
{
	my ($node, $version) = @_;
	my $database = 'fresh_' . $version =~ tr/a-z0-9/_/cr;

	database_with($node, $database, $version);
	return (picture_of_extension($node, $database), [ interface($node, $database) ]);
}

sub check_update
{
	my ($node, $from, $to, $picture, $interface) = @_;
	my $database = 'from_' . $from =~ tr/a-z0-9/_/cr;

	database_with($node, $database, $from);
	is_deeply([ not_served($node, $database, @$interface) ], [], "$from: the new library has its functions");
	$node->safe_psql($database, $USES);
	is(use_tables($node, $database), 't|t|1|t', '... and they work');
	my $session = session($node, dbname => $database);
	my $last = $session->query('SELECT snowflake_nextval()');
	$session->query("ALTER EXTENSION idgen UPDATE TO '$to'");
	cmp_ok($session->query('SELECT snowflake_nextval()'), '>', $last, "$from to $to: a session goes on");
	$session->quit;
	is(use_tables($node, $database), 't|t|1|t', '... and so do tables');
	$node->safe_psql($database, 'DROP VIEW recent, state; DROP TABLE items, orders, events, invoices');
	$node->safe_psql($database, "SELECT snowflake_drop_generator('invoices')");
	is_picture(picture_of_extension($node, $database), $picture, '... all objects are what those of a new extension are');
	return;
}

sub check_releases
{
	my ($node) = @_;
	my ($picture, $interface) = fresh($node, $CURRENT);

	foreach my $version (sort keys %RELEASED)
	{
		if ($version eq $CURRENT)
		{
			ok($SCRIPT eq $RELEASED{$version}, "$version is released: its script is as it was");
			next;
		}
		install_script($version, $RELEASED{$version});
		check_update($node, $version, $CURRENT, $picture, $interface);
	}
	return;
}

# What a next version might bring, and what might be wrong with its upgrade script.
my $NEXT = <<'END';
CREATE FUNCTION idgen_next(ulid) RETURNS ulid IMMUTABLE STRICT PARALLEL SAFE COST 3 LANGUAGE sql AS 'SELECT $1';
COMMENT ON FUNCTION idgen_next(ulid) IS 'comes with the next version';
REVOKE ALL ON FUNCTION idgen_next(ulid) FROM PUBLIC;
CREATE CAST (ulid AS json) WITH INOUT;
CREATE OR REPLACE FUNCTION hlc_upgraded(value hlc, more integer) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true';
CREATE OPERATOR |> (LEFTARG = hlc, RIGHTARG = integer, FUNCTION = hlc_upgraded);
CREATE VIEW idgen_next_view AS SELECT 1 AS one, idgen_next(NULL) AS next;
GRANT SELECT ON idgen_next_view TO PUBLIC;
COMMENT ON COLUMN idgen_next_view.one IS 'is one';
END

my %FAULTS = (
	'no comment' => sub { s/^COMMENT ON FUNCTION.*\n//m },
	'no comment on a column' => sub { s/^COMMENT ON COLUMN.*\n//m },
	'not revoked' => sub { s/^REVOKE.*\n//m },
	'not granted' => sub { s/^GRANT.*\n//m },
	'another volatility' => sub { s/IMMUTABLE STRICT/STABLE STRICT/ },
	'not strict' => sub { s/IMMUTABLE STRICT/IMMUTABLE/ },
	'another cost' => sub { s/COST 3/COST 4/ },
	'not safe in parallel' => sub { s/PARALLEL SAFE// },
	'another body' => sub { s/SELECT true/SELECT false/ },
	'no cast' => sub { s/^CREATE CAST.*\n//m },
	'another kind of cast' => sub { s/WITH INOUT/WITH INOUT AS ASSIGNMENT/ },
	'no operator' => sub { s/^CREATE OPERATOR.*\n//m },
	'a view of other columns' => sub { s/1 AS one/1::bigint AS one/ },
	'a function that is no member' => sub { $_ .= 'ALTER EXTENSION idgen DROP FUNCTION hlc_now();' },
	'a function that is gone' => sub { $_ .= 'DROP FUNCTION hlc_now();' });

# Changes of the script that make a former version whose functions this library does not serve.
sub without_symbol { return $_[0] =~ s/('MODULE_PATHNAME', 'idgen_uuid_\w+)'/${1}_gone'/r; }

sub with_argument
{
	return $_[0] =~ s/(FUNCTION ulid_lower_bound\()/$1integer, /r =~ s/(ulid_lower_bound\()(timestamptz\) IS)/$1integer, $2/r;
}

sub check_machinery
{
	my ($node) = @_;
	my ($picture, $interface);

	# The parts of the install script that come last leave another search_path.
	install_script('next', $SCRIPT =~ s/^SELECT pg_catalog\.set_config\('search_path', 'pg_catalog', true\);$/$NEXT$&/mr);
	install_script("$CURRENT--next", $GUARD . $NEXT);
	($picture, $interface) = fresh($node, 'next');
	check_update($node, $CURRENT, 'next', $picture, $interface);

	database_with($node, 'current', $CURRENT);
	foreach my $fault (sort keys %FAULTS)
	{
		my $version = $fault =~ tr/ /_/r;
		my $database = "fault_$version";
		my $sql = $NEXT;

		$FAULTS{$fault}->() foreach $sql;
		isnt($sql, $NEXT, "a faulty upgrade script: $fault");
		install_script("$CURRENT--$version", $GUARD . $sql);
		$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE current");
		$node->safe_psql($database, "ALTER EXTENSION idgen UPDATE TO '$version'");
		ok(picture_of_extension($node, $database) ne $picture, '... is found');
		$node->safe_psql('postgres', "DROP DATABASE $database");
	}

	isnt(with_argument($SCRIPT), $SCRIPT, 'a former version with another argument');
	install_script('argument', with_argument($SCRIPT));
	database_with($node, 'argument', 'argument');
	like(join("\n", not_served($node, 'argument', @$interface)), qr/^\w+\|integer, moment timestamp/, '... is not served');

	isnt(without_symbol($SCRIPT), $SCRIPT, 'a former version with a symbol that the library lacks');
	install_script('symbol', without_symbol($SCRIPT));
	my (undef, undef, $error) = $node->psql('postgres', "CREATE EXTENSION idgen VERSION 'symbol'");
	like($error, qr/could not find function "idgen_uuid_\w+_gone"/, '... is not served, either');
	return;
}

my $node = PostgreSQL::Test::Cluster->new('upgrade');
$node->init;
$node->append_conf('postgresql.conf', "autovacuum = off\nlog_statement = none\nshared_preload_libraries = 'idgen'");
$node->start;
$directory = $node->config_data('--sharedir');
check_releases($node);
check_machinery($node);
$node->stop;

done_testing();
