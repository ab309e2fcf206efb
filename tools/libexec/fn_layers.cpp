// SPDX-License-Identifier: Apache-2.0 fn-layers HOME REF: makes the directories of an image's layers (common/unpack),
// for fnrun, which has no codecs of its own. Says nothing on stdout; errors on stderr as fnrun would, exit codes as in
// fn(7).
#include "base/error.hpp"
#include "base/text.hpp"
#include "layer/whiteout.hpp"
#include "state/store.hpp"
#include "sys/fd.hpp"
#include "sys/signal.hpp"
#include "sys/term.hpp"
#include "unpack/make_layers.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <thread>
#include <unistd.h>

namespace {

constexpr std::chrono::seconds lock_timeout(30);

void make(const std::string& home, const std::string& reference) {
  // Blobs stay while they are read.
  fn::state::Store store = fn::state::Store::open(home, fn::state::Store::Access::read, lock_timeout);
  const fn::sys::FileLock lock = store.lock_for_blobs();
  const fn::oci::Image image = store.load(reference);
  fn::unpack::MakeOptions options;
  const fn::state::Index index = store.index();
  options.whiteouts = [&](std::size_t n) -> std::optional<fn::layer::Whiteouts> {
    const auto rows = index.files_of(image.manifest.layers[n], image.config.diff_ids[n]);
    if (!rows) return std::nullopt;
    return fn::layer::whiteouts_in(*rows);
  };
  options.threads = std::max(std::thread::hardware_concurrency(), 1U);
  if (fn::sys::is_terminal(STDERR_FILENO))
    options.progress = [](std::size_t number, std::size_t count) {
      fmt::print(stderr, "unpacking layer {} of {}, once\n", number, count);
    };
  fn::unpack::make_layers(fn::rootfs::LayerStore(home), store.layout(), image, options);
}

int report(const fn::Error& error) {
  fmt::print(stderr, "fn-layers: error: {}\n", error.what());
  if (!error.hint().empty()) fmt::print(stderr, "  hint: {}\n", error.hint());
  return static_cast<int>(error.kind());
}

}  // namespace

int main(int argc, char** argv) {
  fn::sys::reopen_standard_streams();
  fn::sys::install_interrupt_handlers();
  if (argc != 3) return report(fn::Error(fn::Kind::usage, "usage: fn-layers HOME REF"));
  try {
    make(argv[1], argv[2]);
    return 0;
  } catch (const fn::sys::Interrupted& interrupted) {
    fn::sys::die_by_signal(interrupted.signal);
  } catch (const fn::Error& error) {
    return report(error);
  } catch (const std::exception& error) {
    return report(fn::Error(fn::Kind::internal, error.what()));
  }
}
