"""Which renewal when: the renewal problem as plain numbers, solved exactly."""
