# Guards: a server that was killed, stopped or restarted goes on above every ID that a
# client was ever given, however far its clock was set back in between, and whatever
# became of the extension and its databases.  A restart right after a burst makes calls
# wait, not fail.
#
# The IDs that count are those that clients were given, committed or not.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use IPC::Run;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

skip_all_without_faketime();

my $TOO_FAR = qr/ERROR:  55000: snowflake timeline is too far ahead of the system clock/;

# A reservation is soon used up, and IDs go on under a clock that is far behind.
my $SHORT_RESERVATION = <<'END';
restart_after_crash = on
idgen.reserve_ahead = '100ms'
idgen.max_drift = '1d'
END

# A record for each timeline.  Each has a node of its own, so that no ID of this file
# may be that of another.
my @records;

# (server, its clock, the record of its IDs)
sub new_life
{
	my ($name, %option) = @_;
	my $clock = fake_clock();
	my $conf = 'idgen.worker_id = ' . scalar(@records) . "\n" . ($option{conf} // $SHORT_RESERVATION);
	my $node = new_server($name, preload => $option{preload}, clock => $clock, conf => $conf);

	push @records, id_record();
	return ($node, $clock, $records[-1]);
}

# IDs drawn in every way, beyond several reservations of 100 ms.
sub draw
{
	my ($session) = @_;

	return map { $session->ids($_) } (
		'SELECT snowflake_nextval()',
		'SELECT snowflake_nextval() FROM generate_series(1, 30)',
		'SELECT unnest(snowflake_nextvals(5))',
		whole_ticks(350),
		'SELECT snowflake_nextval()');
}

sub is_reserved
{
	my ($session, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	return is($session->query('SELECT timeline_at < reserved_until FROM idgen_status()'), 't', $name);
}

# Life after life, with the clock set back by ever more in between; it is put right only
# where a day is too much.  The timeline is then ahead of the clock all the time, and must
# not pass the reservation for that.
sub check_lives
{
	my ($kind, $life, @ways) = @_;
	my ($node, $clock, $record) = @$life;

	foreach my $way (@ways)
	{
		my $behind = 0;

		foreach my $step (2, 60, 3600, 86400)
		{
			my $session = session($node);
			$record->add("$kind, $behind s behind: IDs go on", [ draw($session) ]);

			$behind += $step;
			next_life($way, $node, $session, $clock, -$behind);
		}
		my $session = session($node);
		$session->query('SET idgen.max_wait = 0');
		my $error = $session->error('SELECT snowflake_nextval()');
		like($error, $TOO_FAR, "$kind, $way, clock set back by more than idgen.max_drift: refused");
		like($error, qr/DETAIL:.*, 1 day \d\d:\d\d:\d\d ahead of the clock\./, '... and says by how much, as a person reads it');
		next_life($way, $node, $session, $clock, -82800);

		$session = session($node);
		$record->add("$kind, $way, once more, 23 h behind: IDs go on", [ draw($session) ]);
		is_reserved($session, '... below the reservation');
		$clock->set_ahead(0);
		$session->quit;
	}
	return;
}

# The clock is stepped while sessions are there, which go on, and so does the next life.
sub check_running_clock
{
	my ($node, $clock, $record) = @{ $_[0] };

	foreach my $steps ([ 0, -2, -60, -3600 ], [ 3600, -3600, 600, -7200 ], [ 7200, 0, 7200, -72000 ])
	{
		my @sessions = map { session($node) } 1 .. 2;

		foreach my $time (@$steps)
		{
			$clock->set_ahead($time);
			$record->add("clock stepped to $time s: IDs go on", [ map { draw($_) } @sessions, $sessions[0] ]);
		}
		is_reserved($sessions[0], '... below the reservation');
		kill_backend($node, $sessions[0]->pid);
		$_->abandon foreach @sessions;
	}
	$record->add('... and after a crash', [ draw(session($node)) ]);
	return;
}

# What happens to the extension and its databases does not concern the timeline.
sub check_databases
{
	my ($node, $clock, $record) = @{ $_[0] };
	my $behind = 0;

	my $crash = sub {
		$behind += 60;
		$clock->set_ahead(-$behind);
		kill_backend($node, session($node)->pid);
	};
	my $check = sub {
		my ($name, @databases) = @_;
		my @sessions = map { session($node, dbname => $_) } @databases;
		$record->add($name, [ map { draw($_) } @sessions, $sessions[0] ]);
		$_->quit foreach @sessions;
	};

	$node->safe_psql('postgres', "CREATE DATABASE $_") foreach 'other', 'dropped';
	$node->safe_psql($_, 'CREATE EXTENSION idgen') foreach 'other', 'dropped';
	$check->('three databases: IDs in order', 'postgres', 'other', 'dropped');
	$crash->();
	$check->('... also after a crash', 'dropped', 'postgres', 'other');

	$node->safe_psql('postgres', 'DROP EXTENSION idgen');
	$node->safe_psql('postgres', 'CREATE EXTENSION idgen');
	$check->('dropped and created in one: IDs go on', 'postgres', 'other');
	$node->safe_psql($_, 'DROP EXTENSION idgen') foreach 'postgres', 'other', 'dropped';
	$crash->();
	$node->safe_psql($_, 'CREATE EXTENSION idgen') foreach 'postgres', 'other';
	$check->('dropped in all before a crash, created after it: IDs go on', 'postgres', 'other');

	$node->safe_psql('dropped', 'CREATE EXTENSION idgen');
	$check->('a database with the extension: IDs go on', 'dropped');
	$node->safe_psql('postgres', 'DROP DATABASE dropped');
	$check->('... and when it was dropped', 'other', 'postgres');
	$crash->();
	$check->('... and after a crash', 'other', 'postgres');
	return;
}

# At default settings, a restart right after a burst begins idgen.reserve_ahead beyond the
# timeline, which is at idgen.max_drift already.
sub check_restart_after_burst
{
	my @lives = map { [ new_life($_, conf => 'restart_after_crash = on') ] } 'stopped', 'killed';
	my @ways = ('restarted', 'a backend killed');

	foreach my $i (0 .. 1)
	{
		my ($node, $clock, $record) = @{ $lives[$i] };
		my $session = session($node);

		$record->add('a burst', [ $session->ids(whole_ticks(1500)) ]);
		next_life($ways[$i], $node, $session, $clock, 0);
		push @{ $lives[$i] }, map { session($node) } 1 .. 2;
		$_->send("SELECT snowflake_nextval();\nSELECT snowflake_nextval()") foreach @{ $lives[$i] }[ 3, 4 ];
	}
	foreach my $i (0 .. 1)
	{
		my ($node, $clock, $record, @sessions) = @{ $lives[$i] };
		my @results = map { [ $_->finish ] } @sessions;

		is(join('', map { $_->[1] } @results), '', "$ways[$i] after a burst: calls succeed");
		$record->add('... and IDs go on', map { [ split ' ', $_->[0] ] } @results);
		$_->quit foreach @sessions;
		$node->stop;
	}
	return;
}

# A client that draws whole ticks or single IDs until its server goes away, one by one or
# in a stream.
sub start_client
{
	my ($node, $number, $sql) = @_;
	my %client = (base => PostgreSQL::Test::Utils::tempdir() . "/client$number", blocks => $sql =~ /block/);

	open(my $script, '>', "$client{base}.sql") or die "could not write $client{base}.sql: $!";
	print $script $sql;
	close($script);
	$client{run} = IPC::Run::start(
		[ 'psql', '-XAtq', '-d', $node->connstr('postgres') . ' application_name=client', '-f', "$client{base}.sql" ],
		'>', "$client{base}.out",
		'2>', "$client{base}.err");
	return \%client;
}

# The IDs that a client was given, once its server is gone; of a block the first and the
# last.
sub client_ids
{
	my ($client) = @_;

	$client->{run}->finish;
	my @ids = split ' ', slurp_file("$client->{base}.out");
	return $client->{blocks} ? map { ($_, $_ + 4095) } @ids : @ids;
}

# Backends are killed at random moments while the reservation is extended all the time,
# as whole ticks are drawn and it takes long to flush WAL, and the clock is anywhere.
sub check_kills
{
	my $slow_flush = "fsync = on\ncommit_delay = 20000\ncommit_siblings = 0\nwal_writer_delay = '10s'\n";
	my ($node, $clock, $record) = new_life('kills', conf => $SHORT_RESERVATION . $slow_flush);
	my @statements = (
		'COPY (SELECT snowflake_next_block(4096) FROM (SELECT generate_series(1, 1000000000)) AS many) TO STDOUT;',
		"SELECT 'SELECT snowflake_next_block(4096)' FROM generate_series(1, 100000) \\gexec",
		"SELECT 'SELECT snowflake_nextval()' FROM generate_series(1, 100000) \\gexec",
		"SELECT 'SELECT snowflake_nextval()' FROM generate_series(1, 100000) \\gexec");
	my (%blocks, @singles);

	foreach my $round (1 .. (full_run() ? 12 : 5))
	{
		my $time = (0, -2, -60, -3600, -36000)[ rand 5 ];

		$clock->set_ahead($time);
		my @clients = map { start_client($node, $_, $statements[$_]) } 0 .. $#statements;
		$node->poll_query_until('postgres',
			"SELECT reservations > 5 AND (SELECT count(*) = 4 FROM pg_stat_activity WHERE application_name = 'client') FROM idgen_status()"
		) or die 'the clients do not draw';
		my @pids = split ' ', $node->safe_psql('postgres', "SELECT pid FROM pg_stat_activity WHERE application_name = 'client'");
		usleep(rand 100_000);
		kill_backend($node, $pids[ rand @pids ]);

		my @ids = map { [ client_ids($_) ] } @clients;
		$record->add("round $round, clock at $time s: IDs go on", @ids);
		$blocks{ $_ >> 22 } = 1 foreach map { @$_ } @ids[ 0, 1 ];
		push @singles, map { @$_ } @ids[ 2, 3 ];
	}
	is(scalar(grep { $blocks{ $_ >> 22 } } @singles), 0, 'no ID was part of a block');
	note(scalar(keys %blocks) . ' blocks, ' . scalar(@singles) . ' single IDs');
	$node->stop;
	return;
}

my @preloaded = new_life('preloaded', preload => 1);
check_lives('preloaded', \@preloaded, ('a backend killed') x 3);
check_databases(\@preloaded);
$preloaded[0]->stop;

my @plain = new_life('plain');
check_lives('not preloaded', \@plain, 'stopped immediately', 'a backend killed', 'restarted');
check_running_clock(\@plain);
$plain[0]->stop;

check_restart_after_burst();
check_kills();
are_distinct([ map { $_->ids } @records ], 'no ID came twice in any of these lives');

done_testing();
