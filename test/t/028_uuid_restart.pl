# Guards: 128-bit IDs that hold a moment of the server's go on above all there were, after
# whatever ended the server, with its clock set back, on a promoted standby, and in all
# databases and schemas; idgen_reset_timeline() cannot make them repeat.  A standby makes
# those that need nothing of the server.  Their node is the server's as it is now, and one
# that has no room in it is an error.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use PostgreSQL::Test::Cluster;
use Test::More;

my @KINDS = kinds_of_server();
my $TOO_FAR = qr/ERROR:  55000: snowflake timeline is too far ahead of the system clock/;

# A reservation is soon used up, and IDs go on under a clock that is far behind.
my $LIFE_CONF = <<'END';
restart_after_crash = on
idgen.reserve_ahead = '100ms'
idgen.max_drift = '1d'
END

# All moments there were, and the last ID of each kind that is in order.  A promoted
# standby goes on from its primary's.
sub new_record
{
	my ($origin) = @_;

	return { moments => id_record($origin ? $origin->{moments} : undef), last => $origin ? { %{ $origin->{last} } } : {} };
}

# Draws from each of some sessions in turn, [session, schema], and passes if all lies above
# what was on the record.
sub go_on
{
	my ($record, $name, @sessions) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my (@moments, @wrong);

	foreach my $kind (@KINDS)
	{
		foreach (map { split /\n/, $_->[0]->query(draw_uuids($kind, 20, $_->[1])) } @sessions)
		{
			my (undef, $id, $moment) = split /\|/;

			push @moments, $moment;
			push @wrong, "$id after $record->{last}{$kind}" if $kind !~ /uuidv1/ && $id le ($record->{last}{$kind} // '');
			$record->{last}{$kind} = $id;
		}
	}
	is("@wrong", '', "$name: IDs of each kind are in order");
	return $record->{moments}->add('... and so are the moments in them', \@moments);
}

sub is_reserved
{
	my ($session, $record, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	return is($session->query("SELECT extract(epoch FROM reserved_until) * 1000000000 > $record->{moments}{highest}::numeric / 2 FROM idgen_status()"),
		't', $name);
}

# The error of drawing one of a kind; '' if there is none.
sub draw_error
{
	my ($session, $kind) = @_;
	my ($function, $of_server) = $kind =~ /^(\w+)( of server)?$/;

	$session->query('SET idgen.uuid_node = ' . ($of_server ? 'server' : 'random'));
	return $session->error("SELECT public.$function()");
}

# ---------------------------------------------------------------------- lives

# Life after life, with the clock set back by ever more in between.
sub check_lives
{
	my ($kind, @ways) = @_;
	my $clock = fake_clock();
	my $node = new_server("lives_$kind", clock => $clock, conf => $LIFE_CONF, preload => $kind eq 'preloaded');
	my $record = new_record();
	my $behind = 0;

	create_moment_of($node);
	foreach my $way (@ways)
	{
		foreach my $step (2, 3600)
		{
			my $session = session($node);

			go_on($record, "$kind, $behind s behind", [$session]);
			# Beyond the reservation, by the clock.
			$clock->set_ahead(1 - $behind);
			go_on($record, '... and further on', [$session]);
			is_reserved($session, $record, '... below the reservation');
			$behind += $step;
			next_life($way, $node, $session, $clock, -$behind);
			$session = session($node);
			go_on($record, "$kind, $way, $behind s behind", [$session]);
			is_reserved($session, $record, '... below the reservation');
			$session->quit;
		}
	}

	# Beyond the drift they wait for the clock, and so they do in the next life.
	my $session = session($node);
	next_life('stopped immediately', $node, $session, $clock, -$behind - 86400);
	$session = session($node);
	$session->query('SET idgen.max_wait = 0');
	like(draw_error($session, $_), $TOO_FAR, "$kind, clock set back by more than idgen.max_drift: refused: $_") foreach @KINDS;
	$session->query('RESET idgen.max_wait');
	$clock->set_ahead(-$behind);
	go_on($record, '... and when it is put right', [$session]);
	$session->quit;
	$node->stop;
	return;
}

# ---------------------------------------------------------------------- standbys

my @OF_PROCESS = qw(uuidv1 uuidv4 uuidv6 uuidv7 ulid);

# The standby is synchronous, and its clock two hours behind the primary's.
sub check_standby
{
	my $primary = new_server('primary', streaming => 1, clock => fake_clock('+7200'), conf => $LIFE_CONF);
	my $record = new_record();

	create_moment_of($primary);
	go_on($record, 'primary', [ session($primary) ]);
	$primary->backup('base');
	my $standby = PostgreSQL::Test::Cluster->new('standby');
	$standby->init_from_backup($primary, 'base', has_streaming => 1);
	start_server($standby, fake_clock());
	set_synchronous($primary, 1, 'standby');
	my $session = session($primary);
	go_on($record, 'primary with a synchronous standby', [$session]);
	$primary->wait_for_catchup($standby, 'replay', $primary->lsn('flush'));

	my $reader = session($standby);
	foreach my $kind (@KINDS)
	{
		my ($function, $of_server) = split / /, $kind;
		my $why = $of_server ? ' with idgen\.uuid_node = server' : '';

		like(draw_error($reader, $kind), qr/ERROR:  25006: cannot execute $function\(\)$why during recovery/, "in recovery: no $kind");
	}
	is(draw_error($reader, $_), '', "... but $_") foreach @OF_PROCESS;
	is($reader->query("SELECT abs(extract(epoch FROM uuid_timestamp(uuidv1()) - clock_timestamp())) < 60"), 't', '... at the clock of the standby');

	$primary->stop('immediate');
	$session->abandon;
	$standby->promote;
	my $own_record = new_record($record);
	go_on($own_record, 'promoted, the clock 2 h behind', [$reader], [ session($standby) ]);
	$standby->stop('immediate');
	$reader->abandon;
	start_server($standby);
	go_on($own_record, '... and after a crash', [ session($standby) ]);
	$standby->stop;
	return;
}

# ---------------------------------------------------------------------- resets

# Moments go back together with snowflakes, under the same conditions.  How they do so alone
# is in 018_reset_timeline.pl.
sub check_reset
{
	my $clock = fake_clock();
	my $node = new_server('reset', clock => $clock, conf => "idgen.worker_id = 1\nidgen.reserve_ahead = '100ms'");
	my $record = new_record();
	my $session = session($node);

	create_moment_of($node);
	$clock->set_ahead(3600);
	$session->query('SELECT snowflake_nextval()');
	$clock->set_ahead(0);
	alter_system($node, $session, 'idgen.worker_id' => 2);
	is($session->query(q{SELECT idgen_reset_timeline() < clock_timestamp() + interval '1 min'}), 't', 'snowflakes an hour ahead: a fresh node lets the timelines go back');
	go_on($record, '... where the moments begin', [$session]);
	is($session->query("SELECT $record->{moments}{highest}::numeric / 2e9 - extract(epoch FROM clock_timestamp()) < 60"), 't', '... at the clock');

	$clock->set_ahead(3600);
	go_on($record, 'an hour ahead', [$session]);
	$clock->set_ahead(0);
	like($session->error("SELECT idgen_reset_timeline($_)"), qr/ERROR:  55000: snowflake IDs might repeat .*\nDETAIL:  The node that this server has now has issued IDs up to \d+-/,
		"moments an hour ahead: a reset is refused under the same node: $_") foreach '', 'clock_timestamp()', "clock_timestamp() + interval '50 min'";
	$session->query('SET idgen.max_wait = 0');
	like(draw_error($session, $_), $TOO_FAR, "... and stops nothing from being refused: $_") foreach @KINDS;

	# What is below the time that a life began at is not accounted for.
	crash_server($node, $session);
	$session = session($node);
	alter_system($node, $session, 'idgen.worker_id' => 4);
	like($session->error('SELECT idgen_reset_timeline()'), qr/ERROR:  55000: snowflake IDs might repeat /, '... also after a crash');
	$clock->set_ahead(3600);
	go_on($record, '... and when the clock gets there', [$session]);

	# Forward is allowed.
	$session->query("SELECT idgen_reset_timeline(clock_timestamp() + interval '10 min')");
	$clock->set_ahead(3600 + 600);
	go_on($record, 'a reset to later', [$session]);
	$session->quit;
	$node->stop;
	return;
}

# ---------------------------------------------------------------------- the node

# (datacenter, worker) of the nodes in IDs that are drawn now.
sub nodes
{
	my ($session) = @_;
	my @nodes = $session->query(q{SELECT datacenter_id || ' ' || worker_id FROM snowflake128_parse(snowflake128_nextval())});

	$session->query('SET idgen.uuid_node = server');
	foreach my $version (1, 6)
	{
		my ($marks, $datacenter, $worker) = $session->query("SELECT uuidv$version()") =~ /-(..)(....)(.{6})$/;
		push @nodes, hex($datacenter) . ' ' . hex($worker) . ($marks eq '01' ? '' : " with marks $marks");
	}
	return \@nodes;
}

sub check_node
{
	my $node = new_server('node', conf => "idgen.datacenter_id = 3\nidgen.worker_id = 5");
	my $session = session($node);
	my $record = new_record();

	create_moment_of($node);
	go_on($record, 'a node', [$session]);
	is_deeply(nodes($session), [ ('3 5') x 3 ], '... is in IDs');
	alter_system($node, $session, 'idgen.worker_id' => 4);
	is_deeply(nodes($session), [ ('3 4') x 3 ], 'a worker that was changed by reload is in the next ones');
	go_on($record, '... which are above those of the other', [$session]);
	alter_system($node, $session, 'idgen.datacenter_id' => 31);
	is_deeply(nodes(session($node)), [ ('31 4') x 3 ], '... and so is a datacenter');
	$node->stop;

	my @cases = (
		[ 'datacenter_id', 65535, 70000, 'time 35 bits of 16 ms since 2020-01-01, datacenter 20, sequence 8', '65535 0' ],
		[ 'worker_id', 2**24 - 1, 2**25, 'time 35 bits of 16 ms since 2020-01-01, worker 26, sequence 2', '0 16777215' ]);
	foreach my $number (0 .. $#cases)
	{
		my ($setting, $largest, $beyond, $layout, $largest_node) = @{ $cases[$number] };

		$node = new_server("wide_$number", conf => "idgen.layout = '$layout'\nidgen.$setting = $beyond");
		$session = session($node);
		is($session->error('SELECT snowflake_nextval()'), '', "$setting $beyond, which the layout has room for: snowflakes are made");
		like(draw_error($session, $_),
			qr/ERROR:  22023: value of parameter "idgen\.$setting" does not fit the node of a 128-bit ID\nDETAIL:  The value is $beyond, and the node has room for 0 to $largest\./,
			"... refused: $_") foreach grep { /snowflake128|of server/ } @KINDS;
		is(draw_error($session, $_), '', "... which does not concern $_") foreach @OF_PROCESS, 'uuidv7_sequential', 'ulid_sequential';
		alter_system($node, $session, "idgen.$setting" => $largest);
		is_deeply(nodes($session), [ ($largest_node) x 3 ], "... and $largest is in IDs");
		$session->quit;
		$node->stop;
	}

	# What the layout has no room for is refused before.
	$node = new_server('narrow', conf => 'idgen.datacenter_id = 70000');
	$session = session($node);
	like(draw_error($session, $_), qr/ERROR:  22023: .*"idgen\.datacenter_id"/, "datacenter_id 70000 beside the default layout: refused: $_")
	  foreach grep { !/_sequential$/ } @KINDS;
	is(draw_error($session, $_), '', "... which does not concern $_") foreach @OF_PROCESS, grep { /_sequential$/ } @KINDS;
	$session->quit;
	$node->stop;
	return;
}

# ---------------------------------------------------------------------- databases

# Two databases and two schemas draw from one timeline.
sub check_databases
{
	my $node = new_server('databases');
	my $record = new_record();

	$node->safe_psql('postgres', 'CREATE DATABASE other');
	$node->safe_psql('other', 'CREATE SCHEMA ids; CREATE EXTENSION idgen SCHEMA ids');
	create_moment_of($node, $_) foreach 'postgres', 'other';
	my @sessions = ([ session($node), 'public' ], [ session($node, dbname => 'other'), 'ids' ]);
	go_on($record, "databases, round $_", @sessions) foreach 1 .. 5;
	$node->safe_psql('postgres', 'DROP EXTENSION idgen; CREATE EXTENSION idgen');
	go_on($record, '... and when the extension is created anew in one', reverse @sessions);
	$_->[0]->quit foreach @sessions;
	$node->stop;
	return;
}

check_node();
check_databases();
SKIP:
{
	skip 'libfaketime is not installed', 1 unless IdgenTest::Clock::library();
	check_lives('plain', 'stopped immediately', 'a backend killed');
	check_lives('preloaded', 'a backend killed', 'restarted');
	check_standby();
	check_reset();
}

done_testing();
