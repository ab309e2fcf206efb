// SPDX-License-Identifier: Apache-2.0
// Swaps are made from the highest layer down, so that the numbers of those below stay right. Each is three changes that
// know nothing of each other: layers with their diffIDs, history, config.
#include "update/swap_layers.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <set>

namespace fn::img {
namespace {

using oci::Config;
using oci::History;

const std::string name_key(oci::annotation::layer_name);
const std::string follow_key(oci::annotation::layer_follow);

void check_platform(const oci::Platform& image, const oci::Platform& version) {
  const bool variants = image.variant.empty() || version.variant.empty() || image.variant == version.variant;
  if (image.os == version.os && image.architecture == version.architecture && variants) return;
  fail_hint(Kind::usage, "give a version for the image's platform", "the image is for {}, the new layer for {}",
            printable(image.str()), printable(version.str()));
}

void swap_blobs(oci::Image& image, const Swap& swap) {
  std::vector<oci::Descriptor>& layers = image.manifest.layers;
  std::vector<oci::Descriptor> added = swap.to->manifest.layers;
  for (std::size_t n = 0; n < added.size(); ++n) {
    added[n].media_type = oci::oci_layer_type(added[n].media_type);
    if (added.size() == swap.run.count) {
      added[n].annotations.erase(name_key);
      if (const std::string name = layers[swap.run.first + n].annotation(name_key); !name.empty())
        added[n].annotations.emplace(name_key, name);
    }
    added[n].annotations.erase(follow_key);
    if (!swap.channel.empty()) added[n].annotations.emplace(follow_key, swap.channel);
  }
  const auto replace = [&](auto& list, const auto& with) {
    const auto first = list.begin() + std::ptrdiff_t(swap.run.first);
    const auto behind = list.erase(first, first + std::ptrdiff_t(swap.run.count));
    list.insert(behind, with.begin(), with.end());
  };
  replace(layers, added);
  replace(image.config.diff_ids, swap.to->config.diff_ids);
}

void check_names(const oci::Image& image) {
  std::set<std::string> names;
  for (const oci::Descriptor& layer : image.manifest.layers)
    if (const std::string name = layer.annotation(name_key); !name.empty() && !names.insert(name).second)
      fail_hint(Kind::usage, "give the layers of the new version other names, or none",
                "the image would have two layers '{}'", printable(name));
}

bool is_same_step(const History& a, const History& b) {
  return a.created == b.created && a.created_by == b.created_by && a.comment == b.comment && a.author == b.author &&
         a.empty_layer == b.empty_layer;
}

// The number of the entry that stands for layer `layer`; behind the last one if there are not as many.
std::size_t entry_of(const std::vector<History>& history, std::size_t layer) {
  std::size_t seen = 0;
  for (std::size_t n = 0; n < history.size(); ++n)
    if (!history[n].empty_layer && seen++ == layer) return n;
  return history.size();
}

// Where the history of the version is, empty entries too: it begins at most so many empty entries before the run's
// first layer as the version's own does.
std::optional<std::size_t> place_of(const std::vector<History>& version, const std::vector<History>& history,
                                    std::size_t first_layer) {
  const std::size_t ahead = entry_of(version, 0);
  const std::size_t entry = entry_of(history, first_layer);
  if (version.empty() || entry < ahead || entry - ahead + version.size() > history.size()) return std::nullopt;
  const auto begin = history.begin() + std::ptrdiff_t(entry - ahead);
  if (!std::equal(version.begin(), version.end(), begin, is_same_step)) return std::nullopt;
  return entry - ahead;
}

void swap_history(oci::Image& image, const Swap& swap, std::size_t layers_before) {
  std::vector<History>& history = image.config.history;
  if (history.empty()) return;
  history = image.config.history_of(layers_before);
  const std::vector<History> added = swap.to->config.history_of(swap.to->manifest.layers.size());
  if (swap.from) {
    if (const auto at = place_of(swap.from->config.history, history, swap.run.first)) {
      const auto first = history.begin() + std::ptrdiff_t(*at);
      const auto behind = history.erase(first, first + std::ptrdiff_t(swap.from->config.history.size()));
      history.insert(behind, added.begin(), added.end());
      return;
    }
  }
  // A step that made one layer is still the step that makes it.
  if (swap.run.count == 1 && swap.to->manifest.layers.size() == 1) return;
  std::vector<History> steps;
  std::copy_if(added.begin(), added.end(), std::back_inserter(steps),
               [](const History& one) { return !one.empty_layer; });
  const std::size_t at = entry_of(history, swap.run.first);
  for (std::size_t n = 0; n < swap.run.count; ++n)
    history.erase(history.begin() + std::ptrdiff_t(entry_of(history, swap.run.first)));
  history.insert(history.begin() + std::ptrdiff_t(at), steps.begin(), steps.end());
}

// `value` is what the old version had: then it becomes what the new one has.
template <typename Value>
void follow(Value& value, const Value& from, const Value& to) {
  if (value == from) value = to;
}

std::string variable_name(const std::string& variable) {
  return variable.substr(0, variable.find('='));
}

// Lists of what has a name, each once, in the order in which they stand: variables, ports, volumes.
template <typename Name>
void follow_list(std::vector<std::string>& values, const std::vector<std::string>& from,
                 const std::vector<std::string>& to, const Name& name) {
  const auto find = [&](const std::vector<std::string>& list, const std::string& wanted) {
    return std::find_if(list.begin(), list.end(), [&](const std::string& one) { return name(one) == wanted; });
  };
  std::vector<std::string> result;
  for (const std::string& value : values) {
    const auto old = find(from, name(value));
    if (old == from.end() || *old != value) {
      result.push_back(value);
    } else if (const auto now = find(to, name(value)); now != to.end()) {
      result.push_back(*now);
    }
  }
  for (const std::string& value : to)
    if (find(values, name(value)) == values.end() && find(from, name(value)) == from.end()) result.push_back(value);
  values = std::move(result);
}

void follow_map(std::map<std::string, std::string>& values, const std::map<std::string, std::string>& from,
                const std::map<std::string, std::string>& to) {
  for (const auto& [key, old] : from)
    if (const auto found = values.find(key); found != values.end() && found->second == old && !to.contains(key))
      values.erase(found);
  for (const auto& [key, value] : to) {
    const auto old = from.find(key);
    const auto found = values.find(key);
    if (found == values.end() ? old == from.end() : old != from.end() && found->second == old->second)
      values[key] = value;
  }
}

// Members of "config" that we have no name for: a health check, a shell.
void follow_rest(Json& rest, const Json& from, const Json& to) {
  const auto members = [](const Json& document) {
    const Json* config = document.find("config");
    return config ? *config : Json::object();
  };
  const Json old = members(from);
  const Json now = members(to);
  Json values = members(rest);
  std::set<std::string> keys;
  for (const Json* each : {&old, &now})
    for (const auto& [key, value] : each->as_object()) keys.insert(key);
  for (const std::string& key : keys) {
    const Json* value = values.find(key);
    const Json* before = old.find(key);
    const bool came_with_it = value && before ? *value == *before : !value && !before;
    if (!came_with_it) continue;
    values.erase(key);
    if (const Json* after = now.find(key)) values.set(key, *after);
  }
  rest.erase("config");
  if (!values.as_object().empty()) rest.set("config", std::move(values));
}

void swap_config(Config& config, const Config& from, const Config& to) {
  const auto itself = [](const std::string& text) { return text; };
  follow_list(config.env, from.env, to.env, variable_name);
  follow_list(config.exposed_ports, from.exposed_ports, to.exposed_ports, itself);
  follow_list(config.volumes, from.volumes, to.volumes, itself);
  follow_map(config.labels, from.labels, to.labels);
  follow(config.entrypoint, from.entrypoint, to.entrypoint);
  follow(config.cmd, from.cmd, to.cmd);
  follow(config.working_dir, from.working_dir, to.working_dir);
  follow(config.user, from.user, to.user);
  follow(config.stop_signal, from.stop_signal, to.stop_signal);
  follow_rest(config.rest, from.rest, to.rest);
}

void renew_base(oci::Image& image, const std::vector<Swap>& swaps, const FindImage& find) {
  const std::string digest_key(oci::annotation::base_digest);
  oci::Annotations& annotations = image.manifest.annotations;
  const auto digest = annotations.find(digest_key);
  const auto stays = [&] {
    if (digest == annotations.end() || !oci::Digest::is_valid(digest->second)) return false;
    const auto base = find(oci::Digest::parse(digest->second));
    if (!base || base->config.diff_ids.size() > image.config.diff_ids.size()) return false;
    return std::equal(base->config.diff_ids.begin(), base->config.diff_ids.end(), image.config.diff_ids.begin());
  };
  if (stays()) return;
  annotations.erase(std::string(oci::annotation::base_name));
  if (digest == annotations.end()) return;
  const auto was_base = std::find_if(swaps.begin(), swaps.end(), [&](const Swap& swap) {
    return swap.run.first == 0 && swap.from && swap.from->descriptor.digest.str() == digest->second;
  });
  if (was_base == swaps.end()) {
    annotations.erase(digest);
  } else {
    digest->second = was_base->to->descriptor.digest.str();
  }
}

}  // namespace

oci::Image swap_layers(const oci::Image& image, std::vector<Swap> swaps, const FindImage& find) {
  std::sort(swaps.begin(), swaps.end(), [](const Swap& a, const Swap& b) { return a.run.first > b.run.first; });
  oci::Image result = image;
  const Config nothing;
  for (const Swap& swap : swaps) {
    check_platform(image.config.platform, swap.to->config.platform);
    const std::size_t layers = result.manifest.layers.size();
    swap_blobs(result, swap);
    swap_history(result, swap, layers);
    swap_config(result.config, swap.from ? swap.from->config : nothing, swap.to->config);
  }
  check_names(result);
  for (oci::Descriptor& layer : result.manifest.layers) layer.media_type = oci::oci_layer_type(layer.media_type);
  renew_base(result, swaps, find);
  oci::make_documents(result);
  return result;
}

}  // namespace fn::img
