# Guards: a horizon stops at the first ID of a transaction until the transaction has ended, in whatever way it
# took the ID and in whatever way it ends: also if it is prepared and the server crashes, if parallel workers
# took the ID, after a reset of the timelines, and when the server's node changes. Then the horizon goes on. It
# never goes down, unless a reset goes back.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use Test::More;

my $CONF = <<'END';
max_prepared_transactions = 10
restart_after_crash = on
idgen.max_drift = '10min'
END

my $node = new_server('horizon', preload => 1, conf => $CONF);
$node->safe_psql('postgres', <<'END');
CREATE TABLE outbox (id bigint PRIMARY KEY DEFAULT snowflake_nextval(), u uuid DEFAULT uuidv7_sequential(), l ulid DEFAULT ulid_sequential());
CREATE TABLE many AS SELECT generate_series(1, 50000) AS n;
ALTER TABLE many SET (parallel_workers = 4);
ANALYZE many;
CREATE DATABASE other;
SELECT snowflake_create_generator('g' || n, worker_id => 100 + n, layout => 'fleet') FROM generate_series(1, 70) AS n;
END
$node->safe_psql('other', 'CREATE EXTENSION idgen');

my $reader = session($node);
my %greatest;

# A horizon, which is not below the one before.
sub horizon
{
	my ($arguments) = @_;
	$arguments //= '';
	my $horizon = $reader->query("SELECT snowflake_horizon($arguments)");
	my $greatest = $greatest{$arguments} // 0;

	fail("the horizon went down from $greatest to $horizon") if $horizon < $greatest;
	$greatest{$arguments} = $horizon if $horizon > $greatest;
	return $horizon;
}

# Passes if the horizon has stopped at an ID, or has gone beyond it.
sub is_held
{
	my ($id, $name, $arguments) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	$reader->query('SELECT snowflake_nextvals(10)');
	return cmp_ok(horizon($arguments), '<=', $id, $name);
}

sub is_passed
{
	my ($id, $name, $arguments) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	return cmp_ok(horizon($arguments), '>', $id, $name);
}

my %ways = (
	'one ID' => 'SELECT snowflake_nextval()',
	'an array' => 'SELECT (snowflake_nextvals(100))[1]',
	'a block' => 'SELECT snowflake_next_block(64)',
	'a default' => 'INSERT INTO outbox DEFAULT VALUES RETURNING id',
	'a batch of rows' => 'WITH new AS (INSERT INTO outbox SELECT FROM generate_series(1, 1000) RETURNING id) SELECT min(id) FROM new',
	'a savepoint that is rolled back' => 'SAVEPOINT a; SELECT snowflake_nextval(); ROLLBACK TO a');

my %ends = (
	'commit' => sub { $_[0]->query('COMMIT'); },
	'rollback' => sub { $_[0]->query('ROLLBACK'); },
	'error' => sub { $_[0]->error('SELECT 1 / 0'); },
	'commit prepared' => sub { $_[0]->query("PREPARE TRANSACTION 'way'; COMMIT PREPARED 'way'"); },
	'end of the session' => sub { my $pid = $_[0]->pid; $_[0]->quit; wait_for_end($pid); },
	'termination' => sub { $node->safe_psql('postgres', 'SELECT pg_terminate_backend(' . $_[0]->pid . ')'); wait_for_end($_[0]->pid); });

sub wait_for_end
{
	my ($pid) = @_;

	$node->poll_query_until('postgres', "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $pid)") or die 'the session did not end';
	return;
}

sub check_ways_and_ends
{
	foreach my $way (sort keys %ways)
	{
		my $session = session($node);
		$session->query('BEGIN');
		my $before = horizon();
		my $id = $session->query($ways{$way});
		cmp_ok($id, '>=', $before, "$way: above the horizon");
		is_held($id, '... which stops there');
		$session->query('COMMIT');
		is_passed($id, '... until the transaction ends');
		$session->quit;
	}
	foreach my $end (sort keys %ends)
	{
		my $session = session($node);
		$session->query('BEGIN');
		my $id = $session->query('INSERT INTO outbox DEFAULT VALUES RETURNING id');
		is_held($id, "before the $end");
		$ends{$end}->($session);
		is_passed($id, "after the $end");
		$session->abandon if $end eq 'termination';
		$session->quit if $end !~ /^(termination|end of the session)$/;
	}
	return;
}

# The horizons of 128-bit IDs.
sub check_unique_times
{
	my $session = session($node);

	foreach my $kind ([ 'uuidv7', 'uuid' ], [ 'ulid', 'ulid' ])
	{
		my ($name, $type) = @$kind;
		$session->query('BEGIN');
		my $id = $session->query("SELECT ${name}_sequential()");
		is($reader->query("SELECT ${name}_horizon() <= '$id'::$type, ${name}_horizon(true) <= '$id'::$type"), 't|t', "a $name is held");
		is($reader->query("SELECT ${name}_horizon() < ${name}_sequential()"), 't', '... and others are above');
		is_passed($session->query('SELECT min(id) FROM outbox'), '... and snowflakes are not held');
		$session->query("PREPARE TRANSACTION '$name'");
		is($reader->query("SELECT ${name}_horizon() <= '$id'::$type"), 't', '... and while it is prepared');
		$session->query("COMMIT PREPARED '$name'");
		is($reader->query("SELECT ${name}_horizon() > '$id'::$type"), 't', '... until it ends');
	}
	$session->quit;
	return;
}

# Transactions of other databases count only if asked for.
sub check_databases
{
	my $session = session($node, dbname => 'other');

	$session->query('BEGIN');
	my $id = $session->query('SELECT snowflake_nextval()');
	is_held($id, 'all databases: another one holds', 'true');
	is_passed($id, '... and this one does not');
	is($session->query('SELECT snowflake_horizon() <= ' . $id), 't', '... and a horizon of this one does not pass it there');
	is_held($id, '... nor in all databases', 'true');
	$session->query("PREPARE TRANSACTION 'other'");
	is_held($id, '... also prepared', 'true');
	is_passed($id, '... while this one does not');
	$session->query("COMMIT PREPARED 'other'");
	is_passed($id, '... until it ends', 'true');
	$session->quit;
	return;
}

# Each generator has a horizon. A transaction that uses many holds those that it uses, and few others.
sub check_generators
{
	my $session = session($node);
	my %id;

	$reader->query("SELECT snowflake_nextval('g1'), snowflake_nextval('g2'), snowflake_nextval('g3')");
	horizon("'g$_'") foreach 1 .. 70;
	$session->query('BEGIN');
	foreach my $n (1 .. 3)
	{
		$id{$n} = $session->query("SELECT snowflake_nextval('g$n')");
		$reader->query("SELECT snowflake_nextvals('g$n', 5)");
		is_held($id{$_}, "$n generators: g$_ is held", "'g$_'") foreach 1 .. $n;
	}
	is_passed($session->query('SELECT min(id) FROM outbox'), '... and the server is not');
	my $before = horizon();
	my $other = $session->query('SELECT snowflake_nextval()');
	is_held($other, '... before it has issued an ID');
	$session->query("PREPARE TRANSACTION 'generators'");
	is_held($id{$_}, "prepared: g$_ is held", "'g$_'") foreach 1 .. 3;
	is_held($other, '... and the server');
	$session->query("ROLLBACK PREPARED 'generators'");
	is_passed($id{$_}, "g$_ has passed", "'g$_'") foreach 1 .. 3;
	is_passed($other, '... and the server');
	$session->quit;
	return;
}

# Each transaction of a block of code ends for itself.
sub check_procedures
{
	my $gate = session($node);
	my $session = session($node);

	$gate->query('DO $$ BEGIN PERFORM pg_advisory_lock(1), pg_advisory_lock(2); END $$');
	$session->send('DO $$ BEGIN INSERT INTO outbox DEFAULT VALUES; PERFORM pg_advisory_lock(1); COMMIT; PERFORM pg_advisory_lock(2); INSERT INTO outbox DEFAULT VALUES; END $$');
	$node->poll_query_until('postgres', "SELECT wait_event = 'advisory' FROM pg_stat_activity WHERE pid = " . $session->pid);
	my $id = $reader->query('SELECT first_id FROM idgen_horizon_holders WHERE pid = ' . $session->pid);
	is_held($id, 'a block of code holds');
	$gate->query('DO $$ BEGIN PERFORM pg_advisory_unlock(1); END $$');
	$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_locks WHERE objid = 2 AND NOT granted AND pid = " . $session->pid);
	is_passed($id, '... until it commits');
	$gate->query('DO $$ BEGIN PERFORM pg_advisory_unlock(2); END $$');
	$session->finish;
	$_->quit foreach $gate, $session;
	return;
}

# Workers' IDs are held until the leader's transaction ends.
sub check_parallel
{
	my $session = parallel_session($node, 'off');

	$session->query('SELECT snowflake_nextval()');
	foreach my $takes_first (0, 1)
	{
		$session->query('BEGIN');
		$session->query('SELECT snowflake_nextval()') if $takes_first;
		my $plan = $session->query('EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) CREATE TABLE drawn AS SELECT snowflake_nextval() AS id FROM many');
		like($plan, qr/Workers Launched: [1-9]/, 'workers issue IDs');
		my $id = $session->query('SELECT min(id) FROM drawn');
		is_held($id, '... which are held when they are gone');
		$session->query("PREPARE TRANSACTION 'parallel'");
		is_held($id, '... and when the transaction is prepared');
		$session->query("ROLLBACK PREPARED 'parallel'");
		is_passed($id, '... until the transaction ends');
	}
	$session->quit;
	return;
}

# An ID of the server and one of a generator, both the first of the same tick: so they differ in the node alone.
sub begin_together
{
	my ($session) = @_;
	my @ids;

	wait_until
	{
		$session->query('BEGIN');
		@ids = $session->ids("SELECT snowflake_nextval(), snowflake_nextval('g1')");
		return 1 if $ids[0] >> 22 == $ids[1] >> 22 && !grep { $_ & 4095 } @ids;
		$session->query('ROLLBACK');
		return 0;
	}
	'two IDs of one tick';
	return @ids;
}

# The rows of the view for the prepared transaction: one for each horizon that it holds.
sub holder_rows
{
	return $reader->query("SELECT count(*) FROM idgen_horizon_holders WHERE gid = 'life' AND state = 'prepared' AND first_id_at IS NOT NULL");
}

# Prepared transactions, over the ends of the server, and without anything that was issued since.
sub check_prepared
{
	my %lives = (
		'a crash' => sub { $node->stop('immediate'); start_server($node); },
		'a restart' => sub { $node->stop('fast'); start_server($node); },
		'a killed backend' => sub { my $victim = session($node); kill_backend($node, $victim->pid); $victim->abandon; });

	foreach my $life (sort keys %lives)
	{
		my $session = session($node);
		my ($id, $of_generator) = begin_together($session);
		my ($u) = $session->query('INSERT INTO outbox DEFAULT VALUES RETURNING u');
		$session->query("PREPARE TRANSACTION 'life'");
		is_held($id, "prepared before $life");
		is_passed($id, '... which does not hold a generator that it has not used', "'g2'");
		is(holder_rows(), 3, '... which is shown');
		$lives{$life}->();
		$session->abandon;
		$reader->abandon;
		$reader = session($node);
		is_held($id, "... and held after $life");
		is_held($id, '... in all databases', 'true');
		is_held($of_generator, '... and the generator', "'g1'");
		is_passed($id, '... and not the other', "'g2'");
		is($reader->query("SELECT uuidv7_horizon() <= '$u'"), 't', '... and the UUID');
		is(holder_rows(), 3, '... which is shown');
		$reader->query("COMMIT PREPARED 'life'");
		is_passed($id, '... until it is committed');
		is_passed($of_generator, '... and the generator', "'g1'");
	}
	my ($error) = $reader->error("BEGIN; SELECT snowflake_nextval(); PREPARE TRANSACTION '" . 'x' x 200 . "'");
	like($error, qr/too long/, 'a transaction that could not be prepared');
	is($reader->query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), 0, '... leaves no lock');
	return;
}

# What moves while nobody issues anything.
sub check_idle
{
	my $id = $reader->query('SELECT snowflake_nextval()');
	my $horizon = horizon();

	cmp_ok($horizon, '>', $id, 'an ID that has been committed is below the horizon');
	wait_until { horizon() > $horizon + (20 << 22) } 'the horizon to move with the clock';
	my ($at, $until) = split /\|/, $reader->query('SELECT extract(epoch FROM snowflake_timestamp(snowflake_horizon())), extract(epoch FROM reserved_until) FROM idgen_status()');
	cmp_ok($at, '<=', $until, '... and not beyond the reservation');

	$node->stop('immediate');
	start_server($node);
	$reader->abandon;
	$reader = session($node);
	cmp_ok(horizon(), '>', $horizon, 'after a crash, the first horizon is not below the last');
	return;
}

# Resets: refused, forward and back, while a transaction is open.
sub check_resets
{
	my $session = session($node);

	$session->query('BEGIN');
	my $id = $session->query('SELECT snowflake_nextval()');
	my $before = horizon();
	like($reader->error("SELECT idgen_reset_timeline(now() - interval '1 day')"), qr/ERROR/, 'a reset is refused');
	is_held($id, '... and the transaction still holds');
	$reader->query("SELECT idgen_reset_timeline(clock_timestamp() + interval '60 s')");
	is_held($id, 'a reset forward');
	my $later = $session->query('SELECT snowflake_nextval()');
	is_held($id, '... and the transaction goes on');
	$session->query('COMMIT');
	is_passed($later, '... and ends');

	$session->query('BEGIN');
	$id = $session->query('SELECT snowflake_nextval()');
	$reader->query('SELECT idgen_reset_timeline(clock_timestamp(), force => true)');
	%greatest = ();
	my $lower = $session->query('SELECT snowflake_nextval()');
	cmp_ok($lower, '<', $id, 'a reset back');
	is_held($lower, '... and what the transaction takes after it');
	my $other = session($node);
	$other->query('BEGIN');
	my $of_other = $other->query('SELECT snowflake_nextval()');
	$session->query('COMMIT');
	is_held($of_other, '... and what another one takes');
	is_passed($lower, '... as soon as the first has ended');
	$other->query('COMMIT');
	is_passed($of_other, '... and the other');
	$_->quit foreach $session, $other;
	return;
}

# The sequence of the first ID of a tick begins where the setting says, although somebody polls.
sub check_sequence_starts
{
	my $session = session($node);

	foreach my $start (qw(random rolling))
	{
		my %sequences;
		alter_system($node, $session, 'idgen.sequence_start', $start);
		for (1 .. 60)
		{
			horizon();
			$sequences{ $session->query('SELECT snowflake_nextval() & 4095') } = 1;
		}
		cmp_ok(scalar(keys %sequences), '>', 20, "$start: sequences differ");
	}
	alter_system($node, $session, 'idgen.sequence_start', 'zero');
	$session->quit;
	return;
}

# The server's node changes, to a smaller and to a larger one, while transactions of the former are open.
sub check_node_changes
{
	my $session = session($node);

	foreach my $worker (5, 3, 9)
	{
		my $old = session($node);
		$old->query('BEGIN');
		my ($id) = $old->ids('SELECT snowflake_nextval() FROM generate_series(1, 3)');
		is_held($id, "before the node becomes $worker");
		alter_system($node, $session, 'idgen.worker_id', $worker);
		alter_system($node, $reader, 'idgen.worker_id', $worker);
		is_held($id, "... and after that");
		my $new = $session->query('SELECT snowflake_nextval()');
		is_held($id, '... and when IDs of the new node have been issued');
		cmp_ok($new, '>=', $greatest{''}, '... above the horizon');
		my $last = $old->query('SELECT snowflake_nextval()');
		is_held($id, '... and the transaction goes on');
		$old->query('COMMIT');
		is_passed($new, '... until it ends');
		for (1 .. 20)
		{
			my $next = $session->query('SELECT snowflake_nextval()');
			is_passed($next, 'IDs of the new node are passed') if $next < $greatest{''} || horizon() <= $next;
		}
		$old->quit;
	}
	alter_system($node, $session, 'idgen.worker_id', 0);
	alter_system($node, $reader, 'idgen.worker_id', 0);
	$session->quit;
	return;
}

# A generator gets another node while a transaction has its IDs, and while its timeline is ahead of the clock.
sub check_generator_changes
{
	my $writer = session($node);
	my $session = session($node);
	my $alter = 'ALTER SERVER g5 OPTIONS (SET worker_id';

	$session->query("SELECT idgen_reset_timeline(clock_timestamp() + interval '5min')");
	$session->query('SELECT count(snowflake_nextval($$g5$$)) FROM generate_series(1, 10000)');
	my $before = horizon("'g5'");
	$session->query("$alter '203')");
	my $id = $session->query("SELECT snowflake_nextval('g5')");
	cmp_ok($id, '>', $before, 'a generator with another node issues IDs above its horizon');

	$writer->query('BEGIN');
	$id = $writer->query("SELECT snowflake_nextval('g5')");
	is_held($id, '... which a transaction holds', "'g5'");
	$session->send("$alter '204')");
	$node->poll_query_until('postgres', 'SELECT count(*) = 1 FROM pg_locks WHERE NOT granted AND pid = ' . $session->pid);
	$writer->query('COMMIT');
	$session->finish;
	is_passed($id, '... until it ends, for which a change waits', "'g5'");
	is($session->query("SELECT worker_id = 204 FROM snowflake_generators WHERE generator = 'g5'"), 't', '... and then it is made');
	$_->quit foreach $writer, $session;
	return;
}

# What waits for a lock: passes if the session does.
sub is_waiting
{
	my ($session, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	return ok($node->poll_query_until('postgres', 'SELECT count(*) = 1 FROM pg_locks WHERE NOT granted AND pid = ' . $session->pid), $name);
}

# A generator gets another node before anybody has read its horizon, which a transaction or a prepared one holds.
sub check_changes_without_readers
{
	my $writer = session($node);
	my $session = session($node);

	$writer->query('BEGIN');
	my $id = $writer->query("SELECT snowflake_nextval('g61')");
	$writer->query("PREPARE TRANSACTION 'change'");
	$node->stop('immediate');
	$_->abandon foreach $writer, $session, $reader;
	start_server($node);
	($writer, $session, $reader) = map { session($node) } 1 .. 3;
	$session->send("ALTER SERVER g61 OPTIONS (SET worker_id '261')");
	is_waiting($session, 'a change waits for a prepared transaction, after a crash');
	$reader->query("COMMIT PREPARED 'change'");
	$session->finish;
	wait_until { horizon("'g61'") > $id } 'a horizon to pass it when it has ended';

	$writer->query('BEGIN');
	$id = $writer->query("SELECT snowflake_nextval('g62')");
	$session->send("ALTER SERVER g62 OPTIONS (SET worker_id '262')");
	is_waiting($session, 'a change waits for a transaction before the first reader comes');
	$writer->query('COMMIT');
	$session->finish;
	wait_until { horizon("'g62'") > $id } 'a horizon to pass it when it has ended';

	horizon("'g62'");
	like($session->error("ALTER SERVER g62 OPTIONS (SET layout 'time 41 of 1 ms since 2024-01-01, worker 10, sequence 12', SET worker_id '362')"),
		qr/ERROR:  55000: cannot change generator "g62" to layout .*DETAIL:  Its IDs would be below \d+, a horizon/s, 'a change to lower IDs is refused');
	$_->quit foreach $writer, $session;
	return;
}

# The server gets the node of a generator that keeps it, while a transaction has IDs of that which the server's horizon has passed.
sub check_node_of_generator
{
	my $writer = session($node);
	my $session = session($node);

	$session->query("SELECT snowflake_create_generator('own', worker_id => 17, layout => 'fleet')");
	$writer->query('BEGIN');
	my $id = $writer->query("SELECT snowflake_nextval('own')");
	wait_until { horizon() > $id } 'the horizon of the server to pass an ID of a generator';
	is_held($id, 'a generator holds its horizon', "'own'");
	alter_system($node, $session, 'idgen.worker_id', 17);
	alter_system($node, $reader, 'idgen.worker_id', 17);
	$session->query('SELECT snowflake_nextval()');
	is_passed($id, '... when the server gets its node, whose horizon stays where it is');
	is_held($id, '... and that of the generator, too', "'own'");
	$writer->query("PREPARE TRANSACTION 'node'");
	is_held($id, '... also prepared', "'own'");
	$reader->query("COMMIT PREPARED 'node'");
	is_passed($id, '... until it ends', "'own'");
	alter_system($node, $_, 'idgen.worker_id', 0) foreach $session, $reader;

	# After a restart the server's nodes and the generator's have nothing in common.
	$_->quit foreach $writer, $session, $reader;
	$node->stop;
	start_server($node);
	$reader = session($node);
	return;
}

# A transaction that begins in the midst of a tick, where the server has had several nodes, and is prepared.
sub check_prepared_in_tick
{
	my $session = session($node);

	$session->query("SELECT idgen_reset_timeline(clock_timestamp() + interval '6min')");
	$session->query('SELECT count(snowflake_nextval()) FROM generate_series(1, 10)');
	my $before = horizon();
	$session->query('BEGIN');
	my $id = $session->query('SELECT snowflake_nextval()');
	is($id >> 22, $before >> 22, 'an ID of the same tick as the horizon');
	$session->query("PREPARE TRANSACTION 'tick'");
	$node->stop('immediate');
	$_->abandon foreach $session, $reader;
	start_server($node);
	$reader = session($node);
	is_held($id, '... is held after a crash');
	cmp_ok(horizon(), '>=', $before, '... by a horizon that has not gone down');
	$reader->query("COMMIT PREPARED 'tick'");
	is_passed($id, '... until it is committed');
	return;
}

# A pipeline without BEGIN is one transaction, in which a statement does not know that others follow.
sub check_pipeline
{
	my $script = <<'END';
\startpipeline
SELECT set_config('outbox.horizon', snowflake_horizon()::text, false);
SELECT count(*) FROM outbox WHERE id < current_setting('outbox.horizon')::bigint;
\endpipeline
END
	my @options = ('--no-vacuum --protocol=extended --transactions=2');

	$node->pgbench(@options, 0, [qr{processed: 2/2}], [qr{^$}], 'a pipeline that is READ COMMITTED', { '067_committed' => $script });
	local $ENV{PGOPTIONS} = '-c default_transaction_isolation=serializable';
	$node->pgbench(@options, 2, [qr{processed: 0/2}], [qr/cannot use a horizon in a transaction with isolation level "serializable"/],
		'... and one with a snapshot that is older than its horizon', { '067_serializable' => $script });
	return;
}

# Without preloading, and where only workers have issued IDs.
sub check_not_preloaded
{
	$reader->quit;
	$node->stop;
	$node = new_server('loaded', conf => $CONF);
	$node->safe_psql('postgres', 'CREATE TABLE many AS SELECT generate_series(1, 50000) AS n; ALTER TABLE many SET (parallel_workers = 4); ANALYZE many');
	%greatest = ();
	$node->safe_psql('postgres', q{
		CREATE FUNCTION count_below_horizon() RETURNS bigint LANGUAGE plpgsql STABLE AS $$
		DECLARE
		  horizon bigint := snowflake_horizon();
		BEGIN
		  RETURN (SELECT count(*) FROM many WHERE n < horizon);
		END $$});
	my $first = session($node);
	like($first->error('SELECT count_below_horizon()'), qr/in a function that is not volatile/,
		'not preloaded: a query that loads the library is known to it');
	like($first->error('DO $$ BEGIN PERFORM count_below_horizon(); END $$'), qr/in a function that is not volatile/, '... and all later ones');
	$first->quit;
	my $session = parallel_session($node, 'off');
	$session->query("LOAD 'idgen'");
	$session->query('BEGIN');
	my $plan = $session->query('EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) CREATE TABLE drawn AS SELECT snowflake_nextval() AS id FROM many');
	like($plan, qr/Workers Launched: [1-9]/, 'not preloaded: only workers issue IDs');
	$reader = session($node);
	my $id = $session->query('SELECT min(id) FROM drawn');
	is_held($id, '... which are held');
	is($reader->query('SELECT pid FROM idgen_horizon_holders'), $session->pid, '... by their leader');
	$session->query("PREPARE TRANSACTION 'workers'");
	is_held($id, '... and when it is prepared');
	$node->stop('immediate');
	$_->abandon foreach $session, $reader;
	start_server($node);
	$reader = session($node);
	is_held($id, '... and after a crash');
	$reader->query("ROLLBACK PREPARED 'workers'");
	is_passed($id, '... until it ends');
	return;
}

check_ways_and_ends();
check_unique_times();
check_databases();
check_generators();
check_procedures();
check_parallel();
check_pipeline();
check_prepared();
check_idle();
check_resets();
check_sequence_starts();
check_node_changes();
check_changes_without_readers();
check_node_of_generator();
check_generator_changes();
check_prepared_in_tick();
check_not_preloaded();

done_testing();
