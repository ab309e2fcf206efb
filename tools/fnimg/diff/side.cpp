// SPDX-License-Identifier: Apache-2.0
#include "diff/side.hpp"

#include "base/error.hpp"
#include "image/document.hpp"
#include "image/layer_index.hpp"
#include "image/layer_reader.hpp"
#include "layer/bytecode.hpp"
#include "layer/read_contents.hpp"
#include "layer/selection.hpp"
#include "layer/unpacked.hpp"
#include "layer/walk.hpp"

#include <cstdlib>
#include <map>

namespace fn::img {
namespace {

const std::function<void()> not_noted;  // a comparison makes nothing

// Owners and times as a build without flags makes them, but for those that an image has as well: what was unpacked is
// not different for having kept them.
void set_as_built(std::vector<layer::Item>& items, const layer::Tree* image) {
  const UnixTime latest = source_date_epoch(std::getenv("SOURCE_DATE_EPOCH"));
  for (layer::Item& item : items) {
    layer::Entry& entry = item.entry;
    const layer::Entry* other = image ? layer::file_in(*image, item) : nullptr;
    if (!item.unpacked_by_user && !(other && other->uid == entry.uid && other->gid == entry.gid))
      entry.uid = entry.gid = 0;
    if (!(other && other->mtime == entry.mtime && other->mtime_ns == entry.mtime_ns)) layer::clamp_time(item, latest);
  }
}

void read_directory(Side& side, state::Store* store, const cli::Context& context, const layer::Tree* image) {
  const auto note = [&](const std::string& text) { context.note(text); };
  std::shared_ptr<layer::StatCache> cache;
  if (store) cache = SourceCaches(store->index()).open(side.operand.directory);
  side.items = layer::list_directory(side.operand.directory, note, cache, context.home);
  if (image) layer::restore_unset(side.items, *image);
  set_as_built(side.items, image);
  layer::match_bytecode(side.items, not_noted);
  context.progress.phase(fmt::format("reading '{}'", side.operand.directory), 0);
  layer::read_contents(side.items, context.jobs);
  context.progress.finish();
  LayerFiles files;
  for (const layer::Item& item : side.items) {
    files.files.push_back({item.entry, item.content.value_or(layer::Content{})});
    if (is_package_database(item.entry))
      if (auto list = read_package_list(item.entry.path, layer::read_content(item), note))
        files.package_lists.push_back(std::move(*list));
  }
  side.files.tree.add_layer(files.files);
  side.files.layers.push_back(std::move(files));
}

}  // namespace

std::string Side::layer_name(std::size_t layer) const {
  return operand.image ? layer_label(operand.image->manifest.layers[layer]) : operand.directory;
}

Side read_side(Operand operand, state::Store* store, const cli::Context& context, const Limits& limits,
               const layer::Tree* image) {
  Side side{.operand = std::move(operand), .files = {}, .items = {}};
  if (side.operand.image) {
    side.files = FileReader(store, context, limits).read(*side.operand.layout, *side.operand.image);
  } else {
    read_directory(side, store, context, image);
  }
  return side;
}

void visit_contents(const Side& side, const std::vector<const layer::Node*>& files, const Limits& limits,
                    const std::function<void(const layer::Node&, std::string content)>& visit) {
  if (side.operand.image)
    return visit_files(
        *side.operand.layout, *side.operand.image, files, limits,
        [&](const layer::Node& file, layer::TarReader& reader) { visit(file, content_of(file, reader)); });
  std::map<std::string_view, const layer::Node*> wanted;
  for (const layer::Node* file : files) wanted.emplace(file->entry.path, file);
  for (const layer::Item& item : side.items)
    if (const auto file = wanted.find(item.entry.path); file != wanted.end())
      visit(*file->second, layer::read_content(item));
}

}  // namespace fn::img
