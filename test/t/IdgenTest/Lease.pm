# Servers that lease their worker IDs, the coordination stores that they lease them from, and what must hold whatever
# happens to either: no ID comes twice, and none lies beyond the fence of its worker ID.

package IdgenTest::Lease;

use strict;
use warnings;

use Carp;
use Exporter 'import';
use IdgenTest::Server;
use IdgenTest::Session;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes ();

our @EXPORT = qw(
  postgres_store etcd_store lying_store leasing_server lease_conf create_issuing create_pool
  lease wait_for_lease last_error agent_pid signal_agent restart_agent stop_in
  start_issuing finish_issuing issue node_of time_of issued
);

# ---------------------------------------------------------------------------------------------------- servers

# Lines of postgresql.conf: a store, or an address, and other settings of leases by the rest of their names.
sub lease_conf
{
	my ($store, %setting) = @_;
	my %all = (store => ref $store ? $store->address : $store, %setting);

	return join('', map { "idgen.lease_$_ = '$all{$_}'\n" } sort keys %all);
}

# A started server that leases its worker ID.  Options: those of new_server, and lease, a reference to
# more settings of leases.
sub leasing_server
{
	my ($name, $store, %option) = @_;
	my %lease = %{ delete $option{lease} // {} };
	my $node = new_server($name, preload => 1, %option, conf => lease_conf($store, %lease) . ($option{conf} // ''));

	create_issuing($node);
	return $node;
}

# Declares issue_for(seconds), which issues an ID a millisecond, and returns each with NULL, or NULL with the
# error, once for all errors that follow each other.
sub create_issuing
{
	my ($node) = @_;

	$node->safe_psql('postgres', <<'END');
CREATE FUNCTION issue_for(seconds float8, OUT id bigint, OUT error text) RETURNS SETOF record LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	ends_at timestamptz := clock_timestamp() + seconds * interval '1 s';
	failed bool := false;
BEGIN
	WHILE clock_timestamp() < ends_at LOOP
		BEGIN
			id := snowflake_nextval();
			error := NULL;
			failed := false;
			RETURN NEXT;
		EXCEPTION WHEN object_not_in_prerequisite_state THEN
			id := NULL;
			error := sqlerrm;
			IF NOT failed THEN
				RETURN NEXT;
			END IF;
			failed := true;
		END;
		PERFORM pg_sleep(0.001);
	END LOOP;
END $$;
END
	return;
}

sub create_pool
{
	my ($session, $first, $last) = @_;

	$session->query("SELECT idgen_lease_create_pool($first, $last)");
	return;
}

# The lease of a session's server, as a hash.
sub lease
{
	my ($session) = @_;

	return decode_json($session->query('SELECT to_jsonb(l) FROM idgen_lease() AS l'));
}

sub last_error { return lease($_[0])->{last_error} // ''; }

# Waits until the lease is in this state, and returns it.
sub wait_for_lease
{
	my ($session, $state) = @_;
	my $lease;

	wait_until { ($lease = lease($session))->{state} eq $state } "a lease that is $state";
	return $lease;
}

# The PID of the agent of a server; 0 if there is none.  It is not in pg_stat_activity, as it has no database.
sub agent_pid
{
	my ($node) = @_;
	my ($postmaster) = split /\n/, slurp_file($node->data_dir . '/postmaster.pid');
	my ($pid) = map { /^\s*(\d+) .*idgen lease agent/ ? $1 : () } qx(ps --ppid $postmaster -o pid=,args=);

	return $pid // 0;
}

# Sends a signal to the agent, and returns its PID.
sub signal_agent
{
	my ($node, $signal) = @_;
	my $pid = wait_until { agent_pid($node) } 'the agent';

	$signal eq 'STOP' ? stop_processes($pid) : kill($signal, $pid) == 1 || croak "could not send $signal to the agent";
	return $pid;
}

# Has the agent end, and waits for the next one.
sub restart_agent
{
	my ($node) = @_;
	my $pid = signal_agent($node, 'TERM');

	return wait_until { my $next = agent_pid($node); $next != $pid && $next } 'the next agent';
}

# Stops a server, and returns how long that took, in seconds.
sub stop_in
{
	my ($node) = @_;
	my $began = Time::HiRes::time;

	$node->stop('fast');
	return Time::HiRes::time - $began;
}

# ---------------------------------------------------------------------------------------------------- IDs

# Has a session issue IDs for so many seconds, without waiting for it.
sub start_issuing
{
	my ($session, $seconds) = @_;

	$session->send("SELECT id, error FROM issue_for($seconds)");
	return $session;
}

# ([IDs], [errors]) of a session that start_issuing() was given.
sub finish_issuing
{
	my ($session) = @_;
	my ($output, $error) = $session->finish;
	my (@ids, @errors);

	croak $error if $error =~ /ERROR|FATAL|PANIC/;
	foreach (split /\n/, $output)
	{
		my ($id, $message) = split /\|/, $_, 2;
		push @ids, $id if $id ne '';
		push @errors, $message if $id eq '';
	}
	return (\@ids, \@errors);
}

# A list of IDs that a session issues in one statement.
sub issue
{
	my ($session, $count) = @_;

	return [ $session->ids('SELECT snowflake_nextval() FROM generate_series(1, ' . ($count // 1) . ')') ];
}

# The worker ID in an ID of the default layout, and its time in us since 1970.
sub node_of { return $_[0] >> 12 & 31; }
sub time_of { return (1577836800000 + ($_[0] >> 22)) * 1000; }

# A record of the IDs of all servers.
sub issued { return bless { seen => {}, last => {} }, 'IdgenTest::Lease::Issued'; }

package IdgenTest::Lease::Issued;

use Test::More;

# Adds IDs, in the order in which a session got them.  Passes if they increase, are above those that the session
# had before, and have not been issued by anybody.
sub add
{
	my ($self, $name, $session, @ids) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my @wrong;

	foreach my $id (map { ref ? @$_ : $_ } @ids)
	{
		my $before = $self->{last}->{$session};

		push @wrong, "$id came twice: from $self->{seen}->{$id} and from $session" if exists $self->{seen}->{$id};
		push @wrong, "$id came after $before from $session" if defined $before && $id <= $before;
		$self->{seen}->{$id} = $session;
		$self->{last}->{$session} = $id;
	}
	@wrong = ('no ID came') unless map { ref ? @$_ : $_ } @ids;
	return ok(!@wrong, $name) || diag(join "\n", grep { defined } @wrong[ 0 .. 4 ]);
}

sub ids { return keys %{ $_[0]->{seen} }; }

# Passes if all IDs lie below the fences that a store has for their worker IDs.
sub are_below_fences
{
	my ($self, $store, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $workers = $store->workers;
	my @wrong =
	  grep { IdgenTest::Lease::time_of($_) >= ($workers->{ IdgenTest::Lease::node_of($_) }->{fence} // 0) } $self->ids;

	return ok(!@wrong, $name) || diag(scalar(@wrong) . " IDs, as $wrong[0]");
}

# ---------------------------------------------------------------------------------------------------- stores
# A store has address(), workers(), and the pool's text, pool() and set_pool().  What workers() returns is a hash of
# hashes by worker ID: nonce, epoch, fence, holder, acknowledged, text; hold (a nonce, if a server uses it), and
# version and hold_version, which change with each write.

package IdgenTest::Lease;

# Reads the text of a record into a hash.
sub read_record
{
	my ($text) = @_;
	my %record = (text => $text, $text =~ / (\w+)=(\S*)/g);

	return \%record;
}

# A started PostgreSQL that is a store.  Options: conf, clock (as for new_server), streaming, password (of the role lease;
# without, nobody needs one).
sub postgres_store
{
	my ($name, %option) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);

	$node->init(allows_streaming => $option{streaming});
	$node->append_conf('postgresql.conf', "log_statement = none\nautovacuum = off\n" . ($option{conf} // ''));
	if (defined $option{password})
	{
		my $hba = $node->data_dir . '/pg_hba.conf';
		my $lines = PostgreSQL::Test::Utils::slurp_file($hba);

		open(my $file, '>', $hba) or croak "could not write $hba: $!";
		print $file "local all lease scram-sha-256\n$lines";
		close($file);
	}
	start_server($node, $option{clock});
	$node->safe_psql('postgres', "CREATE ROLE lease LOGIN PASSWORD '$option{password}'; GRANT CREATE ON DATABASE postgres TO lease")
	  if defined $option{password};
	return bless { node => $node, pool => 'default' }, 'IdgenTest::Lease::Postgres';
}

# A started etcd that is a store.
sub etcd_store
{
	my ($name, %option) = @_;

	return bless { etcd => IdgenTest::Etcd::new_etcd($name, %option), pool => 'default' }, 'IdgenTest::Lease::Etcd';
}

# A store in a directory, which lies as it is told: see test/lease/idgen_teststore.c.
sub lying_store
{
	my $library = build_library('idgen_teststore', 'lease');

	return bless { directory => PostgreSQL::Test::Utils::tempdir() . '/store', library => $library, pool => 'default' }, 'IdgenTest::Lease::Lying';
}

package IdgenTest::Lease::Store;

# The same store, with another pool.
sub other_pool { return bless { %{ $_[0] }, pool => $_[1] }, ref $_[0]; }

package IdgenTest::Lease::Postgres;

use JSON::PP;

our @ISA = ('IdgenTest::Lease::Store');

sub node { return $_[0]->{node}; }

sub address
{
	my ($self) = @_;

	return 'postgresql:///postgres?host=' . $self->{node}->host . '&port=' . $self->{node}->port;
}

sub workers
{
	my ($self) = @_;
	my $rows = decode_json(
		$self->{node}->safe_psql(
			'postgres', "SELECT coalesce(json_agg(row), '[]') FROM (
		SELECT worker, w.record AS text, w.xmin AS version, h.xmin AS hold_version, CASE WHEN h.expires > clock_timestamp() THEN h.nonce END AS hold
		FROM idgen_lease.workers w LEFT JOIN idgen_lease.holds h USING (pool, worker) WHERE pool = '$self->{pool}') AS row"));

	return { map { $_->{worker} => { %$_, %{ IdgenTest::Lease::read_record($_->{text}) } } } @$rows };
}

sub pool { return $_[0]->{node}->safe_psql('postgres', "SELECT record FROM idgen_lease.pools WHERE pool = '$_[0]->{pool}'"); }

sub set_pool
{
	my ($self, $text) = @_;

	$self->{node}->safe_psql('postgres', "UPDATE idgen_lease.pools SET record = '$text' WHERE pool = '$self->{pool}'");
	return;
}

sub set_worker
{
	my ($self, $worker, $text) = @_;

	$self->{node}->safe_psql('postgres', "UPDATE idgen_lease.workers SET record = '$text' WHERE pool = '$self->{pool}' AND worker = $worker");
	return;
}

# All holds end, as if the servers that have them had long been silent.
sub end_holds
{
	my ($self) = @_;

	$self->{node}->safe_psql('postgres', "UPDATE idgen_lease.holds SET expires = '-infinity' WHERE pool = '$self->{pool}'");
	return;
}

sub kill { return $_[0]->{node}->stop('immediate'); }
sub start { return $_[0]->{node}->start; }

package IdgenTest::Lease::Etcd;

use JSON::PP;
use MIME::Base64;

our @ISA = ('IdgenTest::Lease::Store');

sub etcd { return $_[0]->{etcd}; }
sub address { return $_[0]->{etcd}->store; }
sub kill { return $_[0]->{etcd}->kill_all; }
sub start { return $_[0]->{etcd}->start; }

# All keys under a name of the pool's: hashes of value and version by what follows.
sub keys_under
{
	my ($self, $name) = @_;
	my $prefix = "/idgen/$self->{pool}/$name";
	my $answer = decode_json($self->{etcd}->must_control('get', '--prefix', $prefix, '-w', 'json'));

	return { map { substr(decode_base64($_->{key}), length $prefix) => { value => decode_base64($_->{value}), version => $_->{mod_revision} } }
		  @{ $answer->{kvs} // [] } };
}

sub workers
{
	my ($self) = @_;
	my $records = $self->keys_under('fence/');
	my $holds = $self->keys_under('hold/');
	my %workers;

	foreach my $key (keys %$records)
	{
		$workers{ $key + 0 } = {
			%{ IdgenTest::Lease::read_record($records->{$key}->{value}) },
			version => $records->{$key}->{version},
			hold => $holds->{$key} ? $holds->{$key}->{value} : undef
		};
	}
	return \%workers;
}

sub pool { return $_[0]->keys_under('pool')->{''}->{value}; }

sub set_pool
{
	my ($self, $text) = @_;

	$self->{etcd}->must_control('put', "/idgen/$self->{pool}/pool", $text);
	return;
}

package IdgenTest::Lease::Lying;

use File::Basename qw(dirname);
use PostgreSQL::Test::Utils;

sub address { return "teststore://$_[0]->{directory}"; }
sub directory { return $_[0]->{directory}; }

# A line of postgresql.conf by which servers find the module.
sub conf { return "dynamic_library_path = '\$libdir:" . dirname($_[0]->{library}) . "'\n"; }

# What the store does from now on: lines of "behavior".
sub behave
{
	my ($self, @lines) = @_;

	open(my $file, '>', "$self->{directory}/behavior.new") or die "could not write behavior: $!";
	print $file map { "$_\n" } @lines;
	close($file);
	rename("$self->{directory}/behavior.new", "$self->{directory}/behavior") or die "could not rename behavior: $!";
	return;
}

sub workers
{
	my ($self) = @_;

	return { map { /\.(\d+)\.worker$/ ? ($1 => IdgenTest::Lease::read_record(slurp_file($_))) : () } glob("$self->{directory}/$self->{pool}.*.worker") };
}

# Remembers all records, or goes back to what was remembered last.
sub save
{
	my ($self) = @_;

	$self->{saved} = { map { $_ => slurp_file($_) } glob("$self->{directory}/$self->{pool}.*") };
	return;
}

sub restore
{
	my ($self) = @_;

	unlink glob("$self->{directory}/$self->{pool}.*");
	foreach my $name (keys %{ $self->{saved} })
	{
		open(my $file, '>', $name) or die "could not write $name: $!";
		print $file $self->{saved}->{$name};
		close($file);
	}
	return;
}

1;
