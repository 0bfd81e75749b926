"""A seed gives the same faults, no two of one target; the link does to bytes what it says."""
import contextlib
import random
import socket
import time
import unittest

from faults import KINDS, pick
from link import Link
from services import free_ports


class PickTest(unittest.TestCase):
    def test_a_seed_gives_the_same_faults_of_different_targets(self):
        kinds, seen = list(KINDS), set()
        for seed in range(300):
            first, again = (pick(random.Random(seed), kinds, 8) for _ in range(2))
            self.assertEqual([str(fault) for fault in first], [str(fault) for fault in again])
            self.assertTrue(2 <= len(first) <= 4)
            self.assertEqual(len({fault.target for fault in first}), len(first))
            self.assertTrue(all(0 < fault.at < 8 and 0 <= fault.hold <= 10 for fault in first), first)
            seen |= {fault.kind for fault in first}
        self.assertEqual(seen, set(kinds))

    def test_few_kinds_give_few_faults(self):
        self.assertEqual(pick(random.Random(1), [], 8), [])
        self.assertEqual([fault.kind for fault in pick(random.Random(1), ["cut-link"], 8)], ["cut-link"])


class LinkTest(unittest.TestCase):
    def setUp(self):
        self.servers = []
        port, _ = free_ports(2)
        for offset in (0, 1):
            server = socket.create_server(("127.0.0.1", port + offset))
            self.addCleanup(server.close)
            server.settimeout(10)
            self.servers.append(server)
        self.link = Link(port, 1)
        self.addCleanup(self.link.close)

    def connect(self, offset=0):
        """Both ends of a connection through the link."""
        near = socket.create_connection((self.link.ADDRESS, self.link.port + offset), 10)
        self.addCleanup(near.close)
        far, _ = self.servers[offset].accept()
        self.addCleanup(far.close)
        far.settimeout(10)
        return near, far

    def test_passes_bytes_both_ways_on_both_ports(self):
        for offset in (0, 1):
            near, far = self.connect(offset)
            near.sendall(b"there")
            self.assertEqual(far.recv(100), b"there")
            far.sendall(b"back")
            self.assertEqual(near.recv(100), b"back")
            far.close()
            self.assertEqual(near.recv(100), b"")

    def test_a_cut_link_resets_what_is_there_and_what_comes_until_it_heals(self):
        near, _ = self.connect()
        self.link.cut()
        self.assertTrue(self.is_ended(near))
        self.assertTrue(self.is_ended(socket.create_connection((self.link.ADDRESS, self.link.port), 10)))
        self.link.heal()
        near, far = self.connect()
        near.sendall(b"again")
        self.assertEqual(far.recv(100), b"again")

    def is_ended(self, connection):
        with contextlib.closing(connection), contextlib.suppress(ConnectionError):
            return connection.recv(100) == b""
        return True

    def test_a_stalled_link_keeps_what_it_was_given_until_it_heals(self):
        near, far = self.connect()
        self.link.stall()
        near.sendall(b"late")
        far.settimeout(0.2)
        with self.assertRaises(TimeoutError):
            far.recv(100)
        self.link.heal()
        far.settimeout(10)
        self.assertEqual(far.recv(100), b"late")

    def test_a_slow_link_delays_and_keeps_the_order(self):
        near, far = self.connect()
        self.link.slow(0.05, 0.5)
        began = time.monotonic()
        sent = b"".join(b"%04d" % number for number in range(100))
        for start in range(0, len(sent), 20):
            near.sendall(sent[start:start + 20])
        got = b""
        while len(got) < len(sent):
            got += far.recv(1000)
        self.assertEqual(got, sent)
        self.assertGreaterEqual(time.monotonic() - began, 0.05)


if __name__ == "__main__":
    unittest.main()
