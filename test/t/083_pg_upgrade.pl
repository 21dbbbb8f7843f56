# Guards: pg_upgrade brings everything along to a later major: tables of every kind of ID with their indexes, constraints,
# partitions, views and functions, generators, segments, and the extension itself, which is then what a new one of that
# major is.  IDs go on above those that were issued, and none comes twice, also if the worker ID is leased.
#
# From the oldest major that is installed on this machine to each later one, or, where there is but one, to that.  Builds
# idgen for each of them, from a copy of the sources.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest::Extension;
use IdgenTest::Lease;
use IdgenTest::Tables;
use IdgenTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $TOP = "$FindBin::RealBin/../..";

# ---------------------------------------------------------------------- majors

# In the shell, with what the other scripts have: a private copy of an installation, into which idgen is installed.
my $BUILD = <<'END';
source "$1/test/harness.sh"
WORK=$2 PG_CONFIG=$3
mkdir -p "$WORK"
copy_postgres
copy_source "$WORK/src"
make -s -C "$WORK/src" -j "$(nproc)" PG_CONFIG="$PGBIN/pg_config" with_llvm=no all install >"$WORK/log" 2>&1
rm -rf "$WORK/src"
echo "$PGBIN"
END

sub major_of
{
	my ($pg_config) = @_;
	my ($major) = qx("$pg_config" --version) =~ /^PostgreSQL (\d+)/ or die "$pg_config has no version";

	return $major;
}

# By major, where an installation with this idgen is.
sub installations
{
	my $bindir = qx(pg_config --bindir);
	chomp $bindir;
	my %installation = (major_of('pg_config') => $bindir =~ s|/bin$||r);

	foreach my $pg_config (sort glob('/usr/lib/postgresql/*/bin/pg_config'))
	{
		my $major = major_of($pg_config);
		my $directory = PostgreSQL::Test::Utils::tempdir() . '/pg';

		next if $installation{$major} || !-x $pg_config =~ s/pg_config$/postgres/r || !-e "/usr/include/postgresql/$major/server/postgres.h";
		IPC::Run::run([ 'bash', '-euo', 'pipefail', '-c', $BUILD, 'bash', $TOP, $directory, $pg_config ], '>', \my $output)
		  or die 'could not build for PostgreSQL ' . $major . ":\n" . (-e "$directory/log" ? slurp_file("$directory/log") : '');
		chomp $output;
		$installation{$major} = $output =~ s|/bin$||r;
	}
	return %installation;
}

# The majors of newer servers have checksums if nothing is said; pg_upgrade wants them to be alike.
sub new_cluster
{
	my ($name, $installation, $major, $conf) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name, install_path => $installation);

	$node->init(force_initdb => 1, extra => [ $major >= 18 ? '--no-data-checksums' : () ]);
	$node->append_conf('postgresql.conf', "autovacuum = off\nlog_statement = none\nshared_preload_libraries = 'idgen'\n$conf");
	return $node;
}

# ---------------------------------------------------------------------- what is upgraded

my $TABLES = <<'END';
CREATE DOMAIN order_id AS snowflake CHECK (VALUE IS NOT NULL);
CREATE TYPE key AS (id ulid, version uuid);
CREATE TABLE orders (id order_id PRIMARY KEY DEFAULT snowflake_nextval(), note text,
	at timestamptz GENERATED ALWAYS AS (snowflake_timestamp(id, 'default')) STORED);
CREATE INDEX orders_time ON orders (snowflake_timestamp(id, 'default'));
CREATE TABLE numbers (id bigint PRIMARY KEY DEFAULT snowflake_nextval(), related snowflake[]);
CREATE INDEX numbers_related ON numbers USING gin (related);
CREATE TABLE items (id ulid PRIMARY KEY DEFAULT ulid(), order_id snowflake REFERENCES orders, whole key);
CREATE TABLE sequential (id ulid PRIMARY KEY DEFAULT ulid_sequential(), wide uuid DEFAULT snowflake128_nextval());
CREATE TABLE events (id uuid PRIMARY KEY DEFAULT uuidv7_sequential(), v1 uuid DEFAULT uuidv1(), v4 uuid DEFAULT public.uuidv4(),
	v6 uuid DEFAULT uuidv6(), v7 uuid DEFAULT public.uuidv7(), CHECK (uuid_has_version(id, 7)));
CREATE INDEX events_time ON events (uuid_timestamp(id));
CREATE TABLE log (id snowflake, note text);
CREATE INDEX log_brin ON log USING brin (id);
CREATE TABLE tokens (id ulid, note text);
CREATE INDEX tokens_hash ON tokens USING hash (id);
CREATE TABLE states (id integer PRIMARY KEY, changed hlc NOT NULL DEFAULT hlc_now(), spans hlc[]);
CREATE INDEX states_changed ON states (changed);
CREATE TABLE partitioned (id snowflake PRIMARY KEY DEFAULT snowflake_nextval(), note text) PARTITION BY RANGE (id);
CREATE TABLE partitioned_old PARTITION OF partitioned FOR VALUES FROM (MINVALUE) TO (snowflake_lower_bound('2026-01-01 00:00:00+00', 'default'));
CREATE TABLE partitioned_new PARTITION OF partitioned FOR VALUES FROM (snowflake_lower_bound('2026-01-01 00:00:00+00', 'default')) TO (MAXVALUE);
CREATE TABLE hashed (id ulid PRIMARY KEY DEFAULT ulid()) PARTITION BY HASH (id);
CREATE TABLE hashed_0 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE hashed_1 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE layouts (id integer PRIMARY KEY, layout snowflake_layout);
INSERT INTO layouts VALUES (1, 'twitter'), (2, 'default');
CREATE VIEW recent AS SELECT id, note FROM orders WHERE id >= now() - interval '1 day';
CREATE VIEW state AS SELECT * FROM idgen_status();
CREATE MATERIALIZED VIEW items_of_orders AS SELECT o.id, i.id AS item FROM orders AS o JOIN items AS i ON i.order_id = o.id;
CREATE FUNCTION orders_in(range tstzrange) RETURNS SETOF orders LANGUAGE sql STABLE
	BEGIN ATOMIC SELECT * FROM orders WHERE snowflake_created_in(id, range); END;
CREATE ROLE clerk;
SELECT snowflake_create_generator('invoices', 'twitter', worker_id => 7, datacenter_id => 3);
GRANT USAGE ON FOREIGN SERVER invoices TO clerk;
CREATE TABLE invoices (id bigint PRIMARY KEY DEFAULT snowflake_nextval('invoices'));
CREATE TABLE moved (id bigserial PRIMARY KEY, note text);
CREATE TABLE moved_identity (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text);
INSERT INTO moved (note) VALUES ('old'), ('old');
INSERT INTO moved_identity (note) VALUES ('old'), ('old');
SELECT idgen_convert_default('moved', 'id'), idgen_convert_default('moved_identity', 'id');
END

my $ROWS = <<'END';
INSERT INTO orders (note) SELECT n FROM generate_series(1, 200) AS n;
INSERT INTO numbers (related) SELECT ARRAY[snowflake_nextval(), NULL]::snowflake[] FROM generate_series(1, 200);
INSERT INTO items (order_id, whole) SELECT id, ROW(ulid(), gen_random_uuid())::key FROM orders;
INSERT INTO sequential SELECT FROM generate_series(1, 200);
INSERT INTO events SELECT FROM generate_series(1, 200);
INSERT INTO log SELECT id, note FROM orders ORDER BY id;
INSERT INTO tokens SELECT id, order_id FROM items;
INSERT INTO partitioned (note) SELECT n FROM generate_series(1, 200) AS n;
INSERT INTO hashed SELECT FROM generate_series(1, 200);
INSERT INTO invoices SELECT FROM generate_series(1, 200);
INSERT INTO states (id, spans) SELECT (SELECT coalesce(max(id), 0) FROM states) + n, ARRAY[hlc_now()] FROM generate_series(1, 100) AS n;
END

# Segments, if this version has them.
my $SEGMENT = <<'END';
CREATE SEQUENCE parcels;
SELECT segment_configure('parcels', step => 500, grants => true);
CREATE TABLE parcels_of (id bigint PRIMARY KEY DEFAULT segment_nextval('parcels'));
SELECT segment_take('parcels', 10);
END

my @TABLE_NAMES = qw(orders numbers items sequential events log tokens states partitioned partitioned_old partitioned_new hashed
  hashed_0 hashed_1 layouts items_of_orders invoices moved moved_identity);

# Columns whose IDs increase on the server.
my %INCREASING = (orders => 'id', numbers => 'id', sequential => 'id', events => 'id', states => 'changed', partitioned => 'id', invoices => 'id');

sub has_segments
{
	my ($node) = @_;

	return query($node, 'postgres', q{SELECT to_regprocedure('segment_nextval(regclass)') IS NOT NULL}) eq 't';
}

sub fill
{
	my ($node) = @_;

	query($node, 'postgres', $TABLES);
	query($node, 'postgres', $ROWS);
	query($node, 'postgres', "INSERT INTO partitioned VALUES (snowflake_lower_bound('2025-06-01 00:00:00+00', 'default'), 'old')");
	query($node, 'postgres', 'REFRESH MATERIALIZED VIEW items_of_orders; ANALYZE');
	query($node, 'postgres', $SEGMENT . 'INSERT INTO parcels_of SELECT FROM generate_series(1, 100)') if has_segments($node);
	create_amcheck($node, 'postgres');
	new_database($node, 'bare', 'CREATE EXTENSION idgen');
	new_database($node, 'apart', 'CREATE SCHEMA ids; CREATE EXTENSION idgen SCHEMA ids; CREATE TABLE t (id ids.snowflake PRIMARY KEY DEFAULT ids.snowflake_nextval());
		INSERT INTO t SELECT FROM generate_series(1, 100)');
	return;
}

# What is the same afterwards.
sub picture
{
	my ($node) = @_;

	return join "\n", picture_of($node, 'postgres', @TABLE_NAMES),
	  query($node, 'postgres', q{SELECT srvname, (SELECT array_agg(o ORDER BY o) FROM unnest(srvoptions) AS o), srvacl FROM pg_foreign_server ORDER BY 1; TABLE snowflake_generators; TABLE idgen_converted_defaults}),
	  digest($node, 'apart', 't'),
	  has_segments($node) ? (query($node, 'postgres', 'SELECT * FROM segment_options; SELECT * FROM segment_grants'), digest($node, 'postgres', 'parcels_of')) : ();
}

# The queries of uses_indexes().
my @QUERIES = (
	[ q(SELECT count(*) FROM orders_in(tstzrange(now() - interval '1 hour', NULL))), 200, 'orders_pkey', qr/\(\(+id\)?.*>= / ],
	[ 'SELECT count(*) FROM recent', 200, 'orders_pkey', qr/\(\(+id\)?.*>= / ],
	[ q{SELECT count(*) FROM log WHERE id >= now() - interval '1 hour'}, 200, 'log_brin', qr/\(\(*id\)?.*>= / ],
	[ q{SELECT count(*) FROM events WHERE uuidv7_created_in(id, tstzrange(now() - interval '1 hour', NULL))}, 200, 'events_pkey', qr/\(\(*id\)?.*>= / ]);

# ---------------------------------------------------------------------- the checks

sub check_what_came
{
	my ($node, $picture, $name) = @_;

	is(picture($node), $picture, "$name: everything is there");
	query($node, 'postgres', 'ANALYZE');
	uses_indexes($node, 'postgres', $name, @QUERIES);
	check_btrees($node, 'postgres', $name);
	query($node, 'postgres', 'CREATE DATABASE fresh');
	query($node, 'fresh', 'CREATE EXTENSION idgen');
	is_picture(picture_of_extension($node, 'bare'), picture_of_extension($node, 'fresh'), "$name: the extension is what a new one is");
	return;
}

sub check_new_ids
{
	my ($node, $name) = @_;
	my %last = map { ($_ => query($node, 'postgres', "SELECT $INCREASING{$_} FROM $_ ORDER BY $INCREASING{$_} DESC LIMIT 1")) } keys %INCREASING;

	query($node, 'postgres', $ROWS);
	is( query($node, 'postgres', join ';', map { "SELECT '$_', count(*) FROM $_ WHERE $INCREASING{$_} > '$last{$_}'" } sort keys %INCREASING),
		join("\n", map { "$_|" . ($_ eq 'states' ? 100 : 200) } sort keys %INCREASING),
		"$name: IDs go on above those that were issued");
	return if !has_segments($node);
	query($node, 'postgres', 'INSERT INTO parcels_of SELECT FROM generate_series(1, 1000)');
	is(query($node, 'postgres', 'SELECT count(*) FROM parcels_of'), 1100, "$name: segments go on");
	is(query($node, 'postgres', 'SELECT count(*) FROM parcels_of JOIN segment_grants ON range @> id'), 0, '... beside what was handed on');
	is( query($node, 'postgres', q{SELECT idgen_revert_default('moved', 'id'), idgen_revert_default('moved_identity', 'id');
			INSERT INTO moved (note) VALUES ('new') RETURNING id; INSERT INTO moved_identity (note) VALUES ('new') RETURNING id}),
		"nextval('public.moved_id_seq'::regclass)|generated always as identity\n3\n3",
		"$name: converted defaults can be reverted");
	return;
}

# The worker ID that was leased is leased again, or another one: the new cluster has another system identifier.
sub check_lease
{
	my ($node, $name) = @_;
	my $session = session($node);
	my $lease = wait_for_lease($session, 'held');

	ok(defined $lease->{worker_id}, "$name: a worker ID is leased");
	is(node_of($session->query('SELECT snowflake_nextval()')), $lease->{worker_id} & 31, '... which IDs have');
	$session->quit;
	return;
}

my %installation = installations();
my @majors = sort { $a <=> $b } keys %installation;
my $oldest = $majors[0];
my @newer = @majors > 1 ? @majors[ 1 .. $#majors ] : @majors;
note "PostgreSQL $oldest to @newer";

my $store = postgres_store('store');
my $conf = lease_conf($store) . "idgen.max_wait = '1min'\n";
my $old = new_cluster("from$oldest", $installation{$oldest}, $oldest, $conf);
$old->start;
query($old, 'postgres', 'CREATE EXTENSION idgen');
my $session = session($old);
wait_until
{
	my (undef, $error) = $session->run('SELECT idgen_lease_create_pool(0, 15)');
	$error eq '' || $error =~ /already exists/;
}
'a pool in the store';
$session->quit;
check_lease($old, "PostgreSQL $oldest");
fill($old);
my $picture = picture($old);
$old->stop;

foreach my $major (@newer)
{
	my $name = "PostgreSQL $oldest to $major";
	my $new = new_cluster("to$major", $installation{$major}, $major, $conf);

	upgrade_cluster($old, $new);
	$new->start;
	check_what_came($new, $picture, $name);
	check_lease($new, $name);
	check_new_ids($new, $name);
	$new->stop;
}
$store->node->stop;

done_testing();
