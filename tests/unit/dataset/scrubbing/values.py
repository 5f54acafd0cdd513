"""Values to scrub, made by lot, and texts to put them into."""

from __future__ import annotations

import random

from nightschool.dataset.scrubbing.identities import iban_digits, luhn_digit

PREFIXES = ["032", "038", "056", "070", "079", "083", "088", "090", "091", "098"]
PROVINCES = ["001", "031", "048", "079", "092"]
FAMILIES = ["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Đặng", "Bùi"]
MIDDLES = ["Văn", "Thị", "Minh", "Ngọc", "Quốc"]
GIVEN = ["An", "Bình", "Dũng", "Hương", "Lan", "Phúc", "Trang", "Yến"]
ENGLISH = ["John Smith", "Mary Jones", "Peter O'Neill", "Anna Brown"]
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"


def digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(count))


def signs(rng: random.Random, count: int) -> str:
    return "".join(rng.choice(ALPHABET) for _ in range(count - 2)) + "7x"


def email(rng: random.Random) -> str:
    return (
        f"{rng.choice(['an', 'binh.le', 'mary_j', 'k+x'])}{digits(rng, 5)}@{rng.choice(['gmail.com', 'shop.vn', 'mail.co.uk'])}"
    )


def phone(rng: random.Random) -> str:
    own = rng.choice(PREFIXES) + digits(rng, 7)
    forms = [
        own,
        f"{own[:4]} {own[4:7]} {own[7:]}",
        f"{own[:4]}.{own[4:7]}.{own[7:]}",
        f"+84{own[1:]}",
        f"+84 {own[1:4]} {own[4:7]} {own[7:]}",
    ]
    forms += [
        f"024 {digits(rng, 4)} {digits(rng, 4)}",
        f"+1 (415) {rng.randint(200, 999)}-{digits(rng, 4)}",
        f"+44 20 {digits(rng, 4)} {digits(rng, 4)}",
    ]
    return rng.choice(forms)


def card(rng: random.Random) -> str:
    made = rng.choice(["4", "51", "9704"])
    made += digits(rng, 15 - len(made))
    made += luhn_digit(made)
    return rng.choice([made, " ".join(made[i : i + 4] for i in range(0, 16, 4))])


def iban(rng: random.Random) -> str:
    account = "37" + digits(rng, 16)
    made = f"DE{iban_digits('DE', account)}{account}"
    return rng.choice([made, " ".join(made[i : i + 4] for i in range(0, 22, 4))])


def cccd(rng: random.Random) -> str:
    return rng.choice(PROVINCES) + rng.choice("0123") + digits(rng, 8)


def ip(rng: random.Random) -> str:
    return f"{rng.randint(60, 99)}.{rng.randint(32, 255)}.{rng.randint(0, 255)}.{rng.randint(1, 255)}"


def api_key(rng: random.Random) -> str:
    forms = [f"sk-proj-{signs(rng, 40)}", f"ghp_{signs(rng, 36)}", f"AKIA{signs(rng, 16).upper()}", f"AIza{signs(rng, 35)}"]
    forms += [
        f"sk_live_{signs(rng, 24)}",
        f"xoxb-{digits(rng, 11)}-{signs(rng, 24)}",
        f"hf_{signs(rng, 34)}",
        f"sk-ant-api03-{signs(rng, 80)}",
    ]
    forms += [
        f"glpat-{signs(rng, 20)}",
        f"npm_{signs(rng, 36)}",
        f"{digits(rng, 9)}:AA{signs(rng, 33)}",
        f"SG.{signs(rng, 22)}.{signs(rng, 43)}",
    ]
    return rng.choice(forms)


def name(rng: random.Random) -> str:
    vietnamese = f"{rng.choice(FAMILIES)} {rng.choice(MIDDLES)} {rng.choice(GIVEN)}"
    return rng.choice([vietnamese, vietnamese, rng.choice(ENGLISH)])


MAKERS = {
    "email": email,
    "phone": phone,
    "card": card,
    "iban": iban,
    "national_id": cccd,
    "ip": ip,
    "api_key": api_key,
    "name": name,
}

TEMPLATES = {
    "email": ["Email của em là {email} ạ", "Please write to {email}.", "Liên hệ {email}, cảm ơn shop", "from <{email}>"],
    "phone": ["sđt {phone} nhé shop", "Call me at {phone}, please", "Gọi lại cho em số {phone}.", "Điện thoại: {phone}"],
    "card": ["thẻ {card} bị trừ tiền 2 lần", "I paid with card {card}.", "Số thẻ: {card}"],
    "iban": ["Refund to IBAN {iban}, please", "my account is {iban}"],
    "national_id": ["CCCD của tôi: {national_id}", "số căn cước {national_id}", "my national id is {national_id}"],
    "ip": ["login from {ip} was blocked", "địa chỉ IP {ip} bị chặn"],
    "api_key": ["my key is {api_key}", "api_key={api_key} không chạy", "Lỗi 401 với {api_key}."],
    "name": [
        "Tôi là {name}, sđt {phone}",
        "My name is {name}, my mail is {email}",
        "Người nhận: {name}, {phone}",
        "{name} <{email}>",
    ],
}
CLEAN = [
    "Đơn hàng DH{n8} giao ngày {d}/{m}/2026 lúc 10:30 chưa tới",
    "Order #{n9} of 2026-{m:02}-{d:02} 14:{d:02}:30 has not arrived",
    "Giá 1.250.000 đ hay 1.{n3}.000.000 đ vậy shop?",
    "I ran 8 km in 33 h, then {d} km in {m} h",
    "Phiên bản 3.11.{d} lỗi, bản 1.2.3.{d} thì không",
    "Toạ độ 10.7{n5}, 106.6{n5}",
    "Mã vận đơn VN{n9}VN, kiện {n5}",
    "Tổng là {n6} VND, mã {n8}",
    "What is 12345 * {n5}? (2 - 3) * 4 = -4",
    "Hotline 1900 {n4} có làm thứ 7 không?",
    "Token là gì? Mật khẩu là gì? I forgot my password: what now?",
    "Size {d}x{m}, cao 170 cm, nặng 6{d} kg, mẫu SKU-{n6}",
    "Ngày {d:02}-{m:02}-2026 {d} giờ tôi đặt 2 cái",
    "uuid 550e8400-e29b-41d4-a716-44665{n5}00 at {n10}",
    "Version 1.2.3.{d} on 127.0.0.1 answers",
    "The meeting with Anna Brown in Hanoi is at 9:{d:02}",
]


def clean_text(rng: random.Random) -> str:
    numbers = {f"n{count}": rng.choice("123456789") + digits(rng, count - 1) for count in range(3, 11)}
    return rng.choice(CLEAN).format(d=rng.randint(1, 28), m=rng.randint(1, 12), **numbers)


def dirty_text(rng: random.Random, kind: str) -> tuple[str, list[str]]:
    """A text with a value of the kind, and the values in it."""
    values = {kind: make(rng) for kind, make in MAKERS.items()}
    template = rng.choice(TEMPLATES[kind])
    return template.format(**values), [value for one, value in values.items() if f"{{{one}}}" in template]
