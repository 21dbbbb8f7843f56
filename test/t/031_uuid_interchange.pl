# Guards: UUIDs and ULIDs mean the same to others.  What idgen makes is valid to npm's
# packages uuid and ulid, and of the same version and time; what those make is read with
# the version and the time that they were made with; versions 1 and 6, and UUIDs and ULIDs,
# become each other in the same way here and there.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use IdgenTest;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

my $COUNT = 500;
my $directory = PostgreSQL::Test::Utils::tempdir();

# Why there are no such packages; '' if there are.
sub why_no_packages
{
	foreach my $tool (qw(node npm timeout))
	{
		return "there is no $tool" if system("$tool --version >/dev/null 2>&1") != 0;
	}
	append_to_file("$directory/package.json", '{"private": true}');
	system( "timeout 120 npm install --prefix $directory --cache $directory/cache --ignore-scripts --no-audit --no-fund"
		  . " --fetch-retries=1 --fetch-timeout=20000 uuid\@11 ulid\@3 >$directory/log 2>&1") == 0
	  or note(slurp_file("$directory/log"));
	return system("node -e 'require(\"$directory/node_modules/uuid\"); require(\"$directory/node_modules/ulid\").ulidToUUID' >/dev/null 2>&1") == 0
	  ? ''
	  : 'the packages uuid and ulid cannot be had';
}

my $missing = why_no_packages();
plan skip_all => $missing if $missing;

# Runs JavaScript that has both packages and what lines of JSON were given to it, each in
# lines[], and returns the lines that it prints with say().
my $files = 0;

sub run_javascript
{
	my ($program, @lines) = @_;
	my $base = "$directory/program" . ++$files;
	my $json = JSON::PP->new;

	append_to_file("$base.json", '[' . join(',', map { $json->encode($_) } @lines) . ']');
	append_to_file("$base.js", <<"END");
const uuid = require('uuid'), ulid = require('ulid');
const lines = require('$base.json');
const say = line => console.log(JSON.stringify(line));

// Fields of a UUID, from its bytes.
const hex = id => BigInt('0x' + Buffer.from(uuid.parse(id)).toString('hex'));
const bits = (id, from, count) => hex(id) >> BigInt(128 - from - count) & (1n << BigInt(count)) - 1n;
const ticks = id => uuid.version(id) === 1
	? bits(id, 52, 12) << 48n | bits(id, 32, 16) << 32n | bits(id, 0, 32)
	: bits(id, 0, 48) << 12n | bits(id, 52, 12);
$program
END
	my ($output, $error) = run_command([ 'node', "$base.js" ]);
	diag($error) if $error;
	return map { $json->decode($_) } split /\n/, $output;
}

# The first of some things that are wrong, as one text; '' if none is.
sub first_of
{
	my (@wrong) = @_;
	return @wrong ? scalar(@wrong) . ' are wrong, the first: ' . JSON::PP->new->canonical->encode($wrong[0]) : '';
}

# ---------------------------------------------------------------------- from idgen

# Its version, and an expression that draws one.
my %UUIDS = (
	'uuidv1' => [ 1, 'uuidv1()' ],
	'uuidv1 of the server' => [ 1, 'uuidv1()' ],
	'uuidv1 of version 6' => [ 1, 'uuidv6_to_v1(uuidv6())' ],
	'uuidv4' => [ 4, 'public.uuidv4()' ],
	'uuidv6' => [ 6, 'uuidv6()' ],
	'uuidv6 of the server' => [ 6, 'uuidv6()' ],
	'uuidv6 of version 1' => [ 6, 'uuidv1_to_v6(uuidv1())' ],
	'uuidv7' => [ 7, 'public.uuidv7()' ],
	'uuidv7 shifted' => [ 7, "public.uuidv7(n * interval '1 year')" ],
	'uuidv7 at' => [ 7, "uuidv7_at(timestamptz '1970-01-01 00:00:00+00' + n * n * interval '12.3456 days')" ],
	'uuidv7 sequential' => [ 7, 'uuidv7_sequential()' ]);

sub check_our_uuids
{
	my ($node) = @_;
	my @rows;

	foreach my $kind (sort keys %UUIDS)
	{
		my ($version, $draw) = @{ $UUIDS{$kind} };
		my $setting = $kind =~ /server/ ? 'server' : 'random';
		my $converted = $version == 1 ? 'uuidv1_to_v6(id)' : $version == 6 ? 'uuidv6_to_v1(id)' : 'NULL';

		push @rows, map { [ $kind, $version, split(/\|/, $_, -1) ] } split /\n/,
		  $node->safe_psql('postgres',
			"SET idgen.uuid_node = $setting; SELECT id, floor(extract(epoch FROM uuid_timestamp(id)) * 1000), $converted FROM (SELECT $draw AS id FROM generate_series(1, $COUNT) AS n OFFSET 0) AS drawn"
		  );
	}

	# What npm would make of the fields of one is the same one.
	my @wrong = run_javascript(<<'END', @rows);
const again = id => uuid[`v${uuid.version(id)}`]({
	msecs: Number(ticks(id) / 10000n) - 12219292800000, nsecs: Number(ticks(id) % 10000n),
	clockseq: Number(bits(id, 66, 14)), node: uuid.parse(id).slice(10) });
const time = id => uuid.version(id) === 7 ? bits(id, 0, 48)
	: uuid.version(id) === 4 ? '' : ticks(id) / 10000n - 12219292800000n;

for (const row of lines) {
	const [kind, version, id, ms, converted] = row;
	let ok = uuid.validate(id) && uuid.version(id) === version && String(time(id)) === ms;

	if (version === 1)
		ok = ok && uuid.v1ToV6(id) === converted && uuid.v6ToV1(converted) === id && again(id) === id;
	if (version === 6)
		ok = ok && uuid.v6ToV1(id) === converted && uuid.v1ToV6(converted) === id && again(id) === id;
	if (version !== 1 && version !== 6)
		ok = ok && converted === '';
	if (!ok)
		say(row);
}
say('done');
END
	is(pop @wrong, 'done', 'npm reads ' . @rows . ' of our UUIDs');
	foreach my $kind (sort keys %UUIDS)
	{
		is(first_of(grep { $_->[0] eq $kind } @wrong), '', "... with version and time: $kind");
	}
	return;
}

sub check_our_ulids
{
	my ($node) = @_;
	my %draw = (
		'ulid' => 'ulid()',
		'ulid monotonic' => 'ulid_monotonic()',
		'ulid at' => "ulid_at(timestamptz '1970-01-01 00:00:00+00' + n * n * interval '12.3456 days')",
		'ulid sequential' => 'ulid_sequential()',
		'ulid of a UUID' => 'public.uuidv4()::ulid',
		'bounds' => "CASE WHEN n = 1 THEN ulid '00000000000000000000000000' ELSE ulid '7ZZZZZZZZZZZZZZZZZZZZZZZZZ' END");
	my @rows = map {
		my $kind = $_;
		map { [ $kind, split /\|/ ] } split /\n/,
		  $node->safe_psql('postgres',
			"SELECT id, (extract(epoch FROM id::timestamptz) * 1000)::bigint, id::uuid FROM (SELECT $draw{$kind} AS id FROM generate_series(1, $COUNT) AS n OFFSET 0) AS drawn")
	} sort keys %draw;

	# Within a millisecond ulid_monotonic() does as a monotonicFactory() would.
	my @wrong = run_javascript(<<'END', @rows);
let before = null, increments = 0;

for (const row of lines) {
	const [kind, id, ms, as_uuid] = row;
	let ok = ulid.isValid(id) && String(ulid.decodeTime(id)) === ms &&
		ulid.ulidToUUID(id).toLowerCase() === as_uuid && ulid.uuidToULID(as_uuid) === id;

	if (kind === 'ulid monotonic') {
		if (before !== null && before.slice(0, 10) === id.slice(0, 10)) {
			ok = ok && id === before.slice(0, 10) + ulid.incrementBase32(before.slice(10));
			increments++;
		}
		before = id;
	}
	if (!ok)
		say(row);
}
say(increments);
END
	cmp_ok(pop @wrong, '>', $COUNT / 2, 'npm reads ' . @rows . ' of our ULIDs, many of which follow one of the same millisecond');
	foreach my $kind (sort keys %draw)
	{
		is(first_of(grep { $_->[0] eq $kind } @wrong), '', "... with the time, the UUID and the next one: $kind");
	}
	return;
}

# ---------------------------------------------------------------------- from npm

# The texts of all rows whose IDs are read in another way than was expected of them.
sub misread
{
	my ($node, $columns, $condition, @rows) = @_;
	my $values = join ",\n", map { '(' . join(', ', map { defined $_ ? "'$_'" : 'NULL' } @$_) . ')' } @rows;

	return split /\n/, $node->safe_psql('postgres', "SELECT t::text FROM (VALUES $values) AS t($columns) WHERE ($condition) IS NOT TRUE");
}

# Times from 1600 on, those of version 7 from 1970, up to when they end.
sub check_their_uuids
{
	my ($node) = @_;
	my @rows = run_javascript(<<"END");
const between = (least, greatest) => least + Math.floor(Math.random() * (greatest - least));
const name = n => `name \${n}`;
const row = (kind, version, id, us, converted) => say([kind, version, id, us === null ? null : String(us), converted]);

for (let n = 0; n < $COUNT; n++) {
	const options = { msecs: between(-11676096000000, 103072857660684), nsecs: between(0, 10000), clockseq: between(0, 16384) };
	const us = BigInt(options.msecs) * 1000n + BigInt(Math.floor(options.nsecs / 10));
	const ms = between(0, 2 ** 48);
	const v1 = uuid.v1(options), v6 = uuid.v6(options);

	row('v1', 1, v1, us, uuid.v1ToV6(v1));
	row('v6', 6, v6, us, uuid.v6ToV1(v6));
	row('v7', 7, uuid.v7({ msecs: ms }), ms * 1000, null);
	row('v3', 3, uuid.v3(name(n), uuid.v3.DNS), null, null);
	row('v4', 4, uuid.v4(), null, null);
	row('v5', 5, uuid.v5(name(n), uuid.v5.URL), null, null);
}
for (const [id, us] of [[uuid.v1(), Date.now()], [uuid.v6(), Date.now()], [uuid.v7(), Date.now()]])
	row('now', uuid.version(id), id, us * 1000, uuid.version(id) === 1 ? uuid.v1ToV6(id) : uuid.version(id) === 6 ? uuid.v6ToV1(id) : null);
row('nil', null, uuid.NIL, null, null);
row('max', null, uuid.MAX, null, null);
END
	my %conditions = (
		(map { $_ => 'extract(epoch FROM uuid_timestamp(id::uuid)) * 1000000 = us::numeric' } qw(v1 v6 v7)),
		(map { $_ => 'uuid_timestamp(id::uuid) IS NULL' } qw(v3 v4 v5 nil max)),
		now => 'abs(extract(epoch FROM uuid_timestamp(id::uuid)) * 1000000 - us::numeric) < 5e6');
	my %names = (nil => 'Nil UUID of RFC 9562', max => 'Max UUID of RFC 9562');

	is(scalar(@rows), 6 * $COUNT + 5, 'npm makes UUIDs');
	foreach my $kind (sort keys %conditions)
	{
		my $name = $names{$kind} ? "'%$names{$kind}%'" : q('%UUID of RFC 9562, version ' || version || ':%');

		is( first_of(
				misread(
					$node,
					'kind, version, id, us, converted',
					"$conditions{$kind} AND uuid_inspect(id::uuid) LIKE $name AND CASE version WHEN '1' THEN uuidv1_to_v6(id::uuid)
						WHEN '6' THEN uuidv6_to_v1(id::uuid) END IS NOT DISTINCT FROM converted::uuid",
					grep { $_->[0] eq $kind } @rows)),
			'',
			"... which we read with version and time: $kind");
	}
	return;
}

sub check_their_ulids
{
	my ($node) = @_;
	my @rows = run_javascript(<<"END");
const next = ulid.monotonicFactory();
const row = (kind, id, before) => say([kind, id, ulid.decodeTime(id), ulid.ulidToUUID(id), before]);

for (let n = 0; n < $COUNT; n++) {
	row('any time', ulid.ulid(Math.floor(Math.random() * 2 ** 48)), null);
	row('of a UUID', ulid.uuidToULID(uuid.v7()), null);
}
for (let n = 0, before = next(1469918176385); n < $COUNT; n++) {
	// A clock that goes back changes nothing.
	const id = next(1469918176385 - n % 3);

	row('monotonic', id, before);
	before = id;
}
row('bounds', ulid.MIN_ULID, null);
row('bounds', ulid.MAX_ULID, null);
END

	is(scalar(@rows), 3 * $COUNT + 2, 'npm makes ULIDs');
	foreach my $kind ('any time', 'of a UUID', 'monotonic', 'bounds')
	{
		is( first_of(
				misread(
					$node,
					'kind, id, ms, id_as_uuid, before',
					'id::ulid::text = id AND lower(id)::ulid = id::ulid AND id::ulid::uuid = id_as_uuid::uuid AND id_as_uuid::uuid::ulid = id::ulid
					AND extract(epoch FROM id::ulid::timestamptz) * 1000 = ms::numeric AND (before IS NULL OR id::ulid > before::ulid)',
					grep { $_->[0] eq $kind } @rows)),
			'',
			"... which we read with the time, and as the UUID that npm makes of it: $kind");
	}
	return;
}

my $node = new_server('interchange');
check_our_uuids($node);
check_our_ulids($node);
check_their_uuids($node);
check_their_ulids($node);

done_testing();
