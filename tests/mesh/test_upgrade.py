"""Today's engine goes on with databases that an earlier one left: with all history, and with retention behind it."""
import gzip
import hashlib
import re
import unittest

from mesh import ROOT, Mesh, wait_until

DATA = ROOT / "tests/data"
TRANSACTIONS = 800  # in each of the databases
FIGURES = "long, short, turnover, position_count, transaction_count"
# The SHA-256 of figures() when the earlier engine had stopped.
EXPECTED = {
    "database-2b3bb3a-history.sqlite.gz": "1f39a9f4646d8c7213da45a32aa43691e0cc1fc37d2aa1c7b98f6552102c2e1d",
    "database-2b3bb3a-retention.sqlite.gz": "1f39a9f4646d8c7213da45a32aa43691e0cc1fc37d2aa1c7b98f6552102c2e1d",
    "database-2b3bb3a-history.pg.sql.gz": "4ee41d3cd556a2796f91b5e39bd25ced6524c15124c05b2681c98b500e74b580",
    "database-2b3bb3a-retention.pg.sql.gz": "4ee41d3cd556a2796f91b5e39bd25ced6524c15124c05b2681c98b500e74b580",
}
ROWS_DROPPED = 401


def first_kept(name):
    """The rules are the first input, and no transaction."""
    return (ROWS_DROPPED if "retention" in name else 1) + 1


def figures(database):
    """Every position and exposure, as text."""
    rows = [("position", *row) for row in database.rows("SELECT client_id, symbol, quantity FROM positions")]
    for kind, key in (("client", "client_id"), ("symbol", "symbol"), ("firm", "firm_id")):
        rows += [(kind, *row) for row in database.rows(f"SELECT {key}, {FIGURES} FROM {kind}_exposures")]
    return "\n".join(sorted("\t".join(row) for row in rows))


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def cursor(database):
    return int(database.rows("SELECT sequence FROM stream_cursors WHERE name = 'risk-engine'")[0][0])


class Upgrade(unittest.TestCase):
    def go_on(self, mesh, name):
        before = figures(mesh.database)
        self.assertEqual(sha256(before), EXPECTED[name], "the file is not what it was")
        stood = cursor(mesh.database)
        newest = mesh.database.rows("SELECT max(apply_seq) FROM engine_snapshots")[0][0]
        engine = mesh.start_ready("risk-engine")
        self.assertRegex(engine.text(), r'msg="a snapshot is in an older format, which is read".*\bapply_seq=' + newest)
        self.assertNotIn("level=error", engine.text())
        self.assertEqual(figures(mesh.database), before)
        self.assertGreaterEqual(cursor(mesh.database), stood)
        kept = mesh.database.rows("SELECT count(*) FROM transactions")
        self.assertEqual(mesh.database.rows("SELECT count(*) FROM transactions WHERE order_id = '' AND trader_id = ''"), kept)

        mesh.start("simulator", "--rate", "400", "--seed", "11", "--count", "100")
        count = "SELECT transaction_count FROM firm_exposures"
        wait_until(lambda: mesh.database.rows(count) == [(str(TRANSACTIONS + 100),)], "the new transactions")
        self.assertGreaterEqual(cursor(mesh.database), stood + 100)
        self.assertEqual(mesh.stop("simulator"), 0)
        self.assertEqual(mesh.stop("risk-engine"), 0)
        after = figures(mesh.database)

        # What it stored, it starts on again.
        mesh.start_ready("risk-engine")
        self.assertEqual(figures(mesh.database), after)
        self.assertEqual(mesh.stop("risk-engine"), 0)
        self.assertEqual(mesh.errors(), [])

    def sqlite(self, name):
        with Mesh() as mesh:
            mesh.database.path.write_bytes(gzip.decompress((DATA / name).read_bytes()))
            self.assertEqual(int(mesh.database.rows("SELECT min(apply_seq) FROM transactions")[0][0]), first_kept(name))
            self.go_on(mesh, name)

    def test_an_sqlite_file_with_all_history(self):
        self.sqlite("database-2b3bb3a-history.sqlite.gz")

    def test_an_sqlite_file_whose_first_day_retention_has_dropped(self):
        self.sqlite("database-2b3bb3a-retention.sqlite.gz")

    def postgresql(self, name):
        with Mesh(postgres=True) as mesh:
            dump = gzip.decompress((DATA / name).read_bytes()).decode()
            # A dump of a newer pg_dump sets and restricts what an older server or psql does not know.
            dump = re.sub(r"^(SET transaction_timeout.*|\\(un)?restrict .*)\n", "", dump, flags=re.M)
            script = mesh.folder / "dump.sql"
            script.write_text("SET ROLE risk_engine;\n" + dump)
            mesh.database.psql("postgres", "risk_alert", "DROP SCHEMA public CASCADE", "CREATE SCHEMA public AUTHORIZATION risk_engine")
            mesh.database.psql("postgres", "risk_alert", f"\\i {script}")
            mesh.database.psql("postgres", "risk_alert", "RESET search_path")
            self.assertEqual(int(mesh.database.rows("SELECT min(apply_seq) FROM transactions")[0][0]), first_kept(name))
            self.go_on(mesh, name)

    def test_a_postgresql_dump_with_all_history(self):
        self.postgresql("database-2b3bb3a-history.pg.sql.gz")

    def test_a_postgresql_dump_whose_first_day_retention_has_dropped(self):
        self.postgresql("database-2b3bb3a-retention.pg.sql.gz")


if __name__ == "__main__":
    unittest.main()
