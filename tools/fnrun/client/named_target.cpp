// SPDX-License-Identifier: Apache-2.0
#include "client/named_target.hpp"

#include "base/error.hpp"
#include "base/suggest.hpp"
#include "base/text.hpp"
#include "state/names.hpp"

#include <algorithm>
#include <sys/stat.h>
#include <vector>

namespace fn::run {
namespace {

bool is_directory(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

// The nearest of functions and images. The tag of an image may have been left out.
std::string meant_by(const std::string& name, const std::string& home) {
  std::vector<std::string> meant = state::function_names(home);
  std::vector<std::string> words = meant;
  for (const std::string& reference : state::reference_names(home))
    for (const std::string& word : {reference, reference.substr(0, reference.rfind(':'))}) {
      words.push_back(word);
      meant.push_back(reference);
    }
  const auto near = std::find(words.begin(), words.end(), closest(name, words));
  return near == words.end() ? "" : meant[std::size_t(near - words.begin())];
}

[[noreturn]] void fail_unknown(const std::string& name, const std::string& home, const Error& error) {
  const std::string near = meant_by(name, home);
  const std::string hint =
      near.empty() ? "see 'fnrun function ls' and 'fnimg ls'" : fmt::format("did you mean '{}'?", near);
  throw Error(error.kind(), fmt::format("no function or image '{}'", printable(name)), hint)
      .as(error.exit(), error.reason());
}

}  // namespace

function::Target find_named_target(const std::string& name, const function::StateOptions& state,
                                   function::MissingLayers missing, Named what) {
  try {
    return function::find_target(name, state, missing);
  } catch (const Error& error) {
    const bool is_name = error.what() == fmt::format("image '{}' not found", printable(name));
    if (!is_path(name) && (is_name || error.kind() == Kind::usage) && is_directory(name))
      throw Error(error.kind(), error.what(), fmt::format("did you mean the directory './{}'?", printable(name)))
          .as(error.exit(), error.reason());
    if (!is_name || what == Named::image) throw;
    fail_unknown(name, state.home, error);
  }
}

}  // namespace fn::run
