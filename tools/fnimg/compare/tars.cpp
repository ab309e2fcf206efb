// SPDX-License-Identifier: Apache-2.0
// Two tars are read side by side, an entry of each in turn, and entries of one path are compared as soon as both were
// seen. Where both tars agree on the order nothing waits. An entry whose partner has not come yet is kept without its
// content, which is hashed while it is read, so that memory grows with the number of entries that stand apart and not
// with their size. Of several entries with one path the first meets the first, as far as they go. What waits in the end
// is on one side only.
#include "compare/tars.hpp"

#include "base/error.hpp"
#include "compare/entries.hpp"
#include "compare/entry_order.hpp"
#include "sys/signal.hpp"

#include <map>
#include <optional>

namespace fn::img {
namespace {

// One side: its reader, and the entries that the other side did not have yet.
struct SideReader {
  SideReader(const TarSide& side, const layer::TarLimits& limits) : name(side.name), reader(side.tar, limits) {}

  // The next entry, its content hashed; nothing at the end.
  std::optional<Member> next(std::vector<std::byte>& buffer) {
    try {
      return read_next(buffer);
    } catch (const Error& error) {
      // What the stream says of itself names the layer already.
      if (std::string_view(error.what()).starts_with(name)) throw;
      throw error.within(name);
    }
  }

  std::optional<Member> read_next(std::vector<std::byte>& buffer) {
    sys::check_interrupt();
    auto entry = reader.next();
    if (!entry) return std::nullopt;
    Member member{{std::move(*entry), reader.raw_headers()}, read++, {}};
    if (member.entry.type == layer::Type::file) {
      Sha256 hash;
      while (const std::size_t got = reader.read(buffer)) hash.update(std::span<const std::byte>(buffer).first(got));
      member.content = hash.finish();
    }
    return member;
  }

  std::string name;
  layer::TarReader reader;
  std::uint64_t read = 0;
  std::multimap<std::string, Member> waiting;  // by path; of one path in the order of the tar
};

class Walk {
 public:
  Walk(const TarSide& a, const TarSide& b, const layer::TarLimits& limits, EntryComparison& comparison)
      : a_(a, limits), b_(b, limits), buffer_(256 * KiB), comparison_(comparison) {}

  void run() {
    bool more = true;
    while (more) {
      auto a = a_.next(buffer_);
      auto b = b_.next(buffer_);
      more = a || b;
      if (a && b && a->entry.path == b->entry.path && a_.waiting.empty() && b_.waiting.empty()) {
        pair(*a, *b);
        continue;
      }
      if (a) meet(std::move(*a), a_, b_, [this](const Member& mine, const Member& other) { pair(mine, other); });
      if (b) meet(std::move(*b), b_, a_, [this](const Member& mine, const Member& other) { pair(other, mine); });
    }
    for (const auto& [path, member] : a_.waiting) comparison_.only(member, EntryComparison::In::a);
    for (const auto& [path, member] : b_.waiting) comparison_.only(member, EntryComparison::In::b);
  }

  const EntryOrder& order() const { return order_; }
  Bytes trailer_a() const { return a_.reader.trailer(); }
  Bytes trailer_b() const { return b_.reader.trailer(); }

 private:
  template <typename Pair>
  static void meet(Member member, SideReader& mine, SideReader& other, const Pair& pair) {
    const auto found = other.waiting.lower_bound(member.entry.path);
    if (found == other.waiting.end() || found->first != member.entry.path) {
      std::string path = member.entry.path;
      mine.waiting.emplace(std::move(path), std::move(member));
      return;
    }
    pair(member, found->second);
    other.waiting.erase(found);
  }

  void pair(const Member& a, const Member& b) {
    comparison_.pair(a, b);
    order_.add(a.entry.path, a.index, b.index);
  }

  SideReader a_;
  SideReader b_;
  std::vector<std::byte> buffer_;
  EntryComparison& comparison_;
  EntryOrder order_;
};

Cause layer_cause(const std::string& layer, std::string what, Tally& tally, std::string text, std::string hint) {
  return {.level = Level::layer,
          .layer = layer,
          .what = std::move(what),
          .count = tally.count(),
          .text = std::move(text),
          .hint = std::move(hint),
          .examples = tally.take()};
}

void add_order(const EntryOrder& order, const std::string& layer, std::size_t max_examples, Causes& causes) {
  Tally tally(max_examples);
  const std::uint64_t moved = order.moved(tally);
  if (moved == 0) return;
  causes.push_back(layer_cause(layer, "order", tally,
                               fmt::format("{} of {} {} in a different order", grouped(moved),
                                           counted(order.size(), "entry", "entries"), moved == 1 ? "is" : "are"),
                               "use tar --sort=name; layers built by fnimg are sorted"));
  causes.back().paths = true;
}

void add_trailer(Bytes a, Bytes b, const std::string& layer, Causes& causes) {
  if (a == b) return;
  Tally tally(1);
  tally.add("zeros at the end", fmt::format("{} bytes", grouped(a)), fmt::format("{} bytes", grouped(b)));
  causes.push_back(layer_cause(layer, "trailer", tally, "the tars end in different numbers of zero blocks",
                               "use the same tar program and record size (tar -b)"));
}

// Nothing that a tar says differs, and its bytes do.
void add_padding(const std::string& layer, Causes& causes) {
  Tally tally(0);
  tally.add("", "", "");
  causes.push_back(layer_cause(layer, "padding", tally,
                               "all entries and headers are equal; the bytes between them differ (padding that is not "
                               "zero, maps of sparse files)",
                               "write both tars with the same program"));
}

}  // namespace

void compare_tars(const TarSide& a, const TarSide& b, const layer::TarLimits& limits, const std::string& layer,
                  std::size_t max_examples, Causes& causes) {
  const std::size_t before = causes.size();
  EntryComparison comparison(max_examples);
  Walk walk(a, b, limits, comparison);
  walk.run();
  comparison.add_to(causes, layer);
  add_order(walk.order(), layer, max_examples, causes);
  add_trailer(walk.trailer_a(), walk.trailer_b(), layer, causes);
  if (causes.size() == before) add_padding(layer, causes);
}

}  // namespace fn::img
