#!/usr/bin/env python3
"""An HTTP endpoint for tests that records what is posted to it, as a Slack webhook would take it. Standard library only.

Prints one JSON object a line on stdout (and appends it to --out):
  {"event": "listening", "port": N}
  {"event": "request", "method", "path", "headers", "body", "status", "at"}   at: seconds, monotonic
--script gives the statuses of the first requests, in order: 500,429:2,200 (429 with Retry-After: 2); then 200.
"stall" answers nothing until the client hangs up. --echo answers with the request's own path, as a careless proxy's
error page would.
"""
import argparse
import http.server
import json
import threading
import time


class Sink(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode("utf-8", "replace")
        word, _, retry_after = self.server.next_reply().partition(":")
        self.server.announce(event="request", method=self.command, path=self.path, headers=dict(self.headers),
                             body=body, status=word, at=time.monotonic())
        if word == "stall":
            self.connection.recv(1)
            self.close_connection = True
            return
        status = int(word)
        answer = self.path if self.server.options.echo else "ok" if status == 200 else "scripted_failure"
        self.send_response(status)
        if retry_after:
            self.send_header("Retry-After", retry_after)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer.encode())

    do_GET = do_PUT = do_POST

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, options):
        self.options = options
        self.script = options.script.split(",") if options.script else []
        self.lock = threading.Lock()
        super().__init__((options.address, options.port), Sink)

    def next_reply(self):
        with self.lock:
            return self.script.pop(0) if self.script else "200"

    def announce(self, **event):
        line = json.dumps(event)
        with self.lock:
            print(line, flush=True)
            if self.options.out:
                with open(self.options.out, "a", encoding="utf-8") as out:
                    out.write(line + "\n")

    def handle_error(self, request, client_address):
        pass  # clients hang up; that is theirs to test


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--script", default="")
    parser.add_argument("--echo", action="store_true")
    parser.add_argument("--out", help="append the events to this file too")
    server = Server(parser.parse_args())
    server.announce(event="listening", port=server.server_address[1])
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
