// SPDX-License-Identifier: Apache-2.0
#include "diff/report.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "image/document.hpp"
#include "image/entry_text.hpp"
#include "oci/digest.hpp"

#include <fmt/format.h>

namespace fn::img {
namespace {

using layer::Aspect;
using layer::Node;

Json node_json(const Side& side, const Node* node) {
  if (!node) return {};
  Json json = entry_json(node->entry);
  json.erase("path");
  json.erase("path_b64");
  if (node->content && node->entry.size > 0) json.set("digest", oci::Digest(node->content->digest).str());
  json.set("layer", side.layer_name(node->layer));
  return json;
}

std::string_view change_name(const layer::Change& change) {
  if (!change.before) return "added";
  if (!change.after) return "removed";
  return layer::has(change.aspects, Aspect::type) ? "type" : "modified";
}

Json files_json(const DiffView& view) {
  Json files = Json::array();
  for (const layer::Change& change : view.diff.files) {
    Json file = Json::object();
    set_path(file, change.path.empty() ? "." : change.path);
    Json what = Json::array();
    for (const Aspect aspect : layer::all_aspects)
      if (layer::has(change.aspects, aspect)) what.push(layer::aspect_name(aspect));
    file.set("layer", change.after ? view.b.layer_name(change.after->layer) : view.a.layer_name(change.before->layer))
        .set("change", change_name(change))
        .set("what", std::move(what))
        .set("before", node_json(view.a, change.before))
        .set("after", node_json(view.b, change.after));
    files.push(std::move(file));
  }
  return files;
}

Json layers_json(const DiffView& view) {
  Json layers = Json::array();
  const auto side = [](const Side& one, const std::optional<std::size_t>& n) {
    return n ? layer_json(*one.operand.image, *n) : Json();
  };
  for (const LayerPair& pair : view.diff.layers)
    layers.push(Json::object()
                    .set("name", pair.b ? view.b.layer_name(*pair.b) : view.a.layer_name(*pair.a))
                    .set("change", !pair.a   ? "added"
                                   : !pair.b ? "removed"
                                             : "modified")
                    .set("before", side(view.a, pair.a))
                    .set("after", side(view.b, pair.b)));
  return layers;
}

Json packages_json(const std::vector<PackageChange>& changes) {
  Json packages = Json::array();
  const auto version = [](const std::optional<package::Package>& one) {
    return one ? Json(printable(one->version)) : Json();
  };
  for (const PackageChange& change : changes) {
    const package::Package& one = change.package();
    const bool both = change.before && change.after;
    packages.push(Json::object()
                      .set("ecosystem", package::ecosystem_name(one.ecosystem))
                      .set("name", printable(one.name))
                      .set("architecture", printable(one.architecture))
                      .set("root", printable(one.root))
                      .set("change", both                        ? change.direction < 0 ? "downgraded" : "upgraded"
                                     : change.before.has_value() ? "removed"
                                                                 : "added")
                      .set("before", version(change.before))
                      .set("after", version(change.after)));
  }
  return packages;
}

Json config_json(const Causes& causes) {
  Json config = Json::array();
  for (const Cause& cause : causes)
    for (const Example& example : cause.examples)
      config.push(Json::object()
                      .set("document", level_name(cause.level))
                      .set("what", cause.what)
                      .set("name", printable(example.where))
                      .set("before", printable(example.a))
                      .set("after", printable(example.b)));
  return config;
}

Json summary_json(const DiffView& view) {
  const FileSums& sums = view.diff.sums;
  const Fetch& fetch = view.diff.fetch;
  return Json::object()
      .set("files_added", sums.added)
      .set("files_removed", sums.removed)
      .set("files_modified", sums.modified)
      .set("files_time_only", sums.time_only)
      .set("added_bytes", sums.added_bytes)
      .set("removed_bytes", sums.removed_bytes)
      .set("layers_to_fetch", fetch.layers)
      .set("layer_bytes_to_fetch", fetch.layer_bytes)
      .set("chunks_to_fetch", fetch.chunks)
      .set("chunk_bytes_to_fetch", fetch.chunk_bytes)
      .set("chunks_known", fetch.known_chunks)
      .set("chunk_bytes_known", fetch.known_bytes)
      .set("chunk_size", layer::chunk_size);
}

}  // namespace

std::string_view section_name(Section section) {
  switch (section) {
    case Section::config:
      return "config";
    case Section::layer:
      return "layer";
    case Section::package:
      return "package";
    case Section::file:
      return "file";
    case Section::chunk:
      return "chunk";
  }
  fail(Kind::internal, "no such section");
}

bool is_equal(const DiffView& view) {
  const auto asked = [&](Section section) { return view.sections.contains(section); };
  return !((asked(Section::config) && !view.diff.config.empty()) ||
           (asked(Section::layer) && !view.diff.layers.empty()) ||
           (asked(Section::package) && !view.diff.packages.empty()) ||
           (asked(Section::file) && !view.diff.files.empty()) || (asked(Section::chunk) && view.diff.fetch.chunks > 0));
}

void add_json(Json& document, const DiffView& view) {
  const auto asked = [&](Section section) { return view.sections.contains(section); };
  document.set("equal", is_equal(view));
  if (asked(Section::config)) document.set("config", config_json(view.diff.config));
  if (asked(Section::layer)) document.set("layers", layers_json(view));
  if (asked(Section::file)) document.set("files", files_json(view));
  if (asked(Section::package)) document.set("packages", packages_json(view.diff.packages));
  if (!view.patches.empty()) {
    Json patches = Json::array();
    for (const FilePatch& patch : view.patches) {
      Json json = Json::object();
      set_path(json, patch.path);
      patches.push(json.set("patch", patch.text).set("why_not", patch.why));
    }
    document.set("patches", std::move(patches));
  }
  document.set("summary", summary_json(view));
}

std::string change_text(const Side& a, const Side& b, const layer::Change& change) {
  const layer::Entry& before = a.files.tree.file_of(*change.before).entry;
  const layer::Entry& after = b.files.tree.file_of(*change.after).entry;
  std::vector<std::string> parts;
  for (const Aspect aspect : layer::all_aspects) {
    if (!layer::has(change.aspects, aspect)) continue;
    std::string name(layer::aspect_name(aspect));
    if (aspect == Aspect::type) {
      name = fmt::format("{} -> {}", type_name(before.type), type_name(after.type));
    } else if (aspect == Aspect::mode) {
      name = fmt::format("mode {:04o} -> {:04o}", before.mode, after.mode);
    } else if (aspect == Aspect::owner) {
      name = fmt::format("owner {}:{} -> {}:{}", before.uid, before.gid, after.uid, after.gid);
    } else if (aspect == Aspect::link) {
      name = fmt::format("link {} -> {}", printable(before.link), printable(after.link));
    } else if (aspect == Aspect::names) {
      name = "hard links";
    }
    parts.push_back(std::move(name));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace fn::img
