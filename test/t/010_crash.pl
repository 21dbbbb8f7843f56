# Guards: when a backend dies without a word, PostgreSQL throws shared memory away and
# starts anew; IDs then go on above those that were drawn before.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use Test::More;

my $node = new_server('crash', conf => 'restart_after_crash = on');

# The victim is idle, in the midst of a burst, or waits for the clock.
sub check_crash
{
	my ($kind, $victim_is) = @_;
	my @drawers = map { session($node) } 1 .. 3;
	my $victim = $drawers[0];
	my @ids = map { $_->ids(burst(1000)) } @drawers;

	if ($victim_is ne 'idle')
	{
		my $issued = 'SELECT ids_issued FROM idgen_slots WHERE pid = ' . $victim->pid;

		$victim->send($victim_is eq 'busy'
			? 'SELECT count(snowflake_nextval()) FROM (SELECT generate_series(1, 1000000000)) AS many'
			: 'SELECT cardinality(snowflake_nextvals(100000000))');
		wait_until { $drawers[1]->query($issued) > 100_000 } 'the victim to draw';
	}
	kill_backend($node, $victim->pid);
	$_->abandon foreach @drawers;

	my $name = "$kind, a backend killed that was $victim_is";
	my $session = session($node);
	is_increasing([ @ids, map { $session->ids($_) } burst(1000), 'SELECT snowflake_nextval()' ],
		"$name: IDs go on");
	is($session->query('SELECT count(*), sum(ids_issued) FROM idgen_slots'),
		'1|1001', '... the slots of the dead are gone');
	is($session->query('SELECT ids_issued, preloaded FROM idgen_status()'),
		$kind eq 'preloaded' ? '1001|t' : '1001|f', '... and counts begin anew');
	$session->quit;
	return;
}

sub check_server
{
	my ($kind) = @_;

	check_crash($kind, 'idle');
	check_crash($kind, 'busy');
	check_crash($kind, 'in a large batch');

	# The whole server, at once.
	my $before = $node->safe_psql('postgres', 'SELECT snowflake_nextval()');
	$node->stop('immediate');
	$node->start;
	is_increasing([ $before, $node->safe_psql('postgres', 'SELECT snowflake_nextval()') ],
		"$kind, stopped immediately: IDs go on");
	return;
}

check_server('not preloaded');
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'idgen'");
$node->restart;
check_server('preloaded');

done_testing();
