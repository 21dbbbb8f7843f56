# Guards: contrib/check-fleet finds servers that could issue the same IDs, by their configuration files alone.  It reads
# files and layouts as a server does, and compares numbers as a server does: each is compared with one.

use strict;
use warnings;

use FindBin;
use IPC::Run;
use JSON::PP;
use lib $FindBin::RealBin;
use IdgenTest;
use IdgenTest::Lease;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'python3 is not installed' if system('python3', '-c', '') != 0;

my $COMMAND = "$FindBin::RealBin/../../contrib/check-fleet";
my $directory = PostgreSQL::Test::Utils::tempdir();
my $node = new_server('main', conf => "include_if_exists 'lines.conf'\n");

# Writes a file, and returns its name.
sub file
{
	my ($name, $lines) = @_;

	unlink "$directory/$name";
	append_to_file("$directory/$name", $lines);
	return "$directory/$name";
}

# What the command prints, and its exit status.
sub run_check
{
	my (@arguments) = @_;
	my ($output, $error);

	IPC::Run::run([ 'python3', $COMMAND, @arguments ], '>', \$output, '2>', \$error);
	return ($? >> 8, $output, $error);
}

# The findings about servers (name => lines), and the exit status.
sub check_lines
{
	my ($servers, @options) = @_;
	my ($status, $output, $error) = run_check('--json', @options, map { "$_=" . file("$_.conf", $servers->{$_}) } sort keys %$servers);

	die $error if $error ne '';
	return ([ map { decode_json($_) } split /\n/, $output ], $status);
}

# Passes if the findings about a fleet are these: [severity, servers, what the finding is like], in their order.
sub fleet_has
{
	my ($name, $servers, $expected, @options) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my ($findings, $status) = check_lines($servers, @options);

	is(join("\n", map { "$_->{severity} @{$_->{servers}}" } @$findings), join("\n", map { "$_->[0] $_->[1]" } @$expected), "$name: servers");
	foreach (0 .. $#$expected)
	{
		like($findings->[$_]->{finding} // '', $expected->[$_]->[2], "$name: finding");
	}
	is($status, @$expected ? 1 : 0, "$name: exit status");
	return;
}

# ---------------------------------------------------------------------------------------------------- as a server reads

# For each of some configurations 1 if the server finds a setting's value invalid, and 0 if not.
sub invalid_for_server
{
	my ($setting, @lines) = @_;

	return split /\n/, $node->safe_psql('postgres', "SELECT count(c) FROM unnest(ARRAY[" . join(', ', map { "\$\$$_\$\$" } @lines) . "]) WITH ORDINALITY AS l (lines, i)
		LEFT JOIN LATERAL idgen_check_configuration(l.lines) c ON c.subject = '$setting' AND c.finding LIKE 'The value \"%\" is invalid%'
		GROUP BY i ORDER BY i");
}

sub check_layouts
{
	my (undef, $output) = run_check('--layouts');
	my %layouts = map { split /\t/, $_, 2 } split /\n/, $output;
	my %lines;

	is(join("\n", map { "$_ $layouts{$_}" } sort keys %layouts),
		$node->safe_psql('postgres', "SELECT string_agg(name || ' ' || specification, E'\\n' ORDER BY name COLLATE \"C\") FROM snowflake_layouts"),
		'layouts that have names');

	my @texts = (
		keys %layouts, 'DEFAULT', ' fleet ', 'fleets', '', 'time 41 bits of 1 ms since 2020-01-01, worker 10, sequence 12',
		'TIME 41 of 1ms since 2020-1-1T, Worker10bits , sequence 12 bit', 'time 41 bits of 1 ms since 2020-01-01 12:30 UTC, sequence 22',
		'time 41 bits of 1 ms since 2020-01-01T12:30:10.25Z, sequence 22', 'time 41 bits of 1 ms since 2020-02-30, sequence 22',
		'time 41 bits of 1 ms since 2020-01-01 24:00, sequence 22', 'time 41 bits of 1 ms since 1969-01-01, sequence 22',
		'time 41 bits of 7 ms since 2020-01-01, sequence 22', 'time 41 bits of 10 ms since 2020-01-01 00:00:00.005, sequence 22',
		'time 41 bits of 2 s since 2020-01-01, sequence 22', 'time 41 bits of 1 ms since 2020-01-01, sequence 21',
		'time 41 bits of 1 ms since 2020-01-01, sequence 23', 'sequence 12, time 41 bits of 1 ms since 2020-01-01, worker 10',
		'time 41 bits of 1 ms since 2020-01-01, sequence 11, sequence 11', 'worker 63', 'time 1 bits of 1 ms since 2020-01-01, worker 31, sequence 31, unused 1',
		'time 62 bits of 1 ms since 2020-01-01, sequence 1', 'time 41, worker 10, sequence 12', 'time 63 bits of 1 us since 2020-01-01',
		'unused 0, time 41 bits of 1 ms since 2020-01-01, sequence 22', 'time 41 bits of 1 ms since 2020-01-01, worker 0, sequence 22',
		'time 41 bits of 1 ms since 2020-01-01,, sequence 22', 'time 28 bits of 1 s since 2016-05-19 16:00, worker 32, sequence 3',
		'time 41 bits of 1 day since 2020-01-01, sequence 22', 'time 41 bits of 0 ms since 2020-01-01, sequence 22',
		'time 41 bits of 1 ms since 2020-01-01 12:30:10.1234567, sequence 22');
	$lines{"s$_"} = "idgen.layout = '$texts[$_]'\n" foreach 0 .. $#texts;
	my ($findings) = check_lines(\%lines);
	my %is_invalid = map { $_->{servers}->[0] => 1 } grep { $_->{finding} =~ /of idgen\.layout is invalid/ } @$findings;
	my @of_server = invalid_for_server('idgen.layout', map { $lines{"s$_"} } 0 .. $#texts);
	foreach (0 .. $#texts)
	{
		is($is_invalid{"s$_"} // 0, $of_server[$_], 'as for the server, ' . ($of_server[$_] ? 'invalid' : 'valid') . ": $texts[$_]");
	}
	return;
}

sub check_syntax
{
	my @lines = (
		'idgen.worker_id = 31', 'idgen.worker_id 31', "\tIDGEN.Worker_Id='31'   # ours", 'idgen.worker_id=0x1F', "idgen.worker_id = '\\061\\60'",
		'idgen.worker_id=+5#', 'idgen.worker_id+5', "idgen.worker_id = 99\nidgen.worker_id = 3\r", "idgen.worker_id'7'", 'idgen.worker_id =', 'idgen.worker_id',
		'idgen.worker_id = 1 2', "idgen.worker_id = 'x", "idgen.worker_id = 'x' y", 'idgen.worker_id = 5,3', 'idgen.worker_id = 5.5s',
		'idgen.worker_id = 1e5', 'idgen.worker_id = a.b', 'idgen.worker_id-5', 'idgen.worker_id.x = 5', 'idgen.worker_id$ = 5',
		'idgen.worker_id = (5)', 'idgen.worker_id = -', 'idgen.worker_id == 5', 'idgen.layout = a.b.c', 'idgen.layout = a-b.c', "log_line_prefix = '%m '' \\' #'");
	my %lines = map { ("s$_" => "$lines[$_]\n") } 0 .. $#lines;
	my ($findings) = check_lines(\%lines);
	my %is_wrong = map { $_->{servers}->[0] => 1 } grep { $_->{finding} =~ /syntax error/ } @$findings;

	foreach (0 .. $#lines)
	{
		my $included = $node->data_dir . '/lines.conf';

		unlink $included;
		append_to_file($included, $lines{"s$_"});
		my $of_server = $node->safe_psql('postgres', "SELECT count(*) FROM pg_file_settings WHERE error LIKE 'syntax error%'");
		is($is_wrong{"s$_"} // 0, $of_server, 'a line as PostgreSQL ' . ($of_server ? 'refuses' : 'reads') . " it: $lines[$_]");
		unlink $included;
	}
	return;
}

sub check_numbers
{
	my @texts = ('5', '010', '0x1f', ' 7 ', '1.6', '2.5', '1e1', '-3', '08', 'five', '', '5s', '2147483648', '+4', '-0');
	my %lines = map { ("s$_" => "idgen.layout = 'leaf'\nidgen.worker_id = '$texts[$_]'\n") } 0 .. $#texts;
	my (undef, $output) = run_check('--list', map { "$_=" . file("$_.conf", $lines{$_}) } sort keys %lines);
	my %worker = $output =~ /^(s\d+): datacenter 0, worker (\S+),/mg;

	my @of_server = invalid_for_server('idgen.worker_id', map { $lines{"s$_"} } 0 .. $#texts);
	foreach (0 .. $#texts)
	{
		is($worker{"s$_"} eq '?' ? 1 : 0, $of_server[$_], 'as for the server, ' . ($of_server[$_] ? 'invalid' : 'valid') . ": worker '$texts[$_]'");
	}
	is(join(' ', map { $worker{"s$_"} } 0 .. 6), '5 8 31 7 2 2 10', '... and its value');
	return;
}

# Configurations that differ from the server's in layout and node: the script's findings about both against the server's.
sub check_overlaps
{
	my ($base) = @_;
	my %number = (different => 0, none => 0);
	my @layouts = split /\n/, $node->safe_psql('postgres',
		"SELECT name FROM snowflake_layouts WHERE tick <= '1 s' AND specification !~ 'shard|slab' ORDER BY name");
	my @lines = map { my $layout = $_; map { "idgen.layout = '$layout'\n$_" } '', "idgen.worker_id = 1\n", "idgen.worker_id = 5\n",
		"idgen.datacenter_id = 1\nidgen.worker_id = 3\n" } @layouts, 'time 41 bits of 1 ms since 2020-01-01, unused 2, worker 8, sequence 12',
		'time 40 bits of 2 ms since 2020-01-01, worker 5, sequence 18', 'time 37 bits of 1 ms since 2029-03-21 01:07:36.832, worker 4, sequence 22';

	unlink $node->data_dir . '/lines.conf';
	append_to_file($node->data_dir . '/lines.conf', $base);
	$node->restart;
	my $verdicts = $node->safe_psql('postgres', "SELECT substring(string_agg(c.finding, '') FROM 'at (the same|different) time')
		FROM unnest(ARRAY[" . join(', ', map { "\$\$$_\$\$" } @lines) . "]) WITH ORDINALITY AS l (lines, i)
			LEFT JOIN LATERAL idgen_check_configuration(l.lines) c ON c.subject = 'idgen.layout'
		GROUP BY i ORDER BY i");
	my @verdicts = map { s/the //r } split /\n/, $verdicts, -1;
	my ($findings) = check_lines({ base => $base, map { ("s$_" => $lines[$_]) } 0 .. $#lines });
	my (%found, @wrong);
	foreach my $finding (@$findings)
	{
		my @servers = @{ $finding->{servers} };

		next unless $finding->{severity} eq 'error' && grep { $_ eq 'base' } @servers;
		my $verdict = $finding->{finding} =~ /issue the same IDs/ ? 'one' : $finding->{finding} =~ /at the same time/ ? 'same' : 'different';
		$found{$_} //= $verdict foreach @servers;
	}
	foreach (0 .. $#lines)
	{
		my $one = $found{"s$_"} // '';

		# The server says nothing if both are the same node in one frame.
		$number{ $verdicts[$_] || 'none' }++;
		push @wrong, "$lines[$_]: $one, and not $verdicts[$_]" if ($one eq 'one' ? '' : $one) ne $verdicts[$_];
	}
	is(join("\n", @wrong), '', "numbers are compared as by a server with $base");
	is(join(' ', grep { $number{$_} == 0 } sort keys %number), '', '... of which some are equal, and some are not: ' . join(', ', map { "$_ $number{$_}" } sort keys %number));
	return;
}

# ---------------------------------------------------------------------------------------------------- fleets

my $LEASED = "idgen.lease_store = 'etcd://e1,e2:2379,e3'\nidgen.layout = 'fleet'\n";

sub check_fleets
{
	fleet_has('two servers', { a => "idgen.worker_id = 1\n", b => "idgen.worker_id = 2\n" }, []);
	fleet_has('no settings', { a => '', b => "# nothing\n" }, [ [ 'error', 'a b', qr/^a, b issue the same IDs: they all have datacenter 0, worker 0\.$/ ] ]);
	fleet_has('three of four', { a => '', b => 'idgen.worker_id = 1', c => 'idgen.worker_id = 0x1', d => "idgen.worker_id = '01'" },
		[ [ 'error', 'b c d', qr/b, c, d issue the same IDs/ ] ]);
	fleet_has('the same numbers in other words', { a => "idgen.datacenter_id = 1\nidgen.worker_id = 2", b => "idgen.layout = 'fleet'\nidgen.worker_id = 34" },
		[ [ 'error', 'a b', qr/issue the same IDs/ ] ]);
	fleet_has('other numbers in other words', { a => "idgen.datacenter_id = 1\nidgen.worker_id = 2", b => "idgen.layout = 'fleet'\nidgen.worker_id = 35" }, []);
	fleet_has('layouts that differ', { a => 'idgen.worker_id = 1', b => "idgen.layout = 'wide'\nidgen.worker_id = 1" },
		[ [ 'warning', 'a b', qr/Layouts differ in the time or the sequence/ ] ]);
	fleet_has('layouts with numbers in common', { a => 'idgen.worker_id = 1', b => "idgen.layout = 'wide'" },
		[ [ 'warning', 'a b', qr/Layouts differ/ ], [ 'error', 'a b', qr/IDs of a \(datacenter 0, worker 1\) and b \(worker 0\) can be equal when they are issued at the same time, as layouts/ ] ]);
	fleet_has('... of which two servers have the same', { a => 'idgen.worker_id = 1', b => 'idgen.worker_id = 1', c => "idgen.layout = 'wide'" },
		[ [ 'warning', 'a b c', qr/Layouts differ/ ], [ 'error', 'a b', qr/issue the same IDs/ ], [ 'error', 'a b c', qr/IDs of a, b \(datacenter 0, worker 1\) and c \(worker 0\)/ ] ]);
	fleet_has('another epoch', { a => 'idgen.worker_id = 1', b => "idgen.layout = 'twitter'\nidgen.worker_id = 1" },
		[ [ 'warning', 'a b', qr/Layouts differ/ ], [ 'error', 'a b', qr/at different times/ ] ]);
	fleet_has('nodes that do not fit', { a => 'idgen.worker_id = 32', b => "idgen.layout = 'leaf'\nidgen.datacenter_id = 1" },
		[ [ 'error', 'a', qr/worker_id is 32, and the layout's worker goes from 0 to 31/ ], [ 'error', 'b', qr/datacenter does not exist/ ] ]);
	fleet_has('values that are none', { a => 'idgen.worker_id = -3', b => "idgen.layout = 'sevenfold'", c => 'idgen.datacenter_id = five' },
		[ [ 'error', 'a', qr/not negative/ ], [ 'error', 'b', qr/neither the name of a layout nor/ ], [ 'error', 'c', qr/whole number/ ] ]);
	return;
}

sub check_ordinals
{
	my $set = file('set.conf', "idgen.worker_id = 'ordinal'\n");
	my $next = file('next.conf', "idgen.worker_id = 'ordinal+2'\n");

	my ($status, $output) = run_check('--list', map { "db-$_=$set" } 0 .. 2);
	is($status, 0, 'ordinals of pods');
	like($output, qr/^db-2: datacenter 0, worker 2,/m, '... by their names');
	($status, $output) = run_check((map { "db-$_=$set" } 0 .. 2), "other-0=$next", "other-1=$next");
	is($status, 1, '... and of two sets');
	like($output, qr/db-2, other-0 issue the same IDs/, '... of which two pods have the same');
	($status, $output) = run_check($set, file('static.conf', "idgen.worker_id = 5\n"));
	is($status, 1, 'an ordinal without a name');
	like($output, qr/^warning: .*\n.*The worker is the number at the end of the host name/, '... cannot be known');
	is((run_check('--allow-warnings', $set))[0], 0, '... which may be allowed');
	($status, $output) = run_check("db-32=$set", "db=$set");
	like($output, qr/db-32\n.*does not exist|db-32\n.*is 32, and the layout's worker goes from 0 to 31/, 'an ordinal that does not fit');
	like($output, qr/The host name "db" does not end in a number/, 'a host name without one');
	return;
}

sub check_pools
{
	fleet_has('one pool', { a => $LEASED, b => $LEASED, c => "$LEASED idgen.lease_store = 'etcd://e3:2379'\n" }, []);
	fleet_has('a static worker beside a pool', { a => $LEASED, b => 'idgen.worker_id = 7' },
		[ [ 'warning', 'a b', qr/Nothing in the files tells whether pool "default" of etcd:\S+ and b have the same workers/ ] ]);
	fleet_has('... within it', { a => $LEASED, b => 'idgen.worker_id = 7' }, [ [ 'error', 'a b', qr/workers 0 to 7\) and b \(datacenter 0, worker 7\) can be equal/ ] ], '--pool', 'etcd://e2=0-7');
	fleet_has('... outside of it', { a => $LEASED, b => 'idgen.worker_id = 7' }, [], '--pool', 'etcd://e2=8-1023');
	my $other = $LEASED =~ s/e1,e2:2379,e3/f1,f2/r;
	fleet_has('two stores', { a => $LEASED, b => $other }, [ [ 'warning', 'a b', qr/Nothing in the files tells/ ] ]);
	fleet_has('a pool of all numbers', { a => $LEASED, b => 'idgen.worker_id = 7' }, [ [ 'error', 'a', qr/goes from 0 to 1023/ ], [ 'error', 'a b', qr/can be equal/ ] ], '--pool', 'etcd://e2=0-2147483647');
	fleet_has('an address that is none, with a password', { a => "idgen.lease_store = 'ectd://u:sesame\@h'" }, [ [ 'error', 'a', qr/\AThe value of idgen\.lease_store is invalid(?!.*sesame)/ ] ]);
	fleet_has('... whose ranges overlap', { a => $LEASED, b => $other }, [ [ 'error', 'a b', qr/can be equal/ ] ], '--pool', 'etcd://e1=0-511', '--pool', 'etcd://f1#default=511-600');
	fleet_has('... or do not', { a => $LEASED, b => $other }, [], '--pool', 'etcd://e1=0-511', '--pool', 'etcd://f1=512-600');
	my $two = "idgen.layout = 'default'\nidgen.datacenter_id = 2\n";
	fleet_has('... for two datacenters', { a => "$LEASED idgen.layout = 'default'\n", b => "$other $two" }, []);
	fleet_has('two pools of one store', { a => $LEASED, b => "$LEASED idgen.lease_pool = other\n" }, [ [ 'warning', 'a b', qr/Nothing in the files tells/ ] ]);
	fleet_has('a datacenter that is not the pool\'s', { a => "$LEASED idgen.layout = 'default'\n", b => "$LEASED $two" }, [ [ 'error', 'a b', qr/has one datacenter, and b has 2 where a has 0/ ] ]);
	fleet_has('a layout that is not the pool\'s', { a => $LEASED, b => "$LEASED idgen.layout = 'default'\n" }, [ [ 'error', 'a b', qr/has one layout, and b has another one than a/ ] ]);
	fleet_has('workers that do not fit', { a => $LEASED }, [ [ 'error', 'a', qr/the layout's worker goes from 0 to 1023/ ] ], '--pool', 'etcd://e1=0-1024');
	my $many = $LEASED =~ s/fleet/sonyflake/r;
	fleet_has('a large pool, and a worker outside of it', { a => $many, b => "idgen.layout = 'sonyflake'\nidgen.worker_id = 40001" }, [], '--pool', 'etcd://e1=0-40000');
	fleet_has('... or within it', { a => $many, b => "idgen.layout = 'sonyflake'\nidgen.worker_id = 40000" }, [ [ 'error', 'a b', qr/can be equal/ ] ], '--pool', 'etcd://e1=0-40000');
	fleet_has('two large pools', { a => $many, b => $many =~ s/e1,e2:2379,e3/f1/r }, [], '--pool', 'etcd://e1=0-40000', '--pool', 'etcd://f1=40001-65535');
	fleet_has('... that overlap', { a => $many, b => $many =~ s/e1,e2:2379,e3/f1/r }, [ [ 'error', 'a b', qr/can be equal/ ] ], '--pool', 'etcd://e1=0-40000', '--pool', 'etcd://f1=40000-65535');
	fleet_has('a worker beside a lease', { a => "$LEASED idgen.worker_id = 3\n" }, [ [ 'warning', 'a', qr/does not count/ ] ]);
	fleet_has('no store', { a => "idgen.lease_store = 'consul://c'\n" }, [ [ 'error', 'a', qr/no address of a store/ ] ]);
	return;
}

# ---------------------------------------------------------------------------------------------------- files and servers

sub check_files
{
	my $static = file('static.conf', "idgen.worker_id = 5\n");

	mkdir "$directory/conf.d";
	mkdir "$directory/data";
	file('conf.d/1.conf', "idgen.worker_id = 3\n");
	file('conf.d/2.conf', "idgen.worker_id = 4\n");
	file('conf.d/.3.conf', "idgen.worker_id = 5\n");
	file('conf.d/4.txt', "idgen.worker_id = 6\n");
	my $main = file('main.conf', "idgen.worker_id = 1\ninclude_dir 'conf.d'\ninclude_if_exists = 'nowhere.conf'\n");
	my (undef, $output) = run_check('--list', "a=$main", "b=$main,$static", "c=$static", "c=$main");
	like($output, qr/^a: datacenter 0, worker 4,.*^b: datacenter 0, worker 5,.*^c: datacenter 0, worker 4,/ms, 'files that include others, and files that come later');
	mkdir "$directory/empty";
	like((run_check("main=$directory/empty"))[1], qr{postgresql\.conf: No such file or directory, .*main=/etc/postgresql/17/main/postgresql\.conf,\Q$directory\E/empty/postgresql\.auto\.conf}s, 'a data directory without a postgresql.conf, as in Debian');
	file('data/postgresql.conf', "include '../static.conf'\n");
	like((run_check('--list', "$directory/data"))[1], qr/worker 5,/, 'a data directory');
	file('data/postgresql.auto.conf', "idgen.worker_id = '9'\n");
	like((run_check('--list', "$directory/data"))[1], qr/worker 9,/, '... with what ALTER SYSTEM has written');
	like((run_check('a=' . file('missing.conf', "include 'nowhere.conf'\n")))[1], qr/nowhere\.conf: No such file or directory, so the server would not start/, 'a file that is missing');
	like((run_check('a=' . file('circle.conf', "include 'circle.conf'\n")))[1], qr/more than 10 deep/, 'files that include each other');
	is((run_check())[0], 2, 'no servers');
	is((run_check('--nothing', $static))[0], 2, 'no option');
	is((run_check('--pool', $_, $static))[0], 2, "no pool: $_") foreach 'etcd://e1', 'e1=0-3', 'etcd://e1=3-0', 'etcd://e1=0-99999999999999999999';
	is(scalar(() = (run_check('a=' . file('circles.conf', "include 'circles.conf'\n" x 2)))[1] =~ /10 deep/g), 1, 'files that include each other twice are reported once');
	is((run_check('--help'))[0], 0, 'help');
	return;
}

sub check_servers
{
	my $connection = $node->connstr('postgres');
	my $static = file('static.conf', "idgen.worker_id = 5\n");

	unlink $node->data_dir . '/lines.conf';
	append_to_file($node->data_dir . '/lines.conf', "idgen.worker_id = 5\n");
	$node->restart;
	my ($status, $output) = run_check("live=$connection", "file=$static");
	is($status, 1, 'a server that runs, and a file');
	like($output, qr/live, file issue the same IDs/, '... with the same node');
	$node->safe_psql('postgres', "SELECT snowflake_create_generator('g', 'wide', 4)");
	($status, $output) = run_check("live=$connection", "again=$connection");
	like($output, qr/generator "g" of live, generator "g" of again issue the same IDs: they all have worker 4\./, 'generators of one name');
	$node->safe_psql('postgres', "SELECT snowflake_drop_generator('g')");

	($status, $output) = run_check('--with-server', $connection, 'a=' . file('named.conf', "idgen.worker = 3\nidgen.max_drift = never\nidgen.layout = 'widest'\n"));
	is($status, 1, 'with the help of a server');
	like($output, qr/error: a\n  idgen\.worker: The configuration files set it, but no such setting exists/, '... settings that do not exist are found');
	like($output, qr/warning: a\n  idgen\.max_drift: The value is not accepted/, '... and values that are not accepted');
	unlike($output, qr/This server/, '... but not what concerns that server');
	is((run_check('--with-server', $connection, "a=$static", 'b=' . file('leased.conf', $LEASED), '--pool', 'etcd://e1=6-9'))[0], 0, '... and nothing else');
	($status, $output, my $error) = run_check('--with-server', "host=$directory", "a=$static");
	is($status, 2, 'a server that does not answer');
	like($error, qr/^check-fleet: psql: /, '... is no finding');
	($status, $output) = run_check("host=$directory", "a=$static");
	like($output, qr/^error: host=.*\n  The server could not be asked\./, '... unless it is of the fleet');
	return;
}

# A server that leases knows the workers of its pool.
sub check_leasing
{
	my $leasing = leasing_server('leasing', postgres_store('store'));
	my $session = session($leasing);

	create_pool($session, 4, 6);
	wait_for_lease($session, 'held');
	my $connection = $leasing->connstr('postgres');
	my ($status, $output) = run_check("live=$connection", 'file=' . file('static.conf', "idgen.worker_id = 5\n"));
	is($status, 1, 'a server that leases, and a worker of its pool');
	like($output, qr/workers 4 to 6\) and file \(datacenter 0, worker 5\) can be equal when they are issued at the same time/, '... which is found');
	($status, $output) = run_check("live=$connection", 'file=' . file('static.conf', "idgen.worker_id = 7\n"));
	is("$status$output", "0servers: 2, findings: 0\n", '... and one outside of it');
	$session->quit;
	$leasing->stop('fast');
	return;
}

check_layouts();
check_syntax() if full_run();
check_numbers();
check_overlaps("idgen.datacenter_id = 1\nidgen.worker_id = 3\n");
if (full_run())
{
	check_overlaps($_) foreach "idgen.layout = 'mysql'\nidgen.worker_id = 1\n", "idgen.layout = 'fleet'\nidgen.worker_id = 33\n", "idgen.layout = 'tso'\n", "idgen.layout = 'seata'\nidgen.worker_id = 5\n",
	  "idgen.layout = 'time 37 bits of 1 ms since 2029-03-21 01:07:36.832, worker 4, sequence 22'\nidgen.worker_id = 1\n", "idgen.layout = 'js53'\n";
}
check_fleets();
check_ordinals();
check_pools();
check_files();
check_servers();
check_leasing() if full_run();

done_testing();
