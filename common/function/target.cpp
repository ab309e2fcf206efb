// SPDX-License-Identifier: Apache-2.0
#include "function/target.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "rootfs/layer_store.hpp"
#include "state/store.hpp"
#include "sys/process.hpp"

#include <unistd.h>

namespace fn::function {
namespace {

void check_architecture(const oci::Image& image, std::string_view name) {
  const std::string& wanted = image.config.platform.architecture;
  const std::string here = oci::Platform::host().architecture;
  if (wanted.empty() || wanted == here) return;
  throw Error(Kind::unsupported,
              fmt::format("'{}' was built for {}, this machine is {}", printable(name), printable(wanted), here),
              "build or import it for this architecture")
      .as(126, "wrong_architecture");
}

// fn-layers has the codecs, which are most of the code and none of the daily work.
void unpack_layers(const std::string& name, const StateOptions& state) {
  sys::Process::Options options;
  options.environment = sys::environment();
  options.stdout_fd = STDERR_FILENO;
  const std::string program = sys::helper_path("fn-layers");
  sys::Process helper = sys::Process::spawn({program, state.home, name}, options);
  const int code = helper.wait();
  if (code == 0) return;
  const Kind kind = code == static_cast<int>(Kind::integrity) ? Kind::integrity : Kind::failure;
  // A full disk or a missing right says nothing about the image.
  const bool of_host = code == static_cast<int>(Kind::failure) || code == static_cast<int>(Kind::unsupported);
  throw Error(kind, fmt::format("the layers of '{}' could not be unpacked", printable(name)))
      .as(0, of_host ? "" : "bad_image");
}

// gc may have run between making and holding them.
std::vector<sys::Fd> hold_layers(const rootfs::LayerStore& layers, const Target& target, const StateOptions& state) {
  for (int attempt = 0; attempt < 3; ++attempt) {
    unpack_layers(target.digest.str(), state);
    if (auto held = layers.hold(target.root.layers)) return std::move(*held);
  }
  fail(Kind::failure, "the layers of '{}' were removed three times while being prepared (is 'fnimg gc' running?)",
       printable(target.name));
}

Target image_target(const std::string& text, const StateOptions& state, MissingLayers missing) {
  auto store = state::Store::open(state.home, state::Store::Access::read, state.lock_timeout, state.note);
  const oci::Image image = store.load(text);
  check_architecture(image, text);
  const rootfs::LayerStore layers(state.home);
  Target target;
  target.name = text;
  target.digest = image.descriptor.digest;
  target.platform = image.config.platform.str();
  target.root.directory = layers.path();
  target.root.layers = rootfs::layer_names(image);
  target.entrypoint = image.config.entrypoint;
  target.cmd = image.config.cmd;
  target.environment = image.config.env;
  target.working_dir = image.config.working_dir;
  target.user = image.config.user;
  if (auto held = layers.hold(target.root.layers))
    target.holds = std::move(*held);
  else if (missing == MissingLayers::unpack)
    target.holds = hold_layers(layers, target, state);
  else
    target.missing_layers = layers.count_missing(target.root.layers);
  return target;
}

}  // namespace

void remember_target(const Target& target, const StateOptions& state) {
  if (target.root.layers.empty() || target.missing_layers > 0) return;
  const oci::Reference reference = oci::Reference::parse(target.name);
  if (!reference.digest().empty()) return;
  // Most runs that come this way (on a terminal, say) have one already.
  const auto known = state::RunRecords(state.home).find(target.name);
  if (known && known->manifest == target.digest.str()) return;
  try {
    auto store = state::Store::open(state.home, state::Store::Access::write, std::chrono::milliseconds(0));
    store.remember_run(reference.str(), {.manifest = target.digest.str(),
                                         .layers = target.root.layers,
                                         .entrypoint = target.entrypoint,
                                         .cmd = target.cmd,
                                         .environment = target.environment,
                                         .working_dir = target.working_dir,
                                         .user = target.user});
  } catch (const Error&) {
    return;
  }
}

Target find_target(const std::string& text, const StateOptions& state, MissingLayers missing) {
  return is_path(text) ? directory_target(text) : image_target(text, state, missing);
}

}  // namespace fn::function
