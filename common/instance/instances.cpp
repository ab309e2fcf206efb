// SPDX-License-Identifier: Apache-2.0
// FN_HOME/run has a directory for each instance, named by its id, and a file "lock", the gate. Beside its socket and
// its log an instance has in it:
//
//     run/lock               held while a directory is made or swept
//     run/ID/lock            held by the supervisor as long as it lives
//     run/ID/instance.json   the record, replaced by rename
//
// Whether an instance is alive is told by its lock and nothing else, since the kernel gives that back whatever way the
// supervisor ends. The gate makes it safe to call a directory without a held lock dead: nobody is between making the
// directory and taking its lock. The record is not synced. It says nothing that matters after a power cut, when no
// instance is left.
#include "instance/instances.hpp"

#include "base/suggest.hpp"
#include "base/text.hpp"
#include "sys/file.hpp"
#include "sys/root.hpp"

#include <algorithm>
#include <cstdio>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fn::instance {
namespace {

constexpr std::size_t id_length = 8;
constexpr Bytes max_record = 64 * KiB;
constexpr const char* record_name = "instance.json";
constexpr const char* new_record_name = "instance.json.new";
// Beside the directories: held by whoever makes or removes one, so that none is seen before its lock is taken.
constexpr const char* gate_name = "lock";

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool is_id(std::string_view name) {
  return name.size() == id_length && is_hex(name);
}

std::string random_id() {
  const std::string name = sys::random_name("");
  return name.substr(0, id_length);
}

sys::Fd lock_file(int dir, const char* name, int operation) {
  sys::Fd file(
      sys::check(openat(dir, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), "cannot open '{}'", name));
  int result = 0;
  while ((result = flock(file.get(), operation)) < 0 && errno == EINTR) continue;
  sys::check(result, "cannot lock '{}'", name);
  return file;
}

// "3f2a, 77aa": for a hint.
std::string ids_of(const std::vector<RunningInstance>& instances) {
  std::string text;
  for (const RunningInstance& each : instances) text += (text.empty() ? "" : ", ") + each.record.id;
  return text;
}

}  // namespace

bool looks_like_id(std::string_view text) {
  return text.size() >= 4 && text.size() <= id_length && is_hex(text);
}

InstanceDir::~InstanceDir() {
  if (!dir_) return;
  try {
    sys::remove_tree(run_.get(), id_);
  } catch (const Error&) {
    // The next sweep() removes it.
  }
}

// A directory without a lock file belongs to one that died early.
bool Instances::is_alive(int dir) {
  const sys::Fd file(openat(dir, gate_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) return false;
  return flock(file.get(), LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

void InstanceDir::write(const Record& record) const {
  const sys::Fd file(
      sys::check(openat(dir_.get(), new_record_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600),
                 "cannot write '{}'", record_name));
  try {
    sys::write_full(file.get(), to_json(record).dump() + '\n', record_name);
  } catch (const Error&) {
    unlinkat(dir_.get(), new_record_name, 0);
    throw;
  }
  sys::check(renameat(dir_.get(), new_record_name, dir_.get(), record_name), "cannot write '{}'", record_name);
}

// None if there never was an instance.
sys::Fd Instances::open_run() const {
  sys::Fd run(::open((home_ + "/run").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (run || errno == ENOENT) return run;
  if (errno == ENOTDIR)
    fail_hint(Kind::usage, "name a directory with --home or FN_HOME", "'{}' is not a directory", printable(home_));
  sys::check(-1, "cannot read '{}/run'", printable(home_));
  return run;
}

InstanceDir Instances::create() const {
  sys::make_directories(home_ + "/run", 0700);
  InstanceDir dir;
  dir.run_ = open_run();
  sys::check(dir.run_.get(), "cannot open '{}'", printable(home_ + "/run"));
  const sys::Fd gate = lock_file(dir.run_.get(), gate_name, LOCK_EX);
  do dir.id_ = random_id();
  while (mkdirat(dir.run_.get(), dir.id_.c_str(), 0700) < 0 && errno == EEXIST);
  dir.dir_ =
      sys::Fd(sys::check(openat(dir.run_.get(), dir.id_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW),
                         "cannot create a directory for the instance in '{}'", printable(home_ + "/run")));
  dir.lock_ = lock_file(dir.dir_.get(), gate_name, LOCK_EX);
  return dir;
}

std::optional<RunningInstance> Instances::open(int run, const std::string& id) const {
  RunningInstance running;
  running.dir = sys::Fd(openat(run, id.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!running.dir || !is_alive(running.dir.get())) return std::nullopt;
  const sys::Fd file(openat(running.dir.get(), record_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) return running;  // it has not come that far
  const std::string subject = fmt::format("record of instance '{}'", id);
  running.record = record_of(Json::parse(sys::read_fd(file.get(), subject, max_record), subject));
  return running;
}

RunningInstance Instances::get(const std::string& id) const {
  const sys::Fd run = open_run();
  auto running = run && is_id(id) ? open(run.get(), id) : std::nullopt;
  if (!running || running->record.id.empty()) fail(Kind::not_found, "the instance has ended");
  return std::move(*running);
}

bool Instances::sweep_one(int run, const std::string& id) const {
  try {
    const sys::Fd gate = lock_file(run, gate_name, LOCK_EX);
    const sys::Fd dir(openat(run, id.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!dir || is_alive(dir.get())) return false;
    sys::remove_tree(run, id);
    return true;
  } catch (const Error&) {
    return false;
  }
}

Instances::List Instances::list() const {
  List list;
  const sys::Fd run = open_run();
  if (!run) return list;
  for (const std::string& id : sys::names_in(run.get(), home_ + "/run")) {
    if (!is_id(id)) continue;
    auto running = open(run.get(), id);
    if (!running)
      list.dead.push_back(id);
    else if (!running->record.id.empty())
      list.running.push_back(std::move(*running));
  }
  std::stable_sort(list.running.begin(), list.running.end(), [](const RunningInstance& a, const RunningInstance& b) {
    return a.record.started_at < b.record.started_at;
  });
  return list;
}

std::size_t Instances::sweep(const std::vector<std::string>& dead) const {
  std::size_t swept = 0;
  const sys::Fd run = open_run();
  if (!run) return swept;
  for (const std::string& id : dead) swept += sweep_one(run.get(), id) ? 1 : 0;
  return swept;
}

RunningInstance Instances::find(std::vector<RunningInstance> running, std::string_view text) {
  std::vector<RunningInstance> found;
  std::vector<std::string> known;
  for (RunningInstance& each : running) {
    known.insert(known.end(), {each.record.id, each.record.function, each.record.reference});
    const bool by_id = looks_like_id(text) && each.record.id.starts_with(text);
    if (by_id || each.record.function == text || each.record.reference == text) found.push_back(std::move(each));
  }
  if (found.size() == 1) return std::move(found.front());
  if (found.size() > 1)
    fail_hint(Kind::usage, "name one of them: " + ids_of(found), "'{}' has {} instances", printable(text),
              found.size());
  std::erase(known, "");
  const std::string near = closest(text, known);
  fail_hint(Kind::not_found, near.empty() ? "run 'fnrun ps' for the list" : fmt::format("did you mean '{}'?", near),
            "no instance '{}' is running", printable(text));
}

}  // namespace fn::instance
