"""A test bed: several Docker servers, a network between them and an image registry, all on one machine.

Each host is a network namespace with a veth to a bridge, and in it a dockerd with a data directory, containers
and published ports of its own. To the programs under test it is a server: it can be cut off, its engine can be
killed as by a power loss, its disk can be filled.

    with TestBed.start(hosts=3) as bed:
        image = bed.build_image(context, "hello:v1")
        bed.host(2).cut()

Any number of beds can run at the same time. A bed takes the first free number K; the bridge `qsbK` and the subnet
10.213.K.0/24 follow from it, and the kernel refuses a second bridge of that name. The bridge has address .1, host N
has .(10 + N). Everything a bed owns is written to DIR/bed.json before it is made, so that `TestBed.load(dir).down()`
or `sweep()` can end what a killed process left. One thread uses a bed. Limits: 9 hosts a bed, 250 beds a machine.
"""

import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile

import processes
from engine import Engine, EngineError

REGISTRY_OF_BEDS = pathlib.Path("/run/quayside-testbeds")  # one link a bed, to its directory
MAX_HOSTS = 9
MAX_BEDS = 250


class Unavailable(Exception):
    """This machine cannot carry a test bed; the text says why, after 'skipped, because'."""


def run(*argv, check=True):
    """Runs a command to its end and returns its output. Raises RuntimeError with what it said."""
    result = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if check and result.returncode != 0:
        said = (result.stderr or result.stdout).strip()
        raise RuntimeError(f"`{' '.join(argv)}` ended with {result.returncode}: {said}")
    return result.stdout


def why_unavailable():
    """Why no test bed can run on this machine, in a few words, or None."""
    if os.geteuid() != 0:
        return "a test bed needs root for network namespaces and Docker Engines"
    for program in ("dockerd", "containerd", "docker-registry", "ip", "iptables", "nsenter", "busybox"):
        if shutil.which(program) is None:
            return f"the program {program} is missing (deploy/install_packages.sh installs it)"
    probe = f"qsbprobe{os.getpid()}"
    try:
        run("ip", "netns", "add", probe)
        run("nsenter", f"--net=/run/netns/{probe}", "iptables", "-t", "nat", "-S")
        run("ip", "link", "add", f"qsp{os.getpid()}", "type", "bridge")
    except RuntimeError as error:
        return f"this machine does not allow what a host needs: {error}"
    finally:
        run("ip", "link", "del", f"qsp{os.getpid()}", check=False)
        run("ip", "netns", "del", probe, check=False)
    if not any(pathlib.Path("/sys/fs/cgroup").iterdir()):
        return "no control groups are mounted at /sys/fs/cgroup"
    return None


class Host:
    """One server of a bed. `engine` is its Docker Engine, `address` where its published ports answer."""

    def __init__(self, bed, number):
        self.bed = bed
        self.number = number
        self.name = f"h{number}"
        self.dir = bed.dir / self.name
        self.engine = Engine(bed.machine_engine or self.dir / "docker.sock")
        self.namespace = None if bed.machine_engine else f"{bed.bridge}-{self.name}"
        self.address = "127.0.0.1" if bed.machine_engine else f"{bed.subnet}.{10 + number}"
        self._veth = f"{bed.bridge}v{number}"

    def inside(self, *argv):
        """The argument vector that runs argv in this host's network."""
        return (["nsenter", f"--net=/run/netns/{self.namespace}"] if self.namespace else []) + list(argv)

    def add_network(self):
        run("ip", "netns", "add", self.namespace)
        run("ip", "link", "add", self._veth, "type", "veth", "peer", "name", "eth0", "netns",
            self.namespace)
        run("ip", "link", "set", self._veth, "master", self.bed.bridge, "up")
        inside = ("ip", "-n", self.namespace)
        run(*inside, "addr", "add", f"{self.address}/24", "dev", "eth0")
        run(*inside, "link", "set", "eth0", "up")
        run(*inside, "link", "set", "lo", "up")
        run(*inside, "route", "add", "default", "via", self.bed.address)

    def cut(self):
        """Takes the host off the network; its engine and containers run on."""
        run("ip", "link", "set", self._veth, "down")

    def heal(self):
        run("ip", "link", "set", self._veth, "up")

    def start_engine(self):
        self.dir.mkdir(exist_ok=True)
        self.bed.spawn(self._process, self.inside(
            "dockerd", "--data-root", str(self.dir / "data"), "--exec-root", str(self.dir / "exec"),
            "--pidfile", str(self.dir / "pid"), "--host", self.engine.url,
            "--bip", f"172.29.{self.number}.1/24", "--storage-driver", self.bed.storage_driver(),
            "--insecure-registry", f"{self.bed.subnet}.0/24", "--config-file", str(self._config())),
            self.dir / "dockerd.log", env={"DOCKER_TMPDIR": str(self.dir / "tmp")})

    def wait_for_engine(self, timeout_s=30):
        if not processes.wait_until(self.engine.answers, timeout_s):
            log = (self.dir / "dockerd.log").read_text(errors="replace").splitlines()
            raise RuntimeError(f"dockerd of {self.name} does not answer: " + " / ".join(log[-5:]))

    def stop_engine(self):
        """Ends dockerd in good order: it stops the containers within their grace."""
        self.bed.stop_process(self._process, grace_s=30)
        self._kill_remains()

    def kill_engine(self):
        """A power loss of the engine: dockerd, containerd, the shims and every container die at once."""
        self.bed.kill_process(self._process)
        self._kill_remains()

    def kill_dockerd_only(self):
        """A crash of dockerd: the containers live on until it is started again, and containerd if it can."""
        self.bed.kill_process(self._process)
        (self.dir / "pid").unlink(missing_ok=True)
        containerd = self.dir / "exec/containerd/containerd.pid"
        # A containerd that died with its dockerd may stay as a zombie, which the next dockerd takes for alive.
        processes.wait_until(lambda: processes.start_time(containerd.read_text().strip()) is None, 2)
        if processes.start_time(containerd.read_text().strip()) is None:
            containerd.unlink()

    def limit_disk(self, megabytes):
        """Puts the engine's data on a file system of this size. Call it before start_engine."""
        disk = self.dir / "disk.img"
        self.dir.mkdir(exist_ok=True)
        (self.dir / "data").mkdir(exist_ok=True)
        make_disk(disk, self.dir / "data", megabytes)

    @property
    def _process(self):
        return f"dockerd-{self.name}"

    def _config(self):
        """An empty daemon.json, so that the machine's own does not apply."""
        path = self.dir / "daemon.json"
        path.write_text("{}\n")
        (self.dir / "tmp").mkdir(exist_ok=True)
        return path

    def _kill_remains(self):
        def remains():
            return processes.with_argument_under(self.dir / "exec")

        for pid in remains():
            processes.kill(pid, processes.start_time(pid))
        processes.wait_until(lambda: not remains(), 10)
        (self.dir / "pid").unlink(missing_ok=True)
        (self.dir / "exec/containerd/containerd.pid").unlink(missing_ok=True)


class TestBed:
    def __init__(self, directory, record):
        self.dir = pathlib.Path(directory)
        self._record = record
        self.number = record["number"]
        self.machine_engine = record["machine_engine"]
        self.bridge = f"qsb{self.number}"
        self.subnet = f"10.213.{self.number}"
        self.address = "127.0.0.1" if self.machine_engine else f"{self.subnet}.1"
        self.hosts = [Host(self, n + 1) for n in range(record["hosts"])]

    # -- life --------------------------------------------------------------------------------------------------

    @classmethod
    def start(cls, hosts=1, directory=None, machine_engine=None, owned=True, engines=True):
        """Starts a bed. `owned`: it belongs to this process, and a sweep ends it once this process is gone.

        machine_engine: the socket of a running Docker Engine that serves as the only host; nothing of the
        network is touched then. engines=False leaves the engines off (limit_disk comes before start_engine).
        Raises Unavailable when the machine cannot carry one, ValueError for a wrong number of hosts.
        """
        if not 1 <= hosts <= (1 if machine_engine else MAX_HOSTS):
            raise ValueError(f"a test bed has 1 to {MAX_HOSTS} hosts, and 1 on the machine's own engine")
        reason = None if machine_engine else why_unavailable()
        if reason:
            raise Unavailable(reason)
        sweep()
        directory = pathlib.Path(directory or tempfile.mkdtemp(prefix="qsb-", dir=_base_directory()))
        directory.mkdir(mode=0o700, exist_ok=True)
        owner = [os.getpid(), processes.start_time(os.getpid())] if owned else None
        record = {"number": 0, "hosts": hosts, "machine_engine": machine_engine, "owner": owner,
                  "processes": {}, "forward_rule": False, "registry": None}
        record["number"] = 0 if machine_engine else _claim_number(directory, record)
        bed = cls(directory, record)
        try:
            bed._bring_up(engines)
        except BaseException:
            bed.down()
            raise
        return bed

    @classmethod
    def load(cls, directory):
        """The bed that another process started in this directory. Raises FileNotFoundError."""
        return cls(directory, json.loads((pathlib.Path(directory) / "bed.json").read_text()))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.down()

    def host(self, number):
        return self.hosts[number - 1]

    def down(self):
        """Ends everything this bed owns and removes its directory. Never fails half-way; may be repeated."""
        for name in reversed(list(self._record["processes"])):
            if not name.startswith("dockerd-"):
                self.stop_process(name)
        if self.machine_engine:
            self._clean_machine_engine()
        else:
            self._down_hosts()
        _unmount_under(self.dir)
        shutil.rmtree(self.dir, ignore_errors=True)
        link = REGISTRY_OF_BEDS / str(self.number)
        if self.number and link.is_symlink() and os.readlink(link) == str(self.dir):
            link.unlink()

    def owner_is_gone(self):
        return self._record["owner"] is not None and not processes.is_alive(*self._record["owner"])

    def _bring_up(self, engines):
        self._save()
        if not self.machine_engine:
            run("ip", "addr", "add", f"{self.address}/24", "dev", self.bridge)
            run("ip", "link", "set", self.bridge, "up")
            self._allow_forwarding()
            for host in self.hosts:
                host.add_network()
            if engines:
                self.start_engines()
        self._start_registry()

    def start_engines(self):
        for host in self.hosts:
            host.start_engine()
        for host in self.hosts:
            host.wait_for_engine()

    def _down_hosts(self):
        for host in self.hosts:
            self.kill_process(host._process)
        for host in self.hosts:
            host._kill_remains()
            run("ip", "link", "del", host._veth, check=False)
            run("ip", "netns", "del", host.namespace, check=False)
        run("ip", "link", "del", self.bridge, check=False)
        if self._record["forward_rule"]:
            run("iptables", "-D", *self._forward_rule(), check=False)

    def _clean_machine_engine(self):
        """Removes what the programs of this bed made on the machine's own engine, and nothing else.

        Only images of this bed's registry tell that a container is ours; its label tells the fleet, and the fleet
        every other container, network and volume of it.
        """
        engine = self.hosts[0].engine
        if not engine.answers() or not self.registry:
            return
        ours = [container for container in engine.containers("dev.quayside.fleet")
                if container["Image"].startswith(self.registry + "/")]
        for fleet in {container["Labels"]["dev.quayside.fleet"] for container in ours}:
            label = f"dev.quayside.fleet={fleet}"
            for container in engine.containers(label):
                engine.remove(container["Id"])
            for network in engine.networks(label):
                engine.call("DELETE", f"/networks/{network['Id']}")
            for volume in engine.volumes(label):
                engine.call("DELETE", f"/volumes/{volume['Name']}")
        self._remove_demo_images(engine)

    def _remove_demo_images(self, engine):
        for image in engine.images():
            names = (image.get("RepoTags") or []) + (image.get("RepoDigests") or [])
            for name in names:
                if name.startswith(self.registry + "/"):
                    with contextlib.suppress(EngineError):  # the last name takes the others with it
                        engine.remove_image(name)

    # -- network ---------------------------------------------------------------------------------------------

    def _forward_rule(self):
        return "FORWARD", "-i", self.bridge, "-o", self.bridge, "-j", "ACCEPT"

    def _allow_forwarding(self):
        """A dockerd of the machine, now or later, sets the policy DROP, which also meets frames on a bridge."""
        self._record["forward_rule"] = True
        self._save()
        run("iptables", "-I", *self._forward_rule())

    # -- images ------------------------------------------------------------------------------------------------

    @property
    def registry(self):
        """HOST:PORT of the bed's registry, plain HTTP; every host of the bed trusts it."""
        return self._record["registry"]

    def _start_registry(self):
        self._record["registry"] = f"{self.address}:{free_port() if self.machine_engine else 5000}"
        (self.dir / "registry.yml").write_text(
            "version: 0.1\n"
            "log: {level: warn}\n"
            f"storage: {{filesystem: {{rootdirectory: {self.dir}/registry}}, delete: {{enabled: true}}}}\n"
            f"http: {{addr: \"{self.registry}\"}}\n")
        self.start_registry()

    def start_registry(self):
        self.spawn("registry", ["docker-registry", "serve", str(self.dir / "registry.yml")],
                   self.dir / "registry.log")
        if not processes.wait_until(lambda: accepts(self.registry), 10):
            raise RuntimeError(f"the registry at {self.registry} does not answer")

    def stop_registry(self):
        self.stop_process("registry")

    def build_image(self, context, name_and_tag, build_args=None, host=1):
        """Builds `context` (with busybox added) on a host's engine, pushes it, returns REGISTRY/NAME:TAG."""
        reference = f"{self.registry}/{name_and_tag}"
        engine = self.host(host).engine
        engine.build(context, reference, [(shutil.which("busybox"), "busybox")], build_args)
        engine.push(reference)
        return reference

    # -- processes ---------------------------------------------------------------------------------------------

    def spawn(self, name, argv, log_path, env=None):
        """Starts a process that ends with the bed. `name` is unique in the bed."""
        self._record["processes"][name] = list(processes.spawn(argv, log_path, env))
        self._save()
        return self.pid_of(name)

    def is_running(self, name):
        record = self._record["processes"].get(name)
        return record is not None and processes.is_alive(*record)

    def stop_process(self, name, grace_s=15):
        """SIGTERM, SIGKILL after the grace. Returns whether it ended by itself."""
        return self._end(name, lambda pid, started: processes.stop(pid, started, grace_s))

    def kill_process(self, name):
        self._end(name, processes.kill)

    def pid_of(self, name):
        return self._record["processes"][name][0]

    def _end(self, name, how):
        record = self._record["processes"].get(name)
        if record is None:
            return True
        result = how(*record)
        del self._record["processes"][name]
        self._save()
        return result

    def _save(self):
        _write_record(self.dir, self._record)

    def storage_driver(self):
        """overlay2 where the bed's directory can carry it (not on another overlay), else vfs."""
        if "driver" not in self._record:
            self._record["driver"] = "overlay2" if _overlay_works(self.dir) else "vfs"
        return self._record["driver"]


# -- the machine -------------------------------------------------------------------------------------------------


def sweep():
    """Ends the beds whose owner died without doing so. Returns how many."""
    count = 0
    for link in REGISTRY_OF_BEDS.glob("*"):
        directory = pathlib.Path(os.readlink(link))
        try:
            bed = TestBed.load(directory)
        except (FileNotFoundError, json.JSONDecodeError):
            continue  # being made or being removed by another process
        if bed.owner_is_gone():
            bed.down()
            count += 1
    return count


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def accepts(host_and_port):
    host, port = host_and_port.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
        return True
    except OSError:
        return False


def make_disk(image, mount_point, megabytes):
    """A file system of its own, in a file, mounted: it can be filled without harm to the machine."""
    with open(image, "wb") as file:
        file.truncate(megabytes << 20)
    run("mkfs.ext4", "-q", "-m", "0", str(image))
    run("mount", "-o", "loop", str(image), str(mount_point))


def fill(directory, leave_kilobytes=0):
    """Fills the file system of `directory` but for so much; returns the file that fills it."""
    path = pathlib.Path(directory) / "filler"
    space = os.statvfs(directory)
    size = space.f_bavail * space.f_frsize - (leave_kilobytes << 10)
    with open(path, "wb") as file:
        with contextlib.suppress(OSError):  # the last blocks go to the file system's own tables
            os.posix_fallocate(file.fileno(), 0, max(1, size))
        with contextlib.suppress(OSError):
            while leave_kilobytes == 0:
                file.seek(0, os.SEEK_END)
                file.write(b"\0" * 4096)
                file.flush()
    return path


def _base_directory():
    return os.environ.get("QUAYSIDE_TESTBED_BASE", "/tmp")


def _claim_number(directory, record):
    """Takes a number by making its bridge, which the kernel does for one caller only."""
    REGISTRY_OF_BEDS.mkdir(exist_ok=True)
    routes = run("ip", "-4", "route", "show", "table", "all")
    for number in range(1, MAX_BEDS + 1):
        if f"10.213.{number}." in routes:
            continue
        record["number"] = number
        _write_record(directory, record)
        made = subprocess.run(["ip", "link", "add", f"qsb{number}", "type", "bridge"], capture_output=True)
        if made.returncode == 0:
            link = REGISTRY_OF_BEDS / str(number)
            link.unlink(missing_ok=True)
            link.symlink_to(directory)
            return number
    raise Unavailable(f"{MAX_BEDS} test beds run already")


def _write_record(directory, record):
    if not directory.exists():
        return
    temporary = directory / "bed.json.new"
    temporary.write_text(json.dumps(record, indent=1) + "\n")
    temporary.rename(directory / "bed.json")


def _overlay_works(directory):
    with tempfile.TemporaryDirectory(dir=directory) as scratch:
        for name in ("lower", "upper", "work", "merged"):
            os.mkdir(f"{scratch}/{name}")
        layers = f"lowerdir={scratch}/lower,upperdir={scratch}/upper,workdir={scratch}/work"
        mounted = subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, f"{scratch}/merged"],
                                 capture_output=True)
        if mounted.returncode == 0:
            run("umount", f"{scratch}/merged")
        return mounted.returncode == 0


def _unmount_under(directory):
    prefix = str(directory).rstrip("/") + "/"
    mounts = [line.split()[4] for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines()]
    for mount in reversed([mount for mount in mounts if mount.startswith(prefix)]):
        run("umount", "--lazy", mount, check=False)
