// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.hpp"
#include "db/sqlite.hpp"
#include "oci/image.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fn::state {

// An image that the state keeps, and the name that keeps it. Rows of the table `image`, and of others that name images
// too.
struct ImageRow {
  std::string reference;        // NAME:TAG; of what it named before NAME:TAG@DIGEST; channel:NAME@VERSION
  oci::Descriptor descriptor;   // of the manifest or index
  std::string created;          // from the image's config; may be empty
  std::string platform;         // "linux/amd64"
  Bytes layer_bytes = 0;        // sum of the layers' blobs
  std::int64_t updated_at = 0;  // UnixTime of the last change of this row
};

// A layer of an image. Rows of the table `image_layer`.
struct LayerRow {
  std::string name;  // "" if it has none
  oci::Digest digest;
  oci::Digest diff_id;
  Bytes size = 0;
  std::string follows;  // channel; "" for none
};

std::vector<LayerRow> layer_rows(const oci::Image& image);

// Of the tables that keep images: what read_image_row() reads, and a number and a version more of the last. An image
// that a reference named before is kept for the journal, or as long as a function has it by its digest.
inline constexpr std::string_view image_columns =
    "SELECT reference, media_type, digest, size, created, platform, layer_bytes, updated_at FROM image WHERE true ";
inline constexpr std::string_view earlier_image_columns =
    "SELECT reference || '@' || digest, media_type, digest, size, created, platform, layer_bytes, left_at "
    "FROM earlier_image "
    "WHERE (left_by > 0 OR EXISTS (SELECT 1 FROM function WHERE image LIKE '%@' || digest)) ";
inline constexpr std::string_view channel_version_columns =
    "SELECT 'channel:' || channel || '@' || version, media_type, digest, size, created, platform, layer_bytes, "
    "published_at, number, version FROM channel_version WHERE true ";

// Reads the first eight columns. Throws integrity for what can't stand there: anyone with an SQLite editor can change
// the file.
ImageRow read_image_row(const db::Statement& row);
// Binds the same columns but for the reference and the time.
void bind_image(db::Statement& statement, const ImageRow& image);

oci::Digest image_digest(const std::string& text);

}  // namespace fn::state
