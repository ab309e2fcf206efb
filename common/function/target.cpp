// SPDX-License-Identifier: Apache-2.0
#include "target.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "rootfs/layer_store.hpp"
#include "state/store.hpp"
#include "sys/file.hpp"
#include "sys/process.hpp"

#include <climits>
#include <cstdlib>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace fn::run {
namespace {

Target directory_target(const std::string& text) {
  char absolute[PATH_MAX];
  if (realpath(text.c_str(), absolute) == nullptr)
    sys::fail_errno(errno, fmt::format("cannot use '{}' as a root", printable(text)));
  struct stat status {};
  if (stat(absolute, &status) != 0 || !S_ISDIR(status.st_mode))
    fail(Kind::usage, "'{}' is not a directory", printable(text));
  Target target;
  target.name = text;
  target.root.directory = absolute;
  return target;
}

// As image configs spell it (go's GOARCH).
std::string this_architecture() {
  utsname names{};
  uname(&names);
  const std::string_view machine(names.machine);
  if (machine == "x86_64") return "amd64";
  if (machine == "aarch64") return "arm64";
  return std::string(machine);
}

void check_architecture(const oci::Image& image, std::string_view name) {
  const std::string& wanted = image.config.platform.architecture;
  const std::string here = this_architecture();
  if (wanted.empty() || wanted == here) return;
  throw Error(Kind::unsupported,
              fmt::format("'{}' is for {}, this machine is {}", printable(name), printable(wanted), here),
              "build or import it for this architecture")
      .as(126, "wrong_architecture");
}

// fn-layers has the codecs, which are most of the code and none of the daily work.
void unpack_layers(const std::string& name, const Where& where) {
  std::vector<std::string> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) environment.emplace_back(*variable);
  sys::Process::Options options;
  options.environment = std::move(environment);
  options.stdout_fd = STDERR_FILENO;
  const std::string program = sys::helper_path("fn-layers");
  sys::Process helper = sys::Process::spawn({program, where.home, name}, options);
  if (const int code = helper.wait(); code != 0)
    throw Error(code == static_cast<int>(Kind::integrity) ? Kind::integrity : Kind::failure,
                fmt::format("the layers of '{}' could not be unpacked", printable(name)))
        .as(0, "bad_image");
}

Target image_target(const std::string& text, const Where& where) {
  auto store = state::Store::open(where.home, state::Store::Access::read, where.lock_timeout);
  const oci::Image image = store.load(text);
  check_architecture(image, text);
  const rootfs::LayerStore layers(where.home);
  Target target;
  target.name = text;
  target.digest = image.descriptor.digest;
  target.platform = image.config.platform.str();
  target.root.directory = layers.path();
  target.root.layers = rootfs::layer_names(image);
  // Between making and holding them gc may have been at work.
  for (int attempt = 0; attempt < 3; ++attempt) {
    if (auto held = layers.hold(target.root.layers)) {
      target.holds = std::move(*held);
      break;
    }
    unpack_layers(image.descriptor.digest.str(), where);
  }
  if (target.holds.size() != target.root.layers.size())
    fail(Kind::failure, "the layers of '{}' go as fast as they are made", printable(text));
  target.entrypoint = image.config.entrypoint;
  target.cmd = image.config.cmd;
  target.environment = image.config.env;
  target.working_dir = image.config.working_dir;
  target.user = image.config.user;
  return target;
}

}  // namespace

bool names_directory(std::string_view text) {
  return text.starts_with('/') || text == "." || text == ".." || text.starts_with("./") || text.starts_with("../");
}

Target find_target(const std::string& text, const Where& where) {
  return names_directory(text) ? directory_target(text) : image_target(text, where);
}

}  // namespace fn::run
