#!/usr/bin/env python3
"""A full disk is said, harms nothing that runs, and heals when there is room again."""

import os
import unittest

import case
import bed as beds
from case import main, web
from fleet import HELLO, Fleet


class FullDiskOfTheController(case.FleetTest):
    hosts = 1

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        fleet = cls.fleet
        fleet.bed.stop_process("controller")
        saved = fleet.bed.dir / "controller.saved"
        fleet.controller_dir.rename(saved)
        fleet.controller_dir.mkdir(mode=0o700)
        beds.make_disk(fleet.bed.dir / "controller.img", fleet.controller_dir, 24)
        beds.run("cp", "-a", f"{saved}/.", str(fleet.controller_dir))
        fleet.start_controller()
        fleet.wait_for_hosts("ready", timeout_s=150)

    def test_changes_are_refused_with_a_sentence_reads_go_on_and_room_heals_it(self):
        self.fleet.apply(web("before", replicas=1)).ok()
        before = self.fleet.identities("before")
        filler = beds.fill(self.fleet.controller_dir)
        try:
            refused = self.until_refused()
            self.assertIn("disk", refused.err.lower())
            self.assertTrue(self.fleet.status("before")["converged"])
            self.assertEqual(self.fleet.host_states(), {"h1": "ready"})
            self.assertEqual(self.fleet.identities("before"), before)
        finally:
            os.truncate(filler, 0)
        self.fleet.wait("changes are accepted again",
                        lambda: self.fleet.apply(web("after", replicas=1)).code == 0, 60)
        self.assertEqual(self.fleet.identities("before"), before)

    def until_refused(self):
        """The log of the database may hold the first changes still; soon one does not fit."""
        for number in range(200):
            result = self.fleet.apply(web(f"filling{number}", replicas=1), "--detach")
            if result.code != 0:
                return result
        self.fail("200 changes were accepted on a full disk")


class FullDiskOfAHost(unittest.TestCase):
    def setUp(self):
        bed = beds.TestBed.start(1, engines=False)
        self.addCleanup(bed.down)
        bed.host(1).limit_disk(160)
        bed.start_engines()
        self.fleet = Fleet(bed)
        self.fleet.start_controller()
        self.fleet.start_agent(1)
        self.fleet.wait_for_hosts("ready")
        for version in ("v1", "v2"):
            bed.build_image(HELLO, f"hello:{version}", {"VERSION": version})

    def test_a_deploy_waits_for_room_and_what_runs_is_left_alone(self):
        self.fleet.apply(web("roomy", replicas=1)).ok()
        before = self.fleet.identities("roomy")
        host = self.fleet.bed.host(1)
        host.engine.remove_image(f"{self.fleet.bed.registry}/hello:v2")
        filler = beds.fill(host.dir / "data")
        self.fleet.ctl("deploy", "roomy", f"web={self.fleet.bed.registry}/hello:v2", "--timeout", "8s").expect(4)
        self.assertEqual(self.fleet.identities("roomy"), before)
        self.assertNotEqual(self.fleet.status("roomy")["rollout"]["state"], "rolled_back")
        self.assertIn("space", str(self.fleet.ctl("status", "roomy", "-o", "json").out
                                   + self.fleet.ctl("events", "-o", "json").out).lower())
        filler.unlink()
        self.fleet.ctl("rollout", "watch", "roomy", "--timeout", "3m").ok()
        self.assertTrue(self.fleet.status("roomy")["converged"])


if __name__ == "__main__":
    main()
