#include "src/serve/http_answer.h"

namespace icelab {
namespace {

// Nothing but what is served here, and nobody puts these pages into a frame of theirs.
constexpr auto security_policy =
    "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; media-src 'self' "
    "blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What every answer has. Each connection is for one request.
SoupMessageHeaders* begin_answer(SoupServerMessage* message, int status) {
  soup_server_message_set_status(message, static_cast<guint>(status), nullptr);
  // libsoup would answer it by itself, with a wrong 206 where it is beyond the end. A server may
  // always ignore it (RFC 9110 section 14.2).
  soup_message_headers_remove(soup_server_message_get_request_headers(message), "Range");
  SoupMessageHeaders* headers = soup_server_message_get_response_headers(message);
  soup_message_headers_replace(headers, "Connection", "close");
  soup_message_headers_replace(headers, "X-Content-Type-Options", "nosniff");
  soup_message_headers_replace(headers, "Accept-Ranges", "none");
  return headers;
}

}  // namespace

std::optional<std::string> header_of(SoupServerMessage* message, const char* name) {
  const char* values =
      soup_message_headers_get_list(soup_server_message_get_request_headers(message), name);
  return values == nullptr ? std::nullopt : std::optional<std::string>(values);
}

RequestHead head_of(SoupServerMessage* message) {
  return {.host = header_of(message, "Host"),
          .origin = header_of(message, "Origin"),
          .subprotocols = header_of(message, "Sec-WebSocket-Protocol")};
}

void answer_text(SoupServerMessage* message, int status, std::string_view text) {
  begin_answer(message, status);
  soup_server_message_set_response(message, "text/plain; charset=utf-8", SOUP_MEMORY_COPY,
                                   text.data(), text.size());
}

void answer_refusal(SoupServerMessage* message, const Refusal& refusal) {
  answer_text(message, refusal.status, refusal.text);
}

bool require_reading(SoupServerMessage* message) {
  const std::string_view method = soup_server_message_get_method(message);
  if (method == "GET" || method == "HEAD") return true;
  answer_text(message, SOUP_STATUS_METHOD_NOT_ALLOWED, "This server only reads: GET and HEAD.\n");
  soup_message_headers_replace(soup_server_message_get_response_headers(message), "Allow",
                               "GET, HEAD");
  return false;
}

void answer_page(SoupServerMessage* message, const Page& page, bool over_tls) {
  SoupMessageHeaders* headers = begin_answer(message, SOUP_STATUS_OK);
  soup_message_headers_append(headers, "Content-Security-Policy", security_policy);
  soup_message_headers_append(headers, "Referrer-Policy", "no-referrer");
  soup_message_headers_append(headers, "Vary", "Accept-Encoding");
  soup_message_headers_append(headers, "Cache-Control",
                              page.immutable ? "max-age=31536000, immutable" : "no-cache");
  // RFC 6797 section 7.2: over HTTPS only.
  if (over_tls)
    soup_message_headers_append(headers, "Strict-Transport-Security", "max-age=31536000");
  const bool compress =
      !page.compressed.empty() &&
      soup_message_headers_header_contains(soup_server_message_get_request_headers(message),
                                           "Accept-Encoding", "gzip") != FALSE;
  if (compress) soup_message_headers_append(headers, "Content-Encoding", "gzip");
  const std::string& content = compress ? page.compressed : page.plain;
  soup_server_message_set_response(message, page.content_type.c_str(), SOUP_MEMORY_STATIC,
                                   content.data(), content.size());
}

}  // namespace icelab
