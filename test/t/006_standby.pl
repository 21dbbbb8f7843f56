# Guards: a server in recovery makes no snowflake IDs, as they could be those of its
# primary; whatever reads works there; and once it is promoted, sessions that were
# there before go on to draw.  A read-only transaction is no obstacle.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use PostgreSQL::Test::Cluster;
use Test::More;

my @calls = (
	[ 'snowflake_nextval()', 'SELECT snowflake_nextval()' ],
	[ 'snowflake_nextvals()', 'SELECT unnest(snowflake_nextvals(3))' ],
	[ 'snowflake_next_block()', 'SELECT snowflake_next_block(3)' ]);
my @conversions = (
	[ 'idgen_convert_default()', q{SELECT idgen_convert_default('t', 'id')} ],
	[ 'idgen_convert_default()', q{SELECT idgen_convert_default('t', 'id', 'uuidv7()')} ],
	[ 'idgen_revert_default()', q{SELECT idgen_revert_default('t', 'id')} ]);

sub new_standby
{
	my ($primary, $name, $preload) = @_;
	my $standby = PostgreSQL::Test::Cluster->new($name);

	$standby->init_from_backup($primary, 'base', has_streaming => 1);
	$standby->append_conf('postgresql.conf', "idgen.worker_id = 2");
	$standby->append_conf('postgresql.conf', "shared_preload_libraries = 'idgen'")
	  if $preload;
	$standby->start;
	return $standby;
}

sub check_refusals
{
	my ($session, $when) = @_;

	foreach my $call (@calls, @conversions)
	{
		my ($name, $sql) = @$call;
		like($session->error($sql), qr/ERROR:  25006: cannot execute \Q$name\E during recovery/,
			"$when: no $name");
	}
	return;
}

sub check_reading
{
	my ($session, $id, $when) = @_;

	is($session->query("SELECT worker_id, snowflake_timestamp($id) = created_at FROM snowflake_parse($id)"),
		'1|t', "$when: an ID of the primary is read");
	is($session->query('SELECT public.uuidv7() < public.uuidv7()'), 't', "$when: UUIDs are made");
	is($session->query('SELECT worker_id, timeline_at IS NULL, ids_issued FROM idgen_status()'),
		'2|t|0', "$when: idgen_status() tells that nothing was drawn");
	is($session->query('SELECT count(*) FROM idgen_slots'), 0, "$when: idgen_slots is empty");
	return;
}

sub check_standby
{
	my ($primary, $preload) = @_;
	my $kind = $preload ? 'preloaded' : 'not preloaded';
	my $standby = new_standby($primary, $preload ? 'preloaded' : 'plain', $preload);
	my $session = session($standby);
	my $reader = session($standby);
	my $id = $primary->safe_psql('postgres', 'INSERT INTO t DEFAULT VALUES RETURNING id');

	$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
	is($reader->query("SELECT count(*) FROM t WHERE id = $id"), 1, "$kind: the standby has the primary's ID");
	check_refusals($session, "$kind, in recovery");
	check_reading($reader, $id, "$kind, in recovery");
	check_refusals($reader, "$kind, in recovery, once more");

	$standby->promote;
	my @ids = map { $session->ids($_->[1]) } @calls;
	is_increasing(\@ids, "$kind: the same session draws after the promotion");
	is($session->query("SELECT worker_id FROM snowflake_parse($ids[0])"), 2, '... as the node it is');
	is_increasing([ $ids[-1], $reader->query('INSERT INTO t DEFAULT VALUES RETURNING id') ],
		"$kind: so does another one");
	is($session->query('SELECT ids_issued FROM idgen_status()'), 8, "$kind: all are counted");

	$_->quit foreach $session, $reader;
	$standby->stop;
	return;
}

# A transaction that may not write may draw.
sub check_read_only
{
	my ($node) = @_;
	my $session = session($node);

	foreach my $call (@calls)
	{
		my ($name, $sql) = @$call;
		is($session->error("BEGIN READ ONLY; $sql; COMMIT"), '', "read-only transaction: $name");
	}
	$session->query('SET default_transaction_read_only = on');
	is($session->error('SELECT snowflake_nextval()'), '', 'read-only session');
	$session->quit;
	return;
}

my $primary = new_server('primary', streaming => 1, conf => 'idgen.worker_id = 1');
$primary->safe_psql('postgres', 'CREATE TABLE t (id bigint PRIMARY KEY DEFAULT snowflake_nextval())');
$primary->backup('base');

check_read_only($primary);
check_standby($primary, 0);
check_standby($primary, 1);

done_testing();
