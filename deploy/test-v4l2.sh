#!/bin/sh
# Runs the tests of dist/test/v4l2 against the kernel's own V4L2 cameras (its vivid driver), which can be unplugged. A
# kernel may lack that driver, and tests should not need root: so they run in a virtual machine that boots the kernel of
# a package, and sees this machine's disk as it is. What it writes stays in its memory and ends with it.
#   deploy/test-v4l2.sh              all
#   deploy/test-v4l2.sh WORD…        the files whose path has one of these words in it
#   deploy/test-v4l2.sh -c COMMAND   a shell command, for inspection
# One of its seconds takes V4L2_SLOWER of ours (5; 1 with hardware virtualization).
# Exit status: that of the tests; 124 they did not finish in time (V4L2_LIMIT, seconds), 69 a program or kernel is
# missing, 70 the virtual machine ended without a result.
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."

LIMIT=${V4L2_LIMIT:-2400}
FILE_LIMIT=300 # seconds of the machine, per test file
# Two cameras. The second has, as USB cameras do, a second device without video: bit 0 is video capture, bit 17 metadata
# capture.
CAMERAS='n_devs=2 node_types=0x1,0x20001'
# What the machine needs to access the disk, before it can load other modules.
MODULES='virtio_pci 9pnet_virtio 9p overlay'

say() { printf 'test-v4l2: %s\n' "$*" >&2; }

stop() { # STATUS TEXT...
  status=$1
  shift
  say "$@"
  exit "$status"
}

need() { # PROGRAM PACKAGE
  command -v "$1" >/dev/null || stop 69 "$1 is missing. Install it: sudo apt-get install -y $2"
}

# --- Prerequisites

PATH=$PATH:/usr/sbin:/sbin
if [ "$(uname -m)" != x86_64 ]; then
  stop 69 "the virtual machine needs x86_64, and this is $(uname -m)"
fi
need qemu-system-x86_64 qemu-system-x86
need busybox busybox-static
need modprobe kmod
need v4l2-ctl v4l-utils
if ldd "$(command -v busybox)" >/dev/null 2>&1; then
  stop 69 'busybox is not statically linked. Install it: sudo apt-get install -y busybox-static'
fi

# The newest kernel that has the driver.
kernel=''
for folder in $(find /lib/modules -mindepth 1 -maxdepth 1 | sort -V); do
  if [ -r "/boot/vmlinuz-${folder##*/}" ] && [ -n "$(find "$folder/kernel" -name 'vivid.ko*' 2>/dev/null)" ]; then
    kernel=${folder##*/}
  fi
done
if [ -z "$kernel" ]; then
  stop 69 'no kernel with the vivid driver (/boot/vmlinuz-*, readable, and /lib/modules/*/…/vivid.ko). One of these helps:
  sudo apt-get install -y linux-image-amd64                                      (Debian)
  sudo apt-get install -y linux-image-generic && sudo chmod +r /boot/vmlinuz-*   (Ubuntu)'
fi

# Emulated processors are some 30 times slower, and everything with a time limit fails. So the machine's time stamp
# counter, its clock source, is declared faster than it is: its seconds take longer, by this factor. Everything in it
# stays consistent, the cameras' frame rates too.
slower=${V4L2_SLOWER:-5}
counter_khz=$(awk -v slower="$slower" '/^bogomips/ { printf "%d", $3 * 1000 / 2 * slower; exit }' /proc/cpuinfo)
accelerator='tcg,thread=multi'
clock="tsc=reliable clocksource=tsc tsc_early_khz=$counter_khz"
# /dev/kvm may exist on processors that do not support it.
if [ -w /dev/kvm ] && grep -qE '^flags.* (vmx|svm)( |$)' /proc/cpuinfo; then
  accelerator=kvm
  clock=''
  slower=1
fi

# --- What to run

quoted() { # WORD...
  for word in "$@"; do
    printf "'%s' " "$(printf '%s' "$word" | sed "s/'/'\\\\''/g")"
  done
}

chosen() { # WORD…
  if [ $# -eq 0 ]; then
    cat
  else
    grep -F "$(printf '%s\n' "$@")" || true
  fi
}

work=$(mktemp -d "${TMPDIR:-/tmp}/bigfootbot-v4l2.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
mkdir -p "$work/initramfs/bin" "$work/initramfs/modules"
{
  echo 'set -eu'
  # The home has GStreamer's plugin registry, which takes half a minute to build there.
  printf 'cd %s\nexport PATH=%s HOME=%s LANG=C.UTF-8\n' "$(quoted "$PWD")" "$(quoted "$PATH")" "$(quoted "${HOME:-/}")"
  echo "modprobe vivid $CAMERAS"
  if [ "${1:-}" = -c ]; then
    printf '%s\n' "${2:?-c needs a command}"
  else
    files=$(find dist/test/v4l2 -name '*.test.js' | LC_ALL=C sort | chosen "$@")
    if [ -z "$files" ]; then
      stop 64 "no test of dist/test/v4l2 has this in its path: $*"
    fi
    # Without tap's own runner, which takes half a minute to start there.
    echo "status=0; export TAP_TIMEOUT=$FILE_LIMIT"
    for file in $files; do
      printf 'echo %s\ntimeout %s node --enable-source-maps %s || status=1\n' "$file" "$FILE_LIMIT" "$file"
    done
    # shellcheck disable=SC2016 # expanded by the inner shell
    echo 'exit $status'
  fi
} >"$work/initramfs/command"

# --- The machine

cp "$(command -v busybox)" "$work/initramfs/bin/busybox"
ln -s busybox "$work/initramfs/bin/sh"
cp deploy/test-v4l2-guest.sh "$work/initramfs/init"
chmod +x "$work/initramfs/init"
for module in $MODULES; do
  modprobe --set-version "$kernel" --show-depends "$module"
done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$work/modules"
while read -r module; do
  name=${module##*/}
  case $name in
    *.xz) xz -dc "$module" ;;
    *.zst) zstd -dcq "$module" ;;
    *.gz) gzip -dc "$module" ;;
    *) cat "$module" ;;
  esac >"$work/initramfs/modules/${name%.ko*}.ko"
  echo "${name%.ko*}.ko" >>"$work/initramfs/modules/order"
done <"$work/modules"
(cd "$work/initramfs" && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1) >"$work/initramfs.gz"

cores=$(nproc)
say "Linux $kernel in qemu ($accelerator), $slower s for each of its seconds, at most $LIMIT s"
status=0
timeout --foreground "$LIMIT" qemu-system-x86_64 \
  -accel "$accelerator" -cpu max -smp "$((cores < 4 ? cores : 4))" -m 3G \
  -nodefaults -no-user-config -display none -no-reboot \
  -kernel "/boot/vmlinuz-$kernel" -initrd "$work/initramfs.gz" \
  -append "console=ttyS0 loglevel=3 panic=-1 $clock" \
  -serial stdio -serial "file:$work/status" \
  -fsdev local,id=disk,path=/,security_model=none,readonly=on,multidevs=remap \
  -device virtio-9p-pci,fsdev=disk,mount_tag=disk </dev/null || status=$?
if [ "$status" = 124 ]; then
  stop 124 "stopped after $LIMIT s (V4L2_LIMIT)"
fi
result=$(cat "$work/status" 2>/dev/null) || true
if [ -z "$result" ]; then
  stop 70 "the virtual machine ended without a result (qemu: $status)"
fi
exit "$result"
