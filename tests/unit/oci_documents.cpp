// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "oci/index.hpp"
#include "oci/layout.hpp"

#include <doctest/doctest.h>

using namespace fn;
using namespace fn::oci;

namespace {

const std::string digest_1 = Digest::of("1").str();
const std::string digest_2 = Digest::of("2").str();

std::string descriptor(std::string_view media_type, const std::string& digest) {
  return fmt::format(R"({{"mediaType":"{}","digest":"{}","size":5}})", media_type, digest);
}

std::string manifest_text(std::string_view layer_type = media::layer_gzip) {
  return fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","config":{},"layers":[{}]}})", media::manifest,
                     descriptor(media::config, digest_1), descriptor(layer_type, digest_2));
}

std::string config_text(const std::string& more = "") {
  return R"({"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[")" + digest_1 + "\"]}" + more +
         "}";
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string manifest_error(const std::string& text) {
  return error_of([&] { Manifest::parse(text, "manifest 'm'"); });
}

std::string config_error(const std::string& text) {
  return error_of([&] { Config::parse(text, "config 'c'"); });
}

Image image_of(const std::string& manifest, const std::string& config) {
  Image image;
  image.manifest = Manifest::parse(manifest, "m");
  image.config = Config::parse(config, "c");
  image.descriptor.media_type = media::manifest;
  image.descriptor.digest = Digest::of(manifest);
  return image;
}

std::string inconsistency(const Image& image) {
  const std::string subject = "integrity: image '" + image.descriptor.digest.str() + "': ";
  const std::string error = error_of([&] { check_consistency(image); });
  return error.starts_with(subject) ? error.substr(subject.size()) : error;
}

}  // namespace

TEST_CASE("our manifest has the members of the specification, in its order") {
  Manifest manifest = Manifest::parse(manifest_text(), "m");
  CHECK(manifest.dump() == manifest_text());
  manifest.annotations = {{"b", "2"}, {"a", "1"}};
  manifest.layers[0].annotations = {{"dev.fn.layer.name", "code"}};
  const std::string text = manifest.dump();
  CHECK(text.ends_with(R"("size":5,"annotations":{"dev.fn.layer.name":"code"}}],"annotations":{"a":"1","b":"2"}})"));
  CHECK(Manifest::parse(text, "m").dump() == text);
}

TEST_CASE("a manifest that doesn't say what it is stays so") {
  const std::string silent = replaced(manifest_text(), fmt::format(R"("mediaType":"{}",)", media::manifest), "");
  CHECK(Manifest::parse(silent, "m").dump() == silent);
}

TEST_CASE("what we don't know of a foreign manifest and its descriptors is still there when it is written again") {
  const std::string layer = R"({"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":")" + digest_2 +
                            R"(","size":5,"annotations":{"a":"b"},"platform":{"architecture":"amd64","os":"windows",)"
                            R"("os.version":"10.0"},"urls":["https://a.example/b"],"data":"MQ=="})";
  const std::string text = R"({"schemaVersion":2,"mediaType":")" + std::string(media::manifest) + R"(","config":)" +
                           descriptor(media::config, digest_1) + R"(,"layers":[)" + layer +
                           R"(],"annotations":{"c":"d"},"artifactType":"x/y","subject":)" +
                           descriptor(media::manifest, digest_1) + R"(,"later":{"n":[1,null]}})";
  CHECK(Manifest::parse(text, "m").dump() == text);
}

TEST_CASE("a manifest that is none is refused, with the place") {
  const std::string good = manifest_text();
  CHECK(manifest_error("[]") == "integrity: manifest 'm': is not an object");
  CHECK(manifest_error(replaced(good, "\"schemaVersion\":2", "\"schemaVersion\":1")) ==
        "integrity: manifest 'm': 'schemaVersion' is 1, not 2");
  CHECK(
      manifest_error(replaced(good, media::manifest, media::index)) ==
      "integrity: manifest 'm': 'application/vnd.oci.image.index.v1+json' is not the media type of an image manifest");
  CHECK(manifest_error(replaced(good, "\"config\"", "\"cnfig\"")) ==
        "integrity: manifest 'm': config: 'config' is missing");
  CHECK(
      manifest_error(replaced(good, digest_2, "sha256:1/../2")) ==
      "integrity: manifest 'm': layer 0: digest 'sha256:1/../2' is not 'sha256:' and 64 lower-case hexadecimal digits");
  CHECK(manifest_error(replaced(good, "\"size\":5", "\"size\":-5")) ==
        "integrity: manifest 'm': config: 'size' is not a number of bytes");
  CHECK(manifest_error(replaced(good, "\"size\":5", "\"size\":null")) ==
        "integrity: manifest 'm': config: 'size' is not a number of bytes");
  CHECK(manifest_error(replaced(good, "\"size\":5", "\"size\":5.0")) ==
        "integrity: manifest 'm': config: 'size' is not an integer");
  CHECK(manifest_error(replaced(good, media::config, "")) == "integrity: manifest 'm': config: 'mediaType' is empty");
  CHECK(manifest_error(replaced(good, "\"layers\":[", "\"annotations\":{\"a\\n\":1},\"layers\":[")) ==
        "integrity: manifest 'm': annotation 'a\\n': is not a string");
}

TEST_CASE("no document is a manifest to one reader and an index to another") {
  CHECK(manifest_error(replaced(manifest_text(), "\"layers\"", "\"manifests\":[],\"layers\"")) ==
        "integrity: manifest 'm': it is both a manifest and an index");
  const std::string index = dump_index({});
  CHECK(error_of([&] { parse_index(index, "i"); }) == "nothing");
  CHECK(error_of([&] { parse_index(replaced(index, "\"manifests\"", "\"layers\":[],\"manifests\""), "i"); }) ==
        "integrity: i: it is both an index and a manifest");
  CHECK(error_of([&] { parse_index(replaced(index, media::index, media::manifest), "i"); }) ==
        "integrity: i: 'application/vnd.oci.image.manifest.v1+json' is not the media type of an index");
}

TEST_CASE("an index keeps its entries' order, names and platforms") {
  Descriptor entry;
  entry.media_type = media::manifest;
  entry.digest = Digest::of("1");
  entry.size = 7;
  entry.annotations = {{std::string(annotation::ref_name), "app:v1"}};
  entry.platform = Platform{.os = "linux", .architecture = "arm", .variant = "v7"};
  Descriptor other = entry;
  other.digest = Digest::of("0");
  other.platform.reset();
  const auto entries = parse_index(dump_index({entry, other}), "i");
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].digest == entry.digest);
  CHECK(entries[0].annotation(annotation::ref_name) == "app:v1");
  CHECK(entries[0].platform == entry.platform);
  CHECK(entries[1].digest == other.digest);
  CHECK_FALSE(entries[1].platform);
}

TEST_CASE("what we don't know of a foreign config is still there when it is written again") {
  const std::string text = config_text(
      R"(,"config":{"Cmd":["a","b"],"Env":["A=1"],"Healthcheck":{"Test":["x"]},"Volumes":{"/v":{}},"Entrypoint":null},)"
      R"("os.version":"10","container":"c0ffee","history":null)");
  Config config = Config::parse(text, "c");
  CHECK(config.cmd == std::vector<std::string>{"a", "b"});
  CHECK(config.volumes == std::vector<std::string>{"/v"});
  CHECK(config.entrypoint.empty());
  CHECK(config.history.empty());
  config.labels["k"] = "v";
  CHECK(config.dump() ==
        R"({"architecture":"amd64","os":"linux","config":{"Env":["A=1"],"Cmd":["a","b"],"Volumes":{"/v":{}},)"
        R"("Labels":{"k":"v"},"Healthcheck":{"Test":["x"]}},"rootfs":{"type":"layers","diff_ids":[")" +
            digest_1 + R"("]},"os.version":"10","container":"c0ffee"})");
}

TEST_CASE("every field of a config survives") {
  Config config;
  config.created = "2026-01-02T03:04:05Z";
  config.author = "me";
  config.platform = {.os = "linux", .architecture = "arm", .variant = "v6"};
  config.user = "1000:1000";
  config.env = {"PATH=/bin", "A="};
  config.entrypoint = {"/run", ""};
  config.cmd = {"-v"};
  config.working_dir = "/srv";
  config.stop_signal = "SIGINT";
  config.exposed_ports = {"8080/tcp", "53/udp", "8080/tcp"};
  config.volumes = {"/b", "/a"};
  config.labels = {{"a", "b"}};
  config.diff_ids = {Digest::of("1")};
  config.history = {{.created = config.created, .created_by = "x", .comment = "c", .author = "a", .empty_layer = false},
                    {.created = {}, .created_by = "ENV", .comment = {}, .author = {}, .empty_layer = true}};
  const std::string text = config.dump();
  const Config again = Config::parse(text, "c");
  CHECK(again.dump() == text);
  CHECK(again.exposed_ports == std::vector<std::string>{"53/udp", "8080/tcp"});
  CHECK(again.volumes == std::vector<std::string>{"/a", "/b"});
  CHECK(again.platform == config.platform);
  CHECK(again.history[1].empty_layer);
  CHECK(again.entrypoint == config.entrypoint);
  CHECK(again.rest.is_object());
  CHECK(again.rest.as_object().empty());
}

TEST_CASE("the order in which ports and volumes were given is not in the digest") {
  Config one, two;
  one.volumes = {"/a", "/b"};
  two.volumes = {"/b", "/a"};
  CHECK(one.dump() == two.dump());
}

TEST_CASE("a variable is replaced in its place, and not by one with a longer name") {
  Config config;
  config.env = {"PATHS=1", "PATH=/bin", "Z=1"};
  config.set_env("PATH", "/usr/bin");
  config.set_env("NEW", "x=y");
  CHECK(config.env == std::vector<std::string>{"PATHS=1", "PATH=/usr/bin", "Z=1", "NEW=x=y"});
}

TEST_CASE("a config that is none is refused, with the place") {
  CHECK(config_error("{}") == "integrity: config 'c': 'architecture' is missing");
  CHECK(config_error(replaced(config_text(), "\"os\"", "\"so\"")) == "integrity: config 'c': 'os' is missing");
  CHECK(config_error(replaced(config_text(), "rootfs", "roots")) == "integrity: config 'c': 'rootfs' is missing");
  CHECK(config_error(replaced(config_text(), "\"layers\"", "\"blocks\"")) ==
        "integrity: config 'c': rootfs: rootfs is of type 'blocks', not 'layers'");
  CHECK(config_error(replaced(config_text(), digest_1, "sha256:x")) ==
        "integrity: config 'c': rootfs: 'sha256:x' is not a diffID");
  CHECK(config_error(config_text(R"(,"created":"yesterday")")) ==
        "integrity: config 'c': 'created' is not an RFC 3339 time: 'yesterday'");
  CHECK(config_error(config_text(R"(,"config":{"Env":"A=1"})")) ==
        "integrity: config 'c': config: 'Env': is not an array");
  CHECK(config_error(config_text(R"(,"config":{"Volumes":["/v"]})")) ==
        "integrity: config 'c': config: 'Volumes': is not an object");
  CHECK(config_error(config_text(R"(,"history":[{"empty_layer":"yes"}])")) ==
        "integrity: config 'c': history: is not true or false");
}

TEST_CASE("a history is made to fit the layers") {
  const auto fitted = [](std::vector<bool> empty, std::size_t layers) {
    Config config;
    for (const bool each : empty) {
      History& entry = config.history.emplace_back();
      entry.created_by = "step";
      entry.empty_layer = each;
    }
    std::string text;
    for (const History& entry : config.history_of(layers))
      text += entry.empty_layer ? 'e' : entry.created_by.empty() ? '?' : 'L';
    return text;
  };
  CHECK(fitted({}, 2) == "??");
  CHECK(fitted({false, true, false}, 2) == "LeL");
  CHECK(fitted({false, true}, 3) == "Le??");
  CHECK(fitted({false, false, true, false}, 1) == "Leee");
  CHECK(fitted({true}, 0) == "e");
}

TEST_CASE("documents that contradict each other make no image") {
  CHECK(inconsistency(image_of(manifest_text(), config_text())) == "nothing");
  CHECK(inconsistency(image_of(manifest_text(), config_text(R"(,"history":[{"empty_layer":true},{}])"))) == "nothing");
  for (const char* history : {R"([{"empty_layer":true}])", "[]", "[{},{}]", "null"})
    CHECK(inconsistency(image_of(manifest_text(), config_text(fmt::format(R"(,"history":{})", history)))) == "nothing");
  CHECK(inconsistency(image_of(manifest_text(), replaced(config_text(), "\"" + digest_1 + "\"", ""))) ==
        "the manifest has 1 layers, the config 0 diffIDs");
  CHECK(inconsistency(image_of(manifest_text(media::docker_layer_gzip), config_text())) == "nothing");
  CHECK(
      inconsistency(image_of(replaced(manifest_text(), media::config, "application/vnd.cncf.helm.config.v1+json"),
                             config_text())) ==
      "config media type 'application/vnd.cncf.helm.config.v1+json' is not that of an image (it may be an artifact of "
      "another kind)");
  Image image = image_of(manifest_text(), config_text());
  image.descriptor.media_type = media::docker_manifest;
  CHECK(inconsistency(image) ==
        "the descriptor says media type 'application/vnd.docker.distribution.manifest.v2+json', the manifest "
        "'application/vnd.oci.image.manifest.v1+json'");
}

TEST_CASE("docker's own layers are right in docker's own manifest") {
  const std::string text =
      replaced(replaced(manifest_text(media::docker_layer_gzip), media::manifest, media::docker_manifest),
               media::config, media::docker_config);
  Image image = image_of(text, config_text());
  image.descriptor.media_type = media::docker_manifest;
  CHECK(inconsistency(image) == "nothing");
}
