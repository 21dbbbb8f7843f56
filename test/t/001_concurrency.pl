# Guards: never the same ID twice, and never a decrease within a session, when
# 32 clients draw a million IDs at once in every way there is.  The clients write
# down what they are given, so rolled back transactions count too.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use Test::More;

my $CLIENTS = 32;
my $ROUNDS = 30;

# What a client does in a round: SQL, and how many IDs it returns.
my @shapes = (
	[ "SELECT snowflake_nextval();\n" x 20, 20 ],
	[ 'SELECT snowflake_nextval() FROM generate_series(1, 500);', 500 ],
	[ 'SELECT unnest(snowflake_nextvals(300));', 300 ],
	[
		'SELECT id FROM snowflake_next_block(100) AS first, generate_series(first, first + 99) AS id;',
		100
	],
	[
		'BEGIN; SELECT snowflake_nextval(); SELECT snowflake_nextval() FROM generate_series(1, 50); ROLLBACK;',
		51
	],
	[ 'INSERT INTO made SELECT FROM generate_series(1, 100) RETURNING id;', 100 ],
	[ 'EXECUTE draw;', 10 ],
);

# The script of a client.  Each starts with another shape, so that different ones
# meet.
sub script
{
	my ($client) = @_;
	my $sql = "PREPARE draw AS SELECT snowflake_nextval() FROM generate_series(1, 10);\n";

	for my $step (1 .. $ROUNDS * @shapes)
	{
		$sql .= $shapes[ ($client + $step) % @shapes ][0] . "\n";
	}
	return $sql;
}

# Number of clients whose IDs lie all after or all before those of any other:
# they did not run beside another one.
sub count_loners
{
	my (@drawn) = @_;
	my $loners = 0;

	for my $mine (@drawn)
	{
		my @beside = grep { $_->[0] < $mine->[-1] && $_->[-1] > $mine->[0] } @drawn;
		$loners++ if @beside < 2;
	}
	return $loners;
}

sub check_server
{
	my ($node, $kind) = @_;
	my $expected = 0;
	$expected += $ROUNDS * $_->[1] foreach @shapes;

	my $before = $node->safe_psql('postgres', 'SELECT ids_issued FROM idgen_status()');
	my @drawn = run_clients($node, map { script($_) } 1 .. $CLIENTS);
	my $after = $node->safe_psql('postgres', 'SELECT ids_issued FROM idgen_status()');

	is(scalar(grep { @$_ == $expected } @drawn),
		$CLIENTS, "$kind: each client was given $expected IDs");
	is(count_loners(@drawn), 0, "$kind: the clients ran at the same time");
	for my $client (0 .. $#drawn)
	{
		is_increasing($drawn[$client], "$kind: client $client saw no decrease");
	}
	are_distinct([ map { @$_ } @drawn ],
		"$kind: no duplicate in " . $expected * $CLIENTS . ' IDs');
	is($after - $before, $expected * $CLIENTS, "$kind: all were counted");
	return;
}

my $node = new_server('concurrency');
$node->safe_psql('postgres',
	'CREATE TABLE made (id bigint PRIMARY KEY DEFAULT snowflake_nextval())');
check_server($node, 'not preloaded');

$node->append_conf('postgresql.conf', "shared_preload_libraries = 'idgen'");
$node->restart;
check_server($node, 'preloaded');

done_testing();
