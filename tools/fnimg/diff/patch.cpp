// SPDX-License-Identifier: Apache-2.0
// From two texts to a unified diff, in three steps: both are cut into lines, which keep their newline so that a missing
// one at the end is a difference; a Script says which lines go and which come; Hunks writes those with 3 lines of
// context, and joins hunks whose contexts meet.
//
// Equal lines at the beginning and the end are left out before the search. The search is Myers' greedy one. It keeps
// the furthest points of every round, so memory grows with the square of the number of edits, and it gives up after
// `max_edits` rounds: then everything between the equal ends is replaced. The result must always be a patch that makes
// `b` of `a`; only how short it is depends on the bound.
#include "diff/patch.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <cstddef>
#include <fmt/format.h>
#include <vector>

namespace fn::img {
namespace {

constexpr std::size_t context_lines = 3;
constexpr int max_edits = 3000;  // beyond that all lines between the equal ends are replaced

using Lines = std::vector<std::string_view>;

// Lines with their newline, which the last one may lack.
Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

// Which lines of each side go and come.
struct Script {
  std::vector<bool> removed;
  std::vector<bool> added;
};

// Finds the shortest edit script of the lines [begin, end) of both sides by going forward diagonal by diagonal; the
// furthest points of each round are kept to find the way back.
class Myers {
 public:
  Myers(const Lines& a, const Lines& b, std::size_t skip, std::size_t end_a, std::size_t end_b, Script& script)
      : a_(a), b_(b), skip_(skip), n_(int(end_a - skip)), m_(int(end_b - skip)), script_(script) {}

  void run() {
    const int limit = std::min(n_ + m_, max_edits);
    std::vector<int> furthest(2 * std::size_t(limit) + 3, 0);
    const auto at = [&](int k) -> int& { return furthest[std::size_t(std::ptrdiff_t{k} + limit + 1)]; };
    for (int d = 0; d <= limit; ++d) {
      rounds_.push_back(
          std::vector<int>(furthest.begin() + (limit + 1 - d - 1), furthest.begin() + (limit + 1 + d + 2)));
      for (int k = -d; k <= d; k += 2) {
        int x = k == -d || (k != d && at(k - 1) < at(k + 1)) ? at(k + 1) : at(k - 1) + 1;
        while (x < n_ && x - k < m_ && line_a(x) == line_b(x - k)) ++x;
        at(k) = x;
        if (x >= n_ && x - k >= m_) return walk_back(d);
      }
    }
    std::fill_n(script_.removed.begin() + std::ptrdiff_t(skip_), n_, true);
    std::fill_n(script_.added.begin() + std::ptrdiff_t(skip_), m_, true);
  }

 private:
  std::string_view line_a(int x) const { return a_[skip_ + std::size_t(x)]; }
  std::string_view line_b(int y) const { return b_[skip_ + std::size_t(y)]; }

  void walk_back(int d) {
    int x = n_, y = m_;
    for (; d > 0; --d) {
      const std::vector<int>& round = rounds_[std::size_t(d)];
      const auto at = [&](int k) { return round[std::size_t(std::ptrdiff_t{k} + d + 1)]; };
      const int k = x - y;
      const bool down = k == -d || (k != d && at(k - 1) < at(k + 1));
      const int before = down ? at(k + 1) : at(k - 1);
      const int start = down ? before : before + 1;
      y -= x - start;
      x = start;
      if (down) {
        script_.added[skip_ + std::size_t(--y)] = true;
      } else {
        script_.removed[skip_ + std::size_t(--x)] = true;
      }
    }
  }

  const Lines& a_;
  const Lines& b_;
  std::size_t skip_;
  int n_, m_;
  Script& script_;
  std::vector<std::vector<int>> rounds_;
};

Script compare(const Lines& a, const Lines& b) {
  Script script{std::vector<bool>(a.size()), std::vector<bool>(b.size())};
  const std::size_t shorter = std::min(a.size(), b.size());
  std::size_t begin = 0;
  while (begin < shorter && a[begin] == b[begin]) ++begin;
  std::size_t end = 0;
  while (end < shorter - begin && a[a.size() - 1 - end] == b[b.size() - 1 - end]) ++end;
  Myers(a, b, begin, a.size() - end, b.size() - end, script).run();
  return script;
}

void add_line(std::string& out, char mark, std::string_view line) {
  out += mark;
  out += line;
  if (!line.ends_with('\n')) out += "\n\\ No newline at end of file\n";
}

// "3,7": where a hunk begins, counted from 1, and how many lines it has. An empty one stands behind the line before.
std::string range(std::size_t begin, std::size_t count) {
  return count == 1 ? fmt::to_string(begin + 1) : fmt::format("{},{}", count == 0 ? begin : begin + 1, count);
}

class Hunks {
 public:
  Hunks(const Lines& a, const Lines& b, const Script& script) : a_(a), b_(b), script_(script) {}

  std::string str() {
    while (x_ < a_.size() || y_ < b_.size()) {
      if (!changed()) {
        ++x_;
        ++y_;
        continue;
      }
      add_hunk();
    }
    return std::move(out_);
  }

 private:
  bool removed() const { return x_ < a_.size() && script_.removed[x_]; }
  bool added() const { return y_ < b_.size() && script_.added[y_]; }
  bool changed() const { return removed() || added(); }

  void add_hunk() {
    const std::size_t before = std::min({x_, y_, context_lines});
    const std::size_t begin_a = x_ - before, begin_b = y_ - before;
    std::string body;
    for (std::size_t n = begin_a; n < x_; ++n) add_line(body, ' ', a_[n]);
    std::size_t equal = 0;  // lines at the end of the body that both sides have
    while ((x_ < a_.size() || y_ < b_.size()) && equal <= 2 * context_lines) {
      if (removed()) {
        add_line(body, '-', a_[x_++]);
        equal = 0;
      } else if (added()) {
        add_line(body, '+', b_[y_++]);
        equal = 0;
      } else {
        if (!goes_on(2 * context_lines - equal) && equal >= context_lines) break;
        add_line(body, ' ', a_[x_++]);
        ++y_;
        ++equal;
      }
    }
    out_ += fmt::format("@@ -{} +{} @@\n", range(begin_a, x_ - begin_a), range(begin_b, y_ - begin_b));
    out_ += body;
  }

  // One of the next lines changes.
  bool goes_on(std::size_t lines) const {
    for (std::size_t n = 0; n <= lines; ++n)
      if ((x_ + n < a_.size() && script_.removed[x_ + n]) || (y_ + n < b_.size() && script_.added[y_ + n])) return true;
    return false;
  }

  const Lines& a_;
  const Lines& b_;
  const Script& script_;
  std::size_t x_ = 0, y_ = 0;
  std::string out_;
};

}  // namespace

bool is_text(std::string_view content) {
  const auto is_control = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0x7f || (byte < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f');
  };
  // U+0080 to U+009F, which some terminals obey too.
  const auto is_c1 = [](char c, char next) { return c == '\xc2' && static_cast<unsigned char>(next) < 0xa0; };
  return is_utf8(content) && std::none_of(content.begin(), content.end(), is_control) &&
         std::adjacent_find(content.begin(), content.end(), is_c1) == content.end();
}

std::string unified_diff(std::string_view a, std::string_view b, const std::string& label_a,
                         const std::string& label_b) {
  if (a == b) return {};
  const Lines lines_a = lines_of(a);
  const Lines lines_b = lines_of(b);
  const Script script = compare(lines_a, lines_b);
  return fmt::format("--- {}\n+++ {}\n", label_a, label_b) + Hunks(lines_a, lines_b, script).str();
}

}  // namespace fn::img
