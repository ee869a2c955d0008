"""Where the machine's cargo is, if it has one; mlmon itself needs none."""

import os
import shutil
from pathlib import Path

CARGO = shutil.which("cargo")
HOME = Path.home()


def cargo_environment():
    """What cargo needs in a world with another HOME, and no network."""
    if not CARGO:
        return {}
    homes = {"RUSTUP_HOME": HOME / ".rustup", "CARGO_HOME": HOME / ".cargo"}
    return {"CARGO": CARGO, "CARGO_NET_OFFLINE": "true",
            **{name: os.environ.get(name, str(path)) for name, path in homes.items()}}
