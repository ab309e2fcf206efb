// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "update/swap_layers.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace fn;
using namespace fn::img;

namespace {

oci::History step(const std::string& created_by, bool is_empty = false) {
  oci::History entry;
  entry.created_by = created_by;
  entry.empty_layer = is_empty;
  return entry;
}

// An image of layers with these contents and names: "content" or "content=name".
oci::Image stack(const std::vector<std::string>& layers) {
  oci::Image image;
  image.config.platform = oci::Platform::parse("linux/amd64");
  for (const std::string& text : layers) {
    const std::size_t equals = text.find('=');
    oci::Descriptor layer;
    layer.media_type = oci::media::docker_layer_gzip;
    layer.digest = oci::Digest::of(text.substr(0, equals));
    layer.size = 1;
    if (equals != text.npos) layer.annotations[std::string(oci::annotation::layer_name)] = text.substr(equals + 1);
    image.config.diff_ids.push_back(layer.digest);
    image.config.history.push_back(step("made " + text));
    image.manifest.layers.push_back(std::move(layer));
  }
  oci::make_documents(image);
  return image;
}

std::string names(const oci::Image& image) {
  std::string text;
  for (const oci::Descriptor& layer : image.manifest.layers)
    text += fmt::format("{}>{} ", layer.annotation(oci::annotation::layer_name),
                        layer.annotation(oci::annotation::layer_follow));
  return text;
}

std::string steps(const oci::Image& image) {
  std::string text;
  for (const oci::History& one : image.config.history) text += one.created_by + (one.empty_layer ? " (empty); " : "; ");
  return text;
}

std::optional<oci::Image> none(const oci::Digest&) {
  return std::nullopt;
}

oci::Image swapped(const oci::Image& image, LayerRun run, const oci::Image* from, const oci::Image& to) {
  return swap_layers(image, {{.run = run, .from = from, .to = &to, .channel = "c"}}, none);
}

}  // namespace

TEST_CASE("one layer for one: its name and its step stay, the types are of one kind") {
  const oci::Image image = stack({"base", "old=runtime", "code=code"});
  const oci::Image version = stack({"new=python"});
  const oci::Image result = swapped(image, {1, 1}, nullptr, version);
  CHECK(names(result) == "> runtime>c code> ");
  CHECK(result.manifest.layers[1].digest == version.manifest.layers[0].digest);
  CHECK(result.config.diff_ids[1] == version.config.diff_ids[0]);
  CHECK(steps(result) == "made base; made old=runtime; made code=code; ");
  CHECK(result.manifest.media_type == oci::media::manifest);
  for (const oci::Descriptor& layer : result.manifest.layers) CHECK(layer.media_type == oci::media::layer_gzip);
}

TEST_CASE("a run of layers may become shorter or longer") {
  const oci::Image image = stack({"a", "b", "code=code"});
  CHECK(names(swapped(image, {0, 2}, nullptr, stack({"x=x"}))) == "x>c code> ");
  CHECK(names(swapped(image, {0, 1}, nullptr, stack({"x", "y", "z"}))) == ">c >c >c > code> ");
  CHECK(steps(swapped(image, {0, 2}, nullptr, stack({"x=x"}))) == "made x=x; made code=code; ");
}

TEST_CASE("several swaps at once don't move each other") {
  const oci::Image image = stack({"a=a", "b=b", "c=c"});
  const oci::Image two = stack({"x", "y"});
  const oci::Image one = stack({"z"});
  const oci::Image result = swap_layers(image,
                                        {{.run = {0, 1}, .from = nullptr, .to = &two, .channel = "low"},
                                         {.run = {2, 1}, .from = nullptr, .to = &one, .channel = "high"}},
                                        none);
  CHECK(names(result) == ">low >low b> c>high ");
}

TEST_CASE("the history of the old version is replaced whole, the owner's empty steps stay") {
  oci::Image from = stack({"a", "b"});
  from.config.history = {step("A"), step("ENV", true), step("B")};
  oci::Image to = stack({"c"});
  to.config.history = {step("C"), step("CMD", true)};
  oci::Image image = stack({"a", "b", "code"});
  image.config.history = from.config.history;
  image.config.history.push_back(step("USER", true));
  image.config.history.push_back(step("COPY"));
  CHECK(steps(swapped(image, {0, 2}, &from, to)) == "C; CMD (empty); USER (empty); COPY; ");
  CHECK(steps(swapped(image, {0, 2}, nullptr, to)) == "C; ENV (empty); USER (empty); COPY; ");
  image.config.history.clear();
  CHECK(steps(swapped(image, {0, 2}, &from, to)).empty());
}

TEST_CASE("values that came with the old version become the new one's, the owner's stay") {
  oci::Image from = stack({"a"});
  from.config.env = {"PATH=/old", "JAVA_HOME=/jvm/17", "GONE=1", "OUT=1"};
  from.config.labels = {{"version", "17"}, {"vendor", "v"}, {"gone", "1"}};
  from.config.cmd = {"old"};
  from.config.user = "root";
  from.config.exposed_ports = {"80/tcp"};
  from.config.rest = Json::parse(R"({"config":{"Healthcheck":{"Test":["old"]},"Shell":["sh"]}})", "rest");
  oci::Image to = stack({"b"});
  to.config.env = {"PATH=/new", "JAVA_HOME=/jvm/21", "OUT=2", "MORE=1"};
  to.config.labels = {{"version", "21"}, {"vendor", "w"}, {"more", "1"}};
  to.config.cmd = {"new"};
  to.config.user = "app";
  to.config.exposed_ports = {"81/tcp"};
  to.config.rest = Json::parse(R"({"config":{"Healthcheck":{"Test":["new"]}}})", "rest");
  oci::Image image = stack({"a", "code"});
  image.config = from.config;
  image.config.diff_ids = {image.manifest.layers[0].digest, image.manifest.layers[1].digest};
  image.config.env = {"PATH=/mine", "OWN=1", "JAVA_HOME=/jvm/17", "GONE=1"};  // OUT was taken out
  image.config.labels = {{"version", "17"}, {"vendor", "mine"}, {"gone", "1"}, {"own", "1"}};
  image.config.user = "mine";
  image.config.exposed_ports = {"80/tcp", "8080/tcp"};

  const oci::Config result = swapped(image, {0, 1}, &from, to).config;
  CHECK(result.env == std::vector<std::string>{"PATH=/mine", "OWN=1", "JAVA_HOME=/jvm/21", "MORE=1"});
  CHECK(result.labels ==
        std::map<std::string, std::string>{{"more", "1"}, {"own", "1"}, {"vendor", "mine"}, {"version", "21"}});
  CHECK(result.cmd == std::vector<std::string>{"new"});
  CHECK(result.user == "mine");
  CHECK(result.exposed_ports == std::vector<std::string>{"8080/tcp", "81/tcp"});
  CHECK(result.rest.dump() == R"({"config":{"Healthcheck":{"Test":["new"]}}})");

  const oci::Config unknown = swapped(image, {0, 1}, nullptr, to).config;
  CHECK(unknown.env ==
        std::vector<std::string>{"PATH=/mine", "OWN=1", "JAVA_HOME=/jvm/17", "GONE=1", "OUT=2", "MORE=1"});
  CHECK(unknown.cmd == std::vector<std::string>{"old"});
}

TEST_CASE("base annotations stay only while they are true") {
  const oci::Image base = stack({"a"});
  const oci::Image to = stack({"b"});
  oci::Image image = stack({"a", "old", "code"});
  const std::string digest_key(oci::annotation::base_digest);
  image.manifest.annotations = {
      {digest_key, base.descriptor.digest.str()}, {std::string(oci::annotation::base_name), "base:1"}, {"own", "1"}};
  const auto find = [&](const oci::Digest& digest) {
    return digest == base.descriptor.digest ? std::optional(base) : std::nullopt;
  };
  const auto annotations = [&](LayerRun run, const oci::Image* from, const FindImage& known) {
    return swap_layers(image, {{.run = run, .from = from, .to = &to, .channel = ""}}, known).manifest.annotations;
  };
  CHECK(annotations({1, 1}, nullptr, find) == image.manifest.annotations);
  CHECK(annotations({1, 1}, nullptr, none) == oci::Annotations{{"own", "1"}});
  CHECK(annotations({0, 1}, nullptr, find) == oci::Annotations{{"own", "1"}});
  CHECK(annotations({0, 1}, &base, find) == oci::Annotations{{"own", "1"}, {digest_key, to.descriptor.digest.str()}});
}

TEST_CASE("what cannot be is refused") {
  const oci::Image image = stack({"old=runtime", "code=code"});
  oci::Image arm = stack({"new"});
  arm.config.platform = oci::Platform::parse("linux/arm64");
  CHECK(error_of([&] {
          swapped(image, {0, 1}, nullptr, arm);
        }) ==
        "usage: the image is for linux/amd64, the new layer for linux/arm64 (give a version for the image's platform)");
  CHECK(error_of([&] {
          swapped(image, {0, 1}, nullptr, stack({"x=code", "y=y"}));
        }) ==
        "usage: the image would have two layers 'code' (give the layers of the new version other names, or none)");
}

TEST_CASE("members of documents that we don't know stay") {
  oci::Image image = stack({"old=runtime"});
  image.manifest.rest = Json::parse(R"({"artifactType":"x/y"})", "rest");
  const oci::Image result = swapped(image, {0, 1}, nullptr, stack({"new"}));
  CHECK(result.manifest_text.find(R"("artifactType":"x/y")") != std::string::npos);
}

TEST_CASE("neighbours that follow a channel are one run") {
  const auto layer = [](const std::string& name, const std::string& channel) {
    return state::LayerRow{.name = name, .digest = {}, .diff_id = {}, .size = 0, .follows = channel};
  };
  const std::vector<state::LayerRow> layers{layer("", "debian"), layer("", "debian"), layer("py", "python3"),
                                            layer("code", ""), layer("", "debian")};
  std::string text;
  for (const Following& one : followings(layers)) text += one.channel + "=" + run_label(layers, one.run) + " ";
  CHECK(text == "debian=0-1 python3=py debian=4 ");
}
