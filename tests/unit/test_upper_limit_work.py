"""How much work the upper limits of a long series are."""

from datetime import timedelta

import pytest

from cdshooks.chart import answer, limits
from cdshooks.rules.authoring import Series
from tests.support.charts import TODAY, chart, observation

RESULTS = 40


def test_each_of_many_results_without_an_id_is_dated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    dated = []
    day_of = limits._day
    monkeypatch.setattr(limits, "_day", lambda *given: dated.append(1) or day_of(*given))
    results = [
        observation(
            "1742-6",
            {"value": 30, "unit": "U/L"},
            id=None,
            effectiveDateTime=(TODAY - timedelta(days=ago)).isoformat(),
            referenceRange=[{"high": {"value": 45, "unit": "U/L"}}],
        )
        for ago in range(RESULTS)
    ]
    wanted = Series("alt", None)
    found = answer(chart(results, wanted), wanted)
    assert [str(reading.upper_limit.value) for reading in found] == ["45"] * RESULTS
    assert len(dated) == RESULTS
