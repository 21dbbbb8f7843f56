# What the TAP files share: servers with idgen in them, sessions that stay open,
# and checks on the IDs that were drawn.

package IdgenTest;

use strict;
use warnings;

use Carp;
use Exporter 'import';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

our @EXPORT = qw(
  new_server start_server session burst push_ahead
  is_increasing are_distinct wait_until reload_until
  fake_clock skip_all_without_faketime
);

# What a server's own environment has besides ours, by the name of the node.
my %environment;

# A started server with the extension in database postgres.  Options: preload,
# conf (lines of postgresql.conf), streaming (as allows_streaming of init),
# clock (what fake_clock returns).
sub new_server
{
	my ($name, %option) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);

	$node->init(allows_streaming => $option{streaming});
	$node->append_conf('postgresql.conf', "log_statement = none");
	$node->append_conf('postgresql.conf', "autovacuum = off");
	$node->append_conf('postgresql.conf', "max_connections = 60")
	  if $option{streaming};
	$node->append_conf('postgresql.conf', "shared_preload_libraries = 'idgen'")
	  if $option{preload};
	$node->append_conf('postgresql.conf', $option{conf}) if $option{conf};
	start_server($node, $option{clock});
	$node->safe_psql('postgres', 'CREATE EXTENSION idgen');
	return $node;
}

# Starts a node under a clock, or under the one it had before.
sub start_server
{
	my ($node, $clock) = @_;

	$environment{ $node->name } = $clock->environment if $clock;
	local %ENV = (%ENV, %{ $environment{ $node->name } // {} });
	$node->start;
	return;
}

sub fake_clock
{
	return IdgenTest::Clock->new(@_);
}

sub skip_all_without_faketime
{
	plan skip_all => 'libfaketime is not installed' unless IdgenTest::Clock::library();
	return;
}

sub session
{
	return IdgenTest::Session->new(@_);
}

# A statement that draws count IDs one by one and returns "lowest|highest".
sub burst
{
	my ($count) = @_;
	return
	  "SELECT min(id), max(id) FROM (SELECT snowflake_nextval() AS id FROM generate_series(1, $count) OFFSET 0) AS drawn";
}

# A statement that takes the timeline this many ms further, whole ticks at a
# time.  It is quick, so the timeline ends up ahead of the clock.
sub push_ahead
{
	my ($ms) = @_;
	return
	  "SELECT count(snowflake_next_block(4096)) FROM generate_series(1, $ms)";
}

# Passes if each of the IDs is above the one before it.
sub is_increasing
{
	my ($ids, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	for my $i (1 .. $#$ids)
	{
		next if $ids->[$i] > $ids->[ $i - 1 ];
		fail($name);
		diag("no. $i is $ids->[$i], after $ids->[$i - 1]");
		return 0;
	}
	return ok(@$ids > 0, $name);
}

# Passes if no ID is there twice.
sub are_distinct
{
	my ($ids, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	return is_increasing([ sort { $a <=> $b } @$ids ], $name);
}

# Calls code until it returns something true, which is returned; dies when that
# takes too long.
sub wait_until(&$)
{
	my ($code, $what) = @_;
	my $attempts = 20 * $PostgreSQL::Test::Utils::timeout_default;

	while ($attempts-- > 0)
	{
		my $result = $code->();
		return $result if $result;
		usleep(50_000);
	}
	croak "timed out waiting for $what";
}

# Reloads the server's configuration and waits until a session sees the value.
sub reload_until
{
	my ($node, $session, $setting, $value) = @_;

	$node->reload;
	wait_until { $session->query("SHOW $setting") eq $value }
	"$setting to become $value";
	return;
}

# The clock of one server or several, which libfaketime reads from a file.  Only
# the wall clock: what measures waits goes on as it does.
package IdgenTest::Clock;

use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Time::HiRes ();

# undef if it is not installed.
sub library
{
	my @libraries = (
		glob('/usr/lib/*/faketime/libfaketime.so.1'),
		glob('/usr/lib{,64}/faketime/libfaketime.so.1'),
		glob('/usr/local/lib/faketime/libfaketime.so.1'));

	return (grep { -e } @libraries)[0];
}

sub new
{
	my ($class, $time) = @_;
	my $self = bless { file => PostgreSQL::Test::Utils::tempdir() . '/clock' }, $class;

	$self->set($time // '+0');
	return $self;
}

# '+1h', '-0.5', or '2089-09-06 15:47:35' for one that stands still.
sub set
{
	my ($self, $time) = @_;
	my $file = $self->{file};

	open(my $handle, '>', "$file.new") or die "could not write $file.new: $!";
	print $handle "$time\n";
	close($handle);
	rename("$file.new", $file) or die "could not rename $file.new: $!";
	return;
}

# Makes the clock read this many seconds since 1970 now, and run.
sub set_to
{
	my ($self, $unix_time) = @_;

	$self->set(sprintf('%+.3f', $unix_time - Time::HiRes::time));
	return;
}

sub environment
{
	my ($self) = @_;

	return {
		LD_PRELOAD => library(),
		FAKETIME_TIMESTAMP_FILE => $self->{file},
		FAKETIME_NO_CACHE => 1,
		FAKETIME_DONT_FAKE_MONOTONIC => 1,
		NO_FAKE_STAT => 1,
		TZ => 'UTC'
	};
}

# A psql that stays connected.
package IdgenTest::Session;

use strict;
use warnings;

use Carp;
use IPC::Run;

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

# (output, error) of some SQL; error has the SQLSTATE, the detail and the hint.
sub run
{
	my ($self, $sql) = @_;

	$self->{psql}->{stderr} = '';
	my $output = $self->{psql}->query($sql);
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

# Starts SQL and does not wait for it; (output, error) of it come from finish.
sub send
{
	my ($self, $sql) = @_;

	$self->{psql}->{stderr} = '';
	$self->{psql}->query_until(qr/sent\n/, "\\echo sent\n$sql;\n");
	return;
}

sub finish
{
	my ($self) = @_;
	my $output = $self->{psql}->query('');

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
