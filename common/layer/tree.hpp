// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/content.hpp"
#include "layer/entry.hpp"
#include "layer/whiteout.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fn::layer {

// The number of a directory that no layer describes.
inline constexpr std::size_t no_entry = std::size_t(-1);

// A file of the final image: the entry, and the layer (index, 0 is the lowest) that it comes from.
struct Node {
  Entry entry;
  std::uint32_t layer = 0;
  std::uint32_t source_layer = 0;    // whose tar has the content: `layer`, or a lower one for what began as a link
  std::size_t number = no_entry;     // which entry of `source_layer` that is, whiteouts counted
  const Content* content = nullptr;  // of a file with a size, if it was given to add(); borrowed
};

// Nodes are sorted by path, which stands once: an image has hundreds of thousands.
struct ByPath {
  using is_transparent = void;
  bool operator()(const Node& a, const Node& b) const { return a.entry.path < b.entry.path; }
  bool operator()(const Node& a, std::string_view path) const { return a.entry.path < path; }
  bool operator()(std::string_view path, const Node& b) const { return path < b.entry.path; }
};

// The files that a stack of layers produces, by path (image-spec, layer.md, "Applying Changesets"). Whiteouts hide
// files of lower layers, never an entry of the same layer, wherever they are in it: they come first. Metadata only.
//
// Paths that lead through a symbolic link are entered where the link points to ("lib/x" as "usr/lib/x"), as they are
// when the layer is applied. Directories that no layer describes are 0755, root's. A hard link always names a node that
// is not a hard link: when a later layer hides the first name, the first of its links becomes the file, and members()
// says what its tar calls it.
class Tree {
 public:
  // A whole layer. Its contents are borrowed.
  void add_layer(std::span<const File> files);
  // The same in steps. Begins by hiding what the layer's whiteouts hide; all entries are then added in tar order. Up to
  // the end nodes() has second names of hidden files that the layer's links name.
  void begin_layer(const Whiteouts& whiteouts);
  // Throws integrity for an entry that cannot be applied: an entry below a file, a hard link to nothing or to a
  // directory, a loop of links, a whiteout without a name.
  void add(Entry entry, const Content* content = nullptr);
  void end_layer();

  using Nodes = std::set<Node, ByPath>;
  const Nodes& nodes() const { return nodes_; }
  // Null if there is none.
  const Node* find(std::string_view path) const;
  // The file itself: of a hard link, the node that it names.
  const Node& file_of(const Node& node) const;
  // The nodes that the tar of their `source_layer` has under another path: where they are -> that path. Of a hard link:
  // ask for the file.
  const std::map<std::string, std::string, std::less<>>& members() const { return members_; }

 private:
  enum class Missing { make, keep };

  std::string place(const std::string& path, Missing missing);
  std::string resolve(std::string_view directory, Missing missing);
  std::optional<std::string> hiding_place(std::string_view directory, const Whiteouts& whiteouts) const;
  std::optional<std::string> follow(std::string_view directory, Missing missing,
                                    const Whiteouts::Paths* unfollowed) const;
  bool is_directory(std::string_view path) const;
  void add_directories(std::string_view path);
  void name_member(const std::string& path, std::string member);
  void put(Entry entry, std::string member, const Content* content);
  Node node_of(Entry entry, const Content* content) const;
  const std::string& first_name(const Entry& link) const;
  void keep(const Whiteouts& whiteouts);
  void forget_kept(const std::string& name);
  void hide(const std::string& path);
  void hide_below(const std::string& directory);
  // A file that goes, while some of its names stay.
  struct Gone {
    Node node;
    std::string member;
  };
  template <typename Change>
  void change(Nodes::const_iterator node, Change&& change);
  Nodes::const_iterator erase(Nodes::const_iterator node, std::vector<Gone>& gone);
  void pass_on_links(std::vector<Gone>& gone);
  std::uint32_t current() const { return layers_ - 1; }

  Nodes nodes_;
  std::map<std::string, std::string, std::less<>> members_;
  std::uint32_t layers_ = 0;
  std::size_t entries_ = 0;                             // of the current layer
  std::map<std::string, std::string> kept_;             // what a link names -> the second name of that file
  std::map<std::string, std::set<std::string>> links_;  // first name -> the hard links to it
  std::string last_directory_;  // of the last place(), and what it resolved to: entries come in runs
  std::string last_resolved_;
};

}  // namespace fn::layer
