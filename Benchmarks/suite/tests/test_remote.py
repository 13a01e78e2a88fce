"""What is made of times at servers of S3, and the servers' ports."""

import socket
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from suite import metrics, options, remote, rows, s3_server
from suite.figures import Sample, summarize
from suite.s3_server import PlainClient, S3Server


class MetricTests(unittest.TestCase):
    def test_the_limit_is_the_slower_of_folder_and_client(self) -> None:
        seconds = {"varve": 5.0, "varve-swift": 10.0, "client-swift": 8.0, "varve-rclone": 6.0, "client-rclone": 1.0}
        summaries = summarize(Sample("remote", "day-1", tool, time, 0, 0) for tool, time in seconds.items())
        found = metrics.of_summaries(summaries)
        self.assertEqual(found["remote/swift/day-1/speed-vs-local"], 0.5)
        self.assertEqual(found["remote/swift/day-1/speed-vs-client"], 0.8)
        self.assertEqual(found["remote/swift/day-1/speed-vs-limit"], 0.8)
        self.assertAlmostEqual(found["remote/rclone/day-1/speed-vs-limit"], 5 / 6)
        self.assertNotIn("remote/rclone/read-back/speed-vs-limit", found)
        self.assertIn("10.00 s", rows.of_part(summaries, "remote", colored=False))

    def test_the_second_day_is_compared_with_that_without_kept_packs(self) -> None:
        figures = {
            ("day-1", "varve-swift"): (9.0, 300),
            ("day-2", "varve-swift"): (3.0, 304),
            ("day-1", "varve-swift-plain"): (8.0, 300),
            ("day-2", "varve-swift-plain"): (4.5, 380),
        }
        found = metrics.of_summaries(
            summarize(
                Sample("remote", step, tool, seconds, 0, 0, stored=stored)
                for (step, tool), (seconds, stored) in figures.items()
            )
        )
        self.assertEqual(found["remote/swift/day-2/speed-vs-plain"], 1.5)
        self.assertEqual(found["remote/swift/day-2/added-vs-plain"], 0.05)

    def test_nothing_is_said_of_a_run_without_servers(self) -> None:
        found = metrics.of_summaries(summarize([Sample("streams", "day-1", "varve", 1, 0, 0)]))
        self.assertFalse([name for name in found if name.startswith("remote")])


class ServerTests(unittest.TestCase):
    def test_ports_are_free_and_differ(self) -> None:
        ports = s3_server.free_ports(4)
        self.assertEqual(len(set(ports)), 4)
        self.assertFalse(s3_server.answers(ports[0]))
        with socket.create_server(("127.0.0.1", ports[0])):
            self.assertTrue(s3_server.answers(ports[0]))

    def test_a_server_that_ends_is_told(self) -> None:
        with self.assertRaisesRegex(Exception, "does not serve"):
            folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
            (folder / "rclone").write_text("#!/bin/sh\nexit 1\n")
            (folder / "rclone").chmod(0o755)
            with s3_server.running(metrics.RCLONE, folder, folder, folder / "data"):
                self.fail("it serves")


class CommandTests(unittest.TestCase):
    def test_secrets_stand_in_the_environment_alone(self) -> None:
        server = S3Server("swift", 1234, "the-key", "the-secret")
        client = PlainClient(Path("rclone"), server, Path("/packs"), connections=6)
        words = [str(word) for word in [*client.upload("p"), *client.download("p", Path("/target"))]]
        self.assertNotIn("the-secret", " ".join(words))
        self.assertIn("the-secret", client.environment.values())
        with mock.patch("suite.varve_tool.about", return_value={"version": "1"}):
            tool = remote.RemoteVarve("varve", server, "p")
            plain = remote.RemoteVarve("varve", server, "p", keeps_packs=False)
        self.assertEqual(tool.environment["VARVE_REPOSITORY"], "s3:http://127.0.0.1:1234/bench/p")
        self.assertNotIn("VARVE_PACK_CACHE", tool.environment)
        self.assertEqual((plain.name, plain.environment["VARVE_PACK_CACHE"]), ("varve-swift-plain", "off"))
        self.assertNotIn("the-secret", " ".join(map(str, tool.create())))

    def test_remote_is_left_out_of_a_quick_run_unless_asked(self) -> None:
        self.assertNotIn("remote", options.parse(["--quick"]).parts)
        self.assertEqual(options.parse(["--quick", "--remote"]).parts, ("remote",))


if __name__ == "__main__":
    unittest.main()
