"""What users run: simulate, compare, plan, report, and the command line that offers them."""
