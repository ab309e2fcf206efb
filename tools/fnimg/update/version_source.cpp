// SPDX-License-Identifier: Apache-2.0
#include "update/version_source.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "recipe/source.hpp"
#include "update/following.hpp"

#include <cstdlib>

namespace fn::img {
namespace {

// REF of image:REF, or all of channel:NAME[@VERSION]; "" if it is one layer of an image, or another kind of source.
std::string whole_image(const std::vector<std::string>& sources) {
  if (sources.size() != 1 || sources[0].find('#') != std::string::npos) return {};
  if (sources[0].starts_with(image_scheme)) return sources[0].substr(image_scheme.size());
  return sources[0].starts_with(state::channel_scheme) ? sources[0] : std::string();
}

// One layer of an image as an image of its own: what a build makes of it, for which there is nothing to build.
oci::Image image_of_layer(const Source& source, const std::string& name, const std::string& created) {
  oci::Image image;
  oci::Descriptor layer = source.image->manifest.layers[*source.layer];
  layer.media_type = oci::oci_layer_type(layer.media_type);
  layer.annotations.erase(std::string(oci::annotation::layer_follow));
  layer.annotations[std::string(oci::annotation::layer_name)] = name;
  image.manifest.layers = {std::move(layer)};
  image.config.platform = source.image->config.platform;
  image.config.created = created;
  image.config.diff_ids = {source.image->config.diff_ids[*source.layer]};
  oci::History step;
  step.created = created;
  step.created_by = fmt::format("fnimg build: layer '{}'", name);
  image.config.history = {std::move(step)};
  oci::make_documents(image);
  return image;
}

}  // namespace

VersionSource find_version_source(const SourceWish& wish, const state::Store* store, const cli::Context& context) {
  VersionSource found;
  if (const std::string whole = whole_image(wish.sources); !whole.empty()) {
    if (!store) fail_hint(Kind::not_found, "see 'fnimg ls'", "image '{}' not found", printable(whole));
    const state::ImageRow row = store->resolve(whole);
    check_no_index(*store, row);
    found.image = while_doing([&] { return fmt::format("image '{}'", row.reference); },
                              [&] { return store->layout().load(row.descriptor); });
    return found;
  }
  PlannedLayer planned;
  planned.recipe.name = wish.layer;
  planned.recipe.sources = wish.sources;
  for (const std::string& text : wish.sources)
    for (Source& source : find_sources(text, store)) {
      if (source.type == Source::Type::delta)
        fail_hint(Kind::usage, "'fnimg build' takes it, with --from", "'{}' is the difference to a base",
                  printable(text));
      planned.sources.push_back(std::move(source));
    }
  const char* epoch = std::getenv("SOURCE_DATE_EPOCH");
  found.plan.epoch = source_date_epoch(epoch);
  if (planned.is_reused()) {
    found.image = image_of_layer(planned.sources.front(), wish.layer, rfc3339(found.plan.epoch));
    return found;
  }
  found.plan.platform = wish.platform;
  found.plan.codec = wish.codec;
  found.plan.layers.push_back(std::move(planned));
  found.plan.epoch_given = epoch != nullptr;
  found.plan.jobs = context.jobs;
  return found;
}

oci::Image make_version(const VersionSource& source, state::Store& store, const cli::Context& context) {
  return source.is_built() ? build_image(source.plan, store, context).image : source.image;
}

}  // namespace fn::img
