#!/usr/bin/env python3
"""Runs those tests of one unittest file whose name matches; prints nothing where none does.

Usage: matching_tests.py REGEX FILE    the name is FOLDER/MODULE.CLASS.METHOD, as mesh/test_curve.Curve.test_keys
"""

import os
import re
import sys
import unittest


def tests_of(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from tests_of(test)
        else:
            yield test


def main():
    pattern, path = re.compile(sys.argv[1]), os.path.abspath(sys.argv[2])
    folder, module = os.path.dirname(path), os.path.basename(path)[: -len(".py")]
    os.chdir(folder)
    sys.path.insert(0, folder)
    prefix = os.path.basename(folder) + "/"
    # A file that cannot be loaded may hold the test that was asked for: it counts as matching, and fails.
    matching = [
        test
        for test in tests_of(unittest.defaultTestLoader.loadTestsFromName(module))
        if isinstance(test, unittest.loader._FailedTest) or pattern.search(prefix + test.id())
    ]
    if not matching:
        return 0
    print(f"{prefix}{module}.py", flush=True)
    return 0 if unittest.TextTestRunner(verbosity=2).run(unittest.TestSuite(matching)).wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
