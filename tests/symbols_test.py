#!/usr/bin/env python3
"""The core never talks to the world behind its caller's back, and a plugin exports one symbol.

    symbols_test.py CORE_ARCHIVE PLUGIN...
"""

import re
import subprocess
import sys
import unittest

CORE, PLUGINS = None, []

FORBIDDEN = {
    "prints": r"std::(cout|cerr|clog|wcout|wcerr)$|(puts|printf|vprintf|putchar|perror|psignal)$|"
              r"std(out|err)$|__printf_chk$|__vprintf_chk$|fmt::v\d+::v?print\(",
    "ends the process": r"(exit|_exit|_Exit|quick_exit)$",
    "reads a wall clock": r"std::chrono::_V2::system_clock::now\(\)|(time|gettimeofday|localtime(_r)?|ftime)$",
    "shares the process's dice": r"(s?rand(om)?|[dlm]rand48)$",
    "changes the process": r"(setenv|putenv|signal|sigaction|chdir|setlocale|umask|atexit)$",
}
ENTRY = "mlmon_plugin_entry_v1"


def symbols(path, *flags):
    """The names that nm gives; an nm that fails or gives nothing fails the test."""
    done = subprocess.run(["nm", "-C", "-P", *flags, path], capture_output=True, text=True, check=True)
    names = [match[1] for match in re.finditer(r"^(.+?) [A-Za-z?](?: .*)?$", done.stdout, re.M)]
    if not names:
        raise AssertionError(f"nm found no symbols in {path}: {done.stderr}")
    return [re.sub(r"@.*$", "", name) for name in names]


class Symbols(unittest.TestCase):
    def test_the_core_needs_nothing_that_prints_exits_or_tells_the_time(self):
        needed = symbols(CORE, "--undefined-only")
        self.assertIn("read", needed, "is this the core?")
        for what, pattern in FORBIDDEN.items():
            found = sorted({name for name in needed if re.match(rf"(?:{pattern})", name)})
            self.assertEqual(found, [], f"the core {what}")

    def test_plugins_export_the_entry_and_nothing_else(self):
        self.assertGreaterEqual(len(PLUGINS), 2)
        for plugin in PLUGINS:
            self.assertEqual(symbols(plugin, "--dynamic", "--defined-only"), [ENTRY], plugin)


if __name__ == "__main__":
    CORE, PLUGINS = sys.argv[1], sys.argv[2:]
    unittest.main(argv=sys.argv[:1], verbosity=2)
