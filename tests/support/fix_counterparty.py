#!/usr/bin/env python3
"""A broker's end of a FIX session: for tests, which script it, and to play with. Python's standard library only, and nothing of QuickFIX's.

It keeps everything that it ever sent, and sends it again with PossDupFlag when it is asked to. What is sent while nobody is logged on
takes its number all the same, so that the other side has a gap to ask for. What the other side does wrong (a number twice, a CheckSum
that does not fit, a CompID that is not its own) is in `complaints`.

To play with, against services/drop-copy as deploy/config/drop-copy.yaml has it:

  tests/support/fix_counterparty.py --listen 127.0.0.1:9880 --rate 2          a broker that drop-copy connects to
  tests/support/fix_counterparty.py --connect 127.0.0.1:9881 --version FIX.4.2
"""
import argparse
import contextlib
import datetime
import random
import socket
import struct
import sys
import threading
import time

SOH = b"\x01"
ADMINISTRATIVE = {"0", "1", "2", "3", "4", "5", "A"}
BEGIN_STRINGS = {"FIX.4.2": "FIX.4.2", "FIX.4.4": "FIX.4.4", "FIX.5.0SP2": "FIXT.1.1"}
BATCH_BYTES = 1 << 16


def utc_now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%d-%H:%M:%S.%f")[:-3]


def encode(begin_string, fields):
    """A message of (tag, value) pairs without BeginString, BodyLength and CheckSum."""
    body = b"".join(b"%d=%s\x01" % (tag, str(value).encode()) for tag, value in fields)
    head = b"8=%s\x019=%d\x01" % (begin_string.encode(), len(body))
    return head + body + b"10=%03d\x01" % (sum(head + body) % 256)


def with_wrong_checksum(message):
    """Its last digit is another one."""
    return message[:-2] + (b"1" if message[-2:-1] == b"0" else b"0") + SOH


class Message(dict):
    """The fields of a message by tag; of repeated ones the last. `pairs` has all of them."""

    def __init__(self, raw):
        self.pairs = [(int(tag), value.decode()) for tag, _, value in (field.partition(b"=") for field in raw.split(SOH)[:-1])]
        super().__init__(self.pairs)
        self.raw = raw

    @property
    def type(self):
        return self.get(35)


def cut(buffer):
    """The whole messages at the head of a buffer, and what is left of it."""
    messages = []
    while True:
        end = buffer.find(b"\x0110=")
        stop = buffer.find(SOH, end + 4) if end >= 0 else -1
        if stop < 0:
            return messages, buffer
        messages.append(buffer[:stop + 1])
        buffer = buffer[stop + 1:]


class Counterparty:
    """One session. Any thread may send; a thread of its own reads, answers, and takes the next connection."""

    def __init__(self, version="FIX.4.4", comp_id="BROKER", peer="DESK", heartbeat=30):
        self.version, self.comp_id, self.peer, self.heartbeat = version, comp_id, peer, heartbeat
        self.begin_string = BEGIN_STRINGS[version]
        self.sent = []          # (type, fields, sending time) of number 1, 2, …
        self.next_in = 1
        self.received = []      # Messages, of all connections
        self.complaints = []
        self.connections = 0
        self.resends_asked = 0  # of us
        self.is_logged_on = False
        self.answers_logon = True
        self.answers_resend = True
        self.garbles = {}       # number: how many times its next transmissions come garbled
        self.leaves_out = set()  # numbers that are not transmitted the first time
        self.breaks_off = set()  # numbers in the middle of whose first transmission the connection is reset
        self.socket = self.listener = self.thread = None
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.stopping = False
        self.last_sent = time.monotonic()

    # --- connections

    def listen(self, host="127.0.0.1", port=0):
        """Takes connections, one after the other. Returns the port."""
        self.listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.listener.settimeout(0.1)
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        return self.listener.getsockname()[1]

    def connect(self, host, port, **logon):
        """Connects once, and logs on; returns when that is answered."""
        connection = socket.create_connection((host, port), timeout=10)
        self.thread = threading.Thread(target=self._read, args=(connection,), daemon=True)
        self._take_over(connection)
        self.thread.start()
        self.log_on(**logon)
        self.wait(lambda broker: broker.is_logged_on, "an answer to the Logon")

    def close(self):
        self.stopping = True
        self.drop()
        if self.listener:
            self.listener.close()
        if self.thread:
            self.thread.join(10)

    def drop(self):
        """Ends the connection without a word."""
        with self.lock:
            if self.socket:
                with contextlib.suppress(OSError):
                    self.socket.shutdown(socket.SHUT_RDWR)

    def reset(self):
        """Ends the connection by a reset, as a firewall does. What was sent and has not arrived is lost."""
        with self.changed:
            connection, self.socket, self.is_logged_on = self.socket, None, False
            if connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # when it is closed, by who reads
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RD)
            self.changed.notify_all()

    def wait(self, condition, what, seconds=60):
        """Until the condition holds of this object."""
        with self.changed:
            if not self.changed.wait_for(lambda: condition(self), seconds):
                raise AssertionError(f"waited {seconds} s for {what}; complaints {self.complaints}, "
                                     f"last received {[bytes(message.raw) for message in self.received[-3:]]}")

    def _serve(self):
        while not self.stopping:
            with contextlib.suppress(TimeoutError, OSError):
                connection, _ = self.listener.accept()
                self._take_over(connection)
                self._read(connection)

    def _take_over(self, connection):
        connection.settimeout(0.2)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self.changed:
            self.socket, self.is_logged_on = connection, False
            self.connections += 1
            self.changed.notify_all()

    def _read(self, connection):
        buffer = b""
        try:
            while not self.stopping and self.socket is connection:
                try:
                    got = connection.recv(1 << 16)
                except TimeoutError:
                    self._beat()
                    continue
                if not got:
                    break
                messages, buffer = cut(buffer + got)
                for raw in messages:
                    self._take(Message(raw))
        except OSError:
            pass  # it is over
        with self.changed:
            self.socket, self.is_logged_on = None, False
            self.changed.notify_all()
        connection.close()

    def _beat(self):
        with self.lock:
            if self.is_logged_on and self.heartbeat and time.monotonic() - self.last_sent >= self.heartbeat:
                self.send("0", [])

    # --- what comes

    def _take(self, message):
        with self.changed:
            self._judge(message)
            self.received.append(message)
            number, kind = int(message[34]), message.type
            if kind == "A":
                self._take_logon(message)
            elif kind == "2":
                self.resends_asked += 1
                if self.answers_resend:
                    self.resend(int(message[7]), int(message[16]))
            elif kind == "1":
                self.send("0", [(112, message[112])])
            elif kind == "5":
                if self.is_logged_on:
                    self.is_logged_on = False
                    self.send("5", [])
                    self.is_logged_on = False
                self.drop()
            if kind == "4":
                self.next_in = int(message[36])
            elif number == self.next_in:
                self.next_in += 1
            self.changed.notify_all()

    def _judge(self, message):
        head = message.raw[:message.raw.rfind(b"10=")]
        length = int(message[9])
        body_at = head.find(SOH, head.find(b"\x019=") + 1) + 1
        if int(message[10]) != sum(head) % 256 or length != len(head) - body_at:
            self.complaints.append(f"garbled: {message.raw}")
        if (message[49], message[56]) != (self.peer, self.comp_id):
            self.complaints.append(f"CompIDs {message[49]}, {message[56]}")
        number = int(message[34])
        is_reset = message.type == "A" and message.get(141) == "Y"
        if number < self.next_in and message.get(43) != "Y" and not is_reset:
            self.complaints.append(f"number {number} again, {self.next_in} is due: {message.raw}")

    def _take_logon(self, message):
        if message.get(141) == "Y":
            self.sent, self.next_in = [], 1
        if not self.answers_logon:
            return
        number = int(message[34])
        gap = number > self.next_in
        if self.listener:  # else it is the answer to ours
            self.log_on(**({"reset": True} if message.get(141) == "Y" else {}))
        self.is_logged_on = True
        if gap:
            self.send("2", [(7, self.next_in), (16, 0)])

    # --- what goes

    def log_on(self, reset=False, **other):
        with self.lock:
            if reset:
                self.sent = []
                self.next_in = 1
            fields = [(98, 0), (108, self.heartbeat)] + ([(141, "Y")] if reset else []) + [(int(tag[1:]), value) for tag, value in other.items()]
            if self.version == "FIX.5.0SP2":
                fields.append((1137, 9))
            self.send("A", fields)

    def log_out(self, text="the day is over"):
        self.send("5", [(58, text)])

    def send(self, kind, fields):
        """Gives the message the next number, and transmits it where somebody is logged on. Returns the number."""
        return self.send_all([(kind, fields)])[0]

    def send_all(self, messages):
        with self.lock:
            numbers, chunk = [], []
            for kind, fields in messages:
                self.sent.append((kind, fields, utc_now()))
                number = len(self.sent)
                numbers.append(number)
                if number in self.leaves_out:
                    self.leaves_out.discard(number)
                elif number in self.breaks_off and self.is_logged_on:
                    self.breaks_off.discard(number)
                    message = self._bytes(number)
                    self.transmit(b"".join(chunk) + message[:len(message) // 2])
                    self.reset()
                    chunk = []
                elif self.is_logged_on or kind in ("A", "5"):
                    chunk.append(self._bytes(number))
                if sum(map(len, chunk)) > BATCH_BYTES:
                    self.transmit(b"".join(chunk))
                    chunk = []
            self.transmit(b"".join(chunk))
            return numbers

    def resend(self, begin, end=0):
        """Everything from `begin` on again, gaps filled where administrative messages were."""
        with self.lock:
            end = len(self.sent) if end in (0, 999999) else min(end, len(self.sent))
            number, chunk = begin, []
            while number <= end:
                if self.sent[number - 1][0] in ADMINISTRATIVE:
                    first = number
                    while number <= end and self.sent[number - 1][0] in ADMINISTRATIVE:
                        number += 1
                    chunk.append(self.header_and("4", first, [(43, "Y"), (122, utc_now())], [(123, "Y"), (36, number)]))
                else:
                    chunk.append(self._bytes(number, is_again=True))
                    number += 1
            for at in range(0, len(chunk), 200):
                self.transmit(b"".join(chunk[at:at + 200]))

    def reset_to(self, number):
        """A SequenceReset without GapFill: what comes next has this number."""
        with self.lock:
            own = len(self.sent) + 1
            self.transmit(self.header_and("4", own, [], [(36, number)]))
            self.sent += [("0", [], utc_now())] * (number - own)

    def header_and(self, kind, number, more_header, fields, sending_time=None, comp_ids=None):
        sender, target = comp_ids or (self.comp_id, self.peer)
        return encode(self.begin_string, [(35, kind), (49, sender), (56, target), (34, number), (52, sending_time or utc_now()),
                                          *more_header, *fields])

    def _bytes(self, number, is_again=False):
        kind, fields, sent_at = self.sent[number - 1]
        message = self.header_and(kind, number, [(43, "Y"), (122, sent_at)] if is_again else [], fields, None if is_again else sent_at)
        if self.garbles.get(number, 0) > 0:
            self.garbles[number] -= 1
            return with_wrong_checksum(message)
        return message

    def transmit(self, data):
        """Bytes as they are. Nobody is there: they are lost, as on the wire."""
        with self.lock:
            connection = self.socket
            if not connection or not data:
                return
            self.last_sent = time.monotonic()
            with contextlib.suppress(OSError):
                view, until = memoryview(data), time.monotonic() + 60
                while view:
                    try:
                        view = view[connection.send(view):]
                    except TimeoutError:
                        if time.monotonic() > until:
                            raise


# --- executions

def fill(exec_id, version="FIX.4.4", account="CLIENT_001", symbol="AAPL", side=1, quantity="100", price="150.25", at=None, **more):
    """The fields of an ExecutionReport for a fill; `more` has others by tag: t15="USD"."""
    fields = [(1, account), (37, f"O-{exec_id}"), (17, exec_id)]
    if version == "FIX.4.2":
        fields += [(20, 0), (150, 2), (39, 2)]
    else:
        fields += [(150, "F"), (39, 2)]
    fields += [(55, symbol), (54, side), (32, quantity), (31, price), (60, at or utc_now())]
    return "8", replaced(fields, more)


def trade(report_id, sides=((1, "CLIENT_001"),), symbol="AAPL", quantity="100", price="150.25", at=None, **more):
    """The fields of a TradeCaptureReport; a side is (Side, Account)."""
    fields = [(571, report_id), (487, 0), (856, 0), (570, "N"), (55, symbol), (32, quantity), (31, price), (75, "20260302"), (60, at or utc_now())]
    fields = replaced(fields, more) + [(552, len(sides))]
    for side, account in sides:
        fields += [(54, side), (37, f"O-{report_id}"), (1, account)]
    return "AE", fields


def replaced(fields, more):
    """With other values by tag; None leaves the field out."""
    others = {int(name[1:]): value for name, value in more.items()}
    fields = [(tag, others.pop(tag) if tag in others else value) for tag, value in fields]
    return [(tag, value) for tag, value in fields + list(others.items()) if value is not None]


def play(options):
    clients = [f"CLIENT_{number:03}" for number in range(1, 21)]
    prices = {"AAPL": 190.0, "MSFT": 410.0, "NVDA": 120.0, "SPY": 560.0, "TSLA": 250.0}
    broker = Counterparty(options.version, options.comp_id, options.peer, options.heartbeat)
    if options.connect:
        host, _, port = options.connect.rpartition(":")
        broker.connect(host.strip("[]"), int(port))
    else:
        host, _, port = options.listen.rpartition(":")
        print(f"listening on {host}:{broker.listen(host.strip('[]'), int(port))}", flush=True)
    chance = random.Random(options.seed)
    run = utc_now()[9:].replace(":", "").replace(".", "")
    sent = 0
    while options.count == 0 or sent < options.count:
        symbol = chance.choice(list(prices))
        prices[symbol] *= 1 + chance.gauss(0, 0.0005)
        sent += 1
        broker.send(*fill(f"E{run}-{sent}", options.version, chance.choice(clients), symbol, chance.choice((1, 2, 5)),
                          str(chance.randint(1, 20) * 10), f"{prices[symbol]:.2f}", t15="USD", t30="XNAS"))
        print(f"\rsent {sent}, {'logged on' if broker.is_logged_on else 'nobody is logged on'}", end="", file=sys.stderr, flush=True)
        time.sleep(chance.expovariate(options.rate))
    broker.wait(lambda b: b.is_logged_on, "somebody to take what was sent")
    broker.log_out()


def main():
    parser = argparse.ArgumentParser(description="A broker that reports executions over FIX, for services/drop-copy to take.")
    parser.add_argument("--listen", default="127.0.0.1:9880", metavar="HOST:PORT", help="where drop-copy connects to")
    parser.add_argument("--connect", metavar="HOST:PORT", help="connects to drop-copy instead, as its acceptor")
    parser.add_argument("--version", default="FIX.4.4", choices=sorted(BEGIN_STRINGS))
    parser.add_argument("--comp-id", default="BROKER", help="its own CompID")
    parser.add_argument("--peer", default="DESK", help="drop-copy's CompID")
    parser.add_argument("--heartbeat", type=int, default=30, metavar="SECONDS")
    parser.add_argument("--rate", type=float, default=2, help="executions a second")
    parser.add_argument("--count", type=int, default=0, help="stops after so many; 0 goes on without end")
    parser.add_argument("--seed", type=int, help="the same one gives the same executions")
    with contextlib.suppress(KeyboardInterrupt):
        play(parser.parse_args())


if __name__ == "__main__":
    main()
