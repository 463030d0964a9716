"""The bytes of uploads on a disk that may be full."""

from __future__ import annotations

import hashlib
import os
import resource
import subprocess
from uuid import uuid4

import pytest

from gis_projects.atlas import upload_files


@pytest.fixture(autouse=True)
def root(settings, tmp_path):
    settings.UPLOAD_ROOT = tmp_path / "uploads"
    return settings.UPLOAD_ROOT


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("地类图斑 2025.zip", "地类图斑 2025.zip"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\a\\DLTB.zip", "DLTB.zip"),
        ("a\n\x00b.zip", "a__b.zip"),
        ("..", "file"),
        ("", "file"),
        (".zip", "zip"),
        ("gpj.\u202epiz", "gpj._piz"),
    ],
)
def test_names_are_only_names(given, kept):
    assert upload_files.safe_name(given) == kept


def test_a_long_name_is_cut_between_characters_and_keeps_its_ending():
    name = upload_files.safe_name("界" * 150 + ".geojson")
    assert len(name.encode()) <= 180
    assert name.endswith("界.geojson")


def test_parts_go_one_after_the_other_and_overwrite_what_a_broken_write_left():
    key = uuid4()
    upload_files.write(key, "a.bin", 0, b"first")
    upload_files.write(key, "a.bin", 5, b"broken and too long")
    upload_files.write(key, "a.bin", 5, b" second")
    path = upload_files.path(key, "a.bin")
    assert path.read_bytes() == b"first second"
    seen = []
    assert upload_files.sha256(path, seen.append) == hashlib.sha256(b"first second").hexdigest()
    assert seen == [12]
    assert upload_files.folders() == [key]
    assert upload_files.remove(key) == 12
    assert upload_files.remove(key) == 0
    assert upload_files.folders() == []


def test_a_link_in_the_place_of_the_file_is_not_followed(root, tmp_path):
    key = uuid4()
    target = tmp_path / "elsewhere"
    target.write_bytes(b"precious")
    (root / str(key)).mkdir(parents=True)
    (root / str(key) / "a.bin").symlink_to(target)
    with pytest.raises(OSError, match="symbolic"):
        upload_files.write(key, "a.bin", 0, b"x")
    assert target.read_bytes() == b"precious"


def test_what_others_keep_there_is_left_alone(root):
    root.mkdir(parents=True)
    (root / "notes.txt").write_text("mine")
    (root / "folder").mkdir()
    assert upload_files.folders() == []


def test_a_full_disk_leaves_the_file_as_long_as_it_was():
    key = uuid4()
    upload_files.write(key, "a.bin", 0, b"x" * 1000)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1500, before[1]))
    try:
        with pytest.raises(upload_files.DiskFull):
            upload_files.write(key, "a.bin", 1000, b"y" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert upload_files.path(key, "a.bin").read_bytes() == b"x" * 1000
    upload_files.write(key, "a.bin", 1000, b"y")  # and goes on when there is room again


def test_a_small_file_system_that_is_full_is_a_full_disk(settings, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("only an administrator may mount; the limit on a file's size stands for it above")
    try:
        settings.UPLOAD_ROOT = small
        key = uuid4()
        upload_files.write(key, "a.bin", 0, b"x" * 4096)
        with pytest.raises(upload_files.DiskFull):
            upload_files.write(key, "a.bin", 4096, os.urandom(200_000))
        assert upload_files.path(key, "a.bin").stat().st_size == 4096
    finally:
        subprocess.run(["umount", small], check=True)
