"""Stochastic gradient descent on one recipe, deterministic for a seed."""
import math
import time

import torch
from torch import nn
from torch.nn import functional

from .networks import Network


def to_tensor(pixels):
    """(N, H, W, C) bytes to (N, C, H, W) floats, as the sidecars say: (pixel - 127.5) / 127.5."""
    return ((torch.from_numpy(pixels).float() - 127.5) / 127.5).permute(0, 3, 1, 2).contiguous()


def turned(batch):
    """The same colours permuted for the whole batch; each half turned by a multiple of 90 degrees, one mirrored."""
    batch = batch[:, torch.randperm(batch.shape[1])]
    half = len(batch) // 2
    first, second = (int(torch.randint(4, (1,))) for _ in range(2))
    return torch.cat([torch.rot90(batch[:half], first, (2, 3)), torch.rot90(batch[half:].flip(3), second, (2, 3))])


def parameter_groups(network, recipe):
    """Weights with their decay, and the batch-normalization scales that the L1 penalty pulls to zero."""
    decayed, betas, free, slimmed = [], [], [], []
    behind_depthwise = False
    for layer in network.layers:
        if layer.op == "conv":
            behind_depthwise = layer.depthwise
            (free if layer.depthwise else decayed).append(network.part(layer.name).weight)
            if layer.bias:
                free.append(network.part(layer.name).bias)
        elif layer.op == "batch_norm":
            part = network.part(layer.name)
            free.append(part.weight)
            betas.append(part.bias)
            if not behind_depthwise:
                slimmed.append(part.weight)
        elif layer.op == "dense":
            decayed.append(network.part(layer.name).weight)
            free.append(network.part(layer.name).bias)
    groups = [dict(params=decayed, weight_decay=recipe.weight_decay), dict(params=betas, weight_decay=recipe.beta_decay),
              dict(params=free, weight_decay=0.0)]
    return groups, slimmed


def train(recipe, log=print):
    """The trained network, in evaluation mode."""
    pixels, labels = recipe.data.training()
    images, labels = to_tensor(pixels), torch.as_tensor(labels).long()
    torch.manual_seed(recipe.seed)
    network = Network(recipe.layers(len(recipe.data.classes)), recipe.data.channels, recipe.epsilon)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    network = network.to(memory_format=torch.channels_last)  # twice as fast for depthwise layers
    groups, slimmed = parameter_groups(network, recipe)
    optimizer = torch.optim.SGD(groups, lr=recipe.learning_rate, momentum=recipe.momentum)
    steps_per_epoch = len(images) // recipe.batch
    steps = recipe.epochs * steps_per_epoch
    rate = lambda step: min(1.0, (step + 1) / recipe.warm_up_steps) * 0.5 * (1 + math.cos(math.pi * step / steps))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
    start = time.monotonic()
    network.train()
    for epoch in range(1, recipe.epochs + 1):
        order, total = torch.randperm(len(images)), 0.0
        for chosen in order[:steps_per_epoch * recipe.batch].split(recipe.batch):
            batch = turned(images[chosen]) if recipe.data.turns else images[chosen]
            loss = functional.cross_entropy(network(batch.contiguous(memory_format=torch.channels_last)), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            for gamma in slimmed:
                gamma.grad += recipe.gamma_l1 * gamma.detach().sign()
            optimizer.step()
            schedule.step()
            total += loss.item()
        log(f"{recipe.name}: epoch {epoch}/{recipe.epochs}, loss {total / steps_per_epoch:.4f}, "
            f"{time.monotonic() - start:.0f} s")
    return network.eval().to(memory_format=torch.contiguous_format)
