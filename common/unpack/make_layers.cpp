// SPDX-License-Identifier: Apache-2.0
// The layers are made lowest first, since each is made to lie on those below. For each one either its directory is
// there, and a shared lock on it keeps it there until the end, or it is staged (staged_layer.cpp), unpacked and named.
// Two processes that want the same layer take turns: who comes second finds it finished.
//
// What a layer hides of those below it (layer/whiteout.hpp) is needed first: the caller knows, or the layer is read
// twice.
//
// Within one layer the order matters: apply, then VerifiedLayer::finish(), which proves blob and diffID, then the
// attributes of directories, and only then commit(). A name must never stand for bytes that nobody has proven; if the
// proof fails the staged directory is removed.
#include "unpack/make_layers.hpp"

#include "base/error.hpp"
#include "layer/apply.hpp"
#include "layer/verified_layer.hpp"
#include "rootfs/layer_lock.hpp"
#include "sys/file.hpp"
#include "sys/root.hpp"
#include "unpack/staged_layer.hpp"

#include <unistd.h>
#include <utility>

namespace fn::unpack {
namespace {

// Copies of the descriptors: the locks go with the last of them.
std::vector<sys::Root> uppermost_first(const std::vector<sys::Fd>& layers) {
  std::vector<sys::Root> roots;
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) roots.emplace_back(layer->duplicate());
  return roots;
}

layer::Whiteouts read_whiteouts(layer::VerifiedLayer layer, const MakeOptions& options) {
  layer::TarReader reader(layer.tar(), options.tar);
  layer::Whiteouts whiteouts = layer::read_whiteouts(reader);
  layer.finish();
  return whiteouts;
}

void unpack(layer::VerifiedLayer layer, const layer::Whiteouts& whiteouts, sys::Root root, std::vector<sys::Root> lower,
            const MakeOptions& options) {
  layer::Applier applier(std::move(root),
                         {.as_root = geteuid() == 0, .threads = options.threads, .form = layer::Form::overlay},
                         std::move(lower));
  layer::TarReader reader(layer.tar(), options.tar);
  applier.apply(reader, whiteouts);
  layer.finish();
  applier.finish();
}

}  // namespace

std::vector<std::string> make_layers(const rootfs::LayerStore& store, const oci::Layout& layout,
                                     const oci::Image& image, const MakeOptions& options) {
  sys::make_directories(store.path(), 0700);
  const sys::Fd directory = store.open();
  std::vector<std::string> names = rootfs::layer_names(image);
  std::vector<sys::Fd> held;  // by locks, so that nobody removes a layer that the next is made on
  for (std::size_t n = 0; n < names.size(); ++n) {
    const oci::Descriptor& descriptor = image.manifest.layers.at(n);
    sys::Fd dir;
    while (!(dir = rootfs::lock_shared(directory.get(), names[n]))) {
      std::optional<StagedLayer> staged = StagedLayer::begin(directory.get(), names[n]);
      if (!staged) continue;
      if (options.progress) options.progress(n + 1, names.size());
      while_doing([&] { return fmt::format("while unpacking layer '{}'", descriptor.digest.str()); },
                  [&] {
                    const auto open = [&] {
                      return layer::VerifiedLayer(layout, descriptor, image.config.diff_ids[n], options.expansion);
                    };
                    std::optional<layer::Whiteouts> whiteouts;
                    if (n == 0) whiteouts.emplace();  // there is nothing to hide
                    if (!whiteouts && options.whiteouts) whiteouts = options.whiteouts(n);
                    if (!whiteouts) whiteouts = read_whiteouts(open(), options);
                    unpack(open(), *whiteouts, staged->root(), uppermost_first(held), options);
                  });
      staged->commit();
    }
    held.push_back(std::move(dir));
  }
  return names;
}

}  // namespace fn::unpack
