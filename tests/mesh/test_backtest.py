"""riskctl backtest: the core over history, as a person would run it."""
import csv
import json
import os
import pathlib
import pty
import subprocess
import tempfile
import unittest
from decimal import Decimal

from mesh import BIN, DATA, Mesh

FILLS = DATA / "fills.csv"
CLOSING = DATA / "fills-closing-positions.csv"
HEADER = "transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market\n"
HISTORY = HEADER + """\
T1,2024-09-20T08:36:00Z,C1,AAPL,BUY,6000,200,USD,B,M
T2,2024-09-20T08:36:01.500Z,C2,AAPL,SELL,100.5,210.25,USD,B,M
T3,2024-09-20T08:36:02Z,C1,AAPL,SELL,5000,210.25,USD,B,M
T4,2024-09-20T08:36:01Z,C3,MSFT,BUY,1,10,USD,B,M
T5,2024-09-20T08:36:03Z,C2,AAPL,BUY,100.5,210,USD,B,M
"""


AT_ONCE = "resolved_after_seconds: 0"


def event(name, rule, severity, entity_type, entity, value, limit, at, transaction, measure="gross"):
    return {"kind": "event", "event": name, "alert_type": rule, "severity": severity, "entity_type": entity_type, "entity_id": entity,
            "measure": measure, "value": value, "limit": limit, "at": f"2024-09-20T08:36:{at}Z", "transaction_id": transaction}


def exposure(kind, entity, gross, turnover, pnl, count):
    key = "client_id" if kind == "client" else "symbol"
    return {"kind": kind, key: entity, "gross": gross, "net": gross, "long": gross, "short": "0.0000", "turnover": turnover,
            "pnl": pnl, "position_count": count, "risk_level": "LOW"}


def position(client, symbol, quantity):
    return {"kind": "position", "client_id": client, "symbol": symbol, "quantity": quantity}


class Backtest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="risk-backtest-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.file("t.csv", HISTORY)
        # The history lasts three seconds, and an exposure has to stay low for a minute.
        rules = ", ".join(f"{entity}_exposure: {{{AT_ONCE}}}" for entity in ("client", "symbol"))
        self.file("at-once.yaml", f"rules: {{{rules}}}\n")

    def file(self, name, text):
        (self.folder / name).write_text(text)

    def run_riskctl(self, *words):
        env = {name: os.environ[name] for name in ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS") if name in os.environ}
        return subprocess.run([str(word) for word in (BIN / "riskctl", *words)], env=env, cwd=self.folder, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=60)

    def table(self, *words):
        config = () if "--config" in words else ("--config", "at-once.yaml")
        result = self.run_riskctl("backtest", *words, *config)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def lines(self, *words, transactions="t.csv", stderr=""):
        result = self.table("--transactions", transactions, "--format", "jsonl", *words)
        self.assertEqual(result.stderr, stderr)
        return [json.loads(line) for line in result.stdout.splitlines()]

    def of(self, kind, lines):
        return [line for line in lines if line["kind"] == kind]

    def test_every_line_of_a_small_history_to_the_last_figure(self):
        result = self.table("--transactions", "t.csv", "--format", "jsonl")
        *lines, summary = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual(lines, [
            event("OPENED", "HIGH_CLIENT_EXPOSURE", "HIGH", "CLIENT", "C1", "1200000.0000", "1000000.0000", "00.000000", "T1"),
            event("OPENED", "HIGH_SYMBOL_EXPOSURE", "CRITICAL", "SYMBOL", "AAPL", "1200000.0000", "500000.0000", "00.000000", "T1"),
            event("RESOLVED", "HIGH_CLIENT_EXPOSURE", "HIGH", "CLIENT", "C1", "210250.0000", "1000000.0000", "02.000000", "T3"),
            event("RESOLVED", "HIGH_SYMBOL_EXPOSURE", "CRITICAL", "SYMBOL", "AAPL", "231380.1250", "500000.0000", "02.000000", "T3"),
            exposure("client", "C1", "210000.0000", "2251250.0000", "61250.0000", 1),
            exposure("client", "C2", "0.0000", "42235.1250", "25.1250", 0),
            exposure("client", "C3", "10.0000", "10.0000", "0.0000", 1),
            exposure("symbol", "AAPL", "210000.0000", "2293485.1250", "61275.1250", 1),
            exposure("symbol", "MSFT", "10.0000", "10.0000", "0.0000", 1),
            position("C1", "AAPL", "1000"), position("C2", "AAPL", "0"), position("C3", "MSFT", "1"),
        ])
        self.assertRegex(summary.pop("state_hash"), r"\A[0-9a-f]{32}\Z")
        self.assertEqual(summary, {"kind": "summary", "transactions": 5, "late": 1, "quarantined": 0, "duplicates": 0, "busted": 0, "corrected": 0})
        self.assertIn('{"kind":"event","event":"OPENED","alert_type":"HIGH_CLIENT_EXPOSURE","severity":"HIGH","entity_type":"CLIENT",'
                      '"entity_id":"C1","measure":"gross","value":"1200000.0000","limit":"1000000.0000",'
                      '"at":"2024-09-20T08:36:00.000000Z","transaction_id":"T1"}\n', result.stdout)

    def test_what_does_not_apply_is_null_and_counts_are_texts(self):
        events = self.of("event", self.lines("--client-velocity-limit", 1, "--firm-exposure-limit", 2000, "--client-exposure-limit", "none",
                                             "--symbol-exposure-limit", "none"))
        self.assertEqual(events[0], event("OPENED", "HIGH_FIRM_EXPOSURE", "CRITICAL", "FIRM", None, "1200000.0000", "2000.0000", "00.000000", "T1"))
        self.assertEqual(events[1], event("OPENED", "HIGH_TRANSACTION_VELOCITY", "HIGH", "CLIENT", "C1", "2", "1", "02.000000", "T3", None))
        swept = self.of("event", self.lines("--positions", self.opening(), "--to", "2024-09-20T08:36:02Z"))
        self.assertIn(event("OPENED", "HIGH_CLIENT_EXPOSURE", "HIGH", "CLIENT", "C9", "1500000.0000", "1000000.0000", "01.000000", None), swept)

    def opening(self):
        self.file("p.csv", "client_id,symbol,quantity,price,currency\nC9,TSLA,5000,300,USD\nC8,TSLA,0,300,USD\n")
        return "p.csv"

    def test_positions_are_held_before_the_first_transaction(self):
        lines = self.lines("--positions", self.opening())
        self.assertEqual(self.of("position", lines)[-2:], [position("C8", "TSLA", "0"), position("C9", "TSLA", "5000")])
        self.assertEqual([line["gross"] for line in self.of("symbol", lines)], ["210000.0000", "10.0000", "1500000.0000"])
        self.assertEqual(self.of("summary", lines)[0]["transactions"], 5)

    def test_ids_of_any_text_are_escaped(self):
        self.file("odd.csv", HEADER + '"T""1\\",2024-09-20T08:36:00Z,Zoë,"A,B",BUY,1,1,USD,B,M\n')
        lines = self.lines("--client-exposure-limit", "0.5", transactions="odd.csv")
        self.assertEqual((lines[0]["transaction_id"], lines[0]["entity_id"]), ('T"1\\', "Zoë"))
        self.assertEqual(self.of("position", lines), [position("Zoë", "A,B", "1")])

    def test_a_period_begins_with_from_and_ends_before_to(self):
        def applied(*words):
            return self.of("summary", self.lines(*words))[0]["transactions"]
        self.assertEqual(applied("--to", "2024-09-20T08:36:02Z"), 3)
        self.assertEqual(applied("--from", "2024-09-20T08:36:02Z"), 2)
        self.assertEqual(applied("--from", "2024-09-20T08:36:01Z", "--to", "2024-09-20T08:36:01.500001Z"), 2)
        self.assertEqual(applied("--from", "2024-09-20", "--to", "2024-09-21"), 5)
        self.assertEqual(applied("--to", "2024-09-20"), 0)

    def test_rows_that_cannot_be_applied_are_named_and_the_rest_goes_on(self):
        bad = ["X1,2024-09-20T08:36:04Z,C1,AAPL,BUY,many,1,USD,B,M", "X2,2024-09-20T08:36:04Z,C1,AAPL,BUY,-5,1,USD,B,M",
               "X3,2024-09-20T08:36:04Z,C1,AAPL,BUY,5,1,XTS,B,M", *["short"] * 20]
        self.file("bad.csv", HISTORY + "\n".join(bad) + "\nT6,2024-09-20T08:36:05Z,C3,MSFT,BUY,1,10,USD,B,M\n")
        result = self.table("--transactions", "bad.csv", "--format", "jsonl")
        named = result.stderr.splitlines()
        self.assertEqual(len(named), 21)
        self.assertEqual(named[0], 'riskctl: bad.csv:7: quantity "many": not a decimal number')
        self.assertRegex(named[1], r'\Ariskctl: bad.csv:8: quantity "-5": .+')
        self.assertRegex(named[2], r'\Ariskctl: bad.csv:9: currency "XTS": .+')
        self.assertEqual(named[20], "riskctl: and 3 more that cannot be applied")
        summary = json.loads(result.stdout.splitlines()[-1])
        self.assertEqual((summary["transactions"], summary["quarantined"]), (6, 23))

    def test_a_table_tells_alerts_counts_and_peaks(self):
        out = self.table("--transactions", "t.csv", "--positions", self.opening(), "--limit", 2).stdout
        for pattern in (r"transactions +5\n", r"of these late +1\n", r"first +2024-09-20T08:36:00Z\n", r"last +2024-09-20T08:36:03Z\n",
                        r"alerts +4\n", r"state hash +[0-9a-f]{32}\n",
                        r"08:36:00Z +\S+08:36:02Z +2\.000 s +HIGH +CLIENT C1 +gross +1,261,500\.00 +1,000,000\.00 +Client C1 gross exposure",
                        r"and 2 more", r"HIGH_CLIENT_EXPOSURE +CLIENT +2 +0 +0 +1\n", r"SYMBOL AAPL +1\n",
                        r"HIGH_CLIENT_EXPOSURE +CLIENT C9 +150\.0% +1,500,000\.00 +1,000,000\.00 +alert\n",
                        r"HIGH_CLIENT_EXPOSURE +CLIENT C1 +126\.2% +1,261,500\.00 +1,000,000\.00 +alert\n",
                        r"HIGH_SYMBOL_EXPOSURE +SYMBOL MSFT +0\.0% +10\.00 +500,000\.00 +end\n"):
            self.assertRegex(out, pattern)
        self.assertRegex(self.table("--transactions", "t.csv", "--to", "2024-01-01").stdout, r"No alerts\.")

    def test_a_comparison_shows_what_only_one_raises_and_what_both_raise_differently(self):
        self.file("first.yaml", f"rules: {{client_exposure: {{limit: 1000000, {AT_ONCE}}}, symbol_exposure: {{{AT_ONCE}}}}}\n")
        self.file("other.yaml", f"rules: {{client_exposure: {{limit: 2000000}}, symbol_exposure: {{limit: 1000000, {AT_ONCE}}}}}\n")
        words = ("--config", "first.yaml", "--compare", "other.yaml")
        lines = self.lines(*words)
        opened = "2024-09-20T08:36:00.000000Z"
        resolved = "2024-09-20T08:36:02.000000Z"
        client = {"severity": "HIGH", "measure": "gross", "peak": "1261500.0000", "limit": "1000000.0000", "resolved_at": resolved}
        symbol = {"severity": "CRITICAL", "measure": "gross", "peak": "1282630.1250", "limit": "500000.0000", "resolved_at": resolved}
        self.assertEqual(lines, [
            {"kind": "difference", "raised_by": "first", "alert_type": "HIGH_CLIENT_EXPOSURE", "entity_type": "CLIENT", "entity_id": "C1",
             "opened_at": opened, "first": client, "second": None},
            {"kind": "difference", "raised_by": "both", "alert_type": "HIGH_SYMBOL_EXPOSURE", "entity_type": "SYMBOL", "entity_id": "AAPL",
             "opened_at": opened, "first": symbol, "second": {**symbol, "severity": "HIGH", "limit": "1000000.0000"}},
            {"kind": "comparison", "only_first": 1, "only_second": 0, "different": 1, "same": 0}])
        swapped = self.lines("--compare", "first.yaml", "--config", "other.yaml")
        self.assertEqual(swapped[-1], {"kind": "comparison", "only_first": 0, "only_second": 1, "different": 1, "same": 0})
        flagged = self.lines(*words, "--client-exposure-limit", 1, "--symbol-exposure-limit", 1)
        self.assertEqual(flagged[-1]["different"] + flagged[-1]["only_first"] + flagged[-1]["only_second"], 0, "a flag wins over both files")

        out = self.table("--transactions", "t.csv", *words).stdout
        for pattern in (r"backtest +first\.yaml +other\.yaml\n", r"only the first raises +1\n", r"only the second raises +0\n",
                        r"both, with another severity or peak +1\n", r"HIGH_CLIENT_EXPOSURE +CLIENT C1 +first +HIGH \| -",
                        r"HIGH_SYMBOL_EXPOSURE +SYMBOL AAPL +both +CRITICAL \| HIGH"):
            self.assertRegex(out, pattern)

    def test_what_cannot_be_done_is_said(self):
        self.file("bad.yaml", "rules:\n  client_exposure:\n    limit: much\n")
        self.file("columns.csv", "client_id,symbol\n")
        for status, says, words in (
                (1, "nowhere.csv: No such file", ["backtest", "--transactions", "nowhere.csv"]),
                (1, "columns.csv:1: column transaction_id is missing", ["backtest", "--transactions", "columns.csv"]),
                (1, "nowhere.csv: No such file", ["backtest", "--transactions", "t.csv", "--positions", "nowhere.csv"]),
                (1, "nowhere.db", ["backtest", "--store", "--sqlite-path", "nowhere.db"]),
                (2, "either --transactions FILE.csv or --store", ["backtest"]),
                (2, "either --transactions FILE.csv or --store", ["backtest", "--transactions", "t.csv", "--store"]),
                (2, 'does not take "t.csv"', ["backtest", "t.csv"]),
                (2, "an option of backtest", ["list", "--format", "jsonl"]),
                (2, "--frmat: unknown flag", ["backtest", "--transactions", "t.csv", "--frmat", "jsonl"]),
                (2, "allowed: table, jsonl", ["backtest", "--transactions", "t.csv", "--format", "xml"]),
                (2, "--from: value", ["backtest", "--transactions", "t.csv", "--from", "yesterday"]),
                (2, "--from: must be before --to", ["backtest", "--transactions", "t.csv", "--from", "2024-01-02", "--to", "2024-01-02"]),
                (2, "bad.yaml:3: rules.client_exposure.limit", ["backtest", "--transactions", "t.csv", "--config", "bad.yaml"]),
                (2, "bad.yaml:3: rules.client_exposure.limit", ["backtest", "--transactions", "t.csv", "--compare", "bad.yaml"]),
                (2, "nowhere.yaml", ["backtest", "--transactions", "t.csv", "--compare", "nowhere.yaml"])):
            with self.subTest(words=words):
                result = self.run_riskctl(*words)
                self.assertEqual((result.returncode, result.stdout), (status, ""), result.stderr)
                self.assertIn(says, result.stderr)
        self.assertEqual(sorted(os.listdir(self.folder)), ["at-once.yaml", "bad.yaml", "columns.csv", "t.csv"], "nothing was made")

    def test_progress_shows_on_a_terminal_and_is_gone_at_the_end(self):
        self.file("long.csv", HEADER + "".join(f"T{i},2024-09-20T08:36:00Z,C1,AAPL,BUY,1,1,USD,B,M\n" for i in range(2000)))
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        with os.fdopen(theirs, "wb") as terminal:
            subprocess.run([BIN / "riskctl", "backtest", "--transactions", "long.csv"], cwd=self.folder, env={"PATH": os.environ["PATH"]},
                           stdout=subprocess.DEVNULL, stderr=terminal, check=True, timeout=60)
            shown = os.read(ours, 65536).decode()
        self.assertRegex(shown, r"\[#*\.*\] \d+%")
        self.assertTrue(shown.endswith("\r\x1b[K"), repr(shown))

    def test_recorded_executions_end_at_the_recorded_positions(self):
        if not FILLS.exists():
            self.skipTest(f"the recorded executions are not at {DATA.name}/fills.csv beside the project")
        lines = self.lines(transactions=FILLS)
        with open(CLOSING, newline="", encoding="utf-8") as file:
            closing = {(row["client_id"], row["symbol"]): Decimal(row["quantity"]) for row in csv.DictReader(file)}
        self.assertEqual({(row["client_id"], row["symbol"]): Decimal(row["quantity"]) for row in self.of("position", lines)}, closing)
        summary = self.of("summary", lines)
        self.assertEqual([(row["transactions"], row["quarantined"]) for row in summary], [(3273, 0)])
        self.assertEqual(self.lines(transactions=FILLS), lines, "two runs, one answer, the state hash too")


class FromStore(unittest.TestCase):
    def check(self, postgres):
        with Mesh(postgres) as mesh:
            engine = mesh.start_ready("risk-engine")
            (mesh.folder / "t.csv").write_text(HISTORY)
            mesh.replay("t.csv")
            self.assertEqual(engine.stop(), 0)
            before = mesh.database.rows("SELECT count(*) FROM alert_events")

            def lines(*words):
                result = mesh.run("riskctl", "backtest", "--format", "jsonl", *words)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                return [json.loads(line) for line in result.stdout.splitlines()]
            self.assertEqual(lines("--store"), lines("--transactions", "t.csv"))
            self.assertEqual(lines("--store", "--to", "2024-09-20T08:36:02Z")[-1]["transactions"], 3)
            tighter = [line["value"] for line in lines("--store", "--client-exposure-limit", 5) if line.get("entity_id") == "C3"]
            self.assertEqual(tighter, ["10.0000"], "judged by these limits, not by those of the engine")
            self.assertEqual(mesh.database.rows("SELECT count(*) FROM alert_events"), before)

    def test_on_sqlite(self):
        self.check(postgres=False)

    def test_on_postgresql(self):
        self.check(postgres=True)


if __name__ == "__main__":
    unittest.main()
