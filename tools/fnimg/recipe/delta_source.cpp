// SPDX-License-Identifier: Apache-2.0
#include "recipe/delta_source.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "layer/delta.hpp"
#include "layer/walk.hpp"
#include "layer/whiteout.hpp"

#include <sys/stat.h>

namespace fn::img {
namespace {

// Root's unpack gives the top to whom it belongs in the image.
layer::UnpackedBy unpacked_by(const std::string& directory, const layer::Tree& image) {
  struct stat status {};
  if (stat(directory.c_str(), &status) != 0) return layer::UnpackedBy::whom_records_say;
  const layer::Node* root = image.find("");
  const std::uint64_t owner = root ? root->entry.uid : 0;
  return status.st_uid == 0 || status.st_uid == owner ? layer::UnpackedBy::whom_records_say : layer::UnpackedBy::user;
}

void note_deletions(const layer::Delta& delta, const std::string& directory, const DeltaBase& base,
                    const std::function<void(const std::string&)>& note) {
  const std::size_t files = base.files.nodes().size();
  if (delta.deleted * 2 > files)
    note(fmt::format("'{}' lacks {} of the {} files of '{}': they are deleted", printable(directory), delta.deleted,
                     files, printable(base.name)));
}

}  // namespace

std::vector<layer::Item> list_delta(const std::string& directory, const DeltaBase& base, const DeltaOptions& options) {
  layer::Delta delta = layer::delta_to(
      layer::list_directory(directory, options.note, options.cache, options.state, unpacked_by(directory, base.files)),
      base.files, options.selection.latest, options.threads);
  if (!delta.is_related)
    fail_hint(Kind::usage, "give the directory that the image was unpacked into; one with new files only is NAME=DIR",
              "'{}' has nothing of the image '{}'", printable(directory), printable(base.name));
  note_deletions(delta, directory, base, options.note);
  layer::Selection rest = options.selection;
  rest.latest.reset();
  std::vector<layer::Item> items = layer::select(std::move(delta.items), rest, options.use);
  for (const layer::Item& gone : layer::select(std::move(delta.gone), rest, options.use))
    items.emplace_back().entry = layer::whiteout_of(gone.entry.path, rest.time.value_or(0));
  return items;
}

}  // namespace fn::img
