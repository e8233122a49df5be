import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch

from hondo.train.loop.fabric import has_fast_bf16, make_fabric
from hondo.train.loop.loop_config import FabricConfig


def test_auto_precision_is_what_the_cpu_is_fast_at():
    fabric = make_fabric(FabricConfig(accelerator="cpu", precision="auto"))
    assert fabric.strategy.precision.precision == ("bf16-mixed" if has_fast_bf16() else "32-true")


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a GPU")
def test_refuses_a_gpu_that_is_not_there():
    with pytest.raises(ValueError, match=r'fabric\.accelerator is cuda.*use "cpu"'):
        make_fabric(FabricConfig(accelerator="cuda"))


def test_two_processes_train_one_model(tmp_path):
    """DDP on the CPU: the same weights in both, each half of every batch, one run folder."""
    script = tmp_path / "run.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import json, sys
            sys.path.insert(0, {str(Path(__file__).parents[1])!r})
            from conftest import stack, tiny_model, tiny_samples
            from hondo.data.loading.batches import ShuffledBatches
            from hondo.train.loop.loop_config import FabricConfig, LoopConfig, OptimConfig
            from hondo.train.loop.fabric import make_fabric
            from hondo.train.loop.loop import fit
            from hondo.train.objectives.objective_config import SupervisedConfig
            from hondo.train.objectives.supervised import Supervised

            setup = FabricConfig(accelerator="cpu", devices=2, strategy="ddp")
            fabric = make_fabric(setup)
            share = dict(rank=fabric.global_rank, world_size=fabric.world_size)
            source = ShuffledBatches(tiny_samples(), batch_size=2, collate=stack, workers=0, **share)
            optim = OptimConfig(lr=1e-2, max_steps=6, accumulate=2, ema_decay=0.9)
            fitted = fit(Supervised(tiny_model(), SupervisedConfig()), source, optim=optim, setup=setup, fabric=fabric,
                         loop=LoopConfig(log_every=3, show_progress=False), folder=sys.argv[1] + "/run")
            weights = [value.double().sum().item() for value in fitted.model.parameters()]
            report = dict(weights=weights, loss=fitted.loss, images=fitted.images)
            open(f"{{sys.argv[1]}}/rank{{fabric.global_rank}}.json", "w").write(json.dumps(report))
            """
        )
    )
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path)], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    first, second = (json.loads((tmp_path / f"rank{rank}.json").read_text()) for rank in range(2))
    assert first["weights"] == second["weights"]
    assert first["images"] == 6 * 2 * 2 * 2 and 0 < first["loss"] < 10
    assert (tmp_path / "run" / "checkpoints" / "last.state").exists()
