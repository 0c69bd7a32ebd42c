# What .ci/run and .ci/long share. Sourced with `set -euo pipefail` in force, from the checkout's root.

root=$PWD
work=$(mktemp -d "${TMPDIR:-/tmp}/lumina-ci.XXXXXX")
declare -A beside_pids=()
trap 'for pid in "${beside_pids[@]}"; do kill -- "-$pid" 2>/dev/null || true; done; rm -rf "$work"' EXIT
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PYTHONUNBUFFERED=1
# The same sources are compiled in several clean trees below; the first one fills this cache.
export CCACHE_DIR=$work/ccache CCACHE_BASEDIR=$work
# The checkout may belong to another user than the one who runs this.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
# Clones are made elsewhere, so the folder of recorded data is named absolutely.
if [ -z "${LUMINA_TEST_DATA:-}" ] && [ -d ../shared/data ]; then
  LUMINA_TEST_DATA=$(cd ../shared/data && pwd)
fi
if [ -n "${LUMINA_TEST_DATA:-}" ]; then export LUMINA_TEST_DATA; else echo "no recorded data: its tests will skip"; fi

step() { printf '\n=== %s (%d s)\n' "$1" "$SECONDS"; }

# Starts a command beside the steps that follow and mostly keep one core busy: it takes what they leave.
beside() {
  local name=$1
  shift
  set -m  # a process group of its own, so that it ends with us
  (
    renice -n 15 "$BASHPID" >/dev/null
    "$@"
    echo "$name: $SECONDS s after the start"
  ) >"$work/$name.log" 2>&1 &
  beside_pids[$name]=$!
  set +m
}
# Waits for it, shows what it printed, and fails where it failed.
join() {
  local status=0
  wait "${beside_pids[$1]}" || status=$?
  unset "beside_pids[$1]"
  cat "$work/$1.log"
  return "$status"
}

# Debian packages that the steps need; nothing is done where their commands exist.
install_packages() {
  local missing=()
  command -v git >/dev/null || missing+=(git)
  command -v g++ >/dev/null || missing+=(g++)
  command -v ccache >/dev/null || missing+=(ccache)
  command -v valgrind >/dev/null || missing+=(valgrind)
  command -v qemu-aarch64 >/dev/null || missing+=(qemu-user)
  command -v aarch64-linux-gnu-g++ >/dev/null || missing+=(g++-aarch64-linux-gnu)
  python3 -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || missing+=(python3 python3-venv)
  if [ ${#missing[@]} -gt 0 ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  fi
}

# The README's first two commands: 1 runs the main job, 2 passes the tests.
readme_command() { sed -n 's/^\$ //p' "$1/README.md" | sed -n "$2p"; }

# Runs a README command as a user would: in a shell of its own, at the root of the tree $1.
run_readme_command() {
  local command
  command=$(readme_command "$1" "$2")
  echo "\$ $command"
  (cd "$1" && bash -euo pipefail -c "$command" </dev/null)
}

# C++ tests of the tree $1 in a build folder of name $2, with further options of meson setup; `suite` may name a suite.
cpp_tests() {
  local tree=$1 build=$work/$2
  shift 2
  meson setup "$build" "$tree" -Dpython=false "$@" >"$build.setup" 2>&1 || { cat "$build.setup"; return 1; }
  meson test -C "$build" --print-errorlogs ${suite:+--suite "$suite"}
}

# With the address and undefined-behaviour sanitizers all of them, with the one for threads those that have any.
sanitized() {
  cpp_tests "$1" memory -Dbuildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false
  suite=threads cpp_tests "$1" threads -Dbuildtype=debugoptimized -Db_sanitize=thread -Db_lundef=false
}

# The tests of the indicators, in Python and in C++ (built in $1), with each set of instructions that this machine has.
simd_matrix() {
  local level flags
  flags=" $(sed -n '/^flags/{s/.*://p;q}' /proc/cpuinfo) "
  for level in scalar avx2 avx512; do
    case $level in
      avx2) [[ $flags == *" avx2 "* && $flags == *" fma "* ]] ;;
      avx512) [[ $flags == *" avx512f "* ]] ;;
    esac || { echo "LUMINA_SIMD=$level: skipped, this processor has no $level"; continue; }
    echo "LUMINA_SIMD=$level"
    LUMINA_SIMD=$level "$1/tests/cpp/test_indicators"
    LUMINA_SIMD=$level "$1/tests/cpp/test_indicators_float"
    LUMINA_SIMD=$level pytest -q -p no:cacheprovider tests/indicators
  done
}

# Each header compiles alone for aarch64, and the C++ tests pass there.
aarch64() {
  local tree=$1 header
  (cd "$tree/include" && find lumina -name '*.hpp' -o -name '*.h') | while read -r header; do
    echo "#include \"$header\"" |
      aarch64-linux-gnu-g++ -std=c++20 -Wall -Wextra -Werror -fsyntax-only -I "$tree/include" -x c++ - ||
      { echo "$header does not compile alone for aarch64"; return 1; }
  done
  cpp_tests "$tree" aarch64 --cross-file "$tree/.ci/aarch64.ini"
}
