"""Word problems with whole numbers: shopping, pay, speed, tanks, interest."""

from __future__ import annotations

from nightschool.simulator.language import Words, number_text
from nightschool.simulator.problem import Problem, Values
from nightschool.simulator.slots import Number, PersonName, Pick
from nightschool.simulator.truths import Truth, number

VND = Words("VND", "đồng")
_MINUTES = Words("minutes", "phút")
_ITEM = Pick(
    (
        Words("notebooks", "quyển vở"),
        Words("boxes of tea", "hộp trà"),
        Words("phone cases", "ốp điện thoại"),
        Words("lamps", "cái đèn"),
        Words("bags of rice", "bao gạo"),
        Words("mugs", "cái cốc"),
        Words("T-shirts", "cái áo thun"),
        Words("umbrellas", "chiếc ô"),
    )
)


def _basket(v: Values) -> Truth:
    total = v["count"] * v["price"]
    return number(total, VND, (f"{v['count']} × {v['price']} = {total}",), f"{v['count']}*{v['price']}")


def _leftover(v: Values) -> Truth:
    each, left = divmod(v["sweets"], v["children"])
    work = (f"{v['children']} × {each} = {v['children'] * each}", f"{v['sweets']} - {v['children'] * each} = {left}")
    return number(left, Words("sweets", "cái kẹo"), work, f"{v['sweets']}-{v['children']}*{each}")


def _change(v: Values) -> Truth:
    spent = v["count"] * v["price"]
    work = (f"{v['count']} × {v['price']} = {spent}", f"{v['paid']} - {spent} = {v['paid'] - spent}")
    return number(v["paid"] - spent, VND, work, f"{v['paid']}-{v['count']}*{v['price']}")


def _discount(v: Values) -> Truth:
    reduced = v["price"] * (100 - v["percent"]) / 100
    total = reduced + v["shipping"]
    work = (
        f"{v['price']} × (100 - {v['percent']}) / 100 = {number_text(reduced)}",
        f"{number_text(reduced)} + {v['shipping']} = {number_text(total)}",
    )
    return number(total, VND, work, f"{v['price']}*(100-{v['percent']})/100+{v['shipping']}")


def _journey(v: Values) -> Truth:
    minutes = round(v["km"] * 60 / v["speed"], 2)
    return number(minutes, _MINUTES, (f"{v['km']} × 60 / {v['speed']} = {number_text(minutes)}",), f"{v['km']}*60/{v['speed']}")


def _salary(v: Values) -> Truth:
    gross = v["hours"] * v["rate"] + v["overtime"] * v["rate"] * 1.5
    net = round(gross * (100 - v["tax"]) / 100, 2)
    work = (
        f"{v['hours']} × {v['rate']} + {v['overtime']} × {v['rate']} × 1.5 = {number_text(gross)}",
        f"{number_text(gross)} × (100 - {v['tax']}) / 100 = {number_text(net)}",
    )
    return number(net, VND, work, f"({v['hours']}*{v['rate']}+{v['overtime']}*{v['rate']}*1.5)*(100-{v['tax']})/100")


def _tank(v: Values) -> Truth:
    net = v["first"] + v["second"] - v["leak"]
    minutes = round(v["litres"] / net, 2)
    work = (f"{v['first']} + {v['second']} - {v['leak']} = {net}", f"{v['litres']} / {net} = {number_text(minutes)}")
    return number(minutes, _MINUTES, work, f"{v['litres']}/({v['first']}+{v['second']}-{v['leak']})")


def _interest(v: Values) -> Truth:
    total = round(v["principal"] * (1 + v["rate"] / 100) ** v["years"], 2)
    work = (f"{v['principal']} × (1 + {v['rate']} / 100)^{v['years']} = {number_text(total)}",)
    # Multiplied out: not every calculator knows powers.
    return number(total, VND, work, "*".join([str(v["principal"]), *[f"(1+{v['rate']}/100)"] * v["years"]]))


ARITHMETIC = (
    Problem(
        "basket",
        "arithmetic",
        "easy",
        (
            Words(
                "{name} buys {count} {item} at {price} VND each. How much is that in total?",
                "{name} mua {count} {item}, mỗi món giá {price} đồng. Tổng cộng hết bao nhiêu tiền?",
            ),
            Words(
                "What do {count} {item} cost if a single one is {price} VND?",
                "Nếu một món giá {price} đồng thì {count} {item} hết bao nhiêu?",
            ),
        ),
        {"name": PersonName(), "count": Number(3, 48), "item": _ITEM, "price": Number(12000, 96000, 500)},
        _basket,
    ),
    Problem(
        "leftover",
        "arithmetic",
        "easy",
        (
            Words(
                "{sweets} sweets are shared evenly among {children} children. How many sweets are left over?",
                "Chia đều {sweets} cái kẹo cho {children} bé thì còn dư mấy cái?",
            ),
        ),
        {"sweets": Number(53, 397), "children": Number(6, 19)},
        _leftover,
    ),
    Problem(
        "change",
        "arithmetic",
        "medium",
        (
            Words(
                "{name} pays with {paid} VND for {count} {item} that cost {price} VND apiece. How much change comes back?",
                "{name} đưa {paid} đồng để mua {count} {item} giá {price} đồng một món. Phải thối lại bao nhiêu?",
            ),
            Words(
                "I handed over {paid} VND and took {count} {item} for {price} VND each, what change should I get?",
                "Tôi đưa {paid} đồng, lấy {count} {item} giá {price} đồng mỗi món, vậy được thối lại bao nhiêu?",
            ),
        ),
        {
            "name": PersonName(),
            "paid": Number(500000, 1000000, 50000),
            "count": Number(2, 8),
            "item": _ITEM,
            "price": Number(12000, 58000, 500),
        },
        _change,
    ),
    Problem(
        "discount",
        "arithmetic",
        "medium",
        (
            Words(
                "A jacket of {price} VND is reduced by {percent}% and shipping adds {shipping} VND. What is the final amount?",
                "Áo khoác giá {price} đồng được giảm {percent}%, phí giao {shipping} đồng. Tổng phải trả là bao nhiêu?",
            ),
            Words(
                "With a voucher of {percent}% on {price} VND, plus {shipping} VND for delivery, what do I pay?",
                "Dùng mã giảm {percent}% cho đơn {price} đồng rồi cộng {shipping} đồng phí giao thì tôi trả bao nhiêu?",
            ),
        ),
        {"price": Number(150000, 990000, 5000), "percent": Number(5, 45, 5), "shipping": Number(15000, 45000, 1000)},
        _discount,
    ),
    Problem(
        "journey",
        "arithmetic",
        "medium",
        (
            Words(
                "A courier rides {km} km at {speed} km per hour. How many minutes does the ride take?",
                "Người giao hàng chạy {km} km với vận tốc {speed} km một giờ. Mất bao nhiêu phút?",
            ),
        ),
        {"km": Number(7, 173), "speed": Number(20, 64, 4)},
        _journey,
    ),
    Problem(
        "salary",
        "arithmetic",
        "hard",
        (
            Words(
                "{name} works {hours} hours at {rate} VND plus {overtime} hours of overtime at 150%. "
                "After {tax}% tax, what is the take-home pay?",
                "{name} làm {hours} giờ, mỗi giờ {rate} đồng, thêm {overtime} giờ tăng ca hệ số 150%. "
                "Trừ thuế {tax}% thì thực lĩnh bao nhiêu?",
            ),
        ),
        {
            "name": PersonName(),
            "hours": Number(96, 176),
            "rate": Number(31000, 92000, 500),
            "overtime": Number(6, 38),
            "tax": Number(5, 20),
        },
        _salary,
    ),
    Problem(
        "tank",
        "arithmetic",
        "hard",
        (
            Words(
                "A tank of {litres} litres is filled by two pumps of {first} and {second} litres a minute while {leak} litres "
                "a minute leak out. After how many minutes is it full?",
                "Bể {litres} lít có hai vòi chảy {first} và {second} lít mỗi phút, trong khi rò rỉ {leak} lít mỗi phút. "
                "Sau bao nhiêu phút thì đầy?",
            ),
        ),
        {"litres": Number(600, 4800, 20), "first": Number(17, 58), "second": Number(19, 63), "leak": Number(3, 14)},
        _tank,
    ),
    Problem(
        "interest",
        "arithmetic",
        "hard",
        (
            Words(
                "{principal} VND lie {years} years at {rate}% compound interest. What are they worth at the end?",
                "Gửi {principal} đồng trong {years} năm, lãi kép {rate}% mỗi năm. Cuối kỳ được bao nhiêu?",
            ),
            Words(
                "How much will {name} have from {principal} VND after {years} years if {rate}% is added each year and kept?",
                "{name} có {principal} đồng, mỗi năm cộng dồn {rate}%, sau {years} năm sẽ có bao nhiêu?",
            ),
        ),
        {"name": PersonName(), "principal": Number(2000000, 90000000, 500000), "years": Number(2, 9), "rate": Number(3, 12)},
        _interest,
    ),
)
