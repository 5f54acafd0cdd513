"""The peers, each as its own documentation says, on texts that are normalised already; runs where only they are installed.

    python peer_scripts.py PEER TEXTS.json    prints {"cpu_s": …, "labels": […]}

A label for each text: equal labels are one cluster. Character 4-grams of the folded text and a threshold of 0.7 for those that
leave it to the caller (of 0.5 to 0.8, the one at which datasketch does best); text-dedup has word n-grams only.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import unicodedata
from pathlib import Path
from typing import Any

THRESHOLD = 0.7
PERMUTATIONS = 128


def grams(text: str) -> set[str]:
    """Character 4-grams of the folded text."""
    plain = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c)).replace("đ", "d")
    padded = f" {plain} "
    return {padded[at : at + 4] for at in range(max(1, len(padded) - 3))}


def components(size: int, pairs: list[tuple[int, int]]) -> list[int]:
    """A label for each of `size` texts: equal where pairs connect them."""
    label = list(range(size))

    def find(one: int) -> int:
        while label[one] != one:
            label[one] = label[label[one]]
            one = label[one]
        return one

    for one, other in pairs:
        label[find(one)] = find(other)
    return [find(one) for one in range(size)]


def datasketch(texts: list[str]) -> list[int]:
    """MinHashLSH as the documentation begins: `update` for each 4-gram; candidates checked by their estimated similarity."""
    from datasketch import MinHash

    signatures = []
    for text in texts:
        signature = MinHash(num_perm=PERMUTATIONS)
        for gram in grams(text):
            signature.update(gram.encode())
        signatures.append(signature)
    return _indexed(signatures)


def datasketch_bulk(texts: list[str]) -> list[int]:
    """The same with all signatures made at once."""
    from datasketch import MinHash

    return _indexed(MinHash.bulk([[gram.encode() for gram in grams(text)] for text in texts], num_perm=PERMUTATIONS))


def _indexed(signatures: list[Any]) -> list[int]:
    from datasketch import MinHashLSH

    index = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
    pairs = []
    for number, signature in enumerate(signatures):
        pairs += [(number, other) for other in index.query(signature) if signature.jaccard(signatures[other]) >= THRESHOLD]
        index.insert(number, signature)
    return components(len(signatures), pairs)


def rensa(texts: list[str]) -> list[int]:
    """RMinHashLSH as it is."""
    from rensa import RMinHash, RMinHashLSH

    index = RMinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS, num_bands=16)
    pairs = []
    for number, text in enumerate(texts):
        signature = RMinHash(num_perm=PERMUTATIONS, seed=42)
        signature.update(sorted(grams(text)))
        pairs += [(number, other) for other in index.query(signature)]
        index.insert(number, signature)
    return components(len(texts), pairs)


def text_dedup(texts: list[str]) -> list[int]:
    """Its MinHash command, in this process."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HF_HOME"] = folder
        from text_dedup import minhash

        data = Path(folder) / "texts.jsonl"
        data.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
        options = {
            "path": "json", "data_files": str(data), "split": "train", "cache_dir": folder, "output": f"{folder}/out",
            "column": "text", "ngram": "1", "min_length": "0", "threshold": str(THRESHOLD), "num_proc": "1",
        }  # fmt: skip
        minhash.main([word for name, value in options.items() for word in (f"--{name}", value)], standalone_mode=False)
        return [int(minhash.uf.find(number)) for number in range(len(texts))]


def main() -> None:
    """Run the peer that the command line names."""
    peers = {"datasketch": datasketch, "datasketch in bulk": datasketch_bulk, "rensa": rensa, "text-dedup": text_dedup}
    peer = peers[sys.argv[1]]
    texts = json.loads(Path(sys.argv[2]).read_text())
    before = os.times()
    labels = peer(texts)
    after = os.times()
    print(json.dumps({"cpu_s": sum(after[:4]) - sum(before[:4]), "labels": labels}))


if __name__ == "__main__":
    main()
