# shellcheck shell=bash
# Other Debian releases for scripts that source this file after harness.sh: chroots that debootstrap makes once. Their
# commands run in namespaces, so that nothing stays mounted or goes on running.
#
#   make_chroot ROOT RELEASE [ARCHITECTURE]
#   configure_apt ROOT
#   inside ROOT COMMAND
#
# Set by the caller: BIND, a directory that `inside` shows as /mnt, if any.

# Runs a command as root in a chroot, in namespaces of its own: the mounts go with it, and so does whatever it started
# and left running. The shell stays as their first process, because that one is deaf to signals.
inside() {
  # shellcheck disable=SC2016 # for the inner shell
  unshare --mount --pid --fork --kill-child bash -euc '
    root=$1 bind=$2
    shift 2
    mount -t proc proc "$root/proc"
    mount -t tmpfs tmpfs "$root/dev/shm"
    [[ -z $bind ]] || mount --bind "$bind" "$root/mnt"
    status=0
    chroot "$root" "$@" || status=$?
    exit "$status"' bash "$1" "${BIND:-}" \
    env -u TMPDIR -u PG_CONFIG HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${@:2}"
}

# The file `ok` marks a chroot as complete; what has been left half-made is made again.
make_chroot() {
  local root=$1 release=$2 architecture=${3:-}
  [[ ! -e $root/ok ]] || return 0
  rm -rf --one-file-system "$root"
  unshare --mount debootstrap ${architecture:+--arch="$architecture"} --variant=minbase "$release" "$root" &&
    touch "$root/ok"
}

# A chroot reaches its mirror as this machine does, through the same proxy and with the same checks.
configure_apt() {
  cp -L /etc/resolv.conf "$1/etc/resolv.conf" &&
    apt-config dump --no-empty --format '%f "%v";%n' Acquire::http::Proxy Acquire::https::Proxy \
      Acquire::Check-Valid-Until Acquire::Check-Date >"$1/etc/apt/apt.conf.d/90host"
}
