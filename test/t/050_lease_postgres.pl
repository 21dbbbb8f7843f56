# Guards: a PostgreSQL does what leases need of a coordination store.  An operation is
# applied as a whole or not at all, and of those that exclude each other one is.  What was
# answered is there after a crash of the store, and on its synchronous standby.  An
# operation of which the answer was lost is not reported as refused.  A store that is away,
# slow, read-only or of the wrong password is reported in its own words, and no password
# in the address is accepted.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IO::Socket::INET;
use IdgenTest;
use IdgenTest::Provider;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $MODULE = '$libdir/idgen_postgres';
my $PASSWORD = 'never-to-be-seen';

# The store is reached on loopback, and asks for a password.
my $store = PostgreSQL::Test::Cluster->new('store');
$store->init(allows_streaming => 1);
$store->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'\nmax_connections = 40\nlog_statement = none");
$store->append_conf('pg_hba.conf', 'host all postgres 127.0.0.1/32 trust');
my $hba = $store->data_dir . '/pg_hba.conf';
append_to_file("$hba.new", "local all all trust\nlocal replication all trust\nhost all all 127.0.0.1/32 scram-sha-256\n");
rename("$hba.new", $hba) or die "could not rename $hba.new: $!";
$store->start;
$store->safe_psql('postgres', "CREATE ROLE lease LOGIN PASSWORD '$PASSWORD'");

my $client = PostgreSQL::Test::Cluster->new('client');
$client->init;
$client->append_conf('postgresql.conf', "max_connections = 60\nlog_statement = none");
$client->start;
create_provider_functions($client);

# The address of servers of a store, each a node or host:port.
sub address
{
	return 'postgresql://' . join(',', map { ref $_ ? '127.0.0.1:' . $_->port : $_ } @_) . '/postgres';
}

# A session with a store.
sub open_store
{
	my ($servers, %option) = @_;

	return provider(
		$client,
		module => $MODULE,
		store => address(@$servers),
		user => 'lease',
		password => $PASSWORD,
		timeout => 2000,
		%option);
}

# A session that is connected already, so that it sends an operation in its first step.  Connecting takes steps of its own,
# longer on a machine that does much else, and a session takes none while the test waits for the store.
sub open_connected_store
{
	my $lease = open_store(@_);

	$lease->operate('read');
	return $lease;
}

# An answer's outcome and what it found, as text.
sub summary
{
	my ($answer) = @_;

	return join ' ', $answer->{outcome}, map { $_ // '-' } @$answer{qw(pool record hold_nonce)};
}

sub is_answer
{
	my ($answer, $expected, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	is(summary($answer), $expected, $name) or diag($answer->{error});
	return;
}

sub is_failure
{
	my ($answer, $outcome, $error, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	is($answer->{outcome}, $outcome, $name);
	like($answer->{error}, $error, '... with a reason');
	return;
}

# The record of a worker in the store, or ''.
sub stored
{
	my ($node, $worker) = @_;

	return $node->safe_psql('postgres', "SELECT record FROM idgen_lease.workers WHERE pool = 'default' AND worker = $worker");
}

# ---------------------------------------------------------------------- addresses

sub check_addresses
{
	my $session = session($client);
	my $attempt = sub {
		return $session->error("SELECT provider_open('$MODULE', '$_[0]', 'default', NULL, NULL, 1000)");
	};

	foreach my $address (
		"postgresql://lease:$PASSWORD\@127.0.0.1/postgres", "postgres://127.0.0.1/postgres?password=$PASSWORD",
		"postgresql://127.0.0.1/postgres?p%61ssword=$PASSWORD", "postgresql:///?sslpassword=$PASSWORD")
	{
		my $error = $attempt->($address);

		like($error, qr/22023: the address of the coordination store must not contain a password/, 'no password in an address');
		unlike($error, qr/$PASSWORD/, '... nor in the error');
	}
	foreach my $address ("postgresql://lease:$PASSWORD%zz\@127.0.0.1", "postgresql://127.0.0.1/?passwd=$PASSWORD")
	{
		my $error = $attempt->($address);

		like($error, qr/22023: the address of the coordination store is not a valid URI/, 'an address that is malformed');
		unlike($error, qr/$PASSWORD/, '... is not in the error');
	}
	$session->quit;
	return;
}

# ---------------------------------------------------------------------- a store without tables

sub check_preparation
{
	my $lease = open_store([$store]);

	is_answer($lease->operate('read'), 'applied - - -', 'nothing to read in a store that is not prepared');
	is_answer($lease->operate('keep', worker => 1, hold_nonce => 'n'), 'refused - - -', '... no hold to keep');
	is_answer(
		$lease->operate('write', worker => 1, pool => 'p', new_record => 'r', hold => 'take', hold_nonce => 'n'),
		'refused - - -', '... no pool to write in');
	is_failure($lease->operate('write_pool', new_pool => 'p'), 'unreachable', qr/schema "idgen_lease" does not exist/, '... no pool to be made');
	is_failure($lease->operate('prepare'), 'unreachable', qr/permission denied for database postgres/, 'not everybody may prepare it');
	$store->safe_psql('postgres', 'GRANT CREATE ON DATABASE postgres TO lease');

	# Several do so together.
	my @others = map { open_store([$store]) } 1 .. 4;
	$_->session_of->send("SELECT (provider_operate($_->{number}, 'prepare')).outcome") foreach @others;
	is(join(' ', map { ($_->session_of->finish)[0] } @others), 'applied applied applied applied', 'it is prepared by all who want to');
	$_->session_of->quit foreach @others;

	$store->safe_psql('postgres', 'REVOKE CREATE ON DATABASE postgres FROM lease');
	is_answer($lease->operate('prepare'), 'applied - - -', '... and what is there takes no privilege');
	is_answer($lease->operate('read'), 'applied - - -', '... and has no pool');
	$lease->session_of->quit;
	return;
}

# ---------------------------------------------------------------------- one operation after the other

sub check_operations
{
	my $lease = open_store([$store]);
	my $write = sub { return $lease->operate('write', worker => 7, @_) };
	my $answer;

	is_answer($lease->operate('write_pool', pool => 'p0', new_pool => 'p1'), 'refused - - -', 'a pool that is not there');
	is_answer($write->(pool => undef, record => 'x', new_record => 'y'), 'refused - - -', 'a worker without a pool');
	is_answer($lease->operate('write_pool', new_pool => 'p1'), 'applied - - -', 'a pool is made');
	is_answer($lease->operate('write_pool', new_pool => 'p2'), 'refused p1 - -', '... once');
	is_answer($lease->operate('write_pool', pool => 'p1', new_pool => 'p2'), 'applied p1 - -', '... and changed');
	is_answer($lease->operate('write_pool', pool => 'p1', new_pool => 'p3'), 'refused p2 - -', '... from what it is');

	is_answer($write->(pool => 'p1', new_record => 'r1'), 'refused p2 - -', 'a record of another pool');
	is_answer($write->(pool => undef, new_record => 'r1'), 'refused p2 - -', '... or of none');
	is_answer($write->(pool => 'p2', record => 'r0', new_record => 'r1'), 'refused p2 - -', '... or that is not there');
	is_answer($write->(pool => 'p2', new_record => 'r1', hold => 'take', hold_nonce => 'n1', ttl_ms => 60000),
		'applied p2 - -', 'a record is made, with a hold');
	is_answer($write->(pool => 'p2', new_record => 'r2'), 'refused p2 r1 n1', '... once');
	is_answer($write->(pool => 'p2', record => 'r1', new_record => 'r2', hold => 'take', hold_nonce => 'n2'),
		'refused p2 r1 n1', 'a worker that is held');
	is_answer($write->(pool => 'p2', record => 'r1', new_record => 'r2'), 'applied p2 r1 n1', 'its record is changed all the same');
	is_answer($write->(pool => 'p2', record => 'r1', new_record => 'r3'), 'refused p2 r2 n1', '... from what it is');
	is_answer($write->(pool => 'p2', record => 'r2', new_record => 'r3', hold => 'drop', hold_nonce => 'n2'),
		'applied p2 r2 n1', "another one's hold is not dropped");
	is_answer($lease->operate('keep', worker => 7, hold_nonce => 'n2'), 'refused p2 r3 n1', '... nor kept');
	is_answer($lease->operate('keep', worker => 8, hold_nonce => 'n2'), 'refused p2 - -', 'nor is one of nobody');
	is($lease->operate('keep', worker => 7, hold_nonce => 'n1')->{outcome}, 'applied', 'a hold is kept');
	is_answer($write->(pool => 'p2', record => 'r3', new_record => 'r4', hold => 'drop', hold_nonce => 'n1'),
		'applied p2 r3 n1', 'a hold is dropped');
	is_answer($lease->operate('keep', worker => 7, hold_nonce => 'n1'), 'refused p2 r4 -', '... and cannot be kept');
	is_answer($write->(pool => 'p2', record => 'r4', new_record => 'r5', hold => 'take', hold_nonce => 'n3'),
		'applied p2 r4 -', '... but taken by another');

	$lease->operate('write', worker => 8, pool => 'p2', new_record => 's1');
	$answer = $lease->operate('read');
	is_answer($answer, 'applied p2 - -', 'a pool is read');
	is_deeply([ sort { $a->[0] <=> $b->[0] } @{ $answer->{workers} } ], [ [ 7, 'r5', 'n3' ], [ 8, 's1', undef ] ], '... with its workers');
	is($answer->{error}, '', '... without an error');
	is_deeply(open_store([$store], in => $lease, pool => 'other')->operate('read')->{workers}, [], 'another pool has none');
	$lease->session_of->quit;
	return;
}

# What else is told: who the store is, how far it has got, and what time it has.
sub check_signs
{
	my $lease = open_store([$store]);
	my ($first, $second) = map { $lease->operate('read') } 1 .. 2;
	my $clock_us = time * 1e6;

	isnt($first->{incarnation}, '0', 'the store says who it is');
	is($second->{incarnation}, $first->{incarnation}, '... each time');
	cmp_ok($second->{revision}, '>', $first->{revision}, '... how far it has got');
	cmp_ok(abs($second->{clock_us} - $clock_us), '<', $second->{clock_error_us} + 1e6, '... and what time it is');
	$lease->session_of->quit;
	return;
}

# A hold ends by the store's clock.
sub check_expiry
{
	my $lease = open_store([$store]);
	my $write = sub { return $lease->operate('write', worker => 20, pool => 'p2', @_) };

	$write->(new_record => 'r1', hold => 'take', hold_nonce => 'n1', ttl_ms => 400);
	is_answer($write->(record => 'r1', new_record => 'r2', hold => 'take', hold_nonce => 'n2'), 'refused p2 r1 n1', 'a hold counts');
	is($lease->operate('keep', worker => 20, hold_nonce => 'n1', ttl_ms => 400)->{outcome}, 'applied', '... while it is kept');
	wait_until { !grep { $_->[0] == 20 && defined $_->[2] } @{ $lease->operate('read')->{workers} } } 'the end of the hold';
	is_answer($lease->operate('keep', worker => 20, hold_nonce => 'n1'), 'refused p2 r1 -', '... and not after its time');
	is_answer($write->(record => 'r1', new_record => 'r2', hold => 'take', hold_nonce => 'n2'), 'applied p2 r1 -', '... when others may take it');
	$lease->session_of->quit;
	return;
}

# Settings of the store that would spoil everything are not in force.
sub check_settings
{
	$store->safe_psql('postgres', qq{
		ALTER ROLE lease SET synchronous_commit = off;
		ALTER ROLE lease SET default_transaction_isolation = 'serializable';
		ALTER ROLE lease SET search_path = evil, pg_catalog;
		CREATE SCHEMA evil;
		GRANT USAGE ON SCHEMA evil TO lease;
		CREATE FUNCTION evil.set_config(text, text, boolean) RETURNS text LANGUAGE sql AS 'SELECT (1 / 0)::text'});
	return;
}

# ---------------------------------------------------------------------- many at a time

# SQL that opens a session with the store as session 0.
sub open_sql
{
	return "SELECT provider_open('$MODULE', '" . address($store) . "', 'default', 'lease', '$PASSWORD', 5000) AS opened;\n";
}

# Each client tries to be the first to make each of some records.
sub check_claims
{
	my ($clients, $workers) = (6, 50);
	my @answers = map { @$_ } run_clients(
		$client,
		map { open_sql() . qq{
		SELECT worker, (provider_operate(0, 'write', worker => worker, pool => 'p2', new_record => 'of $_', hold => 'take',
			hold_nonce => 'of $_')).outcome FROM generate_series(1001, 1000 + $workers) AS worker;
	} } 1 .. $clients);
	my %wins;

	$wins{$_}++ foreach grep { /applied/ } @answers;
	is(scalar(grep { /refused|applied/ } @answers), $clients * $workers, 'all are told whether they have made a record');
	is(scalar(keys %wins), $workers, 'each record is made');
	is(scalar(grep { $_ > 1 } values %wins), 0, '... by one');
	is($store->safe_psql('postgres', "SELECT count(*) FROM idgen_lease.workers w JOIN idgen_lease.holds h USING (pool, worker)
		WHERE worker > 1000 AND record = nonce"), $workers, '... which has its hold, too');
	return;
}

# Clients increase one number by comparing and replacing it.
sub check_increments
{
	my ($clients, $rounds) = (4, full_run() ? 1000 : 250);
	my @printed = map { @$_ } run_clients(
		$client,
		map { open_sql() . qq{
		DO \$\$
		DECLARE
			answer record;
			current text;
			done integer := 0;
		BEGIN
			WHILE done < $rounds LOOP
				answer := provider_operate(0, 'write', worker => 30, pool => 'p2', record => current,
					new_record => (coalesce(current, '0')::integer + 1)::text);
				IF answer.outcome = 'applied' THEN
					done := done + 1;
					current := (coalesce(current, '0')::integer + 1)::text;
				ELSIF answer.outcome = 'refused' THEN
					current := answer.record;
				ELSE
					RAISE EXCEPTION '%: %', answer.outcome, answer.error;
				END IF;
			END LOOP;
		END \$\$;
		SELECT 'done';
	} } 1 .. $clients);

	is(scalar(grep { $_ eq 'done' } @printed), $clients, 'clients replace one record');
	is(stored($store, 30), $clients * $rounds, '... and nothing is lost');
	return;
}

# The time to write WAL to the disk counts here; the bound is for a machine that does much else.
sub check_speed
{
	$store->safe_psql('postgres', "ALTER SYSTEM SET fsync = on");
	$store->reload;
	my ($median, $kept) = split /\|/, $client->safe_psql('postgres', open_sql() . q{
		CREATE TEMP TABLE taken (kind text, ms float8);
		DO $$
		DECLARE
			answer record;
		BEGIN
			FOR i IN 0 .. 400 LOOP
				answer := provider_operate(0, 'write', worker => 40, pool => 'p2', record => nullif(i, 0)::text,
					new_record => (i + 1)::text, hold => CASE i WHEN 0 THEN 'take' ELSE 'leave' END, hold_nonce => 'n');
				INSERT INTO taken VALUES ('write ' || answer.outcome, answer.ms);
				answer := provider_operate(0, 'keep', worker => 40, hold_nonce => 'n');
				INSERT INTO taken VALUES ('keep ' || answer.outcome, answer.ms);
			END LOOP;
		END $$;
		SELECT string_agg(median::numeric(10, 3)::text, '|' ORDER BY kind DESC) FROM
			(SELECT kind, percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS median FROM taken GROUP BY 1) AS medians;
	}) =~ s/^\d+\n//r;

	$store->safe_psql('postgres', 'ALTER SYSTEM RESET fsync');
	$store->reload;
	cmp_ok($median, '<=', 50, "a write takes $median ms, and a hold is kept in $kept ms, at the median");
	return;
}

# Neither PostgreSQL's memory nor libpq's grows with operations, nor with connections.
sub check_memory
{
	my $lease = open_store([$store]);
	my $pid = $lease->session_of->pid;
	my $resident = sub { return (split / /, slurp_file("/proc/$pid/statm"))[1] * 4 };
	my $run = sub {
		my ($rounds) = @_;

		$lease->session_of->query(qq{
		DO \$\$
		BEGIN
			FOR i IN 1 .. $rounds LOOP
				PERFORM provider_operate(0, 'read');
				PERFORM provider_operate(0, 'keep', worker => 1, hold_nonce => 'nobody''s');
				IF i % 10 = 0 THEN
					PERFORM provider_start(0, 'read'), provider_finish(0, 0);
					PERFORM provider_operate(0, 'read');
				END IF;
			END LOOP;
		END \$\$});
		return;
	};

	$run->(100);
	my ($resident_before, $memory) = ($resident->(), $lease->memory);
	$run->(full_run() ? 3000 : 500);
	cmp_ok($lease->memory, '<=', $memory, 'no memory of PostgreSQL is lost');
	cmp_ok($resident->() - $resident_before, '<', 1000, '... nor any kB');
	is($store->safe_psql('postgres', "SELECT count(*) <= 2 FROM pg_stat_activity WHERE usename = 'lease'"), 't', '... nor any connection');
	$lease->session_of->quit;
	return;
}

# ---------------------------------------------------------------------- failures

sub check_absence
{
	my $dead = '127.0.0.1:' . PostgreSQL::Test::Cluster::get_free_port();
	my $mute = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1') or die "could not listen: $@";
	my $start;

	is_failure(open_store([$store], password => 'wrong')->operate('read'),
		'unreachable', qr/password authentication failed for user "lease"/, 'a wrong password');
	is_failure(open_store([$store], password => undef)->operate('read'), 'unreachable', qr/no password supplied/, 'no password');
	is_failure(open_store([$dead])->operate('write', worker => 1), 'unreachable', qr/Connection refused/, 'no server');
	$start = time;
	is_failure(open_store([ '127.0.0.1:' . $mute->sockport ], timeout => 500)->operate('write', worker => 1),
		'unreachable', qr/no answer in time/, 'a server that does not answer');
	cmp_ok(time - $start, '<', 5, '... for long');
	is_failure(open_store(['nobody.invalid:1'])->operate('write', worker => 1),
		'unreachable', qr/could not translate host name "nobody.invalid"|no answer in time/, 'a name of no server');
	is_answer(open_store([ 'nobody.invalid:1', 'localhost:' . $store->port ])->operate('read'), 'applied p2 - -', '... unlike that of one');
	is_answer(open_store([ $dead, '127.0.0.1:' . $mute->sockport, $store ], timeout => 500)->operate('read'),
		'applied p2 - -', 'the third of three servers answers');
	is(scalar(grep { /$PASSWORD/ && !/STATEMENT/ } map { split /\n/, slurp_file($_->logfile) } $store, $client), 0, 'no log has the password');
	return;
}

# A session of the store that has locked a worker's record.
sub lock_worker
{
	my ($worker) = @_;
	my $session = session($store);

	$session->query("BEGIN; SELECT FROM idgen_lease.workers WHERE pool = 'default' AND worker = $worker FOR UPDATE");
	return $session;
}

sub check_locks
{
	my $lease = open_store([$store], timeout => 1000);
	my $lock;

	$lease->operate('write', worker => 50, pool => 'p2', new_record => 'r1');
	$lock = lock_worker(50);
	is_failure($lease->operate('write', worker => 50, pool => 'p2', record => 'r1', new_record => 'r2'),
		'unreachable', qr/canceling statement due to lock timeout/, 'a record that is locked for long');
	$lock->query('COMMIT');
	is(stored($store, 50), 'r1', '... is left alone');

	# One that is abandoned may be applied: here it is, once the lock is gone.
	$lease = open_connected_store([$store], timeout => 60_000);
	$lock->query("BEGIN; SELECT FROM idgen_lease.workers WHERE worker = 50 FOR UPDATE");
	$lease->start('write', worker => 50, pool => 'p2', record => 'r1', new_record => 'r2');
	is($lease->finish(300)->{outcome}, 'pending', 'an operation waits');
	is_answer($lease->operate('read'), 'applied p2 - -', '... and is abandoned for another');
	is($store->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE usename = 'lease' AND application_name = 'idgen test' AND state = 'active'"),
		1, '... which uses a connection of its own');
	$lock->query('COMMIT');
	wait_until { stored($store, 50) eq 'r2' } 'the abandoned operation';
	$_->quit foreach $lock, $lease->session_of;
	return;
}

# Ends the store while an operation waits, and starts it again.
sub check_crash
{
	my ($how, $end) = @_;
	my $lease = open_store([$store], timeout => 10_000);
	my $reader = open_store([$store], timeout => 10_000);
	my $worker = 60;
	my $lock;

	$lease->operate('write', worker => $worker, pool => 'p2', record => stored($store, $worker) || undef, new_record => "before $how",
		hold => 'take', hold_nonce => 'n', ttl_ms => 3600_000);
	$reader->operate('read');
	$lock = lock_worker($worker);
	$lease->start('write', worker => $worker, pool => 'p2', record => "before $how", new_record => "after $how");
	is($lease->finish(300)->{outcome}, 'pending', "an operation waits, and the store is $how");
	$end->();
	is_failure($lease->finish, 'unknown', qr/server closed the connection unexpectedly|terminating connection|server process/, '... and nobody knows');
	is_failure($reader->operate('write', worker => $worker), 'unreachable', qr/refused/, '... while it is certain for what comes later');
	$lock->abandon;
	$store->start;
	is_answer($reader->operate('read'), 'applied p2 - -', '... until it is back');
	is(stored($store, $worker), "before $how", '... with all that it has answered');
	is_answer($lease->operate('keep', worker => $worker, hold_nonce => 'n'), "refused p2 before $how -", '... except for holds');
	$_->session_of->quit foreach $lease, $reader;
	return;
}

# Restarts the store while nothing is under way.
sub check_restart
{
	my $lease = open_store([$store]);

	$lease->operate('read');
	$store->restart;
	is_answer($lease->operate('write', worker => 70, pool => 'p2', new_record => 'r1'), 'applied p2 - -', 'a restart in between is not noticed');
	$lease->session_of->quit;
	return;
}

# Kills the store's first process, and waits until it has no session any more.  Files with its number are removed, as it
# may be there still as a process that nobody has waited for.
sub kill_store
{
	$store->kill9;
	my $lease = open_store([$store]);
	wait_until { $lease->operate('read')->{error} =~ /refused/ } 'the end of the store';
	$lease->session_of->quit;
	unlink($store->data_dir . '/postmaster.pid', $store->host . '/.s.PGSQL.' . $store->port . '.lock') == 2
	  or die "could not remove the locks of the store: $!";
	return;
}

# ---------------------------------------------------------------------- standbys

# What was answered is on the synchronous standby.  A commit that waits for it longer than the operation may take, or that
# is told not to wait, is one that nobody can rely on; and what it has written is not read before it is there.
sub check_synchronous_commit
{
	my $lease = open_store([$store], timeout => 1000);
	my $patient = open_connected_store([$store], timeout => 60_000);
	my $waiting = "FROM pg_stat_activity WHERE usename = 'lease' AND wait_event = 'SyncRep'";

	$lease->operate('write', worker => 80, pool => 'p2', new_record => 'r1');
	$store->safe_psql('postgres', "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
	$store->reload;
	wait_until { $lease->operate('write', worker => 80, pool => 'p2', record => stored($store, 80), new_record => 'x' . stored($store, 80))->{outcome} eq 'unknown' }
	'the store to wait for its standby';
	is_failure($lease->operate('read'), 'unreachable', qr/no answer in time/, 'what a standby may lack is not read');
	is_failure($lease->operate('write', worker => 81, pool => 'other'), 'unknown', qr/no answer in time/, '... and is no reason to refuse');
	is_failure($lease->operate('keep', worker => 83, hold_nonce => 'n'), 'unknown', qr/no answer in time/, '... in no case');

	wait_until { $store->safe_psql('postgres', "SELECT count(pg_cancel_backend(pid)) $waiting") == 0 } 'the end of all waits';
	$patient->start('write', worker => 82, pool => 'p2', new_record => 'r1');
	is($patient->finish(100)->{outcome}, 'pending', 'a commit waits for the standby');
	wait_until { $store->safe_psql('postgres', "SELECT count(*) $waiting") == 1 } 'the commit to wait';
	$store->safe_psql('postgres', "SELECT pg_cancel_backend(pid) $waiting");
	is_failure($patient->finish, 'unknown', qr/canceling wait for synchronous replication/, '... and is doubtful if it does not');
	is(stored($store, 82), 'r1', '... though it is there');
	$store->safe_psql('postgres', 'ALTER SYSTEM RESET synchronous_standby_names');
	$store->reload;
	wait_until { $lease->operate('read')->{outcome} eq 'applied' } 'a store without standbys';
	$_->session_of->quit foreach $lease, $patient;
	return;
}

# A standby that follows a server of the store.
sub new_standby
{
	my ($name, $followed) = @_;
	my $standby = PostgreSQL::Test::Cluster->new($name);

	$standby->init_from_backup($store, 'backup');
	$standby->enable_streaming($followed);
	$standby->start;
	return $standby;
}

# An asynchronous standby may lack what was answered, so it is another incarnation when it is promoted.
sub check_promotion
{
	my $standby = new_standby('standby', $store);
	my $before = open_store([$store])->operate('read');
	my $after;

	is_failure(open_store([$standby])->operate('read'), 'unreachable', qr/session is read-only/, 'a standby is no store');
	is_answer(open_store([ $standby, $store ])->operate('read'), 'applied p2 - -', '... but its primary is');
	$store->wait_for_catchup($standby);
	$standby->promote;
	$after = open_store([$standby])->operate('read');
	is_answer($after, 'applied p2 - -', '... and it is when it is promoted');
	isnt($after->{incarnation}, $before->{incarnation}, '... as another one');
	is_answer(
		open_store([$standby])->operate('write', worker => 90, pool => 'p2', new_record => 'r1', hold => 'take', hold_nonce => 'n'),
		'applied p2 - -', '... to write in, too');
	$standby->stop('immediate');
	return;
}

# A synchronous standby, which has one of its own, goes on as the same.
sub check_synchronous_promotion
{
	my $second = new_standby('second', $store);
	my $third = new_standby('third', $second);
	my $lease = open_store([ $store, $second ]);
	my ($before, $after);

	set_synchronous($store, 1, 'second');
	$second->append_conf('postgresql.conf', "synchronous_standby_names = 'third'");
	$second->reload;
	$before = $lease->operate('write', worker => 91, pool => 'p2', new_record => 'r1');
	is_answer($before, 'applied p2 - -', 'a synchronous standby has it all');
	$store->stop('immediate');
	$second->promote;
	$after = $lease->operate('read');
	is_answer($after, 'applied p2 - -', '... when it is promoted');
	is($after->{incarnation}, $before->{incarnation}, '... and is the same');
	cmp_ok($after->{revision}, '>', $before->{revision}, '... and has got further');
	is(stored($second, 91), 'r1', '... with what was answered');
	$_->stop('immediate') foreach $third, $second;
	return;
}

check_addresses();
check_settings();
check_preparation();
check_operations();
check_signs();
check_expiry();
check_claims();
check_increments();
check_speed();
check_memory();
check_absence();
check_locks();
check_crash('stopped immediately', sub { $store->stop('immediate') });
check_crash('killed', \&kill_store);
check_restart();
check_synchronous_commit();
$store->backup('backup');
check_promotion();
check_synchronous_promotion();

$client->stop('fast');
done_testing();
