# Guards: "no rows is good news".  Whenever a call of snowflake_nextval() fails on a server
# that is not in recovery, idgen_check() has an error; when it goes on, it has none.  A server
# that others can meet, whose node is that of every server without a setting, is told so, with
# the line to write.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use PostgreSQL::Test::Cluster;
use Test::More;

# What the kernel thinks of its clock is the machine's.
my $findings = "SELECT severity, subject, finding FROM idgen_check() "
  . "WHERE NOT (subject = 'system clock' AND finding LIKE '%kernel%' OR finding LIKE 'The clock may be off%')";

sub errors
{
	my ($session) = @_;

	return $session->query("$findings AND severity = 'error'");
}

# A call fails, with an error like this, and there is a finding like that.
sub fails_and_is_found
{
	my ($session, $error, $finding, $name, $call) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	like($session->error($call // 'SELECT snowflake_nextval()'), $error, "$name: a call fails");
	like(errors($session), $finding, '... and that is found');
	return;
}

sub is_well
{
	my ($session, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	is($session->error('SELECT snowflake_nextval()'), '', "$name: a call goes on");
	is(errors($session), '', '... and nothing is found');
	return;
}

sub impatient_session
{
	my $session = session(@_);

	$session->query("LOAD 'idgen'");
	$session->query('SET idgen.max_wait = 0');
	return $session;
}

sub restart_with
{
	my ($node, $conf) = @_;

	$node->append_conf('postgresql.conf', $conf);
	$node->restart;
	return impatient_session($node);
}

sub check_settings
{
	my ($node) = @_;
	my $session = impatient_session($node);

	is_well($session, 'at first');
	foreach my $worker (32, 'none')
	{
		$node->append_conf('postgresql.conf', "idgen.worker_id = $worker");
		reload_until($node, $session, 'idgen.worker_id', $worker);
		fails_and_is_found($session, qr/ERROR:  22023: .*"idgen\.worker_id"/, qr/^error\|idgen\.worker_id\|/, "worker $worker");
	}
	$node->append_conf('postgresql.conf', 'idgen.worker_id = 0');
	reload_until($node, $session, 'idgen.worker_id', 0);
	is_well($session, 'worker 0');
	$session->quit;

	$node->safe_psql('postgres', 'CREATE ROLE regress_limited LOGIN SUPERUSER');
	foreach my $limit ('max_drift', 'max_regression')
	{
		$node->safe_psql('postgres', "ALTER ROLE regress_limited SET idgen.$limit = '1h'");
		my $limited = impatient_session($node, user => 'regress_limited');

		fails_and_is_found($limited, qr/ERROR:  22023: .*"idgen\.$limit"/, qr/^error\|idgen\.$limit\|/, "$limit from a role");
		$limited->quit;
		$node->safe_psql('postgres', "ALTER ROLE regress_limited RESET idgen.$limit");
	}
	return;
}

# A layout that is none keeps the server's own IDs; findings about generators are there all the same.
sub check_no_layout
{
	my ($node) = @_;

	$node->safe_psql('postgres', "SELECT snowflake_create_generator('of_server', 'leaf')");
	my $session = restart_with($node, "idgen.layout = 'sevenfold'\nidgen.worker_id = 2000");
	fails_and_is_found($session, qr/ERROR:  22023: .*"idgen\.layout"/, qr/^error\|idgen\.layout\|/m, 'no layout');
	like(errors($session), qr/^error\|generator "of_server"\|The server's node/m, '... beside what is wrong with a generator');
	$session->quit;
	$session = restart_with($node, "idgen.layout = 'default'\nidgen.worker_id = 0");
	is_well($session, 'a layout');
	$session->query("SELECT snowflake_drop_generator('of_server')");
	$session->quit;
	return;
}

# Time that cannot be reserved.
sub check_reservation
{
	my ($node) = @_;
	my $session = restart_with($node, 'idgen.reserve_ahead = 400ms');
	my $other = session($node);

	is_well($session, 'before another transaction locks the origin');
	$other->query('BEGIN');
	$other->query('LOCK TABLE pg_replication_origin IN ACCESS EXCLUSIVE MODE');
	outlive_reservation($session);
	fails_and_is_found($session, qr/ERROR:  55006: replication origin "idgen" is locked/, qr/^error\|replication origin "idgen"\|/, 'locked');
	$other->query('ROLLBACK');
	is_well($session, 'not locked any more');
	$other->quit;

	$node->append_conf('postgresql.conf', "synchronous_standby_names = 'nobody'");
	reload_until($node, $session, 'synchronous_standby_names', 'nobody');
	$session->query('SET synchronous_commit = local');
	$session->query('CHECKPOINT');
	outlive_reservation($session);
	fails_and_is_found($session, qr/ERROR:  55000: no synchronous standby has confirmed/, qr/^error\|synchronous_standby_names\|Of 1 /, 'no standby');
	$node->append_conf('postgresql.conf', "synchronous_standby_names = ''");
	reload_until($node, $session, 'synchronous_standby_names', '');
	$session->query('CHECKPOINT');
	is_well($session, 'no standby is needed');

	$session->query("SELECT pg_replication_origin_drop('idgen')");
	$session->query("SELECT pg_replication_origin_create('regress_' || i) FROM generate_series(1, 10) i");
	$session->query("SELECT pg_replication_origin_advance('regress_' || i, '0/1') FROM generate_series(1, 10) i");
	outlive_reservation($session);
	fails_and_is_found($session, qr/ERROR:  53400: /, qr/^error\|max_\w+\|Subscriptions and other replication origins use all 10 slots/, 'no place');
	$session->query("SELECT pg_replication_origin_drop('regress_' || i) FROM generate_series(1, 10) i");
	is_well($session, 'places');

	$session->quit;
	$node->append_conf('postgresql.conf', 'idgen.reserve_ahead = 3s');
	$node->reload;
	return;
}

# How far the clock is behind is told exactly to those who may see what others do.
sub check_lead_shown
{
	my ($node, $session) = @_;
	my $fraction = q{SELECT round(extract(epoch FROM clock_timestamp() + substring(finding FROM 'The clock is ([0-9.]+) s')::numeric * interval '1 s') * 1000) % 1000
		FROM idgen_check() WHERE subject = 'system clock' AND finding LIKE 'The clock is %'};

	$session->query("SELECT idgen_reset_timeline(date_trunc('second', clock_timestamp()) + interval '1 hour 0.5 s', true)");
	$session->query('CREATE ROLE regress_onlooker LOGIN');
	my $onlooker = session($node, user => 'regress_onlooker');
	my @fractions = map { $onlooker->query($fraction) } 1 .. 5;
	is(scalar(grep { $_ > 100 && $_ < 900 } @fractions), 0, 'a lead is told to the second') or diag("@fractions");
	cmp_ok(abs($session->query($fraction) - 500), '<', 100, '... exactly to a superuser');
	$onlooker->quit;
	$session->query('DROP ROLE regress_onlooker');
	return;
}

# A node that idgen_reset_timeline() has left behind, and one that is further than the layout.
sub check_reset
{
	my ($node) = @_;
	my $session = impatient_session($node);

	$session->query("SELECT idgen_reset_timeline(now() + interval '30 s')");
	is($session->error('SELECT snowflake_nextval()'), '', 'IDs 30 s ahead of the clock');
	alter_system($node, $session, 'idgen.worker_id' => 1);
	$session->query('SELECT idgen_reset_timeline()');
	is_well($session, 'another node, at the clock');
	alter_system($node, $session, 'idgen.worker_id' => 0);
	fails_and_is_found($session, qr/ERROR:  55000: node has already issued/,
		qr/^error\|idgen\.layout\|idgen_reset_timeline\(\) went back to a time before IDs of this node/, 'the node from before');
	$session->query("SELECT snowflake_create_generator('former', 'default', worker_id => 0, datacenter_id => 0)");
	alter_system($node, $session, 'idgen.worker_id' => 1);
	fails_and_is_found($session, qr/ERROR:  55000: node has already issued/,
		qr/^error\|generator "former"\|idgen_reset_timeline\(\) went back/, 'a generator with it', "SELECT snowflake_nextval('former')");
	$session->query("SELECT snowflake_drop_generator('former')");
	$session->query("ALTER SYSTEM RESET idgen.worker_id");
	$session->query('SELECT idgen_reset_timeline(NULL, true)');
	reload_until($node, $session, 'idgen.worker_id', 0);

	$session->query("SELECT idgen_reset_timeline(now() + interval '1 hour')");
	fails_and_is_found($session, qr/ERROR:  55000: snowflake timeline is too far ahead/, qr/^error\|timeline\|/m, 'an hour ahead');
	$session->quit;

	# ... also before the first call of the server's next life
	$node->restart;
	$session = impatient_session($node);
	like(errors($session), qr/^error\|system clock\|The clock is 3\d{3}\.\d{3} s behind.*\nerror\|timeline\|IDs are 3\d{3}/, 'an hour ahead, found before a first call');
	fails_and_is_found($session, qr/ERROR:  55000: snowflake timeline is too far ahead/, qr/^error\|timeline\|/m, '... which comes');
	alter_system($node, $session, 'idgen.max_drift' => '2h');
	is($session->error('SELECT snowflake_nextval()'), '', 'an ID an hour ahead');
	alter_system($node, $session, 'idgen.max_drift' => '1s');
	is(scalar(() = errors($session) =~ /^error\|timeline\|IDs are /mg), 1, '... which is found once, beside where IDs began');
	check_lead_shown($node, $session);
	$session->query('SELECT idgen_reset_timeline(NULL, true)');
	is_well($session, 'at the clock');
	$session->quit;
	return;
}

sub check_past_end
{
	my $node = new_server('past', conf => "idgen.layout = 'time 40 bits of 1 ms since 1995-01-01, worker 10, sequence 13'\nfsync = on");
	my $session = impatient_session($node);

	is($session->query("SELECT snowflake_create_generator('longer', 'default', 9, 9)"), '', 'a layout that ends in 2029, and one that goes on');
	$session->query("SET idgen.max_wait = '10s'");
	like($session->error("SELECT idgen_reset_timeline('2035-01-01')"), qr/22008/, 'no start past the end');
	$session->quit;
	$node->safe_psql('postgres', "SELECT pg_replication_origin_create('idgen')");
	$node->safe_psql('postgres', "SELECT pg_replication_origin_advance('idgen', pg_lsn(2051222400000000))");
	$node->restart;
	$session = impatient_session($node);
	fails_and_is_found($session, qr/ERROR:  54000: time field of the snowflake layout is used up/,
		qr/^error\|idgen\.layout\|IDs have reached the end of the layout's time/m, 'past the end');
	$session->quit;
	$node->stop;
	return;
}

# The finding that the node is the default, and its hint.
sub node_finding
{
	my ($node) = @_;

	return $node->safe_psql('postgres', "SELECT finding, hint FROM idgen_check() WHERE subject = 'idgen.worker_id'");
}

sub tells_line
{
	my ($node, $how, $line, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	like(node_finding($node), qr/^This server $how\. Its node is 0, as is that of every server without a setting\.\|.*write $line (in|to|into)? ?postgresql\.conf/, $name);
	return;
}

my $IDS_OF_OTHERS = 'has IDs of another node, or of another layout, in column ';

# IDs that may be of any node: that is found, and none is named.
sub tells_no_node
{
	my ($node, $kind) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	like(node_finding($node), qr/^This server $IDS_OF_OTHERS[^|]*\. Its node is 0[^|]*\|[^|]*configure the layout and the node of that server\. Otherwise write "idgen\.\w+ = " and a number/,
		"no node is told of IDs $kind");
	return;
}

sub check_others
{
	my ($node) = @_;
	my $any = qr/"idgen\.worker_id = 1" into/;

	is(node_finding($node), '', 'a server alone');
	my @ways = (
		[ 'keeps WAL for other servers in replication slots', "SELECT pg_create_physical_replication_slot('s')", "SELECT pg_drop_replication_slot('s')" ],
		[ 'has publications', 'CREATE PUBLICATION p', 'DROP PUBLICATION p' ],
		[ 'has the foreign server "remote", which also has idgen',
			"CREATE EXTENSION postgres_fdw; CREATE SERVER remote FOREIGN DATA WRAPPER postgres_fdw OPTIONS (extensions 'hstore, idgen')",
			'DROP EXTENSION postgres_fdw CASCADE' ],
		[ 'issues IDs for the foreign table public.far',
			'CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw; '
			. "CREATE FOREIGN TABLE far (id bigint DEFAULT snowflake_nextval()) SERVER files OPTIONS (filename '/dev/null')",
			'DROP EXTENSION file_fdw CASCADE' ]);
	foreach my $way (@ways)
	{
		my ($how, $do, $undo) = @$way;

		$node->safe_psql('postgres', $do);
		tells_line($node, quotemeta($how), $any, $how);
		$node->safe_psql('postgres', $undo);
		is(node_finding($node), '', '... and not any more');
	}
	return;
}

# IDs of small numbers, of this node, or of another column tell nothing; those of another node do.
sub check_tables
{
	my ($node) = @_;

	$node->safe_psql('postgres', <<'SQL');
CREATE TABLE legacy (id snowflake DEFAULT snowflake_nextval(), parent bigint);
INSERT INTO legacy SELECT i, snowflake_make(now(), worker_id => 3) FROM generate_series(1, 100000) i;
INSERT INTO legacy DEFAULT VALUES;
CREATE TABLE locked (id bigint DEFAULT snowflake_nextval());
INSERT INTO locked SELECT snowflake_make(now() - i * interval '1 s', worker_id => 7) FROM generate_series(0, 2) i;
SQL
	my $session = session($node);
	$session->query('BEGIN');
	$session->query('LOCK TABLE locked IN ACCESS EXCLUSIVE MODE');
	is(node_finding($node), '', 'small numbers, own IDs, other columns, and a table that is locked');
	$session->query('ROLLBACK');
	$session->quit;
	tells_line($node, $IDS_OF_OTHERS . 'public\.locked\.id', qr/"idgen\.datacenter_id = 0" and "idgen\.worker_id = 7" into/, 'IDs of another node');
	my %rows = (
		'of one moment' => 'SELECT snowflake_make(now(), worker_id => 7) FROM generate_series(1, 2)',
		'of two nodes' => "SELECT snowflake_make(now() - i * interval '1 s', worker_id => 7 + i) FROM generate_series(0, 1) i",
		'whose times fall' => "SELECT snowflake_make(now() - i * interval '1 s', worker_id => 7) FROM generate_series(1, 1000) i",
		'among other numbers' => "SELECT * FROM (VALUES (1::bigint), (snowflake_make(now(), worker_id => 7)), (snowflake_make(now() - interval '1 s', worker_id => 7))) v");
	foreach my $kind (sort keys %rows)
	{
		$node->safe_psql('postgres', "TRUNCATE locked; INSERT INTO locked $rows{$kind}");
		tells_no_node($node, $kind);
	}
	$node->safe_psql('postgres', 'DROP TABLE locked, legacy');
	return;
}

# A role is told of the tables that it may read, and those who monitor of all.
sub check_readers
{
	my ($node) = @_;

	$node->safe_psql('postgres', <<'SQL');
CREATE ROLE regress_reader LOGIN;
CREATE ROLE regress_monitor LOGIN IN ROLE pg_monitor;
CREATE ROLE regress_all LOGIN IN ROLE pg_read_all_data;
CREATE TABLE secret (id bigint DEFAULT snowflake_nextval());
INSERT INTO secret SELECT snowflake_make(now(), worker_id => 7);
SQL
	my $sees = sub {
		my ($role) = @_;

		return $node->safe_psql('postgres', "SELECT count(*) FROM idgen_check() WHERE finding LIKE '%public.secret.id%'",
			extra_params => [ '-U', $role ]);
	};
	is($sees->('regress_reader'), 0, 'a table that a role may not read');
	is($sees->($_), 1, "... but $_ may") foreach 'regress_monitor', 'regress_all';
	$node->safe_psql('postgres', 'GRANT SELECT ON secret TO regress_reader');
	is($sees->('regress_reader'), 1, '... and the role once that is granted');
	$node->safe_psql('postgres', 'ALTER TABLE secret ENABLE ROW LEVEL SECURITY');
	is($sees->('regress_reader'), 0, '... not if there is row security');
	$node->safe_psql('postgres', 'DROP TABLE secret; DROP ROLE regress_reader, regress_monitor, regress_all');
	return;
}

# Parallel workers cannot read temporary tables.
sub check_temporary
{
	my ($node) = @_;
	my $session = session($node);

	$session->query('SET ' . ($node->pg_version >= 16 ? 'debug_parallel_query' : 'force_parallel_mode') . ' = on');
	$session->query('CREATE TEMP TABLE mine (id bigint DEFAULT snowflake_nextval())');
	$session->query('INSERT INTO mine SELECT snowflake_make(now(), worker_id => 7)');
	foreach my $check ('idgen_check()', "idgen_check_configuration('')")
	{
		is($session->query("SELECT count(*) FROM $check WHERE finding LIKE '%.mine.id%'"), 1, "$check reads temporary tables where queries are parallel");
	}
	$session->quit;
	return;
}

# IDs that the server has issued before its layout changed.
sub check_layout_before
{
	my $node = new_server('changed');

	$node->safe_psql('postgres', 'CREATE TABLE before (id bigint DEFAULT snowflake_nextval()); INSERT INTO before SELECT snowflake_nextval() FROM generate_series(1, 3)');
	is(node_finding($node), '', 'IDs of the layout');
	foreach my $layout ('cockroach', 'baidu')
	{
		$node->append_conf('postgresql.conf', "idgen.layout = '$layout'");
		$node->restart;
		tells_no_node($node, "of the layout before $layout");
	}
	$node->stop;
	return;
}

# A cluster taken over with a fresh configuration, and one that was promoted.
sub check_upgrade
{
	my $old = new_server('old', conf => "idgen.worker_id = 5\nidgen.datacenter_id = 2");
	my $new = PostgreSQL::Test::Cluster->new('new');

	$old->safe_psql('postgres', 'CREATE TABLE orders (id snowflake PRIMARY KEY DEFAULT snowflake_nextval()); INSERT INTO orders DEFAULT VALUES; SELECT pg_sleep(0.01); INSERT INTO orders DEFAULT VALUES');
	is(node_finding($old), '', 'a node of its own');
	$old->stop;
	$new->init;
	upgrade_cluster($old, $new);
	$new->start;
	tells_line($new, $IDS_OF_OTHERS . 'public\.orders\.id', qr/"idgen\.datacenter_id = 2" and "idgen\.worker_id = 5" into/, 'after pg_upgrade with a fresh configuration');
	$new->safe_psql('postgres', 'INSERT INTO orders DEFAULT VALUES');
	tells_no_node($new, 'when those of this node are there, too');
	$new->append_conf('postgresql.conf', "idgen.worker_id = 5\nidgen.datacenter_id = 2");
	$new->reload;
	$new->poll_query_until('postgres', "SELECT count(*) = 0 FROM idgen_check() WHERE subject = 'idgen.worker_id'")
	  or die 'the node is not read';
	$new->stop;
	return;
}

sub check_promoted
{
	my $primary = new_server('primary', streaming => 1);
	my $standby = PostgreSQL::Test::Cluster->new('standby');

	$primary->backup('base');
	$standby->init_from_backup($primary, 'base', has_streaming => 1);
	$standby->start;
	tells_line($standby, 'is a standby', qr/"idgen\.worker_id = 1" into/, 'a standby');
	$standby->promote;
	tells_line($standby, 'was promoted, or recovered from a backup', qr/"idgen\.worker_id = 1" into/, '... that was promoted');
	$standby->stop;
	$primary->stop;
	return;
}

my $node = new_server('main', streaming => 1, conf => 'fsync = on');

check_settings($node);
check_no_layout($node);
check_reservation($node);
check_reset($node);
check_others($node);
check_tables($node);
check_readers($node);
check_temporary($node);
$node->stop;
check_layout_before();
check_past_end();
check_upgrade();
check_promoted();

done_testing();
