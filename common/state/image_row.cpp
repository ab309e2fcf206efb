// SPDX-License-Identifier: Apache-2.0
#include "state/image_row.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

namespace fn::state {

oci::Digest image_digest(const std::string& text) {
  if (!oci::Digest::is_valid(text))
    fail_hint(Kind::integrity, "move the file away: the next command takes the images over from index.json",
              "state.db is corrupt: '{}' is not a digest", printable(text));
  return oci::Digest::parse(text);
}

std::vector<LayerRow> layer_rows(const oci::Image& image) {
  std::vector<LayerRow> rows;
  for (std::size_t n = 0; n < image.manifest.layers.size(); ++n) {
    const oci::Descriptor& layer = image.manifest.layers[n];
    rows.push_back({.name = layer.annotation(oci::annotation::layer_name),
                    .digest = layer.digest,
                    .diff_id = image.config.diff_ids.at(n),
                    .size = layer.size,
                    .follows = layer.annotation(oci::annotation::layer_follow)});
  }
  return rows;
}

ImageRow read_image_row(const db::Statement& row) {
  oci::Descriptor descriptor;
  descriptor.media_type = row.text(1);
  descriptor.digest = image_digest(row.text(2));
  descriptor.size = Bytes(row.integer(3));
  return {.reference = row.text(0),
          .descriptor = std::move(descriptor),
          .created = row.text(4),
          .platform = row.text(5),
          .layer_bytes = Bytes(row.integer(6)),
          .updated_at = row.integer(7)};
}

void bind_image(db::Statement& statement, const ImageRow& image) {
  statement.bind(image.descriptor.media_type)
      .bind(image.descriptor.digest.str())
      .bind(std::int64_t(image.descriptor.size))
      .bind(image.created)
      .bind(image.platform)
      .bind(std::int64_t(image.layer_bytes));
}

}  // namespace fn::state
