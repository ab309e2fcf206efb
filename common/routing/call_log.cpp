// SPDX-License-Identifier: Apache-2.0
// The log of calls: a file to which any number of processes append records of one size, each with one write(2), and
// which nobody locks. So a record is never mixed with another one, but a crash or a full disk may leave a torn one, and
// those behind it then begin at odd places. The reader therefore takes each offset at which magic and checksum are
// right for the beginning of a record, and counts the bytes that belong to none.
//
// A file that has reached its limit gets another name, once: whoever holds the lock at that moment does it, everybody
// else goes on writing. Whoever had the file open before writes its records to the old one, which the reader reads
// first. Logging must never fail a call, nor keep it waiting: no fsync, and errors are given back instead of thrown.
#include "routing/call_log.hpp"

#include "base/text.hpp"
#include "sys/file.hpp"
#include "sys/lock.hpp"

#include <cstdio>
#include <fcntl.h>
#include <new>
#include <sys/stat.h>
#include <unistd.h>

namespace fn::routing {
namespace {

std::string spool_of(const std::string& home) {
  return home + "/spool";
}

std::string old_path(const std::string& path) {
  return path + ".1";
}

struct stat status_of(const sys::Fd& file, const std::string& path) {
  struct stat status {};
  sys::check(fstat(file.get(), &status), "cannot read '{}'", printable(path));
  return status;
}

}  // namespace

CallLog::CallLog(const std::string& home, Bytes limit)
    : directory_(spool_of(home)), path_(directory_ + "/outcomes"), limit_(limit) {}

std::optional<Error> CallLog::append(const CallRecord& call) noexcept {
  try {
    if (!file_) open();
    if (Bytes(status_of(file_, path_).st_size) >= limit_) rotate();
    write(encode(call));
    return std::nullopt;
  } catch (const Error& error) {
    return error;
  } catch (const std::exception&) {
    return Error(Kind::failure, "out of memory");
  }
}

void CallLog::record(const CalledFunction& called, const call::Result& result,
                     std::chrono::system_clock::time_point started) {
  if (!called.name.empty()) (void)append(record_of(called, result, started));
}

void CallLog::record_no_start(const CalledFunction& called) {
  if (!called.name.empty()) (void)append(record_of_no_start(called));
}

void CallLog::open() {
  constexpr int flags = O_WRONLY | O_APPEND | O_CREAT;
  try {
    file_ = sys::open_file(path_, flags, 0644);
  } catch (const Error& error) {
    if (error.kind() != Kind::not_found) throw;
    sys::make_directories(directory_);
    file_ = sys::open_file(path_, flags, 0644);
  }
}

void CallLog::write(const RecordBytes& record) {
  ssize_t written = 0;
  do written = ::write(file_.get(), record.data(), record.size());
  while (written < 0 && errno == EINTR);
  sys::check(written, "cannot write '{}'", printable(path_));
  // Writing the rest would be a second write, between which others have theirs.
  if (std::size_t(written) < record.size()) sys::fail_errno(ENOSPC, fmt::format("cannot write '{}'", printable(path_)));
}

// A file that can't be renamed now is renamed by the next writer: until then it grows.
void CallLog::rotate() {
  try {
    const sys::FileLock lock(directory_ + "/outcomes.lock", sys::FileLock::Mode::exclusive,
                             std::chrono::milliseconds(0));
    struct stat named {};
    const struct stat ours = status_of(file_, path_);
    const bool is_current =
        stat(path_.c_str(), &named) == 0 && named.st_ino == ours.st_ino && named.st_dev == ours.st_dev;
    // Otherwise another process has renamed it already.
    if (is_current)
      sys::check(std::rename(path_.c_str(), old_path(path_).c_str()), "cannot rename '{}'", printable(path_));
    open();
  } catch (const Error&) {
    return;
  }
}

namespace {

// Reads a file in blocks, and finds the records in it wherever they begin: behind a torn one they are at odd places.
class CallLogReader {
 public:
  CallLogReader(const sys::Fd& file, const std::string& path) : file_(file), path_(path), buffer_(block_size) {}

  // Returns the number of bytes that belong to no valid record.
  Bytes read(const std::function<void(const CallRecord&)>& visit) {
    while (fill()) take_records(visit);
    skipped_ += end_ - begin_;
    return skipped_;
  }

 private:
  static constexpr std::size_t block_size = MiB;

  // Moves what is left to the front and reads on; false at the end of the file.
  bool fill() {
    std::copy(buffer_.begin() + std::ptrdiff_t(begin_), buffer_.begin() + std::ptrdiff_t(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
    const std::size_t got = sys::read_full(file_.get(), std::span(buffer_).subspan(end_), path_);
    end_ += got;
    return got > 0;
  }

  void take_records(const std::function<void(const CallRecord&)>& visit) {
    while (end_ - begin_ >= record_size) {
      const auto bytes = std::span(buffer_).subspan(begin_).first<record_size>();
      const auto call = decode(bytes);
      begin_ += call ? record_size : 1;
      if (call)
        visit(*call);
      else
        ++skipped_;
    }
  }

  const sys::Fd& file_;
  const std::string& path_;
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0;  // what is not looked at yet
  std::size_t end_ = 0;
  Bytes skipped_ = 0;
};

// None if there is no such file.
sys::Fd open_if_exists(const std::string& path) {
  try {
    return sys::open_file(path, O_RDONLY);
  } catch (const Error& error) {
    if (error.kind() != Kind::not_found) throw;
    return {};
  }
}

}  // namespace

Bytes for_each_call(const std::string& home, const std::function<void(const CallRecord&)>& visit) {
  const std::string path = spool_of(home) + "/outcomes";
  sys::Fd current = open_if_exists(path);
  const sys::Fd old = open_if_exists(old_path(path));
  // Renamed between the two: there is no lock, since a process with read access only could not take it.
  if (current && old && sys::is_same_file(current.get(), old.get())) current = open_if_exists(path);
  Bytes skipped = 0;
  if (old) skipped += CallLogReader(old, old_path(path)).read(visit);
  if (current) skipped += CallLogReader(current, path).read(visit);
  return skipped;
}

}  // namespace fn::routing
