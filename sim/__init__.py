"""How a line behaves in time: engine, states and energy, streams, KPIs, output analysis."""
