#!/usr/bin/env python3
"""An HTTP endpoint for tests that records what is posted to it, as a Slack webhook would take it. Standard library only.

Prints one JSON object a line on stdout (and appends it to --out):
  {"event": "listening", "port": N}
  {"event": "request", "method", "path", "headers", "body", "status", "at"}   at: seconds, monotonic
--script gives the statuses of the first requests, in order: 500,429:2,200 (429 with Retry-After: 2; 429:date+2 says it as
a date, two seconds from now), 200=text (200 with that body); then 200. "stall" answers nothing until the client hangs up.
--echo answers an error with the request's own path, as a careless proxy's page would. --interval answers 429 to what comes
sooner after the last request that was taken; --poison 400 to a body that holds the text; --bytes-max 413 to a longer one.
"""
import argparse
import email.utils
import http.server
import json
import threading
import time


class Sink(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode("utf-8", "replace")
        reply, _, retry_after = self.server.reply_to(body).partition(":")
        word, _, said = reply.partition("=")
        self.server.announce(event="request", method=self.command, path=self.path, headers=dict(self.headers),
                             body=body, status=reply, at=time.monotonic())
        if word == "stall":
            self.connection.recv(1)
            self.close_connection = True
            return
        status = int(word)
        failure = self.path if self.server.options.echo else "scripted_failure"
        answer = said or ("ok" if status == 200 else failure)
        if status == 204:
            answer = ""
        self.send_response(status)
        if status in (301, 302, 307, 308):
            self.send_header("Location", self.path + "/elsewhere")
        if retry_after.startswith("date+"):
            # A date has whole seconds: rounded up, so that it is never sooner than was asked for.
            retry_after = email.utils.formatdate(time.time() + float(retry_after[5:]) + 1, usegmt=True)
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
        self.taken_at = -options.interval
        super().__init__((options.address, options.port), Sink)

    def reply_to(self, body):
        with self.lock:
            if self.script:
                return self.script.pop(0)
            if self.options.poison and self.options.poison in body:
                return "400=invalid_payload"
            if self.options.bytes_max and len(body.encode()) > self.options.bytes_max:
                return "413"
            now = time.monotonic()
            if now < self.taken_at + self.options.interval:
                return "429:1"
            self.taken_at = now
            return "200"

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
    parser.add_argument("--interval", type=float, default=0, metavar="SECONDS")
    parser.add_argument("--poison", default="", metavar="TEXT")
    parser.add_argument("--bytes-max", type=int, default=0)
    parser.add_argument("--out", help="append the events to this file too")
    server = Server(parser.parse_args())
    server.announce(event="listening", port=server.server_address[1])
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
