// SPDX-License-Identifier: Apache-2.0
#include "image/operand.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "transfer/image_reader.hpp"

#include <cerrno>
#include <sys/stat.h>

namespace fn::img {
namespace {

bool exists(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0;
}

bool is_directory(const std::string& path) {
  if (path == "-") return false;
  struct stat status {};
  if (stat(path.c_str(), &status) == 0) return S_ISDIR(status.st_mode);
  if (errno == ENOENT || errno == ENOTDIR)
    fail_hint(Kind::not_found, "give a stored image, an archive, an OCI layout or a directory", "'{}' does not exist",
              printable(path));
  sys::check(-1, "cannot read '{}'", printable(path));
  return false;
}

state::ImageRow find_row(const std::string& text, const state::Store* store) {
  if (!text.starts_with(state::channel_scheme)) oci::Reference::parse(text);
  if (!store) fail_hint(Kind::not_found, "no images yet", "image '{}' not found", printable(text));
  return store->resolve(text);
}

Operand open_reference(const std::string& text, const state::ImageRow& row, const state::Store& store,
                       const oci::Platform& platform) {
  auto layout = std::make_shared<const oci::Layout>(oci::Layout::open(store.layout().path()));
  oci::Image image = while_doing([&] { return fmt::format("image '{}'", row.reference); },
                                 [&] { return layout->load(row.descriptor, platform); });
  return {.text = text,
          .image = std::move(image),
          .named = row.descriptor.digest,
          .directory = {},
          .layout = std::move(layout),
          .temporary = {}};
}

Operand open_archive_image(const std::string& path, const ImageChoice& choice, const Limits& limits) {
  const std::string parent = sys::temporary_directory();
  if (!exists(parent + "/.")) fail(Kind::usage, "TMPDIR '{}' is not a directory", printable(parent));
  const auto temporary = std::make_shared<const sys::TempDir>(parent, "fnimg-");
  const auto layout = std::make_shared<const oci::Layout>(oci::Layout::create(temporary->path()));
  ForeignImage found = copy_from_archive(path, choice.name, choice.platform, limits.expansion, *layout);
  const oci::Digest digest = found.image.descriptor.digest;
  return {.text = path,
          .image = std::move(found.image),
          .named = digest,
          .directory = {},
          .layout = layout,
          .temporary = temporary};
}

Operand open_path(const std::string& path, const ImageChoice& choice, const Limits& limits) {
  if (!is_directory(path)) return open_archive_image(path, choice, limits);
  if (!exists(path + "/oci-layout"))
    return {.text = path, .image = {}, .named = {}, .directory = path, .layout = {}, .temporary = {}};
  const auto layout = std::make_shared<const oci::Layout>(oci::Layout::open(path));
  ForeignImage found = find_in_layout(*layout, choice.name, choice.platform);
  const oci::Digest digest = found.image.descriptor.digest;
  return {.text = path,
          .image = std::move(found.image),
          .named = digest,
          .directory = {},
          .layout = layout,
          .temporary = {}};
}

// A name that can't be one of the state was meant for a file: that it isn't there is the better answer.
[[noreturn]] void fail_neither(const std::string& text, const Error& error) {
  fail_hint(Kind::not_found, fmt::format("as a reference: {}", error.what()),
            "'{}' is neither a stored image nor a file", printable(text));
}

bool is_reference(const std::string& text) {
  try {
    oci::Reference::parse(text);
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

Operand open_operand(const std::string& text, const state::Store* store, const ImageChoice& choice,
                     const Limits& limits) {
  if (text == "-" || is_path(text)) return open_path(text, choice, limits);
  state::ImageRow row;
  try {
    row = find_row(text, store);
  } catch (const Error& error) {
    const bool unknown = error.kind() == Kind::not_found || (error.kind() == Kind::usage && !is_reference(text));
    if (!unknown) throw;
    if (!exists(text)) {
      if (error.kind() == Kind::not_found) throw;
      fail_neither(text, error);
    }
    return open_path(text, choice, limits);
  }
  return open_reference(text, row, *store, choice.platform);
}

}  // namespace fn::img
