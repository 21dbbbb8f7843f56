# Guards: servers lease their worker IDs from an etcd.  When it has lost its data or has gone back to an older state,
# they notice, give up their worker IDs, and begin beyond all that others may have been told by what is lost.  No ID
# comes twice as long as clocks are right.

use strict;
use warnings;

use FindBin;
use HTTP::Tiny;
use lib $FindBin::RealBin;
use IdgenTest;
use IdgenTest::Etcd;
use IdgenTest::Lease;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

skip_all_without_etcd();

my $LEASE = { ttl => '2s', reach => '3s' };
my $issued = issued();

# How often an etcd has been read.
sub count_reads
{
	my ($etcd) = @_;
	my $metrics = HTTP::Tiny->new->get('http://127.0.0.1:' . ($etcd->ports)[0] . '/metrics')->{content};

	return $metrics =~ /^etcd_(?:debugging_)?mvcc_range_total (\S+)$/m ? $1 : die 'etcd does not tell';
}

# Waits until IDs are issued again, with a worker ID of a new claim, and returns how long that took, in seconds.
sub goes_on_in
{
	my ($name, $node, $session) = @_;
	my $began = time;
	my $ids;

	wait_until { $ids = eval { issue($session) } } 'IDs to go on';
	$issued->add("$name: IDs go on", $node, $ids);
	return time - $began;
}

sub finish_all
{
	my ($name, @busy) = @_;

	foreach (0 .. $#busy)
	{
		my ($ids, $errors) = finish_issuing($busy[$_]);

		$issued->add("$name: IDs of a busy session", "$name $_", $ids);
		$busy[$_]->quit;
	}
	return;
}

# ---------------------------------------------------------------------------------------------------- etcd

sub check_etcd
{
	my $store = etcd_store('etcd');
	my $one = leasing_server('one', $store, lease => $LEASE, conf => "idgen.max_wait = '300ms'\nidgen.max_regression = '1s'\n");
	my $session = session($one);
	my $etcd = $store->etcd;

	create_pool($session, 0, 3);
	my $lease = wait_for_lease($session, 'held');
	$issued->add('a server that leases from etcd issues IDs', 'one', issue($session, 100));
	is($store->workers->{ $lease->{worker_id} }->{hold}, $store->workers->{ $lease->{worker_id} }->{nonce}, '... and has the hold');
	$issued->are_below_fences($store, '... below the fence');

	my $two = leasing_server('two', $store, lease => $LEASE, conf => "idgen.max_wait = '300ms'\nidgen.max_regression = '1s'\n");
	my $on_two = session($two);
	isnt(wait_for_lease($on_two, 'held')->{worker_id}, $lease->{worker_id}, 'another server has another worker ID');

	# Killed and started again: all goes on.
	my @busy = map { start_issuing(session($_), 5) } $one, $two;
	sleep 1;
	$store->kill;
	wait_for_lease($session, 'stopped');
	like(last_error($session), qr/Connection refused|connect/i, 'a server whose etcd is away says so');
	$store->start;
	my $seconds = goes_on_in('killed', 'one', $session);
	note sprintf 'IDs go on %.2f s after etcd has come back', $seconds;
	cmp_ok($seconds, '<=', 3 + 2, 'IDs go on within 3 s, on a machine that has nothing else to do');
	is(wait_for_lease($session, 'held')->{worker_id}, $lease->{worker_id}, '... with the same worker ID');
	finish_all('killed', @busy);
	$issued->are_below_fences($store, '... and all lie below the fences');

	# Wiped: there is no pool, until somebody creates it.
	@busy = map { start_issuing(session($_), 9) } $one, $two;
	sleep 1;
	$etcd->wipe;
	wait_until { last_error($session) =~ /has no pool/ } 'the loss to be noticed';
	pass('a server notices that etcd was wiped');
	is(lease($session)->{worker_id}, undef, '... and gives up its worker ID');
	wait_until { ($session->error('SELECT snowflake_nextval()') =~ /The store has no pool "default".*after_loss => true/s) } 'the end of the lease';
	pass('... and then issues no IDs, and says how to go on');
	my $reads = count_reads($etcd);
	sleep 2;
	cmp_ok(count_reads($etcd) - $reads, '<=', 20, '... and the two servers do not ask all the time');
	$session->query('SELECT idgen_lease_create_pool(0, 3, after_loss => true)');
	$seconds = goes_on_in('wiped', 'one', $session);
	note sprintf 'IDs go on %.2f s after the pool was created anew', $seconds;
	goes_on_in('wiped', 'two', $on_two);
	finish_all('wiped', @busy);

	# Restored from a snapshot.
	my $snapshot = PostgreSQL::Test::Utils::tempdir() . '/snapshot';
	$etcd->save($snapshot);
	@busy = map { start_issuing(session($_), 7) } $one, $two;
	sleep 2;
	my $identity = ($store->pool =~ / identity=(\S+)/)[0];
	$etcd->restore($snapshot);
	wait_until { $store->pool !~ / identity=$identity/ } 'the restored store to be noticed';
	pass('servers notice that etcd was restored, and give the pool another identity');
	like($store->pool, qr/ floor=[1-9]/, '... and a floor');
	goes_on_in('restored', 'one', $session);
	goes_on_in('restored', 'two', $on_two);
	finish_all('restored', @busy);

	# What is below the fences of before is still issued, but a worker ID comes later.
	wait_for_lease($_, 'held') foreach $session, $on_two;
	isnt(lease($session)->{worker_id}, lease($on_two)->{worker_id}, '... and each server has its own worker ID');

	$_->quit foreach $session, $on_two;
	$_->stop('fast') foreach $one, $two;
	return;
}

# A store that users need a password for.
sub check_password
{
	my $store = etcd_store('users');
	my $secret = PostgreSQL::Test::Utils::tempdir() . '/secret';

	$store->etcd->enable_users('lease', 'right', '/idgen/');
	append_to_file($secret, "user = lease\npassword = wrong\n");
	chmod(0600, $secret);
	my $one = leasing_server('three', $store, lease => { %$LEASE, secret_file => $secret }, conf => "idgen.max_wait = '300ms'\n");
	my $session = session($one);
	wait_until { last_error($session) =~ /invalid user ID or password/ } 'the password to be refused';
	pass('a wrong password is reported');
	unlink $secret;
	append_to_file($secret, "user = lease\npassword = right\n");
	chmod(0600, $secret);
	$one->reload;
	wait_until { last_error($session) =~ /has no pool/ } 'the password to be taken';
	create_pool($session, 0, 1);
	wait_for_lease($session, 'held');
	like($session->query('SELECT snowflake_nextval()'), qr/^\d+$/, '... and the right one is read at a reload');
	$session->quit;
	$one->stop('fast');
	return;
}

check_etcd();
check_password() if full_run();

done_testing();
