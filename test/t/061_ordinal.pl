# Guards: idgen.worker_id = 'ordinal' is the number at the end of the host name, and 'ordinal+N' is N more.  A host
# name that does not end in a number, and texts that only look like it, are invalid: IDs are not issued, and errors
# and findings name the host.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $file = PostgreSQL::Test::Utils::tempdir() . '/host_name';

sub rename_host
{
	my ($name) = @_;

	unlink $file;
	append_to_file($file, "$name\n");
	return;
}

rename_host('idgen-3');
local $ENV{HOST_NAME_FILE} = $file;
local $ENV{LD_PRELOAD} = build_library('naming') . '.so';
my $node = new_server('pod', preload => 1, conf => "idgen.worker_id = 'ordinal'\n");
my $session = session($node);

# Sets the host's name and idgen.worker_id, and waits until the session shows what it comes to.
sub set_worker
{
	my ($host, $text, $shown) = @_;

	rename_host($host);
	$node->append_conf('postgresql.conf', "idgen.worker_id = '$text'\n");
	reload_until($node, $session, 'idgen.worker_id', $shown);
	return;
}

sub worker_of_id { return $session->query('SELECT (snowflake_parse(snowflake_nextval())).worker_id'); }

# ---------------------------------------------------------------------------------------------------- valid

is(worker_of_id(), 3, 'the worker is the number at the end of the host name');
is($session->query('SHOW idgen.worker_id'), 3, '... which SHOW shows');
is($session->query('SELECT worker_id FROM idgen_status()'), 3, '... and idgen_status()');
is($session->query("SELECT count(*) FROM idgen_check() WHERE subject = 'idgen.worker_id'"), 0, '... and idgen_check() has nothing against it');

foreach my $case (
	[ 'idgen-4', 'ordinal+10', 14 ],
	[ 'idgen-0', 'ordinal', 0 ],
	[ 'idgen-007.idgen.svc.cluster.local', 'ordinal', 7 ],
	[ '12', 'ordinal', 12 ],
	[ 'db21', 'ORDINAL+0', 21 ],
	[ 'db-5', '010', 8 ])
{
	my ($host, $text, $worker) = @$case;

	set_worker($host, $text, $worker);
	is(worker_of_id(), $worker, "host $host, $text: worker $worker");
	is($session->query('SHOW idgen.worker_id'), $worker, '... as SHOW shows');
}

# A session that comes later, and one that loads the library later, have the same.
set_worker('idgen-9', 'ordinal', 9);
is($node->safe_psql('postgres', 'SELECT (snowflake_parse(snowflake_nextval())).worker_id'), 9, 'another session has the same worker');
$session->query("ALTER SYSTEM SET idgen.worker_id = 'ordinal+1'");
reload_until($node, $session, 'idgen.worker_id', '10');
is(worker_of_id(), 10, 'ALTER SYSTEM takes it');
$session->query('ALTER SYSTEM RESET idgen.worker_id');
reload_until($node, $session, 'idgen.worker_id', '9');

# ---------------------------------------------------------------------------------------------------- invalid

set_worker('elsewhere', 'ordinal', 'ordinal');
my $error = $session->error('SELECT snowflake_nextval()');
like(
	$error,
	qr/ERROR:  22023: invalid value for parameter "idgen.worker_id": "ordinal"\nDETAIL:  The host name "elsewhere" does not end in a number\.\nHINT:  Give the machine a name that ends in its number/,
	'a host name without a number is an error');
is($session->query('SELECT worker_id FROM idgen_status()'), '', '... and there is no worker');
is(
	$session->query("SELECT severity, finding FROM idgen_check() WHERE subject = 'idgen.worker_id'"),
	'error|The value "ordinal" is invalid. IDs that depend on it are not issued. The host name "elsewhere" does not end in a number.',
	'... which idgen_check() says');
like(
	slurp_file($node->logfile),
	qr/LOG:  invalid value for parameter "idgen.worker_id": "ordinal"/,
	'... and the log');
like(
	$session->error("ALTER SYSTEM SET idgen.worker_id = 'ordinal+2'"),
	qr/ERROR:  22023: invalid value for parameter "idgen.worker_id": "ordinal\+2"\nDETAIL:  The host name "elsewhere" does not end in a number\./,
	'... and ALTER SYSTEM refuses it');

foreach my $case ([ 'db-99999999999', 'ordinal' ], [ 'db-2147483647', 'ordinal+1' ])
{
	set_worker(@$case, $case->[1]);
	like($session->error('SELECT snowflake_nextval()'), qr/DETAIL:  The (host name "[^"]*" does not end in a number|number at the end of the host name "[^"]*" is too large)\./, "host $case->[0], $case->[1]: too large");
}
foreach my $text ('ordinal+', 'ordinal-1', 'ordinal +1', 'ordinals', 'ordinal+x', 'ordinal+99999999999', 'ordinal+-1')
{
	set_worker('db-1', $text, $text);
	like($session->error('SELECT snowflake_nextval()'), qr/ERROR:  22023: .*"\Q$text\E"\nDETAIL:  It must be a whole number, and not negative\./, "invalid: $text");
}
set_worker('db-32', 'ordinal', '32');
like($session->error('SELECT snowflake_nextval()'), qr/ERROR:  22023: value of parameter "idgen.worker_id" does not fit the layout\nDETAIL:  The value is 32, and the layout's worker goes from 0 to 31\./, 'an ordinal that does not fit the layout');

# ---------------------------------------------------------------------------------------------------- before it is deployed

set_worker('db-6', '1', '1');
sub proposal_findings
{
	my ($text) = @_;

	return $session->query("SELECT finding FROM idgen_check_configuration('idgen.worker_id = ''$text''') WHERE subject = 'idgen.worker_id'");
}

is(proposal_findings('ordinal'), '', 'idgen_check_configuration() takes an ordinal');
is(proposal_findings('ordinal+26'), 'The value is 32, and the layout\'s worker goes from 0 to 31. The server issues no snowflake IDs of its own.', '... and sees that it does not fit');
set_worker('elsewhere', '2', '2');
is(proposal_findings('ordinal'), 'The value "ordinal" is invalid. IDs that depend on it are not issued. The host name "elsewhere" does not end in a number.', '... or that there is none');

# ---------------------------------------------------------------------------------------------------- not preloaded

rename_host('idgen-11');
my $late = new_server('late', conf => "idgen.worker_id = 'ordinal'\n");
is($late->safe_psql('postgres', 'SELECT (snowflake_parse(snowflake_nextval())).worker_id'), 11, 'a library that is not preloaded reads it, too');
like(
	new_session_gets($late, 'SELECT (snowflake_parse(snowflake_nextval())).worker_id', options => '-c idgen.worker_id=ordinal+1'),
	qr/^refused$/, '... and not from a session');

done_testing();
