"""Train the model with Rasa: `python nlu_data/train.py CONFIG TEXTS OUTPUT_FOLDER NAME`."""

from __future__ import annotations

import os
import sys
import traceback

from stand_ins import put_in

os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
os.environ.setdefault("RASA_MAX_CACHE_SIZE", "0")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def main() -> int:
    """Train afresh and return 0 when the model stands under its name."""
    config, texts, output, name = sys.argv[1:5]
    from nlu_data.components.progress import tell

    tell("starting Rasa")
    put_in()
    from rasa.model_training import train

    tell("reading the texts")

    try:
        result = train(
            domain="no-domain.yml",
            config=config,
            training_files=[texts],
            output=output,
            force_training=True,
            fixed_model_name=name,
        )
    except Exception as error:  # noqa: BLE001  Rasa wraps it twice: the cause is what helps
        while error.__cause__:
            error = error.__cause__
        traceback.print_exception(error)
        return 1
    return 0 if result.model else 1


if __name__ == "__main__":
    sys.exit(main())
