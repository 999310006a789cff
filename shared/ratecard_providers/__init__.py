"""One TOML file per provider, and what a provider file may say."""
