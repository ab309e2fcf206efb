// SPDX-License-Identifier: Apache-2.0
#include "transfer/candidates.hpp"

#include "base/error.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"
#include "oci/index.hpp"
#include "oci/reference.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace fn::img {
namespace {

constexpr int deepest_index = 4;

// NAME:TAG, or nothing: skopeo writes bare tags ("v1"), and anything may stand in a foreign file.
std::optional<std::string> whole_reference(const std::string& text) {
  if (text.find_first_of(":/") == std::string::npos) return std::nullopt;
  try {
    return oci::Reference::parse(text).str();
  } catch (const Error&) {
    return std::nullopt;
  }
}

bool holds(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

void add_once(std::vector<std::string>& list, const std::string& text) {
  if (!text.empty() && !holds(list, text)) list.push_back(text);
}

// umoci and others copy annotations to entries of other names, so containerd's counts only where the two agree.
std::optional<std::string> name_of(const oci::Descriptor& entry) {
  const std::string ref_name = entry.annotation(oci::annotation::ref_name);
  if (const auto whole = whole_reference(ref_name)) return whole;
  const auto full = whole_reference(entry.annotation(oci::annotation::containerd_name));
  if (!full) return std::nullopt;
  const oci::Reference reference = oci::Reference::parse(*full);
  if (!ref_name.empty() && ref_name != reference.tag()) return std::nullopt;
  return reference.short_name();
}

// The configs of all images that a descriptor leads to, as far as they are there.
void add_configs(const oci::Layout& layout, const oci::Descriptor& descriptor, int depth,
                 std::set<oci::Digest>& configs) {
  try {
    if (oci::is_manifest(descriptor.media_type))
      configs.insert(oci::Manifest::parse(layout.read_blob(descriptor), "manifest").config.digest);
    if (!oci::is_index(descriptor.media_type) || depth == deepest_index) return;
    for (const oci::Descriptor& entry : oci::parse_index(layout.read_blob(descriptor), "index"))
      add_configs(layout, entry, depth + 1, configs);
  } catch (const Error& error) {
    // Blobs for other platforms are often left out; what is wrong with the chosen image is said when it is loaded. That
    // this machine could not read says nothing of the image.
    if (error.kind() == Kind::failure) throw;
  }
}

std::vector<std::string> strings_or_none(const Json& json, std::string_view key) {
  const Json* list = json.find(key);
  return list && !list->is_null() ? list->as_strings() : std::vector<std::string>();
}

std::string list_of(const std::vector<Candidate>& candidates) {
  std::vector<std::string> all;
  for (const Candidate& one : candidates) {
    const auto& known = one.names.empty() ? one.labels : one.names;
    if (!known.empty()) {
      all.insert(all.end(), known.begin(), known.end());
    } else if (!one.docker) {
      all.push_back(one.descriptor.digest.brief());
    }
  }
  return printable(fmt::format("{}", fmt::join(all, ", ")));
}

bool has_digest(const Candidate& one, std::string_view wanted) {
  if (one.docker) return false;
  if (wanted.starts_with("sha256:")) wanted.remove_prefix(7);
  return wanted.size() >= 6 && one.descriptor.digest.hex().starts_with(wanted);
}

}  // namespace

std::vector<DockerImage> parse_docker_manifest(std::string_view text) {
  const Json json = Json::parse(text, "manifest.json");
  std::vector<DockerImage> images;
  if (json.is_null()) return images;
  while_doing([] { return "manifest.json"; },
              [&] {
                for (const Json& one : json.as_array())
                  images.push_back({.config = one.at("Config").as_string(),
                                    .layers = strings_or_none(one, "Layers"),
                                    .tags = strings_or_none(one, "RepoTags")});
              });
  return images;
}

std::vector<Candidate> candidates_of(const std::vector<oci::Descriptor>& index) {
  std::vector<Candidate> candidates;
  for (const oci::Descriptor& entry : index) {
    auto one = std::find_if(candidates.begin(), candidates.end(), [&](const Candidate& other) {
      return other.descriptor.digest == entry.digest && other.descriptor.media_type == entry.media_type;
    });
    if (one == candidates.end())
      one = candidates.insert(one, {.descriptor = entry, .docker = {}, .names = {}, .labels = {}});
    if (const auto name = name_of(entry)) add_once(one->names, *name);
    add_once(one->labels, entry.annotation(oci::annotation::ref_name));
    add_once(one->labels, entry.annotation(oci::annotation::containerd_name));
  }
  return candidates;
}

void add_docker_images(std::vector<Candidate>& candidates, const std::vector<DockerImage>& images,
                       const std::function<std::optional<oci::Digest>(const DockerImage&)>& config_of,
                       const oci::Layout& layout) {
  std::vector<std::set<oci::Digest>> configs(candidates.size());
  for (std::size_t n = 0; n < candidates.size(); ++n) add_configs(layout, candidates[n].descriptor, 1, configs[n]);
  for (const DockerImage& image : images) {
    const auto config = config_of(image);
    std::vector<std::string> names;
    for (const std::string& tag : image.tags)
      if (const auto name = whole_reference(tag)) add_once(names, *name);
    Candidate* same = nullptr;
    for (std::size_t n = 0; n < configs.size(); ++n) {
      if (config && configs[n].contains(*config)) {
        same = &candidates[n];
        continue;
      }
      for (const std::string& name : names)
        if (holds(candidates[n].names, name))
          fail(Kind::integrity, "index.json and manifest.json give the name '{}' to different images", printable(name));
    }
    if (!same && !config) continue;
    if (!same) same = &candidates.emplace_back(Candidate{.descriptor = {}, .docker = image, .names = {}, .labels = {}});
    for (const std::string& name : names) add_once(same->names, name);
    for (const std::string& tag : image.tags) add_once(same->labels, tag);
  }
}

Candidate choose(const std::vector<Candidate>& candidates, const std::optional<std::string>& wanted,
                 const std::string& where) {
  if (candidates.empty()) fail(Kind::integrity, "'{}' contains no image", printable(where));
  if (!wanted) {
    if (candidates.size() == 1) return candidates.front();
    fail_hint(Kind::usage, fmt::format("choose with --image: {}", list_of(candidates)), "'{}' contains {} images",
              printable(where), candidates.size());
  }
  const std::string name = whole_reference(*wanted).value_or(*wanted);
  std::vector<std::string> known;
  for (Candidate one : candidates) {
    if (holds(one.names, name)) {
      one.names = {name};
      return one;
    }
    if (holds(one.labels, *wanted) || has_digest(one, *wanted)) return one;
    known.insert(known.end(), one.names.begin(), one.names.end());
  }
  fail_hint(Kind::not_found, did_you_mean(*wanted, known, fmt::format("it contains {}", list_of(candidates))),
            "'{}' contains no image '{}'", printable(where), printable(*wanted));
}

std::vector<std::string> unusable_names(const Candidate& candidate) {
  std::vector<std::string> unusable;
  for (const std::string& label : candidate.labels)
    if (label.find_first_of(":/") != std::string::npos && !whole_reference(label)) unusable.push_back(label);
  return unusable;
}

}  // namespace fn::img
