"""The benchmark suite behind tools/bench: varve beside its peers, and its kernels beside the limits of the machine."""
