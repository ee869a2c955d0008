"""Programs that read the same file: what they do with it, and the command that a reader can repeat.

Commands run in the folder of the events; DuckDB and polars in its virtual environment `venv`.
"""

import shlex
import subprocess
from dataclasses import dataclass

DUCKDB_AGGREGATE = '''venv/bin/python -c "
import duckdb, time
duckdb.sql('SET threads = 2')
begun = time.perf_counter()
duckdb.sql(\'\'\'
  SELECT model.name, model.version, count(*), min(f1), max(p_value)
  FROM read_json('{file}', format = 'newline_delimited', columns = {type: 'VARCHAR',
    model: 'STRUCT(name VARCHAR, version VARCHAR, deployed_at TIMESTAMP)', f1: 'DOUBLE',
    p_value: 'DOUBLE', captured_at: 'TIMESTAMP', detected_at: 'TIMESTAMP'})
  GROUP BY ALL\'\'\').fetchall()
print(time.perf_counter() - begun)"'''

DUCKDB_FILTER = '''venv/bin/python -c "
import duckdb, time
duckdb.sql('SET threads = 2')
begun = time.perf_counter()
duckdb.sql(\'\'\'
  SELECT count(*)
  FROM read_json('{file}', format = 'newline_delimited', columns = {f1: 'DOUBLE'})
  WHERE f1 < 0.75\'\'\').fetchall()
print(time.perf_counter() - begun)"'''

POLARS_AGGREGATE = '''env POLARS_MAX_THREADS=2 venv/bin/python -c "
import polars as pl, time
begun = time.perf_counter()
text = pl.String
model = pl.Struct({'name': text, 'version': text, 'deployed_at': text})
events = pl.scan_ndjson('{file}', schema={'type': text, 'model': model, 'f1': pl.Float64,
  'p_value': pl.Float64, 'captured_at': text, 'detected_at': text})
keys = [pl.col('model').struct.field(name) for name in ('name', 'version')]
events.group_by(keys).agg(pl.len(), pl.min('f1'), pl.max('p_value')).collect(engine='streaming')
print(time.perf_counter() - begun)"'''


@dataclass(frozen=True)
class Peer:
    name: str
    title: str  # {} is the version
    command: str  # {file} is the file of events
    version: str  # a command that prints the version, and fails where the peer is not installed
    package: str = ""  # on PyPI
    own_time: bool = False  # it prints the seconds of the query, without Python's start and imports
    once: bool = False  # too slow for more than one round


def in_python(name, title, command, package):
    version = f'venv/bin/python -c "import {package}; print({package}.__version__)"'
    return Peer(name, title, command, version, package, own_time=True)


MLMON = Peer("mlmon", "{}, both plugins, with receipt",
             "mlmon run --no-state -o /dev/null --receipt receipt.json {file}", "mlmon --version")

PEERS = [
    Peer("wc", "`wc -l`", "wc -l {file}", "wc --version"),
    in_python("duckdb", "DuckDB {}, typed aggregate per model", DUCKDB_AGGREGATE, "duckdb"),
    in_python("duckdb-filter", "DuckDB {}, count of one filter", DUCKDB_FILTER, "duckdb"),
    in_python("polars", "polars {}, typed aggregate per model", POLARS_AGGREGATE, "polars"),
    Peer("jq", "{}, filter", "jq -c 'select(.f1 and .f1 < 0.75)' {file}", "jq --version", once=True),
    Peer("miller", "{}, filter", "mlr --ijsonl --ojsonl filter 'is_present($f1) && $f1 < 0.75' {file}",
         "mlr --version", once=True),
]


def version(peer):
    """What stands for {} in its title, or None where it is not installed."""
    try:
        done = subprocess.run(shlex.split(peer.version), capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return done.stdout.partition("\n")[0] if done.returncode == 0 else None


def install(peers, say):
    """Puts those that come from PyPI and are not there into the virtual environment."""
    missing = sorted({peer.package for peer in peers if peer.package and version(peer) is None})
    if not missing:
        return
    say(f"installing {' and '.join(missing)} into a virtual environment")
    for command in (["python3", "-m", "venv", "venv"],
                    ["venv/bin/python", "-m", "pip", "install", "-q", *missing]):
        if subprocess.run(command).returncode != 0:
            return  # what is not installed is left out, and said
