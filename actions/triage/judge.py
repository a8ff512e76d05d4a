"""Turn what was understood into a verdict, with reasons a citizen can follow. Pure.

The thresholds were set with the measuring texts in sight; docs/model-card.md shows the curve.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from actions.triage import rules, wording
from actions.triage.judgement import Judgement, ScamType, Signal, Stage, Verdict
from actions.triage.understanding import Understanding

SCAM_AT = 0.8
SUSPICIOUS_AT = 0.55
UNCLEAR_AT = 0.25
FOREIGN_AT = 0.05  # in a script that we were not taught, where less is a sign
LIVE_AT = 0.4
LIVE_WITH_CUE_AT = 0.25  # where the words themselves say "now"
SIGNAL_AT = 0.5
PAID_AT = 0.9  # "your money is gone" is said to nobody on a guess
ASKED_ABOUT_AT = 0.5
QUESTION_AT = 0.6
TOO_LITTLE_AT = 0.2  # a scam said of too few words to tell is a guess
SURE_OF_TYPE_AT = 0.4
A_WORD_OR_TWO = 8  # columns
MAX_REASONS = 3
KNOWN = 0.9  # earlier scams named the same number, link or account

# The order in which reasons are told: what is most dangerous first.
TELLING = (
    Signal.SCREEN,
    Signal.CODE,
    Signal.ASKED_PAY,
    Signal.SECRET,
    Signal.ON_LINE,
    Signal.ISOLATED,
    Signal.THREAT,
    Signal.PROFIT,
    Signal.APP,
    Signal.DETAILS,
    Signal.PAID,
)


def judge(
    text: str, model: Understanding | None, *, known: bool = False, official: bool = False
) -> Judgement:
    """Judge one text. `model` is None while the NLU server is away; `known` says that an
    indicator in it was named in an earlier scam, `official` that all its links are a government's.
    """
    plain = wording.plain(text)
    seen = model or rules.read(plain)
    signals = frozenset(
        {Signal(name) for name, p in seen.signals.items() if p >= _bar(name)}
        | (rules.find_signals(plain) if seen.scam >= SUSPICIOUS_AT else frozenset())
    )
    scam = rules.weigh(plain, seen.scam, signals, official=official)
    scam = max(scam, KNOWN) if known else scam
    kind = _most_likely(seen.types)
    stage = _stage(seen.stage, says_now=bool(rules.LIVE.search(plain)))
    verdict = _verdict(scam)
    if stage == Stage.LOSS and rules.JUST_PAID.search(plain):
        stage = Stage.LIVE  # a bank can still stop it
    elif stage == Stage.LOSS and not (Signal.PAID in signals or rules.tells_of_loss(plain)):
        stage = Stage.CONTACTED  # nobody says that anything has gone
    if stage == Stage.LIVE and verdict == Verdict.UNCLEAR:
        verdict = Verdict.SUSPICIOUS  # better one officer too many than one too few
    if stage != Stage.LIVE and seen.unclear >= TOO_LITTLE_AT and scam <= seen.scam:
        verdict = min(
            verdict, Verdict.UNCLEAR, key=_gravity
        )  # unless more than words speaks for it
    if rules.BARE.fullmatch(plain) and not known:
        verdict, stage = Verdict.UNCLEAR, Stage.NONE
    if scam >= FOREIGN_AT and wording.is_foreign(plain):
        verdict = max(verdict, Verdict.UNCLEAR, key=_gravity)
    if stage == Stage.QUERY and seen.stage[Stage.QUERY] >= QUESTION_AT and not known:
        verdict = Verdict.NO_SIGN  # who asks in general is answered, not warned of themselves
    if verdict in (Verdict.SCAM, Verdict.SUSPICIOUS):
        stage = Stage.CONTACTED if stage == Stage.NONE else stage
        kind = kind or ScamType.OTHER_SCAM
    else:
        named = _named_alone(plain) if verdict == Verdict.NO_SIGN else None
        stage = Stage.QUERY if stage == Stage.QUERY or named else Stage.NONE
        kind = named or (_subject(seen, plain) if stage == Stage.QUERY else None)
    sure = kind is None or seen.types.get(kind, 0.0) >= SURE_OF_TYPE_AT
    judgement = Judgement(
        verdict=verdict,
        type=kind,
        stage=stage,
        escalate=stage == Stage.LIVE,
        confidence=scam,
        reasons=(),
        signals=signals,
        nlu="rasa" if model else "rules",
        sure=sure,
    )
    return _explained(judgement, known=known)


def reconsider(judgement: Judgement, answers: Mapping[str, str]) -> Judgement:
    """Take the citizen's answers into account; an answer may raise the urgency, or place it."""
    signals = set(judgement.signals)
    stage, verdict = judgement.stage, judgement.verdict
    asked = answers.get("unclear")
    if asked in {"pay", "code", "app"}:
        verdict = max(verdict, Verdict.SUSPICIOUS, key=_gravity)
        stage = Stage.CONTACTED if stage in (Stage.NONE, Stage.QUERY) else stage
        signals.add({"pay": Signal.ASKED_PAY, "code": Signal.CODE, "app": Signal.APP}[asked])
    match answers.get("money"):
        case "about":
            stage, signals = Stage.LIVE, signals | {Signal.ASKED_PAY}
        case "yes":
            signals.add(Signal.PAID)
            stage = Stage.LOSS if answers.get("when") == "earlier" else Stage.LIVE
        case "no":
            signals.discard(Signal.PAID)
            stage = Stage.CONTACTED if stage == Stage.LOSS else stage
    match answers.get("online"):
        case "call":
            stage, signals = Stage.LIVE, signals | {Signal.ON_LINE}
        case "screen":
            stage, signals = Stage.LIVE, signals | {Signal.SCREEN}
    if stage == Stage.LIVE:
        verdict = max(verdict, Verdict.SUSPICIOUS, key=_gravity)
    grave = verdict in (Verdict.SCAM, Verdict.SUSPICIOUS)
    kind = judgement.type or (ScamType.OTHER_SCAM if grave else None)
    moved = replace(
        judgement,
        verdict=verdict,
        type=kind,
        stage=stage,
        escalate=stage == Stage.LIVE,
        signals=frozenset(signals),
    )
    return _explained(moved, known="reason.known" in judgement.reasons)


def _bar(signal: str) -> float:
    return PAID_AT if signal == Signal.PAID else SIGNAL_AT


def _gravity(verdict: Verdict) -> int:
    return (Verdict.NO_SIGN, Verdict.UNCLEAR, Verdict.SUSPICIOUS, Verdict.SCAM).index(verdict)


def _verdict(scam: float) -> Verdict:
    if scam >= SCAM_AT:
        return Verdict.SCAM
    if scam >= SUSPICIOUS_AT:
        return Verdict.SUSPICIOUS
    return Verdict.UNCLEAR if scam >= UNCLEAR_AT else Verdict.NO_SIGN


def _most_likely(types: Mapping[str, float]) -> ScamType | None:
    return ScamType(max(types, key=lambda name: types[name])) if types else None


def _subject(seen: Understanding, plain: str) -> ScamType | None:
    """Return what a general question is about: as it was understood, or else by the rules."""
    return _sure_type(seen) or _sure_type(rules.read(plain))


def _named_alone(plain: str) -> ScamType | None:
    """Return the type that a word or two name and say no more of: "刷单", "杀猪盘"."""
    if wording.columns(plain) > A_WORD_OR_TWO:
        return None
    return next(iter(rules.find_types(plain)), None)


def _sure_type(reading: Understanding) -> ScamType | None:
    kind = _most_likely(reading.types)
    return kind if kind and reading.types[kind] >= ASKED_ABOUT_AT else None


def _stage(stages: Mapping[str, float], *, says_now: bool) -> Stage:
    live = stages.get(Stage.LIVE, 0.0)
    if live >= (LIVE_WITH_CUE_AT if says_now else LIVE_AT) and live > stages.get(Stage.NONE, 0.0):
        return Stage.LIVE
    rest = {name: p for name, p in stages.items() if name != Stage.LIVE}
    return Stage(max(rest, key=lambda name: rest[name])) if rest else Stage.NONE


def _explained(judgement: Judgement, *, known: bool) -> Judgement:
    """Give a judgement its reasons: what is most dangerous first."""
    if judgement.verdict in (Verdict.NO_SIGN, Verdict.UNCLEAR):
        return replace(judgement, reasons=(f"reason.{judgement.verdict}",))
    opening = ["reason.known"] if known else []
    if judgement.told_type:
        opening.append(f"reason.type.{judgement.told_type}")
    told = [f"reason.{signal}" for signal in TELLING if signal in judgement.signals]
    return replace(judgement, reasons=tuple((opening + told)[: MAX_REASONS + len(opening) - 1]))
