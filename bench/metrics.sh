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

count_connections() { sql bench -Atc "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pgbench' ${1:-}"; }

# Sessions that have issued an ID and are idle since, or that go on issuing IDs. idle|drawing
open_connections() {
  printf 'SELECT snowflake_nextval();\n' >"$WORK/connection.sql"
  [[ $1 == drawing ]] || printf '\\sleep 2000 s\n' >>"$WORK/connection.sql"
  start_daemon connections "$PGBIN/pgbench" -n -c "$CONNECTIONS" -j 2 -T 3600 -f "$WORK/connection.sql" bench
  until (($(count_connections "AND query ~ 'nextval' AND (state = 'idle' OR '$1' = 'drawing')") >= CONNECTIONS)); do sleep 1; done
}

# What is read; pg_stat_activity shows what PostgreSQL itself needs for so many connections, after the others have filled
# the session's caches.
METRICS_READ=('idgen_metrics()' 'idgen_metrics_text()' pg_stat_activity)

# "NAME<tab>MS<tab>MS" a line: the first read of each of some sessions, and the later ones, of processor time and by the
# clock.
metrics_rounds() {
  local session turn name
  for ((session = 0; session < FEW_ROUNDS; session++)); do
    {
      printf '%s\n' 'SELECT count(*), baseline_cpu() FROM pg_class \g /dev/null'
      for ((turn = 0; turn < 12; turn++)); do
        for name in "${METRICS_READ[@]}"; do
          printf '%s\n' 'SELECT baseline_cpu() AS began, extract(epoch FROM clock_timestamp()) AS at \gset' \
            "SELECT count(*) FROM $name \\g /dev/null" \
            "SELECT '$name$( ((turn > 0)) || echo ' first')', (baseline_cpu() - :began) / 1e6, (extract(epoch FROM clock_timestamp()) - :at) * 1e3;"
        done
      done
    } | sql bench -At -F $'\t'
  done
}

# Beside connections that are idle, or that draw.
measure_metrics_beside() {
  local kind=$1 part=metrics-$1 name names=() beside
  for name in "${METRICS_READ[@]}"; do names+=("$name" "$name first"); done
  [[ $kind == idle ]] && beside='that have issued an ID' || beside='that issue IDs all the time'
  open_connections "$kind"
  supervise metrics_rounds >"$WORK/$part"
  signal_daemon connections TERM
  until (($(count_connections) == 0)); do sleep 1; done
  record_medians "$part" call ms <"$WORK/$part"
  for name in "${names[@]}"; do
    record "$part" "$name" 'call max' "$(awk -F '\t' -v name="$name" '$1 == name && $2 > most { most = $2 } END { print most }' "$WORK/$part")" ms
    record "$part" "$name" 'clock max' "$(awk -F '\t' -v name="$name" '$1 == name && $3 > most { most = $3 } END { print most }' "$WORK/$part")" ms
  done
  {
    printf 'read\tms (quartiles)\tms, the slowest\tby the clock\n'
    for name in "${names[@]}"; do
      printf '%s\t%s\t%.2f\t%.2f\n' "${name/ first/, the first of a session}" "$(spread %.2f "$part $name call")" \
        "${VALUE["$part $name call max"]}" "${VALUE["$part $name clock max"]}"
    done
  } | table
  note "Processor time of the statement, and the slowest by the clock too, beside $CONNECTIONS connections $beside; $FEW_ROUNDS sessions of 12 reads of each."
  judge "idgen_metrics() beside $CONNECTIONS connections $beside, the slowest later call" \
    "$(calc %.2f "${VALUE["$part idgen_metrics() call max"]}")" ' ms' '<=' 5
  judge "idgen_metrics() beside $CONNECTIONS connections $beside, the first of a session" \
    "$(calc %.2f "${VALUE["$part idgen_metrics() first call"]}")" ' ms' '<=' 5
}

measure_metrics() {
  part "Cost of metrics"
  start_bench metrics "max_connections = $((CONNECTIONS + 50))" "shared_preload_libraries = 'idgen'" 'shared_buffers = 128MB'
  # The first ID of a server takes longest, for all that wait for it.
  sql bench -c 'SELECT snowflake_nextval()' >/dev/null
  measure_metrics_beside idle
  measure_metrics_beside drawing
  stop_server metrics immediate
}
