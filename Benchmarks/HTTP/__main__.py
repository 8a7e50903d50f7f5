"""Measures the HTTP API of a pair of its own, beside what one would do without a sandbox, and prints tables.

Started by scripts/benchmark-http; needs root, Python 3.11 and nothing else.
"""

import argparse
import signal
import sys

import execute
import files
import interpreter
import readers
import streams
from pair import Failure

QUESTIONS = ("execute", "streams", "files", "readers")
# Those that need more than the pair.
FURTHER = ("interpreter",)


def main():
    parser = argparse.ArgumentParser(prog="benchmark-http", description="Tables of the HTTP API's speed. For root.")
    parser.add_argument("questions", nargs="*", metavar="QUESTION", help=f"of {', '.join(QUESTIONS)}, the default, and interpreter")
    parser.add_argument("--programs", required=True, help="the directory of the pair's programs")
    parser.add_argument("--port", type=int, default=0, help="the API's TCP port; default: a free one")
    parser.add_argument("--runs", type=int, default=800, help="commands of each kind (default 800)")
    parser.add_argument("--megabytes", type=int, default=64, help="size of outputs and files (default 64)")
    parser.add_argument("--rounds", type=int, default=5, help="outputs and files of each kind (default 5)")
    parser.add_argument("--readers", type=int, default=1000, help="streams at once, up to 1000 (default 1000)")
    parser.add_argument("--jupyter", default="/opt/sandbox-jupyter", help="where Jupyter/install has put Jupyter")
    parser.add_argument("--contexts", type=int, default=5, help="contexts of each kind (default 5)")
    options = parser.parse_args()
    for question in options.questions:
        if question not in QUESTIONS + FURTHER:
            parser.error(f"unknown question {question}; known: {', '.join(QUESTIONS + FURTHER)}")
    wanted = options.questions or QUESTIONS
    if "execute" in wanted:
        execute.measure(options.programs, options.runs, options.port)
    if "streams" in wanted:
        streams.measure(options.programs, options.megabytes, options.rounds, options.port)
    if "files" in wanted:
        files.measure(options.programs, options.megabytes, options.rounds, options.port)
    if "readers" in wanted:
        readers.measure(options.programs, options.readers, options.port)
    if "interpreter" in wanted:
        interpreter.measure(options.programs, options.jupyter, options.contexts, options.port)


if __name__ == "__main__":
    # An end from outside must take the pair down too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except Failure as failure:
        sys.exit(f"benchmark-http: {failure}")
