"""Lists of Depth in the Wild: relations, other sizes, lines that are broken."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hondo.core.errors import HondoError
from hondo.data.datasets.registry import open_dataset
from tests.contracts.dataset_trees import put


@pytest.mark.parametrize(("relation", "order"), [("<", 1.0), (">", -1.0), ("=", 0.0)])
def test_relations_and_sizes(relation: str, order: float, tree: Callable[[str], Path]) -> None:
    root = tree("diw")  # the list states twice the size of the file
    put(root / "DIW_Annotations/DIW_test.csv", f"./DIW_test/a.thumb\r\n8,4,16,24,{relation},24,16\r\n")
    pairs = open_dataset("diw", root=root, split="test")[0].pairs
    assert pairs.tolist() == [[1.75, 3.75, 11.75, 7.75, order]]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("./DIW_test/a.thumb\n", "has 1 lines; each image has two"),
        ("./DIW_test/a.thumb\n4,2,8,12,?,12,8\n", "line 2: '4,2,8,12,?,12,8' is not y1,x1,y2,x2,relation"),
        ("./DIW_test/a.thumb\n4,2,8,x,<,12,8\n", "line 2"),
        ("./DIW_test/a.thumb\n4,2,8,12,<\n", "line 2"),
    ],
)
def test_broken_lists(text: str, says: str, tree: Callable[[str], Path]) -> None:
    root = tree("diw")
    put(root / "DIW_Annotations/DIW_test.csv", text)
    with pytest.raises(HondoError) as error:
        open_dataset("diw", root=root)
    assert says in str(error.value)
