# shellcheck shell=bash
# The part of bench/run that is about a role without rights: what two ordinary clients keep of their rate beside
# sessions that want more IDs than the layout has room for. All that measures and reports is in bench/run, which sources
# this.

HOSTILE_SESSIONS=8
declare -A ATTACKS=(
  [none]=''
  [cancelled_blocks]="SET statement_timeout = '1ms'; SELECT snowflake_next_block($TICK_SIZE)"
  [blocks]="SELECT count(snowflake_next_block($TICK_SIZE)) FROM generate_series(1, 1000)"
  [batches]='SELECT cardinality(snowflake_nextvals(1000000))'
  [single_calls]='SELECT count(snowflake_nextval()) FROM generate_series(1, 1000000)'
)
ATTACK_NAMES=(none cancelled_blocks blocks batches single_calls)

# A session that runs a statement again and again, whatever becomes of it, until the server ends it.
attack() {
  { printf '%s;\n' "${1%;*}" && yes "${1##*; };"; } |
    as_server psql -XqAt -o /dev/null bench >/dev/null 2>&1 || true
}

end_attacks() {
  sql bench -Atqc "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()" >/dev/null
  wait
}

# "NAME<tab>TPS" a line, of two clients beside each kind of sessions.
fairness_rounds() {
  local rounds=$1 round name i
  for ((round = 0; round < rounds; round++)); do
    for name in "${ATTACK_NAMES[@]}"; do
      for ((i = 0; i < HOSTILE_SESSIONS; i++)); do
        [[ -z ${ATTACKS[$name]} ]] || attack "${ATTACKS[$name]}" &
      done
      # It takes them about a second to get to the limit.
      sleep 2
      as_server pgbench -n -M prepared -T "$SECONDS_EACH" -c 2 -j 2 -f "$SRC/bench/snowflake.sql" bench |
        awk -v name="$name" '/^tps = / { print name "\t" $3 }'
      end_attacks
    done
  done
}

measure_fairness() {
  local name rate
  part "Ordinary clients beside hostile ones"
  supervise fairness_rounds "$FEW_ROUNDS" >"$WORK/fairness"
  record_medians fairness rate tps <"$WORK/fairness"
  {
    printf '%d sessions run\ttwo clients, transactions/s (quartiles)\tof undisturbed\n' "$HOSTILE_SESSIONS"
    for name in "${ATTACK_NAMES[@]}"; do
      rate="fairness $name rate"
      printf '%s\t%s\t%s\n' "${ATTACKS[$name]:-nothing}" "$(spread %.0f "$rate")" "$(ratio "$rate" 'fairness none rate')"
    done
  } | table
  note "Median of $FEW_ROUNDS rounds of \`pgbench -n -M prepared -T $SECONDS_EACH -c 2\` with bench/snowflake.sql." \
    "\`idgen.max_drift\` is at its default, and the timeline is at its limit; the sessions also take their share of" \
    "the processors."
  for name in "${ATTACK_NAMES[@]:1}"; do
    judge_ratio "two clients beside $HOSTILE_SESSIONS sessions of ${name//_/ }" "fairness $name rate" \
      'fairness none rate' '>=' 0.1
  done
}
