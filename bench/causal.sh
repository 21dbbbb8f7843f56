# shellcheck shell=bash
# The parts of bench/run that are about hybrid logical clocks, concealed IDs and shards: what a call costs. All that
# measures and reports is in bench/run, which sources this.

# The values of an update that pushes lie 200 ms ahead of the clock, each above the one before.
measure_causal_calls() {
  local name from="FROM (SELECT generate_series(1, $CALLS)::bigint AS n, (SELECT hlc_now()::bigint + (200 << 16)) AS ahead OFFSET 0) AS rows"
  local names=(snowflake_nextval hlc_now hlc_update_old hlc_update_new hlc_argument id_conceal id_reveal bit_reverse shard_of node_of)
  local -A calls=(
    [snowflake_nextval]='snowflake_nextval()'
    [hlc_now]='hlc_now()'
    [hlc_update_old]="hlc_update('42')"
    [hlc_update_new]='hlc_update((ahead + 2 * n)::hlc)'
    [hlc_argument]='(ahead + 2 * n)::hlc'
    [id_conceal]="id_conceal(n, 'bench')"
    [id_reveal]="id_reveal(n, 'bench')"
    [bit_reverse]='bit_reverse(n)'
    [shard_of]='shard_of(n, 1024)'
    [node_of]="shard_of(n, ARRAY['a', 'b', 'c', 'd'])"
  )

  part "Cost of causal time, concealing and routing"
  sql bench -c "SET client_min_messages = warning" -c "SELECT idgen_create_key('bench', current_user)" >/dev/null
  time_calls causal call 1 "$from" "${names[@]}"
  {
    printf 'call\tns (quartiles)\n'
    for name in "${names[@]}"; do printf '%s\t%s\n' "${calls[$name]}" "$(spread %.1f "causal $name call")"; done
  } | table
  note "Median of $ROUNDS rounds of \`SELECT count(CALL) $from\`, less \`count(1)\` over the same rows just before."
  judge_ratio 'hlc_now / snowflake_nextval' 'causal hlc_now call' 'causal snowflake_nextval call' '<=' 1.2
  judge_ratio 'hlc_update of an older value / snowflake_nextval' 'causal hlc_update_old call' 'causal snowflake_nextval call' '<=' 2
  judge 'hlc_update of a newer value' \
    "$(calc %.1f "${VALUE['causal hlc_update_new call']} - ${VALUE['causal hlc_argument call']}")" ' ns' '<=' 100
  judge 'id_conceal' "$(calc %.1f "${VALUE['causal id_conceal call']}")" ' ns' '<=' 150
  judge 'shard_of of 1,024 shards' "$(calc %.1f "${VALUE['causal shard_of call']}")" ' ns' '<=' 40
}
