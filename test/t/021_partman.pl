# Guards: pg_partman makes, fills and drops partitions of snowflake IDs by time.  It does so
# in the two ways that the documentation shows: days and months of a snowflake, once it has
# been told of the type, and a number of IDs that takes a day, of a bigint.  What it was told
# is lost when its function is replaced, or when a dump is restored, but not by pg_upgrade;
# and nothing else is lost.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

skip_all_without_faketime();

# Noon of 2026-03-15 UTC, when IDs are drawn.  Later IDs are made up of the time, as the clock
# goes back to noon.
my $NOON = 1773576000;
my $DAY = 86400;
my $IDS_PER_DAY = $DAY * 1000 << 22;

my $clock = fake_clock();
$clock->set_to($NOON);
my $node = new_server('partman', clock => $clock, conf => "timezone = 'UTC'");

# The version as a number, 5.2.4 as 50204; '' if there is none.
my $version = $node->safe_psql('postgres',
	q{SELECT n[1]::integer * 10000 + n[2]::integer * 100 + n[3]::integer
	FROM pg_available_extensions, string_to_array(default_version, '.') AS n WHERE name = 'pg_partman'});
plan skip_all => 'there is no pg_partman 5' if ($version || 0) < 50000;

# pg_partman looks up what kind of column it has to do with by the name of its type.  This
# adds ours to those that a pair of functions encodes as text.  It may be run again.
my $TEACH = <<'SQL';
DO $$
BEGIN
	EXECUTE replace(pg_get_functiondef('partman.check_control_type(text, text, text)'::regprocedure),
		'(''text'', ''varchar'')', '(''text'', ''varchar'', ''snowflake'')');
END
$$
SQL

# The same with a function around the one there was, which is put in its place.
my $WRAP = <<'SQL';
ALTER FUNCTION partman.check_control_type(text, text, text) RENAME TO check_control_type_of_partman;
CREATE FUNCTION partman.check_control_type(p_parent_schema text, p_parent_tablename text, p_control text)
RETURNS TABLE (general_type text, exact_type text)
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT CASE c.exact_type WHEN 'snowflake' THEN 'text' ELSE c.general_type END, c.exact_type
	FROM partman.check_control_type_of_partman(p_parent_schema, p_parent_tablename, p_control) AS c;
END;
ALTER EXTENSION pg_partman ADD FUNCTION partman.check_control_type(text, text, text)
SQL

my $EVENTS = <<'SQL';
CREATE TABLE events (id snowflake PRIMARY KEY DEFAULT snowflake_nextval(), note text) PARTITION BY RANGE (id)
SQL
my $DAILY_EVENTS = <<'SQL';
SELECT partman.create_parent('public.events', 'id', '1 day',
	p_time_encoder := 'public.snowflake_lower_bound',
	p_time_decoder := 'public.snowflake_time_decoder',
	p_start_partition := '2026-03-13')
SQL

# A session in a new database with both extensions.
sub new_database
{
	my ($database) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, 'CREATE EXTENSION idgen; CREATE SCHEMA partman; CREATE EXTENSION pg_partman SCHEMA partman');
	return session($node, dbname => $database);
}

# Partitions other than the default, in order, each as "name|start|end" of the times of
# its IDs; without the hours if they are 0.
sub partitions
{
	my ($session, $table) = @_;
	my $list = $session->query(
		qq{
		SELECT relname, snowflake_timestamp(bounds[1]::bigint), snowflake_timestamp(bounds[2]::bigint)
		FROM pg_inherits JOIN pg_class AS c ON c.oid = inhrelid,
			regexp_match(pg_get_expr(relpartbound, c.oid), '\\(''(\\d+)''\\) TO \\(''(\\d+)''\\)') AS bounds
		WHERE inhparent = '$table'::regclass AND bounds IS NOT NULL ORDER BY bounds[1]::bigint});

	$list =~ s/ 00:00:00\+00//g;
	return $list;
}

# What partitions must return for the days of March 2026 from one to another, in which 32
# is the first of April.
sub days
{
	my ($table, $from, $to) = @_;
	my $date = sub { my ($day) = @_; return $day > 31 ? sprintf('2026-04-%02d', $day - 31) : "2026-03-$day" };

	return join "\n",
	  map { "${table}_p" . $date->($_) =~ s/-//gr . '|' . $date->($_) . '|' . $date->($_ + 1) } $from .. $to;
}

# The partitions that a query reads.
sub read_by
{
	my ($session, $sql) = @_;
	my $plan = $session->query("EXPLAIN (COSTS OFF) $sql");

	return join ' ', sort $plan =~ / on (\w+?_(?:p\d+|default))\b/g;
}

# Eight rows of a day and the next one.
sub strays
{
	my ($date) = @_;
	return
	  "SELECT snowflake_lower_bound(timestamptz '$date 00:00:00+00' + n * interval '6 hours'), 'stray' FROM generate_series(0, 7) AS n";
}

# Rows that came before or after all partitions, and so lie in the default one, get
# partitions of their own.
sub settle_by_hand
{
	my ($session) = @_;

	$session->query(
		q{
		BEGIN;
		CREATE TEMPORARY TABLE strays ON COMMIT DROP AS TABLE events_default;
		TRUNCATE events_default;
		SELECT partman.create_partition_time('public.events', array_agg(DISTINCT date_trunc('day', snowflake_timestamp(id)))) FROM strays;
		INSERT INTO events TABLE strays;
		COMMIT});
	return;
}

# ---------------------------------------------------------------------- a snowflake, by days and months

sub check_days
{
	my $session = new_database('by_days');

	$session->query($EVENTS);
	like($session->error($DAILY_EVENTS), qr/only supports partitioning of data types/, 'a snowflake is not known to pg_partman');
	$session->query($TEACH) for 1 .. 2;
	is($session->query(q{SELECT * FROM partman.check_control_type('public', 'events', 'id')}), 'text|snowflake', '... until it is told');
	$session->query($DAILY_EVENTS);
	is(partitions($session, 'events'), days('events', 13, 19), 'by days: partitions are those of UTC, up to 4 from today');

	$session->query(
		q{
		INSERT INTO events
		SELECT id, 'edge' FROM generate_series(timestamptz '2026-03-13 00:00:00+00', '2026-03-15 00:00:00+00', '1 day') AS day,
			unnest(ARRAY[snowflake_lower_bound(day), snowflake_lower_bound(day + interval '1 day') - 1]) AS id});
	my $astray =
	  q{SELECT count(*) FROM events WHERE tableoid::regclass::text <> 'events_p' || to_char(snowflake_timestamp(id), 'YYYYMMDD')};
	is($session->query($astray), 0, '... which have their first ID and their last');
	is($session->query(q{INSERT INTO events (note) VALUES ('now') RETURNING tableoid::regclass}), 'events_p20260315', '... and a new one');
	is($session->query(q{SELECT * FROM partman.show_partition_name('public.events', '2026-03-14 23:59:59')}),
		'public|events_p20260314|2026-03-14 00:00:00+00||t', 'show_partition_name() finds a partition');
	is( $session->query(
			q{SELECT child_start_time, child_end_time, suffix
			FROM partman.show_partition_info('public.events_p20260314', p_parent_table := 'public.events')}),
		'2026-03-14 00:00:00+00|2026-03-15 00:00:00+00|20260314', 'show_partition_info() reads its bounds');

	is(read_by($session, q{SELECT * FROM events WHERE id >= now() - interval '1 day'}),
		join(' ', 'events_default', map { "events_p202603$_" } 14 .. 19), 'a predicate on time reads what it has to');
	is(read_by($session, q{SELECT * FROM events WHERE id <@ tstzrange '[2026-03-14 00:00:00+00,2026-03-15 00:00:00+00)'}),
		'events_p20260314', '... or one partition');
	is(read_by($session, q{SELECT * FROM events WHERE id = snowflake_lower_bound('2026-03-14 12:00:00+00')}),
		'events_p20260314', '... and so does an ID');

	check_maintenance($session);
	check_strays($session, $astray);
	check_undo($session);
	$session->quit;
	return;
}

sub check_maintenance
{
	my ($session) = @_;

	$clock->set_to($NOON + 3 * $DAY);
	$session->query(q{INSERT INTO events VALUES (snowflake_lower_bound(now()), 'later')});
	$session->query('SELECT partman.run_maintenance()');
	is(partitions($session, 'events'), days('events', 13, 22), 'maintenance: partitions are 4 ahead of the newest ID');

	$clock->set_to($NOON + 11.75 * $DAY);
	$session->query('SELECT partman.run_maintenance()');
	is(partitions($session, 'events'), days('events', 13, 22), '... and no more as long as there is none');
	$session->query(q{UPDATE partman.part_config SET infinite_time_partitions = true});
	$session->query('SELECT partman.run_maintenance()');
	is(partitions($session, 'events'), days('events', 13, 31), '... unless it goes by the clock');

	$session->query(q{UPDATE partman.part_config SET retention = '10 days', retention_keep_table = false});
	$session->query('SELECT partman.run_maintenance()');
	is(partitions($session, 'events'), days('events', 17, 31), 'retention: what is older is gone');
	is($session->query(q{SELECT note FROM events}), 'later', '... with its rows');
	is($session->query(q{SELECT partman.drop_partition_time('public.events', '7 days', p_keep_table := true)}),
		3, 'drop_partition_time() takes partitions off');
	is(partitions($session, 'events'), days('events', 20, 31), '... up to the time it is given');
	is($session->query(q{SELECT note FROM events_p20260318}), 'later', '... and leaves the tables');
	return;
}

sub check_strays
{
	my ($session, $astray) = @_;

	$session->query("INSERT INTO events " . strays('2026-03-14'));
	is($session->query('SELECT * FROM partman.check_default()'), 'public.events_default|8', 'check_default() counts strays');
	settle_by_hand($session);
	is($session->query($astray), 0, '... which a few statements settle');
	is(partitions($session, 'events'), join("\n", days('events', 14, 15), days('events', 20, 31)), '... in partitions of their days');
	is($session->query(q{SELECT partman.partition_gap_fill('public.events')}), 1, 'a gap is filled');

  SKIP:
	{
		skip 'partition_data_time() knows no encoded IDs before 5.3', 2 if $version < 50300;
		$session->query("INSERT INTO events " . strays('2026-04-05'));
		is($session->query(q{SELECT partman.partition_data_time('public.events', 10)}), 8, 'partition_data_time() settles strays');
		is($session->query($astray), 0, '... in partitions of their days');
	}
	return;
}

sub check_undo
{
	my ($session) = @_;
	my $before = $session->query(q{SELECT md5(string_agg(e::text, ',' ORDER BY id)) FROM events AS e});

	$session->query('CREATE TABLE undone (id snowflake PRIMARY KEY, note text)');
	$session->query(q{SELECT * FROM partman.undo_partition('public.events', 'public.undone', 100, p_keep_table := false)});
	is($session->query(q{SELECT md5(string_agg(e::text, ',' ORDER BY id)) FROM undone AS e}), $before, 'undo_partition() brings all rows back');
	is(partitions($session, 'events'), '', '... and leaves no partition');
	is($session->query('SELECT count(*) FROM partman.part_config'), 0, '... and nothing to maintain');
	return;
}

sub check_months
{
	my $session = new_database('by_months');

	$clock->set_to($NOON);
	$session->query($TEACH);
	$session->query('CREATE TABLE bills (id snowflake PRIMARY KEY DEFAULT snowflake_nextval()) PARTITION BY RANGE (id)');
	$session->query(
		q{SELECT partman.create_parent('public.bills', 'id', '1 month', p_premake := 2,
		p_time_encoder := 'public.snowflake_lower_bound', p_time_decoder := 'public.snowflake_time_decoder',
		p_start_partition := '2026-01-20')});
	is(partitions($session, 'bills'), join("\n",
			'bills_p20260101|2026-01-01|2026-02-01', 'bills_p20260201|2026-02-01|2026-03-01', 'bills_p20260301|2026-03-01|2026-04-01',
			'bills_p20260401|2026-04-01|2026-05-01', 'bills_p20260501|2026-05-01|2026-06-01'),
		'by months: partitions are those of UTC');
	is($session->query('INSERT INTO bills DEFAULT VALUES RETURNING tableoid::regclass'), 'bills_p20260301', '... also for a new ID');
	$clock->set_to($NOON + 60 * $DAY);
	is($session->query('INSERT INTO bills VALUES (snowflake_lower_bound(now())) RETURNING tableoid::regclass'), 'bills_p20260501', '... and two months later');
	$session->query('SELECT partman.run_maintenance()');
	like(partitions($session, 'bills'), qr/\nbills_p20260701\|2026-07-01\|2026-08-01$/, '... and maintenance goes on');
	$clock->set_to($NOON);
	$session->quit;
	return;
}

# ---------------------------------------------------------------------- what becomes of it

# Passes if maintenance makes partitions again once it is told, and not before.
sub check_forgotten
{
	my ($session, $what) = @_;
	my $before = partitions($session, 'events');

	$session->query(q{UPDATE partman.part_config SET premake = premake + 1});
	my ($output, $error) = $session->run('SELECT partman.run_maintenance()');
	like($error, qr/Unexpected code path/, "$what: maintenance says that it does not know the type");
	is(partitions($session, 'events'), $before, '... and does nothing');
	is($session->query(q{INSERT INTO events (note) VALUES ('still') RETURNING tableoid::regclass}), 'events_p20260315', '... while rows go on');
	$session->query($TEACH);
	$session->query('SELECT partman.run_maintenance()');
	is(() = partitions($session, 'events') =~ /\n/g, 1 + (() = $before =~ /\n/g), '... until it is told again');
	return;
}

sub check_life
{
	my $session = new_database('life');
	my $original = $session->query(q{SELECT pg_get_functiondef('partman.check_control_type(text, text, text)'::regprocedure)});
	my $dump = PostgreSQL::Test::Utils::tempdir() . '/life.sql';

	$session->query($_) foreach $TEACH, $EVENTS, $DAILY_EVENTS, q{INSERT INTO events (note) VALUES ('now')};
	$session->query($original);
	check_forgotten($session, "pg_partman's function put back, as an update of it may");

	$node->command_ok([ 'pg_dump', '--no-sync', '--file', $dump, $node->connstr('life') ], 'dumped');
	$node->safe_psql('postgres', 'CREATE DATABASE restored');
	$node->command_ok(
		[ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', $dump, $node->connstr('restored') ], '... and restored');
	my $restored = session($node, dbname => 'restored');
	check_forgotten($restored, 'restored');
	$restored->quit;

	like($session->error('DROP EXTENSION idgen'), qr/ERROR:  2BP01/, 'idgen cannot be dropped');
	$session->query('SET client_min_messages = warning; DROP EXTENSION pg_partman; DROP SCHEMA partman CASCADE');
	is($session->query('SELECT count(*) FROM events'), 2, 'pg_partman can; the partitions stay');
	$session->quit;
	return;
}

# The other way to tell it.
sub check_wrapped
{
	my $session = new_database('wrapped');

	$session->query($_) foreach $WRAP, $EVENTS, $DAILY_EVENTS, q{INSERT INTO events (note) VALUES ('now')};
	is(partitions($session, 'events'), days('events', 13, 19), 'told by another function: partitions are the same');
	$session->query(q{UPDATE partman.part_config SET premake = 6});
	$session->query('SELECT partman.run_maintenance()');
	is(partitions($session, 'events'), days('events', 13, 21), '... and maintained');
	$session->query('SET client_min_messages = warning; DROP EXTENSION pg_partman');
	is($session->query(q{SELECT count(*) FROM pg_proc WHERE pronamespace = 'partman'::regnamespace}), 0, '... and the function goes with pg_partman');
	$session->quit;
	return;
}

# pg_upgrade takes over pg_partman's functions as they are.
sub check_upgrade
{
	my $new = PostgreSQL::Test::Cluster->new('upgraded');

	$new->init;
	$new->append_conf('postgresql.conf', "timezone = 'UTC'");
	$node->stop;
	upgrade_cluster($node, $new);
	$clock->set_to($NOON + 90 * $DAY);
	start_server($new, $clock);
	my $session = session($new, dbname => 'by_months');
	$session->query('INSERT INTO bills VALUES (snowflake_lower_bound(now()))');
	$session->query('SELECT partman.run_maintenance()');
	like(partitions($session, 'bills'), qr/\nbills_p20260801\|2026-08-01\|2026-09-01$/, '... and maintenance goes on as before');
	$session->quit;
	$new->stop;
	return;
}

# ---------------------------------------------------------------------- a bigint, by IDs

sub check_numbers
{
	my $session = new_database('by_numbers');

	$session->query('CREATE TABLE orders (id bigint PRIMARY KEY DEFAULT snowflake_nextval(), note text) PARTITION BY RANGE (id)');
	$session->query(
		qq{SELECT partman.create_parent('public.orders', 'id', '$IDS_PER_DAY',
		p_start_partition := snowflake_lower_bound(now())::text)});
	is(partitions($session, 'orders') =~ s/\w+_p\d+//gr, days('orders', 15, 19) =~ s/\w+_p\d+//gr,
		'a bigint by IDs: partitions are the days of UTC, 4 ahead');
	my $of_day = sub { 'orders_p' . $session->query("SELECT snowflake_lower_bound('2026-03-$_[0] 00:00:00+00')") };
	is($session->query(q{INSERT INTO orders (note) VALUES ('now') RETURNING tableoid::regclass}),
		$of_day->(15), '... named by their first ID');

	$clock->set_to($NOON + 3 * $DAY);
	$session->query(q{INSERT INTO orders VALUES (snowflake_lower_bound(now()), 'later')});
	$session->query('SELECT partman.run_maintenance()');
	my @names = map { /(\w+)/ } split /\n/, partitions($session, 'orders');
	is("@names", join(' ', map { $of_day->($_) } 15 .. 22), 'maintenance: partitions are 4 ahead of the newest ID');
	is(read_by($session, q{SELECT * FROM orders WHERE id >= snowflake_lower_bound(now() - interval '1 day')}),
		join(' ', 'orders_default', map { $of_day->($_) } 17 .. 22), 'a bound of a time reads what it has to');
	is(read_by($session, q{SELECT * FROM orders WHERE snowflake_created_in(id, '[2026-03-17 00:00:00+00,2026-03-18 00:00:00+00)')}),
		$of_day->(17), '... and so does a predicate');

	$session->query("UPDATE partman.part_config SET retention = 2 * $IDS_PER_DAY\::bigint, retention_keep_table = false");
	$session->query('SELECT partman.run_maintenance()');
	@names = map { /(\w+)/ } split /\n/, partitions($session, 'orders');
	is("@names", join(' ', map { $of_day->($_) } 16 .. 22), 'retention: what is older than 2 days before the newest ID is gone');

	$session->query("INSERT INTO orders " . strays('2026-03-25'));
	is($session->query('SELECT * FROM partman.check_default()'), 'public.orders_default|8', 'check_default() counts strays');
	$session->query(q{CALL partman.partition_data_proc('public.orders', p_wait := 0, p_quiet := true)});
	is($session->query('SELECT tableoid::regclass, count(*) FROM orders GROUP BY 1 ORDER BY min(id)'),
		join("\n", $of_day->(18) . '|1', $of_day->(25) . '|4', $of_day->(26) . '|4'), 'partition_data_proc() settles them');

	$session->query('CREATE TABLE undone (id bigint PRIMARY KEY, note text)');
	$session->query(q{SELECT * FROM partman.undo_partition('public.orders', 'public.undone', 100, p_keep_table := false)});
	is($session->query('SELECT count(*) FROM undone'), 9, 'undo_partition() brings all rows back');
	$clock->set_to($NOON);
	$session->quit;
	return;
}

check_days();
check_months();
check_life();
check_wrapped();
check_numbers();
check_upgrade();

done_testing();
