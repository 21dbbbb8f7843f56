# The provider of etcd: each operation and each refusal; sessions that race; an etcd that is
# away, stopped or killed.  What is said to have been applied is in the store, and what is
# said not to have been is not.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use IdgenTest::Etcd;
use IdgenTest::Provider;
use IdgenTest::ProviderCosts;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

skip_all_without_etcd();

my $node = provider_server();
my $etcd = new_etcd('one');

# A session with that etcd.  Options as for provider().
sub open_store
{
	my (%option) = @_;

	return etcd_session($node, $etcd, %option);
}

# The first error of opening a store.
sub error_of_opening
{
	my ($store) = @_;

	return session($node)->error("SELECT provider_open('\$libdir/idgen_etcd', '$store', 'default', NULL, NULL, 1000)");
}

# ---------------------------------------------------------------------- operations

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

	$store->operate('write_pool', new_pool => 'P');
	answers($store->operate('write', %three, new_record => 'a', hold => 'take', hold_nonce => $mine), 'applied', {}, 'a hold is taken with the record');
	answers($store->operate('read'), 'applied', { workers => [ [ 3, 'a', $mine ] ] }, '... and read');
	answers($store->operate('write', %three, record => 'a', new_record => 'b', hold => 'take', hold_nonce => $other), 'refused', { record => 'a', hold_nonce => $mine, pool => 'P' }, '... and not taken twice');
	answers($store->operate('write', %three, record => 'a', new_record => 'b', hold => 'take', hold_nonce => $mine), 'refused', { record => 'a', hold_nonce => $mine }, '... not even by its owner');
	answers($store->operate('write', %three, record => 'a', new_record => 'b'), 'applied', {}, 'the record is written while there is a hold');
	answers($store->operate('keep', %three, hold_nonce => $mine), 'applied', {}, 'a hold is kept');
	answers($store->operate('keep', %three, hold_nonce => $other), 'refused', { pool => 'P', record => 'b', hold_nonce => $mine, worker => 3 }, '... by its owner alone');
	answers($store->operate('keep', %three, worker => 4, hold_nonce => $mine), 'refused', { pool => 'P', worker => 4, @NO_WORKER }, '... and not where there is none');
	answers(open_store(pool => 'holds')->operate('keep', %three, hold_nonce => $mine), 'applied', {}, '... also by a session that has not taken it');
	answers($store->operate('write', %three, record => 'b', new_record => 'c', hold => 'drop', hold_nonce => $other), 'applied', {}, "one drops one's own hold alone");
	answers($store->operate('read'), 'applied', { workers => [ [ 3, 'c', $mine ] ] }, "... and leaves others' as they are");
	answers($store->operate('write', %three, record => 'b', new_record => 'd', hold => 'drop', hold_nonce => $mine), 'refused', { record => 'c', hold_nonce => $mine }, '... unless the record is refused');
	answers($store->operate('write', %three, record => 'c', new_record => 'd', hold => 'drop', hold_nonce => $mine), 'applied', {}, 'a hold is dropped with the record');
	answers($store->operate('read'), 'applied', { workers => [ [ 3, 'd', undef ] ] }, '... and gone');
	is($etcd->must_control('lease', 'list') =~ /^found (\d+)/ && $1, 2, '... with the lease of etcd; what was granted for the refusals ends by itself');
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
	$etcd->must_control('put', $_, 'x')
	  foreach '/idgen/all/fence/7', '/idgen/all/fence/000000007', '/idgen/all/fence/0000000x', '/idgen/all/other', '/idgen/all0', '/idgen/all', '/idgen/all/fence/99999999';
	$etcd->must_control('put', '/idgen/all/hold/00000008', 'g' x 40);
	my $answer = $store->operate('read');
	$answer->{workers} = [ sort { $a->[0] <=> $b->[0] } @{ $answer->{workers} } ];
	answers(
		$answer, 'applied',
		{ pool => 'P', workers => [ [ 0, 'r0', undef ], [ 5, 'r5', undef ], [ 6, 'r6', $nonce ], [ 8, undef, 'g' x 32 ], [ 1023, 'r1023', $nonce ], [ 16777215, 'r16777215', undef ] ] },
		'records and holds of all workers are read, and nothing else');
	cmp_ok($answer->{incarnation}, '>', 0, '... with the identity of etcd');
	cmp_ok($answer->{revision}, '>', 1, '... its revision');
	cmp_ok(abs($answer->{clock_us} / 1e6 - time()), '<', 3, '... and its clock');
	is($answer->{clock_error_us}, 1_000_000, '... which is coarse');
	my $later = $store->operate('write', worker => 5, pool => 'P', record => 'r5', new_record => 's5');
	is($later->{revision}, $answer->{revision} + 1, 'the revision goes on with each write');
	is($later->{incarnation}, $answer->{incarnation}, '... and the identity stays');
	return;
}

# A hold vanishes unless it is kept, and the record stays.
sub check_expiry
{
	my $store = open_store(pool => 'expiry');
	my %one = (worker => 1, pool => 'P', ttl_ms => 1000, hold_nonce => 'a' x 32);

	$store->operate('write_pool', new_pool => 'P');
	$store->operate('write', %one, new_record => 'a', hold => 'take');
	for my $turn (1 .. 5)
	{
		sleep 0.4;
		$store->operate('keep', %one)->{outcome} eq 'applied' or fail("kept, turn $turn");
	}
	is($store->operate('read')->{workers}->[0]->[2], 'a' x 32, 'a hold that is kept stays');
	wait_until { !defined $store->operate('read')->{workers}->[0]->[2] } 'the hold to vanish';
	answers($store->operate('keep', %one), 'refused', { record => 'a', hold_nonce => undef }, 'one that is not kept vanishes, without the record');
	answers($store->operate('write', %one, worker => 2, new_record => 'b', hold => 'take', ttl_ms => 1), 'applied', {}, 'a TTL of less than a second is rounded up');
	return;
}

# ---------------------------------------------------------------------- races

# Sessions that start together claim one worker: one of them gets it.
sub check_races
{
	my ($count) = @_;
	my $store = open_store(pool => 'race');
	my $rounds = full_run() ? 20 : 3;
	my $address = $etcd->store;

	$store->operate('write_pool', new_pool => 'P');
	my @lines = run_clients(
		$node,
		map {
			my $client = $_;
			"SELECT provider_open('\$libdir/idgen_etcd', '$address', 'race', NULL, NULL, 10000);\n" . join(
				'',
				map {
					"SELECT provider_start(0, 'write', $_, 'P', NULL, NULL, 'by $client', 'take', 'n$client'); SELECT concat_ws(' ', $_, outcome, record, hold_nonce) FROM provider_finish(0);\n"
				} 1 .. $rounds)
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

# ---------------------------------------------------------------------- an etcd that does not answer

sub check_away
{
	my ($closed, $closed_too) = map { PostgreSQL::Test::Cluster::get_free_port() } 1 .. 2;
	my ($port) = $etcd->ports;
	my %nine = (worker => 9, pool => 'P');

	open_store(pool => 'away')->operate('write_pool', new_pool => 'P');
	foreach my $turn (1 .. 4)
	{
		my $store = open_store(pool => 'away', store => $etcd->store($closed, $port, $closed_too));
		my $before = $turn == 1 ? undef : 'r' . ($turn - 1);

		answers($store->operate('write', %nine, record => $before, new_record => "r$turn"), 'applied', {}, 'endpoints that are closed are passed over');
		answers($store->operate('keep', %nine, hold_nonce => 'x'), 'refused', { record => "r$turn" }, '... also by what comes next');
	}
	my $store = open_store(store => $etcd->store($closed, $closed_too));
	answers($store->operate($_, %nine, new_record => 'x', new_pool => 'y', hold_nonce => 'z'), 'unreachable', {}, "all are closed: $_") foreach qw(read write write_pool keep prepare);
	like($store->operate('read')->{error}, qr/^etcd at 127\.0\.0\.1:\d+: .*(connect|refused)/i, '... and the error says so');
	my $nowhere = open_store(store => 'etcd://no-such-host.invalid', timeout => 3000)->operate('write', %nine, new_record => 'x');
	answers($nowhere, 'unreachable', {}, 'a name that there is not');
	like($nowhere->{error}, qr/resolve|timed out|timeout/i, '... and the error says so');
	return;
}

# Stopped, it accepts connections and does not answer.
sub check_paused
{
	my $store = open_store(pool => 'away', timeout => 300);
	my %ten = (worker => 10, pool => 'P');

	$store->operate('write', %ten, new_record => 'a');
	$etcd->pause;
	my $answer = $store->operate('read');
	answers($answer, 'unreachable', {}, 'etcd is stopped: nothing has been read');
	cmp_ok($answer->{ms}, '<', 1500, '... which is known soon after the time for an endpoint');
	$store->start('read');
	is($store->finish(100)->{outcome}, 'pending', '... and not before');
	my $unsent = $store->operate('write', %ten, record => 'a', new_record => 'b');
	is($unsent->{outcome}, 'unreachable', 'a write that began with another request has not been sent');
	$etcd->resume;
	wait_until { $store->operate('read')->{outcome} eq 'applied' } 'etcd to go on';
	$etcd->pause;
	my $write = $store->operate('write', %ten, record => 'a', new_record => 'b');
	answers($write, 'unknown', {}, 'a write that was sent may be applied');
	like($write->{error}, qr/^etcd at .*time/i, '... and the error says why');
	$etcd->resume;
	wait_until { $store->operate('read')->{outcome} eq 'applied' } 'etcd to go on';
	my ($worker) = grep { $_->[0] == 10 } @{ $store->operate('read')->{workers} };
	diag("the write that was sent has been applied: $worker->[1]");
	like($worker->[1], qr/^[ab]$/, '... or not');
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

sub check_killed
{
	my $store = open_store(pool => 'away', timeout => 1000);
	my %twelve = (worker => 12, pool => 'P', hold_nonce => 'c' x 32);

	$store->operate('write', %twelve, new_record => 'a', hold => 'take');
	$etcd->kill_member(0);
	# Not each libcurl sees that the old connection is closed before it sends.
	my $killed = $store->operate('write', %twelve, record => 'a', new_record => 'b');
	like($killed->{outcome}, qr/^(unknown|unreachable)$/, 'etcd is killed: the write has not been applied, or may have been');
	like($killed->{error}, qr/connect|closed|reset/i, '... and the error says why');
	my $late = open_store(pool => 'away', timeout => 1000);
	answers($late->operate('write', %twelve, record => 'a', new_record => 'b'), 'unreachable', {}, '... and a new one is not to be had');
	$etcd->start;
	answers($store->operate('write', %twelve, record => 'a', new_record => 'b'), 'applied', {}, '... it is started again: the session goes on');
	answers($late->operate('keep', %twelve), 'applied', {}, '... as does one that began without it, and holds are there');
	return;
}

# ---------------------------------------------------------------------- addresses

sub check_addresses
{
	my $hint = qr/HINT:  Addresses look like "etcd:\/\/host1:2379,host2:2379"/;
	my %malformed = (
		'etcd:h' => qr/does not begin with/,
		'etcd2://h' => qr/does not begin with/,
		'etcd://' => qr/name of a host is missing or malformed/,
		'etcd://h,' => qr/name of a host/,
		'etcd://h:1:2' => qr/port is malformed/,
		'etcd://h:' => qr/port is malformed/,
		'etcd://h:0' => qr/Port 0 does not exist/,
		'etcd://h:65536' => qr/Port 65536 does not exist/,
		'etcd://h:123456' => qr/port is malformed/,
		'etcd://[::1' => qr/name of a host/,
		'etcd://[::1]x' => qr/name of a host/,
		'etcd://h%41' => qr/name of a host/,
		'etcd://h/path' => qr/path behind the hosts/,
		'etcd://h x' => qr/contains spaces/,
		'etcd://h?colour=/red' => qr/no other options than/,
		'etcd://h?prefix=x' => qr/does not begin with a slash/,
		'etcd://h?cacert=/x' => qr/Certificates are for/,
		'etcd://' . join(',', ('h') x 17) => qr/more than 16 hosts/,
		'etcd://' . 'h' x 1020 => qr/longer than 1024 bytes/,);

	foreach my $address (sort keys %malformed)
	{
		my $error = error_of_opening($address);

		like($error, qr/ERROR:  22023: invalid address of an etcd\n.*DETAIL:  .*$malformed{$address}/s, 'malformed: ' . substr($address, 0, 40));
		like($error, $hint, '... with an example');
	}
	foreach my $address ('etcd://me:hunter2@h', 'etcd://hunter2@h', 'etcd://h?password=hunter2', 'etcd://h?user=hunter2')
	{
		my $error = error_of_opening($address);

		like($error, qr/ERROR:  22023: address of an etcd must not contain a user or a password\nHINT:  /, "a password: $address");
		unlike($error, qr/hunter2/, '... is not repeated');
	}
	is(error_of_opening($_), '', "well-formed: $_")
	  foreach 'etcd://h', 'etcd://h/', 'etcd://h:1,[::1]:2,1.2.3.4', 'etcds://h?cacert=/a&cert=/b&key=/c&prefix=/d/', 'etcd://h/?prefix=/';

	# A prefix, with a slash at the end, and none.
	my $other = open_store(store => $etcd->store . '?prefix=/else/where/', pool => 'prefix');
	$other->operate('write_pool', new_pool => 'P');
	is($etcd->must_control('get', '/else/where/prefix/pool', '--print-value-only'), "P\n", 'a prefix is part of the keys');
	open_store(store => $etcd->store . '?prefix=/', pool => 'prefix')->operate('write_pool', new_pool => 'Q');
	is($etcd->must_control('get', '/prefix/pool', '--print-value-only'), "Q\n", '... and may be empty');
	return;
}

check_pool();
check_records();
check_holds();
check_read();
check_expiry();
check_races(full_run() ? 30 : 10);
check_away();
check_paused();
check_abandoned();
check_killed();
check_addresses();
takes_little_time(open_store(pool => 'fast'), 100);
leaves_no_memory(open_store(pool => 'fast', timeout => 1000), full_run() ? 20000 : 200, 'libcurl');
reads_large_pool(open_store(pool => 'large', timeout => 10000)) if full_run();

done_testing();
