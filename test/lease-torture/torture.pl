# The lease torture: a store, three servers that lease their worker IDs from it, and faults at random, until there are
# enough of both IDs and faults.  Then the IDs are checked.  Started by run, which says what is in the environment.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use LeaseTorture::Etcd;
use LeaseTorture::Faults;
use LeaseTorture::Fleet;
use LeaseTorture::Network;
use LeaseTorture::Plan;
use LeaseTorture::Process;
use LeaseTorture::Report;
use Time::HiRes qw(sleep time);

$| = 1;
$SIG{TERM} = $SIG{INT} = $SIG{HUP} = sub { exit 1 };

# At a time.
my $MOST_FAULTS = 3;

my (@active, $fleet, $store, $began);
my $fault_count = 0;

sub now_us { return int(time * 1e6); }

# ---------------------------------------------------------------------- faults

sub end_fault
{
	my ($fault) = @_;

	$fault->{end}->();
	@active = grep { $_ != $fault } @active;
	append_line("$ENV{RUN}/faults", join(' ', $fault->{from_us}, now_us(), $fault->{round}->{kind} =~ tr/ /_/r, @{ $fault->{servers} }));
	return;
}

# Ends what is due, or all.
sub end_faults
{
	my ($all) = @_;

	my @due = sort { $a->{until} <=> $b->{until} } grep { $all || $_->{until} <= time } @active;

	end_fault($_) foreach @due;
	return;
}

# Whom a round is about: a server, a member, or all.
sub subject
{
	my ($round) = @_;

	return $round->{kind} =~ /member/ ? $round->{member} : $round->{server};
}

sub begin_fault
{
	my ($round) = @_;

	end_faults(LeaseTorture::Faults::needs_peace($round));
	return if @active >= $MOST_FAULTS || grep { subject($_->{round}) eq subject($round) } @active;
	my $from_us = now_us();
	my $fault = LeaseTorture::Faults::start($round) or return;

	$fault_count++;
	printf "%6d s %12d IDs %4d  %-15s %s%s\n", time - $began, LeaseTorture::Fleet::ids_received(), $fault_count, $round->{kind},
	  @{ $fault->{servers} } == 1 ? $fault->{servers}->[0] : subject($round), $fault->{what} ? " ($fault->{what})" : '';
	push @active, { %$fault, round => $round, from_us => $from_us, until => time + $fault->{hold} };
	return;
}

sub pass
{
	my ($seconds) = @_;
	my $until = time + $seconds;

	while (time < $until)
	{
		end_faults();
		sleep(0.05);
	}
	return;
}

# ---------------------------------------------------------------------- the whole

sub is_over
{
	return 1 if $LeaseTorture::Process::failure || time - $began >= $ENV{DURATION};
	return $fault_count >= $ENV{FAULTS} && LeaseTorture::Fleet::ids_received() >= $ENV{IDS};
}

# When nothing is disturbed any more, all servers issue IDs again: at the latest when what a loss of the store has put off is
# over.
sub expect_ids
{
	foreach my $name ($fleet->names)
	{
		my ($server) = grep { $_->{name} eq $name } $fleet->all;

		within(60, sub { defined $server->sql('SELECT snowflake_nextval()') }) or fail("$name issues no IDs in the end");
	}
	return;
}

sub torture
{
	while (!is_over())
	{
		my $round = LeaseTorture::Plan::draw();

		pass($round->{pause});
		begin_fault($round);
		fail('the writers have ended') unless $fleet->writers_run;
	}
	end_faults(1);
	expect_ids();
	pass(1);
	return;
}

sub check
{
	my @figures = map { read_lines("$ENV{RUN}/$_") } 'counters';

	$store->write_fences;
	foreach my $check ('check', 'fences')
	{
		open(my $pipe, '-|', "$ENV{WORK}/tmp/$check $ENV{RUN} 2>$ENV{RUN}/$check.log") or die "$check: $!";
		push @figures, <$pipe>;
		close($pipe) or fail("$check failed");
	}
	# What check.c says of nodes is for servers whose node is a setting.
	my @wrong = (read_lines("$ENV{RUN}/check.log"), read_lines("$ENV{RUN}/fences.log"), read_lines("$ENV{RUN}/errors"));
	my $shown = 0;
	foreach (@wrong)
	{
		$shown = !/NODE|ACROSS|NO REASON/ unless /^ /;
		print if $shown;
	}
	LeaseTorture::Report::read_figures(@figures);
	return;
}

LeaseTorture::Plan::begin($ENV{SEED}, split ' ', $ENV{EVENTS});
LeaseTorture::Network::open_network();
if ($ENV{STORE} eq 'zookeeper')
{
	require LeaseTorture::ZooKeeper;
	$store = LeaseTorture::ZooKeeper->new;
}
else
{
	$store = LeaseTorture::Etcd->new;
}
$store->start or die 'the store does not start';
$store->start_marker if $store->can('start_marker');
$fleet = LeaseTorture::Fleet->new($store);
defined $_->sql('CREATE EXTENSION idgen') or die 'the extension cannot be created' foreach $fleet->all;
$fleet->create_pool(0) or die 'there is no pool';
LeaseTorture::Faults::begin($fleet, $store);
$fleet->start_writers;
$began = time;
torture();
my $duration = int(time - $began);
$fleet->end_writers;
$store->collect;
print "\nChecking\n";
check();
print "\nResult\n";
LeaseTorture::Report::table(store => $ENV{STORE}, seed => $ENV{SEED}, duration => $duration, servers => scalar(@{ [ glob("$ENV{WORK}/i*") ] }), faults => $fault_count);
exit(LeaseTorture::Report::is_good() ? 0 : 1);
