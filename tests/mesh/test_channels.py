"""Channels that fail in every way they can: no alert is lost, none is told twice, and people see what is broken.

As long as people would have to bear it, with MESH_SECONDS_MAX=600: CHANNELS_LOCKED=120 (seconds in which mail refuses the
login), CHANNELS_RETRY_AFTER=3600 (what Slack asks for once; five minutes are the most), CHANNELS_STORM=2000 (alerts) and
CHANNELS_INTERVAL=1 (seconds between two messages that Slack takes).
"""
import collections
import json
import os
import re
import time
import unittest
import urllib.error
import urllib.request

from mesh import Mesh, Peer, wait_until

HEADER = "transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market\n"


LOCKED = float(os.environ.get("CHANNELS_LOCKED", "1"))
RETRY_AFTER = os.environ.get("CHANNELS_RETRY_AFTER", "1")
STORM = int(os.environ.get("CHANNELS_STORM", "300"))
INTERVAL = float(os.environ.get("CHANNELS_INTERVAL", "0.5"))


def breaches(mesh, name, count, quantity=6000):
    """So many clients over their limit, each an alert; symbols have no limit here."""
    rows = [f"{name}{i},2024-09-20T08:36:00Z,{name}_{i:04},SYM,BUY,{quantity},200,USD,B,M\n" for i in range(count)]
    (mesh.folder / f"{name}.csv").write_text(HEADER + "".join(rows))
    mesh.replay(f"{name}.csv")


def engine_env():
    return {"SYMBOL_EXPOSURE_THRESHOLD": "90000000000", "TRANSACTION_VELOCITY_THRESHOLD": "1000000", "ANOMALY_DETECTION_THRESHOLD": "1000"}


def readiness(mesh, service):
    port = mesh.ports[f"health-{service}"]
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return answer.status, json.load(answer)["conditions"]
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["conditions"]


def taken(slack):
    return [json.loads(post["body"]) for post in slack.all("request") if post["status"] == "200"]


def clients(payloads):
    return collections.Counter(name for payload in payloads for name in re.findall(r"Client (\w+) gross", payload["text"]))


class Channels(unittest.TestCase):
    def test_no_alert_is_lost_while_slack_answers_every_error_of_its_own_and_mail_refuses_the_login(self):
        with Mesh(env=engine_env()) as mesh:
            slack = Peer(mesh, "http_sink.py", "--script", f"401,404,410,429:{RETRY_AFTER},500,302,200=invalid_payload,400=no_service")
            smtp = Peer(mesh, "smtp_server.py", "--tls", "starttls", "--user", "desk", "--password", "s3cret-pw",
                        "--locked-for", str(LOCKED))
            mesh.start_ready("risk-engine")
            mesh.start_ready("alert-notifier", env={
                "SMTP_SERVER": "localhost", "SMTP_PORT": str(smtp.port), "SMTP_USERNAME": "desk", "SMTP_PASSWORD": "s3cret-pw",
                "SMTP_SECURITY": "starttls", "SMTP_CA_FILE": smtp.first["certificate"], "ALERT_EMAIL_FROM": "risk@example.com",
                "ALERT_EMAIL_TO": "officer@example.com", "SLACK_WEBHOOK_URL": f"http://127.0.0.1:{slack.port}/services/t0ken",
                "NOTIFIER_RETRY_FIRST_WAIT": "100ms", "NOTIFIER_RETRY_LONGEST_WAIT": "200ms"})
            mesh.start("dashboard-gateway", env={
                "NOTIFIER_HEALTH_URL": f"http://127.0.0.1:{mesh.ports['health-alert-notifier']}/readyz"})
            breaches(mesh, "A", 5)

            def broken():
                status, conditions = readiness(mesh, "alert-notifier")
                return status == 503 and "535 5.7.8 bad credentials" in conditions["channel email"]
            wait_until(broken, "the broken channel to be named")
            mesh.wait_ready("dashboard-gateway")
            expected = collections.Counter({f"A_{i:04}": 1 for i in range(5)})
            wait_until(lambda: clients(taken(slack)) == expected, "every alert at Slack")
            mailed = lambda: collections.Counter(name for mail in smtp.all("mail") for name in re.findall(r"Client (\w+) gross", mail["subject"]))
            wait_until(lambda: mailed() == expected, "every alert by mail")
            self.assertEqual([next(iter(clients([payload]))) for payload in taken(slack)], sorted(expected), "in their order")
            wait_until(lambda: readiness(mesh, "alert-notifier")[0] == 200, "the notifier to be ready again")
            self.assertEqual(mesh.database.rows("SELECT * FROM deliveries"), [])
            self.assertEqual(mesh.errors(), [])

    def test_the_page_names_a_broken_channel_with_its_reason(self):
        with Mesh(env=engine_env()) as mesh:
            slack = Peer(mesh, "http_sink.py", "--script", ",".join(["401=invalid_auth"] * 1000))
            mesh.start_ready("risk-engine")
            mesh.start_ready("alert-notifier", env={"SLACK_WEBHOOK_URL": f"http://127.0.0.1:{slack.port}/services/t0ken"})
            mesh.start("dashboard-gateway", env={
                "NOTIFIER_HEALTH_URL": f"http://127.0.0.1:{mesh.ports['health-alert-notifier']}/readyz"})
            mesh.wait_ready("dashboard-gateway")
            breaches(mesh, "A", 1)
            wait_until(lambda: "status 401: invalid_auth" in json.dumps(mesh.api("/system")), "the page to name it")

    def test_a_critical_alert_passes_a_storm_which_is_one_summary(self):
        with Mesh(env=engine_env()) as mesh:
            slack = Peer(mesh, "http_sink.py", "--interval", str(INTERVAL * 0.9))
            mesh.start_ready("risk-engine")
            mesh.start_ready("alert-notifier", env={
                "SLACK_WEBHOOK_URL": f"http://127.0.0.1:{slack.port}/services/t0ken", "NOTIFIER_SLACK_INTERVAL": f"{int(1000 * INTERVAL)}ms",
                "NOTIFIER_SUMMARY_ABOVE": "20"})
            breaches(mesh, "STORM", STORM)
            breaches(mesh, "WORST", 1, quantity=9000)
            stored = time.monotonic()
            critical = lambda payloads: [i for i, payload in enumerate(payloads) if "Client WORST_0000" in payload["text"]]
            wait_until(lambda: critical(taken(slack)), "the CRITICAL alert")
            told = lambda: [int(text.replace(",", "")) for payload in taken(slack) for text in re.findall(r"^([\d,]+) alert events of", payload["text"])]
            single = lambda: sum(clients(taken(slack)).values())
            wait_until(lambda: sum(told()) + single() >= STORM + 1, "every alert, by itself or in a summary")
            self.assertEqual(sum(told()) + single(), STORM + 1)
            self.assertLess(len(taken(slack)), 12)
            self.assertLess(critical(taken(slack))[0], 4)
            at = next(post["at"] for post in slack.all("request") if "Client WORST_0000" in post["body"])
            print(f"\n{STORM} alerts and a CRITICAL one: {len(taken(slack))} messages, the CRITICAL one {at - stored:.1f} s after it was stored", flush=True)
            summary = next(payload for payload in taken(slack) if "alert events of" in payload["text"])
            facts = {field["title"]: field["value"] for field in summary["attachments"][0]["fields"]}
            self.assertRegex(facts["Opened"], r"^[\d,]+ HIGH$")
            self.assertEqual(len(facts["Worst"].splitlines()), 10)
            print(summary["text"], facts, sep="\n", flush=True)

    def test_an_alert_that_a_channel_refuses_is_listed_by_riskctl(self):
        with Mesh(env=engine_env()) as mesh:
            slack = Peer(mesh, "http_sink.py", "--poison", "POISON_0000")
            mesh.start_ready("risk-engine")
            mesh.start_ready("alert-notifier", env={"SLACK_WEBHOOK_URL": f"http://127.0.0.1:{slack.port}/services/t0ken"})
            self.assertEqual(mesh.run("riskctl", "notify", "undelivered").stdout, "Nothing is undelivered.\n")
            breaches(mesh, "POISON", 1)
            breaches(mesh, "GOOD", 1)
            wait_until(lambda: mesh.database.rows("SELECT channel, event_id, outcome FROM deliveries") == [("slack", "1", "REFUSED")],
                       "the undelivered alert in the database")
            listed = mesh.run("riskctl", "notify", "undelivered")
            self.assertEqual(listed.returncode, 0, listed.stderr)
            self.assertRegex(listed.stdout, r"slack +REFUSED .*HIGH +Client POISON_0000 gross exposure .* status 400: invalid_payload")
            self.assertRegex(mesh.run("riskctl", "summary").stdout, r"undelivered +1\b")
            wait_until(lambda: clients(taken(slack)) == {"GOOD_0000": 1}, "the next alert")
            self.assertTrue(any("this channel does not take its text" in payload["text"] for payload in taken(slack)))
            self.assertEqual(mesh.run("riskctl", "notify", "nonsense").returncode, 2)


if __name__ == "__main__":
    unittest.main()
