# shellcheck shell=bash
# The parts of bench/run that are about segments: what a call costs, inserts, two backends, and what a crash loses. All
# that measures and reports is in bench/run, which sources this.

# segment_session keeps its share for the session; segment_large takes so much at once that refills do not matter.
create_segments() {
  sql bench -c "SET client_min_messages = warning" -c 'CREATE SEQUENCE bench_segment' \
    -c 'CREATE SEQUENCE bench_segment_session' -c 'CREATE SEQUENCE bench_segment_large' -c 'CREATE SEQUENCE bench_slabs' \
    -c "SELECT segment_configure('bench_segment_session', order_by => 'session')" \
    -c "SELECT segment_configure('bench_segment_large', step => 10000000)" \
    -c "SELECT snowflake_create_generator('bench_ids_of_generator', 'default', worker_id => 31)" >/dev/null
}

measure_segment_calls() {
  local name from="FROM (SELECT generate_series(1, $CALLS)::bigint AS n OFFSET 0) AS rows"
  local names=(snowflake_generator segment_nextval segment_session segment_large nextval nextval_cache_1000 lamport_tick
    lamport_update_new segment_nextval_scattered slab_nextval)
  local -A calls=(
    [snowflake_generator]="snowflake_nextval('bench_ids_of_generator')"
    [segment_nextval]="segment_nextval('bench_segment')"
    [segment_session]="segment_nextval('bench_segment_session')"
    [segment_large]="segment_nextval('bench_segment_large')"
    [nextval]="nextval('bench_ids')"
    [nextval_cache_1000]="nextval('bench_ids_cached')"
    [lamport_tick]="lamport_tick('bench_segment')"
    [lamport_update_new]="lamport_update('bench_segment_large', 10 * n + (SELECT max(last_value) FROM bench_segment_large))"
    [segment_nextval_scattered]="segment_nextval_scattered('bench_segment')"
    [slab_nextval]="slab_nextval('bench_slabs')"
  )

  part "Cost of a call of a segment"
  time_calls segments call 1 "$from" "${names[@]}"
  {
    printf "call\tns (quartiles)\tx snowflake_nextval('generator')\n"
    for name in "${names[@]}"; do
      printf '%s\t%s\t%s\n' "${calls[$name]}" "$(spread %.1f "segments $name call")" \
        "$(ratio "segments $name call" 'segments snowflake_generator call')"
    done
  } | table
  note "Median of $ROUNDS rounds of \`SELECT count(CALL) $from\`, less \`count(1)\` over the same rows just before." \
    "\`bench_segment_session\` has \`order_by => 'session'\`, \`bench_segment_large\` a step of 10,000,000, and" \
    "\`bench_ids_cached\` \`CACHE 1000\`. Refills are part of it."
  judge_ratio "segment_nextval / snowflake_nextval('generator')" 'segments segment_nextval call' \
    'segments snowflake_generator call' '<=' 1.3
  judge_ratio 'nextval with CACHE 1000 / segment_nextval' 'segments nextval_cache_1000 call' \
    'segments segment_nextval call' '>=' 4
}

# "NAME<tab>MILLISECONDS" a line, as insert_rounds in bench/run, but for segments.
segment_insert_rounds() {
  local rounds=$1 round i name names=(bigserial segment snowflake)
  local -A columns=(
    [bigserial]='bigserial'
    [segment]="bigint DEFAULT segment_nextval('bench_segment')"
    [snowflake]='bigint DEFAULT snowflake_nextval()'
  )
  for ((round = 0; round <= rounds; round++)); do
    for ((i = 0; i < ${#names[@]}; i++)); do
      name=${names[(round + i) % ${#names[@]}]}
      cat <<SQL
CREATE TABLE bench_rows (id ${columns[$name]} PRIMARY KEY, n integer);
CHECKPOINT;
\\echo $name
\\timing on
INSERT INTO bench_rows (n) SELECT n FROM generate_series(1, $ROWS) AS n;
\\timing off
DROP TABLE bench_rows;
SQL
    done
  done | sql bench | timings
}

measure_segment_inserts() {
  local name
  part "Inserts with numbers of a segment"
  supervise segment_insert_rounds "$FEW_ROUNDS" >"$WORK/segment_inserts"
  record_medians segment_inserts seconds s < <(convert 'value / 1000' <"$WORK/segment_inserts")
  {
    printf 'primary key\ts for %d rows (quartiles)\tx bigserial\n' "$ROWS"
    for name in bigserial segment snowflake; do
      printf '%s\t%s\t%s\n' "$name" "$(spread %.2f "segment_inserts $name seconds")" \
        "$(ratio "segment_inserts $name seconds" 'segment_inserts bigserial seconds')"
    done
  } | table
  judge_ratio 'insert: segment / bigserial' 'segment_inserts segment seconds' 'segment_inserts bigserial seconds' \
    '<=' 1.02 '<= 1.0x (1.02 is noise)'
}

# "CLIENTS<tab>TPS" a line: so many sessions draw a thousand numbers in each statement.
segment_client_rounds() {
  local round clients
  echo "SELECT count(segment_nextval('bench_segment_large')) FROM (SELECT generate_series(1, 100000)) AS rows;" |
    as_server tee "$WORK/segment_burst.sql" >/dev/null
  for ((round = 0; round < FEW_ROUNDS; round++)); do
    for clients in 1 2; do
      as_server pgbench -n -M prepared -T "$SECONDS_EACH" -c "$clients" -j "$clients" -f "$WORK/segment_burst.sql" bench |
        awk -v clients="$clients" '/^tps = / { print clients "\t" $3 * 100000 }'
    done
  done
}

measure_segment_clients() {
  part "Two backends on one segment"
  supervise segment_client_rounds >"$WORK/segment_clients"
  record_medians segment_clients rate numbers/s <"$WORK/segment_clients"
  {
    printf 'backends\tnumbers/s (quartiles)\tx one\n'
    printf '1\t%s\t1.00\n' "$(spread %.0f 'segment_clients 1 rate')"
    printf '2\t%s\t%s\n' "$(spread %.0f 'segment_clients 2 rate')" \
      "$(ratio 'segment_clients 2 rate' 'segment_clients 1 rate')"
  } | table
  judge_ratio 'numbers/s of two backends / one' 'segment_clients 2 rate' 'segment_clients 1 rate' '>=' 1.7
}

# What a crash loses, in steps as the segment has adapted them, is what has been taken and not issued.
measure_segment_waste() {
  local server=$1 last step next
  part "What a crash loses"
  IFS='|' read -r last step < <(sql bench -At -c "SELECT max(n) FROM (SELECT segment_nextval('bench_segment') AS n
    FROM generate_series(1, 3000000)) AS numbers" -c "SELECT step FROM segments WHERE sequence = 'bench_segment'::regclass" |
    paste -sd '|')
  stop_server "$server" immediate
  shift
  start_server "$server" "${CONF[@]}" "$@"
  next=$(sql bench -Atc "SELECT segment_nextval('bench_segment')")
  record segment_waste segment_nextval wasted $((next - last - 1)) numbers
  record segment_waste segment_nextval step "$step" numbers
  printf 'last number before\tfirst one after\tlost\tstep\tsteps lost\n%d\t%d\t%d\t%d\t%s\n' "$last" "$next" \
    $((next - last - 1)) "$step" "$(calc %.2f "($next - $last - 1) / $step")" | table
  judge 'steps lost in a crash' "$(calc %.2f "($next - $last - 1) / $step")" '' '<=' 2
}
