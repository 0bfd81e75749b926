"""Writes files, runs riskctl convert on them, and compares it with the oracle, row by row."""
import csv
import io
import json
import os
import pathlib
import subprocess

import oracle

ROOT = pathlib.Path(__file__).resolve().parents[2]
RISKCTL = pathlib.Path(os.environ.get("RISK_BIN_DIR", ROOT / "build/dev/bin")) / "riskctl"
SAMPLES = ROOT / "deploy/formats/samples"
CODECS = {"utf-8": "utf-8", "utf-8-sig": "utf-8-sig", "utf-16": "utf-16", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be", "latin-1": "latin-1", "windows-1252": "cp1252"}


def run(folder, *words, **more):
    env = {name: os.environ[name] for name in ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS") if name in os.environ}
    return subprocess.run([str(word) for word in (RISKCTL, *words)], cwd=folder, env=env, capture_output=True, stdin=subprocess.DEVNULL, timeout=60, **more)


def set_flags(settings):
    return [word for field, value in settings.items() for word in ("--set", f"{field}={value}")]


def converted(folder, format_name, settings, file):
    """(rows, {(line, field)}, filtered) as riskctl tells them."""
    result = run(folder, "convert", "--json", "--input-format", format_name, *set_flags(settings), file)
    told = [json.loads(line) for line in result.stderr.decode().splitlines()] if result.returncode == 0 else []
    if result.returncode != 0 or not told or told[-1]["kind"] != "summary":
        raise AssertionError(f"riskctl ended with {result.returncode}: {result.stderr.decode(errors='replace')[:2000]}")
    rows = list(csv.DictReader(io.StringIO(result.stdout.decode(), newline="")))
    refused = [(line["line"], line["field"]) for line in told[:-1]]
    summary = told[-1]
    if summary["converted"] != len(rows) or summary["refused"] != len(refused):
        raise AssertionError(f"the summary {summary} does not fit {len(rows)} rows and {len(refused)} refusals")
    return rows, set(refused), summary["filtered"]


def table(random, format, header, rows):
    """The text of a file: rows with any quoting, perhaps lines before and after, blank ones and ragged ones."""
    separator = {"tab": "\t"}.get(format.get("separator", ","), format.get("separator", ","))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator=random.choice(("\n", "\r\n")), quoting=random.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)))
    for _ in range(random.randrange(format.get("preamble_lines_max", 0) + 1)):
        writer.writerow(["Account of nobody"] + random.choice(([], ["x"])))
    if not format.get("header"):
        writer.writerow(header)
    for row in rows:
        luck = random.random()
        if luck < 0.02:
            out.write("\n")
        elif luck < 0.04:
            row = row[:random.randrange(1, len(row) + 1)]
        elif luck < 0.06:
            row = row + random.choice(([""], ["", " "], ["more"]))
        elif luck < 0.07:
            row = [""] * len(header)
        writer.writerow(row)
    if format.get("footer") and random.random() < 0.5:
        text = random.choice(oracle.as_list(format["footer"])) + " 5"
        writer.writerow(random.choice(([text] + ["x"] * 3, [""] * random.randrange(len(header) + 3) + [text, ""])))
        writer.writerow(rows[0])
    return out.getvalue()


def check(test, folder, random, format_name, format, settings, header, rows, encoding):
    """Compares one file; counts what it was made of."""
    text = table(random, format, header, rows)
    if encoding in ("latin-1", "windows-1252"):
        text = text.encode(CODECS[encoding], errors="ignore").decode(CODECS[encoding])
    name = random.choice(("fills", "a.b", "x y"))
    (folder / f"{name}.csv").write_bytes(text.encode(CODECS[encoding]))
    rows, refused, filtered = converted(folder, format_name, settings, f"{name}.csv")
    wanted_rows, wanted_refused, wanted_filtered = oracle.expected(format, settings, text, name)
    where = f"{format_name} {json.dumps(format)} {settings}\n{text}"
    test.assertEqual(refused, wanted_refused, where)
    test.assertEqual(rows, wanted_rows, where)
    test.assertEqual(filtered, wanted_filtered, where)
    return len(rows), len(refused), filtered
