"""What is shown works as it is shown."""

from __future__ import annotations

import re
import runpy
from datetime import datetime, timezone
from typing import Any

import pytest

import minutehand
from conftest import HERE, ROOT

FRIDAY = datetime(2026, 11, 20, 12, 1, tzinfo=timezone.utc)
SUNDAY = datetime(2026, 11, 22, 12, 1, tzinfo=timezone.utc)
SIGNALS = (minutehand.Signal.example("a", 0.25), minutehand.Signal.example("b", 0.5))


def example(name: str) -> dict[str, Any]:
    return runpy.run_path(str(HERE.parent / "examples" / name))


def blocks(readme: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", readme, re.DOTALL)


def test_mean_is_cut() -> None:
    decide = example("mean.py")["decide"]
    assert decide(FRIDAY, SIGNALS) == 0.375
    assert decide(FRIDAY, [minutehand.Signal.example("a", -9.0)]) == -1.0


def test_wave_rests_on_sundays_and_does_not_depend_on_when_it_was_started() -> None:
    compute = example("wave.py")["compute"]
    assert -1.0 <= compute(FRIDAY) == compute(FRIDAY) <= 1.0
    with pytest.raises(minutehand.NoSignal, match="it is Sunday"):
        compute(SUNDAY)


def test_the_readme_of_the_package_runs() -> None:
    strategy, generator = blocks((HERE.parent / "README.md").read_text())
    shown: dict[str, Any] = {"__name__": "shown"}
    exec(strategy, shown)
    exec(generator, shown)
    assert shown["decide"](FRIDAY, SIGNALS) == 0.375
    with pytest.raises(minutehand.Abstain):
        shown["decide"](FRIDAY.replace(hour=0), SIGNALS)
    assert shown["compute"](FRIDAY) == 0.0


def test_the_readme_of_the_system_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    readme = (ROOT / "README.md").read_text()
    (shown,) = (block for block in blocks(readme) if "minutehand.strategy" in block)
    given: list[minutehand.Decide] = []
    monkeypatch.setattr(minutehand, "strategy", given.append)
    exec(shown, {})
    assert given[0](FRIDAY, SIGNALS) == 0.375
    with pytest.raises(minutehand.Abstain):
        given[0](FRIDAY, SIGNALS[:1])
