// SPDX-License-Identifier: Apache-2.0
// The directory's files become a tree, which is compared with the image's as `diff` does it. Of a file that differs in
// one of its names all names are in the delta: a layer with a hard link to a file of a lower layer can't be unpacked
// into a directory of its own, as most runtimes do.
//
// What an ordinary directory lacks of the image was deleted. An upper directory, which is known by its marks, has only
// what changed; there just what its whiteouts hide and what opaque directories don't have was deleted.
#include "layer/delta.hpp"

#include "layer/diff.hpp"
#include "layer/read_contents.hpp"
#include "layer/selection.hpp"
#include "layer/unpacked.hpp"
#include "layer/whiteout.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace fn::layer {
namespace {

// What is hidden by whiteouts, which are taken out of the list.
class Hidden {
 public:
  explicit Hidden(std::vector<Item>& listed) {
    is_upper_ = std::any_of(listed.begin(), listed.end(), [](const Item& item) { return item.has_overlay_mark; });
    std::erase_if(listed, [&](const Item& item) {
      if (!is_whiteout(item.entry.path)) return false;
      whiteouts_.add(item.entry);
      return true;
    });
  }

  // Nothing of the image shows at a path that the directory doesn't have.
  bool has(std::string_view path) const {
    if (!is_upper_) return true;
    for (; !path.empty(); path = parent_path(path))
      if (whiteouts_.hidden().contains(path) || whiteouts_.opaque().contains(parent_path(path))) return true;
    return false;
  }

 private:
  bool is_upper_ = false;
  Whiteouts whiteouts_;
};

// The first name of the item's file.
const std::string& first_name_of(const Item& item) {
  return item.entry.type == Type::hardlink ? item.entry.link : item.entry.path;
}

// Contents can only be equal to those of files of the same size.
void read_comparable(std::vector<Item>& listed, const Tree& image, unsigned threads) {
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t n = 0; n < listed.size(); ++n)
    if (listed[n].entry.type == Type::file) places.emplace(listed[n].entry.path, n);
  std::set<std::size_t> wanted;
  for (const Item& item : listed) {
    const auto place = places.find(first_name_of(item));
    const Node* node = image.find(item.entry.path);
    if (place == places.end() || !node || listed[place->second].content) continue;
    if (listed[place->second].entry.size == image.file_of(*node).entry.size) wanted.insert(place->second);
  }
  std::vector<Item> unknown;
  for (const std::size_t n : wanted) unknown.push_back(listed[n]);
  read_contents(unknown, threads);
  auto known = unknown.begin();
  for (const std::size_t n : wanted) listed[n].content = std::move((known++)->content);
}

bool is_directory(const Tree& tree, std::string_view path) {
  if (path.empty()) return true;
  const Node* node = tree.find(path);
  return node && node->entry.type == Type::directory;
}

Item gone_item(const Change& change) {
  Item item;
  item.entry.path = change.path;
  item.entry.type = change.before->entry.type == Type::directory ? Type::directory : Type::file;
  return item;
}

// The path has something else than the image has there, or something new.
bool is_rewritten(const Change& change) {
  constexpr Aspect aspects[] = {Aspect::type, Aspect::content, Aspect::link, Aspect::device};
  return !change.before || std::any_of(std::begin(aspects), std::end(aspects),
                                       [&](Aspect aspect) { return has(change.aspects, aspect); });
}

// Times that tell nothing: what is not rewritten has the image's, under whichever of its names the image has it, and
// the rest is clamped.
void set_times(std::vector<Item>& items, const Tree& image, const std::unordered_set<std::string_view>& rewritten,
               std::int64_t latest) {
  std::unordered_map<std::string_view, const Entry*> known;  // by the first name
  for (const Item& item : items)
    if (const Node* node = image.find(item.entry.path); node && !rewritten.contains(item.entry.path))
      known.emplace(first_name_of(item), &image.file_of(*node).entry);
  for (Item& item : items) {
    if (const auto file = known.find(first_name_of(item)); file != known.end()) {
      item.entry.mtime = file->second->mtime;
      item.entry.mtime_ns = file->second->mtime_ns;
    } else {
      clamp_time(item, latest);
    }
  }
}

}  // namespace

Delta delta_to(std::vector<Item> listed, const Tree& image, std::optional<std::int64_t> latest, unsigned threads) {
  const Hidden hidden(listed);
  restore_unset(listed, image);
  read_comparable(listed, image, threads);
  Tree tree;
  tree.begin_layer({});
  for (const Item& item : listed) tree.add(item.entry, item.content ? &*item.content : nullptr);
  tree.end_layer();
  Delta delta;
  delta.is_related = image.nodes().empty() || std::any_of(listed.begin(), listed.end(), [&](const Item& item) {
                       return image.nodes().contains(item.entry.path);
                     });
  std::unordered_set<std::string_view> changed;  // files, by their first names
  std::unordered_set<std::string_view> rewritten;
  const std::vector<Change> changes = diff(image, tree, latest ? Aspects(Aspect::time) : Aspects(0));
  for (const Change& change : changes) {
    if (change.after) {
      changed.insert(tree.file_of(*change.after).entry.path);
      if (is_rewritten(change)) rewritten.insert(change.path);
    } else if (!change.path.empty() && hidden.has(change.path)) {
      ++delta.deleted;
      // What is below something else is hidden by that.
      if (is_directory(tree, parent_path(change.path))) delta.gone.push_back(gone_item(change));
    }
  }
  for (Item& item : listed)
    if (changed.contains(first_name_of(item))) delta.items.push_back(std::move(item));
  if (latest) set_times(delta.items, image, rewritten, *latest);
  return delta;
}

}  // namespace fn::layer
