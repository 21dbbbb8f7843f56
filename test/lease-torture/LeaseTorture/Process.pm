# Programs that run as the servers' user, each in a network namespace or outside of any.

package LeaseTorture::Process;

use strict;
use warnings;

use Exporter 'import';
use POSIX ();
use Time::HiRes qw(sleep time);

our @EXPORT = qw(fail note run capture spawn end_process pids_in signal_all kill_all within read_lines write_file append_line);

our $work = $ENV{WORK};
our $failure = '';

# What the whole run has failed of, which the table shows.
sub fail
{
	my ($text) = @_;

	$failure ||= $text;
	print "FAILURE: $text\n";
	return;
}

sub note { return print "    @_\n"; }

# A command in a namespace (undef: none), with variables of the environment.
sub command
{
	my ($namespace, @command) = @_;

	return (
		(defined $namespace ? ('nsenter', "--net=/run/netns/$namespace") : ()),
		'setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', 'env', "HOME=$work", "TMPDIR=$work/tmp", 'ETCDCTL_API=3', @command);
}

sub start
{
	my ($output, @command) = @_;
	my $pid = fork() // die "could not fork: $!";

	return $pid if $pid;
	open(STDIN, '<', '/dev/null');
	open(STDOUT, '>>', $output);
	open(STDERR, '>&', \*STDOUT);
	chdir $work;
	exec { $command[0] } @command or POSIX::_exit(127);
}

# Runs a command to its end, for so many seconds at most.  True if it succeeds.
sub run
{
	my ($seconds, $namespace, @command) = @_;
	my $pid = start("$work/log/commands.log", 'timeout', '-s', 'KILL', $seconds, command($namespace, @command));

	waitpid($pid, 0);
	return $? == 0;
}

# The same, and returns what it printed; undef if it fails.
sub capture
{
	my ($seconds, $namespace, @command) = @_;

	my $pid = open(my $pipe, '-|') // die "could not fork: $!";
	if ($pid == 0)
	{
		open(STDERR, '>>', "$work/log/commands.log");
		chdir $work;
		exec { 'timeout' } 'timeout', '-s', 'KILL', $seconds, command($namespace, @command) or POSIX::_exit(127);
	}
	local $/ = undef;
	my $output = <$pipe> // '';
	close($pipe) or return undef;
	return $output =~ s/\n\z//r;
}

# Starts a program, whose output goes to a log.  Returns its PID.
sub spawn
{
	my ($log, $namespace, @command) = @_;

	return start("$work/log/$log", command($namespace, @command));
}

sub end_process
{
	my ($pid) = @_;

	return unless $pid;
	kill('CONT', $pid);
	kill('KILL', $pid);
	waitpid($pid, 0);
	return;
}

sub pids_in
{
	my ($namespace) = @_;

	return split ' ', `ip netns pids $namespace 2>/dev/null`;
}

sub signal_all { return kill($_[0], pids_in($_[1])); }

# Ends all that runs in a namespace, at once, and waits until nothing is left.
sub kill_all
{
	my ($namespace) = @_;

	return within(10, sub { signal_all('KILL', $namespace); waitpid(-1, POSIX::WNOHANG()); !pids_in($namespace) });
}

# True as soon as a function is, for so many seconds.
sub within
{
	my ($seconds, $condition) = @_;
	my $end = time + $seconds;

	while (1)
	{
		return 1 if $condition->();
		return 0 if time >= $end;
		sleep(0.05);
	}
}

sub read_lines
{
	my ($path) = @_;

	open(my $file, '<', $path) or return;
	return <$file>;
}

# The servers' user can read it, and replace it.
sub write_file
{
	my ($path, @lines) = @_;

	open(my $file, '>', "$path.new") or die "could not write $path: $!";
	print $file map { "$_\n" } @lines;
	close($file);
	chown((getpwnam 'postgres')[ 2, 3 ], "$path.new");
	rename("$path.new", $path) or die "could not rename $path: $!";
	return;
}

sub append_line
{
	my ($path, $line) = @_;

	open(my $file, '>>', $path) or die "could not write $path: $!";
	print $file "$line\n";
	close($file);
	return;
}

1;
