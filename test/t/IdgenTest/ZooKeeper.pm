# ZooKeepers on loopback, which the tests start, disturb and stop.

package IdgenTest::ZooKeeper;

use strict;
use warnings;

use Carp;
use Exporter 'import';
use File::Path qw(make_path remove_tree);
use IdgenTest::Provider;
use IdgenTest::Session;
use IO::Select;
use IO::Socket::INET;
use POSIX ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(
  skip_all_without_zookeeper new_zookeeper zookeeper_session zookeeper_store
);

my $JAR = '/usr/share/java/zookeeper.jar';
my @ensembles;

# Skips the file unless a ZooKeeper and the provider of it are there.
sub skip_all_without_zookeeper
{
	my $libdir = qx(pg_config --pkglibdir);
	chomp $libdir;

	plan skip_all => 'ZooKeeper is not installed' unless -e $JAR && system('java -version >/dev/null 2>&1') == 0;
	plan skip_all => 'the provider of ZooKeeper has not been built' unless -e "$libdir/idgen_zookeeper.so";
	return;
}

# A session with a ZooKeeper, or what has an address as one.  Options as for provider().
sub zookeeper_session
{
	my ($node, $zookeeper, %option) = @_;

	$option{store} //= $zookeeper->store;
	return provider($node, module => '$libdir/idgen_zookeeper', %option);
}

# A running ZooKeeper.  Options: members (1), longest_session (ms).
sub new_zookeeper
{
	my ($name, %option) = @_;
	my $self = bless {
		name => $name,
		directory => PostgreSQL::Test::Utils::tempdir(),
		longest_session => $option{longest_session} // 60000,
		members => [],
	}, __PACKAGE__;

	foreach my $number (1 .. $option{members} // 1)
	{
		push @{ $self->{members} },
		  { name => "$name$number", number => $number, map { $_ => PostgreSQL::Test::Cluster::get_free_port() } qw(port peer election) };
	}
	push @ensembles, $self;
	$self->start;
	return $self;
}

# ---------------------------------------------------------------------- addresses

sub ports { return map { $_->{port} } @{ $_[0]->{members} }; }

# What idgen.lease_store would be, of all members, or of these ports.
sub store
{
	my ($self, @ports) = @_;

	@ports = $self->ports unless @ports;
	return 'zookeeper://' . join(',', map { "127.0.0.1:$_" } @ports);
}

# ---------------------------------------------------------------------- life

sub data_dir { return "$_[0]->{directory}/$_[1]->{name}"; }

# Writes the configuration of a member, and returns its directory.
sub configure
{
	my ($self, $member) = @_;
	my $directory = $self->data_dir($member);
	my @members = @{ $self->{members} };

	make_path("$directory/data");
	PostgreSQL::Test::Utils::append_to_file("$directory/data/myid", "$member->{number}\n") unless -e "$directory/data/myid";
	unlink "$directory/zoo.cfg", "$directory/log4j.properties";
	PostgreSQL::Test::Utils::append_to_file("$directory/log4j.properties", <<'END');
log4j.rootLogger=INFO, CONSOLE
log4j.appender.CONSOLE=org.apache.log4j.ConsoleAppender
log4j.appender.CONSOLE.layout=org.apache.log4j.PatternLayout
log4j.appender.CONSOLE.layout.ConversionPattern=%d{ISO8601} %-5p %m%n
END
	PostgreSQL::Test::Utils::append_to_file("$directory/zoo.cfg", <<"END");
tickTime=200
initLimit=25
syncLimit=10
minSessionTimeout=400
maxSessionTimeout=$self->{longest_session}
dataDir=$directory/data
clientPort=$member->{port}
clientPortAddress=127.0.0.1
admin.enableServer=false
4lw.commands.whitelist=srvr
END
	PostgreSQL::Test::Utils::append_to_file("$directory/zoo.cfg",
		join('', map { "server.$_->{number}=127.0.0.1:$_->{peer}:$_->{election}\n" } @members))
	  if @members > 1;
	return $directory;
}

# Starts one member (0 ..), without waiting for it.
sub start_member
{
	my ($self, $number) = @_;
	my $member = $self->{members}->[$number];
	my $directory = $self->configure($member);
	my $log = "$PostgreSQL::Test::Utils::log_path/zookeeper_$member->{name}.log";
	my @command = (
		'java', '-Xmx96m', '-Xss512k', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto', '-cp', "$directory:$JAR",
		'org.apache.zookeeper.server.quorum.QuorumPeerMain', "$directory/zoo.cfg");

	my $pid = fork() // croak "could not fork: $!";
	if ($pid == 0)
	{
		open(STDIN, '<', '/dev/null');
		open(STDOUT, '>>', $log);
		open(STDERR, '>&', \*STDOUT);
		exec { $command[0] } @command or POSIX::_exit(127);
	}
	$member->{pid} = $pid;
	return;
}

sub start
{
	my ($self) = @_;

	$self->start_member($_) foreach 0 .. $#{ $self->{members} };
	return $self->wait_until_healthy;
}

# What a member says of itself: "standalone", "leader", "follower", or nothing.
sub mode
{
	my ($self, $number) = @_;
	my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{members}->[$number]->{port}, Timeout => 1)
	  or return '';

	$socket->syswrite('srvr');
	# One that is starting may accept the connection, and then not answer, or not close it.
	my $answer = '';
	my $select = IO::Select->new($socket);
	while ($answer !~ /^Mode: \w+\n|not currently serving/m && $select->can_read(1))
	{
		sysread($socket, $answer, 4096, length $answer) or last;
	}
	return $answer =~ /^Mode: (\w+)/m ? $1 : '';
}

# All members serve.
sub wait_until_healthy
{
	my ($self) = @_;

	wait_until
	{
		!grep { $self->mode($_) eq '' } 0 .. $#{ $self->{members} }
	}
	"ZooKeeper $self->{name}";
	return $self;
}

sub leader
{
	my ($self) = @_;

	return (grep { $self->mode($_) =~ /leader|standalone/ } 0 .. $#{ $self->{members} })[0];
}

sub kill_member
{
	my ($self, $number) = @_;
	my $member = $self->{members}->[$number];

	my $pid = delete $member->{pid} or return;
	kill('KILL', $pid);
	waitpid($pid, 0);
	return;
}

# Kills all members at once.
sub kill_all
{
	my ($self) = @_;
	my $status = $?;

	$self->kill_member($_) foreach 0 .. $#{ $self->{members} };
	$? = $status;
	return;
}

sub pause { return stop_processes($_[0]->{members}->[ $_[1] // 0 ]->{pid}); }
sub resume { return kill('CONT', $_[0]->{members}->[ $_[1] // 0 ]->{pid}); }

# ---------------------------------------------------------------------- what is stored

# Removes all data, and starts anew.
sub wipe
{
	my ($self) = @_;

	$self->kill_all;
	remove_tree($self->data_dir($_) . '/data') foreach @{ $self->{members} };
	return $self->start;
}

# Copies all data, which must not change meanwhile.
sub save
{
	my ($self) = @_;

	$self->kill_all;
	foreach (@{ $self->{members} })
	{
		my $directory = $self->data_dir($_);
		remove_tree("$directory/saved");
		PostgreSQL::Test::Utils::system_or_bail('cp', '-a', "$directory/data", "$directory/saved");
	}
	return $self->start;
}

# Goes back to what save() copied.
sub restore
{
	my ($self) = @_;

	$self->kill_all;
	foreach (@{ $self->{members} })
	{
		my $directory = $self->data_dir($_);
		remove_tree("$directory/data");
		PostgreSQL::Test::Utils::system_or_bail('cp', '-a', "$directory/saved", "$directory/data");
	}
	return $self->start;
}

# ---------------------------------------------------------------------- a client
# Speaks the protocol itself, so that what is seen does not depend on the library that the provider uses.

my %TYPE = (create => 1, delete => 2, get => 4, set => 5, acl => 6, children => 8, auth => 100, close => -11);

sub buffer { return pack('N/a*', $_[0]); }

# A connected client, with a session of its own.  Option: user ("name:password").
sub client
{
	my ($self, %option) = @_;
	my ($port) = $self->ports;
	my $client = bless { xid => 0, socket => IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) },
	  'IdgenTest::ZooKeeper::Client';

	$client->{socket} or croak "could not connect to ZooKeeper: $!";
	$client->write(pack('N q> N q>', 0, 0, 10000, 0) . buffer("\0" x 16));
	$client->read;
	$client->ask('auth', pack('N', 0) . buffer('digest') . buffer($option{user})) if defined $option{user};
	return $client;
}

package IdgenTest::ZooKeeper::Client;

use Carp;

sub write
{
	my ($self, $packet) = @_;

	$self->{socket}->print(pack('N/a*', $packet));
	$self->{socket}->flush;
	return;
}

sub read
{
	my ($self) = @_;
	my ($length, $packet);

	CORE::read($self->{socket}, $length, 4) == 4 or croak 'ZooKeeper has closed the connection';
	$length = unpack('N', $length);
	CORE::read($self->{socket}, $packet, $length) == $length or croak 'ZooKeeper has closed the connection';
	return $packet;
}

# Asks, and returns the answer without its header; dies with the number of an error.
sub ask
{
	my ($self, $type, $body) = @_;

	$self->write(pack('l> l>', $type eq 'auth' ? -4 : ++$self->{xid}, $TYPE{$type}) . $body);
	my ($xid, $zxid, $error, $answer) = unpack('l> q> l> a*', $self->read);
	croak "$type: error $error" if $error != 0;
	return $answer;
}

sub buffer { return IdgenTest::ZooKeeper::buffer(@_); }

# The text of a node; undef if it is not there.
sub get { return $_[0]->stat_of($_[1])->{text}; }

# Text and owner of a node.
sub stat_of
{
	my ($self, $path) = @_;
	my $answer = eval { $self->ask('get', buffer($path) . "\0") };

	return {} if !defined $answer && $@ =~ /error -101/;
	croak $@ unless defined $answer;
	my ($text, $stat) = unpack('N/a* a*', $answer);
	my %stat;
	@stat{qw(czxid mzxid ctime mtime version cversion aversion owner)} = unpack('q>4 l>3 q>', $stat);
	return { text => $text, %stat };
}

sub children
{
	my ($self, $path) = @_;
	my $answer = eval { $self->ask('children', buffer($path) . "\0") } // return [];

	return [ sort(unpack('N/(N/a*)', $answer)) ];
}

# The rights on a node, as "permissions scheme" for each of its users.
sub rights
{
	my ($self, $path) = @_;

	my ($count, $rest) = unpack('N a*', $self->ask('acl', buffer($path)));
	my ($permissions, $scheme, $id) = unpack('N N/a* N/a*', $rest);
	return "$count: $permissions $scheme $id";
}

sub create
{
	my ($self, $path, $text) = @_;

	$self->ask('create', buffer($path) . buffer($text) . pack('N N', 1, 31) . buffer('world') . buffer('anyone') . pack('N', 0));
	return;
}

sub set { return $_[0]->ask('set', buffer($_[1]) . buffer($_[2]) . pack('l>', -1)); }
sub delete { return $_[0]->ask('delete', buffer($_[1]) . pack('l>', -1)); }

package IdgenTest::ZooKeeper;

# ---------------------------------------------------------------------- a store of IdgenTest::Lease

# A started ZooKeeper that is a store.
sub zookeeper_store
{
	my ($name, %option) = @_;

	return bless { zookeeper => new_zookeeper($name, %option), pool => 'default' }, 'IdgenTest::Lease::ZooKeeper';
}

package IdgenTest::Lease::ZooKeeper;

sub zookeeper { return $_[0]->{zookeeper}; }
sub address { return $_[0]->{zookeeper}->store; }
sub kill { return $_[0]->{zookeeper}->kill_all; }
sub start { return $_[0]->{zookeeper}->start; }
sub pool { return $_[0]->{zookeeper}->client->get("/idgen/$_[0]->{pool}/pool"); }

sub set_pool
{
	my ($self, $text) = @_;

	$self->{zookeeper}->client->set("/idgen/$self->{pool}/pool", $text);
	return;
}

sub workers
{
	my ($self) = @_;
	my $client = $self->{zookeeper}->client;
	my %workers;

	foreach my $name (@{ $client->children("/idgen/$self->{pool}/fence") })
	{
		my $record = $client->stat_of("/idgen/$self->{pool}/fence/$name");
		my $hold = $client->stat_of("/idgen/$self->{pool}/hold/$name");

		$workers{ $name + 0 } = {
			%{ IdgenTest::Lease::read_record($record->{text}) },
			version => $record->{version},
			hold => $hold->{text},
			hold_version => $hold->{czxid}
		};
	}
	return \%workers;
}

END
{
	$_->kill_all foreach @ensembles;
}

1;
