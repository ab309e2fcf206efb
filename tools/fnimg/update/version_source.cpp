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
  const Source& first = planned.sources.front();
  found.plan.platform = planned.is_reused() ? first.image->config.platform : wish.platform;
  found.plan.codec = wish.codec;
  found.plan.layers.push_back(std::move(planned));
  const char* epoch = std::getenv("SOURCE_DATE_EPOCH");
  found.plan.epoch = source_date_epoch(epoch);
  found.plan.epoch_given = epoch != nullptr;
  found.plan.jobs = context.jobs;
  return found;
}

oci::Image make_version(const VersionSource& source, state::Store& store, const cli::Context& context) {
  return source.is_built() ? build_image(source.plan, store, context).image : source.image;
}

}  // namespace fn::img
