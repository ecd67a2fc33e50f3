"""A small multi-layer perceptron in plain Python: forward, backward and Adam, every product a dot product of two lists."""

import math
import random
from operator import mul

Vector = list[float]
Matrix = list[Vector]


def _sum_of_products(a: Vector, b: Vector) -> float:
    return sum(map(mul, a, b))


dot = getattr(math, "sumprod", _sum_of_products)  # in C from Python 3.12 on


def transposed(matrix: Matrix) -> Matrix:
    return [list(column) for column in zip(*matrix)]


class Layer:
    """Weights `[outputs][inputs]` and biases, with Adam's two moments for each."""

    def __init__(self, inputs: int, outputs: int, rng: random.Random):
        spread = math.sqrt(2.0 / (inputs + outputs))
        self.rows = [[rng.gauss(0.0, spread) for _ in range(inputs)] + [0.0] for _ in range(outputs)]
        self._mean = [[0.0] * (inputs + 1) for _ in range(outputs)]
        self._square = [[0.0] * (inputs + 1) for _ in range(outputs)]

    def forward(self, batch: Matrix) -> Matrix:
        """:param batch: one row an example, whose last entry is 1.0 and meets the bias"""
        return [[dot(example, row) for row in self.rows] for example in batch]

    def step(self, gradient: Matrix, rate: float, t: int, beta1: float = 0.9, beta2: float = 0.99) -> None:
        """Adam: one update against `gradient`, which has the shape of `rows`. `t` counts from 1."""
        scale, square_scale = rate / (1.0 - beta1**t), 1.0 / (1.0 - beta2**t)
        for row, slope, mean, square in zip(self.rows, gradient, self._mean, self._square):
            mean[:] = [beta1 * m + (1.0 - beta1) * g for m, g in zip(mean, slope)]
            square[:] = [beta2 * s + (1.0 - beta2) * g * g for s, g in zip(square, slope)]
            row[:] = [w - scale * m / (math.sqrt(s * square_scale) + 1e-8) for w, m, s in zip(row, mean, square)]


class Network:
    """Hidden layers with tanh, a logistic output: colours lie between 0 and 1.

    :param sizes: inputs, the hidden layers, outputs
    """

    def __init__(self, sizes: list[int], rng: random.Random):
        self.layers = [Layer(inputs, outputs, rng) for inputs, outputs in zip(sizes, sizes[1:])]
        self._steps = 0

    def predict(self, batch: Matrix) -> Matrix:
        return self._forward(batch)[-1]

    def train(self, batch: Matrix, targets: Matrix, rate: float) -> float:
        """One step of Adam on the mean squared error of a mini-batch.

        :returns: the error before the step
        """
        activations = self._forward(batch)
        outputs = activations[-1]
        count = len(batch) * len(outputs[0])
        loss = sum((y - t) ** 2 for row, wanted in zip(outputs, targets) for y, t in zip(row, wanted)) / count
        # d loss / d z of the output layer, through the logistic function
        delta = [[2.0 * (y - t) * y * (1.0 - y) / count for y, t in zip(row, wanted)] for row, wanted in zip(outputs, targets)]
        self._steps += 1
        for index in range(len(self.layers) - 1, -1, -1):
            layer, inputs = self.layers[index], activations[index]
            columns = transposed(delta)
            by_input = transposed(inputs)
            gradient = [[dot(errors, values) for values in by_input] for errors in columns]
            if index:
                delta = self._back(delta, layer, inputs)
            layer.step(gradient, rate, self._steps)
        return loss

    def _forward(self, batch: Matrix) -> list[Matrix]:
        """:returns: the input of each layer (with the 1.0 for its bias), then the output"""
        activations = [[[*example, 1.0] for example in batch]]
        for layer in self.layers[:-1]:
            activations.append([[*map(math.tanh, row), 1.0] for row in layer.forward(activations[-1])])
        last = self.layers[-1].forward(activations[-1])
        return [*activations, [[1.0 / (1.0 + math.exp(-z)) if z > -60.0 else 0.0 for z in row] for row in last]]

    @staticmethod
    def _back(delta: Matrix, layer: Layer, inputs: Matrix) -> Matrix:
        """The error one layer further down, through its tanh (whose slope is 1 - tanh²); the bias has nobody below it."""
        columns = transposed(layer.rows)[:-1]
        return [[dot(errors, column) * (1.0 - x * x) for column, x in zip(columns, example)] for errors, example in zip(delta, inputs)]
