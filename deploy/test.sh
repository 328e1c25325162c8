#!/bin/sh
# Runs the tests that the build has compiled. A file's folder decides which command runs it:
#
#   test/interop   other people's servers, clients and browsers                     npm run test:interop
#   test/recv      the receiver's window and files: X servers, Wayland              npm run test:interop
#   test/deploy    installs, updates and removes                                    npm run test:interop
#   test/faults    faults, floods and leaks; long: npm run test:faults          npm run test:interop
#   test/v4l2      needs a virtual machine                                          npm run test:v4l2
#   test/browser   Chromium                                                         npm test
#   test/media     cameras' processes                                               npm test
#   LIGHT below    starts commands and servers                                      npm test
#   all others     logic within one process                                        npm test, npm run test:unit
#
#   deploy/test.sh                        the files of npm test
#   deploy/test.sh --unit | --interop | --faults  those of the other commands
#   deploy/test.sh [--…] WORD…            those with one of these words in their path; without an option, of every command
#
# Nothing is rerun: a file that fails fails the run. A test that cannot be fixed today is listed in test/quarantine.txt,
# is not run, and is counted in the last line. COVERAGE names a folder for the data that deploy/coverage.js reports;
# COVERAGE_OF=unit collects it for the unit tests alone, as it costs time. Exit status: 0 all passed, 1 otherwise, 64
# wrong arguments.
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."

LIGHT='cli gst http process'
INTEROP='deploy faults interop recv'
QUARANTINE=test/quarantine.txt
QUARANTINE_DAYS=30

TEST_LOG=$(mktemp)
export TEST_LOG
planned=$(mktemp)
quarantined=$(mktemp)
trap 'rm -f "$TEST_LOG" "$planned" "$quarantined"' EXIT
began=$(date +%s)
coverage=${COVERAGE:-}

# Writes the files that are not to be run to $quarantined. Lines of the list: FILE DATE REASON…
read_quarantine() {
  if [ ! -f "$QUARANTINE" ]; then
    return
  fi
  oldest=$(date -u -d "$QUARANTINE_DAYS days ago" +%Y-%m-%d)
  today=$(date -u +%Y-%m-%d)
  number=0
  wrong=0
  while read -r file date reason || [ -n "$file" ]; do
    number=$((number + 1))
    case $file in '' | '#'*) continue ;; esac
    compiled=dist/${file%.ts}.js
    if [ "$file" = "${file%.test.ts}" ] || [ ! -f "$compiled" ]; then
      complaint="there is no test file \"$file\""
    elif [ "$(date -u -d "$date" +%Y-%m-%d 2>/dev/null)" != "$date" ]; then
      complaint="\"$date\" is no date (YYYY-MM-DD)"
    elif expr "$date" '>' "$today" >/dev/null; then
      complaint="$date is in the future"
    elif expr "$date" '<' "$oldest" >/dev/null; then
      complaint="since $date, which is more than $QUARANTINE_DAYS days. Fix the test or remove it"
    elif [ -z "$reason" ]; then
      complaint='no reason. A line is: FILE DATE REASON'
    else
      printf '%s\n' "$compiled" >>"$quarantined"
      continue
    fi
    echo "$QUARANTINE:$number: $complaint"
    wrong=1
  done <"$QUARANTINE"
  if [ "$wrong" = 1 ]; then
    exit 1
  fi
}

# The files of a folder that are to be run, in the same order everywhere.
files_of() { # FOLDER…
  for folder in "$@"; do
    if [ -d "dist/test/$folder" ]; then
      find "dist/test/$folder" -name '*.test.js'
    fi
  done | LC_ALL=C sort | chosen
}

chosen() {
  if [ -z "$words" ]; then cat; else grep -F "$words" || true; fi
}

unit_folders() {
  for folder in dist/test/*/; do
    folder=$(basename "$folder")
    case " $LIGHT $INTEROP browser media v4l2 helpers fixtures " in
      *" $folder "*) ;;
      *) echo "$folder" ;;
    esac
  done
}

stage() { # JOBS; the files on stdin
  grep -v -x -F -f "$quarantined" | tee -a "$planned" | xargs -r -n 1 -P "$1" sh deploy/test-file.sh
}

group='test'
case ${1:-} in
  --unit | --interop | --faults)
    group=${1#--}
    shift
    ;;
  -*)
    echo 'usage: deploy/test.sh [--unit | --interop | --faults] [WORD...]' >&2
    exit 64
    ;;
esac
words=$(printf '%s\n' "$@")
if [ -n "$words" ] && [ "$group" = test ]; then
  group=all
fi
read_quarantine

status=0
jobs=$(($(nproc) + 1)) # of tests without camera and browser
export COVERAGE="${coverage:+$coverage/unit}"
# shellcheck disable=SC2046 # names without spaces
case $group in unit | test | all) files_of $(unit_folders) ;; esac | stage "$jobs" || status=1
COVERAGE=${coverage:+$coverage/rest}
if [ "${COVERAGE_OF:-}" = unit ]; then
  COVERAGE=''
fi
# shellcheck disable=SC2086
case $group in test | all) files_of $LIGHT ;; esac | stage "$jobs" || status=1
# These mostly wait.
# shellcheck disable=SC2086
case $group in
  test) files_of browser media ;;
  interop) files_of $INTEROP ;;
  faults) files_of faults ;;
  all) files_of browser media $INTEROP ;;
esac | stage 2 || status=1

if [ ! -s "$planned" ]; then
  echo "no test file of this command has this in its path: $*"
  status=1
fi
# One that was killed has logged nothing.
if [ "$(wc -l <"$planned")" != "$(wc -l <"$TEST_LOG")" ]; then
  echo 'not all of them finished'
  status=1
fi

awk -v took=$(($(date +%s) - began)) -v quarantined="$(wc -l <"$quarantined")" '
  /^FAIL/ { failed++ }
  {
    if (match($0, /pass: [0-9]+/)) passed += substr($0, RSTART + 6, RLENGTH - 6)
    if (match($0, /skip: [0-9]+/)) skipped += substr($0, RSTART + 6, RLENGTH - 6)
  }
  END {
    printf "%d files, %d of them failed, %d in quarantine; %d asserts passed, %d skipped; %d s\n",
      NR, failed, quarantined, passed, skipped, took
  }
' "$TEST_LOG"
exit $status
