# The clock that servers read, which a test can set; it takes libfaketime.

package IdgenTest::Clock;

use strict;
use warnings;

use Exporter 'import';
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes ();

our @EXPORT = qw(
  fake_clock skip_all_without_faketime
);

# A clock that servers can be started under.
sub fake_clock
{
	return IdgenTest::Clock->new(@_);
}

sub skip_all_without_faketime
{
	plan skip_all => 'libfaketime is not installed' unless IdgenTest::Clock::library();
	return;
}

# The class: the clock of one server or several, which libfaketime reads from a file.  It is
# the system clock alone; the clock that measures waits is not changed.

# The file of libfaketime; undef if that is not installed.
sub library
{
	my @libraries = (
		glob('/usr/lib/*/faketime/libfaketime.so.1'),
		glob('/usr/lib{,64}/faketime/libfaketime.so.1'),
		glob('/usr/local/lib/faketime/libfaketime.so.1'));

	return (grep { -e } @libraries)[0];
}

sub new
{
	my ($class, $time) = @_;
	my $self = bless { file => PostgreSQL::Test::Utils::tempdir() . '/clock' }, $class;

	$self->set($time // '+0');
	return $self;
}

# '+1h', '-0.5', or '2089-09-06 15:47:35' for one that stands still.
sub set
{
	my ($self, $time) = @_;
	my $file = $self->{file};

	open(my $handle, '>', "$file.new") or die "could not write $file.new: $!";
	print $handle "$time\n";
	close($handle);
	rename("$file.new", $file) or die "could not rename $file.new: $!";
	return;
}

# Makes the clock run this many seconds ahead, or behind if the number is negative.
sub set_ahead
{
	my ($self, $seconds) = @_;

	$self->set(sprintf('%+d', $seconds));
	return;
}

# Makes the clock read this many seconds since 1970 now, and run.
sub set_to
{
	my ($self, $unix_time) = @_;

	$self->set(sprintf('%+.3f', $unix_time - Time::HiRes::time));
	return;
}

sub environment
{
	my ($self) = @_;

	return {
		LD_PRELOAD => library(),
		FAKETIME_TIMESTAMP_FILE => $self->{file},
		FAKETIME_NO_CACHE => 1,
		FAKETIME_DONT_FAKE_MONOTONIC => 1,
		NO_FAKE_STAT => 1,
		TZ => 'UTC'
	};
}

1;
