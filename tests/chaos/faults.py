"""The faults: each a class whose instances have seeded parameters, inject() and heal().

A fault says what it needs of a round before it starts (prepare), what it works on (target: a round has one fault of a
target), and when the system is over it (recovered, asked after heal until it is true).
"""
import shutil
import signal
import subprocess

from link import Link
from services import BIN, ENGINES, FAKETIME, FIX_STREAM, wait_until, with_clock

SERVICES = {"simulator": "simulator", "engine": "risk-engine", "notifier": "alert-notifier", "gateway": "dashboard-gateway"}
TAKE_OVER_SECONDS_MAX = 60
REPEATS_MAX = 30


class Fault:
    kind = ""
    target = ""
    from_injection = False  # recovery is counted from the injection on, not from the healing
    postgresql_only = False
    needs_root = False

    def __init__(self, rng, seconds):
        """`seconds`: how long the load lasts."""
        self.at = round(rng.uniform(0.05, 0.85) * seconds, 2)  # of the load
        self.hold = round(rng.uniform(0.1, 1.5), 2)  # seconds between injection and healing
        self.cursor = None  # when it healed

    def __str__(self):
        return f"{self.kind}@{self.at:.2f}s/{self.hold:.2f}s"

    @classmethod
    def missing(cls):
        """What this machine lacks for it, if anything."""
        return None

    def prepare(self, services):
        pass

    def aim(self, services):
        """Before it: what has to be so that it means what it says. Its time is nobody's recovery."""

    def inject(self, services):
        raise NotImplementedError

    def heal(self, services):
        pass

    def cursor_of(self, services):
        """How far the engine has come in the stream that it works on."""
        return services.cursor()

    def healed(self, services):
        """Notes how far that was."""
        def answer():
            cursor = self.cursor_of(services)
            return None if cursor is None else [cursor]
        [self.cursor] = wait_until(answer, "the database to answer")

    def recovered(self, services, records):
        """The engine commits again, or has nothing left to commit."""
        cursor = services.cursor()
        return cursor is not None and (cursor > self.cursor or cursor >= records)


class Kill(Fault):
    """SIGKILL, and a new start: of the engine at once, so that its recovery is its own; of others after a while."""

    def __init__(self, rng, seconds):
        super().__init__(rng, seconds)
        self.from_injection = self.target == "risk-engine"
        self.hold = 0 if self.from_injection else round(rng.uniform(0, 2), 2)
        self.did_kill = False

    def inject(self, services):
        # A simulator that was done is not started again: it would have nothing to send.
        self.did_kill = services.kill(self.target)

    def heal(self, services):
        if self.did_kill or self.target != "simulator":
            services.start(self.target)

    def recovered(self, services, records):
        if self.target == "simulator":
            return super().recovered(services, records)
        return services.ready(self.target)


class Pause(Fault):
    """SIGSTOP for 0.1 to 10 seconds, as a long page fault, a debugger or a paused machine does."""

    def __init__(self, rng, seconds):
        super().__init__(rng, seconds)
        self.hold = round(0.1 * 100 ** rng.random(), 2)

    def inject(self, services):
        services.signal(self.target, signal.SIGSTOP)

    def heal(self, services):
        services.signal(self.target, signal.SIGCONT)

    def recovered(self, services, records):
        if self.target in ("alert-notifier", "dashboard-gateway"):
            return services.ready(self.target)
        return super().recovered(services, records)


def of_services(base, verb):
    return {f"{verb}-{name}": type(base.__name__, (base,), {"kind": f"{verb}-{name}", "target": service, "__doc__": base.__doc__})
            for name, service in SERVICES.items()}


class StallListener(Pause):
    """A subscriber of the alerts stops reading for longer than its queue holds."""
    kind, target = "stall-listener", "listener"

    def __init__(self, rng, seconds):
        super().__init__(rng, seconds)
        self.hold = round(rng.uniform(3, 8), 2)

    @classmethod
    def missing(cls):
        return None if (BIN / "chaos_listener").exists() else "chaos_listener is not built"


class CrashPostgres(Fault):
    """The server ends at once (-m immediate), and comes back by recovering from its log."""
    kind, target, postgresql_only = "crash-postgres", "postgres", True

    def inject(self, services):
        services.database.cluster("crash")

    def heal(self, services):
        services.database.cluster("revive")


class KillCopy(Fault):
    """The engine's backend is terminated in the middle of a COPY: the commit it was part of must leave nothing."""
    kind, target, postgresql_only = "kill-copy", "postgres", True
    # It waits for the COPY, since one lasts milliseconds.
    SQL = """DO $$ DECLARE victim int; BEGIN
        WHILE clock_timestamp() < transaction_timestamp() + interval '5 s' LOOP
          PERFORM pg_stat_clear_snapshot();
          SELECT pid INTO victim FROM pg_stat_activity WHERE usename = 'risk_engine' AND state = 'active' AND query LIKE 'COPY%' LIMIT 1;
          IF victim IS NOT NULL THEN PERFORM pg_terminate_backend(victim); RAISE WARNING 'terminated'; EXIT; END IF;
          PERFORM pg_sleep(0.0002);
        END LOOP; END $$"""

    def __init__(self, rng, seconds):
        super().__init__(rng, seconds)
        self.hold = 0
        self.did_kill = False

    def __str__(self):
        return super().__str__() + ("" if self.did_kill else " (no COPY came by)")

    def inject(self, services):
        self.did_kill = "terminated" in services.database.psql("postgres", "postgres", self.SQL).stderr


class LinkFault(Fault):
    """The link between simulator and engine, which then goes through a proxy."""
    target = "link"

    def prepare(self, services):
        if services.link is None:
            services.link = Link(services.values["transactions"], self.at)

    def heal(self, services):
        services.link.heal()


class CutLink(LinkFault):
    """Every connection is reset, and new ones too."""
    kind = "cut-link"

    def inject(self, services):
        services.link.cut()


class StallLink(LinkFault):
    """Connections stay up and carry nothing."""
    kind = "stall-link"

    def __init__(self, rng, seconds):
        super().__init__(rng, seconds)
        self.hold = round(rng.uniform(0.5, 5), 2)

    def inject(self, services):
        services.link.stall()


class SlowLink(LinkFault):
    """50 ms of delay, and every fifth chunk waits for a retransmission."""
    kind = "slow-link"

    def __init__(self, rng, seconds):
        super().__init__(rng, seconds)
        self.hold = round(rng.uniform(1, 4), 2)

    def inject(self, services):
        services.link.slow(0.05, 0.2)


class Packets(Fault):
    """nftables drops packets between simulator and engine, in the network namespace that run.py made for itself."""
    target, needs_root = "packets", True
    verdict = ""

    @classmethod
    def missing(cls):
        return None if shutil.which("nft") else "nft is not installed"

    def inject(self, services):
        ports = f"{{ {services.values['transactions']}, {services.values['transactions_replay']} }}"
        rules = "".join(f"add rule inet chaos in tcp {end} {ports} {self.verdict}\n" for end in ("sport", "dport"))
        nft(f"add table inet chaos\nadd chain inet chaos in {{ type filter hook input priority 0; }}\n{rules}")

    def heal(self, services):
        nft("delete table inet chaos")


class DropPackets(Packets):
    """Every packet: no reset tells either end."""
    kind, verdict = "drop-packets", "drop"


class LosePackets(Packets):
    """Every fifth packet, either way."""
    kind, verdict = "lose-packets", "numgen random mod 100 < 20 drop"

    def __init__(self, rng, seconds):
        super().__init__(rng, seconds)
        self.hold = round(rng.uniform(1, 4), 2)


def nft(script):
    subprocess.run(["nft", "-f", "-"], input=script, text=True, check=True, capture_output=True)


class FillJournal(Fault):
    """The volume of the simulator's journal is full: publishing must wait, and nothing may be dropped."""
    kind, target, needs_root = "fill-journal", "journal", True
    VOLUME_BYTES = 256 << 20

    def prepare(self, services):
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.VOLUME_BYTES}", "tmpfs", services.journal], check=True, capture_output=True)
        services.cleanups.callback(subprocess.run, ["umount", "-l", services.journal], check=True, capture_output=True)

    def inject(self, services):
        with open(services.journal / "filler", "wb", buffering=0) as filler:
            try:
                while filler.write(bytes(1 << 20)):
                    pass
            except OSError:
                pass  # full

    def heal(self, services):
        (services.journal / "filler").unlink()


class MoveClock(Fault):
    """One process sees its clock go an hour forward or back, and later right again."""
    kind, target = "move-clock", "clock"

    def __init__(self, rng, seconds):
        super().__init__(rng, seconds)
        self.process = rng.choice(list(SERVICES.values()))
        self.offset = rng.choice(("+1h", "-1h"))

    def __str__(self):
        return f"{super().__str__()} ({self.process} {self.offset})"

    @classmethod
    def missing(cls):
        return None if FAKETIME else "libfaketime is not installed"

    def prepare(self, services):
        services.extra_env[self.process] = with_clock(services.folder / "clock", "+0")

    def set(self, services, offset):
        (services.folder / "clock").write_text(offset + "\n")

    def inject(self, services):
        self.set(services, self.offset)

    def heal(self, services):
        self.set(services, "+0")


class WithStandby(Fault):
    """Of a round with two engines. Recovery is that the other one leads."""
    target, from_injection = "risk-engine", True

    def __init__(self, rng, seconds):
        super().__init__(rng, seconds)
        self.hold = 0  # healing waits for the standby
        self.leader = self.other = None

    def prepare(self, services):
        services.with_standby = True
        # An engine that finds another in its place may end; whoever looks after it starts it again.
        services.expected_ends |= set(ENGINES)

    def aim(self, services):
        """Waits until one leads and the other stands by; starts one that has ended. One that lost its lease with the
        database may still be ending, or be about to find out."""
        def settled():
            self.leader = services.leader()
            if self.leader is None:
                return False
            self.other = ENGINES[1 - ENGINES.index(self.leader)]
            if not services.is_running(self.other):
                services.start(self.other)
            return services.stands_by(self.other)
        wait_until(settled, "one engine to lead and the other to wait", TAKE_OVER_SECONDS_MAX)

    def healed(self, services):
        pass

    def recovered(self, services, records):
        return services.ready(self.other)


class KillLeader(WithStandby):
    """The engine dies while a standby waits; it comes back as the standby."""
    kind = "kill-leader"

    def inject(self, services):
        services.kill(self.leader)

    def heal(self, services):
        wait_until(lambda: services.ready(self.other), "the standby to lead", TAKE_OVER_SECONDS_MAX)
        services.start(self.leader)


class PauseLeader(WithStandby):
    """The engine is paused until the standby leads, then wakes up and must not commit."""
    kind = "pause-leader"

    def inject(self, services):
        services.signal(self.leader, signal.SIGSTOP)

    def heal(self, services):
        wait_until(lambda: services.ready(self.other), "the standby to lead", TAKE_OVER_SECONDS_MAX)
        services.signal(self.leader, signal.SIGCONT)


class OfDropCopy(Fault):
    """A fault of drop-copy or of its session. Recovery is that all the broker had sent by then is received, and more of the stream is committed."""

    def __init__(self, rng, seconds):
        super().__init__(rng, seconds)
        self.from_injection = False
        self.sent = None

    @classmethod
    def missing(cls):
        return None if FAKETIME else "libfaketime is not installed, and so there is no drop-copy"

    def healed(self, services):
        super().healed(services)
        self.sent = services.broker.numbers()

    def cursor_of(self, services):
        return services.cursor(FIX_STREAM)

    def recovered(self, services, records):
        # The stream has a tick a second, so that it always goes on.
        cursor = self.cursor_of(services)
        return services.fix_received() >= self.sent and cursor is not None and cursor > self.cursor


class KillDropCopy(OfDropCopy, Kill):
    """SIGKILL, and a new start after a while: what was received and is not in the journal is asked for again."""
    kind, target = "kill-drop-copy", "drop-copy"


class PauseDropCopy(OfDropCopy, Pause):
    """SIGSTOP: the broker goes on, and what it sends waits in the connection."""
    kind, target = "pause-drop-copy", "drop-copy"


class SessionFault(OfDropCopy):
    target = "session"

    def __init__(self, rng, seconds):
        super().__init__(rng, seconds)
        self.hold = 0


class CutSession(SessionFault):
    """The broker's connection is reset, also in the middle of a message."""
    kind = "cut-session"

    def __init__(self, rng, seconds):
        super().__init__(rng, seconds)
        self.in_message = rng.random() < 0.5

    def __str__(self):
        return super().__str__() + (" (in a message)" if self.in_message else "")

    def inject(self, services):
        services.broker.cut(self.in_message)


class ResendSession(SessionFault):
    """The broker loses a message and is asked for all from there on; sends everything again as what may be known, and some of it as new messages."""
    kind = "resend-session"

    def __init__(self, rng, seconds):
        super().__init__(rng, seconds)
        self.repeats = rng.randint(1, REPEATS_MAX)

    def inject(self, services):
        services.broker.send_again(self.repeats)


KINDS = {**of_services(Kill, "kill"), **of_services(Pause, "pause"),
         **{fault.kind: fault for fault in (StallListener, CrashPostgres, KillCopy, CutLink, StallLink, SlowLink, DropPackets, LosePackets,
                                            FillJournal, MoveClock, KillLeader, PauseLeader, KillDropCopy, PauseDropCopy, CutSession, ResendSession)}}


def why_not(kind, postgresql, root):
    """Why a fault cannot be injected here, if it cannot."""
    fault = KINDS[kind]
    if fault.postgresql_only and not postgresql:
        return "it is of PostgreSQL"
    if fault.needs_root and not root:
        return "it needs root and namespaces of its own"
    return fault.missing()


def pick(rng, kinds, seconds):
    """Two to four faults, each of another target, in the order of their instants; fewer when there are not so many."""
    chosen, targets = [], set()
    for kind in rng.sample(kinds, len(kinds)):
        if KINDS[kind].target not in targets:
            chosen.append(kind)
            targets.add(KINDS[kind].target)
    return sorted((KINDS[kind](rng, seconds) for kind in chosen[:rng.randint(2, 4)]), key=lambda fault: fault.at)
