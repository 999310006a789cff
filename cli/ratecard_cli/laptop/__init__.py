"""Real backends on a laptop without Docker: PostgreSQL, Valkey and a Kafka-protocol broker from their wheels."""
