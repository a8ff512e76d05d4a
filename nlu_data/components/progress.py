"""Tell who waits for a training how far it is: one line each, which `fanzha train` passes on."""

from __future__ import annotations

import sys


def tell(how_far: str) -> None:
    """Say it on standard output, marked so that it stands out from what Rasa says."""
    sys.stdout.write(f"progress: {how_far}\n")
    sys.stdout.flush()
