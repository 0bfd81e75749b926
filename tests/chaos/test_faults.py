"""A seed gives the same faults, no two of one target; the link does to bytes what it says, and the broker to its session."""
import contextlib
import random
import socket
import time
import unittest

from broker import FILE, REPORT, Broker
from faults import KINDS, pick
from fix_counterparty import Counterparty
from fix_load import FixLoad
from link import Link
from services import free_ports
from workload import Workload


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


class BrokerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.load = Workload(1, 10000, 1)
        list(cls.load.rows())

    def setUp(self):
        self.broker = Broker(FixLoad(1, self.load, 60), 0.2, 1)
        self.addCleanup(self.broker.close)
        self.port = self.broker.listen()
        self.desk = None
        self.log_on()

    def log_on(self):
        """The other end, which takes its numbers up where it was."""
        known, self.desk = self.desk, Counterparty(comp_id="DESK", peer="BROKER")
        if known:
            known.close()
            self.desk.sent, self.desk.next_in = known.sent, known.next_in
        self.addCleanup(self.desk.close)
        self.desk.connect("127.0.0.1", self.port)

    def wait_sent(self):
        self.broker.begin()
        self.broker.sender.join(30)
        self.assertTrue(self.broker.is_done())

    def reports(self, **fields):
        """The numbers of those that have these fields, in the order in which they came."""
        wanted = {int(name[1:]): value for name, value in fields.items()}
        return [int(message[34]) for message in self.desk.received if message.type == REPORT and all(message.get(tag) == value for tag, value in wanted.items())]

    def test_sends_all_and_knows_under_which_numbers(self):
        self.wait_sent()
        numbers = [made.line for made in self.broker.inputs]
        self.desk.wait(lambda desk: len(self.reports()) == len(numbers), "all reports")
        self.assertEqual((numbers, self.reports()), (list(range(2, len(numbers) + 2)), numbers))
        self.assertEqual({made.file for made in self.broker.inputs}, {FILE})

    def test_a_cut_session_ends_at_once_or_in_the_middle_of_the_next_message_and_loses_nothing(self):
        for in_message in (False, True):
            with self.broker.lock:
                self.broker.cut(in_message)
                number = self.broker.send(REPORT, [(17, "E1")])
            self.desk.wait(lambda desk: desk.socket is None, "the end of the connection")
            self.assertNotIn(number, self.reports())
            self.log_on()
            self.desk.send("2", [(7, number), (16, 0)])
            self.desk.wait(lambda desk: number in self.reports(t43="Y"), "the lost message")
        self.assertEqual((self.broker.complaints, self.desk.complaints), ([], []))

    def test_a_cut_in_a_message_when_all_is_sent_takes_one_that_tells_nothing(self):
        self.wait_sent()
        before = self.broker.numbers()
        self.broker.cut(in_message=True)
        self.desk.wait(lambda desk: desk.socket is None, "the end of the connection")
        self.assertEqual((self.broker.numbers(), self.broker.sent[-1][0]), (before + 1, "0"))

    def test_what_is_sent_again_has_its_number_or_a_new_one_and_may_be_known(self):
        self.wait_sent()
        before = self.broker.numbers()
        self.broker.send_again(20)
        self.desk.wait(lambda desk: len(self.reports(t97="Y")) == self.broker.repeated, "what is repeated")
        self.assertEqual(self.reports(t43="Y"), [made.line for made in self.broker.inputs])
        self.assertGreater(self.broker.repeated, 5)
        self.assertEqual(self.reports(t97="Y"), list(range(before + 2, before + 2 + self.broker.repeated)))  # one number is lost
        told = {made.row["transaction_id"] for made in self.broker.told} - self.broker.shared
        self.assertTrue({message[17] for message in self.desk.received if message.get(97) == "Y"} <= told)


if __name__ == "__main__":
    unittest.main()
