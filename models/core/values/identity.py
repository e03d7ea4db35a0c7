"""ID numbers (身份证号, GB 11643-1999) and national school numbers (学籍号)."""

from __future__ import annotations

import datetime as dt
import re

from models.core.values.text import Raw, Refusal, plain

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_NUMBER_CELL = "身份证号被存成了数字，最后几位已经丢失，无法恢复，请把该列设为文本格式后重新填写"
# First two digits of GB/T 2260, plus 91 (abroad) and 81-83 (residents of Hong Kong, Macao, Taiwan).
_PROVINCE = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|91")


def check_character(seventeen: str) -> str:
    """Return the check character of 17 digits (GB 11643, ISO 7064 MOD 11-2)."""
    total = sum(int(digit) * weight for digit, weight in zip(seventeen, _WEIGHTS, strict=True))
    return _CHECKS[total % 11]


def clean_id_number(raw: Raw) -> str:
    """Return an 18-character ID number with upper-case X.

    Full-width characters, spaces, dashes and a lower-case x are accepted. A numeric cell is
    refused: spreadsheets keep 15 digits only. Raises Refusal with code `id-missing`,
    `number-cell`, `id-format`, `id-date` or `check-digit`.
    """
    if isinstance(raw, int | float):
        raise Refusal("number-cell", _NUMBER_CELL)
    number = re.sub(r"[\s'‘’`\-–—]", "", plain(raw)).upper().replace("×", "X")
    if not number:
        raise Refusal("id-missing", "身份证号没有填写，请补上；确实没有的请写明原因")
    if re.fullmatch(r"\d(\.\d+)?E\+?\d+", number):
        raise Refusal("number-cell", _NUMBER_CELL)
    if re.fullmatch(r"\d{15}", number):
        raise Refusal("id-format", "这是15位的旧身份证号，请改填18位身份证号")
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        raise Refusal(
            "id-format", f"身份证号应为18位数字（末位可为X），现为{len(number)}位，请核对后重新填写"
        )
    _check(number)
    return number


def _check(number: str) -> None:
    valid = check_character(number[:17]) == number[17]
    if not valid and number.endswith("000"):
        raise Refusal("number-cell", _NUMBER_CELL)
    try:
        birth_of_id(number)
    except ValueError:
        raise Refusal(
            "id-date", "身份证号中的出生日期不存在，请对照户口簿或身份证核对后重新填写"
        ) from None
    if not valid:
        raise Refusal(
            "check-digit", "身份证号校验不通过，有数字填错，请对照户口簿或身份证核对后重新填写"
        )


def birth_of_id(number: str) -> dt.date:
    """Return the birth date written in an ID number; raises ValueError if there is no such day."""
    year, month, day = int(number[6:10]), int(number[10:12]), int(number[12:14])
    if not 1880 <= year <= 2100:
        raise ValueError(f"no ID number has the year {year}")
    return dt.date(year, month, day)


def sex_of_id(number: str) -> str:
    """Return the sex written in an ID number as its GB/T 2261.1 code: "1" male, "2" female."""
    return "1" if int(number[16]) % 2 else "2"


def district_is_known(number: str) -> bool:
    """Tell whether an ID number begins with a province code; False is worth a warning only."""
    return _PROVINCE.match(number) is not None


def clean_school_number(raw: Raw) -> str:
    """Return a 19-character national school number (学籍号).

    `G` + an ID number, `J` + 17 digits + check, `L` + 18 digits (temporary, no check). Raises
    Refusal with code `school-number`.
    """
    number = "" if isinstance(raw, float) else re.sub(r"[\s\-–—]", "", plain(raw)).upper()
    if not number:
        raise Refusal("school-number", "学籍号没有填写或被存成了数字，请按文本格式重新填写")
    if not re.fullmatch(r"[GJL][0-9]{17}[0-9X]", number):
        raise Refusal("school-number", "学籍号应为19位，以G、J或L开头，请核对后重新填写")
    if number[0] != "L" and check_character(number[1:18]) != number[18]:
        raise Refusal("school-number", "学籍号校验不通过，有数字填错，请核对后重新填写")
    return number
