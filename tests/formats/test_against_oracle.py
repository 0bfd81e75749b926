"""riskctl convert says of every row what an independent reading of the format says: no number is silently another."""
import json
import pathlib
import random
import tempfile
import unittest

import random_formats
import shipped
from harness import CODECS, check

SEED = 20240920
FILES = 12       # of each shipped format
FORMATS = 150    # random ones
ROWS = 40


class AgainstOracle(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="risk-formats-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_random_files_of_every_shipped_format(self):
        for name in shipped.FORMATS:
            made = [0, 0, 0]
            for number in range(FILES):
                seeded = random.Random(f"{SEED} {name} {number}")
                with self.subTest(format=name, file=number):
                    format, settings, header, rows = shipped.random_file(seeded, name, ROWS)
                    encoding = seeded.choice(("utf-8", "utf-8-sig", "utf-16"))
                    counts = check(self, self.folder, seeded, name, format, settings, header, rows, encoding)
                    made = [a + b for a, b in zip(made, counts)]
            self.assertGreater(made[0], FILES, f"{name}: hardly a row was good")
            self.assertGreater(made[1], FILES, f"{name}: hardly a row was bad")

    def test_random_formats(self):
        made = [0, 0, 0]
        for number in range(FORMATS):
            seeded = random.Random(f"{SEED} {number}")
            with self.subTest(format=number):
                format, cells = random_formats.random_format(seeded)
                encoding = seeded.choice(sorted(CODECS))
                if not encoding.startswith("utf-8") and (encoding != "utf-16" or seeded.random() < 0.5):
                    format["encoding"] = encoding
                # JSON is YAML.
                (self.folder / "own.yaml").write_text(json.dumps(format, ensure_ascii=seeded.random() < 0.5), encoding="utf-8")
                counts = check(self, self.folder, seeded, "own.yaml", format, {}, list(cells), random_formats.random_rows(seeded, cells, ROWS), encoding)
                made = [a + b for a, b in zip(made, counts)]
        self.assertGreater(made[0], FORMATS * ROWS / 8)
        self.assertGreater(made[1], FORMATS * ROWS / 8)
        self.assertGreater(made[2], FORMATS)


if __name__ == "__main__":
    unittest.main()
