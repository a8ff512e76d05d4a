"""The words of a verdict. DESIGN section 4 defines every one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    SCAM = "scam"
    SUSPICIOUS = "suspicious"
    UNCLEAR = "unclear"  # say so, ask or hand to a person; never guess
    NO_SIGN = "no_sign"  # not "safe", and we say so


class Stage(StrEnum):
    LIVE = "live"  # happening now, or money can still be saved
    LOSS = "loss"  # paid earlier
    CONTACTED = "contacted"  # approached, not acted
    QUERY = "query"  # a general question, somebody else's old case
    NONE = "none"


class ScamType(StrEnum):
    BRUSHING = "brushing"
    LOAN = "loan"
    ECOM_CS = "ecom_cs"
    ROMANCE = "romance"
    INVESTMENT = "investment"
    CREDIT_REPAIR = "credit_repair"
    SHOPPING = "shopping"
    POLICE_GOV = "police_gov"
    ACQUAINTANCE = "acquaintance"
    GAME = "game"
    EXTORTION = "extortion"
    PHISHING = "phishing"
    GAMBLING = "gambling"
    JOB_FEE = "job_fee"
    PRIZE = "prize"
    MILITARY = "military"
    SEX_SERVICE = "sex_service"
    OTHER_SCAM = "other_scam"


class Signal(StrEnum):
    """What a text says is going on; reasons are made of these."""

    ASKED_PAY = "asked_pay"
    ON_LINE = "on_line"
    SCREEN = "screen"
    CODE = "code"
    APP = "app"
    SECRET = "secret"  # noqa: S105  a signal's name
    THREAT = "threat"
    PROFIT = "profit"
    ISOLATED = "isolated"
    PAID = "paid"
    DETAILS = "details"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What we make of one text, and why."""

    verdict: Verdict
    type: ScamType | None
    stage: Stage
    escalate: bool
    confidence: float
    reasons: tuple[str, ...]  # text keys, `reason.<name>`
    signals: frozenset[Signal] = field(default_factory=frozenset)
    nlu: str = "rules"  # "rasa" or "rules"; rules alone are provisional
    sure: bool = True  # of the type; one that is a guess among several is not told

    @property
    def told_type(self) -> ScamType | None:
        """Return the type as a citizen hears it: a guess among several is none in particular."""
        return self.type if self.sure or self.type is None else ScamType.OTHER_SCAM

    def to_facts(self) -> dict[str, object]:
        """Return a form that can be stored with the conversation."""
        return {
            "verdict": self.verdict,
            "type": self.type,
            "stage": self.stage,
            "escalate": self.escalate,
            "confidence": round(self.confidence, 3),
            "reasons": list(self.reasons),
            "signals": sorted(self.signals),
            "nlu": self.nlu,
            "sure": self.sure,
        }

    @classmethod
    def from_facts(cls, facts: Mapping[str, object]) -> Judgement:
        """Rebuild a judgement from what `to_facts` gave."""
        kind = facts["type"]
        return cls(
            verdict=Verdict(str(facts["verdict"])),
            type=ScamType(str(kind)) if kind else None,
            stage=Stage(str(facts["stage"])),
            escalate=bool(facts["escalate"]),
            confidence=float(str(facts["confidence"])),
            reasons=tuple(facts["reasons"]),  # type: ignore[arg-type]
            signals=frozenset(Signal(s) for s in facts["signals"]),  # type: ignore[attr-defined]
            nlu=str(facts["nlu"]),
            sure=bool(facts.get("sure", True)),
        )
