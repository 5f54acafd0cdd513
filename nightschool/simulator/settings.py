"""The simulator's settings: its model, its pace and its faults."""

from __future__ import annotations

from pydantic import Field, model_validator

from nightschool.records.base import Record

MODEL = "simulated-1"
OWNED_BY = "nightschool simulator: not a real model"
HOST = "127.0.0.1"


class FaultRates(Record):
    """The share of requests that meets each fault; by default none does."""

    rate_limited: float = Field(default=0.0, ge=0, le=1, description="answered 429 with Retry-After")
    server_error: float = Field(default=0.0, ge=0, le=1, description="answered 500")
    dropped: float = Field(default=0.0, ge=0, le=1, description="connection closed without an answer, or within a stream")
    hanging: float = Field(default=0.0, ge=0, le=1, description="never answered within `hang_s`, then dropped")
    malformed: float = Field(default=0.0, ge=0, le=1, description="answered 200 with JSON that is cut off")
    empty: float = Field(default=0.0, ge=0, le=1, description="answered 200 with an empty message")

    @model_validator(mode="after")
    def _is_a_share(self) -> FaultRates:
        if sum(self.model_dump().values()) > 1 + 1e-9:
            raise ValueError("the rates of all faults together must not exceed 1")
        return self

    @classmethod
    def evenly(cls, rate: float) -> FaultRates:
        """A total rate, shared out evenly over all kinds of fault."""
        share = rate / len(cls.model_fields)
        return cls(**dict.fromkeys(cls.model_fields, share))


class SimulatorSettings(Record):
    """How a simulator behaves; the same settings give the same answers."""

    port: int = Field(default=0, ge=0, le=65535, description="TCP port on the loopback interface; 0: any free one")
    seed: int = Field(default=0, ge=0, description="seed of the simulated model, of latencies and of faults")
    models: tuple[str, ...] = Field(default=(MODEL,), min_length=1, description="names that the one model answers to")
    latency_ms: float = Field(default=0.0, ge=0, description="milliseconds before an answer")
    jitter: float = Field(default=0.2, ge=0, le=1, description="relative spread of the latency; 0.2: plus or minus 20 %")
    faults: FaultRates = FaultRates()
    retry_after_s: float = Field(default=1.0, ge=0, description="seconds that a 429 asks to wait")
    hang_s: float = Field(default=600.0, gt=0, description="seconds that a hanging request is held")
    context_tokens: int = Field(default=32768, ge=16, description="tokens of the longest request; longer ones get a 400")
    api_key: str = Field(default="", description="the only key that is let in; empty: any key, or none")
