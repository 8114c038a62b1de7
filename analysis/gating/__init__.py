"""Whether a new estimate and a published figure may be compared, and what would repair what differs."""
