"""Pure: the bytes of a pricing page and a provider file make price rows or named refusals."""
