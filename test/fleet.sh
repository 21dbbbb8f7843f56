# shellcheck shell=bash
# Etcds and servers that lease their workers from them, for scripts that source this file after harness.sh.
#
#   start_etcd NAME             an etcd of this machine alone; its address is then ${ETCD[NAME]}
#   leasing_server NAME STORE [LINE]
#   on SERVER COMMAND           points psql at the server, with its name as the prompt of what is shown
#   await SERVER CONDITION      waits until some SQL is true there
#   query SQL                   what it returns, on the server at which psql is pointed
#   fill SERVER...              ROWS rows in the table orders of each, at the same time
#   expect_unique SERVER...     no ID is in the tables orders of two of them, in rows with their names
#
# Read by the caller: TTL and REACH, in seconds. They are short, so that nobody has to wait for a minute, which is the
# default of the reach.

TTL=3
REACH=6
declare -A ETCD=()

# What a leasing server takes besides PostgreSQL.
needs_leases() {
  needs_build
  need pkg-config command -v pkg-config
  need libcurl4-openssl-dev pkg-config --exists libcurl
  need etcd-server command -v etcd
}

is_reachable() { (exec 3<>"/dev/tcp/${1/://}") 2>/dev/null; }

# An address of this machine alone, at which nobody listens.
free_address() {
  local address
  while address=127.0.0.1:$((20000 + RANDOM % 10000)) && is_reachable "$address"; do :; done
  echo "$address"
}

is_healthy() {
  (exec 3<>"/dev/tcp/${1/://}" && printf 'GET /health HTTP/1.0\r\n\r\n' >&3 && grep -q '"health": *"true"' <&3) 2>/dev/null
}

# start_etcd NAME
start_etcd() {
  local address peer
  address=$(free_address)
  peer=http://$(free_address)
  start_daemon "$1" etcd --name "$1" --data-dir "$WORK/$1" \
    --listen-client-urls "http://$address" --advertise-client-urls "http://$address" \
    --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "$1=$peer"
  until_true 20 is_healthy "$address" || { tail -n 20 "$WORK/log/$1.log" >&2 && die "etcd does not start"; }
  ETCD[$1]=$address
}

# start_gateway NAME ETCD: a process that forwards connections to an etcd, until it is stopped.
start_gateway() {
  local address
  address=$(free_address)
  start_daemon "$1" etcd gateway start --endpoints "${ETCD[$2]}" --listen-addr "$address"
  until_true 10 is_reachable "$address" || { tail -n 20 "$WORK/log/$1.log" >&2 && die "etcd's gateway does not start"; }
  ETCD[$1]=$address
}

# ---------------------------------------------------------------------------------------------------- servers

# until_true SECONDS COMMAND: false if it fails for so long.
until_true() {
  local tries
  for ((tries = $1 * 10; tries > 0; tries--)); do
    if "${@:2}"; then return; fi
    sleep 0.1
  done
  return 1
}

# on SERVER COMMAND, with the server's name as the prompt of what is shown.
on() {
  # shellcheck disable=SC2034 # for show
  local PROMPT="$1> "
  use_server "$1"
  shift
  "$@"
}

query() { sql "$PGDATABASE" -At -c "$1"; }

is_true() { [[ $(query "SELECT $1") == t ]]; }

# await SERVER CONDITION, which is SQL.
await() { on "$1" until_true 30 is_true "$2" || die "$1 waits in vain for $2"; }

lease_lines() {
  printf '%s\n' "shared_preload_libraries = 'idgen'" "idgen.lease_store = 'etcd://$1'" \
    "idgen.lease_ttl = ${TTL}s" "idgen.lease_reach = ${REACH}s"
}

# leasing_server NAME STORE [LINE]
leasing_server() {
  local lines
  mapfile -t lines < <(lease_lines "$2")
  start_server "$1" "${lines[@]}" "${@:3}"
}

# What the store knows of the worker IDs of servers: it has their hosts and ports.
show_workers() {
  show "SELECT worker_id, holder, epoch, fence::time(3), is_held, resting_until::time(3) FROM idgen_lease_workers()
    WHERE holder IS NOT NULL ORDER BY holder, worker_id"
}


# ---------------------------------------------------------------------------------------------------- IDs

# fill SERVER...: so many rows as ROWS on each, at the same time.
fill() {
  local server pids=()
  for server in "$@"; do
    on "$server" query "INSERT INTO orders (server) SELECT '$server' FROM generate_series(1, $ROWS)" &
    pids+=($!)
  done
  for server in "${pids[@]}"; do wait "$server" || return; done
}

# The IDs that servers have issued: a copy has the rows of its original, too.
issued_by() {
  local server
  for server in "$@"; do on "$server" query "SELECT id FROM orders WHERE server = '$server'"; done
}

# As many different IDs as rows, or this is no quickstart but a bug.
expect_unique() {
  local ids different
  ids=$(issued_by "$@" | sort -n)
  different=$(uniq <<<"$ids" | wc -l)
  ids=$(wc -l <<<"$ids")
  say "  All together: $(commas "$ids") IDs, $(commas "$different") of them different."
  [[ $ids == "$different" ]] || die "IDs came twice"
}
