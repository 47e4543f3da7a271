"""A journal gives back what was written to it, and nothing else, whatever happened to the file."""

import json
import math
import warnings

import numpy as np
import pytest

from fgp_sklearn.proxies._value_file import ValueFile

RECORDS = [(f"{i:032x}", {"synflow": i / 7, "naswot": -1e300 * i, "zen": math.nan}) for i in range(20)]


@pytest.fixture
def journal(tmp_path):
    file = ValueFile(tmp_path, {"seed": 0})
    file.append(RECORDS[:10])
    file.append(RECORDS[10:])
    return file


def assert_equal(found, expected):
    assert found.keys() == expected.keys()
    for key, values in expected.items():
        assert found[key].keys() == values.keys()
        for name, value in values.items():
            assert type(found[key][name]) is float
            np.testing.assert_array_equal(found[key][name], value)


def test_what_was_written_is_read_without_a_word(journal):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_equal(journal.read(), dict(RECORDS))


def record(**changes):
    return json.dumps({"architecture": "0" * 32, "values": {"synflow": 1.0}} | changes)


DAMAGED = {
    "a byte that is no text": b'{"architecture": "\xff"}',
    "a missing key": record(values=None).replace('"values"', '"value"').encode(),
    "an array": b"[1, 2]",
    "a number of 401 digits": record(values={"synflow": 10**400}).encode(),
    "a number of 5,000 digits": record(values={"synflow": 7}).replace("7", "7" * 5000).encode(),
    "deep nesting": b"[" * 30_000 + b"]" * 30_000 + b"}",
    "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "infinity": record(values={"synflow": math.inf}).encode(),
    "true": record(values={"synflow": True}).encode(),
    "text": record(values={"synflow": "1.0"}).encode(),
    "no digest": record().encode(),
    "a key that is no text": record(architecture=[1]).encode(),
    "a line of a megabyte": b"{" + b" " * 2**20 + b"}",
    "nothing but zeros": b"\0" * 100,
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_line_is_skipped_and_counted(journal, damage):
    lines = journal.path.read_bytes().splitlines()
    lines[5] = DAMAGED[damage]
    lines.append(DAMAGED[damage])
    journal.path.write_bytes(b"\n".join(lines) + b"\n")
    with pytest.warns(UserWarning, match=r"2 of \d+ lines of .*proxies-.* are damaged") as told:
        found = journal.read()
    assert len(told) == 1
    lost = json.loads(journal_line(journal, 5))["architecture"]
    assert_equal(found, {key: values for key, values in RECORDS if key != lost})


def journal_line(journal, number):
    fresh = ValueFile(journal.path.parent / "fresh", {"seed": 0})
    if not fresh.path.exists():
        fresh.append(RECORDS[:10])
        fresh.append(RECORDS[10:])
    return fresh.path.read_bytes().splitlines()[number]


def test_another_digit_is_noticed_wherever_it_stands(journal):
    raw = journal.path.read_bytes()
    line = journal_line(journal, 5)
    for place, byte in enumerate(line):
        if not chr(byte).isdigit():
            continue
        other = line[:place] + (b"1" if byte != ord("1") else b"2") + line[place + 1 :]
        journal.path.write_bytes(raw.replace(line, other))
        with pytest.warns(UserWarning, match="1 of "):
            assert len(journal.read()) == 19


def test_lines_of_another_setting_are_not_taken(journal, tmp_path):
    other = ValueFile(tmp_path, {"seed": 1})
    other.path.write_bytes(journal.path.read_bytes())
    with pytest.warns(UserWarning, match=r"21 of 21"):
        assert other.read() == {}


def test_lines_cut_short_by_an_interruption_are_no_damage(journal):
    for size in range(len(journal.path.read_bytes()) - 60, len(journal.path.read_bytes()) - 1):
        journal.path.write_bytes(journal.path.read_bytes()[:size])
        journal.append(RECORDS[-1:])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert_equal(journal.read(), dict(RECORDS))


def test_sixty_mutations_lose_values_and_make_none(journal):
    raw = journal.path.read_bytes()
    generator = np.random.default_rng(77)
    for _ in range(60):
        mutated = bytearray(raw)
        for place in generator.integers(0, len(raw), generator.integers(1, 20)):
            mutated[place] = generator.integers(256)
        journal.path.write_bytes(mutated)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            found = journal.read()
        assert_equal(found, {key: values for key, values in RECORDS if key in found})
        assert len(found) >= 20 - 2 * 20


def test_other_ends_of_lines_are_damage(journal):
    journal.path.write_bytes(journal.path.read_bytes().replace(b"\n", b"\r\n"))
    with pytest.warns(UserWarning, match="lines of .* are damaged"):
        assert journal.read() == {}
