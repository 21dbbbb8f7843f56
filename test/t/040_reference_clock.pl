# Guards: no call waits because the clock was set back, or is behind at a start, by no more
# than idgen.max_regression; what is more than that is waited for, and nothing else.  IDs
# go on from the last one, and what they are ahead of the clock is worked off, even under
# load.  Restarts do not add up.  What happens is told.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use PostgreSQL::Test::Cluster;
use Test::More;
use PostgreSQL::Test::Utils;
use Time::HiRes qw(time);

skip_all_without_faketime();

my $TOO_FAR = qr/ERROR:  55000: snowflake timeline is too far ahead of the system clock\n.*DETAIL: .*"idgen.max_regression" is \d+ ms/s;

my $clock = fake_clock();
my ($node, $session, $record);

# A session for which each wait is an error.
sub open_session
{
	$session = session($node);
	$session->query('SET idgen.max_wait = 0');
	return;
}

# Passes if IDs come at once, above all there were.
sub goes_on
{
	my ($name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my ($output, $error) = $session->run('SELECT snowflake_nextval() FROM generate_series(1, 300)');

	return is($error, '', $name) && $record->add("... above those before", [ split /\s+/, $output ]);
}

sub is_refused
{
	my ($name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	return like($session->error('SELECT snowflake_nextval()'), $TOO_FAR, $name);
}

# Seconds that the last ID is ahead of the clock.
sub ahead
{
	return $session->query("SELECT extract(epoch FROM ahead_of_clock) FROM idgen_status()");
}

sub findings
{
	return $session->query("SELECT severity, finding FROM idgen_check() WHERE subject = 'system clock' AND finding LIKE 'The clock is %'");
}

# The clock shows a time that is so many seconds before the highest, which it shows first.
sub step_back
{
	my ($seconds) = @_;

	$clock->set('+0');
	goes_on('the clock is right') or return;
	$clock->set("-$seconds");
	return;
}

# Everything anew, so that no lead is left of what was before.
sub restart_at
{
	my ($conf) = @_;

	$session->quit if $session;
	$node->stop if $node;
	$clock = fake_clock();
	$node = new_server('s' . int(1000 * time()), clock => $clock, conf => $conf // '');
	$record = id_record();
	open_session();
	return;
}

# ---------------------------------------------------------------------- steps

sub check_steps
{
	restart_at();
	goes_on('before any step');
	$session->query('SELECT pg_sleep(0)');
	foreach my $seconds (0.0005, 0.002, 0.05, 0.5, 2, 20, 45)
	{
		restart_at() if $seconds >= 20;
		step_back($seconds);
		goes_on("set back by $seconds s: no call waits");
		cmp_ok(ahead(), '<', $seconds + 1.5, '... and IDs are no further ahead than that');
	}

	# More than the limit is waited for, and no more.
	restart_at("idgen.max_regression = '10s'");
	step_back(25);
	is_refused('set back by 25 s, of which 10 s are allowed');
	is_refused('... which does not change by asking');
	$clock->set('-16');
	is_refused('... nor when 16 s are left');
	$clock->set('-9');
	goes_on('... but when 9 s are left, nobody waits for these');

	# The lead is the total of all steps.
	restart_at("idgen.max_regression = '10s'");
	step_back(6);
	goes_on('set back by 6 s');
	$clock->set('-12');
	is_refused('set back by 6 s more: 12 s are too much');
	$clock->set('-8');
	goes_on('... and 8 s are not');
	$clock->set('+1');
	goes_on('... until the clock is ahead of all that was');
	cmp_ok(ahead(), '<', 1, '... and nothing of the lead is left');
	$clock->set('-5');
	goes_on('... so that it can be set back again');

	# As it was before there was such a clock.
	restart_at('idgen.max_regression = 0');
	step_back(3);
	is_refused('without idgen.max_regression, 3 s are waited for');
	return;
}

sub check_clock_of_years
{
	restart_at();
	step_back(365 * 86400);
	is_refused('set back by a year');
	$clock->set('-30');
	goes_on('... and corrected to half a minute');

	# Forward needs nothing, but back again.
	restart_at();
	goes_on('before');
	$clock->set('+31536000');
	goes_on('a year ahead');
	$clock->set('+0');
	is_refused('... and back');
	$session->query('SELECT idgen_reset_timeline(force => true)');
	is($session->error('SELECT snowflake_nextval()'), '', '... until the timeline is reset');
	is($session->query('SELECT lead FROM idgen_status()'), '00:00:00', '... which forgets that clock');
	return;
}

# The limit is inclusive.  The clock stands still, so that it is known to the microsecond.
sub check_limit
{
	restart_at("idgen.max_regression = '10s'");
	goes_on('before');
	$clock->set('2040-01-01 00:00:20');
	$session->query('SELECT snowflake_nextval()');
	$clock->set('2040-01-01 00:00:10');
	is($session->error('SELECT snowflake_nextval()'), '', 'set back by the limit itself: no call waits');
	is($session->error('SELECT snowflake_nextval()'), '', '... nor when it stands still there');

	restart_at("idgen.max_regression = '10s'");
	goes_on('before');
	$clock->set('2040-01-01 00:00:20');
	$session->query('SELECT snowflake_nextval()');
	$clock->set('2040-01-01 00:00:09');
	is_refused('set back by a second more');
	return;
}

# What is beyond the limit is waited for, and not the whole.
sub check_wait
{
	restart_at("idgen.max_regression = '4s'");
	step_back(7);
	$session->query("SET idgen.max_wait = '30s'");
	my $start = time();
	goes_on('set back by 7 s, of which 4 s are allowed: a call with patience');
	my $took = time() - $start;
	cmp_ok($took, '>', 2, '... waits for what is too much') or diag($took);
	cmp_ok($took, '<', 6, '... and not for the rest') or diag($took);
	return;
}

# Nobody can tell that a clock set forward is wrong, until it is set back.
sub check_forward
{
	restart_at();
	foreach my $seconds (0.001, 0.5, 5, 30)
	{
		goes_on('before');
		$clock->set("+$seconds");
		goes_on("set forward by $seconds s");
		cmp_ok(ahead(), '<', 1, '... IDs have the time of the clock');
	}
	is($session->query('SELECT regressions, lead FROM idgen_status()'), '0|00:00:00', '... and nothing is told');
	$clock->set('+0');
	goes_on('set forward by 30 s and back');
	cmp_ok(ahead(), '>', 25, '... which leaves a lead');
	return;
}

# Where IDs are set to begin by hand is such a lead, too.
sub check_reset
{
	restart_at();
	$session->query("SELECT idgen_reset_timeline(clock_timestamp() + interval '30 s')");
	goes_on('IDs begin 30 s ahead by hand');
	is( $session->query(q{SELECT regressions, lead BETWEEN '25 s' AND '31 s' FROM idgen_status()}), '0|t', '... which is no regression');
	$session->query("SELECT idgen_reset_timeline(clock_timestamp() + interval '70 s')");
	is_refused('70 s ahead: 10 s of that are waited for');
	return;
}

# ---------------------------------------------------------------------- working it off

sub check_work_off
{
	# One ID a millisecond, so that the ceiling is easily reached.
	restart_at("idgen.layout = 'time 41 bits of 1 ms since 2020-01-01, worker 16, unused 6'\nidgen.max_drift = '10ms'");
	$session->query($_) foreach "SET idgen.max_wait = '1min'", 'SELECT snowflake_nextval()';
	$clock->set('-4');
	$session->query('SELECT count(snowflake_nextval()) FROM generate_series(1, 200)');
	my ($before, $since) = (ahead(), time());
	$session->query('SELECT count(snowflake_nextval()) FROM generate_series(1, 4000)');
	my ($after, $took) = (ahead(), time() - $since);
	cmp_ok($after, '<', $before - 0.05 * $took, sprintf('%.1f s at the ceiling work off some of %.2f s', $took, $before));
	cmp_ok($took, '>', 3, '... while the limit for bursts holds') or diag($took);
	cmp_ok($took, '<', 20, '... at nine tenths of the pace');
	return;
}

# ---------------------------------------------------------------------- what is told

sub check_told
{
	restart_at();
	my $log_start = -s $node->logfile;
	is($session->query('SELECT lead, lead_since, lead_time_left FROM idgen_status()'), '00:00:00||', 'no lead');
	step_back(5);
	goes_on('set back by 5 s') for 1 .. 3;
	is( $session->query(q{SELECT lead BETWEEN '4 s' AND '6 s', clock_timestamp() - lead_since BETWEEN '0' AND '5 s', lead_time_left BETWEEN '40 s' AND '60 s' FROM idgen_status()}),
		't|t|t',
		'idgen_status() tells lead, since when, and how long');
	is(findings(), '', 'no finding yet');
	is($session->query('SELECT regressions, largest_regression BETWEEN \'4 s\' AND \'6 s\' FROM idgen_status()'), '1|t', '... but a step that is counted');
	$clock->set('-20');
	goes_on('set back by 15 s more');
	like(findings(), qr/^warning\|The clock is (19|2\d)\.\d{3} s behind .* catches up in \d+ s\.$/, 'a finding from 10 s on');
	$clock->set('-40');
	goes_on('set back by 20 s more');
	like(findings(), qr/^error\|The clock is (39|4\d)\.\d{3} s behind/, '... an error from half of the limit on');
	$clock->set('-90');
	is_refused('beyond the limit');
	like(findings(), qr/^error\|.* Calls wait for the difference, and fail after "idgen\.max_wait"\.$/, '... and when calls wait');
	is($session->query("SELECT regressions, largest_regression BETWEEN '85 s' AND '95 s' FROM idgen_status()"), '1|t', '... which is how far it has been back');
	$clock->set('+5');
	goes_on('the clock is right again');
	is(findings(), '', '... which leaves no finding of the kind');
	my $log = PostgreSQL::Test::Utils::slurp_file($node->logfile, $log_start);
	is(scalar(() = $log =~ /LOG:  system clock went back/g), 1, 'logged once');
	is(scalar(() = $log =~ /LOG:  system clock has caught up with snowflake IDs/g), 1, '... and when it is over');

	# A limit below 10 s is told of from half of it on.
	restart_at("idgen.max_regression = '8s'");
	step_back(2);
	goes_on('set back by 2 s of 8 s');
	is(findings(), '', '... no finding');
	$clock->set('-6');
	goes_on('set back by 6 s of 8 s');
	like(findings(), qr/^error\|The clock is (5|6)\.\d{3} s behind/, '... an error');
	return;
}

# ---------------------------------------------------------------------- starts

sub check_starts
{
	foreach my $way ('stopped immediately', 'restarted', 'a backend killed')
	{
		restart_at("idgen.reserve_ahead = '5s'\nrestart_after_crash = on");
		$session->query($_) foreach "SET idgen.max_wait = '10s'", 'SELECT count(snowflake_nextval()) FROM generate_series(1, 100000)', 'SELECT pg_sleep(0.05)',
		  'SELECT count(snowflake_nextval()) FROM generate_series(1, 100000)';
		goes_on('some load');
		next_life($way, $node, $session, $clock, 0);
		open_session();
		goes_on("$way: the first call waits for no clock");
		cmp_ok(ahead(), '<', 5 + 1.5, '... and IDs are ahead by one reservation at most');
		is($session->query('SELECT regressions, largest_regression FROM idgen_status()'), '0|00:00:00', '... which is no regression of the clock');
		next_life($way, $node, $session, $clock, -20);
		open_session();
		goes_on("$way, and the clock is set back by 20 s: nor does this one");
		next_life($way, $node, $session, $clock, -120);
		open_session();
		is_refused("$way, with the clock 2 minutes back");
		$clock->set_ahead(-40);
		goes_on('... until the rest is within the limit');
	}
	return;
}

# What a start puts IDs ahead does not hide that the clock goes back after it.
sub check_step_after_start
{
	restart_at("idgen.reserve_ahead = '5s'");
	foreach my $case ([ 'within the limit', -30, 'goes_on' ], [ 'beyond it', -120, 'is_refused' ])
	{
		my ($name, $seconds, $check) = @$case;

		$clock->set('+0');
		goes_on('the clock is right');
		next_life('stopped immediately', $node, $session, $clock, 0);
		open_session();
		my $log_start = -s $node->logfile;
		goes_on('IDs begin ahead') for 1 .. 3;
		is($session->query('SELECT regressions FROM idgen_status()'), 0, 'no step yet');
		$clock->set($seconds);
		main->can($check)->($name) for 1 .. 2;
		is($session->query("SELECT regressions, extract(epoch FROM largest_regression)::int BETWEEN -($seconds) - 2 AND -($seconds) + 2 FROM idgen_status()"),
			'1|t', "$name: a step of the clock after a start counts");
		my $log = PostgreSQL::Test::Utils::slurp_file($node->logfile, $log_start);
		is(scalar(() = $log =~ /LOG:  system clock went back/g), 1, '... and is logged');
	}
	return;
}

# A disk that is slow, and a clock that does not take off what a start adds.
sub check_slow_disk
{
	restart_at("idgen.reserve_ahead = '1s'\nidgen.max_drift = '100ms'\nfsync = on\nwal_writer_delay = '10s'\ncommit_delay = 100000\ncommit_siblings = 0");
	$clock->set('2030-01-01 00:00:00');
	my $crashes = full_run() ? 12 : 4;
	foreach my $crash (1 .. $crashes)
	{
		goes_on("a slow disk, crash $crash");
		crash_server($node, $session);
		open_session();
	}
	goes_on('a slow disk');
	cmp_ok(ahead(), '<', 1 + $crashes * 0.6, 'a slow disk does not make starts add up');
	return;
}

# Starts do not add up.
sub check_ratchet
{
	restart_at("idgen.reserve_ahead = '3s'");
	my $highest = 0;
	my $crashes = full_run() ? 20 : 5;

	foreach my $crash (1 .. $crashes)
	{
		$session->query($_) foreach "SET idgen.max_wait = '10s'",
		  'SELECT count(snowflake_nextval()) FROM generate_series(1, 50000)';
		goes_on("under load, crash $crash");
		crash_server($node, $session);
		open_session();
		goes_on('... and on');
		my $lead = ahead();
		$highest = $lead if $lead > $highest;
	}
	cmp_ok($highest, '<=', 3 + ($crashes - 1) * 0.3 + 1,
		"$crashes crashes in a row leave IDs no further ahead than one reservation, a tenth for each further crash, and a burst");
	diag("$crashes crashes in a row left IDs at most $highest s ahead");
	$node->stop('immediate');
	$session->abandon;
	undef $session;
	$node = undef;
	return;
}

check_steps();
check_clock_of_years();
check_limit();
check_wait();
check_forward();
check_reset();
check_work_off();
check_told();
check_starts();
check_step_after_start();
check_slow_disk();
check_ratchet();

done_testing();
