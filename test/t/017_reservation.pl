# Guards: time is reserved before IDs reach it, seldom, and only when somebody draws;
# whoever draws first can do it, in whatever transaction, worker or database; what
# idgen_status() tells about reservations, waits and the clock is so; and each setback
# of the clock is logged once.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use POSIX qw(strftime);
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

skip_all_without_faketime();

my $TOO_FAR = qr/ERROR:  55000: snowflake timeline is too far ahead of the system clock/;

# One column of idgen_status().
sub status
{
	my ($session, $column) = @_;
	return $session->query("SELECT $column FROM idgen_status()");
}

sub waits
{
	my ($session) = @_;
	return status($session, 'sequence_waits, drift_waits, reservation_waits');
}

# Passes if what code does makes some more calls wait, all for one cause.
sub counts_waits(&$$$)
{
	my ($code, $session, $cause, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my @before = split /\|/, waits($session);

	$code->();
	my @after = split /\|/, waits($session);
	my @causes = grep { $after[$_] > $before[$_] } 0 .. 2;
	return is("@causes", $cause, $name) || diag("before: @before, after: @after");
}

# As of the next restart.
sub reset_settings
{
	my ($node) = @_;

	$node->safe_psql('postgres', 'ALTER SYSTEM RESET ALL');
	return;
}

#
# How often.  The clock is moved by hand, so that it is no matter how fast we are.
#
my $clock;

sub stop_clock_at
{
	my ($unix_time) = @_;
	$clock->set(strftime('%Y-%m-%d %H:%M:%S', gmtime($unix_time)));
	return;
}

sub check_idle
{
	my ($node) = @_;
	my $session = session($node);
	my $observer = session($node);
	my $trace = 'SELECT reservations, reserved_until, pg_current_wal_insert_lsn() FROM idgen_status()';

	alter_system($node, $observer, 'idgen.reserve_ahead', '1min');
	is(status($observer, 'reservations, reserved_until IS NULL, timeline_at IS NULL'),
		'0|t|t', 'nothing is reserved before the first ID');
	$session->query('SELECT snowflake_nextval()');
	is(status($observer, 'reservations, reserved_until > timeline_at'), '1|t', 'the first ID takes a reservation');
	$session->query('SELECT snowflake_nextval()') for 1 .. 20;
	is(status($observer, 'reservations'), 1, '... and those after it do not');

	# Twice, as the first look may set hint bits.
	$observer->query($trace);
	my $before = $observer->query($trace);
	$clock->set('+3h');
	is($observer->query($trace), $before, 'as long as nobody draws, nothing is reserved and nothing written');
	$clock->set('+9h');
	is($observer->query($trace), $before, '... for however long');
	my $id = $session->query('SELECT snowflake_nextval()');
	is($observer->query("SELECT reservations, reserved_until > snowflake_timestamp($id) FROM idgen_status()"),
		'2|t', 'the first ID after that takes one reservation');
	$session->query('SELECT snowflake_nextval()') for 1 .. 20;
	is(status($observer, 'reservations'), 2, '... and those after it do not');
	is(status($observer, 'reservation_waits'), 2, '... and who drew it waited for it');
	is(status($observer, q{time_reserving > interval '0' AND time_reserving < interval '1min'}),
		't', '... for as long as it took');

	$observer->query('ALTER SYSTEM RESET idgen.reserve_ahead');
	reload_until($node, $_, 'idgen.reserve_ahead', '3s') foreach $session, $observer;
	$_->quit foreach $session, $observer;
	return;
}

# A minute, with IDs every second.
sub check_steady
{
	my ($node) = @_;
	my @sessions = map { session($node) } 1 .. 3;
	my $start = time + 12 * 3600;

	stop_clock_at($start);
	my @ids = $sessions[0]->ids('SELECT snowflake_nextval()');
	my $before = status($sessions[0], 'reservations');
	my $waits = waits($sessions[0]);
	my $below = 1;
	foreach my $second (1 .. 60)
	{
		stop_clock_at($start + $second);
		push @ids, map { $_->ids(burst(50)) } @sessions;
		$below &&= $sessions[0]->query("SELECT snowflake_timestamp($ids[-1]) < reserved_until FROM idgen_status()") eq 't';
	}
	my $made = status($sessions[0], 'reservations') - $before;
	ok($made >= 15 && $made <= 60, 'at the default, IDs for a minute take at most one reservation a second')
	  or diag($made);
	is(waits($sessions[0]), $waits, '... and nobody waits for one');
	ok($below, '... and all IDs are below what is reserved');
	is_increasing(\@ids, '... and increase');
	$_->quit foreach @sessions;
	return;
}

# Full load, under a clock that runs.
sub check_load
{
	my ($node) = @_;
	my $observer = session($node);
	my @drawers = map { session($node) } 1 .. 2;

	$observer->query('SELECT snowflake_nextval()');
	$observer->query('SELECT pg_advisory_lock(17)');
	my $before = status($observer, 'reservations');
	my $start = time;
	$_->send(
		q{DO $$
		BEGIN
			WHILE NOT pg_try_advisory_xact_lock_shared(17) LOOP
				PERFORM cardinality(snowflake_nextvals(20000));
			END LOOP;
		END $$}) foreach @drawers;

	my ($ahead, $durable) = (1, 1);
	my $made;
	do
	{
		$ahead &&= status($observer, 'timeline_at < reserved_until') eq 't';
		my $reserved = status($observer, '(extract(epoch FROM reserved_until) * 1000000)::bigint');
		$durable &&= origin_progress($observer, 'idgen') >= $reserved;
		$made = status($observer, 'reservations') - $before;
	} while ($made < 2);
	$observer->query('SELECT pg_advisory_unlock(17)');
	is(join('', map { ($_->finish)[1] } @drawers), '', 'IDs under full load');
	my $passed = time - $start;
	$made = status($observer, 'reservations') - $before;
	# the first lies behind the drift that the load begins with
	ok($made <= $passed + 2, '... take at most one reservation a second') or diag("$made in $passed s");
	ok($ahead, '... which is ahead of them at any time');
	ok($durable, '... and recorded before');

	my ($highest) = reverse $drawers[0]->ids(burst(10));
	crash_server($node, $observer, @drawers);
	my $session = session($node);
	cmp_ok(
		origin_progress($session, 'idgen'),
		'>=',
		$session->query("SELECT (extract(epoch FROM snowflake_timestamp($highest)) * 1000000)::bigint"),
		'... and after a crash, what is recorded is above all');
	$session->quit;
	return;
}

#
# The clock goes back.
#
sub check_regressions
{
	my ($node) = @_;
	my @sessions = map { session($node) } 1 .. 4;
	my $observer = $sessions[0];
	my $went_back = qr/LOG:  system clock went back by (\d+\.\d{3}) s/;
	my $log_start = -s $node->logfile;
	my $logged = sub { return slurp_file($node->logfile, $log_start) =~ /$went_back/g; };
	my $refused = sub {
		my ($name) = @_;
		$_->send('SELECT snowflake_nextval()') foreach @sessions;
		my @errors = map { ($_->finish)[1] } @sessions;
		return is(scalar(grep { /$TOO_FAR/ } @errors), scalar @sessions, $name);
	};

	$_->query('SET idgen.max_wait = 0') foreach @sessions;
	$clock->set('+20h');
	$_->query('SELECT snowflake_nextval()') foreach @sessions;
	my $before = status($observer, 'regressions');
	my $regressions = sub { return status($observer, 'regressions') - $before; };

	$clock->set('+19h');
	$refused->('set back by 1 h: IDs are refused');
	my @distances = $logged->();
	is(scalar @distances, 1, '... it is logged once');
	ok($distances[0] > 3540 && $distances[0] <= 3601, '... with the distance') or diag("@distances");
	is($regressions->(), 1, '... and counted once');
	ok(abs(status($observer, 'extract(epoch FROM largest_regression)') - $distances[0]) < 60, '... with the distance');

	$clock->set('+18h');
	$refused->('set back further: IDs are refused');
	is(scalar(() = $logged->()), 1, '... which is no new line in the log');
	is($regressions->(), 1, '... and no new regression');
	my $largest = status($observer, 'extract(epoch FROM largest_regression)');
	ok($largest > 7140 && $largest <= 7201, '... but a larger one') or diag($largest);

	$clock->set('+19.9h');
	$refused->('set forward, but not to where it was: IDs are refused');
	is(scalar(() = $logged->()), 1, '... which is no new line in the log');

	$clock->set('+20h');
	wait_until { $observer->error('SELECT snowflake_nextval()') eq '' } 'the clock to pass its old height';
	is(scalar(() = $logged->()), 1, 'put right: no new line in the log');
	is($regressions->(), 1, '... and no new regression');

	$clock->set('+19.5h');
	$refused->('set back by half an hour: IDs are refused');
	@distances = $logged->();
	is(scalar @distances, 2, '... it is logged again');
	ok($distances[1] > 1740 && $distances[1] <= 1801, '... with the distance') or diag("@distances");
	is($regressions->(), 2, '... and counted');
	is(status($observer, 'extract(epoch FROM largest_regression)'), $largest, '... and the larger one stays the largest');

	$clock->set('+20.5h');
	is($_->error('SELECT snowflake_nextval()'), '', 'put right: IDs go on') foreach @sessions;
	$_->quit foreach @sessions;
	return;
}

#
# Why calls wait.
#
sub check_clock_waits
{
	my ($node) = @_;
	my $session = session($node);
	my $observer = session($node);

	my $before = status($observer, 'sequence_waits + drift_waits + reservation_waits');
	alter_system($node, $observer, 'idgen.max_drift', '0');
	reload_until($node, $session, 'idgen.max_drift', '0');
	$clock->set('+21h');
	$session->query('SELECT snowflake_nextval()');
	counts_waits { $session->query(push_ahead(1000)) } $observer, '0', 'above the ceiling, calls wait for the sequence';

	$session->query("SET idgen.max_wait = '1h'");
	$clock->set('+20h');
	counts_waits
	{
		$session->send('SELECT snowflake_nextval()');
		is_seen_waiting($node, $session, 'IdgenClock', 'with the clock set back, a call waits');
		$clock->set('+21h');
		is(($session->finish)[1], '', '... until it is put right');
	}
	$observer, '1', '... for the drift';
	is($observer->query('SELECT waits FROM idgen_slots WHERE pid = ' . $session->pid),
		status($observer, 'sequence_waits + drift_waits + reservation_waits') - $before,
		'idgen_slots has the sum');
	$_->quit foreach $session, $observer;
	return;
}

#
# Whoever draws first
#
sub takes_reservation
{
	my ($node, $session, $sql, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $dba = session($node);

	$dba->query("SELECT pg_replication_origin_drop('idgen') FROM pg_replication_origin WHERE roname = 'idgen'");
	outlive_reservation($dba);
	my $before = status($dba, 'reservations');
	is($session->error($sql), '', $name);
	is(status($dba, 'reservations') - $before, 1, '... takes one reservation');
	cmp_ok(origin_progress($dba, 'idgen'), '>', 0, '... in an origin that comes into being');
	is( $dba->query(
			"SELECT count(*) FROM pg_locks WHERE relation = 'pg_replication_origin'::regclass OR classid = 'pg_replication_origin'::regclass"
		),
		0,
		'... and holds no lock on it afterwards');
	$dba->quit;
	return;
}

sub check_first_of_all
{
	my ($node, $kind) = @_;
	my $force = $node->pg_version >= 16 ? 'debug_parallel_query' : 'force_parallel_mode';

	foreach my $first (
		[ 'the first call', 'SELECT snowflake_nextval()' ],
		[ 'the first call, in a parallel worker', "SET $force = on; SELECT snowflake_nextval()" ],
		[ 'the first call, in a read-only transaction', 'BEGIN READ ONLY; SELECT snowflake_nextval()' ])
	{
		my ($name, $sql) = @$first;
		$node->safe_psql('postgres', "SELECT pg_replication_origin_drop('idgen') FROM pg_replication_origin WHERE roname = 'idgen'");
		$node->restart;
		my $session = session($node);
		takes_reservation($node, $session, $sql, "$kind: $name");
		is(status($session, 'reservations, reserved_until > timeline_at, preloaded'),
			$kind eq 'preloaded' ? '1|t|t' : '1|t|f', '... as idgen_status() tells');
		$session->quit;
	}
	return;
}

sub check_everywhere
{
	my ($node) = @_;
	my $force = $node->pg_version >= 16 ? 'debug_parallel_query' : 'force_parallel_mode';
	my $session = session($node);

	$node->safe_psql('postgres', "CREATE ROLE regress_drawer LOGIN; CREATE DATABASE other; CREATE DATABASE closed");
	$node->safe_psql($_, 'CREATE EXTENSION idgen') foreach 'other', 'closed';
	$node->safe_psql('postgres', 'CREATE TABLE t (id bigint PRIMARY KEY DEFAULT snowflake_nextval())');
	$node->safe_psql('postgres', 'CREATE MATERIALIZED VIEW drawn AS SELECT snowflake_nextval() AS id');

	takes_reservation($node, $session, 'BEGIN READ ONLY; SELECT snowflake_nextval()', 'a read-only transaction');
	is($session->query('SELECT pg_current_xact_id_if_assigned() IS NULL'), 't', '... and stays one');
	$session->query('COMMIT');

	takes_reservation($node, $session, 'BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT snowflake_nextval()', 'a serializable one');
	$session->query('ROLLBACK');

	takes_reservation($node, $session, 'BEGIN; SAVEPOINT s; SELECT snowflake_nextval(); ROLLBACK TO s', 'a subtransaction');
	$session->query('SELECT snowflake_nextval(); ROLLBACK');

	takes_reservation($node, $session, 'BEGIN; INSERT INTO t DEFAULT VALUES; PREPARE TRANSACTION \'prepared\'', 'a prepared transaction');
	$session->query("ROLLBACK PREPARED 'prepared'");

	takes_reservation($node, $session, 'REFRESH MATERIALIZED VIEW drawn', 'a materialized view');

	$session->query("SET $force = on");
	takes_reservation($node, $session, 'SELECT snowflake_nextval()', 'a parallel worker');
	takes_reservation($node, $session, 'BEGIN READ ONLY; SELECT snowflake_nextval(); COMMIT', 'one of a read-only transaction');
	$session->quit;

	$session = session($node, user => 'regress_drawer', dbname => 'other');
	takes_reservation($node, $session, 'SELECT snowflake_nextval()', 'anyone, in another database');
	$session->quit;

	$session = session($node, dbname => 'closed');
	$node->safe_psql('postgres', 'ALTER DATABASE closed ALLOW_CONNECTIONS false');
	takes_reservation($node, $session, 'SELECT snowflake_nextval()', 'a database that is closed by now');
	$session->quit;
	return;
}

#
# The setting
#
sub check_setting
{
	my ($node) = @_;
	my $session = session($node);
	my $beyond = q{SELECT reserved_until - clock_timestamp() > interval '10s' FROM idgen_status()};

	$session->query("LOAD 'idgen'");
	is( $session->query(
			q{SELECT vartype, unit, context, min_val, max_val, boot_val FROM pg_settings WHERE name = 'idgen.reserve_ahead'}
		),
		'integer|ms|sighup|100|60000|3000',
		'unit, range and context of idgen.reserve_ahead');
	like($session->error("SET idgen.reserve_ahead = '1min'"), qr/55P02/, 'nobody sets it for himself');
	like($session->error("ALTER SYSTEM SET idgen.reserve_ahead = $_"), qr/22023/, "no value of $_") foreach 99, 60001;

	my $user = session($node, user => 'regress_drawer');
	like($user->error("LOAD '\$libdir/idgen'; SET idgen.reserve_ahead = '1min'"), qr/ERROR/, 'nor does somebody without privileges');
	like($user->error("ALTER SYSTEM SET idgen.reserve_ahead = '1min'"), qr/42501/, '... or for all');
	$user->quit;
	{
		local $ENV{PGOPTIONS} = '-c idgen.reserve_ahead=1min';
		$user = session($node, user => 'regress_drawer');
		$user->query('SELECT snowflake_nextval()');
		isnt($user->query('SHOW idgen.reserve_ahead'), '1min', '... or by an option of the connection');
		$user->quit;
	}

	outlive_reservation($session);
	$session->query('SELECT snowflake_nextval()');
	is($session->query($beyond), 'f', 'a reservation for a while');
	alter_system($node, $session, 'idgen.reserve_ahead', '1min');
	outlive_reservation($session);
	$session->query('SELECT snowflake_nextval()');
	is($session->query($beyond), 't', '... and after a reload for longer');
	$session->quit;
	return;
}

#
# A synchronous standby is wanted, and not there.
#
sub check_unconfirmed
{
	my ($node) = @_;
	my $dba = session($node);
	my $session = session($node);
	my $unconfirmed = qr/ERROR:  55000: .*synchronous.*HINT:  /s;
	my $set_names = sub {
		my ($names) = @_;
		alter_system($node, $dba, 'synchronous_standby_names', $names);
		reload_until($node, $session, 'synchronous_standby_names', $names);
	};

	# The first call has an origin created, too.
	$set_names->('missing');
	$session->query("SET idgen.max_wait = '300ms'");
	my $start = time;
	my $error = $session->error('SELECT snowflake_nextval()');
	like($error, $unconfirmed, 'unconfirmed: refused');
	like($error, qr/DETAIL:  No time has been reserved yet, and "idgen.max_wait" is 300 ms/, '... nothing was reserved before');
	cmp_ok(time - $start, '>=', 0.3, '... after idgen.max_wait');
	$session->query("SET synchronous_commit = off; SET idgen.max_wait = 0");
	like($session->error('SELECT snowflake_nextval()'), $unconfirmed, '... also who commits without');
	is($dba->query('SELECT ids_issued FROM idgen_status()'), 0, '... no ID was made');

	counts_waits
	{
		$session->query("SET idgen.max_wait = '1h'");
		$session->send('SELECT snowflake_nextval()');
		is_seen_waiting($node, $session, 'IdgenReservation', 'with more patience, a call waits');
		$dba->query('SELECT pg_cancel_backend(' . $session->pid . ')');
		like(($session->finish)[1], qr/57014: canceling statement due to user request/, '... and can be cancelled');
	}
	$dba, '2', '... for the reservation';

	$session->query("SET idgen.max_wait = '20s'");
	$session->send('SELECT snowflake_nextval()');
	is_seen_waiting($node, $session, 'IdgenReservation', 'another call waits');
	alter_system($node, $dba, 'synchronous_standby_names', '');
	(my $id, $error) = $session->finish;
	like($id, qr/^\d+$/, '... until no standby is wanted any more') or diag($error);

	# Within what has been confirmed, nobody asks.
	alter_system($node, $dba, 'idgen.reserve_ahead', '1min');
	outlive_reservation($dba);
	$dba->query('SELECT snowflake_nextval()');
	$set_names->('missing');
	$session->query('SET idgen.max_wait = 0');
	my ($later) = $session->ids('SELECT snowflake_nextval()');
	is_increasing([ $id, $later ], 'confirmed before: IDs go on');
	outlive_reservation($session);
	$error = $session->error('SELECT snowflake_nextval()');
	like($error, qr/DETAIL:  IDs are reserved up to (?!1970)\d{4}-/, '... until that is used up');
	$set_names->('');
	$_->quit foreach $session, $dba;
	return;
}

$clock = fake_clock();
my $node = new_server('clock', clock => $clock, conf => "checkpoint_timeout = '1d'");
check_idle($node);
check_steady($node);
check_regressions($node);
check_clock_waits($node);
$node->stop;

$node = new_server(
	'plain',
	streaming => 1,
	conf => "idgen.reserve_ahead = '100ms'\nmax_prepared_transactions = 2");
check_unconfirmed($node);
reset_settings($node);
check_first_of_all($node, 'not preloaded');
check_everywhere($node);
check_setting($node);
reset_settings($node);
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'idgen'");
check_first_of_all($node, 'preloaded');
$node->adjust_conf('postgresql.conf', 'idgen.reserve_ahead', "'3s'");
$node->restart;
check_load($node);
$node->stop;

done_testing();
