# The provider of ZooKeeper: each operation and each refusal; sessions that race; a ZooKeeper that is away, stopped,
# killed or wiped; users.  What is said to have been applied is in the store, and what is said not to have been is not.
# Then servers of PostgreSQL that lease from it, as 052 has it for another store.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use IdgenTest::Lease;
use IdgenTest::Provider;
use IdgenTest::ProviderCosts;
use IdgenTest::ZooKeeper;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

skip_all_without_zookeeper();

my $store = zookeeper_store('one');
my $zookeeper = $store->zookeeper;
my $node = provider_server();
my @NO_WORKER = (record => undef, hold_nonce => undef);

# A session with a prepared store.  Options as for provider().
sub open_store
{
	my (%option) = @_;
	my $session = zookeeper_session($node, $zookeeper, %option);

	$session->operate('prepare') unless $option{store};
	return $session;
}

# ---------------------------------------------------------------------- operations

sub check_pool
{
	my $store = zookeeper_session($node, $zookeeper, pool => 'pool');

	answers($store->operate('read'), 'applied', { pool => undef, workers => [], incarnation => '0' }, 'nothing is there at first');
	answers($store->operate('keep', hold_nonce => 'n'), 'refused', { pool => undef, @NO_WORKER }, '... no hold either');
	my $unprepared = $store->operate('write_pool', new_pool => 'P');
	answers($unprepared, 'unreachable', {}, 'a pool is not created before that is prepared');
	like($unprepared->{error}, qr/^ZooKeeper has nothing prepared/, '... and the error says so');
	my $prepared = $store->operate('prepare');
	answers($prepared, 'applied', { error => '' }, 'it is prepared');
	answers($store->operate('prepare'), 'applied', { incarnation => $prepared->{incarnation} }, '... again, under the same identity');
	cmp_ok(length $prepared->{incarnation}, '>', 10, '... which is random');
	is(scalar(grep { /^store-[0-9a-f]{16}$/ } @{ $zookeeper->client->children('/idgen/pool') }), 1, '... and in the name of one marker');
	answers($store->operate('read'), 'applied', { pool => undef, workers => [] }, 'there is no pool at first');
	answers($store->operate('write_pool', pool => 'x', new_pool => 'y'), 'refused', { pool => undef }, 'a pool that is not there is not changed');
	answers($store->operate('write', worker => 1, new_record => 'y'), 'unreachable', {}, 'no worker is written without a pool');
	answers($store->operate('write_pool', new_pool => 'one'), 'applied', {}, 'a pool is created');
	answers($store->operate('write_pool', new_pool => 'two'), 'refused', { pool => 'one' }, '... and not a second time');
	answers($store->operate('write_pool', pool => 'on', new_pool => 'two'), 'refused', { pool => 'one' }, '... nor changed by one who knows another record');
	answers($store->operate('write_pool', pool => 'one', new_pool => 'two'), 'applied', {}, '... but by one who knows it');
	answers($store->operate('read'), 'applied', { pool => 'two', workers => [] }, '... and is read');
	answers(open_store(pool => 'poo')->operate('read'), 'applied', { pool => undef }, 'another pool is not there');
	$store->operate('write_pool', pool => 'two', new_pool => 'p' x 900);
	answers($store->operate('read'), 'applied', { pool => 'p' x 900 }, 'a long record');
	return;
}

sub check_records
{
	my $store = open_store(pool => 'records');
	my %seven = (worker => 7, pool => 'P', ttl_ms => 30000);

	$store->operate('write_pool', new_pool => 'P');
	answers($store->operate('write', %seven, pool => undef, new_record => 'a'), 'refused', { pool => 'P', worker => 7, @NO_WORKER }, 'the pool must be what is expected: absent');
	answers($store->operate('write', %seven, pool => 'Q', new_record => 'a'), 'refused', { pool => 'P', @NO_WORKER }, '... or another one');
	answers($store->operate('write', %seven, record => 'a', new_record => 'b'), 'refused', { pool => 'P', @NO_WORKER }, 'a record that is not there is not changed');
	answers($store->operate('write', %seven, new_record => 'a'), 'applied', {}, 'a record is created');
	answers($store->operate('write', %seven, new_record => 'b'), 'refused', { record => 'a', hold_nonce => undef }, '... and not a second time');
	answers($store->operate('write', %seven, record => 'b', new_record => 'c'), 'refused', { record => 'a' }, '... nor changed by one who knows another');
	answers($store->operate('write', %seven, record => 'a', new_record => 'b'), 'applied', {}, '... but by one who knows it');
	my $strange = qq{quote " backslash \\ comma, percent %s \x{e4}\x{20ac} <&> tab\t};
	utf8::encode($strange);
	$store->operate('write', %seven, record => 'b', new_record => $strange);
	answers($store->operate('write', %seven, record => $strange, new_record => 'r' x 319), 'applied', {}, 'any text is compared byte for byte');
	answers($store->operate('write', %seven, new_record => 'x'), 'refused', { record => 'r' x 319 }, '... and of any length that there is');
	return;
}

sub check_holds
{
	my $store = open_store(pool => 'holds');
	my %three = (worker => 3, pool => 'P', ttl_ms => 30000);
	my $mine = '0' x 31 . '1';
	my $other = '0' x 31 . '2';
	my $path = '/idgen/holds/hold/00000003';

	$store->operate('write_pool', new_pool => 'P');
	answers($store->operate('write', %three, new_record => 'a', hold => 'take', hold_nonce => $mine), 'applied', {}, 'a hold is taken with the record');
	answers($store->operate('read'), 'applied', { workers => [ [ 3, 'a', $mine ] ] }, '... and read');
	my $owner = $zookeeper->client->stat_of($path)->{owner};
	isnt($owner, 0, '... and ephemeral');
	answers($store->operate('write', %three, record => 'a', new_record => 'b', hold => 'take', hold_nonce => $other), 'refused', { record => 'a', hold_nonce => $mine, pool => 'P' }, '... and not taken twice');
	answers($store->operate('write', %three, record => 'a', new_record => 'b', hold => 'take', hold_nonce => $mine), 'refused', { record => 'a', hold_nonce => $mine }, '... not even by its owner');
	answers($store->operate('write', %three, record => 'a', new_record => 'b'), 'applied', {}, 'the record is written while there is a hold');
	answers($store->operate('keep', %three, hold_nonce => $mine), 'applied', {}, 'a hold is kept');
	answers($store->operate('keep', %three, hold_nonce => $other), 'refused', { pool => 'P', record => 'b', hold_nonce => $mine, worker => 3 }, '... by its owner alone');
	answers($store->operate('keep', %three, worker => 4, hold_nonce => $mine), 'refused', { pool => 'P', worker => 4, @NO_WORKER }, '... and not where there is none');
	my $second = open_store(pool => 'holds');
	answers($second->operate('keep', %three, hold_nonce => $mine), 'applied', {}, '... also by a session that has not taken it');
	isnt($zookeeper->client->stat_of($path)->{owner}, $owner, '... which owns it from then on');
	$second->close;
	answers($store->operate('keep', %three, hold_nonce => $mine), 'refused', { record => 'b', hold_nonce => undef }, '... and with which it ends');
	answers($store->operate('write', %three, record => 'b', new_record => 'b', hold => 'take', hold_nonce => $mine), 'applied', {}, 'it is taken again, with the record as it is');
	answers($store->operate('write', %three, record => 'b', new_record => 'c', hold => 'drop', hold_nonce => $other), 'applied', {}, "one drops one's own hold alone");
	answers($store->operate('read'), 'applied', { workers => [ [ 3, 'c', $mine ] ] }, "... and leaves others' as they are");
	answers($store->operate('write', %three, record => 'b', new_record => 'd', hold => 'drop', hold_nonce => $mine), 'refused', { record => 'c', hold_nonce => $mine }, '... unless the record is refused');
	answers($store->operate('write', %three, record => 'c', new_record => 'd', hold => 'drop', hold_nonce => $mine), 'applied', {}, 'a hold is dropped with the record');
	answers($store->operate('read'), 'applied', { workers => [ [ 3, 'd', undef ] ] }, '... and gone');
	answers($store->operate('write', %three, record => 'd', new_record => 'e', hold => 'drop', hold_nonce => $mine), 'applied', {}, 'a hold that is not there is dropped without an error');
	answers($store->operate('write', %three, record => 'e', new_record => 'f', hold => 'take', hold_nonce => $other), 'applied', {}, '... and can be taken');
	return;
}

sub check_read
{
	my $store = open_store(pool => 'all');
	my $nonce = 'f' x 32;
	my $client = $zookeeper->client;

	$store->operate('write_pool', new_pool => 'P');
	$store->operate('write', worker => $_, pool => 'P', new_record => "r$_") foreach 5, 16777215, 0;
	$store->operate('write', worker => $_, pool => 'P', new_record => "r$_", hold => 'take', hold_nonce => $nonce) foreach 1023, 6;
	$client->create("/idgen/all/$_", 'x') foreach qw(fence/7 fence/000000007 fence/0000000x fence/99999999 other fence/00000007x);
	$client->create('/idgen/all/hold/00000008', 'g' x 40);
	my $answer = $store->operate('read');
	$answer->{workers} = [ sort { $a->[0] <=> $b->[0] } @{ $answer->{workers} } ];
	answers(
		$answer, 'applied',
		{ pool => 'P', workers => [ [ 0, 'r0', undef ], [ 5, 'r5', undef ], [ 6, 'r6', $nonce ], [ 8, undef, 'g' x 32 ], [ 1023, 'r1023', $nonce ], [ 16777215, 'r16777215', undef ] ] },
		'records and holds of all workers are read, and nothing else');
	cmp_ok($answer->{revision}, '>', 1, '... with the revision of the store');
	cmp_ok(abs($answer->{clock_us} / 1e6 - time()), '<', 3, '... and its clock');
	is($answer->{clock_error_us}, 1000, '... in ms');
	my $later = $store->operate('write', worker => 5, pool => 'P', record => 'r5', new_record => 's5');
	is($later->{revision}, $answer->{revision} + 1, 'the revision goes on with each write');
	cmp_ok(abs($later->{clock_us} / 1e6 - time()), '<', 3, '... which tells the clock, too');
	is($later->{incarnation}, $answer->{incarnation}, '... and the identity stays');
	my $kept = $store->operate('keep', worker => 6, hold_nonce => $nonce);
	is_deeply([ @$kept{qw(outcome revision clock_us)} ], [ 'applied', $later->{revision}, 0 ], 'what writes nothing tells the revision, and no clock');
	return;
}

# A hold vanishes unless it is kept, and the record stays.
sub check_expiry
{
	my $store = open_store(pool => 'expiry');
	my %one = (worker => 1, pool => 'P', ttl_ms => 1000, hold_nonce => 'a' x 32);

	$store->operate('write_pool', new_pool => 'P');
	$store->operate('write', %one, new_record => 'a', hold => 'take');
	for my $turn (1 .. 3)
	{
		sleep 0.5;
		$store->operate('keep', %one)->{outcome} eq 'applied' or fail("kept, turn $turn");
	}
	is($zookeeper->client->get('/idgen/expiry/hold/00000001'), 'a' x 32, 'a hold that is kept stays');
	wait_until { !defined $zookeeper->client->get('/idgen/expiry/hold/00000001') } 'the hold to vanish';
	answers($store->operate('keep', %one), 'refused', { record => 'a', hold_nonce => undef }, 'one that is not kept vanishes, without the record');
	answers($store->operate('write', %one, worker => 2, new_record => 'b', hold => 'take', ttl_ms => 1), 'applied', {}, 'a TTL of less than a second is rounded up');
	my $long = open_store(pool => 'expiry')->operate('write', %one, worker => 3, new_record => 'b', hold => 'take', ttl_ms => 3_600_000);
	answers($long, 'unreachable', {}, 'a TTL for which ZooKeeper does not let sessions live');
	like($long->{error}, qr/sessions live for 60000 ms \(its maxSessionTimeout\), too short for holds of 3600000 ms/, '... and the error says so');
	return;
}

# ---------------------------------------------------------------------- races

# Sessions that start together claim one worker: one of them gets it.
sub check_races
{
	my ($count) = @_;
	my $store = open_store(pool => 'race');
	my $rounds = full_run() ? 20 : 3;
	my $address = $zookeeper->store;

	$store->operate('write_pool', new_pool => 'P');
	my @lines = run_clients(
		$node,
		map {
			my $client = $_;
			"SELECT provider_open('\$libdir/idgen_zookeeper', '$address', 'race', NULL, NULL, 10000);\n" . join(
				'',
				map {
					"SELECT provider_start(0, 'write', $_, 'P', NULL, NULL, 'by $client', 'take', 'n$client'); SELECT concat_ws(' ', $_, outcome, record, hold_nonce) FROM provider_finish(0);\n"
				} 1 .. $rounds) . "SELECT pg_sleep(2);\n"
		} 1 .. $count);
	my %winner = map { $_->[0] => $_->[1] =~ s/^by //r } @{ $store->operate('read')->{workers} };
	my %claims;

	foreach my $client (1 .. $count)
	{
		foreach (@{ $lines[ $client - 1 ] })
		{
			/^(\d+) (\w+) ?(.*)$/ or next;
			push @{ $claims{$1}{$2} }, [ $client, $3 ];
		}
	}
	foreach my $worker (1 .. $rounds)
	{
		my @applied = @{ $claims{$worker}{applied} // [] };
		my @refused = @{ $claims{$worker}{refused} // [] };

		is("@{ [ map { $_->[0] } @applied ] }", $winner{$worker}, "worker $worker: the one whose record is there has won, and nobody else");
		is(scalar @refused, $count - 1, '... the others were refused');
		is(scalar(grep { $_->[1] ne "by $winner{$worker} n$winner{$worker}" } @refused), 0, '... and told by whom');
	}
	return;
}

# ---------------------------------------------------------------------- a ZooKeeper that does not answer

sub check_away
{
	my ($closed, $closed_too) = map { PostgreSQL::Test::Cluster::get_free_port() } 1 .. 2;
	my ($port) = $zookeeper->ports;
	my %nine = (worker => 9, pool => 'P');

	open_store(pool => 'away')->operate('write_pool', new_pool => 'P');
	foreach my $turn (1 .. 4)
	{
		my $store = open_store(pool => 'away', store => $zookeeper->store($closed, $port, $closed_too));
		my $before = $turn == 1 ? undef : 'r' . ($turn - 1);

		answers($store->operate('write', %nine, record => $before, new_record => "r$turn"), 'applied', {}, 'servers that are closed are passed over');
		answers($store->operate('keep', %nine, hold_nonce => 'x'), 'refused', { record => "r$turn" }, '... also by what comes next');
	}
	my $store = open_store(store => $zookeeper->store($closed, $closed_too));
	answers($store->operate($_, %nine, new_record => 'x', new_pool => 'y', hold_nonce => 'z'), 'unreachable', {}, "all are closed: $_") foreach qw(read write write_pool keep prepare);
	my $answer = $store->operate('read');
	like($answer->{error}, qr/^ZooKeeper at 127\.0\.0\.1:\d+: .*refused/i, '... and the error says so');
	cmp_ok($answer->{ms}, '<', 500, '... at once');
	my $by_name = open_store(pool => 'away', store => "zookeeper://no-such-host.invalid,localhost:$port", timeout => 3000);
	answers($by_name->operate('read'), 'applied', { pool => 'P' }, 'names of hosts, of which one is not there');
	my $nowhere = open_store(store => 'zookeeper://no-such-host.invalid', timeout => 3000)->operate('write', %nine, new_record => 'x');
	answers($nowhere, 'unreachable', {}, '... and the only one');
	like($nowhere->{error}, qr/could not translate host name "no-such-host.invalid"/, '... and the error says so');
	my $nothing = open_store(pool => 'away', store => $zookeeper->store . '/no/path');
	answers($nothing->operate('prepare'), 'unreachable', {}, 'a path that is not there');
	is($nothing->operate('prepare')->{error}, 'ZooKeeper has no path "/no/path"', '... and the error says so');
	$zookeeper->client->create('/a', '');
	my $below = open_store(pool => 'away', store => $zookeeper->store . '/a/');
	answers($below->operate($_, new_pool => 'Q'), 'applied', {}, "a path that is there: $_") foreach qw(prepare write_pool);
	is($zookeeper->client->get('/a/idgen/away/pool'), 'Q', '... is where the pool is');
	return;
}

# Stopped, it accepts connections and does not answer.
sub check_paused
{
	my $store = open_store(pool => 'away', timeout => 300);
	my %ten = (worker => 10, pool => 'P', hold_nonce => 'h');

	$store->operate('write', %ten, new_record => 'a', hold => 'take');
	$zookeeper->pause;
	my $answer = $store->operate('read');
	answers($answer, 'unreachable', {}, 'ZooKeeper is stopped: nothing has been read');
	cmp_ok($answer->{ms}, '<', 1500, '... which is known soon after the time for a server');
	like($answer->{error}, qr/^ZooKeeper at 127.0.0.1:\d+: no answer within 300 ms/, '... and the error says why');
	$store->start('read');
	is($store->finish(100)->{outcome}, 'pending', '... and not before');
	is($store->operate('write', %ten, record => 'a', new_record => 'b')->{outcome}, 'unreachable', 'a write that began with looking has not been sent');
	$zookeeper->resume;
	wait_until { $store->operate('read')->{outcome} eq 'applied' } 'ZooKeeper to go on';
	answers($store->operate('keep', %ten), 'applied', {}, '... and the session, and what is held, are as they were');
	answers($store->operate('write', %ten, record => 'a', new_record => 'b'), 'applied', {}, '... and no write comes late');
	return;
}

# An operation that is given up leaves no trace in the next one.
sub check_abandoned
{
	my $store = open_store(pool => 'away');

	foreach my $turn (1 .. 20)
	{
		$store->start('write', worker => 11, pool => 'P', new_record => 'never mind');
		answers($store->operate('write_pool', pool => 'P', new_pool => 'P'), 'applied', {}, 'given up, turn ' . $turn) if $turn % 10 == 0;
		$store->start('read');
		$store->finish(0);
	}
	answers($store->operate('read'), 'applied', { pool => 'P' }, 'operations that are given up leave no trace');
	return;
}

# Writes, as fast as they go, while ZooKeeper is stopped at some moment in one of them: (outcomes in order, the last text).
sub check_lost_writes
{
	my $store = open_store(pool => 'away', timeout => 500);
	my $session = $store->session_of;
	my $unknown = 0;

	foreach my $turn (1 .. (full_run() ? 40 : 1))
	{
		my $worker = 100 + $turn;
		$session->send(
			"SELECT string_agg((f).outcome, ',' ORDER BY i) FROM (SELECT i, provider_operate(0, 'write', $worker, 'P', NULL, CASE WHEN i > 1 THEN 'r' || i - 1 END, 'r' || i) AS f FROM generate_series(1, 400) i) AS all_of_them WHERE i > 0");
		sleep 0.02 + rand 0.2;
		$zookeeper->pause;
		sleep 0.7;
		$zookeeper->resume;
		my ($output) = $session->finish;
		my @outcomes = split /,/, $output;
		my ($first) = grep { $outcomes[$_] ne 'applied' } 0 .. $#outcomes;

		next unless defined $first;
		my $text;
		wait_until { ($text) = map { $_->[1] } grep { $_->[0] == $worker } @{ $store->operate('read')->{workers} } } 'the record';
		$unknown++ if $outcomes[$first] eq 'unknown';
		my $applied = $text eq 'r' . ($first + 1);
		ok($text eq "r$first" || ($applied && $outcomes[$first] eq 'unknown') || grep({ $_ eq 'applied' } @outcomes[ $first .. $#outcomes ]),
			"turn $turn: what was not applied is not there ($outcomes[$first], write " . ($first + 1) . ", $text)");
	}
	diag("$unknown writes whose outcome was unknown");
	return;
}

sub check_killed
{
	my $store = open_store(pool => 'away', timeout => 1000);
	my %twelve = (worker => 12, pool => 'P', hold_nonce => 'c' x 32);

	$store->operate('write', %twelve, new_record => 'a', hold => 'take');
	my $before = $store->operate('read');
	$zookeeper->kill_member(0);
	my $killed = $store->operate('write', %twelve, record => 'a', new_record => 'b');
	answers($killed, 'unreachable', {}, 'ZooKeeper is killed: the write has not been applied');
	like($killed->{error}, qr/refused|receiving/i, '... and the error says why');
	my $late = open_store(pool => 'away', timeout => 1000, store => $zookeeper->store);
	answers($late->operate('write', %twelve, record => 'a', new_record => 'b'), 'unreachable', {}, '... and a new one is not to be had');
	$zookeeper->start;
	answers($store->operate('keep', %twelve), 'applied', {}, '... it is started again: the session goes on, and holds are there');
	my $after = $store->operate('write', %twelve, record => 'a', new_record => 'b');
	answers($after, 'applied', { incarnation => $before->{incarnation} }, '... and writes');
	cmp_ok($after->{revision}, '>', $before->{revision}, '... with higher revisions');
	answers($late->operate('keep', %twelve), 'applied', {}, '... as does one that began without it');
	return;
}

# ---------------------------------------------------------------------- users

sub check_users
{
	my %user = (pool => 'users', user => 'idgen', password => 'hunter2');
	my $store = zookeeper_session($node, $zookeeper, %user);
	my %one = (worker => 1, pool => 'P', hold_nonce => 'n');

	answers($store->operate(@$_), 'applied', {}, "a user: $_->[0]")
	  foreach [ 'prepare' ], [ 'write_pool', new_pool => 'P' ], [ 'write', %one, new_record => 'a', hold => 'take' ], [ 'read' ];
	foreach my $stranger ([], [ user => 'idgen', password => 'wrong' ])
	{
		my $other = zookeeper_session($node, $zookeeper, pool => 'users', @$stranger);

		foreach my $kind (qw(prepare read write_pool write keep))
		{
			my $answer = $other->operate($kind, %one, new_pool => 'Q', record => 'a', new_record => 'b');

			answers($answer, 'unreachable', {}, (@$stranger ? 'a wrong password' : 'no user') . ": $kind");
			like($answer->{error}, qr/no right to do this below "\/idgen\/users"/, '... and the error says so') if $kind ne 'prepare';
			unlike($answer->{error}, qr/wrong|hunter2/, '... without the password');
		}
	}
	my $client = $zookeeper->client(user => 'idgen:hunter2');
	like($client->rights('/idgen/users/fence'), qr/^1: 23 digest idgen:/, 'only the user has rights, and not to delete records');
	like($client->rights('/idgen/users/hold'), qr/^1: 31 digest idgen:/, '... as holds are');
	ok(!eval { $client->delete('/idgen/users/fence/00000001'); 1 }, 'a record cannot be deleted');
	like($@, qr/error -102/, '... as nobody has the right to');
	like($zookeeper->client->rights('/idgen/holds/fence'), qr/^1: 23 world anyone/, '... also without a user');
	answers($store->operate('read'), 'applied', { workers => [ [ 1, 'a', 'n' ] ] }, '... and all is as it was');
	return;
}

# ---------------------------------------------------------------------- a store that has lost data

sub check_lost
{
	my $store = open_store(pool => 'lost', timeout => 1000);
	my %one = (worker => 1, pool => 'P', hold_nonce => 'n');
	my $answer;

	$store->operate('write_pool', new_pool => 'P');
	$store->operate('write', %one, new_record => 'a', hold => 'take');
	$zookeeper->save if full_run();
	$store->operate('write', %one, record => 'a', new_record => 'b');
	my $before = $store->operate('write', %one, record => 'b', new_record => 'c');
	if (full_run())
	{
		$zookeeper->restore;
		my $after;
		wait_until { ($after = $store->operate('keep', %one))->{outcome} ne 'unreachable' } 'an answer, after the old handle';
		is($after->{incarnation}, $before->{incarnation}, 'restored: the same identity');
		cmp_ok($after->{revision}, '<', $before->{revision}, '... and a lower revision');
		answers($store->operate('write', %one, record => 'c', new_record => 'd'), 'refused', { record => 'a' }, '... what came after is not there');
	}
	$zookeeper->wipe;
	wait_until { ($answer = $store->operate('keep', %one))->{outcome} ne 'unreachable' } 'an answer, after the old handle';
	answers($answer, 'refused', { pool => undef, incarnation => '0', @NO_WORKER }, 'wiped: there is no hold');
	answers($store->operate('write', %one, record => 'a', new_record => 'd'), 'refused', { pool => undef, @NO_WORKER }, '... and no pool');
	my $anew = $store->operate('prepare');
	answers($anew, 'applied', {}, '... nor anything else, until it is prepared anew');
	isnt($anew->{incarnation}, $before->{incarnation}, '... under another identity');
	return;
}

# ---------------------------------------------------------------------- an ensemble

sub check_ensemble
{
	my $three = new_zookeeper('three', members => 3);
	my $store = zookeeper_session($node, $three, timeout => 1000);
	my %one = (worker => 1, pool => 'P', hold_nonce => 'n', ttl_ms => 20000);
	my $text = 0;
	my $write = sub {
		my $answer = $store->operate('write', %one, record => "r$text", new_record => 'r' . ($text + 1));

		$text++ if $answer->{outcome} eq 'applied';
		($text) = map { $_->[1] =~ s/^r//r } @{ $store->operate('read')->{workers} } if $answer->{outcome} eq 'unknown';
		return $answer->{outcome} eq 'applied';
	};

	$store->operate('prepare');
	$store->operate('write_pool', new_pool => 'P');
	answers($store->operate('write', %one, new_record => 'r0', hold => 'take'), 'applied', {}, 'three servers');
	foreach my $fault (qw(kill pause kill pause))
	{
		my $leader = $three->leader;
		my $began = time;

		$fault eq 'kill' ? $three->kill_member($leader) : $three->pause($leader);
		wait_until { $write->() } 'a write without the leader';
		diag(sprintf '%s the leader: written again after %.1f s', $fault, time - $began);
		answers($store->operate('keep', %one), 'applied', {}, "$fault the leader: the session goes on with another server");
		$fault eq 'kill' ? $three->start_member($leader) : $three->resume($leader);
		$three->wait_until_healthy;
	}
	my @others = grep { $_ != $three->leader } 0 .. 2;
	$three->kill_member($_) foreach @others;
	my $minority = $store->operate('write', %one, record => "r$text", new_record => 'x');
	like($minority->{outcome}, qr/^un/, 'two of three are away: nothing is written');
	$three->start_member($_) foreach @others;
	$three->wait_until_healthy;
	my ($after) = @{ $store->operate('read')->{workers} };
	is($after->[2], 'n', '... they are back: the hold is there');
	# The leader that was left has it in its log, if it has got it.
	ok($after->[1] eq "r$text" || ($minority->{outcome} eq 'unknown' && $after->[1] eq 'x'), "... and the record, after a write that was $minority->{outcome}")
	  || diag($after->[1]);
	$three->kill_all;
	return;
}

# ---------------------------------------------------------------------- addresses

sub error_of_opening
{
	my ($address) = @_;

	return session($node)->error("SELECT provider_open('\$libdir/idgen_zookeeper', '$address', 'default', NULL, NULL, 1000)");
}

sub check_addresses
{
	my %malformed = (
		'zookeeper:h' => qr/does not begin with/,
		'zookeepers://h' => qr/does not begin with/,
		'zookeeper://' => qr/name of a host is missing or malformed/,
		'zookeeper://h,' => qr/name of a host/,
		'zookeeper://h:1:2' => qr/port is malformed/,
		'zookeeper://h:0' => qr/Port 0 does not exist/,
		'zookeeper://[::1' => qr/name of a host/,
		'zookeeper://h x' => qr/contains spaces/,
		'zookeeper://h?prefix=/x' => qr/no options/,
		'zookeeper://h//x' => qr/part that is empty/,
		'zookeeper://h/a/../b' => qr/consists of dots/,
		'zookeeper://h/.' => qr/consists of dots/,
		'zookeeper://h/' . 'x' x 300 => qr/path is longer than 256 bytes/,
		'zookeeper://' . join(',', ('h') x 9) => qr/more than 8 hosts/,
		'zookeeper://' . 'h' x 3000 => qr/longer than 2304 bytes/,);

	foreach my $address (sort keys %malformed)
	{
		like(
			error_of_opening($address),
			qr/ERROR:  22023: invalid address of a ZooKeeper\n.*DETAIL:  .*$malformed{$address}.*HINT:  Addresses look like "zookeeper:\/\/host1:2181,host2:2181\/path"/s,
			'malformed: ' . substr($address, 0, 40));
	}
	foreach my $address ('zookeeper://me:hunter2@h', 'zookeeper://h/?password=hunter2')
	{
		my $error = error_of_opening($address);

		like($error, qr/ERROR:  22023: address of a ZooKeeper must not contain a user or a password\nHINT:  /, 'a password');
		unlike($error, qr/hunter2/, '... is not repeated');
	}
	is(error_of_opening($_), '', "well-formed: $_")
	  foreach 'zookeeper://h', 'zookeeper://h/', 'zookeeper://h:1,[::1]:2,1.2.3.4/a/b.c/..d/';
	return;
}

# ---------------------------------------------------------------------- servers that lease

# A server claims a worker ID and extends its lease; its agent is stopped for longer than the TTL, and another server
# takes the worker ID over at the fence; in a full run, ZooKeeper is killed and started.
sub check_servers
{
	my $issued = issued();
	my %lease = (ttl => '1s', reach => '2s');
	my $one = leasing_server('leases', $store, lease => \%lease);
	my $session = session($one);

	wait_for_lease($session, 'claiming');
	create_pool($session, 5, 5);
	my $held = wait_for_lease($session, 'held');
	is($held->{worker_id}, 5, 'a server claims a worker ID');
	$issued->add('IDs for longer than a reach', 'one', (finish_issuing(start_issuing($session, 2.5)))[0]);
	cmp_ok($store->workers->{5}->{version}, '>=', 2, '... extends its lease');
	$issued->are_below_fences($store, '... and issues below the fence');

	signal_agent($one, 'STOP');
	my $two = leasing_server('takes_over', $store, lease => \%lease);
	my $other = session($two);
	my $taken = wait_for_lease($other, 'held');
	is($taken->{epoch}, 2, 'the agent is stopped: another server takes the worker ID over');
	$issued->add('... and issues', 'two', issue($other, 20));
	signal_agent($one, 'CONT');
	wait_until { (lease($session)->{state} // '') ne 'held' } 'the first server to learn of it';
	$issued->add('... and goes on', 'two', issue($other, 20));
	$issued->are_below_fences($store, '... below the fence');
	$one->stop('immediate');

	check_killed_under_lease($issued, $other) if full_run();
	$two->stop('fast');
	my $after = $store->workers->{5};
	is($after->{hold}, undef, 'it is stopped: the hold is dropped');
	return;
}

sub check_killed_under_lease
{
	my ($issued, $other) = @_;

	$store->kill;
	sleep 1;
	$store->start;
	$issued->add('ZooKeeper was killed: the server goes on', 'two', (finish_issuing(start_issuing($other, 2)))[0]);
	is(wait_for_lease($other, 'held')->{epoch}, 2, '... by the same claim');
	$issued->are_below_fences($store, '... below the fence');
	return;
}

check_pool();
check_records();
check_holds();
check_read();
check_expiry();
check_races(full_run() ? 30 : 8);
check_away();
check_paused();
check_abandoned();
check_lost_writes();
check_killed();
check_users();
check_addresses();
takes_little_time(open_store(pool => 'fast'), 200);
leaves_no_memory(open_store(pool => 'fast', timeout => 1000), full_run() ? 20000 : 200, 'the library');
reads_large_pool(open_store(pool => 'large', timeout => 10000)) if full_run();
check_ensemble() if full_run();
check_servers();
check_lost();

done_testing();
