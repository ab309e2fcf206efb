// SPDX-License-Identifier: Apache-2.0
#include "layer/layer_writer.hpp"

#include "layer/segments.hpp"
#include "layer/tar_writer.hpp"
#include "sys/signal.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

namespace fn::layer {
namespace {

constexpr unsigned max_threads = 12;

struct Segment {
  std::vector<std::byte> tar;
  std::vector<std::byte> compressed;
};

// Makes the bytes of any part of a layer's tar.
class TarStream {
 public:
  explicit TarStream(std::span<const Item> items) : items_(items), plan_(plan_segments(items)) {}

  const SegmentPlan& plan() const { return plan_; }

  void fill(std::size_t segment, std::vector<std::byte>& out) const {
    const Bytes from = plan_.cuts[segment];
    const Bytes to = plan_.cuts[segment + 1];
    out.clear();
    out.reserve(to - from);
    const auto after = std::upper_bound(plan_.starts.begin(), plan_.starts.end(), from);
    for (auto item = std::size_t(after - plan_.starts.begin()) - 1; item < items_.size() && plan_.starts[item] < to;
         ++item) {
      sys::check_interrupt();
      add_item(items_[item], plan_.starts[item], plan_.starts[item + 1], from, to, out);
    }
    out.resize(to - from);  // the trailer
  }

 private:
  // The part of one item that lies in [from, to). Cuts never fall into a header.
  static void add_item(const Item& item, Bytes start, Bytes end, Bytes from, Bytes to, std::vector<std::byte>& out) {
    const Entry& entry = item.entry;
    if (start >= from) append_tar_header(out, entry);
    const Bytes content = end - tar_padding(entry.size) - entry.size;
    const Bytes first = std::max(content, from);
    const Bytes last = std::min(content + entry.size, to);
    if (first < last) {
      const std::size_t position = out.size();
      out.resize(position + (last - first));
      const auto reader = item.origin->open(item);
      reader->read(first - content, std::span(out).subspan(position));
      reader->finish();
    }
    if (end <= to) out.resize(end - from);
  }

  std::span<const Item> items_;
  SegmentPlan plan_;
};

// Segments are made by all threads, in any order; their bytes go through one gate in the order of the tar. Whoever
// finishes the segment that is due carries it, and those behind it that are ready, through the gate: no thread is there
// for that alone.
class Pipeline {
 public:
  Pipeline(const TarStream& tar, oci::BlobWriter& blob, const WriteOptions& options)
      : tar_(tar), blob_(blob), options_(options), threads_(std::clamp(options.threads, 1U, max_threads)) {
    slots_.resize(threads_ + 2);
    ready_.resize(slots_.size());
  }

  Sha256::Value run() {
    {
      std::vector<std::jthread> threads;
      for (unsigned i = 1; i < threads_; ++i) threads.emplace_back([this] { work(); });
      work();
    }
    if (error_) std::rethrow_exception(error_);
    return tar_hash_.finish();
  }

 private:
  void work() {
    try {
      const auto compressor = Compressor::make(options_.codec);
      while (const auto segment = take()) {
        Segment& slot = slots_[*segment % slots_.size()];
        tar_.fill(*segment, slot.tar);
        compressor->compress(slot.tar, slot.compressed);
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
    const std::size_t count = tar_.plan().segments();
    changed_.wait(lock, [&] { return error_ || next_ == count || next_ < through_ + slots_.size(); });
    if (error_ || next_ == count) return std::nullopt;
    return next_++;
  }

  void deliver(std::size_t segment) {
    std::unique_lock lock(mutex_);
    ready_[segment % slots_.size()] = true;
    while (!gate_taken_ && ready_[through_ % slots_.size()] && !error_) {
      gate_taken_ = true;
      ready_[through_ % slots_.size()] = false;
      const Segment& slot = slots_[through_ % slots_.size()];
      lock.unlock();
      pass(slot);
      lock.lock();
      ++through_;
      gate_taken_ = false;
      changed_.notify_all();
    }
  }

  void pass(const Segment& segment) {
    tar_hash_.update(segment.tar);
    blob_.write(segment.compressed);
    if (options_.advance) options_.advance(segment.tar.size());
  }

  const TarStream& tar_;
  oci::BlobWriter& blob_;
  const WriteOptions& options_;
  unsigned threads_;
  Sha256 tar_hash_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Segment> slots_;
  std::vector<bool> ready_;
  std::size_t next_ = 0;     // the segment that is made next
  std::size_t through_ = 0;  // segments that passed the gate
  bool gate_taken_ = false;
  std::exception_ptr error_;
};

}  // namespace

WrittenLayer write_layer(std::span<const Item> items, const oci::Layout& layout, const WriteOptions& options) {
  const TarStream tar(items);
  oci::BlobWriter blob = layout.new_blob();
  WrittenLayer written;
  written.diff_id = oci::Digest(Pipeline(tar, blob, options).run());
  written.tar_bytes = tar.plan().size();
  written.descriptor.media_type = oci::layer_media_type(options.codec.compression);
  written.descriptor.size = blob.size();
  written.descriptor.annotations.emplace(oci::annotation::layer_codec, options.codec.identity());
  written.descriptor.digest = blob.commit();
  return written;
}

}  // namespace fn::layer
