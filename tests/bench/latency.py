#!/usr/bin/env python3
"""How long a line in a pipe takes to become an action on stdout, with state and without.

    latency.py MLMON [LINES]

One line at a time, each asks for a retraining; the next is written when the action has been read. Prints
milliseconds.
"""

import os
import subprocess
import sys
import tempfile
import time


def line(number):
    return (f'{{"type":"metrics","model":{{"name":"m{number}","version":"1.0.0",'
            f'"deployed_at":"2026-01-01T00:00:00Z"}},"f1":0.7,"captured_at":"2026-02-01T00:00:00Z"}}\n').encode()


def latencies(command, count):
    taken = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
        action = process.stdout.fileno()
        for number in range(count):
            begun = time.perf_counter()
            os.write(process.stdin.fileno(), line(number))
            os.read(action, 65536)
            taken.append(time.perf_counter() - begun)
            time.sleep(0.001)  # idle, as between the events of real models
        process.stdin.close()
    return sorted(taken)


def main(mlmon, count):
    print(f"{'':16}{'p50':>8}{'p99':>8}{'max':>8}  ms, {count} lines")
    with tempfile.TemporaryDirectory() as folder:
        for name, state in {"without state": ["--no-state"], "with state": ["--state", folder]}.items():
            taken = latencies([mlmon, "run", *state, "--summary", "none"], count)
            p50, p99 = taken[count // 2], taken[count * 99 // 100]
            print(f"{name:16}{p50 * 1e3:8.2f}{p99 * 1e3:8.2f}{taken[-1] * 1e3:8.2f}")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) == 3 else 2000)
