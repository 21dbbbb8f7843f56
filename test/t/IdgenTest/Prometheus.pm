# A Prometheus, and exporters of servers, as Debian packages them, on loopback.

package IdgenTest::Prometheus;

use strict;
use warnings;

use Carp;
use Exporter 'import';
use HTTP::Tiny;
use IPC::Run;
use IdgenTest::Metrics;
use IdgenTest::Session;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(
  has_promtool skip_all_without_prometheus postgres_exporter sql_exporter new_prometheus
);

my @programs;

sub has_promtool { return system('promtool --version >/dev/null 2>&1') == 0; }

sub skip_all_without_prometheus
{
	plan skip_all => 'Prometheus is not installed' unless has_promtool() && system('prometheus --version >/dev/null 2>&1') == 0;
	plan skip_all => 'prometheus-postgres-exporter is not installed' if system('prometheus-postgres-exporter --version >/dev/null 2>&1') != 0;
	return;
}

# Starts a program that runs until the test ends, and waits until it answers.  Returns its address.
sub start_program
{
	my ($name, $path, $port, @command) = @_;
	my $log = "$PostgreSQL::Test::Utils::log_path/$name.log";
	my $http = HTTP::Tiny->new(timeout => 5);

	push @programs, IPC::Run::start(\@command, '<', \undef, '>', $log, '2>&1');
	wait_until { $http->get("http://127.0.0.1:$port$path")->{success} } "an answer of $name";
	return "127.0.0.1:$port";
}

sub write_file
{
	my ($name, $content) = @_;
	my $file = PostgreSQL::Test::Utils::tempdir() . "/$name";

	append_to_file($file, $content);
	return $file;
}

# postgres_exporter with queries.yaml, for a server that has role idgen_monitor.  Returns its address.
sub postgres_exporter
{
	my ($node) = @_;
	my $port = PostgreSQL::Test::Cluster::get_free_port();
	local $ENV{DATA_SOURCE_NAME} = 'host=' . $node->host . ' port=' . $node->port . ' user=idgen_monitor dbname=postgres sslmode=disable';

	return start_program(
		'exporter_' . $node->name, '/metrics', $port,
		'prometheus-postgres-exporter', "--web.listen-address=127.0.0.1:$port",
		'--disable-default-metrics', '--disable-settings-metrics', '--extend.query-path=' . monitoring_file('queries.yaml'));
}

# Debian's prometheus-sql-exporter with its file, for such a server; undef if it is not installed.
sub sql_exporter
{
	my ($node) = @_;
	my $port = PostgreSQL::Test::Cluster::get_free_port();
	my $config = slurp_file(monitoring_file('prometheus-sql-exporter.yml'));
	my $directory = $node->host =~ s|/|%2F|gr;

	return if system('command -v prometheus-sql-exporter >/dev/null 2>&1') != 0;
	$config =~ s|postgres://\S+|postgres://idgen_monitor\@/postgres?host=$directory&port=@{[ $node->port ]}&sslmode=disable|;
	$config =~ s/interval: 15s/interval: 1s/;
	return start_program(
		'sql_exporter_' . $node->name, '/metrics', $port,
		'prometheus-sql-exporter', "-web.listen-address=127.0.0.1:$port", '-config.file=' . write_file("sql_exporter_$port.yml", $config));
}

# rules.yml with short times.  Alerts look back for WINDOW seconds.
use constant WINDOW => 10;

sub quick_rules
{
	my $rules = slurp_file(monitoring_file('rules.yml'));

	$rules =~ s/for: \d+[mh]$/for: 1s/mg;
	$rules =~ s/\[\d+m\]/'[' . WINDOW . 's]'/eg;
	return $rules;
}

# A Prometheus that scrapes these addresses.
sub new_prometheus
{
	my (@addresses) = @_;
	my $port = PostgreSQL::Test::Cluster::get_free_port();
	my $targets = join ', ', @addresses;
	my $rules = write_file('rules.yml', quick_rules());
	my $config = write_file(
		'prometheus.yml', <<END);
global:
  scrape_interval: 2s
  scrape_timeout: 2s
  evaluation_interval: 500ms
rule_files: [$rules]
scrape_configs:
  - job_name: idgen
    static_configs:
      - targets: [$targets]
END
	my $address = start_program(
		'prometheus', '/-/ready', $port,
		'prometheus', "--config.file=$config", '--storage.tsdb.path=' . PostgreSQL::Test::Utils::tempdir(),
		"--web.listen-address=127.0.0.1:$port");

	return bless { url => "http://$address", http => HTTP::Tiny->new(timeout => 30) }, __PACKAGE__;
}

sub get
{
	my ($self, $path) = @_;
	my $answer = $self->{http}->get("$self->{url}$path");

	croak "$path: $answer->{content}" unless $answer->{success};
	return decode_json($answer->{content})->{data};
}

# The alerts that fire, each once.
sub firing
{
	my ($self) = @_;
	my %names = map { $_->{labels}->{alertname} => 1 } grep { $_->{state} eq 'firing' } @{ $self->get('/api/v1/alerts')->{alerts} };
	my @sorted = sort keys %names;

	return @sorted;    # in scalar context, how many
}

sub is_firing
{
	my ($self, $alert) = @_;

	return grep { $_ eq $alert } $self->firing;
}

# The labels of the results of an expression, and their values, as a list of hashes.
sub results
{
	my ($self, $expression) = @_;
	my $encoded = $expression =~ s/([^A-Za-z0-9])/sprintf('%%%02X', ord $1)/egr;

	return map { { %{ $_->{metric} }, value => $_->{value}->[1] } } @{ $self->get("/api/v1/query?query=$encoded")->{result} };
}

END
{
	my $status = $?;
	foreach my $program (@programs) { $program->kill_kill(grace => 5); }
	$? = $status;
}

1;
