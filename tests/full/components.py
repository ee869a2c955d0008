"""Real systems for tests: Python packages in environments of their own, and servers that end with the test.

Environments are made once, in $MLMON_FULL (without it: build/full), and kept. A package that cannot be had skips the
test (exit code 77).
"""

import os
import signal
import socket
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("MLMON_FULL") or ROOT / "build/full")


def environment_of(name, *packages):
    """The bin folder of a virtual environment with these packages."""
    folder = FOLDER / name
    done = folder / "installed"
    if not done.exists():
        made = subprocess.run([sys.executable, "-m", "venv", "--clear", folder], capture_output=True, text=True)
        if made.returncode == 0:
            made = subprocess.run([folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check", *packages],
                                  capture_output=True, text=True)
        if made.returncode != 0:
            raise unittest.SkipTest(f"{name}: {made.stderr.strip().splitlines()[-1:]}")
        frozen = subprocess.run([folder / "bin/pip", "freeze"], capture_output=True, text=True, check=True)
        done.write_text(frozen.stdout)
    return folder / "bin"


def version_in(bin_folder, package):
    frozen = (bin_folder.parent / "installed").read_text()
    return next((line for line in frozen.splitlines() if line.startswith(package + "==")), package)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A program that serves HTTP, with all that it starts; its output goes to a file."""

    def __init__(self, test, command, env, ready, log, seconds=180):
        """`ready`: a URL that answers with 2xx once it is up."""
        self.log = Path(log)
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(list(map(str, command)), env=env, stdout=out, stderr=out,
                                            stdin=subprocess.DEVNULL, start_new_session=True)
        test.addCleanup(self.stop)
        self.wait(ready, seconds)

    def wait(self, url, seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(url, timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        self.stop()
        raise AssertionError(f"{url} does not answer:\n{self.log.read_text(errors='replace')[-3000:]}")

    def stop(self):
        """Not all of them end their children."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
