#!/usr/bin/env python3
"""The agent is killed right after each engine call of a replacement, and nothing is lost, doubled or left behind.

The engine's socket is behind a proxy that kills the agent when the engine has answered its k-th changing call of the
replacement, before the agent learns of it; for every k that there is. Then the agent starts again and must finish.
Meanwhile a watcher looks at the engine all the time.
"""

import threading
import time

from case import FleetTest, main, web
from engine_proxy import EngineProxy

MAX_POINTS = 40  # far above the calls of one replacement


class Watcher:
    """Looks at the containers of an app until it is stopped, and keeps what must never be."""

    def __init__(self, engine, app, exclusive):
        self.violations = []
        self._engine, self._app, self._exclusive = engine, app, exclusive
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self):
        self._ended.set()
        self._thread.join()
        return self.violations

    def _watch(self):
        while not self._ended.is_set():
            found = self._engine.containers(f"dev.quayside.app={self._app}")
            running = [container["Id"][:12] for container in found if container["State"] == "running"]
            startable = [container for container in found if container["State"] in ("running", "exited", "created")]
            if self._exclusive and len(running) > 1:
                self.violations.append(f"two in an exclusive slot: {running}")
            if not startable:
                self.violations.append(f"nothing runs and nothing can be started: {found}")
            time.sleep(0.01)


class CrashPoints(FleetTest):
    hosts = 1

    def setUp(self):
        self.kill_at = None
        self.killed = threading.Event()
        self.lock = threading.Lock()
        self.host = self.fleet.bed.host(1)
        self.proxy = EngineProxy(self.host.engine.socket_path, self.fleet.bed.dir / "door.sock", self.on_answer)
        self.addCleanup(self.proxy.close)
        self.restart_agent()

    def on_answer(self, number, _method, _path):
        with self.lock:
            if self.kill_at != number:
                return
            self.kill_at = None
            self.fleet.kill_agent(1)
            self.killed.set()

    def restart_agent(self):
        self.fleet.bed.stop_process("agent-1")
        self.fleet.start_agent(1, engine=self.proxy.url)

    def replace(self, app, image, expected):
        """Deploys `image` once for each engine call of the replacement, killing the agent after that call.
        Returns the calls of the undisturbed run that ends the series."""
        exclusive = expected["exclusive"]
        for point in range(1, MAX_POINTS):
            self.fleet.wait_until_converged(app)
            before = self.fleet.identities(app)
            self.proxy.calls.clear()
            self.killed.clear()
            self.kill_at = point
            watcher = Watcher(self.host.engine, app, exclusive)
            said = self.fleet.ctl("deploy", app, f"web={self.fleet.bed.registry}/{image(point)}", "--detach").ok()
            revision = self.newest_revision(app)
            self.fleet.wait("the agent was killed, or had no such call to make",
                            lambda: self.killed.is_set() or self.ended(app, revision), 60)
            with self.lock:
                self.kill_at = None  # what comes after the end of the rollout is not one of its calls
            undisturbed = not self.killed.is_set()
            calls = list(self.proxy.calls)
            if not undisturbed:
                self.fleet.start_agent(1, engine=self.proxy.url)
            self.fleet.wait("the rollout ended", lambda: self.ended(app, revision), 90)
            where = f"{said.out.strip()}; killed after call {point}: {calls}"
            self.assertEqual(self.fleet.status(app)["rollout"]["state"], expected["state"], where)
            self.check_end(app, before, expected, where)
            self.assertEqual(watcher.stop(), [], where)
            if undisturbed:
                return calls
        self.fail("a replacement has no end of calls")

    def check_end(self, app, before, expected, where):
        self.fleet.wait_until_converged(app)
        after = self.fleet.identities(app)
        self.assertEqual(len(after), 1, where)
        if expected["same"]:
            self.assertEqual(after.keys(), before.keys(), where)
        else:
            self.assertNotEqual(after.keys(), before.keys(), where)
        known = {row["container"] for row in self.fleet.ctl("ps", app, "-a", "-o", "json").ok().json()
                 if row.get("container")}
        there = {container["Id"] for container in self.host.engine.containers(f"dev.quayside.app={app}")}
        self.assertEqual({identity for identity in there if not any(identity.startswith(k) for k in known)}, set(),
                         f"nobody knows of these; {where}")

    def assert_calls(self, calls, *expected):
        """The replacement made these calls in this order: each was a point to be killed at. Arming, disarming and
        the removal of what is no way back any more may come before or after the rollout's end."""
        made = [call.rsplit("/", 1)[1] for call in calls]
        self.assertEqual([verb for verb in made if verb in ("create", "start", "stop")], list(expected), calls)

    def newest_revision(self, app):
        return max(row["revision"] for row in self.fleet.ctl("history", app, "-o", "json").ok().json())

    def ended(self, app, revision):
        """The rollout to `revision` is at its end; one that an earlier deploy began does not count."""
        rollout = self.fleet.status(app)["rollout"]
        ends = ("succeeded", "rolled_back", "failed", "partial", "paused")
        return rollout["to"] == revision and rollout["state"] in ends

    def apply_quick(self, app, port=None):
        compose = web(app, replicas=1, port=port).replace("min_healthy: 1s", "min_healthy: 0s")
        self.fleet.apply(compose).ok()

    def test_start_first_and_it_succeeds(self):
        self.apply_quick("surge")
        calls = self.replace("surge", lambda point: f"hello:{'v2' if point % 2 else 'v1'}",
                             {"state": "succeeded", "same": False, "exclusive": False})
        self.assert_calls(calls, "create", "start", "stop")

    def test_stop_first_and_it_succeeds(self):
        self.apply_quick("swap", port=18090)
        calls = self.replace("swap", lambda point: f"hello:{'v2' if point % 2 else 'v1'}",
                             {"state": "succeeded", "same": False, "exclusive": True})
        self.assert_calls(calls, "create", "stop", "start")

    def test_start_first_and_it_fails(self):
        self.apply_quick("surge-bad")
        self.replace("surge-bad", lambda _: "hello:crashing",
                     {"state": "rolled_back", "same": True, "exclusive": False})

    def test_stop_first_and_it_fails(self):
        self.apply_quick("swap-bad", port=18091)
        self.replace("swap-bad", lambda _: "hello:crashing",
                     {"state": "rolled_back", "same": True, "exclusive": True})


if __name__ == "__main__":
    main()
