#!/usr/bin/env python3
"""Builds the observers of tests/bench/observers and prints what each costs, in mlmon's process and in one of its own.

    observer_overhead.py BUILD
"""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def child(mlmon, *words):
    """An observer in a process of its own, as mlmon starts it."""
    return "+" + ",".join(map(str, (mlmon, ":plugin-child", "@parent", *words)))


def main():
    build = Path(sys.argv[1]).resolve()
    subprocess.run(["cmake", "--build", build, "--target", "observer_overhead", "product"], check=True,
                   stdout=subprocess.DEVNULL)
    folder, mlmon = build / "tests/bench", build / "bin/mlmon"
    observers = {"C++, by event": folder / "bench_by_event.so", "C++, by column": folder / "bench_by_column.so",
                 "C": folder / "bench_in_c.so"}
    if shutil.which("cargo"):
        target = build / "cargo"
        subprocess.run(["cargo", "build", "--quiet", "--release", "--offline", "--target-dir", target],
                       cwd=HERE / "observers/rust", check=True)
        observers["Rust"] = target / "release/libin_rust.so"
    else:
        print("Rust: there is no cargo")
    for name in ("C++, by event", "C++, by column"):
        observers[name + ", isolated"] = child(mlmon, "library", observers[name])
    runner = build / "share/mlmon/python/run_observer.py"
    for name in ("by_event", "by_column"):
        if name == "by_column" and not importlib.util.find_spec("numpy"):
            print("Python, by column: there is no numpy")
            continue
        observers["Python, " + name.replace("_", " ")] = child(mlmon, "program", sys.executable, runner,
                                                               HERE / f"observers/{name}.py")
    subprocess.run([folder / "observer_overhead", *(f"{name}={path}" for name, path in observers.items())],
                   check=True)


if __name__ == "__main__":
    main()
