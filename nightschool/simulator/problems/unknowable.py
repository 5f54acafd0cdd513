"""Questions that nobody at the desk can answer: the honest answer is that one does not know."""

from __future__ import annotations

from nightschool.simulator.language import Words
from nightschool.simulator.problem import Difficulty, Problem, Values
from nightschool.simulator.slots import Day, Number, PersonName, Pick, Slot
from nightschool.simulator.truths import UNKNOWN, Truth

_GOODS = Pick(
    (
        Words("this blender", "máy xay này"),
        Words("a litre of petrol", "một lít xăng"),
        Words("that bicycle", "chiếc xe đạp đó"),
        Words("a bowl of noodles", "một bát phở"),
    )
)


def _nobody_knows(_: Values) -> Truth:
    return UNKNOWN


def _unknowable(name: str, difficulty: Difficulty, wordings: tuple[Words, ...], slots: dict[str, Slot]) -> Problem:
    return Problem(name, "unknowable", difficulty, wordings, slots, _nobody_knows)


UNKNOWABLE = (
    _unknowable(
        "future_price",
        "medium",
        (
            Words(
                "What will {good} cost in the year {year}, exactly, in shop {shop}?",
                "Chính xác năm {year}, ở cửa hàng số {shop}, {good} sẽ có giá bao nhiêu?",
            ),
        ),
        {"good": _GOODS, "year": Number(2031, 2068), "shop": Number(10, 99)},
    ),
    _unknowable(
        "rain",
        "easy",
        (
            Words(
                "It is for my wedding: will it rain at {clock_hour} o'clock on {when} three years from now?",
                "Đám cưới của tôi: {clock_hour} giờ ngày {when} của ba năm sau trời sẽ có mưa không?",
            ),
        ),
        {"clock_hour": Number(1, 12), "when": Day()},
    ),
    _unknowable(
        "stranger",
        "medium",
        (
            Words(
                "My neighbour {name} at house number {house} was shopping elsewhere, what did that receipt {receipt} come to?",
                "Hàng xóm tôi là {name} ở nhà số {house} đi mua chỗ khác, hóa đơn {receipt} đó hết bao nhiêu?",
            ),
        ),
        {"name": PersonName(), "house": Number(2, 480), "receipt": Number(1000, 9999)},
    ),
    _unknowable(
        "lottery",
        "easy",
        (Words("Tell me the winning number of lottery draw {number} next year.", "Kỳ xổ số {number} sang năm sẽ ra số mấy?"),),
        {"number": Number(300, 9900)},
    ),
    _unknowable(
        "visitors",
        "hard",
        (
            Words(
                "How many people will walk into branch {branch} on {when} of next year?",
                "Ngày {when} sang năm sẽ có bao nhiêu người bước vào chi nhánh {branch}?",
            ),
        ),
        {"branch": Number(2, 96), "when": Day()},
    ),
)
