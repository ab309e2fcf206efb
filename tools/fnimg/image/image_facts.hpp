// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/context.hpp"
#include "elf/facts.hpp"
#include "image/image_files.hpp"
#include "image/limits.hpp"
#include "oci/layout.hpp"
#include "state/store.hpp"

#include <map>
#include <string>

namespace fn::img {

// What an image's files say to those who load or run them: by path, of the files that no layer above hides. Links are
// not followed; a hard link has what its file has.
struct ImageFacts {
  std::map<std::string, elf::Facts> objects;
  // First lines of scripts ("#!.."), and the contents of etc/ld.so.cache, etc/ld-musl-*.path, pyvenv.cfg, etc/passwd,
  // etc/group.
  std::map<std::string, std::string> texts;
};

// From the index where it knows the layers' facts, else from their blobs, which verifies them, and kept if the state is
// writable. `store` may be null. Throws not_found, integrity.
ImageFacts read_image_facts(state::Store* store, const oci::Layout& layout, const oci::Image& image,
                            const ImageFiles& files, const cli::Context& context, const Limits& limits);

}  // namespace fn::img
