"""Executions over FIX, from a broker that shares no code with QuickFIX: whatever happens to a message or a session, each fill counts once."""
import random
import signal
import socket
import unittest

from fix_mesh import AT, FixMesh, encode, fill, trade, utc_now
from mesh import wait_until

FILLS = 10_000
KILLS = 20


def ids(first, last):
    return [f"E{number:05}" for number in range(first, last + 1)]


def fills(first, last, **more):
    return [fill(name, at=AT, **more) for name in ids(first, last)]


class Sessions(unittest.TestCase):
    def test_each_version_and_both_roles_give_a_stream_of_what_was_executed(self):
        with FixMesh(env={"CURRENCY_RATES": "GBP=1.25"}) as mesh:
            old = mesh.session("old", "FIX.4.2", role="acceptor", broker_id="OLDCO", market="XLON")
            new = mesh.session("new", "FIX.4.4", client_from="party:24", trader_from="party:12")
            newest = mesh.session("newest", "FIX.5.0SP2", symbol_from="security_id")
            mesh.start_ready("risk-engine")
            mesh.start_drop_copy(ready=False)
            wait_until(lambda: mesh.facts("old"), "drop-copy to listen")
            old.connect("127.0.0.1", mesh.port_of("old"))
            mesh.wait_ready("drop-copy")
            old.send(*fill("A1", "FIX.4.2", at="20260302-14:30:01", t15="GBP", side=5))
            new.send(*fill("B1", at="20260302-14:30:02.123456789", t1=None, t453=2, t448="CLIENT_007", t447="D", t452=24, t15="USD", t30="XNAS"))
            newest.send(*trade("C1", sides=((1, "CLIENT_001"), (2, "CLIENT_002")), at="20260302-14:30:03.5", t48="US0378331005", t15="USD"))
            mesh.wait_transactions(4)
            self.assertEqual(mesh.transactions("transaction_id, executed_at_ns % 60000000000, client_id, symbol, side, quantity, price, currency, "
                                               "broker_id, market, order_id"), [
                ("A1", "1000000000", "CLIENT_001", "AAPL", "SELL", "100", "150.25", "GBP", "OLDCO", "XLON", "O-A1"),
                ("B1", "2123456789", "CLIENT_007", "AAPL", "BUY", "100", "150.25", "USD", "new", "XNAS", "O-B1"),
                ("C1", "3500000000", "CLIENT_001", "US0378331005", "BUY", "100", "150.25", "USD", "newest", "", "O-C1"),
                ("C1", "3500000000", "CLIENT_002", "US0378331005", "SELL", "100", "150.25", "USD", "newest", "", "O-C1"),
            ])
            self.assertEqual(mesh.streams(), {"old": (0, 0, 0), "new": (0, 0, 0), "newest": (0, 0, 0)})
            for broker in mesh.brokers.values():
                self.assertEqual(broker.complaints, [])

    def test_who_is_not_the_sessions_broker_gets_no_session(self):
        with FixMesh() as mesh:
            broker = mesh.session(role="acceptor")
            process = mesh.start_drop_copy(ready=False)
            wait_until(lambda: mesh.facts(), "drop-copy to listen")
            for sender, target in (("STRANGER", "DESK"), ("BROKER-prime", "ELSEWHERE")):
                with socket.create_connection(("127.0.0.1", mesh.port_of("prime")), timeout=10) as stranger:
                    stranger.sendall(encode("FIX.4.4", [(35, "A"), (49, sender), (56, target), (34, 1), (52, utc_now()), (98, 0), (108, 30)]))
                    self.assertEqual(stranger.recv(100), b"")
            wait_until(lambda: 'no session is of \\"FIX.4.4\\" with SenderCompID \\"STRANGER\\"' in process.text(), "the refusal to be told")
            broker.connect("127.0.0.1", mesh.port_of("prime"))
            mesh.wait_ready("drop-copy")

    def test_a_message_under_another_compid_ends_the_connection_and_loses_nothing(self):
        with FixMesh() as mesh:
            broker = mesh.session()
            mesh.start_ready("risk-engine")
            mesh.start_drop_copy()
            broker.send_all(fills(1, 3))
            broker.wait(lambda b: mesh.facts()["fills"] == 3, "three fills")
            kind, fields = fill("FALSE", at=AT)
            broker.transmit(broker.header_and(kind, len(broker.sent) + 1, [], fields, comp_ids=("STRANGER", "DESK")))
            broker.wait(lambda b: any(m.type == "3" and m.get(373) == "9" for m in b.received), "a Reject for a CompID problem")
            broker.wait(lambda b: b.connections >= 2 and b.is_logged_on, "the session to be logged on again")
            broker.send_all(fills(4, 6))
            mesh.wait_transactions(6)
            self.assertEqual([row[0] for row in mesh.transactions()], ids(1, 6))
            self.assertEqual(mesh.streams(), {"prime": (0, 0, 0)})

    def test_a_stop_says_goodbye_and_a_start_goes_on_where_it_was(self):
        with FixMesh() as mesh:
            broker = mesh.session()
            mesh.start_ready("risk-engine")
            for turn in range(3):
                mesh.start_drop_copy()
                broker.send_all(fills(10 * turn + 1, 10 * turn + 10))
                mesh.wait_received(broker)
                self.assertEqual(mesh.stop("drop-copy"), 0)
                broker.wait(lambda b: not b.is_logged_on, "the goodbye")
                self.assertEqual(broker.received[-1].type, "5")
            mesh.wait_transactions(30)
            self.assertEqual((broker.complaints, broker.resends_asked), ([], 0))

    def test_state_and_counts_are_told_where_people_and_machines_look(self):
        with FixMesh() as mesh:
            broker = mesh.session()
            mesh.session("absent", "FIX.4.2", role="acceptor")
            mesh.start_drop_copy(ready=False)
            broker.wait(lambda b: b.is_logged_on, "the log on")
            broker.leaves_out = {3}
            broker.send_all(fills(1, 4))
            mesh.wait_received(broker)
            status, answer = mesh.get("drop-copy", "/readyz")
            self.assertEqual((status, answer["conditions"]), (503, {
                "journal": "ok", "session prime": "ok", "session absent": "waits for the broker to connect"}))
            self.assertEqual(answer["facts"]["session prime"], {
                "logged_on": True, "state": "logged on", "last_sequence": 5, "gaps_asked_for": 1, "fills": 4, "quarantined": 0})
            metrics = mesh.metrics("drop-copy")
            for name, value in (("fills_total", 4), ("gaps_asked_total", 1), ("logons_total", 1), ("logged_on", 1), ("last_sequence", 5)):
                self.assertEqual(metrics[f'drop_copy_{name}{{session="prime"}}'], value)
            self.assertEqual(metrics['drop_copy_logged_on{session="absent"}'], 0)


class Messages(unittest.TestCase):
    def check(self, mesh, last):
        mesh.wait_transactions(last)
        self.assertEqual([row[0] for row in mesh.transactions()], ids(1, last))
        self.assertEqual(mesh.streams(), {"prime": (0, 0, 0)})  # none came twice to the engine either
        self.assertEqual(mesh.brokers["prime"].complaints, [])

    def begin(self, mesh):
        broker = mesh.session()
        mesh.start_ready("risk-engine")
        mesh.start_drop_copy()
        return broker

    def test_what_was_sent_before_the_log_on_is_asked_for(self):
        with FixMesh() as mesh:
            broker = mesh.session()
            broker.send_all(fills(1, 300))
            mesh.start_ready("risk-engine")
            mesh.start_drop_copy()
            broker.send_all(fills(301, 310))
            self.check(mesh, 310)
            self.assertEqual(broker.resends_asked, 1)

    def test_a_gap_is_asked_for_and_filled(self):
        with FixMesh() as mesh:
            broker = self.begin(mesh)
            broker.leaves_out = {5, 6, 20}
            broker.send_all(fills(1, 30))
            broker.send("0", [])  # is filled, and not sent again
            broker.send_all(fills(31, 40))
            self.check(mesh, 40)
            self.assertGreaterEqual(broker.resends_asked, 1)

    def test_a_connection_that_is_reset_in_the_middle_of_a_message_loses_nothing(self):
        with FixMesh() as mesh:
            broker = self.begin(mesh)
            broker.breaks_off = {6, 15}
            broker.send_all(fills(1, 10))
            broker.wait(lambda b: b.connections == 2 and b.is_logged_on, "drop-copy to log on again")
            broker.send_all(fills(11, 20))
            broker.wait(lambda b: b.connections == 3 and b.is_logged_on, "drop-copy to log on again")
            broker.reset()
            self.check(mesh, 20)
            self.assertEqual(broker.breaks_off, set())

    def test_what_comes_again_with_possdup_counts_once(self):
        with FixMesh() as mesh:
            broker = self.begin(mesh)
            broker.send_all(fills(1, 50))
            broker.resend(1)
            broker.send_all(fills(51, 60))
            broker.resend(30, 55)
            broker.send_all(fills(61, 61))
            self.check(mesh, 61)

    def test_what_comes_again_with_possresend_is_a_duplicate(self):
        with FixMesh() as mesh:
            broker = self.begin(mesh)
            broker.send_all(fills(1, 5) + fills(3, 4, t97="Y") + fills(6, 6))
            mesh.wait_transactions(6)
            mesh.wait_equal(mesh.streams, {"prime": (2, 0, 0)}, "the duplicates")

    def test_a_garbled_message_is_asked_for_again_also_when_the_answer_is_garbled_too(self):
        with FixMesh() as mesh:
            broker = self.begin(mesh)
            broker.garbles = {4: 1, 9: 3, 10: 2}
            broker.send_all(fills(1, 20))
            self.check(mesh, 20)
            wait_until(lambda: mesh.metrics("drop-copy")['drop_copy_garbled_total{session="prime"}'] >= 6, "what was garbled to be counted")

    def test_bytes_that_are_no_message_are_passed_over(self):
        with FixMesh() as mesh:
            broker = self.begin(mesh)
            broker.send_all(fills(1, 3))
            broker.transmit(b"GET / HTTP/1.1\r\n\r\n")
            broker.send_all(fills(4, 6))
            broker.transmit(b"8=FIX.4.4\x019=99999999\x0135=8\x01" + b"8=FIX.4.4\x019=500\x0135=8\x01")
            broker.send_all(fills(7, 20))
            self.check(mesh, 20)

    def test_a_sequence_reset_moves_the_number_on(self):
        with FixMesh() as mesh:
            broker = self.begin(mesh)
            broker.send_all(fills(1, 5))
            broker.reset_to(1000)
            broker.send_all(fills(6, 10))
            self.check(mesh, 10)
            mesh.wait_equal(lambda: mesh.facts()["last_sequence"], 1004, "the last number")

    def test_a_log_on_that_resets_begins_at_one_and_a_kill_after_it_loses_nothing(self):
        with FixMesh() as mesh:
            broker = mesh.session(reset_on_logon="true")
            mesh.start_ready("risk-engine")
            for turn in range(3):
                mesh.start_drop_copy()
                broker.send_all(fills(10 * turn + 1, 10 * turn + 10))
                mesh.wait_received(broker)
                self.assertEqual(mesh.facts()["last_sequence"], 11)
                mesh.stop("drop-copy", signal.SIGKILL)
                broker.wait(lambda b: not b.is_logged_on, "the end of the connection")
            self.check(mesh, 30)

    def test_a_number_that_is_too_low_ends_the_session_with_a_reason(self):
        with FixMesh() as mesh:
            broker = self.begin(mesh)
            broker.send_all(fills(1, 5))
            mesh.wait_received(broker)
            kind, fields = fill("AGAIN", at=AT)
            broker.transmit(broker.header_and(kind, 3, [], fields))
            broker.wait(lambda b: any(m.type == "5" and "MsgSeqNum too low" in m.get(58, "") for m in b.received), "a Logout with the reason")
            broker.wait(lambda b: b.connections >= 2 and b.is_logged_on, "the session to be logged on again")
            broker.send_all(fills(6, 6))
            self.check(mesh, 6)


class Quarantine(unittest.TestCase):
    def quarantined(self, mesh):
        rows = mesh.database.rows("SELECT source, line, field, value, reason, raw FROM quarantine ORDER BY quarantine_id")
        return [(source, int(line), field, value, reason, raw) for source, line, field, value, reason, raw in rows]

    def input_of(self, mesh, name):
        return mesh.database.rows(f"SELECT apply_seq FROM transactions WHERE transaction_id = '{name}'")[0][0]

    def test_what_cannot_be_used_is_kept_with_tag_value_reason_and_message_and_the_session_goes_on(self):
        with FixMesh() as mesh:
            broker = mesh.session()
            mesh.start_ready("risk-engine")
            mesh.start_drop_copy()
            broker.send_all([fill("E00001", at=AT), fill("X1", at=AT, t54=8), fill("X2", at=AT, t32="0"), fill("X3", at=AT, t1=None),
                             fill("X4", at=AT, t150="H", t19="E00001"), fill("X5", at=AT, t150="G", t19="E00001"), fill("X6", at=AT, t15="XXX"),
                             trade("X7", t487=4), fill("E00002", at=AT), fill("X8", at=AT, t150="G", t19="E00002", t32="55")])
            mesh.wait_transactions(4)
            mesh.wait_equal(lambda: len(self.quarantined(mesh)), 6, "what is in the quarantine")
            found = self.quarantined(mesh)
            self.assertEqual([row[:5] for row in found], [
                ("prime/1", 3, "54 Side", "8", "is neither a buy (1, 3) nor a sell (2, 4, 5, 6)"),
                ("prime/1", 4, "32 LastQty", "0", "must be above 0"),
                ("prime/1", 5, "1 Account", "", "is missing"),
                ("prime/1", 7, "ref_transaction_id", "E00001", f"was taken back by BUST X4 as input {self.input_of(mesh, 'X4')}"),
                ("prime/1", 8, "currency", "XXX", "there is no rate for it"),
                ("prime/1", 9, "487 TradeReportTransType", "4", "is neither a new trade (0), a cancel (1) nor a replacement (2)")])
            self.assertEqual(mesh.database.rows("SELECT transaction_id, kind, ref_transaction_id, coalesce(reversed_by_transaction_id, '') FROM transactions ORDER BY apply_seq"), [
                ("E00001", "EXECUTION", "", "X4"), ("X4", "BUST", "E00001", ""), ("E00002", "EXECUTION", "", "X8"), ("X8", "CORRECTION", "E00002", "")])
            self.assertEqual([float(quantity) for quantity, in mesh.database.rows("SELECT quantity FROM positions")], [55])
            self.assertRegex(found[0][5], r"^8=FIX\.4\.4\|9=\d+\|35=8\|49=BROKER-prime\|56=DESK\|34=3\|.*\|17=X1\|.*\|10=\d{3}\|$")
            self.assertEqual((mesh.facts()["logged_on"], broker.complaints), (True, []))

    def test_statuses_and_other_messages_are_no_executions(self):
        with FixMesh() as mesh:
            broker = mesh.session()
            mesh.start_ready("risk-engine")
            mesh.start_drop_copy()
            broker.send_all([fill(f"S{status}", at=AT, t150=status) for status in "04568ACDEI"] + [("B", [(148, "news")]), ("j", [(45, 1), (380, 0)])])
            broker.send_all(fills(1, 1))
            mesh.wait_transactions(1)
            self.assertEqual((self.quarantined(mesh), mesh.streams()), ([], {"prime": (0, 0, 0)}))
            wait_until(lambda: mesh.metrics("drop-copy")['drop_copy_passed_over_total{session="prime"}'] == 12, "what was passed over to be counted")

    def test_multiplier_and_expiry_of_a_message_become_an_instrument(self):
        with FixMesh() as mesh:
            broker = mesh.session(symbol_from="security_id")
            mesh.start_ready("risk-engine")
            mesh.start_drop_copy()
            broker.send(*fill("E1", at=utc_now(), price="5000", quantity="2", symbol="ES", t48="ESZ9", t231="50", t541="20991218", t15="USD"))
            mesh.wait_transactions(1)
            self.assertEqual(mesh.database.rows("SELECT symbol, multiplier, expires_at FROM instruments"), [("ESZ9", "50", "2099-12-19T00:00:00.000000Z")])
            gross = lambda: mesh.database.rows("SELECT gross FROM client_exposures")
            wait_until(lambda: gross() == [("500000.0000",)], "price, quantity and multiplier to be multiplied")

    def test_a_full_journal_makes_the_session_wait_and_nothing_is_lost(self):
        with FixMesh() as mesh:
            broker = mesh.session()
            mesh.start_drop_copy("--journal-bytes-max", "65536")
            broker.send_all(fills(1, 2000))  # nobody commits them
            wait_until(lambda: "is full" in mesh.get("drop-copy", "/readyz")[1].get("conditions", {}).get("journal", ""), "the journal to be full")
            mesh.start_ready("risk-engine")
            mesh.wait_transactions(2000)
            mesh.wait_received(broker)
            mesh.wait_ready("drop-copy")
            self.assertEqual((mesh.streams(), broker.complaints), ({"prime": (0, 0, 0)}, []))


class Kills(unittest.TestCase):
    def test_ten_thousand_fills_and_twenty_kills_count_each_fill_once(self):
        chance = random.Random(11)
        with FixMesh() as mesh:
            broker = mesh.session()
            mesh.start_ready("risk-engine")
            mesh.start_drop_copy()
            kills, sent = sorted(chance.sample(range(FILLS), KILLS)), 0
            for kill_at in [*kills, FILLS]:
                while sent < kill_at:
                    count = min(chance.choice((1, 10, 100, 400)), kill_at - sent)
                    broker.send_all(fills(sent + 1, sent + count))
                    sent += count
                if kill_at < FILLS:
                    # Somewhere in what was sent last: some of it is received, some journaled, some committed.
                    mesh.stop("drop-copy", signal.SIGKILL)
                    mesh.start_drop_copy(ready=False)
                    broker.wait(lambda b, known=broker.connections: b.is_logged_on, "drop-copy to log on again")
            mesh.wait_received(broker)
            mesh.wait_transactions(FILLS)
            self.assertEqual([row[0] for row in mesh.transactions()], ids(1, FILLS))
            self.assertEqual(mesh.streams(), {"prime": (0, 0, 0)})  # not one came to the engine twice
            self.assertEqual(broker.complaints, [])


if __name__ == "__main__":
    unittest.main()
