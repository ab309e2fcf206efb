// SPDX-License-Identifier: Apache-2.0
#include "cli_fake_tool.hpp"

#include "base/error.hpp"
#include "sys/file.hpp"
#include "sys/signal.hpp"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <new>
#include <optional>
#include <pty.h>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace fake {
namespace {

using namespace fn;
using namespace fn::cli;

struct Make {
  static constexpr std::string_view name = "make";
  static constexpr std::string_view summary = "makes an image";
  static std::vector<Example> examples() {
    return {{"fake make -t app:v1 src", "an image of one folder"},
            {"fake make", "2"},
            {"fake make", "3"},
            {"fake make", "the fourth"}};
  }

  struct Request {
    std::optional<std::string> tag;
    std::vector<std::string> labels;
    std::string kind = "zstd";
    std::uint64_t jobs = 1;
    Bytes limit = 0;
    bool slow = false;
    std::vector<std::string> sources;
  };
  static void declare(Command& command, Request& request) {
    command.option("-t,--tag", request.tag, {.name = "REF", .complete = Complete::reference}, "its name")
        .option("--label", request.labels, {.name = "KEY=VALUE"}, "a label: it's [any] text")
        .option("--compression", request.kind, {.name = "KIND", .choices = {"gzip", "zstd"}}, "how it is compressed")
        .option("-j,--jobs", request.jobs, {.name = "N"}, "threads")
        .bytes("--limit", request.limit, "refuse more")
        .flag("--slow", request.slow, "take a while")
        .positional(request.sources, {.name = "DIR", .complete = Complete::directory}, Required::no, "what goes in");
  }

  using Plan = Request;
  using Result = Request;
  static Plan plan(const Request& request, Context&) { return request; }
  static Result execute(const Plan& plan, Context& context) {
    context.note("making");
    if (!plan.slow) return plan;
    context.progress.phase("packing 'app'", 100 * MiB);
    for (int i = 0; i < 80; ++i) {
      sys::check_interrupt();
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      context.progress.advance(MiB);
    }
    return plan;
  }
  static Report preview(const Plan&, const Context&) { return {.text = "would make\n"}; }
  static Report report(const Result& result, const Context& context) {
    Json json = Json::object();
    json.set("tag", result.tag ? Json(*result.tag) : Json());
    Json labels = Json::array();
    for (const std::string& label : result.labels) labels.push(label);
    Json sources = Json::array();
    for (const std::string& source : result.sources) sources.push(source);
    json.set("labels", labels).set("kind", result.kind).set("jobs", result.jobs).set("limit", result.limit);
    json.set("sources", sources).set("home", context.home).set("lock_ms", std::int64_t{context.lock_timeout.count()});
    return {.json = json, .text = "made\n", .quiet = "sha256:1", .exit = result.sources.empty() ? 0 : 1};
  }
};

struct Show {
  static constexpr std::string_view name = "show";
  static constexpr std::string_view summary = "shows a file of an image";
  static std::vector<Example> examples() { return {{"fake show app:v1 etc/motd", "the message of the day"}}; }

  struct Request {
    std::string reference;
    std::string path = "none";
  };
  static void declare(Command& command, Request& request) {
    command.positional(request.reference, {.name = "REF", .complete = Complete::reference}, Required::yes, "an image")
        .positional(request.path, {.name = "PATH"}, Required::no, "a path in it");
  }

  using Plan = Request;
  static Plan plan(const Request& request, Context&) { return request; }
  static Report report(const Plan& plan, const Context&) {
    return {.write = [plan](int fd) { sys::write_full(fd, plan.reference + '|' + plan.path, "answer"); }};
  }
};

struct Fail {
  static constexpr std::string_view name = "fail";
  static constexpr std::string_view summary = "goes wrong";
  static std::vector<Example> examples() { return {}; }

  struct Request {
    std::string how;
  };
  static void declare(Command& command, Request& request) {
    command.positional(request.how,
                       {.name = "HOW", .choices = {"missing", "controls", "memory", "bug", "interrupt", "helper"}},
                       Required::yes, "in which way");
  }

  struct Plan {};
  static Plan plan(const Request& request, Context&) {
    if (request.how == "missing") fail_hint(Kind::not_found, "run 'fake ls'", "image '{}' not found", "app:v9");
    if (request.how == "controls") fail_hint(Kind::integrity, "a\nb", "bad \x1b[31m name 'a\\x1b'");
    if (request.how == "memory") throw std::bad_alloc();
    if (request.how == "bug") throw std::out_of_range("vector::at");
    raise(SIGTERM);
    if (request.how == "helper") fail(Kind::failure, "the helper died");
    sys::check_interrupt();
    return {};
  }
  static Report report(const Plan&, const Context&) { return {.text = "nothing went wrong\n"}; }
};

struct Run {
  static constexpr std::string_view name = "run";
  static constexpr std::string_view summary = "runs a command";
  static std::vector<Example> examples() { return {}; }

  struct Request {
    std::string reference;
    std::vector<std::string> words;
    std::chrono::milliseconds timeout{0};
    std::optional<std::chrono::milliseconds> grace;
    std::optional<double> cpus;
    std::optional<std::uint64_t> pids;
    std::optional<Bytes> memory;
    bool writable = false;
  };
  static void declare(Command& command, Request& request) {
    command.duration("-t,--timeout", request.timeout, "stop it then")
        .duration("--grace", request.grace, "and kill it then")
        .number("--cpus", request.cpus, "processors")
        .option("--pids", request.pids, {.name = "N"}, "processes")
        .bytes("--memory", request.memory, "memory")
        .flag("-w,--writable", request.writable, "may write")
        .positional(request.reference, {.name = "FN", .complete = Complete::function}, Required::yes, "a function")
        .command(request.words, {.name = "CMD"}, Required::no, "instead of its own");
  }

  using Plan = Request;
  static Plan plan(const Request& request, Context&) { return request; }
  static Report report(const Plan& plan, const Context&) {
    Json words = Json::array();
    for (const std::string& word : plan.words) words.push(word);
    Json json = Json::object();
    json.set("reference", plan.reference).set("words", words).set("timeout", std::int64_t{plan.timeout.count()});
    json.set("grace", plan.grace ? Json(std::int64_t{plan.grace->count()}) : Json());
    json.set("cpus", plan.cpus ? Json(*plan.cpus) : Json()).set("pids", plan.pids ? Json(*plan.pids) : Json());
    json.set("memory", plan.memory ? Json(*plan.memory) : Json()).set("writable", plan.writable);
    return {.json = json, .text = "ran\n"};
  }
};

struct BoxOpen {
  static constexpr std::string_view name = "box open";
  static constexpr std::string_view summary = "opens a box";
  static std::vector<Example> examples() { return {{"fake box open left", "the left one"}}; }

  struct Request {
    std::string box;
    bool wide = false;
  };
  static void declare(Command& command, Request& request) {
    command.flag("-w,--wide", request.wide, "all the way")
        .positional(request.box, {.name = "BOX", .complete = Complete::instance}, Required::yes, "which");
  }

  using Plan = Request;
  static Plan plan(const Request& request, Context&) { return request; }
  static Report report(const Plan& plan, const Context&) {
    return {.json = Json::object().set("box", plan.box), .text = (plan.wide ? "wide: " : "open: ") + plan.box};
  }
};

struct BoxShut {
  static constexpr std::string_view name = "box shut";
  static constexpr std::string_view summary = "shuts all boxes";
  static std::vector<Example> examples() { return {}; }

  struct Request {};
  static void declare(Command&, Request&) {}
  using Plan = Request;
  static Plan plan(const Request& request, Context&) { return request; }
  static Report report(const Plan&, const Context&) { return {.text = "shut\n"}; }
};

std::string contents(int fd) {
  std::string text(std::size_t(lseek(fd, 0, SEEK_END)), '\0');
  sys::pread_full(fd, std::as_writable_bytes(std::span(text)), 0, "output");
  return text;
}

void prepare_environment(const World& world) {
  for (const char* name : {"NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "FN_HOME", "FN_PROGRESS", "FN_LOCK_TIMEOUT"})
    unsetenv(name);
  setenv("TERM", "xterm", 1);
  setenv("LC_ALL", "C", 1);
  for (const auto& [name, value] : world.environment) setenv(name.c_str(), value.c_str(), 1);
}

[[noreturn]] void be_the_tool(std::vector<std::string> words, const World& world) {
  prepare_environment(world);
  words.insert(words.begin(), "fake");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  _exit(fn::cli::run(app(), static_cast<int>(words.size()), argv.data()));
}

int wait_for(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? 256 + WTERMSIG(status) : WEXITSTATUS(status);
}

Outcome run_on_terminal(const std::vector<std::string>& words, const World& world) {
  winsize size{};
  size.ws_col = static_cast<unsigned short>(world.terminal_columns);
  size.ws_row = 24;
  int terminal = -1;
  const pid_t child = forkpty(&terminal, nullptr, nullptr, &size);
  if (child == 0) be_the_tool(words, world);
  Outcome outcome;
  // The end of a terminal whose last process is gone is EIO.
  char buffer[4096];
  for (ssize_t got = 0; (got = read(terminal, buffer, sizeof buffer)) > 0;)
    outcome.out.append(buffer, std::size_t(got));
  close(terminal);
  outcome.code = wait_for(child);
  return outcome;
}

}  // namespace

App app() {
  return {.name = "fake",
          .version = "1.2.3",
          .summary = "makes and shows images",
          .examples = {{"fake make -t app:v1 src", "an image of one folder"}},
          .verbs = {verb<Make>(), verb<Show>(), verb<Fail>(), verb<Run>(), verb<BoxOpen>(), verb<BoxShut>()},
          .default_home = [] { return std::string("/default/home"); },
          .references =
              [](const std::string& home) {
                return std::vector<std::string>{"app:v1", "at:" + home};
              },
          .functions = [](const std::string&) { return std::vector<std::string>{"greet"}; }};
}

Outcome run(const std::vector<std::string>& words, const World& world) {
  if (world.terminal_columns > 0) return run_on_terminal(words, world);
  const fn::sys::Fd out(world.stdout_path.empty() ? memfd_create("out", MFD_CLOEXEC)
                                                  : open(world.stdout_path.c_str(), O_WRONLY | O_CLOEXEC));
  const fn::sys::Fd err(memfd_create("err", MFD_CLOEXEC));
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    dup2(out.get(), STDOUT_FILENO);
    dup2(err.get(), STDERR_FILENO);
    if (world.stdout_closed) close(STDOUT_FILENO);
    be_the_tool(words, world);
  }
  Outcome outcome{.code = wait_for(child), .out = {}, .err = contents(err.get())};
  if (world.stdout_path.empty()) outcome.out = contents(out.get());
  return outcome;
}

std::string complaint(const std::vector<std::string>& words, const World& world) {
  const Outcome outcome = run(words, world);
  CHECK(outcome.code == 2);
  CHECK(outcome.out.empty());
  return outcome.err;
}

}  // namespace fake
