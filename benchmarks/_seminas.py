"""SemiNAS: an LSTM that reads an architecture as a text, and learns from its own first predictions."""

from __future__ import annotations

import numpy as np
import torch
from _regressors import normal_scores
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from torch import Tensor, nn
from torch.nn import functional

from fgp_sklearn.architectures import ArchitectureBatch

Array = NDArray[np.float64]
START, NO_EDGE, EDGE, FIRST_OPERATION = range(4)  # the start also fills short texts


class SemiNAS(RegressorMixin, BaseEstimator):
    """Encoder, predictor and decoder of texts, trained on the labels, then on labels and own predictions.

    Luo, Tan, Wang, Qin, Chen, Liu, "Semi-Supervised Neural Architecture Search", NeurIPS 2020, with the
    parameters of their code for NAS-Bench-101, but three: they train for 1,000 epochs on the labels, then for
    500 on labels and 10,000 predictions, which takes half an hour per fit on one core.
    """

    def __init__(
        self,
        *,
        n_predicted: int = 1000,
        n_copies: int = 10,
        max_epochs: tuple[int, int] = (500, 20),
        batch_size: int = 100,
        lr: float = 1e-3,
        random_state: int = 0,
    ) -> None:
        self.n_predicted = n_predicted
        self.n_copies = n_copies
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.lr = lr
        self.random_state = random_state

    def fit(self, X: ArchitectureBatch, y: Array, X_unlabeled: ArchitectureBatch) -> SemiNAS:
        self.vocabulary_ = sorted(X_unlabeled.vocabulary)
        self.n_nodes_ = int(np.diff(X_unlabeled.node_ptr).max())
        known = self.vocabulary_, self.n_nodes_
        labelled, scores = texts_of(X, *known), torch.as_tensor(normal_scores(y), dtype=torch.float32)
        draws = np.random.default_rng(self.random_state)
        rows = draws.choice(len(X_unlabeled), min(self.n_predicted, len(X_unlabeled)), replace=False)
        taught = texts_of(X_unlabeled[np.sort(rows)], *known)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.random_state)
            self.network_ = TextAutoencoder(FIRST_OPERATION + len(self.vocabulary_))
            self._train(labelled, scores, self.max_epochs[0])
            predicted = self._predicted(taught)
            texts = torch.cat([labelled] * self.n_copies + [taught])
            self._train(texts, torch.cat([scores] * self.n_copies + [predicted]), self.max_epochs[1])
        return self

    def predict(self, X: ArchitectureBatch) -> Array:
        found: Array = (
            self._predicted(texts_of(X, self.vocabulary_, self.n_nodes_)).numpy().astype(np.float64)
        )
        return found

    def _train(self, texts: Tensor, scores: Tensor, n_epochs: int) -> None:
        network = self.network_.train()
        optimizer = torch.optim.Adam(network.parameters(), lr=self.lr, weight_decay=1e-4)
        for _ in range(n_epochs):
            for rows in torch.randperm(len(texts)).split(self.batch_size):
                optimizer.zero_grad()
                predicted, words = network(texts[rows])
                error = functional.mse_loss(predicted, scores[rows])
                reconstruction = functional.cross_entropy(words.flatten(0, 1), texts[rows].flatten())
                (0.8 * error + 0.2 * reconstruction).backward()
                nn.utils.clip_grad_norm_(network.parameters(), 5.0)
                optimizer.step()

    def _predicted(self, texts: Tensor) -> Tensor:
        network = self.network_.eval()
        with torch.inference_mode():
            return torch.cat([network.encoded(part)[2] for part in texts.split(1000)])


def texts_of(X: ArchitectureBatch, vocabulary: list[str], n_nodes: int) -> Tensor:
    """Of each node but the first: whether each node before it sends to it, then its operation."""
    codes = {name: FIRST_OPERATION + code for code, name in enumerate(vocabulary)}
    texts = np.full((len(X), (n_nodes - 1) * (n_nodes + 2) // 2), START)
    for text, architecture in zip(texts, X, strict=True):
        words: list[int] = []
        for node in range(1, len(architecture.ops)):
            words += np.where(architecture.adjacency[:node, node] > 0, EDGE, NO_EDGE).tolist()
            words.append(codes[architecture.ops[node]])
        text[: len(words)] = words
    return torch.from_numpy(texts)


class TextAutoencoder(nn.Module):
    """An LSTM in both directions whose mean state predicts the label and begins the text once more."""

    def __init__(self, n_words: int, width: int = 64, predictor_width: int = 16) -> None:
        super().__init__()
        self.words = nn.Embedding(n_words, width)
        self.reader = nn.LSTM(width, width, batch_first=True, bidirectional=True)
        self.joined = nn.Linear(2 * width, width)
        self.predictor = nn.Sequential(
            *[nn.Linear(width, predictor_width), nn.ReLU(), nn.Dropout(0.1)],
            *[nn.Linear(predictor_width, width), nn.ReLU(), nn.Dropout(0.1)],
        )
        self.label = nn.Linear(width, 1)
        self.written_words = nn.Embedding(n_words, width)
        self.writer = nn.LSTM(width, width, batch_first=True)
        self.query = nn.Linear(width, width, bias=False)
        self.attended = nn.Linear(2 * width, width, bias=False)
        self.word = nn.Linear(width, n_words)
        self.dropout = nn.Dropout(0.1)

    def encoded(self, texts: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """State of each word, state of each text, predicted label of each text."""
        words = self.dropout(self.words(texts))
        states = functional.normalize(words + self.joined(self.reader(words)[0]), dim=-1)
        whole = functional.normalize(states.mean(dim=1), dim=-1)
        return states, whole, self.label((whole + self.predictor(whole)) * 0.5**0.5)[:, 0]

    def forward(self, texts: Tensor) -> tuple[Tensor, Tensor]:
        """Predicted labels, and logits of each word from those before it."""
        states, whole, predicted = self.encoded(texts)
        begun = functional.pad(texts[:, :-1], (1, 0), value=START)
        words = self.dropout(self.written_words(begun))
        first = (whole[None].contiguous(), whole[None].contiguous())
        written = (words + self.writer(words, first)[0]) * 0.5**0.5
        attention = functional.softmax(self.query(written) @ states.transpose(1, 2), dim=-1)
        seen = torch.tanh(self.attended(torch.cat([attention @ states, written], dim=-1)))
        return predicted, self.word((written + seen) * 0.5**0.5)
