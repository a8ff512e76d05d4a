"""Run `rasa` with our arguments, as a quiet child that ends with its parent.

The parent holds the other end of this process's standard input; when that closes, however the
parent came to its end, so does this. Nothing a citizen wrote is ever printed.
"""

from __future__ import annotations

import os
import sys
import threading
import warnings

import stand_ins
import together

os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("LOG_LEVEL_LIBRARIES", "ERROR")


def _end_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(0)


def main() -> None:
    """Watch the parent, then hand over to Rasa."""
    if "--with-parent" in sys.argv:
        sys.argv.remove("--with-parent")
        threading.Thread(target=_end_with_parent, daemon=True).start()
    warnings.simplefilter("ignore")
    stand_ins.put_in()
    from rasa.__main__ import main as rasa

    together.put_in()

    rasa()


if __name__ == "__main__":
    main()
