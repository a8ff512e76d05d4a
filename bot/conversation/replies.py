"""What a few words mean to somebody who has just been told that it is a fraud. Pure.

The same words say nothing of a fraud by themselves: "转了", "挂了", "我爱他".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from actions.triage import rules, wording

LONGEST = 80  # columns: a reply with what leads to it; more is a story


class Reply(StrEnum):
    """What is meant."""

    DENIES = "denies"  # it is no fraud, we are wrong
    ASKS = "asks"  # what now
    HOPES = "hopes"  # who pays a blackmailer hopes to be let off; nobody has been
    DONE = "done"  # money or access has just gone, whatever else the words could mean elsewhere
    GAVE_CODE = "gave_code"  # what was asked for has been told or typed
    WAITS = "waits"  # where is the officer
    PRESSED = "pressed"  # they are being hurried
    DID_RIGHT = "did_right"  # they hung up, blocked, or did not pay


PATTERNS: Mapping[Reply, re.Pattern[str]] = {
    Reply.DENIES: re.compile(
        r"我(?:就是|是真|真的?|还是)爱(?:他|她)|(?:他|她)(?:才|可|又)?不是(?:那样|那种|这样|这种)|管不着"
        r"|比(?:我|亲)[^。，,]{0,8}(?:亲|强|好)|\bnot like that\b|\b(?:he|she) (?:really )?loves me\b"
        r"|(?:不|才不|又不|怎么|哪)(?:可能)?(?:会)?是(?:什么)?(?:骗子|骗人|诈骗|假的)"
        r"|不会(?:骗|害)我|没(?:有)?(?:骗|害)我"
        r"|我(?:还是|就是|只)?(?:相信|信得过|信任|信)(?:他|她)"
        r"|(?:他|她)(?:人|对我)(?:是|很|挺|满|蛮)?(?:真心|真的?好|好|不错)"
        r"|(?:别|不要|少|莫)(?:乱|瞎|胡)(?:说|讲)|(?:乱|瞎|胡)说(?:八道)?"
        r"|我不信|不相信你|你(?:们)?(?:机器人|们)?(?:懂|知道)(?:什么|啥|个)"
        r"|\b(?:he|she|they|it|this|that)(?:'s| is| are|'re)(?: really)? ?(?:not|n't)(?: an?)?"
        r" (?:scam|scammer|fraud|fake|liar)"
        r"|\bisn'?t (?:an? )?(?:scam|scammer|fraud|fake|liar)|\bnot a (?:scam|scammer|fraud)\b"
        r"|\bwould(?: never|n'?t) (?:lie|cheat|scam|hurt)"
        r"|\bi (?:do )?(?:trust|believe|love) (?:him|her|them)\b"
        r"|\b(?:you're|you are) wrong\b|\bi don'?t believe you\b"
    ),
    Reply.ASKS: re.compile(
        r"怎么办|咋办|咋整|该(?:做|干)(?:什么|啥)"
        r"|怎么(?:退|追回|拿回|要回)|(?:退|追|拿|要)(?:得|的)?回来吗"
        r"|\bwhat (?:should|can|do|shall|must) (?:i|we)\b|\bwhat now\b"
        r"|\bhow (?:do|can) i (?:get|stop|call|report)\b"
    ),
    Reply.HOPES: re.compile(
        r"(?:给|转|付|交)(?:了)?[^。，,]{0,8}(?:就|会|能|是不是)[^。，,]{0,8}(?:删|停手|放过|算了|结束|不发)"
        r"|\bif i pay\b|\b(?:will|would) (?:he|she|they) (?:delete|stop|leave me)\b"
    ),
    Reply.DONE: re.compile(
        r"点了?(?:确认|确定|提交)|复核(?:过|通过|完)|(?:钱|款)(?:已经|都|就|也)?(?:出去|转走|划走|扣)了"
        rf"|(?:^|[，,。\s我])(?:已经|刚刚?|都|又|全|就|也)?(?:转|付|交|汇|充|投|打{rules.NO_CALL})(?:了|过去了?|出去了?|完了)(?:$|[，,。!\s])"
        r"|(?:在|正在)(?:转|划|动)我的?钱|(?:拿走|取走|交给(?:他|她|他们|人家))了"
        r"|\bi(?:'ve| have)? (?:just )?(?:sent|paid|transferred|confirmed|handed|gave) ?(?:it|him|her|them|$)"
        r"|\bmoving my money\b|\bmoney is (?:going|gone|leaving)\b"
    ),
    Reply.GAVE_CODE: re.compile(
        r"(?:我|都|已经|刚刚?)?(?:念|报|说|告诉|输|填|发)(?:给)?(?:他|她|对方|他们|进去)?了(?:验证码|密码|卡号)?\W*$"
        r"|\bi (?:told|gave|read|typed|entered)\b[^.]{0,20}(?:it|code|otp|number|him|her|them)?\W*$"
    ),
    Reply.WAITS: re.compile(
        r"(?:民警|警察|警官|你们|人)[^。，,]{0,6}(?:什么时候|几时|多久|怎么还|还没|在哪)|(?:有|没有?)人(?:吗|在吗|接|管|理)"
        r"|到底管不管|等了[^。，,]{0,8}(?:分钟|小时|天|半天|好久)|(?:真)?人呢|怎么没人"
        r"|\bhow long\b|\bwhen will (?:some|an|the|you)|\bwhat number\b|\b(?:anyone|anybody|somebody) there\b|\bstill waiting\b"
    ),
    Reply.PRESSED: re.compile(
        r"(?:一直|又|还)?在?催(?:我|得|着)?|快点|来不及|\bhurry|\brush(?:ing|ed)? me|\bpush(?:ing|ed) me"
    ),
    Reply.DID_RIGHT: re.compile(
        r"(?:^|[，,。\s]|我|已经)(?:已经|都|就|也)?(?:把[^。，,]{0,8})?(?:挂(?:断|掉)?|拉黑|屏蔽|退出|退群|删(?:掉|除)?)(?:他|她|电话)?了(?![^。，,]{0,3}[?吗])|不(?:会|再|敢)?转了|(?:没|没有)(?:再|给|有)?(?:理|整|下|转|付|交|信|点)(?:他|她|了)?\W*$"
        r"|报(?:了|过)警|(?:回家|停下来?|冷静)了|\bhung up\b|\bblocked (?:him|her|them|it)\b"
        r"|\b(?:won't|will not|not going to|didn't|did not) (?:pay|send|transfer|click|answer)"
    ),
}

# What is said first, by somebody who says no more than that.
_FIRST = {
    "first.paid": re.compile(rf"^(?:{rules.GIVEN.pattern})$"),
    "first.gave": re.compile(
        r"^.{0,6}(?:填|输|报|念|发|给)(?:了|过)?[^。，,]{0,6}(?:卡号|验证码|密码|身份证)(?:号)?了?\W*$"
        r"|^(?:验证码|卡号|密码)[^。，,]{0,4}(?:给|说|报|填|念|发)[^。，,]{0,4}了\W*$"
        r"|^i (?:have |just )?(?:entered|typed|gave|told|filled in)\b.{0,12}\b(?:card|code|otp|pin|password)(?: number)?(?: in)?\W*$"
    ),
    "first.hotline": re.compile(
        r"(?:96110|反诈中心|反诈专线|anti-fraud cent(?:er|re)|scamshield)[^。!?\n]{0,24}(?:真|吗|是不是|假|\?|real|genuine)"
        r"|(?:真|是)的?[^。!?\n]{0,6}(?:96110|反诈中心|反诈专线)[^。\n]{0,6}(?:吗|\?)"
    ),
}


def first_words(plain: str) -> str | None:
    """Return what is said to few words that tell of no matter yet, or None where there is more."""
    if not any(map(str.isalnum, plain)):
        return "first.wordless"
    return wording.first_said(plain, _FIRST) if wording.columns(plain) <= LONGEST else None


# Somebody close to them is meant, who may not believe a word of it.
_KIN = re.compile(
    r"(?:妈|爸|父亲|母亲|老伴|爷爷|奶奶|外公|外婆|阿婆|阿公|老人|老头子|老汉儿?|婆婆|公公|岳父|岳母|女儿|儿子|孩子|老公|老婆|姐|妹|哥|弟|室友|邻居)"
    r"[^。，,\n]{0,12}(?:在|要|去|跟|和|说|不|正|被|非)"
    r"|\bmy (?:mum|mom|mother|dad|father|grandma|grandmother|grandpa|husband|wife|son|daughter|sister|brother|aunt|uncle|roommate|flatmate|neighbou?r)\b"
)


def tells_of_kin(plain: str) -> bool:
    """Tell whether a plain text is about somebody close to who writes it."""
    return _KIN.search(plain) is not None


def says(plain: str, reply: Reply) -> bool:
    """Tell whether a plain text that is no story means this."""
    return wording.columns(plain) <= LONGEST and PATTERNS[reply].search(plain) is not None
