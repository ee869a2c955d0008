#!/usr/bin/env python3
"""A PostgreSQL of a test's own, from Debian's package, on a free port of loopback in a temporary folder.

    postgres_server.py COMMAND...   runs COMMAND with MLMON_TEST_POSTGRES, the URL of an empty database;
                                    77: there is no PostgreSQL on this machine
"""

import contextlib
import glob
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
SERVER = None  # of run_tests()


def programs():
    """The folder of the newest version's programs, which Debian keeps off the path; None: there is none."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda path: int(path.split("/")[4]))
    if found:
        return os.path.dirname(found[-1])
    there = shutil.which("initdb")
    return os.path.dirname(there) if there else None


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class PostgresServer:
    """A server; it refuses to run as root, so there it is nobody's."""

    def __init__(self):
        self.bin = programs()
        self.folder = tempfile.mkdtemp(prefix="mlmon-postgres-")
        os.chmod(self.folder, 0o755)
        self.data = os.path.join(self.folder, "data")
        os.mkdir(self.data, 0o700)
        self.as_user = []
        if os.getuid() == 0:
            shutil.chown(self.data, "nobody", "nogroup")
            self.as_user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        self.port = free_port()
        self.process = None
        self.databases = 0
        self._run("initdb", "-D", self.data, "-U", "mlmon", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
                  "--no-sync")
        self.start()

    def _run(self, program, *arguments):
        done = subprocess.run([*self.as_user, os.path.join(self.bin, program), *arguments], cwd="/",
                              env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self):
        """Returns when it takes connections."""
        settings = ["listen_addresses=127.0.0.1", f"port={self.port}", "unix_socket_directories=", "fsync=off",
                    "max_connections=40", "autovacuum=off"]
        arguments = [word for setting in settings for word in ("-c", setting)]
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(
                [*self.as_user, os.path.join(self.bin, "postgres"), "-D", self.data, *arguments], cwd="/",
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}, stdout=log, stderr=log)
        end = time.monotonic() + 60
        while subprocess.run([os.path.join(self.bin, "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)],
                             check=False).returncode != 0:
            if self.process.poll() is not None or time.monotonic() > end:
                with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as log:
                    raise RuntimeError("postgres does not start: " + log.read())
            time.sleep(0.05)

    def stop(self, how=signal.SIGINT):
        """SIGINT: the fast way, sessions are ended. SIGKILL: its children see that within a second."""
        self.process.send_signal(how)
        self.process.wait()
        if how == signal.SIGKILL:
            lock = os.path.join(self.data, "postmaster.pid")
            with contextlib.suppress(FileNotFoundError):
                os.unlink(lock)
            time.sleep(1.5)  # a server that finds a child of the last one does not start

    def psql(self, sql, database="postgres"):
        """What psql prints, without head and alignment."""
        done = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p",
                               str(self.port), "-U", "mlmon", "-d", database, "-c", sql],
                              capture_output=True, text=True, check=True)
        return done.stdout

    def url(self, database, user="mlmon", password=None):
        secret = f":{password}" if password else ""
        return f"postgresql://{user}{secret}@127.0.0.1:{self.port}/{database}"

    def new_database(self):
        """The URL of an empty one."""
        self.databases += 1
        name = f"test{self.databases}"
        self.psql(f"CREATE DATABASE {name}")
        return self.url(name)

    def close(self):
        if self.process and self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def run_tests(main):
    """The tests of a file, by its main(), with SERVER; skipped where there is no PostgreSQL."""
    global SERVER
    if programs() is None:
        print("there is no PostgreSQL (Debian: apt-get install postgresql)")
        sys.exit(SKIPPED)
    SERVER = PostgresServer()
    try:
        main()
    finally:
        SERVER.close()


def main():
    if programs() is None:
        print("there is no PostgreSQL (Debian: apt-get install postgresql)")
        return SKIPPED
    server = PostgresServer()
    try:
        return subprocess.run(sys.argv[1:], env={**os.environ, "MLMON_TEST_POSTGRES": server.new_database()},
                              check=False).returncode
    finally:
        server.close()


if __name__ == "__main__":
    sys.exit(main())
