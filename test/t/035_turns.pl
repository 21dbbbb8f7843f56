# Guards: a role without rights cannot keep others from their IDs.  Waits that are
# interrupted leave no gap in the timeline; whoever wants little has his turn within a
# few ticks, whatever others do; blocks have theirs in the order in which they came.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use IPC::Run;
use PostgreSQL::Test::Utils;
use Test::More;

my $HOSTILE = 8;
my $FEW_TICKS = 16;

my $node = new_server('turns', conf => 'idgen.max_drift = 1s');
my $modest = session($node);

# Begins sessions that run a statement again and again, whatever becomes of it, under
# some settings.
sub hostile
{
	my ($settings, $statement) = @_;
	my $file = PostgreSQL::Test::Utils::tempdir() . '/hostile.sql';

	open(my $handle, '>', $file) or die "could not write $file: $!";
	print $handle "SET application_name = 'hostile';\n", "$settings;\n" x !!$settings,
	  "$statement;\n" x 100_000;
	close($handle);
	my @runs = map {
		IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-f', $file ],
			'>', '/dev/null', '2>', '/dev/null')
	} 1 .. $HOSTILE;
	my $waits = $modest->query('SELECT sequence_waits FROM idgen_status()');
	$node->poll_query_until('postgres', "SELECT sequence_waits > $waits + 50 FROM idgen_status()")
	  or die 'nobody waits';
	return @runs;
}

sub end_hostile
{
	my (@runs) = @_;

	$modest->query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'hostile'");
	$_->finish foreach @runs;
	return;
}

# The median of how many ticks lie between two IDs of a session that draws one after
# the other: the best of some attempts, as others may be busy on this machine.
sub ticks_between_turns
{
	my ($draw) = @_;
	my $best = 1_000_000;

	for (1 .. 25)
	{
		my @ticks = map { $modest->query("SELECT $draw") >> 22 } 1 .. 40;
		my @gaps = sort { $a <=> $b } map { $ticks[$_] - $ticks[ $_ - 1 ] } 1 .. $#ticks;

		note "ticks between turns: @gaps";
		$best = $gaps[ @gaps / 2 ] if $gaps[ @gaps / 2 ] < $best;
		last if $best <= $FEW_TICKS;
	}
	return $best;
}

#
# What an interrupted wait has taken goes back, as long as nobody has taken more.  Ticks
# are long, so that waits can be interrupted well before the end of one.
#
my $slow = new_server('slow', conf => 'idgen.max_drift = 0');
my $waiter = session($slow);
$waiter->query(
	q{SELECT snowflake_create_generator('slow', 'time 35 bits of 90 ms since 2020-01-01, worker 24, sequence 4', worker_id => 1)}
);
my $draw_slow = q{SELECT snowflake_nextval('slow')};

sub interrupt_by_timeout
{
	$waiter->query("SET statement_timeout = '5ms'");
	my $interrupted = grep { $waiter->error($draw_slow) =~ /57014/ } 1 .. 3;
	$waiter->query('RESET statement_timeout');
	return $interrupted == 3;
}

my $victim;

sub prepare_termination
{
	$victim->abandon if $victim;
	$victim = session($slow);
	return;
}

sub interrupt_by_termination
{
	my $pid = $victim->pid;
	my $waits;

	$victim->send($draw_slow);
	for (1 .. 100)
	{
		last
		  if $waits =
		  $waiter->query("SELECT wait_event_type = 'Extension' FROM pg_stat_activity WHERE pid = $pid") eq 't';
	}
	$waiter->query("SELECT pg_terminate_backend($pid, 5000)");
	return $waits;
}

# Fills a tick, has calls that wait for the next one interrupted, and returns where in
# that the next ID is, or '' if it has come meanwhile.
sub sequence_after
{
	my ($interrupt, $prepare) = @_;
	my $full;

	$prepare->() if $prepare;
	do { $full = $waiter->query($draw_slow) } until ($full & 15) == 15;
	my $interrupted = $interrupt->();
	my $next = $waiter->query($draw_slow);

	return $interrupted && $next >> 28 == ($full >> 28) + 1 ? 'sequence ' . ($next & 15) : '';
}

is((wait_until { sequence_after(\&interrupt_by_timeout) } 'waits that were cancelled in one tick'),
	'sequence 0', 'what cancelled waits had taken goes back');
is((wait_until { sequence_after(\&interrupt_by_termination, \&prepare_termination) } 'a wait that was ended in one tick'),
	'sequence 0', '... and what one had whose session is ended');
$waiter->quit;
$victim->abandon;
$slow->stop;

#
# Turns of who wants little.
#
my $rush = 'SELECT count(snowflake_next_block(4096)) FROM generate_series(1, 1300)';
foreach my $attack (
	[ "SET statement_timeout = '1ms'", 'SELECT snowflake_next_block(4096)' ],
	[ "SET idgen.max_wait = '1ms'", 'SELECT snowflake_next_block(4096)' ],
	[ '', 'SELECT count(snowflake_next_block(4096)) FROM generate_series(1, 100)' ],
	[ '', 'SELECT count(snowflake_next_block(1024)) FROM generate_series(1, 100)' ],
	[ "SET statement_timeout = '2ms'", 'SELECT cardinality(snowflake_nextvals(1000000))' ],
	[ '', 'SELECT count(snowflake_nextval()) FROM generate_series(1, 1000000)' ])
{
	my ($settings, $statement) = @$attack;

	# Nearly a second of ticks lies between the clock and the limit.
	$modest->query($rush);
	my @runs = hostile($settings, $statement);
	foreach my $draw ('snowflake_nextval()', '(snowflake_nextvals(3))[1]', 'snowflake_next_block(10)')
	{
		cmp_ok(ticks_between_turns($draw), '<=', $FEW_TICKS, "$draw beside $HOSTILE sessions that $settings $statement");
	}
	end_hostile(@runs);
}

#
# A block has its turn: between two of a session, others have not many more than one each.
#
$node->adjust_conf('postgresql.conf', 'idgen.max_drift', '0');
reload_until($node, $modest, 'idgen.max_drift', '0');
my $blocks = 'SELECT unnest(array_agg(snowflake_next_block(4096))) FROM generate_series(1, 100);';
my @turns = run_clients($node, ($blocks) x 4, 'SELECT count(snowflake_nextval()) FROM generate_series(1, 1000000);');
my $of_singles = pop @turns;
my %owner = map {
	my $client = $_;
	map { $_ => $client } @{ $turns[$client] }
} 0 .. $#turns;
is(scalar keys %owner, 400, 'each block is another');
my (@since, @gaps);
foreach my $id (sort { $a <=> $b } keys %owner)
{
	my $client = $owner{$id};
	push @gaps, $since[$client] if defined $since[$client];
	$_++ foreach @since;
	$since[$client] = 0;
}
@gaps = sort { $a <=> $b } @gaps;
note "blocks of others between two: @gaps";
cmp_ok($gaps[ @gaps / 2 ], '<=', 4, 'blocks by turns');
cmp_ok($of_singles->[0], '==', 1_000_000, 'single calls beside them are served, too');

$modest->quit;
done_testing();
