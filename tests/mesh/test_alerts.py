"""Alerts reach people: once each, with the text the engine gave them, also when a server was away."""
import json
import unittest

from mesh import Mesh, Peer, wait_until

HEADER = "transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market\n"
BREACH = HEADER + "T1,2024-09-20T08:36:00Z,CLIENT_001,AAPL,BUY,6250,200,USD,B,M\n"
TEXT = "Client CLIENT_001 gross exposure $1,250,000.00 exceeds limit $1,000,000.00 (125.0%)"


def start(mesh, smtp, slack):
    mesh.start_ready("risk-engine")
    mesh.start_ready("alert-notifier", env={
        "SMTP_SERVER": "localhost", "SMTP_PORT": str(smtp.port), "SMTP_USERNAME": "desk", "SMTP_PASSWORD": "s3cret-pw",
        "SMTP_SECURITY": "starttls", "SMTP_CA_FILE": smtp.first["certificate"], "ALERT_EMAIL_FROM": "risk@example.com",
        "ALERT_EMAIL_TO": "officer@example.com", "SLACK_WEBHOOK_URL": f"http://127.0.0.1:{slack.port}/services/t0ken"})
    (mesh.folder / "breach.csv").write_text(BREACH)


class Alerts(unittest.TestCase):
    def test_each_alert_arrives_once_by_mail_with_starttls_and_login_and_at_the_webhook(self):
        with Mesh() as mesh:
            smtp = Peer(mesh, "smtp_server.py", "--tls", "starttls", "--user", "desk", "--password", "s3cret-pw")
            slack = Peer(mesh, "http_sink.py")
            start(mesh, smtp, slack)
            mesh.replay("breach.csv")
            events = int(mesh.database.rows("SELECT count(*) FROM alert_events")[0][0])
            self.assertEqual(events, 2)  # the client's and the symbol's
            wait_until(lambda: len(smtp.all("mail")) >= events and len(slack.all("request")) >= events, "every alert at both")

            mails = [mail for mail in smtp.all("mail") if TEXT in mail["text"]]
            self.assertEqual(len(mails), 1)
            self.assertTrue(mails[0]["tls"])
            self.assertEqual(mails[0]["user"], "desk")
            self.assertTrue(mails[0]["text"].startswith(TEXT))
            posts = [post for post in slack.all("request") if TEXT in json.dumps(json.loads(post["body"]))]
            self.assertEqual(len(posts), 1)

            self.assertEqual(mesh.stop("alert-notifier"), 0)
            self.assertEqual((len(smtp.all("mail")), len(slack.all("request"))), (events, events))
            log = (mesh.folder / "alert-notifier.log").read_text()
            self.assertNotIn("s3cret-pw", log)
            self.assertNotIn("t0ken", log)

    def test_an_alert_arrives_after_a_server_was_down(self):
        with Mesh() as mesh:
            smtp = Peer(mesh, "smtp_server.py", "--tls", "starttls", "--user", "desk", "--password", "s3cret-pw", "--wait")
            slack = Peer(mesh, "http_sink.py", "--script", "500,503")
            start(mesh, smtp, slack)
            mesh.replay("breach.csv")
            log = mesh.folder / "alert-notifier.log"
            wait_until(lambda: "level=warning" in log.read_text(), "a failed attempt")
            self.assertEqual(smtp.all("mail"), [])
            smtp.listen()
            wait_until(lambda: any(TEXT in mail["text"] for mail in smtp.all("mail")), "the mail")
            delivered = lambda: [post for post in slack.all("request") if post["status"] == "200"]
            wait_until(lambda: len(delivered()) == 2, "both posts")

    def test_without_a_channel_alerts_are_logged(self):
        with Mesh() as mesh:
            mesh.start_ready("risk-engine")
            notifier = mesh.start_ready("alert-notifier")
            (mesh.folder / "breach.csv").write_text(BREACH)
            mesh.replay("breach.csv")
            wait_until(lambda: TEXT in notifier.text(), "the alert in the log")


if __name__ == "__main__":
    unittest.main()
