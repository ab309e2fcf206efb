// SPDX-License-Identifier: Apache-2.0
#include "fnimg_compat_support.hpp"

using namespace fn;
using namespace fn::img;
using namespace fn::img::test;

namespace {

// A runtime of some version, to which tests add what their image has.
Toy runtime(const std::string& version) {
  Toy toy;
  toy.layer("runtime", version);
  return toy;
}

}  // namespace

TEST_CASE("scripts need their interpreter, and env the command after its flags") {
  const auto image = [](bool has_toy) {
    Toy toy = runtime(has_toy ? "1" : "2");
    toy.elf("usr/bin/env", link::Object()).elf("usr/bin/sh", link::Object());
    if (has_toy) toy.elf("usr/bin/toy", link::Object());
    toy.layer("code", "code")
        .text("bin/direct", "#!/usr/bin/toy -x\n")
        .text("bin/by-env", "#!/usr/bin/env toy")
        .text("bin/split", "#! /usr/bin/env -S -u NAME A=1 toy -q")
        .text("bin/shell", "#!/usr/bin/sh")
        .text("bin/module", "#!/usr/bin/toy", 0644)
        .text("bin/never", "#!/usr/bin/never")
        .text("usr/share/doc/x/example", "#!/usr/bin/toy");
    return toy;
  };
  CHECK(brought(image(true), image(true)) == "");
  CHECK(brought(image(true), image(false)) ==
        text_of(Lines{"scripts.interpreter does_not_start bin/by-env toy",
                      "scripts.interpreter does_not_start bin/direct /usr/bin/toy",
                      "scripts.interpreter does_not_start bin/split toy", "files.command notice usr/bin/toy toy",
                      "scripts.interpreter notice usr/share/doc/x/example /usr/bin/toy"}));
}

TEST_CASE("modules of Python are for one minor version, unless they are for the stable interface") {
  const auto image = [](const std::string& minor) {
    Toy toy = runtime(minor);
    toy.elf("usr/lib/libpython3." + minor + ".so.1.0", link::Object());
    toy.elf("opt/python3." + minor + "/only-a-path", link::Object());
    toy.layer("code", "code")
        .elf("srv/fast.cpython-311-x86_64-linux-gnu.so", link::Object())
        .elf("srv/stable.abi3.so", link::Object())
        .elf("usr/local/lib/python3.11/site-packages/x/y.cpython-311.so", link::Object())
        .file("usr/local/lib/python3.11/site-packages/x/__init__.py")
        .directory("usr/lib/python3.9/dist-packages");
    return toy;
  };
  CHECK(brought(image("11"), image("11")) == "");
  CHECK(brought(image("11"), image("12")) ==
        text_of(Lines{"python.extension fails_when_used srv/fast.cpython-311-x86_64-linux-gnu.so python3.11",
                      "python.directory fails_when_used usr/local/lib/python3.11/site-packages python3.11"}));
  CHECK(brought(image("12"), image("13")) == "");
}

TEST_CASE("what the config names: its command, its user and group, its paths") {
  const auto image = [](bool is_old) {
    Toy toy = runtime(is_old ? "1" : "2");
    toy.config().entrypoint = {"tool", "-x"};
    toy.config().user = "app:staff";
    toy.config().working_dir = "/srv";
    toy.config().env = {"JAVA_HOME=/opt/java-17", "PATH=/usr/bin:/opt/java-17/bin", "NEVER=/nowhere", "TEXT=a"};
    toy.text("etc/passwd", is_old ? "root:x:0:0\napp:x:1000:\n" : "root:x:0:0\napplication:x:1000:\n", 0644);
    toy.text("etc/group", is_old ? "staff:x:50:\n" : "", 0644);
    toy.directory("usr/bin");
    if (is_old) toy.file("usr/bin/tool").directory("srv").directory("opt/java-17/bin");
    return toy;
  };
  CHECK(brought(image(true), image(true)) == "");
  CHECK(brought(image(true), image(false)) ==
        text_of(Lines{"config.command does_not_start config.entrypoint tool",
                      "config.user does_not_start config.user group staff in /etc/group",
                      "config.user does_not_start config.user user app in /etc/passwd",
                      "config.path fails_when_used config.env.JAVA_HOME /opt/java-17",
                      "config.path fails_when_used config.working_dir /srv",
                      "config.path notice config.env.PATH /opt/java-17/bin", "files.account notice etc/group staff",
                      "files.account notice etc/passwd app", "files.command notice usr/bin/tool tool"}));
  const auto numbers = [](const std::string& version) {
    Toy toy = runtime(version);
    toy.config().user = "1000:1000";
    return toy;
  };
  CHECK(brought(numbers("1"), numbers("2")) == "");
}

TEST_CASE("links that led somewhere; those that never did are as they were") {
  const auto image = [](bool is_old) {
    Toy toy = runtime(is_old ? "1" : "2");
    toy.directory("opt").directory("opt/rt");
    if (is_old) toy.file("opt/rt/tool").directory("opt/rt/lib");
    toy.layer("code", "code")
        .link("bin/tool", "/opt/rt/tool")
        .link("lib/rt", "../opt/rt/lib")
        .link("etc/never", "/proc/self/mounts")
        .link("usr/share/doc/tool", "/opt/rt/tool");
    return toy;
  };
  CHECK(brought(image(true), image(true)) == "");
  CHECK(brought(image(true), image(false)) ==
        text_of(Lines{"files.link fails_when_used bin/tool /opt/rt/tool",
                      "files.link fails_when_used lib/rt ../opt/rt/lib", "files.command notice bin/tool tool",
                      "files.link notice usr/share/doc/tool /opt/rt/tool"}));
}

TEST_CASE("certificates, zones and locales that are gone are noted") {
  Toy before = runtime("1");
  before.file("etc/ssl/certs/ca-certificates.crt").file("usr/share/zoneinfo/UTC").directory("usr/lib/locale/C.utf8");
  CHECK(brought(std::move(before), runtime("2")) ==
        text_of(Lines{"files.certificates notice etc/ssl/certs/ca-certificates.crt",
                      "files.locale notice usr/lib/locale/C.utf8", "files.zones notice usr/share/zoneinfo"}));
}

TEST_CASE("new files that a layer above replaces or hides are noted") {
  const auto image = [](bool is_new) {
    Toy toy = runtime(is_new ? "2" : "1");
    toy.file("etc/old").directory("data");
    if (is_new) toy.file("etc/new").file("etc/mine").file("data/new").file("etc/other");
    toy.layer("code", "code").file("etc/mine").file("etc/.wh.new").file("etc/old").file("data/.wh..wh..opq");
    return toy;
  };
  CHECK(brought(image(true), image(true)) == "");
  CHECK(
      brought(image(false), image(true)) ==
      text_of(Lines{"files.hidden notice data/new", "files.shadowed notice etc/mine", "files.hidden notice etc/new"}));
}

TEST_CASE("libraries that programs load by themselves, as their notes say") {
  const auto image = [](bool is_old) {
    Toy toy = runtime(is_old ? "1" : "2");
    toy.loader();
    if (is_old) toy.elf("lib64/liba.so.1", link::Object("liba.so.1")).elf("lib64/libb.so.1", link::Object("libb.so.1"));
    link::Object program = toy_program();
    program.loads({{"liba.so.1", "liba.so.2"}, elf::DlopenNote::Priority::required, "archives"});
    program.loads({{"libb.so.1"}, elf::DlopenNote::Priority::suggested, ""});
    program.loads({{"libnever.so.1"}, elf::DlopenNote::Priority::required, ""});
    toy.layer("code", "code").elf("srv/program", program);
    return toy;
  };
  CHECK(brought(image(true), image(true)) == "");
  CHECK(brought(image(true), image(false)) ==
        text_of(Lines{"loader.dlopen fails_when_used srv/program liba.so.1 or liba.so.2",
                      "loader.dlopen notice srv/program libb.so.1"}));
}

TEST_CASE("static programs for another machine, and instructions that were not needed before") {
  const auto image = [](bool is_old) {
    Toy toy = runtime(is_old ? "1" : "2");
    toy.config().platform = oci::Platform::parse(is_old ? "linux/amd64" : "linux/arm64");
    toy.layer("code", "code").elf("srv/static", link::Object().type(ET_EXEC));
    return toy;
  };
  CHECK(brought(image(true), image(true)) == "");
  CHECK(brought(image(true), image(false)) == text_of(Lines{"loader.machine does_not_start srv/static machine 62"}));
  const auto level = [](const std::string& version, std::uint32_t isa) {
    Toy toy = runtime(version);
    toy.elf("lib64/libx.so.1", link::Object("libx.so.1").isa(isa));
    return toy;
  };
  CHECK(brought(level("1", 2), level("2", 3)) == "");
  CHECK(brought(level("1", 1), level("2", 4)) == text_of(Lines{"loader.isa notice lib64/libx.so.1 x86-64-v3"}));
}
