// SPDX-License-Identifier: Apache-2.0
#include "recipe/budget.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/table.hpp"

#include <fmt/format.h>

namespace fn::img {

void check_limit(std::string_view rule, std::optional<Bytes> limit, Bytes value, std::string_view what,
                 std::vector<BrokenRule>& broken) {
  if (!limit || value <= *limit) return;
  const bool is_count = rule == "max_files";
  const auto text = [&](Bytes number) { return is_count ? fmt::to_string(number) : human_bytes(number); };
  broken.push_back({.rule = std::string(rule),
                    .limit = limit,
                    .value = value,
                    .text = fmt::format("{} {}, limit {}", text(value), what, text(*limit))});
}

Json budget_json(const std::vector<BrokenRule>& broken) {
  Json list = Json::array();
  for (const BrokenRule& rule : broken) {
    Json json = Json::object();
    json.set("rule", rule.rule);
    if (rule.limit) json.set("limit", *rule.limit);
    if (rule.value) json.set("value", *rule.value);
    list.push(json.set("text", rule.text));
  }
  return Json::object().set("ok", broken.empty()).set("broken", std::move(list));
}

std::string budget_text(const std::vector<BrokenRule>& broken, bool color) {
  std::string text;
  for (const BrokenRule& rule : broken)
    text += fmt::format("{} {}: {}\n", cli::styled("over budget:", cli::Style::red, color), rule.rule, rule.text);
  return text;
}

}  // namespace fn::img
