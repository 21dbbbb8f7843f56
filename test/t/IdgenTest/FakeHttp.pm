# An HTTP server on loopback that answers what it is told to, be it HTTP or not.

package IdgenTest::FakeHttp;

use strict;
use warnings;

use Carp;
use Exporter 'import';
use IO::Socket::INET;
use POSIX ();
use PostgreSQL::Test::Utils;

our @EXPORT = qw(
  fake_http http_answer
);

my @servers;

# A server that calls code with path and body of each request, and sends what that returns;
# undef closes the connection.
sub fake_http
{
	my ($code) = @_;
	my $listener = IO::Socket::INET->new(Listen => 20, LocalAddr => '127.0.0.1', Proto => 'tcp')
	  or croak "could not listen: $!";
	my $self = bless { port => $listener->sockport, log => PostgreSQL::Test::Utils::tempdir() . '/requests' }, __PACKAGE__;

	my $pid = fork() // croak "could not fork: $!";
	if ($pid == 0)
	{
		# From 19 on, PostgreSQL's own handler would end in stopping all servers of the test.
		$SIG{TERM} = $SIG{INT} = 'DEFAULT';
		$SIG{CHLD} = 'IGNORE';
		while (my $connection = $listener->accept)
		{
			next if fork();
			$self->serve($connection, $code);
			POSIX::_exit(0);
		}
		POSIX::_exit(0);
	}
	$self->{pid} = $pid;
	push @servers, $self;
	return $self;
}

# What idgen.lease_store would be.
sub store { return "etcd://127.0.0.1:$_[0]->{port}"; }

# The paths of the requests that have come so far.
sub requests
{
	my ($self) = @_;

	return -e $self->{log} ? split(/\n/, slurp_file($self->{log})) : ();
}

sub serve
{
	my ($self, $connection, $code) = @_;

	while (defined(my $line = <$connection>))
	{
		my ($path) = $line =~ m{^\w+ (\S+)} or return;
		my ($length, $body) = (0, '');

		while (defined($line = <$connection>) && $line ne "\r\n")
		{
			$length = $1 if $line =~ /^Content-Length: (\d+)/i;
		}
		read($connection, $body, $length) if $length;
		open(my $log, '>>', $self->{log}) or return;
		print $log "$path\n";
		close($log);
		my $answer = $code->($path, $body) // return;
		print $connection $answer;
		$connection->flush;
		return unless $answer =~ /^HTTP\/1\.1 .*\r\nContent-Length: (\d+)\r\n\r\n(.*)$/s && length($2) == $1;
	}
	return;
}

# A whole answer.
sub http_answer
{
	my ($body, $status) = @_;

	return 'HTTP/1.1 ' . ($status // 200) . " Status\r\nContent-Type: application/json\r\nContent-Length: " . length($body) . "\r\n\r\n$body";
}

sub stop
{
	my ($self) = @_;
	my $pid = delete $self->{pid} or return;

	kill('KILL', $pid);
	waitpid($pid, 0);
	return;
}

END
{
	my $status = $?;
	$_->stop foreach @servers;
	$? = $status;
}

1;
