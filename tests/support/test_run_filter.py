"""tests/run.sh --filter runs the tests of that name in every suite, and never passes for having run none.

It runs in a small tree of its own, with stand-ins for the build and for the runners that need one."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
REAL = ("run.sh", "support/counts.py", "support/matching_tests.py", "tidy/run.sh", "tidy/tidy.py", "tidy/rules.py")

PYTHON_TEST = """
import unittest
class Limits(unittest.TestCase):
    def test_open(self): pass
    def test_close(self): self.fail()
"""

# Writes the report that ctest would: three cases, of which -R picks.
CTEST = """#!/usr/bin/env bash
filter=. report=/dev/null
while [ $# -gt 0 ]; do
  case $1 in -R) filter=$2 ;; --output-junit) report=$2 ;; esac
  shift
done
count=$(printf '%s\\n' 'engine_test:a limit opens' 'bus_test:a gap is told' store_contract_Sqlite | grep -cE "$filter")
echo "<testsuite tests=\\"$count\\" failures=\\"0\\"/>" >"$report"
echo "Total Tests: $count"
"""

CMAKE = """#!/bin/sh
echo "asked: $*" >>"$ASKED"
"""

# A suite of named cases, with --list as those of tests/ have it; what it is asked for stands in its output.
CASES = """#!/usr/bin/env bash
case $1 in --list) printf '%s\\n' limit_fuzz wire_fuzz; exit ;; esac
echo "asked: $*" >>"$ASKED"
echo "1 passed, 0 failed, 0 skipped"
"""


class FilterTest(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        for name in REAL:
            with open(os.path.join(TESTS, name), encoding="utf-8") as file:
                self.write(f"tests/{name}", file.read(), executable=True)
        self.write("tests/unit/test_limits.py", PYTHON_TEST)
        for suite in ("fuzz/run.sh", "chaos/run.py", "compose/run.sh"):
            self.write(f"tests/{suite}", CASES, executable=True)
        self.write("bin/cmake", CMAKE, executable=True)
        self.write("bin/ctest", CTEST, executable=True)

    def write(self, name, text, executable=False):
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o755 if executable else 0o644)

    def run_tests(self, only, *arguments):
        """The exit status, the closing line and all of the output."""
        path = os.path.join(self.root, "bin") + os.pathsep + os.environ["PATH"]
        env = {**os.environ, "PATH": path, "CI": "", "ASKED": os.path.join(self.root, "asked")}
        command = [os.path.join(self.root, "tests/run.sh"), "--no-install", "--only", only, *arguments]
        run = subprocess.run(command, env=env, capture_output=True, text=True)
        return run.returncode, run.stdout.strip().split("\n")[-1], run.stdout + run.stderr

    def asked(self):
        with open(os.path.join(self.root, "asked"), encoding="utf-8") as file:
            return file.read()

    def test_python_tests_by_name(self):
        status, closing, output = self.run_tests("python", "--filter", "Limits.test_open")
        self.assertEqual((0, "1 passed, 0 failed, 0 skipped"), (status, closing), output)
        self.assertIn("1 of those that match Limits.test_open ran", output)

    def test_python_tests_by_folder_and_file(self):
        status, closing, output = self.run_tests("python", "--filter", "^unit/test_limits")
        self.assertEqual((1, "1 passed, 1 failed, 0 skipped"), (status, closing), output)

    def test_a_file_that_cannot_be_loaded_fails_for_it_may_hold_the_test(self):
        self.write("tests/unit/test_broken.py", "import no_such_module\n")
        status, closing, output = self.run_tests("python", "--filter", "Limits.test_open")
        self.assertEqual((1, "1 passed, 1 failed, 0 skipped"), (status, closing), output)

    def test_rules_of_tidy(self):
        status, closing, output = self.run_tests("tidy", "--filter", "^pragma_once$")
        self.assertEqual((0, "1 passed, 0 failed, 0 skipped"), (status, closing), output)

    def test_cases_of_ctest(self):
        status, closing, output = self.run_tests("cpp", "--filter", "^bus_test:.*gap")
        self.assertEqual((0, "1 passed, 0 failed, 0 skipped"), (status, closing), output)

    def test_fuzz_targets_and_faults_and_compose_checks(self):
        self.assertEqual(0, self.run_tests("fuzz", "--filter", "^limit")[0])
        self.assertEqual(0, self.run_tests("chaos", "--filter", "wire|limit")[0])
        self.assertEqual(0, self.run_tests("compose", "--filter", "wire")[0])
        fuzz, chaos, compose = [line for line in self.asked().splitlines() if "--build" not in line and "--preset" not in line]
        self.assertRegex(fuzz, "^asked: --seconds [0-9]+ limit_fuzz$")
        self.assertRegex(chaos, "--faults limit_fuzz,wire_fuzz ")
        self.assertEqual("asked: --filter wire", compose)

    def test_several_suites_are_summed_and_one_without_a_match_is_no_failure(self):
        status, closing, output = self.run_tests("cpp,python,fuzz", "--filter", "limit opens|test_open")
        self.assertEqual((0, "2 passed, 0 failed, 0 skipped"), (status, closing), output)
        self.assertIn("fuzz: no test matches", output)

    def test_none_at_all_is_a_failure(self):
        status, closing, output = self.run_tests("tidy,cpp,python,fuzz,chaos,compose", "--filter", "misspelt")
        self.assertEqual((1, "0 passed, 1 failed, 0 skipped"), (status, closing), output)
        self.assertIn("no test matches", output)

    def test_a_suite_that_breaks_before_it_counts_is_a_failure_with_a_filter_too(self):
        self.write("bin/ctest", "#!/bin/sh\nexit 8\n", executable=True)
        self.assertEqual((1, "0 passed, 1 failed, 0 skipped"), self.run_tests("cpp", "--filter", "gap")[:2])

    def test_a_filter_without_a_value_is_refused(self):
        self.assertEqual(2, self.run_tests("tidy", "--filter")[0])

    def test_targets_are_built_and_run_alone(self):
        status, closing, output = self.run_tests("cpp", "--target", "bus_test,store_contract_test")
        self.assertEqual((0, "2 passed, 0 failed, 0 skipped"), (status, closing), output)
        self.assertIn("asked: --build --preset dev --target bus_test store_contract_test\n", self.asked())

    def test_a_target_without_tests_fails_beside_others_that_pass(self):
        status, closing, output = self.run_tests("cpp", "--target", "bus_test,renamed_test")
        self.assertEqual((1, "0 passed, 1 failed, 0 skipped"), (status, closing), output)
        self.assertIn("no test is renamed_test's", output)

    def test_targets_of_other_suites_are_refused(self):
        self.assertEqual(2, self.run_tests("python", "--target", "bus_test")[0])
        self.assertEqual(2, self.run_tests("cpp", "--target", "bus_test", "--filter", "gap")[0])

    def test_ci_names_targets_that_exist(self):
        """A target that was renamed would be noticed an hour into a run of CI."""
        root = os.path.dirname(TESTS)
        with open(os.path.join(root, ".ci/run"), encoding="utf-8") as file:
            named = {name for line in re.findall(r"^[at]san_targets=(.+)$", file.read(), re.M) for name in line.split(",")}
        lists = [os.path.join(folder, name) for folder, _, names in os.walk(TESTS) for name in names if name == "CMakeLists.txt"]
        built = set()
        for path in lists:
            with open(path, encoding="utf-8") as file:
                built.update(re.findall(r"^(?:risk_test|add_executable)\((\w+)", file.read(), re.M))
        self.assertEqual(set(), named - built)
        self.assertGreater(len(named), 8)


if __name__ == "__main__":
    unittest.main()
