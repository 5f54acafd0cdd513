"""Answers in the form that `response_format` asks for, for any schema: the simplest JSON that fits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def in_format(text: str, response_format: Mapping[str, Any] | None) -> str:
    """The text as it is, or as JSON where the request asks for an object or a schema."""
    kind = (response_format or {}).get("type")
    if kind == "json_object":
        return json.dumps({"answer": text}, ensure_ascii=False)
    if kind == "json_schema" and response_format:
        return json.dumps(_fitting(response_format["json_schema"].get("schema") or {}, text), ensure_ascii=False)
    return text


def _fitting(schema: Mapping[str, Any], text: str) -> Any:
    if "enum" in schema:
        return schema["enum"][0]
    if options := schema.get("anyOf"):
        return _fitting(options[0], text)
    kind = schema.get("type", "object")
    if kind == "object":
        return {name: _fitting(part, text) for name, part in (schema.get("properties") or {}).items()}
    if kind == "array":
        return [_fitting(schema.get("items") or {"type": "string"}, text)]
    plain: Mapping[str, Any] = {"string": text, "boolean": True, "integer": 1, "number": 1.0, "null": None}
    return plain.get(kind, text)
