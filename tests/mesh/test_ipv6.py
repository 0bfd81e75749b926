"""Every service binds and is reached on IPv6 as on IPv4, the address with or without brackets."""
import contextlib
import json
import socket
import unittest
import urllib.request

from mesh import ROOT, Mesh, wait_until

HEADER = "transaction_id,executed_at,client_id,symbol,side,quantity,price,currency,broker_id,market\n"
ROW = HEADER + "T1,2024-09-20T08:36:00Z,CLIENT_001,AAPL,BUY,6250,200,USD,B,M\n"


def has_ipv6_loopback():
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return True
    return False


def get(port, path):
    """Status and body."""
    with contextlib.suppress(OSError):
        with urllib.request.urlopen(f"http://[::1]:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    return None, ""


@unittest.skipUnless(has_ipv6_loopback(), "this machine has no IPv6 loopback address")
class Ipv6(unittest.TestCase):
    def run_on(self, address):
        with Mesh() as mesh:
            ports = mesh.ports
            mesh.env |= {"BUS_BIND_ADDRESS": address, "HEALTH_ADDRESS": address, "DASHBOARD_ADDRESS": address,
                         "SIMULATOR_HEALTH_URL": f"http://[::1]:{ports['health-simulator']}/readyz",
                         "ENGINE_HEALTH_URL": f"http://[::1]:{ports['health-risk-engine']}/readyz",
                         "NOTIFIER_HEALTH_URL": f"http://[::1]:{ports['health-alert-notifier']}/readyz"}
            on_ipv6 = {"TRANSACTION_ENDPOINTS": f"tcp://[::1]:{ports['transactions']}",
                       "ENGINE_ENDPOINT": f"tcp://[::1]:{ports['engine']}",
                       "ENGINE_COMMAND_ENDPOINT": f"tcp://[::1]:{ports['commands']}"}
            for service in ("risk-engine", "alert-notifier", "dashboard-gateway"):
                mesh.start(service, env=on_ipv6)
            mesh.start("simulator", "--rate", "2", env=on_ipv6)
            for service in mesh.SERVICES:
                port = ports["gateway"] if service == "dashboard-gateway" else ports[f"health-{service}"]
                wait_until(lambda port=port: get(port, "/readyz")[0] == 200, f"{service} to be ready on {address}")

            api = lambda path: json.loads(get(ports["gateway"], f"/api/v1{path}")[1] or "{}")
            wait_until(lambda: api("/system").get("streams"), "the page to have figures")
            up = lambda: {service["name"] for service in api("/system")["services"] if service["ready"]}
            wait_until(lambda: up() == set(mesh.SERVICES), "every service to be seen as ready")
            commanded = mesh.run("riskctl", "cleanup", "30", env=on_ipv6)
            self.assertEqual(commanded.returncode, 0, commanded.stderr)
            # Committed records travelled one way, and the word of it the other: to the replay port.
            uncommitted = lambda: "simulator_uncommitted_records 0\n" in get(ports["health-simulator"], "/metrics")[1]
            wait_until(uncommitted, "the engine's word of what it committed")
            self.assertEqual(mesh.errors(), [])

    def test_every_service_takes_an_address_without_brackets(self):
        self.run_on("::1")

    def test_every_service_takes_an_address_in_brackets(self):
        self.run_on("[::1]")


if __name__ == "__main__":
    unittest.main()
