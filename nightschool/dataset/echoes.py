r"""Messages that are a machine's output come back: a tool's result, a stack trace, in SQL.

Only whole messages: where a person writes a word around what they paste, they ask something. And only where it is rare:
some agents are asked in JSON, or in stack traces, and nothing else.
"""

from __future__ import annotations

from nightschool.dataset.connection import quoted

_LABELLED = (
    r"(?is)^\s*(?:[\[(<{*#-]*\s*)(?:(?:tool|function|api)[ _-]?(?:result|output|response|call"
    r"|return)s?|tool_use|tool message|observation"
    r"|toolmessage|functionresponse|stdout|stderr|kết quả (?:công cụ|tool|hàm))\s*(?:[\])>}*]*\s*)(?:[:=({\[\n>]|->|=>)"
)
_TOOL_TAG = (
    r"(?is)^\s*(?:<(?:tool_response|tool_result|tool_output|function_results?|function_response|tool_call)\b"
    r"|\[tool(?::[^\]]{1,60})?\]|tool ?> )"
)
_TRACE = (
    r"(?s)^\s*(?:```\w*\s*)?Traceback \(most recent call last\):\n(?:[ \t][^\n]*\n|\n)+[\w.]+(?:Error|Exception|Warning"
    r"|Interrupt|Exit|Iteration)\b[^\n]*\s*(?:```)?\s*$"
    r"|^\s*(?:Exception in thread \"[^\"]*\" )?(?:[a-z]\w*\.)+\w*(?:Exception|Error)\b[^\n]*(?:\n\s+at [^\n]+"
    r"|\n\s*\.\.\. \d+ more|\nCaused by: [^\n]*)+\s*$"
    r"|^\s*(?:Uncaught )?\w*Error: [^\n]*(?:\n\s+at [^\n]+)+\s*$"
)
_OBJECT = r"(?s)^\s*(?:\[\s*)?\{.*\}\s*\]?\s*$"
_RESULT_KEY = (
    r"[\"'](?:tool|tool_name|tool_call_id|tool_calls|function_call|result|results|output|outputs|status|status_code"
    r"|statusCode|error|errors|traceback"
    r"|stack|stacktrace|exit_code|stdout|stderr|success|ok|rows|observation|response|data)[\"']\s*:"
)
_QUESTION_KEY = (
    r"(?i)[\"'](?:question|query|prompt|message|text|input|task|instruction|instructions|ask|request|content|body|subject"
    r"|câu hỏi|câu_hỏi)[\"']\s*:"
)


MOST_MACHINES = 0.2
"""Share of the messages; where more of them are machine output, that is what the agent is asked, and it is no echo."""


def tool_echo(question: str, table: str) -> str:
    """Whether a message is nothing but a tool's or a program's output, as an SQL expression (BOOLEAN).

    Args:
        question: the name of the column with the messages.
        table: the table that it is a column of.
    """
    asked_by_machines = f"(SELECT count(*) FILTER ({_machine_output(question)}) > {MOST_MACHINES} * count(*) FROM {table})"
    return f"({_labelled(question)} OR ({_machine_output(question)} AND NOT {asked_by_machines}))"


def _labelled(question: str) -> str:
    return f"(regexp_matches({question}, {quoted(_TOOL_TAG)}) OR regexp_matches({question}, {quoted(_LABELLED)}))"


def _machine_output(question: str) -> str:
    first = f"left(ltrim({question}), 1)"
    return f"""(CASE
        WHEN {first} IN ('{{', '[') THEN {_is_result(question)}
        WHEN contains({question}, chr(10)) THEN regexp_matches({question}, {quoted(_TRACE)})
        ELSE false
    END)"""


def _is_result(question: str) -> str:
    """An object or a list of objects (numbers in brackets may be a person's), written as JSON or as Python does."""
    shape = f"regexp_matches({question}, {quoted(_OBJECT)})"
    known = f"(json_valid({question}) OR regexp_matches({question}, {quoted(_RESULT_KEY)}))"
    return f"({shape} AND {known} AND NOT regexp_matches({question}, {quoted(_QUESTION_KEY)}))"
