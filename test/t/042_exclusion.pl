# Guards: with btree_gist and btree_gin, the operator classes that docs/uuid.md shows for ULIDs
# keep an exclusion constraint, use the index, and come back from a dump.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest::Tables;
use IdgenTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_server('exclusion');
my $available = query($node, 'postgres', q(SELECT count(*) FROM pg_available_extensions WHERE name IN ('btree_gist', 'btree_gin')));

plan skip_all => 'btree_gist and btree_gin are not installed' if $available < 2;

# The statements as they are in the documentation.
my $document = slurp_file("$FindBin::RealBin/../../docs/uuid.md");
my ($classes) = $document =~ /^(CREATE OPERATOR CLASS gist_ulid_ops.*?STORAGE ulid;)$/ms;

sub check
{
	my ($database, $name) = @_;
	my ($output, $error) = try($node, $database, q{INSERT INTO stays SELECT room, '[2026-01-01 12:00+00,2026-01-03)' FROM stays WHERE number = 42});
	my $id = query($node, $database, 'SELECT room FROM stays WHERE number = 42');

	like($error, qr/ERROR:  23P01:/, "$name: an exclusion constraint tells ULIDs apart");
	uses_indexes($node, $database, $name,
		[ "SELECT number FROM stays WHERE room = '$id' AND during && '[2026-01-01 12:00+00,)'", 42, 'stays_room_during_excl', qr/\(\(room = '$id'::ulid\) AND / ],
		[ "SELECT count(*) FROM stays WHERE ulid_created_in(room, '[2026-01-01 00:00+00,2026-01-01 01:00+00)')", 59, 'stays_room_during_excl', qr/\(\(room >= / ],
		[ "SELECT number FROM tagged WHERE id = '$id' AND tags @> '{42}'", 42, 'tagged_id_tags', qr/\(\(id = '$id'::ulid\) AND / ],
		[ "SELECT count(*) FROM tagged WHERE ulid_created_in(id, '[2026-01-01 00:00+00,2026-01-01 01:00+00)') AND tags @> '{a}'", 59, 'tagged_id_tags', qr/\(\(id >= / ]);
	return;
}

query($node, 'postgres', "CREATE EXTENSION btree_gist; CREATE EXTENSION btree_gin; $classes");
query($node, 'postgres', q{
	CREATE TABLE stays (room ulid, during tstzrange, number integer, EXCLUDE USING gist (room WITH =, during WITH &&));
	CREATE TABLE tagged (id ulid, tags text[], number integer);
	CREATE INDEX tagged_id_tags ON tagged USING gin (id, tags);
	INSERT INTO stays SELECT ulid_lower_bound('2026-01-01 00:00+00'::timestamptz + n * interval '1 minute'), '[2026-01-01 00:00+00,2026-01-02 00:00+00)', n
		FROM generate_series(1, 1000) AS n;
	INSERT INTO tagged SELECT room, ARRAY['a', number::text], number FROM stays;
	ANALYZE});
check('postgres', 'made');
dump_database($node, 'postgres', 'dump');
new_database($node, 'restored');
restore($node, 'restored', 'dump', 'plain');
query($node, 'restored', 'ANALYZE');
check('restored', 'restored');
$node->stop;

done_testing();
