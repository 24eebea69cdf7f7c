"""From text to expression trees: lines, parse (names and units checked on the way), affine."""
