"""
Save and share a predictor
==========================

A predictor that took a thousand trained networks should outlive the session, and others should be able to
use it without trusting you. ``save`` writes numbers and text, no pickle: loading it runs no code of the
sender.
"""

# %%
# Something to save
# -----------------
# A small network, pre-trained on a part of NAS-Bench-201 and fine-tuned with 60 labels.

import numpy as np

from fgp_sklearn import FGPEncoder, FGPRegressor
from fgp_sklearn.datasets import load_nasbench201

bench = load_nasbench201()
order = np.random.default_rng(0).permutation(len(bench.target))[:1500]
pool, y = bench.data[order], bench.target[order]

regressor = FGPRegressor(FGPEncoder(hidden_dim=32, max_epochs=10), random_state=0)
regressor.fit_pretrain(pool).fit(pool[:60], y[:60])

# %%
# A folder
# --------
# ``model.safetensors`` holds everything; ``README.md`` is for people, and for model hubs, which show it as
# a model card.

import tempfile
from pathlib import Path

folder = Path(tempfile.mkdtemp()) / "predictor"
regressor.save(folder)
for file in sorted(folder.iterdir()):
    print(f"{file.name:20} {file.stat().st_size:8,d} bytes")

# %%
# The card says what was trained how. What only you know, such as where the labels are from, is yours to
# add.

print((folder / "README.md").read_text(encoding="utf-8"))

# %%
# Back again
# ----------
# Predictions are the same numbers. So is the rest: history, pre-trained encoder, parameters.

import fgp_sklearn
from fgp_sklearn.plotting import TrainingHistoryDisplay

loaded = fgp_sklearn.load(folder)
print("equal:", np.array_equal(loaded.predict(pool), regressor.predict(pool)))
TrainingHistoryDisplay.from_estimator(loaded.pretrained_encoder_)

# %%
# So the pre-training can be shared alone, and whoever has labels fine-tunes a copy of it:

more = fgp_sklearn.load(folder).fit(pool[:120], y[:120])
print(more.predict(pool[120:125]).round(1), y[120:125].round(1))

# %%
# What arrives broken is refused
# ------------------------------
# A checksum covers parameters and numbers. Here one byte is changed:

from fgp_sklearn.persistence import PersistenceError

model = folder / "model.safetensors"
sound = model.read_bytes()
model.write_bytes(sound[:-1] + bytes([sound[-1] ^ 1]))
try:
    fgp_sklearn.load(folder)
except PersistenceError as error:
    print(str(error).replace(str(folder.parent), "..."))
_ = model.write_bytes(sound)

# %%
# To bytes
# --------
# For a database or a queue, pack the folder. Pickle works too, as for any estimator, but only between
# people who trust each other: loading a pickle may run anything.

import io
import pickle
import zipfile

packed = io.BytesIO()
with zipfile.ZipFile(packed, "w") as archive:
    for file in folder.iterdir():
        archive.write(file, file.name)
print(f"zip: {len(packed.getvalue()):,d} bytes, pickle: {len(pickle.dumps(regressor)):,d} bytes")

arrived = Path(tempfile.mkdtemp())
zipfile.ZipFile(io.BytesIO(packed.getvalue())).extractall(arrived)
print("equal:", np.array_equal(fgp_sklearn.load(arrived).predict(pool), regressor.predict(pool)))

# %%
# For a runtime without Python, ``fgp_sklearn.persistence.to_onnx`` exports the network.
