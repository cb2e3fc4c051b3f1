#!/usr/bin/env python3
"""Each check of tidy.py bites: a violation that is planted in an otherwise clean tree is found, and only that."""

import pathlib
import tempfile
import unittest

import tidy

CLEAN = {
    "CMakeLists.txt": "add_subdirectory(common)\n",
    "common/base/CMakeLists.txt": "quayside_library(base SOURCES clock.cc)\n",
    "common/base/clock.h": "#pragma once\n// Time.\n",
    "common/base/clock.cc": '#include "common/base/clock.h"\nauto Now() { return std::chrono::system_clock::now(); }\n',
    "common/model/spec.h": '#pragma once\n#include "common/base/status.h"\n',
}


class Tidy(unittest.TestCase):
    def findings(self, files):
        with tempfile.TemporaryDirectory() as root:
            for name, text in {**CLEAN, **files}.items():
                path = pathlib.Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            found, warnings = tidy.check(pathlib.Path(root))
            return [str(finding) for finding in found], [str(warning) for warning in warnings]

    def assert_bites(self, path, text, expected):
        """Plants `text` at `path` (a header, so that no target is needed) and expects one finding."""
        found, _ = self.findings({path: "#pragma once\n" + text})
        self.assertEqual(len(found), 1, found)
        self.assertIn(expected, found[0])
        self.assertTrue(found[0].startswith(path + ":"), found[0])

    def test_a_clean_tree_has_no_findings(self):
        self.assertEqual(self.findings({}), ([], []))

    def test_a_lower_room_may_not_include_a_higher_one(self):
        for path, header in [
            ("common/base/bad.h", "common/model/spec.h"),
            ("common/model/bad.h", "common/wire/wire.h"),
            ("common/compose/bad.h", "common/wire/wire.h"),
            ("agent/bad.h", "agent/docker/docker.h"),
            ("agent/bad.h", "controller/core/core.h"),
            ("controller/store/bad.h", "controller/core/core.h"),
            ("controller/core/bad.h", "controller/dispatch/dispatch.h"),
            ("controller/schedule/bad.h", "controller/store/store.h"),
            ("ctl/bad.h", "controller/core/core.h"),
        ]:
            with self.subTest(path, header=header):
                self.assert_bites(path, f'#include "{header}"\n', "is not above")

    def test_each_library_has_its_room(self):
        for path, header in [
            ("controller/core/bad.h", "sqlite3.h"),
            ("agent/bad.h", "spdlog/spdlog.h"),
            ("ctl/bad.h", "yaml-cpp/yaml.h"),
            ("agent/docker/bad.h", "curl/curl.h"),
            ("controller/core/bad.h", "grpcpp/grpcpp.h"),
            ("controller/store/bad.h", "quayside/v1/agent.pb.h"),
            ("common/wire/bad.h", "quayside/v1/agent.grpc.pb.h"),
            ("common/model/bad.h", "nlohmann/json.hpp"),
            ("controller/core/bad.h", "CLI/CLI.hpp"),
        ]:
            with self.subTest(path, header=header):
                self.assert_bites(path, f"#include <{header}>\n", "may not include " + header)

    def test_a_program_and_a_test_may_include_what_they_need(self):
        main = '#include "agent/docker/docker.h"\n#include "common/wire/wire.h"\n#include <grpcpp/grpcpp.h>\n'
        self.assertEqual(self.findings({"agent/main.cc": main, "agent/CMakeLists.txt": "main.cc",
                                        "tests/unit/a.h": "#pragma once\n#include <sqlite3.h>\n"})[0], [])

    def test_deciders_are_pure(self):
        for path in ("agent/plan.h", "agent/restart_table.h", "controller/rollout/step.h"):
            for header in ("clock", "random", "log", "mailbox"):
                with self.subTest(path, header=header):
                    self.assert_bites(path, f'#include "common/base/{header}.h"\n', "deciders are pure")

    def test_what_is_banned_is_found_outside_its_room(self):
        for text in ["auto n = std::chrono::system_clock::now();", "auto n = std::chrono::steady_clock::now();",
                     "auto n = absl::Now();", "std::this_thread::sleep_for(1s);", "absl::SleepFor(absl::Seconds(1));",
                     "std::thread t;", "std::jthread t;", "int n = rand();", "std::mt19937 generator;",
                     'system("ls");', 'popen("ls", "r");', "using namespace std;"]:
            with self.subTest(text):
                self.assert_bites("agent/bad.h", text + "\n", "is banned here")

    def test_comments_and_strings_are_not_code(self):
        text = '#pragma once\n// never std::thread, never sleep_for\nconst char* kWhy = "std::thread is banned";\n'
        self.assertEqual(self.findings({"agent/good.h": text})[0], [])

    def test_a_test_may_have_a_thread_but_not_a_sleep(self):
        self.assertEqual(self.findings({"tests/unit/a.h": "#pragma once\nstd::thread t;\n"})[0], [])
        self.assert_bites("tests/unit/a.h", "std::this_thread::sleep_for(1s);\n", "nothing sleeps")

    def test_unfinished_work_is_found_in_any_source(self):
        for word in ("TODO", "FIXME", "XXX"):
            self.assert_bites("agent/bad.h", f"// {word}: later\n", word)
        self.assertIn("TODO", self.findings({"deploy/bad.sh": "# TODO later\n"})[0][0])

    def test_a_header_without_a_guard_is_found(self):
        self.assertIn("#pragma once", self.findings({"agent/bad.h": "int n;\n"})[0][0])

    def test_a_source_in_no_target_is_found(self):
        found = self.findings({"agent/lost.cc": "int n;\n", "agent/CMakeLists.txt": "add_library(a kept.cc) # lost.cc",
                               "agent/kept.cc": "int k;\n"})[0]
        self.assertEqual(len(found), 1)
        self.assertIn("agent/lost.cc:1: this file is in no CMake target", found[0])

    def test_long_lines_and_long_files_are_found(self):
        self.assert_bites("agent/bad.h", "// " + "x" * 98 + "\n", "101 columns")
        self.assert_bites("agent/bad.h", "int n;\n" * 500, "501 lines")

    def test_a_raw_string_may_be_as_long_as_what_it_quotes(self):
        long = "x" * 120
        lists = {"agent/CMakeLists.txt": "a.cc"}
        self.assertEqual(self.findings({"agent/a.cc": f'auto a = R"({long}\n{long})";\n', **lists})[0], [])
        found = self.findings({"agent/a.cc": f'auto a = R"({long})";\n// {long}\n', **lists})[0]
        self.assertEqual([line.split(": ")[0] for line in found], ["agent/a.cc:2"])

    def test_a_long_function_is_a_warning(self):
        body = "int Long() {\n" + "  ++n;\n" * 69 + "}\n"
        found, warnings = self.findings({"agent/long.h": "#pragma once\n" + body})
        self.assertEqual(found, [])
        self.assertIn("agent/long.h:2: a function of 71 lines", warnings[0])


if __name__ == "__main__":
    unittest.main()
