"""The first table of the bench: mlmon and its peers on one file."""

import measure
import peers
from table import Table


class Programs:
    """Those of the chosen peers that are installed, their runs by name, and the table."""

    def __init__(self, bench, chosen):
        self.bench = bench
        self.path = bench.events_file()
        peers.install(chosen, bench.say)
        self.versions = {peer: peers.version(peer) for peer in [peers.MLMON, *chosen]}
        for peer in [peer for peer, version in self.versions.items() if version is None]:
            bench.say(f"{peer.name} is left out: it is not installed")
            del self.versions[peer]
        self.runs = {peer.name: [] for peer in self.versions}
        self.table = Table(**{"program": 46, "seconds": 10, "its query alone": 16, "MB/s": 8, "peak MiB": 10,
                              "mlmon is so many times as fast": 32, "as its query alone": 20})

    def command(self, peer):
        return peer.command.replace("{file}", str(self.path))

    def measure(self):
        for number in range(self.bench.rounds):
            for peer in self.versions:
                if number == 0 or not peer.once:
                    self.runs[peer.name].append(measure.run(self.command(peer), peer.own_time))
            self.bench.say(f"round {number + 1} of {self.bench.rounds}: " + ", ".join(
                f"{name} {runs[number].seconds:.2f} s" for name, runs in self.runs.items() if number < len(runs)))
        ours = measure.seconds(self.runs["mlmon"])
        for peer in sorted(self.versions, key=lambda peer: measure.seconds(self.runs[peer.name])):
            self.add_row(peer, ours)

    def add_row(self, peer, ours):
        runs = self.runs[peer.name]
        whole = measure.seconds(runs)
        own = measure.own_seconds(runs) if peer.own_time else None
        self.table.add(peer.title.format(self.versions[peer]), f"{whole:.2f}", f"{own:.2f}" if own else "",
                       f"{self.path.stat().st_size / whole / 1e6:,.0f}", f"{measure.peak_mib(runs):,.0f}",
                       "1" if peer is peers.MLMON else f"{whole / ours:.{1 if whole > 10 * ours else 2}f}",
                       f"{own / ours:.2f}" if own else "")

    def notes(self):
        """How the figures came about, as Markdown."""
        once = [peer.name for peer in self.versions if peer.once]
        said = [f"{self.path.stat().st_size / 1e6:,.0f} MB, {self.bench.events:,} events; medians of "
                f"{self.bench.rounds} rounds in turn" + (f" ({' and '.join(once)}: once)" if once else "")
                + "; peak memory is the largest."]
        if any(peer.own_time for peer in self.versions):
            said.append("Seconds are those of whole processes; of DuckDB and polars also those of the query alone, without "
                        "Python's start and imports.")
        return "\n".join(said) + "\n"

    def commands(self):
        return "".join(f"{self.command(peer)}\n" for peer in self.versions)
