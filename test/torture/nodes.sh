# shellcheck shell=bash
# The two servers of the torture, "nodes" a and b, and their clocks. Whoever sources this has sourced ../harness.sh and
# has log_event and fail.
#
# A node's clock is the machine's and an offset, in ms; see clock.c.

# shellcheck disable=SC2034 # the other parts use it
PRIMARY=a STANDBY=b
# What the clock of a node is ahead of the machine's, and what the timeline is, and the reference clock; what the latter may
# be at most: the highest clock of a primary, or where a start has had IDs begin; and what the timeline may be.
declare -A OFFSET=([a]=0 [b]=0)
TIMELINE=0 CLOCK=0 REFERENCE=0 HIGHEST=0
# What check.c knows of REFERENCE, as a lead; and how far we have read in the log of a node.
LEAD=0
declare -A LOG_READ=()
# Of the configuration: idgen.max_drift, synchronous_standby_names, shared_preload_libraries, idgen.datacenter_id,
# idgen.worker_id.
DRIFT=1s SYNC='' PRELOAD='' DATACENTER=0 WORKER=1
# What idgen.reserve_ahead is by default, and something for calls that queue.
RESERVED_MS=3200
# idgen.max_regression by default.
REGRESSION_MS=60000
# What has not come about after so many seconds never will, even on a machine that has much else to do.
HANG_S=90
# Before the last step of the primary's clock, and when that was, in ms since 1970.
FORMER_OFFSET=0 STEPPED_MS=0

# ---------------------------------------------------------------------------------------------------- clocks

# Runs a command as the servers' user with the clock of NODE.
with_clock() {
  local node=$1
  shift
  as_server env "LD_PRELOAD=$WORK/tmp/clock.so" "TORTURE_CLOCK=$WORK/$node.clock" "$@"
}

# Sets the clock of NODE to OFFSET ms from the machine's, at once for all of its processes.
write_clock() { "$WORK/tmp/step" "$WORK/$1.clock" $(($2 * 1000000)); }

# KIND is what the table counts it as: NODE KIND MS.
step_clock() {
  local node=$1 kind=$2 ms=$3 from
  note_starts
  now_us && from=$REPLY
  [[ $node != "$PRIMARY" ]] || FORMER_OFFSET=${OFFSET[$node]} STEPPED_MS=$((from / 1000))
  OFFSET[$node]=$((OFFSET[$node] + ms))
  write_clock "$node" "${OFFSET[$node]}"
  note_height
  ((ms > 0)) || note_starts
  log_event "$from" "step-$kind" "$node" "$(awk "BEGIN { printf \"%+.3f s\", $ms / 1000 }")"
}

# idgen.max_drift in ms, in REPLY.
drift_ms() {
  case $DRIFT in
    *h) REPLY=$((${DRIFT%h} * 3600000)) ;;
    *d) REPLY=$((${DRIFT%d} * 86400000)) ;;
    *) REPLY=$((${DRIFT%s} * 1000)) ;;
  esac
}

# Are calls expected to fail? The reference clock stands still if it is too far ahead, however far IDs are.
is_behind() {
  drift_ms
  ((CLOCK - OFFSET[$PRIMARY] > REGRESSION_MS || REPLY >= REGRESSION_MS)) || REPLY=$REGRESSION_MS
  ((TIMELINE - OFFSET[$PRIMARY] > REPLY))
}

# To be called whenever the clock of the primary, or idgen.max_drift, may have become more, or IDs begin so many ms ahead
# of the clock.
note_height() {
  local begin=$((OFFSET[$PRIMARY] + ${1:-0}))
  ((TIMELINE >= OFFSET[$PRIMARY])) || TIMELINE=${OFFSET[$PRIMARY]}
  ((CLOCK >= OFFSET[$PRIMARY])) || CLOCK=${OFFSET[$PRIMARY]}
  ((REFERENCE >= begin)) || REFERENCE=$begin
  drift_ms
  ((HIGHEST >= REFERENCE + REPLY)) || HIGHEST=$((REFERENCE + REPLY))
  note_lead
}

# Tells check.c how far the reference clock may be ahead of the clock, as KIND, from FROM_US on: MS.
log_lead() { printf '%s %s %s %s right %s\n' "$2" "$2" "$1" "$PRIMARY" "$3" >>"$RUN/events"; }

# The same for now, if it is not as before.
note_lead() {
  local lead=$((REFERENCE - OFFSET[$PRIMARY]))
  ((lead != LEAD)) || return 0
  LEAD=$lead
  now_us
  log_lead lead "$REPLY" "$lead"
}

# What the primary's clock was ahead of the machine's when it showed SHOWN_MS, in REPLY. If by the present offset that was
# before the clock's last step, or is yet to come, it was by the former one.
offset_at() {
  local machine_ms=$(($1 - OFFSET[$PRIMARY]))
  now_us
  if ((machine_ms < STEPPED_MS || machine_ms > REPLY / 1000)); then
    REPLY=$FORMER_OFFSET
  else
    REPLY=${OFFSET[$PRIMARY]}
  fi
}

# "SHOWN_MS AHEAD_MS" of each start in a log: what the server's clock showed, and how far ahead of it IDs begin.
starts_in() {
  sed -n 's/.* \([0-9]*\)\.\([0-9]*\) \[.*snowflake IDs begin at .*, \([0-9]*\)\.\([0-9]*\) s ahead of the system clock$/\1\2 \3\4/p'
}

# What the starts since we last looked have added, by the primary's log: no more than a reservation.
note_starts() {
  local log=$WORK/$PRIMARY/log size shown_ms ahead_ms offset begin
  size=$(stat -c %s "$log" 2>/dev/null) || return 0
  while read -r shown_ms ahead_ms; do
    offset_at "$shown_ms" && offset=$REPLY
    begin=$((offset + 10#$ahead_ms + 1))
    ((begin <= HIGHEST + RESERVED_MS)) ||
      fail "a start has IDs begin $((begin - HIGHEST)) ms beyond any that there can have been"
    log_lead lead-of-start $(((shown_ms - offset) * 1000)) $((begin - offset))
    note_height $((begin - OFFSET[$PRIMARY]))
  done < <(tail -c "+$((${LOG_READ[$PRIMARY]:-0} + 1))" "$log" | head -c $((size - ${LOG_READ[$PRIMARY]:-0})) | starts_in)
  LOG_READ[$PRIMARY]=$size
}

# Where the timeline and the reference clock are, if the primary can tell.
measure_timeline() {
  local status ahead lead
  note_starts
  status=$(primary_sql "SELECT GREATEST(ceil(1000 * extract(epoch FROM COALESCE(timeline_at, reserved_until) -
    clock_timestamp())), 0)::bigint, ceil(1000 * extract(epoch FROM lead))::bigint FROM idgen_status()" 2>/dev/null) ||
    return 1
  [[ $status =~ ^[0-9]+\|[0-9]+$ ]] || return 1
  IFS='|' read -r ahead lead <<<"$status"
  TIMELINE=$((OFFSET[$PRIMARY] + ahead))
  CLOCK=$((OFFSET[$PRIMARY] + lead))
  ((TIMELINE <= HIGHEST + RESERVED_MS)) ||
    fail "the timeline is $((TIMELINE - HIGHEST)) ms beyond any clock and drift there was"
}

# ---------------------------------------------------------------------------------------------------- servers

# What both nodes take, with a reload or the next start.
write_shared_conf() {
  printf '%s\n' "idgen.max_drift = '$DRIFT'" "synchronous_standby_names = '$SYNC'" \
    "shared_preload_libraries = '$PRELOAD'" "idgen.datacenter_id = '$DATACENTER'" "idgen.worker_id = '$WORKER'" |
    as_server tee "$WORK/shared.conf.new" >/dev/null
  as_server mv "$WORK/shared.conf.new" "$WORK/shared.conf"
}

reload() { as_server pg_ctl -D "$WORK/$1/data" -s reload; }

other() { if [[ $1 == a ]]; then echo b; else echo a; fi; }

conf() {
  printf '%s\n' \
    "include '$WORK/shared.conf'" \
    "primary_conninfo = 'host=$WORK/$(other "$1") port=5432 user=postgres application_name=standby'" \
    "max_connections = $((CLIENTS + 30))" \
    "max_worker_processes = 16" \
    "parallel_setup_cost = 0" \
    "parallel_tuple_cost = 0" \
    "min_parallel_table_scan_size = 0" \
    "dynamic_shared_memory_type = mmap" \
    "wal_log_hints = on" \
    "wal_keep_size = 512MB" \
    "checkpoint_timeout = 30s" \
    "recovery_init_sync_method = syncfs" \
    "wal_writer_delay = 10s" \
    "wal_retrieve_retry_interval = 200ms" \
    "wal_sender_timeout = 0" \
    "wal_receiver_timeout = 0" \
    "log_min_messages = log" \
    "log_checkpoints = off" \
    "log_line_prefix = '%m %n [%p] %b '" \
    "timezone = UTC" \
    "restart_after_crash = on"
}

# True as soon as COMMAND succeeds, for so many seconds.
within() {
  local deadline=$((SECONDS + $1))
  shift
  while ((SECONDS <= deadline)); do
    ! "$@" 2>/dev/null || return 0
    sleep 0.1
  done
  return 1
}

try_start() {
  with_clock "$1" pg_ctl -D "$WORK/$1/data" -l "$WORK/$1/log" -w -s start >"$WORK/log/start.log" 2>&1
}

# Processes of a server that was killed may be there for a moment, and keep the next one from starting.
start_node() {
  local from
  now_us && from=$REPLY
  if ! within "$HANG_S" try_start "$1"; then
    fail "node $1 does not start"
    tail -n 20 "$WORK/$1/log" >&2
    return 1
  fi
  log_event "$from" start "$1" "${PRELOAD:+preloaded}"
}

postmaster_of() { head -n 1 "$WORK/$1/data/postmaster.pid" 2>/dev/null; }

# "PID TITLE" of a server's processes.
processes_of() { ps --ppid "$(postmaster_of "$1")" -o pid=,args=; }

# Ends a whole server as a power cut would, and waits until nothing is left of it, not even for init to bury.
kill_node() {
  local pids
  mapfile -t pids < <(postmaster_of "$1" && processes_of "$1" | awk '{ print $1 }')
  kill -KILL "${pids[@]}" 2>/dev/null || true
  within "$HANG_S" are_gone "${pids[@]}"
}

are_gone() { ! ps -o pid= -p "$*" >/dev/null; }

stop_hard() {
  if [[ $HARD == kill ]]; then kill_node "$1"; else stop_server "$1" immediate; fi
}

primary_sql() { sql "host=$WORK/$PRIMARY dbname=torture_1" -At -c "$1"; }

is_streaming() {
  [[ $(primary_sql "SELECT count(*) FROM pg_stat_replication WHERE application_name = 'standby' AND
    state = 'streaming' AND ($([[ -n $SYNC ]] && echo "sync_state = 'sync'" || echo true)) AND
    flush_lsn >= pg_current_wal_lsn() - 1048576") == 1 ]]
}

# Goes over to synchronous or asynchronous replication; synchronous counts from when the standby has all there was.
replicate() {
  local lsn
  SYNC=$1
  write_shared_conf
  reload "$PRIMARY"
  lsn=$(primary_sql 'SELECT pg_current_wal_lsn()') || return 0
  within 20 has_flushed "$lsn" || true
}

has_flushed() {
  is_streaming && [[ $(primary_sql "SELECT count(*) FROM pg_stat_replication WHERE flush_lsn >= '$1'") == 1 ]]
}

make_standby_conf() {
  conf "$1" >"$WORK/tmp/conf"
  printf '%s\n' "listen_addresses = ''" "unix_socket_directories = '$WORK/$1'" "port = 5432" |
    cat - "$WORK/tmp/conf" | as_server tee "$WORK/$1/server.conf" >/dev/null
  as_server touch "$WORK/$1/data/standby.signal"
}

base_backup() {
  as_server rm -rf "$WORK/$1/data"
  as_server mkdir -p "$WORK/$1"
  quietly basebackup as_server pg_basebackup -h "$WORK/$PRIMARY" -U postgres -D "$WORK/$1/data" -c fast
}

# The server that NODE was in the timeline of WAL before.
rewind() {
  sql "host=$WORK/$PRIMARY dbname=postgres" -c CHECKPOINT &&
    supervise as_server pg_rewind -D "$WORK/$1/data" \
      --source-server="host=$WORK/$PRIMARY port=5432 user=postgres dbname=postgres" >"$WORK/log/rewind.log" 2>&1
}
