"""Policies of the shop: return, warranty, shipping, points, cancelling. The simulated model has learned them."""

from __future__ import annotations

from datetime import date

from nightschool.simulator.language import Words, number_text
from nightschool.simulator.problem import Problem, Values
from nightschool.simulator.problems.arithmetic import VND
from nightschool.simulator.slots import Day, Number, PersonName, Pick
from nightschool.simulator.truths import Truth, day, number

RETURN_DAYS = 30
WARRANTY_YEARS = 2
FREE_SHIPPING_FROM = 500_000
_SHIPPING = (20_000, 35_000)
_PLACES = Pick((Words("an address in town", "địa chỉ nội thành"), Words("another province", "tỉnh khác")))
_PRODUCT = Pick(
    (
        Words("a blender", "máy xay"),
        Words("a bicycle", "xe đạp"),
        Words("headphones", "tai nghe"),
        Words("a desk", "bàn làm việc"),
        Words("a heater", "máy sưởi"),
        Words("running shoes", "giày chạy bộ"),
    )
)


def _return_date(v: Values) -> Truth:
    return day(v["bought"] + RETURN_DAYS, Words("Returns: purchase + 30 days", "Đổi trả: ngày mua + 30 ngày"))


def _warranty_end(v: Values) -> Truth:
    bought = date.fromordinal(v["bought"])
    # 29 February has no day of its own two years later; shops count to the 28th.
    last = bought.replace(year=bought.year + WARRANTY_YEARS, day=min(bought.day, 28) if bought.month == 2 else bought.day)
    return day(last.toordinal(), Words("Warranty: purchase + 24 months", "Bảo hành: ngày mua + 24 tháng"))


def _shipping_fee(v: Values) -> Truth:
    fee = 0 if v["amount"] >= FREE_SHIPPING_FROM else _SHIPPING[v["place"]]
    return number(fee, VND, (f"{v['amount']} / {FREE_SHIPPING_FROM} → {fee}",), "")


def _points(v: Values) -> Truth:
    points = v["amount"] / 1000 * 2
    return number(
        points, Words("points", "điểm"), (f"{v['amount']} / 1000 × 2 = {number_text(points)}",), f"{v['amount']}/1000*2"
    )


def _cancelling_fee(v: Values) -> Truth:
    fee = 0 if v["hours"] <= 24 else v["amount"] / 10
    return number(fee, VND, (f"{v['hours']} h / 24 h → {number_text(fee)}",), "")


POLICIES = (
    Problem(
        "return_date",
        "policy",
        "medium",
        (
            Words(
                "{name} bought {product} from you on {bought}. Until which date can it be sent back?",
                "{name} mua {product} của shop ngày {bought}. Hạn chót đổi trả là ngày nào?",
            ),
            Words(
                "I got {product} on {bought} and it does not fit, what is my last day for a return?",
                "Tôi nhận {product} hôm {bought} mà không ưng, ngày cuối được trả hàng là ngày nào?",
            ),
        ),
        {"name": PersonName(), "product": _PRODUCT, "bought": Day()},
        _return_date,
    ),
    Problem(
        "warranty_end",
        "policy",
        "hard",
        (
            Words(
                "When does the warranty for {product} purchased {bought} run out?",
                "Bảo hành cho {product} mua ngày {bought} hết hạn khi nào?",
            ),
        ),
        {"product": _PRODUCT, "bought": Day()},
        _warranty_end,
    ),
    Problem(
        "shipping_fee",
        "policy",
        "easy",
        (
            Words(
                "What do you charge for shipping {amount} VND worth of goods to {place}?",
                "Đơn {amount} đồng giao tới {place} thì phí vận chuyển bao nhiêu?",
            ),
        ),
        {"amount": Number(95000, 905000, 1000), "place": _PLACES},
        _shipping_fee,
    ),
    Problem(
        "points",
        "policy",
        "medium",
        (
            Words(
                "As a gold member, how many points do I earn for spending {amount} VND?",
                "Thành viên vàng tiêu {amount} đồng thì được cộng bao nhiêu điểm?",
            ),
        ),
        {"amount": Number(110000, 4900000, 1000)},
        _points,
    ),
    Problem(
        "cancelling_fee",
        "policy",
        "hard",
        (
            Words(
                "What is the fee if an order over {amount} VND is called off {hours} hours after it was placed?",
                "Hủy đơn trị giá {amount} đồng sau khi đặt {hours} giờ thì mất phí bao nhiêu?",
            ),
        ),
        {"amount": Number(120000, 3900000, 10000), "hours": Number(3, 70)},
        _cancelling_fee,
    ),
)
