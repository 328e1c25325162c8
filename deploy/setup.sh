#!/bin/sh
# Installs what this machine lacks to run the server (run) or its tests (test), builds, and says what it does and why.
# Running it again costs nothing: on a machine that is ready it takes about 20 ms. Everything is written to stderr, as
# stdout belongs to the server. Exit status: 0 ready, 1 a step failed, 64 wrong arguments, 69 Node or a library is
# missing, 77 root is needed.
#
# Node, with npm, is the only prerequisite. The steps, each skipped when there is nothing to do:
#   system packages   apt-get, as root or through sudo; on other systems than Debian and Ubuntu, only checked
#   npm packages      npm ci and deploy/node-gtk.patch, when package-lock.json or the patch has changed
#   node-gtk          compiled, when it does not load: after npm ci, and after a change of Node
#   build             deploy/build.sh
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."
exec >&2

NODE_MAJOR=20

say() { printf 'setup: %s\n' "$*"; }

stop() { # STATUS TEXT...
  status=$1
  shift
  say "$@"
  exit "$status"
}

# The output of a long step is of interest only when it fails.
quietly() { # WHAT COMMAND...
  what=$1
  shift
  log=$(mktemp "${TMPDIR:-/tmp}/bigfootbot-setup.XXXXXX")
  began=$(date +%s)
  if "$@" >"$log" 2>&1 </dev/null; then
    rm -f "$log"
    say "$what: done in $(($(date +%s) - began)) s"
  else
    # npm names the cause first, compilers and apt name it last.
    if [ "$(wc -l <"$log")" -gt 90 ]; then
      head -n 40 "$log"
      echo '[...]'
      tail -n 40 "$log"
    else
      cat "$log"
    fi
    stop 1 "$what: failed. Its log is above, all of it in $log"
  fi
}

# --- Node

check_node() {
  if ! command -v node >/dev/null; then
    node_remedy 'Node is not installed'
  fi
  version=$(node -v) || version=unknown
  major=${version#v}
  major=${major%%.*}
  case $major in
    '' | *[!0-9]*) node_remedy "node -v says '$version'" ;;
  esac
  if [ "$major" -lt "$NODE_MAJOR" ]; then
    node_remedy "Node $version at $(command -v node) is too old"
  fi
  if ! command -v npm >/dev/null; then
    node_remedy "Node $version is installed, but npm is not"
  fi
}

node_remedy() { # PROBLEM
  stop 69 "$1. Node $NODE_MAJOR or later, with npm, is required. Install it with one of:
  curl -fsSL https://deb.nodesource.com/setup_24.x | sudo -E bash - && sudo apt-get install -y nodejs
  nvm install 24      (https://github.com/nvm-sh/nvm; for your account only, without root)"
}

# --- System packages

browser_found() {
  [ -x "${CHROMIUM_PATH:-}" ] || command -v chromium >/dev/null || command -v google-chrome >/dev/null
}

# Ubuntu's chromium package only fetches a snap, which does not work in containers, and which is not ours to install.
browser_is_a_snap() { grep -qx 'ID=ubuntu' /etc/os-release 2>/dev/null; }

# Until the package lists have been fetched once, any package may be available.
is_available() { # PACKAGE
  ! apt-cache show gstreamer1.0-plugins-base >/dev/null 2>&1 || apt-cache show "$1" >/dev/null 2>&1
}

install_packages() {
  if ! command -v dpkg-query >/dev/null; then
    check_libraries
    return
  fi
  # One call for the whole list. It exits 1 when dpkg does not know one of them, which is no error.
  # shellcheck disable=SC2046 # a list of words
  installed=$(dpkg-query -W -f '<${Package} ${db:Status-Status}>' \
    $(sed -n 's/^[brtm][a-z]* *\([^ ]*\) .*/\1/p' deploy/packages) 2>/dev/null) || true
  missing=''
  wished=''
  reasons=''
  while read -r user name why; do
    case "$mode $user $installed" in
      *' # '* | 'run test '* | 'run more '* | *"<$name installed>"*) continue ;;
    esac
    if [ "$name" = chromium ] && { browser_found || browser_is_a_snap; }; then
      continue
    fi
    if [ "$user" = more ]; then
      if ! is_available "$name"; then
        continue
      fi
      wished="$wished $name"
    else
      missing="$missing $name"
    fi
    reasons="$reasons
  $(printf '%-28s %s' "$name" "$why")"
  done <deploy/packages
  if [ -z "$missing$wished" ]; then
    return
  fi
  say "system packages are missing:$reasons"
  become_root
  say 'installing them with apt-get: takes a few minutes'
  # shellcheck disable=SC2086,SC2016 # lists of words; $@ is the inner shell's
  quietly 'system packages' $root env WISHED="$wished" sh -c '
    export DEBIAN_FRONTEND=noninteractive
    # One broken source fails the update, and may not matter.
    apt-get update || echo "apt-get update failed: trying with the existing lists"
    for name in $WISHED; do
      if apt-cache show "$name" >/dev/null 2>&1; then
        set -- "$@" "$name"
      else
        echo "the distribution has no $name: a test will be skipped"
      fi
    done
    if [ $# -eq 0 ]; then
      exit
    fi
    # Another apt may be running, as often on a machine that has just booted. Wait for it, 300 s at most.
    apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@" && exit
    status=$?
    if grep -qx ID=ubuntu /etc/os-release; then
      echo "On Ubuntu they are in universe. Enable it: sudo add-apt-repository universe"
    fi
    exit $status' sh $missing
}

# Sets $root to the prefix of commands that need root.
become_root() {
  if [ "$(id -u)" = 0 ]; then
    root=''
  elif ! command -v sudo >/dev/null; then
    stop 77 "installing them requires root. Run this as root, then try again:
  apt-get update && apt-get install -y --no-install-recommends$missing$wished"
  elif sudo -n true 2>/dev/null; then
    root='sudo -n'
  elif [ -t 0 ] && [ -t 2 ]; then
    say 'installing them requires root: sudo may ask for your password'
    root=sudo
  else
    stop 77 "installing them requires root. Run this, then try again:
  sudo apt-get update && sudo apt-get install -y --no-install-recommends$missing$wished"
  fi
}

# Without dpkg the packages' names are unknown, so this checks what node-gtk is compiled with. GStreamer itself is
# checked once node-gtk can call it.
check_libraries() {
  if ! pkg-config --exists gobject-introspection-1.0 cairo 2>/dev/null; then
    stop 69 'this is neither Debian nor Ubuntu. Install these by other means, then try again:
  GStreamer 1.20 or later with its plugins base, good, bad, ugly, libav, and nice (from libnice), and their typelibs
  the development files of gobject-introspection 1.0 and of cairo
  pkg-config, a C++ compiler, make, patch, python3; for the tests, gst-rtsp-server and Chromium too'
  fi
}

# --- npm packages

npm_environment() {
  # Use the headers that came with Node to compile node-gtk, so that none are downloaded.
  prefix=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
  if grep -qs "define NODE_MAJOR_VERSION $major\$" "$prefix/include/node/node_version.h"; then
    export npm_config_nodedir="${npm_config_nodedir:-$prefix}"
  fi
  # Without a writable home, caches go below this folder. An outer npm with an empty HOME passes us a cache in a folder
  # named "~".
  if [ ! -w "${HOME:-}" ]; then
    case ${npm_config_cache:-} in
      "$PWD/~"*) npm_config_cache='' ;;
    esac
    if [ ! -w "${npm_config_cache:-}" ]; then
      export npm_config_cache="$PWD/.cache/npm"
    fi
    export npm_config_devdir="$PWD/.cache/node-gyp"
  fi
  # An outer npm may run with --silent, which is not meant for these logs.
  export npm_config_loglevel=notice
  # node-gtk's prebuilt binaries are not on the registry and lack most versions: always compile it.
  export npm_config_build_from_source=true
  export JOBS="${JOBS:-2}" # compilers at once: each takes up to 400 MB
}

install_npm_packages() {
  if cat package-lock.json deploy/node-gtk.patch | cmp -s - node_modules/.setup-lock; then
    return
  fi
  say 'installing the npm packages in package-lock.json: takes about a minute'
  rm -f node_modules/.setup-lock
  # Runs no install scripts except node-gtk's, below.
  quietly 'npm packages' npm ci --ignore-scripts --include=dev --prefer-offline --no-audit --no-fund
  quietly 'patching node-gtk' patch -p1 -d node_modules/node-gtk -i "$PWD/deploy/node-gtk.patch"
  cat package-lock.json deploy/node-gtk.patch >node_modules/.setup-lock
}

# --- node-gtk

compile_node_gtk() {
  if node -e 'require("node-gtk")' 2>/dev/null; then
    return
  fi
  say "compiling node-gtk, the binding to GStreamer, for Node $version: takes one to three minutes"
  quietly 'node-gtk' npm rebuild node-gtk --ignore-scripts=false
  node -e 'require("node-gtk")' || stop 1 'node-gtk was compiled, but does not load: see above'
}

# Side effect: GStreamer builds its plugin registry, which takes seconds, so that the server starts quickly.
check_gstreamer() {
  # shellcheck disable=SC2016 # JavaScript
  node -e '
    const gtk = require("node-gtk");
    const Gst = gtk.require("Gst", "1.0");
    Gst.init(null); // before the others are loaded, or GLib complains
    for (const name of ["GstSdp", "GstVideo", "GstWebRTC"]) gtk.require(name, "1.0");
    const lines = require("fs").readFileSync("deploy/elements", "utf8").split("\n");
    const needed = lines.filter((line) => /^\w/.test(line)).map((line) => line.split(/\s+/)[0]);
    const missing = needed.filter((name) => !Gst.ElementFactory.find(name));
    if (missing.length > 0) console.error(`setup: GStreamer has no ${missing.join(", ")}`);
    process.exitCode = missing.length > 0 ? 1 : 0;
  ' || stop 69 'GStreamer is incomplete: see above'
}

# --- All of it

# What a finished set-up depends on. The build keeps its own record.
facts() {
  echo "$version $(stat -c '%Y %s %i' /var/lib/dpkg/status 2>/dev/null)"
  cksum package-lock.json deploy/node-gtk.patch deploy/setup.sh deploy/packages deploy/elements
}

ready() { [ "$(cat "node_modules/.setup-$mode" 2>/dev/null)" = "$(facts)" ]; }

set_up() {
  # The lock is on this file, so no other is needed, and it ends with the process that holds it.
  exec 9<deploy/setup.sh
  if ! flock -n 9; then
    say 'another set-up is running in this folder: waiting for it'
    flock 9
  fi
  install_packages
  npm_environment
  install_npm_packages
  compile_node_gtk
  check_gstreamer
  # A user who may not write here can still start what root set up.
  { facts >"node_modules/.setup-$mode"; } 2>/dev/null || true
}

mode=${1:-}
if [ $# != 1 ] || { [ "$mode" != run ] && [ "$mode" != test ]; }; then
  echo 'usage: deploy/setup.sh run|test' >&2
  exit 64
fi
check_node
ready || set_up
sh deploy/build.sh
if [ "$mode" = test ] && ! browser_found; then
  say 'no browser for the tests: install Google Chrome or Chromium, or set CHROMIUM_PATH'
fi
