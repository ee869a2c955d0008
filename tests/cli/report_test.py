"""`mlmon report`: one HTML page that needs nothing else."""

import html.parser
import json
import os
import re
import time

import mlmon_run
from lines import drift, envelope, metrics
from mlmon_run import DATA, MlmonTest

HOSTILE = '</title><script>alert("x")</script>\u202e<img src=x onerror=y> & \'q\''


class Page(html.parser.HTMLParser):
    """Tags, attributes and text of a page; fails on tags that do not match."""

    VOID = {"meta", "path", "line", "circle", "rect"}

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.bdi = [], [], [], []
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag not in {"meta"}:
            self.open.append(tag)
        if tag == "bdi":
            self.bdi.append("")

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open)
        self.open.pop()

    def handle_data(self, data):
        if "bdi" in self.open:
            self.bdi[-1] += data


class Report(MlmonTest):
    def report(self, *args, code=0):
        run = self.mlmon("report", "--state", "s", "-o", "r.html", *args)
        self.expect_code(run, code)
        self.err = run.err
        text = (self.dir / "r.html").read_text(encoding="utf-8")
        return text, Page(text)

    def feed(self, *lines, args=(), code=0):
        self.write("e.ndjson", b"".join(lines))
        self.expect_code(self.mlmon("run", "--state", "s", *args, "e.ndjson"), code)

    def test_a_page_tells_what_the_state_holds(self):
        self.write("m.toml", '[observers.retraining]\nplugin = "retraining"\n'
                             '[observers.alert]\nplugin = "alert"\n[[observers.alert.receivers]]\n'
                             'name = "ops"\ntype = "exec"\ncommand = ["sh", "-c", "echo no such user >&2; exit 3"]\n')
        self.feed(metrics(f1=0.9), metrics(f1=0.5), drift(p_value=0.01), args=("-c", "m.toml"), code=4)
        job = re.search(r"[0-9A-Z]{26}", self.mlmon("jobs", "list", "--state", "s").out.decode())[0]
        self.expect_code(self.mlmon("jobs", "fail", job, "--reason", "out of <memory>", "--state", "s"), 0)
        text, page = self.report("-c", "m.toml", "e.ndjson")
        for part in ("2 alerts fire", "low_f1", "0 jobs are open", "out of &lt;memory&gt;",
                     "2 deliveries failed for good", "alert.ops", "Last runs", "<svg", "v<bdi>2.1.0</bdi>",
                     'class="limit"', 'class="fires"', 'class="retrain"', "alert: below 0.6"):
            self.assertIn(part, text)
        self.assertEqual(page.tags.count("figure"), 3)  # f1, p_value, magnitude

    def test_it_needs_no_network_and_no_script(self):
        self.feed(metrics(f1=0.5))
        text, page = self.report("e.ndjson")
        self.assertNotIn("script", page.tags)
        self.assertFalse({"src", "href", "onerror", "onload"} & set(page.attributes))
        self.assertNotRegex(text, r"url\(|@import|https?://")

    def test_names_of_others_are_text(self):
        self.feed(metrics(f1=0.5, model__name=HOSTILE))
        text, page = self.report("e.ndjson")
        self.assertNotIn("script", page.tags)
        self.assertNotIn("img", page.tags)
        self.assertIn(HOSTILE, page.bdi)

    def test_without_event_files_it_says_that_there_are_no_charts(self):
        self.feed(metrics(f1=0.5))
        text, page = self.report()
        self.assertNotIn("svg", page.tags)
        self.assertIn("No event files were given", text)

    def test_files_of_the_configuration_are_drawn(self):
        self.feed(metrics(f1=0.5))
        self.write("m.toml", '[input]\nfiles = ["*.ndjson"]\n')
        self.assertIn("svg", self.report("-c", "m.toml")[1].tags)

    def test_models_are_chosen(self):
        self.feed(metrics(f1=0.5), metrics(f1=0.5, model__name="other"))
        text, _ = self.report("--model", "oth*", "e.ndjson")
        self.assertIn("other", text)
        self.assertNotIn("fraud", text)

    def test_what_stands_out_is_drawn_however_long_the_series(self):
        lines = [metrics(f1=0.9, captured_at=f"2026-02-{1 + i // 1440:02}T{i // 60 % 24:02}:{i % 60:02}:00Z")
                 for i in range(20000)]
        lines[7777] = metrics(f1=0.123, captured_at="2026-02-06T09:37:00Z")
        self.feed(*lines)
        text, _ = self.report("e.ndjson")
        self.assertIn("20000 values, 0.123 to 0.9", text)
        path = re.search(r'class="figure" d="([^"]+)"', text)[1]
        heights = sorted({float(y) for _, y in re.findall(r"([\d.]+),([\d.]+)", path)})
        self.assertEqual(len(heights), 2)
        self.assertLess(len(path), 30000)

    def test_axes_have_round_numbers_and_end_where_figures_can(self):
        lines = [metrics(f1=value, metrics={"rmse": value * 1e9, "far": 1e20 + value * 1e6}, captured_at=f"2026-02-0{1 + i}T00:00:00Z")
                 for i, value in enumerate((0.377, 1, 0.5123, 0.93))]
        self.feed(*lines)
        text, _ = self.report("e.ndjson")
        marks = {re.search(r"<bdi>(.*?)</bdi>", chart)[1]: re.findall(r'text-anchor="end">([^<T]+)<', chart)
                 for chart in text.split("<figure>")[1:]}
        self.assertEqual(marks["f1"], ["0.4", "0.6", "0.8", "1"])
        self.assertEqual(marks["rmse"], ["4e+08", "6e+08", "8e+08", "1e+09"])
        self.assertLessEqual(len(marks["far"]), 6)

    def test_figures_that_no_double_lies_between_are_drawn(self):
        self.feed(*(metrics(metrics={"far": value, "least": 5e-324, "most": 1.7976931348623157e308},
                            captured_at=f"2026-02-0{1 + i}T00:00:00Z") for i, value in enumerate((1e308, -1e308, 0))))
        text, _ = self.report("e.ndjson")
        for svg in re.findall(r"<svg.*?</svg>", text):
            self.assertNotRegex(svg, r"\b(nan|inf)\b")
        (far,) = [chart for chart in text.split("<figure>")[1:] if "<bdi>far</bdi>" in chart]
        self.assertEqual(re.findall(r'text-anchor="end">([^<T]+)<', far), ["-1e+308", "0", "1e+308"])

    def test_lines_are_read_as_a_run_reads_them(self):
        self.write("m.toml", '[input]\nunwrap = ["/log"]\nforeign = "skip"\nnan = "null"\nversion_scheme = "any"\n')
        wrapped = json.dumps({"log": metrics(f1=0.5, model__version="7").decode()}).encode() + b"\n"
        self.feed(wrapped, b"a line of others\n", metrics(f1=0.7).replace(b"0.7", b'0.7,"accuracy":NaN'), args=("-c", "m.toml"))
        text, _ = self.report("-c", "m.toml", "e.ndjson")
        self.assertIn("2 events, 0 bad lines of 1 file", text)

    def test_metrics_of_the_first_events_are_drawn_without_a_limit_too(self):
        lines = [metrics(f1=0.9, metrics={"auc": 0.8}), metrics(f1=0.9, metrics={"auc": 0.9}, model__name="b"),
                 envelope(metrics(f1=0.9, metrics={"in/side~": 1.5}))]
        self.feed(*lines)
        text, _ = self.report("e.ndjson")
        self.assertEqual(text.count("<figcaption><bdi>auc</bdi>"), 2)
        self.assertEqual(text.count("<figcaption><bdi>in/side~</bdi>"), 1)

    def test_it_writes_over_none_of_its_inputs(self):
        self.feed(metrics(f1=0.5))
        self.write("m.toml", "")
        for output in ("e.ndjson", "m.toml", "s/state.db"):
            before = (self.dir / output).read_bytes()
            run = self.mlmon("report", "--state", "s", "-c", "m.toml", "-o", output, "e.ndjson")
            self.expect_code(run, 2)
            self.assertEqual((self.dir / output).read_bytes(), before)

    def test_it_writes_over_nothing_that_a_run_would_not(self):
        (self.dir / "s").mkdir()
        (self.dir / "in").mkdir()
        self.write("in/a.ndjson", metrics())
        self.write("mlmon.toml", 'input.files = ["in/*.txt"]\n')
        for output in ("s/state.db", "s/state.db-journal", "s/state.db-wal", "s/lock", "in/b.ndjson", "in/a.ndjson"):
            self.expect_code(self.mlmon("report", "--state", "s", "-o", output, "in"), 2)
        self.expect_code(self.mlmon("report", "--state", "s", "-c", "mlmon.toml", "-o", "in/page.txt"), 2)
        self.assertEqual((os.listdir(self.dir / "s"), os.listdir(self.dir / "in")), ([], ["a.ndjson"]))
        self.expect_code(self.mlmon("report", "--state", "s", "-o", "in/page.html", "in"), 0)
        self.expect_code(self.mlmon("report", "--state", "s", "-o", "/dev/null", "in"), 0)

    def test_a_link_stays_a_link_and_a_descriptor_is_written_to(self):
        self.feed(metrics(f1=0.5))
        (self.dir / "link.html").symlink_to("pages/page.html")
        (self.dir / "pages").mkdir()
        (self.dir / "stdout").symlink_to("/proc/self/fd/1")  # as /dev/stdout is
        for name, page in (("link.html", "pages/page.html"), ("stdout", "redirected.html")):
            for _ in range(2):
                with open(self.dir / "redirected.html", "wb") as stdout:
                    self.expect_code(self.mlmon("report", "--state", "s", "-o", name, stdout=stdout), 0)
                self.assertTrue((self.dir / name).is_symlink())
                self.assertTrue((self.dir / page).read_text().startswith("<!DOCTYPE html>"), name)
        self.assertEqual(sorted(os.listdir(self.dir / "pages")), ["page.html"])

    def test_a_file_that_cannot_be_read_is_named_and_the_page_is_made(self):
        self.feed(metrics(f1=0.5))
        self.report("e.ndjson", "none.ndjson", code=1)
        self.assertIn("none.ndjson", self.err)

    def test_without_state_it_shows_the_files(self):
        self.write("e.ndjson", metrics(f1=0.5))
        text, page = self.report("e.ndjson")
        self.assertIn("State: none", text)
        self.assertIn("svg", page.tags)

    def test_two_million_events_take_seconds_and_less_than_5_MB(self):
        once = DATA.read_bytes()
        with open(self.dir / "e.ndjson", "wb") as file:
            for _ in range(20 if not mlmon_run.SLOW else 173):
                file.write(once)
        begun = time.monotonic()
        self.report("e.ndjson")
        took = time.monotonic() - begun
        self.assertLess(os.path.getsize(self.dir / "r.html"), 5_000_000)
        self.assertLess(took, 300 if mlmon_run.SANITIZED else 60)


if __name__ == "__main__":
    mlmon_run.main()
