"""The rules of mlmon's two plugins a second time, from the contract alone (sections 2, 4, 5, 9, 10 and 13) and by
another hand than decide.py, of which it uses nothing but times and durations.

It goes further than decide.py: lines that come again, members that are null, figures at the edge of their range,
alerts on what other observers did, and the receipt's counts. `decide` gives what mlmon owes for a list of events.

Where the contract leaves something open, this does what the program does; such a place has a comment "Left open".
"""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import NamedTuple

from alert_texts import number, texts
from decide import span, utc
from rule_events import DRIFT_FIGURES, BadLine, read_event

DERIVED_RULES = ("retrain", "job_failed", "budget_spent")  # section 10, `on`


class Decision(NamedTuple):
    """An action, or one that is held back, as far as the contract fixes it.

    `fields` are members of the line that mlmon prints. `complete`: it has no other figures than these.
    `untold`: it has the member `suppressed`. `key`: what makes its id, so that one can be found again by it.
    """
    fields: dict
    complete: bool = True
    untold: bool = False
    key: tuple | None = None


def matches(globs, name):
    """Section 6, `models`: the last that matches counts; a list that begins with `!` begins with all."""
    answer = globs[0].startswith("!")
    for glob in globs:
        if fnmatchcase(name, glob.removeprefix("!")):
            answer = not glob.startswith("!")
    return answer


# Section 9, "How a rule is decided", for both plugins.

class Rule:
    def __init__(self, table, default_window, is_built_in=False):
        self.name, self.metric, self.table, self.is_built_in = table["name"], table["metric"], table, is_built_in
        self.needed, self.window = map(int, table.get("for", default_window).split("/"))
        self.is_below = "below" in table or "drop" in table
        self.is_drift = self.metric in DRIFT_FIGURES
        self.severity = table.get("severity", "warning")
        self.inhibited_by = table.get("inhibited_by", [])
        self.figures = self.breaches = self.actions = 0  # for the receipt

    def applies_to(self, model):
        return matches(self.table.get("models", ["*"]), model[0])

    @property
    def has_baseline(self):
        return "drop" in self.table or "rise" in self.table

    def limit(self, baseline):
        """Section 13, `drop` and `rise`."""
        if not self.has_baseline:
            return self.table["below" if self.is_below else "above"]
        change = self.table["drop" if self.is_below else "rise"]
        if isinstance(change, str):
            change = abs(baseline) * float(change.removesuffix("%")) / 100
        return baseline - change if self.is_below else baseline + change

    def is_beyond(self, figure, limit):
        return figure < limit if self.is_below else figure > limit

    def is_back(self, figure):
        return figure >= self.table["clear"] if self.is_below else figure <= self.table["clear"]


@dataclass
class Standing:
    """How a rule stands for a model."""
    window: list = field(default_factory=list)  # whether each of the last events breached, the newest last
    holds: bool = False
    changed: int | None = None  # the time of the event at which it last started or stopped to hold
    first_figures: list = field(default_factory=list)
    baseline: float | None = None
    # The rest is the alert plugin's.
    told_at: int | None = None       # when it was last told, and ...
    told_event: int | None = None    # ... the time of the event that was told of
    changes: list = field(default_factory=list)
    flapping: bool = False
    heard: bool = False  # somebody was told of what fires now


class Finding(NamedTuple):
    """What a rule says about an event."""
    rule: Rule
    standing: Standing
    figures: dict
    limit: float
    breaches: bool
    weight: str  # "full", "late", "min_samples"
    change: str | None  # "start", "stop"


class Observer:
    BUILT_IN = ()  # rule, metric, key, default, severity

    def __init__(self, name, keys):
        self.name, self.keys = name, keys
        window = keys.get("for", "1/1")
        self.rules = []
        for rule, metric, key, default, severity in self.BUILT_IN:
            limit = keys.get(key, default)
            if limit is not False:
                table = {"name": rule, "metric": metric, "below": limit, "severity": severity}
                self.rules.append(Rule(table, window, is_built_in=True))
        self.rules += [Rule(table, window) for table in keys.get("rules", [])]
        self.standings, self.now, self.known = {}, {}, set()
        self.suppressed_by = {}

    def duration(self, key):
        return span(self.keys.get(key))

    def standing(self, model, rule):
        return self.standings.setdefault((model, rule.name), Standing())

    def findings(self, event):
        """Brings all rules up to date, then says what each of them found."""
        self.now[event.model] = max(event.time, self.now.get(event.model, event.time))
        figures = self.corrected(event)
        found = [self.find(rule, event, figures) for rule in self.rules
                 if rule.applies_to(event.model) and rule.metric in figures]
        return [finding for finding in found if finding]

    def corrected(self, event):
        """Section 9, `correction`: p_value becomes the smallest adjusted p over the event's features."""
        correction, count = self.keys.get("correction", "none"), len(event.p_values)
        if correction == "none" or not event.p_values:
            return event.figures
        if correction == "bonferroni":
            adjusted = min(event.p_values) * count
        else:
            adjusted = min(p * count / rank for rank, p in enumerate(sorted(event.p_values), start=1))
        return {**event.figures, "p_value": min(1.0, adjusted)}

    def find(self, rule, event, figures):
        standing, figure = self.standing(event.model, rule), figures[rule.metric]
        rule.figures += 1
        few = event.samples is not None and event.samples < self.keys.get("min_samples", 0)
        if rule.has_baseline and standing.baseline is None:
            if not few:
                self.add_to_baseline(rule, standing, event, figure)
            return None
        limit = rule.limit(standing.baseline)
        breaches = rule.is_beyond(figure, limit)
        if rule.metric == "p_value" and "magnitude" in figures:
            breaches = breaches and figures["magnitude"] >= self.keys.get("min_magnitude", 0)
        rule.breaches += breaches
        weight, change = "full", None
        if standing.changed is not None and event.time < standing.changed:
            weight = "late"
        elif few:
            weight = "min_samples"
        else:
            change = self.enter(rule, standing, figure, breaches, event.time)
        return Finding(rule, standing, figures, limit, breaches, weight, change)

    def add_to_baseline(self, rule, standing, event, figure):
        """Section 13: the first figures, which breach nothing."""
        # Left open: figures of the grace are in no baseline, by the event's own time.
        if self.keys.get("grace") and event.time < event.deployed + self.duration("grace"):
            return
        standing.first_figures.append(figure)
        if len(standing.first_figures) == rule.table.get("baseline", 20):
            total = 0.0
            for one in standing.first_figures:  # sum() of newer Pythons rounds otherwise
                total += one
            standing.baseline = total / len(standing.first_figures)
        standing.window = [*standing.window, False][-rule.window:]

    @staticmethod
    def enter(rule, standing, figure, breaches, time):
        """Step 2: the rule starts or stops to hold."""
        standing.window = [*standing.window, breaches][-rule.window:]
        held = standing.holds
        if held and "clear" in rule.table:
            if rule.is_back(figure):
                standing.holds, standing.window = False, []
        else:
            standing.holds = sum(standing.window) >= rule.needed
        if standing.holds == held:
            return None
        standing.changed = time
        return "start" if standing.holds else "stop"

    def place(self, rule, model, event):
        return {"observer": self.name, "rule": rule, "model": dict(zip(("name", "version", "deployed_at"), model)),
                "event_time": utc(event.time), "line": event.line, **({"labels": event.labels} if event.labels else {})}

    def fields(self, finding, event):
        """Section 4: what an action says about its event."""
        fields = {**self.place(finding.rule.name, event.model, event), "threshold": finding.limit}
        if finding.rule.is_drift:
            # Left open: only a rule on p_value shows the corrected p.
            shown = finding.figures if finding.rule.metric == "p_value" else event.figures
            fields |= {name: shown[name] for name in DRIFT_FIGURES if name in shown}
        else:
            fields |= {"metric": finding.rule.metric, "value": finding.figures[finding.rule.metric]}
        if finding.standing.baseline is not None:
            fields["baseline"] = finding.standing.baseline
        return fields

    def suppress(self, finding, event, of, why, until=None):
        self.suppressed_by[why] = self.suppressed_by.get(why, 0) + 1
        fields = {**self.fields(finding, event), "action": "suppressed", "of": of, "why": why}
        if until is not None:
            fields["until"] = utc(until)
        return Decision(fields)

    def is_new(self, key):
        """Section 4: an action whose id is known is not printed again."""
        if key in self.known:
            return False
        self.known.add(key)
        return True


# Section 9: the retraining plugin.

@dataclass
class Request:
    at: int
    id: str


class Retraining(Observer):
    BUILT_IN = (("f1", "f1", "min_f1", 0.75, None), ("drift", "p_value", "max_p_value", 0.05, None))

    def __init__(self, name, keys, ids):
        super().__init__(name, keys)
        self.ids = ids
        self.open, self.asked = {}, {}  # of a model: its open job; when it was last asked for
        self.spent, self.budget_spent_told = [], False
        self.ended = set()
        if keys.get("budget"):
            most, length = keys["budget"].split("/")
            self.budget_most, self.budget_length = int(most), span(length)

    def decide(self, event, derived):
        if event.kind == "job":
            self.end_job(event)
            return
        for finding in self.findings(event):
            if not finding.breaches:
                continue
            why, until = self.reason_against(finding, event)
            if why:
                decision = self.suppress(finding, event, "retrain", why, until)
                yield decision
                if why == "budget" and not self.budget_spent_told:
                    self.budget_spent_told = True
                    derived.append(("budget_spent", decision.fields))
            else:
                yield from self.request(finding, event, derived)

    def end_job(self, event):
        request = self.open.get(event.model)
        if request and request.id == event.job:
            del self.open[event.model]
        self.ended.add(event.job)

    def reason_against(self, finding, event):
        """Step 3: the first that applies, and until when; (None, None): nothing is against it."""
        model, now = event.model, self.now[event.model]
        if finding.weight != "full":
            return finding.weight, None
        grace_end = event.deployed + self.duration("grace")
        if self.keys.get("grace") and now < grace_end:
            return "grace", grace_end
        if not finding.standing.holds:
            return "for", None
        if not self.is_confirmed(finding.rule, model):
            return "require", None
        if model in self.open:
            timeout = self.duration("job_timeout")
            if not timeout:
                return "job_open", None
            if now < self.open[model].at + timeout:
                return "job_open", self.open[model].at + timeout
        # A cooldown of 0s is none, also for an event from before the request.
        cooldown = self.duration("cooldown")
        if cooldown and model in self.asked and now < self.asked[model] + cooldown:
            return "cooldown", self.asked[model] + cooldown
        if self.keys.get("budget"):
            live = sorted(request.at for request in self.spent if now < request.at + self.budget_length)
            if len(live) >= self.budget_most:
                return "budget", live[-self.budget_most] + self.budget_length
        return None, None

    def is_confirmed(self, rule, model):
        """`require`."""
        others = [other for other in self.rules if other.applies_to(model)]
        require = self.keys.get("require", "any")
        if require == "all":
            return all(self.standing(model, other).holds for other in others)
        if require == "confirmed" and rule.is_drift:
            return any(self.standing(model, other).holds for other in others if not other.is_drift)
        return True

    def request(self, finding, event, derived):
        rule, model = finding.rule, event.model
        rule.actions += 1
        key = (self.name, rule.name, event.content)
        request = Request(self.now[model], self.ids.get(key, key))
        self.open_job(model, request)
        if not self.is_new(key):
            return
        fields = {**self.fields(finding, event), "action": "retrain"}
        if not rule.is_drift and not rule.has_baseline:  # of the others the contract shows no reason
            side = "below" if rule.is_below else "above"
            fields["reason"] = f"{rule.metric} {number(fields['value'])} is {side} {number(finding.limit)}"
        derived.append(("retrain", fields))
        yield Decision(fields, key=key)

    def open_job(self, model, request):
        # Section 9, the last sentence: one that is known and closed is told that end at once.
        if request.id in self.ended:
            return
        # The line that opened the job comes again: it changes nothing.
        if model in self.open and self.open[model].id == request.id:
            return
        # Left open: a known request that is neither opens its job anew, dated by the model's clock.
        self.open[model], self.asked[model] = request, request.at
        if all(one.id != request.id for one in self.spent):  # section 9: a request counts once, by its id
            self.spent.append(request)
            self.budget_spent_told = False


# Section 10: the alert plugin.

class Alert(Observer):
    BUILT_IN = (("low_f1", "f1", "min_f1", 0.6, "critical"), ("drift", "p_value", "max_p_value", 0.05, "warning"))

    def __init__(self, name, keys):
        super().__init__(name, keys)
        self.deployments = {}  # of a name: models, with the time of their deployment
        self.flap_most = None
        if keys.get("flap", "0") != "0":
            most, length = keys["flap"].split("/")
            self.flap_most, self.flap_length = int(most), span(length)

    def decide(self, event, derived):
        if event.kind == "job":
            if event.status == "failed" and "job_failed" in self.keys.get("on", []):
                if self.is_new(("job_failed", event.content)):
                    yield self.derived_alert("job_failed", event.model, event)
            return
        found = self.findings(event)
        yield from self.supersede(event)
        for finding in found:
            yield from self.judge(finding, event)
        for name, cause in derived:
            if name in self.keys.get("on", []):
                yield self.derived_alert(name, tuple(cause["model"].values()), event)

    def derived_alert(self, name, model, event):
        fields = {**self.place(name, model, event), "action": "alert", "state": "firing"}
        return Decision(fields, complete=False)

    def supersede(self, event):
        """Section 13, `superseded_after`."""
        deployments = self.deployments.setdefault(event.model[0], {})
        deployments[event.model] = event.deployed
        if "superseded_after" not in self.keys:
            return
        if self.now[event.model] < event.deployed + self.duration("superseded_after"):
            return
        # Left open: the oldest deployment first.
        for model, deployed in sorted(deployments.items(), key=lambda one: one[1]):
            if deployed >= event.deployed:
                continue
            for rule in self.rules:
                yield from self.supersede_rule(rule, model, event)

    def supersede_rule(self, rule, model, event):
        standing = self.standing(model, rule)
        if not standing.holds:  # Left open: whether an event from before the newest change supersedes.
            return
        standing.holds = standing.flapping = False
        standing.window, standing.changed = [], event.time
        if not self.keys.get("resolve", True):
            return
        rule.actions += 1
        if self.is_new((rule.name, model, "resolved", event.content)):
            fields = {**self.place(rule.name, model, event), "action": "alert", "state": "resolved",
                      "severity": rule.severity, "reason": f"superseded by v{event.model[1]}"}
            yield Decision(fields, complete=False, untold=not standing.heard)

    def judge(self, finding, event):
        if finding.weight != "full":
            if finding.breaches:
                yield self.suppress(finding, event, "alert", finding.weight)
            return
        rule, standing, now = finding.rule, finding.standing, self.now[event.model]
        was_flapping = standing.flapping
        state = self.state_to_tell(finding, event)
        if state is None:
            return
        # Left open: an alert whose id is known counts as told once more.
        standing.told_at, standing.told_event = now, event.time
        untold = self.is_untold(finding, event.model, state, begins=finding.change == "start" and not was_flapping)
        if state == "resolved" and not self.keys.get("resolve", True):
            return
        rule.actions += 1
        if self.is_new((rule.name, event.model, state, event.content)):
            fields = {**self.fields(finding, event), "action": "alert", "state": state, "severity": rule.severity}
            yield Decision(fields | texts(finding, event, state), untold=untold)

    def state_to_tell(self, finding, event):
        standing, now = finding.standing, self.now[event.model]
        state = "firing" if standing.holds else "resolved"
        if self.flap_most is not None and (finding.change or standing.flapping):
            return self.flap(finding, now, state)
        if finding.change:
            return state
        repeat = self.duration("repeat")
        if not repeat or not standing.holds:
            return None
        # Left open: of a line that comes again, only the one that was told of last repeats nothing.
        is_another = event.time != standing.told_event
        return state if is_another and now >= standing.told_at + repeat else None

    def flap(self, finding, now, state):
        """`flap`: the state to tell, or none."""
        standing = finding.standing
        is_quiet = all(now >= change + self.flap_length for change in standing.changes)
        standing.changes = [change for change in standing.changes if now < change + self.flap_length]
        if finding.change:
            standing.changes.append(now)
        if standing.flapping and not is_quiet:
            return None
        standing.flapping = len(standing.changes) > self.flap_most
        return "flapping" if standing.flapping else state

    def is_untold(self, finding, model, state, begins):
        """`inhibited_by`; an end is told to those who heard of the start."""
        standing = finding.standing
        if state == "resolved":
            return not standing.heard
        inhibited = any(self.fires(name, model) for name in finding.rule.inhibited_by)
        if not inhibited:
            standing.heard = True
        elif begins:
            standing.heard = False
        return inhibited

    def fires(self, name, model):
        rule = next(rule for rule in self.rules if rule.name == name)
        standing = self.standing(model, rule)
        return rule.applies_to(model) and (standing.holds or standing.flapping)


# Section 4: all observers over all events.

def decide(observers, lines, skip_late=False, ids=None):
    """What mlmon decides on `lines` (objects), in the order in which it prints, and its observers with their counts.

    `observers`: (name, plugin, keys). `ids`: of a Decision's key the id that mlmon gave, by which `job` events name it.
    """
    made = [Retraining(name, keys, ids or {}) if plugin == "retraining" else Alert(name, keys)
            for name, plugin, keys in observers]
    decisions, newest = [], {}
    for number_of_line, line in enumerate(lines, start=1):
        try:
            event = read_event(line, number_of_line)
        except BadLine:
            continue
        if event.kind != "job":
            of = (event.model, event.kind)
            if skip_late and event.time < newest.get(of, event.time):  # section 13, `late`
                continue
            newest[of] = max(event.time, newest.get(of, event.time))
        derived = []
        for observer in made:
            if matches(observer.keys.get("models", ["*"]), event.model[0]):
                decisions += observer.decide(event, derived)
    return decisions, made
