#!/bin/sh
# Runs one compiled test file and prints a line with its result, and the asserts that failed. A test file is a program
# that prints TAP, and is run as that: tap's own runner puts a module loader into it and into every process that it
# starts, servers and cameras too, and each of them started half a second later.
#   deploy/test-file.sh FILE
# TEST_LOG names a file that gets the line too, COVERAGE a folder for what its processes ran of src/.
set -eu
LIMIT_S=300
# tap times out by itself, and then says where; a test that does not is killed.
GRACE_S=20

file=$1
tap=$(mktemp)
coverage=''
if [ -n "${COVERAGE:-}" ]; then
  coverage=$(mktemp -d)
  export NODE_V8_COVERAGE="$coverage"
fi
trap 'rm -rf "$tap" "$coverage"' EXIT
began=$(date +%s)
status=0
TAP_TIMEOUT=$LIMIT_S timeout --kill-after=5 $((LIMIT_S + GRACE_S)) \
  node --enable-source-maps "$file" >"$tap" || status=$?
if [ -n "$coverage" ]; then
  NODE_V8_COVERAGE='' node deploy/coverage.js keep "$coverage" "$COVERAGE"
fi
# TAP without a plan is truncated, whatever the status says.
if [ "$status" -eq 0 ] && ! grep -q '^1\.\.' "$tap"; then
  status='no plan'
fi
counts=$(sed -n 's/^# { \(total: .*\) }$/\1/p' "$tap" | tail -n 1)
# A file without asserts fails too; one that was skipped whole says so.
passed=$(printf '%s' "$counts" | grep -cE '(pass|skip): [1-9]' || true)
if [ "$status" = 0 ] && [ "$passed" = 0 ] && ! grep -qi '^1\.\.0 *# *skip' "$tap"; then
  status='nothing passed'
fi
line=$(printf '%4d s  %s  (%s)' $(($(date +%s) - began)) "$file" "${counts:-nothing counted}")
if [ "$status" = 0 ]; then
  line="ok    $line"
else
  line="FAIL  $line: $status"
fi
if [ -n "${TEST_LOG:-}" ]; then
  printf '%s\n' "$line" >>"$TEST_LOG"
fi
if [ "$status" = 0 ]; then
  printf '%s\n' "$line"
  exit
fi
# In one write, as others are running.
printf '%s\n%s\n' "$line" "$(
  awk '/^ *not ok/ && !/# (SKIP|TODO)/ { on = 1 } on { print } /^ *\.\.\.$/ || /^$/ { on = 0 }' "$tap" | grep . ||
    tail -n 20 "$tap"
)"
exit 1
