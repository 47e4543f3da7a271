"""MeasuringProcess: a process that measures, and can be ended when that takes too long."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from contextlib import suppress
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import IO, Any, Self

import torch
from joblib import wrap_non_picklable_objects

from fgp_sklearn.architectures import ArchitectureError

_COMMAND = "from fgp_sklearn.proxies._measuring_process import serve; serve()"


class MeasuringProcess:
    """Calls a function in a process of its own, which is ended if a call takes too long.

    The process starts at the first call and after each that took too long. It ends with the context,
    or with the process that made it.

    Parameters
    ----------
    function : callable
        What to call; sent by value where it is of the main script.
    """

    def __init__(self, function: Any) -> None:
        self._function = function
        self._process: subprocess.Popen[bytes] | None = None
        self._replies: SimpleQueue[tuple[str, Any]] = SimpleQueue()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def call(self, arguments: tuple[Any, ...], timeout: float) -> Any:
        """Call the function.

        Parameters
        ----------
        arguments : tuple
            For the function.
        timeout : float
            Seconds, without those that the process takes to start.

        Returns
        -------
        object
            What the function returned; None if it took longer.

        Raises
        ------
        ArchitectureError
            That the function raised; or if the process has died.
        """
        if self._process is None:
            self._start()
        self._send(arguments)
        try:
            kind, content = self._replies.get(timeout=timeout)
        except Empty:
            self._end()
            return None
        if kind == "error":
            raise content
        return content

    def _start(self) -> None:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),
            "OMP_NUM_THREADS": str(torch.get_num_threads()),  # more threads round differently
        }
        self._process = subprocess.Popen(
            [sys.executable, "-c", _COMMAND],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            start_new_session=True,  # Ctrl-C is for the process that waits
        )
        self._replies = SimpleQueue()
        threading.Thread(target=_listen, args=(self._process, self._replies), daemon=True).start()
        self._send(wrap_non_picklable_objects(self._function, keep_wrapper=False))
        kind, content = self._replies.get()
        if kind == "error":
            raise content

    def _send(self, content: Any) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it has died, which the listener says
            _write(self._process.stdin, content)

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def serve() -> None:
    """Call what the standard input asks for until it ends."""
    tasks: SimpleQueue[Any] = SimpleQueue()
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a builder prints must not mix with replies
    threading.Thread(target=_hear, args=(sys.stdin.buffer, tasks), daemon=True).start()
    function = tasks.get()
    _write(replies, ("ready", None))
    while True:
        try:
            reply = ("result", function(*tasks.get()))
        except ArchitectureError as error:
            reply = ("error", error)
        _write(replies, reply)


def _hear(stream: IO[bytes], tasks: SimpleQueue[Any]) -> None:
    """Take tasks, also while one is worked on: their end is that of the process."""
    try:
        while True:
            tasks.put(_read(stream))
    finally:
        os._exit(0)


def _listen(process: subprocess.Popen[bytes], replies: SimpleQueue[tuple[str, Any]]) -> None:
    assert process.stdout is not None
    try:
        while True:
            replies.put(_read(process.stdout))
    except (OSError, ValueError, EOFError, pickle.UnpicklingError):
        replies.put(("error", ArchitectureError(_DIED)))


_DIED = (
    "the process that measured it has died, maybe for lack of memory; mend the builder, or leave the "
    "architecture out"
)


def _write(stream: IO[bytes], content: Any) -> None:
    raw = pickle.dumps(content)
    stream.write(len(raw).to_bytes(8) + raw)
    stream.flush()


def _read(stream: IO[bytes]) -> Any:
    head = stream.read(8)
    raw = stream.read(int.from_bytes(head))
    if len(head) < 8 or len(raw) < int.from_bytes(head):
        raise EOFError
    return pickle.loads(raw)
