"""Tests of the observer by itself, without mlmon: `make unit`. pydoc mlmon.testing says what there is."""

import importlib
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mlmon import events, testing  # noqa: E402

Low = importlib.import_module("@NAME@").Low


def auc(time, value):
    return events.metrics(model=("fraud", "2.1.0", "2026-01-01T00:00:00Z"), metrics={"auc": value}, captured_at=time)


class LowTest(unittest.TestCase):
    def test_it_alerts_once_and_again_when_the_metric_is_back(self):
        host = testing.Host(Low, {"below": 0.5})
        host.feed(auc("2026-02-01T08:00:00Z", 0.5))  # the limit itself is not below it
        self.assertEqual(host.actions, [])
        host.feed(auc("2026-02-01T09:00:00Z", 0.4), auc("2026-02-01T10:00:00Z", 0.3))
        self.assertEqual([action.state for action in host.actions], ["firing"])
        self.assertEqual(host.actions[0].fields, {"metric": "auc", "value": 0.4, "threshold": 0.5})

        host.restart()  # what it knows is kept
        host.feed(auc("2026-02-01T11:00:00Z", 0.4), auc("2026-02-01T12:00:00Z", 0.6))
        self.assertEqual([action.state for action in host.actions], ["firing", "resolved"])
        self.assertIsNone(host.kept("fraud", "low"))


if __name__ == "__main__":
    unittest.main()
