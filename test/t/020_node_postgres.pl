# Guards: IDs reach JavaScript unharmed.  Its numbers are exact up to 2^53, which IDs have
# passed; so a snowflake is a string wherever node-postgres reads one, in JSON too, where a
# bigint comes out as a number and is rounded.  And what JavaScript sends, as a string, a
# number or a BigInt, is the ID it means.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'there is no node.js with the module pg'
  if system(q(node -e 'require("pg")' >/dev/null 2>&1)) != 0;

# Runs the cases that follow it, and prints the rows of each, or its error, as a line.
my $PROGRAM = <<'END';
const { Client, types } = require('pg');

async function run(client, text, values) {
	try {
		const { rows } = await client.query({ text, values, rowMode: 'array' });
		console.log(JSON.stringify(rows));
	} catch (error) {
		console.log(`${error.code}: ${error.message}`);
	}
}

async function main() {
	const [host, port, user] = process.argv.slice(2);
	const client = new Client({ host, port, user, database: 'postgres' });
	const hour = 3600 * 1000, now = Date.now();
	const before = new Date(now - hour), after = new Date(now + hour);

	await client.connect();
	for (const [text, values] of cases(before, after))
		await run(client, text, values);

	// An array of snowflakes, once it is said to be read as one of bigint, whose number is 1016.
	const { rows } = await client.query("SELECT 'snowflake[]'::regtype::oid");
	types.setTypeParser(rows[0].oid, types.getTypeParser(1016));
	await run(client, 'SELECT ids FROM flakes WHERE id = 9007199254740993', []);
	await client.end();
}

END

# 2^53 + 1, the first ID that a number cannot hold, in a column of each type.
my $TABLES = <<'END';
CREATE TABLE flakes (id snowflake PRIMARY KEY DEFAULT snowflake_nextval(), ids snowflake[], note text);
CREATE TABLE numbers (id bigint PRIMARY KEY, ids bigint[], note text);
INSERT INTO flakes VALUES (9007199254740993, '{9007199254740993}', 'old');
INSERT INTO numbers TABLE flakes;
INSERT INTO flakes (note) SELECT 'new' FROM generate_series(1, 100);
ANALYZE;
ALTER DATABASE postgres SET enable_seqscan = off;
END

# What is shown, and how JavaScript sees that of a snowflake and that of a bigint.
my @READ = (
	[ 'id', '"9007199254740993"', '"9007199254740993"' ],
	[ 'id + 1', '"9007199254740994"', '"9007199254740994"' ],
	[ 'to_json(id)', '"9007199254740993"', '9007199254740992' ],
	[ 'row_to_json(t)', '{"id":"9007199254740993","ids":["9007199254740993"],"note":"old"}',
		'{"id":9007199254740992,"ids":[9007199254740992],"note":"old"}' ],
	[ 'to_jsonb(t)', '{"id":"9007199254740993","ids":["9007199254740993"],"note":"old"}',
		'{"id":9007199254740992,"ids":[9007199254740992],"note":"old"}' ],
	[ 'json_agg(t)', '[{"id":"9007199254740993","ids":["9007199254740993"],"note":"old"}]',
		'[{"id":9007199254740992,"ids":[9007199254740992],"note":"old"}]' ],
	[ 'jsonb_agg(id)', '["9007199254740993"]', '[9007199254740992]' ],
	[ q{json_build_object('id', id)}, '{"id":"9007199254740993"}', '{"id":9007199254740992}' ],
	[ 'json_object_agg(id, note)', '{"9007199254740993":"old"}', '{"9007199254740993":"old"}' ],
	[ 'to_json(ids)', '["9007199254740993"]', '[9007199254740992]' ],

	# node-postgres knows how to take an array of bigint to pieces, not one of a type that it
	# has never heard of.
	[ 'ids', '"{9007199254740993}"', '["9007199254740993"]' ],
	[ 'ids::text[]', '["9007199254740993"]', '["9007199254740993"]' ],
	[ 'ids::bigint[]', '["9007199254740993"]', '["9007199254740993"]' ],

	# The largest of some snowflakes is a bigint.
	[ 'to_json(max(id))', '9007199254740992', '9007199254740992' ],
	[ 'to_json(max(id)::snowflake)', '"9007199254740993"', '"9007199254740993"' ]);

# Statements, their parameters, and what comes back.
my $FOUND = '[["9007199254740993"]]';
my @WRITE = (
	[ 'SELECT id FROM flakes WHERE id = $1', q(['9007199254740993']), $FOUND ],
	[ 'SELECT id FROM flakes WHERE id = $1', '[9007199254740993n]', $FOUND ],
	[ 'SELECT id FROM flakes WHERE id = $1', '[9007199254740993]', '[]' ],
	[ 'SELECT id FROM flakes WHERE id = $1', '[42]', '[]' ],
	[ 'SELECT min(id) FROM flakes WHERE id > $1', q(['9007199254740992']), $FOUND ],
	[ 'SELECT min(id) FROM flakes WHERE id > $1', '[9007199254740992n]', $FOUND ],
	[ 'SELECT id FROM flakes WHERE id BETWEEN $1 AND $2', q([0, '9007199254740993']), $FOUND ],
	[ 'SELECT id FROM flakes WHERE id = ANY($1)', q([['9007199254740993', '42']]), $FOUND ],
	[ 'SELECT id FROM flakes WHERE id = ANY($1)', '[[9007199254740993n, 42]]', $FOUND ],
	[ 'SELECT id FROM flakes WHERE id IN ($1, $2)', q(['9007199254740993', 42]), $FOUND ],
	[ 'INSERT INTO flakes VALUES ($1) RETURNING id', q(['9223372036854775807']), '[["9223372036854775807"]]' ],
	[ 'INSERT INTO flakes VALUES ($1) RETURNING id', '[42]', '[["42"]]' ],
	[ 'INSERT INTO flakes VALUES ($1, $2) RETURNING id, ids', q([9007199254740995n, ['9007199254740993', 42n, 42]]),
		'[["9007199254740995","{9007199254740993,42,42}"]]' ],
	[ 'INSERT INTO flakes VALUES ($1) RETURNING id', '[-1]', '22003: value "-1" is out of range for type snowflake' ],
	[ 'INSERT INTO flakes VALUES ($1) RETURNING id', q(['9223372036854775808']),
		'22003: value "9223372036854775808" is out of range for type snowflake' ],
	[ 'UPDATE flakes SET id = $1 WHERE id = $2 RETURNING id', q([43, '42']), '[["43"]]' ],
	[ 'DELETE FROM flakes WHERE id = ANY($1)', q([['43', '9223372036854775807', '9007199254740995']]), '[]' ],
	[ 'INSERT INTO flakes (note) VALUES ($1) RETURNING id > 9007199254740993, id::text = id::bigint::text', q(['made']), '[[true,true]]' ],

	# JSON that comes back.
	[ 'SELECT * FROM json_to_recordset($1) AS t(id snowflake)', q([JSON.stringify([{ id: '9007199254740993' }, { id: 42 }])]),
		'[["9007199254740993"],["42"]]' ],
	[ q(SELECT id FROM jsonb_populate_record(NULL::flakes, $1)), q([{ id: '9007199254740993', ids: ['42'] }]), $FOUND ],

	# Times.  What has no type and is compared with a snowflake is a bigint.
	[ 'SELECT count(*) FROM flakes WHERE id >= $1', '[before]', qr/^22P02: invalid input syntax for type bigint: "\d{4}-\d\d-\d\dT[^"]+"$/ ],
	[ 'SELECT count(*) FROM flakes WHERE id >= $1::timestamptz', '[before]', '[["101"]]' ],
	[ 'SELECT count(*) FROM flakes WHERE id < $1::timestamptz', '[before]', '[["1"]]' ],
	[ 'SELECT count(*) FROM flakes WHERE id <@ tstzrange($1, $2)', '[before, after]', '[["101"]]' ],
	[ 'SELECT count(*) FROM flakes WHERE id <@ $1', '[`[${before.toISOString()},)`]', '[["101"]]' ],
	[ 'SELECT count(*) FROM flakes WHERE snowflake_created_in(id, tstzrange($1, $2))', '[before, after]', '[["101"]]' ],
	[ 'SELECT id::timestamptz FROM flakes WHERE id = $1', q(['9007199254740993']), '[["2020-01-25T20:31:23.648Z"]]' ],
	[ 'SELECT snowflake_timestamp($1)', '[9007199254740993n]', '[["2020-01-25T20:31:23.648Z"]]' ],

	# Indexes.
	map({ [ "EXPLAIN (COSTS OFF) SELECT * FROM flakes WHERE $_->[0]", $_->[1], qr/using flakes_pkey.*Index Cond: $_->[2]/ ] }
		[ 'id = $1', q(['9007199254740993']), qr/\(\(id\)::bigint = '9007199254740993'::bigint\)/ ],
		[ 'id = ANY($1)', q([['9007199254740993', '42']]), qr/\(\(id\)::bigint = ANY \('\{9007199254740993,42\}'::bigint\[\]\)\)/ ],
		[ 'id >= $1::timestamptz', '[after]', qr/\(\(id\)::bigint >= '\d+'::bigint\)/ ],
		[ 'id <@ tstzrange($1, $2)', '[before, after]', qr/\(\(\(id\)::bigint >= '\d+'::bigint\) AND \(\(id\)::bigint <= '\d+'::bigint\)\)/ ]));

my $node = new_server('javascript', conf => 'enable_bitmapscan = off');
$node->safe_psql('postgres', $TABLES);

my @cases = (
	map({
			my ($expression, $flake, $number) = @$_;
			my $select = "SELECT $expression FROM";
			my $rest = "AS t WHERE note = 'old' GROUP BY id, ids, note, t";

			(   [ "$select flakes $rest", '[]', "[[$flake]]", "$expression of a snowflake" ],
				[ "$select numbers $rest", '[]', "[[$number]]", '... of a bigint' ])
		} @READ),
	map({ [ @$_, "$_->[0] of $_->[1]" ] } @WRITE));

my $file = PostgreSQL::Test::Utils::tempdir() . '/cases.js';
my $json = JSON::PP->new->allow_nonref;
append_to_file($file,
	join('', $PROGRAM, "const cases = (before, after) => [\n", map({ "\t[" . $json->encode($_->[0]) . ", $_->[1]],\n" } @cases), "];\n\nmain();\n"));

my ($output, $error) = run_command([ 'node', $file, $node->host, $node->port, scalar getpwuid($<) ]);
my @lines = split /\n/, $output;
is(scalar @lines, @cases + 1, 'the program runs') || diag($error);
foreach my $case (@cases)
{
	my ($sql, $values, $expected, $name) = @$case;
	my $line = shift @lines;

	ref $expected ? like($line, $expected, $name) : is($line, $expected, $name);
}
is($lines[0], '[[["9007199254740993"]]]', 'an array of snowflakes, for which there is a parser');

done_testing();
