# shellcheck shell=bash
# Is a torture any good? Puts one fault at a time into a copy of the sources and expects a short torture to find it. For
# scripts that source this after harness.sh, set MUTANTS to a folder of patches, and define torture NAME DIR, which runs
# the torture of DIR with its output in $WORK/log/NAME.
#
# A fault is a patch, NAME.patch, with lines before it, among them:
#
#   Fault:      what is wrong
#   Found by:   figures of the table, with commas in between, of which one at least must not be zero; or "failure", if
#               the run ends early
#
# or, in place of all but the first, with
#
#   Test:       a TAP file, without `.pl`, that is to find it instead of the torture

FAILED=0

# A line of the head of a patch.
head_of() { sed -n "s/^$2:[[:space:]]*//p; /^--- /q" "$MUTANTS/$1.patch"; }

# The figure of the torture's table by this name.
figure_of() {
  sed -E 's/\*//g' "$WORK/log/$1" | awk -F ' *[|] *' -v name="$2" '$2 == name { gsub(/,/, "", $3); print $3 + 0; exit }'
}

# NAME RESULT WHY; and the torture's figures if the result is not the expected one.
report() {
  printf '%-24s %-6s %5d s  %s\n' "$1" "$2" "$SECONDS" "$3"
  [[ $2 != found && $2 != clean ]] || return 0
  sed -n '/^FAILURE/p; /^|/p' "$WORK/log/$1"
  FAILED=1
}

# Has the torture of NAME found what it is to find? What it was goes to REPLY.
is_found() {
  local figure figures
  IFS=, read -ra figures < <(head_of "$1" 'Found by')
  for figure in "${figures[@]}"; do
    figure=${figure# }
    REPLY=$figure
    if [[ $figure == failure ]]; then
      ! grep -q '^FAILURE:' "$WORK/log/$1" || return 0
    elif (($(figure_of "$1" "$figure"))); then
      REPLY="$figure: $(figure_of "$1" "$figure")"
      return 0
    fi
  done
  REPLY="not found: $(tail -n 1 "$WORK/log/$1")"
  return 1
}

# Runs the TAP file of NAME in DIR: true if it finds no fault.
tap_file() {
  SUITES=tap TESTS=$(head_of "$1" Test) KEEP='' supervise "$2/test/run" >"$WORK/log/$1" 2>&1
}

# Is what the TAP file of NAME found a failed test, and not that it could not run? The first such goes to REPLY.
is_failed_test() {
  REPLY=$(sed -n "s/^ *#  *Failed test '\(.*\)'$/\1/p" "$WORK/log/$1" | head -n 1)
  [[ -n $REPLY ]] || { REPLY="not found: $(tail -n 1 "$WORK/log/$1")" && return 1; }
}

mutant() {
  local name=$1 dir=$WORK/$1 run=torture look=is_found
  SECONDS=0
  copy_source "$dir"
  if ! patch -s -d "$dir" -p1 <"$MUTANTS/$name.patch" >"$WORK/log/$name" 2>&1; then
    report "$name" FAILED "the patch does not apply"
    return
  fi
  [[ -z $(head_of "$name" Test) ]] || run=tap_file look=is_failed_test
  if "$run" "$name" "$dir"; then
    report "$name" MISSED "$(head_of "$name" Fault)"
  elif "$look" "$name"; then
    report "$name" found "$REPLY"
  else
    report "$name" MISSED "$REPLY"
  fi
  rm -rf "$dir"
}

# The words of a line of all patches' heads, each once.
union() { for name in "${ALL[@]}"; do head_of "$name" "$1" | tr ' ' '\n'; done | sort -u | xargs; }

# The sources as they are: nothing may be found.
no_mutant() {
  SECONDS=0
  copy_source "$WORK/none"
  if torture none "$WORK/none"; then
    report none clean "$(figure_of none "$IDS_ROW") IDs"
  else
    report none FAILED "$(tail -n 1 "$WORK/log/none")"
  fi
  rm -rf "$WORK/none"
}

needs_mutants() {
  needs_build
  need patch command -v patch
}

# All, or those of these names; "none" stands for the sources as they are. Everything is copied to where root need not be
# asked: the torture has a work directory of its own.
run_mutants() {
  cleanup_at_exit
  require_packages mutants
  open_work_dir
  export PG_CONFIG
  mapfile -t ALL < <(cd "$MUTANTS" && printf '%s\n' *.patch | sed 's/\.patch$//')
  (($#)) || set -- none "${ALL[@]}"
  for name; do
    if [[ $name == none ]]; then no_mutant; else mutant "$name"; fi
  done
  exit "$FAILED"
}
