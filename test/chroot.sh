# shellcheck shell=bash
# Chroots of Debian's releases, for the scripts that source this file after harness.sh. DIR, which they set, is where the
# chroots are, each in a folder with the name of its lane:
#
#   trixie          a release
#   trixie-arm64    ... on another processor
#   experimental    sid, with the packages of PostgreSQL 19 from experimental
#   majors          the same, with those of 15 from bookworm and of 17 from trixie
#
#   make_chroot LANE            unless it is there
#   configure_apt LANE          it reaches its mirror as this machine does
#   add_experimental LANE       which `experimental` and `majors` need
#   add_majors LANE             which `majors` needs
#   inside LANE COMMAND         runs a command as root; it sees the directory BIND, if that is set, as /mnt
#   upgrade_inside LANE PACKAGE ...  brings it up to date, and installs packages
#   unpack_inside LANE PACKAGE ...   unpacks packages, and no others that these depend on

needs_chroot() {
  need debootstrap command -v debootstrap
  need debian-archive-keyring test -e /usr/share/keyrings/debian-archive-keyring.gpg
}

# Runs a command as root in a release's chroot, in namespaces of its own: the mounts go with it, and so does whatever it
# started and left running. The shell stays as their first process, because that one is deaf to signals.
inside() {
  local root=$DIR/$1
  shift
  # shellcheck disable=SC2016 # for the inner shell
  unshare --mount --pid --fork --kill-child bash -euc '
    root=$1 bind=$2
    shift 2
    mount -t proc proc "$root/proc"
    mount -t tmpfs tmpfs "$root/dev/shm"
    [[ -z $bind ]] || mount --bind "$bind" "$root/mnt"
    status=0
    chroot "$root" "$@" || status=$?
    exit "$status"' bash "$root" "${BIND:-}" \
    env -u TMPDIR -u PG_CONFIG HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

# The Debian release that a lane is of.
release_of() {
  case $1 in
    experimental | majors) echo sid ;;
    *) echo "${1%%-*}" ;;
  esac
}

# The processor of a lane, as Debian calls it; empty if it is this machine's.
architecture_of() {
  [[ $1 != *-* ]] || echo "${1#*-}"
}

# Lets the kernel run programs of another processor by qemu, in chroots, too. It knows no more than what is in the file.
emulate() {
  local cpu=${1/arm64/aarch64} formats=/proc/sys/fs/binfmt_misc
  [[ -e $formats/register ]] || mount -t binfmt_misc binfmt_misc "$formats" || return
  [[ -e $formats/qemu-$cpu ]] || cat "/usr/lib/binfmt.d/qemu-$cpu.conf" >"$formats/register"
}

# The file `ok` marks a chroot as complete; what has been left half-made is made again.
make_chroot() {
  local root=$DIR/$1 architecture
  architecture=$(architecture_of "$1")
  [[ -z $architecture ]] || emulate "$architecture" || return
  [[ ! -e $root/ok ]] || return 0
  rm -rf --one-file-system "$root"
  unshare --mount debootstrap ${architecture:+--arch="$architecture"} --variant=minbase "$(release_of "$1")" "$root" &&
    touch "$root/ok"
}

# What comes from experimental is PostgreSQL 19 alone.
add_experimental() {
  local apt=$DIR/$1/etc/apt
  sed 's/ sid / experimental /' "$apt/sources.list" >"$apt/sources.list.d/experimental.list"
  printf '%s\n' 'Package: src:postgresql-19' 'Pin: release a=experimental' 'Pin-Priority: 500' \
    >"$apt/preferences.d/postgresql-19"
}

# Of two versions of a package apt takes the later one, so what comes from older releases is what sid no longer has.
add_majors() {
  local apt=$DIR/$1/etc/apt release
  for release in bookworm trixie; do
    sed "s/ sid / $release /" "$apt/sources.list" >"$apt/sources.list.d/$release.list"
  done
  add_experimental "$1"
}

# A chroot reaches its mirror as this machine does, through the same proxy and with the same checks.
configure_apt() {
  local root=$DIR/$1
  cp -L /etc/resolv.conf "$root/etc/resolv.conf" &&
    apt-config dump --no-empty --format '%f "%v";%n' Acquire::http::Proxy Acquire::https::Proxy \
      Acquire::Check-Valid-Until Acquire::Check-Date >"$root/etc/apt/apt.conf.d/90host"
}

# Brings it up to date, as sid moves; dpkg first completes what an interrupted run has left. No server is started by the
# installation of its package.
upgrade_inside() {
  local lane=$1
  shift
  # shellcheck disable=SC2016 # for the inner shell
  inside "$lane" env DEBIAN_FRONTEND=noninteractive bash -euc '
    mkdir -p /etc/postgresql-common/createcluster.d
    echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.d/idgen-no-cluster.conf
    dpkg --configure -a
    apt-get -qq update
    apt-get -qq -y dist-upgrade
    apt-get -qq -y --no-install-recommends install "$@"' bash "$@"
}

# Unpacks packages without what they depend on: those of a server's headers want a compiler of their release.
unpack_inside() {
  local lane=$1
  shift
  # shellcheck disable=SC2016 # for the inner shell
  inside "$lane" bash -euc '
    cd "$(mktemp -d)"
    apt-get -qq download "$@"
    for package in *.deb; do dpkg -x "$package" /; done
    rm -r "$PWD"' bash "$@"
}
