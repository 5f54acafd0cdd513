"""Classification: which label fits a customer's message, plain or with a twist."""

from __future__ import annotations

from nightschool.simulator.language import Words
from nightschool.simulator.problem import Difficulty, Problem, Values
from nightschool.simulator.slots import Number, Pick, Slot
from nightschool.simulator.truths import Truth, label

INTENTS = (Words("complaint", "khiếu nại"), Words("praise", "khen ngợi"), Words("request", "yêu cầu"))
DEPARTMENTS = (Words("billing", "kế toán"), Words("logistics", "giao vận"), Words("repair", "kỹ thuật"))

_PLAIN = (
    (Words("the lid was cracked when I opened the box", "mở hộp ra thì nắp đã bị nứt"), 0),
    (Words("nobody answered my three calls", "gọi ba cuộc không ai bắt máy"), 0),
    (Words("the colour is not what I ordered", "màu không đúng với đơn đã đặt"), 0),
    (Words("the driver was so kind, thank you", "anh giao hàng rất dễ thương, cảm ơn"), 1),
    (Words("best kettle I have ever owned", "ấm đun tốt nhất tôi từng dùng"), 1),
    (Words("your team solved it in a minute", "đội của bạn xử lý trong một phút"), 1),
    (Words("please send the invoice to my office", "gửi hóa đơn về văn phòng giúp tôi"), 2),
    (Words("I would like to change the delivery day", "tôi muốn đổi ngày nhận hàng"), 2),
    (Words("kindly add a gift card", "thêm giúp tôi một tấm thiệp"), 2),
)
_TWISTED = (
    (Words("wonderful, the third broken lid in a row", "tuyệt vời, nắp vỡ lần thứ ba liên tiếp rồi"), 0),
    (Words("I love waiting two weeks for a cable", "tôi rất thích chờ hai tuần cho một sợi cáp"), 0),
    (Words("not bad at all, I was ready to be angry", "không tệ chút nào, tôi đã định nổi giận"), 1),
    (Words("I came to grumble and left smiling", "tôi đến để càu nhàu mà lại cười ra về"), 1),
    (Words("it would be nice if somebody called before noon", "giá mà có ai gọi trước buổi trưa thì hay"), 2),
    (Words("perhaps the other size would suit us better", "có lẽ cỡ kia hợp với nhà tôi hơn"), 2),
)
_ISSUES = (
    (Words("I was charged twice this month", "tháng này tôi bị trừ tiền hai lần"), 0),
    (Words("the refund never reached my card", "tiền hoàn chưa về thẻ của tôi"), 0),
    (Words("the parcel went to my old street", "kiện hàng bị gửi về nhà cũ"), 1),
    (Words("tracking has not moved since Sunday", "mã theo dõi đứng yên từ chủ nhật"), 1),
    (Words("the screen flickers after an hour", "màn hình nhấp nháy sau một giờ"), 2),
    (Words("the motor smells burnt", "mô tơ có mùi khét"), 2),
)
_REASON = Words("What the writer means counts, not the single words", "Xét ý người viết chứ không xét từng chữ")
_CASE = Number(1000, 99999)


def _classification(
    name: str,
    difficulty: Difficulty,
    wordings: tuple[Words, ...],
    bodies: tuple[tuple[Words, int], ...],
    labels: tuple[Words, ...],
) -> Problem:
    def solve(v: Values) -> Truth:
        return label(bodies[v["body"]][1], labels, _REASON)

    slots: dict[str, Slot] = {"case": _CASE, "age": Number(18, 89), "body": Pick(tuple(body for body, _ in bodies))}
    return Problem(name, "classification", difficulty, wordings, slots, solve)


CLASSIFICATION = (
    _classification(
        "intent",
        "easy",
        (
            Words(
                "Is message {case} a complaint, a praise or a request: “{body}”?",
                "Tin nhắn {case} là khiếu nại, khen ngợi hay yêu cầu: “{body}”?",
            ),
            Words(
                "Label ticket {case} (complaint, praise, request). The customer wrote: {body}",
                "Gắn nhãn phiếu {case} (khiếu nại, khen ngợi, yêu cầu). Khách viết: {body}",
            ),
        ),
        _PLAIN,
        INTENTS,
    ),
    _classification(
        "irony",
        "hard",
        (
            Words(
                "A customer aged {age} left note {case}: “{body}”. Complaint, praise or request?",
                "Khách {age} tuổi để lại ghi chú {case}: “{body}”. Khiếu nại, khen ngợi hay yêu cầu?",
            ),
        ),
        _TWISTED,
        INTENTS,
    ),
    _classification(
        "routing",
        "medium",
        (
            Words(
                "Which team takes case {case}, billing, logistics or repair? It says: {body}",
                "Ca {case} chuyển cho kế toán, giao vận hay kỹ thuật? Nội dung: {body}",
            ),
            Words(
                "Route this to billing, logistics or repair, reference {case}: {body}",
                "Chuyển giúp về kế toán, giao vận hay kỹ thuật, mã {case}: {body}",
            ),
        ),
        _ISSUES,
        DEPARTMENTS,
    ),
)
