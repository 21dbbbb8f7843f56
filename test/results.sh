# shellcheck shell=bash
# Results of tests, for scripts that source this file after harness.sh: suites are run one by one, what they print is
# counted, and a table closes it all.
#
#   suite NAME KIND [ARGUMENT]  runs suite_KIND, a function of the script
#   tally NAME PASSED FAILED SECONDS
#   summary                     the table, and what failed in a few lines; fails if anything did

TABLE='' FAILURES='' PASSED=0 FAILED=0

# "PASSED FAILED" of what a suite printed: TAP (pg_regress speaks it from 16 on), pg_regress of 15, the summary of
# prove, which goes before the single results it chose to show, or the last line of a script that has a summary itself.
# A file that prove finds at fault with no assertion failed (it died, or lost its plan) is one failure.
count_results() {
  awk '
    /^ok( |$)/ || /^(test| ) .* \.\.\. ok( |$)/         { ok++ }
    /^not ok( |$)/ || /^(test| ) .* \.\.\. FAILED( |$)/ { bad++ }
    /\(Wstat: .* Failed: [0-9]+\)/                      { asserted += $NF; counted = $NF + 0 > 0 }
    /^  (Non-zero .* status|Parse errors):/ && !counted { died++; counted = 1 }
    sub(/^Files=[0-9]+, Tests=/, "")                    { ok = $1 - asserted; bad = asserted + died }
    /^[0-9]+ passed, [0-9]+ failed$/                    { ok = $1; bad = $3 }
    END                                                 { print ok + 0, bad + 0 }
  ' "$1"
}

# Runs suite_KIND ARGUMENT... under a name: what it prints passes by and is counted. No result at all is a failure too.
# explain_KIND, if there is one, is given what it printed, and shows of a failure what that does not.
suite() {
  local name=$1 kind=$2 log="$WORK/log/$1" start=$SECONDS status=0 passed failed
  shift 2
  title "$name"
  supervise shown "$log" "suite_$kind" "$@" || status=$?
  read -r passed failed < <(count_results "$log")
  ((failed > 0 || (status == 0 && passed > 0))) || failed=1
  if ((failed > 0)); then
    note_failures "$name" "$log"
    if declare -F "explain_$kind" >/dev/null; then "explain_$kind" "$log"; fi
  fi
  tally "$name" "$passed" "$failed" $((SECONDS - start))
}

# Which tests of a suite failed, for who sees only the end of the output.
note_failures() {
  FAILURES+="  $1:"$'\n'
  FAILURES+=$(sed -nE -e '/^ *#   Failed test/,+4p' -e '/^not ok|\.\.\. FAILED|Wstat: /p' "$2" | head -n 20 | cut -c -200)$'\n'
}

# A line of the closing table: NAME PASSED FAILED SECONDS.
tally() {
  TABLE+=$(printf '  %-20s %7d %7d %8d' "$@")$'\n'
  PASSED=$((PASSED + $2)) FAILED=$((FAILED + $3))
}

# Runs a command, with what it prints kept in a file as well. A signal does not end tee before the command: a script
# that is cleaning up would break off at its next line of output.
shown() {
  local log=$1
  shift
  "$@" 2>&1 | (trap '' HUP INT TERM && exec tee "$log")
}

# The closing table, and what failed; fails if a test did, or if there was none.
summary() {
  title "$("$PGBIN/pg_config" --version)"
  printf '  %-20s %7s %7s %8s\n' suite passed failed seconds
  printf '%s\n' "$TABLE"
  [[ -z $FAILURES ]] || printf 'Failed:\n%s\n' "$FAILURES"
  printf '%d passed, %d failed\n' "$PASSED" "$FAILED"
  ((FAILED == 0 && PASSED > 0))
}
