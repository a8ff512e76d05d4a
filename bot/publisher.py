"""What publishers do in their own chat with the bot: `/campaign` and the buttons below it.

The same verbs as in the console, with the same refusals. An approval names the content that was
shown: the button carries its hash.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import uuid4

from sqlalchemy.orm import Session

from actions.campaigns import status, store
from actions.campaigns.models import Campaign, Status
from actions.campaigns.status import PUBLISHING, STOPPING, Refusal
from actions.officers import store as officers
from actions.officers.models import Officer
from actions.outbox.models import Lane
from bot import desk as duty
from bot import texts
from bot.campaigns import asked, risk, telling, wording
from bot.campaigns.asked import NotUnderstood
from bot.desk import Desk
from bot.regions import Region

COMMAND = "campaign"
SHOWN = 8  # campaigns in the list
REFUSALS: Mapping[type[Refusal], str] = {
    status.OwnWork: "own",
    status.ContentChanged: "changed",
    status.IllegalMove: "illegal",
    status.TooLate: "late",
    status.NotAllowed: "role",
}
WORDS = {
    "new": "new", "新建": "new", "create": "new",
    "submit": "submit", "提交": "submit",
    "approve": "show", "批准": "show",  # what is approved is what was shown: by its button
    "preview": "show", "show": "show", "预览": "show",
    "return": "return", "退回": "return",
    "pause": "pause", "暂停": "pause",
    "resume": "resume", "继续": "resume",
    "cancel": "cancel", "取消": "cancel",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CampaignPress:
    """A publisher's button: `campaign:<id>:<verb>`, and the hash of what they looked at."""

    telegram_id: int
    campaign_id: int
    verb: str
    content: str | None = None


@dataclass(frozen=True, slots=True)
class _Talk:
    """One publisher in one transaction."""

    db: Session
    desk: Desk
    officer: Officer
    now: datetime

    @property
    def region(self) -> Region:
        return self.desk.region

    @property
    def language(self) -> str:
        return self.officer.language or self.region.languages[0]

    def say(self, key: str, **params: str) -> str:
        return texts.say(key, self.language, self.region, **params)

    def send(self, text: str, buttons: Sequence[tuple[str, str]] = ()) -> None:
        rows = [[{"label": label, "data": data}] for label, data in buttons]
        self.put({"text": text, "buttons": rows} if rows else {"text": text})

    def put(self, body: Mapping[str, object]) -> None:
        key, to = f"publish:{uuid4().hex}", str(self.officer.telegram_id)
        duty.post(self.db, self.desk, body, key=key, to=to, lane=Lane.REPLY, now=self.now)


def answer(db: Session, desk: Desk, officer: Officer, argument: str, *, now: datetime) -> None:
    """Do what a publisher writes after /campaign, and tell them what came of it."""
    talk = _Talk(db, desk, officer, now)
    if not officer.may(STOPPING):
        talk.send(talk.say("console.campaigns.refused.role"))
        return
    word, _, rest = argument.strip().partition(" ")
    first, _, below = word.partition("\n")  # "new" and the name may stand on two lines
    verb, rest = WORDS.get(first.lower(), ""), f"{below}\n{rest}".strip() if below else rest
    number = (rest if verb else first).strip()
    if not first:
        _list(talk)
    elif verb == "new":
        _create(talk, rest)
    elif not number.isdecimal() or len(number) > 9:
        talk.send(talk.say("publish.how"))
    elif (campaign := store.find(db, campaign_id=int(number))) is None:
        talk.send(talk.say("publish.unknown", number=number))
    elif verb in ("", "show"):
        _show(talk, campaign)
    else:
        talk.send(_do(talk, campaign, verb, None))


def press(db: Session, desk: Desk, pressed: CampaignPress, *, now: datetime) -> str:
    """Do what a button asks; return what to say in a line."""
    officer = officers.find(db, telegram_id=pressed.telegram_id)
    if officer is None or not officer.may(STOPPING):
        return texts.say("console.campaigns.refused.role", desk.region.languages[0], desk.region)
    talk = _Talk(db, desk, officer, now)
    if pressed.verb == "new":
        talk.send(talk.say("publish.new"))
        return ""
    if pressed.verb == "take":
        return _take(talk, pressed.campaign_id)
    campaign = store.find(db, campaign_id=pressed.campaign_id)
    if campaign is None:
        return talk.say("publish.unknown", number=str(pressed.campaign_id))
    if pressed.verb == "show":
        _show(talk, campaign)
        return ""
    if pressed.verb == "cancel":
        sure = talk.say("publish.cancel_sure"), f"campaign:{campaign.id}:cancel_sure"
        talk.send(talk.say("publish.cancel_ask", words=_named(campaign)), [sure])
        return ""
    return _do(talk, campaign, pressed.verb, pressed.content)


def ask_second(db: Session, desk: Desk, campaign: Campaign, *, by: Officer, now: datetime) -> None:
    """Ask every other publisher to look at what was submitted."""
    for other in officers.list_serving(db):
        if other.may(PUBLISHING) and other.id not in campaign.authors and other.id != by.id:
            talk = _Talk(db, desk, other, now)
            look = talk.say("publish.verb.show"), f"campaign:{campaign.id}:show"
            talk.send(talk.say("publish.asked", officer=by.name, words=_named(campaign)), [look])


# -- what is shown --------------------------------------------------------------------------


def _named(campaign: Campaign) -> str:
    return f"{campaign.id} · {campaign.title}"


def _list(talk: _Talk) -> None:
    found = store.list_all(talk.db)[:SHOWN]
    lines = [
        f"{_named(each)} · {talk.say(f'console.campaigns.status.{each.status}')} · "
        + telling.when(each, talk.language, talk.region, now=talk.now)
        for each in found
    ]
    head = talk.say("publish.list" if found else "publish.none")
    buttons = [(_named(each)[:48], f"campaign:{each.id}:show") for each in found]
    buttons.append((talk.say("console.campaigns.new"), "campaign:0:new"))
    talk.send("\n".join([head, *lines]), buttons)


def _show(talk: _Talk, campaign: Campaign) -> None:
    """Show how it will read, then whom it reaches and what may be done with it."""
    said = wording.wording(campaign, talk.region, occurrence_id=0)
    spoken = talk.language if talk.language in said.languages else said.languages[0]
    for variant in said.variants:
        for side in wording.SIDES if said.pair else ("",):
            body = dict(said.bodies[f"{variant}:{spoken}:{side}"])
            rows = body.pop("buttons", ())
            choices = "\n".join(f"〔{row[0]['label']}〕" for row in rows)  # type: ignore[attr-defined]
            text = "\n".join(filter(None, (str(body["text"]), choices)))
            talk.put({**body, "text": text})
    _sum_up(talk, campaign)


def _sum_up(talk: _Talk, campaign: Campaign) -> None:
    at = max(filter(None, (talk.now, campaign.at)))
    number, _ = store.sample_audience(talk.db, campaign, at=at)
    state = f"console.campaigns.status.{campaign.status}"
    lines = [
        f"{_named(campaign)} · {talk.say(state)}",
        talk.say(
            "publish.facts",
            officer=campaign.author.name,
            when=telling.when(campaign, talk.language, talk.region, now=talk.now),
            audience=telling.audience(campaign, talk.language, talk.region),
            count=str(number),
            content=status.content_hash(campaign)[:8],
        ),
    ]
    if campaign.control:
        lines.append(talk.say("publish.control", share=f"{campaign.control:.0%}"))
    if campaign.status == Status.SUBMITTED:
        own = talk.officer.id in campaign.authors
        lines.append(talk.say(f"console.campaigns.{'wait_own' if own else 'wait_second'}"))
    talk.send("\n".join(lines), [_button(talk, campaign, each) for each in _verbs(talk, campaign)])


def _verbs(talk: _Talk, campaign: Campaign) -> list[str]:
    """Return what this officer may do with it as it stands."""
    moves, may = status.MOVES[Status(campaign.status)], talk.officer.may
    found = []
    if may(PUBLISHING) and campaign.status == Status.DRAFT:
        found.append("submit")
    if may(PUBLISHING) and campaign.status == Status.SUBMITTED:
        found += ["return"] if talk.officer.id in campaign.authors else ["approve", "return"]
    if Status.PAUSED in moves:
        found.append("pause")
    if may(PUBLISHING) and campaign.status == Status.PAUSED:
        found.append("resume")
    if Status.CANCELLED in moves:
        found.append("cancel")
    return found


def _button(talk: _Talk, campaign: Campaign, verb: str) -> tuple[str, str]:
    data = f"campaign:{campaign.id}:{verb}"
    if verb == "approve":
        data += f":{status.content_hash(campaign)[:16]}"
    return talk.say(f"console.campaigns.verb.{verb}"), data


# -- what is done ---------------------------------------------------------------------------


def _create(talk: _Talk, said: str) -> None:
    if not said.strip():
        talk.send(talk.say("publish.new"))
        return
    try:
        draft = asked.read(said, region=talk.region, now=talk.now)
        made = store.create(talk.db, draft, by=talk.officer, now=talk.now)
    except NotUnderstood as fact:
        talk.send(talk.say(fact.key, words=fact.what))
    except Refusal as fact:
        talk.send(_refused(talk, fact))
    else:
        _show(talk, made)


def _take(talk: _Talk, offer: int) -> str:
    """Draft the alert that is offered where reports rose."""
    try:
        made = risk.take(talk.db, offer, talk.region, by=talk.officer, now=talk.now)
    except status.IllegalMove:
        return talk.say("publish.taken")
    except Refusal as fact:
        return _refused(talk, fact)
    _show(talk, made)
    return ""


def _do(talk: _Talk, campaign: Campaign, verb: str, content: str | None) -> str:
    verb = "cancel" if verb == "cancel_sure" else verb
    do: Mapping[str, Callable[..., object]] = {
        "submit": status.submit,
        "return": status.send_back,
        "pause": status.pause,
        "resume": partial(status.resume, home=str(talk.region.timezone)),
        "cancel": status.cancel,
    }
    try:
        if verb == "approve":
            seen = content or "?"
            status.approve(talk.db, campaign, by=talk.officer, now=talk.now, seen=seen)
        elif verb in do:
            do[verb](talk.db, campaign, by=talk.officer, now=talk.now)
        else:
            return talk.say("publish.how")
    except Refusal as fact:
        return _refused(talk, fact)
    if verb == "submit":
        ask_second(talk.db, talk.desk, campaign, by=talk.officer, now=talk.now)
    _sum_up(talk, campaign)
    return talk.say(f"console.campaigns.done.{verb}")


def _refused(talk: _Talk, fact: Refusal) -> str:
    return talk.say(f"console.campaigns.refused.{REFUSALS[type(fact)]}")
