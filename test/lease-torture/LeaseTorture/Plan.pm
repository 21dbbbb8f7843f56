# What happens next, at random by the seed.  All is drawn whether it is used or not, so that what happens does not bear on
# what follows.

package LeaseTorture::Plan;

use strict;
use warnings;

# Kinds of faults, and how often each comes.
my @WEIGHTS = (
	'cut server' => 14,
	'cut members' => 7,
	'slow server' => 7,
	'slow members' => 4,
	'pause agent' => 7,
	'pause backend' => 4,
	'pause server' => 9,
	'pause member' => 6,
	'kill agent' => 5,
	'kill backend' => 3,
	'kill server' => 8,
	'kill member' => 6,
	'restart server' => 4,
	'clone running' => 8,
	'clone stopped' => 6,
	'promotion' => 7,
	'clock forward' => 7,
	'clock back' => 7,
	'store restored' => 2,
	'store wiped' => 2,
);

# ms that a clock is stepped: less than idgen.max_regression.
my @STEPS = (100, 1000, 3000, 8000);

my @weights;

# Kinds by name, with "_" for blanks; none: all.
sub begin
{
	my ($seed, @kinds) = @_;
	my %weight = @WEIGHTS;

	@kinds = map { tr/_/ /r } @kinds;
	foreach (@kinds) { die "EVENTS are some of " . join(' ', map { tr/ /_/r } sort keys %weight) . "\n" unless $weight{$_}; }
	@kinds = grep { !/^\d+$/ } @WEIGHTS unless @kinds;
	@weights = map { [ $_, $weight{$_} ] } @kinds;
	srand($seed);
	return;
}

sub draw_kind
{
	my $total = 0;

	$total += $_->[1] foreach @weights;
	my $at = rand $total;
	foreach (@weights)
	{
		return $_->[0] if ($at -= $_->[1]) < 0;
	}
	return $weights[-1]->[0];
}

sub one_of { return $_[ int rand @_ ]; }

# One round: what is done after a pause, and for how long.
sub draw
{
	my %round = (
		kind => draw_kind(),
		pause => rand($ENV{PAUSE} / 1000),
		server => int rand 3,
		member => one_of(qw(m1 m2 m3)),
		direction => one_of(qw(both both to from)),
		# From a moment to more than a reach.
		share => rand,
		part => one_of(qw(all all one)),
		step => one_of(@STEPS),
		hard => one_of(qw(kill kill stop)),
		takes_over => one_of(0, 0, 1),
		delay => one_of(20, 100, 300, 1200),
		loss => one_of(0, 100, 300),
		down => rand(2));
	return \%round;
}

1;
