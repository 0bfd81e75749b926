"""The encrypted bus: who gets in with which keys, and what the others are told."""
import contextlib
import re
import shutil
import unittest
import urllib.error

from mesh import Mesh, wait_until

HEADER = "transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market\n"
TRANSACTIONS = (HEADER + "T1,2024-09-20T08:36:00Z,CLIENT_001,AAPL,BUY,8000,200,USD,B,M\n"
                "T2,2024-09-20T08:36:01Z,CLIENT_002,MSFT,BUY,1200,500,USD,B,M\n")
NAMES = ("simulator", "risk-engine", "alert-notifier", "dashboard-gateway", "riskctl")


@contextlib.contextmanager
def encrypted_mesh(**env):
    """A mesh with keys for every service, and a file of transactions."""
    with Mesh(env=env) as mesh:
        mesh.keys = mesh.folder / "keys"
        made = mesh.run("riskctl", "keys", mesh.keys)
        assert made.returncode == 0, made.stderr
        mesh.keys_said = made.stdout + made.stderr
        mesh.env["BUS_CURVE_DIRECTORY"] = str(mesh.keys)
        (mesh.folder / "t.csv").write_text(TRANSACTIONS)
        yield mesh


def other_keys(mesh, name, *names):
    """A folder with the mesh's keys, where those of `names` are others. Returns the setting that names it."""
    folder = mesh.folder / name
    shutil.copytree(mesh.keys, folder)
    for own in names:
        (folder / f"{own}.key").unlink()
        (folder / f"{own}.pub").unlink()
    made = mesh.run("riskctl", "keys", folder, *names)
    assert made.returncode == 0, made.stderr
    return {"BUS_CURVE_DIRECTORY": str(folder)}


class Curve(unittest.TestCase):
    def assert_no_secret(self, mesh, *texts):
        texts += tuple(log.read_text(errors="replace") for log in mesh.folder.glob("*.log"))
        for name in NAMES:
            secret = (mesh.keys / f"{name}.key").read_text().strip()
            self.assertFalse(any(secret in text for text in texts), f"the secret key of {name} was printed")

    def test_with_keys_everything_works_beyond_loopback_too(self):
        with encrypted_mesh(BUS_BIND_ADDRESS="0.0.0.0") as mesh:
            mesh.start_ready("risk-engine")
            mesh.start_ready("dashboard-gateway")
            notifier = mesh.start_ready("alert-notifier")
            mesh.replay("t.csv")
            self.assertEqual(mesh.database.rows("SELECT count(*) FROM transactions"), [("2",)])
            wait_until(lambda: "CLIENT_001 gross exposure" in notifier.text(), "the notifier to hear of the alert")
            done = mesh.run("riskctl", "ack", "1", "anna")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            mesh.api("/alerts/2/ack", {"user": "ben"})
            wait_until(lambda: mesh.database.rows("SELECT acknowledged_by FROM alerts WHERE alert_id < 3 ORDER BY alert_id") ==
                       [("anna",), ("ben",)], "both acknowledgements")
            wait_until(lambda: mesh.api("/alerts/1")["status"] == "ACKNOWLEDGED", "the gateway to show it")
            self.assertEqual(mesh.errors(), [])
            self.assert_no_secret(mesh, mesh.keys_said, done.stdout)

    def test_riskctl_says_why_the_engine_does_not_answer(self):
        with encrypted_mesh() as mesh:
            engine = mesh.start_ready("risk-engine")
            at = f"riskctl: the risk engine at tcp://127.0.0.1:{mesh.ports['commands']} "

            stranger = other_keys(mesh, "stranger", "riskctl")
            refused = mesh.run("riskctl", "cleanup", env=stranger)
            key = (mesh.folder / "stranger/riskctl.pub").read_text().strip()
            self.assertEqual(refused.returncode, 1)
            self.assertEqual(refused.stderr, f"{at}refuses our key {key}: it is not on its allow-list\n")
            wait_until(lambda: re.search(f'level=warning .*not on the allow-list.*public_key="?{re.escape(key)}"?.*address=127.0.0.1 refused_so_far=1', engine.text()),
                       "the engine to say whom it refused")

            plain = mesh.run("riskctl", "cleanup", env={"BUS_CURVE_DIRECTORY": ""})
            self.assertEqual(plain.returncode, 1)
            # It depends on whose bytes come first whether the engine's greeting is read before it hangs up.
            self.assertRegex(plain.stderr, re.escape(at) + r"(wants encryption: set bus\.curve_directory \(BUS_CURVE_DIRECTORY\)|"
                             r"hangs up on us: it is not ready, or wants encryption \(bus\.curve_directory\))\n\Z")

            misled = other_keys(mesh, "misled", "risk-engine")
            wrong = mesh.run("riskctl", "cleanup", env=misled)
            key_file = mesh.folder / "misled/risk-engine.pub"
            self.assertEqual(wrong.returncode, 1)
            self.assertEqual(wrong.stderr, f"{at}hangs up on us: it has another key than {key_file}, {key_file.read_text().strip()}\n")

            self.assertEqual(mesh.database.rows("SELECT count(*) FROM commands"), [("0",)])
            self.assertEqual(mesh.run("riskctl", "cleanup").returncode, 0)
            self.assert_no_secret(mesh, refused.stderr, plain.stderr, wrong.stderr)

    def test_transactions_of_a_publisher_without_the_simulators_key_are_not_taken(self):
        for case, told in (("plain", "does not encrypt, and we do|hangs up on us"), ("false", "hangs up on us: it has another key than {}/simulator.pub")):
            # A mesh for each: an engine says the same of the same address once a minute.
            with self.subTest(case), encrypted_mesh() as mesh:
                engine = mesh.start_ready("risk-engine")
                env = {"BUS_CURVE_DIRECTORY": ""} if case == "plain" else other_keys(mesh, "false", "simulator")
                simulator = mesh.start("simulator", "--replay", "t.csv", "--speed", "max", "--journal", "journal-of-a-stranger", env=env, name="stranger")
                wait_until(lambda: re.search(told.format(mesh.keys), engine.text()), "the engine to say what is wrong")
                wait_until(lambda: "msg=published rows=2" in simulator.text(), "the simulator to have something to give")
                self.assertEqual(mesh.stop("stranger"), 0)
                self.assertEqual(mesh.database.rows("SELECT count(*) FROM transactions"), [("0",)])
                mesh.replay("t.csv")
                self.assertEqual(mesh.database.rows("SELECT count(*) FROM transactions"), [("2",)])

    def test_a_subscriber_that_is_not_on_the_allow_list_hears_nothing(self):
        with encrypted_mesh() as mesh:
            mesh.start_ready("risk-engine")
            stranger = mesh.start("alert-notifier", env=other_keys(mesh, "stranger", "alert-notifier"), name="stranger")
            wait_until(lambda: "refuses our key" in stranger.text(), "the notifier to say that it was refused")
            mesh.replay("t.csv")
            wait_until(lambda: mesh.database.rows("SELECT count(*) FROM alerts") == [("3",)], "three alerts")
            self.assertFalse(mesh.ready("alert-notifier"))
            mesh.stop("stranger")
            self.assertNotIn("CLIENT_001", stranger.text())
            self.assertEqual(stranger.text().count("refuses our key"), 1)

    def test_the_page_says_why_the_engine_does_not_carry_a_command_out(self):
        with encrypted_mesh() as mesh:
            mesh.start_ready("risk-engine")
            mesh.start("dashboard-gateway", env=other_keys(mesh, "stranger", "dashboard-gateway"))
            mesh.replay("t.csv")
            mesh.wait_ready("dashboard-gateway")
            with self.assertRaises(urllib.error.HTTPError) as refused:
                mesh.api("/alerts/1/ack", {"user": "ben"})
            self.assertEqual(refused.exception.code, 503)
            self.assertIn("the engine refuses our key", refused.exception.read().decode())
            self.assertEqual(mesh.database.rows("SELECT status FROM alerts WHERE alert_id = 1"), [("OPEN",)])

    def test_a_mistake_in_the_keys_stops_the_start(self):
        with encrypted_mesh() as mesh:
            for service in NAMES[:-1]:
                self.assertEqual(mesh.run(service, "--check-config").returncode, 0)
                (mesh.keys / f"{service}.key").chmod(0o644)
                result = mesh.run(service)
                self.assertEqual(result.returncode, 2)
                self.assertIn(f"{mesh.keys}/{service}.key: has mode 644, it must be its owner's alone (chmod 600)", result.stderr)
                (mesh.keys / f"{service}.key").unlink()
                result = mesh.run(service)
                self.assertEqual(result.returncode, 2)
                self.assertIn(f"{mesh.keys}/{service}.key: cannot be opened: No such file or directory", result.stderr)
            plain = mesh.run("simulator", env={"BUS_CURVE_DIRECTORY": "", "BUS_BIND_ADDRESS": "0.0.0.0"})
            self.assertEqual(plain.returncode, 1)
            self.assertIn("encrypt it with BUS_CURVE_DIRECTORY", plain.stdout)

    def test_riskctl_makes_keys_once(self):
        with encrypted_mesh() as mesh:
            before = {path.name: path.read_text() for path in mesh.keys.iterdir()}
            self.assertEqual(set(before), {f"{name}.{kind}" for name in NAMES for kind in ("key", "pub")})
            self.assertEqual({oct(path.stat().st_mode & 0o777) for path in mesh.keys.glob("*.key")}, {"0o600"})
            for name in NAMES:
                self.assertIn(before[f"{name}.pub"].strip(), mesh.keys_said)
            self.assert_no_secret(mesh, mesh.keys_said)

            again = mesh.run("riskctl", "keys")  # of bus.curve_directory
            self.assertEqual(again.returncode, 1)
            self.assertEqual(again.stderr, f"riskctl: {mesh.keys}/simulator.key: is there already, and a key is never overwritten\n")
            self.assertEqual({path.name: path.read_text() for path in mesh.keys.iterdir()}, before)

            self.assertEqual(mesh.run("riskctl", "keys", mesh.keys, "second-desk").returncode, 0)
            self.assertTrue((mesh.keys / "second-desk.pub").exists())
            nowhere = mesh.run("riskctl", "keys", env={"BUS_CURVE_DIRECTORY": ""})
            self.assertEqual(nowhere.returncode, 2)
            self.assertIn("keys needs a DIRECTORY", nowhere.stderr)
            self.assertEqual(mesh.run("riskctl", "keys", mesh.folder / "x", "../y").returncode, 1)


if __name__ == "__main__":
    unittest.main()
