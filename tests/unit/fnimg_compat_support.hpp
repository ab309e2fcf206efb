// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compat/compat.hpp"
#include "fnimg_support.hpp"
#include "link_support.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <memory>
#include <string>
#include <vector>

namespace fn::img::test {

inline const std::string toy_interpreter = "/lib64/ld-linux-x86-64.so.2";

inline link::Object toy_program() {
  link::Object object;
  object.starts_with(toy_interpreter);
  return object;
}

// An image in memory, filled from the lowest layer up.
class Toy {
 public:
  // The layer that what follows is put into; layers with the same content are one.
  Toy& layer(const std::string& name, const std::string& content) {
    oci::Descriptor descriptor;
    descriptor.digest = oci::Digest::of(content);
    descriptor.annotations[std::string(oci::annotation::layer_name)] = name;
    image_.config.diff_ids.push_back(descriptor.digest);
    image_.manifest.layers.push_back(std::move(descriptor));
    layers_.emplace_back();
    return *this;
  }
  Toy& elf(const std::string& path, link::Object& object) {
    facts_.objects.emplace(path, object.take());
    return put(test::file(path, "an object"));
  }
  Toy& elf(const std::string& path, link::Object&& object) { return elf(path, object); }
  Toy& text(const std::string& path, const std::string& content, std::uint32_t mode = 0755) {
    facts_.texts.emplace(path, content);
    layer::File made = test::file(path, content);
    made.entry.mode = mode;
    return put(std::move(made));
  }
  Toy& file(const std::string& path) { return put(test::file(path, "x")); }
  Toy& directory(const std::string& path) { return put(test::directory(path)); }
  Toy& link(const std::string& path, const std::string& target) { return put(softlink(path, target)); }
  Toy& loader() { return elf("lib64/ld-linux-x86-64.so.2", link::Object("ld-linux-x86-64.so.2")); }
  oci::Config& config() { return image_.config; }

  std::unique_ptr<CheckedImage> take(const std::string& name) {
    return std::make_unique<CheckedImage>(name, std::move(image_), image_of(std::move(layers_)), std::move(facts_));
  }

 private:
  Toy& put(layer::File made) {
    layers_.back().push_back(std::move(made));
    return *this;
  }

  oci::Image image_;
  std::vector<std::vector<layer::File>> layers_;
  ImageFacts facts_;
};

// "rule severity path needs" of each.
inline std::vector<std::string> lines_of(const std::vector<Finding>& findings) {
  std::vector<std::string> lines;
  for (const Finding& finding : findings)
    lines.push_back(fmt::format("{} {} {}{}{}", finding.rule, severity_name(finding.severity), finding.path,
                                finding.needs.empty() ? "" : " ", finding.needs));
  return lines;
}

using Lines = std::vector<std::string>;

inline std::string text_of(const Lines& lines) {
  return fmt::format("{}", fmt::join(lines, "\n"));
}

// What a new image brings, a line each.
inline std::string brought(Toy before, Toy after) {
  const auto a = before.take("a:1");
  const auto b = after.take("b:1");
  return text_of(lines_of(check_compat(*a, *b).findings));
}

}  // namespace fn::img::test
