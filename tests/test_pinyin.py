"""Pinyin keys for sorting and searching names."""

from __future__ import annotations

import subprocess
import sys

import pytest

from models.core.pinyin import search_keys, sort_key


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("曾伟", ["zw", "zengwei"]),
        ("单雪", ["sx", "shanxue"]),
        ("欧阳锋", ["oyf", "ouyangfeng"]),
        ("尉迟恭", ["ycg", "yuchigong"]),
        ("仇明", ["qm", "qiuming"]),
    ],
)
def test_the_surname_reading_comes_first(name, first):
    assert search_keys(name).split()[:2] == first


def test_all_readings_are_kept():
    assert {"zw", "cw"} <= set(search_keys("曾伟").split())
    assert {"ly", "yy"} <= {key[:2] for key in search_keys("乐悦").split()}


def test_names_sort_by_sound_then_tone():
    names = ["曾伟", "张三", "阿依", "单雪", "李林", "林黎"]
    assert sorted(names, key=sort_key) == ["阿依", "李林", "林黎", "单雪", "曾伟", "张三"]


def test_figures_sort_by_size():
    assert sort_key("三（2）班") < sort_key("三（10）班")


@pytest.mark.parametrize("text", ["", "\U0002ca02", "···", "Anna", "曾" * 200])
def test_odd_text_gives_a_key_and_no_error(text):
    assert isinstance(sort_key(text), str)
    assert len(search_keys(text)) < 4000


def test_the_dictionaries_are_loaded_only_when_asked():
    program = "import sys, models.core.pinyin; print('pypinyin' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "False"
