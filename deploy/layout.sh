# shellcheck shell=sh disable=SC2034 # what is set here is used by whoever reads it
# Where things go, for deploy/install.sh and deploy/uninstall.sh, which read this file; not to be run.
# DESTDIR, if set, is put before each path.
name=bigfootbot-video
prefix=/opt/$name
DESTDIR=${DESTDIR:-}
# Of root without a login shell, it may lack these.
PATH=$PATH:/usr/sbin:/sbin
dry=''

unit=/etc/systemd/system/$name.service
rules=/etc/udev/rules.d/70-$name.rules
avahi=/etc/avahi/services/$name.service
command=/usr/local/bin/$name
config=/etc/$name
state=/var/lib/$name
cache=/var/cache/$name

say() { printf '%s: %s\n' "${0##*/}" "$*"; }

stop() { # STATUS TEXT...
  status=$1
  shift
  say "$@" >&2
  exit "$status"
}

# Runs a command, or says so.
run() { # COMMAND...
  if [ -n "$dry" ]; then
    say "would run: $*"
  else
    "$@"
  fi
}

# Whether this is about the system that runs here, and systemd runs it.
live() { [ -z "$DESTDIR" ] && [ -d /run/systemd/system ]; }

need_root() {
  if [ -z "$DESTDIR$dry" ] && [ "$(id -u)" != 0 ]; then
    stop 77 "this needs root: sudo sh deploy/${0##*/}"
  fi
}

# The folder is written into the unit, replaced whole and removed whole: it has to be a plain path, and ours.
check_prefix() {
  case $prefix in
    *[!A-Za-z0-9/._-]* | *//* | */ | */. | */.. | */./* | */../* | '') bad=1 ;;
    /*) bad='' ;;
    *) bad=1 ;;
  esac
  if [ -n "$bad" ]; then
    stop 64 "--prefix $prefix: it has to be an absolute path of letters, digits, '.', '_' and '-', without '..' or a slash at its end"
  fi
  if [ -e "$DESTDIR$prefix" ] && [ ! -e "$DESTDIR$prefix/bin/$name" ]; then
    stop 64 "$DESTDIR$prefix is there and is no installation of $name: name another folder with --prefix"
  fi
}
