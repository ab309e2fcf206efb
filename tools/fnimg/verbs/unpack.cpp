// SPDX-License-Identifier: Apache-2.0
// An image's layers are applied, lowest first and by VerifiedLayer, to a directory beside the target,
// ".NAME.unpacking"; when the last one is proven the directory is renamed to the target. The target is new or an empty
// directory, which rename(2) replaces. So a tree under its name is whole, and a killed or failed unpack leaves at most
// the staged directory, which the next one takes over and empties under a lock.
//
// This thread reads the tars and makes the names; others write the contents (apply.cpp). No lock of the store is held:
// a blob that gc removes while it is read stays readable, and one that is gone before is an error.
#include "base/error.hpp"
#include "base/text.hpp"
#include "image/document.hpp"
#include "image/limits.hpp"
#include "layer/apply.hpp"
#include "layer/verified_layer.hpp"
#include "state/store.hpp"
#include "sys/file.hpp"
#include "sys/root.hpp"
#include "sys/signal.hpp"
#include "verbs/verbs.hpp"

#include <cerrno>
#include <cstdio>
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fn::img {
namespace {

// A directory that is built beside its target and renamed to it in one step, so that a killed unpack leaves nothing
// that looks complete. Its remains are reused by the next unpack to the same target; two concurrent ones notice each
// other by the lock.
class StagedDirectory {
 public:
  explicit StagedDirectory(const std::string& target) : target_(target) {
    parent_ = sys::open_file(parent_of(target), O_RDONLY | O_DIRECTORY);
    final_name_ = target.substr(target.rfind('/') + 1);
    name_ = "." + final_name_ + ".unpacking";
    do {
      if (mkdirat(parent_.get(), name_.c_str(), 0700) != 0 && errno != EEXIST)
        sys::check(-1, "cannot create a directory beside '{}'", printable(target));
      lock_ = sys::Fd(openat(parent_.get(), name_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (!lock_ && errno != ENOENT) sys::check(-1, "cannot open '{}'", printable(name_));
      if (lock_) lock();
      // Another unpack may have renamed it to its target just before we had the lock: then it is not ours to clear.
    } while (!lock_ || !sys::is_name_of(parent_.get(), name_, lock_.get()));
    owned_ = true;
    clear();
    sys::check(fchmod(lock_.get(), 0755), "cannot set the mode of '{}'", printable(name_));
  }
  StagedDirectory(const StagedDirectory&) = delete;
  StagedDirectory& operator=(const StagedDirectory&) = delete;
  ~StagedDirectory() {
    if (!owned_) return;
    try {
      sys::remove_tree(parent_.get(), name_);
    } catch (const Error&) {
      // The next unpack to this place removes it.
    }
  }

  sys::Root root() const { return sys::Root(lock_.duplicate()); }

  void commit() {
    if (renameat(parent_.get(), name_.c_str(), parent_.get(), final_name_.c_str()) != 0) {
      const int saved = errno;
      if (saved == ENOTEMPTY || saved == EEXIST || saved == ENOTDIR)
        fail(Kind::usage, "'{}' was created by another process during the unpack", printable(target_));
      sys::fail_errno(saved, fmt::format("cannot move the tree to '{}'", printable(target_)));
    }
    owned_ = false;
  }

 private:
  void lock() const {
    while (flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
      const int saved = errno;
      if (saved == EWOULDBLOCK) fail(Kind::busy, "another fnimg is unpacking to '{}'", printable(target_));
      if (saved != EINTR) sys::fail_errno(saved, fmt::format("cannot lock '{}'", printable(name_)));
      sys::check_interrupt();
    }
  }

  static std::string parent_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
  }

  void clear() const {
    const std::unique_ptr<DIR, int (*)(DIR*)> dir(fdopendir(lock_.duplicate().release()), closedir);
    if (!dir) sys::check(-1, "cannot read '{}'", printable(name_));
    while (const dirent* entry = readdir(dir.get())) {
      const std::string_view child(entry->d_name);
      if (child != "." && child != "..") sys::remove_tree(lock_.get(), std::string(child));
    }
  }

  std::string target_;
  sys::Fd parent_;
  std::string final_name_;
  std::string name_;
  sys::Fd lock_;
  bool owned_ = false;
};

// The target must not be there, or be an empty directory that can be replaced.
std::string check_target(std::string target) {
  while (target.size() > 1 && target.ends_with('/')) target.pop_back();
  const std::string last = target.substr(target.rfind('/') + 1);
  if (last.empty() || last == "." || last == "..")
    fail_hint(Kind::usage, "name a directory that does not exist yet", "cannot unpack to '{}'", printable(target));
  struct stat status {};
  if (lstat(target.c_str(), &status) != 0) {
    if (errno == ENOENT) return target;
    sys::check(-1, "cannot read '{}'", printable(target));
  }
  if (!S_ISDIR(status.st_mode)) fail(Kind::usage, "'{}' exists and is not a directory", printable(target));
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(opendir(target.c_str()), closedir);
  if (!dir) sys::check(-1, "cannot read directory '{}'", printable(target));
  int entries = 0;
  while (readdir(dir.get())) ++entries;
  if (entries > 2)
    fail_hint(Kind::usage, "name a directory that does not exist yet", "directory '{}' is not empty",
              printable(target));
  return target;
}

struct Unpack {
  static constexpr std::string_view name = "unpack";
  static constexpr std::string_view summary = "write an image's files into a new directory";
  static std::vector<cli::Example> examples() {
    return {
        {"fnimg unpack app:v1 rootfs", "all layers, as root with owners and devices"},
        {"fnimg unpack app:v1 rootfs && bwrap --bind rootfs / /usr/bin/python3", "as an ordinary user, and run it"}};
  }

  struct Request {
    std::string reference;
    std::string directory;
    Limits limits;
  };
  static void declare(cli::Command& command, Request& request) {
    command
        .positional(request.reference, {.name = "REF", .complete = cli::Complete::reference}, cli::Required::yes,
                    "the image")
        .positional(request.directory, {.name = "DIR", .complete = cli::Complete::directory}, cli::Required::yes,
                    "the target: must not exist, or be empty");
    declare_limits(command, request.limits);
  }

  struct Plan {
    oci::Image image;
    std::string home;
    std::string directory;
    Limits limits;
    bool as_root = false;
  };
  static Plan plan(const Request& request, cli::Context& context) {
    const auto store =
        state::Store::open(context.home, state::Store::Access::read, context.lock_timeout, context.notes());
    return {.image = store.load(request.reference),
            .home = context.home,
            .directory = check_target(request.directory),
            .limits = request.limits,
            .as_root = geteuid() == 0};
  }

  struct Result {
    std::string directory;
    layer::ApplyResult applied;
    std::chrono::milliseconds took{0};
  };
  static Result execute(const Plan& plan, cli::Context& context) {
    const auto started = context.clock.steady();
    const oci::Layout layout = oci::Layout::open(plan.home);
    StagedDirectory staged(plan.directory);
    layer::Applier applier(staged.root(), {.as_root = plan.as_root, .threads = context.jobs});
    for (std::size_t n = 0; n < plan.image.manifest.layers.size(); ++n) {
      const oci::Descriptor& descriptor = plan.image.manifest.layers[n];
      context.progress.phase(fmt::format("layer '{}'", layer_label(descriptor)), 0);
      while_doing([&] { return fmt::format("while applying layer '{}'", layer_label(descriptor)); },
                  [&] {
                    layer::VerifiedLayer layer(layout, descriptor, plan.image.config.diff_ids[n],
                                               plan.limits.expansion);
                    layer::TarReader reader(layer.tar(), plan.limits.tar);
                    applier.apply(reader);
                    layer.finish();
                  });
    }
    Result result{.directory = plan.directory, .applied = applier.finish()};
    staged.commit();
    result.took = std::chrono::duration_cast<std::chrono::milliseconds>(context.clock.steady() - started);
    return result;
  }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report;
    report.json.set("dry_run", true)
        .set("directory", plan.directory)
        .set("layers", std::uint64_t{plan.image.manifest.layers.size()});
    report.text =
        fmt::format("would unpack {} layers to {}\n", plan.image.manifest.layers.size(), printable(plan.directory));
    return report;
  }

  static cli::Report report(const Result& result, const cli::Context& context) {
    const layer::ApplyResult& applied = result.applied;
    if (applied.skipped_devices != 0)
      context.note(fmt::format("{} device nodes were skipped: only root can make them", applied.skipped_devices));
    if (applied.unset_owners != 0)
      context.note(fmt::format("{} files belong to you instead of their owner: only root can change owners",
                               applied.unset_owners));
    if (applied.unset_xattrs != 0)
      context.note(fmt::format("{} extended attributes could not be set", applied.unset_xattrs));
    cli::Report report;
    report.json.set("directory", result.directory)
        .set("entries", applied.entries)
        .set("bytes", applied.bytes)
        .set("skipped_devices", applied.skipped_devices)
        .set("unset_owners", applied.unset_owners)
        .set("unset_xattrs", applied.unset_xattrs)
        .set("ms", std::int64_t{result.took.count()});
    report.quiet = result.directory + "\n";
    report.text = fmt::format("{}: {} entries, {} in {}\n", printable(result.directory), applied.entries,
                              human_bytes(applied.bytes), human_duration(result.took));
    return report;
  }
};

}  // namespace

cli::Verb unpack_verb() {
  return cli::verb<Unpack>();
}

}  // namespace fn::img
