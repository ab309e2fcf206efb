// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

// Paths and lists of paths as loaders take them apart. Private to this folder.
namespace fn::link {

// "/a" of "/a/b"; "" of "/a" and of "a".
std::string_view directory_of(std::string_view path);
std::string_view last_component(std::string_view path);

// `name` in `directory`, with one slash between them.
std::string joined(std::string_view directory, std::string_view name);

// The parts of a list, empty ones too (they name the working directory); none of an empty list.
std::vector<std::string> split_paths(std::string_view list, std::string_view separators);

// What $NAME and ${NAME} stand for.
struct Tokens {
  std::string_view origin, lib, platform;
};

// ld.so(8), "Dynamic string tokens". Other dollars are kept.
std::string expanded(std::string_view text, const Tokens& tokens);

}  // namespace fn::link
