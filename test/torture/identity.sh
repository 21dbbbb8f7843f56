# shellcheck shell=bash
# Who the servers are: the node they are told to be, what they are told by mistake, and timelines set by hand. Whoever
# sources this has sourced nodes.sh and has the plan's variables, log_event, fail, expect_ids and expect_server_ids.

# Those with datacenters from here on are used once, so that they can be given up.
FRESH_DATACENTER=2 FRESH_WORKER=10

reload_both() { reload a && reload b; }

# Has the server taken a node, as far as a new session can tell?
shows_node() {
  [[ $(primary_sql "LOAD 'idgen'; SELECT current_setting('idgen.datacenter_id') || ' ' ||
    current_setting('idgen.worker_id')") == "$DATACENTER $WORKER" ]]
}

# Gives both servers a node, "DATACENTER WORKER", and notes it.
set_node() {
  local from
  now_us && from=$REPLY
  read -r DATACENTER WORKER <<<"$1"
  write_shared_conf
  reload_both
  within "$HANG_S" shows_node || { fail "the server does not take the node ($1)" && return 1; }
  log_event "$from" node "$PRIMARY" "$DATACENTER $WORKER"
}

# A node that nobody has had, in REPLY.
fresh_node() {
  REPLY="$FRESH_DATACENTER $FRESH_WORKER"
  ((++FRESH_WORKER < 32)) || FRESH_WORKER=10 FRESH_DATACENTER=$((FRESH_DATACENTER + 1))
  ((FRESH_DATACENTER < 32)) || die "no node is left that has not been used; run it in parts"
}

# Statements that began with another node are over. The server's clock must not have been stepped meanwhile.
former_node_is_out_of_use() {
  [[ $(primary_sql "SELECT count(*) FROM pg_stat_activity
    WHERE application_name = 'load' AND state = 'active' AND query_start < '$1'") == 0 ]]
}

event_change_node() {
  set_node "$NEW_NODE" && expect_server_ids "the node ($NEW_NODE)"
}

# The node is mistyped for a while, in which the server may crash or be started again.
event_refuse_node() {
  local from old="$DATACENTER $WORKER" setting=${WRONG_NODE% *} value=${WRONG_NODE#* }
  now_us && from=$REPLY
  if [[ $setting == worker ]]; then WORKER=$value; else DATACENTER=$value; fi
  write_shared_conf
  reload_both
  log_event "$from" refused-node "$PRIMARY" "$setting $value"
  case $WHILE_REFUSED in
    crash) event_kill_backend ;;
    start)
      # shellcheck disable=SC2034 # run reads it
      SURPRISE=''
      event_stop_immediate
      ;;
  esac
  sleep 3
  set_node "$old" && expect_server_ids "the node was mistyped ($WRONG_NODE)"
}

# ---------------------------------------------------------------------------------------------------- resets

# Sets the timelines, with these arguments. False if that is refused, which is what it must be if IDs might repeat.
try_reset() {
  primary_sql "SELECT idgen_reset_timeline(${1:-})" >/dev/null 2>"$WORK/log/reset.log" && return
  grep -q 'might repeat\|starting up\|shutting down\|terminating\|refused\|closed the connection\|No such file' \
    "$WORK/log/reset.log" || fail "idgen_reset_timeline(${1:-}): $(head -n 1 "$WORK/log/reset.log")"
  return 1
}

# Forward by a little; or at the clock, which goes back if the timeline is ahead of it, and may be refused.
event_reset() {
  local from kind=reset-back arguments=''
  if [[ $RESET_MS != clock ]]; then
    kind=reset-forward
    arguments="clock_timestamp() + interval '$RESET_MS ms'"
  fi
  measure_timeline || true
  # What is forward by the clock may be back from where the timeline is.
  # shellcheck disable=SC2004 # the array has names for keys
  ((TIMELINE <= OFFSET[$PRIMARY] + 3)) || kind=reset-back
  now_us && from=$REPLY
  if try_reset "$arguments"; then
    [[ $RESET_MS == clock ]] || note_height "$RESET_MS"
    log_event "$from" "$kind" "$PRIMARY" "$RESET_MS"
  else
    log_event "$from" refused-reset "$PRIMARY" "$RESET_MS"
  fi
}

# What any timeline is ahead of the clock, in ms, in REPLY.
measure_all() {
  REPLY=$(primary_sql "SELECT GREATEST(ceil(1000 * extract(epoch FROM max(timeline_at) - clock_timestamp())), 0)::bigint
    FROM idgen_timelines" 2>/dev/null) && [[ $REPLY =~ ^[0-9]+$ ]]
}

no_timeline_is_ahead() { measure_all && ((REPLY < 1000)); }

# Generators with a node of their own do not draw from here on, those with a part of a node only in LOUD=part; or all do
# so again.
quiet_load() {
  pkill "$([[ $LOUD == part ]] && echo -HUP || echo -USR1)" -g "$LOAD_PID" -x load
  within "$HANG_S" load_is_quiet
}
wake_load() { pkill -USR2 -g "$LOAD_PID" -x load || true; }

# The runbook "The clock was far ahead". The server's own IDs get far ahead under a node of their own, the clock is put
# right, and the server gets another node. It must then be possible to go back, unless generators with nodes of their
# own have drawn meanwhile (LOUD: all, or those with a part of a node), or the clock was ahead by so little that the new
# node follows it under this load.
event_far_ahead() {
  local ms=$((FAR_S * 1000)) before=${OFFSET[$PRIMARY]} from changed
  within 20 primary_sql 'SELECT' || return 0
  within 3 no_timeline_is_ahead || return 0
  [[ $LOUD == loud ]] || quiet_load || { wake_load && fail "the load does not get quiet" && return 1; }
  fresh_node
  set_node "$REPLY" || return 1
  # IDs of a node that is used again must not get far ahead: a restart forgets that they were left behind.
  changed=$(primary_sql 'SELECT clock_timestamp()') || { wake_load && return 0; }
  within 20 former_node_is_out_of_use "$changed" || { wake_load && return 0; }
  step_clock "$PRIMARY" far-ahead "$ms"
  expect_server_ids "the clock went far ahead" || return 1
  sleep "$(awk "BEGIN { print $EXTRA_MS / 1000 }")"
  # shellcheck disable=SC2004 # the array has names for keys
  step_clock "$PRIMARY" far-back $((before - OFFSET[$PRIMARY]))
  measure_timeline || true
  fresh_node
  if [[ $LOUD == '' && $RETURN == regular ]]; then REPLY=$NEW_NODE; fi
  set_node "$REPLY" || return 1
  now_us && from=$REPLY
  if go_back; then
    log_event "$from" reset-back "$PRIMARY" "far, $FAR_S s"
  else
    [[ -n $LOUD ]] || ((ms <= REGRESSION_MS)) ||
      fail "the runbook cannot be followed: $(head -n 3 "$WORK/log/reset.log" | tr '\n' ' ')"
    log_event "$from" refused-reset "$PRIMARY" "far, $FAR_S s"
  fi
  wake_load
  measure_timeline || true
  ! is_behind || put_clock_right
  expect_server_ids "the timeline was set back"
}

# What is not known of the time before the last start of the server goes by in some seconds.
go_back() {
  if [[ -n $LOUD ]]; then try_reset; else within 8 try_reset; fi
}
