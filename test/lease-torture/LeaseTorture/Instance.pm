# A PostgreSQL of the torture: its directory, its place in the network, its clock, and its life.

package LeaseTorture::Instance;

use strict;
use warnings;

use LeaseTorture::Network;
use LeaseTorture::Process;
use Time::HiRes qw(sleep time);

my $last = 0;

# Options: place, port (part of the name by which the server is known in the store; clones have that of the original).
sub new
{
	my ($class, %option) = @_;
	my $self = bless { %option, name => 'i' . ++$last, offset => 0, store => $option{store} }, $class;

	$self->{dir} = "$LeaseTorture::Process::work/$self->{name}";
	$self->{namespace} = LeaseTorture::Network::namespace($self->{place});
	run(5, undef, 'mkdir', $self->{dir}) or die "could not make $self->{dir}";
	$self->write_conf;
	$self->set_clock(0);
	return $self;
}

sub data { return "$_[0]->{dir}/data"; }

sub write_conf
{
	my ($self, @lines) = @_;

	write_file(
		"$self->{dir}/server.conf",
		"listen_addresses = ''",
		"unix_socket_directories = '$self->{dir}'",
		"port = $self->{port}",
		"shared_preload_libraries = 'idgen'",
		"idgen.lease_store = '$self->{store}'",
		"idgen.lease_ttl = '$ENV{TTL_MS}ms'",
		"idgen.lease_reach = '$ENV{REACH_MS}ms'",
		"idgen.max_regression = '10s'",
		'max_connections = 30',
		'shared_buffers = 16MB',
		'min_wal_size = 4MB',
		'max_wal_size = 32MB',
		'wal_keep_size = 8MB',
		'autovacuum = off',
		"dynamic_shared_memory_type = mmap",
		"recovery_init_sync_method = syncfs",
		"log_line_prefix = '%m [%p] '",
		"timezone = UTC",
		@lines);
	return;
}

# ---------------------------------------------------------------------- clock

# Sets the clock so many ms ahead of the machine's.
sub set_clock
{
	my ($self, $ms) = @_;

	$self->{offset} = $ms;
	run(5, undef, "$LeaseTorture::Process::work/tmp/step", "$self->{dir}/clock", $ms * 1000000) or fail("could not step the clock of $self->{name}");
	return;
}

# ---------------------------------------------------------------------- life

sub initialize
{
	my ($self) = @_;

	run(120, undef, 'initdb', '-N', '-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--locale=C.UTF-8', '--wal-segsize=1', '-D', $self->data)
	  or die 'initdb failed';
	append_line($self->data . '/postgresql.conf', "include '../server.conf'");
	return;
}

sub pg_ctl
{
	my ($self, $seconds, @arguments) = @_;

	return run($seconds + 5, $self->{namespace}, "LD_PRELOAD=$LeaseTorture::Process::work/tmp/clock.so", "TORTURE_CLOCK=$self->{dir}/clock",
		'pg_ctl', '-D', $self->data, '-l', "$self->{dir}/log", '-w', '-t', $seconds, '-s', @arguments);
}

# Starts, and is retried while processes of a server that was killed are still there.
sub start
{
	my ($self) = @_;

	return 1 if within(20, sub { $self->pg_ctl(20, 'start') });
	return 0;
}

sub stop { return $_[0]->pg_ctl(15, '-m', $_[1], 'stop') || $_[0]->kill; }
sub kill { return kill_all($_[0]->{namespace}); }

# What runs in SQL as a superuser; undef if it fails.
sub sql
{
	my ($self, $sql, $seconds) = @_;

	return capture($seconds // 5, undef, "PGOPTIONS=-c idgen.max_wait=1000", 'psql', '-X', '-q', '-At', '-v', 'ON_ERROR_STOP=1', '-h', $self->{dir}, '-p', $self->{port}, '-U', 'postgres', '-d', 'postgres', '-c', $sql);
}

sub answers { return defined $_[0]->sql('SELECT 1', 2); }

# ---------------------------------------------------------------------- processes

# The PIDs of processes whose titles match.
sub processes
{
	my ($self, $pattern) = @_;
	my ($postmaster) = read_lines($self->data . '/postmaster.pid');

	return () unless defined $postmaster;
	chomp $postmaster;
	return map { /^\s*(\d+) $pattern/ ? $1 : () } `ps --ppid $postmaster -o pid=,args= 2>/dev/null`;
}

sub agent { return $_[0]->processes('.*idgen lease agent'); }
sub backends { return $_[0]->processes('postgres: postgres postgres '); }

# ---------------------------------------------------------------------- copies

# A copy of the files at another place: of a server that does not run, or of one that is held still meanwhile, as a
# snapshot of its disk would be.
sub clone
{
	my ($self, $place) = @_;
	my $copy = LeaseTorture::Instance->new(place => $place, port => $self->{port}, store => $self->{store});

	signal_all('STOP', $self->{namespace});
	my $copied = run(60, undef, 'cp', '-a', $self->data, $copy->data);
	signal_all('CONT', $self->{namespace});
	run(5, undef, 'rm', '-f', $copy->data . '/postmaster.pid');
	return $copy if $copied;
	$copy->remove;
	return undef;
}

# A standby at another place, which is ready to be promoted.
sub standby
{
	my ($self, $place) = @_;
	my $standby = LeaseTorture::Instance->new(place => $place, port => $self->{port}, store => $self->{store});

	my $is_ready = run(60, undef, 'pg_basebackup', '-h', $self->{dir}, '-p', $self->{port}, '-U', 'postgres', '-D', $standby->data, '-c', 'fast', '-R')
	  && $standby->start
	  && within(10, sub { ($standby->sql('SELECT count(*) FROM pg_stat_wal_receiver') // '') eq '1' });

	return $standby if $is_ready;
	$standby->remove;
	return undef;
}

sub promote { return $_[0]->pg_ctl(20, 'promote'); }

sub remove
{
	my ($self) = @_;

	$self->kill or fail("processes of $self->{name} do not end");
	run(20, undef, 'rm', '-rf', $self->data);
	return;
}

1;
