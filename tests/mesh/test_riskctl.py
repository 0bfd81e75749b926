"""The command line: what it says and its exit status."""
import unittest

from mesh import Mesh, wait_until

HEADER = "transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market\n"


class Riskctl(unittest.TestCase):
    def test_each_command_does_what_it_says(self):
        with Mesh() as mesh:
            engine = mesh.start_ready("risk-engine")
            (mesh.folder / "t.csv").write_text(HEADER + "T1,2024-09-20T08:36:00Z,CLIENT_001,AAPL,BUY,8000,200,USD,B,M\n"
                                               "T2,2024-09-20T08:36:01Z,CLIENT_002,MSFT,BUY,1200,500,USD,B,M\n")
            mesh.replay("t.csv")

            summary = mesh.run("riskctl", "summary")
            self.assertEqual(summary.returncode, 0, summary.stderr)
            self.assertRegex(summary.stdout, r"gross exposure +2,200,000\.00")
            self.assertRegex(summary.stdout, r"alerts open +3")

            critical = mesh.run("riskctl", "list", "CRITICAL")
            self.assertEqual(critical.returncode, 0)
            self.assertIn("Client CLIENT_001 gross exposure $1,600,000.00 exceeds limit $1,000,000.00 (160.0%)", critical.stdout)
            self.assertNotIn("HIGH ", critical.stdout)
            self.assertIn("No alerts of severity MEDIUM", mesh.run("riskctl", "list", "MEDIUM").stdout)

            done = mesh.run("riskctl", "ack", "1", "anna")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual(mesh.database.rows("SELECT status, acknowledged_by FROM alerts WHERE alert_id = 1"), [("ACKNOWLEDGED", "anna")])
            self.assertEqual(mesh.database.rows("SELECT actor, command, target FROM commands"), [("anna", "ACK", "alert 1")])

            wrong = mesh.run("riskctl", "ack", "999", "anna")
            self.assertEqual((wrong.returncode, wrong.stdout), (1, ""))
            self.assertIn("there is no alert 999", wrong.stderr)
            twice = mesh.run("riskctl", "ack", "1", "ben")
            self.assertEqual(twice.returncode, 1)
            self.assertIn("was acknowledged by anna", twice.stderr)

            for words in (["ack", "one", "anna"], ["list", "SEVERE"], ["frobnicate"], [], ["ack", "1"], ["cleanup", "-1"]):
                usage = mesh.run("riskctl", *words)
                self.assertEqual(usage.returncode, 2, words)
                self.assertIn("riskctl:", usage.stderr)

            self.assertEqual(engine.stop(), 0)
            silent = mesh.run("riskctl", "summary")
            self.assertEqual(silent.returncode, 0, "the store answers without the engine")

    def test_cleanup_deletes_resolved_alerts_that_are_old_enough(self):
        with Mesh() as mesh:
            mesh.start_ready("risk-engine")
            (mesh.folder / "t.csv").write_text(HEADER + "T1,2024-09-20T08:36:00Z,CLIENT_001,AAPL,BUY,8000,200,USD,B,M\n"
                                               "T2,2024-09-20T08:36:01Z,CLIENT_001,AAPL,SELL,8000,200,USD,B,M\n"
                                               "T3,2024-09-20T08:36:02Z,CLIENT_002,MSFT,BUY,1200,500,USD,B,M\n"
                                               "T4,2024-09-20T08:37:01Z,CLIENT_003,AMD,BUY,1,1,USD,B,M\n")  # low for a minute
            mesh.replay("t.csv")
            wait_until(lambda: mesh.database.rows("SELECT count(*) FROM alerts") == [("3",)], "three alerts")
            done = mesh.run("riskctl", "cleanup", "30")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("2 resolved alerts with 4 events", done.stdout)
            self.assertEqual(mesh.database.rows("SELECT status, entity_id FROM alerts"), [("OPEN", "MSFT")])

    def test_every_engine_is_named_with_the_reason_why_it_gave_no_answer(self):
        with Mesh() as mesh:
            result = mesh.run("riskctl", "ack", "1", "anna")
            self.assertEqual(result.returncode, 1)
            self.assertIn(f"the risk engine at tcp://127.0.0.1:{mesh.ports['commands']} cannot be reached", result.stderr)
            both = f"tcp://127.0.0.1:{mesh.ports['commands']},tcp://127.0.0.1:{mesh.ports['engine']}"
            result = mesh.run("riskctl", "ack", "1", "anna", env={"ENGINE_COMMAND_ENDPOINT": both})
            for endpoint in both.split(","):
                self.assertIn(f"the risk engine at {endpoint} cannot be reached", result.stderr)

    def test_of_an_engine_and_its_standby_the_one_that_listens_carries_a_command_out_once(self):
        with Mesh() as mesh:
            mesh.start_ready("risk-engine")
            both = f"tcp://127.0.0.1:{mesh.ports['gateway']},tcp://127.0.0.1:{mesh.ports['commands']}"
            done = mesh.run("riskctl", "cleanup", "30", env={"ENGINE_COMMAND_ENDPOINT": both})
            self.assertEqual(done.returncode, 0, done.stderr)
            # Its trace is in the next commit.
            wait_until(lambda: mesh.database.rows("SELECT count(*) FROM commands") != [("0",)], "the trace of the command")
            self.assertEqual(mesh.database.rows("SELECT count(*) FROM commands"), [("1",)])


if __name__ == "__main__":
    unittest.main()
