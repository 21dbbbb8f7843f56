# Clusters of servers that Patroni runs, on loopback, with etcd: started, switched over, killed.

package IdgenTest::Patroni;

use strict;
use warnings;

use Carp;
use Exporter 'import';
use HTTP::Tiny;
use IPC::Run;
use IdgenTest::Session;
use JSON::PP;
use POSIX ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(
  skip_all_without_patroni new_patroni
);

# Seconds after which a leader that is silent is replaced; Patroni has no less.
my $TTL = 20;

my @clusters;

sub skip_all_without_patroni
{
	plan skip_all => 'Patroni is not installed' if system('patroni --version >/dev/null 2>&1 && patronictl version >/dev/null 2>&1') != 0;
	plan skip_all => 'Patroni has no client of etcd' if system('/usr/bin/python3', '-c', 'import patroni.dcs.etcd3') != 0;
	return;
}

# A cluster with a primary.  Options: etcd, members (2), parameters (of PostgreSQL, a reference).
sub new_patroni
{
	my ($name, %option) = @_;
	my $self = bless {
		name => $name,
		etcd => $option{etcd},
		parameters => $option{parameters},
		directory => PostgreSQL::Test::Utils::tempdir(),
	}, __PACKAGE__;

	foreach my $number (1 .. $option{members} // 2)
	{
		my $node = PostgreSQL::Test::Cluster->new("$name$number");

		$self->{members}->{"$name$number"} = { node => $node, rest => PostgreSQL::Test::Cluster::get_free_port() };
	}
	push @clusters, $self;
	$self->write_config($_) foreach $self->names;
	$self->start($_) foreach $self->names;
	return $self;
}

sub names { return sort keys %{ $_[0]->{members} }; }
sub node { return $_[0]->{members}->{ $_[1] }->{node}; }

# ---------------------------------------------------------------------- configuration

sub config { return "$_[0]->{directory}/$_[1].yml"; }
sub log { return "$PostgreSQL::Test::Utils::log_path/patroni_$_[1].log"; }

# What all members share, from when the cluster is created on.  JSON is YAML, too.
sub dynamic_config
{
	my ($self) = @_;

	return {
		ttl => $TTL,
		loop_wait => 1,
		retry_timeout => 3,
		postgresql => {
			use_pg_rewind => JSON::PP::true,
			use_slots => JSON::PP::true,
			parameters => { wal_log_hints => 'on', max_connections => 30, %{ $self->{parameters} } },
		},
	};
}

sub write_config
{
	my ($self, $name) = @_;
	my $member = $self->{members}->{$name};
	my $node = $member->{node};
	my ($bin_dir) = split /\n/, qx(pg_config --bindir);
	my $user = getpwuid($>);
	my %config = (
		scope => $self->{name},
		namespace => '/service/',
		name => $name,
		restapi => { listen => "127.0.0.1:$member->{rest}", connect_address => "127.0.0.1:$member->{rest}" },
		etcd3 => { hosts => join(',', map { "127.0.0.1:$_" } $self->{etcd}->ports) },
		watchdog => { mode => 'off' },
		bootstrap => {
			dcs => $self->dynamic_config,
			initdb => [ 'no-sync', { auth => 'trust' }, { encoding => 'UTF8' } ],
		},
		postgresql => {
			listen => '127.0.0.1:' . $node->port,
			connect_address => '127.0.0.1:' . $node->port,
			data_dir => $node->data_dir,
			bin_dir => $bin_dir,
			pgpass => "$self->{directory}/$name.pgpass",
			use_unix_socket => JSON::PP::true,
			authentication => { superuser => { username => $user }, replication => { username => $user } },
			parameters => { unix_socket_directories => $node->host, fsync => 'off' },
			pg_hba => [ 'local all all trust', 'host all all 127.0.0.1/32 trust', 'host replication all 127.0.0.1/32 trust' ],
		});

	open(my $file, '>', $self->config($name)) or croak "could not write the configuration of $name: $!";
	print $file JSON::PP->new->canonical->pretty->encode(\%config);
	close($file);
	return;
}

# Runs patronictl, and returns what it printed.
sub control
{
	my ($self, @arguments) = @_;
	my ($config) = map { $self->config($_) } $self->names;
	my $output;

	IPC::Run::run([ 'patronictl', '-c', $config, @arguments ], '<', \undef, '>&', \$output) or croak "patronictl @arguments: $output";
	return $output;
}

# Sets what all members share, by dotted names, or parameters of PostgreSQL.
sub configure
{
	my ($self, %option) = @_;
	my @set = map { ('-s', "$_=$option{set}->{$_}") } sort keys %{ $option{set} // {} };
	my @parameters = map { ('-p', "$_=$option{parameters}->{$_}") } sort keys %{ $option{parameters} // {} };

	return $self->control('edit-config', '--force', @set, @parameters, $self->{name});
}

# ---------------------------------------------------------------------- life

# Starts a member, without waiting for it.
sub start
{
	my ($self, $name) = @_;
	my $config = $self->config($name);
	my $log = $self->log($name);

	my $pid = fork() // croak "could not fork: $!";
	if ($pid == 0)
	{
		POSIX::setsid();
		open(STDIN, '<', '/dev/null');
		open(STDOUT, '>>', $log);
		open(STDERR, '>&', \*STDOUT);
		exec { 'patroni' } 'patroni', $config or POSIX::_exit(127);
	}
	$self->{members}->{$name}->{pid} = $pid;
	return;
}

# Kills Patroni, and leaves its server running.
sub kill_patroni
{
	my ($self, $name) = @_;
	my $pid = delete $self->{members}->{$name}->{pid} or return;

	kill('KILL', $pid);
	waitpid($pid, 0);
	return;
}

# Kills all processes of a server at once, as if its machine had failed.
sub kill_server
{
	my ($self, $name) = @_;
	my $file = $self->node($name)->data_dir . '/postmaster.pid';

	return unless -e $file;
	my ($postmaster) = split /\n/, PostgreSQL::Test::Utils::slurp_file($file);
	kill('KILL', $postmaster, split ' ', qx(ps --ppid $postmaster -o pid=));
	return;
}

sub kill_member
{
	my ($self, $name) = @_;

	$self->kill_patroni($name);
	$self->kill_server($name);
	return;
}

# ---------------------------------------------------------------------- roles

# The members by name, as the first one that answers sees them: role, state, timeline.
sub members
{
	my ($self) = @_;
	my $http = HTTP::Tiny->new(timeout => 5);

	foreach my $name (grep { $self->{members}->{$_}->{pid} } $self->names)
	{
		my $answer = $http->get("http://127.0.0.1:$self->{members}->{$name}->{rest}/cluster");

		return { map { $_->{name} => $_ } @{ decode_json($answer->{content})->{members} } } if $answer->{success};
	}
	return {};
}

# Waits until a member leads, or any if none is named, and returns its name.
sub wait_for_leader
{
	my ($self, $name) = @_;

	return wait_until
	{
		my $members = $self->members;
		my ($leader) = grep { $members->{$_}->{role} eq 'leader' && $members->{$_}->{state} eq 'running' } keys %$members;

		defined $leader && (!defined $name || $leader eq $name) && $self->accepts_writes($leader) && $leader;
	}
	'a leader of ' . $self->{name};
}

sub accepts_writes
{
	my ($self, $name) = @_;
	my ($status, $output) = $self->node($name)->psql('postgres', 'SELECT NOT pg_is_in_recovery()');

	return $status == 0 && $output eq 't';
}

# Waits until a member follows the leader.
sub wait_for_standby
{
	my ($self, $name) = @_;

	wait_until
	{
		my $leader = (grep { $_->{role} eq 'leader' } values %{ $self->members })[0];

		$leader && $self->{members}->{ $leader->{name} }
		  && ($self->node($leader->{name})->psql('postgres', "SELECT count(*) FROM pg_stat_replication WHERE application_name = '$name' AND state = 'streaming'"))[1];
	}
	"$name to follow";
	return;
}

sub switch_to
{
	my ($self, $name) = @_;

	$self->control('switchover', '--candidate', $name, '--force', $self->{name});
	return $self->wait_for_leader($name);
}

END
{
	my $status = $?;

	foreach my $cluster (@clusters)
	{
		$cluster->kill_member($_) foreach $cluster->names;
	}
	$? = $status;
}

1;
