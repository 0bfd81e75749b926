"""The engine whose SQLite file is deleted, moved, replaced or emptied, while it runs or while it does not: it says so, claims
nothing, and never begins a new database in the place of one that was there."""
import json
import os
import pathlib
import re
import shutil
import signal
import unittest

from mesh import Mesh, wait_until


def conditions(mesh):
    return mesh.get("risk-engine", "/readyz")[1].get("conditions", {})


def committed(mesh):
    return sum(int(sequence) for (sequence,) in mesh.database.rows(
        "SELECT sequence FROM stream_cursors WHERE name LIKE 'simulator@%'"))


def traded(mesh):
    """An engine and a simulator, with something committed."""
    mesh.start_ready("risk-engine")
    mesh.start("simulator", "--rate", "100", "--seed", "7")
    wait_until(lambda: committed(mesh) > 20, "transactions in the store")


class WhileItRuns(unittest.TestCase):
    def test_a_file_that_is_moved_makes_the_engine_unready_until_it_is_back_and_nothing_is_lost(self):
        with Mesh() as mesh:
            traded(mesh)
            path = mesh.database.path
            away = path.with_suffix(".away")
            path.rename(away)
            wait_until(lambda: "risk.db" in conditions(mesh).get("database", ""), "the engine to miss its file")
            self.assertEqual(mesh.get("risk-engine", "/readyz")[0], 503)
            self.assertEqual(mesh.get("risk-engine", "/healthz")[0], 200)
            self.assertNotIn(str(mesh.folder), json.dumps(conditions(mesh)))
            self.assertFalse(path.exists(), "another database was begun")
            away.rename(path)
            mesh.wait_ready("risk-engine")
            before = committed(mesh)
            wait_until(lambda: committed(mesh) > before + 20, "commits to go on")
            self.assertEqual(mesh.stop("simulator"), 0)
            self.assertEqual(mesh.stop("risk-engine"), 0)
            self.assertEqual(mesh.database.rows("SELECT missing FROM stream_cursors WHERE name LIKE 'simulator@%'"), [("0",)])
            self.assertEqual(mesh.errors(), [])

    def test_an_idle_engine_misses_its_file_too(self):
        with Mesh() as mesh:
            mesh.start_ready("risk-engine")
            mesh.database.path.unlink()
            wait_until(lambda: "risk.db" in conditions(mesh).get("lease", ""), "the engine to miss its file")
            self.assertEqual(mesh.get("risk-engine", "/readyz")[0], 503)

    def test_a_file_that_is_replaced_or_cut_off_or_whose_log_is_deleted_ends_the_engine_with_its_name(self):
        def copied(path):
            shutil.copy(path, path.with_suffix(".copy"))
            path.with_suffix(".copy").rename(path)

        harms = {"replaced": copied, "cut off": lambda path: os.truncate(path, 0),
                 "log deleted": lambda path: pathlib.Path(f"{path}-wal").unlink(),
                 "index deleted": lambda path: pathlib.Path(f"{path}-shm").unlink()}
        for name, harm in harms.items():
            with self.subTest(harm=name), Mesh() as mesh:
                traded(mesh)
                harm(mesh.database.path)
                self.assertEqual(mesh.running["risk-engine"].wait(), 1)
                self.assertRegex(mesh.running["risk-engine"].text(), r'level=error .*msg="cannot go on" reason=".*risk\.db')

    def test_what_was_not_claimed_before_the_file_was_deleted_is_committed_when_it_is_put_back_from_a_backup(self):
        with Mesh() as mesh:
            traded(mesh)
            mesh.stop("risk-engine")
            shutil.copy(mesh.database.path, mesh.folder / "backup.db")
            mesh.start_ready("risk-engine")
            mesh.database.path.unlink()
            wait_until(lambda: mesh.get("risk-engine", "/readyz")[0] == 503, "the engine to miss its file")
            mesh.stop("risk-engine")
            for left in mesh.folder.glob("risk.db-*"):
                left.unlink()
            shutil.copy(mesh.folder / "backup.db", mesh.database.path)
            mesh.start_ready("risk-engine")
            before = committed(mesh)
            wait_until(lambda: committed(mesh) > before + 20, "commits to go on")


class AtTheStart(unittest.TestCase):
    def refused(self, mesh):
        result = mesh.run("risk-engine")
        self.assertEqual(result.returncode, 1, result.stdout)
        return re.search(r'msg="cannot go on" reason="(.*)"', result.stdout).group(1)

    def test_an_empty_or_deleted_file_is_not_begun_anew_beside_a_lock_file_that_knows_better(self):
        with Mesh() as mesh:
            traded(mesh)
            mesh.stop("simulator")
            mesh.stop("risk-engine")
            path = mesh.database.path
            path.write_bytes(b"")
            self.assertRegex(self.refused(mesh), r"^risk\.db is empty, but risk\.db\.engine beside it .* delete risk\.db\.engine too$")
            self.assertEqual(path.read_bytes(), b"")
            path.unlink()
            self.assertRegex(self.refused(mesh), r"^risk\.db is not there, but risk\.db\.engine beside it ")
            self.assertFalse(path.exists())
            pathlib.Path(f"{path}.engine").unlink()
            mesh.start_ready("risk-engine")
            self.assertEqual(committed(mesh), 0)

    def test_another_database_is_refused(self):
        with Mesh() as mesh, Mesh() as other:
            for each in (mesh, other):
                each.start_ready("risk-engine")
                each.stop("risk-engine")
            shutil.copy(other.database.path, mesh.database.path)
            self.assertRegex(self.refused(mesh), r"^risk\.db was made at .*, but risk\.db\.engine beside it knows one made at ")

    def test_an_engine_killed_at_any_moment_of_its_first_start_can_be_started_again(self):
        with Mesh() as mesh:
            for _ in range(5):
                mesh.start("risk-engine")
                wait_until(lambda: mesh.get("risk-engine", "/readyz")[0], "the health port")
                mesh.stop("risk-engine", signal.SIGKILL)
            mesh.start_ready("risk-engine")
            self.assertEqual(mesh.stop("risk-engine"), 0)


class TheReadingSide(unittest.TestCase):
    def test_the_page_shows_the_database_that_is_there_now_and_says_when_there_is_none(self):
        with Mesh() as mesh:
            traded(mesh)
            mesh.start_ready("dashboard-gateway")
            wait_until(lambda: int(mesh.api("/summary")["transactions"]["total"]) > 20, "transactions on the page")
            for service in ("simulator", "risk-engine"):
                mesh.stop(service)
            with Mesh() as other:
                other.start_ready("risk-engine")
                other.stop("risk-engine")
                empty = mesh.folder / "other.db"
                shutil.copy(other.database.path, empty)
            for left in mesh.folder.glob("risk.db*"):
                left.unlink()
            wait_until(lambda: mesh.get("dashboard-gateway", "/readyz")[0] == 503, "the gateway to miss the file")
            wait_until(lambda: mesh.get("dashboard-gateway", "/api/v1/transactions")[0] == 503, "its questions to be refused")
            empty.rename(mesh.database.path)
            mesh.wait_ready("dashboard-gateway")
            wait_until(lambda: mesh.get("dashboard-gateway", "/api/v1/transactions")[1].get("items") == [], "the other database's transactions")
            wait_until(lambda: int(mesh.api("/summary")["transactions"]["total"]) == 0, "the other database's figures")


if __name__ == "__main__":
    unittest.main()
