"""Pure rules for values: raw input in, normalised value out, or BadValue with a Chinese sentence.

No database, no clock. Each function is used by the field types of the declarations and by the
reading of workbooks alike, so that a form and an import never disagree.
"""

from __future__ import annotations

from models.core.values.classes import (
    ClassName,
    class_label,
    class_number,
    clean_class_name,
    clean_class_parts,
    clean_grade,
    entry_class,
    grade_in,
)
from models.core.values.contact import clean_phone, clean_phones
from models.core.values.forms import fold_forms, folds_told, strange_characters
from models.core.values.identity import (
    birth_of_id,
    check_character,
    clean_id_number,
    clean_school_number,
    district_is_known,
    sex_of_id,
)
from models.core.values.masks import (
    MASKED,
    mask_address,
    mask_id_number,
    mask_identity,
    mask_name,
    mask_numbers,
    mask_phone,
    mask_places,
    mask_school_number,
)
from models.core.values.moments import (
    DateRead,
    clean_date,
    clean_datetime,
    clean_duration_seconds,
    clean_time,
    read_date,
)
from models.core.values.names import (
    Found,
    NameIndex,
    given_name,
    is_ordinary_word,
    is_person_at,
    mask_names_in,
    masked_at,
    squeezed,
)
from models.core.values.numbers import clean_int, clean_money_fen, clean_scaled, whole
from models.core.values.text import (
    Raw,
    Refusal,
    clean_bool,
    clean_name,
    clean_text,
    is_blank,
    plain,
    refuse_error_value,
    split_words,
    strip_invisible,
    written,
)

__all__ = [
    "MASKED",
    "ClassName",
    "DateRead",
    "Found",
    "NameIndex",
    "Raw",
    "Refusal",
    "birth_of_id",
    "check_character",
    "class_label",
    "class_number",
    "clean_bool",
    "clean_class_name",
    "clean_class_parts",
    "clean_date",
    "clean_datetime",
    "clean_duration_seconds",
    "clean_grade",
    "clean_id_number",
    "clean_int",
    "clean_money_fen",
    "clean_name",
    "clean_phone",
    "clean_phones",
    "clean_scaled",
    "clean_school_number",
    "clean_text",
    "clean_time",
    "district_is_known",
    "entry_class",
    "fold_forms",
    "folds_told",
    "given_name",
    "grade_in",
    "is_blank",
    "is_ordinary_word",
    "is_person_at",
    "mask_address",
    "mask_id_number",
    "mask_identity",
    "mask_name",
    "mask_names_in",
    "mask_numbers",
    "mask_phone",
    "mask_places",
    "mask_school_number",
    "masked_at",
    "plain",
    "read_date",
    "refuse_error_value",
    "sex_of_id",
    "split_words",
    "squeezed",
    "strange_characters",
    "strip_invisible",
    "whole",
    "written",
]
