# Guards: an ID space is its numbers.  Whatever ALTER SERVER does to a generator while
# others use it, no number comes twice; what could make one repeat is refused.  The
# server and generators get on with each other's nodes.  A reset goes by what a node
# has issued.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $COARSER_TICK = 'time 42 bits of 500 us since 2020-01-01, worker 9, sequence 12';
my $REFUSED = qr/ERROR:  55000: cannot change generator "\w+" to layout .*\nDETAIL:  Its IDs could be the same numbers/;

# Draws whole ticks and single IDs of a generator, so many times, into table drawn.
sub draw
{
	my ($generator, $rounds) = @_;
	return join '',
	  ("INSERT INTO drawn SELECT '$generator', unnest(snowflake_nextvals('$generator', 500));\n",
		"INSERT INTO drawn SELECT '$generator', snowflake_nextval('$generator') FROM generate_series(1, 200);\n",
		"INSERT INTO drawn SELECT '$generator', snowflake_nextval('$generator');\n") x $rounds;
}

sub no_duplicates
{
	my ($node, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	is($node->safe_psql('postgres', 'SELECT generator, count(*) - count(DISTINCT id) FROM drawn GROUP BY 1 HAVING count(*) > count(DISTINCT id)'),
		'', $name);
	cmp_ok($node->safe_psql('postgres', 'SELECT count(*) FROM drawn'), '>', 0, '... of some');
	$node->safe_psql('postgres', 'TRUNCATE drawn');
	return;
}

# From layout to layout and back, with 100,000 IDs each time, faster than the clock.
sub check_changes
{
	my ($node, $name, $options, @changes) = @_;

	$node->safe_psql('postgres', "SELECT snowflake_create_generator('g', $options)");
	foreach my $change ('', (@changes) x 2)
	{
		$node->safe_psql('postgres', "ALTER SERVER g OPTIONS ($change)") if $change;
		$node->safe_psql('postgres', "INSERT INTO drawn SELECT 'g', unnest(snowflake_nextvals('g', 100000))");
	}
	no_duplicates($node, $name);
	$node->safe_psql('postgres', "SELECT snowflake_drop_generator('g')");
	return;
}

# The same while clients use the generator; they may have to wait, and fail in nothing.
sub check_changes_under_load
{
	my ($node, $name, $options, @changes) = @_;

	$node->safe_psql('postgres', "SELECT snowflake_create_generator('g', $options)");
	my @alter = map { "ALTER SERVER g OPTIONS ($_);\nSELECT pg_sleep(0.02);\n" } @changes;
	run_clients($node, (draw('g', 40)) x 3, join('', (@alter) x 10));
	no_duplicates($node, $name);
	$node->safe_psql('postgres', "SELECT snowflake_drop_generator('g')");
	return;
}

sub check_refused
{
	my ($node) = @_;
	my $session = session($node);

	$session->query($_)
	  foreach "SELECT snowflake_create_generator('g', 'default', worker_id => 3, datacenter_id => 2)",
	  "SELECT snowflake_nextval('g')";
	like($session->error("ALTER SERVER g OPTIONS (SET layout '$_')"), $REFUSED, "numbers of other times: no $_")
	  foreach 'time 41 bits of 1 ms since 2023-01-01, datacenter 5, worker 5, sequence 12',
	  'time 41 bits of 2 ms since 2020-01-01, datacenter 5, worker 5, sequence 12',
	  'unused 1, time 40 bits of 1 ms since 2021-01-01, datacenter 5, worker 5, sequence 12';
	is($session->error("ALTER SERVER g OPTIONS (SET layout 'pgedge', SET worker_id '4', DROP datacenter_id)"),
		'', 'a later epoch under another worker');
	$session->query("SELECT snowflake_nextval('g')");
	like($session->error("ALTER SERVER g OPTIONS (SET worker_id '67')"), $REFUSED, '... but not under one that it had before');
	like($session->error("ALTER SERVER g OPTIONS (SET former 'default with worker_id=9')"),
		qr/ERROR:  HV00D: option "former" of generator "g" cannot be changed/, 'what it had is not for everyone to write');
	like($session->error("ALTER SERVER g OPTIONS (DROP former)"), qr/ERROR:  HV00D: /, '... nor to remove');
	is($session->query("SELECT srvoptions FROM pg_foreign_server WHERE srvname = 'g'"),
		'{layout=pgedge,worker_id=4,"former=default with datacenter_id=2 worker_id=3"}', '... and goes along in dumps');
	is($session->error('ALTER SERVER g RENAME TO h'), '', 'a name is free to change');
	like($session->error("ALTER SERVER h OPTIONS (SET worker_id '67')"), $REFUSED, '... and nothing is forgotten');

	# Above all that was, as docs/layouts.md has it.
	$session->query($_)
	  foreach "SELECT snowflake_create_generator('slow', 'default', worker_id => 0, datacenter_id => 0)", "SELECT snowflake_nextval('slow')";
	my $id = $session->query("SELECT snowflake_nextval('slow')");
	is($session->error("ALTER SERVER slow OPTIONS (SET layout 'time 39 bits of 10 ms since 1990-01-01, datacenter 5, worker 5, sequence 14')"),
		'', 'slower ticks and an earlier epoch');
	cmp_ok($session->query("SELECT snowflake_nextval('slow')"), '>', $id, '... are above');
	like($session->error("ALTER SERVER slow OPTIONS (SET layout 'default')"), $REFUSED, '... and have no way back');

	# A definition that was never used can be put right.
	$session->query("SELECT snowflake_create_generator('fresh', 'twitter', worker_id => 7)");
	is($session->error("ALTER SERVER fresh OPTIONS (SET layout 'leaf')"), '', 'what has issued no ID can be changed');
	$session->query("SELECT snowflake_nextval('fresh')");
	like($session->error("ALTER SERVER fresh OPTIONS (SET layout 'default')"), $REFUSED, '... until it has');
	$session->query("SELECT snowflake_drop_generator('$_')") foreach qw(h slow fresh);
	$session->quit;
	return;
}

# Who is in a statement, and who is in the transaction that makes the change.
sub check_transactions
{
	my ($node) = @_;
	my ($session, $other) = map { session($node) } 1 .. 2;

	$session->query("SELECT snowflake_create_generator('g', 'default', worker_id => 0, datacenter_id => 0)");
	$session->query("BEGIN; SELECT snowflake_nextval('g')");
	like($other->error("SET lock_timeout = '10ms'; ALTER SERVER g OPTIONS (SET layout 'wide', DROP datacenter_id)"),
		qr/ERROR:  55P03: /, 'a change waits for transactions that use the generator');
	$session->query('SAVEPOINT a; SELECT 1; ROLLBACK TO a; COMMIT');
	$session->query("BEGIN; SAVEPOINT a; SELECT snowflake_nextval('g'); ROLLBACK TO a");
	like($other->error("ALTER SERVER g OPTIONS (SET layout 'wide', DROP datacenter_id)"),
		qr/ERROR:  55P03: /, '... also where a subtransaction was rolled back');
	like($other->error("ALTER SERVER g OPTIONS (SET worker_id '4')"),
		qr/ERROR:  55P03: /, '... and one of the worker does, too, for the sake of horizons');
	$session->query('COMMIT');
	$session->query("ALTER SERVER g OPTIONS (SET worker_id '0')");

	$other->query('CREATE TABLE kept (id bigint)');
	$other->query("BEGIN; ALTER SERVER g OPTIONS (SET layout 'wide', DROP datacenter_id)");
	$other->query("INSERT INTO kept SELECT unnest(snowflake_nextvals('g', 200000))");
	my @drawn = $other->query("SELECT max(id) FROM kept");
	$session->send("SELECT snowflake_nextval('g')");
	$other->query('ROLLBACK');
	my ($id, $error) = $session->finish;
	is($error, '', 'who waits for a change goes on when it is rolled back');
	cmp_ok($id >> 22, '>', $drawn[0] >> 22, '... above what was issued by it');
	$other->query('DROP TABLE kept');
	$session->query("SELECT snowflake_drop_generator('g')");
	$_->quit foreach $session, $other;
	return;
}

sub check_notices
{
	my ($node) = @_;
	my $session = session($node);

	sub notice { return ($_[0]->run($_[1]))[1]; }
	is(notice($session, "SELECT snowflake_create_generator('a', 'default', worker_id => 3, datacenter_id => 0)"), '', 'the first generator');
	is(notice($session, "SELECT snowflake_create_generator('b', 'default', worker_id => 4, datacenter_id => 0)"), '', 'another node');
	like(notice($session, "SELECT snowflake_create_generator('c', 'twitter', worker_id => 3, datacenter_id => 0)"),
		qr/NOTICE:  00000: IDs of generator "c" can be the same numbers as IDs of generator "a"\nDETAIL:  They can be equal when they are issued at different times/,
		'another epoch');
	like(notice($session, "CREATE SERVER d FOREIGN DATA WRAPPER idgen OPTIONS (layout '$COARSER_TICK', worker_id '3')"),
		qr/NOTICE:  00000: IDs of generator "d" .*\nDETAIL:  They can be equal when/, 'by CREATE SERVER, too');
	$session->query('ALTER SYSTEM RESET ALL');
	like($session->query(q{SELECT finding FROM idgen_check() WHERE subject = 'generator "d"'}), qr/at the same time/,
		'idgen_check() says when');
	like($session->query(q{SELECT finding FROM idgen_check() WHERE subject = 'generator "c"'}), qr/at different times/, '... for each');
	$session->query("SELECT snowflake_drop_generator('$_')") foreach qw(a b c d);
	$session->quit;
	return;
}

# Two names of one space increase together within a statement.
sub check_two_names
{
	my ($node) = @_;

	$node->safe_psql('postgres', "SELECT snowflake_create_generator('one', 'default', worker_id => 3, datacenter_id => 2)");
	$node->safe_psql('postgres',
		"SELECT snowflake_create_generator('two', 'time 41 bits of 1 ms since 2020-01-01, worker 10, sequence 12', worker_id => 67)");
	my @ids = split /\s+/, $node->safe_psql('postgres', <<'SQL');
SELECT unnest(ARRAY[a, b, c]) FROM (
	SELECT snowflake_nextval('one') AS a, snowflake_nextval('two') AS b, snowflake_nextval('one') AS c FROM generate_series(1, 1000) OFFSET 0) AS drawn
SQL
	is_increasing(\@ids, 'two names of one space increase together');
	$node->safe_psql('postgres', "SELECT snowflake_drop_generator('$_')") foreach qw(one two);
	return;
}

# A generator with the server's node, and the server with a generator's.
sub check_server
{
	my ($node) = @_;
	my $session = session($node);

	$session->query("SELECT snowflake_create_generator('mine', 'default', worker_id => 9, datacenter_id => 0)");
	$session->query("INSERT INTO drawn SELECT 'any', unnest(snowflake_nextvals('mine', 50000))");
	alter_system($node, $session, 'idgen.worker_id', 9);
	is($session->error("INSERT INTO drawn SELECT 'any', unnest(snowflake_nextvals(50000))"), '', 'the server gets the node of a generator');
	$session->query("INSERT INTO drawn SELECT 'any', unnest(snowflake_nextvals('mine', 50000))");
	alter_system($node, $session, 'idgen.worker_id', 0);
	$session->query("INSERT INTO drawn SELECT 'any', unnest(snowflake_nextvals('mine', 50000))");
	no_duplicates($node, '... and both issue other IDs');
	$session->query("SELECT snowflake_drop_generator('mine')");
	$session->quit;
	return;
}

# A node that is partly the server's, and partly the generator's own.
sub check_partial_node
{
	my $clock = fake_clock();
	my $node = new_server('partial', clock => $clock, conf => 'idgen.worker_id = 9');
	my $session = session($node);

	$session->query($_)
	  foreach "SELECT snowflake_create_generator('g', 'default', worker_id => 9)",
	  'CREATE TABLE drawn (generator text, id bigint)';
	$clock->set('+1h');
	$session->query("INSERT INTO drawn SELECT 'g', unnest(snowflake_nextvals('g', 1000))");
	$clock->set('+0');
	alter_system($node, $session, 'idgen.worker_id', 7);
	like($session->error('SELECT idgen_reset_timeline()'), qr/ERROR:  55000: .*\nDETAIL:  Generators with a node of their own/,
		'a generator that keeps its worker keeps timelines from going back');
	$session->quit;
	$node->stop;
	return;
}

# More nodes than there are timelines for.
sub check_many_nodes
{
	my $node = new_server('many', preload => 1, conf => 'idgen.max_generators = 0');
	my $session = session($node);

	$node->safe_psql('postgres', 'CREATE TABLE drawn (generator text, id bigint)');
	$session->query("SELECT snowflake_create_generator('g', 'default', worker_id => 0, datacenter_id => 0)");
	foreach my $worker (0 .. 31)
	{
		$session->query("ALTER SERVER g OPTIONS (SET worker_id '$worker', SET datacenter_id '1')");
		$session->query("INSERT INTO drawn SELECT 'any', unnest(snowflake_nextvals('g', 1000))");
	}
	$session->query("SELECT snowflake_create_generator('tso', 'tso')");
	like($session->error("SELECT snowflake_nextval('tso')"), qr/ERROR:  53200: .*HINT: .*"idgen.max_generators"/s, 'there is an end to timelines');
	foreach my $worker (1, 2, 3, 1)
	{
		alter_system($node, $session, 'idgen.worker_id', $worker);
		is($session->error("INSERT INTO drawn SELECT 'any', unnest(snowflake_nextvals(5000))"), '', "... but the server can be $worker");
	}
	no_duplicates($node, '... and no ID repeats');
	$session->query("SET idgen.uuid_node = server");
	is($session->error('SELECT snowflake128_nextval(), uuidv6()'), '', '... nor is it barred from IDs of 128 bits');

	$session->query($_) foreach 'CREATE ROLE regress_owner LOGIN', 'GRANT USAGE ON FOREIGN DATA WRAPPER idgen TO regress_owner';
	$session->quit;
	$node->stop;
	return;
}

# A role without more rights than to create generators.
sub check_quota
{
	my $node = new_server('quota', preload => 1, conf => 'idgen.max_generators = 0');

	$node->safe_psql('postgres',
		'CREATE ROLE regress_owner LOGIN; GRANT USAGE ON FOREIGN DATA WRAPPER idgen TO regress_owner');
	my $owner = session($node, user => 'regress_owner');
	my $superuser = session($node);
	$owner->query("SELECT snowflake_create_generator('g', 'sonyflake', worker_id => 0)");
	my $error = '';
	my $worker = 0;
	until ($error || $worker == 40)
	{
		$worker++;
		$error = $owner->error("ALTER SERVER g OPTIONS (SET worker_id '$worker')") . $owner->error("SELECT snowflake_nextval('g')");
	}
	like($error, qr/ERROR:  53200: .*half of which is reserved/s, 'a role cannot use up all timelines');
	cmp_ok($worker, '<', 20, '... but half of them');
	is($superuser->error('SELECT snowflake_nextval()'), '', '... the server has some');
	is($superuser->error($_), '', "... and so has a superuser: $_")
	  foreach "SELECT snowflake_create_generator('s', 'sonyflake', worker_id => 1000)", "SELECT snowflake_nextval('s')";
	$_->quit foreach $owner, $superuser;
	$node->stop;
	return;
}

my $node = new_server('spaces', conf => "idgen.max_wait = '1h'\nidgen.max_drift = '1min'");
$node->safe_psql('postgres', 'CREATE TABLE drawn (generator text, id bigint)');

check_changes($node, 'more bits for the time', "'js53', worker_id => 3",
	"SET layout 'unused 9, time 42 bits of 1 ms since 2020-01-01, worker 5, sequence 7'", "SET layout 'js53'");
check_changes($node, 'one field in place of two', "'default', worker_id => 3, datacenter_id => 2",
	"SET layout 'time 41 bits of 1 ms since 2020-01-01, worker 10, sequence 12', SET worker_id '67', DROP datacenter_id",
	"SET layout 'default', SET worker_id '3', ADD datacenter_id '2'");
check_changes($node, 'another worker and back', "'default', worker_id => 3, datacenter_id => 2", "SET worker_id '4'", "SET worker_id '3'");
check_changes($node, 'half a tick one place lower', "'time 41 bits of 1 ms since 2020-01-01, worker 10, sequence 12', worker_id => 0",
	"SET layout '$COARSER_TICK'", "SET layout 'time 41 bits of 1 ms since 2020-01-01, worker 10, sequence 12'");
check_changes($node, 'a wider sequence', "'time 41 bits of 1 ms since 2020-01-01, worker 10, sequence 12', worker_id => 64",
	"SET layout 'wide', SET worker_id '1'", "SET layout 'time 41 bits of 1 ms since 2020-01-01, worker 10, sequence 12', SET worker_id '64'");
check_changes_under_load($node, 'more bits for the time, under load', "'js53', worker_id => 3",
	"SET layout 'unused 9, time 42 bits of 1 ms since 2020-01-01, worker 5, sequence 7'", "SET layout 'js53'");
check_changes_under_load($node, 'a wider sequence, under load', "'wide', worker_id => 1",
	"SET layout 'time 41 bits of 1 ms since 2020-01-01, worker 10, sequence 12', SET worker_id '64'", "SET layout 'wide', SET worker_id '1'",
	"SET layout '$COARSER_TICK', SET worker_id '64'", "SET layout 'wide', SET worker_id '1'");
check_refused($node);
check_transactions($node);
check_notices($node);
check_two_names($node);
check_server($node);
$node->stop;

check_many_nodes();
check_quota();
SKIP:
{
	skip 'libfaketime is not installed', 1 unless IdgenTest::Clock::library();
	check_partial_node();
}

done_testing();
