# Does check.c find what it is there to find? Each case is a run of a few records that is right but for one thing.
#
#   perl check.t PROGRAM

use strict;
use warnings;
use File::Temp;
use Test::More;

my $check = shift // die "usage: check.t PROGRAM\n";
my $zero = 1_800_000_000_000_000;    # us since 1970

# Sources, see record.h; of each database but the first 6 more.
my ($server, $fixed, $moved, $part, $follower, $js, $tour) = (0 .. 6);

sub id { my ($ms, $node, $sequence) = @_; return ((220_000_000_000 + $ms) << 22) + ($node << 12) + $sequence }
sub js_id { my ($ms, $node, $sequence) = @_; return ((220_000_000_000 + $ms) << 12) + ($node << 7) + $sequence }

# [client, source, session, first, count, sent_ms, received_ms]
sub ids
{
	my ($client, $source, $session, $first, $count, $sent, $received) = @_;
	return [ $client, pack('q L L q q', $first, $count | $source << 24, $session,
		$zero + $sent * 1000, $zero + $received * 1000) ];
}

sub event
{
	my ($from, $to, $kind, $detail) = @_;
	return sprintf "%d %d %s a right %s\n", $zero + $from * 1000, $zero + $to * 1000, $kind, $detail // '-';
}

sub write_file
{
	my ($name, @lines) = @_;
	open my $file, '>', $name or die "$name: $!";
	binmode $file;
	print $file @lines;
	close $file or die "$name: $!";
}

# What check.c says of a run.
sub figures
{
	my (%run) = @_;
	my $dir = File::Temp->newdir;

	for my $client (1 .. 2)
	{
		write_file("$dir/ids.$client", map { $_->[1] } grep { $_->[0] == $client } @{ $run{ids} // [] });
	}
	write_file("$dir/sessions", map { "$_ 1 /a torture_1 1 $zero\n" } 1 .. 3);
	write_file("$dir/events", "0 0 node a right 0 1\n", @{ $run{events} // [] });
	write_file("$dir/beyond", @{ $run{beyond} // [] });
	write_file("$dir/refused", @{ $run{refused} // [] });
	return { map { /^([^\t]+)\t(\d+)/ ? ($1 => $2) : () } `$check $dir 2>/dev/null` };
}

# All that must be zero is, but for what the case names.
sub case_is
{
	my ($name, $run, %expected) = @_;
	my $figures = figures(%$run);
	my @zeros = ('duplicates', 'decreases within a session', 'decreases across sessions', 'records of a wrong node',
		'refused for no reason', 'ids beyond the drift limit');

	is_deeply({ map { $_ => $figures->{$_} } @zeros }, { (map { $_ => 0 } @zeros), %expected }, $name);
	return $figures;
}

my $right = case_is('nothing',
	{ ids => [ ids(1, $server, 1, id(1, 1, 0), 10, 1, 2), ids(1, $fixed, 1, id(1, 3, 0), 10, 2, 3),
		ids(2, $server, 2, id(2, 1, 0), 4096, 3, 4), ids(2, $js, 2, js_id(3, 1, 0), 128, 4, 5) ] });
is($right->{'ids checked'}, 10 + 10 + 4096 + 128, 'all IDs are counted');
is($right->{records}, 4, 'and all records');

# ---------------------------------------------------------------------- duplicates

for my $case (
	[ 'of a session', $server, 1, $server ], [ 'of two sessions', $server, 2, $server ],
	[ 'of the server and a follower', $server, 2, $follower ],
	[ 'of a generator', $moved, 2, $moved ],
	[ 'of a generator and the server', $server, 2, $moved ],
	[ 'of two generators', $part, 2, $moved ],
	[ 'of one name in two databases', $moved, 2, $moved + 6 ])
{
	my ($name, $one, $session, $other) = @$case;
	my $run = { ids => [ ids(1, $one, 1, id(1, 1, 0), 10, 1, 9), ids($session, $other, $session, id(1, 1, 9), 5, 2, 8) ] };
	my %more = $session == 1 ? ('decreases within a session' => 1) : ();
	case_is("a duplicate $name", $run, duplicates => 1, %more);
}
case_is('a duplicate of a generator of 53 bits',
	{ ids => [ ids(1, $js, 1, js_id(1, 1, 0), 10, 1, 9), ids(2, $js + 6, 2, js_id(1, 1, 9), 5, 2, 8) ] },
	duplicates => 1);
case_is('records that one of them covers',
	{ ids => [ ids(1, $server, 1, id(1, 1, 0), 100, 1, 9), ids(2, $server, 2, id(1, 1, 10), 5, 2, 8),
		ids(2, $follower, 2, id(1, 1, 50), 20, 2, 8) ] },
	duplicates => 25);
case_is('a duplicate of a tour',
	{ ids => [ ids(1, $tour, 1, id(1, 1, 0), 10, 1, 9), ids(2, $tour, 2, id(1, 1, 9), 5, 2, 8) ] },
	duplicates => 1);
case_is('the same numbers of two tours, and of a tour and the server',
	{ ids => [ ids(1, $tour, 1, id(1, 1, 0), 10, 1, 9), ids(2, $tour + 6, 2, id(1, 1, 0), 10, 1, 9),
		ids(2, $server, 2, id(1, 1, 0), 10, 1, 9) ] });

# ---------------------------------------------------------------------- order

my @falling = (ids(1, $server, 1, id(5, 1, 0), 1, 1, 2), ids(1, $server, 1, id(4, 1, 0), 1, 2, 3));
case_is('a decrease within a session', { ids => \@falling }, 'decreases within a session' => 1);
case_is('the same with another generator in between',
	{ ids => [ $falling[0], ids(1, $fixed, 1, id(1, 3, 0), 1, 2, 2), $falling[1] ] },
	'decreases within a session' => 1);
case_is('the same with another node',
	{ ids => [ ids(1, $moved, 1, id(5, 1, 0), 1, 1, 2), ids(1, $moved, 1, id(4, 2, 0), 1, 2, 3) ] },
	'decreases within a session' => 1);
case_is('the same of a tour',
	{ ids => [ ids(1, $tour, 1, id(5, 1, 0), 1, 1, 2), ids(1, $tour, 1, id(4, 64, 0), 1, 2, 3) ] },
	'decreases within a session' => 1);
is(case_is('a decrease where the timeline was set back',
	{ ids => \@falling, events => [ event(1, 3, 'reset-back') ] })->{'decreases where a timeline was set back'},
	1, 'which is counted apart');
case_is('set back at another time', { ids => \@falling, events => [ event(40, 50, 'reset-back') ] },
	'decreases within a session' => 1);
case_is('set forward', { ids => \@falling, events => [ event(1, 3, 'reset-forward') ] },
	'decreases within a session' => 1);
case_is('another session', { ids => [ $falling[0], ids(1, $server, 2, id(4, 1, 0), 1, 1, 3) ] });

my $early = ids(1, $server, 1, id(5, 1, 0), 1, 1, 2);
case_is('a decrease across sessions', { ids => [ $early, ids(2, $server, 2, id(4, 1, 0), 1, 3, 4) ] },
	'decreases across sessions' => 1);
case_is('across generators of a space', { ids => [ $early, ids(2, $part + 6, 2, id(4, 1, 0), 1, 3, 4) ] },
	'decreases across sessions' => 1);
case_is('a space of 53 bits',
	{ ids => [ ids(1, $js, 1, js_id(5, 1, 0), 1, 1, 2), ids(2, $js, 2, js_id(4, 1, 0), 1, 3, 4) ] },
	'decreases across sessions' => 1);
case_is('another node', { ids => [ $early, ids(2, $moved, 2, id(4, 2, 0), 1, 3, 4) ] });
case_is('sent before the other was received', { ids => [ $early, ids(2, $server, 2, id(4, 1, 0), 1, 1, 4) ] });

# ---------------------------------------------------------------------- nodes

my @changed = (event(10, 20, 'node', '1 5'));
my @mistyped = (event(10, 20, 'refused-node', 'worker 99'), event(5000, 5001, 'node', '0 1'));
my $node = 1 << 5 | 5;
case_is('a new node', { ids => [ ids(1, $server, 1, id(1, $node, 0), 1, 15, 16) ], events => \@changed });
case_is('the old one soon after', { ids => [ ids(1, $server, 1, id(1, 1, 0), 1, 100, 101) ], events => \@changed });
case_is('a new node too soon', { ids => [ ids(1, $server, 1, id(1, $node, 0), 1, 5, 6) ], events => \@changed },
	'records of a wrong node' => 1);
for my $case ([ 'the server', $server, id(1, 1, 0) ], [ 'a follower', $follower, id(1, 1, 0) ],
	[ 'a datacenter that is the server\'s', $part, id(1, 9, 0) ])
{
	my ($name, $source, $id) = @$case;
	case_is("the old node long after: $name", { ids => [ ids(1, $source, 1, $id, 1, 2000, 2001) ], events => \@changed },
		'records of a wrong node' => 1);
}
case_is('a statement that began before', { ids => [ ids(1, $server, 1, id(1, 1, 0), 1, 5, 9000) ], events => \@changed });
case_is('a worker of its own', { ids => [ ids(1, $part, 1, id(1, 1 << 5 | 9, 0), 1, 2000, 2001) ], events => \@changed });
case_is('a fixed node that moved', { ids => [ ids(1, $fixed, 1, id(1, 4, 0), 1, 1, 2) ] },
	'records of a wrong node' => 1);
case_is('the old node while another is refused',
	{ ids => [ ids(1, $server, 1, id(1, 1, 0), 1, 3000, 3001) ], events => \@mistyped },
	'records of a wrong node' => 1);
case_is('the old datacenter while a worker is refused',
	{ ids => [ ids(1, $part, 1, id(1, 9, 0), 1, 3000, 3001) ], events => \@mistyped });
case_is('the old datacenter while another is refused',
	{ ids => [ ids(1, $part, 1, id(1, 9, 0), 1, 3000, 3001) ], events => [ event(10, 20, 'refused-node', 'datacenter 77') ] },
	'records of a wrong node' => 1);
case_is('the old node when it is back',
	{ ids => [ ids(1, $server, 1, id(1, 1, 0), 1, 7000, 7001) ], events => \@mistyped });

sub refusal { my ($source, $ms, $reason) = @_; my $us = $zero + $ms * 1000; return "$us $us 1 $source $reason\n" }

case_is('refused while mistyped', { refused => [ refusal($server, 3000, 'setting') ], events => \@mistyped });
case_is('refused before', { refused => [ refusal($server, 5, 'setting') ], events => \@mistyped },
	'refused for no reason' => 1);
case_is('refused long after', { refused => [ refusal($server, 7000, 'setting') ], events => \@mistyped },
	'refused for no reason' => 1);
for my $source ($fixed, $moved, $part, $js, $tour)
{
	case_is("refused, though the worker is its own: $source",
		{ refused => [ refusal($source, 3000, 'setting') ], events => \@mistyped }, 'refused for no reason' => 1);
}
case_is('a datacenter mistyped',
	{ refused => [ refusal($part, 3000, 'setting') ], events => [ event(10, 20, 'refused-node', 'datacenter 77') ] });
case_is('refused by a reset', { refused => [ refusal($server, 5, 'reset') ], events => [ event(1, 3, 'reset-back') ] });
case_is('refused without one', { refused => [ refusal($server, 5, 'reset') ] }, 'refused for no reason' => 1);

# ---------------------------------------------------------------------- clocks

my @beyond = (sprintf "%d %d 1 0 %d %d 7\n", $zero + 1000, $zero + 2000, id(1, 1, 0), id_us(1) - 1);
case_is('beyond the drift limit', { beyond => \@beyond }, 'ids beyond the drift limit' => 7);
case_is('while the clock steps', { beyond => \@beyond, events => [ event(1, 2, 'step-back-running') ] });

# The ID is beyond what the clock allowed by so many ms.
sub beyond { my ($ms) = @_; return sprintf "%d %d 1 0 %d %d 7\n", $zero + 100_000, $zero + 101_000, id(1, 1, 0), id_us(1) - $ms * 1000 }
sub id_us { my ($ms) = @_; return 1_577_836_800_000_000 + (220_000_000_000 + $ms) * 1000 }

for my $case ([ 'by the lead', 3000, 0 ], [ 'by more', 3001, 7 ])
{
	my ($name, $ms, $ids) = @$case;
	my @ids = ('ids beyond the drift limit' => $ids);
	case_is("beyond the drift limit $name", { beyond => [ beyond($ms) ], events => [ event(50, 50, 'lead', 3000) ] }, @ids);
	case_is("$name, which is noted later", { beyond => [ beyond($ms) ], events => [ event(500, 500, 'lead', 3000) ] }, @ids);
	case_is("$name, of which there was more before",
		{ beyond => [ beyond($ms) ], events => [ event(10, 10, 'lead', 60000), event(50, 50, 'lead', 3000) ] }, @ids);
}
for my $case ([ 'by a start', 3000, 0 ], [ 'by more', 3001, 7 ])
{
	my ($name, $ms, $ids) = @$case;
	my @ids = ('ids beyond the drift limit' => $ids);
	case_is("beyond the drift limit $name that is noted after a step",
		{ beyond => [ beyond($ms) ], events => [ event(500, 501, 'step-forward-running'), event(502, 502, 'lead', 0),
			event(60, 60, 'lead-of-start', 3000) ] }, @ids);
	case_is("$name when there was less before",
		{ beyond => [ beyond($ms) ], events => [ event(50, 50, 'lead', 1000), event(60, 60, 'lead-of-start', 3000) ] },
		@ids);
}
case_is('by a start that is noted after the lead of a promotion',
	{ beyond => [ beyond(3000) ], events => [ event(500, 500, 'lead', 1000), event(60, 60, 'lead-of-start', 3000),
		event(600, 600, 'lead', 3000) ] });
case_is('by a lead that is more than that of the last start',
	{ beyond => [ beyond(3000) ], events => [ event(50, 50, 'lead', 3000), event(60, 60, 'lead-of-start', 1000) ] });
case_is('by a start before a step that ended its lead',
	{ beyond => [ beyond(3000) ], events => [ event(10, 11, 'step-forward-running'), event(12, 12, 'lead', 1000),
		event(5, 5, 'lead-of-start', 3000) ] },
	'ids beyond the drift limit' => 7);
case_is('by a lead that comes with a later step',
	{ beyond => [ beyond(3000) ], events => [ event(500, 501, 'step-back-running'), event(502, 502, 'lead', 3000) ] },
	'ids beyond the drift limit' => 7);

done_testing();
