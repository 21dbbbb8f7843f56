# The ways from a layout that ends to another, as docs/layouts.md has them: none of the
# new IDs is an old one, where they would most likely be, and in order where it says so.
#
# The clock stands still, and each draw begins at a moment that is set, so that ticks of
# the same numbers are met on purpose.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use PostgreSQL::Test::Utils;
use Test::More;

skip_all_without_faketime();

my $COUNT = 10_000;
my $clock = fake_clock('2030-01-01 00:00:59.500');
my $node = new_server('main', preload => 1, clock => $clock);

$node->safe_psql('postgres', 'CREATE TABLE drawn (at text, id snowflake)');

# Sets the server's layout and worker, and starts it again at another time of its clock.
sub restart_with
{
	my ($layout, $worker, $time) = @_;

	$node->append_conf('postgresql.conf', "idgen.layout = '$layout'\nidgen.worker_id = $worker");
	$node->stop;
	$clock->set($time);
	start_server($node);
	return;
}

# Has IDs begin at a moment that is half a second ahead of the clock, and keeps them under its name.
sub draw_at
{
	my ($moment) = @_;

	$node->safe_psql('postgres', "SELECT idgen_reset_timeline('$moment+00')");
	$node->safe_psql('postgres',
		"INSERT INTO drawn SELECT '$moment', unnest(snowflake_nextvals($COUNT))");
	return;
}

# How many IDs of one moment are another's plus a number.
sub common
{
	my ($one, $other, $difference) = @_;

	return $node->safe_psql('postgres',
		"SELECT count(*) FROM drawn a JOIN drawn b ON b.id = a.id + $difference WHERE a.at = '$one' AND b.at = '$other'");
}

sub is_true
{
	my ($condition, $name) = @_;

	return is($node->safe_psql('postgres', "SELECT $condition"), 't', $name);
}

# The lowest or highest of the IDs of a moment.
sub id_of
{
	my ($which, $moment) = @_;

	return "(SELECT $which(id) FROM drawn WHERE at = '$moment')";
}

# A later epoch with a node that was never used, and with one that was.
sub check_new_nodes
{
	my $new = 'time 41 bits of 1 ms since 2089-01-01, datacenter 5, worker 5, sequence 12';
	my ($result, $output, $error);

	draw_at('2030-01-01 00:01:00');
	$clock->set('2030-01-02 00:00:59.500');
	draw_at('2030-01-02 00:01:00');

	restart_with('default', 0, '2089-09-06 15:47:35');
	draw_at('2089-09-06 15:47:35.1');
	like(slurp_file($node->logfile), qr/time of the layout of snowflake IDs ends on 2089-09-06/, 'the end is announced');
	$clock->set('2089-09-06 15:47:37');
	($result, $output, $error) = $node->psql('postgres', 'SELECT snowflake_nextval()', on_error_die => 0);
	like($error, qr/time field of the snowflake layout is used up/, 'at the end calls fail');

	restart_with($new, 16, '2099-01-02 00:00:59.500');
	draw_at('2099-01-02 00:01:00');
	is(common('2030-01-01 00:01:00', '2099-01-02 00:01:00', 16 << 12), $COUNT, 'the same ticks and sequences');
	is(common('2030-01-01 00:01:00', '2099-01-02 00:01:00', 0), 0, '... by a new node are no ID of the old ones');
	is_true('count(DISTINCT id) = count(*) FROM drawn', '... nor of any other time');

	restart_with($new, 0, '2099-01-03 00:00:59.500');
	draw_at('2099-01-03 00:01:00');
	is(common('2030-01-02 00:01:00', '2099-01-03 00:01:00', 0), $COUNT, '... by an old node are all repeated');
	return;
}

check_new_nodes();
$node->stop;

# In time, and too late.
foreach my $year (2026, 2041)
{
	my $new = 'time 39 bits of 10 ms since 1990-01-01, datacenter 5, worker 5, sequence 14';
	my $comparison = $year == 2026 ? '>' : '<';

	$clock->set("$year-11-21 00:00:59.500");
	$node = new_server("in_$year", preload => 1, clock => $clock);
	$node->safe_psql('postgres', 'CREATE TABLE drawn (at text, id snowflake)');
	draw_at("$year-11-21 00:01:00");
	restart_with($new, 0, "$year-11-22 00:00:59.500");
	draw_at("$year-11-22 00:01:00");
	is_true(id_of('min', "$year-11-22 00:01:00") . " $comparison " . id_of('max', "$year-11-21 00:01:00"),
		"slower ticks in $year: new IDs $comparison old ones");
	$node->stop;
}

# More bits for the time change nothing, and there are IDs past the end.
$clock->set('2089-09-06 15:47:35');
$node = new_server('wider', preload => 1, clock => $clock, conf => "idgen.layout = 'js53'");
$node->safe_psql('postgres', 'CREATE TABLE drawn (at text, id snowflake)');
draw_at('2089-09-06 15:47:35.1');
restart_with('unused 9, time 42 bits of 1 ms since 2020-01-01, worker 5, sequence 7', 0, '2089-09-06 15:47:39');
draw_at('2089-09-06 15:47:39.5');
is_true(id_of('min', '2089-09-06 15:47:39.5') . ' > ' . id_of('max', '2089-09-06 15:47:35.1'),
	'more bits for the time: IDs go on above');
is_true(id_of('min', '2089-09-06 15:47:39.5') . ' = ((3776860059500 - 1577836800000) << 12)',
	'... and count from the same epoch');
$node->stop;

# A clock that was past the end, or at it, and is right again.  Time is used up only until
# the timelines are reset, and the error says so.
sub check_clock_was_ahead
{
	my $cured = sub
	{
		my ($next) = @_;
		return qr/ERROR:.* is used up\nDETAIL:.*last time that the layout can hold is 2089-09-06 15:47:35\.551.*next ID would have the time $next.*clock is at 2026-11-21.*\nHINT:.*idgen_reset_timeline\(force => true\)/;
	};
	my $at_clock = "snowflake_timestamp(snowflake_nextval()) BETWEEN '2026-11-21' AND '2026-11-22'";
	my ($result, $output, $error);

	$clock->set('2026-11-21 00:00:00');
	$node = new_server('ahead', clock => $clock, conf => "timezone = 'UTC'");
	$clock->set('2099-01-01 00:00:00');
	$node->safe_psql('postgres', 'SELECT uuidv7_sequential()');
	$clock->set('2026-11-21 00:01:00');
	is_true($at_clock, 'a UUID of 2099 does not keep snowflakes from going on at the clock');
	$node->stop;
	start_server($node);
	($result, $output, $error) = $node->psql('postgres', 'SELECT snowflake_nextval()', on_error_die => 0);
	like($error, $cured->('2099-01-01'), '... but a restart does, and the error names the hint');
	$node->safe_psql('postgres', 'SELECT idgen_reset_timeline(force => true)');
	is_true($at_clock, '... which works');

	# Without a restart, up to the last tick and no further.
	$clock->set('2089-09-06 15:47:35.551');
	$node->psql('postgres', 'SELECT snowflake_nextvals(5000)', on_error_die => 0);
	$clock->set('2026-11-21 00:02:00');
	($result, $output, $error) = $node->psql('postgres', 'SELECT snowflake_nextval()', on_error_die => 0);
	like($error, $cured->('2089-09-06 15:47:35\.552'), 'the same for a clock that was in the last tick');
	$node->safe_psql('postgres', 'SELECT idgen_reset_timeline(force => true)');
	is_true($at_clock, '... and the same hint');
	$node->stop;
	return;
}

check_clock_was_ahead();

done_testing();
