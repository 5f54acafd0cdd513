"""Words that say nothing of what is asked, in Vietnamese and English, and the usual abbreviations."""

from __future__ import annotations

from typing import Final

# Alternatives of a regular expression, of normalised text with its accents. Bare forms stand only where they are no other word.
POLITE_PHRASES: Final = (
    "dạ", "ạ", "vâng", "alo", "nhé", "nhỉ", "vậy", "luôn ạ", "với ạ", "đi ạ", "vậy ạ", "vậy shop", "vay shop", "voi a",
    "(?:shop|ad|admin|bạn|anh|chị|em|bot|ban|chi|mọi người|cả nhà) (?:ơi|oi)",
    "(?:(?:ad|admin|shop) )?cho (?:em|mình|tôi|tớ|e|minh|toi) (?:hỏi|hoi|biết|biet)(?: (?:chút|chut|là|với))?",
    "(?:(?:ad|admin|shop) )?cho (?:hỏi|hoi)",
    "xin (?:hỏi|hoi|phép hỏi|vui lòng)", "xin (?:chào|chao)(?: (?:shop|ad|bạn|anh|chị|ban))?",
    "(?:em |mình |tôi )?(?:chào|chao) (?:shop|ad|admin|bạn|anh|chị|mọi người|cả nhà|ban)", "chào", "chao",
    "(?:làm ơn|lam on|vui lòng|vui long)(?: (?:cho (?:em|mình|tôi|toi|minh) biết|giúp (?:em|mình|tôi)))?",
    "(?:giúp|giup|hộ|giùm|dùm) (?:em|mình|tôi|e|minh|toi|tớ)(?: (?:với|voi|nhé|ạ))?",
    "(?:cảm|cám|cam) (?:ơn|on)(?: (?:shop|ad|bạn|anh|chị|nhiều|nhieu|ban|trước))*",
    "please", "pls", "plz", "hi", "hi there", "hello", "hello there", "hey", "hey there", "thanks", "thx", "ty",
    "thank (?:you|u)(?: (?:so|very) much)?", "thanks (?:a lot|in advance|so much)", "sorry", "excuse me",
    "good (?:morning|afternoon|evening)",
    "(?:can|could|would|will) (?:you|u) (?:please |pls |plz |kindly )?(?:tell|help) me(?: (?:with|to|know))?",
    "(?:please |pls )?(?:tell|let) me (?:know )?(?:about)?", "(?:i|we) (?:want|need|would like|wanna) to know", "do you know",
    "(?:i|we) (?:have|got) a (?:quick )?question", "quick question", "just wondering", "i was wondering", "kindly",
)  # fmt: skip

_VIETNAMESE: Final = (
    "tôi toi em e mình tớ bạn là la thì thi mà ma của cua cái ở o cho để nhưng những các này nay kia ấy đó nào nao gì gi thế "
    "sao được duoc có co với voi và va cũng cung rồi roi đã đang sẽ bị vẫn lại cần muốn nhé ạ ơi vậy ra như nhu bao nhiêu nhieu"
)

_ENGLISH: Final = (
    "a an the my our your his her their its this that these those i we you me us is are am was were be been s "
    "do does did can could would will should may might has have had of and or in on at what whats which whichs "
    "it some any want need like so just"
)

VIETNAMESE_FUNCTION_WORDS: Final = frozenset(_VIETNAMESE.split())
ENGLISH_FUNCTION_WORDS: Final = frozenset(_ENGLISH.split())

# Abbreviations (folded) by what they stand for; alternatives of a regular expression. "k" and "mk" mean too many things.
ABBREVIATIONS: Final = {
    "khong": "ko|kô|hok|hong|khg|hem|kh|khum|hk",
    "duoc": "dc|duoc|dk",
    "gi": "j|gj",
    "bao nhieu": "bn|bnh|bao nhiu|bnhieu",
    "nhieu": "nhiu",
    "voi": "vs",
    "nhu the nao": "ntn|nhu tn",
    "the nao": "tn",
    "roi": "r|rui|oy",
    "cung": "cx|cug",
    "minh": "mik|mjk|mjnh",
    "truoc": "trc",
    "nguoi": "ng",
    "lam": "lm",
    "vay": "v|z|vayj",
    "the": "thic",
    "bao gio": "bgio|bh",
    "bay gio": "bjo|bjio",
    "so dien thoai": "sdt|sđt",
    "dien thoai": "dt|đt",
    "tai khoan": "tk|acc",
    "san pham": "sp",
    "nhan vien": "nv",
    "chuyen khoan": "ck",
    "thanh toan": "tt",
    "you": "u",
    "your": "ur",
    "because": "cuz|bc|coz",
    "what": "wat|wut",
    "with": "w",
    "before": "b4",
    "password": "pw|pwd|pass",
    "message": "msg",
    "want to": "wanna",
    "going to": "gonna",
    "not": "nt",
}
