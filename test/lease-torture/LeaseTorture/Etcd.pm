# The store: an etcd of three members, each at its place in the network.

package LeaseTorture::Etcd;

use strict;
use warnings;

use JSON::PP;
use LeaseTorture::Network;
use LeaseTorture::Process;
use MIME::Base64;
use Time::HiRes qw(sleep time);

my $WATCHER = 'w';

sub new { return bless { members => [ LeaseTorture::Network::members() ], pid => {}, life => 0 }, shift; }

sub members { return @{ $_[0]->{members} }; }
sub address { return 'etcd://' . join(',', map { LeaseTorture::Network::address($_) . ':2379' } $_[0]->members); }
sub namespace { return LeaseTorture::Network::namespace($_[1] // $WATCHER); }
sub data { return "$LeaseTorture::Process::work/etcd-$_[1]"; }
sub peer { return 'http://' . LeaseTorture::Network::address($_[1]) . ':2380'; }
sub initial_cluster { my ($self) = @_; return join(',', map { "$_=" . $self->peer($_) } $self->members); }

sub start_member
{
	my ($self, $member) = @_;
	my $url = 'http://' . LeaseTorture::Network::address($member) . ':2379';

	$self->{pid}->{$member} = spawn(
		"$member.log", $self->namespace($member),
		'etcd', '--name', $member, '--data-dir', $self->data($member), '--listen-client-urls', $url, '--advertise-client-urls', $url,
		'--listen-peer-urls', $self->peer($member), '--initial-advertise-peer-urls', $self->peer($member),
		'--initial-cluster', $self->initial_cluster, '--initial-cluster-token', 'torture',
		'--heartbeat-interval', 100, '--election-timeout', 1000);
	return;
}

sub kill_member
{
	my ($self, $member) = @_;

	end_process(delete $self->{pid}->{$member});
	return;
}

sub signal_member { return kill($_[2], $_[0]->{pid}->{ $_[1] } // return); }

# etcdctl at the watcher's place, of these members.
sub control_some
{
	my ($self, $members, $seconds, @arguments) = @_;
	my $endpoints = join(',', map { 'http://' . LeaseTorture::Network::address($_) . ':2379' } @$members);

	return capture($seconds, $self->namespace, 'etcdctl', '--endpoints', $endpoints, '--command-timeout', "${seconds}s", @arguments);
}

sub control
{
	my ($self, @arguments) = @_;

	return $self->control_some([ $self->members ], @arguments);
}

# Starts all members, and waits until they serve.
sub start
{
	my ($self) = @_;

	append_line("$ENV{RUN}/markers", 'life ' . int(time * 1e6));
	$self->{life}++;
	$self->start_member($_) foreach $self->members;
	return within(60, sub { defined $self->control(3, 'endpoint', 'health') });
}

# Has marker.pl note how far the store is.
sub start_marker
{
	my ($self) = @_;

	return spawn('marker.log', $self->namespace, 'perl', "$FindBin::RealBin/marker.pl", "$ENV{RUN}/markers",
		map { LeaseTorture::Network::address($_) . ':2379' } $self->members);
}

# Keeps what the store has, for a later restore.
sub save { return defined $_[0]->control_some(['m1'], 10, 'snapshot', 'save', $_[1]); }

sub wipe
{
	my ($self) = @_;

	$self->kill_member($_) foreach $self->members;
	run(20, undef, 'rm', '-rf', $self->data($_)) foreach $self->members;
	return $self->start;
}

# Goes back to what was saved, without the pool's record, so that no server takes the store for what it was.
sub restore
{
	my ($self, $file) = @_;

	$self->kill_member($_) foreach $self->members;
	foreach my $member ($self->members)
	{
		run(20, undef, 'rm', '-rf', $self->data($member));
		run(20, undef, 'etcdctl', 'snapshot', 'restore', $file, '--name', $member, '--data-dir', $self->data($member),
			'--initial-cluster', $self->initial_cluster, '--initial-cluster-token', 'torture', '--initial-advertise-peer-urls', $self->peer($member))
		  or return 0;
	}
	return $self->start && within(20, sub { defined $self->control(3, 'del', '/idgen/default/pool') });
}

# ---------------------------------------------------------------------- what was stored

# All that this life of the store has ever written, to a file.  Nobody writes meanwhile, or what he writes does not matter.
sub collect
{
	my ($self) = @_;
	my $file = "$ENV{RUN}/history.$self->{life}";

	within(20, sub { defined $self->control(3, 'put', '/idgen/end', 'x') }) or return fail('the store does not answer in the end');
	my $pid = spawn("../run/history.$self->{life}", $self->namespace, 'etcdctl', '--endpoints', 'http://' . LeaseTorture::Network::address('m1') . ':2379,http://' . LeaseTorture::Network::address('m2') . ':2379', 'watch', '--prefix', '/idgen/', '--rev=1', '-w', 'json');
	my $end = encode_base64('/idgen/end', '');
	within(30, sub { grep { index($_, $end) >= 0 } read_lines($file) }) or fail('the history of the store cannot be read');
	end_process($pid);
	return;
}

# Writes the file "fences" for fences.c: a revision was written after the last read that did not show it yet.
sub write_fences
{
	my ($self) = @_;
	my (@lines, @reads, $began);
	my $life = 0;

	foreach (read_lines("$ENV{RUN}/markers"))
	{
		my ($us, $revision) = split;

		if ($us eq 'life')
		{
			push @lines, fences_of_life($life, $began, @reads) if $life > 0;
			($life, $began, @reads) = ($life + 1, $revision);
			next;
		}
		push @reads, [ $us, $revision ];
	}
	push @lines, fences_of_life($life, $began, @reads);
	write_file("$ENV{RUN}/fences", @lines);
	return;
}

sub fences_of_life
{
	my ($life, $began, @reads) = @_;
	my @lines;
	my $from = $began;

	foreach my $event (sort { $a->{revision} <=> $b->{revision} } events_of_life($life))
	{
		$from = (shift @reads)->[0] while @reads && $reads[0]->[1] < $event->{revision};
		push @lines, "$from $event->{worker} $event->{fence}";
	}
	return @lines;
}

sub events_of_life
{
	my ($life) = @_;
	my @events;

	foreach my $line (read_lines("$ENV{RUN}/history.$life"))
	{
		my $answer = eval { decode_json($line) } or next;

		foreach my $event (@{ $answer->{Events} // [] })
		{
			my ($worker) = decode_base64($event->{kv}->{key}) =~ m{/fence/(\d+)$} or next;
			my ($fence) = decode_base64($event->{kv}->{value} // '') =~ / fence=(\d+)/ or next;

			push @events, { revision => $event->{kv}->{mod_revision}, worker => $worker + 0, fence => $fence };
		}
	}
	return @events;
}

1;
