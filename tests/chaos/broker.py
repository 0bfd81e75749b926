"""The broker of a round: sends what it has to report over a FIX session, at its pace and whatever becomes of the session, and sends again what it is asked for."""
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from fix_counterparty import Counterparty  # noqa: E402

from fix_load import fields_of  # noqa: E402

SESSION = "prime"
FILE = f"{SESSION}/1"  # what the quarantine calls its messages
REPORT = "8"


class Broker(Counterparty):
    def __init__(self, load, seconds):
        """`load`: a FixLoad. `seconds`: how long it takes to send all of it."""
        super().__init__(comp_id="BROKER", peer="DESK")
        self.inputs, self.seconds = load.inputs, seconds
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

    def numbers(self):
        with self.lock:
            return len(self.sent)
