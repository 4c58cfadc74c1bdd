#pragma once

#include "reports/text.h"

namespace icelab {

/// How text looks best on what a descriptor leads to: a terminal's width, and colour if it is one
/// and NO_COLOR (no-color.org) does not object; COLUMNS, or 100, elsewhere.
TextStyle text_style(int descriptor);

}  // namespace icelab
