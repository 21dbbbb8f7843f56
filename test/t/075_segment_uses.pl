# Guards: Lamport clocks, scattered segments and IDs in slabs hold what they promise with several sessions, over crashes
# and restarts, and whatever the clock shows.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use List::Util qw(max);
use Test::More;

my $clock = fake_clock();
my $node = new_server('primary', preload => 1, clock => $clock);

$node->safe_psql('postgres', <<'END');
CREATE SEQUENCE clock;
CREATE SEQUENCE fifths START 3 INCREMENT 5;
CREATE SEQUENCE scattered;
CREATE SEQUENCE slabs AS integer;
CREATE SEQUENCE kept;
SELECT segment_configure('slabs', step => 1), segment_configure('kept', order_by => 'session');
END

# What one session has heard, all others are above from their next statement on.
sub check_sessions_of_clock
{
	my ($one, $other) = (session($node), session($node));

	is_increasing([ map { ($_ % 2 ? $one : $other)->query(q{SELECT lamport_tick('clock')}) } 1 .. 20 ], 'events of two sessions');
	is($one->query(q{SELECT lamport_update('clock', 500)}), 501, 'a message moves the clock within what the server has taken');
	is($other->query(q{SELECT lamport_tick('clock')}), 502, '... of other sessions, too');
	is($other->query(q{SELECT lamport_now('clock')}), 502, '... and all see it');
	is($one->query(q{SELECT lamport_update('clock', 9000000)}), 9000001, '... and far beyond that');
	is($other->query(q{SELECT lamport_tick('clock')}), 9000002, '... of other sessions, too');

	$other->query(q{BEGIN; DECLARE events CURSOR FOR SELECT lamport_tick('clock') FROM generate_series(1, 1000)});
	my $before = $other->query('FETCH 1 FROM events');
	my $heard = $one->query(q{SELECT lamport_update('clock', 9500000)});
	cmp_ok($before, '<', $heard, 'an event of a statement that goes on may be below');
	cmp_ok($other->query(q{SELECT lamport_tick('clock')}), '>', $heard, '... and the next statement is above');
	$other->query('COMMIT');

	my $now = $one->query(q{SELECT lamport_tick('clock')});
	like($one->error("SELECT lamport_update('clock', $now + 4294967298)"), qr/22023.*too far ahead/s, 'a jump is refused');
	is($one->query(q{SELECT lamport_tick('clock')}), $now + 2, '... and moves nothing');
	$node->append_conf('postgresql.conf', 'idgen.lamport_max_jump = 100');
	reload_until($node, $one, 'idgen.lamport_max_jump', '100');
	like($one->error("SELECT lamport_update('clock', $now + 1000)"), qr/"idgen\.lamport_max_jump" is 100\./, 'the limit is a setting');
	is($other->query("SELECT setval('clock', $now + 1000)"), $now + 1000, '... and the owner may set the clock');
	cmp_ok($one->query(q{SELECT lamport_tick('clock')}), '>', $now + 1000, '... from which it goes on');
	$node->append_conf('postgresql.conf', 'idgen.lamport_max_jump = 4294967296');
	reload_until($node, $one, 'idgen.lamport_max_jump', '4294967296');
	like($one->error(q{SELECT segment_nextval('kept'), lamport_tick('kept')}), qr/55000.*cannot be a Lamport clock/s, 'a segment whose sessions keep shares is no clock');
	is($one->query(q{SELECT array_agg(lamport_update('fifths', n * 100)) FROM generate_series(1, 3) n}), '{103,203,303}', 'a clock keeps to its own numbers');
	$_->quit for $one, $other;
	return;
}

# Clients of two clocks that tell each other what they show: an effect is always above its cause.
sub check_causality
{
	my $script = <<'END';
DO $$
DECLARE
	seen bigint := 0;
	at bigint := 0;
	before bigint := 0;
BEGIN
	FOR i IN 1 .. 2000 LOOP
		IF random() < 0.3 THEN
			SELECT last_value INTO seen FROM message;
			at := CASE WHEN random() < 0.5 THEN lamport_update('clock', seen) ELSE lamport_update('fifths', seen) END;
			IF at <= seen THEN
				RAISE 'effect % of %', at, seen;
			END IF;
			PERFORM setval('message', at);
		ELSE
			at := lamport_tick('clock');
			IF at <= before THEN
				RAISE 'event % after %', at, before;
			END IF;
			before := at;
		END IF;
	END LOOP;
END $$;
SELECT 'done';
END
	$node->safe_psql('postgres', 'CREATE SEQUENCE message');
	is_deeply([ map { $_->[-1] } run_clients($node, ($script) x 4) ], [ ('done') x 4 ], 'effects are above their causes');
	return;
}

# What was returned in a transaction that has not ended, or only reads, is durable.
sub check_crashes_of_clock
{
	my $highest = $node->safe_psql('postgres', q{SELECT lamport_now('clock')});
	my $lower = 0;

	for my $round (1 .. full_run() ? 50 : 8)
	{
		my $session = session($node);
		my $jump = int(rand(2) < 1 ? rand(1000) : rand(100000000));

		$session->query($round % 2 ? 'BEGIN' : 'BEGIN READ ONLY');
		my $first = $session->query(q{SELECT lamport_tick('clock')});
		my $last = $session->query("SELECT lamport_update('clock', $first + $jump)");
		$lower += $first <= $highest || $last <= $first + $jump;
		$highest = $last;
		crash_server($node);
		$session->abandon;
	}
	is($lower, 0, 'after crashes the clock is above all that it has returned');
	return;
}

sub check_scattered
{
	my $drawn = q{SELECT segment_nextval_scattered('scattered', 1, 1000000000000) FROM generate_series(1, 3000)};
	my @numbers = map { @$_ } run_clients($node, ($drawn) x 3);

	are_distinct(\@numbers, 'scattered numbers of several sessions');
	is(scalar(grep { $_ <= 1000000000000 } @numbers), 0, '... outside of the range');
	my $state = $node->safe_psql('postgres', q{SELECT segment_scattered_state('scattered')});
	is($node->safe_psql('postgres', "SELECT max(bit_reverse(n)) FROM unnest('{" . join(',', @numbers) . "}'::bigint[]) n"), $state,
		'... and the state is the highest of them before they were reversed');
	crash_server($node);
	my $next = $node->safe_psql('postgres', q{SELECT bit_reverse(segment_nextval_scattered('scattered'))});
	cmp_ok($next, '>', $state, '... also after a crash');
	return;
}

# Each life of the server has a slab of its own, so the clock does not matter.
sub check_slabs
{
	my $draw = q{SELECT slab_nextval('slabs') FROM generate_series(1, 1000)};
	my @ids;
	my %slabs;

	for my $life (0 .. 3)
	{
		my ($one, $other) = (session($node), session($node));
		my @drawn = ($one->ids($draw), $other->ids($draw), $one->ids($draw));

		is(scalar(keys %{ { map { ($_ >> 32) => 1 } @drawn } }), 1, "life $life of the server has one slab");
		push @ids, @drawn;
		$slabs{ $drawn[0] >> 32 } = 1;
		$clock->set_ahead(-86400 * $life);
		$life % 2 ? $node->stop : $node->stop('immediate');
		$_->abandon for $one, $other;
		start_server($node);
	}
	is(scalar(keys %slabs), 4, 'each life has another one');
	is_increasing(\@ids, 'IDs, while the clock is set back each time');
	cmp_ok($node->safe_psql('postgres', 'SELECT last_value FROM slabs'), '<=', 12, '... and few slabs are lost');

	my $session = session($node);
	my @many = $session->ids(q{SELECT slab_nextval('slabs') FROM generate_series(1, 100000)});
	is_increasing([ @ids, @many ], 'more IDs than a second has room for');
	$session->query('ALTER SEQUENCE slabs RESTART WITH 100');
	is($session->query(q{SELECT (snowflake_parse(slab_nextval('slabs'), 'hybrid')).slab_id}), 100, 'a sequence that is altered gives another slab');
	my @all = map { @$_ } run_clients($node, (q{SELECT slab_nextval('slabs') FROM generate_series(1, 5000)}) x 4);
	are_distinct(\@all, 'IDs of sessions that draw at the same time');
	is($session->query(q{SELECT last_value < 110 FROM slabs}), 't', '... which share a slab');
	$session->quit;
	return;
}

check_sessions_of_clock();
check_causality();
check_crashes_of_clock();
check_scattered();
check_slabs();
done_testing();
