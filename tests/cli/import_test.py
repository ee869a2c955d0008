"""`mlmon import`: what other tools wrote, as events that a run takes (section 14 of the contract)."""

import csv
import gzip
import io
import json
import os
import subprocess
from pathlib import Path

import mlmon_run
from mlmon_run import BINARY, SANITIZED, MlmonTest, environment

FILES = Path(__file__).resolve().parent.parent / "data" / "import"
MODEL = ["--model", "m", "--version", "1.0.0", "--deployed-at", "2026-01-01T00:00:00Z"]
AT = ["--at", "2026-02-01T00:00:00Z"]
DEPLOYED = {"name": "m", "version": "1.0.0", "deployed_at": "2026-01-01T00:00:00Z"}
TIME = "2026-02-01T00:00:00Z"


class ImportTest(MlmonTest):
    def imported(self, *args, code=0, stdin=b""):
        run = self.mlmon("import", *args, stdin=stdin)
        self.expect_code(run, code)
        if code == 2:
            self.assertEqual(run.out, b"")
        return run

    def events(self, *args, code=0, stdin=b"", warns=False):
        """The events that come out; a run takes each of them, and the same again comes out again."""
        run = self.imported(*args, code=code, stdin=stdin)
        if code == 0 and not warns:
            self.assertEqual(run.err, "")
        self.assertEqual(run.out, self.imported(*args, code=code, stdin=stdin).out)
        self.write("events.ndjson", run.out)
        receipt = self.run_events("events.ndjson").receipt
        (source,) = receipt["sources"]
        self.assertEqual((source["events"], source["bad"]), (run.out.count(b"\n"), 0), run.out[:2000])
        return [json.loads(line) for line in run.out.splitlines()]

    def refused(self, *args, code=2, stdin=b""):
        return self.imported(*args, code=code, stdin=stdin).err

    def json_file(self, name, value):
        return self.write(name, json.dumps(value))


class Evidently(ImportTest):
    def test_a_report_of_07(self):
        metrics, drift = self.events("evidently", FILES / "evidently-0.7-save_json.json", *MODEL, *AT)
        self.assertEqual(metrics["f1"], 0.9646464646464646)
        self.assertEqual(metrics["accuracy"], 0.9479553903345725)
        self.assertEqual((metrics["precision"], metrics["recall"]), (0.9896373056994818, 0.9408866995073891))
        self.assertEqual({name: metrics["metrics"][name] for name in
                          ("drifted_columns", "drifted_share", "tests_failed", "tpr", "f1_by_label.0")},
                         {"drifted_columns": 3, "drifted_share": 0.75, "tests_failed": 6,
                          "tpr": 0.9408866995073891, "f1_by_label.0": 0.9014084507042254})
        self.assertEqual(drift["features"]["target"], {"p_value": 2.7829620830033264e-09})
        self.assertEqual(set(drift["features"]), {"mean_radius", "mean_texture", "target", "prediction"})
        self.assertEqual((metrics["captured_at"], drift["detected_at"]), (TIME, TIME))
        self.assertEqual((metrics["model"], drift["model"]), (DEPLOYED, DEPLOYED))

    def test_a_snapshot_says_its_time_model_and_tags(self):
        file = FILES / "evidently-0.7-dumps.json"
        metrics, drift = self.events("evidently", file, "--version", "1.0.0", "--deployed-at", "2026-01-01")
        self.assertEqual(metrics["model"]["name"], "bc")
        self.assertEqual(metrics["captured_at"], "2026-11-29T01:20:32.331136Z")
        self.assertEqual(metrics["labels"], {"tags": "a"})
        report = self.events("evidently", FILES / "evidently-0.7-save_json.json", *MODEL, *AT)
        for event, same in zip((metrics, drift), report):
            for member in ("model", "captured_at", "detected_at", "labels"):
                event.pop(member, None)
                same.pop(member, None)
            self.assertEqual(event, same)

    def test_flags_win_over_the_file(self):
        metrics, _ = self.events("evidently", FILES / "evidently-0.7-dumps.json", *MODEL, *AT, "--label", "tags=x",
                                 "--label", "team=risk", "--samples", "269")
        self.assertEqual((metrics["model"], metrics["captured_at"], metrics["samples"]), (DEPLOYED, TIME, 269))
        self.assertEqual(metrics["labels"], {"tags": "x", "team": "risk"})

    def test_metadata_may_say_all_of_the_model(self):
        metrics, drift = self.events("evidently", FILES / "evidently-0.7-regression-dumps.json")
        self.assertEqual(metrics["model"], {"name": "reg", "version": "1.0.0", "deployed_at": "2026-01-01T00:00:00Z"})
        self.assertEqual(metrics["labels"], {"tags": "a,b"})
        figures = metrics["metrics"]
        self.assertEqual((figures["mae"], figures["rmse"]), (0.39970401758421764, 0.49931330637268434))
        self.assertEqual((figures["min_value.x"], figures["quantile_value.x.2"], figures["row_count"]),
                         (-2.3051732668754874, 1.3297085364724577, 400))
        self.assertEqual(drift["features"]["x.K-S p_value"], {"p_value": 1.4921665744660114e-16})
        self.assertEqual(drift["features"]["x.psi"], {"magnitude": 0.6078247318025088})

    def test_reports_before_07(self):
        file = FILES / "evidently-0.5-report.json"
        metrics, drift = self.events("evidently", file, *MODEL, warns=True)
        self.assertEqual((metrics["f1"], metrics["accuracy"]), (0.9112709832134293, 0.8766666666666667))
        self.assertEqual(metrics["metrics"]["drifted_share"], 0.75)
        self.assertEqual(metrics["captured_at"], "2026-11-29T09:20:17.808153Z")
        self.assertEqual(drift["features"]["x"], {"p_value": 8.777796874606567e-12})
        self.assertEqual(drift["features"]["x.PSI"], {"magnitude": 0.5382038996781549})
        self.assertIn("left out 2 values that are null, NaN or infinite: log_loss, roc_auc",
                      self.imported("evidently", file, *MODEL).err)
        (metrics,) = self.events("evidently", FILES / "evidently-0.5-test-suite.json", *MODEL)
        self.assertEqual(metrics["metrics"], {"tests_failed": 4})

    def test_all_that_is_missing_is_named_with_file_and_flag(self):
        err = self.refused("evidently", FILES / "evidently-0.7-save_json.json")
        self.assertIn("evidently-0.7-save_json.json: ", err)
        for flag in ("--model", "--version", "--deployed-at", "--at"):
            self.assertIn(flag, err)

    def report(self, method, value=0.03, column="age"):
        return {"metrics": [{"id": "1", "metric_name": "ValueDrift", "value": value,
                             "config": {"type": "evidently:metric_v2:ValueDrift", "column": column,
                                        "method": method, "threshold": 0.1}}], "tests": []}

    def test_the_methods_name_tells_p_values_from_distances(self):
        p = ("K-S p_value", "ks", "chi-square p_value", "chisquare", "Z-test p_value", "z", "Anderson-Darling",
             "anderson", "Fisher's Exact test", "fisher_exact", "Cramer-von Mises", "cramer_von_mises", "g_test",
             "Mann-Whitney U-rank test", "mannw", "Epps-Singleton", "es", "t_test", "empirical_mmd",
             "Total-Variation-Distance", "TVD")
        distance = ("Wasserstein distance (normed)", "wasserstein", "Kullback-Leibler divergence", "kl_div", "PSI",
                    "psi", "Jensen-Shannon distance", "jensenshannon", "Hellinger distance", "hellinger",
                    "Energy-distance", "ed")
        for methods, member in ((p, "p_value"), (distance, "magnitude")):
            for method in methods:
                self.json_file("report.json", self.report(method))
                (drift,) = self.events("evidently", "report.json", *MODEL, *AT)
                self.assertEqual(drift["features"], {"age": {member: 0.03}}, method)

    def test_an_unknown_method_is_refused_by_name_until_it_is_explained(self):
        self.json_file("report.json", self.report("custom function 'mine'", 1.7))
        err = self.refused("evidently", "report.json", *MODEL, *AT)
        self.assertIn("report.json: ", err)
        for text in ("custom function 'mine'", "--p-value", "--distance"):
            self.assertIn(text, err)
        (drift,) = self.events("evidently", "report.json", *MODEL, *AT, "--distance", "custom function 'mine'")
        self.assertEqual(drift["features"], {"age": {"magnitude": 1.7}})
        # A distance that is called a p-value is not one.
        self.refused("evidently", "report.json", *MODEL, *AT, "--p-value", "custom function 'mine'", code=1)

    def test_null_and_nan_are_left_out_and_counted(self):
        report = self.report("ks")
        for name in ("Accuracy", "RocAuc", "LogLoss"):
            report["metrics"].append({"config": {"type": "evidently:metric_v2:" + name}, "value": float("nan")})
        report["metrics"][1]["value"] = None
        report["metrics"][3]["value"] = float("-inf")
        self.json_file("report.json", report)
        run = self.imported("evidently", "report.json", *MODEL, *AT)
        self.assertEqual([json.loads(line)["type"] for line in run.out.splitlines()], ["drift"])
        self.assertIn("report.json: left out 3 values", run.err)
        self.assertIn("log_loss", run.err)


class Nannyml(ImportTest):
    def test_performance(self):
        events = self.events("nannyml", FILES / "nannyml-performance.csv", *MODEL)
        self.assertTrue(all(event["type"] == "metrics" for event in events))
        with open(FILES / "nannyml-performance.csv") as file:
            rows = [row for row in csv.DictReader(file) if row["chunk_period"] == "analysis"]
        self.assertEqual(len(events), len(rows))
        for event, row in zip(events, rows):
            self.assertEqual(event["samples"], 10000)
            self.assertEqual(event["captured_at"], row["chunk_end_date"].replace(" ", "T") + "Z")
            for name in ("accuracy", "precision", "recall", "f1"):
                self.assertEqual(event[name], float(row[f"{name}_value"]))
            self.assertEqual(event["metrics"], {"roc_auc": float(row["roc_auc_value"])})

    def test_drift_of_columns_by_several_methods(self):
        events = self.events("nannyml", FILES / "nannyml-univariate.csv", *MODEL)
        self.assertTrue(all(event["type"] == "drift" for event in events))
        self.assertEqual(set(events[0]["features"]), {"car_value.kolmogorov_smirnov", "car_value.jensen_shannon",
                                                      "salary_range.chi2", "salary_range.jensen_shannon"})
        self.assertTrue(all(set(test) == {"magnitude"} for event in events for test in event["features"].values()))

    def test_all_periods_on_demand(self):
        analysis = self.events("nannyml", FILES / "nannyml-performance.csv", *MODEL)
        both = self.events("nannyml", FILES / "nannyml-performance.csv", *MODEL, "--period", "all")
        self.assertEqual(len(both), 2 * len(analysis))

    def test_estimates_of_a_real_table(self):
        events = self.events("nannyml", FILES / "nannyml-cbpe.csv", *MODEL)
        self.assertEqual((events[-1]["f1"], events[-1]["metrics"]),
                         (0.9169762072081117, {"estimated_f1": 0.914267365446694, "roc_auc": 0.9604159183663511,
                                               "estimated_roc_auc": 0.9619630738086631}))

    def test_a_reconstruction_error_is_no_estimate(self):
        events = self.events("nannyml", FILES / "nannyml-reconstruction.csv", *MODEL)
        self.assertEqual(events[-1]["metrics"], {"reconstruction_error": 0.7571409820827494})

    HEADER = "chunk_key,chunk_index,chunk_start_index,chunk_end_index,chunk_start_date,chunk_end_date,chunk_period"

    def test_estimates_are_no_figures_of_the_model(self):
        self.write("cbpe.csv", [self.HEADER + ",f1_value,f1_sampling_error,f1_realized,f1_upper_confidence_boundary",
                                "k,0,0,99,,2026-02-01,analysis,0.8,0.1,0.7,0.9"])
        (event,) = self.events("nannyml", "cbpe.csv", *MODEL)
        self.assertEqual((event["f1"], event["metrics"], event["samples"]), (0.7, {"estimated_f1": 0.8}, 100))
        self.assertEqual(event["captured_at"], "2026-02-01T00:00:00Z")

    def test_one_method_is_told_by_its_column(self):
        self.write("drift.csv", [self.HEADER + ",a_b_jensen_shannon_value,a_b_jensen_shannon_alert",
                                 "k,0,0,99,,2026-02-01,analysis,0.25,True", "k,0,0,99,,2026-02-02,analysis,,False"])
        (event,) = self.events("nannyml", "drift.csv", *MODEL, warns=True)
        self.assertEqual(event["features"], {"a_b": {"magnitude": 0.25}})

    def test_a_column_may_be_called_as_those_of_the_chunk(self):
        self.write("drift.csv", [self.HEADER + ",chunk_targets_missing_rate,chunk_age_jensen_shannon_value,b_hellinger_value",
                                 "k,0,0,9,,2026-02-01,analysis,0,0.5,0.1"])
        (event,) = self.events("nannyml", "drift.csv", *MODEL)
        self.assertEqual(event["features"], {"chunk_age": {"magnitude": 0.5}, "b": {"magnitude": 0.1}})

    def test_without_dates_a_flag_is_needed(self):
        self.write("undated.csv", [self.HEADER + ",f1_value", "k,0,0,9,,,analysis,0.5"])
        self.assertIn("--at", self.refused("nannyml", "undated.csv", *MODEL))
        self.events("nannyml", "undated.csv", *MODEL, *AT)


class Alibi(ImportTest):
    def predicted(self, **data):
        return {"data": {"is_drift": 1, "threshold": 0.05, **data},
                "meta": {"name": "KSDrift", "online": False, "data_type": None}}

    def test_one_test(self):
        self.json_file("mmd.json", self.predicted(p_val=0.01, distance=0.3))
        (drift,) = self.events("alibi", "mmd.json", *MODEL, *AT)
        self.assertEqual((drift["p_value"], drift["magnitude"]), (0.01, 0.3))
        self.assertNotIn("features", drift)

    def test_arrays_give_the_smallest_p_and_the_features(self):
        self.json_file("ks.json", self.predicted(p_val=[0.5, 0.01, 0.2], distance=[0.1, 0.3, 0.9]))
        (drift,) = self.events("alibi", "ks.json", *MODEL, *AT)
        self.assertEqual((drift["p_value"], drift["magnitude"]), (0.01, 0.3))
        self.assertEqual(drift["features"]["2"], {"p_value": 0.2, "magnitude": 0.9})
        (drift,) = self.events("alibi", "ks.json", *MODEL, *AT, "--feature", "age", "--feature", "income")
        self.assertEqual(list(drift["features"]), ["age", "income", "2"])

    def test_lines_envelopes_and_strings_of_it(self):
        one = self.predicted(p_val=0.01, distance=0.3)
        event = {"specversion": "1.0", "id": "e1", "source": "/d", "type": "drift", "time": "2026-02-03T00:00:00Z",
                 "data": one}
        lines = [json.dumps(one), json.dumps(json.dumps(one)), json.dumps(event),
                 json.dumps({**event, "data": json.dumps(one)})]
        self.write("lines.ndjson", [line.encode() + b"\n" for line in lines])
        events = self.events("alibi", "lines.ndjson", *MODEL, *AT)
        self.assertEqual([event["p_value"] for event in events], [0.01] * 4)
        self.assertEqual([event.get("id") for event in events], [None, None, "e1", "e1"])
        self.write("event.json", lines[2])
        (drift,) = self.events("alibi", "event.json", *MODEL)
        self.assertEqual(drift["detected_at"], "2026-02-03T00:00:00Z")

    def test_a_distance_never_becomes_a_p_value(self):
        self.json_file("d.json", self.predicted(p_val=None, distance=[0.1, 0.7]))
        (drift,) = self.events("alibi", "d.json", *MODEL, *AT, warns=True)
        self.assertNotIn("p_value", drift)
        self.assertEqual(drift["magnitude"], 0.7)


class Mlflow(ImportTest):
    def test_a_run(self):
        (event,) = self.events("mlflow", FILES / "mlflow-3.17-runs-get.json", warns=True)
        self.assertEqual(event["model"], {"name": "fraud", "version": "2.1.0", "deployed_at": "2026-01-01T00:00:00Z"})
        self.assertEqual((event["accuracy"], event["f1"], event["precision"], event["recall"]), (0.93, 0.71, 0.9, 0.6))
        self.assertEqual(event["metrics"], {"roc_auc": 0.95, "val/loss": 0.3})
        self.assertEqual(event["captured_at"], "2026-02-01T08:00:00Z")
        run = json.loads((FILES / "mlflow-3.17-runs-get.json").read_text())["run"]["info"]["run_id"]
        self.assertTrue(event["id"].startswith(run + ":") and event["id"].endswith(":3"), event["id"])

    def test_several_forms_of_a_figure_need_a_prefix(self):
        err = self.refused("mlflow", FILES / "mlflow-3.17-runs-search.json", *MODEL)
        self.assertIn("--prefix", err)
        events = self.events("mlflow", FILES / "mlflow-3.17-runs-search.json", *MODEL, "--prefix", "test_", warns=True)
        self.assertEqual([event.get("f1") for event in events], [0.65, None])
        self.assertEqual(events[0]["metrics"], {"val_f1": 0.7})
        events = self.events("mlflow", FILES / "mlflow-3.17-runs-search.json", *MODEL, "--prefix", "val", warns=True)
        self.assertEqual(events[0]["f1"], 0.7)

    def test_a_history_is_an_event_a_step(self):
        events = self.events("mlflow", FILES / "mlflow-3.17-get-history.json", *MODEL)
        self.assertEqual([event["f1"] for event in events], [0.5, 0.6, 0.7])
        self.assertEqual([event["captured_at"][-3:] for event in events], ["00Z", "01Z", "02Z"])
        self.assertEqual([event["id"].split(":")[1:] for event in events], [["val_f1", str(n)] for n in range(3)])

    def run_of(self, metrics, tags=()):
        return {"run": {"info": {"run_id": "r1"}, "data": {
            "metrics": [{"key": k, "value": v, "timestamp": t, "step": s} for k, v, t, s in metrics],
            "tags": [{"key": k, "value": v} for k, v in tags]}}}

    def test_the_order_of_an_answer_says_nothing(self):
        metrics = [("f1", 0.5, 1769932800000, 1), ("auc", 0.9, 1769932800000, 1), ("eval_recall", 0.4, 1769932700000, 1)]
        self.json_file("a.json", self.run_of(metrics))
        self.json_file("b.json", self.run_of(metrics[::-1]))
        first, second = self.events("mlflow", "a.json", "b.json", *MODEL)
        self.assertEqual(first, second)
        self.assertEqual((first["f1"], first["recall"]), (0.5, 0.4))

    def test_an_exact_name_comes_before_its_other_forms(self):
        self.json_file("a.json", self.run_of([("f1", 0.5, 1769932800000, 1), ("f1_score", 0.6, 1769932800000, 1),
                                              ("val_f1", 0.7, 1769932800000, 1), ("test_f1", 0.8, 1769932800000, 1)]))
        (event,) = self.events("mlflow", "a.json", *MODEL)
        self.assertEqual((event["f1"], event["metrics"]), (0.5, {"f1_score": 0.6, "test_f1": 0.8, "val_f1": 0.7}))

    def test_with_a_prefix_a_plain_key_stays_beside_the_figure_of_its_name(self):
        time = 1769932800000
        for plain, chosen, own in (("f1", "test_f1", "f1"), ("accuracy_score", "test_accuracy", "accuracy"),
                                   ("precision", "test_precision_score", "precision")):
            self.json_file("a.json", self.run_of([(plain, 0.99, time, 0), (chosen, 0.6, time, 0)]))
            (event,) = self.events("mlflow", "a.json", *MODEL, "--prefix", "test")
            self.assertEqual((event[own], event["metrics"]), (0.6, {plain: 0.99}))
        self.json_file("a.json", {"metrics": [{"key": "f1", "value": 0.99, "timestamp": time, "step": 0}]})
        (event,) = self.events("mlflow", "a.json", *MODEL, "--prefix", "test")
        self.assertEqual((event.get("f1"), event["metrics"]), (None, {"f1": 0.99}))

    def test_versions_of_a_registry_are_no_semver(self):
        tags = [("mlmon.model", "a"), ("mlmon.version", "3"), ("mlmon.deployed_at", "2026-01-01")]
        self.json_file("a.json", self.run_of([("f1", 0.5, 1769932800000, 1)], tags))
        self.assertIn("invalid_version", self.refused("mlflow", "a.json", code=1))
        self.imported("mlflow", "a.json", "--set", 'input.version_scheme="any"')

    def test_an_error_of_mlflow_is_told(self):
        self.json_file("a.json", {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "Run 'x' not found"})
        self.assertIn("RESOURCE_DOES_NOT_EXIST: Run 'x' not found", self.refused("mlflow", "a.json", *MODEL, code=1))


class Sagemaker(ImportTest):
    def test_statistics(self):
        (event,) = self.events("sagemaker", FILES / "sagemaker-statistics.json", *MODEL, warns=True)
        self.assertEqual((event["f1"], event["recall"], event["samples"]), (0.8791208791208792, 0.9302325581395349, 273))
        self.assertEqual(event["metrics"], {"recall_best_constant_classifier": 1, "auc": 0.95})
        self.assertEqual(event["captured_at"], "2026-02-01T00:59:59Z")
        self.assertIn("left out 1 value that is null, NaN or infinite: f0_5",
                      self.imported("sagemaker", FILES / "sagemaker-statistics.json", *MODEL).err)

    def test_of_other_kinds(self):
        self.json_file("s.json", {"regression_metrics": {"rmse": {"value": 2.5}, "r2": {"value": 0.5}}})
        (event,) = self.events("sagemaker", "s.json", *MODEL, *AT)
        self.assertEqual(event["metrics"], {"rmse": 2.5, "r2": 0.5})
        self.json_file("s.json", {"multiclass_classification_metrics": {"accuracy": {"value": 0.5}}})
        self.assertEqual(self.events("sagemaker", "s.json", *MODEL, *AT)[0]["accuracy"], 0.5)


class Csv(ImportTest):
    def test_columns_named_as_our_fields(self):
        self.write("rows.csv", ["name,version,deployed_at,captured_at,f1,metrics.auc,labels.team,samples,id,other",
                                'fraud,2.1.0,2026-01-01,2026-02-01 08:00:00,0.71,0.9,"risk, new",500,a,x'])
        (event,) = self.events("csv", "rows.csv")
        self.assertEqual(event, {
            "type": "metrics", "model": {"name": "fraud", "version": "2.1.0", "deployed_at": "2026-01-01T00:00:00Z"},
            "f1": 0.71, "metrics": {"auc": 0.9}, "samples": 500, "labels": {"team": "risk, new"}, "id": "a",
            "captured_at": "2026-02-01T08:00:00Z"})

    def test_a_row_gives_both_events_metrics_first(self):
        self.write("rows.csv", ["at,f1,p_value,magnitude,feature,features.age.p_value",
                                "2026-02-01,0.5,0.01,2,age,0.2", "2026-02-02,0.6,,,,"])
        self.write("map.csv", ["day,f1,p_value", "2026-02-01,0.5,0.01"])
        events = self.events("csv", "rows.csv", *MODEL, warns=True)
        self.assertEqual([event["type"] for event in events], ["metrics", "drift", "metrics"])
        self.assertEqual(events[1]["features"], {"age": {"p_value": 0.2}})
        events = self.events("csv", "map.csv", *MODEL, "--map", "at=day")
        self.assertEqual([event["type"] for event in events], ["metrics", "drift"])

    def test_others_are_mapped(self):
        self.write("rows.csv", ["Model;AUC;F 1;When;f1", "fraud;0.9;0.5;2026-02-01T08:00:00+02:00;0.9"])
        (event,) = self.events("csv", "rows.csv", "--version", "1.0.0", "--deployed-at", "2026-01-01", "--delimiter", ";",
                               "--map", "name=Model", "--map", "metrics.auc=AUC", "--map", "f1=F 1", "--map", "captured_at=When")
        self.assertEqual((event["model"]["name"], event["metrics"], event["f1"]), ("fraud", {"auc": 0.9}, 0.5))
        self.assertEqual(event["captured_at"], "2026-02-01T06:00:00Z")
        self.assertIn("did you mean", self.refused("csv", "rows.csv", *MODEL, "--delimiter", ";", "--map", "f1=F1 ", code=1))
        self.assertIn("unknown field", self.refused("csv", "rows.csv", *MODEL, "--map", "f2=AUC"))

    def test_rfc_4180_and_what_spreadsheets_write(self):
        rows = [["f1", "labels.a", "labels.b", "captured_at"], ["0.5", 'say "hi"', "two\r\nlines", TIME],
                ["0.25", "", " blanks ", TIME]]
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        for mark in (b"", b"\xef\xbb\xbf"):
            self.write("rows.csv", mark + text.getvalue().encode())
            first, second = self.events("csv", "rows.csv", *MODEL)
            self.assertEqual(first["labels"], {"a": 'say "hi"', "b": "two\r\nlines"})
            self.assertEqual(second["labels"], {"b": " blanks "})
        self.write("rows.tsv", "f1\tcaptured_at\n0.5\t2026-02-01")
        self.assertEqual(self.events("csv", "rows.tsv", *MODEL, "--delimiter", "tab")[0]["f1"], 0.5)

    def test_what_is_no_number_is_left_out_or_named(self):
        self.write("rows.csv", ["f1,metrics.auc"] + [f"0.5,{value}" for value in
                                                     ("", "NaN", "nan", "inf", "-Infinity", "NULL", "NA", "\\N", "1e400")])
        run = self.imported("csv", "rows.csv", *MODEL, *AT)
        self.assertIn("rows.csv: left out 9 values that are null, NaN or infinite: metrics.auc (9)", run.err)
        self.assertEqual(len(run.out.splitlines()), 9)
        self.write("rows.csv", ["f1,captured_at", f"0.5,{TIME}", f"high,{TIME}"])
        run = self.imported("csv", "rows.csv", *MODEL, code=1)
        self.assertEqual(run.out, b"")
        self.assertIn('rows.csv: row 2: f1: expected a number, got "high"', run.err)

    def test_texts_that_say_that_there_is_none_are_left_out(self):
        self.write("rows.csv", ["f1,labels.team,labels.region", "0.5,NaN,", "0.6,\\N,none", "0.7,null , nowhere",
                                "0.8,NaTs,infinity"])
        events = self.events("csv", "rows.csv", *MODEL, *AT, warns=True)
        self.assertEqual([event.get("labels") for event in events],
                         [None, None, {"region": " nowhere"}, {"team": "NaTs", "region": "infinity"}])
        self.assertIn("left out 4 values that are null, NaN or infinite: labels.region, labels.team (3)",
                      self.imported("csv", "rows.csv", *MODEL, *AT).err)
        self.write("rows.csv", ["name,version,deployed_at,captured_at,f1", f"NaN,1.0.0,2026-01-01,{TIME},0.5",
                                "a,1.0.0,2026-01-01,NaT,0.5"])
        err = self.refused("csv", "rows.csv")
        for text in ("--model", "--at"):
            self.assertIn(text, err)
        first, second = self.events("csv", "rows.csv", "--model", "m", *AT, warns=True)
        self.assertEqual((first["model"]["name"], second["captured_at"]), ("m", TIME))

    def test_what_a_run_would_refuse_is_refused_with_its_words(self):
        self.write("rows.csv", ["f1,captured_at", f"0.5,{TIME}", f"1.5,{TIME}"])
        run = self.imported("csv", "rows.csv", *MODEL, code=1)
        self.assertEqual(run.out, b"")
        self.assertIn("rows.csv: row 2: out_of_range: f1: expected a number in [0, 1], got 1.5", run.err)

    def test_one_wrong_value_among_rows_that_look_alike_is_found(self):
        alike = [f"fraud,2.1.0,0.5,0.25,{TIME}"] * 1000
        for wrong, text in (("fraud,2.1.0,0.5,1.5,", "out_of_range: p_value: expected a number in [0, 1], got 1.5"),
                            ("fraud,2.1,0.5,0.25,", "invalid_version: model.version: expected a semantic version"),
                            (f"{'f' * 257},2.1.0,0.5,0.25,", "out_of_range: model.name: expected 1 to 256 bytes")):
            self.write("rows.csv", ["name,version,f1,p_value,captured_at", *alike, wrong + TIME, *alike])
            err = self.refused("csv", "rows.csv", "--deployed-at", "2026-01-01", code=1)
            self.assertIn("rows.csv: row 1001: " + text, err)

    def test_broken_tables_are_named_with_the_row(self):
        for rows, text in ((["f1,id", "0.5"], "row 1: expected 2 cells as in the header, got 1"),
                           (["f1,id", '0.5,"a'], "row 1: expected the end of a quoted cell"),
                           (["f1,id", '0.5,a"b'], "row 1: expected CSV, got a quote"),
                           (["f1,f1", "0.5,1"], 'header: expected each column once, got "f1" twice'),
                           (["a,b", "0.5,1"], "header: expected a column of a figure"), ([], "expected a header, got an empty file"),
                           ([b"f1,id\n0.5,\xff\n"], "row 1: expected UTF-8")):
            self.write("rows.csv", rows)
            err = self.refused("csv", "rows.csv", *MODEL, *AT, code=1)
            self.assertIn("rows.csv: " + text, err)

    def test_missing_values_are_named_with_the_first_row(self):
        self.write("rows.csv", ["name,version,deployed_at,captured_at,f1", f"a,1.0.0,{TIME},{TIME},0.5", f"a,,{TIME},,0.5"])
        err = self.refused("csv", "rows.csv")
        self.assertIn("rows.csv: row 2: the file does not say model.version, captured_at: give --version, --at", err)

    def test_large_tables_take_little_memory(self):
        rows = 20_000 if SANITIZED else 300_000
        with open(self.dir / "rows.csv", "w") as file:
            file.write("name,version,deployed_at,captured_at,accuracy,precision,recall,f1,labels.team\n")
            for i in range(rows):
                file.write(f"fraud,2.1.0,2026-01-01T00:00:00Z,2026-02-01T00:00:00.{i:06}Z,0.9,0.8,0.{i % 997:03},0.71,risk\n")
        with open(self.dir / "out.ndjson", "wb") as out:
            run = self.mlmon("import", "csv", "rows.csv", stdout=out)
        self.expect_code(run, 0)
        self.assertEqual((self.dir / "out.ndjson").read_bytes().count(b"\n"), rows)
        if not SANITIZED:
            self.assertLess(run.peak_kib, 64 * 1024)


class Json(ImportTest):
    def test_records_with_our_fields(self):
        record = {"name": "a", "version": "1.0.0", "deployed_at": "2026-01-01", "f1": 0.5, "metrics": {"auc": 0.9},
                  "labels": {"t": "x"}, "captured_at": TIME, "other": [1]}
        event = {"type": "metrics", "model": {"name": "a", "version": "1.0.0", "deployed_at": "2026-01-01T00:00:00Z"},
                 "f1": 0.5, "metrics": {"auc": 0.9}, "labels": {"t": "x"}, "captured_at": TIME}
        self.json_file("one.json", record)
        self.json_file("array.json", [record, record])
        self.write("lines.ndjson", [json.dumps(record)] * 3)
        self.json_file("event.json", event)
        self.assertEqual(self.events("json", "one.json", "array.json", "lines.ndjson", "event.json"), [event] * 7)

    def test_pointers(self):
        self.json_file("doc.json", {"data": {"rows": [
            {"m": {"n/a": "fraud"}, "scores": [0.5, 0.25], "when": "2026-02-01 08:00:00"}]}})
        (event,) = self.events("json", "doc.json", "--version", "1.0.0", "--deployed-at", "2026-01-01", "--each", "/data/rows",
                               "--map", "name=/m/n~1a", "--map", "f1=/scores/1", "--map", "at=/when")
        self.assertEqual((event["model"]["name"], event["f1"]), ("fraud", 0.25))
        self.assertIn("/data/row", self.refused("json", "doc.json", *MODEL, "--each", "/data/row", code=1))
        for odd in ("/data/rows/99999999999999999999999", "/data/rows/18446744073709551615", "/data/rows/-", "/data/rows/01"):
            self.refused("json", "doc.json", *MODEL, *AT, "--each", odd, code=1)
            self.imported("json", "doc.json", *MODEL, *AT, "--map", f"f1={odd}")
        self.assertIn("JSON pointer", self.refused("json", "doc.json", *MODEL, "--each", "data"))
        self.assertIn("JSON pointer", self.refused("json", "doc.json", *MODEL, "--map", "f1=scores"))

    def test_wrong_values_are_named(self):
        for value, text in (([], "an array"), ({}, "an empty object"), (True, "a boolean")):
            self.json_file("doc.json", [{"f1": 0.5}, {"f1": value}])
            err = self.refused("json", "doc.json", *MODEL, *AT, code=1)
            self.assertIn(f"doc.json: record 2: f1: expected a number, got {text}", err)
        self.json_file("doc.json", {"f1": "0.5", "samples": None})
        self.events("json", "doc.json", *MODEL, *AT, warns=True)

    def test_a_member_that_stands_twice_is_refused_by_name(self):
        time = '"timestamp": 1769932800000'
        for form, text, member in (
                ("json", '{"f1": 0.5, "f1": 0.9}', "f1"),
                ("json", '[{"f1": 0.5}, {"f1": 0.5, "metrics": {"auc": 1, "\\u0061uc": 1}}]', "metrics.auc"),
                ("mlflow", '{"run": {"info": {"run_id": "r"}, "data": {"metrics": [{"key": "f1", "value": 0.5, '
                           '"value": 0.9, %s}], "tags": []}}}' % time, "run.data.metrics.value")):
            self.write("a.json", text)
            run = self.imported(form, "a.json", *MODEL, *AT, code=1)
            self.assertEqual(run.out, b"")
            self.assertIn(f'a.json: expected each member once, got "{member}" twice', run.err)
        self.write("a.json", ['{"f1": 0.5}', '{"f1": 0.5, "f1": 0.5}'])
        self.assertIn('a.json: line 2: expected each member once, got "f1" twice',
                      self.refused("json", "a.json", *MODEL, *AT, code=1))
        self.write("a.json", '{"f1": 0.5, "a": {"f1": 1}, "b": [{"f1": 1}, {"f1": 1}]}')
        self.assertEqual(len(self.events("json", "a.json", *MODEL, *AT)), 1)


    def test_numbers_are_told_and_taken_as_they_are_written(self):
        for samples in ("18446744073709551615", "9223372036854775808", "36893488147419103232", "5.0"):
            self.write("a.json", '{"f1": 0.5, "samples": %s}' % samples)
            self.assertIn(f"samples: expected an integer from 0 to 9223372036854775807, got {samples}\n",
                          self.refused("json", "a.json", *MODEL, *AT, code=1))
        any_version = ["--model", "m", "--deployed-at", "2026-01-01", "--set", 'input.version_scheme="any"']
        for version in ("1.10", "2", "1e2", "0.30000000000000000001"):
            self.write("a.json", '{"f1": 5.0e-1, "version": %s, "labels": {"v": %s}}' % (version, version))
            (event,) = [json.loads(line) for line in self.imported("json", "a.json", *any_version, *AT).out.splitlines()]
            self.assertEqual((event["f1"], event["model"]["version"], event["labels"]), (0.5, version, {"v": version}))


FORMATS = ("evidently", "nannyml", "alibi", "mlflow", "sagemaker", "csv", "json")


class Files(ImportTest):
    GOOD = ["--version", "1.0.0", "--deployed-at", "2026-01-01", "--model", "m", *AT]

    def test_files_that_cannot_be_read_are_named_and_the_others_go_on(self):
        good = FILES / "evidently-0.7-dumps.json"
        self.write("page.json", "<!DOCTYPE html>\n<html></html>\n")
        self.write("half.json", good.read_bytes()[:1000])
        self.write("empty.json", "")
        (self.dir / "folder.json").mkdir()
        names = ["page.json", "half.json", "empty.json", "folder.json", "absent.json"]
        run = self.imported("evidently", *names[:3], good, *names[3:], *self.GOOD, code=1)
        self.assertEqual(run.out, self.imported("evidently", good, *self.GOOD).out)
        for name in names:
            self.assertIn(f"error: {name}: ", run.err)
        self.assertEqual(len(run.err.splitlines()), len(names))

    def test_hostile_files_of_each_format(self):
        deep = b"[" * 100_000 + b"]" * 100_000
        for n, content in enumerate([b"", b"\0", b"\xff\xfe<\0", b"<html>", b"{", b'{"metrics":', deep, b"null", b"[]", b"7",
                                     b'"text"', b"{}" * 3, b'{"metrics":[1]}', b'{"metrics":[{"config":7,"value":{}}]}',
                                     b'{"metric_results":{"a":7}}', b'{"data":{"is_drift":[],"p_val":{"a":1}}}',
                                     b'{"run":7}', b'{"runs":[{}]}', b'{"run":{"info":{},"data":{"metrics":[{"key":1}]}}}',
                                     b'{"binary_classification_metrics":[]}', b"a,b\n1,2,3\n", b'"', b"\r\n\r\n",
                                     b'{"metrics":[{"metric":"x","result":7}]}', b'{"metrics":{},"f1":{}}',
                                     b'{"metrics":[{"key":"f1","value":[]}]}', b"f1\n" + b"9" * 5000]):
            self.write("hostile", content)
            for form in FORMATS:
                run = self.mlmon("import", form, "hostile", *self.GOOD)
                self.assertIn(run.code, (0, 1), (form, content[:60], run.err[:500]))
                self.assertEqual(run.code == 1, "error: hostile: " in run.err, (form, content[:60], run.err[:500]))
                self.assertNotIn("exception", run.err)
                self.assertEqual(run.out == b"", True if run.code else b'"f1"' not in run.out)

    def test_huge_numbers_and_names_of_any_kind(self):
        text = '{"name":"a","f1":0.5,"metrics":{"%s":1e400,"x\\u0000\\n":%s,"y":-1e999},"other":1e99999}'
        self.write("odd.json", text % ("big", "9" * 400))
        run = self.imported("json", "odd.json", *self.GOOD)
        self.assertIn("left out 3 values", run.err)
        self.assertNotIn("\0", run.err)
        name = "bad\nname\x1b[31m.json"
        self.write(name, "{")
        err = self.refused("json", name, *self.GOOD, code=1)
        self.assertEqual(len(err.splitlines()), 1)
        self.assertNotIn("\x1b", err)

    def test_nothing_is_printed_while_a_file_needs_a_flag(self):
        err = self.refused("evidently", FILES / "evidently-0.7-regression-dumps.json", FILES / "evidently-0.7-save_json.json")
        self.assertIn("evidently-0.7-save_json.json: ", err)

    def test_stdin_and_compressed_files_are_read_alike(self):
        file = FILES / "evidently-0.7-dumps.json"
        out = self.imported("evidently", file, *self.GOOD).out
        self.assertEqual(self.imported("evidently", *self.GOOD, stdin=file.read_bytes()).out, out)
        self.assertEqual(self.imported("evidently", "-", *self.GOOD, stdin=file.read_bytes()).out, out)
        self.write("report.json.gz", gzip.compress(file.read_bytes()))
        self.assertEqual(self.imported("evidently", "report.json.gz", *self.GOOD).out, out)

    def test_the_time_of_change(self):
        self.json_file("a.json", {"f1": 0.5})
        os.utime(self.dir / "a.json", ns=(0, 1_769_904_000_000_000_123))
        (event,) = self.events("json", "a.json", *MODEL, "--at", "mtime")
        self.assertEqual(event["captured_at"], "2026-02-01T00:00:00.000000123Z")
        self.assertIn("--at", self.refused("json", *MODEL, "--at", "mtime", stdin=b'{"f1":0.5}'))

    def test_what_flags_say_is_checked_first(self):
        self.json_file("a.json", {"f1": 0.5})
        for flags in (["--at", "soon"], ["--at", "2026-02-01T08:00:00+2"], ["--deployed-at", "x"], ["--version", "v1"], ["--samples", "-1"], ["--samples", "many"],
                      ["--label", "x"], ["--map", "f1"], ["--model", "a\nb"], ["--p-value", "x"], ["--at"]):
            self.refused("json", "a.json", *MODEL, *AT, *flags)
        self.expect_code(self.mlmon("import", "evidentely", "a.json"), 2)
        self.expect_code(self.mlmon("import"), 2)

    def test_the_same_file_twice_decides_nothing_new(self):
        out = self.imported("csv", "-", *MODEL, stdin=b"captured_at,f1\n2026-02-01,0.5\n").out
        self.write("events.ndjson", out)
        self.assertEqual(len(self.run_events("--state", "s", "events.ndjson", state=True).actions), 2)
        self.assertEqual(self.run_events("--state", "s", "-", state=True, stdin=out).actions, [])

    def test_a_pipe_to_a_run(self):
        env = environment(self.home)
        done = subprocess.run(f"'{BINARY}' import evidently '{FILES}/evidently-0.7-dumps.json' {' '.join(self.GOOD)} | "
                              f"'{BINARY}' run --no-state", shell=True, cwd=self.dir, env=env, capture_output=True)
        self.assertEqual([json.loads(line)["action"] for line in done.stdout.splitlines()], ["retrain", "alert"])


if __name__ == "__main__":
    mlmon_run.main()
