# Guards: data of type snowflake lives as long as data of any other type.  It goes through
# COPY, dumps, replication, crashes and pg_upgrade, with its indexes, foreign keys and
# partitions, and comes from and goes to bigint.  Predicates on time, in views, functions
# and constraints, go along with it and go on using the indexes.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest::Tables;
use IdgenTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# Every table has but one index that serves a predicate on its ID, so that plans depend on
# nothing else.
my $TABLES = <<'END';
CREATE DOMAIN order_id AS snowflake CHECK (VALUE >= 0);
CREATE TABLE orders (
	id snowflake PRIMARY KEY DEFAULT snowflake_nextval(),
	placed_at timestamptz GENERATED ALWAYS AS (snowflake_timestamp(id, 'default')) STORED,
	replaces order_id,
	related snowflake[],
	note text,
	CHECK (id >= timestamptz '2020-01-01 00:00:00+00' AND
		   id <@ tstzrange '[2020-01-01 00:00:00+00,2089-01-01 00:00:00+00)'));
CREATE INDEX orders_time ON orders (snowflake_timestamp(id, 'default'));
CREATE INDEX orders_replaces ON orders (replaces) INCLUDE (note);
CREATE INDEX orders_related ON orders USING gin (related);
CREATE TABLE payments (id bigint PRIMARY KEY, order_id bigint NOT NULL REFERENCES orders);
CREATE INDEX payments_order ON payments (order_id);
CREATE TABLE refunds (id snowflake PRIMARY KEY, payment_id snowflake NOT NULL REFERENCES payments ON DELETE CASCADE);
CREATE INDEX refunds_payment ON refunds (payment_id);
CREATE TABLE log (id snowflake, note text);
CREATE INDEX log_brin ON log USING brin (id);
CREATE TABLE tokens (id snowflake, note text);
CREATE INDEX tokens_hash ON tokens USING hash (id);
CREATE TABLE events (id snowflake PRIMARY KEY, note text) PARTITION BY RANGE (id);
CREATE TABLE events_old PARTITION OF events FOR VALUES FROM (0) TO (snowflake_lower_bound('2026-01-01 00:00:00+00'));
CREATE TABLE events_new PARTITION OF events FOR VALUES FROM (snowflake_lower_bound('2026-01-01 00:00:00+00')) TO (MAXVALUE);
CREATE TABLE tags (id snowflake PRIMARY KEY, note text) PARTITION BY HASH (id);
CREATE TABLE tags_0 PARTITION OF tags FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE tags_1 PARTITION OF tags FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE VIEW recent AS SELECT id, note FROM orders WHERE id >= now() - interval '1 day';
CREATE VIEW around AS
	SELECT id, note FROM orders WHERE id <@ tstzrange(now() - interval '1 day', now() + interval '1 day');
CREATE FUNCTION orders_in(range tstzrange) RETURNS SETOF orders LANGUAGE sql STABLE
	AS 'SELECT * FROM orders WHERE id <@ range';
CREATE FUNCTION orders_since(age interval) RETURNS SETOF orders LANGUAGE sql STABLE
	BEGIN ATOMIC SELECT * FROM orders WHERE id >= now() - age; END;
END

# 1000 orders, a minute each around New Year 2026, and 100 just now.
my $ROWS = <<'END';
INSERT INTO orders (id, replaces, related, note)
	SELECT snowflake_lower_bound(timestamptz '2025-12-31 16:00:00+00' + n * interval '1 minute') + n,
		nullif(n % 10, 0), ARRAY[n, n + 1]::snowflake[], 'old ' || n
	FROM generate_series(0, 999) AS n;
INSERT INTO orders (note) SELECT 'new ' || n FROM generate_series(1, 100) AS n;
INSERT INTO payments SELECT row_number() OVER (ORDER BY id, n), id FROM orders, generate_series(1, 3) AS n;
INSERT INTO refunds SELECT id * 10, id FROM payments WHERE id % 7 = 0;
INSERT INTO log SELECT id, note FROM orders;
INSERT INTO tokens SELECT id, note FROM orders;
INSERT INTO events SELECT id, note FROM orders;
INSERT INTO tags SELECT id, note FROM orders;
END

my @TABLE_NAMES = qw(orders payments refunds log tokens events events_old events_new tags tags_0 tags_1);

# The ID of 'old 42', which is as old as this, and the hour from then on.
my $ID = "(snowflake_lower_bound(timestamptz '2025-12-31 16:42:00+00') + 42)";
my $HOUR = q{tstzrange '[2025-12-31 16:42:00+00,2025-12-31 17:42:00+00)'};

# See uses_indexes().
my $KEY = qr/\(?id\)?(?:::bigint)?/;
my $LAYOUT = qr/'default'::snowflake_layout/;
my $SINCE = qr/\($KEY >= snowflake_\w+\(\(now\(\) - '1 day'::interval\), $LAYOUT\)\)/;
my $RANGE = qr/\(\($KEY >= '\d+'::bigint\) AND \($KEY <= '\d+'::bigint\)\)/;
my $EQUAL = qr/\($KEY = '\d+'::bigint\)/;
my @QUERIES = (
	[ "SELECT note FROM orders WHERE id = $ID", 'old 42', 'orders_pkey', $EQUAL ],
	[ "SELECT count(*) FROM orders WHERE id >= now() - interval '1 day'", 100, 'orders_pkey', $SINCE ],
	[ "SELECT count(*) FROM orders WHERE id <@ $HOUR", 60, 'orders_pkey', $RANGE ],
	[ 'SELECT count(*) FROM recent', 100, 'orders_pkey', $SINCE ],
	[ 'SELECT count(*) FROM around', 100, 'orders_pkey', qr/\(\($KEY >= snowflake_\w+\(tstzrange.*\) AND \($KEY <= snowflake_\w+\(tstzrange/ ],
	[ "SELECT count(*) FROM orders_in($HOUR)", 60, 'orders_pkey', $RANGE ],
	[ "SELECT count(*) FROM orders_since('1 day')", 100, 'orders_pkey', $SINCE ],
	[ q{SELECT count(*) FROM orders WHERE snowflake_timestamp(id) > now() - interval '1 day'},
		100, 'orders_time', qr/\(snowflake_timestamp\(\(id\)::bigint, $LAYOUT\) > \(now\(\) - '1 day'::interval\)\)/ ],
	[ 'SELECT count(*) FROM orders WHERE replaces = 7', 100, 'orders_replaces', qr/\(\(?replaces\)?(?:::bigint)? = 7\)/ ],
	[ "SELECT count(*) FROM orders WHERE related @> '{42}'", 2, 'orders_related', qr/\(related \@> '\{42\}'::snowflake\[\]\)/ ],
	[ "SELECT count(*) FROM payments JOIN orders ON order_id = orders.id WHERE orders.id = $ID",
		3, 'payments_order', qr/\(order_id = '\d+'::bigint\)/ ],
	[ 'SELECT count(*) FROM refunds WHERE payment_id = 42', 1, 'refunds_payment', qr/\(\(?payment_id\)?(?:::bigint)? = 42\)/ ],
	[ "SELECT note FROM tokens WHERE id = $ID", 'old 42', 'tokens_hash', $EQUAL ],
	[ "SELECT count(*) FROM log WHERE id <@ $HOUR", 60, 'log_brin', $RANGE ],
	[ "SELECT count(*) FROM events WHERE id >= now() - interval '1 day'", 100, 'events_new_pkey', $SINCE ],
	[ "SELECT count(*) FROM events WHERE id <@ $HOUR", 60, 'events_old_pkey', $RANGE ],
	[ "SELECT note FROM tags WHERE id = $ID", 'old 42', 'tags_\d_pkey', $EQUAL ]);

sub fill
{
	my ($node, $database) = @_;

	query($node, $database, $TABLES . $ROWS . 'ANALYZE');
	create_amcheck($node, $database);
	return;
}

# All that must stay as it is, as text.
sub picture
{
	return picture_of(@_, @TABLE_NAMES);
}

sub check_queries
{
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	return uses_indexes(@_, @QUERIES);
}

# Foreign keys hold in both directions, CHECK constraints, domains and types keep wrong
# numbers out, and rows find their partitions.
sub check_rules
{
	my ($node, $database, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my @wrong;

	foreach (
		[ 'INSERT INTO payments VALUES (0, 4711)', '23503' ],
		[ 'INSERT INTO refunds VALUES (0, 4711000)', '23503' ],
		[ "DELETE FROM orders WHERE id = $ID", '23503' ],
		[ "UPDATE orders SET id = id + 1 WHERE id = $ID", '23503' ],
		[ "INSERT INTO orders (id) VALUES ($ID)", '23505' ],
		[ 'INSERT INTO orders (id) VALUES (-1)', '22003' ],
		[ 'INSERT INTO orders (replaces) VALUES (-4294967296)', '23514' ],
		[ q(INSERT INTO orders (id) VALUES (snowflake_lower_bound('2089-02-01 00:00:00+00'))), '23514' ],
		[ 'BEGIN; DELETE FROM payments WHERE id = 42; SELECT count(*) FROM refunds WHERE payment_id = 42; ROLLBACK', '0' ],
		[ q{BEGIN; INSERT INTO events SELECT snowflake_lower_bound('2026-01-01 00:00:00+00') - n FROM generate_series(0, 1) AS n
			RETURNING tableoid::regclass; ROLLBACK}, "events_new\nevents_old" ],
		[ q{BEGIN; INSERT INTO orders (note) VALUES ('another')
			RETURNING placed_at = snowflake_timestamp(id), id <@ tstzrange(now() - interval '1 minute', NULL); ROLLBACK}, 't|t' ])
	{
		my ($sql, $expected) = @$_;
		my ($output, $error) = try($node, $database, $sql);

		($error) = $error =~ /ERROR:  (\w{5}):/ if $error;
		push @wrong, "$sql\n$output$error" if $output . ($error // '') ne $expected;
	}
	return ok(!@wrong, "$name: keys, constraints and partitions hold") || diag(join "\n", @wrong);
}

# Passes if a database has all of another one, and goes on with it.
sub check_copy_of
{
	my ($node, $database, $name, $expected) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	is(picture($node, $database), $expected, "$name: everything is there");
	query($node, $database, 'ANALYZE');
	check_queries($node, $database, $name);
	check_btrees($node, $database, $name);
	check_rules($node, $database, $name);
	return;
}

# ---------------------------------------------------------------------- COPY

sub check_copy
{
	my ($node) = @_;

	query(
		$node, 'postgres', q{
		CREATE TABLE flakes (id snowflake, ids snowflake[]);
		CREATE TABLE numbers (id bigint, ids bigint[]);
		INSERT INTO flakes VALUES (0, '{}'), (9007199254740993, '{0,NULL}'), (9223372036854775807, '{{1,2},{3,4}}'), (NULL, NULL);
		INSERT INTO flakes SELECT id, ARRAY[id, id] FROM orders;
		INSERT INTO numbers SELECT id, ids::bigint[] FROM flakes;
		CREATE TABLE flakes_in (LIKE flakes);
		CREATE TABLE numbers_in (LIKE numbers);
		CREATE TABLE untouched AS TABLE flakes});
	my %digest = map { ($_ => digest($node, 'postgres', $_)) } qw(flakes numbers);
	is($digest{flakes}, $digest{numbers}, 'COPY: a snowflake and a bigint look the same');

	foreach my $format (qw(text csv binary))
	{
		# Arrays name the type of their elements in binary.
		my $what = $format eq 'binary' ? 'SELECT id FROM' : 'TABLE';
		is(copy_out($node, "($what flakes)", 'flakes', $format),
			copy_out($node, "($what numbers)", 'numbers', $format), "... in $format, too");
		copy_out($node, $_, $_, $format) foreach qw(flakes numbers);
		foreach my $case (map { my $from = $_; map { [ $from, $_ ] } qw(flakes numbers) } qw(flakes numbers))
		{
			my ($from, $to) = @$case;
			is(copy_in($node, "${to}_in", $from, $format), '', "COPY in $format: $from go into a column of $to");
			is(digest($node, 'postgres', "${to}_in"), $digest{$from}, '... and stay what they are');
			query($node, 'postgres', 'TRUNCATE flakes_in, numbers_in');
		}
	}

	# What must not get in: a bad row is the last of many.
	foreach (
		[ 'a negative number', 'binary', "SELECT -1::bigint, NULL::bigint[]", '22003' ],
		[ 'a negative number in an array', 'binary', "SELECT 1::bigint, ARRAY[1, -1]::bigint[]", '22003' ],
		[ 'an integer', 'binary', 'SELECT 1::integer, NULL::bigint[]', '08P01' ],
		[ 'a UUID', 'binary', "SELECT uuid '00000000-0000-0000-0000-000000000001', NULL::bigint[]", '22P03' ],
		[ 'a negative number', 'text', "SELECT -1::bigint, NULL", '22003' ],
		[ 'a time', 'text', 'SELECT now(), NULL', '22P02' ],
		[ 'a negative number', 'csv', "SELECT 1, '{-1}'", '22003' ])
	{
		my ($name, $format, $row, $sqlstate) = @$_;
		my $rows = $format eq 'binary' ? 'SELECT 1::bigint, NULL::bigint[] FROM generate_series(1, 1000) UNION ALL' : '';

		# A column has one type, so the rows before it only come along if they have the same.
		$rows = '' if $row !~ /^SELECT -?1::bigint/;
		copy_out($node, "($rows $row)", 'bad', $format);
		like(copy_in($node, 'untouched', 'bad', $format), qr/ERROR:  $sqlstate:.*\nCONTEXT:  COPY untouched, line/s,
			"COPY in $format: $name is refused");
	}
	my $whole = copy_out($node, 'flakes', 'flakes', 'binary');
	foreach my $length (length($whole) - 5, length($whole) / 2, 22, 15)
	{
		append_to_file(data_file("cut_$length"), substr($whole, 0, $length));
		like(copy_in($node, 'untouched', "cut_$length", 'binary'), qr/ERROR:  22P04:/,
			"COPY in binary: refused if cut off after $length bytes");
	}
	is(digest($node, 'postgres', 'untouched'), $digest{flakes}, '... and nothing of it is there');

  SKIP:
	{
		skip 'ON_ERROR is not known', 1 if $node->pg_version < 17;
		append_to_file(data_file('mixed'), "1\t{1}\n-1\t{1}\nx\t{1}\n2\t{-1}\n9223372036854775808\t{}\n2\t{2}\n");
		query($node, 'postgres', "COPY flakes_in FROM '" . data_file('mixed') . "' (ON_ERROR ignore)");
		is(query($node, 'postgres', 'SELECT * FROM flakes_in ORDER BY id'), "1|{1}\n2|{2}", 'COPY with ON_ERROR: what is wrong is left out');
	}
	query($node, 'postgres', 'DROP TABLE flakes, numbers, flakes_in, numbers_in, untouched');
	return;
}

# Layouts are stored as 32 bytes that are copied as text, so that what comes in is checked.
sub check_copy_of_layouts
{
	my ($node) = @_;

	query(
		$node, 'postgres', q{
		CREATE TABLE layouts (id integer, layout snowflake_layout);
		INSERT INTO layouts VALUES (1, 'default'), (2, 'hybrid'), (3, NULL),
			(4, 'time 40 bits of 1500 us since 2020-01-01 00:00:00.015, unused 4, shard 13, worker 2, sequence 4');
		CREATE TABLE layouts_in (LIKE layouts)});
	my $rows = query($node, 'postgres', 'SELECT * FROM layouts ORDER BY id');
	foreach my $format (qw(text csv binary))
	{
		copy_out($node, 'layouts', 'layouts', $format);
		is(copy_in($node, 'layouts_in', 'layouts', $format), '', "COPY in $format: layouts");
		is(query($node, 'postgres', 'SELECT * FROM layouts_in ORDER BY id'), $rows, '... stay what they are');
		is(query($node, 'postgres', 'SELECT count(*) FROM layouts JOIN layouts_in USING (id, layout)'), 3, '... to the byte');
		query($node, 'postgres', 'TRUNCATE layouts_in');
		copy_out($node, q{(SELECT 1, 'time 41'::text)}, 'bad', $format);
		like(copy_in($node, 'layouts_in', 'bad', $format), qr/ERROR:  22P02:.*\nDETAIL:  Expected the length of a tick/s, '... and are checked');
	}
	query($node, 'postgres', 'DROP TABLE layouts, layouts_in');
	return;
}

# ---------------------------------------------------------------------- dumps

sub check_dumps
{
	my ($node, $expected) = @_;

	# The extension in a schema of its own, which no search_path names when a dump is restored.
	new_database($node, 'apart', 'CREATE SCHEMA ids; CREATE EXTENSION idgen SCHEMA ids');
	fill($node, 'apart');
	check_queries($node, 'apart', 'extension in another schema');
	is($node->safe_psql('apart', q(SET search_path = ''; SELECT count(*) FROM public.recent)),
		100, '... a view knows the operators without a search_path');
	is($node->safe_psql('apart', q(SET search_path = ''; SELECT count(*) FROM public.orders_since('1 day'))),
		100, '... and so does a function that was parsed');

	my $apart = picture($node, 'apart');
	foreach my $format (qw(plain custom))
	{
		foreach my $database (qw(postgres apart))
		{
			my $copy = "${database}_$format";
			dump_database($node, $database, $copy, '--format', $format);
			new_database($node, $copy);
			restore($node, $copy, $copy, $format);
			check_copy_of($node, $copy, "$copy", $database eq 'apart' ? $apart : $expected);
		}
	}

	# It can be moved, too: what was parsed goes along.
	query($node, 'postgres_plain', 'CREATE SCHEMA ids; ALTER EXTENSION idgen SET SCHEMA ids');
	check_queries($node, 'postgres_plain', 'extension moved to another schema');
	query($node, 'postgres', "DROP DATABASE $_") foreach qw(apart apart_plain apart_custom postgres_plain postgres_custom);
	return;
}

# The rows of a bigint table, and no more, into one of snowflake, and back.
sub check_data_only
{
	my ($node) = @_;
	my %type = (ledger => 'bigint', ledger_flakes => 'snowflake', ledger_back => 'bigint');

	new_database($node, $_, "CREATE EXTENSION idgen; CREATE TABLE entries (id $type{$_} PRIMARY KEY, ids $type{$_}\[], note text)")
	  foreach sort keys %type;
	query($node, 'ledger', 'INSERT INTO entries SELECT snowflake_nextval(), ARRAY[n, NULL], n FROM generate_series(1, 1000) AS n');
	my $expected = digest($node, 'ledger', 'entries');

	foreach my $case ([ 'ledger', 'ledger_flakes' ], [ 'ledger_flakes', 'ledger_back' ])
	{
		my ($from, $to) = @$case;
		foreach my $options ([ '--format', 'plain' ], [ '--format', 'plain', '--inserts' ], [ '--format', 'custom' ])
		{
			query($node, $to, 'TRUNCATE entries');
			dump_database($node, $from, "$to @$options", '--data-only', @$options);
			restore($node, $to, "$to @$options", $options->[1]);
			is(digest($node, $to, 'entries'), $expected, "... $type{$from} to $type{$to}: the rows are the same");
		}
	}
	query($node, 'postgres', "DROP DATABASE $_") foreach sort keys %type;
	return;
}

# ---------------------------------------------------------------------- replication

# What is replicated: how a table is created on the publisher, and how on the subscriber.
my $FLAKES = '(id snowflake PRIMARY KEY, ids snowflake[], note text)';
my $NUMBERS = '(id bigint PRIMARY KEY, ids bigint[], note text)';
my $WITHOUT_KEY = '(id snowflake, ids snowflake[], note text)';
my %REPLICATED = (
	same => [ $FLAKES, $FLAKES ],
	to_number => [ $FLAKES, $NUMBERS ],
	from_number => [ $NUMBERS, $FLAKES ],
	without_key => [ $WITHOUT_KEY, $WITHOUT_KEY ],
	parts => [ "$FLAKES PARTITION BY RANGE (id)", "$FLAKES PARTITION BY HASH (id)" ]);

my %PARTITIONS = (
	publisher => q{
		CREATE TABLE parts_a PARTITION OF parts FOR VALUES FROM (0) TO (500);
		CREATE TABLE parts_b PARTITION OF parts FOR VALUES FROM (500) TO (MAXVALUE)},
	subscriber => q{
		CREATE TABLE parts_0 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
		CREATE TABLE parts_1 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 1)});

sub create_replicated
{
	my ($node, $database, $side) = @_;
	my @tables = map { "CREATE TABLE $_ $REPLICATED{$_}[$side eq 'subscriber'];" } sort keys %REPLICATED;

	new_database($node, $database,
		"CREATE EXTENSION idgen; @tables ALTER TABLE without_key REPLICA IDENTITY FULL; $PARTITIONS{$side}");
	return;
}

sub check_replicated
{
	my ($publisher, $subscriber, $database, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	$publisher->wait_for_catchup("to_$database");
	my @wrong = grep { digest($publisher, $database, $_) ne digest($subscriber, $database, $_) } sort keys %REPLICATED;
	return is("@wrong", '', $name);
}

sub check_logical_replication
{
	my ($publisher, $subscriber, $binary) = @_;
	my $database = $binary eq 'true' ? 'in_binary' : 'in_text';
	my $name = "logical replication $database";
	my $connstr = $publisher->connstr . " dbname=$database";
	my $tables = join ', ', sort keys %REPLICATED;

	create_replicated($publisher, $database, 'publisher');
	create_replicated($subscriber, $database, 'subscriber');
	# Runs a statement for each of the tables.
	my $change = sub {
		my ($sql) = @_;
		query($publisher, $database, join ';', map { $sql =~ s/TABLE/$_/r } sort keys %REPLICATED);
	};

	$change->(q(INSERT INTO TABLE SELECT n, ARRAY[n, NULL], n FROM generate_series(0, 999) AS n));
	query($publisher, $database, "CREATE PUBLICATION changes FOR TABLE $tables WITH (publish_via_partition_root = true)");
	query($subscriber, $database,
		"CREATE SUBSCRIPTION to_$database CONNECTION '$connstr' PUBLICATION changes WITH (binary = $binary)");
	$subscriber->wait_for_subscription_sync($publisher, "to_$database", $database);
	check_replicated($publisher, $subscriber, $database, "$name: all rows are copied");

	$change->('INSERT INTO TABLE SELECT snowflake_nextval(), ARRAY[snowflake_nextval()], n FROM generate_series(1, 100) AS n');
	$change->("INSERT INTO TABLE VALUES (9223372036854775807, '{9007199254740993}', 'the last')");
	check_replicated($publisher, $subscriber, $database, '... and those inserted');
	$change->(q(UPDATE TABLE SET note = 'changed', ids = '{}' WHERE id < 100));
	$change->('UPDATE TABLE SET id = id + 3000 WHERE id BETWEEN 450 AND 470');
	check_replicated($publisher, $subscriber, $database, '... and updated, their keys and partitions, too');
	$change->(q(DELETE FROM TABLE WHERE id BETWEEN 100 AND 200 OR snowflake_created_in(id, tstzrange(now() - interval '1 hour', NULL))));
	check_replicated($publisher, $subscriber, $database, '... and deleted');
	is(query($subscriber, $database, 'SELECT count(*) FROM same'), 899, '... as many as must be');
	query($subscriber, $database, "DROP SUBSCRIPTION to_$database");
	query($publisher, 'postgres', "DROP DATABASE $database");
	return;
}

sub check_standby
{
	my ($primary, $expected) = @_;
	my $standby = PostgreSQL::Test::Cluster->new('standby');

	$primary->backup('base');
	$standby->init_from_backup($primary, 'base', has_streaming => 1);
	$standby->start;
	query($primary, 'postgres', q(SELECT pg_create_restore_point('standby')));
	$primary->wait_for_catchup($standby);
	is(picture($standby, 'postgres'), $expected, 'standby: everything is there');
	check_queries($standby, 'postgres', '... in recovery');
	check_btrees($standby, 'postgres', '... in recovery');

	query($primary, 'postgres', q(INSERT INTO log VALUES (snowflake_nextval(), 'seen')));
	$primary->wait_for_catchup($standby);
	is(query($standby, 'postgres', q(SELECT note FROM log WHERE id >= now() - interval '1 hour' AND note = 'seen')),
		'seen', '... and what comes later');
	$standby->promote;
	check_queries($standby, 'postgres', '... promoted');
	check_rules($standby, 'postgres', '... promoted');
	$standby->stop;
	return;
}

# ---------------------------------------------------------------------- crashes and upgrades

# Changes that no checkpoint has seen, some of which are not committed.
sub check_crash
{
	my ($node) = @_;
	my $session = session($node);

	query($node, 'postgres', 'CHECKPOINT');
	query($node, 'postgres', $_) foreach (
		q(INSERT INTO orders (id, related, note) SELECT id, ARRAY[id], 'later' FROM
			(SELECT snowflake_lower_bound(timestamptz '2025-06-01 00:00:00+00' + n * interval '1 second') AS id FROM generate_series(1, 5000) AS n) AS ids),
		q(INSERT INTO payments SELECT id, id FROM orders WHERE note = 'later'),
		q(INSERT INTO refunds SELECT id, id FROM payments WHERE id > 1000000),
		map({ "INSERT INTO $_ SELECT id, note FROM orders WHERE note = 'later'" } qw(log tokens events tags)),
		q(DELETE FROM payments WHERE id > 1000000 AND id % 2 = 0),
		q(DELETE FROM orders WHERE note = 'later' AND NOT EXISTS (SELECT FROM payments WHERE order_id = orders.id)),
		q(UPDATE orders SET replaces = id, related = '{}' WHERE note = 'later'),
		q(UPDATE tags SET id = id + 1 WHERE note = 'later'));
	my $before = picture($node, 'postgres');
	$session->query(q(BEGIN; INSERT INTO log SELECT id, 'never' FROM orders; INSERT INTO tokens SELECT id, 'never' FROM orders;
		DELETE FROM refunds; DELETE FROM payments; DELETE FROM orders));
	query($node, 'postgres', 'SELECT pg_switch_wal()');
	crash_server($node, $session);

	is(picture($node, 'postgres'), $before, 'crash: everything is there');
	check_btrees($node, 'postgres', '...');
	query($node, 'postgres', 'ANALYZE');
	check_queries($node, 'postgres', '...');
	check_rules($node, 'postgres', '...');
	return;
}

# To a cluster of the same major: nothing runs the install script, all comes from the catalogs.
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

	# What goes with the extension: columns of its types, and tables that are partitioned by one.
	query($new, 'postgres', 'CREATE DATABASE without TEMPLATE postgres');
	my ($output, $error) = try($new, 'without', 'DROP EXTENSION idgen');
	like($error, qr/ERROR:  2BP01:.*column id of table orders depends on type snowflake/s, '... data protects the extension');
	query($new, 'without', 'SET client_min_messages = warning; DROP EXTENSION idgen CASCADE');
	is(digest($new, 'without', 'payments'), digest($new, 'postgres', 'payments'), '... and leaves what is not of its types');
	query($new, 'without', 'SET client_min_messages = warning; DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE EXTENSION idgen');
	fill($new, 'without');
	check_queries($new, 'without', '... and can be had again');
	$new->stop;
	return;
}

my $node = new_server('life', streaming => 'logical');
my $subscriber = PostgreSQL::Test::Cluster->new('subscriber');

fill($node, 'postgres');
is( query(
		$node, 'postgres', q{SELECT string_agg(DISTINCT amname || ' ' || opcname, ', ') FROM pg_index
		JOIN pg_class AS c ON c.oid = indexrelid JOIN pg_am AS am ON am.oid = relam JOIN pg_opclass AS k ON k.oid = indclass[0]
		WHERE relnamespace = 'public'::regnamespace
			AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = indrelid AND d.deptype = 'e')}),
	'brin int8_minmax_ops, btree int8_ops, btree timestamptz_ops, gin array_ops, hash int8_ops',
	'indexes on a snowflake are those of bigint');
my $picture = picture($node, 'postgres');
check_copy_of($node, 'postgres', 'made', $picture);
check_copy($node);
check_copy_of_layouts($node);
check_dumps($node, $picture);
check_data_only($node);

$subscriber->init(allows_streaming => 'logical');
$subscriber->append_conf('postgresql.conf', <<'END');
log_statement = none
autovacuum = off
max_worker_processes = 16
max_logical_replication_workers = 10
max_sync_workers_per_subscription = 8
wal_retrieve_retry_interval = '100ms'
END
$subscriber->start;
check_logical_replication($node, $subscriber, $_) foreach 'false', 'true';
$subscriber->stop;
check_standby($node, $picture);
check_crash($node);
check_upgrade($node);

done_testing();
