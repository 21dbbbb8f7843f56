# What the TAP files share: servers with idgen in them, sessions that stay open,
# and checks on the IDs that were drawn.

package IdgenTest;

use strict;
use warnings;

use Carp;
use Exporter 'import';
use FindBin;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

our @EXPORT = qw(
  new_server start_server session burst push_ahead whole_ticks
  is_increasing is_increasing_text are_distinct id_record wait_until reload_until
  alter_system crash_server outlive_reservation origin_progress
  kill_backend is_seen_waiting upgrade_cluster fake_clock
  skip_all_without_faketime run_clients create_moment_of draw_uuids
  kinds_of_server parallel_session next_life set_synchronous new_session_gets
  build_library use_up_shared_memory
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

# Compiles a library of test/library, as any extension is, and returns its file without suffix.
sub build_library
{
	my ($name) = @_;
	my $directory = PostgreSQL::Test::Utils::tempdir();
	my $sources = "$FindBin::RealBin/../library";

	PostgreSQL::Test::Utils::system_or_bail('make', '-s', '-C', $directory, '-f', "$sources/Makefile",
		"VPATH=$sources", 'COPT=-Werror', "$name.so");
	return "$directory/$name";
}

# Another extension takes all shared memory there is to have, and keeps it.
sub use_up_shared_memory
{
	my ($node) = @_;
	my $library = build_library('hogging');

	$node->safe_psql('postgres', "CREATE OR REPLACE FUNCTION pg_temp.use_up_shared_memory() RETURNS bigint LANGUAGE C
		AS '$library', 'hogging_use_up_shared_memory'; SELECT pg_temp.use_up_shared_memory()");
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

# A statement that takes this many whole ticks, and so moves the timeline by as many
# ms, and returns the first and the last ID of each.
sub whole_ticks
{
	my ($count) = @_;
	return
	  "SELECT id, id + 4095 FROM (SELECT snowflake_next_block(4096) AS id FROM generate_series(1, $count) OFFSET 0) AS blocks";
}

# Passes if each of the IDs is above the one before it.
sub is_increasing
{
	my ($ids, $name, $is_above) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	$is_above //= sub { $_[0] > $_[1] };
	for my $i (1 .. $#$ids)
	{
		next if $is_above->($ids->[$i], $ids->[ $i - 1 ]);
		fail($name);
		diag("no. $i is $ids->[$i], after $ids->[$i - 1]");
		return 0;
	}
	return ok(@$ids > 0, $name);
}

# The same for IDs that are not numbers, but whose texts are in order as they are.
sub is_increasing_text
{
	my ($ids, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	return is_increasing($ids, $name, sub { $_[0] gt $_[1] });
}

# Passes if no ID is there twice.
sub are_distinct
{
	my ($ids, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	return is_increasing([ sort { $a <=> $b } @$ids ], $name);
}

sub id_record
{
	return IdgenTest::Record->new(@_);
}

# Kills a backend as the kernel would when memory is short, and waits until the
# server, which has restart_after_crash = on, is there again.
sub kill_backend
{
	my ($node, $pid) = @_;
	my $log_start = -s $node->logfile;

	kill('KILL', $pid) == 1 or croak "could not kill backend $pid";
	$node->wait_for_log(qr/reinitializing.*database system is ready to accept connections/s, $log_start);
	return;
}

# Passes once a session is seen to wait for something of ours; before 17 that has no name.
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

# Ends one life of a server and begins the next, which has another clock: its backend of a
# session is killed, or it is stopped.  The session is gone.
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

# Changes which standbys are synchronous, and waits until everybody goes by it: sessions,
# the standbys' senders, and the checkpointer, who tells all that there are any at all, and
# looks at the settings before it does anything else.
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

# Takes a cluster over into a new one with pg_upgrade.  Both are stopped before and after.
sub upgrade_cluster
{
	my ($old, $new) = @_;
	my $bindir = $old->config_data('--bindir');
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	# pg_upgrade leaves its scripts where it runs.
	chdir PostgreSQL::Test::Utils::tempdir() or croak "could not change directory: $!";
	return command_ok(
		[
			'pg_upgrade', '--no-sync', '--old-datadir', $old->data_dir, '--new-datadir', $new->data_dir,
			'--old-bindir', $bindir, '--new-bindir', $bindir, '--socketdir', $new->host,
			'--old-port', $old->port, '--new-port', $new->port
		],
		'upgraded');
}

# Waits until the clock has passed the server's reservation, so that the next call
# needs another one.  Worth a small idgen.reserve_ahead.
sub outlive_reservation
{
	my ($session) = @_;

	wait_until {
		$session->query('SELECT reserved_until IS NULL OR reserved_until < clock_timestamp() FROM idgen_status()') eq 't'
	}
	'the end of the reservation';
	return;
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

# Begins clients together, a psql for each of some scripts, and returns the lines that
# each was given, a list of lists.  All wait for one lock at first.
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

# A session whose queries of large tables go to as many workers as those ask for.
sub parallel_session
{
	my ($node, $leader_participates) = @_;
	my $session = session($node);

	$session->query($_)
	  foreach 'SET parallel_setup_cost = 0', 'SET parallel_tuple_cost = 0', 'SET min_parallel_table_scan_size = 0',
	  'SET max_parallel_workers_per_gather = 4', "SET parallel_leader_participation = $leader_participates";
	return $session;
}

# The kinds of 128-bit IDs that hold a moment of the server's, by what makes them.
sub kinds_of_server
{
	return ('uuidv7_sequential', 'ulid_sequential', 'snowflake128_nextval', 'uuidv6 of server', 'uuidv1 of server');
}

# Creates moment_of(), which reads that moment from an ID of a kind: ns since 1970, and
# below them the rank of those that share one.
sub create_moment_of
{
	my ($node, $dbname) = @_;

	$node->safe_psql($dbname // 'postgres', <<'END');
CREATE FUNCTION moment_of(kind text, id uuid) RETURNS bigint LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
	digits text := replace(id::text, '-', '');
	high bigint := ('x' || left(digits, 16))::bit(64)::bigint;
	low bigint := ('x' || right(digits, 16))::bit(64)::bigint;
	ticks bigint;
BEGIN
	CASE kind
		WHEN 'snowflake128_nextval' THEN
			RETURN high * 2 + (low & 1);
		WHEN 'ulid_sequential' THEN
			RETURN (high >> 16) * 2000000 + (high & 65535) * 32 + ((low >> 59) & 31);
		WHEN 'uuidv7_sequential' THEN
			RETURN ((high >> 16) * 1000000 + ((high & 4095) * 1000000 + 4095) / 4096) * 2 + ((low >> 53) & 511);
		WHEN 'uuidv6 of server' THEN
			ticks := (high >> 16) * 4096 + (high & 4095);
		WHEN 'uuidv1 of server' THEN
			ticks := ((high & 4095) << 48) + (((high >> 16) & 65535) << 32) + ((high >> 32) & 4294967295);
		ELSE
			RETURN NULL;
	END CASE;
	RETURN (ticks - x'01B21DD213814000'::bigint) * 200 + ((low >> 48) & 255);
END $$;
END
	return;
}

# SQL that draws so many IDs of a kind in one statement, and returns "kind|ID|moment" of each,
# the ID as a UUID.  It reads them when all have been drawn, as they come in chunks only if
# they are drawn fast.
sub draw_uuids
{
	my ($kind, $count, $schema) = @_;
	my ($function, $of_server) = $kind =~ /^(\w+)( of server)?$/;
	$schema //= 'public';
	my $draw =
	  "SELECT '$kind', id, moment_of('$kind', id) FROM (SELECT unnest(array_agg($schema.$function()::uuid)) AS id FROM generate_series(1, $count) OFFSET 0) AS drawn;\n";

	return $of_server ? "SET idgen.uuid_node = server;\n${draw}RESET idgen.uuid_node;\n" : $draw;
}

# What a replication origin has recorded, as a number (idgen's is in us since 1970); ''
# if nothing.
sub origin_progress
{
	my ($session, $origin) = @_;

	return $session->query("SELECT pg_replication_origin_progress('$origin', true) - '0/0'");
}

# Every ID that clients of a timeline were ever given, whatever became of the
# server in between.  A copy of a server goes on from the record of its origin.
package IdgenTest::Record;

use strict;
use warnings;

use Test::More;

sub new
{
	my ($class, $origin) = @_;

	return bless { ids => [], highest => $origin ? $origin->{highest} : 0 }, $class;
}

# Adds the IDs of sessions, a list each, in the order in which they came.  Passes
# if all are above what was on the record, increase in each list, and none is
# there twice.
sub add
{
	my ($self, $name, @lists) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $floor = $self->{highest};
	my @added = sort { $a <=> $b } map { @$_ } @lists;
	my @wrong;

	foreach my $list (grep { @$_ } @lists)
	{
		push @wrong, "$list->[0] is not above $floor, which came before" if $list->[0] <= $floor;
		push @wrong, map { "$list->[$_] came after $list->[$_ - 1]" }
		  grep { $list->[$_] <= $list->[ $_ - 1 ] } 1 .. $#$list;
	}
	push @wrong, map { "$added[$_] came twice" }
	  grep { $added[$_] == $added[ $_ - 1 ] } 1 .. $#added;
	push @wrong, 'no ID came' if !@added;

	push @{ $self->{ids} }, @added;
	$self->{highest} = $added[-1] if @added && $added[-1] > $floor;
	return ok(!@wrong, $name) || diag(join "\n", grep { defined } @wrong[ 0 .. 4 ]);
}

sub ids { return @{ $_[0]->{ids} }; }

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

# Makes the clock run this many seconds ahead; less than 0, behind.
sub set_ahead
{
	my ($self, $seconds) = @_;

	$self->set(sprintf('%+d', $seconds));
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
	my $output = $self->{psql}->query_until(qr/sent\n/, "\\echo sent\n$sql;\n");

	# A quick answer may have come along.
	($self->{early}) = $output =~ /sent\n(.*)\z/s;
	return;
}

sub finish
{
	my ($self) = @_;
	my $output = $self->{early} . $self->{psql}->query('');

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
