"""Closed vocabularies: ordered codes, their Chinese labels, and how else people write them.

Where a national standard gives codes, those are stored; elsewhere a plain English word is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from models.core.errors import BadDeclaration, BadValue


def _folded(text: str) -> str:
    """Fold width, case, spaces and brackets, so that `单亲（留守）` equals `单亲留守`."""
    return re.sub(r"[\s()【】\[\]·.。、“”\"']", "", unicodedata.normalize("NFKC", text)).lower()


@dataclass(frozen=True)
class CodeTable:
    """One closed vocabulary.

    `rows` are (code, label, *synonyms) in the order to show. With `numbered` false a bare code
    in an imported cell is not understood, because its numbering varies from system to system.
    Raises BadDeclaration when two rows could be meant by one word.
    """

    title: str
    rows: tuple[tuple[str, ...], ...]
    numbered: bool = True
    suffixes: tuple[str, ...] = ()
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
        candidates = [word, *(word.removesuffix(end) for end in self.suffixes)]
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
        ("1", "男", "男性", "男生", "m", "male"),
        ("2", "女", "女性", "女生", "f", "female"),
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
        ("51", "父亲", "父", "爸爸", "爸", "父子", "父女", "生父", "亲生父亲"),
        ("52", "母亲", "母", "妈妈", "妈", "母子", "母女", "生母", "亲生母亲"),
        ("57", "继父或养父", "继父", "养父", "后爸", "后父"),
        ("58", "继母或养母", "继母", "养母", "后妈", "后母"),
        ("61", "祖父", "爷爷", "爷", "祖孙", "公公", "阿公"),
        ("62", "祖母", "奶奶", "奶", "婆婆", "阿婆"),
        ("63", "外祖父", "外公", "姥爷", "老爷", "家公", "外爷"),
        ("64", "外祖母", "外婆", "姥姥", "家婆", "外奶"),
        ("71", "兄", "哥哥", "哥", "兄长"),
        ("73", "弟", "弟弟"),
        ("75", "姐姐", "姐", "姊"),
        ("77", "妹妹", "妹"),
        ("81", "伯父", "伯伯", "大伯", "伯", "大爷", "大爹"),
        ("82", "伯母", "伯娘", "大妈", "大娘"),
        ("83", "叔父", "叔叔", "叔", "幺叔", "小叔"),
        ("84", "婶母", "婶婶", "婶", "婶娘", "幺婶"),
        ("85", "舅父", "舅舅", "舅"),
        ("86", "舅母", "舅妈", "舅娘"),
        ("87", "姨父", "姨夫", "姨爹"),
        ("88", "姨母", "姨妈", "姨", "小姨", "阿姨", "姨娘"),
        ("89", "姑父", "姑夫", "姑爹"),
        ("90", "姑母", "姑妈", "姑姑", "姑", "小姑", "姑娘"),
        ("97", "其他亲属", "亲戚", "亲属", "其他亲戚", "表亲", "堂亲"),
        ("99", "非亲属", "朋友", "邻居", "老师", "教师", "同村", "朋友邻居", "其他", "其它"),
    ),
)
"""The part of GB/T 4761 that families of pupils need."""

HEALTH = CodeTable(
    "健康状况",
    (
        ("1", "健康或良好", "健康", "良好", "好", "正常"),
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
)

BOARDING = CodeTable(
    "就读方式",
    (
        ("day", "走读", "走读生", "通学", "通学生", "否", "不住校", "非寄宿", "走", "非住校"),
        ("board", "住校", "寄宿", "住宿", "住校生", "寄宿生", "住宿生", "内宿", "是", "住"),
    ),
)

TRAVEL = CodeTable(
    "上下学方式",
    (
        ("walk", "步行", "走路"),
        ("bike", "自行车（含摩托车、电动车）", "自行车", "骑车", "电动车", "摩托车", "骑自行车"),
        ("bus", "公共交通", "公交", "公交车", "客车", "班车", "公共交通含城市公交农村客运地铁"),
        ("family", "家长接送", "家长自行接送", "接送", "私家车"),
        ("school-bus", "校车"),
        ("other", "其他", "其它"),
    ),
)

LEFT_BEHIND = CodeTable(
    "是否留守儿童",
    (
        ("0", "非留守儿童", "非留守", "非", "否", "不是", "无", "不", "×", "x", "不属于", "正常"),
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
        ),
        ("9", "留守儿童（未分类）", "留守儿童", "留守", "是", "√", "✓", "✔", "农村留守儿童"),
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
        ("dead", "死亡", "去世", "已故", "亡故", "病故", "亡", "已去世", "过世", "身故"),
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
        ("lifted", "脱贫户", "脱贫", "建档立卡", "建档立卡户", "脱贫家庭"),
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
