// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/verb.hpp"

namespace fn::run {

// The verbs of fnrun, each in the file of its name.
cli::Verb run_verb();
cli::Verb invoke_verb();
cli::Verb start_verb();
cli::Verb ps_verb();
cli::Verb logs_verb();
cli::Verb shell_verb();
cli::Verb debug_verb();
cli::Verb pause_verb();
cli::Verb resume_verb();
cli::Verb stop_verb();
cli::Verb serve_verb();
cli::Verb function_set_verb();
cli::Verb function_show_verb();
cli::Verb function_ls_verb();
cli::Verb function_rm_verb();
cli::Verb pool_start_verb();
cli::Verb pool_stop_verb();
cli::Verb doctor_verb();

}  // namespace fn::run
