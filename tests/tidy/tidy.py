#!/usr/bin/env python3
"""Checks what a compiler does not: which room may include which, and what is banned outside its room.

  tests/tidy/tidy.py [--root DIR]     prints `file:line: what is wrong` for each finding; exit 1 when there is one

The tables below are the layers of docs/architecture.md, in a form that fails. A change there is a change of the
design: make both in one commit. tidy_test.py plants one violation of each kind and sees it found.
"""

import argparse
import pathlib
import re
import subprocess
import sys

MAX_COLUMNS = {".h": 100, ".cc": 100, ".proto": 120, ".py": 120, ".sh": 120}
MAX_LINES = 500
MAX_FUNCTION_LINES = 70

# Room (a folder, or a file that is a room of its own, with or without its ending) → rooms it may include, besides
# itself. The longest match counts.
ROOMS = {
    "common/base": [],
    "common/crypto": ["common/base"],
    "common/model": ["common/base"],
    "common/wire": ["common/base", "common/model", "proto"],
    "common/net": ["common/base"],
    "common/compose": ["common/base", "common/model"],
    "common/program": ["common/base"],
    # The agent: deciders and the core, then its edges, then the program.
    "agent": ["common/base", "common/model", "common/wire"],
    "agent/docker": ["agent", "common/base", "common/model", "common/net"],
    "agent/prober": ["agent", "common/base", "common/model", "common/net"],
    "agent/session": ["agent", "common/base", "common/model", "common/net", "common/wire", "proto"],
    "agent/flags": ["agent", "common/base", "common/model", "common/program"],
    "agent/main.cc": ["*"],
    # The controller, from the bottom up.
    "controller/core/model": ["common/base", "common/model"],  # the rows as plain values: all that is stored
    "controller/schedule": ["common/base", "common/model", "controller/core/model"],
    "controller/rollout": ["common/base", "common/model", "controller/core/model", "controller/schedule"],
    "controller/store": ["common/base", "common/model", "common/wire", "controller/core/model"],
    "controller/core": ["common/base", "common/model", "common/wire", "controller/core/model", "controller/rollout",
                        "controller/schedule", "controller/store"],
    "controller/ingest": ["common/base", "common/model", "common/net", "controller/core", "controller/core/model"],
    "controller/dispatch": ["common/base", "common/model", "common/net", "common/wire", "controller/core",
                            "controller/core/model", "proto"],
    "controller/api": ["common/base", "common/model", "common/net", "common/wire", "controller/core",
                       "controller/core/model", "controller/ingest", "controller/rollout", "controller/schedule",
                       "controller/store", "proto"],
    "controller/trust": ["common/base", "common/crypto", "common/model"],
    "controller/ingress": ["common/base", "common/model", "common/net", "controller/core", "controller/core/model"],
    "controller/flags": ["common/base", "common/net", "common/program", "controller/core", "controller/core/model"],
    "controller/main.cc": ["*"],
    "ctl": ["common/base", "common/model", "common/compose", "common/net", "common/wire", "proto"],
    "bench": ["*"],
    "tests": ["*"],
}

# Library header → files that may include it. Tests and benchmarks may include any.
GRPC_ROOMS = r"^(common/net|agent/session|controller/(dispatch|api)|ctl)/|^(agent|controller)/main\.cc$"
LIBRARIES = [
    (r"^sqlite3\.h$", r"^controller/store/", "only controller/store speaks SQLite"),
    (r"^spdlog/", r"^common/base/log\.cc$", "only common/base/log.cc sees spdlog"),
    (r"^yaml-cpp/", r"^common/compose/", "only common/compose sees yaml-cpp"),
    (r"^openssl/", r"^common/(crypto/|model/digest\.cc)", "only common/crypto sees OpenSSL, and the digest"),
    (r"^curl/", r"^common/net/", "only common/net sees libcurl"),
    (r"^grpc(\+\+|pp)?/", GRPC_ROOMS, "cores, store and simulator link no gRPC"),
    (r"\.grpc\.pb\.h$", GRPC_ROOMS, "cores, store and simulator link no gRPC"),
    (r"(?<!\.grpc)\.pb\.h$", r"^(common/wire|agent/session|controller/(dispatch|api)|ctl)/",
     "generated messages stay in common/wire, the gRPC edges and ctl"),
    (r"^nlohmann/", r"\.cc$", "nlohmann-json is slow to compile: .cc files only"),
    (r"^CLI/", r"^(common/program|ctl)/|^(agent|controller)/flags\.cc$", "flags are read by programs only"),
]

# Deciders are pure: values and `now` in, values out.
DECIDERS = r"^agent/(plan|health|restart)[._a-z]*\.(h|cc)$|^controller/(rollout|schedule)/"
IMPURE = r"^common/base/(clock|file|log|loop|mailbox|random)\.h$"

# What is written → files that may write it. Comments do not count.
THREAD_ROOMS = (r"^common/base/(loop|thread|worker)|^common/net/|^agent/(docker|prober|session)/"
                r"|^(agent|controller)/main\.cc$|^controller/(api|dispatch|ingest)/|^ctl/|^bench/|^tests/")
BANS = [
    (r"\b(system_clock|steady_clock)::now|\babsl::Now\(|\bgettimeofday\(|\btime\((nullptr|NULL|0)\)",
     r"^common/base/clock\.cc$|^bench/|^tests/", "time comes from Clock (common/base/clock.h)"),
    (r"\bsleep_(for|until)\b|\bu?sleep\(|\bnanosleep\(|\bSleepFor\(", r"^bench/",
     "nothing sleeps: use a timer, or wait for a condition"),
    (r"\bstd::j?thread\b(?!::)|\bpthread_create\b|\bstd::async\b", THREAD_ROOMS,
     "the list of threads is in docs/architecture.md; a new one is a change of the design"),
    (r"\bs?rand\(|\bmt19937|\brandom_device\b", r"^common/base/random\.cc$|_test\.cc$",
     "chance comes from Random (common/base/random.h), so that a seed repeats it"),
    (r"\bsystem\(|\bpopen\(", r"^$", "no shell: argument vectors or HTTP"),
    (r"^\s*using namespace\b", r"^$", "name what you use"),
]
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


class Finding:
    def __init__(self, path, line, text):
        self.path, self.line, self.text = path, line, text

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    root = parser.parse_args().root
    findings, warnings = check(root)
    for warning in warnings:
        print(f"{warning} (a warning)")
    for finding in findings:
        print(finding)
    print(f"tidy: {len(findings)} findings, {len(warnings)} warnings in {len(list_files(root))} files")
    return 1 if findings else 0


def check(root):
    """Findings, which fail, and warnings, for every source file of the tree."""
    findings, warnings = [], []
    built = files_in_targets(root)
    for path in list_files(root):
        if "." + path.rsplit(".", 1)[-1] not in MAX_COLUMNS:
            continue
        lines = (root / path).read_text(errors="replace").splitlines()
        findings += check_size(path, lines) + check_unfinished(path, lines)
        if path.endswith((".h", ".cc")):
            findings += check_includes(path, lines) + check_bans(path, lines) + check_guard(path, lines)
            warnings += check_functions(path, lines)
        if path.endswith(".cc") and path not in built:
            findings.append(Finding(path, 1, "this file is in no CMake target, so nobody builds it"))
    return findings, warnings


def list_files(root):
    """Tracked files and new ones that are not ignored, relative to root."""
    listed = subprocess.run(["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard"],
                            capture_output=True, text=True)
    if listed.returncode == 0:
        names = listed.stdout.splitlines()
    else:
        names = [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]
    return sorted(name for name in set(names) if (root / name).is_file() and not name.startswith("build/"))


def files_in_targets(root):
    """Every .cc file that a CMakeLists.txt names, relative to the folder of that list."""
    named = set()
    for path in list_files(root):
        if path.endswith("CMakeLists.txt"):
            folder = pathlib.PurePosixPath(path).parent
            for name in re.findall(r"[\w./-]+\.cc\b", strip_hash_comments((root / path).read_text())):
                named.add(str(folder / name))
    return named


def strip_hash_comments(text):
    return re.sub(r"#.*", "", text)


def room_of(path):
    rooms = [room for room in ROOMS if path == room or path.startswith((room + "/", room + "."))]
    return max(rooms, key=len, default=None)


def check_includes(path, lines):
    findings = []
    for number, line in enumerate(lines, 1):
        match = re.match(r'\s*#\s*include\s+["<]([^">]+)[">]', line)
        if match:
            problem = include_problem(path, match.group(1))
            if problem:
                findings.append(Finding(path, number, f"may not include {match.group(1)}: {problem}"))
    return findings


def include_problem(path, header):
    free = path.startswith(("tests/", "bench/"))
    for library, rooms, why in LIBRARIES:
        if re.search(library, header) and not re.search(rooms, path):
            if not free or (library == r"^nlohmann/" and path.endswith(".h")):
                return why
    if re.search(DECIDERS, path) and re.search(IMPURE, header):
        return "deciders are pure: no clock, chance, log, file or thread"
    if header.endswith(".pb.h"):
        return None
    target, own = room_of(header), room_of(path)
    if target is None or own is None or target == own or "*" in ROOMS[own]:
        return None
    return None if target in ROOMS[own] else f"{own} is not above {target}"


def check_bans(path, lines):
    findings = []
    for number, line in enumerate(lines, 1):
        code = re.sub(r'"(\\.|[^"\\])*"', '""', line).split("//")[0]
        for pattern, rooms, why in BANS:
            match = re.search(pattern, code)
            if match and not re.search(rooms, path):
                findings.append(Finding(path, number, f"`{match.group(0).strip()}` is banned here: {why}"))
    return findings


def check_unfinished(path, lines):
    if path.startswith("tests/tidy/"):
        return []
    return [Finding(path, number, f"{match.group(0)}: finish it, or say as a limit what is not there")
            for number, line in enumerate(lines, 1) if (match := UNFINISHED.search(line))]


def check_guard(path, lines):
    if path.endswith(".h") and "#pragma once" not in (line.strip() for line in lines):
        return [Finding(path, 1, "a header needs #pragma once")]
    return []


def check_size(path, lines):
    limit = MAX_COLUMNS["." + path.rsplit(".", 1)[-1]]
    quoted = raw_string_lines(lines) if path.endswith(".cc") else set()
    findings = [Finding(path, number, f"{len(line)} columns, {limit} at most")
                for number, line in enumerate(lines, 1) if len(line) > limit and number not in quoted]
    if len(lines) > MAX_LINES:
        findings.append(Finding(path, len(lines), f"{len(lines)} lines, {MAX_LINES} at most: a noun is missing"))
    return findings


def raw_string_lines(lines):
    """Numbers of the lines that are in a raw string: what others wrote (JSON of an engine) cannot be broken."""
    quoted, closing = set(), None
    for number, line in enumerate(lines, 1):
        opened = re.search(r'R"(\w*)\(', line) if closing is None else None
        if opened or closing:
            quoted.add(number)
        if opened:
            closing = f'){opened.group(1)}"'
            line = line[opened.end():]
        if closing and closing in line:
            closing = None
    return quoted


def check_functions(path, lines):
    """Functions that are too long. clang-format puts their closing brace in the first column."""
    warnings, began, pending = [], None, None
    for number, line in enumerate(lines, 1):
        if re.match(r"(namespace|struct|class|enum|union)\b", line):
            began = pending = None
        elif re.match(r"[A-Za-z~]", line):
            began = number if line.endswith("{") else None
            pending = number if line.endswith(("(", ",")) else None
        elif pending and line.endswith("{"):
            began, pending = pending, None
        elif pending and not line.endswith(","):
            pending = None
        elif line.startswith("}") and began:
            if number - began + 1 > MAX_FUNCTION_LINES:
                warnings.append(Finding(path, began, f"a function of {number - began + 1} lines, "
                                        f"{MAX_FUNCTION_LINES} at most"))
            began = None
    return warnings


if __name__ == "__main__":
    sys.exit(main())
