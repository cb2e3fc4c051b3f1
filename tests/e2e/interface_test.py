#!/usr/bin/env python3
"""What scripts rely on: exit codes, JSON on standard output alone, one sentence on standard error."""

import json
import re
import signal
import subprocess

from case import FleetTest, main, web
from fleet import PROGRAMS, binaries


class Interface(FleetTest):
    hosts = 1

    def test_every_program_says_its_version_and_helps(self):
        for program in PROGRAMS:
            with self.subTest(program):
                said = subprocess.run([binaries() / program, "--version"], capture_output=True, text=True)
                self.assertEqual(said.returncode, 0)
                self.assertRegex(said.stdout, rf"\A{program} \d+\.\d+\.\d+ \([^()]+\)\n\Z")
                self.assertEqual(subprocess.run([binaries() / program, "--help"], capture_output=True).returncode, 0)

    def test_an_unknown_flag_is_exit_2_and_the_nearest_one_is_named(self):
        for program, flag, nearest in [("quayside-controller", "--data-dri", "--data-dir"),
                                       ("quayside-agent", "--controler", "--controller"),
                                       ("ctl", "--contxt", "--context")]:
            with self.subTest(program):
                said = subprocess.run([binaries() / program, flag, "x"], capture_output=True, text=True)
                self.assertEqual(said.returncode, 2)
                self.assertIn(nearest, said.stderr)

    def test_a_file_that_cannot_be_accepted_is_exit_2_with_its_place(self):
        result = self.fleet.apply("name: wrong\nservices:\n  web:\n    image: x\n    imagine: y\n").expect(2)
        self.assertRegex(result.err, r"\.yaml:5:5: .*imagine")
        self.fleet.ctl("status", "wrong").expect(1)

    def test_config_needs_no_controller(self):
        file = self.fleet.bed.dir / "config.yaml"
        file.write_text(web("configured"))
        result = self.fleet.ctl("--context", "/nowhere", "config", "-f", file).ok()
        self.assertIn("configured", result.out)

    def test_no_controller_is_exit_3(self):
        context = self.fleet.bed.dir / "nobody.context"
        text = (self.fleet.controller_dir / "admin.context").read_text()
        context.write_text(text.replace("ctl.sock", "nobody.sock"))
        result = self.fleet.ctl("--context", context, "host", "ls").expect(3)
        self.assertEqual(result.out, "")
        self.assertEqual(len(result.err.strip().splitlines()), 1)

    def test_a_timeout_is_exit_4_and_the_rollout_goes_on(self):
        slow = web("slow", replicas=1).replace("min_healthy: 1s", "min_healthy: 6s")
        self.fleet.apply(slow, "--timeout", "1s").expect(4)
        self.assertIn("deadline", self.fleet.status("slow")["rollout"], "what goes on has an end")
        self.fleet.ctl("rollout", "watch", "slow").ok()
        self.assertTrue(self.fleet.status("slow")["converged"])

    def test_an_interrupted_wait_says_that_the_change_goes_on(self):
        slow = self.fleet.bed.dir / "interrupted.yaml"
        slow.write_text(web("interrupted", replicas=1).replace("min_healthy: 1s", "min_healthy: 6s"))
        waiting = self.fleet.ctl_in_background("apply", "-f", slow)
        self.fleet.wait("the change is recorded", lambda: self.fleet.ctl("status", "interrupted").code == 0)
        self.fleet.wait("ctl watches it", lambda: "interrupted" in (self.fleet.bed.dir / "ctl.log").read_text())
        waiting.send_signal(signal.SIGINT)
        self.assertEqual(waiting.wait(10), -signal.SIGINT)
        self.assertIn("ctl: the change of interrupted goes on; `ctl rollout watch interrupted` follows it",
                      (self.fleet.bed.dir / "ctl.log").read_text())
        self.fleet.ctl("rollout", "watch", "interrupted").ok()

    def test_what_is_not_there_is_exit_1(self):
        for verb in (["status", "nobody"], ["history", "nobody"], ["inspect", "nobody"], ["rollback", "nobody"],
                     ["restart", "nobody"], ["rm", "nobody", "-y"], ["host", "inspect", "nobody"]):
            with self.subTest(verb):
                self.assert_says(self.fleet.ctl(*verb).expect(1), "nobody")

    def test_a_dangerous_verb_without_a_terminal_needs_y(self):
        self.fleet.apply(web("kept", replicas=1)).ok()
        self.assert_says(self.fleet.ctl("rm", "kept").expect(2), "-y")
        self.assertEqual(len(self.fleet.running("kept")), 1)

    def test_json_has_the_promised_keys(self):
        self.fleet.apply(web("keyed", replicas=1)).ok()
        host = self.fleet.ctl("host", "ls", "-o", "json").ok().json()[0]
        self.assertLessEqual({"name", "state", "availability", "engine_state", "labels", "platform", "engine", "agent",
                              "instances", "generation", "applied_generation", "last_seen_seconds"}, host.keys())
        self.assertEqual((host["state"], host["availability"], host["engine_state"]), ("ready", "active", "ok"))
        row = self.fleet.ps("keyed")[0]
        self.assertLessEqual({"instance", "app", "service", "slot", "host", "revision", "image", "container", "state",
                              "reason", "restarts", "ports", "since"}, row.keys())
        self.assertLessEqual({"host_ip", "host_port", "port", "protocol"}, row["ports"][0].keys())
        self.assertRegex(row["since"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")
        status = self.fleet.status("keyed")
        self.assertLessEqual({"app", "revision", "converged", "rollout", "services"}, status.keys())
        self.assertLessEqual({"id", "from", "to", "state", "reason"}, status["rollout"].keys())
        history = self.fleet.ctl("history", "keyed", "-o", "json").ok().json()[0]
        self.assertLessEqual({"revision", "cause", "by", "created_at", "images", "outcome"}, history.keys())
        event = self.fleet.ctl("events", "--app", "keyed", "-o", "json").ok().json_lines()[0]
        self.assertLessEqual({"id", "at", "kind", "app", "host", "instance", "revision", "message"}, event.keys())

    def test_json_stands_alone_on_standard_output(self):
        result = self.fleet.apply(web("alone", replicas=1), "-o", "json").ok()
        json.loads(result.out)

    def test_what_is_piped_has_no_colour(self):
        result = self.fleet.apply(web("plain", replicas=1)).ok()
        self.assertIsNone(re.search("\x1b", result.out + result.err))

    def test_a_second_controller_on_the_same_data_is_refused_with_a_sentence(self):
        said = subprocess.run([binaries() / "quayside-controller", "--data-dir", self.fleet.controller_dir, "--listen",
                               "127.0.0.1:0", "--https", "127.0.0.1:0"], capture_output=True, text=True, timeout=30)
        self.assertNotEqual(said.returncode, 0)
        self.assertIn(str(self.fleet.controller_dir), said.stderr)

    def test_every_shell_gets_its_completion(self):
        for shell in ("bash", "zsh", "fish"):
            self.assertIn("apply", self.fleet.ctl("completion", shell).ok().out)

    def test_a_backup_is_taken_and_restored_with_all_that_it_held(self):
        self.fleet.apply(web("saved", replicas=1)).ok()
        before = self.fleet.identities("saved")
        file = self.fleet.bed.dir / "backup.db"
        self.fleet.ctl("backup", file).ok()
        self.fleet.apply(web("later", replicas=1)).ok()
        self.fleet.bed.stop_process("controller")
        subprocess.run([binaries() / "quayside-controller", "restore", file, "--data-dir", self.fleet.controller_dir],
                       check=True, capture_output=True)
        self.fleet.start_controller()
        self.fleet.wait_for_hosts("ready", timeout_s=150)
        self.assertEqual(self.fleet.identities("saved"), before)
        self.assertEqual(len(self.fleet.containers("later")), 1, "what an old copy does not know runs on")
        self.fleet.ctl("recovery", "accept", "-y").ok()
        self.fleet.wait_until_converged("saved")


if __name__ == "__main__":
    main()
