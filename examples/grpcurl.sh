#!/bin/sh
# A few calls from a shell, with grpcurl where it is installed and with buf from npm everywhere else. Neither needs
# the .proto files: the service describes itself (server reflection).
#
#   export TOKEN=…                   # npm start prints it
#   examples/grpcurl.sh [grpcurl|buf]
set -eu

address=${GRPC_ADDRESS:-127.0.0.1:50051}
tool=${1:-$(command -v grpcurl >/dev/null && echo grpcurl || echo buf)}
authorization="authorization: Bearer ${TOKEN:?export the token that npm start printed}"

# call Service/Method '{"its": "request"}'
call() {
  echo "== $1 $2"
  case $tool in
    grpcurl) grpcurl -plaintext -H "$authorization" -d "$2" "$address" "lightning.projects.v1.$1" ;;
    buf)
      npx buf curl --protocol grpc --http2-prior-knowledge -H "$authorization" -d "$2" \
        "http://$address/lightning.projects.v1.$1"
      ;;
  esac
  echo
}

# A project may be given an id of one's own; otherwise the service makes one.
id=$(node -p 'crypto.randomUUID()')

call ProjectsService/CreateProject '{"project": {"id": "'"$id"'", "name": "from-the-shell", "color": "#1f7a8c"}}'
call ProjectsService/ListProjects '{"name_prefix": "from-the-shell", "page_size": 5}'
call ProjectsService/GetProjectHead '{"project_id": "'"$id"'"}'
# The chunks of an export are bytes: base64 in JSON.
call ProjectsService/ExportProject '{"project_id": "'"$id"'"}'
