"""The steps of compression by name."""

from hondo.compress.compressor import Compressor
from hondo.core.tables import Table

COMPRESSORS: Table[Compressor] = Table(
    "compression step",
    {
        "size": "hondo.compress.surgery.input_size:SIZE",
        "hooks": "hondo.compress.surgery.hooks:HOOKS",
        "heads": "hondo.compress.surgery.heads:HEADS",
        "attention": "hondo.compress.surgery.block_attention:ATTENTION_STEP",
        "readout": "hondo.compress.surgery.class_readout:READOUT",
        "width": "hondo.compress.surgery.decoder_width:WIDTH",
        "encoder": "hondo.compress.surgery.cnn_below:ENCODER_STEP",
        "decoder": "hondo.compress.surgery.separable_decoder:DECODER_STEP",
        "prune": "hondo.compress.pruning.structured:PRUNE",
        "netadapt": "hondo.compress.pruning.netadapt:NETADAPT",
        "blocks": "hondo.compress.pruning.blocks:BLOCKS",
        "sparse": "hondo.compress.pruning.unstructured:SPARSE_STEP",
        "low-rank": "hondo.compress.low_rank:LOW_RANK",
        "cluster": "hondo.compress.cluster:CLUSTER",
    },
)
