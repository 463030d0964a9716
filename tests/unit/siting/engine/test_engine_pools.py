"""Processes that may die over their work."""

import os
import signal

import pytest

from siting.engine import pools


def _kills_its_process_once(task):
    """What a worker does that is killed in the middle of its first task: the mark says that it was."""
    folder, number = task
    try:
        os.close(os.open(f"{folder}/killed", os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return number * number
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("it is dead")


def _kills_its_process(task):
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_process_costs_no_answer(tmp_path, caplog):
    tasks = [(str(tmp_path), number) for number in range(9)]
    answers = dict(pools.answered(_kills_its_process_once, tasks, 2))
    assert answers == {number: number * number for number in range(9)}
    assert "a process died" in caplog.text


def test_work_that_kills_every_process_is_given_up():
    with pytest.raises(pools.WorkersDied):
        list(pools.answered(_kills_its_process, [1], 2, attempts=2))


def _refuses(task):
    raise ValueError(f"not {task}")


def test_what_a_task_raises_is_raised_here():
    with pytest.raises(ValueError, match="not 1"):
        list(pools.answered(_refuses, [1], 2))
