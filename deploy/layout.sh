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

# One install or removal at a time, from whichever clone: the lock is on the folder in which the program is. It ends with
# this process and those that it has started: of one that was killed, some may still be at work.
lock() {
  parent=$DESTDIR${prefix%/*}/
  if [ -d "$parent" ]; then
    exec 9<"$parent"
    flock -w 60 9 || stop 1 "another install or removal is at work in $parent"
  fi
}

# Where the versions of the program are, each in a folder of its own; $prefix is a link to one of them. So a server that
# runs goes on with the files that it was started with, and its children are of the same version, whatever is installed.
versions() { printf '%s\n' "$DESTDIR$prefix.versions"; }

# Whether a program runs that was started from a folder. (grep's own command line has it behind a "^".)
# shellcheck disable=SC2062 # what stands there are files
is_used() { # FOLDER
  # At the beginning of an argument: another folder's path may end with the whole of this one's.
  beginning=$(printf '%s/dist/' "$1" | sed 's/[][\.*^$]/\\&/g')
  grep -qsaz "^$beginning" /proc/[0-9]*/cmdline
}

# Half a version, if this is interrupted, must not be taken for one.
remove_version() { # FOLDER
  case $1 in
    *.new) ;;
    *) run rm -rf "$1.new" && run mv "$1" "$1.new" && set -- "$1.new" ;;
  esac
  run rm -rf "$1"
}

# Those that are neither the one that is installed nor run by anybody, and what an interrupted install has left. Of a program
# that was started by way of the link nobody knows which version it is: then all stay.
remove_old_versions() {
  if is_used "$tree"; then
    return
  fi
  for folder in "$(versions)"/*; do
    if [ -e "$folder" ] && [ "$(realpath "$folder")" != "$(realpath -m "$tree")" ] && ! is_used "$folder"; then
      remove_version "$folder"
    fi
  done
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
  tree=$DESTDIR$prefix
  for folder in "$tree" "$(versions)"/*; do
    case $folder in *.new) continue ;; esac
    if [ -e "$folder" ] && [ ! -e "$folder/bin/$name" ]; then
      stop 64 "$folder is there and is no installation of $name: name another folder with --prefix"
    fi
  done
}
