"""Input without end, of every kind, to every port of every service at once: memory stays where it was, and the page goes on
answering those who come from elsewhere.

ENDLESS_SECONDS=60 makes it last so long (for each test), and prints what every service took and how fast the page was.
"""
import contextlib
import http.client
import multiprocessing
import os
import pathlib
import resource
import socket
import statistics
import struct
import threading
import time
import unittest

from mesh import Mesh

SECONDS = float(os.environ.get("ENDLESS_SECONDS", "3"))
GROWTH_MAX_KB = 48 << 10  # of a service, at any instant
BUS_GROWTH_MAX_KB = 200 << 10  # of one that binds the bus: what all peers together may have unread, in libzmq's parts
ANSWER_SECONDS_MAX = 1.0
CROWD = 300  # connections that send half a request and wait
SENDER, CROWDED, READER = "127.0.0.3", "127.0.0.4", "127.0.0.2"  # addresses: who fills his share cannot send as well

POST = b"POST /api/v1/alerts/1/ack HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
UPGRADE = (b"GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
ZMTP = bytes([0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 3, 0]) + b"NULL".ljust(20, b"\0") + bytes(32)
# What is sent once, and then again and again.
HTTP = {
    "request line": (b"GET /", b"x"),
    "header field": (b"GET / HTTP/1.1\r\nX: ", b"x"),
    "header fields": (b"GET / HTTP/1.1\r\n", b"X: y\r\n"),
    "sized body": (POST + b"Content-Length: 99999999999\r\n\r\n", b"x"),
    "chunks": (CHUNKED, b"1\r\nx\r\n"),
    "chunk size digits": (CHUNKED, b"0"),
    "chunk extension": (CHUNKED + b"1;", b"x"),
    "trailers": (CHUNKED + b"0\r\n", b"X: y\r\n"),
    "requests": (b"", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"),
}
WEBSOCKET = {
    "pings": (UPGRADE, b"\x89\x80\0\0\0\0"),
    "fragments": (UPGRADE, b"\x01\x80\0\0\0\0" + b"\x00\x80\0\0\0\0" * 1000),
    "messages": (UPGRADE, b"\x81\x81\0\0\0\0x"),
}
BUS = {
    "zeros": (b"", b"\0"),
    "text": (b"GET / HTTP/1.1\r\n", b"X: y\r\n"),
    "a greeting, then a command without end": (ZMTP, b"\x04\xff"),
    "a greeting, then a command of 2^62 bytes": (ZMTP + b"\x06" + struct.pack(">Q", 1 << 62), b"x"),
    "a handshake, then a frame of 2^62 bytes": (ZMTP + b"\x04\x19\x05READY\x0bSocket-Type\0\0\0\x03" + b"SUB" +
                                                b"\x02" + struct.pack(">Q", 1 << 62), b"x"),
}
AFTER_HANDSHAKE = {
    "a handshake, then frames that never are a message": (ZMTP + b"\x04\x1c\x05READY\x0bSocket-Type\0\0\0\x06DEALER", b"\x01\xff" + b"x" * 255),
    "a handshake, then subscriptions": (ZMTP + b"\x04\x19\x05READY\x0bSocket-Type\0\0\0\x03SUB", b"\0\x09\x01"),
}


def send_endlessly(port, begin, again, until):
    """Over one connection after the other."""
    many = again * max(1, 65536 // len(again))
    number = 0
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1, (SENDER, 0)) as peer:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.settimeout(0.5)
            peer.sendall(begin)
            if begin == UPGRADE:
                peer.recv(4096)
            while time.monotonic() < until:
                if again == AFTER_HANDSHAKE["a handshake, then subscriptions"][1]:  # each another one
                    number += 1
                    peer.sendall(b"".join(b"\0\x09\x01" + struct.pack(">Q", number << 32 | i) for i in range(5000)))
                else:
                    peer.sendall(many)


def crowd(port, begin, until):
    """As many connections as there may be that wait for what never comes, new ones for those that are cut off."""
    peers = []
    while time.monotonic() < until:
        while len(peers) < CROWD and time.monotonic() < until:
            with contextlib.suppress(OSError):
                peer = socket.create_connection(("127.0.0.1", port), 0.5, (CROWDED, 0))
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                peer.sendall(begin)
                peer.setblocking(False)
                peers.append(peer)
        peers = [peer for peer in peers if not gone(peer)]
    for peer in peers:
        peer.close()


def gone(peer):
    try:
        ended = peer.recv(4096) == b""
    except BlockingIOError:
        return False
    except OSError:
        ended = True
    if ended:
        peer.close()
    return ended


def attack(port, kinds, half, until):
    """The body of an attacking process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4 * CROWD)), hard))
    threads = [threading.Thread(target=send_endlessly, args=(port, *kind, until)) for kind in kinds.values()]
    threads.append(threading.Thread(target=crowd, args=(port, half, until)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def memory_kb(pid, name):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    raise AssertionError(f"no {name}")


def ask_page(port):
    """Returns the status and the seconds it took."""
    begin = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10, source_address=(READER, 0))
    with contextlib.closing(connection):
        connection.request("GET", "/api/v1/summary")
        answer = connection.getresponse()
        answer.read()
        return answer.status, time.monotonic() - begin


class EndlessInput(unittest.TestCase):
    def assault(self, mesh, attacks):
        """Attacks ports [(port, kinds, half)] while the page is read. Returns {service: (before, after, most)} in KiB and the answer times."""
        pids = {name: process.child.pid for name, process in mesh.running.items()}
        for pid in pids.values():
            pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")  # VmHWM begins anew
        before = {name: memory_kb(pid, "VmRSS") for name, pid in pids.items()}
        until = time.monotonic() + SECONDS
        attackers = [multiprocessing.Process(target=attack, args=(*each, until)) for each in attacks]
        for attacker in attackers:
            attacker.start()
        times = []
        while time.monotonic() < until:
            status, seconds = ask_page(mesh.ports["gateway"])
            self.assertEqual(status, 200)
            times.append(seconds)
        for attacker in attackers:
            attacker.join()
        taken = {name: (before[name], memory_kb(pid, "VmRSS"), memory_kb(pid, "VmHWM")) for name, pid in pids.items()}
        return taken, times

    def report(self, title, taken, times):
        if "ENDLESS_SECONDS" not in os.environ:
            return
        print(f"\n{title}, {SECONDS:.0f} s\n{'service':<20}{'before':>10}{'after':>10}{'most':>10}   MiB")
        for name, figures in taken.items():
            print(f"{name:<20}" + "".join(f"{kb / 1024:>10.1f}" for kb in figures))
        ordered = sorted(times)
        p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
        print(f"the page from elsewhere: {len(times)} answers, p50 {statistics.median(times) * 1000:.1f} ms, "
              f"p99 {p99 * 1000:.1f} ms, max {ordered[-1] * 1000:.1f} ms")

    def assert_unmoved(self, mesh, taken, times, of_peers=None):
        for name, (before, _, most) in taken.items():
            with self.subTest(name):
                self.assertLess(most - before, (of_peers or {}).get(name, GROWTH_MAX_KB))
        self.assertLess(max(times), ANSWER_SECONDS_MAX)
        for name in Mesh.SERVICES:
            self.assertIsNone(mesh.running[name].child.poll(), f"{name} has ended")
            self.assertTrue(mesh.ready(name), f"{name} is not ready any more")

    @contextlib.contextmanager
    def whole_mesh(self):
        with Mesh() as mesh:
            for service in ("risk-engine", "simulator", "alert-notifier", "dashboard-gateway"):
                mesh.start(service)
            for service in mesh.SERVICES:
                mesh.wait_ready(service)
            yield mesh

    def test_http_ports(self):
        half = b"GET / HTTP/1.1\r\nHost: local"
        with self.whole_mesh() as mesh:
            health = [mesh.ports[name] for name in mesh.ports if name.startswith("health-")]
            taken, times = self.assault(mesh, [(port, HTTP, half) for port in health] + [(mesh.ports["gateway"], {**HTTP, **WEBSOCKET}, half)])
            self.report("Every HTTP port", taken, times)
            self.assert_unmoved(mesh, taken, times)
            gateway = mesh.running["dashboard-gateway"].text()
            for told, address in (("their address has as many as one may", CROWDED), ("they send more than one may", SENDER)):
                lines = [line for line in gateway.splitlines() if told in line]
                self.assertTrue(lines, f"the gateway does not tell: {told}")
                self.assertLessEqual(len(lines), 2 + SECONDS / 60, "it is told once a minute")
                self.assertIn(f"latest_address={address}", lines[0])

    def test_bus_ports(self):
        ports = ("transactions", "transactions-replay", "engine", "engine-replay", "commands")
        for title, kinds in (("Every port of the bus", BUS), ("Every port of the bus, after a handshake", AFTER_HANDSHAKE)):
            with self.subTest(title), self.whole_mesh() as mesh:
                taken, times = self.assault(mesh, [(mesh.ports[port], kinds, ZMTP[:11]) for port in ports])
                self.report(title, taken, times)
                self.assert_unmoved(mesh, taken, times, of_peers={"risk-engine": BUS_GROWTH_MAX_KB, "simulator": BUS_GROWTH_MAX_KB})


if __name__ == "__main__":
    unittest.main()
