#!/usr/bin/env python3
"""The test bed from the command line, for shell scripts and benchmarks. bed.py says what a bed is.

  testbed.py check                                          exit 77 and one line when no bed can run here
  testbed.py run --hosts 3 -- ctest -L integration          a bed for the time of one command (see `run --help`)
  testbed.py up --dir D --hosts 3                           starts a bed that stays; facts for a shell in D/bed.env
  testbed.py image --dir D CONTEXT NAME:TAG [K=V …]         builds CONTEXT plus busybox, pushes, prints the reference
  testbed.py start --dir D --name X [--host N] -- CMD …     a process that ends with the bed, in the network of host N
  testbed.py stop --dir D --name X [--kill]
  testbed.py cut|heal|kill-engine|start-engine --dir D --host N
  testbed.py down --dir D                                   ends everything of the bed, by pid, and removes D
  testbed.py sweep                                          ends beds whose owner was killed
"""

import argparse
import os
import pathlib
import signal
import subprocess
import sys

import bed as beds

SKIPPED = 77  # ctest's SKIP_RETURN_CODE


def main():
    arguments = parse()
    try:
        return COMMANDS[arguments.command](arguments) or 0
    except beds.Unavailable as reason:
        print(f"skipped, because {reason}")
        return SKIPPED
    except FileNotFoundError as error:
        if error.filename and str(error.filename).endswith("bed.json"):
            print(f"testbed: there is no bed in {arguments.dir}", file=sys.stderr)
            return 1
        raise
    except KeyboardInterrupt:
        return 130


def parse():
    parser = argparse.ArgumentParser(prog="testbed.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in ("check", "sweep"):
        commands.add_parser(name)
    for name in COMMANDS.keys() - {"check", "sweep", "run"}:
        commands.add_parser(name).add_argument("--dir", required=True, type=pathlib.Path)
    options = commands.choices
    options["up"].add_argument("--hosts", type=int, default=1)
    options["up"].add_argument("--machine-engine", metavar="SOCKET", help="use this engine as the only host")
    options["image"].add_argument("context", type=pathlib.Path)
    options["image"].add_argument("tag", metavar="NAME:TAG")
    options["image"].add_argument("build_args", nargs="*", metavar="K=V")
    options["start"].add_argument("--name", required=True)
    options["start"].add_argument("--host", type=int)
    options["stop"].add_argument("--name", required=True)
    options["stop"].add_argument("--kill", action="store_true", help="SIGKILL")
    for name in ("cut", "heal", "kill-engine", "start-engine"):
        options[name].add_argument("--host", type=int, required=True)
    runner = commands.add_parser("run", description="CMD finds in its environment: QUAYSIDE_TESTBED_DIR (for the "
                                 "verbs above), QUAYSIDE_TESTBED_REGISTRY (HOST:PORT), QUAYSIDE_TESTBED_ENGINES "
                                 "(unix://…, separated by commas) and DOCKER_HOST, the first of them.")
    runner.add_argument("--hosts", type=int, default=1)
    for name in ("start", "run"):
        options[name].add_argument("argv", nargs="+", metavar="CMD")
    return parser.parse_args()


def check(_):
    reason = beds.why_unavailable()
    if reason:
        raise beds.Unavailable(reason)


def up(arguments):
    bed = beds.TestBed.start(arguments.hosts, arguments.dir, arguments.machine_engine, owned=False)
    lines = [f"BED_ADDRESS={bed.address}", f"BED_REGISTRY={bed.registry}"]
    for host in bed.hosts:
        lines += [f"BED_HOST{host.number}_ADDRESS={host.address}", f"BED_HOST{host.number}_ENGINE={host.engine.url}"]
    (bed.dir / "bed.env").write_text("\n".join(lines) + "\n")


def image(arguments):
    build_args = dict(pair.split("=", 1) for pair in arguments.build_args)
    print(beds.TestBed.load(arguments.dir).build_image(arguments.context.resolve(), arguments.tag, build_args))


def start(arguments):
    bed = beds.TestBed.load(arguments.dir)
    argv = bed.host(arguments.host).inside(*arguments.argv) if arguments.host else arguments.argv
    bed.spawn(arguments.name, argv, bed.dir / f"{arguments.name}.log")


def stop(arguments):
    bed = beds.TestBed.load(arguments.dir)
    if arguments.kill:
        bed.kill_process(arguments.name)
    else:
        bed.stop_process(arguments.name)


def host_verb(arguments):
    host = beds.TestBed.load(arguments.dir).host(arguments.host)
    verb = {"cut": host.cut, "heal": host.heal, "kill-engine": host.kill_engine,
            "start-engine": host.start_engine}[arguments.command]
    verb()
    if arguments.command == "start-engine":
        host.wait_for_engine()


def down(arguments):
    beds.TestBed.load(arguments.dir).down()


def sweep(_):
    count = beds.sweep()
    if count:
        print(f"ended {count} test beds whose owner was killed")


def run(arguments):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with beds.TestBed.start(arguments.hosts) as bed:
        engines = [host.engine.url for host in bed.hosts]
        environment = {"QUAYSIDE_TESTBED_DIR": str(bed.dir), "QUAYSIDE_TESTBED_REGISTRY": bed.registry,
                       "QUAYSIDE_TESTBED_ENGINES": ",".join(engines), "DOCKER_HOST": engines[0]}
        return subprocess.run(arguments.argv, env={**os.environ, **environment}).returncode


COMMANDS = {"check": check, "up": up, "image": image, "start": start, "stop": stop, "cut": host_verb,
            "heal": host_verb, "kill-engine": host_verb, "start-engine": host_verb, "down": down, "sweep": sweep,
            "run": run}

if __name__ == "__main__":
    sys.exit(main())
