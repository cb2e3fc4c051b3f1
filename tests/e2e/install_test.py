#!/usr/bin/env python3
"""`cmake --install` puts on a server what the units need, and systemd takes the units as they are."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD = pathlib.Path(os.environ.get("QUAYSIDE_BIN", "build/release/bin")).resolve().parent
PROGRAMS = ("quayside-controller", "quayside-agent", "ctl")


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.prefix = pathlib.Path(tempfile.mkdtemp(prefix="quayside-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.prefix)
        subprocess.run(["cmake", "--install", BUILD, "--prefix", cls.prefix], check=True, capture_output=True)

    def test_programs_licence_and_completions_are_there(self):
        for program in PROGRAMS:
            said = subprocess.run([self.prefix / "bin" / program, "--version"], capture_output=True, text=True)
            self.assertEqual(said.returncode, 0, said.stderr)
        for name in ("doc/quayside/LICENSE", "doc/quayside/examples/hello/compose.yaml", "zsh/site-functions/_ctl",
                     "bash-completion/completions/ctl", "fish/vendor_completions.d/ctl.fish"):
            self.assertTrue((self.prefix / "share" / name).stat().st_size > 0, name)

    def test_the_completion_for_bash_is_a_script_that_bash_accepts(self):
        subprocess.run(["bash", "-n", self.prefix / "share/bash-completion/completions/ctl"], check=True)

    def test_systemd_accepts_the_units(self):
        if shutil.which("systemd-analyze") is None:
            self.skipTest("skipped, because systemd-analyze is not installed")
        units = sorted((self.prefix / "lib/systemd/system").glob("*.service"))
        self.assertEqual([unit.name for unit in units], ["quayside-agent.service", "quayside-controller.service"])
        for unit in units:
            # The programs are at this prefix only; systemd looks where the unit says.
            unit.write_text(unit.read_text().replace("/usr/local/bin/", f"{self.prefix}/bin/"))
            said = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True)
            about = [line for line in said.stderr.splitlines() if unit.name in line]
            self.assertEqual((said.returncode, about), (0, []), said.stderr)

    def test_the_agent_starts_at_boot_and_waits_for_no_network(self):
        unit = (self.prefix / "lib/systemd/system/quayside-agent.service").read_text()
        self.assertIn("WantedBy=multi-user.target", unit)
        self.assertIn("Restart=always", unit)
        self.assertNotIn("network-online.target", unit)
        self.assertNotIn("Requires=", unit)


if __name__ == "__main__":
    missing = [program for program in PROGRAMS if not (BUILD / "bin" / program).exists()]
    if missing:
        print(f"skipped, because {', '.join(missing)} is not built in {BUILD}")
        sys.exit(77)
    unittest.main(verbosity=2)
