# Guards: under load from many sessions, in all ways to draw, no number of a segment comes twice, and
# the counts of the view segments account for each number that was taken and for each gap.  Sessions
# that need more than there is wait for the refill and do not fail.  Backends that are killed
# cost numbers, no more than two steps each time, and repeat none.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use IPC::Run;
use PostgreSQL::Test::Utils;
use Test::More;

my $STEP = 50;
my $LARGEST_STEP = 16 * $STEP;
my $ROUNDS = full_run() ? 20 : 3;

my $node = new_server('load', preload => 1, conf => "restart_after_crash = on\nfsync = off");
my $scripts = PostgreSQL::Test::Utils::tempdir();

$node->safe_psql('postgres', <<"END");
CREATE SEQUENCE orders;
CREATE TABLE drawn (id bigint PRIMARY KEY DEFAULT segment_nextval('orders'), n int);
SELECT segment_configure('orders', step => $STEP);
END

# Ways to draw, as scripts of pgbench.
my %ways = (
	one => 'INSERT INTO drawn DEFAULT VALUES;',
	several => "\\set n random(1, 200)\nINSERT INTO drawn (n) SELECT g FROM generate_series(1, :n) g;",
	array => "\\set n random(1, 300)\nINSERT INTO drawn (id) SELECT unnest(segment_nextvals('orders', :n));",
	block => "\\set n random(1, 300)\nINSERT INTO drawn (id) SELECT b + g - 1 FROM (SELECT segment_next_block('orders', :n) b) s, generate_series(1, :n) g;",
	range => "\\set n random(1, 300)\nINSERT INTO drawn (id) SELECT generate_series(lower(r), upper(r) - 1) FROM (SELECT segment_take('orders', :n) r) s;",
	transaction => "BEGIN;\nINSERT INTO drawn DEFAULT VALUES;\nINSERT INTO drawn DEFAULT VALUES;\nCOMMIT;");

foreach my $way (keys %ways)
{
	open(my $file, '>', "$scripts/$way.sql") or die "could not write $way.sql: $!";
	print $file "$ways{$way}\n";
	close($file);
}

sub pgbench
{
	my (@options) = @_;

	return ('pgbench', '-n', '-c', 12, '-j', 2, @options, map({ ('-f', "$scripts/$_.sql") } sort keys %ways),
		'-d', $node->connstr('postgres'));
}

# What is left of the segment on this server: (in the chunk, in the reserve).
my $LEFT = <<'END';
SELECT coalesce(upper(chunk) - next, 0), coalesce(upper(reserve) - lower(reserve), 0),
	taken, issued, wasted, returned, refills, waits, step FROM segments WHERE sequence = 'orders'::regclass
END

sub check_counts
{
	my ($name) = @_;
	my ($chunk, $reserve, $taken, $issued, $wasted, $returned, $refills, $waits, $step) =
	  split /\|/, $node->safe_psql('postgres', $LEFT);
	my ($rows, $highest, $last_value) =
	  split /\|/, $node->safe_psql('postgres', 'SELECT count(*), max(id), (SELECT last_value FROM orders) FROM drawn');

	note("$rows rows, $taken taken, $issued issued, $wasted wasted, $refills refills, $waits waits, step $step, left $chunk and $reserve");
	is($issued, $rows, "$name: what was issued is in the table");
	is($taken, $issued + $wasted + $chunk + $reserve, '... what was taken was issued or wasted, or is left');
	is($last_value, $taken, '... which is all that the sequence has given');
	is($last_value - $rows, $wasted + $chunk + $reserve, '... so each gap is accounted for');
	cmp_ok($step, '<=', $LARGEST_STEP, '... the step grows to 16 times the first');
	return;
}

$node->command_ok([ pgbench('-t', full_run() ? 5000 : 300) ], 'many sessions draw in all ways');
check_counts('under load');

# Each kill ends all sessions.  The clients of the round end with errors, and later ones go on.
foreach my $round (1 .. $ROUNDS)
{
	my $output = '';
	my $run = IPC::Run::start([ pgbench('-T', 600) ], '>&', \$output);
	my $before = $node->safe_psql('postgres', 'SELECT count(*) FROM drawn');
	my $victim = wait_until {
		$node->safe_psql('postgres', "SELECT max(pid) FROM pg_stat_activity, (SELECT count(*) n FROM drawn) s
			WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND n > $before + 500")
	} 'clients to draw';

	kill_backend($node, $victim);
	$run->finish;
	unlike($output, qr/duplicate key|55000/, "a backend was killed: no number came twice, and no call failed before") or diag($output);
	my ($highest, $next) = split /\|/, $node->safe_psql('postgres', "SELECT max(id), segment_nextval('orders') FROM drawn");
	cmp_ok($next, '>', $highest, '... numbers go on');
	cmp_ok($next - $highest, '<=', 2 * $LARGEST_STEP + 12 * 300, '... and at most two steps, and what sessions had drawn, are lost');
}
$node->command_ok([ pgbench('-t', 50) ], 'after all that, many sessions draw');
unlike(PostgreSQL::Test::Utils::slurp_file($node->logfile), qr/duplicate key/, 'no number came twice');

done_testing();
