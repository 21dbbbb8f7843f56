# What the TAP files share, by what it is for:
#
#   IdgenTest::Server   servers with the extension
#   IdgenTest::Session  sessions and clients
#   IdgenTest::Clock    the clock that servers read
#   IdgenTest::IDs      statements that issue IDs, and checks on these
#
# Files that dump, copy or replicate tables use IdgenTest::Tables, too.

package IdgenTest;

use strict;
use warnings;

use Exporter 'import';
use IdgenTest::Clock;
use IdgenTest::IDs;
use IdgenTest::Server;
use IdgenTest::Session;

our @EXPORT = (
	'full_run',
	@IdgenTest::Clock::EXPORT, @IdgenTest::IDs::EXPORT, @IdgenTest::Server::EXPORT, @IdgenTest::Session::EXPORT
);

# True for make test-full: then tests repeat checks that make test does once or a few times.
sub full_run
{
	return $ENV{FULL};
}

1;
