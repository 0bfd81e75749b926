"""pg_cluster.sh gives a server that answers where it says, and leaves nothing behind."""

import os
import subprocess
import tempfile
import unittest

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pg_cluster.sh")


class PgClusterTest(unittest.TestCase):
    def test_starts_answers_and_leaves_nothing(self):
        folder = tempfile.mkdtemp()
        started = subprocess.run([SCRIPT, "start", folder], capture_output=True, text=True, check=True)
        settings = dict(line.split("=", 1) for line in started.stdout.splitlines())
        try:
            self.assertEqual("postgres|on", self.ask(settings, settings["TEST_POSTGRES_PASSWORD"]).stdout.strip())
            self.assertNotEqual(0, self.ask(settings, "wrong").returncode)
            subprocess.run([SCRIPT, "crash", folder], check=True)
            self.assertIn("Connection refused", self.ask(settings, settings["TEST_POSTGRES_PASSWORD"]).stderr)
            subprocess.run([SCRIPT, "revive", folder], check=True)
            self.assertEqual("postgres|on", self.ask(settings, settings["TEST_POSTGRES_PASSWORD"]).stdout.strip())
        finally:
            subprocess.run([SCRIPT, "stop", folder], check=True)
        self.assertFalse(os.path.exists(folder))
        self.assertIn("Connection refused", self.ask(settings, settings["TEST_POSTGRES_PASSWORD"]).stderr)

    def ask(self, settings, password):
        address = [f"-h{settings['TEST_POSTGRES_HOST']}", f"-p{settings['TEST_POSTGRES_PORT']}", f"-U{settings['TEST_POSTGRES_USER']}"]
        question = "SELECT current_user, current_setting('full_page_writes')"
        return subprocess.run(
            ["psql", *address, "-d", settings["TEST_POSTGRES_DB"], "-Atc", question],
            env={**os.environ, "PGPASSWORD": password},
            capture_output=True,
            text=True,
        )


if __name__ == "__main__":
    unittest.main()
