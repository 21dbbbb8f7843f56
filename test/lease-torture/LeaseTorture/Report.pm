# The table of a run, from what was counted, and from what the checks printed.

package LeaseTorture::Report;

use strict;
use warnings;

use LeaseTorture::Process;

# Figures that must be zero.
my @ZERO = ('duplicates', 'decreases within a session', 'ids past the fence', 'unexpected errors');

my (%figure, @outages);

sub read_figures
{
	my (@lines) = @_;

	foreach (@lines)
	{
		chomp;
		my ($name, @values) = split /\t/;

		if ($name eq 'outage') { push @outages, \@values; }
		else { $figure{$name} = $values[0]; }
	}
	return;
}

sub grouped { return scalar reverse(reverse($_[0] // '?') =~ s/(\d{3})(?=\d)/$1,/gr); }
sub row { return printf "| %-32s | %s |\n", @_; }

sub table
{
	my (%run) = @_;

	row('what', 'figure');
	print "| --- | --- |\n";
	row('store, seed, duration', "$run{store}, $run{seed}, $run{duration} s");
	row('IDs', grouped($figure{'ids checked'}));
	row('sessions, statements', grouped($figure{sessions}) . ', ' . grouped($figure{statements}));
	row('calls refused, connections lost', grouped($figure{refused}) . ', ' . grouped($figure{'lost connections'}));
	row('servers, with copies', $run{servers});
	row('fences in the store', grouped($figure{fences}));
	row('faults', $run{faults});
	row('**duplicates**', $figure{duplicates} // '?');
	row('**decreases within a session**', $figure{'decreases within a session'} // '?');
	row('**IDs past the fence**', $figure{'ids past the fence'} // '?');
	row('**errors that nobody expects**', $figure{'unexpected errors'} // '?');
	print "\n";
	printf "| %-16s | %6s | %8s | %s | %s |\n", 'fault', 'number', 'measured', 'without IDs, median', 'longest';
	print "| --- | --- | --- | --- | --- |\n";
	printf "| %-16s | %6d | %8d | %.1f s | %.1f s |\n", $_->[0] =~ tr/_/ /r, @$_[ 1 .. 4 ] foreach sort { $a->[0] cmp $b->[0] } @outages;
	return;
}

sub is_good
{
	return 0 if $LeaseTorture::Process::failure;
	foreach (@ZERO) { return 0 if ($figure{$_} // 1) != 0; }
	return ($figure{'ids checked'} // 0) > 0 && ($figure{fences} // 0) > 0;
}

1;
