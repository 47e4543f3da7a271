"""
Save and share a predictor
==========================

How do you keep a predictor, and how do others use it without trusting you?
``save`` writes numbers and text, and no pickle. Loading them runs no code of
the sender.
"""

# %%
# A predictor to save
# -------------------
# This small network is pre-trained on a part of NAS-Bench-201 and fine-tuned
# with 60 labels.

# sphinx_gallery_thumbnail_path = "thumbnails/plot_save_and_share.svg"
import numpy as np

from fgp_sklearn import FGPEncoder, FGPRegressor
from fgp_sklearn.datasets import load_nasbench201

bench = load_nasbench201()
order = np.random.default_rng(0).permutation(len(bench.target))[:1500]
pool, y = bench.data[order], bench.target[order]

encoder = FGPEncoder(hidden_dim=32, max_epochs=10)
regressor = FGPRegressor(encoder, random_state=0)
_ = regressor.fit_pretrain(pool).fit(pool[:60], y[:60])

# %%
# A folder
# --------
# ``model.safetensors`` has all numbers. ``README.md`` describes the predictor
# for people, and model hubs show it as a model card.

import tempfile
from pathlib import Path

folder = Path(tempfile.mkdtemp()) / "predictor"
regressor.save(folder)
for file in sorted(folder.iterdir()):
    print(f"{file.name:20} {file.stat().st_size:8,d} bytes")

# %%
# The card says what was trained and how. Add what only you know, such as the
# origin of the labels. Its first lines:

import textwrap

card = (folder / "README.md").read_text(encoding="utf-8")
for line in card.splitlines()[:16]:
    print(textwrap.shorten(line, 79, placeholder=" ..."))

# %%
# Load it
# -------
# The loaded predictor returns the same numbers. It also has the history, the
# pre-trained encoder and the parameters.

import fgp_sklearn
from fgp_sklearn.plotting import TrainingHistoryDisplay

loaded = fgp_sklearn.load(folder)
same = np.array_equal(loaded.predict(pool), regressor.predict(pool))
print("equal predictions:", same)
display = TrainingHistoryDisplay.from_estimator(loaded.pretrained_encoder_)
_ = display.ax_.set_title("Pre-training of the loaded predictor")

# %%
# You can share the pre-training alone. Whoever has labels fine-tunes a copy:

more = fgp_sklearn.load(folder).fit(pool[:120], y[:120])
print("predicted:", more.predict(pool[120:125]).round(1))
print("true:     ", y[120:125].round(1))

# %%
# Damaged files are refused
# -------------------------
# A checksum covers parameters and numbers. Here one byte is changed:

from fgp_sklearn.persistence import PersistenceError

model = folder / "model.safetensors"
sound = model.read_bytes()
model.write_bytes(sound[:-1] + bytes([sound[-1] ^ 1]))
try:
    fgp_sklearn.load(folder)
except PersistenceError as error:
    message = str(error).replace(str(folder.parent), "...")
    print(textwrap.fill(message, 79))
_ = model.write_bytes(sound)

# %%
# To bytes
# --------
# For a database or a queue, pack the folder. Pickle works too, as for any
# estimator. But loading a pickle may run any code, so use it only between
# people who trust each other.

import io
import pickle
import zipfile

packed = io.BytesIO()
with zipfile.ZipFile(packed, "w") as archive:
    for file in folder.iterdir():
        archive.write(file, file.name)
print(f"zip:    {len(packed.getvalue()):9,d} bytes")
print(f"pickle: {len(pickle.dumps(regressor)):9,d} bytes")

arrived = Path(tempfile.mkdtemp())
zipfile.ZipFile(io.BytesIO(packed.getvalue())).extractall(arrived)
again = fgp_sklearn.load(arrived).predict(pool)
print("equal predictions:", np.array_equal(again, regressor.predict(pool)))

# %%
# What to try next
# ----------------
# * For a runtime without Python, export the network with
#   :func:`fgp_sklearn.persistence.to_onnx`.
# * Load a saved predictor as the prior of another one:
#   :ref:`sphx_glr_auto_examples_plot_new_device.py`.
# * Rank a large pool with the saved predictor:
#   :ref:`sphx_glr_auto_examples_plot_scaling_dask.py`.
