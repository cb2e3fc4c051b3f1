"""Processes that a test bed owns: started detached, known by pid and start time, ended by pid.

A pid alone can be reused by the kernel, so every record carries the start time that /proc shows for it.
A zombie counts as ended: it holds nothing but its number.
"""

import contextlib
import os
import pathlib
import signal
import subprocess
import time

_children = {}  # pid → Popen of what this process started, to be collected when it has ended


def start_time(pid):
    """The start time of a process in clock ticks since boot, or None when it has ended or is a zombie."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat[stat.rindex(")") + 2:].split()
    return None if fields[0] in "ZX" else int(fields[19])


def is_alive(pid, started):
    return started is not None and start_time(pid) == started


def spawn(argv, log_path, env=None, cwd="/"):
    """Starts argv in a session of its own, output appended to log_path. Returns (pid, start time)."""
    with open(log_path, "ab") as log:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=cwd,
                                   env={**os.environ, **(env or {})}, start_new_session=True)
    _children[process.pid] = process
    return process.pid, start_time(process.pid)


def reap(pid):
    """Collects a dead child of this process; a pid that is not our child is left alone."""
    child = _children.get(pid)
    if child is not None and child.poll() is not None:
        del _children[pid]


def stop(pid, started, grace_s=10.0):
    """SIGTERM, then SIGKILL when the grace is over. Returns whether it ended within the grace."""
    if not is_alive(pid, started):
        reap(pid)
        return True
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    if wait_until(lambda: not is_alive(pid, started), grace_s):
        reap(pid)
        return True
    kill(pid, started)
    return False


def kill(pid, started):
    if is_alive(pid, started):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not is_alive(pid, started), 10)
    reap(pid)


def wait_until(condition, timeout_s, interval_s=0.05):
    """Polls condition until it is truthy and returns its value, or its last value at the timeout."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value or time.monotonic() >= deadline:
            return value
        time.sleep(interval_s)


def with_argument_under(directory):
    """Pids of processes one of whose arguments names a path in `directory`, and all their descendants."""
    prefix = str(directory).rstrip("/") + "/"
    parents, found = {}, set()
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            arguments = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            stat = (entry / "stat").read_text()
        except OSError:
            continue
        pid = int(entry.name)
        parents[pid] = int(stat[stat.rindex(")") + 2:].split()[1])
        if any(_names_path(argument, prefix) for argument in arguments):
            found.add(pid)
    return _with_descendants(found, parents)


def _names_path(argument, prefix):
    value = argument.split("=", 1)[1] if argument.startswith("-") and "=" in argument else argument
    return value.removeprefix("unix://").startswith(prefix)


def _with_descendants(roots, parents):
    result = set(roots)
    grown = True
    while grown:
        children = {pid for pid, parent in parents.items() if parent in result} - result
        grown = bool(children)
        result |= children
    return result
