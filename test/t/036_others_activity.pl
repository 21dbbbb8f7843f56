# Guards: a role is told of its own sessions' IDs, and of all with pg_read_all_stats, as in
# pg_stat_activity.  Nothing that others can look at moves when somebody is issued an ID,
# because when that happened is most of the ID.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use PostgreSQL::Test::Cluster;
use Test::More;

# All that is open to everyone, but for what idgen_check() knows of the kernel's clock.
my $ALL = q{SELECT jsonb_build_array(
	(SELECT jsonb_agg(to_jsonb(s)) FROM idgen_slots s),
	(SELECT jsonb_agg(to_jsonb(s)) FROM idgen_get_slots() s),
	(SELECT jsonb_agg(to_jsonb(t)) FROM idgen_timelines t),
	(SELECT jsonb_agg(to_jsonb(t)) FROM idgen_get_timelines() t),
	(SELECT jsonb_agg(to_jsonb(c)) FROM idgen_check() c WHERE subject <> 'system clock'),
	(SELECT to_jsonb(s) FROM idgen_status() s))};

# How a role sees the rows of idgen_slots: all, and its own session's.
my $SLOTS = q{SELECT count(*), count(*) FILTER (WHERE pid = pg_backend_pid()) FROM idgen_slots};

# What it sees of the server's timeline and the totals, and how many timelines.
my $KNOWS = q{SELECT timeline_at IS NOT NULL, ahead_of_clock IS NOT NULL, reserved_until IS NOT NULL, ids_issued IS NOT NULL,
	chunks_taken IS NOT NULL, sequence_waits IS NOT NULL, drift_waits IS NOT NULL, reservation_waits IS NOT NULL, lease_waits IS NOT NULL,
	time_waited IS NOT NULL, reservations IS NOT NULL, time_reserving IS NOT NULL,
	(SELECT count(*) || ' ' || count(timeline_at) || ' ' || count(ahead_of_clock) FROM idgen_timelines) FROM idgen_status()};
my $EVERYTHING = join('|', ('t') x 12);
my $NOTHING = join('|', ('f') x 12);

sub create_roles
{
	my ($node) = @_;

	$node->safe_psql(
		'postgres', q{
		CREATE ROLE regress_teller LOGIN;
		CREATE ROLE regress_onlooker LOGIN;
		CREATE ROLE regress_member LOGIN IN ROLE regress_teller;
		CREATE ROLE regress_heirless LOGIN NOINHERIT IN ROLE regress_teller;
		CREATE ROLE regress_reader LOGIN IN ROLE pg_read_all_stats;
		CREATE ROLE regress_monitor LOGIN IN ROLE pg_monitor;
		SELECT snowflake_create_generator('secret', 'leaf', 77);
		GRANT USAGE ON FOREIGN SERVER secret TO regress_teller;
		CREATE DATABASE other});
	$node->safe_psql('other', 'CREATE EXTENSION idgen');
	return;
}

# An onlooker learns nothing from any of the ways to get an ID.
sub check_onlooker
{
	my ($node) = @_;
	my @onlookers = map { session($node, user => 'regress_onlooker', dbname => $_) } 'postgres', 'other';
	my $teller = session($node, user => 'regress_teller');
	my @before = map { $_->query($ALL) } @onlookers;

	unlike($_, qr/timeline_at": "|issued": \d|last_id_at": "/, 'an onlooker sees no time and no count') foreach @before;
	foreach my $draw ('snowflake_nextval()', "snowflake_nextval('secret')", "snowflake_nextvals('secret', 10000)", 'uuidv7_sequential()',
		'ulid_sequential()', 'snowflake128_nextval()', 'snowflake_next_block(4096)')
	{
		$teller->query("SELECT $draw");
		is_deeply([ map { $_->query($ALL) } @onlookers ], \@before, "... nor that there was $draw");
	}
	is($_->query($KNOWS), "$NOTHING|1 0 0", '... only the timeline that there always is') foreach @onlookers;
	is($_->query($SLOTS), '0|0', '... and no slot of others') foreach @onlookers;

	$onlookers[1]->query('SELECT snowflake_nextval()');
	is($onlookers[1]->query($SLOTS), '1|1', 'its own slot is shown to it');
	is($onlookers[0]->query($SLOTS), '1|0', '... in all of its sessions');
	is($onlookers[0]->query('SELECT ids_issued, last_id_at IS NOT NULL FROM idgen_slots'), '1|t', '... with what it was issued');
	is($teller->query($SLOTS), '1|1', '... and to no one else');
	$_->quit foreach @onlookers, $teller;
	return;
}

# Who sees the slot of a teller.
sub check_roles
{
	my ($node) = @_;
	my $teller = session($node, user => 'regress_teller');

	$teller->query("SELECT snowflake_nextval('secret')");
	foreach my $case (
		[ regress_teller => 1, $NOTHING ],
		[ regress_member => 1, $NOTHING ],
		[ regress_heirless => 0, $NOTHING ],
		[ regress_onlooker => 0, $NOTHING ],
		[ regress_reader => 1, $EVERYTHING ],
		[ regress_monitor => 1, $EVERYTHING ])
	{
		my ($role, $slots, $knows) = @$case;
		my $session = session($node, user => $role, dbname => 'other');

		is($session->query('SELECT count(*) FROM idgen_slots WHERE pid = ' . $teller->pid), $slots, "$role: a teller's slot");
		like($session->query($KNOWS), qr/^\Q$knows\E\|/, '... and the totals');
		$session->quit;
	}

	# The same for roles taken on; one's own slot is that of the role that connected.
	my $superuser = session($node);
	my $row = 'SELECT count(*) FROM idgen_slots WHERE pid = pg_backend_pid()';
	$superuser->query('SELECT snowflake_nextval()');
	like($superuser->query($KNOWS), qr/^\Q$EVERYTHING\E\|3 3 3$/, 'a superuser sees all');
	foreach my $how ('ROLE', 'SESSION AUTHORIZATION')
	{
		$superuser->query("SET $how regress_teller");
		is($superuser->query($row), 0, "... but not as another role, by SET $how");
		is($superuser->query("SELECT usesysid = 'regress_teller'::regrole FROM pg_stat_activity WHERE pid = pg_backend_pid()"), 'f', '... as in pg_stat_activity');
		$superuser->query("RESET $how");
	}

	# Nor can the first ID be had under another name.
	my $disguised = session($node);
	$disguised->query('SET SESSION AUTHORIZATION regress_onlooker');
	$disguised->query('SELECT snowflake_nextval()');
	my $onlooker = session($node, user => 'regress_onlooker');
	is($onlooker->query($SLOTS), '0|0', 'a slot is that of who connected, whoever asked first');
	is($onlooker->query('SELECT count(*) FROM pg_stat_activity WHERE pid = ' . $disguised->pid . ' AND query IS DISTINCT FROM $$<insufficient privilege>$$'),
		0, '... as in pg_stat_activity');
	$_->quit foreach $teller, $superuser, $disguised, $onlooker;
	return;
}

# idgen_check() says that calls wait, to everyone, but not where exactly the timeline is.
sub check_finding
{
	my ($node) = @_;
	my $superuser = session($node);
	my $find = q{SELECT string_agg(finding, '') FROM idgen_check() WHERE subject = 'timeline' AND finding LIKE 'A generator%'};
	my $seen = q{SELECT round(extract(epoch FROM clock_timestamp() + substring(finding FROM '([0-9.]+) s ahead')::numeric * interval '1 s') * 1000) % 1000
		FROM idgen_check() WHERE subject = 'timeline' AND finding LIKE 'A generator%'};

	$superuser->query("SELECT idgen_reset_timeline(clock_timestamp() + interval '1 hour 0.5 s')");
	$superuser->query("SELECT snowflake_nextval('secret')");
	alter_system($node, $superuser, 'idgen.max_drift' => '1s');
	my $onlooker = session($node, user => 'regress_onlooker', dbname => 'other');
	like($_->query($find), qr/ s ahead of the system clock, /, 'a timeline that is too far ahead is found by all') foreach $superuser, $onlooker;
	cmp_ok(abs(500 - $superuser->query($seen) + $superuser->query("SELECT extract(ms FROM timeline_at)::int % 1000 - 500 FROM idgen_timelines WHERE worker_id = 77")),
		'<', 100, '... exactly by a superuser');
	my @fractions = map { $onlooker->query($seen) } 1 .. 5;
	is(scalar(grep { $_ > 100 && $_ < 900 } @fractions), 0, '... to the second by others') or diag("@fractions");
	$_->quit foreach $superuser, $onlooker;
	return;
}

foreach my $preload (0, 1)
{
	my $node = new_server("activity_$preload", preload => $preload, conf => "idgen.max_drift = '2h'");

	create_roles($node);
	check_onlooker($node);
	check_roles($node);
	check_finding($node);
	$node->stop;
}

done_testing();
