#!/usr/bin/env bash
# The Debian packages the project needs, in one place: every script and image takes them from here.
# The names below are the same on Debian 12 and 13. Run-time libraries carry their version in the
# name, so they are read off the built executables instead of being listed.
#
#   deploy/packages.sh print SET...            the names, one a line
#   deploy/packages.sh install SET...          installs those that are missing
#   deploy/packages.sh libraries EXECUTABLE... the packages of the shared libraries they load
#
# Sets: build (C++), page (Node.js and npm), test (what the suites use), bench (tests/bench), runtime (every service).
# Other scripts source this file and call the functions.

packages_build=(
  build-essential cmake ninja-build ccache pkg-config
  libzmq3-dev cppzmq-dev
  libprotobuf-dev protobuf-compiler
  libpqxx-dev libsqlite3-dev
  libspdlog-dev libfmt-dev libyaml-cpp-dev
  libcurl4-openssl-dev libboost-dev nlohmann-json3-dev
  libxxhash-dev prometheus-cpp-dev libquickfix-dev
  libhowardhinnant-date-dev tzdata
  catch2
  ca-certificates curl
)
packages_page=(nodejs npm ca-certificates)
packages_test=(
  postgresql postgresql-client sqlite3
  python3 chromium clang clang-format clang-tidy libclang-rt-dev
  pycodestyle shellcheck
  openssl curl git procps
  libfaketime iproute2 nftables
)
packages_bench=(libbenchmark-dev python3)
packages_runtime=(ca-certificates curl tzdata)

packages_of() {  # packages_of SET...
  local set
  for set in "$@"; do
    case $set in
      build) printf '%s\n' "${packages_build[@]}" ;;
      # A Node.js that came another way conflicts with Debian's npm, and does as well.
      page) if command -v node npm >/dev/null; then echo ca-certificates; else printf '%s\n' "${packages_page[@]}"; fi ;;
      bench) printf '%s\n' "${packages_bench[@]}" ;;
      test) printf '%s\n' "${packages_test[@]}" ;;
      runtime) printf '%s\n' "${packages_runtime[@]}" ;;
      *) echo "packages: no set named '$set' (build, page, test, bench, runtime)" >&2; return 2 ;;
    esac
  done | sort -u
}

packages_install() {  # packages_install SET...
  local wanted missing run=()
  if ! command -v dpkg-query apt-get >/dev/null; then
    echo "packages: this is not Debian. Install by hand what these Debian packages hold, then run again without installing:" >&2
    packages_of "$@" | tr '\n' ' ' >&2
    echo >&2
    return 1
  fi
  wanted=$(packages_of "$@") || return
  missing=$(comm -23 <(printf '%s\n' "$wanted") <(packages_present $wanted))
  [ -n "$missing" ] || return 0

  echo "packages: installing" $missing >&2
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "packages: run as root, or install sudo" >&2; return 1; }
    run=(sudo)
  fi
  local log; log=$(mktemp)
  {
    # A third-party source that does not answer must not stop an install from the others.
    "${run[@]}" apt-get update -qq -o DPkg::Lock::Timeout=300 || true
    "${run[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 $missing
  } >"$log" 2>&1 </dev/null || {
    tail -n 20 "$log" >&2
    rm -f "$log"
    echo "packages: apt-get could not install them (Debian 12 and 13 have all of them)" >&2
    return 1
  }
  rm -f "$log"
}

packages_present() {  # those of the arguments that are installed, sorted
  dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' | sort -u
}

packages_libraries() {  # packages_libraries EXECUTABLE...
  local files
  # /lib is a link to /usr/lib, and dpkg knows each file by one of the two names.
  files=$(ldd "$@" | awk '$2 == "=>" && $3 ~ /^\// {print $3} $2 == "=>" && $3 == "not" {print "missing library: " $1 >"/dev/stderr"; bad = 1} END {exit bad}') || return
  printf '%s\n' "$files" | sort -u | while read -r file; do
    dpkg-query -S "$(realpath "$file")" 2>/dev/null || dpkg-query -S "$file" 2>/dev/null || dpkg-query -S "${file#/usr}" 2>/dev/null ||
      { echo "packages: $file belongs to no package" >&2; return 1; }
  done | sed 's/: .*//; s/:[a-z0-9]*$//' | sort -u
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  set -euo pipefail
  command=${1:-}; shift || true
  case $command in
    print) packages_of "$@" ;;
    install) packages_install "$@" ;;
    libraries) packages_libraries "$@" ;;
    *) sed -n '2,/^$/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
fi
