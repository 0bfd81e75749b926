"""What people set: the examples have every setting with its default, and nothing odd in its place holds a start up."""
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from mesh import BIN, ROOT

PROGRAMS = ("simulator", "drop-copy", "risk-engine", "alert-notifier", "dashboard-gateway", "riskctl")
EXAMPLE = ROOT / "deploy/config/risk-alert.yaml"
SECONDS_MAX = 30


def run(program, *words, cwd=None, **more):
    env = {"PATH": os.environ["PATH"]}
    return subprocess.run([BIN / program, *words], cwd=cwd, env=env, capture_output=True, text=True, timeout=SECONDS_MAX, **more)


def settings_of(program):
    """What --help shows of each setting: its variables, its key in the YAML file, its default."""
    found, entry = [], ""
    for line in run(program, "--help").stdout.splitlines():
        if not line.startswith("  "):
            continue
        entry = line if re.match(r"  \S", line) else entry + " " + line.strip()
        variables = re.search(r"env: ([A-Z0-9_]+(?:, [A-Z0-9_]+)*)", entry)
        key = re.search(r"yaml: ([a-z_.]+)$", entry) or re.match(r"  ([a-z_]+(?:\.[a-z_]+)+) ", entry)
        if not variables and not key:
            continue
        default = re.search(r" \(default: (.*?)\)(?= |$)", entry)
        setting = (variables[1].split(", ") if variables else [], key and key[1], default and default[1])
        if found and found[-1][:2] == setting[:2] or found and key and found[-1][1] == key[1]:
            found.pop()
        found.append(setting)
    return found


def example_keys():
    """key: value of the example, None where it is behind a #."""
    keys, path = {}, []
    for line in EXAMPLE.read_text().splitlines():
        match = re.match(r"^((?:  )*)(# )?([a-z_]+):(?: +(.*))?$", line)
        if not match:
            continue
        indent, is_comment, name, value = match.groups()
        path[len(indent) // 2:] = [name]
        value = re.sub(r"(^| +)#.*", "", value or "").strip()
        if is_comment:
            keys[".".join(path)] = None
        elif value:
            keys[".".join(path)] = value.strip('"')
    return keys


def plain(value):
    """As one text what may be written in several ways."""
    value = value.strip("[]").replace(", ", ",")
    if value in ("", "{}"):
        return ""
    if value in ("true", "false"):
        return str(float(value == "true"))
    time = re.fullmatch(r"(\d+)(ms|s|m|h)", value)
    if time:
        return f"{int(time[1]) * {'ms': 1, 's': 1000, 'm': 60_000, 'h': 3_600_000}[time[2]]} ms"
    if re.fullmatch(r"\d\d:\d\d", value):
        return value + ":00"
    try:
        return str(float(value))
    except ValueError:
        return value


class Examples(unittest.TestCase):
    def test_the_example_yaml_has_every_key_of_every_program_with_its_default_and_no_other(self):
        example, known = example_keys(), set()
        for program in PROGRAMS:
            for _, key, default in settings_of(program):
                if not key:
                    continue
                known.add(key)
                with self.subTest(program=program, key=key):
                    self.assertIn(key, example)
                    of_each_service = key in ("health.port", "simulator.stream_name", "drop_copy.stream_name")
                    if example[key] is None:
                        self.assertTrue(of_each_service or default in (None, "random", "none"), "has a default")
                    else:
                        self.assertEqual(plain(example[key]), plain(default or ""))
        self.assertGreater(len(known), 100)
        self.assertEqual(set(example) - known, set())

    def test_the_example_env_has_every_variable_with_its_default_and_compose_its_own_alone(self):
        example = dict(re.findall(r"^#?([A-Z][A-Z0-9_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.M))
        known = set()
        for program in PROGRAMS:
            for variables, key, default in settings_of(program):
                for name in variables:
                    known.add(name)
                    if name.endswith("_FILE") and name.removesuffix("_FILE") in example:
                        continue
                    with self.subTest(program=program, name=name):
                        self.assertIn(name, example)
                        if example[name] and default and "=" not in example[name]:
                            self.assertEqual(plain(example[name]), plain(default))
        self.assertEqual(set(example) - known, {"DASHBOARD_ADDRESS_PUBLISHED", "DASHBOARD_PORT_PUBLISHED", "DROP_COPY_CONFIG_FILE"})

    def test_every_program_takes_both_examples_and_knows_every_name_in_them(self):
        names = {name for program in PROGRAMS for variables, _, _ in settings_of(program) for name in variables}
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, ".env").write_text("".join(f"{name}=\n" for name in sorted(names)) + "COMPOSE_PROJECT_NAME=desk\nTZ=UTC\n")
            for program in PROGRAMS:
                with self.subTest(program=program):
                    done = run(program, "--config", EXAMPLE, "--check-config", cwd=folder)
                    self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "configuration is valid\n", ""))


class OddInput(unittest.TestCase):
    def test_a_misspelt_name_in_the_env_file_is_warned_of_by_every_program(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, ".env").write_text("DB_TYP=sqlite\nSLACK_WEBHOOK_URI=https://x/secret\n")
            for program in PROGRAMS:
                with self.subTest(program=program):
                    done = run(program, "--check-config", cwd=folder)
                    self.assertEqual(done.returncode, 0)
                    self.assertIn("warning: .env:1: DB_TYP: unknown setting, did you mean DB_TYPE?\n", done.stderr)
                    self.assertIn("SLACK_WEBHOOK_URI: unknown setting, did you mean SLACK_WEBHOOK_URL?\n", done.stderr)
                    self.assertNotIn("secret", done.stderr)

    def test_a_pipe_or_device_for_a_file_of_settings_ends_the_start_with_a_reason(self):
        with tempfile.TemporaryDirectory() as folder:
            pipe = os.path.join(folder, "pipe")
            os.mkfifo(pipe)
            for program in PROGRAMS:
                for path in (pipe, "/dev/zero", folder):
                    with self.subTest(program=program, path=path):
                        done = run(program, "--check-config", "--config", path)
                        self.assertEqual(done.returncode, 2)
                        self.assertRegex(done.stderr, "is a (pipe, not a file|device, not a file|directory)")
            os.rename(pipe, os.path.join(folder, ".env"))
            for program in PROGRAMS:
                with self.subTest(program=program, path=".env"):
                    done = run(program, "--check-config", cwd=folder)
                    self.assertEqual((done.returncode, done.stderr.splitlines()[1]), (2, ".env: cannot read: is a pipe, not a file"))

    def test_the_start_script_reads_no_pipe_either(self):
        function = re.search(r"^setting\(\) \{.*?^\}$", (ROOT / "deploy/run.sh").read_text(), re.M | re.S)[0]
        with tempfile.TemporaryDirectory() as folder:
            ask = ["bash", "-c", function + "\nsetting DB_TYPE"]
            Path(folder, ".env").write_text("export DB_TYPE = 'postgresql'\n")
            env = {"PATH": os.environ["PATH"]}
            self.assertEqual(subprocess.check_output(ask, cwd=folder, env=env, timeout=SECONDS_MAX), b"postgresql\n")
            os.remove(Path(folder, ".env"))
            os.mkfifo(Path(folder, ".env"))
            self.assertEqual(subprocess.check_output(ask, cwd=folder, env=env, timeout=SECONDS_MAX), b"")

    def test_a_file_of_certificates_or_rows_is_not_opened_to_look_at_it(self):
        with tempfile.TemporaryDirectory() as folder:
            pipe = os.path.join(folder, "pipe")
            os.mkfifo(pipe)
            self.assertEqual(run("simulator", "--check-config", "--replay", pipe).returncode, 0)
            self.assertIn("is a device", run("simulator", "--check-config", "--replay", "/dev/zero").stderr)
            endless = run("riskctl", "backtest", "--transactions", "/dev/zero")
            self.assertEqual((endless.returncode, endless.stderr), (1, "riskctl: /dev/zero: is a device, not a file\n"))
            mail = ("--email-to", "a@b.c", "--email-from", "a@b.c", "--smtp-server", "b.c", "--smtp-ca-file", pipe)
            done = run("alert-notifier", "--check-config", *mail)
            self.assertEqual(done.returncode, 2)
            self.assertIn("is a pipe", done.stderr)

    def test_currencies_and_endpoints_that_are_none_are_mistakes(self):
        for program, words, named in (
                ("risk-engine", ("--base-currency", "NO"), '--base-currency: value "NO": allowed: three capital letters'),
                ("risk-engine", ("--base-currency", "usd"), '--base-currency: value "usd"'),
                ("risk-engine", ("--rates", "EUR=1.1,eu=2"), 'rules.rates "eu": must be three capital letters'),
                ("risk-engine", ("--rates", "USD=2"), 'rules.rates "USD": is the base currency'),
                ("risk-engine", ("--transaction-endpoints", "localhost"), "engine.transaction_endpoints 'localhost'"),
                ("risk-engine", ("--transaction-endpoints", "tcp://a:65536"), "a port from 1 to 65535"),
                ("dashboard-gateway", ("--address", "desk"), '--address: value "desk": allowed: an IP address'),
                ("simulator", ("--stream-name", "a\u202eb"), 'value "a\\u{202e}b"')):
            with self.subTest(words=words):
                done = run(program, "--check-config", *words)
                self.assertEqual(done.returncode, 2)
                self.assertIn(named, done.stderr)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "risk.yaml")
            path.write_text("rules:\n  base_currency: NO\n")
            self.assertIn(':2: rules.base_currency: value "NO": allowed: three', run("riskctl", "--check-config", "--config", path).stderr)


class Output(unittest.TestCase):
    COMMANDS = [(program, flag) for program in PROGRAMS for flag in ("--help", "--version", "--check-config")]

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        rows = Path(self.folder, "t.csv")
        rows.write_text("transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market\n" +
                        "".join(f"T{i},2024-09-20T08:36:00Z,C{i},AAPL,BUY,8000,200,USD,B,M\n" for i in range(2000)))
        self.commands = [*self.COMMANDS, ("riskctl", "backtest", "--transactions", rows, "--limit", "100000"),
                         ("riskctl", "backtest", "--transactions", rows, "--format", "jsonl"),
                         ("riskctl", "backtest", "--transactions", rows, "--compare", EXAMPLE),
                         ("alert-notifier", "--test")]

    def test_a_command_whose_output_cannot_be_written_fails_and_says_so(self):
        for program, *words in [*self.commands, ("riskctl", "keys", "keys")]:
            with self.subTest(program=program, words=words), open("/dev/full", "w") as full:
                done = subprocess.run([BIN / program, *words], cwd=self.folder, stdout=full, stderr=subprocess.PIPE, text=True, timeout=SECONDS_MAX)
                self.assertEqual(done.returncode, 1)
                self.assertRegex(done.stderr, rf"^{program}: the output cannot be written(: No space left on device)?\n$")

    def test_a_reader_that_has_gone_ends_a_long_answer_in_silence(self):
        for program, *words in self.commands[-4:-1]:
            with self.subTest(words=words):
                read_end, write_end = os.pipe()
                os.close(read_end)
                done = subprocess.run([BIN / program, *words], stdout=write_end, stderr=subprocess.PIPE, text=True, timeout=SECONDS_MAX)
                os.close(write_end)
                self.assertEqual((done.returncode, done.stderr), (-13, ""))  # SIGPIPE

    def test_a_service_outlives_a_log_that_cannot_be_written(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([BIN / "simulator", "--port", "0", "--replay-port", "0", "--health-port", "0", "--durable-consumers", "",
                                   "--count", "3", "--rate", "100", "--journal", "journal"],
                                  cwd=self.folder, stdout=full, stderr=subprocess.PIPE, text=True, timeout=SECONDS_MAX)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
