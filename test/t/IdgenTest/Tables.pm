# Tables of IDs through COPY, dumps, upgrades and replication: what must be the same afterwards.

package IdgenTest::Tables;

use strict;
use warnings;

use Exporter 'import';
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(
  data_file query try digest picture_of uses_indexes check_btrees create_amcheck
  copy_out copy_in new_database dump_database restore
);

my $directory;

# The path of a file of this test.  The directory is created on the first call: it cannot be while modules are loaded.
sub data_file
{
	my ($name) = @_;

	$directory //= PostgreSQL::Test::Utils::tempdir();
	return "$directory/$name";
}

# The schemas that the extension may be in, and settings with which plans depend on the indexes alone.
my $SETTINGS = "SET search_path = public, ids; SET timezone = 'UTC'; SET enable_seqscan = off; ";

sub query
{
	my ($node, $database, $sql) = @_;
	return $node->safe_psql($database, $SETTINGS . $sql);
}

# (output, error)
sub try
{
	my ($node, $database, $sql) = @_;
	my ($status, $output, $error) =
	  $node->psql($database, $SETTINGS . $sql, extra_params => [ '-v', 'VERBOSITY=verbose' ]);

	return ($output, $error);
}

sub digest
{
	my ($node, $database, $table) = @_;
	return query($node, $database, "SELECT count(*), md5(string_agg(t::text, ',' ORDER BY id, t::text)) FROM $table AS t");
}

# All that must stay as it is, as text: rows of some tables, indexes with their operator classes,
# constraints, and the extension's own casts, operators and comments.  Types of arrays and rows
# belong to the extension from 17 on, and functions named like some of PostgreSQL 18 are
# shown with their schema there: both are left out, so that servers can be compared.
sub picture_of
{
	my ($node, $database, @tables) = @_;

	return query($node, $database, join ';', (
		(map { "SELECT '$_', count(*), md5(string_agg(t::text, ',' ORDER BY id, t::text)) FROM $_ AS t" } @tables),
		q{SELECT c.oid::regclass, amname, pg_get_indexdef(c.oid),
			(SELECT string_agg(opcname || ' of ' || opcintype::regtype, ', ' ORDER BY n)
				FROM unnest(indclass) WITH ORDINALITY AS o (oid, n) JOIN pg_opclass AS k ON k.oid = o.oid)
		FROM pg_index JOIN pg_class AS c ON c.oid = indexrelid JOIN pg_am AS am ON am.oid = relam
		WHERE relnamespace = 'public'::regnamespace ORDER BY relname},
		q{SELECT conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint
		WHERE connamespace = 'public'::regnamespace AND contype <> 'n' ORDER BY conrelid::regclass::text, conname},
		q{SELECT attrelid::regclass, attname, format_type(atttypid, atttypmod), attstorage
		FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid
		WHERE relkind IN ('r', 'p', 'v') AND relnamespace = 'public'::regnamespace AND attnum > 0 AND relname NOT LIKE 'idgen%'
		ORDER BY relname, attnum},
		q{SELECT replace(pg_describe_object(classid, objid, 0), 'public.', ''), obj_description(objid, classid::regclass::name) FROM pg_depend
		WHERE refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'idgen')
			AND deptype = 'e' AND classid IN ('pg_cast'::regclass, 'pg_operator'::regclass, 'pg_proc'::regclass, 'pg_type'::regclass)
			AND (classid <> 'pg_type'::regclass OR EXISTS (SELECT FROM pg_type WHERE oid = objid AND typcategory <> 'A' AND typtype <> 'c'))
		ORDER BY 1}));
}

# Passes if queries give what they must, and use their indexes for it.  Of each there are
# its SQL, its result, the index that it uses, and the condition that it uses it for.
sub uses_indexes
{
	my ($node, $database, $name, @queries) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my @wrong;
	my $script = join '', map { "\\echo next\n$_->[0];\nEXPLAIN (COSTS OFF) $_->[0];\n" } @queries;
	my @output = split /^next\n/m, query($node, $database, $script);

	shift @output;
	foreach (@queries)
	{
		my ($sql, $expected, $index, $condition) = @$_;
		my ($result, $plan) = split /\n/, shift @output, 2;

		push @wrong, "$sql\n$result" if $result ne $expected;
		push @wrong, "$sql\n$plan" if $plan !~ /\b(?:using|on) $index\b[^\n]*\n +Index Cond: $condition/;
	}
	return ok(!@wrong, "$name: results are right, and indexes are used") || diag(join "\n", @wrong);
}

# Creates amcheck for check_btrees(), if it is installed.
sub create_amcheck
{
	my ($node, $database) = @_;

	query($node, $database, $_) foreach split /\n/, query($node, $database,
		q(SELECT 'CREATE EXTENSION IF NOT EXISTS amcheck' FROM pg_available_extensions WHERE name = 'amcheck'));
	return;
}

# Passes if amcheck finds each btree in order and complete; skips if amcheck is not installed.
sub check_btrees
{
	my ($node, $database, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

  SKIP:
	{
		skip 'amcheck is not installed', 1
		  if !query($node, $database, q(SELECT count(*) FROM pg_extension WHERE extname = 'amcheck'));
		my ($output, $error) = try($node, $database,
			q{SELECT count(bt_index_check(c.oid, true)) > 5 FROM pg_index JOIN pg_class AS c ON c.oid = indexrelid
			WHERE relnamespace = 'public'::regnamespace AND relkind = 'i' AND relam = (SELECT oid FROM pg_am WHERE amname = 'btree')});
		is("$output$error", 't', "$name: btrees are in order");
	}
	return;
}

sub copy_out
{
	my ($node, $what, $file, $format) = @_;

	query($node, 'postgres', "COPY $what TO '" . data_file($file) . "' (FORMAT $format)");
	return slurp_file(data_file($file));
}

sub copy_in
{
	my ($node, $table, $file, $format) = @_;

	my ($output, $error) = try($node, 'postgres', "COPY $table FROM '" . data_file($file) . "' (FORMAT $format)");
	return $error;
}

sub new_database
{
	my ($node, $database, $sql) = @_;

	query($node, 'postgres', "CREATE DATABASE $database");
	query($node, $database, $sql) if $sql;
	return;
}

sub dump_database
{
	my ($node, $database, $file, @options) = @_;

	$node->command_ok([ 'pg_dump', '--no-sync', '--file', data_file($file), @options, $node->connstr($database) ],
		"$database is dumped: @options");
	return;
}

sub restore
{
	my ($node, $database, $file, $format) = @_;

	$node->command_ok(
		$format eq 'plain'
		? [ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', data_file($file), $node->connstr($database) ]
		: [ 'pg_restore', '--exit-on-error', '--dbname', $node->connstr($database), data_file($file) ],
		"... and restored to $database");
	return;
}

1;
