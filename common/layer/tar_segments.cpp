// SPDX-License-Identifier: Apache-2.0
#include "layer/tar_segments.hpp"

#include "layer/append_tar_header.hpp"
#include "sys/signal.hpp"

#include <algorithm>

namespace fn::layer {

std::size_t TarSegments::first_item(std::size_t segment) const {
  const auto after = std::upper_bound(plan_.starts.begin(), plan_.starts.end(), plan_.cuts[segment]);
  return std::size_t(after - plan_.starts.begin()) - 1;
}

std::size_t TarSegments::segment_of(std::size_t item) const {
  const auto after = std::upper_bound(plan_.cuts.begin(), plan_.cuts.end(), plan_.starts[item]);
  return std::size_t(after - plan_.cuts.begin()) - 1;
}

Bytes TarSegments::content_start(std::size_t item) const {
  const Bytes size = items_[item].entry.size;
  return plan_.starts[item + 1] - tar_padding(size) - size;
}

bool TarSegments::is_whole(std::size_t item) const {
  return plan_.cuts[segment_of(item) + 1] >= plan_.starts[item + 1];
}

void TarSegments::fill(std::size_t segment, std::vector<std::byte>& out,
                       const std::function<void(const Part&)>& visit) const {
  const Bytes from = plan_.cuts[segment];
  const Bytes to = plan_.cuts[segment + 1];
  out.clear();
  out.reserve(to - from);
  for (std::size_t item = first_item(segment); item < items_.size() && plan_.starts[item] < to; ++item) {
    sys::check_interrupt();
    add_item(item, from, to, out, visit);
  }
  out.resize(to - from);  // the trailer
}

// The part of one item that lies in [from, to). Cuts never fall into a header.
void TarSegments::add_item(std::size_t index, Bytes from, Bytes to, std::vector<std::byte>& out,
                           const std::function<void(const Part&)>& visit) const {
  const Item& item = items_[index];
  if (plan_.starts[index] >= from) append_tar_header(out, item.entry);
  const Bytes content = content_start(index);
  const Bytes first = std::max(content, from);
  const Bytes last = std::min(content + item.entry.size, to);
  if (first < last) {
    const std::size_t position = out.size();
    out.resize(position + (last - first));
    const std::span<std::byte> bytes = std::span(out).subspan(position);
    const auto reader = item.origin->open(item);
    reader->read(first - content, bytes);
    reader->finish();
    visit({.item = index, .offset = first - content, .bytes = bytes, .settled = reader->is_settled()});
  }
  if (plan_.starts[index + 1] <= to) out.resize(plan_.starts[index + 1] - from);
}

}  // namespace fn::layer
