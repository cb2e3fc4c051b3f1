#!/usr/bin/env python3
"""A bad version never costs the good one: what ran before runs again, the very same container where it had to stop."""

from case import FleetTest, main, web


class Rollback(FleetTest):
    def assert_back(self, app, result, before):
        """The change failed as a failure, and the containers of `before` run, with nothing beside them."""
        result.expect(1)
        self.assertEqual(self.fleet.identities(app).keys(), before.keys())
        self.assertEqual(self.versions(app), ["v1"] * len(before))
        status = self.fleet.status(app)
        self.assertEqual(status["rollout"]["state"], "rolled_back")
        self.assertTrue(status["rollout"]["reason"])

    def test_a_crashing_version_goes_back_and_the_old_containers_were_never_touched(self):
        self.fleet.apply(web("careful")).ok()
        before = self.fleet.identities("careful")
        result = self.fleet.apply(web("careful", "hello:crashing"))
        self.assert_back("careful", result, before)
        self.assertEqual(self.fleet.identities("careful"), before, "start-first: they ran on all the time")

    def test_it_says_which_instance_failed_why_and_its_last_words(self):
        self.fleet.apply(web("telling", replicas=1)).ok()
        result = self.fleet.apply(web("telling", "hello:crashing", replicas=1)).expect(1)
        host = self.fleet.running("telling")[0]["host"]
        said = result.out + result.err
        self.assertIn(host, said)
        self.assertIn("web", said)
        self.assertRegex(said, r"exit(ed)?\b.*\b3\b")
        self.assertIn("cannot open the ledger", said)

    def test_with_a_fixed_port_the_same_old_container_starts_again(self):
        self.fleet.apply(web("fixed", port=18081)).ok()
        before = self.fleet.identities("fixed")
        self.assert_back("fixed", self.fleet.apply(web("fixed", "hello:crashing", port=18081)), before)

    def test_a_port_that_another_process_holds_costs_the_old_version_seconds_only(self):
        self.fleet.apply(web("blocked", replicas=1, port=18083)).ok()
        before = self.fleet.identities("blocked")
        host = self.fleet.host_named(self.fleet.running("blocked")[0]["host"])
        self.fleet.bed.spawn("intruder", host.inside("python3", "-m", "http.server", "18084"),
                             self.fleet.bed.dir / "intruder.log")
        self.addCleanup(self.fleet.bed.stop_process, "intruder")
        compose = web("blocked", "hello:v2", replicas=1, port=18083).replace('"18083:8080"',
                                                                             '"18083:8080", "18084:8080"')
        result = self.fleet.apply(compose)
        self.assert_back("blocked", result, before)
        self.assertIn("18084", result.err)

    def test_going_back_needs_no_registry(self):
        self.fleet.apply(web("alone", port=18082)).ok()
        before = self.fleet.identities("alone")
        self.fleet.apply(web("alone", "hello:crashing", port=18082), "--detach").ok()
        self.fleet.wait("the new image is on a host", lambda: any(
            container["Id"] not in before for container in self.fleet.containers("alone", running_only=False)))
        self.fleet.bed.stop_registry()
        try:
            self.assert_back("alone", self.fleet.ctl("rollout", "watch", "alone"), before)
        finally:
            self.fleet.bed.start_registry()

    def test_a_first_version_that_fails_ends_failed_with_its_container_kept_to_look_at(self):
        result = self.fleet.apply(web("stillborn", "hello:crashing", replicas=1)).expect(1)
        self.assertIn("cannot open the ledger", result.out + result.err)
        self.assertEqual(self.fleet.status("stillborn")["rollout"]["state"], "failed")
        self.assertEqual(self.fleet.containers("stillborn"), [])
        self.assertEqual(len(self.fleet.containers("stillborn", running_only=False)), 1)

    def test_an_image_that_is_not_there_is_refused_before_anything_starts(self):
        self.fleet.apply(web("missing")).ok()
        before = self.fleet.identities("missing")
        result = self.fleet.apply(web("missing", "hello:nowhere")).expect(2)
        self.assert_says(result, "hello:nowhere")
        self.assertEqual(self.fleet.identities("missing"), before)
        self.assertEqual(self.fleet.status("missing")["revision"], 1)

    def test_a_registry_that_is_away_fails_the_change_and_not_the_controller(self):
        self.fleet.apply(web("unreachable")).ok()
        self.fleet.bed.stop_registry()
        try:
            result = self.fleet.apply(web("unreachable", "hello:v2")).expect(1)
        finally:
            self.fleet.bed.start_registry()
        self.assert_says(result, "hello:v2")
        self.assertEqual(self.versions("unreachable"), ["v1"] * 3)

    def test_a_version_that_never_becomes_healthy_goes_back(self):
        self.fleet.apply(web("sick", replicas=1)).ok()
        before = self.fleet.identities("sick")
        sick = web("sick", "hello:v2", replicas=1).replace("http: /,", "http: /not-there, status: 200-299,").replace(
            "{min_healthy: 1s}", "{min_healthy: 1s, deadline: 8s}")
        self.assert_back("sick", self.fleet.apply(sick), before)

    def test_what_a_failing_health_check_said_is_the_reason(self):
        self.fleet.apply(web("sore", replicas=1)).ok()
        before = self.fleet.identities("sore")
        check = 'healthcheck: {test: ["CMD", "/bin/busybox", "sh", "-c", "echo the queue is full; exit 1"], ' \
                'interval: 1s, retries: 2}'
        sore = web("sore", "hello:v2", replicas=1).replace("stop_grace_period: 3s",
                                                           "stop_grace_period: 3s\n    " + check)
        result = self.fleet.apply(sore)
        self.assert_back("sore", result, before)
        self.assertIn("its health check says unhealthy: exit code 1: the queue is full", result.err)

    def test_the_next_good_version_after_a_failure_succeeds(self):
        self.fleet.apply(web("better", replicas=2)).ok()
        self.fleet.apply(web("better", "hello:crashing", replicas=2)).expect(1)
        self.fleet.apply(web("better", "hello:v2", replicas=2)).ok()
        self.assertEqual(self.versions("better"), ["v2"] * 2)
        self.assertEqual(len(self.fleet.containers("better")), 2)


if __name__ == "__main__":
    main()
