#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What came of a run of ctest: failures with their last lines, what was skipped or shortened, the slowest tests, and
one line of numbers.

summary.py TESTS.XML    JUnit, from ctest --output-junit; exit 1 if a test failed
"""
import os
import sys
import xml.etree.ElementTree


def output_of(case):
    element = case.find("system-out")
    return (element.text if element is not None and element.text else "").rstrip().split("\n")


cases = {"pass": [], "skip": [], "fail": []}
for case in xml.etree.ElementTree.parse(sys.argv[1]).getroot().iter("testcase"):
    status = case.get("status")
    skipped = case.find("skipped") is not None and output_of(case)[-1].startswith("skipped: ")
    cases["pass" if status == "run" else "skip" if skipped else "fail"].append(case)

for case in cases["fail"]:
    print(f"\n----- {case.get('name')}: last lines")
    print("\n".join(output_of(case)[-60:]))

print("\nthe slowest:")
everything = [case for group in cases.values() for case in group]
for case in sorted(everything, key=lambda case: -float(case.get("time")))[:10]:
    print(f"{float(case.get('time')):8.1f} s  {case.get('name')}")

shortened = sorted({line for case in everything for line in output_of(case) if line.startswith("not run: ")})
if cases["skip"] or shortened:
    print("\nnot run:")
for case in cases["skip"]:
    print(f"  {case.get('name')}: {output_of(case)[-1].removeprefix('skipped: ')}")
for line in shortened:
    print("  " + line.removeprefix("not run: ") + ("" if "FN_SOAK" in os.environ else "; tests/run.sh --soak does"))

for case in cases["fail"]:
    print(f"FAIL  {case.get('name')}")
print(f"{len(cases['pass'])} passed, {len(cases['fail'])} failed, {len(cases['skip'])} skipped")
sys.exit(1 if cases["fail"] else 0)
