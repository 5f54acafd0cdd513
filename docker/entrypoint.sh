#!/bin/sh
# Secrets come as files: NAME_FILE=/run/secrets/name becomes NAME, so that no secret stands in the compose file or `docker inspect`.
set -eu
for variable in $(env | sed -n 's/^\([A-Z_][A-Z0-9_]*\)_FILE=\/run\/secrets\/.*/\1/p'); do
  eval "file=\$${variable}_FILE"
  value=$(cat "$file")
  export "$variable=$value"
  unset "${variable}_FILE"
done
exec "$@"
