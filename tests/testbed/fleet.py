"""Quayside on a test bed: one controller beside the bridge, an agent in the network of each host, and `ctl`.

    with Fleet.start(hosts=3) as fleet:
        fleet.ctl("apply", "-f", path).ok()
        fleet.ps("hello")

The programs come from $QUAYSIDE_BIN, else build/release/bin. Everything ends with the fleet.
"""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import time
import urllib.request

import bed as beds
import processes

ROOT = pathlib.Path(__file__).resolve().parents[2]
HELLO = ROOT / "deploy/examples/hello"
BUG = re.compile(r"Sanitizer:|runtime error:|broken invariant|terminate called")
PROGRAMS = ("quayside-controller", "quayside-agent", "ctl")


def binaries():
    return pathlib.Path(os.environ.get("QUAYSIDE_BIN", ROOT / "build/release/bin"))


def why_unavailable():
    """Why no fleet can run on this machine, or None."""
    for program in PROGRAMS:
        if not (binaries() / program).exists():
            return f"{binaries() / program} is not built"
    return beds.why_unavailable()


class Result:
    """How a call of `ctl` ended: exit code, standard output and standard error."""

    def __init__(self, argv, code, out, err):
        self.argv, self.code, self.out, self.err = argv, code, out, err

    def expect(self, code):
        """Fails with all that was said unless the exit code is this one. Returns itself."""
        if self.code != code:
            raise AssertionError(f"{self} ended with {self.code}, not {code}\n{self.out}\n{self.err}")
        return self

    def ok(self):
        return self.expect(0)

    def json(self):
        return json.loads(self.out)

    def json_lines(self):
        return [json.loads(line) for line in self.out.splitlines() if line.strip()]

    def __str__(self):
        return "`ctl " + " ".join(self.argv) + "`"


class Fleet:
    def __init__(self, bed):
        self.bed = bed
        self.controller_dir = bed.dir / "controller"

    @classmethod
    def start(cls, hosts=3, controller_flags=(), agent_flags=()):
        """A fleet whose hosts are all ready. Raises Unavailable with the reason when it cannot run here."""
        reason = why_unavailable()
        if reason:
            raise beds.Unavailable(reason)
        fleet = cls(beds.TestBed.start(hosts))
        try:
            fleet.start_controller(*controller_flags)
            for host in fleet.bed.hosts:
                fleet.start_agent(host.number, *agent_flags)
            fleet.wait_for_hosts("ready")
        except BaseException as error:
            print(f"the fleet did not start: {error}\n{fleet.logs()}", flush=True)
            fleet.bed.down()
            raise
        return fleet

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.bed.down()

    # -- the programs --------------------------------------------------------------------------------------------

    def start_controller(self, *flags):
        """Starts it, again on the ports it had before, and waits until it serves."""
        endpoints = self.controller_dir / "endpoints.json"
        before = json.loads(endpoints.read_text()) if endpoints.exists() else None
        port = {key: (before[key].rsplit(":", 1)[1] if before else "0") for key in ("grpc", "https")}
        endpoints.unlink(missing_ok=True)
        self.bed.spawn("controller", [
            str(binaries() / "quayside-controller"), "--data-dir", str(self.controller_dir),
            "--listen", f"127.0.0.1:{port['grpc']}", "--https", f"127.0.0.1:{port['https']}",
            "--insecure-listen", self.bed.address, "--insecure-registry", self.bed.registry, *flags],
            self.bed.dir / "controller.log")
        if not processes.wait_until(lambda: endpoints.exists() and self.is_healthy(), 30):
            raise AssertionError("the controller does not serve\n" + self.logs())

    def is_healthy(self):
        try:
            address = json.loads((self.controller_dir / "endpoints.json").read_text())["https"]
            return urllib.request.urlopen(f"http://{address}/healthz", timeout=2).status == 200
        except (OSError, ValueError):
            return False

    def kill_controller(self):
        self.bed.kill_process("controller")

    def start_agent(self, number, *flags, engine=None):
        """`engine`: another way to the host's engine, such as a proxy."""
        host = self.bed.host(number)
        grpc = json.loads((self.controller_dir / "endpoints.json").read_text())["grpc"]
        self.bed.spawn(f"agent-{number}", host.inside(
            str(binaries() / "quayside-agent"), "--data-dir", str(self.bed.dir / f"agent-{number}"),
            "--controller", grpc, "--name", host.name, "--engine", engine or host.engine.url, *flags),
            self.bed.dir / f"agent-{number}.log")

    def kill_agent(self, number):
        self.bed.kill_process(f"agent-{number}")

    def logs(self, lines=25):
        """The ends of all logs of our programs, for a failure message."""
        return "".join(f"-- {path.name}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) + "\n"
                       for path in sorted(self.bed.dir.glob("*.log")) if path.name != "registry.log")

    def stop_programs(self):
        """Ends all of them in good order and returns the lines of their logs that tell of a bug of ours."""
        for host in self.bed.hosts:
            self.bed.stop_process(f"agent-{host.number}")
        self.bed.stop_process("controller")
        return [f"{path.name}: {line}" for path in sorted(self.bed.dir.glob("*.log"))
                for line in path.read_text(errors="replace").splitlines() if BUG.search(line)]

    # -- ctl -----------------------------------------------------------------------------------------------------

    def ctl(self, *argv, timeout_s=240, env=None):
        argv = [str(argument) for argument in argv]
        done = subprocess.run([str(binaries() / "ctl"), *argv], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=timeout_s, env=self._environment(env), cwd=self.bed.dir)
        return Result(argv, done.returncode, done.stdout, done.stderr)

    def ctl_in_background(self, *argv):
        """The same without waiting for its end; what it says goes to ctl.log."""
        with open(self.bed.dir / "ctl.log", "ab") as log:
            return subprocess.Popen([str(binaries() / "ctl"), *map(str, argv)], stdin=subprocess.DEVNULL, stdout=log,
                                    stderr=log, env=self._environment(None), cwd=self.bed.dir)

    def _environment(self, more):
        return {**os.environ, "QUAYSIDE_CONTEXT": str(self.controller_dir / "admin.context"),
                "REGISTRY": self.bed.registry, **(more or {})}

    def apply(self, compose, *flags, **more):
        """`ctl apply` of a compose text, or of a file that is there already."""
        if not isinstance(compose, pathlib.Path):
            file = tempfile.NamedTemporaryFile("w", dir=self.bed.dir, suffix=".yaml", delete=False)
            with file:
                file.write(compose)
            compose = pathlib.Path(file.name)
        return self.ctl("apply", "-f", compose, *flags, **more)

    def host_states(self):
        listed = self.ctl("host", "ls", "-o", "json")
        return {host["name"]: host["state"] for host in listed.json()} if listed.code == 0 else {}

    def wait_for_hosts(self, state, *names, timeout_s=60):
        names = names or [host.name for host in self.bed.hosts]
        if not processes.wait_until(lambda: all(self.host_states().get(name) == state for name in names), timeout_s,
                                    interval_s=0.2):
            raise AssertionError(f"hosts {names} are not {state}: {self.host_states()}\n{self.logs()}")

    def ps(self, app):
        return self.ctl("ps", app, "-o", "json").ok().json()

    def running(self, app):
        """The instances of an app that run, in the order of service, slot and host."""
        found = [row for row in self.ps(app) if row["state"] in ("running", "healthy")]
        return sorted(found, key=lambda row: (row["service"], row.get("slot", 0), row["host"]))

    def status(self, app):
        return self.ctl("status", app, "-o", "json").ok().json()

    def wait_until_converged(self, app, timeout_s=90):
        if not processes.wait_until(lambda: self.status(app)["converged"], timeout_s, interval_s=0.2):
            raise AssertionError(f"{app} has not converged: {self.status(app)} {self.ps(app)}\n{self.logs()}")

    def event_kinds(self, *flags):
        return [event["kind"] for event in self.ctl("events", "-o", "json", *flags).ok().json_lines()]

    # -- what runs, asked of the engines themselves --------------------------------------------------------------

    def host_named(self, name):
        return self.bed.host(int(name.removeprefix("h")))

    def containers(self, app, running_only=True):
        """What `docker inspect` says of each container of an app, on all hosts; but for one that goes meanwhile."""
        label = f"dev.quayside.app={app}"
        found = [host.engine.inspect_if_there(container["Id"]) for host in self.bed.hosts if host.engine.answers()
                 for container in host.engine.containers(label, running_only=running_only)]
        return [container for container in found if container]

    def identities(self, app):
        """{container id: when it started} of what runs: equal before and after means that nothing was touched."""
        return {container["Id"]: container["State"]["StartedAt"] for container in self.containers(app)}

    def answers(self, app, timeout_s=10):
        """{host name: [what each published container of the app answers there]}."""
        found = {}
        for row in self.running(app):
            port = next(port["host_port"] for port in row["ports"] if port.get("host_port"))
            address = f"{self.host_named(row['host']).address}:{port}"
            processes.wait_until(lambda: beds.accepts(address), timeout_s)
            with urllib.request.urlopen(f"http://{address}/", timeout=timeout_s) as answer:
                found.setdefault(row["host"], []).append(answer.read().decode().strip())
        return found

    def wait(self, what, condition, timeout_s=60):
        """Waits for condition and returns its value; fails with `what` and the logs at the timeout."""
        began = time.monotonic()
        value = processes.wait_until(condition, timeout_s, interval_s=0.1)
        if not value:
            raise AssertionError(f"not within {time.monotonic() - began:.0f} s: {what}\n{self.logs()}")
        return value
