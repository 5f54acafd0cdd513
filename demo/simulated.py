"""The desk of the simulated world, for `make demo MODEL=simulated`: its agent, its people, its settings.

What answers here is nightschool's simulator and no language model; the agent, its database and its tools are real.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agno.agent import Agent

MODEL_URL_VARIABLE = "NIGHTSCHOOL_DEMO_MODEL_URL"
SEED_PROMPT = "Bạn là một trợ lý AI giúp tôi giải quyết thắc mắc"


def calculator(expression: str) -> str:
    """Work out an arithmetic expression.

    Args:
        expression: numbers, + - * / and brackets, like (12 + 8) * 3.
    """
    import ast
    import operator

    operators = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}

    def value(node: ast.expr) -> float:
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            return node.value
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -value(node.operand)
        if isinstance(node, ast.BinOp) and type(node.op) in operators:
            return float(operators[type(node.op)](value(node.left), value(node.right)))
        raise ValueError("only numbers, + - * / and brackets")

    try:
        return f"{value(ast.parse(expression, mode='eval').body):.12g}"
    except (SyntaxError, ValueError, ZeroDivisionError) as error:
        return f"can't be worked out: {error}"


def build_agent(prompt: str = SEED_PROMPT) -> Agent:
    """The factory that production would call with `load_prompt("support").text`."""
    from agno.agent import Agent
    from agno.models.openai import OpenAIChat

    from nightschool.simulator import order_status

    return Agent(
        id="support",
        name="Support",
        model=OpenAIChat(id="simulated-1", base_url=os.environ[MODEL_URL_VARIABLE], api_key="simulated", timeout=30),
        system_message=prompt,
        resolve_in_context=False,
        tools=[calculator, order_status],
        add_history_to_context=True,
        telemetry=False,
    )
