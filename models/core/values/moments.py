"""Dates, months and durations as people write them."""

from __future__ import annotations

import datetime as dt
import re
from typing import NamedTuple

from models.core.values.text import Raw, Refusal, plain

_EXCEL_ZERO = dt.date(1899, 12, 30)
_FIRST, _LAST = dt.date(1900, 1, 1), dt.date(2100, 12, 31)
_CHINESE_DIGITS = str.maketrans("〇零○Ο一二三四五六七八九", "0000123456789")
_DAY = re.compile(r"(\d{4})[./\-年\s](\d{1,2})[./\-月\s](\d{1,2})[日号]?(?:[T\s]\d{1,2}:\d.*)?")
_MONTH = re.compile(r"(\d{4})[./\-年](\d{1,2})月?")
_COMPACT = re.compile(r"((?:19|20|21)\d{2})(\d{2})(\d{2})?")
_MESSAGE = "日期看不懂，请写成 2012-09-01 的样子"
_TIME = re.compile(
    r"(上午|早上|中午|下午|晚上)?(\d{1,2})(?::|点|时)(?:(\d{1,2}|半)(?:分|:(\d{1,2})(?:\.\d+)?)?)?"
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
    if re.fullmatch(r"\d{4,5}(\.\d+)?", text) and float(text) > 2200:
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
    """Return a time of day from 14:05, 14:05:30, 14点5分, 下午2:05; whole seconds only.

    Raises Refusal with code `time`.
    """
    if isinstance(raw, dt.datetime):
        raw = raw.time()
    if isinstance(raw, dt.timedelta):
        raw = (dt.datetime(1900, 1, 1) + raw).time()
    if isinstance(raw, dt.time):
        return raw.replace(microsecond=0, tzinfo=None)
    match = _TIME.fullmatch(plain(raw).replace(" ", ""))
    if match is None:
        raise Refusal("time", "时间看不懂，请写成 14:05 的样子")
    half = 30 if match[3] == "半" else int(match[3] or 0)
    hour = int(match[2])
    if match[1] in ("下午", "晚上") and hour < 12:
        hour += 12
    try:
        return dt.time(hour, half, int(match[4] or 0))
    except ValueError:
        raise Refusal("time", "没有这个时刻，请核对时间") from None


def clean_datetime(raw: Raw) -> dt.datetime:
    """Return a naive Beijing moment in whole seconds from 2026-03-01T14:05 or 2026年3月1日14:05.

    A date without a time of day is refused. Raises Refusal with code `date` or `time`.
    """
    if isinstance(raw, dt.datetime):
        return dt.datetime.combine(_within(raw.date()).value, clean_time(raw))
    if isinstance(raw, float) and 1 < raw < 80000:
        moment = dt.datetime.combine(_EXCEL_ZERO, dt.time()) + dt.timedelta(days=raw, seconds=0.5)
        return moment.replace(microsecond=0)
    match = re.fullmatch(r"(.*\d日?)\s*(?:T|\s|(?<=日))\s*(\D{0,2}\d{1,2}[:点时].*)", plain(raw))
    if match is None:
        raise Refusal("time", "请写全日期和时间，例如 2026-03-01 14:05")
    return dt.datetime.combine(clean_date(match[1]), clean_time(match[2]))


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
