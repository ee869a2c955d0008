"""Targets against the systems themselves: Airflow 3 and 2, MLflow, and moto in the place of SageMaker."""

import base64
import json
import os
import sys
import unittest
import urllib.parse
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cli"))

import components  # noqa: E402
import mlmon_run  # noqa: E402
from delivery_test import FAST, config  # noqa: E402
from lines import metrics  # noqa: E402
from mlmon_run import MlmonTest  # noqa: E402
from recipes_test import blocks_of  # noqa: E402

DAG_OF_2 = """
from datetime import datetime
from airflow import DAG
retrain = DAG("retrain", start_date=datetime(2026, 1, 1), schedule=None, catchup=False, is_paused_upon_creation=False)
"""


class Component(MlmonTest):
    def run_state(self, target, *lines, code=0, timeout="60s"):
        self.write("m.toml", config([{**target, "retry": FAST}]))
        run = self.run_events("-c", "m.toml", "--state", "state", "--deliver-timeout", timeout, state=True,
                              stdin=b"".join(lines))
        self.expect_code(run, code)
        return run

    def requested(self, run):
        return [action for action in run.actions if action["action"] == "retrain"]

    def ask(self, url, body=None, method=None, **headers):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(url, data, {"Content-Type": "application/json", **headers}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")

    def forget(self):
        """The next run asks again, with the same id."""
        for path in (self.dir / "state").iterdir():
            path.unlink()


class Airflow(Component):
    LINE = metrics(f1=0.5)

    def airflow_env(self, bin_folder, dag, **more):
        home = self.home / "airflow"
        (home / "dags").mkdir(parents=True)
        (home / "dags/retrain.py").write_text(dag)
        return {"PATH": f"{bin_folder}:{os.environ['PATH']}", "HOME": str(self.home), "AIRFLOW_HOME": str(home),
                "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
                "LC_ALL": "C.UTF-8", **more}

    def airflow(self, env, *args, program="airflow"):
        done = mlmon_run.subprocess.run([program, *args], env=env, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr[-3000:])
        return done.stdout

    def check_life(self, target, run_url, set_state, **headers):
        """Asks, asks again, lets the run end, and hears of it in a later run."""
        first = self.run_state({**target, "conf": {"f1": "{value:.1f}"}}, self.LINE)
        [action] = self.requested(first)
        run = self.ask(run_url + "mlmon-" + action["id"], **headers)
        self.assertEqual(run["conf"], {"mlmon_id": action["id"], "action": action, "f1": "0.5"})
        self.assertEqual(first.receipt["actions"]["delivered"], 1)
        self.forget()
        again = self.run_state(target, self.LINE)  # 409: ours
        self.assertEqual(again.receipt["actions"]["delivered"], 1)

        second = self.run_state(target, metrics(f1=0.4))  # the job is open
        self.assertEqual(self.requested(second), [])
        set_state(run, action, "success")
        self.run_state(target, metrics(f1=0.9))  # hears of the end, at the latest for the next one
        third = self.run_state(target, metrics(f1=0.4))
        self.assertEqual(len(self.requested(third)), 1, third.err)
        jobs = [json.loads(line) for line in self.mlmon("jobs", "list", "--json", "--state", "state").out.splitlines()]
        self.assertEqual([(job["job"], job["status"]) for job in jobs], [(action["id"], "done")])

        unknown = self.run_state({**target, "dag_id": "nobody"}, metrics(f1=0.1, model__name="x"), code=4)
        self.assertIn("HTTP 404", unknown.err)

    def test_airflow_3(self):
        bin_folder = components.environment_of("airflow3", "apache-airflow>=3,<4")
        passwords = self.write("passwords.json", json.dumps({"mlmon": "s3cret"}))
        port = components.free_port()
        env = self.airflow_env(bin_folder, dict(blocks_of("Airflow"))["python"],
                               AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS="mlmon:op",
                               AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE=str(passwords))
        self.airflow(env, "db", "migrate")
        self.airflow(env, "dags", "reserialize")
        url = f"http://127.0.0.1:{port}"
        components.Server(self, ["airflow", "api-server", "--host", "127.0.0.1", "--port", port, "--workers", 1], env,
                          url + "/api/v2/version", self.home / "airflow.log")
        token = self.ask(url + "/auth/token", {"username": "mlmon", "password": "s3cret"})["access_token"]
        authorization = {"Authorization": "Bearer " + token}

        def set_state(run, action, state):
            self.ask(f"{url}/api/v2/dags/retrain/dagRuns/{run['dag_run_id']}", {"state": state}, "PATCH",
                     **authorization)
        target = {"type": "airflow", "url": url + "/", "dag_id": "retrain", "poll": "1ms"}
        self.check_life({**target, "token": token}, url + "/api/v2/dags/retrain/dagRuns/", set_state, **authorization)
        by_password = {**target, "username": "mlmon", "password": "s3cret"}
        run = self.run_state(by_password, metrics(f1=0.2, model__name="other"))
        self.assertEqual(run.receipt["actions"]["delivered"], 1)
        wrong = self.run_state({**by_password, "password": "wr0ng"}, metrics(f1=0.2, model__name="third"), code=4)
        self.assertIn("HTTP 401", wrong.err)
        print("ran against", components.version_in(bin_folder, "apache-airflow"))

    def test_airflow_2(self):
        bin_folder = components.environment_of("airflow2", "apache-airflow>=2.11,<3")
        port = components.free_port()
        env = self.airflow_env(bin_folder, DAG_OF_2, AIRFLOW__API__AUTH_BACKENDS="airflow.providers.fab.auth_manager.api.auth."
                                                                       "backend.basic_auth")
        self.airflow(env, "db", "migrate")
        self.airflow(env, "-c", "from airflow.models import DagBag; DagBag().sync_to_db()", program="python")
        url = f"http://127.0.0.1:{port}"
        components.Server(self, ["airflow", "webserver", "--hostname", "127.0.0.1", "--port", port, "--workers", 1],
                          env, url + "/health", self.home / "airflow.log")
        self.airflow(env, "users", "create", "-u", "mlmon", "-p", "s3cret", "-r", "Op", "-e", "m@example.org", "-f",
                     "m", "-l", "l")
        basic = "Basic " + base64.b64encode(b"mlmon:s3cret").decode()

        def set_state(run, action, state):
            self.ask(f"{url}/api/v1/dags/retrain/dagRuns/{run['dag_run_id']}", {"state": state}, "PATCH",
                     Authorization=basic)
        self.check_life({"type": "airflow", "api": "v1", "url": url, "dag_id": "retrain", "username": "mlmon",
                         "password": "s3cret", "poll": "1ms"}, url + "/api/v1/dags/retrain/dagRuns/", set_state,
                        Authorization=basic)
        print("ran against", components.version_in(bin_folder, "apache-airflow"))


class Mlflow(Component):
    PACKAGES = ["mlflow-skinny", "flask", "sqlalchemy", "alembic", "flask-cors", "cryptography", "gunicorn", "graphene",
                "pandas", "huey", "aiohttp", "docker", "waitress"]

    def test_mlflow(self):
        bin_folder = components.environment_of("mlflow", *self.PACKAGES)
        port = components.free_port()
        env = {"PATH": f"{bin_folder}:{os.environ['PATH']}", "HOME": str(self.home), "LC_ALL": "C.UTF-8",
               "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        url = f"http://127.0.0.1:{port}"
        components.Server(self, ["mlflow", "server", "--backend-store-uri", f"sqlite:///{self.home}/m.db",
                                 "--artifacts-destination", self.home / "art", "--host", "127.0.0.1", "--port", port,
                                 "--workers", 1], env, url + "/health", self.home / "mlflow.log")
        api = url + "/api/2.0/mlflow/"
        self.ask(api + "registered-models/create", {"name": "fraud"})
        run = self.ask(api + "runs/create", {"experiment_id": "0"})["run"]["info"]
        for version in "12":
            made = self.ask(api + "model-versions/create", {"name": "fraud", "run_id": run["run_id"],
                                                            "source": run["artifact_uri"] + "/model"})
            self.assertEqual(made["model_version"]["version"], version)
        target = {"type": "mlflow", "url": url, "version": "{labels.mlflow}", "alias": "to-retrain", "poll": "1ms"}
        first = self.run_state(target, metrics(f1=0.5, labels={"mlflow": "2"}))
        [action] = self.requested(first)
        self.assertEqual(self.tag(api), action["id"])
        alias = self.ask(api + "registered-models/alias?name=fraud&alias=to-retrain")
        self.assertEqual(alias["model_version"]["version"], "2")
        self.assertEqual(self.requested(self.run_state(target, metrics(f1=0.4, labels={"mlflow": "2"}))), [])
        trained = mlmon_run.subprocess.run([bin_folder / "python", "-c", dict(blocks_of("MLflow"))["python"]],
                                           env={**env, "MLFLOW_URI": url, "MODEL": "fraud"}, capture_output=True,
                                           text=True)
        self.assertEqual(trained.returncode, 0, trained.stderr)
        later = [self.run_state(target, metrics(f1=f1, labels={"mlflow": "2"})) for f1 in (0.9, 0.4)]
        self.assertEqual(sum(len(self.requested(run)) for run in later), 1)
        [job] = [json.loads(line) for line in
                    self.mlmon("jobs", "list", "--json", "--state", "state").out.splitlines()]
        self.assertEqual((job["job"], job["status"]), (action["id"], "done"))

        for version, answer in (("9", "RESOURCE_DOES_NOT_EXIST"), ("2.1.0", "HTTP 4")):
            run = self.run_state({**target, "version": version}, metrics(f1=0.5, model__name="fraud",
                                                                         model__version="0.0." + version[0]), code=4)
            self.assertIn(answer, run.err)
        print("ran against", components.version_in(bin_folder, "mlflow-skinny"))

    def tag(self, api):
        version = self.ask(api + "model-versions/get?" + urllib.parse.urlencode({"name": "fraud", "version": "2"}))
        return {tag["key"]: tag["value"] for tag in version["model_version"]["tags"]}["mlmon.retrain"]


class Sagemaker(Component):
    """moto ignores ClientRequestToken; what it can say is that the wire format and the signature are right."""

    def test_moto(self):
        bin_folder = components.environment_of("moto", "moto[server]", "boto3")
        port = components.free_port()
        url = f"http://127.0.0.1:{port}"
        env = {"PATH": f"{bin_folder}:{os.environ['PATH']}", "HOME": str(self.home), "LC_ALL": "C.UTF-8",
               "INITIAL_NO_AUTH_ACTION_COUNT": "4"}
        components.Server(self, ["moto_server", "-H", "127.0.0.1", "-p", port], env, url + "/moto-api/",
                          self.home / "moto.log")
        keys = self.boto(bin_folder, url, """
iam = boto3.client('iam', **where)
iam.create_user(UserName='mlmon')
key = iam.create_access_key(UserName='mlmon')['AccessKey']
iam.put_user_policy(UserName='mlmon', PolicyName='all', PolicyDocument=json.dumps(
    {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': '*', 'Resource': '*'}]}))
boto3.client('sagemaker', **where).create_pipeline(PipelineName='retrain', PipelineDefinition='{}',
    ClientRequestToken='x' * 32, RoleArn='arn:aws:iam::123456789012:role/retrain')
print(json.dumps([key['AccessKeyId'], key['SecretAccessKey']]))""")
        target = {"type": "sagemaker", "url": url, "pipeline": "retrain", "region": "eu-central-1",
                  "access_key": keys[0], "secret_key": keys[1], "parameters": {"model": "{model.name}"}}
        run = self.run_state(target, metrics(f1=0.5))
        [action] = self.requested(run)
        self.assertEqual(run.receipt["actions"]["delivered"], 1)
        executions = self.boto(bin_folder, url, """
client = boto3.client('sagemaker', **where)
[one] = client.list_pipeline_executions(PipelineName='retrain')['PipelineExecutionSummaries']
print(json.dumps(client.list_pipeline_parameters_for_execution(
    PipelineExecutionArn=one['PipelineExecutionArn'])['PipelineParameters']))""", keys)
        self.assertEqual(executions, [{"Name": "mlmon_id", "Value": action["id"]},
                                      {"Name": "model", "Value": "fraud"}])
        wrong = self.run_state({**target, "secret_key": "wr0ng-secret"}, metrics(f1=0.5, model__name="x"), code=4)
        self.assertIn("HTTP 403", wrong.err)
        self.assertIn("SignatureDoesNotMatch", wrong.err)
        self.assertNotIn("wr0ng", wrong.err)
        print("ran against", components.version_in(bin_folder, "moto"))

    def boto(self, bin_folder, url, code, keys=("x", "y")):
        begin = (f"import boto3, json\nwhere = dict(endpoint_url={url!r}, region_name='eu-central-1', "
                 f"aws_access_key_id={keys[0]!r}, aws_secret_access_key={keys[1]!r})\n")
        done = mlmon_run.subprocess.run([bin_folder / "python", "-c", begin + code], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)


if __name__ == "__main__":
    program = unittest.main(verbosity=2, exit=False)
    skipped = program.result.skipped and len(program.result.skipped) == program.result.testsRun
    sys.exit(77 if skipped else not program.result.wasSuccessful())
