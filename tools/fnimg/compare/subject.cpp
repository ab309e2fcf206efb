// SPDX-License-Identifier: Apache-2.0
#include "compare/subject.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "image/all_images.hpp"
#include "image/layer_reader.hpp"
#include "oci/digest_prefix.hpp"

#include <set>
#include <sys/stat.h>
#include <unistd.h>

namespace fn::img {
namespace {

// Collects the blobs whose digest begins so, each once.
class Search {
 public:
  Search(const state::Store& store, std::string prefix) : store_(store), prefix_(std::move(prefix)) {}

  std::vector<Subject> run(const std::string& text) {
    for (const state::ImageRow& row : store_.images())
      for (const oci::Image& image : images_of(store_.layout(), row.descriptor)) {
        add(text, image, Subject::Kind::image, 0);
        add(text, image, Subject::Kind::config, 0);
        for (std::size_t n = 0; n < image.manifest.layers.size(); ++n) add(text, image, Subject::Kind::layer, n);
      }
    return std::move(found_);
  }

 private:
  void add(const std::string& text, const oci::Image& image, Subject::Kind kind, std::size_t layer) {
    Subject subject{.kind = kind, .operand = {}, .layer = layer};
    subject.operand.image = image;
    if (!subject.digest().str().starts_with(prefix_) || !seen_.insert(subject.digest()).second) return;
    subject.operand.text = text;
    subject.operand.named = image.descriptor.digest;
    subject.operand.layout = std::make_shared<const oci::Layout>(oci::Layout::open(store_.layout().path()));
    found_.push_back(std::move(subject));
  }

  const state::Store& store_;
  std::string prefix_;
  std::set<oci::Digest> seen_;
  std::vector<Subject> found_;
};

std::optional<Subject> find_blob(const std::string& text, const state::Store* store) {
  const auto prefix = oci::digest_prefix(text);
  if (!prefix || !store) return std::nullopt;
  std::vector<Subject> found = Search(*store, *prefix).run(text);
  if (found.empty()) return std::nullopt;
  if (found.size() > 1)
    fail_hint(Kind::usage, "give more digits", "'{}' is ambiguous: several digests start with it", printable(text));
  return std::move(found.front());
}

Subject image_subject(const std::string& text, const state::Store* store, const ImageChoice& choice,
                      const Limits& limits) {
  Subject subject{.kind = Subject::Kind::image, .operand = open_operand(text, store, choice, limits), .layer = 0};
  if (!subject.operand.image)
    fail_hint(Kind::usage, "make an image of it: fnimg build -t NAME:TAG --layer NAME=DIR",
              "'{}' is a plain directory, which has no digest", printable(text));
  return subject;
}

// "NAME:TAG#LAYER"; a file may have such a name too.
std::optional<Subject> layer_subject(const std::string& text, const state::Store* store, const ImageChoice& choice,
                                     const Limits& limits) {
  const std::size_t hash = text.rfind('#');
  if (hash == std::string::npos || access(text.c_str(), F_OK) == 0) return std::nullopt;
  Subject subject = image_subject(text.substr(0, hash), store, choice, limits);
  subject.kind = Subject::Kind::layer;
  subject.layer = find_layer(subject.image(), std::string_view(text).substr(hash + 1), text.substr(0, hash));
  subject.operand.text = text;
  return subject;
}

}  // namespace

const oci::Digest& Subject::digest() const {
  switch (kind) {
    case Kind::config:
      return image().manifest.config.digest;
    case Kind::layer:
      return image().manifest.layers[layer].digest;
    case Kind::image:
      break;
  }
  return image().descriptor.digest;
}

std::string_view kind_name(Subject::Kind kind) {
  switch (kind) {
    case Subject::Kind::config:
      return "config";
    case Subject::Kind::layer:
      return "layer";
    case Subject::Kind::image:
      break;
  }
  return "image";
}

Subject open_subject(const std::string& text, const state::Store* store, const ImageChoice& choice,
                     const Limits& limits) {
  if (auto layer = layer_subject(text, store, choice, limits)) return std::move(*layer);
  try {
    return image_subject(text, store, choice, limits);
  } catch (const Error& error) {
    if (error.kind() != Kind::not_found) throw;
    if (auto blob = find_blob(text, store)) return std::move(*blob);
    throw;
  }
}

}  // namespace fn::img
