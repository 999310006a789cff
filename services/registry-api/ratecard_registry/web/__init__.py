"""The web page: server-rendered shells, plain modules that fill them from the API, and nothing from elsewhere."""
