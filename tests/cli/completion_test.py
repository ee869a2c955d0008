"""`mlmon completion`: what a shell offers, and that no name is ever run."""

import shutil
import subprocess

import mlmon_run
from lines import metrics
from mlmon_run import BINARY, MlmonTest, environment

# As bash calls it: the line, the cursor at its end, and what it makes of the answer.
HARNESS = r"""
source <("$1" completion bash)
compopt() { :; }
COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDS=("$1") COMP_CWORD=1
_mlmon
printf '%s\n' "${COMPREPLY[@]}"
"""
NAMES = ["$(touch pwned)", "`touch pwned`", "a b", "it's", 'say "x"', "; touch pwned #", "--json",
         "naïve", "fraud"]


class Completion(MlmonTest):
    def line(self, text):
        """The files that the shell is to offer, and the words."""
        run = self.mlmon("completion", "--line", text)
        self.expect_code(run, 0)
        kind, *words = run.out.decode().splitlines()
        return kind, words

    def words(self, text):
        kind, words = self.line(text)
        self.assertEqual(kind, "none")
        return words

    def bash(self, text):
        done = subprocess.run(["bash", "--norc", "-c", HARNESS, "bash", BINARY, text], cwd=self.dir,
                              env=environment(self.home), capture_output=True, text=True, check=True)
        return done.stdout.splitlines()

    def make_state(self, names):
        lines = b"".join(metrics(f1=0.5, model__name=name) for name in names)
        self.expect_code(self.mlmon("run", "--state", "s", stdin=lines), 0)

    def test_commands_and_flags_are_those_of_the_help(self):
        self.assertEqual(self.words("mlmon ru"), ["run"])
        self.assertEqual(self.words("mlmon jobs c"), ["claim", "cancel"])
        self.assertIn("--from-start", self.words("mlmon run --f"))
        self.assertIn("--worker", self.words("mlmon jobs claim --"))
        self.assertNotIn("--worker", self.words("mlmon run --w"))
        self.assertEqual(self.words("mlmon completion "), ["bash", "zsh", "fish"])

    def test_values_come_after_a_blank_and_after_an_equals_sign(self):
        self.assertEqual(self.words("mlmon run --fail-on a"), ["alert", "any"])
        self.assertEqual(self.words("mlmon run --fail-on=a"), ["--fail-on=alert", "--fail-on=any"])
        self.assertEqual(self.words("mlmon status --fail-on=si"), ["--fail-on=silent"])
        self.assertEqual(self.words("mlmon plugin new --lang "), ["c", "c++", "rust", "python"])
        self.assertEqual(self.words("mlmon run --set bus.c"), ["bus.capacity=", "bus.checkpoint_every="])
        self.assertEqual(self.words("mlmon run --threads "), [])

    def test_files_are_offered_where_they_are_due(self):
        for text, kind in {"mlmon run ": "files", "mlmon run -c ": "files", "mlmon run --config=": "files",
                           "mlmon run --state ": "folders", "mlmon run --state=x": "folders",
                           "mlmon jobs work -- ": "files", "mlmon jobs list ": "none"}.items():
            self.assertEqual(self.line(text)[0], kind, text)

    def test_names_come_from_the_state_that_the_line_means(self):
        self.make_state(["churn", "fraud"])
        self.assertEqual(self.words("mlmon models show --state s "), ["churn", "fraud"])
        self.assertEqual(self.words("mlmon why --state s f"), ["fraud"])
        self.assertEqual(self.words("mlmon why --state s --observer r"), ["retraining"])
        self.assertEqual(self.words("mlmon jobs list --state=s --model fr"), ["fraud"])
        self.assertEqual(self.words("mlmon models show fr"), [])
        jobs = [line.split()[0] for line in
                self.mlmon("jobs", "list", "--state", "s").out.decode().splitlines()[1:]]
        self.assertEqual(sorted(self.words("mlmon jobs done --state s ")), sorted(jobs))
        self.assertFalse((self.dir / "mlmon").exists())

    def test_no_name_is_run_in_bash(self):
        self.make_state(NAMES)
        for prefix in ("", "$", "`", "a", "\\$", "'", '"'):
            offered = self.bash(f"mlmon models show --state s {prefix}")
            for one in offered:
                quote = prefix if prefix in ("'", '"') and prefix else ""
                # What bash would make of the words once the line is entered: the names, nothing else.
                said = subprocess.run(["bash", "--norc", "-c", f"printf %s {quote}{one}{quote}"],
                                      cwd=self.dir, capture_output=True, text=True, check=True).stdout
                self.assertIn(said, NAMES, (prefix, one))
        self.assertFalse((self.dir / "pwned").exists())
        self.assertEqual(len(self.bash("mlmon models show --state s ")), len(NAMES))

    def test_bash_completes_behind_an_equals_sign(self):
        self.assertEqual(self.bash("mlmon run --fail-on=al"), ["alert"])
        (self.dir / "mine.toml").touch()
        self.assertEqual(self.bash("mlmon run --config=mi"), ["mine.toml"])
        self.assertEqual(self.bash("mlmon run -c mi"), ["mine.toml"])

    def test_each_shell_takes_its_script(self):
        for shell in ("bash", "zsh", "fish"):
            run = self.mlmon("completion", shell)
            self.expect_code(run, 0)
            path = self.write(f"completion.{shell}", run.out)
            if shutil.which(shell):
                done = subprocess.run([shell, "-n", path], capture_output=True, text=True, check=False)
                self.assertEqual((done.returncode, done.stderr), (0, ""), shell)
        self.expect_code(self.mlmon("completion", "tcsh"), 2)
        self.expect_code(self.mlmon("completion"), 2)


if __name__ == "__main__":
    mlmon_run.main()
