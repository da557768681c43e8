"""What a step computes: the nets, their first weights, their exchange with PyTorch."""
