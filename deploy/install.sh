#!/bin/sh
# Installs bigfootbot-video as a service of systemd, from a clone that is built. Doing it again updates it; the
# configuration and the token stay as they are.
#   sh deploy/setup.sh run && sudo sh deploy/install.sh
#     --dry-run      say what would be done, and do nothing
#     --no-start     install only: then start the service anew soon, as one that runs is now half old and half new
#     --prefix DIR   where the program goes (/opt/bigfootbot-video)
# With DESTDIR set, as for a package or an image: all files go below it, no user is made, nothing is started.
# Exit status: 0 installed, 1 a step failed, 64 wrong arguments, 69 something is missing, 77 root is needed.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=deploy/layout.sh
. "$here/layout.sh"

start=1
while [ $# -gt 0 ]; do
  case $1 in
    --dry-run) dry=1 ;;
    --no-start) start='' ;;
    --prefix) prefix=${2:?--prefix needs a folder}; shift ;;
    --prefix=*) prefix=${1#*=} ;;
    -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit ;;
    *) stop 64 "unknown argument '$1'; --help tells what there is" ;;
  esac
  shift
done
check_prefix
need_root
umask 022

# --- What has to be there

node=$(command -v node) || stop 69 'Node is not on the PATH of this user. Install it for the whole machine, as the README says.'
case $(realpath "$node") in
  /home/* | /root/*) stop 69 "$node is in somebody's home folder, where a service cannot get at it. Install Node for the whole machine." ;;
esac
sh "$here/build.sh" check || stop 69 'this clone is not built: sh deploy/setup.sh run'

# One at a time. The lock ends with this process and those that it has started: of one that was killed, some may still
# be at work.
exec 9<"$here/install.sh"
flock -w 60 9 || stop 1 'another install is at work'

# --- The program: copied beside the old one, then put into its place

tree=$DESTDIR$prefix
# Killed between the two moves below: the old one comes back.
if [ ! -e "$tree" ] && [ -e "$tree.old" ]; then
  run mv "$tree.old" "$tree"
fi
run rm -rf "$tree.new" "$tree.old"
trap '[ -n "$dry" ] || rm -rf "$tree.new"' EXIT
trap 'exit 130' INT TERM HUP
run mkdir -p "$(dirname "$tree")"
run sh "$here/pack.sh" "$tree.new"
run mkdir "$tree.new/bin"
if [ -z "$dry" ]; then
  printf '#!/bin/sh\nexec %s %s/dist/src/main.js "$@"\n' "$node" "$prefix" >"$tree.new/bin/$name"
  chmod 755 "$tree.new/bin/$name"
fi
if [ -e "$tree" ]; then
  run mv "$tree" "$tree.old"
fi
run mv "$tree.new" "$tree"
run rm -rf "$tree.old"

# --- Its user

if [ -z "$DESTDIR" ]; then
  for group in video render; do
    getent group "$group" >/dev/null || run groupadd --system "$group"
  done
  if ! getent passwd "$name" >/dev/null; then
    # In the groups also for the commands that a person runs as this user, such as doctor.
    run useradd --system --user-group --groups video,render --home-dir "$state" --no-create-home \
      --shell /usr/sbin/nologin "$name"
  fi
fi

# --- What belongs to the system

put() { # FILE TARGET
  say "$2"
  run install -D -m 644 "$here/$1" "$DESTDIR$2"
}

say "$command"
run mkdir -p "$DESTDIR${command%/*}"
run ln -sfn "$prefix/bin/$name" "$DESTDIR$command"
put "systemd/$name.service" "$unit"
if [ "$prefix" != "/opt/$name" ]; then
  run sed -i "s#/opt/$name/#$prefix/#" "$DESTDIR$unit"
fi
if [ -e "$DESTDIR/etc/nv_tegra_release" ]; then
  put systemd/jetson.conf "$unit.d/jetson.conf"
fi
put "udev/70-$name.rules" "$rules"
# From here on a file is the robot's own, once it is there.
if [ ! -e "$DESTDIR$avahi" ]; then
  put "avahi/$name.service" "$avahi"
fi
# The server writes it when cameras are changed over REST, in its own folder.
if [ ! -e "$DESTDIR$config/config.yaml" ]; then
  put config.example.yaml "$config/config.yaml"
  run chmod 750 "$DESTDIR$config"
  run chmod 600 "$DESTDIR$config/config.yaml"
fi
# One that was put there by hand as well.
if [ -z "$DESTDIR" ]; then
  run chown "$name:$name" "$config" "$config/config.yaml"
fi

# --- Start

if live; then
  run systemctl daemon-reload
  run systemctl enable "$name"
  if command -v udevadm >/dev/null; then
    run udevadm control --reload || say 'udev did not take the new rules: they hold after a restart'
    run udevadm trigger --settle --subsystem-match=video4linux || true
    run udevadm trigger --settle --subsystem-match=dma_heap || true
    run udevadm trigger --settle --sysname-match=mpp_service --sysname-match=rga || true
  fi
  if [ -n "$start" ]; then
    run systemctl restart "$name"
  fi
fi
if [ -z "$DESTDIR$dry" ]; then
  say "installed. Its token: sudo cat $state/token    Its log: journalctl -u $name    Its configuration: $config/config.yaml"
fi
