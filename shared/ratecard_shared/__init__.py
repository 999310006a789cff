"""What rooms say to each other and how they run: events, topics, kafka, settings, telemetry."""
