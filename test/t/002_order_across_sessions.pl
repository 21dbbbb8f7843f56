# Guards: the IDs of a statement are above those of every statement that had
# ended when it began, in whatever session: nothing that a session has left over
# from a burst is used by a later statement.  A statement here is what a client
# sends at a time: a chunk lives as long as a message of the client.  And it lives
# no longer than a transaction, where a procedure has several in one statement.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use Test::More;

my $ROUNDS = 20;

# Statements that return the lowest and the highest ID they drew.  The bursts
# end in the midst of a large chunk.
my @statements = (
	burst(500),
	'SELECT snowflake_nextval()',
	burst(700),
	'SELECT min(id), max(id) FROM unnest(snowflake_nextvals(200)) AS id',
	burst(300),
	'SELECT id, id + 9 FROM snowflake_next_block(10) AS id',
	'SELECT burst_in_function(400)',
	'EXECUTE draw',
);

# A after B after A ..., with statements of all kinds in every session.
sub check_turns
{
	my ($sessions, $name) = @_;
	my @ids;
	my $turn = 0;

	for my $round (1 .. $ROUNDS)
	{
		foreach my $statement (@statements)
		{
			push @ids, $sessions->[ $turn++ % @$sessions ]->ids($statement);
		}
	}
	return is_increasing(\@ids, $name);
}

# Sessions that take turns as fast as a lock lets them: each draws a burst, and
# finds out in a table whether it lies above the burst of the one before.
sub check_fast_turns
{
	my ($node, $mode, $when) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	$node->pgbench(
		"--no-vacuum --client=4 --jobs=2 --transactions=250 --protocol=$mode",
		0,
		[qr{processed: 1000/1000}],
		[qr{^$}],
		"fast turns, $mode protocol, $when",
		{
			"turns_${mode}_" . $when =~ tr/ /_/r => "SELECT pg_advisory_lock(1);\n"
			  . "SELECT draw_above_the_last(300);\n"
			  . "SELECT draw_above_the_last(1);\n"
			  . "SELECT pg_advisory_unlock(1);\n"
		});
	return;
}

# The same by transactions of procedures, which are one statement each.
sub check_transactions
{
	my ($node, $when) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	$node->pgbench('--no-vacuum --client=4 --jobs=2 --transactions=5', 0, [qr{processed: 20/20}], [qr{^$}],
		"transactions within procedures, $when",
		{ 'procedures_' . $when =~ tr/ /_/r => 'CALL take_turns(200);' });
	return;
}

my $node = new_server('order');
$node->safe_psql(
	'postgres', q{
	CREATE FUNCTION burst_in_function(count integer) RETURNS text LANGUAGE plpgsql AS $$
	DECLARE
		first bigint := snowflake_nextval();
		last bigint;
	BEGIN
		FOR i IN 2 .. count LOOP
			last := snowflake_nextval();
		END LOOP;
		RETURN first || '|' || last;
	END $$;

	CREATE TABLE board (highest bigint);
	INSERT INTO board VALUES (0);
	CREATE FUNCTION draw_above_the_last(count integer) RETURNS void LANGUAGE plpgsql AS $$
	DECLARE
		id bigint := snowflake_nextval();
		before bigint;
	BEGIN
		SELECT highest INTO before FROM board;
		IF id <= before THEN
			RAISE '% was drawn after %', id, before;
		END IF;
		FOR i IN 2 .. count LOOP
			id := snowflake_nextval();
		END LOOP;
		UPDATE board SET highest = id;
	END $$;

	CREATE PROCEDURE take_turns(turns integer) LANGUAGE plpgsql AS $$
	BEGIN
		FOR turn IN 1 .. turns LOOP
			PERFORM pg_advisory_xact_lock(1);
			PERFORM draw_above_the_last(5);
			COMMIT;
		END LOOP;
	END $$});

my @sessions = map { session($node) } 1 .. 3;
$_->query('PREPARE draw AS ' . burst(600)) foreach @sessions;

sub check_all
{
	my ($when) = @_;

	check_turns(\@sessions, $when);
	check_fast_turns($node, $_, $when) foreach qw(simple extended prepared);
	check_transactions($node, $when);
	return;
}

check_all('beside the clock');

# Most of the second that idgen.max_drift allows: nothing that is left over from
# a burst is in the past when its session comes to draw again.
$sessions[0]->query(push_ahead(900));
check_turns(\@sessions, 'ahead of the clock');

# The same, for as long as it takes.
$node->append_conf('postgresql.conf', "idgen.max_drift = '1h'");
reload_until($node, $sessions[0], 'idgen.max_drift', '1h');
$sessions[0]->query(push_ahead(300_000));
check_all('far ahead of the clock');

# Statements of one transaction are no exception, with others in between.
$sessions[0]->query('BEGIN');
my @in_transaction;
for (1 .. $ROUNDS)
{
	push @in_transaction, $sessions[0]->ids(burst(500)), $sessions[1]->ids(burst(500));
}
$sessions[0]->query('ROLLBACK');
is_increasing(\@in_transaction, 'within a transaction');

# A cursor draws as it is fetched from.
$sessions[0]->query('BEGIN; DECLARE draws CURSOR FOR SELECT snowflake_nextval() FROM generate_series(1, 100000)');
my @fetched;
for (1 .. $ROUNDS)
{
	push @fetched, $sessions[0]->ids('FETCH 100 FROM draws'), $sessions[1]->ids(burst(500));
}
$sessions[0]->query('COMMIT');
is_increasing(\@fetched, 'from a cursor');

$_->quit foreach @sessions;
done_testing();
