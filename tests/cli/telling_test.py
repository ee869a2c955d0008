"""The steps from an alert to its telling: what is held back and why, what goes together, what is told again."""

import hashlib
import json
import socket
import time

import mlmon_run
from alerts_test import AlertsTest
from delivery_test import FAST, config
from lines import drift, metrics
from misbehaving_server import MisbehavingServer


class TellingTest(AlertsTest):
    def receivers(self, *receivers, more=""):
        text = config(receivers=[{"retry": FAST, **receiver} for receiver in receivers])
        self.write("mlmon.toml", text.replace('plugin = "alert"\n', f'plugin = "alert"\n{more}', 1))

    def server(self):
        server = MisbehavingServer()
        self.enterContext(server)
        return server

    def run_with(self, *args, lines=(), code=0):
        run = self.run_events("--state", self.state, *args, stdin=b"".join(lines), state=True)
        self.expect_code(run, code)
        return run

    def sent(self, server, path="/ok"):
        """The alerts of each message, by model and state."""
        return [[(a["model"]["name"], a["state"]) for a in request.json["alerts"]]
                for request in server.requests(path)]


class Silenced(TellingTest):
    def silence(self, *args):
        run = self.alerts("silence", "--by", "ann", "--reason", "moving house", *args)
        self.expect_code(run, 0)
        return run.out.decode().strip()

    def test_a_silence_keeps_from_being_told_and_not_from_being_recorded(self):
        id = self.silence("--model", "fr*", "--for", "2h")
        low, other = self.run_lines(metrics(f1=0.5), metrics(f1=0.5, model__name="churn"))
        self.assertEqual([a["model"]["name"] for a in self.told()], ["churn"])
        fraud, churn = self.firing()
        self.assertEqual(fraud["told"][0]["status"], "suppressed")
        for word in (f"silence {id}", "ann", "moving house"):
            self.assertIn(word, fraud["told"][0]["why"])
        self.assertEqual(churn["told"][0]["status"], "told")
        self.assertIn(b"moving house", self.alerts("show", low["id"]).out)
        # What still fires when the silence ends is told then.
        self.expect_code(self.alerts("unsilence", id), 0)
        self.run_lines()
        self.assertEqual([a["id"] for a in self.told()], [other["id"], low["id"]])

    def test_a_silence_of_a_rule_is_of_that_rule(self):
        self.silence("--model", "*", "--rule", "drift", "--for", "2h")
        self.run_lines(metrics(f1=0.5), drift(p_value=0.01))
        self.assertEqual([a["rule"] for a in self.told()], ["low_f1"])

    def test_a_silence_expires(self):
        self.silence("--model", "*", "--for", "1ms")
        while self.silences():
            time.sleep(0.001)
        self.run_lines(metrics(f1=0.5))
        self.assertEqual(len(self.told()), 1)

    def silences(self):
        return self.alerts("list", "--silences").out

    def test_the_end_of_what_was_not_told_is_not_told(self):
        self.silence("--model", "*", "--for", "2h")
        first, = self.run_lines(metrics(f1=0.5))
        end, = self.run_lines(metrics(f1=0.9))
        self.expect_code(self.alerts("unsilence", "--model", "*"), 0)
        self.run_lines()
        self.assertEqual(self.told(), [])
        changes = self.shown(first["id"])["changes"]
        self.assertEqual([c["told"][0]["status"] for c in changes], ["suppressed"] * 2)
        self.assertIn("held back", changes[1]["told"][0]["why"])

    def test_an_end_within_a_silence_is_told_when_that_is_over(self):
        """Else an incident would stay open for ever."""
        self.run_lines(metrics(f1=0.5))
        self.silence("--model", "*", "--for", "2h")
        self.run_lines(metrics(f1=0.9))
        self.assertEqual([a["state"] for a in self.told()], ["firing"])
        self.expect_code(self.alerts("unsilence", "--model", "*"), 0)
        self.run_lines()
        self.assertEqual([a["state"] for a in self.told()], ["firing", "resolved"])

    def test_what_waits_is_silenced_too(self):
        server = self.server()
        self.receivers({"name": "hook", "type": "webhook", "url": server.url("/later")})
        self.run_with("--deliver-timeout", "1s", lines=[metrics(f1=0.5)], code=4)
        self.silence("--model", "*", "--for", "2h")
        self.sql("UPDATE outbox SET next_try_ms = 0")
        self.sql("UPDATE endpoints SET rests_until_ms = 0")
        self.run_with()
        self.assertEqual(len(server.requests("/later")), 1)


class Groups(TellingTest):
    def test_a_storm_is_one_message_a_group(self):
        server = self.server()
        self.receivers({"name": "hook", "type": "webhook", "url": server.url("/ok"),
                        "group_by": ["rule"], "group_wait": "10m"})
        names = [f"m{i:03}" for i in range(300)]
        run = self.run_with(lines=[metrics(f1=0.5, model__name=name) for name in names] +
                            [drift(p_value=0.01, model__name="m000")])
        low, drifts = server.requests("/ok")
        self.assertEqual([a["model"]["name"] for a in low.json["alerts"]], names)
        self.assertEqual(len(drifts.json["alerts"]), 1)
        ids = "".join(a["id"] + "\n" for a in low.json["alerts"])
        self.assertEqual(low.headers["idempotency-key"], hashlib.sha256(ids.encode()).hexdigest())
        self.assertEqual(drifts.headers["idempotency-key"], run.actions[-1]["id"])
        self.assertEqual(len(self.firing()), 301)
        self.assertEqual({t["status"] for a in self.firing() for t in a["told"]}, {"told"})

    def test_groups_by_labels_and_models(self):
        server = self.server()
        self.receivers({"name": "hook", "type": "webhook", "url": server.url("/ok"),
                        "group_by": ["labels.team", "severity"], "group_wait": "10m"})
        self.run_with(lines=[metrics(f1=0.5, model__name="a", labels={"team": "x"}),
                             metrics(f1=0.5, model__name="b", labels={"team": "y"}),
                             metrics(f1=0.5, model__name="c", labels={"team": "x"}),
                             drift(p_value=0.01, model__name="d", labels={"team": "x"}),
                             metrics(f1=0.5, model__name="e")])
        self.assertEqual([[name for name, _ in alerts] for alerts in self.sent(server)],
                         [["a", "c"], ["b"], ["d"], ["e"]])

    def test_a_message_that_was_tried_stays_as_it_is(self):
        server = self.server()
        hook = {"name": "hook", "type": "webhook", "url": server.url("/later"), "group_by": ["rule"]}
        self.receivers(hook)
        self.run_with("--deliver-timeout", "1s",
                      lines=[metrics(f1=0.5, model__name=name) for name in "ab"], code=4)
        before, = server.requests("/later")
        self.sql("UPDATE outbox SET next_try_ms = 0")
        self.sql("UPDATE endpoints SET rests_until_ms = 0")
        self.receivers({**hook, "url": server.url("/ok")})
        self.run_with(lines=[metrics(f1=0.5, model__name="c")])
        again, new = server.requests("/ok")
        self.assertEqual(again.body, before.body)
        self.assertEqual(again.headers["idempotency-key"], before.headers["idempotency-key"])
        self.assertEqual([a["model"]["name"] for a in new.json["alerts"]], ["c"])

    def test_no_more_than_the_buffer_in_one_message(self):
        server = self.server()
        self.receivers({"name": "hook", "type": "webhook", "url": server.url("/ok"),
                        "group_by": ["rule"], "group_wait": "10m"}, more="buffer = 4\n")
        self.run_with(lines=[metrics(f1=0.5, model__name=f"m{i}") for i in range(10)])
        self.assertEqual([len(alerts) for alerts in self.sent(server)], [4, 4, 2])

    def test_the_terminal_is_told_the_worst_and_how_many_more(self):
        self.receivers({"name": "me", "type": "stderr", "group_by": ["state"], "group_wait": "10m"})
        run = self.run_with(lines=[drift(p_value=0.01, model__name=f"m{i}") for i in range(30)] +
                            [metrics(f1=0.5)])
        self.assertIn("❗ Low F1 score for fraud and 30 more", run.err)
        self.assertIn("31 firing (1 critical, 30 warning)", run.err)
        self.assertIn("… and 11 more", run.err)

    def test_over_the_rate_limit_alerts_are_folded_into_a_digest(self):
        server = self.server()
        self.receivers({"name": "hook", "type": "webhook", "url": server.url("/ok"),
                        "rate_limit": "2/2s"})
        run = self.run_with(lines=[metrics(f1=0.5, model__name=f"m{i}") for i in range(9)])
        self.assertEqual([len(alerts) for alerts in self.sent(server)], [1, 1, 7])
        self.assertEqual(run.receipt["actions"]["delivered"], 9)

    def test_what_a_receiver_cannot_group_by_is_refused(self):
        self.receivers({"name": "hook", "type": "stderr", "group_by": ["colour"]})
        run = self.mlmon("run", "--state", self.state)
        self.expect_code(run, 2)
        self.assertIn("group_by[0]", run.err)
        self.assertIn("colour", run.err)


class Fallbacks(TellingTest):
    def test_a_fallback_gets_what_failed_for_good_and_the_dead_letter_stays(self):
        server = self.server()
        self.receivers({"name": "hook", "type": "webhook", "url": server.url("/refuse"),
                        "fallback": "log"},
                       {"name": "log", "type": "file", "path": "told.ndjson", "severity": ["info"]})
        action, = self.run_with(lines=[metrics(f1=0.5)], code=4).actions
        self.assertEqual([a["id"] for a in self.told()], [action["id"]])
        dead, = [json.loads(line) for line in self.outbox("list", "--json").out.splitlines()]
        self.assertEqual((dead["endpoint"], dead["status"]), ("alert.hook", "dead"))
        statuses = {t["receiver"]: t["status"] for t in self.firing()[0]["told"]}
        self.assertEqual(statuses, {"alert.hook": "failed", "alert.log": "told"})

    def test_one_that_was_told_anyway_is_not_told_twice(self):
        server = self.server()
        self.receivers({"name": "log", "type": "file", "path": "told.ndjson"},
                       {"name": "hook", "type": "webhook", "url": server.url("/refuse"),
                        "fallback": "log"})
        self.run_with(lines=[metrics(f1=0.5)], code=4)
        self.assertEqual(len(self.told()), 1)

    def test_fallbacks_that_lead_nowhere_are_refused(self):
        for fallbacks, word in {("x", None): "there is no receiver", ("a", None): "does not fall back",
                                ("b", "a"): "does not fall back"}.items():
            self.receivers(*({"name": name, "type": "stderr",
                              **({"fallback": fallback} if fallback else {})}
                             for name, fallback in zip("ab", fallbacks)))
            run = self.mlmon("run", "--state", self.state)
            self.expect_code(run, 2)
            self.assertIn("fallback", run.err)
            self.assertIn(word, run.err)


class Backlog(TellingTest):
    LINES = [metrics(f1=0.5, model__name="a"), metrics(f1=0.9, model__name="a"),
             metrics(f1=0.5, model__name="b"), metrics(f1=0.5, model__name="c"),
             metrics(f1=0.9, model__name="c"), metrics(f1=0.4, model__name="c")]

    def test_all_decide_and_print_the_same(self):
        outputs = {which: self.run_events("--backlog", which, stdin=b"".join(self.LINES)).out
                   for which in ("all", "final", "none")}
        self.assertEqual(len(set(outputs.values())), 1)
        self.assertEqual(outputs["all"].count(b"\n"), 6)

    def test_final_tells_what_still_holds(self):
        for state in (["--no-state"], ["--state", self.state]):
            run = self.mlmon("run", *state, "--backlog", "final", stdin=b"".join(self.LINES))
            self.expect_code(run, 0)
            told = [(a["model"]["name"], a["value"]) for a in self.told()]
            self.assertEqual(told, [("b", 0.5), ("c", 0.4)])
            (self.dir / "told.ndjson").unlink()
        over = self.firing("--all")[0]
        self.assertEqual(over["model"]["name"], "a")
        self.assertIn("did not hold any more", self.shown(over["id"])["changes"][0]["told"][0]["why"])

    def test_none_tells_nothing_and_records_all(self):
        run = self.run_with("--backlog", "none", lines=self.LINES)
        self.assertEqual(run.receipt["actions"]["delivered"], 6)
        self.assertEqual(self.told(), [])
        self.assertEqual({t["status"] for a in self.firing() for t in a["told"]}, {"suppressed"})
        self.assertEqual(len(self.run_with(lines=[metrics(f1=0.9, model__name="b")]).actions), 1)

    def test_what_a_killed_run_held_back_the_next_one_tells(self):
        self.run_with("--backlog", "final", lines=self.LINES)
        (self.dir / "told.ndjson").unlink()
        self.sql("DELETE FROM tellings")
        self.sql("INSERT INTO held (action, endpoint, grp, step, until_ms, at_ms, why) "
                 "SELECT action, 1, 0, 'backlog', 0, 0, '--backlog final' FROM alert_changes")
        self.sql("UPDATE held SET endpoint = (SELECT n FROM endpoints WHERE name = 'alert.log')")
        self.run_with()
        self.assertEqual([(a["model"]["name"], a["value"]) for a in self.told()],
                         [("b", 0.5), ("c", 0.4)])


class Terminal(TellingTest):
    def test_what_stderr_did_not_take_waits(self):
        self.receivers({"name": "me", "type": "stderr"})
        with open("/dev/full", "wb") as full:
            process = self.start("run", "--state", self.state, "--deliver-timeout", "100ms",
                                 stdin=mlmon_run.subprocess.PIPE, stdout=mlmon_run.subprocess.DEVNULL,
                                 stderr=full)
            process.communicate(b"".join(metrics(f1=0.5, model__name=name) for name in "abc"))
        self.assertEqual(process.returncode, 4)
        self.sql("UPDATE outbox SET next_try_ms = 0")
        told = self.run_with().err
        self.assertEqual([told.count(f"Low F1 score for {name}\n") for name in "abc"], [1, 1, 1])

    def test_many_alerts_are_told_by_few_writes(self):
        alerts = 500
        self.receivers({"name": "me", "type": "stderr"})
        self.write("events", b"".join(metrics(f1=0.5, model__name=f"m{i:03}") for i in range(alerts)))
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)  # each write stays one message
        with ours, theirs:
            process = self.start("run", "--no-state", "--summary", "none", "events", stderr=theirs,
                                 stdout=mlmon_run.subprocess.DEVNULL)
            theirs.close()
            writes = list(iter(lambda: ours.recv(1 << 20).decode(), ""))
            self.assertEqual(process.wait(), 0)
        told = [line for line in "".join(writes).splitlines() if "Low F1 score" in line]
        self.assertEqual(len(told), alerts)
        self.assertEqual(len(set(told)), alerts)
        self.assertLess(len(writes), alerts / 4)
        self.assertTrue(all(text.endswith("\n") for text in writes))


if __name__ == "__main__":
    mlmon_run.main()
