// SPDX-License-Identifier: Apache-2.0
// The nodes are a set sorted by path, in which all that is below a directory is one range. An entry is first placed:
// links in its directory are followed as they are at this moment. Then it replaces what is at its place, with all that
// is below, unless both are directories. A layer's whiteouts remove the ranges that they name before its first entry is
// added. Where they lead is found out for all of them before one removes anything.
//
// Hard links are one step deep: a link names the file's first name, and `links_` knows all links of a first name. If a
// first name goes while it has links, erase() hands its node out, and pass_on_links() gives that to the first link in
// the order of paths. In between there are links to nothing, so whoever erases passes on before anything else is looked
// up. Whatever removes a node also clears the directory that resolve() remembers.
//
// What must never differ is this tree and what apply.cpp makes on a disk of the same layers.
#include "layer/tree.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <utility>

namespace fn::layer {
namespace {

constexpr unsigned max_links = 40;  // the kernel's limit for one path

std::string joined(std::string_view directory, std::string_view name) {
  std::string path(directory);
  if (!path.empty()) path += '/';
  path += name;
  return path;
}

// '0' is the byte after '/': [path + '/', path + '0') are the keys of all that is below.
std::string after_all_below(const std::string& path) {
  return path + '0';
}

}  // namespace

void Tree::add_layer(std::span<const File> files) {
  begin_layer(whiteouts_of(files));
  for (const File& file : files) add(file.entry, &file.content);
  end_layer();
}

void Tree::begin_layer(const Whiteouts& whiteouts) {
  ++layers_;
  entries_ = 0;
  last_directory_.clear();
  if (whiteouts.empty() || layers_ == 1) return;  // below the lowest there is nothing to hide
  std::set<std::string> hidden;
  std::set<std::string> opaque;
  for (const std::string& path : whiteouts.hidden())
    if (const auto directory = hiding_place(parent_path(path), whiteouts))
      check_path(*hidden.insert(joined(*directory, base_name(path))).first);
  for (const std::string& path : whiteouts.opaque())
    if (auto directory = hiding_place(path, whiteouts)) opaque.insert(std::move(*directory));
  keep(whiteouts);
  for (const std::string& path : opaque) hide_below(path);
  for (const std::string& path : hidden) hide(path);
  // What is still there is found without.
  std::erase_if(kept_, [&](const auto& kept) {
    const auto directory = hiding_place(parent_path(kept.first), whiteouts);
    const bool is_there = directory && nodes_.contains(joined(*directory, base_name(kept.first)));
    if (is_there) forget_kept(kept.second);
    return is_there;
  });
}

void Tree::end_layer() {
  for (const auto& [target, name] : kept_) forget_kept(name);
  kept_.clear();
}

void Tree::keep(const Whiteouts& whiteouts) {
  for (const std::string& target : whiteouts.link_targets()) {
    const auto directory = hiding_place(parent_path(target), whiteouts);
    if (!directory) continue;
    const Node* found = find(joined(*directory, base_name(target)));
    if (!found || found->entry.type == Type::directory) continue;
    Entry name{.path = name_to_keep(kept_.size()), .type = Type::hardlink, .link = found->entry.path};
    kept_.emplace(target, name.path);
    put(std::move(name), {}, nullptr);
  }
}

void Tree::forget_kept(const std::string& name) {
  std::vector<Gone> gone;
  erase(nodes_.find(name), gone);
  pass_on_links(gone);
}

void Tree::add(Entry entry, const Content* content) {
  ++entries_;
  if (entry.path.empty()) {
    if (entry.type != Type::directory) fail(Kind::integrity, "the root of the image is not a directory");
    return put(std::move(entry), "", content);
  }
  if (is_whiteout(entry.path)) return check_whiteout(entry.path);  // begin_layer() was told of it
  check_limits(entry);
  std::string path = place(entry.path, Missing::make);
  std::string member = path == entry.path ? std::string{} : std::exchange(entry.path, std::move(path));
  if (entry.type == Type::hardlink) {
    if (is_whiteout(entry.link)) fail_link(entry, "missing");
    const auto kept = kept_.find(entry.link);
    entry.link = place(entry.link, Missing::keep);
    if (kept != kept_.end() && !nodes_.contains(entry.link)) {
      if (entry.link == entry.path) return;  // to itself: it is still hidden
      entry.link = kept->second;
    }
  }
  put(std::move(entry), std::move(member), content);
}

// Where an entry of this path ends up. Its last component is not followed.
std::string Tree::place(const std::string& path, Missing missing) {
  const std::string_view directory = parent_path(path);
  std::string placed = directory.empty() ? path : joined(resolve(directory, missing), base_name(path));
  check_path(placed);
  return placed;
}

std::string Tree::resolve(std::string_view directory, Missing missing) {
  if (directory.empty()) return {};
  if (directory == last_directory_) return last_resolved_;
  std::string resolved = follow(directory, missing, nullptr).value();
  if (missing == Missing::keep) return resolved;
  add_directories(resolved);
  last_directory_ = directory;
  last_resolved_ = resolved;
  return resolved;
}

// Where a whiteout in this directory hides something, if it can: links are followed as the layers below have them.
std::optional<std::string> Tree::hiding_place(std::string_view directory, const Whiteouts& whiteouts) const {
  auto place = follow(directory, Missing::keep, &whiteouts.directories());
  if (place && !is_directory(*place)) place.reset();
  return place;
}

bool Tree::is_directory(std::string_view path) const {
  const Node* found = find(path);
  return path.empty() || (found && found->entry.type == Type::directory);
}

const Node* Tree::find(std::string_view path) const {
  const auto found = nodes_.find(path);
  return found == nodes_.end() ? nullptr : &*found;
}

const Node& Tree::file_of(const Node& node) const {
  return node.entry.type == Type::hardlink ? *nodes_.find(node.entry.link) : node;
}

// The directory with the links in it followed, which can't lead out of the root. With `unfollowed`, nothing where a
// link is one of them, or leads nowhere.
std::optional<std::string> Tree::follow(std::string_view directory, Missing missing,
                                        const Whiteouts::Paths* unfollowed) const {
  std::string resolved;
  bool is_there = true;  // `resolved` is
  std::string rest(directory);
  unsigned links = 0;
  while (!rest.empty()) {
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string part = rest.substr(0, slash);
    rest.erase(0, slash + 1);
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      resolved = parent_path(resolved);
      is_there = is_directory(resolved);
      continue;
    }
    if (unfollowed && is_whiteout(part)) return std::nullopt;
    if (is_whiteout(part)) fail(Kind::integrity, "'{}': a whiteout cannot be a directory", printable(directory));
    std::string next = joined(resolved, part);
    if (is_there) check_path(next);
    const Node* found = find(next);
    // Another name of a symbolic link is one too.
    if (found) found = &file_of(*found);
    if (!found || found->entry.type == Type::directory) {
      is_there = found != nullptr;
      resolved = std::move(next);
    } else if (found->entry.type == Type::symlink) {
      if (unfollowed && unfollowed->contains(next)) return std::nullopt;
      const std::string& target = found->entry.link;
      if (++links > max_links && unfollowed) return std::nullopt;
      if (links > max_links) fail(Kind::integrity, "'{}': too many symbolic links", printable(directory));
      if (target.starts_with('/')) resolved.clear();  // the root is always there
      rest = rest.empty() ? target : target + '/' + rest;
    } else if (missing == Missing::make) {
      fail(Kind::integrity, "'{}' is not a directory, but the layer has entries below it", printable(next));
    } else {
      is_there = false;  // as a directory
      resolved = std::move(next);
    }
  }
  return resolved;
}

// The directory and those above it, as far as they are missing.
void Tree::add_directories(std::string_view path) {
  for (; !path.empty(); path = parent_path(path)) {
    check_path(path);
    Node node;
    node.entry.path = path;
    node.entry.type = Type::directory;
    node.entry.mode = 0755;
    node.layer = node.source_layer = current();
    if (!nodes_.insert(std::move(node)).second) break;
  }
}

// The first name of the file that a hard link is to be another name of.
const std::string& Tree::first_name(const Entry& link) const {
  const Node* target = find(link.link);
  if (!target) fail_link(link, "missing");
  const Entry& first = file_of(*target).entry;
  if (first.type == Type::directory) fail_link(link, "a directory");
  return first.path;
}

Node Tree::node_of(Entry entry, const Content* content) const {
  return {std::move(entry), current(), current(), entries_ - 1, content};
}

// "" for the same path.
void Tree::name_member(const std::string& path, std::string member) {
  if (!member.empty() && member != path) {
    members_.insert_or_assign(path, std::move(member));
  } else if (!members_.empty()) {
    members_.erase(path);
  }
}

void Tree::put(Entry entry, std::string member, const Content* content) {
  const std::string path = entry.path;
  const bool is_link = entry.type == Type::hardlink;
  if (is_link) {
    const std::string& first = first_name(entry);
    // To itself: the entry brings nothing, and what a lower layer brought is still that.
    if (entry.link == path) return;
    // It takes the place of a directory that its target is in.
    if (entry.link.starts_with(path + '/')) fail_link(entry, "missing");
    // Two names of one file are one file already, as link(2) would say; the layer has it now.
    if (first == path) {
      change(nodes_.find(path), [&](Node& node) { node.layer = current(); });
      return;
    }
  }
  auto at = nodes_.lower_bound(path);
  const bool replaces = at != nodes_.end() && at->entry.path == path;
  const bool is_directory = entry.type == Type::directory;
  if (replaces && is_directory && at->entry.type == Type::directory) {
    name_member(path, std::move(member));
    change(at, [&](Node& node) { node = node_of(std::move(entry), content); });
    return;
  }
  if (replaces) {
    last_directory_.clear();
    std::vector<Gone> gone;
    if (at->entry.type == Type::directory) {
      const auto end = nodes_.lower_bound(after_all_below(path));
      for (auto below = nodes_.lower_bound(path + '/'); below != end;) below = erase(below, gone);
    }
    erase(at, gone);
    pass_on_links(gone);
    at = nodes_.lower_bound(path);
  }
  if (is_link) {
    // Only now: what it replaces may have had the first name of its file, which then is another one.
    entry.link = first_name(entry);
    links_[entry.link].insert(path);
  }
  name_member(path, std::move(member));
  nodes_.insert(at, node_of(std::move(entry), content));
}

void Tree::hide(const std::string& path) {
  hide_below(path);
  std::vector<Gone> gone;
  if (const auto found = nodes_.find(path); found != nodes_.end()) erase(found, gone);
  pass_on_links(gone);
}

void Tree::hide_below(const std::string& directory) {
  last_directory_.clear();
  std::vector<Gone> gone;
  auto node = directory.empty() ? nodes_.upper_bound(directory) : nodes_.lower_bound(directory + '/');
  const auto end = directory.empty() ? nodes_.end() : nodes_.lower_bound(after_all_below(directory));
  while (node != end) node = is_whiteout(node->entry.path) ? std::next(node) : erase(node, gone);
  pass_on_links(gone);
}

// The path stays.
template <typename Change>
void Tree::change(Nodes::const_iterator node, Change&& change) {
  const auto next = std::next(node);
  Nodes::node_type taken = nodes_.extract(node);
  std::forward<Change>(change)(taken.value());
  nodes_.insert(next, std::move(taken));
}

Tree::Nodes::const_iterator Tree::erase(Nodes::const_iterator node, std::vector<Gone>& gone) {
  const Entry& entry = node->entry;
  if (entry.type == Type::hardlink) {
    if (const auto links = links_.find(entry.link); links != links_.end()) {
      links->second.erase(entry.path);
      if (links->second.empty()) links_.erase(links);
    }
  } else if (links_.contains(entry.path)) {
    const auto next = std::next(node);
    const auto member = members_.extract(entry.path);
    gone.push_back({std::move(nodes_.extract(node).value()), member ? member.mapped() : std::string()});
    return next;
  }
  name_member(entry.path, {});
  return nodes_.erase(node);
}

// The names of an inode are equal: the first that is left takes its place.
void Tree::pass_on_links(std::vector<Gone>& gone) {
  for (Gone& each : gone) {
    Node& first = each.node;
    const auto links = links_.extract(first.entry.path);
    if (links.empty()) continue;
    std::set<std::string>& names = links.mapped();
    const std::string heir = *names.begin();
    names.erase(names.begin());
    for (const std::string& name : names) change(nodes_.find(name), [&](Node& node) { node.entry.link = heir; });
    name_member(heir, each.member.empty() ? first.entry.path : each.member);
    first.entry.path = heir;
    change(nodes_.find(heir), [&](Node& node) {
      first.layer = node.layer;
      node = std::move(first);
    });
    if (!names.empty()) links_.emplace(heir, std::move(names));
  }
}

}  // namespace fn::layer
