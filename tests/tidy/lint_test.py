#!/usr/bin/env python3
"""Each check of lint.py bites: a violation planted in a small tree is found, and what is clean is remembered."""

import json
import pathlib
import shutil
import sys
import tempfile
import unittest

import lint

GUARDED = """#pragma once
#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
struct Box {
  void Put(int n);
  absl::Mutex mutex;
  int value ABSL_GUARDED_BY(mutex) = 0;
};
"""
LOCKED = '#include "agent/box.h"\nvoid Box::Put(int n) { absl::MutexLock lock(&mutex); value = n; }\n'
UNLOCKED = '#include "agent/box.h"\nvoid Box::Put(int n) { value = n; }\n'

SIZE = "#include <string>\nbool None(const std::string& text) {\n  return text.size() == 0;\n}\n"


class Lint(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp()).resolve()
        self.addCleanup(shutil.rmtree, self.root)
        shutil.copy(pathlib.Path(lint.__file__).parents[2] / ".clang-tidy", self.root)

    def look(self, kind, files):
        """What is found in a tree of these files, and how many of them had to be looked at."""
        files = {f"agent/{name}": text for name, text in files.items()}
        for name, text in files.items():
            (self.root / name).parent.mkdir(exist_ok=True)
            (self.root / name).write_text(text)
        command = f"c++ -I{self.root} -std=c++20 -Wall -Wno-unknown-to-clang -O2 -o {{0}}.o -c {self.root}/{{0}}"
        entries = [{"directory": str(self.root), "file": str(self.root / name), "command": command.format(name)}
                   for name in files if name.endswith(".cc")]
        (self.root / "build").mkdir(exist_ok=True)
        (self.root / "build" / "compile_commands.json").write_text(json.dumps(entries))
        found, looked_at, _ = lint.run(kind, self.root, self.root / "build", lambda _: None)
        return found, looked_at

    def test_a_lock_that_is_not_held_is_found(self):
        found, _ = self.look("thread-safety", {"box.h": GUARDED, "box.cc": UNLOCKED, "other.cc": "int other;\n"})
        self.assertEqual(len(found), 1)
        self.assertIn("agent/box.cc:2:24: error: writing variable 'value' requires holding mutex 'mutex'", found[0])

    def test_only_what_sees_a_mutex_is_asked_for_locks(self):
        self.assertEqual(self.look("thread-safety", {"box.h": GUARDED, "box.cc": LOCKED, "other.cc": "int other;\n"}),
                         ([], 1))

    def test_a_finding_of_clang_tidy_fails(self):
        found, _ = self.look("clang-tidy", {"size.cc": SIZE})
        self.assertEqual(len(found), 1)
        self.assertIn("agent/size.cc:3:10: error: the 'empty' method should be used", found[0])

    def test_what_was_clean_is_looked_at_again_when_a_header_of_it_has_changed(self):
        files = {"a.h": "#pragma once\n", "a.cc": '#include "agent/a.h"\n', "b.cc": "int b;\n"}
        self.assertEqual(self.look("clang-tidy", files), ([], 2))
        self.assertEqual(self.look("clang-tidy", files), ([], 0))
        self.assertEqual(self.look("clang-tidy", {**files, "a.h": "#pragma once\nextern int a;\n"}), ([], 1))

    def test_what_was_wrong_is_looked_at_again(self):
        for _ in range(2):
            found, looked_at = self.look("clang-tidy", {"size.cc": SIZE})
            self.assertEqual((len(found), looked_at), (1, 1))


if __name__ == "__main__":
    if reason := lint.why_unavailable():
        print(f"skipped, because {reason}")
        sys.exit(77)
    unittest.main()
