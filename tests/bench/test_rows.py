"""The table of the bench: medians, ratios, and in words what is not there."""

from tests.bench.rows import GPU, GPU_COMMAND, Entry, notes, table


def runs(*seconds, peak_bytes=1.5e9):
    return [{"seconds": each, "passes": 7, "peak_bytes": peak_bytes} for each in seconds]


def cells(*entries):
    return [row.strip("| ").split(" | ") for row in table(entries).splitlines()[2:]]


def test_table_has_medians_and_ratios():
    ours = Entry("A", "scorecam", runs(2, 9, 4))
    rival = Entry("A", "tf-keras-vis", runs(8, 8, 80), correlation=0.5)
    floor, failed = Entry("A", "floor", runs(2)), Entry("B", "scorecam", failure="x | y")

    assert table([ours, rival, floor, failed]).splitlines()[2:] == [
        "| A | scorecam | 7 | 4.00 | not measured | 1.00 | 2.00 | 1.50 GB |  |",
        "| A | tf-keras-vis | 7 | 8.00 | not measured | 2.00 | 4.00 | 1.50 GB | 0.5000 |",
        "| A | floor | 7 | 2.00 | not measured | 0.50 | 1.00 | 1.50 GB |  |",
        "| B | scorecam |  | failed: x \\| y | not measured |  |  |  |  |",
    ]


def test_a_torch_program_is_set_against_the_floor_of_torch():
    entries = [Entry("A", "floor", runs(1)), Entry("A", "torch-floor", runs(5)), Entry("A", "torch-cam", runs(10))]

    assert [row[5:7] for row in cells(*entries)] == [["", "1.00"], ["", "1.00"], ["", "2.00"]]


def test_a_missing_package_has_a_row_that_says_what_to_install():
    (row,) = cells(Entry("A", "torch-cam", missing="torch==2.13.0 torchcam==0.5.0"))

    assert row[:5] == [
        "A",
        "torch-cam",
        "",
        "not installed: `pip install torch==2.13.0 torchcam==0.5.0`",
        "not measured",
    ]


def test_seconds_on_a_gpu_stand_beside_those_of_the_cpu():
    on_cpu, on_gpu = Entry("A", "scorecam", runs(4)), Entry("A", "scorecam", runs(1, peak_bytes=9e9), device=GPU)

    assert [row[3:8] for row in cells(on_cpu, on_gpu)] == [["4.00", "1.00", "1.00", "", "1.50 GB"]]
    assert [row[3:8] for row in cells(on_gpu)] == [["not measured", "1.00", "1.00", "", "9.00 GB"]]


def test_the_command_that_measures_a_gpu_is_named_until_one_is_measured():
    on_cpu, on_gpu = Entry("A", "scorecam", runs(4)), Entry("A", "scorecam", runs(1), device=GPU)

    assert f"not measured; where CUDA is, `{GPU_COMMAND}`" in notes([on_cpu])
    assert "GPU" not in notes([on_cpu, on_gpu])
