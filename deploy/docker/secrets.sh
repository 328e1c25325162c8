#!/bin/sh
# Makes the secrets that deploy/docker/compose.yaml hands to its containers, in deploy/docker/secrets; those that are
# there stay. A container sees a file with the owner that it has here, so each belongs to its container's user: this
# needs root.
#   sudo sh deploy/docker/secrets.sh
set -eu
CDPATH='' cd -- "$(dirname -- "$0")"
VIDEO=10001 # of our images
TURN=65534  # "nobody", of coturn's

umask 077
mkdir -p secrets
# The containers' users pass through it and see nothing.
chmod 711 secrets
if [ ! -s secrets/turn-secret ]; then
  od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >secrets/turn-secret.new
  mv secrets/turn-secret.new secrets/turn-secret
fi
# By the shell's own means: what a program gets as an argument is seen by all.
{
  grep -v '^static-auth-secret=' ../turn/turnserver.conf
  printf 'static-auth-secret=%s\n' "$(cat secrets/turn-secret)"
} >secrets/turnserver.conf.new
mv secrets/turnserver.conf.new secrets/turnserver.conf
chown "$VIDEO" secrets/turn-secret
chown "$TURN" secrets/turnserver.conf
