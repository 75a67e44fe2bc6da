"""Settings, one module per place: dev (and the demo), test, prod. `base` holds what they share."""
