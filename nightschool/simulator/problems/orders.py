"""Orders: nobody can know their state without looking it up; `order_status` is the desk's own system."""

from __future__ import annotations

from nightschool.simulator.draws import draw
from nightschool.simulator.language import Words
from nightschool.simulator.problem import Problem, Values
from nightschool.simulator.slots import Number
from nightschool.simulator.truths import Truth, label

STATUSES = (
    Words("processing", "đang xử lý"),
    Words("shipped", "đang giao"),
    Words("delivered", "đã giao xong"),
    Words("cancelled", "đã hủy"),
    Words("returned", "đã hoàn trả"),
)
CARRIERS = (
    Words("GHN", "GHN"),
    Words("Viettel Post", "Viettel Post"),
    Words("J&T", "J&T"),
    Words("DHL", "DHL"),
)
_LOOKED_UP = Words("The desk's records", "Dữ liệu của cửa hàng")


def _position(order: int, kind: str, options: int) -> int:
    return int(draw("order", order, kind) * options)


def order_status(order_number: str) -> str:
    """What the desk's own system says of an order; a tool for the agent.

    Args:
        order_number: the digits of the order's number; anything else is answered with `unknown order`.
    """
    digits = "".join(character for character in order_number if character.isascii() and character.isdigit())
    if not digits:
        return f"unknown order {order_number!r}"
    order = int(digits)
    status = STATUSES[_position(order, "status", len(STATUSES))].en
    carrier = CARRIERS[_position(order, "carrier", len(CARRIERS))].en
    return f"order {order}: status {status}; carrier {carrier}"


def _status(v: Values) -> Truth:
    return label(_position(v["order"], "status", len(STATUSES)), STATUSES, _LOOKED_UP)


def _carrier(v: Values) -> Truth:
    return label(_position(v["order"], "carrier", len(CARRIERS)), CARRIERS, _LOOKED_UP)


_ORDER = Number(10000, 99999)

ORDERS = (
    Problem(
        "status",
        "orders",
        "easy",
        (
            Words("What is the status of order {order}?", "Đơn hàng {order} đang ở trạng thái nào?"),
            Words("I am still waiting for order {order}, how far is it?", "Tôi vẫn đang chờ đơn {order}, tới đâu rồi?"),
            Words("Can you check where my purchase {order} stands?", "Kiểm tra giúp tình trạng đơn mua số {order} với"),
        ),
        {"order": _ORDER},
        _status,
    ),
    Problem(
        "carrier",
        "orders",
        "medium",
        (
            Words("Which company is bringing order {order}?", "Đơn {order} do hãng vận chuyển nào giao?"),
            Words("Name the carrier of shipment {order}.", "Cho biết đơn vị giao kiện hàng {order}."),
        ),
        {"order": _ORDER},
        _carrier,
    ),
)
