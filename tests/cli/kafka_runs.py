"""What tests of Kafka as a source have in common, whoever plays the broker."""

import subprocess

from mlmon_run import MlmonTest


class KafkaRuns(MlmonTest):
    def setUp(self):
        super().setUp()
        self.state = self.dir / "state"

    def follow(self, *args):
        """A run with --follow and the lines that it prints."""
        with open(self.dir / "stderr", "wb") as err:
            process = self.start("run", "--follow", "--state", self.state, "--receipt", self.dir / "receipt.json",
                                 *args, stdout=subprocess.PIPE, stderr=err)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stdout.close)
        return process

    def stderr(self):
        return (self.dir / "stderr").read_text()


def source(run, name):
    return next(s for s in run.receipt["sources"] if s["source"] == name)
