# The ordinary tasks by DBD::Pg.  See ../python/tasks.py.

use strict;
use warnings;

use DBI;
use JSON::PP;

my ($type, $help) = @ENV{qw(ID_TYPE HELP)};
my $dbh = DBI->connect('dbi:Pg:', undef, undef, { RaiseError => 1, PrintError => 0 });
my @hour_ago = gmtime(time - 3600);
my $hour_ago = sprintf '%d-%02d-%02d %02d:%02d:%02d+00', $hour_ago[5] + 1900, $hour_ago[4] + 1, @hour_ago[ 3, 2, 1, 0 ];
my $since = $type eq 'bigint' ? 'id >= snowflake_lower_bound(?)' : 'id >= ?' . ($help ? '::timestamptz' : '');
my ($tea, $milk);

print "version DBD::Pg $DBD::Pg::VERSION\n";

sub task
{
	my ($name, $run) = @_;
	if (eval { $run->(); 1 }) { print "ok $name\n"; return; }
	my ($why) = $@ =~ /^(.*)/;
	print "not ok $name # $why\n";
}

sub one { my ($sql, @parameters) = @_; return $dbh->selectrow_array($sql, undef, @parameters); }

sub expect
{
	my ($got, $expected) = @_;
	die "$got where $expected was expected\n" unless $got eq $expected;
}

sub exact { my ($item, $got) = @_; expect($got, scalar one('SELECT id::text FROM orders WHERE item = ?', $item)); }

task(create => sub { $dbh->do($ENV{CREATE_TABLES}) });
task(insert => sub {
	$tea = one("INSERT INTO orders (item) VALUES ('tea') RETURNING id");
	$milk = one("INSERT INTO orders (item) VALUES ('milk') RETURNING id");
	exact('tea', $tea);
});
task(given => sub {
	my $number = one('SELECT snowflake_nextval()');
	$dbh->do("INSERT INTO orders (id, item) VALUES (?, 'given')", undef, $number);
	exact('given', $number);
});
task(by_id => sub { expect(one('SELECT item FROM orders WHERE id = ?', $tea), 'tea') });
task(by_number => sub { expect(one('SELECT item FROM orders WHERE id = ?', 0 + $tea), 'tea') });
task(by_text => sub { expect(one('SELECT item FROM orders WHERE id = ?', "$tea"), 'tea') });
task(list => sub { expect(one('SELECT count(*) FROM orders WHERE id = ANY(?)', [ $tea, $milk ]), 2) });
task(array => sub {
	# snippet: arrays
	my $cast = $help ? '::bigint[]' : '';
	my $ids = one("SELECT array_agg(id ORDER BY id)$cast FROM orders WHERE item IN ('tea', 'milk')");
	# end
	expect("@$ids", "$tea $milk");
});
task(time => sub { expect(one("SELECT count(*) > 1 FROM orders WHERE $since", $hour_ago), 1) });
task(null => sub {
	$dbh->do("INSERT INTO orders (item, parent_id) VALUES ('none', ?)", undef, undef);
	die "not NULL\n" if defined one("SELECT parent_id FROM orders WHERE item = 'none' AND parent_id IS NULL");
});
task(relation => sub {
	expect(one("INSERT INTO orders (item, parent_id) VALUES ('sugar', ?) RETURNING parent_id", $tea), $tea);
	$dbh->do('UPDATE orders SET parent_id = ? WHERE id = ?', undef, $tea, $milk);
	expect(one('SELECT count(*) FROM orders c JOIN orders p ON p.id = c.parent_id WHERE p.id = ?', $tea), 2);
});
task(batch => sub {
	my @numbers = @{ one('SELECT snowflake_nextvals(3)') };
	$dbh->prepare("INSERT INTO orders (id, item, parent_id) VALUES (?, 'batch', ?)")->execute_array(undef, \@numbers, $tea);
	expect(one("SELECT count(*) FROM orders WHERE item = 'batch'"), 3);
});
task(copy => sub {
	my $number = one('SELECT snowflake_nextval()');
	$dbh->do('COPY orders (id, item, parent_id) FROM STDIN');
	$dbh->pg_putcopydata("$number\tcopy\t$tea\n");
	$dbh->pg_putcopyend();
	exact('copy', $number);
});
# How an ID that was just made is learned.
task(last_id => sub {
	my $id;
	if (!$help)
	{
		$dbh->do("INSERT INTO orders (item) VALUES ('bread')");
		$id = $dbh->last_insert_id(undef, 'public', 'orders', 'id');
	}
	else
	{
		# snippet: id
		($id) = $dbh->selectrow_array("INSERT INTO orders (item) VALUES ('bread') RETURNING id");
		# end
	}
	exact('bread', $id);
});
task(uuidv7 => sub {
	my $id = one('INSERT INTO payments (amount) VALUES (1) RETURNING id');
	expect(one('SELECT amount FROM payments WHERE id = ?', $id), 1);
});
task(ulid => sub {
	my $id = one("INSERT INTO notes (body) VALUES ('a note') RETURNING id");
	expect(one('SELECT body FROM notes WHERE id = ANY(?)', [$id]), 'a note');
});
print 'json ', encode_json({ id => $tea }) =~ /"id":"/ ? 'string' : 'number', "\n";
