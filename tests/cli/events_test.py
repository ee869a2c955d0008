"""Section 2 of the contract: which lines are events, and what each bad line costs."""

import base64
import json
import re

import mlmon_run
from lines import MODEL, drift, envelope, job, metrics, put
from mlmon_run import MlmonTest

DEEP = b"[" * 999 + b"]" * 999  # as a member: 1,000 with the object around it
MODEL_JSON = json.dumps(MODEL).encode()

GOOD = {
    "the example of metrics": metrics(accuracy=0.93, precision=0.90, recall=0.88, f1=0.89),
    "the example of drift": drift(p_value=0.012, magnitude=0.31),
    "a carriage return": metrics().replace(b"\n", b"\r\n"),
    "white space around and inside": b" \t" + metrics().replace(b": ", b" :\t\r ").rstrip() + b" \t\n",
    "members in another order": json.dumps(dict(reversed(json.loads(metrics()).items()))).encode() + b"\n",
    "escapes in keys and values": metrics().replace(b'"f1"', b'"f\\u0031"').replace(b"fraud", b"fr\\u0061ud"),
    "an escaped surrogate pair": metrics(note="x").replace(b'"x"', b'"\\ud83d\\ude00"'),
    "one figure only": metrics(f1=..., accuracy=1),
    "figures that are null": metrics(accuracy=None, precision=None),
    "null in every optional member of metrics": metrics(samples=None, labels=None, id=None, metrics=None, recall=None),
    "null among further metrics and labels": metrics(metrics={"auc": None}, labels={"team": None}),
    "null in every optional member of drift": drift(magnitude=None, feature=None, features=None, samples=None),
    "a p-value that is null": drift(p_value=None),
    "features that are null": drift(features={"a": None, "b": {"p_value": None, "magnitude": 1}}),
    "a note that is null": job(note=None),
    "a specversion that is null": metrics(specversion=None),
    "a p-value just above 1": put(drift(p_value=...), b'"p_value":1.0000000000000002'),
    "figures outside by a billionth": metrics(f1=1.000000001, accuracy=-0.000000001),
    "NUL bytes before the event": b"\0" * 100 + metrics(),
    "only further metrics": metrics(f1=..., metrics={"auc": 0.97, "rmse": 3.2, "r2": -7}),
    "figures at the ends": metrics(f1=0, accuracy=1, precision=0.0, recall=1e0),
    "a figure too small for a double": put(metrics(f1=...), b'"f1":1e-400'),
    "an ignored number beyond the doubles": put(metrics(), b'"x":1e400'),
    "an ignored number of thirty digits": put(metrics(), b'"x":' + b"1" * 30),
    "ignored members of every kind": put(metrics(), b'"x":{"a":[1,true,false,null,"\\n",{}]},"y":[]'),
    "an unknown member twice": put(metrics(), b'"x":1,"x":2'),
    "a member of another type twice": put(metrics(), b'"p_value":"a","p_value":[7]'),
    "nesting of 1,000": put(metrics(), b'"x":' + DEEP),
    "DEL and U+0080 in an ignored text": put(metrics(), b'"x":"\x7f\xc2\x80"'),
    "text beyond the BMP": put(metrics(), '"x":"\U0010ffff"'.encode()),
    "only a p-value": drift(magnitude=...),
    "only a magnitude": drift(p_value=...),
    "a large magnitude": drift(magnitude=1e300),
    "drift of features without any p": drift(p_value=..., magnitude=..., features={"a": {"magnitude": 1}}),
    "drift of features": drift(p_value=..., magnitude=...,
                               features={"a": {"p_value": 0.2, "magnitude": 1}, "b": {"p_value": 0.1}}),
    "samples": metrics(samples=0),
    "as many samples as fit": metrics(samples=2**63 - 1),
    "texts": metrics(id="1", labels={"team": "risk", "": ""}, feature="age"),
    "lower-case t and z": metrics(captured_at="2026-02-01t08:00:00z"),
    "a zone": metrics(captured_at="2026-02-01T08:00:00+05:30"),
    "an unknown local offset": metrics(captured_at="2026-02-01T08:00:00-00:00"),
    "nanoseconds": metrics(captured_at="2026-02-01T08:00:00.123456789Z"),
    "the first nanosecond of 64 bits": metrics(captured_at="1677-09-21T00:12:43.145224192Z"),
    "the last nanosecond of 64 bits": metrics(captured_at="2262-04-11T23:47:16.854775807Z"),
    "a leap day": metrics(captured_at="2024-02-29T00:00:00Z"),
    "deployed in year 1": metrics(model__deployed_at="0001-01-01T00:00:00Z"),
    "deployed in year 9999": metrics(model__deployed_at="9999-12-31T23:59:59.999999999Z"),
    "a version with everything": metrics(model__version="1.0.0-rc.1.0a.--+build.007"),
    "version zero": metrics(model__version="0.0.0"),
    "a large version": metrics(model__version="99999999999999999999999.0.0"),
    "a name of one byte": metrics(model__name="x"),
    "a name of 256 bytes": metrics(model__name="é" * 128),
    "a job's end": job(),
    "a job's end with a note": job(status="failed", note="no data"),
    "an envelope": envelope(metrics(), datacontenttype="application/json"),
    "a line that begins with spaces": b"   " + metrics(),
}

SIZE = {"wrong_type", "out_of_range"}  # the contract does not say which of them
BAD = {
    "line_too_long": {"beyond max_line": put(metrics(), b'"x":"' + b"x" * 5000 + b'"')},
    "invalid_utf8": {
        "a lone byte": put(metrics(), b'"x":"\xff"'),
        "an overlong slash": put(metrics(), b'"x":"\xc0\xaf"'),
        "a surrogate": put(metrics(), b'"x":"\xed\xa0\x80"'),
        "beyond U+10FFFF": put(metrics(), b'"x":"\xf4\x90\x80\x80"'),
        "a sequence cut short": put(metrics(), b'"x":"\xe2\x82"'),
        "outside of JSON": b"\x80\n",
    },
    "invalid_json": {
        "no JSON": b"hello\n",
        "half an object": metrics()[:40] + b"\n",
        "a comma too many": metrics().replace(b"}\n", b",}\n"),
        "text behind the object": metrics().replace(b"\n", b"x\n"),
        "two objects": metrics().rstrip() + metrics(),
        "single quotes": metrics().replace(b'"', b"'"),
        "a comment": metrics().rstrip() + b" // x\n",
        "tru": put(metrics(), b'"x":tru'),
        "NaN": put(metrics(), b'"x":NaN'),
        "a leading zero": put(metrics(), b'"x":01'),
        "no digit behind the point": put(metrics(), b'"x":1.'),
        "no digit before the point": put(metrics(), b'"x":.5'),
        "a plus": put(metrics(), b'"x":+1'),
        "a lone minus": put(metrics(), b'"x":-'),
        "an empty exponent": put(metrics(), b'"x":1e'),
        "a tab in a text": put(metrics(), b'"x":"\t"'),
        "a NUL": put(metrics(), b'"x":"\0"'),
        "an unknown escape": put(metrics(), b'"x":"\\x"'),
        "a short escape": put(metrics(), b'"x":"\\u12"'),
        "a lone high surrogate": put(metrics(), b'"x":"\\ud800"'),
        "a lone low surrogate": put(metrics(), b'"x":"\\udc00"'),
        "two high surrogates": put(metrics(), b'"x":"\\ud800\\ud800"'),
        "a lone surrogate in a key": put(metrics(), b'"\\udfff":1'),
        "nesting of 1,001": put(metrics(), b'"x":[' + DEEP + b"]"),
        "a form feed": metrics().rstrip() + b"\f\n",
        "a BOM in the middle": b"\xef\xbb\xbf" + metrics(),
        "an unclosed text": put(metrics(), b'"x":"'),
    },
    "not_an_object": {text: text.encode() + b"\n"
                      for text in ("[]", "1", '"x"', "null", "true", "-0.5e-3", '[{"type":"metrics"}]')},
    "unknown_type": {
        "another word": metrics(type="metric"),
        "another case": metrics(type="Metrics"),
        "an empty word": metrics(type=""),
        "no model either": b'{"type":"x"}\n',
    },
    "missing_field": {
        "an empty object": b"{}\n",
        "no type": metrics(type=...),
        "no model": metrics().replace(b'"model"', b'"modell"'),
        "no name": metrics(model__name=...),
        "no version": metrics(model__version=...),
        "no deployed_at": metrics(model__deployed_at=...),
        "no captured_at": metrics(captured_at=...),
        "detected_at in place of captured_at": drift(type="metrics", f1=0.5),
        "no detected_at": drift(detected_at=...),
        "no figure": metrics(f1=...),
        "null figures": metrics(f1=None, accuracy=None),
        "only null among further metrics": metrics(f1=..., metrics={"auc": None}),
        "type as null": metrics(type=None),
        "model as null": drift().replace(MODEL_JSON, b"null"),
        "a name that is null": metrics(model__name=None),
        "captured_at as null": metrics(captured_at=None),
        "a p-value and a magnitude that are null": drift(p_value=None, magnitude=None),
        "a feature without figures": drift(features={"a": {"p_value": None}}),
        "a status that is null": job(status=None),
        "an envelope with an id that is null": envelope(metrics(), id=None),
        "no p-value and no magnitude": drift(p_value=..., magnitude=...),
        "no job": job(job=...),
        "no status": job(status=...),
        "no at": job(at=...),
        "an envelope without a source": envelope(metrics(), source=...),
        "an envelope without an id": envelope(metrics(), id=...),
        "an envelope without data": envelope(metrics(), data=...),
        "an envelope without a type": envelope(metrics(), type=...),
        "an envelope around too little": envelope(metrics(f1=...)),
    },
    "duplicate_field": {
        "f1": put(metrics(), b'"f1":0.9'),
        "f1 and a null": put(metrics(), b'"f1":null'),
        "a further metric": put(metrics(), b'"metrics":{"auc":null,"auc":1}'),
        "f1 in escapes": put(metrics(), b'"\\u00661":0.9'),
        "type": put(metrics(), b'"type":"metrics"'),
        "model": put(metrics(), b'"model":' + MODEL_JSON),
        "name": metrics().replace(b'"name"', b'"name": "x", "name"'),
        "captured_at": put(metrics(), b'"captured_at":"2026-02-01T08:00:00Z"'),
        "p_value": put(drift(), b'"p_value":0.5'),
        "labels": put(metrics(labels={}), b'"labels":{}'),
        "wrong type too": put(metrics(f1="x"), b'"f1":0.9'),
    },
    "wrong_type": {
        "f1 as text": metrics(f1="0.9"),
        "f1 as true": metrics(f1=True),
        "f1 as list": metrics(f1=[0.9]),
        "type as number": metrics(type=1),
        "model as text": drift().replace(MODEL_JSON, b'"fraud"'),
        "name as number": metrics(model__name=1),
        "version as number": metrics(model__version=2.1),
        "captured_at as number": metrics(captured_at=1769932800),
        "metrics as list": metrics(metrics=[1]),
        "a further metric as text": metrics(metrics={"auc": "x"}),
        "p_value as text": drift(p_value="0.01"),
        "samples as text": metrics(samples="5"),
        "feature as number": drift(feature=5),
        "features as list": drift(features=[]),
        "labels as list": metrics(labels=["a"]),
        "a label as number": metrics(labels={"a": 1}),
        "id as number": metrics(id=5),
        "out of range too": metrics(f1="x", accuracy=2),
    },
    "out_of_range": {
        "f1 above 1": metrics(f1=1.0000001),
        "f1 above 1 by more than a billionth": metrics(f1=1.0000000011),
        "f1 below 0": metrics(f1=-0.1),
        "f1 beyond the doubles": put(metrics(f1=...), b'"f1":1e400'),
        "a further metric beyond the doubles": put(metrics(), b'"metrics":{"auc":-1e400}'),
        "p_value above 1": drift(p_value=2),
        "a negative magnitude": drift(magnitude=-0.5),
        "a magnitude beyond the doubles": put(drift(magnitude=...), b'"magnitude":1e999'),
        "negative samples": metrics(samples=-1),
        "too many samples": metrics(samples=2**63),
        "captured in year 1": metrics(captured_at="0001-01-01T00:00:00Z"),
        "captured in year 9999": metrics(captured_at="9999-12-31T23:59:59Z"),
        "a nanosecond too late": metrics(captured_at="2262-04-11T23:47:16.854775808Z"),
        "a nanosecond too early": metrics(captured_at="1677-09-21T00:12:43.145224191Z"),
        "a wrong version too": metrics(f1=2, model__version="1"),
    },
    "invalid_version": {
        **{text: metrics(model__version=text)
           for text in ("", "1", "1.0", "v1.0.0", "01.0.0", "1.0.0.0", "1.0.0-", "1.0.0-01", "1.0.0+",
                        "1.0.0-a..b", "1.0.0 ", "1.0.-1", "1.0.0-é", "1.0.0+a+b")},
        "a wrong time too": metrics(model__version="1", captured_at="x"),
    },
    "invalid_time": {
        text: metrics(captured_at=text)
        for text in ("", "now", "2026-02-30T00:00:00Z", "2025-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
                     "2026-00-01T00:00:00Z", "2026-02-01 08:00:00Z", "2026-02-01T08:00:00",
                     "2026-02-01T24:00:00Z", "2026-02-01T08:60:00Z", "2026-02-01T08:00:60Z",
                     "2026-02-01T08:00:00.Z", "2026-02-01T08:00:00.1234567890Z", "2026-02-01",
                     "2026-02-01T08:00Z", "2026-02-01T08:00:00+0100", "2026-02-01T08:00:00+24:00",
                     "2026-02-01T08:00:00+01:60", " 2026-02-01T08:00:00Z", "2026-02-01T08:00:00Zx",
                     "26-02-01T08:00:00Z", "2026-2-1T08:00:00Z")
    },
}
UNSURE = {  # bad for certain, but the contract leaves the reason open
    "samples as fraction": (metrics(samples=1.5), SIZE),
    "samples in exponents": (put(metrics(), b'"samples":1e3'), SIZE),
    "an empty name": (metrics(model__name=""), {"out_of_range", "missing_field"}),
    "a name of 257 bytes": (metrics(model__name="x" * 257), SIZE),
    "a control character in a name": (metrics(model__name="a\u0001"), SIZE),
    "a DEL in a name": (metrics(model__name="a\x7f"), SIZE),
    "deployed in year 0": (metrics(model__deployed_at="0000-06-01T00:00:00Z"),
                           {"invalid_time", "out_of_range"}),
    "an unknown status": (job(status="lost"), SIZE),
    "another specversion": (envelope(metrics(), specversion="0.3"), SIZE | {"missing_field"}),
}


class Events(MlmonTest):
    def test_every_good_line_is_an_event(self):
        lines = list(GOOD.values())
        run = self.run_events("-", "--set", "input.max_line='4KiB'", sees_all=False,
                              stdin=b"".join(lines))
        self.expect_code(run, 0)
        self.assertEqual(run.reasons(), {}, run.err[:3000])
        self.assertEqual(run.receipt["sources"][0]["events"], len(GOOD))

    def test_every_bad_line_costs_that_line_and_is_named_by_its_reason(self):
        cases = [(f"{reason}: {what}", line, {reason})
                 for reason, of_it in BAD.items() for what, line in of_it.items()]
        cases += [(what, line, reasons) for what, (line, reasons) in UNSURE.items()]
        good = metrics()
        self.write("events.ndjson", [good, *(part for _, line, _ in cases for part in (line, good))])
        run = self.run_events("events.ndjson", "--set", "input.max_line='4KiB'",
                              "--quarantine", "bad.ndjson")
        self.expect_code(run, 0)
        records = {record["line"]: record for record in
                   map(json.loads, (self.dir / "bad.ndjson").read_text().splitlines())}
        offset = len(good)
        for i, (what, line, reasons) in enumerate(cases):
            with self.subTest(what):
                record = records.pop(2 * i + 2, None)
                self.assertIsNotNone(record, f"accepted: {line[:200]}")
                self.assertIn(record["reason"], reasons, record)
                self.assertEqual(record["source"], "events.ndjson")
                self.assertEqual(record["offset"], offset)
                self.assertTrue(record["detail"], "no detail")
                if record["reason"] != "line_too_long":
                    raw = (base64.b64decode(record["raw_base64"]) if "raw_base64" in record
                           else record["raw"].encode())
                    self.assertEqual(raw, line.rstrip(b"\n"))
                    self.assertEqual("raw_base64" in record, record["reason"] == "invalid_utf8")
            offset += len(line) + len(good)
        self.assertEqual(records, {}, "good lines were refused")
        self.assertEqual(run.receipt["sources"][0]["events"], len(cases) + 1)
        self.assertEqual(run.receipt["sources"][0]["bad"], len(cases))

    def test_at_most_ten_bad_lines_a_reason_are_told_then_a_count(self):
        self.write("e.ndjson", [metrics()] + [b"x\n"] * 25 + [metrics(f1=2)] * 3)
        run = self.run_events("e.ndjson")
        self.expect_code(run, 0)
        told = re.findall(r"^.*\be\.ndjson:(\d+): (\w+): (.+)$", run.err, re.M)
        self.assertEqual([int(n) for n, reason, _ in told if reason == "invalid_json"],
                         list(range(2, 12)))
        self.assertEqual([int(n) for n, reason, _ in told if reason == "out_of_range"], [27, 28, 29])
        self.assertRegex(run.err, r"\b15\b[^\n]*invalid_json|invalid_json[^\n]*\b(15|25)\b")

    def test_a_message_says_what_was_found_and_what_was_expected(self):
        run = self.run_events(stdin=metrics() + metrics(f1=1.5))
        self.assertRegex(run.err, r"-:2: out_of_range: .*f1.*1\.5")
        run = self.run_events(stdin=metrics() + metrics(model__version="1.0"))
        self.assertRegex(run.err, r"-:2: invalid_version: .*1\.0")
        self.assertIn('version_scheme = "any"', run.err, "the message does not name the key that takes it")

    def test_a_message_names_the_key_or_command_that_helps(self):
        for line, names in (
            (put(metrics(), b'"x":NaN'), ["NaN", 'nan = "null"']),
            (metrics(captured_at="2026-02-01T08:00:00"), ['times = "lenient"']),
            (metrics(captured_at="2026-02-01 08:00:00Z"), ['times = "lenient"']),
            (metrics(captured_at="2026-02-01T08:00:00+0200"), ['times = "lenient"']),
            (b'{\n  "type": "metrics",\n  "f1": 0.5\n}\n', ["jq -c .", "mlmon import"]),
            (b"\xff\xfe" + metrics().decode().encode("utf-16-le"), ["UTF-16", "iconv"]),
            (b"\xef\xbb\xbf" + metrics(), ["U+FEFF"]),
            (metrics().replace(b": ", b":\xc2\xa0", 1), ["U+00A0"]),
        ):
            with self.subTest(line[:40]):
                run = self.run_events(stdin=metrics() + line)
                for name in names:
                    self.assertIn(name, run.err)

    def test_nan_is_null_when_the_configuration_says_so(self):
        line = metrics(accuracy=float("nan"), metrics={"a": float("inf"), "b": float("-inf"), "c": 1}, x=[float("nan")])
        run = self.run_events("--set", 'input.nan="null"', stdin=line * 50)
        self.expect_code(run, 0)
        self.assertEqual((run.receipt["sources"][0]["events"], run.reasons()), (50, {}))
        self.assertEqual(self.run_events(stdin=metrics() + line).reasons(), {"invalid_json": 1})

    def test_lenient_times_are_taken_when_the_configuration_says_so(self):
        times = ("2026-02-01 08:00:00Z", "2026-02-01T10:00:00+0200", "2026-02-01T10:00:00+02", "2026-02-01 08:00:00")
        run = self.run_events("--set", 'input.times="lenient"',
                              stdin=b"".join(metrics(f1=0.5, captured_at=time, id=str(i), model__name=f"m{i}")
                                             for i, time in enumerate(times)))
        self.expect_code(run, 0)
        self.assertEqual(run.reasons(), {})
        self.assertEqual({action["event_time"] for action in run.actions}, {"2026-02-01T08:00:00Z"})

    def test_more_nul_bytes_than_a_line_may_have_are_skipped(self):
        self.write("e.ndjson", [metrics(), b"\0" * 3_000_000, metrics(f1=0.5), b"\0" * 10])
        run = self.run_events("e.ndjson", "--set", "input.max_line='64KiB'")
        self.expect_code(run, 0)
        self.assertEqual((run.receipt["sources"][0]["lines"], run.reasons()), (2, {}))
        self.assertEqual({action["offset"] for action in run.actions}, {len(metrics())})

    def test_empty_lines_and_a_first_bom_are_no_events(self):
        run = self.run_events(stdin=b"\xef\xbb\xbf" + metrics() + b"\n \t \n\r\n" + metrics() + b"\n")
        self.expect_code(run, 0)
        source = run.receipt["sources"][0]
        self.assertEqual((source["lines"], source["events"], source["empty"]), (6, 2, 4))

    def test_a_last_line_without_newline_counts_if_it_is_whole_and_is_truncated_if_not(self):
        run = self.run_events(stdin=metrics() + metrics().rstrip())
        self.assertEqual((run.receipt["sources"][0]["events"], run.reasons()), (2, {}))
        for cut in (1, 20, 60, len(metrics()) - 2):
            run = self.run_events(stdin=metrics() + metrics()[:cut])
            self.assertEqual((run.receipt["sources"][0]["events"], run.reasons()), (1, {"truncated": 1}))
        run = self.run_events(stdin=metrics() + metrics(f1=2).rstrip())
        self.assertEqual(run.reasons(), {"truncated": 1})

    def test_any_version_is_taken_when_the_configuration_says_so(self):
        lines = [metrics(model__version=v) for v in ("2024-05", "1", "x" * 128)]
        run = self.run_events("--set", 'input.version_scheme="any"', stdin=b"".join(lines))
        self.expect_code(run, 0)
        self.assertEqual(run.receipt["sources"][0]["events"], 3)
        run = self.run_events("--set", 'input.version_scheme="any"',
                              stdin=metrics() + metrics(model__version="x" * 129) +
                              metrics(model__version=""))
        self.assertEqual(run.receipt["sources"][0]["bad"], 2)

    def test_lines_just_below_and_above_max_line(self):
        def of(size):
            line = metrics(x="")
            return line.replace(b'"x": ""', b'"x": "' + b"x" * (size - len(line) + 1) + b'"')

        self.assertEqual(len(of(1000)), 1001)
        run = self.run_events("--set", "input.max_line='1KiB'", stdin=of(1023) + of(1026) + of(500))
        self.assertEqual(run.reasons(), {"line_too_long": 1})
        self.assertEqual(run.receipt["sources"][0]["events"], 2)

    def test_an_action_carries_labels_and_the_time_in_utc(self):
        run = self.run_events(stdin=metrics(f1=0.7, labels={"team": "risk"},
                                            captured_at="2026-02-01T08:00:00.250+02:00",
                                            model__deployed_at="2026-01-01T01:00:00+01:00"))
        action = run.actions[0]
        self.assertEqual(action["labels"], {"team": "risk"})
        self.assertEqual(action["event_time"], "2026-02-01T06:00:00.25Z")
        self.assertEqual(action["model"]["deployed_at"], "2026-01-01T00:00:00Z")


if __name__ == "__main__":
    mlmon_run.main()
