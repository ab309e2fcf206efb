// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/tar_reader.hpp"
#include "layer/whiteout.hpp"
#include "sys/root.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace fn::layer {

// plain: one directory for all layers. overlay: one for each, as overlayfs stacks them (layer/overlay.hpp).
enum class Form : std::uint8_t { plain, overlay };

struct ApplyOptions {
  bool as_root = true;   // false: ownership and devices are counted instead of set and made
  unsigned threads = 2;  // that write file contents
  Form form = Form::plain;
};

// What was applied, and what could not be.
struct ApplyResult {
  std::uint64_t entries = 0;  // of all layers, without whiteouts
  Bytes bytes = 0;            // of file contents
  std::uint64_t skipped_devices = 0;
  std::uint64_t unset_owners = 0;
  std::uint64_t unset_xattrs = 0;
};

// Writes layers into an empty directory, one after another, lowest first (image-spec, layer.md, "Applying Changesets").
// Links are followed inside the directory only, as if it were "/"; no name is written through a link that has its
// place. An entry replaces whatever exists at its path, except that directories merge. Whiteouts hide files of lower
// layers, never an entry of their own layer, wherever they are in it. The result is what Tree says.
//
// For an ordinary user, a file that should belong to someone else loses its setuid and setgid bits, as with cp.
// Attributes that belong to this machine (overlayfs, SELinux) are not set.
//
// In the overlay form an applier takes one layer. The result is such that overlayfs, with this directory over those of
// the lower layers, shows the tree of the plain form: entries end up where the links of lower layers lead, a hard
// link to a lower layer's file is one (all are on one file system), whiteouts and directories that replace something
// are what overlayfs wants. A device 0:0 can't be in it, that is a whiteout there: it counts as skipped. Throws
// unsupported if a lower directory can't be read by its owner, who is not root.
class Applier {
 public:
  // `lower`: for the overlay form, the directories of the layers below, uppermost first.
  Applier(sys::Root root, ApplyOptions options, std::vector<sys::Root> lower = {});
  ~Applier();

  // One layer: all entries of the reader. `whiteouts` are all that it has; of the lowest layer they need not be known,
  // since there is nothing to hide. `takes`, if given, is asked of each entry in the order of the tar, and may give it
  // another place. Throws integrity (hostile entry, named), failure (disk), unsupported; no more can be applied then.
  using Takes = std::function<bool(Entry&)>;
  void apply(TarReader& layer, const Whiteouts& whiteouts, const Takes& takes = {});
  // After the last layer, once: sets owners, modes and times of directories, which are private until then.
  ApplyResult finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fn::layer
