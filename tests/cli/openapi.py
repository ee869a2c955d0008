"""Requests checked against a vendor's own description of its API: OpenAPI 3, Swagger 2, or botocore's model.

The descriptions in tests/data/vendors are cut down to what we call; its README says where they are from.
"""

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, unquote

VENDORS = Path(__file__).resolve().parent.parent / "data" / "vendors"

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float),
         "null": type(None)}


def is_type(name, value):
    if name in ("integer", "number") and isinstance(value, bool):
        return False
    return isinstance(value, TYPES[name])


class Description:
    """One API; check() gives what is wrong with a request, in words."""

    def __init__(self, name):
        self.whole = json.loads((VENDORS / name).read_text())

    def check(self, request):
        path, _, query = request.path.partition("?")
        for template, operations in self.whole["paths"].items():
            names = re.findall(r"\{(\w+)\}", template)
            pattern = re.sub(r"\\\{\w+\\\}", "([^/]+)", re.escape(template))
            match = re.fullmatch(pattern, path)
            operation = operations.get(request.method.lower()) if match else None
            if operation:
                values = dict(zip(names, map(unquote, match.groups())))
                return [*self.check_parameters(operations, operation, values, query),
                        *self.check_body(operation, request)]
        return [f"no operation {request.method} {path}"]

    def check_parameters(self, operations, operation, in_path, query):
        given = {"path": in_path, "query": {k: v[-1] for k, v in parse_qs(query).items()}}
        known = set()
        for parameter in [*operations.get("parameters", []), *operation.get("parameters", [])]:
            parameter = self.resolve(parameter)
            if parameter["in"] not in given:
                continue
            name, values = parameter["name"], given[parameter["in"]]
            known.add(name)
            if name not in values:
                if parameter.get("required"):
                    yield f"{parameter['in']} parameter {name} is missing"
                continue
            schema = self.resolve(parameter.get("schema", parameter))
            value = values[name]
            if schema.get("type") == "integer" and value.isdigit():
                value = int(value)
            if schema.get("type") == "array":
                value = value.split(",")
            if parameter["in"] == "path" or "schema" in parameter:
                yield from self.check_value(schema, value, name)
        for name in set(given["query"]) - known:
            yield f"unknown query parameter {name}"

    def check_body(self, operation, request):
        bodies = [p for p in map(self.resolve, operation.get("parameters", [])) if p["in"] == "body"]
        if bodies:  # Swagger 2
            return self.check_value(bodies[0]["schema"], request.json, "body")
        if "requestBody" not in operation:
            return ["a body, where none is described"] if request.body else []
        content = self.resolve(operation["requestBody"])["content"]
        kind = request.headers.get("content-type", "").split(";")[0]
        if kind not in content:
            return [f"content type {kind}, expected one of {list(content)}"]
        return self.check_value(content[kind]["schema"], request.json, "body")

    def resolve(self, schema):
        while "$ref" in schema:
            found = self.whole
            for part in schema["$ref"].lstrip("#/").split("/"):
                found = found[part]
            schema = found
        return schema

    def check_value(self, schema, value, at):
        schema = self.resolve(schema)
        if value is None and schema.get("nullable"):
            return []
        for key, enough in (("anyOf", 1), ("oneOf", 1)):
            if key in schema:
                tries = [list(self.check_value(one, value, at)) for one in schema[key]]
                if sum(not complaints for complaints in tries) < enough:
                    return min(tries, key=len)
        complaints = []
        for part in schema.get("allOf", []):
            complaints += self.check_value(part, value, at)
        types = schema.get("type", [])
        types = [types] if isinstance(types, str) else types
        if types and not any(is_type(one, value) for one in types):
            return [*complaints, f"{at}: expected {types}, got {value!r}"]
        if "enum" in schema and value not in schema["enum"]:
            complaints.append(f"{at}: expected one of {schema['enum']}, got {value!r}")
        if isinstance(value, str):
            complaints += self.check_text(schema, value, at)
        if isinstance(value, list):
            for n, item in enumerate(value):
                complaints += self.check_value(schema.get("items", {}), item, f"{at}[{n}]")
            if len(value) > schema.get("maxItems", len(value)):
                complaints.append(f"{at}: {len(value)} items")
        if isinstance(value, dict):
            complaints += self.check_members(schema, value, at)
        return complaints

    def check_text(self, schema, value, at):
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            yield f"{at}: {len(value)} characters"
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"{at}: {value!r} does not match {schema['pattern']}"
        if schema.get("format") == "date-time" and not re.match(r"\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$", value):
            yield f"{at}: {value!r} is not a time"

    def check_members(self, schema, value, at):
        known = schema.get("properties", {})
        for name in schema.get("required", []):
            if name not in value:
                yield f"{at}.{name}: is missing"
        if len(value) > schema.get("maxProperties", len(value)):
            yield f"{at}: {len(value)} members"
        # A vendor's server refuses or ignores what its description does not have: for us, both are mistakes.
        rest = schema.get("additionalProperties", not known)
        for name, member in value.items():
            if name in known:
                yield from self.check_value(known[name], member, f"{at}.{name}")
            elif rest is False:
                yield f"{at}.{name}: is not described"
            elif isinstance(rest, dict):
                yield from self.check_value(rest, member, f"{at}.{name}")


class AwsModel:
    """botocore's model of a service with the JSON protocol."""

    def __init__(self, name):
        self.model = json.loads((VENDORS / name).read_text())

    def check(self, request):
        metadata = self.model["metadata"]
        target = request.headers.get("x-amz-target", "")
        prefix, _, operation = target.partition(".")
        kind = f"application/x-amz-json-{metadata['jsonVersion']}"
        if (request.method, request.path) != ("POST", "/") or prefix != metadata["targetPrefix"]:
            return [f"{request.method} {request.path} {target}"]
        if request.headers.get("content-type") != kind:
            return [f"content type {request.headers.get('content-type')}"]
        return list(self.check_shape(self.model["operations"][operation]["input"]["shape"], request.json, "body"))

    def check_shape(self, name, value, at):
        shape = self.model["shapes"][name]
        if shape["type"] == "structure":
            for missing in set(shape.get("required", [])) - set(value):
                yield f"{at}.{missing}: is missing"
            for member, inside in value.items():
                if member in shape["members"]:
                    yield from self.check_shape(shape["members"][member]["shape"], inside, f"{at}.{member}")
                else:
                    yield f"{at}.{member}: is not described"
        elif shape["type"] == "list":
            if not shape.get("min", 0) <= len(value) <= shape.get("max", len(value)):
                yield f"{at}: {len(value)} items"
            for n, item in enumerate(value):
                yield from self.check_shape(shape["member"]["shape"], item, f"{at}[{n}]")
        elif shape["type"] == "string":
            if not isinstance(value, str):
                yield f"{at}: {value!r} is not a string"
            elif not shape.get("min", 0) <= len(value) <= shape.get("max", len(value)):
                yield f"{at}: {len(value)} characters"
            elif "pattern" in shape and not re.fullmatch(shape["pattern"], value):
                yield f"{at}: {value!r} does not match {shape['pattern']}"
