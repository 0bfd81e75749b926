#!/usr/bin/env python3
"""Reads what a test suite printed and prints its counts: "passed failed skipped".

Usage: counts.py [--filtered] EXIT_STATUS FILE    FILE: a runner's output, or a JUnit report (*.xml)

A suite that ran nothing, or that failed without counting a failure, counts as one failure: silence
is no pass. --filtered: the suite ran the tests of one name alone, which may be none; what Node.js and
Vitest then count as skipped are the others.
"""

import re
import sys
import xml.etree.ElementTree


def of_junit(path):
    suite = xml.etree.ElementTree.parse(path).getroot()
    total, failed, skipped, disabled = (int(suite.get(key, 0)) for key in ("tests", "failures", "skipped", "disabled"))
    return total - failed - skipped - disabled, failed, skipped + disabled


def of_closing_line(text):
    """The plain line "N passed, N failed, N skipped"; a suite's last one is its sum."""
    found = re.findall(r"^(?:\w+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", text, re.M)
    return tuple(int(number or 0) for number in found[-1]) if found else None


def of_unittest(text):
    runs = re.findall(r"^Ran (\d+) tests? in .*\n\n(?:OK|FAILED|NO TESTS RAN)(.*)$", text, re.M)
    if not runs:
        return None
    total = failed = skipped = 0
    for count, details in runs:
        numbers = {key.strip(): int(value) for key, value in re.findall(r"([a-z ]+)=(\d+)", details)}
        total += int(count)
        failed += numbers.get("failures", 0) + numbers.get("errors", 0) + numbers.get("unexpected successes", 0)
        skipped += numbers.get("skipped", 0)
    return max(0, total - failed - skipped), failed, skipped


def of_node(text):
    sums = {key: [int(n) for n in re.findall(rf"^(?:#|ℹ) {key} (\d+)$", text, re.M)] for key in ("pass", "fail", "cancelled", "skipped", "todo")}
    if not sums["pass"]:
        return None
    return sum(sums["pass"]), sum(sums["fail"] + sums["cancelled"]), sum(sums["skipped"] + sums["todo"])


def of_vitest(text):
    lines = re.findall(r"^\s*Tests\s+(.*\(\d+\))", text, re.M)
    if not lines:
        return None
    return tuple(sum(int(n) for line in lines for n in re.findall(rf"(\d+) {word}", line)) for word in ("passed", "failed", "(?:skipped|todo)"))


def of_playwright(text):
    if not re.search(r"^Running \d+ tests? using \d+ workers?", text, re.M):
        return None
    return tuple(sum(int(n) for n in re.findall(rf"^\s+(\d+) (?:{words})\b", text, re.M)) for words in ("passed|flaky", "failed|interrupted", "skipped|did not run"))


def count(path, filtered=False):
    if path.endswith(".xml"):
        return of_junit(path)
    with open(path, encoding="utf-8", errors="replace") as file:
        text = re.sub(r"\x1b\[[0-9;]*m", "", file.read())
    for reader in (of_closing_line, of_unittest, of_node, of_vitest, of_playwright):
        reading = reader(text)
        if reading:
            return (*reading[:2], 0) if filtered and reader in (of_node, of_vitest) else reading
    return 0, 0, 0


def main():
    filtered = sys.argv[1] == "--filtered"
    status, path = int(sys.argv[1 + filtered]), sys.argv[2 + filtered]
    try:
        passed, failed, skipped = count(path, filtered)
    except (OSError, xml.etree.ElementTree.ParseError) as error:
        print(f"counts: {error}", file=sys.stderr)
        passed, failed, skipped = 0, 0, 0
    if failed == 0 and (status != 0 or (passed + skipped == 0 and not filtered)):
        failed = 1
    print(passed, failed, skipped)


if __name__ == "__main__":
    main()
