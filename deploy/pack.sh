#!/bin/sh
# Copies what the server needs at run time, once it is built, into a new folder: for deploy/install.sh and the container
# images. Packages that only developers need, tests and what the compiler left behind stay here.
#   deploy/pack.sh DIR
set -eu
target=$(realpath -m "${1:?the folder to be made is missing: deploy/pack.sh DIR}")
CDPATH='' cd -- "$(dirname -- "$0")/.."

sh deploy/build.sh check
# Files that others cannot read here are of no use there.
umask 022
mkdir -- "$target"

packages() {
  node -e '
    const { existsSync, readFileSync } = require("node:fs");
    const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));
    // A package inside another goes with it; optional ones may not be there.
    for (const [path, { dev }] of Object.entries(packages))
      if (path.lastIndexOf("node_modules/") === 0 && !dev && existsSync(path)) console.log(path);
  '
}

# shellcheck disable=SC2046 # a list of words
cp -r --parents -t "$target" $(packages) package.json LICENSE README.md docs/deploy.md \
  deploy/elements deploy/decoder-trial.h264 deploy/config.example.yaml \
  dist/openapi.json dist/share dist/src dist/web
# What the compiler left behind.
rm -rf "$target/node_modules/node-gtk/build"
chmod -R u=rwX,go=rX "$target"

# What was compiled has to load there as well.
node -e 'require(process.argv[1])' "$target/node_modules/node-gtk"
node "$target/dist/src/main.js" --help >/dev/null
