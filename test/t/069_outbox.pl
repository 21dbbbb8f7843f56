# Guards: the recipes of docs/outbox.md, as they are there, get each row exactly once: with a
# bookmark in a table while backends are killed, several readers, LISTEN and NOTIFY, partitions
# that are dropped, and on a standby.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_server(
	'primary',
	preload => 1,
	streaming => 1,
	conf => "max_prepared_transactions = 10\nfsync = off\nrestart_after_crash = on");

# The definitions among the examples of the documentation; the others need values.
sub create_recipes
{
	my $text = slurp_file("$FindBin::RealBin/../../docs/outbox.md");
	my @blocks = grep { /^CREATE /m } $text =~ /^```sql\n(.*?)^```$/msg;

	cmp_ok(scalar(@blocks), '>=', 6, 'the documentation has its recipes');
	$node->safe_psql('postgres', $_) foreach @blocks;
	return;
}

# A procedure that writes until a table says otherwise: most transactions are short, some long.
sub create_writer
{
	$node->safe_psql('postgres', q{
		CREATE TABLE writing ();
		CREATE PROCEDURE write_outbox(transactions integer) LANGUAGE plpgsql AS $$
		BEGIN
		  FOR i IN 1 .. transactions LOOP
			INSERT INTO outbox (key, event) SELECT 'key ' || g, '{}' FROM generate_series(1, 1 + i % 5) AS g;
			IF i % 10 = 0 THEN
			  PERFORM pg_sleep(random() / 10);
			END IF;
			IF i % 7 = 0 THEN
			  ROLLBACK;
			ELSE
			  COMMIT;
			END IF;
		  END LOOP;
		END $$;});
	return;
}

# psql in the background, which ends with its statement or its connection.
sub start_psql
{
	my ($server, $sql) = @_;
	my ($output, $error) = ('', '');

	return IPC::Run::start([ 'psql', '-XAtq', '-d', $server->connstr('postgres'), '-c', $sql ], '<', '/dev/null', '>', \$output, '2>', \$error);
}

sub start_writers
{
	my ($transactions) = @_;

	return map { start_psql($node, "CALL write_outbox($transactions)") } 1 .. 3;
}

# A statement that must come through, also while the server starts again.
sub query_until_done
{
	my ($sql) = @_;
	my $output;

	wait_until {
		my ($status, $result) = $node->psql('postgres', $sql);
		$output = $result;
		defined $status && $status == 0
	}
	$sql;
	return $output;
}

# No row is missing among those that readers have handled, and none is there twice.
sub is_handled_once
{
	my ($readers, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	return is(
		$node->safe_psql('postgres', "
			WITH got AS (SELECT id, count(*) AS times FROM handled WHERE reader LIKE '$readers' GROUP BY id)
			SELECT count(*) FILTER (WHERE got.id IS NULL), count(*) FILTER (WHERE outbox.id IS NULL),
			  count(*) FILTER (WHERE times > 1)
			FROM outbox FULL JOIN got USING (id)"),
		'0|0|0', $name);
}

sub forget_all
{
	$node->safe_psql('postgres', 'TRUNCATE outbox, handled, outbox_cursor');
	return;
}

sub add_readers
{
	my (@names) = @_;

	$node->safe_psql('postgres', "INSERT INTO outbox_cursor VALUES ('$_')") foreach @names;
	return;
}

# ---------------------------------------------------------------------- the tests

sub check_refusals
{
	my $session = session($node);

	like($session->error("INSERT INTO outbox (id, key, event) VALUES (7, 'x', '{}')"),
		qr/was not generated in this transaction/, 'the guard refuses an ID that comes from elsewhere');
	like($session->error('SELECT * FROM outbox WHERE id < snowflake_horizon()'),
		qr/cannot use snowflake_horizon\(\) in a statement that reads a table/, 'a horizon where rows are read is an error');
	$session->query('BEGIN ISOLATION LEVEL REPEATABLE READ');
	like($session->error('SELECT snowflake_horizon()'),
		qr/cannot use snowflake_horizon\(\) in a transaction with isolation level "repeatable read"/,
		'... and in a transaction with one snapshot');
	$session->query('ROLLBACK');
	$session->quit;
	return;
}

# The picture: the lower ID is committed later.
sub check_picture
{
	my $slow = session($node);
	my $quick = session($node);

	forget_all();
	add_readers('picture');
	$slow->query('BEGIN');
	my $lower = $slow->query("INSERT INTO outbox (key, event) VALUES ('a', '1') RETURNING id");
	my $higher = $quick->query("INSERT INTO outbox (key, event) VALUES ('b', '2') RETURNING id");
	cmp_ok($lower, '<', $higher, 'the ID that is committed later is the lower one');
	$quick->query("CALL read_outbox('picture')");
	is($quick->query('SELECT count(*) FROM handled'), 0, 'the reader waits for it');
	is($quick->query('SELECT count(*) FROM idgen_horizon_holders WHERE pid = ' . $slow->pid), 1,
		'who holds the horizon is shown');
	$slow->query('COMMIT');
	$quick->query("CALL read_outbox('picture')");
	is($quick->query("SELECT string_agg(id::text, ' ' ORDER BY id) FROM handled"), "$lower $higher", '... and has both, in order');
	$_->quit foreach $slow, $quick;
	return;
}

# kill -9 of the reader, of a writer, and of the whole server.
sub check_exactly_once
{
	my $rounds = full_run() ? 8 : 3;

	forget_all();
	add_readers('survivor');
	for my $round (1 .. $rounds)
	{
		my @writers = start_writers(10000);
		my $handled = query_until_done('SELECT count(*) FROM handled');
		my $reader = start_psql($node, "DO \$\$ BEGIN LOOP CALL read_outbox('survivor'); COMMIT; END LOOP; END \$\$");

		$node->poll_query_until('postgres', "SELECT count(*) > $handled + 100 FROM handled") or die 'nothing is read';
		my $pid = query_until_done("SELECT pid FROM pg_stat_activity WHERE query LIKE '%survivor%' AND pid <> pg_backend_pid()");
		if ($round % 3 == 0)
		{
			$node->stop('immediate');
			$node->start;
		}
		else
		{
			kill_backend($node, $pid);
		}
		$_->finish foreach @writers, $reader;
	}
	query_until_done("CALL read_outbox('survivor')");
	cmp_ok($node->safe_psql('postgres', 'SELECT count(*) FROM outbox'), '>', 100 * $rounds, "rows over $rounds kills");
	is_handled_once('survivor', 'each is handled exactly once');
	return;
}

sub check_several_readers
{
	my @names = map { "part $_" } 0 .. 2;

	forget_all();
	add_readers(@names, 'all');
	my @writers = start_writers(full_run() ? 3000 : 500);
	while (grep { $_->pumpable } @writers)
	{
		my @readers = map { start_psql($node, "CALL read_part('part $_', $_, 3)") } 0 .. 2;
		$node->safe_psql('postgres', "CALL read_outbox('all')");
		$_->finish foreach @readers;
		$_->pump_nb foreach grep { $_->pumpable } @writers;
	}
	$_->finish foreach @writers;
	$node->safe_psql('postgres', "CALL read_part('part $_', $_, 3)") foreach 0 .. 2;
	$node->safe_psql('postgres', "CALL read_outbox('all')");
	is_handled_once('part %', 'readers that share the work get each row once');
	is_handled_once('all', 'and so does one that gets everything');
	is($node->safe_psql('postgres',
			"SELECT count(*) FROM (SELECT key FROM handled JOIN outbox USING (id) WHERE reader LIKE 'part %'
			GROUP BY key HAVING count(DISTINCT reader) > 1) AS split"),
		0, 'a key has one reader');
	return;
}

# Who is notified finds the row.
sub check_notify
{
	my $reader = session($node);

	forget_all();
	add_readers('listener');
	$reader->query('LISTEN outbox');
	for my $n (1 .. 5)
	{
		$node->safe_psql('postgres', "INSERT INTO outbox (key, event) VALUES ('n', '$n')");
		wait_until { $reader->query('SELECT 1') =~ /Asynchronous notification "outbox"/ } 'a notification';
		$reader->query("CALL read_outbox('listener')");
		is($node->safe_psql('postgres', 'SELECT count(*) FROM handled'), $n, "row $n is there when the notification is");
	}
	$reader->quit;
	return;
}

# A partition goes when its rows have been read, and never one that somebody may still insert into.
sub check_partitions
{
	my $writer = session($node);

	forget_all();
	add_readers('keeper');
	$writer->query('BEGIN');
	my $id = $writer->query('SELECT snowflake_nextval()');
	my $end = $node->safe_psql('postgres', "SELECT snowflake_timestamp($id) + interval '10 ms'");
	my $bound = $node->safe_psql('postgres', "SELECT snowflake_lower_bound('$end')");

	$node->safe_psql('postgres', "
		CREATE TABLE events_old PARTITION OF events FOR VALUES FROM (0) TO ($bound);
		CREATE TABLE events_new PARTITION OF events DEFAULT");
	$node->poll_query_until('postgres', "SELECT clock_timestamp() > '$end'::timestamptz + interval '100 ms'") or die;
	my $drop = "CALL read_outbox('keeper'); CALL drop_read_partition('events_old', '$end')";

	$node->safe_psql('postgres', $drop);
	is($node->safe_psql('postgres', "SELECT to_regclass('events_old') IS NOT NULL"), 't',
		'a partition stays that a transaction has an ID for');
	$writer->query("INSERT INTO events VALUES ($id, '{}')");
	is($writer->query("SELECT tableoid::regclass FROM events WHERE id = $id"), 'events_old', '... and inserts into');
	$writer->query('COMMIT');
	$node->poll_query_until('postgres',
		"SELECT snowflake_horizon() > $bound") or die 'the horizon does not move on';
	$node->safe_psql('postgres', $drop);
	is($node->safe_psql('postgres', "SELECT to_regclass('events_old') IS NULL"), 't', '... and goes when readers are beyond it');
	$writer->quit;
	return;
}

# By the row with the horizon, in one statement.
sub check_standby
{
	my $standby = PostgreSQL::Test::Cluster->new('standby');
	my ($bookmark, @got) = (0);

	forget_all();
	$node->backup('copy');
	$standby->init_from_backup($node, 'copy', has_streaming => 1);
	$standby->start;
	like(session($standby)->error('SELECT snowflake_horizon()'),
		qr/cannot execute snowflake_horizon\(\) during recovery/, 'a standby has no horizon');

	my $read = sub {
		my $rows = $standby->safe_psql('postgres', "SELECT horizon, id FROM outbox_horizon
			LEFT JOIN outbox ON id >= $bookmark AND id < horizon ORDER BY id");

		foreach my $row (split /\n/, $rows)
		{
			my ($horizon, $id) = split /\|/, $row;
			push @got, $id if $id;
			$bookmark = $horizon;
		}
	};
	my @writers = start_writers(full_run() ? 3000 : 500);
	while (grep { $_->pumpable } @writers)
	{
		$node->safe_psql('postgres', 'CALL note_horizon()');
		$read->();
		$_->pump_nb foreach grep { $_->pumpable } @writers;
	}
	$_->finish foreach @writers;
	$node->safe_psql('postgres', 'CALL note_horizon()');
	$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
	$read->();
	is(join(' ', @got), $node->safe_psql('postgres', "SELECT string_agg(id::text, ' ' ORDER BY id) FROM outbox"),
		'a reader on a standby gets each row once, in order');
	$standby->stop;
	return;
}

# The timeout of the recipe ends what holds the horizon.
sub check_timeout
{
	my $writer = session($node);

	forget_all();
	$node->safe_psql('postgres', "CREATE ROLE writer LOGIN; GRANT ALL ON outbox TO writer;
		ALTER ROLE writer SET idle_in_transaction_session_timeout = '30s'");
	is($node->safe_psql('postgres', 'SHOW idle_in_transaction_session_timeout', extra_params => [ '-U', 'writer' ]),
		'30s', 'a role has the timeout');
	$writer->query("SET idle_in_transaction_session_timeout = '100ms'");
	my $id = $writer->query("BEGIN; INSERT INTO outbox (key, event) VALUES ('x', '{}') RETURNING id");
	ok($node->poll_query_until('postgres', "SELECT snowflake_horizon() > $id"), 'it lets the horizon go on');
	$writer->abandon;
	return;
}

create_recipes();
create_writer();
check_refusals();
check_picture();
check_exactly_once();
check_several_readers();
check_notify();
check_partitions();
check_timeout();
check_standby();
$node->stop;
done_testing();
