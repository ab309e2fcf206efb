// SPDX-License-Identifier: Apache-2.0
#include "layer/walk.hpp"
#include "layer_support.hpp"
#include "sys/file.hpp"
#include "sys/tempdir.hpp"

#include <fcntl.h>
#include <filesystem>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

using namespace fn;
using namespace fn::layer;
using namespace fn::layer::test;

namespace {

class Source {
 public:
  Source() : dir_(std::filesystem::temp_directory_path(), "fn-test-") {}
  std::string at(const std::string& path) const { return dir_.path() + '/' + path; }
  const std::string& path() const { return dir_.path(); }
  void write(const std::string& path, std::string_view text) const {
    const sys::Fd fd = sys::open_file(at(path), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    sys::write_full(fd.get(), text, path);
  }
  std::vector<Item> list() {
    return list_directory(path(), [this](const std::string& note) { notes.push_back(note); });
  }
  std::vector<std::string> notes;

 private:
  sys::TempDir dir_;
};

std::string paths(const std::vector<Item>& items) {
  std::string text;
  for (const Item& item : items) text += (text.empty() ? "" : " ") + item.entry.path;
  return text;
}

std::string content(const Item& item) {
  std::vector<std::byte> bytes(item.entry.size);
  const auto reader = item.origin->open(item);
  reader->read(0, bytes);
  reader->finish();
  return text_of(bytes);
}

}  // namespace

TEST_CASE("a tree is listed in the order of its paths, the root left out") {
  Source source;
  mkdir(source.at("b").c_str(), 0750);
  source.write("b/x", "text");
  source.write("b-c", "");
  source.write("a", "");
  const auto items = source.list();
  CHECK(paths(items) == "a b b-c b/x");
  CHECK(items[1].entry.type == Type::directory);
  CHECK(items[1].entry.mode == 0750);
  CHECK(items[3].entry.size == 4);
  CHECK(items[3].entry.uid == getuid());
  CHECK(content(items[3]) == "text");
  CHECK_FALSE(items[0].origin);
}

TEST_CASE("links and pipes are listed, never followed") {
  Source source;
  CHECK(::symlink("/etc", source.at("l").c_str()) == 0);
  CHECK(mkfifo(source.at("p").c_str(), 0600) == 0);
  const auto items = source.list();
  CHECK(paths(items) == "l p");
  CHECK(items[0].entry.type == Type::symlink);
  CHECK(items[0].entry.link == "/etc");
  CHECK(items[0].entry.mode == 0777);
  CHECK(items[1].entry.type == Type::fifo);
}

TEST_CASE("the names of one file become a file and links to it") {
  Source source;
  source.write("m", "text");
  mkdir(source.at("d").c_str(), 0755);
  CHECK(::link(source.at("m").c_str(), source.at("d/first").c_str()) == 0);
  CHECK(::link(source.at("m").c_str(), source.at("z").c_str()) == 0);
  const auto items = source.list();
  CHECK(paths(items) == "d d/first m z");
  CHECK(items[1].entry.type == Type::file);
  CHECK(content(items[1]) == "text");
  CHECK(items[2].entry.type == Type::hardlink);
  CHECK(items[2].entry.link == "d/first");
  CHECK(items[2].entry.size == 0);
  CHECK(items[3].entry.link == "d/first");
}

TEST_CASE("a socket is left out with a note") {
  Source source;
  const sys::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  source.at("s").copy(address.sun_path, sizeof address.sun_path - 1);
  CHECK(bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  CHECK(source.list().empty());
  REQUIRE(source.notes.size() == 1);
  CHECK(source.notes[0] == fmt::format("'{}' is a socket: skipped", source.at("s")));
}

TEST_CASE("attributes that mean something elsewhere are taken") {
  Source source;
  source.write("f", "");
  const std::string value("a\0b", 3);
  if (setxattr(source.at("f").c_str(), "user.note", value.data(), value.size(), 0) != 0 && errno == ENOTSUP) return;
  setxattr(source.at("f").c_str(), "trusted.mine", "x", 1, 0);  // fails for ordinary users
  CHECK(source.list()[0].entry.xattrs == std::map<std::string, std::string>{{"user.note", value}});
}

TEST_CASE("a name that marks a deletion can't be a file") {
  Source source;
  source.write(".wh.x", "");
  CHECK(error_of(Kind::usage, [&] { source.list(); }) ==
        fmt::format("'{}': names that start with '.wh.' mark deletions in a layer and cannot be files",
                    source.at(".wh.x")));
}

TEST_CASE("a source that isn't there, or is no directory") {
  Source source;
  source.write("f", "");
  const auto ignore = [](const std::string&) {};
  CHECK_FALSE(error_of(Kind::not_found, [&] { list_directory(source.at("none"), ignore); }).empty());
  CHECK_FALSE(error_of(Kind::usage, [&] { list_directory(source.at("f"), ignore); }).empty());
}

TEST_CASE("a file that changes between listing and reading is an error, never a wrong layer") {
  Source source;
  source.write("f", "before");
  const auto items = source.list();
  const std::string changed = fmt::format("'{}' changed while it was being read", source.at("f"));
  const auto read = [&] { return error_of(Kind::failure, [&] { content(items[0]); }); };
  CHECK(read() == "");
  SUBCASE("grown") {
    source.write("f", "before and after");
  }
  SUBCASE("shorter") {
    source.write("f", "be");
  }
  SUBCASE("other content, same size and time") {
    struct stat status {};
    stat(source.at("f").c_str(), &status);
    usleep(20'000);  // the kernel's clock for files ticks at 250 Hz or less
    source.write("f", "BEFORE");
    const timespec times[2] = {status.st_atim, status.st_mtim};
    utimensat(AT_FDCWD, source.at("f").c_str(), times, 0);
  }
  SUBCASE("gone") {
    unlink(source.at("f").c_str());
  }
  SUBCASE("a link now") {
    unlink(source.at("f").c_str());
    CHECK(::symlink("/etc/hostname", source.at("f").c_str()) == 0);
  }
  SUBCASE("another file of that name") {
    source.write("g", "before");
    rename(source.at("g").c_str(), source.at("f").c_str());
  }
  CHECK(read() == changed);
}
