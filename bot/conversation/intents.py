"""Everyday intents: what a citizen wants of the bot itself, when they describe nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping

from actions.triage import wording
from actions.triage.judgement import Judgement, Verdict
from actions.triage.understanding import Understanding

EVERYDAY = frozenset(
    {"greet", "thanks", "help", "ask_tip", "person", "stop", "language", "is_it_you"}
    | {"affirm", "deny", "forget"}
)
SURE_AT = 0.6
LONGEST = 40  # characters; longer words describe something

# For plain text (see triage.wording), while the NLU server is away.
WORDS: Mapping[str, re.Pattern[str]] = {
    "greet": re.compile(r"^(?:你好|您好|在吗|在不在|有人吗|哈喽|嗨|早上好|晚上好|hi|hello|hey|good (?:morning|evening|afternoon))[\s,.!?。!~啊呀]*$"),
    "thanks": re.compile(r"^(?:谢谢|多谢|感谢|谢了|(?:thx|thanks|thank you|ty)\b)[^?]{0,12}$"),
    "help": re.compile(r"^(?:帮助|怎么用|你(?:能|会|可以)(?:做|干)?(?:什么|啥)|help|how does this work|what can you do)[\s.!?。]*$"),
    "ask_tip": re.compile(r"^.{0,10}(?:防骗(?:知识|提醒|小?技巧)|反诈(?:知识|提示)|(?:a|another|scam) tip).{0,6}$"),
    "person": re.compile(r"^.{0,8}(?:转人工|人工(?:客服|服务)?|真人|(?:找|叫|要|联系|请)(?:个|一个|一下)?(?:民警|警察|警官|人)).{0,14}$|^.{0,24}\b(?:(?:talk|speak|chat) (?:to|with) (?:a |an |the |some )?(?:real |live )?(?:human|person|officer|policeman|police|agent|someone|somebody)|a human)\b.{0,14}$|^human[\s.!]*$"),
    "stop": re.compile(r"^(?:(?:请)?(?:退订|(?:别|不要)再?(?:给我)?发(?:消息|提醒)?|停止(?:推送|发送|接收)?(?:消息|提醒)?|退出(?:推送|提醒|订阅)?)|unsubscribe|(?:please )?stop(?: sending(?: me)?)?(?: (?:the |these |any |all )?(?:messages|tips|reminders|alerts))?)[\s.!。~了吧]*$"),
    "language": re.compile(r"^.{0,10}(?:说|讲|换|用|切换|speak|switch to|in|use)[^?]{0,6}(?:英文|英语|中文|汉语|english|chinese|mandarin)[^。]{0,10}$"),
    "is_it_you": re.compile(r"^.{0,6}(?:你|您)(?:们)?(?:真的?)?是(?:真的?)?(?:警察|民警|机器人|真人|骗子|官方)|^are you (?:a |the )?(?:real|really|robot|bot|police|human)"),
    "forget": re.compile(r"^.{0,6}(?:删除|清除|忘(?:了|掉|记))(?:我|掉我|我的).{0,10}$|^(?:delete|erase|forget) (?:my|me)"),
    "affirm": re.compile(r"^(?:是|是的|对|对的|嗯+|yes|yeah|yep|ok)[\s.!。~]*$"),
    "deny": re.compile(r"^(?:不|不是|没有|没|还没|no|nope|not yet)[\s.!。~]*$"),
}  # fmt: skip
_NO_PERSON = re.compile(
    r"(?:不用|不要|不想|不需要|无需|别)(?:再|帮我|给我)*"
    r"(?:找|叫|要|联系|请|麻烦|惊动|转)?(?:给)?(?:个|一个|一下)?(?:民警|警察|警官|真人|人工)"
    r"|\b(?:no need|don'?t|do not|not) (?:need|want|to|call|get|send|for|a|an|the|any|talk|speak|with| )*"
    r"(?:human|person|officer|police)\b"
)


def everyday(plain: str, model: Understanding | None, judgement: Judgement) -> str | None:
    """Return the everyday intent of a short text, or None when it tells of something."""
    if len(plain) > LONGEST or judgement.verdict in (Verdict.SCAM, Verdict.SUSPICIOUS):
        return None
    if _NO_PERSON.search(plain) and not WORDS["person"].search(_NO_PERSON.sub("", plain)):
        return None  # "no police, please" asks for nobody
    if model and model.intent in EVERYDAY and model.intent_confidence >= SURE_AT:
        return model.intent
    return wording.first_said(plain, WORDS)
