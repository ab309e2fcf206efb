// SPDX-License-Identifier: Apache-2.0
#include "http/exchange.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "http/connection.hpp"
#include "http/server.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace fn::http {
namespace {

std::optional<std::string_view> lookup(MHD_Connection* connection, MHD_ValueKind kind, std::string_view name) {
  const char* value = nullptr;
  std::size_t size = 0;
  if (MHD_lookup_connection_value_n(connection, kind, name.data(), name.size(), &value, &size) != MHD_YES) return {};
  return value == nullptr ? std::string_view() : std::string_view(value, size);
}

// `text` is `other`, which is in lower case, but for the case of its letters.
bool same_letters(std::string_view text, std::string_view other) {
  return std::equal(text.begin(), text.end(), other.begin(), other.end(),
                    [](char a, char b) { return ascii_lower(a) == b; });
}

// RFC 9112 3.2.2: clients of a proxy name all of the URL, and a server takes that, too.
std::string_view without_authority(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    const bool is_absolute = std::equal(scheme.begin(), scheme.end(), target.begin(),
                                        target.begin() + std::min(scheme.size(), target.size()),
                                        [](char a, char b) { return a == ascii_lower(b); });
    if (is_absolute) return target.substr(std::min(target.find_first_of("/?", scheme.size()), target.size()));
  }
  return target;
}

// In the form that begins with a path.
std::string origin_form(std::string_view target) {
  const std::string_view rest = without_authority(target);
  const bool has_path = rest.size() == target.size() || rest.starts_with('/');
  return has_path ? std::string(rest) : "/" + std::string(rest);
}

void add_headers(MHD_Response* response, const Headers& headers) {
  for (const Header& header : headers) {
    if (MHD_add_response_header(response, header.name.c_str(), header.value.c_str()) == MHD_YES) continue;
    MHD_destroy_response(response);
    fail(Kind::internal, "header '{}' cannot be sent", printable(header.name));
  }
}

}  // namespace

Exchange::Exchange(Server& server, std::uint64_t id, const char* target)
    : server_(server), id_(id), target_(origin_form(target)) {}

std::uint64_t Exchange::connection() const {
  return connection_->id;
}
int Exchange::fd() const {
  return connection_->fd;
}

std::string Exchange::peer() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getpeername(fd(), reinterpret_cast<sockaddr*>(&address), &size) < 0) return {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* number = address.ss_family == AF_INET
                           ? static_cast<void*>(&reinterpret_cast<sockaddr_in&>(address).sin_addr)
                           : &reinterpret_cast<sockaddr_in6&>(address).sin6_addr;
  return inet_ntop(address.ss_family, number, text.data(), text.size()) == nullptr ? "" : text.data();
}

std::string_view Exchange::path() const {
  return std::string_view(target_).substr(0, target_.find('?'));
}

std::string_view Exchange::query() const {
  const std::size_t mark = target_.find('?');
  return mark == std::string::npos ? std::string_view() : std::string_view(target_).substr(mark + 1);
}

std::optional<std::string_view> Exchange::header(std::string_view name) const {
  return lookup(connection_->library, MHD_HEADER_KIND, name);
}

Headers Exchange::headers() const {
  std::vector<std::pair<std::string_view, std::string_view>> seen;
  const int count = MHD_get_connection_values_n(connection_->library, MHD_HEADER_KIND, nullptr, nullptr);
  seen.reserve(std::size_t(std::max(count, 0)));  // no exception may pass through the library
  const auto add = [](void* list, MHD_ValueKind, const char* name, std::size_t name_size, const char* value,
                      std::size_t size) {
    auto& views = *static_cast<decltype(seen)*>(list);
    views.emplace_back(std::string_view(name, name_size),
                       value == nullptr ? std::string_view() : std::string_view(value, size));
    return MHD_YES;
  };
  MHD_get_connection_values_n(connection_->library, MHD_HEADER_KIND, add, &seen);
  Headers all;
  for (const auto& [name, value] : seen) all.push_back({std::string(name), std::string(value)});
  return all;
}

std::optional<std::string_view> Exchange::trailer(std::string_view name) const {
  return lookup(connection_->library, MHD_FOOTER_KIND, name);
}

std::optional<std::uint64_t> Exchange::content_length() const {
  const auto value = header("Content-Length");
  return value ? parse_uint(*value) : std::nullopt;
}

std::optional<Response> Exchange::bad_framing() const {
  const auto refusal = [](unsigned status, std::string words) {
    return Response{status, {{"Content-Type", "text/plain"}, {"Connection", "close"}}, std::move(words)};
  };
  struct Lengths {
    std::vector<std::string_view> sizes;
    std::vector<std::string_view> encodings;
  } seen;
  seen.sizes.reserve(2);  // of more, two are enough: no exception may pass through the library
  seen.encodings.reserve(2);
  const auto look = [](void* lengths, MHD_ValueKind, const char* name, std::size_t name_size, const char* value,
                       std::size_t size) {
    auto& all = *static_cast<Lengths*>(lengths);
    const std::string_view text = value == nullptr ? std::string_view() : std::string_view(value, size);
    const auto is = [&](std::string_view other) { return same_letters({name, name_size}, other); };
    if (is("content-length") && all.sizes.size() < 2 && (all.sizes.empty() || all.sizes.front() != text))
      all.sizes.push_back(text);
    if (is("transfer-encoding") && all.encodings.size() < 2) all.encodings.push_back(text);
    return MHD_YES;
  };
  MHD_get_connection_values_n(connection_->library, MHD_HEADER_KIND, look, &seen);
  if (seen.sizes.size() > 1) return refusal(400, "the request has two lengths\n");
  if (seen.encodings.empty()) return std::nullopt;
  if (!seen.sizes.empty()) return refusal(400, "the request has a length and a transfer encoding\n");
  if (seen.encodings.size() > 1 || !same_letters(seen.encodings.front(), "chunked"))
    return refusal(501, "the only transfer encoding that is understood is 'chunked'\n");
  return std::nullopt;
}

void Exchange::respond(Response response) {
  if (reply_ == Reply::drop) return;
  if (answered()) fail(Kind::internal, "request answered twice");
  reply_ = Reply::whole;
  response_ = std::move(response);
  wake();
}

void Exchange::start(unsigned status, Headers headers) {
  if (reply_ == Reply::drop) return;
  if (answered()) fail(Kind::internal, "request answered twice");
  reply_ = Reply::stream;
  response_ = {status, std::move(headers), {}};
  wake();
}

void Exchange::write(std::string_view bytes) {
  constexpr std::size_t worth_moving = MiB;
  if (stream_sent_ > worth_moving && stream_sent_ > stream_.size() / 2) {
    stream_.erase(0, stream_sent_);
    stream_sent_ = 0;
  }
  stream_ += bytes;
  if (!bytes.empty()) wake();
}

void Exchange::finish(Headers trailers) {
  trailers_ = std::move(trailers);
  stream_ended_ = true;
  wake();
}

void Exchange::abort() {
  stream_aborted_ = true;
  if (!queued_) reply_ = Reply::drop;
  wake();
}

void Exchange::wake() {
  if (!suspended_) return;
  suspended_ = false;
  server_.resumed_ = true;
  MHD_resume_connection(connection_->library);
}

MHD_Response* Exchange::make_whole() {
  // The bytes stay where they are until the library has sent the last of them.
  auto* body = new std::string(std::move(response_.body));
  const auto release = [](void* owned) { delete static_cast<std::string*>(owned); };
  MHD_Response* response =
      MHD_create_response_from_buffer_with_free_callback_cls(body->size(), body->data(), release, body);
  if (response == nullptr) {
    delete body;
    fail(Kind::failure, "cannot answer a request: out of memory");
  }
  add_headers(response, response_.headers);
  return response;
}

MHD_Response* Exchange::make_stream() {
  constexpr std::size_t block = 64 * KiB;
  const auto read = [](void* self, std::uint64_t, char* buffer, std::size_t size) -> ssize_t {
    auto& exchange = *static_cast<Exchange*>(self);
    return exchange.server_.read_stream(exchange, buffer, size);
  };
  MHD_Response* response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, block, read, this, nullptr);
  if (response == nullptr) fail(Kind::failure, "cannot answer a request: out of memory");
  add_headers(response, response_.headers);
  stream_response_ = response;
  return response;
}

}  // namespace fn::http
