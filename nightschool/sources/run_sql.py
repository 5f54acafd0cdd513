"""From runs as Agno keeps them to turns, as SQL: one pass over each run's JSON.

`page` is a table of runs: `RUN_COLUMNS` and `number`. A run of which the SQL can't be sure is `doubtful`, and
`agno_runs.turn_of` reads it instead; where both can, both give the same turn.
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
    "question": r"^([\[{]|-?[0-9][0-9.eE+-]*$|true$|false$)",
    "content": r"^\[",
    "first_text": r"^[\[{]",
}
_TYPES = ", ".join(
    f"CASE WHEN regexp_matches({name}, '{pattern}') THEN json_type(run_data, '{_PATHS[name]}') END AS {name}_type"
    for name, pattern in _LOOKS_LIKE_DATA.items()
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

PARSE_PAGE = f"""
CREATE OR REPLACE TEMP TABLE parsed AS
SELECT * EXCLUDE (used, calls), hash(system_message) AS system_key,
    to_json(list_transform(calls, {_CUT_CALL}))::VARCHAR AS tool_calls, list_sum(list_transform(calls, {_CUT_TEXTS})) AS cut_texts
FROM (
    SELECT *, coalesce({" OR ".join(f"({doubt})" for doubt in _DOUBTS)}, false) AS doubtful,
        list_transform(used, {_CALL}) AS calls,
        CASE WHEN first_role IN ('system', 'developer') THEN coalesce(first_text, '') ELSE '' END AS system_message
    FROM (
        SELECT * EXCLUDE (found, run_data), {_FOUND}, {_TYPES},
            CASE WHEN strlen(tools) > 2 THEN try(from_json(tools, '{_TOOL_SHAPE}')) END AS used
        FROM (SELECT *, try(json_extract_string(run_data, [{_PATH_LIST}])) AS found FROM page)
    )
)
"""
"""Make `parsed`: the parts of each run as columns."""

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

ADD_TURNS = f"""
INSERT INTO turns BY NAME
SELECT run_id, session_id, run_index AS "index", {_MOMENT} AS created_at, question, coalesce(user_id, '') AS user_id,
    CASE WHEN state = 'ERROR' THEN '' ELSE coalesce(content, '') END AS answer,
    CASE WHEN state = 'ERROR' THEN coalesce(content, '') ELSE '' END AS error,
    coalesce(agent_id, '') AS agent_id, coalesce(team_id, '') AS team_id, state AS status,
    coalesce(tool_calls, '[]') AS tool_calls, coalesce(cut_texts, 0) AS cut_texts, system_key, session_state,
    coalesce(model, '') AS model, coalesce(input_tokens::BIGINT, 0) AS input_tokens,
    coalesce(output_tokens::BIGINT, 0) AS output_tokens, duration::DOUBLE AS latency_s, {_OPINION},
    CASE WHEN workflow_id IS NULL OR agent_id IS NOT NULL OR team_id IS NOT NULL
        THEN concat(session_id, chr(31), agent_id, chr(31), team_id) END AS thread,
    parent_run_id IS NULL AS sees_thread, parent_run_id IS NULL AND state NOT IN {NOT_SHOWN} AS shown, in_window
FROM (
    SELECT * EXCLUDE (state), CASE WHEN starts_with(state, '{{') THEN state ELSE '{{}}' END AS session_state,
        coalesce(nullif(status, ''), nullif(own_status, ''), 'COMPLETED') AS state
    FROM parsed WHERE NOT doubtful
)
"""
"""Add what is not doubtful of `parsed` to `turns`."""

ADD_SYSTEM_MESSAGES = """
INSERT INTO system_messages SELECT system_key, any_value(system_message) FROM parsed WHERE NOT doubtful GROUP BY system_key
"""
