"""Services find each other in any order; one that is killed leaves the others running and comes back."""
import itertools
import signal
import unittest

from mesh import Mesh, wait_until

SERVICES = ("simulator", "risk-engine", "alert-notifier", "dashboard-gateway")


def transactions(mesh):
    return int((mesh.database.rows("SELECT count(*) FROM transactions") or [("0",)])[0][0])


def up(mesh):
    """The services that the gateway says are up."""
    return {service["name"] for service in mesh.api("/system")["services"] if service["up"]}


def start(mesh, service):
    flags = ("--rate", "50", "--seed", "7") if service == "simulator" else ()
    return mesh.start(service, *flags, env={
        "NOTIFIER_HEALTH_URL": f"http://127.0.0.1:{mesh.ports['health-alert-notifier']}/readyz"})


class Order(unittest.TestCase):
    def test_services_started_in_any_order_find_each_other(self):
        for order in itertools.islice(itertools.permutations(SERVICES), 0, 24, 5):
            with self.subTest(order=order), Mesh() as mesh:
                for service in order:
                    start(mesh, service)
                for service in SERVICES:
                    mesh.wait_ready(service)
                wait_until(lambda: transactions(mesh) > 10, "transactions in the store")
                wait_until(lambda: int(mesh.api("/summary")["transactions"]["total"]) > 10, "transactions on the page")
                for service in order:
                    self.assertEqual(mesh.stop(service), 0, service)


class Kill(unittest.TestCase):
    def test_any_service_that_is_killed_and_restarted_is_found_again_while_the_others_go_on(self):
        with Mesh() as mesh:
            for service in SERVICES:
                start(mesh, service)
            for service in SERVICES:
                mesh.wait_ready(service)
            for victim in SERVICES:
                with self.subTest(victim=victim):
                    mesh.stop(victim, signal.SIGKILL)
                    for service in set(SERVICES) - {victim}:
                        self.assertIsNone(mesh.running[service].child.poll(), f"{service} died with {victim}")
                    start(mesh, victim)
                    mesh.wait_ready(victim)
                    before = transactions(mesh)
                    wait_until(lambda: transactions(mesh) > before + 20, "new transactions in the store")
                    shown = int(mesh.api("/summary")["transactions"]["total"])
                    wait_until(lambda: int(mesh.api("/summary")["transactions"]["total"]) > shown, "new transactions on the page")
            for service in SERVICES:
                self.assertEqual(mesh.stop(service), 0, service)


if __name__ == "__main__":
    unittest.main()
