"""The nouns of a plant: distributions, calendars, lines, energy, money. No time passes here."""
