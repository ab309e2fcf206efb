// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "sandbox/seccomp/compile.hpp"
#include "sandbox/seccomp/seccomp.hpp"
#include "sandbox/seccomp/seccomp_profile.hpp"
#include "sandbox_bpf.hpp"

#include <algorithm>
#include <cerrno>
#include <doctest/doctest.h>
#include <random>
#include <sys/syscall.h>

using namespace fn;
using namespace fn::sandbox::seccomp;
using test::decide;

namespace {

using Arguments = std::array<std::uint64_t, 6>;

constexpr std::uint32_t foreign_arch = AUDIT_ARCH_I386;

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}

  std::uint64_t below(std::uint64_t limit) { return engine_() % limit; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

  // A number near the edges of the halves, so that comparisons have something to get wrong.
  std::uint64_t word() {
    constexpr std::array<std::uint32_t, 7> halves{0, 1, 2, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
    if (one_in(8)) return engine_();
    return std::uint64_t{halves[below(halves.size())]} << 32 | halves[below(halves.size())];
  }

  Action action() {
    constexpr std::array<Action, 5> some{allow, kill_process, refuse(EPERM), refuse(ENOSYS), {SECCOMP_RET_LOG}};
    return some[below(some.size())];
  }

  // A rule as most are, on what the kernel takes as an int: those on the same bits share the load.
  Rule narrow_rule() {
    constexpr std::array<std::uint64_t, 4> masks{0xffffffff, 0xf000, 0xf0f0, 0x80000000};
    Rule rule{{}, action()};
    rule.conditions.push_back(
        {static_cast<unsigned>(below(2)), Compare::masked_equal, word(), masks[below(masks.size())]});
    if (one_in(4)) rule.conditions.push_back({2, Compare::masked_equal, word(), masks[below(masks.size())]});
    return rule;
  }

  Rule rule() {
    if (one_in(2)) return narrow_rule();
    Rule rule{{}, action()};
    for (unsigned argument = 0; argument < 6; ++argument)
      if (one_in(4)) rule.conditions.push_back({argument, static_cast<Compare>(below(7)), word(), word()});
    return rule;
  }

  Policy policy() {
    Policy policy{action(), action(), static_cast<std::uint32_t>(below(500)), {}};
    const std::uint64_t gap = 1 + below(20);
    const std::uint64_t rules = 2 + below(12);
    for (std::uint64_t number = below(gap); number < 480; number += 1 + below(gap)) {
      Call call{static_cast<std::uint32_t>(number), action(), {}};
      if (one_in(rules))
        for (std::uint64_t i = below(5); i > 0; --i) call.rules.push_back(rule());
      policy.calls.push_back(std::move(call));
    }
    return policy;
  }

 private:
  std::mt19937_64 engine_;
};

// Arguments that meet the conditions of a call's rules more often than chance would have it.
Arguments arguments_for(Random& random, const Policy& policy, std::uint32_t number) {
  Arguments arguments{};
  for (auto& argument : arguments) argument = random.word();
  const auto call = std::find_if(policy.calls.begin(), policy.calls.end(),
                                 [&](const Call& candidate) { return candidate.number == number; });
  if (call == policy.calls.end() || call->rules.empty()) return arguments;
  for (const Condition& condition : call->rules[random.below(call->rules.size())].conditions)
    arguments[condition.argument] = condition.value + (random.one_in(3) ? random.below(3) - 1 : 0);
  return arguments;
}

// The program says what the policy says, for every number and many arguments. Returns the longest path.
unsigned check_same(const Policy& policy, Random& random) {
  const std::vector<sock_filter> program = compile(policy).program;
  unsigned longest = 0;
  std::vector<std::uint32_t> numbers{0x3fffffff, 0x40000000, 0x40000001, 0x40000000 + 59,
                                     0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
  for (std::uint32_t number = 0; number <= 600; ++number) numbers.push_back(number);
  for (const std::uint32_t number : numbers) {
    CAPTURE(number);
    for (int i = 0; i < 4; ++i) {
      const Arguments arguments = arguments_for(random, policy, number);
      const test::Run run = test::run(program, native_arch, number, arguments);
      REQUIRE(run.action == decide(policy, native_arch, number, arguments));
      longest = std::max(longest, run.steps);
    }
    REQUIRE(test::run(program, foreign_arch, number, {}).action == kill_process);
  }
  return longest;
}

Action in(const Policy& policy, long number, Arguments arguments = {}) {
  const auto nr = static_cast<std::uint32_t>(number);
  const Action action = test::run(compile(policy).program, native_arch, nr, arguments).action;
  CHECK(action == decide(policy, native_arch, nr, arguments));
  return action;
}

constexpr Action forbidden = refuse(EPERM);

}  // namespace

TEST_CASE("a filter's program says what its policy says: random policies") {
  for (unsigned seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    const Policy policy = random.policy();
    check_same(policy, random);
  }
}

TEST_CASE("a filter's program says what its policy says: the profiles") {
  Random random(1);
  const Policy standard = default_profile();
  CHECK(check_same(standard, random) <= 40);
  CHECK(check_same(default_profile({.allow_ptrace = true}), random) <= 40);
  CHECK(check_same(strict_profile(), random) <= 40);
  CHECK(compile(standard).program.size() <= 160);
  const auto same = [](const sock_filter& a, const sock_filter& b) {
    return a.code == b.code && a.jt == b.jt && a.jf == b.jf && a.k == b.k;
  };
  CHECK(std::ranges::equal(default_filter(), compile(standard).program, same));
  CHECK(compile(strict_profile()).program.size() <= 160);
}

TEST_CASE("a filter's program: no calls, one call, the last number") {
  Random random(2);
  check_same({allow, refuse(ENOSYS), 0, {}}, random);
  check_same({refuse(EPERM), refuse(EPERM), 300, {{0, allow, {}}}}, random);
  check_same({refuse(EPERM), kill_process, 300, {{300, allow, {}}}}, random);
  check_same({kill_process, refuse(ENOSYS), 300, {{7, allow, {{{}, refuse(EIO)}}}, {400, allow, {}}}}, random);
}

TEST_CASE("a filter's program: jumps over more than a jump can hold") {
  Policy policy{refuse(EPERM), refuse(ENOSYS), 470, {}};
  Random random(3);
  for (std::uint32_t number = 0; number < 470; ++number) {
    Call call{number, refuse(static_cast<int>(1 + number % 100)), {}};
    if (number % 20 == 0) call.rules = {random.rule(), random.rule(), random.rule()};
    policy.calls.push_back(std::move(call));
  }
  CHECK(compile(policy).program.size() > 800);
  check_same(policy, random);
}

TEST_CASE("a filter's program: too long, out of order") {
  Policy policy{allow, allow, 470, {}};
  Random random(4);
  for (std::uint32_t number = 0; number < 470; ++number) {
    policy.calls.push_back({number, forbidden, {}});
    for (int i = 0; i < 10; ++i) policy.calls.back().rules.push_back(random.rule());
  }
  CHECK(error_of([&] { compile(policy); }).find("the kernel's limit is 4096") != std::string::npos);
  CHECK(error_of([] {
          compile({allow, allow, 9, {{3, forbidden, {}}, {3, allow, {}}}});
        }) == "internal: system calls are out of order");
  CHECK(error_of([] {
          compile({allow, allow, 9, {{0x40000003, forbidden, {}}}});
        }) == "internal: system calls are out of order");
}

TEST_CASE("the mildest that can happen to a call") {
  const Policy policy{.unlisted = refuse(EPERM),
                      .newer = kill_process,
                      .newest = 300,
                      .calls = {{1, allow, {}},
                                {2, kill_process, {{{{0, Compare::equal, 7}}, allow}}},
                                {3, kill_process, {{{{0, Compare::equal, 7}}, refuse(EPERM)}}},
                                {4, {SECCOMP_RET_TRAP}, {}},
                                {5, refuse(EPERM), {{{{0, Compare::equal, 7}}, kill_process}}}}};
  for (const std::uint32_t number : {1U, 2U}) CHECK(passes(mildest(policy, number)));
  for (const std::uint32_t number : {3U, 5U, 6U}) CHECK(mildest(policy, number) == refuse(EPERM));
  for (const std::uint32_t number : {4U, 301U}) CHECK_FALSE(is_survived(mildest(policy, number)));
  CHECK(is_survived(refuse(ENOSYS)));
  CHECK(passes({SECCOMP_RET_LOG}));
}

TEST_CASE("the default profile: namespaces are not for the asking") {
  const Policy policy = default_profile();
  CHECK(in(policy, SYS_clone, {17}) == allow);
  CHECK(in(policy, SYS_clone, {0x3d0f00}) == allow);  // pthread_create
  for (const std::uint64_t flag :
       {0x00020000ULL, 0x02000000ULL, 0x04000000ULL, 0x08000000ULL, 0x10000000ULL, 0x20000000ULL, 0x40000000ULL}) {
    CAPTURE(flag);
    CHECK(in(policy, SYS_clone, {flag | 17}) == forbidden);
    CHECK(in(policy, SYS_unshare, {flag}) == forbidden);
    CHECK(in(policy, SYS_unshare, {flag | 0x100000000}) == forbidden);
  }
  CHECK(in(policy, SYS_unshare, {0x80}) == forbidden);  // CLONE_NEWTIME
  CHECK(in(policy, SYS_unshare, {0x400}) == allow);     // CLONE_FILES
  CHECK(in(policy, SYS_clone3) == refuse(ENOSYS));
  CHECK(in(policy, SYS_setns) == forbidden);
}

TEST_CASE("the default profile: rules on arguments look at what the kernel looks at") {
  const Policy policy = default_profile();
  constexpr std::uint64_t junk = 0xdeadbeef00000000;  // in the half of the register that the kernel drops
  CHECK(in(policy, SYS_ioctl, {0, 0x5412}) == forbidden);
  CHECK(in(policy, SYS_ioctl, {0, junk | 0x5412}) == forbidden);  // CVE-2019-10063
  CHECK(in(policy, SYS_ioctl, {0, 0x541c}) == forbidden);
  CHECK(in(policy, SYS_ioctl, {0, 0x5401}) == allow);
  CHECK(in(policy, SYS_fcntl, {0, 1024}) == forbidden);  // F_SETLEASE
  CHECK(in(policy, SYS_fcntl, {0, junk | 1024}) == forbidden);
  CHECK(in(strict_profile(), SYS_fcntl, {0, 1024}) == forbidden);
  for (const std::uint64_t command : {0U, 1U, 2U, 3U, 4U, 6U, 7U, 37U, 1025U, 1030U})
    CHECK(in(policy, SYS_fcntl, {0, command}) == allow);
  for (const std::uint64_t persona : {0x0ULL, 0x8ULL, 0x20000ULL, 0x20008ULL, 0xffffffffULL, 0xffffffffffffffffULL})
    CHECK(in(policy, SYS_personality, {persona}) == allow);
  CHECK(in(policy, SYS_personality, {0x0040000}) == forbidden);
  for (const std::uint64_t family : std::array<std::uint64_t, 4>{1, 2, 10, junk | 2})
    CHECK(in(policy, SYS_socket, {family, 1, 0}) == allow);
  for (const std::uint64_t family : std::array<std::uint64_t, 5>{17, 30, 38, 40, junk | 38})
    CHECK(in(policy, SYS_socket, {family}) == forbidden);
  CHECK(in(policy, SYS_socket, {16, 3, 0}) == allow);
  CHECK(in(policy, SYS_socket, {16, 3, 12}) == forbidden);  // NETLINK_NETFILTER
  CHECK(in(policy, SYS_mknodat, {0, 0, 0010644}) == allow);
  CHECK(in(policy, SYS_mknodat, {0, 0, 0020644}) == forbidden);
  CHECK(in(policy, SYS_mknodat, {0, 0, 0060644}) == forbidden);
  CHECK(in(policy, SYS_mknodat, {0, 0, junk | 0060644}) == forbidden);
}

TEST_CASE("the default profile: what administers the machine is refused, what programs use is not") {
  const Policy policy = default_profile();
  for (const long number : {SYS_mount,
                            SYS_umount2,
                            SYS_pivot_root,
                            SYS_move_mount,
                            SYS_open_tree,
                            SYS_fsopen,
                            SYS_mount_setattr,
                            SYS_swapon,
                            SYS_reboot,
                            SYS_kexec_load,
                            SYS_kexec_file_load,
                            SYS_init_module,
                            SYS_finit_module,
                            SYS_bpf,
                            SYS_perf_event_open,
                            SYS_keyctl,
                            SYS_add_key,
                            SYS_request_key,
                            SYS_userfaultfd,
                            SYS_io_uring_setup,
                            SYS_io_uring_enter,
                            SYS_io_uring_register,
                            SYS_ptrace,
                            SYS_process_vm_readv,
                            SYS_process_vm_writev,
                            SYS_kcmp,
                            SYS_open_by_handle_at,
                            SYS_name_to_handle_at,
                            SYS_quotactl,
                            SYS_acct,
                            SYS_settimeofday,
                            SYS_clock_settime,
                            SYS_nfsservctl,
                            SYS_lookup_dcookie,
                            SYS_vhangup,
                            SYS_chroot,
                            SYS_syslog,
                            SYS_pidfd_getfd}) {
    CAPTURE(number);
    CHECK(in(policy, number) == forbidden);
  }
  for (const long number : {SYS_memfd_create, SYS_seccomp, SYS_prctl, SYS_setuid, SYS_setgid, SYS_execve, SYS_rseq,
                            SYS_landlock_restrict_self, SYS_capset, SYS_getrandom, SYS_statx})
    CHECK(in(policy, number) == allow);
  CHECK(in(policy, 9999) == refuse(ENOSYS));
  CHECK(in(policy, 470) == refuse(ENOSYS));
  CHECK(in(policy, 400) == refuse(ENOSYS));  // no processor's number
}

TEST_CASE("the default profile for debuggers allows ptrace and nothing else") {
  const Policy plain = default_profile();
  const Policy debugger = default_profile({.allow_ptrace = true});
  std::vector<std::uint32_t> different;
  for (std::uint32_t number = 0; number <= 600; ++number)
    if (in(plain, number) != in(debugger, number)) different.push_back(number);
  std::vector<std::uint32_t> expected{SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev,
                                      SYS_kcmp,   SYS_pidfd_getfd,      SYS_process_madvise};
  std::sort(expected.begin(), expected.end());
  CHECK(different == expected);
  CHECK(in(debugger, SYS_personality, {0x0040000}) == allow);
}

TEST_CASE("the strict profile: no second program, no owner, mode or user") {
  const Policy policy = strict_profile();
  for (const long number : {SYS_read, SYS_openat, SYS_mmap, SYS_futex, SYS_execve, SYS_epoll_pwait, SYS_connect,
                            SYS_clock_nanosleep, SYS_rt_sigaction, SYS_pipe2})
    CHECK(in(policy, number) == allow);
  for (const long number : {SYS_ptrace, SYS_fchmodat, SYS_fchownat, SYS_mknodat, SYS_personality, SYS_setuid,
                            SYS_inotify_init1, SYS_unshare, SYS_mount, SYS_setns, SYS_bpf, 400})
    CHECK(in(policy, number) == forbidden);
  CHECK(in(policy, SYS_clone, {0x3d0f00}) == allow);
  CHECK(in(policy, SYS_clone, {17}) == forbidden);
  CHECK(in(policy, SYS_clone, {0x3d0f00 | 0x10000000}) == forbidden);
  CHECK(in(policy, SYS_clone3) == refuse(ENOSYS));
  CHECK(in(policy, SYS_socket, {2, 1, 0}) == allow);
  CHECK(in(policy, SYS_socket, {16, 3, 0}) == forbidden);
  CHECK(in(policy, 9999) == refuse(ENOSYS));
#ifdef __x86_64__
  for (const long number : {SYS_fork, SYS_vfork, SYS_chmod, SYS_chown, SYS_mknod})
    CHECK(in(policy, number) == forbidden);
#endif
}
