// SPDX-License-Identifier: Apache-2.0
namespace fn::img {
[[noreturn]] static void refuse_name();
}

// toml++ 3.3 takes "[=]" for a mistake of its own: it asserts, or with NDEBUG goes on into the undefined.
#undef NDEBUG
#define TOML_ASSERT(holds) ((holds) ? void() : ::fn::img::refuse_name())
#define TOML_ENABLE_FORMATTERS 0
#include "base/error.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"
#include "image/image_path.hpp"
#include "recipe/recipe.hpp"
#include "sys/file.hpp"

#include <algorithm>
#include <toml++/toml.h>
#include <unistd.h>

namespace fn::img {

static void refuse_name() {
  fail(Kind::usage, "a table name in '[..]' starts with an invalid character");
}

namespace {

// One table of the file. Each key that is asked for becomes known; done() refuses the others.
class Section {
 public:
  Section(const toml::table& table, std::string name) : table_(table), name_(std::move(name)) {}

  const toml::node* node(std::string_view key) {
    known_.emplace_back(key);
    return table_.get(key);
  }

  std::optional<std::string> text(std::string_view key) {
    const toml::node* value = node(key);
    if (!value) return std::nullopt;
    return text_of(*value, key);
  }

  // A list of strings, or one string for a list of one.
  std::optional<std::vector<std::string>> list(std::string_view key) {
    const toml::node* value = node(key);
    if (!value) return std::nullopt;
    std::vector<std::string> list;
    if (const toml::array* array = value->as_array()) {
      for (const toml::node& element : *array) list.push_back(text_of(element, key));
    } else {
      list.push_back(text_of(*value, key));
    }
    return list;
  }

  // A table of strings, in the order of its keys.
  std::vector<std::pair<std::string, std::string>> pairs(std::string_view key) {
    std::vector<std::pair<std::string, std::string>> pairs;
    if (const toml::table* table = this->table(key))
      for (const auto& [name, value] : *table) pairs.emplace_back(name.str(), text_of(value, name.str()));
    return pairs;
  }

  bool flag(std::string_view key) {
    const toml::node* value = node(key);
    if (!value) return false;
    if (const auto is_set = value->value_exact<bool>()) return *is_set;
    fail_at(*value, fmt::format("'{}' must be true or false", key));
  }

  // A whole number, or a string like "10MB".
  std::optional<Bytes> bytes(std::string_view key) {
    const toml::node* value = node(key);
    if (!value) return std::nullopt;
    if (const auto number = value->value_exact<std::int64_t>(); number && *number >= 0) return Bytes(*number);
    if (const auto text = value->value_exact<std::string>())
      if (const auto parsed = parse_bytes(*text)) return parsed;
    fail_at(*value, fmt::format("'{}' must be a size, such as \"10MB\" or 10000000", key));
  }

  // Seconds since 1970, as a whole number.
  std::optional<UnixTime> time(std::string_view key) {
    const toml::node* value = node(key);
    if (!value) return std::nullopt;
    if (const auto number = value->value_exact<std::int64_t>()) return parse_layer_time(std::to_string(*number));
    fail_at(*value, fmt::format("'{}' must be seconds since 1970, such as 1700000000", key));
  }

  const toml::table* table(std::string_view key) {
    const toml::node* value = node(key);
    if (value && !value->is_table()) fail_at(*value, fmt::format("'{}' must be a table", key));
    return value ? value->as_table() : nullptr;
  }

  // The tables of [[key]].
  std::vector<const toml::table*> tables(std::string_view key) {
    std::vector<const toml::table*> tables;
    const toml::node* value = node(key);
    if (!value) return tables;
    if (!value->is_array_of_tables()) fail_at(*value, fmt::format("'{}' must be given as [[{}]]", key, key));
    for (const toml::node& element : *value->as_array()) tables.push_back(element.as_table());
    return tables;
  }

  void done() const {
    for (const auto& [key, value] : table_)
      if (std::find(known_.begin(), known_.end(), key.str()) == known_.end())
        throw Error(
            Kind::usage,
            fmt::format("line {}: unknown key '{}' in {}", value.source().begin.line, printable(key.str()), name_),
            did_you_mean(key.str(), known_));
  }

  [[noreturn]] static void fail_at(const toml::node& node, std::string_view problem) {
    fail(Kind::usage, "line {}: {}", node.source().begin.line, problem);
  }

 private:
  static std::string text_of(const toml::node& node, std::string_view key) {
    if (const auto value = node.value_exact<std::string>()) return *value;
    fail_at(node, fmt::format("'{}' must be a string", printable(key)));
  }

  const toml::table& table_;
  std::string name_;
  std::vector<std::string> known_;
};

// A setting that is either a value of its own or the word "keep".
template <typename Use>
Keep keep_or(const std::optional<std::string>& text, Use&& use) {
  if (text == "keep") return Keep::yes;
  if (text) use(*text);
  return Keep::standard;
}

layer::Rule read_rule_table(const toml::table& table) {
  Section section(table, "[[layer.rule]]");
  const auto match = section.text("match");
  if (!match) fail(Kind::usage, "line {}: a rule needs 'match'", table.source().begin.line);
  layer::Rule rule{.match = *match};
  if (const auto mode = section.text("mode")) rule.mode = layer::parse_mode(*mode);
  if (const auto owner = section.text("owner")) rule.owner = layer::parse_owner(*owner);
  section.done();
  if (!rule.mode && !rule.owner)
    fail(Kind::usage, "line {}: a rule needs 'mode' or 'owner'", table.source().begin.line);
  return rule;
}

std::string source_below(const std::string& directory, const std::string& source) {
  if (source.starts_with(delta_scheme))
    return std::string(delta_scheme) + source_below(directory, source.substr(delta_scheme.size()));
  const bool stays = source == "-" || source.starts_with('/') || source.starts_with(image_scheme);
  return stays ? source : directory + source;
}

std::vector<layer::Pattern> patterns_of(const std::optional<std::vector<std::string>>& texts) {
  if (!texts) return {};
  return {texts->begin(), texts->end()};
}

LayerRecipe read_layer_table(const toml::table& table, const std::string& directory) {
  Section section(table, "[[layer]]");
  LayerRecipe layer;
  layer.name = section.text("name").value_or("");
  if (layer.name.empty()) fail(Kind::usage, "line {}: a layer needs 'name'", table.source().begin.line);
  for (const std::string& source : section.list("from").value_or(std::vector<std::string>{}))
    layer.sources.push_back(source_below(directory, source));
  layer.follow = section.text("follow").value_or("");
  layer.selection.into = image_path(section.text("into").value_or(""));
  layer.selection.include = patterns_of(section.list("include"));
  layer.selection.exclude = patterns_of(section.list("exclude"));
  layer.owner = keep_or(section.text("owner"),
                        [&](const std::string& text) { layer.selection.owner = layer::parse_owner(text); });
  layer.times = keep_or(section.text("times"), [](const std::string& text) {
    if (text != "clamp") fail(Kind::usage, "'times' must be \"keep\" or \"clamp\", not '{}'", printable(text));
  });
  layer.bytecode = keep_or(section.text("bytecode"), [](const std::string& text) {
    if (text != "match") fail(Kind::usage, "'bytecode' must be \"match\" or \"keep\", not '{}'", printable(text));
  });
  layer.selection.time = section.time("time");
  for (const std::string& path : section.list("remove").value_or(std::vector<std::string>{}))
    layer.remove.push_back(image_path(path));
  for (const toml::table* rule : section.tables("rule")) layer.selection.rules.push_back(read_rule_table(*rule));
  section.done();
  return layer;
}

ConfigRecipe read_config_table(const toml::table& table) {
  Section section(table, "[config]");
  ConfigRecipe config;
  config.entrypoint = section.list("entrypoint");
  config.cmd = section.list("cmd");
  config.env = section.pairs("env");
  config.workdir = section.text("workdir");
  config.user = section.text("user");
  config.stop_signal = section.text("stop_signal");
  config.author = section.text("author");
  config.ports = section.list("ports").value_or(std::vector<std::string>{});
  config.volumes = section.list("volumes").value_or(std::vector<std::string>{});
  for (auto& [name, value] : section.pairs("labels")) config.labels.insert_or_assign(name, value);
  section.done();
  return config;
}

Budget read_budget_table(const toml::table& table) {
  Section section(table, "[budget]");
  Budget budget;
  budget.max_compressed = section.bytes("max_compressed");
  budget.max_size = section.bytes("max_size");
  budget.max_wasted = section.bytes("max_wasted");
  budget.max_files = section.bytes("max_files");
  budget.max_added = section.bytes("max_added");
  budget.max_fetch = section.bytes("max_fetch");
  budget.no_new_setuid = section.flag("no_new_setuid");
  budget.no_downgrade = section.flag("no_downgrade");
  budget.no_removed_packages = section.flag("no_removed_packages");
  section.done();
  return budget;
}

Recipe read_table(const toml::table& table, const std::string& directory) {
  Section section(table, "the file");
  Recipe recipe;
  recipe.tag = section.text("tag").value_or("");
  recipe.from = section.text("from").value_or("");
  if (const auto platform = section.text("platform")) recipe.platform = oci::Platform::parse(*platform);
  if (const auto codec = section.text("compression")) recipe.codec = layer::Codec::parse(*codec);
  recipe.accounts = section.flag("accounts");
  for (auto& [name, value] : section.pairs("annotations")) recipe.annotations.insert_or_assign(name, value);
  if (const toml::table* config = section.table("config")) recipe.config = read_config_table(*config);
  if (const toml::table* budget = section.table("budget")) recipe.budget = read_budget_table(*budget);
  for (const toml::table* one : section.tables("layer")) {
    LayerRecipe layer = read_layer_table(*one, directory);
    for (const LayerRecipe& other : recipe.layers)
      if (other.name == layer.name)
        fail(Kind::usage, "line {}: two layers have the name '{}'", one->source().begin.line, printable(layer.name));
    recipe.layers.push_back(std::move(layer));
  }
  section.done();
  return recipe;
}

}  // namespace

Recipe Recipe::read(const std::string& path) {
  constexpr Bytes max_size = 1 * MiB;
  if (path == "-") return parse(sys::read_fd(STDIN_FILENO, "stdin", max_size), "stdin", "");
  const std::string directory(path.substr(0, path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1));
  return parse(sys::read_file(path, max_size), path, directory);
}

Recipe Recipe::parse(std::string_view text, const std::string& name, const std::string& directory) {
  return while_doing([&] { return fmt::format("'{}'", printable(name)); },
                     [&] {
                       try {
                         return read_table(toml::parse(text, name), directory);
                       } catch (const toml::parse_error& error) {
                         throw Error(Kind::usage, fmt::format("line {}: {}", error.source().begin.line,
                                                              printable(error.description())));
                       }
                     });
}

Budget read_budget(const std::string& path) {
  const Recipe recipe = Recipe::read(path);
  if (!recipe.budget)
    fail_hint(Kind::usage, "see FILE FORMAT in fnimg(1)", "'{}' has no [budget] table", printable(path));
  return *recipe.budget;
}

}  // namespace fn::img
