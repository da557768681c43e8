"""Files: what is saved is loaded bit for bit; the damaged and hostile are refused in a line; a kill harms nothing."""

import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from minigrad.models import GRU, LSTM, RNN, load, save
from minigrad.models.training import files

SUFFIXES = [".npz"] + [".safetensors"] * (find_spec("safetensors") is not None)
ANY = arrays(
    st.sampled_from([np.float64, np.float32, np.int64, np.uint8, np.bool_]), array_shapes(min_dims=0, min_side=0)
)


@pytest.fixture(params=SUFFIXES)
def path(request, tmp_path):
    return tmp_path / f"saved{request.param}"


def refused(path):
    """The one line that says why a file can't be loaded."""
    with pytest.raises(ValueError, match="use another copy") as caught:
        load(path)
    told = str(caught.value)
    assert path.name in told
    assert "\n" not in told
    return told


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(st.dictionaries(st.sampled_from(["W_hh", "layer0.W_xh", "optimizer/first.0", "φ"]), ANY))
def test_arrays_come_back_bit_for_bit(tmp_path_factory, suffix, saved):
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    save(path, saved, {"deep": [1, {"x": None}], "φ": 0.1})
    stored = load(path)
    assert stored.header == {"deep": [1, {"x": None}], "φ": 0.1}
    assert stored.arrays.keys() == saved.keys()
    for name, each in saved.items():
        found = stored.arrays[name]
        assert (found.shape, found.dtype, found.tobytes()) == (each.shape, each.dtype, each.tobytes())


def test_views_in_any_order_are_saved_as_what_they_show(path):
    whole = np.arange(24.0).reshape(4, 6)
    save(path, {"transposed": whole.T, "every other": whole[::2, ::-1]})
    np.testing.assert_array_equal(load(path).arrays["transposed"], whole.T)
    np.testing.assert_array_equal(load(path).arrays["every other"], whole[::2, ::-1])


@pytest.mark.parametrize("cell", [RNN, LSTM, GRU])
def test_a_net_comes_back_from_its_own_names_and_from_those_of_pytorch(cell, path):
    net, other = cell(3, 4, 2, num_layers=2, rng=0), cell(3, 4, 2, num_layers=2, rng=1)
    save(path, net.state_dict())
    other.load_state_dict(load(path).arrays)
    assert all(np.array_equal(each.data, other.parameters[name].data) for name, each in net.parameters.items())
    third = cell(3, 4, 2, num_layers=2, rng=2)
    save(path, net.torch_state_dict())
    third.load_torch_state_dict(load(path).arrays)
    assert np.array_equal(net.parameters["layer1.W_hh"].data, third.parameters["layer1.W_hh"].data)


def test_what_is_loaded_can_be_written_to(path):
    save(path, {"w": np.zeros(3)})
    load(path).arrays["w"][0] = 1.0


def test_numpy_reads_what_is_saved_and_its_own_files_are_read(tmp_path):
    path = save(tmp_path / "ours.npz", {"w": np.arange(3.0)}, {"seed": 1})
    with np.load(path, allow_pickle=False) as found:
        np.testing.assert_array_equal(found["w"], np.arange(3.0))
        assert json.loads(found["header.json"]) == {"seed": 1}
    for write in (np.savez, np.savez_compressed):
        write(tmp_path / "theirs.npz", w=np.asfortranarray(np.arange(6.0).reshape(2, 3)))
        stored = load(tmp_path / "theirs.npz")
        np.testing.assert_array_equal(stored.arrays["w"], np.arange(6.0).reshape(2, 3))
        assert stored.header == {}


def test_the_same_arrays_make_the_same_file(path):
    contents = {save(path, {"w": np.arange(3.0)}, {"seed": 1}).read_bytes() for _ in range(2)}
    assert len(contents) == 1


def test_python_objects_are_not_saved(path):
    with pytest.raises(TypeError, match="w is of object; only numbers and booleans"):
        save(path, {"w": np.array([None])})
    assert not path.exists()


@pytest.mark.parametrize("act", [lambda path: save(path, {}), load])
def test_another_suffix_is_refused(act, tmp_path):
    with pytest.raises(ValueError, match=r"w.pkl' ends in '.pkl'; give a name that ends in .npz or .safetensors"):
        act(tmp_path / "w.pkl")


@pytest.mark.parametrize("act", [lambda path: save(path, {}), load])
def test_without_safetensors_it_says_how_to_get_it(act, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(ValueError, match=r"^safetensors isn't installed: pip install 'minigrad-bptt\[lab\]'"):
        act(tmp_path / "w.safetensors")


def test_a_missing_file_is_named(path):
    with pytest.raises(FileNotFoundError, match=r"can't read '.*saved.*': No such file"):
        load(path)


# ---- damaged and hostile ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_cut_short_anywhere_is_refused(suffix, tmp_path):
    path = save(tmp_path / f"w{suffix}", {"w": np.arange(20.0), "b": np.ones(3)}, {"seed": 1})
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        refused(path)


def test_what_is_no_such_file_is_refused(path):
    path.write_bytes(b"\x80\x04\x95 not at all" * 30)
    assert f"not {path.suffix} at all" in refused(path)


def test_a_flipped_bit_in_the_numbers_is_found(tmp_path):
    path = save(tmp_path / "w.npz", {"w": np.arange(20.0)})
    content = bytearray(path.read_bytes())
    content[content.index(np.arange(20.0).tobytes()) + 50] ^= 1
    path.write_bytes(content)
    assert "CRC" in refused(path)


def test_an_array_that_a_damaged_table_of_contents_passes_over_is_missed(tmp_path):
    path = save(tmp_path / "w.npz", {"w": np.arange(20.0), "state/0": np.ones(3)})
    content = bytearray(path.read_bytes())
    entry = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 1)
    content[entry + 33] ^= 1  # the comment of w is said to be so long that the entry after it is part of it
    path.write_bytes(content)
    with zipfile.ZipFile(path) as archive:
        assert "state/0.npy" not in archive.namelist()
    assert "2 members are found, not as many as are counted" in refused(path)


class Trap:
    """Its pickle, when loaded, would make a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_a_pickle_inside_is_never_run(tmp_path):
    path, sprung = tmp_path / "w.npz", tmp_path / "sprung"
    np.savez(path, w=np.array([Trap(str(sprung))], object))
    assert "pickled objects are never loaded" in refused(path)
    assert not sprung.exists()


def member(shape, data=b""):
    """An .npy that declares a shape, whatever its data."""
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return out.getvalue() + data


@pytest.mark.parametrize("shape", [(10**12,), (2**62, 4), (3,), (-1,), (0, -5)])
def test_a_shape_that_the_data_does_not_fill_is_refused_before_memory_is_set_aside(shape, tmp_path):
    path = tmp_path / "w.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("w.npy", member(shape, b"\0" * 8))
    assert "but 8 bytes are there" in refused(path)


def test_a_file_that_unfolds_to_too_much_is_refused_unread(tmp_path, monkeypatch):
    path = tmp_path / "w.npz"
    np.savez_compressed(path, a=np.zeros(60_000), b=np.zeros(60_000))
    monkeypatch.setattr(files, "LARGEST", 900_000)
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *given: pytest.fail("it was read"))
    assert "unfolds to 960,256 bytes, more than 900,000" in refused(path)


def test_a_header_that_is_no_object_is_refused(tmp_path):
    path = tmp_path / "w.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("header.json", "[1]")
    assert "not an object" in refused(path)


# ---- the old file or the new one -------------------------------------------------------------------------------------

KILLED = """
import os, signal, sys
import numpy as np
from minigrad.models import save
die = lambda *given: os.kill(os.getpid(), signal.SIGKILL)
os.{at} = die
save(sys.argv[1], {{"w": np.ones(1000)}})
"""


@pytest.mark.parametrize("at", ["fsync", "replace"])
def test_a_kill_while_writing_leaves_the_file_from_before(at, path):
    save(path, {"w": np.zeros(3)})
    done = subprocess.run([sys.executable, "-c", KILLED.format(at=at), str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    np.testing.assert_array_equal(load(path).arrays["w"], np.zeros(3))
    save(path, {"w": np.ones(2)})
    np.testing.assert_array_equal(load(path).arrays["w"], np.ones(2))
    assert list(path.parent.iterdir()) == [path]


def test_a_full_disk_leaves_the_file_from_before_and_no_other(path, monkeypatch):
    def full(number):
        raise OSError(28, "No space left on device")

    save(path, {"w": np.zeros(3)})
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"can't write .*: No space left on device; what was there before is intact"):
        save(path, {"w": np.ones(3)})
    assert list(path.parent.iterdir()) == [path]
    np.testing.assert_array_equal(load(path).arrays["w"], np.zeros(3))


def test_a_link_where_the_partial_file_goes_is_not_followed(tmp_path, monkeypatch):
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    outside.write_text("precious")
    folder.mkdir()
    replaced = []
    monkeypatch.setattr(os, "replace", lambda source, target: replaced.append(source))
    files.write(folder / "w.txt", b"new")
    replaced[0].symlink_to(outside)
    files.write(folder / "w.txt", b"new")
    assert outside.read_text() == "precious"


def test_the_partial_file_of_a_writer_that_is_still_at_work_is_left_alone(tmp_path, monkeypatch):
    partials = []
    monkeypatch.setattr(os, "replace", lambda source, target: partials.append(source))
    files.write(tmp_path / "w.txt", b"new")
    other = partials[0].with_name(partials[0].name.replace(f"-{os.getpid()}-", f"-{os.getppid()}-"))
    other.write_bytes(b"half")
    files.write(tmp_path / "w.txt", b"new")
    assert other.read_bytes() == b"half"


def test_a_file_may_have_as_long_a_name_as_the_system_allows(tmp_path):
    path = tmp_path / ("n" * 251 + ".txt")
    files.write(path, b"content")
    assert path.read_bytes() == b"content"


def test_a_file_written_anew_has_the_permissions_of_any_new_file(tmp_path):
    (tmp_path / "plain").touch()
    files.write(tmp_path / "w.txt", b"content")
    assert (tmp_path / "w.txt").stat().st_mode == (tmp_path / "plain").stat().st_mode


# ---- what has no end, or no bottom -----------------------------------------------------------------------------------


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "w.npz")
    with pytest.raises(OSError, match=r"can't read '.*w.npz': it is a pipe or a device, no regular file; give a file"):
        load(tmp_path / "w.npz")


def test_a_device_that_never_ends_is_refused(tmp_path):
    (tmp_path / "w.npz").symlink_to("/dev/zero")
    with pytest.raises(OSError, match="it is a pipe or a device, no regular file"):
        load(tmp_path / "w.npz")


def test_a_file_of_too_many_bytes_is_refused_unread(tmp_path):
    with open(tmp_path / "w.npz", "wb") as file:
        file.truncate(files.LARGEST + 1)  # without taking that much of the disk
    with pytest.raises(ValueError, match=r"w.npz' has 1,073,741,825 bytes, more than 1,073,741,824; give another file"):
        load(tmp_path / "w.npz")


def test_a_header_nested_too_deeply_is_refused(path):
    if path.suffix == ".npz":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("header.json", "[" * 100_000)
    else:
        header = ("[" * 100_000).encode()
        path.write_bytes(len(header).to_bytes(8, "little") + header)
    assert refused(path)


@pytest.mark.parametrize("written", ["Infinity", "-Infinity", "NaN", "1e999"])
def test_a_number_that_is_not_finite_is_null_in_json(written):
    assert files.parsed(f'{{"loss": {written}, "rest": [1, 2.5, true]}}') == {"loss": None, "rest": [1, 2.5, True]}


def test_a_system_s_error_without_words_is_named_by_its_kind(path, monkeypatch):
    def fail(self):
        raise OSError

    save(path, {"w": np.zeros(3)})
    monkeypatch.setattr(type(path), "read_bytes", fail)
    with pytest.raises(OSError, match=r"can't read '.*': OSError; give"):
        load(path)
