# Guards: dumps of a part of a database, and restores of a part of a dump, never fail because of what the extension's
# tables say of tables and sequences that are not there. What they say of those that are comes back, also in the place
# of what a database said of them itself.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_server('node');
my $directory = PostgreSQL::Test::Utils::tempdir();
my $count = 0;

# In "app", some that a part may leave out, and all in "other".
my $TABLES = <<'END';
CREATE SCHEMA app;
CREATE SCHEMA other;
CREATE TABLE app.kept (id bigserial PRIMARY KEY);
CREATE TABLE app.left_out (id bigserial PRIMARY KEY, other_id bigserial);
CREATE TABLE other."Left Out" (id bigserial PRIMARY KEY);
CREATE SEQUENCE app.numbers;
CREATE SEQUENCE app.left_numbers;
CREATE SEQUENCE other.numbers;
END

my $SAID = <<'END';
SET client_min_messages = warning;
SELECT ids.idgen_convert_default(t, 'id') FROM unnest(ARRAY['app.kept', 'app.left_out', 'other."Left Out"']::regclass[]) t;
SELECT ids.idgen_convert_default('app.left_out', 'other_id');
SELECT ids.segment_configure(s, step => 70, grants => true), ids.segment_take(s, 5)
FROM unnest(ARRAY['app.numbers', 'app.left_numbers', 'other.numbers']::regclass[]) s;
SELECT ids.segment_set_roots(s, '{postgresql://127.0.0.1:1/postgres}') FROM unnest(ARRAY['app.numbers', 'app.left_numbers', 'other.numbers']::regclass[]) s;
END

# What the tables of the extension say: "table or sequence: what".
my $WHAT = <<'END';
SELECT relation || ': ' || column_name || ' ' || expression FROM ids.idgen_converted_defaults
UNION ALL SELECT sequence || ': step ' || step FROM ids.segment_options
UNION ALL SELECT sequence || ': grant ' || range FROM ids.segment_grants
UNION ALL SELECT sequence || ': roots ' || roots::text FROM ids.segment_roots
ORDER BY 1
END

sub new_database
{
	my ($commands) = @_;
	my $name = 'd' . $count++;

	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$node->safe_psql($name, $commands) if $commands;
	return $name;
}

my $EXTENSION = 'CREATE SCHEMA ids; CREATE EXTENSION idgen SCHEMA ids;';
my $original = new_database("$EXTENSION $TABLES $SAID");
my @all = split /\n/, $node->safe_psql($original, $WHAT);

# $name: what is said is what the original says of what matches a pattern.
sub says
{
	my ($database, $of, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	is($node->safe_psql($database, $WHAT), join("\n", grep { /^$of/ } @all), $name);
	return;
}

sub dump_part
{
	my (@options) = @_;
	my $file = "$directory/dump." . $count++;

	$node->command_ok([ 'pg_dump', '--no-sync', @options, '-f', $file, $node->connstr($original) ], "pg_dump @options");
	return $file;
}

sub restore
{
	my ($database, $file, @options) = @_;

	$node->command_ok([ 'pg_restore', '--exit-on-error', @options, '-d', $node->connstr($database), $file ], "... pg_restore @options");
	return;
}

sub run_script
{
	my ($database, $file) = @_;

	$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', $file, $node->connstr($database) ], '... psql');
	return;
}

is(scalar @all, 4 + 3 * 3, 'the original says something of each');

# Without some tables and sequences, in each format.
my @without_some = ('-T', 'app.left*', '-T', 'other.*');
my $plain = new_database();
run_script($plain, dump_part(@without_some));
says($plain, 'app\.(?:kept|numbers):', '... all that is said of the others');
is($node->safe_psql($plain, q{SELECT ids.idgen_revert_default('app.kept', 'id')}), q{nextval('app.kept_id_seq'::regclass)}, '... which can be reverted');
is($node->safe_psql($plain, q{SELECT ids.segment_configure('app.numbers', step => 5); SELECT count(*) FROM ids.segment_options}), "\n1", '... and configured');

foreach my $options ([ '-Fc' ], [ '-Fd', '-j2' ])
{
	my $database = new_database();

	restore($database, dump_part(@$options, @without_some), grep { /^-j/ } @$options);
	says($database, 'app\.(?:kept|numbers):', '... the same');
}
my $rows = new_database();
run_script($rows, dump_part('--inserts', @without_some));
says($rows, 'app\.(?:kept|numbers):', '... the same');

# By schema: the extension with one of them, or before them.
my $schemas = new_database();
run_script($schemas, dump_part('-N', 'other'));
says($schemas, 'app\.', '... what is said of the schemas that are there');
my $table = new_database('CREATE SCHEMA ids; CREATE SCHEMA app');
run_script($table, dump_part('-e', 'idgen', '-t', 'app.kept'));
says($table, 'app\.kept:', '... what is said of the table');
my $schema = new_database($EXTENSION);
run_script($schema, dump_part('-n', 'app'));
says($schema, 'nothing', '... which has no tables of the extension');
run_script($schema, dump_part('-a', '-n', 'ids'));
says($schema, 'app\.', '... and which has them');

# A part of a whole dump.
my $whole = dump_part('-Fc');
my $part = new_database();
restore($part, $whole, '-N', 'other');
says($part, 'app\.', '... what is said of the schemas that are there');
my $sections = new_database();
restore($sections, $whole, "--section=$_") foreach 'pre-data', 'data', 'post-data';
says($sections, '', '... all');

# Data alone, into a database that has tables, and says the same of them or something else.
my $data = new_database("$EXTENSION $TABLES $SAID; SELECT ids.segment_configure('other.numbers', step => 8); TRUNCATE ids.segment_grants");
restore($data, $whole, '--data-only');
says($data, '', '... all, in the place of what was said');
my $some_data = new_database("$EXTENSION CREATE SCHEMA app; CREATE TABLE app.kept (id bigserial); CREATE SEQUENCE app.numbers");
run_script($some_data, dump_part('--data-only', '-T', 'app.left*', '-N', 'other'));
says($some_data, 'app\.(?:kept|numbers):', '... what is said of what is there');

# A session that has read what was said reads it again.
my $session = session($node, dbname => $plain);
$session->query('CREATE SEQUENCE steps; SELECT ids.segment_nextval(\'steps\')');
$session->query("INSERT INTO ids.segment_options VALUES ('steps', NULL, 'statement', true, false); SELECT ids.segment_take('steps', 2)");
is($session->query("SELECT count(*) FROM ids.segment_grants WHERE sequence = 'steps'::regclass"), 1, 'what is restored takes effect at once');
$session->quit;

# An owner of a database who is no superuser dumps it, and restores it where a superuser has created the extension.
$node->safe_psql('postgres', 'CREATE ROLE ann LOGIN');

sub database_of_ann
{
	my $name = new_database('CREATE EXTENSION idgen');

	$node->safe_psql('postgres', "ALTER DATABASE $name OWNER TO ann");
	return $name;
}

my @as_ann = (extra_params => [ '-U', 'ann' ]);
my $of_ann = database_of_ann();
$node->safe_psql($of_ann, <<'END', @as_ann);
CREATE SCHEMA app;
CREATE TABLE app.orders (dropped text, id bigserial PRIMARY KEY);
ALTER TABLE app.orders DROP COLUMN dropped;
CREATE SEQUENCE app.numbers;
SELECT idgen_convert_default('app.orders', 'id');
SELECT segment_configure('app.numbers', step => 70, grants => true), segment_take('app.numbers', 5);
END
my $ann_file = "$directory/of_ann";
$node->command_ok([ 'pg_dump', '--no-sync', '--no-comments', '-U', 'ann', '-f', $ann_file, $node->connstr($of_ann) ], 'pg_dump by the owner of the database');
my $restored = database_of_ann();
$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-U', 'ann', '-f', $ann_file, $node->connstr($restored) ], '... who restores it');
is($node->safe_psql($restored, 'SELECT count(*) FROM segment_options; SELECT range FROM segment_grants', @as_ann), "1\n[1,6)", '... with what is said of segments');
is($node->safe_psql($restored, q{SELECT idgen_revert_default('app.orders', 'id')}, @as_ann), q{nextval('app.orders_id_seq'::regclass)}, '... and of defaults');
$node->stop;
done_testing();
