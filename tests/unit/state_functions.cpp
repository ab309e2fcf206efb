// SPDX-License-Identifier: Apache-2.0
#include "earlier_state.hpp"
#include "error_of.hpp"
#include "scratch.hpp"
#include "small_image.hpp"
#include "state/names.hpp"
#include "state/schema.hpp"
#include "state/store.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace fn;
using namespace fn::state;
using namespace std::chrono_literals;

namespace {

struct State {
  Scratch scratch;
  std::string home = scratch.path("home");
  Store store = Store::open(home, Store::Access::write, 30s);
  Functions functions = store.functions();

  void execute(std::string_view sql) const {
    db::Database(home + "/state.db", db::Database::Access::write, application_id, 5s).execute(sql);
  }
};

// A function with every setting other than what a new one has.
Function busy(const std::string& name) {
  return {.name = name,
          .image = "app:v1",
          .memory = 64 * MiB,
          .timeout = 3s,
          .milli_cpus = 500,
          .pids = 20,
          .protocol = Protocol::lambda,
          .handler = "app.handler",
          .network = Network::none,
          .keep_alive = 1h,
          .concurrency = 7,
          .entrypoint = "/bin/app",
          .command = {"/bin/sh", "-c", "echo \"'\n\xc3\xa4"},
          .mounts = {"/data:/data:ro", "/a:/b"},
          .user = "app",
          .working_dir = "",
          .writable = true,
          .scratch = 0,
          .seccomp = "/profile.json",
          .require = "seccomp,landlock",
          .freeze = true,
          .env = {{"A", "1"}, {"EMPTY", ""}},
          .created_at = 0,
          .updated_at = 0};
}

// To be `function`, whatever it was.
Functions::Edit to(const Function& function) {
  return [=](const std::optional<Function>&) { return function; };
}

void change_ten_times(const std::string& home, int process) {
  Store store = Store::open(home, Store::Access::write, 30s);
  Functions functions = store.functions();
  for (int i = 0; i < 10; ++i)
    functions.set(
        "shared",
        [&](std::optional<Function> function) {
          function->env[fmt::format("V{}_{}", process, i)] = "x";
          ++function->concurrency;
          return *function;
        },
        process);
}

}  // namespace

TEST_CASE("a function is found as it was set") {
  State state;
  Function made = state.functions.set("busy", to(busy("busy")), 1000);
  CHECK(made.created_at == 1000);
  CHECK(made.updated_at == 1000);
  CHECK(state.functions.find("busy") == made);
  CHECK(state.functions.get("busy") == made);
  CHECK_FALSE(state.functions.find("idle"));
  state.functions.set("idle", to({.image = "app:v1"}), 1001);
  const Function idle = state.functions.get("idle");
  CHECK(idle.memory == 512 * MiB);
  CHECK(idle.timeout == 30s);
  CHECK(idle.network == Network::loopback);
  CHECK_FALSE(idle.protocol);
  CHECK_FALSE(idle.entrypoint);
  CHECK(idle.seccomp == "default");
  const auto all = state.functions.list();
  REQUIRE(all.size() == 2);
  CHECK(all[0] == made);
  CHECK(all[1] == idle);
}

TEST_CASE("a change keeps what it doesn't touch, and the time of making") {
  State state;
  state.functions.set("busy", to(busy("busy")), 1000);
  const Function after = state.functions.set(
      "busy",
      [](std::optional<Function> function) {
        REQUIRE(function);
        function->memory = GiB;
        function->env.erase("A");
        function->env["B"] = "2";
        return *function;
      },
      2000);
  Function expected = busy("busy");
  expected.memory = GiB;
  expected.env = {{"B", "2"}, {"EMPTY", ""}};
  expected.created_at = 1000;
  expected.updated_at = 2000;
  CHECK(after == expected);
  CHECK(state.functions.get("busy") == expected);
  CHECK(state.functions.set("busy", to(expected), 3000).updated_at == 2000);
}

TEST_CASE("an edit that throws changes nothing") {
  State state;
  state.functions.set("busy", to(busy("busy")), 1000);
  const Functions::Edit refuse = [](std::optional<Function>) -> Function { fail(Kind::usage, "no"); };
  CHECK(error_of([&] { state.functions.set("busy", refuse, 2000); }) == "usage: no");
  CHECK(state.functions.get("busy").updated_at == 1000);
  state.functions.set("idle", to(busy("idle")), 3000);
  CHECK(state.functions.list().size() == 2);
}

TEST_CASE("functions are removed all or none, with their environment") {
  State state;
  for (const char* name : {"a", "b", "resize"}) state.functions.set(name, to(busy(name)), 0);
  CHECK(error_of([&] {
          state.functions.remove({"a", "rezise"});
        }) == "not_found: function 'rezise' not found (did you mean 'resize'?)");
  CHECK(state.functions.list().size() == 3);
  state.functions.remove({"a", "resize", "a"});
  CHECK(state.functions.list().size() == 1);
  state.functions.set("a", to({.image = "app:v1"}), 0);
  CHECK(state.functions.get("a").env.empty());
}

TEST_CASE("names and environments that can't be") {
  State state;
  for (const char* name : {"a", "0", "resize-photos", "v1.2_x"}) CHECK_NOTHROW(check_function_name(name));
  CHECK_NOTHROW(check_function_name(std::string(64, 'x')));
  for (const std::string& name : {std::string(), std::string("-a"), std::string(".a"), std::string("A"),
                                  std::string("a b"), std::string("a/b"), std::string("a:b"), std::string(65, 'x')})
    CHECK(
        error_of([&] { check_function_name(name); }).starts_with("usage: '" + name + "' is not a valid function name"));
  CHECK(error_of([&] {
          state.functions.set("A", to(busy("A")), 0);
        }).starts_with("usage: 'A' is not a valid function name"));
  for (const char* name : {"", "A=B"}) {
    Function bad = busy("bad");
    bad.env[name] = "1";
    CHECK(error_of([&] { state.functions.set("bad", to(bad), 0); }).starts_with("usage: '"));
  }
  Function bad = busy("bad");
  bad.env["X"] = "\xff";
  CHECK(error_of([&] { state.functions.set("bad", to(bad), 0); }) ==
        "usage: environment variable 'X' is not valid UTF-8");
  CHECK(state.functions.list().empty());
}

TEST_CASE("rows that somebody edited are refused, not believed") {
  State state;
  state.functions.set("busy", to(busy("busy")), 0);
  for (const char* command : {"echo", "{}", "[1]", "[\"a\""}) {
    state.execute(fmt::format("UPDATE function SET command = '{}'", command));
    CHECK(error_of([&] { state.functions.get("busy"); }).starts_with("integrity: state.db, function 'busy': "));
  }
  CHECK(error_of([&] { state.execute("UPDATE function SET protocol = 'smtp'"); }) != "nothing");
  CHECK(error_of([&] { state.execute("UPDATE function SET memory = -1"); }) != "nothing");
}

TEST_CASE("of changes made at once none is lost") {
  const Scratch scratch;
  const std::string home = scratch.path("home");
  // No connection may be open where the process forks.
  Store::open(home, Store::Access::write, 30s).functions().set("shared", to(busy("shared")), 0);
  constexpr int processes = 8;
  std::vector<pid_t> children;
  for (int n = 0; n < processes; ++n) {
    const pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
      _exit(error_of([&] { change_ten_times(home, n); }) == "nothing" ? 0 : 1);
    }
    children.push_back(pid);
  }
  for (const pid_t child : children) {
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
  const Function after = Store::open(home, Store::Access::read, 30s).functions().get("shared");
  CHECK(after.env.size() == 2 + processes * 10);
  CHECK(after.concurrency == 7 + processes * 10);
}

TEST_CASE("a state from before functions keeps its images and gets the tables") {
  const Scratch scratch;
  const std::string home = scratch.path("home");
  {
    Store store = Store::open(home, Store::Access::write, 5s);
    store.publish("app:v1", small_image(store.layout(), "code"), 1234);
  }
  make_earlier(home, 2);
  CHECK(function_names(home).empty());
  Store store = Store::open(home, Store::Access::write, 5s);
  CHECK(store.find("app:v1"));
  CHECK(store.functions().list().empty());
  store.functions().set("greet", to(busy("greet")), 0);
  CHECK(store.functions().get("greet").image == "app:v1");
  CHECK(store.check(true).empty());
}

TEST_CASE("functions of the version before keep what they mean") {
  const Scratch scratch;
  const std::string home = scratch.path("home");
  Store::open(home, Store::Access::write, 5s);
  const std::string common = "'app:v1', 1048576, 3000, 500, 7, 'exec', '', 'none', 60000, 2, ";
  make_earlier(home, 2);
  db::Database(home + "/state.db", db::Database::Access::write, application_id, 5s)
      .execute(std::string(schema[2].sql) + "INSERT INTO function VALUES ('own', " + common +
               R"('["/bin/cat","x"]', 10, 20);)" + "INSERT INTO function VALUES ('plain', " + common +
               "'[]', 30, 40);" + "INSERT INTO function_env VALUES ('own', 'A', '1'); PRAGMA user_version = 3");
  Store store = Store::open(home, Store::Access::write, 5s);
  const Function own = store.functions().get("own");
  CHECK(own.entrypoint == "");  // its command was all of it
  CHECK(own.command == std::vector<std::string>{"/bin/cat", "x"});
  CHECK(own.protocol == Protocol::exec);
  CHECK(own.env == std::map<std::string, std::string>{{"A", "1"}});
  CHECK(own.timeout == 3s);
  CHECK(own.updated_at == 20);
  const Function plain = store.functions().get("plain");
  CHECK_FALSE(plain.entrypoint);
  CHECK(plain.scratch == 64 * MiB);
  store.functions().set("plain", to(busy("plain")), 0);
  CHECK(store.functions().get("plain").env.size() == 2);
  store.functions().remove({"own"});
  CHECK(store.check(true).empty());
}

TEST_CASE("names for completion, and none where there is nothing to read") {
  State state;
  CHECK(function_names(state.home).empty());
  state.functions.set("b", to(busy("b")), 0);
  state.functions.set("a", to(busy("a")), 0);
  state.store.publish("app:v1", small_image(state.store.layout(), "code"), 0);
  CHECK(function_names(state.home) == std::vector<std::string>{"a", "b"});
  CHECK(reference_names(state.home) == std::vector<std::string>{"app:v1"});
  CHECK(reference_names(state.scratch.path("nowhere")).empty());
  state.scratch.write("other/state.db", "this is a text");
  CHECK(function_names(state.scratch.path("other")).empty());
}
