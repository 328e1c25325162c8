#!/bin/sh
# Installs what this machine lacks to run the server (run) or its tests (test), builds, and says what it does and why.
# Doing it again is free: a machine that is ready answers in some 20 ms. Everything is written to stderr, for stdout
# belongs to the server. Exit status: 0 ready, 1 a step failed, 64 wrong arguments, 69 Node or a library is missing,
# 77 root is needed.
#
# Node, with npm, is the one prerequisite. The rest comes in this order, each step skipped when there is nothing to do:
#   system packages   apt-get, as root or through sudo; elsewhere than on Debian and Ubuntu, only looked for
#   npm packages      npm ci and deploy/node-gtk.patch, when package-lock.json or the patch is not what was installed
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
    node_remedy "Node $version is here, but npm, which belongs to it, is not"
  fi
}

node_remedy() { # PROBLEM
  stop 69 "$1. Node $NODE_MAJOR or later, with npm, is needed. One of these installs it:
  curl -fsSL https://deb.nodesource.com/setup_24.x | sudo -E bash - && sudo apt-get install -y nodejs
  nvm install 24      (https://github.com/nvm-sh/nvm; for your account only, without root)"
}

# --- System packages

browser_found() {
  [ -x "${CHROMIUM_PATH:-}" ] || command -v chromium >/dev/null || command -v google-chrome >/dev/null
}

# Ubuntu's chromium package only fetches a snap, which does not work in containers and is not ours to install.
browser_is_a_snap() { grep -qx 'ID=ubuntu' /etc/os-release 2>/dev/null; }

# Before the lists have been fetched once, nothing is known and everything may be.
may_be_had() { # PACKAGE
  ! apt-cache show gstreamer1.0-plugins-base >/dev/null 2>&1 || apt-cache show "$1" >/dev/null 2>&1
}

install_packages() {
  if ! command -v dpkg-query >/dev/null; then
    check_libraries
    return
  fi
  # One call for all that the list names. It exits 1 when dpkg never heard of one, which is an answer and not an error.
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
      if ! may_be_had "$name"; then
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
  say 'installing them with apt-get: some minutes'
  # shellcheck disable=SC2086,SC2016 # lists of words; $@ is the inner shell's
  quietly 'system packages' $root env WISHED="$wished" sh -c '
    export DEBIAN_FRONTEND=noninteractive
    # One broken source among others fails the update, and need not matter.
    apt-get update || echo "apt-get update failed: trying with the lists that are here"
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
    # Another apt may be at work: on a machine that has just started, it often is. Wait for it, 300 s at most.
    apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@" && exit
    status=$?
    if grep -qx ID=ubuntu /etc/os-release; then
      echo "On Ubuntu they are in universe, which this adds: sudo add-apt-repository universe"
    fi
    exit $status' sh $missing
}

# Leaves in $root the words to put before a command that needs root.
become_root() {
  if [ "$(id -u)" = 0 ]; then
    root=''
  elif ! command -v sudo >/dev/null; then
    stop 77 "installing them needs root. Run this as root, then start again:
  apt-get update && apt-get install -y --no-install-recommends$missing$wished"
  elif sudo -n true 2>/dev/null; then
    root='sudo -n'
  elif [ -t 0 ] && [ -t 2 ]; then
    say 'installing them needs root: sudo may ask for your password'
    root=sudo
  else
    stop 77 "installing them needs root. Run this, then start again:
  sudo apt-get update && sudo apt-get install -y --no-install-recommends$missing$wished"
  fi
}

# Without dpkg the packages' names are unknown, but not what they bring: here what node-gtk is compiled with. GStreamer
# itself is checked once node-gtk can call it.
check_libraries() {
  if ! pkg-config --exists gobject-introspection-1.0 cairo 2>/dev/null; then
    stop 69 'this is neither Debian nor Ubuntu, so install with its own tools, then start again:
  GStreamer 1.20 or later with its plugins base, good, bad, ugly, libav, and nice (from libnice), and their typelibs
  the development files of gobject-introspection 1.0 and of cairo
  pkg-config, a C++ compiler, make, patch, python3; for the tests, gst-rtsp-server and Chromium too'
  fi
}

# --- npm packages

npm_environment() {
  # With node-gtk's compiler pointed at the headers that came with Node, none are downloaded.
  prefix=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
  if grep -qs "define NODE_MAJOR_VERSION $major\$" "$prefix/include/node/node_version.h"; then
    export npm_config_nodedir="${npm_config_nodedir:-$prefix}"
  fi
  # Without a home to write in, caches go below this folder. An npm around us that was given an empty HOME has passed
  # us a cache in a folder named "~".
  if [ ! -w "${HOME:-}" ]; then
    case ${npm_config_cache:-} in
      "$PWD/~"*) npm_config_cache='' ;;
    esac
    if [ ! -w "${npm_config_cache:-}" ]; then
      export npm_config_cache="$PWD/.cache/npm"
    fi
    export npm_config_devdir="$PWD/.cache/node-gyp"
  fi
  # An npm around us may have been told to be silent: that is not meant for these logs.
  export npm_config_loglevel=notice
  # node-gtk's ready-made binaries come from outside the registry and lack most versions: always compile it.
  export npm_config_build_from_source=true
  export JOBS="${JOBS:-2}" # compilers at once: each takes up to 400 MB
}

install_npm_packages() {
  if cat package-lock.json deploy/node-gtk.patch | cmp -s - node_modules/.setup-lock; then
    return
  fi
  say 'installing the npm packages that package-lock.json names: about a minute'
  rm -f node_modules/.setup-lock
  # No package's own scripts are run, but for node-gtk's, below.
  quietly 'npm packages' npm ci --ignore-scripts --include=dev --prefer-offline --no-audit --no-fund
  quietly 'mending node-gtk' patch -p1 -d node_modules/node-gtk -i "$PWD/deploy/node-gtk.patch"
  cat package-lock.json deploy/node-gtk.patch >node_modules/.setup-lock
}

# --- node-gtk

compile_node_gtk() {
  if node -e 'require("node-gtk")' 2>/dev/null; then
    return
  fi
  say "compiling node-gtk, the bridge to GStreamer, for Node $version: one to three minutes"
  quietly 'node-gtk' npm rebuild node-gtk --ignore-scripts=false
  node -e 'require("node-gtk")' || stop 1 'node-gtk was compiled, but does not load: see above'
}

# Has a side effect: GStreamer lists its plugins once, which takes seconds, and the server starts quickly from then on.
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
  ' || stop 69 'GStreamer is not complete: see above'
}

# --- All of it

# What a finished set-up depended on. The build keeps its own account.
facts() {
  echo "$version $(stat -c '%Y %s %i' /var/lib/dpkg/status 2>/dev/null)"
  cksum package-lock.json deploy/node-gtk.patch deploy/setup.sh deploy/packages deploy/elements
}

ready() { [ "$(cat "node_modules/.setup-$mode" 2>/dev/null)" = "$(facts)" ]; }

set_up() {
  # The lock is on this file, so it needs no other, and it ends with the process that holds it.
  exec 9<deploy/setup.sh
  if ! flock -n 9; then
    say 'another set-up is at work in this folder: waiting for it'
    flock 9
  fi
  install_packages
  npm_environment
  install_npm_packages
  compile_node_gtk
  check_gstreamer
  # A user who may not write here can still start what root has set up.
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
  say 'no browser for the tests: install Google Chrome or Chromium, or name one in CHROMIUM_PATH'
fi
