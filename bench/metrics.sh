# shellcheck shell=bash
# The parts of bench/run that are about what a session costs at first, and about metrics: what the first call of a new
# session costs, and what idgen_metrics() costs beside many connections. All that measures and reports is in bench/run,
# which sources this.

[[ ${QUICK:-} == 1 ]] && CONNECTIONS=100 || CONNECTIONS=1000

# "NAME<tab>US" a line: what the first statement with each call costs a new session that has run others, of processor time.
first_call_rounds() {
  local rounds=$1 round i
  shift
  for ((round = 0; round < rounds; round++)); do
    for ((i = 1; i < $#; i += 2)); do
      printf '%s\n' 'SELECT count(*), baseline_cpu() FROM pg_class \g /dev/null' 'SELECT baseline_cpu() AS began \gset' \
        "SELECT ${*:i+1:1} \\g /dev/null" "SELECT '${*:i:1}', (baseline_cpu() - :began) / 1e3;" |
        sql bench -At -F $'\t'
    done
  done
}

# Once in a server that has loaded the library and once in one that has not.
measure_first_calls() {
  local loaded name names=(baseline nextval snowflake_nextval generator segment_nextval)
  local -A calls=(
    [baseline]='baseline_empty()'
    [nextval]="nextval('bench_ids')"
    [snowflake_nextval]='snowflake_nextval()'
    [generator]="snowflake_nextval('bench_default')"
    [segment_nextval]="segment_nextval('bench_segment')"
  )
  local candidates=()
  for name in "${names[@]}"; do candidates+=("$name" "${calls[$name]}"); done
  part "The first call of a session"
  for loaded in no yes; do
    if [[ $loaded == yes ]]; then
      start_server unbound "${CONF[@]}" "idgen.max_drift = '1h'" "idgen.hlc_max_offset = '1h'" "shared_preload_libraries = 'idgen'"
    fi
    supervise first_call_rounds "$((ROUNDS * 2))" "${candidates[@]}" >"$WORK/first_calls"
    record_medians "first-calls-$loaded" cost us <"$WORK/first_calls"
  done
  {
    printf 'first statement with\tus (quartiles)\tus where idgen is preloaded\n'
    for name in "${names[@]}"; do
      printf '%s\t%s\t%s\n' "${calls[$name]}" "$(spread %.0f "first-calls-no $name cost")" "$(spread %.0f "first-calls-yes $name cost")"
    done
  } | table
  note "Processor time of the whole statement, median of $((ROUNDS * 2)) sessions that have run others before."
}

# Sessions that have issued an ID and are idle since.
open_connections() {
  printf 'SELECT snowflake_nextval();\n\\sleep 2000 s\n' >"$WORK/connection.sql"
  start_daemon connections "$PGBIN/pgbench" -n -c "$CONNECTIONS" -j 2 -T 3600 -f "$WORK/connection.sql" bench
  until (($(sql bench -Atc "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pgbench' AND query ~ 'nextval' AND state = 'idle'") >= CONNECTIONS)); do sleep 1; done
}

# "NAME<tab>MS" a line: the first call of each of some sessions, and the later ones, of processor time.
metrics_rounds() {
  local session call
  for ((session = 0; session < FEW_ROUNDS; session++)); do
    {
      printf '%s\n' 'SELECT count(*), baseline_cpu() FROM pg_class \g /dev/null'
      for ((call = 0; call < 12; call++)); do
        for name in metrics metrics_text; do
          printf '%s\n' 'SELECT baseline_cpu() AS began \gset' "SELECT count(*) FROM idgen_$name() \\g /dev/null" \
            "SELECT '$name$( ((call > 0)) || echo ' first')', (baseline_cpu() - :began) / 1e6;"
        done
      done
    } | sql bench -At -F $'\t'
  done
}

measure_metrics() {
  local name names=(metrics 'metrics first' metrics_text 'metrics_text first')
  part "Cost of metrics"
  start_bench metrics "max_connections = $((CONNECTIONS + 50))" "shared_preload_libraries = 'idgen'" 'shared_buffers = 128MB'
  open_connections
  supervise metrics_rounds >"$WORK/metrics_rounds"
  record_medians metrics call ms <"$WORK/metrics_rounds"
  for name in "${names[@]}"; do
    record metrics "$name" 'call max' "$(awk -F '\t' -v name="$name" '$1 == name && $2 > most { most = $2 } END { print most }' "$WORK/metrics_rounds")" ms
  done
  {
    printf 'call\tms (quartiles)\tms, the slowest\n'
    for name in "${names[@]}"; do
      printf 'idgen_%s\t%s\t%.2f\n' "${name/ first/(), the first of a session}" "$(spread %.2f "metrics $name call")" "${VALUE["metrics $name call max"]}"
    done
  } | table
  note "Processor time of the statement, beside $CONNECTIONS connections that have issued an ID; $FEW_ROUNDS sessions of 12 calls."
  judge "idgen_metrics() beside $CONNECTIONS connections, the slowest later call" "$(calc %.2f "${VALUE['metrics metrics call max']}")" ' ms' '<=' 5
  judge "idgen_metrics() beside $CONNECTIONS connections, the first of a session" "$(calc %.2f "${VALUE['metrics metrics first call']}")" ' ms' '<=' 5
  signal_daemon connections TERM
  stop_server metrics immediate
}
