"""Runs the binary that the environment variable MLMON names, in a world of its own.

HOME and the XDG folders point into a temporary folder, no MLMON_* of the caller gets through, and
every `mlmon run` writes a receipt that is checked by the equations of receipt.py.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path
from typing import NamedTuple

from receipt import check_receipt

BINARY = os.environ.get("MLMON", "")
SANITIZED = os.environ.get("MLMON_SANITIZED") == "1"  # slower, and memory says nothing
SLOW = os.environ.get("MLMON_SLOW") == "1"
DATA = Path(__file__).resolve().parent.parent / "data" / "real-events.ndjson"
TIMEOUT = 600 if SANITIZED else 120  # seconds; a run that takes so long hangs


class Run(NamedTuple):
    """What a run of the binary gave."""
    code: int  # exit code; of a signal 128 + its number, as a shell says it
    out: bytes
    err: str
    receipt: dict | None
    peak_kib: int

    @property
    def actions(self):
        return [json.loads(line) for line in self.out.splitlines()]

    def reasons(self):
        """Bad lines by reason, over all sources."""
        total = {}
        for source in self.receipt["sources"]:
            for reason, count in source["bad_reasons"].items():
                total[reason] = total.get(reason, 0) + count
        return {reason: count for reason, count in total.items() if count}


def environment(home, **more):
    """The environment of a test: nothing of the caller's but PATH and what sanitizers read."""
    kept = {name: value for name, value in os.environ.items()
            if name == "PATH" or name.endswith("SAN_OPTIONS")}
    return {**kept, "HOME": str(home), "XDG_CONFIG_HOME": f"{home}/.config",
            "XDG_STATE_HOME": f"{home}/.state", "XDG_RUNTIME_DIR": f"{home}/.run",
            "TMPDIR": str(home), "LC_ALL": "C.UTF-8", "TZ": "UTC", **more}


class MlmonTest(unittest.TestCase):
    """A test with a folder of its own (self.dir), which is also the working directory of its runs."""

    maxDiff = 4000

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="mlmon-test-")
        self.addCleanup(folder.cleanup)
        self.dir = Path(folder.name) / "work"
        self.home = Path(folder.name) / "home"
        self.dir.mkdir()
        self.home.mkdir()

    def write(self, name, content):
        """Writes a file of the test: bytes, text, or a list of lines; returns its path."""
        if isinstance(content, list):
            content = b"".join(line if isinstance(line, bytes) else line.encode() + b"\n"
                               for line in content)
        elif isinstance(content, str):
            content = content.encode()
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def start(self, *args, **popen):
        """The binary as a Popen in the world of the test."""
        env = environment(self.home, **popen.pop("env", {}))
        program = popen.pop("program", BINARY)
        return subprocess.Popen([program, *map(str, args)], cwd=self.dir, env=env, **popen)

    def mlmon(self, *args, stdin=b"", stdout=None, env=None):
        """Runs the binary to its end. `stdin`: bytes, or an iterable of bytes, come by a pipe; an open
        file is handed over as it is. `stdout`: an open file that takes the output, else it is kept."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            piped = isinstance(stdin, bytes) or not hasattr(stdin, "fileno")
            process = self.start(*args, stdin=subprocess.PIPE if piped else stdin,
                                 stdout=stdout or out, stderr=err, env=env or {})
            watchdog = threading.Timer(TIMEOUT, process.kill)
            watchdog.start()
            if piped:
                feed(process.stdin, [stdin] if isinstance(stdin, bytes) else stdin)
            _, status, usage = os.wait4(process.pid, 0)
            watchdog.cancel()
            code = os.waitstatus_to_exitcode(status)
            process.returncode = code
            out.seek(0)
            err.seek(0)
            return Run(code if code >= 0 else 128 - code, out.read(),
                       err.read().decode("utf-8", "replace"), None, usage.ru_maxrss)

    def run_events(self, *args, state=False, sees_all=True, **more):
        """`mlmon run` with `--no-state` (unless `state`) and a receipt, which is checked."""
        path = self.home / "receipt.json"
        path.unlink(missing_ok=True)
        run = self.mlmon("run", *([] if state else ["--no-state"]), "--receipt", path, *args, **more)
        if path.exists():
            run = run._replace(receipt=json.loads(path.read_text()))
            check_receipt(run.receipt, run.code, sees_all)
        elif run.code not in (2, 128 + signal.SIGPIPE):
            self.fail(f"exit code {run.code} without a receipt; stderr:\n{run.err[:2000]}")
        return run

    def expect_code(self, run, code):
        self.assertEqual(run.code, code, f"stderr:\n{run.err[:2000]}")


def copy_for_others(folder):
    """The installed program, copied below `folder` so that another user can reach it: the build may lie in a
    home folder that is closed to others. Returns its path."""
    built = Path(BINARY).parent.parent
    for part in ("bin", "lib/mlmon/plugins", "share/mlmon/templates", "include/mlmon"):
        shutil.copytree(built / part, folder / part)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    return folder / "bin" / Path(BINARY).name


def feed(pipe, chunks):
    """Writes all chunks and closes the pipe; a reader that has gone is no error."""
    try:
        with pipe:
            for chunk in chunks:
                pipe.write(chunk)
    except BrokenPipeError:
        pass


def main():
    if not BINARY:
        sys.exit("MLMON must name the binary under test")
    unittest.main(verbosity=2)
