// SPDX-License-Identifier: Apache-2.0
#include "routing/route.hpp"

#include "oci/reference.hpp"

namespace fn::routing {

Route choose(state::Store& store, const std::string& name) {
  state::Function function = store.functions().get(name);
  const state::ImageRow image =
      while_doing([&] { return fmt::format("function '{}'", name); }, [&] { return store.resolve(function.image); });
  const auto reference = oci::Reference::parse(function.image);
  Route route{.function = {},
              .reference = function.image,
              .descriptor = image.descriptor,
              .version = reference.digest().empty() ? reference.tag() : reference.digest().brief()};
  route.function = std::move(function);
  return route;
}

}  // namespace fn::routing
