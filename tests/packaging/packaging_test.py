#!/usr/bin/env python3
"""What `cmake --install` and cpack make serves somebody who has nothing else of mlmon.

    MLMON=BUILD/bin/mlmon packaging_test.py BUILD
"""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "cli"))
from mlmon_run import DATA, environment  # noqa: E402

BUILD = None
EVENTS = 3
ENTRY = "mlmon_plugin_entry_v1"
CONFIG = """
[observers.one]
plugin = "{}"
[observers.two]
plugin = "{}"
"""


class Packaging(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        os.umask(0o022)  # a plugin that others may write to is not loaded
        folder = tempfile.TemporaryDirectory(prefix="mlmon-packaging-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        cls.home = cls.folder / "home"
        cls.home.mkdir()
        # Installed, then moved: what knew its old place is found out.
        cls.run_tool("cmake", "--install", BUILD, "--prefix", cls.folder / "first place")
        cls.prefix = (cls.folder / "first place").rename(cls.folder / "a prefix")
        cls.mlmon = cls.prefix / "bin/mlmon"
        with open(DATA, encoding="utf-8") as file:
            lines = [next(file) for _ in range(EVENTS)]
        (cls.folder / "events.ndjson").write_text("".join(lines), encoding="utf-8")

    @classmethod
    def run_tool(cls, *command, cwd=None, **more):
        done = subprocess.run(list(map(str, command)), cwd=cwd or cls.folder, timeout=300,
                              env=environment(cls.home, **more), capture_output=True, text=True,
                              check=False)
        if done.returncode != 0:
            raise AssertionError(f"{command}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def actions_of(self, *plugins, mlmon=None):
        config = self.folder / "mlmon.toml"
        config.write_text(CONFIG.format(*plugins), encoding="utf-8")
        out = self.run_tool(mlmon or self.mlmon, "run", "--no-state", "-c", config, "events.ndjson")
        return [json.loads(line) for line in out.splitlines()]

    def expect_two_that_see(self, in_c, in_cxx):
        for plugin in (in_c, in_cxx):
            names = self.run_tool("nm", "-D", "--defined-only", "-P", plugin).split("\n")
            self.assertEqual([name.split()[0] for name in names if name], [ENTRY])
        rules = [action["rule"] for action in self.actions_of(in_c, in_cxx)]
        self.assertEqual(rules, ["in_c", "in_cxx"] * EVENTS)

    def test_the_installed_program_finds_its_plugins_beside_itself(self):
        listed = [json.loads(line) for line in
                  self.run_tool(self.mlmon, "plugin", "list", "--json").splitlines()]
        self.assertEqual([plugin["path"] for plugin in listed],
                         [f"{self.prefix}/lib/mlmon/plugins/{name}.so" for name in ("alert", "retraining")])
        self.run_tool(self.mlmon, "run", "--no-state", DATA)

    def test_no_text_that_is_installed_names_a_place_on_this_machine(self):
        texts = [path for path in self.prefix.rglob("*") if path.is_file()
                 and path.parent.name not in ("bin", "plugins")]
        self.assertGreater(len(texts), 15)
        for path in texts:
            content = path.read_bytes()
            text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
            for place in (BUILD, HERE.parent.parent, self.folder):
                self.assertNotIn(str(place), text, path)

    def test_the_tree_of_the_build_is_laid_out_as_installed(self):
        for path in ("bin/mlmon", "include/mlmon/plugin.h", "include/mlmon/observer.hpp",
                     "lib/mlmon/plugin.map", "lib/mlmon/plugins/alert.so", "lib/pkgconfig/mlmon.pc",
                     "lib/cmake/mlmon/mlmonConfig.cmake", "lib/cmake/mlmon/mlmonConfigVersion.cmake",
                     "share/mlmon/rust", "share/mlmon/templates"):
            self.assertTrue((self.prefix / path).exists(), path)
            self.assertTrue((BUILD / path).exists(), path)

    def test_what_the_readme_of_the_sdk_leads_to_is_installed_beside_it(self):
        for prefix in (self.prefix, BUILD):
            folder = prefix / "share/doc/mlmon/sdk"
            text = (folder / "README.md").read_text(encoding="utf-8")
            links = {link.split("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text)} - {""}
            self.assertLessEqual({"PROTOCOL.md", "layout/", "examples/README.md"}, links)
            for link in links:
                self.assertTrue((folder / link).exists(), link)

    def test_the_unit_tests_of_a_stranger_need_the_installed_headers_only(self):
        for prefix in (self.prefix, BUILD):
            self.run_tool("g++", "-std=c++17", "-I", prefix / "include", HERE / "consumer/unit.cpp",
                          HERE / "consumer/in_cxx.cpp", "-o", "unit")
            self.run_tool(self.folder / "unit")
            self.run_tool("python3", "-B", "-c", "from mlmon import testing; testing.Host",
                          PYTHONPATH=str(prefix / "share/mlmon/python"))
            self.assertTrue((prefix / "share/mlmon/rust/src/testing/mod.rs").exists())

    def test_an_installed_program_writes_the_projects_of_the_one_in_the_build(self):
        written = []
        for mlmon in (self.mlmon, BUILD / "bin/mlmon"):
            folder = self.folder / f"projects {len(written)}"
            folder.mkdir()
            for language in ("c", "c++", "rust"):
                self.run_tool(mlmon, "plugin", "new", "--lang", language, f"x{len(language)}", cwd=folder)
            written.append({path.relative_to(folder): path.read_text(encoding="utf-8")
                            for path in folder.rglob("*") if path.is_file() and path.name != "Makefile"})
        self.assertGreater(len(written[0]), 30)
        self.assertEqual(*written)

    def build_with_cmake(self, prefix, folder):
        self.run_tool("cmake", "-S", HERE / "consumer", "-B", folder, f"-DCMAKE_PREFIX_PATH={prefix}")
        self.run_tool("cmake", "--build", folder)
        self.expect_two_that_see(folder / "in_c.so", folder / "in_cxx.so")

    def test_a_project_finds_the_installed_package_with_cmake(self):
        self.build_with_cmake(self.prefix, self.folder / "by cmake")

    def test_a_project_finds_the_package_in_the_tree_of_the_build(self):
        self.build_with_cmake(BUILD, self.folder / "by cmake in the build")

    def test_a_project_of_another_minor_version_is_refused(self):
        source = self.folder / "other"
        shutil.copytree(HERE / "consumer", source)
        listing = source / "CMakeLists.txt"
        listing.write_text(listing.read_text().replace("mlmon 1", "mlmon 2"), encoding="utf-8")
        with self.assertRaisesRegex(AssertionError, 'requested version "2"'):
            self.run_tool("cmake", "-S", source, "-B", source / "build",
                          f"-DCMAKE_PREFIX_PATH={self.prefix}")

    def test_plain_compilers_need_pkg_config_only(self):
        plain = self.folder / "prefix"  # a shell splits what pkg-config prints at the space
        plain.symlink_to(self.prefix)
        for prefix in (plain, BUILD):
            for compiler, source, plugin in (("gcc -std=c99", "in_c.c", "in_c.so"),
                                             ("g++ -std=c++17", "in_cxx.cpp", "in_cxx.so")):
                self.run_tool("sh", "-ec",
                              f'{compiler} -Wall -Wextra -Werror -O2 {HERE}/consumer/{source} '
                              f'$(pkg-config --cflags --libs mlmon) -o {plugin}',
                              PKG_CONFIG_PATH=f"{prefix}/lib/pkgconfig")
            self.expect_two_that_see(self.folder / "in_c.so", self.folder / "in_cxx.so")

    def test_the_map_and_the_folder_for_plugins_are_variables_of_pkg_config(self):
        for name, path in (("plugin_map", "lib/mlmon/plugin.map"), ("plugindir", "lib/mlmon/plugins")):
            value = self.run_tool("pkg-config", f"--variable={name}", "mlmon",
                                  PKG_CONFIG_PATH=f"{self.prefix}/lib/pkgconfig").strip()
            self.assertTrue(Path(value.replace("\\", "")).samefile(self.prefix / path), value)

    def plugin_with(self, version, *link):
        plugin = self.folder / f"teller_{version}{'_shared' if link else ''}.so"
        sources = [HERE / "two_versions/plugin.cpp", *(link or [HERE / "two_versions/library.cpp"])]
        self.run_tool("g++", "-std=c++17", "-fPIC", "-shared", "-I", self.prefix / "include",
                      f"-DLIBRARY_VERSION={version}", *sources, "-o", plugin,
                      f"-Wl,--version-script={self.prefix}/lib/mlmon/plugin.map")
        return plugin

    def expect_each_its_own(self, plugins):
        told = [(action["observer"], action["version"], action["calls"])
                for action in self.actions_of(*plugins)]
        expected = [(name, version, call) for call in range(1, EVENTS + 1)
                    for name, version in (("one", 1), ("two", 2))]
        self.assertEqual(told, expected)

    def test_two_plugins_have_each_its_own_version_of_a_library_inside(self):
        self.expect_each_its_own([self.plugin_with(version) for version in (1, 2)])

    def test_two_plugins_have_each_its_own_version_of_a_shared_library(self):
        plugins = []
        for version in (1, 2):
            library = self.folder / f"liblibrary.so.{version}"
            self.run_tool("g++", "-std=c++17", "-fPIC", "-shared", "-fno-gnu-unique",
                          f"-DLIBRARY_VERSION={version}", HERE / "two_versions/library.cpp",
                          f"-Wl,-soname,{library.name}", "-o", library)
            plugins.append(self.plugin_with(version, library, f"-Wl,-rpath,{self.folder}",
                                            "-fno-gnu-unique"))
        self.expect_each_its_own(plugins)

    def test_listing_plugins_runs_nobodys_code(self):
        folder = self.folder / "listed"
        folder.mkdir()
        self.run_tool("g++", "-std=c++17", "-fPIC", "-shared", "-I", self.prefix / "include",
                      HERE / "writes_when_loaded.cpp", "-o", folder / "idle.so")
        listed = self.run_tool(self.mlmon, "plugin", "list", "--json", "--plugin-dir", ".", cwd=folder)
        self.assertEqual(json.loads(listed.splitlines()[0])["classes"][0]["id"], "org.example.idle")
        self.assertFalse((folder / "loaded").exists())
        self.run_tool(self.mlmon, "plugin", "info", "./idle.so", cwd=folder)
        self.assertTrue((folder / "loaded").exists(), "the plugin leaves no trace: it proves nothing")

    def test_the_packages_hold_what_is_installed(self):
        packages = self.folder / "packages"
        self.run_tool("cpack", "--config", BUILD / "CPackConfig.cmake", "-B", packages)
        installed = {path.relative_to(self.prefix).as_posix() for path in self.prefix.rglob("*")
                     if not path.is_dir()}
        [deb] = packages.glob("mlmon_*.deb")
        self.run_tool("dpkg-deb", "-x", deb, "from deb")
        for prefix in (self.folder / "from deb/usr",):
            found = {path.relative_to(prefix).as_posix() for path in prefix.rglob("*")
                     if not path.is_dir()}
            self.assertEqual(found, installed)
            self.assertEqual(len(self.run_tool(prefix / "bin/mlmon", "plugin", "list", "--json").splitlines()), 2)
        depends = self.run_tool("dpkg-deb", "-f", deb, "Depends")
        self.assertRegex(depends, r"libc6 .*libpq5 .*libsqlite3-0")


if __name__ == "__main__":
    BUILD = Path(sys.argv[1]).resolve()
    unittest.main(argv=sys.argv[:1], verbosity=2)
