// SPDX-License-Identifier: Apache-2.0
#include "recipe/source.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "image/document.hpp"
#include "image/layer_reader.hpp"
#include "layer/selection.hpp"
#include "layer/spool.hpp"
#include "layer/squash.hpp"
#include "layer/verified_layer.hpp"
#include "layer/walk.hpp"
#include "recipe/recipe.hpp"
#include "transfer/archive.hpp"

#include <algorithm>
#include <cerrno>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fn::img {
namespace {

Source find_image(std::string_view text, const state::Store* store) {
  const std::size_t hash = text.find('#');
  const std::string_view reference = text.substr(0, hash);
  if (!store) fail_hint(Kind::not_found, "see 'fnimg ls'", "image '{}' not found", printable(reference));
  Source source{.type = Source::Type::image,
                .path = {},
                .image = store->load(reference),
                .layer = {},
                .is_whole = hash == std::string_view::npos};
  if (hash != std::string_view::npos) {
    source.layer = find_layer(*source.image, text.substr(hash + 1), reference);
  } else if (source.image->manifest.layers.size() == 1) {
    source.layer = 0;
  }
  return source;
}

std::vector<std::string> expand(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> paths;
  if (glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0)
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
  // Not glob's own order: that is the locale's.
  std::sort(paths.begin(), paths.end());
  return paths;
}

// Other tools write the place in the image behind the source.
std::string hint_for_missing(const std::string& path) {
  const std::size_t colon = path.rfind(':');
  if (colon != std::string::npos && access(path.substr(0, colon).c_str(), F_OK) == 0)
    return fmt::format("give the source alone, and --into NAME={} for its place in the image",
                       printable(path.substr(colon + 1)));
  return "a source is a directory, an archive, a file, '-', image:REF[#LAYER], channel:NAME[@VERSION] or delta:DIR";
}

Source find_path(const std::string& path) {
  if (path == "-") return {.type = Source::Type::archive, .path = path, .image = {}, .layer = {}, .is_whole = false};
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT && errno != ENOTDIR) sys::check(-1, "cannot read '{}'", printable(path));
    fail_hint(Kind::not_found, hint_for_missing(path), "source '{}' does not exist", printable(path));
  }
  Source source{.type = Source::Type::archive, .path = path, .image = {}, .layer = {}, .is_whole = false};
  if (S_ISDIR(status.st_mode)) {
    source.type = Source::Type::directory;
  } else if (S_ISREG(status.st_mode) && !is_archive(path)) {
    source.type = Source::Type::file;
  }
  return source;
}

Source find_delta(const std::string& path) {
  Source source = find_path(path);
  if (source.type != Source::Type::directory)
    fail_hint(Kind::usage, "give the directory that the image was unpacked into", "'{}' is not a directory",
              printable(path));
  source.type = Source::Type::delta;
  return source;
}

std::vector<layer::Item> list_image(const Source& source, const oci::Layout& layout, int spool) {
  const oci::Image& image = *source.image;
  const auto list = [&](std::size_t n, auto&& lister) {
    layer::VerifiedLayer layer(layout, image.manifest.layers[n], image.config.diff_ids[n]);
    auto items = lister(layer.tar(), spool, layer_label(image.manifest.layers[n]));
    layer.finish();
    return items;
  };
  if (!source.is_whole)
    return list(*source.layer, [](layer::ByteSource& tar, int dir, const std::string& name) {
      return layer::list_tar(tar, dir, name, layer::TarOf::layer);
    });
  std::vector<std::vector<layer::Item>> layers;
  for (std::size_t n = 0; n < image.manifest.layers.size(); ++n) layers.push_back(list(n, layer::read_items));
  return layer::squash(std::move(layers));
}

}  // namespace

std::vector<Source> find_sources(const std::string& text, const state::Store* store) {
  if (text.starts_with(image_scheme)) return {find_image(std::string_view(text).substr(image_scheme.size()), store)};
  if (text.starts_with(state::channel_scheme)) return {find_image(text, store)};
  if (text.starts_with(delta_scheme)) return {find_delta(text.substr(delta_scheme.size()))};
  struct stat status {};
  if (text.find_first_of("*?[") == std::string::npos || stat(text.c_str(), &status) == 0) return {find_path(text)};
  std::vector<Source> sources;
  for (const std::string& path : expand(text)) sources.push_back(find_path(path));
  if (sources.empty()) fail(Kind::not_found, "no file matches source '{}'", printable(text));
  return sources;
}

std::vector<layer::Item> list_source(const Source& source, const oci::Layout& layout, int spool,
                                     const std::function<void(const std::string&)>& note,
                                     std::shared_ptr<layer::StatCache> cache) {
  switch (source.type) {
    case Source::Type::delta:
      fail(Kind::internal, "a delta is listed against its base");
    case Source::Type::directory:
      return layer::list_directory(source.path, note, std::move(cache), layout.path());
    case Source::Type::archive:
      return layer::list_tar(*open_archive(source.path), spool, source.path);
    case Source::Type::file:
      return layer::list_file(source.path);
    case Source::Type::image:
      break;
  }
  return list_image(source, layout, spool);
}

}  // namespace fn::img
