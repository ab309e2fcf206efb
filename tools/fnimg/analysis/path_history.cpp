// SPDX-License-Identifier: Apache-2.0
#include "analysis/path_history.hpp"

#include "layer/whiteout.hpp"
#include "sys/signal.hpp"

#include <tuple>
#include <utility>

namespace fn::img {
namespace {

std::vector<std::string> differences(const PathState& a, const PathState& b) {
  const layer::Entry& x = a.entry;
  const layer::Entry& y = b.entry;
  std::vector<std::string> aspects;
  const auto add = [&](bool differs, const char* aspect) {
    if (differs) aspects.emplace_back(aspect);
  };
  add(x.size != y.size || a.content != b.content, "content");
  add(x.mode != y.mode, "mode");
  add(std::tie(x.uid, x.gid) != std::tie(y.uid, y.gid), "owner");
  add(std::tie(x.mtime, x.mtime_ns) != std::tie(y.mtime, y.mtime_ns), "time");
  add(x.link != y.link, "link");
  add(x.xattrs != y.xattrs, "xattrs");
  add(std::tie(x.device_major, x.device_minor) != std::tie(y.device_major, y.device_minor), "device");
  return aspects;
}

// How an entry makes a path vanish that is not its own.
std::string cause(const layer::Entry& entry) {
  const std::string_view name = layer::base_name(entry.path);
  if (name == layer::opaque_marker) {
    const std::string_view directory = layer::parent_path(entry.path);
    return fmt::format("opaque directory '{}'", directory.empty() ? "." : directory);
  }
  if (layer::is_whiteout(name)) return fmt::format("whiteout '{}'", entry.path);
  return fmt::format("'{}' became a {}", entry.path, type_name(entry.type));
}

// Puts an image together layer by layer and watches one path.
class Watch {
 public:
  Watch(const ImageFiles& image, const std::string& path) : image_(image), path_(path) {}

  std::vector<PathEvent> run() {
    for (std::size_t n = 0; n < image_.layers.size(); ++n) {
      sys::check_interrupt();
      const std::optional<PathState> before = state_at(tree_, path_);
      const std::string by = add_layer(image_.layers[n]);
      const layer::Node* node = tree_.find(path_);
      if (node && node->layer == n) {
        put(n, before);
      } else if (before && !node) {
        events_.push_back({n, PathEvent::What::deleted, {}, by, {}});
      }
    }
    return std::move(events_);
  }

 private:
  // Gives back what made the path vanish last.
  std::string add_layer(const LayerFiles& layer) {
    const layer::Whiteouts whiteouts = layer::whiteouts_of(layer.files);
    const layer::Tree before = tree_.find(path_) && !whiteouts.empty() ? tree_ : layer::Tree();
    tree_.begin_layer(whiteouts);
    bool was_there = tree_.find(path_);
    std::string by = before.find(path_) && !was_there ? hiding_cause(before, layer, whiteouts) : std::string();
    for (const layer::File& file : layer.files) {
      tree_.add(file.entry, &file.content);
      const bool is_there = tree_.find(path_);
      if (was_there && !is_there) by = cause(file.entry);
      was_there = is_there;
    }
    tree_.end_layer();
    return by;
  }

  // Which of the whiteouts hides the path in `tree`.
  std::string hiding_cause(const layer::Tree& tree, const LayerFiles& layer, const layer::Whiteouts& whiteouts) const {
    for (const layer::File& file : layer.files) {
      if (!layer::is_whiteout(file.entry.path)) continue;
      layer::Tree without = tree;
      without.begin_layer(whiteouts.only(file.entry));
      if (!without.find(path_)) return cause(file.entry);
    }
    return {};
  }

  void put(std::size_t n, const std::optional<PathState>& before) {
    using What = PathEvent::What;
    PathEvent event{.layer = n, .what = What::brought, .aspects = {}, .by = {}, .state = state_at(tree_, path_)};
    if (before && before->entry.type != event.state->entry.type) {
      event.what = What::replaced;
      event.aspects = {"type"};
    } else if (before) {
      event.aspects = differences(*before, *event.state);
      event.what = event.aspects.empty() ? What::repeated : What::changed;
    }
    events_.push_back(std::move(event));
  }

  const ImageFiles& image_;
  const std::string& path_;
  layer::Tree tree_;
  std::vector<PathEvent> events_;
};

}  // namespace

std::string_view what_name(PathEvent::What what) {
  static constexpr std::string_view names[] = {"brought", "changed", "replaced", "repeated", "deleted"};
  return names[std::size_t(what)];
}

std::optional<PathState> state_at(const layer::Tree& tree, const std::string& path) {
  const layer::Node* node = tree.find(path);
  if (!node) return std::nullopt;
  PathState state{node->entry, {}};
  if (node->entry.type == layer::Type::hardlink) {
    node = &tree.file_of(*node);
    state.entry = node->entry;
    state.entry.path = path;
    if (node->entry.type == layer::Type::file) state.entry.link = node->entry.path;
  }
  if (node->entry.type == layer::Type::file)
    state.content = node->entry.size > 0 && node->content ? node->content->digest : Sha256::of("");
  return state;
}

std::vector<PathEvent> path_history(const ImageFiles& image, const std::string& path) {
  return Watch(image, path).run();
}

}  // namespace fn::img
