# Guards: keys of id_conceal() go where the database goes, and nowhere else: to standbys and
# through pg_upgrade, but into no dump, log or view; and what docs/concealing.md and docs/routing.md
# describe works: copying keys, partitions on other servers, timelines of several nodes.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $ID = '914934989173293072';

# Everything that PostgreSQL can be asked to log, with parameters.
my $node = new_server(
	'keys',
	preload => 1,
	streaming => 1,
	conf => "log_statement = all\nlog_min_messages = debug1\nlog_parameter_max_length = -1\nlog_min_duration_statement = 0");

sub check_key_is_nowhere
{
	my ($mask, @secrets) = @_;
	my $dump = $node->data_dir . '/../dump.sql';

	$node->command_ok([ 'pg_dump', '-f', $dump, 'postgres' ], 'dumped');
	my %text = (log => slurp_file($node->logfile), dump => slurp_file($dump));
	foreach my $place (sort keys %text)
	{
		ok(!(grep { index(lc $text{$place}, $_) >= 0 } @secrets), "no key is in the $place");
	}

	my $restored = PostgreSQL::Test::Cluster->new('restored');
	$restored->init;
	$restored->start;
	$restored->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', 'postgres', '-f', $dump ], 'restored');
	my (undef, undef, $error) = $restored->psql('postgres', "SELECT id_reveal($mask, 'orders')");
	like($error, qr/key "orders" does not exist\nHINT:  Dumps do not contain keys/, '... without the key, which an error says');

	# As docs/concealing.md has it.
	my $file = $node->data_dir . '/../keys';
	$node->safe_psql('postgres', "\\copy idgen_key_secrets TO '$file'");
	$restored->safe_psql('postgres', "\\copy idgen_key_secrets FROM '$file'");
	is($restored->safe_psql('postgres', "SELECT id_reveal($mask, 'orders')"), $ID, '... until it is copied');
	unlink $file;
	$restored->stop;
	return;
}

sub check_standby
{
	my ($mask) = @_;
	my $standby = PostgreSQL::Test::Cluster->new('standby');

	$node->backup('copy');
	$standby->init_from_backup($node, 'copy', has_streaming => 1);
	$standby->start;
	$node->safe_psql('postgres', "SELECT idgen_create_key('late', current_user)");
	my $late = $node->safe_psql('postgres', "SELECT id_conceal($ID, 'late')");
	$node->wait_for_catchup($standby);
	is($standby->safe_psql('postgres', "SELECT id_reveal($mask, 'orders'), id_reveal($late, 'late')"),
		"$ID|$ID", 'a standby reveals what the primary concealed');
	my (undef, undef, $error) = $standby->psql('postgres', "SELECT idgen_create_key('x', current_user)");
	like($error, qr/cannot execute idgen_create_key\(\) (during recovery|in a read-only transaction)/, '... and makes no key');
	$standby->stop;
	return;
}

sub check_upgrade
{
	my ($mask) = @_;
	my $new = PostgreSQL::Test::Cluster->new('upgraded');

	$new->init;
	$new->append_conf('postgresql.conf', "shared_preload_libraries = 'idgen'");
	$node->stop;
	upgrade_cluster($node, $new);
	$new->start;
	is($new->safe_psql('postgres', "SELECT id_reveal($mask, 'orders')"), $ID, 'pg_upgrade keeps keys');
	$new->stop;
	$node->start;
	return;
}

# Runs SQL in a database of the server.
sub in_database
{
	my ($database, $sql) = @_;

	return $node->safe_psql($database, $sql);
}

# docs/routing.md: partitions on other servers, here databases of one.
sub check_partitions
{
	my @shards = (0 .. 3);
	my $port = $node->port;
	my $host = $node->host;

	foreach my $shard (@shards)
	{
		in_database('postgres', "CREATE DATABASE shard$shard");
		in_database("shard$shard", 'CREATE EXTENSION idgen; CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint NOT NULL, item text)');
	}
	in_database('postgres', 'CREATE DATABASE router');
	in_database('router',
		'CREATE EXTENSION idgen; CREATE EXTENSION postgres_fdw;
		CREATE TABLE orders (id bigint NOT NULL DEFAULT snowflake_nextval(), customer bigint NOT NULL, item text) PARTITION BY LIST (shard_of(customer, 4))');
	in_database('router',
		"CREATE SERVER shard$_ FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'shard$_');
		CREATE USER MAPPING FOR CURRENT_USER SERVER shard$_;
		CREATE FOREIGN TABLE orders$_ PARTITION OF orders FOR VALUES IN ($_) SERVER shard$_ OPTIONS (table_name 'orders')") foreach @shards;
	in_database('router', "INSERT INTO orders (customer, item) SELECT n % 500, 'tea' FROM generate_series(1, 2000) n");

	is( in_database('router', 'SELECT count(*), count(DISTINCT id), count(DISTINCT tableoid) FROM orders'),
		'2000|2000|4', 'rows go to partitions on other servers');
	is( in_database("shard$_", "SELECT count(*) > 300 AND bool_and(shard_of(customer, 4) = $_) FROM orders"),
		't', "... and shard $_ has those that it should") foreach @shards;
	my $plan = in_database('router', 'EXPLAIN SELECT * FROM orders WHERE customer = 42 AND shard_of(customer, 4) = shard_of(42, 4)');
	is(() = $plan =~ /Foreign Scan/g, 1, '... a query that says the shard asks one of them');
	is( in_database('router', 'SELECT count(*) FROM orders WHERE customer = 42 AND shard_of(customer, 4) = shard_of(42, 4)'),
		4, '... and finds the rows');
	return;
}

# docs/routing.md: what happened on several nodes, by time.
sub check_timeline
{
	in_database('router', <<'END');
	CREATE TABLE payments (id bigint, order_id bigint);
	INSERT INTO payments SELECT snowflake_nextval(), id FROM orders WHERE customer < 10;
	CREATE VIEW events AS
	SELECT at, at - lag(at) OVER (ORDER BY id) < interval '10 ms' AND worker_id <> lag(worker_id) OVER (ORDER BY id) AS order_uncertain, source, worker_id, id
	FROM (SELECT 'order' AS source, id FROM orders UNION ALL SELECT 'payment', id FROM payments) e,
		LATERAL (SELECT p.created_at, p.worker_id FROM snowflake_parse(e.id) p) p(at, worker_id);
	INSERT INTO payments VALUES (snowflake_make('2026-11-29 12:00:00.001+00', 0, 1), 1), (snowflake_make('2026-11-29 12:00:00.004+00', 0, 2), 1), (snowflake_make('2026-11-29 12:00:01+00', 0, 3), 1);
END
	is(in_database('router', "SELECT string_agg(worker_id || CASE WHEN order_uncertain THEN '?' ELSE '' END, ' ' ORDER BY id) FROM events WHERE at < '2026-11-29 12:01:00+00'"),
		'1 2? 3', 'a timeline says what is in no certain order');
	is( in_database('router', "SELECT count(*), bool_and(at >= before) FROM (SELECT at, lag(at) OVER (ORDER BY id) AS before FROM events) e"),
		'2043|t', '... and is in order of time');
	return;
}

my ($notices) = ($node->psql('postgres', "SELECT idgen_create_key('orders', current_user)"))[2];
like($notices, qr/NOTICE:  dumps of this database will not contain key "orders"\nDETAIL:  If the key is lost/, 'who makes a key learns what losing it means');
my $mask = $node->safe_psql('postgres', "SELECT id_conceal($ID, 'orders')");
my $secrets = $node->safe_psql('postgres', "SELECT encode(secret, 'hex'), encode(secret, 'base64'), (SELECT string_agg(chr(get_byte(secret, i)), '') FROM generate_series(1, 15) i WHERE get_byte(secret, i) > 0) FROM idgen_key_secrets");
my ($hex, $base64) = split /\|/, $secrets;
check_key_is_nowhere($mask, $hex, lc $base64);
check_standby($mask);
check_upgrade($mask);
check_partitions();
check_timeline();
done_testing();
