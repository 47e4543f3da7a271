"""MeasuringProcess: a separate process that measures and that can be killed at a time limit."""

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
    """Calls a function in a separate process and kills the process if a call takes too long.

    The process starts at the first call, and again at the first call after it was killed. It ends when the
    context ends, or when the process that started it ends.

    Parameters
    ----------
    function : callable
        Function to call. A function of the main script is pickled by value.
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
            Arguments of the function.
        timeout : float
            Time limit in seconds. The time that the process takes to start does not count.

        Returns
        -------
        object
            Result of the function; None if the call exceeded the time limit.

        Raises
        ------
        ArchitectureError
            If the function raises one, or the process has died.
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
            start_new_session=True,  # Ctrl-C reaches only the process that waits
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
        with suppress(BrokenPipeError):  # the process has died; the listener reports it
            _write(self._process.stdin, content)

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def serve() -> None:
    """Call the function for each task from standard input, until standard input ends."""
    tasks: SimpleQueue[Any] = SimpleQueue()
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # output that a builder prints must not mix with replies
    threading.Thread(target=_receive, args=(sys.stdin.buffer, tasks), daemon=True).start()
    function = tasks.get()
    _write(replies, ("ready", None))
    while True:
        try:
            reply = ("result", function(*tasks.get()))
        except ArchitectureError as error:
            reply = ("error", error)
        _write(replies, reply)


def _receive(stream: IO[bytes], tasks: SimpleQueue[Any]) -> None:
    """Receive tasks, also during a call. When the stream ends, exit the process at once."""
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
    "the process that measured it has died, possibly for lack of memory; fix the builder, or leave the "
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
