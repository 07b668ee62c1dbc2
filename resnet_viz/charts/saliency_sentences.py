"""What the answers of a classifier say, in words. Only what was measured, on one picture."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_UP, Context

import numpy as np
from numpy.typing import ArrayLike

from resnet_viz.attribution import METHODS, Method, MethodName
from resnet_viz.charts.saliency import class_name, percent, top

SIMILAR = 0.5  # rank correlation from which two maps are called similar


def prediction_sentence(title: str, probabilities: ArrayLike, categories: Sequence[str]) -> str:
    """What the classifier of this title says: its first two classes."""
    first, *others = top(probabilities, categories, 2)
    if not np.isfinite(first[1]):
        return f"{title} says nothing: its probabilities are not numbers."
    named = [f"{class_name(place, categories)} ({percent(probability)})" for place, probability in [first, *others]]
    return f"{title} says {', then '.join(named)}."


def faithfulness_sentence(method_title: str, areas: ArrayLike) -> str:
    """Areas (3, 2) under deletion and insertion, of the map, a random order and one from the centre."""
    known = np.asarray(areas, dtype=np.float64)
    if not np.isfinite(known).all():
        return f"{method_title} was not compared: the probabilities are not numbers."
    deletion, insertion = known.T
    return (
        f"Greying out what {method_title} marks lowers the probability {_compared(deletion, smaller_is_faster=True)}; "
        f"putting it back raises it {_compared(insertion, smaller_is_faster=False)}."
    )


def _compared(areas: Sequence[float], *, smaller_is_faster: bool) -> str:
    """The map's area against those of the other two, as they are printed: what looks the same is called the same."""
    own, by_chance, from_centre = (round(float(area), 2) for area in areas)

    def verdict(other: float) -> str:
        if own == other:
            return "as fast as"
        return "faster than" if (own < other) == smaller_is_faster else "more slowly than"

    first, second = verdict(by_chance), verdict(from_centre)
    return (
        f"{first} a random order (area {own:.2f} against {by_chance:.2f}) "
        f"{'and' if first == second else 'but'} {second} starting at the centre ({from_centre:.2f})"
    )


def randomise_sentence(
    methods: Sequence[MethodName], stages: Sequence[str], correlations: Sequence[Sequence[float | None]]
) -> str:
    """Whose map is still similar when every stage has been replaced, whose is not, and whose can't be compared.

    Args:
        stages: what was replaced last; the first is nothing.
        correlations: a row a stage, a value a method; None where a map has no contrast.
    """
    if len(stages) < 2:
        return ""
    last = dict(zip(methods, correlations[-1], strict=True))
    known = {method: round(value, 2) + 0.0 for method, value in last.items() if value is not None}  # no minus on a zero
    similar = [method for method, value in known.items() if value >= SIMILAR]
    lost = [method for method in known if method not in similar]
    flat = [method for method in last if method not in known]
    told = []
    if similar:
        told.append(f"{_maps_of(similar, 'is', 'are')} still similar to the trained net's ({_values(known, similar)})")
    if lost:
        told.append(f"{_maps_of(lost, 'is', 'are')} not similar any more ({_values(known, lost)})")
    if flat:
        told.append(f"{_maps_of(flat, 'has', 'have')} no contrast left")
    stays = " Guided Backprop hardly depends on the weights." if "guided-backprop" in similar else ""
    return f"With random weights from {stages[1]} to {stages[-1]}, {'; '.join(told)}.{stays}"


def _maps_of(methods: list[MethodName], one: str, many: str) -> str:
    names = _listed([METHODS[method].title for method in methods])
    return f"the map of {names} {one}" if len(methods) == 1 else f"the maps of {names} {many}"


def _values(known: Mapping[MethodName, float], methods: list[MethodName]) -> str:
    return f"rank correlation {_listed([f'{known[method]:.2f}' for method in methods])}"


def _listed(words: list[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def split_sentence(total: ArrayLike, skip: ArrayLike, residual: ArrayLike, *, relative_error: float) -> str:
    """How the evidence at an addition divides between its terms, by absolute values; each map is (h, w).

    Args:
        relative_error: of the two against the total, in parts of its largest value.
    """
    whole, first, second = (float(np.abs(np.asarray(part, dtype=np.float64)).sum()) for part in (total, skip, residual))
    if not np.isfinite([whole, first, second, relative_error]).all():
        return "The evidence at this addition is not a number."
    if first + second == 0:
        return "Neither the shortcut nor the residual branch carries any evidence at this addition."
    share = round(100 * first / (first + second))
    left = round(100 * whole / (first + second))
    within = f"within {_at_most(relative_error)} of its largest value" if relative_error else "exactly"
    cancelled = f" Where they disagree they cancel: {left} % of it is left in the sum." if left < 100 else ""
    return (
        f"The shortcut carries {share} % of the absolute evidence at this addition and the residual branch "
        f"{100 - share} %; the two add up to the whole {within}.{cancelled}"
    )


def _at_most(error: float) -> str:
    """One digit, rounded up, as "within" has to be: 2.1e-7 is within 3e-7."""
    return f"{Context(prec=1, rounding=ROUND_UP).create_decimal(repr(float(error))):e}"


def sweep_sentence(titles: Sequence[str], whole: float, without: Sequence[float]) -> str:
    """Which block the probability of a class needs most and least, in percentage points.

    Args:
        whole: the probability with every block on.
        without: the same without each block.
    """
    if not titles:
        return "No block of this net can be switched off."
    changes = 100 * (np.array(without, dtype=np.float64) - whole)
    if not np.isfinite(changes).all():
        return "The blocks were not compared: the probabilities are not numbers."
    most, least = int(np.abs(changes).argmax()), int(np.abs(changes).argmin())
    if abs(changes[most]) < 0.05:
        return "For this picture no block matters: without it, the probability changes by under 0.1 percentage points."
    told = (
        f"For this picture {titles[most]} matters most: without it, the probability "
        f"{'falls' if changes[most] < 0 else 'rises'} by {abs(changes[most]):.1f} percentage points, from "
        f"{percent(whole)} to {percent(without[most])}"
    )
    return f"{told}; {titles[least]} matters least ({_signed(changes[least])})." if len(titles) > 1 else f"{told}."


def _signed(points: float) -> str:
    """One decimal, with a sign unless it is zero."""
    shown = round(float(points), 1)
    return f"{shown:+.1f}" if shown else "0.0"


def cost_sentence(method: Method, forward_s: float) -> str:
    """What one map of a method costs here; a backward pass takes about as long as two forward passes.

    Args:
        forward_s: seconds of one forward pass.
    """
    passes = method.forwards + 2 * method.backwards
    return f"{method.cost}; {_about(passes * forward_s)} here"


def _about(seconds: float) -> str:
    if seconds < 0.05:
        return "less than 0.1 s"
    if seconds < 0.95:
        return f"about {seconds:.1f} s"
    return f"about {seconds:.0f} s" if seconds < 90 else f"about {seconds / 60:.0f} min"
