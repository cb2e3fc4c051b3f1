#!/usr/bin/env python3
"""The closing line of tests/run.sh tells the truth: nothing that failed, or did not run, counts as passed."""

import contextlib
import io
import pathlib
import tempfile
import unittest

import count_results

REPORT = """<testsuite>
<testcase name="good" status="run"><system-out>fine</system-out></testcase>
<testcase name="bad" status="fail"><failure message=""/></testcase>
<testcase name="absent" status="notrun"><skipped message="Unable to find executable"/></testcase>
<testcase name="elsewhere" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/>
<system-out>skipped, because there is no Docker</system-out></testcase>
<testcase name="partly" status="run"><system-out>test_a (__main__.B.test_a) ... ok
test_b (__main__.B.test_b) ... skipped 'skipped, because it is cold'
</system-out></testcase>
</testsuite>
"""


class Count(unittest.TestCase):
    def count(self, **files):
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as said:
            for name, text in files.items():
                pathlib.Path(folder, name.replace("_", ".")).write_text(text)
            return count_results.main(pathlib.Path(folder)), said.getvalue().splitlines()

    def test_each_outcome_is_counted_and_named(self):
        code, lines = self.count(unit_xml=REPORT, other_tsv="format\tclang-format\tpassed\t\n")
        self.assertEqual(code, 1)
        self.assertEqual(lines[-1], "3 passed, 2 failed, 2 skipped")
        self.assertEqual(lines[:-1], ["unit: 1 skipped, because it is cold",
                                      "unit: 1 skipped, because there is no Docker",
                                      "unit: failed: bad", "unit: failed: absent"])

    def test_all_passed_is_exit_0(self):
        self.assertEqual(self.count(other_tsv="a\tb\tpassed\t\n"), (0, ["1 passed, 0 failed, 0 skipped"]))

    def test_nothing_run_is_no_success(self):
        self.assertEqual(self.count(), (1, ["0 passed, 0 failed, 0 skipped"]))


if __name__ == "__main__":
    unittest.main()
