# Guards: which server issues an ID, and that none comes twice, between servers that lease their worker IDs from one
# pool, or have different ones: with logical replication both ways, defaults are evaluated where a row is inserted, and
# not where it is applied, and idgen's own tables stay as they are; with postgres_fdw, where the foreign table is, if it
# has the default, and otherwise where the table is.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use IdgenTest::Lease;
use PostgreSQL::Test::Cluster;
use Test::More;

my $store = postgres_store('store');
my %node = map { $_ => leasing_server($_, $store, streaming => 'logical') } 'one', 'two';
my %session = map { $_ => session($node{$_}) } keys %node;
my %worker;

# The worker IDs of the rows that a condition selects, with their count.
sub workers_of
{
	my ($server, $table, $condition) = @_;

	return $session{$server}->query("SELECT string_agg(worker || ' in ' || count, ', ' ORDER BY worker) FROM
		(SELECT id::bigint >> 12 & 31 AS worker, count(*) FROM $table WHERE $condition GROUP BY 1) AS counted");
}

# ---------------------------------------------------------------------------------------------------- both ways

# Before 16, what has been applied would be sent back, as no origin is left out; so each publishes its own rows only.
sub publish
{
	my ($server) = @_;

	$session{$server}->query("CREATE TABLE events (source text, id snowflake DEFAULT snowflake_nextval(), n int, PRIMARY KEY (source, id))");
	$session{$server}->query('CREATE PUBLICATION changes FOR TABLE events' . ($node{$server}->pg_version < 16 ? " WHERE (source = '$server')" : ''));
	return;
}

sub subscribe
{
	my ($server, $publisher) = @_;
	my $origin = $node{$server}->pg_version < 16 ? '' : ', origin = none';

	$session{$server}->query("CREATE SUBSCRIPTION from_$publisher CONNECTION '"
		  . $node{$publisher}->connstr . " dbname=postgres' PUBLICATION changes WITH (copy_data = off$origin)");
	return;
}

sub insert
{
	my ($server, $count) = @_;

	$session{$server}->send("INSERT INTO events (source, n) SELECT '$server', n FROM generate_series(1, $count) AS n");
	return;
}

sub check_both_ways
{
	publish($_) foreach keys %node;
	subscribe('one', 'two');
	subscribe('two', 'one');
	insert($_, 1000) foreach keys %node;
	foreach (sort keys %node)
	{
		is(($session{$_}->finish)[1], '', "both ways: rows are inserted on $_");
	}
	foreach my $server (sort keys %node)
	{
		wait_until { $session{$server}->query('SELECT count(*) FROM events') == 2000 } "all rows on $server";
		is(workers_of($server, 'events', "source = '$_'"), "$worker{$_} in 1000", "... and $server has the IDs that $_ issued") foreach sort keys %node;
	}
	is($session{one}->query('SELECT md5(string_agg(id || source || n, $$,$$ ORDER BY id)) FROM events'),
		$session{two}->query('SELECT md5(string_agg(id || source || n, $$,$$ ORDER BY id)) FROM events'),
		'... and both have the same rows');
	foreach my $server (sort keys %node)
	{
		is($session{$server}->query('SELECT coalesce(sum(apply_error_count), 0) FROM pg_stat_subscription_stats'), 0, "... without a conflict on $server");
	}
	unlike($session{one}->query('SELECT finding FROM idgen_check()'), qr/subscriptions/, '... and idgen_check() has nothing against subscriptions of a server that leases its worker ID');
	$session{$_->[0]}->query("DROP SUBSCRIPTION from_$_->[1]") foreach [ 'one', 'two' ], [ 'two', 'one' ];
	return;
}

# ---------------------------------------------------------------------------------------------------- all tables

# What each server says of its own objects: of one that both have, and of one that the other does not have.
sub set_up_differently
{
	my ($server, $step) = @_;

	$session{$server}->query($_)
	  foreach 'CREATE SEQUENCE tickets', "CREATE SEQUENCE tickets_of_$server", "CREATE SEQUENCE more_tickets_of_$server",
	  "SELECT segment_configure(s, step => $step) FROM unnest(ARRAY['tickets', 'tickets_of_$server', 'more_tickets_of_$server']::regclass[]) AS s",
	  "INSERT INTO segment_grants SELECT s, '[1,5)', now(), '$server', '' FROM unnest(ARRAY['tickets', 'tickets_of_$server']::regclass[]) AS s",
	  "INSERT INTO segment_roots SELECT s, '{postgresql://127.0.0.1:1}', '$server' FROM unnest(ARRAY['tickets', 'tickets_of_$server']::regclass[]) AS s",
	  "INSERT INTO segment_free SELECT s, 1, $step, '{[1,5)}' FROM unnest(ARRAY['tickets', 'tickets_of_$server', 'more_tickets_of_$server']::regclass[]) AS s",
	  "SELECT idgen_create_key('shop', 'postgres')",
	  'CREATE TABLE notes (id bigint PRIMARY KEY, body text)',
	  "SELECT idgen_convert_default('notes', 'id')";
	return;
}

my $OWN_TABLES = "SELECT string_agg(o::text, ' ' ORDER BY o::text) FROM segment_options o
	UNION ALL SELECT string_agg(d::text, ' ') FROM idgen_converted_defaults d
	UNION ALL SELECT string_agg(g::text, ' ' ORDER BY g::text) FROM segment_grants g
	UNION ALL SELECT string_agg(r::text, ' ' ORDER BY r::text) FROM segment_roots r
	UNION ALL SELECT string_agg(f::text, ' ' ORDER BY f::text) FROM segment_free f
	UNION ALL SELECT string_agg(s::text, ' ') FROM idgen_key_secrets s";

sub check_all_tables
{
	set_up_differently('one', 100);
	set_up_differently('two', 200);
	my $was = $session{two}->query($OWN_TABLES);

	$session{one}->query($_) foreach 'CREATE PUBLICATION everything FOR ALL TABLES', "INSERT INTO notes (body) VALUES ('copied')";
	$session{two}->query("CREATE SUBSCRIPTION everything CONNECTION '" . $node{one}->connstr . " dbname=postgres' PUBLICATION everything");
	wait_until { $session{two}->query("SELECT count(*) FROM pg_subscription_rel WHERE srsubstate <> 'r'") == 0 } 'all tables have been copied';
	is($session{two}->query($OWN_TABLES), $was, "all tables: those of idgen stay as they are when the publisher's are copied");

	$session{one}->query($_)
	  foreach "SELECT segment_configure('tickets', step => 300)", "SELECT segment_configure('tickets_of_one', step => 300)",
	  "UPDATE segment_free SET timeline = 7", "DELETE FROM segment_free WHERE sequence = 'tickets'::regclass",
	  "UPDATE segment_grants SET application = 'other'", "DELETE FROM segment_grants WHERE sequence = 'tickets'::regclass",
	  "SELECT idgen_revert_default('notes', 'id')", "SELECT idgen_drop_key('shop'), idgen_create_key('other', 'postgres')",
	  "INSERT INTO notes VALUES (1, 'applied')";
	wait_until { $session{two}->query("SELECT count(*) FROM notes WHERE body = 'applied'") == 1 } 'a row has been applied';
	is($session{two}->query($OWN_TABLES), $was, '... or change');
	is($session{two}->query(q{SELECT sum(value::int) FROM pg_stat_subscription_stats AS s, jsonb_each_text(to_jsonb(s)) WHERE key ~ 'error_count$'}), 0, '... and nothing fails');
	$session{two}->query("SET session_replication_role = replica; CREATE TABLE loaded (id bigint PRIMARY KEY); SELECT idgen_convert_default('loaded', 'id'); RESET session_replication_role");
	is($session{two}->query("SELECT count(*) FROM idgen_converted_defaults WHERE relation = 'loaded'::regclass"), 1, 'what this server itself does is kept, also while other triggers rest');
	$session{two}->query('DROP SUBSCRIPTION everything');
	$session{one}->query('DROP PUBLICATION everything');
	return;
}

# ---------------------------------------------------------------------------------------------------- postgres_fdw

sub check_foreign_table
{
	$session{two}->query('CREATE TABLE orders (id snowflake PRIMARY KEY DEFAULT snowflake_nextval(), n int)');
	$session{one}->query($_)
	  foreach 'CREATE EXTENSION postgres_fdw',
	  "CREATE SERVER two FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '${\ $node{two}->host }', port '${\ $node{two}->port }', extensions 'idgen')",
	  'CREATE USER MAPPING FOR CURRENT_USER SERVER two',
	  "CREATE FOREIGN TABLE orders_here (id snowflake DEFAULT snowflake_nextval(), n int) SERVER two OPTIONS (table_name 'orders')",
	  "CREATE FOREIGN TABLE orders_there (id snowflake, n int) SERVER two OPTIONS (table_name 'orders')",
	  "CREATE FOREIGN TABLE orders_without (n int) SERVER two OPTIONS (table_name 'orders')";

	$session{one}->query('INSERT INTO orders_here (n) SELECT generate_series(1, 100)');
	is(workers_of('two', 'orders', 'n <= 100'), "$worker{one} in 100", 'postgres_fdw: a default of the foreign table is evaluated where that is');
	like($session{one}->error('INSERT INTO orders_there (n) VALUES (101)'), qr/ERROR:  23502: null value in column "id"/, '... without one, NULL is sent');
	$session{one}->query('INSERT INTO orders_without (n) SELECT generate_series(101, 200)');
	is(workers_of('two', 'orders', 'n > 100'), "$worker{two} in 100", '... and the default of the table is evaluated if the foreign table lacks the column');
	is($session{two}->query('SELECT count(*), count(DISTINCT id) FROM orders'), '200|200', '... and no ID comes twice');
	return;
}

create_pool($session{one}, 0, 7);
$worker{$_} = wait_for_lease($session{$_}, 'held')->{worker_id} foreach keys %node;
isnt($worker{one}, $worker{two}, 'two servers have two worker IDs');
check_all_tables();
check_both_ways();
check_foreign_table();
$_->quit foreach values %session;

done_testing();
