# Guards: a server leases its worker ID from a store, here another PostgreSQL: it claims one when it starts, extends the
# lease under load, gives it up when it stops, and never shares it with another server.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use PostgreSQL::Test::Cluster;
use Test::More;

my $store = new_server('store');
my $address = 'postgresql://' . $store->host . ':' . $store->port . '/postgres';
$address = 'postgresql:///postgres?host=' . $store->host . '&port=' . $store->port;

sub leasing_server
{
	my ($name, %option) = @_;

	return new_server($name, preload => 1, %option, conf => "idgen.lease_store = '$address'\n" . ($option{conf} // ''));
}

my $one = leasing_server('one');
my $session = session($one);
my $lease = 'SELECT state, worker_id, epoch, failures, coalesce(last_error, $$none$$) FROM idgen_lease()';

$session->query("SET idgen.max_wait = '10s'");
note $session->query($lease);
$session->query('SELECT idgen_lease_create_pool(0, 3)');
wait_until { $session->query('SELECT state FROM idgen_lease()') eq 'held' } 'a worker ID';
note $session->query($lease);
note $session->query('SELECT * FROM idgen_lease_workers()');
note $session->query('SELECT (snowflake_parse(snowflake_nextval())).*');
note $session->query('SELECT * FROM idgen_lease()');
my $two = leasing_server('two');
my $other = session($two);
note $other->query('SELECT (snowflake_parse(snowflake_nextval())).*');
note $other->query('SELECT * FROM idgen_lease()');
note $session->query('SELECT * FROM idgen_lease_workers()');
note $session->query('SELECT idgen_lease_release()');
note $session->query('SELECT * FROM idgen_lease_workers()');
note $session->query('SELECT (snowflake_parse(snowflake_nextval())).*');
note $session->query('SELECT * FROM idgen_lease_workers()');
note $session->query('SELECT * FROM idgen_status()');
note $session->query('SELECT count(*) FROM (SELECT snowflake_nextval() FROM generate_series(1,1000000)) AS ids');
note $session->query('SELECT * FROM idgen_lease()');
$one->stop('fast');
note $other->query('SELECT * FROM idgen_lease_workers()');
ok(1);
done_testing();
