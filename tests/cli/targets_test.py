"""Section 11 of the contract: the requests of each target, checked against the vendors' own descriptions."""

import base64
import hashlib
import hmac
import json
import re
from urllib.parse import parse_qsl

import mlmon_run
from delivery_test import FAST, LOW, config
from lines import metrics
from misbehaving_server import MisbehavingServer
from mlmon_run import MlmonTest
from vendor_server import (AirflowServer, ArgoServer, GithubServer, GitlabServer, JenkinsServer, KfpServer,
                           MlflowServer, SagemakerServer, VendorServer)


class TargetTest(MlmonTest):
    def serve(self, server):
        self.enterContext(server)
        self.addCleanup(lambda: self.assertEqual(server.complaints, []))
        return server

    def deliver(self, target, code=0, stdin=LOW, timeout="20s", env=None):
        self.write("m.toml", config([{**target, "retry": FAST}]))
        run = self.run_events("-c", "m.toml", "--deliver-timeout", timeout, stdin=stdin, env=env or {})
        self.expect_code(run, code)
        return run

    def action(self, run):
        [action] = [one for one in run.actions if one["action"] == "retrain"]
        return action


class Airflow(TargetTest):
    def target(self, server, **more):
        return {"type": "airflow", "url": server.url, "dag_id": "retrain", "token": "s3cret", **more}

    def test_a_run_is_triggered_whose_id_and_conf_are_the_actions(self):
        server = self.serve(AirflowServer())
        run = self.deliver(self.target(server, conf={"model": "{model.name}", "f1": "{value:.2f}", "deep": {"n": 1}}))
        [request] = server.requests
        action = self.action(run)
        self.assertEqual(request.path, "/api/v2/dags/retrain/dagRuns")
        self.assertEqual(request.json, {
            "dag_run_id": "mlmon-" + action["id"], "logical_date": None,
            "conf": {"mlmon_id": action["id"], "action": action, "model": "fraud", "f1": "0.50", "deep": {"n": 1}}})
        self.assertEqual(request.headers["authorization"], "Bearer s3cret")
        self.assertEqual(request.headers["content-type"], "application/json")
        self.assertRegex(request.headers["user-agent"], r"^mlmon/\d+\.\d+\.\d+$")

    def test_airflow_2_has_version_1_and_basic_credentials(self):
        server = self.serve(AirflowServer("v1"))
        run = self.deliver({"type": "airflow", "api": "v1", "url": server.url + "/", "dag_id": "retrain",
                            "username": "u", "password": "p4ssword"})
        [request] = server.requests
        action = self.action(run)
        self.assertEqual(request.path, "/api/v1/dags/retrain/dagRuns")
        self.assertEqual(request.json, {"dag_run_id": "mlmon-" + action["id"],
                                        "conf": {"mlmon_id": action["id"], "action": action}})

    def test_a_dag_is_one_segment_of_the_path(self):
        server = self.serve(AirflowServer())
        self.deliver(self.target(server, url=server.url + "/air/", dag_id="a b/c"))
        self.assertEqual(server.asked(), ["POST /air/api/v2/dags/a%20b%2Fc/dagRuns"])
        server.complaints.clear()  # /air is not in the description

    def test_a_duplicate_of_ours_is_success(self):
        server = self.serve(AirflowServer())
        self.deliver(self.target(server))
        run = self.deliver(self.target(server))
        action = self.action(run)
        self.assertEqual(server.asked()[1:], ["POST /api/v2/dags/retrain/dagRuns",
                                              f"GET /api/v2/dags/retrain/dagRuns/mlmon-{action['id']}"])
        self.assertEqual(run.receipt["actions"]["delivered"], 1)

    def test_a_run_whose_answer_was_lost_is_found(self):
        server = self.serve(AirflowServer())
        server.first = [(500, b"the database is locked")]
        run = self.deliver(self.target(server))
        server.runs.clear()
        self.assertEqual(run.receipt["actions"]["delivered"], 1)
        self.assertEqual(len(server.requests), 2)
        self.assertEqual(server.requests[0].body, server.requests[1].body)

    def test_a_duplicate_of_others_is_a_dead_letter(self):
        server = self.serve(AirflowServer())
        server.logical_dates.add(None)  # another run has it
        run = self.deliver(self.target(server), code=4)
        self.assertIn("HTTP 409: {\"detail\": {\"reason\": \"Unique constraint violation\"}}", run.err)
        server.logical_dates.clear()
        self.deliver(self.target(server))
        server.runs = {name: {**one, "conf": {"mlmon_id": "01OTHER"}} for name, one in server.runs.items()}
        run = self.deliver(self.target(server), code=4)
        self.assertIn("with our conf.mlmon_id", run.err)
        self.assertEqual(run.receipt["actions"]["dead"], 1)

    def test_a_lookup_that_fails_is_tried_again(self):
        server = self.serve(AirflowServer())
        self.deliver(self.target(server))
        server.first = [(409, {"detail": "known"}), (503, b"not now")]
        run = self.deliver(self.target(server))
        self.assertEqual(run.receipt["actions"]["delivered"], 1)
        self.assertIn("HTTP 503: not now", run.err)
        self.assertEqual([one.split()[0] for one in server.asked()[1:]], ["POST", "GET", "POST", "GET"])

    def test_credentials_that_version_2_refuses_are_exchanged_for_a_token(self):
        server = self.serve(AirflowServer())
        target = {"type": "airflow", "url": server.url, "dag_id": "retrain", "username": "u", "password": "p4ssword"}
        lines = [metrics(f1=0.5, model__name=name) for name in "ab"]
        run = self.deliver(target, stdin=b"".join(lines))
        self.assertEqual(run.receipt["actions"]["delivered"], 2)
        self.assertEqual(server.asked(), ["POST /api/v2/dags/retrain/dagRuns", "POST /auth/token",
                                          "POST /api/v2/dags/retrain/dagRuns", "POST /api/v2/dags/retrain/dagRuns"])

    def test_wrong_credentials_are_a_dead_letter_without_them(self):
        server = self.serve(AirflowServer())
        run = self.deliver({"type": "airflow", "url": server.url, "dag_id": "retrain", "username": "u",
                            "password": "wr0ngword"}, code=4)
        self.assertIn("HTTP 401: {\"detail\": \"Not authenticated\"}", run.err)
        self.assertNotIn("wr0ngword", run.err)


class Mlflow(TargetTest):
    def test_a_tag_is_set_and_then_the_alias(self):
        server = self.serve(MlflowServer())
        run = self.deliver({"type": "mlflow", "url": server.url, "alias": "retrain-me"})
        identity = self.action(run)["id"]
        self.assertEqual(server.asked(), ["POST /api/2.0/mlflow/model-versions/set-tag",
                                          "POST /api/2.0/mlflow/registered-models/alias"])
        self.assertEqual(server.tags, {("fraud", "2.1.0", "mlmon.retrain"): identity})
        self.assertEqual(server.aliases, {"retrain-me": "2.1.0"})

    def test_name_version_and_tag_may_be_others(self):
        server = self.serve(MlflowServer())
        run = self.deliver({"type": "mlflow", "url": server.url, "name": "{labels.registered}", "version": "7",
                            "tag": "asked", "token": "s3cret"}, stdin=metrics(f1=0.5, labels={"registered": "fraud"}))
        self.assertEqual(server.tags, {("fraud", "7", "asked"): self.action(run)["id"]})
        self.assertEqual(server.requests[0].headers["authorization"], "Bearer s3cret")

    def test_a_version_that_is_not_there_is_a_dead_letter(self):
        server = self.serve(MlflowServer())
        run = self.deliver({"type": "mlflow", "url": server.url, "version": "9", "alias": "x"}, code=4)
        self.assertIn("HTTP 404: {\"error_code\": \"RESOURCE_DOES_NOT_EXIST\"", run.err)
        self.assertEqual(len(server.requests), 1)


class Argo(TargetTest):
    def target(self, server, **more):
        return {"type": "argo", "url": server.url, "namespace": "ml", "template": "retrain", "token": "s3cret",
                **more}

    def test_a_template_is_submitted_under_a_name_of_the_id(self):
        server = self.serve(ArgoServer())
        run = self.deliver(self.target(server, parameters={"model": "{model.name}", "limit": 0.75}))
        [request] = server.requests
        identity = self.action(run)["id"]
        self.assertEqual(request.path, "/api/v1/workflows/ml/submit")
        self.assertEqual(request.json["submitOptions"], {
            "name": "mlmon-" + identity.lower(),
            "parameters": ["mlmon_id=" + identity, "limit=0.75", "model=fraud"]})
        self.assertEqual((request.json["resourceKind"], request.json["resourceName"]), ("WorkflowTemplate", "retrain"))

    def test_one_that_is_there_is_success_if_it_is_ours(self):
        server = self.serve(ArgoServer())
        self.deliver(self.target(server))
        run = self.deliver(self.target(server))
        name = "mlmon-" + self.action(run)["id"].lower()
        fields = "?fields=metadata.name,spec.arguments.parameters"  # of a workflow that ran, the rest is long
        self.assertEqual(server.asked()[1:], ["POST /api/v1/workflows/ml/submit",
                                              f"GET /api/v1/workflows/ml/{name}{fields}"])
        server.workflows[name]["spec"] = {}
        self.assertIn("with our parameter mlmon_id", self.deliver(self.target(server), code=4).err)


class Kfp(TargetTest):
    def test_a_run_is_looked_for_and_then_started(self):
        server = self.serve(KfpServer())
        target = {"type": "kfp", "url": server.url + "/pipeline/", "pipeline_id": "p", "pipeline_version_id": "v",
                  "experiment_id": "e", "parameters": {"model": "{model.name}", "rate": 0.5}}
        target["url"] = server.url
        run = self.deliver(target)
        find, start = server.requests
        name = "mlmon-" + self.action(run)["id"]
        self.assertIn("experiment_id=e", find.path)
        self.assertEqual(start.path, "/apis/v2beta1/runs")
        self.assertEqual(start.json, {
            "display_name": name, "experiment_id": "e",
            "pipeline_version_reference": {"pipeline_id": "p", "pipeline_version_id": "v"},
            "runtime_config": {"parameters": {"model": "fraud", "rate": 0.5}}})
        self.deliver(target)
        self.assertEqual([one.split()[0] for one in server.asked()], ["GET", "POST", "GET"])
        self.assertEqual(len(server.runs), 1)

    def test_one_whose_answer_was_lost_is_not_started_again(self):
        server = self.serve(KfpServer())
        reply = server.reply

        def lose(request):
            answer = reply(request)
            return (502, b"bad gateway") if request.method == "POST" else answer
        server.reply = lose
        run = self.deliver({"type": "kfp", "url": server.url, "pipeline_id": "p"})
        self.assertEqual(run.receipt["actions"]["delivered"], 1)
        self.assertEqual(len(server.runs), 1)


class Github(TargetTest):
    def test_a_repository_dispatch_carries_the_action(self):
        server = self.serve(GithubServer())
        run = self.deliver({"type": "github", "url": server.url + "/", "repository": "acme/ml.ops", "token": "s3cret"})
        [request] = server.requests
        action = self.action(run)
        self.assertEqual(request.path, "/repos/acme/ml.ops/dispatches")
        self.assertEqual(request.json, {"event_type": "retrain",
                                        "client_payload": {"mlmon_id": action["id"], "action": action}})
        self.assertEqual(request.headers["authorization"], "Bearer s3cret")

    def test_a_workflow_gets_texts_as_its_inputs(self):
        server = self.serve(GithubServer())
        run = self.deliver({"type": "github", "url": server.url, "repository": "acme/ml", "workflow": "retrain.yml",
                            "inputs": {"model": "{model.name}", "rounds": 3, "deep": [True]}})
        [request] = server.requests
        self.assertEqual(request.path, "/repos/acme/ml/actions/workflows/retrain.yml/dispatches")
        self.assertEqual(request.json, {"ref": "main", "inputs": {
            "model": "fraud", "rounds": "3", "deep": "[true]", "mlmon_id": self.action(run)["id"]}})

    def test_an_answer_with_the_run_is_success_too(self):
        server = self.serve(GithubServer())
        server.first = [(200, {"workflow_run_id": 5})]
        self.deliver({"type": "github", "url": server.url, "repository": "a/b", "workflow": "7", "ref": "dev"})
        self.assertEqual(server.requests[0].json["ref"], "dev")
        server.first = [(200, {})]
        run = self.deliver({"type": "github", "url": server.url, "repository": "a/b"}, code=4)
        self.assertIn("HTTP 200, expected 204: {}", run.err)

    def test_before_a_repeated_dispatch_a_run_with_the_id_in_its_title_is_looked_for(self):
        server = self.serve(GithubServer())
        target = {"type": "github", "url": server.url, "repository": "acme/ml", "workflow": "retrain.yml"}
        server.first = [(500, b"oops")]
        run = self.deliver(target)
        self.assertEqual([one.split()[0] for one in server.asked()], ["POST", "GET", "POST"])
        server.titles, server.first = ["Retrain " + self.action(run)["id"]], [(500, b"oops")]
        self.deliver(target)
        self.assertEqual([one.split()[0] for one in server.asked()[3:]], ["POST", "GET"])

    def test_a_look_up_that_fails_is_tried_again_and_dispatches_nothing(self):
        target = {"type": "github", "repository": "acme/ml", "workflow": "retrain.yml"}
        for answer in ((500, b"oops"), (403, {"message": "secondary rate limit"}), (200, b"<html>"),
                       (200, b'{"workflow_runs": ["' + b"x" * 70_000 + b'"]}')):
            server = self.serve(GithubServer())
            server.first = [(500, b"oops"), answer]
            run = self.deliver({**target, "url": server.url})
            self.assertEqual([one.split()[0] for one in server.asked()], ["POST", "GET", "GET", "POST"], run.err)

    def test_a_run_that_twenty_newer_ones_hide_is_found(self):
        server = self.serve(GithubServer())
        target = {"type": "github", "url": server.url, "repository": "acme/ml", "workflow": "retrain.yml"}
        run = self.deliver(target)
        server.titles = ["another"] * 20 + ["Retrain " + self.action(run)["id"]]
        server.first = [(500, b"oops")]
        self.deliver(target)
        self.assertEqual([one.split()[0] for one in server.asked()[1:]], ["POST"] + ["GET"] * 7)


class Gitlab(TargetTest):
    def test_a_pipeline_is_triggered_by_a_form_with_the_token_in_it(self):
        server = self.serve(GitlabServer())
        run = self.deliver({"type": "gitlab", "url": server.url, "project": "acme/ml", "ref": "main",
                            "token": "s3cret", "variables": {"MODEL": "{model.name} & co", "N": 3}})
        [request] = server.requests
        self.assertEqual(request.path, "/api/v4/projects/acme%2Fml/trigger/pipeline")
        self.assertEqual(dict(parse_qsl(request.body.decode())), {
            "token": "s3cret", "ref": "main", "variables[MLMON_ID]": self.action(run)["id"],
            "variables[MODEL]": "fraud & co", "variables[N]": "3"})
        self.assertNotIn("s3cret", str(request.headers) + request.path)
        self.assertNotIn("authorization", request.headers)

    def test_a_project_may_be_a_number(self):
        server = self.serve(GitlabServer())
        run = self.deliver({"type": "gitlab", "url": server.url, "project": 42, "ref": "main", "token": "wr0ng"},
                           code=4)
        self.assertEqual(server.asked(), ["POST /api/v4/projects/42/trigger/pipeline"])
        self.assertIn("HTTP 404", run.err)


class Jenkins(TargetTest):
    def test_a_job_in_a_folder_is_built_with_parameters(self):
        server = self.serve(JenkinsServer())
        run = self.deliver({"type": "jenkins", "url": server.url, "job": "ml team/retrain", "username": "u",
                            "token": "s3cret", "parameters": {"MODEL": "{model.name}"}})
        [request] = server.requests
        self.assertEqual(request.path, "/job/ml%20team/job/retrain/buildWithParameters")
        self.assertEqual(dict(parse_qsl(request.body.decode())),
                         {"MLMON_ID": self.action(run)["id"], "MODEL": "fraud"})
        self.assertEqual(request.headers["content-type"], "application/x-www-form-urlencoded")
        self.assertEqual(request.headers["authorization"], "Basic " + base64.b64encode(b"u:s3cret").decode())

    def test_a_crumb_is_fetched_when_it_is_asked_for(self):
        server = self.serve(JenkinsServer(crumbs=True))
        self.deliver({"type": "jenkins", "url": server.url, "job": "retrain", "username": "u", "password": "s3cret"})
        job = "/job/retrain/buildWithParameters"
        self.assertEqual(server.asked(), ["POST " + job, "GET /crumbIssuer/api/json", "POST " + job])
        self.assertEqual(len(server.builds), 1)

    def test_a_login_page_is_no_success(self):
        server = self.serve(JenkinsServer())
        server.first = [(200, b"<html>log in</html>")]
        run = self.deliver({"type": "jenkins", "url": server.url, "job": "retrain"}, code=4)
        self.assertIn("HTTP 200, expected 201: <html>log in</html>", run.err)


class Sagemaker(TargetTest):
    def target(self, server, **more):
        return {"type": "sagemaker", "url": server.url, "pipeline": "retrain", "region": "eu-central-1",
                "access_key": "AKIDEXAMPLE", "secret_key": "s3cret+/key", **more}

    def test_an_execution_is_started_and_signed(self):
        server = self.serve(SagemakerServer())
        run = self.deliver(self.target(server, parameters={"model": "{model.name}", "rounds": 3}))
        [request] = server.requests
        identity = self.action(run)["id"]
        self.assertEqual(request.json["PipelineName"], "retrain")
        self.assertIn(identity, request.json["ClientRequestToken"])
        self.assertEqual(request.json["PipelineParameters"], [
            {"Name": "mlmon_id", "Value": identity}, {"Name": "model", "Value": "fraud"},
            {"Name": "rounds", "Value": "3"}])
        self.assertEqual(request.headers["authorization"], signature(request, "AKIDEXAMPLE", "s3cret+/key"))

    def test_a_session_token_is_sent_and_signed(self):
        server = self.serve(SagemakerServer())
        self.deliver(self.target(server, session_token="t0ken"))
        [request] = server.requests
        self.assertEqual(request.headers["x-amz-security-token"], "t0ken")
        self.assertIn("x-amz-security-token", request.headers["authorization"])
        self.assertEqual(request.headers["authorization"], signature(request, "AKIDEXAMPLE", "s3cret+/key"))

    def test_keys_may_come_from_the_environment(self):
        server = self.serve(SagemakerServer())
        target = self.target(server)
        del target["access_key"], target["secret_key"]
        run = self.deliver(target, code=4, timeout="300ms")
        self.assertIn("no keys: set access_key and secret_key", run.err)
        self.deliver(target, env={"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "s3cret"})
        [request] = server.requests
        self.assertEqual(request.headers["authorization"], signature(request, "AKIDENV", "s3cret"))

    def test_throttling_is_tried_again_and_what_is_invalid_is_not(self):
        server = self.serve(SagemakerServer())
        server.first = [(400, {"__type": "ThrottlingException", "message": "Rate exceeded"})]
        self.deliver(self.target(server))
        self.assertEqual(len(server.requests), 2)
        self.assertEqual(server.requests[0].body, server.requests[1].body)
        server.first = [(400, {"__type": "ValidationException", "message": "no such pipeline"})]
        self.assertIn("no such pipeline", self.deliver(self.target(server), code=4).err)


def signature(request, access_key, secret_key):
    """The Authorization that AWS Signature Version 4 asks for, from the request as it came."""
    given = request.headers["authorization"]
    scope = given.split("Credential=")[1].split(",")[0].split("/", 1)[1]
    signed = given.split("SignedHeaders=")[1].split(",")[0].split(";")
    canonical = "\n".join([request.method, request.path, "",
                           *(f"{name}:{request.headers[name].strip()}" for name in signed), "", ";".join(signed),
                           hashlib.sha256(request.body).hexdigest()])
    to_sign = "\n".join(["AWS4-HMAC-SHA256", request.headers["x-amz-date"], scope,
                         hashlib.sha256(canonical.encode()).hexdigest()])
    key = b"AWS4" + secret_key.encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    proof = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    return (f"AWS4-HMAC-SHA256 Credential={access_key}/{scope}, SignedHeaders={';'.join(signed)}, "
            f"Signature={proof}")


class Http(TargetTest):
    def send(self, **more):
        server = MisbehavingServer()
        self.enterContext(server)
        run = self.deliver({"type": "http", "url": server.url("/ok"), **more})
        [request] = server.requests("/ok")
        return request, self.action(run)

    def test_any_method(self):
        for method in ("PUT", "PATCH", "DELETE", "GET"):
            with self.subTest(method):
                request, action = self.send(method=method)
                self.assertEqual((request.method, request.json), (method, action))
                self.assertEqual(request.headers["idempotency-key"], action["id"])

    def test_a_body_of_json_is_a_template_whose_values_are_escaped(self):
        for body in ('{"id": "{id}", "team": "<{labels.team}>", "f1": {value}, "none": "{labels.none}"}',
                     '{{"id": "{id}", "team": "<{labels.team}>", "f1": {value}, "none": "{labels.none}"}}'):
            server = MisbehavingServer()
            self.enterContext(server)
            run = self.deliver({"type": "http", "url": server.url("/ok"), "body": body},
                               stdin=metrics(f1=0.5, labels={"team": 'a "b" \\ {id}\n'}))
            [request] = server.requests("/ok")
            self.assertEqual(request.json, {"id": self.action(run)["id"], "team": '<a "b" \\ {id}\n>', "f1": 0.5,
                                            "none": ""})
            self.assertEqual(request.headers["content-type"], "application/json")

    def test_a_body_may_be_a_table(self):
        request, action = self.send(body={"job": {"id": "{id}", "tries": 3, "of": ["{model.name}"]}})
        self.assertEqual(request.json, {"job": {"id": action["id"], "tries": 3, "of": ["fraud"]}})

    def test_a_body_may_be_plain_text(self):
        request, _ = self.send(body="retrain {model.name}: {value:.1f}")
        self.assertEqual(request.body, b"retrain fraud: 0.5")
        self.assertEqual(request.headers["content-type"], "text/plain; charset=utf-8")
        request, _ = self.send(body="[x] {model.name}", headers={"Content-Type": "text/x"})
        self.assertEqual((request.body, request.headers["content-type"]), (b"[x] fraud", "text/x"))


class Nonsense(TargetTest):
    """What no vendor says is a dead letter with what was said and what was due, and never a crash."""

    ANSWERS = [(200, b"<!doctype html><p>Sign in"), (200, b'{"dag_run_id": "mlm'), (200, b""), (200, b"[]"),
               (200, b"\xff\xfe\x00"), (200, b"[" * 5000), (204, b""), (202, b"{}"), (200, b"null")]

    def targets(self, url):
        return [{"type": "airflow", "url": url, "dag_id": "d"}, {"type": "mlflow", "url": url},
                {"type": "argo", "url": url, "namespace": "n", "template": "t"},
                {"type": "kfp", "url": url, "pipeline_id": "p"},
                {"type": "gitlab", "url": url, "project": 1, "ref": "r", "token": "s3cret"},
                {"type": "sagemaker", "url": url, "pipeline": "p", "region": "r", "access_key": "a",
                 "secret_key": "s3cret"}]

    def test_html_half_a_json_and_other_successes_are_dead_letters(self):
        for target in self.targets(""):
            server = self.enterContext(VendorServer())
            answers = list(self.ANSWERS)
            server.reply = lambda _, answers=answers: answers.pop(0)
            lines = [metrics(f1=0.5, model__name=f"m{n}") for n in range(len(self.ANSWERS))]
            run = self.deliver({**target, "url": server.url}, code=4, stdin=b"".join(lines))
            with self.subTest(target["type"]):
                self.assertEqual(run.receipt["actions"]["dead"], len(lines), run.err)
                self.assertIn("HTTP 200, expected 200 with a JSON object: <!doctype html><p>Sign in", run.err)
                self.assertIn("HTTP 204, expected 200 with a JSON object", run.err)

    def test_an_object_of_another_run_is_a_dead_letter(self):
        server = self.enterContext(VendorServer())
        server.reply = lambda _: (200, {"dag_run_id": "manual__1", "display_name": "x", "metadata": {"name": "y"}})
        for target in self.targets(server.url)[:4]:
            if target["type"] != "mlflow":
                run = self.deliver(target, code=4)
                self.assertRegex(run.err, r"HTTP 200, expected (dag_run_id|display_name|metadata.name) mlmon-")

    def test_conflicts_that_are_looked_up_in_vain_are_dead_letters(self):
        for answer in self.ANSWERS:
            for target in self.targets("")[0], self.targets("")[2]:
                server = self.enterContext(VendorServer())
                server.first = [(409, {"detail": "known"})]
                server.reply = lambda _, answer=answer: answer
                run = self.deliver({**target, "url": server.url}, code=4)
                self.assertEqual(run.receipt["actions"]["dead"], 1, run.err)

    def test_a_conflict_whose_look_up_is_too_long_is_tried_again(self):
        for target in self.targets("")[0], self.targets("")[2]:
            server = self.enterContext(VendorServer())
            asked_for = []

            def reply(request, server=server, asked_for=asked_for):
                asked_for += re.findall(r"mlmon_id\W+(\w{26})", request.body.decode())
                if request.method == "POST":
                    return 409, {"detail": "known"}
                return 200, b'{"note": "not \\"' + asked_for[0].encode() + b'\\"", "of": "' + \
                    asked_for[0].encode() + b'", "pad": "' + b"x" * 70_000 + b'"}'
            server.reply = reply
            run = self.deliver({**target, "url": server.url}, code=4, timeout="700ms")
            self.assertEqual(run.receipt["actions"]["waiting"], 1, run.err)
            self.assertIn("of at most 65536 bytes", run.err)

    def test_a_long_answer_counts_by_its_status(self):
        server = self.enterContext(VendorServer())
        server.reply = lambda _: (200, b'{"pad": "' + b"x" * 200_000 + b'"}')
        for target in self.targets(server.url):
            run = self.deliver(target)
            self.assertEqual(run.receipt["actions"]["delivered"], 1)

    def test_a_secret_that_is_said_back_is_not_shown(self):
        server = self.enterContext(VendorServer())
        server.reply = lambda request: (400, request.body + str(request.headers).encode())
        targets = [{"type": "http", "url": server.url.replace("//", "//u:s3cr3t-1@"), "headers": {"X-Key": "s3cr3t-2"}},
                   {"type": "airflow", "url": server.url, "dag_id": "d", "token": "s3cr3t-3"},
                   {"type": "gitlab", "url": server.url, "project": 1, "ref": "r", "token": "s3cr3t/4 5"},
                   {"type": "jenkins", "url": server.url, "job": "j", "username": "u", "token": "s3cr3t-6"},
                   {"type": "sagemaker", "url": server.url, "pipeline": "p", "region": "r", "access_key": "a",
                    "secret_key": "s3cr3t-7", "session_token": "s3cr3t-8"}]
        for target in targets:
            run = self.deliver(target, code=4)
            self.assertIn("HTTP 400", run.err)
            self.assertNotIn("s3cr3t", run.err)

    def test_the_timeout_is_for_all_requests_of_a_try(self):
        server = self.enterContext(VendorServer())

        def slow(request):
            mlmon_run.threading.Event().wait(0.4)
            return (200, {}) if "set-tag" in request.path else (503, b"")
        server.reply = slow
        run = self.deliver({"type": "mlflow", "url": server.url, "alias": "a", "timeout": "600ms"}, code=4,
                           timeout="1s")
        self.assertIn("time-out after 600 ms", run.err)


class DryRun(TargetTest):
    """`--dry-run -v` shows what would be sent, and sends nothing."""

    def describe(self, target):
        self.write("m.toml", config([target]))
        run = self.run_events("-c", "m.toml", "--dry-run", "-v", stdin=LOW)
        self.expect_code(run, 0)
        self.assertNotIn("s3cr3t", run.err + run.out.decode())
        name = "mlflow" if target["type"] == "mlflow" else target.get("name", target["type"])
        prefix = f"info: retraining.{name}: "
        return self.action(run), [line.removeprefix(prefix) for line in run.err.splitlines()
                                  if line.startswith(prefix)]

    def test_each_target_shows_the_request_that_it_would_make(self):
        common = {"headers": {"X-Key": "s3cr3t-1"}}
        servers = [
            (AirflowServer(), {"type": "airflow", "dag_id": "retrain", "token": "s3cr3t-2", "conf": {"a": "{rule}"}}),
            (MlflowServer(), {"type": "mlflow", "alias": "next", "username": "u", "password": "s3cr3t-2"}),
            (ArgoServer(), {"type": "argo", "namespace": "ml", "template": "t", "token": "s3cr3t-2"}),
            (KfpServer(), {"type": "kfp", "pipeline_id": "p"}),
            (GithubServer(), {"type": "github", "repository": "a/b", "token": "s3cr3t-2"}),
            (GithubServer(), {"type": "github", "repository": "a/b", "workflow": "w.yml"}),
            (JenkinsServer(), {"type": "jenkins", "job": "f/j", "username": "u", "token": "s3cr3t-2"}),
            (SagemakerServer(), {"type": "sagemaker", "pipeline": "p", "region": "r", "access_key": "a",
                                 "secret_key": "s3cr3t-2", "session_token": "s3cr3t-3"}),
            (VendorServer(), {"type": "http", "method": "PUT", "token": "s3cr3t-2", "body": {"id": "{id}"}})]
        for server, target in servers:
            with self.subTest(target["type"]):
                self.enterContext(server)
                if type(server) is VendorServer:
                    server.reply = lambda _: (200, {})
                target = {**target, **common, "url": server.url + ("/hook" if target["type"] == "http" else "")}
                _, shown = self.describe(target)
                self.assertEqual(server.requests, [])
                if target["type"] == "airflow":  # it would refuse the token
                    server.reply = lambda request: (200, {})
                self.deliver(target)
                text = "\n".join(shown)
                for request in server.requests:
                    self.assertIn(f"{request.method} {server.url}{request.path}", shown)
                    if request.body:
                        self.assertIn(request.body.decode(), shown)
                        self.assertIn("Content-Type: " + request.headers["content-type"], shown)
                    self.assertIn("User-Agent: " + request.headers["user-agent"], shown)
                    self.assertIn("X-Key: ***", shown)
                    if "authorization" in request.headers:
                        scheme = request.headers["authorization"].split()[0]
                        self.assertIn(f"Authorization: {scheme} ***", text)

    def test_a_token_in_a_form_and_a_password_in_a_url_are_blanked(self):
        action, shown = self.describe({"type": "gitlab", "project": "a/b", "ref": "main", "token": "s3cr3t/4 5"})
        self.assertEqual(shown[0], "POST https://gitlab.com/api/v4/projects/a%2Fb/trigger/pipeline")
        self.assertEqual(shown[-1], f"token=***&ref=main&variables%5BMLMON_ID%5D={action['id']}")
        _, shown = self.describe({"type": "http", "url": "http://u:s3cr3t-1@x.example/a?b=c"})
        self.assertEqual(shown[0], "POST http://u:***@x.example/a?b=c")
        self.assertIn("Authorization: Basic ***", shown)

    def test_what_comes_from_the_environment_is_blanked_wherever_it_stands(self):
        server = self.enterContext(VendorServer())
        server.reply = lambda request: (400, request.body)
        key = 's3cr3t "4/5'
        for target in ({"type": "airflow", "url": server.url, "dag_id": "d", "conf": {"key": "${KEY}"}},
                       {"type": "gitlab", "url": server.url, "project": 1, "ref": "r", "token": "t0ken",
                        "variables": {"KEY": "a${KEY}"}}):
            self.write("m.toml", config([target]))
            for arguments, code in (("--dry-run", "-v"), 0), (("-v",), 4):
                run = self.run_events("-c", "m.toml", *arguments, stdin=LOW, env={"KEY": key})
                self.expect_code(run, code)
                self.assertIn("***", run.err)
                self.assertNotIn("s3cr3t", run.err)
        self.assertIn(key, server.requests[0].json["conf"]["key"])

    def test_commands_and_the_queue_say_what_they_would_do(self):
        action, shown = self.describe({"type": "exec", "command": ["./train", "a \"b\""], "env": {"K": "s3cr3t-1"}})
        self.assertEqual(shown[0], 'exec "./train" "a \\"b\\""')
        self.assertEqual(shown[1], "stdin: " + json.dumps(action, separators=(",", ":")))
        action, shown = self.describe({"type": "queue"})
        self.assertEqual(shown, ["a job in the embedded registry: " + action["id"]])

    def test_without_v_nothing_is_shown_and_with_json_logs_each_line_is_one(self):
        self.write("m.toml", config([{"type": "http", "url": "http://x.example/"}]))
        self.assertEqual(self.run_events("-c", "m.toml", "--dry-run", stdin=LOW).err, "")
        run = self.run_events("-c", "m.toml", "--dry-run", "-v", "--log-format", "json", stdin=LOW)
        lines = [json.loads(line) for line in run.err.splitlines()]
        self.assertIn("POST http://x.example/", [line["message"] for line in lines])


class Poll(TargetTest):
    """`poll` turns the end of a job, as its target has it, into the event that closes it, over runs."""

    def run_state(self, target, *lines, code=0):
        self.write("m.toml", config([{**target, "poll": "1ms", "retry": FAST}]))
        run = self.run_events("-c", "m.toml", "--state", "state", "--deliver-timeout", "20s", state=True,
                              stdin=b"".join(lines))
        self.expect_code(run, code)
        return run, [action for action in run.actions if action["action"] == "retrain"]

    def jobs(self):
        run = self.mlmon("jobs", "list", "--json", "--state", "state")
        return [json.loads(line) for line in run.out.splitlines()]

    def check_end(self, server, target, end, status, note=""):
        target = {**target, "url": server.url}
        _, [asked] = self.run_state(target, metrics(f1=0.5))
        self.assertEqual(self.run_state(target, metrics(f1=0.4))[1], [], "the job is open")
        self.assertEqual(self.jobs(), [])
        end(asked)
        self.run_state(target, metrics(f1=0.9))
        [job] = self.jobs()
        self.assertEqual((job["job"], job["status"], job["model"]), (asked["id"], status, asked["model"]))
        self.assertIn(note, job["note"] or "")
        _, again = self.run_state(target, metrics(f1=0.4))
        self.assertEqual(len(again), 1, "the job is closed")
        self.assertNotEqual(again[0]["id"], asked["id"])
        count = len(server.requests)
        self.run_state(target, metrics(f1=0.9))
        self.assertGreater(len(server.requests), count, "the new one is asked for")

    def test_airflow(self):
        server = self.serve(AirflowServer())
        self.check_end(server, {"type": "airflow", "dag_id": "retrain", "token": "s3cret"},
                       lambda asked: server.runs["mlmon-" + asked["id"]].update(state="success"), "done")

    def test_a_run_of_airflow_that_failed(self):
        server = self.serve(AirflowServer())
        self.check_end(server, {"type": "airflow", "dag_id": "retrain", "token": "s3cret"},
                       lambda asked: server.runs["mlmon-" + asked["id"]].update(state="failed"), "failed", "failed")

    def test_a_run_that_was_deleted_is_cancelled(self):
        server = self.serve(AirflowServer())
        self.check_end(server, {"type": "airflow", "dag_id": "retrain", "token": "s3cret"},
                       lambda asked: server.runs.clear(), "cancelled", "is not there any more")

    def test_mlflow(self):
        server = self.serve(MlflowServer())
        self.check_end(server, {"type": "mlflow"},
                       lambda asked: server.tags.update({("fraud", "2.1.0", "mlmon.retrain"):
                                                         asked["id"] + " failed: out of memory"}),
                       "failed", "out of memory")

    def test_argo(self):
        server = self.serve(ArgoServer())
        self.check_end(server, {"type": "argo", "namespace": "ml", "template": "t"},
                       lambda asked: server.workflows["mlmon-" + asked["id"].lower()].update(
                           status={"phase": "Error", "message": "no such image"}), "failed", "Error: no such image")

    def test_kfp(self):
        server = self.serve(KfpServer())
        self.check_end(server, {"type": "kfp", "pipeline_id": "p"},
                       lambda asked: server.runs[0].update(state="SUCCEEDED"), "done")

    def test_jenkins(self):
        server = self.serve(JenkinsServer())
        self.check_end(server, {"type": "jenkins", "job": "retrain"},
                       lambda asked: server.builds[0].update(result="FAILURE"), "failed", "build 1: FAILURE")

    def test_one_that_cannot_say_is_asked_again_and_told_of(self):
        server = self.serve(AirflowServer())
        target = {"type": "airflow", "url": server.url, "dag_id": "retrain", "token": "s3cret"}
        self.run_state(target, metrics(f1=0.5))
        server.first = [(503, b"not now")]
        run, _ = self.run_state(target, metrics(f1=0.9))
        self.assertIn("will be asked for again: HTTP 503: not now", run.err)
        for body in (b"<html>", b'{"state": "no such"}', b"[]"):
            server.first = [(200, body)]
            run, _ = self.run_state(target, metrics(f1=0.9))
            self.assertIn("will be asked for again: HTTP 200, expected a run with its state", run.err)
        self.assertEqual(self.jobs(), [])

    def test_a_run_that_ends_does_not_wait_for_a_poll(self):
        server = self.serve(AirflowServer())
        self.write("m.toml", config([{"type": "airflow", "url": server.url, "dag_id": "retrain", "token": "s3cret",
                                      "poll": "1h"}]))
        run = self.run_events("-c", "m.toml", "--state", "state", "--deliver-timeout", "1h", state=True, stdin=LOW)
        self.expect_code(run, 0)
        self.assertEqual([one.split()[0] for one in server.asked()], ["POST"])

    def test_a_request_to_two_targets_ends_when_one_of_them_says_so(self):
        server = self.serve(AirflowServer())
        self.write("m.toml", config([{"type": "exec", "command": ["true"]},
                                     {"type": "airflow", "url": server.url, "dag_id": "retrain", "token": "s3cret",
                                      "poll": "1ms"}, {"type": "queue"}]))

        def run(line):
            return self.run_events("-c", "m.toml", "--state", "state", state=True, stdin=line)
        [asked] = [one for one in run(metrics(f1=0.5)).actions if one["action"] == "retrain"]
        self.assertEqual([job["status"] for job in self.jobs()], ["queued"])
        server.runs["mlmon-" + asked["id"]]["state"] = "success"
        run(metrics(f1=0.9))
        self.assertEqual([(job["job"], job["status"]) for job in self.jobs()], [(asked["id"], "done")])


class Configuration(TargetTest):
    def error(self, target):
        self.write("m.toml", config([target]))
        run = self.mlmon("check", "-c", "m.toml")
        self.expect_code(run, 2)
        return run.err

    def test_what_a_type_needs_and_does_not_take(self):
        url = "http://x/"
        for target, text in [
                ({"type": "airflow", "url": url}, "needs dag_id"), ({"type": "airflow", "dag_id": "d"}, "needs url"),
                ({"type": "mlflow"}, "needs url"), ({"type": "argo", "url": url, "namespace": "n"}, "needs template"),
                ({"type": "kfp", "url": url}, "needs pipeline_id"), ({"type": "github"}, "needs repository"),
                ({"type": "gitlab", "project": 1, "ref": "r"}, "needs token"),
                ({"type": "jenkins", "url": url}, "needs job"), ({"type": "sagemaker", "pipeline": "p"}, "needs region"),
                ({"type": "queue", "poll": "5m"}, "poll: type \"queue\" takes no poll"),
                ({"type": "gitlab", "project": 1, "ref": "r", "token": "t", "poll": "5m"}, "takes no poll"),
                ({"type": "sagemaker", "pipeline": "p", "region": "r", "token": "t"}, "takes no token"),
                ({"type": "http", "url": url, "conf": {}}, "takes no conf")]:
            with self.subTest(target):
                err = self.error(target)
                self.assertIn(text, err)
                self.assertRegex(err, r"m\.toml:\d+: observers\.retraining\.targets\[0\]")

    def test_a_superfluous_key_is_named_with_its_line(self):
        err = self.error({"type": "http", "url": "http://x/", "conf": {"a": 1}})
        self.assertIn('m.toml:6: observers.retraining.targets[0].conf: type "http" takes no conf', err)

    def test_values_that_cannot_be(self):
        url = "http://x/"
        for target, text in [
                ({"type": "airflow", "url": url, "dag_id": "d", "conf": {"a": "{nmae}"}},
                 'targets[0].conf.a: unknown name "nmae"'),
                ({"type": "airflow", "url": url, "dag_id": "d", "conf": {"mlmon_id": "x"}},
                 "targets[0].conf.mlmon_id: mlmon sets this one itself"),
                ({"type": "airflow", "url": url, "dag_id": ""}, "targets[0].dag_id"),
                ({"type": "airflow", "url": "http://x/?a=b", "dag_id": "d"}, "expected no query"),
                ({"type": "airflow", "url": url, "dag_id": "d", "api": "v3"}, "targets[0].api"),
                ({"type": "airflow", "url": url, "dag_id": "d", "poll": "0s"}, "poll: expected a duration above zero"),
                ({"type": "http", "url": url, "body": '{"a": {value:+.1f}}'}, "filled in, this is not JSON"),
                ({"type": "http", "url": url, "body": "{value:d}"}, "the format of {value:d}"),
                ({"type": "github", "repository": "acme"}, "expected OWNER/NAME"),
                ({"type": "github", "repository": "a/b/c"}, "expected OWNER/NAME"),
                ({"type": "github", "repository": "a/b", "inputs": {"a": "b"}}, "goes with workflow only"),
                ({"type": "github", "repository": "a/b", "workflow": "w", "event_type": "e"},
                 "either event_type or workflow"),
                ({"type": "jenkins", "url": url, "job": "a//b"}, "targets[0].job"),
                ({"type": "jenkins", "url": url, "job": "a", "token": "t"}, "username and token together"),
                ({"type": "sagemaker", "pipeline": "p", "region": "r/../x"}, "expected a region"),
                ({"type": "sagemaker", "pipeline": "p", "region": "r", "access_key": "a"},
                 "access_key and secret_key together"),
                ({"type": "http", "url": url, "name": "a b"}, "targets[0].name"),
                ({"type": "mlflow", "url": url, "version": "{v}"}, 'targets[0].version: unknown name "v"')]:
            with self.subTest(target):
                err = self.error(target)
                self.assertIn(text, err)
                self.assertRegex(err, r"m\.toml:\d+: ")

    def test_defaults_are_the_public_services(self):
        self.write("m.toml", config([{"type": "github", "repository": "a/b"},
                                     {"type": "gitlab", "project": 1, "ref": "r", "token": "s3cret"},
                                     {"type": "sagemaker", "pipeline": "p", "region": "eu-central-1"},
                                     {"type": "mlflow", "url": "http://x/", "name": "{model.name}-prod"}]))
        run = self.mlmon("check", "-c", "m.toml")
        self.expect_code(run, 0)
        self.assertNotIn("s3cret", run.out.decode() + run.err)
        self.assertIn("mlflow", run.out.decode())


if __name__ == "__main__":
    mlmon_run.main()
