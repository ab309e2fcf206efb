// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compat/checked_image.hpp"
#include "compat/findings.hpp"

#include <string_view>

namespace fn::img {

// Rules on one image: what both images have is known, not new. Beside these: linking.hpp, plug_ins.hpp.

// scripts.interpreter: the first lines of programs that are texts, with env and its arguments.
void check_scripts(const CheckedImage& image, Findings& findings);
// python.extension, python.directory: what is for a minor version of Python that the image does not have.
void check_python(const CheckedImage& image, Findings& findings);
// config.command, config.user: what a start needs of what the config names.
void check_config(const CheckedImage& image, Findings& findings);

// Rules on what one image has and the one after it has not.

// files.link: links that led somewhere, and no longer do. config.path: likewise, directories and variables.
void check_links(const CheckedImage& before, const CheckedImage& after, Findings& findings);
// files.command, files.account, files.certificates, files.zones, files.locale: only noted.
void check_vanished(const CheckedImage& before, const CheckedImage& after, Findings& findings);
// files.shadowed, files.hidden: new files that a layer above replaces or hides. Only noted; only if both images were
// read with their layers.
void check_hidden(const CheckedImage& before, const CheckedImage& after, Findings& findings);
// loader.machine, loader.isa: static programs for another machine than the image, and instructions beyond what the
// machines of the old image needed to have.
void check_machines(const CheckedImage& before, const CheckedImage& after, Findings& findings);
// loader.dlopen: libraries that .note.dlopen names.
void check_dlopen_notes(const CheckedImage& image, Findings& findings);

// Files that people read; what is wrong with them is only noted.
bool is_documentation(std::string_view path);

}  // namespace fn::img
