"""Text: characters by number, files that can't be read, streams whose state carries over, sampling."""

import hashlib
import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad.models import RNN, default_text, held_out, one_epoch, read_text, sample, streams, text_of

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)


@given(words)
def test_tokens_spell_the_text(characters):
    text = text_of(characters)
    assert "".join(text.vocabulary[token] for token in text.tokens) == characters
    assert list(text.vocabulary) == sorted(set(characters))


@given(words)
def test_entropy_is_that_of_the_characters_frequencies(characters):
    counts = [characters.count(each) for each in set(characters)]
    expected = sum(n / len(characters) * math.log2(len(characters) / n) for n in counts)
    assert text_of(characters).entropy == pytest.approx(expected, abs=1e-12)


def test_a_fair_choice_of_four_costs_two_bits():
    assert text_of("abcd" * 5).entropy == 2.0


@given(words, st.data())
def test_other_characters_get_the_same_numbers(characters, data):
    text = text_of(characters)
    start = data.draw(st.integers(0, len(characters) - 1))
    assert np.array_equal(text.encoded(characters[start:]), text.tokens[start:])


def test_a_character_that_the_text_lacks_is_named():
    with pytest.raises(ValueError, match="'xz' is not in the text"):
        text_of("abc").encoded("zaxz")


def test_tokens_are_locked():
    with pytest.raises(ValueError, match="read-only"):
        text_of("abc").tokens[0] = 1


def test_the_default_text_is_long_english_and_always_the_same():
    first, second = default_text(), default_text()
    assert len(first) > 100_000
    assert 4 < first.entropy < 5
    assert " the " in first.text
    assert first.sha256 == second.sha256 == hashlib.sha256(first.text.encode()).hexdigest()


def test_a_file_is_read_as_it_is(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes("naïve\r\n∂ 🎈\n".encode())
    text = read_text(path)
    assert text.text == "naïve\r\n∂ 🎈\n"
    assert text.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"can't read '.*gone\.txt': No such file or directory; give a text"):
        read_text(tmp_path / "gone.txt")


def test_a_folder_is_not_a_text(tmp_path):
    with pytest.raises(OSError, match=f"can't read '{tmp_path}'"):
        read_text(tmp_path)


def test_an_empty_file_is_refused(tmp_path):
    path = tmp_path / "empty.txt"
    path.touch()
    with pytest.raises(ValueError, match=r"empty\.txt' is empty"):
        read_text(path)


def test_the_first_byte_that_is_not_utf8_is_told(tmp_path):
    path = tmp_path / "latin.txt"
    path.write_bytes("abc é".encode("latin-1"))
    with pytest.raises(ValueError, match=r"latin\.txt' is not UTF-8: byte 0xe9 at offset 4; convert it"):
        read_text(path)


sizes = st.integers(1, 5)


@given(sizes, sizes, st.integers(0, 40))
def test_each_stream_reads_its_own_stretch_of_text_without_a_gap(batch, steps, more):
    tokens = np.arange(batch * steps + 1 + more)
    chunk = streams(tokens, batch, steps)
    after_first = itertools.takewhile(lambda each: not each.first, map(chunk, itertools.count(1)))
    read = np.concatenate([chunk(0).inputs, *(each.inputs for each in after_first)])
    assert np.array_equal(np.diff(read, axis=0), np.ones((len(read) - 1, batch)))
    assert len(set(read.ravel())) == read.size
    assert read.size > len(tokens) - 1 - batch * (steps + 1)


@given(sizes, sizes, st.integers(0, 40), st.integers(0, 20))
def test_each_target_is_the_character_that_follows(batch, steps, more, n):
    chunk = streams(np.arange(batch * steps + 1 + more), batch, steps)(n)
    assert chunk.inputs.shape == chunk.targets.shape == (steps, batch)
    assert np.array_equal(chunk.targets, chunk.inputs + 1)


def test_a_text_shorter_than_a_chunk_is_refused_with_what_it_takes():
    streams(np.arange(7), batch=2, steps=3)
    with pytest.raises(ValueError, match="6 tokens are too few for one chunk: 2 streams of 3 steps take 7"):
        streams(np.arange(6), batch=2, steps=3)


@pytest.mark.parametrize("wrong", [{"batch": 0, "steps": 3}, {"batch": 2, "steps": 0}])
def test_streams_and_steps_count_from_one(wrong):
    with pytest.raises(ValueError, match="is a whole number from 1; got 0"):
        streams(np.arange(100), **wrong)


@given(sizes, sizes, st.integers(0, 40))
def test_a_passage_is_one_reading_of_the_streams(batch, steps, more):
    data = streams(np.arange(batch * steps + 1 + more), batch, steps)
    read = list(one_epoch(data))
    assert [each.first for each in [*read, data(len(read))]] == [True, *[False] * (len(read) - 1), True]


@given(st.integers(40, 3000))
def test_what_is_held_out_is_the_end_and_nothing_is_lost_between(length):
    tokens = np.arange(length)
    rest, data = held_out(tokens)
    kept = np.concatenate([each.inputs.ravel() for each in one_epoch(data)])
    assert kept.min() == len(rest) == length - round(0.05 * length)
    assert np.array_equal(rest, tokens[: len(rest)])


def test_a_text_too_short_to_hold_anything_out_is_refused():
    with pytest.raises(ValueError, match=r"20 tokens are too few to hold out 5% of them; give more text"):
        held_out(np.arange(20))


class Alphabet:
    """After each letter the next one, with a certainty of `logit`."""

    def __init__(self, logit):
        self.logit = logit
        self.parameters = {}

    def initial_state(self, batch_shape):
        return ()

    def step(self, parameters, state, x):
        return (), mg.tensor(np.where(np.arange(5) == (x.item() + 1) % 5, self.logit, 0.0))


def test_a_sample_goes_on_from_its_prime_as_the_model_expects():
    assert sample(Alphabet(100.0), text_of("abcde"), 6, prime="bc") == "bcdeabcd"


def test_without_a_prime_the_first_character_is_drawn_from_the_text():
    firsts = {sample(Alphabet(100.0), text_of("aaaab" + "cde"), 0, rng=seed) for seed in range(40)}
    assert firsts <= set("abcde")
    assert len(firsts) > 1


def test_one_seed_gives_one_sample():
    net, text = RNN(5, 6, 5), text_of("abcde")
    assert sample(net, text, 50, rng=3) == sample(net, text, 50, rng=3)
    assert sample(net, text, 50, rng=3) != sample(net, text, 50, rng=4)


def test_temperature_divides_the_logits():
    text, logit, drawn = text_of("abcde"), 2.0, 4000
    for temperature in (1.0, 2.0):
        written = sample(Alphabet(logit), text, drawn, temperature=temperature, prime="a")
        follows = sum((ord(b) - ord(a)) % 5 == 1 for a, b in itertools.pairwise(written)) / drawn
        weight = math.exp(logit / temperature)
        assert follows == pytest.approx(weight / (weight + 4), abs=0.03)


def test_at_temperature_zero_the_likeliest_is_always_drawn():
    assert sample(Alphabet(1e-3), text_of("abcde"), 4, temperature=0, prime="a") == "abcde"


@pytest.mark.parametrize("temperature", [-1.0, float("nan"), float("inf")])
def test_a_temperature_is_a_number_from_zero(temperature):
    with pytest.raises(ValueError, match="temperature is a number from 0; got"):
        sample(Alphabet(1.0), text_of("abcde"), 4, temperature=temperature)


def test_sampling_records_nothing():
    net, text = RNN(5, 6, 5), text_of("abcde")
    made = []
    step = net.step
    net.step = lambda *arguments: made.append(step(*arguments)) or made[-1]
    sample(net, text, 3)
    assert all(y.origin is None for _, y in made)


def test_a_byte_order_mark_at_the_start_is_no_character_of_the_text(tmp_path):
    (tmp_path / "marked.txt").write_bytes(b"\xef\xbb\xbfabc\xef\xbb\xbf")
    text = read_text(tmp_path / "marked.txt")
    assert text.text == "abc\ufeff"
    assert text.sha256 == text_of("abc\ufeff").sha256


def test_a_file_of_nothing_but_a_mark_is_empty(tmp_path):
    (tmp_path / "marked.txt").write_bytes(b"\xef\xbb\xbf")
    with pytest.raises(ValueError, match=r"marked\.txt' is empty"):
        read_text(tmp_path / "marked.txt")
