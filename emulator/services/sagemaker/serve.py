"""What the container's server does around a handler, run by the Python that serves models.

    python serve.py <folder of the source> <name of the handler's file> <folder of the model>

It prints `port <number>` when it answers. POST /invocations goes through input_fn, predict_fn and output_fn; what they
raise is answered with 500.
"""

import importlib
import sys
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def main() -> None:
    """Load the model and serve until killed."""
    folder, program, model = sys.argv[1:]
    sys.path.insert(0, folder)
    handler = importlib.import_module(Path(program).stem)
    loaded = handler.model_fn(model)

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            try:
                request = handler.input_fn(body, self.headers.get("Content-Type", ""))
                response = handler.output_fn(handler.predict_fn(request, loaded), self.headers.get("Accept", "*/*"))
                status, kind, text = response.status_code, response.mimetype, response.get_data()
            except Exception:
                traceback.print_exc()
                status, kind, text = 500, "text/plain", b"Internal Server Error"
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Nothing: the log is the handler's."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    sys.stdout.write(f"port {server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
