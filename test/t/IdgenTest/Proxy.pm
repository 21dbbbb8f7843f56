# A proxy that cuts replies off: the server has done what it was asked, and who asked does not hear of it.

package IdgenTest::Proxy;

use strict;
use warnings;

use Exporter 'import';
use IO::Select;
use IO::Socket::INET;
use POSIX ();

our @EXPORT = qw(start_proxy);

# Passes on what clients and the server at a port send, by a process of its own.  While a file exists, it closes the
# connection in place of the answer to what matches a query.  Returns its port and its process ID.
sub start_proxy
{
	my ($port, $query, $cut) = @_;
	my $listener = IO::Socket::INET->new(Listen => 20, LocalAddr => '127.0.0.1', ReuseAddr => 1) or die "could not listen: $@";
	my $pid = fork // die "could not fork: $!";

	return ($listener->sockport, $pid) if $pid;
	# From 19 on, PostgreSQL's own handler would end in stopping all servers of the test.
	local $SIG{TERM} = local $SIG{INT} = 'DEFAULT';
	local $SIG{CHLD} = 'IGNORE';
	while (my $client = $listener->accept)
	{
		next if fork;
		my $server = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or POSIX::_exit(0);
		my $select = IO::Select->new($client, $server);
		my $is_meant = 0;

		while (my @ready = $select->can_read)
		{
			foreach my $from (@ready)
			{
				my $to = $from == $client ? $server : $client;
				my $length = $from->sysread(my $data, 65536);

				$is_meant = $data =~ $query if $length && $from == $client;
				POSIX::_exit(0) if !$length || ($from == $server && $is_meant && -e $cut);
				$to->syswrite($data);
			}
		}
		POSIX::_exit(0);
	}
	POSIX::_exit(0);
}

1;
