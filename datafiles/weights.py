"""Weights of networks in files of `torch.save`, read so that no file can run code, and fitted into a network."""

import zipfile

import torch

from datafiles.files import Damaged


def read_state(path):
    """Return the state dict in a file of `torch.save`, of today's format or the one before 2020.

    Today's files are zip archives: their tensors are mapped, not read, so that none takes memory twice.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    dict of str to Tensor
        On the processor.

    Raises
    ------
    Damaged
        If it is no whole file of tensors by name; the message says why.
    """
    try:
        mapped = zipfile.is_zipfile(path)
        state = torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except Exception as error:  # what a damaged or foreign file makes torch.load raise has no common type
        reason = str(error).strip().split("\n")[0][:150]
        if ".tar format" in reason:
            reason = "it is in the format of PyTorch before 0.1.10, which is too old to be read safely"
        raise Damaged(f"{path} holds no weights that can be read safely: {reason}") from error
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise Damaged(
            f"{path} holds no weights by name: wanted is a state dict, as `net.state_dict()` gives it"
        )
    return state


def fit(net, state, path):
    """Give a network the weights of a state dict, in single precision whatever they are in.

    Parameters
    ----------
    net : nn.Module
        May be on the "meta" device: it takes the tensors themselves.
    state : dict of str to Tensor
        One for each of the network's, of the same shape.
    path : Path
        Where they are from, for the message.

    Returns
    -------
    nn.Module
        The network, for testing: batch norm uses its running averages.

    Raises
    ------
    Damaged
        If names or shapes differ, or a number is infinite or none at all.
    """
    try:
        net.load_state_dict(state, assign=True)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:200]
        raise Damaged(f"{path} does not hold the weights of a {type(net).__name__}: {reason}") from error
    for name, value in state.items():
        if not value.sum(dtype=torch.float32).isfinite():  # one pass; infinity and NaN stay in a sum
            raise Damaged(f"{path} is not used: {name} holds values that are infinite or not a number")
    return net.float().eval()
