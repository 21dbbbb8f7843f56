# What reads without naming a layout goes by the server's, idgen.layout: in queries, in
# definitions that are evaluated by themselves, and in statements that were prepared or
# stored under another one.  What names a layout goes by that.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use Test::More;

my $node = new_server('reading', conf => "timezone = 'UTC'");

# IDs of Twitter's layout, a day each.  Of the server's layout are a view, a constraint, a
# trigger's condition, a default, a function in SQL and one in PL/pgSQL; Twitter's is what
# is stored.
$node->safe_psql('postgres', <<'END');
CREATE TABLE tweets (id snowflake PRIMARY KEY,
	created_at timestamptz GENERATED ALWAYS AS (snowflake_timestamp(id, 'twitter')) STORED);
CREATE INDEX tweets_time ON tweets (snowflake_timestamp(id, 'twitter'));
INSERT INTO tweets SELECT snowflake_make(timestamptz '2022-06-01' + n * interval '1 day', layout => 'twitter') FROM generate_series(0, 9) AS n;
ANALYZE tweets;
CREATE VIEW seen AS SELECT id, id::timestamptz AS created_at FROM tweets WHERE id <@ '[2022-06-03,2022-06-05)';
CREATE TABLE checked (id snowflake CHECK (id >= timestamptz '2022-06-03' AND id <@ '[2022-06-03,2022-06-05)'),
	noted_at timestamptz DEFAULT snowflake_timestamp(snowflake_lower_bound('2022-06-03')));
CREATE TABLE noticed (id snowflake);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO noticed VALUES (new.id); RETURN new; END';
CREATE TRIGGER note BEFORE INSERT ON checked FOR EACH ROW
	WHEN (new.id < timestamptz '2022-06-04' AND tstzrange('2022-06-03', NULL) @> new.id) EXECUTE FUNCTION note();
CREATE FUNCTION in_sql(id snowflake) RETURNS timestamptz LANGUAGE sql STABLE RETURN id::timestamptz;
CREATE FUNCTION in_plpgsql(id snowflake) RETURNS timestamptz LANGUAGE plpgsql STABLE AS 'BEGIN RETURN id::timestamptz; END';
END

sub restart_with
{
	my ($layout) = @_;

	$node->adjust_conf('postgresql.conf', 'idgen.layout');
	$node->append_conf('postgresql.conf', "idgen.layout = '$layout'");
	$node->restart;
	return session($node);
}

# An ID of Twitter's layout at noon of a day.
sub noon
{
	return "snowflake_make('$_[0] 12:00', layout => 'twitter')";
}

my $DAYS = '2022-06-03 00:00:00+00,2022-06-04 00:00:00+00';

# Under Twitter's layout all is as stored.
my $session = restart_with('twitter');
is($session->query('SELECT snowflake_layout()'), 'twitter', 'the server reads as Twitter');
is($session->query(q{SELECT string_agg(created_at::text, ',' ORDER BY id) FROM seen}), $DAYS, '... in a view');
is($session->query('SELECT bool_and(created_at = id::timestamptz AND created_at = in_sql(id) AND created_at = in_plpgsql(id)) FROM tweets'),
	't', '... and in functions, as what names the layout');
like($session->query(q{SET enable_seqscan = off; EXPLAIN (COSTS OFF) SELECT * FROM tweets WHERE id::timestamptz > '2022-06-07'}),
	qr/tweets_time/, '... so its index serves');
$session->query(q{INSERT INTO checked VALUES (} . noon('2022-06-03') . '), (' . noon('2022-06-04') . ')');
is($session->query('SELECT count(*) FROM noticed'), 1, '... in the condition of a trigger');
like($session->error('INSERT INTO checked VALUES (' . noon('2022-06-05') . ')'), qr/ERROR:  23514/, '... in a constraint');
is($session->query('SELECT DISTINCT noted_at FROM checked'), '2022-06-03 00:00:00+00', '... and in a default');

# Under another the same definitions mean other times; what names one has not changed.
$session = restart_with('default');
is($session->query('SELECT count(*), min(created_at) FROM tweets'), '10|2022-06-01 00:00:00+00', 'read as default: what is stored stays');
is($session->query('SELECT count(*) FROM seen'), 0, '... a view goes by the new layout');
is($session->query(q{SELECT bool_and(id::timestamptz - created_at = timestamptz '2020-01-01' - timestamptz '2010-11-04 01:42:54.657') FROM tweets}),
	't', '... as does the cast');
like($session->error('INSERT INTO checked VALUES (' . noon('2022-06-03') . ')'), qr/ERROR:  23514/, '... a constraint, too');
is($session->query(q{INSERT INTO checked VALUES (snowflake_lower_bound('2022-06-03')); SELECT count(*) FROM noticed}), 2, '... and a trigger');
unlike($session->query(q{SET enable_seqscan = off; EXPLAIN (COSTS OFF) SELECT * FROM tweets WHERE id::timestamptz > '2022-06-07'}),
	qr/tweets_time/, '... but not an index of another layout');
like($session->query(q{EXPLAIN (COSTS OFF) SELECT * FROM tweets WHERE snowflake_timestamp(id, 'twitter') > '2022-06-07'}),
	qr/tweets_time/, '... unless it is named');

# A layout that uses the sign bit: IDs from the sign date on are negative numbers.
$session = restart_with('discord');
is($session->query('SELECT snowflake_timestamp(175928847299117063), snowflake_timestamp(-1)'),
	'2016-04-30 11:18:25.796+00|2154-05-15 07:35:11.103+00', 'read as Discord');
is($session->query(q{SELECT snowflake_upper_bound('2100-01-01')}), '9223372036854775807', '... bounds end where the sign turns');

# Where the time is not the highest field, ranges are a filter, and moments no bounds.
$session = restart_with('seata');
$session->query(q{CREATE TABLE transactions AS
	SELECT snowflake_make('2026-03-01 12:00'::timestamptz + n * interval '1 day', worker_id => 99 - n)::snowflake AS id FROM generate_series(0, 9) AS n});
my $MARCH_3 = q{'[2026-03-03,2026-03-05)'};
foreach my $condition ("id <@ $MARCH_3", "$MARCH_3\::tstzrange @> id", "snowflake_created_in(id, $MARCH_3)",
	"id <@ (SELECT tstzrange $MARCH_3 OFFSET 0)", "id <@ ANY (ARRAY[tstzrange $MARCH_3])")
{
	is($session->query("SELECT count(*), min(id::timestamptz), max((snowflake_parse(id)).worker_id) FROM transactions WHERE $condition"),
		'2|2026-03-03 12:00:00+00|97', "read as Seata: $condition");
}
like($session->query("EXPLAIN (COSTS OFF) SELECT * FROM transactions WHERE id <@ $MARCH_3"), qr/Filter: \(id <@ /, '... is a filter');
like($session->error($_), qr/ERROR:  0A000: snowflake layout has no bounds on IDs/, "... $_: an error")
  foreach "SELECT * FROM transactions WHERE id >= timestamptz '2026-03-03'",
  'SELECT snowflake_lower_bound(now())', "SELECT snowflake_period('day', now())";
like($session->error("INSERT INTO checked VALUES (1)"), qr/ERROR:  0A000/, '... in a trigger, too');

# A layout of fewer bits.
$session = restart_with('js53');
is($session->query(q{SELECT snowflake_upper_bound('infinity'), count(*) FROM tweets WHERE id <@ '(,)'}),
	'9007199254740991|0', 'read as a number of JavaScript: larger IDs have no time');
is($session->query(q{SELECT id <@ '(,)', id::timestamptz > now() - interval '1 minute' FROM (SELECT snowflake_nextval()::snowflake AS id OFFSET 0) AS drawn}),
	't|t', '... new ones have');

$session->quit;
$node->stop;
done_testing();
