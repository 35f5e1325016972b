"""How busy other programs keep this machine."""

import os

import psutil  # type: ignore[import-untyped]


def busy_seconds_of_others() -> float:
    """Return the seconds that all cores have computed for others since the machine started.

    Others are all but this process and the children of it that have ended; what a hypervisor gave
    to other machines counts as well.
    """
    spent = psutil.cpu_times()
    idle = spent.idle + getattr(spent, "iowait", 0.0)
    # Linux counts what guests take in `user` and again in `guest`.
    guests = getattr(spent, "guest", 0.0) + getattr(spent, "guest_nice", 0.0)
    total: float = sum(spent) - idle - guests
    own = os.times()
    return total - (own.user + own.system + own.children_user + own.children_system)
