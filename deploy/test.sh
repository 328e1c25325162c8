#!/bin/sh
# Runs the tests that the build has compiled. First what needs no camera and no browser, as many at once as there are
# cores; then browser/, one file at a time, as it counts pictures and would starve the others; then media/ and interop/,
# which wait for most of their time, two at once. interop/ starts the real clients, each where it is installed.
# v4l2/ is for deploy/test-v4l2.sh.
#   deploy/test.sh              all
#   deploy/test.sh WORD…        the files whose path has one of these words in it
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."
export PATH="$PWD/node_modules/.bin:$PATH"

chosen() { # WORD…
  if [ $# -eq 0 ]; then
    cat
  else
    grep -F "$(printf '%s\n' "$@")" || true
  fi
}

status=0
find dist/test -name '*.test.js' ! -path 'dist/test/browser/*' ! -path 'dist/test/media/*' ! -path 'dist/test/interop/*' \
  ! -path 'dist/test/v4l2/*' |
  LC_ALL=C sort | chosen "$@" | xargs -r tap --reporter=terse || status=1
find dist/test/browser -name '*.test.js' |
  LC_ALL=C sort | chosen "$@" | xargs -r tap --reporter=terse --jobs=1 || status=1
find dist/test/media dist/test/interop -name '*.test.js' |
  LC_ALL=C sort | chosen "$@" | xargs -r tap --reporter=terse --jobs=2 || status=1
exit $status
