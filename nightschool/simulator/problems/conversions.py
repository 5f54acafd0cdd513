"""Conversions of units: one factor, a factor and an offset, or two factors in a row."""

from __future__ import annotations

from nightschool.simulator.language import Words, number_text
from nightschool.simulator.problem import Difficulty, Problem, Values
from nightschool.simulator.problems.arithmetic import VND
from nightschool.simulator.slots import Number, Pick
from nightschool.simulator.truths import Truth, number

_FACTORS: dict[Difficulty, tuple[tuple[Words, Words, float], ...]] = {
    "easy": (
        (Words("kilometres", "km"), Words("metres", "mét"), 1000),
        (Words("kilograms", "kg"), Words("grams", "gam"), 1000),
        (Words("hours", "giờ"), Words("minutes", "phút"), 60),
        (Words("litres", "lít"), Words("millilitres", "ml"), 1000),
        (Words("tonnes", "tấn"), Words("kilograms", "kg"), 1000),
    ),
    "medium": (
        (Words("miles", "dặm"), Words("kilometres", "km"), 1.609),
        (Words("pounds", "pound"), Words("kilograms", "kg"), 0.4536),
        (Words("inches", "inch"), Words("centimetres", "cm"), 2.54),
        (Words("feet", "foot"), Words("metres", "mét"), 0.3048),
        (Words("gallons", "gallon"), Words("litres", "lít"), 3.785),
        (Words("ounces", "ounce"), Words("grams", "gam"), 28.35),
    ),
}


def _conversion(difficulty: Difficulty) -> Problem:
    pairs = _FACTORS[difficulty]
    between = Pick(tuple(Words(f"{a.en} to {b.en}", f"{a.vi} sang {b.vi}") for a, b, _ in pairs))

    def solve(v: Values) -> Truth:
        _, unit, factor = pairs[v["pair"]]
        result = round(v["amount"] * factor, 2)
        work = (f"{v['amount']} × {number_text_of_factor(factor)} = {number_text(result)}",)
        return number(result, unit, work, f"{v['amount']}*{factor}")

    wordings = (
        Words("Please convert {amount} from {pair}.", "Đổi giúp tôi {amount} từ {pair}."),
        Words("Going from {pair}, what does {amount} become?", "Tính từ {pair} thì {amount} thành bao nhiêu?"),
    )
    return Problem(
        f"convert_{difficulty}", "conversion", difficulty, wordings, {"amount": Number(13, 989), "pair": between}, solve
    )


def number_text_of_factor(factor: float) -> str:
    """A factor with all its decimals."""
    return f"{factor:g}"


def _recipe(v: Values) -> Truth:
    result = v["cups"] * 240 * v["batches"]
    return number(
        result,
        Words("millilitres", "ml"),
        (f"{v['cups']} × 240 × {v['batches']} = {result}",),
        f"{v['cups']}*240*{v['batches']}",
    )


def _currency(v: Values) -> Truth:
    result = v["usd"] * v["rate"]
    return number(result, VND, (f"{v['usd']} × {v['rate']} = {result}",), f"{v['usd']}*{v['rate']}")


def _distance(v: Values) -> Truth:
    result = round(v["speed"] * v["seconds"] / 3.6, 2)
    work = (f"{v['speed']} / 3.6 × {v['seconds']} = {number_text(result)}",)
    return number(result, Words("metres", "mét"), work, f"{v['speed']}*{v['seconds']}/3.6")


def _fahrenheit(v: Values) -> Truth:
    result = round((v["degrees"] - 32) / 1.8, 2)
    work = (f"({v['degrees']} - 32) / 1.8 = {number_text(result)}",)
    return number(result, Words("°C", "°C"), work, f"({v['degrees']}-32)/1.8")


CONVERSIONS = (
    _conversion("easy"),
    _conversion("medium"),
    Problem(
        "recipe",
        "conversion",
        "medium",
        (
            Words(
                "A recipe needs {cups} cups of milk and I make {batches} batches. At 240 millilitres a cup, how much is it?",
                "Công thức cần {cups} cốc sữa, tôi làm {batches} mẻ, mỗi cốc 240 ml. Cần bao nhiêu sữa?",
            ),
        ),
        {"cups": Number(2, 24), "batches": Number(2, 36)},
        _recipe,
    ),
    Problem(
        "currency",
        "conversion",
        "easy",
        (
            Words(
                "At {rate} VND for a dollar, what are {usd} dollars worth in dong?",
                "Tỷ giá {rate} đồng một đô, vậy {usd} đô đổi được bao nhiêu tiền Việt?",
            ),
        ),
        {"rate": Number(23100, 27900, 10), "usd": Number(17, 870)},
        _currency,
    ),
    Problem(
        "distance",
        "conversion",
        "hard",
        (
            Words(
                "How many metres does a van at {speed} km/h cover in {seconds} seconds?",
                "Xe tải chạy {speed} km/h thì trong {seconds} giây đi được bao nhiêu mét?",
            ),
        ),
        {"speed": Number(23, 118), "seconds": Number(11, 295)},
        _distance,
    ),
    Problem(
        "fahrenheit",
        "conversion",
        "hard",
        (
            Words(
                "The oven display says {degrees} °F. What is that in Celsius?",
                "Lò nướng báo {degrees} °F, tức là bao nhiêu độ C?",
            ),
            Words(
                "Parcel {parcel} must stay under {degrees} degrees Fahrenheit, which Celsius limit is it?",
                "Kiện {parcel} phải giữ dưới {degrees} độ F, vậy giới hạn theo độ C là bao nhiêu?",
            ),
        ),
        {"degrees": Number(77, 486), "parcel": Number(1000, 9999)},
        _fahrenheit,
    ),
)
