# Reads what is written to the nodes of fences out of ZooKeeper's log of transactions.

package LeaseTorture::ZooKeeperLog;

use strict;
use warnings;

# Magic, version and identity of a file.
my $FILE_HEADER = 16;

# Client, cxid, zxid, time and type of a transaction.
my $HEADER = 'q> l> q> q> l>';
my $HEADER_SIZE = 32;

my %TYPE = (1 => 'create', 5 => 'set', 14 => 'multi', 15 => 'create', 19 => 'create');

# Lines "PROPOSED_US WORKER FENCE_US".
sub fences
{
	my ($path) = @_;
	my @lines;

	open(my $file, '<:raw', $path) or die "could not read $path: $!";
	local $/ = undef;
	my $log = <$file>;
	my $at = $FILE_HEADER;

	# A checksum, a length, a transaction, and "B"; zeros follow the last.
	while ($at + 12 <= length $log)
	{
		my $size = unpack('N', substr($log, $at + 8, 4)) or last;
		my $transaction = substr($log, $at + 12, $size);

		$at += 12 + $size + 1;
		next if length $transaction < $HEADER_SIZE;
		my (undef, undef, undef, $ms, $type) = unpack($HEADER, $transaction);
		push @lines, map { $ms * 1000 . " $_" } fences_in($type, substr($transaction, $HEADER_SIZE));
	}
	return @lines;
}

# "WORKER FENCE_US" of what is written in a transaction.
sub fences_in
{
	my ($type, $body) = @_;
	my $kind = $TYPE{$type} // return;
	my @found;

	if ($kind eq 'multi')
	{
		my ($count, $rest) = unpack('N a*', $body);

		foreach (1 .. $count)
		{
			(my $part_type, my $part, $rest) = unpack('l> N/a* a*', $rest);
			push @found, fences_in($part_type, $part);
		}
		return @found;
	}
	my ($node, $record) = unpack('N/a* N/a*', $body);
	return unless ($node // '') =~ m{/fence/(\d+)$};
	my $worker = $1 + 0;
	return unless ($record // '') =~ / fence=(\d+)/;
	return "$worker $1";
}

1;
