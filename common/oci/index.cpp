// SPDX-License-Identifier: Apache-2.0
#include "oci/index.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

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

}  // namespace

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
