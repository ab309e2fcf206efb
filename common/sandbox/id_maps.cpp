// SPDX-License-Identifier: Apache-2.0
#include "sandbox/id_maps.hpp"

#include "sys/fd.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <unistd.h>

namespace fn::sandbox {
namespace {

std::string id_map(const std::vector<IdMap>& map) {
  std::string text;
  for (const IdMap& range : map) text += fmt::format("{} {} {}\n", range.inside, range.outside, range.count);
  return text;
}

bool write_for(pid_t pid, const char* name, std::string_view text) {
  const std::string path = fmt::format("/proc/{}/{}", pid, name);
  const sys::Fd file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file && write(file.get(), text.data(), text.size()) == ssize_t(text.size());
}

}  // namespace

bool write_id_maps_of(pid_t pid, const Plan& plan) {
  if (plan.deny_setgroups) write_for(pid, "setgroups", "deny");
  return write_for(pid, "gid_map", id_map(plan.gids)) && write_for(pid, "uid_map", id_map(plan.uids));
}

}  // namespace fn::sandbox
