"""Servers that stand for the systems that retrainings are asked of. Each checks every request against the vendor's
published description, remembers it, and answers as the vendor's own server does.

`with AirflowServer() as server:`; server.complaints holds what was wrong with the requests.
"""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote

from misbehaving_server import Request
from openapi import AwsModel, Description


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, body, 0)
        with self.server.lock:
            self.server.all_requests.append(request)
            status, answer, more = self.server.answer(request)
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **more}.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if status != 204:
            self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = handle_any

    def log_message(self, *_):
        pass


class VendorServer(ThreadingHTTPServer):
    daemon_threads = True
    description = None

    def __init__(self):
        self.lock = threading.RLock()
        self.all_requests, self.complaints = [], []
        self.first = []  # answers that come before the usual ones: (status, body) or (status, body, headers)
        super().__init__(("127.0.0.1", 0), Handler)

    def __enter__(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def requests(self):
        with self.lock:
            return list(self.all_requests)

    def asked(self):
        """The requests in short."""
        return [f"{request.method} {request.path}" for request in self.requests]

    def answer(self, request):
        if self.description:
            self.complaints += self.description.check(request)
        if self.first:
            status, body, *more = self.first.pop(0)
            return status, body, *(more or [{}])
        status, body, *more = self.reply(request)
        return status, body, *(more or [{}])


class AirflowServer(VendorServer):
    """Runs are unique by their id and by their logical date. Version 2 takes a token only, version 1 Basic."""

    def __init__(self, api="v2"):
        super().__init__()
        self.api, self.api_description = api, Description(f"airflow-{api}.json")
        self.runs, self.logical_dates = {}, set()

    def reply(self, request):
        if request.path == "/auth/token":
            good = request.json == {"username": "u", "password": "p4ssword"}
            return (201, {"access_token": "jwt-of-u"}) if good else (401, {"detail": "Invalid credentials"})
        self.complaints += self.api_description.check(request)
        credentials = request.headers.get("authorization")
        basic = "Basic " + base64.b64encode(b"u:p4ssword").decode()
        if credentials not in (("Bearer jwt-of-u", "Bearer s3cret") if self.api == "v2" else (basic,)):
            return 401, {"detail": "Not authenticated"}
        if request.method == "GET":
            run = self.runs.get(unquote(request.path.rsplit("/", 1)[1]))
            return (200, run) if run else (404, {"detail": "The DagRun was not found"})
        body = request.json
        if body["dag_run_id"] in self.runs or body.get("logical_date") in self.logical_dates:
            return 409, {"detail": {"reason": "Unique constraint violation"}}
        self.runs[body["dag_run_id"]] = {**body, "state": "queued", "dag_id": "retrain"}
        return 200, self.runs[body["dag_run_id"]]


class MlflowServer(VendorServer):
    """As mlflow's REST API: only POSTs of JSON objects, a version is a number in a text."""

    MEMBERS = {"model-versions/set-tag": {"name", "version", "key", "value"},
               "registered-models/alias": {"name", "alias", "version"}}

    def __init__(self):
        super().__init__()
        self.tags, self.aliases, self.known = {}, {}, {("fraud", "2.1.0"), ("fraud", "7")}

    def reply(self, request):
        path, _, query = request.path.partition("?")
        call = path.removeprefix("/api/2.0/mlflow/")
        if call == "model-versions/get":
            asked = dict(parse_qsl(query))
            tags = [{"key": k[2], "value": v} for k, v in self.tags.items() if k[:2] == tuple(asked.values())]
            return 200, {"model_version": {**asked, "tags": tags}}
        if request.method != "POST" or call not in self.MEMBERS:
            self.complaints.append(f"{request.method} {request.path}")
            return 404, b"<!doctype html>"
        body = request.json
        if set(body) != self.MEMBERS[call] or not all(isinstance(value, str) for value in body.values()):
            self.complaints.append(body)
        if (body["name"], body["version"]) not in self.known:
            return 404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "Model Version not found"}
        if "key" in body:
            self.tags[body["name"], body["version"], body["key"]] = body["value"]
        else:
            self.aliases[body["alias"]] = body["version"]
        return 200, {}


class ArgoServer(VendorServer):
    def __init__(self):
        super().__init__()
        self.description, self.workflows = Description("argo.json"), {}

    def reply(self, request):
        if request.method == "GET":
            workflow = self.workflows.get(request.path.split("?")[0].rsplit("/", 1)[1])
            return (200, workflow) if workflow else (404, {"code": 5, "message": "not found"})
        options = request.json["submitOptions"]
        name = options["name"]
        if len(name) > 63 or not name.replace("-", "").isalnum() or name != name.lower():
            self.complaints.append(f"not a DNS label: {name}")
        if name in self.workflows:
            return 409, {"code": 6, "message": f'workflows.argoproj.io "{name}" already exists'}
        parameters = [dict(zip(("name", "value"), p.split("=", 1))) for p in options["parameters"]]
        self.workflows[name] = {"metadata": {"name": name}, "spec": {"arguments": {"parameters": parameters}},
                                "status": {"phase": "Pending"}}
        return 200, self.workflows[name]


class KfpServer(VendorServer):
    def __init__(self):
        super().__init__()
        self.description, self.runs = Description("kfp.json"), []

    def reply(self, request):
        if request.method == "GET":
            query = dict(parse_qsl(request.path.partition("?")[2]))
            [predicate] = json.loads(query["filter"])["predicates"]
            if (predicate["key"], predicate["operation"]) != ("display_name", "EQUALS"):
                self.complaints.append(predicate)
            return 200, {"runs": found} if (found := [run for run in self.runs if run["display_name"] ==
                                                      predicate["string_value"]]) else {}
        self.runs.append({**request.json, "run_id": f"run-{len(self.runs)}", "state": "PENDING"})
        return 200, self.runs[-1]


class GithubServer(VendorServer):
    def __init__(self):
        super().__init__()
        self.description, self.titles = Description("github.json"), []

    def reply(self, request):
        if "json" not in request.headers["accept"] or request.headers["x-github-api-version"] != "2022-11-28":
            self.complaints.append(request.headers)
        if request.method == "GET":
            asked = dict(parse_qsl(request.path.partition("?")[2]))
            count = int(asked["per_page"])
            end = int(asked["page"]) * count
            # A run is as long as GitHub's are.
            run = {"id": 1, "repository": {"description": "x" * 15_000}}  # as long as GitHub's
            return 200, {"workflow_runs": [{**run, "display_title": title} for title in self.titles[end - count:end]]}
        inputs = request.json.get("inputs", {})
        if not all(isinstance(value, str) for value in inputs.values()):
            self.complaints.append(f"inputs must be texts: {inputs}")
        return 204, b""


class GitlabServer(VendorServer):
    def reply(self, request):
        form = dict(parse_qsl(request.body.decode()))
        if request.headers["content-type"] != "application/x-www-form-urlencoded" or request.method != "POST":
            self.complaints.append(request)
        if form.get("token") != "s3cret":
            return 404, {"message": "404 Not Found"}
        return 201, {"id": 5, "web_url": "http://gitlab/p/5", "status": "created"}


class JenkinsServer(VendorServer):
    """With `crumbs`, one that is asked by a session and not by a user's token."""

    def __init__(self, crumbs=False):
        super().__init__()
        self.crumbs, self.builds = crumbs, []

    def reply(self, request):
        if request.path == "/crumbIssuer/api/json":
            return 200, {"crumbRequestField": "Jenkins-Crumb", "crumb": "abc"}, {"Set-Cookie": "JSESSIONID=1; Path=/"}
        if request.method == "GET":
            return 200, {"builds": self.builds}
        if self.crumbs and (request.headers.get("jenkins-crumb"), request.headers.get("cookie")) != \
                ("abc", "JSESSIONID=1"):
            return 403, b"<html>No valid crumb was included in the request</html>", {"Content-Type": "text/html"}
        form = dict(parse_qsl(request.body.decode()))
        parameters = [{"name": name, "value": value} for name, value in form.items()]
        self.builds.insert(0, {"number": len(self.builds) + 1, "result": None,
                               "actions": [{}, {"parameters": parameters}]})
        return 201, b"", {"Location": f"{self.url}/queue/item/1/"}


class SagemakerServer(VendorServer):
    def __init__(self):
        super().__init__()
        self.description = AwsModel("sagemaker.json")

    def reply(self, _):
        arn = "arn:aws:sagemaker:eu-central-1:123456789012:pipeline/retrain/execution/abc"
        return 200, {"PipelineExecutionArn": arn}
