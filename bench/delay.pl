# A network that takes a while: delay.pl MILLISECONDS FROM-PORT:TO-PORT ...
# passes on what arrives at 127.0.0.1 from each FROM-PORT to TO-PORT, and back, so many milliseconds later each way.

use strict;
use warnings;

use IO::Poll qw(POLLIN);
use IO::Socket::INET;
use Socket qw(IPPROTO_TCP TCP_NODELAY);
use Time::HiRes qw(time);

my ($delay, @ways) = @ARGV;
my $poll = IO::Poll->new;
my (%target, %other, @under_way);

$SIG{PIPE} = 'IGNORE';
foreach my $way (@ways)
{
	my ($from, $to) = split /:/, $way;
	my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $from, Listen => 128, ReuseAddr => 1)
	  or die "port $from: $@\n";

	$target{$listener} = $to;
	$poll->mask($listener => POLLIN);
}

sub add_connection
{
	my ($near, $port) = @_;
	my $far = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or return;

	foreach my $pair ([ $near, $far ], [ $far, $near ])
	{
		$other{ $pair->[0] } = $pair->[1];
		setsockopt($pair->[0], IPPROTO_TCP, TCP_NODELAY, 1);
		$poll->mask($pair->[0] => POLLIN);
	}
	return;
}

sub read_from
{
	my ($socket) = @_;
	my $to = $other{$socket};

	$poll->remove($socket) if !sysread($socket, my $data, 65536);
	push @under_way, [ time() + $delay / 1000, $to, $data ];
	return;
}

sub deliver
{
	while (@under_way && $under_way[0][0] <= time())
	{
		my (undef, $to, $data) = @{ shift @under_way };

		if (!defined $data || $data eq '') { $to->shutdown(1) }
		else { syswrite $to, $data }
	}
	return;
}

while (1)
{
	$poll->poll(@under_way ? ($under_way[0][0] > time() ? $under_way[0][0] - time() : 0) : undef);
	foreach my $handle ($poll->handles(POLLIN))
	{
		if (exists $target{$handle}) { add_connection(scalar $handle->accept, $target{$handle}) }
		else { read_from($handle) }
	}
	deliver();
}
