#!/usr/bin/env python3
"""A container that turns unhealthy after it was proven is restarted: the same one, and an event says why."""

from case import FleetTest, main, web
from engine_proxy import EngineProxy


class Health(FleetTest):
    hosts = 1

    def setUp(self):
        self.engine = self.fleet.bed.host(1).engine

    def break_probe(self, container):
        """The path that the probe asks for is gone; the program writes it again when it is started."""
        created = self.engine.call("POST", f"/containers/{container}/exec",
                                   {"Cmd": ["/bin/busybox", "rm", "/www/index.html"]})
        self.engine.call("POST", f"/exec/{created['Id']}/start", {"Detach": True})

    def run_one(self, app, **more):
        """Applies a service of one container; its id, and when it was started."""
        self.fleet.apply(web(app, replicas=1, **more)).ok()
        (container, began), = self.fleet.identities(app).items()
        return container, began

    def wait_until_restarted(self, app, container, began):
        self.fleet.wait("the same container was started again",
                        lambda: self.fleet.identities(app).get(container, began) != began)
        self.fleet.wait_until_converged(app)
        self.assertEqual(self.fleet.identities(app).keys(), {container})
        self.assertEqual(self.versions(app), ["v1"])

    def test_a_probe_path_that_fails_restarts_the_container(self):
        container, began = self.run_one("ill")
        self.break_probe(container)
        self.wait_until_restarted("ill", container, began)
        self.assertEqual(self.engine.inspect(container)["HostConfig"]["RestartPolicy"]["Name"], "unless-stopped")
        self.assertEqual([row["restarts"] for row in self.fleet.ps("ill")], [1])
        told = [event for event in self.fleet.ctl("events", "--app", "ill", "-o", "json").ok().json_lines()
                if event["kind"] == "container_unhealthy"]
        self.assertEqual(len(told), 1, told)
        self.assertIn("answered 404", told[0]["message"])

    def test_an_agent_that_dies_after_the_stop_starts_it_again(self):
        def on_answer(_number, _method, path):
            if path.endswith("/stop"):
                self.fleet.kill_agent(1)

        # The agent that has seen it healthy is the one that sees it fail.
        proxy = EngineProxy(self.engine.socket_path, self.fleet.bed.dir / "door.sock", on_answer)
        self.addCleanup(proxy.close)
        self.fleet.bed.stop_process("agent-1")
        self.fleet.start_agent(1, engine=proxy.url)
        container, began = self.run_one("widow", port=18092)
        self.break_probe(container)
        self.fleet.wait("the agent died", lambda: not self.fleet.bed.is_running("agent-1"))
        self.assertFalse(self.engine.inspect(container)["State"]["Running"])
        self.fleet.start_agent(1)
        self.wait_until_restarted("widow", container, began)


if __name__ == "__main__":
    main()
