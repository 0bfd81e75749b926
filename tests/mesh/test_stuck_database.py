"""A database that neither answers nor fails: the engine is alive and not ready, and goes on when it is over."""
import contextlib
import json
import os
import signal
import unittest
import urllib.error
import urllib.request

from mesh import Mesh, wait_until


def health(mesh, path):
    with contextlib.suppress(OSError):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{mesh.ports['health-risk-engine']}{path}", timeout=2) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refusal:
            return refusal.code, json.load(refusal)
    return 0, {}


class Stuck(unittest.TestCase):
    def test_a_commit_that_gets_no_answer_shows_in_readiness_and_not_in_liveness(self):
        with Mesh(postgres=True) as mesh, contextlib.ExitStack() as stopped:
            mesh.start_ready("risk-engine")
            mesh.start("simulator", "--rate", "50", "--seed", "7")
            wait_until(lambda: mesh.database.rows("SELECT 1 FROM transactions LIMIT 1"), "transactions in the store")
            for (pid,) in mesh.database.rows("SELECT pid FROM pg_stat_activity WHERE usename = 'risk_engine'"):
                stopped.callback(os.kill, int(pid), signal.SIGCONT)
                os.kill(int(pid), signal.SIGSTOP)
            wait_until(lambda: "a write has waited for" in str(health(mesh, "/readyz")), "the engine to say that it waits")
            self.assertEqual(health(mesh, "/readyz")[0], 503)
            self.assertEqual(health(mesh, "/healthz"), (200, {"status": "alive"}))
            stopped.close()
            mesh.wait_ready("risk-engine")
            self.assertEqual(mesh.errors(), [])


if __name__ == "__main__":
    unittest.main()
