from resnet_viz.charts.certificate import FIELDS, certificate, differences, group_certificate
from resnet_viz.config import AVAILABLE, ExperimentConfig
from resnet_viz.net_config import NetConfig
from tests.factories import experiment, snapshot, started


def held(config: ExperimentConfig, **fields: object) -> dict[str, tuple[bool, str]]:
    return {one.what: (one.is_equal, one.words) for one in certificate(snapshot(config, [started(config, **fields)]))}


def test_a_fair_pair_is_certified() -> None:
    equal = held(experiment("none", "A"), parameters=(853_018, 853_018))
    assert all(is_equal for is_equal, _ in equal.values())
    assert equal["parameters"][1] == "853,018 in each"
    assert "seed 0" in equal["batches"][1]
    assert differences(experiment("none", "A").arms) == ["shortcut"]


def test_what_differs_is_told() -> None:
    config = experiment("none", "A")
    wide = config.arms[1].model_copy(update={"width": 8, "depth": 14})
    other = config.model_copy(update={"arms": (config.arms[0], wide)})
    equal = held(other, parameters=(100, 2000))
    assert equal["parameters"] == (False, "plain-8 100, residual-14 2,000")
    assert equal["initial weights"][0] is False
    assert "width" in equal["initial weights"][1]
    assert equal["batches"][0]
    assert differences(other.arms) == ["depth", "shortcut", "width"]


def test_nothing_is_said_of_parameters_before_they_are_counted() -> None:
    config = experiment("none", "A")
    assert "parameters" not in {one.what for one in certificate(snapshot(config, []))}


def test_every_field_of_a_net_that_can_differ_has_a_word() -> None:
    assert set(FIELDS) == set(NetConfig.model_fields) - {"num_classes"}


def test_a_group_says_what_each_seed_pairs_and_what_changes_between_them() -> None:
    config = experiment("none", "A")
    seeds = [snapshot(config, [started(config)]), snapshot(config, [])]
    equal = {one.what: (one.is_equal, one.words) for one in group_certificate(seeds, "seeds 0 and 1")}
    assert equal["batches"][0]
    assert "in each of seeds 0 and 1, all arms see the same images" in equal["batches"][1]
    assert equal["initial weights"][0]
    assert equal["seeds"][1].endswith("the order of the images, the crops and the initial weights change")
    assert not equal["seeds"][0]
    assert equal["machine"] == (True, "a processor, threads: 2, fp32")


def test_what_does_not_happen_is_not_said() -> None:
    def said(**given: object) -> str:
        config = experiment("none", "A")
        config = config.model_copy(update={"data": config.data.model_copy(update=given)})
        return " ".join(one.words for one in group_certificate([snapshot(config, [])], "seed 0"))

    assert "crop" in said(augment=True)
    assert "crop" not in said(augment=False)
    whole = AVAILABLE["shapes"][0]
    assert "choice of images" in said()
    assert "choice of images" not in said(train_size=whole)


def test_a_group_that_ran_on_two_machines_says_so() -> None:
    config = experiment("none", "A")
    seeds = [snapshot(config, [started(config, threads=threads)]) for threads in (1, 2)]
    equal = {one.what: (one.is_equal, one.words) for one in group_certificate(seeds, "seeds 0 and 1")}
    assert equal["machine"] == (False, "a processor, threads: 1, fp32; a processor, threads: 2, fp32")
