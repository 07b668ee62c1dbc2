"""Who runs a run: a process of a machine, and whether it is still there."""

import os
import socket
from functools import cache

import psutil


@cache  # a clock that is set anew changes what the system says of a birth
def this_process() -> str:
    """Host, process id and birth: names this process even after its number is given to another."""
    return f"{socket.gethostname()}/{os.getpid()}/{psutil.Process().create_time():.2f}"


def is_gone(owner: str) -> bool:
    """Whether the process of an owner has ended; another machine's are left alone."""
    host, pid, born = owner.rsplit("/", 2)
    if owner == this_process() or host != socket.gethostname():
        return False
    try:
        return bool(abs(psutil.Process(int(pid)).create_time() - float(born)) > 1)
    except psutil.NoSuchProcess:
        return True
