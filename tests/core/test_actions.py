"""Ranking the week's actions."""

from dataclasses import dataclass, field

import polars as pl

from core import actions
from core.finding import Action, Finding
from core.options import Options


@dataclass(eq=False)
class Answer:
    said: list[Action]
    config: Options = field(default_factory=Options)
    evidence: pl.DataFrame = field(default_factory=pl.DataFrame)

    def actions(self):
        return self.said

    def explain(self):
        return []

    def files(self):
        return {}


def act(page: str, value: float, *, low: float = 1.0, days: int = 7) -> Action:
    return Action(Finding(f"{page} {value}"), page, value, low, value * 2, days)


def test_one_page_speaks_once_before_all_have_spoken():
    answers = [Answer([act("churn", 900), act("churn", 800)]), Answer([act("inventory", 100)])]
    assert [a.page for a in actions.top(answers)] == ["churn", "inventory", "churn"]


def test_what_a_week_of_waiting_costs_decides():
    slow, quick = act("churn", 1000, days=365), act("inventory", 100, days=7)
    assert actions.top([Answer([slow]), Answer([quick])]) == [quick, slow]


def test_what_may_be_worth_nothing_comes_last():
    unsure, sure = act("rules", 900, low=0.0), act("inventory", 50)
    assert actions.top([Answer([unsure]), Answer([sure])]) == [sure, unsure]


def test_worthless_and_broken_numbers_are_left_out():
    answers = [
        Answer([act("a", 0.0), act("b", -3.0), act("c", float("nan")), act("d", float("inf"))])
    ]
    assert actions.top(answers) == []
    assert len(actions.nothing([])) == 1
    assert actions.nothing([act("a", 5)]) == []


def test_order_of_the_answers_does_not_matter():
    answers = [Answer([act("a", 5), act("b", 5)]), Answer([act("c", 5)])]
    assert actions.top(answers) == actions.top(reversed(answers))
