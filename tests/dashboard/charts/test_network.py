"""Names in the network find a free place or are left to the hover."""

import polars as pl

from dashboard.charts import network


def test_names_do_not_lie_on_each_other_or_on_points():
    close = [(0.5 + 0.01 * n, 0.5) for n in range(12)]
    nodes = pl.DataFrame(
        {
            "product_id": [f"p{n:02}" for n in range(12)],
            "product_name": [f"A product with a name {n}" for n in range(12)],
            "orders": range(12, 0, -1),
            "cluster": [0] * 12,
            "x": [x for x, _ in close],
            "y": [y for _, y in close],
        }
    )
    names = network.placed_names(nodes)
    assert 1 <= len(names) < 12
    assert names[0].text == "A product with a name "[: network.LONGEST - 1] + "…"
    boxes = [network._name_box(name.x, name.y, name.text, name.place) for name in names]
    points = [network._box(x * network.WIDE, y * network.HIGH, 20, 20) for x, y in close]
    for n, box in enumerate(boxes):
        assert not any(network._meet(box, other) for other in boxes[n + 1 :] + points)
