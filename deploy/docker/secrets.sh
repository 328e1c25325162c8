#!/bin/sh
# Creates the secrets that deploy/docker/compose.yaml passes to its containers, in deploy/docker/secrets; existing ones
# stay. A container sees a file with its owner on the host, so each belongs to its container's user: this needs root.
#   sudo sh deploy/docker/secrets.sh
set -eu
CDPATH='' cd -- "$(dirname -- "$0")"
VIDEO=10001 # in our images
TURN=65534  # "nobody" in coturn's

umask 077
mkdir -p secrets
# The containers' users can traverse it, not list it.
chmod 711 secrets
if [ ! -s secrets/turn-secret ]; then
  od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >secrets/turn-secret.new
  mv secrets/turn-secret.new secrets/turn-secret
fi
# With shell builtins: everybody can see a program's arguments.
{
  grep -v '^static-auth-secret=' ../turn/turnserver.conf
  printf 'static-auth-secret=%s\n' "$(cat secrets/turn-secret)"
} >secrets/turnserver.conf.new
mv secrets/turnserver.conf.new secrets/turnserver.conf
chown "$VIDEO" secrets/turn-secret
chown "$TURN" secrets/turnserver.conf
