# Guards: behind Patroni, with worker IDs leased from the etcd that Patroni uses, no ID comes twice, and IDs of a server
# increase: through a switchover; when Patroni is killed and its server goes on beside the new primary; when a primary is
# killed with its Patroni; when its standby lacks what it wrote last.  Each primary claims a worker ID, or waits for the
# only one until its fence; an old primary that comes back is a standby, and issues none.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use IdgenTest::Etcd;
use IdgenTest::Lease;
use IdgenTest::Patroni;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

skip_all_without_etcd();
skip_all_without_patroni();

my $store = etcd_store('etcd');
my %parameters = (
	'shared_preload_libraries' => 'idgen',
	'idgen.lease_store' => $store->address,
	'idgen.lease_ttl' => '2s',
	'idgen.lease_reach' => '3s');
my $one = new_patroni('one', etcd => $store->etcd, parameters => \%parameters);
my $two = new_patroni('two', etcd => $store->etcd, parameters => \%parameters, members => 1);
my $issued = issued();
my $own_issued = issued();

# ---------------------------------------------------------------------------------------------------- issuing

# A session that prints an ID each millisecond until its server is gone.
sub start_writer
{
	my ($cluster, $name) = @_;
	my $writer = { name => $name, output => PostgreSQL::Test::Utils::tempdir() . "/$name.ids" };
	my $script = "$writer->{output}.sql";

	append_to_file($script, "SELECT snowflake_nextval() \\watch 0.001\n");
	$writer->{run} = IPC::Run::start([ 'psql', '-XAtq', '-d', $cluster->node($name)->connstr('postgres'), '-f', $script ],
		'>', $writer->{output}, '2>', "$writer->{output}.errors");
	return $writer;
}

# Ends a writer, and records its IDs.  Returns them.
sub stop_writer
{
	my ($writer, $name) = @_;

	$writer->{run}->signal('INT');
	$writer->{run}->finish;
	my @ids = grep { /^\d+$/ } split /\n/, slurp_file($writer->{output});
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	$issued->add($name, "a session of $writer->{name}", \@ids) or diag slurp_file("$writer->{output}.errors");
	return \@ids;
}

# Issues IDs on a server, and returns the worker ID that they have.
sub issue_on
{
	my ($cluster, $name, $what) = @_;
	my $session = session($cluster->node($name));
	my $ids = issue($session, 1000);
	my %workers = map { node_of($_) => 1 } @$ids;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	$issued->add($what, $name, $ids);
	is(scalar(keys %workers), 1, '... with one worker ID');
	$own_issued->add('... and a generator with a node of its own goes on above its last ID', 'own', $session->ids("SELECT snowflake_nextval('own')"))
	  if $cluster == $one;
	$session->quit;
	return (keys %workers)[0];
}

# Passes for a server that follows: it issues nothing, and holds nothing.
sub check_standby
{
	my ($cluster, $name) = @_;
	my $session = session($cluster->node($name));

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	like($session->error('SELECT snowflake_nextval()'), qr/ERROR:  25006: /, "$name, a standby, issues no IDs");
	is(lease($session)->{state}, 'none', '... and holds no worker ID');
	is(agent_pid($cluster->node($name)), 0, '... and has no agent');
	is($session->query("SELECT count(*) FROM idgen_check() WHERE severity = 'error'"), 0, '... which is no error');
	$session->quit;
	return;
}

# The worker IDs that have a hold, in order.
sub held
{
	my ($pool) = @_;
	my $workers = $pool->workers;

	return [ sort { $a <=> $b } grep { defined $workers->{$_}->{hold} } keys %$workers ];
}

# ---------------------------------------------------------------------------------------------------- what happens

sub prepare
{
	my $primary = $one->wait_for_leader;
	my $other = $two->wait_for_leader;
	my $session = session($one->node($primary));

	$session->query('CREATE EXTENSION idgen');
	$session->query("SELECT snowflake_create_generator('own', worker_id => 20)");
	$session->query('CREATE TABLE filling(i int)');
	$two->node($other)->safe_psql('postgres', 'CREATE EXTENSION idgen');
	create_pool($session, 0, 7);
	$session->quit;
	my ($standby) = grep { $_ ne $primary } $one->names;
	$one->wait_for_standby($standby);
	return ($primary, $standby, $other);
}

# Both clusters issue IDs meanwhile.
sub check_switchover
{
	my ($primary, $standby, $other) = @_;
	my $before = issue_on($one, $primary, 'IDs of a primary');
	my $beside = issue_on($two, $other, '... and of the primary of another cluster');
	my @busy = (start_writer($one, $primary), start_writer($two, $other));

	isnt($before, $beside, '... have different worker IDs');
	check_standby($one, $standby);
	sleep 1;
	$one->switch_to($standby);
	my $after = issue_on($one, $standby, 'switchover: IDs of the new primary');
	isnt($after, $before, '... which has a worker ID of its own');
	isnt($after, $beside, '... that nobody else has');
	stop_writer($busy[0], '... and of the former one, until it was stopped');
	stop_writer($busy[1], '... and of the other cluster');
	$one->wait_for_standby($primary);
	check_standby($one, $primary);
	is_deeply(held($store), [ sort { $a <=> $b } $after, $beside ], '... and has given up its worker ID');
	return;
}

# Nobody tells the server that another one has taken its place.
sub check_patroni_killed
{
	my ($primary, $standby) = @_;
	my $busy = start_writer($one, $primary);

	$one->kill_patroni($primary);
	$one->wait_for_leader($standby);
	my $new = start_writer($one, $standby);
	sleep 1;
	my $after = issue_on($one, $standby, 'Patroni killed: IDs of the new primary');
	my $session = session($one->node($primary));
	my $ids = issue($session, 1000);
	isnt(node_of($ids->[0]), $after, '... beside the old one, which has another worker ID');
	stop_writer($busy, '... and goes on');
	$issued->add('... for as long as it is left alone', $primary, $ids);
	stop_writer($new, '... while the new one issues IDs');
	$session->quit;

	$one->kill_server($primary);
	$one->start($primary);
	$one->wait_for_standby($primary);
	like(slurp_file($one->log($primary)), qr/running pg_rewind/, '... and then is rewound');
	check_standby($one, $primary);
	return;
}

# The standby lacks what the primary wrote last, with IDs that were issued.
sub check_both_killed
{
	my ($primary, $standby) = @_;
	my $busy = start_writer($one, $primary);
	my $sender = $one->node($primary)->safe_psql('postgres', "SELECT pid FROM pg_stat_replication WHERE application_name = '$standby'");

	stop_processes($sender);
	$one->node($primary)->safe_psql('postgres', 'INSERT INTO filling SELECT generate_series(1, 1000)');
	sleep 1;
	$one->kill_member($primary);
	stop_writer($busy, 'killed: IDs of a primary whose standby lags behind');
	$one->wait_for_leader($standby);
	issue_on($one, $standby, '... and of that standby');
	is($one->node($standby)->safe_psql('postgres', 'SELECT count(*) FROM filling'), 0, '... which lacks what the primary wrote last');
	$one->start($primary);
	$one->wait_for_standby($primary);
	check_standby($one, $primary);
	return;
}

# One worker ID for both: the next primary has to wait until the last one can have issued no more.
sub check_one_worker
{
	my ($primary, $standby) = @_;
	my $lonely = $store->other_pool('lonely');

	$one->configure(set => { synchronous_mode => 'true' }, parameters => { 'idgen.lease_pool' => 'lonely' });
	my $session = session($one->node($primary));
	wait_until { last_error($session) =~ /^The store has no pool "lonely"/ } 'another pool';
	pass('the configuration of Patroni names another pool');
	create_pool($session, 0, 0);
	wait_until { $session->query('SELECT count(*) FROM pg_stat_replication WHERE sync_state = $$sync$$') eq '1' } 'a synchronous standby';
	$session->quit;
	issue_on($one, $primary, 'IDs of the only worker ID');
	my $fence = $lonely->workers->{0}->{fence};

	$one->switch_to($standby);
	is(issue_on($one, $standby, 'switchover: the new primary claims the only worker ID'), 0, '... at once');
	$one->wait_for_standby($primary);
	check_standby($one, $primary);
	wait_until { $one->members->{$primary}->{role} eq 'sync_standby' } 'a synchronous standby';
	my $busy = start_writer($one, $standby);
	sleep 1;
	$one->kill_member($standby);
	my $ids = stop_writer($busy, 'killed: the last IDs of the only worker ID');
	$fence = $lonely->workers->{0}->{fence};
	$one->wait_for_leader($primary);
	$session = session($one->node($primary));
	my $next = issue($session);
	$issued->add('... and the next ones, of another primary', $primary, $next);
	cmp_ok(time_of($next->[0]) + 1000, '>=', $fence, '... begin at the fence');
	cmp_ok($next->[0], '>', $ids->[-1], '... above the last ones');
	$session->quit;
	$one->start($standby);
	$one->wait_for_standby($standby);
	check_standby($one, $standby);
	$issued->are_below_fences($lonely, 'all IDs of the only worker ID lie below its fence');
	return;
}

my ($primary, $standby, $other) = prepare();
check_switchover($primary, $standby, $other);
check_patroni_killed($standby, $primary);
check_both_killed($primary, $standby);
$issued->are_below_fences($store, 'all IDs lie below the fences');
$issued = issued();
check_one_worker($standby, $primary);

done_testing();
