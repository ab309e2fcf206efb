// SPDX-License-Identifier: Apache-2.0
#include "layer/segment_names.hpp"

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

Contents::Contents(std::span<const Item> items) : contents_(items.size()), states_(items.size(), State::given) {
  for (std::size_t n = 0; n < items.size(); ++n) {
    if (items[n].content) {
      contents_[n] = *items[n].content;
    } else if (items[n].entry.size > 0) {
      states_[n] = State::unknown;
    }
  }
}

void Contents::set(std::size_t item, Content content) {
  contents_[item] = std::move(content);
  states_[item] = State::learned;
}

std::optional<std::string> segment_rows(const TarStream& tar, std::size_t segment, const Contents& contents) {
  const SegmentPlan& plan = tar.plan();
  const Bytes from = plan.cuts[segment];
  const Bytes to = plan.cuts[segment + 1];
  std::size_t item = tar.first_item(segment);
  Carried carried;
  if (item < tar.items().size() && plan.starts[item] < from) {
    if (!contents.is_known(item)) return std::nullopt;
    const Bytes content = tar.content_start(item);
    carried = {.digest = contents.at(item).digest,
               .offset = from - content,
               .bytes = std::min(to, content + tar.items()[item].entry.size) - from};
    ++item;
  }
  RowWriter rows(to - from, carried);
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
