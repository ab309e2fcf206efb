// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/file.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace fn::sys {

// The file that a user names for a result. What stands there decides how it is written:
//
//     nothing                            appears under its name when commit() has all of it on disk
//     a regular file                     replaced in one step, with its mode and owner; through symbolic links
//     one that a new file can't replace  written into: it has other names (hard links), is a mount point, its owner
//                                        can't be kept, or its directory is not ours to write to
//     a pipe, a device                   written into
//     "-", /dev/stdout, /dev/fd/N        the descriptor itself, from where it stands
//
// All that can be known before the work is checked by the constructor, which changes nothing that is there.
class OutputFile {
 public:
  // Only looks. Throws usage (a directory, a socket, no name), not_found (no such directory), unsupported (no right).
  static void check(const std::string& path);
  // It is this process's stdout.
  static bool is_stdout(const std::string& path);

  // Opens it; a named pipe is waited for, as a shell's ">" does. Throws as check(), and failure.
  explicit OutputFile(const std::string& path);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  // Without commit(): nothing appears, and a regular file that was written into is left empty.
  ~OutputFile();

  void write(std::span<const std::byte> bytes);
  void write(std::string_view bytes);
  Bytes size() const { return size_; }  // written so far
  // Durable, as far as what stands there can be. Throws failure.
  void commit();

 private:
  struct Target;
  static Target look(const std::string& path);
  void open_new(const Target& target);
  void open_existing(const Target& target);
  void open_descriptor(int descriptor);
  void empty() const;

  std::string name_;  // for errors
  Bytes size_ = 0;
  Fd dir_;                        // of file_
  std::optional<TempFile> file_;  // a new file, or
  Fd fd_;                         // what is written into
  std::string base_name_;
  bool is_regular_ = false;  // fd_ is one that we opened, and thus truncate
};

}  // namespace fn::sys
