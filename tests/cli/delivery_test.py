"""Sections 10 and 11 of the contract: what targets and receivers are sent, and those that misbehave."""

import hashlib
import hmac
import json
import shutil
import subprocess
import time

import mlmon_run
from lines import metrics
from misbehaving_server import MisbehavingServer, make_certificate
from mlmon_run import MlmonTest

LOW = metrics(f1=0.5)  # one request, one alert


def toml(value):
    """A value as TOML; JSON's texts and arrays are TOML's as well."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value)


def config(targets=(), receivers=()):
    text = ""
    for plugin, table, endpoints in (("retraining", "targets", targets),
                                     ("alert", "receivers", receivers)):
        if endpoints:
            text += f'[observers.{plugin}]\nplugin = "{plugin}"\n'
        for endpoint in endpoints:
            text += f"[[observers.{plugin}.{table}]]\n"
            text += "".join(f"{key} = {toml(value)}\n" for key, value in endpoint.items())
    return text


FAST = {"initial": "10ms", "max": "50ms", "give_up": "24h"}


class Delivery(MlmonTest):
    def deliver(self, targets=(), receivers=(), stdin=LOW, timeout="20s", code=0):
        self.write("m.toml", config(targets, receivers))
        run = self.run_events("-c", "m.toml", "--deliver-timeout", timeout, stdin=stdin)
        self.expect_code(run, code)
        return run

    def server(self, certificate=None):
        server = MisbehavingServer(certificate)
        self.enterContext(server)
        return server


class Requests(Delivery):
    def test_an_http_target_gets_the_action_as_it_was_printed(self):
        server = self.server()
        run = self.deliver([{"type": "http", "url": server.url("/ok?a=b"), "token": "s3cret",
                             "headers": {"X-Team": "risk"}}])
        [request] = server.requests("/ok?a=b")
        self.assertEqual(request.method, "POST")
        self.assertEqual(request.body + b"\n", run.out)
        self.assertEqual(request.headers["content-type"], "application/json")
        self.assertEqual(request.headers["idempotency-key"], run.actions[0]["id"])
        self.assertEqual(request.headers["authorization"], "Bearer s3cret")
        self.assertEqual(request.headers["x-team"], "risk")
        self.assertRegex(request.headers["user-agent"], r"^mlmon/\d+\.\d+\.\d+$")
        self.assertEqual(run.receipt["actions"]["delivered"], 1)

    def test_a_webhook_gets_a_signed_envelope(self):
        server = self.server()
        run = self.deliver(receivers=[{"name": "ops-1", "type": "webhook", "secret": "k\u00e9y",
                                       "url": server.url("/ok"), "username": "u", "password": "p"}])
        [request] = server.requests("/ok")
        self.assertEqual(request.json, {"version": 1, "receiver": "ops-1", "alerts": run.actions})
        expected = hmac.new("k\u00e9y".encode(), request.body, hashlib.sha256).hexdigest()
        self.assertEqual(request.headers["x-mlmon-signature"], "sha256=" + expected)
        self.assertEqual(request.headers["idempotency-key"], run.actions[0]["id"])
        self.assertEqual(request.headers["authorization"], "Basic dTpw")

    def test_without_a_secret_nothing_is_signed(self):
        server = self.server()
        self.deliver(receivers=[{"name": "ops", "type": "webhook", "url": server.url("/ok")}])
        self.assertNotIn("x-mlmon-signature", server.requests("/ok")[0].headers)

    def test_each_target_and_receiver_gets_what_its_filters_let_through(self):
        lines = [metrics(f1=0.5, model__name=name) for name in ("fraud", "fraud-eu", "churn")]
        self.deliver(
            [{"type": "exec", "models": ["fraud*", "!*-eu"],
              "command": ["sh", "-c", "cat >> requests"]}, {"type": "queue"}],
            [{"name": "a", "type": "file", "path": "a", "models": ["churn"], "rules": ["low_*"]},
             {"name": "b", "type": "file", "path": "b", "severity": ["warning"]}],
            stdin=b"".join(lines))
        names = [json.loads(line)["model"]["name"]
                 for line in (self.dir / "requests").read_text().splitlines()]
        self.assertEqual(names, ["fraud"])
        self.assertEqual(json.loads((self.dir / "a").read_text())["model"]["name"], "churn")
        self.assertFalse((self.dir / "b").exists())

    def test_a_file_holds_the_alerts_as_they_were_printed(self):
        self.write("alerts.ndjson", "before\n")
        run = self.deliver(receivers=[{"name": "log", "type": "file", "path": "alerts.ndjson"}],
                           stdin=LOW + metrics(f1=0.9))
        self.assertEqual((self.dir / "alerts.ndjson").read_bytes(), b"before\n" + run.out)
        self.assertEqual([a["state"] for a in run.actions], ["firing", "resolved"])

    def test_what_a_command_says_is_on_no_stream_of_ours_but_in_the_message(self):
        run = self.deliver([{"type": "exec", "command": ["sh", "-c", "echo noise; exit 3"]}], code=4)
        self.assertEqual(len(run.actions), 1)
        self.assertNotIn(b"noise", run.out)
        self.assertIn("exit code 3: noise", run.err)
        self.assertEqual(run.receipt["actions"]["dead"], 1)

        run = self.deliver([{"type": "exec", "command": ["sh", "-c", "echo noise; echo more >&2"]}])
        self.assertNotIn("noise", run.err)
        self.assertNotIn("more", run.err)
        self.assertEqual(len(run.actions), 1)

    def test_a_command_that_cannot_be_started_is_tried_again(self):
        # Open for writing, as while it is being replaced: ETXTBSY.
        program = self.dir / "program"
        shutil.copy("/bin/true", program)
        self.write("c.toml", '[observers.alert]\nreceivers = [{ name = "x", type = "exec", command = ["./program"],'
                             ' retry = { initial = "1ms", max = "10ms" } }]\n')
        with open(program, "ab"):
            run = self.mlmon("run", "-c", "c.toml", "--state", "s", "--deliver-timeout", "300ms", stdin=LOW)
        self.expect_code(run, 4)
        waiting = json.loads(self.mlmon("outbox", "list", "--state", "s", "--json").out)
        self.assertEqual(waiting["status"], "waiting")
        self.expect_code(self.mlmon("run", "-c", "c.toml", "--state", "s", stdin=b""), 0)

    def test_a_command_that_asks_for_another_try_gets_it_with_the_same_id(self):
        script = 'echo "$MLMON_JOB_ID" >> ids; [ "$(wc -l < ids)" = 3 ] || exit 75'
        run = self.deliver([{"type": "exec", "command": ["sh", "-c", script], "retry": FAST}])
        self.assertEqual((self.dir / "ids").read_text().split(), [run.actions[0]["id"]] * 3)


class Misbehaviour(Delivery):
    def test_failures_that_pass_are_tried_again(self):
        server = self.server()
        run = self.deliver(receivers=[
            {"name": "flaky", "type": "webhook", "url": server.url("/flaky"), "retry": FAST},
            {"name": "busy", "type": "webhook", "url": server.url("/busy"), "retry": FAST}])
        self.assertEqual(run.receipt["actions"]["delivered"], 1)
        first, second = server.requests("/flaky")
        self.assertEqual(first.body, second.body)
        self.assertEqual(first.headers["idempotency-key"], second.headers["idempotency-key"])
        first, second = server.requests("/busy")
        self.assertGreaterEqual(second.at - first.at, 0.9, "Retry-After was cut short")
        self.assertIn("HTTP 500: try again", run.err)
        self.assertIn("HTTP 429: slow down", run.err)

    def test_refusals_and_redirects_are_dead_letters_with_what_was_said(self):
        server = self.server()
        paths = ["/refuse", "/circle", "/conflict", "/nowhere"]
        run = self.deliver([{"type": "http", "url": server.url(path), "retry": FAST} for path in paths],
                           code=4)
        self.assertEqual(run.receipt["actions"]["dead"], 1)
        for path in paths:
            self.assertEqual(len(server.requests(path)), 1, path)
        self.assertIn("HTTP 400: no such team", run.err)
        self.assertNotIn("\x1b", run.err)
        self.assertNotIn("x" * 1100, run.err)
        self.assertIn("HTTP 302 to /circle (redirects are not followed)", run.err)
        self.assertIn("HTTP 409: known", run.err)
        self.assertIn("HTTP 404", run.err)

    def test_one_that_hangs_drips_resets_or_lies_delays_no_other(self):
        server = self.server()
        bad = {"hang": "time-out after 500 ms", "drip": "time-out after 500 ms",
               "drip_head": "time-out after 500 ms", "reset": ".*reset by peer", "early": "transfer closed",
               "silent": "Empty reply", "mail": "Received HTTP/0.9"}
        receivers = [{"name": name, "type": "webhook", "url": server.url("/" + name),
                      "timeout": "500ms"} for name in bad]
        receivers.append({"name": "log", "type": "file", "path": "log"})
        begin = time.monotonic()
        run = self.deliver(receivers=receivers, timeout="2s", code=4)
        self.assertLess(time.monotonic() - begin, 60 if mlmon_run.SANITIZED else 10)
        self.assertEqual((self.dir / "log").read_bytes(), run.out)
        self.assertEqual(run.receipt["actions"]["waiting"], 1)
        for name, text in bad.items():
            self.assertRegex(run.err, rf"alert\.{name}: will be tried again: {text}")

    def test_an_answer_without_end_costs_no_memory_and_its_status_counts(self):
        server = self.server()
        run = self.deliver([{"type": "http", "url": server.url("/gigabyte")},
                            {"type": "http", "url": server.url("/many_headers")}])
        self.assertEqual(run.receipt["actions"]["delivered"], 1)
        self.assertEqual(server.floods_taken, 0)
        if not mlmon_run.SANITIZED:
            self.assertLess(run.peak_kib, 128 * 1024)

    def test_a_date_to_wait_for_is_waited_for(self):
        server = self.server()
        self.deliver([{"type": "http", "url": server.url("/busy_until"), "retry": FAST}])
        first, second = server.requests("/busy_until")
        self.assertGreaterEqual(second.at - first.at, 1.9, "Retry-After was cut short")

    def test_all_of_them_at_once_cost_neither_the_good_one_nor_memory(self):
        server, foreign = self.server(), self.server(make_certificate(self.home)[0])
        ways = ["hang", "drip", "drip_head", "reset", "early", "silent", "mail", "gigabyte", "many_headers",
                "circle", "busy", "busy_until", "flaky", "refuse"]
        urls = [server.url("/" + way) for way in ways]
        urls += [foreign.url("/ok"), server.url("/ok").replace("http:", "https:")]
        receivers = [{"name": f"r{n}", "type": "webhook", "url": url, "timeout": "500ms"}
                     for n, url in enumerate(urls)]
        receivers.append({"name": "log", "type": "file", "path": "log"})
        lines = b"".join(metrics(f1=0.5, model__name=f"m{n}") for n in range(100))
        begin = time.monotonic()
        run = self.deliver(receivers=receivers, stdin=lines, timeout="3s", code=4)
        self.assertLess(time.monotonic() - begin, 60 if mlmon_run.SANITIZED else 15)
        self.assertEqual((self.dir / "log").read_bytes(), run.out)
        self.assertEqual(len(run.actions), 100)
        if not mlmon_run.SANITIZED:
            self.assertLess(run.peak_kib, 64 * 1024)

    def test_a_certificate_that_does_not_verify_is_tried_again_and_may_be_trusted(self):
        certificate, public = make_certificate(self.home)
        server = self.server(certificate)
        target = {"type": "http", "url": server.url("/ok")}
        run = self.deliver([target], timeout="3s", code=4)
        self.assertEqual(run.receipt["actions"]["waiting"], 1)
        self.assertIn("certificate", run.err)
        self.assertEqual(server.requests("/ok"), [])
        self.deliver([{**target, "ca_file": str(public)}])
        self.assertEqual(len(server.requests("/ok")), 1)

    def test_a_certificate_for_another_host_does_not_verify(self):
        certificate, public = make_certificate(self.home, "127.0.0.2")
        server = self.server(certificate)
        run = self.deliver([{"type": "http", "url": server.url("/ok"), "ca_file": str(public)}],
                           timeout="1s", code=4)
        self.assertEqual(run.receipt["actions"]["waiting"], 1)
        self.assertEqual(server.requests("/ok"), [])

    def test_the_end_of_the_run_ends_what_hangs(self):
        server = self.server()
        begin = time.monotonic()
        self.deliver([{"type": "http", "url": server.url("/hang"), "timeout": "1h"},
                      {"type": "exec", "command": ["sleep", "3600"], "timeout": "1h"}],
                     timeout="500ms", code=4)
        self.assertLess(time.monotonic() - begin, 60 if mlmon_run.SANITIZED else 10)


class Stopped(Delivery):
    """A run that is asked to stop while a command delivers."""

    def stop(self, command, timeout):
        self.write("m.toml", config(receivers=[{"name": "x", "type": "exec", "command": ["sh", "-c", "> begun; " + command]}]))
        process = self.start("run", "-c", "m.toml", "--state", "state", "--receipt", "receipt", "--shutdown-timeout", timeout,
                             "-", stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        process.stdin.write(LOW)
        process.stdin.flush()
        while not (self.dir / "begun").exists():
            time.sleep(0.01)
        begun = time.monotonic()
        process.terminate()
        _, err = process.communicate(timeout=60)
        self.assertLess(time.monotonic() - begun, 30)
        receipt = json.loads((self.dir / "receipt").read_text()) if (self.dir / "receipt").exists() else None
        return process.returncode, receipt, err.decode()

    def test_most_of_the_time_that_is_left_is_for_deliveries(self):
        code, receipt, err = self.stop("sleep 3; > ended", "8s")
        self.assertEqual((code, receipt["actions"]["waiting"]), (0, 0), err)
        self.assertTrue((self.dir / "ended").exists())

    def test_a_limit_too_short_for_a_command_to_end_leaves_it_waiting(self):
        code, receipt, err = self.stop("trap '' TERM; sleep 5", "1s")
        self.assertIn("alert.x: deliver did not return within the shutdown timeout", err)
        self.assertEqual((code, receipt and receipt["exit_code"], receipt and receipt["actions"]["waiting"]), (4, 4, 1), err)


class Configuration(Delivery):
    def errors(self, targets=(), receivers=()):
        self.write("m.toml", config(targets, receivers))
        run = self.mlmon("run", "--no-state", "-c", "m.toml", stdin=LOW)
        self.expect_code(run, 2)
        self.assertEqual(run.out, b"")
        self.assertNotIn("s3cret", run.err)
        return run.err

    def test_what_an_endpoint_cannot_do_is_an_error_that_names_it(self):
        http = {"type": "http", "url": "http://x/"}
        for target, text in [({"type": "http"}, 'targets[0]: type "http" needs url'),
                             ({"type": "exec"}, 'targets[0]: type "exec" needs command'),
                             ({"type": "queue", "token": "s3cret"}, 'type "queue" takes no token'),
                             ({**http, "token": "s3cret", "username": "u", "password": "s3cret"},
                              "expected one of token, username"),
                             ({**http, "url": "gopher://x/"}, "http:// or https://")]:
            with self.subTest(target):
                self.assertIn(text, self.errors([target]))
        self.assertIn('receivers[0]: type "file" needs path',
                      self.errors(receivers=[{"name": "a", "type": "file"}]))

    def test_unknown_keys_types_and_values_name_their_place(self):
        for target, text in [({"typ": "http"}, 'unknown key "typ" (did you mean "type"?)'),
                             ({"type": "htpp"}, '(did you mean "http"?)'),
                             ({"type": "http", "url": 5}, "observers.retraining.targets[0].url"),
                             ({"type": "exec", "command": "a b"}, "targets[0].command"),
                             ({"type": "exec", "command": ["a"], "timeout": "soon"}, "a duration"),
                             ({"type": "http", "url": "http://x/", "headers": {"X": ["s3cret"]}},
                              "(hidden)")]:
            with self.subTest(target):
                err = self.errors([target])
                self.assertIn(text, err)
                self.assertRegex(err, r"m\.toml:\d+: ")
        self.assertIn("name", self.errors(receivers=[{"type": "stderr"}]))

    def test_check_shows_the_endpoints_and_no_secret(self):
        server = {"url": "https://x.example/", "token": "s3cret", "headers": {"X-Key": "s3cret"}}
        self.write("m.toml", config(
            [{"type": "http", **server}, {"type": "exec", "command": ["x"], "env": {"K": "s3cret"}}],
            [{"name": "ops", "type": "webhook", "secret": "s3cret", **server}]))
        run = self.mlmon("check", "-c", "m.toml")
        self.expect_code(run, 0)
        self.assertIn("delivers to exec", run.out.decode())
        self.assertIn("delivers to ops", run.out.decode())
        self.assertNotIn("s3cret", run.out.decode() + run.err)

    def test_secrets_come_from_the_environment_and_from_files(self):
        server = self.server()
        self.write("token", "from-file\n")
        self.write("m.toml", config([{"type": "http", "url": server.url("/refuse"),
                                      "token": "file:token", "headers": {"X-Key": "${KEY}"}}]))
        run = self.mlmon("run", "--no-state", "-c", "m.toml", stdin=LOW, env={"KEY": "from-env"})
        self.expect_code(run, 4)
        [request] = server.requests("/refuse")
        self.assertEqual(request.headers["authorization"], "Bearer from-file")
        self.assertEqual(request.headers["x-key"], "from-env")
        self.assertNotIn("from-", run.err)


class Paths(Delivery):
    def test_paths_in_a_file_go_from_its_folder_and_those_of_set_from_here(self):
        self.write("etc/run.sh", "#!/bin/sh\ncat > ran\n").chmod(0o755)
        self.write("etc/m.toml", config(
            [{"type": "exec", "command": ["./run.sh", "./x"]}],
            [{"name": "log", "type": "file", "path": "alerts.ndjson"}]))
        self.expect_code(self.run_events("-c", "etc/m.toml", stdin=LOW), 0)
        self.assertTrue((self.dir / "etc/alerts.ndjson").exists())
        self.assertTrue((self.dir / "ran").exists())
        here = "observers.alert.receivers=[{name='log', type='file', path='here.ndjson'}]"
        self.expect_code(self.run_events("-c", "etc/m.toml", "--set", here, stdin=LOW), 0)
        self.assertTrue((self.dir / "here.ndjson").exists())


class Pace(Delivery):
    """What holds a receiver back holds from one run to the next."""

    def run_state(self, receivers=(), targets=(), lines=(), code=0, timeout="500ms"):
        self.write("m.toml", config(targets, receivers))
        run = self.run_events("-c", "m.toml", "--state", "state", "--deliver-timeout", timeout,
                              state=True, stdin=b"".join(lines))
        self.expect_code(run, code)
        return run

    def lows(self, *names):
        return [metrics(f1=0.5, model__name=name) for name in names]

    def test_a_rate_limit_is_kept_and_the_others_wait(self):
        server = self.server()
        receivers = [{"name": "ops", "type": "webhook", "url": server.url("/ok"), "rate_limit": "3/1h"},
                     {"name": "log", "type": "file", "path": "log"}]
        run = self.run_state(receivers, lines=self.lows(*"abcde"), code=4)
        self.assertEqual(run.receipt["actions"]["waiting"], 2)
        self.assertEqual(len(server.requests("/ok")), 3)
        self.run_state(receivers, lines=self.lows("f"), code=4)
        self.assertEqual(len(server.requests("/ok")), 3)
        self.assertEqual((self.dir / "log").read_text().count("\n"), 6)

    def test_a_rate_limit_lets_through_what_its_period_allows(self):
        server = self.server()
        receivers = [{"name": "ops", "type": "webhook", "url": server.url("/ok"),
                      "rate_limit": "2/300ms"}]
        self.run_state(receivers, lines=self.lows(*"abcdef"), timeout="60s")
        times = [request.at for request in server.requests("/ok")]
        told = [json.loads(request.body)["alerts"] for request in server.requests("/ok")]
        self.assertEqual(sum(map(len, told)), 6)  # those that waited come in one digest
        self.assertGreaterEqual(len(times), 3)
        for first, third in zip(times, times[2:]):
            self.assertGreaterEqual(third - first, 0.25)

    def test_a_rate_limit_that_is_none_is_refused_with_its_place(self):
        for text in ("10", "0/1m", "x/1m", "10/0s", "10/", "/1m", "1000000/1m"):
            self.write("m.toml", config(receivers=[{"name": "a", "type": "stderr", "rate_limit": text}]))
            run = self.mlmon("check", "-c", "m.toml")
            self.expect_code(run, 2)
            self.assertIn("rate_limit", run.err)

    def test_retry_after_holds_the_receiver_back_in_the_next_run_too(self):
        server = self.server()
        receivers = [{"name": "ops", "type": "webhook", "url": server.url("/later")}]
        self.run_state(receivers, lines=self.lows("a"), code=4)
        self.run_state(receivers, lines=self.lows("b"), code=4)
        self.assertEqual(len(server.requests("/later")), 1)
        self.expect_code(self.mlmon("outbox", "retry", "--all", "--state", "state"), 0)
        self.run_state(receivers, lines=self.lows("c"), code=4)
        self.assertGreaterEqual(len(server.requests("/later")), 2)

    def test_retry_after_holds_the_receiver_back_at_once(self):
        lines = b"".join(self.lows(*map(str, range(40))))
        for kind in ("targets", "receivers"):
            with self.subTest(kind):
                server = self.server()
                url = server.url("/later_from_the_eleventh")
                endpoint = {"type": "http", "url": url} if kind == "targets" else {
                    "name": "ops", "type": "webhook", "url": url}
                run = self.deliver(**{kind: [endpoint]}, stdin=lines, timeout="1s", code=4)
                self.assertEqual(len(server.requests("/later_from_the_eleventh")), 11)
                self.assertEqual((run.receipt["actions"]["delivered"], run.receipt["actions"]["waiting"]), (10, 30))

    def test_an_active_run_hears_of_outbox_retry(self):
        server = self.server()
        self.write("m.toml", config(receivers=[{"name": "ops", "type": "webhook", "url": server.url("/later")}]))
        self.write("events.ndjson", LOW)
        run = self.start("run", "-c", "m.toml", "--state", "state", "--follow", "events.ndjson",
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for tries in (1, 2, 3):
                deadline = time.monotonic() + 30
                while len(server.requests("/later")) < tries and time.monotonic() < deadline:
                    time.sleep(0.05)
                self.assertEqual(len(server.requests("/later")), tries)
                time.sleep(1.5)  # it rests for an hour
                self.assertEqual(len(server.requests("/later")), tries)
                self.expect_code(self.mlmon("outbox", "retry", "--all", "--state", "state"), 0)
        finally:
            run.kill()
            run.wait()

    def test_a_request_that_no_target_took_has_failed_and_is_made_again(self):
        server = self.server()
        targets = [{"type": "http", "url": server.url(path)} for path in ("/refuse", "/nowhere")]
        lines = [metrics(f1=0.5) for _ in range(4)]
        first = self.run_state(targets=targets, lines=lines[:1], code=4)
        [asked] = [a for a in first.actions if a["action"] == "retrain"]
        [job] = self.jobs()
        self.assertEqual((job["job"], job["status"]), (asked["id"], "failed"))
        self.assertIn("HTTP 40", job["note"])
        second = self.run_state(targets=targets, lines=lines[1:2], code=4)
        self.assertEqual([a["action"] for a in second.actions], ["retrain"])
        self.assertNotEqual(second.actions[0]["id"], asked["id"])
        retried = self.mlmon("jobs", "retry", asked["id"], "--state", "state")
        self.expect_code(retried, 1)
        self.assertIn("mlmon outbox retry", retried.err)

    def test_a_request_that_is_tried_again_is_open_again(self):
        for up in (True, False):
            with self.subTest(up=up):
                shutil.rmtree(self.dir / "state", ignore_errors=True)
                (self.dir / "taken").unlink(missing_ok=True)
                (self.dir / "up").unlink(missing_ok=True)
                targets = [{"type": "exec", "command": ["sh", "-c", "[ -e up ] && cat >> taken"]}]
                first = self.run_state(targets=targets, lines=[metrics(f1=0.5)], code=4)
                [asked] = [a["id"] for a in first.actions if a["action"] == "retrain"]
                self.run_state(targets=targets, lines=[])  # the end is told here, if it was not before
                if up:
                    self.write("up", "")
                self.expect_code(self.mlmon("outbox", "retry", asked, "--state", "state"), 0)
                self.assertEqual([(job["job"], job["status"]) for job in self.jobs()], [(asked, "queued")])
                self.assertEqual(self.mlmon("jobs", "claim", "--worker", "w", "--state", "state").out, b"")
                second = self.mlmon("run", "-c", "m.toml", "--state", "state", stdin=metrics(f1=0.5))
                self.expect_code(second, 0 if up else 4)
                self.assertEqual(second.out, b"")
                third = self.run_state(targets=targets, lines=[metrics(f1=0.5)], code=0 if up else 4)
                if up:
                    self.assertEqual(json.loads((self.dir / "taken").read_text())["id"], asked)
                    self.assertEqual(self.jobs(), [])
                    self.assertEqual(third.actions, [])
                else:
                    self.assertEqual([a["action"] for a in third.actions], ["retrain"])
                    self.assertEqual([job["status"] for job in self.jobs()], ["failed", "failed"])

    def test_a_request_that_one_target_took_is_open(self):
        server = self.server()
        targets = [{"type": "http", "url": server.url(path)} for path in ("/refuse", "/ok")]
        self.run_state(targets=targets, lines=[metrics(f1=0.5)], code=4)
        self.assertEqual(self.jobs(), [])
        second = self.run_state(targets=targets, lines=[metrics(f1=0.5)])
        self.assertEqual(second.actions, [])

    def test_a_request_that_was_dropped_has_failed(self):
        server = self.server()
        targets = [{"type": "http", "url": server.url("/later")}]
        first = self.run_state(targets=targets, lines=[metrics(f1=0.5)], code=4)
        [asked] = [a["id"] for a in first.actions if a["action"] == "retrain"]
        self.assertEqual(self.jobs(), [])
        self.expect_code(self.mlmon("outbox", "drop", asked, "--state", "state"), 0)
        self.assertEqual([(job["job"], job["status"]) for job in self.jobs()], [(asked, "failed")])
        second = self.run_state(targets=targets, lines=[metrics(f1=0.5)], code=4)
        self.assertEqual([a["action"] for a in second.actions], ["retrain"])

    def jobs(self):
        run = self.mlmon("jobs", "list", "--json", "--state", "state")
        self.expect_code(run, 0)
        return [json.loads(line) for line in run.out.splitlines()]


if __name__ == "__main__":
    mlmon_run.main()
