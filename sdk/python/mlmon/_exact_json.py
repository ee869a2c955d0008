"""JSON whose numbers are known as they were written, for mlmon.testing."""

import json
import re

from ._child import _ABSENT_INTEGER


class Number(float):
    """A number of JSON that is known as it was written, too."""

    text = ""


def _number(text):
    value = Number(text)
    value.text = text
    return value


def resolve(value, pointer):
    """(found, value) at a JSON pointer."""
    for token in pointer.split("/")[1:]:
        token = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and token in value:
            value = value[token]
        elif isinstance(value, list) and re.fullmatch("0|[1-9][0-9]*", token) and int(token) < len(value):
            value = value[int(token)]
        else:
            return False, None
    return True, value


def _first_of_equal(pairs):
    members = {}
    for name, value in pairs:
        members.setdefault(name, value)
    return members


def _no_constant(word):
    raise ValueError(f"{word} is not JSON")


def read(text):
    return json.loads(text, parse_int=_number, parse_float=_number, parse_constant=_no_constant,
                      object_pairs_hook=_first_of_equal)


def whole(value):
    if isinstance(value, bool):
        return int(value)
    if not re.fullmatch("-?[0-9]+", value.text) or not -(1 << 63) < int(value.text) < 1 << 63:
        return _ABSENT_INTEGER
    return int(value.text)


def json_of(value):
    """JSON again, numbers as they were written."""
    if isinstance(value, Number):
        return value.text
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{json_of(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(json_of, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
