"""Bad input is part of the feature: a clear word, nothing lost, nothing half done, the process alive."""
import json
import socket
import unittest
import urllib.error
import urllib.request

from mesh import SUPPORT, Mesh, free_ports, wait_until

HEADER = "transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market\n"


class BadRows(unittest.TestCase):
    def test_twelve_kinds_of_bad_rows_are_quarantined_with_their_place_and_the_good_ones_applied(self):
        with Mesh() as mesh:
            mesh.start_ready("risk-engine")
            mesh.replay(SUPPORT / "data/twelve_bad_rows.csv")
            stored = [name for (name,) in mesh.database.rows("SELECT transaction_id FROM transactions ORDER BY apply_seq")]
            self.assertEqual(stored, [f"G{n}" for n in range(1, 14)])
            kept = mesh.database.rows("SELECT line, field, value, reason FROM quarantine ORDER BY quarantine_id")
            self.assertEqual([row[:2] for row in kept], [
                ("3", "quantity"), ("5", "price"), ("7", "quantity"), ("9", "side"), ("11", "client_id"), ("13", "symbol"),
                ("15", "executed_at"), ("17", "market"), ("19", "client_id"), ("21", "client_id"), ("23", "currency"), ("25", "transaction_id")])
            for row in kept:
                self.assertTrue(row[3], row)
            self.assertEqual(kept[0][2], "12x")
            self.assertEqual(kept[2][2], "-100")
            self.assertEqual(kept[10][2:], ("XTS", "there is no rate for it"))
            self.assertEqual(mesh.stop("risk-engine"), 0)

    def test_many_bad_rows_are_a_line_of_the_log_and_a_count_and_all_in_the_quarantine_by_file_name(self):
        with Mesh() as mesh:
            mesh.start_ready("risk-engine")
            (mesh.folder / "many.csv").write_text(HEADER + "".join(f"T{n},2024-09-20T08:36:00Z,C1,AAPL,BUY,many,200,USD,B,M\n" for n in range(500)))
            said = mesh.replay(mesh.folder / "many.csv").stdout
            told = [line for line in said.splitlines() if "row cannot be applied" in line]
            self.assertEqual(len(told), 2, said)
            self.assertIn("left_out=499", told[1])
            self.assertEqual(mesh.database.rows("SELECT source, COUNT(*) FROM quarantine GROUP BY source"), [("many.csv", "500")])
            self.assertEqual(mesh.stop("risk-engine"), 0)

    def test_ids_that_could_pass_for_others_are_applied_and_shown_plainly(self):
        odd = ("ACME", "ACME ", "A\u202eEMC", "AC\u200bME")
        with Mesh() as mesh:
            mesh.start_ready("risk-engine")
            (mesh.folder / "odd.csv").write_text(HEADER + "".join(f"T{n},2024-09-20T08:36:00Z,{client},AAPL,BUY,8000,200,USD,B,M\n"
                                                                  for n, client in enumerate(odd)), encoding="utf-8")
            mesh.replay("odd.csv")
            self.assertEqual(mesh.database.rows("SELECT COUNT(*) FROM quarantine"), [("0",)])
            self.assertEqual({client for (client,) in mesh.database.rows("SELECT client_id FROM client_exposures")}, set(odd))
            for words in (["summary"], ["list"], ["backtest", "--store"]):
                answer = mesh.run("riskctl", *words).stdout
                for shown in ("ACME\\u{20}", "A\\u{202e}EMC", "AC\\u{200b}ME"):
                    self.assertIn(shown, answer)
                for hidden in "\u202e\u200b":
                    self.assertNotIn(hidden, answer)
            refused = mesh.run("riskctl", "ack", "1", "an\u202ena")
            self.assertEqual((refused.returncode, refused.stderr.splitlines()[0]),
                             (2, 'riskctl: actor "an\\u{202e}na": character 3 is U+202E, which does not show'))
            self.assertEqual(mesh.stop("risk-engine"), 0)


class Configuration(unittest.TestCase):
    def test_three_mistakes_in_a_file_are_three_errors_with_their_lines(self):
        with Mesh() as mesh:
            (mesh.folder / "bad.yaml").write_text("rules:\n  client_exposure:\n    limit: lots\n  symbol_velocity:\n"
                                                  "    limitt: 5\nhealth:\n  port: 99999\n")
            result = mesh.run("risk-engine", "--config", "bad.yaml", "--check-config")
            self.assertEqual(result.returncode, 2)
            for place in ("bad.yaml:3", "bad.yaml:5", "bad.yaml:7"):
                self.assertIn(place, result.stderr)
            self.assertEqual(len([line for line in result.stderr.splitlines() if "bad.yaml:" in line]), 3, result.stderr)

    def test_a_port_in_use_is_named(self):
        with Mesh() as mesh, socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            for service, flag in (("risk-engine", "--publish-port"), ("risk-engine", "--health-port"), ("simulator", "--port"),
                                  ("dashboard-gateway", "--port"), ("alert-notifier", "--health-port")):
                result = mesh.run(service, flag, port)
                self.assertEqual(result.returncode, 1, service)
                self.assertRegex(result.stdout, rf"level=error .*port {port} is in use", f"{service} {flag}")


class Databases(unittest.TestCase):
    def test_an_sqlite_path_that_cannot_be_written_is_named(self):
        with Mesh() as mesh:
            process = mesh.start("risk-engine", env={"SQLITE_DB_PATH": "/proc/risk/risk.db"})
            wait_until(lambda: "/proc/risk" in process.text(), "a word on the path")
            self.assertFalse(mesh.ready("risk-engine"))
            with self.assertRaises(urllib.error.HTTPError) as unready:
                urllib.request.urlopen(f"http://127.0.0.1:{mesh.ports['health-risk-engine']}/readyz", timeout=5)
            report = unready.exception.read().decode()
            unready.exception.close()
            self.assertIn("risk", report)
            self.assertNotIn("/proc", report)  # where the file lies is for the log alone
            self.assertEqual(mesh.stop("risk-engine"), 0)

    def test_a_postgresql_that_cannot_be_reached_is_tried_again_and_readyz_says_so(self):
        with Mesh() as mesh:
            [port] = free_ports(1)
            process = mesh.start("risk-engine", env={"DB_TYPE": "postgresql", "DB_HOST": "127.0.0.1", "DB_PORT": str(port)})
            wait_until(lambda: process.text().count("the database cannot be reached, trying again") >= 2, "two attempts")
            with self.assertRaises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(f"http://127.0.0.1:{mesh.ports['health-risk-engine']}/readyz", timeout=5)
            self.assertEqual(refused.exception.code, 503)
            report = json.load(refused.exception)
            refused.exception.close()
            self.assertIn(str(port), report["conditions"]["database"])
            self.assertEqual(mesh.stop("risk-engine"), 0)


if __name__ == "__main__":
    unittest.main()
