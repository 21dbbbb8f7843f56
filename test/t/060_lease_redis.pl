# The provider of Redis: each operation and each refusal; settings with which Redis forgets; a Redis that is away,
# stopped, killed, a replica, or the successor of one that had more.  Then servers that lease from it.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use IdgenTest::Etcd;
use IdgenTest::Lease;
use IdgenTest::Provider;
use IdgenTest::ProviderCosts;
use IdgenTest::Redis;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

skip_all_without_redis();

my $node = provider_server();
my $redis = new_redis('one');

# A session with that Redis.  Options as for provider().
sub open_store
{
	my (%option) = @_;

	return redis_session($node, $redis, %option);
}

# The first error of opening a store.
sub error_of_opening
{
	my ($store) = @_;

	return session($node)->error("SELECT provider_open('\$libdir/idgen_redis', '$store', 'default', NULL, NULL, 1000)");
}

# ---------------------------------------------------------------------------------------------------- operations

my @NO_WORKER = (record => undef, hold_nonce => undef);

sub check_pool
{
	my $store = open_store(pool => 'pool');

	answers($store->operate('prepare'), 'applied', { error => '' }, 'nothing has to be prepared');
	answers($store->operate('read'), 'applied', { pool => undef, workers => [] }, 'there is no pool at first');
	answers($store->operate('write_pool', pool => 'x', new_pool => 'y'), 'refused', { pool => undef }, 'a pool that is not there is not changed');
	answers($store->operate('write_pool', new_pool => 'one'), 'applied', {}, 'a pool is created');
	answers($store->operate('write_pool', new_pool => 'two'), 'refused', { pool => 'one' }, '... and not a second time');
	answers($store->operate('write_pool', pool => 'on', new_pool => 'two'), 'refused', { pool => 'one' }, '... nor changed by one who knows another record');
	answers($store->operate('write_pool', pool => 'one', new_pool => 'two'), 'applied', {}, '... but by one who knows it');
	answers(open_store(pool => 'poo')->operate('read'), 'applied', { pool => undef }, 'another pool is not there');
	answers(open_store(pool => 'pool', store => $redis->store('/1'))->operate('read'), 'applied', { pool => undef }, '... nor in another database');
	$store->operate('write_pool', pool => 'two', new_pool => 'p' x 900);
	answers($store->operate('read'), 'applied', { pool => 'p' x 900 }, 'a long record');
	$redis->must('SCRIPT', 'FLUSH');
	answers($store->operate('read'), 'applied', { pool => 'p' x 900 }, 'Redis forgets a script, and is told it again');
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
	answers($store->operate('write', %seven, record => '', new_record => 'b'), 'refused', { pool => 'P', @NO_WORKER }, '... also if it should be empty');
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

	$store->operate('write_pool', new_pool => 'P');
	answers($store->operate('write', %three, new_record => 'a', hold => 'take', hold_nonce => $mine), 'applied', {}, 'a hold is taken with the record');
	answers($store->operate('read'), 'applied', { workers => [ [ 3, 'a', $mine ] ] }, '... and read');
	answers($store->operate('write', %three, record => 'a', new_record => 'b', hold => 'take', hold_nonce => $other), 'refused', { record => 'a', hold_nonce => $mine, pool => 'P' }, '... and not taken twice');
	answers($store->operate('write', %three, record => 'a', new_record => 'b', hold => 'take', hold_nonce => $mine), 'refused', { record => 'a', hold_nonce => $mine }, '... not even by its owner');
	answers($store->operate('write', %three, record => 'a', new_record => 'b'), 'applied', {}, 'the record is written while there is a hold');
	answers($store->operate('keep', %three, hold_nonce => $mine), 'applied', {}, 'a hold is kept');
	answers($store->operate('keep', %three, hold_nonce => $other), 'refused', { pool => 'P', record => 'b', hold_nonce => $mine, worker => 3 }, '... by its owner alone');
	answers($store->operate('keep', %three, worker => 4, hold_nonce => $mine), 'refused', { pool => 'P', worker => 4, @NO_WORKER }, '... and not where there is none');
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

	$store->operate('write_pool', new_pool => 'P');
	$store->operate('write', worker => $_, pool => 'P', new_record => "r$_") foreach 5, 16777215, 0;
	$store->operate('write', worker => $_, pool => 'P', new_record => "r$_", hold => 'take', hold_nonce => $nonce) foreach 1023, 6;
	$redis->must('HSET', '{idgen:all}:records', $_, 'x') foreach 'x', '-1', '7x', '99999999';
	my $answer = $store->operate('read');
	$answer->{workers} = [ sort { $a->[0] <=> $b->[0] } @{ $answer->{workers} } ];
	answers(
		$answer, 'applied',
		{ pool => 'P', workers => [ [ 0, 'r0', undef ], [ 5, 'r5', undef ], [ 6, 'r6', $nonce ], [ 1023, 'r1023', $nonce ], [ 16777215, 'r16777215', undef ] ] },
		'records and holds of all workers are read, and nothing else');
	cmp_ok($answer->{incarnation}, '>', 0, '... with the incarnation');
	cmp_ok(abs($answer->{clock_us} / 1e6 - time()), '<', 0.5, '... and the clock of Redis');
	cmp_ok($answer->{clock_error_us}, '<', 1_000_000, '... which is precise');
	my $later = $store->operate('write', worker => 5, pool => 'P', record => 'r5', new_record => 's5');
	is($later->{revision}, $answer->{revision} + 1, 'the revision goes on with each write');
	is($later->{incarnation}, $answer->{incarnation}, '... and the incarnation stays');
	return;
}

# A hold vanishes unless it is kept, and the record stays.
sub check_expiry
{
	my $store = open_store(pool => 'expiry');
	my %one = (worker => 1, pool => 'P', ttl_ms => 400, hold_nonce => 'a' x 32);

	$store->operate('write_pool', new_pool => 'P');
	$store->operate('write', %one, new_record => 'a', hold => 'take');
	foreach my $turn (1 .. 5)
	{
		sleep 0.15;
		$store->operate('keep', %one)->{outcome} eq 'applied' or fail("kept, turn $turn");
	}
	is($store->operate('read')->{workers}->[0]->[2], 'a' x 32, 'a hold that is kept stays');
	wait_until { !defined $store->operate('read')->{workers}->[0]->[2] } 'the hold to vanish';
	answers($store->operate('keep', %one), 'refused', { record => 'a', hold_nonce => undef }, 'one that is not kept vanishes, without the record');
	answers($store->operate('write', %one, worker => 2, new_record => 'b', hold => 'take', ttl_ms => 0), 'applied', {}, 'a TTL is a ms at least');
	return;
}

# ---------------------------------------------------------------------------------------------------- races

# Sessions that start together claim one worker: one of them gets it.
sub check_races
{
	my ($count) = @_;
	my $store = open_store(pool => 'race');
	my $rounds = full_run() ? 200 : 20;
	my $address = $redis->store;

	$store->operate('write_pool', new_pool => 'P');
	my @lines = run_clients(
		$node,
		map {
			my $client = $_;
			"SELECT provider_open('\$libdir/idgen_redis', '$address', 'race', NULL, NULL, 10000);
			SELECT concat_ws(' ', w, a.outcome, a.record, a.hold_nonce) FROM generate_series(1, $rounds) AS w,
				LATERAL provider_operate(0, 'write', w, 'P', NULL, NULL, 'by $client', 'take', 'n$client') AS a;\n"
		} 1 .. $count);
	my %winner = map { $_->[0] => $_->[1] =~ s/^by //r } @{ $store->operate('read')->{workers} };
	my (%applied, $refused, $wrong);

	foreach my $client (1 .. $count)
	{
		foreach (@{ $lines[ $client - 1 ] })
		{
			/^(\d+) (\w+) ?(.*)$/ or next;
			push @{ $applied{$1} }, $client if $2 eq 'applied';
			$refused++ if $2 eq 'refused';
			$wrong++ if $2 eq 'refused' && $3 ne "by $winner{$1} n$winner{$1}";
		}
	}
	is_deeply({ map { $_ => "@{ $applied{$_} }" } keys %applied }, \%winner, 'each worker has the record of the one who won, and nobody else did');
	is($refused, ($count - 1) * $rounds, '... the others were refused');
	is($wrong, undef, '... and told by whom');
	return;
}

# ---------------------------------------------------------------------------------------------------- what Redis may forget

sub check_settings
{
	my %one = (worker => 1, pool => 'P', new_record => 'x');
	my $store = open_store(pool => 'settings');

	$store->operate('write_pool', new_pool => 'P');
	foreach my $case ([ 'appendfsync', 'everysec', 'always' ], [ 'appendonly', 'no', 'yes' ], [ 'no-appendfsync-on-rewrite', 'yes', 'no' ], [ 'maxmemory-policy', 'allkeys-lru', 'noeviction' ])
	{
		my ($name, $bad, $good) = @$case;

		$redis->set($name, $bad);
		my $answer = $store->operate('write', %one);
		answers($answer, 'unreachable', {}, "$name = $bad is refused");
		is(
			$answer->{error} =~ s/127.0.0.1:\d+/HOST/r,
			"Redis at HOST: Redis may forget what it has confirmed, as its setting \"$name\" is \"$bad\" and not \"$good\"; see \"idgen.lease_accept_loss\"",
			'... and the error says why');
		answers($store->operate($_, %one, new_pool => 'Q'), 'unreachable', {}, "... also for $_") foreach 'read', 'write_pool', 'prepare';
		answers(open_store(pool => 'settings', accept_loss => 1)->operate('read'), 'applied', { pool => 'P', workers => [] }, '... unless loss is accepted; nothing was written');
		$redis->set($name, $good);
	}
	wait_until { $redis->info('aof_rewrite_in_progress') == 0 && $redis->info('aof_rewrite_scheduled') == 0 } 'the file to be written anew';
	answers($store->operate('write', %one), 'applied', {}, 'with the right settings, the session goes on');

	my $session = session($node);
	my $address = $redis->store;
	like(
		$session->error("SELECT provider_open('\$libdir/idgen_redis', '$address', 'default', NULL, NULL, 1000, true)"),
		qr/WARNING:  .*Redis may lose what it has confirmed\nDETAIL:  "idgen.lease_accept_loss" is on/,
		'a warning says what is accepted');
	return;
}

# Redis refuses to write: nothing has been changed.
sub check_complaints
{
	my $store = open_store(pool => 'complaints');
	my %one = (worker => 1, pool => 'P', hold_nonce => 'n');

	$store->operate('write_pool', new_pool => 'P');
	$store->operate('write', %one, new_record => 'a');
	$redis->set('maxmemory', 1);
	my $answer = $store->operate('write', %one, record => 'a', new_record => 'b', hold => 'take');
	answers($answer, 'unreachable', {}, 'no memory is left: the write has not been applied');
	like($answer->{error}, qr/OOM/, '... and the error says so');
	$redis->set('maxmemory', 0);
	$redis->set('min-replicas-to-write', 1);
	answers($store->operate('write', %one, record => 'a', new_record => 'b', hold => 'take'), 'unreachable', {}, 'too few replicas');
	$redis->set('min-replicas-to-write', 0);
	$redis->must('SET', '{idgen:complaints}:records', 'no hash') if $redis->must('DEL', '{idgen:complaints}:records');
	answers($store->operate('write', %one, new_record => 'b'), 'unknown', {}, 'any other error may mean anything');
	answers($store->operate('read'), 'unreachable', {}, '... unless nothing can have changed');
	$redis->must('DEL', '{idgen:complaints}:records');
	answers($store->operate('write', %one, new_record => 'a'), 'applied', {}, 'the session goes on');
	return;
}

sub check_users
{
	my %login = (user => 'lease', password => "pass' \x{e4}");
	my $pass = $login{password};

	utf8::encode($login{password});
	utf8::encode($pass);
	open_store(pool => 'users')->operate('write_pool', new_pool => 'P');
	$redis->must('ACL', 'SETUSER', 'lease', 'on', ">$pass", '~{idgen:*',
		qw(+eval +evalsha +info +time +get +set +del +incr +pexpire +hget +hset +hgetall +config|get +select));
	$redis->must('ACL', 'SETUSER', 'narrow', 'on', '>n', '~{idgen:users}:pool', '~{idgen:users}:hold:*', '+@all');
	$redis->must('ACL', 'SETUSER', 'root', 'on', '>r', '~*', '&*', '+@all');
	$redis->must('ACL', 'SETUSER', 'default', 'off');
	$redis->{login} = [ '--no-auth-warning', '--user', 'root', '--pass', 'r' ];
	answers(open_store(pool => 'users', %login)->operate('write', worker => 1, pool => 'P', new_record => 'x'), 'applied', {}, 'a user with a password, and what leases.md says');
	my $in_database = open_store(pool => 'users', store => $redis->store('/1'), %login);
	answers($in_database->operate('write_pool', new_pool => 'P'), 'applied', {}, '... in another database');
	foreach my $hold ('take', 'drop')
	{
		$in_database->operate('write', worker => 1, pool => 'P', record => $hold eq 'take' ? undef : 'x', new_record => 'x', hold => $hold, hold_nonce => 'n');
		answers($in_database->operate('keep', worker => 1, hold_nonce => 'n'), $hold eq 'take' ? 'applied' : 'refused', {}, "... that may $hold a hold");
	}
	my $wrong = open_store(pool => 'users', user => 'lease', password => 'wrong')->operate('read');
	answers($wrong, 'unreachable', {}, 'a wrong password');
	like($wrong->{error}, qr/WRONGPASS/, '... and the error says so');
	my $nobody = open_store(pool => 'users')->operate('write', worker => 1, pool => 'P', record => 'x', new_record => 'y');
	answers($nobody, 'unreachable', {}, 'no password');
	like($nobody->{error}, qr/NOAUTH/, '... and the error says so');
	my $narrow = open_store(pool => 'users', user => 'narrow', password => 'n');
	answers($narrow->operate('write', worker => 1, pool => 'P', record => 'x', new_record => 'y', hold => 'take', hold_nonce => 'n'), 'unreachable', {}, 'a user who may not write records');
	answers(open_store(pool => 'users', %login)->operate('read'), 'applied', { workers => [ [ 1, 'x', undef ] ] }, '... has written none');
	$redis->must('ACL', 'SETUSER', 'default', 'on');
	$redis->{login} = [];
	return;
}

# ---------------------------------------------------------------------------------------------------- a Redis that does not answer

sub check_away
{
	my $closed = PostgreSQL::Test::Cluster::get_free_port();
	my %nine = (worker => 9, pool => 'P', new_record => 'x', new_pool => 'y', hold_nonce => 'z');
	my $store = open_store(store => "redis://127.0.0.1:$closed");

	answers($store->operate($_, %nine), 'unreachable', {}, "nobody listens: $_") foreach qw(read write write_pool keep prepare);
	like($store->operate('read')->{error}, qr/^Redis at 127\.0\.0\.1:\d+: .*refused/i, '... and the error says so');
	answers(open_store(store => "redis://127.0.0.1:$closed", accept_loss => 1)->operate('write', %nine), 'unreachable', {}, '... also if settings do not matter');
	my $nowhere = open_store(store => 'redis://no-such-host.invalid', timeout => 3000)->operate('write', %nine);
	answers($nowhere, 'unreachable', {}, 'a name that there is not');
	like($nowhere->{error}, qr/could not resolve host name|no answer in time/i, '... and the error says so');
	answers(open_store(store => $redis->store =~ s/127.0.0.1/localhost/r)->operate('read'), 'applied', {}, 'a name of several addresses, one of which is served');
	my $other = open_store(store => 'redis://127.0.0.1:1', timeout => 500)->operate('read');
	answers($other, 'unreachable', {}, 'a port that is not for us');
	return;
}

# Stopped, it accepts connections and does not answer.
sub check_paused
{
	my $store = open_store(pool => 'paused', timeout => 300);
	my $trusting = open_store(pool => 'paused', timeout => 300, accept_loss => 1);
	my %ten = (worker => 10, pool => 'P');

	$store->operate('write_pool', new_pool => 'P');
	$trusting->operate('write', %ten, new_record => 'a');
	$redis->pause;
	my $answer = $store->operate('read');
	answers($answer, 'unreachable', {}, 'Redis is stopped: nothing has been read');
	cmp_ok($answer->{ms}, '<', 1500, '... which is known soon');
	$store->start('read');
	is($store->finish(100)->{outcome}, 'pending', '... and not too soon');
	answers($store->operate('write', %ten, record => 'a', new_record => 'c'), 'unreachable', {}, 'a write that waits for settings has not been sent');
	my $write = $trusting->operate('write', %ten, record => 'a', new_record => 'b');
	answers($write, 'unknown', {}, 'a write that was sent may be applied');
	like($write->{error}, qr/^Redis at .*no answer in time/i, '... and the error says why');
	$redis->resume;
	wait_until { $store->operate('read')->{outcome} eq 'applied' } 'Redis to go on';
	like($store->operate('read')->{workers}->[0]->[1], qr/^[ab]$/, '... or not');
	return;
}

# An operation that is given up leaves no trace in the next one.
sub check_abandoned
{
	my $store = open_store(pool => 'given_up');

	$store->operate('write_pool', new_pool => 'P');
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

sub check_killed
{
	my $store = open_store(pool => 'killed', timeout => 1000);
	my %twelve = (worker => 12, pool => 'P', hold_nonce => 'c' x 32);

	$store->operate('write_pool', new_pool => 'P');
	my $before = $store->operate('write', %twelve, new_record => 'a', hold => 'take');
	$redis->kill;
	answers($store->operate('write', %twelve, record => 'a', new_record => 'b'), 'unreachable', {}, 'Redis is killed: the write has not been sent');
	$redis->start;
	answers($store->operate('read'), 'applied', { pool => 'P', workers => [ [ 12, 'a', 'c' x 32 ] ] }, '... it is started again, and has lost nothing');
	my $after = $store->operate('write', %twelve, record => 'a', new_record => 'b');
	answers($after, 'applied', {}, '... the session goes on');
	isnt($after->{incarnation}, $before->{incarnation}, '... in another incarnation, as nothing tells a restart from a loss');
	return;
}

# A replica is promoted that lacks the last write.
sub check_failover
{
	my $replica = new_redis('replica');
	my $store = open_store(pool => 'failover');
	my %one = (worker => 1, pool => 'P');

	$store->operate('write_pool', new_pool => 'P');
	$store->operate('write', %one, new_record => 'a');
	$replica->follow($redis);
	my $other = open_store(pool => 'failover', store => $replica->store);
	foreach my $kind ('read', 'write', 'keep')
	{
		my $answer = $other->operate($kind, %one, record => 'a', new_record => 'x', hold_nonce => 'n');

		answers($answer, 'unreachable', {}, "a replica is not asked: $kind");
		like($answer->{error}, qr/NOTMASTER this Redis is a replica/, '... and the error says so');
	}
	my $before = $store->operate('read');
	$replica->promote;
	my $last = $store->operate('write', %one, record => 'a', new_record => 'b');
	answers($last, 'applied', {}, 'a last write');
	cmp_ok($last->{revision}, '>', $before->{revision}, '... which counts');
	my $after = $other->operate('read');
	answers($after, 'applied', { workers => [ [ 1, 'a', undef ] ] }, '... is missing from a replica that has been promoted');
	isnt($after->{incarnation}, $last->{incarnation}, '... which is another incarnation');
	cmp_ok($after->{revision}, '<', $last->{revision}, '... and has an earlier revision');
	$replica->kill;
	return;
}

# ---------------------------------------------------------------------------------------------------- addresses

sub check_addresses
{
	my %malformed = (
		'redis:h' => qr/does not begin with/,
		'etcd://h' => qr/does not begin with/,
		'redis://' => qr/name of a host is missing or malformed/,
		'redis://h,i' => qr/more than one host/,
		'redis://h:1:2' => qr/port is malformed/,
		'redis://h:0' => qr/Port 0 does not exist/,
		'redis://h:65536' => qr/Port 65536 does not exist/,
		'redis://[::1' => qr/name of a host/,
		'redis://[::1]x' => qr/name of a host/,
		'redis://h/x' => qr/more than the number of a database/,
		'redis://h/1/2' => qr/more than the number of a database/,
		'redis://h/999999' => qr/number of the database is too large/,
		'redis://h?cacert=/x' => qr/more than the number of a database/,
		'redis://h x' => qr/contains spaces/,
		'redis://' . 'h' x 1020 => qr/too long/,);

	foreach my $address (sort keys %malformed)
	{
		like(
			error_of_opening($address),
			qr/ERROR:  22023: invalid address of a Redis\n.*DETAIL:  .*$malformed{$address}.*HINT:  Addresses look like "redis:\/\/host:6379\/0"/s,
			'malformed: ' . substr($address, 0, 40));
	}
	foreach my $address ('redis://me:hunter2@h', 'redis://hunter2@h', 'redis://h?password=hunter2')
	{
		my $error = error_of_opening($address);

		like($error, qr/ERROR:  22023: address of a Redis must not contain a user or a password\nHINT:  /, "a password: $address");
		unlike($error, qr/hunter2/, '... is not repeated');
	}
	is(error_of_opening($_), '', "well-formed: $_") foreach 'redis://h', 'redis://h/', 'redis://[::1]:2/15', 'redis://1.2.3.4';
	like(error_of_opening('rediss://h'), qr/^$|ERROR:  0A000: this build has no TLS for Redis/, 'TLS, if hiredis has it');
	return;
}

# TLS, where hiredis has it.
sub check_tls
{
	my ($certificate, $key) = certificate('redis');
	my ($other) = certificate('other');
	my $port = PostgreSQL::Test::Cluster::get_free_port();
	my $tls = new_redis('tls', 'tls-port' => $port, 'tls-cert-file' => $certificate, 'tls-key-file' => $key, 'tls-ca-cert-file' => $certificate, 'tls-auth-clients' => 'no');
	my $at = sub { return open_store(pool => 'tls', store => "rediss://$_[0]:$port/?cacert=$_[1]") };

	answers($at->('127.0.0.1', $certificate)->operate('write_pool', new_pool => 'P'), 'applied', {}, 'TLS');
	answers($at->('127.0.0.1', $certificate)->operate('read'), 'applied', { pool => 'P' }, '... again');
	foreach my $case ([ '127.0.0.1', $other, 'an authority that is not trusted' ], [ 'localhost', $certificate, 'a certificate for another host' ], [ '127.0.0.1', '/nowhere', 'no authority' ])
	{
		my ($host, $authority, $name) = @$case;
		my $answer = $at->($host, $authority)->operate('write_pool', pool => 'P', new_pool => 'Q');

		answers($answer, 'unreachable', {}, $name);
		note $answer->{error};
	}
	answers(open_store(store => "redis://127.0.0.1:$port", timeout => 500)->operate('read'), 'unreachable', {}, 'no TLS where there should be');
	answers(open_store(store => 'rediss://127.0.0.1:' . $redis->{port}, timeout => 500)->operate('read'), 'unreachable', {}, 'TLS where there is none');
	$tls->kill;
	return;
}

# ---------------------------------------------------------------------------------------------------- servers that lease

sub check_servers
{
	my $store = redis_store('store');
	my $replica = new_redis('store_replica');
	my $issued = issued();
	my %lease = (ttl => '1s', reach => '2s');
	my $conf = "idgen.max_regression = 1s\nidgen.max_drift = 1s\nidgen.max_wait = 30s\n";
	my $one = leasing_server('leasing_one', $store, lease => \%lease, conf => $conf);
	my $session = session($one);

	# Its first replica is a doubt, too, unless there is nothing to be lost.
	$replica->follow($store->redis);
	wait_for_lease($session, 'claiming');
	create_pool($session, 0, 0);
	wait_for_lease($session, 'held');
	start_issuing($session, 2);
	my ($ids, $errors) = finish_issuing($session);
	$issued->add('a server that leases from Redis issues IDs', 'one', $ids);
	is("@$errors", '', '... while its lease is extended');
	$issued->are_below_fences($store, '... all of which lie below the fence');

	# It crashes, and another server takes over its worker ID.
	$one->stop('immediate');
	$session->abandon;
	my $two = leasing_server('leasing_two', $store, lease => \%lease, conf => $conf);
	my $other = session($two);
	my $after = wait_for_lease($other, 'held');
	is_deeply([ @$after{qw(worker_id epoch)} ], [ 0, 2 ], 'another server takes over from one that crashed');
	$issued->add('... and issues other IDs', 'two', issue($other, 1000));
	$issued->are_below_fences($store, '... below the fence');
	$other->query("SET statement_timeout = '60s'");

	# A setting changes, and the lease is not extended, until loss is accepted.
	$store->redis->set('appendfsync', 'everysec');
	wait_until { issue_or_not($other); last_error($other) =~ /as its setting "appendfsync" is "everysec"/ } 'the setting to be noticed';
	pass('a setting with which Redis forgets is noticed, and shown by idgen_lease()');
	alter_system($two, $other, 'idgen.lease_accept_loss', 'on');
	wait_for_lease($other, 'held');
	$issued->add('... and no obstacle if loss is accepted', 'two', issue($other, 100));
	check_lost_write($store, $replica, $issued, $two, $other) if full_run();
	return;
}

# An ID, unless none is to be had.
sub issue_or_not
{
	my ($session) = @_;

	return $session->error("SET idgen.max_wait = 0; SELECT snowflake_nextval(); RESET idgen.max_wait");
}

# A replica that lacks what the store has confirmed takes its place.
sub check_lost_write
{
	my ($store, $replica, $issued, $two, $other) = @_;

	$replica->promote;
	my $fence = $store->workers->{0}->{fence};
	wait_until { $issued->add('IDs', 'two', issue($other, 100)); $store->workers->{0}->{fence} > $fence } 'an extension that the replica lacks';
	my $confirmed = $store->workers->{0}->{fence};
	my $pool = $store->pool;
	$store->kill;
	$replica->take_place_of($store->redis);
	$store->{redis} = $replica;
	cmp_ok($store->workers->{0}->{fence}, '<', $confirmed, 'the successor lacks an extension');
	wait_until { $store->pool ne $pool } 'the loss to be noticed';
	$issued->add('IDs after a loss are others', 'two', issue($other, 1000));
	my ($floor) = $store->pool =~ /floor=(\d+)/;
	cmp_ok($floor, '>=', $confirmed, '... as the pool begins beyond what was confirmed');
	wait_until { $issued->add('IDs', 'two', issue($other, 10)); $store->workers->{0}->{fence} > $floor } 'a lease beyond that';
	$issued->are_below_fences($store, '... and IDs lie below its fence');
	like(slurp_file($two->logfile), qr/The store has lost data/, '... which the log says');
	return;
}

check_pool();
check_records();
check_holds();
check_read();
check_expiry();
check_races(full_run() ? 30 : 8);
check_settings();
check_complaints();
check_users();
check_away();
check_paused();
check_abandoned();
check_killed();
check_failover();
check_addresses();
check_tls() if error_of_opening('rediss://h') eq '';
takes_little_time(open_store(pool => 'fast'), 200);
leaves_no_memory(open_store(pool => 'fast', timeout => 1000), full_run() ? 20000 : 300, 'hiredis');
reads_large_pool(open_store(pool => 'large', timeout => 10000)) if full_run();
check_servers();

done_testing();
