"""Everything that the simulator can make, by two of them and one that is started again, at a high rate: nothing contradicts anything, and what is stored is what it comes to."""
import json
import re
import unittest

from mesh import Mesh, free_ports, wait_until

RATE = "500"
FLOW = "'AAPL', 'MSFT', 'NVDA', 'AMZN', 'GOOGL', 'META', 'TSLA', 'BRK.B', 'JPM', 'V', 'UNH', 'XOM', 'MA', 'JNJ', 'PG', 'HD', 'COST', 'AVGO', 'MRK', 'ADBE'"


def positions_of(rows):
    return {(client, symbol): float(quantity) for client, symbol, quantity in rows if float(quantity) != 0}


class EveryScenario(unittest.TestCase):
    def start(self, mesh, name, ports, *flags):
        port, replay_port, health = ports
        return mesh.start("simulator", "--port", port, "--replay-port", replay_port, "--journal", mesh.folder / name, "--stream-name", name, "--rate", RATE, *flags,
                          env={"HEALTH_PORT": str(health)}, name=name)

    def count(self, mesh, table, condition):
        return int((mesh.database.rows(f"SELECT COUNT(*) FROM {table} WHERE {condition}") or [("0",)])[0][0])

    def stop(self, mesh, name, process):
        """Stops a simulator; returns what it says it has published, by kind."""
        self.assertEqual(mesh.stop(name), 0)
        published = [line for line in process.text().splitlines() if "msg=published" in line][-1]
        totals = {key: int(value) for key, value in re.findall(r"\b(\w+)=(\d+)(?= |$)", published)}
        committed = lambda: mesh.database.rows(f"SELECT sequence FROM stream_cursors WHERE name = '{name}'")
        wait_until(lambda: committed() == [(str(totals["sequence"]),)], f"the engine to commit {totals['sequence']} of {name}, last seen {committed()}")
        return totals

    def test_of_two_simulators_is_stored_as_it_is_and_each_kind_is_seen(self):
        with Mesh() as mesh:
            first_ports = [mesh.ports["transactions"], mesh.ports["transactions-replay"], mesh.ports["health-simulator"]]
            second_ports = free_ports(3)
            mesh.start_ready("risk-engine", env={"TRANSACTION_ENDPOINTS": f"tcp://127.0.0.1:{first_ports[0]},tcp://127.0.0.1:{second_ports[0]}"})
            first = self.start(mesh, "first", first_ports)
            second = self.start(mesh, "second", second_ports)
            # A split, late fill and bust of it by each, and a rename and what comes late of that.
            busts_of_late = "kind = 'BUST' AND original_apply_seq IN (SELECT apply_seq FROM transactions WHERE late = 1)"
            wait_until(lambda: self.count(mesh, "adjustments", "state = 'APPLIED'") >= 4 and self.count(mesh, "transactions", busts_of_late) >= 2,
                       "a split, a late fill that is busted and a rename of each")
            totals = [self.stop(mesh, "first", first)]
            first = self.start(mesh, "first", first_ports, "--seed", "99")
            wait_until(lambda: self.count(mesh, "adjustments", "state = 'APPLIED'") >= 6, "a split and a rename of a run that came later")
            before = mesh.metrics("simulator")
            totals += [self.stop(mesh, "first", first), self.stop(mesh, "second", second)]

            # Nothing is in the quarantine but prices that are held: the wild ones, which are of the flow.
            self.assertEqual(mesh.database.rows("SELECT kind, field, value, reason FROM quarantine WHERE kind <> 'HELD_PRICE'"), [])
            held = self.count(mesh, "quarantine", "kind = 'HELD_PRICE'")
            corrections_of_wild = self.count(mesh, "transactions", "kind = 'EXECUTION' AND CAST(price AS REAL) > 10000")
            self.assertGreater(held, 0)
            self.assertLessEqual(held, 2 * corrections_of_wild)
            alerted = mesh.database.rows("SELECT DISTINCT entity_id FROM alerts WHERE alert_type = 'PRICE_DEVIATION'")
            self.assertEqual(mesh.database.rows(f"SELECT DISTINCT entity_id FROM alerts WHERE alert_type = 'PRICE_DEVIATION' AND entity_id NOT IN ({FLOW})"), [], alerted)
            self.assertEqual(mesh.database.rows("SELECT SUM(missing), SUM(conflicts) FROM stream_cursors WHERE name IN ('first', 'second')"), [("0", "0")])

            # Every kind was seen, and all that was sent is there.
            sent = {kind: sum(each[kind] for each in totals) for kind in totals[0]}
            duplicates = sum(int(n) for (n,) in mesh.database.rows("SELECT duplicates FROM stream_cursors WHERE name IN ('first', 'second')"))
            self.assertGreater(duplicates, 0)
            stored = self.count(mesh, "transactions", "1 = 1")
            self.assertEqual(stored + duplicates, sent["transactions"])
            for kind, name in (("BUST", "busts"), ("CORRECTION", "corrections")):
                self.assertGreater(sent[name], 0)
                self.assertLessEqual(self.count(mesh, "transactions", f"kind = '{kind}'"), sent[name])
            self.assertEqual(mesh.database.rows("SELECT kind, state, COUNT(*) FROM adjustments GROUP BY kind, state ORDER BY kind"),
                             [("RENAME", "APPLIED", "3"), ("SPLIT", "APPLIED", "3")])
            self.assertEqual(sent["adjustments"], 6)
            for kind, least in (("PRICE", 10), ("RATE", 5), ("INSTRUMENT", 3 * (3 + 6 + 2))):
                self.assertGreaterEqual(self.count(mesh, "engine_inputs", f"kind = '{kind}'"), least, kind)
            self.assertEqual({currency for (currency,) in mesh.database.rows("SELECT DISTINCT currency FROM transactions WHERE kind = 'EXECUTION'")}, {"USD", "EUR", "GBP", "JPY"})
            for future in ("MES_2___", "CL_2___"):
                self.assertGreater(self.count(mesh, "transactions", f"symbol LIKE '{future}' AND market IN ('CME', 'NYMEX')"), 0)
            old_names = "SELECT symbol FROM adjustments WHERE kind = 'RENAME'"
            self.assertGreaterEqual(self.count(mesh, "transactions", f"late = 1 AND symbol NOT IN ({FLOW})"), 6)
            self.assertGreaterEqual(self.count(mesh, "transactions", f"symbol IN ({old_names})"), 3)
            self.assertGreater(before["simulator_adjustments_total"], 0)
            self.assertGreater(before["simulator_rates_total"], 0)

            # What is stored is what the core makes of the stored inputs.
            self.assertEqual(mesh.stop("risk-engine"), 0)
            answer = mesh.run("riskctl", "backtest", "--store", "--format", "jsonl", seconds=120)
            self.assertEqual((answer.returncode, answer.stderr), (0, ""))
            lines = [json.loads(line) for line in answer.stdout.splitlines()]
            of_store = positions_of(mesh.database.rows("SELECT client_id, symbol, quantity FROM positions"))
            self.assertEqual(of_store, positions_of((line["client_id"], line["symbol"], line["quantity"]) for line in lines if line["kind"] == "position"))
            self.assertGreater(len(of_store), 100)
            clients = {line["client_id"]: (line["gross"], line["turnover"], line["pnl"]) for line in lines if line["kind"] == "client"}
            self.assertEqual({client: tuple(map(float, figures)) for client, *figures in mesh.database.rows("SELECT client_id, gross, turnover, pnl FROM client_exposures")},
                             {client: tuple(map(float, figures)) for client, figures in clients.items()})
            events = sum(line["kind"] == "event" for line in lines)
            self.assertEqual(mesh.database.rows("SELECT COUNT(*) FROM alert_events"), [(str(events),)])
            self.assertEqual(mesh.errors(), [])


if __name__ == "__main__":
    unittest.main()
