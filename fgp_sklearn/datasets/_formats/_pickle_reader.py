"""PickleReader: the values in a pickle, read without unpickling."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from fgp_sklearn.datasets._data_file_error import DataFileError
from fgp_sklearn.datasets._formats._curves import read_curve
from fgp_sklearn.datasets._formats._left_out import LEFT_OUT
from fgp_sklearn.datasets._formats._table import Table

Call = Callable[[Any], Any]
Convert = Callable[[Any, Any], Any]

_LONGEST_KEY = 16
_BYTES_PER_CONTAINER = 8  # minimum on average
_FREE_CONTAINERS = 64
_MOST_ON_STACK = 2**22
_RELEASED_AT_ONCE = 2**26  # bytes of a file that need not stay in memory


class PickleReader:
    """Reads plain values from a pickle: numbers, texts, tuples, lists and dictionaries.

    A pickle is a program. This class executes its opcodes itself, on values of built-in types. Nothing that
    the pickle names is imported or called: each global needs a function in `calls`, which returns a plain
    value. Lengths must lie within the file, numbers of memorised values must be consecutive, the number of
    containers must be plausible for the size of the file, and keys must be texts, integers of up to four
    bytes, or short tuples of them, so that nobody can choose keys with colliding hashes.

    Parameters
    ----------
    content : bytes or mmap
        The file.
    calls : mapping of (module, name) to callable
        What stands for each global that the pickle may refer to: a function of the tuple of arguments.
    start, stop : int, optional
        Part of the file that is read.
    convert : callable, optional
        Called with each key and value that is added to a dictionary; returns the value to keep, or LEFT_OUT.
        The values of a dictionary are converted before the dictionary is.
    curves : bool, default=False
        Whether dictionaries of one number per epoch keep the last number only; see `read_curve`. References
        to containers are then left out. Else they are errors.

    Attributes
    ----------
    position : int
        Byte after what was read.
    """

    def __init__(
        self,
        content: bytes | mmap.mmap,
        calls: Mapping[tuple[str, str], Call],
        *,
        start: int = 0,
        stop: int | None = None,
        convert: Convert | None = None,
        curves: bool = False,
    ) -> None:
        self.position = start
        self._content = content
        self._stop = len(content) if stop is None else stop
        self._most_containers = _FREE_CONTAINERS + (self._stop - start) // _BYTES_PER_CONTAINER
        self._released = start
        self._calls, self._convert, self._curves = calls, convert, curves
        self._callable = {id(function) for function in calls.values()}
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._floor = 0  # position of the last mark, below which nothing may be taken
        self._memo: dict[int, Any] = {}  # without containers
        self._n_memorised = self._n_containers = 0
        self._running = True
        self._steps = {code[0]: step for code, step in (self._values() | self._actions()).items()}

    def read(self) -> Any:
        """Read one pickle and return its value.

        Returns
        -------
        object
            Plain values, and what `calls` and `convert` return.

        Raises
        ------
        DataFileError
            If the pickle breaks a rule of this class.
        Exception
            Any error, if the pickle is damaged.
        """
        content, steps, stack = self._content, self._steps, self._stack
        while self._running:
            if self.position >= self._stop:
                raise DataFileError("the pickle is cut short")
            code = content[self.position]
            self.position += 1
            step = steps.get(code)
            if step is None:
                raise DataFileError(
                    f"the pickle uses the opcode {bytes([code])!r} at byte {self.position - 1:,}, which is "
                    "not allowed"
                )
            step()
            if len(stack) > _MOST_ON_STACK:
                self._damaged("holds more values than any benchmark")
            if self.position - self._released > _RELEASED_AT_ONCE:
                self._release()
        return stack.pop()

    def _values(self) -> dict[bytes, Callable[[], None]]:
        """Steps that read a value."""
        push = self._stack.append
        return {
            b")": lambda: push(()),
            b"N": lambda: push(None),
            b"\x88": lambda: push(True),
            b"\x89": lambda: push(False),
            b"K": lambda: push(self._number(1)),
            b"M": lambda: push(self._number(2)),
            b"J": lambda: push(int.from_bytes(self._take(4), "little", signed=True)),
            b"\x8a": lambda: push(int.from_bytes(self._take(self._number(1)), "little", signed=True)),
            b"G": lambda: push(struct.unpack(">d", self._take(8))[0]),
            b"\x8c": lambda: push(self._take(self._number(1)).decode()),
            b"X": lambda: push(self._take(self._number(4)).decode()),
            b"C": lambda: push(self._take(self._number(1))),
            b"B": lambda: push(self._take(self._number(4))),
            b"\x96": lambda: push(self._take(self._number(8))),
            b"h": lambda: self._get(self._number(1)),
            b"j": lambda: self._get(self._number(4)),
        }

    def _actions(self) -> dict[bytes, Callable[[], None]]:
        """Steps that do something with values."""
        return {
            b"\x80": lambda: self._skip(1),
            b"\x95": lambda: self._skip(8),  # a frame; its length has no meaning here
            b".": self._end,
            b"(": self._mark,
            b"}": self._new_table,
            b"]": self._new_list,
            b"\x8f": self._new_list,  # a set
            b"t": lambda: self._new_tuple(self._pop_mark()),
            b"\x85": lambda: self._tuple_of(1),
            b"\x86": lambda: self._tuple_of(2),
            b"\x87": lambda: self._tuple_of(3),
            b"s": lambda: self._set_items([self._pop(), self._pop()][::-1]),
            b"u": lambda: self._set_items(self._pop_mark()),
            b"a": lambda: self._extend([self._pop()]),
            b"e": lambda: self._extend(self._pop_mark()),
            b"\x90": lambda: self._extend(self._pop_mark()),
            b"c": lambda: self._global(self._line(), self._line()),
            b"\x93": self._stack_global,
            b"\x81": self._call,
            b"R": self._call,
            b"b": self._build,
            b"Q": self._persistent,
            b"\x94": lambda: self._put(self._n_memorised),
            b"q": lambda: self._put(self._number(1)),
            b"r": lambda: self._put(self._number(4)),
        }

    # ----------------------------------------------------------------------------- reading

    def _skip(self, n_bytes: int) -> None:
        if self.position + n_bytes > self._stop:
            self._damaged(f"reads {n_bytes:,} bytes, but {self._stop - self.position:,} are left")
        self.position += n_bytes

    def _take(self, n_bytes: int) -> bytes:
        start = self.position
        self._skip(n_bytes)
        return self._content[start : self.position]

    def _number(self, n_bytes: int) -> int:
        return int.from_bytes(self._take(n_bytes), "little")

    def _line(self) -> str:
        end = self._content.find(b"\n", self.position, self._stop)
        line = self._take((self._stop if end < 0 else end) - self.position)
        self._skip(1)
        return line.decode()

    def _release(self) -> None:
        """Let the operating system take back the memory of the part of the file that was read."""
        if isinstance(self._content, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            n_bytes = self.position // mmap.PAGESIZE * mmap.PAGESIZE
            self._content.madvise(mmap.MADV_DONTNEED, 0, n_bytes)
        self._released = self.position

    def _damaged(self, problem: str) -> NoReturn:
        raise DataFileError(f"the pickle is damaged: it {problem}, at byte {self.position:,}")

    # --------------------------------------------------------------------------- the stack

    def _pop(self) -> Any:
        if len(self._stack) <= self._floor:
            self._damaged("takes a value from an empty stack")
        return self._stack.pop()

    def _pop_mark(self) -> list[Any]:
        if not self._marks:
            self._damaged("uses a mark that it did not set")
        start = self._marks.pop()
        self._floor = self._marks[-1] if self._marks else 0
        items = self._stack[start:]
        del self._stack[start:]
        return items

    def _top(self) -> Any:
        if len(self._stack) <= self._floor:
            self._damaged("uses a value of an empty stack")
        return self._stack[-1]

    def _mark(self) -> None:
        if self._curves and len(self._stack) > self._floor and type(self._stack[-1]) is Table:
            found = read_curve(self._content, self.position, self._stack[-1], self._memo)
            if found is not None and found[0] <= self._stop:
                self.position = found[0]
                self._n_memorised += found[1]
                return
        self._floor = len(self._stack)
        self._marks.append(self._floor)

    def _end(self) -> None:
        if len(self._stack) != 1 or self._marks:
            self._damaged("ends with unused values")
        self._running = False

    # ------------------------------------------------------------------------------- steps

    def _count_container(self) -> None:
        self._n_containers += 1
        if self._n_containers > self._most_containers:
            self._damaged(f"creates {self._n_containers:,} containers, too many for the size of the file")

    def _new_table(self) -> None:
        self._count_container()
        self._stack.append(Table())

    def _new_list(self) -> None:
        self._count_container()
        self._stack.append([])

    def _new_tuple(self, items: list[Any]) -> None:
        self._count_container()
        self._stack.append(tuple(items))

    def _tuple_of(self, n: int) -> None:
        self._new_tuple([self._pop() for _ in range(n)][::-1])

    def _extend(self, items: list[Any]) -> None:
        target = self._top()
        if type(target) is not list:
            self._damaged("appends to a value that is not a list")
        target.extend(items)

    def _set_items(self, items: list[Any]) -> None:
        table = self._top()
        if type(table) is not Table:
            self._damaged("sets items of a value that is not a dict")
        if len(items) % 2:
            self._damaged("has a key without a value")
        convert = self._convert
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not _is_key(key):
                if key is LEFT_OUT and self._curves:
                    continue
                self._damaged("has a key that is neither a text, nor a number, nor a short tuple of them")
            kept = value if convert is None else convert(key, value)
            if kept is not LEFT_OUT:
                table[key] = kept

    def _stack_global(self) -> None:
        name, module = self._pop(), self._pop()
        if type(name) is not str or type(module) is not str:
            self._damaged("refers to a global by a value that is not a string")
        self._global(module, name)

    def _global(self, module: str, name: str) -> None:
        try:
            self._stack.append(self._calls[module, name])
        except KeyError:
            raise DataFileError(
                f"the pickle refers to {module:.80}.{name:.80}, which is not allowed and was not imported"
            ) from None

    def _call(self) -> None:
        arguments, function = self._pop(), self._pop()
        if id(function) not in self._callable or type(arguments) is not tuple:
            self._damaged("calls a value that is not a global")
        self._count_container()
        self._stack.append(function(arguments))

    def _build(self) -> None:
        state, target = self._pop(), self._top()
        build = getattr(type(target), "build", None)
        if (
            build is None and target is not LEFT_OUT and type(target) is not Table
        ):  # an OrderedDict may have some
            self._damaged("sets attributes of a value that has none")
        if build is not None:
            build(target, state)

    def _persistent(self) -> None:
        """Leave out an object that is stored outside of the pickle, such as the numbers of a tensor."""
        self._pop()
        self._stack.append(LEFT_OUT)

    def _put(self, number: int) -> None:
        if number > self._n_memorised:
            self._damaged(f"memorises a value as number {number}; there are {self._n_memorised} before")
        self._n_memorised = max(self._n_memorised, number + 1)
        value = self._top()
        if type(value) in (Table, list) or (type(value) is tuple and not _is_key(value)):
            self._memo.pop(number, None)
        else:
            self._memo[number] = value

    def _get(self, number: int) -> None:
        if number >= self._n_memorised:
            self._damaged(f"recalls value {number}; there are {self._n_memorised}")
        value = self._memo.get(number, LEFT_OUT)
        if value is LEFT_OUT and not self._curves:
            self._damaged("refers to a container")
        self._stack.append(value)


def _is_key(value: object) -> bool:
    if type(value) is tuple:
        return len(value) <= _LONGEST_KEY and all(type(item) is not tuple and _is_key(item) for item in value)
    return type(value) is str or (type(value) is int and -(2**31) <= value < 2**32)
