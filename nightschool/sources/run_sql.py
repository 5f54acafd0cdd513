"""From runs as Agno keeps them to turns, as SQL: one pass over each run's JSON.

`page` is a table of runs: `RUN_COLUMNS`, `number` and `in_window`. A run of which the SQL can't be sure is left out, and
`agno_runs.read_run` reads it instead; where both can, both give the same turn.
"""

from __future__ import annotations

RUN_COLUMNS = (
    "created_at",
    "run_id",
    "session_id",
    "agent_id",
    "team_id",
    "workflow_id",
    "user_id",
    "parent_run_id",
    "status",
    "run_index",
    "run_data",
)
"""What is known of a run. `created_at` is a Unix time, in seconds or a smaller unit; `run_data` is the run as JSON text."""

NOT_SHOWN = ("PAUSED", "CANCELLED", "ERROR", "REGENERATED")
"""Agno leaves runs of these states out when it shows an agent its history."""

TOOL_CHARS = 2_000
"""What is kept of a tool's arguments, and of its result."""

MILLISECONDS_FROM = 10**11
"""Unix times from here on are in milliseconds (as seconds this is the year 5138); a factor of 1,000 each further unit."""

_PATHS = {
    "question": "$.input.input_content",
    "content": "$.content",
    "own_status": "$.status",
    "model": "$.model",
    "input_tokens": "$.metrics.input_tokens",
    "output_tokens": "$.metrics.output_tokens",
    "duration": "$.metrics.duration",
    "first_role": "$.messages[0].role",
    "first_text": "$.messages[0].content",
    "first_is_history": "$.messages[0].from_history",
    "second_is_history": "$.messages[1].from_history",
    "state": "$.session_state",
    "metadata": "$.metadata",
    "tools": "$.tools",
}
_FOUND = ", ".join(f"found[{number}] AS {name}" for number, name in enumerate(_PATHS, start=1))
_PATH_LIST = ", ".join(f"'{path}'" for path in _PATHS.values())

# Text or data? Both begin alike in what the extraction gives, and to ask costs another pass over the JSON.
_LOOKS_LIKE_DATA = {
    "question": """(starts_with(question, '[') OR starts_with(question, '{') OR question IN ('true', 'false')
        OR (question < ':' AND regexp_matches(question, '^-?[0-9][0-9.eE+-]*$')))""",
    "content": "starts_with(content, '[')",
    "first_text": "(starts_with(first_text, '[') OR starts_with(first_text, '{'))",
}
_TYPES = ", ".join(
    f"CASE WHEN {looks_like_data} THEN json_type(run_data, '{_PATHS[name]}') END AS {name}_type"
    for name, looks_like_data in _LOOKS_LIKE_DATA.items()
)

_TOOL_SHAPE = '[{"tool_name":"VARCHAR","tool_args":"JSON","result":"JSON","tool_call_error":"VARCHAR"}]'
_CALL = """lambda tool: {
    'name': tool.tool_name,
    'arguments': CASE WHEN tool.tool_args IS NULL OR tool.tool_args = 'null' THEN '{}' ELSE tool.tool_args::VARCHAR END,
    'result': CASE WHEN tool.result = 'null' THEN NULL ELSE json_extract_string(tool.result, '$') END,
    'failed': coalesce(tool.tool_call_error, 'false') <> 'false'
}"""
_CUT_CALL = f"""lambda call: {{
    'name': call.name, 'arguments': left(call.arguments, {TOOL_CHARS}), 'result': left(call.result, {TOOL_CHARS}),
    'failed': call.failed
}}"""
_CUT_TEXTS = f"lambda call: (length(call.arguments) > {TOOL_CHARS})::INT + coalesce((length(call.result) > {TOOL_CHARS})::INT, 0)"
_DOUBTS = (
    "question IS NULL",
    "coalesce(question_type, 'VARCHAR') <> 'VARCHAR'",
    "coalesce(content_type, 'VARCHAR') = 'ARRAY'",
    "coalesce(first_text_type, 'VARCHAR') <> 'VARCHAR'",
    "coalesce(first_is_history, 'false') = 'true' OR coalesce(second_is_history, 'false') = 'true'",
    *(f"contains({name}, chr(0))" for name in ("question", "content", "own_status", "model", "first_text", "state")),
    *(f"contains({name}, '\\u0000')" for name in ("state", "metadata", "tools")),
    *(
        f"{name} IS NOT NULL AND (try_cast({name} AS {kind}) IS NULL OR contains({name}, '{unwanted}'))"
        for name, kind, unwanted in (
            ("input_tokens", "BIGINT", "."),
            ("output_tokens", "BIGINT", "."),
            ("duration", "DOUBLE", "n"),  # nan, inf
        )
    ),
    "strlen(tools) > 2 AND used IS NULL",
    "len(list_filter(used, lambda tool: tool.tool_name IS NULL OR starts_with(tool.result, '['))) > 0",
)

_MOMENT = """try(make_timestamp(CASE
    WHEN created_at < 100_000_000_000 THEN created_at * 1_000_000
    WHEN created_at < 100_000_000_000_000 THEN created_at * 1_000
    WHEN created_at < 100_000_000_000_000_000 THEN created_at
    ELSE created_at // 1_000 END))"""
_RATING = "json_extract_string(metadata, '$.rating')"
_OPINION = f"""
    CASE WHEN strlen(metadata) > 2 AND regexp_full_match({_RATING}, '[1-5]') THEN {_RATING}::TINYINT END AS rating,
    CASE WHEN strlen(metadata) > 2 THEN coalesce(json_extract_string(metadata, '$.feedback'),
        json_extract_string(metadata, '$.comment'), '') ELSE '' END AS comment,
    CASE WHEN strlen(metadata) > 2 THEN json_extract_string(metadata, '$.correction') END AS correction
"""

_SYSTEM_MESSAGE = "CASE WHEN first_role IN ('system', 'developer') THEN coalesce(first_text, '') ELSE '' END"
_CUT_CALLS = f"to_json(list_transform(calls, {_CUT_CALL}))::VARCHAR"

TURNS_OF_PAGE = f"""
SELECT number, run_id, session_id, run_index AS "index", {_MOMENT} AS created_at, question, coalesce(user_id, '') AS user_id,
    CASE WHEN state = 'ERROR' THEN '' ELSE coalesce(content, '') END AS answer,
    CASE WHEN state = 'ERROR' THEN coalesce(content, '') ELSE '' END AS error,
    coalesce(agent_id, '') AS agent_id, coalesce(team_id, '') AS team_id, state AS status,
    coalesce({_CUT_CALLS}, '[]') AS tool_calls,
    coalesce(list_sum(list_transform(calls, {_CUT_TEXTS})), 0) AS cut_texts,
    hash({_SYSTEM_MESSAGE}) AS system_key,
    CASE WHEN starts_with(session_state, '{{') THEN session_state ELSE '{{}}' END AS session_state,
    coalesce(model, '') AS model, coalesce(input_tokens::BIGINT, 0) AS input_tokens,
    coalesce(output_tokens::BIGINT, 0) AS output_tokens, duration::DOUBLE AS latency_s, {_OPINION},
    NULL AS rated_at, NULL AS quarantine_reason, NULL AS given_history,
    CASE WHEN workflow_id IS NULL OR agent_id IS NOT NULL OR team_id IS NOT NULL
        THEN concat(session_id, chr(31), agent_id, chr(31), team_id) END AS thread,
    parent_run_id IS NULL AS sees_thread, parent_run_id IS NULL AND state NOT IN {NOT_SHOWN} AS shown, in_window
FROM (
    SELECT * EXCLUDE (state), list_transform(used, {_CALL}) AS calls, state AS session_state,
        coalesce(nullif(status, ''), nullif(own_status, ''), 'COMPLETED') AS state
    FROM (
        SELECT * EXCLUDE (found), {_FOUND}, {_TYPES},
            CASE WHEN strlen(tools) > 2 THEN try(from_json(tools, '{_TOOL_SHAPE}')) END AS used
        FROM (SELECT *, try(json_extract_string(run_data, [{_PATH_LIST}])) AS found FROM page)
    )
    WHERE NOT coalesce({" OR ".join(f"({doubt})" for doubt in _DOUBTS)}, false)
)
"""
"""What is not doubtful of a page, as turns (`tables.TURN_COLUMNS`)."""


def add_system_messages(added: str) -> str:
    """SQL that adds the system messages of turns that were added (a table of a query), where they are not known yet.

    Few turns bring one along: they are read a second time, which is cheaper than to keep every turn's.
    """
    return f"""
        INSERT INTO system_messages
        SELECT DISTINCT hash(system_message), system_message FROM (
            SELECT {_SYSTEM_MESSAGE} AS system_message FROM (
                SELECT found[1] AS first_role, found[2] AS first_text FROM (
                    SELECT json_extract_string(run_data, ['{_PATHS["first_role"]}', '{_PATHS["first_text"]}']) AS found FROM page
                    WHERE number IN (
                        SELECT min(number) FROM {added}
                        WHERE system_key NOT IN (SELECT system_key FROM system_messages) GROUP BY system_key
                    )
                )
            )
        )
    """
