# shellcheck shell=bash
# The part of bench/run that is about reading an outbox: how long after its commit a row is delivered, by the horizon and
# by the transactions' numbers, beside transactions that stay open. All that measures and reports is in bench/run, which
# sources this.

OUTBOX_SECONDS=7 OUTBOX_RATE=1500
OUTBOX_CASES=(alone database read_only generated)
declare -A OUTBOX_TITLES=(
  [alone]='nothing else going on'
  [database]='another database has a transaction open for 4 s that has written'
  [read_only]='a read-only transaction is open for 4 s'
  [generated]='a transaction is open for 4 s that has generated an ID, and no more'
)
# What is open meanwhile: in which database, and what it does before it waits.
declare -A OUTBOX_OTHERS=(
  [database]='bench_other|SELECT pg_current_xact_id()'
  [read_only]='bench|SET TRANSACTION READ ONLY; SELECT count(*) FROM outbox'
  [generated]='bench|SELECT snowflake_nextval()'
)

create_outbox() {
  sql postgres -c 'CREATE DATABASE bench_other'
  sql bench -c 'CREATE TABLE outbox (id bigint DEFAULT snowflake_nextval() PRIMARY KEY, xid xid8 DEFAULT pg_current_xact_id())' \
    -c 'CREATE INDEX ON outbox (xid)' -c 'CREATE TABLE lags (name text, ms float8)'
}

# Polls each millisecond, for a while, and keeps the time from the commit to the delivery of each row in table lags.
read_outbox() {
  local name=$1 next=$2 condition=$3 type=$4
  sql bench <<SQL
DO \$\$
DECLARE
  done_at timestamptz := clock_timestamp() + interval '$OUTBOX_SECONDS s' + interval '1 s';
  last $type := '0';
  next $type;
  found float8[];
  lags float8[] := '{}';
BEGIN
  WHILE clock_timestamp() < done_at LOOP
    $next
    SELECT array_agg(1000 * extract(epoch FROM clock_timestamp() - pg_xact_commit_timestamp(xmin))) $condition;
    COMMIT;
    lags := lags || coalesce(found, '{}');
    last := next;
    PERFORM pg_sleep(0.001);
  END LOOP;
  INSERT INTO lags SELECT '$name', unnest(lags);
END \$\$;
SQL
}

# Two writers, a reader of each kind, and what is open beside them.
run_outbox_case() {
  local name=$1 other=${OUTBOX_OTHERS[$1]:-}
  sql bench -c 'TRUNCATE outbox' -c CHECKPOINT
  read_outbox "horizon $name" 'next := snowflake_horizon();' 'INTO found FROM outbox WHERE id >= last AND id < next' bigint &
  read_outbox "xid8 $name" '' ', pg_snapshot_xmin(pg_current_snapshot()) INTO found, next FROM outbox
      WHERE xid >= last AND xid < pg_snapshot_xmin(pg_current_snapshot())' xid8 &
  [[ -z $other ]] || { sleep 1 && sql "${other%%|*}" -c 'BEGIN' -c "${other#*|}" -c 'SELECT pg_sleep(4)' -c 'COMMIT' >/dev/null; } &
  as_server pgbench -n -M prepared -c 2 -j 1 -R "$OUTBOX_RATE" -T "$OUTBOX_SECONDS" -f "$WORK/outbox.sql" bench >/dev/null
  wait
}

run_outbox_cases() {
  local name
  echo 'INSERT INTO outbox DEFAULT VALUES' | as_server tee "$WORK/outbox.sql" >/dev/null
  for name in "${OUTBOX_CASES[@]}"; do run_outbox_case "$name"; done
}

measure_outbox() {
  local name way metric
  part "Time from the commit of a row to its delivery"
  start_bench outbox 'track_commit_timestamp = on'
  create_outbox
  supervise run_outbox_cases
  for name in "${OUTBOX_CASES[@]}"; do
    for way in horizon xid8; do
      IFS='|' read -r VALUE["outbox $way $name median"] VALUE["outbox $way $name p99"] VALUE["outbox $way $name max"] \
        VALUE["outbox $way $name rows"] < <(sql bench -Atc "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY ms),
          percentile_disc(0.99) WITHIN GROUP (ORDER BY ms), max(ms), count(*) FROM lags WHERE name = '$way $name'")
      for metric in median p99 max rows; do
        record outbox "$way $name" "$metric" "${VALUE["outbox $way $name $metric"]}" "$([[ $metric == rows ]] && echo rows || echo ms)"
      done
    done
  done
  {
    printf 'ms: median, 99th percentile, maximum\thorizon\txid8\n'
    for name in "${OUTBOX_CASES[@]}"; do
      printf '%s\t%s\t%s\n' "${OUTBOX_TITLES[$name]}" "$(outbox_times "horizon $name")" "$(outbox_times "xid8 $name")"
    done
  } | table
  note "Two writers of $OUTBOX_RATE rows a second together for $OUTBOX_SECONDS s, and a poll each millisecond by each way at" \
    "the same time; ${VALUE['outbox horizon alone rows']} rows, the first time."
  judge_ratio 'delivery beside an open transaction of another database, p99, horizon / alone' 'outbox horizon database p99' \
    'outbox horizon alone p99' '<=' 2
  stop_server outbox
}

outbox_times() {
  calc '%.2f, %.1f, %.1f' "${VALUE["outbox $1 median"]}, ${VALUE["outbox $1 p99"]}, ${VALUE["outbox $1 max"]}"
}
