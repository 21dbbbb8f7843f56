# What is done to servers and store.  A fault returns a hash: servers (names of those that it concerns), end (a function
# that puts things right) and hold (seconds until then); or nothing, if it cannot be done now.

package LeaseTorture::Faults;

use strict;
use warnings;

use LeaseTorture::Network;
use LeaseTorture::Process;
use Time::HiRes qw(sleep time);

my ($fleet, $store, $saved);

sub begin
{
	($fleet, $store) = @_;
	$saved = "$LeaseTorture::Process::work/saved-1";
	$store->save($saved) or die 'the store cannot be saved';
	return;
}

my %BEGIN = (
	'cut server' => \&cut_server,
	'cut members' => \&cut_members,
	'slow server' => \&slow_server,
	'slow members' => \&slow_members,
	'pause agent' => sub { pause_process($_[0], 'agent') },
	'pause backend' => sub { pause_process($_[0], 'backends') },
	'pause server' => \&pause_server,
	'pause member' => \&pause_member,
	'kill agent' => sub { kill_process($_[0], 'agent') },
	'kill backend' => sub { kill_process($_[0], 'backends') },
	'kill server' => \&kill_server,
	'kill member' => \&kill_member,
	'restart server' => \&restart_server,
	'clone running' => \&clone_running,
	'clone stopped' => \&clone_stopped,
	'promotion' => \&promotion,
	'clock forward' => sub { step_clock($_[0], 1) },
	'clock back' => sub { step_clock($_[0], -1) },
	'store restored' => sub { lose_store($_[0], 'restored') },
	'store wiped' => sub { lose_store($_[0], 'wiped') },
);

# Does what a round of the plan says.
sub start
{
	my ($round) = @_;

	return $BEGIN{ $round->{kind} }->($round);
}

# All other faults must have ended before.
sub needs_peace { return $_[0]->{kind} =~ /^store/; }

# Seconds: up to twice the TTL, or one and a half times the reach.
sub pause_length { return 0.1 + $_[0]->{share} * 2 * $ENV{TTL_MS} / 1000; }
sub cut_length { return 0.2 + $_[0]->{share} * 1.5 * $ENV{REACH_MS} / 1000; }

# ---------------------------------------------------------------------- network

sub cut_server
{
	my ($round) = @_;
	my $server = $fleet->server($round->{server});
	my @members = $round->{part} eq 'all' ? $store->members : $round->{member};
	my $end = LeaseTorture::Network::disturb(LeaseTorture::Network::between([ $server->{place} ], \@members, $round->{direction}, cut => 1));

	return { servers => [ $server->{name} ], end => $end, hold => cut_length($round), what => "$round->{part}, $round->{direction}" };
}

# One member from the others, or all from each other.
sub cut_members
{
	my ($round) = @_;
	my @these = $round->{part} eq 'all' ? $round->{member} : $store->members;
	my $end = LeaseTorture::Network::disturb(LeaseTorture::Network::between(\@these, [ $store->members ], $round->{direction}, cut => 1));

	return { servers => [ $fleet->names ], end => $end, hold => cut_length($round), what => "$round->{part}, $round->{direction}" };
}

sub slowness { return (delay => $_[0]->{delay} * 1000, jitter => $_[0]->{delay} * 500, loss => $_[0]->{loss}); }

sub slow_server
{
	my ($round) = @_;
	my $server = $fleet->server($round->{server});
	my $end = LeaseTorture::Network::disturb(LeaseTorture::Network::between([ $server->{place} ], [ $store->members ], $round->{direction}, slowness($round)));

	return { servers => [ $server->{name} ], end => $end, hold => cut_length($round), what => "$round->{delay} ms, $round->{loss} per mille" };
}

sub slow_members
{
	my ($round) = @_;
	my $end = LeaseTorture::Network::disturb(LeaseTorture::Network::between([ $round->{member} ], [ $store->members ], 'both', slowness($round)));

	return { servers => [ $fleet->names ], end => $end, hold => cut_length($round), what => "$round->{delay} ms, $round->{loss} per mille" };
}

# ---------------------------------------------------------------------- pauses

sub pause_process
{
	my ($round, $which) = @_;
	my $server = $fleet->server($round->{server});
	my ($pid) = $server->$which or return;

	kill('STOP', $pid) or return;
	return { servers => [ $server->{name} ], end => sub { kill('CONT', $pid) }, hold => pause_length($round) };
}

sub pause_server
{
	my ($round) = @_;
	my $server = $fleet->server($round->{server});

	signal_all('STOP', $server->{namespace});
	return { servers => [ $server->{name} ], end => sub { signal_all('CONT', $server->{namespace}) }, hold => pause_length($round) };
}

sub pause_member
{
	my ($round) = @_;

	$store->signal_member($round->{member}, 'STOP');
	return { servers => [ $fleet->names ], end => sub { $store->signal_member($round->{member}, 'CONT') }, hold => pause_length($round) };
}

# ---------------------------------------------------------------------- kills

sub kill_process
{
	my ($round, $which) = @_;
	my $server = $fleet->server($round->{server});
	my ($pid) = $server->$which or return;

	kill('KILL', $pid) or return;
	return { servers => [ $server->{name} ], end => sub { }, hold => 1 };
}

sub start_again
{
	my ($server) = @_;

	return sub { $server->start or fail("$server->{name} does not start"); return };
}

sub kill_server
{
	my ($round) = @_;
	my $server = $fleet->server($round->{server});

	$server->kill or fail("$server->{name} does not end");
	return { servers => [ $server->{name} ], end => start_again($server), hold => $round->{down} };
}

sub restart_server
{
	my ($round) = @_;
	my $server = $fleet->server($round->{server});

	$server->stop('fast');
	return { servers => [ $server->{name} ], end => start_again($server), hold => 0 };
}

sub kill_member
{
	my ($round) = @_;

	$store->kill_member($round->{member});
	return { servers => [ $fleet->names ], end => sub { $store->start_member($round->{member}) }, hold => cut_length($round) };
}

# ---------------------------------------------------------------------- copies

# A copy that has been started beside its original, and will be removed, or stay in its place.
sub beside
{
	my ($round, $server, $copy) = @_;

	$fleet->add_copy($copy);
	return {
		servers => [ $server->{name} ],
		end => sub { $fleet->end_copy($copy, $round->{server}, $round->{takes_over}) },
		hold => 3 + cut_length($round),
		what => "$copy->{name} beside $server->{name}" };
}

sub clone_running
{
	my ($round) = @_;
	my $server = $fleet->server($round->{server});
	my $place = $fleet->free_place or return;
	my $copy = $server->clone($place) or return;

	return beside($round, $server, $copy) if $copy->start;
	$copy->remove;
	return;
}

sub clone_stopped
{
	my ($round) = @_;
	my $server = $fleet->server($round->{server});
	my $place = $fleet->free_place or return;

	if ($round->{hard} eq 'kill') { $server->kill } else { $server->stop('fast') }
	my $copy = $server->clone($place);
	$server->start or fail("$server->{name} does not start");
	return beside($round, $server, $copy) if $copy && $copy->start;
	$copy->remove if $copy;
	return;
}

sub promotion
{
	my ($round) = @_;
	my $server = $fleet->server($round->{server});
	my $place = $fleet->free_place or return;
	my $standby = $server->standby($place) or return;

	return beside($round, $server, $standby) if $standby->promote;
	$standby->remove;
	return;
}

# ---------------------------------------------------------------------- clocks

# Steps away, and back.
sub step_clock
{
	my ($round, $sign) = @_;
	my $server = $fleet->server($round->{server});

	$server->set_clock($sign * $round->{step});
	return { servers => [ $server->{name} ], end => sub { $server->set_clock(0) }, hold => cut_length($round), what => "$round->{step} ms" };
}

# ---------------------------------------------------------------------- the store

# As the runbook has it: the servers are kept away while it is restored or set up anew, and the pool is created again.
sub lose_store
{
	my ($round, $how) = @_;
	my $names = [ $fleet->names ];
	my $reconnect = LeaseTorture::Network::disturb(LeaseTorture::Network::between([ LeaseTorture::Network::servers() ], [ $store->members ], 'both', cut => 1));
	my $next = "$LeaseTorture::Process::work/saved-" . time;
	my $done;

	sleep(0.5);
	$store->save($next) or fail('the store cannot be saved');
	$store->collect;
	$done = $how eq 'wiped' ? $store->wipe : $store->restore($saved);
	$saved = $next;
	fail("the store cannot be $how") unless $done;
	$reconnect->();
	$fleet->create_pool(1);
	return { servers => $names, end => sub { }, hold => 1 + $ENV{REACH_MS} / 1000 };
}

1;
