# What operations of a provider cost, in time and in memory: the same checks for each store.

package IdgenTest::ProviderCosts;

use strict;
use warnings;

use Exporter 'import';
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(takes_little_time leaves_no_memory reads_large_pool);

# Median and largest ms of one write after another, and of holds that are kept.
sub takes_little_time
{
	my ($store, $turns) = @_;
	my $session = $store->session_of;

	$store->operate('write_pool', new_pool => 'P');
	$store->operate('write', worker => 1, pool => 'P', new_record => 'r0', hold => 'take', hold_nonce => 'n');
	$session->query('CREATE TEMP TABLE took (kind text, ms float8)');
	foreach my $case ([ 'write', q{'write', 1, 'P', NULL, 'r' || i - 1, 'r' || i} ], [ 'keep', q{'keep', 1, hold_nonce => 'n'} ])
	{
		my ($kind, $arguments) = @$case;
		my $wrong = $session->error(
			"DO \$\$DECLARE answer record; BEGIN
			FOR i IN 1 .. $turns LOOP
				PERFORM provider_start(0, $arguments);
				SELECT outcome, ms, error INTO answer FROM provider_finish(0);
				IF answer.outcome <> 'applied' THEN RAISE 'turn %: %', i, answer; END IF;
				INSERT INTO took VALUES ('$kind', answer.ms);
			END LOOP; END\$\$");
		is($wrong, '', "$turns times: $kind");
		my ($median, $most) = split /\|/, $session->query(
			"SELECT round(percentile_disc(0.5) WITHIN GROUP (ORDER BY ms)::numeric, 2), round(max(ms)::numeric, 1) FROM took WHERE kind = '$kind'");
		diag("$kind: $median ms at the median, $most ms at most");
		cmp_ok($median, '<', 50, '... takes little time');
	}
	return;
}

# (kB of the process, bytes of the provider's memory contexts)
sub memory
{
	my ($store) = @_;
	my ($resident) = slurp_file('/proc/' . $store->session_of->pid . '/status') =~ /VmRSS:\s+(\d+)/;

	return ($resident, $store->memory);
}

# Operations of all kinds, of which some are abandoned, leave no memory behind: in the provider, or in its client library.
sub leaves_no_memory
{
	my ($store, $turns, $library) = @_;
	my $operations = "DO \$\$BEGIN
		FOR i IN 1 .. $turns LOOP
			PERFORM provider_start(0, (ARRAY['read', 'keep', 'write'])[1 + i % 3], 1, hold_nonce => 'n', new_record => 'x');
			IF i % 7 > 0 THEN PERFORM provider_finish(0); END IF;
			IF i % 50 = 0 THEN PERFORM provider_start(0, 'read'), provider_finish(0, 0); END IF;
		END LOOP; END\$\$";

	$store->session_of->query($operations);
	my ($resident, $bytes) = memory($store);
	$store->session_of->query($operations);
	my ($resident_after, $bytes_after) = memory($store);
	diag("$turns operations: $resident kB before, $resident_after kB after");
	cmp_ok($bytes_after, '<=', $bytes, "$turns operations leave no memory behind");
	cmp_ok($resident_after - $resident, '<', 1000, "... also none of $library");
	return;
}

# A pool of 1,024 workers, all of them held.
sub reads_large_pool
{
	my ($store) = @_;

	$store->operate('write_pool', new_pool => 'P');
	$store->session_of->query(
		"DO \$\$BEGIN
		FOR i IN 0 .. 1023 LOOP
			PERFORM provider_start(0, 'write', i, 'P', NULL, NULL, repeat('r', 300), 'take', repeat('n', 32)), provider_finish(0);
		END LOOP; END\$\$");
	my $answer = $store->operate('read');
	is(scalar(grep { $_->[1] eq 'r' x 300 && $_->[2] eq 'n' x 32 } @{ $answer->{workers} }), 1024, 'a large pool is read');
	diag("1,024 workers are read in $answer->{ms} ms");
	return;
}

1;
