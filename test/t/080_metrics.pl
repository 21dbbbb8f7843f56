# Guards: idgen_metrics() tells the truth: IDs issued, by timeline, whatever becomes of those who drew; waits by cause
# and how long they took; calls that failed, by SQLSTATE; the clock, and what the kernel knows of it; the reservation,
# the ID space, the lease, segments and what holds horizons back.  Its labels are bounded, only members of pg_monitor may see it, and the files of
# monitoring/ name what it has.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use IdgenTest::Lease;
use IdgenTest::Metrics;
use Test::More;

skip_all_without_faketime();

my $clock = fake_clock();
my $kernel = kernel($clock);
my $node = new_server('metrics', preload => 1, clock => $kernel, conf => 'idgen.max_generators = 3000');
my $session = session($node);

# Runs code, and returns by how much a metric has grown.
sub growth
{
	my ($code, $name, %labels) = @_;
	my $before = metric($session, $name, %labels) // 0;

	$code->();
	return (metric($session, $name, %labels) // 0) - $before;
}

my %OWN = (timeline => 'default: datacenter=0 worker=0');

# ---------------------------------------------------------------------------------------------------- IDs issued

# The sum over timelines is exact when no statement is running.
sub check_sum
{
	my ($name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	return is(metric($session, 'idgen_ids_issued_total'), metric($session, 'idgen_server_ids_issued_total'), $name);
}

sub check_issued
{
	my $other = session($node);
	my $grown = sub { my ($sql) = @_; return growth(sub { $other->run($sql) }, 'idgen_ids_issued_total', %OWN); };

	is($grown->('SELECT snowflake_nextval()'), 1, 'issued: one ID');
	is($grown->(burst(1000)), 1000, 'issued: a burst');
	is($grown->('SELECT snowflake_nextvals(12345)'), 12345, 'issued: a batch');
	is($grown->('SELECT snowflake_next_block(4096)'), 4096, 'issued: a block');
	is($grown->('BEGIN; SELECT snowflake_nextval(); ROLLBACK'), 1, 'issued: what was rolled back counts');
	is($grown->('SELECT 1 / (n / 40 - 1), snowflake_nextval() FROM generate_series(1, 100) AS n'), 39, 'issued: what was issued before an error counts')
	  or diag('evaluated in another order?');
	is($grown->('DO $$ BEGIN FOR i IN 1 .. 10 LOOP PERFORM snowflake_nextval(); COMMIT; END LOOP; END $$'), 10, 'issued: in several transactions of a statement');
	is( growth(
			sub { $other->query('SELECT snowflake_nextval(), public.uuidv7_sequential(), snowflake_nextval() FROM generate_series(1, 70)') },
			'idgen_ids_issued_total', timeline => '128-bit'),
		70, 'issued: from another timeline of the same statement');
	$other->query(q{SELECT snowflake_create_generator('orders', 'sonyflake', worker_id => 7)});
	is( growth(
			sub { $other->query("SELECT snowflake_nextval('orders'), snowflake_nextval() FROM generate_series(1, 100)") },
			'idgen_ids_issued_total', timeline => 'sonyflake: worker=7'),
		100, 'issued: from a generator');
	is(metric($session, 'idgen_generator_info', generator => 'orders', timeline => 'sonyflake: worker=7'), 1, '... whose timeline is known');
	is(metric($session, 'idgen_generator_info'), 1, '... and no other');
	is(metric($session, 'idgen_timeline_info', timeline => 'sonyflake: worker=7', layout => 'sonyflake', worker => '7', datacenter => '', is_server => 'false'), 1, '... and what it is');
	is(metric($session, 'idgen_timeline_info', %OWN, is_server => 'true'), 1, "... as is the server's own");

	my $force = $node->pg_version >= 16 ? 'debug_parallel_query' : 'force_parallel_mode';
	$other->query("SET $force = on");
	is($grown->('SELECT snowflake_nextval() FROM generate_series(1, 500)'), 500, 'issued: by a parallel worker');
	check_sum('issued: the sum of timelines is the total');
	$other->query('RESET ALL; BEGIN');
	is($grown->(burst(77)), 77, 'issued: in a transaction that goes on');
	$other->send('SELECT count(snowflake_nextval()) FROM generate_series(1, 20), pg_sleep(600)');
	wait_until { $session->query("SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = " . $other->pid) eq 't' } 'a statement that runs';
	$node->safe_psql('postgres', 'SELECT pg_terminate_backend(' . $other->pid . ')');
	wait_until { $session->query('SELECT count(*) FROM pg_stat_activity WHERE pid = ' . $other->pid) eq '0' } 'the end of the backend';
	$other->abandon;
	check_sum('issued: also after a session was terminated');
	is(metric($session, 'idgen_server_ids_issued_total'), $session->query('SELECT ids_issued FROM idgen_status()'), '... and that of idgen_status()');
	is(metric($session, 'idgen_chunks_taken_total'), $session->query('SELECT chunks_taken FROM idgen_status()'), 'chunks are those of idgen_status()');
	return;
}

# ---------------------------------------------------------------------------------------------------- waits and errors

sub check_waits
{
	my %sequence = (cause => 'sequence');
	my $waited = growth(sub { $session->query(push_ahead(1500)) }, 'idgen_call_wait_seconds_sum', %sequence);

	cmp_ok(metric($session, 'idgen_waits_total', %sequence), '>', 0, 'waits: for the sequence');
	is(metric($session, 'idgen_waits_total', %sequence), metric($session, 'idgen_call_wait_seconds_count', %sequence), '... each is in the histogram');
	cmp_ok($waited, '>', 0, '... with its time');
	cmp_ok(
		metric($session, 'idgen_call_wait_seconds_sum'), '>=',
		$session->query('SELECT extract(epoch FROM time_waited)::float8 FROM idgen_status()'), '... which is what was waited, and what was done in between');
	is(metric($session, 'idgen_call_wait_seconds_bucket', %sequence, le => '+Inf'), metric($session, 'idgen_call_wait_seconds_count', %sequence),
		'waits: the last bucket has all');
	is( $session->query(
			q{SELECT count(*) FROM (SELECT value < lag(value) OVER (PARTITION BY labels->>'cause' ORDER BY (labels->>'le')::float8) AS falls
				FROM idgen_metrics() WHERE name = 'idgen_call_wait_seconds_bucket') AS steps WHERE falls}
		),
		0,
		'... and each all of those before');
	is( $session->query(q{SELECT count(*) FROM idgen_metrics() WHERE name = 'idgen_call_wait_seconds_bucket'}),
		32, '... for each cause');
	foreach my $cause (qw(sequence drift reservation lease))
	{
		is(metric($session, 'idgen_waits_total', cause => $cause), $session->query("SELECT ${cause}_waits FROM idgen_status()"),
			"waits: those of idgen_status() ($cause)");
	}
	return;
}

sub check_errors
{
	my $other = session($node);
	my $failed = sub {
		my ($sqlstate, $sql) = @_;
		return growth(sub { $other->run($sql) }, 'idgen_errors_total', sqlstate => $sqlstate);
	};

	is($failed->('42704', q{SELECT snowflake_nextval('none')}), 1, 'errors: a generator that does not exist');
	$session->query('CREATE ROLE regress_idgen_none LOGIN');
	is($failed->('42501', q{SET ROLE regress_idgen_none; SELECT snowflake_nextval('orders'); RESET ROLE}), 1, 'errors: no privilege');
	$clock->set('-2h');
	$other->query('SET idgen.max_wait = 0');
	is($failed->('55000', 'SELECT snowflake_nextval()'), 1, 'errors: the clock is far behind');
	is($failed->('55000', q{SELECT snowflake_nextval() FROM generate_series(1, 10)}), 1, '... once for a call');
	is( $failed->('55000', q{DO $$ BEGIN FOR i IN 1 .. 5 LOOP BEGIN PERFORM snowflake_nextval(); EXCEPTION WHEN OTHERS THEN END; END LOOP; END $$}),
		5, '... also if it is caught');
	is($failed->('55000', q{SELECT snowflake_nextval('orders')}), 1, '... of a generator');
	is($failed->('55000', q{SELECT public.uuidv7_sequential()}), 1, '... of 128-bit IDs');
	$other->query("SET idgen.max_wait = '10min'; SET statement_timeout = '200ms'");
	is( growth(
			sub { is($failed->('57014', 'SELECT snowflake_nextval()'), 1, 'errors: a wait that is canceled') },
			'idgen_call_wait_seconds_count', cause => 'drift'),
		1, '... and it is in the histogram');
	$clock->set('+0');
	is($failed->('22023', q{SELECT 1 / 0}), 0, 'errors of others do not count');
	is(metric($session, 'idgen_errors_total', sqlstate => '54000'), 0, 'errors: the usual ones are shown from the start');
	$other->quit;
	return;
}

# ---------------------------------------------------------------------------------------------------- clock, reservation, ID space

sub check_clock
{
	my $status = sub { return $session->query("SELECT extract(epoch FROM $_[0])::float8 FROM idgen_status()"); };

	$session->query('SELECT snowflake_nextval()');
	is( growth(
			sub {
				$clock->set('-30');
				$session->query('SELECT snowflake_nextval()');
			},
			'idgen_clock_regressions_total'),
		1, 'clock: a step back is counted');
	my $lead = metric($session, 'idgen_clock_lead_seconds');
	ok($lead > 20 && $lead <= 31, '... and leads to a lead') or diag($lead);
	cmp_ok(metric($session, 'idgen_clock_lead_remaining_seconds'), '>', 100, '... that takes its time');
	is(metric($session, 'idgen_largest_regression_seconds'), $status->('largest_regression'), 'clock: the largest step back');
	cmp_ok(metric($session, 'idgen_ahead_of_clock_seconds', %OWN), '>', 20, 'clock: IDs are ahead');
	$clock->set('+0');
	$session->query('SELECT snowflake_nextval()');
	is(metric($session, 'idgen_clock_lead_seconds'), 0, 'clock: put right, there is no lead');
	is(metric($session, 'idgen_max_regression_seconds'), 60, 'clock: idgen.max_regression');
	is(metric($session, 'idgen_max_drift_seconds'), 1, 'clock: idgen.max_drift');

	is(metric($session, 'idgen_clock_synchronized'), 1, 'kernel: synchronized');
	is(metric($session, 'idgen_clock_max_error_seconds'), 0.0015, '... the largest error');
	is(metric($session, 'idgen_clock_offset_seconds'), -0.00025, '... the offset, in ns');
	$kernel->set('unsynchronized');
	is(metric($session, 'idgen_clock_synchronized'), 0, 'kernel: not synchronized');
	$kernel->set('refused');
	is(metric($session, $_), undef, "kernel: refused, so there is no $_")
	  foreach qw(idgen_clock_synchronized idgen_clock_max_error_seconds idgen_clock_offset_seconds);
	$kernel->set('synchronized');
	return;
}

sub check_reservation
{
	is( metric($session, 'idgen_reserved_until_timestamp_seconds'),
		$session->query('SELECT extract(epoch FROM reserved_until)::float8 FROM idgen_status()'), 'reservation: its end');
	is(metric($session, 'idgen_reservation_seconds_count'), $session->query('SELECT reservations FROM idgen_status()'), 'reservation: each is in the histogram');
	is( metric($session, 'idgen_reservation_seconds_sum'),
		$session->query('SELECT extract(epoch FROM time_reserving)::float8 FROM idgen_status()'), '... with its time');
	is(metric($session, 'idgen_reserve_ahead_seconds'), 3, 'reservation: idgen.reserve_ahead');
	return;
}

sub check_space
{
	my $used = metric($session, 'idgen_id_space_used_ratio', %OWN);
	my $end = 1577836800 + 2**41 / 1000;

	is(metric($session, 'idgen_id_space_end_timestamp_seconds', %OWN), $end, 'ID space: its end');
	cmp_ok(abs($used - (time - 1577836800) / ($end - 1577836800)), '<', 0.001, 'ID space: the share that is used') or diag($used);
	return;
}

# ---------------------------------------------------------------------------------------------------- what is shown, and to whom

sub check_info
{
	is($session->query(q{SELECT labels - 'version' FROM idgen_metrics() WHERE name = 'idgen_server_info'}),
		'{"layout": "default", "worker": "0", "preloaded": "true", "datacenter": "0"}', 'info: layout and node');
	is($session->query(q{SELECT labels->>'version' FROM idgen_metrics() WHERE name = 'idgen_server_info'}),
		$session->query(q{SELECT extversion FROM pg_extension WHERE extname = 'idgen'}), '... and version');
	is(metric($session, 'idgen_in_recovery'), 0, 'info: not in recovery');
	return;
}

sub check_privileges
{
	$session->query('CREATE ROLE regress_idgen_monitor IN ROLE pg_monitor');
	foreach my $call ('count(*) FROM idgen_metrics()', 'idgen_metrics_text()')
	{
		like($session->error("SET ROLE regress_idgen_none; SELECT $call"), qr/ERROR:  42501/, "not anyone: $call");
		is($session->error("SET ROLE regress_idgen_monitor; SELECT $call"), '', "members of pg_monitor: $call");
		$session->query('RESET ROLE');
	}
	return;
}

sub timelines_shown { return $session->query(q{SELECT count(*) FROM idgen_metrics() WHERE name = 'idgen_ids_issued_total'}); }

# The labels of timelines and generators are bounded.
sub check_bounds
{
	my $create = sub {
		my ($first, $last) = @_;
		$session->query(
			qq{DO \$\$ BEGIN FOR i IN $first .. $last LOOP PERFORM snowflake_create_generator(('many' || i)::name, 'instagram', shard_id => i); END LOOP; END \$\$;
			SELECT snowflake_nextval(('many' || i)::name) FROM generate_series($first, $last) AS i}
		);
	};

	$create->(1, 1000 - timelines_shown());
	is(timelines_shown(), 1000, 'labels: 1,000 timelines are shown');
	is(metric($session, 'idgen_generator_info'), metric($session, 'idgen_timelines') - 1, '... with their generators');
	$create->(2001, 2002);
	$session->query(q{SELECT snowflake_nextval('many2002') FROM generate_series(1, 3)});
	is(timelines_shown(), 50, 'labels: of more, 50 are shown');
	is(metric($session, 'idgen_ids_issued_total', timeline => 'instagram: shard=2002'), 4, '... those with most IDs');
	is(metric($session, 'idgen_generator_info', generator => 'many2002'), 1, '... with their generators');
	cmp_ok(metric($session, 'idgen_generator_info'), '<=', 50, '... and no others');
	# Those of 128-bit IDs and of the hybrid logical clock are not of a generator.
	is(metric($session, 'idgen_timelines'), 1000, 'labels: but all are counted');
	cmp_ok(metric($session, 'idgen_timelines_max'), '>=', 3000, '... and their limit is shown');
	return;
}

# ---------------------------------------------------------------------------------------------------- the text format

# The text has what the rows have; a name with special characters is escaped.
sub check_text
{
	$session->query(q{SELECT snowflake_create_generator(E'q"b\\\\n\nä', 'sonyflake', worker_id => 8); SELECT snowflake_nextval(E'q"b\\\\n\nä')});
	my $text = $session->query('SELECT idgen_metrics_text()');
	my @samples = grep { !/^#/ } split /\n/, $text;

	like($text, qr/^idgen_generator_info\{generator="q\\"b\\\\n\\n\xc3\xa4",timeline="sonyflake: worker=8"\} 1$/m, 'text: special characters');
	is(scalar @samples, $session->query('SELECT count(*) FROM idgen_metrics()'), 'text: a line for each sample');
	is(join("\n", grep { !/^idgen_[a-z_]+(?:\{[^{}]*\})? -?[0-9.e+-]+$/ } @samples), '', '... with name, labels and value');
	like($text, qr/^# HELP idgen_waits_total .*\n# TYPE idgen_waits_total counter\nidgen_waits_total\{cause="sequence"\} \d+\n/m, 'text: help and type come first');
	like($text, qr/^# TYPE idgen_call_wait_seconds histogram\nidgen_call_wait_seconds_bucket\{cause="sequence",le="1e-05"\} \d+\n/m, 'text: histograms');
	is(join(', ', grep { my $name = $_; (() = $text =~ /^# TYPE \Q$name\E /mg) != 1 } $text =~ /^# TYPE (\S+)/mg), '', 'text: each metric is one group');
	return;
}

# ---------------------------------------------------------------------------------------------------- leases

sub check_lease
{
	my ($leasing) = @_;

	is(metric($session, 'idgen_lease_failures'), undef, 'lease: no metrics without one');
	hold_lease($leasing, 0, 3);
	is(metric($leasing, 'idgen_lease_state_active', state => 'held'), 1, 'lease: held');
	is(metric($leasing, 'idgen_lease_state_active'), 1, '... and nothing else');
	is( $leasing->query(q{SELECT string_agg(labels->>'state', ' ' ORDER BY labels->>'state') FROM idgen_metrics() WHERE name = 'idgen_lease_state_active'}),
		'adrift claiming held lost none stopped', '... of all states');
	$leasing->query('SELECT snowflake_nextval()');
	wait_until { ($leasing->query('SELECT extract(epoch FROM fence)::float8 FROM idgen_lease()') || 0) > time } 'a fence';
	is(metric($leasing, 'idgen_lease_fence_timestamp_seconds'), $leasing->query('SELECT extract(epoch FROM fence)::float8 FROM idgen_lease()'), 'lease: its fence');
	is(metric($leasing, 'idgen_lease_failures'), 0, 'lease: failures');
	is(metric($leasing, 'idgen_lease_epoch'), 1, 'lease: claims');
	is(metric($leasing, 'idgen_server_info', worker => $leasing->query('SELECT worker_id FROM idgen_lease()')), 1, 'lease: the worker ID is that of the server');
	return;
}

# ---------------------------------------------------------------------------------------------------- segments and horizons

sub check_segments
{
	my %segment = (segment => 'public."Orders"');
	my $view = sub { return $session->query("SELECT $_[0] FROM segments WHERE sequence = 'public.\"Orders\"'::regclass"); };

	is(metric($session, 'idgen_segment_issued_total'), undef, 'segments: none before one is used');
	$session->query('CREATE SEQUENCE public."Orders"; CREATE SEQUENCE dropped');
	$session->query(q{SELECT segment_nextval('dropped'), segment_nextvals('"Orders"', 12345)});
	$session->query('DROP SEQUENCE dropped');
	is(metric($session, 'idgen_segment_issued_total', %segment), 12345, 'segments: numbers issued');
	is(metric($session, 'idgen_segment_issued_total'), 12345, '... of those that exist');
	is(metric($session, "idgen_segment_${_}_total", %segment), $view->($_), "segments: $_ are those of the view") foreach qw(issued refills wasted waits);
	is(metric($session, 'idgen_segment_failing', %segment), 0, 'segments: none fails');
	# Without a number since the last refill, there is no rate one second later.
	my $runway = wait_until {
		$session->query(q{SELECT segment_nextval('"Orders"') FROM pg_sleep(1.1)});
		$session->query('SELECT pg_sleep(1.1)');
		metric($session, 'idgen_segment_runway_seconds', %segment);
	}
	'a rate';
	my $seconds = $view->('runway');
	ok($runway > 0 && $runway <= $seconds, 'segments: numbers last for a time, which grows while none is issued') or diag("$runway, $seconds");
	my $issued = $view->('issued');
	my $most = 0;
	my $falls = 0;
	foreach my $round (1 .. 20)
	{
		$session->query(q{SELECT segment_nextval('"Orders"') FROM generate_series(1, 40)});
		my $shown = metric($session, 'idgen_segment_issued_total', %segment);
		$falls++ if $shown < $most;
		$most = $shown;
	}
	is($view->('issued'), $issued + 800, 'segments: statements give back what they did not use');
	ok(!$falls && $most >= $issued + 800 && $most <= $issued + 864, '... and the counter does not fall') or diag("$issued, $most");
	$node->safe_psql('template1', 'CREATE EXTENSION IF NOT EXISTS idgen');
	is($node->safe_psql('template1', q{SELECT count(*) FROM idgen_metrics() WHERE name LIKE 'idgen_segment%'}), 0, 'segments: those of this database');
	return;
}

sub check_horizon
{
	my $other = session($node);

	is(metric($session, 'idgen_horizon_lag_seconds'), 0, 'horizon: nobody holds it back');
	is(metric($session, 'idgen_horizon_lag_limit_seconds'), 300, 'horizon: idgen.horizon_lag_limit');
	$other->query('BEGIN; SELECT snowflake_nextval()');
	my $since = sub { return $session->query('SELECT extract(epoch FROM clock_timestamp() - xact_start)::float8 FROM pg_stat_activity WHERE pid = ' . $other->pid) };
	my $before = $since->();
	my $lag = metric($session, 'idgen_horizon_lag_seconds');
	ok($lag >= $before && $lag <= $since->(), 'horizon: the age of the transaction that holds it back') or diag("$before, $lag");
	$other->query('COMMIT');
	is(metric($session, 'idgen_horizon_lag_seconds'), 0, '... until it ends');
	alter_system($node, $session, 'idgen.horizon_lag_limit', '0');
	is(metric($session, 'idgen_horizon_lag_limit_seconds'), undef, 'horizon: without a limit, none is shown');
	alter_system($node, $session, 'idgen.horizon_lag_limit', '5min');
	$other->quit;
	return;
}

# ---------------------------------------------------------------------------------------------------- the files of monitoring/

# The families of metrics, with their types and labels, of some servers.
sub families
{
	my (%families);

	foreach my $sample (map { metrics($_) } @_)
	{
		my $name = $sample->{name};

		$name =~ s/_(?:bucket|sum|count)$// if $sample->{type} eq 'histogram';
		$families{$name}->{type} = $sample->{type};
		$families{$name}->{labels} = join ' ', sort grep { $_ ne 'le' } keys %{ $sample->{labels} };
		ok(0, "$name has help") unless $sample->{help} =~ /^[A-Z0-9].*\.$/;
	}
	return \%families;
}

sub check_exporter_queries
{
	my ($families, $leasing) = @_;
	my $queries = exporter_queries();
	my %exported;

	foreach my $key (sort keys %$queries)
	{
		my $query = $queries->{$key};

		$exported{$_} = { type => $query->{metrics}->{$_}, labels => join ' ', sort @{ $query->{labels} } } foreach keys %{ $query->{metrics} };
		is($leasing->error("SELECT * FROM ($query->{query}) AS q WHERE q IS NULL"), '', "queries.yaml: $key can be run");
	}
	is_deeply(\%exported, $families, 'queries.yaml: has all metrics, and no others');
	return;
}

sub check_collector
{
	my ($families, $leasing) = @_;
	my %exported;

	foreach my $metric (collector_queries())
	{
		my $columns = join ', ', @{ $metric->{labels} }, $metric->{value};
		my $name = $metric->{name};
		my $is_part = ($name =~ s/_(bucket|sum|count)$//);

		is($leasing->error("SELECT $columns FROM ($metric->{query}) AS q"), '', "idgen.collector.yml: $metric->{name} can be read");
		$exported{$name} = { type => $is_part ? 'histogram' : $metric->{type}, labels => join ' ', sort grep { $_ ne 'le' } @{ $metric->{labels} } };
	}
	is_deeply(\%exported, $families, 'idgen.collector.yml: has all metrics, and no others');
	return;
}

sub check_files
{
	my ($leasing) = @_;
	my $families = families($session, $leasing);
	my %names = map { my $n = $_; $families->{$n}->{type} eq 'histogram' ? map { ("${n}_$_" => 1) } qw(bucket sum count) : ($n => 1) } keys %$families;
	my %labels = map { $_ => 1 } map { split / /, $_->{labels} } values %$families;
	my ($debian) = PostgreSQL::Test::Utils::slurp_file(monitoring_file('prometheus-sql-exporter.yml')) =~ /labels: \[(.*)\]/;

	check_exporter_queries($families, $leasing);
	check_collector($families, $leasing);
	is(join(' ', sort split /, /, $debian), join(' ', sort 'name', 'le', keys %labels), 'prometheus-sql-exporter.yml: has all labels');
	is(join(' ', grep { !$names{$_} } names_in_rules()), '', 'rules.yml: names only what there is');
	is(join(' ', grep { !$names{$_} } names_in_dashboard()), '', 'dashboard.json: names only what there is');
	return;
}

check_issued();
check_waits();
check_errors();
check_clock();
check_reservation();
check_space();
check_info();
check_privileges();

my $store = postgres_store('store');
my $leasing = session(leasing_server('leasing', $store));
check_lease($leasing);
$session->query("SELECT hlc_now()");
check_segments();
check_horizon();
check_files($leasing);
check_text();
check_bounds();

done_testing();
