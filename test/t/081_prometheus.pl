# Guards: Debian's Prometheus and its exporters read the metrics of real servers with the files of monitoring/; each
# alert fires when there is a reason, and clears when the reason has gone; rules, dashboard and text are what promtool
# accepts.  The times of the rules are shortened.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use IdgenTest::Lease;
use IdgenTest::Metrics;
use IdgenTest::Prometheus;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

skip_all_without_faketime();
skip_all_without_prometheus();

# ---------------------------------------------------------------------------------------------------- promtool

sub check_with_promtool
{
	my ($session) = @_;
	my $expressions = "$PostgreSQL::Test::Utils::tmp_check/dashboard.yml";
	my $text = "$PostgreSQL::Test::Utils::tmp_check/metrics.prom";
	my $number = 0;

	command_ok([ 'promtool', 'check', 'rules', monitoring_file('rules.yml') ], 'promtool check rules');
	command_ok([ 'promtool', 'test', 'rules', monitoring_file('rules_test.yml') ], 'promtool test rules');
	unlink $expressions, $text;
	append_to_file($expressions, "groups:\n  - name: dashboard\n    rules:\n");
	append_to_file($expressions, sprintf("      - record: dashboard:%d\n        expr: '%s'\n", $number++, s/'/''/gr)) foreach dashboard_expressions();
	command_ok([ 'promtool', 'check', 'rules', $expressions ], "promtool check rules: $number expressions of the dashboard");
	append_to_file($text, $session->query('SELECT idgen_metrics_text()') . "\n");
	my ($output, $error);
	ok(IPC::Run::run([ 'promtool', 'check', 'metrics' ], '<', $text, '>', \$output, '2>', \$error), 'promtool check metrics');
	is($error, '', '... without a finding');
	return;
}

# ---------------------------------------------------------------------------------------------------- servers

my $clock = fake_clock();
my $kernel = kernel($clock);
my $kernel_of_others = kernel(fake_clock());

sub monitored
{
	my ($node) = @_;

	$node->safe_psql('postgres', 'CREATE ROLE idgen_monitor LOGIN IN ROLE pg_monitor');
	return $node;
}

my $one = monitored(new_server('one', preload => 1, clock => $kernel, conf => "fsync = on\nidgen.worker_id = 1\nidgen.reserve_ahead = '500ms'\nidgen.max_generators = 32"));
my $two = monitored(new_server('two', preload => 1, clock => $kernel_of_others, conf => 'idgen.worker_id = 2'));
my $store = postgres_store('store');
# With less time to live, the server would stop before it has been seen to be adrift.
my $leasing = monitored(leasing_server('leasing', $store, clock => $kernel_of_others, lease => { ttl => '20s', reach => '30s' }));
my $leasing_session = session($leasing);
hold_lease($leasing_session, 5, 6);
my $session = session($one);

check_with_promtool($session);
my ($of_one, $of_two, $of_leasing) = map { postgres_exporter($_) } $one, $two, $leasing;
my $prometheus = new_prometheus($of_one, $of_two, $of_leasing);

# ---------------------------------------------------------------------------------------------------- what is scraped

# Server one has a segment whose root is server two.
sub use_segment
{
	my ($root) = 'postgresql:///postgres?host=' . $two->host . '&port=' . $two->port;

	$_->safe_psql('postgres', 'CREATE SEQUENCE orders_id') foreach $one, $two;
	$session->query("SELECT segment_set_roots('orders_id', ARRAY['$root'], counter => 'public.orders_id')");
	$session->query("SELECT segment_nextval('orders_id')");
	return;
}

# The names and labels of what idgen_metrics() has.
sub metric_names
{
	my ($session) = @_;
	my %names;

	foreach my $sample (metrics($session))
	{
		my %labels = %{ $sample->{labels} };

		delete $labels{$_} foreach grep { $labels{$_} eq '' } keys %labels;
		$labels{le} += 0 if exists $labels{le} && $labels{le} ne '+Inf';
		$names{ join ' ', $sample->{name}, map { "$_=$labels{$_}" } sort keys %labels } = 1;
	}
	return [ sort keys %names ];
}

# Those of what has been scraped.
sub scraped_names
{
	my ($address) = @_;
	my %names;

	foreach my $result ($prometheus->results(qq({__name__=~"idgen_.*", instance="$address"})))
	{
		my $name = delete $result->{__name__};

		# So the exporter writes what is not known.
		next if $result->{value} eq 'NaN';
		delete @$result{qw(value instance job server)};
		$result->{le} += 0 if exists $result->{le} && $result->{le} ne '+Inf';
		$names{ join ' ', $name, map { "$_=$result->{$_}" } sort keys %$result } = 1;
	}
	return [ sort keys %names ];
}

# All that idgen_metrics() has is scraped, under the same names and labels, by the next scrape.
sub check_scraped
{
	my ($node, $address) = @_;
	my $session = session($node);
	my ($expected, $scraped);

	eval {
		wait_until { ($expected, $scraped) = (metric_names($session), scraped_names($address)); "@$expected" eq "@$scraped" } 'a scrape';
	};
	is_deeply($scraped, $expected, 'scraped: all that there is, on ' . $node->name);
	return;
}

# The value of an expression that has one result; undef while it has none.
sub value
{
	my ($result) = $prometheus->results($_[0]);

	return $result && $result->{value};
}

sub check_values
{
	$session->query(burst(1000));
	my $issued = metric($session, 'idgen_server_ids_issued_total');

	wait_until { (value(qq(idgen_server_ids_issued_total{instance="$of_one"})) // 0) == $issued } 'the IDs issued to be scraped';
	pass('scraped: IDs issued');
	is(value(qq(idgen_call_wait_seconds_count{instance="$of_one", cause="reservation"})), metric($session, 'idgen_call_wait_seconds_count', cause => 'reservation'),
		'scraped: a histogram');
	check_scraped($one, $of_one);
	check_scraped($leasing, $of_leasing);
	return;
}

# Debian's other exporter has the same, for Prometheus to rename.
sub check_sql_exporter
{
  SKIP: {
		my $address = sql_exporter($two);
		my $text;

		skip 'prometheus-sql-exporter is not installed', 1 unless $address;
		wait_until { ($text = HTTP::Tiny->new->get("http://$address/metrics")->{content}) =~ /^sql_idgen\{/m } 'samples of prometheus-sql-exporter';
		is(scalar(() = $text =~ /^sql_idgen\{/mg), scalar metrics(session($two)), 'prometheus-sql-exporter has all samples');
	}
	return;
}

# ---------------------------------------------------------------------------------------------------- alerts

my %fired;

# Each of some alerts fires while code is called again and again.
sub fires
{
	my ($alerts, $code) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	foreach my $alert (@$alerts)
	{
		wait_until { $code->() if $code; $prometheus->is_firing($alert) } "alert $alert";
		pass("$alert fires");
		$fired{$alert} = 1;
	}
	return;
}

sub clears
{
	my (@alerts) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	foreach my $alert (@alerts)
	{
		wait_until { !$prometheus->is_firing($alert) } "the end of alert $alert";
		pass("$alert clears");
	}
	return;
}

sub check_clock_alerts
{
	$session->query('SELECT snowflake_nextval()');
	$clock->set('-40');
	$session->query('SELECT snowflake_nextval()');
	fires([ 'IdgenClockWentBack', 'IdgenAheadOfClock', 'IdgenClockFarBehind' ]);
	fires([ 'IdgenOtherWaits' ], sub { $session->query(push_ahead(1300)) });
	$clock->set('+0');
	$session->query('SELECT snowflake_nextval()');
	clears('IdgenClockWentBack', 'IdgenAheadOfClock', 'IdgenClockFarBehind', 'IdgenOtherWaits');

	$kernel->set('unsynchronized');
	fires(['IdgenClockNotSynchronized']);
	$kernel->set('synchronized');
	clears('IdgenClockNotSynchronized');
	return;
}

sub check_call_alerts
{
	fires([ 'IdgenSequenceWaits' ], sub { $session->query(push_ahead(1300)) });
	$clock->set('-2h');
	$session->query('SET idgen.max_wait = 0');
	like($session->error('SELECT snowflake_nextval()'), qr/ERROR:  55000/, 'a call fails');
	$clock->set('+0');
	fires(['IdgenErrors']);
	$session->query('RESET idgen.max_wait');
	$kernel->set('synchronized slow');
	fires([ 'IdgenReservationSlow' ], sub { $session->query('SELECT snowflake_nextval()') });
	$kernel->set('synchronized');
	clears('IdgenSequenceWaits', 'IdgenErrors', 'IdgenReservationSlow');
	return;
}

sub check_space_alerts
{
	my $since = $session->query(q{SELECT (now() - interval '32 years')::date});

	$session->query(
		qq{SELECT snowflake_create_generator('ending', 'time 40 bits of 1 ms since $since, worker 5, sequence 18', worker_id => 1);
		SELECT snowflake_nextval('ending');
		DO \$\$ BEGIN FOR i IN 1 .. 14 LOOP PERFORM snowflake_create_generator(('many' || i)::name, 'instagram', shard_id => i); END LOOP; END \$\$;
		SELECT snowflake_nextval(('many' || i)::name) FROM generate_series(1, 14) AS i}
	);
	fires([ 'IdgenSpaceUsed', 'IdgenTimelinesFull' ]);
	$one->stop('fast');
	$session->abandon;
	start_server($one);
	$session = session($one);
	clears('IdgenSpaceUsed', 'IdgenTimelinesFull');
	return;
}

sub check_node_alert
{
	my $other = session($two);

	ok(!$prometheus->is_firing('IdgenNodeClash'), 'no clash of nodes yet');
	alter_system($two, $other, 'idgen.worker_id', 1);
	fires(['IdgenNodeClash']);
	alter_system($two, $other, 'idgen.worker_id', 2);
	clears('IdgenNodeClash');
	$other->quit;
	return;
}

sub check_segment_alerts
{
	my $take = "SELECT segment_take('orders_id', 100000)";

	fires([ 'IdgenSegmentWaits' ], sub { $session->query($take) });
	$session->query("SET idgen.max_wait = '10ms'");
	$two->stop('immediate');
	# One by one, until none is left.
	fires([ 'IdgenSegmentFailing', 'IdgenSegmentRunway' ],
		sub { $session->run("SELECT count(segment_nextval('orders_id')) FROM generate_series(1, 300000)") });
	start_server($two);
	$session->query('RESET idgen.max_wait');
	wait_until { $session->error($take) eq '' } 'numbers of the segment';
	clears('IdgenSegmentWaits', 'IdgenSegmentFailing', 'IdgenSegmentRunway');
	return;
}

sub check_horizon_alert
{
	my $other = session($one);

	alter_system($one, $session, 'idgen.horizon_lag_limit', '1s');
	$other->query('BEGIN; SELECT snowflake_nextval()');
	fires(['IdgenHorizonLag']);
	$other->query('COMMIT');
	clears('IdgenHorizonLag');
	alter_system($one, $session, 'idgen.horizon_lag_limit', '5min');
	$other->quit;
	return;
}

sub check_lease_alerts
{
	# The agent may be slow to extend an idle lease.
	wait_until { $leasing_session->error('SELECT snowflake_nextval()') eq '' } 'an ID';
	$leasing_session->query("SET idgen.max_wait = '100ms'");
	$store->node->stop('immediate');
	fires([ 'IdgenLeaseAdrift', 'IdgenLeaseStopped' ], sub { $leasing_session->run('SELECT snowflake_nextval()') });
	$store->node->start;
	clears('IdgenLeaseAdrift', 'IdgenLeaseStopped');
	return;
}

use_segment();
check_values();
check_sql_exporter();
is(join(' ', $prometheus->firing), '', 'no alert fires for servers that are well');
check_clock_alerts();
check_call_alerts();
check_space_alerts();
check_node_alert();
check_segment_alerts();
check_horizon_alert();
check_lease_alerts();

my @alerts = slurp_file(monitoring_file('rules.yml')) =~ /^\s+- alert: (\w+)$/mg;
is(join(' ', grep { !$fired{$_} } @alerts), '', 'each alert has fired');
wait_until { !$prometheus->firing } 'the end of all alerts';
is(join(' ', $prometheus->firing), '', 'in the end none fires');

done_testing();
