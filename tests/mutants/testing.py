"""Runs tests: each one alone to see which functions it calls, then those that call a mutant's function."""

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import threading
import time

from building import HOME, TREE

# A test that takes longer, or fails without a mutant, is not used.
LONGEST = 20
MEMORY = 8 << 30
FAILED = re.compile(r"^test (\S+)(?: - should panic)? \.\.\. FAILED")


class Run:
    """One run of a test binary, which ends at the first test that fails, or after a time limit."""

    def __init__(self, binary, names, limit, **environment):
        scratch = HOME / "tmp"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        environment = {
            **os.environ, "CARGO_MANIFEST_DIR": str(TREE), "RUST_MIN_STACK": str(16 << 20), "SKIP_POSTGRES": "1",
            "TMPDIR": str(scratch), **environment,
        }
        self.failed, self.timed_out, start = None, False, time.monotonic()
        process = subprocess.Popen(
            [binary, "--exact", *names, "--test-threads", "2"], cwd=TREE, env=environment, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace",
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
        )

        def end():
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

        def late():
            self.timed_out = True
            end()

        timer = threading.Timer(limit, late)
        timer.start()
        passed = 0
        for line in process.stdout:
            passed += line.startswith("test ") and line.endswith("... ok\n")
            if found := FAILED.match(line):
                self.failed = found[1]
                end()
            # Processes that tests have started may keep the pipe open.
            if found or line.startswith("test result: "):
                break
        status = process.wait()
        timer.cancel()
        end()
        process.stdout.close()
        self.seconds = time.monotonic() - start
        # A process that dies, by an overflow of the stack or without memory, has failed, too.
        if not self.failed and not self.timed_out and (status != 0 or passed < len(names)):
            self.failed = f"ended with {status}"


class Traced:
    """The tests that may be run, with their time and the functions they call."""

    def __init__(self, binaries, chosen, build):
        """`chosen` are regular expressions of names by binary, `build` names the build."""
        self.tests, self.path = {}, HOME / "traces.jsonl"
        known = {}
        if self.path.exists():
            for line in self.path.read_text().splitlines():
                found = json.loads(line)
                if found["build"] == build:
                    known[found["binary"], found["name"]] = found
        for binary, (wanted, unwanted) in chosen.items():
            listed = subprocess.run(
                [binaries[binary], "--list", "--format", "terse"], cwd=TREE, check=True, stdout=subprocess.PIPE, text=True
            ).stdout
            names = [line.removesuffix(": test") for line in listed.splitlines() if line.endswith(": test")]
            names = [name for name in names if re.search(wanted, name) and not (unwanted and re.search(unwanted, name))]
            print(f"{len(names)} tests in {binary}", flush=True)
            for name in names:
                test = known.get((binary, name)) or self.trace(binaries, binary, name, build)
                if test["ok"]:
                    self.tests[binary, name] = (test["seconds"], set(test["functions"]))

    def trace(self, binaries, binary, name, build):
        trace = HOME / "trace"
        trace.unlink(missing_ok=True)
        run = Run(binaries[binary], [name], LONGEST, MUTANTS_TRACE=str(trace))
        functions = sorted({int(line) for line in trace.read_text().split()}) if trace.exists() else []
        test = {
            "build": build, "binary": binary, "name": name, "seconds": round(run.seconds, 3),
            "ok": not run.failed and not run.timed_out, "functions": functions,
        }
        if not test["ok"]:
            print(f"  not used: {name} ({'takes too long' if run.timed_out else 'fails without a mutant'})", flush=True)
        with self.path.open("a") as file:
            file.write(json.dumps(test) + "\n")
        return test

    def of(self, mutant):
        """Returns the tests that call the function of a mutant, in groups: the nearest and fastest first, and each
        group as long as all before it."""
        parts = mutant["file"].removeprefix("src/").removesuffix(".rs").removesuffix("/mod").split("/")

        def far(test):
            (binary, name), (seconds, _) = test
            names = name.split("::")
            shared = next((i for i, (a, b) in enumerate(zip(parts, names)) if a != b), min(len(parts), len(names)))
            return (binary == "it", -shared, seconds)

        reaching = sorted((test for test in self.tests.items() if mutant["of"] in test[1][1]), key=far)
        groups, total = [], 0.0
        for (binary, name), (seconds, _) in reaching:
            if not groups or groups[-1][0] != binary or groups[-1][2] + seconds > max(0.5, total):
                groups.append([binary, [], 0.0])
            groups[-1][1].append(name)
            groups[-1][2] += seconds
            total += seconds
        return groups


def judge(mutant, binaries, traced, budget):
    """Runs the tests that may see a mutant, for at most `budget` seconds of their usual time. Returns its result."""
    spent, ran = 0.0, 0
    for binary, names, seconds in traced.of(mutant):
        if spent > budget:
            return {"fate": "missed", "tests": ran, "note": "the other tests were not run"}
        run = Run(binaries[binary], names, 20 + 10 * seconds, MUTANT=str(mutant["number"]))
        if run.timed_out:
            return {"fate": "timeout", "by": binary}
        if run.failed:
            # Not one that fails now and then.
            again = [run.failed] if run.failed in names else names
            if not Run(binaries[binary], again, 20 + 10 * seconds).failed:
                return {"fate": "caught", "by": f"{binary} {run.failed}"}
        spent, ran = spent + seconds, ran + len(names)
    return {"fate": "missed", "tests": ran, "note": "" if ran else "no test calls it"}
