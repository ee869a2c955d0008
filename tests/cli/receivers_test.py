"""Section 11 of the contract: what slack, pagerduty, alertmanager, email and Alertmanager-like webhooks are sent, checked
by what the vendors publish."""

import email
import email.policy
import json
import re
import socket
import socketserver
import threading
from datetime import datetime, timedelta, timezone

import mlmon_run
from alerts_test import AlertsTest
from delivery_test import FAST, config
from lines import MODEL, drift, metrics
from vendor_server import VendorServer

ODD = "<!channel> & <@U1> \"x\" ' \u202e\r\n"[:-2] + " é❗"


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


class SlackServer(VendorServer):
    """api.slack.com/reference/block-kit/blocks and /surfaces/messages, read in 2026."""

    def reply(self, request):
        message = json.loads(request.body)
        complain = self.complaints.append
        if set(message) - {"text", "blocks"} or not message.get("text"):
            complain("fields of the message")
        if len(message["text"]) > 40_000 or not 1 <= len(message["blocks"]) <= 50:
            complain("size of the message")
        for block in message["blocks"]:
            text = block["text"]
            if block["type"] != "section" or text["type"] != "mrkdwn" or not 1 <= len(text["text"]) <= 3000:
                complain(f"section {block}")
        for text in [message["text"], *(block["text"]["text"] for block in message["blocks"])]:
            if re.search(r"[<>]|&(?!amp;|lt;|gt;)", text):
                complain(f"not escaped: {text}")
        if request.headers["content-type"] != "application/json":
            complain("content type")
        return (400, b"invalid_blocks") if self.complaints else (200, b"ok")


class PagerdutyServer(VendorServer):
    """developer.pagerduty.com/docs/events-api-v2: what an event may hold, and what becomes of incidents."""

    def __init__(self):
        self.incidents = {}  # dedup_key: its summary, while it is open
        super().__init__()

    def reply(self, request):
        event = json.loads(request.body)
        known = {"routing_key", "event_action", "dedup_key", "payload", "client", "client_url",
                 "images", "links"}
        payload = event.get("payload", {})
        fits = (request.path == "/v2/enqueue" and len(request.body) <= 512_000
                and not set(event) - known and len(event["routing_key"]) == 32
                and event["event_action"] in ("trigger", "acknowledge", "resolve")
                and 0 < len(event["dedup_key"]) <= 255
                and 0 < len(payload["summary"]) <= 1024 and payload["source"]
                and payload["severity"] in ("critical", "error", "warning", "info")
                and not set(payload) - {"summary", "source", "severity", "timestamp", "component",
                                        "group", "class", "custom_details"})
        if not fits:
            self.complaints.append(event)
            return 400, {"status": "invalid event", "message": "Event object is invalid"}
        instant(payload["timestamp"])
        if event["event_action"] == "trigger":
            self.incidents[event["dedup_key"]] = payload["summary"]
        else:
            self.incidents.pop(event["dedup_key"], None)
        return 202, {"status": "success", "message": "Event processed", "dedup_key": event["dedup_key"]}


class AlertmanagerServer(VendorServer):
    """api/v2/openapi.yaml and the label rules of Prometheus."""

    def reply(self, request):
        wrong = []
        if request.path != "/api/v2/alerts" or request.method != "POST":
            wrong.append("path")
        for alert in json.loads(request.body):
            labels = alert["labels"]
            if not labels.get("alertname") or set(alert) - {"labels", "annotations", "startsAt", "endsAt",
                                                            "generatorURL"}:
                wrong.append("members")
            if not all(re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name) and value
                       for name, value in labels.items()):
                wrong.append("labels")
            if "startsAt" in alert and instant(alert["startsAt"]) > instant(alert["endsAt"]):
                wrong.append("start time must be before end time")
        self.complaints += wrong
        return (400, json.dumps(wrong).encode()) if wrong else (200, b"")


class SmtpServer(socketserver.ThreadingTCPServer):
    """A small SMTP server (RFC 5321) without TLS that remembers mails. `answers`: for a command, in place of 250."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, **answers):
        self.answers, self.mails, self.commands = answers, [], []
        super().__init__(("127.0.0.1", 0), SmtpConnection)

    def __enter__(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.server_address[1]}"


class SmtpConnection(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        self.say("220 mail.example ESMTP")
        while line := self.rfile.readline():
            self.server.commands.append(line.decode().strip())
            verb = line.decode().split()[0].upper().split(":")[0]
            if verb == "EHLO" and verb not in self.server.answers:
                self.wfile.write(b"250-mail.example\r\n250-AUTH PLAIN\r\n250 8BITMIME\r\n")
            elif verb in self.server.answers:
                self.say(self.server.answers[verb])
            elif verb == "AUTH":
                if len(line.split()) == 2:  # no initial response
                    self.say("334 ")
                    self.server.commands.append(self.rfile.readline().decode().strip())
                self.say("235 2.7.0 welcome")
            elif verb == "DATA":
                self.say("354 go on")
                self.take_mail()
            elif verb == "QUIT":
                return self.say("221 bye")
            else:
                self.say("250 2.0.0 fine")

    def take_mail(self):
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        self.server.mails.append(b"".join(lines))
        self.say(self.server.answers.get("MAIL_TEXT", "250 2.0.0 queued as 17"))


class ReceiverTest(AlertsTest):
    def tell(self, server, *lines, code=0, wait="10s", **receiver):
        receiver = {"name": "it", "retry": FAST, **receiver}
        text = config(receivers=[receiver])
        self.write("mlmon.toml", text)
        run = self.run_events("--state", self.state, "--deliver-timeout", wait, stdin=b"".join(lines),
                              state=True)
        self.expect_code(run, code)
        self.assertEqual(getattr(server, "complaints", []), [])
        return run


class Slack(ReceiverTest):
    def test_messages_are_within_the_limits_and_no_markup(self):
        server = SlackServer()
        self.enterContext(server)
        run = self.tell(server, metrics(f1=0.5, model__name=ODD), type="slack", url=server.url + "/T/B/x")
        message = json.loads(server.requests[0].body)
        self.assertIn("&lt;!channel&gt; &amp; &lt;@U1&gt;", message["text"])
        self.assertIn("F1 dropped to 0.50", message["blocks"][0]["text"]["text"])
        self.assertEqual(server.requests[0].path, "/T/B/x")
        told, = self.firing()[0]["told"]
        self.assertIn("ok", told["answer"])
        self.assertNotIn("/T/B/x", run.err)

    def test_a_storm_is_one_message_with_the_worst_first(self):
        server = SlackServer()
        self.enterContext(server)
        lines = [drift(p_value=0.01, model__name="<" * 200 + str(i)) for i in range(300)]
        self.tell(server, *lines, metrics(f1=0.5), type="slack", url=server.url, group_by=["state"],
                  group_wait="10m")
        request, = server.requests
        blocks = [block["text"]["text"] for block in json.loads(request.body)["blocks"]]
        self.assertIn("❗ Low F1 score for fraud and 300 more", blocks[0])
        self.assertIn("301 firing (1 critical, 300 warning)", blocks[0])
        self.assertIn("281 more", blocks[-1])


class Pagerduty(ReceiverTest):
    def test_an_incident_is_opened_and_closed(self):
        server = PagerdutyServer()
        self.enterContext(server)
        it = {"type": "pagerduty", "routing_key": "R" * 32, "url": server.url}
        self.tell(server, metrics(f1=0.5), metrics(f1=0.5, model__name="m" * 256), drift(p_value=0.01), **it)
        self.assertEqual(len(server.incidents), 3)
        payload = json.loads(server.requests[0].body)["payload"]
        self.assertEqual((payload["severity"], payload["class"], payload["component"]),
                         ("critical", "low_f1", "fraud"))
        self.assertEqual(json.loads(server.requests[2].body)["payload"]["severity"], "warning")
        self.tell(server, metrics(f1=0.9), drift(p_value=0.9), **it)
        self.assertEqual(len(server.incidents), 1)

    def test_the_key_is_shown_nowhere(self):
        server = PagerdutyServer()
        server.first = [(400, b"bad key " + b"R" * 32)]
        self.enterContext(server)
        run = self.tell(server, metrics(f1=0.5), type="pagerduty", routing_key="R" * 32, url=server.url,
                        code=4)
        shown = run.err + self.outbox("list", "--json").out.decode() + json.dumps(self.firing())
        self.assertIn("bad key ***", shown)
        self.assertNotIn("RRRR", shown)
        self.assertNotIn(b"RRRRRRRR", (self.state / "state.db").read_bytes())


class Alertmanager(ReceiverTest):
    def test_labels_are_the_same_when_it_is_over(self):
        server = AlertmanagerServer()
        self.enterContext(server)
        it = {"type": "alertmanager", "url": server.url + "/", "labels": {"team": "risk"}, "hold": "1h"}
        before = datetime.now(timezone.utc)
        self.tell(server, metrics(f1=0.5, labels={"a-b": "x", "9": "y", "team": "other"}), **it)
        self.tell(server, metrics(f1=0.9, labels={"a-b": "changed"}), **it)
        alerts = [alert for request in server.requests for alert in json.loads(request.body)]
        self.assertEqual({json.dumps(alert["labels"]) for alert in alerts}, {json.dumps(
            {"_9": "y", "a_b": "x", "alertname": "low_f1", "model": "fraud", "severity": "critical",
             "team": "risk", "version": MODEL["version"]})})
        firing, *_, over = alerts
        self.assertGreaterEqual(instant(firing["endsAt"]), before + timedelta(hours=1))
        self.assertLessEqual(instant(over["endsAt"]), datetime.now(timezone.utc))
        self.assertEqual(firing["startsAt"], over["startsAt"])
        self.assertEqual(firing["annotations"]["summary"], "❗ Low F1 score for fraud")

    def test_every_run_tells_again_what_still_fires(self):
        server = AlertmanagerServer()
        self.enterContext(server)
        it = {"type": "alertmanager", "url": server.url}
        self.tell(server, metrics(f1=0.5), drift(p_value=0.01, model__name="churn"), **it)
        self.tell(server, drift(p_value=0.9, model__name="churn"), **it)
        self.tell(server, **it)
        last = json.loads(server.requests[-1].body)
        self.assertEqual([alert["labels"]["model"] for alert in last], ["fraud"])
        self.assertGreater(instant(last[0]["endsAt"]), datetime.now(timezone.utc))
        self.assertEqual(len(self.firing()[0]["told"]), 1)

    def test_a_silence_holds_back_one_telling_however_many_runs_would_tell_again(self):
        server = AlertmanagerServer()
        self.enterContext(server)
        it = {"type": "alertmanager", "url": server.url}
        self.tell(server, metrics(f1=0.5), **it)
        self.expect_code(self.alerts("silence", "--by", "ann", "--reason", "r", "--model", "*", "--for", "2h"), 0)
        told = len(server.requests)
        for _ in range(3):
            self.tell(server, **it)
        self.assertEqual(len(server.requests), told)
        self.assertEqual(self.sql("SELECT count(*) FROM held"), [(1,)])

    def test_an_alert_of_the_future_is_taken(self):
        server = AlertmanagerServer()
        self.enterContext(server)
        it = {"type": "alertmanager", "url": server.url}
        self.tell(server, metrics(f1=0.5, captured_at="2200-01-01T00:00:00Z"),
                  metrics(f1=0.9, captured_at="2200-01-01T00:00:01Z"), **it)


class LikeAlertmanager(ReceiverTest):
    def test_the_webhook_of_version_4(self):
        server = VendorServer()
        server.reply = lambda request: (200, b"")
        self.enterContext(server)
        it = {"type": "webhook", "url": server.url, "format": "alertmanager", "group_by": ["rule"],
              "group_wait": "10m"}
        self.tell(server, metrics(f1=0.5, labels={"team": "x"}),
                  metrics(f1=0.5, model__name="churn", labels={"team": "x"}), **it)
        body = json.loads(server.requests[0].body)
        self.assertEqual(set(body), {"receiver", "status", "alerts", "groupLabels", "commonLabels",
                                     "commonAnnotations", "externalURL", "version", "groupKey",
                                     "truncatedAlerts"})
        self.assertEqual((body["version"], body["status"], body["receiver"], body["truncatedAlerts"]),
                         ("4", "firing", "it", 0))
        self.assertEqual(body["groupLabels"], {"alertname": "low_f1"})
        self.assertEqual(body["groupKey"], '{}:{alertname="low_f1"}')
        self.assertEqual(body["commonLabels"], {"alertname": "low_f1", "severity": "critical",
                                                "team": "x", "version": "2.1.0"})
        alert = body["alerts"][0]
        self.assertEqual(set(alert), {"status", "labels", "annotations", "startsAt", "endsAt",
                                      "generatorURL", "fingerprint"})
        self.assertEqual(alert["endsAt"], "0001-01-01T00:00:00Z")
        self.assertRegex(alert["fingerprint"], "^[0-9a-f]{16}$")
        self.tell(server, metrics(f1=0.9, captured_at="2026-03-01T00:00:00Z"), **it)
        over = json.loads(server.requests[1].body)
        self.assertEqual((over["status"], over["alerts"][0]["status"]), ("resolved",) * 2)
        self.assertEqual(over["alerts"][0]["fingerprint"], alert["fingerprint"])
        self.assertEqual(over["alerts"][0]["startsAt"], alert["startsAt"])
        self.assertEqual(over["alerts"][0]["endsAt"], "2026-03-01T00:00:00Z")


class Email(ReceiverTest):
    def mail(self, server, *lines, **more):
        it = {"type": "email", "url": server.url, "starttls": False, "from": "mlmon <mlmon@example.test>",
              "to": ["ops@example.test", "Ann Ö <ann@example.test>"], **more}
        return self.tell(server, *lines, **it)

    def server(self, **answers):
        server = SmtpServer(**answers)
        self.enterContext(server)
        return server

    def test_a_mail_as_it_should_be(self):
        server = self.server()
        run = self.mail(server, metrics(f1=0.5, model__name=ODD), username="u", password="p w")
        raw, = server.mails
        self.assertNotIn(b"\n", raw.replace(b"\r\n", b""))
        self.assertLess(max(map(len, raw.split(b"\r\n"))), 998)
        self.assertTrue(raw.isascii())
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        self.assertEqual(mail["Subject"], "❗ Low F1 score for " + ODD)
        self.assertEqual(mail["Message-ID"], f"<{run.actions[0]['id']}@mlmon>")
        self.assertEqual(mail["From"], "mlmon <mlmon@example.test>")
        self.assertEqual([a.addr_spec for a in mail["To"].addresses],
                         ["ops@example.test", "ann@example.test"])
        self.assertEqual(mail["To"].addresses[1].display_name, "Ann Ö")
        self.assertIn(f"Model {ODD} v2.1.0\nF1 dropped to 0.50\n", mail.get_content().replace("\r\n", "\n"))
        self.assertIn("RCPT TO:<ann@example.test>", server.commands)
        self.assertTrue(any(line.startswith("AUTH PLAIN") for line in server.commands))
        self.assertIn("queued as 17", self.firing()[0]["told"][0]["answer"])

    def test_a_name_with_quotes_is_one_name(self):
        server = self.server()
        self.mail(server, metrics(f1=0.5), **{"from": 'Ops "on call" <ops@example.test>',
                                              "to": ['"Ann, of Ops" <ann@example.test>', 'Bo "B" <bo@example.test>']})
        mail = email.message_from_bytes(server.mails[0], policy=email.policy.default)
        self.assertIn(b'From: "Ops \\"on call\\"" <ops@example.test>\r\n', server.mails[0])
        self.assertEqual(mail["From"].addresses[0].display_name, 'Ops "on call"')
        self.assertEqual([one.display_name for one in mail["To"].addresses], ["Ann, of Ops", 'Bo "B"'])

    def test_begin_and_end_are_one_thread(self):
        server = self.server()
        self.mail(server, metrics(f1=0.5), metrics(f1=0.9), drift(p_value=0.01))
        mails = [email.message_from_bytes(raw) for raw in server.mails]
        self.assertEqual(mails[0]["References"], mails[1]["References"])
        self.assertNotEqual(mails[0]["References"], mails[2]["References"])
        self.assertEqual(len({mail["Message-ID"] for mail in mails}), 3)

    def test_a_storm_is_one_mail(self):
        server = self.server()
        self.mail(server, *(metrics(f1=0.5, model__name=f"m{i}") for i in range(300)), group_by=["rule"],
                  group_wait="10m")
        mail = email.message_from_bytes(server.mails[0], policy=email.policy.default)
        self.assertEqual(len(server.mails), 1)
        self.assertEqual(mail["Subject"], "❗ Low F1 score for m0 and 299 more")
        self.assertIn("… and 280 more", mail.get_content())

    def test_4yz_is_tried_again_and_5yz_is_dead(self):
        for answers, status in (({"MAIL_TEXT": "451 4.3.0 later"}, "waiting"),
                                ({"RCPT": "450 4.2.1 busy"}, "waiting"),
                                ({"RCPT": "550 5.1.1 no such user"}, "dead"),
                                ({"MAIL_TEXT": "554 5.7.1 spam"}, "dead"),
                                ({"MAIL": "421 4.3.2 closing"}, "waiting")):
            server = self.server(**answers)
            self.state = self.dir / f"state-{status}-{len(str(answers))}"
            text = config(receivers=[{"name": "it", "type": "email", "url": server.url, "starttls": False,
                                      "from": "a@b.test", "to": ["c@d.test"]}])
            self.write("mlmon.toml", text)
            run = self.run_events("--state", self.state, "--deliver-timeout", "500ms",
                                  stdin=metrics(f1=0.5), state=True)
            self.expect_code(run, 4)
            entry = json.loads(self.outbox("list", "--json").out)
            self.assertEqual(entry["status"], status, answers)
            self.assertIn(list(answers.values())[0][:3], entry["error"])

    def server_of_recipients(self, **answers):
        """Each recipient is answered with the next of its texts, the last of them from then on."""
        server = self.server()
        real = SmtpConnection.say

        def say(connection, line):
            said = server.commands[-1] if server.commands else ""
            texts = answers.get(said.removeprefix("RCPT TO:<").split("@")[0])
            if said.startswith("RCPT") and texts:
                line = texts.pop(0) if len(texts) > 1 else texts[0]
            real(connection, line)
        SmtpConnection.say = say
        self.addCleanup(setattr, SmtpConnection, "say", real)
        return server

    def recipients(self, server):
        return [line[9:-1].split("@")[0] for line in server.commands if line.startswith("RCPT")]

    def mail_in_vain(self, server):
        run = self.mail(server, metrics(f1=0.5), code=4, timeout="1s", wait="700ms")
        return run, json.loads(self.outbox("list", "--json").out)

    def test_one_bad_recipient_does_not_fail_the_others(self):
        server = self.server_of_recipients(ann=["550 5.1.1 no ann here"])
        self.mail(server, metrics(f1=0.5))
        self.assertEqual(len(server.mails), 1)
        self.assertIn("no ann here", self.firing()[0]["told"][0]["answer"])

    def test_a_recipient_that_is_busy_is_asked_again_and_nobody_gets_the_mail_twice(self):
        server = self.server_of_recipients(ann=["450 4.2.0 greylisted", "450 4.2.0 greylisted", "250 fine"])
        run = self.mail(server, metrics(f1=0.5))
        self.assertEqual(self.recipients(server), ["ops", "ann", "ann", "ann"])
        self.assertEqual(len({email.message_from_bytes(raw)["Message-ID"] for raw in server.mails}), 1)
        self.assertEqual(len(server.mails), 2)
        self.assertEqual(run.receipt["actions"]["delivered"], 1)
        self.assertIn("ann@example.test: 450 4.2.0 greylisted", run.err)

    def test_a_recipient_that_stays_busy_waits(self):
        server = self.server_of_recipients(ann=["450 4.2.0 greylisted"])
        run, entry = self.mail_in_vain(server)
        self.assertEqual(entry["status"], "waiting")
        self.assertIn("ann@example.test: 450 4.2.0 greylisted", run.err)
        self.assertEqual(len(server.mails), 1)

    def test_a_recipient_that_is_refused_later_does_not_fail_the_others(self):
        server = self.server_of_recipients(ann=["450 busy", "550 no ann here"])
        self.mail(server, metrics(f1=0.5))
        self.assertEqual(self.recipients(server), ["ops", "ann", "ann"])
        self.assertIn("refused: ann@example.test: 550 no ann here", self.firing()[0]["told"][0]["answer"])

    def test_one_that_is_busy_beside_one_that_is_refused_is_asked_again(self):
        server = self.server_of_recipients(ops=["450 busy", "250 fine"], ann=["550 no ann here"])
        self.mail(server, metrics(f1=0.5))
        self.assertEqual(self.recipients(server), ["ops", "ann", "ops"])
        self.assertEqual(len(server.mails), 1)

    def test_a_connection_that_breaks_after_a_refusal_is_no_dead_letter(self):
        server = self.server_of_recipients(ann=["550 no ann here"])
        real = SmtpConnection.take_mail
        SmtpConnection.take_mail = lambda connection: connection.connection.shutdown(socket.SHUT_RDWR)
        self.addCleanup(setattr, SmtpConnection, "take_mail", real)
        _, entry = self.mail_in_vain(server)
        self.assertEqual(entry["status"], "waiting", entry)
        self.assertEqual(server.mails, [])

    def test_a_connection_that_breaks_after_an_unknown_ehlo_is_no_dead_letter(self):
        server = self.server()
        real = SmtpConnection.say

        def say(connection, line):
            if server.commands and server.commands[-1].startswith("HELO"):
                return connection.connection.shutdown(socket.SHUT_RDWR)
            real(connection, line)
        SmtpConnection.say = say
        self.addCleanup(setattr, SmtpConnection, "say", real)
        server.answers["EHLO"] = "502 what"
        _, entry = self.mail_in_vain(server)
        self.assertEqual(entry["status"], "waiting", entry)

    def test_without_starttls_nothing_is_sent(self):
        server = self.server()
        text = config(receivers=[{"name": "it", "type": "email", "url": server.url, "from": "a@b.test",
                                  "to": ["c@d.test"], "username": "u", "password": "s3cret"}])
        self.write("mlmon.toml", text)
        run = self.run_events("--state", self.state, "--deliver-timeout", "500ms", stdin=metrics(f1=0.5),
                              state=True)
        self.expect_code(run, 4)
        self.assertEqual(server.mails, [])
        self.assertIn('"starttls = false" sends without it', run.err)
        self.assertFalse([line for line in server.commands if line.startswith(("AUTH", "MAIL"))])

    def test_what_is_no_address_is_refused(self):
        for key, value in {"from": "x\r\nBcc: y@z", "to": ["a b@c"], "url": "http://x/"}.items():
            it = {"name": "it", "type": "email", "url": "smtp://h", "from": "a@b", "to": ["c@d"], key: value}
            self.write("mlmon.toml", config(receivers=[it]))
            run = self.mlmon("check")
            self.expect_code(run, 2)
            self.assertIn(key, run.err)


class Kafka(ReceiverTest):
    def test_a_property_that_librdkafka_does_not_know_is_refused_and_not_shown(self):
        it = {"name": "it", "type": "kafka", "brokers": ["127.0.0.1:1"], "topic": "alerts",
              "properties": {"sasl.passwort": "s3cret"}}
        self.write("mlmon.toml", config(receivers=[it]))
        run = self.mlmon("check")
        self.expect_code(run, 2)
        self.assertIn("properties.sasl.passwort", run.err)
        self.assertNotIn("s3cret", run.err)

    def test_without_a_broker_it_waits(self):
        it = {"name": "it", "type": "kafka", "brokers": ["127.0.0.1:1"], "topic": "alerts",
              "timeout": "1s"}
        self.write("mlmon.toml", config(receivers=[it]))
        run = self.run_events("--state", self.state, "--deliver-timeout", "3s", stdin=metrics(f1=0.5),
                              state=True)
        self.expect_code(run, 4)
        self.assertEqual(json.loads(self.outbox("list", "--json").out)["status"], "waiting")


if __name__ == "__main__":
    mlmon_run.main()
