"""The sum of all suites is only as true as the reading of each runner's output."""

import os
import subprocess
import sys
import tempfile
import unittest

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "counts.py")


class CountsTest(unittest.TestCase):
    def count(self, text, status=0, suffix=".log", options=()):
        with tempfile.NamedTemporaryFile("w", suffix=suffix, encoding="utf-8") as file:
            file.write(text)
            file.flush()
            run = subprocess.run([sys.executable, SCRIPT, *options, str(status), file.name], capture_output=True, text=True, check=True)
        return tuple(map(int, run.stdout.split()))

    def test_ctest_report(self):
        report = '<testsuite tests="10" failures="2" disabled="1" skipped="3"></testsuite>'
        self.assertEqual((4, 2, 4), self.count(report, 8, ".xml"))

    def test_closing_line_and_of_several_the_last(self):
        self.assertEqual((5, 0, 2), self.count("ok\n1 passed, 1 failed\n5 passed, 0 failed, 2 skipped\n"))

    def test_unittest_runs_are_summed(self):
        text = "Ran 5 tests in 0.1s\n\nOK (skipped=1)\nRan 3 tests in 0.1s\n\nFAILED (failures=1, errors=1)\n"
        self.assertEqual((5, 2, 1), self.count(text, 1))

    def test_node_and_vitest_and_playwright(self):
        self.assertEqual((4, 1, 1), self.count("# tests 6\n# pass 4\n# fail 1\n# cancelled 0\n# skipped 1\n# todo 0\n", 1))
        self.assertEqual((5, 1, 2), self.count("\x1b[1m Test Files  1 passed (1)\n      Tests  1 failed | 5 passed | 2 skipped (8)\n", 1))
        self.assertEqual((3, 1, 0), self.count("Running 4 tests using 2 workers\n\n  1 failed\n    a.spec\n  3 passed (2s)\n", 1))

    def test_silence_is_a_failure(self):
        self.assertEqual((0, 1, 0), self.count("all good\n"))
        self.assertEqual((0, 1, 0), self.count("Ran 0 tests in 0.0s\n\nOK\n"))

    def test_of_a_filtered_suite_silence_is_no_match_and_the_rest_is_not_skipped(self):
        filtered = {"options": ["--filtered"]}
        self.assertEqual((0, 0, 0), self.count("0 passed, 0 failed, 0 skipped\n", **filtered))
        self.assertEqual((0, 0, 0), self.count('<testsuite tests="0" failures="0"/>', 0, ".xml", **filtered))
        self.assertEqual((0, 1, 0), self.count("", 1, **filtered))
        self.assertEqual((1, 0, 0), self.count("      Tests  1 passed | 40 skipped (41)\n", **filtered))
        self.assertEqual((1, 0, 0), self.count("# pass 1\n# fail 0\n# cancelled 0\n# skipped 4\n# todo 0\n", **filtered))

    def test_a_bad_exit_status_is_a_failure_whatever_was_counted(self):
        self.assertEqual((5, 1, 0), self.count("5 passed, 0 failed, 0 skipped\n", 139))

    def test_a_report_that_is_missing_or_broken_is_a_failure(self):
        self.assertEqual((0, 1, 0), self.count("<testsuite", 0, ".xml"))


if __name__ == "__main__":
    unittest.main()
