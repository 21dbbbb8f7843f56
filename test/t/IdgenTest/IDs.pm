# Statements that issue IDs, and checks on the IDs that were issued.

package IdgenTest::IDs;

use strict;
use warnings;

use Exporter 'import';
use Test::More;

our @EXPORT = qw(
  burst push_ahead whole_ticks is_increasing is_increasing_text are_distinct
  id_record kinds_of_server create_moment_of draw_uuids
);

# A statement that issues count IDs one by one and returns "lowest|highest".
sub burst
{
	my ($count) = @_;
	return
	  "SELECT min(id), max(id) FROM (SELECT snowflake_nextval() AS id FROM generate_series(1, $count) OFFSET 0) AS drawn";
}

# A statement that moves the timeline by this many ms, a whole tick at a time.  It
# is faster than the clock, so the timeline ends up ahead of it.
sub push_ahead
{
	my ($ms) = @_;
	return
	  "SELECT count(snowflake_next_block(4096)) FROM generate_series(1, $ms)";
}

# A statement that takes this many whole ticks, and so moves the timeline by as many
# ms, and returns the first and the last ID of each.
sub whole_ticks
{
	my ($count) = @_;
	return
	  "SELECT id, id + 4095 FROM (SELECT snowflake_next_block(4096) AS id FROM generate_series(1, $count) OFFSET 0) AS blocks";
}

# Passes if each of the IDs is above the one before it.
sub is_increasing
{
	my ($ids, $name, $is_above) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	$is_above //= sub { $_[0] > $_[1] };
	for my $i (1 .. $#$ids)
	{
		next if $is_above->($ids->[$i], $ids->[ $i - 1 ]);
		fail($name);
		diag("no. $i is $ids->[$i], after $ids->[$i - 1]");
		return 0;
	}
	return ok(@$ids > 0, $name);
}

# The same for IDs that are not numbers, but whose texts are in order as they are.
sub is_increasing_text
{
	my ($ids, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	return is_increasing($ids, $name, sub { $_[0] gt $_[1] });
}

# Passes if no ID is there twice.
sub are_distinct
{
	my ($ids, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	return is_increasing([ sort { $a <=> $b } @$ids ], $name);
}

# A record of IDs.
sub id_record
{
	return IdgenTest::Record->new(@_);
}

# The kinds of 128-bit IDs that hold a moment of the server's, by the function that issues them.
sub kinds_of_server
{
	return ('uuidv7_sequential', 'ulid_sequential', 'snowflake128_nextval', 'uuidv6 of server', 'uuidv1 of server');
}

# Creates moment_of(), which reads that moment from an ID of a kind: ns since 1970, and
# below them the rank of those that share one.
sub create_moment_of
{
	my ($node, $dbname) = @_;

	$node->safe_psql($dbname // 'postgres', <<'END');
CREATE FUNCTION moment_of(kind text, id uuid) RETURNS bigint LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
	digits text := replace(id::text, '-', '');
	high bigint := ('x' || left(digits, 16))::bit(64)::bigint;
	low bigint := ('x' || right(digits, 16))::bit(64)::bigint;
	ticks bigint;
BEGIN
	CASE kind
		WHEN 'snowflake128_nextval' THEN
			RETURN high * 2 + (low & 1);
		WHEN 'ulid_sequential' THEN
			RETURN (high >> 16) * 2000000 + (high & 65535) * 32 + ((low >> 59) & 31);
		WHEN 'uuidv7_sequential' THEN
			RETURN ((high >> 16) * 1000000 + ((high & 4095) * 1000000 + 4095) / 4096) * 2 + ((low >> 53) & 511);
		WHEN 'uuidv6 of server' THEN
			ticks := (high >> 16) * 4096 + (high & 4095);
		WHEN 'uuidv1 of server' THEN
			ticks := ((high & 4095) << 48) + (((high >> 16) & 65535) << 32) + ((high >> 32) & 4294967295);
		ELSE
			RETURN NULL;
	END CASE;
	RETURN (ticks - x'01B21DD213814000'::bigint) * 200 + ((low >> 48) & 255);
END $$;
END
	return;
}

# SQL that issues count IDs of a kind in one statement, and returns "kind|ID|moment" of each,
# the ID as a UUID.  It reads the moments after all IDs have been issued, because IDs come in
# chunks only if they are issued fast.
sub draw_uuids
{
	my ($kind, $count, $schema) = @_;
	my ($function, $of_server) = $kind =~ /^(\w+)( of server)?$/;
	$schema //= 'public';
	my $draw =
	  "SELECT '$kind', id, moment_of('$kind', id) FROM (SELECT unnest(array_agg($schema.$function()::uuid)) AS id FROM generate_series(1, $count) OFFSET 0) AS drawn;\n";

	return $of_server ? "SET idgen.uuid_node = server;\n${draw}RESET idgen.uuid_node;\n" : $draw;
}

# The class: every ID that clients of a timeline have received, in all runs of the
# server.  The record of a copy of a server continues that of its origin.
package IdgenTest::Record;

use strict;
use warnings;

use Test::More;

sub new
{
	my ($class, $origin) = @_;

	return bless { ids => [], highest => $origin ? $origin->{highest} : 0 }, $class;
}

# Adds the IDs of sessions, a list each, in the order in which they came.  Passes
# if all are above those on the record, increase in each list, and no ID is
# there twice.
sub add
{
	my ($self, $name, @lists) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $floor = $self->{highest};
	my @added = sort { $a <=> $b } map { @$_ } @lists;
	my @wrong;

	foreach my $list (grep { @$_ } @lists)
	{
		push @wrong, "$list->[0] is not above $floor, which came before" if $list->[0] <= $floor;
		push @wrong, map { "$list->[$_] came after $list->[$_ - 1]" }
		  grep { $list->[$_] <= $list->[ $_ - 1 ] } 1 .. $#$list;
	}
	push @wrong, map { "$added[$_] came twice" }
	  grep { $added[$_] == $added[ $_ - 1 ] } 1 .. $#added;
	push @wrong, 'no ID came' if !@added;

	push @{ $self->{ids} }, @added;
	$self->{highest} = $added[-1] if @added && $added[-1] > $floor;
	return ok(!@wrong, $name) || diag(join "\n", grep { defined } @wrong[ 0 .. 4 ]);
}

sub ids { return @{ $_[0]->{ids} }; }

1;
