#!/usr/bin/env python3
"""Any part may be away: the containers do not notice, and everything agrees again when it is back."""

from case import FleetTest, main, processes, web


class Away(FleetTest):
    def test_a_cut_host_is_away_then_lost_then_back_and_its_containers_ran_on(self):
        self.fleet.apply(web("cut")).ok()
        before = self.fleet.identities("cut")
        host = self.fleet.bed.host(2)
        host.cut()
        try:
            self.fleet.wait_for_hosts("away", "h2", timeout_s=20)
            self.fleet.wait_for_hosts("lost", "h2", timeout_s=90)
            self.assertEqual({name: state for name, state in self.fleet.host_states().items() if name != "h2"},
                             {"h1": "ready", "h3": "ready"})
        finally:
            host.heal()
        self.fleet.wait_for_hosts("ready", timeout_s=90)
        self.fleet.wait_until_converged("cut")
        self.assertEqual(self.fleet.identities("cut"), before)

    def test_a_deploy_reaches_a_host_that_was_away_when_it_returns(self):
        self.fleet.apply(web("late")).ok()
        host = self.fleet.bed.host(3)
        host.cut()
        try:
            self.fleet.wait_for_hosts("away", "h3", timeout_s=20)
            self.fleet.ctl("deploy", "late", f"web={self.fleet.bed.registry}/hello:v2", "--detach").ok()
            self.fleet.wait("the hosts that are there have it", lambda: self.versions_there("late").count("v2") == 2)
        finally:
            host.heal()
        self.fleet.wait_for_hosts("ready", timeout_s=90)
        self.fleet.wait("the host that was away has it", lambda: self.versions("late") == ["v2"] * 3, 120)
        self.fleet.wait_until_converged("late")

    def versions_there(self, app):
        """The versions that run on hosts 1 and 2, as their engines say."""
        names = {container["Id"]: container["Config"]["Env"] for container in self.fleet.containers(app)
                 if container["Config"]["Labels"]["dev.quayside.host"] in self.host_ids("h1", "h2")}
        return sorted(variable.removeprefix("VERSION=") for env in names.values() for variable in env
                      if variable.startswith("VERSION="))

    def host_ids(self, *names):
        """The fleet's ids of hosts, read from a label of any container that they run."""
        ids = set()
        for name in names:
            for container in self.fleet.host_named(name).engine.containers("dev.quayside.host"):
                ids.add(container["Labels"]["dev.quayside.host"])
        return ids

    def test_containers_run_and_restart_while_the_controller_is_dead(self):
        self.fleet.apply(web("orphaned")).ok()
        before = self.fleet.identities("orphaned")
        self.fleet.kill_controller()
        try:
            self.fleet.ctl("host", "ls").expect(3)
            victim = self.fleet.containers("orphaned")[0]
            engine = next(host.engine for host in self.fleet.bed.hosts
                          if any(found["Id"] == victim["Id"] for found in host.engine.containers()))
            engine.kill(victim["Id"])
            self.fleet.wait("the killed container's slot runs again",
                            lambda: len(self.fleet.containers("orphaned")) == 3)
        finally:
            self.fleet.start_controller()
        self.fleet.wait_for_hosts("ready", timeout_s=150)
        self.fleet.wait_until_converged("orphaned")
        untouched = before.keys() - {victim["Id"]}
        after = self.fleet.identities("orphaned")
        self.assertEqual({key: after.get(key) for key in untouched}, {key: before[key] for key in untouched})

    def test_an_acknowledged_deploy_survives_a_kill_of_the_controller(self):
        self.fleet.apply(web("durable")).ok()
        self.fleet.ctl("deploy", "durable", f"web={self.fleet.bed.registry}/hello:v2", "--detach").ok()
        self.fleet.kill_controller()
        self.fleet.start_controller()
        self.fleet.wait("the deploy went on", lambda: self.versions("durable") == ["v2"] * 3, 120)
        self.fleet.wait_until_converged("durable")
        self.assertEqual(self.fleet.status("durable")["rollout"]["state"], "succeeded")

    def test_a_wait_survives_a_restart_of_the_controller(self):
        self.fleet.apply(web("patient", replicas=1)).ok()
        slow = web("patient", "hello:v2", replicas=1).replace("min_healthy: 1s", "min_healthy: 8s")
        file = self.fleet.bed.dir / "patient.yaml"
        file.write_text(slow)
        waiting = self.fleet.ctl_in_background("apply", "-f", file, "--timeout", "2m")
        self.fleet.wait("the rollout runs", lambda: self.fleet.status("patient").get("rollout", {}).get("to") == 2)
        self.fleet.kill_controller()
        self.fleet.start_controller()
        self.assertEqual(waiting.wait(150), 0)
        self.assertEqual(self.versions("patient"), ["v2"])

    def test_a_killed_agent_adopts_its_containers_without_a_restart(self):
        self.fleet.apply(web("adopted")).ok()
        before = self.fleet.identities("adopted")
        for number in (1, 2, 3):
            self.fleet.kill_agent(number)
        self.fleet.wait_for_hosts("away", timeout_s=20)
        self.assertEqual(self.fleet.identities("adopted"), before)
        for number in (1, 2, 3):
            self.fleet.start_agent(number)
        self.fleet.wait_for_hosts("ready", timeout_s=90)
        self.fleet.wait_until_converged("adopted")
        self.assertEqual(self.fleet.identities("adopted"), before)

    def test_an_agent_that_starts_without_a_controller_enforces_what_it_knows(self):
        self.fleet.apply(web("alone")).ok()
        self.fleet.kill_controller()
        self.fleet.kill_agent(1)
        try:
            engine = self.fleet.bed.host(1).engine
            for found in engine.containers("dev.quayside.app=alone"):
                engine.remove(found["Id"])
            self.assertEqual(len(self.fleet.containers("alone")), 2)
            self.fleet.start_agent(1)
            self.fleet.wait("the removed container is made anew", lambda: len(self.fleet.containers("alone")) == 3)
        finally:
            self.fleet.start_controller()
        self.fleet.wait_for_hosts("ready", timeout_s=150)

    def test_programs_end_cleanly_when_asked(self):
        self.fleet.apply(web("calm", replicas=1)).ok()
        before = self.fleet.identities("calm")
        self.assertTrue(self.fleet.bed.stop_process("agent-1", grace_s=10))
        self.assertTrue(self.fleet.bed.stop_process("controller", grace_s=10))
        self.assertEqual(self.fleet.identities("calm"), before)
        self.fleet.start_controller()
        self.fleet.start_agent(1)
        self.fleet.wait_for_hosts("ready", timeout_s=150)


class Engine(FleetTest):
    def test_a_power_loss_of_an_engine_heals_by_itself(self):
        self.fleet.apply(web("powered")).ok()
        host = self.fleet.bed.host(1)
        host.kill_engine()
        self.fleet.wait("the engine is said to be unreachable", lambda: self.engine_state("h1") == "unreachable", 90)
        host.start_engine()
        host.wait_for_engine()
        self.fleet.wait("the engine is well again", lambda: self.engine_state("h1") == "ok", 90)
        self.fleet.wait_until_converged("powered")
        self.assertEqual(self.versions("powered"), ["v1"] * 3)
        self.assertEqual(self.fleet.status("powered")["revision"], 1)

    def test_a_crash_of_dockerd_alone_is_no_verdict_about_containers(self):
        self.fleet.apply(web("shaken")).ok()
        host = self.fleet.bed.host(2)
        host.kill_dockerd_only()
        host.start_engine()
        host.wait_for_engine()
        self.fleet.wait("the engine is well", lambda: self.engine_state("h2") == "ok", 90)
        self.fleet.wait_until_converged("shaken")
        self.assertEqual(self.versions("shaken"), ["v1"] * 3)
        self.assertEqual(self.fleet.status("shaken")["rollout"]["state"], "succeeded")

    def engine_state(self, name):
        return {host["name"]: host["engine_state"] for host in self.fleet.ctl("host", "ls", "-o", "json").json()}[name]

    def test_a_whole_host_that_loses_power_runs_again_what_it_ran_without_network(self):
        self.fleet.apply(web("rebooted")).ok()
        host = self.fleet.bed.host(3)
        host.cut()
        try:
            self.fleet.kill_agent(3)
            host.kill_engine()
            host.start_engine()
            host.wait_for_engine()
            self.fleet.start_agent(3)
            self.assertTrue(processes.wait_until(
                lambda: host.engine.containers("dev.quayside.app=rebooted", running_only=True), 60))
        finally:
            host.heal()
        self.fleet.wait_for_hosts("ready", timeout_s=90)
        self.fleet.wait_until_converged("rebooted")


if __name__ == "__main__":
    main()
