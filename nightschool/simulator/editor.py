"""The editor: rewrites a prompt so that it asks for what a critique names.

It keeps the prompt's words and placeholders and adds instructions. Like a real one it sometimes makes an edit that is
of no use, or does harm.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from nightschool.simulator.draws import choose, draw
from nightschool.simulator.language import Words, language_of
from nightschool.simulator.skills import Skill, asked_in, demonstration_lines, forbidden_in, read_prompt, split_demonstrations

USELESS_EDITS, HARMFUL_EDITS = 0.08, 0.05
"""How often an edit at a temperature above 0 is of no use, or does harm."""

_ASKED_WELL_ENOUGH = 0.9
_HEADINGS = re.compile(
    r"^[^\w\n]*(?:prompt template|prompt)[^\w\n]*$\n(?P<prompt>.*?)^[^\w\n]*critique[^\w\n]*$\n(?P<critique>.*)\Z",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
_ONE_POINT = re.compile(r"\bone\b critique point|single most critical", re.IGNORECASE)

INSTRUCTIONS: Mapping[Skill, tuple[Words, ...]] = {
    Skill.STEPS: (
        Words("Work step by step and show each calculation.", "Hãy làm từng bước và trình bày phép tính."),
        Words("Think the problem through step by step before you answer.", "Suy luận từng bước trước khi trả lời."),
    ),
    Skill.FINAL: (
        Words("End with one line: “Final answer: <value>”.", "Kết thúc bằng một dòng: “Đáp án: <giá trị>”."),
        Words("Always finish with a final answer on the last line.", "Luôn chốt đáp án ở dòng cuối."),
    ),
    Skill.UNITS: (
        Words("State the unit of every value.", "Ghi rõ đơn vị của mỗi giá trị."),
        Words("Give each quantity together with its unit.", "Mỗi con số phải đi kèm đơn vị."),
    ),
    Skill.TOOLS: (
        Words(
            "Use the tools that you have: the calculator for arithmetic, the look-up for orders.",
            "Dùng các công cụ sẵn có: máy tính cho phép tính, tra cứu cho đơn hàng.",
        ),
        Words("Call a tool instead of relying on memory.", "Hãy gọi công cụ thay vì dựa vào trí nhớ."),
    ),
    Skill.LANGUAGE: (
        Words("Answer in the language of the question.", "Trả lời bằng ngôn ngữ của câu hỏi."),
        Words("Reply in the same language that the user writes in.", "Dùng cùng ngôn ngữ với người dùng."),
    ),
    Skill.HONESTY: (
        Words("If you do not know, say “I don't know”.", "Nếu không có thông tin, hãy nói “Tôi không biết”."),
        Words("Never invent facts; admit what you do not know.", "Không bịa thông tin; hãy thừa nhận điều mình không biết."),
    ),
    Skill.DIRECT: (
        Words("Be brief and to the point.", "Trả lời ngắn gọn."),
        Words("Reply directly.", "Trả lời trực tiếp."),
    ),
}
_USELESS = (
    Words("Keep a warm and friendly tone.", "Giữ giọng điệu ấm áp, thân thiện."),
    Words("You are proud of your craft.", "Bạn tự hào về công việc của mình."),
)
_HARMFUL = (
    Words("Give only the result.", "Chỉ ghi kết quả."),
    Words("Always answer in English.", "Luôn trả lời bằng tiếng Anh."),
    Words("If unsure, give your best guess.", "Nếu không chắc, cứ đoán."),
)


@dataclass(frozen=True)
class EditRequest:
    """A prompt, what is wrong with it, and whether only one point may be addressed."""

    prompt: str
    critique: str
    one_point: bool


def read_edit_request(text: str) -> EditRequest:
    """Find prompt and critique under their headings; both are empty where there are no such headings."""
    found = _HEADINGS.search(text)
    if not found:
        return EditRequest("", "", one_point=False)
    one_point = bool(_ONE_POINT.search(text[: found.start()]))
    return EditRequest(found["prompt"].strip("\n"), found["critique"].strip(), one_point)


def edit(text: str, *, seed: int, sample: str) -> str:
    """The editor's answer to an edit request: the new prompt and nothing else."""
    request = read_edit_request(text)
    names = (seed, "editor", text, sample)
    mood = draw(*names, "mood") if sample else 1.0
    if mood < USELESS_EDITS:
        return _with(request.prompt, [choose(_USELESS, *names)])
    if mood < USELESS_EDITS + HARMFUL_EDITS:
        return _with(request.prompt, [choose(_HARMFUL, *names)])
    wanted = _wanted(request)
    if not wanted:
        return _with(request.prompt, [choose(_USELESS, *names)])
    kept = _without_contradictions(request.prompt, wanted)
    return _with(kept, [choose(INSTRUCTIONS[skill], *names, skill) for skill in wanted])


def _wanted(request: EditRequest) -> list[Skill]:
    """What the critique asks for and the prompt does not yet, in the critique's own order."""
    already = read_prompt(request.prompt)
    named = [skill for line in request.critique.splitlines() for skill in asked_in(line)]
    wanted = [skill for skill in dict.fromkeys(named) if already.of(skill) < _ASKED_WELL_ENOUGH]
    return wanted[:1] if request.one_point else wanted


def _without_contradictions(prompt: str, wanted: list[Skill]) -> str:
    """The prompt without the listed instructions (`- …`) that forbid what is now wanted."""
    lines = prompt.split("\n")
    return "\n".join(line for line in lines if not (line.startswith("- ") and set(forbidden_in(line)) & set(wanted)))


def _with(prompt: str, instructions: list[Words]) -> str:
    """The prompt with instructions added, before its demonstrations if it has any."""
    lines = prompt.rstrip().split("\n")
    language = language_of(split_demonstrations(prompt)[0])
    new = [line for line in (f"- {words.in_language(language)}" for words in instructions) if line not in lines]
    place = _end_of_instructions(lines)
    return "\n".join([*lines[:place], *new, *lines[place:]])


def _end_of_instructions(lines: list[str]) -> int:
    shown = demonstration_lines(lines)
    end = shown.index(True) if any(shown) else len(lines)
    # Over the blank lines and the heading that introduce the demonstrations.
    while end and any(shown) and (not lines[end - 1].strip() or lines[end - 1].rstrip().endswith(":")):
        end -= 1
    return end
