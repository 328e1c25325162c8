#!/bin/sh
# Builds dist/ from openapi/, src/, test/ and bench/ when one of them has changed. Built in dist.next/ and then swapped
# in whole, so a build that fails or is killed changes nothing, and no output outlives its source.
#   deploy/build.sh check         only says whether it is out of date; exit status 1 if so
#   deploy/build.sh dev           builds dist.dev/, only the server and as fast as possible, for deploy/dev.js:
#                                 compiles what has changed, and writes nothing if a file does not compile
#   deploy/build.sh types         checks all types, and writes nothing
# The contents:
#   dist/openapi.json             the contract, in one file
#   src/contract/api.d.ts         its types, for the editor too
#   dist/src, dist/test, dist/bench, dist/web
#   dist/share/fonts              the font of the time mark
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."
exec >&2
export PATH="$PWD/node_modules/.bin:$PATH"
# It would check for updates on the network and print them.
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

build_contract() { # INTO
  contract >"$1/.contract.new"
  if [ -f src/contract/api.d.ts ] && same dist/.contract "$(cat "$1/.contract.new")"; then
    cp dist/openapi.json "$1/"
  else
    show_if_failed redocly bundle openapi/openapi.yaml -o "$1/openapi.json"
    show_if_failed openapi-typescript "$1/openapi.json" -o "$1/api.d.ts"
    mkdir -p src/contract
    mv "$1/api.d.ts" src/contract/api.d.ts
  fi
  mv "$1/.contract.new" "$1/.contract"
}

build_web() { # INTO
  if [ ! -f src/web/tsconfig.json ]; then
    return
  fi
  tsc -p src/web --outDir "$1/browser" --incremental false --tsBuildInfoFile null --noEmitOnError
  # Code that the page shares with the server moves below the page: only its folder is served.
  rm -rf "$1/web"
  mv "$1/browser/web" "$1/web"
  mv "$1/browser/protocol" "$1/web/protocol"
  rmdir "$1/browser"
  sed -i "s#from '\.\./protocol/#from './protocol/#" "$1"/web/*.js
  sed -i "s#from '\.\./\.\./protocol/#from '../protocol/#" "$1"/web/*/*.js
  for file in src/web/*.html src/web/*.css src/web/*.svg; do
    if [ -f "$file" ]; then
      cp "$file" "$1/web/"
    fi
  done
}

# The contract of dist.dev/; the one in src/ then no longer comes from dist/.
build_dev_contract() {
  mkdir -p dist.dev
  if [ -f src/contract/api.d.ts ] && same dist.dev/.contract "$(contract)"; then
    return
  fi
  build_contract dist.dev
  if ! same dist/.contract "$(cat dist.dev/.contract)"; then
    rm -f dist/.contract
  fi
}

build_dev() {
  build_dev_contract
  tsc -p deploy/tsconfig.dev.json
  web=$(fingerprint src/web src/protocol)
  if ! same dist.dev/.web "$web"; then
    build_web dist.dev
    printf '%s\n' "$web" >dist.dev/.web
  fi
  if [ ! -d dist.dev/share/fonts ]; then
    node dist.dev/src/worker/sources/write-mark-font.js dist.dev/share/fonts
  fi
}

check_types() {
  build_dev_contract
  tsc -p tsconfig.json --noEmit --incremental --tsBuildInfoFile dist.dev/.types.tsbuildinfo || types=1
  tsc -p src/web --noEmit || types=1
  return "${types:-0}"
}

case ${1:-} in
  dev | types)
    # As below: two at once would overwrite each other.
    exec 8<deploy/build.sh
    flock 8
    if [ "$1" = dev ]; then build_dev; else check_types; fi
    exit
    ;;
esac

if built; then
  exit
fi
if [ "${1:-}" = check ]; then
  say 'dist/ is out of date: "sh deploy/setup.sh run" builds it'
  exit 1
fi
# The lock is on this file, so no other is needed, and it ends with the process that holds it.
exec 8<deploy/build.sh
flock 8
if built; then
  exit
fi
if [ ! -x node_modules/.bin/tsc ]; then
  say 'the npm packages are missing: "sh deploy/setup.sh run" installs them'
  exit 1
fi
say 'building dist/: takes some seconds'
began=$(date +%s)
rm -rf dist.next dist.old
mkdir dist.next
# Taken before the build: a source that changes during it is then built again.
sources >dist.next/.built
build_contract dist.next
tsc -p tsconfig.json --outDir dist.next --incremental false --tsBuildInfoFile null
build_web dist.next
node dist.next/src/worker/sources/write-mark-font.js dist.next/share/fonts
if [ -d dist ]; then
  mv dist dist.old
fi
mv dist.next dist
rm -rf dist.old
say "done in $(($(date +%s) - began)) s"
