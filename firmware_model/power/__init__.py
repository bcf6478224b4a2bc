"""The implant's own power: the cell, who draws from it, what charges it, and when it is said to be low."""
