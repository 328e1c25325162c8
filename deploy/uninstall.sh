#!/bin/sh
# Removes what deploy/install.sh installed. The configuration, the token and the user stay, for the next installation.
#   sudo sh deploy/uninstall.sh
#     --purge        remove them too
#     --dry-run      print what would be done, and do nothing
#     --prefix DIR   where the program is (/opt/bigfootbot-video)
# With DESTDIR set: below that folder only. Exit status: as for install.sh; nothing to remove is no error.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=deploy/layout.sh
. "$here/layout.sh"

purge=''
while [ $# -gt 0 ]; do
  case $1 in
    --purge) purge=1 ;;
    --dry-run) dry=1 ;;
    --prefix) prefix=${2:?--prefix needs a folder}; shift ;;
    --prefix=*) prefix=${1#*=} ;;
    -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit ;;
    *) stop 64 "unknown argument '$1'; --help lists the options" ;;
  esac
  shift
done
check_prefix
need_root
lock

if live && [ -e "$unit" ]; then
  run systemctl disable --now "$name"
fi
run rm -f "$DESTDIR$unit" "$DESTDIR$unit.d/jetson.conf" "$DESTDIR$rules" "$DESTDIR$avahi" "$DESTDIR$command"
run rm -rf "$tree.new" "$tree.old" "$DESTDIR$cache"
if [ -L "$tree" ]; then
  run rm "$tree"
elif [ -e "$tree" ]; then
  # From an older installer, without versions.
  remove_version "$tree"
fi
for folder in "$(versions)"/*; do
  if [ -e "$folder" ]; then
    remove_version "$folder"
  fi
done
if [ -d "$(versions)" ]; then
  run rmdir "$(versions)"
fi
if live; then
  run systemctl daemon-reload
fi

if [ -n "$purge" ]; then
  run rm -rf "$DESTDIR$config" "$DESTDIR$state" "$DESTDIR$unit.d"
  if [ -z "$DESTDIR" ] && getent passwd "$name" >/dev/null; then
    run userdel "$name"
  fi
  say 'removed, with its configuration'
else
  say "removed; $config and $state are still there (--purge removes them)"
fi
