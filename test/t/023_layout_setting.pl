# Guards: the server's own IDs have the layout that its configuration names when it starts,
# or there are none: never another's, nor the default's, nor a mixture of one's layout with
# another's node, whoever sets what and wherever.  A change is for the next start, after
# which IDs go on in time.  A generator of the server's layout and node repeats none of the
# server's IDs, and no reset lets a generator repeat its own.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use PostgreSQL::Test::Utils;
use POSIX qw(strftime);
use Test::More;

# The layouts in which a new ID is of this minute, with its node in each: time's place,
# tick in ms and epoch; node's place and width.
my $LAYOUT_OF_NEW_ID = q{SELECT string_agg(layout || ' ' || (id >> node_at & node_most), ',')
FROM snowflake_nextval() AS id, (VALUES
	('default', 22, 1, 1577836800000, 12, 1023),
	('leaf', 22, 1, 1288834974657, 12, 1023),
	('sonyflake', 24, 10, 1409529600000, 0, 65535)) AS layouts (layout, time_at, tick, epoch, node_at, node_most)
WHERE abs((id >> time_at) * tick + epoch - extract(epoch FROM clock_timestamp()) * 1000) < 60000};

my $REFUSED = qr/ERROR:  22023: invalid value for parameter "idgen\.layout": /;
my $EXHAUSTED = qr/ERROR:  54000: time field of the snowflake layout is used up/;

my $node;
my $log_start;

# Writes settings into postgresql.conf; undef takes one out.
sub configure
{
	my @settings = @_;

	while (my ($name, $value) = splice @settings, 0, 2)
	{
		$node->adjust_conf('postgresql.conf', $name);
		$node->append_conf('postgresql.conf', "$name = $value") if defined $value;
	}
	return;
}

# The same, after which the server starts anew.
sub restart_with
{
	configure(@_);
	$node->stop;
	$log_start = -s $node->logfile;
	start_server($node);
	return;
}

# The same in a running server, until these sessions have read it.  A setting that may be
# refused does not show that, so another one goes along.
my $reloads = 0;

sub reconfigure
{
	my ($sessions, @settings) = @_;
	my $mark = 3001 + ++$reloads . 'ms';

	configure(@settings, 'idgen.reserve_ahead' => "'$mark'");
	reload_until($node, $_, 'idgen.reserve_ahead', $mark) foreach @$sessions;
	return;
}

sub new_session_draws
{
	return new_session_gets($node, $LAYOUT_OF_NEW_ID, @_);
}

# A session whose library is loaded, and that has not asked for the layout.
sub loaded_session
{
	my $session = session($node, @_);
	$session->query("LOAD 'idgen'");
	return $session;
}

sub force_parallel
{
	return $node->pg_version >= 16 ? 'debug_parallel_query' : 'force_parallel_mode';
}

# An epoch that was so many days ago.
sub days_ago
{
	my ($days) = @_;
	return strftime('%Y-%m-%d', gmtime(time - $days * 86400));
}

# ---------------------------------------------------------------------- at the start

sub check_start
{
	my ($kind) = @_;

	foreach my $layout (qw(leaf sonyflake Default),
		"'time 39 bits of 10 ms since 2014-09-01, sequence 8, worker 16'")
	{
		restart_with('idgen.layout' => $layout, 'idgen.worker_id' => 9);
		my $name = $layout =~ /39/ ? 'sonyflake' : lc $layout;
		is(new_session_draws(), "$name 9", "$kind: IDs of the layout of the configuration: $layout");
		is(new_session_gets($node, "SET " . force_parallel() . " = on; $LAYOUT_OF_NEW_ID"), "$name 9", '... in a parallel worker');
		is(new_session_gets($node, 'SELECT snowflake_layout()'), $name, '... as snowflake_layout() tells');
		is(new_session_gets($node, 'SELECT layout::snowflake_layout FROM idgen_status()'), $name, '... and idgen_status()');
	}

	# Who asks for the layout first, without drawing, has it fixed, too.
	restart_with('idgen.layout' => 'leaf');
	is(new_session_gets($node, 'SELECT snowflake_layout()'), 'leaf', "$kind: the layout is there before the first ID");

	restart_with('idgen.layout' => undef);
	is(new_session_draws(), 'default 9', "$kind: without the setting, the default's");

	my $session = loaded_session();
	$session->query("ALTER SYSTEM SET idgen.layout = 'leaf'");
	restart_with('idgen.layout' => 'sonyflake');
	is(new_session_draws(), 'leaf 9', "$kind: by ALTER SYSTEM");
	$session->abandon;
	$node->safe_psql('postgres', "LOAD 'idgen'; ALTER SYSTEM RESET idgen.layout");

	$node->stop;
	PostgreSQL::Test::Utils::system_or_bail('pg_ctl', '-w', '-D', $node->data_dir, '-l', $node->logfile,
		'-o', "--cluster-name=layout -c idgen.layout=leaf", 'start');
	$node->_update_pid(1);
	is(new_session_draws(), 'leaf 9', "$kind: as an option of the server");
	restart_with();
	is(new_session_draws(), 'sonyflake 9', "$kind: ... which is no more at the next start");
	return;
}

# With a value that is none the server makes no IDs until it has a right one.
sub check_bad_start
{
	my ($kind) = @_;

	foreach my $bad ('leafy', "'time 41 bits of 1 ms since 2020-01-01, sequence 12'", 'instagram', "'slab 22, time 31 bits of 1 s since 2024-01-01, sequence 10'", "''")
	{
		restart_with('idgen.layout' => $bad, 'idgen.worker_id' => 9);
		my $session = session($node);
		like($session->error($_), $REFUSED, "$kind, layout $bad: refused: $_")
		  foreach 'SELECT snowflake_nextval()', 'SELECT snowflake_nextvals(1)', 'SELECT snowflake_next_block(1)';
		$session->query('SET ' . force_parallel() . ' = on');
		like($session->error('SELECT snowflake_nextval()'), $REFUSED, '... in a parallel worker');
		$session->query('RESET ' . force_parallel());
		like(slurp_file($node->logfile, $log_start), qr/parameter "idgen\.layout"/, '... and the log tells');
		is($session->query('SELECT public.uuidv7() IS NOT NULL'), 't', '... and everything else works');

		reconfigure([$session], 'idgen.layout' => 'sonyflake');
		is($session->query($LAYOUT_OF_NEW_ID), 'sonyflake 9', '... until the right one comes');
		is(new_session_draws(), 'sonyflake 9', '... for new sessions, too');
		$session->quit;
	}

	# The default is a change, too.
	restart_with('idgen.layout' => 'leafy');
	my $session = session($node);
	like($session->error('SELECT snowflake_nextval()'), $REFUSED, "$kind: no layout");
	reconfigure([$session], 'idgen.layout' => 'default');
	is($session->query($LAYOUT_OF_NEW_ID), 'default 9', '... until it is the default');
	$session->quit;
	return;
}

# ---------------------------------------------------------------------- other places

# Whoever is first after a start, and has asked for something else before the library was
# loaded, must not decide for the server.
sub check_other_places
{
	my ($kind) = @_;
	my $sane = qr/^(sonyflake 40000|refused)$/;

	restart_with('idgen.layout' => 'sonyflake', 'idgen.worker_id' => 40000);
	my $session = loaded_session();
	like($session->error("SET idgen.layout = 'leaf'"), qr/55P02/, "$kind: no SET");
	like($session->error("SET idgen.layout = 'sonyflake'"), qr/55P02/, '... not even to the same');
	like($session->error("SELECT set_config('idgen.layout', 'leaf', false)"), qr/55P02/, '... no set_config()');
	is($session->query($LAYOUT_OF_NEW_ID), 'sonyflake 40000', '... nothing has changed');
	$session->quit;

	foreach my $asked ('leaf', 'default', 'sonyflake', '')
	{
		my %place = (
			'SET' => sub {
				my $session = session($node, user => 'regress_drawer');
				$session->run("SET idgen.layout = '$asked'");
				my ($output) = $session->run($LAYOUT_OF_NEW_ID);
				$session->quit;
				return $output || 'refused';
			},
			'an option of the connection' => sub { new_session_draws(user => 'regress_drawer', options => "-c idgen.layout=$asked") },
			'an option, in a parallel worker' => sub {
				new_session_draws(user => 'regress_drawer', options => "-c idgen.layout=$asked -c " . force_parallel() . '=on');
			},
			'ALTER DATABASE' => sub {
				$node->psql('postgres', "ALTER DATABASE other SET idgen.layout = '$asked'");
				my $drawn = new_session_draws(dbname => 'other');
				$node->safe_psql('postgres', 'ALTER DATABASE other RESET ALL');
				return $drawn;
			},
			'ALTER ROLE' => sub {
				$node->psql('postgres', "ALTER ROLE regress_drawer SET idgen.layout = '$asked'");
				my $drawn = new_session_draws(user => 'regress_drawer');
				$node->safe_psql('postgres', 'ALTER ROLE regress_drawer RESET ALL');
				return $drawn;
			});
		foreach my $place (sort keys %place)
		{
			restart_with();
			like($place{$place}->(), $sane, "$kind: '$asked' by $place, first after a start");
			is(new_session_draws(), 'sonyflake 40000', '... and others have the server\'s');
		}
	}

	# Nor is a node that is nothing one.
	foreach my $setting (qw(datacenter_id worker_id))
	{
		restart_with('idgen.layout' => 'default', 'idgen.datacenter_id' => 3, 'idgen.worker_id' => 5);
		like(new_session_draws(user => 'regress_drawer', options => "-c idgen.$setting="),
			qr/^(default 101|refused)$/, "$kind: an empty idgen.$setting as an option of the connection");
		$session = session($node, user => 'regress_drawer');
		$session->run("SET idgen.$setting = ''");
		my ($output) = $session->run($LAYOUT_OF_NEW_ID);
		like($output || 'refused', qr/^(default 101|refused)$/, '... or by SET');
		$session->quit;
	}
	configure('idgen.datacenter_id' => undef);
	return;
}

# ---------------------------------------------------------------------- reloads

sub check_reload
{
	my ($kind) = @_;

	restart_with('idgen.layout' => 'sonyflake', 'idgen.worker_id' => 40000);
	my $session = session($node);
	is($session->query($LAYOUT_OF_NEW_ID), 'sonyflake 40000', "$kind: before a reload");
	my $idle = loaded_session();
	foreach my $next ('leaf', 'leafy', 'default')
	{
		reconfigure([ $session, $idle ], 'idgen.layout' => $next);
		is($_->query($LAYOUT_OF_NEW_ID), 'sonyflake 40000', "$kind: reload with $next: IDs go on in the layout that was")
		  foreach $session, $idle;

		is(new_session_draws(), 'sonyflake 40000', '... in new sessions');
		is(new_session_gets($node, 'SET ' . force_parallel() . " = on; $LAYOUT_OF_NEW_ID"), 'sonyflake 40000', '... in parallel workers');
		is(new_session_gets($node, 'SELECT snowflake_layout()'), 'sonyflake', '... as snowflake_layout() tells');
		is(new_session_gets($node, q{SELECT severity FROM idgen_check() WHERE subject = 'idgen.layout'}), 'warning', '... while idgen_check() warns');
	}
	$_->quit foreach $session, $idle;
	restart_with('idgen.worker_id' => 7);
	is(new_session_draws(), 'default 7', '... until the next start');

	# A crash is one where the shared area comes anew from what the configuration says.
	$session = session($node);
	$session->query('SELECT snowflake_nextval()');
	reconfigure([$session], 'idgen.layout' => 'leafy');
	kill_backend($node, $session->pid);
	$session->abandon;
	is(new_session_draws(), $kind eq 'preloaded' ? 'default 7' : 'refused', "$kind: a layout that is none, after a crash");
	restart_with();
	is(new_session_draws(), 'refused', '... and after a restart');
	restart_with('idgen.layout' => 'default');
	return;
}

# A layout comes with a node.  At no time is there one of them without the other, in
# whichever order they are written.
sub check_change_of_both
{
	my ($kind) = @_;
	my $mixture = qr/^(default 5|sonyflake 40000|refused)$/;

	foreach my $order ('layout first', 'node first')
	{
		my @settings = ([ 'idgen.layout' => 'sonyflake' ], [ 'idgen.worker_id' => 40000 ]);
		@settings = reverse @settings if $order eq 'node first';

		# Before anyone has drawn, and after that.
		foreach my $drawn (0, 1)
		{
			restart_with('idgen.layout' => 'default', 'idgen.worker_id' => 5);
			my $loaded = loaded_session();
			is($loaded->query($LAYOUT_OF_NEW_ID), 'default 5', "$kind, $order: before the change") if $drawn;
			reconfigure([$loaded], map { @$_ } @settings);
			my ($output) = $loaded->run($LAYOUT_OF_NEW_ID);
			like($output || 'refused', $mixture, "$kind, $order: changed " . ($drawn ? 'after' : 'before') . ' the first ID');
			like(new_session_draws(), $mixture, '... in a new session');

			kill_backend($node, $loaded->pid);
			$loaded->abandon;
			like(new_session_draws(), $mixture, '... after a crash');
			like(new_session_draws(), $mixture, '... again');
			restart_with();
			is(new_session_draws(), 'sonyflake 40000', '... after a restart');
		}
	}
	return;
}

# ---------------------------------------------------------------------- nodes

sub check_node_range
{
	my ($kind) = @_;
	my $datacenters = "'time 41 bits of 1 ms since 2020-01-01, datacenter 10, sequence 12'";

	restart_with('idgen.layout' => 'sonyflake', 'idgen.worker_id' => 65535);
	is(new_session_draws(), 'sonyflake 65535', "$kind: the range of the worker is the layout's");
	restart_with('idgen.worker_id' => 65536);
	is(new_session_draws(), 'refused', "$kind: a worker beyond the layout's");
	restart_with('idgen.worker_id' => 9, 'idgen.datacenter_id' => 1);
	is(new_session_draws(), 'refused', "$kind: a datacenter that the layout has not");

	# Settings come to a parallel worker one by one.
	restart_with('idgen.layout' => $datacenters, 'idgen.datacenter_id' => 1000, 'idgen.worker_id' => 0);
	foreach my $settings ('', 'SET ' . force_parallel() . ' = on; ')
	{
		is(new_session_gets($node, "${settings}SELECT snowflake_nextval() >> 12 & 1023"), 1000, "$kind: a datacenter beyond the default's: $settings");
	}
	configure('idgen.datacenter_id' => undef);
	return;
}

# ---------------------------------------------------------------------- the layout's time

# 28 bits of 1 s are 3106 days.
sub layout_since
{
	my ($days) = @_;
	return "'time 28 bits of 1 s since " . days_ago($days) . ", worker 22, sequence 13'";
}

sub log_count
{
	my ($pattern) = @_;
	return scalar(() = slurp_file($node->logfile, $log_start) =~ /$pattern/g);
}

sub check_end
{
	my ($kind) = @_;
	my $warning = qr/WARNING:  time of the layout of snowflake IDs/;

	restart_with('idgen.layout' => layout_since(3106 - 4 * 365), 'idgen.worker_id' => 9);
	is(log_count($warning), 1, "$kind: a layout that ends within five years: warned about at start") if $kind eq 'preloaded';
	is(new_session_gets($node, 'SELECT snowflake_nextval() >> 13 & 4194303'), 9, "$kind: a layout that ends within five years makes IDs")
	  foreach 1 .. 2;
	is(log_count($warning), 1, '... and is warned about once');
	is(log_count(qr/WARNING:  time of the layout of snowflake IDs ends on \d+-.*\n.*DETAIL:  .*\n.*HINT:  .*docs\/layouts\.md/), 1, '... with the way on');

	restart_with('idgen.layout' => layout_since(3106 - 6 * 365));
	is(new_session_gets($node, 'SELECT snowflake_nextval() >> 13 & 4194303'), 9, "$kind: one that ends later");
	is(log_count($warning), 0, '... is not warned about');

	restart_with('idgen.layout' => layout_since(3106 + 400));
	my $session = session($node);
	foreach my $sql ('SELECT snowflake_nextval()', 'SELECT snowflake_nextvals(2)', 'SELECT snowflake_next_block(2)')
	{
		my $error = $session->error($sql);
		like($error, $EXHAUSTED, "$kind: a layout that has ended: $sql");
		like($error, qr/DETAIL:  .*last time that the layout can hold is \d+-.*HINT:  .*docs\/layouts\.md/s, '... with the way on');
	}
	is(log_count(qr/time of the layout of snowflake IDs ended on/), 1, '... and is warned about once');
	$session->quit;

	restart_with('idgen.layout' => layout_since(-20));
	$session = session($node);
	like($session->error('SELECT snowflake_nextval()'),
		qr/ERROR:  55000: epoch of the snowflake layout is in the future/, "$kind: a layout that has not begun");
	$session->quit;
	return;
}

# ---------------------------------------------------------------------- generators

# In one statement each.
sub draw_both
{
	my ($generator) = @_;
	return
	  "SELECT a, b FROM (SELECT snowflake_nextval() AS a, snowflake_nextval('$generator') AS b FROM generate_series(1, 200) OFFSET 0) AS drawn",
	  "SELECT unnest(snowflake_nextvals(300) || snowflake_nextvals('$generator', 300))";
}

# A generator of the server's layout, and of the node that the server has or had.
sub check_generators
{
	my ($kind) = @_;
	my @ids;

	restart_with('idgen.layout' => 'sonyflake', 'idgen.worker_id' => 300);
	$node->safe_psql('postgres',
		"SELECT snowflake_create_generator('g', 'sonyflake', 300), snowflake_create_generator('follows', 'sonyflake'), snowflake_create_generator('own', 'sonyflake', 301)"
	);
	my @sessions = map { session($node) } 1 .. 3;
	$_->query("SET idgen.max_wait = '1h'") foreach @sessions;
	my $draw_all = sub {
		$_->send(join ";\n", (draw_both('g'), draw_both('follows')) x 2) foreach @sessions;
		push @ids, map { grep { /\d/ } split /[\s|]+/, ($_->finish)[0] } @sessions;
	};

	$draw_all->();
	push @ids, $sessions[0]->ids("SELECT unnest(snowflake_nextvals('own', 500))");
	reconfigure(\@sessions, 'idgen.worker_id' => 302);
	$draw_all->();
	is($sessions[0]->query("SELECT snowflake_nextval('follows') & 65535"), 302, "$kind: without a node of its own it follows the server's");
	is($sessions[0]->query("SELECT snowflake_nextval('g') & 65535"), 300, '... with one it does not');

	# 'own' has that node, too: they share a timeline.
	reconfigure(\@sessions, 'idgen.worker_id' => 301);
	push @ids, map { $_->ids('SELECT unnest(snowflake_nextvals(500))') } @sessions;
	push @ids, map { $_->ids("SELECT unnest(snowflake_nextvals('own', 500))") } @sessions;
	push @ids, map { $_->ids("SELECT unnest(snowflake_nextvals('g', 500))") } @sessions;
	reconfigure(\@sessions, 'idgen.worker_id' => 302);
	$draw_all->();

	# Node numbers that are one in the server's memory.
	$sessions[0]->query("ALTER SERVER own OPTIONS (SET worker_id '" . (302 + 1024) . "')");
	push @ids, map { $_->ids(draw_both('own')) } @sessions;
	$_->quit foreach @sessions;

	restart_with('idgen.worker_id' => 301);
	my $session = session($node);
	$session->query("SET idgen.max_wait = '1h'");
	push @ids, $session->ids(draw_both('g'));
	$session->query("ALTER SERVER own OPTIONS (SET worker_id '301')");
	push @ids, $session->ids(draw_both('own'));
	$session->quit;
	are_distinct(\@ids, "$kind: the server and generators of its layout: no ID comes twice, over changes of the node and a restart");
	$node->safe_psql('postgres', "SELECT snowflake_drop_generator(generator) FROM snowflake_generators");
	return;
}

# Crashes and restarts, with the clock set back in between and the layout changed.
sub check_lives
{
	my ($kind) = @_;
	my $clock = fake_clock();
	my $behind = 0;
	my $last_ms = 0;
	my %ids;

	# An ID, and its time in ms since 1970.
	my $id_at = q{SELECT id, CASE snowflake_layout()::text WHEN 'sonyflake' THEN (id >> 24) * 10 + 1409529600000
		WHEN 'leaf' THEN (id >> 22) + 1288834974657 ELSE (id >> 22) + 1577836800000 END FROM snowflake_nextval() AS id};

	$node = new_server('lives_' . ($kind eq 'preloaded' ? 1 : 0), clock => $clock, preload => $kind eq 'preloaded',
		conf => "restart_after_crash = on\nidgen.worker_id = 9\nidgen.max_drift = '1d'");
	foreach my $layout ('default', 'leaf', 'sonyflake', 'default', 'sonyflake', 'leaf', 'leaf')
	{
		restart_with('idgen.layout' => $layout);
		foreach my $life ('from the start', 'after a crash')
		{
			my $session = session($node);
			my ($first, $first_ms) = $session->ids($id_at);
			cmp_ok($first_ms, '>=', $last_ms, "$kind: $layout $life, the clock $behind s behind: IDs go on in time");
			$session->query('SELECT cardinality(snowflake_nextvals(100000))');
			(my $last, $last_ms) = $session->ids($id_at);
			push @{ $ids{$layout} }, $first, $last;
			$behind += 600;
			$clock->set_ahead(-$behind);
			kill_backend($node, $session->pid);
			$session->abandon;
		}
	}
	is_increasing($ids{$_}, "$kind: IDs of $_ increase") foreach sort keys %ids;
	$node->stop;
	return;
}

# Generators keep the timelines from going back; a refusal leaves them where they are.
sub check_reset
{
	my ($kind) = @_;
	my $refused = qr/ERROR:  55000: snowflake IDs might repeat .*\nDETAIL:  Generators with a node of their own have issued IDs up to \d+-.*\nHINT: .*force/;
	my $draw = q{SELECT id FROM (SELECT snowflake_nextval('own') AS id FROM generate_series(1, 50) OFFSET 0) AS drawn};
	my $record = id_record();

	restart_with('idgen.layout' => 'default', 'idgen.worker_id' => 20, 'idgen.max_drift' => "'1h'");
	$node->safe_psql('postgres', "SELECT snowflake_create_generator('own', 'leaf', 11), snowflake_create_generator('slow', 'time 31 bits of 1 s since 2024-01-01, worker 16, sequence 16', 5)");
	my $session = session($node);
	my $other = session($node);

	# Ahead of the clock, so that it is the timeline alone that keeps IDs apart.
	$session->query('SELECT snowflake_nextval()');
	$record->add("$kind: a generator ahead of the clock",
		[ $session->ids("SELECT id FROM (SELECT snowflake_next_block('own', 4096) + 4095 AS id FROM generate_series(1, 3000) OFFSET 0) AS drawn") ]);
	reconfigure([ $session, $other ], 'idgen.worker_id' => 21);
	like($session->error($_), $refused, "$kind: no reset below what a generator has made: $_")
	  foreach "SELECT idgen_reset_timeline(clock_timestamp() - interval '1s')", "SELECT idgen_reset_timeline(clock_timestamp())";
	$record->add('... after which it goes on', [ $other->ids($draw), $session->ids($draw) ]);
	is($session->error('SELECT idgen_reset_timeline()'), '', 'a reset to where IDs are');
	$record->add('... and generators go on above', [ $other->ids($draw), $session->ids($draw) ]);
	my $start = $session->query("SELECT clock_timestamp() + interval '10 min'");
	is($session->error("SELECT idgen_reset_timeline('$start')") =~ /ERROR/, '', 'a reset forward');
	$record->add('... and generators go on above', [ $other->ids($draw), $session->ids($draw) ]);
	is($session->query("SELECT 1288834974657 + (snowflake_nextval('own') >> 22) >= extract(epoch FROM timestamptz '$start') * 1000"), 't', '... there');

	# The same for a generator of long ticks, one of which has been begun.
	my ($slow) = $session->ids("SELECT snowflake_nextval('slow')");
	like($session->error('SELECT idgen_reset_timeline(clock_timestamp())'), $refused, "$kind: no reset below a generator of long ticks");
	cmp_ok($other->query("SELECT snowflake_nextval('slow')"), '>', $slow, '... after which it goes on');

	unlike($session->error('SELECT idgen_reset_timeline(clock_timestamp(), force => true)'), qr/ERROR/, "$kind: back by force");
	is($_->query("SELECT abs(1288834974657 + (snowflake_nextval('own') >> 22) - extract(epoch FROM clock_timestamp()) * 1000) < 60000"),
		't', '... generators are at the clock') foreach $session, $other;
	is($_->query("SELECT abs(1577836800000 + (snowflake_nextval() >> 22) - extract(epoch FROM clock_timestamp()) * 1000) < 60000"),
		't', '... and so is the server') foreach $session, $other;
	kill_backend($node, $other->pid);
	$_->abandon foreach $session, $other;
	is($node->safe_psql('postgres', "SELECT abs(1288834974657 + (snowflake_nextval('own') >> 22) - extract(epoch FROM clock_timestamp()) * 1000) < 60000"),
		't', '... after a crash, too');
	$node->safe_psql('postgres', "SELECT snowflake_drop_generator('own'), snowflake_drop_generator('slow')");
	restart_with('idgen.max_drift' => undef);
	return;
}

my $main = new_server('layout', conf => 'restart_after_crash = on');
$node = $main;
$node->safe_psql('postgres', 'CREATE ROLE regress_drawer LOGIN; CREATE DATABASE other');
$node->safe_psql('other', 'CREATE EXTENSION idgen');

foreach my $kind ('not preloaded', 'preloaded')
{
	configure('shared_preload_libraries' => "'idgen'") if $kind eq 'preloaded';
	check_start($kind);
	check_bad_start($kind);
	check_reload($kind);
	next if $kind eq 'preloaded' && !full_run();
	check_other_places($kind);
	check_change_of_both($kind);
	check_node_range($kind);
	check_end($kind);
	check_generators($kind);
	check_reset($kind);
}
$main->stop;

SKIP:
{
	skip 'libfaketime is not installed', 1 unless IdgenTest::Clock::library();
	check_lives($_) foreach 'preloaded', (full_run() ? 'not preloaded' : ());
}

done_testing();
