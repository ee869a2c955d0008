#!/usr/bin/env python3
"""Builds the four observers of tests/bench/observers and prints what each costs.

    observer_overhead.py BUILD
"""

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main():
    build = Path(sys.argv[1]).resolve()
    subprocess.run(["cmake", "--build", build, "--target", "observer_overhead"], check=True,
                   stdout=subprocess.DEVNULL)
    folder = build / "tests/bench"
    observers = {"C": folder / "bench_in_c.so", "C++, by event": folder / "bench_by_event.so",
                 "C++, by column": folder / "bench_by_column.so"}
    if shutil.which("cargo"):
        target = build / "cargo"
        subprocess.run(["cargo", "build", "--quiet", "--release", "--offline", "--target-dir", target],
                       cwd=HERE / "observers/rust", check=True)
        observers["Rust"] = target / "release/libin_rust.so"
    else:
        print("Rust: there is no cargo")
    subprocess.run([folder / "observer_overhead", *(f"{name}={path}" for name, path in observers.items())],
                   check=True)


if __name__ == "__main__":
    main()
