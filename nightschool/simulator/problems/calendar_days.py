"""Dates and times: adding days, counting them, arrivals, weekdays, working days, time zones."""

from __future__ import annotations

from datetime import date

from nightschool.simulator.language import Words
from nightschool.simulator.problem import Problem, Values
from nightschool.simulator.slots import Clock, Day, Number, PersonName, Pick
from nightschool.simulator.truths import Truth, day, label, number, time_of_day

WEEKDAYS = (
    Words("Monday", "Thứ Hai"),
    Words("Tuesday", "Thứ Ba"),
    Words("Wednesday", "Thứ Tư"),
    Words("Thursday", "Thứ Năm"),
    Words("Friday", "Thứ Sáu"),
    Words("Saturday", "Thứ Bảy"),
    Words("Sunday", "Chủ Nhật"),
)
_CITIES = (
    (Words("Tokyo", "Tokyo"), 9),
    (Words("London in winter", "London mùa đông"), 0),
    (Words("Dubai", "Dubai"), 4),
    (Words("Delhi", "Delhi"), 5.5),
    (Words("Singapore", "Singapore"), 8),
    (Words("Nairobi", "Nairobi"), 3),
)
_HANOI = 7


def _later(v: Values) -> Truth:
    work = Words(f"Start + {v['days']} days", f"Ngày đầu + {v['days']} ngày")
    return day(v["start"] + v["days"], work)


def _between(v: Values) -> Truth:
    days = abs(v["end"] - v["start"])
    first, last = (date.fromordinal(ordinal) for ordinal in sorted((v["start"], v["end"])))
    work = (f"{last} - {first} = {days}",)
    return number(days, Words("days", "ngày"), work, "")


def _arrival(v: Values) -> Truth:
    hours, minutes = divmod(v["minutes"], 60)
    return time_of_day(
        v["start"] + v["minutes"], Words(f"Start + {hours} h {minutes} min", f"Lúc đầu + {hours} giờ {minutes} phút")
    )


def _weekday(v: Values) -> Truth:
    reason = Words("Counting days from a known Monday", "Đếm số ngày từ một mốc đã biết")
    return label(date.fromordinal(v["start"]).weekday(), WEEKDAYS, reason)


def _working_days(v: Values) -> Truth:
    current, left = v["start"], v["days"]
    while left:
        current += 1
        left -= date.fromordinal(current).weekday() < 5
    return day(current, Words(f"Start + {v['days']} days, weekends skipped", f"Ngày đầu + {v['days']} ngày, bỏ cuối tuần"))


def _time_zone(v: Values) -> Truth:
    shift = _CITIES[v["city"]][1] - _HANOI
    return time_of_day(v["start"] + round(shift * 60), Words(f"Hanoi {shift:+g} h", f"Giờ Hà Nội {shift:+g} giờ"))


DATES = (
    Problem(
        "later",
        "dates",
        "easy",
        (
            Words("Which date is {days} days after {start}?", "{days} ngày sau ngày {start} là ngày nào?"),
            Words(
                "{name} started a course on {start} that runs {days} days further, when does it end?",
                "{name} bắt đầu khóa học ngày {start} và học thêm {days} ngày nữa, kết thúc ngày nào?",
            ),
        ),
        {"days": Number(9, 120), "start": Day(), "name": PersonName()},
        _later,
    ),
    Problem(
        "between",
        "dates",
        "medium",
        (
            Words("How many days lie between {start} and {end}?", "Từ {start} đến {end} cách nhau bao nhiêu ngày?"),
            Words(
                "{name} rented a flat from {start} to {end}. How many days is that?",
                "{name} thuê nhà từ {start} tới {end}. Tất cả là bao nhiêu ngày?",
            ),
        ),
        {"start": Day(), "end": Day(), "name": PersonName()},
        _between,
    ),
    Problem(
        "arrival",
        "dates",
        "medium",
        (
            Words(
                "Train {train} leaves at {start} and takes {minutes} minutes. When does it arrive?",
                "Tàu {train} khởi hành lúc {start} và chạy {minutes} phút. Mấy giờ đến nơi?",
            ),
        ),
        {"train": Number(101, 899), "start": Clock(), "minutes": Number(47, 590)},
        _arrival,
    ),
    Problem(
        "weekday",
        "dates",
        "hard",
        (
            Words("On which weekday does {start} fall?", "Ngày {start} rơi vào thứ mấy?"),
            Words("{name} was born on {start}, what day of the week was it?", "{name} sinh ngày {start}, hôm đó là thứ mấy?"),
        ),
        {"start": Day(), "name": PersonName()},
        _weekday,
    ),
    Problem(
        "working_days",
        "dates",
        "hard",
        (
            Words(
                "A parcel posted on {start} needs {days} working days, weekends not counted. On which date is it delivered?",
                "Bưu kiện gửi ngày {start} cần {days} ngày làm việc, không tính cuối tuần. Ngày nào giao đến?",
            ),
        ),
        {"start": Day(), "days": Number(6, 34)},
        _working_days,
    ),
    Problem(
        "time_zone",
        "dates",
        "medium",
        (
            Words(
                "Our call number {call} is at {start} in Hanoi. What time is that in {city}?",
                "Cuộc gọi số {call} bắt đầu lúc {start} ở Hà Nội. Lúc đó ở {city} là mấy giờ?",
            ),
        ),
        {"call": Number(100, 999), "start": Clock(), "city": Pick(tuple(words for words, _ in _CITIES))},
        _time_zone,
    ),
)
