# Guards: idgen_check() finds what is wrong, says it once, and finds nothing where
# nothing is.  What the kernel thinks of its clock is the machine's, and left out.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use POSIX qw(strftime);
use PostgreSQL::Test::Cluster;
use Test::More;

my $findings = "SELECT severity, subject, finding FROM idgen_check() "
  . "WHERE NOT (subject = 'system clock' AND finding LIKE '%kernel%' OR finding LIKE 'The clock may be off%')";

# The findings of a server, a line each.
sub findings
{
	my ($node, %option) = @_;

	return $node->safe_psql('postgres', $findings, %option);
}

# Passes if exactly these are found.
sub finds
{
	my ($node, $expected, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	return is(findings($node), $expected, $name);
}

sub configure
{
	my ($node, $setting, $value) = @_;
	my $session = session($node);

	alter_system($node, $session, $setting => $value);
	$session->quit;
	return;
}

sub create
{
	my ($node, $arguments) = @_;

	$node->safe_psql('postgres', "SELECT snowflake_create_generator($arguments)");
	return;
}

sub drop
{
	my ($node, @names) = @_;

	$node->safe_psql('postgres', "SELECT snowflake_drop_generator('$_')") foreach @names;
	return;
}

# A layout of whole seconds that ends so many seconds from now.
sub layout_that_ends_in
{
	my ($seconds) = @_;

	return strftime("time 30 bits of 1 s since %Y-%m-%d %H:%M:%S, worker 16, sequence 17",
		gmtime(time + $seconds - 2**30));
}

sub check_generators
{
	my ($node) = @_;
	my $own = "the server's own IDs";

	create($node, "'a', 'wide', worker_id => 3");
	create($node, "'b', 'wide', worker_id => 4");
	create($node, "'c', 'instagram', shard_id => 7");
	finds($node, '', 'generators that differ by their workers, or in a bit that both have fixed');

	create($node, "'d', 'wide', worker_id => 3");
	finds($node,
		'notice|generator "d"|It has the same layout and node as generator "a". They share a timeline, so their IDs differ, but each waits for the other\'s bursts.',
		'two names for one space');
	drop($node, 'd');

	create($node, "'d', 'default'");
	like(findings($node), qr/^notice\|generator "d"\|It has the same layout and node as \Q$own\E\. [^\n]*$/,
		"the server's own space");
	drop($node, 'd');

	create($node, "'d', 'widest'");
	my $coincides = 'notice|generator "d"|Its layout differs from that of %s. IDs of both can be equal when they are issued at %s.';
	finds($node,
		join("\n",
			sprintf($coincides, $own, 'the same time'),
			sprintf($coincides, 'generator "a"', 'the same time'),
			sprintf($coincides, 'generator "c"', 'different times')),
		'a layout that has no bit fixed, with each of the others once');
	configure($node, 'idgen.worker_id' => 1);
	like(findings($node), qr/^warning\|generator "d"\|This server has a node of its own, so there are other servers/m,
		'... on a server with a node');
	drop($node, 'd');

	create($node, "'d', 'wide'");
	configure($node, 'idgen.worker_id' => 20);
	finds($node,
		'error|generator "d"|The server\'s node, datacenter 0 and worker 20, does not fit the generator\'s layout, so the generator issues no IDs.',
		'a node that does not fit');
	my ($status, $output, $error) = $node->psql('postgres', "SELECT snowflake_nextval('d')");
	isnt($status, 0, '... and it makes none');
	configure($node, 'idgen.worker_id' => 0);
	drop($node, qw(a b c d));
	return;
}

sub check_layouts
{
	my ($node) = @_;

	create($node, "'soon', '" . layout_that_ends_in(86400 * 365) . "', worker_id => 65535");
	like(findings($node), qr/^warning\|generator "soon"\|The layout's time ends on \d{4}-[^\n]*\.$/, 'a layout that ends within a year');
	$node->safe_psql('postgres', "ALTER SERVER soon OPTIONS (SET layout '" . layout_that_ends_in(-86400) . "')");
	like(findings($node), qr/^error\|generator "soon"\|The layout's time ended on \d{4}-[^\n]*, so no IDs are issued\.$/, '... that has ended');
	$node->safe_psql('postgres',
		"ALTER SERVER soon OPTIONS (SET layout 'time 30 bits of 1 s since 2900-01-01, worker 16, sequence 17')");
	like(findings($node), qr/^error\|generator "soon"\|The layout's epoch, 2900-01-01[^\n]*, is in the future, so no IDs are issued\.$/,
		'... whose time has not begun');
	drop($node, 'soon');

	configure($node, 'idgen.layout' => 'leaf');
	finds($node,
		'warning|idgen.layout|The setting is "leaf", but until the server restarts, IDs are issued with "default".',
		'a layout that waits for a restart');
	configure($node, 'idgen.layout' => 'default');
	return;
}

sub check_settings
{
	my ($node) = @_;

	$node->safe_psql('postgres', 'CREATE ROLE stubborn LOGIN; ALTER ROLE stubborn SET idgen.worker_id = 5');
	is( findings($node, extra_params => [ '-U', 'stubborn' ]),
		'error|idgen.worker_id|The value "5 (not from the server\'s configuration)" is invalid. IDs that depend on it are not issued.',
		'a setting that was refused');
	$node->safe_psql('postgres', 'DROP ROLE stubborn');

	configure($node, fsync => 'off');
	finds($node, 'warning|fsync|It is off, so after a crash of the machine, IDs can repeat and data can be lost.', 'fsync');
	configure($node, fsync => 'on');

	my $states = $node->safe_psql('postgres', "SELECT max(name) FROM pg_settings WHERE name = 'max_active_replication_origins'")
	  || 'max_replication_slots';
	$node->safe_psql('postgres', "ALTER SYSTEM SET $states = 0");
	$node->restart;
	finds($node, "error|$states|It is 0, so no time can be reserved and no IDs are issued.", 'no place for the reservation');
	$node->safe_psql('postgres', "ALTER SYSTEM RESET $states");
	check_invalid_layout($node);
	return;
}

# A layout that is none, from the start: who watches the server is told of it.
sub check_invalid_layout
{
	my ($node) = @_;

	$node->append_conf('postgresql.conf', "idgen.layout = 'bogus'");
	$node->restart;
	like(findings($node), qr/^error\|idgen\.layout\|/m, 'a layout that is none');
	is($node->safe_psql('postgres', 'SELECT layout IS NULL, timeline_at IS NULL, worker_id FROM idgen_status()'), 't|t|0', '... idgen_status() shows none');
	is($node->safe_psql('postgres', 'SELECT count(*) FROM idgen_timelines WHERE is_server'), 0, '... nor do timelines');
	like($node->safe_psql('postgres', 'SELECT idgen_metrics_text()'), qr/^idgen_server_info\{.*layout="".* 1$/m, '... nor metrics');
	$node->append_conf('postgresql.conf', "idgen.layout = 'default'");
	$node->restart;
	return;
}

sub check_timeline
{
	my ($node) = @_;

	$node->safe_psql('postgres', "SELECT idgen_reset_timeline(now() + interval '1 hour')");
	like(findings($node), qr/\Aerror\|system clock\|The clock is 3\d{3}\.\d{3} s behind its highest reading or the time at which IDs began, .* Calls wait for the difference, and fail after "idgen\.max_wait"\.\nerror\|timeline\|IDs are 3\d{3}\.\d{3} s ahead of the system clock, and "idgen.max_drift" is 1000 ms\. Calls wait, and fail after "idgen\.max_wait"\.\z/,
		'a timeline that is ahead');
	$node->safe_psql('postgres', 'SELECT idgen_reset_timeline()');
	finds($node, '', '... and is not any more');
	return;
}

# Servers that look like others.
sub check_nodes
{
	my ($node) = @_;
	my $standby = PostgreSQL::Test::Cluster->new('standby');
	my $like_others = 'Its node is 0, as is that of every server without a setting.';

	$node->backup('base');
	$standby->init_from_backup($node, 'base', has_streaming => 1);
	$standby->start;
	$node->poll_query_until('postgres', 'SELECT count(*) = 1 FROM pg_stat_replication');
	finds($standby, "warning|idgen.worker_id|This server is a standby. $like_others", 'a standby');
	finds($node, "warning|idgen.worker_id|This server sends its WAL to other servers. $like_others", 'its primary');
	configure($node, 'idgen.worker_id' => 7);
	finds($node, '', '... with a node');
	configure($node, 'idgen.worker_id' => 0);
	$standby->stop;

	$node->poll_query_until('postgres', 'SELECT count(*) = 0 FROM pg_stat_replication');
	finds($node, '', 'without its standby');
	$node->safe_psql('postgres',
		"CREATE SUBSCRIPTION news CONNECTION 'dbname=nowhere' PUBLICATION news WITH (connect = false)");
	finds($node, "warning|idgen.worker_id|This server has subscriptions. $like_others", 'a subscriber');
	$node->safe_psql('postgres', "ALTER SUBSCRIPTION news SET (slot_name = NONE); DROP SUBSCRIPTION news");

	$node->safe_psql('postgres', "ALTER SYSTEM SET idgen.layout = 'tso'");
	$node->restart;
	$standby->start;
	$node->poll_query_until('postgres', 'SELECT count(*) = 1 FROM pg_stat_replication');
	finds($node, 'warning|idgen.layout|This server sends its WAL to other servers. Its layout does not distinguish servers.',
		'a primary whose layout has no node');
	$standby->stop;
	$node->safe_psql('postgres', "ALTER SYSTEM RESET idgen.layout");
	$node->restart;
	return;
}

sub check_regression
{
  SKIP:
	{
		skip 'libfaketime is not installed', 1 unless IdgenTest::Clock::library();
		my $clock = fake_clock();
		my $node = new_server('clock', clock => $clock, conf => 'fsync = on');

		$node->safe_psql('postgres', 'SELECT snowflake_nextval()');
		$clock->set('-5');
		$node->safe_psql('postgres', 'SELECT snowflake_nextval()');
		like(findings($node), qr/^warning\|system clock\|Since the server started, the clock went back 1 times?, by up to [0-5]\.\d{3} s\.$/,
			'a clock that went back');
		$node->stop;
	}
	return;
}

my $node = new_server('main', streaming => 1, conf => 'fsync = on');

finds($node, '', 'nothing is wrong');
is( $node->safe_psql('postgres', "SELECT count(*) FROM idgen_check() WHERE hint !~ '\\.\$' OR finding !~ '\\.\$' OR severity NOT IN ('error', 'warning', 'notice')"),
	0, 'rows are sentences');
check_settings($node);
check_timeline($node);
check_layouts($node);
check_generators($node);
check_nodes($node);
check_regression();

done_testing();
