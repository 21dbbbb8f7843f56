# Counters of etcd, Redis and ZooKeeper, as roots of segments: ranges that are taken do not overlap, whoever takes them, how
# many at once, and whatever becomes of the store; one whose answer was lost is never given to anybody else.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use IdgenTest::Etcd;
use IdgenTest::Provider;
use IdgenTest::Redis;
use IdgenTest::ZooKeeper;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = provider_server();
my $RACE = full_run() ? 300 : 60;

# A store of each kind that is here: its name, what opens a session, and what sets a text below a counter's name, whatever
# that is.
sub stores
{
	my @stores;

	if (is_there('etcd --version', 'etcdctl version', 'idgen_etcd'))
	{
		my $etcd = new_etcd('etcd');

		push @stores,
		  {
			name => 'etcd',
			module => '$libdir/idgen_etcd',
			address => $etcd->store,
			spoil => sub { $etcd->must_control('put', "/idgen/segments/counter/$_[0]", 'nonsense') },
			pause => sub { $etcd->pause },
			resume => sub { $etcd->resume },
			stop => sub { $etcd->kill_member(0) },
			start => sub { $etcd->start },
		  };
	}
	if (is_there('redis-server --version', 'redis-cli --version', 'idgen_redis'))
	{
		my $redis = new_redis('redis');

		push @stores,
		  {
			name => 'Redis',
			module => '$libdir/idgen_redis',
			address => $redis->store,
			reset => sub { $redis->must('HSET', "{idgen:segments}:counter:$_[0]", 'next', $_[1]) },
			spoil => sub { $redis->must('HSET', "{idgen:segments}:counter:$_[0]", 'next', 'nonsense', 'identity', 'x') },
			pause => sub { $redis->pause },
			resume => sub { $redis->resume },
			stop => sub { $redis->kill },
			start => sub { $redis->start },
		  };
	}
	if (full_run() && -e '/usr/share/java/zookeeper.jar' && is_there('java -version', 'idgen_zookeeper'))
	{
		my $zookeeper = new_zookeeper('zookeeper');

		push @stores,
		  {
			name => 'ZooKeeper',
			module => '$libdir/idgen_zookeeper',
			address => $zookeeper->store,
			spoil => sub { $zookeeper->client->create("/idgen/segments/counter-$_[0]", 'nonsense') },
			pause => sub { $zookeeper->pause },
			resume => sub { $zookeeper->resume },
			stop => sub { $zookeeper->kill_member(0) },
			start => sub { $zookeeper->start },
		  };
	}
	return @stores;
}

# Can the commands be run, and is there the module, which is last?
sub is_there
{
	my $module = pop;
	my $libdir = qx(pg_config --pkglibdir);

	chomp $libdir;
	return (!grep { system("$_ >/dev/null 2>&1") != 0 } @_) && -e "$libdir/$module.so";
}

# A session with a store.
sub open_store
{
	my ($store, %option) = @_;

	return provider($node, module => $store->{module}, store => $store->{address}, pool => 'segments', %option);
}

# ---------------------------------------------------------------------- one after the other

sub check_takes
{
	my ($store) = @_;
	my $session = open_store($store);
	my $name = $store->{name};

	is($session->operate("prepare")->{outcome}, "applied", "$name: it is prepared");
	takes($session->take(orders => 10), 'applied', ['no counter'], '... nothing is taken of a counter that is not there');
	answers($session->make_counter('orders', 1), 'applied', {}, '... a counter is created');
	answers($session->make_counter('orders', 1), 'refused', {}, '... once');
	takes($session->take(orders => 10), 'applied', ['taken 1'], '... and a range is taken');
	takes($session->take(orders => 1), 'applied', ['taken 11'], '... then the next one');
	takes(open_store($store, in => $session)->take(orders => 1_000_000_000_000), 'applied', ['taken 12'], '... by another session, a large one');
	takes($session->take(orders => 1), 'applied', ['taken 1000000000012'], '... of which the first one learns');
	$session->make_counter($_, 100) foreach qw(a.b A-B c_1);
	takes(
		$session->take('a.b' => 5, missing => 1, orders => 2, 'A-B' => 1, 'no:name' => 1, c_1 => 7),
		'applied', [ 'taken 100', 'no counter', 'taken 1000000000013', 'taken 100', qr/name of a counter must be/, 'taken 100' ],
		'... of several at once, each on its own');
	takes($session->take('a.b' => 1, 'A-B' => 1, c_1 => 1), 'applied', [ 'taken 105', 'taken 101', 'taken 107' ], '... and again');
	$session->make_counter("m$_", $_) foreach 1 .. 16;
	takes($session->take(map { ("m$_" => 1) } 1 .. 16), 'applied', [ map { "taken $_" } 1 .. 16 ], '... of as many as possible');
	$session->make_counter('end', '9223372036854775800');
	takes($session->take(end => 8), 'applied', ['exhausted'], '... not more than there are');
	takes($session->take(end => 7), 'applied', ['taken 9223372036854775800'], '... but these, exactly');
	takes($session->take(end => 1), 'applied', ['exhausted'], '... and no more');
	$store->{spoil}->('spoiled');
	takes($session->take(spoiled => 1, orders => 1), 'applied', [ qr/record of the counter is malformed|not an integer/, 'taken 1000000000015' ],
		'... nor of what is no counter');
	my ($first, $second) = map { $session->take(orders => 1) } 1 .. 2;
	isnt($first->{incarnation}, '0', '... and the store says who it is');
	is($second->{incarnation}, $first->{incarnation}, '... each time');
	is($second->{taken}->[0]->[2], $first->{taken}->[0]->[2], '... and which counter this is');
	isnt($session->take(c_1 => 1)->{taken}->[0]->[2], $first->{taken}->[0]->[2], '... unlike another one');
	$session->session_of->quit;
	return;
}

# The end of a range is given back, once, and not after others have taken, even if what they have given back ends there, too.
sub check_returns
{
	my ($store) = @_;
	my ($session, $other) = (open_store($store));
	my $back = sub { my ($by, $counter, @numbers) = @_; $by->operate('return', counter => $counter, counts => '{' . join(',', @numbers) . '}') };
	my ($token, $token_of_other);

	$session->make_counter('back', 1);
	$other = open_store($store, in => $session);
	$token = $session->take(back => 100)->{taken}->[0]->[4];
	isnt($token, 0, "$store->{name}: a range is taken, and has a token");
	answers($back->($session, 'back', 51, 100, $token + 1), 'refused', {}, '... by another one nothing is given back');
	answers($back->($session, 'back', 51, 99, $token), 'refused', {}, '... nor other numbers');
	answers($back->($session, 'missing', 51, 100, $token), 'refused', {}, '... nor those of another counter');
	answers($back->($session, 'back', 51, 100, $token), 'applied', {}, '... its end is given back');
	answers($back->($session, 'back', 51, 100, $token), 'refused', {}, '... once');
	my $again = $other->take(back => 50);
	takes($again, 'applied', ['taken 51'], '... and is taken by another session');
	$token_of_other = $again->{taken}->[0]->[4];
	answers($back->($session, 'back', 51, 100, $token), 'refused', {}, '... and then not given back by the first one');
	takes($session->take(back => 10), 'applied', ['taken 101'], '... which takes others');
	answers($back->($other, 'back', 91, 100, $token_of_other), 'refused', {}, '... so that those before cannot be given back');
	takes($other->take(back => 10), 'applied', ['taken 111'], 'ranges go on');
	$session->make_counter('new', 7);
	answers($back->($session, 'new', 1, 6, 0), 'refused', {}, '... nothing is given back where nothing was taken');
	$session->session_of->quit;
	return;
}

# Sessions take at the same time.
sub check_races
{
	my ($store) = @_;
	my $clients = 4;
	my $session = open_store($store);

	$session->make_counter('race', 1);
	my @lines = run_clients(
		$node,
		map {
			"SELECT provider_open('$store->{module}', '$store->{address}', 'segments', NULL, NULL, 10000);\n" . join('',
				map { "SELECT concat_ws(' ', outcome, taken[1][1], taken[1][2], " . ($_ % 7 + 1) . ") FROM provider_take(0, '{race}', '{" . ($_ % 7 + 1) . "}');\n" } 1 .. $RACE)
		} 1 .. $clients);
	my @ranges = sort { $a->[0] <=> $b->[0] } map { /^applied taken (\d+) (\d+)$/ ? [ $1, $2 ] : () } map { @$_ } @lines;
	my $end = 1;
	my $overlaps = 0;

	foreach my $range (@ranges)
	{
		$overlaps++ if $range->[0] < $end;
		$end = $range->[0] + $range->[1];
	}
	is($overlaps, 0, "$store->{name}: of " . scalar(@ranges) . ' ranges that were taken at the same time, none overlap');
	cmp_ok(scalar(@ranges), '>', $clients * $RACE / 2, '... and sessions that are slower get theirs, too');
	$session->session_of->quit;
	return;
}

# ---------------------------------------------------------------------- a store that does not answer

sub check_absence
{
	my ($store) = @_;
	my $session = open_store($store, timeout => 500);
	my $last;

	$session->make_counter('lost', 1);
	takes($session->take(lost => 10), 'applied', ['taken 1'], "$store->{name}: a range is taken");
	$store->{pause}->();
	my $answer = $session->take(lost => 10);
	like($answer->{outcome}, qr/^(unknown|unreachable)$/, "... and while it is stopped, nobody knows");
	isnt($answer->{error}, '', '... with a reason');
	$store->{resume}->();
	wait_until { ($last = $session->take(lost => 10))->{outcome} eq 'applied' } 'the store to go on';
	cmp_ok($last->{taken}->[0]->[1], '>=', 11, '... a range is lost, or not, and none comes twice');
	my ($end, $token) = ($last->{taken}->[0]->[1] + 9, $last->{taken}->[0]->[4]);
	$store->{pause}->();
	like($session->operate('return', counter => 'lost', counts => '{' . ($end - 4) . ",$end,$token}")->{outcome}, qr/^(unknown|unreachable)$/, '... nor does anybody know of a return');
	$store->{resume}->();
	wait_until { ($last = $session->take(lost => 10))->{outcome} eq 'applied' } 'the store to go on';
	like($last->{taken}->[0]->[1], '/^(' . ($end - 4) . '|' . ($end + 1) . ')$/', '... which was done, or not');
	$store->{stop}->();
	like($session->take(lost => 10)->{outcome}, qr/^(unknown|unreachable)$/, '... it is killed');
	$store->{start}->();
	my $before = $last->{taken}->[0]->[1];
	wait_until { ($last = $session->take(lost => 10))->{outcome} eq 'applied' } 'the store to start again';
	cmp_ok($last->{taken}->[0]->[1], '>=', $before + 10, '... and goes on where it was');
	$session->session_of->quit;
	return;
}

# The store goes back below strict numbers, and above those of chunks.
sub check_below_strict
{
	my ($store, $leaf, $counter) = @_;
	my $log_start;
	my $last = $leaf->query("SELECT segment_next_block('$counter', 400000)") + 400000;
	my $strict = (split /[\[,]/, $leaf->query("SELECT segment_take_strict('$counter', 3000000)"))[1] + 3000000;

	$log_start = -s $node->logfile;
	$store->{reset}->($counter, $strict - 2000000);
	cmp_ok($leaf->query("SELECT segment_next_block('$counter', 400000)"), '>=', $strict, "$store->{name}: a chunk is above strict numbers if the store goes back");
	like(substr(slurp_file($node->logfile), $log_start), qr/root 1 of the segment of "$counter" may have gone back/, '... which is noticed');
	return;
}

# A server's segments take from the store.
sub check_segments
{
	my ($store) = @_;
	my $counter = 'counter_of_' . lc $store->{name};
	my $leaf = session($node);
	my $set = "SELECT segment_set_roots('$counter', ARRAY['$store->{address}'], counter => '$counter')";

	$leaf->query("CREATE SEQUENCE $counter; $set");
	like($leaf->error("SET idgen.max_wait = '5s'; SELECT segment_nextval('$counter')"),
		qr/55000.*the root has no such counter/s, "$store->{name}: a segment needs a counter");
	is($leaf->query("SELECT segment_create_counter('$store->{address}', '$counter', 1000)"), 't', '... which is created');
	is($leaf->query("SELECT segment_create_counter('$store->{address}', '$counter')"), 'f', '... once');
	$leaf->query("RESET idgen.max_wait; SELECT segment_set_roots('$counter', NULL); $set");
	wait_until { $leaf->error("SELECT segment_nextval('$counter')") eq '' } 'the counter to be asked again';
	is($leaf->query("SELECT count(DISTINCT n) = 20000 AND min(n) >= 1000 FROM (SELECT segment_nextval('$counter') AS n FROM generate_series(1, 20000)) AS drawn"),
		't', '... and numbers are drawn');
	is($leaf->query("SELECT segment_nextval_strict('$counter') > max(n) FROM (SELECT segment_nextval('$counter') AS n FROM generate_series(1, 100)) AS drawn"),
		't', '... also strict ones');
	# A range after the strict number, which remains the newest.
	my $next = $leaf->query("SELECT segment_next_block('$counter', 200000)") + 200000;
	$next = $leaf->query("SELECT segment_nextval('$counter')") + 1;
	wait_until { $leaf->error("SELECT segment_return('$counter') > 0") eq '' } 'the end of refilling';
	is($leaf->query("SELECT returned > 0 FROM segments WHERE sequence = '$counter'::regclass"), 't', '... what is left is given back');
	is($leaf->query("SELECT segment_nextval('$counter')"), $next, '... and comes next');
	check_below_strict($store, $leaf, $counter) if $store->{reset};
	$leaf->quit;
	return;
}

my @stores = stores();

plan skip_all => 'neither etcd nor Redis is here' unless @stores;
$node->safe_psql('postgres', 'CREATE EXTENSION idgen');
foreach my $store (@stores)
{
	check_takes($store);
	check_returns($store);
	check_races($store);
	check_segments($store);
	check_absence($store);
}

$node->stop('fast');
done_testing();
