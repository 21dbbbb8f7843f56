# Guards: a server joins no pool that it does not belong to, and says why; its configuration may be changed to another
# store, to another pool, to a worker ID that is set and back, while sessions issue IDs; and a pool can be widened, and
# its layout changed, while servers use it.  No ID comes twice.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use IdgenTest::Lease;
use PostgreSQL::Test::Cluster;
use Test::More;
use Time::HiRes qw(sleep time);

my $LEASE = { ttl => '2s', reach => '6s' };
my $store = postgres_store('store');
my $issued = issued();
my $one = leasing_server('one', $store, lease => $LEASE, conf => "idgen.datacenter_id = 3\nidgen.worker_id = 20\n");
my $session = session($one);

# Waits until the lease says this, and passes then.
sub says_until
{
	my ($expected, $name, $of) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $error;

	ok(eval { wait_until { ($error = last_error($of // $session)) =~ $expected } $name }, $name) or diag($error);
	return;
}

# Writes settings of leases, by the rest of their names, and has all processes read them.
sub configure
{
	my (%setting) = @_;

	$one->append_conf('postgresql.conf', join('', map { "idgen.$_ = '$setting{$_}'\n" } sort keys %setting));
	my ($name) = sort keys %setting;
	reload_until($one, $session, "idgen.$name", $setting{$name});
	return;
}

# ---------------------------------------------------------------------------------------------------- pools

# Pools as another server might have left them.
sub check_pools
{
	create_pool($session, 0, 1);
	my $worker = wait_for_lease($session, 'held')->{worker_id};
	my $pool = $store->pool;
	$issued->add('the first IDs', 'one', issue($session, 10));

	foreach my $case (
		[ 'of another datacenter', $pool =~ s/datacenter=3/datacenter=4/r, qr/^This server's datacenter is 3, and that of pool "default" is 4\.$/ ],
		[ 'of another version', $pool =~ s/^(\S+?)1 /${1}2 /r, qr/^The record of pool "default" was written by another version of idgen\.$/ ])
	{
		my ($name, $text, $expected) = @$case;

		isnt($text, $pool, "a pool $name");
		$store->set_pool($text);
		$session->query('SELECT idgen_lease_release()');
		$session->query("SET idgen.max_wait = '200ms'");
		like($session->error('SELECT snowflake_nextval()'), qr/ERROR:  55000/, "a pool $name gives no worker ID");
		says_until($expected, '... and it is said why');
		is($store->pool, $text, '... and the pool is left as it is');
		$store->set_pool($pool);
		$session->query('RESET idgen.max_wait');
		$issued->add('... until the pool is as it was', 'one', issue($session, 10));
	}

	my $other = $store->other_pool('other_layout');
	my $two = leasing_server('two', $store, lease => { pool => 'other_layout', store => $other->address }, conf => "idgen.layout = 'time 41 bits of 1 ms since 2020-01-01, datacenter 5, worker 4, sequence 13'\n");
	my $on_two = session($two);
	create_pool($on_two, 0, 3);
	wait_for_lease($on_two, 'held');
	$two->append_conf('postgresql.conf', "idgen.lease_pool = 'default'\nidgen.datacenter_id = 3");
	$two->reload;
	says_until(qr/^This server's layout is not that of pool "default", which is "time 41 bits of 1 ms/, 'a server of another layout does not join', $on_two);
	$on_two->quit;
	$two->stop('fast');
	return;
}

# The record of a worker that another version of idgen has written is nobody's to change.
sub check_record_version
{
	my $worker = wait_for_lease($session, 'held')->{worker_id};
	my $other = 1 - $worker;
	my $text = ($store->workers->{$other} // $store->workers->{$worker})->{text} =~ s/^(\S+?)1 /${1}2 /r;

	$session->query('SELECT idgen_lease_release()');
	my $own = $store->workers->{$worker}->{text};
	$store->set_worker($worker, $text);
	$issued->add('a record of another version is left alone', 'one', issue($session, 10));
	is(wait_for_lease($session, 'held')->{worker_id}, $other, '... and another worker ID is claimed');
	is($store->workers->{$worker}->{text}, $text, '... and the record stays as it is');
	$store->set_worker($worker, $own);
	return;
}

# All worker IDs are held, or rest.
sub check_exhausted
{
	my $two = leasing_server('three', $store, lease => $LEASE, conf => "idgen.datacenter_id = 3\nidgen.max_wait = '300ms'\n");
	my $on_two = session($two);
	wait_for_lease($on_two, 'held');
	my $three = leasing_server('four', $store, lease => $LEASE, conf => "idgen.datacenter_id = 3\nidgen.max_wait = '300ms'\n");
	my $on_three = session($three);

	says_until(qr/^All worker IDs of pool "default", 0 to 1, are held\. Stop a server, or add worker IDs with idgen_lease_widen_pool\(\);/, 'a pool may be exhausted', $on_three);
	like($on_three->error('SELECT snowflake_nextval()'), qr/ERROR:  55000: this server holds no worker ID.*All worker IDs/s, '... which the error says');

	# A server that crashes leaves a worker ID that rests until its fence.
	$issued->add('IDs of another server', 'three', issue($on_two, 10));
	$session->query("SET idgen.max_wait = '300ms'");
	$two->stop('immediate');
	$on_two->abandon;
	my $fence = 0 + (grep { defined } map { $_->{fence} } grep { $_->{holder} =~ /:${\ $two->port}$/ } values %{ $store->workers })[0];
	if ($fence > (time + 4) * 1_000_000)
	{
		says_until(qr/^No worker ID of pool "default" is free: .* can be claimed at \d{4}-/, '... or all that are free rest, until the time that is said', $on_three);
		my ($said) = last_error($on_three) =~ /can be claimed at (.*)\.$/;
		is($session->query("SELECT min(resting_until) = '$said' FROM idgen_lease_workers()"), 't', '... which idgen_lease_workers() says, too') if $said;
	}
	wait_for_lease($on_three, 'held');
	my $ids = issue($on_three);
	$issued->add('... and then one can be claimed', 'four', $ids);
	cmp_ok(time_of($ids->[0]) + 1000, '>=', $fence, '... and its IDs begin at the fence');

	# A wider pool has room for another.
	my $five = leasing_server('five', $store, lease => $LEASE, conf => "idgen.datacenter_id = 3\n");
	my $on_five = session($five);
	like($session->error('SELECT idgen_lease_widen_pool(0, 0)'), qr/ERROR:  22023: range of worker IDs does not contain that of the pool/, 'a pool is not narrowed');
	like($session->error('SELECT idgen_lease_widen_pool(0, 32)'), qr/ERROR:  22023: invalid range of worker IDs: 0 to 32/, '... nor widened beyond the layout');
	my $own = session($one);
	$own->query("SELECT snowflake_create_generator('own', worker_id => 4)");
	$own->query("SELECT snowflake_nextval('own')");
	$session->query('SELECT idgen_lease_widen_pool(0, 5)');
	$ids = issue($on_five);
	$issued->add('a pool that is widened has room', 'five', $ids);
	cmp_ok(node_of($ids->[0]), '>', 1, '... with other worker IDs');
	my $refusal = '';
	eval { wait_until { issue($session); ($refusal = $own->error("SELECT snowflake_nextval('own')")) ne '' } 'a refusal' };
	like($refusal, qr/ERROR:  55000: IDs of generator "own" could be equal to IDs of other servers.*pool has worker IDs 0 to 5/s, '... and a session that uses one of them in a generator stops when the lease has been extended');
	$own->quit;
	$issued->add('... and those that hold one keep it', 'one', issue($session, 10));
	$session->query('RESET idgen.max_wait');
	$issued->are_below_fences($store, 'all IDs lie below the fences');
	return ($three, $on_three, $five, $on_five);
}

# ---------------------------------------------------------------------------------------------------- layouts

# Node bits may move only if no two servers can meet, in whichever of the two layouts.
sub check_layout_change
{
	my ($two, $on_two) = @_;
	my $meets = 'time 41 bits of 1 ms since 2020-01-01, datacenter 5, worker 4, sequence 13';
	my $apart = 'time 41 bits of 1 ms since 2020-01-01, datacenter 6, worker 4, sequence 12';
	my $without = 'time 41 bits of 1 ms since 2020-01-01, worker 10, sequence 12';
	my $acknowledged = 'SELECT count(*) FILTER (WHERE is_acknowledged), count(*) FILTER (WHERE is_held) FROM idgen_lease_workers()';

	like($session->error("SELECT idgen_lease_propose_layout('$meets')"), qr/ERROR:  22023: layout cannot be that of the pool while servers use the present one/, 'a layout whose IDs could be equal to those of others is not proposed');
	like($session->error("SELECT idgen_lease_propose_layout('$without')"), qr/ERROR:  22023: layout has no datacenter field\n.*DETAIL:  The pool is that of datacenter 3/s, '... nor one without the field that the pool needs');
	like($session->error('SELECT idgen_lease_commit_layout()'), qr/ERROR:  55000: no layout has been proposed/, 'nothing is committed that was not proposed');

	$session->query("SELECT idgen_lease_propose_layout('$apart')");
	like($session->error("SELECT idgen_lease_propose_layout('$apart')"), qr/ERROR:  55000: another layout has been proposed/, 'one layout is proposed at a time');
	like($session->error('SELECT idgen_lease_commit_layout()'), qr/ERROR:  55006: not all servers have acknowledged.*These have not: .*worker ID/s, '... and not committed before all servers know of it');
	$session->query('SELECT idgen_lease_abort_layout()');
	like($session->error('SELECT idgen_lease_abort_layout()'), qr/ERROR:  55000: no layout has been proposed/, 'a proposal can be withdrawn');
	$issued->add('... and IDs go on', 'one', issue($session, 10));

	$session->query("SELECT idgen_lease_propose_layout('$apart')");
	my $committed = 0;
	wait_until {
		$issued->add('IDs while a layout is proposed', $_->[0], issue($_->[1], 10)) foreach [ 'one', $session ], [ 'four', $on_two ];
		sleep 0.3;
		$session->error('SELECT idgen_lease_commit_layout()') eq ''
	}
	'the proposed layout to be acknowledged';
	like($store->pool, qr/ layout=\S*,\+worker\+4,/, 'a layout that all have acknowledged is committed') or diag $store->pool;
	$issued->add('... servers go on with the former layout', 'one', issue($session, 10));
	sleep 4;
	$issued->add('... also after an extension', 'one', issue($session, 10));
	is(wait_for_lease($session, 'held')->{failures}, 0, '... and hold their worker IDs');

	$session->query('SELECT idgen_lease_release()');
	$session->query("SET idgen.max_wait = '300ms'");
	like($session->error('SELECT snowflake_nextval()'), qr/ERROR:  55000: this server holds no worker ID.*This server's layout is not that of pool "default"/s, 'a server claims no worker ID with the former layout');
	return;
}

# After a loss, all worker IDs rest as long as IDs that are not known may be ahead of the clock.
sub check_after_loss
{
	configure(lease_pool => 'lost');
	$session->query('SELECT idgen_lease_create_pool(0, 1, after_loss => true)');
	my ($count, $rests) =
	  split /\|/, $session->query('SELECT count(*), extract(epoch FROM min(resting_until) - clock_timestamp()) FROM idgen_lease_workers() WHERE holder IS NULL');
	my $ahead = $session->query(
		"SELECT extract(epoch FROM sum(current_setting(name)::interval)) FROM unnest(ARRAY['idgen.lease_reach', 'idgen.max_regression']) AS name");

	is($count, 2, 'after a loss, worker IDs that nobody has claimed rest, too');
	cmp_ok($rests, '<=', $ahead + 2, '... for as long as IDs may be ahead, less what they may be in a burst');
	cmp_ok($rests, '>', $ahead + 0.5, '... with those of calls that wait');
	return;
}

# ---------------------------------------------------------------------------------------------------- settings

# The datacenter is part of the node.
sub check_datacenter_reload
{
	my $busy = start_issuing(session($one), 3);

	sleep 0.5;
	configure(datacenter_id => 4);
	$session->query("SET idgen.max_wait = '200ms'");
	like($session->error('SELECT snowflake_nextval()'), qr/ERROR:  55000: .*datacenter/s, 'a server whose datacenter changes issues no IDs of the pool');
	says_until(qr/^This server's datacenter is 4, and that of pool "default" is 3\.$/, '... because the pool has another');
	$session->query('RESET idgen.max_wait');
	configure(datacenter_id => 3);
	my ($ids) = finish_issuing($busy);
	$issued->add('IDs before and after that', 'datacenter', $ids);
	is_deeply([ grep { ($_ >> 17 & 31) != 3 } @$ids ], [], '... are of the right datacenter');
	$issued->add('... and go on', 'one', issue($session, 10));
	$busy->quit;
	return;
}

# To another pool, to another store, to a worker ID that is set, and back, while sessions issue IDs.
sub check_moves
{
	my $elsewhere = postgres_store('elsewhere');
	my $log_start = -s $one->logfile;
	my @busy = map { start_issuing(session($one), 6) } 1 .. 2;
	my $worker = wait_for_lease($session, 'held')->{worker_id};

	$issued->are_below_fences($store, 'all IDs lie below the fences');
	configure(lease_pool => 'second');
	says_until(qr/^The store has no pool "second"/, 'a server can be sent to another pool');
	is($store->workers->{$worker}->{hold}, undef, '... and leaves the first one');
	create_pool($session, 8, 9);
	my $lease = wait_for_lease($session, 'held');
	cmp_ok($lease->{worker_id}, '>=', 8, '... and claims a worker ID there');

	configure(lease_store => $elsewhere->address, lease_pool => 'default');
	says_until(qr/^The store has no pool "default"/, 'a server can be sent to another store');
	is($store->other_pool('second')->workers->{ $lease->{worker_id} }->{hold}, undef, '... and leaves the first one');
	ok($one->log_contains(qr/released worker ID $lease->{worker_id} of pool "second"/, $log_start), '... as the log says');
	create_pool($session, 10, 11);
	cmp_ok(wait_for_lease($session, 'held')->{worker_id}, '>=', 10, '... and claims a worker ID there');

	configure(lease_store => '');
	my $ids;
	wait_until { $ids = issue($session); node_of($ids->[0]) == 20 } 'the static worker ID';
	pass('a server can be given the worker ID that is set');
	$issued->add('... which its IDs have', 'static', $ids);
	is($session->query('SELECT worker_id FROM idgen_status()'), 20, '... as idgen_status() says');
	wait_until { !agent_pid($one) } 'the end of the agent';
	wait_for_lease($session, 'none');
	is_deeply([ grep { defined $_->{hold} } values %{ $elsewhere->workers } ], [], '... and it leaves the store');

	configure(lease_store => $store->address);
	$ids = issue($session);
	isnt(node_of($ids->[0]), 20, 'a server that leases again does not use the worker ID that is set');
	$issued->add('... but a leased one', 'leased again', $ids);
	foreach (0 .. $#busy)
	{
		my ($all, $errors) = finish_issuing($busy[$_]);

		$issued->add('IDs of a session that went on all the time', "moving $_", $all);
		is("@$errors", '', '... without an error');
		is_deeply([ grep { my $id = $_; !grep { $_ == node_of($id) } 0 .. 5, 8 .. 11, 20 } @$all ], [], '... and all have a worker ID that the server had');
		$busy[$_]->quit;
	}
	return;
}

# A statement does not see a reload that ends while it runs, so a long one must not go on with the former worker ID.
sub check_long_statement
{
	my $busy = session($one);

	configure(lease_store => '');
	wait_until { node_of(issue($session)->[0]) == 20 } 'the static worker ID';
	$busy->query("SET idgen.max_wait = '300ms'");
	start_issuing($busy, 2);
	wait_until { $session->query("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%issue_for(2)%' AND pid <> pg_backend_pid()") == 1 } 'a statement';
	configure(lease_store => $store->address);
	$issued->add('IDs of a server that leases again', 'leased', issue($session));
	my ($ids, $errors) = finish_issuing($busy);
	$issued->add('... and of a statement that began before', 'long', $ids);
	is_deeply([ grep { node_of($_) != 20 } @$ids ], [], '... which had the worker ID that was set');
	is("@$errors", 'configuration of worker IDs has changed since this statement began', '... and is told why it gets no more');
	isnt(node_of(issue($busy)->[0]), 20, '... until the next statement');
	$busy->quit;
	return;
}

# Every move gives the server another worker ID, while sessions issue IDs all the time.
sub check_many_moves
{
	my ($moves) = @_;
	my @busy = map { start_issuing(session($one), $moves / 2 + 1) } 1 .. 3;
	my %workers;

	configure(lease_pool => 'default');
	$workers{ wait_for_lease($session, 'held')->{worker_id} }++;
	foreach my $move (1 .. $moves)
	{
		configure(lease_pool => $move % 2 ? 'second' : 'default');
		wait_until { my $worker = lease($session)->{worker_id}; defined $worker && ($worker >= 8) == $move % 2 && ++$workers{$worker} } 'the next worker ID';
		sleep rand 0.2;
	}
	foreach (0 .. $#busy)
	{
		my ($all, $errors) = finish_issuing($busy[$_]);
		my %seen = map { node_of($_) => 1 } @$all;

		$issued->add("IDs while the worker ID changes $moves times", "many moves $_", $all);
		is("@$errors", '', '... without an error');
		cmp_ok(scalar(keys %seen), '>=', 2, '... with all the worker IDs');
		$busy[$_]->quit;
	}
	configure(lease_pool => 'default');
	wait_until { my $worker = lease($session)->{worker_id}; defined $worker && $worker < 8 } 'the first pool';
	return;
}

check_pools();
check_record_version();
my ($three, $on_three, $five, $on_five) = check_exhausted();
$on_five->quit;
$five->stop('fast');
check_datacenter_reload();
check_moves();
check_long_statement();
check_many_moves(full_run() ? 60 : 4);
check_layout_change($three, $on_three);
check_after_loss();
$on_three->quit;
$three->stop('fast');
$session->quit;
$one->stop('fast');

done_testing();
