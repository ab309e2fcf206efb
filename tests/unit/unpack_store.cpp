// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "rootfs/layer_lock.hpp"
#include "rootfs/layer_store.hpp"
#include "unpack/make_layers.hpp"
#include "unpack_stack.hpp"

#include <atomic>
#include <sys/file.h>
#include <thread>

using namespace fn;
using namespace fn::layer::test::apply;
using rootfs::LayerStore;
using rootfs::test::Stack;

namespace {

// A home with a layout, and images of layers in it.
class Home {
 public:
  Home() : layout(oci::Layout::create(scratch_.path())), store(scratch_.path()) {}

  oci::Image image(const Stack& stack) const {
    oci::Image image;
    for (const Layer& layer : stack) {
      image.manifest.layers.push_back(layout.put(layer::test::tar_of(layer), oci::media::layer));
      image.config.diff_ids.push_back(image.manifest.layers.back().digest);
    }
    return image;
  }
  std::vector<std::string> make(const oci::Image& image) const { return unpack::make_layers(store, layout, image, {}); }
  std::string path(const std::string& below) const { return store.path() + '/' + below; }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& each : std::filesystem::directory_iterator(store.path()))
      names.push_back(each.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  Scratch scratch_;

 public:
  oci::Layout layout;
  LayerStore store;
};

unsigned mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(lstat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

const Stack small{{dir("usr/lib"), soft("lib", "usr/lib"), file("usr/lib/a", "a")},
                  {file("lib/b", "b"), whiteout("lib/.wh.a")}};

}  // namespace

TEST_CASE("what a layer hides is read from it unless the caller knows") {
  // In the order of this tar a file would be below a file.
  const Stack late{{file("a"), file("d/f", "f")},
                   {file("a/b", "b"), hard("g", "d/f"), whiteout(".wh.a"), whiteout(".wh.d")}};
  for (const bool known : {false, true}) {
    const Home home;
    unpack::MakeOptions options;
    unsigned asked = 0;
    options.whiteouts = [&](std::size_t n) -> std::optional<layer::Whiteouts> {
      ++asked;
      if (!known) return std::nullopt;
      layer::Whiteouts whiteouts;
      for (const auto& member : late[n]) whiteouts.add(member.entry);
      return whiteouts;
    };
    const auto names = unpack::make_layers(home.store, home.layout, home.image(late), options);
    CHECK(asked == 1);
    CHECK(sys::read_file(home.path(names[1] + "/a/b"), 10) == "b");
    CHECK(sys::read_file(home.path(names[1] + "/g"), 10) == "f");
    CHECK(std::filesystem::is_character_file(home.path(names[1] + "/d")));
  }
}

TEST_CASE("the directories of an image's layers are made once, named by ChainID") {
  const Home home;
  const oci::Image image = home.image(small);
  CHECK(!home.store.find(image));
  std::string said;
  const unpack::MakeOptions options{
      .progress = [&](std::size_t number, std::size_t count) { said += fmt::format("{}/{} ", number, count); }};
  const std::vector<std::string> names = unpack::make_layers(home.store, home.layout, image, options);
  CHECK(said == "1/2 2/2 ");
  REQUIRE(names.size() == 2);
  CHECK(names[0] == image.config.diff_ids[0].hex());
  CHECK(names[1] == oci::chain_id(image.config.diff_ids[0], image.config.diff_ids[1]).hex());
  CHECK(home.store.find(image) == names);
  CHECK(home.names().size() == 2);
  CHECK(mode_of(home.store.path()) == 0700);
  CHECK(mode_of(home.path(names[0])) == 0755);
  CHECK(mode_of(home.path(names[1])) == 0755);
  CHECK(sys::read_file(home.path(names[1] + "/usr/lib/b"), MiB) == "b");
  unpack::make_layers(home.store, home.layout, image, options);
  CHECK(said == "1/2 2/2 ");
  // The same layer over another one is another directory.
  const oci::Image other = home.image({{dir("lib"), file("lib/a")}, small[1]});
  CHECK(home.make(other)[1] != names[1]);
  CHECK(home.names().size() == 4);
}

TEST_CASE("the root of a layer's directory has the mode of the image's root") {
  const Home home;
  const std::vector<std::string> names = home.make(home.image({{dir("", 0711)}, {file("f")}}));
  CHECK(mode_of(home.path(names[0])) == 0711);
  CHECK(mode_of(home.path(names[1])) == 0711);
}

TEST_CASE("no image has no directories, and none needs to be there") {
  const Home home;
  CHECK(home.store.find(home.image({})) == std::vector<std::string>{});
  CHECK(home.make(home.image({})).empty());
  CHECK(home.store.unneeded({}).empty());
}

TEST_CASE("a layer that is not what its digests say leaves no directory") {
  const Home home;
  oci::Image image = home.image(small);
  image.config.diff_ids[1] = oci::Digest::of("another");
  const std::string error = error_of([&] { home.make(image); });
  CHECK(error.find("the config says diffID") != error.npos);
  CHECK(error.starts_with("integrity: while unpacking layer 'sha256:"));
  CHECK(!home.store.find(image));
  CHECK(home.names() == std::vector{image.config.diff_ids[0].hex()});
}

TEST_CASE("what a killed process left is no layer, and the next makes it whole") {
  const Home home;
  Layer large{file("first", "f")};
  for (int n = 0; n < 40; ++n)
    large.push_back(file(fmt::format("large{}", n), std::string(2 * MiB, char('a' + n % 26))));
  const oci::Image image = home.image({large});
  const std::string staged = image.config.diff_ids[0].hex() + ".making";
  const pid_t pid = fork();
  if (pid == 0) {
    home.make(image);
    _exit(0);
  }
  while (!std::filesystem::exists(home.path(staged + "/large3"))) std::this_thread::yield();
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  CHECK(!home.store.find(image));
  CHECK(home.names() == std::vector{staged});
  std::filesystem::create_directory(home.path(staged + "/stray"));
  home.make(image);
  CHECK(home.names() == std::vector{image.config.diff_ids[0].hex()});
  CHECK(std::filesystem::file_size(home.path(home.names()[0] + "/large39")) == 2 * MiB);
  CHECK(!std::filesystem::exists(home.path(home.names()[0] + "/stray")));
}

TEST_CASE("of several at once one makes a layer, and all have it") {
  const Home home;
  Layer layer;
  for (int n = 0; n < 200; ++n) layer.push_back(file(fmt::format("d/{}", n), std::string(KiB, 'x')));
  const oci::Image image = home.image({small[0], layer, small[1]});
  std::atomic<int> made = 0;
  std::atomic<int> whole = 0;
  std::vector<std::thread> threads;
  for (int n = 0; n < 4; ++n)
    threads.emplace_back([&] {
      const auto names =
          unpack::make_layers(home.store, home.layout, image, {.progress = [&](std::size_t, std::size_t) { ++made; }});
      if (home.store.find(image) == names) ++whole;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(made == 3);
  CHECK(whole == 4);
  CHECK(home.names().size() == 3);
}

TEST_CASE("unneeded directories go, used and needed ones stay") {
  const Home home;
  const std::vector<std::string> a = home.make(home.image({small[0], {file("a", std::string(100 * KiB, 'a'))}}));
  const std::vector<std::string> b = home.make(home.image(small));
  std::filesystem::create_directory(home.path("notes"));
  std::filesystem::create_directory(home.path(std::string(64, '0') + ".making"));
  std::filesystem::create_directory(home.path(std::string(64, '1') + ".removed"));
  {
    const auto held = home.store.hold(a);
    REQUIRE(held);
    CHECK(held->size() == 2);
    CHECK(home.store.unneeded({b[0]}).size() == 1);
    const LayerStore::Removed removed = home.store.remove_unneeded({b[0]});
    REQUIRE(removed.directories.size() == 1);
    CHECK(removed.directories[0].name == b[1]);
    CHECK(removed.leftovers == 2);
  }
  CHECK(!home.store.hold(b));
  const std::vector<LayerStore::Directory> unneeded = home.store.unneeded({b[0]});
  REQUIRE(unneeded.size() == 1);
  CHECK(unneeded[0].name == a[1]);
  CHECK(unneeded[0].bytes >= 100 * KiB);
  CHECK(unneeded[0].bytes < 200 * KiB);
  CHECK(home.store.remove_unneeded({b[0]}).directories.size() == 1);
  std::vector<std::string> left{a[0], "notes"};
  std::sort(left.begin(), left.end());
  CHECK(home.names() == left);
}

TEST_CASE("who waits for a directory that goes meanwhile has none") {
  const Home home;
  const std::vector<std::string> names = home.make(home.image({small[0]}));
  const sys::Fd parent = sys::open_file(home.store.path(), O_RDONLY | O_DIRECTORY);
  sys::Fd removing = rootfs::try_lock_exclusive(parent.get(), names[0]);
  REQUIRE(removing);
  CHECK(!rootfs::try_lock_exclusive(parent.get(), names[0]));
  bool is_held = true;
  std::thread waiting([&] { is_held = home.store.hold(names).has_value(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  std::filesystem::rename(home.path(names[0]), home.path("elsewhere"));
  removing.reset();
  waiting.join();
  CHECK(!is_held);
}

// An instance holds its layers for hours.
TEST_CASE("who waits to make a layer does not wait for who uses it") {
  const Home home;
  std::filesystem::create_directories(home.path("layer.making"));
  const sys::Fd parent = sys::open_file(home.store.path(), O_RDONLY | O_DIRECTORY);
  sys::Fd making = rootfs::try_lock_exclusive(parent.get(), "layer.making");
  REQUIRE(making);
  std::atomic<bool> is_locked = true;
  std::thread waiting([&] { is_locked = bool(rootfs::lock_exclusive(parent.get(), "layer.making")); });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  std::filesystem::rename(home.path("layer.making"), home.path("layer"));
  REQUIRE(flock(making.get(), LOCK_SH) == 0);
  for (int n = 0; n < 100 && is_locked; ++n) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const bool has_waited = is_locked;
  making.reset();
  waiting.join();
  CHECK(!has_waited);
}

TEST_CASE("who makes a layer is not disturbed by who removes what is left over") {
  const Home home;
  const oci::Image image = home.image(small);
  std::size_t leftovers = 0;
  unpack::make_layers(home.store, home.layout, image, {.progress = [&](std::size_t, std::size_t) {
                        leftovers += home.store.remove_unneeded({}).leftovers;
                      }});
  CHECK(leftovers == 0);
  CHECK(home.store.find(image));
}
