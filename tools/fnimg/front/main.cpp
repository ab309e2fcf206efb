// SPDX-License-Identifier: Apache-2.0
// The program `fnimg`: the verbs that need the state and nothing else, in a static program that starts in a third of
// the time. For all others it becomes the program of all verbs (main.cpp beside verbs/), which has the codecs. Both
// parse, report and fail by the same code.
#include "cli/app.hpp"
#include "state/home.hpp"
#include "state/names.hpp"
#include "sys/fd.hpp"
#include "sys/front.hpp"
#include "sys/process.hpp"
#include "verbs/verbs.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

namespace {

using namespace fn;

// This program answers: the word that decides is a verb of its own, or asks for the version, or for what completes
// references. Words behind it don't matter.
bool answers(const cli::App& app, std::span<char*> words) {
  constexpr std::array valued{"--home", "--color", "--progress", "--lock-timeout"};
  for (std::size_t n = 0; n < words.size(); ++n) {
    const std::string_view word = words[n];
    if (word == "--version") return words.size() == 1;
    if (word == "--generate") return n + 1 < words.size() && std::string_view(words[n + 1]) == "references";
    if (!word.starts_with('-'))
      return std::any_of(app.verbs.begin(), app.verbs.end(), [&](const cli::Verb& verb) { return verb.name == word; });
    if (std::find(valued.begin(), valued.end(), word) != valued.end()) ++n;
  }
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  const cli::App app{
      .name = "fnimg",
      .version = FN_VERSION,
      .summary = {},
      .examples = {},
      .verbs = {img::ls_verb(), img::inspect_verb(), img::history_verb(), img::tag_verb(), img::rm_verb()},
      .default_home = state::default_home,
      .references = state::reference_names};
  if (argc > 1 && answers(app, {argv + 1, argv + argc})) return cli::run(app, argc, argv);
  sys::reopen_standard_streams();
  try {
    sys::refuse_foreign_rights("fnimg");
    sys::become_all_verbs("fnimg", argv);
  } catch (const Error& error) {
    sys::give_up("fnimg", argv, error);
  }
}
