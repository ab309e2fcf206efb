// SPDX-License-Identifier: Apache-2.0
#include "update/blast_radius.hpp"

#include "diff/report.hpp"

namespace fn::img {
namespace {

const Sections shown{Section::config, Section::layer, Section::package, Section::file, Section::chunk};

std::unique_ptr<Side> side_of(const oci::Image& image, state::Store& store, const oci::Layout& layout,
                              const cli::Context& context) {
  Operand operand;
  operand.text = image.descriptor.digest.brief();
  operand.image = image;
  operand.named = image.descriptor.digest;
  operand.layout = std::make_shared<const oci::Layout>(oci::Layout::open(layout.path()));
  const Limits limits;
  FileReader reader(&store, context, limits, FileReader::Learn::no);
  auto side = std::make_unique<Side>(Side{.operand = std::move(operand), .files = {}, .items = {}});
  side->files = reader.read(layout, image);
  return side;
}

DiffView view_of(const BlastRadius& radius) {
  static const std::vector<FilePatch> no_patches;
  return {.a = *radius.before,
          .b = *radius.after,
          .diff = radius.diff,
          .sections = shown,
          .patches = no_patches,
          .all = false};
}

}  // namespace

BlastRadius blast_radius(const PlannedUpdate& update, state::Store& store, const oci::Layout& layout,
                         const cli::Context& context) {
  BlastRadius radius;
  radius.before = side_of(update.before, store, layout, context);
  radius.after = side_of(update.after, store, layout, context);
  radius.diff = diff_images(*radius.before, *radius.after, {});
  return radius;
}

Json radius_json(const BlastRadius& radius) {
  Json json = Json::object();
  add_json(json, view_of(radius));
  return json;
}

std::string radius_text(const BlastRadius& radius, bool color) {
  return diff_text(view_of(radius), color);
}

}  // namespace fn::img
