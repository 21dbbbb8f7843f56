# shellcheck shell=bash
# The parts of bench/run that are about UUIDs, ULIDs and extended Snowflakes: what a call costs beside PostgreSQL's own
# and pg_uuidv7's, what their text costs, and what it costs to find an hour's rows. Their inserts are in bench/run, with
# all that measures and reports, and it sources this.

SETTINGS+=([uuidv1_server]='SET LOCAL idgen.uuid_node = server \; ')

# What a call adds to count(1) over the same rows, just before; see measure_calls.
measure_uuid_calls() {
  local name from="FROM (SELECT generate_series(1, $CALLS)) AS rows" call
  local ours=(uuidv4 uuidv1 uuidv1_server uuidv6 uuidv7 uuidv7_at uuidv7_sequential ulid ulid_monotonic ulid_sequential snowflake128)
  local names=(baseline_empty "${ours[@]}" gen_random_uuid)
  local -A calls=(
    [baseline_empty]='baseline_empty()'
    [uuidv4]='public.uuidv4()'
    [uuidv1]='uuidv1()'
    [uuidv1_server]='uuidv1()'
    [uuidv6]='uuidv6()'
    [uuidv7]='public.uuidv7()'
    [uuidv7_at]='uuidv7_at(now())'
    [uuidv7_sequential]='uuidv7_sequential()'
    [ulid]='ulid()'
    [ulid_monotonic]='ulid_monotonic()'
    [ulid_sequential]='ulid_sequential()'
    [snowflake128]='snowflake128_nextval()'
    [gen_random_uuid]='gen_random_uuid()'
    [pg_catalog.uuidv4]='pg_catalog.uuidv4()'
    [pg_catalog.uuidv7]='pg_catalog.uuidv7()'
    [pg_uuidv7]='uuid_generate_v7()'
  )
  ((PG_MAJOR < 18)) || names+=(pg_catalog.uuidv4 pg_catalog.uuidv7)
  ! has_pg_uuidv7 || names+=(pg_uuidv7)

  part "Cost of a call that makes 128 bits"
  time_calls uuids call 1 "$from" "${names[@]}"
  {
    printf 'call\tns (quartiles)\tgen_random_uuid, as a multiple of it\n'
    for name in "${names[@]}"; do
      call=${calls[$name]}
      [[ $name != uuidv1_server ]] || call+=', idgen.uuid_node = server'
      printf '%s\t%s\t%s\n' "$call" "$(spread %.1f "uuids $name call")" \
        "$([[ $name == baseline_empty ]] || ratio 'uuids gen_random_uuid call' "uuids $name call")"
    done
  } | table
  note "Median of $ROUNDS rounds of \`SELECT count(CALL) $from\`, less \`count(1)\` over the same rows just before," \
    "with \`idgen.max_drift = '1h'\`. \`uuid_generate_v7\` is of the extension pg_uuidv7 ($(pg_uuidv7_version))."
  for name in "${ours[@]}"; do
    judge_ratio "gen_random_uuid / $name" 'uuids gen_random_uuid call' "uuids $name call" '>=' 10
  done
}

# The same bytes as a uuid and as a ulid, each with the text that stands for them.
create_texts() {
  sql bench <<SQL
CREATE TABLE text_uuid AS SELECT id, id::text AS written
FROM (SELECT public.uuidv7() AS id FROM generate_series(1, $CALLS)) AS rows;
CREATE TABLE text_ulid AS SELECT id, id::text AS written FROM (SELECT id::ulid AS id FROM text_uuid) AS rows;
VACUUM (ANALYZE) text_uuid, text_ulid;
SQL
}

# Of what is written or read, the rows themselves are taken off; COPY is all of it.
measure_uuid_text() {
  local what type candidates=()
  local -A titles=([output]='id::text' [input]='text::TYPE' [copy]='COPY TO')
  for type in uuid ulid; do
    candidates+=(
      base "SELECT count(id) FROM text_$type" "output $type" "SELECT count(id::text) FROM text_$type"
      base "SELECT count(written) FROM text_$type" "input $type" "SELECT count(written::$type) FROM text_$type"
      "copy $type" "COPY text_$type (id) TO '/dev/null'"
    )
  done
  part "Text of a ULID"
  create_texts
  supervise time_rounds "$ROUNDS" "${candidates[@]}" >"$WORK/text"
  for what in output input; do
    record_medians text "$what" ns < <(added_cost <"$WORK/text" | sed -n "s/^$what //p")
  done
  record_medians text copy ns < <(sed -n 's/^copy //p' "$WORK/text" | convert "value * 1e6 / $CALLS")
  {
    printf 'ns a row\tuuid (quartiles)\tulid (quartiles)\tulid, as a multiple of uuid\n'
    for what in output copy input; do
      printf '%s\t%s\t%s\t%s\n' "${titles[$what]}" "$(spread %.1f "text uuid $what")" \
        "$(spread %.1f "text ulid $what")" "$(ratio "text ulid $what" "text uuid $what")"
    done
  } | table
  note "Median of $ROUNDS rounds over $CALLS rows of the same bytes. The casts are \`count(id::text)\` less" \
    "\`count(id)\`, and back, from a column of text; \`COPY\` of the one column, to \`/dev/null\`, is all that it" \
    "takes."
  judge_ratio 'text: ulid / uuid' 'text ulid output' 'text uuid output' '<=' 1.2
  judge_ratio 'COPY TO: ulid / uuid' 'text ulid copy' 'text uuid copy' '<=' 1.2
  sql bench -c 'DROP TABLE text_uuid, text_ulid'
}

# An hour of these has as many rows as one of the snowflakes' tables, so the days are fewer.
UUID_HOURS=(uuidv7_bounds uuidv7_created_in ulid_bounds ulid_created_in)
HOUR_TITLES+=(
  [uuidv7_bounds]='uuid: id >= n AND id < m'
  [uuidv7_created_in]='uuidv7_created_in(id, range)'
  [ulid_bounds]='ulid: id >= n AND id < m'
  [ulid_created_in]='ulid_created_in(id, range)'
)
HOUR_BOUNDS+=(
  [uuidv7_bounds]=uuidv7_bounds
  [uuidv7_created_in]=uuidv7_bounds
  [ulid_bounds]=ulid_bounds
  [ulid_created_in]=ulid_bounds
)
UUID_DAYS=2

# Tables hour_uuidv7 and hour_ulid from the same moments.
load_uuid_days() {
  local kind rows=$((TABLE_ROWS * UUID_DAYS / DAYS))
  local -A types=([uuidv7]=uuid [ulid]=ulid)
  for kind in uuidv7 ulid; do
    cat <<SQL
CREATE TABLE hour_$kind (id ${types[$kind]} PRIMARY KEY, n integer, payload text);
INSERT INTO hour_$kind
SELECT ${kind}_at(timestamptz '$START' + n * (interval '$UUID_DAYS days' / $rows)), n, lpad(n::text, 40, '.')
FROM generate_series(0, $((rows - 1))) AS n;
VACUUM (ANALYZE) hour_$kind;
SQL
  done | sql bench
}

# The hour in the middle, in lines as those of hour_conditions. Whoever works a bound out by hand writes the value.
uuid_hour_conditions() {
  local kind from until first end
  for kind in uuidv7 ulid; do
    IFS=$'\t' read -r from until first end < <(sql bench -At -F $'\t' -c "
      SELECT starts_at, ends_at, ${kind}_lower_bound(starts_at), ${kind}_lower_bound(ends_at)
      FROM snowflake_period('hour', timestamptz '$START' + interval '$UUID_DAYS days' / 2)")
    printf '%s\t%s\t%s\n' \
      "${kind}_bounds" "$kind" "id >= '$first' AND id < '$end'" \
      "${kind}_created_in" "$kind" "${kind}_created_in(id, '[$from, $until)')"
  done
}

measure_uuid_hours() {
  local kind question rounds=$((ROUNDS * 10))
  # shellcheck disable=SC2034 # time_hours() fills it
  local -A HOUR_SCANS=()
  part "Rows of an hour by UUID and ULID"
  supervise load_uuid_days
  uuid_hour_conditions >"$WORK/conditions"
  rm "$WORK/hours"
  time_hours "$rounds" "$WORK/conditions"
  report_hours "${UUID_HOURS[@]}"
  note "As above, with tables of $((TABLE_ROWS * UUID_DAYS / DAYS)) rows, spread over $UUID_DAYS days; the hour has" \
    "${VALUE['hours uuidv7_bounds rows']} of them."
  for question in count fetch; do
    for kind in uuidv7 ulid; do
      judge_ratio "$question an hour: ${kind}_created_in / bounds" "hours ${kind}_created_in $question" \
        "hours ${kind}_bounds $question" '<=' 1.1
    done
  done
  sql bench -c 'DROP TABLE hour_uuidv7, hour_ulid'
}
