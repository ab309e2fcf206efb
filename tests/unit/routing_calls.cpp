// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "error_of.hpp"
#include "routing/call_log.hpp"
#include "scratch.hpp"

#include <csignal>
#include <cstring>
#include <doctest/doctest.h>
#include <set>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace fn;
using namespace fn::routing;
using namespace std::chrono_literals;

namespace {

CallRecord call_number(std::uint64_t number) {
  CallRecord record{.status = Status::timeout,
                    .function = function_key("greet"),
                    .image = Sha256::of("image"),
                    .request = {1, 2, 3},
                    .instance = {4, 5, 6},
                    .started_at = 1'700'000'000'123'456'789ns,
                    .duration = 1234567us,
                    .init = 89us,
                    .billed = 1235ms,
                    .peak_memory = 3 * GiB + number};
  std::memcpy(record.request.data() + 8, &number, sizeof number);
  return record;
}

struct Read {
  std::vector<CallRecord> calls;
  Bytes skipped = 0;
};

Read read(const Scratch& home) {
  Read read;
  read.skipped = for_each_call(home.path(), [&](const CallRecord& each) { read.calls.push_back(each); });
  return read;
}

std::vector<CallRecord> numbered(const std::vector<std::uint64_t>& numbers) {
  std::vector<CallRecord> calls;
  for (const std::uint64_t number : numbers) calls.push_back(call_number(number));
  return calls;
}

std::string bytes_of(const RecordBytes& record) {
  return {reinterpret_cast<const char*>(record.data()), record.size()};
}

void append(const Scratch& home, std::uint64_t number) {
  const auto error = CallLog(home.path()).append(call_number(number));
  REQUIRE_FALSE(error);
}

void append_bytes(const Scratch& home, std::string_view bytes) {
  sys::write_full(sys::open_file(home.path("spool/outcomes"), O_WRONLY | O_APPEND).get(), bytes, "outcomes");
}

// Runs `body` with 0, 1, .. in a process each; returns how many of them succeeded.
template <typename Body>
int succeeding(int processes, const Body& body) {
  std::vector<pid_t> children;
  for (int n = 0; n < processes; ++n) {
    const pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) _exit(body(n) ? 0 : 1);
    children.push_back(pid);
  }
  int succeeded = 0;
  for (const pid_t child : children) {
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    succeeded += status == 0;
  }
  return succeeded;
}

}  // namespace

TEST_CASE("a record holds all of a call, in the same bytes on every machine") {
  const RecordBytes record = encode(call_number(7));
  CHECK(decode(record) == call_number(7));
  const std::string bytes = bytes_of(record);
  CHECK(bytes.starts_with("fnoutcm\x01"));
  // greet's key, and 1'700'000'000'123'456'789 ns.
  CHECK(hex(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()) + 8, 8)) == "892668729df81b23");
  CHECK(hex(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()) + 80, 8)) == "15cd853dfe9c9717");
  CHECK(hex(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()) + 104, 8)) == "5900000000000003");
}

TEST_CASE("a record of which any bit is another is none") {
  const RecordBytes record = encode(call_number(7));
  for (std::size_t bit = 0; bit < record.size() * 8; ++bit) {
    RecordBytes damaged = record;
    damaged[bit / 8] ^= std::byte(1U << bit % 8);
    CHECK_FALSE(decode(damaged));
  }
}

TEST_CASE("what no record can hold is cut") {
  CallRecord strange = call_number(1);
  strange.duration = -5us;
  strange.init = std::chrono::microseconds(std::int64_t{1} << 60);
  const auto back = decode(encode(strange));
  REQUIRE(back);
  CHECK(back->duration == 0us);
  CHECK(back->init.count() == (std::int64_t{1} << 56) - 1);
  CHECK(back->status == Status::timeout);
}

TEST_CASE("calls are read as they were appended; nothing there is no call") {
  const Scratch home;
  CHECK(read(home).calls.empty());
  CallLog log(home.path());
  for (std::uint64_t n = 0; n < 3; ++n) CHECK_FALSE(log.append(call_number(n)));
  append(home, 3);
  CHECK(read(home).calls == numbered({0, 1, 2, 3}));
  CHECK(read(home).skipped == 0);
  struct stat status {};
  REQUIRE(stat(home.path("spool/outcomes").c_str(), &status) == 0);
  CHECK(status.st_size == 4 * 128);
}

TEST_CASE("a torn record costs itself alone, at the end and before others") {
  for (const std::size_t torn : {1U, 7U, 8U, 64U, 127U}) {
    const Scratch home;
    append(home, 1);
    append_bytes(home, bytes_of(encode(call_number(2))).substr(0, torn));
    CHECK(read(home).calls == numbered({1}));
    CHECK(read(home).skipped == torn);
    append(home, 3);
    append(home, 4);
    CHECK(read(home).calls == numbered({1, 3, 4}));
    CHECK(read(home).skipped == torn);
  }
}

TEST_CASE("records behind any rubbish are found, across the reader's blocks too") {
  const Scratch home;
  append(home, 1);
  for (const std::size_t size :
       {std::size_t{5}, std::size_t{1000}, std::size_t{MiB - 200}, std::size_t{3 * MiB + 77}}) {
    append_bytes(home, std::string(size, 'f'));
    append(home, size);
  }
  CHECK(read(home).calls == numbered({1, 5, 1000, MiB - 200, 3 * MiB + 77}));
  CHECK(read(home).skipped == 5 + 1000 + MiB - 200 + 3 * MiB + 77);
}

TEST_CASE("of 16 processes that append 1000 calls each none is lost or mixed") {
  const Scratch home;
  CHECK(succeeding(16, [&](int process) {
          for (std::uint64_t n = 0; n < 1000; ++n) {
            // Every tenth as a process that does nothing else would.
            if (n % 10 == 0 && CallLog(home.path()).append(call_number(std::uint64_t(process) * 1000 + n)))
              return false;
          }
          CallLog log(home.path());
          for (std::uint64_t n = 0; n < 1000; ++n)
            if (n % 10 != 0 && log.append(call_number(std::uint64_t(process) * 1000 + n))) return false;
          return true;
        }) == 16);
  const Read all = read(home);
  CHECK(all.calls.size() == 16000);
  CHECK(all.skipped == 0);
  std::set<Bytes> seen;
  for (const CallRecord& each : all.calls) seen.insert(each.peak_memory);
  CHECK(seen.size() == 16000);
}

TEST_CASE("a file that is full becomes outcomes.1, for who has it open too") {
  const Scratch home;
  constexpr Bytes limit = 10 * 128;
  CallLog first(home.path(), limit);
  CallLog second(home.path(), limit);
  for (std::uint64_t n = 0; n < 15; ++n) CHECK_FALSE((n % 2 ? first : second).append(call_number(n)));
  CHECK(read(home).calls == numbered({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}));
  CHECK(home.read("spool/outcomes.1").size() == 10 * 128);
  for (std::uint64_t n = 15; n < 35; ++n) CHECK_FALSE((n % 2 ? first : second).append(call_number(n)));
  // The oldest went.
  CHECK(read(home).calls.size() == 15);
  CHECK(read(home).calls.front() == call_number(20));
}

TEST_CASE("processes that rotate at once keep all that still has a place") {
  const Scratch home;
  CHECK(succeeding(16, [&](int process) {
          CallLog log(home.path(), 9000 * 128);
          for (std::uint64_t n = 0; n < 1000; ++n)
            if (log.append(call_number(std::uint64_t(process) * 1000 + n))) return false;
          return true;
        }) == 16);
  const Read all = read(home);
  CHECK(all.calls.size() == 16000);
  CHECK(all.skipped == 0);
}

TEST_CASE("a full disk is told and not thrown, and what was torn is skipped") {
  const Scratch home;
  append(home, 1);
  CHECK(succeeding(1, [&](int) {
          std::signal(SIGXFSZ, SIG_IGN);
          const rlimit limit{.rlim_cur = 128 + 50, .rlim_max = 128 + 50};
          if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return false;
          CallLog log(home.path());
          const auto torn = log.append(call_number(2));
          const auto nothing = log.append(call_number(3));
          return torn && torn->kind() == Kind::failure &&
                 std::string_view(torn->what()).find("outcomes': no space left on device") != std::string_view::npos &&
                 nothing && std::string_view(nothing->what()).find("file too large") != std::string_view::npos;
        }) == 1);
  append(home, 4);
  CHECK(read(home).calls == numbered({1, 4}));
  CHECK(read(home).skipped == 50);
}

TEST_CASE("a place that is none is told and not thrown") {
  const Scratch home;
  home.write("spool", "a file");
  const auto error = CallLog(home.path()).append(call_number(1));
  REQUIRE(error);
  CHECK(std::string_view(error->what()).find("spool") != std::string_view::npos);
}
