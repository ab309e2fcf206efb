// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/units.hpp"
#include "http/message.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct MHD_Connection;
struct MHD_Response;

namespace fn::http {

struct Connection;
class Server;

// One request and its answer. Lives from the head of the request until Handler::on_end has returned; a handler may keep
// a pointer until then and answer at any time, from any of its functions or from outside.
class Exchange {
 public:
  // Unique within its server, never reused.
  std::uint64_t id() const { return id_; }
  std::uint64_t connection() const;
  // The connection's descriptor, for questions about the peer. Not to be read, written or closed.
  int fd() const;
  // The numeric address of the peer: "127.0.0.1", "::1".
  std::string peer() const;

  std::string_view method() const { return method_; }
  // As sent, before any decoding: "/a%20b", and what stands behind the first '?'. Of "http://host/a", "/a".
  std::string_view path() const;
  std::string_view query() const;
  // The first header of that name, whatever its case (RFC 9110 5.1).
  std::optional<std::string_view> header(std::string_view name) const;
  // All of them, as sent.
  Headers headers() const;
  // A trailer field of a chunked body (RFC 9112 7.1.2); there are none before on_request.
  std::optional<std::string_view> trailer(std::string_view name) const;
  std::optional<std::uint64_t> content_length() const;
  // Complete in on_request, unless it was streamed or over the limit.
  const std::string& body() const { return body_; }

  // In on_head only: a limit for this body instead of the server's; delivery in chunks instead of as a whole.
  void limit_body(Bytes limit) { body_limit_ = limit; }
  void stream_body() { streams_body_ = true; }

  // Answers, once; does nothing if the client is gone. The rest of the request's body is read and dropped first.
  void respond(Response response);
  // Answers in pieces (chunked for HTTP/1.1): start, write.., and finish with trailers or abort, which closes the
  // connection so that the client sees an incomplete answer.
  void start(unsigned status, Headers headers);
  void write(std::string_view bytes);
  void finish(Headers trailers = {});
  void abort();
  // Bytes written but not yet taken by the socket. Handler::on_drained says when there are none left.
  std::size_t unsent() const { return stream_.size() - stream_sent_; }
  bool answered() const { return reply_ != Reply::none; }
  // The client disconnected before it was answered.
  bool dropped() const { return reply_ == Reply::drop; }

 private:
  friend class Server;
  enum class Reply { none, whole, stream, drop };

  Exchange(Server& server, std::uint64_t id, const char* target);
  void wake();
  // The answer to a request of which it is not certain where its body ends; nothing if that is certain.
  std::optional<Response> bad_framing() const;
  MHD_Response* make_whole();
  MHD_Response* make_stream();

  Server& server_;
  std::uint64_t id_;
  Connection* connection_ = nullptr;
  std::string method_;
  std::string target_;

  bool begun_ = false;     // on_head was called
  bool complete_ = false;  // the whole request is here
  bool suspended_ = false;
  bool queued_ = false;  // the answer was handed to the library
  bool streams_body_ = false;
  bool over_limit_ = false;
  Bytes body_limit_ = 0;
  Bytes received_ = 0;
  std::string body_;

  Reply reply_ = Reply::none;
  Response response_;
  std::string stream_;  // of a streamed answer: what was written since it was last empty
  std::size_t stream_sent_ = 0;
  bool stream_ended_ = false;
  bool stream_aborted_ = false;
  Headers trailers_;
  MHD_Response* stream_response_ = nullptr;  // while the library holds it
};

}  // namespace fn::http
