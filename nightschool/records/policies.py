"""Policies: plain models with the defaults that hold where nobody sets anything; `settings` holds one of each."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from nightschool.records.base import Record

GuardAction = Literal["hold", "warn", "off"]
"""What a guard does where it finds something: ask a person, say so, or nothing."""


class ModelPolicy(Record):
    """The endpoint of critic, editor and judge; the agent's own model is its factory's business."""

    base_url: str = Field(default="", description="OpenAI-compatible endpoint; empty: OpenAI's own")
    model: str = Field(default="gpt-4o-mini", description="model of critic, editor and judge where theirs is not set")
    critic_model: str = Field(default="", description="model that writes critiques; empty: `model`")
    editor_model: str = Field(default="", description="model that applies critiques; empty: `model`")
    judge_model: str = Field(default="", description="model that grades answers; empty: `model`")
    labeller_model: str = Field(default="", description="model that labels questions where data.labeller is llm; empty: `model`")
    timeout_s: float = Field(default=60.0, gt=0, description="seconds that one call may take")
    max_attempts: int = Field(default=4, ge=1, le=10, description="tries of a call that meets a transient fault")
    max_output_tokens: int = Field(default=1500, ge=16, description="tokens that critic, editor and judge may write")
    input_usd_per_mtok: float = Field(default=0.15, ge=0, description="price of a million input tokens, in USD")
    output_usd_per_mtok: float = Field(default=0.60, ge=0, description="price of a million output tokens, in USD")

    @property
    def names(self) -> tuple[str, ...]:
        """The models that play critic, editor and judge, and the labeller's where it has one of its own, each once."""
        roles = (self.critic_model, self.editor_model, self.judge_model)
        return tuple(sorted({name or self.model for name in roles} | ({self.labeller_model} - {""})))

    @property
    def identity(self) -> tuple[str, ...]:
        """What decides the answers: the models and how much they may write, not where they answer or what they cost."""
        roles = (self.critic_model, self.editor_model, self.judge_model)
        return (self.model, *roles, str(self.max_output_tokens))


class GradingPolicy(Record):
    """How an answer becomes a reward in [0, 1]."""

    use_llm_grader: bool = Field(
        default=True, description="whether an LLM judge grades the reasoning (and answers without a reference)"
    )
    accuracy_weight: float = Field(default=0.4, ge=0, le=1, description="weight of accuracy; the judge has the rest")
    match: Literal["auto", "strict", "lenient", "numeric"] = Field(
        default="auto",
        description="strict: the first line is the expected answer; lenient: the answer contains it; "
        "numeric: the last number is within tolerance; auto: numeric for numbers, else lenient",
    )
    reward_tolerance: float = Field(
        default=0.1, ge=0, le=1, description="relative distance at which a number still counts as right"
    )
    judge_temperature: float = Field(default=0.0, ge=0, le=2, description="sampling temperature of the judge")
    scorers: tuple[str, ...] = Field(
        default=(),
        description="Agno's scorers, or the site's own, as `package.module:object`; with the judge, where there is one, their "
        "mean is the part of the reward that is not accuracy",
    )
    rubric: str = Field(default="", description="the site's own words on what a good answer is, shown to the judge")
    max_judged_chars: int = Field(
        default=40_000, ge=1_000, description="characters of an answer that the judge is shown; longer ones are cut in the middle"
    )


class RolloutPolicy(Record):
    """How the agent is run on a question, away from production."""

    safe_tools: tuple[str, ...] = Field(
        default=(),
        description="tools that may run for real, like a calculator or a look-up (`*` and `?` match); "
        "every other one answers from the conversation's recording",
    )
    max_llm_calls: int = Field(
        default=50, ge=1, description="calls of the agent's models in one rollout, its team's members with it; more are its fault"
    )


class SearchPolicy(Record):
    """How the search for a challenger goes."""

    algorithm: Literal["apo", "gepa"] = Field(
        default="apo",
        description="apo: automatic prompt optimization (ProTeGi, arXiv 2305.03495); gepa: reflective evolution "
        "(arXiv 2507.19457), a package to install beside: nightschool[gepa]",
    )
    strategy: Literal["single", "per_domain", "progressive"] = Field(
        default="single",
        description="single: one search; per_domain: a target of its own for each category of questions, like support/math; "
        "progressive: easy questions first, then medium, then hard, each search from the last winner",
    )
    max_iterations: int = Field(default=3, ge=1, le=50, description="expand-and-select steps (agentlightning: beam rounds)")
    beam_width: int = Field(default=1, ge=1, le=16, description="candidates kept after each iteration")
    branch_factor: int = Field(default=4, ge=1, le=16, description="children that each kind of edit makes of a parent")
    gradient_batch_size: int = Field(default=8, ge=1, description="training rollouts that one critique reads")
    max_critic_tokens: int = Field(
        default=12_000,
        ge=500,
        description="tokens, by an estimate, that one critique reads; fewer and shorter rollouts are shown to keep to it "
        "(for a model with a small context: that context less models.max_output_tokens)",
    )
    n_runners: int = Field(default=8, ge=1, le=256, description="rollouts that run at the same time")
    races: tuple[int, ...] = Field(
        default=(16,),
        description="validation examples after which the worse half of the candidates stops; with a screen the last number is "
        "what iterations rank on, and only the winner and the seed prompt run on all",
    )
    screen_size: int = Field(
        default=8,
        ge=0,
        description="training rollouts on which a candidate must beat its parent before it is ranked on validation; "
        "what helped there is merged at once; 0: all are ranked",
    )
    critic_temperature: float = Field(default=0.7, ge=0, le=2, description="sampling temperature of the critic")
    editor_temperature: float = Field(default=0.5, ge=0, le=2, description="sampling temperature of the editor")
    edits: tuple[str, ...] = Field(
        default=("critique", "merge", "demonstrations", "shorten"), description="kinds of edit that compete"
    )
    max_prompt_tokens: int = Field(
        default=4000, ge=50, description="tokens, by an estimate, of a candidate's prompt (a longer incumbent may stay as long)"
    )
    demonstrations: Literal["off", "curated", "all"] = Field(
        default="curated",
        description="examples that may stand in prompts: none, curated files and corrected answers, all with an answer",
    )
    max_demonstrations: int = Field(default=16, ge=1, le=64, description="demonstrations in one prompt")
    rollout_timeout_s: float = Field(default=120.0, gt=0, description="seconds after which a rollout counts as the agent's fault")
    max_unscored_share: float = Field(default=0.10, ge=0, le=1, description="more unscored rollouts than this stop the stage")
    min_new_examples: int = Field(
        default=10,
        ge=0,
        description="training and validation examples that must be new since the last search of this target, "
        "or the night does not search",
    )
    seed: int = Field(default=0, ge=0, description="added to the night's own seed")

    @field_validator("races")
    @classmethod
    def _growing(cls, races: tuple[int, ...]) -> tuple[int, ...]:
        if list(races) != sorted(set(races)) or any(size < 1 for size in races):
            raise ValueError("races must be growing numbers of validation examples, like [16, 64]")
        return races


class RatePolicy(Record):
    """How fast one endpoint is asked by critic, editor, judge and agent together; 0 means no limit."""

    max_concurrent: int = Field(default=0, ge=0, description="calls at the same time")
    requests_per_minute: float = Field(default=0.0, ge=0, description="calls a minute")
    tokens_per_minute: float = Field(default=0.0, ge=0, description="tokens a minute, in and out, by an estimate")
    share: float = Field(
        default=1.0, gt=0, le=1, description="part of these limits that is used; the rest is left to the key's other users"
    )
    breaker_failures: int = Field(
        default=8, ge=0, description="outages in a row after which one call at a time tries whether the endpoint is back"
    )


class PromptPolicy(Record):
    """What no search may change in the prompt."""

    locked: str = Field(default="", description="text that must stand in every prompt word for word, like a safety policy")


class BudgetPolicy(Record):
    """What a night may cost; 0 means no limit."""

    max_cost_usd: float = Field(default=0.0, ge=0, description="USD that a night's LLM calls may cost")
    max_calls: int = Field(default=0, ge=0, description="LLM calls that a night may make")
    max_tokens: int = Field(default=0, ge=0, description="tokens, in and out, that a night's LLM calls may take")
    max_wall_s: float = Field(default=0.0, ge=0, description="seconds of wall-clock time that a run of a night may take")
    max_cost_usd_per_month: float = Field(
        default=0.0, ge=0, description="USD that the nights of a calendar month (UTC) may cost, of all targets with this journal"
    )
    gate_share: float = Field(
        default=0.4, ge=0, lt=1, description="part of the night's limits that the search leaves for the exam"
    )
    journal_days: int = Field(default=30, ge=1, description="days after which a night's finished calls are forgotten")


class GuardPolicy(Record):
    """What holds a win back until a person has looked; each guard can be a warning instead, or off."""

    slices: GuardAction = Field(default="hold", description="what follows where a slice of the traffic loses")
    slice_loss: float = Field(default=0.05, ge=0, le=1, description="mean reward that a slice may lose")
    slice_error: float = Field(
        default=0.05, gt=0, lt=1, description="chance that any slice is held back by noise (Holm over the slices)"
    )
    slice_min_units: int = Field(default=8, ge=2, description="units, or repeats of one question, below which it is not judged")
    question_share: float = Field(
        default=0.05, gt=0, le=1, description="share of the window's turns from which on a question is a slice of its own"
    )
    question_samples: int = Field(
        default=8, ge=0, description="times that such a question is asked in each arm before a win is believed; 0: never"
    )
    accuracy: GuardAction = Field(default="hold", description="what follows where accuracy falls while the judge is pleased")
    accuracy_loss: float = Field(default=0.02, ge=0, le=1, description="mean accuracy that may be lost")
    accuracy_error: float = Field(default=0.01, gt=0, lt=1, description="one-sided p-value below which that loss is believed")
    cost: GuardAction = Field(default="hold", description="what follows where answers become dearer")
    cost_ratio: float = Field(default=1.25, ge=1, description="times the incumbent's cost of an answer that are accepted")
    cost_more_usd: float = Field(default=0.002, ge=0, description="USD more an answer that are accepted, whatever the ratio")
    latency: GuardAction = Field(default="hold", description="what follows where answers become slower")
    latency_ratio: float = Field(default=1.3, ge=1, description="times the incumbent's latency that are accepted")
    latency_more_s: float = Field(default=1.0, ge=0, description="seconds more an answer that are accepted, whatever the ratio")
    prompt: GuardAction = Field(default="hold", description="what follows where the prompt becomes long")
    prompt_ratio: float = Field(default=2.0, ge=1, description="times the incumbent's prompt tokens that are accepted")
    prompt_tokens: int = Field(default=1500, ge=0, description="prompt tokens that are accepted, whatever the ratio")
    length: GuardAction = Field(default="hold", description="what follows where the gain is no more than longer answers")


class GatePolicy(Record):
    """When a challenger is promoted: a bet on held-out units at stated odds."""

    yearly_false_promotions: float = Field(
        default=1.0, gt=0, le=12, description="false promotions that a target may expect a year"
    )
    tests_per_year: int = Field(default=365, ge=1, description="tests among which that number is shared out")
    horizon: int = Field(default=300, ge=10, description="units that a test is planned for")
    min_sessions: int = Field(default=20, ge=2, description="units before which nothing is promoted")
    max_nights: int = Field(default=20, ge=1, description="nights after which an undecided test is rejected")
    min_effect: float = Field(default=0.01, ge=0, le=1, description="a gain that is sure but smaller than this is rejected")
    unit: Literal["session", "user", "auto"] = Field(
        default="session",
        description="what counts as one observation; auto: a user where the window knows at least 100 of them, else a session",
    )
    batch: int = Field(default=20, ge=1, description="units that validate buys at a time")
    min_complete_share: float = Field(
        default=0.95, ge=0, le=1, description="share of pairs with two valid scores, below which the verdict is invalid"
    )
    futility_z: float = Field(
        default=2.0, gt=0, description="standard errors above the mean gain at which an optimist still hopes"
    )
    futility_after: int = Field(default=40, ge=2, description="units before which a test is never given up")
    promotion: Literal["auto", "approve", "off"] = Field(
        default="auto", description="auto: a win is served; approve: a person decides on every win; off: nothing changes"
    )
    anchor_files: tuple[str, ...] = Field(
        default=(),
        description="JSON lists of answers known to be good or bad, by which the judge is checked each night "
        "(docs/gate.md); empty: made of curated questions, where there are any",
    )
    anchor_gap: float = Field(
        default=0.3, ge=0, le=1, description="the judge must grade known good answers so much above known bad ones, on average"
    )
    anchor_drift: float = Field(
        default=0.1, ge=0, le=1, description="change of the anchors' mean grade against their reference that is told"
    )
    guards: GuardPolicy = Field(default=GuardPolicy(), description="what holds a win back until a person has looked")


class TracingPolicy(Record):
    """Where traces go."""

    otlp_endpoint: str = Field(
        default="", description="OTLP/HTTP traces endpoint, like http://localhost:4318/v1/traces; empty: none"
    )
    service_name: str = Field(default="nightschool", description="service.name of the traces")
    content: bool = Field(
        default=False, description="whether what was said goes with the traces; known secrets are masked either way"
    )
    agentops_url: str = Field(
        default="https://api.agentops.ai", description="AgentOps' API, which is asked for a token where AGENTOPS_API_KEY is set"
    )
    agentops_endpoint: str = Field(default="https://otlp.agentops.ai/v1/traces", description="where AgentOps receives traces")
