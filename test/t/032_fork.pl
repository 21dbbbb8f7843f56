# Guards: a process that PostgreSQL does not know to be one issues none of the IDs of its
# parent, nor of its parent's other children: not what is random, not what goes on from a
# last ID, and not what a session has taken from a timeline.  Sessions of a server in whose
# postmaster a library has issued IDs do not go on from those, and there none is issued
# that needs a slot of shared memory.  Without memory of its own a
# process issues none.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use PostgreSQL::Test::Utils qw(slurp_file);
use Test::More;

my @OF_PROCESS = qw(public.uuidv4 public.uuidv7 ulid ulid_monotonic uuidv1 uuidv6);
my @OF_SERVER = qw(snowflake_nextval uuidv7_sequential ulid_sequential snowflake128_nextval);
my @OF_SLOT = qw(snowflake_nextval uuidv7_sequential snowflake128_nextval);
my $LIBRARY = build_library('forking');

sub create_functions
{
	my ($node) = @_;

	$node->safe_psql(
		'postgres', qq{
		CREATE FUNCTION issue(function regprocedure, count integer) RETURNS uuid[] LANGUAGE C AS '$LIBRARY', 'forking_issue';
		CREATE FUNCTION issued_in_postmaster() RETURNS uuid[] LANGUAGE C AS '$LIBRARY', 'forking_issued_in_postmaster';
		CREATE FUNCTION issue_without_memory(function regprocedure) RETURNS void LANGUAGE C AS '$LIBRARY', 'forking_issue_without_memory';
		});
	return;
}

# Where the random bits of a kind are, as digits of an ID: what is the same in two of them
# is so by chance in 1 of 2^40.
my %random_digits = (
	'public.uuidv4' => [ 20, 12 ],
	'public.uuidv7' => [ 22, 10 ],
	ulid => [ 12, 10 ],
	ulid_monotonic => [ 12, 10 ],
	uuidv1 => [ 20, 12 ],
	uuidv6 => [ 20, 12 ]);

# The random digits in IDs, each once.
sub random_parts
{
	my ($kind, @ids) = @_;
	my %seen = map { substr(s/-//gr, $random_digits{$kind}[0], $random_digits{$kind}[1]) => 1 } @ids;

	return keys %seen;
}

sub common
{
	my ($ones, $others) = @_;
	my %ones = map { $_ => 1 } @$ones;

	return scalar grep { $ones{$_} } @$others;
}

# Forks one after the other, with so many IDs before, in each child, and after it.  Returns
# the IDs of the parent, and those of each child.
sub forks
{
	my ($session, $kind, @counts) = @_;
	my (@parent, @children);

	foreach my $count (@counts)
	{
		my @ids = split /,/, $session->query("SELECT array_to_string(issue('$kind()', $count), ',')");

		push @children, [ splice @ids, $count, $count ];
		push @parent, @ids;
	}
	my @all = (@parent, map { @$_ } @children);
	my %seen = map { $_ => 1 } @all;
	is(scalar(keys %seen), scalar(@all), "$kind: no ID of a child is one of its parent, or of another child");
	return (\@parent, @children);
}

sub check_of_process
{
	my ($session, $kind) = @_;
	my ($parent, @children) = map { [ random_parts($kind, @$_) ] } forks($session, $kind, 300, 300);

	is(common($parent, $_), 0, "$kind: nor are a child's random bits those of its parent") foreach @children;
	is(common(@children), 0, "$kind: ... or of another child");
	is(scalar(@$_), 1, "$kind: each process keeps its node") foreach $kind =~ /uuidv[16]/ ? ($parent, @children) : ();
	return;
}

# A session that has not issued any, and cannot have memory to.
sub check_memory
{
	my ($node) = @_;

	foreach my $kind (@OF_PROCESS)
	{
		my $session = session($node);

		like($session->error("SELECT issue_without_memory('$kind()')"),
			qr/ERROR:  53200: out of memory\n.*DETAIL:  Could not map \d+ bytes for the random numbers of this process: Cannot allocate memory\./s,
			"$kind: an error without memory");
		is($session->error("SELECT $kind()"), '', '... but not when there is some again');
		$session->quit;
	}
	return;
}

# The clock of sessions is behind what the library issued, until it gets there, so whoever
# goes on from that has its time.
sub check_postmaster
{
	my $ahead = 9;
	my $start = time;
	my $clock = fake_clock("+$ahead");
	my $node = new_server('preloaded', clock => $clock, conf => "shared_preload_libraries = 'idgen, $LIBRARY'");

	create_functions($node);
	my @refusals = slurp_file($node->logfile) =~ /was refused in the postmaster: (.*)/g;
	is_deeply(\@refusals, [ map { "cannot execute $_() in a process that is not attached to shared memory" } @OF_SLOT ],
		'the postmaster, which has no slot, issues none of those that need one');
	$clock->set_ahead(0);
	my ($uuidv4, $uuidv7, $ulid, $uuidv1, $uuidv6) =
	  split /,/, $node->safe_psql('postgres', "SELECT array_to_string(issued_in_postmaster(), ',')");
	my %issued = (
		'public.uuidv4' => $uuidv4, 'public.uuidv7' => $uuidv7, ulid => $ulid,
		ulid_monotonic => $ulid, uuidv1 => $uuidv1, uuidv6 => $uuidv6);

	foreach my $kind (@OF_PROCESS)
	{
		my @ids = map { $node->safe_psql('postgres', "SELECT $kind()::uuid") } 1 .. 3;

		is(scalar(random_parts($kind, @ids, $issued{$kind})), 4, "$kind: no session goes on from what was issued in the postmaster");
		next if $kind !~ /uuidv[67]|ulid/;
	  SKIP: {
			skip 'the clock may be there', 1 if time >= $start + $ahead - 1;
			is(scalar(grep { $_ ge $issued{$kind} } @ids), 0, '... or at its time');
		}
	}
	$node->stop;
	return;
}

my $node = new_server('fork');
create_functions($node);
my $session = session($node);
check_of_process($session, $_) foreach @OF_PROCESS;
forks($session, $_, 1 .. 40) foreach @OF_SERVER;
$session->quit;
check_memory($node);
$node->stop;

SKIP:
{
	skip 'libfaketime is not installed', 1 unless IdgenTest::Clock::library();
	check_postmaster();
}

done_testing();
