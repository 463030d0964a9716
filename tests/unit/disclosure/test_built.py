"""A front end that is built anew under a running process."""

import json
import shutil

import pytest

from gis_projects.disclosure.built import Builds, NotBuilt


@pytest.fixture
def dist(tmp_path):
    return tmp_path / "dist"


def built(dist, mark):
    """A build as Vite leaves it: an emptied folder, files named by their content, the manifest last."""
    shutil.rmtree(dist, ignore_errors=True)
    (dist / "assets").mkdir(parents=True)
    chunks = {
        "src/public/worker.ts": {"file": f"assets/worker-{mark}.js"},
        "src/portal.ts": {
            "file": f"assets/portal-{mark}.js", "css": [f"assets/portal-{mark}.css"], "imports": ["_dom"],
        },
        "src/public.ts": {"file": f"assets/public-{mark}.js", "imports": ["_dom", "src/portal.ts"]},
        "_dom": {"file": f"assets/dom-{mark}.js"},
    }  # fmt: skip
    (dist / "assets" / f"worker-{mark}.js").write_text(f"// {mark}")
    (dist / "manifest.json").write_text(json.dumps(chunks))


def test_a_build_is_told_with_all_that_its_entries_import(dist):
    built(dist, "a1")
    files = Builds(dist / "manifest.json").current().files("src/public.ts")
    assert files == ["assets/dom-a1.js", "assets/portal-a1.css", "assets/portal-a1.js", "assets/public-a1.js"]


def test_a_running_process_takes_up_the_next_build(dist):
    built(dist, "a1")
    builds = Builds(dist / "manifest.json")
    first = builds.current()
    assert builds.current() is first
    built(dist, "longer-b2")
    assert builds.current().worker == "// longer-b2"
    assert "assets/portal-longer-b2.js" in builds.current().files("src/portal.ts")


@pytest.mark.parametrize("left", ["nothing", "half a manifest", "no worker"])
def test_while_a_build_is_under_way_the_last_one_stands(dist, left):
    built(dist, "a1")
    builds = Builds(dist / "manifest.json")
    builds.current()
    built(dist, "b2")
    if left == "nothing":
        shutil.rmtree(dist)
    elif left == "half a manifest":
        (dist / "manifest.json").write_text('{"src/public/wor')
    else:
        (dist / "assets" / "worker-b2.js").unlink()
    assert builds.current().worker == "// a1"
    with pytest.raises(NotBuilt):
        Builds(dist / "manifest.json").current()
    built(dist, "c3")
    assert builds.current().worker == "// c3"


def test_a_script_half_written_is_read_again(dist):
    built(dist, "a1")
    script = dist / "assets" / "worker-a1.js"
    script.write_text("//")
    builds = Builds(dist / "manifest.json")
    assert builds.current().worker == "//"
    script.write_text("// a1")
    assert builds.current().worker == "// a1"
