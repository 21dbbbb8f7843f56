# A proxy before servers at ports of 127.0.0.1: it passes on what clients and servers say. While there is the file "cut" in
# a directory, it closes a connection when the answer to a query that takes a range comes, so that nobody gets the range, and
# notes that in the file "cuts", a byte for each.
#
#	proxy.pl DIRECTORY PORT...
#
# The port at which it listens for each server is in the file "port.PORT".

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use POSIX ();

my ($directory, @ports) = @ARGV;

sub write_to
{
	my ($mode, $name, $what) = @_;

	open(my $file, $mode, "$directory/$name") or die "could not open $directory/$name: $!\n";
	syswrite($file, $what);
	close($file);
	return;
}

sub pass_on
{
	my ($client, $port) = @_;
	my $server = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or return;
	my $select = IO::Select->new($client, $server);
	my $is_take = 0;

	while (my @ready = $select->can_read)
	{
		foreach my $from (@ready)
		{
			my $length = $from->sysread(my $data, 65536) or return;

			$is_take = $data =~ /segment_(take|grant)/ if $from == $client;
			if ($from == $server && $is_take && -e "$directory/cut")
			{
				write_to('>>', 'cuts', '.');
				return;
			}
			($from == $client ? $server : $client)->syswrite($data);
		}
	}
	return;
}

sub serve
{
	my ($listener, $port) = @_;

	local $SIG{CHLD} = 'IGNORE';
	local $SIG{PIPE} = 'IGNORE';
	while (1)
	{
		my $client = $listener->accept or next;

		next if fork;
		pass_on($client, $port);
		POSIX::_exit(0);
	}
	return;
}

foreach my $port (@ports)
{
	my $listener = IO::Socket::INET->new(Listen => 20, LocalAddr => '127.0.0.1') or die "could not listen: $@\n";

	write_to('>', "port.$port", $listener->sockport . "\n");
	serve($listener, $port) unless fork;
}
sleep;
