#!/usr/bin/env python3
"""Does what README.md and sdk/README.md tell a new user to do, and compares what they show.

    MLMON=PATH readme_test.py

The fenced blocks of README.md, by their language:

    sh         run by `sh -e`, one after the other, in one folder in which tests/data and sdk lie as in
               the sources and mlmon is in PATH
    text       what the sh block before it prints, stdout and stderr as they come; a line `…` stands
               for any lines, `…` within a line for any text
    toml       a configuration: `mlmon check -c` accepts it
    console    not run: it builds, tests or installs the project
    crontab    not run
    yaml       not run here: the commands in it are, by cli/groups_test.py
    no name    a picture

A block in any other language is an error, so that none is left out unseen. sdk/README.md is read alike; a
block of cpp, c, python or toml behind a line that ends in `NAME`: is a file of that name, pkg-config finds the SDK
beside the program, and no compiler may warn.
"""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BINARY = Path(os.environ.get("MLMON") or sys.exit("MLMON must name the binary under test")).resolve()
TIMEOUT = 300
TOOLS = ("jq", "g++", "gcc", "make", "pkg-config")
NOT_RUN = {"console", "crontab", "cmake", "yaml", ""}
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.M | re.S)


def blocks(readme):
    """(language, text, line) of each fenced block."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    return [(match[1].strip(), match[2], text.count("\n", 0, match.start()) + 1)
            for match in FENCE.finditer(text)]


def as_pattern(shown):
    """What a text block stands for, as a regular expression."""
    pattern = ""
    for line in shown.splitlines():
        if line.strip() == "…":
            pattern += r"(?:[^\n]*\n)*?"
        else:
            pattern += r"[^\n]*".join(map(re.escape, line.split("…"))) + r"\n"
    return re.compile(pattern)


class Readme(unittest.TestCase):
    def setUp(self):
        missing = [tool for tool in TOOLS if shutil.which(tool) is None]
        self.assertEqual(missing, [], "the READMEs use them")
        os.umask(0o022)  # a plugin that others may write to is not loaded
        temporary = tempfile.TemporaryDirectory(prefix="mlmon-readme-")
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        self.work = self.folder / "work"
        (self.work / "tests").mkdir(parents=True)
        (self.work / "tests/data").symlink_to(ROOT / "tests/data")
        (self.work / "sdk").symlink_to(ROOT / "sdk")

    def run_in_work(self, command):
        """Exit code, and stdout and stderr as a terminal would show them."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith(("MLMON", "XDG_", "STATE_DIR"))
                       and not name.lower().endswith("_proxy")}
        environment.update(HOME=str(home), LC_ALL="C.UTF-8",
                           PKG_CONFIG_PATH=str(BINARY.parent.parent / "lib/pkgconfig"),
                           PATH=f"{BINARY.parent}:{os.environ['PATH']}")
        done = subprocess.run(command, cwd=self.work, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT)
        return done.returncode, done.stdout.decode("utf-8", "backslashreplace")

    def succeeds(self, command, where):
        code, output = self.run_in_work(command)
        self.assertEqual(code, 0, f"{where}: {command}\n{output}")
        return output

    def check_config(self, text, where, name="readme.toml"):
        (self.work / name).write_text(text, encoding="utf-8")
        return self.succeeds(["mlmon", "check", "-c", name], where)

    def test_each_command_prints_what_the_readme_shows(self):
        said, ran, compared, configured = None, 0, 0, 0
        for language, text, line in blocks("README.md"):
            where = f"README.md:{line}"
            with self.subTest(where):
                if language == "sh":
                    self.assertNotIn("./dev", text, f"{where}: belongs in a console block")
                    said = self.succeeds(["sh", "-e", "-c", text], where)
                    ran += 1
                elif language == "text":
                    self.assertIsNotNone(said, f"{where}: no command stands before this output")
                    self.assertTrue(as_pattern(text).fullmatch(said),
                                    f"{where}: shown\n{text}\nprinted\n{said[:4000]}")
                    said = None
                    compared += 1
                elif language == "toml":
                    self.check_config(text, where)
                    configured += 1
                else:
                    self.assertIn(language, NOT_RUN, f"{where}: what is to be done with this block?")
        self.assertGreaterEqual(min(ran, compared, configured), 2, "is this test out of date?")

    def test_the_table_of_keys_shows_the_defaults(self):
        config = next(text for language, text, _ in blocks("README.md") if language == "toml")
        (self.work / "all.toml").write_text(config, encoding="utf-8")
        shown = self.succeeds(["mlmon", "check", "--json", "-c", "all.toml"], "the first toml block")
        defaults = self.succeeds(["mlmon", "check", "--json"], "the defaults")
        self.assertEqual([json.loads(line) for line in shown.splitlines()],
                         [json.loads(line) for line in defaults.splitlines()])

    def test_the_verbs_of_dev_that_the_readme_names_exist(self):
        verbs = self.succeeds([str(ROOT / "dev"), "help"], "./dev help")
        for language, text, line in blocks("README.md"):
            for verb in re.findall(r"^\./dev (\w+)", text, re.M):
                self.assertIn(f"./dev {verb} ", verbs, f"README.md:{line}")

    def test_the_readme_links_to_files_that_are_there(self):
        for readme in ("README.md", "core/README.md", "sdk/README.md", "plugins/README.md"):
            for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / readme).read_text(encoding="utf-8")):
                self.assertTrue(((ROOT / readme).parent / target).exists(), f"{readme}: {target}")

    def test_the_tour_of_the_core_names_every_file_of_it(self):
        named = set(re.findall(r"`([a-z0-9_]+)`", (ROOT / "core/README.md").read_text(encoding="utf-8")))
        nouns = {path.stem for path in (ROOT / "core").glob("*.h")}
        self.assertTrue(nouns)
        self.assertEqual(nouns - named, set())

    def test_the_tutorial_of_the_sdk_does_what_it_shows(self):
        text = (ROOT / "sdk/README.md").read_text(encoding="utf-8").splitlines()
        said, compared = None, 0
        for language, block, line in blocks("sdk/README.md"):
            where = f"sdk/README.md:{line}"
            with self.subTest(where):
                name = re.search(r"`([\w.]+)`:$", text[line - 3])
                if language in ("cpp", "c", "toml", "python"):
                    self.assertTrue(name, f"{where}: what file is this?")
                    (self.work / name[1]).write_text(block, encoding="utf-8")
                elif language == "sh":
                    said = self.succeeds(["sh", "-e", "-c", block], where)
                    self.assertNotIn("warning:", said)
                elif language == "text":
                    self.assertTrue(as_pattern(block).fullmatch(said), f"{where}: printed\n{said[:4000]}")
                    compared += 1
                else:
                    self.assertIn(language, NOT_RUN, f"{where}: what is to be done with this block?")
        self.assertGreaterEqual(compared, 2, "is this test out of date?")
        self.assertFalse((self.work / "low_recall.so").stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH))
        self.check_decisions(float(re.search(r"^min_recall = (\S+)$", "\n".join(text), re.M)[1]))

    def check_decisions(self, limit):
        with open(ROOT / "tests/data/real-events.ndjson", encoding="utf-8") as events:
            expected = sum(event.get("recall", 1) < limit for event in map(json.loads, events))
        with open(self.work / "actions.ndjson", encoding="utf-8") as actions:
            rules = [json.loads(action)["rule"] for action in actions]
        self.assertEqual(rules, ["low_recall"] * expected)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
