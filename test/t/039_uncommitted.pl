# Guards: what a generator has issued counts, also if the definition that it was issued
# with was rolled back, was made by the leader of a parallel query, or is one of many.
# A committed change is there after a crash.  Who may not use a generator does not get in
# the way of its owner.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $LAYOUT = 'time 41 bits of 1 ms since 2020-01-01, worker 10, sequence 12';
my $SECOND_LATER = 'time 41 bits of 1 ms since 2020-01-01 00:00:01, worker 10, sequence 12';
my $SAME_PACE = 'time 42 bits of 500 us since 2020-01-01, worker 9, sequence 12';
my $REFUSED = qr/ERROR:  55000: cannot change generator "g" to layout .*\nDETAIL:  Its IDs could be the same numbers/;
my $UNCOMMITTED = qr/ERROR:  55000: layout of generator "g" was changed by the current transaction/;

# A session with a generator named g, which has issued an ID if asked to.
sub session_with
{
	my ($node, $options, $is_used) = @_;
	my $session = session($node);

	$session->query("SELECT snowflake_create_generator('g', $options)");
	$session->query("SELECT snowflake_nextval('g')") if $is_used;
	return $session;
}

sub drop
{
	my ($session) = @_;

	$session->query("SELECT snowflake_drop_generator('g')");
	$session->quit;
	return;
}

# Another worker is free to be used at once.  If it was and the change is rolled back, the
# worker's numbers are out.
sub check_rolled_back
{
	my ($node, $name, $worker, $is_used, $begin, $rollback) = @_;
	my $session = session_with($node, "'$LAYOUT', worker_id => 1", $is_used);

	$session->query($begin);
	$session->query("ALTER SERVER g OPTIONS (SET worker_id '$worker')");
	my @drawn = $session->ids("SELECT unnest(snowflake_nextvals('g', 10000))");
	$session->query($rollback);
	push @drawn, $session->ids("SELECT unnest(snowflake_nextvals('g', 1000))") if $is_used;
	like($session->error("ALTER SERVER g OPTIONS (SET layout '$SECOND_LATER', SET worker_id '$worker')"),
		$REFUSED, "$name: its numbers are not issued at another time");
	$session->query('ROLLBACK') if $begin =~ /SAVEPOINT/;

	# 65, 66 and 67 of ten bits are 1 and other bits of the sequence there.
	$session->query("ALTER SERVER g OPTIONS (SET layout 'wide', SET worker_id '1')");
	push @drawn, $session->ids("SELECT unnest(snowflake_nextvals('g', 100000))");
	are_distinct(\@drawn, '... nor at the same');
	drop($session);
	return;
}

# IDs that can be equal to former ones only at the same time: these go on above, if the
# change is rolled back.  Those that could be at other times are not issued before it is
# committed.
sub check_pending
{
	my ($node) = @_;
	my $session = session_with($node, "'$LAYOUT', worker_id => 1", 1);
	my $parallel = parallel_session($node, 'off');
	my $ticks = "SELECT max(snowflake_next_block('g', 4096)) + 4095 FROM many WHERE number <= 2000";

	$parallel->query("BEGIN; ALTER SERVER g OPTIONS (SET layout '$SAME_PACE')");
	like($parallel->query("EXPLAIN $ticks"), qr/Gather/, 'a parallel query');
	my $last = $parallel->query($ticks);
	$parallel->query('ROLLBACK');
	cmp_ok($session->query("SELECT snowflake_nextval('g')"), '>', $last, '... whose workers use an uncommitted change: former IDs go on above');
	$parallel->quit;
	drop($session);

	$session = session_with($node, "'$LAYOUT', worker_id => 99", 0);
	$session->query("BEGIN; ALTER SERVER g OPTIONS (SET layout '$SECOND_LATER')");
	like($session->error("SELECT snowflake_nextval('g')"), $UNCOMMITTED, 'what could repeat at another time is not issued before the commit');
	$session->query('ROLLBACK');
	$session->query("ALTER SERVER g OPTIONS (SET layout '$SECOND_LATER')");
	is($session->error("SELECT snowflake_nextval('g')"), '', '... but after it');
	drop($session);
	return;
}

# Other changes of a foreign server do not count.
sub check_other_changes
{
	my ($node) = @_;
	my $session = session_with($node, "'$LAYOUT', worker_id => 98", 0);

	$session->query('BEGIN; GRANT USAGE ON FOREIGN SERVER g TO pg_monitor; ALTER SERVER g RENAME TO h; ALTER SERVER h RENAME TO g');
	is($session->error("SELECT snowflake_nextval('g')"), '', 'a right or a name that is new makes no other definition');
	$session->query('ROLLBACK');
	like($session->error("ALTER SERVER g OPTIONS (SET layout '$SECOND_LATER')"), $REFUSED, '... and its IDs count');
	drop($session);
	return;
}

# Of many nodes of a layout it is remembered that there were many, not that they had the
# layout of the last one.
sub check_many_nodes
{
	my ($node) = @_;
	my $session = session_with($node, "'datacenter 2, time 39 bits of 1 ms since 2020-01-01, worker 10, sequence 12', worker_id => 0, datacenter_id => 1", 1);

	$session->query("ALTER SERVER g OPTIONS (SET worker_id '$_')") foreach 1 .. 15;
	$session->query("ALTER SERVER g OPTIONS (SET layout 'unused 2, time 39 bits of 1 ms since 2020-01-01, worker 10, sequence 12', DROP datacenter_id)");
	$session->query("ALTER SERVER g OPTIONS (SET worker_id '$_')") foreach 40 .. 60;
	like($session->error("ALTER SERVER g OPTIONS (SET layout 'datacenter 2, time 39 bits of 1 ms since 2020-01-01 00:00:01, worker 10, sequence 12', ADD datacenter_id '1', SET worker_id '0')"),
		$REFUSED, 'of many nodes in one frame those of another layout are not forgotten');
	is($session->query(q[SELECT count(*) FROM (SELECT regexp_split_to_table(option_value, ' \| ') FROM pg_foreign_server, pg_options_to_table(srvoptions)
		WHERE srvname = 'g' AND option_name = 'former') AS former]), 17, '... which takes no more than a line for many');
	drop($session);
	return;
}

sub check_forced_reset
{
	my ($node) = @_;
	my $session = session_with($node, "'$LAYOUT', worker_id => 1", 1);

	$session->query("SELECT idgen_reset_timeline(now() - interval '1 h', force => true)");
	like($session->error("ALTER SERVER g OPTIONS (SET layout '$SECOND_LATER')"), $REFUSED, 'a generator that has issued IDs is not new after a forced reset');
	drop($session);
	$session = session_with($node, "'$LAYOUT', worker_id => 900", 0);
	is($session->error("ALTER SERVER g OPTIONS (SET layout '$SECOND_LATER')"), '', '... but one that was created after it is');
	drop($session);
	return;
}

# The lock that holds up changes of a generator's layout is for those who may use it.
sub check_locks
{
	my ($node) = @_;
	my $owner = session_with($node, "'$LAYOUT', worker_id => 1", 1);
	my $locks = "SELECT count(*) FROM pg_locks WHERE classid = 'pg_foreign_server'::regclass";
	my $try = "DO \$\$ BEGIN PERFORM snowflake_nextval('g'); EXCEPTION WHEN insufficient_privilege THEN NULL; END \$\$";

	$node->safe_psql('postgres', 'CREATE ROLE regress_stranger LOGIN; GRANT USAGE ON FOREIGN SERVER g TO regress_stranger');
	my $stranger = session($node, user => 'regress_stranger');
	$stranger->query("SELECT snowflake_nextval('g')");
	$owner->query('REVOKE USAGE ON FOREIGN SERVER g FROM regress_stranger');
	my $other = session($node, user => 'regress_stranger');
	foreach my $session ($other, $stranger)
	{
		$session->query("BEGIN; $try");
		is($owner->query($locks), 0, 'who may not use a generator keeps no lock on it');
		is($owner->error("SET lock_timeout = '10s'; ALTER SERVER g OPTIONS (SET layout '$SAME_PACE')"), '', '... nor holds up a change');
		$owner->query("ALTER SERVER g OPTIONS (SET layout '$LAYOUT')");
		$session->query('COMMIT');
	}
	$_->quit foreach $stranger, $other;
	drop($owner);
	return;
}

# Others use a change as soon as they see it, so no crash may take it back.
sub check_crash
{
	my ($node) = @_;
	my $session = session_with($node, "'$LAYOUT', worker_id => 1", 1);
	my $walwriter = $node->safe_psql('postgres', "SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'");

	$session->query('SET synchronous_commit = off');
	stop_processes($walwriter);
	my $before = $session->query('SELECT pg_current_wal_insert_lsn()');
	$session->query("ALTER SERVER g OPTIONS (SET worker_id '2')");
	my $is_flushed = $session->query("SELECT pg_current_wal_flush_lsn() > '$before'");
	kill 'CONT', $walwriter;
	is($is_flushed, 't', 'a change is on disk when others can see it, also if commits are asynchronous');
	drop($session);
	return;
}

my $node = new_server('uncommitted', conf => "idgen.max_wait = '1h'\nidgen.max_drift = '1min'");
$node->safe_psql('postgres', 'CREATE TABLE many AS SELECT generate_series(1, 20000) AS number; ANALYZE many');

check_rolled_back($node, 'rolled back', 65, 1, 'BEGIN', 'ROLLBACK');
check_rolled_back($node, 'rolled back, of one that had issued nothing', 66, 0, 'BEGIN', 'ROLLBACK');
check_rolled_back($node, 'rolled back to a savepoint', 67, 1, 'BEGIN; SAVEPOINT a', 'ROLLBACK TO a');
check_pending($node);
check_other_changes($node);
check_many_nodes($node);
check_locks($node);
check_crash($node);
check_forced_reset($node);
$node->stop;

done_testing();
