// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fn::cli {

// What the shell may offer for a value. References, channels, functions and instances are queried from the tool itself
// (the hidden `--generate references`, and so on).
//
// source: NAME=PATH, or NAME=image:REF.
enum class Complete { nothing, file, directory, source, reference, channel, function, instance };

// The value of an option or a positional argument: its name in help ("REF") and how it is completed. `choices` is for
// enums: anything else is a usage error with did-you-mean. `offers` are examples for completion.
struct Value {
  std::string name;
  Complete complete = Complete::nothing;
  std::vector<std::string> choices = {};
  std::vector<std::string> offers = {};
};

enum class Required { yes, no };

struct Flag;

// The declaration of one verb's flags and arguments. Binding a variable is all a verb does in its parse step; nothing
// is opened. Names are "-t,--tag" or "--tag". The definition is also the source of help, completions, the schema and
// the man page test.
class Command {
 public:
  struct Definition;  // names, values, help texts; read by the CLI11 adapter and by generate
  explicit Command(Definition& definition) : definition_(definition) {}

  Command& flag(std::string_view names, bool& target, std::string_view help);
  Command& option(std::string_view names, std::string& target, Value value, std::string_view help);
  Command& option(std::string_view names, std::optional<std::string>& target, Value value, std::string_view help);
  Command& option(std::string_view names, std::vector<std::string>& target, Value value,
                  std::string_view help);  // may be repeated
  Command& option(std::string_view names, std::uint64_t& target, Value value, std::string_view help);  // a whole number
  Command& option(std::string_view names, std::optional<std::uint64_t>& target, Value value, std::string_view help);
  Command& bytes(std::string_view names, Bytes& target, std::string_view help);  // SIZE, in the form of parse_bytes()
  Command& bytes(std::string_view names, std::optional<Bytes>& target, std::string_view help);
  Command& memory(std::string_view names, std::optional<Bytes>& target, std::string_view help);  // parse_memory()
  // DURATION, in the form of parse_duration().
  Command& duration(std::string_view names, std::chrono::milliseconds& target, std::string_view help);
  Command& duration(std::string_view names, std::optional<std::chrono::milliseconds>& target, std::string_view help);
  // N, in the form of parse_decimal().
  Command& number(std::string_view names, std::optional<double>& target, std::string_view help);
  Command& positional(std::string& target, Value value, Required required, std::string_view help);
  Command& positional(std::optional<std::string>& target, Value value, std::string_view help);  // not required
  Command& positional(std::vector<std::string>& target, Value value, Required required,
                      std::string_view help);  // takes all remaining arguments
  // A command line, as the last argument: takes all remaining arguments. Words starting with '-' in it must come after
  // "--".
  Command& command(std::vector<std::string>& target, Value value, Required required, std::string_view help);
  // What to do instead of giving an argument that the verb does not take; "{}" is that argument.
  Command& refuse_others(std::string_view hint);

 private:
  Command& add(Flag flag);
  Definition& definition_;
};

}  // namespace fn::cli
