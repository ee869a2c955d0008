"""What people see on a terminal of 80 columns."""

import fcntl
import os
import pty
import select
import struct
import termios
import time

import mlmon_run
from lines import metrics
from mlmon_run import MlmonTest


class TerminalTest(MlmonTest):
    def on_terminal(self, *args, typed=b"", columns=80, once_after=None):
        """Runs the program on a terminal; what stood there, and the exit code. `typed`: again and again while nothing
        happens, or once, after `once_after` stands there."""
        pid, terminal = pty.fork()
        if pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
            os.chdir(self.dir)
            os.execve(mlmon_run.BINARY, [mlmon_run.BINARY, *map(str, args)], mlmon_run.environment(self.home))
        shown, until = b"", time.monotonic() + mlmon_run.TIMEOUT
        while time.monotonic() < until:
            if not select.select([terminal], [], [], 0.5)[0]:
                if once_after is None:
                    os.write(terminal, typed)  # what is typed before somebody reads may be lost
                elif once_after in shown:
                    os.write(terminal, typed)
                    once_after = b"\xff"
                continue
            try:
                more = os.read(terminal, 65536)
            except OSError:  # the program has gone
                break
            if not more:
                break
            shown += more
        os.close(terminal)
        return shown.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


class Input(TerminalTest):
    def test_one_ctrl_d_ends_the_input(self):
        for typed, code in ((b"\x04", 0), (metrics(f1=0.5) + b"\x04", 0)):
            shown, exit_code = self.on_terminal("run", "--no-state", "--progress", "never", typed=typed,
                                                once_after=b"Ctrl-D ends them")
            self.assertEqual(exit_code, code, shown)
            self.assertNotIn("shutdown timeout", shown)


class Tables(TerminalTest):
    def test_no_line_of_a_table_is_wider_than_the_terminal(self):
        long = "a-model-whose-name-goes-on-and-on-" * 3
        command = self.write("refuses.sh", "#!/bin/sh\necho no, and this is a long reason why: $(seq 100) >&2\nexit 1\n")
        command.chmod(0o755)
        self.write("mlmon.toml", f'[observers.retraining]\nplugin = "retraining"\n[observers.alert]\nplugin = "alert"\n'
                                 f'receivers = [{{name = "refuses", type = "exec", command = ["{command}"]}}]\n')
        self.run_events(self.write("a.ndjson", [metrics(f1=0.4, model__name=long)]), "--state", self.dir / "state",
                        state=True)
        for listing in (["jobs", "list"], ["outbox", "list"], ["alerts", "list"], ["models", "list"], ["status"],
                        ["state", "info"]):
            with self.subTest(listing):
                shown, code = self.on_terminal(*listing, "--state", "state")
                self.assertEqual(code, 0, shown)
                lines = shown.split("\r\n")
                self.assertGreater(len(lines), 2, shown)
                self.assertLessEqual(max(map(len, lines)), 80, shown)


class Waiting(TerminalTest):
    def test_a_run_says_that_it_reads_the_terminal_unless_it_is_quiet(self):
        for quiet in ([], ["-q"]):
            shown, code = self.on_terminal("run", "--no-state", "--progress", "never", *quiet, typed=b"\x04")
            self.assertEqual(code, 0, shown)
            self.assertEqual("reading events from the terminal" in shown, not quiet, shown)


if __name__ == "__main__":
    mlmon_run.main()
