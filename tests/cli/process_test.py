"""Sections 3 and 10 of the contract: mlmon among other processes: as process 1, without threads, with secrets."""

import json
import os
import shutil
import signal
import subprocess
import time
import unittest

import mlmon_run
from lines import metrics
from mlmon_run import BINARY, MlmonTest, copy_for_others

UNSHARE = shutil.which("unshare")


def can_unshare():
    return UNSHARE and subprocess.run([UNSHARE, "-Urpf", "true"], capture_output=True).returncode == 0


@unittest.skipUnless(can_unshare(), "no process namespace can be made here")
class FirstProcess(MlmonTest):
    def started(self, *args, **popen):
        """mlmon as process 1 of a namespace of its own; and the process id that it has here."""
        outer = self.start("-Urpf", BINARY, *args, program=UNSHARE, **popen)
        first = 0
        while not first and outer.poll() is None:
            children = subprocess.run(["pgrep", "-P", str(outer.pid)], capture_output=True, text=True).stdout.split()
            first = int(children[0]) if children else 0
        return outer, first

    def test_it_reaps_what_is_left_to_it(self):
        (self.dir / "m.toml").write_text(
            '[observers.alert]\nreceivers = [{ name = "x", type = "exec",'
            ' command = ["sh", "-c", "setsid sh -c \'sleep 0.1; touch gone\' & exit 0"] }]\n')
        events = self.write("e.ndjson", metrics(f1=0.5))
        outer, first = self.started("run", "--follow", events, "-c", "m.toml", "--state", "state", "-o", "o",
                                    stderr=subprocess.PIPE)
        deadline = time.monotonic() + 60
        while not (self.dir / "gone").exists() and time.monotonic() < deadline:
            time.sleep(0.02)

        def zombies():
            shown = subprocess.run(["ps", "-o", "stat=", "--ppid", str(first)], capture_output=True, text=True).stdout
            return [state for state in shown.split() if state.startswith("Z")]
        while zombies() and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual(zombies(), [])
        self.assertTrue((self.dir / "gone").exists())
        os.kill(first, signal.SIGTERM)
        outer.communicate(timeout=mlmon_run.TIMEOUT)
        self.assertEqual(outer.returncode, 0)

    def test_it_ends_as_the_program_does(self):
        for args, code in ((["--version"], 0), (["rnu"], 2), (["run", "--no-state", "missing.ndjson"], 1)):
            outer, _ = self.started(*args, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.assertEqual(outer.wait(mlmon_run.TIMEOUT), code)


@unittest.skipUnless(os.geteuid() == 0 and shutil.which("setpriv"), "needs root")
class NoThreads(MlmonTest):
    def test_an_error_line_and_exit_code_1(self):
        program = copy_for_others(self.dir / "installed")
        events = self.write("e.ndjson", metrics(f1=0.5))
        for folder in (self.dir.parent, self.dir):
            folder.chmod(0o755)
        for most in range(1, 12):
            with open(events, "rb") as stdin:
                run = subprocess.run(
                    ["setpriv", "--reuid=54321", "--regid=54321", "--clear-groups", "bash", "-c",
                     f"ulimit -u {most}; exec {program} run --no-state -"], stdin=stdin, capture_output=True, text=True,
                    env=mlmon_run.environment(self.home))
            self.assertIn(run.returncode, (0, 1, 126), run.stderr)
            if run.returncode == 1:
                self.assertRegex(run.stderr, r"error: .*(thread|process)")


class Secrets(MlmonTest):
    def test_no_password_of_a_url_is_shown(self):
        self.write("m.toml", '[observers.alert]\nreceivers = [{ name = "h", type = "webhook",'
                             ' url = "http://user:hunter2@127.0.0.1:9/", retry = { initial = "1ms", max = "1ms" } }]\n')
        outputs = []
        for args in (["check", "-c", "m.toml"], ["check", "-c", "m.toml", "--json"],
                     ["config", "show", "-c", "m.toml"], ["config", "show", "-c", "m.toml", "--json"],
                     ["run", "-c", "m.toml", "--state", "s", "-vv", "--deliver-timeout", "300ms", "--summary", "json"],
                     ["outbox", "list", "--state", "s"], ["outbox", "list", "--state", "s", "--json"]):
            run = self.mlmon(*args, stdin=metrics(f1=0.5))
            outputs.append(run.out.decode() + run.err)
        self.write("m.toml", '[observers.alert]\nreceivers = [{ name = "h", type = "webhook",'
                             ' url = "ftp://user:hunter2@h/" }]\n')
        run = self.mlmon("check", "-c", "m.toml")
        self.expect_code(run, 2)
        outputs.append(run.out.decode() + run.err)
        self.assertNotIn("hunter2", "".join(outputs))
        for output in outputs[:4]:
            self.assertIn("http://user:***@127.0.0.1:9/", output)


class Proxy(MlmonTest):
    def test_the_error_of_a_dead_proxy_names_it(self):
        self.write("m.toml", '[observers.alert]\nreceivers = [{ name = "h", type = "webhook",'
                             ' url = "http://192.0.2.1/", retry = { initial = "1ms", max = "1ms" } }]\n')
        run = self.mlmon("run", "-c", "m.toml", "--no-state", "--deliver-timeout", "300ms", stdin=metrics(f1=0.5),
                         env={"http_proxy": "http://127.0.0.1:9"})
        self.assertRegex(run.err, r"proxy \(http_proxy\): Failed to connect to 127\.0\.0\.1 port 9")

    def test_a_port_that_cannot_be_has_a_message_of_its_own(self):
        run = self.mlmon("check", "--set", 'observers.alert.receivers=[{name="h",type="webhook",url="https://h:99999/"}]')
        self.expect_code(run, 2)
        self.assertIn("expected a port from 0 to 65535", run.err)


class Warnings(MlmonTest):
    def check(self, config, *args):
        self.write("m.toml", config)
        run = self.mlmon("check", "-c", "m.toml", *args)
        self.expect_code(run, 0)
        return run

    def test_a_command_that_does_not_exist_is_a_warning(self):
        run = self.check('[observers.retraining]\ntargets = [{ type = "exec", command = ["./none"] },'
                         ' { type = "exec", command = ["sh"] }]\n')
        self.assertIn('observers.retraining.targets[0].command: there is no program "', run.err)
        self.assertNotIn("targets[1].command", run.err)
        run = self.check('[observers.alert]\nreceivers = [{ name = "x", type = "exec", command = ["no-such-word"] }]\n')
        self.assertIn("observers.alert.receivers[0].command", run.err)
        self.assertEqual(self.check('[observers.alert]\n').err, "")

    def test_models_without_a_target_are_named(self):
        config = ('[state]\ndir = "state"\n[observers.retraining]\ntargets = [{ type = "exec", command = ["true"],'
                  ' models = ["fraud*"] }]\n')
        self.assertIn('match none of ["fraud*"] wait in the queue', self.check(config).out.decode())
        self.write("e.ndjson", [metrics(f1=0.7, model__name="churn"), metrics(f1=0.7, model__name="fraud-eu")])
        self.expect_code(self.mlmon("run", "-c", "m.toml", "e.ndjson"), 0)
        self.assertIn("no target: model churn", self.check(config).out.decode())
        elsewhere = config.replace('dir = "state"', 'dir = "none"')
        self.assertNotIn("no target: model churn", self.check(elsewhere).out.decode())
        self.assertIn("no target: model churn", self.check(elsewhere, "--state", "state").out.decode())
        queued = json.loads(self.check(config, "--json").out)["queued"]
        self.assertEqual(queued, {"unless": ["fraud*"], "models": ["churn"]})
        self.assertNotIn("queue", self.check(config.replace('"fraud*"', '"*"')).out.decode())

    def test_a_request_that_no_target_takes_waits_in_the_queue(self):
        self.write("m.toml", '[observers.retraining]\ntargets = [{ type = "exec", command = ["true"],'
                             ' models = ["fraud*"] }]\n')
        self.write("e.ndjson", [metrics(f1=0.7, model__name="churn"), metrics(f1=0.7, model__name="fraud-eu")])
        run = self.run_events("-c", "m.toml", "--state", "state", "e.ndjson", state=True, sees_all=False)
        self.expect_code(run, 0)
        self.assertEqual((run.receipt["actions"]["queued"], run.receipt["actions"]["delivered"]), (1, 1))
        jobs = [json.loads(line) for line in self.mlmon("jobs", "list", "--state", "state", "--json").out.splitlines()]
        self.assertEqual([job["model"]["name"] for job in jobs if job["status"] == "queued"], ["churn"])


if __name__ == "__main__":
    mlmon_run.main()
