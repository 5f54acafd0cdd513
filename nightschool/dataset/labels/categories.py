r"""What a question is about and whether it takes reasoning, in SQL: certain cues only, for each of the report's categories.

Cues are looked for in the folded text: lower case, without diacritics, so that "giải phương trình" and "giai phuong trinh"
are one, and RE2's `\b` stands at the ends of Vietnamese words too.
"""

from __future__ import annotations

from collections.abc import Callable

from nightschool.dataset.connection import quoted

CATEGORIES = ("math", "code_generation", "reasoning", "question_answer")
"""What rules can tell; every other question has the data policy's task type."""

_NUMBER = r"\d+(?:[.,]\d+)*"
_CALCULATION = (
    rf"{_NUMBER} ?[×÷^*] ?[(\d]|{_NUMBER} ?\+ ?\(?{_NUMBER}|{_NUMBER} [-/] {_NUMBER}(?: ?[=?]|$| [-+*/])|\d ?% (?:of"
    rf"|cua) (?:\$ ?)?\d"
    r"|\b[xyz] ?(?:\^ ?\d )?[-+=] ?\d|\b\d+ (?:times|multiplied by|divided by|plus|minus|nhan voi|chia cho|cong voi|tru di) \d"
    r"|\b(?:sqrt|log|sin|cos|tan|lim) ?\("
)
_MATH_WORDS = (
    r"\b(?:equations?|derivatives?|integrals?|integrate|square root|cube root|percent(?:age)? of|probability|perimeter|hypotenuse"
    r"|factorial|prime (?:number|factor)s?|fibonacci|polynomial|matrix|matrices|logarithm|median of|average of|mean of|sum of"
    r"|product of|remainder|arithmetic|algebra|geometry|trigonometry|area of (?:a|the)|volume of (?:a|the)|solve for"
    r"|calculate|compute the|convert \d+|quy doi"
    r"|phuong trinh|dao ham|tich phan|can bac|xac suat|chu vi|dien tich|the tich|so nguyen to|giai thua|ma tran|so du"
    r"|trung binh cong"
    r"|tinh tong|tinh hieu|tinh tich|tinh gia tri|phep (?:tinh|cong|tru|nhan|chia)|bao nhieu phan tram|hinh tron|tam giac)\b"
)
_WORD_PROBLEM = (
    r"\b(?:if|each|every|per|altogether|in total|total|twice|half|left|remain|travels?|average|at the same (?:speed|rate)"
    r"|share[ds]?"
    r"|neu|moi|tong cong|tat ca|gap doi|mot nua|con lai|van toc|trung binh|hoi|chia deu)\b"
)
_HOW_MUCH = (
    r"\b(?:how (?:many|much|far|long|fast|old|tall)|what(?: is|'s) the (?:total|average|speed|cost|price|sum)"
    r"|what do .{1,60} cost|bao (?:nhieu"
    r"|lau|xa)|may)\b"
)

_CODE_ITSELF = (
    r"```|\bdef \w+\(|\bfunction ?\w*\(|=> ?\{|\bconsole\.log|\bprint\(|\bimport \w+(?:\.\w+)*(?: as \w+)?(?:;|$|\n)|#include ?<"
    r"|\bselect\b.{1,80}\bfrom\b \w+(?: where| join| group| order|;|$)|\bpublic (?:static )?(?:void|class)\b"
    r"|\bfor \w+ in range\b|</\w+>"
    r"|\b(?:npm|pip|cargo|apt|brew|docker|kubectl|git) (?:install|run|build|compose|push|pull|commit|rebase|merge|clone|apply)\b"
    r"|\b(?:traceback|nullpointerexception|segmentation fault|syntaxerror|typeerror|keyerror|valueerror|stack ?trace)\b"
)
_MAKE = (
    r"\b(?:write|create|implement|generate|build|code|develop|fix|debug|refactor|optimi[sz]e|convert|port|unit[- ]?test|test"
    r"|explain"
    r"|viet|tao|lap trinh|sua|toi uu|cai dat|chuyen|xay dung|thiet ke)\b"
)
_PROGRAM = (
    r"\b(?:function|script|program|class|method|algorithm|regex|regular expression|sql|query|api|endpoint|unit tests?"
    r"|component|decorator"
    r"|code|snippet|loop|recursion|parser|web ?app|cli|dockerfile|makefile|html|css"
    r"|ham|chuong trinh|doan code|doan ma|ma nguon|thuat toan|truy van|cau lenh|vong lap|de quy|lop)\b"
)
_LANGUAGE = (
    r"\b(?:python|javascript|typescript|java|c\+\+|c#|golang|kotlin|php|sql|html|css|bash|powershell|react|django|flask"
    r"|fastapi|node\.?js"
    r"|pandas|numpy|haskell|scala|matlab)(?:\b|$)|\bin (?:rust|go|ruby|swift|c|r)\b"
)
_PROGRAMMING = (
    r"\b(?:how|why|error|bug|exception|sort|reverse|parse|convert|loop|list|dict|dictionary|array|string|json|file|variable"
    r"|function|class"
    r"|lam sao|lam the nao|cach|loi|sap xep|danh sach|mang|chuoi|bien|ham|doc file|doc tep)\b"
)

_REASONING = (
    r"\b(?:prove|proof|deduce|infer|riddle|logic(?:al)? (?:puzzle|problem)|puzzle|step[- ]by[- ]step|brain ?teaser|syllogism"
    r"|paradox"
    r"|pros and cons|trade-?offs?|advantages and disadvantages|compare|comparison|contrast|analy[sz]e|evaluate"
    r"|which (?:one )?is (?:better|best|cheaper)"
    r"|(?:difference|differences) between|should i (?:choose|pick|take|buy|use)|who is the (?:tallest|oldest|youngest|fastest"
    r"|liar)"
    r"|if all \w+ are|what would happen if"
    r"|chung minh|suy luan|suy ra|cau do|tung buoc|so sanh|uu (?:va )?nhuoc diem|uu diem|nen chon|nen dung|nen mua|phan tich"
    r"|danh gia uu|khac (?:nhau|gi)"
    r"|cai nao tot hon|loai nao tot hon|dieu gi (?:se )?xay ra neu)\b"
)

_FACTUAL = (
    r"^(?:please |hi |hello )?(?:can you |could you )?(?:tell me )?(?:what (?:is|are|was|were)|what's|who (?:is|was|were"
    r"|invented|wrote|discovered|founded"
    r"|painted|composed|won)|when (?:did|was|were) (?:the|[a-z]+ (?:war|born|invented|founded|built|end|start))|where (?:is"
    r"|was) the (?:capital|city|country|river"
    r"|mountain)|which (?:country|planet|city|element|year|animal)|define|definition of|meaning of|explain (?:what|how|why"
    r"|the)|describe|how many \w+ (?:are|does)"
    r" (?:there in|a|the)|why (?:is|are|do|does) (?:the )?(?:sky|sun|moon|earth|water|birds|cats|dogs|people|humans|leaves))\b"
    r"|\b(?:capital of|stands? for|was born in|thu do cua|dinh nghia|khai niem|nghia la gi|la gi|la ai|ai la|ai da|nam nao"
    r"|nuoc nao|hanh tinh nao"
    r"|the ky|giai thich (?:khai niem|hien tuong|vi sao|tai sao|the nao))\b"
)
_OF_THE_SITE = (
    r"\b(?:my|your|yours|our|you|i|me|we|this|that|it|its|order|orders|ship|shipping|delivery|refund|return|returns|price"
    r"|prices|cost|fee|account|password"
    r"|invoice|payment|warranty|stock|store|shop|opening|hours|status|support|tracking|discount|voucher|plan|subscription|policy"
    r"|toi|minh|em|anh|chi|shop|ban|don|don hang|gia|tai khoan|mat khau|hoa don|thanh toan|bao hanh|doi tra|giao hang"
    r"|van chuyen|ship|ma don|weather|today|tomorrow|now|hom nay|ngay mai|thoi tiet|nay)\b"
)

_NEEDS_REASONING = (
    r"\b(?:why|how come|explain|reason|reasons|debug|optimi[sz]e|design|plan|strategy|diagnose|troubleshoot|what if"
    r"|if .{3,80} (?:then|how|what|would|can|should)"
    r"|tai sao|vi sao|giai thich|ly do|toi uu|thiet ke|lap ke hoach|chien luoc|neu .{3,80} (?:thi|bao))\b"
)


def category(folded: str, fallback: str) -> str:
    """The category of a question, as an SQL expression over its folded text.

    Args:
        folded: SQL expression of the text, see `folded`.
        fallback: the category of what no rule knows.
    """
    mentions, numbers = _mentions(folded), f"len(regexp_extract_all({folded}, {quoted(_NUMBER)}))"
    return f"""CASE
        WHEN {mentions(_CODE_ITSELF)} OR ({mentions(_MAKE)} AND {mentions(_PROGRAM)})
            OR ({mentions(_LANGUAGE)} AND ({mentions(_MAKE)} OR {mentions(_PROGRAMMING)})) THEN 'code_generation'
        WHEN {mentions(_CALCULATION)} THEN 'math'
        WHEN {mentions(_MATH_WORDS)} THEN 'math'
        WHEN {mentions(_HOW_MUCH)} AND {mentions(_WORD_PROBLEM)} AND {numbers} >= 2 THEN 'math'
        WHEN {mentions(_REASONING)} THEN 'reasoning'
        WHEN {mentions(_FACTUAL)} AND NOT {mentions(_OF_THE_SITE)} THEN 'question_answer'
        ELSE {quoted(fallback)}
    END"""


def requires_reasoning(folded: str, category: str) -> str:
    """Whether an answer takes more than knowing or looking up, as an SQL expression (BOOLEAN).

    Args:
        folded: SQL expression of the folded text.
        category: SQL expression of the question's category.
    """
    return f"({category} IN ('math', 'reasoning') OR {_mentions(folded)(_NEEDS_REASONING)})"


def folded(text: str) -> str:
    """A text in lower case and without diacritics, as an SQL expression."""
    return f"replace(strip_accents(lower({text})), 'đ', 'd')"


def _mentions(text: str) -> Callable[[str], str]:
    return lambda pattern: f"regexp_matches({text}, {quoted(pattern)})"
