// SPDX-License-Identifier: Apache-2.0
#include "error_of.hpp"
#include "oci/descriptor.hpp"
#include "oci/reference.hpp"

#include <doctest/doctest.h>
#include <sys/utsname.h>

using namespace fn;
using namespace fn::oci;

namespace {

const std::string hex_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

std::string reference_error(const std::string& text) {
  return error_of([&] { Reference::parse(text); });
}

}  // namespace

TEST_CASE("a digest is one algorithm and 64 lower-case digits") {
  const Digest digest = Digest::parse("sha256:" + hex_abc);
  CHECK(digest == Digest::of("abc"));
  CHECK(digest.hex() == hex_abc);
  CHECK(digest.brief() == "ba7816bf8f01");
  CHECK(Digest().empty());
  CHECK(error_of([&] { Digest::parse("sha512:" + hex_abc); }) ==
        "unsupported: digest algorithm 'sha512' is not supported, only sha256");
  std::string upper = hex_abc;
  upper[0] = 'B';
  for (const std::string& bad : {std::string(), hex_abc, "sha256:" + upper, "sha256:" + hex_abc + "0",
                                 "sha256:" + hex_abc.substr(1), "sha256:../" + hex_abc.substr(3), ":" + hex_abc}) {
    CAPTURE(bad);
    CHECK_FALSE(Digest::is_valid(bad));
    CHECK(error_of([&] { Digest::parse(bad); }) ==
          "usage: digest '" + bad + "' is not 'sha256:' and 64 lower-case hexadecimal digits");
  }
}

TEST_CASE("the first layer's chainID is its diffID, then both are hashed") {
  const Digest first = Digest::of("1");
  const Digest second = Digest::of("2");
  CHECK(chain_id({}, first) == first);
  CHECK(chain_id(first, second) == Digest::of(first.str() + " " + second.str()));
}

TEST_CASE("a reference has a name, a tag, perhaps a digest") {
  const auto parts = [](const std::string& text) {
    const Reference reference = Reference::parse(text);
    return reference.name() + "|" + reference.tag() + "|" + reference.digest().str();
  };
  CHECK(parts("app:v1") == "app|v1|");
  CHECK(parts("app:V1_2.3-x") == "app|V1_2.3-x|");
  CHECK(parts("localhost:5000") == "localhost|5000|");
  CHECK(parts("localhost:5000/app") == "localhost:5000/app|latest|");
  CHECK(parts("registry.example:443/a/b_c/d--e__f:1") == "registry.example:443/a/b_c/d--e__f|1|");
  CHECK(parts("[fe80::1]:80/app:1") == "[fe80::1]:80/app|1|");
  CHECK(Reference::parse("app").str() == "app:latest");
}

TEST_CASE("a digest takes the place of the tag latest, not of a tag that is given") {
  const std::string digest = "@sha256:" + hex_abc;
  CHECK(Reference::parse("app" + digest).tag().empty());
  CHECK(Reference::parse("app" + digest).str() == "app" + digest);
  CHECK(Reference::parse("h:1/app:v1" + digest).str() == "h:1/app:v1");
  CHECK(Reference::parse("h:1/app:v1" + digest).digest() == Digest::of("abc"));
  CHECK(reference_error("app@sha256:12") ==
        "usage: reference 'app@sha256:12': digest 'sha256:12' is not 'sha256:' and 64 lower-case hexadecimal digits");
}

TEST_CASE("docker's registry goes without saying") {
  const auto both = [](const std::string& text) {
    const Reference reference = Reference::parse(text);
    return reference.full_name() + "|" + reference.short_name();
  };
  CHECK(both("app:v1") == "docker.io/library/app:v1|app:v1");
  CHECK(both("team/app:v1") == "docker.io/team/app:v1|team/app:v1");
  CHECK(both("localhost/app:v1") == "localhost/app:v1|localhost/app:v1");
  CHECK(both("h:1/app") == "h:1/app:latest|h:1/app:latest");
  CHECK(both("docker.io/library/app:v1") == "docker.io/library/app:v1|app:v1");
  CHECK(both("docker.io/team/app:v1") == "docker.io/team/app:v1|team/app:v1");
}

TEST_CASE("a wrong reference is told what is wrong with it, and safely") {
  const std::string hint = " (write NAME:TAG, such as 'app:v1' or 'registry.example/team/app:v1')";
  CHECK(reference_error("") == "usage: reference '': it has no name" + hint);
  CHECK(reference_error(":v1") == "usage: reference ':v1': it has no name" + hint);
  CHECK(reference_error("App:v1") == "usage: reference 'App:v1': its name must be lower case" + hint);
  CHECK(reference_error("app:") == "usage: reference 'app:': its tag is empty" + hint);
  CHECK(reference_error("app:-v") == "usage: reference 'app:-v': '-v' is not a valid tag" + hint);
  CHECK(reference_error("app:a:b") == "usage: reference 'app:a:b': 'a:b' is not a valid tag" + hint);
  CHECK(reference_error("a//b") == "usage: reference 'a//b': a part of its name is empty" + hint);
  CHECK(reference_error("../app") == "usage: reference '../app': '..' is not HOST or HOST:PORT" + hint);
  CHECK(reference_error("h:x/app") == "usage: reference 'h:x/app': 'h:x' is not HOST or HOST:PORT" + hint);
  CHECK(reference_error("a___b") == "usage: reference 'a___b': 'a___b' is not a valid name component" + hint);
  CHECK(reference_error("a\x1b[31mb").find('\x1b') == std::string::npos);
  CHECK(reference_error("app:" + std::string(128, 't')) == "nothing");
  CHECK(reference_error("app:" + std::string(129, 't')).ends_with("its tag is longer than 128 characters" + hint));
  CHECK(reference_error(std::string(256, 'a')).ends_with("its name is longer than 255 characters" + hint));
  for (const std::string bad :
       {"-a", "a-", ".a", "a..b", "a b", "a/", "/a", "a_-b", "[::1/app", "[]/app", "h.:1/app"}) {
    CAPTURE(bad);
    CHECK(reference_error(bad).starts_with("usage: reference"));
  }
}

TEST_CASE("platforms are written as Go names them, and understood as the kernel does") {
  const auto str = [](const std::string& text) { return Platform::parse(text).str(); };
  CHECK(str("linux/amd64") == "linux/amd64");
  CHECK(str("arm64") == "linux/arm64");
  CHECK(str("aarch64") == "linux/arm64");
  CHECK(str("linux/arm64/v8") == "linux/arm64");
  CHECK(str("arm/v7") == "linux/arm/v7");
  CHECK(str("x86_64") == "linux/amd64");
  CHECK(str("windows/amd64") == "windows/amd64");
}

TEST_CASE("an unknown platform is corrected") {
  const auto error = [](const std::string& text) { return error_of([&] { Platform::parse(text); }); };
  CHECK(error("linux/amd46") == "usage: platform 'linux/amd46': unknown architecture 'amd46' (did you mean 'amd64'?)");
  CHECK(error("linx/amd64") == "usage: platform 'linx/amd64': unknown system 'linx' (did you mean 'linux'?)");
  CHECK(error("vax").ends_with("(known are amd64, arm64, arm, 386, riscv64, ppc64le, s390x, mips64le, loong64)"));
  CHECK(error("linux") ==
        "usage: platform 'linux' has 1 parts (write OS/ARCHITECTURE[/VARIANT], such as 'linux/arm64')");
  CHECK(error("linux/arm/7") == "usage: platform 'linux/arm/7': variant '7' is not 'v' and a digit");
  CHECK(error("linux/arm/v7/x").starts_with("usage: platform 'linux/arm/v7/x' has 4 parts"));
  CHECK(error("").starts_with("usage: "));
}

TEST_CASE("the host is one of the known platforms") {
  const Platform host = Platform::host();
  CHECK(Platform::parse(host.str()) == host);
  utsname names{};
  uname(&names);
  CHECK(host.architecture == Platform::parse(names.machine).architecture);
}

TEST_CASE("a layer's media type says how it is compressed") {
  CHECK(layer_compression(media::layer) == Compression::none);
  CHECK(layer_compression(media::layer_zstd) == Compression::zstd);
  CHECK(layer_compression(media::docker_layer_gzip) == Compression::gzip);
  CHECK(layer_compression("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip") == Compression::gzip);
  CHECK_FALSE(layer_compression("application/vnd.docker.image.rootfs.diff.tar.zstd"));
  CHECK_FALSE(layer_compression(media::config));
  for (const auto compression : {Compression::none, Compression::gzip, Compression::zstd})
    CHECK(layer_compression(layer_media_type(compression)) == compression);
}
