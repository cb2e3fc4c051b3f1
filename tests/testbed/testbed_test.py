#!/usr/bin/env python3
"""The test bed keeps its promises: hosts behave as servers do, and nothing is left of a bed that has ended."""

import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest
import urllib.request

import bed as beds
import processes

HELLO = pathlib.Path(__file__).resolve().parents[2] / "deploy/examples/hello"


def fetch(address, timeout_s=2):
    with urllib.request.urlopen(f"http://{address}/", timeout=timeout_s) as answer:
        return answer.read().decode()


class ABed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bed = beds.TestBed.start(hosts=2)
        cls.addClassCleanup(cls.bed.down)
        cls.image = cls.bed.build_image(HELLO, "hello:v1", {"VERSION": "v1"})

    def run_hello(self, number):
        host = self.bed.host(number)
        name, tag = self.image.rsplit(":", 1)
        host.engine.call("POST", "/images/create", fromImage=name, tag=tag)
        container = host.engine.run(f"hello-{time.monotonic_ns()}", {
            "Image": self.image, "HostConfig": {"PublishAllPorts": True,
                                                "RestartPolicy": {"Name": "unless-stopped"}}})
        ports = host.engine.inspect(container)["NetworkSettings"]["Ports"]["8080/tcp"]
        return host, container, f"{host.address}:{ports[0]['HostPort']}"

    def test_a_published_port_answers_at_the_address_of_its_host(self):
        _, container, address = self.run_hello(2)
        answer = processes.wait_until(lambda: beds.accepts(address) and fetch(address), 10)
        self.assertEqual(answer, f"hello from container {container[:12]}, version v1\n")

    def test_the_sample_image_ends_at_once_when_asked(self):
        host, container, address = self.run_hello(1)
        processes.wait_until(lambda: beds.accepts(address), 10)
        began = time.monotonic()
        host.engine.stop(container, grace_s=20)
        self.assertLess(time.monotonic() - began, 5)
        self.assertEqual(host.engine.inspect(container)["State"]["ExitCode"], 0)

    def test_a_cut_host_does_not_answer_until_it_is_healed(self):
        host, _, address = self.run_hello(1)
        self.assertTrue(processes.wait_until(lambda: beds.accepts(address), 10))
        host.cut()
        self.assertFalse(beds.accepts(address))
        host.heal()
        self.assertTrue(processes.wait_until(lambda: beds.accepts(address), 10))

    def test_a_power_loss_kills_the_containers_and_a_start_brings_them_back(self):
        host, container, _ = self.run_hello(2)
        inside = host.engine.inspect(container)["State"]["Pid"]
        host.kill_engine()
        self.assertIsNone(processes.start_time(inside))
        self.assertFalse(host.engine.answers())
        host.start_engine()
        host.wait_for_engine()
        self.assertTrue(processes.wait_until(
            lambda: host.engine.inspect(container)["State"]["Running"], 20))


class ADisk(unittest.TestCase):
    def test_a_small_disk_can_be_filled_without_harm_to_the_machine(self):
        with beds.TestBed.start(hosts=1, engines=False) as bed:
            data = bed.dir / "small"
            data.mkdir()
            beds.make_disk(bed.dir / "small.img", data, 16)
            filler = beds.fill(data)
            with self.assertRaises(OSError):
                (data / "more").write_bytes(b"\0" * 65536)
            filler.unlink()
            (data / "more").write_bytes(b"\0" * 65536)


class AnEnd(unittest.TestCase):
    def start_in_another_process(self):
        """A bed owned by a process of its own; returns that process and the bed's directory."""
        here = pathlib.Path(__file__).resolve().parent
        owner = subprocess.Popen([sys.executable, here / "testbed.py", "run", "--hosts", "1", "--", "sh", "-c",
                                  "echo $QUAYSIDE_TESTBED_DIR; exec sleep 1000"],
                                 stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.addCleanup(owner.stdout.close)
        return owner, pathlib.Path(owner.stdout.readline().strip())

    def assert_nothing_is_left(self, directory, bridge):
        self.assertFalse(directory.exists())
        self.assertEqual(processes.with_argument_under(directory), set())
        self.assertNotIn(bridge, beds.run("ip", "link"))
        self.assertNotIn(bridge, beds.run("ip", "netns", "list"))
        self.assertNotIn(str(directory), pathlib.Path("/proc/self/mountinfo").read_text())

    def test_an_interrupted_bed_ends_itself(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number.name):
                owner, directory = self.start_in_another_process()
                bridge = beds.TestBed.load(directory).bridge
                os.killpg(owner.pid, number)
                owner.wait(30)
                self.assert_nothing_is_left(directory, bridge)

    def test_a_sweep_ends_the_bed_of_a_killed_process(self):
        owner, directory = self.start_in_another_process()
        bridge = beds.TestBed.load(directory).bridge
        os.killpg(owner.pid, signal.SIGKILL)
        owner.wait(30)
        self.assertTrue(directory.exists())
        beds.sweep()
        self.assert_nothing_is_left(directory, bridge)


if __name__ == "__main__":
    reason = beds.why_unavailable()
    if reason:
        print(f"skipped, because {reason}")
        sys.exit(77)
    unittest.main(verbosity=2)
