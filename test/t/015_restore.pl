# Guards: what comes out of a base backup, an archive, a dump or pg_upgrade makes IDs above
# those it was made from: by the reservation where that comes along, whatever its clock
# says, and where it does not, because the clock has gone on.  Where the replication origin
# is missing, the first call brings it into being.
#
# Not covered, and so not here: a copy that runs beside its original, or goes back to
# before what that has issued, with the same node and a clock that is behind.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

skip_all_without_faketime();

my @records;
my $workers = 0;

sub new_record
{
	push @records, id_record(@_);
	return $records[-1];
}

sub conf
{
	return <<"END" . 'idgen.worker_id = ' . $workers++ . "\n";
log_statement = none
autovacuum = off
idgen.reserve_ahead = '100ms'
idgen.max_drift = '1d'
END
}

# A server without the extension.
sub new_cluster
{
	my ($name, %option) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);

	$node->init(allows_streaming => $option{archiving}, has_archiving => $option{archiving});
	$node->append_conf('postgresql.conf', conf());
	$node->append_conf('postgresql.conf', "shared_preload_libraries = 'idgen'")
	  if $option{preload};
	return $node;
}

sub draw
{
	my ($session) = @_;

	return map { $session->ids($_) } (
		'SELECT snowflake_nextval()',
		whole_ticks(250),
		'SELECT unnest(snowflake_nextvals(5))',
		'INSERT INTO t DEFAULT VALUES RETURNING id');
}

# Draws in a session of its own.
sub draw_once
{
	my ($node) = @_;
	my $session = session($node);
	my @ids = draw($session);

	$session->quit;
	return @ids;
}

sub origins
{
	my ($node) = @_;
	return $node->safe_psql('postgres', q(SELECT count(*) FROM pg_replication_origin WHERE roname = 'idgen'));
}

# The clock alone protects what has no reservation, and so it must have passed the
# timeline.
sub wait_for_clock
{
	my ($node) = @_;

	$node->poll_query_until('postgres', 'SELECT timeline_at < clock_timestamp() FROM idgen_status()')
	  or die 'the clock does not pass the timeline';
	return;
}

# A copy of the base backup is a cluster of its own at once, with a node of its own.
sub check_clone
{
	my ($original, $record) = @_;
	my $clone = PostgreSQL::Test::Cluster->new('clone');
	my $clone_record = new_record($record);

	$clone->init_from_backup($original, 'base', standby => 0);
	$clone->append_conf('postgresql.conf', "archive_mode = off\n" . conf());
	start_server($clone, fake_clock('-1h'));
	my @sessions = map { session($_) } $original, $clone;
	foreach my $round (1 .. 2)
	{
		$clone_record->add('clone, 1 h behind, beside the original: IDs go on', [ draw($sessions[1]) ]);
		$record->add('... and so do those of the original', [ draw($sessions[0]) ]);
	}
	$_->quit foreach @sessions;
	$clone->stop;
	return;
}

# Recovery from the archive, under a clock.
sub recover
{
	my ($original, $name, $clock, $target) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);

	$node->init_from_backup($original, 'base', has_restoring => 1, standby => 0);
	$node->append_conf('postgresql.conf', "archive_mode = off\n" . conf());
	$node->append_conf('postgresql.conf',
		"recovery_target_name = '$target'\nrecovery_target_action = promote") if $target;
	start_server($node, $clock);
	$node->poll_query_until('postgres', 'SELECT NOT pg_is_in_recovery()')
	  or die 'recovery does not end';
	return $node;
}

sub check_recovered
{
	my ($node, $record, $name) = @_;

	$record->add("$name: IDs go on", [ draw_once($node) ]);
	$node->stop('immediate');
	start_server($node);
	$record->add('... after a crash, too', [ draw_once($node) ]);
	$node->stop;
	return;
}

# Point-in-time recovery, to a target and to the end of the archive.
sub check_recovery
{
	my ($original, $record) = @_;
	my $session = session($original);

	$record->add('before the target', [ draw($session) ]);
	my $id = $session->query('INSERT INTO t DEFAULT VALUES RETURNING id');
	$record->add('just before the target', [$id]);
	my $record_at_target = new_record($record);
	$session->query(q(SELECT pg_create_restore_point('target')));
	$record->add('after the target', [ draw($session) ]);
	my $last_wal = $session->query('SELECT pg_walfile_name(pg_current_wal_lsn())');
	$session->query('SELECT pg_switch_wal()');
	$original->poll_query_until('postgres', "SELECT last_archived_wal >= '$last_wal' FROM pg_stat_archiver")
	  or die 'the archiver does not come along';
	wait_for_clock($original);
	$session->quit;
	$original->stop;

	my $node = recover($original, 'at_target', fake_clock('-1h'), 'target');
	is($node->safe_psql('postgres', 'SELECT max(id) FROM t'), $id, 'the target is right');
	check_recovered($node, $record_at_target, 'recovered to a target, 1 h behind');
	check_recovered(recover($original, 'after_target', fake_clock(), 'target'),
		new_record($record), 'recovered to a target, with a clock that is right');
	check_recovered(recover($original, 'at_end', fake_clock('-1h')),
		new_record($record), 'recovered to the end, 1 h behind');
	return;
}

sub check_original
{
	my $original = new_cluster('original', archiving => 1);
	my $record = new_record();

	start_server($original);
	$original->safe_psql('postgres',
		'CREATE EXTENSION idgen; CREATE TABLE t (id bigint PRIMARY KEY DEFAULT snowflake_nextval())');
	$record->add('original: the first IDs', [ draw_once($original) ]);
	$original->backup('base');
	check_clone($original, $record);
	check_recovery($original, $record);
	return;
}

# The dump of a cluster, put into a new one.
sub check_dump
{
	my ($source, $record) = @_;
	my $file = PostgreSQL::Test::Utils::tempdir() . '/dump.sql';
	my $target = new_cluster('from_dump');
	my $target_record = new_record($record);

	start_server($target);
	wait_for_clock($source);
	$source->command_ok([ 'pg_dump', '--no-sync', '--file', $file, $source->connstr('postgres') ], 'dumped');
	$target->command_ok(
		[ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', $file, $target->connstr('postgres') ], 'restored');
	is(origins($target), 0, 'restored: there is no origin');
	$target_record->add('... IDs go on', [ draw_once($target) ]);
	is(origins($target), 1, '... and then there is one');
	$target->stop;
	return;
}

# The origin outlives the extension, as the IDs do.
sub check_extension_dropped
{
	my ($node, $record) = @_;
	my $reserved = 'SELECT reserved_until FROM idgen_status()';
	my $session = session($node);

	$record->add('before the extension is dropped', [ $session->ids(whole_ticks(2000)) ]);
	my $before = $session->query($reserved);
	$session->query('SET client_min_messages = warning; DROP EXTENSION idgen CASCADE');
	is(origins($node), 1, 'extension dropped: the origin stays');
	$session->quit;
	$node->stop;
	start_server($node);
	$session = session($node);
	$session->query('CREATE EXTENSION idgen; ALTER TABLE t ALTER id SET DEFAULT snowflake_nextval()');
	$record->add('... created after a restart: IDs go on', [ draw($session) ]);
	is($session->query("$reserved WHERE reserved_until > '$before'") ne '', 1, '... from the reservation that was');
	$session->quit;
	return;
}

# pg_upgrade runs no install script, and brings no origin along.
sub check_upgrade
{
	my ($old, $record) = @_;
	my $new = new_cluster('new', preload => 1);

	wait_for_clock($old);
	$old->stop;
	upgrade_cluster($old, $new);
	start_server($new);
	is(origins($new), 0, 'upgraded: there is no origin');
	$record->add('... IDs go on', [ draw_once($new) ]);
	is(origins($new), 1, '... and then there is one');
	$new->stop('immediate');
	start_server($new, fake_clock('-1h'));
	$record->add('... also after a crash, 1 h behind', [ draw_once($new) ]);
	$new->stop;
	return;
}

check_original();

my $node = new_cluster('old', preload => 1);
my $record = new_record();
start_server($node);
$node->safe_psql('postgres',
	'CREATE EXTENSION idgen; CREATE TABLE t (id bigint PRIMARY KEY DEFAULT snowflake_nextval())');
$record->add('old: the first IDs', [ draw_once($node) ]);
check_dump($node, $record);
check_extension_dropped($node, $record);
check_upgrade($node, $record);
are_distinct([ map { $_->ids } @records ], 'no ID came twice on any of these servers');

done_testing();
