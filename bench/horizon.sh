# shellcheck shell=bash
# The part of bench/run that is about horizons: what reading one costs beside idle slots, beside transactions that hold,
# and with prepared ones and many locks, and what a transaction costs that generates an ID. All that measures and reports
# is in bench/run, which sources this.

if [[ ${QUICK:-} == 1 ]]; then
  HORIZON_CALLS=2000 HOLDERS=40 HORIZON_LOCKS=1000 TRANSACTIONS=20000
else
  HORIZON_CALLS=20000 HOLDERS=800 HORIZON_LOCKS=10000 TRANSACTIONS=300000
fi

# The cost of a horizon, as figures of candidate NAME.
time_horizon() {
  # shellcheck disable=SC2034 # time_calls reads them
  local name=$1 CALLS=$HORIZON_CALLS
  # shellcheck disable=SC2034 # and these
  local -A calls=(["$name"]='snowflake_horizon()')
  time_calls "horizon-$name" call 1 "FROM (SELECT generate_series(1, $HORIZON_CALLS)) AS rows" "$name"
}

# Sessions, each with an open transaction that has generated an ID, until close_holders. pgbench counts sleeps in us, in 32
# bits.
open_holders() {
  printf 'BEGIN;\nSELECT snowflake_nextval();\n\\sleep 2000 s\nCOMMIT;\n' >"$WORK/holder.sql"
  start_daemon holders "$PGBIN/pgbench" -n -c "$HOLDERS" -j 4 -T 3600 -f "$WORK/holder.sql" bench
  until [[ $(sql bench -Atc 'SELECT count(*) FROM idgen_horizon_holders') == "$HOLDERS" ]]; do sleep 1; done
}

close_holders() {
  signal_daemon holders TERM
  sql bench -c 'SET client_min_messages = error' -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pgbench'" >/dev/null
  until [[ $(sql bench -Atc 'SELECT count(*) FROM idgen_horizon_holders') == 0 ]]; do sleep 1; done
}

# A session with many locks, beside a prepared transaction that has generated an ID.
open_locks() {
  sql bench -c "BEGIN; SELECT snowflake_nextval(); PREPARE TRANSACTION 'bench'" >/dev/null
  printf 'SELECT count(pg_advisory_lock(n)) FROM generate_series(1, %d) AS n;\nSELECT pg_sleep(3600);\n' "$HORIZON_LOCKS" >"$WORK/locks.sql"
  start_daemon locks "$PGBIN/psql" -X -d bench -f "$WORK/locks.sql"
  until (($(sql bench -Atc "SELECT count(*) FROM pg_locks") >= HORIZON_LOCKS)); do sleep 1; done
}

close_locks() {
  signal_daemon locks TERM
  sql bench -c "ROLLBACK PREPARED 'bench'"
}

# What a transaction costs, in ns, without and with an ID.
time_transactions() {
  local loop="DO \$\$ BEGIN FOR i IN 1 .. $TRANSACTIONS LOOP %s; COMMIT; END LOOP; END \$\$"
  # shellcheck disable=SC2059
  supervise time_rounds "$FEW_ROUNDS" base "$(printf "$loop" 'PERFORM 1')" draws "$(printf "$loop" 'PERFORM snowflake_nextval()')" >"$WORK/horizon-transactions"
  record_medians horizon-transactions cost ns < <(convert "value * 1e6 / $TRANSACTIONS" <"$WORK/horizon-transactions")
}

measure_horizons() {
  local name
  local -A what=(
    [idle]='1,000 idle slots' [holders]="$HOLDERS transactions that hold"
    [prepared]="a prepared transaction that holds, and $HORIZON_LOCKS locks"
  )

  part "Cost of a horizon"
  start_bench horizons 'max_connections = 1000' 'max_prepared_transactions = 10' 'max_locks_per_transaction = 256'
  time_horizon idle
  # The first ID of a server takes longest, for all that wait for it.
  sql bench -c 'SELECT snowflake_nextval()' >/dev/null
  open_holders
  time_horizon holders
  close_holders
  open_locks
  time_horizon prepared
  close_locks
  time_transactions
  {
    printf 'snowflake_horizon() beside\tns (quartiles)\n'
    for name in idle holders prepared; do printf '%s\t%s\n' "${what[$name]}" "$(spread %.0f "horizon-$name $name call")"; done
    printf 'a transaction that generates no ID\t%s\n' "$(spread %.0f 'horizon-transactions base cost')"
    printf 'a transaction that generates one\t%s\n' "$(spread %.0f 'horizon-transactions draws cost')"
  } | table
  note "A call: median of $ROUNDS rounds of \`SELECT count(snowflake_horizon())\` over $HORIZON_CALLS rows, less \`count(1)\`. A" \
    "transaction: median of $FEW_ROUNDS rounds of $TRANSACTIONS times \`PERFORM ...; COMMIT\` in a \`DO\`."
  judge 'a horizon beside 1,000 idle slots' "$(calc %.2f "${VALUE['horizon-idle idle call']} / 1000")" ' us' '<=' 2
  judge "a horizon beside $HOLDERS transactions that hold" "$(calc %.2f "${VALUE['horizon-holders holders call']} / 1000")" ' us' '<=' 10
  judge "a horizon with a prepared transaction and $HORIZON_LOCKS locks" "$(calc %.2f "${VALUE['horizon-prepared prepared call']} / 1000")" ' us' '<=' 100
  stop_server horizons
}
