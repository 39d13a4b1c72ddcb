"""Fine-tuning of a quantized network, deterministic for a seed."""
import math

import torch
from torch.nn import functional

from train_models_lib.training import turned


def batches(images, labels, turns, size):
    """Endless shuffled batches, each turned as in the training of the float network."""
    while True:
        order = torch.randperm(len(images))
        for chosen in order[:len(images) // size * size].split(size):
            batch = turned(images[chosen]) if turns else images[chosen]
            yield batch.contiguous(memory_format=torch.channels_last), labels[chosen]


def measure_moments(network, source):
    """Second moments of the float network's gradients: a network that rounding broke has none to go by."""
    for _ in range(network.tuning.moment_batches):
        network.zero_grad()
        images, labels = next(source)
        functional.cross_entropy(network.float_forward(images), labels).backward()
        for layer in network.layers.values():
            layer.moments.add_(layer.weight.grad ** 2 / network.tuning.moment_batches)
    network.zero_grad()


def optimizer_of(network):
    tuning, groups = network.tuning, []
    for layer in network.layers.values():
        groups.append(dict(params=[layer.weight], initial_lr=tuning.weight_rate * layer.unit))
        groups.append(dict(params=[layer.mean], initial_lr=tuning.mean_rate))
        if layer.real is not None:
            groups.append(dict(params=[layer.real], initial_lr=tuning.exponent_rate))
    return torch.optim.Adam(groups, betas=(0.9, 0.99))


def fine_tune(network, images, labels, turns, seed):
    """Trains in place and leaves the network in evaluation mode."""
    tuning, layers = network.tuning, network.layers.values()
    torch.manual_seed(seed)
    source = batches(images, labels, turns, tuning.batch)
    if network.method.second_moments:
        measure_moments(network, source)
    optimizer = optimizer_of(network)
    network.train()
    for step in range(tuning.steps):
        if network.method.stable_exponent and step == int(tuning.freeze_at * tuning.steps):
            for layer in layers:
                layer.freeze()
        rate = 0.5 * (1 + math.cos(math.pi * step / tuning.steps))
        for group in optimizer.param_groups:
            group["lr"] = rate * group["initial_lr"]
        batch, expected = next(source)
        loss = functional.cross_entropy(network(batch), expected)
        optimizer.zero_grad()
        loss.backward()
        if network.method.second_moments:
            for layer in layers:
                layer.follow_gradient(tuning.moment_decay)
        optimizer.step()
    return network.eval()
