"""Files in the layouts of published benchmarks, written without the library, are read as written."""

import json
import pickle
import struct

import numpy as np
import pytest
import torch

from fgp_sklearn.architectures import as_batch, from_text
from fgp_sklearn.datasets import DataFileError, nasbench201_space, read_benchmark
from fgp_sklearn.datasets._formats import BENCHMARK_FORMATS
from fgp_sklearn.datasets._formats._tfrecord import crc32c
from tests.datasets.official_files import BENCHMARKS, files

VARIANTS = {
    **files.WRITERS,
    "nasbench201, layout of today": lambda folder, rng: files.write_nasbench201(folder, rng, legacy=False),
    "nasbench201, many epochs": lambda folder, rng: files.write_nasbench201(folder, rng, epochs=300),
    "nats-bench, sizes": lambda folder, rng: files.write_nats(folder, rng, sizes=True),
    **{
        f"{name}, protocol {protocol}": lambda folder, rng, write=write, p=protocol: write(
            folder, rng, protocol=p
        )
        for name, write in (("hw-nas-bench", files.write_hw_nas), ("hw-gpt-bench", files.write_hw_gpt))
        for protocol in (2, 3, 5)
    },
}


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def test_every_format_has_a_writer_and_documentation():
    assert {*files.WRITERS} == {*BENCHMARK_FORMATS}
    guide = (BENCHMARKS.parent / "docs" / "guide" / "benchmark_files.md").read_text(encoding="utf-8")
    for name in BENCHMARK_FORMATS:
        assert f'``"{name}"``' in (read_benchmark.__doc__ or "")
        assert f"| `{name}` |" in guide


@pytest.mark.parametrize("variant", VARIANTS)
def test_each_layout_is_recognised_and_read(variant, tmp_path, rng):
    name = variant.partition(",")[0]
    path, names, expected = VARIANTS[variant](tmp_path, rng)
    bench = read_benchmark(path)
    assert bench.format == name
    assert bench.data.names.tolist() == names
    assert {*bench.metrics} == {*expected}
    for column, values in expected.items():
        np.testing.assert_allclose(bench.metrics[column], values, rtol=1e-12, err_msg=column)
    (target,) = bench.target_names
    assert target in BENCHMARK_FORMATS[name].targets
    np.testing.assert_array_equal(bench.target, bench.metrics[target])
    assert "**Metrics**" in bench.DESCR
    assert "**Source**" in bench.DESCR


@pytest.mark.parametrize("variant", [name for name in VARIANTS if "201" in name or "nas-bench" in name])
def test_cells_of_nasbench201_are_the_same_in_every_layout(variant, tmp_path, rng):
    path, *_ = VARIANTS[variant](tmp_path, rng)
    assert read_benchmark(path).data == from_text(files.CELLS, form="nasbench201")


def test_cells_of_nasbench101_are_their_matrices(tmp_path, rng):
    path, *_ = files.write_nasbench101(tmp_path, rng)
    pairs = []
    for text, ops in files.MODULES:
        n = ops.count(",") + 1
        pairs.append((np.array(list(text), dtype=int).reshape(n, n), ops.split(",")))
    assert read_benchmark(path).data == as_batch(pairs)


def test_networks_of_nasbench301_read_the_states_that_the_file_names(tmp_path, rng):
    path, names, _ = files.write_nasbench301(tmp_path, rng)
    data = read_benchmark(path).data
    for architecture, name in zip(data, names, strict=True):
        content = json.loads((path / f"{name}.json").read_text())
        configuration = {
            key.removeprefix("NetworkSelectorDatasetInfo:darts:"): value
            for key, value in content["optimized_hyperparamater_config"].items()
        }
        genotype = {}
        edge = {pair: k for k, pair in enumerate((i, j) for j in range(2, 6) for i in range(j))}
        for cell in ("normal", "reduce"):
            pairs = [(0, 2), (1, 2)] + [
                (int(source), node)
                for node in (3, 4, 5)
                for source in configuration[f"inputs_node_{cell}_{node}"].split("_")
            ]
            genotype[cell] = [(configuration[f"edge_{cell}_{edge[pair]}"], pair[0]) for pair in pairs]
            genotype[f"{cell}_concat"] = [2, 3, 4, 5]
        assert as_batch([architecture]) == from_text([genotype], form="darts")


def test_transformers_of_hw_gpt_bench_are_their_choices(tmp_path, rng):
    path, *_ = files.write_hw_gpt(tmp_path, rng)
    choices = [
        {
            "sample_embed_dim": 768,
            "sample_n_layer": 2,
            "sample_mlp_ratio": [4, 3],
            "sample_n_head": [12, 8],
            "sample_bias": True,
        },
        {
            "sample_embed_dim": 192,
            "sample_n_layer": 3,
            "sample_mlp_ratio": [2, 3, 4],
            "sample_n_head": [4, 8, 12],
            "sample_bias": False,
        },
    ]
    assert read_benchmark(path).data == from_text(choices, form="hw-gpt")


def test_chains_of_accel_nasbench_repeat_blocks_with_their_choices(tmp_path, rng):
    path, names, _ = files.write_accel(tmp_path, rng)
    data = read_benchmark(path).data
    for index, name in enumerate(names):
        choices = json.loads((path / f"{name}.json").read_text())["architecture"]
        nodes = slice(data.node_ptr[index] + 1, data.node_ptr[index + 1] - 1)
        depths = [choices[f"block{stage}_l"] for stage in range(7)]
        for key, attribute in (("e", "expansion"), ("k", "kernel"), ("se", "squeeze_excitation")):
            wanted = np.repeat([float(choices[f"block{stage}_{key}"]) for stage in range(7)], depths)
            np.testing.assert_array_equal(data.attributes[attribute][nodes], wanted)
        assert data.attributes["stride"][nodes].prod() == 16
        assert data.attributes["width"][nodes][-1] == 320


def test_parameters_are_those_of_the_loaders(tmp_path, rng):
    path, _, expected = files.write_suite_zero(tmp_path, rng)
    data, values = read_benchmark(
        str(path), target=["cifar100_nwot", "cifar10_nwot"], return_X_y=True, as_frame=True
    )
    assert list(values.columns) == ["cifar100_nwot", "cifar10_nwot"]
    np.testing.assert_array_equal(values["cifar100_nwot"], expected["cifar100_nwot"])
    bench = read_benchmark(path, format="nas-bench-suite-zero", as_frame=True)
    assert bench.frame.columns[0] == "architecture"
    assert bench.frame.shape == (3, 11)
    assert len(data) == 3
    with pytest.raises(ValueError, match=r"unknown target 'accuracy'; pass one or more of 'cifar10_val_acc"):
        read_benchmark(path, target="accuracy")
    with pytest.raises(ValueError, match=r"format must be 'auto' or one of 'nasbench101', .*got 'tfrecord'"):
        read_benchmark(path, format="tfrecord")


def test_what_is_not_recognised_is_told(tmp_path):
    (tmp_path / "file").write_bytes(b"epoch,accuracy\n")
    for path in (tmp_path / "file", tmp_path):
        with pytest.raises(DataFileError, match=r"none of the formats .* pass format=, one of 'nasbench101'"):
            read_benchmark(path)
    with pytest.raises(FileNotFoundError):
        read_benchmark(tmp_path / "missing")


@pytest.mark.parametrize("older", [True, False])
def test_keys_of_suite_zero_in_other_spaces(tmp_path, older):
    keys = {
        "nasbench101-naslib": str((0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 4, 1)),
        "nasbench301": str((((0, 6), (1, 4)) * 4, ((1, 2), (0, 3)) * 4)),
    }
    for form, key in keys.items():
        content = {"cifar10": {key: {"val_accuracy": 0.5, "snip": 3.25}}}
        path = tmp_path / "zc.json"
        path.write_text(json.dumps({"space": content} if older else content))
        bench = read_benchmark(path)
        assert bench.data == from_text([key], form=form)
        assert {name: values.tolist() for name, values in bench.metrics.items()} == {
            "cifar10_val_accuracy": [0.5],
            "cifar10_snip": [3.25],
        }
    path.write_text(json.dumps({"jigsaw": {"(1, 2, 3, 1, 2, 3)": {"val_accuracy": 0.5}}}))
    with pytest.raises(DataFileError, match="'jigsaw' of TransNAS-Bench-101"):
        read_benchmark(path)


# ------------------------------------------------------------------------------- checksums


@pytest.mark.parametrize(
    ("data", "checksum"),
    [  # of RFC 3720, B.4, and the check value of catalogues of checksums
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
        (b"123456789", 0xE3069283),
    ],
)
def test_checksums_are_the_published_ones(data, checksum):
    assert crc32c([data]).tolist() == [checksum]
    assert files.crc32c(data) == checksum


def test_checksums_of_many_records_of_different_lengths(rng):
    records = [rng.bytes(int(size)) for size in rng.integers(1, 300, 400)]
    assert crc32c(records).tolist() == [files.crc32c(record) for record in records]


@pytest.fixture
def tfrecord(tmp_path, rng):
    """Path, content, and where the records begin."""
    path, *_ = files.write_nasbench101(tmp_path, rng)
    content = path.read_bytes()
    starts, at = [], 0
    while at < len(content):
        starts.append(at)
        at += 16 + struct.unpack_from("<Q", content, at)[0]
    return path, content, starts


@pytest.mark.parametrize("piece", [100, 700, 2**22])
def test_each_flipped_bit_is_named_by_the_record(tfrecord, rng, monkeypatch, piece):
    monkeypatch.setattr("fgp_sklearn.datasets._formats._tfrecord._CHUNK", piece)
    path, content, starts = tfrecord
    read_benchmark(path)
    places = [*range(starts[3], starts[3] + 12), *rng.integers(0, len(content), 25).tolist()]
    for place in places:
        damaged = bytearray(content)
        damaged[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        record = int(np.searchsorted(starts, place, side="right")) - 1
        wanted = rf"record {record}, which begins at byte {starts[record]:,}, is damaged: the checksum of its"
        with pytest.raises(DataFileError, match=wanted):
            read_benchmark(path, format="nasbench101")


@pytest.mark.parametrize("left", [1, 8, 12, 50])
def test_a_file_that_ends_within_a_record_names_it(tfrecord, left):
    path, content, starts = tfrecord
    path.write_bytes(content[: starts[5] + left])
    with pytest.raises(DataFileError, match=rf"record 5, which begins at byte {starts[5]:,}, is cut short"):
        read_benchmark(path, format="nasbench101")


MODULE = files.MODULES[0]
NUMBERS = [[0.5] * 5] * 3


def malformed_records():
    good = ("a" * 32, 108, MODULE, NUMBERS, 100)

    def changed(place, value):
        return files.training_record(*good[:place], value, *good[place + 1 :])

    sound = json.loads(files.training_record(*good))
    return {
        r"is b'\[1\]'; expected a JSON list of hash": b"[1]",
        r"is b'\[\[\[\[.*; expected a JSON list": b"[" * 3000,
        r"has the hash 'a+' and 0 epochs": changed(1, 0),
        r"has the hash 7 and 108 epochs": changed(0, 7),
        r"has the adjacency '0120.*'; expected n \* n 0 and 1": changed(2, ("0120" * 4, MODULE[1])),
        r"has the adjacency '1000.*', not upper triangular": changed(2, ("1000" * 4, MODULE[1])),
        r"has the operations 'input,conv5x5,output'; expected input": changed(
            2, ("010001000", "input,conv5x5,output")
        ),
        r"has 9 entries for 'input,output'": changed(2, ("010001000", "input,output")),
        r"has 2 evaluations; expected 3": changed(3, NUMBERS[:2]),
        r"has malformed metrics": json.dumps([*sound[:4], "////"]).encode(),
        r"has 0 bytes; a record of NAS-Bench-101 has about 400": b"",
        r"has 5,000 bytes; a record of NAS-Bench-101 has about 400": b"x" * 5000,
    }


@pytest.mark.parametrize("message", malformed_records())
def test_malformed_records_are_named(tmp_path, message):
    path = tmp_path / "file.tfrecord"
    sound = files.training_record("b" * 32, 108, MODULE, NUMBERS, 100)
    path.write_bytes(files.frame(sound) + files.frame(malformed_records()[message]))
    with pytest.raises(DataFileError, match=rf"file\.tfrecord: record 1.* {message}"):
        read_benchmark(path)


def test_records_that_contradict_each_other_are_refused(tmp_path):
    path = tmp_path / "file.tfrecord"
    sound = files.training_record("b" * 32, 108, MODULE, NUMBERS, 100)
    path.write_bytes(files.frame(sound) * 4)
    with pytest.raises(DataFileError, match=r"record 3 is training 4 of 'b+' with 108 epochs"):
        read_benchmark(path)
    path.write_bytes(
        files.frame(sound) + files.frame(files.training_record("b" * 32, 4, files.MODULES[1], NUMBERS, 1))
    )
    with pytest.raises(DataFileError, match=r"record 1 has another cell with the hash 'b+'"):
        read_benchmark(path)


# ----------------------------------------------------------------------------- JSON, folders


def test_errors_of_json_name_the_file_and_the_line_or_the_key(tmp_path, rng):
    path, names, _ = files.write_nasbench301(tmp_path, rng)
    file = path / f"{names[1]}.json"
    sound = json.loads(file.read_text())
    configuration = sound["optimized_hyperparamater_config"]
    state = "NetworkSelectorDatasetInfo:darts:inputs_node_normal_4"
    cases = {
        r"line 2, column 7: it is no JSON \(": b'{\n  "a" "b"}',
        r"its lists or objects are nested too deeply": b'{"a":' + b"[" * 100_000,
        r"byte 6: it is no text in utf-8": b'{"a": \xff}',
        r"it holds \[1\]; expected a JSON object": b"[1]",
        r"it has more than 1,048,576 bytes": b" " * 1_050_000,
        r"it lacks optimized_hyperparamater_config": b"{}",
        r"its inputs_node_normal_4 is '4_1'; expected": json.dumps(
            sound | {"optimized_hyperparamater_config": configuration | {state: "4_1"}}
        ).encode(),
        r"val_accuracy is 'high'; expected a number": json.dumps(
            sound | {"info": [{"val_accuracy": "high"}]}
        ).encode(),
        r"its info is \[\]; expected": json.dumps(sound | {"info": []}).encode(),
    }
    for message, content in cases.items():
        file.write_bytes(content)
        with pytest.raises(DataFileError, match=rf"nb_301_v13: de/.*/results_9\.json: {message}") as caught:
            read_benchmark(path)
        assert len(str(caught.value)) < 600


def test_a_damaged_file_of_a_folder_is_named(tmp_path, rng):
    path, *_ = files.write_nats(tmp_path, rng)
    file = path / "000001.pickle.pbz2"
    sound = file.read_bytes()
    for content in (
        b"",
        sound[:-20],
        b"BZh9" + sound[4:100] + b"x" + sound[101:],
        sound.replace(b"BZh9", b"PK"),
    ):
        file.write_bytes(content)
        with pytest.raises(DataFileError, match=r"NATS-simple: 000001\.pickle\.pbz2: "):
            read_benchmark(path)
    other = path / "000002.pickle.pbz2"
    file.write_bytes(other.read_bytes())
    with pytest.raises(DataFileError, match=r"000002.pickle.pbz2: the architecture '\|none.* occurs twice"):
        read_benchmark(path)


def test_files_that_are_missing_are_rows_that_are_missing(tmp_path, rng):
    path, names, expected = files.write_nats(tmp_path, rng)
    (path / "000000.pickle.pbz2").unlink()
    (path / "meta.pickle.pbz2").unlink()
    bench = read_benchmark(path)
    assert bench.data.names.tolist() == names[1:]
    np.testing.assert_allclose(bench.target, expected[bench.target_names[0]][1:])


def test_a_damaged_archive_of_torch_is_refused(tmp_path, rng):
    path, *_ = files.write_nasbench201(tmp_path, rng, legacy=False, epochs=12)
    sound = path.read_bytes()
    content = bytearray(sound)
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataFileError, match=r"its data\.pkl is damaged: its checksum is wrong"):
        read_benchmark(path)
    path.write_bytes(sound[: len(sound) // 2])
    with pytest.raises(DataFileError, match="File is not a zip file"):
        read_benchmark(path)


def test_weights_are_left_out(tmp_path, rng):
    for legacy in (True, False):
        folder = tmp_path / str(legacy)
        folder.mkdir()
        path, names, expected = files.write_nasbench201(folder, rng, legacy=legacy, epochs=12)
        content = torch.load(path, weights_only=False)
        for states in content["arch2infos"].values():
            for run in states["full"]["all_results"].values():
                run["net_state_dict"] = torch.nn.BatchNorm2d(3).state_dict()
        torch.save(content, path, _use_new_zipfile_serialization=not legacy)
        bench = read_benchmark(path)
        assert bench.data.names.tolist() == names
        for column, values in expected.items():
            np.testing.assert_allclose(bench.metrics[column], values)


def test_the_whole_space_is_read_from_one_file(tmp_path):
    """Rows are those of the file, also where the file has all cells."""
    space = nasbench201_space()
    config = [{"arch_str": text} for text in space.names.tolist()]
    names = [f"{kind}_latency" for kind in ("edgegpu", "raspi4", "edgetpu", "pixel3", "eyeriss", "fpga")]
    names += ["edgegpu_energy", "eyeriss_energy", "fpga_energy", "eyeriss_arithmetic_intensity"]
    tables = {"config": config} | {name: list(map(float, range(len(space)))) for name in names}
    path = tmp_path / "HW-NAS-Bench-v1_0.pickle"
    path.write_bytes(pickle.dumps({"nasbench201": {"cifar10": tables}}))
    bench = read_benchmark(path)
    assert bench.data == space
    np.testing.assert_array_equal(bench.target, np.arange(len(space)))
