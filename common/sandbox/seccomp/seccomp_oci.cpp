// SPDX-License-Identifier: Apache-2.0
// From a profile in JSON, as runc and Docker read it, to a Policy. First it is decided which rules apply here, by
// processor, kernel and capabilities (of which there are none); an unknown condition is refused, since a rule that is
// taken without it might allow what it should not. The rules are then added call by call, in the order of the profile:
// a rule without conditions ends the list of its call. Names that are no call of this processor are passed over, as
// other runtimes do; anything else that is not understood is an error.
#include "sandbox/seccomp/seccomp_oci.hpp"

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <map>
#include <optional>
#include <seccomp.h>
#include <string>
#include <utility>

namespace fn::sandbox::seccomp {
namespace {

#if defined(__x86_64__)
constexpr std::string_view arch_of_seccomp = "SCMP_ARCH_X86_64";
constexpr std::string_view arch_of_docker = "amd64";
#elif defined(__aarch64__)
constexpr std::string_view arch_of_seccomp = "SCMP_ARCH_AARCH64";
constexpr std::string_view arch_of_docker = "arm64";
#endif

using KernelVersion = std::pair<std::uint64_t, std::uint64_t>;

// "4.8", "6.1.0-13-amd64"
KernelVersion parse_version(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::vector<std::string> parts = split(text.substr(0, digits), '.');
  const auto major = parse_uint(parts.front());
  const auto minor = parts.size() > 1 ? parse_uint(parts[1]) : std::nullopt;
  if (!major || !minor) fail(Kind::usage, "'{}' is not a kernel version", printable(text));
  return {*major, *minor};
}

bool holds(const Json* list, std::string_view wanted) {
  if (list == nullptr || list->is_null()) return false;
  const auto& items = list->as_array();
  return std::any_of(items.begin(), items.end(), [&](const Json& item) { return item.as_string() == wanted; });
}

bool is_empty(const Json* list) {
  return list == nullptr || list->is_null() || list->as_array().empty();
}

// An unknown member would be a condition that nobody looks at.
void check_filter(const Json* filter) {
  if (filter == nullptr || filter->is_null()) return;
  for (const auto& [key, value] : filter->as_object())
    if (key != "caps" && key != "arches" && key != "minKernel")
      fail(Kind::usage, "unknown condition '{}' of a rule", printable(key));
}

// The rule is one for this sandbox: without capabilities, on this processor and kernel.
bool applies(const Json& rule, KernelVersion kernel) {
  const Json* includes = rule.find("includes");
  const Json* excludes = rule.find("excludes");
  check_filter(includes);
  check_filter(excludes);
  const auto since = [&](const Json* filter) -> std::optional<KernelVersion> {
    const std::string version = filter ? filter->string_or("minKernel", "") : "";
    return version.empty() ? std::nullopt : std::optional(parse_version(version));
  };
  if (includes) {
    if (!is_empty(includes->find("caps"))) return false;
    const Json* arches = includes->find("arches");
    if (!is_empty(arches) && !holds(arches, arch_of_docker)) return false;
    if (const auto version = since(includes); version && kernel < *version) return false;
  }
  if (excludes) {
    if (holds(excludes->find("arches"), arch_of_docker)) return false;
    if (const auto version = since(excludes); version && kernel >= *version) return false;
  }
  return true;
}

Action parse_action(const std::string& name, std::int64_t errno_value) {
  if (errno_value < 0 || errno_value > 4095) fail(Kind::usage, "{} is not an error number", errno_value);
  const auto data = static_cast<std::uint32_t>(errno_value);
  if (name == "SCMP_ACT_ALLOW") return allow;
  if (name == "SCMP_ACT_ERRNO") return {SECCOMP_RET_ERRNO | data};
  if (name == "SCMP_ACT_KILL_PROCESS") return kill_process;
  if (name == "SCMP_ACT_KILL" || name == "SCMP_ACT_KILL_THREAD") return {SECCOMP_RET_KILL_THREAD};
  if (name == "SCMP_ACT_TRAP") return {SECCOMP_RET_TRAP};
  if (name == "SCMP_ACT_TRACE") return {SECCOMP_RET_TRACE | data};
  if (name == "SCMP_ACT_LOG") return {SECCOMP_RET_LOG};
  if (name == "SCMP_ACT_NOTIFY")
    fail_hint(Kind::unsupported, "use SCMP_ACT_ERRNO instead",
              "action 'SCMP_ACT_NOTIFY' needs a supervising process, which is not supported");
  fail(Kind::usage, "'{}' is not an action", printable(name));
}

Compare parse_compare(const std::string& name) {
  constexpr std::array<std::pair<std::string_view, Compare>, 7> names{{{"SCMP_CMP_EQ", Compare::equal},
                                                                       {"SCMP_CMP_NE", Compare::not_equal},
                                                                       {"SCMP_CMP_LT", Compare::less},
                                                                       {"SCMP_CMP_LE", Compare::less_equal},
                                                                       {"SCMP_CMP_GE", Compare::greater_equal},
                                                                       {"SCMP_CMP_GT", Compare::greater},
                                                                       {"SCMP_CMP_MASKED_EQ", Compare::masked_equal}}};
  for (const auto& [known, compare] : names)
    if (known == name) return compare;
  fail(Kind::usage, "'{}' is not a comparison", printable(name));
}

std::uint64_t unsigned_member(const Json& object, std::string_view key) {
  const std::int64_t value = object.integer_or(key, 0);
  if (value < 0) fail(Kind::usage, "'{}' is negative", key);
  return static_cast<std::uint64_t>(value);
}

Condition parse_condition(const Json& argument) {
  const std::uint64_t index = unsigned_member(argument, "index");
  if (index > 5) fail(Kind::usage, "system calls have no argument {}", index);
  Condition condition{static_cast<unsigned>(index), parse_compare(argument.at("op").as_string()),
                      unsigned_member(argument, "value")};
  // runtime-spec: of SCMP_CMP_MASKED_EQ the first value is the mask.
  if (condition.compare == Compare::masked_equal)
    condition.mask = std::exchange(condition.value, unsigned_member(argument, "valueTwo"));
  return condition;
}

// All conditions together, or, if two are on the same argument, each on its own.
std::vector<Rule> parse_rules(const Json& rule, Action action) {
  const Json* arguments = rule.find("args");
  if (is_empty(arguments)) return {};
  std::vector<Condition> conditions;
  std::array<unsigned, 6> uses{};
  for (const Json& argument : arguments->as_array()) {
    conditions.push_back(parse_condition(argument));
    ++uses[conditions.back().argument];
  }
  if (*std::max_element(uses.begin(), uses.end()) == 1) return {{std::move(conditions), action}};
  std::vector<Rule> rules;
  for (const Condition& condition : conditions) rules.push_back({{condition}, action});
  return rules;
}

std::vector<std::string> names_of(const Json& rule) {
  if (const Json* name = rule.find("name")) return {name->as_string()};
  std::vector<std::string> names;
  for (const Json& name : rule.at("names").as_array()) names.push_back(name.as_string());
  return names;
}

// The document as it is read.
class Profile {
 public:
  Profile(const Json& document, KernelVersion kernel) : kernel_(kernel) {
    check_processor(document);
    const std::string action = document.at("defaultAction").as_string();
    otherwise_ = parse_action(action, document.integer_or("defaultErrnoRet", EPERM));
    const bool explicit_error = document.find("defaultErrnoRet") != nullptr;
    const bool refuses = action.starts_with("SCMP_ACT_KILL") || action == "SCMP_ACT_ERRNO" || action == "SCMP_ACT_TRAP";
    newer_ = refuses && !explicit_error ? refuse(ENOSYS) : otherwise_;
    const Json* rules = document.find("syscalls");
    if (rules == nullptr || rules->is_null()) return;
    for (const Json& rule : rules->as_array()) add(rule);
  }

  Policy take() {
    Policy policy{otherwise_, newer_, newest_, {}};
    for (auto& [number, state] : calls_)
      policy.calls.push_back({number, state.last.value_or(otherwise_), std::move(state.rules)});
    return policy;
  }

 private:
  struct State {
    std::vector<Rule> rules;
    std::optional<Action> last;  // of a rule without conditions: those after it are never reached
  };

  static void check_processor(const Json& document) {
    const Json* architectures = document.find("architectures");
    const Json* map = document.find("archMap");
    bool fits = is_empty(architectures) || holds(architectures, arch_of_seccomp);
    if (is_empty(architectures) && !is_empty(map)) {
      const auto& entries = map->as_array();
      fits = std::any_of(entries.begin(), entries.end(),
                         [](const Json& entry) { return entry.at("architecture").as_string() == arch_of_seccomp; });
    }
    if (!fits)
      fail_hint(Kind::unsupported, fmt::format("add '{}' to its architectures", arch_of_seccomp),
                "the profile is not for this processor, '{}'", arch_of_seccomp);
  }

  void add(const Json& rule) {
    const Action action = parse_action(rule.at("action").as_string(), rule.integer_or("errnoRet", EPERM));
    const std::vector<Rule> rules = parse_rules(rule, action);
    const bool wanted = applies(rule, kernel_);
    for (const std::string& name : names_of(rule)) {
      const int number = seccomp_syscall_resolve_name(name.c_str());
      if (number < 0) continue;
      newest_ = std::max(newest_, static_cast<std::uint32_t>(number));
      if (wanted) add(calls_[static_cast<std::uint32_t>(number)], rules, action);
    }
  }

  static void add(State& state, const std::vector<Rule>& rules, Action action) {
    if (state.last) return;
    if (rules.empty()) state.last = action;
    state.rules.insert(state.rules.end(), rules.begin(), rules.end());
  }

  KernelVersion kernel_;
  Action otherwise_{};
  Action newer_{};
  std::uint32_t newest_ = 0;
  std::map<std::uint32_t, State> calls_;
};

}  // namespace

Policy parse_oci_profile(std::string_view json, std::string_view subject, std::string_view kernel) {
  const Json document = Json::parse(json, subject, Kind::usage);
  try {
    return Profile(document, parse_version(kernel)).take();
  } catch (const Error& error) {
    if (error.kind() == Kind::unsupported) throw error.within(subject);
    fail_hint(Kind::usage, "give 'default', 'strict', or a file as for docker run --security-opt seccomp=FILE",
              "{} is not a seccomp profile: {}", subject, error.what());
  }
}

}  // namespace fn::sandbox::seccomp
