from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

import ove_capacity as oc
from ove_capacity.errors import UnknownNameError
from ove_capacity.report.figures.draw import figure_files
from tests.simulation.build import case, cluster, loss, node, workload


def texts(picture):
    """All that is written on a figure."""
    return [
        text.get_text() for text in picture.findobj(match=lambda each: hasattr(each, "get_text"))
    ]


def run_of(*plan, until="3d", **fields):
    return oc.simulate(case(*plan, **fields), until=until)


@pytest.fixture(scope="module")
def run():
    return run_of(workload("db", count=5), loss("w1", at="1h", repair="30h"))


def test_a_figure_says_the_answer_and_the_units_first(run) -> None:
    title, subtitle = (text.get_text() for text in oc.plot(run).texts[:2])
    assert title == "Fullest: production, whose memory is requested to 42 % at the start"
    assert subtitle.endswith("in %.")
    assert {"days", "production", "CPU", "memory"} <= set(texts(oc.plot(run)))


def test_a_line_is_the_samples_in_percent(run) -> None:
    panel = oc.plot(run).axes[0]
    memory = next(line for line in panel.lines if line.get_label() == "memory")
    log = run.samples
    held = zip(log.memory_requested_bytes, log.memory_allocatable_bytes, strict=True)
    assert list(memory.get_ydata()) == [100 * part / whole for part, whole in held]
    assert list(memory.get_xdata()) == [0, 1, 2, 3]


def test_days_on_which_a_vm_does_not_run_are_marked(run) -> None:
    panel = oc.plot(run).axes[0]
    marks = next(line for line in panel.lines if line.get_label().startswith("a VM"))
    assert list(marks.get_xdata()) == [1]


def test_each_cell_is_a_worker_s_share_of_a_resource(run) -> None:
    picture = oc.plot(run, "nodes")
    panel = picture.axes[0]
    assert panel.images[0].get_array().shape == (2, 3)
    assert [label.get_text() for label in panel.get_yticklabels()] == ["cpu", "memory"]
    assert "No worker is 90 % full; the fullest, w1: 50 % of memory" in texts(picture)


def test_a_worker_out_of_service_is_crossed_out() -> None:
    down = run_of(workload("db"), loss("w2", at="1h"))
    panel = oc.plot(down, "nodes").axes[0]
    (box,) = [patch for patch in panel.patches if patch.get_hatch()]
    assert box.get_x() == 0.5


@pytest.mark.parametrize("name", ["timeline", "nodes"])
@pytest.mark.parametrize(("clusters", "told"), [((), "no cluster"), (("bare",), "no worker")])
def test_nothing_to_draw_is_said(name: str, clusters: tuple[str, ...], told: str) -> None:
    bare = case(workload("db", cluster="-"), clusters=[cluster("x")])
    asked = oc.simulate(with_clusters(bare, clusters), until="1h")
    assert any(text.startswith(told) for text in texts(oc.plot(asked, name)))


def with_clusters(asked, names):
    fleet = replace(asked.fleet, clusters=tuple(replace(cluster(n), nodes=()) for n in names))
    return replace(asked, fleet=fleet, plan=replace(asked.plan, workloads=()))


def test_labels_of_a_hundred_nodes_do_not_meet() -> None:
    machines = [node(f"ip-10-0-141-{i}.eu-central-1.compute.internal") for i in range(100)]
    asked = case(workload("web", memory_gib=4), clusters=[cluster(nodes=machines)])
    picture = oc.plot(asked)
    picture.draw_without_rendering()
    boxes = [label.get_window_extent() for label in picture.axes[0].get_xticklabels()]
    assert len(boxes) > 20
    assert all(left.x1 <= right.x0 for left, right in pairwise(boxes))
    assert "ip-10-0-141-*.eu-central-1.compute.internal" in texts(picture)


def test_the_same_result_is_the_same_bytes(run) -> None:
    once, again = figure_files(run), figure_files(run)
    assert once == again
    assert sorted(once) == ["nodes.png", "nodes.svg", "timeline.png", "timeline.svg"]
    assert all(b"<dc:date>" not in once[name] for name in once if name.endswith("svg"))


def test_what_is_not_drawn_is_refused_with_what_is(run) -> None:
    with pytest.raises(
        TypeError, match=r"no figure of str; there is one of: .*Run \(timeline, nodes, growth\)"
    ):
        oc.plot("a string")
    with pytest.raises(UnknownNameError, match="Did you mean 'nodes'"):
        oc.plot(run, "node")


def test_a_figure_shows_itself_in_a_notebook(run) -> None:
    assert oc.plot(run)._repr_png_().startswith(b"\x89PNG")


def test_a_waterfall_hangs_each_step_from_the_one_above() -> None:
    found = oc.headroom(case(workload("db", count=5)))
    cpu, memory = oc.plot(found).axes
    assert [cpu.get_title(loc="left"), memory.get_title(loc="left")] == [
        *("CPU, cores: production", "memory, GiB"),
    ]
    whole, *steps = memory.patches
    assert whole.get_width() == 3 * 128
    assert sum(bar.get_width() for bar in steps) == pytest.approx(3 * 128)
    assert all(
        above.get_x() == below.get_x() + below.get_width() for above, below in pairwise(steps)
    )
    assert steps[-1].get_x() == pytest.approx(0)


def test_what_is_stranded_is_hatched_within_what_is_free() -> None:
    found = oc.headroom(case(workload("db", count=9)), shapes=["db"])
    memory = oc.plot(found).axes[1]
    free, stranded = memory.patches[-2:]
    assert (stranded.get_hatch(), stranded.get_x()) == ("xxx", 0)
    assert stranded.get_width() == pytest.approx(free.get_width())
    assert any("Hatched: stranded" in text for text in texts(oc.plot(found)))


def test_pairs_are_cells_below_the_diagonal_and_single_losses_on_it() -> None:
    found = oc.failover(case(workload("db", count=5)))
    picture = oc.plot(found)
    panel = picture.axes[0]
    cells = panel.images[0].get_array()
    matrix = found.clusters["production"].pairs.matrix
    assert [[cells[m, n] for n in range(m + 1)] for m in range(3)] == [
        list(row[: m + 1]) for m, row in enumerate(matrix)
    ]
    assert "production may lose any one worker, not any two" in texts(picture)
    assert "3 of 3 pairs not survived" in texts(picture)


def test_a_cluster_without_vms_says_that_there_is_nothing_to_lose() -> None:
    assert {"No VM runs that could be lost", "no VM to lose"} <= set(
        texts(oc.plot(oc.failover(case())))
    )


def test_a_ladder_has_a_bar_a_constraint_in_the_order_in_which_they_bind() -> None:
    found = oc.ladder(case(workload("db", count=5)))
    picture = oc.plot(found)
    rungs = found.clusters["production"].rungs
    panel = picture.axes[0]
    shown = [bar.get_width() for bar in panel.patches[: len(rungs)]]
    assert shown == [max(rung.vms, 0.5) for rung in rungs]
    assert panel.get_xscale() == "log"
    assert panel.get_yticklabels()[0].get_text() == rungs[0].constraint
    assert any(f"{rungs[0].constraint} binds first" in text for text in texts(picture))


def test_a_verdict_is_a_grid_of_answers_with_their_evidence() -> None:
    found = oc.verdict(case(workload("db", count=10)))
    picture = oc.plot(found)
    shown = texts(picture)
    assert shown.count("NO") == 3
    assert shown.count("given") + shown.count("documented") == 5
    assert picture.texts[0].get_text().startswith("1 of 1 clusters have a NO")


@pytest.mark.parametrize("ask", [oc.simulate, oc.headroom, oc.ladder, oc.failover, oc.verdict])
def test_long_names_stay_on_the_paper_and_apart(ask) -> None:
    names = [f"site-frankfurt-main-tower-hall-{i}-of-the-second-building" for i in range(7)]
    clusters = [cluster(name, nodes=(node(f"{name}-w1"), node(f"{name}-w2"))) for name in names]
    plan = [workload(f"db-{i}", cluster=name) for i, name in enumerate(names)]
    picture = oc.plot(ask(case(*plan, clusters=clusters)))
    picture.draw_without_rendering()
    width = picture.bbox.width
    titles = [axes.title if axes.title.get_text() else axes._left_title for axes in picture.axes]
    boxes = [title.get_window_extent() for title in titles if title.get_text()]
    assert all(box.x0 >= 0 and box.x1 <= width for box in boxes)
    assert not any(one.overlaps(other) for one, other in pairwise(boxes))
    heading = [text.get_window_extent() for text in picture.texts[:2]]
    assert not any(box.overlaps(text) for box in boxes for text in heading)


PINNED = """\
apiVersion: ove-capacity/v1
name: cells
platform: {openshift: "4.18"}
assume: {virtualization: installed}
clusters:
  lab:
    pools:
      worker:
        count: 2
        node: {sockets: 2, cores: 8, threads: 2, memory: 128Gi, hugepages: {1Gi: 64}}
    kubelet:
      cpuManagerPolicy: static
      memoryManagerPolicy: Static
      topologyManagerPolicy: single-numa-node
      reservedMemory: [{numaNode: 0, limits: {memory: 1124Mi}}]
workloads:
  - {name: db, cluster: lab, namespace: vms, count: 2, cpu: 8, memory: 16Gi,
     dedicatedCpuPlacement: true, hugepages: 1Gi}
  - {name: app, cluster: lab, namespace: vms, count: 1, cpu: 2, memory: 4Gi}
"""


@pytest.fixture(scope="module")
def fragmented(tmp_path_factory):
    file = tmp_path_factory.mktemp("cells") / "cells.yaml"
    file.write_text(PINNED)
    return oc.fragmentation(oc.load(file))


def test_a_column_is_a_cell_and_adds_up_to_what_it_has(fragmented) -> None:
    cpus = oc.plot(fragmented, "cells").axes[0]
    tops = {}
    for box in cpus.patches:
        x = round(box.get_x() + box.get_width() / 2)
        tops[x] = tops.get(x, 0) + box.get_height()
    assert tops == {0: 15, 1: 16, 3: 15, 4: 16}
    crossed = [box.get_height() for box in cpus.patches if box.get_hatch() == "xxxx"]
    assert sum(crossed) == fragmented.clusters["lab"].stranded_cpus


def test_the_split_is_drawn_as_it_was_counted(fragmented) -> None:
    points = fragmented.clusters["lab"].split.points
    panel = oc.plot(fragmented, "split").axes[0]
    lines = {line.get_label(): list(line.get_ydata()) for line in panel.lines}
    assert lines["db"] == [each.hugepage_vms for each in points]
    assert lines["app beside all db"] == [each.ordinary_beside for each in points]


@pytest.mark.parametrize(
    ("name", "told"),
    [("cells", "no kubelet looks at cells"), ("split", "no VM has hugepages")],
)
def test_without_cells_or_pages_that_is_said(run, name: str, told: str) -> None:
    assert told in texts(oc.plot(oc.fragmentation(run), name))
