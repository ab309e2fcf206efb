// SPDX-License-Identifier: Apache-2.0
// apply(a, diff(a, b)) == b: a layer that is made of nothing but what diff() says of two trees makes the one of the
// other.
#include "layer/diff.hpp"

#include "layer/rows.hpp"
#include "layer/tree.hpp"
#include "support.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <random>
#include <set>

using namespace fn;
using namespace fn::layer;

namespace {

struct Entries {
  std::vector<File> files;
};

File random_file(std::mt19937& random, const std::string& path, const std::vector<std::string>& links) {
  const auto below = [&](unsigned limit) { return std::uint32_t(random() % limit); };
  File file;
  Entry& entry = file.entry;
  entry.path = path;
  entry.mode = std::array{0644U, 0755U, 04755U}[below(3)];
  entry.uid = below(2);
  entry.mtime = below(2);
  entry.mtime_ns = below(8) == 0 ? 5 : 0;
  if (below(6) == 0) entry.xattrs.emplace("user.a", std::to_string(below(2)));
  switch (below(8)) {
    case 0:
      entry.type = Type::symlink;
      entry.mode = 0777;
      entry.link = std::array{"x", "/y"}[below(2)];
      break;
    case 1:
      entry.type = Type::char_device;
      entry.device_minor = below(2);
      break;
    case 2:
    case 3:
      if (!links.empty()) {
        entry = Entry{};
        entry.path = path;
        entry.type = Type::hardlink;
        entry.link = links[below(std::uint32_t(links.size()))];
      }
      break;
    default:
      entry.size = below(3);
      if (entry.size > 0) file.content.digest[0] = std::uint8_t(1 + below(2));
  }
  return file;
}

// Few names, so that two trees have most paths in common. Links in directories' places are another test's business.
Entries random_entries(std::mt19937& random) {
  Entries made;
  std::vector<std::string> directories{""};
  std::vector<std::string> files;
  for (unsigned n = 0; n < 14; ++n) {
    const std::string parent = directories[random() % directories.size()];
    std::string path = parent + (parent.empty() ? "" : "/") + std::string(1, char('a' + random() % 4));
    const auto is_same = [&](const File& other) { return other.entry.path == path; };
    if (std::any_of(made.files.begin(), made.files.end(), is_same)) continue;
    if (random() % 4 == 0 && std::count(path.begin(), path.end(), '/') < 2) {
      File directory;
      directory.entry.path = path;
      directory.entry.type = Type::directory;
      directory.entry.mode = random() % 2 ? 0755 : 0700;
      made.files.push_back(directory);
      directories.push_back(path);
      continue;
    }
    made.files.push_back(random_file(random, path, files));
    const Type type = made.files.back().entry.type;
    if (type == Type::file || type == Type::symlink) files.push_back(path);
  }
  return made;
}

// Every name of the files that diff() names, in an order that a tar may have: first names before links to them.
std::vector<File> layer_of(const Tree& b, const std::vector<Change>& changes) {
  std::set<const Node*> wanted;
  std::vector<File> layer;
  for (const Change& change : changes) {
    if (change.after) {
      wanted.insert(&b.file_of(*change.after));
      continue;
    }
    // A file that was another name keeps its entry there; what is below a directory that is gone goes with it.
    const std::string parent(parent_path(change.path));
    const Node* above = b.find(parent);
    if (!parent.empty() && (!above || above->entry.type != Type::directory)) continue;
    File whiteout;
    whiteout.entry.path = fmt::format("{}{}.wh.{}", parent, parent.empty() ? "" : "/", base_name(change.path));
    layer.push_back(whiteout);
  }
  std::vector<File> links;
  for (const Node& node : b.nodes()) {
    if (!wanted.contains(&b.file_of(node))) continue;
    (node.entry.type == Type::hardlink ? links : layer)
        .push_back({node.entry, node.content ? *node.content : Content{}});
  }
  layer.insert(layer.end(), links.begin(), links.end());
  return layer;
}

// What a tree is for who looks into it, written without diff(): each path's file, and the names that it has.
std::map<std::string, std::string> described(const Tree& tree) {
  std::map<std::string, std::set<std::string>> names;
  for (const Node& node : tree.nodes()) names[tree.file_of(node).entry.path].insert(node.entry.path);
  std::map<std::string, std::string> description;
  for (const Node& node : tree.nodes()) {
    const Node& file = tree.file_of(node);
    std::string xattrs;
    for (const auto& [name, value] : file.entry.xattrs) xattrs += name + "=" + value;
    description[node.entry.path] = fmt::format(
        "{} {:o} {} {}.{} {} {} {} {} {} [{}]", type_name(file.entry.type), file.entry.mode, file.entry.uid,
        file.entry.mtime, file.entry.mtime_ns, file.entry.size, file.entry.link, file.entry.device_minor, xattrs,
        file.entry.size > 0 ? int(file.content->digest[0]) : 0, fmt::join(names[file.entry.path], " "));
  }
  return description;
}

}  // namespace

int main() {
  fn::property::set_cases(4000);
  const bool holds = rc::check("the layer of what diff() says makes b of a", [](std::uint32_t seed) {
    std::mt19937 random(seed);
    const Entries from = random_entries(random);
    Entries to = random_entries(random);
    if (random() % 2 == 0) {
      // Close relatives: a few files of the other tree are exchanged.
      to = from;
      for (File& file : to.files)
        if (file.entry.type == Type::file && random() % 3 == 0) file = random_file(random, file.entry.path, {});
      std::erase_if(to.files, [&](const File& file) { return file.entry.type == Type::hardlink && random() % 2 == 0; });
      // A link to what is none any more.
      std::erase_if(to.files, [&](const File& file) {
        return file.entry.type == Type::hardlink &&
               std::any_of(to.files.begin(), to.files.end(), [&](const File& other) {
                 return other.entry.path == file.entry.link && other.entry.type == Type::char_device;
               });
      });
    }
    Tree a, b, applied;
    a.add_layer(from.files);
    b.add_layer(to.files);
    const std::vector<Change> changes = diff(a, b);
    const std::vector<File> layer = layer_of(b, changes);
    applied.add_layer(from.files);
    applied.add_layer(layer);
    RC_ASSERT(described(applied) == described(b));
    RC_ASSERT(diff(applied, b).empty());
    RC_ASSERT((described(a) == described(b)) == changes.empty());
    // And ignoring an aspect takes away just the changes that have no other.
    const std::vector<Change> timeless = diff(a, b, Aspects(Aspect::time));
    RC_ASSERT(std::count_if(changes.begin(), changes.end(), [](const Change& change) {
                return !change.before || !change.after || (change.aspects & ~Aspects(Aspect::time)) != 0;
              }) == std::ptrdiff_t(timeless.size()));
  });
  return holds ? 0 : 1;
}
