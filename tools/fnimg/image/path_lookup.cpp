// SPDX-License-Identifier: Apache-2.0
#include "image/path_lookup.hpp"

#include "base/error.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"

#include <vector>

namespace fn::img {
namespace {

constexpr int max_links = 40;  // as Linux (path_resolution(7))

std::string join(const std::string& directory, const std::string& name) {
  return directory.empty() ? name : directory + '/' + name;
}

// Follows one path through a tree, component by component.
class Lookup {
 public:
  Lookup(const layer::Tree& tree, std::string_view path, Follow follow)
      : tree_(tree), asked_(path), follow_(path.ends_with('/') ? Follow::all : follow) {
    push(path);
  }

  // Nothing if it is not there; then fail() says why.
  std::optional<Place> run() {
    while (!pending_.empty()) {
      const std::string name = std::move(pending_.back());
      pending_.pop_back();
      if (!step(name)) return std::nullopt;
    }
    const Place place{at_, tree_.find(at_)};
    if (asked_.ends_with('/') && !place.is_directory()) {
      stop(Problem::no_directory, at_);
      return std::nullopt;
    }
    return place;
  }

  [[noreturn]] void fail() const {
    switch (problem_) {
      case Problem::links:
        fn::fail(Kind::not_found, "'{}': more than {} symbolic links", printable(asked_), max_links);
      case Problem::no_directory:
        fn::fail(Kind::not_found, "'{}' is not in the image: '{}' is not a directory", printable(asked_),
                 printable(subject_));
      case Problem::missing:
        break;
    }
    fail_missing(subject_);
  }

 private:
  enum class Problem { missing, no_directory, links };

  bool stop(Problem problem, std::string subject) {
    problem_ = problem;
    subject_ = std::move(subject);
    return false;
  }

  void push(std::string_view path) {
    std::vector<std::string> parts = split(path, '/');
    for (auto part = parts.rbegin(); part != parts.rend(); ++part)
      if (!part->empty() && *part != ".") pending_.push_back(std::move(*part));
  }

  bool step(const std::string& name) {
    if (name == "..") {
      at_ = std::string(layer::parent_path(at_));
      return true;
    }
    std::string next = join(at_, name);
    const layer::Node* node = tree_.find(next);
    if (!node) return stop(Problem::missing, name);
    const bool is_last = pending_.empty();
    // Another name of a symbolic link is one too.
    const layer::Entry& inode = tree_.file_of(*node).entry;
    if (inode.type == layer::Type::symlink && (!is_last || follow_ == Follow::all)) {
      if (++links_ > max_links) return stop(Problem::links, {});
      if (inode.link.starts_with('/')) at_.clear();
      push(inode.link);
      return true;
    }
    if (!is_last && !Place{next, node}.is_directory()) return stop(Problem::no_directory, std::move(next));
    at_ = std::move(next);
    return true;
  }

  [[noreturn]] void fail_missing(const std::string& name) const {
    const std::string prefix = at_.empty() ? "" : at_ + '/';
    std::vector<std::string> names;
    const auto& nodes = tree_.nodes();
    for (auto below = nodes.lower_bound(prefix); below != nodes.end() && below->entry.path.starts_with(prefix);
         ++below) {
      const std::string_view rest = std::string_view(below->entry.path).substr(prefix.size());
      const std::string_view child = rest.substr(0, rest.find('/'));
      if (!child.empty() && (names.empty() || names.back() != child)) names.emplace_back(child);
    }
    const std::string near = closest(name, names);
    std::string hint = near.empty() ? "" : fmt::format("did you mean '{}'?", printable(prefix + near));
    if (links_ == 0) fail_hint(Kind::not_found, std::move(hint), "'{}' is not in the image", printable(asked_));
    fail_hint(Kind::not_found, std::move(hint), "'{}' is not in the image: a link points to '{}'", printable(asked_),
              printable(prefix + name));
  }

  const layer::Tree& tree_;
  std::string_view asked_;
  Follow follow_;
  std::vector<std::string> pending_;  // components to go, the next one last
  std::string at_;                    // where we are, free of links
  int links_ = 0;
  Problem problem_ = Problem::missing;
  std::string subject_;  // of the problem
};

}  // namespace

Place find_path(const layer::Tree& tree, std::string_view path, Follow follow) {
  Lookup lookup(tree, path, follow);
  if (auto place = lookup.run()) return std::move(*place);
  lookup.fail();
}

std::optional<Place> find_path_if_there(const layer::Tree& tree, std::string_view path, Follow follow) {
  return Lookup(tree, path, follow).run();
}

}  // namespace fn::img
