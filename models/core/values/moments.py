"""Dates, months and durations as people write them."""

from __future__ import annotations

import datetime as dt
import re
from typing import NamedTuple

from models.core.values.text import Raw, Refusal, plain

_EXCEL_ZERO = dt.date(1899, 12, 30)
_FIRST, _LAST = dt.date(1900, 1, 1), dt.date(2100, 12, 31)
# A number up to here is a year, or a year and a month; above it begin serial numbers of days.
_LAST_YEAR = 2200
_CHINESE_DIGITS = str.maketrans("〇零○Ο一二三四五六七八九", "0000123456789")
_DAY = re.compile(r"(\d{4})[./\-年\s](\d{1,2})[./\-月\s](\d{1,2})[日号]?(?:[T\s]\d{1,2}:\d.*)?")
_MONTH = re.compile(r"(\d{4})[./\-年](\d{1,2})月?")
_COMPACT = re.compile(r"((?:19|20|21)\d{2})(\d{2})(\d{2})?")
_MESSAGE = "日期看不懂，请写成 2012-09-01 的样子"
_PARTS_OF_DAY = "凌晨|清晨|早晨|早上|上午|中午|午后|下午|傍晚|晚上|晚间|夜里|am|pm"
_AFTERNOON = ("午后", "下午", "傍晚", "晚上", "晚间", "夜里", "pm")
_TIME = re.compile(
    rf"({_PARTS_OF_DAY})?(\d{{1,2}})"
    r"(?:(?::|点|时|\.(?=\d\d$))(?:(\d{1,2}|半|整)(?:分|:(\d{1,2})(?:\.\d+)?)?)?)(am|pm)?"
)
# A day, and the time of day behind it, each of them left for its own reader.
_DAY_AND_TIME = (
    re.compile(rf"(.*?[\d日号])(?:T|\s)*((?:{_PARTS_OF_DAY}).*)", re.I),
    re.compile(r"(.*?[\d日号])(?:T|\s+|(?<=[日号]))(\d{1,2}\s*[:点时.].*)", re.I),
)
_CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d{1,2})")
_PRIMES = re.compile(r"(\d{1,3})'(?:(\d{1,2})(?:\"|'')?)?")
_WORDS = re.compile(r"(?:(\d{1,2})(?:小时|时))?(?:(\d{1,4})分钟?)?(?:(\d{1,5})秒)?")


class DateRead(NamedTuple):
    """A date as read; `whole_month` says that no day was written and the 1st stands in for it."""

    value: dt.date
    whole_month: bool = False


def clean_date(raw: Raw) -> dt.date:
    """Return a full date; a month alone is refused. Raises Refusal with code `date`."""
    found = read_date(raw)
    if found.whole_month:
        raise Refusal("date", "日期只写了年月，请补上是几日")
    return found.value


def read_date(raw: Raw) -> DateRead:
    """Read 2012.9.1, 2012/9/1, 20120901, 2012年9月1日, 2012年9月, 2012.9, serial numbers, dates.

    Years run from 1900 to 2100; a two-digit year is refused. Raises Refusal with code `date`.
    """
    if isinstance(raw, dt.datetime):
        return _within(raw.date())
    if isinstance(raw, dt.date):
        return _within(raw)
    if isinstance(raw, bool | dt.time | dt.timedelta):
        raise Refusal("date", _MESSAGE)
    if isinstance(raw, float) and not raw.is_integer():
        return _fraction(raw)
    text = plain(raw)
    if not text:
        raise Refusal("date", "日期没有填写，请补上")
    return _from_text(_arabic(text))


def _from_text(text: str) -> DateRead:
    if re.fullmatch(r"\d{4,5}(\.\d+)?", text) and float(text) > _LAST_YEAR:
        return _within(_EXCEL_ZERO + dt.timedelta(days=int(float(text))))
    spaceless = re.sub(r"\s*([./\-年月日号])\s*", r"\1", text)
    if match := _DAY.fullmatch(spaceless) or _COMPACT.fullmatch(spaceless):
        return _build(match[1], match[2], match[3])
    if match := _MONTH.fullmatch(spaceless):
        return _build(match[1], match[2], None)
    if re.fullmatch(r"\d{2}[./\-年]\d{1,2}([./\-月]\d{1,2}日?)?", spaceless):
        raise Refusal("date", "年份请写满四位，例如 2012-09-01")
    raise Refusal("date", _MESSAGE)


def _fraction(number: float) -> DateRead:
    """A fractional number is a month typed as 2012.9, or a serial number with a time of day."""
    if not 1900 <= number < 2101:
        return _from_text(str(int(number)))
    if f"{number:.10g}".endswith(".1"):
        raise Refusal(
            "date", "2012.1 分不清是1月还是10月，请写成 2012-01 或 2012-10 并设为文本格式"
        )
    return _from_text(f"{number:.10g}")


def _build(year: str, month: str, day: str | None) -> DateRead:
    try:
        value = dt.date(int(year), int(month), int(day or 1))
    except ValueError:
        raise Refusal("date", "没有这一天，请核对日期") from None
    return _within(value)._replace(whole_month=day is None)


def _within(value: dt.date) -> DateRead:
    if not _FIRST <= value <= _LAST:
        raise Refusal("date", "年份应在1900到2100之间，请核对日期")
    return DateRead(value)


def _arabic(text: str) -> str:
    """Turn 二〇一二年九月二十一日 into figures; other text passes unchanged."""
    if "年" not in text or not re.search(r"[一二三四五六七八九十]", text):
        return text
    year, _, rest = text.partition("年")
    rest = re.sub(
        r"([一二三])?十([一二三四五六七八九])?",
        lambda m: (
            f"{(m[1] or '一').translate(_CHINESE_DIGITS)}"
            f"{(m[2] or '〇').translate(_CHINESE_DIGITS)}"
        ),
        rest,
    )
    return f"{year}年{rest}".translate(_CHINESE_DIGITS)


def clean_time(raw: Raw) -> dt.time:
    """Return a time of day from 14:05, 14:05:30, 14点5分, 14.05, 下午2:05, 0.5; whole seconds only.

    A number is the part of a day that spreadsheets keep; one above it, such as 15.4, is refused,
    because it may be 15:04, 15:40 or 15:24. Raises Refusal with code `time`.
    """
    if isinstance(raw, dt.datetime):
        raw = raw.time()
    if isinstance(raw, dt.timedelta):
        raw = (dt.datetime(1900, 1, 1) + raw).time()
    if isinstance(raw, dt.time):
        return raw.replace(microsecond=0, tzinfo=None)
    text = plain(raw).replace(" ", "").lower()
    if re.fullmatch(r"0\.\d{3,}", text) or (isinstance(raw, float) and 0 <= raw < 1):
        minutes = round(float(text) * 24 * 60) % (24 * 60)
        return dt.time(minutes // 60, minutes % 60)
    match = None if isinstance(raw, (int, float)) else _TIME.fullmatch(text)
    if match is None:
        raise Refusal("time", f"“{text}”不是时间，请写成 15:30 的样子")
    return _time_of(match, text)


def _time_of(match: re.Match[str], text: str) -> dt.time:
    half = {"半": 30, "整": 0}.get(match[3] or "")
    hour, part = int(match[2]), match[1] or match[5] or ""
    if part in ("晚上", "晚间", "夜里", "凌晨") and hour == 12:
        raise Refusal("time", f"“{text}”分不清是哪一天的零点，请写成 15:30 的样子")
    if (part in _AFTERNOON and hour < 12) or (part == "中午" and hour < 3):
        hour += 12
    try:
        return dt.time(hour, int(match[3] or 0) if half is None else half, int(match[4] or 0))
    except ValueError:
        raise Refusal("time", f"没有“{text}”这个时刻，请核对时间") from None


def clean_datetime(raw: Raw) -> dt.datetime:
    """Return a naive Beijing moment in whole seconds; a day alone is its midnight.

    Reads 2026-03-01T14:05, 2026年3月1日下午2点半, 2026.3.1 14：05, serial numbers of days. Half a
    day such as 上午 without an hour is refused. Raises Refusal with code `date` or `time`.
    """
    if isinstance(raw, dt.datetime):
        return dt.datetime.combine(_within(raw.date()).value, clean_time(raw))
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        return _of_serial(raw)
    text = plain(raw) if isinstance(raw, str) else ""
    for pattern in _DAY_AND_TIME:
        if match := pattern.fullmatch(text):
            if re.fullmatch(_PARTS_OF_DAY, match[2].lower()):
                raise Refusal("time", f"只写了{match[2]}，请写上几点，如 2026-03-01 14:05")
            return dt.datetime.combine(clean_date(match[1]), clean_time(match[2]))
    return dt.datetime.combine(clean_date(raw), dt.time())


def _of_serial(raw: float) -> dt.datetime:
    """A spreadsheet's serial number: the whole is the day, the rest the time of day."""
    minutes = round(raw % 1 * 24 * 60) if raw > _LAST_YEAR else 0
    whole = float(int(raw)) if minutes else raw
    return dt.datetime.combine(clean_date(whole), dt.time()) + dt.timedelta(minutes=minutes)


def clean_duration_seconds(raw: Raw) -> int:
    """Return a duration in seconds from 3'25", 3:25, 1:03:25, 3分25秒, 205秒.

    A bare number is refused: 3.25 would be 3 minutes 25 to one reader and 3 minutes 15 to
    another. A clock cell 3:25, which spreadsheets take for an hour, is read as 3 minutes 25.
    """
    if isinstance(raw, dt.timedelta):
        raw = (dt.datetime(1900, 1, 1) + raw).time()
    if isinstance(raw, dt.time):
        if raw.hour and not raw.second:
            return raw.hour * 60 + raw.minute
        return raw.hour * 3600 + raw.minute * 60 + raw.second
    text = "" if raw is None else re.sub(r"[’‘′´`＇]", "'", str(raw))
    text = plain(re.sub(r"[”“″＂]", '"', text)).replace(" ", "")
    if match := _CLOCK.fullmatch(text):
        return _seconds(*match.groups())
    if match := _PRIMES.fullmatch(text):
        return _seconds(None, *match.groups())
    if text and (match := _WORDS.fullmatch(text)):
        return _seconds(*match.groups())
    raise Refusal("duration", "时间请写成 3'25\" 或 3分25秒，不要写成 3.25")


def _seconds(hours: str | None, minutes: str | None, seconds: str | None) -> int:
    if minutes is not None and int(seconds or 0) > 59:
        raise Refusal("duration", "秒数应小于60，请核对")
    if hours is not None and int(minutes or 0) > 59:
        raise Refusal("duration", "分钟数应小于60，请核对")
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
