"""How many examples Hypothesis draws: fifty; fewer where one is a whole school; all in full."""

from hypothesis import settings

ORDINARY = 50


def few_examples(number):
    """So many in the ordinary run; all that the profile asks in any other."""
    asked = settings.default.max_examples
    return number if asked == ORDINARY else asked
