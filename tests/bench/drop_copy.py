#!/usr/bin/env python3
"""How fast drop-copy takes a FIX log: drop_copy.py FOLDER_OF_EXECUTABLES [--messages 1000000] [--fills 1.0] [--repetitions 3]

A broker of tests/support sends ExecutionReports as fast as they are taken, of which `--fills` are fills and the others statuses. The clock
runs from the first byte until the journal and the sequence file have the last one. Printed: messages a second, processor time and the most memory that the
process had; journal and sequence file are synced as in production, and nobody reads the stream. Beside it the same bytes, read by a process
that does nothing with them.
"""
import argparse
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mesh"))
from fix_counterparty import Counterparty, fill  # noqa: E402
from mesh import free_ports, wait_until  # noqa: E402

CHUNK = 1 << 20
SETTINGS = """drop_copy:
  sessions:
    - {{name: bench, host: 127.0.0.1, port: {port}, reconnect: 100ms, sender_comp_id: DESK, target_comp_id: BROKER}}
"""


def log_of(broker, messages, fills):
    """The bytes of that many messages, from number 2 on: number 1 is the Logon."""
    chunks, chunk, size = [], [], 0
    for number in range(2, messages + 2):
        kind, fields = fill(f"E{number}", account=f"CLIENT_{number % 1000:04}", symbol=f"S{number % 500}", at="20260302-14:30:00.123", t15="USD", t30="XNAS")
        if (number * 0.618) % 1 >= fills:
            fields = [(tag, "0" if tag == 150 else value) for tag, value in fields]
        chunk.append(broker.header_and(kind, number, [], fields, "20260302-14:30:00.123"))
        size += len(chunk[-1])
        if size >= CHUNK:
            chunks.append(b"".join(chunk))
            chunk, size = [], 0
    return chunks + [b"".join(chunk)]


def metric(port, name):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        text = b""
        while got := connection.recv(1 << 16):
            text += got
    return next(float(line.split()[-1]) for line in text.decode().splitlines() if line.startswith(name + "{"))


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_memory_mb(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1024


def run(binary, chunks, messages):
    broker = Counterparty()
    with tempfile.TemporaryDirectory(prefix="risk-bench-") as name:
        folder = pathlib.Path(name)
        (folder / "fix.yaml").write_text(SETTINGS.format(port=broker.listen()))
        port = free_ports(1)[0]
        with open(folder / "log", "wb") as log:
            process = subprocess.Popen([binary, "--config", folder / "fix.yaml", "--journal", folder / "journal", "--port", "0", "--replay-port", "0",
                                        "--health-port", str(port), "--durable-consumers", "", "--journal-bytes-max", str(1 << 33)],
                                       cwd=folder, stdout=log, stderr=log)
            try:
                broker.wait(lambda b: b.is_logged_on, "the log on")
                begun = time.monotonic()
                for chunk in chunks:
                    broker.transmit(chunk)
                wait_until(lambda: metric(port, "drop_copy_last_sequence") == messages + 1, "the last message", 600)
                return messages / (time.monotonic() - begun), processor_seconds(process.pid) / messages * 1e6, peak_memory_mb(process.pid)
            finally:
                broker.close()
                process.kill()
                process.wait()


def alone(chunks, messages):
    """The same bytes to somebody who only reads them."""
    listener = socket.create_server(("127.0.0.1", 0))

    def read():
        connection, _ = listener.accept()
        while connection.recv(1 << 18):
            pass
        connection.close()

    reader = threading.Thread(target=read)
    reader.start()
    begun = time.monotonic()
    with socket.create_connection(listener.getsockname()) as connection:
        for chunk in chunks:
            connection.sendall(chunk)
    reader.join()
    listener.close()
    return messages / (time.monotonic() - begun)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bin", type=pathlib.Path)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--fills", type=float, default=1.0)
    parser.add_argument("--repetitions", type=int, default=3)
    options = parser.parse_args()
    chunks = log_of(Counterparty(), options.messages, options.fills)
    binary = options.bin.resolve() / "drop-copy"
    found = [(*run(binary, chunks, options.messages), alone(chunks, options.messages)) for _ in range(options.repetitions)]
    rates, processor, memory, bare = zip(*found)
    print(f"drop-copy  {options.messages:,} ExecutionReports, {options.fills:.0%} fills, journal synced: {statistics.median(rates):,.0f} messages/s "
          f"({min(rates):,.0f} to {max(rates):,.0f}), {statistics.median(processor):.1f} µs of a processor each; at most {max(memory):.0f} MB; "
          f"read and forgotten: {statistics.median(bare):,.0f}/s")


if __name__ == "__main__":
    main()
