#!/usr/bin/env bash
# pyarrow 23.0.1 (its S3 client is AWS's SDK for C++) reads objects with the header "x-amz-checksum-mode: enabled", while S3's model, as
# botocore 1.44.5 has it, knows the one value ENABLED. S3 takes both. Who holds requests against the model, enumerations included, refuses
# every read of pyarrow. Seen: a GET of an object by pyarrow.fs.S3FileSystem against a server on loopback that notes the headers.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --disable-pip-version-check pyarrow==23.0.1 botocore==1.44.5
"$folder/python/bin/python" - <<'PYTHON'
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import botocore.session
from pyarrow import fs

seen = []


class Store(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        seen.append((self.command, self.headers.get("x-amz-checksum-mode")))
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.send_header("ETag", '"5d41402abc4b2a76b9719d911017c592"')
        self.send_header("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(b"hello")

    do_GET = do_HEAD = answer

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Store)
threading.Thread(target=server.serve_forever, daemon=True).start()
where = f"127.0.0.1:{server.server_port}"
client = fs.S3FileSystem(access_key="x", secret_key="x", region="eu-west-1", scheme="http", endpoint_override=where)
with client.open_input_file("bucket/key") as stream:
    read = stream.read()
model = botocore.session.get_session().get_service_model("s3").operation_model("GetObject")
known = model.input_shape.members["ChecksumMode"].enum
print("read:", read, "\nheaders:", seen, "\nthe model's values:", known)
sys.exit(0 if read == b"hello" and ("GET", "enabled") in seen and known == ["ENABLED"] else 1)
PYTHON
