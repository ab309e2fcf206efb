// SPDX-License-Identifier: Apache-2.0
#include "compat/report.hpp"

#include "base/text.hpp"
#include "base/units.hpp"
#include "cli/table.hpp"
#include "image/document.hpp"
#include "image/markdown.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace fn::img {
namespace {

std::string_view severity_words(Severity severity) {
  switch (severity) {
    case Severity::does_not_start:
      return "does not start";
    case Severity::fails_when_used:
      return "fails when used";
    case Severity::notice:
      break;
  }
  return "notice";
}

Json findings_json(const std::vector<Finding>& findings) {
  Json list = Json::array();
  for (const Finding& finding : findings) {
    Json json = Json::object();
    json.set("rule", finding.rule).set("severity", severity_name(finding.severity));
    set_path(json, finding.path);
    list.push(json.set("needs", document_text(finding.needs))
                  .set("layer", finding.layer)
                  .set("since", finding.since)
                  .set("hint", document_text(finding.hint)));
  }
  return list;
}

std::string one_text(const Finding& finding, bool color) {
  const cli::Style style = finding.severity == Severity::notice ? cli::Style::yellow : cli::Style::red;
  std::string text = cli::styled(severity_words(finding.severity), style, color);
  text += fmt::format(": {}", printable(finding.path));
  if (!finding.layer.empty()) text += fmt::format(" (layer {})", printable(finding.layer));
  if (!finding.needs.empty()) text += fmt::format(" needs {}", printable(finding.needs));
  text += '\n';
  if (!finding.hint.empty()) text += fmt::format("  {}\n", printable(finding.hint));
  return text;
}

bool is_refused(const Finding& finding) {
  return finding.severity != Severity::notice;
}

std::string rows_of(const std::vector<Finding>& findings) {
  std::string rows;
  for (const Finding& finding : findings)
    rows += markdown_row({std::string(severity_words(finding.severity)), markdown_cell(finding.path),
                          markdown_cell(finding.layer), markdown_cell(finding.needs), markdown_cell(finding.hint)});
  return rows;
}

std::string verdict(const Compat& compat, const std::string& before, const std::string& after) {
  const auto refused = std::size_t(std::count_if(compat.findings.begin(), compat.findings.end(), is_refused));
  if (refused == 0) return fmt::format("{} fits where {} is", after, before);
  return fmt::format("{} does not fit where {} is: {}", after, before, counted(refused, "finding", "findings"));
}

}  // namespace

void add_compat_json(Json& json, const Compat& compat) {
  json.set("fits", compat.fits())
      .set("findings", findings_json(compat.findings))
      .set("known", findings_json(compat.known));
  Json not_covered = Json::array();
  for (const std::string& path : compat.not_covered) not_covered.push(document_text(path));
  json.set("not_covered", std::move(not_covered)).set("objects", std::uint64_t{compat.objects});
}

std::string compat_text(const Compat& compat, std::string_view before, std::string_view after, bool all, bool color) {
  std::string text = verdict(compat, printable(before), printable(after)) + '\n';
  std::size_t notices = 0;
  for (const Finding& finding : compat.findings) {
    if (!is_refused(finding)) ++notices;
    if (all || is_refused(finding)) text += one_text(finding, color);
  }
  if (all) {
    for (const Finding& finding : compat.known) text += "both have: " + one_text(finding, color);
    for (const std::string& path : compat.not_covered)
      text += fmt::format("not covered: what {} loads by dlopen()\n", printable(path));
    return text;
  }
  if (notices + compat.known.size() + compat.not_covered.size() > 0)
    text += fmt::format("-v shows more: {}, {} that both have, {} with dlopen()\n",
                        counted(notices, "notice", "notices"), counted(compat.known.size(), "finding", "findings"),
                        counted(compat.not_covered.size(), "file", "files"));
  return text;
}

std::string compat_markdown(const Compat& compat, std::string_view before, std::string_view after) {
  const std::vector<std::string> heads{"", "path", "layer", "needs", "what would help"};
  std::string text = fmt::format("## {}\n\n", verdict(compat, markdown_cell(before), markdown_cell(after)));
  text += markdown_table("Findings", heads, rows_of(compat.findings));
  text += markdown_table("In both images", heads, rows_of(compat.known));
  std::string paths;
  for (const std::string& path : compat.not_covered) paths += markdown_row({markdown_cell(path)});
  text += markdown_table("Not covered", {"loads by dlopen()"}, paths);
  return text;
}

}  // namespace fn::img
