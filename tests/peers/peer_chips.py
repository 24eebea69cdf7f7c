"""Exports against others' software: `make peer-chips`, or some kinds, `KINDS=loihi2`."""

import sys
import warnings

from comparison import main

if __name__ == "__main__":
    warnings.simplefilter("ignore", RuntimeWarning)  # random networks fire as they like
    kinds = "loihi2", "netx", "xylo", "c99", "verilog", "darwin3", "speck", "nir", "pynn", "program"
    sys.exit(main("chips", kinds))
