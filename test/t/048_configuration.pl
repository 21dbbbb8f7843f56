# Guards: idgen_check_configuration() finds what would be wrong with lines of a postgresql.conf,
# as idgen_check() does once they are in force, reads them as PostgreSQL does, and changes nothing.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use Test::More;

my ($node, $session);

# What is found about lines, "severity|subject|finding" each.
sub findings
{
	my ($lines) = @_;

	return $node->safe_psql('postgres', "SELECT severity, subject, finding FROM idgen_check_configuration(\$lines\$$lines\$lines\$)");
}

sub finds
{
	my ($lines, $expected, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	return like(findings($lines), $expected, $name);
}

# How many syntax errors PostgreSQL finds in lines of a configuration file.
sub syntax_errors
{
	my ($lines) = @_;
	my $file = $node->data_dir . '/lines.conf';

	unlink $file;
	PostgreSQL::Test::Utils::append_to_file($file, "$lines\n");
	my $errors = $node->safe_psql('postgres', "SELECT count(*) FROM pg_file_settings WHERE error LIKE 'syntax error%'");
	unlink $file;
	return $errors;
}

my $NOTHING = qr/\A\z/;

sub check_lines
{
	finds('', $NOTHING, 'no lines, the defaults');
	finds("# idgen.worker = 1\n\n  \t\nport = 'x\ninclude 'nowhere.conf'\nother.worker_id = 99", $NOTHING, "comments, and others' lines");
	foreach my $line ('idgen.worker_id = 31', 'idgen.worker_id 31', "\tIDGEN.Worker_Id='31'   # ours", 'idgen.worker_id=0x1F',
	  "idgen.worker_id = '\\061\\60'", 'idgen.max_drift = 2s', 'idgen.max_drift = 1000.0', 'idgen.worker_id=+5#', 'idgen.sequence_start zero',
	  "idgen.worker_id = 99\nidgen.worker_id = 3\r\n", "idgen.layout = 'time 41 bits of 1 ms since 2020-01-01, worker 10, sequence 12'")
	{
		finds($line, $NOTHING, "as PostgreSQL reads it: $line");
		is(syntax_errors($line), 0, '... which it does');
	}
	foreach my $line ('idgen.worker_id =', 'idgen.worker_id', 'idgen.worker_id = 1 2', "idgen.worker_id = 'x", "idgen.worker_id = 'x' y",
	  'idgen.worker_id = 5,3', 'idgen.worker_id = 5.5s', 'idgen.worker_id = 1e5', 'idgen.worker_id = a.b', 'idgen.worker_id-5', 'idgen.worker_id.x = 5',
	  'idgen.worker_id$ = 5', 'idgen.worker_id = (5)', 'idgen.worker_id = -', 'idgen.worker_id == 5')
	{
		finds("\n\n$line", qr/\Aerror\|idgen\.[^|]+\|Line 3 has a syntax error, so the server would not start\.\z/, "as PostgreSQL does not: $line");
		is(syntax_errors($line), 1, '... which it does not');
	}
	foreach my $value ([ 'a\\tb', "a\tb" ], [ '\\101b', 'Ab' ], [ "a''b", "a'b" ], [ 'a\\\'b', "a'b" ], [ 'a\\qb', 'aqb' ])
	{
		my ($quoted, $read) = @$value;

		finds("idgen.layout = '$quoted'", qr/\Aerror\|idgen\.layout\|The value "$read" is invalid/, "a value as PostgreSQL reads it: $quoted");
	}
	return;
}

sub check_values
{
	finds('idgen.worker_id = 32', qr/\Aerror\|idgen\.worker_id\|The value is 32, and the layout's worker goes from 0 to 31\. /, 'a worker that does not fit');
	finds("idgen.layout = 'leaf'\nidgen.worker_id = 32", $NOTHING, '... but does in another layout');
	finds("idgen.layout = 'leaf'\nidgen.datacenter_id = 1", qr/\Aerror\|idgen\.datacenter_id\|.*the layout has no datacenter/, 'a part that there is none of');
	finds('idgen.worker_id = -3', qr/\Aerror\|idgen\.worker_id\|The value "-3" is invalid/, 'no number of a worker');
	finds("idgen.layout = 'sevenfold'\nidgen.worker_id = five", qr/\Aerror\|idgen\.layout\|The value "sevenfold" is invalid, so no IDs are issued\. .*\nerror\|idgen\.worker_id\|The value "five"/, 'no layout, and no worker');
	finds("idgen.layout = 'instagram'", qr/\Aerror\|idgen\.layout\|.*shard/, 'a layout for generators');
	finds("idgen.layout = 'time 40 bits of 1 ms since 1980-01-01, worker 10, sequence 13'", qr/\Aerror\|idgen\.layout\|The layout's time ended on /m, 'a layout that has ended');
	finds('idgen.worker = 3', qr/\Aerror\|idgen\.worker\|The configuration files set it, but no such setting exists/, 'no name');
	finds('idgen.max_drift = never', qr/\Awarning\|idgen\.max_drift\|The value is not accepted, .*invalid value for parameter/, 'no time');
	finds("idgen.sequence_start = 'middle'", qr/\Awarning\|idgen\.sequence_start\|/, 'none of the values');
	finds("idgen.max_drift = '50s'\nidgen.reserve_ahead = 30s", qr/\Awarning\|idgen\.max_regression\|.* add up to 80000 ms, and "idgen.max_regression" is 60000 ms/, 'limits of the clock that do not go together');
	finds("idgen.max_drift = '50s'\nidgen.reserve_ahead = 30s\nidgen.max_regression = 2min", $NOTHING, '... and that do');
	finds("idgen.layout = 'widest'", qr/\Awarning\|idgen\.layout\|This server issues IDs of layout ".*"\. IDs of the new layout can be equal to them when they are issued at the same time\.\z/, 'a layout whose IDs can be the present ones');
	return;
}

# With a store, the worker ID of the setting does not count.
sub check_lease_lines
{
	my $store = "idgen.lease_store = 'postgresql://db1,db2:5432/leases'\n";

	finds($store, $NOTHING, 'a store');
	finds("idgen.lease_store = 'postgres:/db1'", qr/\Aerror\|idgen\.lease_store\|The value is invalid, so IDs that contain the server's worker ID are not issued\. It must begin with/, 'no address');
	finds("idgen.lease_store = 'postgresql://u:sesame\@db1/leases'", qr/\Aerror\|idgen\.lease_store\|The value is invalid, (?!.*sesame).*It contains a password/, 'a password, which is not shown');
	finds("idgen.lease_store = 'postgresql://db1/leases?nonsense=1'", qr/\Aerror\|idgen\.lease_store\|With this value no worker ID can be leased: the address of the coordination store is not a valid URI/, 'no URI');
	my $libdir = qx(pg_config --pkglibdir);
	chomp $libdir;
	finds("idgen.lease_store = 'etcd://h:99999999'", -e "$libdir/idgen_etcd.so" ? qr/\Aerror\|idgen\.lease_store\|With this value no worker ID can be leased: / : qr/could not access file "idgen_etcd"/, 'no port, or no module');
	finds("idgen.lease_store = 'teststore://h'", qr/could not access file "idgen_teststore".* Install it; in Debian, it is in package "postgresql-\d+-idgen-teststore"/, 'a module that is not installed')
	  unless -e "$libdir/idgen_teststore.so";
	finds("${store}idgen.lease_pool = 'a b'", qr/\Aerror\|idgen\.lease_pool\|The value "a b" is invalid, so no worker ID is leased\. It must be 1 to 64 letters/, 'no name of a pool');
	finds("idgen.lease_pool = 'a b'", $NOTHING, '... which does not matter without a store');
	finds("${store}idgen.lease_ttl = 2min", qr/\Awarning\|idgen\.lease_ttl\|The value is 120000 ms, and "idgen\.lease_reach" is 60000 ms/, 'times that do not go together');
	finds("${store}idgen.lease_ttl = 2min\nidgen.lease_reach = 4min", $NOTHING, '... and that do');
	finds("${store}idgen.lease_ttl = never", qr/\Awarning\|idgen\.lease_ttl\|The value is not accepted/, 'no time of a lease');
	foreach my $worker (5, 99, 'five')
	{
		finds("idgen.worker_id = $worker\n$store", qr/\Anotice\|idgen\.worker_id\|The value is "$worker", but "idgen\.lease_store" is set, so the worker ID that is leased counts\.\z/, "worker $worker and a store");
	}
	return;
}

# Of many lines that set one thing the last one counts, without a copy of the rest for each.
sub check_many_lines
{
	is($session->query("SELECT finding FROM idgen_check_configuration(repeat(E'idgen.worker_id = 99\\n', 12000) || 'idgen.worker_id = 31')"), '', 'many lines');
	my ($peak) = PostgreSQL::Test::Utils::slurp_file('/proc/' . $session->pid . '/status') =~ /^VmHWM:\s+(\d+) kB/m;
	cmp_ok($peak, '<', 200_000, '... within 200 MB');
	return;
}

# IDs that the server issues are read by the layout that it issues them with.
sub check_ids
{
	$node->safe_psql('postgres', 'CREATE TABLE t (id bigint DEFAULT snowflake_nextval()); INSERT INTO t SELECT snowflake_nextval() FROM generate_series(1, 3)');
	foreach my $layout ('baidu', 'cockroach')
	{
		unlike(findings("idgen.layout = '$layout'"), qr/idgen\.worker_id/, "IDs of the present layout, before $layout");
	}
	$node->safe_psql('postgres', "TRUNCATE t; INSERT INTO t SELECT snowflake_make(now() - i * interval '1 s', worker_id => 7) FROM generate_series(0, 2) i");
	my $hint = $node->safe_psql('postgres', "SELECT hint FROM idgen_check_configuration('idgen.layout = leaf') WHERE subject = 'idgen.worker_id'");
	like($hint, qr/ write "idgen\.worker_id = " and a number/, 'IDs of another node, which is none of a new layout');
	$node->safe_psql('postgres', 'DROP TABLE t');
	return;
}

# What depends on this server and database.
sub check_surroundings
{
	$node->safe_psql('postgres', "CREATE PUBLICATION p; SELECT snowflake_create_generator('small', 'default'), snowflake_create_generator('own', 'wide', 4)");
	finds('idgen.max_drift = 0', qr/\Awarning\|idgen\.worker_id\|This server has publications\. Its node is 0/, 'the default node where there are others');
	finds('idgen.worker_id = 1', $NOTHING, '... and another one');
	finds("idgen.layout = 'leaf'\nidgen.worker_id = 32",
		qr/error\|generator "small"\|The value is 32, and the layout's worker goes from 0 to 31\. The generator would issue no IDs\.\z/, 'generators that follow the server to its new node');
	$node->safe_psql('postgres', "DROP PUBLICATION p; SELECT snowflake_drop_generator('small'), snowflake_drop_generator('own')");
	return;
}

$node = new_server('main', conf => "include_if_exists 'lines.conf'");
$session = session($node);
my $before = $session->query("LOAD 'idgen'; SELECT array_agg(s ORDER BY name) FROM pg_settings s WHERE name LIKE 'idgen.%'");

check_lines();
check_values();
check_lease_lines();
check_many_lines();
check_ids();
check_surroundings();
is($session->query("SELECT worker_id FROM snowflake_parse(snowflake_nextval()), idgen_check_configuration('idgen.worker_id = 99')"), 0, 'IDs are as before');
is($session->query("SELECT array_agg(s ORDER BY name) FROM pg_settings s WHERE name LIKE 'idgen.%'"), $before, 'and so are the settings');
$session->quit;

done_testing();
