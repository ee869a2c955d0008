#!/usr/bin/env python3
"""Include lines obey cli -> core -> sdk <- plugins, and third-party headers stay where they belong."""

import re
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)

# What files of a layer may include of the project.
ALLOWED = {"cli": {"cli", "core", "sdk"}, "core": {"core", "sdk"}, "plugins": {"plugins", "sdk"},
           "sdk": {"sdk"}}

# The folders of core in the order in which data flows: none includes one that stands behind it here.
CORE = ["text", "config", "input", "kafka", "event", "import", "plugin", "store", "action",
        "isolation", "observer", "delivery", "run"]

# Third-party headers, and the files (beginnings of paths) that may include them.
HOMES = {
    r"toml\+\+/": ["core/config/toml_reader.cpp"],
    r"boost/dll|dlfcn\.h": ["core/plugin/plugin_library.cpp", "cli/conformance/dynamic_library.cpp"],
    r"CLI/": ["cli/"],
    r"spdlog/": ["cli/"],
    r"sqlite3\.h": ["core/store/sqlite.cpp"],
    r"libpq-fe\.h": ["core/store/postgres"],
    r"curl/": ["plugins/transport/http_client.cpp", "plugins/transport/smtp_client.cpp"],
    r"openssl/": ["plugins/alert/signature.cpp"],
    r"simdjson": ["core/text/utf8.cpp"],
    r"librdkafka/": ["core/kafka/", "plugins/alert/kafka.cpp", "tests/"],
    r"csv\.h": ["core/import/rows.cpp"],
    r"zlib\.h|zstd\.h": ["core/input/compressed_input.cpp"],
}


def includes():
    """Every (path, include) of the C and C++ files of the four layers."""
    for layer in ALLOWED:
        for path in sorted((ROOT / layer).rglob("*")):
            if path.suffix in (".h", ".hpp", ".c", ".cpp"):
                for quote, name in INCLUDE.findall(path.read_text()):
                    yield path.relative_to(ROOT).as_posix(), quote, name


def layer_of(path, quote, name):
    """The layer that an include leads to; None: not the project's."""
    if name.startswith("mlmon/"):
        return "sdk"
    if quote == '"':
        first = name.split("/")[0]
        return first if "/" in name else path.split("/")[0]
    return None


class Layering(unittest.TestCase):
    def setUp(self):
        self.found = list(includes())
        self.assertEqual({path.split("/")[0] for path, _, _ in self.found}, set(ALLOWED))

    def test_arrows_point_from_cli_over_core_and_from_plugins_to_the_sdk(self):
        for path, quote, name in self.found:
            layer = layer_of(path, quote, name)
            self.assertTrue(layer is None or layer in ALLOWED[path.split("/")[0]],
                            f"{path} includes {name}")

    def test_arrows_in_core_follow_the_data(self):
        folders = {path.split("/")[1] for path, _, _ in self.found if path.count("/") == 2 and
                   path.startswith("core/")}
        self.assertEqual(folders, set(CORE))
        for path, _, name in self.found:
            if path.startswith("core/") and name.startswith("core/") and name.count("/") == 2:
                here = CORE.index(path.split("/")[1]) if path.count("/") == 2 else -1
                self.assertLessEqual(CORE.index(name.split("/")[1]), here, f"{path} includes {name}")

    def test_third_party_headers_stay_in_their_files(self):
        for pattern, homes in HOMES.items():
            users = {path for path, _, name in self.found if re.match(pattern, name)}
            strangers = [path for path in users if not path.startswith(tuple(homes))]
            self.assertEqual(strangers, [], f"{pattern} belongs in {homes}")
            self.assertTrue(users, f"nobody includes {pattern}: is this test out of date?")

    def test_headers_bring_no_third_party_along(self):
        third_party = "|".join([*HOMES, "fmt/", r"nlohmann/json\.hpp", "xxhash"])
        for path, _, name in self.found:
            if path.endswith((".h", ".hpp")):
                self.assertNotRegex(name, rf"^({third_party})", path)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
