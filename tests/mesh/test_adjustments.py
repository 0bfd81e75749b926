"""Splits, renames and positions that people set: from riskctl to the tables, over a restart while one waits, withdrawn, and for busts and executions of before."""
import json
import signal
import unittest
import urllib.error

from mesh import Mesh, free_ports, wait_until

HEADER = "transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market,kind,ref_transaction_id\n"


def row(name, at, symbol="NVDA", quantity="1000", price="1200", kind="", reference=""):
    side = "" if kind == "BUST" else "BUY"
    return f"{name},2024-09-20T{at}Z,C1,{symbol},{side},{quantity},{price},USD,B,M,{kind},{reference}\n"


class Adjustments(unittest.TestCase):
    def replay(self, mesh, rows, journal, *flags):
        (mesh.folder / f"{journal}.csv").write_text(HEADER + "".join(rows), encoding="utf-8")
        return mesh.replay(f"{journal}.csv", *flags, "--journal", mesh.folder / journal, "--stream-name", f"simulator@{journal}")

    def positions(self, mesh):
        rows = mesh.database.rows("SELECT client_id, symbol, quantity FROM positions")
        return {(client, symbol): float(quantity) for client, symbol, quantity in rows if float(quantity) != 0}

    def adjust(self, mesh, *words, status=0):
        answer = mesh.run("riskctl", "adjust", *words)
        self.assertEqual(answer.returncode, status, answer)
        return answer.stdout + answer.stderr

    def listed(self, mesh, *words):
        answer = mesh.run("riskctl", "adjust", *words, "--json")
        self.assertEqual(answer.returncode, 0, answer)
        return [json.loads(line) for line in answer.stdout.splitlines()]

    def check(self, postgres):
        with Mesh(postgres) as mesh:
            mesh.start_ready("risk-engine")
            self.assertIn("No adjustments.", self.adjust(mesh))
            self.replay(mesh, [row("E1", "08:00:00"), row("E2", "08:01:00", quantity="10"), row("F1", "08:02:00", "FB", "5", "300")], "before")
            split = ("split", "NVDA", "10:1", "2024-09-20T09:00:00Z", "anna", "ten for one")
            self.adjust(mesh, *split)
            self.adjust(mesh, "rename", "FB", "META", "2024-09-20T09:00:00Z", "anna")
            self.assertIn("which waits for its instant", self.adjust(mesh, *split, status=1))
            self.assertEqual([one["state"] for one in self.listed(mesh, "pending")], ["PENDING", "PENDING"])
            self.assertEqual(mesh.stop("risk-engine"), 0)
            mesh.start_ready("risk-engine")
            # The first from after the instant, a late one in old units, one under the old name, a bust of before under the new one.
            self.replay(mesh, [row("E3", "09:00:00", quantity="1", price="120"), row("E4", "08:30:00", quantity="2"), row("F2", "09:01:00", "FB", "1", "300"),
                               row("B1", "09:02:00", quantity="", price="", kind="BUST", reference="E2"),
                               row("B2", "09:03:00", "META", "", "", kind="BUST", reference="F1")], "after")
            self.assertEqual(self.positions(mesh), {("C1", "NVDA"): 10021, ("C1", "META"): 1})
            self.assertEqual(mesh.database.rows("SELECT COUNT(*) FROM quarantine"), [("0",)])
            self.assertIn("which was applied as input", self.adjust(mesh, *split, status=1))
            self.adjust(mesh, "--", "set-position", "C2", "META", "-7.5", "2024-09-20T09:03:00Z", "ben", "transfer")
            self.assertEqual(self.positions(mesh)[("C2", "META")], -7.5)
            self.assertIn("nobody has traded it", self.adjust(mesh, "split", "XYZ", "2:1", "2024-09-20T09:00:00Z", "ben", status=1))
            self.assertIn("ratio 0:1", self.adjust(mesh, "split", "NVDA", "0:1", "now", "ben", status=2))
            self.assertIn("AT", self.adjust(mesh, "split", "NVDA", "2:1", "tomorrow", "ben", status=2))
            self.assertIn("does not take", self.adjust(mesh, "merge", "NVDA", status=2))
            # The refused one is stored by the commit of something else.
            self.adjust(mesh, "--", "set-position", "C2", "META", "-8", "2024-09-20T09:03:00Z", "ben", "transfer")
            shown = self.listed(mesh)
            self.assertEqual([(one["adjustment"], one["state"], one["requested_by"]) for one in shown], [
                ("SET_POSITION", "APPLIED", "ben"), ("SPLIT", "REFUSED", "ben"), ("SET_POSITION", "APPLIED", "ben"), ("RENAME", "APPLIED", "anna"),
                ("SPLIT", "APPLIED", "anna")])
            self.assertEqual((shown[-1]["ratio"], shown[-1]["reason"], shown[-1]["effective_at"]), ("10:1", "ten for one", "2024-09-20T09:00:00.000000Z"))
            self.assertEqual(mesh.database.rows("SELECT actor, command FROM commands WHERE command = 'ADJUST' AND actor = 'anna'"), [("anna", "ADJUST")] * 2)
            self.assertEqual(mesh.database.rows("SELECT symbol, quantity FROM transactions WHERE transaction_id = 'E4'")[0][0], "NVDA")
            firm = mesh.database.rows("SELECT gross, pnl, turnover FROM firm_exposures")

            # A restart, and a backtest of what is stored, come to the same.
            self.assertEqual(mesh.stop("risk-engine"), 0)
            mesh.start_ready("risk-engine")
            self.assertEqual(mesh.database.rows("SELECT gross, pnl, turnover FROM firm_exposures"), firm)
            answer = mesh.run("riskctl", "backtest", "--store", "--format", "jsonl")
            self.assertEqual(answer.returncode, 0, answer.stderr)
            lines = [json.loads(line) for line in answer.stdout.splitlines()]
            held = {(line["client_id"], line["symbol"]): float(line["quantity"]) for line in lines if line["kind"] == "position" and float(line["quantity"]) != 0}
            self.assertEqual(held, {("C1", "NVDA"): 10021, ("C1", "META"): 1, ("C2", "META"): -8})
            self.assertEqual(self.positions(mesh), held)
            self.assertEqual(mesh.stop("risk-engine"), 0)
            self.assertEqual(mesh.errors(), [])

    def test_on_sqlite(self):
        self.check(postgres=False)

    def test_on_postgres(self):
        self.check(postgres=True)

    def start_beside(self, mesh, name):
        """Another engine on the same store, which waits until the one before it is gone."""
        mesh.ports[f"health-{name}"] = free_ports(1)[0]
        mesh.start("risk-engine", env={"HEALTH_PORT": str(mesh.ports[f"health-{name}"])}, name=name)
        wait_until(lambda: mesh.get(name, "/readyz")[0] == 503, f"{name} to wait for the lease")

    def check_withdrawal(self, postgres):
        with Mesh(postgres) as mesh:
            mesh.start_ready("risk-engine")
            self.replay(mesh, [row("E1", "08:00:00"), row("F1", "08:02:00", "FB", "5", "300")], "before")
            split = ("split", "NVDA", "10:1", "2024-09-20T09:00:00Z", "anna", "ten for one")
            self.adjust(mesh, *split)
            self.adjust(mesh, "rename", "FB", "META", "2024-09-20T09:00:00Z", "anna")
            # One that was killed leaves it waiting; the one that takes over withdraws it, and is killed when it has said so.
            self.start_beside(mesh, "standby")
            mesh.stop("risk-engine", signal.SIGKILL)
            mesh.wait_ready("standby")
            self.assertIn("Adjustment 1 withdrawn by carla.", self.adjust(mesh, "withdraw", "1", "carla", "the issuer took it back"))
            self.start_beside(mesh, "third")
            mesh.stop("standby", signal.SIGKILL)
            mesh.wait_ready("third")
            shown = self.listed(mesh)
            self.assertEqual([(one["adjustment"], one["state"], one["why"], one["withdrawn_by"]) for one in shown],
                             [("RENAME", "PENDING", "", None), ("SPLIT", "WITHDRAWN", "the issuer took it back", "carla")])
            self.assertRegex(shown[1]["withdrawn_at"], r"^20..-..-..T.*Z$")
            self.assertIn("WITHDRAWN by carla", self.adjust(mesh))
            self.assertRegex(mesh.run("riskctl", "summary").stdout, r"adjustments waiting +1\n")
            self.assertEqual(mesh.database.rows("SELECT actor, target, old_value, new_value FROM commands WHERE command = 'WITHDRAW'"),
                             [("carla", "adjustment 1", "PENDING", "WITHDRAWN: the issuer took it back")])
            self.assertIn("adjustment 1 cannot be withdrawn: it was withdrawn by carla at", self.adjust(mesh, "withdraw", "1", "ben", "again", status=1))
            self.assertIn("there is no adjustment 9", self.adjust(mesh, "withdraw", "9", "ben", "why", status=1))
            self.assertIn('ID "x"', self.adjust(mesh, "withdraw", "x", "ben", "why", status=2))
            self.assertIn("needs more words", self.adjust(mesh, "withdraw", "2", "ben", status=2))
            self.assertIn("reason: empty", self.adjust(mesh, "withdraw", "2", "ben", "", status=2))
            # An input past its instant does not apply it; asked for anew it is applied.
            self.replay(mesh, [row("E3", "09:00:00", quantity="1", price="1200")], "past")
            self.assertEqual(self.positions(mesh), {("C1", "NVDA"): 1001, ("C1", "META"): 5})
            self.adjust(mesh, *split)
            self.assertEqual(self.positions(mesh), {("C1", "NVDA"): 10010, ("C1", "META"): 5})
            for answer, id in (("it was applied as input", "2"), ("it was applied as input", "3")):
                self.assertIn(f"adjustment {id} cannot be withdrawn: {answer}", self.adjust(mesh, "withdraw", id, "ben", "why", status=1))
            self.assertIn("nobody has traded it", self.adjust(mesh, "split", "XYZ", "2:1", "2024-09-20T09:00:00Z", "ben", status=1))
            self.assertIn("adjustment 4 cannot be withdrawn: it was refused: symbol XYZ: nobody has traded it",
                          self.adjust(mesh, "withdraw", "4", "ben", "why", status=1))
            self.adjust(mesh, "split", "NVDA", "3:1", "2030-01-01T00:00:00Z", "ben")
            states = {f'risk_adjustments_total{{state="{state}"}}': count for state, count in (("APPLIED", 2), ("REFUSED", 1), ("WITHDRAWN", 0))}
            wait_until(lambda: {**states, "risk_waiting_adjustments": 1}.items() <= mesh.metrics("third").items(), "the engine to count them")
            # A withdrawal without any other input is stored too, and nothing of it is in the inputs.
            mesh.start_ready("dashboard-gateway")
            waiting = lambda: mesh.api("/summary")["waiting"]["adjustments"]
            wait_until(lambda: waiting() == 1, "the adjustment in the summary")
            self.assertEqual([one["adjustment_id"] for one in mesh.api("/adjustments?state=PENDING&symbol=NVDA")["items"]], [5])
            answer = mesh.api("/adjustments/5/withdraw", {"user": "ben", "reason": "not decided yet"})
            self.assertEqual((answer["state"], answer["withdrawn_by"], answer["why"]), ("WITHDRAWN", "ben", "not decided yet"))
            wait_until(lambda: waiting() == 0, "the summary to follow")
            with self.assertRaises(urllib.error.HTTPError) as refused:
                mesh.api("/adjustments/5/withdraw", {"user": "ben", "reason": "again"})
            self.assertEqual(refused.exception.code, 409)
            self.assertIn("it was withdrawn by ben", json.load(refused.exception)["detail"])
            self.assertEqual(mesh.stop("dashboard-gateway"), 0)
            self.assertEqual(mesh.stop("third", signal.SIGKILL), -signal.SIGKILL)
            mesh.start_ready("risk-engine")
            self.assertEqual([one["state"] for one in self.listed(mesh)], ["WITHDRAWN", "REFUSED", "APPLIED", "APPLIED", "WITHDRAWN"])
            answer = mesh.run("riskctl", "backtest", "--store", "--format", "jsonl")
            lines = [json.loads(line) for line in answer.stdout.splitlines()]
            held = {(line["client_id"], line["symbol"]): float(line["quantity"]) for line in lines if line["kind"] == "position" and float(line["quantity"]) != 0}
            self.assertEqual(held, self.positions(mesh))
            self.assertEqual(mesh.stop("risk-engine"), 0)
            self.assertEqual(mesh.errors(), [])

    def test_one_that_waits_can_be_withdrawn_on_sqlite(self):
        self.check_withdrawal(postgres=False)

    def test_one_that_waits_can_be_withdrawn_on_postgres(self):
        self.check_withdrawal(postgres=True)

    def test_a_replay_brings_its_own_and_again_changes_nothing(self):
        with Mesh() as mesh:
            mesh.start_ready("risk-engine")
            (mesh.folder / "adjustments.csv").write_text(
                "effective_at,kind,symbol,ratio,new_symbol,client_id,quantity,reason\n2024-09-20T09:00:00Z,RENAME,FB,,META,,,\n"
                "2024-09-20T09:00:00Z,SPLIT,NVDA,10:1,,,,ten for one\n2024-09-20T09:00:00Z,SPLIT,NVDA,10:0,,,,\n2024-09-20T09:30:00Z,SPLIT,NVDA,2:1,,,,\n", encoding="utf-8")
            rows = [row("E1", "08:00:00"), row("F1", "08:02:00", "FB", "5", "300"), row("E3", "09:00:00", quantity="1", price="120"), row("F2", "09:01:00", "FB", "1", "300")]
            for journal in ("first", "again"):
                self.replay(mesh, rows, journal, "--adjustments", "adjustments.csv")
                self.assertEqual(self.positions(mesh), {("C1", "NVDA"): 10001, ("C1", "META"): 6})
            self.assertEqual([(one["state"], one["requested_by"]) for one in self.listed(mesh)],
                             [("PENDING", "simulator@first"), ("APPLIED", "simulator@first"), ("APPLIED", "simulator@first")])
            self.assertEqual(mesh.database.rows("SELECT source, line, field FROM quarantine"), [("adjustments.csv", "4", "ratio")] * 2)
            self.assertEqual(mesh.database.rows("SELECT duplicates FROM stream_cursors WHERE name = 'simulator@again'"), [("7",)])
            self.assertEqual(mesh.stop("risk-engine"), 0)
            self.assertEqual(mesh.errors(), [])

    def test_a_replay_brings_more_than_may_wait_for_each_comes_when_its_instant_is_near(self):
        count, step = 12_000, 100
        instant = lambda n: f"2024-09-20T{8 + n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}"
        with Mesh() as mesh:
            mesh.start_ready("risk-engine")
            (mesh.folder / "adjustments.csv").write_text("effective_at,kind,symbol,ratio,new_symbol,client_id,quantity,reason\n" + "".join(
                f"{instant(n)}Z,SET_POSITION,NVDA,,,C{n % 7},{n},\n" for n in reversed(range(count))), encoding="utf-8")
            rows = [row(f"E{n}", instant(n)[11:], quantity="1") for n in range(0, count, step)]
            self.replay(mesh, rows, "many", "--adjustments", "adjustments.csv")
            self.assertEqual(mesh.database.rows("SELECT COUNT(*) FROM quarantine"), [("0",)])
            # The last row is of second 11,900: what lies behind it waits.
            self.assertEqual(mesh.database.rows("SELECT state, COUNT(*) FROM adjustments GROUP BY state ORDER BY state"),
                             [("APPLIED", str(count - step + 1)), ("PENDING", str(step - 1))])
            # Each row comes after the adjustment of its second.
            expected = {("C" + str(client), "NVDA"): max(range(client, count - step + 1, 7)) for client in range(7)}
            last_of_c1 = expected["C1", "NVDA"]
            expected["C1", "NVDA"] += sum(1 for n in range(0, count, step) if n >= last_of_c1)
            self.assertEqual(self.positions(mesh), expected)
            self.assertEqual(mesh.stop("risk-engine"), 0)
            self.assertEqual(mesh.errors(), [])

    def test_of_before_the_first_row_find_the_opening_positions_in_a_replay_as_in_a_backtest(self):
        with Mesh() as mesh:
            mesh.start_ready("risk-engine")
            (mesh.folder / "adjustments.csv").write_text("effective_at,kind,symbol,ratio,new_symbol,client_id,quantity,reason\n2024-09-20T07:00:00Z,SPLIT,NVDA,10:1,,,,\n")
            (mesh.folder / "positions.csv").write_text("client_id,symbol,quantity,price,currency\nC1,NVDA,7,1200,USD\n")
            (mesh.folder / "rates.csv").write_text("at,currency,rate\n2024-09-20T07:30:00Z,EUR,1.1\n")
            files = ("--adjustments", "adjustments.csv", "--positions", "positions.csv", "--rates-file", "rates.csv")
            self.replay(mesh, [row("E1", "08:00:00", quantity="1", price="120")], "replayed", *files)
            self.assertEqual(self.positions(mesh), {("C1", "NVDA"): 71})
            answer = mesh.run("riskctl", "backtest", "--transactions", "replayed.csv", *files, "--format", "jsonl")
            self.assertEqual((answer.returncode, answer.stderr), (0, ""))
            self.assertEqual([float(line["quantity"]) for line in map(json.loads, answer.stdout.splitlines()) if line["kind"] == "position"], [71])
            self.assertEqual(mesh.stop("risk-engine"), 0)

    def test_a_backtest_of_files_holds_each_until_an_input_reaches_it(self):
        with Mesh() as mesh:
            rows = [row("E1", "08:00:00"), row("E2", "08:01:00", quantity="10"), row("F1", "08:02:00", "FB", "5", "300"),
                    row("E3", "09:00:00", quantity="1", price="120"), row("E4", "08:30:00", quantity="2"), row("F2", "09:01:00", "FB", "1", "300"),
                    row("B1", "09:02:00", quantity="", price="", kind="BUST", reference="E2"), row("B2", "09:03:00", "META", "", "", kind="BUST", reference="F1"),
                    row("B9", "09:04:00", "META", "", "", kind="BUST", reference="F9"), row("F9", "09:04:00", "FB", "7", "300")]
            adjustments = ["2024-09-20T09:05:00Z,SET_POSITION,META,,,C2,-7.5,transfer", "2024-09-20T09:00:00Z,SPLIT,NVDA,10:1,,,,ten for one",
                           "2024-09-20T09:00:00Z,RENAME,FB,,META,,,", "2024-09-20T09:00:00Z,SPLIT,NVDA,10:1,,,,ten for one", "2024-09-20T09:00:00Z,SPLIT,XYZ,2:1,,,,",
                           "2024-09-20T09:00:00Z,MERGE,XYZ,2:1,,,,", "2024-09-20T09:00:00Z,SPLIT,NVDA,2,,,,", "2024-09-20T09:06:00Z,SPLIT,NVDA,2:1,,,,"]
            (mesh.folder / "fills.csv").write_text(HEADER + "".join(rows), encoding="utf-8")
            (mesh.folder / "adjustments.csv").write_text("effective_at,kind,symbol,ratio,new_symbol,client_id,quantity,reason\n" + "\n".join(adjustments) + "\n", encoding="utf-8")
            (mesh.folder / "prices.csv").write_text("at,symbol,price,currency\n2024-09-20T09:05:00Z,FB,310,\n", encoding="utf-8")
            answer = mesh.run("riskctl", "backtest", "--transactions", "fills.csv", "--adjustments", "adjustments.csv", "--prices", "prices.csv", "--format", "jsonl")
            self.assertEqual(answer.returncode, 0, answer.stderr)
            lines = [json.loads(line) for line in answer.stdout.splitlines()]
            held = {(line["client_id"], line["symbol"]): float(line["quantity"]) for line in lines if line["kind"] == "position" and float(line["quantity"]) != 0}
            # The last split waits for an input that never comes.
            self.assertEqual(held, {("C1", "NVDA"): 10021, ("C1", "META"): 1, ("C2", "META"): -7.5})
            summary = next(line for line in lines if line["kind"] == "summary")
            self.assertEqual([summary[name] for name in ("transactions", "busted", "duplicates", "quarantined")], [7, 3, 1, 3], answer.stderr)
            self.assertIn('kind "MERGE": not SPLIT, RENAME or SET_POSITION', answer.stderr)
            self.assertIn('ratio "2": not new to old', answer.stderr)
            self.assertIn('symbol "XYZ": nobody has traded it', answer.stderr)


if __name__ == "__main__":
    unittest.main()
