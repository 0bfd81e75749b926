"""The same inputs give the same events, figures and state hashes: by whatever compiler the core was built, at whatever
optimisation, however the inputs were announced, and wherever the core was saved and loaded."""
import pathlib
import shutil
import tempfile
import unittest

from build import build_driver
from compare import ROOT, Driver
from streams import Stream

BUILDS = (("g++", "-O0"), ("g++", "-O3"), ("clang++", "-O0"), ("clang++", "-O3"))
BATCHES = ("1", "7", "256", "1000000")
SEEDS = range(1, 21)


class Determinism(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.lines = [line for seed in SEEDS for line in Stream(seed).lines]
        cls.drivers = []
        for compiler, optimisation in BUILDS:
            if not shutil.which(compiler):
                continue
            target = pathlib.Path(cls.folder.name) / f"{compiler}{optimisation}"
            build_driver(target, ROOT, compiler, (optimisation,))
            cls.drivers.append(Driver(target))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def said(self, driver, *options):
        return driver.say(self.lines, "--hash-every", "50", *options)

    def test_compilers_and_optimisation(self):
        expected = self.said(self.drivers[0])
        self.assertGreater(expected.count('"kind":"hash"'), len(SEEDS))
        for driver in self.drivers[1:]:
            self.assertTrue(self.said(driver) == expected, f"{driver.path.name} says something else than {self.drivers[0].path.name}")

    def test_batches(self):
        driver = self.drivers[1]
        expected = self.said(driver)
        for batch in BATCHES:
            self.assertTrue(self.said(driver, "--batch", batch) == expected, f"--batch {batch} changes something")

    def test_snapshots(self):
        driver = self.drivers[1]
        expected = self.said(driver)
        for every in ("1", "13", "64"):
            self.assertTrue(self.said(driver, "--snapshot-every", every) == expected, f"--snapshot-every {every} changes something")


if __name__ == "__main__":
    unittest.main()
