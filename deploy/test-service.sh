#!/bin/sh
# Runs the installed service for real: this machine's systemd starts it in the virtual machine of deploy/test-v4l2.sh,
# with a V4L2 camera of the kernel's own. The checks are in deploy/test-service-guest.sh. Takes three minutes.
# Exit status: as for deploy/test-v4l2.sh; 1 if a check fails.
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."

if [ ! -x /lib/systemd/systemd ]; then
  echo 'test-service: systemd is missing. Install it: sudo apt-get install -y systemd' >&2
  exit 69
fi
root=$PWD/.cache/service
rm -rf "$root"
trap 'rm -rf "$root"' EXIT
trap 'exit 130' INT TERM
DESTDIR=$root sh deploy/install.sh >/dev/null
V4L2_LIMIT=${V4L2_LIMIT:-1200} sh deploy/test-v4l2.sh -c "exec sh deploy/test-service-guest.sh '$root'"
