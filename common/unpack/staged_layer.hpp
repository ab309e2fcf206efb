// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/root.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace fn::unpack {

// A layer directory that is built beside its final place, as NAME.making, and renamed in one step. A leftover of a
// killed process is reused and emptied. Removed by the destructor without commit().
class StagedLayer {
 public:
  // `store` must outlive the object. Waits for another process that is making the same one; nothing if the directory
  // exists then.
  static std::optional<StagedLayer> begin(int store, const std::string& name);
  StagedLayer(StagedLayer&& other) noexcept = default;
  StagedLayer& operator=(StagedLayer&&) = delete;
  ~StagedLayer();

  // Empty, 0755.
  sys::Root root() const { return sys::Root(dir_.duplicate()); }

  // syncfs, then the name, then fsync of `store`. Nobody has a lock on the directory then.
  void commit();

 private:
  StagedLayer(int store, std::string name, sys::Fd dir) : store_(store), name_(std::move(name)), dir_(std::move(dir)) {}
  int store_;
  std::string name_;
  sys::Fd dir_;  // with an exclusive lock; none after commit()
};

}  // namespace fn::unpack
