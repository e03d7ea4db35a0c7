"""Pinyin: the stored sort key and the stored search keys of names, and how a text is typed.

pypinyin and its dictionaries take about 55 MB, so they are imported inside the functions that ask
them; a process that only reads records never loads them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice, product

# Readings a surname takes that the general dictionary lists second or not at all (百家姓).
_SURNAMES = {
    "万俟": "mo4 qi2",
    "尉迟": "yu4 chi2",
    "长孙": "zhang3 sun1",
    "澹台": "tan2 tai2",
    "单于": "chan2 yu2",
    "令狐": "ling2 hu2",
    "欧阳": "ou1 yang2",
    "鲜于": "xian1 yu2",
    "宰父": "zai3 fu3",
    "亓官": "qi2 guan1",
    "夏侯": "xia4 hou2",
    "诸葛": "zhu1 ge3",
    "呼延": "hu1 yan2",
    "慕容": "mu4 rong2",
    "宇文": "yu3 wen2",
    "皇甫": "huang2 fu3",
    "司马": "si1 ma3",
    "上官": "shang4 guan1",
    "公孙": "gong1 sun1",
    "东方": "dong1 fang1",
    "曾": "zeng1",
    "单": "shan4",
    "仇": "qiu2",
    "解": "xie4",
    "查": "zha1",
    "区": "ou1",
    "朴": "piao2",
    "任": "ren2",
    "华": "hua4",
    "翟": "zhai2",
    "盖": "ge3",
    "乐": "yue4",
    "员": "yun4",
    "种": "chong2",
    "覃": "qin2",
    "洗": "xian3",
    "折": "she2",
    "黑": "he4",
    "秘": "bi4",
    "缪": "miao4",
    "宓": "mi4",
    "召": "shao4",
    "句": "gou1",
    "隗": "wei3",
    "祭": "zhai4",
    "葛": "ge3",
    "燕": "yan1",
    "应": "ying1",
    "宁": "ning4",
    "那": "na1",
    "繁": "po2",
    "晟": "cheng2",
    "牟": "mu4",
    "逄": "pang2",
    "郗": "xi1",
    "谌": "chen2",
    "沈": "shen3",
    "贾": "jia3",
    "车": "che1",
    "费": "fei4",
    "曲": "qu1",
    "都": "du1",
    "柏": "bai3",
    "相": "xiang4",
    "强": "qiang2",
    "撒": "sa3",
    "角": "jue2",
    "卜": "bu3",
    "叶": "ye4",
    "薄": "bo2",
    "乜": "nie4",
    "过": "guo1",
    "降": "xiang2",
    "粘": "nian2",
    "干": "gan1",
    "石": "shi2",
    "陆": "lu4",
    "藏": "zang1",
    "臧": "zang1",
    "冼": "xian3",
    "佘": "she2",
    "尹": "yin3",
    "哈": "ha3",
    "行": "xing2",
    "重": "chong2",
    "大": "da4",
    "阿": "a1",
    "适": "kuo4",
    "钭": "tou3",
    "郇": "xun2",
    "斜": "xia2",
    "尉": "wei4",
    "褚": "chu3",
    "俞": "yu2",
    "余": "yu2",
    "邵": "shao4",
    "幺": "yao1",
    "朝": "chao2",
    "系": "xi4",
    "奇": "qi2",
    "侯": "hou2",
    "於": "yu1",
    "祝": "zhu4",
    "吁": "yu1",
    "少": "shao4",
    "六": "lu4",
}
_MOST_KEYS = 32
_LONGEST = 12


@lru_cache(maxsize=8192)
def _readings(char: str) -> tuple[str, ...]:
    """Return every reading of one character with its tone digit, commonest first."""
    from pypinyin import Style, pinyin  # deferred on purpose: 55 MB, see the module's docstring

    found = pinyin(char, style=Style.TONE3, heteronym=True, neutral_tone_with_five=True)[0]
    return tuple(dict.fromkeys(reading.replace("ü", "v") for reading in found))


def _person(text: str) -> list[tuple[str, ...]]:
    """Return the readings of each character, the surname's own reading put first."""
    readings = [_readings(char) for char in text]
    for length in (2, 1):
        known = _SURNAMES.get(text[:length]) if len(text) >= length else None
        if known:
            for place, syllable in enumerate(known.split()):
                others = [other for other in readings[place] if other != syllable]
                readings[place] = (syllable, *others)
            break
    return readings


def sort_key(text: str) -> str:
    """Return the key Chinese text is stored and sorted by: syllables with tones, then the text.

    The surname reading is used for a first character that has one. Figures are padded, so that
    三（2）班 comes before 三（10）班.
    """
    parts = re.findall(r"\d+|\D", "".join(text.split()))
    spelled = _person("".join(part if not part.isdigit() else "#" for part in parts))
    key = [
        part.zfill(6) if part.isdigit() else readings[0].lower()
        for part, readings in zip(parts, spelled, strict=True)
    ]
    return f"{' '.join(key)} {text}" if key else ""


def search_keys(text: str) -> str:
    """Return the space-separated initials and full spellings of a name, in all readings.

    The surname reading comes first: 曾伟 gives `zw zengwei cw cengwei`. At most 32 spellings of
    the first 12 characters are kept.
    """
    name = "".join(char for char in text if char.isalnum())[:_LONGEST]
    if not name:
        return ""
    options = [
        tuple(dict.fromkeys(re.sub(r"\d$", "", reading) or reading for reading in readings))
        for readings in _person(name.lower())
    ]
    keys: dict[str, None] = {}
    for spelling in islice(product(*_surname_varies_slowest(options)), _MOST_KEYS):
        keys["".join(syllable[0] for syllable in spelling)] = None
        keys["".join(spelling)] = None
    return " ".join(keys)


def spelling(text: str) -> str:
    """Return a text as it is typed on a Latin keyboard: its commonest reading, without tones."""
    from pypinyin import lazy_pinyin  # deferred on purpose: 55 MB, see the module's docstring

    return "".join(lazy_pinyin(text)).lower()


def _surname_varies_slowest(options: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Drop the rarer readings of a long text's end first, so that the surname keeps all of its."""
    kept = 1
    limited = []
    for readings in options:
        room = max(1, _MOST_KEYS // kept)
        limited.append(readings[:room])
        kept *= len(limited[-1])
    return limited
