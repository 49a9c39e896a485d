"""Batches are as large as a test says, however busy the machine is."""

import pytest


@pytest.fixture(autouse=True)
def patient_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "eventstreaming.processing.subscriptions.MAX_BATCH_SECONDS"
    monkeypatch.setattr(name, 60.0)
