// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/item.hpp"
#include "layer/stat_cache.hpp"
#include "sys/root.hpp"

#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <sys/stat.h>

namespace fn::layer {

std::int64_t nanoseconds(const timespec& time);
FileIdentity identity_of(const struct stat& status);

// Throws failure: 'NAME' changed while it was being read.
[[noreturn]] void fail_changed(const std::string& name);

// Files below a directory that stays open. `cache` may be null.
class TreeOrigin final : public Origin {
 public:
  // Throws not_found or usage (not a directory).
  TreeOrigin(const std::string& path, std::shared_ptr<StatCache> cache)
      : root_(sys::Root::open(path)), path_(path), cache_(std::move(cache)) {}

  const sys::Root& root() const { return root_; }
  // The path as the user would write it.
  std::string full_name(const std::string& path) const { return path.empty() ? path_ : path_ + '/' + path; }

  std::unique_ptr<Reader> open(const Item& item) const override;
  void remember(const Item& item, const Content& content) const override;
  std::optional<Content> recall(const FileIdentity& identity) const override;
  // What the cache knows of a file of this identity.
  std::optional<StatCache::Value> find(const FileIdentity& identity) const;

 private:
  class FileReader;

  sys::Root root_;
  std::string path_;
  std::shared_ptr<StatCache> cache_;
};

}  // namespace fn::layer
