"""Check every piece of content under a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from actions.campaigns import content

FOLDERS = {
    "tips": content.Kind.TIP,
    "quizzes": content.Kind.QUIZ,
    "alerts": content.Kind.ALERT,
    "seasons": content.Kind.SEASON,
}


def lint(folder: Path) -> Iterator[str]:
    """Yield `file: complaint` for everything that is wrong under this folder."""
    seen: dict[str, Path] = {}
    for path in pieces(folder):
        shown = path.relative_to(folder)
        if path.parent != folder / path.parent.name or path.parent.name not in FOLDERS:
            yield f"{shown}: a piece is in one of {', '.join(FOLDERS)}"
            continue
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            yield f"{shown}: is not UTF-8"
            continue
        complaints = list(content.check(text, name=path.stem))
        yield from (f"{shown}: {each}" for each in complaints)
        if not complaints:
            kind = content.parse(text, name=path.stem).kind
            if kind != FOLDERS[path.parent.name]:
                yield f"{shown}: a {kind} is not in {path.parent.name}/"
        if path.stem in seen:
            yield f"{shown}: {seen[path.stem]} has the same name"
        seen[path.stem] = shown


def pieces(folder: Path) -> list[Path]:
    """Return the files that hold pieces, in order of name."""
    return sorted(path for path in folder.rglob("*.md") if path.name != "README.md")


def load(folder: Path) -> dict[str, content.Piece]:
    """Return every piece by name; a bad one raises BadContent."""
    return {
        path.stem: content.parse(path.read_text("utf-8"), name=path.stem)
        for path in pieces(folder)
    }
