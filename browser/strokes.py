"""The ten digits as people draw them, each as strokes; a stroke is a list of points (x, y).

Coordinates from 0 to 1, y downwards. Curves are arcs of ellipses, cut into short straight pieces.
"""

import math

Stroke = list[tuple[float, float]]


def arc(x: float, y: float, width: float, height: float, start: float, end: float) -> Stroke:
    """Return a part of the ellipse around (x, y), from angle `start` to `end`, in degrees.

    0 is at the right, 90 at the bottom.
    """
    steps = 24
    angles = [math.radians(start + (end - start) * n / steps) for n in range(steps + 1)]
    return [(x + width * math.cos(a), y + height * math.sin(a)) for a in angles]


DIGITS: dict[int, list[Stroke]] = {
    0: [arc(0.5, 0.5, 0.24, 0.34, -90, 270)],
    1: [[(0.55, 0.15), (0.47, 0.85)]],
    2: [[*arc(0.5, 0.34, 0.2, 0.18, -170, 50), (0.3, 0.82), (0.74, 0.82)]],
    3: [[*arc(0.47, 0.33, 0.2, 0.17, -150, 90), *arc(0.47, 0.67, 0.23, 0.18, -90, 150)]],
    4: [[(0.38, 0.15), (0.3, 0.52), (0.7, 0.52)], [(0.68, 0.2), (0.64, 0.88)]],
    5: [[(0.7, 0.17), (0.38, 0.17), (0.35, 0.46), *arc(0.46, 0.64, 0.22, 0.2, -110, 140)]],
    6: [[(0.62, 0.13), (0.42, 0.38), *arc(0.5, 0.67, 0.19, 0.18, 180, -180)]],
    7: [[(0.28, 0.2), (0.72, 0.2), (0.46, 0.86)]],
    8: [[*arc(0.5, 0.32, 0.16, 0.16, 90, 450), *arc(0.5, 0.67, 0.2, 0.19, -90, 270)]],
    9: [[*arc(0.5, 0.34, 0.18, 0.18, 0, -360), (0.66, 0.55), (0.6, 0.88)]],
}
