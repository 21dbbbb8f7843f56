# Guards: columns of type hlc, with defaults, indexes, checks, domains and triggers, go through a dump, which is
# restored with an empty search path, through pg_upgrade and to a standby; and the clock of a standby that is
# promoted is above what the primary returned.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use PostgreSQL::Test::Cluster;
use Test::More;

my $node = new_server('primary', preload => 1, streaming => 1, conf => "idgen.max_drift = '6s'\nidgen.hlc_max_offset = '6s'");

$node->safe_psql('postgres', <<'END');
CREATE DOMAIN recent AS hlc CHECK (VALUE::timestamptz > '2020-01-01');
CREATE FUNCTION later(hlc, interval) RETURNS hlc LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT hlc_make($1::timestamptz + $2, 0); END;
CREATE TABLE notes (
	id integer PRIMARY KEY,
	changed hlc NOT NULL DEFAULT hlc_now() CHECK (changed IS DISTINCT FROM '5') CHECK ((changed, 1) > ('7', 1)),
	seen recent,
	made hlc GENERATED ALWAYS AS (NULLIF(changed, '9')) STORED,
	day timestamptz GENERATED ALWAYS AS (hlc_timestamp(changed)) STORED);
CREATE INDEX ON notes (changed);
CREATE INDEX ON notes USING hash (changed);
CREATE INDEX ON notes USING brin (changed);
CREATE INDEX ON notes (id) WHERE changed > hlc '2026-11-29T16:40:20.123Z/17';
CREATE VIEW latest AS SELECT CASE changed WHEN '5' THEN 1 ELSE 2 END AS kind, n.* FROM notes n JOIN notes m USING (changed);
CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION hlc_stamp('changed');
INSERT INTO notes (id, seen) SELECT n, hlc_now() FROM generate_series(1, 100) n;
UPDATE notes SET seen = later(seen, '1 s') WHERE id < 50;
END
my $DIGEST = q{SELECT count(*), md5(string_agg(n::text, ',' ORDER BY id)) FROM latest n};
my $expected = $node->safe_psql('postgres', $DIGEST);

sub check_dump
{
	my $dump = $node->data_dir . '/../dump.sql';

	$node->command_ok([ 'pg_dump', '-f', $dump, 'postgres' ], 'dumped');
	$node->safe_psql('postgres', 'CREATE DATABASE restored');
	$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', 'restored', '-f', $dump ], '... and restored');
	is($node->safe_psql('restored', $DIGEST), $expected, '... with all rows');
	is( $node->safe_psql('restored', 'UPDATE notes SET seen = seen WHERE id = 1 RETURNING changed > (SELECT max(seen) FROM notes WHERE id > 50)'),
		't', '... and the trigger');
	return;
}

# What was returned by a push, which reaches beyond the reservation, is durable on a synchronous standby.
sub check_promotion
{
	my $standby = PostgreSQL::Test::Cluster->new('standby');

	$node->backup('copy');
	$standby->init_from_backup($node, 'copy', has_streaming => 1);
	$standby->append_conf('postgresql.conf', "primary_conninfo = '" . $node->connstr . " application_name=standby'");
	$standby->start;
	set_synchronous($node, 1, 'standby');
	my $session = session($node);
	is($session->query($DIGEST), $expected, 'the primary has rows');
	my $pushed = $session->query("SELECT hlc_update(hlc_make(clock_timestamp() + interval '5 s', 0))");
	$node->stop('immediate');
	$session->abandon;
	my (undef, undef, $error) = $standby->psql('postgres', 'SELECT hlc_now()');
	like($error, qr/cannot execute hlc_now\(\) during recovery/, '... a standby has no clock');
	is($standby->safe_psql('postgres', $DIGEST), $expected, '... but the rows');
	$standby->promote;
	$standby->safe_psql('postgres', "ALTER SYSTEM SET synchronous_standby_names = ''; SELECT pg_reload_conf()");
	cmp_ok($standby->safe_psql('postgres', 'SELECT hlc_now()'), '>', $pushed, '... and after its promotion a clock above the primary\'s');
	$standby->stop;
	return;
}

sub check_upgrade
{
	my $new = PostgreSQL::Test::Cluster->new('upgraded');

	$new->init;
	$new->append_conf('postgresql.conf', "shared_preload_libraries = 'idgen'");
	$node->append_conf('postgresql.conf', "synchronous_standby_names = ''");
	$node->start;
	$node->safe_psql('postgres', 'DROP DATABASE restored');
	$node->stop;
	upgrade_cluster($node, $new);
	$new->start;
	is($new->safe_psql('postgres', $DIGEST), $expected, '... with all rows, domains and functions');
	$new->stop;
	return;
}

check_dump();
check_promotion();
check_upgrade();
done_testing();
