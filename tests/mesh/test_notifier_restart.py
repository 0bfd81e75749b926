"""The notifier is killed and comes back: every alert reaches people, each once."""
import collections
import json
import re
import signal
import unittest

from mesh import Mesh, Peer, wait_until

HEADER = "transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market\n"


def breach(mesh, name):
    """One execution that brings a client and a symbol over their limits: two alerts."""
    path = mesh.folder / f"{name}.csv"
    path.write_text(f"{HEADER}{name},2024-09-20T08:36:00Z,CLIENT_{name},SYM{name},BUY,6250,200,USD,B,M\n")
    mesh.replay(path)


def told(slack):
    """How often each event was told, by its number."""
    bodies = [json.dumps(json.loads(post["body"])) for post in slack.all("request") if post["status"] == "200"]
    return collections.Counter(int(re.search(r", event (\d+),", body).group(1)) for body in bodies)


def stored(mesh):
    return [int(row[0]) for row in mesh.database.rows("SELECT event_id FROM alert_events ORDER BY event_id")]


class Killed(unittest.TestCase):
    def test_alerts_raised_while_the_notifier_is_dead_arrive_once_it_is_back_each_once(self):
        with Mesh() as mesh:
            slack = Peer(mesh, "http_sink.py")
            env = {"SLACK_WEBHOOK_URL": f"http://127.0.0.1:{slack.port}/services/t0ken"}
            mesh.start_ready("risk-engine")
            breach(mesh, "YESTERDAY")
            before = stored(mesh)
            mesh.start_ready("alert-notifier", env=env)
            breach(mesh, "A")
            wait_until(lambda: len(told(slack)) == 2, "the alerts before the kill")
            # The position is noted after the delivery, which is what the state is for.
            state = mesh.folder / "var/alert-notifier.state"
            wait_until(lambda: f" {stored(mesh)[-1]}\n" in state.read_text(), "the note of the last delivery")

            mesh.stop("alert-notifier", signal.SIGKILL)
            for name in ("B", "C", "D"):
                breach(mesh, name)
            mesh.start_ready("alert-notifier", env=env)
            breach(mesh, "E")
            expected = {event: 1 for event in stored(mesh) if event not in before}
            self.assertEqual(len(expected), 10)
            wait_until(lambda: len(told(slack)) >= len(expected), "every alert")
            self.assertEqual(mesh.stop("alert-notifier"), 0)
            self.assertEqual(dict(told(slack)), expected)
            self.assertEqual(mesh.errors(), [])

    def test_the_engine_and_the_notifier_killed_together_lose_no_alert(self):
        with Mesh() as mesh:
            slack = Peer(mesh, "http_sink.py")
            env = {"SLACK_WEBHOOK_URL": f"http://127.0.0.1:{slack.port}/services/t0ken"}
            mesh.start_ready("risk-engine")
            mesh.start_ready("alert-notifier", env=env)
            mesh.stop("alert-notifier", signal.SIGKILL)  # before its first alert
            breach(mesh, "A")
            mesh.stop("risk-engine", signal.SIGKILL)
            mesh.start("alert-notifier", env=env)
            mesh.start_ready("risk-engine")
            wait_until(lambda: len(told(slack)) >= 2, "the alerts")
            breach(mesh, "B")
            wait_until(lambda: len(told(slack)) >= 4, "every alert")
            self.assertEqual(dict(told(slack)), {event: 1 for event in stored(mesh)})


if __name__ == "__main__":
    unittest.main()
