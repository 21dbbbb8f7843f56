# Guards: which IDs a server issues is decided when they are, by one rule for every
# session, whatever it has been through: a node that says nothing or does not fit stops
# the IDs that it would be in, with the same error everywhere, until a right one comes.
# No hook of a setting stands in the way of a reload, and what the configuration files
# misspell is found.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $NODE_OF_NEW_ID = 'SELECT datacenter_id, worker_id FROM snowflake_parse(snowflake_nextval())';
my @DRAWING = ('SELECT snowflake_nextval()', 'SELECT snowflake_nextvals(2)', 'SELECT snowflake_next_block(2)', "SELECT snowflake_nextval('follows')");

my $node;

# Writes settings into postgresql.conf; undef takes one out.
sub configure
{
	my (%setting) = @_;

	foreach my $name (sort keys %setting)
	{
		$node->adjust_conf('postgresql.conf', $name);
		$node->append_conf('postgresql.conf', "$name = $setting{$name}") if defined $setting{$name};
	}
	return;
}

# The same in a running server, until these sessions have read it, and the server has.
my $reloads = 0;

sub reconfigure
{
	my ($sessions, %setting) = @_;
	my $mark = ++$reloads . 'min';

	configure(%setting, 'idgen.max_wait' => $mark);
	reload_until($node, $_, 'idgen.max_wait', "${reloads}min") foreach @$sessions;
	wait_until { new_session_gets($node, 'SHOW idgen.max_wait') eq $mark } 'the server to reload';
	return;
}

sub force_parallel
{
	return $node->pg_version >= 16 ? 'debug_parallel_query' : 'force_parallel_mode';
}

# Sessions by what they have been through.
sub sessions_of_all_kinds
{
	my %session = map { $_ => session($node) } 'has drawn', 'has loaded', 'has done nothing';

	$session{'has drawn'}->query($_) foreach @DRAWING, 'SELECT snowflake128_nextval()';
	$session{'has loaded'}->query("LOAD 'idgen'");
	return %session;
}

# Passes if all sessions, and a new one, and parallel workers give the same for SQL.
sub all_give
{
	my ($session, $sql, $expected, $name) = @_;
	my $new = session($node);
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	my %result = map { $_ => join '', $session->{$_}->run($sql) } keys %$session;
	$result{'is new'} = join '', $new->run($sql);
	$new->query('SET ' . force_parallel() . ' = on');
	$result{'has a parallel worker'} = join '', $new->run($sql);
	$new->quit;

	# Only where an error is reported differs.
	s/^psql:<stdin>:\d+: //, s/\nLOCATION:.*//s foreach values %result;
	my @wrong = grep { $result{$_} !~ $expected || $result{$_} ne $result{'is new'} } sort keys %result;
	return ok(!@wrong, $name) || diag(map { "a session that $_: $result{$_}\n" } @wrong);
}

# ---------------------------------------------------------------------- the node

my %refusal = (
	99 => qr/^ERROR:  22023: value of parameter "idgen\.worker_id" does not fit the layout\nDETAIL:  The value is 99, and the layout's worker goes from 0 to \d+\.\nHINT: /,
	40 => qr/^ERROR:  22023: value of parameter "idgen\.worker_id" does not fit the layout\nDETAIL:  The value is 40, /,
	-3 => qr/^ERROR:  22023: invalid value for parameter "idgen\.worker_id": "-3"\nDETAIL: .*\nHINT: .*reload/,
	abc => qr/^ERROR:  22023: invalid value for parameter "idgen\.worker_id": "abc"\n/,
	"''" => qr/^ERROR:  22023: invalid value for parameter "idgen\.worker_id": ""\n/,
	"'7 8'" => qr/^ERROR:  22023: invalid value for parameter "idgen\.worker_id": "7 8"\n/,
	99999999999 => qr/^ERROR:  22023: invalid value for parameter "idgen\.worker_id": "99999999999"\n/);

sub check_reload
{
	my ($kind) = @_;

	configure('idgen.worker_id' => 5);
	$node->restart;
	my %session = sessions_of_all_kinds();
	foreach my $bad (sort keys %refusal)
	{
		my $log_start = -s $node->logfile;
		my $text = $bad =~ s/'//gr;

		reconfigure([ values %session ], 'idgen.worker_id' => $bad);
		all_give(\%session, $_, $refusal{$bad}, "$kind: worker $bad by reload: the same error in all sessions: $_") foreach @DRAWING;
		all_give(\%session, 'SHOW idgen.worker_id', qr/^\Q$text\E$/, '... which all show');
		all_give(\%session, 'SELECT worker_id FROM idgen_status()', $refusal{$bad} =~ /invalid/ ? qr/^$/ : qr/^$bad$/, '... as idgen_status() does if it is a number');
		all_give(\%session, "SELECT severity FROM idgen_check() WHERE subject = 'idgen.worker_id'", qr/^error$/, '... and idgen_check() finds');
		all_give(\%session, 'SELECT public.uuidv7() IS NOT NULL, ulid() IS NOT NULL, snowflake_timestamp(0) IS NOT NULL', qr/^t\|t\|t$/, '... other IDs go on');
		like(slurp_file($node->logfile, $log_start), qr/LOG:  (invalid value for|value of) parameter "idgen\.worker_id"/, '... and the log of the postmaster tells')
		  if $kind eq 'preloaded';
	}
	reconfigure([ values %session ], 'idgen.worker_id' => 7);
	all_give(\%session, $NODE_OF_NEW_ID, qr/^0\|7$/, "$kind: the right value mends all sessions");
	all_give(\%session, "SELECT count(*) FROM idgen_check() WHERE subject LIKE 'idgen.%'", qr/^0$/, '... and nothing is found');

	reconfigure([ values %session ], 'idgen.worker_id' => "'010'");
	all_give(\%session, "SELECT current_setting('idgen.worker_id')::int, worker_id FROM snowflake_parse(snowflake_nextval())", qr/^8\|8$/,
		"$kind: a number is read as PostgreSQL reads numbers, and shown as what it is");
	$_->quit foreach values %session;
	return;
}

# IDs of 128 bits have room for more, and a generator can have a node of its own.
sub check_what_goes_on
{
	my ($kind) = @_;

	configure('idgen.worker_id' => 5, 'idgen.layout' => 'widest');
	$node->restart;
	my %session = map { $_ => session($node) } 'has done nothing';

	all_give(\%session, 'SELECT snowflake_nextval()', qr/^ERROR:  22023: value of parameter "idgen\.worker_id" does not fit the layout\nDETAIL:  .* the layout has no worker\./,
		"$kind: a layout that has no worker");
	all_give(\%session, "SELECT $_ IS NOT NULL", qr/^t$/, "... $_ goes on")
	  foreach "snowflake_nextval('own')", 'uuidv7_sequential()', 'ulid_sequential()', 'snowflake128_nextval()';
	reconfigure([ values %session ], 'idgen.worker_id' => 'abc');
	all_give(\%session, "SELECT $_ IS NOT NULL", qr/^t$/, "... $_ goes on when the node is invalid")
	  foreach "snowflake_nextval('own')", 'uuidv7_sequential()', 'ulid_sequential()';
	my $refused = qr/^ERROR:  22023: invalid value for parameter "idgen\.worker_id": "abc"\n/;
	all_give(\%session, 'SELECT snowflake128_nextval()', $refused, '... but not what has the node');
	$_->query('SET idgen.uuid_node = server') foreach values %session;
	like($session{'has done nothing'}->error('SELECT uuidv6()'), qr/ERROR:  22023: invalid value for parameter "idgen\.worker_id": "abc"/, '... as UUIDs with the node of the server');
	$_->quit foreach values %session;
	configure('idgen.layout' => undef, 'idgen.worker_id' => 7);
	$node->restart;
	return;
}

# A copy of a server that is brought up with a typing mistake has not the original's node.
sub check_start
{
	my ($kind) = @_;

	foreach my $bad ('7O', '-3', '99')
	{
		configure('idgen.worker_id' => "'$bad'");
		$node->restart;
		all_give({}, $_, qr/^ERROR:  22023: .* parameter "idgen\.worker_id"/, "$kind: worker $bad at the start: refused: $_") foreach @DRAWING;
	}
	configure('idgen.worker_id' => 7);
	$node->restart;
	is(new_session_gets($node, $NODE_OF_NEW_ID), '0|7', "$kind: a start with the right one");
	return;
}

# ---------------------------------------------------------------------- where it comes from

# What PostgreSQL drops must not leave the default in its place, be it loaded when it may.
sub check_places
{
	my $foreign = 'a setting of the connection';

	configure('idgen.worker_id' => 7);
	$node->restart;
	foreach my $sql ('SELECT lazy_worker()', 'SELECT snowflake_nextval() >> 12 & 31')
	{
		foreach my $parallel ('', 'SET ' . force_parallel() . ' = on; ')
		{
			is(new_session_gets($node, $parallel . $sql), 7, "the server's worker: $parallel$sql");
			is(new_session_gets($node, $parallel . $sql, options => '-c idgen.worker_id=5'), 'refused', "... not with $foreign");
			is(new_session_gets($node, $parallel . $sql, options => '-c idgen.worker_id='), 'refused', '... nor with an empty one');
		}
		is(new_session_gets($node, $sql, options => '-c idgen.max_drift=1h'), 'refused', '... nor with a drift of its own');
	}

	# A parallel worker does not know of the refusal, but has no drift that is not the server's.
	configure('idgen.max_drift' => '300ms');
	$node->restart;
	like(
		new_session_gets($node, 'SET ' . force_parallel() . q{ = on; SELECT CASE WHEN snowflake_nextval() > 0 THEN current_setting('idgen.max_drift') END},
			options => '-c idgen.max_drift=1h'),
		qr/^(0|refused)$/, 'a drift of its own, in a parallel worker');
	configure('idgen.max_drift' => undef);

	# Also where the server has no value, so that nothing tells the default from it.
	configure('idgen.worker_id' => undef);
	$node->restart;
	foreach my $parallel ('', 'SET ' . force_parallel() . ' = on; ')
	{
		is(new_session_gets($node, "${parallel}SELECT snowflake_nextval() >> 12 & 31", options => '-c idgen.worker_id=5'), 'refused',
			"no value, and $foreign: $parallel");
	}

	my $session;
	{
		local $ENV{PGOPTIONS} = '-c idgen.worker_id=5';
		$session = session($node);
	}
	like($session->error('SELECT snowflake_nextval()'),
		qr/ERROR:  22023: invalid value for parameter "idgen\.worker_id": "5 \(not from the server's configuration\)"\nDETAIL: .*\nHINT: .*connect again/,
		'the error names the place');
	like($session->query("SELECT finding FROM idgen_check() WHERE subject = 'idgen.worker_id'"), qr/"5 \(not from/, '... as idgen_check() does');
	reconfigure([$session], 'idgen.worker_id' => 8);
	is($session->query($NODE_OF_NEW_ID), '0|8', "... until a reload brings the server's");
	$session->quit;
	return;
}

# ---------------------------------------------------------------------- hooks

# The shared area does not exist, and there is no room for it.
sub check_hooks
{
	$node->restart;
	use_up_shared_memory($node);

	my $session = session($node);
	$session->query("LOAD 'idgen'");
	$session->query('CREATE TABLE unrelated (n int)');
	$session->query('BEGIN');
	$session->query('INSERT INTO unrelated VALUES (1)');
	configure('idgen.layout' => 'sonyflake', 'idgen.datacenter_id' => 0, 'idgen.worker_id' => 9, 'work_mem' => "'17MB'", 'idgen.max_wait' => "'17s'");
	$node->reload;
	wait_until { new_session_gets($node, 'SHOW work_mem') eq '17MB' } 'the reload';
	is($session->error('INSERT INTO unrelated VALUES (2)'), '', 'a reload leaves an open transaction alone');
	is($session->query("SELECT concat_ws(' ', current_setting('idgen.worker_id'), current_setting('work_mem'), current_setting('idgen.max_wait'))"),
		'9 17MB 17s', '... and is done as a whole');
	is($session->error('COMMIT'), '', '... which goes on to its end');
	is($session->query('SELECT count(*) FROM unrelated'), 2, '... with all its rows');
	like($session->error('SELECT snowflake_nextval()'), qr/ERROR:  53200: not enough shared memory/, 'the area is created by who draws, if there is room');
	$session->quit;
	configure('idgen.layout' => undef, 'idgen.datacenter_id' => undef, work_mem => undef, 'idgen.worker_id' => 7);
	$node->restart;
	return;
}

sub check_alter_system
{
	my $session = session($node);

	$session->query('SELECT snowflake_nextval()');
	like($session->error("ALTER SYSTEM SET idgen.worker_id = $_"), qr/ERROR:  22023: invalid value for parameter "idgen\.worker_id": "$_"\nDETAIL: /,
		"ALTER SYSTEM refuses what no layout can hold: $_") foreach 'abc', -3;
	like($session->error("ALTER SYSTEM SET idgen.layout = 'leafy'"), qr/ERROR:  22023: invalid value for parameter "idgen\.layout": "leafy"\nDETAIL: /,
		'... and what is no layout');
	like($session->error('ALTER SYSTEM SET idgen.worker_id = 99'),
		qr/WARNING:  01000: the server's worker will not fit its layout\nDETAIL:  The value is 99, and the layout's worker goes from 0 to 31\./,
		'... and warns of what the layout in use cannot');
	like(slurp_file($node->data_dir . '/postgresql.auto.conf'), qr/^idgen\.worker_id = '99'$/m, '... but takes it');
	$session->query('ALTER SYSTEM RESET idgen.worker_id');
	$session->quit;
	return;
}

# ---------------------------------------------------------------------- files

# What is found, as a role without rights sees it.
sub findings
{
	return $node->safe_psql('postgres', q{SELECT severity, subject FROM idgen_check() WHERE subject ~* 'idgen|file|secret' ORDER BY subject COLLATE "C"},
		extra_params => [ '-U', 'regress_drawer' ]);
}

sub check_files
{
	my ($kind) = @_;

	is(findings(), '', "$kind: nothing is found");
	$node->append_conf('postgresql.conf', "idgen.worker = 9\nIdgen.Works = 'x'\nsecret.thing = 'idgen.x'");
	$node->append_conf('postgresql.auto.conf', "idgen.node_id = '7'");
	is(findings(), "error|Idgen.Works\nerror|idgen.node_id\nerror|idgen.worker", '... but names that are none, before a reload');
	$node->restart;
	is(findings(), "error|Idgen.Works\nerror|idgen.node_id\nerror|idgen.worker", '... and after a restart');
	my $shown = $node->safe_psql('postgres', 'SELECT * FROM idgen_check()', extra_params => [ '-U', 'regress_drawer' ]);
	unlike($shown, qr/secret|postgresql\.conf:|\b9\b/, '... no others, nor values');
	$node->adjust_conf('postgresql.conf', $_) foreach 'idgen.worker', 'Idgen.Works', 'secret.thing';
	$node->adjust_conf('postgresql.auto.conf', 'idgen.node_id');

	configure('idgen.max_drift' => 'never', 'idgen.reserve_ahead' => '1ms', 'idgen.worker_id' => 11);
	is(findings(), "warning|idgen.max_drift\nwarning|idgen.reserve_ahead", "$kind: values that are not accepted, but not one that waits for a reload");
	$node->reload;
	like(new_session_gets($node, 'SELECT snowflake_nextval()'), qr/^\d+$/, '... which stop no IDs');
	configure('idgen.max_drift' => undef, 'idgen.reserve_ahead' => undef, 'idgen.worker_id' => "'7");
	is(findings(), 'warning|configuration files', "$kind: a syntax error, which no reload gets past");
	configure('idgen.worker_id' => 7);
	$node->restart;
	is(findings(), '', '... nothing any more');
	return;
}

$node = new_server('identity', conf => "idgen.worker_id = 5\nmax_connections = 60\nmax_locks_per_transaction = 10\nmax_pred_locks_per_transaction = 10");
$node->safe_psql('postgres', <<'END');
CREATE ROLE regress_drawer LOGIN;
SELECT snowflake_create_generator('own', 'default', worker_id => 20, datacenter_id => 20), snowflake_create_generator('follows', 'wide');
CREATE FUNCTION lazy_worker() RETURNS bigint LANGUAGE plpgsql PARALLEL SAFE
AS 'BEGIN RETURN snowflake_nextval() >> 12 & 31; END';
END

check_places();
check_hooks();
check_alter_system();
foreach my $kind ('not preloaded', 'preloaded')
{
	configure('shared_preload_libraries' => "'idgen'") if $kind eq 'preloaded';
	check_reload($kind);
	check_what_goes_on($kind);
	check_start($kind);
	check_files($kind);
}

done_testing();
