"""Closed vocabularies: ordered codes, their Chinese labels, and how else people write them.

Where a national standard gives codes, those are stored; elsewhere a plain English word is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from models.core.errors import BadDeclaration, BadValue

_CODE_BEFORE = re.compile(
    r"^\s*(?:[0-9A-Za-z]{1,3}\s*[-—–_.．、:：)）]|\d{2}(?=[^\x00-\x7f]))\s*(?=[^\x00-\x7f])"
)


def _folded(text: str) -> str:
    """Fold width, case, spaces and brackets, so that `单亲（留守）` equals `单亲留守`."""
    return re.sub(r"[\s()【】\[\]·.。、“”\"']", "", unicodedata.normalize("NFKC", text)).lower()


@dataclass(frozen=True)
class CodeTable:
    """One closed vocabulary.

    `rows` are (code, label, *synonyms) in the order to show. With `numbered` false a bare code
    in an imported cell is not understood, because its numbering varies from system to system.
    A word that is not known is looked for again without one of the `prefixes` or `suffixes`.
    Raises BadDeclaration when two rows could be meant by one word.
    """

    title: str
    rows: tuple[tuple[str, ...], ...]
    numbered: bool = True
    suffixes: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    _labels: dict[str, str] = field(init=False, repr=False, compare=False)
    _words: dict[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_labels", {row[0]: row[1] for row in self.rows})
        words: dict[str, str] = {}
        for code, *names in self.rows:
            for word in [*names, *([code] if self.numbered else [])]:
                if words.setdefault(_folded(word), code) != code:
                    raise BadDeclaration(f"{self.title}: {word} is written for two codes")
        object.__setattr__(self, "_words", words)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.choices)

    def __contains__(self, code: object) -> bool:
        return code in self._labels

    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """Return (code, label) pairs in the order to show."""
        return tuple(self._labels.items())

    def label(self, code: str | None) -> str:
        """Return the label of a code; an unknown code is shown as it is, None as nothing."""
        return "" if code is None else self._labels.get(code, code)

    def code_of(self, raw: str | int | float) -> str:
        """Return the code meant by a label, a synonym or a code; raises BadValue if none is."""
        if isinstance(raw, float) and raw.is_integer():
            raw = int(raw)
        word = _folded(str(raw))
        # Other systems write the code before the label: 06-苗族, 1.居民身份证.
        labelled = _folded(_CODE_BEFORE.sub("", str(raw)))
        candidates = [word, labelled, *(word.removesuffix(end) for end in self.suffixes)]
        candidates += [word.removeprefix(start) for start in self.prefixes]
        if self.numbered and word.isdigit():
            candidates += [word.zfill(2), word.lstrip("0")]
        for candidate in candidates:
            if code := self._words.get(candidate):
                return code
        raise BadValue(f"{self.title}填写不规范，请从这些里选填：{self._allowed()}")

    def _allowed(self) -> str:
        shown = [label for _, label in self.choices]
        return "、".join(shown[:12]) + (f"等{len(shown)}项" if len(shown) > 12 else "")


SEX = CodeTable(
    "性别",
    (
        ("1", "男", "男性", "男生", "男孩", "男孩子", "男童", "♂", "m", "male"),
        ("2", "女", "女性", "女生", "女孩", "女孩子", "女童", "♀", "f", "female"),
        ("0", "未知的性别", "未知"),
        ("9", "未说明的性别", "未说明"),
    ),
)
"""GB/T 2261.1."""

_NATIONS = (
    "汉 蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳 "
    "佤 畲 高山 拉祜 水 东乡 纳西 景颇 柯尔克孜 土 达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 锡伯 "
    "阿昌 普米 塔吉克 怒 乌孜别克 俄罗斯 鄂温克 德昂 保安 裕固 京 塔塔尔 独龙 鄂伦春 赫哲 门巴 "
    "珞巴 基诺"
)

ETHNIC = CodeTable(
    "民族",
    (
        *((f"{n:02}", f"{name}族", name) for n, name in enumerate(_NATIONS.split(), start=1)),
        ("97", "其他", "其它", "未识别民族", "穿青人"),
        ("98", "外国血统中国籍人士", "外国血统", "外国血统入籍"),
    ),
)
"""GB/T 3304: the 56 groups in the order of the standard."""

RELATION = CodeTable(
    "与学生关系",
    (
        (
            "51",
            "父亲",
            "父",
            "爸爸",
            "爸",
            "爹",
            "老爸",
            "父子",
            "父女",
            "生父",
            "亲生父亲",
            "父亲本人",
        ),
        (
            "52",
            "母亲",
            "母",
            "妈妈",
            "妈",
            "娘",
            "老妈",
            "母子",
            "母女",
            "生母",
            "亲生母亲",
            "母亲本人",
        ),
        (
            "57",
            "继父或养父",
            "继父",
            "养父",
            "后爸",
            "后父",
            "后爹",
            "继父女",
            "继父子",
            "养父女",
            "养父子",
        ),
        (
            "58",
            "继母或养母",
            "继母",
            "养母",
            "后妈",
            "后母",
            "后娘",
            "继母女",
            "继母子",
            "养母女",
            "养母子",
        ),
        ("61", "祖父", "爷爷", "爷", "阿爷", "祖孙", "爷孙", "公公", "阿公", "内公"),
        ("62", "祖母", "奶奶", "奶", "阿奶", "婆婆", "阿婆", "嬷嬷", "奶孙", "婆孙", "内婆"),
        ("63", "外祖父", "外公", "姥爷", "老爷", "家公", "外爷", "外祖孙", "嘎公", "外公外孙"),
        ("64", "外祖母", "外婆", "姥姥", "家婆", "家家", "外奶", "外奶奶", "嘎婆", "姥娘"),
        ("71", "兄", "哥哥", "哥", "兄长", "兄弟", "兄妹"),
        ("73", "弟", "弟弟"),
        ("75", "姐姐", "姐", "姊", "姐弟", "姐妹"),
        ("77", "妹妹", "妹"),
        ("81", "伯父", "伯伯", "伯", "大爷", "大爹", "伯爷", "伯侄"),
        ("82", "伯母", "伯娘", "大妈", "大娘", "伯妈"),
        ("83", "叔父", "叔叔", "叔", "阿叔", "幺爸", "幺爹", "满叔", "叔侄"),
        ("84", "婶母", "婶婶", "婶", "婶娘", "幺妈", "婶子", "婶侄"),
        ("85", "舅父", "舅舅", "舅", "阿舅", "舅爷", "舅爹", "舅甥"),
        ("86", "舅母", "舅妈", "舅娘", "妗子"),
        ("87", "姨父", "姨夫", "姨爹", "姨丈"),
        ("88", "姨母", "姨妈", "姨", "阿姨", "姨娘", "姨甥"),
        ("89", "姑父", "姑夫", "姑爹", "姑丈"),
        ("90", "姑母", "姑妈", "姑姑", "姑", "姑娘", "阿姑", "姑侄", "嬢嬢", "孃孃"),
        (
            "97",
            "其他亲属",
            *("亲戚", "亲属", "其他亲戚", "表亲", "堂亲", "亲人", "家属", "家人", "其他家属"),
            *(
                "曾祖父",
                "曾祖母",
                "曾祖父母",
                "太爷爷",
                "太奶奶",
                "太爷",
                "太奶",
                "太公",
                "太婆",
                "老太",
            ),
            *("太姥爷", "太姥姥", "曾外祖父", "曾外祖母", "外太公", "外太婆", "祖祖", "老祖"),
            *("姐夫", "嫂子", "嫂嫂", "嫂", "大嫂", "弟媳", "弟妹", "妹夫", "哥嫂", "兄嫂"),
            *(
                "堂哥",
                "堂姐",
                "堂弟",
                "堂妹",
                "堂兄",
                "堂叔",
                "堂伯",
                "堂姑",
                "堂舅",
                "堂婶",
                "堂爷爷",
            ),
            *(
                "表哥",
                "表姐",
                "表弟",
                "表妹",
                "表兄",
                "表叔",
                "表伯",
                "表姑",
                "表舅",
                "表姨",
                "表婶",
            ),
            *(
                "姑奶奶",
                "姑奶",
                "姑婆",
                "舅奶奶",
                "舅奶",
                "舅婆",
                "姨奶奶",
                "姨奶",
                "姨婆",
                "姑爷爷",
            ),
            *(
                "伯公",
                "叔公",
                "舅公",
                "姑公",
                "姨公",
                "叔爷",
                "叔公公",
                "伯婆",
                "叔婆",
                "叔祖父",
                "伯祖父",
            ),
        ),
        (
            "99",
            "非亲属",
            *("朋友", "邻居", "老师", "教师", "同村", "朋友邻居", "其他", "其它", "班主任", "校长"),
            *(
                "干妈",
                "干爸",
                "干爹",
                "干娘",
                "干亲",
                "义父",
                "义母",
                "保姆",
                "托管老师",
                "熟人",
                "同学家长",
            ),
            *("村干部", "村主任", "儿童主任", "社工", "爱心妈妈", "代理家长", "受托人", "托管人"),
        ),
    ),
    prefixes=(
        "大",
        "二",
        "三",
        "四",
        "五",
        "六",
        "七",
        "八",
        "九",
        "十",
        "老",
        "幺",
        "小",
        "亲",
        "满",
        "我",
    ),
)
"""The part of GB/T 4761 that families of pupils need."""

HEALTH = CodeTable(
    "健康状况",
    (
        ("1", "健康或良好", "健康", "良好", "好", "正常", "较好", "很好", "身体健康", "无疾病"),
        ("2", "一般或较弱", "一般", "较弱", "体弱", "差"),
        ("3", "有慢性病", "慢性病", "患病", "有病"),
        ("4", "有生理缺陷", "生理缺陷"),
        ("5", "残疾", "伤残"),
    ),
)

DISABILITY = CodeTable(
    "残疾类型",
    (
        ("0", "无残疾", "无", "否", "非残疾", "没有"),
        ("1", "视力残疾", "视力"),
        ("2", "听力残疾", "听力"),
        ("3", "言语残疾", "言语", "语言残疾"),
        ("4", "肢体残疾", "肢体"),
        ("5", "智力残疾", "智力"),
        ("6", "精神残疾", "精神"),
        ("7", "多重残疾", "多重"),
        ("9", "其他残疾", "其他"),
    ),
    suffixes=("一级", "二级", "三级", "四级", "残疾一级", "残疾二级", "残疾三级", "残疾四级"),
)

BOARDING = CodeTable(
    "就读方式",
    (
        (
            "day",
            *("走读", "走读生", "通学", "通学生", "通校", "通校生", "外宿", "走", "全走读", "跑读"),
            *(
                "否",
                "不是",
                "无",
                "×",
                "x",
                "n",
                "no",
                "不",
                "没有",
                "不住",
                "不住校",
                "不住宿",
                "不寄宿",
            ),
            *(
                "非寄宿",
                "非住校",
                "非住宿",
                "非寄宿生",
                "非住校生",
                "未住校",
                "未住宿",
                "在家",
                "回家",
            ),
        ),
        (
            "board",
            *(
                "住校",
                "寄宿",
                "住宿",
                "住校生",
                "寄宿生",
                "住宿生",
                "内宿",
                "内宿生",
                "住",
                "住读",
                "住读生",
            ),
            *(
                "是",
                "有",
                "√",
                "✓",
                "✔",
                "y",
                "yes",
                "全寄宿",
                "半寄宿",
                "在校住宿",
                "学校住宿",
                "校内住宿",
            ),
            *("周寄宿", "全托", "住学校", "寄宿制"),
        ),
    ),
)

TRAVEL = CodeTable(
    "上下学方式",
    (
        ("walk", "步行", "走路", "徒步", "走"),
        (
            "bike",
            "自行车（含摩托车、电动车）",
            *(
                "自行车",
                "骑车",
                "电动车",
                "摩托车",
                "骑自行车",
                "骑电动车",
                "单车",
                "电瓶车",
                "骑行",
            ),
        ),
        ("bus", "公共交通", "公交", "公交车", "客车", "班车", "公共交通含城市公交农村客运地铁"),
        (
            "family",
            *(
                "家长接送",
                "家长自行接送",
                "接送",
                "私家车",
                "家长骑车送",
                "摩托车接送",
                "家长送",
                "电动车接送",
            ),
        ),
        ("school-bus", "校车"),
        ("other", "其他", "其它"),
    ),
)

_PLACES = (
    "外出",
    "在外",
    "外出务工",
    "外出打工",
    "在外务工",
    "在外打工",
    "务工",
    "打工",
    "出外打工",
)
_NOT_LEFT_BEHIND = (
    *(
        "非留守",
        "非",
        "否",
        "不是",
        "无",
        "不",
        "×",
        "x",
        "n",
        "no",
        "false",
        "f",
        "不属于",
        "正常",
    ),
    *(
        "不留守",
        "未留守",
        "没有",
        "没有留守",
        "不是留守儿童",
        "否留守",
        "无留守",
        "不属于留守儿童",
        "普通",
    ),
    *("否非留守", "父母在家", "父母均在家", "父母都在家"),
)
_LEFT_BEHIND = (
    *("留守儿童", "留守", "是", "有", "对", "属于", "√", "✓", "✔", "☑", "y", "yes", "true", "t"),
    *(
        "农村留守儿童",
        "留守学生",
        "是留守",
        "是留守儿童",
        "属于留守儿童",
        "农村留守",
        "留守生",
        "有留守",
    ),
)
_ONE_AWAY = (
    *(
        "单留",
        "半留守",
        "单方",
        "一方",
        "一方留守",
        "单亲留守父",
        "单亲留守母",
        "留守单亲",
        "留守儿童单亲",
    ),
    *("是单亲", "是单亲留守", "父亲留守", "母亲留守", "留守单方", "留守一方", "一方在外一方在家"),
    "父母一方外出，另一方无监护能力",
    "一方外出，另一方无监护能力",
    "父母一方外出务工，另一方无监护能力",
    *(f"{who}{place}" for who in ("父", "母", "爸爸", "妈妈") for place in _PLACES),
    *(f"{who}{place}" for who in ("父亲", "母亲") for place in _PLACES if place != "外出"),
    *(f"{who}{p}" for who in ("单方", "一方", "单亲", "父母单方") for p in _PLACES if p != "外出"),
    *(f"父母一方{p}" for p in _PLACES if p not in ("外出", "外出务工")),
)
_BOTH_AWAY = (
    *(
        "双留",
        "全留守",
        "双方",
        "两方",
        "双留守儿童",
        "留守双亲",
        "留守儿童双亲",
        "是双亲",
        "是双亲留守",
    ),
    *("留守双方", "全部外出", "父母双留守", "完全留守"),
    *(f"{who}{p}" for who in ("双方", "双亲") for p in _PLACES if p != "外出"),
    *(f"父母双方{p}" for p in _PLACES if p not in ("外出", "外出务工")),
    *(f"父母双亲{p}" for p in _PLACES),
    *(f"父母{all_}{p}" for all_ in ("均", "都", "") for p in _PLACES if p != "外出"),
    *(
        f"{who}{p}"
        for who in ("父母亲", "父母亲均", "父母亲都", "爸爸妈妈", "父母全")
        for p in _PLACES
    ),
)

LEFT_BEHIND = CodeTable(
    "是否留守儿童",
    (
        ("0", "非留守儿童", *_NOT_LEFT_BEHIND),
        (
            "1",
            "单亲留守儿童",
            "单亲留守",
            "单亲",
            "单留守",
            "单方外出",
            "一方外出",
            "父亲外出",
            "母亲外出",
            "父或母一方外出",
            "父母一方外出",
            "父母一方外出务工",
            "父单",
            "母单",
            "单亲外出",
            "单方留守",
            *_ONE_AWAY,
        ),
        (
            "2",
            "双亲留守儿童",
            "双亲留守",
            "双亲",
            "双留守",
            "双方外出",
            "父母双方外出",
            "父母双方外出务工",
            "父母均外出",
            "父母外出",
            "父母都外出",
            "双亲外出",
            "双方留守",
            "均外出",
            "都外出",
            "全外出",
            *_BOTH_AWAY,
        ),
        ("9", "留守儿童（未分类）", *_LEFT_BEHIND),
    ),
    numbered=False,
)
"""Left-behind state as a roster says it, read by label only: systems number it differently."""

PARENT_STATE = CodeTable(
    "父母状态",
    (
        ("home", "在家", "在家务农", "务农", "在本地", "本地", "家里", "家中", "本村", "本镇"),
        ("away", "外出", "外出务工", "外出打工", "务工", "打工", "在外", "外地务工", "在外务工"),
        ("divorced", "离异", "离婚", "改嫁", "离异离家"),
        (
            "dead",
            "死亡",
            "去世",
            "已故",
            "亡故",
            "病故",
            "亡",
            "已去世",
            "过世",
            "身故",
            "离世",
            "逝世",
        ),
        ("missing", "失联", "下落不明", "失踪", "出走", "离家出走", "联系不上", "不详"),
        ("prison", "服刑", "在押", "服刑人员", "坐牢", "强制戒毒"),
        ("ill", "重残或重病", "重病", "重残", "残疾", "重残病", "患病在家"),
    ),
)

MIGRATION = CodeTable(
    "外出类型",
    (
        ("both", "双亲外出", "双亲"),
        ("father", "父亲外出", "父单"),
        ("mother", "母亲外出", "母单"),
        ("unable", "单方外出，另一方无监护能力", "单方外出另一方无能力"),
        ("none", "不属于"),
    ),
)

GUARDIANSHIP = CodeTable(
    "监护类型",
    (
        ("father", "父亲监护", "父", "父亲"),
        ("mother", "母亲监护", "母", "母亲"),
        ("grandparents", "祖父母监护", "祖父母", "爷爷奶奶"),
        ("maternal", "外祖父母监护", "外祖父母", "外公外婆"),
        ("relative", "亲戚监护", "亲戚"),
        ("friend", "朋友邻居监护", "朋友邻居", "朋友", "邻居"),
        ("other", "其他人监护", "其他"),
        ("none", "无人监护", "无"),
    ),
)

HARDSHIP = CodeTable(
    "困难类别",
    (
        ("dibao", "低保", "低保户", "最低生活保障", "农村低保"),
        ("tekun", "特困", "特困供养", "特困人员", "五保"),
        ("orphan", "孤儿"),
        ("unsupported", "事实无人抚养", "事实无人抚养儿童", "事实孤儿"),
        ("lifted", "脱贫户", "脱贫", "建档立卡", "建档立卡户", "脱贫家庭", "建档立卡贫困户"),
        ("unstable", "脱贫不稳定", "脱贫不稳定户"),
        ("marginal", "边缘易致贫", "边缘易致贫户", "边缘户"),
        ("sudden", "突发严重困难", "突发严重困难户", "突发困难"),
        ("disabled", "残疾", "残疾学生", "残疾家庭"),
        ("martyr", "烈士子女", "烈士", "优抚子女", "烈士或优抚子女"),
        ("other", "其他", "其它"),
    ),
)

INCOME = CodeTable(
    "经济来源",
    (
        ("wages", "打工", "务工"),
        ("farming", "种养", "种植养殖", "务农"),
        ("relief", "救助"),
        ("help", "接济"),
        ("other", "其他", "其它"),
    ),
)

EXIT_REASON = CodeTable(
    "退出原因",
    (
        ("returned", "父母返乡", "返乡"),
        ("sixteen", "年满16周岁", "满16", "满16周岁"),
        ("transferred", "转学"),
        ("graduated", "毕业"),
        ("joined", "随迁", "随父母外出"),
        ("dropped", "辍学"),
    ),
)

EDUCATION = CodeTable(
    "文化程度",
    (
        ("10", "研究生", "硕士", "博士", "硕士研究生", "博士研究生"),
        ("20", "大学本科", "本科", "大学", "学士"),
        ("30", "大学专科", "大专", "专科"),
        ("40", "中等专业学校", "中专", "职高", "中职", "职业高中"),
        ("50", "技工学校", "技校"),
        ("60", "高中"),
        ("70", "初中", "初级中学"),
        ("80", "小学"),
        ("90", "文盲或半文盲", "文盲", "半文盲", "不识字", "未上学"),
    ),
)
"""GB/T 4658, the coarse level."""

POLITICAL = CodeTable(
    "政治面貌",
    (
        ("01", "中共党员", "党员", "共产党员"),
        ("02", "中共预备党员", "预备党员"),
        ("03", "共青团员", "团员"),
        ("04", "民革党员", "民革"),
        ("05", "民盟盟员", "民盟"),
        ("06", "民建会员", "民建"),
        ("07", "民进会员", "民进"),
        ("08", "农工党党员", "农工党"),
        ("09", "致公党党员", "致公党"),
        ("10", "九三学社社员", "九三学社"),
        ("11", "台盟盟员", "台盟"),
        ("12", "无党派人士", "无党派", "无党派民主人士"),
        ("13", "群众"),
    ),
)
"""GB/T 4762."""

ID_KIND = CodeTable(
    "身份证件类型",
    (
        ("1", "居民身份证", "身份证", "二代身份证", "中华人民共和国居民身份证"),
        ("6", "香港特区护照或身份证明", "香港特区护照/身份证明", "香港身份证"),
        ("7", "澳门特区护照或身份证明", "澳门特区护照/身份证明", "澳门身份证"),
        ("8", "台湾居民来往大陆通行证", "台胞证"),
        ("9", "境外永久居住证", "外国人永久居留身份证"),
        ("A", "护照"),
        ("B", "户口簿", "户口本", "户口"),
        ("Z", "其他", "其它"),
    ),
)

HOUSEHOLD = CodeTable(
    "户口性质",
    (
        ("rural", "农业户口", "农业", "农村", "农村户口", "农业家庭户口", "农"),
        ("urban", "非农业户口", "非农业", "城镇", "城镇户口", "城市", "非农", "非农业家庭户口"),
        ("resident", "居民户口", "居民", "统一居民户口"),
    ),
)

MARRIAGE = CodeTable(
    "婚姻状况",
    (
        ("10", "未婚"),
        ("20", "已婚", "初婚", "再婚", "复婚"),
        ("30", "丧偶"),
        ("40", "离婚", "离异"),
        ("90", "未说明", "其他"),
    ),
)
"""GB/T 2261.2, the coarse level."""

ASSESSMENT = CodeTable(
    "监护评估",
    (("good", "较好", "好"), ("fair", "一般", "中"), ("poor", "差", "较差")),
)
