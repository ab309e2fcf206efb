// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compat/image_root.hpp"
#include "image/image_files.hpp"
#include "link/resolve.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace fn::img {

// An image with all that the rules of `compat` ask about. What is in it borrows from it, so it can't be moved.
class CheckedImage {
 public:
  // `name` is what people call it.
  CheckedImage(std::string name, oci::Image image, ImageFiles files, ImageFacts facts);
  CheckedImage(const CheckedImage&) = delete;
  CheckedImage& operator=(const CheckedImage&) = delete;

  const std::string& name() const { return name_; }
  const oci::Image& image() const { return image_; }
  const oci::Config& config() const { return image_.config; }
  const ImageFiles& files() const { return files_; }
  const layer::Tree& tree() const { return files_.tree; }
  const ImageFacts& facts() const { return facts_; }
  const ImageRoot& root() const { return root_; }
  link::Resolver& resolver() { return resolver_; }
  // What the config adds to the search for libraries.
  link::Options link_options() const;

  // The name of the layer that has the path; "" if none has.
  std::string layer_of(std::string_view path) const;
  // The value of a variable of the config; "" without it.
  std::string variable(std::string_view name) const;
  // The directories of PATH, or those that a runtime sets without one.
  std::vector<std::string> command_directories() const;
  // Where PATH, or a slash in it, leads for a command: a regular file.
  bool has_command(std::string_view command) const;

 private:
  std::string name_;
  oci::Image image_;
  ImageFiles files_;
  ImageFacts facts_;
  ImageRoot root_;
  link::Resolver resolver_;
};

}  // namespace fn::img
