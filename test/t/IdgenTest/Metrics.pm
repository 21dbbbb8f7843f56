# Metrics of a server, the files of monitoring/ that name them, and a kernel whose clock and disk a test can set.

package IdgenTest::Metrics;

use strict;
use warnings;

use Carp;
use Exporter 'import';
use FindBin;
use IdgenTest::Clock;
use IdgenTest::Lease;
use IdgenTest::Server;
use IdgenTest::Session;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(
  metric metrics hold_lease kernel monitoring_file exporter_queries collector_queries names_in_rules names_in_dashboard
  dashboard_expressions
);

# ---------------------------------------------------------------------------------------------------- values

# The value of a metric with these labels (a hash, or part of one); undef if there is none.
sub metric
{
	my ($session, $name, %labels) = @_;
	my $json = encode_json(\%labels);
	my $value = $session->query("SELECT sum(value) FROM idgen_metrics() WHERE name = '$name' AND labels @> '$json'");

	return $value eq '' ? undef : $value;
}

# All samples, as references to hashes.
sub metrics
{
	my ($session) = @_;

	return @{ decode_json($session->query('SELECT json_agg(m) FROM idgen_metrics() AS m')) };
}

# Waits until the server of a session has leased a worker ID, of a pool that it creates.  The store may be slow, as may
# be the machine; that the pool exists already is no harm.
sub hold_lease
{
	my ($session, $first, $last) = @_;

	wait_until {
		$session->run("SELECT idgen_lease_create_pool($first, $last)");
		lease($session)->{state} eq 'held';
	}
	'a lease';
	return;
}

# ---------------------------------------------------------------------------------------------------- the kernel

# What new_server takes for a clock: a clock, with a kernel of which a test says whether its clock is synchronized, and
# how slow its disk is.
sub kernel
{
	my ($clock) = @_;
	my $self = bless {
		clock => $clock,
		file => PostgreSQL::Test::Utils::tempdir() . '/kernel',
		library => build_library('kernel') . '.so',
	}, __PACKAGE__;

	$self->set('synchronized');
	return $self;
}

# Words: synchronized, unsynchronized or refused, and slow.
sub set
{
	my ($self, $words) = @_;

	open(my $handle, '>', "$self->{file}.new") or croak "could not write $self->{file}.new: $!";
	print $handle $words;
	close($handle);
	rename("$self->{file}.new", $self->{file}) or croak "could not rename $self->{file}.new: $!";
	return;
}

sub environment
{
	my ($self) = @_;
	my $environment = $self->{clock}->environment;

	return {
		%$environment,
		LD_PRELOAD => "$environment->{LD_PRELOAD} $self->{library}",
		IDGEN_TEST_KERNEL => $self->{file},
	};
}

# ---------------------------------------------------------------------------------------------------- files

sub monitoring_file { return "$FindBin::RealBin/../../monitoring/$_[0]"; }

sub text_of { return slurp_file(monitoring_file($_[0])); }

# queries.yaml as a hash of keys: query, labels (a list), and metrics (a hash of full names to types).
sub exporter_queries
{
	my %queries;
	my ($key, $column, $in_query);

	foreach my $line (split /\n/, text_of('queries.yaml'))
	{
		if ($line =~ /^(\w+):$/) { $key = $1; $queries{$key} = { query => '', labels => [], metrics => {} }; }
		elsif ($line =~ /^  query: \|$/) { $in_query = 1; }
		elsif ($line =~ /^  metrics:$/) { $in_query = 0; }
		elsif ($in_query) { $queries{$key}->{query} .= "$line\n"; }
		elsif ($line =~ /^    - (\w+):$/) { $column = $1; }
		elsif ($line =~ /^        usage: LABEL$/) { push @{ $queries{$key}->{labels} }, $column; }
		elsif ($line =~ /^        usage: (\w+)$/) { $queries{$key}->{metrics}->{"${key}_$column"} = lc $1; }
	}
	return \%queries;
}

# idgen.collector.yml as a list of metrics: name, type, labels (a list), query (its text) and value (a column).
sub collector_queries
{
	my (@metrics, %queries, $query);

	foreach my $line (split /\n/, text_of('idgen.collector.yml'))
	{
		if ($line =~ /^  - metric_name: (\w+)$/) { push @metrics, { name => $1, labels => [] }; }
		elsif ($line =~ /^    type: (\w+)$/) { $metrics[-1]->{type} = $1; }
		elsif ($line =~ /^    key_labels: \[(.*)\]$/) { $metrics[-1]->{labels} = [ split /, /, $1 ]; }
		elsif ($line =~ /^    values: \[(\w+)\]$/) { $metrics[-1]->{value} = $1; }
		elsif ($line =~ /^    query_ref: (\w+)$/) { $metrics[-1]->{query} = $1; }
		elsif ($line =~ /^  - query_name: (\w+)$/) { $query = $1; }
		elsif ($line =~ /^      (.*)$/) { $queries{$query} .= "$1\n"; }
	}
	$_->{query} = $queries{ $_->{query} } foreach @metrics;
	return @metrics;
}

sub names_in
{
	my %names = map { $_ => 1 } $_[0] =~ /\b(idgen_[a-z_]+)\b/g;

	return sort keys %names;
}

# The expressions of the dashboard, with values for its variables.
sub dashboard_expressions
{
	my $dashboard = decode_json(text_of('dashboard.json'));
	my @expressions = map { $_->{expr} } map { @{ $_->{targets} // [] } } @{ $dashboard->{panels} };

	s/\$__rate_interval/5m/g, s/\$__range/1h/g, s/\$(job|instance)/.*/g foreach @expressions;
	return @expressions;
}

sub names_in_dashboard
{
	my $dashboard = decode_json(text_of('dashboard.json'));

	return names_in(join "\n", dashboard_expressions(), map { $_->{definition} // () } @{ $dashboard->{templating}->{list} });
}

sub names_in_rules { return names_in(join "\n", text_of('rules.yml') =~ /^\s*(?:# )?\s*expr: (.*)$/mg); }

1;
