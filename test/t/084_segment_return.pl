# Ranges that are given back to a root elsewhere: what nobody has used comes again, once, and is never issued twice, over lost
# replies, crashes of who gives and of who takes back, and others who take, and give back, meanwhile.  The free list of a root.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use IdgenTest::Proxy;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = new_server('root', preload => 1, conf => "listen_addresses = '127.0.0.1'\nwal_writer_delay = '10s'\n");
my ($one, $two) = map { new_server($_, preload => 1) } qw(one two);
my %seen;
my $twice = 0;

append_to_file($root->data_dir . '/pg_hba.conf', "host all all 127.0.0.1/32 trust\n");
$root->reload;
$root->safe_psql('postgres', 'CREATE ROLE leaf LOGIN');
$root->safe_psql('postgres', "GRANT EXECUTE ON FUNCTION $_ TO leaf") foreach qw(segment_take_back segment_take_free);

# A sequence on the root, and segments with it as their root; options of segment_configure() are for all of them.
sub new_segment
{
	my ($name, %option) = @_;
	my $more = join '', map { ", $_ => $option{$_}" } grep { $_ ne 'as' && $_ ne 'port' } sort keys %option;
	my $as = $option{as} // 'bigint';

	foreach my $node ($root, $one, $two)
	{
		my $port = $option{port} // $root->port;

		$node->safe_psql('postgres', "CREATE SEQUENCE $name AS $as; SELECT segment_configure('$name'$more); " .
			($node == $root ? "GRANT USAGE ON SEQUENCE $name TO leaf" :
				"SELECT segment_set_roots('$name', ARRAY['postgresql://leaf\@127.0.0.1:$port/postgres'], counter => 'public.$name')"));
	}
	return;
}

# Draws numbers of a segment, and counts those that had been drawn before, anywhere.
sub draw
{
	my ($node, $name, $count) = @_;
	my @numbers = split /\n/, $node->safe_psql('postgres', "SELECT segment_nextval('$name') FROM generate_series(1, $count)");

	$twice += grep { $seen{$name}->{$_}++ } @numbers;
	return @numbers;
}

sub give_back
{
	my ($node, $name) = @_;

	return $node->safe_psql('postgres', "SELECT segment_return('$name')");
}

# What the root would hand on next.
sub next_of_root
{
	my ($name) = @_;

	return $root->safe_psql('postgres', "SELECT next FROM segments WHERE sequence = '$name'::regclass");
}

sub column
{
	my ($node, $name, $column) = @_;

	return $node->safe_psql('postgres', "SELECT $column FROM segments WHERE sequence = '$name'::regclass");
}

# ---------------------------------------------------------------------- the newest range

sub check_newest
{
	new_segment('plain', step => 100);
	is_deeply([ draw($one, 'plain', 10) ], [ 1 .. 10 ], 'a server draws from its root');
	is(give_back($one, 'plain'), 90, '... and gives back what it has not used');
	is(next_of_root('plain'), 11, '... which the root hands on next');
	is_deeply([ draw($two, 'plain', 5) ], [ 11 .. 15 ], '... to another server');
	is(give_back($one, 'plain'), 0, 'nothing is left to give back');
	is_deeply([ (draw($one, 'plain', 5))[0] ], [111], '... and the next range follows that of the other server');
	is(give_back($two, 'plain'), 0, 'a range after which others have taken is not given back');
	is_deeply([ draw($two, 'plain', 5) ], [ 16 .. 20 ], '... and remains with who has it');
	my $left = column($one, 'plain', 'upper(chunk) - next');
	is(give_back($one, 'plain'), $left, 'the newest one is');
	is_deeply([ draw($one, 'plain', 3) ], [ 116 .. 118 ], '... and who gave it back gets it again');
	is(column($one, 'plain', 'taken = issued + wasted + returned + coalesce(upper(chunk) - next, 0) + coalesce(upper(reserve) - lower(reserve), 0)'), 't', '... and all are accounted for');
	is($twice, 0, '... and none comes twice');
	return;
}

# A chunk and a reserve: the reserve is the newest range.
sub check_reserve
{
	new_segment('reserve', step => 100);
	draw($one, 'reserve', 60);
	wait_until { column($one, 'reserve', "reserve IS NOT NULL AND last_error IS NULL") eq 't' } 'a reserve';
	my $expected = column($one, 'reserve', 'upper(reserve) - lower(reserve)');
	my ($next, $of_root) = (column($one, 'reserve', 'upper(chunk)'), next_of_root('reserve'));
	is(give_back($one, 'reserve'), $expected, 'a reserve is given back');
	is(next_of_root('reserve'), $next, '... and not what is of the range before');
	draw($one, 'reserve', 200);
	is($twice, 0, '... which is issued, and no number twice');
	return;
}

# Whoever asks a second time, or for what others have got by now, is refused: by the number of the share, and by the page.
sub check_tokens
{
	my $session = session($root);
	my ($range, $token);

	$session->query('CREATE SEQUENCE tokens; GRANT USAGE ON SEQUENCE tokens TO leaf; SET ROLE leaf');
	my $take = sub { $token = $session->query("SELECT token FROM segment_grant('tokens', 100)") };
	my $back = sub { return $session->query("SELECT coalesce(segment_take_back('tokens', $_[0], $_[1], " . ($_[2] // $token) . ", 0), 'refused')") };
	my $sql_next = sub { return $session->query("SELECT next FROM segments WHERE sequence = 'tokens'::regclass") };

	$take->();
	my $first = $token;
	is($back->(51, 100, $token + 1), 'refused', 'another token is refused');
	is($back->(51, 99), 'refused', '... and other numbers');
	is($back->(0, 100), 'refused', '... and more than were handed on');
	is($back->(51, 100), 'taken back', 'the end of a range is taken back');
	is($back->(51, 100), 'refused', '... once');
	$session->query("SELECT segment_take('tokens', 50)");
	is($back->(51, 100), 'refused', '... and not when others have got the same numbers');
	$take->();
	$session->query("SELECT segment_nextval('tokens')");
	is($back->(150, 200), 'refused', 'nor when another session has drawn since');
	$take->();
	$session->query('RESET ROLE');
	$session->query("SELECT setval('tokens', last_value) FROM tokens");
	is($back->(250, 301), 'refused', 'nor when setval() has written the page since, which leaves its value');
	crash_server($root);
	$session = session($root);
	my ($last) = $session->query("SELECT upper(segment_take('tokens', 100)) - 1");
	is($session->query("SELECT segment_take_back('tokens', $last - 9, $last, $token, 0)"), '', 'nor after a crash');
	like($session->error("SELECT segment_take_back('tokens', 2, 1, 1, 0)"), qr/22023: invalid range to take back/, 'no numbers are not taken back');
	like($session->error("SET ROLE leaf; CREATE ROLE x"), qr/42501/, '(a role without privileges)');
	$session->query('RESET ROLE; REVOKE USAGE ON SEQUENCE tokens FROM leaf; SET ROLE leaf');
	like($session->error("SELECT segment_take_back('tokens', 1, 1, 1, 0)"), qr/42501: permission denied for sequence tokens/, '... nor from who may not draw');
	$session->quit;
	return;
}

# ---------------------------------------------------------------------- a root that does not answer, replies that are cut off

my $cut = PostgreSQL::Test::Utils::tempdir() . '/cut';
my ($port, $proxy) = start_proxy($root->port, qr/segment_take_(back|free)/, $cut);

END { kill('TERM', $proxy) if $proxy; }

sub check_cut_returns
{
	my $session;

	new_segment('cut', step => 100, port => $port);
	draw($one, 'cut', 10);
	append_to_file($cut, '');
	$session = session($one);
	my ($output, $error) = ($session->query("SELECT segment_return('cut')"), '');
	is($output, 0, 'the answer to a return is cut off: nobody knows');
	like(slurp_file($one->logfile), qr/WARNING:  it is not known whether the root of sequence "cut" has taken 90 numbers back/, '... which is told');
	unlink($cut);
	is(next_of_root('cut'), 11, '... the root has them');
	is_deeply([ draw($one, 'cut', 1) ], [101], '... and who gave them back goes on above them');
	unlike(slurp_file($one->logfile), qr/root 1 of the segment of "public.cut" may have gone back/, '... and does not say that the root has gone back');
	draw($two, 'cut', 50);
	draw($one, 'cut', 200);
	draw($two, 'cut', 200);
	is($twice, 0, '... and none comes twice');
	is(column($one, 'cut', 'returned'), 0, '... they count as wasted');
	is(column($one, 'cut', 'wasted >= 90'), 't', '... here');
	$session->quit;
	return;
}

sub check_absence
{
	my $session = session($one);

	new_segment('absent', step => 100);
	draw($one, 'absent', 10);
	$root->stop('immediate');
	like($session->error("SELECT segment_return('absent')"), qr/08006: could not give numbers of sequence "absent" back to its root\n.*DETAIL:  .*refused/s, 'a root is gone');
	is_deeply([ draw($one, 'absent', 10) ], [ 11 .. 20 ], '... so what is left remains here');
	$root->start;
	is(give_back($one, 'absent'), 0, 'a root that has crashed since does not know the range');
	is_deeply([ draw($one, 'absent', 10) ], [ 21 .. 30 ], '... so it remains, too');
	$root->safe_psql('postgres', 'REVOKE EXECUTE ON FUNCTION segment_take_back FROM leaf');
	draw($one, 'absent', 200);
	like($session->error("SELECT segment_return('absent')"), qr/08006.*DETAIL:  .*permission denied for function segment_take_back/s, 'a role that may not give back');
	$root->safe_psql('postgres', 'GRANT EXECUTE ON FUNCTION segment_take_back TO leaf');
	draw($one, 'absent', 100);
	draw($two, 'absent', 100);
	is($twice, 0, '... and none comes twice');
	$session->quit;
	return;
}

# Who has given back crashes.
sub check_crash
{
	new_segment('crash', step => 100);
	draw($one, 'crash', 10);
	is(give_back($one, 'crash'), 90, 'a server gives back');
	crash_server($one);
	draw($two, 'crash', 20);
	draw($one, 'crash', 150);
	draw($two, 'crash', 150);
	is($twice, 0, '... and crashes: none comes twice');
	return;
}

# A role with many sequences makes room among its own.
sub check_crowd
{
	my $node = new_server('crowd', preload => 1, conf => "idgen.max_segments = 8\n");
	my $chunk = "SELECT next FROM segments WHERE sequence = 'mine'::regclass";

	$node->safe_psql('postgres', "CREATE SEQUENCE mine; SELECT segment_nextval('mine'); CREATE ROLE crowd LOGIN; CREATE SCHEMA crowd AUTHORIZATION crowd");
	$node->safe_psql('postgres', 'SET SESSION AUTHORIZATION crowd; ' . join('; ', map { "CREATE SEQUENCE crowd.s$_" } 1 .. 20));
	$node->safe_psql('postgres', "SET SESSION AUTHORIZATION crowd; SELECT segment_nextval('crowd.s' || n) FROM generate_series(1, 20) n");
	is($node->safe_psql('postgres', $chunk), 2, 'who uses many sequences does not take the room of others');
	$node->safe_psql('postgres', join('; ', map { "CREATE SEQUENCE mine$_" } 1 .. 3));
	$node->safe_psql('postgres', "SELECT segment_nextval('mine' || n) FROM generate_series(1, 3) n");
	is($node->safe_psql('postgres', "SELECT string_agg(sequence::text, ' ' ORDER BY sequence::text) FROM segments WHERE sequence::text ~ '^mine'"), 'mine mine1 mine2 mine3', '... and others get room');
	is($node->safe_psql('postgres', 'SELECT count(*) FROM segments'), 8, '... of which there is no more');
	$node->stop('fast');
	return;
}

# ---------------------------------------------------------------------- the free list

sub free_list { return $root->safe_psql('postgres', "SELECT free FROM segment_free WHERE sequence = '$_[0]'::regclass"); }

sub check_list
{
	my $session = session($one);
	my @numbers;

	like($session->error("CREATE SEQUENCE big; SELECT segment_configure('big', free_list => true)"), qr/22023: sequence "big" cannot have a free list/, 'a sequence that does not run out has no free list');
	new_segment('small', as => 'smallint', step => 1000, free_list => 'true');
	draw($_, 'small', 10) foreach $one, $two;
	is(give_back($one, 'small'), 990, 'what others have taken after is given to the list');
	is(free_list('small'), '{[11,1001)}', '... of the root');
	is(column($root, 'small', 'issued'), 2000, '... for which it remains issued');
	draw($one, 'small', 10);
	is(give_back($two, 'small'), 990, 'another range');
	is(free_list('small'), '{[11,1001),[1011,2001)}', '... is there, too');
	push @numbers, draw($_, 'small', 3000) foreach $one, $two;
	is($twice, 0, 'while there are others, numbers of the list are not issued');
	is((grep { $_ > 10 && $_ < 1001 } @numbers), 0, '... as is seen');
	$root->safe_psql('postgres', 'ALTER SEQUENCE small MINVALUE 0');
	is($root->safe_psql('postgres', "SELECT segment_take_free('small', 1, 10)"), '', 'ALTER SEQUENCE ends the list, as it may have restarted the sequence');
	is(give_back($_, 'small'), 0, '... and nothing that was taken before gets on it') foreach $one, $two;
	is(free_list('small'), '{[11,1001),[1011,2001)}', '... whose row remains as it was');
	is($root->safe_psql('postgres', "SELECT count(*) FROM segment_free WHERE sequence = 'small'::regclass AND file = pg_relation_filenode(sequence)"), 0, '... and is that of a former file');
	$session->quit;
	return;
}

# The list itself: only what the same file on the same timeline has granted gets on it, and what is taken from it is not there again.
sub check_epochs
{
	my $session = session($root);
	my $free = sub { return $session->query("SELECT free FROM segment_free WHERE sequence = 'epochs'::regclass") };
	my $grant = sub { return split /\|/, $session->query("SELECT lower(range), token, epoch FROM segment_grant('epochs', 100)") };
	my $back = sub { return $session->query("SELECT coalesce(segment_take_back('epochs', $_[0], $_[1], 0, $_[2]), 'refused')") };

	$session->query("CREATE SEQUENCE epochs AS smallint; ALTER SEQUENCE epochs OWNER TO leaf; SELECT segment_configure('epochs', free_list => true, grants => true)");
	my (undef, undef, $epoch) = $grant->();
	$grant->();
	is($back->(51, 100, 0), 'refused', 'a range without an epoch does not get on the list');
	is($back->(51, 100, $epoch + 1), 'refused', '... nor one with another');
	is($back->(-1000, -1, $epoch), 'refused', '... nor numbers below the minimum value');
	is($back->(51, 100, $epoch), 'listed', '... but one with that of the sequence');
	is($session->query("SELECT (one).range, (two).range, (one).epoch = $epoch FROM (SELECT segment_take_free('epochs', 1, 10) AS one, segment_take_free('epochs', 1, 10) AS two) s"), '[51,61)|[61,71)|t', 'two are taken in one statement');
	is($session->query("SELECT count(*) FROM segment_grants WHERE sequence = 'epochs'::regclass AND range IN ('[51,61)', '[61,71)')"), 2, '... and recorded');
	is($session->query("SET synchronous_commit = off; SELECT range FROM segment_take_free('epochs', 1, 10)"), '[71,81)', 'a range is taken with synchronous_commit off');
	crash_server($root);
	$session = session($root);
	is($free->(), '{[81,101)}', '... and not on the list after a crash');
	$session->query('ALTER SEQUENCE epochs RESTART');
	$grant->() foreach 1, 2;
	is($back->(1, 50, $epoch), 'refused', 'a range from before a restart of the sequence does not get on the list');
	is($session->query("SELECT range FROM segment_take_free('epochs', 1, 10)"), '', '... where others may have it');
	is($session->query("SET ROLE leaf; SELECT segment_configure('epochs', free_list => false); RESET ROLE; SELECT count(*) FROM segment_free WHERE sequence = 'epochs'::regclass"), "\n0", 'its owner empties the list');
	$session->quit;
	return;
}

# A segment of 400 numbers on whose list are those from 11 to 100.
sub new_end
{
	my ($name) = @_;

	new_segment($name, as => 'smallint MAXVALUE 400', step => 100, free_list => 'true', port => $port);
	draw($_, $name, 10) foreach $one, $two;
	is(give_back($one, $name), 90, "$name: a range is given to the list");
	return;
}

# Draws all numbers that there are, in two statements at a time, so that some are drawn before one fails.
sub drain
{
	my ($node, $name) = @_;
	my (undef, $output) = $node->psql('postgres',
		"SET idgen.max_wait = '5s';\n" . "SELECT segment_nextval('$name') FROM generate_series(1, 10);\n" x 60, on_error_stop => 1);
	my @numbers = grep { /^\d+$/ } split /\n/, $output;

	$twice += grep { $seen{$name}->{$_}++ } @numbers;
	return @numbers;
}

# At the end of the numbers, those of the list are issued, also out of order, and none twice.
sub check_end
{
	new_end('ends');
	my @numbers = drain($two, 'ends');
	is($twice, 0, '... none comes twice');
	is(scalar(grep { $_ > 10 && $_ <= 100 } @numbers), 90, '... all of the list are issued when there are no others');
	ok((grep { $_ > 300 } @numbers) > 0 && $numbers[-1] <= 100, '... and not before');
	is(free_list('ends'), '{}', '... and it is empty');
	is(column($two, 'ends', 'last_error'), 'the root has no more numbers', '... which is the end');
	like($two->safe_psql('postgres', "SELECT finding || ' ' || hint FROM idgen_check() WHERE subject = 'segment public.ends'"), qr/^No numbers come from its root: the root has no more numbers\. What is left.* Raise the maximum value of the sequence at the root\.$/m, '... as idgen_check() says');
	return;
}

# A range of the list of which the taker does not hear is lost.
sub check_cut_takes
{
	my $left;

	new_end('lost');
	append_to_file($cut, '');
	my @numbers = drain($two, 'lost');
	unlink($cut);
	$left = free_list('lost');
	isnt($left, '{[11,101)}', '... the answer to a take from it is cut off');
	is(scalar(grep { $_ > 10 && $_ <= 100 } @numbers), 0, '... so the range is lost');
	crash_server($root);
	is(free_list('lost'), $left, '... also after a crash');
	drain($_, 'lost') foreach $two, $one;
	is($twice, 0, '... and not used twice');
	return;
}

check_newest();
check_reserve();
check_tokens();
check_absence();
check_cut_returns();
check_crash();
$twice = 0;
check_crowd();
check_list();
check_epochs();
check_end();
check_cut_takes();

kill('TERM', $proxy);
waitpid($proxy, 0);
$proxy = 0;
$_->stop('fast') foreach $one, $two, $root;
done_testing();
