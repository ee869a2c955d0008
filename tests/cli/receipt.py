"""The equations that every receipt of `mlmon run` satisfies (a figure that does not add up is a bug)."""

import re

REASONS = {
    "line_too_long", "invalid_utf8", "invalid_json", "not_an_object", "unknown_type",
    "missing_field", "duplicate_field", "wrong_type", "out_of_range", "invalid_version",
    "invalid_time", "truncated",
}
KEYS = {"receipt", "run_id", "started_at", "ended_at", "exit_code", "sources", "observers", "actions",
        "models", "seconds", "events_per_second", "peak_rss_bytes"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")


def problems(receipt, exit_code, sees_all=True):
    """What is wrong with a receipt, as a list of sentences; empty: nothing.

    `sees_all`: each observer subscribed to every event of the run.
    """
    wrong = []

    def expect(holds, sentence):
        if not holds:
            wrong.append(sentence)

    missing = KEYS - receipt.keys()
    if missing:
        return [f"members are missing: {sorted(missing)}"]
    expect(receipt["receipt"] == 1, f"receipt is {receipt['receipt']}, not 1")
    expect(receipt["exit_code"] == exit_code,
           f"exit_code {receipt['exit_code']} is not the process's {exit_code}")
    for key in ("started_at", "ended_at"):
        expect(TIME.fullmatch(receipt[key]), f"{key} {receipt[key]!r} is no time in UTC")
    expect(receipt["run_id"], "run_id is empty")
    expect(receipt["seconds"] >= 0, "seconds is negative")
    expect(receipt["peak_rss_bytes"] > 0, "peak_rss_bytes is not positive")

    for source in receipt["sources"]:
        name = source["source"]
        expect(source["lines"] == source["events"] + source["bad"] + source["empty"],
               f"{name}: lines != events + bad + empty: {source}")
        expect(sum(source["bad_reasons"].values()) == source["bad"],
               f"{name}: bad_reasons do not add up to bad: {source}")
        expect(set(source["bad_reasons"]) <= REASONS, f"{name}: unknown reason: {source}")
        expect(0 <= source["from_offset"] <= source["to_offset"], f"{name}: offsets: {source}")
        # `--bad-lines stop` counts the line before which it stopped.
        stopped = exit_code == 3 and source["lines"] == source["bad"] == 1
        expect(source["lines"] == 0 or source["from_offset"] < source["to_offset"] or stopped,
               f"{name}: lines without bytes: {source}")
    events = sum(source["events"] for source in receipt["sources"])
    bad = sum(source["bad"] for source in receipt["sources"])

    for observer in receipt["observers"]:
        name = observer["observer"]
        expect(sum(observer.get("suppressed_by", {}).values()) == observer["suppressed"],
               f"{name}: suppressed_by does not add up to suppressed: {observer}")
        seen = observer["observed"] + observer["dropped"]
        expect(seen <= events, f"{name}: observed + dropped > events: {observer}, {events} events")
        if observer["status"] == "ok":
            expect(seen == events or not sees_all,
                   f"{name}: observed + dropped != events: {observer}, {events} events")
        else:
            expect(exit_code in (1, 130), f"{name}: is {observer['status']}, yet exit {exit_code}")

    actions = receipt["actions"]
    expect(actions["decided"] == actions["new"] + actions["already_known"],
           f"decided != new + already_known: {actions}")
    expect(actions["new"] == sum(actions[k] for k in ("delivered", "queued", "waiting", "dead")),
           f"new != delivered + queued + waiting + dead: {actions}")
    expect(actions["decided"] == sum(observer["actions"] for observer in receipt["observers"]),
           f"decided is not the sum over the observers: {actions}, {receipt['observers']}")

    told = sum(model["metrics_events"] + model["drift_events"] for model in receipt["models"])
    expect(told <= events, f"models tell {told} events of {events}")

    expect(exit_code not in (0, 4, 10, 11) or not bad or events,
           "bad lines and not one event, yet not exit code 3")
    expect(exit_code != 0 or actions["waiting"] == actions["dead"] == 0,
           f"undelivered actions, yet exit code 0: {actions}")
    expect(exit_code != 4 or actions["waiting"] or actions["dead"],
           f"exit code 4, yet nothing undelivered: {actions}")
    return wrong


def check_receipt(receipt, exit_code, sees_all=True):
    """Raises AssertionError with everything that is wrong."""
    wrong = problems(receipt, exit_code, sees_all)
    if wrong:
        raise AssertionError("receipt: " + "; ".join(wrong))
