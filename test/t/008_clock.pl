# Guards: whatever the clock does, no ID comes twice or lower than one before it.  A
# clock that is set back by no more than idgen.max_drift is not noticed; beyond that,
# before the epoch and past the end of the time field, calls fail and say why.
#
# The server alone runs with libfaketime, which reads its clock's offset from a file.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use Test::More;
use Time::HiRes qw(time);

skip_all_without_faketime();

my $CLOCK = fake_clock();

# 2020-01-01 and 2^41 ms later: 2089-09-06 15:47:35.552, in UTC.
my $EPOCH = 1577836800;
my $END = $EPOCH + 2**41 / 1000;

my $TOO_FAR =
  qr/ERROR:  55000: snowflake timeline is too far ahead of the system clock\n.*DETAIL:.*, (\d+\.\d{3}) ms ahead of the clock\. "idgen.max_drift" is 1000 ms/s;

# The same with every shape of a call.
my @shapes = (
	'SELECT snowflake_nextval()',
	burst(300),
	'SELECT unnest(snowflake_nextvals(5))',
	'SELECT snowflake_next_block(5)');

# The clock is set back by less than the drift allows: nothing happens.
sub check_small_step
{
	my ($node) = @_;
	my @sessions = map { session($node) } 1 .. 2;
	my @ids;

	$CLOCK->set('+0');
	foreach my $clock ('+0', '-0.5', '+0', '-0.3', '-0.5')
	{
		$CLOCK->set($clock);
		foreach my $shape (@shapes)
		{
			push @ids, $_->ids($shape) foreach @sessions;
		}
	}
	is_increasing(\@ids, 'clock set back by 0.5 s, now and then');
	my $ahead = $sessions[0]->query(
		"SELECT ahead_of_clock BETWEEN interval '0' AND interval '1s' FROM idgen_status()");
	is($ahead, 't', '... and the timeline is ahead within the drift');
	is($sessions[0]->query('SELECT sequence_waits + drift_waits FROM idgen_status()'), 0, '... and nobody waited');
	$_->quit foreach @sessions;
	return;
}

# A burst is running while the clock steps.
sub check_step_in_burst
{
	my ($node) = @_;
	my $session = session($node);

	$CLOCK->set('+0');
	$session->query('SELECT snowflake_nextval()');
	$session->query('CREATE TABLE drawn (n serial, id bigint, at timestamptz)');
	$session->send(
		q{DO $$
		BEGIN
			WHILE NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 8) LOOP
				INSERT INTO drawn (id, at) SELECT snowflake_nextval(), clock_timestamp() FROM generate_series(1, 100);
			END LOOP;
		END $$});
	my $observer = session($node);
	my $issued = 'SELECT COALESCE(sum(ids_issued), 0) FROM idgen_slots WHERE pid = ' . $session->pid;
	foreach my $clock ('+0', '-0.5', '+0', '-0.4', '+0.2')
	{
		$CLOCK->set($clock);
		my $before = $observer->query($issued);
		wait_until { $observer->query($issued) > $before + 300 } 'some IDs under this clock';
	}
	$observer->query('SELECT pg_advisory_lock(8)');
	is(($session->finish)[1] =~ /ERROR/, '', 'a burst goes on while the clock steps');
	is( $session->query(
			'SELECT count(*) FROM (SELECT at < lag(at) OVER (ORDER BY n) AS back, id <= lag(id) OVER (ORDER BY n) AS below FROM drawn) AS pairs WHERE below'
		),
		0,
		'... with no decrease');
	cmp_ok(
		$session->query(
			'SELECT count(*) FROM (SELECT at < lag(at) OVER (ORDER BY n) AS back FROM drawn) AS pairs WHERE back'
		),
		'>=', 2,
		'... and it did step back');
	$_->quit foreach $session, $observer;
	return;
}

# The clock is set back by more: calls wait, and then fail, until it is right again.
sub check_large_step
{
	my ($node) = @_;
	my $session = session($node);

	$CLOCK->set('+0');
	my $before = $session->query('SELECT snowflake_nextval()');
	$CLOCK->set('-1h');
	$session->query("SET idgen.max_wait = '300ms'");
	foreach my $shape (@shapes)
	{
		my $start = time;
		my ($distance) = $session->error($shape) =~ $TOO_FAR;
		my $passed = time - $start;
		ok(defined $distance && $distance > 3_590_000 && $distance <= 3_602_000,
			"clock set back by 1 h: refused, with the distance: $shape")
		  or diag($distance);
		ok($passed >= 0.3 && $passed < 20, '... after idgen.max_wait') or diag($passed);
	}
	like(session($node)->error('SELECT snowflake_nextval()'), $TOO_FAR, '... also in a new session');

	# A call that waits finds out that the clock was put right.
	$session->query("SET idgen.max_wait = '10min'");
	$session->send('SELECT snowflake_nextval()');
	$node->poll_query_until('postgres',
		"SELECT wait_event_type = 'Extension' FROM pg_stat_activity WHERE pid = " . $session->pid)
	  or die 'the session does not wait';
	my $start = time;
	$CLOCK->set('+0');
	my ($after) = $session->finish;
	cmp_ok($after, '>', $before, 'a call that waits ends when the clock is put right');
	cmp_ok(time - $start, '<', 5, '... soon');

	$CLOCK->set('+1h');
	is_increasing([ $before, $after, map { $session->ids($_) } @shapes ],
		'and when it is set forward, IDs go on');
	$CLOCK->set('+2h');
	is_increasing([ $after, map { $session->ids($_) } @shapes ], '... and on');
	$session->quit;
	return;
}

# A statement has a part of its chunk left when the clock is set back by 1 h: that part
# is beyond the drift now.
sub check_large_step_in_statement
{
	my ($node) = @_;
	my $session = session($node);

	$session->query('SET idgen.max_wait = 0');
	foreach my $count (300 .. 304)
	{
		$CLOCK->set('+0');
		$session->query('SELECT snowflake_nextval()');
		my $issued = $session->query('SELECT ids_issued FROM idgen_status()');
		$session->send(
			qq{DO \$\$
			DECLARE
				began timestamptz := clock_timestamp();
			BEGIN
				PERFORM snowflake_nextval() FROM generate_series(1, $count);
				-- pg_sleep() would sleep until the clock has come back
				WHILE clock_timestamp() > began - interval '1min' LOOP
				END LOOP;
				PERFORM snowflake_nextval();
			END \$\$});
		$node->poll_query_until('postgres',
			"SELECT ids_issued = $issued + $count FROM idgen_status()") or die 'no IDs were drawn';
		$CLOCK->set('-1h');
		like(($session->finish)[1], $TOO_FAR, "clock set back by 1 h after $count IDs of a statement: refused");
	}
	$CLOCK->set('+0');
	$session->quit;
	return;
}

sub check_uuids
{
	my ($node) = @_;
	my $session = session($node);
	my @uuids;

	foreach my $clock ('+10800', '+10795', '+10792', '+10794')
	{
		$CLOCK->set($clock);
		push @uuids, $session->ids('SELECT public.uuidv7() FROM generate_series(1, 200)');
	}
	my @disorder = grep { $uuids[$_] le $uuids[ $_ - 1 ] } 1 .. $#uuids;
	is(scalar @uuids, 800, 'UUIDs are made under any clock');
	is("@disorder", '', '... and increase in a session, although it was set back by some seconds');
	$session->quit;
	return;
}

sub check_before_epoch
{
	my ($node) = @_;
	my $session = session($node);

	$session->query('SET idgen.max_wait = 0');
	# Within the drift of the epoch, the first IDs are only a little ahead.
	foreach my $time ($EPOCH - 3, 0, $EPOCH - 86400 * 3650)
	{
		$CLOCK->set_to($time);
		foreach my $shape (@shapes)
		{
			like($session->error($shape), qr/ERROR:  55000: /, "clock before 2020 ($time): refused: $shape");
		}
	}
	$session->quit;
	return;
}

# Up to the end of the time field, with a clock that stands still 552 ms before it.
sub check_end
{
	my ($node) = @_;
	my $session = session($node);
	my $exhausted = qr/ERROR:  54000: time field of the snowflake layout is used up/;

	$CLOCK->set('2089-09-06 15:47:35');
	is($session->query('SELECT clock_timestamp()'), '2089-09-06 15:47:35+00', 'just before the end of the time field');
	my $first = $session->query('SELECT snowflake_nextval()');
	is($session->query("SELECT snowflake_timestamp($first) - clock_timestamp()"), '00:00:00', '... IDs are made');

	# All but the last tick, then all of that but six, and then those.
	my $highest = $session->query('SELECT max(id) FROM (SELECT snowflake_next_block(4096) AS id FROM generate_series(1, 550)) AS pushed');
	is($session->query("SELECT snowflake_timestamp($highest)"), '2089-09-06 15:47:35.55+00', '... in order');
	my @ids = ($highest, $session->ids('SELECT unnest(snowflake_nextvals(4090))'));
	like($session->error('SELECT snowflake_next_block(7)'), $exhausted, 'a block that does not fit is refused');
	push @ids, map { $session->ids('SELECT snowflake_nextval()') } 1 .. 6;
	is_increasing(\@ids, '... up to the last tick');
	is($ids[-1], (~0 >> 1) - (31 << 17 | 31 << 12), '... and the last ID of node 0');
	my $error = $session->error('SELECT snowflake_nextval()');
	like($error, $exhausted, 'then there are no more');
	like($error, qr/2089-09-06 15:47:35\.551999\+00/, '... and the error tells the last moment');
	like($session->error('SELECT snowflake_nextvals(1)'), $exhausted, '... in any way');
	like($session->error('SELECT snowflake_next_block(1)'), $exhausted, '... at all');

	foreach my $clock (
		'2089-09-06 15:47:36', '2089-09-07 00:00:00',
		'2159-05-13 07:35:11', '2261-01-01 00:00:00')
	{
		$CLOCK->set($clock);
		foreach my $shape (@shapes)
		{
			like($session->error($shape), $exhausted, "past the end ($clock): refused: $shape");
		}
	}
	is($session->query('SELECT public.uuidv7() > public.uuidv7(interval \'-1 day\')'), 't', 'UUIDs go on');
	$session->quit;
	return;
}

my $node = new_server('clock', clock => $CLOCK, conf => "timezone = 'UTC'");
check_small_step($node);
check_step_in_burst($node);
check_large_step_in_statement($node);
check_large_step($node);
check_uuids($node);
check_before_epoch($node);
$node->stop;

# An area that has never seen another clock.
$CLOCK->set_to($EPOCH - 10);
$node = new_server('past', clock => $CLOCK, conf => "timezone = 'UTC'");
check_before_epoch($node);
$CLOCK->set_to($EPOCH + 10);
my $id = $node->safe_psql('postgres', 'SELECT snowflake_nextval()');
ok($id > 0 && $id < 2**22 * 60_000, 'the first IDs of 2020 are small and positive');
$node->stop;

$CLOCK->set('+0');
$node = new_server('future', clock => $CLOCK, conf => "timezone = 'UTC'");
check_end($node);

done_testing();
