"""The agent's own interpreter: its pins need not agree with ours, nor its modules' names."""

from nightschool.agent.interpreter.process import InterpreterDied, describe
from nightschool.agent.interpreter.target import InterpreterTarget

__all__ = ["InterpreterDied", "InterpreterTarget", "describe"]
