# Guards: idgen_reset_timeline() on a server that leases its worker ID.  The timeline goes back although the worker
# ID has been used far ahead, because another one takes its place; the old one rests, and no ID comes twice, also
# while sessions issue IDs all the time, or reset at once.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use IdgenTest::Lease;
use PostgreSQL::Test::Cluster;
use Test::More;
use Time::HiRes qw(sleep time);

skip_all_without_faketime();

my $HOUR = 3600;
my $RESET = 'SELECT idgen_reset_timeline()';

my $store = postgres_store('store');
my $issued = issued();
my $clock = fake_clock('+0');
my $one = leasing_server('one', $store, clock => $clock, lease => { ttl => '2s', reach => '6s', max_skew => '1d' });
my $session = session($one);

# IDs until 500 have come after one that goes back, without a pause that depends on the clock, which changes meanwhile.
$session->query(<<'END_OF_FUNCTION');
CREATE FUNCTION issue_past_reset(most integer) RETURNS SETOF bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	id bigint;
	former bigint := 0;
	after integer := 0;
BEGIN
	FOR i IN 1 .. most LOOP
		id := snowflake_nextval();
		RETURN NEXT id;
		IF id < former OR after > 0 THEN
			after := after + 1;
		END IF;
		EXIT WHEN after = 500;
		former := id;
		PERFORM count(*) FROM generate_series(1, 3000);
	END LOOP;
END $$
END_OF_FUNCTION

# Leaves the timeline so many seconds ahead of a clock that is right again, and returns the worker ID that has been there.
my ($runs, $boundary) = (0, 0);

sub is_ahead { return time_of($_[0]) > $boundary; }

sub get_ahead
{
	my ($seconds) = @_;

	$runs++;
	$boundary = (time + $seconds / 2) * 1_000_000;
	$clock->set_ahead($seconds);
	my $ids = issue($session, 100);
	sleep 0.3;
	$clock->set_ahead(0);
	$issued->add("IDs $seconds s ahead", "ahead $runs", $ids);
	is(scalar(grep { is_ahead($_) } @$ids), 100, '... are there') or diag time_of($ids->[0]);
	return node_of($ids->[-1]) if $seconds < $HOUR;
	$session->query('SET idgen.max_wait = 0');
	like($session->error('SELECT snowflake_nextval()'), qr/ERROR:  55000: snowflake timeline is too far ahead of the system clock/, '... and block the server');
	$session->query('RESET idgen.max_wait');
	return node_of($ids->[-1]);
}

# Passes if IDs begin at the clock, with another worker ID than the one that was used ahead, which rests.
sub is_at_clock
{
	my ($name, $before) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $ids = issue($session, 100);

	$issued->add("$name: IDs go on", "after $runs: $name", $ids);
	cmp_ok(abs(time_of($ids->[0]) / 1_000_000 - time), '<', 3, '... at the clock');
	isnt(node_of($ids->[0]), $before, '... with another worker ID');
	is(node_of($ids->[0]), wait_for_lease($session, 'held')->{worker_id}, '... which is leased');
	is( $session->query("SELECT is_held, resting_until IS NOT NULL AND extract(epoch FROM fence) * 1000000 > $boundary FROM idgen_lease_workers() WHERE worker_id = $before"),
		'f|t', '... and the former one rests until its last ID');
	$issued->are_below_fences($store, '... and all lie below the fences');
	return;
}

sub check_reset
{
	my ($name, $reset) = @_;
	my $before = get_ahead($HOUR);

	is($session->error($reset), '', "$name: the timeline is reset");
	is_at_clock($name, $before);
	return;
}

# Nobody may issue an ID with the next worker ID before the timeline has been reset: ahead by less than
# idgen.max_regression, calls do not wait.
sub check_busy
{
	my ($seconds, $round) = @_;
	my @busy = map { session($one) } 1 .. 3;

	$_->send('SELECT issue_past_reset(30000)') foreach @busy;
	my $before = get_ahead($seconds);
	is($session->error($RESET), '', 'the timeline is reset while sessions want IDs');
	is_at_clock('busy', $before);
	foreach (0 .. $#busy)
	{
		my ($output, $error) = $busy[$_]->finish;
		my @ids = split /\n/, $output;
		my @far = grep { is_ahead($ids[$_]) } 0 .. $#ids;
		my $next = @far ? $far[-1] + 1 : 0;

		is($error, '', '... none of which is refused');
		cmp_ok(scalar(@far), '>', 0, '... or misses the time ahead');
		cmp_ok($next, '<', @ids, '... or the time after that');
		is($next - ($far[0] // 0), scalar(@far), '... and the way back is gone once');
		$issued->add('... and no ID comes twice', "busy $seconds $round $_ before", @ids[ 0 .. $next - 1 ]);
		$issued->add('... nor later', "busy $seconds $round $_ after", @ids[ $next .. $#ids ]);
		$busy[$_]->quit;
	}
	return;
}

# A reset that is refused leaves the server with a worker ID, and IDs where they were.
sub check_refused
{
	$session->query("SELECT snowflake_create_generator('own', worker_id => 20)");
	$clock->set_ahead($HOUR);
	$session->query("SELECT snowflake_nextval('own')");
	my $before = get_ahead($HOUR);
	like($session->error($RESET), qr/ERROR:  55000: snowflake IDs might repeat.*Generators with a node of their own have issued IDs up to/s, 'a reset is refused if IDs of others could repeat');
	isnt(wait_for_lease($session, 'held')->{worker_id}, undef, '... and the server gets a worker ID nevertheless');
	like($session->error('SELECT idgen_reset_timeline(force => true)'), qr/WARNING:  01000: generators with a node of their own .* are "own"\./s, '... or the reset is forced, with a warning');
	is_at_clock('forced', $before);
	return;
}

# Beyond what the lease covers, nothing can have been issued, so the worker ID that was given up is claimed again.
sub check_reset_ahead
{
	my $before = wait_for_lease($session, 'held')->{worker_id};

	$session->query("SELECT idgen_reset_timeline(clock_timestamp() + interval '20 s', force => true)");
	my $ids = issue($session, 10);
	$issued->add('a reset to a time beyond the fence', 'beyond', $ids);
	is(node_of($ids->[0]), $before, '... keeps the worker ID');
	cmp_ok(time_of($ids->[0]) / 1_000_000 - time, '>', 15, '... and IDs begin there');
	return;
}

# Sessions that reset at once, while others issue as many IDs as the layout has, so that all are ahead of the clock.  Were
# a worker ID leased while one of the resets goes on, its IDs would be issued again.
sub check_at_once
{
	my $two = leasing_server(
		'two', $store,
		lease => { ttl => '2s', reach => '6s', pool => 'resets' },
		conf => "idgen.layout = 'sonyflake'\nidgen.max_wait = '20s'\n");
	my $on_two = session($two);
	my %seen;

	create_pool($on_two, 0, 63);
	wait_for_lease($on_two, 'held');
	foreach my $round (1 .. full_run() ? 10 : 1)
	{
		my @busy = map { session($two) } 1 .. 2;
		my @resetting = map { session($two) } 1 .. 4;

		$_->send('SELECT snowflake_nextval() FROM generate_series(1, 50000)') foreach @busy;
		$_->send(join(';', ('SELECT idgen_reset_timeline(force => true)') x 12)) foreach @resetting;
		is(($_->finish)[1], '', 'the timeline is reset by sessions at once') foreach @resetting;
		$seen{$_}++ foreach map { split /\n/, ($_->finish)[0] } @busy;
		$_->quit foreach @busy, @resetting;
	}
	is(scalar(keys %seen) % 100000, 0, '... while IDs are issued');
	is(scalar(grep { $_ > 1 } values %seen), 0, '... none of them twice');
	return ($two, $on_two);
}

# A reset that ends, here by an error, does not let the agent claim a worker ID while another goes on.
sub check_waiting
{
	my ($two, $on_two) = @_;
	my @resetting = map { session($two) } 1 .. 2;
	my @pids = map { $_->query('SELECT pg_backend_pid()') } @resetting;
	my $locking = session($two);

	$locking->query('BEGIN; LOCK TABLE pg_replication_origin IN SHARE ROW EXCLUSIVE MODE');
	foreach (0 .. 1)
	{
		$resetting[$_]->send('SELECT idgen_reset_timeline(force => true)');
		wait_until { $on_two->query("SELECT wait_event FROM pg_stat_activity WHERE pid = $pids[$_]") =~ /Extension|IdgenReservation/ } 'a reset that waits';
	}
	$on_two->query("SELECT pg_cancel_backend($pids[0])");
	like(($resetting[0]->finish)[1], qr/canceling statement/, 'a reset is cancelled while another waits');
	$on_two->query("SET idgen.max_wait = '1s'");
	like($on_two->error('SELECT snowflake_nextval()'), qr/ERROR:  55000: this server holds no worker ID/, '... during which no ID is issued');
	$on_two->query('RESET idgen.max_wait');
	$locking->query('ROLLBACK');
	is(($resetting[1]->finish)[1], '', '... and which ends');
	is(scalar(@{ issue($on_two, 10) }), 10, '... and then IDs go on');
	$_->quit foreach @resetting, $locking;
	return;
}

# A session that is terminated while it resets leaves the server as it was.
sub check_terminated
{
	my ($two, $on_two) = @_;
	my $resetting = session($two);
	my $pid = $resetting->query('SELECT pg_backend_pid()');
	my $agent = signal_agent($two, 'STOP');

	$resetting->send('SELECT idgen_reset_timeline(force => true)');
	wait_until { $on_two->query("SELECT count(*) FROM pg_stat_activity WHERE pid = $pid AND wait_event_type = 'Extension'") } 'a reset that waits';
	$on_two->query("SELECT pg_terminate_backend($pid, 10000)");
	kill('CONT', $agent);
	is(scalar(@{ issue($on_two, 10) }), 10, 'IDs go on after a session that resets was terminated');
	$on_two->quit;
	$two->stop('fast');
	return;
}

restart_agent($one);
create_pool($session, 0, 15);
wait_for_lease($session, 'held');
check_reset('default', $RESET);
check_reset('a time', 'SELECT idgen_reset_timeline(clock_timestamp())');
foreach my $round (1 .. full_run() ? 5 : 1)
{
	check_busy($_, $round) foreach 40, $HOUR;
}
check_refused();
check_reset_ahead();
my @two = check_at_once();
check_waiting(@two);
check_terminated(@two);
$session->quit;
$one->stop('fast');

done_testing();
