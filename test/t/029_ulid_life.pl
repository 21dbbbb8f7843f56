# Guards: data of type ulid lives as long as data of any other type.  It goes through COPY,
# JSON, dumps, replication and pg_upgrade, with its indexes, foreign keys, constraints and
# partitions, and comes from and goes to uuid and bytea.  What another extension has stored
# as a type of the same name moves over, and both can be there at a time.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest::Tables;
use IdgenTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# Every table has but one index that serves a query, so that plans depend on nothing else.
my $TABLES = <<'END';
CREATE DOMAIN item_id AS ulid CHECK (VALUE IS NOT NULL);
CREATE TABLE items (
	id ulid PRIMARY KEY DEFAULT ulid(),
	made_at timestamptz GENERATED ALWAYS AS (id::timestamptz) STORED,
	replaces ulid,
	related ulid[],
	note text,
	CHECK (id >= ulid_lower_bound('2020-01-01 00:00:00+00') AND
		   ulid_created_in(id, '[2020-01-01 00:00:00+00,2089-01-01 00:00:00+00)')));
CREATE INDEX items_time ON items (ulid_timestamp(id));
CREATE INDEX items_replaces ON items (replaces) INCLUDE (note);
CREATE INDEX items_related ON items USING gin (related);
CREATE TABLE parts (id uuid PRIMARY KEY, item_id item_id NOT NULL REFERENCES items);
CREATE INDEX parts_item ON parts (item_id);
CREATE TABLE log (id ulid, note text);
CREATE INDEX log_brin ON log USING brin (id);
CREATE TABLE log_multi (id ulid, note text);
CREATE INDEX log_multi_brin ON log_multi USING brin (id ulid_minmax_multi_ops);
CREATE TABLE log_bloom (id ulid, note text);
CREATE INDEX log_bloom_brin ON log_bloom USING brin (id ulid_bloom_ops);
CREATE TABLE tokens (id ulid, note text);
CREATE INDEX tokens_hash ON tokens USING hash (id);
CREATE TABLE events (id ulid PRIMARY KEY, note text) PARTITION BY RANGE (id);
CREATE TABLE events_old PARTITION OF events FOR VALUES FROM (MINVALUE) TO (ulid_lower_bound('2026-01-01 00:00:00+00'));
CREATE TABLE events_new PARTITION OF events FOR VALUES FROM (ulid_lower_bound('2026-01-01 00:00:00+00')) TO (MAXVALUE);
CREATE TABLE tags (id ulid PRIMARY KEY, note text) PARTITION BY HASH (id);
CREATE TABLE tags_0 PARTITION OF tags FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE tags_1 PARTITION OF tags FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE VIEW recent AS SELECT id, note FROM items WHERE ulid_created_in(id, tstzrange(now() - interval '1 day', NULL));
CREATE FUNCTION items_in(range tstzrange) RETURNS SETOF items LANGUAGE sql STABLE
	BEGIN ATOMIC SELECT * FROM items WHERE ulid_created_in(id, range); END;
END

# 1000 items, a minute each around New Year 2026, and 100 just now.
my $ROWS = <<'END';
INSERT INTO items (id, related, note)
	SELECT ulid_at(timestamptz '2025-12-31 16:00:00+00' + n * interval '1 minute'),
		ARRAY['01ARZ3NDEKTSV4RRFFQ69G5FAV', NULL]::ulid[], 'old ' || n
	FROM generate_series(0, 999) AS n;
INSERT INTO items (note) SELECT 'new ' || n FROM generate_series(1, 100) AS n;
UPDATE items SET replaces = before.id, related = items.related || before.id
	FROM items AS before WHERE before.note = 'old ' || substr(items.note, 5)::integer - 1 AND items.note LIKE 'old %';
INSERT INTO parts SELECT id, id FROM items;
INSERT INTO log SELECT id, note FROM items ORDER BY id;
INSERT INTO log_multi SELECT id, note FROM items ORDER BY id;
INSERT INTO log_bloom SELECT id, note FROM items ORDER BY id;
INSERT INTO tokens SELECT id, note FROM items;
INSERT INTO events SELECT id, note FROM items;
INSERT INTO tags SELECT id, note FROM items;
END

my @TABLE_NAMES = qw(items parts log log_multi log_bloom tokens events events_old events_new tags tags_0 tags_1);

# The items of an hour from 'old 42' on, and that item, whose ID is random in part.
my $HOUR = q{tstzrange '[2025-12-31 16:42:00+00,2025-12-31 17:42:00+00)'};
my $RANGE = qr/\(\(id >= '\w{26}'::ulid\) AND \(id <= '\w{26}'::ulid\)\)/;
my $SINCE = qr/\(\(id >= ulid_\w+\(tstzrange\(.*\)\) AND \(id <= ulid_\w+\(tstzrange\(/;

sub queries
{
	my ($node, $database) = @_;
	my $id = query($node, $database, q(SELECT id FROM items WHERE note = 'old 42'));
	my $equal = qr/\(id = '$id'::ulid\)/;

	return (
		[ "SELECT note FROM items WHERE id = '$id'", 'old 42', 'items_pkey', $equal ],
		[ "SELECT count(*) FROM items WHERE ulid_created_in(id, $HOUR)", 60, 'items_pkey', $RANGE ],
		[ 'SELECT count(*) FROM recent', 100, 'items_pkey', $SINCE ],
		[ "SELECT count(*) FROM items_in($HOUR)", 60, 'items_pkey', $RANGE ],
		[ "SELECT count(*) FROM items WHERE ulid_timestamp(id) >= timestamptz '2025-12-31 16:42:00+00' AND ulid_timestamp(id) < '2025-12-31 17:42:00+00'",
			60, 'items_time', qr/\(\(ulid_timestamp\(id\) >= / ],
		[ "SELECT note FROM items WHERE replaces = '$id'", 'old 43', 'items_replaces', qr/\(replaces = '$id'::ulid\)/ ],
		[ "SELECT note FROM items WHERE related @> '{$id}'", 'old 43', 'items_related', qr/\(related \@> '\{$id\}'::ulid\[\]\)/ ],
		[ "SELECT count(*) FROM parts WHERE item_id = '$id'", 1, 'parts_item', qr/\(\(?item_id\)?(?:::ulid)? = '$id'::ulid\)/ ],
		[ "SELECT note FROM tokens WHERE id = '$id'", 'old 42', 'tokens_hash', $equal ],
		(map { [ "SELECT count(*) FROM $_ WHERE ulid_created_in(id, $HOUR)", 60, "${_}_brin", $RANGE ] } 'log', 'log_multi'),
		[ "SELECT note FROM log_bloom WHERE id = '$id'", 'old 42', 'log_bloom_brin', $equal ],
		[ "SELECT count(*) FROM events WHERE ulid_created_in(id, $HOUR)", 60, 'events_old_pkey', $RANGE ],
		[ "SELECT note FROM tags WHERE id = '$id'", 'old 42', 'tags_\d_pkey', $equal ]);
}

sub picture
{
	return picture_of(@_, @TABLE_NAMES);
}

sub fill
{
	my ($node, $database) = @_;

	query($node, $database, $TABLES . $ROWS . 'ANALYZE');
	create_amcheck($node, $database);
	return;
}

# Foreign keys, CHECK constraints and the type keep wrong values out.
sub check_rules
{
	my ($node, $database, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my @wrong;

	foreach (
		[ 'INSERT INTO parts VALUES (gen_random_uuid(), ulid())', '23503' ],
		[ q(DELETE FROM items WHERE note = 'old 42'), '23503' ],
		[ q(INSERT INTO items (id) SELECT id FROM items WHERE note = 'old 42'), '23505' ],
		[ q(INSERT INTO items (id) VALUES ('01ARZ3NDEKTSV4RRFFQ69G5FAV')), '23514' ],
		[ q(INSERT INTO items (id) VALUES ('8ZZZZZZZZZZZZZZZZZZZZZZZZZ')), '22P02' ],
		[ q(BEGIN; INSERT INTO events VALUES (ulid_upper_bound('2025-12-31 23:59:59.999+00')), (ulid_lower_bound('2026-01-01 00:00:00+00'))
			RETURNING tableoid::regclass; ROLLBACK), "events_old\nevents_new" ],
		[ q(BEGIN; INSERT INTO items (note) VALUES ('another')
			RETURNING made_at = id::timestamptz, ulid_created_in(id, tstzrange(now() - interval '1 minute', NULL)); ROLLBACK), 't|t' ])
	{
		my ($sql, $expected) = @$_;
		my ($output, $error) = try($node, $database, $sql);

		($error) = $error =~ /ERROR:  (\w{5}):/ if $error;
		push @wrong, "$sql\n$output$error" if $output . ($error // '') ne $expected;
	}
	return ok(!@wrong, "$name: keys, constraints and partitions hold") || diag(join "\n", @wrong);
}

sub check_copy_of
{
	my ($node, $database, $name, $expected) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	is(picture($node, $database), $expected, "$name: everything is there");
	query($node, $database, 'ANALYZE');
	uses_indexes($node, $database, $name, queries($node, $database));
	check_btrees($node, $database, $name);
	check_rules($node, $database, $name);
	return;
}

# ---------------------------------------------------------------------- COPY and JSON

sub check_copy
{
	my ($node) = @_;

	query(
		$node, 'postgres', q{
		CREATE TABLE ulids (id ulid, ids ulid[]);
		CREATE TABLE uuids (id uuid, ids uuid[]);
		INSERT INTO ulids VALUES ('00000000000000000000000000', '{}'), ('7ZZZZZZZZZZZZZZZZZZZZZZZZZ', '{01ARZ3NDEKTSV4RRFFQ69G5FAV,NULL}'), (NULL, NULL);
		INSERT INTO ulids SELECT id, ARRAY[id, id] FROM items;
		INSERT INTO uuids SELECT id, ids::uuid[] FROM ulids;
		CREATE TABLE ulids_in (LIKE ulids);
		CREATE TABLE uuids_in (LIKE uuids)});
	my %digest = map { ($_ => digest($node, 'postgres', $_)) } qw(ulids uuids);

	foreach my $format (qw(text csv binary))
	{
		copy_out($node, 'ulids', 'ulids', $format);
		is(copy_in($node, 'ulids_in', 'ulids', $format), '', "COPY in $format: ULIDs come back");
		is(digest($node, 'postgres', 'ulids_in'), $digest{ulids}, '... as they were');
		query($node, 'postgres', 'TRUNCATE ulids_in');
	}

	# Their bytes are those of a uuid, so one goes into the other in binary.
	foreach my $case ([ 'ulids', 'uuids' ], [ 'uuids', 'ulids' ])
	{
		my ($from, $to) = @$case;
		copy_out($node, "(SELECT id FROM $from)", $from, 'binary');
		is(copy_in($node, "${to}_in (id)", $from, 'binary'), '', "COPY in binary: $from go into a column of $to");
		is(query($node, 'postgres', "SELECT count(*) FROM (SELECT id FROM $to EXCEPT ALL SELECT id FROM ${to}_in) AS lost"), 0, '... and stay what they are');
	}
	is(copy_out($node, '(SELECT id FROM ulids)', 'ulids', 'binary'), copy_out($node, '(SELECT id FROM uuids)', 'uuids', 'binary'), '... to the byte');
	copy_out($node, '(SELECT 1::bigint)', 'bad', 'binary');
	like(copy_in($node, 'ulids_in (id)', 'bad', 'binary'), qr/ERROR:  08P01:/, '... eight bytes are refused');
	append_to_file(data_file('bad_text'), "01ARZ3NDEKTSV4RRFFQ69G5FAV\nu1ARZ3NDEKTSV4RRFFQ69G5FAV\n");
	like(copy_in($node, 'ulids_in (id)', 'bad_text', 'text'), qr/ERROR:  22P02:.*Character 1, "u".*COPY ulids_in, line 2, column id/s, 'COPY in text: a bad one is refused, and where it is');

	is( query($node, 'postgres', q{SELECT to_json(id), to_jsonb(ARRAY[id]), row_to_json(t), jsonb_build_object(id, id) FROM
		(SELECT ulid '01arz3ndektsv4rrffq69g5fav' AS id) AS t}),
		'"01ARZ3NDEKTSV4RRFFQ69G5FAV"|["01ARZ3NDEKTSV4RRFFQ69G5FAV"]|{"id":"01ARZ3NDEKTSV4RRFFQ69G5FAV"}|{"01ARZ3NDEKTSV4RRFFQ69G5FAV": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}',
		'JSON: a ULID is its text');
	is( query($node, 'postgres', q{SELECT count(*) FROM (TABLE ulids EXCEPT ALL
		SELECT * FROM json_populate_recordset(NULL::ulids, (SELECT json_agg(ulids) FROM ulids))) AS lost}),
		0, '... and all come back from it');
	query($node, 'postgres', 'DROP TABLE ulids, uuids, ulids_in, uuids_in');
	return;
}

# ---------------------------------------------------------------------- change of type

sub filenodes
{
	my ($node) = @_;
	return query($node, 'postgres', q(SELECT string_agg(pg_relation_filenode(i)::text, ' ') FROM unnest('{keys}'::regclass[]) AS i));
}

sub check_change_of_type
{
	my ($node) = @_;

	query($node, 'postgres', q(CREATE TABLE keys (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), note text);
		INSERT INTO keys SELECT id, note FROM items));
	my $before = query($node, 'postgres', 'SELECT id::ulid, note FROM keys ORDER BY id');
	my $file = filenodes($node);
	query($node, 'postgres', 'ALTER TABLE keys ALTER id DROP DEFAULT, ALTER id TYPE ulid, ALTER id SET DEFAULT ulid()');
	is(query($node, 'postgres', 'SELECT id, note FROM keys ORDER BY id'), $before, 'ALTER TABLE: uuid to ulid');
	is(filenodes($node), $file, '... without a rewrite of the table');
	query($node, 'postgres', 'INSERT INTO keys DEFAULT VALUES; DELETE FROM keys WHERE note IS NULL');
	check_btrees($node, 'postgres', '...');
	query($node, 'postgres', 'ALTER TABLE keys ALTER id DROP DEFAULT, ALTER id TYPE uuid');
	is(query($node, 'postgres', 'SELECT id::ulid, note FROM keys ORDER BY id'), $before, '... and back');
	is(filenodes($node), $file, '... without a rewrite, either');
	query($node, 'postgres', 'DROP TABLE keys');
	return;
}

# ---------------------------------------------------------------------- from another extension

# What pgx_ulid documents of a ULID: its text, and what its casts to uuid, bytea and
# timestamp make of it.  That extension is not here; columns of these types stand in for
# what a migration has read from it.
sub check_migration
{
	my ($node) = @_;

	query(
		$node, 'postgres', q{
		CREATE TABLE theirs (as_text text, as_uuid uuid, as_bytea bytea, at timestamp);
		INSERT INTO theirs VALUES ('01GV5PA9EQG7D82Q3Y4PKBZSYV', '0186cb65-25d7-81da-815c-7e25a6bfe7db', '\x0186cb6525d781da815c7e25a6bfe7db', '2023-03-10 12:00:49.111');
		CREATE TABLE ours (LIKE theirs);
		INSERT INTO ours TABLE theirs;
		ALTER TABLE ours ALTER as_text TYPE ulid USING as_text::ulid, ALTER as_uuid TYPE ulid, ALTER as_bytea TYPE ulid USING as_bytea::ulid});
	is( query($node, 'postgres', 'SELECT as_text, as_uuid = as_text, as_bytea = as_text, as_text::timestamp = at, as_text::timestamptz FROM ours'),
		'01GV5PA9EQG7D82Q3Y4PKBZSYV|t|t|t|2023-03-10 12:00:49.111+00',
		'from pgx_ulid: text, uuid and bytea are the same ULID, of the same time');
	is(query($node, 'postgres', 'SELECT count(*) FROM theirs JOIN ours ON ours.as_text::text = theirs.as_text AND ours.as_text::uuid = theirs.as_uuid AND ours.as_text::bytea = theirs.as_bytea'),
		1, '... and become what they were');
	query($node, 'postgres', 'DROP TABLE theirs, ours');
	return;
}

# A type of the same name in another schema, which has its own idea of what it is.
sub check_other_type
{
	my ($node) = @_;

	query($node, 'postgres', q{
		CREATE SCHEMA other;
		CREATE DOMAIN other.ulid AS text CHECK (length(VALUE) = 26);
		CREATE FUNCTION other.gen_ulid() RETURNS other.ulid LANGUAGE sql AS $$ SELECT '01ARZ3NDEKTSV4RRFFQ69G5FAV'::other.ulid $$;
		CREATE TABLE both_kinds (theirs other.ulid DEFAULT other.gen_ulid(), ours public.ulid DEFAULT public.ulid());
		INSERT INTO both_kinds DEFAULT VALUES});
	foreach my $case ([ 'public, other', 'public.ulid', 'ulid' ], [ 'other, public', 'other.ulid', 'ulid' ], [ 'other', 'other.ulid', 'public.ulid' ])
	{
		my ($path, $meant, $ours) = @$case;
		my $search = "SET search_path = $path;";

		is(query($node, 'postgres', "$search SELECT 'ulid'::regtype = '$meant'::regtype"), 't', "search_path $path: ulid is $meant");
		is(query($node, 'postgres', "$search INSERT INTO public.both_kinds DEFAULT VALUES; SELECT count(*) FROM public.both_kinds WHERE ours > theirs::text::public.ulid"),
			query($node, 'postgres', 'SELECT count(*) FROM both_kinds'), '... defaults and operators are found');
		is(query($node, 'postgres', "$search SELECT DISTINCT theirs FROM public.both_kinds"), '01ARZ3NDEKTSV4RRFFQ69G5FAV', '... theirs is read');
		is(query($node, 'postgres', "$search SELECT bool_and(ours = ours::uuid::public.ulid) FROM public.both_kinds"), 't', '... and ours');
		is(query($node, 'postgres', "$search SELECT count(*) FROM (SELECT ours FROM public.both_kinds GROUP BY ours ORDER BY ours) AS grouped"),
			query($node, 'postgres', 'SELECT count(*) FROM both_kinds'), '... sorted and grouped, too');
	}
	query($node, 'postgres', 'UPDATE both_kinds SET ours = theirs::text::public.ulid');
	is(query($node, 'postgres', 'SELECT count(*) FROM both_kinds WHERE ours::text = theirs'), query($node, 'postgres', 'SELECT count(*) FROM both_kinds'), 'theirs becomes ours');
	query($node, 'postgres', 'SET client_min_messages = warning; DROP TABLE both_kinds; DROP SCHEMA other CASCADE');
	return;
}

# ---------------------------------------------------------------------- dumps, replication, upgrades

sub check_dumps
{
	my ($node, $expected) = @_;

	# The extension in a schema of its own, which no search_path names when a dump is restored.
	new_database($node, 'apart', 'CREATE SCHEMA ids; CREATE EXTENSION idgen SCHEMA ids');
	fill($node, 'apart');
	my %pictures = (postgres => $expected, apart => picture($node, 'apart'));

	foreach my $case ([ 'postgres', 'plain' ], [ 'apart', 'custom' ])
	{
		my ($database, $format) = @$case;
		my $copy = "${database}_$format";

		dump_database($node, $database, $copy, '--format', $format);
		new_database($node, $copy);
		restore($node, $copy, $copy, $format);
		check_copy_of($node, $copy, $copy, $pictures{$database});
		query($node, 'postgres', "DROP DATABASE $copy");
	}
	query($node, 'postgres', 'DROP DATABASE apart');
	return;
}

sub check_logical_replication
{
	my ($publisher, $subscriber, $binary) = @_;
	my $database = $binary eq 'true' ? 'in_binary' : 'in_text';
	my $tables = 'CREATE EXTENSION idgen; CREATE TABLE keyed (id ulid PRIMARY KEY, ids ulid[], note text);
		CREATE TABLE keyless (LIKE keyed); ALTER TABLE keyless REPLICA IDENTITY FULL';
	my $connstr = $publisher->connstr . " dbname=$database";
	my $change = sub {
		my ($name, $sql) = @_;
		query($publisher, $database, join ';', map { $sql =~ s/TABLE/$_/r } qw(keyed keyless));
		$publisher->wait_for_catchup("to_$database");
		is(digest($subscriber, $database, $_), digest($publisher, $database, $_), "logical replication $database: $name: $_") foreach qw(keyed keyless);
	};

	new_database($_, $database, $tables) foreach $publisher, $subscriber;
	query($publisher, $database, "INSERT INTO $_ SELECT ulid(), ARRAY[ulid(), NULL], n FROM generate_series(1, 500) AS n") foreach qw(keyed keyless);
	query($publisher, $database, 'CREATE PUBLICATION changes FOR TABLE keyed, keyless');
	query($subscriber, $database, "CREATE SUBSCRIPTION to_$database CONNECTION '$connstr' PUBLICATION changes WITH (binary = $binary)");
	$subscriber->wait_for_subscription_sync($publisher, "to_$database", $database);
	$change->('copied and inserted', 'INSERT INTO TABLE SELECT ulid_sequential(), ARRAY[ulid()], n FROM generate_series(501, 600) AS n');
	$change->('updated', q(UPDATE TABLE SET id = ulid(), ids = '{}' WHERE note::integer BETWEEN 100 AND 200));
	$change->('deleted', 'DELETE FROM TABLE WHERE note::integer % 3 = 0');
	is(query($subscriber, $database, 'SELECT count(*), count(DISTINCT id) FROM keyed'), '400|400', '... as many as must be');
	query($subscriber, $database, "DROP SUBSCRIPTION to_$database");
	query($publisher, 'postgres', "DROP DATABASE $database");
	return;
}

sub check_upgrade
{
	my ($old) = @_;
	my $expected = picture($old, 'postgres');
	my $new = PostgreSQL::Test::Cluster->new('upgraded');

	$new->init;
	$old->stop;
	upgrade_cluster($old, $new);
	$new->start;
	check_copy_of($new, 'postgres', 'upgraded', $expected);
	my ($output, $error) = try($new, 'postgres', 'DROP EXTENSION idgen');
	like($error, qr/ERROR:  2BP01:.*column id of table items depends on type ulid/s, '... data protects the extension');
	$new->stop;
	return;
}

my $node = new_server('life', streaming => 'logical');
my $subscriber = PostgreSQL::Test::Cluster->new('subscriber');

fill($node, 'postgres');
my $picture = picture($node, 'postgres');
check_copy_of($node, 'postgres', 'made', $picture);
check_copy($node);
check_change_of_type($node);
check_migration($node);
check_other_type($node);
check_dumps($node, $picture);

$subscriber->init(allows_streaming => 'logical');
$subscriber->append_conf('postgresql.conf', "log_statement = none\nautovacuum = off\nwal_retrieve_retry_interval = '100ms'");
$subscriber->start;
check_logical_replication($node, $subscriber, $_) foreach 'false', 'true';
$subscriber->stop;
check_upgrade($node);

done_testing();
