// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "layer/decompress.hpp"
#include "oci/layout.hpp"
#include "transfer/compressing_sink.hpp"

#include <chrono>
#include <functional>
#include <span>
#include <string>

namespace fn::img {

// An image to be exported: where it is stored, and its name in the copy.
struct Export {
  const oci::Layout& layout;
  const oci::Image& image;
  std::string reference;
};

// The image as an OCI layout in a tar, blobs as they are stored, with docker's manifest.json beside index.json, so that
// `docker load` of either image store takes it as well; the same image gives the same bytes. Digests are checked on the
// way: a caller that keeps the bytes must discard them if this throws integrity.
void write_oci_archive(const Export& source, const Sink& sink);

// As `docker save` before version 25 wrote it: manifest.json, the config, layers as plain tars, each checked against
// its diffID before it is written.
void write_docker_archive(const Export& source, const layer::ExpansionLimits& limits, const Sink& sink);

// Adds the image to the OCI layout at `path`, which is created if it does not exist or is an empty directory, and may
// be another state. Others may write there too: index.json is changed under the layout's lock, for which it waits so
// long. A blob that is there is used if it has its digest.
void write_oci_layout(const Export& source, const std::string& path, std::chrono::milliseconds lock_timeout);
// Throws usage if it is neither of these.
void check_layout_target(const std::string& path);

}  // namespace fn::img
