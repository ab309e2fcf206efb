// SPDX-License-Identifier: Apache-2.0
#include "layer/diff.hpp"

#include "base/error.hpp"

namespace fn::layer {
namespace {

bool same_content(const Node& a, const Node& b) {
  if (a.entry.size != b.entry.size) return false;
  if (a.entry.size == 0) return true;
  if (!a.content || !b.content) fail(Kind::internal, "comparing files whose contents are unknown");
  return a.content->digest == b.content->digest;
}

bool is_device(const Entry& entry) {
  return entry.type == Type::char_device || entry.type == Type::block_device;
}

// `b` has `name` as another name of the file at `path`.
bool is_linked(const Tree& b, std::string_view path, std::string_view name) {
  const Node* here = b.find(path);
  const Node* there = b.find(name);
  return !here || !there || &b.file_of(*here) == &b.file_of(*there);  // a name that is gone says so itself
}

bool same_names(const Tree& a, const Node& node_a, const Tree& b, const Node& node_b) {
  if (node_a.entry.type != Type::hardlink && node_b.entry.type != Type::hardlink) return true;
  const std::string& path = node_a.entry.path;
  return (node_a.entry.type != Type::hardlink || is_linked(b, path, node_a.entry.link)) &&
         (node_b.entry.type != Type::hardlink || is_linked(a, path, node_b.entry.link));
}

}  // namespace

std::string_view aspect_name(Aspect aspect) {
  switch (aspect) {
    case Aspect::type:
      return "type";
    case Aspect::content:
      return "content";
    case Aspect::mode:
      return "mode";
    case Aspect::owner:
      return "owner";
    case Aspect::time:
      return "time";
    case Aspect::link:
      return "link";
    case Aspect::device:
      return "device";
    case Aspect::xattrs:
      return "xattrs";
    case Aspect::names:
      return "names";
  }
  fail(Kind::internal, "no such aspect");
}

Aspects compare(const Node& a, const Node& b) {
  const Entry& before = a.entry;
  const Entry& after = b.entry;
  Aspects aspects = 0;
  const auto add = [&](Aspect aspect, bool differs) {
    if (differs) aspects = Aspects(aspects | Aspects(aspect));
  };
  add(Aspect::type, before.type != after.type);
  add(Aspect::mode, before.mode != after.mode && before.type != Type::symlink && after.type != Type::symlink);
  add(Aspect::owner, before.uid != after.uid || before.gid != after.gid);
  add(Aspect::time, before.mtime != after.mtime || before.mtime_ns != after.mtime_ns);
  add(Aspect::xattrs, before.xattrs != after.xattrs);
  if (before.type != after.type) return aspects;
  add(Aspect::content, before.type == Type::file && !same_content(a, b));
  add(Aspect::link, before.type == Type::symlink && before.link != after.link);
  add(Aspect::device,
      is_device(before) && (before.device_major != after.device_major || before.device_minor != after.device_minor));
  return aspects;
}

std::vector<Change> diff(const Tree& a, const Tree& b, Aspects ignored) {
  std::vector<Change> changes;
  auto before = a.nodes().begin();
  auto after = b.nodes().begin();
  while (before != a.nodes().end() || after != b.nodes().end()) {
    const int order = before == a.nodes().end()  ? 1
                      : after == b.nodes().end() ? -1
                                                 : before->entry.path.compare(after->entry.path);
    if (order < 0) {
      changes.push_back({before->entry.path, &*before, nullptr, 0});
      ++before;
    } else if (order > 0) {
      changes.push_back({after->entry.path, nullptr, &*after, 0});
      ++after;
    } else {
      Aspects aspects = compare(a.file_of(*before), b.file_of(*after));
      if (!same_names(a, *before, b, *after)) aspects = Aspects(aspects | Aspects(Aspect::names));
      aspects = Aspects(aspects & ~ignored);
      if (aspects != 0) changes.push_back({before->entry.path, &*before, &*after, aspects});
      ++before;
      ++after;
    }
  }
  return changes;
}

}  // namespace fn::layer
