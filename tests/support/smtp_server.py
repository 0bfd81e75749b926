#!/usr/bin/env python3
"""A real SMTP server for tests, scripted from the command line. Python's standard library only.

Prints one JSON object a line on stdout (and appends it to --out):
  {"event": "listening", "port": N, "certificate": "FILE"}   certificate: with TLS, what a client must trust
  {"event": "mail", "from", "to", "subject", "headers", "text", "raw", "tls", "user"}
  {"event": "login_failed", "user"}
  {"event": "connection"}
Port 0 takes a free one. With --wait it binds at once, says so ("bound", as "listening"), but listens only after a line
on stdin: until then clients are refused, as by a server that is down.
"""
import argparse
import asyncio
import base64
import email
import email.policy
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import time

MESSAGE_BYTES_MAX = 1 << 20


def announce(options, **event):
    line = json.dumps(event)
    print(line, flush=True)
    if options.out:
        with open(options.out, "a", encoding="utf-8") as out:
            out.write(line + "\n")


def make_certificate(folder):
    """A self-signed certificate for localhost, made by openssl; returns (certificate, key)."""
    certificate, key = os.path.join(folder, "certificate.pem"), os.path.join(folder, "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", key, "-out", certificate],
        check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return certificate, key


class Session:
    def __init__(self, options, tls, replies, reader, writer):
        self.options, self.tls, self.replies = options, tls, replies
        self.reader, self.writer = reader, writer
        self.secure = options.tls == "implicit"
        self.user = None
        self.reset()

    def reset(self):
        self.sender, self.recipients = None, []

    async def say(self, *lines):
        self.writer.write("".join(line + "\r\n" for line in lines).encode())
        await self.writer.drain()

    async def hear(self):
        line = await self.reader.readline()
        return line.decode("utf-8", "replace").rstrip("\r\n") if line else None

    async def run(self):
        await self.say("220 localhost ESMTP test")
        while (line := await self.hear()) is not None:
            verb, _, rest = line.partition(" ")
            verb = verb.upper()
            if scripted := self.replies.take(verb):
                await self.say(scripted)
                if scripted.startswith("421"):
                    return
                continue
            handler = getattr(self, "do_" + verb.lower(), None)
            if handler is None:
                # As some servers do, the line comes back in the reply: a client must not log it if it was a login.
                await self.say("500 unknown command: " + line)
            elif await handler(rest):
                return

    async def do_ehlo(self, _):
        extensions = ["localhost", "8BITMIME", f"SIZE {MESSAGE_BYTES_MAX}"]
        if self.options.tls == "starttls" and not self.secure:
            extensions.append("STARTTLS")
        elif self.options.user:
            extensions.append("AUTH " + self.options.auth.replace(",", " "))
        await self.say(*(f"250-{word}" for word in extensions[:-1]), f"250 {extensions[-1]}")

    async def do_helo(self, _):
        await self.say("250 localhost")

    async def do_starttls(self, _):
        if self.options.tls != "starttls" or self.secure:
            return await self.say("503 not now")
        await self.say("220 go ahead")
        await self.writer.start_tls(self.tls)
        self.secure = True

    async def do_auth(self, rest):
        mechanism, _, initial = rest.partition(" ")
        if self.options.tls == "starttls" and not self.secure:
            return await self.say("538 encryption required")
        if mechanism.upper() not in self.options.auth.upper().split(","):
            return await self.say("504 unknown mechanism")
        if mechanism.upper() == "PLAIN":
            answer = self.decoded(initial) if initial else await self.ask("")
            _, user, password = answer.split("\0")
        else:
            user = self.decoded(initial) if initial else await self.ask("Username:")
            password = await self.ask("Password:")
        locked = time.monotonic() < self.options.locked_until
        if not locked and (user, password) == (self.options.user, self.options.password):
            self.user = user
            return await self.say("235 welcome")
        announce(self.options, event="login_failed", user=user)
        said = base64.b64encode(password.encode()).decode()
        await self.say(f"535 5.7.8 bad credentials: {password} {said}")  # a careless server, to see what a client logs

    @staticmethod
    def decoded(text):
        return base64.b64decode(text).decode()

    async def ask(self, prompt):
        await self.say("334 " + base64.b64encode(prompt.encode()).decode())
        return self.decoded(await self.hear() or "")

    async def do_mail(self, rest):
        if self.options.tls == "starttls" and not self.secure:
            return await self.say("530 5.7.0 must issue a STARTTLS command first")
        if self.options.user and not self.user:
            return await self.say("530 5.7.0 authentication required")
        self.reset()
        size = re.search(r"SIZE=(\d+)", rest)
        if self.options.size_max and size and int(size.group(1)) > self.options.size_max:
            return await self.say("552 5.3.4 too large")
        self.sender = rest.partition("<")[2].partition(">")[0]
        await self.say("250 sender ok")

    async def do_rcpt(self, rest):
        address = rest.partition("<")[2].partition(">")[0]
        if address in self.options.unknown.split(","):
            return await self.say("550 5.1.1 no such user")
        self.recipients.append(address)
        await self.say("250 recipient ok")

    async def do_data(self, _):
        if not self.recipients:
            return await self.say("554 no valid recipients")
        await self.say("354 go on")
        raw = b""
        while (line := await self.reader.readline()) not in (b".\r\n", b""):
            raw += line[1:] if line.startswith(b".") else line
        if scripted := self.replies.take("END"):
            self.reset()
            return await self.say(scripted)
        message = email.message_from_bytes(raw, policy=email.policy.default)
        announce(self.options, event="mail", tls=self.secure, user=self.user, to=self.recipients,
                 subject=message["Subject"], text=message.get_content().replace("\r\n", "\n"),
                 raw=raw.decode("utf-8", "replace"),
                 headers=[[name, str(value)] for name, value in message.items()], **{"from": self.sender})
        self.reset()
        await self.say("250 taken")

    async def do_rset(self, _):
        self.reset()
        await self.say("250 ok")

    async def do_noop(self, _):
        await self.say("250 ok")

    async def do_quit(self, _):
        await self.say("221 bye")
        return True


class Replies:
    """--reply VERB=REPLY: each is given once, in order, instead of what the server would do; END is a mail's end."""

    def __init__(self, scripted):
        self.left = [text.split("=", 1) for text in scripted]

    def take(self, verb):
        for i, (scripted_verb, reply) in enumerate(self.left):
            if scripted_verb == verb:
                del self.left[i]
                return reply
        return None


async def serve(options):
    tls, certificate = None, None
    if options.tls != "none":
        certificate, key = make_certificate(options.folder or tempfile.mkdtemp(prefix="smtp-server."))
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(certificate, key)
    replies = Replies(options.reply)

    async def session(reader, writer):
        announce(options, event="connection")
        try:
            await Session(options, tls, replies, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.close()

    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((options.address, options.port))
    place = {"port": listener.getsockname()[1], "certificate": certificate}
    if options.wait:
        announce(options, event="bound", **place)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    server = await asyncio.start_server(session, sock=listener, limit=MESSAGE_BYTES_MAX,
                                        ssl=tls if options.tls == "implicit" else None)
    announce(options, event="listening", **place)
    async with server:
        await server.serve_forever()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tls", choices=["none", "starttls", "implicit"], default="none")
    parser.add_argument("--folder", help="where to make the certificate")
    parser.add_argument("--user", default="", help="demand a login")
    parser.add_argument("--password", default="")
    parser.add_argument("--size-max", type=int, default=0, metavar="BYTES")
    parser.add_argument("--locked-for", type=float, default=0, metavar="SECONDS", help="refuse every login so long")
    parser.add_argument("--auth", default="PLAIN,LOGIN")
    parser.add_argument("--unknown", default="", help="recipients to refuse")
    parser.add_argument("--reply", action="append", default=[], metavar="VERB=REPLY")
    parser.add_argument("--wait", action="store_true", help="listen only after a line on stdin")
    parser.add_argument("--out", help="append the events to this file too")
    options = parser.parse_args()
    options.locked_until = time.monotonic() + options.locked_for
    try:
        asyncio.run(serve(options))
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
