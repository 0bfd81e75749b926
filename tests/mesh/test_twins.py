"""Two simulators on one stream, by a copied journal: the engine takes one, and says of the other what it is."""
import json
import re
import shutil
import signal
import unittest
import urllib.error
import urllib.request

from mesh import Mesh, free_ports, wait_until


def readiness(mesh):
    """Status of the engine, and its condition about publishers."""
    url = f"http://127.0.0.1:{mesh.ports['health-risk-engine']}/readyz"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, "ok"
    except urllib.error.HTTPError as answer:
        return answer.code, json.load(answer)["conditions"].get("one publisher a stream", "")
    except urllib.error.URLError as error:
        return None, str(error.reason)


def refused_records(mesh):
    with urllib.request.urlopen(f"http://127.0.0.1:{mesh.ports['health-risk-engine']}/metrics", timeout=5) as answer:
        return float(re.search(r"^risk_rival_records_total (\S+)$", answer.read().decode(), re.M).group(1))


def applied(mesh):
    return int(mesh.database.rows("SELECT count(*) FROM transactions")[0][0])


def runs(mesh):
    """How many runs of simulators the applied transactions are of: each gives its ids a prefix of its own."""
    return int(mesh.database.rows("SELECT count(DISTINCT substr(transaction_id, 1, 9)) FROM transactions")[0][0])


class Twins(unittest.TestCase):
    def test_a_copied_journal_that_is_published_from_is_refused_and_named_until_it_ends(self):
        with Mesh() as mesh:
            port, replay_port, health_port = free_ports(3)
            twin_flags = ("--port", port, "--replay-port", replay_port, "--journal", "copy", "--stream-name", "twin")
            first_flags = ("--journal", "journal", "--stream-name", "first", "--rate", "100")
            endpoints = f"tcp://127.0.0.1:{mesh.ports['transactions']},tcp://127.0.0.1:{port}"
            mesh.start_ready("risk-engine", env={"TRANSACTION_ENDPOINTS": endpoints})
            mesh.start("simulator", *first_flags)
            wait_until(lambda: applied(mesh) > 50, "transactions of the first")
            mesh.stop("simulator")
            shutil.copytree(mesh.folder / "journal", mesh.folder / "copy")
            mesh.start("simulator", *first_flags)
            wait_until(lambda: runs(mesh) == 2, "transactions of the first's second run")

            twin = mesh.start("simulator", *twin_flags, "--rate", "200", name="twin", env={"HEALTH_PORT": str(health_port)})
            status, reason = wait_until(lambda: (answer := readiness(mesh))[0] == 503 and answer, "the engine to say so")
            stream = re.search(r"stream=([0-9a-f]{32})", twin.text()).group(1)
            self.assertIn(f"stream {stream} has two publishers: 'first' at tcp://127.0.0.1:{mesh.ports['transactions']} is taken; "
                          f"'twin' at tcp://127.0.0.1:{port} is refused", reason)
            self.assertGreater(refused_records(mesh), 0)

            mesh.stop("simulator", signal.SIGKILL)
            before = refused_records(mesh)
            wait_until(lambda: refused_records(mesh) > before + 400 and "record" in readiness(mesh)[1], "the twin to be refused alone")
            self.assertIn("'twin'", readiness(mesh)[1])
            self.assertEqual(runs(mesh), 2)
            # Also by an engine that has heard neither of them yet.
            mesh.stop("risk-engine")
            mesh.start("risk-engine", env={"TRANSACTION_ENDPOINTS": endpoints})
            wait_until(lambda: "'twin'" in readiness(mesh)[1], "the twin to be refused by an engine that has just started")
            self.assertEqual(runs(mesh), 2)
            self.assertTrue(any("another publisher of this stream" in line for line in mesh.errors()))

            mesh.stop("twin")
            mesh.start("simulator", *first_flags)
            wait_until(lambda: runs(mesh) == 3, "transactions of the first's third run")
            wait_until(lambda: mesh.ready("risk-engine"), "the engine to be ready again")
            self.assertEqual([row for row in mesh.database.rows("SELECT missing FROM stream_cursors") if row[0] != "0"], [])


if __name__ == "__main__":
    unittest.main()
