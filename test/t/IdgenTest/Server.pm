# Servers with the extension: how they start, are configured, crash, follow each other and are upgraded.

package IdgenTest::Server;

use strict;
use warnings;

use Carp;
use Exporter 'import';
use FindBin;
use IdgenTest::Session;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(
  new_server start_server crash_server next_life kill_backend
  set_synchronous upgrade_cluster reload_until alter_system
  outlive_reservation origin_progress new_session_gets build_library
  use_up_shared_memory
);

# What is added to the environment of a server, by the name of its node.
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

# Stops a server without a checkpoint, as a power cut would, and starts it again.
# The sessions that were open are gone.
sub crash_server
{
	my ($node, @sessions) = @_;

	$node->stop('immediate');
	$_->abandon foreach @sessions;
	start_server($node);
	return;
}

# Ends a run of a server and starts the next one with the clock ahead by so many seconds: kills
# the backend of a session, or stops the server.  The session is gone.
my %next_lives = (
	'a backend killed' => sub {
		my ($node, $session, $clock, $ahead) = @_;
		$clock->set_ahead($ahead);
		kill_backend($node, $session->pid);
	},
	'stopped immediately' => sub {
		my ($node, $session, $clock, $ahead) = @_;
		$node->stop('immediate');
		$clock->set_ahead($ahead);
		start_server($node);
	},
	'restarted' => sub {
		my ($node, $session, $clock, $ahead) = @_;
		$node->stop('fast');
		$clock->set_ahead($ahead);
		start_server($node);
	});

sub next_life
{
	my ($way, $node, $session, $clock, $ahead) = @_;

	$next_lives{$way}->($node, $session, $clock, $ahead);
	$session->abandon;
	return;
}

# Kills a backend as the kernel does when it runs out of memory, and waits until the
# server, which has restart_after_crash = on, accepts connections again.
sub kill_backend
{
	my ($node, $pid) = @_;
	my $log_start = -s $node->logfile;

	kill('KILL', $pid) == 1 or croak "could not kill backend $pid";
	$node->wait_for_log(qr/reinitializing.*database system is ready to accept connections/s, $log_start);
	return;
}

# Changes which standbys are synchronous, and waits until every process has seen that: sessions,
# WAL senders, and the checkpointer.  The checkpointer tells all others whether there are any, and
# reads its settings before it does anything else.
sub set_synchronous
{
	my ($primary, $count, $names) = @_;
	my $session = session($primary);

	$primary->append_conf('postgresql.conf', "synchronous_standby_names = '$names'");
	reload_until($primary, $session, 'synchronous_standby_names', $names);
	$session->quit;
	$primary->poll_query_until('postgres',
		"SELECT count(*) = $count FROM pg_stat_replication WHERE sync_state = 'sync'")
	  or croak 'the standbys did not become synchronous';
	$primary->safe_psql('postgres', 'CHECKPOINT');
	return;
}

# Upgrades a cluster into a new one with pg_upgrade, which may be of a later major.  Both are stopped before and after.
sub upgrade_cluster
{
	my ($old, $new) = @_;
	my ($old_bindir, $new_bindir) = map { $_->config_data('--bindir') } $old, $new;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	# pg_upgrade leaves its scripts where it runs.
	chdir PostgreSQL::Test::Utils::tempdir() or croak "could not change directory: $!";
	return command_ok(
		[
			"$new_bindir/pg_upgrade", '--no-sync', '--old-datadir', $old->data_dir, '--new-datadir', $new->data_dir,
			'--old-bindir', $old_bindir, '--new-bindir', $new_bindir, '--socketdir', $new->host,
			'--old-port', $old->port, '--new-port', $new->port
		],
		'upgraded');
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

# Changes a setting of the server, and waits until a session sees the value, which
# must be as SHOW has it.
sub alter_system
{
	my ($node, $session, $setting, $value) = @_;

	$session->query("LOAD 'idgen'");
	$session->query("ALTER SYSTEM SET $setting = '$value'");
	reload_until($node, $session, $setting, $value);
	return;
}

# Waits until the clock has passed the server's reservation, so that the next call
# needs another one.  idgen.reserve_ahead should be small.
sub outlive_reservation
{
	my ($session) = @_;

	wait_until {
		$session->query('SELECT reserved_until IS NULL OR reserved_until < clock_timestamp() FROM idgen_status()') eq 't'
	}
	'the end of the reservation';
	return;
}

# What a replication origin has recorded, as a number (idgen's is in us since 1970); ''
# if nothing.
sub origin_progress
{
	my ($session, $origin) = @_;

	return $session->query("SELECT pg_replication_origin_progress('$origin', true) - '0/0'");
}

# The output of a query in a new session of a server, or 'refused'.  Options: dbname, user, and
# options of the connection.
sub new_session_gets
{
	my ($node, $query, %option) = @_;
	my @params = $option{user} ? ('-U', $option{user}) : ();
	local $ENV{PGOPTIONS} = $option{options} // '';
	my ($status, $output, $error) =
	  $node->psql($option{dbname} // 'postgres', $query, extra_params => \@params);

	note($error) if $error;
	return $status == 0 ? $output : 'refused';
}

# Compiles a library of test/library, or of another folder of test, as extensions are, and
# returns its file without the suffix.
sub build_library
{
	my ($name, $folder) = @_;
	my $directory = PostgreSQL::Test::Utils::tempdir();
	my $sources = "$FindBin::RealBin/../" . ($folder // 'library');

	PostgreSQL::Test::Utils::system_or_bail('make', '-s', '-C', $directory, '-f', "$sources/Makefile",
		"VPATH=$sources", 'COPT=-Werror', "$name.so");
	return "$directory/$name";
}

# Has another extension allocate all shared memory that is free, and keep it.
sub use_up_shared_memory
{
	my ($node) = @_;
	my $library = build_library('hogging');

	$node->safe_psql('postgres', "CREATE OR REPLACE FUNCTION pg_temp.use_up_shared_memory() RETURNS bigint LANGUAGE C
		AS '$library', 'hogging_use_up_shared_memory'; SELECT pg_temp.use_up_shared_memory()");
	return;
}

1;
