"""Whole conversations, as a citizen and an officer live them. Rules answer: no NLU here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Play

SCRIPTS = {
    "a greeting says who we are, what we keep and whom to call": """
        /start
        > 机器人
        > 110
        > 96110
        > /forget
        = do:check tip
        市民: 你好
        > 武汉市公安局反诈中心
    """,
    "a greeting in English": """
        citizen: hello
        > bot
        > 110
        > 96110
        > /forget
    """,
    "a live fraud is escalated first and asked about after": """
        市民: 公安局说我涉嫌洗钱，让我把钱转到安全账户，电话还没挂
        > 🛑 请先停下
        > 1. 挂断电话
        > 拨 110
        = money:no about yes
        * live open
        ! 冒充公检法或政府
        按: money:yes
        > 什么时候转的
        = when:today earlier not
        ! 钱转出去了吗？ → 已经转了
        按: when:today
        > 已告诉民警
        * live open
        民警: claim
        > 李警官
        * live claimed
        市民: 好的我挂了，银行在查
        > 已转给民警
        ! 好的我挂了，银行在查
        民警: close stopped
        > 钱已止付或冻结
        * live closed
    """,
    "a live fraud in English": """
        citizen: The police officer on the phone says I must transfer my money and not to hang up
        > 🛑
        > 110
        = money:no about yes
        * live open
        presses: money:about
        * live open
        officer: claim
        > Officer 李
        officer: close false_alarm
        * live closed
    """,
    "a life comes before everything": """
        市民: 我不想活了，站在楼顶上
        > 人最要紧。现在就拨 110
        > 心理援助热线 12356
        < 没看出
        * danger open
        ! 🆘
        ! 站在楼顶上
        市民: 没人在乎我
        > 我在听
        < 没看出
        ! 没人在乎我
        民警: claim
        > 李警官
        民警: close stopped
        市民: 你好
        < 我在听
    """,
    "a life comes first in an open case, too, and in English": """
        /person
        citizen: I want to kill myself
        > You matter most
        > crisis line 12356
        * person open
        ! 🆘
        ! kill myself
    """,
    "who is held, or sees a knife, hears how to get help without a sound": """
        市民: 他们把我关在酒店房间里不让我走
        > 先保自己平安
        > 发短信到 12110
        * danger open
    """,
    "a fraud that goes with it is not lost": """
        市民: 公安局说我涉嫌洗钱，让我把钱转到安全账户，电话还没挂，我不想活了
        > 人最要紧
        * danger open
        ! 冒充公检法或政府
        市民: 怎么办
        > 挂断电话
    """,
    "what only sounds like it is none": """
        市民: 笑死我了，想死你们了
        < 12356
        *
    """,
    "who only says mm is asked again, and what was given away is put right": """
        市民: 公安局说我涉嫌洗钱，让我把钱转到安全账户，电话还没挂
        = money:no about yes
        市民: 嗯
        > 请点下面一个
        = money:no about yes
        ! 嗯
        市民: 我点了确认
        > 🛑 请先停下
        > 马上打银行客服
        < 为什么这么说
        = when:today earlier not
        市民: 还没转出去
        * live open
        市民: 有人吗
        > 还没有民警接手
        市民: 好，我挂了
        > 做得对
    """,
    "a mother who is at the bank is not told to hang up alone": """
        市民: 我妈在跟自称公安的人通话，对方不让挂电话，要她转到安全账户
        > 🛑 请先停下
        > 说的是家里人：陪在他身边
        * live open
    """,
    "who says no more than that it is gone hears what may still stop it": """
        市民: 转了
        > 转给谁了
        > 要止付
        = do:person
        市民: 验证码给他了
        > 冻结银行卡
        市民: 我给了他验证码
        > 冻结银行卡
        citizen: I entered my card
        > have the card frozen
        *
    """,
    "a call from the line itself": """
        市民: 96110打给我，是真的吗
        > 反诈专线 96110 真的会打给正被骗的人
        > 不会让您转账
        *
    """,
    "tears alone are asked about": """
        市民: 😭😭😭
        > 您还好吗
        < 没看出
        *
    """,
    "a husband who stands by is no danger, and who is watched is told no untruth": """
        市民: 我老公他在旁边说这是诈骗
        < 已经报上去了
        *
        市民: 有人盯着我打字，他让我转账到安全账户
        > 已经报上去了
        < 有人在跟
        * person open
        /loud
        > 您的案件编号是 C-
    """,
    "who is in love does not believe it, and the verdict stands": """
        市民: 网上认识的女朋友，没见过面，带我做外汇投资，说稳赚
        > 诈骗
        市民: 她不是骗子，你别乱说
        > 白天找个人多的地方见一面，我带家人来
        < 没看出
        = do:person
        市民: 我们要结婚了
        > 先别转钱
        > 前面那件事还是很像诈骗：网恋交友
        = do:person
        市民: 那怎么办
        > 没见过面的人让您投资或借钱，先不转
        *
    """,
    "the same in English": """
        citizen: My girlfriend online, never met, wants me to invest in crypto, guaranteed
        > scam
        citizen: she is not a scammer, you are wrong
        > It's fine not to believe us
        citizen: what should I do?
        > What to do next
    """,
    "another matter after a verdict is judged by itself": """
        市民: 网上认识的女朋友，没见过面，带我做外汇投资，说稳赚
        > 诈骗
        市民: 花呗这个月的账单可以分几期还，会不会影响以后用
        > 没看出诈骗的迹象
        < 前面那件事
    """,
    "fear in an open case hides neither the steps nor the question": """
        市民: 公安局说我涉嫌洗钱，让我把钱转到安全账户，电话还没挂
        = money:no about yes
        市民: 我好怕
        > 已记下
        ! 我好怕
        市民: 我该怎么办
        > 🛑 请先停下
        > 1. 挂断电话
        > 已记下
        市民: 他是真警察，怎么可能是假的
        > 真警察绝不怕您问
        按: money:yes
        > 马上打银行客服
        * live open
    """,
    "who tells an officer that they have paid hears of the bank": """
        市民: 公安局说我涉嫌洗钱，让我把钱转到安全账户，电话还没挂
        民警: claim
        市民: 已经转了3万，刚刚
        > 已转给民警
        > 🛑 马上打银行客服
    """,
    "what officers found out outweighs our verdict": """
        市民: 公安局说我涉嫌洗钱，让我把钱转到安全账户，电话还没挂
        民警: claim
        民警: close false_alarm
        市民: 我放心了
        < 前面那件事
    """,
    "who wants no officer does not get one": """
        市民: 网上认识的女朋友，没见过面，带我做外汇投资，说稳赚
        市民: 不用找民警
        < 已转给值班民警
        *
    """,
    "a loss that turns out to be of today is put before the officers": """
        市民: 上个月刷单做任务，垫了两万多提不出来，客服把我拉黑了
        = when:today earlier not
        *
        按: when:today
        > 🛑 请先停下
        > 1. 马上打银行客服
        * live open
    """,
    "money that left a while ago is a loss, not an alarm": """
        市民: 上个月刷单做任务，垫了两万多提不出来，客服把我拉黑了
        > 诈骗
        > 钱已经转出去了
        > 1. 拨 110 报案
        < 🛑
        *
        = when:today earlier not
        按: when:earlier
        > 不是您的错
        = do:person
        *
    """,
    "money that left just now becomes an alarm by the answer": """
        市民: 客服说我会员到期要扣费，让我点链接关闭
        > 像诈骗
        *
        = money:no about yes
        按: money:yes
        > 🛑 请先停下
        > 1. 马上打银行客服
        * live open
    """,
    "who is about to pay is stopped": """
        市民: 客服说我会员到期要扣费，让我点链接关闭
        按: money:about
        > 🛑 请先停下
        > 一分钱都别转
        * live open
    """,
    "who has lost nothing is asked whether they are on the line": """
        市民: 客服说我会员到期要扣费，让我点链接关闭
        按: money:no
        = online:call screen no
        按: online:no
        > 您还没转钱
        = do:person
        *
    """,
    "on their screen: cut that off first": """
        市民: 客服说我会员到期要扣费，让我点链接关闭
        按: money:no
        按: online:screen
        > 1. 关掉屏幕共享
        * live open
    """,
    "answers may be free words": """
        市民: 客服说我会员到期要扣费，让我点链接关闭
        市民: 还没有
        = online:call screen no
        市民: 都没有了
        > 拉黑对方
        *
    """,
    "answers in free English words": """
        citizen: The courier customer service wants a refund fee and made me install an app
        = money:no about yes
        citizen: not yet
        = online:call screen no
        citizen: no
        > Block
        *
    """,
    "a question is left by describing something else": """
        市民: 客服说我会员到期要扣费，让我点链接关闭
        市民: 另外还有一件事，公安局让我把钱转到安全账户，现在电话没挂
        > 🛑 请先停下
        * live open
    """,
    "every question is left by asking for a person": """
        市民: 客服说我会员到期要扣费，让我点链接关闭
        市民: 转人工
        > 已转给值班民警
        * person open
        ! 让我点链接关闭
    """,
    "the question of an unclear matter is left by asking for a person": """
        市民: 他叫我今天去办一下资料费
        市民: 转人工
        > 值班民警
        * person open
    """,
    "a person by command, and nobody is called twice": """
        /person
        > 已转给值班民警
        * person open
        ! 市民要求找民警
        /person
        > 民警已经知道了
        * person open
        民警: claim
        > 李警官
        民警: release
        > 另一位民警
        * person open
        民警: claim
        民警: close unreachable
        > 没能联系上您
        * person closed
    """,
    "a person in English": """
        citizen: I want to talk to an officer
        > duty officer
        * person open
    """,
    "a person by button": """
        /start
        按: do:person
        > 已转给值班民警
        * person open
    """,
    "a case that was opened for a talk rises when it turns out live": """
        /person
        * person open
        市民: 公安局说我涉嫌洗钱，让我把钱转到安全账户，电话还没挂
        > 🛑 请先停下
        * live open
        ! 更急了
    """,
    "an answer that turns a talk into an alarm says what to do now": """
        市民: 客服说我会员到期要扣费，让我点链接关闭
        /person
        * person open
        按: money:about
        > 🛑 请先停下
        * live open
        ! 更急了
    """,
    "a general question is explained, and not escalated": """
        市民: 请问刷单是怎么骗人的
        > 这类骗局叫“刷单返利”
        > 接下来请这样做
        *
    """,
    "an ordinary matter is no scam, and no promise either": """
        市民: 明天武汉下雨吗
        > 没看出诈骗的迹象
        > 不等于
        = do:person
        *
    """,
    "an ordinary matter in English": """
        citizen: my train leaves at nine tomorrow morning
        > doesn't mean
        *
    """,
    "language by command": """
        /language en
        > English
        市民: 你好
        > Hello
        /language
        = language:zh en
        按: language:zh
        > 中文
        /language zz
        = language:zh en
    """,
    "language by asking": """
        市民: 请说英文
        > English
        citizen: please speak Chinese
        > 中文
    """,
    "no more reminders": """
        /stop
        > 不再主动给您发任何提醒
        市民: 退订
        > 不再主动
    """,
    "no more reminders, but the case goes on": """
        /person
        /stop
        > 还没有结束
        * person open
    """,
    "to be forgotten": """
        市民: 明天武汉下雨吗
        /forget
        = forget:yes no
        按: forget:no
        > 什么都没删
        市民: 删除我的信息
        = forget:yes no
        按: forget:yes
        > 已经删除
        > 没有留下任何记录
        市民: 你好
        > 机器人
    """,
    "to be forgotten with an open case": """
        /person
        /forget
        > 还在处理
        < 无法恢复
        按: forget:yes
        > 还在处理
        * person open
    """,
    "tips, help, thanks and who are you": """
        /tips
        > 骗
        市民: 来一条防骗知识
        > 骗
        /help
        > /person
        市民: 谢谢
        > 不客气
        市民: 你是真的警察吗
        > 不是真人
    """,
    "an unknown command, and an old button": """
        /nonsense
        > 没有这个指令
        按: money:yes
        > 已经过期了
        按: nonsense:yes
        > 已经过期了
        /check
        > 发给我
    """,
    "a late press of an older question counts all the same": """
        市民: 客服说我会员到期要扣费，让我点链接关闭
        按: money:no
        按: online:no
        按: money:yes
        > 🛑 请先停下
        * live open
    """,
    "a forwarded message is judged as one": """
        转发: 您的贷款已通过，请先缴纳保证金解冻账户
        > 虚假贷款
        = money:no about yes
    """,
    "more words after a verdict tell more of the same": """
        市民: 客服说我会员到期要扣费，让我点链接关闭
        市民: 我刚刚转了三千过去
        > 🛑 请先停下
        * live open
    """,
    "thanks in an open case": """
        /person
        市民: 谢谢
        > 不客气
        * person open
    """,
    "greetings in an open case reach the officer": """
        /person
        市民: 在吗
        > 已记下
        ! 在吗
    """,
    "who left a meeting does not want to be left alone": """
        市民: 客服说我会员到期要扣费，让我点链接关闭
        市民: 退出会议了
        < 不再主动
    """,
    "who asks whether to stop paying does not unsubscribe": """
        citizen: stop paying him?
        < reminders
    """,
}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_transcript(play: Play, script: str) -> None:
    play(script)
