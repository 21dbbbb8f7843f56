# Sessions that stay open, clients that start together, processes that are stopped for a while, and waiting for something
# to happen.

package IdgenTest::Session;

use strict;
use warnings;

use Carp;
use Exporter 'import';
use IPC::Run;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(clock_gettime usleep CLOCK_MONOTONIC);

our @EXPORT = qw(
  session parallel_session run_clients is_seen_waiting stop_processes wait_until
);

# A session of a server.  Options: dbname, user.
sub session
{
	return IdgenTest::Session->new(@_);
}

# A session whose queries of large tables use as many workers as they can.
sub parallel_session
{
	my ($node, $leader_participates) = @_;
	my $session = session($node);

	$session->query($_)
	  foreach 'SET parallel_setup_cost = 0', 'SET parallel_tuple_cost = 0', 'SET min_parallel_table_scan_size = 0',
	  'SET max_parallel_workers_per_gather = 4', "SET parallel_leader_participation = $leader_participates";
	return $session;
}

# Starts a psql for each of some scripts, all together, and returns the lines that each of
# them printed, a list of lists.  All of them first wait for one lock.
sub run_clients
{
	my ($node, @scripts) = @_;
	my $barrier = 20200101;
	my $gate = session($node);
	my $directory = PostgreSQL::Test::Utils::tempdir();
	my @clients;

	$gate->query("DO 'BEGIN PERFORM pg_advisory_lock($barrier); END'");
	foreach my $script (@scripts)
	{
		my $base = "$directory/client" . @clients;

		open(my $handle, '>', "$base.sql") or croak "could not write $base.sql: $!";
		print $handle "DO 'BEGIN PERFORM pg_advisory_lock_shared($barrier); END';\n$script";
		close($handle);
		my $run = IPC::Run::start(
			[ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-f', "$base.sql" ],
			'>', "$base.out", '2>', "$base.err");
		push @clients, { run => $run, base => $base };
	}
	$node->poll_query_until('postgres',
		'SELECT count(*) = ' . @clients . " FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
	  or croak 'the clients did not start';
	$gate->quit;
	$_->{run}->finish or diag(slurp_file("$_->{base}.err")) foreach @clients;
	return map { [ split /\n/, slurp_file("$_->{base}.out") ] } @clients;
}

# Passes once a session is seen to wait for an event of idgen's; before 17 these have no names.
sub is_seen_waiting
{
	my ($node, $waiter, $event, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	$event = 'Extension' if $node->pg_version < 17;
	return ok(
		$node->poll_query_until(
			'postgres',
			"SELECT wait_event_type = 'Extension' AND wait_event = '$event' FROM pg_stat_activity WHERE pid = "
			  . $waiter->pid),
		$name);
}

# Calls code until it returns something true, and returns that; dies when that takes too long, however long the code
# itself takes.
sub wait_until(&$)
{
	my ($code, $what) = @_;
	my $end = monotonic_time() + $PostgreSQL::Test::Utils::timeout_default;

	do
	{
		my $result = $code->();
		return $result if $result;
		usleep(20_000);
	} while (monotonic_time() < $end);
	croak "timed out waiting for $what";
}

# In seconds; no test sets this clock.
sub monotonic_time
{
	return clock_gettime(CLOCK_MONOTONIC);
}

# Stops processes until they get SIGCONT.  A signal is on its way for a while, and each thread may run until it sees it.
sub stop_processes
{
	my (@pids) = @_;

	kill('STOP', @pids) == @pids or croak "could not stop @pids";
	foreach my $pid (@pids)
	{
		wait_until { !grep { /\) [RSD] / } map { thread_state($_) } glob "/proc/$pid/task/*/stat" } "all threads of process $pid to be stopped";
	}
	return;
}

# The line of /proc for a thread; empty if it has ended.
sub thread_state
{
	my ($file) = @_;

	open(my $handle, '<', $file) or return '';
	return <$handle> // '';
}

# The class: a psql that stays connected.

# Options: dbname, user.
sub new
{
	my ($class, $node, %option) = @_;
	my @params = (qw(-v VERBOSITY=verbose -v SHOW_CONTEXT=never));

	push @params, '-U', $option{user} if $option{user};
	my $psql = $node->background_psql(
		$option{dbname} // 'postgres',
		on_error_stop => 0,
		extra_params => \@params);
	$psql->set_query_timer_restart;
	my $self = bless { psql => $psql }, $class;
	$self->{pid} = $self->query('SELECT pg_backend_pid()');
	return $self;
}

sub pid { return $_[0]->{pid}; }

# The output of some SQL, and of what has been sent before; its errors are in stderr, too, once this returns.  The query()
# of older minor releases does not wait for these, and leaves its separator if there is no output, or else a newline.
sub collect
{
	my ($self, $sql) = @_;
	my $psql = $self->{psql};
	my $end = 'no more errors';

	my $output = $psql->query("$sql\n;\n\\warn $end");
	pump_until($psql->{run}, $psql->{timeout}, \$psql->{stderr}, qr/$end/);
	$psql->{stderr} =~ s/\n?$end\n?//;
	$output =~ s/^background_psql: QUERY_SEPARATOR$//m;
	chomp $output;
	return $output;
}

# (output, error) of some SQL; error has the SQLSTATE, the detail and the hint.
sub run
{
	my ($self, $sql) = @_;

	$self->{psql}->{stderr} = '';
	my $output = $self->collect($sql);
	my $error = $self->{psql}->{stderr};
	$error =~ s/^\s+|\s+$//g;
	return ($output, $error);
}

# The output of SQL that must succeed.
sub query
{
	my ($self, $sql) = @_;
	my ($output, $error) = $self->run($sql);

	croak "failed: $sql\n$error" if $error =~ /ERROR|FATAL|PANIC/;
	return $output;
}

# The error of SQL that should fail; '' if it did not.
sub error
{
	my ($self, $sql) = @_;
	my ($output, $error) = $self->run($sql);

	return $error;
}

# The IDs that a query returns, one or several on a line.
sub ids
{
	my ($self, $sql) = @_;
	return split /[\s|]+/, $self->query($sql);
}

# Starts SQL and does not wait for it; finish returns its (output, error).
sub send
{
	my ($self, $sql) = @_;

	$self->{psql}->{stderr} = '';
	my $output = $self->{psql}->query_until(qr/sent\n/, "\\echo sent\n$sql;\n");

	# A quick answer may have come along.
	($self->{early}) = $output =~ /sent\n(.*)\z/s;
	return;
}

sub finish
{
	my ($self) = @_;
	my $output = $self->{early} . $self->collect('');

	$output =~ s/\n\z//;
	return ($output, $self->{psql}->{stderr});
}

sub quit
{
	my ($self) = @_;

	$self->{psql}->quit;
	return;
}

# Ends a psql whose server is gone.
sub abandon
{
	my ($self) = @_;

	$self->{psql}->{run}->kill_kill;
	return;
}

1;
