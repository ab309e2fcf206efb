// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "base/units.hpp"
#include "cli/table.hpp"
#include "diff/patch_name.hpp"
#include "diff/report.hpp"
#include "image/document.hpp"
#include "image/entry_text.hpp"

#include <map>

namespace fn::img {
namespace {

using cli::Style;
using cli::styled;

// "+1.2 MB", "-3 B", "" for no change.
std::string growth(Bytes before, Bytes after) {
  if (before == after) return {};
  return after > before ? "+" + human_bytes(after - before) : "-" + human_bytes(before - after);
}

enum class Sign : char { added = '+', removed = '-', changed = '~' };

Sign sign_of(bool before, bool after) {
  return !before ? Sign::added : !after ? Sign::removed : Sign::changed;
}

std::string shown(Sign sign, bool color) {
  const Style style = sign == Sign::added ? Style::green : sign == Sign::removed ? Style::red : Style::yellow;
  return styled(std::string(1, char(sign)), style, color);
}

// The signs stand before a table's lines, which can't hold colour themselves.
std::string with_signs(const std::string& table, const std::vector<Sign>& signs, bool color) {
  std::string text;
  std::size_t n = 0;
  for (const std::string& line : split(table, '\n'))
    if (!line.empty()) text += fmt::format("  {} {}\n", shown(signs.at(n++), color), line);
  return text;
}

class Text {
 public:
  Text(const DiffView& view, bool color) : view_(view), color_(color) {}

  std::string str() {
    if (asked(Section::config)) config();
    if (asked(Section::layer)) layers();
    if (asked(Section::package)) packages();
    if (asked(Section::file)) files();
    for (const FilePatch& patch : view_.patches) add_patch(patch);
    summary();
    return std::move(out_);
  }

 private:
  bool asked(Section section) const { return view_.sections.contains(section); }
  void head(std::string_view text) { out_ += styled(text, Style::bold, color_) + '\n'; }

  void config() {
    if (view_.diff.config.empty()) return;
    head("config");
    cli::Table table({{""}, {""}, {""}});
    std::vector<Sign> signs;
    for (const Cause& cause : view_.diff.config)
      for (const Example& example : cause.examples) {
        const bool same_name = example.where == cause.what;
        table.row({cause.what, same_name ? "" : example.where, fmt::format("{} -> {}", example.a, example.b)});
        signs.push_back(Sign::changed);
      }
    out_ += with_signs(table.str(), signs, color_);
  }

  void layers() {
    if (view_.diff.layers.empty()) return;
    head("layers");
    cli::Table table({{""}, {"", cli::Table::Align::right}, {"", cli::Table::Align::right}, {""}});
    std::vector<Sign> signs;
    const auto layer = [](const Side& side, std::size_t n) { return side.operand.image->manifest.layers[n]; };
    for (const LayerPair& pair : view_.diff.layers) {
      const Bytes before = pair.a ? layer(view_.a, *pair.a).size : 0;
      const Bytes after = pair.b ? layer(view_.b, *pair.b).size : 0;
      const std::string digests = (pair.a ? layer(view_.a, *pair.a).digest.brief() : "") +
                                  (pair.a && pair.b ? " -> " : "") +
                                  (pair.b ? layer(view_.b, *pair.b).digest.brief() : "");
      table.row({pair.b ? view_.b.layer_name(*pair.b) : view_.a.layer_name(*pair.a),
                 human_bytes(pair.b ? after : before), pair.a && pair.b ? growth(before, after) : "", digests});
      signs.push_back(sign_of(pair.a.has_value(), pair.b.has_value()));
    }
    out_ += with_signs(table.str(), signs, color_);
  }

  void packages() {
    if (view_.diff.packages.empty()) return;
    head("packages");
    cli::Table table({{""}, {""}, {""}, {""}});
    std::vector<Sign> signs;
    for (const PackageChange& change : view_.diff.packages) {
      const package::Package& one = change.package();
      const bool both = change.before && change.after;
      table.row({std::string(package::ecosystem_name(one.ecosystem)), one.name,
                 both ? fmt::format("{} -> {}", change.before->version, change.after->version) : one.version,
                 both && change.direction < 0 ? "downgrade" : one.root});
      signs.push_back(sign_of(change.before.has_value(), change.after.has_value()));
    }
    out_ += with_signs(table.str(), signs, color_);
  }

  // The one of `directories` that `path` is below.
  template <typename Directories>
  static auto find_above(std::string_view path, Directories& directories) {
    for (std::string_view above = layer::parent_path(path); !above.empty(); above = layer::parent_path(above))
      if (const auto found = directories.find(std::string(above)); found != directories.end()) return found;
    return directories.end();
  }
  static bool is_below(std::string_view path, const std::map<std::string, FileSums>& directories) {
    return find_above(path, directories) != directories.end();
  }

  // By directory: its name, then its files. A directory that is gone is one line with all that was in it, unless all
  // is asked for.
  void files() {
    const std::map<std::string, FileSums> gone = view_.all ? std::map<std::string, FileSums>() : removed_directories();
    std::vector<const layer::Change*> group;
    std::string directory;
    bool any = false;
    for (const layer::Change& change : view_.diff.files) {
      if (!view_.all && change.aspects == layer::Aspects(layer::Aspect::time)) continue;
      if (is_below(change.path, gone)) continue;
      if (!any) head("files");
      const std::string parent(layer::parent_path(change.path));
      if (any && parent != directory) add_group(directory, group, gone);
      directory = parent;
      any = true;
      group.push_back(&change);
    }
    if (any) add_group(directory, group, gone);
  }

  static bool is_directory(const layer::Node* node) { return node && node->entry.type == layer::Type::directory; }

  // The topmost directories that are gone, with the sums of what was in each.
  std::map<std::string, FileSums> removed_directories() const {
    std::map<std::string, FileSums> gone;
    for (const layer::Change& change : view_.diff.files)
      if (is_directory(change.before) && !is_directory(change.after) && !is_below(change.path, gone))
        gone.try_emplace(change.path);
    for (const layer::Change& change : view_.diff.files)
      if (const auto above = find_above(change.path, gone); above != gone.end() && !is_directory(change.before)) {
        ++above->second.removed;
        above->second.removed_bytes += change.before->entry.size;
      }
    return gone;
  }

  void add_group(const std::string& directory, std::vector<const layer::Change*>& group,
                 const std::map<std::string, FileSums>& gone) {
    // No name may be taken for the beginning of a patch.
    out_ += fmt::format("  {}/\n", view_.patches.empty() ? printable(directory) : patch_name(directory));
    cli::Table table({{""}, {"", cli::Table::Align::right}, {"", cli::Table::Align::right}, {""}});
    std::vector<Sign> signs;
    for (const layer::Change* change : group) {
      const layer::Node* node = change->after ? change->after : change->before;
      const bool both = change->before && change->after;
      std::string name(layer::base_name(change->path));
      if (node->entry.type == layer::Type::directory) name += '/';
      std::string size = node->entry.type == layer::Type::file ? human_bytes(node->entry.size) : "";
      std::string note = note_of(*change, *node);
      if (const auto sums = gone.find(change->path); sums != gone.end() && sums->second.removed > 0) {
        if (!change->after) size = human_bytes(sums->second.removed_bytes);
        note += (note.empty() ? "with " : ", with ") + counted(sums->second.removed, "file", "files");
      }
      table.row({name, size, both ? growth(change->before->entry.size, change->after->entry.size) : "", note});
      signs.push_back(sign_of(change->before != nullptr, change->after != nullptr));
    }
    for (const std::string& line : split(with_signs(table.str(), signs, color_), '\n'))
      if (!line.empty()) out_ += "  " + line + '\n';
    group.clear();
  }

  std::string note_of(const layer::Change& change, const layer::Node& node) const {
    if (change.before && change.after) return change_text(view_.a, view_.b, change);
    if (node.entry.type == layer::Type::symlink) return "-> " + node.entry.link;
    if (node.entry.type == layer::Type::hardlink) return "link to " + node.entry.link;
    const bool special = (node.entry.mode & 06000) != 0 && node.entry.type == layer::Type::file;
    return special ? mode_string(node.entry) : std::string();
  }

  void add_patch(const FilePatch& patch) {
    if (patch.text.empty()) {
      out_ += fmt::format("{}: {}, not shown\n", patch_name(patch.path), patch.why);
      return;
    }
    if (!color_) {
      out_ += patch.text;
      return;
    }
    for (const std::string& line : split(patch.text.substr(0, patch.text.size() - 1), '\n')) {
      const bool is_head = line.starts_with("---") || line.starts_with("+++") || line.starts_with("@@");
      const bool plain = !is_head && !line.starts_with('+') && !line.starts_with('-');
      const Style style = is_head ? Style::bold : line.starts_with('+') ? Style::green : Style::red;
      out_ += styled(line, style, !plain) + '\n';
    }
  }

  void summary() {
    const FileSums& sums = view_.diff.sums;
    const Fetch& fetch = view_.diff.fetch;
    if (asked(Section::file)) {
      if (sums.added + sums.removed + sums.modified > 0)
        out_ += fmt::format("{}: {} added, {} removed, {} changed; +{}, -{}\n",
                            counted(sums.added + sums.removed + sums.modified, "file", "files"), grouped(sums.added),
                            grouped(sums.removed), grouped(sums.modified), human_bytes(sums.added_bytes),
                            human_bytes(sums.removed_bytes));
      if (sums.time_only > 0 && !view_.all)
        out_ += fmt::format("{} only in time (-v shows them, --ignore time omits them)\n",
                            counted(sums.time_only, "file differs", "files differ"));
    }
    if (is_equal(view_)) {
      out_ += "no difference\n";
      return;
    }
    if (asked(Section::chunk))
      out_ +=
          fmt::format("to fetch: {} in {}; by chunks of 512 KiB: {} of {}, {}\n", human_bytes(fetch.layer_bytes),
                      counted(fetch.layers, "layer", "layers"), grouped(fetch.chunks),
                      counted(fetch.chunks + fetch.known_chunks, "chunk", "chunks"), human_bytes(fetch.chunk_bytes));
  }

  const DiffView& view_;
  bool color_;
  std::string out_;
};

}  // namespace

std::string diff_text(const DiffView& view, bool color) {
  return Text(view, color).str();
}

}  // namespace fn::img
