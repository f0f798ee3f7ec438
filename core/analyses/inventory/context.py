"""What is known beside the sales: which products belong together, prices, promotions, holidays."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Context:
    """groups: (products,) number of the category, whose products share a season.

    price: (products, weeks) price by its mean over the 13 weeks before, less 1; None if not known.
    promoted: (products, weeks) 1 in weeks on promotion. calendar: (weeks and more, kinds) holidays
    and sales days of each week, the coming ones too.
    """

    groups: NDArray[np.intp]
    price: Floats | None = None
    promoted: Floats | None = None
    calendar: Floats = field(default_factory=lambda: np.zeros((0, 2)))

    def known(self, origin: int, horizon: int) -> list[Floats]:
        """Columns (products,) of what is known after `origin` weeks about the weeks ahead."""
        products = len(self.groups)
        ahead = self.calendar[origin : origin + horizon]
        days = ahead.mean(axis=0) if len(ahead) else np.zeros(self.calendar.shape[1])
        columns = [np.full(products, value) for value in days]
        for known in (self.price, self.promoted):
            if known is not None:
                columns += [
                    known[:, origin - 1],
                    known[:, max(origin - 4, 0) : origin].mean(axis=1),
                ]
        return columns
