# Guards: idgen_check_configuration() finds what would be wrong with lines of a postgresql.conf,
# as idgen_check() does once they are in force, reads them as PostgreSQL does, and changes nothing.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use Test::More;

my $node;

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

my $NOTHING = qr/\A\z/;

sub check_lines
{
	finds('', $NOTHING, 'no lines, the defaults');
	finds("# idgen.worker = 1\n\n  \t\nport = 'x\ninclude 'nowhere.conf'\nother.worker_id = 99", $NOTHING, "comments, and others' lines");
	finds($_, $NOTHING, "as PostgreSQL reads it: $_")
	  foreach 'idgen.worker_id = 31', 'idgen.worker_id 31', "\tIDGEN.Worker_Id='31'   # ours", 'idgen.worker_id=0x1F',
	  "idgen.worker_id = 99\nidgen.worker_id = 3\r\n", "idgen.layout = 'time 41 bits of 1 ms since 2020-01-01, worker 10, sequence 12'";
	finds("\n\n$_", qr/\Aerror\|idgen\.\w+\|Line 3 has a syntax error, so the server would not start\.\z/, "as PostgreSQL does not: $_")
	  foreach 'idgen.worker_id =', 'idgen.worker_id', 'idgen.worker_id = 1 2', "idgen.worker_id = 'x", "idgen.worker_id = 'x' y";
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

$node = new_server('main');
my $session = session($node);
my $before = $session->query("LOAD 'idgen'; SELECT array_agg(s ORDER BY name) FROM pg_settings s WHERE name LIKE 'idgen.%'");

check_lines();
check_values();
check_surroundings();
is($session->query("SELECT worker_id FROM snowflake_parse(snowflake_nextval()), idgen_check_configuration('idgen.worker_id = 99')"), 0, 'IDs are as before');
is($session->query("SELECT array_agg(s ORDER BY name) FROM pg_settings s WHERE name LIKE 'idgen.%'"), $before, 'and so are the settings');
$session->quit;

done_testing();
