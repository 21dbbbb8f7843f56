# Redis servers on loopback, which the tests start, disturb and stop.

package IdgenTest::Redis;

use strict;
use warnings;

use Carp;
use Exporter 'import';
use File::Path qw(make_path);
use IPC::Run;
use IdgenTest::Lease;
use IdgenTest::Provider;
use IdgenTest::Session;
use POSIX ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(
  skip_all_without_redis new_redis redis_session redis_store
);

my @servers;

# Skips the file unless a Redis and the provider of it are there.
sub skip_all_without_redis
{
	my $libdir = qx(pg_config --pkglibdir);
	chomp $libdir;

	plan skip_all => 'redis-server and redis-cli are not installed'
	  if system('redis-server --version >/dev/null 2>&1 && redis-cli --version >/dev/null 2>&1') != 0;
	plan skip_all => 'the provider of Redis has not been built' unless -e "$libdir/idgen_redis.so";
	return;
}

# A running Redis that does not forget, with more settings by their names.
sub new_redis
{
	my ($name, %setting) = @_;
	my $self = bless {
		name => $name,
		port => PostgreSQL::Test::Cluster::get_free_port(),
		directory => PostgreSQL::Test::Utils::tempdir() . "/redis_$name",
		login => [],
		setting => { appendonly => 'yes', appendfsync => 'always', save => '', 'repl-diskless-sync-delay' => 0, %setting },
	}, __PACKAGE__;

	make_path($self->{directory});
	push @servers, $self;
	return $self->start;
}

# What idgen.lease_store would be.
sub store { return "redis://127.0.0.1:$_[0]->{port}" . ($_[1] // ''); }

# A session with a Redis, or what has an address as one.  Options as for provider().
sub redis_session
{
	my ($node, $redis, %option) = @_;

	$option{store} //= $redis->store;
	return provider($node, module => '$libdir/idgen_redis', %option);
}

# A started Redis that is a store, as those of IdgenTest::Lease, with settings as for new_redis().
sub redis_store
{
	my ($name, %setting) = @_;

	return bless { redis => new_redis($name, %setting), pool => 'default' }, 'IdgenTest::Lease::Redis';
}

# ---------------------------------------------------------------------- commands

# Runs a command, and returns what redis-cli printed of the reply; undef if Redis is not there.
sub command
{
	my ($self, @arguments) = @_;
	my ($output, $error);
	my $result =
	  IPC::Run::run([ 'redis-cli', '-h', '127.0.0.1', '-p', $self->{port}, @{ $self->{login} }, @arguments ], '>', \$output, '2>', \$error);

	return undef unless $result;
	chomp $output;
	return $output;
}

sub must
{
	my ($self, @arguments) = @_;
	my $output = $self->command(@arguments);

	croak("redis-cli @arguments: " . ($output // 'no connection'))
	  if !defined $output || $output =~ /^(ERR|NOAUTH|NOPERM|READONLY|LOADING)\b/;
	return $output;
}

# A field of INFO.
sub info
{
	my ($self, $field) = @_;

	return $self->must('INFO') =~ /^\Q$field\E:(.*?)\r?$/m ? $1 : undef;
}

# Changes a setting until the next start.
sub set { return $_[0]->must('CONFIG', 'SET', @_[ 1, 2 ]); }

# ---------------------------------------------------------------------- life

sub start
{
	my ($self) = @_;
	my $log = "$PostgreSQL::Test::Utils::log_path/redis_$self->{name}.log";
	my @command = ('redis-server', '--bind', '127.0.0.1', '--port', $self->{port}, '--dir', $self->{directory}, '--daemonize', 'no');

	push @command, "--$_", $self->{setting}->{$_} foreach sort keys %{ $self->{setting} };
	my $pid = fork() // croak "could not fork: $!";
	if ($pid == 0)
	{
		open(STDIN, '<', '/dev/null');
		open(STDOUT, '>>', $log);
		open(STDERR, '>&', \*STDOUT);
		exec { $command[0] } @command or POSIX::_exit(127);
	}
	$self->{pid} = $pid;
	wait_until { ($self->command('PING') // '') =~ /PONG|NOAUTH/ } "Redis $self->{name}";
	return $self;
}

sub kill
{
	my ($self) = @_;
	my $pid = delete $self->{pid} or return;
	my $status = $?;

	CORE::kill('KILL', $pid);
	waitpid($pid, 0);
	$? = $status;
	return;
}

sub pause { return stop_processes($_[0]->{pid}); }
sub resume { return CORE::kill('CONT', $_[0]->{pid}); }

# Becomes a replica of another one, and has all of its data.
sub follow
{
	my ($self, $master) = @_;

	$self->must('REPLICAOF', '127.0.0.1', $master->{port});
	wait_until { ($self->info('master_link_status') // '') eq 'up' } "replica $self->{name}";
	wait_until { $self->info('master_repl_offset') >= $master->info('master_repl_offset') } "replica $self->{name} to have all data";
	return;
}

# A replica becomes a master.
sub promote { return $_[0]->must('REPLICAOF', 'NO', 'ONE'); }

# Serves from now on where another one did, which has been killed.
sub take_place_of
{
	my ($self, $other) = @_;

	$self->must('CONFIG', 'SET', 'port', $other->{port});
	$self->{port} = $other->{port};
	return;
}

END
{
	$_->kill foreach @servers;
}

package IdgenTest::Lease::Redis;

sub redis { return $_[0]->{redis}; }
sub address { return $_[0]->{redis}->store; }
sub kill { return $_[0]->{redis}->kill; }
sub start { return $_[0]->{redis}->start; }
sub key { return "{idgen:$_[0]->{pool}}:$_[1]"; }

# Records have no version of their own, so their text is it; what is left of a hold's life changes with each write.
sub workers
{
	my ($self) = @_;
	my %texts = split /\n/, $self->{redis}->must('HGETALL', $self->key('records'));
	my %workers;

	foreach my $worker (keys %texts)
	{
		my $hold = $self->{redis}->must('GET', $self->key("hold:$worker"));

		$workers{$worker} = {
			%{ IdgenTest::Lease::read_record($texts{$worker}) },
			version => $texts{$worker},
			hold_version => $self->{redis}->must('PEXPIRETIME', $self->key("hold:$worker")),
			hold => $hold eq '' ? undef : $hold
		};
	}
	return \%workers;
}

sub pool { return $_[0]->{redis}->must('GET', $_[0]->key('pool')); }

sub set_pool
{
	my ($self, $text) = @_;

	$self->{redis}->must('SET', $self->key('pool'), $text);
	return;
}

1;
