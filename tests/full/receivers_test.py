"""Receivers against the systems themselves: Alertmanager and kcat of Debian, Kafka of Maven Central, an SMTP server with
STARTTLS and AUTH of PyPI (aiosmtpd). What is not there is installed first, or the test is skipped with the reason."""

import json
import shutil
import subprocess
import sys
import time
import unittest
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cli"))

import mlmon_run
import real_kafka
from alerts_test import AlertsTest
from components import environment_of, free_port
from delivery_test import FAST, config
from lines import drift, metrics
from misbehaving_server import MisbehavingServer, make_certificate


class FullTest(AlertsTest):
    def until(self, condition, seconds=60):
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end, "it took too long")
            time.sleep(0.1)

    def serve(self, *command, **more):
        log = open(self.dir / f"{Path(command[0]).name}.log", "wb")
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.dir, **more)
        self.addCleanup(log.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def tell(self, *lines, code=0, **receiver):
        self.write("mlmon.toml", config(receivers=[{"name": "it", "retry": FAST, **receiver}]))
        run = self.run_events("--state", self.state, "--deliver-timeout", "60s", stdin=b"".join(lines),
                              state=True)
        self.expect_code(run, code)
        return run


@unittest.skipUnless(shutil.which("prometheus-alertmanager"), "needs Debian's prometheus-alertmanager")
class RealAlertmanager(FullTest):
    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.read()
        except OSError:
            return b""

    def test_an_alert_comes_and_goes(self):
        self.port = free_port()
        server = MisbehavingServer()
        self.enterContext(server)
        self.write("am.yml", f"""
route: {{receiver: wh, group_by: [alertname], group_wait: 100ms, group_interval: 1s, repeat_interval: 1h}}
receivers: [{{name: wh, webhook_configs: [{{url: '{server.url("/ok")}', send_resolved: true}}]}}]
""")
        self.serve("prometheus-alertmanager", "--config.file=am.yml", "--storage.path=data",
                   f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address=")
        self.until(lambda: self.get("/-/ready"))
        it = {"type": "alertmanager", "url": f"http://127.0.0.1:{self.port}", "labels": {"team": "risk"}}
        self.tell(metrics(f1=0.5, labels={"a.b": "x"}), drift(p_value=0.01, model__name="churn"), **it)
        self.until(lambda: len(json.loads(self.get("/api/v2/alerts") or b"[]")) == 2)
        self.tell(metrics(f1=0.9), **it)
        self.until(lambda: [a["labels"]["alertname"] for a in json.loads(self.get("/api/v2/alerts"))]
                   == ["drift"])
        self.until(lambda: any(r.json["status"] == "resolved" for r in server.requests("/ok")))
        self.their_webhook(server)

    def their_webhook(self, server):
        """Ours in their format has their members and their fingerprint of the same labels."""
        theirs = server.requests("/ok")[0].json
        self.state = self.dir / "other"
        self.tell(metrics(f1=0.5, model__name="third"), type="webhook", url=server.url("/ok?ours"),
                  format="alertmanager")
        ours = server.requests("/ok?ours")[0].json
        self.assertEqual(set(ours), set(theirs) - {"notification_reason"})
        self.assertEqual(set(ours["alerts"][0]), set(theirs["alerts"][0]))


class RealMail(FullTest):
    def test_starttls_and_auth(self):
        python = environment_of("aiosmtpd", "aiosmtpd") / "python"
        both, public = make_certificate(self.dir, "127.0.0.1")
        port = free_port()
        script = self.write("smtp.py", f"""
import asyncio, json, ssl
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
class Handler:
    async def handle_DATA(self, server, session, envelope):
        with open("mails.ndjson", "a") as out:
            out.write(json.dumps({{"to": envelope.rcpt_tos, "text": envelope.content.decode()}}) + "\\n")
        return "250 2.0.0 taken"
def auth(server, session, envelope, mechanism, data):
    right = (data.login, data.password) == (b"u", b"p w")
    return AuthResult(success=right, handled=right)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); context.load_cert_chain("{both}")
async def main():
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: SMTP(Handler(), tls_context=context, require_starttls=True,
        auth_required=True, authenticator=auth), "127.0.0.1", {port})
    open("ready", "w").close()
    await asyncio.Event().wait()
asyncio.run(main())
""")
        self.serve(str(python), str(script))
        self.until(lambda: (self.dir / "ready").exists())
        it = {"type": "email", "url": f"smtp://127.0.0.1:{port}", "ca_file": str(public),
              "from": "mlmon@example.test", "to": ["ops@example.test"], "username": "u", "password": "p w"}
        self.tell(metrics(f1=0.5, model__name="a\u00e9.\n."[:-2]), **it)
        mail, = [json.loads(line) for line in (self.dir / "mails.ndjson").read_text().splitlines()]
        self.assertEqual(mail["to"], ["ops@example.test"])
        self.state = self.dir / "other"
        self.tell(metrics(f1=0.5), code=4, **{**it, "password": "wrong"})
        entry = json.loads(self.outbox("list", "--json").out)
        self.assertEqual(entry["status"], "dead", entry["error"])
        self.assertNotIn("wrong", entry["error"].replace("went wrong", ""))


@real_kafka.available
@unittest.skipUnless(shutil.which("kcat"), "needs kcat")
class RealKafka(FullTest):
    def test_each_alert_stands_in_the_log_once(self):
        broker = real_kafka.RealKafka(self, self.dir / "broker")
        reader = ["kcat", "-b", broker.brokers, "-m", "5"]
        names = [f"m{i}" for i in range(1000)]
        run = self.tell(*(metrics(f1=0.5, model__name=name) for name in names), type="kafka",
                        brokers=[broker.brokers], topic="alerts", properties={"compression.type": "lz4"})
        read = subprocess.run([*reader, "-C", "-t", "alerts", "-e", "-q", "-f", "%k\\t%h\\t%s\\n"],
                              capture_output=True, text=True, check=True).stdout.splitlines()
        rows = [line.split("\t") for line in read]
        self.assertEqual([row[0] for row in rows], names)
        self.assertEqual([row[1] for row in rows], [f"mlmon_id={a['id']}" for a in run.actions])
        self.assertEqual([json.loads(row[2]) for row in rows], run.actions)


if __name__ == "__main__":
    mlmon_run.main()
