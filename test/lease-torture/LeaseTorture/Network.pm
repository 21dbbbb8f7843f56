# Network namespaces of our own, a switch between them, and what their links do.

package LeaseTorture::Network;

use strict;
use warnings;

use IO::Handle;
use IPC::Open2;
use LeaseTorture::Process;
use List::Util qw(max);

my $MOST_SERVERS = 6;
my $MEMBERS = 3;

my ($switch_pid, $switch_input, @rules);
my %number;

sub prefix { return $ENV{NAMESPACES}; }
sub namespace { return prefix() . $_[0]; }

# Places: server 1 .., member 1 .., and the watcher, which is never disturbed.
sub places { return ((map { "s$_" } 1 .. $MOST_SERVERS), (map { "m$_" } 1 .. $MEMBERS), 'w'); }

# For member numbers of a store.
sub members { return map { "m$_" } 1 .. $MEMBERS; }
sub servers { return map { "s$_" } 1 .. $MOST_SERVERS; }

sub address
{
	my ($place) = @_;

	return $place =~ /^s(\d)/ ? "10.77.0.$1" : $place =~ /^m(\d)/ ? "10.77.0.1$1" : '10.77.0.99';
}

sub ip
{
	my (@arguments) = @_;

	system('ip', @arguments) == 0 or die "ip @arguments failed";
	return;
}

sub open_network
{
	my $i = 0;
	my $output;

	foreach my $place (places())
	{
		$number{$place} = $i++;
		ip('netns', 'add', namespace($place));
	}
	$switch_pid = open2($output, $switch_input, "$ENV{WORK}/tmp/switch", map { namespace($_) } places());
	$switch_input->autoflush;
	($output->getline // '') eq "ready\n" or die 'the switch does not start';
	foreach my $place (places())
	{
		my $namespace = namespace($place);

		ip('-n', $namespace, 'link', 'set', 'lo', 'up');
		ip('-n', $namespace, 'addr', 'add', address($place) . '/24', 'dev', 'port0');
		ip('-n', $namespace, 'link', 'set', 'port0', 'up');
	}
	return;
}

# Tells the switch what a link does by all rules there are.
sub update
{
	my ($from, $to) = @_;
	my @here = grep { $_->{from} eq $from && $_->{to} eq $to } @rules;
	my %most = map { my $what = $_; $what => max(0, map { $_->{$what} // 0 } @here) } qw(cut delay jitter loss);

	$switch_input->syswrite("$number{$from} $number{$to} $most{cut} $most{delay} $most{jitter} $most{loss}\n");
	return;
}

# Adds rules, hashes of from, to, and cut, delay and jitter (us), or loss (per mille).  Returns a function that removes them.
sub disturb
{
	my (@added) = @_;

	push @rules, @added;
	update($_->{from}, $_->{to}) foreach @added;
	return sub {
		my %gone = map { $_ => 1 } @added;

		@rules = grep { !$gone{$_} } @rules;
		update($_->{from}, $_->{to}) foreach @added;
		return;
	};
}

# Rules for the links between two sets of places: direction is "both", "to" or "from" the first set.
sub between
{
	my ($these, $those, $direction, %what) = @_;
	my @added;

	foreach my $this (@$these)
	{
		foreach my $that (grep { $_ ne $this } @$those)
		{
			push @added, { from => $this, to => $that, %what } unless $direction eq 'to';
			push @added, { from => $that, to => $this, %what } unless $direction eq 'from';
		}
	}
	return @added;
}

1;
