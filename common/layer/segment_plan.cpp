// SPDX-License-Identifier: Apache-2.0
// Most of a layer is what it was last time, and compressing is most of the work of a build: so a layer is compressed in
// pieces that a later build can find again. For that the cuts behind a change must fall where they fell before. They
// depend on nothing but what came since the last cut and the name and size of the file that would come next; a file
// that grows or is new moves the cuts near it, and a few megabytes later a name that cut before cuts again.
//
// A large file is cut at fixed distances from its own beginning. Its segments carry the digest of the whole file, since
// its parts are of use again only if all of it is the same.
//
// The plan needs no content, only headers and sizes: threads can then make any segment without knowing the others.
#include "layer/segment_plan.hpp"

#include "layer/append_tar_header.hpp"

namespace fn::layer {
namespace {

// FNV-1a: a cut must only be as random as file names are.
std::uint64_t path_hash(std::string_view path) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : path) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash ^ (hash >> 29);
}

// One boundary in 32 cuts: with files of 40 to 60 kB on average that is 1 to 2 MiB behind min_segment.
bool cuts_here(std::string_view path) {
  return path_hash(path) % 32 == 0;
}

}  // namespace

SegmentPlan plan_segments(std::span<const Item> items) {
  SegmentPlan plan;
  plan.starts.reserve(items.size() + 1);
  plan.cuts.push_back(0);
  std::vector<std::byte> header;
  Bytes position = 0;
  for (const Item& item : items) {
    header.clear();
    append_tar_header(header, item.entry);
    const Bytes span = header.size() + item.entry.size + tar_padding(item.entry.size);
    const Bytes filled = position - plan.cuts.back();
    if (filled >= min_segment && (cuts_here(item.entry.path) || filled + span > max_segment))
      plan.cuts.push_back(position);
    plan.starts.push_back(position);
    const Bytes content = position + header.size();
    position += span;
    if (position - plan.cuts.back() > max_segment)
      for (Bytes cut = content + target_segment; cut + min_segment < position; cut += target_segment)
        plan.cuts.push_back(cut);
  }
  plan.starts.push_back(position);
  plan.cuts.push_back(position + tar_trailer);
  return plan;
}

}  // namespace fn::layer
