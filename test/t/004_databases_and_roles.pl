# Guards: a server has one timeline, whatever databases and roles draw from it, and
# nobody needs a privilege for it.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use Test::More;

my $COUNT = 20_000;

my $node = new_server('databases');
$node->safe_psql(
	'postgres', q{
	CREATE ROLE regress_drawer LOGIN;
	CREATE ROLE regress_other LOGIN;
	CREATE DATABASE other;
	CREATE DATABASE moved});
$node->safe_psql('other', 'CREATE EXTENSION idgen');
$node->safe_psql('moved', 'CREATE SCHEMA ids; CREATE EXTENSION idgen SCHEMA ids');

my @sessions = (
	session($node),
	session($node, dbname => 'other'),
	session($node, user => 'regress_drawer'),
	session($node, dbname => 'other', user => 'regress_other'));

# Turns: with the timeline ahead, the order is that of the draws alone.
$sessions[0]->query(push_ahead(900));
my @in_turn;
for my $round (1 .. 10)
{
	push @in_turn, $_->ids(burst(300)) foreach @sessions;
}
is_increasing(\@in_turn, 'one order in all databases and roles');

# All at once.
$_->send("SELECT snowflake_nextval() FROM generate_series(1, $COUNT)") foreach @sessions;
my @drawn = map { [ split /\n/, ($_->finish)[0] ] } @sessions;
is(scalar(map { @$_ } @drawn), @sessions * $COUNT, 'every session was served');
are_distinct([ map { @$_ } @drawn ], 'no duplicate among databases and roles');

is($sessions[0]->query("SELECT count(*) FROM idgen_slots WHERE ids_issued >= $COUNT"),
	scalar @sessions, 'the slots of all databases are seen in one');

# What a role without privileges may do.
my $drawer = $sessions[2];
is($drawer->query('SELECT rolsuper FROM pg_roles WHERE rolname = current_user'),
	'f', 'not a superuser');
foreach my $call (
	'snowflake_nextval()', 'snowflake_nextvals(2)',
	'snowflake_next_block(2)', 'snowflake_parse(1)',
	'snowflake_timestamp(1)', 'public.uuidv7()',
	"public.uuidv7(interval '1 day')", 'idgen_status()',
	'idgen_get_slots()')
{
	is($drawer->error("SELECT $call"), '', "may call $call");
}
is($drawer->query('SELECT count(*) FROM idgen_slots'),
	1, 'may read idgen_slots, where its own is');

# What it may not do.
foreach my $sql (
	'SET idgen.max_drift = 0',
	'SET idgen.worker_id = 1',
	'ALTER ROLE regress_drawer SET idgen.worker_id = 1',
	'ALTER SYSTEM SET idgen.worker_id = 1')
{
	isnt($drawer->error($sql), '', "may not: $sql");
}

# Wherever the extension is installed, its view finds its functions.
is($node->safe_psql('moved', 'SELECT count(*) FROM ids.idgen_slots'),
	scalar @sessions, 'in another schema');
$node->safe_psql('moved', 'ALTER EXTENSION idgen SET SCHEMA public');
is($node->safe_psql('moved', 'SELECT count(*) FROM idgen_slots WHERE pid <> 0'),
	scalar @sessions, 'and moved to yet another');

$_->quit foreach @sessions;
done_testing();
