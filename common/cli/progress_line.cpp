// SPDX-License-Identifier: Apache-2.0
#include "cli/progress_line.hpp"

#include "base/error.hpp"
#include "cli/table.hpp"

#include <algorithm>

namespace fn::cli {
namespace {

constexpr std::size_t widest_bar = 30;
constexpr std::size_t narrowest_bar = 8;

// "[####----]" of `width` columns, or a line where the locale has one.
std::string bar(double share, std::size_t width, bool utf8) {
  const std::size_t cells = width - (utf8 ? 0 : 2);
  const auto full = static_cast<std::size_t>(share * static_cast<double>(cells));
  std::string text = utf8 ? "" : "[";
  for (std::size_t i = 0; i < cells; ++i) {
    if (utf8)
      text += i < full ? "━" : "─";
    else
      text += i < full ? '#' : '-';
  }
  return utf8 ? text : text + ']';
}

std::string cut(std::string_view text, std::size_t width) {
  std::string head;
  for (std::size_t i = 0, used = 0; i < text.size(); ++i) {
    const bool starts = (static_cast<unsigned char>(text[i]) & 0xc0) != 0x80;
    if (starts && ++used > width) break;
    head += text[i];
  }
  return head;
}

}  // namespace

std::string progress_line(const ProgressState& state, const ProgressCanvas& canvas) {
  const std::size_t width = std::size_t(std::max(canvas.width, 1));
  const double seconds = std::chrono::duration<double>(state.elapsed).count();
  const double share = state.total > 0 ? std::min(1.0, double(state.bytes) / double(state.total)) : 0;

  std::string amount;
  if (state.total > 0) amount = fmt::format("  {:3}%", static_cast<int>(share * 100));
  if (state.bytes > 0) amount += "  " + human_bytes(state.bytes);
  std::string rate;
  if (state.bytes > 0 && seconds >= 1)
    rate = fmt::format("  {}/s", human_bytes(static_cast<Bytes>(double(state.bytes) / seconds)));

  if (text_width(state.phase) + amount.size() + rate.size() > width) rate.clear();
  const std::size_t used = text_width(state.phase) + amount.size() + rate.size();
  if (used > width) return cut(state.phase, width - std::min(width, amount.size())) + cut(amount, width);
  std::string text = state.phase;
  if (const std::size_t room = width - used; state.total > 0 && room >= narrowest_bar + 2)
    text += "  " + bar(share, std::min(room - 2, widest_bar), canvas.utf8);
  return text + amount + rate;
}

}  // namespace fn::cli
