# Guards: where IDs are drawn as fast as the layout allows, everybody gets some.
# Neither single calls nor batches nor blocks keep the others waiting until they
# fail.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use Test::More;

# Goes on for minutes if nobody ends it.
my %greedy = (
	'single calls' =>
	  'SELECT count(snowflake_nextval()) FROM (SELECT generate_series(1, 2000000000)) AS many',
	'batches' => 'SELECT cardinality(snowflake_nextvals(130000000))',
	'large blocks' => 'SELECT count(snowflake_next_block(4096)) FROM generate_series(1, 1000000)');

my @modest = ('snowflake_nextval()', 'snowflake_nextvals(10)', 'snowflake_next_block(10)',
	'snowflake_next_block(4096)');

foreach my $drift ('0', '20ms')
{
	my $node = new_server('fairness_' . $drift, conf => "idgen.max_drift = $drift");
	my $modest = session($node);

	foreach my $kind (sort keys %greedy)
	{
		my @greedy = map { session($node) } 1 .. 3;
		my $before = $modest->query('SELECT sequence_waits FROM idgen_status()');

		$_->send($greedy{$kind}) foreach @greedy;
		$node->poll_query_until('postgres', "SELECT sequence_waits > $before + 10 FROM idgen_status()")
		  or die 'nobody waits';

		foreach my $call (@modest)
		{
			my @errors = grep { $_ ne '' } map { $modest->error("SELECT $call") } 1 .. 20;
			is_deeply(\@errors, [], "drift $drift, beside greedy $kind: $call gets IDs");
		}
		$modest->query('SELECT pg_cancel_backend(' . $_->pid . ')') foreach @greedy;
		$_->quit foreach @greedy;
	}
	$modest->quit;
	$node->stop;
}

done_testing();
