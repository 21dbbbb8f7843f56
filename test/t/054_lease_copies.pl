# Guards: with leased worker IDs, no ID comes twice from a server and its copies, or from one that was away while
# another has taken its worker ID: a base backup and a copy of the files started beside the original, a standby
# promoted while its primary goes on, a rewound primary; a server, its agent or its backend that is stopped for longer
# than the hold and the fence last, and then goes on.  All that is issued lies below the fences in the store.

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

my $LEASE = { ttl => '2s', reach => '3s' };
my $store = postgres_store('store');

# ---------------------------------------------------------------------------------------------------- copies

my $issued = issued();
my $original = leasing_server('original', $store, streaming => 1, conf => "wal_log_hints = on\n", lease => $LEASE);
my $session = session($original);

# Servers issue IDs at the same time.  Passes if no ID comes twice, and each has its own worker ID.
sub issue_beside
{
	my ($name, %nodes) = @_;
	my %sessions = map { $_ => session($nodes{$_}) } keys %nodes;
	my %workers;

	start_issuing($sessions{$_}, 1) foreach keys %sessions;
	foreach my $node (sort keys %sessions)
	{
		my ($ids, $errors) = finish_issuing($sessions{$node});

		$issued->add("$name: IDs of the $node", "$node $name", $ids);
		is("@$errors", '', '... and none was refused');
		push @{ $workers{$_} }, $node foreach keys %{ { map { node_of($_) => 1 } @$ids } };
		$sessions{$node}->quit;
	}
	is_deeply([ grep { @$_ > 1 } values %workers ], [], "$name: no two servers have one worker ID");
	return;
}

# Gives a copy the port of its origin, which is in the name that the server has in the store, and a directory of
# its own for its socket.
sub disguise
{
	my ($copy, $origin) = @_;
	my $directory = PostgreSQL::Test::Utils::tempdir_short();

	$copy->append_conf('postgresql.conf', "port = " . $origin->port . "\nunix_socket_directories = '$directory'");
	$copy->{_port} = $origin->port;
	$copy->{_host} = $directory;
	return;
}

sub check_base_backup
{
	my $clone = PostgreSQL::Test::Cluster->new('clone');
	my $busy = start_issuing(session($original), 2);

	$original->backup('base');
	$clone->init_from_backup($original, 'base', standby => 0);
	start_server($clone);
	$issued->add('IDs during a base backup', 'during a base backup', (finish_issuing($busy))[0]);
	issue_beside('base backup', original => $original, clone => $clone);
	$busy->quit;
	$clone->stop('fast');
	return;
}

# The copy has all that the original has, even its name.
sub check_copied_files
{
	my $copy = PostgreSQL::Test::Cluster->new('copy');

	$session->quit;
	$original->stop('fast');
	$original->backup_fs_cold('cold');
	$copy->init_from_backup($original, 'cold', standby => 0);
	disguise($copy, $original);
	start_server($original);
	start_server($copy);
	$session = session($original);
	issue_beside('copied files', original => $original, copy => $copy);
	$copy->stop('fast');
	return;
}

sub new_standby
{
	my ($primary, $name) = @_;
	my $standby = PostgreSQL::Test::Cluster->new($name);

	$standby->init_from_backup($primary, 'base', has_streaming => 1);
	start_server($standby);
	return $standby;
}

# Passes for a server in recovery: it has no agent, and issues no IDs.
sub check_recovering
{
	my ($standby) = @_;
	my $on_standby = session($standby);

	like(
		$on_standby->error('SELECT snowflake_nextval()'),
		qr/ERROR:  25006: cannot execute snowflake_nextval\(\) during recovery/,
		'a standby issues no IDs');
	is(lease($on_standby)->{state}, 'none', '... and holds no worker ID');
	is(agent_pid($standby), 0, '... as it has no agent');
	like($on_standby->error('SELECT idgen_lease_release()'), qr/ERROR:  25006/, '... nor releases one');
	is($on_standby->query(q{SELECT count(*) FROM idgen_check() WHERE subject = 'idgen.lease_store'}), 0, '... which is no finding');
	$on_standby->quit;
	return;
}

# The old primary goes on issuing IDs.
sub check_promotion
{
	my $standby = new_standby($original, 'standby');
	my $busy = start_issuing(session($original), 3);

	check_recovering($standby);
	$standby->promote;
	my $promoted = session($standby);
	my ($ids, $errors) = finish_issuing(start_issuing($promoted, 1));
	$issued->add('IDs of a promoted standby', 'promoted', $ids);
	is("@$errors", '', '... which claims a worker ID at once');
	$issued->add('... and of its primary, which goes on', 'old primary', (finish_issuing($busy))[0]);
	issue_beside('promotion', primary => $original, standby => $standby);
	$_->quit foreach $promoted, $busy;
	return $standby;
}

# The old primary follows the new one, and is promoted in turn.
sub check_rewind
{
	my ($primary) = @_;

	$session->quit;
	$original->stop('fast');
	my $config = slurp_file($original->data_dir . '/postgresql.conf');
	command_ok([ 'pg_rewind', '--no-sync', '--source-server', $primary->connstr('postgres'), '--target-pgdata', $original->data_dir ],
		'an old primary is rewound');
	open(my $file, '>', $original->data_dir . '/postgresql.conf') or die "could not write postgresql.conf: $!";
	print $file $config;
	close($file);
	$original->enable_streaming($primary);
	start_server($original);
	check_recovering($original);
	$original->promote;
	issue_beside('rewound', primary => $primary, original => $original);
	$session = session($original);
	return;
}

create_pool($session, 0, 7);
wait_for_lease($session, 'held');
check_base_backup();
check_copied_files();
my $standby = check_promotion();
check_rewind($standby) if full_run();
$issued->are_below_fences($store, 'all IDs of all copies lie below the fences');
$standby->stop('fast');
$session->quit;
$original->stop('fast');

# ---------------------------------------------------------------------------------------------------- pauses
# One worker ID for two servers.

my $lonely = $store->other_pool('lonely');
my %node = map { $_ => leasing_server($_, $lonely, lease => { %$LEASE, pool => 'lonely' }, conf => "idgen.max_wait = '500ms'\n") } 'a', 'b';
my %admin = map { $_ => session($node{$_}) } keys %node;

# The processes of a server.
sub processes
{
	my ($node) = @_;
	my ($postmaster) = split /\n/, slurp_file($node->data_dir . '/postmaster.pid');
	my @children = split /\s+/, qx(ps --ppid $postmaster -o pid= | tr -d ' ');

	return ($postmaster, grep { $_ } @children);
}

sub send_signal
{
	my ($signal, @pids) = @_;

	kill($signal, @pids) == @pids or die "could not send $signal to @pids";
	return;
}

# Has the other server issue IDs, as soon as it can, by a claim after that of an epoch.
sub take_over
{
	my ($name, $server, $epoch) = @_;

	$admin{$server}->query("SET idgen.max_wait = '60s'");
	my $ids = issue($admin{$server}, 100);
	$admin{$server}->query('RESET idgen.max_wait');
	$issued->add("$name: another server takes the worker ID", $server, $ids);
	is($lonely->workers->{0}->{epoch}, $epoch + 1, '... by the next claim');
	return;
}

# What is stopped goes on after another server has claimed its worker ID, and has issued IDs.
sub check_pause
{
	my ($name, $server, $other, @pids) = @_;
	my $busy = start_issuing(session($node{$server}), 8);
	my $epoch = $lonely->workers->{0}->{epoch};

	sleep 1;
	@pids = @pids ? @pids : processes($node{$server});
	stop_processes(@pids);
	sleep 2 * 2;
	take_over($name, $other, $epoch);
	send_signal('CONT', @pids);
	sleep 1;
	$issued->add('... and goes on', $other, issue($admin{$other}, 100));
	$issued->add('... while the first one issues what it has', "busy of $name", (finish_issuing($busy))[0]);
	like($admin{$server}->error('SELECT snowflake_nextval()'), qr/ERROR:  55000: .*All worker IDs of pool "lonely", 0 to 0, are held\./s, '... and no more');
	is(lease($admin{$server})->{worker_id}, undef, '... as it has no worker ID');
	$issued->are_below_fences($lonely, "$name: all IDs lie below the fence");
	$busy->quit;
	return;
}

# The backend has taken positions, and the agent has given up the worker ID they are of.
sub check_stopped_backend
{
	my ($server, $other) = @_;
	my $backend = session($node{$server});
	my $epoch = $lonely->workers->{0}->{epoch};

	$backend->query("SET idgen.max_wait = '60s'");
	$backend->send('SELECT snowflake_nextval() FROM generate_series(1, 200000)');
	sleep 0.05;
	stop_processes($backend->pid);
	is($admin{$server}->query('SELECT idgen_lease_release()'), 't', 'a worker ID is released while a backend is stopped');
	take_over('backend', $other, $epoch);
	send_signal('CONT', $backend->pid);
	sleep 1;
	$issued->add('... and goes on', $other, issue($admin{$other}, 100));
	wait_until { $admin{$other}->query('SELECT idgen_lease_release()') eq 't' || lease($admin{$server})->{state} eq 'held' } 'the worker ID to be given back';
	my ($ids, $error) = $backend->finish;
	$issued->add('... and so does the backend when its server has it again', 'stopped backend', split /\n/, $ids);
	is($error, '', '... without an error');
	$issued->are_below_fences($lonely, 'backend: all IDs lie below the fence');
	$backend->quit;
	return;
}

create_pool($admin{a}, 0, 0);
$issued = issued();
my ($holder) = grep { $_ } wait_until { (grep { lease($admin{$_})->{state} eq 'held' } sort keys %admin)[0] } 'a holder';
my ($other) = grep { $_ ne $holder } keys %admin;
check_pause('agent', $holder, $other, agent_pid($node{$holder})) if full_run();
($holder, $other) = ($other, $holder) if full_run();
check_stopped_backend($holder, $other);
($holder) = grep { lease($admin{$_})->{state} eq 'held' } sort keys %admin;
check_pause('server', $holder, $holder eq 'a' ? 'b' : 'a');
$_->quit foreach values %admin;
$_->stop('fast') foreach values %node;

# ---------------------------------------------------------------------------------------------------- clocks

my $FAR = 23 * 3600;

# A server whose clock is far off, in whichever direction, gets no worker ID unless that is allowed.
sub check_server_clock
{
	my $pool = $store->other_pool('clocks');
	my $clock = fake_clock("+$FAR");
	my $ahead = leasing_server('ahead', $pool, clock => $clock, lease => { %$LEASE, pool => 'clocks' }, conf => "idgen.max_wait = '300ms'\n");
	my $on_ahead = session($ahead);

	# Before 16, the postmaster starts an agent from within a call for which libfaketime does not change the clock.
	restart_agent($ahead);
	create_pool($on_ahead, 0, 1);
	wait_until { last_error($on_ahead) =~ /^The clock of the store differs from this server's by -82\d\d\d\.\d+ s, and "idgen.lease_max_skew" is 10000 ms\.$/ }
	'a refusal';
	pass('a server whose clock is far ahead of that of the store gets no worker ID');
	like($on_ahead->error('SELECT snowflake_nextval()'), qr/ERROR:  55000: this server holds no worker ID.*The clock of the store differs/s, '... and issues no IDs');
	like(lease($on_ahead)->{skew}, qr/^-/, '... as idgen_lease() shows');
	like($on_ahead->query('SELECT severity, finding FROM idgen_check()'), qr/^warning\|The clock of the store differs from this server's by -82/m, '... and idgen_check()');
	$clock->set_ahead(-$FAR);
	wait_until { last_error($on_ahead) =~ /differs from this server's by 82/ } 'a refusal';
	pass('... nor does one whose clock is far behind');
	$clock->set_ahead($FAR);
	alter_system($ahead, $on_ahead, 'idgen.lease_max_skew', '1d');
	my $worker = wait_for_lease($on_ahead, 'held')->{worker_id};
	$issued->add('... unless that is allowed', 'ahead', issue($on_ahead, 100));
	$on_ahead->quit;
	$ahead->stop('fast');

	# What it leaves behind rests until tomorrow.
	my $two = leasing_server('beside', $pool, lease => { %$LEASE, pool => 'clocks' }, conf => "idgen.max_wait = '300ms'\n");
	my $on_two = session($two);
	isnt(wait_for_lease($on_two, 'held')->{worker_id}, $worker, 'others take a worker ID that was not used far ahead');
	$issued->add('... and issue IDs', 'beside', issue($on_two, 100));
	my $three = leasing_server('late', $pool, lease => { %$LEASE, pool => 'clocks' }, conf => "idgen.max_wait = '300ms'\n");
	my $on_three = session($three);
	wait_until { last_error($on_three) =~ /^No worker ID of pool "clocks" is free: the first one that another server no longer uses can be claimed at \d{4}-/ }
	'a refusal';
	pass('... or none, and say when the other one can be claimed');
	$_->quit foreach $on_two, $on_three;
	$_->stop('fast') foreach $two, $three;
	$issued->are_below_fences($pool, 'far ahead: all IDs lie below the fences');
	return;
}

# A store whose clock goes mad ends holds, or keeps them for ever.
sub check_store_clock
{
	my $clock = fake_clock('+0');
	my $mad = postgres_store('mad', clock => $clock);
	my @nodes = map { leasing_server($_, $mad, lease => { %$LEASE, max_skew => '1d' }) } 'mad1', 'mad2';
	my @sessions = map { session($_) } @nodes;

	create_pool($sessions[0], 0, 2);
	wait_for_lease($_, 'held') foreach @sessions;
	my $third = leasing_server('mad3', $mad, lease => { %$LEASE, max_skew => '1d' });
	my @busy = map { start_issuing(session($_), 6) } @nodes, $third;
	foreach my $seconds ($FAR, 0, -$FAR, 0)
	{
		$clock->set_ahead($seconds);
		sleep 1.2;
	}
	foreach (0 .. $#busy)
	{
		my ($ids, $errors) = finish_issuing($busy[$_]);

		$issued->add('the clock of the store goes mad, and IDs go on', "mad $_", $ids);
		is("@$errors", '', '... without an error');
		$busy[$_]->quit;
	}
	$issued->are_below_fences($mad, '... and all lie below the fences');
	$_->quit foreach @sessions;
	return;
}

SKIP:
{
	skip 'libfaketime is not installed', 1 unless IdgenTest::Clock::library();
	$issued = issued();
	check_server_clock();
	$issued = issued();
	check_store_clock() if full_run();
}

done_testing();
