// SPDX-License-Identifier: Apache-2.0
#include "oci/config.hpp"

#include "base/clock.hpp"
#include "base/environment.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "oci/descriptor.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace fn::oci {
namespace {

// What `read` makes of a member, or nothing for null: docker writes it for what isn't there.
template <typename Read>
auto read_member(std::string_view key, const Json& value, const Read& read) {
  return while_doing([&] { return fmt::format("'{}'", key); },
                     [&] { return value.is_null() ? decltype(read(value)){} : read(value); });
}

// Reads the members of an object and takes out what it knows, so that what is left is unknown.
class Members {
 public:
  explicit Members(Json json) : json_(std::move(json)) { json_.as_object(); }

  Json take(std::string_view key) {
    Json* member = json_.find(key);
    if (!member) return nullptr;
    Json value = std::move(*member);
    json_.erase(key);
    return value;
  }

  std::string string(std::string_view key) {
    std::string value = json_.string_or(key, {});
    json_.erase(key);
    return value;
  }

  std::string time(std::string_view key) {
    std::string value = string(key);
    if (!value.empty() && !parse_rfc3339(value))
      fail(Kind::integrity, "'{}' is not an RFC 3339 time: '{}'", key, printable(value));
    return value;
  }

  std::vector<std::string> strings(std::string_view key) {
    return read_member(key, take(key), [](const Json& value) { return value.as_strings(); });
  }

  // {"8080/tcp":{}}: what Go makes of a set.
  std::vector<std::string> keys(std::string_view key) {
    return read_member(key, take(key), [](const Json& value) {
      std::vector<std::string> list;
      for (const auto& [name, nothing] : value.as_object()) list.push_back(name);
      return list;
    });
  }

  std::map<std::string, std::string> map(std::string_view key) {
    return read_member(key, take(key), [](const Json& value) { return annotations_from_json(&value); });
  }

  Json rest() { return std::move(json_); }

 private:
  Json json_;
};

std::vector<Digest> read_rootfs(const Json& json) {
  if (const std::string type = json.at("type").as_string(); type != "layers")
    fail(Kind::integrity, "rootfs is of type '{}', not 'layers'", printable(type));
  std::vector<Digest> digests;
  const Json* list = json.find("diff_ids");
  if (!list || list->is_null()) return digests;
  for (const Json& item : list->as_array()) {
    const std::string& text = item.as_string();
    if (!Digest::is_valid(text)) fail(Kind::integrity, "'{}' is not a diffID", printable(text.substr(0, 100)));
    digests.push_back(Digest::parse(text));
  }
  return digests;
}

History read_history(const Json& json) {
  Members members(json);
  History entry;
  entry.created = members.time("created");
  entry.created_by = members.string("created_by");
  entry.comment = members.string("comment");
  entry.author = members.string("author");
  const Json empty_layer = members.take("empty_layer");
  entry.empty_layer = !empty_layer.is_null() && empty_layer.as_bool();
  return entry;
}

// The object "config"; returns what is unknown of it.
Json read_execution(Config& config, Json json) {
  if (json.is_null()) return nullptr;
  Members members(std::move(json));
  config.user = members.string("User");
  config.exposed_ports = members.keys("ExposedPorts");
  config.env = members.strings("Env");
  config.entrypoint = members.strings("Entrypoint");
  config.cmd = members.strings("Cmd");
  config.volumes = members.keys("Volumes");
  config.working_dir = members.string("WorkingDir");
  config.labels = members.map("Labels");
  config.stop_signal = members.string("StopSignal");
  return members.rest();
}

Config read_config(Json json) {
  Config config;
  Members members(std::move(json));
  config.created = members.time("created");
  config.author = members.string("author");
  config.platform.architecture = members.string("architecture");
  config.platform.os = members.string("os");
  config.platform.variant = members.string("variant");
  if (config.platform.architecture.empty()) fail(Kind::integrity, "'architecture' is missing");
  if (config.platform.os.empty()) fail(Kind::integrity, "'os' is missing");
  Json execution = while_doing([] { return "config"; }, [&] { return read_execution(config, members.take("config")); });
  const Json rootfs = members.take("rootfs");
  if (rootfs.is_null()) fail(Kind::integrity, "'rootfs' is missing");
  config.diff_ids = while_doing([] { return "rootfs"; }, [&] { return read_rootfs(rootfs); });
  if (const Json history = members.take("history"); !history.is_null())
    for (const Json& entry : history.as_array())
      config.history.push_back(while_doing([] { return "history"; }, [&] { return read_history(entry); }));
  config.rest = members.rest();
  if (execution.is_object() && !execution.as_object().empty()) config.rest.set("config", std::move(execution));
  return config;
}

void set_text(Json& json, std::string_view key, const std::string& value) {
  if (!value.empty()) json.set(key, value);
}

void set_strings(Json& json, std::string_view key, const std::vector<std::string>& values) {
  if (!values.empty()) json.set(key, Json::strings(values));
}

// Sorted, as Go writes a map.
void set_keys(Json& json, std::string_view key, std::vector<std::string> values) {
  if (values.empty()) return;
  std::sort(values.begin(), values.end());
  Json set = Json::object();
  for (const std::string& value : values) set.set(value, Json::object());
  json.set(key, std::move(set));
}

Json execution_json(const Config& config) {
  Json json = Json::object();
  set_text(json, "User", config.user);
  set_keys(json, "ExposedPorts", config.exposed_ports);
  set_strings(json, "Env", config.env);
  set_strings(json, "Entrypoint", config.entrypoint);
  set_strings(json, "Cmd", config.cmd);
  set_keys(json, "Volumes", config.volumes);
  set_text(json, "WorkingDir", config.working_dir);
  if (!config.labels.empty()) json.set("Labels", annotations_json(config.labels));
  set_text(json, "StopSignal", config.stop_signal);
  append_members(json, config.rest.find("config"));
  return json;
}

Json history_json(const std::vector<History>& history) {
  Json list = Json::array();
  for (const History& entry : history) {
    Json json = Json::object();
    set_text(json, "created", entry.created);
    set_text(json, "created_by", entry.created_by);
    set_text(json, "author", entry.author);
    set_text(json, "comment", entry.comment);
    if (entry.empty_layer) json.set("empty_layer", true);
    list.push(std::move(json));
  }
  return list;
}

}  // namespace

void Config::set_env(std::string_view name, std::string_view value) {
  environment::set(env, fmt::format("{}={}", name, value));
}

std::string Config::dump() const {
  Json ids = Json::array();
  for (const Digest& id : diff_ids) ids.push(id.str());
  Json rootfs = Json::object();
  rootfs.set("type", "layers").set("diff_ids", std::move(ids));
  Json json = Json::object();
  set_text(json, "created", created);
  set_text(json, "author", author);
  json.set("architecture", platform.architecture).set("os", platform.os);
  set_text(json, "variant", platform.variant);
  json.set("config", execution_json(*this)).set("rootfs", std::move(rootfs));
  // Readers stumble over null and over an empty list alike (podman, AWS Lambda).
  if (!history.empty()) json.set("history", history_json(history));
  append_members(json, &rest);
  return json.dump();
}

std::vector<History> Config::history_of(std::size_t layers) const {
  std::vector<History> all = history;
  std::size_t made = 0;
  for (History& entry : all) {
    if (entry.empty_layer) continue;
    entry.empty_layer = made == layers;
    if (!entry.empty_layer) ++made;
  }
  all.resize(all.size() + layers - made);
  return all;
}

Config Config::parse(std::string_view text, std::string_view subject) {
  Json json = Json::parse(text, subject);
  return while_doing([&] { return subject; }, [&] { return read_config(std::move(json)); });
}

}  // namespace fn::oci
