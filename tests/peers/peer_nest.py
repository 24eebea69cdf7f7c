"""spikesim against NEST: `make peer-nest`, or some kinds: `python tests/peers/peer_nest.py gap`."""

import sys

from comparison import main

if __name__ == "__main__":
    sys.exit(
        main(
            "nest",
            ("circuits", "models", "single", "adaptive", "gap", "stimuli", "precise", "plastic"),
        )
    )
