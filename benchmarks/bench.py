"""All benchmarks, one after another, as one Markdown table under a line that names the machine:
`python -m benchmarks.bench`, or a part with `--only speed,tick`.

Each module says what it measures and how. Close other programs first: they share the cores.
"""

import argparse
from collections.abc import Callable, Sequence

from benchmarks import explain, ladder, latency, lessons, memory, peak, scaling, speed, tick, trials
from benchmarks.report import Row, Unavailable, machine_line, progress, table, warn_if_busy

PARTS: dict[str, Callable[[], list[Row]]] = {
    "speed": speed.measure,
    "ladder": ladder.measure,
    "peak": peak.measure,
    "scaling": scaling.measure,
    "trials": trials.measure,
    "latency": latency.measure,
    "tick": tick.measure,
    "memory": memory.measure,
    "explain": explain.measure,
    "lessons": lessons.measure,
}


def parts(text: str) -> list[str]:
    """The parts that `--only` names."""
    names = [name.strip() for name in text.split(",")]
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        raise argparse.ArgumentTypeError(f"there is no part {unknown[0]!r}; choose from {', '.join(PARTS)}")
    return names


def run(name: str) -> list[Row]:
    """Rows of one part; a part that this machine can't measure says why."""
    progress(f"{name} …")
    try:
        rows = PARTS[name]()
    except Unavailable as error:
        rows = [Row(name, f"not measured: {error}")]
    progress(table(rows))  # whatever happens to the next part
    return rows


def bench(names: Sequence[str]) -> None:
    """Run parts and print the table."""
    warn_if_busy()
    machine = machine_line()
    rows = [row for name in names for row in run(name)]
    print(f"{machine}\n\n{table(rows)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", type=parts, default=list(PARTS), help=f"parts, from {','.join(PARTS)}")
    bench(parser.parse_args().only)


if __name__ == "__main__":
    main()
