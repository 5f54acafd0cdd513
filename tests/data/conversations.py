"""What the made databases hold: sessions of questions, told once for every version of Agno. No imports: any Python reads it."""

SYSTEM_MESSAGE = 'You are the desk. Answer as {"value": "…"}.'

SESSIONS = (
    ("s-orders", "ada@example.com", ("Where is my order A-17? 📦", "look up A-17 please", "And when will it come?")),
    ("s-vietnamese", "ben", ("Đơn hàng của tôi đâu rồi?", "Cảm ơn bạn 😀 nhé", "Tôi muốn đổi địa chỉ giao hàng")),
    ("s-failing-tool", "ben", ("refund A-17 to me", "Is it paid back now?")),
    ("s-failing-model", "cleo", ("Please explode", "And after the failure?")),
    ("s-nameless", None, ("Who am I?",)),
    ("s-nothing", "cleo", ("Please say nothing",)),
)
"""Session, user and questions; asked of the agent `support` in this order."""

LONG_SESSION = ("s-long", "dora", tuple(f"Question number {n} of a long talk" for n in range(1, 15)))
"""Longer than the history that Agno shows an agent."""

HISTORY_RUNS = 3
"""How many earlier runs the agents are shown."""

MESSAGES = (("user", "I wrote you yesterday."), ("assistant", "Yes, I remember."), ("user", "So, what of it?"))
"""A list input: a caller's own history before the question."""

RATINGS = {"look up A-17 please": (5, "exactly"), "Cảm ơn bạn 😀 nhé": (2, "không đúng")}
"""Put into the run's metadata."""
