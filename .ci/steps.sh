# shellcheck shell=bash
# For the scripts beside it, which source it: runs their steps in the checkout's root, one after the other.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec </dev/null
# With CI set, the tests print their ten slowest files.
export CI=true
unset DATABASE_URL DATABASE_APP_URL

can_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

has_updated=''
# Installs Debian packages. RUNLEVEL=1: none of them starts a server.
install_packages() {
  [ -n "$has_updated" ] || apt-get update -qq || true
  has_updated=yes
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    -o DPkg::Lock::Timeout=300 "$@"
}

# The version of which an upgrade is tried: the last release, or this one if none is tagged.
version_before() { git describe --tags --match 'v*' --abbrev=0 2>/dev/null || echo HEAD; }

ran=()
step() {
  local name=$1 began=$SECONDS
  shift
  printf '\n==> %s\n' "$name"
  "$@"
  ran+=("$name ($((SECONDS - began)) s)")
}

all_passed() {
  printf '\nAll passed:\n'
  printf '  %s\n' "${ran[@]}"
}
