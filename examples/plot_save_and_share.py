"""
Save a predictor, and load one from a stranger
==============================================

A pickle runs whatever its author wrote. `save` writes numbers and text only, so that a predictor can be
shared, and `load` refuses what is damaged or made up.
"""

# %%
# To the bit
# ----------

import tempfile
from pathlib import Path

import numpy as np

import fgp_sklearn
from fgp_sklearn import FGPEncoder, FGPRegressor
from fgp_sklearn.datasets import load_nasbench201

bench = load_nasbench201()
rows = np.random.default_rng(0).permutation(len(bench.target))[:2000]
X, y = bench.data[rows], bench.target[rows]
regressor = FGPRegressor(FGPEncoder(max_epochs=10), random_state=0).fit_pretrain(X).fit(X[:60], y[:60])

folder = Path(tempfile.mkdtemp()) / "predictor"
regressor.save(folder)
loaded = fgp_sklearn.load(folder)
print("equal predictions:", np.array_equal(loaded.predict(X), regressor.predict(X)))
print({file.name: f"{file.stat().st_size / 1024:.0f} KiB" for file in sorted(folder.iterdir())})

# %%
# The pre-trained encoder came along, so the loaded regressor can be fine-tuned on other labels.

loaded.fit(X[60:160], y[60:160])

# %%
# The model card
# --------------
# It says what the file holds, for people.

print((folder / "README.md").read_text()[:900])

# %%
# A file that was tampered with
# -----------------------------

file = folder / "model.safetensors"
content = bytearray(file.read_bytes())
content[-10] ^= 1
file.write_bytes(content)
try:
    fgp_sklearn.load(folder)
except fgp_sklearn.persistence.PersistenceError as error:
    print(str(error).replace(str(folder), "predictor"))
