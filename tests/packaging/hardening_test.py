#!/usr/bin/env python3
"""Program and plugins are built so that a mistake in them is harder to use.

    hardening_test.py FILE...
"""

import re
import subprocess
import sys
import unittest

FILES = []
# What _FORTIFY_SOURCE makes of calls where the compiler knows the buffer's size.
CHECKED = {f"__{call}_chk" for call in (
    "fprintf", "memcpy", "memmove", "memset", "pread", "printf", "read", "readlink", "recv", "snprintf", "sprintf",
    "stpcpy", "strcpy", "strncpy", "vsnprintf", "fdelt", "poll", "realpath", "strcat")}


def readelf(*args):
    return subprocess.run(["readelf", "-W", *args], capture_output=True, text=True, check=True).stdout


def imported(path):
    """The symbols that a file takes from its libraries, without their versions."""
    symbols = subprocess.run(["nm", "-D", "--undefined-only", path], capture_output=True, text=True, check=True).stdout
    return {line.split()[-1].split("@")[0] for line in symbols.splitlines()}


class Hardening(unittest.TestCase):
    def test_symbols_are_bound_at_start(self):
        for path in FILES:
            self.assertRegex(readelf("-d", path), r"BIND_NOW|FLAGS_1.*\bNOW\b", path)

    def test_what_is_relocated_is_read_only_afterwards(self):
        for path in FILES:
            self.assertIn("GNU_RELRO", readelf("-l", path), path)

    def test_the_stack_holds_no_code(self):
        for path in FILES:
            stack = re.search(r"GNU_STACK.*", readelf("-l", path))
            self.assertIsNotNone(stack, path)
            self.assertNotIn("E", stack[0].split()[6], path)

    def test_no_segment_is_writable_and_code(self):
        for path in FILES:
            self.assertNotRegex(readelf("-l", path), r"LOAD .* RWE ", path)

    def test_it_may_lie_anywhere(self):
        for path in FILES:
            self.assertRegex(readelf("-h", path), r"Type:\s+DYN", path)

    def test_functions_with_arrays_watch_their_stack(self):
        for path in FILES:
            self.assertIn("__stack_chk_fail", imported(path), path)

    def test_calls_of_libc_check_the_size_of_buffers(self):
        for path in FILES:
            checked = imported(path) & CHECKED
            self.assertNotEqual(checked, set(), path)


if __name__ == "__main__":
    FILES = sys.argv[1:]
    unittest.main(argv=sys.argv[:1], verbosity=2)
