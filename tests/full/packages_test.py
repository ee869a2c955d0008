#!/usr/bin/env python3
"""What `./dev package` makes, where it is to run: lintian's opinion of the .deb; installed, upgraded over a state of an older
version and removed in a bare Debian 12; the tarball in a bare Debian 12 and 13 with nothing installed beside.

The Debians are made by debootstrap once, in build/full, from where this machine's apt gets its packages.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cli"))

import mlmon_run
from components import FOLDER, ROOT
from mlmon_run import BINARY, DATA

STATE = "/var/lib/mlmon"


def run(*command, **more):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=1200, check=False, **more)


def checked(*command, **more):
    done = run(*command, **more)
    if done.returncode != 0:
        raise AssertionError(f"{command}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def mirror():
    """Where apt gets this machine's Debian from."""
    for line in run("apt-get", "indextargets", "--format", "$(SITE)").stdout.splitlines():
        if "security" not in line:
            return line
    raise unittest.SkipTest("apt does not say where Debian is")


def bare(suite):
    """A bare Debian, to be copied."""
    if os.geteuid() != 0 or not shutil.which("debootstrap"):
        raise unittest.SkipTest("needs root and debootstrap")
    if run("unshare", "--mount", "--pid", "--fork", "true").returncode != 0:
        raise unittest.SkipTest("namespaces cannot be made here")
    folder = FOLDER / suite
    done = FOLDER / f"{suite}.installed"
    if not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        FOLDER.mkdir(parents=True, exist_ok=True)
        made = run("debootstrap", "--variant=minbase", suite, folder, mirror())
        if made.returncode != 0:
            raise unittest.SkipTest(f"debootstrap {suite}: {made.stdout.splitlines()[-1:]}")
        done.touch()
    return folder


def packages():
    """The .deb and the tarball."""
    folder = os.environ.get("MLMON_PACKAGES")
    if not folder:
        checked(ROOT / "dev", "package")
        folder = ROOT / "build/package"
    [deb], [tarball] = Path(folder).glob("mlmon_*.deb"), Path(folder).glob("mlmon-*.tar.gz")
    return deb, tarball


class Bare:
    """A copy of a bare Debian that is gone after the test."""

    def __init__(self, test, suite):
        self.test = test
        self.root = Path(tempfile.mkdtemp(prefix=f"mlmon-{suite}-"))
        test.addCleanup(shutil.rmtree, self.root, ignore_errors=True)
        checked("cp", "-a", "--reflink=auto", f"{bare(suite)}/.", self.root)
        shutil.copy("/etc/resolv.conf", self.root / "etc/resolv.conf")

    def run(self, *command):
        """Inside, with /proc and processes of its own."""
        script = 'mount -t proc proc "$0/proc" && cd "$0/root" && exec chroot "$0" env -i HOME=/root ' \
                 'PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive sh -c \'cd /root && exec "$@"\' sh "$@"'
        return run("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script, self.root, *command)

    def checked(self, *command, code=0):
        done = self.run(*command)
        self.test.assertEqual(done.returncode, code, f"{command}\n{done.stdout}{done.stderr}")
        return done.stdout

    def install(self, deb):
        shutil.copy(deb, self.root / "root" / deb.name)
        self.checked("apt-get", "install", "-y", "-qq", "--no-install-recommends", f"/root/{deb.name}")


class Packages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="mlmon-packages-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        cls.deb, cls.tarball = packages()
        shutil.copy(DATA, cls.folder / "events.ndjson")
        cls.decided = checked(BINARY, "run", "--no-state", "events.ndjson", cwd=cls.folder)

    def older(self):
        """The same as an older version, with a file that is no more."""
        tree = self.folder / "older"
        checked("dpkg-deb", "-R", self.deb, tree)
        control = tree / "DEBIAN/control"
        version = checked("dpkg-deb", "-f", self.deb, "Version").strip()
        control.write_text(control.read_text().replace(f"Version: {version}", "Version: 0.0.9"))
        (tree / "usr/lib/mlmon/of-old").write_text("gone\n")
        deb = self.folder / "mlmon_0.0.9.deb"
        checked("dpkg-deb", "--root-owner-group", "-b", tree, deb)
        return deb

    def state_of_version_3(self, path):
        path.mkdir(parents=True)
        database = sqlite3.connect(path / "state.db")
        database.executescript((ROOT / "tests/data/state-version-3.sql").read_text())
        database.executescript("INSERT INTO models VALUES (1, 'old', '1.0.0', 1767225600, 0);"
                               "INSERT INTO sightings VALUES (1, 3, 0, 1767225600000000000, '{\"f1\":0.9}', 1767225600000000000, "
                               "-9223372036854775808);")
        database.close()

    def decides_as_here(self, debian, mlmon):
        shutil.copy(self.folder / "events.ndjson", debian.root / "root/events.ndjson")
        self.assertEqual(debian.checked(mlmon, "run", "--no-state", "events.ndjson"), self.decided)

    def models(self, debian):
        listed = debian.checked("mlmon", "models", "list", "--json", "--state", STATE)
        return [json.loads(line)["model"]["name"] for line in listed.splitlines()]

    def test_lintian_finds_no_error(self):
        if not shutil.which("lintian"):
            self.skipTest("lintian is not there")
        done = run("lintian", "--profile", "debian", "--fail-on", "error", self.deb)
        print(done.stdout, file=sys.stderr)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_deb_is_installed_upgraded_and_removed(self):
        debian = Bare(self, "bookworm")
        debian.install(self.older())
        self.decides_as_here(debian, "mlmon")
        self.state_of_version_3(debian.root / STATE[1:])
        debian.install(self.deb)
        self.assertFalse((debian.root / "usr/lib/mlmon/of-old").exists())
        self.assertEqual(self.models(debian), ["old"])
        (debian.root / "root/one.ndjson").write_text(
            checked(BINARY, "emit", "metrics", "name=new", "version=1.0.0", "deployed_at=2026-01-01T00:00:00Z", "f1=0.9"))
        debian.checked("mlmon", "run", "--state", STATE, "one.ndjson")
        self.assertEqual(json.loads(debian.checked("mlmon", "state", "info", "--json", "--state", STATE))["version"], 4)
        self.assertEqual(sorted(self.models(debian)), ["new", "old"])
        for path in ("usr/share/man/man1/mlmon.1.gz", "usr/share/man/man5/mlmon.toml.5.gz",
                     "usr/share/bash-completion/completions/mlmon", "usr/lib/systemd/system/mlmon.service",
                     "usr/share/doc/mlmon/examples/mlmon.toml", "usr/include/mlmon/observer.hpp"):
            # A bare Debian leaves documentation out only if it is told to.
            self.assertTrue((debian.root / path).exists(), path)

        files = [Path(line) for line in debian.checked("dpkg", "-L", "mlmon").splitlines()]
        files = [path for path in files if (debian.root / path.relative_to("/")).is_file()]
        self.assertGreater(len(files), 50)
        debian.checked("apt-get", "purge", "-y", "-qq", "mlmon")
        self.assertEqual([path for path in files if (debian.root / path.relative_to("/")).exists()], [])
        self.assertFalse((debian.root / "usr/lib/mlmon").exists())
        self.assertTrue((debian.root / STATE[1:] / "state.db").exists(), "the state is nobody's but the user's")

    def tarball_runs_on(self, suite):
        debian = Bare(self, suite)
        checked("tar", "-C", debian.root / "opt", "-xzf", self.tarball)
        [place] = (debian.root / "opt").iterdir()
        mlmon = f"/opt/{place.name}/bin/mlmon"
        found = debian.checked("ldd", mlmon)
        self.assertNotIn("not found", found)
        taken = {line.split()[0] for line in found.splitlines() if " => /" in line and "/lib/mlmon/lib/" not in line}
        self.assertEqual(taken, {"libc.so.6", "libm.so.6", "libgcc_s.so.1", "libstdc++.so.6", "libresolv.so.2"})
        self.decides_as_here(debian, mlmon)
        debian.checked(mlmon, "run", "--state", "s", "events.ndjson", "-o", "a.ndjson")
        debian.checked(mlmon, "doctor", "--state", "s")
        debian.checked(mlmon, "report", "--state", "s", "events.ndjson")
        debian.checked(mlmon, "plugin", "check", "retraining", "--only", "memory,determinism")
        self.assertEqual(len(debian.checked(mlmon, "jobs", "list", "--state", "s", "--json").splitlines()), 8)
        # libcurl, librdkafka and libpq with all that they bring: each says that nobody answers.
        (debian.root / "root/m.toml").write_text(
            '[observers.alert]\nreceivers = [{ name = "pager", type = "webhook", url = "https://127.0.0.1:9/" }]\n')
        debian.checked(mlmon, "run", "-c", "m.toml", "--state", "t", "--deliver-timeout", "1s", "events.ndjson", code=4)
        self.assertIn("127.0.0.1", debian.checked(mlmon, "outbox", "list", "--state", "t", "--json"))
        away = debian.run(mlmon, "status", "--state", "postgresql://127.0.0.1:9/none?connect_timeout=2")
        self.assertEqual(away.returncode, 1, away.stderr)
        self.assertIn("onnection refused", away.stderr)

    def test_the_tarball_runs_on_a_bare_debian_12(self):
        self.tarball_runs_on("bookworm")

    def test_the_tarball_runs_on_a_bare_debian_13(self):
        self.tarball_runs_on("trixie")

    def test_the_tarball_brings_the_licence_of_each_library(self):
        names = checked("tar", "-tzf", self.tarball).splitlines()
        libraries = [Path(name).name for name in names if "/lib/mlmon/lib/" in name and ".so" in name]
        notices = {Path(name).parent.name for name in names if "/third-party/" in name and name.endswith("/copyright")}
        self.assertGreater(len(libraries), 20)
        for library in libraries:
            owner = checked("dpkg", "-S", f"*/{library}").split(":")[0]
            self.assertIn(owner, notices, library)


if __name__ == "__main__":
    mlmon_run.main()
