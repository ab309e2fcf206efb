// SPDX-License-Identifier: Apache-2.0
// A patch is one or two parts of a file: what goes, and what comes. Of two texts at one path they are one part; a link
// and a file, or two links, are a deletion and a creation. First it is settled for each change whether there can be a
// patch; then the contents of all that have one are read, layer by layer; then the patches are written.
#include "diff/file_patches.hpp"

#include "diff/patch.hpp"
#include "diff/patch_name.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace fn::img {
namespace {

using layer::Aspect;
using layer::Node;
using layer::Type;

constexpr Bytes max_patched_file = 1 * MiB;
constexpr Bytes max_patched_total = 128 * MiB;

// What a path is on one side; null where there is nothing.
struct Ends {
  const layer::Change* change = nullptr;
  const Node* before = nullptr;
  const Node* after = nullptr;
};

using Texts = std::map<const Node*, std::string>;

bool is(const Node* node, Type type) {
  return node && node->entry.type == type;
}

bool has_text(const Node* node) {
  return is(node, Type::file) || is(node, Type::symlink);
}

constexpr std::uint32_t permissions = 0777;

// The mode as git writes it. patch(1) sets these bits; git apply looks at the owner's x only.
std::uint32_t git_mode(const Node& node) {
  return node.entry.type == Type::symlink ? 0120000 : 0100000 | (node.entry.mode & permissions);
}

bool changes_permissions(const Ends& ends) {
  return is(ends.before, Type::file) && is(ends.after, Type::file) && layer::has(ends.change->aspects, Aspect::mode) &&
         git_mode(*ends.before) != git_mode(*ends.after);
}

// Something that a patch is about. What else has changed, such as an owner, is in the list of files.
bool is_of_interest(const Ends& ends) {
  if (!ends.before || !ends.after) return true;
  constexpr Aspect aspects[] = {Aspect::type, Aspect::content, Aspect::link};
  return changes_permissions(ends) || std::any_of(std::begin(aspects), std::end(aspects), [&](Aspect aspect) {
           return layer::has(ends.change->aspects, aspect);
         });
}

// Why there can't be a patch, before anything is read. Directories come and go with their files.
std::optional<std::string> reason_against(const Ends& ends) {
  if (is(ends.before, Type::directory) != is(ends.after, Type::directory) && ends.before && ends.after)
    return "a directory on one side";
  for (const Node* node : {ends.before, ends.after})
    if (node && !has_text(node)) return std::string(layer::type_name(node->entry.type));
  if (is_refused_by_git(ends.change->path)) return "a name that git refuses";
  return std::nullopt;
}

Bytes larger_size(const Ends& ends) {
  return std::max(ends.before ? ends.before->entry.size : 0, ends.after ? ends.after->entry.size : 0);
}

std::string text_of(const Texts& texts, const Node* node) {
  if (!node) return {};
  if (node->entry.type == Type::symlink) return node->entry.link;
  const auto found = texts.find(node);
  return found == texts.end() ? std::string() : found->second;
}

class PatchText {
 public:
  PatchText(const Ends& ends, const Texts& before, const Texts& after)
      : ends_(ends), a_(text_of(before, ends.before)), b_(text_of(after, ends.after)) {}

  bool is_possible() const { return is_text(a_) && is_text(b_); }

  std::string str() const {
    if (ends_.before && ends_.after && (is(ends_.before, Type::symlink) || is(ends_.after, Type::symlink)))
      return gone() + come();
    if (!ends_.after) return gone();
    if (!ends_.before) return come();
    std::string text = head();
    if (changes_permissions(ends_))
      text += fmt::format("old mode {:o}\nnew mode {:o}\n", git_mode(*ends_.before), git_mode(*ends_.after));
    return text + unified_diff(a_, b_, name('a'), name('b'));
  }

 private:
  std::string name(char side) const { return patch_name(fmt::format("{}/{}", side, ends_.change->path)); }
  std::string head() const { return fmt::format("diff --git {} {}\n", name('a'), name('b')); }

  std::string gone() const {
    std::string text = head() + fmt::format("deleted file mode {:o}\n", git_mode(*ends_.before));
    // Of an empty file there is no line to delete; patch(1) believes it by the name of the empty blob.
    if (a_.empty()) return text + "index e69de29..0000000\n";
    return text + unified_diff(a_, "", name('a'), "/dev/null");
  }

  std::string come() const {
    return head() + fmt::format("new file mode {:o}\n", git_mode(*ends_.after)) +
           unified_diff("", b_, "/dev/null", name('b'));
  }

  const Ends& ends_;
  std::string a_, b_;
};

class Patches {
 public:
  Patches(const Side& a, const Side& b, const Limits& limits) : a_(a), b_(b), limits_(limits) {}

  std::vector<FilePatch> make(const std::vector<layer::Change>& changes) {
    for (const layer::Change& change : changes) choose(change);
    const Texts before = read(a_, [](const Ends& ends) { return ends.before; });
    const Texts after = read(b_, [](const Ends& ends) { return ends.after; });
    for (const Ends& ends : chosen_) {
      const PatchText text(ends, before, after);
      if (text.is_possible()) {
        patches_.push_back({.path = ends.change->path, .text = text.str(), .why = {}});
      } else {
        refuse(ends.change->path, "binary");
      }
    }
    std::sort(patches_.begin(), patches_.end(), [](const FilePatch& x, const FilePatch& y) { return x.path < y.path; });
    return std::move(patches_);
  }

 private:
  void choose(const layer::Change& change) {
    const auto file = [](const Side& side, const Node* node) {
      return node ? &side.files.tree.file_of(*node) : nullptr;
    };
    const Ends ends{&change, file(a_, change.before), file(b_, change.after)};
    if (is_below_refused(change.path) || !is_of_interest(ends) || comes_with_files(ends)) return;
    if (const auto reason = reason_against(ends)) {
      if (ends.before && ends.after) refused_.insert(change.path);
      return refuse(change.path, *reason);
    }
    const Bytes size = larger_size(ends);
    total_ += size;
    if (size > max_patched_file || total_ > max_patched_total) return refuse(change.path, "too large");
    if (!ends.after) note_directory(layer::parent_path(change.path));
    chosen_.push_back(ends);
  }

  // Where a directory and something else meet, what was below it goes with it.
  bool is_below_refused(std::string_view path) const {
    for (path = layer::parent_path(path); !path.empty(); path = layer::parent_path(path))
      if (refused_.contains(path)) return true;
    return false;
  }

  static auto below(const Side& side, const std::string& path) {
    const auto& nodes = side.files.tree.nodes();
    // '0' is the byte after '/'.
    return std::pair(nodes.lower_bound(path + '/'), nodes.lower_bound(path + '0'));
  }

  // A directory that a patch makes or removes by its files.
  bool comes_with_files(const Ends& ends) const {
    if (ends.before && ends.after) return false;
    const Side& side = ends.after ? b_ : a_;
    if (!is(ends.after ? ends.after : ends.before, Type::directory)) return false;
    const auto [begin, end] = below(side, ends.change->path);
    return std::any_of(begin, end, [](const Node& each) { return each.entry.type != Type::directory; });
  }

  // It would go with its last file.
  void note_directory(std::string_view path) {
    const layer::Node* directory = b_.files.tree.find(path);
    if (!directory) return;
    const auto [begin, end] = below(b_, directory->entry.path);
    if (begin == end && emptied_.insert(directory->entry.path).second)
      refuse(directory->entry.path, "a directory left empty");
  }

  void refuse(const std::string& path, std::string why) {
    patches_.push_back({.path = path, .text = {}, .why = std::move(why)});
  }

  template <typename End>
  Texts read(const Side& side, End&& end) const {
    std::vector<const Node*> files;
    for (const Ends& ends : chosen_)
      if (const Node* node = end(ends); is(node, Type::file) && node->entry.size > 0) files.push_back(node);
    Texts texts;
    visit_contents(side, files, limits_,
                   [&](const Node& node, std::string content) { texts[&node] = std::move(content); });
    return texts;
  }

  const Side& a_;
  const Side& b_;
  const Limits& limits_;
  std::vector<Ends> chosen_;
  std::set<std::string, std::less<>> refused_;
  std::set<std::string> emptied_;
  std::vector<FilePatch> patches_;
  Bytes total_ = 0;
};

}  // namespace

std::vector<FilePatch> make_patches(const Side& a, const Side& b, const std::vector<layer::Change>& changes,
                                    const Limits& limits) {
  return Patches(a, b, limits).make(changes);
}

}  // namespace fn::img
