// SPDX-License-Identifier: Apache-2.0
#include "compat/checked_image.hpp"

#include "base/text.hpp"
#include "image/document.hpp"
#include "image/path_lookup.hpp"

#include <algorithm>

namespace fn::img {
namespace {

std::string variable_of(const oci::Config& config, std::string_view name) {
  for (const std::string& setting : config.env)
    if (setting.starts_with(name) && setting.size() > name.size() && setting[name.size()] == '=')
      return setting.substr(name.size() + 1);
  return {};
}

std::string directory_of(const oci::Config& config) {
  return config.working_dir.empty() ? "/" : config.working_dir;
}

link::Options options_of(const oci::Config& config) {
  return {
      .library_path = variable_of(config, "LD_LIBRARY_PATH"), .hwcaps = {}, .working_directory = directory_of(config)};
}

}  // namespace

CheckedImage::CheckedImage(std::string name, oci::Image image, ImageFiles files, ImageFacts facts)
    : name_(std::move(name)),
      image_(std::move(image)),
      files_(std::move(files)),
      facts_(std::move(facts)),
      root_(files_.tree, facts_),
      resolver_(root_, options_of(image_.config)) {}

link::Options CheckedImage::link_options() const {
  return options_of(config());
}

std::string CheckedImage::layer_of(std::string_view path) const {
  if (path.starts_with('/')) path.remove_prefix(1);
  const layer::Node* node = tree().find(path);
  return node ? layer_label(image_.manifest.layers[node->layer]) : std::string();
}

std::string CheckedImage::variable(std::string_view name) const {
  return variable_of(config(), name);
}

std::vector<std::string> CheckedImage::command_directories() const {
  const std::string path = variable("PATH");
  return split(path.empty() ? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" : path, ':');
}

bool CheckedImage::has_command(std::string_view command) const {
  const std::string name(command);
  if (name.starts_with('/')) return root_.file(name).has_value();
  if (name.find('/') != name.npos) return root_.file(directory_of(config()) + '/' + name).has_value();
  const std::vector<std::string> directories = command_directories();
  return std::any_of(directories.begin(), directories.end(),
                     [&](const std::string& directory) { return root_.file(directory + '/' + name).has_value(); });
}

}  // namespace fn::img
