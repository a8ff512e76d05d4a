"""Every sentence: one key set, the same parameters in both languages, none unused or missing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import actions
import bot
from actions.campaigns import models as campaigns
from actions.cases.models import Outcome, PaymentState
from actions.triage.judgement import ScamType, Signal, Stage, Verdict
from bot import regions, texts
from bot.console.refusals import Why
from bot.conversation.advice import QUESTIONS
from bot.conversation.turn import BLANK, Choice, Line, Prompt
from bot.conversation.wishes import SAYINGS
from bot.regions import Region

SOURCES = sorted(Path(str(bot.__file__)).parent.rglob("*.py"))
MENTIONS = [*SOURCES, *sorted(Path(str(actions.__file__)).parent.rglob("*.py"))]
KEY_AT = {"Line": 0, "simple": 0, "say": 0, "_say": 1, "Choice": 2}  # where a call takes its key


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def calls() -> Iterator[ast.expr]:
    """Yield every expression that stands where a key is taken."""
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            place = KEY_AT.get(name)
            if place is not None and len(node.args) > place:
                yield node.args[place]


def mentioned() -> tuple[set[str], list[re.Pattern[str]]]:
    """Return all strings of the code, and a pattern for each that is put together."""
    plain, made = set(), []
    for source in MENTIONS:
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                plain.add(node.value)
            if isinstance(node, ast.JoinedStr):
                parts = [
                    re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"[a-z_0-9]+"
                    for part in node.values
                ]
                if re.search(r"[a-z]\\\.|\\\.[a-z]", "".join(parts)):
                    made.append(re.compile("".join(parts)))
    for page in (Path(str(bot.__file__)).parent / "console" / "templates").glob("*.html"):
        html = page.read_text("utf-8")
        plain |= set(re.findall(r"""["']([a-z_]+(?:\.[a-z_0-9]+)+)["']""", html))
        for before, after in re.findall(
            r"""["']([a-z_.]+\.)["'] ~ [\w.]+(?: ~ ["'](\.[a-z_.]+)["'])?""", html
        ):
            made.append(re.compile(re.escape(before) + r"[a-z_0-9]+" + re.escape(after)))
    return plain, made


def test_both_languages_have_the_same_keys() -> None:
    zh, en = (texts.catalogue(language) for language in ("zh", "en"))

    assert set(zh) == set(en)


def test_both_languages_take_the_same_parameters() -> None:
    zh, en = (texts.catalogue(language) for language in ("zh", "en"))

    facts = set(regions.load("cn-wuhan").facts["zh"])  # a language may name a fact more often
    assert {k: placeholders(zh[k]) - facts for k in zh} == {
        k: placeholders(en[k]) - facts for k in en
    }


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_no_text_is_empty_or_ends_in_space(language: str) -> None:
    for key, text in texts.catalogue(language).items():
        assert text.strip() == text != "", key


@pytest.mark.parametrize("name", regions.names())
@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_region_has_the_facts_that_texts_name(name: str, language: str) -> None:
    params = set.union(*(placeholders(t) for t in texts.catalogue(language).values()))
    anywhere = {
        fact
        for each in regions.names()
        for facts in regions.load(each).facts.values()
        for fact in facts
    }

    assert params & anywhere
    assert params & anywhere <= set(regions.load(name).facts[language])


def test_every_key_that_is_said_exists() -> None:
    known = texts.catalogue("zh")
    said = {
        arg.value
        for arg in calls()
        if isinstance(arg, ast.Constant)
        and isinstance(arg.value, str)
        and arg.value[:1] not in ("", "/")
    } | {key for key, _ in SAYINGS.values()}

    assert len(said) > 40
    assert {key for key in said if key not in known} == set()


def test_every_key_that_is_put_together_exists() -> None:
    known = set(texts.catalogue("zh"))
    wanted = {
        *(f"type.{each}" for each in ScamType),
        *(f"about.{each}" for each in ScamType),
        *(f"reason.type.{each}" for each in ScamType),
        *(f"steps.{each}.{n}" for each in ScamType for n in (1, 2, 3)),
        *(f"reason.{each}" for each in Signal),
        *(f"stage.{each}" for each in Stage),
        *(f"close.{each}" for each in Stage),
        *(f"verdict.{each}" for each in Verdict),
        *(f"case.closed.{each}" for each in Outcome),
        *(f"desk.outcome.{each}" for each in Outcome),
        *(f"desk.button.{each}" for each in (*Outcome, "claim", "release")),
        *(f"{name}.choice.{value}" for name, q in QUESTIONS.items() for value in q.values),
        *(f"{name}.ask" for name in QUESTIONS),
    }

    assert wanted - known == set()


def recorded() -> Iterator[str]:
    """Yield every event that the code writes into the audit log."""
    yield from (f"campaign.{each}" for each in campaigns.Status)
    yield from (f"stop_payment.{each}" for each in (*PaymentState, "seen"))
    for source in MENTIONS:
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            if getattr(node.func, "id", getattr(node.func, "attr", "")) in ("record", "_record"):
                told = (each for arg in node.args for each in ast.walk(arg))
                values = (each.value for each in told if isinstance(each, ast.Constant))
                yield from (v for v in values if re.fullmatch(r"[a-z_]+\.[a-z_]+", str(v)))


def test_everything_the_audit_log_holds_is_said_in_words() -> None:
    events, known = set(recorded()), texts.catalogue("zh")

    assert len(events) > 60
    assert {e for e in events if f"console.event.{e.replace('.', '_')}" not in known} == set()


def test_every_refusal_of_the_console_is_said_in_words() -> None:
    known = texts.catalogue("zh")

    assert {why for why in Why if f"console.why.{why}" not in known} == set()


def test_no_key_is_unused() -> None:
    plain, made = mentioned()
    unused = [
        key
        for key in texts.catalogue("zh")
        if key not in plain and not any(pattern.fullmatch(key) for pattern in made)
    ]

    assert unused == []


def test_what_is_put_into_a_text_as_a_key_has_no_parameters_of_its_own() -> None:
    for language in texts.LANGUAGES:
        for key, text in texts.catalogue(language).items():
            if key.startswith(("type.", "stage.", "desk.outcome.")) or ".choice." in key:
                assert placeholders(text) == set(), key
            if key.endswith(".ask") and key.split(".")[0] in QUESTIONS:
                assert placeholders(text) == set(), key


def test_a_parameter_that_is_a_key_is_said_in_the_same_language(region: Region) -> None:
    assert texts.say("verdict.scam", "en", region, type="type.loan").count("type.") == 0
    assert "虚假贷款" in texts.say("verdict.scam", "zh", region, type="type.loan")


def test_what_people_wrote_is_said_as_it_is(region: Region) -> None:
    said = texts.say("desk.told", "zh", region, case="C-22222", words="type.loan {x}")

    assert said.endswith("type.loan {x}")


def test_an_unknown_key_is_a_bug_and_not_a_blank(region: Region) -> None:
    with pytest.raises(KeyError):
        texts.say("nonsense", "zh", region)


def test_render_makes_a_text_with_marks_and_one_button_a_row(region: Region) -> None:
    prompt = Prompt(
        (Line("why.open"), BLANK, Line("reason.code", mark="•")),
        (Choice("money", "yes", "money.choice.yes"), Choice("money", "no", "money.choice.no")),
    )

    body = texts.render(prompt, "en", region)

    first, blank, reason = str(body["text"]).split("\n")
    assert (first, blank, reason[:2]) == (texts.catalogue("en")["why.open"], "", "• ")
    assert [[b["data"] for b in row] for row in body["buttons"]] == [  # type: ignore[attr-defined]
        ["ask:money:yes"],
        ["ask:money:no"],
    ]
    assert "buttons" not in texts.render(Prompt((Line("tip"),)), "en", region)
