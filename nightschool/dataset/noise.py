"""Turns that teach nothing, each with its reason, in SQL."""

from __future__ import annotations

from nightschool.dataset.connection import quoted
from nightschool.records import DataPolicy

# Whole messages made of these words (and of the fillers below) are no questions. Words are in the normalised form.
_SMALL_TALK = {
    "greeting": (
        "hi|hii+|hello|helo|hey|hiya|howdy|greetings|good (?:morning|afternoon|evening|day|night)|how are you"
        "|xin chào|chào|chao|hế lô|hê lô|alo|a lô"
    ),
    "thanks": (
        "thanks?(?: you)?|thank you|thx|ty|tks|many thanks|much appreciated|appreciate it|for (?:your|the) help"
        "|cảm ơn|cám ơn|cam on|cảm tạ|đội ơn"
    ),
    "farewell": "bye|bye bye|goodbye|see you|see ya|have a (?:nice|good|great) day|tạm biệt|hẹn gặp lại",
    "acknowledgement": (
        "ok|oke|okay|okey|okie|oki|okela|k|kk|yes|yeah|yep|yup|no|nope|sure|got it|i see|i understand|understood|alright"
        "|all right|right|correct|great|cool|nice|perfect|awesome|excellent|fine|good|done|lol|ha(?:ha)+|hi(?:hi)+|he(?:he)+"
        "|vâng|dạ|ừ|ừm|uh|uhm|um|ờ|được|được rồi|rồi|tốt|hay|hay quá|tuyệt|tuyệt vời|đúng|đúng rồi|đúng vậy|hiểu rồi"
        "|đã hiểu|không|có|không sao|biết rồi|xong|xong rồi|chuẩn"
    ),
}
_FILLERS = (
    "you|so|very|much|a lot|lot|there|again|all|everyone|team|sir|madam|friend|bot|please|then|and|well|today"
    "|bạn|anh|chị|em|mình|shop|ad|admin|mọi người|cả nhà|ạ|à|nha|nhé|nhe|nhá|nhiều|rất|lắm|quá|nào|vậy|thế|nữa"
)

_BY_STATUS = "CASE status WHEN 'ERROR' THEN 'failed run' WHEN 'CANCELLED' THEN 'cancelled run' ELSE 'unfinished run' END"


def noise_reason(policy: DataPolicy) -> str:
    """Why a turn is noise, as an SQL expression over `question`, `key_text`, `answer`, `correction`, `status`; NULL: it is not.

    A turn without an answer is worth keeping where a person gave the right one. Lengths count characters.
    """
    length = "length(trim(question))"
    return f"""CASE
        WHEN status <> 'COMPLETED' THEN {_BY_STATUS}
        WHEN {length} = 0 THEN 'empty question'
        WHEN NOT regexp_matches(question, '[\\p{{L}}\\p{{N}}]') THEN 'emoji or punctuation only'
        {_small_talk()}
        WHEN {length} < {policy.min_question_chars} THEN 'too short'
        WHEN {length} > {policy.max_question_chars} THEN 'too long'
        WHEN trim(answer) = '' AND correction IS NULL THEN 'no answer'
    END"""


def _small_talk() -> str:
    """One branch for each kind: the message begins with a word of it and goes on with small talk only."""
    any_word = "|".join([*_SMALL_TALK.values(), _FILLERS])
    branches = [
        f"WHEN regexp_full_match(key_text, {quoted(f'(?:(?:{_FILLERS}) )*(?:{words})(?: (?:{any_word}))*')}) THEN {quoted(kind)}"
        for kind, words in _SMALL_TALK.items()
    ]
    return "\n        ".join(branches)
