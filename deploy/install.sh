#!/bin/sh
# Installs bigfootbot-video as a systemd service, from a clone that is built. Run it again to update; the configuration
# and the token stay as they are.
#   sh deploy/setup.sh run && sudo sh deploy/install.sh
#     --dry-run      print what would be done, and do nothing
#     --no-start     install only: a running service keeps its version until it is restarted
#     --prefix DIR   where the program goes (/opt/bigfootbot-video)
# With DESTDIR set, as for a package or an image: all files go below it, no user is created, nothing is started.
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
    *) stop 64 "unknown argument '$1'; --help lists the options" ;;
  esac
  shift
done
check_prefix
need_root
umask 022

# --- Prerequisites

node=$(command -v node) || stop 69 'Node is not on the PATH of this user. Install it system-wide, as the README says.'
case $(realpath "$node") in
  /home/* | /root/*) stop 69 "$node is in a home folder, which a service cannot access. Install Node system-wide." ;;
esac
sh "$here/build.sh" check || stop 69 'this clone is not built: sh deploy/setup.sh run'

run mkdir -p "$DESTDIR${prefix%/*}/"
lock

# --- The program: a folder for this version, then a link to it in one step

# Older installers put the program into $prefix itself: the children of a server that runs from there would have the new
# version. (One that was killed between two moves left it in $prefix.old.)
if [ ! -e "$tree" ] && [ ! -L "$tree" ] && [ -e "$tree.old" ]; then
  run mv "$tree.old" "$tree"
fi
before=''
if [ -e "$tree" ] && [ ! -L "$tree" ]; then
  before=$tree
  if live && [ -n "$start" ] && systemctl --quiet is-active "$name"; then
    stops=1
  elif is_used "$tree"; then
    stop 1 "a program runs from $prefix, which an older installer created: end it first"
  fi
fi
run rm -rf "$tree.new" "$tree.old"
remove_old_versions
number=1
version=$(sed -n 's/^  "version": "\([A-Za-z0-9.+-]*\)",$/\1/p' "$here/../package.json")
while [ -e "$(versions)/$version-$number" ]; do
  number=$((number + 1))
done
id=$version-$number
new=$(versions)/$id.new
stopped=''
# On any failure, restores the previous program, and restarts a service that was running.
finish() {
  if [ -z "$dry" ]; then
    rm -rf "$new"
    if [ ! -e "$tree" ] && [ ! -L "$tree" ] && [ -e "$tree.old" ]; then
      mv "$tree.old" "$tree"
    fi
    if [ -n "$stopped" ]; then
      systemctl start "$name"
    fi
  fi
}
trap finish EXIT
trap 'exit 130' INT TERM HUP
run mkdir -p "$(versions)"
run sh "$here/pack.sh" "$new"
run mkdir "$new/bin"
if [ -z "$dry" ]; then
  # By its own folder, not by the link: so the version of a running program can be seen.
  printf '#!/bin/sh\nexec %s %s/dist/src/main.js "$@"\n' "$node" "$prefix.versions/$id" >"$new/bin/$name"
  chmod 755 "$new/bin/$name"
fi
run mv "$new" "$(versions)/$id"
run ln -sfn "${prefix##*/}.versions/$id" "$tree.new"
if [ -n "$before" ]; then
  if [ -n "${stops:-}" ]; then
    stopped=1
    run systemctl stop "$name"
    # The service may not be all that runs from there.
    if [ -z "$dry" ] && is_used "$tree"; then
      stop 1 "a program runs from $prefix beside the service: end it first"
    fi
  fi
  run mv "$before" "$tree.old"
fi
run mv -T "$tree.new" "$tree"
run rm -rf "$tree.old"

# --- Its user

if [ -z "$DESTDIR" ]; then
  for group in video render; do
    getent group "$group" >/dev/null || run groupadd --system "$group"
  done
  if ! getent passwd "$name" >/dev/null; then
    # In the groups also for commands that a person runs as this user, such as doctor.
    run useradd --system --user-group --groups video,render --home-dir "$state" --no-create-home \
      --shell /usr/sbin/nologin "$name"
  fi
fi

# --- System files

# Makes the service own its configuration, even one that was put there as root. The service owns the folder: the name
# may be a link to a file of root's, a hard link, or change at any moment. So the file is opened, and what was opened
# changes owner only if it is a file with this one name. In a separate process, as a shell that cannot open a file ends,
# and one that opens a pipe waits for its other end.
give_config() {
  file=$config/config.yaml
  # shellcheck disable=SC2016 # expanded by the inner shell
  give='set -e
    exec 8<"$1"
    opened=$(stat -L -c "%f %h %d:%i" /proc/self/fd/8)
    [ "$opened" = "$(stat -c "%f %h %d:%i" "$1")" ]
    # A plain file (S_IFREG) that has one name.
    case $opened in 8???" 1 "*) chown "$2" /proc/self/fd/8 ;; *) exit 1 ;; esac'
  if [ -n "$dry" ]; then
    say "would run: chown $name:$name $file"
  elif [ -L "$file" ] || [ ! -f "$file" ] || ! timeout 10 sh -c "$give" sh "$file" "$name:$name"; then
    say "$file is not a regular file with a single link: its owner is unchanged" >&2
  fi
}

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
# The files below belong to the robot: existing ones stay.
if [ ! -e "$DESTDIR$avahi" ]; then
  put "avahi/$name.service" "$avahi"
fi
# In a folder of the server's, which writes it when cameras are changed over REST.
if [ ! -e "$DESTDIR$config/config.yaml" ] && [ ! -L "$DESTDIR$config/config.yaml" ]; then
  say "$config/config.yaml"
  run install -D -m 600 "$here/config.example.yaml" "$DESTDIR$config/config.yaml"
  run chmod 750 "$DESTDIR$config"
fi
if [ -z "$DESTDIR" ]; then
  run chown -h "$name:$name" "$config"
  give_config
fi

# --- Start

if live; then
  run systemctl daemon-reload
  run systemctl enable "$name"
  if command -v udevadm >/dev/null; then
    run udevadm control --reload || say 'udev did not reload its rules: they take effect after a reboot'
    run udevadm trigger --settle --subsystem-match=video4linux || true
    run udevadm trigger --settle --subsystem-match=dma_heap || true
    run udevadm trigger --settle --sysname-match=mpp_service --sysname-match=rga || true
  fi
  if [ -n "$start" ]; then
    run systemctl restart "$name"
    stopped=''
  fi
fi
remove_old_versions
if [ -z "$DESTDIR$dry" ]; then
  say "installed. Its token: sudo cat $state/token    Its log: journalctl -u $name    Its configuration: $config/config.yaml"
fi
