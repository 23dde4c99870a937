def payback_ranking(problem):
    return []
