# Guards: the rules for changes of a generator hold also where the change is rolled back, or
# a parallel worker issues the IDs, where its commit could get lost, after more
# changes than are remembered one by one, and for generators from a dump.  Nobody keeps a
# generator from being changed who may not use it, nor others waiting by one of his own.  A
# generator whose options cannot be read can be corrected.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $UNCOMMITTED = qr/ERROR:  55000: layout of generator "g" was changed by the current transaction/;
my $REFUSED = qr/ERROR:  55000: cannot change generator "g" to layout /;

my $node = new_server('changes', conf => "wal_writer_delay = 10s\nidgen.reserve_ahead = '10s'");

sub create
{
	my ($session, $name, $options) = @_;

	$session->query("SELECT snowflake_create_generator('$name', $options)");
	return;
}

sub drop
{
	my ($session, $name) = @_;

	$session->query("SELECT snowflake_drop_generator('$name')");
	return;
}

# How many numbers a query is given in a transaction with a change, and how many of these
# another session is given again when that has been rolled back.
sub twice
{
	my ($session, $change, $query) = @_;
	my $other = session($node);

	my %seen = map { $_ => 1 } $session->ids("BEGIN; ALTER SERVER g OPTIONS ($change); $query");
	$session->query('ROLLBACK');
	my @again = grep { $seen{$_} } $other->ids($query);
	$other->quit;
	return (scalar(keys %seen), scalar(@again));
}

my $WIDER = "time 41 bits of 1 ms since 2020-01-01, worker 8, sequence 14";
my $TO_DEFAULT = "SET layout 'default', ADD datacenter_id '0'";
my $TO_ABOVE = "SET layout 'time 39 bits of 10 ms since 1990-01-01, worker 8, sequence 16'";

# IDs issued by a change that is rolled back.
sub check_rollback
{
	my $session = session($node);
	my $query = "SELECT snowflake_next_block('g', 4096) FROM generate_series(1, 700)";

	# It has issued none since the server started.
	create($session, 'g', "'$WIDER', worker_id => 0");
	$session->quit;
	$node->restart;
	$session = session($node);
	is_deeply([ twice($session, $TO_DEFAULT, $query) ],
		[ 700, 0 ], 'what issues none yet goes on above what was rolled back');
	drop($session, 'g');

	# These meet at other times.
	create($session, 'g', "'$WIDER', worker_id => 0");
	$session->query("BEGIN; ALTER SERVER g OPTIONS (SET layout 'twitter')");
	like($session->error($query), $UNCOMMITTED, 'what can be changed as it has issued none must be committed first');
	$session->query('ROLLBACK');
	is($session->error($query), '', '... or rolled back');
	$session->query("BEGIN; ALTER SERVER g OPTIONS ($TO_ABOVE)");
	like($session->error($query), $UNCOMMITTED, '... and so must what is above');
	$session->query('ROLLBACK');
	drop($session, 'g');

	# What is created by the transaction goes with it.
	$session->query('BEGIN');
	create($session, 'g', "'$WIDER', worker_id => 0");
	is($session->error($_), '', "nothing stands in the way of who has created a generator: $_")
	  foreach $query, "ALTER SERVER g OPTIONS ($TO_ABOVE)", "SELECT snowflake_nextval('g')", 'SAVEPOINT a';
	$session->query("ALTER SERVER g OPTIONS (SET layout 'time 39 bits of 10 ms since 1980-01-01, worker 8, sequence 16')");
	like($session->error("SELECT snowflake_nextval('g')"), $UNCOMMITTED, '... unless he may roll back to where it was another');
	$session->query('ROLLBACK');
	$session->quit;
	return;
}

sub check_parallel_workers
{
	my $session = parallel_session($node, 'off');
	my $query = "SELECT snowflake_next_block('g', 4096) FROM many WHERE n > 0";

	$session->query('CREATE TABLE many AS SELECT n FROM generate_series(1, 700) n');
	create($session, 'g', "'$WIDER', worker_id => 1");
	like($session->query("EXPLAIN $query"), qr/Workers Planned/, 'parallel workers issue the IDs');
	is(scalar($session->ids($query)), 700, '... before a change');
	is_deeply([ twice($session, "$TO_DEFAULT, SET worker_id '4'", $query) ], [ 700, 0 ], '... none again after they have issued some by a change that is rolled back');
	$session->query("BEGIN; ALTER SERVER g OPTIONS ($TO_ABOVE, SET worker_id '0')");
	like($session->error($query), $UNCOMMITTED, '... and none by one that must be committed first');
	$session->query('ROLLBACK');
	drop($session, 'g');
	$session->quit;
	return;
}

# The commit of a change is on disk before anybody issues IDs that it led to.
sub check_commit
{
	my $session = session($node);

	create($session, 'g', "'default', worker_id => 3, datacenter_id => 0");
	$session->query($_)
	  foreach "SELECT snowflake_nextval('g')", 'CHECKPOINT', 'SET synchronous_commit = off',
	  "ALTER SERVER g OPTIONS (SET worker_id '4')", "SELECT snowflake_nextval('g')";
	crash_server($node, $session);
	$session = session($node);
	is($session->query("SELECT worker_id FROM snowflake_generators WHERE generator = 'g'"), 4,
		'a change whose IDs are out is there after a crash');
	drop($session, 'g');
	$session->quit;
	return;
}

# More nodes than are remembered one by one, the last ones with fewer bits.
sub check_many_nodes
{
	my $session = session($node);

	create($session, 'g', "'time 41 bits of 1 ms since 2020-01-01, worker 10, sequence 12', worker_id => 1");
	$session->query("SELECT snowflake_nextval('g')");
	$session->query("ALTER SERVER g OPTIONS (SET worker_id '$_')") foreach map { 2 * $_ + 1 } 1 .. 14;
	$session->query("ALTER SERVER g OPTIONS (SET worker_id '$_', SET layout 'time 41 bits of 1 ms since 2020-01-01, worker 9, unused 1, sequence 12')")
	  foreach 1 .. 20;
	like($session->error("ALTER SERVER g OPTIONS (SET worker_id '1', SET layout 'time 41 bits of 2 ms since 2020-01-01, worker 10, sequence 12')"),
		$REFUSED, 'a layout with few nodes does not make those of others forgotten');
	drop($session, 'g');
	$session->quit;
	return;
}

sub check_dump
{
	my $session = session($node);
	my $change = "ALTER SERVER g OPTIONS (SET layout 'time 41 bits of 2 ms since 2020-01-01, worker 10, sequence 12')";

	create($session, 'g', "'time 41 bits of 1 ms since 2020-01-01, worker 10, sequence 12', worker_id => 3");
	is($session->error($change), '', 'a new generator may get any layout');
	drop($session, 'g');
	$session->query("CREATE SERVER g FOREIGN DATA WRAPPER idgen OPTIONS (layout 'time 41 bits of 1 ms since 2020-01-01, worker 10, sequence 12', worker_id '3')");
	like($session->error($change), $REFUSED, '... but one from a dump may have issued IDs elsewhere');
	drop($session, 'g');
	$session->quit;
	return;
}

sub check_rights
{
	my $owner = session($node);

	create($owner, 'g', "'default', worker_id => 0, datacenter_id => 0");
	$owner->query('CREATE ROLE regress_nobody LOGIN');
	my $nobody = session($node, user => 'regress_nobody');
	$nobody->query("BEGIN; SAVEPOINT a");
	like($nobody->error("SELECT snowflake_nextval('g')"), qr/ERROR:  42501: /, 'who may not use a generator');
	$nobody->query('ROLLBACK TO a');
	is($owner->error("SET lock_timeout = '10s'; ALTER SERVER g OPTIONS (SET layout 'wide', DROP datacenter_id)"),
		'', '... does not keep it from being changed');
	$nobody->query('COMMIT');
	drop($owner, 'g');
	$_->quit foreach $owner, $nobody;
	return;
}

# What two generators of a role have issued with one node, and rolled back.
sub check_strangers
{
	my $session = session($node);
	my @errors;

	foreach my $name (qw(one two))
	{
		create($session, $name, "'default', worker_id => 1, datacenter_id => 1");
		$session->query("SELECT snowflake_nextval('$name')");
		$session->query("BEGIN; ALTER SERVER $name OPTIONS (SET worker_id '7', SET datacenter_id '2')");
		push @errors, $session->error("SELECT snowflake_nextval('$name')");
		$session->query('ROLLBACK');
	}
	is($errors[0], '', 'the first generator with a node uses it before it commits');
	like($errors[1], qr/ERROR:  55000: layout of generator "two" was changed by the current transaction/, '... another one only after that');
	create($session, 'g', "'default', worker_id => 3, datacenter_id => 0");
	$session->query("ALTER SERVER g OPTIONS (SET worker_id '4')");
	is($session->query("SELECT srvoptions FROM pg_foreign_server WHERE srvname = 'g'"),
		'{layout=default,datacenter_id=0,worker_id=4,"former=default with datacenter_id=0 worker_id=3"}', '... and neither is any concern of a third');
	drop($session, $_) foreach qw(one two g);
	$session->quit;
	return;
}

# A generator of the server's space with former IDs of ticks of a second, which are ahead.
sub check_others_timeline
{
	my $layout = 'time 33 bits of 1 s since 2020-01-01, worker 10, sequence 20';
	my $session = session($node);
	my $server = session($node);

	$session->query($_)
	  foreach "SET client_min_messages = error",
	  "CREATE SERVER ahead FOREIGN DATA WRAPPER idgen OPTIONS (layout '$layout', worker_id '0')",
	  "CREATE SERVER g FOREIGN DATA WRAPPER idgen OPTIONS (layout 'default', former '$layout with worker_id=0')",
	  "SELECT snowflake_next_block('ahead', 1048576) FROM generate_series(1, 2)",
	  "SET idgen.max_wait = 0";
	$server->query("SET idgen.max_wait = 0; SELECT snowflake_nextval()");
	like($session->error("SELECT snowflake_nextval('g')"), qr/ERROR:  55000: /, 'a generator waits until the clock is beyond its former IDs');
	is($server->error('SELECT snowflake_nextval()'), '', '... and others of its space do not wait with it');
	$session->query("SET idgen.max_wait = '1min'");
	is($session->error("SELECT snowflake_nextval('g')"), '', '... then it goes on');
	drop($session, $_) foreach 'g', 'ahead';
	$_->quit foreach $session, $server;
	return;
}

# The validator was off, and the library not there, when it was created.
sub check_unreadable
{
	my $session = session($node);

	$session->query($_)
	  foreach 'ALTER FOREIGN DATA WRAPPER idgen NO VALIDATOR',
	  "CREATE SERVER g FOREIGN DATA WRAPPER idgen OPTIONS (layuot 'default')",
	  'ALTER FOREIGN DATA WRAPPER idgen VALIDATOR snowflake_generator_validator';
	is($session->error($_), '', "options that cannot be read: $_")
	  foreach 'ALTER SERVER g RENAME TO h', 'ALTER SERVER h RENAME TO g', "ALTER SERVER g OPTIONS (DROP layuot, ADD layout 'default')",
	  "SELECT snowflake_nextval('g')";
	drop($session, 'g');
	$session->quit;
	return;
}

check_dump();
check_rollback();
check_parallel_workers();
check_many_nodes();
check_rights();
check_strangers();
check_others_timeline();
check_unreadable();
check_commit();
$node->stop;

done_testing();
