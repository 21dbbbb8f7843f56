# shellcheck shell=bash
# The parts of bench/run that are about layouts and generators: what it costs to name a generator, how many IDs a second
# a wide layout has, and what it costs to read an ID by a layout that is not built in. All that measures and reports is
# in bench/run, which sources this.

create_generators() {
  sql bench >/dev/null <<'SQL'
SELECT snowflake_create_generator('bench_default', worker_id => 9);
SELECT snowflake_create_generator('bench_wide', 'wide');
SQL
}

# What a call adds to count(1) over the same rows, each beside its neighbour; see measure_calls.
measure_generator_calls() {
  local name from="FROM (SELECT generate_series(1, $CALLS)) AS rows" call
  # A nanosecond is at stake.
  local ROUNDS=$((ROUNDS * 4))
  local names=(snowflake_nextval bench_default bench_wide)
  local -A calls=(
    [snowflake_nextval]='snowflake_nextval()'
    [bench_default]="snowflake_nextval('bench_default')"
    [bench_wide]="snowflake_nextval('bench_wide')"
  )
  part "Cost of a call of a generator"
  time_calls generators call 1 "$from" "${names[@]}"
  record_medians generators statement ns < <(grep -v '^base' "$WORK/generators" | convert "value * 1e6 / $CALLS")
  {
    printf 'call\tns (quartiles)\tx snowflake_nextval\tIDs/s of the whole statement, one backend\n'
    for name in "${names[@]}"; do
      call="generators $name"
      printf '%s\t%s\t%s\t%.0f\n' "${calls[$name]}" "$(spread %.1f "$call call")" \
        "$(ratio "$call call" 'generators snowflake_nextval call')" \
        "$(calc %.0f "1e9 / ${VALUE["$call statement"]}")"
    done
  } | table
  note "As above, in $ROUNDS rounds. \`bench_default\` has the default layout and \`bench_wide\` the layout \`wide\`, 262,144 IDs a" \
    "millisecond."
  judge_ratio 'a call of a generator / snowflake_nextval()' 'generators bench_default call' \
    'generators snowflake_nextval call' '<=' 1.2
  judge 'single calls of a wide generator, one backend' \
    "$(calc %.1f "1e3 / ${VALUE['generators bench_wide statement']}")" ' million IDs/s' '>=' 10
}

# So many sessions at a time draw batches for a while; "NAME<tab>IDS A SECOND" a line.
batch_rounds() {
  local rounds=$1 round backends name output
  for name in bench_default bench_wide; do
    echo "SELECT cardinality(snowflake_nextvals('$name', $BATCH));" | as_server tee "$WORK/stock/$name.sql" >/dev/null
  done
  for ((round = 0; round < rounds; round++)); do
    for backends in 1 2; do
      for name in bench_default bench_wide; do
        output=$(as_server pgbench -n -M prepared -T "$SECONDS_EACH" -c "$backends" -j "$backends" \
          -f "$WORK/stock/$name.sql" bench)
        awk -v name="$name $backends" -v batch="$BATCH" '/^tps = / { printf "%s\t%.0f\n", name, $3 * batch }' <<<"$output"
      done
    done
  done
}

measure_generator_batches() {
  local name backends
  part "IDs a second through batches of a generator"
  supervise batch_rounds "$FEW_ROUNDS" >"$WORK/batches"
  record_medians generators rate IDs/s <"$WORK/batches"
  {
    printf 'layout\tbackends\tmillion IDs/s (quartiles)\n'
    for name in bench_default bench_wide; do
      for backends in 1 2; do
        printf '%s\t%d\t%s\n' "${name#bench_}" "$backends" \
          "$(calc '%.1f (%.1f .. %.1f)' "${VALUE["generators $name $backends rate"]} / 1e6, ${VALUE["generators $name $backends rate q1"]} / 1e6, ${VALUE["generators $name $backends rate q3"]} / 1e6")"
      done
    done
  } | table
  note "Median of $FEW_ROUNDS rounds of \`pgbench -n -M prepared -T $SECONDS_EACH\` with" \
    "\`SELECT cardinality(snowflake_nextvals(generator, $BATCH))\`. The ceiling of \`default\` is 4.1 million IDs a" \
    "second, and \`idgen.max_drift\` is at its default; that of \`wide\` is 262."
  judge 'batches of a wide generator, two backends' \
    "$(calc %.0f "${VALUE['generators bench_wide 2 rate']} / 1e6")" ' million IDs/s' '>=' 100
}

# Reading by the server's layout, and by one that the statement names.
measure_reading() {
  local name from="FROM (SELECT generate_series(1, $CALLS)::bigint << 22 AS id) AS rows" question
  local -A calls=(
    [parse]='(snowflake_parse(id)).worker_id'
    [parse_default]="(snowflake_parse(id, 'default')).worker_id"
    [parse_sonyflake]="(snowflake_parse(id, 'sonyflake')).worker_id"
    [timestamp]='snowflake_timestamp(id)'
    [timestamp_default]="snowflake_timestamp(id, 'default')"
    [timestamp_sonyflake]="snowflake_timestamp(id, 'sonyflake')"
  )
  local names=(parse parse_default parse_sonyflake timestamp timestamp_default timestamp_sonyflake)
  part "Reading an ID by a layout"
  time_calls reading cost id "$from" "${names[@]}"
  {
    printf 'call\tns (quartiles)\tx without a layout\n'
    for name in "${names[@]}"; do
      printf '%s\t%s\t%s\n' "${calls[$name]}" "$(spread %.1f "reading $name cost")" \
        "$(ratio "reading $name cost" "reading ${name%%_*} cost")"
    done
  } | table
  note "Median of $ROUNDS rounds of \`SELECT count(CALL) $from\`, less \`count(id)\` over the same rows just before."
  for question in parse timestamp; do
    judge_ratio "snowflake_$question with a layout / without" "reading ${question}_sonyflake cost" \
      "reading $question cost" '<=' 1.2
  done
}
