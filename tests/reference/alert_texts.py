"""Sections 5 and 10 of the contract: subject and body of the alerts that rules.py decides on."""

from types import SimpleNamespace

from decide import utc

SIGNS = {"critical": "❗", "warning": "⚠️", "info": "ℹ️"}
TITLES = {"low_f1": "Low F1 score", "drift": "Drift detected"}


class Number(float):
    """A number in a template: without a format the shortest text."""

    def __format__(self, specification):
        return super().__format__(specification) if specification else number(self)


def number(value):
    return repr(float(value)).removesuffix(".0")


def texts(finding, event, state):
    """Subject and body, where the contract says them."""
    if finding.rule.is_built_in:
        return built_in_texts(finding, event, state) if state != "flapping" else {}
    return own_texts(finding, event) if state == "firing" else {}


def built_in_texts(finding, event, state):
    rule, (name, version, _) = finding.rule, event.model
    sign = SIGNS[rule.severity] if state == "firing" else "✅ Resolved:"
    lines = [f"Model {name} v{version}"]
    if rule.metric == "f1":
        lines.append(f"F1 {'dropped to' if state == 'firing' else 'is'} {finding.figures['f1']:.2f}")
    else:
        if "magnitude" in finding.figures:
            lines.append(f"Drift magnitude: {finding.figures['magnitude']:.3f}")
        lines.append(f"P-value: {finding.figures['p_value']:.4f}")
    lines.append(time_line(event))
    return {"subject": f"{sign} {TITLES[rule.name]} for {name}", "body": "\n".join(lines)}


def own_texts(finding, event):
    rule, (name, version, _) = finding.rule, event.model
    figure, limit = Number(finding.figures[rule.metric]), Number(finding.limit)
    model = SimpleNamespace(name=name, version=version)
    subject = rule.table.get("subject", SIGNS[rule.severity] + f" {rule.name} for {name}")
    said = {"subject": subject.format(model=model, value=figure, threshold=limit)}
    if rule.has_baseline:
        return said  # Left open: the last digits of such a limit.
    plain = f"Model {name} v{version}\n{rule.metric} is {figure} (limit {limit})\n{time_line(event)}"
    said["body"] = rule.table.get("body", plain).format(model=model, value=figure, threshold=limit)
    return said


def time_line(event):
    return f"{'Captured' if event.kind == 'metrics' else 'Detected'} at {utc(event.time)}"
