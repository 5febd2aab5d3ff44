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
from collections import Counter

from building import HOME, TREE

MEMORY = 8 << 30
FAILED = re.compile(r"^test (\S+)(?: - should panic)? \.\.\. FAILED")


class Run:
    """One run of a test binary, which ends at the first test that fails, or after a time limit."""

    def __init__(self, binary, names, limit, **environment):
        scratch = HOME / f"tmp-{os.getpid()}"
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
    """The tests that may be run, with their time and the functions they call. A test that takes longer than `longest`
    seconds, or fails without a mutant, is not used."""

    def __init__(self, built, chosen, build, longest):
        """`chosen` are regular expressions of names by binary. `build` names the build that has to be traced, if it
        matters."""
        self.tests, self.path, self.longest = {}, HOME / "traces.jsonl", longest
        self.binaries, self.functions = built["binaries"], built["functions"]
        self.catches = Counter()
        known = {}
        if self.path.exists():
            for line in self.path.read_text().splitlines():
                found = json.loads(line)
                if build in (None, found["build"]):
                    known[found["binary"], found["name"]] = found
        for binary, (wanted, unwanted) in chosen.items():
            listed = subprocess.run(
                [self.binaries[binary], "--list", "--format", "terse"], cwd=TREE, check=True, stdout=subprocess.PIPE, text=True
            ).stdout
            names = [line.removesuffix(": test") for line in listed.splitlines() if line.endswith(": test")]
            names = [name for name in names if re.search(wanted, name) and not (unwanted and re.search(unwanted, name))]
            print(f"{len(names)} tests in {binary}", flush=True)
            for name in names:
                test = known.get((binary, name))
                if not test or not test["ok"] and test["seconds"] < longest:
                    test = self.trace(binary, name, build)
                if test["ok"]:
                    self.tests[binary, name] = (test["seconds"], set(test["functions"]))

    def trace(self, binary, name, build):
        trace = HOME / "trace"
        trace.unlink(missing_ok=True)
        run = Run(self.binaries[binary], [name], self.longest, MUTANTS_TRACE=str(trace))
        called = trace.read_text().split() if trace.exists() else []
        functions = sorted({self.functions[int(number)] for number in called})
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
        """Returns the tests that call the function of a mutant, in groups of one binary. First come those that caught
        others of the same file, then the fast ones, those of the same module before others."""
        module = mutant["file"].removeprefix("src/").removesuffix(".rs").removesuffix("/mod").replace("/", "::")

        def rank(test):
            (binary, name), (seconds, _) = test
            near = name.startswith(f"{module}::")
            return (-self.catches[mutant["file"], binary, name], seconds * (0.2 if near else 1))

        # Each round is as long as all before it.
        rounds, total = [], 0.0
        for (binary, name), (seconds, functions) in sorted(self.tests.items(), key=rank):
            if mutant["of"] not in functions:
                continue
            if not rounds or rounds[-1][0] + seconds > max(0.5, total):
                rounds.append([0.0, {}])
            rounds[-1][0] += seconds
            rounds[-1][1].setdefault(binary, []).append(name)
            total += seconds
        for _, binaries in rounds:
            for binary, names in binaries.items():
                yield binary, names, sum(self.tests[binary, name][0] for name in names)


def judge(mutant, traced, budget):
    """Runs the tests that may see a mutant, for at most `budget` seconds of their usual time. Returns its result."""
    spent, ran = 0.0, 0
    for binary, names, seconds in traced.of(mutant):
        if spent > budget:
            return {"fate": "missed", "tests": ran, "note": "the other tests were not run"}
        program, limit = traced.binaries[binary], 10 + 10 * seconds
        run = Run(program, names, limit, MUTANT=str(mutant["number"]))
        if run.timed_out:
            return {"fate": "timeout", "by": binary}
        if run.failed:
            # Not one that fails now and then.
            again = [run.failed] if run.failed in names else names
            if not Run(program, again, limit).failed:
                traced.catches[mutant["file"], binary, run.failed] += 1
                return {"fate": "caught", "by": f"{binary} {run.failed}"}
        spent, ran = spent + seconds, ran + len(names)
    return {"fate": "missed", "tests": ran, "note": "" if ran else "no test calls it"}
