import pytest

from scorecam_cli.errors import UsageError
from scorecam_cli.report.evaluation import read_evaluation


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "e.csv"
    path.write_text(
        f"photo,photo_sha256,method,class,probability,passes,drop,deletion_curve,gain\n"
        f"{tmp_path}/a.png,12e3,score-cam,5,0.9,8,0.25,0.1 0.2,\n"
        f"{tmp_path}/a.png,12e3,random,5,0.9,0,0.75,0.1 0.2,1\n"
        f"{tmp_path}/b.png,99,score-cam,7,0.9,8,0.5,0.3 0.4,nan\n"
        f"{tmp_path}/d.png,98,score-cam,x,0.9,8,,0.5 0.6,4\n"
    )
    return path


def test_columns_of_numbers_are_taken_and_words_left_out(table):
    found = read_evaluation(table)
    assert found.columns == ("drop", "gain")
    assert [(each.name, each.better) for each in found.number_names] == [("average drop", -1), ("average gain", 1)]


def test_means_are_of_each_method_over_the_rows_that_have_the_number(table):
    score_cam, random = read_evaluation(table).means
    assert (score_cam.method, score_cam.values, score_cam.count) == ("score-cam", (0.375, 4.0), 3)
    assert (random.method, random.values, random.count) == ("random", (0.75, 1.0), 1)


def test_means_have_the_standard_error_over_the_rows_that_have_the_number(table):
    score_cam, random = read_evaluation(table).means
    assert score_cam.errors == (pytest.approx(0.125), None)  # |0.5 - 0.25| / 2; one row alone has none
    assert random.errors == (None, None)


def test_curves_are_averaged_and_have_an_error_at_each_step(table):
    curves = read_evaluation(table).curves["deletion_curve"]
    assert list(curves["score-cam"].mean) == pytest.approx([0.3, 0.4])
    assert list(curves["score-cam"].error) == pytest.approx([0.2 / 3**0.5] * 2)  # 0.1, 0.3, 0.5 deviate by 0.2
    assert curves["random"].error is None


def test_each_row_is_about_the_class_that_the_table_names(table, tmp_path):
    found = read_evaluation(table)
    assert [found.of_photo(tmp_path / f"{name}.png")[0].index for name in "abd"] == [5, 7, None]


def test_rows_of_a_photo_that_was_moved_are_found_by_its_bytes(table, tmp_path):
    assert [row.values for row in read_evaluation(table).of_photo(tmp_path / "other.png", "99")] == [(0.5, None)]


def test_numbers_as_large_as_numbers_get_have_no_mean_and_say_nothing(tmp_path, recwarn):
    path = tmp_path / "e.csv"
    path.write_text("photo,drop,deletion_curve\na,1e308,1e308 1e308\nb,1e308,1e308 1e308\nc,1,1 x\n")
    found = read_evaluation(path)
    assert found.means[0].values == (None,)
    assert not recwarn.list


def test_rows_are_found_by_path_and_by_a_name_that_only_one_photo_has(table, tmp_path):
    found = read_evaluation(table)
    assert [row.values for row in found.of_photo(tmp_path / "a.png")] == [(0.25, None), (0.75, 1.0)]
    assert [row.values for row in found.of_photo(tmp_path / "elsewhere/b.png")] == [(0.5, None)]
    assert found.of_photo(tmp_path / "c.png") == ()


def test_name_that_two_photos_have_is_not_guessed(tmp_path):
    path = tmp_path / "e.csv"
    path.write_text("photo,drop\none/a.png,1\ntwo/a.png,2\n")
    assert read_evaluation(path).of_photo(tmp_path / "three/a.png") == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column `photo`"),
        ("file,drop\nx,1\n", "no column `photo`"),
        ("photo,method\nx,y\n", "no column of numbers"),
    ],
)
def test_other_tables_are_refused(tmp_path, text, message):
    path = tmp_path / "e.csv"
    path.write_text(text)
    with pytest.raises(UsageError, match=message):
        read_evaluation(path)
