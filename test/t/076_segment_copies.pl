# Guards: after pg_upgrade, segments go on above what they issued, and what is built on them does, too: Lamport clocks,
# scattered segments, slabs, and sequences that are interleaved; defaults, options and positions are there. The same
# after a dump is restored, and on a copy of the files. (Copies of segments as such are in 070_segment.pl.)

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use PostgreSQL::Test::Cluster;
use Test::More;

my $node = new_server('original', preload => 1, streaming => 1);

# "highest of a segment, clock, state of a scattered segment, slab, number of an interleaved sequence"
my $STATE = <<'END';
WITH new AS (INSERT INTO t DEFAULT VALUES RETURNING *)
SELECT n, lamport_tick('clock'), bit_reverse(scattered), slab >> 32, ticket FROM new
END

$node->safe_psql('postgres', <<'END');
CREATE SEQUENCE numbers;
CREATE SEQUENCE clock;
CREATE SEQUENCE counters;
CREATE SEQUENCE slabs AS integer;
CREATE SEQUENCE tickets;
SELECT segment_configure('numbers', step => 50, order_by => 'session'), segment_configure('slabs', step => 1);
SELECT sequence_interleave('tickets', 3, 16);
SELECT lamport_update('clock', 1000000);
CREATE TABLE t (
	n bigint PRIMARY KEY DEFAULT segment_nextval('numbers'),
	scattered bigint UNIQUE DEFAULT segment_nextval_scattered('counters', 1, 1000000),
	slab bigint UNIQUE DEFAULT slab_nextval('slabs'),
	ticket bigint UNIQUE DEFAULT nextval('tickets'));
ALTER SEQUENCE numbers OWNED BY t.n;
INSERT INTO t SELECT FROM generate_series(1, 1000);
END

sub state_of { return [ split /\|/, $_[0]->safe_psql($_[1], $STATE) ]; }

# Each is above that of the original; the ticket is of the same node.
sub is_continued
{
	my ($before, $after, $name) = @_;
	my @names = ('numbers', 'the clock', 'scattered numbers', 'slabs', 'tickets');

	cmp_ok($after->[$_], '>', $before->[$_], "$name: $names[$_] continue") foreach 0 .. 4;
	is($after->[4] % 16, 3, "$name: tickets are of the same node");
	return;
}

sub options_of { return $_[0]->safe_psql($_[1], 'SELECT * FROM segment_options ORDER BY sequence::text'); }

my $before = state_of($node, 'postgres');

# A dump has the position of each sequence.
my $dump = $node->data_dir . '/../dump.sql';
$node->command_ok([ 'pg_dump', '--no-sync', '-f', $dump, $node->connstr('postgres') ], 'dumped');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-f', $dump, $node->connstr('restored') ], 'restored');
is_continued($before, state_of($node, 'restored'), 'restored');
is(options_of($node, 'restored'), options_of($node, 'postgres'), '... with options');
$node->safe_psql('postgres', 'DROP DATABASE restored');

# A copy of the files, while numbers are drawn.
my $copy = PostgreSQL::Test::Cluster->new('copy');
my $busy = session($node);
$busy->query('BEGIN');
$busy->query($STATE);
$node->backup('base');
$before = state_of($node, 'postgres');
$busy->query('COMMIT');
$busy->quit;
$copy->init_from_backup($node, 'base');
$copy->start;
cmp_ok(state_of($copy, 'postgres')->[1], '>', 1000000, 'a copy of the files goes on above what it has');
$copy->stop;

# pg_upgrade
my $new = PostgreSQL::Test::Cluster->new('upgraded');
$new->init;
$new->append_conf('postgresql.conf', "shared_preload_libraries = 'idgen'");
my $options = options_of($node, 'postgres');
$node->stop;
upgrade_cluster($node, $new);
$new->start;
is_continued($before, state_of($new, 'postgres'), 'upgraded');
is(options_of($new, 'postgres'), $options, '... with options');
is($new->safe_psql('postgres', "SELECT count(*) FROM pg_trigger WHERE tgfoid = 'idgen_restore_row()'::regprocedure"), 4, '... and the triggers for dumps');
$new->stop;
done_testing();
