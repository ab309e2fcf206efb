// SPDX-License-Identifier: Apache-2.0
#include "base/environment.hpp"
#include "error_of.hpp"
#include "function/debugger.hpp"
#include "function/settings.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>

using namespace fn;
using function::Debugger;

namespace {

sandbox::Spec spec_in(const Scratch& scratch) {
  sandbox::Spec spec;
  spec.root.directory = scratch.path();
  spec.command = {"/srv/app", "--fast"};
  spec.environment = {"PATH=/usr/bin", "NODE_OPTIONS=--no-warnings", "PYTHONPATH=/opt/python"};
  return spec;
}

}  // namespace

TEST_CASE("a program waits for the debugger of its language, with what it was told before") {
  const Scratch scratch;
  for (const char* program : {"usr/bin/node", "usr/bin/python3", "usr/bin/gdbserver"}) scratch.write(program, "");
  sandbox::Spec node = spec_in(scratch);
  function::start_under(Debugger::node, "app:v1", node);
  CHECK(environment::get(node.environment, "NODE_OPTIONS") == "--inspect-brk=127.0.0.1:9229 --no-warnings");
  sandbox::Spec python = spec_in(scratch);
  function::start_under(Debugger::python, "app:v1", python);
  CHECK(environment::get(python.environment, "PYTHONPATH") == "/tmp/fnrun-debug:/opt/python");
  CHECK(environment::get(python.environment, "FNRUN_DEBUG") == "127.0.0.1:5678");
  CHECK(python.files.size() == 1);
  sandbox::Spec gdb = spec_in(scratch);
  gdb.filter = function::seccomp_program("default");
  const std::size_t before = gdb.filter.size();
  function::start_under(Debugger::gdb, "app:v1", gdb);
  CHECK(gdb.command.front() == "/usr/bin/gdbserver");
  CHECK(gdb.command.back() == "--fast");
  CHECK(gdb.filter.size() != before);
}

TEST_CASE("what an image lacks is said, unless the command is an interpreter itself") {
  const Scratch scratch;
  sandbox::Spec spec = spec_in(scratch);
  for (const Debugger debugger : {Debugger::node, Debugger::python, Debugger::gdb})
    CHECK(error_of([&] { function::start_under(debugger, "app:v1", spec); }).starts_with("not_found: no program "));
  spec.command = {"/opt/node/bin/node", "app.js"};
  CHECK(error_of([&] { function::start_under(Debugger::node, "app:v1", spec); }) == "nothing");
}

TEST_CASE("a Python without its library's debugger is refused, unless debugpy is there or may be") {
  const Scratch scratch;
  scratch.write("usr/bin/python3", "");
  scratch.write("usr/lib/python3.11/os.py", "");
  const auto error_with = [&](const char* mount) {
    sandbox::Spec spec = spec_in(scratch);
    if (*mount != '\0') spec.mounts.push_back({.source = mount, .target = mount});
    return error_of([&] { function::start_under(Debugger::python, "app:v1", spec); });
  };
  CHECK(error_with("").starts_with("not_found: no module 'debugpy' or 'pdb' found in 'app:v1'"));
  CHECK(error_with("/opt") == "nothing");
  SUBCASE("debugpy of the system") {
    scratch.write("usr/lib/python3/dist-packages/debugpy/__init__.py", "");
  }
  SUBCASE("debugpy beside the code") {
    scratch.write("opt/python/debugpy/__init__.py", "");
  }
  SUBCASE("pdb") {
    scratch.write("usr/lib/python3.11/pdb.py", "");
  }
  CHECK(error_with("") == "nothing");
}

TEST_CASE("programs beside it are not debugged") {
  const Scratch scratch;
  sandbox::Spec spec = spec_in(scratch);
  const std::vector<std::string> before = spec.environment;
  for (const char* program : {"usr/bin/node", "usr/bin/python3"}) scratch.write(program, "");
  function::start_under(Debugger::node, "app:v1", spec);
  function::remove_debugger(spec.environment);
  CHECK(spec.environment == before);
  function::start_under(Debugger::python, "app:v1", spec);
  function::remove_debugger(spec.environment);
  CHECK_FALSE(environment::get(spec.environment, "FNRUN_DEBUG"));
}
