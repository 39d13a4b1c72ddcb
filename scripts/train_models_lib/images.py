"""Draws the labelled images: coloured shapes, and scikit-learn's handwritten digits under clutter.

Everything is numpy arithmetic on a seeded generator. An image is drawn at its own resolution from signed distances
(negative inside, in pixels), so edges are anti-aliased and no drawing library or font is involved.
"""
import numpy as np

SIZE = 32
SHAPES = ["disk", "ring", "crescent", "triangle", "square", "pentagon", "hexagon", "star", "cross", "arrow"]
DIGITS = [str(digit) for digit in range(10)]
PIXELS = np.arange(SIZE) + 0.5


def coverage(distance):
    """Anti-aliased inside-ness, 0..1, of a signed distance in pixels."""
    return np.clip(0.5 - distance, 0.0, 1.0)


def polygon(x, y, corners):
    """Signed distance to a closed polygon given as an (n, 2) array of corners."""
    nearest = np.full(x.shape, np.inf)
    inside = np.zeros(x.shape, dtype=bool)
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, axis=0)):
        ex, ey = bx - ax, by - ay
        t = np.clip(((x - ax) * ex + (y - ay) * ey) / (ex * ex + ey * ey), 0.0, 1.0)
        nearest = np.minimum(nearest, (x - ax - t * ex) ** 2 + (y - ay - t * ey) ** 2)
        if ay != by:
            inside ^= ((ay > y) != (by > y)) & (x < ax + (y - ay) * ex / ey)
    return np.where(inside, -1.0, 1.0) * np.sqrt(nearest)


def regular(x, y, corners, radius, inner=None):
    """Signed distance to a regular polygon, or to a star when an inner radius is given."""
    count = corners if inner is None else 2 * corners
    angle = 2 * np.pi * np.arange(count) / count
    reach = np.full(count, float(radius))
    if inner is not None:
        reach[1::2] = inner
    return polygon(x, y, np.stack([reach * np.cos(angle), reach * np.sin(angle)], axis=1))


def shape_distance(name, x, y, r):
    """Signed distance to one of SHAPES, centred on the origin, of circumradius r."""
    if name == "disk":
        return np.hypot(x, y) - 0.9 * r
    if name == "ring":
        return np.abs(np.hypot(x, y) - 0.7 * r) - 0.22 * r
    if name == "crescent":
        return np.maximum(np.hypot(x, y) - 0.95 * r, 0.8 * r - np.hypot(x - 0.45 * r, y))
    if name == "star":
        return regular(x, y, 5, r, 0.42 * r)
    if name == "cross":
        bar = lambda u, v: np.maximum(np.abs(u) - 0.92 * r, np.abs(v) - 0.28 * r)
        return np.minimum(bar(x, y), bar(y, x))
    if name == "arrow":
        outline = [(1, 0), (0.1, 0.8), (0.1, 0.28), (-0.95, 0.28), (-0.95, -0.28), (0.1, -0.28), (0.1, -0.8)]
        return polygon(x, y, r * np.array(outline))
    return regular(x, y, {"triangle": 3, "square": 4, "pentagon": 5, "hexagon": 6}[name], r)


def place(rng, shift):
    """Pixel coordinates in the frame of an object that is moved by up to `shift` pixels and turned at random."""
    dx, dy = rng.uniform(-shift, shift, 2)
    angle = rng.uniform(0, 2 * np.pi)
    x, y = np.meshgrid(PIXELS - SIZE / 2 - dx, PIXELS - SIZE / 2 - dy)
    return np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x


def colour_pair(rng, contrast):
    """Two RGB colours, 0..1, whose Euclidean distance is at least `contrast`."""
    while True:
        first, second = rng.uniform(0, 1, (2, 3))
        if np.linalg.norm(first - second) >= contrast:
            return first, second


def clutter(rng, image, count, opacity):
    """Draws thin strokes of random colours over an (H, W, C) image, in place."""
    for _ in range(count):
        x, y = place(rng, 15)
        half_length, half_width = rng.uniform(2, 9), rng.uniform(0.3, 0.8)
        mask = coverage(np.maximum(np.abs(x) - half_length, np.abs(y) - half_width))[..., None] * opacity
        image += mask * (rng.uniform(0, 1, image.shape[2]) - image)


def texture(rng, channels, amplitude):
    """A smooth random field: a 5x5 grid of noise, bilinearly enlarged to SIZE x SIZE."""
    grid = rng.uniform(-amplitude, amplitude, (5, 5, channels))
    at = PIXELS * 4 / SIZE
    low = at.astype(int)
    part = (at - low)[:, None, None]
    rows = grid[low] * (1 - part) + grid[low + 1] * part
    columns = rows.transpose(1, 0, 2)
    return (columns[low] * (1 - part) + columns[low + 1] * part).transpose(1, 0, 2)


def to_bytes(rng, image, noise):
    """Adds white noise and rounds to multiples of 4, which halves the size of the PNG files."""
    noisy = image + rng.normal(0, noise, image.shape)
    return (np.clip(np.round(noisy * 63), 0, 63) * 4).astype(np.uint8)


def draw_shape(rng, label):
    """One 32x32 RGB image of SHAPES[label]: any rotation, size, colours; clutter behind, strokes in front, noise."""
    ink, paper = colour_pair(rng, 0.45)
    image = paper + texture(rng, 3, 0.18)
    clutter(rng, image, rng.integers(1, 6), 0.7)
    x, y = place(rng, 5)
    stretch = rng.uniform(0.9, 1.1)
    mask = coverage(shape_distance(SHAPES[label], x * stretch, y / stretch, rng.uniform(6.5, 12)))[..., None]
    image = image + mask * (ink + texture(rng, 3, 0.1) - image)
    clutter(rng, image, rng.integers(0, 3), 0.8)
    return to_bytes(rng, image, rng.uniform(0.02, 0.09))


def draw_digit(rng, digit):
    """One 32x32 gray image from an 8x8 digit (0..1): small rotation, slant, size, any contrast; clutter and noise."""
    dx, dy = rng.uniform(-4, 4, 2)
    angle, slant = rng.uniform(-0.3, 0.3), rng.uniform(-0.25, 0.25)
    x, y = np.meshgrid(PIXELS - SIZE / 2 - dx, PIXELS - SIZE / 2 - dy)
    x, y = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
    zoom = rng.uniform(2.3, 3.4)
    column, row = (x + slant * y) / zoom + 4.5, y / zoom + 4.5  # one cell of empty border around the 8x8 cells
    padded = np.pad(digit, 1)
    column, row = np.clip(column, 0, 8.999), np.clip(row, 0, 8.999)
    c, r = column.astype(int), row.astype(int)
    u, v = column - c, row - r
    mask = ((padded[r, c] * (1 - u) + padded[r, c + 1] * u) * (1 - v)
            + (padded[r + 1, c] * (1 - u) + padded[r + 1, c + 1] * u) * v)[..., None]
    paper = rng.uniform(0, 1)
    ink = (paper + rng.uniform(0.4, 0.6)) % 1.0
    image = paper + texture(rng, 1, 0.15)
    clutter(rng, image, rng.integers(0, 4), 0.6)
    image = image + mask * (ink - image)
    clutter(rng, image, rng.integers(0, 3), 0.8)
    return to_bytes(rng, image, rng.uniform(0.02, 0.08))


def shapes(seed, count):
    """(count, 32, 32, 3) images and labels, classes in turn."""
    rng = np.random.Generator(np.random.PCG64(seed))
    labels = np.arange(count) % len(SHAPES)
    return np.stack([draw_shape(rng, label) for label in labels]), labels


def digits(seed, first, last, copies=1):
    """Images `first`..`last`-1 of scikit-learn's digits, each drawn `copies` times, and their labels."""
    from sklearn.datasets import load_digits
    data = load_digits()
    rng = np.random.Generator(np.random.PCG64(seed))
    order = np.tile(np.arange(first, last), copies)
    return np.stack([draw_digit(rng, data.images[i] / 16.0) for i in order]), data.target[order]
