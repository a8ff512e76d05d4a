"""Cues a duty officer listens for, as named patterns over the normalised text.

Each cue is one feature (said or not said, and how early and often in a long text). The judge
learns what a cue weighs; nothing here decides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

CUE_SCALE = 0.7  # beside the numbers of a sentence vector

CUES: dict[str, str] = {
    # --- money
    "pay_verb": r"转账|转钱|转给|转到|转过去|打钱|打到|付款|付钱|支付|缴|垫付|充值|充钱|交钱|交\d|充\d|付\d|转\d|刷脸|扫码付"
    r"|\b(?:pay|payment|transfer|wire|deposit|top ?up|send (?:me |him |her |them |the |some )?(?:money|\$|\d)|zelle|venmo|cash ?app|paynow|upi|neft|rtgs)\b",
    "fee_kind": r"保证金|押金|定金|手续费|解冻|保险费|工本费|验资|认证金|税费|税金|个税|服务费|激活|会员费|流水|报名费|培训费|资料费"
    r"|违约金|滞纳金|赎|运费|清关|诚意金|包装费|检测费|中介费|代办费|加急费|开户费|刷流水|风险金|信誉|补单|连单|卡单"
    r"|\b(?:fees?|deposit|tax|customs|insurance|activation|processing|clearance|release|verification fee|upfront|advance|bond|penalty|unlock|unfreeze)\b",
    "refund": r"退款|理赔|赔付|赔偿|返还|退还|双倍|退费|\b(?:refund|compensat|reimburs|rebate)",
    "amount": r"\d+(?:\.\d+)?\s?(?:万|千|百|元|块|w\b|k\b|港币|美金|美元|台币|新币|欧|英镑)|[一二两三四五六七八九十几]+(?:万|千|百)(?:块|元|多)?|[$£€₹]\s?\d|\b(?:rs|rm|sgd|usd|hkd|rupees?|dollars?|pounds?|ringgit|naira|pesos?)\b",
    "paid_already": r"(?:转|付|打|汇|充|交|投|给|刷|垫|借|寄)(?:账|款|钱|出)?(?:过去)?了|已经?(?:转|付|打|充|交|投)|被(?:转走|划走|扣了|刷了|盗刷|骗了|骗走|坑)|少了\d|没了|损失|亏了|输了|血本"
    r"|\b(?:i (?:have )?(?:already )?(?:paid|sent|transferred|lost|gave|deposited|wired|invested)|(?:was|were|been|got) (?:scammed|cheated|conned|defrauded|duped)|(?:he|she|they|mum|mom|dad|we) (?:paid|sent|transferred|lost|wired)|lost (?:all|my|his|her|about|over|around|nearly|\$|£|rs)|money (?:is )?gone|debited|deducted)",
    "not_paid": r"没(?:有)?(?:转|付|给|点|信|理|打|交|充|填|下载|上当|接|加|回)|还没|挂了|挂断|拉黑|删了|不理|没敢|未(?:转|付|造成|损失)|幸好|多亏|识破"
    r"|\b(?:did ?n[o']?t (?:pay|send|click|transfer|fall|reply|give|answer|open)|have ?n[o']?t (?:paid|sent|given|clicked|replied)|nothing lost|hung up|blocked (?:him|her|them|the|it)|ignored|no loss|did not (?:pay|send|click|lose))",
    "about_to_pay": r"准备(?:转|付|打|汇|去|充|交|取)|正要|马上(?:转|付|打|就转|要转)|要不要(?:转|付|交|给|充|打|继续)|(?:转|付|交|给|打|充|借|取)吗|该不该|再(?:转|付|交|打|充|做|垫|投)|还要(?:我)?(?:转|付|交|打|充|再)|最后一笔|差(?:最后)?一?(?:笔|单|步)|凑钱|借钱|银行(?:门口|柜台|排队)|在(?:银行|柜台|atm)|取定期|还差"
    r"|\b(?:about to (?:pay|send|transfer|wire)|should i (?:pay|send|transfer|give|do it|go ahead|continue)|(?:going|trying) to (?:pay|send|transfer|withdraw|the bank)|last payment|one more (?:payment|transfer|fee)|at the (?:bank|counter|atm|teller|western union)|in line at|on (?:his|her|my) way to the bank|wants? (?:me to pay )?another|asking (?:for )?(?:more|another))",
    "gift_card": r"点卡|礼品卡|购物卡|充值卡|话费卡|京东e卡|代码|序列?号|卡密|\b(?:gift ?cards?|itunes|steam cards?|google play cards?|apple cards?|voucher|scratch)",
    "crypto": r"usdt|比特币|虚拟币|虚拟货币|数字货币|加密货币|以太坊|区块链|u币|矿机|挖矿|钱包地址|泰达|炒币|\b(?:crypto|bitcoin|btc|eth|ethereum|wallet|token|coin|blockchain|metamask|binance|nft|trust wallet)",
    "cash_gold": r"现金|黄金|金条|金饰|上门取|跑腿|闪送|货拉拉|\b(?:cash|gold bars?|courier (?:will|is|came)|pick ?up the)\b",
    "guarded_account": r"安全账户|监管账户|核查账户|清查账户|资金核查|清查|指定账户|公证|国家账户|对公账户|\b(?:safe account|secure account|government account|federal (?:reserve )?(?:account|locker)|verification account)\b",
    "withdraw_blocked": r"提(?:不了|不出|不了现)|不能提|无法提|取不出|提现(?:失败|不了|要|需|时|被)|出不了金|不给提|冻结|\b(?:can(?:'t|not) withdraw|unable to withdraw|withdrawal|withdraw|frozen|locked|freeze)\b",
    # --- how they hold you
    "on_line": r"(?:电话|视频|通话|语音)(?:里|中|还|没|上|一直|开着|通着|不让)|别挂|不要挂|不许挂|没挂|不让(?:我)?挂|在线上|正在(?:跟|和|通|聊|打|指导)|一直(?:在)?(?:跟|和)我|还在(?:打|说|聊|催|跟|通|等|视频)|催(?:我|着)|等着我|在等(?:我|着)|正(?:跟|和)|通着"
    r"|\b(?:on the (?:phone|line|call)|still (?:on|talking|calling|waiting|chatting)|(?:don'?t|do not|not to) hang up|right now|as we speak|is calling|keeps? calling|stay on|video call|while (?:i'?m|he'?s|she'?s|they'?re) |he is waiting|she is waiting|they are waiting)\b",
    "screen": r"共享屏幕|屏幕共享|共享(?:了)?(?:手机)?屏|投屏|远程|会议(?:软件|室|号)?|腾讯会议|zoom|向日葵|todesk|rustdesk|控制(?:我的)?(?:手机|电脑)|看(?:到|着)我(?:的)?(?:屏幕|手机)|开(?:了)?飞行|呼叫转移|屏幕(?:黑|动)|自己(?:在)?动"
    r"|\b(?:screen ?shar|share (?:my|your|the) screen|anydesk|team ?viewer|quick ?support|remote|rust ?desk|control (?:of )?my|mirror)",
    "code": r"验证码|密码|口令|动态码|短信码|支付码|付款码|u盾|指纹|刷脸|人脸|\b(?:otp|one[- ]time|pin|passwords?|passcode|verification code|cvv|6[- ]digit|digit code|seed phrase|2fa|security code|login code)\b",
    "app": r"下载|安装|装(?:了)?(?:个|一个)|点(?:了|开|击)?(?:个|一个|这个|那个)?链接|链接|扫(?:了)?(?:个|一个|这个)?(?:二维)?码|二维码|app|软件|小程序|注册|网址|登录|\burl\b|\b(?:download|install|click|link|scan|qr|apk|sign up|register|website|log ?in)\b",
    "details": r"身份证|银行卡(?:号|信息|拍|照)|卡号|拍照|手持|人脸|个人信息|通讯录|户口|社保号|资料|征信报告|住址|\b(?:nric|passport|ssn|social security|aadhaar|pan card|id card|driver'?s? licen[cs]e|selfie|card (?:number|details|info)|bank details|personal (?:info|details|data|particulars)|date of birth|account number|ic number)\b",
    "secret": r"保密|不要告诉|别告诉|不能(?:跟|和|告诉|说)|不许(?:跟|和|告诉|说)|不让(?:我)?(?:跟|和|告诉|说)|瞒着|机密|泄密|删(?:除)?(?:聊天)?记录|别跟|\b(?:don'?t tell|not (?:to )?tell|secret|confidential|keep (?:this|it) (?:between|quiet|private)|nobody (?:must|should)|discreet)",
    "threat": r"逮捕|抓|通缉|拘留|坐牢|判刑|洗钱|涉案|涉嫌|违法|犯罪|冻结|影响征信|黑名单|起诉|立案|强制|上门|曝光|发给(?:你|我)|群发|通讯录|裸照|后果|不然|否则|逾期|停机|注销|吊销|弄死|砍|绑架|爆|失信"
    r"|\b(?:arrest|warrant|jail|prison|police will|legal action|lawsuit|sue|court|suspend|terminat|deport|expose|leak|send (?:it|them|the video|this) to|all (?:my|your) contacts|kill|hurt|kidnap|ransom|blackmail|threat|illegal|money launder|consequences|final notice|block(?:ed)? your|disconnect)",
    "urgent": r"马上|立即|立刻|赶紧|赶快|尽快|急|限时|分钟内|小时内|今天(?:之内|内|下午|晚上|就|必须)|最后(?:一天|期限)|截止|过期|失效|逾期|来不及|名额"
    r"|\b(?:urgent|immediately|right away|asap|within \d+|hurry|last chance|expires?|today only|deadline|before (?:midnight|\d|noon|tonight|close)|in \d+ (?:min|hour)|quick(?:ly)?)\b",
    "profit": r"返利|佣金|收益|稳赚|包赢|包赚|高回报|日赚|日入|月入|分红|利息高|翻倍|盈利|内幕|内部|带单|老师带|涨停|提成|日结|高薪|赚(?:钱|了)|返现|本金|保本|年化|零投入|躺赚"
    r"|\b(?:profit|returns?|guarantee|earn|commission|double|roi|passive income|bonus|interest rate|per day|daily|weekly|make money|easy money|high pay|signals?)\b",
    "isolated": r"宾馆|酒店|一个人在|独自|没人的|反锁|锁门|房间里|躲|不让(?:我)?(?:出|回|见|接)|断绝|离家|隔离|\b(?:hotel|alone|locked|don'?t leave|isolat|stay in (?:the|your) room|away from (?:family|everyone))\b",
    # --- who they say they are
    "police": r"公安|警察|民警|警官|刑警|派出所|检察院|检察官|法院|法官|经侦|网警|国安|海关|通管局|通信管理局|反诈中心|警号|逮捕令|通缉令|出入境|纪委|监委|刑侦|笔录|\b(?:police|officer|inspector|cop|detective|court|judge|fbi|irs|customs|immigration|interpol|cbi|narcotics|sheriff|hmrc|embassy|consulate|icac|ministry|prosecutor|warrant)\b",
    "gov": r"社保局|社保|医保|税务|人社|民政|街道|疾控|工信部|银保监|银监|证监|政府|补贴|扶贫|公积金|市场监管|工商|\b(?:government|irs|tax (?:office|refund|department)|social security|medicare|benefit|council|subsid(?:y|ies)|grant|ministry|department of|trai|rbi|mas\b|cpf|dwp)",
    "bank": r"银行|信用卡|储蓄卡|柜台|网银|手机银行|银联|额度|还款|账单|\b(?:bank|credit card|debit card|dbs|posb|ocbc|uob|hdfc|sbi|icici|chase|wells fargo|barclays|hsbc|citi|maybank|account)\b",
    "courier": r"快递|包裹|顺丰|圆通|中通|韵达|申通|极兔|邮政|物流|运单|取件|派送|丢件|丢失|\b(?:parcel|package|delivery|courier|fedex|dhl|ups|usps|singpost|royal mail|ninja ?van|shipment|tracking)\b",
    "ecom": r"淘宝|京东|拼多多|天猫|抖音|快手|客服|订单|退换货|商家|店铺|卖家|买家|会员|百万保障|直播|保障|自动扣(?:费|款)|闲鱼|转转|唯品会|小红书|\b(?:amazon|shopee|lazada|ebay|carousell|order|customer (?:service|care|support)|seller|buyer|prime|subscription|netflix|flipkart|taobao|temu|shein|facebook marketplace|marketplace)\b",
    "support": r"技术支持|病毒|中毒|微软|windows|苹果客服|\b(?:tech(?:nical)? support|microsoft|virus|malware|windows|geek squad|norton|mcafee|pop ?up|router|internet (?:service|provider)|hacked)\b",
    "telecom": r"移动|联通|电信|手机卡|号码|停机|营业厅|实名|话费|流量|套餐|\b(?:sim|telco|singtel|starhub|verizon|at&t|airtel|jio|phone number|number will be)\b",
    "airline": r"航班|机票|航空|改签|延误|起飞|\b(?:flight|airline|ticket|booking|refund for (?:your )?(?:trip|travel))\b",
    "romance": r"网恋|相亲|交友|女朋友|男朋友|对象|恋爱|喜欢我|爱我|结婚|亲爱的|宝贝|老公|老婆|网友|探探|soul|陌陌|世纪佳缘|珍爱|百合网|没见过面|见面|军官|缘分|\b(?:dating|tinder|bumble|hinge|match|boyfriend|girlfriend|love|darling|honey|dear|sweetheart|met (?:him|her|a (?:guy|man|woman|girl)|someone)? ?(?:on|online)|relationship|marry|wedding|fianc|widow|never met|romance|soldier|oil rig)\b",
    "friend": r"朋友|同学|同事|亲戚|老乡|战友|表[哥姐弟妹]|堂|舅|姑|姨|叔|侄|孙|儿子|女儿|闺女|\b(?:friend|cousin|uncle|aunt|nephew|niece|grand(?:son|ma|pa|mother|father|daughter)|brother|sister|son|daughter|classmate|colleague)\b",
    "boss": r"老板|领导|董事长|经理|总(?:让|叫|发|在|说|要)|书记|局长|校长|主任|财务|会计|老总|上司|\b(?:boss|ceo|cfo|director|manager|supervisor|hr\b|finance (?:team|department|dept)|principal|invoice)",
    "school": r"老师|班主任|家长群|班级群|学校|学费|资料费|校园|学生|教务|辅导员|补课|\b(?:teacher|school|tuition|class|parents?|professor|university|student|campus|textbook)\b",
    "borrow": r"借(?:我|点|钱|\d)|帮(?:我|忙)(?:转|充|买|垫|付|还)|急用钱|换号|这是我(?:的)?新(?:号|微信)|猜猜我是谁|出车祸|住院|\b(?:lend|borrow|new number|lost my phone|broke my phone|guess who|favou?r|help me (?:with|buy|pay)|emergency|stranded|hospital|bail)\b",
    "hacked_account": r"盗号|被盗|号被|头像|冒充|假冒|\b(?:hacked|impersonat|pretend|fake (?:account|profile)|cloned)",
    "stock": r"股票|荐股|炒股|股神|牛股|期货|外汇|基金|原始股|新股|证券|券商|投顾|直播间|黄金(?:投资|期货)|大盘|理财|项目|投资|平台|众筹|养老(?:项目|公寓)|电影|\b(?:stocks?|shares?|forex|trading|trader|invest(?:ment|ing|ed|or)?|broker|platform|portfolio|futures|gold|ipo|fund|scheme|ponzi|pyramid|mlm)\b",
    "task": r"刷单|刷信誉|做任务|做单|任务|点赞|关注(?:公众号|主播|店铺)|垫付|派单|接单|抢单|返佣|兼职|福利(?:群|单)|做满|连做|三单|五单|好评|拍下|浏览|放单|联单|组合|补单|卡单|\b(?:tasks?|part[- ]time|review|like (?:videos|posts)|optimi[sz]e|data (?:entry|boost)|boost|rating|merchant|orders? set|commission|prepaid|work from home|online job)\b",
    "loan": r"贷款|借款|放款|借贷|网贷|下款|额度|征信|利息|分期|小额|借呗|微粒贷|网商贷|信贷|无抵押|黑户|秒批|\b(?:loans?|lender|interest|credit score|borrow|installments?|emi|approved|disburs|moneylend|payday|mortgage)\b",
    "credit_record": r"征信|学生(?:账户|贷|认证)|校园贷|注销|京东金条|白条|花呗|借呗|学生身份|利率过高|整改|销户|额度清|修复|逾期记录|个人信用|\b(?:credit (?:record|score|report|repair|bureau)|cibil|close (?:the|your|my) (?:loan|account)|blacklist)\b",
    "shopping": r"买(?:了|的|个|手机|票|东西|家)?|卖|下单|发货|收到货|货|二手|转让|代购|门票|演唱会|租房|房东|宠物|猫|狗|显卡|正品|尾款|微商|代办|\b(?:bought|buy|order(?:ed)?|sell(?:er|ing)?|purchase|shipped|item|tickets?|concert|rent(?:al|ed)?|landlord|puppy|apartment|deposit|fake (?:shop|store|website)|second[- ]hand|listing)\b",
    "game": r"游戏|账号|皮肤|装备|充值|代练|王者|原神|吃鸡|和平精英|lol|steam|段位|点券|元宝|q币|蛋仔|防沉迷|金币|cf|梦幻|逆水寒|迷你世界|光遇|交易猫|螃蟹|\b(?:game|gaming|skins?|roblox|robux|fortnite|valorant|mlbb|genshin|steam|csgo|minecraft|diamonds?|v-?bucks|boosting|gamer|guild)\b",
    "gambling": r"赌|博彩|彩票|下注|投注|六合彩|时时彩|百家乐|庄|押大|开奖|外围|盘口|赌球|竞猜|捕鱼|棋牌|斗地主|北京赛车|pk10|双色球|澳门|彩金|跟投|杀猪|\b(?:bet(?:ting|s)?|casino|gambl|lotter(?:y|ies)|slots?|baccarat|odds|jackpot|toto|4d\b|poker|sportsbook|wager|matka)\b",
    "prize": r"中奖|奖品|一等奖|幸运|免费(?:领|送|拿|体检|赠)|领取|红包|补贴|抽奖|礼品|积分|兑换|赠送|福利|保健|养老|老人|鸡蛋|遗产|\b(?:prize|won|winner|winning|lucky|reward|free (?:gift|iphone|trial|voucher)|giveaway|claim|gift|inherit|beneficiary|lottery|grant|compensation fund|sweepstakes|points)\b",
    "sextortion": r"裸聊|裸照|视频(?:里)?(?:脱|裸)|录(?:了|下|屏)|不雅|私密|脱(?:了|衣)|隐私|露脸|\b(?:nudes?|naked|webcam|sextort|intimate|explicit|masturbat|private (?:video|photo)|recorded me|video of (?:me|you))",
    "kidnap": r"绑架|在我(?:们)?手(?:里|上)|赎金|撕票|卸|砍|黑社会|教训|得罪|仇家|\b(?:kidnap|ransom|hostage|gang|hitman|cartel|kill you|we have your)\b",
    "sex_service": r"小姐|上门服务|约(?:炮|妹|会)|同城|全套|服务费|按摩|包夜|援交|特殊服务|保健会所|技师|妹子|鸡头|安全费|富婆|求子|包养|\b(?:escort|massage|call ?girl|hookup|sugar (?:mummy|daddy|baby|momma)|sexual|girls? (?:near|tonight)|pimp|meet ?up|backpage)\b",
    "job": r"招聘|应聘|面试|入职|工作|岗位|工资|高薪|兼职|打工|出国|培训|体检费|服装费|试镜|模特|中介|劳务|淘宝客服|\b(?:job|interview|hiring|recruit|employ|vacanc|salary|position|offer letter|visa|training fee|work permit|abroad|modell?ing|agent|agency|resume|cv)\b",
    "mule": r"跑分|银行卡(?:借|租|卖|出)|(?:借|租|卖|收)(?:我|我的|给他)?(?:一下)?(?:银行)?卡|出租|流水|走账|过账|手机卡|电话卡|对公|帮信|取现|刷流水|代收|收款码|\b(?:mule|use my (?:bank )?account|bank account (?:for|to)|receive (?:money|funds|payments)|forward (?:the )?money|rent (?:my|your|out) (?:account|card))\b",
    "military": r"部队|军队|武警|消防|军官|后勤|采购|军区|营长|连长|战士|司务长|帐篷|罐头|食品厂|慰问|招标|\b(?:army|military|navy|camp|fire (?:brigade|station|department)|barracks|colonel|major|captain|sergeant|procurement|purchase order|bulk order|catering)\b",
    "phish_words": r"积分(?:兑换|到期|清零)|即将(?:到期|失效|过期)|已(?:失效|过期|冻结)|升级|实名认证|身份(?:过期|验证)|etc|异常登录|重新(?:认证|验证)|逾期失效|点击.{0,8}url|登录.{0,8}url|\b(?:verify your|update your|has been (?:suspended|locked|limited)|unusual (?:activity|login)|click (?:here|the link|below)|confirm your|expire|reset your|toll|unpaid|redeliver|reschedule)\b",
    "card_theft": r"盗刷|免密|绑(?:定|了)|卡里(?:的)?钱|莫名|扣(?:了|费|款)|不是我(?:刷|消费|操作)|消费短信|\b(?:unauthori[sz]ed|fraudulent charge|did ?n.t (?:make|authori[sz]e)|skim|stolen card|card was charged|unknown (?:charge|transaction))\b",
    "recover": r"追回|找回|挽回|追款|维权|律师|黑客(?:帮|能|说)|退赔|\b(?:recover(?:y)?|get (?:my|the|his|her|our) (?:money|funds) back|trace|chargeback|lawyer|hacker)\b",
    "charity_exam": r"捐款|慈善|公益|答案|代考|包过|学历|证书|挂号|黄牛|大师|算命|风水|消灾|神医|作法|流量卡|黑卡|\b(?:charity|donat|exam (?:answers|paper)|certificate|fake degree|curse|psychic|spiritual|healer|pastor|miracle)\b",
    # --- how it is told
    "past": r"去年|前年|上个?月|上周|上星期|半年|几年前|\d年|以前|之前|当时|那时|当初|曾经|早就|后来|\d(?:个月|年|周|星期)前|20\d\d年|那会|过去了"
    r"|\b(?:last (?:year|month|week|summer|winter|spring|fall|christmas)|(?:years?|months?|weeks?) ago|back in|in 20\d\d|in 5000|previously|used to|at (?:the|that) time|since then|earlier this year|in (?:january|february|march|april|may|june|july|august|september|october|november|december))\b",
    "now": r"现在|正在|此刻|刚刚|刚才|刚(?:转|付|给|点|下|装|打|接|收|加|被|把)|今天|今晚|马上|这会|眼下|目前|等下|一会|待会|分钟|小时内|半小时|还在|正(?:在|要|准备)|下午|明早|明天"
    r"|\b(?:now|right now|just (?:now|paid|sent|gave|got|received|clicked|transferred)|today|tonight|currently|this (?:morning|afternoon|evening|minute)|minutes? ago|an hour ago|in (?:a|an|\d+) (?:minute|hour)|tomorrow|still)\b",
    "question": r"吗|怎么|怎样|如何|什么|是不是|是否|能不能|可不可以|会不会|请问|咨询|有没有|为啥|为什么|啥|咋|么样|几多|多少|哪|谁|\?|吧$|\b(?:what|how|why|is it|is this|can i|could|should|does|do you|are (?:these|there|they)|which|who|when|where|anyone)\b",
    "general": r"一般|通常|套路|手法|骗局|骗术|类型|原理|案例|预防|防范|防骗|识别|辨别|听说|新闻|电视|电影|报道|宣传|讲座|社区|群里有人说|网上说|小区|演练|作业|论文|调查|课|如果|假如|万一|假设|比如|朋友圈看到|好奇"
    r"|\b(?:how do (?:these|scammers|they)|what is a|typical|usually|generally|article|news|read (?:about|that)|heard (?:about|of|that)|awareness|tips|avoid|prevent|research|homework|project|essay|if (?:someone|i|a|you)|hypothetic|podcast|documentary|movie|poster|drill|training|why do)\b",
    "other_person": r"我(?:妈|爸|爷|奶|外|姥|婆|公|老公|老婆|儿子|女儿|哥|姐|弟|妹|同事|同学|朋友|邻居|室友|亲戚|婶|姨|舅|姑|叔)|老(?:人|伴|妈|爸|头|太)|他不听|劝不住|不信|\bmy (?:mum|mom|mother|dad|father|grand\w+|husband|wife|son|daughter|sister|brother|friend|neighbou?r|roommate|colleague|aunt|uncle|cousin|boss|parents?|in-law)\b",
    "first_person": r"我|俺|本人|咱|\b(?:i|i'm|i've|my|me|we|our)\b",
    "denial": r"不是骗子|不是诈骗|没骗|不会骗|真的(?:能|是|赚)|官方|正规|我相信|人很好|很靠谱|靠谱|他说没事|不像骗|\b(?:not a scam|is ?n.t a scam|legit|genuine|trust (?:him|her|them)|real (?:company|officer)|(?:he|she) (?:is|would) (?:not|never))\b",
    "scam_word": r"骗|诈|上当|受骗|被坑|中招|套路|杀猪|\b(?:scam|fraud|fake|cheat|con\b|conned|phish|swindl|dupe|ripped off|hoax|scammer|bogus|suspicious)",
    "report_words": r"报(?:了)?警|立案|报案|止付|民警|派出所|追究|举报|投诉|\b(?:police report|report(?:ed)?|complain(?:t)?|lodge|file a|cybercrime|dispute|bank (?:said|refused|told))\b",
    # --- genuine business and everyday talk
    "advert": r"退订|回[tnr](?:d|退)?\b|拒收|td退|优惠|折扣|促销|新品|会员日|满\d|立减|全场|热线|地址[:：]|详询|详情(?:请|咨询|点击)|莅临|开业|特惠|预约|活动|火爆|楼盘|首付|开盘|招生|报名|店|\b(?:sale|% off|discount|promo|unsubscribe|text stop|shop now|offer ends|members?|in store|free delivery|loyalty)\b",
    "service_note": r"您尾号|尾号|您的(?:快递|包裹|订单|账单|验证码|话费|余额|航班|预约|业务)|验证码(?:为|是|:)|请勿泄露|勿(?:泄露|告知|转发)|余额|取件码|已(?:发货|签收|出库|到达|受理|办理|到账|送达|生效)|本期|还款日|温馨提示|感谢您|祝您|提醒您|收入|支出|\b(?:your (?:otp|code|order|appointment|parcel|statement|booking|balance) (?:is|has|for|was)|do not share|never share|ending in|available balance|has been (?:shipped|delivered|credited)|thank you for)\b",
    "bank_faq": r"花呗|借呗|余额宝|蚂蚁|还款|额度|账单|开通|关闭|提前还|分期|逾期|最低还款|信用分|芝麻|绑定|解绑|怎么(?:开|关|还|用|办|查|改|提)|\b(?:my card|my account|top[- ]up|exchange rate|transfer (?:fee|pending|time)|refund|pending|declined|atm|passcode|contactless|virtual card|currency|direct debit|statement|balance|beneficiary|cash withdrawal|identity|fee)\b",
    "assistant": r"天气|闹钟|播放|音乐|导航|笑话|几点|翻译|提醒我|打开|查一下|订(?:个|一)|\b(?:weather|alarm|timer|play|song|remind|calendar|shopping list|translate|recipe|restaurant|directions?|traffic|calories|oil change|tire|joke|set (?:a|an|the|my)|what(?:'s| is) the|how (?:do|many|long|far|much)|tell me|volume|flip a coin|roll|vacation|pto|meeting|insurance|credit limit|w2|apr|spell|meaning|gas|bill)\b",
    "greeting": r"^(?:你好|您好|hi|hello|hey|在吗|在不在|早|晚上好|谢谢|thanks?|ok|好的|嗯|哦|收到)",
    "dispute": r"拖欠|工资|加盟|质量|物业|装修|欠(?:我|钱|款)|还钱|合同|离婚|房租|押金不退|退学费|健身房|催收|买卖合同|仲裁|劳动|消协|保修|维修|\b(?:landlord won'?t|warranty|contract|unpaid wages|franchise|divorce|neighbou?r|repair|broken|quality|wages|gym|contractor|debt collector)\b",
    "respectful": r"尊敬的|亲爱的|用户|客户|贵(?:宾|客)|您|敬请|特此|通知|公告|\b(?:dear (?:customer|valued|sir|madam|user|friend|winner)|valued customer|kindly|regards|sincerely|notice)\b",
    "salesman": r"加(?:我)?(?:微信|qq|群|v)|私聊|私信|联系(?:我|客服|微信|qq|方式)|咨询|拉(?:我|你)?进(?:了)?群|进群|群里|导师|助理|老师|\b(?:whatsapp|telegram|wechat|line id|dm me|text me|contact (?:me|us)|add me|group chat|mentor|assistant|chat group|signal)\b",
    "turns": r"(?:对方|我|坐席|客户|他|男|女|客服|caller|me|him|her|agent|them|you)[】\]]?\s?[:：]",
    "url": r"\burl\b",
    "phone": r"\bphone\b",
    "bracket": r"^\s*[【\[]",
    "chat_log": r"\d{1,2}[:：]\d\d|\[图片\]|\[语音\]|转发|聊天记录|forwarded",
}

NAMES: tuple[str, ...] = tuple(CUES)
_PATTERNS = [re.compile(pattern) for pattern in CUES.values()]


def cues(text: str) -> list[float]:
    """Return for each cue 0 when absent, else between 0.7 and 1.5, more when it is repeated."""
    found = []
    for pattern in _PATTERNS:
        hits = 0
        for _ in pattern.finditer(text):
            hits += 1
            if hits == 4:
                break
        found.append((0.0, 0.8, 1.0, 1.15, 1.3)[hits])
    return found


def length_features(text: str) -> list[float]:
    """Return how long the text is, and how much of it is Chinese, digits and Latin letters."""
    n = max(len(text), 1)
    han = sum("\u4e00" <= c <= "\u9fff" for c in text)
    latin = sum("a" <= c <= "z" for c in text)
    size = han * 2 + latin / 2.5
    steps = [float(size > s) * 0.5 for s in (8, 20, 50, 120, 300, 700)]
    return [*steps, han / n, latin / n]


def cue_rows(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return a row a text: its cues, and how long it is."""
    return np.array(
        [[c * CUE_SCALE for c in cues(text)] + length_features(text) for text in texts],
        np.float32,
    )
