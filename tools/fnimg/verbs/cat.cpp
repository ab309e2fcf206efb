// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "base/text.hpp"
#include "image/document.hpp"
#include "image/image_files.hpp"
#include "image/layer_reader.hpp"
#include "image/path_lookup.hpp"
#include "state/store.hpp"
#include "sys/file.hpp"
#include "sys/signal.hpp"
#include "sys/tempdir.hpp"
#include "verbs/verbs.hpp"

#include <array>
#include <fcntl.h>

namespace fn::img {
namespace {

constexpr Bytes max_json_bytes = 16 * MiB;

// A file's content in an unnamed file. It waits there until the layer that it comes from is proven.
class ExtractedFile {
 public:
  ExtractedFile()
      : dir_(sys::open_file(sys::temporary_directory(), O_RDONLY | O_DIRECTORY)), file_(dir_.get(), "temporary file") {}

  Bytes size() const { return file_.size(); }
  void write(std::span<const std::byte> bytes) { file_.write(bytes); }

  void copy_to(const std::function<void(std::span<const std::byte>)>& sink) const {
    std::vector<std::byte> buffer(1 * MiB);
    for (Bytes offset = 0; offset < size();) {
      sys::check_interrupt();
      const std::size_t got = sys::pread_full(file_.fd(), buffer, offset, "temporary file");
      if (got == 0) fail(Kind::failure, "the temporary file was truncated");
      sink(std::span(buffer).first(got));
      offset += got;
    }
  }

 private:
  sys::Fd dir_;
  sys::TempFile file_;
};

std::shared_ptr<const ExtractedFile> extract(const oci::Layout& layout, const oci::Image& image,
                                             const layer::Node& file, const Limits& limits) {
  auto content = std::make_shared<ExtractedFile>();
  std::vector<std::byte> buffer(256 * KiB);
  visit_files(layout, image, std::array{&file}, limits, [&](const layer::Node&, layer::TarReader& reader) {
    while (const std::size_t got = reader.read(buffer)) {
      sys::check_interrupt();
      content->write(std::span(buffer).first(got));
    }
  });
  return content;
}

struct Cat {
  static constexpr std::string_view name = "cat";
  static constexpr std::string_view summary = "print a file from an image";
  static std::vector<cli::Example> examples() {
    return {{"fnimg cat app:v1 etc/os-release", "links are followed inside the image"}};
  }

  struct Request {
    std::string reference;
    std::string path;
    Limits limits;
  };
  static void declare(cli::Command& command, Request& request) {
    command
        .positional(request.reference, {.name = "REF", .complete = cli::Complete::reference}, cli::Required::yes,
                    "the image: NAME:TAG or a digest")
        .positional(request.path, {.name = "PATH"}, cli::Required::yes, "the file");
    declare_limits(command, request.limits);
  }

  struct Plan {
    std::string path;  // after links
    std::shared_ptr<const ExtractedFile> content;
  };

  static Plan plan(const Request& request, cli::Context& context) {
    auto store = state::Store::open(context.home, state::Store::Access::read, context.lock_timeout, context.notes());
    const oci::Image image = store.load(request.reference);
    const ImageFiles files = FileReader(&store, context, request.limits).read(store.layout(), image);
    const Place place = find_path(files.tree, request.path, Follow::all);
    if (place.is_directory())
      fail_hint(Kind::usage,
                fmt::format("list it with 'fnimg files {} {}'", request.reference, printable(request.path)),
                "'{}' is a directory", printable(request.path));
    const layer::Node& file = files.tree.file_of(*place.node);
    if (file.entry.type != layer::Type::file)
      fail(Kind::usage, "'{}' is a {}, not a regular file", printable(request.path), type_name(file.entry.type));
    if (context.json && file.entry.size > max_json_bytes)
      fail_hint(Kind::usage, "omit --json", "'{}' has {} bytes, too large for a JSON document", printable(request.path),
                file.entry.size);
    return {place.path, extract(store.layout(), image, file, request.limits)};
  }

  static cli::Report report(const Plan& plan, const cli::Context& context) {
    cli::Report report;
    if (context.json) {
      std::string bytes;
      plan.content->copy_to([&](std::span<const std::byte> part) {
        bytes.append(reinterpret_cast<const char*>(part.data()), part.size());
      });
      set_path(report.json, plan.path);
      report.json.set("size", plan.content->size()).set("content_b64", base64(bytes));
    } else {
      report.write = [content = plan.content](int fd) {
        content->copy_to([fd](std::span<const std::byte> part) { sys::write_full(fd, part, "stdout"); });
      };
    }
    return report;
  }
};

}  // namespace

cli::Verb cat_verb() {
  return cli::verb<Cat>();
}

}  // namespace fn::img
