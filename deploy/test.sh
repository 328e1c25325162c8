#!/bin/sh
# Runs the tests that the build has compiled. First what needs no camera and no browser, one more at once than there
# are cores; then browser/, one file at a time, as it counts pictures and would starve the others; then what of it does
# not, media/, interop/ and faults/, which wait for most of their time, two at once. interop/ starts the real clients,
# each where it is installed. v4l2/ is for deploy/test-v4l2.sh.
#   deploy/test.sh              all
#   deploy/test.sh WORD…        the files whose path has one of these words in it
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."

TEST_LOG=$(mktemp)
export TEST_LOG
trap 'rm -f "$TEST_LOG"' EXIT
began=$(date +%s)

stage() { # JOBS; the files on stdin
  xargs -r -n 1 -P "$1" sh deploy/test-file.sh
}

chosen() { # WORD…
  if [ $# -eq 0 ]; then
    cat
  else
    grep -F "$(printf '%s\n' "$@")" || true
  fi
}

status=0
find dist/test -name '*.test.js' ! -path 'dist/test/browser/*' ! -path 'dist/test/media/*' ! -path 'dist/test/interop/*' \
  ! -path 'dist/test/faults/*' ! -path 'dist/test/v4l2/*' | LC_ALL=C sort | chosen "$@" | stage "$(($(nproc) + 1))" || status=1
find dist/test/browser -name '*.test.js' ! -name 'publishing.*' ! -name 'settings.*' | LC_ALL=C sort | chosen "$@" | stage 1 || status=1
# Backwards, as those that take long are at the end: none of them runs alone when the others are done.
{
  find dist/test/browser -name 'publishing.test.js' -o -name 'settings.test.js' -path '*/browser/*'
  find dist/test/faults dist/test/media dist/test/interop -name '*.test.js' | LC_ALL=C sort -r
} | chosen "$@" | stage 2 || status=1

awk -v took=$(($(date +%s) - began)) '
  { files++ } /^FAIL/ { failed++ }
  { if (match($0, /pass: [0-9]+/)) passed += substr($0, RSTART + 6, RLENGTH - 6) }
  { if (match($0, /skip: [0-9]+/)) skipped += substr($0, RSTART + 6, RLENGTH - 6) }
  END { printf "%d files, %d of them failed; %d asserts passed, %d skipped; %d s\n", files, failed, passed, skipped, took }
' "$TEST_LOG"
exit $status
