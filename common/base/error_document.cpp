// SPDX-License-Identifier: Apache-2.0
#include "base/error_document.hpp"

#include "base/text.hpp"

namespace fn {

Json error_document(const Error& error, int exit) {
  Json body = Json::object();
  body.set("kind", kind_name(error.kind()));
  body.set("message", one_safe_line(error.what()));
  body.set("hint", error.hint().empty() ? Json() : Json(one_safe_line(error.hint())));
  if (!error.reason().empty()) body.set("reason", error.reason());
  body.set("exit", exit);
  return Json::object().set("error", std::move(body));
}

}  // namespace fn
