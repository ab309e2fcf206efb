// SPDX-License-Identifier: Apache-2.0
// A layer that stays was made for the layers that it stood on. What a new layer below it brings in addition may meet a
// file or a whiteout of it that meant something else.
#include "compat/rules.hpp"
#include "image/document.hpp"
#include "layer/whiteout.hpp"

#include <fmt/format.h>
#include <map>
#include <set>

namespace fn::img {
namespace {

using Paths = std::map<std::string_view, std::size_t>;  // and their layer

std::set<std::string> diff_ids_of(const CheckedImage& image) {
  std::set<std::string> ids;
  for (const oci::Digest& id : image.config().diff_ids) ids.insert(id.str());
  return ids;
}

// Files of the layers whose diffIDs are not among `others`; the highest of each path counts.
Paths own_files(const CheckedImage& image, const std::set<std::string>& others) {
  Paths paths;
  for (std::size_t n = 0; n < image.files().layers.size(); ++n) {
    if (others.contains(image.config().diff_ids[n].str())) continue;
    for (const layer::File& file : image.files().layers[n].files)
      if (file.entry.type != layer::Type::directory && !layer::is_whiteout(file.entry.path)) paths[file.entry.path] = n;
  }
  return paths;
}

class Hidden {
 public:
  Hidden(const CheckedImage& after, Paths fresh, Findings& findings)
      : after_(after), fresh_(std::move(fresh)), findings_(findings) {}

  void look_at(std::size_t layer, const layer::Entry& entry) {
    const std::string_view path = entry.path;
    const std::string_view name = layer::base_name(path);
    if (!layer::is_whiteout(path)) {
      if (entry.type == layer::Type::directory) return;
      if (const auto same = fresh_.find(path); same != fresh_.end()) tell("files.shadowed", *same, layer);
      return;
    }
    std::string hides(layer::parent_path(path));
    if (name != layer::opaque_marker) {
      hides.append(hides.empty() ? "" : "/").append(name.substr(layer::whiteout_prefix.size()));
      if (const auto same = fresh_.find(hides); same != fresh_.end()) tell("files.hidden", *same, layer);
    }
    if (!hides.empty()) hides += '/';
    for (auto below = fresh_.lower_bound(hides); below != fresh_.end() && below->first.starts_with(hides); ++below)
      tell("files.hidden", *below, layer);
  }

 private:
  void tell(std::string_view rule, const Paths::value_type& file, std::size_t by) {
    if (file.second >= by) return;
    const auto label = [&](std::size_t n) { return layer_label(after_.image().manifest.layers[n]); };
    findings_.add({.rule = std::string(rule),
                   .severity = Severity::notice,
                   .path = std::string(file.first),
                   .needs = {},
                   .layer = label(file.second),
                   .since = {},
                   .hint = fmt::format("layer '{}' {} it", label(by), rule == "files.hidden" ? "hides" : "replaces")});
  }

  const CheckedImage& after_;
  Paths fresh_;
  Findings& findings_;
};

}  // namespace

void check_hidden(const CheckedImage& before, const CheckedImage& after, Findings& findings) {
  const std::set<std::string> old_ids = diff_ids_of(before);
  Paths fresh = own_files(after, old_ids);
  for (const auto& [path, layer] : own_files(before, diff_ids_of(after))) fresh.erase(path);
  if (fresh.empty()) return;
  Hidden hidden(after, std::move(fresh), findings);
  for (std::size_t n = 0; n < after.files().layers.size(); ++n) {
    if (!old_ids.contains(after.config().diff_ids[n].str())) continue;
    for (const layer::File& file : after.files().layers[n].files) hidden.look_at(n, file.entry);
  }
}

}  // namespace fn::img
