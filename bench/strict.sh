# shellcheck shell=bash
# The part of bench/run that is about strict numbers: how many callers a round serves, where the root is another
# PostgreSQL or an etcd, behind a network that takes a while. All that measures and reports is in bench/run, which sources
# this.

STRICT_CALLERS=(1 64)
STRICT_DELAY_MS=50
STRICT_SECONDS=4

# Ports that nothing listens at, so many of them; they stay free unless others are quick.
free_ports() {
  perl -MIO::Socket::INET -e '
    my @sockets = map { IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 1) } 1 .. shift;
    print join(" ", map { $_->sockport } @sockets), "\n"' "$1"
}

start_etcd() {
  local client=$1 peer=$2
  as_server mkdir -p "$WORK/etcd"
  start_daemon etcd etcd --name bench --data-dir "$WORK/etcd" --listen-client-urls "http://127.0.0.1:$client" \
    --advertise-client-urls "http://127.0.0.1:$client" --listen-peer-urls "http://127.0.0.1:$peer" \
    --initial-advertise-peer-urls "http://127.0.0.1:$peer" --initial-cluster "bench=http://127.0.0.1:$peer"
  until (: <"/dev/tcp/127.0.0.1/$client") 2>/dev/null; do sleep 0.1; done
}

# True if there is an etcd, and what its provider is built with.
has_etcd() { command -v etcd >/dev/null && [[ -e $("$PGBIN/pg_config" --pkglibdir)/idgen_etcd.so ]]; }

# The servers: the root of one segment, an etcd with the counter of another, and the server that draws from both.
start_strict() {
  local root far_root etcd far_etcd peer
  read -r root far_root etcd far_etcd peer < <(free_ports 5)
  # shellcheck disable=SC2034,SC2154 # a name, as a key of an array of test/harness.sh
  PORTS[strict_root]=$root
  start_bench strict_root "listen_addresses = '127.0.0.1'"
  sql bench -c 'CREATE SEQUENCE bench_strict_postgres' -c 'CREATE ROLE leaf LOGIN' -c 'GRANT USAGE ON SEQUENCE bench_strict_postgres TO leaf'
  ! has_etcd || start_etcd "$etcd" "$peer"
  start_daemon delay perl "$SRC/bench/delay.pl" "$STRICT_DELAY_MS" "$far_root:$root" "$far_etcd:$etcd"
  start_bench strict_leaf "shared_preload_libraries = 'idgen'"
  sql bench -c "SET client_min_messages = warning" -c 'CREATE SEQUENCE bench_strict_postgres' \
    -c "SELECT segment_set_roots('bench_strict_postgres', ARRAY['postgresql://leaf@127.0.0.1:$far_root/bench'])" >/dev/null
  ! has_etcd || sql bench -c "SET client_min_messages = warning" -c 'CREATE SEQUENCE bench_strict_etcd' \
    -c "SELECT segment_create_counter('etcd://127.0.0.1:$etcd', 'strict')" \
    -c "SELECT segment_set_roots('bench_strict_etcd', ARRAY['etcd://127.0.0.1:$far_etcd'], counter => 'strict')" >/dev/null
}

# "ROOT CALLERS<tab>NUMBERS A SECOND" a line.
strict_rounds() {
  local round root callers
  for ((round = 0; round < FEW_ROUNDS; round++)); do
    for root in "$@"; do
      echo "SELECT segment_nextval_strict('bench_strict_$root')" | as_server tee "$WORK/strict.sql" >/dev/null
      for callers in "${STRICT_CALLERS[@]}"; do
        as_server pgbench -n -M prepared -T "$STRICT_SECONDS" -c "$callers" -j "$(nproc)" -f "$WORK/strict.sql" bench |
          awk -v name="$root $callers" '/^tps = / { print name "\t" $3 }'
      done
    done
  done
}

measure_strict() {
  local root roots=(postgres)
  ! has_etcd || roots+=(etcd)
  part "Strict numbers"
  start_strict
  supervise strict_rounds "${roots[@]}" >"$WORK/strict_rounds"
  record_medians strict rate numbers/s <"$WORK/strict_rounds"
  {
    printf 'root\tone caller, numbers/s (quartiles)\t64 callers\tof 64 callers in the time of one call\n'
    for root in "${roots[@]}"; do
      printf '%s\t%s\t%s\t%s\n' "$root" "$(spread %.1f "strict $root 1 rate")" "$(spread %.0f "strict $root 64 rate")" \
        "$(ratio "strict $root 64 rate" "strict $root 1 rate")"
    done
  } | table
  note "Median of $FEW_ROUNDS rounds of \`pgbench -M prepared -T $STRICT_SECONDS\` with one \`segment_nextval_strict()\` in each" \
    "statement, through a network that takes $STRICT_DELAY_MS ms each way."
  for root in "${roots[@]}"; do
    judge_ratio "strict numbers in the time of one call, 64 callers, $root" "strict $root 64 rate" "strict $root 1 rate" '>=' 58 \
      '>= 58x (64 less a tenth)'
  done
  signal_daemon delay TERM
  ! has_etcd || signal_daemon etcd TERM
  stop_server strict_leaf
  stop_server strict_root
}
