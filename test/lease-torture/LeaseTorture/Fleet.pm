# The servers of the fleet: three that stay, with copies that come and go, and who takes their IDs.

package LeaseTorture::Fleet;

use strict;
use warnings;

use IO::Handle;
use LeaseTorture::Instance;
use LeaseTorture::Network;
use LeaseTorture::Process;
use POSIX ();
use Time::HiRes qw(sleep time);

my ($writers_pid, $writers_input);

sub new
{
	my ($class, $store) = @_;
	my $self = bless { store => $store, servers => [], copies => {} }, $class;

	foreach my $number (1 .. 3)
	{
		my $server = LeaseTorture::Instance->new(place => "s$number", port => 5430 + $number, store => $store->address);

		$server->initialize;
		$server->start or die 'a server does not start';
		push @{ $self->{servers} }, $server;
	}
	return $self;
}

sub server { return $_[0]->{servers}->[ $_[1] ]; }
sub all { return (@{ $_[0]->{servers} }, values %{ $_[0]->{copies} }); }
sub names { return map { $_->{name} } $_[0]->all; }

# A place in the network for one more server, or undef.
sub free_place
{
	my ($self) = @_;
	my %used = map { $_->{place} => 1 } $self->all;

	return (grep { !$used{$_} } LeaseTorture::Network::servers())[0];
}

# Once, with the pool of worker IDs.
sub create_pool
{
	my ($self, $after_loss) = @_;
	my $last = $ENV{WORKERS} - 1;
	my $sql = "SELECT idgen_lease_create_pool(0, $last" . ($after_loss ? ', after_loss => true)' : ')');

	foreach my $round (1 .. 40)
	{
		foreach my $server (@{ $self->{servers} })
		{
			return 1 if defined $server->sql($sql);
		}
		sleep(0.5);
	}
	fail('the pool cannot be created');
	return 0;
}

# ---------------------------------------------------------------------- writers

sub start_writers
{
	my ($self) = @_;

	pipe(my $input, $writers_input) or die "pipe: $!";
	$writers_pid = fork() // die "could not fork: $!";
	if ($writers_pid == 0)
	{
		my @command = LeaseTorture::Process::command(undef, "$ENV{WORK}/tmp/writers", $ENV{RUN}, $ENV{SEED}, $ENV{WRITER_PAUSE_US});

		open(STDIN, '<&', $input);
		open(STDERR, '>>', "$ENV{WORK}/log/writers.log");
		close($writers_input);
		exec { $command[0] } @command or POSIX::_exit(127);
	}
	close($input);
	$writers_input->autoflush;
	$self->add_writers($_) foreach $self->all;
	return;
}

sub add_writers { return print $writers_input "add $_[1]->{name} $_[1]->{dir} $_[1]->{port}\n"; }
sub drop_writers { return print $writers_input "drop $_[1]->{name}\n"; }
sub writers_run { return waitpid($writers_pid, POSIX::WNOHANG()) == 0; }

sub end_writers
{
	close($writers_input);
	return if within(30, sub { waitpid($writers_pid, POSIX::WNOHANG()) != 0 });
	fail('the writers do not end');
	end_process($writers_pid);
	return;
}

sub ids_received
{
	my ($line) = read_lines("$ENV{RUN}/progress");

	return ($line // 0) + 0;
}

# ---------------------------------------------------------------------- copies

# A copy issues IDs from now on.
sub add_copy
{
	my ($self, $copy) = @_;

	$self->{copies}->{ $copy->{name} } = $copy;
	$self->add_writers($copy);
	return;
}

sub remove
{
	my ($self, $instance) = @_;

	$self->drop_writers($instance);
	delete $self->{copies}->{ $instance->{name} };
	$instance->remove;
	return;
}

# The copy, or the server with this number, is removed; a copy that stays takes its place.
sub end_copy
{
	my ($self, $copy, $number, $takes_over) = @_;

	return unless $self->{copies}->{ $copy->{name} };
	if ($takes_over && $copy->answers)
	{
		my $former = $self->{servers}->[$number];

		delete $self->{copies}->{ $copy->{name} };
		$self->{servers}->[$number] = $copy;
		$self->remove($former);
	}
	else
	{
		$self->remove($copy);
	}
	return;
}

1;
