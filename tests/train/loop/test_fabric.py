import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from hondo.core.errors import HondoError
from hondo.core.sample import Sample
from hondo.data.loading.batches import ShuffledBatches
from hondo.train.loop.checkpoint import seed_everything
from hondo.train.loop.fabric import has_fast_bf16, make_fabric
from hondo.train.loop.loop import Fitted, fit
from hondo.train.loop.loop_config import FabricConfig, LoopConfig, OptimConfig
from hondo.train.objectives.objective_config import SupervisedConfig
from hondo.train.objectives.supervised import Supervised
from tests.train.conftest import stack, tiny_model, tiny_samples


def test_auto_precision_is_what_the_cpu_is_fast_at():
    fabric = make_fabric(FabricConfig(accelerator="cpu", precision="auto"))
    assert fabric.strategy.precision.precision == ("bf16-mixed" if has_fast_bf16() else "32-true")


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a GPU")
def test_refuses_a_gpu_that_is_not_there():
    with pytest.raises(ValueError, match=r'fabric\.accelerator is cuda.*use "cpu"'):
        make_fabric(FabricConfig(accelerator="cuda"))


SCRIPT = """
import json, sys
sys.path.insert(0, {folder!r})
from tests.train.loop.test_fabric import in_two_processes
in_two_processes(sys.argv[1])
"""
OPTIM = OptimConfig(lr=1e-2, schedule="constant", warmup=0.0, max_steps=6, accumulate=2, ema_decay=0.9)
QUIET = LoopConfig(log_every=3, checkpoint_every=2, show_progress=False)


def known_everywhere() -> list[Sample]:
    """As many known pixels in each image: the mean over two halves of a batch is then that over the whole."""
    return [replace(each, valid=torch.ones_like(each.valid)) for each in tiny_samples()]


def trained(source: ShuffledBatches, *, optim=OPTIM, dropout=0.0, frozen=False, **where) -> Fitted:
    model = tiny_model()
    model.network.insert(3, nn.Dropout(dropout))
    objective = Supervised(model, SupervisedConfig(freeze_norm=frozen))
    seed_everything(7 + source.rank)
    return fit(objective, source, optim=optim, loop=QUIET, **where)


def weights_of(fitted: Fitted) -> list[float]:
    return torch.cat([each.detach().flatten() for each in fitted.model.parameters()]).double().tolist()


def in_two_processes(folder: str) -> None:
    """One run straight through, one that is stopped half-way, one that is compared with one process."""
    fabric = make_fabric(FabricConfig(accelerator="cpu", devices=2, strategy="ddp"))
    share = {"rank": fabric.global_rank, "world_size": fabric.world_size, "workers": 0, "collate": stack}

    def source(samples=None) -> ShuffledBatches:
        return ShuffledBatches(samples or tiny_samples(), batch_size=2, **share)

    fitted = trained(source(), fabric=fabric, dropout=0.3, folder=f"{folder}/run")
    half = {"fabric": fabric, "dropout": 0.3, "folder": f"{folder}/half"}
    trained(source(), optim=replace(OPTIM, max_steps=3), **half)
    resumed = trained(source(), resume=True, **half)
    epoch = source()
    report = {
        "weights": weights_of(fitted),
        "resumed": weights_of(resumed),
        "plain": weights_of(trained(source(known_everywhere()), fabric=fabric, frozen=True)),
        "origins": [name for number in range(len(epoch)) for name in epoch.batch(number).origins],
        "loss": fitted.loss,
        "images": fitted.images,
    }
    Path(folder, f"rank{fabric.global_rank}.json").write_text(json.dumps(report))


def test_two_processes_train_one_model(tmp_path):
    """DDP on the CPU: the same weights in both, those of one process with the doubled batch; resumed exactly."""
    script = tmp_path / "run.py"
    script.write_text(SCRIPT.format(folder=str(Path(__file__).parents[3])))
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path)], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    first, second = (json.loads((tmp_path / f"rank{rank}.json").read_text()) for rank in range(2))
    assert first["weights"] == second["weights"]
    assert first["images"] == 6 * 2 * 2 * 2 and 0 < first["loss"] < 10
    assert (tmp_path / "run" / "checkpoints" / "last.state").exists()
    assert first["resumed"] == first["weights"] == second["resumed"]
    seen = first["origins"] + second["origins"]
    assert len(seen) == len(set(seen)) == 8  # of ten: whole batches alone
    doubled = ShuffledBatches(known_everywhere(), batch_size=4, workers=0, collate=stack)
    alone = trained(doubled, setup=FabricConfig(accelerator="cpu"), frozen=True)
    assert weights_of(alone) == pytest.approx(first["plain"], abs=1e-5)
    assert first["plain"] != pytest.approx(
        torch.cat([each.detach().flatten() for each in tiny_model().parameters()]).tolist(), abs=1e-3
    )
    with pytest.raises(HondoError, match="had 2 processes, now there are 1"):
        trained(doubled, setup=FabricConfig(accelerator="cpu"), folder=tmp_path / "half", resume=True)
