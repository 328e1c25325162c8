#!/bin/sh
# Runs the tests that the build has compiled. First what needs no camera and no browser, one more at once than there
# are cores; then browser/, one file at a time, as it counts pictures and would starve the others; then what of it does
# not, media/, interop/ and faults/, which wait for most of their time, two at once. interop/ starts the real clients,
# each where it is installed. v4l2/ is for deploy/test-v4l2.sh.
# Where a few of many files fail, they run once more, one at a time and with the machine to themselves. What passes then is
# said to have failed at first, and does not fail the whole: a machine that others use is no fault of this program's.
#   deploy/test.sh              all
#   deploy/test.sh WORD…        the files whose path has one of these words in it
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."

TEST_LOG=$(mktemp)
export TEST_LOG
planned=$(mktemp)
trap 'rm -f "$TEST_LOG" "$planned"' EXIT
began=$(date +%s)

stage() { # JOBS; the files on stdin
  tee -a "$planned" | xargs -r -n 1 -P "$1" sh deploy/test-file.sh
}

chosen() { # WORD…
  if [ $# -eq 0 ]; then
    cat
  else
    grep -F "$(printf '%s\n' "$@")" || true
  fi
}

# Files, at the most, that run once more.
AGAIN=3

status=0
find dist/test -name '*.test.js' ! -path 'dist/test/browser/*' ! -path 'dist/test/media/*' ! -path 'dist/test/interop/*' \
  ! -path 'dist/test/faults/*' ! -path 'dist/test/v4l2/*' | LC_ALL=C sort | chosen "$@" | stage "$(($(nproc) + 1))" || status=1
find dist/test/browser -name '*.test.js' ! -name 'publishing.*' ! -name 'settings.*' | LC_ALL=C sort | chosen "$@" | stage 1 || status=1
# Backwards, as those that take long are at the end: none of them runs alone when the others are done.
{
  find dist/test/browser -name 'publishing.test.js' -o -name 'settings.test.js' -path '*/browser/*'
  find dist/test/faults dist/test/media dist/test/interop -name '*.test.js' | LC_ALL=C sort -r
} | chosen "$@" | stage 2 || status=1

failed=$(awk '/^FAIL/ { print $4 }' "$TEST_LOG")
if [ -n "$failed" ] && [ "$(wc -l <"$planned")" -gt "$AGAIN" ] && [ "$(printf '%s\n' "$failed" | wc -l)" -le "$AGAIN" ]; then
  echo 'Once more, alone:'
  status=0
  printf '%s\n' "$failed" | stage 1 || status=1
fi
# One that was killed has said nothing.
if [ "$(sort -u "$planned" | wc -l)" != "$(awk '{ print $4 }' "$TEST_LOG" | sort -u | wc -l)" ]; then
  echo 'not all of them came to their end'
  status=1
fi

awk -v took=$(($(date +%s) - began)) '
  /^FAIL/ && !($4 in line) { failed++ }
  /^ok/ && $4 in line { alone++ }
  { line[$4] = $0 }
  END {
    for (file in line) {
      files++
      if (match(line[file], /pass: [0-9]+/)) passed += substr(line[file], RSTART + 6, RLENGTH - 6)
      if (match(line[file], /skip: [0-9]+/)) skipped += substr(line[file], RSTART + 6, RLENGTH - 6)
    }
    printf "%d files, %d of them failed", files, failed
    if (alone) printf ", %d of these passed alone", alone
    printf "; %d asserts passed, %d skipped; %d s\n", passed, skipped, took
  }
' "$TEST_LOG"
exit $status
