"""Write docs/map.md: each package and module with the sentence it opens with.

python docs/map.py
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAP = ROOT / "docs" / "map.md"
FOLDERS = ("actions", "bot", "nlu_data")
OPENING = """\
# Map

Every package and module, with the sentence it opens with. Written by `python docs/map.py`; a test
holds it to the code.
"""
WORDS = """
## Words

One word, one meaning, in code, texts and talk.

| word | meaning |
|---|---|
| citizen | one chat with one person; the address is all we know unless they tell us more |
| officer | somebody on the list, with roles that say what they may do |
| report | one thing a citizen told us, and what was judged of it |
| verdict | `scam`, `suspicious`, `unclear` or `no_sign`, with its reasons |
| stage | `live`, `loss`, `contacted`, `query` or `none` |
| signal | what a text says is going on; reasons are made of these |
| indicator | a phone, link, account, app, QR code, wallet or contact that reports point at |
| sighting | a report named an indicator |
| case | what the police work on: a code, at most one owner, a timer until it is closed |
| card | the message that shows a case to the officers |
| desk | the officers on duty and their chat |
| claim, release, close | what an officer does with a case |
| outcome | how a case ended: `stopped`, `paid`, `false_alarm`, `unreachable` |
| matter | what a conversation is about: the last verdict and the answers since |
| step | the question that waits for an answer, or `listening` |
| lane | how urgent an outbox message is: urgent, reply, bulk |
| fleeting | an outbox row that goes once it is settled |
| tip, alert | what is sent without being asked for: to anybody, to those it fits |
"""


def sentence(module: Path) -> str:
    """Return the first sentence of the module's docstring, on one line."""
    told = ast.get_docstring(ast.parse(module.read_text("utf-8"))) or ""
    return " ".join(told.split("\n\n")[0].split())


def lines() -> Iterator[str]:
    """Yield the lines of the map."""
    yield OPENING
    for folder in FOLDERS:
        yield f"## {folder}\n"
        for package in sorted({module.parent for module in modules(folder)}):
            name = package.relative_to(ROOT).as_posix()
            opening = package / "__init__.py"
            told = f": {sentence(opening)}" if opening.exists() else ""
            yield f"- **{name}/**{told}"
            for module in sorted(package.glob("*.py")):
                if module.name != "__init__.py":
                    yield f"  - `{module.name}` {sentence(module)}"
        yield ""
    yield WORDS.strip()


def modules(folder: str) -> list[Path]:
    """Return the modules under a folder that are ours."""
    found = (ROOT / folder).rglob("*.py")
    return [each for each in found if not {".venv", "versions"} & set(each.parts)]


def text() -> str:
    """Return the whole map."""
    return "\n".join(lines()) + "\n"


if __name__ == "__main__":
    MAP.write_text(text(), "utf-8")
