"""Masks: what is shown of a value, or of a text that quotes one, to who may not see it whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

MASKED = "**"

_CJK = r"[\u3007\u4e00-\u9fff]"
# Full width digits and letters are read as plain ones; each stays in its place.
_PLAIN = str.maketrans(
    {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B))}
    | {code: code - 0xFEE0 for code in range(0xFF41, 0xFF5B)}
    | {0x2460 + number: 0x31 + number for number in range(9)}
    | {0x2776 + number: 0x31 + number for number in range(9)}
    | {0x24EA: 0x30}
)


def mask_name(name: str) -> str:
    """Return 张**: the first character and two stars, so that the length is hidden too."""
    return f"{name[0]}{MASKED}" if name else ""


# ---- numbers ------------------------------------------------------------------------------------


def mask_id_number(number: str) -> str:
    """Return stars and the last 4 of an ID or school number.

    The usual first 6 + last 4 would let a reader rebuild the number beside a birth date.
    """
    return "*" * (len(number) - 4) + number[-4:] if len(number) > 4 else "*" * len(number)


mask_school_number = mask_id_number
mask_identity = mask_id_number


def mask_phone(number: str) -> str:
    """Return 138****5678 of a mobile, 0856-****041 of a landline, stars of anything short."""
    if re.fullmatch(r"1\d{10}", number):
        return f"{number[:3]}****{number[-4:]}"
    area, dash, rest = number.partition("-")
    local = rest.partition("-")[0]
    if dash and len(local) > 3:
        return f"{area}-****{local[-3:]}"
    return "*" * len(number)


# What may stand between the digits of one number.
_APART = r"[\s\u200b-\u200f\u2060\ufeff\-‐-―−－_＿.．·•,，:：*＊~/|()（）]"
_GAP = _APART + "{0,3}"
_D = r"\d"
# Six of the district, a birth date, three and the check; before a pupil number stands a letter.
_WITH_BIRTH_DATE = _GAP.join(
    [_D] * 6 + ["[12]", "[09]", _D, _D, "[01]", _D, "[0-3]", _D] + [_D] * 3 + [r"[\dXx]"]
)
# In one run the older ones too, and cards of a bank.
_IDENTITY = re.compile(
    rf"(?<![0-9A-Za-z])(?:[GJLgjl]{_GAP})?(?:{_WITH_BIRTH_DATE}|\d{{14,18}}[\dXx]"
    rf"|\d{{4}}(?:{_APART}\d{{4}}){{3}}(?:{_APART}\d{{1,3}})?)(?![0-9])"
)
_MOBILE = re.compile(
    rf"(?<!\d)(?:[+＋]?(?:00)?86{_GAP}|0(?=1))?"
    rf"(1[3-9]\d(?:{_GAP}\d){{8}}|1(?:{_APART}{{1,3}}\d){{10}}|1[3-9]{_GAP}\d{{9}})(?!\d)"
)
_LANDLINE = re.compile(
    rf"(?<![\d.])(?:[+＋]?86{_GAP})?[(（]?(0(?:10|2\d|[3-9]\d\d)){_GAP}"
    rf"([1-9](?:{_GAP}\d){{6,7}})(?!\d)(?:-\d+)?"
)
_FROM_ABROAD = re.compile(
    rf"(?<!\d)[+＋]?(?:00)?86{_GAP}([1-9]\d{{1,2}}){_GAP}([1-9](?:{_GAP}\d){{6,7}})(?!\d)"
)
# Seven or eight digits alone may be anything; beside such a word they are a number to be called.
_LOCAL = re.compile(
    r"(?:电话|座机|手机|号码|联系方式|致电|拨打|拨|[Tt][Ee][Ll])(?:号|为|是|：|:|\s){0,3}"
    rf"([2-9]\d{{2,3}}{_GAP}\d{{4}})(?!\d)"
)
_ACCOUNT = re.compile(
    r"(?:微信|[Ww][Ee][Cc][Hh][Aa][Tt]|(?<![A-Za-z])[VvWw][Xx]|[Qq]{2}|抖音|快手|钉钉)(?:号码|账号|帐号|号)?(?:为|是|：|:|\s){0,3}"
    r"([A-Za-z0-9][A-Za-z0-9_\-]{4,})"
)
_CHINESE = "〇零一二三四五六七八九幺两壹贰叁肆伍陆柒捌玖"
_SPELLED = re.compile(
    rf"(?<![{_CHINESE}])(?:[一幺壹](?:{_GAP}[{_CHINESE}]){{10}}"
    rf"|[{_CHINESE}](?:{_GAP}[{_CHINESE}]){{14,17}})(?![{_CHINESE}])"
)
# Part of a number that is said to be one.
_CERTIFICATE = re.compile(
    r"(?:身份证|证件|护照|通行证|户口簿)(?:号码|号|[前后尾末][一二三四五六七八\d]+位)?(?:为|是|：|:|\s){0,3}"
    r"([A-Za-z]?\d{4,}[\dXx]?)"
)
# Sums of files and links of the chain stand on pages too, and hold no number of anybody.
_DIGEST = re.compile(r"(?<![0-9A-Za-z])(?=[0-9]*[a-f])[0-9a-f]{32,}(?![0-9A-Za-z])")
_NUMBERS = re.compile(rf"\d(?:{_APART}{{0,3}}\d){{6}}|[{_CHINESE}]{_GAP}[{_CHINESE}]")
_WORDS_OF_ACCOUNTS = re.compile(
    r"微信|[Ww]e[Cc]hat|WECHAT|[Qq]{2}|[VvWw][Xx]|抖音|快手|钉钉|证|护照|户口簿"
)


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())


def _identity(match: re.Match[str]) -> str:
    return mask_id_number("".join(c for c in match[0] if c.isascii() and c.isalnum()).upper())


def _landline(match: re.Match[str]) -> str:
    return mask_phone(f"{match[1]}-{_digits(match[2])}")


# How a number is written, which group of it is one, and what is shown instead.
_KINDS: tuple[tuple[re.Pattern[str], int, Callable[[re.Match[str]], str]], ...] = (
    (_IDENTITY, 0, _identity),
    (_MOBILE, 0, lambda match: mask_phone(_digits(match[1]))),
    (_LANDLINE, 0, _landline),
    (_FROM_ABROAD, 0, lambda match: mask_phone(f"0{match[1]}-{_digits(match[2])}")),
    (_CERTIFICATE, 1, lambda _match: "****"),
    (_LOCAL, 1, lambda match: f"****{_digits(match[1])[-3:]}"),
    (_ACCOUNT, 1, lambda _match: "****"),
    (_SPELLED, 0, lambda _match: "****"),
)


def mask_numbers(text: str, public: Collection[str] = (), *, identity_alone: bool = False) -> str:
    """Mask every identity, pupil and phone number inside a text, however it is written.

    Blanks, dashes, dots, line breaks, full width and a country code are seen through. `public` are
    the digits of numbers that stay (hotlines, the school's own); `identity_alone` leaves phones.
    """
    plain = text.translate(_PLAIN)
    if not (_NUMBERS.search(plain) or _WORDS_OF_ACCOUNTS.search(plain)):
        return text
    digests = [match.span() for match in _DIGEST.finditer(plain)]
    spans: list[tuple[int, int, str]] = []
    for pattern, group, mask in _KINDS[:1] if identity_alone else _KINDS:
        for match in pattern.finditer(plain):
            start, end = match.span(group)
            taken = [*digests, *((begin, stop) for begin, stop, _shown in spans)]
            if any(start < stop and begin < end for begin, stop in taken):
                continue
            if _digits(match[group]) not in public:
                spans.append((start, end, mask(match)))
    return _replaced(text, spans)


def _replaced(text: str, spans: list[tuple[int, int, str]]) -> str:
    pieces, last = [], 0
    for start, end, shown in sorted(spans):
        pieces += [text[last:start], shown]
        last = end
    return "".join([*pieces, text[last:]])


# ---- addresses ----------------------------------------------------------------------------------

# After such a word the unit before it is part of the name of a street or a building.
_NOT_A_PLACE = r"(?!路|街|大街|大道|巷|胡同|小区|花园|公寓|家园|苑|广场|大厦|中心|国际|府|场|新城)"
_UNITS = (
    rf"{_CJK}{{1,8}}?(?:省|自治区)",
    rf"{_CJK}{{1,12}}?(?<![超城])(?:市|州|盟|地区){_NOT_A_PLACE}",
    rf"{_CJK}{{1,7}}?(?:县|旗|(?<![超城])市|(?<![小社园片校院景厂库舍宅活苑庭东南西北中])区){_NOT_A_PLACE}",
    rf"{_CJK}{{1,6}}?(?:街道(?:办事处|办)?|(?:镇|乡){_NOT_A_PLACE})",
    rf"{_CJK}{{1,8}}?(?:村委会|居委会|村民委员会|社区(?:居委会)?|村{_NOT_A_PLACE})",
)
_AREAS = re.compile("".join(rf"(?:{unit}\s*)?" for unit in _UNITS))


def mask_address(address: str) -> str:
    """Return an address down to the village (村, 社区), or to the smallest area written above it.

    Read from its head as province, city, county, town and village, each once and in this order: on
    doubt less is shown.
    """
    shown = _AREAS.match(address)
    head = shown[0] if shown else ""
    if head == address:
        return address
    return head.rstrip() + MASKED


# Not in the name of a street or estate: the words before it, and the area it lies in.
_IN_STREET = r"[^\W\d_A-Za-z在到去往住于是的和与及了从家至向经过省市县区镇乡村组号]"
_STREET = (
    rf"{_IN_STREET}{{1,8}}?(?:路|街|大道|巷|胡同|小区|花园|公寓|家园|苑|新村|新城|安置[点房区]"
    r"|城|府|广场|大厦)"
)
_COUNT = "0-9A-Za-z〇零一二三四五六七八九十百"
_LOT = rf"(?:第\s?)?[{_COUNT}][{_COUNT}\-]{{0,5}}\s?"
_HOUSE = r"(?:号楼|[#＃]楼?|号院|号|栋|幢|座|单元|弄|室|户)"
# What may stand between two parts of an address.
_STEP = r"[\s\-‐-―－.·•,，/()（）]{0,3}"
_PIECE = rf"(?:{_LOT}(?:{_HOUSE}|组|社|队|楼|层))"
_HAMLET = (
    r"[^\W\d_A-Za-z里的有在是和与及了到去小学委干部民]{1,4}"
    r"(?:组|寨|湾|坝|沟|屯|垭|堡|坪|塘|冲|坳|坨|坡|院子|老屋|大院)"
)
_ROOM = r"(?:\d{1,3}-){0,3}\d{1,4}(?!\d)|[〇零一二三四五六七八九]{3,4}"
_TAIL = (
    rf"(?:{_STEP}(?:{_STREET})?{_STEP}{_PIECE}|{_STEP}附{_PIECE})*"
    rf"(?:{_STEP}(?:{_ROOM}))?(?:{_STEP}{_HAMLET})?"
)
_BELOW = re.compile(
    # A street or an estate with a number; a lot after a place; a lot and a house number.
    rf"{_STREET}{_STEP}{_PIECE}{_TAIL}"
    rf"|{_STREET}{_STEP}[A-Za-z]?\d{{1,3}}(?:-\d{{1,4}}){{1,3}}"
    rf"|(?<=[村区镇乡寨湾坝屯院庄路街巷道弄苑])\s{{0,2}}{_PIECE}{_TAIL}"
    rf"|(?:(?<=委会)|(?<=住)|(?<=住在)|(?<=家在)|(?<=搬到))\s{{0,2}}{_PIECE}{_TAIL}"
    rf"|(?<![月年第0-9]){_LOT}(?:组|社|队|栋|幢|座|号楼|[#＃]楼?|单元){_STEP}{_LOT}{_HOUSE}{_TAIL}"
    rf"|(?<![月年第0-9]){_LOT}(?:栋|幢){_STEP}\d{{3,4}}(?!\d)"
    rf"|(?:(?<=村)|(?<=社区)|(?<=居委会)){_STEP}{_HAMLET}(?:{_STEP}{_PIECE})*"
    rf"|(?<=[镇乡]){_IN_STREET}{{1,4}}(?:街(?!道)|路|巷)"
)
# What each of these needs; most texts have none of it, and looking for all is slow.
_HINT = re.compile(
    rf"[{_COUNT}]\s?(?:{_HOUSE}|组|社|队|楼|层)|\d-\d|(?:村|社区|居委会){_STEP}{_HAMLET}"
    r"|[镇乡]\S{1,4}(?:街|路|巷)"
)


def mask_places(text: str) -> str:
    """Mask what a text says of an address below village, town or street."""
    plain = text.translate(_PLAIN)
    if not _HINT.search(plain):
        return text
    return _replaced(text, [(*match.span(), MASKED) for match in _BELOW.finditer(plain)])
