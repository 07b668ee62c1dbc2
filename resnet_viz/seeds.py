"""Random generators that depend on the seed and a name, and on nothing else."""

import hashlib

import torch


def generator(seed: int, name: str) -> torch.Generator:
    """A generator of its own for one tensor, the order of the data, the augmentation, …"""
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)
