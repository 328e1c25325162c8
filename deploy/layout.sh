# shellcheck shell=sh disable=SC2034 # what is set here is used by the scripts that source it
# Where things go, for deploy/install.sh and deploy/uninstall.sh, which source this file; not to be run.
# DESTDIR, if set, is put before each path.
name=bigfootbot-video
prefix=/opt/$name
DESTDIR=${DESTDIR:-}
# Without a login shell, root's may lack these.
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

# Runs a command, or with --dry-run prints it.
run() { # COMMAND...
  if [ -n "$dry" ]; then
    say "would run: $*"
  else
    "$@"
  fi
}

# Whether this changes the running system, and systemd runs it.
live() { [ -z "$DESTDIR" ] && [ -d /run/systemd/system ]; }

need_root() {
  if [ -z "$DESTDIR$dry" ] && [ "$(id -u)" != 0 ]; then
    stop 77 "this needs root: sudo sh deploy/${0##*/}"
  fi
}

# One install or removal at a time, from any clone: the lock is on the folder that contains the program. It ends with
# this process and its children: those of a killed one may still be running.
lock() {
  parent=$DESTDIR${prefix%/*}/
  if [ -d "$parent" ]; then
    exec 9<"$parent"
    flock -w 60 9 || stop 1 "another install or removal is running in $parent"
  fi
}

# Where the versions of the program are, each in its own folder; $prefix is a link to one of them. So a running server
# keeps the files that it was started with, and its children have the same version, whatever is installed.
versions() { printf '%s\n' "$DESTDIR$prefix.versions"; }

# Whether a program that was started from a folder is running. (In grep's own command line a "^" precedes it.)
# shellcheck disable=SC2062 # they are files
is_used() { # FOLDER
  # At the beginning of an argument: another folder's path may end with the whole of this one's.
  beginning=$(printf '%s/dist/' "$1" | sed 's/[][\.*^$]/\\&/g')
  grep -qsaz "^$beginning" /proc/[0-9]*/cmdline
}

# If this is interrupted, half a version must not pass for one.
remove_version() { # FOLDER
  case $1 in
    *.new) ;;
    *) run rm -rf "$1.new" && run mv "$1" "$1.new" && set -- "$1.new" ;;
  esac
  run rm -rf "$1"
}

# Removes versions that are neither installed nor running, and what an interrupted install left. The version of a
# program that was started through the link is unknown: then all stay.
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

# The folder is written into the unit, replaced whole and removed whole: it must be a plain path, and ours.
check_prefix() {
  case $prefix in
    *[!A-Za-z0-9/._-]* | *//* | */ | */. | */.. | */./* | */../* | '') bad=1 ;;
    /*) bad='' ;;
    *) bad=1 ;;
  esac
  if [ -n "$bad" ]; then
    stop 64 "--prefix $prefix: must be an absolute path of letters, digits, '.', '_' and '-', without '..' or a final '/'"
  fi
  tree=$DESTDIR$prefix
  for folder in "$tree" "$(versions)"/*; do
    case $folder in *.new) continue ;; esac
    if [ -e "$folder" ] && [ ! -e "$folder/bin/$name" ]; then
      stop 64 "$folder exists and is not an installation of $name: choose another folder with --prefix"
    fi
  done
}
