# Guards: what holds back a horizon on the primary holds it back on a standby that is promoted; a standby's
# readers find each row once by a horizon that the primary has written to a table, in one statement; who may see
# which transactions hold back a horizon; and that idgen_check() and idgen_status() report one that does so for
# long.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use PostgreSQL::Test::Cluster;
use Test::More;

my $primary = new_server('primary', preload => 1, streaming => 1, conf => "max_prepared_transactions = 10\nidgen.horizon_lag_limit = '1ms'");
my $session = session($primary);

$session->query($_) foreach
  'CREATE TABLE outbox (id bigint PRIMARY KEY DEFAULT snowflake_nextval())',
  'CREATE TABLE heartbeat (horizon bigint NOT NULL)',
  'INSERT INTO heartbeat VALUES (0)';

# Reads with one snapshot, where no horizon can be read.
my $READ = 'SELECT o.id FROM outbox o, (SELECT max(horizon) AS horizon FROM heartbeat) h WHERE o.id > %s AND o.id < h.horizon ORDER BY o.id';
my $BEAT = 'UPDATE heartbeat SET horizon = greatest(horizon, snowflake_horizon())';

sub caught_up
{
	my ($standby) = @_;

	$primary->wait_for_catchup($standby, 'replay', $primary->lsn('flush'));
	return;
}

sub check_rights
{
	my $holder = session($primary);
	my $IS_SEEN = 'SELECT count(*) FROM idgen_horizon_holders';

	$session->query($_) foreach 'CREATE ROLE regress_writer LOGIN', 'CREATE ROLE regress_monitor LOGIN IN ROLE pg_monitor',
	  'CREATE ROLE regress_nobody LOGIN', 'GRANT INSERT ON outbox TO regress_writer';
	my $writer = session($primary, user => 'regress_writer');
	$writer->query('BEGIN; INSERT INTO outbox DEFAULT VALUES');
	$holder->query('BEGIN; INSERT INTO outbox DEFAULT VALUES');
	is($primary->safe_psql('postgres', $IS_SEEN), 2, 'a superuser sees all transactions that hold');
	is(new_session_gets($primary, $IS_SEEN, user => 'regress_monitor'), 2, '... and so does a role that may read statistics');
	is($writer->query($IS_SEEN), 1, '... and others see their own');
	is(new_session_gets($primary, $IS_SEEN, user => 'regress_nobody'), 0, '... or none');
	is($writer->query('SELECT state, ids, database FROM idgen_horizon_holders'), 'active|snowflake|postgres', '... with what PostgreSQL shows of them');
	is(new_session_gets($primary, 'SELECT horizon_lag IS NULL FROM idgen_status()', user => 'regress_nobody'), 't', '... and not how long there has been one');
	like(new_session_gets($primary, 'SELECT snowflake_horizon()', user => 'regress_nobody'), qr/^\d+$/, 'everybody may read a horizon');

	is($session->query("SELECT horizon_lag > '0' FROM idgen_status()"), 't', 'the status has how long the oldest has been open');
	like($session->query("SELECT severity, finding FROM idgen_check() WHERE subject = 'horizon'"),
		qr/^warning\|A transaction in which IDs were generated has been open for \d+ s/, '... which is a finding from a limit on');
	alter_system($primary, $session, 'idgen.horizon_lag_limit', '1h');
	is($session->query("SELECT count(*) FROM idgen_check() WHERE subject = 'horizon'"), 0, '... and not below it');
	$_->query('ROLLBACK') foreach $writer, $holder;
	is($session->query('SELECT horizon_lag IS NULL FROM idgen_status()'), 't', 'there is none when they have ended');
	is($primary->safe_psql('postgres', $IS_SEEN), 0, '... in the view either');
	$_->quit foreach $writer, $holder;
	return;
}

sub check_standby
{
	my ($standby) = @_;
	my $reader = session($standby);
	my $writer = session($primary);
	my $last = 0;
	my @read;

	like($reader->error('SELECT snowflake_horizon()'), qr/ERROR:  25006: cannot execute snowflake_horizon\(\) during recovery.*HINT:  Let the primary write/s,
		'a standby has no horizon');
	is($reader->query('SELECT count(*) FROM idgen_horizon_holders'), 0, '... and nothing that holds one');

	for my $round (1 .. 20)
	{
		$writer->query('BEGIN; INSERT INTO outbox DEFAULT VALUES');
		$session->query('INSERT INTO outbox SELECT FROM generate_series(1, 3)');
		$session->query($BEAT) if $round % 2;
		$session->query('INSERT INTO outbox DEFAULT VALUES');
		$writer->query($round % 3 ? 'COMMIT' : 'ROLLBACK');
		$session->query($BEAT);
		caught_up($standby);
		my @new = $reader->ids(sprintf($READ, $last));
		push @read, @new;
		$last = $new[-1] if @new;
	}
	is_increasing(\@read, 'rows come in order on the standby');
	is(join(' ', @read), join(' ', $session->ids('SELECT id FROM outbox ORDER BY id')), '... and each of them once');
	$_->quit foreach $reader, $writer;
	return;
}

sub check_promotion
{
	my ($standby) = @_;
	my $writer = session($primary);

	$writer->query('BEGIN');
	my $id = $writer->query('INSERT INTO outbox DEFAULT VALUES RETURNING id');
	$session->query('INSERT INTO outbox DEFAULT VALUES');
	my $before = $session->query('SELECT snowflake_horizon()');
	cmp_ok($before, '<=', $id, 'a transaction holds');
	$writer->query("PREPARE TRANSACTION 'promoted'");
	caught_up($standby);
	$_->quit foreach $writer, $session;
	$primary->stop('immediate');
	$standby->promote;

	my $reader = session($standby);
	my $horizon = $reader->query('SELECT snowflake_horizon()');
	cmp_ok($horizon, '<=', $id, '... also on a standby that is promoted, when it has been prepared');
	cmp_ok($horizon, '>=', $before, '... where the horizon goes on');
	is($reader->query('SELECT gid, ids, first_id FROM idgen_horizon_holders'), "promoted|snowflake|$before", '... as is shown');
	$reader->query("COMMIT PREPARED 'promoted'");
	cmp_ok($reader->query('SELECT snowflake_horizon()'), '>', $id, '... until it is committed');
	is($reader->query("SELECT count(*) FROM outbox WHERE id = $id"), 1, '... and its row is there');
	$reader->quit;
	return;
}

check_rights();
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
start_server($standby);
check_standby($standby);
check_promotion($standby);

done_testing();
