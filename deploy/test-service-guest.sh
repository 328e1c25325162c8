#!/bin/sh
# In the virtual machine, for deploy/test-service.sh: turns it into a system with the service installed, and starts
# systemd, which starts the service, then this file again, which checks it.
#   deploy/test-service-guest.sh FOLDER     what was installed
set -eu
result=/var/lib/test-service
unit=bigfootbot-video
config=/etc/$unit/config.yaml
api=http://127.0.0.1:8765/api/v1

# --- A system

become_a_system() { # FOLDER
  cp -a "$1/." /
  groupadd --force --system render
  useradd --system --user-group --home-dir "/var/lib/$unit" --no-create-home $unit
  cat >$config <<'YAML'
ice: { servers: [] }
cameras:
  front: { source: 'v4l2:/dev/video0', width: 320, height: 180 }
YAML
  chown -R $unit:$unit /etc/$unit
  # As udev would.
  chgrp video /dev/video*
  chmod 660 /dev/video*

  # Emulated processors are slow to start it, and a short watchdog saves time.
  mkdir -p /etc/systemd/system/$unit.service.d $result
  printf '[Service]\nTimeoutStartSec=300\nWatchdogSec=15\n' >/etc/systemd/system/$unit.service.d/slow.conf
  # Start nothing else of this machine.
  cat >/etc/systemd/system/check.target <<TARGET
[Unit]
Requires=basic.target
Wants=$unit.service check.service
AllowIsolate=yes
TARGET
  cat >/etc/systemd/system/check.service <<SERVICE
[Unit]
After=$unit.service
[Service]
Type=oneshot
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
WorkingDirectory=$PWD
Environment="PATH=$PATH"
ExecStart=/bin/sh deploy/test-service-guest.sh check
ExecStopPost=/bin/systemctl --force exit
SERVICE

  mount -t tmpfs run /run
  mount -t tmpfs tmp /tmp
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  : >/etc/machine-id
  env -i container=other PATH="$PATH" unshare --pid --fork --mount --mount-proc \
    /lib/systemd/systemd --system --unit=check.target --log-target=journal --log-level=warning --show-status=no || true
  [ -e $result/passed ]
}

# --- The checks

property() { systemctl show --property="$1" --value $unit; }

ask() { # PATH CURL-OPTION...
  path=$1
  shift
  curl -sS --max-time 20 -H "Authorization: Bearer $(cat /var/lib/$unit/token)" "$@" "$api$path"
}

failed=0
check() { # WHAT COMMAND...
  what=$1
  shift
  if "$@"; then
    echo "ok      $what"
  else
    echo "NOT OK  $what"
    failed=1
  fi
}

is() { # PROPERTY VALUE
  value=$(property "$1")
  [ "$value" = "$2" ] || { echo "        $1 is '$value'"; false; }
}

# At least two minutes of this machine.
wait_until() { # COMMAND...
  for _ in $(seq 60); do
    if "$@" >/dev/null 2>&1; then
      return
    fi
    sleep 2
  done
  false
}

# Opens a device as root, but in the service's control group: permissions aside, what DeviceAllow= says.
opens() { # DEVICE
  # shellcheck disable=SC2016 # expanded by the inner shell
  sh -c 'echo $$ >"$0/cgroup.procs" && exec 3<"$1"' "/sys/fs/cgroup$(property ControlGroup)" "$1" 2>/dev/null
}

closed() { ! opens "$1"; } # DEVICE

code_of() { ask "$@" -o /dev/null -w '%{http_code}'; } # PATH CURL-OPTION...

has_video() {
  answer=$(ask /cameras/front/snapshot.jpg -o /tmp/snapshot.jpg -w '%{http_code}')
  [ "$answer" = 200 ] || { head -c 400 /tmp/snapshot.jpg >/tmp/why 2>/dev/null; false; }
}

changes_a_camera() {
  [ "$(code_of /cameras/front -X PATCH -H 'Content-Type: application/merge-patch+json' -d '{"bitrate": 654321}')" = 200 ] &&
    grep -q 'bitrate: 654321' $config
}

in_log() { journalctl --unit=$unit --output=cat --no-pager | grep -q "$1"; } # WORDS

process() { property MainPID; }

check_service() {
  check 'it is ready' is ActiveState active
  check 'it reports its status' is StatusText '1 camera, 0 viewers'
  check 'the V4L2 camera has video' wait_until has_video
  check 'cameras may be opened' opens /dev/video0
  for device in /dev/kmsg /dev/mem /dev/ttyS1; do
    check "$device may not be opened" closed $device
  done
  check 'it cannot write to the system' sh -c "! nsenter -t $(process) -m touch /etc/x /usr/x /opt/x 2>/dev/null"
  check 'a camera changed over REST is in the file' changes_a_camera

  systemctl reload $unit
  check 'it reloads its configuration' wait_until in_log 'configuration reloaded'
  check 'and is ready again' wait_until is SubState running

  frozen=$(process)
  kill -STOP "$frozen"
  check 'it is restarted when it hangs' wait_until is NRestarts 1
  check 'by the watchdog' in_log 'Watchdog timeout'
  check 'and is ready' wait_until is ActiveState active
  check 'with its camera' wait_until has_video

  systemctl stop $unit
  check 'it exits cleanly' is Result success
  check 'and leaves no process' sh -c '! pgrep -f "[b]igfootbot-video/dist"'

  echo 'nonsense: 1' >>$config
  systemctl start $unit || true
  check 'a wrong configuration is not retried' is ExecMainStatus 78
  check 'and is logged' in_log 'nonsense is not a known key'
  check 'it has failed' is ActiveState failed
  if [ $failed = 0 ]; then
    touch $result/passed
  else
    cat /tmp/why 2>/dev/null || true
    journalctl --unit=$unit --output=short-monotonic --no-pager | tail -n 40
  fi
}

case ${1:?} in
  check) check_service ;;
  *) become_a_system "$1" ;;
esac
