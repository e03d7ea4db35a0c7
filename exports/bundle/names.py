"""Names of files that unpack everywhere: Windows 7 Explorer and WPS are the strictest of them."""

from __future__ import annotations

import re
import unicodedata

# Where within a part the school's own files lie, as they were uploaded.
ATTACHED = "附件"
# A folder on the desktop of Windows 7 has some eighty characters of the 260 for itself.
LONGEST_PATH = 180
_LONGEST_NAME = 40
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|%#\s]+')
# What leads out of a folder or is refused as a name on one of the systems a package is opened on.
_NOT_IN_PATHS = re.compile(r'[\\:*?"<>|\x00-\x1f\x7f]')
# Names of devices, whatever stands behind a dot (Microsoft, "Naming Files, Paths, and Namespaces").
_DEVICES = re.compile(r"(con|prn|aux|nul|(com|lpt)[0-9¹²³])(\..*)?", re.IGNORECASE)


def file_name(text: str) -> str:
    """Return a title as a file name that every system takes: no separators, not too long."""
    plain = unicodedata.normalize("NFC", text)
    plain = "".join(char for char in plain if unicodedata.category(char)[0] != "C")
    whole = _NOT_IN_NAMES.sub("-", plain).strip("-.")
    name = _cut(whole, _LONGEST_NAME)
    opened = name.rfind("（")
    if name != whole and opened > 0 and "）" not in name[opened:]:
        # What was cut within brackets loses them too, but for what begins with one.
        name = name[:opened]
    name = name.rstrip("-.") or "未命名"
    return f"_{name}" if _DEVICES.fullmatch(name) else name


def length_of(text: str) -> int:
    """Return how long Windows counts a name: a rare character (𠮷) takes two of its units."""
    return len(text.encode("utf-16-le")) // 2


def _cut(text: str, longest: int) -> str:
    """Return the beginning of a text of so many units, never half a character."""
    return text.encode("utf-16-le")[: 2 * longest].decode("utf-16-le", "ignore")


def folder_of(number: int, title: str) -> str:
    """Return the folder of one part, so that folders sort as the parts do."""
    return f"{number:02d}-{file_name(title)}"


def fault_of(path: str) -> str:
    """Return why a path of a package does not unpack everywhere, "" when it does."""
    parts = path.split("/")
    if any(part in ("", ".", "..") for part in parts):
        return "会落到包外"
    if _NOT_IN_PATHS.search(path):
        return "有 Windows 不许用的字符"
    if any(part[-1] in ". " for part in parts):
        return "以点或空格结尾"
    if any(_DEVICES.fullmatch(part) for part in parts):
        return "是 Windows 保留的名称"
    if length_of(path) > LONGEST_PATH:
        return f"超过 {LONGEST_PATH} 个字符"
    return ""
