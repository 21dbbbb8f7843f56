# etcds on loopback, which the tests start, disturb and stop.

package IdgenTest::Etcd;

use strict;
use warnings;

use Carp;
use Exporter 'import';
use File::Path qw(remove_tree);
use IPC::Run;
use IdgenTest::Provider;
use IdgenTest::Session;
use POSIX ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(
  skip_all_without_etcd new_etcd etcd_session certificate
);

my @clusters;

# Skips the file unless an etcd and the provider of it are there.
sub skip_all_without_etcd
{
	my $libdir = qx(pg_config --pkglibdir);
	chomp $libdir;

	plan skip_all => 'etcd and etcdctl are not installed' if system('etcd --version >/dev/null 2>&1 && etcdctl version >/dev/null 2>&1') != 0;
	plan skip_all => 'the provider of etcd has not been built' unless -e "$libdir/idgen_etcd.so";
	return;
}

# A session with an etcd, or what has an address as one.  Options as for provider().
sub etcd_session
{
	my ($node, $etcd, %option) = @_;

	$option{store} //= $etcd->store;
	return provider($node, module => '$libdir/idgen_etcd', %option);
}

# A certificate that signs itself, for 127.0.0.1: (its file, the file of its key).
sub certificate
{
	my ($name) = @_;
	my $base = PostgreSQL::Test::Utils::tempdir() . "/$name";

	PostgreSQL::Test::Utils::system_or_bail(
		'openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', 30,
		'-subj', "/CN=$name", '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', "$base.key", '-out', "$base.crt");
	return ("$base.crt", "$base.key");
}

# A running etcd.  Options: members (1), tls (a reference to what certificate() returned),
# clients (a certificate that clients need), token_ttl (seconds that tokens live when they are
# not used).
sub new_etcd
{
	my ($name, %option) = @_;
	my $self = bless {
		name => $name,
		tls => $option{tls},
		clients => $option{clients},
		directory => PostgreSQL::Test::Utils::tempdir(),
		token_ttl => $option{token_ttl} // 300,
		user => [],
	}, __PACKAGE__;

	foreach my $number (1 .. $option{members} // 1)
	{
		push @{ $self->{members} },
		  { name => "$name$number", port => PostgreSQL::Test::Cluster::get_free_port(), peer => PostgreSQL::Test::Cluster::get_free_port() };
	}
	push @clusters, $self;
	$self->start;
	return $self;
}

# ---------------------------------------------------------------------- addresses

sub scheme { return $_[0]->{tls} ? 'https' : 'http'; }

sub ports
{
	my ($self) = @_;

	return map { $_->{port} } @{ $self->{members} };
}

# What idgen.lease_store would be, of all members, or of these ports.
sub store
{
	my ($self, @ports) = @_;
	my $options = $self->{tls} ? "?cacert=$self->{tls}->[0]" : '';

	@ports = $self->ports unless @ports;
	return ($self->{tls} ? 'etcds://' : 'etcd://') . join(',', map { "127.0.0.1:$_" } @ports) . $options;
}

# Runs etcdctl, at one member or all, and returns what it printed.
sub control
{
	my ($self, @arguments) = @_;
	my @tls = $self->{tls} ? ('--cacert', $self->{tls}->[0], '--cert', $self->{tls}->[0], '--key', $self->{tls}->[1]) : ();
	my $endpoints = join(',', map { $self->scheme . "://127.0.0.1:$_" } $self->ports);
	my ($output, $error);
	local $ENV{ETCDCTL_API} = 3;

	my $result = IPC::Run::run([ 'etcdctl', '--endpoints', $endpoints, @tls, @{ $self->{user} }, @arguments ], '>', \$output, '2>', \$error);
	$self->{last_error} = $error;
	return $result ? $output : undef;
}

sub must_control
{
	my ($self, @arguments) = @_;

	return $self->control(@arguments) // croak("etcdctl @arguments: $self->{last_error}");
}

# ---------------------------------------------------------------------- life

sub data_dir
{
	my ($self, $member) = @_;

	return "$self->{directory}/$member->{name}";
}

sub initial_cluster
{
	my ($self) = @_;

	return join(',', map { "$_->{name}=http://127.0.0.1:$_->{peer}" } @{ $self->{members} });
}

sub command
{
	my ($self, $member) = @_;
	my $url = $self->scheme . "://127.0.0.1:$member->{port}";
	my $peer = "http://127.0.0.1:$member->{peer}";
	my @tls = $self->{tls} ? ('--cert-file', $self->{tls}->[0], '--key-file', $self->{tls}->[1]) : ();

	push @tls, '--client-cert-auth', '--trusted-ca-file', $self->{clients} if $self->{clients};
	return (
		'etcd', '--name', $member->{name}, '--data-dir', $self->data_dir($member),
		'--listen-client-urls', $url, '--advertise-client-urls', $url,
		'--listen-peer-urls', $peer, '--initial-advertise-peer-urls', $peer,
		'--initial-cluster', $self->initial_cluster, '--initial-cluster-token', $self->{name},
		'--heartbeat-interval', 50, '--election-timeout', 500, '--auth-token-ttl', $self->{token_ttl}, @tls);
}

# Starts one member (0 ..), without waiting for it.
sub start_member
{
	my ($self, $number) = @_;
	my $member = $self->{members}->[$number];
	my $log = "$PostgreSQL::Test::Utils::log_path/etcd_$member->{name}.log";
	my @command = $self->command($member);

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

# All members serve.
sub wait_until_healthy
{
	my ($self) = @_;

	wait_until { defined $self->control('--command-timeout', '2s', 'endpoint', 'health') } "etcd $self->{name}";
	return $self;
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

# The member that leads (0 ..).
sub leader
{
	my ($self) = @_;
	my @lines = split /\n/, $self->must_control('endpoint', 'status', '-w', 'fields');
	my (%member, @leads);

	foreach (@lines)
	{
		$member{$1} = $2 if /^"(MemberID|Leader)" : (\d+)/;
		if (/^"Endpoint" : /)
		{
			push @leads, $member{MemberID} eq $member{Leader};
			%member = ();
		}
	}
	return (grep { $leads[$_] } 0 .. $#leads)[0];
}

# ---------------------------------------------------------------------- what is stored

# Removes all data, and starts anew.
sub wipe
{
	my ($self) = @_;

	$self->kill_all;
	remove_tree($self->data_dir($_)) foreach @{ $self->{members} };
	return $self->start;
}

sub save
{
	my ($self, $file) = @_;

	$self->must_control('snapshot', 'save', $file);
	return;
}

# Goes back to what save() wrote to a file.
sub restore
{
	my ($self, $file) = @_;
	my $tool = system('etcdutl version >/dev/null 2>&1') == 0 ? 'etcdutl' : 'etcdctl';
	local $ENV{ETCDCTL_API} = 3;

	$self->kill_all;
	foreach my $member (@{ $self->{members} })
	{
		remove_tree($self->data_dir($member));
		PostgreSQL::Test::Utils::system_or_bail($tool, 'snapshot', 'restore', $file, '--name', $member->{name},
			'--data-dir', $self->data_dir($member), '--initial-cluster', $self->initial_cluster,
			'--initial-cluster-token', $self->{name}, '--initial-advertise-peer-urls', "http://127.0.0.1:$member->{peer}");
	}
	return $self->start;
}

# From now on, etcd asks for users: root, and this one.
sub enable_users
{
	my ($self, $user, $password, $prefix) = @_;

	$self->must_control(@$_)
	  foreach [ 'user', 'add', 'root:root' ], [ 'user', 'grant-role', 'root', 'root' ],
	  [ 'user', 'add', "$user:$password" ], [ 'role', 'add', 'idgen' ],
	  [ 'role', 'grant-permission', 'idgen', '--prefix=true', 'readwrite', $prefix ],
	  [ 'user', 'grant-role', $user, 'idgen' ], [ 'auth', 'enable' ];
	$self->{user} = [ '--user', 'root:root' ];
	return;
}

sub disable_users
{
	my ($self) = @_;

	$self->must_control('auth', 'disable');
	$self->{user} = [];
	return;
}

# All tokens of a user end.
sub change_password
{
	my ($self, $user, $password) = @_;

	my ($output, $error);
	my $input = "$password\n";
	local $ENV{ETCDCTL_API} = 3;
	my $endpoints = join(',', map { $self->scheme . "://127.0.0.1:$_" } $self->ports);
	IPC::Run::run([ 'etcdctl', '--endpoints', $endpoints, @{ $self->{user} }, 'user', 'passwd', '--interactive=false', $user ],
		'<', \$input, '>', \$output, '2>', \$error)
	  or croak "etcdctl user passwd: $error";
	return;
}

END
{
	$_->kill_all foreach @clusters;
}

1;
