# shellcheck shell=bash
# A PostgreSQL of our own for the scripts that source this file: the packages it takes, a work directory with a copy of
# the sources and of the server's installation, idgen built into that copy, and servers that listen there alone.
# Nothing under /usr and no other cluster is touched, and when the script ends, however it ends, all of it is gone.
#
#   prepare KIND                packages, work directory, sources, private PostgreSQL; KIND is `build`, `test`, or one
#                               for which the script has a function needs_KIND
#   build DIR [VARIABLE=VALUE]  make and make install in DIR of the copied sources, with the private pg_config
#   start_server NAME [LINE]    a server, started or started again with these lines of postgresql.conf; sets PGHOST
#   write_lines NAME [LINE]     these lines instead, until they are reloaded
#   stop_server NAME [MODE]
#   use_server NAME             points psql, pgbench, pg_regress ... at it
#   sql DATABASE [ARGUMENT]     psql, without start-up files, stopping at the first error
#   show SQL [ARGUMENT]         shows it, and what it returns
#   as_server COMMAND           runs as the user the servers run as
#   supervise COMMAND           runs what takes long; a signal to the script then ends it at once
#   start_daemon NAME COMMAND   runs beside the script, as as_server does, until the script ends
#   signal_daemon NAME SIGNAL
#   quietly NAME COMMAND        the same, its output kept in a log and shown only if it fails
#
# Read by the caller: ROOT the checkout, WORK the work directory, SRC the sources in it, PGBIN the private binaries,
# PGXS_DIR the private server's test tools, MAKE_ARGS what every make here needs.
# Set by the caller: PORTS[NAME], for servers whose port is not 5432.
# From the environment: PG_CONFIG the installation to copy, TMPDIR, KEEP=1 to leave the work directory and its servers.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
WORK='' SRC='' PGBIN='' PGXS_DIR='' CHILD=''
MAKE_ARGS=()
declare -A DAEMONS=() PORTS=()

# What surrounds the script decides neither where a client connects, nor what language it speaks, nor how make runs.
for variable in "${!PG@}" "${!LC_@}" LANGUAGE MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES; do
  [[ $variable == PG_CONFIG ]] || unset "$variable"
done
unset variable
export LANG=C.UTF-8
umask 022

# ---------------------------------------------------------------------------------------------------- talking

say() { printf '%s\n' "$*"; }

# A heading; bold where a terminal can show it.
title() {
  if [[ -t 1 && -z ${NO_COLOR:-} ]]; then printf '\n\033[1m%s\033[0m\n' "$*"; else printf '\n%s\n' "$*"; fi
}

# 1,000,000 for 1000000.
commas() { sed -E ':a; s/([0-9])([0-9]{3})(,|$)/\1,\2\3/; ta' <<<"$1"; }

die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# ---------------------------------------------------------------------------------------------------- users

# Packages belong to root; nothing else here does.
as_root() {
  if ((EUID == 0)); then "$@"; else sudo -- "$@"; fi
}

# PostgreSQL refuses to run as root, so root's servers run as the packages' own user, and everybody else's as himself.
# The home directory is the work directory, so that no ~/.psqlrc, ~/.pgpass or ~/.proverc has a say.
as_server() {
  local become=(env "HOME=$WORK" "TMPDIR=$WORK/tmp")
  ((EUID != 0)) ||
    become=(setpriv --reuid=postgres --regid=postgres --init-groups "${become[@]}" USER=postgres LOGNAME=postgres)
  (cd "$WORK" && exec "${become[@]}" "$@")
}

# ---------------------------------------------------------------------------------------------------- packages

# The newest server on this machine, as Debian lays them out.
installed_pg_config() {
  local bin
  while read -r bin; do
    [[ -x $bin/postgres && -x $bin/pg_config ]] && echo "$bin/pg_config" && return
  done < <(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV)
  return 1
}

# The major version which the release's `postgresql` package stands for.
release_major() {
  apt-cache depends postgresql 2>/dev/null | sed -n 's/^ *Depends: postgresql-\([0-9][0-9]*\)$/\1/p' | grep -m 1 .
}

# Settles which PostgreSQL this is about: PG_CONFIG and PG_MAJOR. It need not be installed yet.
find_postgres() {
  [[ -z ${PG_MAJOR:-} ]] || return 0
  if [[ -n ${PG_CONFIG:-} ]]; then
    PG_CONFIG=$(command -v "$PG_CONFIG") || die "PG_CONFIG does not name a pg_config"
    PG_CONFIG=$("$PG_CONFIG" --bindir)/pg_config
  elif ! PG_CONFIG=$(installed_pg_config); then
    release_major >/dev/null || apt_as_root "no PostgreSQL found; looking for its packages" apt_refresh || true
    PG_MAJOR=$(release_major) || die "no PostgreSQL found, and no package to install it from; set PG_CONFIG"
    PG_CONFIG=/usr/lib/postgresql/$PG_MAJOR/bin/pg_config
    return
  fi
  PG_MAJOR=$("$PG_CONFIG" --version | sed 's/^PostgreSQL \([0-9]*\).*/\1/')
}

# Adds PACKAGE to `missing` unless its TEST succeeds: what counts is that the tool is there, not who packaged it.
need() {
  local package=$1
  shift
  "$@" >/dev/null 2>&1 || missing+=("$package")
}

# The same for what some tests are skipped without: if its TEST fails, and the package can be had on this machine, it is
# added to `wanted`.
want() {
  local package=$1
  shift
  "$@" >/dev/null 2>&1 || ! apt-get -qq -s install "$package" >/dev/null 2>&1 || wanted+=("$package")
}

# True if the file exists that `pg_config --OPTION`, and what follows it, names.
pg_has() { [[ -e $("$PG_CONFIG" "--$1")${2:-} ]]; }

# Where pgTAP lies: with the server, or with Debian's server of that major, as it serves one that was built by hand too;
# or else with the newest that has it, as it is SQL, and packaged for a new major last.
find_pgtap() {
  local dir
  while read -r dir; do
    [[ -e $dir/extension/pgtap.control ]] && echo "$dir/extension" && return
  done < <("$PG_CONFIG" --sharedir && echo "/usr/share/postgresql/$PG_MAJOR" &&
    printf '%s\n' /usr/share/postgresql/* | sort -rV)
  return 1
}

# What each kind of work needs.
needs_build() {
  find_postgres
  need gcc command -v gcc
  need libc6-dev test -e /usr/include/stdio.h
  need make command -v make
  need "postgresql-$PG_MAJOR" pg_has bindir /postgres
  need "postgresql-server-dev-$PG_MAJOR" pg_has includedir-server /postgres.h # the client packages hold PGXS, too
}

needs_test() {
  needs_build
  need perl perl -MTest::More -MTime::HiRes -e 1
  need libipc-run-perl perl -MIPC::Run -e 1
  need libtap-parser-sourcehandler-pgtap-perl command -v pg_prove
  need "postgresql-$PG_MAJOR-pgtap" find_pgtap
  need faketime command -v faketime
  want node-pg node -e 'require("pg")'
  want python3 python3 -c 'import zoneinfo'
  # For the provider of etcd, and its tests.
  want pkg-config command -v pkg-config
  want libcurl4-openssl-dev pkg-config --exists libcurl
  want etcd-server command -v etcd
  want etcd-client command -v etcdctl
  want openssl command -v openssl
  # For the provider of ZooKeeper, and its tests: the client without threads, and a server. It needs Java, which is much to
  # install for one file of tests.
  if [[ -n ${FULL:-} ]]; then
    want libzookeeper-st-dev test -e /usr/include/zookeeper/zookeeper.h
    want zookeeper test -e /usr/share/java/zookeeper.jar
    want default-jre-headless command -v java
    # For clusters that it runs, with etcd.
    want patroni command -v patroni
    want python3-etcd dpkg-query -s python3-etcd
    # For what scrapes the metrics.
    want prometheus command -v promtool
    want prometheus-postgres-exporter command -v prometheus-postgres-exporter
    want prometheus-sql-exporter command -v prometheus-sql-exporter
  fi
  # For the provider of Redis, and its tests.
  want libhiredis-dev pkg-config --exists hiredis
  want redis-server command -v redis-server
  # Before 17 it is a version 4, which knows no encoders.
  ((PG_MAJOR < 17)) || want "postgresql-$PG_MAJOR-partman" dpkg-query -s "postgresql-$PG_MAJOR-partman"
}

needs_matrix() {
  needs_chroot
  [[ $MATRIX != *-* ]] || need qemu-user-static test -e /usr/bin/qemu-s390x-static
}

# Dies for want of root, with a reason, before sudo gets to ask for a password.
expect_root() {
  ((EUID == 0)) || command -v sudo >/dev/null || die "$1 takes root or sudo"
}

# Runs one of the following functions as root, in a shell of its own. REASON FUNCTION [ARGUMENT]
apt_as_root() {
  expect_root "$1"
  shift
  as_root bash -euo pipefail -c "$(declare -f apt_lock apt_refresh apt_install); \"\$@\"" bash "$@"
}

# One copy of these scripts at a time, so that two make neither each other's apt fail nor each other's settings go.
apt_lock() { exec 9</var/lib/dpkg && flock 9; }

# The package lists, tried again for a while: a machine that has just started may be refreshing them itself.
apt_refresh() {
  local output tries
  apt_lock
  for tries in 1 2 3 4 5; do
    ((tries == 1)) || sleep 5
    output=$(apt-get -qq update 2>&1 9<&-) && return
  done
  printf '%s\n' "$output" >&2
  return 1
}

# A new PostgreSQL server package would create and start a cluster; for as long as the installation takes,
# postgresql-common is told not to. That goes for what an interrupted run has left half-installed, too. The server of
# etcd would be started now, and with the machine, and so would Redis and Prometheus; one that was here before is left
# alone.
apt_install() {
  local conf=/etc/postgresql-common/createcluster.d/idgen-no-cluster.conf policy='' output package
  apt_refresh || echo "(going on with the package lists as they are)"
  if [[ " $* " =~ " "(etcd-server|redis-server|prometheus) && ! -e /usr/sbin/policy-rc.d ]]; then
    policy=/usr/sbin/policy-rc.d
  fi
  # shellcheck disable=SC2064 # the names are wanted as they are now
  trap "rm -f '$conf' $policy; rmdir -p --ignore-fail-on-non-empty '${conf%/*}' 2>/dev/null || true" EXIT
  if [[ -n $policy ]]; then
    # shellcheck disable=SC2016 # it is a script of its own
    printf '#!/bin/sh\ncase $1 in etcd* | redis* | prometheus*) exit 101 ;; esac\n' >"$policy"
    chmod 755 "$policy"
  fi
  mkdir -p "${conf%/*}"
  echo 'create_main_cluster = false' >"$conf"
  export DEBIAN_FRONTEND=noninteractive
  output=$({ dpkg --configure -a &&
    apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=600 install "$@"; } 2>&1 9<&-) || {
    printf '%s\n' "$output" >&2
    return 1
  }
  [[ " $* " != *" etcd-server "* ]] || update-rc.d etcd disable >/dev/null 2>&1 || true
  for package in "$@"; do
    [[ ! $package =~ ^(redis-server$|prometheus) ]] || update-rc.d "$package" disable >/dev/null 2>&1 || true
  done
}

# Installs what is missing and what is wanted. If that fails, what is missing alone: tests are skipped without the rest.
install_packages() {
  apt_as_root "installing that" apt_install "${missing[@]}" "${wanted[@]}" && return
  ((${#wanted[@]})) || die "the installation failed"
  say "(going on without ${wanted[*]})"
  ((${#missing[@]} == 0)) || apt_as_root "installing that" apt_install "${missing[@]}" || die "the installation failed"
}

# Brings in through apt what a kind of work needs and the machine lacks, and only then runs apt at all.
require_packages() {
  local missing=() wanted=() tries
  # Twice, as it may be the first time that brings the package lists which `want` looks into.
  for tries in 1 2; do
    missing=() wanted=()
    "needs_$1"
    ((${#missing[@]} + ${#wanted[@]})) || return 0
    command -v apt-get >/dev/null || ((${#missing[@]} == 0)) ||
      die "please install what these Debian packages hold: ${missing[*]}"
    say "Installing ${missing[*]} ${wanted[*]}"
    install_packages
  done
  missing=()
  "needs_$1"
  ((${#missing[@]} == 0)) || die "installed, but not to be found: ${missing[*]}"
}

# ---------------------------------------------------------------------------------------------------- work directory

# Ends what runs under `supervise` with everything it started itself, and waits for it: a script among that has its own
# cleaning up to do.
end_child() {
  local tries
  [[ -n $CHILD ]] || return 0
  kill -TERM -- "-$CHILD" 2>/dev/null || return 0
  for ((tries = 0; tries < 200; tries++)); do
    kill -0 -- "-$CHILD" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL -- "-$CHILD" 2>/dev/null || true
}

# The data directories in which a server runs, also those which a test started and did not live to stop.
running_servers() {
  find "$WORK" -name postmaster.pid -printf '%h\n' 2>/dev/null
}

# Ends what start_daemon has started, also if it is stopped.
end_daemons() {
  local name
  for name in "${!DAEMONS[@]}"; do signal_daemon "$name" KILL; done
}

# Runs at exit, whatever the reason: servers first, as they write where we remove.
cleanup() {
  local status=$? data
  trap '' HUP INT TERM
  trap - EXIT
  ((status < 128)) || echo
  end_child
  [[ -n $WORK ]] || exit "$status"
  if [[ ${KEEP:-} == 1 ]]; then
    explain_kept
    exit "$status"
  fi
  while read -r data; do
    as_server "$PGBIN/pg_ctl" -D "$data" -m immediate stop >/dev/null 2>&1 || true
  done < <(running_servers)
  end_daemons
  rm -rf "$WORK"
  exit "$status"
}

# From here on nothing stays behind.
cleanup_at_exit() {
  trap cleanup EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

# KEEP=1: where things are, and how to be rid of them.
explain_kept() {
  local data name run=''
  ((EUID != 0)) || run='setpriv --reuid=postgres --regid=postgres --init-groups '
  title "Kept, as KEEP=1 asked"
  while read -r data; do
    say "  connect  psql -h ${data%/data} -p $(sed -n 4p "$data/postmaster.pid") -U postgres${PGDATABASE:+ $PGDATABASE}"
    say "  stop     $run$PGBIN/pg_ctl -D $data stop"
  done < <(running_servers)
  for name in "${!DAEMONS[@]}"; do say "  stop     kill -KILL -- -${DAEMONS[$name]}  # $name"; done
  say "  remove   rm -rf $WORK"
}

# The first temporary directory that will do: short enough for a socket's path, and the server's user may run programs
# in it (root's own TMPDIR may be closed to that user, /tmp may be mounted noexec).
open_work_dir() {
  local base
  for base in "${TMPDIR:-/tmp}" /tmp /var/tmp; do
    ((${#base} <= 50)) || continue
    WORK=$(mktemp -d "$base/idgen.XXXXXX" 2>/dev/null) || continue
    mkdir "$WORK/tmp" "$WORK/log"
    cp /bin/true "$WORK/tmp/probe"
    give_away
    as_server "$WORK/tmp/probe" 2>/dev/null && return
    rm -rf "$WORK"
  done
  WORK=''
  die "found no temporary directory to run a server in; set TMPDIR"
}

# Hands what root has put into the work directory to the user who will work there.
give_away() {
  ((EUID != 0)) || chown -R postgres:postgres "$WORK"
}

# The files that make up the sources, each ended by a NUL: what git tracks or would offer to add, or else everything
# but what a build leaves behind.
source_files() {
  [[ ! -e $ROOT/.git ]] ||
    ! git -C "$ROOT" -c "safe.directory=$ROOT" ls-files -z -co --exclude-standard 2>/dev/null || return 0
  (cd "$ROOT" && find . \( -name .git -o -name tmp_check -o -name results \) -prune -o \
    ! -type d ! -name '*.o' ! -name '*.so' ! -name '*.bc' ! -name regression.diffs ! -name regression.out -print0)
}

# Copies the sources to DIR, so that nothing is built or tested in the checkout.
copy_source() {
  local file
  mkdir -p "$1"
  source_files | while IFS= read -r -d '' file; do
    [[ ! -e $ROOT/$file && ! -L $ROOT/$file ]] || printf '%s\0' "$file"
  done | tar -C "$ROOT" --null --no-recursion -cf - -T - | tar -C "$1" -xf - --no-same-owner
}

# PostgreSQL finds its files from where its binary lies, so a copy that keeps the distances between the directories is
# an installation of its own. Of the library directory, which may be the system's, it takes PostgreSQL's libraries only.
copy_postgres() {
  local dirs dir prefix libdir
  mapfile -t dirs < <("$PG_CONFIG" --bindir --pkglibdir --sharedir --includedir --pkgincludedir | sort -u)
  libdir=$("$PG_CONFIG" --libdir)
  prefix=${dirs[0]}
  for dir in "${dirs[@]}" "$libdir"; do
    while [[ $dir/ != "$prefix"/* ]]; do prefix=${prefix%/*}; done
  done
  for dir in "${dirs[@]}"; do
    mkdir -p "$WORK/pg${dir#"$prefix"}"
    cp -a "$dir/." "$WORK/pg${dir#"$prefix"}"
  done
  mkdir -p "$WORK/pg${libdir#"$prefix"}"
  find "$libdir/" -maxdepth 1 -name 'libp[gq]*' -exec cp -a -t "$WORK/pg${libdir#"$prefix"}" {} +
  PGBIN=$("$PG_CONFIG" --bindir)
  PGBIN=$WORK/pg${PGBIN#"$prefix"}
  [[ $("$PGBIN/pg_config" --pkglibdir) == "$WORK"/* && $("$PGBIN/pg_config" --sharedir) == "$WORK"/* ]] ||
    die "the PostgreSQL of $PG_CONFIG cannot be relocated"
}

# Everything up to, but without, building: see the head of this file.
prepare() {
  cleanup_at_exit
  require_packages "$1"
  open_work_dir
  SRC=$WORK/src
  copy_source "$SRC"
  copy_postgres
  [[ $1 != test ]] || cp "$(find_pgtap)"/pgtap* "$("$PGBIN/pg_config" --sharedir)/extension"
  give_away
  export PATH=$PGBIN:$PATH
  # shellcheck disable=SC2034 # for the tests
  PGXS_DIR=$(cd "$(dirname "$("$PGBIN/pg_config" --pgxs)")/../.." && pwd)
  # Bitcode is for JIT inlining, of which an extension like this sees nothing; it would take clang.
  MAKE_ARGS=(--no-print-directory "PG_CONFIG=$PGBIN/pg_config" with_llvm=no)
}

# ---------------------------------------------------------------------------------------------------- running things

# bash handles a signal only after the command in the foreground has ended. So what takes long runs in the background,
# in a process group of its own which `cleanup` can end as a whole.
supervise() {
  local status=0
  set -m
  "$@" </dev/null &
  CHILD=$!
  set +m
  wait "$CHILD" || status=$?
  CHILD=''
  return "$status"
}

# In a process group of its own, too, which `cleanup` ends after the servers. Its output is in a log.
start_daemon() {
  local name=$1 log=$WORK/log/$1.log
  shift
  set -m
  as_server "$@" </dev/null >>"$log" 2>&1 &
  set +m
  DAEMONS[$name]=$!
  disown
}

signal_daemon() { kill "-$2" -- "-${DAEMONS[$1]}" 2>/dev/null || true; }

quietly() {
  local log=$WORK/log/$1.log status=0
  shift
  supervise "$@" >"$log" 2>&1 || status=$?
  ((status == 0)) || tail -n 50 "$log" >&2
  return "$status"
}

build() {
  local dir=$1 name=build-${1//\//-}
  shift
  quietly "$name" as_server make -s -C "$SRC/$dir" "${MAKE_ARGS[@]}" -j "$(nproc)" "$@" all &&
    quietly "$name" as_server make -s -C "$SRC/$dir" "${MAKE_ARGS[@]}" "$@" install
}

# ---------------------------------------------------------------------------------------------------- servers

use_server() {
  export PGHOST=$WORK/$1 PGPORT=${PORTS[$1]:-5432} PGUSER=postgres
}

# The lines of a server's configuration. NAME [LINE]
write_lines() {
  local dir=$WORK/$1
  use_server "$1"
  printf '%s\n' "listen_addresses = ''" "unix_socket_directories = '$dir'" "port = $PGPORT" "${@:2}" |
    as_server tee "$dir/server.conf" >/dev/null
}

# Only its user (and root) can enter the work directory, so the socket in it asks for no password.
start_server() {
  local dir=$WORK/$1
  use_server "$1"
  [[ ! -e $dir/data/postmaster.pid ]] || stop_server "$1"
  shift
  if [[ ! -d $dir/data ]]; then
    as_server mkdir -p "$dir"
    quietly initdb as_server initdb -N -A trust -U postgres -E UTF8 --locale=C.UTF-8 -D "$dir/data"
    echo "include '../server.conf'" | as_server tee -a "$dir/data/postgresql.conf" >/dev/null
  fi
  write_lines "${dir##*/}" "$@"
  if ! quietly start as_server pg_ctl -D "$dir/data" -l "$dir/log" -w -s start; then
    [[ ! -e $dir/log ]] || tail -n 30 "$dir/log" >&2
    return 1
  fi
}

stop_server() {
  as_server pg_ctl -D "$WORK/$1/data" -m "${2:-fast}" -w -s stop
}

sql() {
  as_server psql -X -q -v ON_ERROR_STOP=1 -P pager=off -d "$@"
}

# Shows SQL, after PROMPT, then runs it in PGDATABASE and shows what it says; further arguments are psql's.
show() {
  local sql=$1
  shift
  say "  ${PROMPT:-}${sql//$'\n'/$'\n  '};"
  sql "$PGDATABASE" -P footer=off "$@" -c "$sql" | sed '/^$/d; s/^/    /'
}
