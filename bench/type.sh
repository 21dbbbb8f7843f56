# shellcheck shell=bash
# The parts of bench/run that are about the type snowflake: what it costs to keep an hour's rows findable, and to find
# them, by the ID or by a created_at of their own; and that a snowflake sorts, is indexed and is converted as the bigint
# it is. All that measures and reports is in bench/run, which sources this.

# Tables hour_DESIGN, which tell the time of a row by a primary key hour_DESIGN_pkey or by an index hour_DESIGN_time.
DESIGNS=(id created_at created_at_brin id_brin)
declare -A DESIGN_TITLES=(
  [id]='id'
  [created_at]='id, created_at'
  [created_at_brin]='id, created_at (BRIN)'
  [id_brin]='id (BRIN), no key'
)
DAYS=10

# When the first row is said to have been made; the last one then is of the hour before this.
START=''

create_designs() {
  sql bench <<'SQL'
CREATE TABLE hour_id (id snowflake PRIMARY KEY, n integer, payload text);
CREATE TABLE hour_created_at (id snowflake PRIMARY KEY, created_at timestamptz NOT NULL, n integer, payload text);
CREATE TABLE hour_created_at_brin (LIKE hour_created_at INCLUDING INDEXES);
CREATE TABLE hour_id_brin (id snowflake NOT NULL, n integer, payload text);
CREATE INDEX hour_created_at_time ON hour_created_at (created_at);
CREATE INDEX hour_created_at_brin_time ON hour_created_at_brin USING brin (created_at);
CREATE INDEX hour_id_brin_time ON hour_id_brin USING brin (id);
SQL
  START=$(sql bench -Atc "SELECT date_trunc('hour', now()) - interval '$DAYS days'")
}

# The rows of so many days, a day of one table after the other; another one goes first each day. IDs are made by
# arithmetic, each in a millisecond of its own. "NAME<tab>MILLISECONDS" a line; the first day does not count.
load_days() {
  local day i name created_at rows=$((TABLE_ROWS / DAYS))
  local step=$((DAYS * 86400 * 1000000 / TABLE_ROWS))
  for ((day = 0; day < DAYS; day++)); do
    for ((i = 0; i < ${#DESIGNS[@]}; i++)); do
      name=${DESIGNS[(day + i) % ${#DESIGNS[@]}]}
      created_at=''
      [[ $name != created_at* ]] || created_at='moment, '
      cat <<SQL
CHECKPOINT;
\\echo $name
\\timing on
INSERT INTO hour_$name
SELECT snowflake_lower_bound(moment) + n % 4096, ${created_at}n, lpad(n::text, 40, '.')
FROM (SELECT n, timestamptz '$START' + n * interval '$step microseconds' AS moment
      FROM generate_series($((day * rows)), $(((day + 1) * rows - 1))) AS n) AS rows;
\\timing off
SQL
    done
  done | sql bench | timings
}

# What a design takes on disk: its parts, and all of them.
record_sizes() {
  local name part
  local -A relations=([heap]='' [key]=_pkey [time]=_time)
  for name in "${DESIGNS[@]}"; do
    for part in heap key time; do
      record sizes "$name" "$part" \
        "$(sql bench -Atc "SELECT coalesce(pg_relation_size(to_regclass('hour_$name${relations[$part]}')), 0)")" bytes
    done
    part="sizes $name"
    record sizes "$name" total "$((${VALUE["$part heap"]} + ${VALUE["$part key"]} + ${VALUE["$part time"]}))" bytes
  done
}

# A part of a design in MB; a dash where it has none.
megabytes() {
  local bytes=${VALUE["sizes $1 $2"]}
  if ((bytes > 0)); then calc %.2f "$bytes / 1e6"; else printf -- '-'; fi
}

measure_designs() {
  local name part
  part "Size and loading, with and without created_at"
  create_designs
  supervise load_days >"$WORK/loading"
  record_medians loading million s < <(convert "value * $DAYS * 1e3 / $TABLE_ROWS" <"$WORK/loading")
  supervise sql bench -c 'VACUUM (ANALYZE)'
  record_sizes
  {
    printf '%s\t' columns 'table, MB' 'primary key, MB' 'index for time, MB' 'bytes a row' 'x id'
    printf 's to insert a million (quartiles)\tx id\n'
    for name in "${DESIGNS[@]}"; do
      printf '%s\t' "${DESIGN_TITLES[$name]}"
      for part in heap key time; do printf '%s\t' "$(megabytes "$name" "$part")"; done
      printf '%s\t%s\t%s\t%s\n' "$(calc %.1f "${VALUE["sizes $name total"]} / $TABLE_ROWS")" \
        "$(ratio "sizes $name total" 'sizes id total')" "$(spread %.2f "loading $name million")" \
        "$(ratio "loading $name million" 'loading id million')"
    done
  } | table
  note "$TABLE_ROWS rows, evenly spread over $DAYS days: the columns named, an integer and a text of 40 characters." \
    "\`id\` is a snowflake and the primary key, but for the last line. Inserted in the order of the IDs, a day's rows" \
    "into one table after the other; the median of $((DAYS - 1)) days."
  printf '\n![Size on disk with and without created_at](pg%s-sizes.svg)\n' "$PG_MAJOR" >>"$REPORT"
}

# How the hour in the middle of the rows can be asked for: lines "NAME<tab>DESIGN<tab>CONDITION".
hour_conditions() {
  local from until first end
  IFS=$'\t' read -r from until first end < <(sql bench -At -F $'\t' -c "
    SELECT starts_at, ends_at, from_id, to_id
    FROM snowflake_period('hour', timestamptz '$START' + interval '$DAYS days' / 2)")
  printf '%s\t%s\t%s\n' \
    bounds id "id >= $first AND id < $end" \
    created_in id "snowflake_created_in(id, '[$from, $until)')" \
    contained id "id <@ tstzrange '[$from, $until)'" \
    moments id "id >= timestamptz '$from' AND id < timestamptz '$until'" \
    now id "id >= now() - interval '$((DAYS * 12)) hours' AND id < now() - interval '$((DAYS * 12 - 1)) hours'" \
    created_at created_at "created_at >= '$from' AND created_at < '$until'" \
    created_at_brin created_at_brin "created_at >= '$from' AND created_at < '$until'" \
    id_brin id_brin "snowflake_created_in(id, '[$from, $until)')" \
    no_index id_brin "snowflake_created_in(id, '[$from, $until)')" \
    timestamp id_brin "snowflake_timestamp(id) >= '$from' AND snowflake_timestamp(id) < '$until'"
}

HOURS=(bounds created_in contained moments now created_at created_at_brin id_brin no_index timestamp)
declare -A HOUR_TITLES=(
  [bounds]='id >= n AND id < m'
  [created_in]='snowflake_created_in(id, range)'
  [contained]='id <@ range'
  [moments]='id >= moment AND id < moment'
  [now]='id >= now() - interval AND id < ...'
  [created_at]='created_at >= moment AND created_at < ...'
  [created_at_brin]='the same, with BRIN'
  [id_brin]='snowflake_created_in(id, range), with BRIN'
  [no_index]='the same, without an index'
  [timestamp]='snowflake_timestamp(id) >= moment AND ...'
)

# Which bounds worked out by hand a way has to come up to.
hour_bounds() { echo "${HOUR_BOUNDS[$1]:-bounds}"; }
declare -A HOUR_BOUNDS=()

# What is asked of the rows of an hour: to plan it, to count them, and to fetch something of each.
hour_query() {
  local question=$1 design=$2 condition=$3
  case $question in
    planning) echo "EXPLAIN SELECT count(*) FROM hour_$design WHERE $condition" ;;
    count) echo "SELECT count(*) FROM hour_$design WHERE $condition" ;;
    fetch) echo "SELECT sum(length(payload)) FROM hour_$design WHERE $condition" ;;
  esac
}

# How the rows that CONDITION is about are reached, and how many they are. The others have to find as many as the
# bounds; but the hour of `now` goes on meanwhile, so it may be one row more or less.
describe_hour() {
  local name=$1 design=$2 condition=$3 rows off
  HOUR_SCANS[$name]=$(sql bench -Atc "$(hour_query planning "$design" "$condition")" |
    sed -n 's/.*->  \([A-Z][A-Za-z ]* Scan\) .*/\1/p' | head -n 1)
  rows=$(sql bench -Atc "$(hour_query count "$design" "$condition")")
  record hours "$name" rows "$rows" rows
  off=$((rows - ${VALUE["hours $(hour_bounds "$name") rows"]}))
  ((off == 0)) || [[ $name == now && ${off#-} == 1 ]] || die "$name finds $rows rows"
}

# For the lines of hour_conditions in FILE, "QUESTION NAME<tab>MILLISECONDS" a line. Each query runs twice in a row, and
# the second time counts, so that each finds the processor's caches as it likes them.
hour_rounds() {
  local rounds=$1 file=$2 candidates=() name design condition question query
  while IFS=$'\t' read -r name design condition; do
    for question in planning count fetch; do
      query=$(hour_query "$question" "$design" "$condition")
      candidates+=(first "$query" "$question $name" "$query")
    done
  done <"$file"
  time_rounds "$rounds" "${candidates[@]}" | grep -v '^first'
}

time_hours() {
  local rounds=$1 file=$2 name design condition
  while IFS=$'\t' read -r name design condition; do
    describe_hour "$name" "$design" "$condition"
  done <"$file"
  supervise hour_rounds "$rounds" "$file" >>"$WORK/hours"
}

# Records what time_hours has found, and makes a table of it.
report_hours() {
  local name question other
  for question in planning count fetch; do
    record_medians hours "$question" ms < <(sed -n "s/^$question //p" "$WORK/hours")
  done
  {
    printf '%s\t' "an hour's rows by" 'scan' 'planning, ms' 'count(*), ms (quartiles)' 'x bounds'
    printf 'sum(length(payload)), ms (quartiles)\tx bounds\n'
    for name; do
      # shellcheck disable=SC2030,SC2031 # it is of use here alone
      other=$(hour_bounds "$name")
      printf '%s\t%s\t%s' "${HOUR_TITLES[$name]}" "${HOUR_SCANS[$name]}" \
        "$(calc %.2f "${VALUE["hours $name planning"]}")"
      for question in count fetch; do
        printf '\t%s\t%s' "$(spread %.2f "hours $name $question")" \
          "$(ratio "hours $name $question" "hours $other $question")"
      done
      echo
    done
  } | table
}

measure_hours() {
  local name question rounds=$((ROUNDS * 10))
  local -A HOUR_SCANS=()
  local -A judged=([created_in]='snowflake_created_in' [contained]='id <@ range' [now]='id >= now() - ...')
  measure_designs
  part "Rows of an hour"
  hour_conditions >"$WORK/conditions"
  sed '/^no_index\t/,$d' "$WORK/conditions" >"$WORK/indexed"
  sed '/^no_index\t/,$!d' "$WORK/conditions" >"$WORK/unindexed"
  time_hours "$rounds" "$WORK/indexed"
  PGOPTIONS='-c enable_bitmapscan=off' time_hours "$FEW_ROUNDS" "$WORK/unindexed"
  report_hours "${HOURS[@]}"
  note "Median of $rounds rounds, and of $FEW_ROUNDS without an index, of statements that have just been run" \
    "before. The hour has ${VALUE['hours bounds rows']} rows of $TABLE_ROWS. Planning is what \`EXPLAIN\` takes, and" \
    "part of the other times. The scan is that of \`count(*)\`; \`sum(length(payload))\` visits the rows. Bounds are" \
    "the first line."

  for question in count fetch; do
    for name in created_in contained now; do
      judge_ratio "$question an hour: ${judged[$name]} / bounds" "hours $name $question" "hours bounds $question" \
        '<=' 1.1
    done
    judge_ratio "$question an hour: snowflake_created_in / created_at" "hours created_in $question" \
      "hours created_at $question" '<=' 1.1
  done
}

# One column of one table, which is a bigint at one time and a snowflake at another; each goes first every other round.
# "sort TYPE<tab>MILLISECONDS" and "index TYPE<tab>MILLISECONDS" a line.
sort_rounds() {
  local rounds=$1 round type types
  {
    cat <<SQL
CREATE UNLOGGED TABLE sorted AS
SELECT id::bigint FROM (SELECT id FROM hour_id LIMIT $SORTED_ROWS) AS rows ORDER BY random();
VACUUM (ANALYZE) sorted;
SQL
    for ((round = 0; round <= rounds; round++)); do
      types=(bigint snowflake)
      ((round % 2)) || types=(snowflake bigint)
      for type in "${types[@]}"; do
        cat <<SQL
ALTER TABLE sorted ALTER id TYPE $type;
\\timing on
\\echo sort $type
SELECT id FROM sorted ORDER BY id OFFSET $SORTED_ROWS \\g /dev/null
\\echo index $type
CREATE INDEX sorted_id ON sorted (id);
\\timing off
DROP INDEX sorted_id;
SQL
      done
    done
    echo 'DROP TABLE sorted;'
  } | sql bench | timings
}

# What a snowflake took as a multiple of what a bigint took right before or after it: "sort<tab>RATIO" or
# "index<tab>RATIO" a line, as noise that lasts for a while is in both.
sort_ratios() {
  awk -F '[ \t]' '
    { value[$1, $2, ++count[$1, $2]] = $3 }
    END {
      for (i = 1; i <= count["sort", "bigint"]; i++) {
        printf "sort\t%.4f\n", value["sort", "snowflake", i] / value["sort", "bigint", i]
        printf "index\t%.4f\n", value["index", "snowflake", i] / value["index", "bigint", i]
      }
    }'
}

measure_sorting() {
  local what type rounds=$((ROUNDS * 4))
  local -A titles=([sort]='ORDER BY id' [index]='CREATE INDEX')
  part "Sorting and index build"
  supervise sort_rounds "$rounds" >"$WORK/sorting"
  for what in sort index; do
    record_medians sorting "$what" ms < <(sed -n "s/^$what //p" "$WORK/sorting")
  done
  record_medians sorting ratio x < <(sort_ratios <"$WORK/sorting")
  {
    printf '%d random IDs\tbigint, ms (quartiles)\tsnowflake, ms (quartiles)\tx bigint (quartiles)\n' "$SORTED_ROWS"
    for what in sort index; do
      printf '%s' "${titles[$what]}"
      for type in bigint snowflake; do printf '\t%s' "$(spread %.1f "sorting $type $what")"; done
      printf '\t%s\n' "$(spread %.3f "sorting $what ratio")"
    done
  } | table
  note "Median of $rounds rounds with one table, whose column changes its type in between, and of the rounds'" \
    "ratios. The same code runs for both, so what differs is noise. The table is in memory and unlogged, so that the" \
    "disk has no say."
  for what in sort index; do
    judge "${titles[$what]}: snowflake / bigint" "$(calc %.3f "${VALUE["sorting $what ratio"]}")" x \
      '<=' 1.02 '<= 1.0x (1.02 is noise)'
  done
}

# The files that hold the table and its index: a rewrite makes new ones.
hour_files() { sql bench -Atc "SELECT pg_relation_filenode('hour_id'), pg_relation_filenode('hour_id_pkey')"; }

# "TYPE<tab>MILLISECONDS", once: a rewrite takes too long for rounds.
alter_to_numeric() {
  sql bench <<'SQL' | awk '$1 == "Time:" { print "numeric\t" $2 }'
ALTER TABLE hour_id ALTER id TYPE bigint;
CHECKPOINT;
\timing on
ALTER TABLE hour_id ALTER id TYPE numeric;
SQL
}

measure_alter() {
  local type files
  local -A titles=([snowflake]='bigint to snowflake' [bigint]='snowflake to bigint' [numeric]='bigint to numeric')
  local -A rewrites=([bigint]=no [snowflake]=no [numeric]=no)
  part "Changing a column's type"
  sql bench -c 'DROP TABLE hour_created_at, hour_created_at_brin, hour_id_brin'

  # It is a snowflake before and after these.
  files=$(hour_files)
  supervise time_rounds "$ROUNDS" \
    bigint 'ALTER TABLE hour_id ALTER id TYPE bigint' \
    snowflake 'ALTER TABLE hour_id ALTER id TYPE snowflake' >"$WORK/alter"
  [[ $(hour_files) == "$files" ]] || rewrites[bigint]=yes rewrites[snowflake]=yes
  supervise alter_to_numeric >>"$WORK/alter"
  [[ $(hour_files) == "$files" ]] || rewrites[numeric]=yes
  record_medians alter time ms <"$WORK/alter"
  {
    printf 'ALTER TABLE ... ALTER id TYPE ...\tms (quartiles)\trewrites table and index\n'
    for type in snowflake bigint; do
      printf '%s\t%s\t%s\n' "${titles[$type]}" "$(spread %.2f "alter $type time")" "${rewrites[$type]}"
    done
    printf '%s\t%s\t%s\n' "${titles[numeric]}" "$(calc %.0f "${VALUE['alter numeric time']}")" "${rewrites[numeric]}"
  } | table
  note "The table of $TABLE_ROWS rows without \`created_at\`, with its primary key. Median of $ROUNDS rounds, to and" \
    "fro; what rewrites is done once."
  judge 'a column from bigint to snowflake' "$(calc %.2f "${VALUE['alter snowflake time']}")" ' ms' '<=' 50
}
