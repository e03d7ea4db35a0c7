"""Invented people: names, identity numbers, phones and places, drawn from a seeded generator."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from models.core.values.identity import check_character

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN_BOY = "伟强磊军洋勇杰涛明超辉鹏浩宇轩博文俊凯航晨睿泽翔志远"
GIVEN_GIRL = "芳娜敏静丽艳娟霞秀颖琳慧婷雪梅萱雨欣怡佳思琪梦瑶悦"
DISTRICTS = ("522224", "522225", "341321", "510109")
VILLAGES = ("思渠镇", "和平镇", "回龙镇", "四新镇")
HAMLETS = ("一组", "二组", "三组", "四组")
PLACES = (
    ("广东省", "东莞市", "长安镇"),
    ("广东省", "深圳市", "宝安区"),
    ("浙江省", "义乌市", "北苑街道"),
    ("江苏省", "昆山市", "玉山镇"),
    ("福建省", "晋江市", "陈埭镇"),
    ("上海市", "松江区", "九亭镇"),
    ("贵州省", "贵阳市", "云岩区"),
)
TRADES = (
    ("装配工", ("宏达电子厂", "联创电子厂")),
    ("建筑工", ("路桥三公司工地", "城东小区工地")),
    ("缝纫工", ("锦绣服装厂", "新衣制衣厂")),
    ("司机", ("顺通物流", "远方货运")),
    ("厨师", ("老灶火锅店", "乡味饭馆")),
    ("家政", ("安心家政",)),
    ("装修工", ("美居装修队",)),
)
SUBJECTS = ("语文", "数学", "英语", "物理", "历史", "地理", "生物", "体育", "音乐", "美术")


class People:
    """Draws people who do not exist; the same seed draws the same people."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311  invented data, not a secret
        self._numbers: set[str] = set()

    def name(self, girl: bool, surname: str = "") -> str:
        """Return a name of two or three characters."""
        given = GIVEN_GIRL if girl else GIVEN_BOY
        count = 1 if self.random.random() < 0.3 else 2
        chosen = "".join(self.random.choice(given) for _ in range(count))
        return (surname or self.random.choice(SURNAMES)) + chosen

    def id_number(self, born_on: date, girl: bool) -> str:
        """Return an identity number with a right check character that nobody else here has."""
        while True:
            sequence = self.random.randrange(100, 999) // 2 * 2 + (0 if girl else 1)
            body = f"{self.random.choice(DISTRICTS)}{born_on:%Y%m%d}{sequence:03d}"
            number = body + check_character(body)
            if number not in self._numbers:
                self._numbers.add(number)
                return number

    def phone(self) -> str:
        """Return a mobile number."""
        first = self.random.choice(("135", "138", "150", "158", "182", "186", "199"))
        return f"{first}{self.random.randrange(10**8):08d}"

    def landline(self) -> str:
        """Return a landline number."""
        return f"0769-{self.random.randrange(2 * 10**7, 9 * 10**7)}"

    def address(self) -> str:
        """Return an address down to the hamlet."""
        return self.random.choice(VILLAGES) + self.random.choice(HAMLETS)

    def birthday(self, age: int, today: date) -> date:
        """Return a birthday that makes the person `age` years old today."""
        return today - timedelta(days=365 * age + age // 4 + self.random.randrange(1, 360))

    def chance(self, share: float) -> bool:
        """Return True in `share` of the cases."""
        return self.random.random() < share
