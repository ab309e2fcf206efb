// SPDX-License-Identifier: Apache-2.0
#include "function/extensions.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>
#include <filesystem>
#include <sys/stat.h>

using namespace fn;
using function::extension_names;
using Names = std::vector<std::string>;

namespace {

// With an extension in each of two layers, `old` in the lower one.
sandbox::Spec two_layers(const Scratch& scratch) {
  scratch.write("layers/low/opt/extensions/old", "");
  scratch.write("layers/low/opt/extensions/folder/file", "");
  scratch.write("layers/up/opt/extensions/new", "");
  sandbox::Spec spec;
  spec.root.directory = scratch.path("layers");
  spec.root.layers = {"low", "up"};
  return spec;
}

}  // namespace

TEST_CASE("the files in /opt/extensions of all layers are extensions, directories are not") {
  const Scratch scratch;
  sandbox::Spec spec = two_layers(scratch);
  CHECK(extension_names(spec) == Names{"new", "old"});
  spec.root.layers = {"up"};
  CHECK(extension_names(spec) == Names{"new"});
  std::filesystem::create_directories(scratch.path("layers/none/etc"));
  spec.root.layers = {"none"};
  CHECK(extension_names(spec).empty());
}

TEST_CASE("what an upper layer removes is no extension") {
  if (geteuid() != 0) return;  // whiteouts are device nodes
  const Scratch scratch;
  const sandbox::Spec spec = two_layers(scratch);
  REQUIRE(mknod(scratch.path("layers/up/opt/extensions/old").c_str(), S_IFCHR, 0) == 0);
  CHECK(extension_names(spec) == Names{"new"});
  std::filesystem::remove_all(scratch.path("layers/up/opt/extensions"));
  REQUIRE(mknod(scratch.path("layers/up/opt/extensions").c_str(), S_IFCHR, 0) == 0);
  CHECK(extension_names(spec).empty());
}

TEST_CASE("mounts hide extensions and bring some") {
  const Scratch scratch;
  sandbox::Spec spec = two_layers(scratch);
  scratch.write("opt/extensions/mounted", "");
  scratch.write("program", "");
  spec.mounts = {{scratch.path("program"), "/opt/extensions/one", true}};
  CHECK(extension_names(spec) == Names{"new", "old", "one"});
  spec.mounts = {{scratch.path("opt"), "/opt/", true}};
  CHECK(extension_names(spec) == Names{"mounted"});
  spec.mounts.push_back({scratch.path("opt/extensions"), "/elsewhere", true});
  spec.mounts.push_back({scratch.path("program"), "/opt/extensions/folder/deep", true});
  CHECK(extension_names(spec) == Names{"mounted"});
  spec.mounts.push_back({scratch.path("layers"), "/opt/extensions", true});
  CHECK(extension_names(spec).empty());
}

TEST_CASE("an extension sees the environment without what is the runtime's") {
  const Names seen = function::extension_environment(
      {"AWS_LAMBDA_RUNTIME_API=127.0.0.1:9001", "_HANDLER=app.handler", "LAMBDA_TASK_ROOT=/var/task", "_HANDLER2=x"});
  CHECK(seen == Names{"AWS_LAMBDA_RUNTIME_API=127.0.0.1:9001", "_HANDLER2=x"});
}
