"""Today's engine goes on with databases that an earlier one left: with all history, and with retention behind it."""
import gzip
import hashlib
import re
import unittest

from mesh import ROOT, Mesh, wait_until

DATA = ROOT / "tests/data"
FIGURES = "long, short, turnover, position_count, transaction_count"
# By the commit that made them: how many transactions, and the SHA-256 of figures() when the earlier engine had stopped.
COMMITS = {
    "2b3bb3a": (800, {"sqlite": "1f39a9f4646d8c7213da45a32aa43691e0cc1fc37d2aa1c7b98f6552102c2e1d",
                      "pg.sql": "4ee41d3cd556a2796f91b5e39bd25ced6524c15124c05b2681c98b500e74b580"}),
    # The last forty are older than the marks, of which they were made all the same, and stand in no snapshot.
    "e04c909": (840, {"sqlite": "44adab4edc9241efae7f8e16893eb32cdc9ce950d751048811827d3f83766d26",
                      "pg.sql": "f1ee9c01e39f41cb98070bdae10fa79214336456e69760f1234414552382fce7"}),
}
ROWS_DROPPED = 401


def first_kept(kind):
    """The rules are the first input, and no transaction."""
    return (ROWS_DROPPED if kind == "retention" else 1) + 1


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
    def go_on(self, mesh, transactions, expected):
        before = figures(mesh.database)
        self.assertEqual(sha256(before), expected, "the file is not what it was")
        stood = cursor(mesh.database)
        newest = mesh.database.rows("SELECT max(apply_seq) FROM engine_snapshots")[0][0]
        engine = mesh.start_ready("risk-engine")
        self.assertRegex(engine.text(), r'msg="a snapshot is in an older format, which is read".*\bapply_seq=' + newest)
        self.assertNotIn("level=error", engine.text())
        self.assertEqual(figures(mesh.database), before)
        self.assertGreaterEqual(cursor(mesh.database), stood)
        kept = mesh.database.rows("SELECT count(*) FROM transactions")
        self.assertEqual(mesh.database.rows("SELECT count(*) FROM transactions WHERE order_id = '' AND trader_id = ''"), kept)

        self.send_again(mesh)
        mesh.start("simulator", "--rate", "400", "--seed", "11", "--count", "100")
        count = "SELECT transaction_count FROM firm_exposures"
        wait_until(lambda: mesh.database.rows(count) == [(str(transactions + self.applied_again + 100),)], "the new transactions")
        self.assertGreaterEqual(cursor(mesh.database), stood + 100)
        self.assertEqual(mesh.stop("simulator"), 0)
        self.assertEqual(mesh.stop("risk-engine"), 0)
        after = figures(mesh.database)

        # What it stored, it starts on again.
        mesh.start_ready("risk-engine")
        self.assertEqual(figures(mesh.database), after)
        self.assertEqual(mesh.stop("risk-engine"), 0)
        self.assertEqual(mesh.errors(), [])

    def send_again(self, mesh):
        """What the earlier engine applied is known, though it did not keep what executions it had applied."""
        columns = "transaction_id, executed_at, client_id, symbol, side, quantity, price, currency, broker_id, market"
        stored = mesh.database.rows(f"SELECT {columns} FROM transactions ORDER BY executed_at, apply_seq")
        in_utc = lambda row: [re.sub(r"[ T]([\d:.]+).*", r"T\1Z", cell) if i == 1 else cell for i, cell in enumerate(row)]
        rows = [in_utc(row) for row in stored]
        dropped = [["DROPPED", "2001-01-01T00:00:00Z", *rows[0][2:]]]
        known = rows[:50] + rows[-50:]
        (mesh.folder / "again.csv").write_text("\n".join([columns.replace(" ", ""), *(",".join(row) for row in known + dropped)]) + "\n")
        mesh.replay("again.csv", "--journal", mesh.folder / "again", "--stream-name", "simulator@again")
        self.assertEqual(mesh.database.rows("SELECT duplicates, conflicts FROM stream_cursors WHERE name = 'simulator@again'"), [("100", "0")])
        refused = mesh.database.rows("SELECT field, reason FROM quarantine WHERE value = '2001-01-01T00:00:00.000000Z'")
        if int(mesh.database.rows("SELECT min(apply_seq) FROM transactions")[0][0]) == first_kept("retention"):
            self.assertEqual([(field, reason.split(":")[0]) for field, reason in refused], [("executed_at", "older than what is kept")])
        else:
            self.assertEqual(refused, [])
        self.applied_again = 0 if refused else 1

    def sqlite(self, kind):
        for commit, (transactions, expected) in COMMITS.items():
            name = f"database-{commit}-{kind}.sqlite.gz"
            with self.subTest(name), Mesh() as mesh:
                mesh.database.path.write_bytes(gzip.decompress((DATA / name).read_bytes()))
                self.assertEqual(int(mesh.database.rows("SELECT min(apply_seq) FROM transactions")[0][0]), first_kept(kind))
                self.go_on(mesh, transactions, expected["sqlite"])

    def test_an_sqlite_file_with_all_history(self):
        self.sqlite("history")

    def test_an_sqlite_file_whose_first_day_retention_has_dropped(self):
        self.sqlite("retention")

    def postgresql(self, kind):
        for commit, (transactions, expected) in COMMITS.items():
            name = f"database-{commit}-{kind}.pg.sql.gz"
            with self.subTest(name), Mesh(postgres=True) as mesh:
                dump = gzip.decompress((DATA / name).read_bytes()).decode()
                # A dump of a newer pg_dump sets and restricts what an older server or psql does not know.
                dump = re.sub(r"^(SET transaction_timeout.*|\\(un)?restrict .*)\n", "", dump, flags=re.M)
                script = mesh.folder / "dump.sql"
                script.write_text("SET ROLE risk_engine;\n" + dump)
                mesh.database.psql("postgres", "risk_alert", "DROP SCHEMA public CASCADE", "CREATE SCHEMA public AUTHORIZATION risk_engine")
                mesh.database.psql("postgres", "risk_alert", f"\\i {script}")
                mesh.database.psql("postgres", "risk_alert", "RESET search_path")
                self.assertEqual(int(mesh.database.rows("SELECT min(apply_seq) FROM transactions")[0][0]), first_kept(kind))
                self.go_on(mesh, transactions, expected["pg.sql"])

    def test_a_postgresql_dump_with_all_history(self):
        self.postgresql("history")

    def test_a_postgresql_dump_whose_first_day_retention_has_dropped(self):
        self.postgresql("retention")


if __name__ == "__main__":
    unittest.main()
