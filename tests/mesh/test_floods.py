"""Strangers send without end to every port of the bus: memory stays bounded, and the work goes on."""
import contextlib
import os
import pathlib
import re
import socket
import struct
import threading
import time
import unittest

from mesh import Mesh, wait_until

SECONDS = float(os.environ.get("FLOOD_SECONDS", "3"))
PEAK_BYTES_MAX = 250 << 20
GREETING = (b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL").ljust(64, b"\0")


def ready(socket_type):
    body = b"\x05READY\x0bSocket-Type" + struct.pack(">I", len(socket_type)) + socket_type
    return b"\x04" + bytes([len(body)]) + body


def receive(peer, count):
    received = b""
    while len(received) < count:
        block = peer.recv(count - len(received))
        if not block:
            raise ConnectionError("hung up")
        received += block
    return received


class Flood(threading.Thread):
    """Connects again and again, and sends blocks until it is cut off."""

    def __init__(self, port, socket_type, block):
        super().__init__()
        self.port, self.socket_type, self.block = port, socket_type, block
        self.is_over = threading.Event()
        self.sent = self.connections = 0

    def run(self):
        while not self.is_over.is_set():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=2) as peer:
                self.connections += 1
                peer.sendall(GREETING + ready(self.socket_type))
                head = receive(peer, len(GREETING) + 2)
                receive(peer, head[-1])
                while not self.is_over.is_set():
                    peer.sendall(self.block)
                    self.sent += len(self.block)

    def end(self):
        self.is_over.set()
        self.join()


def peak_bytes(process):
    status = pathlib.Path(f"/proc/{process.child.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) << 10


class Floods(unittest.TestCase):
    def test_every_port_of_the_bus_bounds_what_a_stranger_makes_it_hold(self):
        parts = b"\x01\x01x" * 20_000
        topics = b"".join(b"\x00\xc8\x01" + os.urandom(199) for _ in range(500))
        with Mesh() as mesh:
            engine = mesh.start_ready("risk-engine")
            simulator = mesh.start_ready("simulator", "--rate", "50")
            ports = mesh.ports
            floods = [Flood(ports[port], b"SUB", block) for port in ("transactions", "engine") for block in (parts, topics)]
            floods += [Flood(ports[port], b"DEALER", parts) for port in ("transactions-replay", "engine-replay", "commands")]
            for flood in floods:
                flood.start()
            try:
                applied = lambda: int(mesh.database.rows("SELECT count(*) FROM transactions")[0][0])
                before, end = applied(), time.monotonic() + SECONDS
                wait_until(lambda: time.monotonic() > end and applied() > before, "transactions under the flood", SECONDS + 60)
            finally:
                for flood in floods:
                    flood.end()
            for process in (engine, simulator):
                print(f"{process.name}: peak of {peak_bytes(process) >> 20} MiB")
                self.assertLess(peak_bytes(process), PEAK_BYTES_MAX)
                told = process.text().count("is cut off")
                self.assertTrue(1 <= told <= 4 * (1 + SECONDS // 60), told)  # each port and reason once a minute
            self.assertTrue(all(flood.connections > 1 for flood in floods), [flood.connections for flood in floods])
            commanded = mesh.run("riskctl", "cleanup", "30")
            self.assertEqual(commanded.returncode, 0, commanded.stderr)
            after = applied()
            wait_until(lambda: applied() > after, "transactions after the flood")


if __name__ == "__main__":
    unittest.main()
