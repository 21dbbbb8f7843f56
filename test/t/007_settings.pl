# Guards: IDs are issued under the node that the server's configuration names, or not at
# all: never silently under another one, whoever sets what and wherever, and in
# whichever order the library is loaded.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $NODE_OF_NEW_ID = 'SELECT datacenter_id, worker_id FROM snowflake_parse(snowflake_nextval())';
my $REFUSED = qr/ERROR:  22023: (invalid value for parameter "idgen\.worker_id"|value of parameter "idgen\.worker_id" does not fit the layout)/;

my $node;

# Writes settings into postgresql.conf; undef takes one out.
sub configure
{
	my (%setting) = @_;

	foreach my $name (sort keys %setting)
	{
		$node->adjust_conf('postgresql.conf', $name);
		$node->append_conf('postgresql.conf', "$name = $setting{$name}")
		  if defined $setting{$name};
	}
	return;
}

# The same in a running server, until these sessions have read it.  A setting that
# may be refused does not show that, so another one goes along.
my $reloads = 0;

sub reconfigure
{
	my ($sessions, %setting) = @_;
	my $mark = ++$reloads . 'min';

	configure(%setting, 'idgen.max_wait' => "'$mark'");
	reload_until($node, $_, 'idgen.max_wait', $mark) foreach @$sessions;
	return;
}

# A session whose library is loaded, or not yet.
sub loaded_session
{
	my $session = session($node, @_);
	$session->query('SELECT snowflake_timestamp(0)');
	return $session;
}

sub node_in_new_session
{
	return new_session_gets($node, $NODE_OF_NEW_ID, @_);
}

#
# Changes by reload
#
sub check_reload
{
	my ($kind) = @_;
	configure('idgen.datacenter_id' => 3, 'idgen.worker_id' => 5);
	$node->restart;
	my $session = session($node);
	my $idle = loaded_session();

	is($session->query($NODE_OF_NEW_ID), '3|5', "$kind: the node of the configuration");
	reconfigure([ $session, $idle ], 'idgen.datacenter_id' => 31, 'idgen.worker_id' => 0);
	is($session->query($NODE_OF_NEW_ID), '31|0', "$kind: another one after a reload");
	is($idle->query($NODE_OF_NEW_ID), '31|0', "$kind: also for who draws the first time");
	is($session->query('SELECT datacenter_id, worker_id FROM idgen_status()'),
		'31|0', "$kind: idgen_status() has it");
	is(join('|', map { $session->query("SHOW idgen.$_") } qw(datacenter_id worker_id)),
		'31|0', "$kind: SHOW has it");

	# Everything that makes IDs follows.
	is( $session->query(
			'SELECT DISTINCT datacenter_id, worker_id FROM (SELECT unnest(snowflake_nextvals(10)) AS id UNION SELECT snowflake_next_block(10)) AS drawn, snowflake_parse(id)'
		),
		'31|0',
		"$kind: in batches and blocks too");

	# The same order as before, though a smaller node makes smaller IDs within a
	# tick, and ahead of the clock the tick is still the same.
	$session->query(push_ahead(700));
	my $before = $session->query(burst(500));
	reconfigure([$session], 'idgen.datacenter_id' => 0, 'idgen.worker_id' => 1);
	is_increasing([ split(/\|/, $before), $session->ids(burst(500)) ],
		"$kind: the order goes on across the change");

	$_->quit foreach $session, $idle;
	return;
}

# A node that is none is not the one before it either; more of this is in
# 033_identity_when_used.pl.
sub check_bad_reload
{
	my ($kind, $bad) = @_;
	configure('idgen.datacenter_id' => 0, 'idgen.worker_id' => 5);
	$node->restart;
	my $session = session($node);
	my $idle = loaded_session();

	is($session->query($NODE_OF_NEW_ID), '0|5', "$kind: node 5");
	reconfigure([ $session, $idle ], 'idgen.worker_id' => $bad);
	like($_->error($NODE_OF_NEW_ID), $REFUSED, "$kind: not node 5 when $bad is asked for") foreach $session, $idle;
	reconfigure([ $session, $idle ], 'idgen.worker_id' => 6);
	is($_->query($NODE_OF_NEW_ID), '0|6', "$kind: the right value mends it") foreach $session, $idle;
	is(node_in_new_session(), '0|6', "$kind: for new sessions, too");

	$_->quit foreach $session, $idle;
	return;
}

# A server that starts with a value that is out of range makes no IDs.
sub check_bad_start
{
	my ($kind, $bad) = @_;
	configure('idgen.datacenter_id' => 0, 'idgen.worker_id' => $bad);
	my $log_start = -s $node->logfile;
	$node->restart;
	my $session = session($node);

	foreach my $sql (
		'SELECT snowflake_nextval()',
		'SELECT snowflake_nextvals(1)',
		'SELECT snowflake_next_block(1)')
	{
		like($session->error($sql), $REFUSED, "$kind, $bad at start: refused: $sql");
	}
	my $force = $node->pg_version >= 16 ? 'debug_parallel_query' : 'force_parallel_mode';
	$session->query("SET $force = on");
	like($session->error('SELECT snowflake_nextval()'), $REFUSED, "... in a parallel worker");
	$session->query("RESET $force");
	like(slurp_file($node->logfile, $log_start),
		qr/parameter "idgen\.worker_id"/, "... and the log tells");
	is($session->query('SELECT public.uuidv7() IS NOT NULL, snowflake_timestamp(0) IS NOT NULL, ids_issued FROM idgen_status()'),
		't|t|0', "... and everything else works");

	# 0 is the default, and yet a change.
	foreach my $good (0, 9)
	{
		reconfigure([$session], 'idgen.worker_id' => $good);
		is($session->query($NODE_OF_NEW_ID), "0|$good", "... until the right value $good comes");
		is(node_in_new_session(), "0|$good", "... for new sessions too");
	}
	$session->quit;
	return;
}

# Who may not set the node gets the server's node or none.
sub check_other_places
{
	my ($kind) = @_;
	configure('idgen.datacenter_id' => 0, 'idgen.worker_id' => 5);
	$node->restart;

	my $session = loaded_session();
	like($session->error('SET idgen.worker_id = 5'), qr/55P02/, "$kind: no SET");
	like($session->error("SELECT set_config('idgen.datacenter_id', '1', false)"),
		qr/55P02/, "$kind: no set_config()");
	like($session->error('SET idgen.max_drift = 0'), qr/55P02/, "$kind: no SET of the drift limit");
	is($session->error('SET idgen.max_wait = 0'), '', "$kind: but of one's own patience");
	like($session->error('SET idgen.bogus = 1'), qr/42602/, "$kind: no settings that do not exist");
	$session->quit;

	my $force = $node->pg_version >= 16 ? 'debug_parallel_query' : 'force_parallel_mode';
	foreach my $asked (0, 5, 7)
	{
		my $sane = qr/^(0\|5|refused)$/;

		# Before anything has loaded the library, PostgreSQL lets anyone set anything.
		$session = session($node, user => 'regress_drawer');
		$session->run("SET idgen.worker_id = $asked");
		my ($output) = $session->run($NODE_OF_NEW_ID);
		like($output || 'refused', $sane, "$kind: SET to $asked before the library is loaded");
		$session->quit;

		like(node_in_new_session(user => 'regress_drawer', options => "-c idgen.worker_id=$asked"),
			$sane, "$kind: $asked as an option of the connection");
		like(
			node_in_new_session(
				user => 'regress_drawer',
				options => "-c idgen.worker_id=$asked -c $force=on"),
			$sane,
			"$kind: and so in a parallel worker");

		$node->psql('postgres', "ALTER DATABASE other SET idgen.worker_id = $asked");
		like(node_in_new_session(dbname => 'other'), $sane, "$kind: $asked by ALTER DATABASE");
		$node->safe_psql('postgres', 'ALTER DATABASE other RESET ALL');

		$node->psql('postgres', "ALTER ROLE regress_drawer SET idgen.worker_id = $asked");
		like(node_in_new_session(user => 'regress_drawer'), $sane, "$kind: $asked by ALTER ROLE");
		$node->safe_psql('postgres', 'ALTER ROLE regress_drawer RESET ALL');
	}
	is(node_in_new_session(user => 'regress_drawer', options => '-c idgen.max_wait=3'),
		'0|5', "$kind: other options are no obstacle");

	# The drift limit is not for sessions to change either.
	configure('idgen.max_drift' => "'3s'");
	$node->restart;
	like(
		new_session_gets(
			$node, q{SELECT CASE WHEN snowflake_nextval() > 0 THEN current_setting('idgen.max_drift') END},
			options => '-c idgen.max_drift=1h'),
		qr/^(3s|refused)$/,
		"$kind: the drift limit is the server's");
	configure('idgen.max_drift' => undef);

	# A setting that is taken out is no setting, also for who comes before and after
	# the server has read that.
	configure('idgen.worker_id' => undef);
	$node->reload;
	like(node_in_new_session(), qr/^0\|[05]$/, "$kind: a setting taken out refuses nothing");
	my $default = wait_until { node_in_new_session() eq '0|0' } 'the default node';
	ok($default, "$kind: ... and then the default counts");
	$session = session($node);
	$session->run("BEGIN; SET idgen.worker_id = 7; ROLLBACK");
	is(($session->run($NODE_OF_NEW_ID))[0], '0|0', "$kind: nor does one that was rolled back");
	$session->quit;
	return;
}

sub check_pg_settings
{
	my $session = loaded_session();
	is( $session->query(
			q{SELECT name, vartype, unit, context, min_val, max_val, boot_val FROM pg_settings WHERE name LIKE 'idgen.%' ORDER BY name}
		),
		join("\n",
			'idgen.datacenter_id|string||sighup|||0',
			'idgen.hlc_max_offset|integer|ms|sighup|0|86400000|500',
			'idgen.horizon_lag_limit|integer|ms|sighup|0|86400000|300000',
			'idgen.lamport_max_jump|real||sighup|1|9.0072e+15|4.29497e+09',
			'idgen.layout|string||sighup|||default',
			'idgen.lease_accept_loss|bool||sighup|||off',
			'idgen.lease_max_skew|integer|ms|sighup|0|86400000|10000',
			'idgen.lease_pool|string||sighup|||default',
			'idgen.lease_reach|integer|ms|sighup|1000|86400000|60000',
			'idgen.lease_secret_file|string||sighup|||',
			'idgen.lease_store|string||sighup|||',
			'idgen.lease_ttl|integer|ms|sighup|1000|86400000|30000',
			'idgen.max_drift|integer|ms|sighup|0|86400000|1000',
			'idgen.max_generators|integer||sighup|0|131040|224',
			'idgen.max_regression|integer|ms|sighup|0|86400000|60000',
			'idgen.max_segments|integer||sighup|1|10000|128',
			'idgen.max_wait|integer|ms|user|0|86400000|10000',
			'idgen.reserve_ahead|integer|ms|sighup|100|60000|3000',
			'idgen.segment_root_timeout|integer|ms|sighup|10|60000|3000',
			'idgen.segment_secret_file|string||sighup|||',
			'idgen.sequence_start|enum||sighup|||zero',
			'idgen.uuid_node|enum||user|||random',
			'idgen.worker_id|string||sighup|||0'),
		'units, ranges and contexts of the settings');

	$session->quit;
	return;
}

# IDs of ticks that have seen none, as a table has them that is written to now and then: the
# remainders of their sequences, in order.
sub sequences_modulo_16
{
	my ($session) = @_;

	$session->query('SELECT snowflake_nextval()');
	return split /,/, $session->query('SELECT remainders()');
}

sub check_sequence_start
{
	my $session = loaded_session();
	my $other = loaded_session();

	$session->query(<<'SQL');
CREATE FUNCTION remainders() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	ids bigint[];
	began timestamptz;
BEGIN
	FOR i IN 1 .. 64 LOOP
		began := clock_timestamp();
		WHILE clock_timestamp() < began + interval '2 ms' LOOP
		END LOOP;
		ids := ids || snowflake_nextval();
	END LOOP;
	RETURN (SELECT string_agg((id % 16)::text, ',' ORDER BY n) FROM unnest(ids) WITH ORDINALITY u(id, n));
END
$$
SQL
	is_deeply([ sequences_modulo_16($session) ], [ (0) x 64 ], 'IDs of quiet ticks have the sequence 0');

	alter_system($node, $session, 'idgen.sequence_start' => 'rolling');
	$other->query('SHOW idgen.sequence_start');
	my @rolling = sequences_modulo_16($session);
	is_deeply(\@rolling, [ map { ($rolling[0] + $_) % 16 } 0 .. 63 ], 'rolling: each goes on from the last one');
	my @others = sequences_modulo_16($other);
	is($others[0], ($rolling[-1] + 2) % 16, '... which may be that of another session');

	alter_system($node, $session, 'idgen.sequence_start' => 'random');
	my %random = map { $_ => 1 } sequences_modulo_16($session);
	cmp_ok(scalar(keys %random), '>', 8, 'random: they are spread');

	alter_system($node, $session, 'idgen.sequence_start' => 'zero');
	is_deeply([ sequences_modulo_16($session) ], [ (0) x 64 ], 'and all are 0 again after a reload, in the same session');
	like($session->error("SET idgen.sequence_start = 'random'"), qr/cannot be changed now/, 'a session has no start of its own');
	$session->quit;
	$other->quit;
	return;
}

sub check_server
{
	my ($kind) = @_;

	check_reload($kind);
	check_bad_reload($kind, $_) foreach 32, 'five';
	check_bad_start($kind, $_) foreach 99, -1, 'five';
	check_other_places($kind);
	return;
}

$node = new_server('settings');
$node->safe_psql('postgres', 'CREATE ROLE regress_drawer LOGIN; CREATE DATABASE other');
$node->safe_psql('other', 'CREATE EXTENSION idgen');

check_pg_settings();
check_sequence_start();
check_server('not preloaded');
configure('shared_preload_libraries' => "'idgen'");
check_server('preloaded');

done_testing();
