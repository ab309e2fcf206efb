// SPDX-License-Identifier: Apache-2.0
#include "base/units.hpp"
#include "diff/report.hpp"
#include "image/markdown.hpp"

#include <fmt/format.h>

namespace fn::img {
namespace {

std::string size_cell(const layer::Node* node) {
  return node && node->entry.type == layer::Type::file ? human_bytes(node->entry.size) : "";
}

std::string config(const DiffView& view) {
  std::string rows;
  for (const Cause& cause : view.diff.config)
    for (const Example& example : cause.examples)
      rows += markdown_row({markdown_cell(cause.what), markdown_cell(example.where), markdown_cell(example.a),
                            markdown_cell(example.b)});
  return markdown_table("Config", {"what", "name", "before", "after"}, rows);
}

std::string layers(const DiffView& view) {
  std::string rows;
  const auto size = [](const Side& side, const std::optional<std::size_t>& n) {
    return n ? human_bytes(side.operand.image->manifest.layers[*n].size) : std::string();
  };
  for (const LayerPair& pair : view.diff.layers)
    rows += markdown_row({markdown_cell(pair.b ? view.b.layer_name(*pair.b) : view.a.layer_name(*pair.a)),
                          size(view.a, pair.a), size(view.b, pair.b)});
  return markdown_table("Layers", {"layer", "before", "after"}, rows);
}

std::string packages(const DiffView& view) {
  std::string rows;
  for (const PackageChange& change : view.diff.packages) {
    const package::Package& one = change.package();
    rows += markdown_row({std::string(package::ecosystem_name(one.ecosystem)), markdown_cell(one.name),
                          markdown_cell(change.before ? change.before->version : ""),
                          markdown_cell(change.after ? change.after->version : ""),
                          change.direction < 0 ? "**downgrade**" : ""});
  }
  return markdown_table("Packages", {"kind", "package", "before", "after", ""}, rows);
}

std::string files(const DiffView& view) {
  std::string rows;
  for (const layer::Change& change : view.diff.files) {
    if (!view.all && change.aspects == layer::Aspects(layer::Aspect::time)) continue;
    const bool both = change.before && change.after;
    rows += markdown_row({!change.before  ? "added"
                          : !change.after ? "removed"
                                          : "changed",
                          markdown_cell(change.path.empty() ? "." : change.path), size_cell(change.before),
                          size_cell(change.after), both ? markdown_cell(change_text(view.a, view.b, change)) : ""});
  }
  return markdown_table("Files", {"", "path", "before", "after", "what"}, rows);
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
  std::string out =
      fmt::format("## {} → {}\n\n", markdown_cell(view.a.operand.text), markdown_cell(view.b.operand.text));
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
