# The extension's objects in a database, to compare with those in another one.

package IdgenTest::Extension;

use strict;
use warnings;

use Exporter 'import';
use IPC::Run;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(picture_of_extension is_picture);

# All members of the extension, as pg_upgrade would make them: that has all of each, with comments and privileges.  What
# differs between any two databases is left out.  The database should have nothing else.
sub picture_of_extension
{
	my ($node, $database) = @_;
	my ($dump, $error);

	IPC::Run::run([ $node->config_data('--bindir') . '/pg_dump', '--schema-only', '--binary-upgrade', '-d', $node->connstr($database) ],
		'>', \$dump, '2>', \$error)
	  or die "could not dump $database: $error";
	$dump =~ s/'\d+'::pg_catalog\.oid/OID/g;
	$dump =~ s/^SET relfrozenxid = .*\n.*//mg;
	$dump =~ s/'\{[^']*\}'::pg_catalog\.pg_lsn\[\]/LSNS/g;
	# A record of privileges that are those of any new table: pg_upgrade does not bring it along.
	$dump =~ s/^--\n-- Name: [^\n]*; Type: ACL;[^\n]*\n--\n\n(SELECT pg_catalog\.binary_upgrade_set_record_init_privs\(\w+\);\n){2}\n*//mg;
	$dump =~ s/^\\(un)?restrict .*//mg;
	$dump =~ s/(binary_upgrade_create_empty_extension\('idgen', '\w+', true, )'[^']+', [^\n]*/$1/;
	return $dump;
}

# Passes if two pictures are equal, or shows where they differ.
sub is_picture
{
	my ($picture, $expected, $name) = @_;
	my $base = PostgreSQL::Test::Utils::tempdir();
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	return ok(1, $name) if $picture eq $expected;
	append_to_file("$base/expected", $expected);
	append_to_file("$base/is", $picture);
	IPC::Run::run([ 'diff', '-u', "$base/expected", "$base/is" ], '>', \my $diff);
	return ok(0, $name) || diag(substr $diff, 0, 4000);
}

1;
