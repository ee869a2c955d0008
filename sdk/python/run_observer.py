"""Runs an observer in Python: mlmon starts it, with the socket and the memory of sdk/PROTOCOL.md.

    run_observer.py FILE.py
"""

import sys

from mlmon import _child

if __name__ == "__main__":
    sys.exit(_child.main(sys.argv[1]))
