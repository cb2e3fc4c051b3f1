#!/usr/bin/env python3
"""Counts what tests/run.sh has run: the JUnit reports of ctest and the lines of other.tsv in one folder.

Prints why something was skipped, what failed, and as the last line `N passed, M failed, K skipped`.
Exit 1 when something failed or nothing ran.
"""

import collections
import pathlib
import re
import sys
import xml.etree.ElementTree

BECAUSE = re.compile(r"skipped, because .*", re.IGNORECASE)

PARTLY = re.compile(r"^(\w+) \(.*\.\.\. skipped '(skipped, because .*)'$", re.MULTILINE)


def main(folder):
    cases = list(from_ctest(folder)) + list(from_lines(folder))
    by_outcome = collections.defaultdict(list)
    for suite, name, outcome, reason in cases:
        by_outcome[outcome].append((suite, name, reason))
    reasons = collections.Counter((suite, reason) for suite, _, reason in by_outcome["skipped"])
    for (suite, reason), count in sorted(reasons.items()):
        print(f"{suite}: {count} {reason}")
    for suite, name, _ in by_outcome["failed"]:
        print(f"{suite}: failed: {name}")
    passed, failed, skipped = (len(by_outcome[outcome]) for outcome in ("passed", "failed", "skipped"))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


def from_ctest(folder):
    for report in sorted(folder.glob("*.xml")):
        for case in xml.etree.ElementTree.parse(report).getroot().iter("testcase"):
            said = BECAUSE.search(case.findtext("system-out") or "")
            reason = said.group(0).strip() if said else "skipped, because the test does not say why"
            mark = case.find("skipped")
            skipped = mark is not None and mark.get("message", "").startswith(("SKIP_", "Disabled"))
            outcome = "passed" if case.get("status") == "run" else "skipped" if skipped else "failed"
            yield report.stem, case.get("name"), outcome, reason
            if outcome != "skipped":  # a script passes when only some of its cases cannot run here
                for part in PARTLY.finditer(case.findtext("system-out") or ""):
                    yield report.stem, part.group(1), "skipped", part.group(2)


def from_lines(folder):
    lines = folder / "other.tsv"
    for line in lines.read_text().splitlines() if lines.exists() else []:
        suite, name, outcome, reason = (line.split("\t") + [""])[:4]
        yield suite, name, outcome, reason


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
