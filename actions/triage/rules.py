"""What plain patterns can tell: the answer while the NLU server is away, and a second pair of eyes.

Each pattern reads a text that went through `wording.plain`. A pattern names a *thing that happens*
("asked to share the screen"), never a single well-known sentence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from actions.triage.judgement import ScamType, Signal, Stage
from actions.triage.understanding import Understanding

# After 打: money is meant by it, not a telephone.
NO_CALL = (
    r"(?!\s*[了过给个一几]{0,3}\s*(?:110|12\d|119|96110|123\d\d|95\d{3}|报警|[^。，,\n]{0,8}电话))"
)
SIGNALS: Mapping[Signal, re.Pattern[str]] = {
    Signal.ASKED_PAY: re.compile(
        r"(?<![没不])(?<!没有)(?:让|叫|要|要求|催)(?:我|我妈|我爸|他|她|你|先|我们)?[^。!?\n]{0,12}"
        r"(?:转账|转钱|汇款|打款|打钱|充值|垫付|垫资|缴纳?|交[^通流往]|付款|转到|转入|转过去|存入|补单)"
        r"|(?:保证金|解冻费|手续费|激活费|验资|认证金|会员费|工本费|押金|税金|关税|服务费)"
        r"|安全账户|先(?:转|付|交|打)[^。]{0,6}(?:钱|元|块|万|费)"
        r"|(?:asks?|asked|asking|want(?:s|ed)?|told|tells?|telling|demand\w*|need(?:s|ed)?)"
        r"[^.!?\n]{0,40}(?:transfer|pay|deposit|send (?:him|her|them|the|\$|money)|wire|top.?up|gift cards?|bitcoin|usdt)"
        r"|(?:processing|registration|release|clearance|activation|unlock|admin|upfront|customs) (?:fee|charge)s?"
    ),
    Signal.ON_LINE: re.compile(
        r"(?:正在|还在|现在(?:就)?在|一直在|正)(?:和|跟|给)?[^。\n]{0,8}(?:通话|打电话|视频|电话里|聊|连线)"
        r"|(?:不让|不许|不准|别|不要|不能)(?:我|他|她)?挂(?:断|电话|机)?|电话(?:还)?没挂|(?:人|他|她)(?:还)?在线上"
        r"|(?:still|right now|currently|he's|she's|they're|is) on the (?:line|phone|call)"
        r"|(?:won't let|not to|don't|do not|can't|cannot)(?: \w+){0,2} hang up|on the phone with (?:him|her|them)"
    ),
    Signal.SCREEN: re.compile(
        r"屏幕共享|共享(?:了)?屏幕|共享(?:了)?桌面|远程(?:控制|协助|操作)|todesk|向日葵|teamviewer|anydesk|会议软件"
        r"|(?:share|sharing|shared)[^.\n]{0,12}screen|screen.?shar|remote(?:ly)? (?:access|control)|quicksupport|ultraviewer"
    ),
    Signal.CODE: re.compile(
        r"验证码|校验码|动态码|\byzm\b|支付密码|取款密码|银行卡密码"
        r"|\botp\b|verification code|one.?time (?:password|code)|security code|\bpin\b|\bcvv\b|6.?digit code"
    ),
    Signal.APP: re.compile(
        r"(?:下载|安装|下了|装了|下个|装个)[^。\n]{0,10}(?:app|软件|应用|平台|会议|程序)|点(?:了|击|开)?[^。\n]{0,6}链接|扫(?:了|描)?[^。\n]{0,6}(?:码|二维码)"
        r"|(?:install|download)(?:ed|ing)?[^.\n]{0,25}(?:app|apk|software|program)|click(?:ed|ing)?[^.\n]{0,15}link|scan(?:ned)?[^.\n]{0,12}qr"
    ),
    Signal.SECRET: re.compile(
        r"(?:不要|不能|别|不许|不准|不让)(?:我|他|她|你)?(?:跟|和|告诉|对)[^。\n]{0,8}(?:家人|家里|别人|任何人|老公|老婆|银行|柜员|说)|保密|机密"
        r"|(?:not to|don't|do not|never) tell (?:any|my|the|your)|keep (?:it|this) (?:a )?secret|confidential"
    ),
    Signal.THREAT: re.compile(
        r"逮捕|通缉|拘捕|拘留|坐牢|洗钱|涉嫌|涉案|犯罪|冻结|征信|黑名单|起诉|曝光|通讯录|群发|不然就|否则|后果|弄死|断腿|绑架"
        r"|arrest|warrant|jail|prison|launder|frozen|freeze|suspend|blacklist|lawsuit|expose|leak|send (?:it|the video|them) to|kill|hurt"
    ),
    Signal.PROFIT: re.compile(
        r"返利|返现|佣金|稳赚|保本|高收益|回报|内幕|带(?:我|你)?(?:赚|炒|做单)|导师|老师带|日赚|日结|躺赚|中奖|补贴|分红|翻倍|提现"
        r"|guaranteed|returns?\b|profit|commission|passive income|double your|easy money|\bwon\b|winner|lottery|prize|jackpot"
    ),
    Signal.ISOLATED: re.compile(
        r"(?:一个人|独自|没人的|单独|安静|封闭)[^。\n]{0,8}(?:酒店|宾馆|房间|地方|待着|呆着)|开(?:个|间)?(?:房|酒店|宾馆)|去(?:酒店|宾馆)"
        r"|hotel|go somewhere (?:quiet|alone)|stay(?:ing)? alone|be alone"
    ),
    Signal.PAID: re.compile(
        r"(?:已经|刚|刚刚|刚才|都|又|就|前后|一共|总共|被)[^。\n]{0,10}(?:转了|付了|交了|充了|打了"
        + NO_CALL
        + r"|汇了|投了|垫了|转走|扣了(?:钱|款|费|[^。，,\n]{0,4}\d)|转账了|转过去|骗了|给了)"
        r"|(?:转|付|交|充|打"
        + NO_CALL
        + r"|汇|投|垫|骗)了[^。\n]{0,8}\d|转过去了|钱没了|提不出来|提不了现|无法提现|取不出来"
        r"|(?:i|we|she|he|mum|mom|dad|mother|father|wife|husband|already|just|have|has)[^.\n]{0,12} (?:paid|sent|transferr?ed|wired|deposited|bought (?:the )?gift)"
        r"|(?:lost|scammed (?:of|out of)) (?:about |over |around )?(?:\$|£|€|s\$|rm|rs)?\d"
    ),
    Signal.DETAILS: re.compile(
        r"身份证|银行卡号|卡号|人脸|刷脸|个人信息|手持"
        r"|(?:card|account|bank) (?:number|details)|id card|passport|\bnric\b|aadhaar|\bssn\b|social security"
    ),
}

TYPES: Mapping[ScamType, re.Pattern[str]] = {
    ScamType.BRUSHING: re.compile(
        r"刷单|刷信誉|做任务|做单|任务单|派单|垫付|点赞.{0,8}(?:赚|佣|钱)|关注.{0,8}(?:赚|佣|返)|返佣|连单|补单|福利单"
        r"|(?:like|rate|review|task)[^.\n]{0,40}(?:commission|paid|earn)|complete (?:the )?tasks?|task (?:scam|group)"
    ),
    ScamType.LOAN: re.compile(
        r"(?:贷款|网贷|借款|放款|下款|额度).{0,25}(?:保证金|解冻|手续费|工本费|会员|验证|流水|刷流水|认证金|先交|先打|卡号错|卡号填错|冻结)|无抵押|黑户.{0,6}(?:贷|下款)|包装.{0,4}(?:贷|信用卡)|ab贷"
        r"|loan[^.\n]{0,60}(?:fee|deposit|upfront|insurance|advance|unlock)|(?:fee|deposit)[^.\n]{0,40}loan"
    ),
    ScamType.ECOM_CS: re.compile(
        r"(?:客服|快递|物流|平台|专员|航空|航班|会员|直播|淘宝|京东|拼多多|抖音|闲鱼|理赔|改签|百万保障).{0,40}(?:理赔|退款|退费|退赔|取消|关闭|扣费|解除|开通|改签|丢件|共享|扣钱)"
        r"|客服.{0,16}(?:转|共享|会议|验证码)"
        r"|(?:customer (?:service|support|care)|tech(?:nical)? support|amazon|fedex|dhl|courier|microsoft|refund (?:department|team))[^.\n]{0,80}(?:remote|anydesk|teamviewer|refund|fee|virus|gift card|parcel)"
    ),
    ScamType.ROMANCE: re.compile(
        r"网恋|网友|网上认识|相亲.{0,8}(?:认识|网站|软件)|交友.{0,6}(?:软件|app|认识)|(?:男|女)朋友.{0,20}(?:投资|平台|没见过|转|借钱)|没见过面|军医|海外.{0,6}(?:军官|工程师)|包裹.{0,10}海关|杀猪盘"
        r"|(?:dating (?:app|site)|tinder|bumble|met (?:him|her|a (?:guy|girl|man|woman|lady)) (?:on|online))|online (?:boy|girl)friend|never met"
    ),
    ScamType.INVESTMENT: re.compile(
        r"荐股|炒股|股票群|牛股|虚拟币|数字货币|比特币|usdt|外汇|期货|原始股|内幕消息|投资(?:平台|群|app|项目|理财)|理财平台|提不出来|提现.{0,10}(?:税|保证金|失败)|区块链|挖矿|黄金.{0,8}(?:邮寄|投资|盘)"
        r"|invest|trading|crypto|forex|binary option|bitcoin|stock tip|withdraw[^.\n]{0,40}(?:tax|fee|can't|cannot|blocked)"
    ),
    ScamType.CREDIT_REPAIR: re.compile(
        r"(?:注销|关闭|清空|修改).{0,12}(?:校园贷|学生|账户|金条|白条|花呗|借呗|贷款账号|额度)|影响(?:您的|你的|我的)?(?:个人)?征信|修复征信|征信修复|洗白征信|消除.{0,6}(?:逾期|征信)|京东(?:金融|金条|白条)"
        r"|credit repair|(?:fix|clean|repair|affect)[^.\n]{0,20}credit (?:record|score|report)"
    ),
    ScamType.SHOPPING: re.compile(
        r"(?:付了?(?:钱|款|定金)|转账|收款|下单|定金|订金).{0,30}(?:不发货|没发货|拉黑|联系不上|不见了)|私下交易|脱离平台|微信转账.{0,10}(?:拉黑|没货)|假(?:货|链接)|租房.{0,12}(?:定金|押金)"
        r"|(?:seller|carousell|marketplace|ebay|shop)[^.\n]{0,80}(?:never (?:arrived|came|sent|received|delivered)|blocked me|disappeared|fake)|paid (?:for|a deposit)[^.\n]{0,60}(?:never|blocked|uncontactable)"
    ),
    ScamType.POLICE_GOV: re.compile(
        r"(?:公安|警察|警官|民警|检察|法院|刑侦|通信管理局|通管局|社保局|医保局|疾控|海关|使馆|领事馆|移民局|出入境|税务局|国安)[^。\n]{0,40}(?:涉嫌|洗钱|案|通缉|逮捕|冻结|转账|安全账户|核查|资金|配合|保密|停机|验资|清查|限制)"
        r"|安全账户|资金(?:清查|核查|核验)|(?:涉嫌|卷入).{0,6}(?:洗钱|诈骗案|案件)"
        r"|(?:police|officer|irs|hmrc|customs|immigration|court|cbi|interpol|ministry|embassy|social security|tax)[^.\n]{0,80}(?:arrest|warrant|launder|frozen|transfer|pay|fine|parcel|suspend|case)|digital arrest|safe account"
    ),
    ScamType.ACQUAINTANCE: re.compile(
        r"(?:领导|老板|局长|书记|校长|老师|班主任|同学|朋友|亲戚|表[哥弟姐妹]|孙子|儿子|女儿|战友|老同学|董事长|总经理)[^。\n]{0,30}(?:加(?:我|了)?(?:微信|qq|好友)|换号|新号|借钱|转账|帮忙转|代付|垫|急用|学费|资料费)|家长群|班级群.{0,10}(?:收费|扫码)|冒充(?:领导|老师|朋友)"
        r"|(?:boss|ceo|director|manager|friend|grandson|nephew|son|daughter|teacher|pastor)[^.\n]{0,60}(?:new number|gift cards?|urgent(?:ly)?|borrow|wire|transfer|send money|hacked)|hi (?:mum|mom|dad)"
    ),
    ScamType.GAME: re.compile(
        r"(?:游戏|王者|原神|吃鸡|和平精英|steam|皮肤|账号|装备|点券|代练|游戏币).{0,30}(?:卖|买|交易|充值|解冻|保证金|冻结|返还|免费送|扫码|客服)|防沉迷|未成年.{0,8}(?:支付|充值|游戏)"
        r"|(?:game|roblox|steam|skin|genshin|fortnite|account)[^.\n]{0,40}(?:trade|middleman|top.?up|unlock deposit|seller|robux)"
    ),
    ScamType.EXTORTION: re.compile(
        r"裸聊|裸照|私密(?:照|视频)|拿(?:着|了)?[^。，,\n]{0,6}(?:录像|视频|照片)|不雅|录(?:了)?(?:我)?(?:视频|屏)|通讯录.{0,10}(?:发|群)|发给(?:我)?(?:家人|亲友|好友|同事)|绑架|赎金|敲诈|勒索"
        r"|sextort|nudes?|naked|intimate|(?:video|photo)s? (?:of me|to (?:my|all))|webcam|ransom|kidnap|blackmail"
    ),
    ScamType.PHISHING: re.compile(
        r"积分.{0,8}(?:到期|兑换|清零|过期)|etc.{0,10}(?:失效|过期|认证|禁用|停用)|(?:银行卡|账户|手机银行|u盾|网银).{0,10}(?:失效|过期|冻结|升级).{0,30}(?:链接|网址|登录|点击|url|http)|盗刷|(?:点了|填了).{0,10}(?:链接|卡号|验证码)"
        r"|(?:click|link|log.?in|verify)[^.\n]{0,60}(?:account|bank|card|suspend|parcel|toll)|phish|unauthori[sz]ed (?:charge|transaction)"
    ),
    ScamType.GAMBLING: re.compile(
        r"赌博|赌钱|博彩|下注|彩票(?:群|计划|内部|平台)|百家乐|棋牌|六合彩|时时彩|首存|电子游艺|娱乐城|体彩.{0,6}(?:内幕|带)|反水"
        r"|casino|betting|gambl|baccarat|slots?\b|sports? bet"
    ),
    ScamType.JOB_FEE: re.compile(
        r"(?:求职|入职|面试|招聘|应聘|工作|兼职|岗位|中介|劳务|出国).{0,30}(?:培训费|服装费|体检费|押金|保证金|报名费|中介费|签证费|资料费)|跑分|(?:出租|出借|出售|收购|租).{0,8}(?:银行卡|电话卡|手机卡|对公账户|两卡)|(?:借|用)(?:一下)?(?:我|你)(?:的)?(?:银行)?卡.{0,8}(?:走账|过账|收款|取现)|高薪.{0,8}(?:缅甸|柬埔寨|出国|境外)"
        r"|(?:job|agency|recruit|hire|visa|employer|interview|work from home)[^.\n]{0,80}(?:fee|deposit|pay (?:for|first)|training|registration)|money mule|rent (?:my|your) (?:bank )?account"
    ),
    ScamType.PRIZE: re.compile(
        r"中(?:了)?(?:大)?奖|领奖|补贴.{0,14}(?:领|申|发放|链接)|免费(?:领|送|领取)|红包.{0,8}(?:领|扫|返)|以房养老|养老.{0,8}(?:投资|项目|床位|利息)|保健品|遗产|民族资产|扶贫|养老金认证"
        r"|(?:won|winner|lottery|prize|lucky draw|inherit|beneficiary|compensation fund|grant)\b"
    ),
    ScamType.MILITARY: re.compile(
        r"(?:部队|消防|武警|军队|军官|战士|司务长|采购员|教官|连长|监狱|大队).{0,40}(?:采购|订(?:餐|货|购|桌|做)|帐篷|罐头|被褥|床|垫付|代买|代购|供货商|物资)"
        r"|(?:army|military|police|fire) [^.\n]{0,50}(?:order|purchase|supplier|catering)"
    ),
    ScamType.SEX_SERVICE: re.compile(
        r"上门(?:服务|按摩)|约炮|同城约|包养|援交|小姐|特殊服务|楼凤|陪睡|附近.{0,6}(?:妹|美女).{0,10}(?:约|服务)"
        r"|escort|sugar (?:mummy|daddy|baby|momma)|hook.?up|massage (?:girl|service)|call girl|sexual service"
    ),
}

# Patterns that make a text a *general question*, of no one's own trouble.
QUERY = re.compile(
    r"^(?:请问|想问|问一下|问下|我想知道)?[^。!\n]{0,16}(?:是什么|是啥|什么意思|怎么骗|怎么防|如何防|套路是|怎么识别|如何识别|有哪些|真有这么|原理)"
    r"|新闻|电视剧|电影|宣传(?:单|册|片|栏)?|讲座|演练|作业|论文|假如|如果.{0,12}(?:怎么办|该)|去年|前年|几年前|以前.{0,6}同事"
    r"|^(?:what is|what's|what are|how do|how does|how can|why do|is it true|are there)\b[^.\n]{0,80}\?|in the news|on tv|documentary|homework|last year|years ago"
)
LIVE = re.compile(
    r"正在|现在|马上|立刻|这会儿|刚刚?|刚才|还在|催|倒计时|分钟|今晚|柜台|正要|准备(?:转|去|汇|付|打)|要不要(?:转|付|打)|还要(?:我|他|她|再)?(?:转|交|付|充|打)|最后一笔|只差|不然|否则|不让.{0,3}挂|怎么办.{0,4}急|急"
    r"|(?:不|再不)(?:交|付|转|给|打|配合)(?:的话|就|他|对方|[，,])|(?:交不交|付不付|转不转|给不给|报不报)|还没(?:有)?(?:输|按|点|报|发|给)(?:出去|过去|他|确认|$|[,，。])"
    r"|right now|at the moment|just (?:now|paid|sent|transferred)|about to|at the bank|on the (?:line|phone)|minutes|within the hour|hurry|immediately|urgent|final payment|one last|deadline|or (?:else|they)"
    r"|by (?:tonight|midnight|noon|today|tomorrow|(?:mon|tues|wednes|thurs|fri|satur|sun)day)|(?:finger|thumb)[^.\n]{0,12} over|needs? (?:another |a further |me to )?[$£€]\d|haven't (?:pressed|sent|typed|given) it"
)
LOSS = re.compile(
    r"(?:上(?:个)?(?:月|周|星期)|去年|前年|年前|月前|周前|天前|前几天|之前|以前|昨天|前天|\d+月).{0,60}(?:骗|转|投|损失|没了|拉黑|联系不上|不见|要回|追回)|能(?:追|要)回来|怎么(?:追|要)回|被骗(?:了)?|已(?:经)?报(?:过)?警|立案"
    r"|(?:last (?:week|month|year)|yesterday|ago|back in)[^.]{0,80}(?:lost|paid|sent|scam)|get (?:my|the) money back|was scammed|got scammed|never (?:heard|got|received)|blocked me"
)
# Words of ordinary life that a type pattern may catch by accident.
HARMLESS = re.compile(
    r"(?:请勿|切勿|勿|不要|谨防|别)(?:向|将|把|轻信|泄露|告诉|告知|透露|点击|转账).{0,14}|退订(?:回|请回|)[tdnr0-9]|回[tdnr]{1,2}退|拒收请回复"
    r"|(?:do not|don't|never) (?:share|give|tell)\b[^.!?\n]{0,40}|we will never ask[^.!?\n]{0,40}|unsubscribe"
)

# The law asks an advertiser for a way to opt out (MIIT order 31 of 2015, arts. 18-20), and those
# who hide behind a false sender could not hear it.
OPT_OUT = re.compile(
    r"退订(?:请)?回?复?|(?:回|复)\s*(?:td|t|n|r|qx|0{1,5})(?![a-z0-9])|拒收(?:请)?回|reply stop|unsubscribe"
)
# A sum or a time and nothing else: the answer to a question, from which a model would guess a tale.
_QUANTITY = (
    r"(?:约|大概|about )?[$¥£€]?(?:(?<!\d)\d{1,6}(?:[.,:]\d{1,3}){0,2}(?!\d)|[零一二两三四五六七八九十百千万几半]{1,8})"
    r" ?(?:多|来)?(?:万|千|百|块|元|钱|w|k|rmb|usd|分钟|小时|点|天|周|月|年|minutes?|mins?|hours?|days?|am|pm){0,2}"
    r" ?(?:前|以前|以内|ago)?"
)
# Money left, or something was given, and nothing says to whom or why.
_GIVEN = (
    r"(?:我|钱|款|都|已经|刚刚?|就|也){0,3}(?:转|付|打|汇|交|充|给)(?:了|过去了?|出去了?|完了)(?:钱|款|他|她|对方)?"
    r"|钱(?:已经|都)?(?:出去|转走|划走|没)了|(?:i )?(?:have |already |just )?(?:sent|paid|transferred)(?: it| them| the money)?(?: already)?"
)
GIVEN = re.compile(rf"\W{{0,3}}(?:{_GIVEN})[了啦啊呀]?\W{{0,3}}")
_BIT = rf"(?:{_QUANTITY}|刚刚?|刚才|今天|昨天|just now|today|yesterday)"
BARE = re.compile(rf"{GIVEN.pattern}|\W{{0,3}}{_BIT}(?:\W{{0,3}}{_BIT}){{0,2}}\W{{0,3}}")
# What no lawful advertiser offers, opt-out or not.
UNLAWFUL = re.compile(
    r"荐股|涨停|牛股|内部(?:老师|消息|渠道)|稳赚|包赢|彩金|上下分|sure win|guaranteed profit"
)
# Where money is to be "safe" in an account that somebody names on the telephone, it is theirs.
SAFE_ACCOUNT = re.compile(
    r"(?:转|汇|存|打|移|放)[^。!?\n]{0,12}(?:安全|监管|核查|清查|指定的?安全)账户"
    r"|(?:move|transfer|send|put|moving|transferring|sending)\b[^.!?\n]{0,50}\b(?:safe|secure|protected|holding) account"
)
_SOMEBODY = re.compile(r"[我你您他她]|[妈爸]|\b(?:i|me|my|you|your|he|she)\b")
_NO_SUCH_THING = re.compile(
    r"(?:没有|不存在|哪有|所谓)[^。!?\n]{0,6}安全账户|no such thing|never ask"
)
# Money that left within the hour can still be stopped.
_MOVED = r"(?:转|汇|付|交|充|打" + NO_CALL + r"|投|给|骗)"
_A_MOMENT_AGO = r"(?:刚刚?|刚才|(?:[半一二两三四五六七八九十几]|\d{1,2})(?:来|几|多)?(?:个)?(?:分钟|钟头|小时)(?:以|之)?前)"
JUST_PAID = re.compile(
    rf"{_A_MOMENT_AGO}[^。!?\n]{{0,10}}{_MOVED}(?:了|走|过去|出去|给)"
    rf"|{_MOVED}(?:了|走|过去|出去)[^。!?\n]{{0,10}}{_A_MOMENT_AGO}"
    r"|\bjust (?:now )?(?:sent|paid|transferred|wired|gave)\b"
    r"|\b(?:sent|paid|transferred|wired)\b[^.!?\n]{0,40}\b(?:just now|minutes? ago|(?:half )?an hour ago)"
)
# A notice that warns of fraud in general: nobody in it is being deceived.
WARNING_OF_FRAUD = re.compile(
    r"凡是?[^。!?\n我]{0,80}(?:都|均|一律|就)是?(?:电信)?(?:网络)?(?:诈骗|骗子)"
)
DEFRAUDED = re.compile(
    r"被[^,，。\n]{0,4}骗(?:了|走|去|光)|被(?:人)?(?:电信|网络)?诈骗|骗(?:了|走)我|(?:电信|网络|电话)诈骗了?\s?\d|(?:was|were|got|been) (?:scammed|defrauded|conned|swindled)"
)
GRAVE_SIGNALS = frozenset(
    {
        *(Signal.CODE, Signal.THREAT, Signal.ASKED_PAY, Signal.DETAILS),
        *(Signal.ON_LINE, Signal.SCREEN, Signal.APP),
    }
)
ADVERTISED = 0.25  # what remains of a suspicion when the sender can be told to stop, or warns
TOLD = 0.6  # who says they were defrauded is believed, not doubted
BY_ITSELF = 0.85  # one demand that nobody but a fraudster makes

_STAGES = (Stage.LIVE, Stage.LOSS, Stage.CONTACTED, Stage.QUERY, Stage.NONE)


def find_signals(text: str) -> frozenset[Signal]:
    """Return the signals a plain text shows; advice such as "never tell the code" shows none."""
    text = HARMLESS.sub("", text)
    return frozenset(signal for signal, pattern in SIGNALS.items() if pattern.search(text))


def find_types(text: str) -> Mapping[ScamType, float]:
    """Return how often each type's pattern is met, as shares of one."""
    text = HARMLESS.sub("", text)
    hits = {kind: len(pattern.findall(text)) for kind, pattern in TYPES.items()}
    total = sum(hits.values())
    return {kind: n / total for kind, n in hits.items() if n} if total else {}


def find_stage(text: str, *, scam: bool, signals: frozenset[Signal]) -> Stage:
    """Return the stage the words point to."""
    if not scam:
        return Stage.NONE
    pressing = signals & {Signal.ON_LINE, Signal.SCREEN}
    if QUERY.search(text) and not pressing and Signal.PAID not in signals:
        return Stage.QUERY
    if pressing or (LIVE.search(text) and signals & {Signal.ASKED_PAY, Signal.PAID, Signal.CODE}):
        return Stage.LIVE
    if LOSS.search(text) or Signal.PAID in signals:
        return Stage.LOSS
    return Stage.CONTACTED


def tells_of_loss(text: str) -> bool:
    """Tell whether the words themselves say that something has been lost."""
    return any(words.search(text) for words in (LOSS, DEFRAUDED, JUST_PAID))


def _demands_safety(text: str) -> bool:
    """Tell whether somebody is told to put money where it is "safe"."""
    spoken_of = QUERY.search(text) or _NO_SUCH_THING.search(text)
    return bool(SAFE_ACCOUNT.search(text) and _SOMEBODY.search(text) and not spoken_of)


def weigh(text: str, scam: float, signals: frozenset[Signal], *, official: bool = False) -> float:
    """Correct the model's probability where the words settle what it cannot see.

    `official` says that every link in it leads to a government's own address.
    """
    if WARNING_OF_FRAUD.search(text) and "我" not in text:
        return scam * ADVERTISED
    if _demands_safety(text):
        return max(scam, BY_ITSELF)
    if DEFRAUDED.search(text) and not QUERY.search(text):
        return max(scam, TOLD)
    if official and not signals & (GRAVE_SIGNALS - {Signal.APP}):
        return scam * ADVERTISED
    if OPT_OUT.search(text) and not signals & GRAVE_SIGNALS and not UNLAWFUL.search(text):
        return scam * ADVERTISED
    return scam


def read(text: str) -> Understanding:
    """Understand a plain text by patterns alone: cautious, explainable, and always there."""
    signals = find_signals(text)
    types = find_types(text)
    strong = signals - {Signal.DETAILS, Signal.PROFIT, Signal.THREAT}
    scam = 0.05
    if types:
        scam = 0.56 + 0.12 * len(signals)
    elif len(strong) >= 2:
        scam = 0.4 + 0.08 * len(signals)
    elif signals:
        scam = 0.3
    scam = min(scam, 0.92)
    stage = find_stage(text, scam=scam >= 0.4, signals=signals)
    return Understanding(
        intent=max(types, key=lambda kind: types[kind]) if types else "none",
        intent_confidence=scam,
        scam=scam,
        types={kind.value: share for kind, share in types.items()},
        stage={each.value: 0.8 if each == stage else 0.05 for each in _STAGES},
        signals={signal.value: 1.0 for signal in signals},
    )
