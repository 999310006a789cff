"""Simulated providers for the demo: invented models, served as the four shipped provider files expect them."""
