"""What ships as input, and how files become models: plants, catalogue, YAML."""
