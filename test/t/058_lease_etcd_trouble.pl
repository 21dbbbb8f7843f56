# The provider of etcd in trouble: an etcd that wants a user or TLS, has lost data, or whose
# members stop; answers that make no sense.  No outcome is told that may not be true.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use IdgenTest::Etcd;
use IdgenTest::FakeHttp;
use IdgenTest::Provider;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

skip_all_without_etcd();

my $node = provider_server();
my @NO_WORKER = (record => undef, hold_nonce => undef);

# ---------------------------------------------------------------------- users

sub check_users
{
	my $users = new_etcd('users', token_ttl => 1);
	my %store = (pool => 'users');
	my $early = etcd_session($node, $users, %store, user => 'idgen', password => 'right');

	answers($early->operate('write_pool', new_pool => 'P'), 'applied', {}, 'a user, where none is asked for');
	$users->enable_users('idgen', 'right', '/idgen/');
	answers($early->operate('write_pool', pool => 'P', new_pool => 'Q'), 'applied', {}, '... which is of use when one is');
	my $nobody = etcd_session($node, $users, %store);
	foreach my $kind (qw(prepare read write_pool))
	{
		my $answer = $nobody->operate($kind, pool => 'Q', new_pool => 'R');

		answers($answer, 'unreachable', {}, "no user: $kind");
		like($answer->{error}, qr/user name is empty/, '... and the error says so');
	}
	my $wrong = etcd_session($node, $users, %store, user => 'idgen', password => 'wrong')->operate('write_pool', pool => 'Q', new_pool => 'R');
	answers($wrong, 'unreachable', {}, 'a wrong password');
	like($wrong->{error}, qr/authentication failed/, '... and the error says so');
	unlike($wrong->{error}, qr/wrong/, '... without the password');
	my $elsewhere = etcd_session($node, $users, store => $users->store . '?prefix=/other', user => 'idgen', password => 'right')->operate('read');
	answers($elsewhere, 'unreachable', {}, 'keys that the user may not read');
	like($elsewhere->{error}, qr/permission denied/, '... and the error says so');

	my $store = etcd_session($node, $users, %store, user => 'idgen', password => 'right');
	answers($store->operate('write', worker => 1, pool => 'Q', new_record => 'a', hold => 'take', hold_nonce => 'n'), 'applied', {}, 'the right password');
	sleep 3.2 if full_run();
	answers($store->operate('write', worker => 1, pool => 'Q', record => 'a', new_record => 'b'), 'applied', {}, 'a token that has expired, in a full run');
	$users->must_control('role', 'grant-permission', 'idgen', '--prefix=true', 'readwrite', '/more/');
	answers($store->operate('keep', worker => 1, pool => 'Q', hold_nonce => 'n'), 'applied', {}, 'roles that have changed');
	$users->change_password('idgen', 'right');
	answers($store->operate('write', worker => 1, pool => 'Q', record => 'b', new_record => 'c'), 'applied', {}, 'a token that has been made invalid');
	$users->change_password('idgen', 'new');
	answers($store->operate('write', worker => 1, pool => 'Q', record => 'c', new_record => 'd'), 'unreachable', {}, 'a password that has been changed');
	$users->disable_users;
	answers($store->operate('read'), 'applied', { workers => [ [ 1, 'c', 'n' ] ] }, 'users that are not asked for any more; the record is as it was');
	$users->kill_all;
	return;
}

# ---------------------------------------------------------------------- a store that has lost data

sub check_lost
{
	my $lost = new_etcd('lost');
	my $store = etcd_session($node, $lost, pool => 'lost', timeout => 1000);
	my %one = (worker => 1, pool => 'P', hold_nonce => 'n');
	my $file = PostgreSQL::Test::Utils::tempdir() . '/snapshot';

	$store->operate('write_pool', new_pool => 'P');
	$store->operate('write', %one, new_record => 'a', hold => 'take');
	$lost->save($file);
	$store->operate('write', %one, record => 'a', new_record => 'b');
	$store->operate('write', %one, record => 'b', new_record => 'c');
	my $before = $store->operate('read');
	$lost->restore($file);
	my $after = $store->operate('read');
	answers($after, 'applied', { pool => 'P', workers => [ [ 1, 'a', 'n' ] ], incarnation => $before->{incarnation} }, 'restored: what was there, under the same identity');
	cmp_ok($after->{revision}, '<', $before->{revision}, '... which the revision tells');
	answers($store->operate('write', %one, record => 'c', new_record => 'd'), 'refused', { record => 'a' }, '... what came after is not there');
	$lost->wipe;
	answers($store->operate('keep', %one), 'refused', { pool => undef, @NO_WORKER }, 'wiped: there is no hold');
	answers($store->operate('write', %one, record => 'a', new_record => 'd'), 'refused', { pool => undef, @NO_WORKER }, '... and no pool');
	$lost->kill_all;
	return;
}

# ---------------------------------------------------------------------- TLS

sub check_tls
{
	my @certificate = certificate('server');
	my ($stranger) = certificate('stranger');
	my $secure = new_etcd('secure', tls => \@certificate, clients => full_run() ? $certificate[0] : undef);
	my ($port) = $secure->ports;
	my $fake = fake_http(sub { return undef });
	my $client = full_run() ? "&cert=$certificate[0]&key=$certificate[1]" : '';
	my $open = sub {
		my ($store) = @_;
		return etcd_session($node, undef, store => $store, timeout => 3000);
	};

	answers($open->($secure->store . $client)->operate('write_pool', new_pool => 'P'), 'applied', {}, 'TLS');
	foreach my $case (
		[ 'a certificate that nobody vouches for', "etcds://127.0.0.1:$port", qr/certificate/ ],
		[ '... or a stranger', "etcds://127.0.0.1:$port?cacert=$stranger$client", qr/certificate/ ],
		[ '... or of another host', "etcds://localhost:$port?cacert=$certificate[0]$client", qr/localhost|certificate|connect/ ],
		[ 'a file that is not there', "etcds://127.0.0.1:$port?cacert=/no/such/file", qr/certificate|\/no\/such\/file/ ],
		[ 'no TLS', "etcd://127.0.0.1:$port", qr/etcd at / ],
		[ 'TLS where there is none', $fake->store =~ s/^etcd:/etcds:/r, qr/SSL|TLS|wrong version/i ],
		full_run() ? [ 'no certificate of the client', $secure->store, qr/SSL|certificate|alert/i ] : ())
	{
		my ($name, $store, $error) = @$case;
		my $answer = $open->($store)->operate('write_pool', pool => 'P', new_pool => 'Q');

		answers($answer, 'unreachable', {}, $name);
		like($answer->{error}, $error, '... and the error says so');
	}
	answers($open->($secure->store . $client)->operate('read'), 'applied', { pool => 'P' }, '... and nothing has been written');
	$secure->kill_all;
	return;
}

# ---------------------------------------------------------------------- three members

# Turns until a write is applied, and the seconds that took.
sub write_until_applied
{
	my ($store, $record, $new_record) = @_;
	my $start = time();

	for my $turn (1 .. 100)
	{
		my $answer = $store->operate('write', worker => 1, pool => 'P', record => $record, new_record => $new_record);

		return ($turn, time() - $start) if $answer->{outcome} eq 'applied' || ($answer->{outcome} eq 'refused' && $answer->{record} eq $new_record);
		is($answer->{outcome} eq 'refused' && $answer->{record}, 0, 'not refused otherwise') if $answer->{outcome} eq 'refused';
		sleep 0.05;
	}
	return (100, time() - $start);
}

sub check_members
{
	my $three = new_etcd('three', members => 3);
	my $store = etcd_session($node, $three, timeout => 400);

	$store->operate('write_pool', new_pool => 'P');
	$store->operate('write', worker => 1, pool => 'P', new_record => '0');
	my $leader = $three->leader;
	$three->pause($leader);
	my ($turns, $seconds) = write_until_applied($store, '0', '1');
	$three->resume($leader);
	diag(sprintf 'the leader is stopped: written after %d turns and %.1f s', $turns, $seconds);
	cmp_ok($seconds, '<', 10, 'the leader is stopped: another one is found');

	$three->wait_until_healthy;
	$three->kill_member($_) foreach 0, 1;
	my %seen;
	$seen{ $store->operate('write', worker => 1, pool => 'P', record => '1', new_record => '2')->{outcome} }++ for 1 .. 6;
	is(join(' ', grep { !/^(unknown|unreachable)$/ } keys %seen), '', 'two of three are gone: nothing is said to be done, or refused');
	answers($store->operate('read'), 'unreachable', {}, '... nor read');
	$three->start_member($_) foreach 0, 1;
	($turns, $seconds) = write_until_applied($store, '1', '2');
	diag(sprintf 'two of three are back: written after %d turns and %.1f s', $turns, $seconds);
	cmp_ok($seconds, '<', 20, '... and they come back');
	$three->wait_until_healthy;
	disturb_chain($three, $store);
	$three->kill_all;
	return;
}

# Stops and continues members at random, until it is killed.
sub start_stopping
{
	my ($three) = @_;
	my @pids = map { $_->{pid} } @{ $three->{members} };
	my $pid = fork() // die "could not fork: $!";

	return $pid if $pid;
	while (1)
	{
		my $victim = $pids[ rand @pids ];
		kill('STOP', $victim);
		sleep 0.1 + rand 0.5;
		kill('CONT', $victim);
		sleep rand 0.5;
	}
	return;
}

# One record is written again and again, each time from what is known to be there.  What was
# said to be refused or not reached is never found later.
sub disturb_chain
{
	my ($three, $store) = @_;
	my ($known, $next, $wrong) = ('2', 100, '');
	my (%open, %never, %count);
	my $stopping = start_stopping($three);
	my $end = time() + 40;
	my $back;

	while (time() < $end)
	{
		my $new = $next++;
		my $victim = rand() < 0.01 && !defined $back ? int rand 3 : undef;

		if (defined $victim)
		{
			kill('KILL', $stopping);
			waitpid($stopping, 0);
			$three->resume($_) foreach 0 .. 2;
			$three->kill_member($victim);
			$back = [ $victim, time() + rand 2 ];
		}
		my $answer = $store->operate('write', worker => 1, pool => 'P', record => $known, new_record => $new);
		$count{ $answer->{outcome} }++;
		$open{$new} = 1 if $answer->{outcome} eq 'unknown';
		$never{$new} = 1 if $answer->{outcome} =~ /refused|unreachable/;
		($known, %open) = ($new) if $answer->{outcome} eq 'applied';
		if ($answer->{outcome} eq 'refused')
		{
			my $found = $answer->{record} // '';
			$wrong .= "found $found instead of $known; " unless $open{$found};
			$wrong .= "$found had not been applied; " if $never{$found};
			($known, %open) = ($found);
		}
		if (defined $back && $back->[1] < time())
		{
			$three->start_member($back->[0]);
			$three->wait_until_healthy;
			$stopping = start_stopping($three);
			undef $back;
		}
		last if $wrong;
	}
	kill('KILL', $stopping);
	waitpid($stopping, 0);
	$three->resume($_) foreach grep { $three->{members}->[$_]->{pid} } 0 .. 2;
	is($wrong, '', 'members stopped and killed at random: outcomes are true');
	diag('outcomes: ' . join(', ', map { "$count{$_} $_" } sort keys %count));
	cmp_ok($count{applied}, '>', 20, '... and some writes succeed');
	return;
}

# ---------------------------------------------------------------------- names

# The thread that resolves a name runs none of the server's signal handlers, and nobody waits
# for it in vain.
sub check_names
{
	my $file = PostgreSQL::Test::Utils::tempdir() . '/blocked';
	my $resolving = PostgreSQL::Test::Cluster->new('resolving');

	$resolving->init;
	{
		local $ENV{LD_PRELOAD} = build_library('resolving') . '.so';
		local $ENV{SLOW_RESOLVER} = $file;
		$resolving->start;
	}
	create_provider_functions($resolving);
	my $store = etcd_session($resolving, undef, store => 'etcd://slow.invalid', timeout => 1000);
	$store->start('read');
	my $first = $store->finish(200);
	SKIP:
	{
		skip 'names are resolved as always here', 1 unless -e $file;
		is($first->{outcome}, 'pending', 'a name that takes long');
		my ($blocked) = slurp_file($file) =~ /SigBlk:\s+([0-9a-f]+)/;
		foreach my $signal ([ HUP => 1 ], [ INT => 2 ], [ QUIT => 3 ], [ USR1 => 10 ], [ USR2 => 12 ], [ ALRM => 14 ], [ TERM => 15 ], [ URG => 23 ], [ IO => 29 ])
		{
			my ($name, $number) = @$signal;
			ok(hex($blocked) & 1 << ($number - 1), "... in a thread that blocks SIG$name");
		}
		my $start = time();
		$store->start('read');
		cmp_ok(time() - $start, '<', 0.7, '... is given up at once');
		my $answer = $store->finish;
		answers($answer, 'unreachable', {}, '... or when the time is over');
		like($answer->{error}, qr/resolv/i, '... which the error says');
		cmp_ok($answer->{ms}, '<', 1700, '... and not later');
		$start = time();
		$store->start('read');
		$store->finish(50);
		$store->close;
		cmp_ok(time() - $start, '<', 1.5, '... and is no hindrance to the end of the session');
	}
	$resolving->stop;
	return;
}

# ---------------------------------------------------------------------- answers that make no sense

my $HEADER = '"header":{"cluster_id":"5","member_id":"6","revision":"7","raft_term":"2"}';
my $VERSION = http_answer('{"etcdserver":"3.5.9","etcdcluster":"3.5.0"}');

# What no operation may take for an outcome.
my %NONSENSE = (
	'nothing' => '',
	'the connection closed' => undef,
	'no HTTP' => "+PONG\r\n",
	'an empty body' => http_answer(''),
	'no JSON' => http_answer('<html>'),
	'an unfinished object' => http_answer("{$HEADER,"),
	'an empty object' => http_answer('{}'),
	'an array' => http_answer("[{$HEADER}]"),
	'a string' => http_answer('"succeeded"'),
	'a number' => http_answer('1'),
	'null' => http_answer('null'),
	'no header' => http_answer('{"succeeded":true,"responses":[{"response_put":{}}],"kvs":[]}'),
	'a header that is an array' => http_answer('{"header":[],"succeeded":true}'),
	'a header with numbers of another kind' => http_answer('{"header":{"cluster_id":[1],"revision":{}},"succeeded":true}'),
	'a header without a revision' => http_answer('{"header":{"cluster_id":"5"},"succeeded":true}'),
	'a body that is cut off' => substr(http_answer("{$HEADER,\"succeeded\":true}"), 0, -1),
	'a zero byte' => http_answer("{\"a\":\"\0\",$HEADER,\"succeeded\":true}"),
	'a zero byte as an escape' => http_answer("{\"a\":\"\\u0000\",$HEADER,\"succeeded\":true}"),
	'bytes of no encoding' => http_answer("{\xff\xfe}"),
	'deep nesting' => http_answer('[' x 100000),
	'an error with status 200' => http_answer('{"error":{"grpc_code":14,"http_code":503,"message":"no leader"}}'),
	'status 500' => http_answer("{$HEADER,\"succeeded\":true}", 500),
	'status 503' => http_answer('{"error":"etcdserver: request timed out","message":"etcdserver: request timed out","code":14}', 503),
	'status 408' => http_answer('{"error":"context canceled","message":"context canceled","code":1}', 408),
	'a page of a proxy' => http_answer('<html>Bad Gateway</html>', 502),
	'a complaint of a proxy' => http_answer('<html>Not Found</html>', 404),
	'a redirection' => "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
	'no content' => "HTTP/1.1 204 No Content\r\n\r\n",);

# More, for each kind of operation.
my %NONSENSE_FOR = (
	read => {
		'fewer keys than are counted' => http_answer("{$HEADER,\"kvs\":[],\"count\":\"2\"}"),
		'a part of the keys' => http_answer("{$HEADER,\"kvs\":[{\"key\":\"YQ==\"}],\"count\":\"1\",\"more\":true}"),
	},
	write => {
		'a refusal without reasons' => http_answer("{$HEADER}"),
		'a refusal with other reasons' => http_answer("{$HEADER,\"responses\":[{\"response_put\":{}},{\"response_put\":{}},{\"response_put\":{}}]}"),
		'a refusal with too few reasons' => http_answer("{$HEADER,\"responses\":[{\"response_range\":{}}]}"),
		'success, but not true' => http_answer("{$HEADER,\"succeeded\":\"true\"}"),
	},
	write_pool => { 'a refusal without reasons' => http_answer("{$HEADER}"), },
	keep => { 'success without a hold' => http_answer("{$HEADER,\"succeeded\":true}"), },
	prepare => {},);

my %OPERATIONS = (
	read => 'unreachable', prepare => 'unreachable', keep => 'unreachable', write => 'unknown', write_pool => 'unknown',);

sub check_nonsense
{
	my (%answer, %last);

	foreach my $kind (full_run() ? sort keys %OPERATIONS : qw(read write))
	{
		my %nonsense = (%NONSENSE, %{ $NONSENSE_FOR{$kind} });
		my $directory = PostgreSQL::Test::Utils::tempdir();
		my $fake = fake_http(
			sub {
				my ($path) = @_;
				return $VERSION if $path eq '/version';
				my $name = slurp_file("$directory/now");
				return $name eq 'sense' ? http_answer("{$HEADER,\"succeeded\":true,\"count\":\"0\",\"responses\":[{\"response_range\":{\"count\":\"1\",\"kvs\":[{\"key\":\"YQ==\"}]}}]}") : $nonsense{$name};
			});
		my $store = etcd_session($node, $fake, timeout => 5000);

		foreach my $name (sort keys %nonsense)
		{
			open(my $now, '>', "$directory/now") or die;
			print $now $name;
			close $now;
			my $answer = $store->operate($kind, worker => 1, new_pool => 'p', new_record => 'r', hold_nonce => 'n');
			answers($answer, $OPERATIONS{$kind}, { pool => undef, record => undef, workers => [], revision => '0', incarnation => '0' }, "$kind: $name");
			like($answer->{error}, qr/^etcd at 127\.0\.0\.1:\d+: ./, '... and there is an error');
			unlike($answer->{error}, qr/[^ -~]/, '... in plain letters');
		}
		open(my $now, '>', "$directory/now") or die;
		print $now 'sense';
		close $now;
		answers($store->operate($kind, worker => 1, new_pool => 'p', new_record => 'r', hold_nonce => 'n'), 'applied', { error => '' }, "$kind: the session has outlived all that");
		$fake->stop;
	}
	return;
}

# Answers of etcds that are all right, but not for us, or need some more requests.
sub check_answers
{
	foreach my $version ('2.3.8', '3.3.27', '0', 'x', '')
	{
		my $fake = fake_http(sub { http_answer("{\"etcdserver\":\"$version\",\"etcdcluster\":\"3.3.0\"}") });
		my $answer = etcd_session($node, $fake)->operate('write', new_record => 'x');

		answers($answer, 'unreachable', {}, "version $version");
		like($answer->{error}, $version =~ /\d\.\d/ ? qr/version \Q$version\E is too old, leases need etcd 3\.4 or later/ : qr/malformed answer/, '... and the error says why');
		is("@{ [ $fake->requests ] }", '/version', '... with nothing sent');
	}

	# The connection is closed after a request that came on an old one: libcurl would send it again.
	my $fake = fake_http(sub { return $_[0] eq '/version' ? $VERSION : undef });
	my $store = etcd_session($node, $fake);
	answers($store->operate('write', new_record => 'x'), 'unknown', {}, 'a connection is closed instead of an answer');
	is(scalar(grep { /txn/ } $fake->requests), 1, '... and the write is sent once');

	# A lease of etcd that is gone before its hold is there.
	my $missing = http_answer('{"error":"etcdserver: requested lease not found","message":"etcdserver: requested lease not found","code":5}', 404);
	$fake = fake_http(sub { return $_[0] eq '/version' ? $VERSION : $_[0] =~ /grant/ ? http_answer("{$HEADER,\"ID\":\"8\",\"TTL\":\"1\"}") : $missing });
	$store = etcd_session($node, $fake);
	my $answer = $store->operate('write', new_record => 'x', hold => 'take', hold_nonce => 'n', ttl_ms => 1000);
	answers($answer, 'unreachable', {}, 'a lease of etcd that is gone');
	like($answer->{error}, qr/requested lease not found/, '... and the error says so');
	is("@{ [ map { m{/(\w+)$} } $fake->requests ] }", 'version grant txn grant txn', '... after another one has been tried');

	# A token that the next etcd does not know, and leaves unanswered.
	my $silent = PostgreSQL::Test::Utils::tempdir() . '/silent';
	$fake = fake_http(
		sub {
			return $VERSION if $_[0] eq '/version';
			return http_answer("{$HEADER,\"token\":\"t\"}") if $_[0] =~ /authenticate/;
			return unlink($silent) ? undef : http_answer("{$HEADER,\"succeeded\":true}");
		});
	$store = etcd_session($node, $fake, user => 'idgen', password => 'right');
	answers($store->operate('write_pool', new_pool => 'P'), 'applied', {}, 'a token');
	append_to_file($silent, '');
	answers($store->operate('write_pool', pool => 'P', new_pool => 'Q'), 'unknown', {}, '... that is not answered');
	answers($store->operate('write_pool', pool => 'Q', new_pool => 'R'), 'applied', {}, '... is not used again');
	like("@{ [ map { m{/(\w+)$} } $fake->requests ] }", qr/^version authenticate txn txn (version )?authenticate txn$/, '... but another one');

	# A hold that vanishes while it is kept.
	my $hold = "{$HEADER,\"succeeded\":true,\"responses\":[{\"response_range\":{\"kvs\":[{\"key\":\"YQ==\",\"value\":\"bg==\",\"lease\":\"8\"}],\"count\":\"1\"}}]}";
	my $gone = "{$HEADER,\"responses\":[{\"response_range\":{}},{\"response_range\":{}},{\"response_range\":{}}]}";
	my $file = PostgreSQL::Test::Utils::tempdir() . '/asked';
	$fake = fake_http(
		sub {
			return $VERSION if $_[0] eq '/version';
			return http_answer("{\"result\":{$HEADER,\"ID\":\"8\"}}\n") if $_[0] =~ /keepalive/;
			my $is_first = !-e $file;
			open(my $asked, '>', $file);
			return http_answer($is_first ? $hold : $gone);
		});
	answers(etcd_session($node, $fake)->operate('keep', worker => 1, hold_nonce => 'n'), 'refused', { hold_nonce => undef }, 'a hold that vanishes while it is kept');
	is("@{ [ map { m{/(\w+)$} } $fake->requests ] }", 'version txn keepalive txn', '... is looked for again');
	return;
}

check_users();
check_tls();
check_lost();
check_members() if full_run();
check_names() if full_run();
check_nonsense();
check_answers();

done_testing();
