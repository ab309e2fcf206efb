// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/image_files.hpp"
#include "package/cache.hpp"

#include <string>
#include <utility>
#include <vector>

namespace fn::img::test {

inline layer::File file(std::string path, const std::string& content = {}) {
  layer::File made;
  made.entry = {.path = std::move(path), .size = content.size()};
  if (!content.empty()) made.content = layer::content_of(std::as_bytes(std::span(content)));
  return made;
}

inline layer::File directory(std::string path) {
  return {.entry = {.path = std::move(path), .type = layer::Type::directory, .mode = 0755}, .content = {}};
}

inline layer::File hardlink(std::string path, std::string target) {
  return {.entry = {.path = std::move(path), .type = layer::Type::hardlink, .link = std::move(target)}, .content = {}};
}

inline layer::File softlink(std::string path, std::string target) {
  return {.entry = {.path = std::move(path), .type = layer::Type::symlink, .mode = 0777, .link = std::move(target)},
          .content = {}};
}

// The files of an image with these layers, the lowest first.
inline ImageFiles image_of(std::vector<std::vector<layer::File>> layers) {
  ImageFiles image;
  for (std::vector<layer::File>& files : layers) {
    image.tree.add_layer(files);
    image.layers.push_back({.files = std::move(files), .package_lists = {}});
  }
  return image;
}

// An image that has nothing but a package database, with what that says.
inline ImageFiles image_with(const std::vector<package::Package>& packages) {
  ImageFiles image = image_of({{file("db", "x")}});
  image.layers[0].package_lists.push_back({.path = "db", .packages = package::encode(packages)});
  return image;
}

}  // namespace fn::img::test
