# Guards: what has been issued is seen whole.  A timeline that a layout with few bits of
# time opened may have issued IDs with more of them.  IDs that a reset left behind count
# as issued, too, and nobody waits for the clock to get there.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use PostgreSQL::Test::Utils;
use Test::More;

# One frame; the first has no more time.
my $NARROW = 'unused 13, time 20 bits of 1 s since 2020-01-01, worker 10, sequence 20';
my $WIDE = 'time 33 bits of 1 s since 2020-01-01, worker 10, sequence 20';

# A node whose bits are in the time of the wide one.
my $NODE_IN_TIME = 'shard 12, time 39 bits of 1 ms since 2020-01-01, sequence 12';

skip_all_without_faketime();
my $clock = fake_clock();
my $node = new_server('times', clock => $clock, conf => 'idgen.worker_id = 4');

sub create
{
	my ($session, $name, $options) = @_;

	$session->query("CREATE SERVER $name FOREIGN DATA WRAPPER idgen OPTIONS ($options)");
	return;
}

sub check_wide
{
	my $session = session($node);

	$session->query("SET client_min_messages = error; SET idgen.max_wait = 0");
	create($session, 'narrow', "layout '$NARROW', worker_id '0'");
	like($session->error("SELECT snowflake_nextval('narrow')"), qr/ERROR:  54000: /, 'a layout without time opens a timeline');
	create($session, 'wide', "layout '$WIDE', worker_id '0'");
	create($session, 'g', "layout '$NODE_IN_TIME', shard_id '104', former '$WIDE with worker_id=0'");
	$session->query("SET idgen.max_wait = '1min'; SELECT snowflake_next_block('wide', 1048576) FROM generate_series(1, 2)");
	$session->query("SET idgen.max_wait = 0");
	like($session->error("SELECT snowflake_nextval('g')"), qr/ERROR:  55000: /, 'IDs of a wider time on it are seen');
	$session->query("SET idgen.max_wait = '1min'");
	is($session->error("SELECT snowflake_nextval('g')"), '', '... until the clock is beyond them');
	$session->query("SELECT snowflake_drop_generator('$_')") foreach qw(narrow wide g);
	$session->quit;
	return;
}

sub check_left_behind
{
	my $session = session($node);

	$session->query($_)
	  foreach "SET client_min_messages = error",
	  "SELECT snowflake_create_generator('follows', '$WIDE')";
	$clock->set('+131400h');
	$session->query("SELECT snowflake_nextval('follows')");
	$clock->set('+0');
	alter_system($node, $session, 'idgen.worker_id', 8);
	$session->query("SELECT idgen_reset_timeline()");

	create($session, 'g', "layout 'default', former '$WIDE with worker_id=4'");
	create($session, 'h', "layout '$WIDE', worker_id '4'");
	my $began = time;
	like($session->error("SELECT snowflake_nextval('g')"),
		qr/ERROR:  55000: node has already issued snowflake IDs for this time/, 'nobody waits for what a reset left behind');
	cmp_ok(time - $began, '<', 5, '... at all');
	like($session->error("ALTER SERVER h OPTIONS (SET layout 'time 40 bits of 10 ms since 2000-01-01, worker 8, sequence 15', SET worker_id '128')"),
		qr/ERROR:  55000: cannot change generator "h"/, 'IDs that are above others now are not above those');
	$session->query("SELECT snowflake_drop_generator('$_')") foreach qw(follows g h);
	$session->quit;
	return;
}

check_wide();
check_left_behind();
$node->stop;

done_testing();
