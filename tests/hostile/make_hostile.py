#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes hostile images, and legitimate but odd ones, to a directory:  make_hostile.py OUTDIR [NAME..]

  OUTDIR/NAME/      an OCI image layout; the name says what it tries
  OUTDIR/outside/   what the hostile ones aim at: unpacked to OUTDIR/ANYTHING they must leave it as it is
  OUTDIR/cases.tsv  NAME, accept|refuse, a check, flags of import, with tabs between. The check of what is accepted is a
                    bash condition that holds in the unpacked tree; of what is refused, text in the message.
"""
import os
import sys

sys.dont_write_bytecode = True

import hostile_documents  # noqa: E402 (no __pycache__ in the repository)
import hostile_tars  # noqa: E402
import layout  # noqa: E402


def write_canary(path):
    os.makedirs(os.path.join(path, "d"))
    for name in ("secret", "d/x"):
        with open(os.path.join(path, name), "w", encoding="utf-8") as file:
            file.write("nobody may read or change this\n")


def main():
    directory, *only = sys.argv[1:] or sys.exit(__doc__)
    directory = os.path.abspath(directory)
    outside = os.path.join(directory, "outside")
    os.makedirs(directory, exist_ok=True)
    write_canary(outside)
    cases = hostile_tars.all_cases(outside) + hostile_documents.all_cases(outside)
    names = [case.name for case in cases]
    assert len(set(names)) == len(names), "two cases have the same name"
    with open(os.path.join(directory, "cases.tsv"), "w", encoding="utf-8") as table:
        for case in cases:
            if only and case.name not in only:
                continue
            layout.write_case(directory, case)
            table.write("\t".join((case.name, case.expect, case.check, case.flags)) + "\n")


main()
