# Periods in the time zones that the server knows, against python3's zoneinfo: around each change of a zone's clock from
# 2015 to 2035, each moment is in exactly one period, and that is the one which the clock shows.

use strict;
use warnings;

use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use lib $FindBin::RealBin;
use IdgenTest;

my $ORACLE = "$FindBin::RealBin/../library/periods.py";

# The server's own files of time zones, as pg_config tells.
sub zone_directory
{
	my ($configured) = `"$ENV{PG_CONFIG}" --configure` =~ /--with-system-tzdata=([^' ]+)/;
	my ($shared) = `"$ENV{PG_CONFIG}" --sharedir` =~ /(.*)/;
	return $configured // "$shared/timezone";
}

$ENV{PG_CONFIG} //= 'pg_config';
plan skip_all => 'python3 has no zoneinfo' if system('python3', '-c', 'import zoneinfo') != 0;

my $node = new_server('periods');
my $directory = PostgreSQL::Test::Utils::tempdir();

# What python3 reckons: zone, kind, moment, start and end.
# Names that are abbreviations, too, as CET is, mean a fixed offset to PostgreSQL.
append_to_file("$directory/names", $node->safe_psql('postgres', q{
	SELECT name FROM pg_timezone_names WHERE upper(name) NOT IN (SELECT abbrev FROM pg_timezone_abbrevs) ORDER BY name}) . "\n");
{
	local $ENV{PYTHONTZPATH} = zone_directory();
	PostgreSQL::Test::Utils::system_or_bail("python3 '$ORACLE' <'$directory/names' >'$directory/periods'");
}

$node->safe_psql('postgres', qq{
	CREATE TABLE reckoned (zone text, period text, moment timestamptz, starts_at timestamptz, ends_at timestamptz);
	COPY reckoned FROM '$directory/periods';
	CREATE TABLE compared AS
		SELECT r.*, p.starts_at AS own_start, p.ends_at AS own_end, p.from_id, p.to_id
		FROM reckoned r, snowflake_period(period, moment, zone, 'default') p;
});
note($node->safe_psql('postgres', 'SELECT count(*), count(DISTINCT zone) FROM compared'));

sub no_rows
{
	my ($query, $name) = @_;
	return is($node->safe_psql('postgres', "$query ORDER BY 1, 2, 3 LIMIT 10"), '', $name);
}

is($node->safe_psql('postgres', 'SELECT count(DISTINCT zone) > 100, count(DISTINCT period) FROM reckoned'), 't|6', 'there is something to compare');
no_rows('SELECT zone, period, moment, own_start, own_end, starts_at, ends_at FROM compared WHERE (own_start, own_end) IS DISTINCT FROM (starts_at, ends_at)',
	'a period is what python3 reckons');
no_rows('SELECT zone, period, moment, own_start, own_end FROM compared WHERE NOT (own_start <= moment AND moment < own_end)',
	'a moment is in its period');
no_rows(q{SELECT zone, period, own_end, p.starts_at FROM (SELECT DISTINCT zone, period, own_end, to_id AS own_to FROM compared) c,
		snowflake_period(period, own_end, zone, 'default') p WHERE (p.starts_at, p.from_id) IS DISTINCT FROM (own_end, own_to)},
	'the next one starts when it ends');
no_rows(q{SELECT zone, period, own_start, p.ends_at FROM (SELECT DISTINCT zone, period, own_start FROM compared) c,
		snowflake_period(period, own_start - interval '1 us', zone, 'default') p WHERE p.ends_at IS DISTINCT FROM own_start},
	'the last one ends when it starts');

$node->stop;
done_testing();
