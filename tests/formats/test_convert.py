"""riskctl convert: what it promises beside the rows."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from harness import RISKCTL, SAMPLES, run

HEADER = "transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market,order_id,trader_id,kind,ref_transaction_id\n"
COINBASE = SAMPLES / "coinbase-fills.csv"


class Convert(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="risk-convert-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def convert(self, *words, status=0):
        result = run(self.folder, "convert", *words)
        self.assertEqual(result.returncode, status, result.stderr)
        return result.stdout.decode(), result.stderr.decode()

    def test_a_file_replaces_an_older_one_when_it_is_whole(self):
        (self.folder / "out.csv").write_text("old")
        out, err = self.convert("--input-format", "coinbase-fills", COINBASE, "out.csv")
        self.assertEqual(out, "")
        self.assertTrue(err.endswith("coinbase-fills.csv: 5 converted, 0 filtered, 0 refused\n"), err)
        text = (self.folder / "out.csv").read_text()
        self.assertTrue(text.startswith(HEADER + "2101,2024-03-04T14:22:31.158000Z,default,BTC-USD,BUY,0.015,65210.42,USD,COINBASE,,,,EXECUTION,\n"), text)
        self.assertEqual(sorted(os.listdir(self.folder)), ["out.csv"])

    def test_what_cannot_be_done_leaves_the_older_file_and_nothing_else(self):
        (self.folder / "out.csv").write_text("old")
        (self.folder / "utf16.csv").write_bytes("a,b\n".encode("utf-16-le"))
        (self.folder / "own.yaml").write_text("encoding: utf-16\n" + json.dumps({"fields": {
            name: name for name in HEADER.split(",")[:7]}})[1:-1].replace('"fields"', "fields"))
        for words, reason in ((("nowhere.csv",), "nowhere.csv: No such file or directory"),
                              ((".",), ".: is a directory"),
                              (("/dev/zero",), "/dev/zero: is a device, not a file"),
                              ((COINBASE,), "column portfolio is unknown"),
                              (("--input-format", "own.yaml", "utf16.csv"), "utf16.csv: UTF-16 without a byte order mark")):
            with self.subTest(words=words):
                _, err = self.convert(*words, "out.csv", status=1)
                self.assertIn(reason, err)
                self.assertEqual((self.folder / "out.csv").read_text(), "old")
        self.assertEqual(sorted(os.listdir(self.folder)), ["out.csv", "own.yaml", "utf16.csv"])

    def test_an_input_is_never_overwritten(self):
        (self.folder / "fills.csv").write_bytes(COINBASE.read_bytes())
        (self.folder / "x.csv.new").write_bytes(COINBASE.read_bytes())
        os.link(self.folder / "fills.csv", self.folder / "link.csv")
        for source, target in (("fills.csv", "fills.csv"), ("fills.csv", "./fills.csv"), ("fills.csv", "link.csv"), ("x.csv.new", "x.csv")):
            _, err = self.convert("--input-format", "coinbase-fills", source, target, status=1)
            self.assertIn("is the file to read", err)
            self.assertEqual((self.folder / source).read_bytes(), COINBASE.read_bytes())
        _, err = self.convert("--input-format", "coinbase-fills", "fills.csv", "/dev/stdout", status=1)
        self.assertIn("is no file that could be replaced", err)

    def test_an_output_that_is_full_is_not_done(self):
        with open("/dev/full", "w") as full:
            result = subprocess.run([RISKCTL, "convert", "--input-format", "coinbase-fills", COINBASE], cwd=self.folder, stdout=full, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn(b"cannot be written", result.stderr)

    def test_the_canonical_csv_converts_to_itself(self):
        rows = ('"T""1",2024-09-20T08:36:00.123456789Z,"C,1",A,SELL,1,0.5,,,,,,EXECUTION,\n', 'R1,2024-09-20T08:36:01.000000Z,"C,1",A,,,,,,,,,BUST,"T""1"\n',
                "R2,2024-09-20T08:36:02.000000Z,C2,A,BUY,1,0.5,USD,,,,,CORRECTION,T2\n")
        (self.folder / "ours.csv").write_text(HEADER + "".join(rows))
        out, _ = self.convert("ours.csv")
        self.assertEqual(out, (self.folder / "ours.csv").read_text())

    def test_every_refused_row_is_told_with_line_field_value_and_reason(self):
        rows = "".join(f'default,{n},BTC-USD,BUY,2024-03-04T14:22:31Z,"1,{n}",BTC,1,0,0,USD\n' for n in range(30))
        (self.folder / "bad.csv").write_text(COINBASE.read_text().splitlines()[0] + "\n" + rows)
        out, err = self.convert("--input-format", "coinbase-fills", "bad.csv")
        self.assertEqual(out, HEADER)
        lines = err.splitlines()
        self.assertEqual(len(lines), 31)
        self.assertEqual(lines[0], 'riskctl: bad.csv:2: quantity "1,0": not a decimal number')
        self.assertEqual(lines[-1], "riskctl: bad.csv: 0 converted, 0 filtered, 30 refused")
        _, err = self.convert("--json", "--input-format", "coinbase-fills", "bad.csv")
        told = [json.loads(line) for line in err.splitlines()]
        self.assertEqual(told[0], {"kind": "refused", "line": 2, "field": "quantity", "value": "1,0", "reason": "not a decimal number"})
        self.assertEqual(told[-1], {"kind": "summary", "file": "bad.csv", "format": "coinbase-fills", "converted": 0, "filtered": 0, "refused": 30})

    def test_a_mistake_in_the_format_or_in_the_words_is_told(self):
        for words, reason in ((("--input-format", "krakens", "a.csv"), 'no format has the name "krakens"'),
                              (("--input-format", "kraken-trades", "a.csv"), "--set client_id=VALUE has to"),
                              (("--set", "client_id=C", "a.csv"), "--set goes with --input-format"),
                              ((), "convert needs more words"), (("a", "b", "c"), 'convert does not take "c"'), (("--list-formats", "a"), 'convert does not take "a"')):
            with self.subTest(words=words):
                self.assertIn(reason, self.convert(*words, status=2)[1])
        for command, flag in (("summary", "--json"), ("summary", "--list-formats"), ("list", "--input-format=coinbase-fills")):
            result = run(self.folder, command, flag)
            self.assertEqual(result.returncode, 2)
            self.assertIn(b"convert", result.stderr)

    def test_a_gigabyte_without_a_line_end_takes_little_memory(self):
        with open(self.folder / "long.csv", "wb") as file:
            file.write(COINBASE.read_bytes())
            file.seek(1 << 30)
            file.write(b"\n" + COINBASE.read_bytes().splitlines(True)[1])
        limited = f"ulimit -v 400000; exec {RISKCTL} convert --input-format coinbase-fills long.csv"
        result = subprocess.run(["bash", "-c", limited], cwd=self.folder, capture_output=True, timeout=120)
        self.assertEqual(result.returncode, 0, result.stderr[-500:])
        self.assertIn(b"6 converted, 0 filtered, 1 refused", result.stderr)
        self.assertIn(b"longer than 65536 bytes", result.stderr)


if __name__ == "__main__":
    unittest.main()
