"""Scan a pickle before it is unpickled."""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import NoReturn

from fgp_sklearn.datasets._data_file_error import DataFileError

# Kinds of values. Strings are represented by their content.
_BYTE = 0  # an integer from 0 to 255
_NUMBER = 1  # an integer of up to four bytes
_KEY = 2  # a short tuple of integers from 0 to 255
_PART = 3  # any other value that is not a container; references to it are allowed
_WHOLE = 4  # a container; references to it are not allowed, so the unpickled objects form a tree

_LONGEST_KEY = 16
_BYTES_PER_CONTAINER = 8  # minimum on average; the known files have 20
_FREE_CONTAINERS = 64

_Value = bytes | int


def scan(content: bytes, names: Container[tuple[str, str]]) -> None:
    """Raise an error if a pickle could run code, or take more memory or time than a table of its size.

    The scan executes the pickle opcode by opcode, on kinds of values instead of values. The pickle may only
    use opcodes of plain tables, may only refer to the given globals, and may only contain references to
    numbers, strings and short tuples. Keys must be strings, integers of up to four bytes, or short tuples of
    integers of one byte, so that an attacker cannot choose keys with colliding hashes. Lengths must lie
    within the file, memo numbers must be consecutive, and the number of containers must be plausible for the
    size of the file.

    Parameters
    ----------
    content : bytes
        The pickle.
    names : container of (module, name)
        Globals that the pickle may refer to.

    Raises
    ------
    DataFileError
        If the pickle breaks one of these rules.
    """
    _Scan(content, names).run()


class _Scan:
    def __init__(self, content: bytes, names: Container[tuple[str, str]]) -> None:
        self.content, self.names = content, names
        self.at = 0
        self.stack: list[_Value] = []
        self.marks: list[int] = []
        self.floor = 0  # position of the last mark, below which nothing may be taken
        self.memo: list[_Value] = []
        self.n_containers = 0
        self.running = True

    def run(self) -> None:
        steps = self._steps()
        content = self.content
        while self.running:
            if self.at >= len(content):
                raise DataFileError("the pickle is cut short")
            code = content[self.at]
            self.at += 1
            step = steps.get(code)
            if step is None:
                raise DataFileError(
                    f"the pickle uses the opcode {bytes([code])!r} at byte {self.at - 1}, which is not "
                    "allowed"
                )
            step()
        if self.at != len(content):
            raise DataFileError(f"{len(content) - self.at} bytes follow the end of the pickle")

    def _steps(self) -> dict[int, Callable[[], None]]:
        push = self._pusher
        named: dict[bytes, Callable[[], None]] = {
            b"\x80": self._protocol,
            b"\x95": self._frame,
            b".": self._stop,
            b"(": self._mark,
            b"}": push(_WHOLE, container=True),
            b")": push(_PART),
            b"N": push(_PART),
            b"\x88": push(_PART),  # True
            b"\x89": push(_PART),  # False
            b"K": push(_BYTE, 1),
            b"M": push(_NUMBER, 2),
            b"J": push(_NUMBER, 4),
            b"G": push(_PART, 8),
            b"\x8c": lambda: self._text(1),
            b"X": lambda: self._text(4),
            b"C": self._bytes,
            b"c": self._global,
            b"\x93": self._stack_global,
            b"t": self._tuple,
            b"\x85": lambda: self._tuple_of(1),
            b"\x86": lambda: self._tuple_of(2),
            b"\x87": lambda: self._tuple_of(3),
            b"s": self._set_item,
            b"u": self._set_items,
            b"\x81": self._make,
            b"R": self._make,
            b"b": self._build,
            b"\x94": self._memoize,
            b"q": lambda: self._put(1),
            b"r": lambda: self._put(4),
            b"h": lambda: self._get(1),
            b"j": lambda: self._get(4),
        }
        return {code[0]: step for code, step in named.items()}

    # ----------------------------------------------------------------------------- reading

    def _take(self, n_bytes: int) -> bytes:
        end = self.at + n_bytes
        if end > len(self.content):
            self._damaged(f"reads {n_bytes} bytes, but {len(self.content) - self.at} are left")
        taken = self.content[self.at : end]
        self.at = end
        return taken

    def _number(self, n_bytes: int) -> int:
        return int.from_bytes(self._take(n_bytes), "little")

    def _line(self) -> bytes:
        end = self.content.find(b"\n", self.at)
        line = self._take((len(self.content) if end < 0 else end) - self.at)
        self._take(1)
        return line

    def _damaged(self, problem: str) -> NoReturn:
        raise DataFileError(f"the pickle is damaged: it {problem}, at byte {self.at}")

    # --------------------------------------------------------------------------- the stack

    def _pop(self) -> _Value:
        if len(self.stack) <= self.floor:
            self._damaged("takes a value from an empty stack")
        return self.stack.pop()

    def _pop_mark(self) -> list[_Value]:
        if not self.marks:
            self._damaged("uses a mark that it did not set")
        start = self.marks.pop()
        self.floor = self.marks[-1] if self.marks else 0
        items = self.stack[start:]
        del self.stack[start:]
        return items

    def _mark(self) -> None:
        self.floor = len(self.stack)
        self.marks.append(self.floor)

    def _pusher(self, kind: _Value, n_bytes: int = 0, *, container: bool = False) -> Callable[[], None]:
        stack, size = self.stack, len(self.content)

        def push() -> None:
            self.at += n_bytes
            if self.at > size:
                self._damaged("ends in the middle of a number")
            if container:
                self._count_container()
            stack.append(kind)

        return push

    def _count_container(self) -> None:
        self.n_containers += 1
        if self.n_containers > _FREE_CONTAINERS + len(self.content) // _BYTES_PER_CONTAINER:
            self._damaged(f"creates {self.n_containers} containers, too many for the size of the file")

    # ------------------------------------------------------------------------------- steps

    def _protocol(self) -> None:
        self._take(1)

    def _frame(self) -> None:
        size = self._number(8)
        if size > len(self.content) - self.at:
            self._damaged(f"has a frame of {size} bytes, but {len(self.content) - self.at} are left")

    def _stop(self) -> None:
        self._pop()
        if self.stack or self.marks:
            self._damaged("ends with unused values")
        self.running = False

    def _text(self, n_bytes: int) -> None:
        self.stack.append(self._take(self._number(n_bytes)))

    def _bytes(self) -> None:
        self._take(self._number(1))
        self.stack.append(_PART)

    def _global(self) -> None:
        self._named(self._line(), self._line())

    def _stack_global(self) -> None:
        name, module = self._pop(), self._pop()
        if not isinstance(name, bytes) or not isinstance(module, bytes):
            self._damaged("refers to a global by a value that is not a string")
        self._named(module, name)

    def _named(self, *words: bytes) -> None:
        module, name = (word.decode(errors="backslashreplace") for word in words)
        if (module, name) not in self.names:
            raise DataFileError(
                f"the pickle refers to {module:.80}.{name:.80}, which is not allowed and was not imported"
            )
        self.stack.append(_PART)

    def _tuple(self) -> None:
        self._push_tuple(self._pop_mark())

    def _tuple_of(self, n: int) -> None:
        self._push_tuple([self._pop() for _ in range(n)])

    def _push_tuple(self, items: list[_Value]) -> None:
        self._count_container()
        short = len(items) <= _LONGEST_KEY and all(item == _BYTE for item in items)
        self.stack.append(_KEY if short else _WHOLE)

    def _set_item(self) -> None:
        self._pop()
        self._check_key(self._pop())
        self._check_container()

    def _set_items(self) -> None:
        items = self._pop_mark()
        if len(items) % 2:
            self._damaged("has a key without a value")
        for key in items[::2]:
            self._check_key(key)
        self._check_container()

    def _check_key(self, key: _Value) -> None:
        if isinstance(key, int) and key > _KEY:
            self._damaged(
                "has a key that is neither a string, nor a small integer, nor a short tuple of them"
            )

    def _check_container(self) -> None:
        if self._pop() != _WHOLE:
            self._damaged("sets items of a value that is not a dict")
        self.stack.append(_WHOLE)

    def _make(self) -> None:
        """Call a global or create an object of it. Stand-ins do not keep their arguments."""
        self._pop()
        if self._pop() != _PART:
            self._damaged("calls a value that is not a global")
        self._count_container()
        self.stack.append(_PART)

    def _build(self) -> None:
        self._pop()
        if self._pop() != _PART:
            self._damaged("sets attributes of a value that has none")
        self.stack.append(_PART)

    def _memoize(self) -> None:
        value = self._pop()
        self.stack.append(value)
        self.memo.append(value)

    def _put(self, n_bytes: int) -> None:
        number = self._number(n_bytes)
        if number > len(self.memo):
            self._damaged(f"stores a value as number {number} of the memo, which has {len(self.memo)} values")
        value = self._pop()
        self.stack.append(value)
        self.memo[number : number + 1] = [value]

    def _get(self, n_bytes: int) -> None:
        number = self._number(n_bytes)
        if number >= len(self.memo):
            self._damaged(f"reads value {number} of the memo, which has {len(self.memo)} values")
        value = self.memo[number]
        if value == _WHOLE:
            self._damaged("refers to a container")
        self.stack.append(value)
