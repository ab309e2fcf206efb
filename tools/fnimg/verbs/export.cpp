// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"
#include "base/text.hpp"
#include "image/limits.hpp"
#include "state/store.hpp"
#include "sys/output_file.hpp"
#include "sys/term.hpp"
#include "transfer/image_writer.hpp"
#include "verbs/verbs.hpp"

#include <unistd.h>

namespace fn::img {
namespace {

// What an archive can call it: NAME:TAG, also of an image that has lost its tag; of a channel's version NAME:VERSION,
// with
// '_' for what tags may not have.
std::string name_of(const state::ImageRow& row) {
  const std::size_t at = row.reference.find('@');
  if (at == row.reference.npos || !row.reference.starts_with(state::channel_scheme)) return row.reference.substr(0, at);
  auto [name, version] = state::split_channel(row.reference.substr(state::channel_scheme.size()));
  for (char& letter : version)
    if (letter == '+' || letter == '~') letter = '_';
  return name + ":" + version;
}

struct ExportVerb {
  static constexpr std::string_view name = "export";
  static constexpr std::string_view summary = "write an image as an archive or an OCI layout";
  static std::vector<cli::Example> examples() {
    return {{"fnimg export app:v1 -o - | docker load", "through a pipe; podman load takes the same"},
            {"fnimg export app:v1 app:latest -o app.tar.gz", "compressed, and under another name"},
            {"fnimg export app:v1 --format oci-dir -o layout", "add it to an OCI layout"}};
  }

  struct Request {
    std::string reference;
    std::optional<std::string> name;
    std::string output;
    std::string format = "oci-archive";
    Limits limits;
  };
  static void declare(cli::Command& command, Request& request) {
    command
        .positional(request.reference, {.name = "REF", .complete = cli::Complete::reference}, cli::Required::yes,
                    "the image")
        .positional(request.name, {.name = "NEWNAME", .complete = cli::Complete::reference},
                    "its name in the copy: NAME:TAG (default: its own)")
        .option("-o,--output", request.output, {.name = "FILE", .complete = cli::Complete::file},
                "destination; - is stdout; compressed if it ends in .tar.gz or .tar.zst")
        .option("--format", request.format, {.name = "FORMAT", .choices = {"oci-archive", "docker-archive", "oci-dir"}},
                "default: oci-archive");
    declare_limits(command, request.limits);
  }

  struct Plan {
    std::string home;
    oci::Image image;
    std::string reference;
    std::string output;
    std::string format;
    Limits limits;
  };
  static Plan plan(const Request& request, cli::Context& context) {
    if (request.output.empty()) fail_hint(Kind::usage, "give -o FILE, or -o - for stdout", "no destination");
    const bool is_directory = request.format == "oci-dir";
    if (request.output == "-" && is_directory)
      fail_hint(Kind::usage, "give -o DIR", "a layout cannot be written to stdout");
    const bool is_stdout = !is_directory && sys::OutputFile::is_stdout(request.output);
    if (is_stdout && sys::is_terminal(STDOUT_FILENO))
      fail_hint(Kind::usage, "give -o FILE, or pipe it into a program", "refusing to write an archive to a terminal");
    if (is_directory) {
      check_layout_target(request.output);
    } else if (!is_stdout) {
      sys::OutputFile::check(request.output);
    }
    const auto store =
        state::Store::open(context.home, state::Store::Access::read, context.lock_timeout, context.notes());
    const state::ImageRow row = store.resolve(request.reference);
    return {.home = context.home,
            .image = store.load(request.reference),
            .reference = request.name ? oci::Reference::parse(*request.name).str() : name_of(row),
            .output = is_stdout ? "-" : request.output,
            .format = request.format,
            .limits = request.limits};
  }

  struct Result {
    const Plan& plan;
    Bytes bytes = 0;  // of the archive; 0 for a layout
  };
  static Result execute(const Plan& plan, cli::Context& context) {
    context.progress.phase(fmt::format("writing '{}'", plan.output), 0);
    if (plan.output == "-") return {.plan = plan};  // the report writes it
    if (plan.format == "oci-dir") {
      const oci::Layout layout = oci::Layout::open(plan.home);
      write_oci_layout({layout, plan.image, plan.reference}, plan.output, context.lock_timeout);
      return {.plan = plan};
    }
    return {.plan = plan, .bytes = write_file(plan, context)};
  }

  static Bytes write_file(const Plan& plan, cli::Context& context) {
    sys::OutputFile file(plan.output);
    write_archive(plan, [&](std::span<const std::byte> bytes) {
      file.write(bytes);
      context.progress.advance(bytes.size());
    });
    file.commit();
    return file.size();
  }

  static void write_archive(const Plan& plan, const Sink& sink) {
    const oci::Layout layout = oci::Layout::open(plan.home);
    const Export image{layout, plan.image, plan.reference};
    CompressingSink compressed(compression_of(plan.output), sink);
    const Sink plain = [&](std::span<const std::byte> bytes) { compressed.write(bytes); };
    if (plan.format == "docker-archive") {
      write_docker_archive(image, plan.limits.expansion, plain);
    } else {
      write_oci_archive(image, plain);
    }
    compressed.finish();
  }

  static cli::Report preview(const Plan& plan, const cli::Context&) {
    cli::Report report;
    report.json.set("dry_run", true)
        .set("reference", plan.reference)
        .set("output", plan.output)
        .set("format", plan.format);
    report.text = fmt::format("would write {} as {} to '{}'\n", plan.reference, plan.format, printable(plan.output));
    return report;
  }

  static cli::Report report(const Result& result, const cli::Context&) {
    const Plan& plan = result.plan;
    cli::Report report;
    if (plan.output == "-") {
      report.write = [plan](int fd) {
        write_archive(plan, [fd](std::span<const std::byte> bytes) { sys::write_full(fd, bytes, "stdout"); });
      };
      return report;
    }
    report.json.set("reference", plan.reference)
        .set("digest", plan.image.descriptor.digest.str())
        .set("output", plan.output)
        .set("format", plan.format);
    if (result.bytes != 0) report.json.set("bytes", result.bytes);
    report.quiet = plan.output + "\n";
    report.text = fmt::format("{}: {}{}\n", printable(plan.output), plan.format,
                              result.bytes == 0 ? "" : ", " + human_bytes(result.bytes));
    return report;
  }
};

}  // namespace

cli::Verb export_verb() {
  return cli::verb<ExportVerb>();
}

}  // namespace fn::img
