#!/usr/bin/env python3
"""Cuts the vendors' descriptions down to what mlmon calls: `cut.py FOLDER`, where FOLDER holds the packages that
README.md lists (needs PyYAML). Prints nothing; writes the .json files beside itself."""

import gzip
import json
import re
import sys
import tarfile
import zipfile
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
NOISE = {"description", "summary", "tags", "example", "examples", "externalDocs", "x-github", "title", "operationId",
         "responses", "security", "x-openapi-router-controller", "deprecated", "documentation"}


def member(package, name):
    """A file of a wheel, a Go module or a tarball."""
    if package.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(package) as archive:
            return archive.read(next(n for n in archive.namelist() if n.endswith(name)))
    with tarfile.open(package) as archive:
        return archive.extractfile(next(n for n in archive.getnames() if n.endswith(name))).read()


def strip(value, in_properties=False):
    if isinstance(value, list):
        return [strip(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {key: strip(one, key in ("properties", "members")) for key, one in value.items()
            if in_properties or key not in NOISE}


def references(value):
    if isinstance(value, list):
        return {ref for one in value for ref in references(one)}
    if not isinstance(value, dict):
        return set()
    found = {ref for one in value.values() for ref in references(one)}
    return found | ({value["$ref"]} if isinstance(value.get("$ref"), str) else set())


def cut(whole, operations):
    """The operations (path: methods), and what they refer to."""
    out = {"paths": {}}
    for path, methods in operations.items():
        found = whole["paths"][path]
        out["paths"][path] = {key: strip(found[key]) for key in [*methods, "parameters"] if key in found}
    wanted, done = references(out), set()
    while wanted - done:
        ref = (wanted - done).pop()
        done.add(ref)
        *parts, last = ref.lstrip("#/").split("/")
        source, target = whole, out
        for part in parts:
            source, target = source[part], target.setdefault(part, {})
        target[last] = strip(source[last])
        wanted |= references(target[last])
    return out


def write(name, value):
    (HERE / name).write_text(json.dumps(value, indent=1, sort_keys=True) + "\n")


def airflow(folder):
    v2 = yaml.safe_load(member(next(folder.glob("apache_airflow_core-*.whl")), "v2-rest-api-generated.yaml"))
    write("airflow-v2.json", cut(v2, {"/api/v2/dags/{dag_id}/dagRuns": ["post"],
                                      "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}": ["get"]}))
    v1 = yaml.safe_load(member(next(folder.glob("apache_airflow-2*.whl")), "api_connexion/openapi/v1.yaml"))
    small = cut(v1, {"/dags/{dag_id}/dagRuns": ["post"], "/dags/{dag_id}/dagRuns/{dag_run_id}": ["get"]})
    small["paths"] = {"/api/v1" + path: value for path, value in small["paths"].items()}
    write("airflow-v1.json", small)


def github(folder):
    whole = json.loads(member(next(folder.glob("octokit-openapi-*.tgz")), "generated/api.github.com.json"))
    workflow = "/repos/{owner}/{repo}/actions/workflows/{workflow_id}"
    write("github.json", cut(whole, {"/repos/{owner}/{repo}/dispatches": ["post"],
                                     workflow + "/dispatches": ["post"], workflow + "/runs": ["get"]}))


def argo(folder):
    whole = json.loads(member(next(folder.glob("v3.*.zip")), "api/openapi-spec/swagger.json"))
    write("argo.json", cut(whole, {"/api/v1/workflows/{namespace}/submit": ["post"],
                                   "/api/v1/workflows/{namespace}/{name}": ["get"]}))


def sagemaker(folder):
    whole = json.loads(gzip.decompress(member(next(folder.glob("botocore-*.whl")),
                                              "sagemaker/2017-07-24/service-2.json.gz")))
    operation = whole["operations"]["StartPipelineExecution"]
    out = {"metadata": whole["metadata"], "operations": {"StartPipelineExecution": strip(operation)}, "shapes": {}}
    wanted = [operation["input"]["shape"]]
    while wanted:
        name = wanted.pop()
        shape = out["shapes"][name] = strip(whole["shapes"][name])
        wanted += [m["shape"] for m in [*shape.get("members", {}).values(), shape.get("member", {})] if m]
    write("sagemaker.json", out)


def kfp(folder):
    """The models of the generated client say which members there are, and of which types."""
    package = next(folder.glob("kfp_server_api-*.tar.gz"))
    schemas, wanted = {}, ["V2beta1Run"]
    while wanted:
        name = wanted.pop()
        file = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
        text = member(package, f"kfp_server_api/models/{file}.py").decode()
        types = re.search(r"openapi_types = (\{.*?\})", text, re.S)[1]
        names = re.search(r"attribute_map = (\{.*?\})", text, re.S)[1]
        types, names = (json.loads(t.replace("'", '"')) for t in (types, names))
        allowed = re.search(r"allowable_values = \[(.*?)\]", text)
        members = schemas[name] = {"type": "object", "properties": {}, "additionalProperties": False}
        if allowed and not types:
            schemas[name] = {"enum": re.findall(r'"(\w+)"', allowed[1]) or allowed[1].split(", ")}
        for python, json_name in names.items():
            members["properties"][json_name], more = kfp_type(types[python])
            wanted += [one for one in more if one not in schemas]
    paths = {"/apis/v2beta1/runs": {
        "post": {"parameters": [{"name": "body", "in": "body", "schema": {"$ref": "#/schemas/V2beta1Run"}},
                                {"name": "experiment_id", "in": "query"}]},
        "get": {"parameters": [{"name": n, "in": "query"} for n in
                               ("namespace", "experiment_id", "page_token", "page_size", "sort_by", "filter")]}}}
    write("kfp.json", {"paths": paths, "schemas": schemas})


def kfp_type(text):
    if text.startswith("list["):
        inside, more = kfp_type(text[5:-1])
        return {"type": "array", "items": inside}, more
    if text.startswith("dict("):
        inside, more = kfp_type(text[5:-1].split(", ", 1)[1])
        return {"type": "object", "additionalProperties": inside}, more
    plain = {"str": "string", "int": "integer", "bool": "boolean", "float": "number"}
    if text in plain:
        return {"type": plain[text]}, []
    if text in ("object", "datetime"):
        return ({} if text == "object" else {"type": "string", "format": "date-time"}), []
    return {"$ref": "#/schemas/" + text}, [text]


if __name__ == "__main__":
    for vendor in (airflow, github, argo, sagemaker, kfp):
        vendor(Path(sys.argv[1]))
