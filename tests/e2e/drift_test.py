#!/usr/bin/env python3
"""What a hand changed on a host is put right, and an event says so; what is not ours is left alone."""

from case import FleetTest, main, web


class Drift(FleetTest):
    def running_on_h1(self, app):
        return self.fleet.bed.host(1).engine.containers(f"dev.quayside.app={app}", running_only=True)

    def assert_heals(self, app, break_it):
        """Applies the app to three hosts, lets break_it damage h1's container, and waits for it to be put right."""
        self.fleet.apply(web(app)).ok()
        newest = self.newest_event()
        victim = self.running_on_h1(app)[0]["Id"]
        break_it(self.fleet.bed.host(1).engine, victim)
        self.fleet.wait("it runs again on that host", lambda: len(self.running_on_h1(app)) == 1)
        self.fleet.wait_until_converged(app)
        self.assertEqual(self.versions(app), ["v1"] * 3)
        told = [event for event in self.fleet.ctl("events", "--app", app, "-o", "json").ok().json_lines()
                if event["id"] > newest and event["host"] == "h1"]
        self.assertTrue(told, "no event tells of it")
        self.assertTrue(any(event["message"] for event in told), told)

    def newest_event(self):
        return max((event["id"] for event in self.fleet.ctl("events", "-o", "json").ok().json_lines()), default=0)

    def test_a_stopped_container_is_started_again(self):
        self.assert_heals("stopped", lambda engine, container: engine.stop(container))

    def test_a_killed_container_runs_again(self):
        self.assert_heals("killed", lambda engine, container: engine.kill(container))

    def test_a_removed_container_is_made_anew(self):
        self.assert_heals("removed", lambda engine, container: engine.remove(container))

    def test_a_changed_restart_policy_is_put_back(self):
        self.fleet.apply(web("policy", replicas=1)).ok()
        row = self.fleet.running("policy")[0]
        engine = self.fleet.host_named(row["host"]).engine
        container = self.fleet.containers("policy")[0]["Id"]
        engine.call("POST", f"/containers/{container}/update", {"RestartPolicy": {"Name": "no"}})
        self.fleet.wait("it is armed again", lambda: engine.inspect(container)["HostConfig"]["RestartPolicy"]["Name"]
                        == "unless-stopped")

    def test_a_left_network_and_a_new_memory_limit_are_put_right(self):
        self.fleet.apply(web("changed", replicas=1)).ok()
        row = self.fleet.running("changed")[0]
        engine = self.fleet.host_named(row["host"]).engine
        container = self.fleet.containers("changed")[0]["Id"]
        there = engine.inspect(container)
        network = next(iter(there["NetworkSettings"]["Networks"]))
        engine.call("POST", f"/containers/{container}/update", {"Memory": 64 << 20, "MemorySwap": 64 << 20})
        engine.call("POST", f"/networks/{network}/disconnect", {"Container": container})
        self.fleet.wait("it is in its network again",
                        lambda: network in engine.inspect(container)["NetworkSettings"]["Networks"], 20)
        # An engine takes no limit away; all the memory there is means the same.
        self.fleet.wait("it may use all memory again",
                        lambda: engine.inspect(container)["HostConfig"]["Memory"] > 64 << 20, 20)
        self.assertEqual(engine.inspect(container)["State"]["StartedAt"], there["State"]["StartedAt"])
        healed = [event["message"] for event in self.fleet.ctl("events", "--app", "changed", "-o", "json").ok()
                  .json_lines() if event["kind"] == "drift_healed"]
        self.assertEqual(len(healed), 2, healed)

    def test_a_container_that_is_not_ours_is_left_alone(self):
        self.fleet.apply(web("ours", replicas=1)).ok()
        host = self.fleet.bed.host(1)
        image = f"{self.fleet.bed.registry}/hello:v1"
        foreign = host.engine.run("foreign", {"Image": image, "Labels": {"com.docker.compose.project": "ours",
                                                                         "dev.quayside.fleet": "another"}})
        began = host.engine.inspect(foreign)["State"]["StartedAt"]
        self.fleet.ctl("restart", "ours").ok()
        self.fleet.ctl("rm", "ours", "-y").ok()
        state = host.engine.inspect(foreign)["State"]
        self.assertTrue(state["Running"])
        self.assertEqual(state["StartedAt"], began)


if __name__ == "__main__":
    main()
