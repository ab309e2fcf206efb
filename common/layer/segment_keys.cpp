// SPDX-License-Identifier: Apache-2.0
// Three keys name a segment, each made of the one before it:
//
//     rows key     the digest of its rows: every header and content in it, and what it begins in the middle of. Equal
//                  keys are equal bytes of the tar.
//     coded key    of the rows key and the codec. Equal keys are equal compressed bytes, wherever they are in a blob.
//     prefix key   of the prefix key of the segment before and the coded key. Equal keys are blobs that are equal up to
//                  the end of this segment, with the same states of both hashes.
//
// Keys exist only once the contents are known. A segment whose contents a stat cache supplied is named before anything
// is read, any other after it was read.
#include "layer/segment_keys.hpp"

#include "layer/rows.hpp"

#include <algorithm>

namespace fn::layer {
namespace {

Sha256::Value digest_of(const Sha256::Value& value, std::string_view more) {
  Sha256 hash;
  hash.update(std::as_bytes(std::span(value)));
  hash.update(more);
  return hash.finish();
}

}  // namespace

ItemContents::ItemContents(std::span<const Item> items) : contents_(items.size()), states_(items.size(), State::given) {
  for (std::size_t n = 0; n < items.size(); ++n) {
    if (items[n].content) {
      contents_[n] = *items[n].content;
    } else if (items[n].entry.size > 0) {
      states_[n] = State::unknown;
    }
  }
}

void ItemContents::set(std::size_t item, Content content) {
  contents_[item] = std::move(content);
  states_[item] = State::learned;
}

std::optional<std::string> segment_rows(const TarSegments& tar, std::size_t segment, const ItemContents& contents) {
  const SegmentPlan& plan = tar.plan();
  const Bytes from = plan.cuts[segment];
  const Bytes to = plan.cuts[segment + 1];
  std::size_t item = tar.first_item(segment);
  ContinuedFile continued;
  if (item < tar.items().size() && plan.starts[item] < from) {
    if (!contents.is_known(item)) return std::nullopt;
    const Bytes content = tar.content_start(item);
    continued = {.digest = contents.at(item).digest,
                 .offset = from - content,
                 .bytes = std::min(to, content + tar.items()[item].entry.size) - from};
    ++item;
  }
  RowWriter rows(to - from, continued);
  for (; item < tar.items().size() && plan.starts[item] < to; ++item) {
    if (!contents.is_known(item)) return std::nullopt;
    rows.add(tar.items()[item].entry, contents.at(item));
  }
  return rows.finish();
}

Sha256::Value coded_key(const Sha256::Value& rows_key, const Codec& codec) {
  return digest_of(rows_key, codec.identity());
}

Sha256::Value prefix_key(const Sha256::Value& before, const Sha256::Value& coded_key) {
  return digest_of(before, {reinterpret_cast<const char*>(coded_key.data()), coded_key.size()});
}

}  // namespace fn::layer
