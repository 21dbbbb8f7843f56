# The store: a ZooKeeper of three members, each at its place in the network.

package LeaseTorture::ZooKeeper;

use strict;
use warnings;

use LeaseTorture::Network;
use LeaseTorture::Process;
use LeaseTorture::ZooKeeperLog;
use Time::HiRes qw(sleep time);

my $JAR = '/usr/share/java/zookeeper.jar';
my @JAVA = ('java', '-Xmx96m', '-Xss512k', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto', '-cp');
my $WATCHER = 'w';

sub new { return bless { members => [ LeaseTorture::Network::members() ], pid => {}, life => 0 }, shift; }

sub members { return @{ $_[0]->{members} }; }
sub address { return 'zookeeper://' . join(',', map { LeaseTorture::Network::address($_) . ':2181' } $_[0]->members); }
sub namespace { return LeaseTorture::Network::namespace($_[1] // $WATCHER); }
sub dir { return "$LeaseTorture::Process::work/zookeeper-$_[1]"; }

sub configure
{
	my ($self, $member) = @_;
	my $dir = $self->dir($member);

	run(5, undef, 'mkdir', '-p', "$dir/data");
	write_file("$dir/data/myid", substr($member, 1));
	write_file(
		"$dir/log4j.properties",
		'log4j.rootLogger=INFO, CONSOLE',
		'log4j.appender.CONSOLE=org.apache.log4j.ConsoleAppender',
		'log4j.appender.CONSOLE.layout=org.apache.log4j.PatternLayout',
		'log4j.appender.CONSOLE.layout.ConversionPattern=%d{ISO8601} %-5p %m%n');
	write_file(
		"$dir/zoo.cfg",
		'tickTime=200', 'initLimit=25', 'syncLimit=10', 'minSessionTimeout=400', 'maxSessionTimeout=60000', "dataDir=$dir/data",
		'clientPort=2181', 'admin.enableServer=false', '4lw.commands.whitelist=srvr',
		map { 'server.' . substr($_, 1) . '=' . LeaseTorture::Network::address($_) . ':2888:3888' } $self->members);
	return $dir;
}

sub start_member
{
	my ($self, $member) = @_;
	my $dir = $self->configure($member);

	$self->{pid}->{$member} = spawn("$member.log", $self->namespace($member), @JAVA, "$dir:$JAR", 'org.apache.zookeeper.server.quorum.QuorumPeerMain', "$dir/zoo.cfg");
	return;
}

sub kill_member
{
	my ($self, $member) = @_;

	end_process(delete $self->{pid}->{$member});
	return;
}

sub signal_member { return kill($_[2], $_[0]->{pid}->{ $_[1] } // return); }

# Runs commands of ZooKeeper's shell, at the watcher's place.
sub control
{
	my ($self, @commands) = @_;
	my $file = "$LeaseTorture::Process::work/tmp/zk-commands";

	write_file($file, @commands, 'quit');
	return capture(30, $self->namespace, 'sh', '-c', "@JAVA " . $self->dir('m1') . ":$JAR org.apache.zookeeper.ZooKeeperMain -server " . LeaseTorture::Network::address('m1') . ":2181 <$file 2>&1");
}

sub is_serving
{
	my ($self, $member) = @_;

	return (capture(3, $self->namespace, 'perl', '-MIO::Socket::INET', '-e',
			'$s = IO::Socket::INET->new(PeerAddr => shift, Timeout => 1) or exit 1; print $s "srvr"; $s->flush; print <$s>',
			LeaseTorture::Network::address($member) . ':2181') // '') =~ /^Mode: /m;
}

sub start
{
	my ($self) = @_;

	$self->{life}++;
	$self->start_member($_) foreach $self->members;
	return within(60, sub { !grep { !$self->is_serving($_) } $self->members });
}

# Members are paused while their files are copied.
sub save
{
	my ($self, $directory) = @_;

	foreach my $member ($self->members)
	{
		$self->signal_member($member, 'STOP');
		run(5, undef, 'mkdir', '-p', $directory);
		run(30, undef, 'cp', '-a', $self->dir($member) . '/data', "$directory/$member") or return 0;
		$self->signal_member($member, 'CONT');
	}
	return 1;
}

sub wipe
{
	my ($self) = @_;

	$self->kill_member($_) foreach $self->members;
	run(20, undef, 'rm', '-rf', $self->dir($_) . '/data') foreach $self->members;
	return $self->start;
}

# Goes back to what was saved, without the pool, so that no server takes the store for what it was.
sub restore
{
	my ($self, $directory) = @_;

	$self->kill_member($_) foreach $self->members;
	foreach my $member ($self->members)
	{
		run(20, undef, 'rm', '-rf', $self->dir($member) . '/data');
		run(30, undef, 'cp', '-a', "$directory/$member", $self->dir($member) . '/data') or return 0;
	}
	return $self->start && within(20, sub { ($self->control('setAcl -R /idgen world:anyone:cdrwa', 'deleteall /idgen/default', 'ls /idgen') // '') =~ /^\[\]$/m });
}

# ---------------------------------------------------------------------- what was stored

# Keeps the logs of transactions of this life of the store, in which each has the time at which it was proposed.
sub collect
{
	my ($self) = @_;

	foreach my $member ($self->members)
	{
		run(30, undef, 'cp', '-a', $self->dir($member) . '/data/version-2', "$ENV{RUN}/log.$self->{life}.$member") or fail('the logs of the store cannot be copied');
	}
	return;
}

sub write_fences
{
	my %lines;

	foreach my $file (glob("$ENV{RUN}/log.*/log.*"))
	{
		$lines{$_} = 1 foreach LeaseTorture::ZooKeeperLog::fences($file);
	}
	write_file("$ENV{RUN}/fences", sort keys %lines);
	return;
}

1;
