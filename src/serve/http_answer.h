#pragma once

#include "src/serve/pages.h"
#include "src/serve/request_rules.h"

#include <libsoup/soup.h>

#include <string_view>

namespace icelab {

// What libsoup is asked for, and what it answers with. For the server's own sources only.

RequestHead head_of(SoupServerMessage* message);
/// All values of a header, joined by commas; nothing if there is none.
std::optional<std::string> header_of(SoupServerMessage* message, const char* name);

void answer_text(SoupServerMessage* message, int status, std::string_view text);
void answer_refusal(SoupServerMessage* message, const Refusal& refusal);
void answer_page(SoupServerMessage* message, const Page& page, bool over_tls);
/// False if the method is another than GET and HEAD: that has been answered then.
bool require_reading(SoupServerMessage* message);

}  // namespace icelab
