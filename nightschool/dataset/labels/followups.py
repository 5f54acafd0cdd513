r"""Questions that make no sense without what was said before them, in SQL: "and in Python?", "còn màu đỏ thì sao?".

Only what is certain: a question that is merely short ("giá?", "refund?", "ok thế còn size L?") stands alone.
"""

from __future__ import annotations

from nightschool.dataset.connection import quoted
from nightschool.dataset.normalisation import composed

LONGEST_FOLLOW_UP = 80
"""Characters; who writes more says what it is about."""
LOOKED_BACK = 3
"""User messages before a follow-up among which the one is looked for that it follows."""

_LEAD = (
    r"(?:(?:ok|okay|oke|so|and|but|then|well|also|yes|no|hmm|oh|right|thanks|sure|great|please|vậy|thế|vay|ừ|dạ|à|ơ|ủa|rồi"
    r"|uh)\s+)*"
)
_TAIL = (
    r"(?:\s+(?:please|pls|then|now|though|instead|too|as well|again|exactly|for me|ạ|a|vậy|thế|vay|nhỉ|nhé|nha|hả|ha|shop|ad"
    r"|bạn|anh|chị|em|đi"
    r"|giúp (?:em|mình|tôi)|được không|đc không|duoc khong))*"
)

_THAT = (
    r"(?:that|this|those|these|that one|this one|the (?:first|second|third|fourth|last|next|previous|other|same|rest|former"
    r"|latter)(?: (?:one|ones|two|option|item|part|step|question|point|example|answer))?|(?:option|item|number|step|point"
    r"|part) (?:\d|[a-d]|one|two|three)|it|them|him|her|others?|the others|another one|the \w+ one)"
)
_WHAT_FOLLOWS = r"(?:(?:what|how) about|same (?:for|with|in|question for)|(?:do|repeat) the same (?:for|with|in))"
_ENGLISH = (
    rf"{_WHAT_FOLLOWS} {_THAT}",
    r"(?:what|how) about (?:in|for|on|with|at|if) [^ ]+(?: [^ ]+){0,2}",
    r"(?:and )?(?:the )?same (?:for|with|in|question for) [^ ]+(?: [^ ]+){0,2}",
    r"and (?:in|for|with|without|on|at|from|to|by|if|after|before) [^ ]+(?: [^ ]+){0,2}",
    _THAT,
    r"#?\d+",  # an answer to what the agent asked
    (
        r"why|why not|next|next one|how so|how come|why (?:is that|that|so)|when|where|who|which|which one|which ones"
        r"|like what|such as|and then|then what|so what|what else|what then"
    ),
    (
        r"really|are you (?:sure|certain|serious)|(?:is|was) (?:that|it|this) (?:right|true|correct|all|it|so|possible|normal"
        r"|enough)"
    ),
    r"what if (?:it|that|this|they|these|those) (?:is|are|was|were|has|had|does|did|do|s)(?: [^ ]+){0,4}",
    r"what do you mean|what does (?:that|this|it) mean|what is that|what's that|whats that|meaning",
    (
        r"(?:(?:can|could|would) you )?(?:please )?(?:explain|elaborate|clarify|expand|repeat|rephrase|summarize|summarise"
        r"|simplify|translate|shorten|rewrite|redo|fix|change|undo)(?: (?:it|that|this|them|more|further|again|the (?:first"
        r"|second|third|last|previous) (?:one|part|point|step|answer)))?(?: (?:in|to|into) (?:\w+|more detail|simple words"
        r"|simple terms))?"
    ),
    (
        r"(?:(?:can|could|would) you )?(?:tell me|say|give me|show me|i want|i need) (?:more|that again|it again|another"
        r"|another one|one more|another example|one more example|more details?|more examples?|an example)"
    ),
    (
        r"(?:more|another|one more|any other|any more|some more|further)(?: (?:details?|examples?|options?|ideas?|one|ones"
        r"|info|information))?|(?:in )?more detail"
    ),
    (
        r"(?:make it|a bit|even|much) (?:shorter|longer|simpler|better|cheaper|bigger|smaller|clearer|faster|\w+er)|shorter"
        r"|longer|simpler"
    ),
    (
        r"(?:how much|how many|how long|how far|how old|what colou?r|what size|how big|how about) (?:is|are|was|does) (?:that"
        r"|this|those|these)(?: (?:one|ones))?|how much for (?:that|this|both|the \w+ one)"
    ),
)

_THAT_VI = r"(?:cái|loại|mẫu|con|chiếc|món|câu|cách|phần|bước|ý|màu|size|bản|gói|đơn|đoạn)"
_WHICH_VI = (
    r"(?:đó|đấy|kia|ấy|còn lại|khác|trên|trước|sau|tiếp theo|đầu tiên|đầu|cuối|cuối cùng|thứ (?:nhất|hai|ba|tư|năm|\d)|số \d)"
)
_HOW_VI = (
    r"(?:thì sao|thì thế nào|thì như thế nào|thì ntn|thì s|thi sao|thi the nao|thi nhu the nao|thi ntn|thì bao nhiêu"
    r"|thi bao nhieu)"
)
_VIETNAMESE = (
    rf"(?:còn|con) [^ ]+(?: [^ ]+){{0,5}} {_HOW_VI}",
    (
        rf"(?:còn |thế còn |về )?{_THAT_VI} {_WHICH_VI}(?: (?:sao|thì sao|thế nào|bao nhiêu|giá bao nhiêu|bao nhiêu tiền"
        rf"|giá sao|là gì|nghĩa là gì|được không|còn không|nhiêu))?"
    ),
    r"cai (?:do|kia|thu (?:hai|ba|nhat|2|3)) (?:sao|thi sao|the nao|bao nhieu|gia bao nhieu|la gi|con khong)",
    r"(?:thế|vậy|the|vay) (?:còn|con) (?:nó|no)(?: thì sao)?",
    r"(?:nếu|neu) [^ ]+(?: [^ ]+){0,4} (?:thì sao|thi sao)",
    r"tại sao|tai sao|vì sao|vi sao|sao|sao vậy|sao vay|sao thế|sao the|sao lại thế|sao lại vậy|là sao|la sao|nghĩa là sao"
    r"|nghia la sao|ý là sao|y la sao"
    r"|ý bạn là sao|ý bạn là gì|rồi sao|roi sao|rồi sao nữa|thì sao|rồi thì sao|sau đó thì sao|tiếp theo là gì",
    r"khi nào|khi nao|ở đâu|o dau|ai|cái nào|cai nao|loại nào|loai nao|cách nào|như nào|thế nào|the nao",
    (
        r"(?:được|đúng|đc|thật|chắc|ok|có|phải|vậy|thế|nhanh|dung|that|chac|phai) (?:không|ko|khong|hông|hem|chưa|chua)"
        r"|có (?:chắc|thật|đúng) (?:không|ko)"
    ),
    (
        r"(?:cho |lấy |thêm |cho thêm |đưa )?(?:em |mình |tôi )?(?:1 |một |thêm |vài |cho )*ví dụ(?: (?:khác|nữa|cụ thể|đi))*"
        r"|cho vi du|vi du di"
    ),
    (
        r"(?:nói |giải thích |giai thich |trả lời |kể |làm |viết )(?:lại|rõ|kỹ|kĩ|thêm|chi tiết|cụ thể|ngắn|dài|dễ hiểu|lai"
        r"|ro|ky|them|chi tiet|cu the|ngan)(?: (?:hơn|hon|chút|một chút|nữa|nua|cho (?:em|mình|tôi)))*"
    ),
    (
        r"(?:rõ|kỹ|chi tiết|cụ thể|ngắn gọn|ngắn|dài|đơn giản|dễ hiểu|rẻ|chi tiet|cu the|ngan gon|ngan|don gian) (?:hơn"
        r"|hon)(?: (?:nữa|nua|chút|một chút))*"
    ),
    (
        r"(?:dịch|dich|viết|viet|chuyển|chuyen)(?: (?:nó|lại|no|lai|đoạn đó|câu đó))? (?:sang|thành|bằng|qua) tiếng (?:anh"
        r"|việt|pháp|nhật|hàn|trung)"
    ),
    (
        r"(?:còn|con) (?:gì|gi|cái nào|cách nào|ai|loại nào)(?: (?:nữa|nua|khác))?(?: (?:không|ko|khong))?|(?:còn|con) (?:nữa"
        r"|nua) (?:không|ko|khong)"
    ),
)

_MESSAGES = '[{"role": "VARCHAR", "content": "VARCHAR"}]'
# Runs of pauses that are not one plain space already: what is not found need not be written anew.
_MARKS = r",.;:!?…()\"'“”‘’~-"
_NO_PAUSES = rf"[\s{_MARKS}]{{2,}}|[\t\n\f\r{_MARKS}]"


def follow_up(question: str) -> str:
    """Whether a question makes no sense alone, as an SQL expression (BOOLEAN) over an SQL expression of its text."""
    plain = f"trim(regexp_replace(lower({composed(question)}), {quoted(_NO_PAUSES)}, ' ', 'g'))"
    pattern = f"{_LEAD}(?:{'|'.join((*_ENGLISH, *_VIETNAMESE))}){_TAIL}"
    return (
        f"CASE WHEN length({question}) <= {LONGEST_FOLLOW_UP} THEN regexp_full_match({plain}, {quoted(pattern)}) ELSE false END"
    )


def question_in_context(question: str, history: str) -> str:
    """What a question asks, as an SQL expression: a follow-up with the last question before it that stands alone.

    It is the text by which equal questions are found: "còn màu đỏ thì sao?" about shirts is not the one about shoes. The
    agent's words are left out, which differ from one session to the next where the questions do not.

    Args:
        question: SQL expression of the question's text.
        history: SQL expression of the messages before it, a JSON text `[{"role", "content"}, …]`.
    """
    said = f"list_filter(from_json({history}, {quoted(_MESSAGES)}), lambda m: m.role = 'user' AND trim(m.content) <> '')"
    alone = f"list_filter(said[-{LOOKED_BACK}:], lambda m: NOT {follow_up('m.content')})"
    joined = f"concat_ws(chr(10), coalesce({alone}[-1].content, said[-1].content), {question})"
    # A lambda's argument is computed once, where an expression in several places is computed in each.
    in_context = f"list_transform([{said}], lambda said: {joined})[1]"
    return f"CASE WHEN {takes_context(question, history)} THEN {in_context} ELSE {question} END"


def takes_context(question: str, history: str) -> str:
    """Whether a question is one with what was said before it, as an SQL expression (BOOLEAN)."""
    return f"({has_context(history)} AND {follow_up(question)})"


def has_context(history: str) -> str:
    """Whether anything was said before a question, as an SQL expression over its history's JSON text."""
    return f"strlen({history}) > 2"
