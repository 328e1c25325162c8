#!/bin/sh
# Makes dist/ from openapi/, src/, test/ and bench/, when one of them has changed. Built in dist.next/ and then swapped
# in whole, so a build that fails or is killed changes nothing, and nothing outlives the source that it came from.
#   deploy/build.sh check         only says whether it has to be made; exit status 1 if so
# What is in it:
#   dist/openapi.json             the contract, in one file
#   src/contract/api.d.ts         its types, for the editor too
#   dist/src, dist/test, dist/bench, dist/web
#   dist/share/fonts              the font of the time mark
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."
exec >&2
export PATH="$PWD/node_modules/.bin:$PATH"
# It would look for news on the network and print them.
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true

say() { printf 'build: %s\n' "$*"; }

# Names, sizes and times: copies keep old times and a robot's clock may jump, so "newer than" would miss changes.
fingerprint() { # PATH...
  find "$@" -type f ! -path src/contract/api.d.ts -printf '%p %s %T@\n' 2>/dev/null | LC_ALL=C sort | cksum
}
sources() { fingerprint openapi src test bench tsconfig.json package.json package-lock.json deploy/build.sh; }
contract() { fingerprint openapi package-lock.json deploy/build.sh; }

same() { [ "$(cat "$1" 2>/dev/null)" = "$2" ]; } # FILE TEXT

built() { [ -f src/contract/api.d.ts ] && same dist/.built "$(sources)"; }

show_if_failed() { # COMMAND...
  if ! output=$("$@" 2>&1); then
    printf '%s\n' "$output"
    return 1
  fi
}

build_contract() {
  contract >dist.next/.contract
  if [ -f src/contract/api.d.ts ] && same dist/.contract "$(cat dist.next/.contract)"; then
    cp dist/openapi.json dist.next/
    return
  fi
  show_if_failed redocly bundle openapi/openapi.yaml -o dist.next/openapi.json
  show_if_failed openapi-typescript dist.next/openapi.json -o dist.next/api.d.ts
  mkdir -p src/contract
  mv dist.next/api.d.ts src/contract/api.d.ts
}

build_web() {
  if [ ! -f src/web/tsconfig.json ]; then
    return
  fi
  tsc -p src/web --outDir dist.next/browser --incremental false --tsBuildInfoFile null
  # What the page shares with the server moves below the page: its folder is all that is served.
  mv dist.next/browser/web dist.next/web
  mv dist.next/browser/protocol dist.next/web/protocol
  rmdir dist.next/browser
  sed -i "s#from '\.\./protocol/#from './protocol/#" dist.next/web/*.js
  for file in src/web/*.html src/web/*.css src/web/*.svg; do
    if [ -f "$file" ]; then
      cp "$file" dist.next/web/
    fi
  done
}

if built; then
  exit
fi
if [ "${1:-}" = check ]; then
  say 'dist/ is not what the sources make: "sh deploy/setup.sh run" builds it'
  exit 1
fi
# The lock is on this file, so it needs no other, and it ends with the process that holds it.
exec 8<deploy/build.sh
flock 8
if built; then
  exit
fi
if [ ! -x node_modules/.bin/tsc ]; then
  say 'the npm packages are missing: "sh deploy/setup.sh run" installs them'
  exit 1
fi
say 'building dist/: some seconds'
began=$(date +%s)
rm -rf dist.next dist.old
mkdir dist.next
# Taken before the work: a source that changes during it is then built again.
sources >dist.next/.built
build_contract
tsc -p tsconfig.json --outDir dist.next --incremental false --tsBuildInfoFile null
build_web
node dist.next/src/worker/write-mark-font.js dist.next/share/fonts
if [ -d dist ]; then
  mv dist dist.old
fi
mv dist.next dist
rm -rf dist.old
say "done in $(($(date +%s) - began)) s"
