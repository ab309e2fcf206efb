// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/verb.hpp"

namespace fn::img {

// The verbs of fnimg, each in the file of its name.
cli::Verb build_verb();
cli::Verb ls_verb();
cli::Verb inspect_verb();
cli::Verb files_verb();
cli::Verb cat_verb();
cli::Verb history_verb();
cli::Verb size_verb();
cli::Verb why_verb();
cli::Verb find_verb();
cli::Verb tag_verb();
cli::Verb rm_verb();
cli::Verb gc_verb();
cli::Verb fsck_verb();
cli::Verb diff_verb();
cli::Verb explain_digest_verb();
cli::Verb unpack_verb();
cli::Verb import_verb();
cli::Verb export_verb();
cli::Verb update_verb();
cli::Verb rollback_verb();
cli::Verb outdated_verb();
cli::Verb compat_verb();
cli::Verb channel_publish_verb();
cli::Verb channel_ls_verb();
cli::Verb channel_show_verb();
cli::Verb channel_follow_verb();
cli::Verb channel_pin_verb();
cli::Verb channel_hold_verb();
cli::Verb channel_rm_verb();

}  // namespace fn::img
