// SPDX-License-Identifier: Apache-2.0
// /etc/ld.so.cache: the first byte chooses the byte order, the rest is the file. What was read answers for each of its
// names, with the path of one of their entries.
#include "fuzz.hpp"
#include "link/cache.hpp"

using namespace fn;
using namespace fn::link;

void fn::fuzz::run(std::string_view input) {
  Choices choices(input);
  const auto order = choices.roll(2) == 0 ? Cache::Order::little : Cache::Order::big;
  const std::string_view bytes = choices.rest();
  const auto cache = accepted([&] { return Cache::read(bytes, order); });
  if (!cache) return;
  for (const Cache::Entry& entry : cache->entries()) {
    const std::vector<std::string> hwcaps{entry.hwcaps_folder};
    const auto path = cache->find(entry.name, entry.flags, hwcaps);
    if ((entry.hwcap << 1) != 0) continue;
    require(path.has_value(), "a name of the cache leads nowhere");
    bool is_of_name = false;
    for (const Cache::Entry& other : cache->entries()) {
      if ((is_of_name = other.name == entry.name && other.path == *path)) break;
    }
    require(is_of_name, "a path of another name");
  }
}
