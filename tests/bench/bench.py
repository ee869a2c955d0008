#!/usr/bin/env python3
"""Times mlmon beside other programs that read the same file, all in one run: only ratios travel.

    bench.py MLMON FOLDER

Writes 2 million events (about 400 MB) into FOLDER once, and prints seconds (best of three), MB/s and
peak memory for each. jq gets a tenth of the file. DuckDB comes from a virtual environment in FOLDER;
what cannot be had is said and left out.
"""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

EVENTS, MODELS = 2_000_000, 200
DUCKDB_SQL = """
SELECT model.name, model.version, count(*), min(f1), max(p_value)
FROM read_json('{}', format = 'newline_delimited', columns = {{type: 'VARCHAR',
  model: 'STRUCT(name VARCHAR, version VARCHAR, deployed_at TIMESTAMP)', f1: 'DOUBLE',
  p_value: 'DOUBLE', captured_at: 'TIMESTAMP', detected_at: 'TIMESTAMP'}})
GROUP BY ALL
"""


def write_events(path, count):
    """Healthy models, in time order, of which one event in a thousand breaches."""
    rng = random.Random(1)
    models = [json.dumps({"name": f"model-{i:03}", "version": f"1.{i % 7}.0",
                          "deployed_at": "2026-01-01T00:00:00Z"}) for i in range(MODELS)]
    partial = path.with_suffix(".partial")
    with open(partial, "w", encoding="ascii") as file:
        for i in range(count):
            second = i // 2
            at = (f"2026-{1 + second // 86400 // 28 % 12:02}-{1 + second // 86400 % 28:02}"
                  f"T{second // 3600 % 24:02}:{second // 60 % 60:02}:{second % 60:02}Z")
            model = models[i // 2 % MODELS]
            low = rng.random() < 0.001
            if i % 2 == 0:
                f1 = rng.uniform(0.4, 0.75) if low else rng.uniform(0.8, 0.95)
                file.write(f'{{"type":"metrics","model":{model},"accuracy":{f1 + 0.02:.6f},'
                           f'"precision":{f1 - 0.01:.6f},"recall":{f1 + 0.01:.6f},"f1":{f1:.6f},'
                           f'"captured_at":"{at}"}}\n')
            else:
                p_value = rng.uniform(0, 0.05) if low else rng.uniform(0.06, 1)
                file.write(f'{{"type":"drift","model":{model},"p_value":{p_value},'
                           f'"magnitude":{rng.random():.6f},"detected_at":"{at}"}}\n')
    partial.rename(path)


def measure(command):
    """Seconds, exit code and peak MiB (at least those of this Python) of a run without its output."""
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return time.monotonic() - begin, process.returncode, usage.ru_maxrss / 1024


def row(name, command, path, times=3):
    runs = [measure(command) for _ in range(times)]
    failed = [code for _, code, _ in runs if code]
    if failed:
        print(f"{name:34} exit code {failed[0]}")
        return
    seconds, memory = min(r[0] for r in runs), max(r[2] for r in runs)
    rate = path.stat().st_size / seconds / 1e6
    print(f"{name:34} {seconds:8.2f} s {rate:8.0f} MB/s {memory:6.0f} MiB", flush=True)


def duckdb(folder):
    """A Python that has DuckDB, or nothing."""
    python = folder / "venv/bin/python"
    if not python.exists():
        subprocess.run(["python3", "-m", "venv", folder / "venv"], check=True)
    done = subprocess.run([python, "-m", "pip", "install", "-q", "duckdb"], capture_output=True)
    return python if done.returncode == 0 else None


def main():
    mlmon, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    path, tenth = folder / "events.ndjson", folder / "tenth.ndjson"
    for file, count in ((path, EVENTS), (tenth, EVENTS // 10)):
        if not file.exists():
            print(f"writing {file} ({count:,} events)", flush=True)
            write_events(file, count)
    python = duckdb(folder)
    print(f"{path}: {path.stat().st_size / 1e6:.0f} MB, {EVENTS:,} events, {os.cpu_count()} cores")
    run = [mlmon, "run", "--no-state", "-o", "/dev/null"]
    row("wc -l", ["wc", "-l", path], path)
    row("mlmon run", [*run, path], path)
    row("mlmon run --threads 1", [*run, "--threads", "1", path], path)
    row("mlmon run, a tenth of the file", [*run, tenth], tenth)
    if python:
        query = f"import duckdb; duckdb.sql(\"\"\"{DUCKDB_SQL.format(path)}\"\"\").fetchall()"
        row("DuckDB, aggregate per model", [python, "-c", query], path)
    else:
        print("DuckDB: could not be installed")
    row("jq, a tenth of the file", ["jq", "-c", "select(.f1 < 0.75)", tenth], tenth, times=1)


if __name__ == "__main__":
    main()
