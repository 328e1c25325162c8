#!/bin/sh
# Copies what the built server needs at run time into a new folder: for deploy/install.sh and the container images.
# Development packages, tests and compiler output stay behind.
#   deploy/pack.sh DIR
set -eu
target=$(realpath -m "${1:?the folder to create is missing: deploy/pack.sh DIR}")
CDPATH='' cd -- "$(dirname -- "$0")/.."

sh deploy/build.sh check
# Others must be able to read the files there.
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
# Compiler output.
rm -rf "$target/node_modules/node-gtk/build"
chmod -R u=rwX,go=rX "$target"

# The compiled addon must load there too.
node -e 'require(process.argv[1])' "$target/node_modules/node-gtk"
node "$target/dist/src/main.js" --help >/dev/null
