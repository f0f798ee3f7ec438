"""When customers order: BG/NBD and even refills in the shop's own time, then the calendar.

The shop's own time runs faster in busy hours, so orders that are evenly random in it follow the
week and the year. Source: Fader, Hardie & Lee (2005), Marketing Science 24(2), for BG/NBD.
"""

from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from sample_data import plan

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Calendar:
    """Days from `first` to `last`; `clock` maps the shop's own time (days) to calendar time."""

    first: date
    last: date
    seasons: bool
    edges: Floats = field(init=False)
    cumulative: Floats = field(init=False)

    def __post_init__(self) -> None:
        days = np.arange(self.days)
        intensity = np.ones(self.days)
        if self.seasons:
            weekday = np.array(plan.WEEKDAY)[(days + self.first.weekday()) % 7]
            intensity = weekday * np.array(plan.MONTH)[self.months - 1]
            for day, factor in plan.ODD_DAYS.items():
                intensity[(day - self.first).days] *= factor
        hours = np.outer(intensity, np.array(plan.HOUR) / np.sum(plan.HOUR)).ravel()
        cumulative = np.concatenate([[0.0], hours.cumsum()])
        object.__setattr__(self, "edges", np.arange(len(hours) + 1) / 24)
        object.__setattr__(self, "cumulative", cumulative * self.days / cumulative[-1])

    @property
    def days(self) -> int:
        """Days from the first to the last, both included."""
        return (self.last - self.first).days + 1

    @property
    def dates(self) -> NDArray[np.datetime64]:
        """Every day."""
        return np.datetime64(self.first, "D") + np.arange(self.days)

    @property
    def months(self) -> Ints:
        """Month 1..12 of every day."""
        return self.dates.astype("datetime64[M]").astype(np.int64) % 12 + 1

    def clock(self, own: Floats) -> Floats:
        """Calendar time in days since `first`, of moments in the shop's own time."""
        return np.interp(own, self.cumulative, self.edges)

    def timestamps(self, moments: Floats) -> NDArray[np.datetime64]:
        """Calendar time in days since `first`, as minutes of the calendar."""
        minutes = np.minimum(moments * 1440, self.days * 1440 - 1).astype(np.int64)
        stamps = np.datetime64(self.first, "m") + minutes.astype("timedelta64[m]")
        return stamps.astype("datetime64[us]")


@dataclass(frozen=True, eq=False)
class Arrivals:
    """Orders in order of time: `customer` is an index, -1 for a guest; `moment` is in days."""

    customer: Ints
    moment: Floats
    repeat: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Population:
    """One entry per customer: rate per day, leave probability, whether they refill, still here."""

    rate: Floats
    leave: Floats
    refills: NDArray[np.bool_]
    alive: NDArray[np.bool_]


def population(rng: np.random.Generator, size: int, *, dropout: bool) -> Population:
    """Customers with their own rate and their own probability of leaving."""
    refills = rng.random(size) < plan.REFILLERS
    leave = np.where(refills, plan.REFILL_LEAVE, rng.beta(plan.LEAVE_A, plan.LEAVE_B, size))
    return Population(
        rate=rng.gamma(plan.SHAPE, 1 / plan.SCALE, size),
        leave=leave if dropout else np.zeros(size),
        refills=refills,
        alive=np.zeros(size, dtype=bool),
    )


def arrivals(
    rng: np.random.Generator, people: Population, calendar: Calendar, *, wholesale: bool
) -> Arrivals:
    """All orders of all customers and guests, in order of time. Sets `people.alive`."""
    customer, own, repeat = _own_time(rng, people, float(calendar.days))
    guests = round(len(customer) * plan.GUESTS / (1 - plan.GUESTS))
    moment = np.concatenate(
        [calendar.clock(own), calendar.clock(rng.uniform(0, calendar.days, guests))]
    )
    trade = np.arange(10.4, calendar.days, plan.WHOLESALE_DAYS) if wholesale else np.empty(0)
    customer = np.concatenate(
        [customer, np.full(guests, -1), np.full(len(trade), len(people.rate))]
    )
    repeat = np.concatenate([repeat, np.zeros(guests, bool), np.zeros(len(trade), bool)])
    moment = np.concatenate([moment, trade])
    moment[moment.argmax()] = calendar.days - 1 + 0.74  # the shop is open on its last day
    order = np.argsort(moment, kind="stable")
    return Arrivals(customer[order].astype(np.int64), moment[order], repeat[order])


def _own_time(
    rng: np.random.Generator, people: Population, end: float
) -> tuple[Ints, Floats, NDArray[np.bool_]]:
    """(customer, moment in the shop's own time, whether a repeat), one entry per order.

    Every turn of the loop gives each customer who is still here one more order.
    """
    who = np.arange(len(people.rate))
    now = rng.uniform(0, end, len(who))
    seen: list[tuple[Ints, Floats]] = []
    while len(who):
        seen.append((who, now))
        if len(seen) > 1:
            stays = rng.random(len(who)) >= people.leave[who]
            who, now = who[stays], now[stays]
        now = now + _gap(rng, people, who)
        here = now < end
        people.alive[who[~here]] = True
        who, now = who[here], now[here]
    repeat = np.repeat(np.arange(len(seen)) > 0, [len(w) for w, _ in seen])
    return np.concatenate([w for w, _ in seen]), np.concatenate([t for _, t in seen]), repeat


def _gap(rng: np.random.Generator, people: Population, who: Ints) -> Floats:
    """Days until the next order."""
    even = rng.normal(plan.REFILL_DAYS, plan.REFILL_SD, len(who)).clip(10)
    random = rng.exponential(1 / np.maximum(people.rate[who], 1e-9))
    return np.where(people.refills[who], even, random)
