// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "instance/record.hpp"
#include "sys/fd.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fn::instance {

// The folder of one instance, held by its supervisor for as long as it lives: FN_HOME/run/ID with instance.json, the
// socket `control`, the function's output in `log` and `log.1`, and `lock`, which is locked (flock) exactly as long as
// the supervisor lives. The destructor removes the folder.
class Folder {
 public:
  Folder(Folder&&) noexcept = default;
  Folder& operator=(Folder&&) = delete;
  ~Folder();

  const std::string& id() const { return id_; }
  int fd() const { return dir_.get(); }
  // Replaces instance.json in one step; not synced, since no instance survives a power cut. Throws failure.
  void write(const Record& record) const;

 private:
  friend class Directory;
  Folder() = default;
  std::string id_;
  sys::Fd run_;
  sys::Fd dir_;
  sys::Fd lock_;
};

// A living instance, as somebody else sees it.
struct Living {
  Record record;
  sys::Fd dir;  // its folder
};

// All instances of a state: FN_HOME/run. What the locks say counts, so that the answers are right after any crash.
class Directory {
 public:
  // `home` is FN_HOME. Opens nothing.
  explicit Directory(std::string home) : home_(std::move(home)) {}

  // A new instance's folder, with a random id. Throws failure.
  Folder create() const;

  struct List {
    std::vector<Living> living;  // oldest first
    std::size_t swept = 0;       // folders of dead ones that were removed: their control groups may be left as well
  };
  // Those that live. Folders of dead ones are removed on the way; what can't be is left.
  List list() const;
  // The same without removing anything.
  std::vector<Living> look() const;

  // Whether the supervisor of the instance whose folder this is still lives.
  static bool is_alive(int folder);

  // The one that `text` names: the beginning of an id (4 digits at least), or a function or reference that one instance
  // and no other is of. Throws not_found with did-you-mean, usage if several are meant.
  static Living find(std::vector<Living> living, std::string_view text);

 private:
  std::vector<Living> collect(std::vector<std::string>& dead) const;
  std::optional<Living> open(int run, const std::string& id) const;
  bool sweep(int run, const std::string& id) const;
  sys::Fd open_run() const;

  std::string home_;
};

// `text` may be an id of an instance or the beginning of one.
bool looks_like_id(std::string_view text);

}  // namespace fn::instance
