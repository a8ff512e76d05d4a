"""Is somebody's life in danger? That comes before any fraud. Patterns on a plain text; pure.

A fraud drives people to it: who has lost everything, is blackmailed, or is held by those who made
them cheat others. Better one officer too many than one too few.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from actions.triage import wording


class Danger(StrEnum):
    """What threatens a life."""

    SUICIDE = "suicide"
    VIOLENCE = "violence"
    HELD = "held"  # kept somewhere against their will


_PLACE = r"[^。，,]{0,8}(?:屋|房|酒店|宾馆|园区|车里|车上|家里|楼|仓库|厂)"
_WHO = r"(?:我|我们|人|他|她|孩子|儿子|女儿)"
PATTERNS: Mapping[Danger, re.Pattern[str]] = {
    Danger.SUICIDE: re.compile(
        r"不想(?:再)?活|活不下去|活够了|活着(?:真|也|都)?没(?:有)?(?:什么)?(?:意思|意义|劲|盼头)"
        r"|(?:我|就|只|真|好|都)(?:就|只|真|好|都|也)?(?:想去?|要去)死(?!你|他|她|我|的|机|心)|^想死了?$"
        r"|自杀|轻生|寻短见|(?:去|要|想)跳(?:楼|江|河|桥)|跳下去|割腕|上吊|喝(?:了)?农药|写(?:好)?(?:了)?遗书"
        r"|安眠药[^。，,]{0,8}(?:吃|吞)了|(?:吃|吞)了[^。，,]{0,8}安眠药"
        r"|死了(?:算了|得了|干净)|一死了之|不如(?:去)?死|站在[^。，,]{0,4}(?:楼顶|天台|桥上|江边)"
        r"|\bkill(?:ing)? my ?self\b|\b(?:want|wanna|going) (?:to )?die\b|\bsuicid|\bend (?:my life|it all)\b"
        r"|\bdon'?t want to (?:live|be here|be alive)\b|\bno reason to live\b|\bbetter off dead\b"
    ),
    Danger.VIOLENCE: re.compile(
        r"^(?:快)?(?:来)?救命[啊呀!。~]*$|救救我|快来救|(?:拿|持|举|握)着?(?:一把)?(?:菜)?(?:刀|枪)(?!卡)"
        r"|(?:他|她|他们|人|老公|丈夫|爸|男友|男朋友)(?:正|又|还)?在打(?:我|人|她)(?!的?(?:电话|手机|主意))"
        r"|(?:去|要|想)(?:砍|捅|杀)(?:死|了)?(?:他|她|我|你|人)(?!的?价)|砍死|捅死"
        r"|\b(?:with|has|have|holding|got) a (?:knife|gun)\b|\b(?:hitting|beating|hurting|attacking) (?:me|her|him)\b"
        r"|\bgoing to (?:kill|stab) (?:me|him|her|them)\b|^help me[\s!.]*$"
    ),
    Danger.HELD: re.compile(
        rf"{_WHO}[^。，,的]{{0,6}}(?:被)?(?:关|锁|困)(?:在|进|到){_PLACE}|把{_WHO}(?:关|锁)(?:在|起来|住)"
        r"|(?:他们|他|她|对方|老板|公司|园区)[^。，,]{0,4}不(?:让|许|准)(?:我|我们)(?:走|出去|离开|回家|回国)"
        r"|(?:没收|收走|扣)了?(?:我们?)?的?护照"
        r"|(?:缅北|缅甸|妙瓦底|柬埔寨|西港|园区)[^。]{0,12}(?:救|出不来|回不来|逃出)"
        r"|\blocked (?:me|us) (?:in|up)\b|\b(?:won'?t|not|don'?t) let (?:me|us) (?:go|leave|out)\W*$"
        r"|\btook (?:my|our) passports?\b|\bheld (?:here|captive|against)\b|\bkidnapped me\b"
    ),
}
LONGEST = 160  # columns: a long report tells of what is over
_SPOKEN_OF = re.compile(
    r"电影|电视剧|小说|歌词|新闻|游戏里|剧本|密室|去年|前年|年前|\b(?:movie|film|song|novel|game|years? ago)\b"
)


def find(plain: str) -> Danger | None:
    """Return the danger that a plain text of a citizen's own speaks of, or None."""
    if wording.columns(plain) > LONGEST or _SPOKEN_OF.search(plain):
        return None
    return wording.first_said(plain, PATTERNS)
