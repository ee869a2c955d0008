#!/usr/bin/env python3
"""The layout of the plugin ABI, to the byte: what a file of sdk/layout says stays true for ever.

Members are added at the end of a struct only; constants, offsets, sizes of members and signatures never
change. --write VERSION makes the file of a new minor version from the headers.
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEADERS = ROOT / "sdk/include/mlmon"
FROZEN = ROOT / "tests/sdk/frozen"
LAYOUTS = ROOT / "sdk/layout"
GROWS = {"MLMON_ABI_MINOR"}
OF_ONE_SIDE = re.compile(r"(config|text|testing\w*)\.h")  # compiled into a plugin or its tests, seen by nobody else


def declarations(body):
    """(name, declaration) of each member; the declaration of data is left out, of functions not."""
    for text in body.split(";"):
        text = " ".join(text.split())
        if not text:
            continue
        function = re.match(r".*?\(\*(\w+)\)\(", text)
        if function:
            yield function.group(1), text
        else:
            for one in text.split(","):
                yield re.search(r"(\w+)$", one.strip()).group(1), ""


def program_of(folder):
    """A C program that prints the layout of the headers in a folder."""
    lines = []
    for path in sorted(folder.glob("*.h")):
        if OF_ONE_SIDE.fullmatch(path.name):
            continue
        text = re.sub(r"/\*.*?\*/", " ", path.read_text(), flags=re.S)
        for name, value in re.findall(r"^#define (MLMON_\w+)[ \t]+(\S.*)$", text, flags=re.M):
            if value[0] in "\"\\_":
                continue
            lines.append(f'printf("value {name} %lld\\n", (long long)({name}));')
        for name, body in re.findall(r"typedef struct (\w+) \{(.*?)\} \1;", text, flags=re.S):
            lines.append(f'printf("struct {name} %zu\\n", sizeof({name}));')
            for member, declared in declarations(body):
                at = f"offsetof({name}, {member}), sizeof((({name} *)0)->{member})"
                lines.append(f'printf("member {name}.{member} %zu %zu {declared}\\n", {at});')
    return ("#include <mlmon/note.h>\n#include <stdio.h>\nint main(void) {\n"
            + "\n".join(lines) + "\nreturn 0;\n}\n")


def layout_of(folder):
    with tempfile.TemporaryDirectory() as scratch:
        source, program = Path(scratch, "layout.c"), Path(scratch, "layout")
        source.write_text(program_of(folder))
        subprocess.run([os.environ.get("CC", "cc"), "-std=c11", f"-I{folder.parent}", source,
                        "-o", program], check=True)
        printed = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    return [line.rstrip() for line in printed.splitlines()]


def layout_in(path):
    return [line for line in path.read_text().splitlines() if not line.startswith("#")]


def breaks(old, new):
    """What of the old layout the new one does not keep."""
    members = {words[1]: words for words in map(str.split, new)}
    wrong, sizes = [], {}
    for line in old:
        kind, name, *rest = line.split()
        today = members.get(name)
        if today is None:
            wrong.append(f"{name} is gone")
        elif kind == "struct":
            sizes[name] = int(rest[0])
            if int(today[2]) < int(rest[0]):
                wrong.append(f"{name} has shrunk")
        elif kind == "value" and name in GROWS:
            if int(today[2]) < int(rest[0]):
                wrong.append(f"{name} has gone back")
        elif today != line.split():
            wrong.append(f"{line}: is now {' '.join(today)}")
    known = {line.split()[1] for line in old}
    for line in new:
        kind, name, *rest = line.split()
        if kind == "member" and name not in known and name.split(".")[0] in sizes:
            if int(rest[0]) < sizes[name.split(".")[0]]:
                wrong.append(f"{name} is not at the end")
    return wrong


def write(version):
    header = f"# Layout of the plugin ABI {version}; python3 tests/sdk/layout_test.py --write {version}"
    (LAYOUTS / version).write_text("\n".join([header, *layout_of(HEADERS)]) + "\n")


class Layout(unittest.TestCase):
    def test_what_a_file_says_stays_true(self):
        today = layout_of(HEADERS)
        self.assertTrue(list(LAYOUTS.iterdir()))
        for path in sorted(LAYOUTS.iterdir()):
            self.assertEqual(breaks(layout_in(path), today), [], path.name)

    def test_the_newest_file_is_that_of_the_headers(self):
        minor = re.search(r"MLMON_ABI_MINOR (\d+)u", (HEADERS / "abi.h").read_text()).group(1)
        self.assertEqual(layout_in(LAYOUTS / f"1.{minor}"), layout_of(HEADERS))

    def test_the_frozen_headers_are_those_of_their_file(self):
        for folder in sorted(FROZEN.iterdir()):
            self.assertEqual(layout_in(LAYOUTS / folder.name), layout_of(folder / "mlmon"))

    def test_every_kind_of_break_is_found(self):
        old = layout_in(LAYOUTS / "1.0")

        def changed(what, by):
            self.assertIn(what, "\n".join(old))
            return "\n".join(old).replace(what, by).split("\n")

        for new, found in (
                (changed("value MLMON_E_INVALID -2", "value MLMON_E_INVALID -3"), "MLMON_E_INVALID"),
                (changed("member mlmon_batch.kind 56 8", "member mlmon_batch.kind 64 8"), "kind"),
                (changed("mlmon_str key, mlmon_str value)", "mlmon_str key)"), "state_put"),
                (changed("struct mlmon_batch 160", "struct mlmon_batch 152"), "shrunk"),
                ([line for line in old if "mlmon_batch.f1" not in line], "gone"),
                (old + ["member mlmon_action.hasty 12 4"], "not at the end")):
            self.assertTrue(any(found in text for text in breaks(old, new)), found)
        self.assertEqual(breaks(old, changed("struct mlmon_batch 160", "struct mlmon_batch 168")
                                + ["member mlmon_batch.more 160 8", "value MLMON_NEW 1"]), [])


if __name__ == "__main__":
    if sys.argv[1:2] == ["--write"]:
        write(sys.argv[2])
    else:
        unittest.main()
