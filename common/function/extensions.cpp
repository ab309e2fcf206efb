// SPDX-License-Identifier: Apache-2.0
#include "function/extensions.hpp"

#include "function/debugger.hpp"
#include "sandbox/plan/root_view.hpp"
#include "sys/file.hpp"

#include <algorithm>
#include <set>
#include <sys/stat.h>

namespace fn::function {
namespace {

// Of a path inside a mount at `target`, what stands behind it: "/extensions" of /opt/extensions in /opt. Nothing if it
// is not in there.
std::optional<std::string> behind(std::string target, const std::string& path) {
  while (target.size() > 1 && target.back() == '/') target.pop_back();
  if (path == target) return "";
  if (target != "/") target += '/';
  return path.starts_with(target) ? std::optional(path.substr(target.size() - 1)) : std::nullopt;
}

bool is_file(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

std::vector<std::string> extension_names(const sandbox::Spec& spec) {
  std::set<std::string> names = sandbox::RootView(spec.root).files_in(extensions_path);
  // Each one hides what was there before.
  for (const sandbox::BindMount& mount : spec.mounts) {
    if (const auto rest = behind(mount.target, extensions_path)) {
      sandbox::RootFiles mounted;
      mounted.directory = mount.source;
      names = is_file(mount.source) ? std::set<std::string>{} : sandbox::RootView(mounted).files_in(*rest);
    } else if (const auto name = behind(extensions_path, mount.target); name && name->find('/', 1) == name->npos) {
      if (is_file(mount.source)) names.insert(name->substr(1));
    }
  }
  return {names.begin(), names.end()};
}

std::vector<std::string> extension_environment(const std::vector<std::string>& environment) {
  constexpr std::string_view of_the_runtime[] = {"AWS_EXECUTION_ENV=",          "AWS_LAMBDA_LOG_GROUP_NAME=",
                                                 "AWS_LAMBDA_LOG_STREAM_NAME=", "AWS_XRAY_CONTEXT_MISSING=",
                                                 "AWS_XRAY_DAEMON_ADDRESS=",    "LAMBDA_RUNTIME_DIR=",
                                                 "LAMBDA_TASK_ROOT=",           "_HANDLER="};
  std::vector<std::string> result;
  for (const std::string& variable : environment)
    if (std::none_of(std::begin(of_the_runtime), std::end(of_the_runtime),
                     [&](std::string_view name) { return variable.starts_with(name); }))
      result.push_back(variable);
  remove_debugger(result);
  return result;
}

}  // namespace fn::function
