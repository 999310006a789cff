"""What Ratecard knows, in the formats that other tools read. Pure: models in, a document out.

An unknown price is left out, never zero. A model that a format cannot carry honestly is left out too, and counted.
"""
