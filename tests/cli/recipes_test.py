"""The recipes of plugins/README.md: what they show is run, against servers that check what they are asked."""

import ast
import json
import re
from pathlib import Path

import mlmon_run
from lines import drift, metrics
from mlmon_run import MlmonTest
from receivers_test import AlertmanagerServer, PagerdutyServer, SlackServer, SmtpServer
from vendor_server import AirflowServer, GithubServer, MlflowServer

README = Path(__file__).resolve().parents[2] / "plugins/README.md"


def blocks_of(recipe):
    """The fenced blocks of a recipe: language and text."""
    section = README.read_text().split(f"### {recipe}\n", 1)[1].split("\n### ", 1)[0].split("\n## ", 1)[0]
    return re.findall(r"^```(\w+)\n(.*?)^```$", section, re.M | re.S)


class RecipeTest(MlmonTest):
    def configure(self, recipe, **changes):
        """mlmon.toml as the recipe has it, with another server."""
        [text] = [text for language, text in blocks_of(recipe) if language == "toml"]
        for old, new in changes.items():
            text = re.sub(rf"^{old} = .*$", f"{old} = {json.dumps(new)}", text, flags=re.M)
        self.write("mlmon.toml", text)

    def run_state(self, *lines, code=0, **env):
        run = self.run_events("-c", "mlmon.toml", "--state", "state", state=True, stdin=b"".join(lines), env=env)
        self.expect_code(run, code)
        return [action for action in run.actions if action["action"] == "retrain"]

    def jobs(self):
        run = self.mlmon("jobs", "list", "--json", "--state", "state")
        return [(job["job"], job["status"]) for job in map(json.loads, run.out.splitlines())]

    def serve(self, server):
        self.enterContext(server)
        self.addCleanup(lambda: self.assertEqual(server.complaints, []))
        return server


class Recipes(RecipeTest):
    def test_cron_and_the_embedded_queue(self):
        (_, crontab), (_, script) = blocks_of("Cron and the embedded queue")
        self.write("train", script).chmod(0o755)
        places = {"/var/lib/mlmon": "state", "/var/spool/mlmon/events": "events", "/usr/local/bin/train": "./train",
                  "mlmon ": mlmon_run.BINARY + " "}
        commands = []
        for line in crontab.splitlines():
            self.assertTrue(line.startswith("*/5 * * * * "))
            command = line.removeprefix("*/5 * * * * ")
            for there, here in reversed(places.items()):
                command = re.sub(rf"(?<![\w/]){re.escape(there)}", here, command)
            commands.append(command)
        self.write("events/a.ndjson", [metrics(f1=0.5), metrics(f1=0.4)])
        run, work = commands
        said = []
        for more, command in ((b"", run), (b"", work), (metrics(f1=0.3), run), (b"", run), (b"", work)):
            with (self.dir / "events/a.ndjson").open("ab") as file:
                file.write(more)
            done = mlmon_run.subprocess.run(["sh", "-c", command], cwd=self.dir, capture_output=True, text=True,
                                            env=mlmon_run.environment(self.home))
            self.assertEqual(done.returncode, 0, f"{command}: {done.stderr}")
            said.append(done.stdout)
        self.assertEqual([status for _, status in self.jobs()], ["done", "done"])
        self.assertIn("training fraud 2.1.0: f1 0.5 is below 0.75", said[1])
        self.assertIn("training fraud 2.1.0: f1 0.3 is below 0.75", said[4])

    def test_airflow(self):
        server = self.serve(AirflowServer())
        self.configure("Airflow", url=server.url, username="u", poll="1ms")
        secret = {"AIRFLOW_PASSWORD": "p4ssword"}
        [asked] = self.run_state(metrics(f1=0.5), **secret)
        run = server.runs["mlmon-" + asked["id"]]
        dag = ast.parse(dict(blocks_of("Airflow"))["python"])
        names = {node.value for node in ast.walk(dag) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
        self.assertEqual(run["conf"], {"mlmon_id": asked["id"], "action": asked, "model": "fraud", "version": "2.1.0"})
        self.assertLessEqual({"retrain", "model", "action", "reason"}, names)
        run["state"] = "success"
        self.run_state(metrics(f1=0.9), **secret)
        self.assertEqual(self.jobs(), [(asked["id"], "done")])

    def test_mlflow(self):
        server = self.serve(MlflowServer())
        self.configure("MLflow", url=server.url, poll="1ms")
        line = metrics(f1=0.5, labels={"mlflow_version": "7"})
        [asked] = self.run_state(line, MLFLOW_TOKEN="t0ken")
        self.assertEqual((server.tags, server.aliases),
                         ({("fraud", "7", "mlmon.retrain"): asked["id"]}, {"to-retrain": "7"}))
        ast.parse(dict(blocks_of("MLflow"))["python"])
        server.tags["fraud", "7", "mlmon.retrain"] += " done"
        self.run_state(metrics(f1=0.9), MLFLOW_TOKEN="t0ken")
        self.assertEqual(self.jobs(), [(asked["id"], "done")])

    def test_github_actions(self):
        server = self.serve(GithubServer())
        self.configure("GitHub Actions")
        text = (self.dir / "mlmon.toml").read_text()
        self.write("mlmon.toml", text + f"url = {json.dumps(server.url)}\n")
        [asked] = self.run_state(metrics(f1=0.5), GITHUB_TOKEN="t0ken")
        [request] = server.requests
        self.assertEqual(request.path, "/repos/acme/models/actions/workflows/retrain.yml/dispatches")
        workflow = dict(blocks_of("GitHub Actions"))["yaml"]
        declared = set(re.findall(r"^      (\w+): {required", workflow, re.M))
        self.assertEqual(set(request.json["inputs"]), declared)
        self.assertEqual(request.json["inputs"]["mlmon_id"], asked["id"])
        self.assertIn("run-name: retrain ${{ inputs.model }} (${{ inputs.mlmon_id }})", workflow)


class AlertRecipes(RecipeTest):
    def change(self, text, **changes):
        """A receiver's table with other keys."""
        for key, value in changes.items():
            text, count = re.subn(rf"^{key} = .*$", f"{key} = {json.dumps(value)}", text, flags=re.M)
            self.assertEqual(count, 1, key)
        return text

    def receivers_of(self, recipe):
        """The tables before and at each receiver."""
        [text] = [text for language, text in blocks_of(recipe) if language == "toml"]
        first, *rest = text.split("[[observers.alert.receivers]]\n")
        return first, ["[[observers.alert.receivers]]\n" + one for one in rest]

    def test_slack_for_what_is_critical_mail_for_the_rest(self):
        slack = self.serve(SlackServer())
        smtp = self.enterContext(SmtpServer())
        first, (to_slack, to_mail) = self.receivers_of("Slack for what is critical, mail for the rest")
        to_mail = self.change(to_mail, url=smtp.url) + "starttls = false\n"
        self.write("mlmon.toml", first + to_slack + to_mail)
        secrets = {"SLACK_URL": slack.url, "SMTP_PASSWORD": "p4ssword"}
        self.run_state(metrics(f1=0.5), drift(p_value=0.01), **secrets)
        [message] = slack.requests
        self.assertIn("Low F1 score for fraud", message.json["text"])
        self.assertEqual(len(smtp.mails), 1)
        self.assertIn(b"Detected at", smtp.mails[0])
        self.assertTrue(any(line.startswith("AUTH PLAIN") for line in smtp.commands))
        # Slack that refuses for good: mail gets what is critical, too.
        slack.first.append((404, b"no_service"))
        self.run_state(metrics(f1=0.9), code=4, **secrets)
        self.assertEqual(len(smtp.mails), 2)
        self.assertIn(b"F1 is 0.90", smtp.mails[1])

    def test_pagerduty_with_its_resolve(self):
        server = self.serve(PagerdutyServer())
        first, (pager,) = self.receivers_of("PagerDuty, with its resolve")
        self.write("mlmon.toml", first + pager + f"url = {json.dumps(server.url)}\n")
        secret = {"PAGERDUTY_KEY": "k" * 32}
        self.run_state(metrics(f1=0.5), **secret)
        self.assertEqual(server.incidents, {})
        self.run_state(metrics(f1=0.5), drift(p_value=0.01), drift(p_value=0.01), **secret)
        self.assertEqual(list(server.incidents.values()), ["❗ Low F1 score for fraud"])
        self.run_state(metrics(f1=0.9), metrics(f1=0.9), **secret)
        self.assertEqual(server.incidents, {})
        for _ in range(4):
            self.run_state(*(metrics(f1=f1) for f1 in (0.5, 0.5, 0.9, 0.9)), **secret)
        actions = [json.loads(request.body)["event_action"] for request in server.requests]
        self.assertLess(len(actions), 10)

    def test_alertmanager_in_front(self):
        server = self.serve(AlertmanagerServer())
        first, (front,) = self.receivers_of("Alertmanager in front")
        self.write("mlmon.toml", first + self.change(front, url=server.url))
        self.run_state(metrics(f1=0.5))
        self.run_state()  # nothing new, and still told
        self.run_state(metrics(f1=0.9))
        alerts = [json.loads(request.body)[0] for request in server.requests]
        self.assertEqual(len({json.dumps(alert["labels"], sort_keys=True) for alert in alerts}), 1)
        self.assertEqual(alerts[0]["labels"]["team"], "models")
        self.assertGreaterEqual(len(alerts), 3)
        self.assertLess(alerts[-1]["endsAt"], alerts[0]["endsAt"])

    def test_mail_from_cron_and_nothing_else(self):
        [(_, crontab)] = blocks_of("Mail from cron, and nothing else")
        command = crontab.removeprefix("*/15 * * * * ").strip()
        for there, here in (("mlmon ", mlmon_run.BINARY + " "), ("/var/lib/mlmon/", ""), ("/var/lib/mlmon", "state"),
                            ("/var/spool/mlmon/events", "events")):
            self.assertIn(there, command)
            command = command.replace(there, here, 1)
        self.write("events/a.ndjson", [])
        mails = []
        for line in (metrics(f1=0.9), metrics(f1=0.5), metrics(f1=0.5), b"", metrics(f1=0.9)):
            with (self.dir / "events/a.ndjson").open("ab") as file:
                file.write(line)
            done = mlmon_run.subprocess.run(["sh", "-c", command], cwd=self.dir, capture_output=True, text=True,
                                            env=mlmon_run.environment(self.home))
            self.assertEqual(done.returncode, 0, done.stderr)
            mails.append(done.stdout + done.stderr)
        self.assertEqual([mail.split("\n")[0] for mail in mails],
                         ["", "❗ Low F1 score for fraud", "", "", "✅ Resolved: Low F1 score for fraud"])


if __name__ == "__main__":
    mlmon_run.main()
