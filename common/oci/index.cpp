// SPDX-License-Identifier: Apache-2.0
#include "oci/index.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "base/units.hpp"

#include <algorithm>

namespace fn::oci {
namespace {

std::vector<Descriptor> read_index(const Json& json) {
  if (const std::int64_t version = json.at("schemaVersion").as_integer(); version != 2)
    fail(Kind::integrity, "'schemaVersion' is {}, not 2", version);
  if (const std::string type = json.string_or("mediaType", {}); !type.empty() && !is_index(type))
    fail(Kind::integrity, "'{}' is not the media type of an index", printable(type));
  // CVE-2021-41190: readers must not be able to disagree on what the document is.
  if (json.find("layers") || json.find("config")) fail(Kind::integrity, "it is both an index and a manifest");
  std::vector<Descriptor> manifests;
  const Json::Array& entries = json.at("manifests").as_array();
  for (std::size_t n = 0; n < entries.size(); ++n)
    manifests.push_back(
        while_doing([&] { return fmt::format("entry {}", n); }, [&] { return Descriptor::from_json(entries[n]); }));
  return manifests;
}

// The JSON object that begins at `start`, or nothing if its end is not found.
std::string_view object_at(std::string_view text, std::size_t start) {
  constexpr std::size_t max_entry = 64 * KiB;
  std::size_t depth = 0;
  bool in_string = false;
  const std::size_t end = std::min(text.size(), start + max_entry);
  for (std::size_t n = start; n < end; ++n) {
    if (text[n] == '\\') {
      ++n;
    } else if (text[n] == '"') {
      in_string = !in_string;
    } else if (!in_string && text[n] == '{') {
      ++depth;
    } else if (!in_string && text[n] == '}' && --depth == 0) {
      return text.substr(start, n + 1 - start);
    }
  }
  return {};
}

}  // namespace

std::vector<Descriptor> salvage_index(std::string_view text) {
  std::vector<Descriptor> found;
  for (std::size_t at = text.find('{'); at != text.npos; at = text.find('{', at)) {
    const std::string_view object = object_at(text, at);
    std::size_t used = 1;
    try {
      if (!object.empty()) {
        found.push_back(Descriptor::from_json(Json::parse(object, "entry")));
        used = object.size();
      }
    } catch (const Error&) {
      // Not an entry; there may be some in it.
    }
    at += used;
  }
  return found;
}

std::vector<Descriptor> parse_index(std::string_view text, std::string_view subject) {
  const Json json = Json::parse(text, subject);
  return while_doing([&] { return subject; }, [&] { return read_index(json); });
}

std::string dump_index(const std::vector<Descriptor>& manifests) {
  Json entries = Json::array();
  for (const Descriptor& manifest : manifests) entries.push(manifest.json());
  Json json = Json::object();
  json.set("schemaVersion", 2).set("mediaType", media::index).set("manifests", std::move(entries));
  return json.dump();
}

}  // namespace fn::oci
