"""SIGHUP: the configuration is read again while a run goes on; no event lost, none seen twice."""

import http.server
import json
import os
import pty
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import mlmon_run
from follow_test import FollowTest, line, names
from lines import metrics, time as time_of
from receipt import check_receipt

REQUESTS = """
[observers.retraining]
plugin = "retraining"
min_f1 = {}
max_p_value = false
"""


class ReloadTest(FollowTest):
    """The configuration is `mlmon.toml`, which the run finds by itself."""

    def begin(self, *args, config=REQUESTS.format(0.75), notify=None, named=False, state=True, follow=True,
              stdin=None):
        self.config = self.write("mlmon.toml", config)
        self.state = self.dir / "state"
        self.receipt_path = self.home / "receipt.json"
        kept = ["--state", self.state] if state else ["--no-state"]
        self.process = self.start("run", *(["--follow"] if follow else []), *kept, *(["-c", self.config] if named else []),
                                  "--receipt", self.receipt_path, *args, stdin=stdin, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, env={"NOTIFY_SOCKET": notify} if notify else {})
        self.addCleanup(self.process.kill)
        self.err, self.actions = [], []
        self.readers = [threading.Thread(target=self.collect, args=(self.process.stdout,)),
                        threading.Thread(target=lambda pipe: self.err.extend(pipe), args=(self.process.stderr,))]
        for reader in self.readers:
            reader.start()
        self.wait_until_signals_are_caught()

    def collect(self, pipe):
        for text in pipe:
            self.actions.append(json.loads(text))
            self.told.append(self.actions[-1]["model"]["name"])

    def wait_until_signals_are_caught(self):
        """SIGHUP is blocked as soon as the program itself runs; before, nobody can hold it."""
        def held():
            status = Path(f"/proc/{self.process.pid}/status").read_text()
            mask = next(row for row in status.splitlines() if row.startswith("SigBlk:")).split()[1]
            return int(mask, 16) >> (signal.SIGHUP - 1) & 1
        self.wait_until(held)

    def end(self, sees_all=True):
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(mlmon_run.TIMEOUT), 0, b"".join(self.err))
        for reader in self.readers:
            reader.join()
        self.process.stdout.close()
        self.process.stderr.close()
        receipt = json.loads(self.receipt_path.read_text())
        check_receipt(receipt, 0, sees_all)
        return receipt

    def configure(self, config):
        """In one step, so that a reload never sees a part of it."""
        self.write("next.toml", config).rename(self.config)

    def said(self):
        return [row.decode().rstrip("\n") for row in self.err if b"reload: " in row]

    def reload(self, config=None):
        """Returns the line that tells what came of it."""
        before = len(self.said())
        if config is not None:
            self.configure(config)
        self.process.send_signal(signal.SIGHUP)
        self.wait_until(lambda: len(self.said()) > before)
        self.assertIsNone(self.process.poll())
        self.assertEqual(len(self.said()), before + 1)
        return self.said()[-1]


class Observers(ReloadTest):
    def test_another_limit_holds_from_the_next_event_on(self):
        path = self.write("a.ndjson", [metrics(f1=0.7, model__name="m1", captured_at=time_of(1))])
        self.begin(path)
        self.wait_for(["m1"])
        self.assertEqual(self.reload(REQUESTS.format(0.65)), "reload: changed retraining")
        self.append(path, metrics(f1=0.7, model__name="m2", captured_at=time_of(2)),
                    metrics(f1=0.6, model__name="m3", captured_at=time_of(3)))
        self.wait_for(["m1", "m3"])
        receipt = self.end()
        self.assertEqual([(one["observer"], one["observed"], one["actions"]) for one in receipt["observers"]],
                         [("retraining", 3, 2)])

    def test_what_was_kept_goes_on(self):
        path = self.write("a.ndjson", [metrics(f1=0.5, captured_at=time_of(1))])
        self.begin(path)
        self.wait_for(["fraud"])
        self.reload(REQUESTS.format(0.7))
        self.append(path, metrics(f1=0.5, captured_at=time_of(2)), line(3))  # its job is open
        self.wait_for(["fraud", *names(3)])
        receipt = self.end()
        self.assertEqual(receipt["observers"][0]["suppressed"], 1)

    def test_observers_come_and_go(self):
        alert = '[observers.alert]\nplugin = "alert"\nreceivers = [{name = "f", type = "file", path = "told"}]\n'
        path = self.write("a.ndjson", [line(1)])
        self.begin(path)
        self.wait_for(names(1))
        self.assertEqual(self.reload(alert + REQUESTS.format(0.75)), "reload: added alert")
        self.append(path, line(2))
        self.wait_for(names(1, 2, 2))
        self.assertEqual(self.reload(alert), "reload: removed retraining")
        self.append(path, line(3))
        self.wait_for(names(1, 2, 2, 3))
        self.assertEqual(self.reload(alert + REQUESTS.format(0.7)), "reload: added retraining")
        self.append(path, line(4))
        self.wait_for(names(1, 2, 2, 3, 4, 4))
        receipt = self.end(sees_all=False)
        self.assertEqual({one["observer"]: one["observed"] for one in receipt["observers"]},
                         {"alert": 3, "retraining": 3})
        self.assertEqual(len((self.dir / "told").read_text().splitlines()), 3)

    def test_nothing_new_is_said_so(self):
        self.begin(self.write("a.ndjson", [line(1)]))
        self.wait_for(names(1))
        self.assertEqual(self.reload(), "reload: nothing has changed")
        also = "# the defaults\ncooldown = '0s'\nmodels = ['*']\n"
        self.assertEqual(self.reload(REQUESTS.format(0.75) + also), "reload: nothing has changed")
        self.end()

    def test_without_a_configuration_there_are_the_defaults_still(self):
        path = self.write("a.ndjson", [line(1)])
        self.begin(path)
        self.wait_for(names(1))
        self.config.unlink()
        self.process.send_signal(signal.SIGHUP)
        self.wait_until(lambda: self.said())
        self.assertEqual(self.said(), ["reload: added alert; changed retraining"])
        self.end(sees_all=False)

    def test_an_observer_goes_into_a_process_of_its_own_and_back(self):
        path = self.write("a.ndjson", [metrics(f1=0.5, captured_at=time_of(1))])
        self.begin(path)
        self.wait_for(["fraud"])
        self.assertEqual(self.reload(REQUESTS.format(0.75) + 'isolation = "process"\n'), "reload: changed retraining")
        self.append(path, metrics(f1=0.5, captured_at=time_of(2)), line(3))  # its job is open
        self.wait_for(["fraud", *names(3)])
        self.assertEqual(self.reload(REQUESTS.format(0.75) + 'isolation = "process"\nlimits = {batch = "1h"}\n'),
                         "reload: changed retraining")
        self.append(path, metrics(f1=0.5, captured_at=time_of(4)), line(5))
        self.wait_for(["fraud", *names(3, 5)])
        self.assertEqual(self.reload(REQUESTS.format(0.75)), "reload: changed retraining")
        self.append(path, metrics(f1=0.5, captured_at=time_of(6)), line(7))
        self.wait_for(["fraud", *names(3, 5, 7)])
        receipt = self.end()
        self.assertEqual(receipt["observers"][0]["suppressed"], 3)

    def test_code_that_has_changed_on_disk_needs_a_restart(self):
        plugin = self.dir / "own.so"
        shipped = Path(mlmon_run.BINARY).parent.parent / "lib/mlmon/plugins/retraining.so"

        def install():
            self.write("next.so", shipped.read_bytes()).chmod(0o644)
            (self.dir / "next.so").rename(plugin)
        install()
        config = '[observers.retraining]\nplugin = "./own.so"\nmin_f1 = {}\n'
        self.begin(self.write("a.ndjson", [line(1)]), config=config.format(0.75))
        self.wait_for(names(1))
        install()
        restart = "restart needed: observers.retraining (its code has changed on disk)"
        self.assertEqual(self.reload(), f"reload: nothing has changed; {restart}")
        self.assertEqual(self.reload(config.format(0.7)), f"reload: changed retraining; {restart}")
        self.end()

    def test_set_keeps_the_last_word(self):
        path = self.write("a.ndjson", [metrics(f1=0.5, model__name="m1", captured_at=time_of(1))])
        self.begin(path, "--set", "observers.retraining.min_f1=0.6")
        self.wait_for(["m1"])
        self.assertEqual(self.reload(REQUESTS.format(0.9)), "reload: nothing has changed")
        self.append(path, metrics(f1=0.7, model__name="m2", captured_at=time_of(2)),
                    metrics(f1=0.5, model__name="m3", captured_at=time_of(3)))
        self.wait_for(["m1", "m3"])
        self.end()

    def test_quiet_runs_say_only_what_is_wrong(self):
        path = self.write("a.ndjson", [metrics(f1=0.7, model__name="m1", captured_at=time_of(1))])
        self.begin(path, "-q")
        self.wait_for(["m1"])
        self.configure(REQUESTS.format(0.65))
        self.process.send_signal(signal.SIGHUP)
        for number in range(2, 200):  # until the limit holds
            told = len(self.told)
            self.append(path, metrics(f1=0.7, model__name=f"n{number}", captured_at=time_of(number)),
                        line(number))
            self.wait_until(lambda: names(number)[0] in self.told)
            if len(self.told) == told + 1:
                break
        self.assertIn("in force", self.reload(REQUESTS.format('"high"')))
        self.end()
        self.assertEqual(len(self.said()), 1)


class Wrong(ReloadTest):
    def test_a_wrong_configuration_is_told_with_its_place_and_the_old_one_goes_on(self):
        path = self.write("a.ndjson", [line(1)])
        self.begin(path, named=True)
        self.wait_for(names(1))
        said = self.reload('[observers.retraining]\nplugin = "retraining"\nmin_f1 = 7\nmin_f2 = 1\n')
        self.assertIn("the old configuration stays in force", said)
        self.assertIn("mlmon.toml:3: observers.retraining.min_f1: ", said)
        self.assertIn("mlmon.toml:4: observers.retraining.min_f2: ", said)
        self.assertIn("mlmon.toml:2", self.reload('[observers.retraining]\nplugin = "nosuch"\n'))
        self.assertIn("mlmon.toml:1", self.reload("[[["))
        self.config.unlink()
        self.assertIn("mlmon.toml", self.reload())
        self.append(path, line(2))
        self.wait_for(names(1, 2))
        self.end()

    def test_a_receiver_that_would_write_to_an_input_is_refused(self):
        path = self.write("a.ndjson", [line(1)])
        self.begin(path)
        self.wait_for(names(1))
        said = self.reload('[observers.alert]\nplugin = "alert"\n'
                           'receivers = [{name = "f", type = "file", path = "a.ndjson"}]\n')
        self.assertIn("the old configuration stays in force", said)
        self.end()

    def test_a_plugin_that_cannot_be_loaded_is_refused(self):
        path = self.write("a.ndjson", [line(1)])
        self.begin(path)
        self.wait_for(names(1))
        self.write("broken.so", "no library").chmod(0o644)
        said = self.reload(REQUESTS.format(0.75) + '[observers.broken]\nplugin = "./broken.so"\n')
        self.assertIn("the old configuration stays in force", said)
        self.assertIn("broken.so", said)
        self.end()

    def test_keys_that_cannot_change_in_a_run_are_named(self):
        path = self.write("a.ndjson", [line(1)])
        self.begin(path)
        self.wait_for(names(1))
        said = self.reload('[input]\nmax_line = "2MiB"\n[bus]\ncheckpoint_every = "100ms"\n' + REQUESTS.format(0.7))
        self.assertEqual(said, "reload: changed retraining, bus.checkpoint_every; restart needed: input.max_line")
        self.end()

    def test_a_configuration_from_a_pipe_is_read_once(self):
        fifo = self.dir / "config"
        os.mkfifo(fifo)
        writer = threading.Thread(target=lambda: fifo.write_text(REQUESTS.format(0.75)))
        writer.start()
        path = self.write("a.ndjson", [line(1)])
        self.begin(path, "-c", fifo)
        writer.join()
        self.wait_for(names(1))
        self.assertIn("not a regular file", self.reload())
        self.append(path, line(2))
        self.wait_for(names(1, 2))
        self.end()


class WhileEventsFlow(ReloadTest):
    def test_no_event_is_lost_or_seen_twice_however_often_it_is_reloaded(self):
        count = 20_000
        for state in (True, False):
            with self.subTest(state=state):
                self.told.clear()
                (self.home / "receipt.json").unlink(missing_ok=True)
                self.begin("-", state=state, follow=False, stdin=subprocess.PIPE)
                done = threading.Event()

                def feed():
                    with self.process.stdin as pipe:
                        for number in range(count):
                            pipe.write(line(number) if number % 20 == 0 else
                                       metrics(f1=0.9, model__name="fine", captured_at=time_of(number)))
                            if number % 500 == 0:
                                pipe.flush()
                                time.sleep(0.01)
                    done.set()
                feeder = threading.Thread(target=feed)
                feeder.start()
                number = 0
                while not done.is_set() and self.process.poll() is None:
                    number += 1
                    limit = (0.75, 0.7, '"high"')[number % 3]
                    self.configure(REQUESTS.format(limit))
                    self.process.send_signal(signal.SIGHUP)
                    time.sleep(0.02)
                feeder.join()
                self.assertEqual(self.process.wait(mlmon_run.TIMEOUT), 0, b"".join(self.err)[-2000:])
                for reader in self.readers:
                    reader.join()
                self.assertEqual(self.told, [f"m{number:05}" for number in range(0, count, 20)])
                receipt = json.loads(self.receipt_path.read_text())
                check_receipt(receipt, 0)
                self.assertEqual(receipt["observers"][0]["observed"], count)
                self.assertGreater(sum(row.startswith("reload: changed") for row in self.said()), 5)
                self.assertGreater(sum("in force" in row for row in self.said()), 2)

    def test_hangups_at_any_time_of_a_short_run_do_not_end_it(self):
        path = self.write("a.ndjson", [line(number) for number in range(200)])
        for pause in range(15):
            with self.subTest(pause=pause):
                self.told.clear()
                self.begin(path, "--set", "observers.retraining.min_f1=0.75", state=False, follow=False)
                while self.process.poll() is None:
                    self.process.send_signal(signal.SIGHUP)
                    time.sleep(pause / 2000)
                self.assertEqual(self.process.wait(), 0, b"".join(self.err))
                for reader in self.readers:
                    reader.join()
                self.assertEqual(self.told, names(*range(200)))


class Receivers(ReloadTest):
    CONFIG = '[observers.alert]\nplugin = "alert"\n[[observers.alert.receivers]]\nname = "hook"\ntype = "webhook"\n' \
             'url = "http://127.0.0.1:{}"\nretry = {{initial = "50ms", max = "100ms"}}\n'

    def serve(self, status):
        got = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                got.extend(alert["id"] for alert in body["alerts"])
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_):
                pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server.server_port, got

    def test_what_waits_for_a_receiver_goes_to_where_it_is_by_now(self):
        down, tried = self.serve(503)
        up, got = self.serve(200)
        path = self.write("a.ndjson", [line(1)])
        self.begin(path, config=self.CONFIG.format(down))
        self.wait_for(names(1))
        self.wait_until(lambda: tried)
        self.assertEqual(self.reload(self.CONFIG.format(up)), "reload: changed alert")
        self.wait_until(lambda: got)
        self.append(path, line(2))
        self.wait_for(names(1, 2))
        self.wait_until(lambda: len(got) == 2)
        self.end()
        self.assertEqual(got, [action["id"] for action in self.actions])

    def test_what_waits_for_a_receiver_that_is_gone_stays_until_it_is_back(self):
        down, tried = self.serve(503)
        up, got = self.serve(200)
        path = self.write("a.ndjson", [line(1)])
        self.begin(path, config=self.CONFIG.format(down))
        self.wait_until(lambda: tried)
        self.reload('[observers.alert]\nplugin = "alert"\nreceivers = [{name = "f", type = "file", path = "told"}]\n')
        self.append(path, line(2))
        self.wait_for(names(1, 2))
        listed = self.mlmon("outbox", "list", "--json", "--state", self.state)
        self.assertEqual([json.loads(row)["endpoint"] for row in listed.out.splitlines()], ["alert.hook"])
        self.reload(self.CONFIG.format(up))
        self.wait_until(lambda: got)
        self.end()
        self.assertEqual(got, [self.actions[0]["id"]])

    def test_a_delivery_that_is_under_way_holds_up_nobody_and_is_not_made_twice(self):
        slow = self.write("slow.sh", "#!/bin/sh\ncat >> got\necho began >> began\nsleep 3\n")
        slow.chmod(0o755)
        config = '[observers.alert]\nplugin = "alert"\n[[observers.alert.receivers]]\nname = "x"\ntype = "exec"\n' \
                 f'command = ["{slow}"]\ntimeout = "{{}}s"\n'
        path = self.write("a.ndjson", [line(1)])
        self.begin(path, config=config.format(30))
        self.wait_until((self.dir / "began").exists)
        began = time.monotonic()
        self.reload(config.format(31))
        self.append(path, line(2))
        self.wait_for(names(1, 2))
        if not mlmon_run.SANITIZED:
            self.assertLess(time.monotonic() - began, 2)
        self.wait_until(lambda: not self.mlmon("outbox", "list", "--json", "--state", self.state).out)
        self.end()
        told = [json.loads(row)["id"] for row in (self.dir / "got").read_text().splitlines()]
        self.assertEqual(told, [action["id"] for action in self.actions])


class Service(ReloadTest):
    def test_systemd_is_told_when_it_begins_and_when_it_is_over(self):
        path = self.home / "notify"
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(listener.close)
        listener.bind(str(path))
        listener.settimeout(mlmon_run.TIMEOUT)

        def next_state():
            while True:
                text = listener.recv(4096).decode()
                if not text.startswith(("STATUS=", "WATCHDOG=")):
                    return text
        self.begin(self.write("a.ndjson", [line(1)]), notify=str(path))
        self.assertEqual(next_state(), "READY=1")
        for config in (REQUESTS.format(0.7), REQUESTS.format(0.7), "[["):
            self.reload(config)
            self.assertRegex(next_state(), r"^RELOADING=1\nMONOTONIC_USEC=\d+$")
            self.assertEqual(next_state(), "READY=1")
        self.end()
        self.assertEqual(next_state(), "STOPPING=1")

    def test_a_terminal_that_is_gone_ends_the_run_as_sigterm_does(self):
        path = self.write("a.ndjson", [line(1)])
        self.config = self.write("mlmon.toml", REQUESTS.format(0.75))
        receipt = self.home / "receipt.json"
        env = mlmon_run.environment(self.home)
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.dir)
            os.execve(mlmon_run.BINARY, [mlmon_run.BINARY, "run", "--follow", "--no-state", "--receipt", str(receipt),
                                         "-o", "out.ndjson", str(path)], env)
        self.wait_until(lambda: (self.dir / "out.ndjson").exists() and (self.dir / "out.ndjson").read_text())
        os.close(terminal)
        ended = []
        self.wait_until(lambda: ended.append(os.waitpid(pid, os.WNOHANG)) or ended[-1][0] == pid)
        self.assertTrue(os.WIFEXITED(ended[-1][1]), ended[-1])
        self.assertEqual(json.loads(receipt.read_text())["observers"][0]["observed"], 1)


if __name__ == "__main__":
    mlmon_run.main()
