// SPDX-License-Identifier: Apache-2.0
#include "compare/causes.hpp"

#include "base/text.hpp"
#include "cli/table.hpp"
#include "image/document.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

namespace fn::img {
namespace {

constexpr std::size_t max_width = 72;  // of an example's value, in bytes; --json has it whole

// Most important first: what an image does, what it holds, what only its bytes show.
constexpr std::array<std::string_view, 44> by_importance{"layers",       "layer_order",   "only_in_a",
                                                         "only_in_b",    "type",          "content",
                                                         "platform",     "entrypoint",    "cmd",
                                                         "env",          "workdir",       "user",
                                                         "ports",        "volumes",       "stop_signal",
                                                         "link",         "mode",          "owner",
                                                         "xattrs",       "device",        "mtime",
                                                         "order",        "owner_name",    "format",
                                                         "header",       "trailer",       "padding",
                                                         "compression",  "codec",         "gzip_header",
                                                         "gzip_members", "zstd_frames",   "compressed_bytes",
                                                         "labels",       "author",        "created",
                                                         "history",      "other_members", "annotations",
                                                         "media_type",   "config_type",   "diff_ids",
                                                         "index",        "json"};

std::size_t rank(const Cause& cause) {
  return std::size_t(std::find(by_importance.begin(), by_importance.end(), cause.what) - by_importance.begin());
}

std::string section(const Cause& cause) {
  if (cause.level != Level::layer) return std::string(level_name(cause.level));
  return fmt::format("layer {}", printable(cause.layer));
}

std::string clipped(const std::string& value) {
  std::string text = printable(value);
  if (text.size() <= max_width) return text;
  std::size_t end = max_width - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

// Lines under a cause: each example with both values, aligned.
std::string examples_text(const Cause& cause, std::size_t indent, bool color) {
  std::vector<std::array<std::string, 3>> rows;
  for (const Example& example : cause.examples)
    rows.push_back({printable(example.where), clipped(example.a), clipped(example.b)});
  std::array<std::size_t, 2> widths{};
  for (const auto& row : rows)
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], cli::text_width(row[i]));
  std::string text;
  const auto padded = [](const std::string& cell, std::size_t width) {
    return cell + std::string(width - cli::text_width(cell), ' ');
  };
  for (const auto& [where, a, b] : rows) {
    std::string line =
        fmt::format("{}{}  {}  /  {}", std::string(indent, ' '), padded(where, widths[0]), padded(a, widths[1]), b);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  if (cause.count > rows.size() && !rows.empty())
    text += fmt::format(
        "{}{}\n", std::string(indent, ' '),
        cli::styled(fmt::format("and {} more (--all)", grouped(cause.count - rows.size())), cli::Style::dim, color));
  return text;
}

Json example_json(const Example& example, bool is_path) {
  Json json = Json::object();
  if (is_path) {
    set_path(json, example.where);
  } else {
    json.set("name", printable(example.where));
  }
  json.set("a", printable(example.a)).set("b", printable(example.b));
  return json;
}

}  // namespace

std::string_view level_name(Level level) {
  switch (level) {
    case Level::manifest:
      return "manifest";
    case Level::config:
      return "config";
    case Level::layer:
      break;
  }
  return "layer";
}

void sort_by_importance(Causes& causes) {
  struct Place {
    std::size_t best = by_importance.size() + 1;
    std::size_t first = 0;  // where the section stood
  };
  std::map<std::string, Place> sections;
  for (std::size_t n = 0; n < causes.size(); ++n) {
    const auto [place, is_new] = sections.try_emplace(section(causes[n]));
    if (is_new) place->second.first = n;
    place->second.best = std::min(place->second.best, rank(causes[n]));
  }
  const auto key = [&](const Cause& cause) {
    const Place& place = sections.at(section(cause));
    return std::tuple(place.best, place.first, rank(cause));
  };
  std::stable_sort(causes.begin(), causes.end(), [&](const Cause& a, const Cause& b) { return key(a) < key(b); });
}

Json causes_json(const Causes& causes) {
  Json list = Json::array();
  for (const Cause& cause : causes) {
    Json examples = Json::array();
    for (const Example& example : cause.examples) examples.push(example_json(example, cause.paths));
    Json json = Json::object();
    json.set("level", level_name(cause.level))
        .set("layer", cause.layer)
        .set("what", cause.what)
        .set("count", cause.count)
        .set("text", cause.text)
        .set("examples", std::move(examples));
    if (!cause.hint.empty()) json.set("hint", cause.hint);
    list.push(std::move(json));
  }
  return list;
}

std::string causes_text(const Causes& causes, bool color) {
  std::size_t width = 0;
  for (const Cause& cause : causes) width = std::max(width, cause.what.size());
  const std::string indent(width + 4, ' ');
  std::string text;
  std::string last;
  for (const Cause& cause : causes) {
    if (const std::string head = section(cause); head != last) {
      text += fmt::format("\n{}\n", cli::styled(head, cli::Style::bold, color));
      last = head;
    }
    const std::string what = cause.what + std::string(width - cause.what.size(), ' ');
    text += fmt::format("  {}  {}\n", cli::styled(what, cli::Style::yellow, color), cause.text);
    text += examples_text(cause, width + 6, color);
    if (!cause.hint.empty())
      text +=
          fmt::format("{}{} {}\n", indent, cli::styled("to make them equal:", cli::Style::green, color), cause.hint);
  }
  return text;
}

std::string causes_names(const Causes& causes) {
  std::vector<std::string> names;
  for (const Cause& cause : causes)
    if (std::find(names.begin(), names.end(), cause.what) == names.end()) names.push_back(cause.what);
  std::string text;
  for (const std::string& name : names) text += name + '\n';
  return text;
}

std::string or_none(const std::string& value) {
  return value.empty() ? "-" : value;
}

}  // namespace fn::img
