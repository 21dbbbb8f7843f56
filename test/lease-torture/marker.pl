# Reads etcd over and over, so that it is known what it did not have yet at a time: a line "SENT_US REVISION" for each
# answer, of a linearizable read that was sent at that time.
#
#	marker.pl FILE HOST:PORT ...

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw(sleep time);

my ($path, @members) = @ARGV;
my $body = '{"key":"L2lkZ2VuLw==","limit":"1"}';

while (getppid() != 1)
{
	my $member = $members[ rand @members ];
	my $sent_us = int(time * 1e6);
	my $socket = IO::Socket::INET->new(PeerAddr => $member, Timeout => 0.5);
	my $answer = '';

	sleep(0.1);
	next unless $socket;
	print $socket "POST /v3/kv/range HTTP/1.1\r\nHost: $member\r\nConnection: close\r\nContent-Type: application/json\r\n" . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
	$socket->flush;
	my $select = IO::Select->new($socket);
	while ($answer !~ /"revision":"\d+"/ && $select->can_read(0.5))
	{
		sysread($socket, $answer, 4096, length $answer) or last;
	}
	next unless $answer =~ /"revision":"(\d+)"/;
	open(my $file, '>>', $path) or die "could not write $path: $!";
	syswrite($file, "$sent_us $1\n");
}
