"""Names of strategies and generators, and random ids of processes: one form for all."""

from __future__ import annotations

import json
import random
import re

LENGTH_MAX = 64
_SHOWN_MAX = 128
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def check_name(text: str) -> str:
    """The name, if it is one; raises ValueError if not."""
    if _NAME.fullmatch(text) is None:
        raise ValueError(
            f"{untrusted(text)} is not a name: a name has 1 to 64 characters from "
            "A-Z a-z 0-9 . _ - and starts with a letter or a digit"
        )
    return text


def random_name(rng: random.Random) -> str:
    """A random id in the form of a name: 16 hexadecimal digits."""
    return f"{rng.getrandbits(64):016x}"


def untrusted(text: str) -> str:
    """A stranger's text, fit for a log or a message: quoted, escaped, cut at 128 characters."""
    shown = text if len(text) <= _SHOWN_MAX else text[:_SHOWN_MAX] + "…"
    return json.dumps(shown, ensure_ascii=False).replace("\x7f", "\\u007f")


def told(error: BaseException) -> str:
    """What somebody else's function raised, in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())
