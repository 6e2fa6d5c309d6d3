#!/usr/bin/env python3
"""Makes the documentation of all modules out of their comments, from what `make build` has left.

    Scripts/documentation.py [--build FOLDER] [--out FOLDER]

Two things are faults, each named with its place: a declaration that is public and says nothing about itself, where it
does not implement one that does; and a link in a comment that leads nowhere. The pages, of everything but private
declarations, are in .build/documentation:

    python3 -m http.server --directory .build/documentation    then /documentation/datastore and so on

The compiler's symbol graphs are extracted from the modules that it has built, so that nothing is compiled again.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

PACKAGE = pathlib.Path(__file__).resolve().parent.parent


def fail(words):
    sys.exit(f"documentation: {words}")


def modules():
    """The names of our own modules that are written in Swift."""
    return sorted(
        folder.name for folder in (PACKAGE / "Sources").iterdir() if next(folder.rglob("*.swift"), None) is not None)


def import_options(build):
    """What the compiler was told about C modules."""
    try:
        manifest = (build / "release.yaml").read_text()
    except OSError:
        fail(f"there is no {build}/release.yaml: run `make build` first")
    maps = sorted(set(re.findall(r'"(-fmodule-map-file=[^"]*)"', manifest)))
    headers = subprocess.run(["pkg-config", "--cflags-only-I", "libpq"], capture_output=True, text=True).stdout.split()
    options = []
    # What is built for the build itself has maps of its own, of the same names.
    for option in headers + [map for map in maps if "-tool.build/" not in map]:
        options += ["-Xcc", option]
    return options


def extract(module, build, options, target, out):
    """Writes the symbol graph of a module; returns what went wrong."""
    command = [
        "swift", "symbolgraph-extract", "-module-name", module, "-I", str(build / target / "release/Modules"),
        "-target", target, "-minimum-access-level", "internal", "-skip-synthesized-members",
        "-module-cache-path", str(out / "modules"), "-output-dir", str(out / "symbols"),
    ]
    run = subprocess.run(command + options, capture_output=True, text=True)
    return f"{module}: {run.stderr.strip().splitlines()[0]}" if run.returncode else None


def place(symbol):
    location = symbol.get("location")
    if location is None:
        return "?"
    path = location["uri"].removeprefix("file://")
    return f"{os.path.relpath(path, PACKAGE)}:{location['position']['line'] + 1}"


def undocumented(graph):
    """The public declarations of a graph that say nothing, and implement nothing that does."""
    implementations = {
        relation["source"] for relation in graph["relationships"]
        if "sourceOrigin" in relation or relation["kind"] == "defaultImplementationOf"
    }
    for symbol in graph["symbols"]:
        name = symbol["identifier"]["precise"]
        if symbol["accessLevel"] not in ("public", "open") or "docComment" in symbol:
            continue
        if name not in implementations and "::SYNTHESIZED::" not in name:
            yield f"{place(symbol)}: {'.'.join(symbol['pathComponents'])} is public and says nothing about itself"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=PACKAGE / ".build", help="where the package was built")
    parser.add_argument("--out", type=pathlib.Path, default=PACKAGE / ".build/documentation", help="where pages go")
    arguments = parser.parse_args()
    work = arguments.out.with_name(arguments.out.name + "-work")
    shutil.rmtree(work, ignore_errors=True)
    (work / "symbols").mkdir(parents=True)

    options = import_options(arguments.build)
    info = subprocess.run(["swift", "-print-target-info"], capture_output=True, text=True, check=True).stdout
    target = json.loads(info)["target"]["unversionedTriple"]
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        faults = pool.map(lambda module: extract(module, arguments.build, options, target, work), modules())
        if faults := [fault for fault in faults if fault]:
            fail("a module cannot be read; is it built?\n" + "\n".join(faults))

    silent, public = [], 0
    for file in sorted((work / "symbols").glob("*.symbols.json")):
        graph = json.loads(file.read_text())
        public += sum(symbol["accessLevel"] in ("public", "open") for symbol in graph["symbols"])
        silent += undocumented(graph)
    for words in sorted(silent):
        print(words, file=sys.stderr)

    # Of parameters those are described whose names and types do not say enough, hence no validation of the lists.
    run = subprocess.run(
        [
            "docc", "convert", "--additional-symbol-graph-dir", str(work / "symbols"),
            "--output-dir", str(work / "pages"), "--fallback-display-name", "Cairn", "--fallback-bundle-identifier",
            "cairn", "--ide-console-output", "--warnings-as-errors", "--disable-parameters-and-returns-validation",
        ], capture_output=True, text=True)
    if run.returncode:
        print((run.stdout + run.stderr).replace(f"{PACKAGE}/", ""), file=sys.stderr)
    else:
        shutil.rmtree(arguments.out, ignore_errors=True)
        (work / "pages").rename(arguments.out)
    shutil.rmtree(work, ignore_errors=True)
    if silent or run.returncode:
        links = "links that lead nowhere" if run.returncode else "all links lead somewhere"
        fail(f"{len(silent)} public declarations without documentation, {links}")
    print(f"{public} public declarations, all documented; pages in {os.path.relpath(arguments.out)}")


main()
