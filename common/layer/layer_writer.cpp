// SPDX-License-Identifier: Apache-2.0
// A layer's items make a tar, and the tar is cut into segments (segment_plan.hpp). A segment's key stands for all that
// its bytes depend on (segment_keys.hpp). If every content is known beforehand, all keys are too; an earlier
// layer that ends with the same chain of keys is then the result, and no file is opened.
//
// Otherwise every thread takes the next segment that nobody has taken. Bytes that an earlier layer has are copied out
// of its blob (and decoded, for the hash of the tar); anything else is read from its origins and compressed, each
// segment on its own. Finished segments go through two gates in the order of the tar. At one the hash of the tar
// advances, which is the diffID; at the other the blob grows, and its hash. Within the beginning that an earlier layer
// shares, the hashes are not computed but restored from the states that were stored with its segments. The gates have
// no threads of their own: whoever has finished a segment carries what is due through a gate where nobody is.
//
// No thread runs further ahead of the gates than there are slots, which bounds memory. The bytes must never depend on
// the number of threads or on what earlier layers there are. The first error stops all threads, and the blob, not
// committed, vanishes; origins learn what they may remember only once the blob is durable.
#include "layer/layer_writer.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "layer/decompress.hpp"
#include "layer/segment_keys.hpp"
#include "layer/stored_bytes.hpp"
#include "layer/tar_reader.hpp"
#include "layer/tar_segments.hpp"
#include "layer/whiteout.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace fn::layer {
namespace {

constexpr unsigned max_compressors = 12;

// How a segment is produced: its names as far as they are known, and an earlier layer's bytes if there are any.
struct SegmentWork {
  std::optional<std::string> rows;
  Sha256::Value rows_key{};
  Sha256::Value coded_key{};
  std::optional<StoredSegment> stored;
};

// What the pipeline holds of a segment on its way. Without a tar the stored states say what the hashes make of it.
struct Slot {
  bool has_tar = false;
  std::vector<std::byte> tar;  // keeps its size for the next one: growing it means writing zeros
  std::vector<std::byte> compressed;
  Checksum checksum{};
  std::vector<std::size_t> unsettled;  // items whose content is not to be remembered
};

// The layer that is to be written: its tar, the names of its segments, and what is known of its contents.
class Layer {
 public:
  Layer(std::span<const Item> items, const WriteOptions& options)
      : tar_(items), contents_(items), options_(options), work_(tar_.plan().segments()) {
    for (std::size_t n = 0; n < work_.size(); ++n) name(n);
  }

  const TarSegments& tar() const { return tar_; }
  ItemContents& contents() { return contents_; }
  SegmentWork& work(std::size_t segment) { return work_[segment]; }

  // Names a segment if its contents are known by now.
  bool name(std::size_t segment) {
    SegmentWork& work = work_[segment];
    if (work.rows) return true;
    work.rows = segment_rows(tar_, segment, contents_);
    if (!work.rows) return false;
    work.rows_key = Sha256::of(*work.rows);
    work.coded_key = coded_key(work.rows_key, options_.codec);
    return true;
  }

  // The prefix keys of the segments up to the first that has no name.
  std::vector<Sha256::Value> prefixes() const {
    std::vector<Sha256::Value> keys;
    Sha256::Value key{};
    for (const SegmentWork& work : work_) {
      if (!work.rows) break;
      keys.push_back(key = prefix_key(key, work.coded_key));
    }
    return keys;
  }

  std::optional<StoredSegment> find_stored(std::size_t segment) const {
    return options_.store ? options_.store->find_segment(work_[segment].coded_key) : std::nullopt;
  }

 private:
  TarSegments tar_;
  ItemContents contents_;
  const WriteOptions& options_;
  std::vector<SegmentWork> work_;
};

class Pipeline {
 public:
  // `prefix`: as many first segments begin an earlier layer in the same way.
  Pipeline(Layer& layer, std::size_t prefix, const oci::Layout& layout, oci::BlobWriter& blob,
           const WriteOptions& options)
      : layer_(layer),
        prefix_(prefix),
        blob_(blob),
        options_(options),
        threads_(std::clamp(options.threads, 1U, max_compressors)),
        stored_(layout) {
    slots_.resize(threads_ + 2);
    made_.resize(slots_.size(), none);
    written_.resize(layer.tar().plan().segments());
  }

  void run() {
    {
      std::vector<std::jthread> threads;
      for (unsigned i = 1; i < threads_; ++i) threads.emplace_back([this] { work(); });
      work();
    }
    if (error_) std::rethrow_exception(error_);
  }

  oci::Digest diff_id() { return oci::Digest(tar_hash_.finish()); }
  std::vector<WrittenSegment>& written() { return written_; }
  const std::vector<std::size_t>& unsettled() const { return unsettled_; }

 private:
  // What happens to segments in the order of the tar, in one thread at a time.
  struct Gate {
    void (Pipeline::*pass)(std::size_t, const Slot&);
    std::size_t next = 0;
    bool is_taken = false;
  };
  static constexpr std::size_t none = std::size_t(-1);

  void work() {
    try {
      const auto compressor = Compressor::make(options_.codec);
      while (const auto segment = take()) {
        make(*segment, slots_[*segment % slots_.size()], *compressor);
        deliver(*segment);
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = std::current_exception();
      changed_.notify_all();
    }
  }

  std::optional<std::size_t> take() {
    std::unique_lock lock(mutex_);
    const std::size_t count = layer_.tar().plan().segments();
    changed_.wait(lock, [&] { return error_ || next_ == count || next_ < passed() + slots_.size(); });
    if (error_ || next_ == count) return std::nullopt;
    return next_++;
  }

  void make(std::size_t segment, Slot& slot, Compressor& compressor) {
    slot.has_tar = false;
    slot.unsettled.clear();
    SegmentWork& work = layer_.work(segment);
    const Bytes size = layer_.tar().plan().cuts[segment + 1] - layer_.tar().plan().cuts[segment];
    if (work.stored && stored_.read(*work.stored, slot.compressed)) {
      slot.checksum = work.stored->checksum;
      if (segment < prefix_) return;
      slot.has_tar = true;
      slot.tar.resize(size);
      if (decode_segment(slot.compressed, options_.codec.compression, slot.tar)) return;
    }
    const bool had_name = work.rows.has_value();
    slot.has_tar = true;
    layer_.tar().fill(segment, slot.tar, [&](const TarSegments::Part& part) { learn(part, slot); });
    // Contents that were not known may be old ones nevertheless, in files that are new.
    if (!had_name && layer_.name(segment)) {
      work.stored = layer_.find_stored(segment);
      if (work.stored && stored_.read(*work.stored, slot.compressed)) {
        slot.checksum = work.stored->checksum;
        return;
      }
    }
    compressor.compress(slot.tar, slot.compressed);
    slot.checksum = checksum_of(slot.compressed);
  }

  // A file of several segments is hashed by hash_tar(), where its parts come in order.
  void learn(const TarSegments::Part& part, Slot& slot) {
    if (layer_.contents().is_known(part.item)) return;
    if (!part.settled) slot.unsettled.push_back(part.item);
    if (layer_.tar().is_whole(part.item)) layer_.contents().set(part.item, content_of(part.bytes));
  }

  void deliver(std::size_t segment) {
    std::unique_lock lock(mutex_);
    made_[segment % slots_.size()] = segment;
    while (Gate* gate = error_ ? nullptr : due()) {
      gate->is_taken = true;
      lock.unlock();
      (this->*gate->pass)(gate->next, slots_[gate->next % slots_.size()]);
      lock.lock();
      ++gate->next;
      gate->is_taken = false;
      changed_.notify_all();
    }
  }

  // Where a segment waits and nobody is.
  Gate* due() {
    const auto waits = [&](const Gate& gate) {
      return !gate.is_taken && made_[gate.next % slots_.size()] == gate.next;
    };
    const auto found = std::find_if(gates_.begin(), gates_.end(), waits);
    return found == gates_.end() ? nullptr : &*found;
  }

  // As many segments went through both gates.
  std::size_t passed() const { return std::min(gates_[0].next, gates_[1].next); }

  void hash_tar(std::size_t segment, const Slot& slot) {
    if (slot.has_tar) {
      tar_hash_.update(slot.tar);
      hash_large_files(segment, slot.tar);
    } else {
      tar_hash_ = Sha256::restore(layer_.work(segment).stored->tar_state);
    }
    written_[segment].tar_state = tar_hash_.save();
    unsettled_.insert(unsettled_.end(), slot.unsettled.begin(), slot.unsettled.end());
  }

  void write_blob(std::size_t segment, const Slot& slot) {
    if (slot.has_tar) {
      blob_.write(slot.compressed);
    } else {
      blob_.write(slot.compressed, Sha256::restore(layer_.work(segment).stored->blob_state));
    }
    WrittenSegment& written = written_[segment];
    written.size = slot.compressed.size();
    written.checksum = slot.checksum;
    written.blob_state = blob_.hash().save();
    const SegmentPlan& plan = layer_.tar().plan();
    if (options_.advance) options_.advance(plan.cuts[segment + 1] - plan.cuts[segment]);
  }

  void hash_large_files(std::size_t segment, std::span<const std::byte> bytes) {
    const TarSegments& tar = layer_.tar();
    const Bytes from = tar.plan().cuts[segment];
    const Bytes to = tar.plan().cuts[segment + 1];
    for (std::size_t n = tar.first_item(segment); n < tar.items().size() && tar.plan().starts[n] < to; ++n) {
      const bool begins = tar.plan().starts[n] >= from;
      const bool ends = tar.plan().starts[n + 1] <= to;
      if ((begins && ends) || layer_.contents().is_known(n)) continue;
      const Bytes content = tar.content_start(n);
      const Bytes first = std::max(content, from);
      const Bytes last = std::min(content + tar.items()[n].entry.size, to);
      large_file_.update(bytes.subspan(first - from, last - first));
      if (ends) layer_.contents().set(n, std::exchange(large_file_, ContentHasher()).finish());
    }
  }

  Layer& layer_;
  std::size_t prefix_;
  oci::BlobWriter& blob_;
  const WriteOptions& options_;
  unsigned threads_;
  StoredBytes stored_;

  std::vector<WrittenSegment> written_;
  // hash_tar()'s.
  Sha256 tar_hash_;
  ContentHasher large_file_;
  std::vector<std::size_t> unsettled_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Slot> slots_;
  std::vector<std::size_t> made_;  // which segment each slot holds
  std::size_t next_ = 0;           // the segment that is made next
  std::array<Gate, 2> gates_{Gate{&Pipeline::hash_tar}, Gate{&Pipeline::write_blob}};
  std::exception_ptr error_;
};

// What every reader refuses unless it is told otherwise is not made.
void check_readable(const TarSegments& tar) {
  const ExpansionLimits expansion;
  const TarLimits limits;
  if (tar.plan().size() > expansion.max_bytes)
    fail_hint(Kind::unsupported, "split the layer", "the layer would be of {}, and none of more than {} can be read",
              human_bytes(tar.plan().size()), human_bytes(expansion.max_bytes));
  if (tar.items().size() > limits.max_entries)
    fail_hint(Kind::unsupported, "split the layer",
              "the layer would have {} entries, and none of more than {} can be read", tar.items().size(),
              limits.max_entries);
  for (const Item& item : tar.items()) {
    check_path(item.entry.path);
    check_whiteout(item.entry.path);
    check_limits(item.entry);
  }
  for (std::size_t n = 0; n < tar.items().size(); ++n)
    if (tar.content_start(n) - tar.plan().starts[n] > limits.max_metadata)
      fail(Kind::unsupported, "'{}': names and attributes of one entry exceed {}", printable(tar.items()[n].entry.path),
           human_bytes(limits.max_metadata));
}

// Finds what earlier layers have of this one: `prefix` says how many segments begin one of them.
std::size_t plan_reuse(Layer& layer, const std::vector<Sha256::Value>& prefixes, const SegmentStore& store) {
  std::vector<StoredSegment> beginning = store.longest_prefix(prefixes);
  const std::size_t prefix = beginning.size();
  for (std::size_t n = 0; n < layer.tar().plan().segments(); ++n) {
    SegmentWork& work = layer.work(n);
    if (n < prefix) {
      work.stored = std::move(beginning[n]);
    } else if (work.rows) {
      work.stored = layer.find_stored(n);
    }
  }
  return prefix;
}

// An earlier layer that has all of it, if its blob is still there.
std::optional<StoredLayer> find_whole(const Layer& layer, const std::vector<Sha256::Value>& prefixes,
                                      const oci::Layout& layout, const WriteOptions& options) {
  if (!options.store || prefixes.size() != layer.tar().plan().segments()) return std::nullopt;
  auto found = options.store->find_layer(prefixes.back());
  if (found && layout.blob_size(found->blob) != found->size) return std::nullopt;
  return found;
}

// All contents are known now: names for the segments that had none.
void name_all(Layer& layer, std::vector<WrittenSegment>& written) {
  for (std::size_t n = 0; n < written.size(); ++n) {
    if (!layer.name(n)) fail(Kind::internal, "a segment of the layer has no name");
    SegmentWork& work = layer.work(n);
    written[n].rows = std::move(*work.rows);
    written[n].rows_key = work.rows_key;
    written[n].coded_key = work.coded_key;
    written[n].prefix_key = prefix_key(n == 0 ? Sha256::Value{} : written[n - 1].prefix_key, work.coded_key);
  }
}

void count_items(const TarSegments& tar, std::vector<WrittenSegment>& written) {
  for (std::size_t item = 0; item < tar.items().size(); ++item) ++written[tar.segment_of(item)].items;
}

// What the origins may remember.
void remember_contents(Layer& layer, std::vector<std::size_t> unsettled) {
  std::sort(unsettled.begin(), unsettled.end());
  const std::span<const Item> items = layer.tar().items();
  for (std::size_t n = 0; n < items.size(); ++n)
    if (layer.contents().is_new(n) && !std::binary_search(unsettled.begin(), unsettled.end(), n))
      items[n].origin->remember(items[n], layer.contents().at(n));
}

oci::Descriptor describe(const Codec& codec, const oci::Digest& digest, Bytes size) {
  oci::Descriptor descriptor;
  descriptor.media_type = oci::layer_media_type(codec.compression);
  descriptor.digest = digest;
  descriptor.size = size;
  descriptor.annotations.emplace(oci::annotation::layer_codec, codec.str());
  return descriptor;
}

}  // namespace

WrittenLayer write_layer(std::span<const Item> items, const oci::Layout& layout, const WriteOptions& options) {
  Layer layer(items, options);
  check_readable(layer.tar());
  const std::vector<Sha256::Value> prefixes = layer.prefixes();
  WrittenLayer written;
  written.tar_bytes = layer.tar().plan().size();
  if (const auto whole = find_whole(layer, prefixes, layout, options)) {
    if (options.advance) options.advance(written.tar_bytes);
    written.descriptor = describe(options.codec, whole->blob, whole->size);
    written.diff_id = whole->diff_id;
    written.is_reused = true;
    return written;
  }
  const std::size_t prefix = options.store ? plan_reuse(layer, prefixes, *options.store) : 0;
  oci::BlobWriter blob = layout.new_blob();
  Pipeline pipeline(layer, prefix, layout, blob, options);
  pipeline.run();
  written.diff_id = pipeline.diff_id();
  written.segments = std::move(pipeline.written());
  name_all(layer, written.segments);
  count_items(layer.tar(), written.segments);
  const Bytes size = blob.size();
  written.descriptor = describe(options.codec, blob.commit(), size);
  remember_contents(layer, pipeline.unsettled());
  return written;
}

}  // namespace fn::layer
