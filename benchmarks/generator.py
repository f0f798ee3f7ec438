"""How fast the demo shop is made, and how much memory it takes; each size in a fresh process.

python benchmarks/generator.py [LINES ...]
"""

import resource
import subprocess
import sys
import time

SIZES = (50_000, 1_000_000, 10_000_000)


def measure(lines: int) -> None:
    from sample_data.generate import shop

    cpu, wall = time.process_time(), time.perf_counter()
    made = shop(lines)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    orders, size = made.orders["order_id"].n_unique(), made.orders.estimated_size("mb")
    print(
        f"{lines:>12,} lines asked, {made.orders.height:>12,} made, {orders:>10,} orders, "
        f"{cpu:6.1f} s CPU, {wall:6.1f} s, frame {size:6,.0f} MB, peak {peak:5.2f} GiB",
        flush=True,
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        measure(int(sys.argv[2]))
    else:
        for wanted in [int(size) for size in sys.argv[1:]] or SIZES:
            subprocess.run([sys.executable, __file__, "--one", str(wanted)], check=True)
