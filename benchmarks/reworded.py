"""A second site's questions, made by other rules than `paraphrases`: what is meant, said anew by hand-written forms.

A question is an intent with its entities. It is asked in one of several sentences that share few words, with a clause of
circumstance before or after it, sentences of context around, words of the same meaning, greetings and slips. Another entity,
number or place, and the intent's opposite, make another question.
"""

from __future__ import annotations

import random
from collections.abc import Collection

from benchmarks.paraphrases import Asked

# Each row is one intent: ways to ask the same. `{w}` is the circumstance, which stands at the front or at the end.
_INTENTS = {
    "en": (
        (
            "how do i return {item} bought in {city} {w}",
            "what are the steps to send back {item} from your {city} store {w}",
            "{item} from {city}: how can it be returned {w}",
        ),
        ("why can i not return {item} bought in {city} {w}", "what stops me from sending back {item} from the {city} store {w}"),
        ("how much is {item} with {n} GB {w}", "what does {item} with {n} GB cost {w}", "price of the {n} GB {item} {w}"),
        (
            "does {item} with {n} GB come in {colour} {w}",
            "is there a {colour} {item} with {n} GB {w}",
            "do you sell {n} GB {item} in {colour} {w}",
        ),
        (
            "when will order {n} arrive in {city} {w}",
            "what is the delivery date of order {n} to {city} {w}",
            "how long until order {n} reaches {city} {w}",
        ),
        ("cancel order {n} to {city} {w}", "i want order {n} to {city} called off {w}", "please stop order {n} to {city} {w}"),
        ("do not cancel order {n} to {city} {w}", "please keep order {n} to {city}, it must not be called off {w}"),
        (
            "how can i repair a {colour} {item} that does not start {w}",
            "my {colour} {item} will not turn on, what can i do {w}",
            "what helps when the {colour} {item} fails to start {w}",
        ),
        (
            "can {item} be picked up in {city} {w}",
            "is pickup of {item} possible in {city} {w}",
            "may i collect {item} at the {city} shop {w}",
        ),
    ),
    "vi": (
        (
            "làm sao để trả {item} mua ở {city} {w}",
            "muốn hoàn lại {item} đã mua tại {city} thì cần làm gì {w}",
            "thủ tục trả {item} của cửa hàng {city} thế nào {w}",
        ),
        ("vì sao không trả được {item} mua ở {city} {w}", "sao {item} mua tại {city} lại không được hoàn {w}"),
        ("{item} {n} GB giá bao nhiêu {w}", "bao nhiêu tiền một {item} {n} GB {w}", "giá bán của {item} loại {n} GB {w}"),
        (
            "{item} {n} GB có màu {colour} không {w}",
            "còn màu {colour} cho {item} {n} GB không {w}",
            "bên mình bán {item} {n} GB màu {colour} chứ {w}",
        ),
        (
            "bao giờ đơn {n} tới {city} {w}",
            "đơn hàng số {n} giao đến {city} ngày nào {w}",
            "mất bao lâu thì đơn {n} về {city} {w}",
        ),
        ("hủy đơn {n} giao {city} {w}", "tôi không cần đơn {n} gửi đi {city} nữa, hủy nhé {w}"),
        ("đừng hủy đơn {n} giao {city} {w}", "xin giữ lại đơn {n} gửi đi {city}, không hủy {w}"),
        ("sửa {item} màu {colour} không lên nguồn thế nào {w}", "{item} màu {colour} bật không lên thì làm gì {w}"),
        ("có thể nhận {item} ở {city} không {w}", "lấy {item} trực tiếp tại {city} được chứ {w}"),
    ),
}
# A circumstance has two wordings of one meaning; another circumstance is another question.
_WHEN = {
    "en": (
        ("", ""),
        ("if i have no receipt", "without a receipt"),
        ("during the holidays", "over the holiday season"),
        ("when paying by card", "if i pay with a card"),
        ("for a business customer", "as a company"),
    ),
    "vi": (
        ("", ""),
        ("nếu mất hóa đơn", "khi không có hóa đơn"),
        ("trong dịp lễ", "vào ngày lễ"),
        ("khi trả bằng thẻ", "nếu thanh toán thẻ"),
        ("cho khách doanh nghiệp", "với công ty"),
    ),
}
_ENTITIES = {
    "en": {
        "item": [
            "phone",
            "laptop",
            "tablet",
            "camera",
            "printer",
            "monitor",
            "keyboard",
            "headset",
            "speaker",
            "router",
            "scanner",
            "projector",
            "drone",
            "watch",
            "microphone",
            "charger",
        ],
        "city": [
            "Berlin",
            "Lyon",
            "Madrid",
            "Oslo",
            "Porto",
            "Prague",
            "Dublin",
            "Vienna",
            "Turin",
            "Geneva",
            "Boston",
            "Denver",
            "Austin",
            "Seattle",
        ],
        "colour": ["red", "blue", "green", "black", "white", "silver", "golden", "purple"],
    },
    "vi": {
        "item": [
            "điện thoại",
            "máy tính",
            "máy ảnh",
            "máy in",
            "màn hình",
            "bàn phím",
            "tai nghe",
            "loa",
            "bộ phát sóng",
            "máy quét",
            "máy chiếu",
            "đồng hồ",
            "cục sạc",
            "quạt điện",
        ],
        "city": [
            "Hà Nội",
            "Huế",
            "Đà Nẵng",
            "Vinh",
            "Cần Thơ",
            "Hải Phòng",
            "Đà Lạt",
            "Nha Trang",
            "Quy Nhơn",
            "Biên Hòa",
            "Sài Gòn",
            "Pleiku",
        ],
        "colour": ["đỏ", "xanh lá", "đen", "trắng", "bạc", "vàng", "tím", "hồng"],
    },
}
_AROUND = {
    "en": (
        "I have been a customer for years.",
        "My brother told me to ask here.",
        "Sorry to bother you again.",
        "We are moving house soon.",
        "I could not find it on the page.",
    ),
    "vi": (
        "Tôi là khách quen của shop.",
        "Bạn tôi bảo hỏi ở đây.",
        "Xin lỗi vì làm phiền.",
        "Nhà tôi sắp chuyển đi.",
        "Tôi tìm trên trang không thấy.",
    ),
}
_GREETINGS = {"en": ("Good morning,", "Hey team,", "Dear support,"), "vi": ("Chào bạn,", "Shop ơi,", "Kính gửi cửa hàng,")}
_SYNONYMS = {
    "en": {"how": "in what way", "shop": "store", "arrive": "get here", "sell": "offer", "repair": "fix", "cost": "sell for"},
    "vi": {"muốn": "cần", "mua": "đặt", "giá": "chi phí", "sửa": "khắc phục", "nhận": "lấy", "ngày": "hôm"},
}

KINDS = frozenset({"synonyms", "circumstances", "sentences"})
"""What is said anew beside clauses that move, greetings, sentences of context and slips, which always are: single words, the
circumstance, the whole question."""

_Meant = tuple[str, int, int, tuple[tuple[str, str], ...]]


def reworded_questions(size: int, seed: int, *, kinds: Collection[str] = KINDS) -> list[Asked]:
    """So many texts with the question that each asks: many are asked once, others up to 30 times, always said anew.

    Args:
        size: how many.
        seed: of the draw.
        kinds: what is said in other words; some of KINDS.
    """
    chance = random.Random(seed)
    numbers: dict[_Meant, int] = {}
    asked: list[Asked] = []
    while len(asked) < size:
        meant = _meant(chance)
        number = numbers.setdefault(meant, len(numbers))
        asked += [Asked(_said(chance, meant, kinds), number) for _ in range(min(30, int(chance.paretovariate(1.2))))]
    del asked[size:]
    chance.shuffle(asked)
    return asked


def _meant(chance: random.Random) -> _Meant:
    """Language, intent, circumstance and the entities that the intent's forms name."""
    language = chance.choice(("en", "vi"))
    intent = chance.randrange(len(_INTENTS[language]))
    form = _INTENTS[language][intent][0]
    values = {name: chance.choice(some) for name, some in _ENTITIES[language].items() if f"{{{name}}}" in form}
    if "{n}" in form:
        values["n"] = str(chance.choice((32, 64, 128, 256, 512)) if "GB" in form else chance.randint(1_000, 99_999))
    return language, intent, chance.randrange(len(_WHEN[language])), tuple(sorted(values.items()))


def _said(chance: random.Random, meant: _Meant, kinds: Collection[str]) -> str:
    language, intent, when, values = meant
    forms, circumstances = _INTENTS[language][intent], _WHEN[language][when]
    form = chance.choice(forms) if "sentences" in kinds else forms[0]
    circumstance = chance.choice(circumstances) if "circumstances" in kinds else circumstances[0]
    if circumstance and chance.random() < 0.4:
        form = f"{circumstance}, {form}".replace(" {w}", "")
    text = form.format(w=circumstance, **dict(values)).strip()
    if "synonyms" in kinds and chance.random() < 0.2:
        text = " ".join(_SYNONYMS[language].get(word, word) for word in text.split())
    if chance.random() < 0.15:
        text = _mistyped(chance, text)
    if chance.random() < 0.3:
        text = f"{chance.choice(_GREETINGS[language])} {text}"
    if chance.random() < 0.25:
        around = chance.choice(_AROUND[language])
        text = f"{around} {text}?" if chance.random() < 0.5 else f"{text}? {around}"
    return text


def _mistyped(chance: random.Random, text: str) -> str:
    """One letter left out of a word of five letters or more."""
    words = text.split()
    places = [at for at, word in enumerate(words) if len(word) >= 5 and word.isascii() and word.islower()]
    if places:
        at = chance.choice(places)
        cut = chance.randrange(1, len(words[at]) - 1)
        words[at] = words[at][:cut] + words[at][cut + 1 :]
    return " ".join(words)
