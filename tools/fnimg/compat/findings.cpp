// SPDX-License-Identifier: Apache-2.0
#include "compat/findings.hpp"

#include "base/error.hpp"

#include <algorithm>

namespace fn::img {

std::string_view severity_name(Severity severity) {
  switch (severity) {
    case Severity::notice:
      return "notice";
    case Severity::fails_when_used:
      return "fails_when_used";
    case Severity::does_not_start:
      return "does_not_start";
  }
  fail(Kind::internal, "no such severity");
}

void Findings::add(Finding finding) {
  auto key = std::tuple(finding.rule, finding.path, finding.needs);
  const auto [place, is_new] = findings_.try_emplace(std::move(key));
  if (is_new || place->second.severity < finding.severity) place->second = std::move(finding);
}

bool Findings::covers(const Finding& finding) const {
  const auto same = findings_.find({finding.rule, finding.path, finding.needs});
  return same != findings_.end() && same->second.severity >= finding.severity;
}

bool Findings::has(std::string_view rule, std::string_view path, std::string_view needs) const {
  return findings_.contains({std::string(rule), std::string(path), std::string(needs)});
}

std::vector<Finding> Findings::sorted() const {
  std::vector<Finding> list;
  for (const auto& [key, finding] : findings_) list.push_back(finding);
  std::stable_sort(list.begin(), list.end(), [](const Finding& a, const Finding& b) {
    return std::tuple(-int(a.severity), std::string_view(a.path)) <
           std::tuple(-int(b.severity), std::string_view(b.path));
  });
  return list;
}

}  // namespace fn::img
