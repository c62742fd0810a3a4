"""How the weights of all masks are inferred: in how many threads."""

import numpy as np
from threadpoolctl import ThreadpoolController

from scorecam_cli.saliency import inference
from scorecam_cli.saliency.inference import infer_weights


def test_small_matrices_are_worked_on_in_one_thread_and_the_others_are_given_back(monkeypatch):
    def threads():
        return {pool["num_threads"] for pool in ThreadpoolController().info() if pool["user_api"] == "blas"}

    seen = []
    fit = inference._fit
    monkeypatch.setattr(inference, "_fit", lambda *args, **named: seen.append(threads()) or fit(*args, **named))
    with ThreadpoolController().limit(limits=2, user_api="blas"):
        before = threads()
        grid = np.random.default_rng(0).random((12, 4))
        distances = ((grid[:, None] - grid[None]) ** 2).sum(axis=-1)
        infer_weights(np.linspace(0.1, 0.9, 5), np.arange(5), distances=distances, parts=grid)
        assert (seen, threads()) == ([{1}], before)
