"""The broker of a round: sends what it has to report over a FIX session, at its pace and whatever becomes of the session, and sends again what it is asked for."""
import pathlib
import random
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from fix_counterparty import Counterparty  # noqa: E402

from fix_load import fields_of  # noqa: E402

SESSION = "prime"
FILE = f"{SESSION}/1"  # what the quarantine calls its messages
REPORT, HEARTBEAT = "8", "0"


class Broker(Counterparty):
    def __init__(self, load, seconds, seed):
        """`load`: a FixLoad. `seconds`: how long it takes to send all of it."""
        super().__init__(comp_id="BROKER", peer="DESK")
        self.inputs, self.shared, self.seconds = load.inputs, load.shared, seconds
        self.rng = random.Random(f"broker {seed}")
        self.told = []      # inputs that were sent and are applied
        self.repeated = 0   # messages under new numbers that tell what was told
        self.sender = threading.Thread(target=self.send_inputs, daemon=True)

    def begin(self):
        self.sender.start()

    def close(self):
        super().close()
        if self.sender.ident:
            self.sender.join(10)

    def is_done(self):
        return not self.sender.is_alive()

    def send_inputs(self):
        begun = time.monotonic()
        for place, made in enumerate(self.inputs):
            pause = begun + self.seconds * place / len(self.inputs) - time.monotonic()
            if pause > 0:
                time.sleep(pause)
            if self.stopping:
                return
            with self.lock:
                made.file, made.line = FILE, self.send(REPORT, fields_of(made.row))
                if made.fate is None:
                    self.told.append(made)

    def numbers(self):
        with self.lock:
            return len(self.sent)

    # --- faults

    def cut(self, in_message):
        """Resets the connection, at once or in the middle of the next message."""
        with self.lock:
            if not in_message:
                self.reset()
                return
            self.breaks_off.add(len(self.sent) + 1)
            if self.is_done():
                self.send(HEARTBEAT, [])

    def send_again(self, repeats):
        """Loses a message, so that all from there on is asked for; sends everything once more, and some of it as new messages that may have been sent."""
        with self.lock:
            self.leaves_out.add(len(self.sent) + 1)
            self.send(HEARTBEAT, [])
            self.resend(1)
            for made in self.rng.sample(self.told, min(repeats, len(self.told))):
                # What another stream may have had first is no duplicate of what was sent here.
                if made.row["transaction_id"] in self.shared:
                    continue
                self.send(REPORT, [(97, "Y"), *fields_of(made.row)])
                self.repeated += 1
