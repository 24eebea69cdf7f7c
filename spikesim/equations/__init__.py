"""From text to expression trees: parse (names and units checked on the way), dimensions, affine."""
