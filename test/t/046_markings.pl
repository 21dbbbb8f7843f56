# What is marked as IMMUTABLE gives the same on a server of another layout, node, time zone
# and clock; what is STABLE, the same throughout a statement while the clock goes on.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use PostgreSQL::Test::Utils;
use Test::More;

skip_all_without_faketime();

my $CALLS = slurp_file("$FindBin::RealBin/../pgtap/include/calls.sql");
my $CALLABLE = "NOT 'internal'::regtype = ANY (proargtypes::oid[])";

sub prepared_session
{
	my ($node) = @_;
	my $session = session($node);

	$session->query($CALLS);
	return $session;
}

# What calls of all functions of a kind come to, by the call; and what they warn of.
sub outcomes
{
	my ($session, $volatility) = @_;
	my ($output, $messages) = $session->run(<<"END");
SELECT format(E'%s\\t%s', call, coalesce(pg_temp.outcome(call), 'NULL'))
FROM our_functions, pg_temp.calls(oid, 40) call WHERE provolatile = '$volatility' AND $CALLABLE
END

	return {
		(map { split /\t/ } split /\n/, $output),
		warnings => join("\n", sort $messages =~ /(?:WARNING|NOTICE|ERROR): .*/g)
	};
}

sub are_the_same
{
	my ($one, $other, $name) = @_;
	my @different = grep { $one->{$_} ne ($other->{$_} // 'not called') } sort keys %$one;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	cmp_ok(scalar keys %$one, '>', 100, "$name: there are calls");
	is(join("\n", grep { defined } @different[ 0 .. 4 ]), '', $name);
	return;
}

my $clock = fake_clock('2026-11-21 12:00:00');
my $one = new_server('one', conf => "timezone = 'UTC'", clock => $clock);
my $other = new_server(
	'other',
	conf => "idgen.layout = 'twitter'\nidgen.worker_id = 7\ntimezone = 'Asia/Kathmandu'\ndatestyle = 'German'",
	clock => fake_clock('2031-02-03 04:05:06'));
my $session = prepared_session($one);

are_the_same(outcomes($session, 'i'), outcomes(prepared_session($other), 'i'), 'what is immutable is the same on all servers');

# A transaction is more than a statement, and easier to stop in the middle.
$session->query('BEGIN');
my $before = outcomes($session, 's');
$clock->set('2031-02-03 04:05:06');
is($session->query(q{SELECT clock_timestamp() > '2031-01-01'}), 't', 'the clock goes on in a transaction');
are_the_same($before, outcomes($session, 's'), 'what is stable stays the same');
$session->query('COMMIT');

done_testing();
