#!/usr/bin/env python3
"""The main path on three real engines: from `ctl apply` to proven containers, to the next version, and away."""

from case import FleetTest, main, web


class Deploy(FleetTest):
    def test_apply_returns_when_every_host_has_a_proven_container_that_answers(self):
        self.fleet.apply(web("first")).ok()
        answers = self.fleet.answers("first")
        self.assertEqual(sorted(answers), ["h1", "h2", "h3"])
        self.assertEqual(self.versions("first"), ["v1"] * 3)
        status = self.fleet.status("first")
        self.assertTrue(status["converged"])
        self.assertEqual(status["services"], [{**status["services"][0], "name": "web", "desired": 3, "updated": 3,
                                               "healthy": 3}])

    def test_what_runs_is_a_digest_and_carries_our_labels(self):
        self.fleet.apply(web("labels", replicas=1)).ok()
        row, container = self.fleet.running("labels")[0], self.fleet.containers("labels")[0]
        self.assertRegex(row["image"], r"/hello@sha256:[0-9a-f]{64}$")
        self.assertEqual(row["container"][:12], container["Id"][:12])
        labels = container["Config"]["Labels"]
        self.assertEqual(labels["dev.quayside.app"], "labels")
        self.assertEqual(labels["dev.quayside.service"], "web")
        self.assertEqual(labels["dev.quayside.instance"], row["instance"])
        self.assertEqual(labels["com.docker.compose.project"], "labels")
        self.assertEqual(labels["com.docker.compose.service"], "web")

    def test_deploy_replaces_every_container_by_the_next_version(self):
        self.fleet.apply(web("next")).ok()
        before = self.fleet.identities("next")
        self.fleet.ctl("deploy", "next", f"web={self.fleet.bed.registry}/hello:v2").ok()
        self.assertEqual(self.versions("next"), ["v2"] * 3)
        self.assertFalse(before.keys() & self.fleet.identities("next").keys())
        history = self.fleet.ctl("history", "next", "-o", "json").ok().json()
        self.assertEqual([(row["revision"], row["outcome"]) for row in history], [(2, "succeeded"), (1, "succeeded")])

    def test_an_update_of_a_fixed_port_stops_first_and_serves_again(self):
        self.fleet.apply(web("fixed", port=18080)).ok()
        self.fleet.apply(web("fixed", "hello:v2", port=18080)).ok()
        self.assertEqual(self.versions("fixed"), ["v2"] * 3)
        self.assertEqual(len(self.fleet.containers("fixed")), 3)

    def test_a_fixed_port_goes_over_to_a_service_of_another_name(self):
        self.fleet.apply(web("renamed", replicas=1, port=18082)).ok()
        self.fleet.apply(web("renamed", replicas=1, port=18082).replace("  web:", "  site:")).ok()
        self.assertEqual([row["service"] for row in self.fleet.running("renamed")], ["site"])
        self.assertTrue(self.fleet.status("renamed")["converged"])

    def test_a_slot_with_data_goes_to_another_host_when_a_person_moves_it(self):
        file = web("moved", replicas=1) + "    volumes: [data:/data]\nvolumes: {data: {}}\n"
        self.fleet.apply(file).ok()
        host = self.fleet.running("moved")[0]["host"]
        other = "h2" if host == "h1" else "h1"
        moved = self.fleet.ctl("host", "move", "moved/web.1", "--to", other, "-y").ok()
        self.assertIn("not copied", moved.err)
        self.assertEqual([row["host"] for row in self.fleet.running("moved")], [other])
        self.fleet.apply(file.replace("hello:v1", "hello:v2")).ok()
        self.assertEqual([row["host"] for row in self.fleet.running("moved")], [other])

    def test_the_same_file_again_changes_nothing(self):
        self.fleet.apply(web("same")).ok()
        before = self.fleet.identities("same")
        again = self.fleet.apply(web("same")).ok()
        self.assertIn("nothing to do", (again.out + again.err).lower())
        self.assertEqual(self.fleet.identities("same"), before)
        self.assertEqual(self.fleet.status("same")["revision"], 1)

    def test_a_tag_that_moves_changes_nothing_that_runs(self):
        bed = self.fleet.bed
        bed.host(1).engine.tag(f"{bed.registry}/hello:v1", f"{bed.registry}/hello:moving")
        bed.host(1).engine.push(f"{bed.registry}/hello:moving")
        self.fleet.apply(web("moving", "hello:moving")).ok()
        before = self.fleet.identities("moving")
        bed.host(1).engine.tag(f"{bed.registry}/hello:v2", f"{bed.registry}/hello:moving")
        bed.host(1).engine.push(f"{bed.registry}/hello:moving")
        self.fleet.ctl("scale", "moving/web=4").ok()
        self.assertEqual(self.versions("moving"), ["v1"] * 4)
        self.assertLessEqual(before.items(), self.fleet.identities("moving").items())

    def test_plan_and_diff_tell_what_apply_would_do_and_do_nothing(self):
        self.fleet.apply(web("planned")).ok()
        before = self.fleet.identities("planned")
        file = self.fleet.bed.dir / "planned.yaml"
        file.write_text(web("planned"))
        self.fleet.ctl("plan", "-f", file).ok()
        file.write_text(web("planned", "hello:v2"))
        plan = self.fleet.ctl("plan", "-f", file, "-o", "json").expect(1).json()
        changes = [change for change in plan["changes"] if change["action"] != "none"]
        self.assertEqual(sorted((change["action"], change["host"]) for change in changes),
                         [("replace", "h1"), ("replace", "h2"), ("replace", "h3")])
        self.assertTrue(all(change["why"] for change in changes))
        self.fleet.ctl("diff", "-f", file).expect(1)
        self.assertEqual(self.fleet.identities("planned"), before)

    def test_scale_up_and_down_touches_no_other_container(self):
        self.fleet.apply(web("scaled", replicas=2)).ok()
        before = self.fleet.identities("scaled")
        self.fleet.ctl("scale", "scaled/web=5").ok()
        self.assertEqual(len(self.fleet.running("scaled")), 5)
        self.assertLessEqual(before.items(), self.fleet.identities("scaled").items())
        self.fleet.ctl("scale", "scaled/web=2").ok()
        self.assertEqual(len(self.fleet.containers("scaled")), 2)

    def test_restart_makes_every_container_anew(self):
        self.fleet.apply(web("again", replicas=2)).ok()
        before = self.fleet.identities("again")
        self.fleet.ctl("restart", "again").ok()
        after = self.fleet.identities("again")
        self.assertEqual(len(after), 2)
        self.assertFalse(before.items() & after.items())

    def test_a_stopped_app_stays_stopped_until_it_is_started(self):
        self.fleet.apply(web("paused", replicas=2)).ok()
        self.fleet.ctl("stop", "paused").ok()
        self.assertEqual(self.fleet.containers("paused"), [])
        self.fleet.ctl("start", "paused").ok()
        self.assertEqual(self.versions("paused"), ["v1"] * 2)

    def test_rollback_goes_to_the_version_before(self):
        self.fleet.apply(web("undone", replicas=2)).ok()
        self.fleet.apply(web("undone", "hello:v2", replicas=2)).ok()
        self.fleet.ctl("rollback", "undone").ok()
        self.assertEqual(self.versions("undone"), ["v1"] * 2)

    def test_a_global_service_follows_labels(self):
        compose = web("everywhere").replace("{replicas: 3}",
                                            "{mode: global, placement: {constraints: [node.labels.edge == yes]}}")
        self.fleet.ctl("host", "label", "h1", "edge=yes").ok()
        self.fleet.apply(compose).ok()
        self.assertEqual([row["host"] for row in self.fleet.running("everywhere")], ["h1"])
        self.fleet.ctl("host", "label", "h3", "edge=yes").ok()
        self.fleet.wait("the newly labelled host runs it",
                        lambda: {row["host"] for row in self.fleet.running("everywhere")} == {"h1", "h3"})
        self.fleet.ctl("host", "label", "h1", "edge-").ok()
        self.fleet.wait("the host without the label runs it no more",
                        lambda: [row["host"] for row in self.fleet.running("everywhere")] == ["h3"])

    def test_services_of_an_ordinary_file_find_each_other_on_one_host(self):
        self.fleet.apply("""
name: pair
services:
  front:
    image: ${REGISTRY}/hello:v1
    healthcheck:
      test: ["CMD", "/bin/busybox", "wget", "-q", "-O", "/dev/null", "http://back:8080/"]
      interval: 1s
    x-quayside: {rollout: {min_healthy: 1s}}
    depends_on: [back]
  back:
    image: ${REGISTRY}/hello:v2
    volumes: ["kept:/data"]
    x-quayside: {rollout: {min_healthy: 1s}}
volumes: {kept: {}}
""").ok()
        self.assertEqual(len({row["host"] for row in self.fleet.running("pair")}), 1)
        host = self.fleet.host_named(self.fleet.running("pair")[0]["host"])
        self.assertIn("pair_kept", [volume["Name"] for volume in host.engine.volumes()])

    def test_rm_leaves_nothing_but_volumes(self):
        self.fleet.apply(web("gone")).ok()
        self.fleet.ctl("rm", "gone", "-y").ok()
        self.assertEqual(self.fleet.containers("gone", running_only=False), [])
        for host in self.fleet.bed.hosts:
            self.assertNotIn("gone_default", [network["Name"] for network in host.engine.networks()])
        self.fleet.ctl("status", "gone").expect(1)


if __name__ == "__main__":
    main()
