// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "sandbox/seccomp/compile.hpp"
#include "sandbox/seccomp/seccomp_oci.hpp"
#include "sandbox_bpf.hpp"
#include "sys/file.hpp"

#include <cerrno>
#include <doctest/doctest.h>
#include <filesystem>
#include <sys/syscall.h>

using namespace fn;
using namespace fn::sandbox::seccomp;
using fn::sandbox::seccomp::test::decide;

namespace {

Policy parse(std::string_view json, std::string_view kernel = "6.1.0-13-amd64") {
  return parse_oci_profile(json, "profile 'p.json'", kernel);
}

// A profile that refuses everything but these rules.
Policy rules(const std::string& list, std::string_view kernel = "6.1.0") {
  return parse(R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [)" + list + "]}", kernel);
}

Action fate(const Policy& policy, long number, std::array<std::uint64_t, 6> arguments = {}) {
  return decide(policy, native_arch, static_cast<std::uint32_t>(number), arguments);
}

constexpr const char* hint = " (give 'default', 'strict', or a file as for docker run --security-opt seccomp=FILE)";

}  // namespace

TEST_CASE("a profile in JSON: names become numbers, unknown ones are passed over") {
  const Policy policy = rules(R"({"names": ["read", "no_such_call", "mseal"], "action": "SCMP_ACT_ALLOW"},
                                 {"name": "close", "action": "SCMP_ACT_ERRNO", "errnoRet": 5})");
  CHECK(policy.calls.size() >= 2);
  CHECK(fate(policy, SYS_read) == allow);
  CHECK(fate(policy, SYS_close) == refuse(EIO));
  CHECK(fate(policy, SYS_write) == refuse(EPERM));
}

TEST_CASE("a profile in JSON: what is newer than it gets ENOSYS, unless it says otherwise") {
  const std::string list = R"("syscalls": [{"names": ["openat2"], "action": "SCMP_ACT_ALLOW"}]})";
  const auto newer = [&](const std::string& start) { return fate(parse("{" + start + "," + list), 600); };
  CHECK(newer(R"("defaultAction": "SCMP_ACT_ERRNO")") == refuse(ENOSYS));
  CHECK(newer(R"("defaultAction": "SCMP_ACT_KILL_PROCESS")") == refuse(ENOSYS));
  CHECK(newer(R"("defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 13)") == refuse(EACCES));
  CHECK(newer(R"("defaultAction": "SCMP_ACT_ALLOW")") == allow);
  CHECK(newer(R"("defaultAction": "SCMP_ACT_LOG")") == Action{SECCOMP_RET_LOG});
  // also if the rule for the newest call is not for this sandbox
  const Policy policy = rules(R"({"names": ["bpf"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_BPF"]}})");
  CHECK(fate(policy, SYS_bpf) == refuse(EPERM));
  CHECK(fate(policy, SYS_bpf + 200) == refuse(ENOSYS));
}

TEST_CASE("a profile in JSON: every action") {
  const auto action = [](const std::string& name) {
    return fate(rules(R"({"names": ["read"], "action": ")" + name + R"("})"), SYS_read).value;
  };
  CHECK(action("SCMP_ACT_ALLOW") == SECCOMP_RET_ALLOW);
  CHECK(action("SCMP_ACT_ERRNO") == (SECCOMP_RET_ERRNO | EPERM));
  CHECK(action("SCMP_ACT_KILL") == SECCOMP_RET_KILL_THREAD);
  CHECK(action("SCMP_ACT_KILL_THREAD") == SECCOMP_RET_KILL_THREAD);
  CHECK(action("SCMP_ACT_KILL_PROCESS") == SECCOMP_RET_KILL_PROCESS);
  CHECK(action("SCMP_ACT_TRAP") == SECCOMP_RET_TRAP);
  CHECK(action("SCMP_ACT_TRACE") == (SECCOMP_RET_TRACE | EPERM));
  CHECK(action("SCMP_ACT_LOG") == SECCOMP_RET_LOG);
}

TEST_CASE("a profile in JSON: arguments") {
  const auto allowed = [](const std::string& condition, std::uint64_t argument) {
    const Policy policy =
        rules(R"({"names": ["personality"], "action": "SCMP_ACT_ALLOW", "args": [)" + condition + "]}");
    return fate(policy, SYS_personality, {argument}) == allow;
  };
  const std::string big = R"({"index": 0, "value": 4294967298, "op": )";
  struct Case {
    const char* compare;
    bool below, same, above;
  };
  for (const Case& c : {Case{"EQ", false, true, false}, Case{"NE", true, false, true}, Case{"LT", true, false, false},
                        Case{"LE", true, true, false}, Case{"GE", false, true, true}, Case{"GT", false, false, true}}) {
    CAPTURE(c.compare);
    const std::string condition = big + "\"SCMP_CMP_" + c.compare + "\"}";
    CHECK(allowed(condition, 2) == c.below);
    CHECK(allowed(condition, 4294967298) == c.same);
    CHECK(allowed(condition, 8589934593) == c.above);
  }
  const std::string masked = R"({"index": 0, "value": 2114060288, "valueTwo": 131072, "op": "SCMP_CMP_MASKED_EQ"})";
  CHECK(allowed(masked, 131072 + 17));
  CHECK_FALSE(allowed(masked, 17));
  CHECK_FALSE(allowed(masked, 131072 + 0x10000000));

  const std::string zero_or_eight = R"({"index": 0, "value": 0, "op": "SCMP_CMP_EQ"},
                                       {"index": 0, "value": 8, "op": "SCMP_CMP_EQ"})";
  CHECK(allowed(zero_or_eight, 0));
  CHECK(allowed(zero_or_eight, 8));
  CHECK_FALSE(allowed(zero_or_eight, 4));
}

TEST_CASE("a profile in JSON: conditions on different arguments hold together; the first rule that holds decides") {
  const Policy policy = rules(
      R"({"names": ["socket"], "action": "SCMP_ACT_ALLOW",
          "args": [{"index": 0, "value": 16, "op": "SCMP_CMP_EQ"}, {"index": 2, "value": 0, "op": "SCMP_CMP_EQ"}]},
         {"names": ["socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13, "args": [{"index": 0, "value": 16, "op": "SCMP_CMP_EQ"}]},
         {"names": ["socket"], "action": "SCMP_ACT_ALLOW"},
         {"names": ["socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5})");
  CHECK(fate(policy, SYS_socket, {16, 3, 0}) == allow);
  CHECK(fate(policy, SYS_socket, {16, 3, 9}) == refuse(EACCES));
  CHECK(fate(policy, SYS_socket, {2, 1, 0}) == allow);
}

TEST_CASE("a profile in JSON: rules for capabilities, processors and kernels") {
  const auto applies = [](const std::string& condition, std::string_view kernel = "5.10.0") {
    return fate(rules(R"({"names": ["read"], "action": "SCMP_ACT_ALLOW",)" + condition + "}", kernel), SYS_read) ==
           allow;
  };
#ifdef __x86_64__
  const std::string here = "amd64";
#else
  const std::string here = "arm64";
#endif
  CHECK(applies(R"("includes": {}, "excludes": {}, "comment": "")"));
  CHECK(applies(R"("includes": null, "args": null)"));
  CHECK_FALSE(applies(R"("includes": {"caps": ["CAP_SYS_ADMIN"]})"));
  CHECK(applies(R"("excludes": {"caps": ["CAP_SYS_ADMIN"]})"));
  CHECK(applies(R"("includes": {"arches": ["s390x", ")" + here + "\"]}"));
  CHECK_FALSE(applies(R"("includes": {"arches": ["s390x"]})"));
  CHECK_FALSE(applies(R"("excludes": {"arches": [")" + here + "\"]}"));
  CHECK(applies(R"("includes": {"minKernel": "4.8"})"));
  CHECK(applies(R"("includes": {"minKernel": "5.10"})"));
  CHECK_FALSE(applies(R"("includes": {"minKernel": "5.11"})"));
  CHECK_FALSE(applies(R"("includes": {"minKernel": "6.0"})"));
  CHECK_FALSE(applies(R"("excludes": {"minKernel": "4.8"})"));
}

TEST_CASE("a profile in JSON: the one that Podman installs") {
  const std::string path = "/usr/share/containers/seccomp.json";
  if (!std::filesystem::exists(path)) return;
  const Policy policy = parse(sys::read_file(path, MiB));
  CHECK(policy.calls.size() > 300);
  CHECK(fate(policy, SYS_read) == allow);
  CHECK(fate(policy, SYS_bpf) == refuse(EPERM));
  CHECK(fate(policy, SYS_socket, {16, 3, 9}) == refuse(EINVAL));  // NETLINK_AUDIT
  CHECK(fate(policy, SYS_personality, {8}) == allow);
  CHECK(fate(policy, SYS_personality, {0x0040000}) != allow);
  const std::vector<sock_filter> program = compile(policy).program;
  for (std::uint32_t number = 0; number <= 600; ++number) {
    CAPTURE(number);
    for (const std::uint64_t argument : std::array<std::uint64_t, 4>{0, 8, 16, 40})
      CHECK(test::run(program, native_arch, number, {argument, 3, 9}).action ==
            decide(policy, native_arch, number, {argument, 3, 9}));
  }
}

TEST_CASE("a profile in JSON: for other processors, or no profile at all") {
  const auto error = [](std::string_view json) { return error_of([&] { parse(json); }); };
  CHECK(error(R"({"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_S390X"]})")
            .starts_with("unsupported: profile 'p.json': the profile is not for this processor"));
  CHECK(error(R"({"defaultAction": "SCMP_ACT_ALLOW", "archMap": [{"architecture": "SCMP_ARCH_S390X"}]})")
            .starts_with("unsupported: "));
  CHECK(error(R"({"defaultAction": "SCMP_ACT_NOTIFY"})") ==
        "unsupported: profile 'p.json': action 'SCMP_ACT_NOTIFY' needs a supervising process, which is not supported "
        "(use SCMP_ACT_ERRNO instead)");
  CHECK(error("{}") ==
        fmt::format("usage: profile 'p.json' is not a seccomp profile: 'defaultAction' is missing{}", hint));
  CHECK(error("[]").starts_with("usage: "));
  CHECK(error("nonsense").starts_with("usage: profile 'p.json' is not valid JSON"));
  CHECK(error(R"({"defaultAction": "DENY"})").find("'DENY' is not an action") != std::string::npos);
  CHECK(error(R"({"defaultAction": 5})").starts_with("usage: "));
  const auto rule_error = [](const std::string& rule) { return error_of([&] { rules(rule); }); };
  CHECK(rule_error(R"({"names": ["read"]})").find("'action' is missing") != std::string::npos);
  CHECK(rule_error(R"({"action": "SCMP_ACT_ALLOW"})").find("'names' is missing") != std::string::npos);
  const auto argument_error = [&](const std::string& argument) {
    return rule_error(R"({"names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [)" + argument + "]}");
  };
  CHECK(argument_error(R"({"index": 6, "value": 1, "op": "SCMP_CMP_EQ"})").find("no argument 6") != std::string::npos);
  CHECK(argument_error(R"({"index": 0, "value": 1, "op": "=="})").find("'==' is not a comparison") !=
        std::string::npos);
  CHECK(argument_error(R"({"index": 0, "value": -1, "op": "SCMP_CMP_EQ"})").find("negative") != std::string::npos);
  CHECK(rule_error(R"({"names": ["read"], "action": "SCMP_ACT_ALLOW", "includes": {"phase": ["moon"]}})")
            .find("unknown condition 'phase'") != std::string::npos);
}
