# Guards: what generators have made is not made again by whatever idgen_reset_timeline()
# accepts or refuses; a session's IDs go on increasing when the server's node changes;
# a reload of idgen.max_generators does no harm after a crash; constraints that go by
# the server's layout prove nothing beyond its life.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use Test::More;

my $REFUSED = qr/ERROR:  55000: snowflake IDs might repeat .*\nDETAIL:  Generators with a node of their own have issued IDs up to \d+-/;

sub create
{
	my ($node, $arguments) = @_;

	$node->safe_psql('postgres', "SELECT snowflake_create_generator($arguments)");
	return;
}

# A statement that draws IDs of a generator for so many ms of its time, and returns them.
sub blocks
{
	my ($generator, $ms) = @_;

	return "SELECT snowflake_next_block('$generator', 4096) FROM generate_series(1, $ms)";
}

# A generator is ahead of the clock; a reset is refused, and it goes on above.
sub check_refused
{
	my ($node) = @_;
	my $session = session($node);
	my @ids = $session->ids(blocks('own', 800));

	like($session->error("SELECT idgen_reset_timeline(now() - interval '1 day')"), $REFUSED, 'a reset is refused');
	push @ids, $session->ids(blocks('own', 100));
	is_increasing(\@ids, '... and the generator goes on above');
	$session->quit;
	return;
}

# Forward is allowed; back again, under another node, is not, as generators keep theirs.
sub check_forward_and_back
{
	my ($node, $generator) = @_;
	my $session = session($node);
	my @ids = $session->ids(blocks($generator, 800));

	$session->query("SELECT idgen_reset_timeline(now() + interval '2 s')");
	alter_system($node, $session, 'idgen.worker_id' => 6);
	like($session->error("SELECT idgen_reset_timeline(now())"), $REFUSED, "$generator: back to before what was made is refused");
	push @ids, $session->ids(blocks($generator, 1));
	is_increasing(\@ids, '... and the generator goes on above');

	alter_system($node, $session, 'idgen.worker_id' => 5);
	$session->quit;
	return;
}

# A node that is the server's as well, and is left by the server.
sub check_shared
{
	my ($node) = @_;
	my $session = session($node);
	my @ids = $session->ids(blocks('shared', 800));

	alter_system($node, $session, 'idgen.worker_id' => 6);
	like($session->error("SELECT idgen_reset_timeline(now())"), $REFUSED, 'on the timeline of the server: back is refused');
	push @ids, $session->ids(blocks('shared', 1));
	is_increasing(\@ids, '... and the generator goes on above');
	alter_system($node, $session, 'idgen.worker_id' => 5);
	$session->quit;
	return;
}

# The generator goes to another timeline with the server's node.
sub check_change_of_node
{
	my ($node) = @_;
	my $session = session($node);
	my @ids = $session->ids("SELECT snowflake_next_block('follows', 262144) FROM generate_series(1, 700)");

	alter_system($node, $session, 'idgen.worker_id' => 6);
	push @ids, $session->ids("SELECT snowflake_nextval('follows') FROM generate_series(1, 3)");
	is_increasing(\@ids, 'IDs of a session increase when the node changes, and the timeline with it');
	alter_system($node, $session, 'idgen.worker_id' => 5);
	$session->quit;
	return;
}

sub check_range_of_reset
{
	my $node = new_server('tso', conf => "idgen.layout = 'tso'");
	my $session = session($node);

	foreach my $moment ('3000-01-01', '2611-06-12 20:30', '2300-01-01', 'infinity', '1969-12-31')
	{
		like($session->error("SELECT idgen_reset_timeline('$moment')"),
			qr/ERROR:  22008: start of the snowflake timeline out of range\nDETAIL:  It must be between 1970-01-01 .* and 2262-/,
			"a start in $moment");
	}
	$session->quit;
	$node->stop;
	return;
}

sub check_memory_after_crash
{
	my $node = new_server('crashed', preload => 1, conf => 'restart_after_crash = on');
	my $session = session($node);

	$session->query("ALTER SYSTEM SET idgen.max_generators = 131040");
	reload_until($node, $session, 'idgen.max_generators', 131040);
	kill_backend($node, $session->pid);
	$session->abandon;
	ok($node->poll_query_until('postgres', 'SELECT snowflake_nextval() > 0'),
		'the server comes back from a crash with what it set aside at its start');
	is($node->safe_psql('postgres', 'SHOW idgen.max_generators'), 131040, '... and with the value that was reloaded');
	$node->stop;
	return;
}

# A CHECK that names no layout holds of rows by the layout that was when they came.
sub check_constraints
{
	my $node = new_server('checked', preload => 1);

	$node->safe_psql('postgres', <<'SQL');
CREATE TABLE years (id snowflake);
CREATE TABLE until_2027 (CHECK (id < timestamptz '2027-01-01')) INHERITS (years);
INSERT INTO until_2027 VALUES (snowflake_make('2026-06-01'));
SQL
	$node->append_conf('postgresql.conf', "idgen.layout = 'time 41 bits of 1 ms since 2022-01-01, worker 10, sequence 12'");
	$node->restart;
	is( $node->safe_psql('postgres', "SELECT count(*) FROM years WHERE id >= timestamptz '2027-01-01'"),
		1, 'a constraint by the old layout excludes nothing under the new one');
	$node->stop;
	return;
}

my $node = new_server('main', conf => 'idgen.worker_id = 5');

create($node, "'own', 'default', worker_id => 9");
create($node, "'shared', 'default', worker_id => 5, datacenter_id => 0");
create($node, "'follows', 'wide'");
check_refused($node);
check_change_of_node($node);
check_forward_and_back($node, 'own');
outlive_reservation(session($node));
check_shared($node);
$node->stop;
check_range_of_reset();
check_memory_after_crash();
check_constraints();

done_testing();
