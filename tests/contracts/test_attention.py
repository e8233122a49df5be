"""What every attention of the table keeps: an entry is tested by being in the table."""

import time

import pytest
import torch

from hondo.engines.tracing.export_graph import quiet
from hondo.nn.attention.registry import ATTENTION, attention

GRID = (4, 6)


@pytest.fixture(params=list(ATTENTION))
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def test_keeps_the_shape_of_its_tokens(name: str) -> None:
    torch.manual_seed(0)
    module = attention(name, dim=32, num_heads=2).eval()
    for grid in (GRID, (5, 3), (1, 7)):
        out = module(torch.randn(2, grid[0] * grid[1], 32), grid)
        assert out.shape == (2, grid[0] * grid[1], 32) and torch.isfinite(out).all()


def test_every_parameter_gets_a_gradient(name: str) -> None:
    torch.manual_seed(0)
    module = attention(name, dim=32, num_heads=2)
    module(torch.randn(2, 24, 32), GRID).square().mean().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in module.parameters())


def test_exports(name: str) -> None:
    torch.manual_seed(0)
    module, tokens = attention(name, dim=32, num_heads=2).eval(), torch.randn(1, 24, 32)
    exported = torch.export.export(module, (tokens, GRID)).module()
    with torch.no_grad():
        assert torch.allclose(exported(tokens, GRID), module(tokens, GRID), atol=1e-5)


class OnGrid(torch.nn.Module):
    """An attention on the grid of this test, as engines see it: with tokens alone as its input."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.attention = attention(name, dim=32, num_heads=2)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.attention(tokens, GRID)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["onnx", "openvino"])
def test_runs_on_other_engines(name: str, engine: str) -> None:
    torch.manual_seed(0)
    module, tokens = OnGrid(name).eval(), torch.randn(1, 24, 32)
    with quiet():
        if engine == "onnx":
            runtime = pytest.importorskip("onnxruntime")
            program = torch.onnx.export(module, (tokens,), dynamo=True, verbose=False)
            assert program is not None
            session = runtime.InferenceSession(program.model_proto.SerializeToString())
            (given,) = session.run(None, {session.get_inputs()[0].name: tokens.numpy()})
        else:
            openvino = pytest.importorskip("openvino")
            graph = openvino.convert_model(torch.export.export(module, (tokens,)))
            given = openvino.compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})([tokens.numpy()])[0]
    with torch.no_grad():
        assert torch.allclose(torch.from_numpy(given), module(tokens), atol=1e-4)


def test_leading_tokens_are_kept(name: str) -> None:
    torch.manual_seed(0)
    out = attention(name, dim=32, num_heads=2).eval()(torch.randn(1, 2 + 15, 32), (3, 5))
    assert out.shape == (1, 17, 32) and torch.isfinite(out).all()


# With these options an attention is softmax attention, with the same weights.
AS_SOFTMAX: dict[str, dict[str, object]] = {
    "blockwise": {"block": 99},
    "dilated": {"radius": 6, "dilation": 1},
    "halo": {"halo": 6},
    "linformer": {"rank": 24, "length": 24},
    "memory-compressed": {"factor": 1},
    "pooled": {"pool": 1},
    "routing": {"clusters": 1},
    "shifted-window": {"window": 8, "shift": 0},
    "token-merging": {"ratio": 0.0},
    "window": {"window": 8},
}


@pytest.mark.parametrize("leading", [0, 1])
@pytest.mark.parametrize(("name", "options"), AS_SOFTMAX.items(), ids=list(AS_SOFTMAX))
def test_without_its_saving_it_is_softmax_attention(name: str, options: dict[str, object], leading: int) -> None:
    torch.manual_seed(0)
    softmax, module = attention("softmax", dim=32, num_heads=2), attention(name, dim=32, num_heads=2, **options).eval()
    loaded = module.load_state_dict(softmax.state_dict(), strict=False)
    assert not loaded.unexpected_keys and all(key.startswith("mix.") for key in loaded.missing_keys)
    tokens = torch.randn(2, leading + 24, 32)
    with torch.no_grad():
        assert torch.allclose(module(tokens, GRID), softmax(tokens, GRID), atol=1e-5)


def test_nystrom_with_all_tokens_as_landmarks_is_close_to_softmax_attention() -> None:
    torch.manual_seed(0)
    softmax, module = attention("softmax", dim=32, num_heads=2), attention("nystrom", dim=32, num_heads=2, landmarks=99)
    module.load_state_dict(softmax.state_dict())
    tokens = 2 * torch.randn(2, 24, 32)
    with torch.no_grad():
        assert torch.allclose(module(tokens, GRID), softmax(tokens, GRID), atol=0.05)


@pytest.mark.slow
def test_none_is_slower_than_a_plain_quadratic_loop(name: str) -> None:
    """In processor time at 2,048 tokens; the loop makes the whole matrix of each head."""
    torch.manual_seed(0)
    grid, tokens = (32, 64), torch.randn(1, 2048, 384)
    softmax, module = attention("softmax", dim=384, num_heads=6), attention(name, dim=384, num_heads=6).eval()

    def loop(tokens: torch.Tensor, grid: tuple[int, int]) -> torch.Tensor:
        q, k, v = softmax.qkv(tokens).unflatten(-1, (3, 6, 64)).permute(2, 3, 0, 1, 4)
        heads = [(a @ b.transpose(-2, -1) / 8).softmax(-1) @ c for a, b, c in zip(q, k, v, strict=True)]
        return softmax.proj(torch.cat(heads, dim=-1))

    with torch.inference_mode():
        assert min(cpu_s(module, tokens, grid) for _ in range(4)) < min(cpu_s(loop, tokens, grid) for _ in range(4))


def cpu_s(call, tokens: torch.Tensor, grid: tuple[int, int]) -> float:
    start = time.process_time()
    call(tokens, grid)
    return time.process_time() - start
