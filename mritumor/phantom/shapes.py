"""Solid shapes as depths: how many mm a point lies inside (negative: outside).

Depths are exact on the surface and close to it, which is where they matter: a tissue
fraction is the depth divided by the voxel's width, cut to 0..1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mritumor.phantom.noise import Points, Values


def ellipsoid(
    points: Points,
    centre: Sequence[float],
    radii: Sequence[float],
    power: float = 2.0,
) -> Values:
    """Return the depth (N,) in mm inside an ellipsoid along the axes.

    Args:
        points: (N, 3) mm.
        centre: (3,) mm.
        radii: (3,) mm.
        power: above 2, the shape is fuller, on the way to a box.

    Returns:
        The first-order distance: exact for a sphere, else exact near the surface.
    """
    radius = np.asarray(radii, np.float32)
    scaled = np.abs((points - np.asarray(centre, np.float32)) / radius)
    if power == 2:
        norm = np.sqrt(np.einsum("ni,ni->n", scaled, scaled))
        scaled /= radius
        slope = np.sqrt(np.einsum("ni,ni->n", scaled, scaled))
        reach = np.where(slope > 1e-6, norm / np.maximum(slope, 1e-6), radius.min())
        return (1 - norm) * reach
    partial = scaled ** np.float32(power - 1)
    norm = np.einsum("ni,ni->n", partial, scaled) ** np.float32(1 / power)
    partial *= (np.maximum(norm, 1e-3) ** np.float32(1 - power))[:, None] / radius
    slope = np.sqrt(np.einsum("ni,ni->n", partial, partial))
    return (1 - norm) / np.maximum(slope, 1 / (2 * radius.max()))


def tube(
    points: Points, path: Sequence[Sequence[float]], flatten: float = 1.0
) -> Values:
    """Return the depth (N,) in mm inside a chain of round cones.

    Args:
        points: (N, 3) mm.
        path: rows (x, y, z, radius) in mm; the radius changes linearly between rows.
        flatten: above 1, the cross-section is that much lower in z than in x.

    Returns:
        The depth inside the union of the pieces.
    """
    stretch = np.array([1, 1, flatten], np.float32)
    scaled = points * stretch
    depth: Values = np.full(len(points), -np.inf, np.float32)
    for first, second in zip(path[:-1], path[1:]):
        start = np.asarray(first[:3], np.float32) * stretch
        along = np.asarray(second[:3], np.float32) * stretch - start
        offset = scaled - start
        t = np.clip(offset @ along / float(along @ along), 0, 1)
        offset -= t[:, None] * along
        distance = np.sqrt(np.einsum("ni,ni->n", offset, offset))
        radius = first[3] + t * (second[3] - first[3])
        np.maximum(depth, radius - distance, out=depth)
    return depth / np.float32(max(1.0, flatten))


def blend(a: Values, b: Values, width: float) -> Values:
    """Return the depth of two shapes melted together over a width in mm."""
    t = np.clip(0.5 + 0.5 * (a - b) / width, 0, 1)
    return b + t * (a - b) + width * t * (1 - t)


def trim(a: Values, b: Values, width: float) -> Values:
    """Return the depth of what two shapes share, its edge rounded over a width."""
    return -blend(-a, -b, width)


def soft(depth: Values, width: float | Values) -> Values:
    """Return the part (0..1) of a voxel that lies inside a shape.

    Args:
        depth: (N,) mm of the voxel's centre.
        width: the voxel's edge in mm, or how gradual the edge of the shape is.

    Returns:
        (N,) fractions: ½ on the surface.
    """
    return np.clip(0.5 + depth / width, 0, 1).astype(np.float32)
