#!/usr/bin/env python3
"""deploy/try.sh, as a newcomer calls it: it shows everything, says so with exit 0, and leaves nothing behind."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

import case  # noqa: F401  (finds the test bed)
import bed as beds
import processes
from engine import Engine
from fleet import ROOT, binaries, why_unavailable

TRY = ROOT / "deploy/try.sh"


class Try(unittest.TestCase):
    def setUp(self):
        self.parent = tempfile.TemporaryDirectory(prefix="qst-")
        self.addCleanup(self.parent.cleanup)
        self.dir = pathlib.Path(self.parent.name, "try")
        self.environment = {**os.environ, "QUAYSIDE_TRY_DIR": str(self.dir)}
        self.addCleanup(self.call, "--stop")

    def call(self, *flags):
        return subprocess.run([TRY, *flags], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=self.environment,
                              stderr=subprocess.STDOUT, text=True, timeout=600)

    def assert_nothing_is_left(self):
        self.assertFalse(self.dir.exists())
        self.assertEqual(processes.with_argument_under(self.dir), set())
        self.assertNotIn(str(self.dir), pathlib.Path("/proc/self/mountinfo").read_text())

    def assert_shown(self, done, hosts):
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("Quayside, tried on this machine", done.stdout)
        for version in ("v1", "v2"):
            self.assertGreaterEqual(done.stdout.count(f", version {version}\n"), hosts, done.stdout)
        self.assertIn("What to try next", done.stdout)

    def test_one_server(self):
        self.assert_shown(self.call(), hosts=1)
        self.assert_nothing_is_left()

    def test_three_servers(self):
        before = beds.run("ip", "netns", "list")
        done = self.call("--hosts", "3")
        self.assert_shown(done, hosts=3)
        for name in ("server-1", "server-2", "server-3"):
            self.assertIn(f"{name} http://10.213.", done.stdout)
        self.assert_nothing_is_left()
        self.assertLessEqual(set(beds.run("ip", "netns", "list").split()), set(before.split()))

    def test_keep_leaves_it_running_until_stop(self):
        self.assert_shown(self.call("--keep"), hosts=1)
        self.assertTrue(beds.TestBed.load(self.dir).is_running("controller"))
        self.assertEqual(self.call("--stop").returncode, 0)
        self.assert_nothing_is_left()

    def test_an_interrupt_ends_everything(self):
        running = subprocess.Popen([TRY, "--hosts", "2"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, env=self.environment, start_new_session=True)
        self.assertTrue(processes.wait_until((self.dir / "agent-2.log").exists, 300))
        os.killpg(running.pid, signal.SIGINT)
        running.wait(120)
        self.assert_nothing_is_left()

    def test_wrong_flags_are_exit_2(self):
        for flags in (["--hosts", "0"], ["--hosts", "10"], ["--hosts", "x"], ["--hosts"], ["--fast"]):
            self.assertEqual(self.call(*flags).returncode, 2, flags)


class TryOnTheMachinesEngine(unittest.TestCase):
    def test_it_leaves_no_container_network_volume_or_image(self):
        engine = Engine("/var/run/docker.sock")
        if not engine.answers():
            self.skipTest("skipped, because this machine's Docker Engine does not answer")

        def census():
            return ({found["Id"] for found in engine.containers()}, {found["Id"] for found in engine.networks()},
                    {found["Name"] for found in engine.volumes()}, {found["Id"] for found in engine.images()})

        before = census()
        done = subprocess.run([TRY], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(census(), before)


if __name__ == "__main__":
    reason = why_unavailable()
    if not reason and binaries() != ROOT / "build/release/bin":
        reason = "try.sh uses the release build, and this run tests another one"
    if reason:
        print(f"skipped, because {reason}")
        sys.exit(77)
    unittest.main(verbosity=2)
