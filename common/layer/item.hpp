// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.hpp"
#include "layer/content.hpp"
#include "layer/entry.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace fn::layer {

struct Item;
struct FileIdentity;

// The source of files' contents while a layer is written: a directory tree, or a spool of archive members. Safe to call
// from several threads.
class Origin {
 public:
  virtual ~Origin() = default;
  // One file's content, open for reading.
  class Reader {
   public:
    virtual ~Reader() = default;
    // Fills `buffer` from `offset` of the content; throws failure if the file is no longer what it was when it was
    // listed.
    virtual void read(Bytes offset, std::span<std::byte> buffer) = 0;
    // Called after the last read: the last chance to see that the file changed meanwhile.
    virtual void finish() = 0;
    // Nobody could have changed the file unnoticed: any change since its first read shows in the file's identity.
    virtual bool is_settled() const { return true; }
  };
  virtual std::unique_ptr<Reader> open(const Item& item) const = 0;
  // Reports the content to the origin, for the next time.
  virtual void remember(const Item&, const Content&) const {}
  // What remember() reported for an item of this identity, now or earlier.
  virtual std::optional<Content> recall(const FileIdentity&) const { return std::nullopt; }
};

// A file's identity when it was listed; all zero for content that cannot change.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  Bytes size = 0;
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

// A member of a layer that is about to be written, and where its content is.
struct Item {
  Entry entry;
  std::shared_ptr<const Origin> origin;  // null unless entry.size > 0
  std::string source_path;               // in a directory origin: the path below its root; "" for the entry's
  Bytes spool_offset = 0;                // in a spool
  FileIdentity identity;
  bool settled = true;                            // any change from now on shows in the identity
  std::optional<Content> content;                 // if it is known without reading
  std::optional<std::int64_t> listed_mtime = {};  // the source's time, if select() gave it another
  bool has_overlay_mark = false;                  // in a directory origin that is an upper one of overlayfs
  // Of a file in a directory, what list_directory() knows of an ordinary user's unpack (layer/owner_record.hpp).
  std::shared_ptr<const std::string> owner_record = {};  // the attribute, which is none of the entry; mostly null
  bool unpacked_by_user = false;                         // the file lacks what only root can set
  bool owner_is_implied = false;  // no record says whose it is: root's, unless an image knows better

  const std::string& source() const { return source_path.empty() ? entry.path : source_path; }
  // Another path in the layer; the content stays where it is.
  void move_to(std::string path) {
    if (source_path.empty()) source_path = std::move(entry.path);
    entry.path = std::move(path);
  }
};

}  // namespace fn::layer
