"""GEPA's reflection is answered as a critic and an editor would: from what it shows, by a better prompt in a fence."""

from nightschool.simulator.chat import read_chat
from nightschool.simulator.reflection import asks_for_reflection, read_reflection, reflect
from nightschool.simulator.roles import role_of
from nightschool.training.gepa import TEXTS

PROMPT = "You are the shop's assistant.\n\nBe kind."
RUNS = [
    ("What do 12 lamps cost if a single one is 35000 VND?", "It depends on many things."),
    ("How far is it?", "Far.\n\nVery."),
]


def asked():
    from gepa.strategies.instruction_proposal import InstructionProposalSignature

    told = [dict(zip(TEXTS, (question, answer, "Reward 0.20 of 1."), strict=True)) for question, answer in RUNS]
    return InstructionProposalSignature.prompt_renderer({"current_instruction_doc": PROMPT, "dataset_with_feedback": told})


def test_it_reads_what_the_package_writes():
    shown = read_reflection(asked())
    assert shown.prompt == PROMPT
    assert [(run.question, run.answer, run.reward) for run in shown.runs] == [(*run, 0.2) for run in RUNS]


def test_it_answers_with_a_prompt_that_asks_for_what_was_missing():
    body = {"messages": [{"role": "user", "content": asked()}]}
    assert role_of(body, read_chat(body)) == "critic"
    answer = reflect(asked(), seed=1, sample="")
    assert answer.startswith(f"```\n{PROMPT}\n- ")
    assert "final answer" in answer.lower()
    assert answer.endswith("\n```")
    assert not asks_for_reflection("Revise the prompt.")
