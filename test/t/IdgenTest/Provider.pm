# Providers of coordination stores, called one operation at a time from a session of a server.

package IdgenTest::Provider;

use strict;
use warnings;

use Carp;
use Exporter 'import';
use IdgenTest::Server;
use IdgenTest::Session;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use Test::More;

our @EXPORT = qw(
  provider_server create_provider_functions provider answers takes
);

# A started server from which providers can be called.
sub provider_server
{
	my $node = PostgreSQL::Test::Cluster->new('server');

	$node->init;
	$node->start;
	create_provider_functions($node);
	return $node;
}

# Declares the functions of test/lease/idgen_provider_test.c in database postgres.
sub create_provider_functions
{
	my ($node) = @_;
	my $library = build_library('idgen_provider_test', 'lease');

	$node->safe_psql(
		'postgres', qq{
		CREATE TYPE provider_answer AS (outcome text, ms float8, pool text, record text, hold_nonce text, worker integer,
			workers text[], incarnation text, revision text, clock_us bigint, clock_error_us bigint, error text, taken text[]);
		CREATE FUNCTION provider_open(module text, store text, pool text, "user" text, password text, timeout_ms integer,
			accept_loss boolean DEFAULT false) RETURNS integer LANGUAGE C AS '$library';
		CREATE FUNCTION provider_start(session integer, kind text, worker integer DEFAULT 0,
			pool text DEFAULT NULL, new_pool text DEFAULT NULL, record text DEFAULT NULL, new_record text DEFAULT NULL,
			hold text DEFAULT 'leave', hold_nonce text DEFAULT NULL, ttl_ms integer DEFAULT 30000,
			counters text[] DEFAULT NULL, counts bigint[] DEFAULT NULL, counter text DEFAULT NULL, counter_text text DEFAULT NULL)
			RETURNS void LANGUAGE C AS '$library';
		CREATE FUNCTION provider_finish(session integer, patience_ms integer DEFAULT 60000,
			OUT answer provider_answer) LANGUAGE C STRICT AS '$library';
		CREATE FUNCTION provider_operate(session integer, kind text, worker integer DEFAULT 0,
			pool text DEFAULT NULL, new_pool text DEFAULT NULL, record text DEFAULT NULL, new_record text DEFAULT NULL,
			hold text DEFAULT 'leave', hold_nonce text DEFAULT NULL, ttl_ms integer DEFAULT 30000, OUT answer provider_answer)
			LANGUAGE plpgsql AS \$\$
		BEGIN
			PERFORM provider_start(session, kind, worker, pool, new_pool, record, new_record, hold, hold_nonce, ttl_ms);
			SELECT * INTO answer FROM provider_finish(session);
		END \$\$;
		CREATE FUNCTION provider_take(session integer, counters text[], counts bigint[], OUT answer provider_answer)
			LANGUAGE plpgsql AS \$\$
		BEGIN
			PERFORM provider_start(session, 'take', counters => counters, counts => counts);
			SELECT * INTO answer FROM provider_finish(session);
		END \$\$;
		CREATE FUNCTION provider_memory(session integer) RETURNS bigint LANGUAGE C STRICT AS '$library';
		CREATE FUNCTION provider_close(session integer) RETURNS void LANGUAGE C STRICT AS '$library';
		});
	return;
}

# A session with a store.  Options: module (as $libdir/idgen_etcd, or a file without its
# suffix), store, pool, user, password, timeout (ms), accept_loss; in (another provider, to share its
# session of the server).
sub provider
{
	return IdgenTest::Provider->new(@_);
}

sub new
{
	my ($class, $node, %option) = @_;
	my $self = bless { session => $option{in} ? $option{in}->{session} : session($node) }, $class;

	$self->{number} = $self->{session}->query(
		sprintf 'SELECT provider_open(%s, %s, %s, %s, %s, %d, %s)',
		(map { literal($_) } $option{module}, $option{store}, $option{pool} // 'default', $option{user}, $option{password}),
		$option{timeout} // 2000, $option{accept_loss} ? 'true' : 'false');
	return $self;
}

sub literal
{
	my ($value) = @_;

	return defined $value ? "E'" . $value =~ s/(['\\])/$1$1/gr . "'" : 'NULL';
}

# Passes if an answer has this outcome and, of the fields that are given, these values.
sub answers
{
	my ($answer, $outcome, $expected, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my %seen = (outcome => $answer->{outcome}, map { $_ => $answer->{$_} } keys %$expected);

	return is_deeply(\%seen, { outcome => $outcome, %$expected }, $name) || diag($answer->{error});
}

# Passes if an answer has this outcome and, for each take, this result: "taken FIRST", "no counter", "exhausted", or what
# matches the error.
sub takes
{
	my ($answer, $outcome, $expected, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my @seen = map { $_->[0] eq 'taken' ? "taken $_->[1]" : $_->[0] eq 'not taken' ? $_->[3] : $_->[0] } @{ $answer->{taken} };
	my @wanted = map { ref $expected->[$_] && ($seen[$_] // '') =~ $expected->[$_] ? $seen[$_] : "$expected->[$_]" } 0 .. $#$expected;

	return is_deeply([ $answer->{outcome}, @seen ], [ $outcome, @wanted ], $name) || diag($answer->{error});
}

# Takes ranges: a list of a counter and a count, ...
sub take
{
	my ($self, @takes) = @_;

	$self->start_take(@takes);
	return $self->finish;
}

sub start_take
{
	my ($self, @takes) = @_;
	my (@counters, @counts);

	while (my ($counter, $count) = splice @takes, 0, 2)
	{
		push @counters, '"' . $counter =~ s/(["\\])/\\$1/gr . '"';
		push @counts, $count;
	}
	$self->start('take', counters => '{' . join(',', @counters) . '}', counts => '{' . join(',', @counts) . '}');
	return;
}

# Creates a counter whose next number is given.
sub make_counter
{
	my ($self, $counter, $next) = @_;

	return $self->operate('make_counter', counter => $counter,
		counter_text => 'idgen-counter/1 identity=' . join('', map { sprintf '%02x', rand 256 } 1 .. 16) . " next=$next");
}

# The session of the server.
sub session_of { return $_[0]->{session}; }

sub memory { return $_[0]->{session}->query("SELECT provider_memory($_[0]->{number})"); }

# Starts an operation, with its arguments by the names of provider_start.
sub start
{
	my ($self, $kind, %argument) = @_;

	$self->{session}->query(start_sql($self->{number}, $kind, %argument));
	return;
}

sub start_sql
{
	my ($number, $kind, %argument) = @_;

	return
	  'SELECT provider_start(' . join(', ', $number, literal($kind), map { "$_ => " . literal($argument{$_}) } sort keys %argument) . ')';
}

# Waits for the operation, and returns what provider_finish does as a hash.
sub finish
{
	my ($self, $patience) = @_;
	my $answer = $self->{session}->query(
		"SELECT row_to_json(answer) FROM provider_finish($self->{number}, " . ($patience // 60000) . ') AS answer');

	return decode_json($answer);
}

# An operation from start to end.
sub operate
{
	my ($self, $kind, %argument) = @_;

	$self->start($kind, %argument);
	return $self->finish;
}

sub close
{
	my ($self) = @_;

	$self->{session}->query("SELECT provider_close($self->{number})");
	return;
}

1;
