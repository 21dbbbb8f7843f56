# Strict numbers: each is above every number that had been returned anywhere before its call began, on the server that is the
# root, on others, and beside numbers of chunks; callers that wait are served together; what fails, fails all that wait.
# Neither a process that is stopped nor the use of many other segments keeps callers from being served.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use IdgenTest::Etcd;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $root = new_server('root', preload => 1, streaming => 1, conf => "listen_addresses = '127.0.0.1'\nmax_connections = 100\n");
# Takes wait at the root until a test lets them go on.
my $leaf = new_server('leaf', preload => 1, streaming => 1, conf => "max_connections = 100\nidgen.segment_root_timeout = '60s'\n");

append_to_file($root->data_dir . '/pg_hba.conf', "host all all 127.0.0.1/32 trust\n");
$root->reload;
$_->safe_psql('postgres', 'CREATE SEQUENCE orders') foreach $root, $leaf;
$root->safe_psql('postgres', 'CREATE ROLE leaf LOGIN; GRANT USAGE ON SEQUENCE orders TO leaf');
$leaf->safe_psql('postgres',
	"SELECT segment_set_roots('orders', ARRAY['postgresql://leaf\@127.0.0.1:" . $root->port . "/postgres'])");

# Numbers that are drawn one after the other increase, wherever they are drawn: strict ones are above all that came before.
sub check_order
{
	my %session = (root => session($root), leaf => session($leaf));
	my $highest = 0;
	my $lower = 0;
	my %seen;

	foreach my $turn (1 .. 40)
	{
		foreach my $where (qw(root leaf))
		{
			my $cached = $session{$where}->query("SELECT segment_nextval('orders')");
			my $strict = $session{$where}->query("SELECT segment_nextval_strict('orders')");

			$lower++ if $strict <= $highest || $strict <= $cached;
			$seen{$_}++ foreach $cached, $strict;
			($highest) = sort { $b <=> $a } $highest, $cached, $strict;
		}
	}
	is($lower, 0, 'a strict number is above all that were returned before, here and there');
	is(scalar(grep { $_ > 1 } values %seen), 0, '... and none comes twice, beside numbers of chunks');
	like($session{root}->query("SELECT segment_take_strict('orders', 10)"), qr/^\[\d+,\d+\)$/, 'a range is taken, too');
	is($session{root}->query("BEGIN READ ONLY; SELECT segment_nextval_strict('orders') > $highest; COMMIT"), 't', '... in a read-only transaction');
	$_->quit foreach values %session;
	return;
}

# A sequence that the transaction has created, and the end of one.
sub check_sequences
{
	my $session = session($root);

	is($session->query("BEGIN; CREATE SEQUENCE new; SELECT segment_nextval_strict('new'); ROLLBACK"), 1, 'a sequence of the transaction');
	$session->query('CREATE SEQUENCE short MAXVALUE 3');
	is($session->query("SELECT string_agg(segment_nextval_strict('short')::text, ' ') FROM generate_series(1, 3)"), '1 2 3', 'to the end');
	like($session->error("SELECT segment_nextval_strict('short')"), qr/2200H: reached maximum value of sequence "short" \(3\)/, '... and not beyond');
	like($session->error("SELECT segment_nextval_strict('short')"), qr/2200H/, '... each time');
	like($session->error("SELECT segment_take_strict('orders', 0)"), qr/22023: count must be between/, 'no range without numbers');
	$session->query('SET ROLE leaf');
	like($session->error("SELECT segment_nextval_strict('short')"), qr/42501: permission denied for sequence short/, 'it takes the privilege that nextval() takes');
	$session->quit;
	return;
}

# A call that need not wait does not fail as it may not, and an answer that is there is taken, however late that is seen.
sub check_deadline
{
	my $session = session($root);
	my $waiting = session($leaf);
	my ($output, $error);

	$session->query('SET idgen.max_wait = 0');
	is(scalar(grep { $session->error("SELECT segment_nextval_strict('orders')") ne '' } 1 .. 5), 0, 'without a wait, numbers of the local root are drawn');
	$waiting->query("SET idgen.max_wait = '3s'; SELECT segment_nextval_strict('orders')");
	$session->query('BEGIN; ALTER SEQUENCE orders MAXVALUE 1000000000');
	$waiting->send("SELECT segment_nextval_strict('orders')");
	my $deadline = time + 3;
	is_seen_waiting($leaf, $waiting, 'IdgenSegment', 'a call waits for its root');
	kill('STOP', $waiting->pid);
	$session->query('ROLLBACK');
	wait_until { $root->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE usename = 'leaf' AND state <> 'idle'") == 0 } 'the root to answer';
	sleep(0.1) while time < $deadline + 0.5;
	kill('CONT', $waiting->pid);
	($output, $error) = $waiting->finish;
	like($output . $error, qr/^\d+\s*$/, '... and takes its answer');
	$_->quit foreach $session, $waiting;
	return;
}

# Many sessions at once.  Each sees its own numbers increase; none comes twice; rounds serve several.
sub check_load
{
	my ($where, $node) = @_;
	my ($clients, $numbers) = (16, full_run() ? 200 : 40);
	my $taken = sub { return $root->safe_psql('postgres', "SELECT last_value FROM orders") };
	my $before = $taken->();
	my @drawn = run_clients(
		$node,
		map { "SELECT segment_nextval_strict('orders');\n" x $numbers } 1 .. $clients);
	my %seen;
	my $decreases = 0;

	foreach my $client (@drawn)
	{
		$seen{$_}++ foreach @$client;
		$decreases += grep { $client->[$_] <= $client->[ $_ - 1 ] } 1 .. $#$client;
	}
	is(scalar(keys %seen), $clients * $numbers, "$where: $clients sessions draw at the same time, and none comes twice");
	is($decreases, 0, '... and in each of them, numbers increase');
	cmp_ok($taken->() - $before, '>=', $clients * $numbers, '... and all are taken from the root');
	return;
}

# Takes of one counter of etcd compete: no round fails time and again because another one is always ahead of it.
sub check_far_store
{
	my $etcd = new_etcd('etcd');
	my ($port) = $etcd->store =~ /:(\d+)/;
	my $far = PostgreSQL::Test::Cluster::get_free_port();
	my $network = IPC::Run::start([ $^X, "$FindBin::RealBin/../../bench/delay.pl", 50, "$far:$port" ]);
	my ($clients, $numbers) = (16, 5);
	my %seen;

	$leaf->safe_psql('postgres', "CREATE SEQUENCE far; SELECT segment_create_counter('etcd://127.0.0.1:$port', 'far');
		SELECT segment_set_roots('far', ARRAY['etcd://127.0.0.1:$far'], counter => 'far')");
	foreach my $client (run_clients($leaf, map { "SELECT segment_nextval_strict('far');\n" x $numbers } 1 .. $clients))
	{
		$seen{$_}++ foreach @$client;
	}
	is(scalar(keys %seen), $clients * $numbers, "etcd, far away: $clients sessions draw at the same time, and all are served");
	is($leaf->safe_psql('postgres', "SET idgen.max_wait = '5s'; SELECT segment_nextval_strict('far') IS NOT NULL"), 't', '... and a session that comes alone after that does not wait for the others');
	$network->kill_kill;
	return;
}

# Has the agent ask the root for a strict number of a sequence, and be kept waiting: ($lock, $caller) are the session that
# has locked the sequence there, and the one that has called on the leaf.
sub keep_waiting
{
	my ($sequence) = @_;
	my ($lock, $caller) = (session($root), session($leaf));

	$lock->query("BEGIN; ALTER SEQUENCE $sequence CACHE 2");
	$caller->query("SET idgen.max_wait = '300s'");
	$caller->send("SELECT segment_nextval_strict('$sequence')");
	$root->poll_query_until('postgres', "SELECT count(*) > 0 FROM pg_locks WHERE relation = '$sequence'::regclass AND NOT granted")
	  or die 'the root was not asked';
	return ($lock, $caller);
}

# A process is stopped in a round, which is served, and others go on; then it does, too.
sub check_others_than
{
	my ($where, $node, $late) = @_;
	my $session = session($node);
	my ($numbers, $error) = $session->run("SELECT segment_nextval_strict('orders') FROM generate_series(1, 30)");
	my ($highest) = $numbers =~ /(\d+)$/;
	my $number;

	is($error, '', "$where: a process that is stopped in a round that was served does not stop the others");
	kill('CONT', $late->pid);
	($number, $error) = $late->finish;
	is($error, '', '... and it goes on after that');
	cmp_ok($number, '>', $highest // 0, '... with a number of another round');
	$_->quit foreach $session, $late;
	return;
}

sub check_late_elsewhere
{
	my ($lock, $late) = keep_waiting('orders');

	stop_processes($late->pid);
	$lock->query('ROLLBACK');
	$lock->quit;
	check_others_than('remote', $leaf, $late);
	return;
}

# The first caller leads, and waits for a standby; the second one waits for the round after that.
sub check_late_here
{
	my @callers = map { session($root) } 1 .. 2;
	my $error;

	set_synchronous($root, 0, 'nobody');
	foreach my $caller (@callers)
	{
		$caller->query("SET idgen.max_wait = '300s'");
		$caller->send("SELECT segment_nextval_strict('orders')");
		is_seen_waiting($root, $caller, 'IdgenSegment', 'local: a caller waits');
	}
	stop_processes($callers[1]->pid);
	set_synchronous($root, 0, '');
	(undef, $error) = $callers[0]->finish;
	is($error, '', 'the first of them is served');
	$callers[0]->quit;
	check_others_than('local', $root, $callers[1]);
	return;
}

# A root gives numbers again, as it does after it was restored or set up anew: is that noticed?
sub is_return_noticed
{
	my $log_start = -s $leaf->logfile;

	$root->safe_psql('postgres', "DROP SEQUENCE busy; CREATE SEQUENCE busy; GRANT USAGE ON SEQUENCE busy TO leaf");
	$leaf->safe_psql('postgres', "SELECT segment_next_block('busy', 200000)");
	return substr(slurp_file($leaf->logfile), $log_start) =~ /root 1 of the segment of "public.busy" may have gone back/;
}

# A segment gets another place while a caller waits for the root, which goes back: both are served, and the strict number is
# above those that others have.  A chunk whose numbers come after those, but are read before, shows nothing: see segment-roots.md.
sub check_two_places
{
	my ($draw) = @_;
	my ($holder, $strict, $cached) = (session($root), session($leaf), session($leaf));
	my @numbers;

	$root->safe_psql('postgres', 'CREATE SEQUENCE moved; GRANT USAGE ON SEQUENCE moved TO leaf');
	$leaf->safe_psql('postgres', "CREATE SEQUENCE moved; SELECT segment_set_roots('moved', ARRAY['postgresql://leaf\@127.0.0.1:" . $root->port . "/postgres']);
		SELECT segment_nextval('moved'), segment_nextval_strict('moved')");
	$root->safe_psql('postgres', "SELECT segment_take('moved', 300000)");
	$holder->query("BEGIN; ALTER SEQUENCE moved RESTART");
	$_->query("SET idgen.max_wait = '60s'") foreach $strict, $cached;
	$strict->send("SELECT lower(segment_take_strict('moved', 100000))");
	is_seen_waiting($leaf, $strict, 'IdgenSegment', 'a strict call waits for the root');
	$leaf->safe_psql('postgres', $draw->('here', 10));
	is($leaf->safe_psql('postgres', "SELECT count(*) FROM segments WHERE sequence = 'moved'::regclass"), 0, '... others get the place of its segment');
	$cached->send("SELECT segment_next_block('moved', 1000)");
	wait_until { $holder->query("SELECT count(*) FROM pg_locks WHERE relation = 'moved'::regclass AND NOT granted") == 2 } 'both to wait at the root';
	$holder->query('COMMIT');
	foreach my $session ($strict, $cached)
	{
		my ($output, $error) = $session->finish;

		is($error, '', '... and a call gets numbers after the root has gone back');
		push @numbers, $output =~ /(\d+)/;
	}
	cmp_ok($numbers[0], '>', 300_000, '... the strict one above those that others have');
	$_->quit foreach $holder, $strict, $cached;
	return;
}

# A segment, its roots, and what is known of these remain while others are used.
sub check_many_segments
{
	my $draw = sub { my ($kind, $count) = @_; return "SELECT segment_nextval(('$kind' || n)::regclass) FROM generate_series(1, $count) n;\n" };
	my ($lock, $caller, $number, $error);
	my $address = 'postgresql://leaf@127.0.0.1:' . $root->port . '/postgres';

	$_->safe_psql('postgres', 'CREATE SEQUENCE busy') foreach $root, $leaf;
	$root->safe_psql('postgres', 'GRANT USAGE ON SEQUENCE busy TO leaf');
	$leaf->safe_psql('postgres', "SELECT segment_set_roots('busy', ARRAY['$address']);
		DO \$\$ BEGIN FOR n IN 1 .. 70 LOOP EXECUTE 'CREATE SEQUENCE other' || n; EXECUTE 'CREATE SEQUENCE here' || n;
		PERFORM segment_set_roots(('other' || n)::regclass, ARRAY['$address'], counter => 'orders'); END LOOP; END \$\$");

	# It is in the middle of those that are used since the start.
	$leaf->restart;
	$leaf->safe_psql('postgres', $draw->('other', 63));
	$leaf->safe_psql('postgres', "SELECT segment_nextval('busy'), segment_nextval_strict('busy')");
	($lock, $caller) = keep_waiting('busy');
	$leaf->safe_psql('postgres', $draw->('other', 70));
	$lock->query('ROLLBACK');
	($number, $error) = $caller->finish;
	is($error, '', 'many segments have their roots elsewhere: a caller that waits is served');
	like($number, qr/^\d+$/, '... with a number');
	ok(is_return_noticed(), '... and a root that has gone back since is noticed');
	$_->quit foreach $lock, $caller;

	$leaf->append_conf('postgresql.conf', 'idgen.max_segments = 8');
	$leaf->restart;
	$leaf->safe_psql('postgres', "SELECT segment_nextval('busy')");
	$leaf->safe_psql('postgres', $draw->('here', 10));
	is($leaf->safe_psql('postgres', "SELECT count(*) FROM segments WHERE sequence = 'busy'::regclass"), 0, 'others have the place of a segment');
	ok(is_return_noticed(), '... and a root that has gone back since is noticed');
	check_two_places($draw);
	$caller = session($leaf);
	is($caller->error("SELECT segment_nextval_strict(('other' || n)::regclass) FROM generate_series(1, 12) n"), '', 'more segments are used than there is room for');
	$caller->quit;
	return;
}

# The root goes away: those who wait are told, and those who come later, too.
sub check_absence
{
	my $session = session($leaf);

	$root->stop('fast');
	like($session->error("SELECT segment_nextval_strict('orders')"), qr/55000: could not take a number of sequence "orders" from its root\n.*DETAIL:  .*(refused|closed)/s, 'without its root, there is no strict number');
	$root->start;
	wait_until { $session->error("SELECT segment_nextval_strict('orders')") eq '' } 'the root to be asked again';
	pass('... until it is back');
	$session->quit;
	return;
}

# What says on this server that a strict number of another one is used is on its synchronous standby before it is returned.
sub check_standby
{
	my $session = session($leaf);
	my $error;

	set_synchronous($leaf, 0, 'nobody');
	$error = $session->error("SET idgen.max_wait = '300ms'; SELECT segment_nextval_strict('orders')");
	like($error, qr/55000: could not take a number of sequence "orders" from its root\n.*DETAIL:  No synchronous standby has confirmed/s, 'a strict number waits for the synchronous standby of the server that it is drawn on');
	set_synchronous($leaf, 0, '');
	wait_until { $session->error("SELECT segment_nextval_strict('orders')") eq '' } 'no standby to be waited for';
	$session->quit;
	return;
}

# ---------------------------------------------------------------------- numbers that are not there

# Starts calls, each in a session, all of which wait for a lock that a transaction of the holder has at the root.  Returns the
# sessions after the transaction has ended.
sub release_together
{
	my ($holder, $sequence, $calls) = @_;
	my @sessions = map { session($leaf, user => $_->[0]) } @$calls;
	my $waiting = 0;

	$holder->query("BEGIN; ALTER SEQUENCE $sequence OWNER TO CURRENT_USER");
	foreach my $i (0 .. $#sessions)
	{
		my (undef, $sql, $is_seen) = @{ $calls->[$i] };

		$sessions[$i]->send($sql);
		$waiting++ if $is_seen;
		wait_until { $holder->query("SELECT count(*) FROM pg_locks WHERE relation = '$sequence'::regclass AND NOT granted") == $waiting } "$waiting to wait at the root"
		  if $is_seen;
		is_seen_waiting($leaf, $sessions[$i], 'IdgenSegment', "... call $i waits");
	}
	$holder->query('COMMIT');
	return @sessions;
}

# What a root does not have is refused to who asked for it, and to nobody else: not to who is in the same round, nor later.
sub check_refusals
{
	my $at_root = session($root);
	my $modest = session($leaf);
	my $greedy = session($leaf);
	my $failures = "SELECT string_agg(failures || is_open::text, ' ') FROM segment_root_states WHERE sequence::text ~ '^(few|many)\$'";
	my $address = 'postgresql://leaf@127.0.0.1:' . $root->port . '/postgres';
	my ($output, $error);

	$at_root->query('CREATE SEQUENCE few MAXVALUE 1000; CREATE SEQUENCE many AS integer; GRANT USAGE ON SEQUENCE few, many TO leaf');
	$leaf->safe_psql('postgres', "CREATE ROLE greedy LOGIN; CREATE SEQUENCE few; CREATE SEQUENCE many; GRANT USAGE ON SEQUENCE few, many TO greedy;
		SELECT segment_set_roots('few', ARRAY['$address']), segment_set_roots('many', ARRAY['$address'])");
	$greedy->query('SET ROLE greedy');
	like($greedy->error("SELECT segment_take_strict('many', 3000000000)"), qr/2200H: .*"many".*DETAIL:  3000000000 consecutive numbers were requested/s, 'more numbers than there are') foreach 1 .. 4;
	is($modest->error("SELECT segment_nextval_strict('many')"), '', '... others get theirs');
	like($greedy->error("SELECT segment_next_block('many', 2147483647)"), qr/2200H: .*"many".*DETAIL:  2147483647 consecutive numbers were requested/s, '... the same for a chunk') foreach 1 .. 4;
	is($modest->error("SELECT segment_nextval('many')"), '', '... others get theirs');
	is($modest->error("SELECT segment_nextval_strict('many')"), '', '... also strict ones');
	is($modest->query($failures), '0false', '... and the root has not failed');

	# One round for both: the first three calls keep all sessions with the root busy.
	my @one = ('postgres', "SELECT segment_nextval_strict('few')");
	my @sessions = release_together(
		$at_root, 'few',
		[ (map { [ @one, 1 ] } 1 .. 3), [@one], [ 'greedy', "SELECT segment_take_strict('few', 1000)" ], [@one] ]);
	my @ends = map { [ $_->finish ] } @sessions;
	is(join(' ', sort { $a <=> $b } map { $ends[$_]->[0] } 0 .. 3, 5), '1 2 3 4 5', 'of a round with more numbers than there are, who asked for few gets them');
	like($ends[4]->[1], qr/2200H: .*"few".*DETAIL:  1000 consecutive numbers were requested/s, '... and who asked for too many is told of his own');
	$_->quit foreach @sessions;

	# The same at the root, where the first call waits for a standby.
	$at_root->query('CREATE SEQUENCE fewer MAXVALUE 1000');
	set_synchronous($root, 0, 'nobody');
	@sessions = map { session($root) } 1 .. 4;
	foreach my $i (0 .. 3)
	{
		$sessions[$i]->send($i == 2 ? "SELECT segment_take_strict('fewer', 1000)" : "SELECT segment_nextval_strict('fewer')");
		is_seen_waiting($root, $sessions[$i], 'IdgenSegment', "... call $i waits");
	}
	set_synchronous($root, 0, '');
	@ends = map { [ $_->finish ] } @sessions;
	is(join(' ', sort { $a <=> $b } map { $ends[$_]->[0] } 0, 1, 3), '1 2 3', 'the same at the root: who asked for few gets them');
	like($ends[2]->[1], qr/2200H: .*DETAIL:  1000 consecutive numbers were requested/s, '... and who asked for too many is told of his own');
	$_->quit foreach @sessions, $at_root, $modest, $greedy;
	return;
}

# Two roots, the first of which is at its end.  Numbers have ended only if the other one says so, too.
sub check_two_roots
{
	my $server = 'postgresql://leaf@127.0.0.1:' . $root->port;
	my $absent = 'postgresql://leaf@127.0.0.1:' . PostgreSQL::Test::Cluster::get_free_port() . '/postgres';
	my $set = sub { return "SELECT segment_set_roots('$_[0]', ARRAY['$server/postgres', '$_[1]'])" };
	my ($lock, $early, $waiting) = (session($root), session($leaf), session($leaf));
	my ($numbers, $error);

	$root->safe_psql('postgres', 'CREATE DATABASE other');
	$root->safe_psql('postgres', 'CREATE SEQUENCE two MAXVALUE 10000; CREATE SEQUENCE three MAXVALUE 10; GRANT USAGE ON SEQUENCE two, three TO leaf');
	$root->safe_psql('other', 'CREATE EXTENSION idgen; CREATE SEQUENCE two START 100001; CREATE SEQUENCE three MAXVALUE 10; GRANT USAGE ON SEQUENCE two, three TO leaf');
	$root->safe_psql($_, "SELECT segment_next_block('three', 10)") foreach qw(postgres other);
	$leaf->safe_psql('postgres', 'CREATE SEQUENCE two; CREATE SEQUENCE three;' . $set->('two', "$server/other") . ';' . $set->('three', $absent));

	# The first root, which gave all it had, is asked early, and alone.
	$early->query("SELECT segment_nextval('two')");
	$lock->query('BEGIN; ALTER SEQUENCE two CACHE 2');
	$early->query("SELECT segment_next_block('two', 6000)");
	$root->poll_query_until('postgres', "SELECT count(*) > 0 FROM pg_locks WHERE relation = 'two'::regclass AND NOT granted")
	  or die 'the root was not asked';
	$waiting->query("SET idgen.max_wait = '60s'");
	$waiting->send("SELECT segment_next_block('two', 5000)");
	is_seen_waiting($leaf, $waiting, 'IdgenSegment', 'a call waits for numbers that were asked for early');
	$lock->query('ROLLBACK');
	($numbers, $error) = $waiting->finish;
	is($error, '', 'the root that was asked early is at its end: who waits gets numbers of another one');
	like($numbers, qr/1000\d\d/, '... as they are there');
	is($waiting->query("SELECT segment_nextval_strict('two') > 100000"), 't', '... and strict ones');

	$waiting->query("SET idgen.max_wait = '60s'");
	like($waiting->error("SELECT segment_nextval('three')"), qr/55000: no numbers of sequence "three".*DETAIL:  No numbers come from its root: .*refused/s, 'one root is at its end, and the other one absent: numbers may not have ended');
	like($waiting->error("SELECT segment_nextval_strict('three')"), qr/55000: could not take a number of sequence "three".*DETAIL:  .*refused/s, '... nor strict ones');
	$leaf->safe_psql('postgres', $set->('three', "$server/other"));
	like($waiting->error("SELECT segment_nextval('three')"), qr/2200H: the root of sequence "three" has no more numbers/, '... and they have if it says so');
	like($waiting->error("SELECT segment_nextval_strict('three')"), qr/2200H: the root of sequence "three" has no more numbers/, '... strict ones, too');
	$_->quit foreach $lock, $early, $waiting;
	return;
}

# A call that finds late that it was refused, when others have got numbers since, asks again: the reason is gone by then.
sub check_late_refusal
{
	my $address = 'postgresql://leaf@127.0.0.1:' . $root->port . '/postgres';
	my $absent = 'postgresql://leaf@127.0.0.1:' . PostgreSQL::Test::Cluster::get_free_port() . '/postgres';
	my ($lock, $late, $other) = (session($root), session($leaf), session($leaf));
	my ($numbers, $error);

	$lock->query('CREATE SEQUENCE four MAXVALUE 100000; GRANT USAGE ON SEQUENCE four TO leaf');
	$other->query("CREATE SEQUENCE four; SELECT segment_set_roots('four', ARRAY['$address', '$absent'])");
	$_->query("SET idgen.max_wait = '60s'") foreach $late, $other;
	like($other->error("SELECT segment_next_block('four', 200000)"), qr/55000: no numbers.*DETAIL:  No numbers come from its root: .*refused/s, 'one root has not so many numbers, and the other one is absent');
	$other->query("SELECT segment_nextval('four')");
	$lock->query('BEGIN; ALTER SEQUENCE four CACHE 2');
	$late->send("SELECT segment_next_block('four', 200000)");
	$root->poll_query_until('postgres', "SELECT count(*) > 0 FROM pg_locks WHERE relation = 'four'::regclass AND NOT granted")
	  or die 'the root was not asked';
	is_seen_waiting($leaf, $late, 'IdgenSegment', '... a call waits for as many');
	stop_processes($late->pid);
	$lock->query('ROLLBACK');
	$leaf->poll_query_until('postgres', "SELECT last_error IS NOT NULL FROM segments WHERE sequence = 'four'::regclass")
	  or die 'the call was not refused';
	is($other->error("SELECT segment_next_block('four', 50000)"), '', '... others get fewer before it sees that it was refused');
	kill('CONT', $late->pid);
	($numbers, $error) = $late->finish;
	like($error, qr/55000: no numbers.*DETAIL:  No numbers come from its root: .*refused/s, '... and it says why there are none');
	$_->quit foreach $lock, $late, $other;
	return;
}

# Numbers of a root may be below zero.
sub check_below_zero
{
	my $create = 'CREATE SEQUENCE below MINVALUE -1000000 START -500000';

	$root->safe_psql('postgres', "$create; GRANT USAGE ON SEQUENCE below TO leaf");
	$leaf->safe_psql('postgres', "$create; SELECT segment_set_roots('below', ARRAY['postgresql://leaf\@127.0.0.1:" . $root->port . "/postgres'])");
	is($leaf->safe_psql('postgres', "SELECT segment_nextval_strict('below')"), -500_000, 'strict numbers begin below zero, as the sequence does');
	return;
}

# ---------------------------------------------------------------------- a root that goes back

# Another server takes the place of the root, and lacks what others have taken from it.  Several takes are under way when that
# is noticed: none of their numbers may be one that others have.
sub check_going_back
{
	my $directory = PostgreSQL::Test::Utils::tempdir_short();
	my $link = "$directory/.s.PGSQL.5432";
	my $socket = sub { return $_[0]->host . '/.s.PGSQL.' . $_[0]->port };
	my $address = 'postgresql://leaf@' . ($directory =~ s{/}{%2F}gr) . '/postgres?port=5432';
	my @sequences = qw(lost1 lost2 lost3);
	my $restored = PostgreSQL::Test::Cluster->new('restored');
	my ($holder, @sessions, @numbers);

	$root->safe_psql('postgres', join(';', map { "CREATE SEQUENCE $_; SELECT segment_nextval_strict('$_'); GRANT USAGE ON SEQUENCE $_ TO leaf" } @sequences));
	$root->backup('before');
	$restored->init_from_backup($root, 'before', has_streaming => 1);
	$restored->start;
	$restored->promote;
	symlink($socket->($root), $link) or die "could not link: $!";
	foreach my $sequence (@sequences)
	{
		$leaf->safe_psql('postgres', "CREATE SEQUENCE $sequence; SELECT segment_set_roots('$sequence', ARRAY['$address']); SELECT segment_nextval_strict('$sequence')");
		$root->safe_psql('postgres', "SELECT segment_take('$sequence', 300000)");
	}
	unlink($link);
	symlink($socket->($restored), $link) or die "could not link: $!";
	$root->safe_psql('postgres', "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'leaf'");
	$holder = session($restored);
	my @strict = map { [ 'postgres', "SET idgen.max_wait = '60s'; SELECT segment_nextval_strict('$sequences[$_]')", 1 ] } 0 .. 2;
	my @cached = map { [ 'postgres', "SET idgen.max_wait = '60s'; SELECT segment_nextval('$sequences[$_]')", 1 ] } 0 .. 2;
	foreach my $case ([ 'lost1', 'rounds', $strict[0], $strict[0], $strict[0], [ @{ $strict[0] }[ 0, 1 ] ] ],
		[ 'lost2', 'a chunk and rounds', $cached[1], $strict[1], $strict[1] ],
		[ 'lost3', 'rounds and a chunk', $strict[2], $strict[2], $cached[2] ])
	{
		my ($sequence, $name, @calls) = @$case;
		my %seen;

		@sessions = release_together($holder, $sequence, \@calls);
		@numbers = map { my ($output, $error) = $_->finish; diag($error) if $error; ($output =~ /(\d+)/) } @sessions;
		is(scalar(grep { $_ > 300_000 } @numbers), scalar(@calls), "$name are under way when a root has gone back: no number is used that others have");
		is(scalar(grep { $seen{$_}++ } @numbers), 0, '... and none twice');
		$_->quit foreach @sessions;
		my $reports = () = slurp_file($leaf->logfile) =~ /WARNING:  root 1 of the segment of "public.$sequence" may have gone back/g;

		is($reports, 1, '... and it is reported, and so many numbers skipped, once');
	}
	$holder->quit;
	$restored->stop('fast');
	return;
}

check_order();
check_sequences();
check_deadline();
check_standby();
check_load('local', $root);
check_load('remote', $leaf);
check_late_here();
check_late_elsewhere();
check_many_segments();
check_refusals();
check_two_roots();
check_late_refusal();
check_below_zero();
check_going_back();
SKIP:
{
	chomp(my $libdir = qx(pg_config --pkglibdir));
	skip 'etcd, or what idgen_etcd is built with, is not installed', 1
	  if system('etcd --version >/dev/null 2>&1') != 0 || !-e "$libdir/idgen_etcd.so";
	check_far_store();
}
crash_server($root);
check_order();
check_absence();

$_->stop('fast') foreach $leaf, $root;
done_testing();
