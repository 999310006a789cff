"""`ratecard doctor`: what could keep Ratecard from working, and what to do about it."""
