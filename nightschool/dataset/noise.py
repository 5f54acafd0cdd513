"""Turns that teach nothing, each with its reason, in SQL. A real question that is set aside is worse than noise that stays."""

from __future__ import annotations

from nightschool.dataset.connection import quoted
from nightschool.dataset.echoes import tool_echo
from nightschool.dataset.labels.followups import follow_up, has_context
from nightschool.dataset.labels.language import language
from nightschool.records import DataPolicy

LONGEST_SMALL_TALK = 80
"""Characters of the normalised message."""

# Whole messages made of these words (and of the fillers below) are no questions. Words are in the normalised form, with
# what people type instead of them in a hurry.
_SMALL_TALK = {
    "greeting": (
        "hi|hii+|hello+|helo|hey+|hiya|howdy|yo|greetings|good (?:morning|afternoon|evening|day|night)|how are you"
        "|anyone (?:there|here)"
        "|xin chào|chào|chao|xin chao|hế lô|hê lô|hello shop|alo+|a lô|lô|shop ơi|ad ơi|bạn ơi|em ơi|anh ơi|chị ơi|shop oi|ad oi"
        "|có ai không|có ai ở đó không|có ai (?:trực|onl|online) không"
        "|(?:cho|xin) (?:em |mình |tôi |anh |chị |e |m )?hỏi(?: (?:chút|tí|xíu|cái này|với|xí))*|(?:em|mình|tôi|e) (?:muốn"
        "|cần) hỏi(?: chút| tí)?"
        "|can i ask(?: (?:you )?(?:something|a question))?|i have a question|quick question|i need (?:some )?help|help me"
        "|can you help(?: me)?"
    ),
    "thanks": (
        "thanks?(?: you)?|thank you|thankyou|thx|thanx|ty|tysm|tks|tk|ths|many thanks|much appreciated|appreciate it"
        "|for (?:your|the) (?:help|support|reply)"
        "|cảm ơn|cám ơn|cam on|cảm tạ|đội ơn|camon|cảm ơm|c ơn|cmon|thank nha|(?:em|mình|tôi|e) (?:cảm|cám) ơn"
    ),
    "farewell": (
        "bye+|bye bye|bb|goodbye|see you|see ya|cya|good night|gn|have a (?:nice|good|great) (?:day|one|evening|night|weekend)"
        "|tạm biệt|tam biet|hẹn gặp lại|chúc (?:ngủ ngon|một ngày tốt lành|ngày mới tốt lành)|pp"
    ),
    "acknowledgement": (
        "ok+|oke+|okay|okey|okie|oki+|okela|okla|k|kk+|yes|yeah+|yep|yup|ya|no|nope|nah|sure|got it|gotcha|i see|i understand"
        "|understood|alright"
        "|all right|all good|right|correct|exactly|great|cool|nice|perfect|awesome|excellent|amazing|wonderful|fine|good|done"
        "|noted|works|it works"
        "|that works|never mind|nevermind|nvm|no problem|np|no worries|of course|lol|lmao|wow|haha+h?|(?:ha)+|(?:hi){2,}"
        "|(?:he){2,}|(?:hj)+|h[mu]m+|hmm+|um+|uh+|oh+|ah+|aw+"
        "|vâng|vg|vang|dạ|da|ừ|uk|uki|ừm|ùm|uh|uhm|um|ờ|ồ|à ừ|ok ạ|được|đc|dc|duoc|được rồi|đc r|dc r|rồi|r|roi|tốt|hay"
        "|hay quá|tuyệt|tuyệt vời|đúng|đúng rồi"
        "|dung roi|đúng vậy|hiểu rồi|hiểu r|hieu roi|đã hiểu|em hiểu rồi|không|ko|có|không sao|ko sao|khong sao|biết rồi"
        "|biet roi|xong|xong rồi|xong r|chuẩn|chính xác|thôi|thôi được|thôi khỏi"
        "|đã nhận|nhận được rồi|để (?:em|mình|tôi) (?:xem|thử|nghĩ|suy nghĩ)(?: lại| thêm| đã)?|tí (?:em|mình) nhắn lại"
    ),
    "test message": (
        "test|testing|tests|test test|test thử|thử thôi|asdf+|asdfgh\\w*|qwerty|abc|abcd|xyz|foo|bar|foobar|lorem ipsum|ping"
    ),
}
_FILLERS = (
    "you|so|very|much|a lot|lot|there|again|all|everyone|team|sir|madam|friend|bot|please|then|and|well|today|guys|bro|man"
    "|dear|for now|now|just"
    "|bạn|anh|chị|em|mình|shop|ad|admin|mọi người|cả nhà|bác|cô|chú|e|a|c|m|mn|ạ|à|nha|nhé|nhe|nhá|nhiều|nhìu|nhiu|nhieu|rất"
    "|lắm|quá|nào|vậy|thế|nữa|luôn|ơi|oi|hen|hén|hihi|haha|đó|đi|với|vs"
)
_GO_ON = (
    "(?:please |pls |just |ok |okay )*(?:retry|try (?:it )?again|continue|go on|go ahead|keep going|carry on|resume|proceed"
    "|regenerate(?: (?:the )?response)?|resend|rerun)(?: (?:please|pls|again|now))*"
    "|(?:ok |rồi |vậy |dạ )*(?:tiếp|tiếp tục|tiep tuc|thử lại|thu lai|làm lại|chạy lại|gửi lại|trả lời lại)(?: (?:đi|nào|nhé"
    "|nha|ạ|em|bạn|lần nữa|xem|giúp em|giúp mình))*"
    "|(?:automatic |auto |system )?(?:retry|retrying|attempt|retry attempt) ?#?\\d+(?: ?(?:of|/)? ?\\d+)?"
)
_MACHINE_TAG = r"(?i)^\s*[\[(<⟨](?:system|sys|auto|automated|automatic|auto-?retry|retry|hệ thống|tự động)[^\])>⟩]{0,30}[\])>⟩]"
_MACHINE_WORDS = (
    r"(?i)\b(?:retry|retrying|continue|resume|resuming|timed? ?out|attempt|reconnect\w*|re-?sent|resend\w*|restart\w*"
    r"|interrupted|previous (?:run|request) failed)\b|thử lại|tiếp tục|gửi lại|kết nối lại"
)

_BY_STATUS = (
    "CASE status WHEN 'ERROR' THEN 'failed run' WHEN 'CANCELLED' THEN 'cancelled run'"
    " WHEN 'REGENERATED' THEN 'answered anew' ELSE 'unfinished run' END"
)


def noise_reason(policy: DataPolicy, table: str = "turns", *, follows: str = follow_up("key_text")) -> str:
    """Why a turn is noise, as an SQL expression; NULL: it is not.

    It reads the columns `question`, `key_text`, `answer`, `correction`, `status` and `history`. A turn without an answer
    is worth keeping where a person gave the right one. Lengths count characters.

    Args:
        policy: lengths and languages.
        table: the table that has the columns.
        follows: an SQL expression, whether the question makes no sense alone; where it is a column, it is worked out once.
    """
    length = "length(trim(question))"
    return f"""CASE
        WHEN status <> 'COMPLETED' THEN {_BY_STATUS}
        WHEN NOT regexp_matches(question, '[^\\s\\p{{Z}}]') THEN 'empty question'
        WHEN {length} > {policy.max_question_chars} THEN 'too long'
        WHEN NOT regexp_matches(answer, '[^\\p{{Zs}}]') AND correction IS NULL THEN 'no answer'
        WHEN NOT regexp_matches(question, '[\\p{{L}}\\p{{N}}]') THEN 'emoji or punctuation only'
        WHEN {_asks_to_go_on()} THEN 'retry or continue'
        WHEN {follows} AND NOT {has_context("history")} THEN 'makes no sense alone'
        WHEN {follows} THEN {_language_reason(policy)}
        WHEN length(key_text) <= {LONGEST_SMALL_TALK} AND {_small_talk()} IS NOT NULL THEN {_small_talk()}
        WHEN {length} < {policy.min_question_chars} THEN 'too short'
        WHEN {tool_echo("question", table)} THEN 'tool echo'
        ELSE {_language_reason(policy)}
    END"""


def repeats_a_retry() -> str:
    """Whether a turn is one retry too many, as an SQL expression with window functions (for a SELECT list or QUALIFY).

    After a failed run the same question comes again in the same session; the first run that succeeds stands for it, and
    the next ones are the same system's retries, not more traffic. What a person said something of always counts. Reads
    `session_id`, `key_text`, `status`, `rating`, `correction` and `turn`.
    """
    before = "OVER (PARTITION BY session_id, key_text ORDER BY turn ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    failed = f"coalesce(bool_or(status <> 'COMPLETED') {before}, false)"
    succeeded = f"coalesce(bool_or(status = 'COMPLETED') {before}, false)"
    return f"(status = 'COMPLETED' AND rating IS NULL AND correction IS NULL AND {failed} AND {succeeded})"


def _small_talk() -> str:
    """Its kind, else NULL: the message begins with a word of it and goes on with small talk only."""
    any_word = "|".join([*_SMALL_TALK.values(), _FILLERS])
    branches = [
        f"WHEN regexp_full_match(key_text, {quoted(f'(?:(?:{_FILLERS}) )*(?:{words})(?: (?:{any_word}))*')}) THEN {quoted(kind)}"
        for kind, words in _SMALL_TALK.items()
    ]
    return f"CASE {' '.join(branches)} END"


def _asks_to_go_on() -> str:
    tagged = f"regexp_matches(question, {quoted(_MACHINE_TAG)}) AND regexp_matches(question, {quoted(_MACHINE_WORDS)})"
    return f"(length(question) <= 200 AND (regexp_full_match(key_text, {quoted(_GO_ON)}) OR ({tagged})))"


def _language_reason(policy: DataPolicy) -> str:
    if not policy.languages:
        return "NULL"
    wanted = ", ".join(quoted(name) for name in policy.languages)
    return f"CASE WHEN {language('question')} NOT IN ({wanted}) THEN 'another language: ' || {language('question')} END"
