// SPDX-License-Identifier: Apache-2.0
#include "compat/compat.hpp"

#include "compat/linking.hpp"
#include "compat/plug_ins.hpp"
#include "compat/rules.hpp"

#include <algorithm>

namespace fn::img {
namespace {

bool loads_by_itself(const elf::Facts& facts) {
  return facts.dlopen.empty() && std::any_of(facts.symbols.begin(), facts.symbols.end(), [](const elf::Symbol& symbol) {
           return !symbol.is_defined && (symbol.name == "dlopen" || symbol.name == "dlmopen");
         });
}

// A library may be a plug-in in one image, and what a program needs in the other.
Findings known_of(const Linking& was) {
  Findings known = was.findings;
  for (const OpenSymbol& open : was.open)
    known.add({.rule = "symbols.undefined",
               .severity = Severity::does_not_start,
               .path = open.path,
               .needs = symbol_text(open.reference.name, open.reference.version),
               .layer = {},
               .since = {},
               .hint = {}});
  return known;
}

// Both images have it, be it that the file is elsewhere now.
bool is_known(const CheckedImage& before, const CheckedImage& after, const Findings& old, const Finding& finding) {
  if (old.covers(finding)) return true;
  Finding moved = finding;
  moved.path = counterpart(before, after, finding.path);
  return old.covers(moved);
}

void check_alone(const CheckedImage& image, Findings& findings) {
  check_scripts(image, findings);
  check_python(image, findings);
  check_config(image, findings);
  check_dlopen_notes(image, findings);
}

void check_changes(const CheckedImage& before, const CheckedImage& after, Findings& findings) {
  check_links(before, after, findings);
  check_vanished(before, after, findings);
  check_hidden(before, after, findings);
  check_machines(before, after, findings);
}

}  // namespace

bool Compat::fits() const {
  return std::none_of(findings.begin(), findings.end(),
                      [](const Finding& finding) { return finding.severity != Severity::notice; });
}

Compat check_compat(CheckedImage& before, CheckedImage& after) {
  const Linking was = link_image(before, before);
  const Linking is = link_image(after, before);
  Findings old = known_of(was);
  check_alone(before, old);
  Findings both = is.findings;
  check_alone(after, both);
  Findings brought;
  check_plug_ins(before, was, after, is, brought);
  check_changes(before, after, brought);
  Compat compat;
  compat.objects = is.objects;
  for (Finding& finding : both.sorted()) {
    if (is_known(before, after, old, finding))
      compat.known.push_back(std::move(finding));
    else
      brought.add(std::move(finding));
  }
  compat.findings = brought.sorted();
  for (Finding& finding : compat.findings) finding.since = after.name();
  for (const auto& [path, facts] : after.facts().objects)
    if (loads_by_itself(facts)) compat.not_covered.push_back(path);
  return compat;
}

}  // namespace fn::img
