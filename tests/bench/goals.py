"""What mlmon is to reach beside the other programs, and how each is measured: GOALS, by name.

Each function gets a Bench and adds rows to its table of goals. What is compared is run in turn.
"""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import latency
from measure import in_turn, own_seconds, peak_mib, processor_seconds, run, seconds

MIB, KIB = 1 << 20, 1 << 10
TOLD_NOBODY = "--set 'observers.alert.receivers=[{name=\"nobody\", type=\"stderr\", models=[\"!*\"]}]'"

INFLATE = """python3 -c "
import sys, zlib
stream = zlib.decompressobj(31)
with open(sys.argv[1], 'rb') as file:
    while block := file.read(1 << 18):
        while block:
            stream.decompress(block, 1 << 18)
            block = stream.unconsumed_tail" """


def mlmon(source, *options):
    return f"mlmon run {' '.join(options) or '--no-state'} -o /dev/null --receipt receipt.json {source}"


def programs(bench, runs):
    """From the table of programs: whole processes, and DuckDB's also by its query alone, which favours it."""
    ours = seconds(runs["mlmon"])
    for peer, title, limit in (("duckdb", "typed aggregate", 2), ("duckdb-filter", "filter", 1.2)):
        if peer in runs:
            bench.at_least(f"against DuckDB's {title}", seconds(runs[peer]) / ours, limit, "times as fast")
            bench.at_least("the same, its query alone", own_seconds(runs[peer]) / ours, limit, "times as fast")
    if "jq" in runs:
        bench.at_least("against jq", seconds(runs["jq"]) / ours, 40, "times as fast")
    if "wc" in runs:
        bench.at_most("against `wc -l`", ours / seconds(runs["wc"]), 6, "times its time")
    bench.at_most("peak memory", peak_mib(runs["mlmon"]), 64, "MiB")


def size(bench):
    """The file ten times over, where there is room for it."""
    events, ten = bench.events_file(), Path("ten-times.ndjson")
    if shutil.disk_usage(".").free < 11 * events.stat().st_size:
        bench.say(f"size: left out, {ten} needs {10 * events.stat().st_size / 1e9:.0f} GB")
        return
    try:
        bench.say(f"writing {ten}")
        with open(ten, "wb") as file:
            subprocess.run(["cat", *[events] * 10], stdout=file, check=True)
        os.sync()
        runs = in_turn({"one": mlmon(events), "ten": mlmon(ten)}, min(bench.rounds, 3))
    finally:
        ten.unlink(missing_ok=True)
    bench.at_most("ten times the events", seconds(runs["ten"]) / seconds(runs["one"]), 11, "times the time")
    bench.at_most("ten times the events: peak memory", peak_mib(runs["ten"]), 64, "MiB")


def models(bench):
    few, many = 200, 100_000
    runs = in_turn({"few": mlmon(bench.events_file()), "many": mlmon(bench.events_file(name="models", models=many))},
                   bench.rounds)
    bench.at_most("100,000 models instead of 200", seconds(runs["many"]) / seconds(runs["few"]), 2.5, "times the time")
    each = (peak_mib(runs["many"]) - peak_mib(runs["few"])) * MIB / (many - few)
    bench.at_most("memory for each of 100,000 models", each, KIB, "bytes")


def state(bench):
    events = bench.events_file()
    runs = in_turn({"off": mlmon(events), "on": mlmon(events, "--state state")}, bench.rounds)
    bench.at_most("with state instead of without", seconds(runs["on"]) / seconds(runs["off"]), 1.25, "times the time")


def actions(bench):
    """An ordinary day: 2.3 % of the events are decisions, against a day on which there are none."""
    calm = bench.events_file(name="calm", breaches=0)
    ordinary = bench.events_file(name="ordinary", breaches=0.0147)
    for state, options, limit in (("without", (), 4), ("with", ("--state state",), 8)):
        runs = in_turn({"calm": mlmon(calm, *options), "ordinary": mlmon(ordinary, *options)}, bench.rounds)
        more = processor_seconds(runs["ordinary"]) - processor_seconds(runs["calm"])
        each = max(more, 0) / runs["ordinary"][0].receipt["actions"]["new"] * 1e6
        bench.at_most(f"an action {state} state, alerts told on stderr", each, limit, "µs of processor time")


def storm(bench):
    """A third of the events are decisions; once they are told to nobody, once as text on stderr."""
    events = bench.events_file(name="storm", storm=True)
    runs = in_turn({"nobody": mlmon(events, "--state state", TOLD_NOBODY), "stderr": mlmon(events, "--state state")},
                   min(bench.rounds, 3))
    for told, those in runs.items():
        rate = those[0].receipt["actions"]["new"] / seconds(those)
        bench.at_least(f"storm with state, told {'to nobody' if told == 'nobody' else 'on stderr'}", rate, 100_000,
                       "actions a second")
    bench.at_most("storm with state: peak memory", peak_mib(runs["nobody"]), 64, "MiB")


def line_to_action(bench):
    """Each line asks for a retraining, and the next is written when its action has come."""
    for name, options, limit in (("without state", ["--no-state"], 2), ("with state", ["--state", "state"], 15)):
        shutil.rmtree("state", ignore_errors=True)  # else what an interrupted bench left is known already
        taken = latency.latencies(["mlmon", "run", *options, "--summary", "none"], min(2000, bench.events))
        bench.at_most(f"line in a pipe to action, {name}: p99", taken[len(taken) * 99 // 100] * 1e3, limit, "ms")
    shutil.rmtree("state", ignore_errors=True)


def start(bench):
    runs = in_turn({"run": mlmon(bench.events_file(count=1)), "version": "mlmon --version"}, 4 * bench.rounds,
                   peak=False)
    bench.at_most("start: a run over one event", seconds(runs["run"]) * 1e3, 25, "ms")
    bench.at_most("start: `mlmon --version`", seconds(runs["version"]) * 1e3, 10, "ms")


def pipe(bench):
    events = bench.events_file()
    piped = f"cat {events} | {mlmon('-')}"
    runs = in_turn({"file": mlmon(events), "pipe": shlex.join(["sh", "-c", piped])}, bench.rounds)
    bench.at_least("`cat FILE | mlmon run`", 100 * seconds(runs["file"]) / seconds(runs["pipe"]), 70,
                   "% of a file's speed")


def compressed(bench, suffix, pack, unpackers):
    packed = Path(f"{bench.events_file()}{suffix}")
    if not packed.exists():
        bench.say(f"writing {packed}")
        run(f"{pack} {bench.events_file()}")
    runs = in_turn({"mlmon": mlmon(packed), **{name: f"{command} {packed}" for name, command in unpackers.items()}},
                   bench.rounds)
    for name in unpackers:
        bench.at_most(f"`{suffix}` against {name}", seconds(runs["mlmon"]) / seconds(runs[name]), 1.1, "times its time")


def gzip(bench):
    """gzip has an inflate of its own, half as fast as that of zlib."""
    compressed(bench, ".gz", "gzip -kf", {"zlib": INFLATE, "`gzip -dc`": "gzip -dc"})


def zstd(bench):
    compressed(bench, ".zst", "zstd -qf", {"`zstd -dc`": "zstd -dc"})


GOALS = {"size": size, "models": models, "state": state, "actions": actions, "storm": storm,
         "latency": line_to_action, "start": start, "pipe": pipe, "gzip": gzip, "zstd": zstd}
