# Guards: a server leases its worker ID from a store, here another PostgreSQL.  It claims one when it starts, extends
# its lease before calls have to wait, writes nothing while it is idle, gives the worker ID up when it stops, and
# claims anew when it starts again.  All IDs that contain the server's node have the leased worker ID.  Whatever
# happens, no ID comes twice, and none lies beyond the fence of its worker ID in the store.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use IdgenTest::Lease;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $store = postgres_store('store');
my $issued = issued();

# ---------------------------------------------------------------------------------------------------- the first ones

# A short TTL lets holds be kept often; worker IDs of one that is set do not count.
my $one = leasing_server('one', $store, conf => "idgen.worker_id = 17\n", lease => { ttl => '3s', reach => '6s' });
my $session = session($one);

# What the store says may contain its address, which is for some to see.
sub check_words
{
	my $words = qr/The store has no pool "default"/;

	$session->query("SELECT snowflake_create_generator('own', worker_id => 2); GRANT USAGE ON FOREIGN SERVER own TO PUBLIC");
	foreach my $case (
		[ 'snowflake_nextval()', qr/this server holds no worker ID/, qr/None could be leased within "idgen\.max_wait", which is 200 ms\./ ],
		[ "snowflake_nextval('own')", qr/pool of leased worker IDs is not known/, qr/A generator with a node of its own .* within "idgen\.max_wait", which is 200 ms\./ ])
	{
		my ($call, $message, $detail) = @$case;
		my $log_start = -s $one->logfile;

		$session->query('SET ROLE nobody');
		like($session->error("SELECT $call"), qr/ERROR:  55000: $message\n.*DETAIL:  $detail\n.*HINT/s, "$call: not all users see what the store says");
		$session->query('SET ROLE monitor');
		like($session->error("SELECT $call"), qr/ERROR:  55000: $message\n.*DETAIL:  $detail $words/s, '... but those who may see the setting');
		$session->query('RESET ROLE');
		is(scalar(() = slurp_file($one->logfile, $log_start) =~ /DETAIL:  $detail $words/g), 2, '... and the log has it in any case');
	}
	$session->query("SELECT snowflake_drop_generator('own')");
	return;
}

sub check_claim
{
	my $lease = wait_for_lease($session, 'claiming');

	$session->query('CREATE ROLE nobody LOGIN; CREATE ROLE monitor LOGIN IN ROLE pg_monitor');
	wait_until { ($lease = lease($session))->{last_error} =~ /no pool/ } 'an answer of the store';
	like($lease->{last_error}, qr/The store has no pool "default".*idgen_lease_create_pool\(\)/, 'a server of a store without the pool says so');
	is($lease->{worker_id}, undef, '... and has no worker ID');
	is($session->query('SELECT worker_id FROM idgen_status()'), '', '... whatever the setting says');
	$session->query("SET idgen.max_wait = '200ms'");
	like(
		$session->error('SELECT snowflake_nextval()'),
		qr/ERROR:  55000: this server holds no worker ID.*DETAIL:  None could be leased within "idgen\.max_wait", which is 200 ms\. The store has no pool "default"/s,
		'... and issues no ID');
	check_words();
	$session->query('RESET idgen.max_wait');

	create_pool($session, 0, 3);
	$lease = wait_for_lease($session, 'held');
	my $record = $store->workers->{ $lease->{worker_id} };
	ok($lease->{worker_id} <= 3, 'a worker ID of the pool is claimed as soon as there is one');
	is_deeply([ @$lease{qw(epoch fence last_error)} ], [ 1, undef, undef ], '... by the first claim, which moves no fence');
	is_deeply([ @$record{qw(epoch fence hold)} ], [ 1, 0, $record->{nonce} ], '... as the store knows');

	my $ids = issue($session);
	$issued->add('the first ID', 'one', $ids);
	is(node_of($ids->[0]), $lease->{worker_id}, '... has the leased worker ID');
	is($session->query('SELECT worker_id FROM idgen_status()'), $lease->{worker_id}, '... which idgen_status() shows');
	$issued->are_below_fences($store, '... and lies below the fence in the store');
	like(
		$session->query("SELECT string_agg(finding, ' ') FROM idgen_check() WHERE subject = 'idgen.worker_id'"),
		qr/^The value is "17", but "idgen.lease_store" is set/,
		'a finding says that the setting does not count');
	return $lease->{worker_id};
}

# Passes if extensions come when about half of the reach, which is 6 s, is left.
sub are_at_half
{
	my (@leases) = @_;
	my @left;

	foreach (1 .. $#leases)
	{
		my ($before, $after) = @leases[ $_ - 1, $_ ];

		# The first one after a pause has a third of the reach.
		push @left, $before->{fence} - $after->{extended} if $before->{fence} - $before->{extended} > 4;
	}
	cmp_ok(scalar(@left), '>', 0, '... more than once');
	is_deeply([ grep { $_ < 2 || $_ > 3.5 } @left ], [], '... when half of the reach is left') or diag "@left";
	return;
}

# The extensions of so many seconds, when they came and up to when, in s since 1970.
sub watch_extensions
{
	my ($seconds) = @_;
	my $ends_at = time + $seconds;
	my @leases;

	while (time < $ends_at)
	{
		my ($extended, $fence) = split /\|/, $session->query('SELECT extract(epoch FROM extended_at), extract(epoch FROM fence) FROM idgen_lease()');

		push @leases, { extended => $extended, fence => $fence } unless @leases && $leases[-1]->{fence} eq $fence;
		sleep 0.1;
	}
	return @leases;
}

# Extensions come before the lease ends.
sub check_load
{
	my $before = lease($session);
	my $waits = 'SELECT lease_waits FROM idgen_status()';
	my $waited = $session->query($waits);

	my $seconds = full_run() ? 30 : 6;
	my @load = map { start_issuing(session($one), $seconds) } 1 .. 3;
	my @leases = watch_extensions($seconds);
	$issued->add('IDs under load', "load $_", (finish_issuing($load[$_]))[0]) foreach 0 .. $#load;
	my $after = lease($session);
	isnt($after->{fence}, $before->{fence}, 'the lease is extended under load');
	are_at_half(@leases);
	is($session->query($waits), $waited, '... and no call has waited for that');
	is($after->{failures}, 0, '... and nothing has failed');
	$issued->are_below_fences($store, '... and all IDs lie below the fence');
	$_->quit foreach @load;
	return;
}

# What is held is kept, but no record is written.
sub check_idle
{
	my $worker = lease($session)->{worker_id};
	my $before = $store->workers->{$worker};
	my $after;

	wait_until { ($after = $store->workers->{$worker})->{hold_version} != $before->{hold_version} } 'the hold to be kept';
	sleep 2;
	$after = $store->workers->{$worker};
	is($after->{version}, $before->{version}, 'an idle server keeps its hold and does not write its record');
	is($after->{hold}, $before->{nonce}, '... and the hold is its own');
	return;
}

# ---------------------------------------------------------------------------------------------------- others

# IDs of 128 bits, and generators.
sub check_all_kinds
{
	my $worker = lease($session)->{worker_id};

	is($session->query('SELECT (snowflake128_parse(snowflake128_nextval())).worker_id'), $worker, 'a 128-bit snowflake has the leased worker ID');
	my $static = $session->query('SET idgen.uuid_node = server; SELECT right(uuidv6()::text, 12)');
	is($static, $session->query('SELECT right(uuidv1()::text, 12)'), 'UUIDs of version 1 and 6 have one node');
	is(hex($static) & 31, $worker, '... with the leased worker ID') or diag $static;
	$session->query('RESET idgen.uuid_node');

	$session->query("SELECT snowflake_create_generator('follows')");
	is($session->query("SELECT (snowflake_parse(snowflake_nextval('follows'))).worker_id"), $worker, 'a generator that follows the server has it, too');
	$session->query("SELECT snowflake_create_generator('inside', worker_id => 2)");
	like(
		$session->error("SELECT snowflake_nextval('inside')"),
		qr/ERROR:  55000: IDs of generator "inside" could be equal to IDs of other servers.*pool has worker IDs 0 to 3 and layout/s,
		'a generator with a worker ID of the pool is refused');
	$session->query("SELECT snowflake_create_generator('outside', worker_id => 9)");
	is($session->query("SELECT (snowflake_parse(snowflake_nextval('outside'))).worker_id"), 9, '... unlike one with another worker ID');
	$session->query("SELECT snowflake_create_generator('wide', 'widest')");
	like(
		$session->error("SELECT snowflake_nextval('wide')"),
		qr/ERROR:  55000: IDs of generator "wide" could be equal to IDs of other servers/,
		'a generator without a worker ID, whose numbers are those of all, is refused');
	like(
		$session->query("SELECT string_agg(subject, ',' ORDER BY subject) FROM idgen_check() WHERE finding ~ 'stands for some of its numbers'"),
		qr/inside.*wide/, '... and idgen_check() finds both');
	return;
}

# What may be called by whom.
sub check_permissions
{
	my %call = (
		'idgen_lease()' => 'monitor',
		'idgen_lease_workers()' => '',
		'idgen_lease_release()' => '',
		'idgen_lease_create_pool(0, 1)' => '',
		'idgen_lease_widen_pool(0, 4)' => '',
		"idgen_lease_propose_layout('default')" => '',
		'idgen_lease_commit_layout()' => '',
		'idgen_lease_abort_layout()' => '');

	foreach my $role ('nobody', 'monitor')
	{
		my $other = session($one, user => $role);
		my @allowed = grep { $other->error("SELECT $_") !~ /ERROR:  42501: permission denied for function/ } sort keys %call;

		is_deeply(\@allowed, [ grep { $call{$_} eq $role } sort keys %call ], "what $role may call");
		like($other->error('SHOW idgen.lease_store'), $role eq 'nobody' ? qr/ERROR:  42501/ : qr/^$/, "... and whether $role sees the store");
		$other->quit;
	}
	like($session->error('SELECT idgen_lease_create_pool(0, 1)'), qr/ERROR:  42710: pool "default" already exists.*worker IDs 0 to 3/s, 'a pool is not created twice');
	return;
}

# ---------------------------------------------------------------------------------------------------- stops and starts

sub check_restart
{
	my $before = lease($session);
	my $worker = $before->{worker_id};

	$issued->add('IDs before a stop', 'before a stop', issue($session, 100));
	$session->quit;
	my $seconds = stop_in($one);
	my $released = $store->workers->{$worker};
	is($released->{hold}, undef, 'a server that stops gives up its hold');
	ok($released->{fence} <= (time + 1) * 1_000_000, '... and lowers the fence to the end of its IDs');
	$issued->are_below_fences($store, '... but not below an ID');
	start_server($one);
	$session = session($one);
	my $after = wait_for_lease($session, 'held');
	is_deeply([ @$after{qw(worker_id epoch)} ], [ $worker, $before->{epoch} + 1 ], 'it claims its last worker ID anew when it starts');
	isnt($store->workers->{$worker}->{nonce}, $released->{nonce}, '... with another nonce');
	$issued->add('... and goes on', 'after a stop', issue($session, 100));
	return $seconds;
}

# After a crash the worker ID rests, and another is claimed, or the same when its IDs can begin.
sub check_crash
{
	my $before = lease($session);

	$issued->add('IDs before a crash', 'before a crash', issue($session, 1000));
	crash_server($one, $session);
	$session = session($one);
	my $after = wait_for_lease($session, 'held');
	ok($after->{worker_id} != $before->{worker_id} || $after->{epoch} > $before->{epoch}, 'a server that crashed claims anew');
	isnt($after->{worker_id}, $before->{worker_id}, '... another worker ID, as its last one is still held and rests');
	$issued->add('... and goes on', 'after a crash', issue($session, 1000));
	return;
}

# Sessions that issue IDs all the time lose no order, and no ID comes twice, while worker IDs are released.
sub check_release
{
	my ($rounds) = @_;
	my @load = map { session($one) } 1 .. 3;
	my %workers;

	start_issuing($_, full_run() ? 40 : 3) foreach @load;
	foreach my $round (1 .. $rounds)
	{
		# The others may have ended on a slow machine.
		$session->query('SELECT snowflake_nextval()');
		$workers{ wait_for_lease($session, 'held')->{worker_id} } = 1;
		$session->query('SELECT idgen_lease_release()');
		sleep rand 0.2;
	}
	foreach (0 .. $#load)
	{
		my ($ids, $errors) = finish_issuing($load[$_]);

		$issued->add("IDs while the worker ID is released $rounds times", "during releases $_", $ids);
		is("@$errors", '', '... and none was refused');
		$_->quit foreach $load[$_];
	}
	note 'worker IDs: ', join ' ', sort keys %workers;
	$issued->are_below_fences($store, '... and all lie below the fences');
	return;
}

# ---------------------------------------------------------------------------------------------------- several servers

# A server that is not preloaded starts its agent by the first call.
sub check_first_call
{
	my $two = new_server('two', conf => lease_conf($store));
	my $other = session($two);

	is(agent_pid($two), 0, 'a server without a preloaded library has no agent at first');
	my $ids = issue($other);
	$issued->add('... but by its first ID', 'two', $ids);
	isnt(agent_pid($two), 0, '... which starts one');
	isnt(node_of($ids->[0]), lease($session)->{worker_id}, '... and has another worker ID than the first server');
	my @rows = map { [ split /\|/ ] } split /\n/, $session->query('SELECT worker_id, is_held, holder, epoch FROM idgen_lease_workers()');
	is(scalar(@rows), 4, 'idgen_lease_workers() has a row for each worker ID');
	is(scalar(grep { $_->[1] eq 't' } @rows), 2, '... two of which are held');

	# The third and the fourth one may still be held by what has crashed.
	# Whoever has released it must not see a claim that nobody has asked for.
	my @states;
	my @after;
	foreach (1 .. 50)
	{
		$other->query('SELECT idgen_lease_release()');
		push @states, lease($other)->{state};
		push @after, @{ issue($other) };
	}
	is_deeply(\@states, [ ('none') x @states ], 'a released server holds none');
	$issued->add('... and claims again by the next ID', 'two', \@after);
	$other->quit;
	$two->stop('fast');
	return;
}

# ---------------------------------------------------------------------------------------------------- run

check_claim();
check_load();
check_idle();
check_all_kinds();
check_permissions();
my $with_lease = check_restart();
check_release(full_run() ? 150 : 15);
check_first_call();
check_crash();

$session->query("ALTER SYSTEM SET idgen.lease_store = ''");
$session->quit;
$one->stop('fast');
$one->start;
my $without = stop_in($one);
note sprintf 'a stop takes %.3f s with a lease, and %.3f s without', $with_lease, $without;
cmp_ok($with_lease, '<=', $without + 1.5, 'a stop takes little more with a lease');

done_testing();
