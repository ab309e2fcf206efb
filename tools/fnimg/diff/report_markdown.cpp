// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "base/units.hpp"
#include "diff/report.hpp"

#include <fmt/format.h>

namespace fn::img {
namespace {

// A cell of a table: what would end it or begin markup of its own is escaped.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    if (std::string_view("|`*_<>[]\\&#").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string row(const std::vector<std::string>& cells) {
  return fmt::format("| {} |\n", fmt::join(cells, " | "));
}

std::string table(std::string_view title, const std::vector<std::string>& heads, const std::string& rows) {
  if (rows.empty()) return {};
  return fmt::format("### {}\n\n{}{}{}\n", title, row(heads), row(std::vector<std::string>(heads.size(), "---")), rows);
}

std::string size_cell(const layer::Node* node) {
  return node && node->entry.type == layer::Type::file ? human_bytes(node->entry.size) : "";
}

std::string config(const DiffView& view) {
  std::string rows;
  for (const Cause& cause : view.diff.config)
    for (const Example& example : cause.examples)
      rows += row({cell(cause.what), cell(example.where), cell(example.a), cell(example.b)});
  return table("Config", {"what", "name", "before", "after"}, rows);
}

std::string layers(const DiffView& view) {
  std::string rows;
  const auto size = [](const Side& side, const std::optional<std::size_t>& n) {
    return n ? human_bytes(side.operand.image->manifest.layers[*n].size) : std::string();
  };
  for (const LayerPair& pair : view.diff.layers)
    rows += row({cell(pair.b ? view.b.layer_name(*pair.b) : view.a.layer_name(*pair.a)), size(view.a, pair.a),
                 size(view.b, pair.b)});
  return table("Layers", {"layer", "before", "after"}, rows);
}

std::string packages(const DiffView& view) {
  std::string rows;
  for (const PackageChange& change : view.diff.packages) {
    const package::Package& one = change.package();
    rows += row({std::string(package::ecosystem_name(one.ecosystem)), cell(one.name),
                 cell(change.before ? change.before->version : ""), cell(change.after ? change.after->version : ""),
                 change.direction < 0 ? "**downgrade**" : ""});
  }
  return table("Packages", {"kind", "package", "before", "after", ""}, rows);
}

std::string files(const DiffView& view) {
  std::string rows;
  for (const layer::Change& change : view.diff.files) {
    if (!view.all && change.aspects == layer::Aspects(layer::Aspect::time)) continue;
    const bool both = change.before && change.after;
    rows += row({!change.before  ? "added"
                 : !change.after ? "removed"
                                 : "changed",
                 cell(change.path.empty() ? "." : change.path), size_cell(change.before), size_cell(change.after),
                 both ? cell(change_text(view.a, view.b, change)) : ""});
  }
  return table("Files", {"", "path", "before", "after", "what"}, rows);
}

// A fence that no line of the text can close.
std::string fenced(const std::string& text) {
  std::string fence = "```";
  while (text.find(fence) != std::string::npos) fence += '`';
  return fmt::format("{}diff\n{}{}\n\n", fence, text, fence);
}

}  // namespace

std::string diff_markdown(const DiffView& view) {
  const auto asked = [&](Section section) { return view.sections.contains(section); };
  std::string out = fmt::format("## {} → {}\n\n", cell(view.a.operand.text), cell(view.b.operand.text));
  if (asked(Section::config)) out += config(view);
  if (asked(Section::layer)) out += layers(view);
  if (asked(Section::package)) out += packages(view);
  if (asked(Section::file)) out += files(view);
  for (const FilePatch& patch : view.patches)
    if (!patch.text.empty()) out += fenced(patch.text);
  const FileSums& sums = view.diff.sums;
  if (is_equal(view)) return out + "No difference.\n";
  if (asked(Section::file))
    out += fmt::format("{} added, {} removed, {} changed, {} only in time; +{}, -{}.\n", grouped(sums.added),
                       grouped(sums.removed), grouped(sums.modified), grouped(sums.time_only),
                       human_bytes(sums.added_bytes), human_bytes(sums.removed_bytes));
  if (asked(Section::chunk))
    out += fmt::format("To fetch: {} in {}; {} in chunks of 512 KiB.\n", human_bytes(view.diff.fetch.layer_bytes),
                       counted(view.diff.fetch.layers, "layer", "layers"), human_bytes(view.diff.fetch.chunk_bytes));
  return out;
}

}  // namespace fn::img
