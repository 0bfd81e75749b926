#!/usr/bin/env python3
"""Judges the tree by the rules of rules.py; each rule is one test.

Usage: tidy.py [--filter REGEX] [ROOT]    --filter: the rules whose name matches
"""

import argparse
import os
import re
import sys

import rules


def main():
    default = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--filter", type=re.compile, default="", metavar="REGEX", help="the rules whose name matches")
    parser.add_argument("root", nargs="?", default=default)
    options = parser.parse_args()
    tree = rules.Tree(options.root)
    passed = failed = skipped = 0
    for rule in rules.RULES:
        if not options.filter.search(rule.__name__):
            continue
        try:
            complaints = list(rule(tree))
        except rules.Skipped as reason:
            print(f"skipped: {rule.__name__}: {reason}")
            skipped += 1
            continue
        if not complaints:
            passed += 1
            continue
        failed += 1
        print(f"FAILED {rule.__name__}: {rule.__doc__}")
        for path, line, text in complaints:
            print(f"  {path}:{line}: {text}")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
