"""spikesim against Brian2: `make peer-brian2-networks`, or some kinds, as in
`python tests/peers/peer_brian2.py noise gap`."""

import sys

from comparison import main

if __name__ == "__main__":
    sys.exit(main("brian2", ("circuits", "examples", "language", "gap", "noise", "plastic")))
