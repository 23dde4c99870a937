"""What is asked of the loop with the simulator."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LoopSettings:
    """How far the loop goes.

    >>> LoopSettings().gap
    0.03
    """

    rounds: int = 10
    """Most rounds; 0: no loop."""
    gap: float = 0.03
    """Gap between bound and simulated value at which it ends."""
    confidence: float = 0.95
    """With this probability no schedule is worth more than the bound."""
    time_limit_s: float = 300.0
    """No new round is begun after so many seconds."""
