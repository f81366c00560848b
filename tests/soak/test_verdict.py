"""The soak's verdicts: they must notice what they are there for."""

from collections import Counter

from tests.soak import verdict

MIB = 1 << 20


def write(folder, name, *lines):
    (folder / name).write_text("".join(f"{line}\n" for line in lines))


def test_calls_that_ran_twice_are_found_across_providers(tmp_path):
    write(tmp_path, "executed-rust-1", "a-1", "a-2")
    write(tmp_path, "executed-go-2", "a-2", "a-3")
    write(tmp_path, "outcomes-a", "a-1 ok", "a-2 ok", "a-3 maybe", "a-4 maybe")
    found = verdict.executions(tmp_path)
    assert found.duplicated == ["a-2"]
    assert (found.missing, found.denied) == ([], [])
    assert (found.unknown_executed, found.unknown_not_executed) == (1, 1)


def test_answers_without_execution_and_executions_that_were_denied_are_found(tmp_path):
    write(tmp_path, "executed-rust-1", "a-2", "a-3")
    write(tmp_path, "outcomes-a", "a-1 ok", "a-2 not", "a-3 ok")
    found = verdict.executions(tmp_path)
    assert (found.missing, found.denied, found.duplicated) == (["a-1"], ["a-2"], [])


def test_a_line_that_a_kill_cut_off_is_no_execution(tmp_path):
    (tmp_path / "executed-rust-1").write_text("a-1\na-")
    write(tmp_path, "outcomes-a", "a-1 ok", "a-2 maybe")
    assert verdict.executions(tmp_path).unknown_not_executed == 1


def test_steady_growth_of_memory_is_growth_and_a_warm_up_is_not():
    leaking = [(60 + second // 2) * MIB for second in range(100)]
    warm = [(20 if second < 15 else 60 + second % 3) * MIB for second in range(100)]
    assert verdict.memory(leaking).grows
    assert not verdict.memory(warm).grows


def test_one_descriptor_a_kill_is_growth():
    assert verdict.descriptors([20 + second // 5 for second in range(60)]).grows
    assert not verdict.descriptors([20 + second % 4 for second in range(60)]).grows


def test_a_short_run_can_be_judged():
    assert not verdict.memory([50 * MIB]).grows
    assert not verdict.descriptors([10, 11, 12]).grows


def test_percentiles_are_upper_edges_of_buckets():
    latency = Counter({40: 98, 80: 2})
    assert verdict.percentile(latency, 0.5) == round(2 ** (41 / 4) / 1000, 3)
    assert verdict.percentile(latency, 0.99) == round(2 ** (81 / 4) / 1000, 3)
    assert verdict.percentile(Counter(), 0.5) == 0.0
