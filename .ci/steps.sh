# shellcheck shell=bash
# For the scripts beside it, which source it: runs their steps in the checkout's root, one after the other.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec </dev/null
# With CI set, the tests print their ten slowest files.
export CI=true
unset DATABASE_URL DATABASE_APP_URL

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
