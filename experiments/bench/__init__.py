"""How fast the engines are on this machine: station visits a second, and what cores, replications and a start cost.

A visit is one part made by one machine. Rates are visits by CPU time of the play alone, all accounting on; the
programs take turns, so that whatever slows the machine meets all of them; a ratio is taken within a round, and the
median of the rounds counts. Inside: ``cases`` (what is played), ``textbook`` (the same lines in plain SimPy),
``rates``, ``scale`` (cores, replications, start), ``marks`` (what is to be reached), ``document`` (all together),
``tables``, ``chart``.
"""
