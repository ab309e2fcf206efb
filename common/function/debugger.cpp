// SPDX-License-Identifier: Apache-2.0
#include "function/debugger.hpp"

#include "base/environment.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "sandbox/plan/plan.hpp"
#include "sandbox/plan/root_view.hpp"
#include "sandbox/seccomp/compile.hpp"
#include "sandbox/seccomp/seccomp_profile.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace fn::function {
namespace {

constexpr std::array<std::string_view, 3> names{"node", "python", "gdb"};
constexpr std::array<std::uint16_t, 3> ports{9229, 5678, 2345};

constexpr std::string_view folder = "fnrun-debug";  // in /tmp
constexpr std::string_view python_variable = "FNRUN_DEBUG";
constexpr std::string_view node_flag = "--inspect-brk=";

// Every Python imports a module of this name when it starts, however it was started. The one of the image is imported
// by ours. The variable is gone for the processes that this one starts.
constexpr std::string_view sitecustomize = R"python(# 'fnrun debug --with python' put this here.
import os
import sys

address = os.environ.pop("FNRUN_DEBUG", "")
folder = os.path.dirname(__file__)
sys.path[:] = [each for each in sys.path if each != folder]
rest = [each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each != folder]
os.environ["PYTHONPATH"] = os.pathsep.join(rest)
ours = sys.modules.pop("sitecustomize")
try:
    import sitecustomize
except ImportError:
    sys.modules["sitecustomize"] = ours


def wait_with_pdb(host, port):
    try:
        import pdb
    except ImportError:
        sys.stderr.write("fnrun: neither debugpy nor pdb can be imported\n")
        sys.stderr.flush()
        os._exit(1)
    import socket

    class RemotePdb(pdb.Pdb):
        # What runs until the program itself does is of no interest.
        before_main = True

        def message(self, text):
            if not self.before_main:
                pdb.Pdb.message(self, text)

        def user_call(self, frame, arguments):
            if not self.before_main:
                pdb.Pdb.user_call(self, frame, arguments)

        def interaction(self, frame, *rest):
            if self.before_main and frame is not None and frame.f_globals.get("__name__") != "__main__":
                self.set_step()
                return
            self.before_main = False
            pdb.Pdb.interaction(self, frame, *rest)

        def do_EOF(self, arg):  # who hangs up leaves the program alone
            self.clear_all_breaks()
            return self.do_continue(arg)

    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(1)
    sys.stderr.write("fnrun: no debugpy in the image: pdb waits, for 'nc' or 'telnet'\n")
    sys.stderr.flush()
    client = listener.accept()[0]
    listener.close()
    # Two: one for both directions forgets what it has read ahead when it writes.
    debugger = RemotePdb(stdin=client.makefile("r"), stdout=client.makefile("w"), nosigint=True, readrc=False)
    debugger.set_trace(sys._getframe(1))


if address:
    host, port = address.split(":")
    try:
        import debugpy
    except ImportError:
        wait_with_pdb(host, int(port))
    else:
        os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
        debugpy.listen((host, int(port)))
        sys.stderr.write("fnrun: debugpy waits\n")
        sys.stderr.flush()
        debugpy.wait_for_client()
)python";

std::string base_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

// Where the sandbox finds it; "" if it doesn't.
std::string find_program(const std::string& name, const sandbox::Spec& spec) {
  sandbox::Spec search = spec;
  search.command = {name};
  const sandbox::RootView root(spec.root);
  for (const std::string& path : sandbox::program_paths(search))
    if (root.has(path)) return path;
  return "";
}

bool has_interpreter(std::string_view prefix, std::initializer_list<const char*> usual, const sandbox::Spec& spec) {
  if (base_name(spec.command.front()).starts_with(prefix)) return true;
  return std::any_of(usual.begin(), usual.end(), [&](const char* name) { return !find_program(name, spec).empty(); });
}

// "/usr/lib/python3.11": where interpreters of the root have their standard library.
std::vector<std::string> python_libraries(const sandbox::RootView& root, const std::string& program) {
  constexpr int versions = 40;
  std::vector<std::string> prefixes{"/usr", "/usr/local", ""};
  if (const std::size_t bin = program.rfind("/bin/"); bin != program.npos) prefixes.push_back(program.substr(0, bin));
  std::vector<std::string> found;
  for (const std::string& prefix : prefixes)
    for (const char* name : {"lib", "lib64"})
      for (int minor = 0; minor < versions; ++minor)
        if (std::string path = fmt::format("{}/{}/python3.{}", prefix, name, minor); root.has(path + "/os.py"))
          found.push_back(std::move(path));
  return found;
}

// As Debian's package 'python3-minimal' is. False also where that can't be told from outside.
bool has_no_python_debugger(const sandbox::Spec& spec) {
  if (!spec.mounts.empty()) return false;
  const sandbox::RootView root(spec.root);
  const std::vector<std::string> libraries = python_libraries(root, spec.command.front());
  std::vector<std::string> folders = split(environment::get(spec.environment, "PYTHONPATH").value_or(""), ':');
  folders.emplace_back("/usr/lib/python3/dist-packages");
  for (const std::string& library : libraries) {
    const std::string_view local = "/usr/lib/";
    if (library.starts_with(local))
      folders.push_back(fmt::format("/usr/local/lib/{}/dist-packages", library.substr(local.size())));
    for (const char* packages : {"", "/site-packages", "/dist-packages"}) folders.push_back(library + packages);
  }
  const bool has_one = std::any_of(folders.begin(), folders.end(), [&](const std::string& folder) {
    return root.has(folder + "/pdb.py") || root.has(folder + "/pdb.pyc") || root.has(folder + "/debugpy");
  });
  return !libraries.empty() && !has_one;
}

void add_first(std::vector<std::string>& environment, std::string_view name, std::string word, char separator) {
  if (const auto value = environment::get(environment, name); value && !value->empty())
    word += fmt::format("{}{}", separator, *value);
  environment::set(environment, fmt::format("{}={}", name, word));
}

}  // namespace

std::string_view debugger_name(Debugger debugger) {
  return names.at(static_cast<std::size_t>(debugger));
}

Debugger parse_debugger(std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) fail(Kind::integrity, "unknown debugger '{}'", printable(name));
  return static_cast<Debugger>(found - names.begin());
}

std::uint16_t port_of(Debugger debugger) {
  return ports.at(static_cast<std::size_t>(debugger));
}

void start_under(Debugger debugger, const std::string& name, sandbox::Spec& spec) {
  const std::string address = fmt::format("127.0.0.1:{}", port_of(debugger));
  switch (debugger) {
    case Debugger::node:
      if (!has_interpreter("node", {"node", "nodejs"}, spec))
        fail_hint(Kind::not_found, "add Node.js to it, or name the language: --with python, --with gdb",
                  "no program 'node' found in '{}'", printable(name));
      return add_first(spec.environment, "NODE_OPTIONS", fmt::format("{}{}", node_flag, address), ' ');
    case Debugger::python:
      if (!has_interpreter("python", {"python3", "python"}, spec))
        fail_hint(Kind::not_found, "add Python to it, or name the language: --with node, --with gdb",
                  "no program 'python3' found in '{}'", printable(name));
      if (has_no_python_debugger(spec))
        fail_hint(Kind::not_found, "add debugpy to it, or all of Python's standard library, which has pdb",
                  "no module 'debugpy' or 'pdb' found in '{}'", printable(name));
      environment::set(spec.environment, fmt::format("{}={}", python_variable, address));
      add_first(spec.environment, "PYTHONPATH", fmt::format("/tmp/{}", folder), ':');
      spec.files.push_back(
          {.folder = std::string(folder), .name = "sitecustomize.py", .content = std::string(sitecustomize)});
      return;
    case Debugger::gdb:
      const std::string server = find_program("gdbserver", spec);
      if (server.empty())
        fail_hint(Kind::not_found,
                  "add the package 'gdbserver' to it; without, 'fnrun start' and 'fnrun debug INSTANCE --with gdb' "
                  "attach from outside",
                  "no program 'gdbserver' found in '{}'", printable(name));
      spec.command.insert(spec.command.begin(), {server, "--once", "--no-startup-with-shell", address});
      if (!spec.filter.empty())
        spec.filter = sandbox::seccomp::compile(sandbox::seccomp::default_profile({.allow_ptrace = true})).program;
      return;
  }
}

void remove_debugger(std::vector<std::string>& environment) {
  std::erase_if(environment,
                [](const std::string& each) { return each.starts_with(fmt::format("{}=", python_variable)); });
  const auto options = environment::get(environment, "NODE_OPTIONS");
  if (!options || !options->starts_with(node_flag)) return;
  const std::size_t end = std::min(options->find(' '), options->size() - 1);
  environment::set(environment, fmt::format("NODE_OPTIONS={}", options->substr(end + 1)));
}

}  // namespace fn::function
