"""A database that neither answers nor fails: the engine is alive and not ready, and goes on when it is over."""
import contextlib
import os
import signal
import unittest

from mesh import Mesh, wait_until


class Stuck(unittest.TestCase):
    def test_a_commit_that_gets_no_answer_shows_in_readiness_and_not_in_liveness(self):
        with Mesh(postgres=True) as mesh, contextlib.ExitStack() as stopped:
            mesh.start_ready("risk-engine")
            mesh.start("simulator", "--rate", "50", "--seed", "7")
            wait_until(lambda: mesh.database.rows("SELECT 1 FROM transactions LIMIT 1"), "transactions in the store")
            for (pid,) in mesh.database.rows("SELECT pid FROM pg_stat_activity WHERE usename = 'risk_engine'"):
                stopped.callback(os.kill, int(pid), signal.SIGCONT)
                os.kill(int(pid), signal.SIGSTOP)
            wait_until(lambda: "a write has waited for" in str(mesh.get("risk-engine", "/readyz")), "the engine to say that it waits")
            self.assertEqual(mesh.get("risk-engine", "/readyz")[0], 503)
            self.assertEqual(mesh.get("risk-engine", "/healthz"), (200, {"status": "alive"}))
            stopped.close()
            mesh.wait_ready("risk-engine")
            self.assertEqual(mesh.errors(), [])


if __name__ == "__main__":
    unittest.main()
