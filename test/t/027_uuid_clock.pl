# Guards: whatever the clock does, no UUID or ULID comes twice.  Those of a process's own
# go on: versions 1 and 6 follow a clock that was set back beyond idgen.max_drift under
# another clock sequence; version 7 and ULIDs stay at their time and increase, but follow
# a clock that was set back by more than 10 s, with other random bits.  Those that hold a moment of the server's wait, and then fail, as snowflakes do.  Times are
# right from 1970 up to the end of the server's moments in 2255.
#
# The server alone runs with libfaketime, which reads its clock's offset from a file.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use Test::More;

skip_all_without_faketime();

my $CLOCK = fake_clock();
# Seconds from 1582-10-15, with which versions 1 and 6 begin.
my $TO_1970 = 12219292800;

my @OF_SERVER = kinds_of_server();
my $TOO_FAR =
  qr/ERROR:  55000: snowflake timeline is too far ahead of the system clock\n.*DETAIL:.*, (\d+\.\d{3}) ms ahead of the clock\. "idgen.max_drift" is 1000 ms/s;

# The fields of UUIDs of version 1 or 6 with a node of the process's own.
sub gregorian
{
	my ($session, $version, $count) = @_;

	return map { gregorian_fields($_) } $session->ids("SELECT uuidv$version() FROM generate_series(1, $count)");
}

sub gregorian_fields
{
	my ($id) = @_;
	my ($first, $second, $third, $sequence, $node) = split /-/, $id;
	my ($high, $middle, $low) = map { hex } $first, $second, $third;
	my $ticks = $low >> 12 == 1 ? ($low & 0xFFF) << 48 | $middle << 32 | $high : $high << 28 | $middle << 12 | $low & 0xFFF;

	return { id => $id, ticks => $ticks, time => $ticks / 1e7 - $TO_1970, sequence => hex($sequence) & 0x3FFF, node => $node };
}

sub count_distinct
{
	my %seen = map { $_ => 1 } @_;
	return scalar keys %seen;
}

sub clock_of
{
	my ($session) = @_;
	return $session->query('SELECT extract(epoch FROM clock_timestamp())');
}

# Passes if UUIDs begin at the clock's time, or above it by at most the drift.
sub is_at_clock
{
	my ($session, $before, $drift, $fields, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $after = clock_of($session);
	my @wrong = grep { $_->{time} < $before - 0.00001 || $_->{time} > $after + $drift + 0.002 } @$fields;

	return is(scalar(@wrong), 0, $name) || diag("$wrong[0]{id} is of $wrong[0]{time}, the clock was at $before, and then at $after");
}

sub increases
{
	my ($fields, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	return is_increasing([ map { $_->{ticks} } @$fields ], $name);
}

# Versions 1 and 6 with a node of the session's own: both draw from one sequence of times.
sub check_gregorian
{
	my ($node, $drift) = @_;
	my $session = session($node);
	my $name = "idgen.max_drift = $drift s";
	my (@all, @since_step, $sequence);

	$CLOCK->set_ahead(0);
	push @since_step, gregorian($session, $_, 20) foreach 1, 6, 1, 6;
	$sequence = $since_step[0]{sequence};
	increases(\@since_step, "$name: versions 1 and 6 increase together");
	is(scalar(grep { !(hex(substr($_->{node}, 0, 2)) & 1) } @since_step), 0, '... with a node that no hardware has');

	# A clock that was set back within the drift changes nothing.
	if ($drift > 0)
	{
		foreach my $ahead (-0.5, 0, -0.3, 0)
		{
			$CLOCK->set(sprintf '%+.1f', $ahead);
			push @since_step, gregorian($session, $_, 20) foreach 1, 6;
		}
		increases(\@since_step, "$name: they go on increasing when the clock is set back within it");
		is(scalar(grep { $_->{sequence} != $sequence } @since_step), 0, '... with the same clock sequence');
	}

	@all = @since_step;

	# Beyond it they follow the clock, each time with the next clock sequence; forward, they
	# follow with the same one.
	my ($behind, $regressions) = (0, 0);
	foreach my $ahead (-60, -3600, 3600, 600, 7200, 0, map { $_ % 2 ? -60 : 0 } 1 .. 20)
	{
		$CLOCK->set_ahead($ahead);
		my $before = clock_of($session);
		my @drawn = map { gregorian($session, $_, 5) } 1, 6;

		if ($ahead < $behind)
		{
			$sequence = ($sequence + 1) % 2**14;
			$regressions++;
			@since_step = ();
		}
		$behind = $ahead;
		push @since_step, @drawn;
		push @all, @drawn;
		is_at_clock($session, $before, $drift, \@drawn, "$name: clock at $ahead s: at the clock's time");
		is(scalar(grep { $_->{sequence} != $sequence } @drawn), 0, '... with the clock sequence that counts those steps back');
		increases(\@since_step, '... and increasing');
	}
	cmp_ok($regressions, '>', 10, "$name: $regressions steps back");
	is(count_distinct(map { $_->{node} } @all), 1, '... the node is the same');
	is(count_distinct(map { $_->{id} } @all), scalar(@all), '... and nothing comes twice');
	is(count_distinct(map { "$_->{ticks} $_->{sequence}" } @all), scalar(@all), '... also if versions 1 and 6 are taken for each other');

	# Another session has another node, and begins its clock sequence elsewhere.
	my $other = session($node);
	my ($first) = gregorian($other, 1, 1);
	isnt($first->{node}, $all[0]{node}, '... another session has another node');
	$_->quit foreach $session, $other;
	return;
}

# What makes version 7 and ULIDs of a session, and reads their time.
my %OF_SESSION = (
	'public.uuidv7()' => 'uuid_timestamp(public.uuidv7(), true)',
	"public.uuidv7('1 day')" => "uuid_timestamp(public.uuidv7('1 day'), true) - interval '1 day'",
	'ulid()' => 'ulid()::timestamptz',
	'ulid_monotonic()' => 'ulid_monotonic()::timestamptz');

# They stay at their time while the clock is behind by up to 10 s, and follow it if it is
# further behind: it was wrong.
sub check_of_session
{
	my ($node) = @_;
	my $session = session($node);

	foreach my $draw (sort keys %OF_SESSION)
	{
		my $ids = "SELECT $draw FROM generate_series(1, 50)";
		my (@all, @since_step, $highest);
		my $is_between = sub {
			my ($least, $greatest, $name) = @_;
			is($session->query("SELECT extract(epoch FROM $OF_SESSION{$draw}) BETWEEN $least - 0.001 AND $greatest"), 't', $name);
		};

		# A clock of the year 2038 at first.
		foreach my $ahead (3600 * 24 * 365 * 12, 3600, 0, -3600, 1800, -86400)
		{
			$CLOCK->set_ahead($ahead);
			my $before = clock_of($session);
			@since_step = $session->ids($ids);
			$highest = clock_of($session);
			foreach my $behind (1, 9, 5)
			{
				$CLOCK->set_ahead($ahead - $behind);
				push @since_step, $session->ids($ids);
				$is_between->($before, $highest, "clock at $ahead s, then $behind s behind: $draw stays at its time");
			}
			is_increasing_text(\@since_step, '... and increases');
			$CLOCK->set_ahead($ahead - 12);
			$before = clock_of($session);
			push @since_step, $session->ids($ids);
			$is_between->($before, clock_of($session) + 1, '... then 12 s behind: it follows the clock');
			push @all, @since_step;
		}
		$CLOCK->set_ahead(7200);
		is($session->query("SELECT $OF_SESSION{$draw} BETWEEN clock_timestamp() - interval '1 min' AND clock_timestamp() + interval '1 ms'"), 't',
			'... and follows a clock that is ahead of it');
		push @all, $session->ids($ids);
		is(count_distinct(@all), scalar(@all), "$draw: none comes twice");
	}
	$CLOCK->set_ahead(0);
	$session->quit;
	return;
}

# Under a clock that stands still, and goes back to where it was: then only random bits tell
# IDs apart.  UUIDs use up the random bits of a fraction after about 33,000.
sub check_standing_clock
{
	my ($node) = @_;
	my @sessions = map { session($node) } 1 .. 2;
	my $count = full_run() ? 60_000 : 40_000;

	foreach my $draw ('public.uuidv7()', 'ulid()')
	{
		my @all;

		foreach my $clock ('2026-03-01 00:00:00', '2026-02-01 00:00:00', '2026-03-01 00:00:00', (full_run() ? '2026-02-01 00:00:00' : ()))
		{
			$CLOCK->set($clock);
			foreach my $session (@sessions)
			{
				my @ids = $session->ids("SELECT $draw\::uuid FROM generate_series(1, $count)");

				is_increasing_text(\@ids, "clock standing at $clock: $draw increases");
				push @all, @ids;
			}
		}
		is(count_distinct(@all), scalar(@all), "... and none comes twice, in two sessions");
		is(count_distinct(map { substr($_, 20) } @all), scalar(@all), '... nor the last 60 bits');
		my $fractions = count_distinct(map { substr($_, 0, 18) } @all[ 0 .. $count - 1 ]);
		ok($draw =~ /ulid/ || $fractions >= 2 && $fractions < 100, '... time goes on where random bits are used up') || diag($fractions);
	}
	$CLOCK->set_ahead(0);
	$_->quit foreach @sessions;
	return;
}

sub moments
{
	my ($session, $kind, $count) = @_;

	return map { (split /\|/)[2] } split /\n/, $session->query(draw_uuids($kind, $count));
}

# The error of drawing one, with idgen.uuid_node as it is; '' if there is none.
sub draw_error
{
	my ($session, $kind) = @_;
	my ($function) = split / /, $kind;

	return $session->error("SELECT $function()");
}

# Those of the server do not follow a clock that was set back.
sub check_of_server
{
	my ($node) = @_;
	my @sessions = map { session($node) } 1 .. 2;
	my @moments;

	$CLOCK->set_ahead(0);
	foreach my $ahead (0, -0.5, 0, -0.3, -0.5, 0)
	{
		$CLOCK->set(sprintf '%+.1f', $ahead);
		foreach my $kind (@OF_SERVER)
		{
			push @moments, moments($_, $kind, 20) foreach @sessions;
		}
	}
	is_increasing(\@moments, 'the clock is set back within the drift, now and then: all of the server are in order');

	$CLOCK->set_ahead(-3600);
	foreach my $session (@sessions, session($node))
	{
		$session->query($_) foreach "SET idgen.max_wait = '50ms'", 'SET idgen.uuid_node = server';
		foreach my $kind (@OF_SERVER)
		{
			my ($distance) = draw_error($session, $kind) =~ $TOO_FAR;
			ok(defined $distance && $distance > 3_500_000 && $distance <= 3_602_000, "clock set back by 1 h: refused, with the distance: $kind")
			  or diag($distance // 'no such error');
		}
	}

	# A call that waits finds out that the clock was put right.
	$sessions[0]->query("SET idgen.max_wait = '10min'");
	$sessions[0]->send('SELECT ulid_sequential()::uuid');
	is_seen_waiting($node, $sessions[0], 'IdgenClock', 'a call waits for the clock');
	$CLOCK->set_ahead(0);
	my ($id) = $sessions[0]->finish;
	push @moments, $sessions[1]->query("SELECT moment_of('ulid_sequential', '$id')"), map { moments($sessions[1], $_, 20) } @OF_SERVER;
	is_increasing(\@moments, '... and ends when the clock is put right, in order');
	$CLOCK->set_ahead(3600);
	push @moments, map { moments($sessions[1], $_, 20) } @OF_SERVER;
	is_increasing(\@moments, '... and when it is set forward, they follow');
	is($sessions[1]->query("SELECT abs(moment_of('snowflake128_nextval', snowflake128_nextval()) / 2e9 - extract(epoch FROM clock_timestamp())) < 60"),
		't', '... at once');
	$_->quit foreach @sessions;
	return;
}

# What tells each kind's time, in an expression that draws one.
my %TIMES = (
	uuidv1 => 'uuid_timestamp(uuidv1())',
	uuidv6 => 'uuid_timestamp(uuidv6())',
	uuidv7 => 'uuid_timestamp(public.uuidv7(), true)',
	uuidv7_shifted => "uuid_timestamp(public.uuidv7(interval '1 day'), true) - interval '1 day'",
	ulid => 'ulid()::timestamptz',
	uuidv7_sequential => 'uuid_timestamp(uuidv7_sequential(), true)',
	ulid_sequential => 'ulid_sequential()::timestamptz',
	snowflake128 => '(snowflake128_parse(snowflake128_nextval())).created_at');

sub check_times
{
	my ($clock, $node) = @_;
	my $session = session($node);

	$CLOCK->set($clock);
	is($session->query('SELECT clock_timestamp()'), "$clock+00", "clock at $clock");
	$session->query('SET idgen.max_wait = 0');
	foreach my $kind (sort keys %TIMES)
	{
		is($session->query("SELECT abs(extract(epoch FROM ($TIMES{$kind})::timestamptz - '$clock+00')) < 0.5"), 't', "... is the time of $kind");
	}
	$session->query('SET idgen.uuid_node = server');
	is($session->query("SELECT abs(extract(epoch FROM $TIMES{$_} - '$clock+00')) < 0.5"), 't', "... is the time of $_ of the server")
	  foreach 'uuidv1', 'uuidv6';
	$session->quit;
	return;
}

# The server's moments end in 2255; what does not hold one goes on.
sub check_end
{
	my ($node) = @_;
	my $session = session($node);
	my $exhausted = qr/ERROR:  54000: time field of the snowflake layout is used up\n.*DETAIL:  The last time that the layout can hold is 2255-06-05 23:47:34\.740991\+00/s;

	$session->query($_) foreach 'SET idgen.max_wait = 0', 'SET idgen.uuid_node = server';
	$CLOCK->set('2255-06-05 23:47:34');
	is(draw_error($session, $_), '', "just before the end: $_") foreach @OF_SERVER;
	foreach my $clock ('2255-06-05 23:47:35', '2260-01-01 00:00:00')
	{
		$CLOCK->set($clock);
		like(draw_error($session, $_), $exhausted, "past the end ($clock): refused: $_") foreach @OF_SERVER;
		is($session->query("SET idgen.uuid_node = random; SELECT abs(extract(epoch FROM $TIMES{$_} - '$clock+00')) < 0.5; SET idgen.uuid_node = server"),
			't', "... $_ goes on") foreach 'uuidv1', 'uuidv6', 'uuidv7', 'ulid';
	}
	$session->quit;
	return;
}

my $CONF = "timezone = 'UTC'\n";
my $node = new_server('clock', clock => $CLOCK, conf => $CONF);
create_moment_of($node);
check_gregorian($node, 1);
check_of_session($node);
check_standing_clock($node);
check_of_server($node);
$node->stop;

$CLOCK->set_ahead(0);
$node = new_server('no_drift', clock => $CLOCK, conf => $CONF . "idgen.max_drift = 0");
check_gregorian($node, 0);
$node->stop;

# Areas that have never seen another clock.
foreach my $clock ('1971-01-01 00:00:00', '2250-12-31 23:59:59')
{
	$CLOCK->set($clock);
	$node = new_server('in_' . substr($clock, 0, 4), clock => $CLOCK, conf => $CONF);
	create_moment_of($node);
	check_times($clock, $node);
	check_end($node) if $clock =~ /^2250/;
	$node->stop;
}

done_testing();
