#!/usr/bin/env python3
"""Writes what the fuzzers begin with, so that a short run starts behind the first checks: make_seeds.py FOLDER."""
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import fix_counterparty  # noqa: E402

HEADER = "transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market\n"
ROWS = [
    "T1,2024-09-20T08:36:00.000Z,C1,AAPL,BUY,10,189.25,USD,B1,XNAS\n",
    'T2,2024-09-20T08:36:00Z,"C,""2""",MSFT,SELL,0.00000001,92233720368.54775807,EUR,,\r\n',
    '"T3\nline",2024-02-29 23:59:59.999999+00:00,é,日本,BUY,-1,1e5,,,\n',
    "\ufeff\n,,,,,,,,,\n\"",
]
REVERSALS = [
    "R1,2024-09-20T08:36:01.000Z,C1,AAPL,?,many,1e3,a currency,B1,XNAS,BUST,T1\n",
    'R2,2024-09-20T08:36:02Z,C1,AAPL,SELL,11,189.25,USD,B1,XNAS,CORRECTION,"T,1"\n',
    "R3,2024-09-20T08:36:03Z,C1,AAPL,,,,,,,BUST,\nR4,2024-09-20T08:36:03Z,C1,AAPL,,,,,,,bust,T1\n",
    "T9,2024-09-20T08:36:04Z,C1,AAPL,BUY,1,1,,,,EXECUTION,\nT9,2024-09-20T08:36:04Z,C1,AAPL,BUY,1,1,,,,,T1\n",
]
POSITIONS = "client_id,symbol,quantity,price,currency\nC1,AAPL,-100,189.25,USD\nC2,MSFT,1.5,400,\n"


def csv_seeds():
    yield (HEADER + "".join(ROWS)).encode()
    yield ("order_id," + HEADER + "O1," + ROWS[0]).encode()
    yield (HEADER.strip() + ",kind,ref_transaction_id\n" + "".join(REVERSALS)).encode()
    yield ("kind," + HEADER + "BUST," + ROWS[0] + "CORRECTION," + ROWS[1]).encode()
    yield "".join(ROWS).encode()
    yield "".join(REVERSALS).encode()
    yield POSITIONS.encode()
    yield b"2024-09-20T08:36:00Z,VOD,101.5,GBX\n2024-09-20T08:36:00.000000001Z,\"A,B\",-1,\n"
    yield b"MES,5,USD,LINEAR,2024-09-20T21:00:00Z,false,\"E-mini, micro\",future\nXBT,,,INVERSE,,true,,\n"
    yield b"2024-09-20T08:36:00Z,GBX,0.0127\n2024-09-20T08:36:00+01:00,EUR,1e3\n"
    yield b'a,"b\xff\n' * 5


def format_seeds():
    """As format_fuzz takes them: each shipped format with its sample, by its number and as its YAML."""
    formats = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "formats"
    for number, yaml in enumerate(sorted(formats.glob("*.yaml")), 1):
        sample = (formats / "samples" / (yaml.stem + ".csv")).read_bytes()
        yield bytes([number]) + sample
        yield b"\0" + yaml.read_bytes() + b"\0" + sample
        yield bytes([number]) + b"\xff\xfe" + sample.decode().encode("utf-16-le")
    yield b"\0" + CASES + b"\0" + CASES_FILE
    yield b"\0" + KINDS + b"\0" + KINDS_FILE


# What no shipped format has: cases beside signs, units and minor currencies, and rows in which two of them hold.
CASES = b"""time: {formats: [iso]}
minor_currencies: {GBX: GBP}
footer: [End]
fields:
  transaction_id: id
  executed_at: {constant: 2024-01-01T00:00:00Z, where: [{column: k, is: t, use: s}]}
  client_id: {constant: C}
  symbol: {column: s, where: [{column: k, contains: lot, use: {template: "{s}-{k}", words: {A-lot: B}}}]}
  quantity: {column: q, sign: gives_side, where: [{column: k, is: [lot, big lot], use: {column: q, unit: [st], times: 100}},
    {column: k, contains: big, use: {column: q, implied_places: 2, times: 1000000}}, {column: k, is: one, use: {constant: "-1"}}]}
  price: {column: p, times: 3}
  currency: {constant: USD, where: [{column: k, is_not: [lot, big], use: {constant: GBX}}]}
"""
CASES_FILE = b"id,k,s,q,p\n1,lot,A,-5st,1\n2,big,A,922337203685477,1.5\n3,big lot,A,1st,1\n4,one,A,,1\n5,t,2024-01-01T00:00:00Z,1,9e9\n,,,End,\n"


KINDS = b"""time: {zone: UTC}
minor_currencies: {GBX: GBP}
fields:
  transaction_id: id
  executed_at: t
  client_id: {constant: C}
  symbol: s
  quantity: {column: q, sign: gives_side}
  price: p
  currency: {column: m, words: {GBX: GBX}, other_words: refuse}
  kind: {column: k, words: {B: BUST, C: CORRECTION}, where: [{column: x, is: broken, use: {constant: BUST}}, {column: x, contains: b, use: k}]}
  ref_transaction_id: {column: of, optional: true}
"""
KINDS_FILE = (b"id,t,s,q,p,m,k,x,of\n1,2024-01-01,A,5,1,GBX,,,\n2,2024-01-01T00:00:00Z,A,?,,EUR,B,,1\n3,2024-01-01T00:00:00Z,A,-6,1.5,GBX,C,,1\n"
              b"4,2024-01-01T00:00:00Z,A,0,x,,CORRECTION,broken,1\n5,2024-01-01T00:00:00Z,A,1,1,GBX,BUST,b,\n")


def byte_seeds():
    for seed in range(6):
        yield random.Random(seed).randbytes(600 * (seed + 1))


def field(number, value):
    """A field of a protobuf message: a varint, or bytes with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def fixed64(number, value):
    return varint(number << 3 | 1) + value.to_bytes(8, "little")


def varint(value, bytes_min=1):
    coded = bytearray()
    while value > 127 or len(coded) + 1 < bytes_min:
        coded.append(value & 127 | 128)
        value >>= 7
    return bytes(coded + bytes([value]))


def wire_seeds():
    transaction = field(1, b"T1") + fixed64(2, 1726821360000000) + b"".join(
        field(number, value) for number, value in enumerate((b"C1", b"AAPL", 1, 10**9, 19025 * 10**6, b"USD", b"B1", b"XNAS", b"O1", b"D1"), 3))
    for kind in (0, 1, 2, 3, 255, 2**31):
        yield field(1, transaction + field(13, kind) + field(14, b"T0") + field(15, 999))
    yield field(1, field(1, b"R1") + fixed64(2, 1726821360000000) + field(3, b"C1") + field(4, b"AAPL") + field(9, b"B1") + field(13, 1) + field(14, b"T1"))
    for number in range(1, 9):
        yield field(number, transaction)
        yield field(number, fixed64(1, 1726821360000000)) + field(99, b"unknown") + field(98, 7)
    yield field(5, field(1, b"VOD") + field(2, 10150 * 10**6) + field(3, b"GBX") + fixed64(4, 1726821360000000) + field(5, 999))
    yield field(7, field(1, b"MES") + field(2, 5 * 10**8) + field(3, b"USD") + field(4, 2) + fixed64(5, 1726821360000000) + field(7, 1) + field(8, b"E-mini"))
    yield field(6, field(1, b"GBX") + field(2, 127 * 10**4) + fixed64(3, 1726821360000000) + field(4, 1))
    yield b"\x0a" + varint(len(transaction), 6) + transaction
    yield field(1, b"\x0a" + varint(2, 5) + b"T1")
    yield b"{\"rules\": {}}"
    yield transaction


def http_seeds():
    yield b"GET /a?b HTTP/1.1\r\nHost: localhost:1\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n"
    yield (b"POST http://b/c HTTP/1.1\r\nHost: [::1]\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
           b"3;x=\"y\"\r\nabc\r\n0\r\nT: t\r\n\r\n")
    yield b"POST / HTTP/1.0\r\nContent-Length: 5\r\nContent-Type: a/b\r\n\r\nhelloOPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"
    yield b"\r\nHEAD / HTTP/1.1\r\nHost: a\r\nOrigin: null\r\nX:\t y \r\n\r\n"


def fix_seeds():
    """As fix_fuzz takes them: a stream of FIX messages, whose first bytes choose the settings, too."""
    broker = fix_counterparty.Counterparty()
    messages = [fix_counterparty.fill("E1", at="20260302-14:30:00.5", t231="50", t541="20260320"), fix_counterparty.fill("E2", "FIX.4.2"),
                fix_counterparty.trade("T1", sides=((1, "A"), (2, "B"))), ("8", [(150, "H"), (17, "E3"), (19, "E1"), (55, "A"), (54, 1), (1, "C")]),
                ("A", [(98, 0), (108, 30)])]
    stream = b"".join(broker.header_and(kind, number, [(43, "Y")], fields) for number, (kind, fields) in enumerate(messages, 1))
    yield stream
    yield stream[:-20] + stream
    yield fix_counterparty.with_wrong_checksum(stream) + b"8=FIX.4.4\x019=99999\x01" + stream
    yield from byte_seeds()


def main():
    folder = pathlib.Path(sys.argv[1])
    for target, seeds in (("csv_fuzz", csv_seeds()), ("format_fuzz", format_seeds()), ("apply_fuzz", byte_seeds()), ("snapshot_fuzz", byte_seeds()),
                          ("bus_fuzz", byte_seeds()), ("wire_fuzz", wire_seeds()), ("http_fuzz", http_seeds()),
                          ("fix_fuzz", fix_seeds())):
        (folder / target).mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(seeds):
            (folder / target / f"seed-{number}").write_bytes(seed)


if __name__ == "__main__":
    main()
