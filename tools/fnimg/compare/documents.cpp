// SPDX-License-Identifier: Apache-2.0
#include "compare/documents.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "image/document.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace fn::img {
namespace {

constexpr std::string_view time_hint = "build both with the same SOURCE_DATE_EPOCH";

using Values = std::map<std::string, std::string>;

// What isn't there is shown as "-".
void compare_maps(const Values& a, const Values& b, Tally& tally) {
  std::set<std::string> keys;
  for (const auto& [key, value] : a) keys.insert(key);
  for (const auto& [key, value] : b) keys.insert(key);
  const auto value_of = [](const Values& values, const std::string& key) {
    const auto found = values.find(key);
    return found == values.end() ? std::string("-") : found->second;
  };
  for (const std::string& key : keys)
    if (a.contains(key) != b.contains(key) || value_of(a, key) != value_of(b, key))
      tally.add(key, value_of(a, key), value_of(b, key));
}

// Adds causes of one document.
class Document {
 public:
  Document(Level level, std::size_t max_examples, Causes& causes)
      : level_(level), max_examples_(max_examples), causes_(causes) {}

  void text(std::string_view what, const std::string& a, const std::string& b, std::string_view hint = {}) {
    if (a == b) return;
    Tally tally(max_examples_);
    tally.add(std::string(what), or_none(a), or_none(b));
    add(what, tally, "A and B have different values", hint);
  }

  void list(std::string_view what, const std::vector<std::string>& a, const std::vector<std::string>& b) {
    if (a == b) return;
    Tally tally(max_examples_);
    tally.add(std::string(what), Json::strings(a).dump(), Json::strings(b).dump());
    auto sorted_a = a;
    auto sorted_b = b;
    std::sort(sorted_a.begin(), sorted_a.end());
    std::sort(sorted_b.begin(), sorted_b.end());
    add(what, tally, sorted_a == sorted_b ? "the same values in a different order" : "A and B have different values",
        {});
  }

  void map(std::string_view what, const Values& a, const Values& b, std::string_view one, std::string_view many) {
    Tally tally(max_examples_);
    compare_maps(a, b, tally);
    if (tally.count() > 0) add(what, tally, counted(tally.count(), one, many), {});
  }

  void add(std::string_view what, Tally& tally, std::string text, std::string_view hint) {
    causes_.push_back({.level = level_,
                       .layer = {},
                       .what = std::string(what),
                       .count = tally.count(),
                       .text = std::move(text),
                       .hint = std::string(hint),
                       .examples = tally.take()});
  }

  std::size_t max_examples() const { return max_examples_; }

 private:
  Level level_;
  std::size_t max_examples_;
  Causes& causes_;
};

Values env_values(const std::vector<std::string>& env) {
  Values values;
  for (const std::string& entry : env) {
    const std::size_t equals = entry.find('=');
    values[entry.substr(0, equals)] = equals == std::string::npos ? "" : entry.substr(equals + 1);
  }
  return values;
}

// Variable by variable; if each has its value on both sides, only their order is left, or one that is given twice.
void compare_env(const std::vector<std::string>& a, const std::vector<std::string>& b, Document& document) {
  const Values values_a = env_values(a);
  const Values values_b = env_values(b);
  if (values_a == values_b) return document.list("env", a, b);
  document.map("env", values_a, values_b, "variable differs", "variables differ");
}

// The members of an object, but for those in `known`, as JSON text.
Values members_of(const Json& json, const std::set<std::string>& known) {
  Values values;
  if (!json.is_object()) return values;
  for (const auto& [key, value] : json.as_object())
    if (!known.contains(key)) values[key] = value.dump();
  return values;
}

Values unknown_members(const Json& rest) {
  Values values = members_of(rest, {"config"});
  if (const Json* execution = rest.find("config"))
    for (const auto& [key, value] : members_of(*execution, {})) values["config." + key] = value;
  return values;
}

Values history_values(const oci::History& entry) {
  return {{"created", entry.created},
          {"created_by", entry.created_by},
          {"comment", entry.comment},
          {"author", entry.author},
          {"empty_layer", entry.empty_layer ? "true" : "false"}};
}

void compare_history(const std::vector<oci::History>& a, const std::vector<oci::History>& b, Document& document) {
  Tally tally(document.max_examples());
  std::size_t different = 0;
  bool times = false;
  for (std::size_t n = 0; n < std::min(a.size(), b.size()); ++n) {
    const Values values_a = history_values(a[n]);
    const Values values_b = history_values(b[n]);
    different += values_a == values_b ? 0 : 1;
    times = times || a[n].created != b[n].created;
    for (const auto& [key, value] : values_a)
      if (value != values_b.at(key)) tally.add(fmt::format("{} {}", n, key), or_none(value), or_none(values_b.at(key)));
  }
  std::string text =
      fmt::format("{} of {} differ", grouped(different), counted(std::min(a.size(), b.size()), "entry", "entries"));
  if (a.size() != b.size()) {
    tally.add("entries", std::to_string(a.size()), std::to_string(b.size()));
    text = fmt::format("A has {}, B has {}", counted(a.size(), "entry", "entries"), grouped(b.size()));
  }
  if (tally.count() > 0) document.add("history", tally, std::move(text), times ? time_hint : std::string_view());
}

std::vector<std::string> texts(const std::vector<oci::Digest>& digests) {
  std::vector<std::string> list;
  for (const oci::Digest& digest : digests) list.push_back(digest.str());
  return list;
}

}  // namespace

void compare_configs(const oci::Image& image_a, const oci::Image& image_b, bool diff_ids, std::size_t max_examples,
                     Causes& causes) {
  const oci::Config& a = image_a.config;
  const oci::Config& b = image_b.config;
  Document document(Level::config, max_examples, causes);
  document.text("platform", a.platform.str(), b.platform.str());
  document.list("entrypoint", a.entrypoint, b.entrypoint);
  document.list("cmd", a.cmd, b.cmd);
  compare_env(a.env, b.env, document);
  document.text("workdir", a.working_dir, b.working_dir);
  document.text("user", a.user, b.user);
  document.list("ports", a.exposed_ports, b.exposed_ports);
  document.list("volumes", a.volumes, b.volumes);
  document.text("stop_signal", a.stop_signal, b.stop_signal);
  document.map("labels", a.labels, b.labels, "label differs", "labels differ");
  document.text("author", a.author, b.author);
  document.text("created", a.created, b.created, time_hint);
  compare_history(a.history, b.history, document);
  document.map("other_members", unknown_members(a.rest), unknown_members(b.rest), "other member differs",
               "other members differ");
  if (diff_ids) document.list("diff_ids", texts(a.diff_ids), texts(b.diff_ids));
}

void compare_manifests(const oci::Image& a, const oci::Image& b, std::size_t max_examples, Causes& causes) {
  Document document(Level::manifest, max_examples, causes);
  document.map("annotations", a.manifest.annotations, b.manifest.annotations, "annotation differs",
               "annotations differ");
  document.text("media_type", a.descriptor.media_type, b.descriptor.media_type);
  if (a.descriptor.media_type == b.descriptor.media_type)
    document.text("media_type", a.manifest.media_type, b.manifest.media_type);
  document.text("config_type", a.manifest.config.media_type, b.manifest.config.media_type);
  document.map("annotations", a.manifest.config.annotations, b.manifest.config.annotations,
               "annotation of the config differs", "annotations of the config differ");
  const std::set<std::string> known{"schemaVersion", "mediaType", "config", "layers", "annotations"};
  document.map("other_members", members_of(Json::parse(a.manifest_text, "manifest"), known),
               members_of(Json::parse(b.manifest_text, "manifest"), known), "other member differs",
               "other members differ");
}

void compare_descriptors(const oci::Descriptor& a, const oci::Descriptor& b, const std::string& layer,
                         std::size_t max_examples, Causes& causes) {
  // How a blob is compressed is told where its bytes are compared.
  const auto without_codec = [](oci::Annotations annotations) {
    annotations.erase(std::string(oci::annotation::layer_codec));
    return annotations;
  };
  const std::size_t before = causes.size();
  Document document(Level::manifest, max_examples, causes);
  document.map("annotations", without_codec(a.annotations), without_codec(b.annotations),
               fmt::format("annotation of layer '{}' differs", printable(layer)),
               fmt::format("annotations of layer '{}' differ", printable(layer)));
  if (oci::layer_compression(a.media_type) == oci::layer_compression(b.media_type))
    document.text("media_type", a.media_type, b.media_type);
  for (std::size_t n = before; n < causes.size(); ++n) causes[n].layer = layer;
}

void compare_spelling(Level level, const std::string& a, const std::string& b, Causes& causes) {
  if (a == b) return;
  const auto [at_a, at_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  const std::size_t at = std::size_t(at_a - a.begin());
  const std::size_t from = at < 10 ? 0 : at - 10;
  Tally tally(1);
  tally.add(fmt::format("byte {}", at), a.substr(from, 40), b.substr(from, 40));
  Document(level, 1, causes)
      .add("json", tally, "the same members, written differently: white space, order or escapes",
           "written by different programs: use the same one for both");
}

}  // namespace fn::img
