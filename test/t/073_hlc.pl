# Guards: hybrid logical clocks of servers whose system clocks step say what caused what, stay near the
# true time while the system clocks do, and do not follow a wrong one; and a value that was returned stays
# below all later ones when everything is killed right after it, however far it was pushed.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use Test::More;
use Time::HiRes qw(time usleep);

skip_all_without_faketime();

# The highest difference of a system clock from the true time, in s, while clocks are right.  Two of them
# differ by less than idgen.hlc_max_offset.
my $SKEW = 0.2;

my $seed = $ENV{SEED} // int(rand(1 << 31));
note("SEED=$seed");
srand($seed);

# A server with its clock, and what it has had.
sub new_peer
{
	my ($name) = @_;
	my $clock = fake_clock();
	my $node = new_server($name, preload => 1, clock => $clock);

	return { name => $name, clock => $clock, node => $node, session => session($node), last => 0, inbox => [] };
}

my @peers = map { new_peer("peer$_") } 1 .. 3;
my %wrong;

# Notes a value that a server has returned, between two true times.
sub note_value
{
	my ($peer, $value, $before, $after) = @_;
	my $time = ($value >> 16) / 1000;

	push @{ $wrong{'went back'} }, "$peer->{name}: $value after $peer->{last}" if $value <= $peer->{last};
	# A ms for the clock's, one for the count's, and some for the file of the clock.
	push @{ $wrong{'far from the true time'} }, sprintf('%s: %.3f s', $peer->{name}, $time - $after)
	  if $time < $before - $SKEW - 0.01 || $time > $after + $SKEW + 0.01;
	$peer->{last} = $value;
	return;
}

sub ask
{
	my ($peer, $sql) = @_;
	my $before = time;
	my @values = $peer->{session}->ids($sql);

	note_value($peer, $_, $before, time) foreach @values;
	return $values[-1];
}

my %steps = (
	local => sub { ask($_[0], 'SELECT hlc_now()'); },
	several => sub { ask($_[0], 'SELECT hlc_now() FROM generate_series(1, 20)'); },
	send => sub {
		my ($peer) = @_;
		my $value = ask($peer, 'SELECT hlc_now()');
		push @{ $_->{inbox} }, $value foreach grep { $_ != $peer } @peers;
	},
	receive => sub {
		my ($peer) = @_;
		my $inbox = $peer->{inbox};
		return if !@$inbox;
		my ($sent) = splice(@$inbox, int(rand(@$inbox)), 1);
		my $received = ask($peer, "SELECT hlc_update('$sent')");
		push @{ $wrong{'not above what was received'} }, "$received, $sent" if $received <= $sent;
	},
	step => sub { $_[0]->{clock}->set(sprintf('%+.3f', rand(2 * $SKEW) - $SKEW)); });

sub check_interleavings
{
	my @names = (qw(receive) x 4, sort keys %steps);
	my $count = full_run() ? 6000 : 800;

	foreach (1 .. $count)
	{
		$steps{ $names[ int(rand(@names)) ] }->($peers[ int(rand(@peers)) ]);
	}
	foreach my $what ('went back', 'not above what was received', 'far from the true time')
	{
		ok(!$wrong{$what}, "$count random steps of 3 servers: nothing $what") or diag(join "\n", @{ $wrong{$what} });
	}
	is($_->{session}->query('SELECT refused FROM hlc_status()'), 0, "... and $_->{name} refused nothing") foreach @peers;
	return;
}

# One clock is 10 s ahead, and is then set right: its server goes on from where it was.
sub check_wrong_clock
{
	my ($bad, $good) = @peers;
	my $REFUSED = qr/ERROR:  22023: remote clock is too far ahead of the system clock\nDETAIL:  Its time is .*, (\d+) ms ahead\. "idgen.hlc_max_offset" is 500 ms/;

	$_->{clock}->set('+0') foreach @peers;
	ask($good, 'SELECT hlc_now()');
	$bad->{clock}->set('+10');
	my $far = $bad->{session}->query('SELECT hlc_now()');
	my ($ahead) = $good->{session}->error("SELECT hlc_update('$far')") =~ $REFUSED;
	ok($ahead && $ahead > 9_000 && $ahead <= 10_000, 'a value that is 10 s ahead is refused') or diag($ahead);
	is($good->{session}->query('SELECT refused FROM hlc_status()'), 1, '... and counted');
	ask($good, 'SELECT hlc_now()');
	ok(!$wrong{'far from the true time'}, '... and does not spread');

	my $late = $good->{session}->query('SELECT hlc_now()');
	$bad->{clock}->set('+0');
	my $received = $bad->{session}->query("SELECT hlc_update('$late')");
	cmp_ok($received, '>', $far, 'a clock that is set back goes on, above what it had');
	like($good->{session}->error("SELECT hlc_update('$received')"),
		$REFUSED, '... and others refuse it until it has come near');
	is($bad->{session}->query("SELECT lead > interval '8 s' FROM idgen_status()"), 't', '... which idgen_status() shows');
	return;
}

# Kills all processes of a server at once.
sub kill_everything
{
	my ($node) = @_;
	my $postmaster = (split /\n/, PostgreSQL::Test::Utils::slurp_file($node->data_dir . '/postmaster.pid'))[0];
	my @pids = ($postmaster, split /\s+/, `ps -o pid= --ppid $postmaster`);

	@pids = grep { /^\d+$/ } @pids;
	$node->kill9;
	kill('KILL', @pids);
	wait_until { !grep { `ps -o stat= -p $_` !~ /^(Z|$)/ } @pids } 'all processes to be gone';
	# Where nobody collects the dead, the next start would take the postmaster for alive.
	unlink $node->data_dir . '/postmaster.pid', $node->host . '/.s.PGSQL.' . $node->port . '.lock';
	return;
}

# Pushes by more than idgen.reserve_ahead; then all are killed and the clock is set back.
sub check_crashes
{
	my $clock = fake_clock();
	my $node = new_server(
		'crashing',
		preload => 1,
		clock => $clock,
		conf => "idgen.reserve_ahead = '1s'\nidgen.max_drift = '6s'\nidgen.hlc_max_offset = '6s'\nidgen.max_regression = '10min'");
	my $count = full_run() ? 50 : 5;
	my $behind = 0;
	my $last = 0;
	my @lower;

	foreach my $n (1 .. $count)
	{
		my $session = session($node);
		my $push = $n % 3 ? 5000 : int(rand(5000));

		# So that a reservation is there already, or none that reaches this far.
		$session->query('SELECT hlc_now()') if rand(2) < 1;
		my $value = $session->query("SELECT hlc_update(hlc_make(clock_timestamp() + $push * interval '1 ms', 9))");
		push @lower, "push $n by $push ms: $value after $last" if $value <= $last;
		kill_everything($node);
		$session->abandon;
		$behind += rand(4) if $behind < 300;
		$clock->set(sprintf('-%.3f', $behind));
		start_server($node);
		$last = $node->safe_psql('postgres', 'SELECT hlc_now()');
		push @lower, "after push $n by $push ms: $last, and before it $value" if $last <= $value;
	}
	is(scalar @lower, 0, "$count pushes, each with kill -9 of everything and a clock set back: no value is lower later")
	  or diag(join "\n", @lower);
	$node->stop;
	return;
}

# A reset goes back only with force; and a clock that is pushed moves no snowflakes.
sub check_reset
{
	my $node = new_server('reset', preload => 1, conf => "idgen.max_drift = '1h'\nidgen.hlc_max_offset = '1h'\nidgen.max_wait = 0");
	my $session = session($node);
	my $far = $session->query("SELECT hlc_update(hlc_make(now() + interval '30 min', 0))");

	cmp_ok($session->query('SELECT extract(epoch FROM snowflake_timestamp(snowflake_nextval()) - clock_timestamp())'),
		'<', 60, 'a push moves no snowflakes');
	$session->query('SELECT idgen_reset_timeline(clock_timestamp())');
	cmp_ok($session->query('SELECT hlc_now()'), '>', $far, 'a reset leaves the clock where it is');
	$session->query('SELECT idgen_reset_timeline(clock_timestamp(), true)');
	cmp_ok($session->query('SELECT hlc_now()'), '<', $far, '... and with force sets it back');
	my $near = $session->query("SELECT hlc_make(now() + interval '10 s', 0)");
	cmp_ok($session->query("SELECT hlc_update('$near')"), '>', $near, '... from where an update pushes it as before');
	$node->stop;
	return;
}

check_interleavings();
check_wrong_clock();
$_->{session}->quit foreach @peers;
$_->{node}->stop foreach @peers;
check_crashes();
check_reset();
done_testing();
