"""What every end-to-end test stands on: a fleet of three real engines for the tests of one class.

A script of this folder runs alone (`python3 tests/e2e/deploy_test.py [-v] [Class.test]`) or by ctest, label e2e.
Exit code 77 and one line say why it cannot run on this machine.
"""

import pathlib
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "testbed"))

import processes  # noqa: E402, F401  (for the tests)
from fleet import HELLO, Fleet, why_unavailable  # noqa: E402

LIMIT_S = 850  # a hanging script ends itself, and its test bed, before ctest kills it
IMAGES = pathlib.Path(__file__).resolve().parent / "images"

WEB = """
name: {app}
services:
  web:
    image: ${{REGISTRY}}/{image}
    {ports}
    stop_grace_period: 3s
    deploy: {{replicas: {replicas}}}
    x-quayside:
      probe: {{http: /, port: 8080, interval: 500ms}}
      rollout: {{min_healthy: 1s}}
"""


def web(app, image="hello:v1", replicas=3, port=None):
    """A compose text of one web service; `port` is a fixed host port, which makes it exclusive (stop-first)."""
    ports = f'ports: ["{port}:8080"]' if port else 'ports: ["8080"]'
    return WEB.format(app=app, image=image, replicas=replicas, ports=ports)


class FleetTest(unittest.TestCase):
    """`fleet` is shared by the tests of a class; each test uses an app name of its own."""

    hosts = 3
    controller_flags = ()
    agent_flags = ()

    @classmethod
    def setUpClass(cls):
        cls.fleet = Fleet.start(cls.hosts, cls.controller_flags, cls.agent_flags)
        cls.addClassCleanup(cls.fleet.bed.down)
        for version in ("v1", "v2", "v3"):
            cls.fleet.bed.build_image(HELLO, f"hello:{version}", {"VERSION": version})
        cls.fleet.bed.build_image(IMAGES / "crashing", "hello:crashing")

    @classmethod
    def tearDownClass(cls):
        bugs = cls.fleet.stop_programs()
        if bugs:
            raise AssertionError("the programs told of bugs of their own:\n" + "\n".join(bugs))

    def run(self, result=None):
        problems = len(result.failures) + len(result.errors) if result else 0
        super().run(result)
        if result and len(result.failures) + len(result.errors) > problems:
            print(f"-- logs after {self.id()}\n{self.fleet.logs()}", file=sys.stderr, flush=True)

    def versions(self, app):
        """The version that each container of the app answers with, sorted."""
        return sorted(answer.rsplit(" ", 1)[1] for answers in self.fleet.answers(app).values() for answer in answers)

    def assert_says(self, result, *words):
        """One sentence on standard error that has these words."""
        for word in words:
            self.assertIn(word, result.err, f"{result} said: {result.err}")


def main():
    reason = why_unavailable()
    if reason:
        print(f"skipped, because {reason}")
        sys.exit(77)
    signal.signal(signal.SIGALRM, lambda *_: sys.exit(f"ended by itself after {LIMIT_S} s"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.alarm(LIMIT_S)
    unittest.main(verbosity=2)
