#!/usr/bin/env python3
"""What a second compiler finds: locks that are not held (clang's thread-safety analysis) and clang-tidy's checks.

  tests/tidy/lint.py [--build DIR] [thread-safety|clang-tidy]...     both, when none is named

Prints each finding as clang writes it; exit 1 when there is one. DIR (build/release) must have been built, because
generated headers are read. Which files are looked at is a rule, not a list; thread-safety takes about 3 minutes on two
cores when nothing is known yet:

  thread-safety   every source that names absl::Mutex or includes, over whatever headers of ours, one that does
  clang-tidy      the sources that decide and that hold the truth: base, model, the agent's and the controller's
                  deciders and cores, the store. The edges are left out: gRPC's headers cost more than their few lines.

A file that was found clean is not looked at again while it, the headers of ours that it includes, its command line,
.clang-tidy and this script stay the same: build/lint holds an empty file for each such state.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

KINDS = ("thread-safety", "clang-tidy")
INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]', re.MULTILINE)
TIDIED = re.compile(r"^(agent|common/(base|model)|controller/(core|rollout|schedule|store))/[^/]*\.cc$")
COSTLY = re.compile(r"^(grpcpp|nlohmann|CLI)/|\.pb\.h$")


class Source:
    """One source of ours: its path, how it is compiled, and the headers of ours that it includes."""

    def __init__(self, root, path, command):
        self.root, self.path, self.command = root, path, command
        self.ours, self.others = closure(root, path)

    def text(self):
        return b"".join((self.root / path).read_bytes() for path in [self.path, *sorted(self.ours)])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", metavar="thread-safety|clang-tidy")
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/release"))
    options = parser.parse_args()
    if unknown := set(options.kinds) - set(KINDS):
        parser.error(f"there is no check {sorted(unknown)[0]}; there are: {', '.join(KINDS)}")
    failed = False
    for kind in options.kinds or KINDS:
        root = options.root.resolve()
        found, looked_at, known = run(kind, root, root / options.build, lambda text: print(text, flush=True))
        print(f"{kind}: {len(found)} of {looked_at + known} files with findings; {known} were known to be clean")
        failed = failed or bool(found)
    return 1 if failed else 0


def run(kind, root, build, tell):
    """What is said of files with findings, how many were looked at, and how many were known to be clean. `tell` hears
    each finding when it is there."""
    sources = [source for source in read_sources(root, build) if concerns(kind, source)]
    cache = root / "build" / "lint"
    cache.mkdir(parents=True, exist_ok=True)
    salt = kind.encode() + (root / ".clang-tidy").read_bytes() + pathlib.Path(__file__).read_bytes()
    marks = {source.path: cache / key(salt, source) for source in sources}
    fresh = [source for source in sources if not marks[source.path].exists()]
    found = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        # The largest first: then both cores end at about the same time.
        fresh.sort(key=lambda source: -len(source.text()))
        for source, said in zip(fresh, pool.map(lambda source: look(kind, source), fresh)):
            if said:
                tell(said)
                found.append(said)
            else:
                marks[source.path].touch()
    forget_old(cache)
    return found, len(fresh), len(sources) - len(fresh)


def read_sources(root, build):
    """Sources in the tree (not generated ones), by the commands that compile them."""
    sources = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = pathlib.Path(entry["file"])
        if path.is_relative_to(root) and not path.is_relative_to(root / "build"):
            name = str(path.relative_to(root))
            sources.setdefault(name, Source(root, name, arguments(entry["command"])))
    return list(sources.values())


def arguments(command):
    """The arguments that another compiler needs too: no output, no warnings, nothing that only GCC knows."""
    words, kept = iter(shlex.split(command)[1:]), []
    for word in words:
        if word == "-o":
            next(words)
        elif word != "-c" and not word.startswith(("-W", "-fno-sanitize-recover", "-O", "-g")) and word[:1] == "-":
            kept += [word, next(words)] if word in ("-isystem", "-I", "-D", "-include") else [word]
    return kept


def closure(root, path):
    """Headers of ours that `path` includes, over any number of steps, and the names of all others that these name."""
    ours, others, pending = set(), set(), [path]
    while pending:
        for name in INCLUDE.findall((root / pending.pop()).read_text(errors="replace")):
            if not (root / name).is_file():
                others.add(name)
            elif name not in ours:
                ours.add(name)
                pending.append(name)
    return ours, others


def concerns(kind, source):
    if kind == "thread-safety":
        return b"absl::Mutex" in source.text()
    return bool(TIDIED.search(source.path)) and not any(COSTLY.search(name) for name in source.others)


def key(salt, source):
    return hashlib.sha256(salt + " ".join(source.command).encode() + source.path.encode() + source.text()).hexdigest()


def look(kind, source):
    """What is wrong with `source`, as clang says it; "" when nothing is."""
    if kind == "thread-safety":
        command = ["clang++", "-fsyntax-only", *source.command, "-Wno-everything", "-Wthread-safety",
                   "-Werror=thread-safety", source.path]
    else:
        command = ["clang-tidy", "--quiet", source.path, "--", *source.command, "-Wno-everything"]
    done = subprocess.run(command, cwd=source.root, capture_output=True, text=True)
    return "" if done.returncode == 0 else (done.stdout + done.stderr).strip() or f"{source.path}: {command[0]} failed"


def forget_old(cache, most=5_000):
    """The cache stays small: the states that were clean longest ago go."""
    marks = sorted(cache.iterdir(), key=lambda mark: mark.stat().st_mtime, reverse=True)
    for mark in marks[most:]:
        mark.unlink()


def why_unavailable():
    """Why nothing can be looked at on this machine, or None."""
    missing = [tool for tool in ("clang++", "clang-tidy") if shutil.which(tool) is None]
    return f"{missing[0]} is not installed" if missing else None


if __name__ == "__main__":
    if reason := why_unavailable():
        print(f"skipped, because {reason}")
        sys.exit(77)
    sys.exit(main())
