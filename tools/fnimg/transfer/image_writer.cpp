// SPDX-License-Identifier: Apache-2.0
#include "transfer/image_writer.hpp"

#include "base/error.hpp"
#include "base/json.hpp"
#include "layer/append_tar_header.hpp"
#include "layer/verified_layer.hpp"
#include "oci/index.hpp"
#include "oci/reference.hpp"
#include "sys/file.hpp"
#include "sys/signal.hpp"
#include "transfer/staged_directory.hpp"

#include <algorithm>
#include <fcntl.h>
#include <optional>
#include <set>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace fn::img {
namespace {

using Bytewise = std::span<const std::byte>;

Bytewise bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

// A tar of files and directories that all belong to root and come from 1970.
class Archive {
 public:
  explicit Archive(const Sink& sink) : sink_(sink) {}

  void directory(const std::string& path) { header(path, layer::Type::directory, 0755, 0); }
  void file(const std::string& path, std::string_view content) {
    begin_file(path, content.size());
    sink_(bytes_of(content));
    end_file(content.size());
  }
  void begin_file(const std::string& path, Bytes size) { header(path, layer::Type::file, 0644, size); }
  void end_file(Bytes size) { zeros(layer::tar_padding(size)); }
  void end() { zeros(layer::tar_trailer); }

 private:
  void header(const std::string& path, layer::Type type, std::uint32_t mode, Bytes size) {
    layer::Entry entry;
    entry.path = path;
    entry.type = type;
    entry.mode = mode;
    entry.size = size;
    std::vector<std::byte> block;
    layer::append_tar_header(block, entry);
    sink_(block);
  }
  void zeros(Bytes count) { sink_(std::vector<std::byte>(count)); }

  const Sink& sink_;
};

// Streams a blob, checking its digest.
void copy_blob(const oci::Layout& layout, const oci::Descriptor& blob, const Sink& sink) {
  const sys::Fd fd = layout.open_blob(blob);
  layer::FdSource file(fd.get(), blob.digest.str());
  layer::HashingSource hashed(file);
  std::vector<std::byte> buffer(1 * MiB);
  while (const std::size_t got = hashed.read(buffer)) {
    sys::check_interrupt();
    sink(Bytewise(buffer).first(got));
  }
  if (hashed.count() != blob.size || oci::Digest(hashed.finish()) != blob.digest)
    fail_hint(Kind::integrity, "run 'fnimg fsck --read-data'", "blob '{}': digest mismatch", blob.digest.str());
}

// Manifest, config and layers, each once, sorted as `blobs/sha256` is.
std::vector<oci::Descriptor> blobs_of(const oci::Image& image) {
  std::vector<oci::Descriptor> blobs = image.manifest.layers;
  blobs.push_back(image.manifest.config);
  blobs.push_back(image.descriptor);
  std::sort(blobs.begin(), blobs.end(), [](const auto& a, const auto& b) { return a.digest < b.digest; });
  blobs.erase(
      std::unique(blobs.begin(), blobs.end(), [](const auto& a, const auto& b) { return a.digest == b.digest; }),
      blobs.end());
  return blobs;
}

Json docker_manifest(const Export& source, const std::string& config, Json layers) {
  // Docker takes tags here, and no digests.
  const bool has_tag = source.reference.find('@') == std::string::npos;
  Json tags = has_tag ? Json::array().push(source.reference) : Json();
  Json one = Json::object();
  one.set("Config", config).set("RepoTags", std::move(tags)).set("Layers", std::move(layers));
  return Json::array().push(std::move(one));
}

std::string blob_path(const oci::Digest& digest) {
  return "blobs/sha256/" + digest.hex();
}

oci::Descriptor named(const Export& source) {
  oci::Descriptor descriptor = source.image.descriptor;
  descriptor.platform = source.image.config.platform;
  descriptor.annotations = {{std::string(oci::annotation::ref_name), source.reference}};
  return descriptor;
}

Bytes decoded_size(const Export& source, std::size_t n, const layer::ExpansionLimits& limits) {
  layer::VerifiedLayer layer(source.layout, source.image.manifest.layers[n], source.image.config.diff_ids[n], limits);
  layer::HashingSource counted(layer.tar());
  layer::drain(counted);
  layer.finish();
  return counted.count();
}

// Its tar header needs the size first: the layer is decoded twice rather than kept.
void add_docker_layer(const Export& source, std::size_t n, const layer::ExpansionLimits& limits, const Sink& sink,
                      Archive& archive) {
  const oci::Digest& diff_id = source.image.config.diff_ids[n];
  const Bytes size = decoded_size(source, n, limits);
  archive.begin_file(diff_id.hex() + ".tar", size);
  layer::VerifiedLayer layer(source.layout, source.image.manifest.layers[n], diff_id, limits);
  std::vector<std::byte> buffer(1 * MiB);
  while (const std::size_t got = layer.tar().read(buffer)) sink(Bytewise(buffer).first(got));
  layer.finish();
  archive.end_file(size);
}

}  // namespace

void write_oci_archive(const Export& source, const Sink& sink) {
  Archive archive(sink);
  archive.directory("blobs");
  archive.directory("blobs/sha256");
  for (const oci::Descriptor& blob : blobs_of(source.image)) {
    archive.begin_file(blob_path(blob.digest), blob.size);
    copy_blob(source.layout, blob, sink);
    archive.end_file(blob.size);
  }
  oci::Descriptor descriptor = named(source);
  descriptor.annotations[std::string(oci::annotation::containerd_name)] =
      oci::Reference::parse(source.reference).full_name();
  archive.file("index.json", oci::dump_index({descriptor}));
  Json layers = Json::array();
  for (const oci::Descriptor& layer : source.image.manifest.layers) layers.push(blob_path(layer.digest));
  archive.file("manifest.json",
               docker_manifest(source, blob_path(source.image.manifest.config.digest), std::move(layers)).dump());
  archive.file("oci-layout", oci::layout_marker);
  archive.end();
}

void write_docker_archive(const Export& source, const layer::ExpansionLimits& limits, const Sink& sink) {
  const oci::Image& image = source.image;
  Archive archive(sink);
  const std::string config_name = image.manifest.config.digest.hex() + ".json";
  archive.file(config_name, image.config_text);
  std::set<oci::Digest> written;
  Json layers = Json::array();
  for (std::size_t n = 0; n < image.manifest.layers.size(); ++n) {
    if (written.insert(image.config.diff_ids[n]).second) add_docker_layer(source, n, limits, sink, archive);
    layers.push(image.config.diff_ids[n].hex() + ".tar");
  }
  archive.file("manifest.json", docker_manifest(source, config_name, std::move(layers)).dump());
  archive.end();
}

void write_oci_layout(const Export& source, const std::string& path, std::chrono::milliseconds lock_timeout) {
  const oci::Layout to = oci::Layout::create(path);
  // A state's gc takes blobs without a name for garbage.
  std::optional<sys::FileLock> no_gc;
  if (const std::string lock = path + "/blobs.lock"; access(lock.c_str(), F_OK) == 0)
    no_gc.emplace(lock, sys::FileLock::Mode::shared, lock_timeout);
  for (const oci::Descriptor& blob : blobs_of(source.image)) {
    if (to.holds(blob)) continue;
    oci::BlobWriter writer = to.new_blob();
    copy_blob(source.layout, blob, [&](Bytewise bytes) { writer.write(bytes); });
    writer.commit(blob.digest);
  }
  to.sync();
  const sys::FileLock lock = to.lock(lock_timeout);
  std::vector<oci::Descriptor> index = to.read_index();
  std::erase_if(index, [&](const oci::Descriptor& other) {
    return other.annotation(oci::annotation::ref_name) == source.reference;
  });
  index.push_back(named(source));
  to.write_index(index);
}

namespace {

// Empty, or with a part of what another export that is just making it puts there.
bool may_become_layout(const std::string& path) {
  if (is_vacant(path)) return true;
  const auto names = sys::names_in(sys::open_file(path, O_RDONLY | O_DIRECTORY).get(), path);
  return std::all_of(names.begin(), names.end(), [](const std::string& name) {
    return name == "blobs" || name == "index.json" || name == "oci-layout" || name.starts_with(".tmp-");
  });
}

}  // namespace

void check_layout_target(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0 || access((path + "/oci-layout").c_str(), F_OK) == 0) return;
  if (!S_ISDIR(status.st_mode)) fail(Kind::usage, "'{}' exists and is not a directory", printable(path));
  if (!may_become_layout(path))
    fail_hint(Kind::usage, "name an OCI layout, an empty directory, or one that does not exist yet",
              "directory '{}' is neither empty nor an OCI layout", printable(path));
}

}  // namespace fn::img
